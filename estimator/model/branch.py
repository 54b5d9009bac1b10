"""The branches of an action's path: what its requests meet together."""

from __future__ import annotations

from typing import NamedTuple

from estimator.formula.tree import Name, Node, Number

NOWHERE = (0, 0)
ONE, ZERO = Number(1.0, NOWHERE), Number(0.0, NOWHERE)


class Count(NamedTuple):
    """How often something happens in a branch.

    Attributes:
        mean: The mean.
        variance: The variance.
        once: Whether it may be once.
    """

    mean: Node
    variance: Node
    once: bool

    @property
    def is_one(self) -> bool:
        """Whether it happens exactly once."""
        return self.mean == ONE and self.variance == ZERO


class Timed(NamedTuple):
    """The calls of a component in a branch, and the time of one.

    Attributes:
        calls: How often.
        fixed: The name of the time that every call takes.
        mean: The name of the time that one takes on average.
        sd: The name of the standard deviation of that.
    """

    calls: Count
    fixed: Name
    mean: Name
    sd: Name


ONCE = Count(ONE, ZERO, once=True)


class Branch:
    """What a request meets together.

    Attributes:
        name: Its name: a side, or the flow behind which it lies.
        side: `reads` or `writes`.
        parent: The branch that it belongs to; None for a whole side.
        chance: The chance that it is met by who meets that one; None for always.
        counts: For each component the terms of how often it is visited.
        timed: Its calls with their times, once all branches are known and somebody asks.
        row: It as functions of paths take it, likewise.
    """

    def __init__(self, name: str, side: str, parent: Branch | None, chance: Node | None) -> None:
        self.name = name
        self.side = side
        self.parent = parent
        self.chance = chance
        self.counts: dict[str, list[Count]] = {}
        self.timed: list[Timed] | None = None
        self.row: tuple[Node, ...] = ()
