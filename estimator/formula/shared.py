"""A formula apart from what its names stand for: checked once, and compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from estimator.formula.compile import code as scalar_code
from estimator.formula.compile import literal_value
from estimator.formula.tree import Call, Chain, Literal, Name, Node, Number, names_in, rebuilt
from estimator.units import Calendar, Dimension


class Scalar(NamedTuple):
    """What computes a formula on floats.

    Attributes:
        function: Takes the values of the formula's names, in their order, and then the numbers.
        numbers: The numbers of the formula, in base units.
    """

    function: Callable[..., Any]
    numbers: tuple[float, ...]


class SharedFormula:
    """A formula with names of its own, which stand for others wherever it is used.

    A kind has its formulas once, however many components use it: their dimensions are checked and
    their code is compiled here, once for all of them.

    Attributes:
        tree: The formula.
        names: The names in it, each once, in the order in which they stand there.
    """

    __slots__ = ("_right", "names", "scalars", "tree")

    def __init__(self, tree: Node) -> None:
        self.tree = tree
        self.names = tuple(dict.fromkeys(names_in(tree)))
        self.scalars: dict[Calendar, Scalar] = {}
        self._right: tuple[tuple[Dimension, ...], Dimension | None, Dimension] | None = None

    def __reduce__(self) -> tuple[type[SharedFormula], tuple[Node]]:
        return SharedFormula, (self.tree,)

    def dimension(
        self, dimensions: tuple[Dimension, ...], expected: Dimension | None
    ) -> Dimension | None:
        """Return its dimension, if it was right when it was last checked with the same ones."""
        last = self._right
        if last is None or last[0] != dimensions or last[1] != expected:
            return None
        return last[2]

    @staticmethod
    @lru_cache(maxsize=4096)
    def numbered(tree: Node) -> SharedFormula:
        """Return the formula of a tree whose names are numbered, the same for equal trees.

        What is wired alike has the same formulas along its paths, but for the names: in a check
        of many files a third of the time went into checking and compiling them again.
        """
        return SharedFormula(tree)

    def keep(
        self, dimensions: tuple[Dimension, ...], expected: Dimension | None, found: Dimension
    ) -> None:
        """Keep that it is right with names of these dimensions."""
        self._right = dimensions, expected, found

    def code(self, calendar: Calendar) -> tuple[str, tuple[float, ...]]:
        """Return the code of a function of its names and numbers, and these numbers.

        Neither names nor numbers are in the code, so that formulas which differ in nothing else
        have the same.
        """
        variables = {name: f"a{index}" for index, name in enumerate(self.names)}
        numbers: list[float] = []

        def number(value: float) -> str:
            numbers.append(value)
            return f"n{len(numbers)}"

        body = scalar_code(self.tree, lambda name: variables[name.path], calendar, number)
        parameters = [*variables.values(), *(f"n{i}" for i in range(1, len(numbers) + 1))]
        return f"lambda {', '.join(parameters)}: {body}", tuple(numbers)

    def constant(self, calendar: Calendar) -> float | None:
        """Return the value of a number or a literal; None for all else."""
        if type(self.tree) is Number:
            return self.tree.value
        return literal_value(self.tree, calendar) if type(self.tree) is Literal else None


class LinkedFormula(NamedTuple):
    """A formula with what its names stand for.

    Attributes:
        shared: The formula.
        names: What each of its names stands for, in their order.
    """

    shared: SharedFormula
    names: tuple[str, ...]

    @staticmethod
    def of(tree: Node) -> LinkedFormula:
        """Return a tree whose names stand for themselves."""
        shared = SharedFormula(tree)
        return LinkedFormula(shared, shared.names)

    @staticmethod
    def alike(tree: Node) -> LinkedFormula:
        """Return a tree whose formula is shared with all that differ from it in names alone."""
        numbers: dict[str, str] = {}
        shared = SharedFormula.numbered(_numbered(tree, numbers))
        return LinkedFormula(shared, tuple(numbers))

    @property
    def tree(self) -> Node:
        """The formula with the names that stand in it here."""
        if self.names == self.shared.names:
            return self.shared.tree
        return with_names(self.shared.tree, dict(zip(self.shared.names, self.names, strict=True)))

    @property
    def uses(self) -> tuple[str, ...]:
        """The names, each once."""
        names = self.names
        return names if len(set(names)) == len(names) else tuple(dict.fromkeys(names))


def with_names(node: Node, names: Mapping[str, str]) -> Node:
    """Return a tree with other names."""
    if type(node) is Name:
        return Name(names[node.path], node.span, absolute=True)
    if type(node) is Call:  # as most are
        arguments = tuple([with_names(part, names) for part in node.arguments])
        return Call(node.function, arguments, node.span, node.name_span)
    return rebuilt(node, lambda part: with_names(part, names))


def _numbered(node: Node, numbers: dict[str, str]) -> Node:
    """Return a tree with numbers in the place of names, which are added to those that there are."""
    if type(node) is Name:
        number = numbers.setdefault(node.path, f"#{len(numbers)}")
        return Name(number, node.span, absolute=True)
    if type(node) is Call:
        arguments = tuple([_numbered(part, numbers) for part in node.arguments])
        return Call(node.function, arguments, node.span, node.name_span)
    if type(node) is Chain:
        first = _numbered(node.first, numbers)
        rest = tuple([(op, _numbered(term, numbers)) for op, term in node.rest])
        return Chain(first, rest, node.span)
    return rebuilt(node, lambda part: _numbered(part, numbers))


def functions(codes: Sequence[str], namespace: dict[str, Any]) -> list[Callable[..., Any]]:
    """Return the function of each code; Python's compiler is called once for all of them."""
    found = eval(f"({', '.join(codes)},)", namespace)
    return list(found)
