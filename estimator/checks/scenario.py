"""A scenario's text to what is found of it."""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterator
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from estimator.analyse import BuildOptions, Estimate, estimated
from estimator.analyse.break_even import BreakEvens
from estimator.analyse.explain import explain_side
from estimator.analyse.summary import summary
from estimator.checks.checked import RULES, Checked, CheckOptions, Figure, Turn, Verdict
from estimator.checks.failure_messages import context, failure, missed
from estimator.diagnostics import (
    Diagnostic,
    InputError,
    Place,
    Problems,
    Source,
)
from estimator.evaluate import Outcome, SamplingOptions
from estimator.files.read import source_of
from estimator.files.snapshot import Taken
from estimator.formula.tree import Compare
from estimator.model import Expectation, Quantity
from estimator.scenario.load import Loaded, load_source
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.sections import Content, sections_of
from estimator.scenario.used_files import paths_beside
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree
from estimator.units import base_unit

_SKIPPED = {
    FileType.KIND: "it is a kind, which is checked with the scenarios that use it",
    FileType.OTHER: "its keys are not those of a scenario",
}


def check_text(file: str, data: bytes, options: CheckOptions, *, named: bool = True) -> Checked:
    """Return what is found of a scenario.

    Args:
        file: Its file, as the user calls it; `-` for standard input.
        data: What the file has in it.
        options: What it is checked with.
        named: Does the call name it? What is found in a folder may be something else.
    """
    name = "<stdin>" if file == "-" else file
    return _guarded(name, lambda: _checked(file, name, data, options, named=named))


def check_loaded(loaded: Loaded, options: CheckOptions) -> Checked:
    """Return what is found of a scenario that is read already."""
    return _guarded(loaded.source.name, lambda: _found_in(loaded, options))


def _guarded(name: str, check: Callable[[], Checked]) -> Checked:
    """Return what is found, also where the scenario is none, or the program itself goes wrong."""
    try:
        return check()
    except InputError as error:
        return Checked(name, Path(name).stem, tuple(error.diagnostics))
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        message = f"internal error in estimator at {where}: {type(error).__name__}: {error}"
        place = Place(Source(name, ""), 0, 0)
        help_ = "this is our fault, not yours: please report it with the scenario"
        return Checked(name, Path(name).stem, (Diagnostic("E099", message, place, help=help_),))


def _checked(file: str, name: str, data: bytes, options: CheckOptions, *, named: bool) -> Checked:
    source = source_of(data, name)
    title = "stdin" if file == "-" else Path(file).stem
    if not named and (skipped := _SKIPPED.get(recognise(source.text))):
        return Checked(name, title, skipped=skipped)
    path = None if file == "-" else Path(file)
    return _found_in(
        load_source(source, path.parent if path else Path(), title, file=path), options
    )


def _found_in(loaded: Loaded, options: CheckOptions) -> Checked:
    name, title = loaded.source.name, loaded.title
    taken = Taken(loaded.files)
    loaded = loaded._replace(files=taken)
    beside = paths_beside(loaded)
    kinds = taken.digest(loaded.folder / name for name in beside) if beside else ""
    problems = Problems()
    estimate = _estimated(loaded, options, problems)
    verdicts = () if estimate is None else tuple(verdicts_of(estimate, options.seed, problems))
    if estimate is not None and options.variant is None:
        verdicts += tuple(_verdicts_of_variants(loaded, options, problems))
    problems.sort()
    found = tuple(_judged(d, options) for d in dict.fromkeys(problems.found))
    if estimate is None:
        return Checked(name, title, found, libraries=beside, kinds=kinds)
    return Checked(
        name,
        estimate.report.name,
        (*found, *(failed for v in verdicts if (failed := _diagnostic(v, options)))),
        verdicts,
        dict(_figures(estimate, loaded, options.figures or ())),
        digest="" if options.figures is None else _digest(loaded),
        libraries=beside,
        kinds=kinds,
        day=date.today().isoformat() if _has_days(estimate, verdicts) else "",
        left_out=_left_out(loaded, options),
        answer=summary(estimate.report, by_defaults=False, by_age=False),
    )


def _judged(found: Diagnostic, options: CheckOptions) -> Diagnostic:
    """Return a diagnostic, as a failure where settings make it one."""
    is_failure = found.rule == "W126" and options.stale_fails
    return found._replace(rule="F005") if is_failure else found


def _has_days(estimate: Estimate, verdicts: tuple[Verdict, ...]) -> bool:
    """Return whether another day may give another result."""
    dated = any(v.outcome.until or _is_forecast(v.outcome) for v in verdicts)
    return dated or bool(estimate.model.dated)


def _is_forecast(outcome: Outcome) -> bool:
    """Return whether it asks how long something holds."""
    return "runway" in outcome.check


def _left_out(loaded: Loaded, options: CheckOptions) -> tuple[str, ...]:
    """Return the variants that no expectation names, unless the call names one."""
    if options.variant is not None:
        return ()
    named = {text.value for s in loaded.scenario.expect or [] for text in s.variant or []}
    return tuple(name for name in loaded.scenario.variants or {} if name not in named)


def _estimated(loaded: Loaded, options: CheckOptions, problems: Problems) -> Estimate | None:
    return estimated(
        loaded,
        problems,
        BuildOptions(options.overrides, options.variant),
        SamplingOptions(
            options.samples, options.seed, uncertain_defaults=options.uncertain_defaults
        ),
    )


