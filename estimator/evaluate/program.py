"""A model as a program: its formulas as steps, each computed from those before it.

A step calls a compiled function. Names and numbers are its arguments, so that formulas that differ
in nothing else share one, and those that are new are compiled together. A model as one function of
its own would run in half the time, but compiling it takes as long as running it 50 times.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from operator import itemgetter
from typing import Any, TypeAlias

from estimator.formula.emit import SCALARS, literal_value
from estimator.formula.numeric import Rounding
from estimator.formula.shared import CALENDAR, LinkedFormula, SharedFormula
from estimator.formula.tree import Literal, Name, Node, Number
from estimator.library.compiled import stored_functions
from estimator.model import Model, Quantity
from estimator.model.quantity import rounds
from estimator.units import Calendar

MOST = 20_000
"""How many functions are kept for the scenarios that come next; then they are forgotten. A check of
1,000 files would take a third longer without them: most formulas of a team's files are alike."""

Function: TypeAlias = Callable[..., tuple[Any, ...]]
"""Takes the values of some quantities, in base units, and returns those of others.

It raises an ArithmeticError or a ValueError where there is no such value.
"""


Step: TypeAlias = tuple[Callable[..., Any], tuple[str, ...]]
"""A function, and the quantities whose values it takes. It is a plain tuple, since each run makes a
thousand of them."""


class Program:
    """Formulas as steps, each computed from those before it.

    Args:
        steps: How each quantity is computed, in an order in which they can be.
        values: The values of all names, where they are known. Functions write into them while they
            run.

    Attributes:
        steps: How each quantity is computed.
    """

    def __init__(self, steps: dict[str, Step], values: dict[str, float] | None = None) -> None:
        self.steps = steps
        self._known = values
        self._calls = _Calls(steps)

    def values(self) -> dict[str, float]:
        """Compute all values.

        Raises:
            ArithmeticError, ValueError: Where one cannot be computed.
        """
        values: dict[str, float] = {}
        value_of = values.__getitem__
        for name, (function, names) in self.steps.items():
            values[name] = function(*map(value_of, names))
        return values

    def part(self, names: Collection[str]) -> Program:
        """Return the program of some quantities and of all that they follow from."""
        found, pending = set(names), list(names)
        for name in pending:
            for use in self.steps[name][1]:
                if use not in found and use in self.steps:
                    found.add(use)
                    pending.append(use)
        ordered = sorted(found, key=self._place.__getitem__)
        return Program({name: self.steps[name] for name in ordered}, self._known)

    def following(self, names: Collection[str]) -> list[str]:
        """Return all that follows from some quantities, in the order of the steps."""
        found, pending, users = set(names), list(names), self._users
        for name in pending:
            fresh = users.get(name, _NOBODY) - found
            found |= fresh
            pending += fresh
        return sorted(found.difference(names), key=self._place.__getitem__)

    @cached_property
    def reads(self) -> dict[str, int]:
        """The values that are read and written to compute each quantity, as a count."""
        return {name: 1 + len(names) for name, (_, names) in self.steps.items()}

    def following_each(self, inputs: Sequence[str]) -> Iterator[list[str]]:
        """Yield what `following` returns for each of some inputs, which follow from nothing.

        A few of them are looked for in one pass; of many, each has its own, as bits for all of them
        would make the time grow with their square.
        """
        if len(inputs) > _AT_ONCE:
            yield from (self.following([name]) for name in inputs)
            return
        found: list[list[str]] = [[] for _ in inputs]
        reached = {name: 1 << at for at, name in enumerate(inputs)}
        for name, (_, names) in self.steps.items():
            bits = 0
            for use in names:
                bits |= reached.get(use, 0)
            if bits:
                reached[name] = bits
            while bits:
                lowest = bits & -bits
                found[lowest.bit_length() - 1].append(name)
                bits ^= lowest
        yield from found

    def function(
        self,
        inputs: Sequence[str],
        results: Sequence[str | Step],
        following: Sequence[str] | None = None,
    ) -> Function:
        """Return some values as a function of others, while all else stays as it is.

        Only what follows from the inputs is computed when it is called.

        Args:
            inputs: The quantities whose values it takes.
            results: The quantities whose values it returns, or how these are computed.
            following: What follows from the inputs and leads to the results, in order; all that
                follows from the inputs unless given.
        """
        following = self.following(inputs) if following is None else following
        moved = (*inputs, *following)
        calls = list(map(self._calls.__getitem__, following))
        names = []
        for at, result in enumerate(results):
            names.append(result if isinstance(result, str) else f"result {at}")
            if not isinstance(result, str):
                calls.append((names[-1], result[0], _taking(result[1])))
        taken, known = _taking(names), self._known
        values: dict[str, float] = {} if known is None else known
        before = () if known is None else tuple([known[name] for name in moved])

        def run(*given: float) -> tuple[Any, ...]:
            if not values:
                values.update(self._resting(inputs, following, results))
            values.update(zip(inputs, given, strict=True))
            try:
                for name, function, taking in calls:
                    values[name] = function(*taking(values))
                return taken(values)
            finally:
                values.update(zip(moved, before, strict=False))

        return run

    def _resting(
        self, inputs: Iterable[str], following: Iterable[str], results: Iterable[str | Step]
    ) -> Mapping[str, float]:
        """Compute what is needed and stays as it is."""
        needed = {use for name in following for use in self.steps[name][1]}
        for result in results:
            needed.update([result] if isinstance(result, str) else result[1])
        return self.part(needed.difference(inputs, following)).values()

    @cached_property
    def _users(self) -> dict[str, set[str]]:
        """Return the quantities that use each one."""
        users: dict[str, set[str]] = {}
        for name, (_, names) in self.steps.items():
            for use in names:
                users.setdefault(use, set()).add(name)
        return users

    @cached_property
    def _place(self) -> dict[str, int]:
        """The place of each quantity in the order of the steps."""
        return {name: at for at, name in enumerate(self.steps)}


