"""What changed from one report to the next, as marks in its tables and as a table of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from estimator.analyse.compare import Change, Comparison
from estimator.evaluate import Value
from estimator.render.page import NOTHING, Column, Table, numbers
from estimator.render.styles import MARKS
from estimator.units.write import count, digits

_NEAR = 0.005  # of 1, where three digits would say that nothing moved

MOST = 20
"""The most quantities that are listed; the rest is counted."""


def changed_table(comparison: Comparison, title: str = "Changed") -> Table:
    """Return what moved, with the factor; last what moved too little to be seen in its digits."""
    table = Table(title, [Column("quantity"), *numbers(("before", "now", "factor"))])
    for outcome in comparison.expectations:
        states = [MARKS.get(status, NOTHING) for status in (outcome.before, outcome.after)]
        table.rows.append([outcome.check, *states, NOTHING])
    seen = sorted(comparison.quantities, key=lambda c: _text(c.before) == _text(c.after))
    for change in seen[:MOST]:
        table.rows.append([change.name, _text(change.before), _text(change.after), _factor(change)])
    more = len(seen) - MOST
    if more > 0:
        table.note = f"and {more:,} more"
    return table


def _text(value: Value | None) -> str:
    return NOTHING if value is None else value.text


def _factor(change: Change) -> str:
    if change.factor is None:
        return NOTHING
    if abs(change.factor - 1) >= _NEAR:
        return count(change.factor)
    text = digits(change.factor, 6)
    return NOTHING if text == "1" else text


def mark_changes(before: Sequence[Table], after: Sequence[Table]) -> None:
    """Mark the cells that were not the same before, in tables of the same title.

    A row is known by the cell that names it; where that is empty, as in the second of two rows that
    belong together, by the one above.
    """
    old = {table.title: {place: cell for place, _, cell in _cells(table)} for table in before}
    for table in after:
        was = old.get(table.title, {})
        table.changed = {at for place, at, cell in _cells(table) if was.get(place) != cell}


_Place: TypeAlias = tuple[str, int, str]  # the row's name, which of that name, the column's title


def _cells(table: Table) -> Iterator[tuple[_Place, tuple[int, int], str]]:
    """Yield each cell with what it is known by, and where it is."""
    seen: dict[str, int] = {}
    name = ""
    for i, row in enumerate(table.rows):
        name = row[table.named_by] or name
        seen[name] = seen.get(name, -1) + 1
        for j, (column, cell) in enumerate(zip(table.columns, row, strict=True)):
            yield (name, seen[name], column.title), (i, j), cell
