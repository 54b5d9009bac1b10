"""A part of a model as one function over arrays of samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from estimator.evaluate.program import rounding_of
from estimator.evaluate.uncertainty.arrays import ARRAYS, array_functions
from estimator.formula import numeric_arrays
from estimator.formula.emit import emit
from estimator.formula.numeric import Rounding
from estimator.formula.shared import LinkedFormula, SharedFormula, same
from estimator.formula.tree import Node, names_in
from estimator.model import Model, Quantity

Target: TypeAlias = str | int
"""What a step computes: a quantity, or a condition, by its index."""


class ArrayProgram(NamedTuple):
    """A part of a model as a function.

    Attributes:
        run: Takes the number of samples and the array of each input; returns the arrays of the
            results, and in how many samples each of the conditions holds.
        live: How many arrays it keeps at once.
    """

    run: Callable[..., tuple[list[Any], list[float]]]
    live: int


def compile_arrays(
    model: Model,
    point: Mapping[str, float],
    needed: Sequence[str],
    results: Sequence[str],
    *,
    conditions: Sequence[Node] = (),
    given: Collection[str] = (),
) -> ArrayProgram:
    """Compile a function of the ranges among some quantities, or of what is given, in their order.

    No array is kept longer than something else is computed of it.

    Args:
        model: The model.
        point: Its values with each range at its median.
        needed: What is computed, each after those that it uses; all else is as in `point`.
        results: The quantities whose arrays are returned.
        conditions: Resolved conditions that are counted.
        given: The inputs, where these are not the ranges.
    """
    plan = _Plan.of(model, needed, given, conditions)
    made = [plan.aliases.get(name, name) for name in results]
    used = {*made, *(name for step in plan.steps.values() for name in step.uses)}
    # numbers of NumPy's, of which 1 / 0 is infinite, as it is within arrays: both branches of an
    # `if` are computed
    certain = {
        n: np.float64(point[n]) for n in used if n not in plan.steps and n not in plan.inputs
    }
    functions = array_functions({s.formula for s in plan.steps.values()}, model.calendar)
    over, live = _unused_after(plan.steps, {*plan.inputs, *made, *certain})
    calls = [(t, s.function(functions), s.uses, over[t]) for t, s in plan.steps.items()]

    def run(size: int, *given: Any) -> tuple[list[Any], list[float]]:
        values: dict[str, Any] = {**certain, **dict(zip(plan.inputs, given, strict=True))}
        held = [0.0] * len(conditions)
        for target, function, uses, unused in calls:
            found = function(*[values[name] for name in uses])
            if isinstance(target, int):
                held[target] = float(np.count_nonzero(np.broadcast_to(found, size)))
            else:
                values[target] = found
            for name in unused:
                del values[name]
        return [values[name] for name in made], held

    return ArrayProgram(run, live + len(made))


def certain_value(model: Model, point: Mapping[str, float], tree: Node) -> float:
    """Return the value of a formula that depends on no range; 1 or 0 of a condition.

    Args:
        model: The model.
        point: Its values.
        tree: The formula.

    Raises:
        KeyError: `point` lacks a name.
    """
    certain = {name: np.float64(point[name]) for name in names_in(tree)}
    code = emit(tree, lambda n: f"certain[{n.path!r}]", model.calendar, backend=ARRAYS)
    with np.errstate(all="ignore"):  # as in arrays, a branch that is not taken may divide by zero
        return float(eval(code, {**ARRAYS.scope, "certain": certain}))


class _Step(NamedTuple):
    """How a quantity or a condition is computed.

    Attributes:
        formula: Its formula.
        uses: What the names in it stand for.
        rounding: How it is rounded, if it is.
    """

    formula: SharedFormula
    uses: tuple[str, ...]
    rounding: Rounding | None = None

    def function(self, functions: Mapping[SharedFormula, Callable[..., Any]]) -> Callable[..., Any]:
        """Return what computes it from what it uses, of what computes formulas."""
        exact, rounding = functions[self.formula], self.rounding
        if rounding is None:
            return exact
        rounded = partial(numeric_arrays.significant, np, digits=rounding.digits, up=rounding.up)
        return lambda *given: rounded(exact(*given))


class _Plan(NamedTuple):
    """What is computed of a model, in an order in which it can be.

    Attributes:
        steps: How each quantity and each condition is computed.
        inputs: The quantities that are given.
        aliases: The quantities that are another one, under a name of their own.
    """

    steps: dict[Target, _Step]
    inputs: list[str]
    aliases: dict[str, str]

    @classmethod
    def of(
        cls,
        model: Model,
        needed: Sequence[str],
        given: Collection[str],
        conditions: Sequence[Node],
    ) -> _Plan:
        """Return what is to be computed; each condition as soon as it can be."""
        plan = cls({}, [], {})
        place = {name: index for index, name in enumerate(needed)}
        ready: dict[int, list[int]] = {}
        for index, condition in enumerate(conditions):
            last = max((place[n] for n in names_in(condition) if n in place), default=0)
            ready.setdefault(last, []).append(index)
        for at, name in enumerate(needed):
            is_range = model.quantities[name].distribution is not None
            if name in given or (is_range and not given):
                plan.inputs.append(name)
            else:
                plan._add(model.quantities[name], model)
            for index in ready.get(at, ()):
                plan.steps[index] = plan._step(LinkedFormula.alike(conditions[index]))
        return plan

    def _add(self, quantity: Quantity, model: Model) -> None:
        step = self._step(quantity.formula, rounding_of(quantity, model))
        if step.rounding is None and step.formula.plain_function(model.calendar) is same:
            self.aliases[quantity.name] = step.uses[0]
        else:
            self.steps[quantity.name] = step

    def _step(self, formula: LinkedFormula, rounding: Rounding | None = None) -> _Step:
        uses = tuple([self.aliases.get(name, name) for name in formula.names])
        return _Step(formula.shared, uses, rounding)


def _unused_after(
    steps: Mapping[Target, _Step], kept: Collection[str]
) -> tuple[dict[Target, list[str]], int]:
    """Return what is used for the last time in each step, and how many arrays are there at once.

    Args:
        steps: How quantities and conditions are computed.
        kept: What is there before the first of them, or used after the last.
    """
    last: dict[str, Target] = {}
    for target, step in steps.items():
        last.update(dict.fromkeys(step.uses, target))
        if isinstance(target, str):
            last.setdefault(target, target)
    over: dict[Target, list[str]] = {target: [] for target in steps}
    for name, target in last.items():
        if name not in kept:
            over[target].append(name)
    there = most = 0
    for target, unused in over.items():
        there += isinstance(target, str)
        most = max(most, there)
        there -= len(unused)
    return over, most
