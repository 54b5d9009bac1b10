"""What is different between two reports of a scenario."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, isclose, isnan
from typing import NamedTuple

from estimator.analyse.explain import HEADLINES
from estimator.evaluate import Report, Value

_SAME = 1e-9  # relative; what is less is a matter of the order of a sum
_NOTHING = 1e-18  # of a second, a byte or a dollar: what is left over of a difference


class Change(NamedTuple):
    """A quantity that moved, came, or went.

    Attributes:
        name: Its whole name.
        before: Its value before, or None where it was not there.
        after: Its value now, or None where it is no longer there.
        factor: How many times what it was, or None where that says nothing.
    """

    name: str
    before: Value | None
    after: Value | None
    factor: float | None

    @property
    def is_input(self) -> bool:
        """Whether it is given, or a parameter's default, both times, and nothing is computed."""
        origins = {value.origin for value in (self.before, self.after) if value is not None}
        return origins <= {"given", "pinned"} or origins == {"default"}


class ChangedOutcome(NamedTuple):
    """An expectation that came out in another way, came, or went.

    Attributes:
        check: The condition.
        before: Its status before, or nothing.
        after: Its status now, or nothing.
    """

    check: str
    before: str
    after: str


class Comparison(NamedTuple):
    """Two reports side by side.

    Attributes:
        quantities: What moved: the headlines first, then what is given, then a user's own
            formulas, then the rest in the report's order.
        expectations: The expectations whose outcome is another.
    """

    quantities: tuple[Change, ...]
    expectations: tuple[ChangedOutcome, ...]


def compare(before: Report, after: Report) -> Comparison:
    """Return what moved from one report to the other."""
    names = dict.fromkeys((*after.values, *before.values))
    changes = (_change(n, before.values.get(n), after.values.get(n)) for n in names)
    moved = sorted((c for c in changes if c is not None), key=_rank)
    return Comparison(tuple(moved), tuple(_outcomes(before, after)))


def _change(name: str, before: Value | None, after: Value | None) -> Change | None:
    if before is None or after is None:
        return Change(name, before, after, None)
    same_kind = before.dimension == after.dimension
    if same_kind and _same(before.value, after.value):
        return None
    known = same_kind and 0 < abs(before.value) < inf and abs(after.value) < inf
    return Change(name, before, after, after.value / before.value if known else None)


def _same(before: float, after: float) -> bool:
    same = isclose(before, after, rel_tol=_SAME, abs_tol=_NOTHING)
    return same or (isnan(before) and isnan(after))


def _rank(change: Change) -> tuple[int, int]:
    """Headlines in their order, what somebody wrote, and the rest; sorting keeps their order."""
    if change.name in HEADLINES:
        return 0, HEADLINES.index(change.name)
    value = change.after or change.before
    origin = value.origin if value is not None else ""
    return {"given": 1, "pinned": 1, "own": 2}.get(origin, 3), 0


def _outcomes(before: Report, after: Report) -> Iterable[ChangedOutcome]:
    was = {o.check: o.status for o in before.expectations}
    now = {o.check: o.status for o in after.expectations}
    for check in dict.fromkeys((*now, *was)):
        old, new = was.get(check, ""), now.get(check, "")
        if old != new:
            yield ChangedOutcome(check, old, new)
