"""A part of a model as one function over arrays of samples."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from estimator.evaluate.program import rounding_of
from estimator.evaluate.uncertainty.arrays import ARRAYS
from estimator.formula import numeric_arrays
from estimator.formula.emit import emit
from estimator.formula.tree import Name, Node, names_in
from estimator.model import Model


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
    assembly = _Assembly(model, point, needed, given)
    place = {name: index for index, name in enumerate(needed)}
    ready: dict[int, list[int]] = {}  # conditions, by the last quantity that they need
    for index, condition in enumerate(conditions):
        last = max((place[n] for n in names_in(condition) if n in place), default=0)
        ready.setdefault(last, []).append(index)
    for at, name in enumerate(needed):
        assembly.add(name)
        for index in ready.get(at, ()):
            assembly.count(index, conditions[index])
    return assembly.program(results, len(conditions))


def certain_value(model: Model, point: Mapping[str, float], tree: Node) -> float:
    """Return the value of a formula that depends on no range; 1 or 0 of a condition.

    Args:
        model: The model.
        point: Its values.
        tree: The formula.

    Raises:
        KeyError: `point` lacks a name.
    """
    code = emit(tree, lambda n: repr(float(point[n.path])), model.calendar, backend=ARRAYS)
    return float(eval(code, ARRAYS.scope))


class _Step(NamedTuple):
    """A line of the function.

    Attributes:
        target: The variable that it sets; or a place in `held`.
        code: What it is set to.
        uses: The variables in the code.
    """

    target: str
    code: str
    uses: set[str]

    @property
    def is_variable(self) -> bool:
        """Whether it sets a variable, and not a place in `held`."""
        return not self.target.startswith("held")


class _Assembly:
    """A function that is being put together, one quantity after the other."""

    def __init__(
        self,
        model: Model,
        point: Mapping[str, float],
        needed: Sequence[str],
        given: Collection[str],
    ) -> None:
        self._model, self._point, self._given = model, point, given
        self._variables = {name: f"v{index}" for index, name in enumerate(needed)}
        self._inputs: list[str] = []
        self._steps: list[_Step] = []

    def add(self, name: str) -> None:
        """Compute a quantity, or take it as an input."""
        quantity = self._model.quantities[name]
        rounding = rounding_of(quantity, self._model)
        is_range = quantity.distribution is not None and not self._given
        if name in self._given or is_range:
            self._inputs.append(self._variables[name])
        elif isinstance(quantity.tree, Name) and rounding is None:
            self._variables[name] = self._code_of(quantity.tree.path)
        else:
            code = self._code(quantity.tree)
            if rounding is not None:
                code = f"rounded({code}, {rounding.digits}, up={rounding.up})"
            uses = set(map(self._code_of, quantity.uses))
            self._steps.append(_Step(self._variables[name], code, uses))

    def count(self, index: int, condition: Node) -> None:
        """Count the samples in which a condition holds."""
        uses = set(map(self._code_of, names_in(condition)))
        code = f"counted({self._code(condition)}, size)"
        self._steps.append(_Step(f"held[{index}]", code, uses))

    def program(self, results: Sequence[str], conditions: int) -> ArrayProgram:
        """Compile the function.

        Args:
            results: The quantities whose arrays it returns.
            conditions: How many conditions it counts.
        """
        made = [self._code_of(name) for name in results]
        lines, live = _with_room(self._steps, {*self._inputs, *made})
        source = (
            f"def run({', '.join(['size', *self._inputs])}):\n"
            f"    held = [0.0] * {conditions}\n"
            f"{lines}    return [{', '.join(made)}], held\n"
        )
        compiled: CodeType = compile(source, "<samples>", "exec")
        rounded = partial(numeric_arrays.significant, np)
        scope = {**ARRAYS.scope, "counted": _counted, "rounded": rounded}
        exec(compiled, scope)
        return ArrayProgram(scope["run"], live + len(made))

    def _code_of(self, name: str) -> str:
        return self._variables.get(name) or repr(float(self._point[name]))

    def _code(self, tree: Node) -> str:
        calendar = self._model.calendar
        return emit(tree, lambda n: self._code_of(n.path), calendar, backend=ARRAYS)


def _counted(condition: Any, size: int) -> float:
    """Return in how many samples a condition holds."""
    return float(np.count_nonzero(np.broadcast_to(condition, size)))


def _with_room(steps: Sequence[_Step], kept: Collection[str]) -> tuple[str, int]:
    """Return the lines of a function in which nothing is kept longer than it is used.

    Args:
        steps: The lines, without those that delete variables.
        kept: The variables that are used after the last.

    Returns:
        The lines, and how many variables that they set are there at once.
    """
    last: dict[str, int] = {}
    for at, step in enumerate(steps):
        last.update(dict.fromkeys(step.uses, at))
        if step.is_variable:
            last.setdefault(step.target, at)
    lines: list[str] = []
    there: set[str] = set()
    most = 0
    for at, step in enumerate(steps):
        lines.append(f"    {step.target} = {step.code}\n")
        if step.is_variable:
            there.add(step.target)
        most = max(most, len(there))
        names = (*step.uses, step.target)
        over = sorted(n for n in names if n in there and n not in kept and last[n] == at)
        if over:
            lines.append(f"    del {', '.join(over)}\n")
            there.difference_update(over)
    return "".join(lines), most
