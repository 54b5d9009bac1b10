"""A model as one plain Python function over base units."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from estimator.formula import numeric
from estimator.formula.emit import SCALARS
from estimator.formula.emit import emit as code
from estimator.formula.tree import Call, Name, Node
from estimator.model import Model, Quantity

_WHOLE = frozenset({"ceil", "floor", "round", "step_up"})


class Program(NamedTuple):
    """A compiled model.

    Attributes:
        names: The quantities, in the order of the results.
        inputs: The names of those without names in their formulas.
        run: Takes the values of the inputs in their order, gives all values.
        constants: The values of the inputs as the scenario has them.
    """

    names: tuple[str, ...]
    inputs: tuple[str, ...]
    run: Callable[[tuple[float, ...]], tuple[float, ...]]
    constants: Callable[[], tuple[float, ...]]

    def values(self) -> dict[str, float]:
        """Return the values as the scenario has them, by name."""
        return dict(zip(self.names, self.run(self.constants()), strict=True))


def variables(names: list[str]) -> dict[str, str]:
    """Return the local variable of each quantity."""
    return {name: f"v{index}" for index, name in enumerate(names)}


def compile_program(model: Model) -> Program:
    """Compile a model to two functions: one for its inputs, one for all that follows from them.

    A quantity that only repeats another shares its variable.
    """
    names = list(model.quantities)
    variable = variables(names)
    inputs: list[str] = []
    constants: list[str] = []
    lines: list[str] = []
    for name in names:
        quantity = model.quantities[name]
        rounded = model.digits is not None and rounds(quantity)
        if isinstance(quantity.tree, Name) and not rounded:
            variable[name] = variable[quantity.tree.path]
            continue
        coded = expression(quantity, model, lambda n: variable[n.path])
        if not quantity.uses:
            inputs.append(name)
            constants.append(coded)
            continue
        lines.append(f"    {variable[name]} = {coded}\n")
    unpack = f"    [{', '.join(variable[n] for n in inputs)}] = inputs\n" if inputs else ""
    run = f"def run(inputs):\n{unpack}{''.join(lines)}    return [{', '.join(variable.values())}]\n"
    scope = _scope()
    exec(f"def constants():\n    return [{', '.join(constants)}]\n", scope)
    exec(run, scope)
    return Program(tuple(names), tuple(inputs), scope["run"], scope["constants"])


def expression(quantity: Quantity, model: Model, variable: Callable[[Name], str]) -> str:
    """Return the code of a quantity, with what conventions round."""
    coded = _point(quantity) or code(quantity.tree, variable, model.calendar)
    rounded = model.digits is not None and rounds(quantity)
    return f"rounded({coded}, {model.digits})" if rounded and quantity.uses else coded


def _scope() -> dict[str, Any]:
    return {**SCALARS.scope, "rounded": to_digits}


def _point(quantity: Quantity) -> str:
    """Return the median of a range; nothing for what is none."""
    return "" if quantity.distribution is None else repr(quantity.distribution.quantile(0.5))


def to_digits(value: float, digits: int) -> float:
    """Return a value in so many significant digits; a wait without end has none."""
    return value if value == math.inf else numeric.significant(value, digits)


def rounds(quantity: Quantity) -> bool:
    """Return whether conventions round it: shares and whole numbers would become wrong by it."""
    if quantity.origin.replaces_library or quantity.display_unit or not quantity.uses:
        return False
    if ".nodes." in quantity.name:
        return False  # what is rounded down would be too few
    tree: Node = quantity.tree
    return not (isinstance(tree, Call) and tree.function in _WHOLE)
