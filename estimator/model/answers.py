"""Formulas of the library that were settled before, found again by what settling asks.

A library has few formulas, and scenarios of one kind use them again and again. What comes of one
depends on nothing but what it asks of a scenario while it is settled: what its names mean there,
whether its conditions hold. So these questions are kept with their answers; where all answers are
the same, so is the outcome. Nothing of a scenario's file is in it: spans in a tree are those in the
text of its formula.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from estimator.formula.tree import Name, Node, names_in
from estimator.model.instances import Instance
from estimator.units import Dimension

MOST = 20_000
"""How many outcomes are kept, of some kilobytes each; then it begins anew."""

Question: TypeAlias = tuple[str, Node]
Answer: TypeAlias = Any  # but something that can be hashed
Ask: TypeAlias = Callable[[str, Any, Instance | None, str], Answer]


class Settled:
    """A formula with whole names.

    Attributes:
        tree: The formula.
        uses: The names in it, each once.
    """

    __slots__ = ("_checked", "tree", "uses")

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.uses = tuple(dict.fromkeys(names_in(tree)))
        self._checked: _Checked | None = None

    def checked(
        self, dimensions: list[Dimension], wanted: Dimension | None
    ) -> tuple[Node, Dimension] | None:
        """What was found when names of these dimensions were checked last; None for others."""
        last = self._checked
        if last is None or last[0] != dimensions or last[1] != wanted:
            return None
        return last[2]

    def keep(
        self, dimensions: list[Dimension], wanted: Dimension | None, tree: Node, found: Dimension
    ) -> None:
        """Keep what was found for names of these dimensions."""
        self._checked = dimensions, wanted, (tree, found)


_Checked: TypeAlias = tuple[list[Dimension], Dimension | None, tuple[Node, Dimension]]


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
    next: dict[Answer, _Step | Settled] = field(default_factory=dict)

    def __post_init__(self) -> None:
        kind, node = self.question
        if kind == "name" and isinstance(node, Name):
            self.name = node.path


class Answers:
    """Outcomes by formula, and by the answers to what settling it asks."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._count = 0
        self._first: dict[str, _Step | Settled] = {}

    def find(
        self, formula: str, meant: Mapping[str, str], ask: Ask, instance: Instance, which: str
    ) -> Settled | None:
        """The outcome for the answers that are given now, or None where there is none yet.

        Args:
            formula: The formula.
            meant: What names mean, as far as that is known already.
            ask: Answers all else.
            instance: Whose formula it is.
            which: `average` or `peak` for one under `rates`.
        """
        step = self._first.get(formula)
        while type(step) is _Step:
            answer = meant.get(step.name)
            if answer is None:
                answer = ask(*step.question, instance, which)
            step = step.next.get(answer)
        return step if type(step) is Settled else None

    def keep(
        self, formula: str, asked: Sequence[tuple[Question, Answer]], outcome: Settled
    ) -> None:
        """Keep an outcome with all that was asked for it, in order."""
        if self._count >= self._most:
            self._count = 0
            self._first.clear()
        self._count += 1
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
