"""The worked examples of a kind as scenarios, so that they are its tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from estimator.diagnostics import InputError, Problems, Source, Text
from estimator.evaluate.evaluate import evaluate
from estimator.evaluate.report import Report
from estimator.files.snapshot import Snapshot
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk
from estimator.library.kind import Example, KindFile
from estimator.model import build
from estimator.scenario.load import load_source

_PATH = "example"
_SHIPPED = "estimator/"  # before the names of shipped files


def example_scenario(
    kind: KindFile, example: Example, library: str = "", files: Snapshot | None = None
) -> Source:
    """Return a scenario that uses the kind once, with what is given, and expects what is expected.

    Names in an example are those within the kind; what it does not have itself, such as
    `users` for an action, is given to the whole scenario.

    Args:
        kind: The kind, on top of what it extends.
        example: One of its examples.
        library: Where the kind is read from, unless it is a shipped one.
        files: The files with kinds that there are.
    """
    section = kind.used_in
    given = {key: _plain(value) for key, value in example.given.items()}
    scenario: dict[str, Any] = {"library": library} if library else {}
    path = section
    if section in ("actions", "components"):
        path = _PATH
        if section == "actions" and "users" in given:
            scenario["users"] = given.pop("users")
        if section == "components":
            given = {"kind": kind.kind.value, **given}
        scenario[section] = {path: given}
    else:
        scenario[section] = given.pop("self", given)
    names = _names(Source(kind.kind.value, json.dumps(scenario)), files)
    scenario["expect"] = [_whole(text.value, path, names) for text in example.expect]
    return Source(f"example of {kind.kind.value}", json.dumps(scenario, indent=1))


class Tested(NamedTuple):
    """An expectation of a kind's worked example, and what became of it.

    Attributes:
        kind: The kind.
        about: What the example shows; empty where it does not say.
        check: What is expected.
        holds: Does it hold?
        estimate: The value of its left side, for people; empty where it cannot be computed.
    """

    kind: str
    about: str
    check: str
    holds: bool
    estimate: str


def check_examples(
    kinds: Iterable[KindFile],
    library: str,
    problems: Problems,
    files: Snapshot | None = None,
) -> list[Tested]:
    """Return every expectation of kinds' worked examples; what does not hold is reported (E035).

    Args:
        kinds: A team's own kinds.
        library: Where they are read from.
        problems: Where errors go.
        files: The files with kinds that there are.
    """
    return [
        tested
        for kind in kinds
        for example in kind.examples
        for tested in _check_example(kind, example, library, problems, files)
    ]


def check_uses(
    kinds: Iterable[KindFile],
    library: str,
    problems: Problems,
    files: Snapshot | None = None,
) -> None:
    """Report what is wrong in a kind wherever it is used (E031), by using it as little as can be.

    What is wrong with the scenario, such as a parameter that must be given, is left out.

    Args:
        kinds: A team's own kinds.
        library: Where they are read from.
        problems: Where errors go.
        files: The files with kinds that there are.
    """
    for kind in kinds:
        if kind.abstract is not None or kind.used_in not in ("actions", "components"):
            continue
        found = Problems()
        source = _least_use(kind, library)
        try:
            _evaluated(source, found, files)
        except InputError as error:
            found.found.extend(error.diagnostics)
        for one in found.errors:
            if one.place is None or one.place.source.name == source.name:
                continue  # what the scenario lacks
            if one.place.source.name == kind.kind.place.source.name:
                if one not in problems.found:
                    problems.found.append(one)
            elif one.place.source.name.startswith(_SHIPPED):
                message = f"`{kind.kind.value}` cannot be used: {one.message}"
                problems.add("E031", message, kind.kind.place)


def _least_use(kind: KindFile, library: str) -> Source:
    """Return a scenario with a component of a kind that receives an action, if it receives any."""
    scenario: dict[str, Any] = {
        "users": "1M",
        "library": library,
        "actions": {"act": {"per_user": "1/day"}},
    }
    if kind.used_in == "components":
        receives = {"receives": ["act"]} if "receives" in kind.parameters else {}
        scenario["components"] = {_PATH: {"kind": kind.kind.value, **receives}}
    return Source(f"use of {kind.kind.value}", json.dumps(scenario))


def _check_example(
    kind: KindFile,
    example: Example,
    library: str,
    problems: Problems,
    files: Snapshot | None,
) -> Iterator[Tested]:
    """Yield what becomes of each expectation of an example; what does not hold is reported."""
    name = kind.kind.value
    about = " ".join(example.about.value.split()) if example.about else ""
    report, reason = _report_of(kind, example, library, files)
    if report is None:
        place = example.expect[0].place if example.expect else kind.kind.place
        problems.add("E035", f"an example of `{name}` is wrong: {reason}", place)
        yield from (Tested(name, about, t.value, holds=False, estimate="") for t in example.expect)
        return
    for text, outcome in zip(example.expect, report.expectations, strict=True):
        holds = outcome.status == "pass"
        yield Tested(name, about, text.value, holds, outcome.left)
        if not holds:
            found = f": it is {outcome.left}" if outcome.left else ""
            problems.add("E035", f"an example of `{name}` does not hold{found}", text.place)


def _report_of(
    kind: KindFile, example: Example, library: str, files: Snapshot | None
) -> tuple[Report | None, str]:
    """Return the report of an example, or None and why it cannot be computed."""
    found = Problems()
    report = None
    try:
        report = _evaluated(example_scenario(kind, example, library, files), found, files)
    except InputError as error:
        found.found.extend(error.diagnostics)
    return report, found.errors[0].message if found.errors else "it cannot be computed"


def _evaluated(source: Source, problems: Problems, files: Snapshot | None) -> Report | None:
    """Return the report of a scenario, or None with what is wrong added to `problems`.

    Raises:
        InputError: With what is wrong with its shape.
    """
    model = build(load_source(source, Path(), "", files=files), problems)
    return None if model is None else evaluate(model, problems)


def _plain(value: Any) -> Any:
    if isinstance(value, Text):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value]


def _names(source: Source, files: Snapshot | None) -> set[str]:
    problems = Problems()
    loaded = load_source(source, Path(), "example", files=files)
    model = build(loaded, problems)
    problems.check()
    assert model is not None
    return set(model.quantities)


def _whole(formula: str, path: str, names: set[str]) -> str:
    """Return the formula with names within the kind made whole."""
    try:
        found = [n for n in walk(parse(formula)) if isinstance(n, Name)]
    except FormulaError:
        return formula  # what is wrong in it is reported when the example is computed
    for name in sorted(found, key=lambda n: -n.span[0]):
        whole = f"{path}.{name.path}"
        if whole in names:
            formula = formula[: name.span[0]] + whole + formula[name.span[1] :]
    return formula
