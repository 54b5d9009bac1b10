"""A model's formulas as steps, each a compiled function: what computes a model once.

A model as one function, as `program` has it, is worth its compilation where it is computed again
and again. Here names and numbers are arguments, so that formulas that differ in nothing else are
the same function, and all that are new are compiled at once: calling Python's compiler takes longer
than what it does for a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from estimator.evaluate.program import rounds, to_digits
from estimator.formula.emit import SCALARS
from estimator.formula.shared import CALENDAR, LinkedFormula, Scalar, SharedFormula
from estimator.formula.tree import Node
from estimator.library.compiled import stored_functions
from estimator.model import Model, Quantity
from estimator.units import Calendar

MOST = 20_000
"""How many functions are kept for the scenarios that come next; then they are forgotten. A check of
1,000 files would take a third longer without them: most formulas of a team's files are alike."""


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
    function, names, numbers = step_of(formula, calendar)
    taken = [values[name] for name in names]
    return taken[0] if function is None else function(*taken, *numbers)


def step_of(formula: LinkedFormula | Node, calendar: Calendar) -> Step:
    """Return how a formula is computed."""
    linked = formula if isinstance(formula, LinkedFormula) else LinkedFormula.of(formula)
    scalar = linked.shared.compiled(calendar)
    if scalar is None:
        _compile([linked.shared], calendar)
        scalar = linked.shared.compiled(calendar)
        assert scalar is not None
    return Step(scalar.function, linked.names, scalar.numbers)


def step_of_quantity(quantity: Quantity, model: Model) -> Step:
    """Return how a quantity is computed, that is no range, with what conventions round."""
    step, digits = step_of(quantity.formula, model.calendar), model.digits
    if digits is None or not rounds(quantity):
        return step
    exact = step.function or float
    return step._replace(function=lambda *given: to_digits(exact(*given), digits))


def values_once(model: Model) -> dict[str, float]:
    """Return the values of a model.

    Raises:
        ArithmeticError, ValueError: Where one cannot be computed.
    """
    calendar, digits = model.calendar, model.digits
    is_plain = calendar is CALENDAR
    formulas = model.quantities.values()
    _compile([q.formula.shared for q in formulas if q.distribution is None], calendar)
    values: dict[str, float] = {}
    value_of = values.__getitem__
    for name, quantity in model.quantities.items():
        if quantity.distribution is not None:
            values[name] = quantity.distribution.quantile(0.5)
            continue
        shared, names = quantity.formula
        scalar = shared.scalar if is_plain else shared.scalars[calendar]
        assert scalar is not None
        function, numbers = scalar
        value = values[names[0]] if function is None else function(*map(value_of, names), *numbers)
        if digits is not None and rounds(quantity):
            value = to_digits(value, digits)
        values[name] = value
    return values


def _compile(formulas: Iterable[SharedFormula], calendar: Calendar) -> None:
    """Compile formulas, all of them at once, but for those that need no code."""
    codes: dict[str, list[tuple[SharedFormula, tuple[float, ...]]]] = {}
    for formula in formulas:
        if formula.compiled(calendar) is not None:
            continue
        plain = formula.plain_scalar(calendar)
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
            formula.keep(calendar, Scalar(known[code], numbers))


@cache
def _known_functions() -> dict[str, Callable[..., Any]]:
    """Return the functions of this process by their code, which has no names or numbers in it."""
    return {}
