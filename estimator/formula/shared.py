"""A formula apart from what its names stand for: checked once, and compiled once."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Set
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from estimator.formula.emit import SCALARS, Backend, emit, literal_value
from estimator.formula.functions import microseconds
from estimator.formula.tree import (
    Call,
    Chain,
    Literal,
    Name,
    Node,
    Number,
    children,
    names_in,
    rebuilt,
    walk,
)
from estimator.units import Calendar, Dimension

Right: TypeAlias = tuple[tuple[Dimension, ...], Dimension | None, Dimension]
"""The dimensions of a formula's names, what was expected of it, and the dimension that it has."""
CALENDAR = Calendar()
"""The calendar of files without conventions, for which code is stored with a compiled library."""

_CALLED = re.compile(r"f_(\w+)\(")  # functions, as `emit` writes them


def _most(node: Node) -> float:
    """Return the most that an argument may be."""
    return node.value if isinstance(node, Number) else math.inf


def same(value: float) -> float:
    """Return a value: what computes a formula that is a name."""
    return value


class Stored(NamedTuple):
    """What is known of a formula before its tree is looked at.

    Attributes:
        names: The names in it.
        code: The code of a function that computes it, for a plain calendar; None for a name.
        numbers: The numbers that this takes.
        right: With what dimensions it was last right.
        microseconds: How long its slow functions take at most.
    """

    names: tuple[str, ...]
    code: str | None
    numbers: tuple[float, ...]
    right: Right | None
    microseconds: float = 0.0


