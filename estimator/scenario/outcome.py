"""What becomes of an expectation; apart from the engine, as checks read it back without that."""

from __future__ import annotations

from typing import NamedTuple

from estimator.diagnostics import Place
from estimator.units.write import share


class Outcome(NamedTuple):
    """An expectation and whether it holds.

    Attributes:
        check: The condition as it was written.
        status: `pass`, `fail`, `warn` (fails, but only warns), or `waived` (until a date).
        left: The value of its left side, for people.
        right: The value of its right side, for people.
        ratio: Left divided by right, or None.
        chance: The share of draws in which it holds, where it depends on ranges.
        reason: Why it is expected.
        owner: Who decides about it.
        until: The last day of a waiver, as `2027-03-31`.
        place: Where it stands.
        confidence: The share of draws in which it should hold.
        is_unrefuted: Does it hold only as far as the model goes, which gives a bound? A p99 by
            queueing alone refutes an objective that it exceeds, and does not confirm another.
    """

    check: str
    status: str
    left: str
    right: str
    ratio: float | None
    chance: float | None
    reason: str
    owner: str
    until: str
    place: Place
    confidence: float = 0.95
    is_unrefuted: bool = False

    @property
    def held(self) -> str:
        """In what share of the draws it holds, for people; empty where it depends on no range."""
        return "" if self.chance is None else f"holds in {share(round(self.chance, 4))} of samples"
