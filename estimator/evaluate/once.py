"""Values that are computed once: each formula by itself, by code that many formulas share.

A program of the whole model, as `program` has it, is worth its compilation where a model is
computed again and again. Here names and numbers are arguments, so that formulas that differ in
nothing else are the same function, which is compiled once for all scenarios; and all that are new
at once, since calling Python's compiler takes longer than what it does for a line.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from estimator.evaluate.program import rounds, to_digits
from estimator.formula.compile import GLOBALS, code, literal_value
from estimator.formula.tree import Literal, Name, Node, Number, names_in
from estimator.model import Model, Quantity, Settled
from estimator.units import Calendar

MOST = 20_000
"""How many trees, and functions, are known at once; then they are forgotten."""
_PLAIN = (Name, Number)  # what needs no code


class _Compiled(NamedTuple):
    """A function of the values of some names, and of some numbers.

    Attributes:
        tree: The formula; it is kept, so that no other has its identity.
        names: What the function takes first.
        numbers: What it takes then.
        function: It.
    """

    tree: Node
    names: tuple[str, ...]
    numbers: tuple[float, ...]
    function: Callable[..., Any]


class Step(NamedTuple):
    """How a value is computed of others.

    Attributes:
        function: It takes the values of the names, and then the numbers; None for the first value.
        names: The quantities.
        numbers: The numbers.
    """

    function: Callable[..., Any] | None
    names: tuple[str, ...]
    numbers: tuple[float, ...]


class Compiler:
    """Trees to functions, and those that it knows."""

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._known: dict[int, _Compiled] = {}

    def value(self, tree: Node, values: Mapping[str, float]) -> Any:
        """The value of a tree: a number, or the truth of a condition.

        Raises:
            FormulaError: E025 for a range or a distribution.
            ArithmeticError, ValueError: Where it has no value.
        """
        if type(tree) is Name:
            return values[tree.path]
        if type(tree) is Number:
            return tree.value
        known = self._compiled(tree)
        return known.function(*[values[name] for name in known.names], *known.numbers)

    def of_settled(self, settled: Settled, values: Mapping[str, float]) -> Any:
        """The value of a formula that is kept from one scenario to the next, as `value` has it."""
        known = self._compiled(settled.outcome.tree)
        return known.function(*[values[name] for name in settled.names], *known.numbers)

    def step_of(self, tree: Node) -> Step:
        """How a tree is computed."""
        if type(tree) is Name:
            return Step(None, (tree.path,), ())
        if type(tree) is Number:
            return Step(float, (), (tree.value,))
        known = self._compiled(tree)
        return Step(known.function, known.names, known.numbers)

    def step(self, quantity: Quantity, digits: int | None) -> Step:
        """How a quantity is computed, that is no range.

        Args:
            quantity: The quantity.
            digits: How many significant digits are carried, or None for all.
        """
        step = self.step_of(quantity.form)
        if quantity.outcome is not None:
            step = Step(step.function, quantity.names, step.numbers)
        if digits is None or not rounds(quantity):
            return step
        exact = step.function or float
        return step._replace(function=lambda *given: to_digits(exact(*given), digits))

    def known(self) -> Mapping[int, _Compiled]:
        """What is compiled, by the identity of its tree, until room is made."""
        return self._known

    def _compiled(self, tree: Node) -> _Compiled:
        known = self._known.get(id(tree))
        if known is None:
            self.make_room()
            self.learn([tree])
            known = self._known[id(tree)]
        return known

    def learn(self, trees: Sequence[Node]) -> None:
        """Compile trees, all at once."""
        known, others = self._known, []
        for tree in trees:
            if type(tree) is Literal:
                known[id(tree)] = _Compiled(tree, (), (literal_value(tree, self._calendar),), float)
            else:
                others.append(tree)
        lines = [_line(tree, self._calendar) for tree in others]
        functions = _functions([line.code for line in lines])
        for tree, line, function in zip(others, lines, functions, strict=True):
            known[id(tree)] = _Compiled(tree, line.names, line.numbers, function)

    def make_room(self) -> None:
        """Forget all, if it is too much."""
        if len(self._known) > MOST:
            self._known.clear()


@lru_cache(maxsize=8)
def compiler(calendar: Calendar) -> Compiler:
    """The compiler for a calendar, on which the numbers in formulas depend."""
    return Compiler(calendar)


def values_once(model: Model) -> dict[str, float]:
    """The values of a model.

    Raises:
        ArithmeticError, ValueError: Where one cannot be computed.
    """
    known, digits = _compiled(model), model.digits
    values: dict[str, float] = {}
    value_of = values.__getitem__
    for name, quantity in model.quantities.items():
        outcome = quantity.outcome
        tree = quantity.tree if outcome is None else outcome.tree
        if quantity.distribution is not None:
            values[name] = quantity.distribution.quantile(0.5)
            continue
        if type(tree) is Number:
            value = tree.value
        elif type(tree) is Name:
            value = values[tree.path if outcome is None else quantity.names[0]]
        else:
            _, names, numbers, function = known[id(tree)]
            if outcome is not None:
                names = quantity.names
            value = function(*map(value_of, names), *numbers)
        if digits is not None and rounds(quantity):
            value = to_digits(value, digits)
        values[name] = value
    return values


def _compiled(model: Model) -> Mapping[int, _Compiled]:
    """The functions of a model's formulas, by the identity of the trees that it has of them."""
    found = compiler(model.calendar)
    found.make_room()
    known = found.known()
    found.learn(
        [
            tree
            for q in model.quantities.values()
            if id(tree := q.tree if q.outcome is None else q.outcome.tree) not in known
            and type(tree) not in _PLAIN
            and q.distribution is None
        ]
    )
    return known


class _Line(NamedTuple):
    """The code of a function, and what it is called with."""

    code: str
    names: tuple[str, ...]
    numbers: tuple[float, ...]


def _line(tree: Node, calendar: Calendar) -> _Line:
    names = {name: f"a{index}" for index, name in enumerate(dict.fromkeys(names_in(tree)))}
    numbers: list[float] = []

    def number(value: float) -> str:
        numbers.append(value)
        return f"n{len(numbers)}"

    expression = code(tree, lambda name: names[name.path], calendar, number)
    parameters = [*names.values(), *(f"n{index}" for index in range(1, len(numbers) + 1))]
    return _Line(f"lambda {', '.join(parameters)}: {expression}", tuple(names), tuple(numbers))


def _functions(lines: list[str]) -> list[Callable[..., Any]]:
    """The function of each line; those that are not known yet are compiled at once."""
    known = _known_functions()
    if len(known) > MOST:
        known.clear()
    fresh = [line for line in dict.fromkeys(lines) if line not in known]
    if fresh:
        known.update(zip(fresh, eval(f"({', '.join(fresh)},)", GLOBALS), strict=True))
    return [known[line] for line in lines]


@cache
def _known_functions() -> dict[str, Callable[..., Any]]:
    """The functions of this process by their code, which has no names or numbers in it."""
    return {}