# --- expectations ---------------------------------------------------------------------------------


def _verdicts_of_variants(
    loaded: Loaded, options: CheckOptions, problems: Problems
) -> Iterator[Verdict]:
    """Yield the verdicts of the expectations that belong to variants, each with its own."""
    shapes = loaded.scenario.expect or []
    named = {text.value: text for shape in shapes for text in shape.variant or []}
    for name, text in named.items():
        own = [s for s in shapes if any(t.value == name for t in s.variant or [])]
        alone = loaded._replace(scenario=loaded.scenario.model_copy(update={"expect": own}))
        found = Problems()
        estimate = _estimated(alone, options._replace(variant=text), found)
        problems.found += found.errors
        if estimate is not None:
            for verdict in verdicts_of(estimate, options.seed, found):
                yield verdict._replace(outcome=verdict.outcome._replace(variant=name))


def verdicts_of(estimate: Estimate, seed: int, problems: Problems) -> Iterator[Verdict]:
    """Yield what becomes of each expectation of an estimate, and where it turns.

    Args:
        estimate: The estimate.
        seed: Which samples to take where there are ranges.
        problems: Where it is said that not all inputs are tried.
    """
    model, report = estimate
    is_said = False
    break_evens = BreakEvens(model, report.values) if model.expectations else None
    expectations = {e.text.place: e for e in model.expectations}
    for outcome in report.expectations:
        if outcome.status == "undecided":
            yield Verdict(outcome, outcome.open_question)
            continue
        assert break_evens is not None
        expectation = expectations[outcome.place]
        holds = outcome.status == "pass"
        is_firm = False
        is_certain = outcome.chance is None and report.uncertainty is None
        if is_certain:
            turns = break_evens.of(expectation)
            is_firm = holds and not turns and break_evens.is_firm(expectation)
        if break_evens.is_spent and not is_said:
            is_said = True
            problems.add("W122", _SPENT, expectation.text.place)
        if not is_certain:
            turns = break_evens.of_uncertain(expectation, outcome.ratio, seed)
        yield Verdict(
            outcome,
            "" if holds else missed(outcome),
            "" if holds or _is_forecast(outcome) else _derivation(estimate, expectation, outcome),
            tuple(Turn(t.name, t.value, t.factor, t.words, t.is_at_limit) for t in turns),
            is_firm,
        )


_SPENT = "from here on not all inputs are tried to say until when expectations hold"


def _derivation(estimate: Estimate, expectation: Expectation, outcome: Outcome) -> str:
    tree = expectation.tree
    if not isinstance(tree, Compare):
        return ""
    return explain_side(estimate.model, estimate.report, tree.left, outcome.left)


def _diagnostic(verdict: Verdict, options: CheckOptions) -> Diagnostic | None:
    """Return the diagnostic of an expectation that does not hold."""
    outcome = verdict.outcome
    rule = RULES.get(outcome.status)
    if rule is None:
        return None
    if rule == RULES["undecided"] and options.allow_undecided:
        return None
    message = failure(outcome, verdict.missed)
    notes = [verdict.derivation] if verdict.derivation else []
    notes += context(outcome)
    return Diagnostic(
        rule, message, outcome.place, "", (), verdict.until_when or None, tuple(notes)
    )


# --- what a baseline keeps ------------------------------------------------------------------------


def _figures(
    estimate: Estimate, loaded: Loaded, patterns: tuple[str, ...]
) -> Iterator[tuple[str, Figure]]:
    """Yield the values that a baseline keeps, in the report's order."""
    if not patterns:
        return
    exact = {p for p in patterns if "*" not in p and "?" not in p and "[" not in p}
    wild = [p for p in patterns if p not in exact]
    model, report = estimate
    own = set(report.own)
    for name in report.values:
        if name in exact or name in own or any(fnmatchcase(name, p) for p in wild):
            value = report.values[name]
            place = _given_at(model.quantities[name], loaded.tree)
            span = (place.start, place.end) if place is not None else (-1, -1)
            yield name, Figure(value.value, base_unit(value.dimension), value.text, *span)


def _given_at(quantity: Quantity, tree: Mapping) -> Place | None:
    """Return where a file gives a quantity, else its action or component, else the load."""
    if not quantity.origin.from_library:
        place = quantity.text.place
        return place if place.source is tree.place.source else None
    owner = quantity.name.partition(".")[0]
    uses = [tree.get(section) for section in sections_of(Content.USES)]
    parts = [section for section in uses if isinstance(section, Mapping)]
    owned = [found for part in parts if (found := part.get(owner)) is not None]
    inputs = [*owned, tree.get("users"), *(part.get(key) for part in parts for key in part.entries)]
    return next((found.place for found in inputs if found is not None), None)


def _digest(loaded: Loaded) -> str:
    """Return a short digest of what a scenario says; spaces and comments do not count."""
    return hashlib.sha256(repr(_plain(loaded.tree)).encode()).hexdigest()[:16]


def _plain(tree: Tree | None) -> object:
    if isinstance(tree, Mapping):
        return {key: _plain(tree.get(key)) for key in tree.entries}
    if isinstance(tree, Items):
        return [_plain(item) for item in tree.items]
    return " ".join(tree.text.value.split()) if isinstance(tree, Scalar) else None
