"""What a kind drafts, and how that is settled, kept for all its uses where the same is given.

Which formulas a kind in use has depends on which of its parameters are given, not on their values.
So the formulas are gathered once, as a pattern, with names that are not whole. And all of them are
settled at once where what they ask of the rest of a scenario has the same answers as before: that
is a plan. Neither has anything of a scenario's file in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from estimator.diagnostics import Text
from estimator.formula.tree import Node
from estimator.library import Check
from estimator.model.answers import Answer, Outcome, Settled
from estimator.model.instance import Instance
from estimator.model.quantity import Bounds, Origin, Quantity
from estimator.units import Dimension

MOST = 100_000
"""How many formulas are kept in patterns and plans; then it begins anew."""

Key: TypeAlias = tuple[str, frozenset[str], frozenset[str], tuple[str, ...]]
Asked: TypeAlias = tuple[str, Node, str]
"""A question, with `average` or `peak` for a formula under `rates`."""


class Piece(NamedTuple):
    """A formula of the library that is drafted, whatever the values are that are given."""

    name: str
    text: Text
    tree: Node
    origin: Origin
    wanted: Dimension | None
    hint: str
    about: str
    source: str
    assumption: str
    bounds: Bounds | None
    which: str


class Anew(NamedTuple):
    """What is drafted anew each time: a method of the expansion, and what it takes.

    Attributes:
        method: Its name.
        arguments: What it takes after the instance.
        drafts: The name that it drafts in any case, if there is one.
    """

    method: str
    arguments: tuple[Any, ...]
    drafts: str = ""


Step: TypeAlias = Piece | Anew


class Plan:
    """How all formulas of a pattern are settled.

    Attributes:
        outcomes: For each piece, and then for each condition, the outcome, and what takes its names
            out of a table.
        fixed: Names in that table, after those that were answered: whose each is, and its rest.
    """

    __slots__ = ("_pieces", "fixed", "outcomes")

    def __init__(
        self,
        outcomes: Sequence[tuple[Outcome, tuple[int, ...]]],
        pieces: int,
        fixed: Sequence[tuple[int, str]] = (),
    ) -> None:
        self.fixed = fixed
        self._pieces = pieces
        self.outcomes = [(outcome, _taking(numbers)) for outcome, numbers in outcomes]

    def conditions(self, table: tuple[str, ...]) -> list[Settled]:
        """The conditions, with their names taken out of a table."""
        return [Settled(outcome, taken(table)) for outcome, taken in self.outcomes[self._pieces :]]

    def has_words(self, words: Sequence[str]) -> bool:
        """Is one of some words in its names?"""
        return any(word in name for _, name in self.fixed for word in words)

    def settle(self, quantities: Sequence[Quantity], table: tuple[str, ...]) -> None:
        """Settle quantities, as `Quantity.settle` does, with their names taken out of a table."""
        is_once = len(set(table)) == len(table)  # then no formula has a name twice
        for quantity, (outcome, taken) in zip(quantities, self.outcomes, strict=False):
            quantity.outcome = outcome
            quantity.names = names = taken(table)
            quantity.uses = names if is_once else tuple(dict.fromkeys(names))
            del quantity.tree


def _taking(numbers: tuple[int, ...]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """What takes some items out of a tuple, as a tuple."""
    if len(numbers) > 1:
        return itemgetter(*numbers)
    return itemgetter(slice(numbers[0], numbers[0] + 1) if numbers else slice(0))


@dataclass(slots=True)
class _Question:
    """A question, and what comes next for each answer."""

    asked: Asked
    next: dict[Answer, _Question | Plan] = field(default_factory=dict)


class Pattern:
    """What a kind drafts for what is given of it.

    Attributes:
        steps: What is done, in order.
        pieces: The formulas among the steps.
        checks: What is checked.
        conditions: What of that is checked in any case.
        others: The names, but for those of the pieces, that are drafted in any case.
        numbers: All these names, each with its place in a table of them.
        on_path: Is it for the branches of a path, instead of a kind by itself?
        along: What is drafted along the paths of an action, by what is known of them.
    """

    __slots__ = (
        "_first",
        "_since",
        "along",
        "checks",
        "conditions",
        "numbers",
        "on_path",
        "others",
        "pieces",
        "steps",
    )

    def __init__(
        self, steps: Sequence[Step], checks: Iterable[Check] = (), *, on_path: bool = False
    ) -> None:
        self.checks = tuple(checks)
        self.conditions = [check.check.value for check in self.checks if check.only_if is None]
        self.on_path = on_path
        self.along: dict[Any, Pattern] = {}
        self.steps = _first_of_each(steps)
        self.pieces = tuple(step for step in self.steps if isinstance(step, Piece))
        self.others = [s.drafts for s in self.steps if isinstance(s, Anew) and s.drafts]
        names = [*(piece.name for piece in self.pieces), *self.others]
        self.numbers = {name: number for number, name in enumerate(names)}
        self._first: _Question | Plan | None = None
        self._since: int | None = None

    def is_known(self, turn: int) -> bool:
        """Is it of a scenario before this one? A plan is not worth its making for a single one."""
        if self._since is None:
            self._since = turn
        return self._since < turn

    def has_words(self, words: Sequence[str]) -> bool:
        """Is one of some words in its names or its texts?"""
        return any(word in text for text in self._texts() for word in words)

    def _texts(self) -> Iterator[str]:
        yield from self.numbers
        yield from (piece.text.value for piece in self.pieces)
        for step in self.steps:
            if isinstance(step, Anew):
                yield from (a for a in step.arguments if isinstance(a, str))
                yield from (a.value for a in step.arguments if isinstance(a, Text))

    def plan(self, answer: Callable[[Asked, list[str]], Answer], names: list[str]) -> Plan | None:
        """The plan for the answers that are given now, or None; names in answers are added."""
        step = self._first
        while type(step) is _Question:
            step = step.next.get(answer(step.asked, names))
        return step if type(step) is Plan else None

    def keep(self, asked: Sequence[tuple[Asked, Answer]], plan: Plan) -> None:
        """Keep a plan with all that was asked for it, in order."""
        if not asked:
            self._first = plan
            return
        (question, answer), *rest = asked
        step = self._first
        if step is None:
            step = self._first = _Question(question)
        for question, following in rest:
            assert isinstance(step, _Question)
            step = step.next.setdefault(answer, _Question(question))
            answer = following
        assert isinstance(step, _Question)
        step.next[answer] = plan


def _first_of_each(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps without pieces of a name that one before them drafts."""
    found: list[Step] = []
    taken: set[str] = set()
    for step in steps:
        if isinstance(step, Anew):
            taken.add(step.drafts)
        elif step.name in taken:
            continue
        else:
            taken.add(step.name)
        found.append(step)
    return tuple(found)