_NOBODY: frozenset[str] = frozenset()
_AT_ONCE = 64  # inputs: as many as the bits of a number that is quick to compute with


class _Calls(dict[str, tuple[str, Callable[..., Any], "_Taking"]]):
    """Steps by name, each with what takes the values of its names out of all."""

    def __init__(self, steps: Mapping[str, Step]) -> None:
        self._steps = steps

    def __missing__(self, name: str) -> tuple[str, Callable[..., Any], _Taking]:
        function, names = self._steps[name]
        made = self[name] = name, function, _taking(names)
        return made


_Taking: TypeAlias = Callable[[Mapping[str, float]], tuple[Any, ...]]


def _taking(names: Sequence[str]) -> _Taking:
    """Return what takes the values of some names out of all: in C, but for one that is alone."""
    if len(names) > 1:
        return itemgetter(*names)
    if not names:
        return lambda _: ()
    (name,) = names
    return lambda values: (values[name],)


def compile_program(model: Model, values: Mapping[str, float] | None = None) -> Program:
    """Compile a model; a range is at its median.

    Args:
        model: The model.
        values: Its values, where they are known.
    """
    known = None if values is None else dict(values)
    formulas = [q.formula.shared for q in model.quantities.values() if q.distribution is None]
    if model.calendar is CALENDAR:  # most are compiled already, for other files or as components
        formulas = [formula for formula in formulas if formula.function is None]
    _compile(formulas, model.calendar)
    is_plain = model.calendar is CALENDAR and model.rounding is None
    steps: dict[str, Step] = {}
    for name, quantity in model.quantities.items():
        shared, names = quantity.formula
        is_exact = quantity.distribution is None and quantity.rounding is None
        if is_plain and is_exact and shared.function is not None:
            steps[name] = shared.function, names  # as `step_of` has it, in a fifth of the time
        else:
            steps[name] = step_of(quantity, model)
    return Program(steps, known)


def step_of(quantity: Quantity, model: Model) -> Step:
    """Return how a quantity is computed, with what conventions round; a range by its median."""
    if quantity.distribution is not None:
        return partial(float, quantity.distribution.quantile(0.5)), ()
    step, rounding = step_of_formula(quantity.formula, model.calendar), rounding_of(quantity, model)
    if rounding is None:
        return step
    exact, names = step
    return lambda *given: rounding.of(exact(*given)), names


def step_of_formula(formula: LinkedFormula | Node, calendar: Calendar) -> Step:
    """Return how a formula is computed that need not be part of a model.

    Args:
        formula: The formula, with whole names.
        calendar: How long days, months and years are.

    Raises:
        FormulaError: E025 for a range or a distribution.
    """
    linked = formula if isinstance(formula, LinkedFormula) else LinkedFormula.of(formula)
    shared = linked.shared
    function = shared.compiled(calendar)
    if function is None:
        _compile([shared], calendar)
        function = shared.compiled(calendar)
        assert function is not None
    return function, linked.names


def value_of_step(step: Step, values: Mapping[str, float]) -> Any:
    """Return the value of a step, or the truth of a condition.

    Raises:
        ArithmeticError, ValueError: Where there is none.
    """
    function, names = step
    return function(*[values[name] for name in names])


def value_of(formula: LinkedFormula | Node, values: Mapping[str, float], calendar: Calendar) -> Any:
    """Return the value of a formula: a number, or the truth of a condition.

    Args:
        formula: The formula, with whole names.
        values: The values of the names in it, perhaps among others.
        calendar: How long days, months and years are.

    Raises:
        FormulaError: E025 for a range or a distribution.
        ArithmeticError, ValueError: Where it has no value.
    """
    if type(formula) is Name:  # as most sides of conditions are
        return values[formula.path]
    if type(formula) is Number:
        return formula.value
    if type(formula) is Literal:
        return literal_value(formula, calendar)
    return value_of_step(step_of_formula(formula, calendar), values)


def _compile(formulas: Iterable[SharedFormula], calendar: Calendar) -> None:
    """Compile formulas, all of them at once, but for those that need no code."""
    codes: dict[str, list[tuple[SharedFormula, tuple[float, ...]]]] = {}
    for formula in [f for f in formulas if f.compiled(calendar) is None]:
        plain = formula.plain_function(calendar)
        if plain is not None:
            formula.keep(calendar, plain)
        else:
            code, numbers = formula.code(calendar)
            codes.setdefault(code, []).append((formula, numbers))
    known = _known_functions()
    if len(known) > MOST:
        known.clear()
    if not known:
        known.update(stored_functions(SCALARS.scope))
    fresh = [code for code in codes if code not in known]
    if fresh:
        known.update(zip(fresh, eval(f"({', '.join(fresh)},)", SCALARS.scope), strict=True))
    for code, users in codes.items():
        for formula, numbers in users:
            function = known[code]
            formula.keep(calendar, partial(function, *numbers) if numbers else function)


@cache
def _known_functions() -> dict[str, Callable[..., Any]]:
    """Return the functions of this process by their code, which has no names or numbers in it."""
    return {}


def rounding_of(quantity: Quantity, model: Model) -> Rounding | None:
    """Return how a quantity is rounded, or None where all of its digits are carried."""
    if model.rounding is None or not rounds(quantity):
        return quantity.rounding
    return model.rounding
