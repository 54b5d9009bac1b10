"""What is different in a scenario, as lines and tables of words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isfinite

from estimator.analyse.compare import Comparison
from estimator.analyse.difference import Attribution, Difference, InputChange
from estimator.analyse.estimate import Estimate
from estimator.analyse.explain import HEADLINES, headlines
from estimator.analyse.summary import summary as answer
from estimator.checks.pairing import Compared
from estimator.diagnostics import cut
from estimator.evaluate.shown import written
from estimator.render.answer import answer_table, answers_changed
from estimator.render.changes import changed_table
from estimator.render.page import NOTHING, Column, Table, numbers
from estimator.render.sanitize import sanitize

_LONGEST = 48  # of a value as it is written
_WORDS = {
    "changed": "changed",
    "renamed": "renamed",
    "new": "new",
    "removed": "removed",
    "mended": "could not be computed before",
    "wrong": "cannot be computed",
}


def heading(one: Compared, shown: Callable[[str], str]) -> str:
    """Return a scenario's file, and what became of it."""
    file = shown(one.after or one.before)
    if one.status == "renamed":
        return f"{file}  renamed from {shown(one.before)}"
    return f"{file}  {_WORDS[one.status]}"


def summary(found: Sequence[Compared], base: str) -> str:
    """Return how many scenarios are different from `base`, in a line."""
    counts = {status: sum(one.status == status for one in found) for status in (*_WORDS, "same")}
    parts = [f"{n} {'unchanged' if s == 'same' else _WORDS[s]}" for s, n in counts.items() if n]
    count = f"{len(found):,} scenario{'' if len(found) == 1 else 's'}"
    return f"{count} compared with {base}: " + (", ".join(parts) or "none") + "."


def body(one: Compared) -> list[str | Table]:
    """Return what is different in a scenario, or its estimate if it is new or gone."""
    if one.difference is not None:
        return _difference(one.difference)
    if one.estimate is not None:
        return [_what_it_is(one.estimate)]
    return [f"{d.rule}: {sanitize(d.message)}" for d in one.found]


def _difference(found: Difference) -> list[str | Table]:
    if found.is_of_two_systems:
        return _two_systems(found)
    answers = _answers(found)
    parts: list[str | Table] = [answers] if answers.rows else []
    own = [c for c in found.inputs if not c.is_library]
    library = [c for c in found.inputs if c.is_library and not c.is_used]
    used = [c for c in found.inputs if c.is_used]
    expected = [
        c._replace(before=_rest(c, c.before), after=_rest(c, c.after)) for c in found.expected
    ]
    sorts = {"Inputs": own, "Library": library, "Used scenarios": used, "Expected": expected}
    parts += [_inputs(inputs, title) for title, inputs in sorts.items() if inputs]
    comparison = found.comparison
    outputs = tuple(c for c in comparison.quantities if not c.is_input)
    if outputs or comparison.expectations:
        table = changed_table(comparison._replace(quantities=outputs))
        if table.note:
            table.note += "; `--format json` has all"
        parts.append(table)
    elif found.inputs:
        parts.append("no quantity changes")
    if found.reasons:
        parts.append(_why(found))
    return [p for i, part in enumerate(parts) for p in (["", part] if i else [part])]


def _two_systems(found: Difference) -> list[str | Table]:
    """Return only the totals of two systems, which have little in common."""
    before, after = found.parts
    names = [f"`{sanitize(e.report.name)}`" for e in (found.before, found.after)]
    which = " and ".join(names) if names[0] != names[1] else "these"
    said = (
        f"{which} are different scenarios, with {len(before & after)} of"
        f" {len(before | after)} actions and components in common: only totals are compared"
    )
    totals = tuple(c for c in found.comparison.quantities if c.name in HEADLINES)
    return [said, "", changed_table(Comparison(totals, ()))]


def _answers(found: Difference) -> Table:
    """Return the lines of the answer that changed."""
    reports = (found.before.report, found.after.report)
    before, after = (answer(report, by_defaults=False) for report in reports)
    return answers_changed(before, after)


def _rest(change: InputChange, text: str | None) -> str | None:
    """Return an expectation without what it is known by, which stands before it."""
    return text and text.removeprefix(change.name).strip()


def _inputs(inputs: Iterable[InputChange], title: str) -> Table:
    columns = [Column("what"), Column("before"), Column("now"), Column("line", number=True)]
    table = Table(title, columns)
    for change in inputs:
        place = change.after_place or change.before_place
        line = NOTHING if place is None or change.after_place is None else str(place.line)
        if change.is_library and change.after_place is not None:
            line = f"{change.after_place.source.name}:{change.after_place.line}"
        said = (NOTHING if x is None else cut(x, _LONGEST) for x in (change.before, change.after))
        table.rows.append([change.name, *said, line])
    return table


def _why(found: Difference) -> Table:
    """Return the part of each change that is due to each reason."""
    reasons = found.reasons
    names = list(dict.fromkeys(s.names for r in reasons for s in r.shares))
    table = Table("Why", [Column("because of"), *numbers(r.measure for r in reasons)])
    due = [{s.names: s.value for s in reason.shares} for reason in reasons]
    for group in names:
        pairs = zip(due, reasons, strict=True)
        cells = [signed(shares.get(group, 0.0), r, found.after) for shares, r in pairs]
        table.rows.append([", ".join(group), *cells])
    totals = [signed(r.after - r.before, r, found.after) for r in reasons]
    table.add_total("in all", *totals)
    if len(names) > 1:
        sampled = "" if all(r.is_exact for r in reasons) else ", from a sample of orders"
        table.note = f"Shapley attribution{sampled}"
    return table


def signed(value: float, reason: Attribution, estimate: Estimate) -> str:
    """Return a change of a quantity for people, with its sign; nothing where it is none."""
    whole = max(abs(reason.after), abs(reason.before))
    if not isfinite(value) or abs(value) < 1e-9 * whole:
        return NOTHING
    quantity = estimate.model.quantities[reason.measure]
    return ("+" if value > 0 else "-") + written(abs(value), quantity, estimate.model)


def _what_it_is(estimate: Estimate) -> Table:
    lines = answer(estimate.report, by_defaults=False)
    if lines:
        return answer_table(lines)
    table = Table("Estimate", [Column("quantity"), Column("value", number=True)])
    for name in headlines(estimate.report):
        table.rows.append([name, estimate.report.values[name].text])
    return table
