"""A part of a model as a function of a few of its quantities, while all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, TypeAlias

from estimator.evaluate.program import expression, to_digits
from estimator.formula.compile import GLOBALS, code
from estimator.formula.functions import NAMESPACE, SLOW
from estimator.formula.tree import Name, Node, names_in
from estimator.model import Model, Quantity

Slice: TypeAlias = Callable[..., tuple[Any, ...]]
"""Takes the values of the inputs, in base units, and gives what each tree comes to.

It raises an ArithmeticError or a ValueError where there is no such value.
"""


_SLOW = re.compile(rf"\b(?:{'|'.join(sorted(SLOW))})\s*\(")
_REMEMBERED = 256


def compile_slice(
    model: Model,
    values: Mapping[str, float],
    inputs: Sequence[str],
    moved: Collection[str],
    trees: Sequence[Node],
) -> Slice:
    """Some trees as a function of a few quantities.

    Only what lies between the two is computed; the rest are numbers in its code.

    Args:
        model: A checked model.
        values: Its values.
        inputs: The quantities that are given other values.
        moved: What follows from them, at least (`Model.following`).
        trees: Formulas or conditions, with names made whole.
    """
    asked = [name for tree in trees for name in names_in(tree)]
    between = model.leading_to(asked).intersection(moved).union(inputs)
    names = [name for name in model.quantities if name in between]
    variable = {name: f"v{index}" for index, name in enumerate(names)}

    def coded(name: Name) -> str:
        return variable.get(name.path) or _number(values[name.path])

    lines = [
        f"    {variable[name]} = {expression(model.quantities[name], model, coded)}\n"
        for name in names
        if name not in inputs
    ]
    results = "".join(f"{code(tree, coded, model.calendar)}, " for tree in trees)
    taken = ", ".join(variable[name] for name in inputs)
    scope = {**GLOBALS, "rounded": to_digits, **_remembering()}
    exec(f"def run({taken}):\n{''.join(lines)}    return ({results})\n", scope)
    run: Slice = scope["run"]
    return run


def _remembering() -> dict[str, Callable[..., Any]]:
    """What takes long, with what it came to: few of many inputs move what it is given."""
    return {f"f_{name}": lru_cache(_REMEMBERED)(NAMESPACE[name]) for name in SLOW}


def compile_choices(
    model: Model,
    values: Mapping[str, float],
    choices: Mapping[str, tuple[Quantity, Quantity]],
    trees: Sequence[Node],
) -> Slice | None:
    """Some trees as a function of which of two formulas some quantities have.

    It takes a condition for each, in their order: true for the second formula. None where some of
    the formulas together would go round in a circle.

    Args:
        model: A checked model.
        values: Its values.
        choices: The quantities with both formulas.
        trees: Formulas, with names made whole.
    """
    uses = {name: set(quantity.uses) for name, quantity in model.quantities.items()}
    for name, both in choices.items():
        uses[name] = {use for quantity in both for use in quantity.uses}
    try:
        order = list(TopologicalSorter(uses).static_order())
    except CycleError:
        return None
    moved = set(choices)
    for name in order:
        if not moved.isdisjoint(uses[name]):
            moved.add(name)
    names = [name for name in order if name in moved]
    variable = {name: f"v{index}" for index, name in enumerate(names)}
    chosen = {name: f"c{index}" for index, name in enumerate(choices)}

    def coded(name: Name) -> str:
        return variable.get(name.path) or _number(values[name.path])

    lines = []
    for name in names:
        if name in choices:
            first, second = (expression(quantity, model, coded) for quantity in choices[name])
            formula = f"({second}) if {chosen[name]} else ({first})"
        else:
            formula = expression(model.quantities[name], model, coded)
        lines.append(f"    {variable[name]} = {formula}\n")
    results = "".join(f"{code(tree, coded, model.calendar)}, " for tree in trees)
    scope = {**GLOBALS, "rounded": to_digits, **_remembering()}
    exec(f"def run({', '.join(chosen.values())}):\n{''.join(lines)}    return ({results})\n", scope)
    run: Slice = scope["run"]
    return run


@lru_cache(4096)
def _is_slow_text(formula: str) -> bool:
    return _SLOW.search(formula) is not None


def is_slow(quantity: Quantity) -> bool:
    """Is there a function in a formula that takes long?"""
    return _is_slow_text(quantity.text.value)


def _number(value: float) -> str:
    """A number in parentheses, so that a sign before it stays its own."""
    return f"({value!r})"
