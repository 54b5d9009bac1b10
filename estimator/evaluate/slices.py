"""A part of a model as a function of a few of its quantities, while all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
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


@lru_cache(4096)
def _is_slow_text(formula: str) -> bool:
    return _SLOW.search(formula) is not None


def is_slow(quantity: Quantity) -> bool:
    """Is there a function in a formula that takes long?"""
    return _is_slow_text(quantity.text.value)


def _number(value: float) -> str:
    """A number in parentheses, so that a sign before it stays its own."""
    return f"({value!r})"
