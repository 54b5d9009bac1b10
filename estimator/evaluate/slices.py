"""A part of a model as a function of a few of its quantities, while all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

from estimator.evaluate.once import step_of, step_of_quantity
from estimator.evaluate.program import expression, to_digits
from estimator.formula.emit import SCALARS
from estimator.formula.emit import emit as code
from estimator.formula.functions import NAMESPACE, SLOW
from estimator.formula.tree import Name, Node
from estimator.model import Model, Quantity

Slice: TypeAlias = Callable[..., tuple[Any, ...]]
"""Takes other values of some quantities, in base units, and gives the value of each tree.

It raises an ArithmeticError or a ValueError where there is no such value.
"""


_SLOW = re.compile(rf"\b(?:{'|'.join(sorted(SLOW))})\s*\(")
_REMEMBERED = 256


_Taking: TypeAlias = Callable[[Mapping[str, float]], Sequence[float]]


class _Change(NamedTuple):
    """A quantity's function, and what takes its arguments out of the current values."""

    name: str
    function: Callable[..., Any]
    taking: _Taking


class OneAtATime:
    """Trees of a model as functions of one of its quantities, while the others stay as they are.

    What computes them is what computed the values, so that nothing is compiled for it. Only what
    lies between a quantity and a tree is computed again.

    Args:
        model: A checked model.
        values: Its values.
    """

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self._model = model
        self._values = dict(values)  # each function writes into it, and sets it back
        self._at = {name: index for index, name in enumerate(model.quantities)}
        self._changes: dict[str, _Change | None] = {}
        self._same: dict[str, str] = {}

    def functions(
        self,
        inputs: Collection[str],
        leading: Collection[str],
        trees: Sequence[Node],
        watched: Collection[str] = (),
    ) -> dict[str, tuple[Slice, list[str]]]:
        """Return what computes some trees with another value of an input, for each of the inputs.

        Args:
            inputs: Quantities that no other one of them follows from.
            leading: What the trees follow from (`Model.leading_to`).
            trees: Formulas, with names made whole.
            watched: Quantities whose values are returned as well, where the input moves them.

        Returns:
            What gives the values of the trees, and then of what is watched; and the latter's names.
        """
        quantities = self._model.quantities
        moved = {name: 1 << index for index, name in enumerate(inputs)}  # from which, in bits
        bits = dict(moved)
        between: list[tuple[int, _Change]] = []
        for name in sorted(leading, key=self._at.__getitem__):
            bit = 0
            for use in quantities[name].uses:
                bit |= moved.get(use, 0)
            if bit:
                moved[name] = bit
                change = self._change(name)
                if change is not None:
                    between.append((bit, change))
        results = [self._result(tree) for tree in trees]
        found: dict[str, tuple[Slice, list[str]]] = {}
        for name, own in bits.items():
            seen = [other for other in watched if moved.get(other, 0) & own]
            changes = [change for bit, change in between if bit & own]
            also = [_Change("", float, self._taking([other], ())) for other in seen]
            found[name] = self._function(name, changes, [*results, *also]), seen
        return found

    def _change(self, name: str) -> _Change | None:
        """Return what computes a quantity; None where it repeats another, which replaces it."""
        if name not in self._changes:
            quantity = self._model.quantities[name]
            function, names, numbers = step_of_quantity(quantity, self._model)
            change = None
            if function is None:
                self._same[name] = self._same.get(names[0], names[0])
            else:
                if is_slow(quantity):  # few of many inputs move what it is given
                    function = lru_cache(_REMEMBERED)(function)
                change = _Change(name, function, self._taking(names, numbers))
            self._changes[name] = change
        return self._changes[name]

    def _result(self, tree: Node) -> _Change:
        """Return what computes a tree."""
        function, names, numbers = step_of(tree, self._model.calendar)
        return _Change("", function or float, self._taking(names, numbers))

    def _taking(self, names: Sequence[str], numbers: Sequence[float]) -> _Taking:
        """Return what takes the values of names out of all, and gives them with some numbers."""
        keys = [self._same.get(name, name) for name in names]
        for number in numbers:
            keys.append(f"#{number!r}")
            self._values[keys[-1]] = number
        if len(keys) > 1:
            return itemgetter(*keys)
        return lambda values: [values[key] for key in keys]

    def _function(self, name: str, changes: Sequence[_Change], results: Sequence[_Change]) -> Slice:
        values = self._values
        before = {changed: values[changed] for changed in (name, *(c.name for c in changes))}

        def run(value: float) -> tuple[Any, ...]:
            values[name] = value
            try:
                for changed, function, taking in changes:
                    values[changed] = function(*taking(values))
                return tuple([function(*taking(values)) for _, function, taking in results])
            finally:
                values.update(before)

        return run


def _remembering() -> dict[str, Callable[..., Any]]:
    """Return the slow functions, memoized: few of many changes move their arguments."""
    return {f"f_{name}": lru_cache(_REMEMBERED)(NAMESPACE[name]) for name in SLOW}


def compile_choices(
    model: Model,
    values: Mapping[str, float],
    choices: Mapping[str, tuple[Quantity, Quantity]],
    trees: Sequence[Node],
) -> Slice | None:
    """Return some trees as a function of which of two formulas some quantities have.

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
    scope = {**SCALARS.scope, "rounded": to_digits, **_remembering()}
    exec(f"def run({', '.join(chosen.values())}):\n{''.join(lines)}    return ({results})\n", scope)
    run: Slice = scope["run"]
    return run


@lru_cache(4096)
def _is_slow_text(formula: str) -> bool:
    return _SLOW.search(formula) is not None


def is_slow(quantity: Quantity) -> bool:
    """Return whether there is a function in a formula that takes long."""
    return _is_slow_text(quantity.text.value)


def _number(value: float) -> str:
    """Return a number in parentheses, so that a sign before it stays its own."""
    return f"({value!r})"