class SharedFormula:
    """A formula with names of its own, which stand for others wherever it is used.

    A kind has its formulas once, however many components use it: their dimensions are checked and
    their code is compiled here, once for all of them.

    Attributes:
        names: The names in it, each once, in the order in which they stand there.
        function: Computes it for a plain calendar from the values of the names, in their order.
        functions: Compute it for other calendars.
    """

    __slots__ = (
        "_called",
        "_make",
        "_most_microseconds",
        "_stored",
        "_tree",
        "function",
        "functions",
        "names",
        "right",
    )

    def __init__(self, tree: Node) -> None:
        self._tree: Node | None = tree
        self._make: Callable[[], Node] | None = None
        self._stored: Stored | None = None
        self.names = tuple(dict.fromkeys(names_in(tree)))
        self.function: Callable[..., Any] | None = None
        self.functions: dict[Calendar, Callable[..., Any]] = {}
        self.right: Right | None = None
        self._most_microseconds: float | None = None
        self._called: frozenset[str] | None = None

    @classmethod
    def restored(cls, stored: Stored, make: Callable[[], Node]) -> SharedFormula:
        """Return a formula that was stored.

        Args:
            stored: What was stored of it.
            make: Makes its tree, which most runs never look at.
        """
        found = cls.__new__(cls)
        found._tree, found._make, found._stored = None, make, stored
        found.names, found.right = stored.names, stored.right
        found.function, found.functions = None, {}
        found._most_microseconds, found._called = stored.microseconds, None
        return found

    def stored(self) -> Stored:
        """Return what is to be stored of it."""
        if self.is_name:
            return Stored(self.names, None, (), self.right)
        return Stored(self.names, *self.code(CALENDAR), self.right, self.most_microseconds)

    @property
    def tree(self) -> Node:
        """The formula."""
        if self._tree is None:
            assert self._make is not None
            self._tree = self._make()
        return self._tree

    @property
    def is_name(self) -> bool:
        """Return whether it only repeats another quantity."""
        if self._tree is None and self._stored is not None:
            return self._stored.code is None
        return type(self.tree) is Name

    def calls(self, functions: Set[str]) -> bool:
        """Return whether it calls any of some functions, none of which is written inline.

        Which it calls is kept: a run with ranges asks four times, for 20 million instructions more.
        """
        if self._called is None:
            if self._stored is not None:
                found = _CALLED.findall(self._stored.code or "")
            else:
                found = [n.function for n in walk(self.tree) if isinstance(n, Call)]
            self._called = frozenset(found)
        return not self._called.isdisjoint(functions)

    @property
    def most_microseconds(self) -> float:
        """Return how long its slow functions take at most, whatever its names stand for."""
        if self._most_microseconds is None:
            self._most_microseconds = microseconds(self.tree, _most)
        return self._most_microseconds

    def dimension(
        self, dimensions: tuple[Dimension, ...], expected: Dimension | None
    ) -> Dimension | None:
        """Return its dimension, if it was right when it was last checked with the same ones."""
        last = self.right
        if last is None or last[0] != dimensions or last[1] != expected:
            return None
        return last[2]

    def code(self, calendar: Calendar, backend: Backend = SCALARS) -> tuple[str, tuple[float, ...]]:
        """Return the code of a function of its numbers and names, and these numbers.

        Neither names nor numbers are in the code, so that formulas which differ in nothing else
        have the same. So have they, then, over arrays, which take the same numbers.
        """
        stored = self._stored if calendar is CALENDAR and backend is SCALARS else None
        if stored is not None and stored.code is not None:
            return stored.code, stored.numbers
        variables = {name: f"a{index}" for index, name in enumerate(self.names)}
        numbers: list[float] = []

        def number(value: float) -> str:
            numbers.append(value)
            return f"n{len(numbers)}"

        tree = self.tree
        body = emit(tree, lambda name: variables[name.path], calendar, number, backend=backend)
        parameters = [*(f"n{i}" for i in range(1, len(numbers) + 1)), *variables.values()]
        return f"lambda {', '.join(parameters)}: {body}", tuple(numbers)

    def compiled(self, calendar: Calendar) -> Callable[..., Any] | None:
        """Return what computes it, if it is compiled already."""
        return self.function if calendar is CALENDAR else self.functions.get(calendar)

    def keep(self, calendar: Calendar, function: Callable[..., Any]) -> None:
        """Keep what computes it."""
        if calendar is CALENDAR:
            self.function = function
        else:
            self.functions[calendar] = function

    def plain_function(self, calendar: Calendar) -> Callable[..., Any] | None:
        """Return what computes a name, a number or a literal; None for what needs code."""
        if self.is_name:
            return same
        if self._tree is None and self._stored is not None:
            return None
        tree = self.tree
        if type(tree) is Number:
            return partial(float, tree.value)
        return partial(float, literal_value(tree, calendar)) if type(tree) is Literal else None


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
        """Return a tree whose formula is shared with all that differ from it in names alone.

        What is wired alike has the same formulas along its paths, but for the names: in a check
        of many files a third of the time went into checking and compiling them again.
        """
        numbers: dict[str, int] = {}
        parts: list[object] = []
        _flatten(tree, numbers, parts)
        key = tuple(parts)
        shared = _alike.get(key)
        if shared is None:
            if len(_alike) >= _MOST_ALIKE:
                _alike.clear()
            names = {name: f"#{number}" for name, number in numbers.items()}
            shared = _alike[key] = SharedFormula(with_names(tree, names))
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


_MOST_ALIKE = 4096
_alike: dict[tuple[object, ...], SharedFormula] = {}
"""Formulas by their parts, with numbers in the place of names."""


def _flatten(node: Node, numbers: dict[str, int], parts: list[object]) -> None:
    """Add the parts of a tree, each before what is below it, and the names in it.

    Args:
        node: The tree.
        numbers: Gets the names, each with its number.
        parts: Gets the parts; a name is its number.
    """
    if type(node) is Name:
        parts += numbers.setdefault(node.path, len(numbers)), node.span
    elif type(node) is Call:
        parts += node.function, len(node.arguments), node.span, node.name_span
        for part in node.arguments:
            _flatten(part, numbers, parts)
    elif type(node) is Chain:
        parts += Chain, len(node.rest), node.span
        _flatten(node.first, numbers, parts)
        for op, term in node.rest:
            parts.append(op)
            _flatten(term, numbers, parts)
    else:
        below = children(node)
        # with the type, as tuples of two types may be equal: `not x` and `-x`
        parts += type(node), rebuilt(node, lambda _: _NOTHING) if below else node
        for part in below:
            _flatten(part, numbers, parts)


_NOTHING = Number(0.0, (0, 0))