class Group(NamedTuple):
    """The quantities of a pattern in a scenario, and their whole names with those of others.

    Attributes:
        instance: Whose they are.
        pattern: The pattern.
        quantities: Those of its pieces.
        names: Their whole names, and those of what else it drafts in any case.
        owners: The components on a path, and whose path it is.
    """

    instance: Instance
    pattern: Pattern
    quantities: list[Quantity]
    names: list[str]
    owners: tuple[str, ...] = ()


class Patterns:
    """The patterns that are known.

    Attributes:
        turn: How many scenarios were settled so far.
    """

    def __init__(self, most: int = MOST) -> None:
        self.turn = 0
        self._most = most
        self._count = 0
        self._known: dict[Key, Pattern] = {}

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Key) -> Pattern | None:
        """The pattern of a kind for what is given of it, if there is one already."""
        return self._known.get(key)

    def keep(self, key: Key, pattern: Pattern) -> None:
        """Keep a pattern."""
        self.count(pattern)
        self._known[key] = pattern

    def count(self, pattern: Pattern) -> None:
        """Count what is kept of a pattern; where it is too much, all is forgotten."""
        if self._count >= self._most:
            self._count = 0
            self._known.clear()
        self._count += 1 + len(pattern.steps)


@cache
def known_patterns() -> Patterns:
    """The patterns of this process."""
    return Patterns()
