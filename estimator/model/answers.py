"""Formulas of the library that were settled before, found again by what settling asks.

A library has few formulas, and scenarios use them again and again, under other names. What comes of
one depends on nothing but what it asks of a scenario while it is settled: whether its conditions
hold, how many flows reach it, and what its names mean there, which makes no difference but for the
names. So these questions are kept with their answers; where all answers are the same, so is the
outcome, a tree with numbers in the place of names. Nothing of a scenario's file is in it: spans in
a tree are those in the text of its formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from estimator.formula.remembered import SHORT
from estimator.formula.tree import Call, Name, Node, names_in, rebuilt
from estimator.units import Dimension

if TYPE_CHECKING:
    from estimator.model.instance import Instance

MOST = 100_000
"""How many names are kept in outcomes, of some hundred bytes each; then it begins anew."""

Question: TypeAlias = tuple[str, Node]
Answer: TypeAlias = Any  # but something that can be hashed
Replayed: TypeAlias = tuple[Answer, list[int]]
Ask: TypeAlias = "Callable[[str, Any, Instance, str, list[str]], Answer]"


class Outcome:
    """A formula as it is settled, whatever its names are.

    Attributes:
        tree: The formula; its names are numbers.
        order: These numbers in the order in which they stand there.
        as_asked: Is that the order in which they were asked for, and all of them?
    """

    __slots__ = ("_checked", "as_asked", "order", "tree")

    def __init__(self, tree: Node, asked: int) -> None:
        self.tree = tree
        self.order = tuple(map(int, dict.fromkeys(names_in(tree))))
        self.as_asked = self.order == tuple(range(asked))
        self._checked: tuple[list[Dimension], Dimension | None, Dimension] | None = None

    def checked(self, dimensions: list[Dimension], wanted: Dimension | None) -> Dimension | None:
        """Its dimension, if it was right with names of these dimensions when checked last."""
        last = self._checked
        if last is None or last[0] != dimensions or last[1] != wanted:
            return None
        return last[2]

    def keep(self, dimensions: list[Dimension], wanted: Dimension | None, found: Dimension) -> None:
        """Keep that it is right with names of these dimensions."""
        self._checked = dimensions, wanted, found


class Settled(NamedTuple):
    """An outcome with the names that it has in a scenario, in their order."""

    outcome: Outcome
    names: tuple[str, ...]

    @staticmethod
    def of(outcome: Outcome, answered: Sequence[str]) -> Settled:
        """An outcome with the names that were answered while it was settled."""
        if outcome.as_asked:
            return Settled(outcome, tuple(answered))
        return Settled(outcome, tuple([answered[number] for number in outcome.order]))

    @property
    def tree(self) -> Node:
        """The formula with whole names."""
        if not self.names:
            return self.outcome.tree
        is_short = self.outcome.tree.span[1] <= SHORT
        return (_named_short if is_short else _named)(self.outcome, self.names)


@lru_cache(maxsize=4096)
def _named_short(outcome: Outcome, names: tuple[str, ...]) -> Node:
    return _named(outcome, names)


def _named(outcome: Outcome, names: tuple[str, ...]) -> Node:
    return _with_names(outcome.tree, dict(zip(map(str, outcome.order), names, strict=True)))


def _with_names(node: Node, names: Mapping[str, str]) -> Node:
    if isinstance(node, Name):
        return Name(names[node.path], node.span, absolute=True)
    return rebuilt(node, lambda part: _with_names(part, names))


def numbered(node: Node, names: list[str]) -> Node:
    """A tree with numbers in the place of names, which are added to others."""
    if type(node) is Name:
        names.append(node.path)
        return Name(str(len(names) - 1), node.span, absolute=True)
    if type(node) is Call:  # as most are
        arguments = tuple([numbered(a, names) for a in node.arguments])
        return Call(node.function, arguments, node.span, node.name_span)
    return rebuilt(node, lambda part: numbered(part, names))


def alone(tree: Node) -> Settled:
    """A tree with whole names, as what is settled for once."""
    names: list[str] = []
    outcome = Outcome(numbered(tree, names), len(names))
    return Settled.of(outcome, names)


@dataclass(slots=True)
class _Step:
    """A question, and what comes next for each answer.

    Attributes:
        question: The question.
        name: The name whose meaning is asked for; empty for other questions.
        next: What comes next.
    """

    question: Question
    name: str = ""
    next: dict[Answer, _Step | Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind, node = self.question
        if kind == "name" and isinstance(node, Name):
            self.name = node.path


class Answers:
    """Outcomes by formula, and by the answers to what settling it asks."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._first: dict[str, _Step | Outcome] = {}

    def find(
        self, formula: str, meant: Mapping[str, str], ask: Ask, instance: Instance, which: str
    ) -> Settled | None:
        """The outcome for the answers that are given now, or None where there is none yet.

        Args:
            formula: The formula.
            meant: What names mean, as far as that is known already.
            ask: Answers all else, and adds the names in the answer to a list.
            instance: Whose formula it is.
            which: `average` or `peak` for one under `rates`.
        """
        step = self._first.get(formula)
        names: list[str] = []
        while type(step) is _Step:
            known = meant.get(step.name)
            if known is None:
                kind, node = step.question
                step = step.next.get(ask(kind, node, instance, which, names))
            else:
                names.append(known)
                step = step.next.get("")
        return Settled.of(step, names) if type(step) is Outcome else None

    def replayed(
        self, formula: str, which: str, answer: Callable[[tuple[str, Any, str], int], Replayed]
    ) -> tuple[Outcome, tuple[int, ...]] | None:
        """The outcome for answers whose names are numbers, with the numbers of its own names.

        Args:
            formula: The formula.
            which: `average` or `peak` for one under `rates`.
            answer: The answer to a question that is asked after so many names, and the numbers of
                the names in it.
        """
        step = self._first.get(formula)
        numbers: list[int] = []
        while type(step) is _Step:
            found, named = answer((*step.question, which), len(numbers))
            numbers += named
            step = step.next.get(found)
        if type(step) is not Outcome:
            return None
        return step, tuple([numbers[number] for number in step.order])

    def keep(
        self, formula: str, asked: Sequence[tuple[Question, Answer]], outcome: Outcome
    ) -> None:
        """Keep an outcome with all that was asked for it, in order."""
        if self._count >= self._most:
            self._count = 0
            self._first.clear()
        self._count += 1 + len(outcome.order)
        if not asked:
            self._first[formula] = outcome
            return
        (question, answer), *rest = asked
        step = self._first.setdefault(formula, _Step(question))
        for question, following in rest:
            assert isinstance(step, _Step)
            step = step.next.setdefault(answer, _Step(question))
            answer = following
        assert isinstance(step, _Step)
        step.next[answer] = outcome


@cache
def known_answers() -> Answers:
    """The outcomes of this process."""
    return Answers()
