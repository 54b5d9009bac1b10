"""What to measure first: the inputs and defaults that servers and cost depend on most.

Each is moved to the two ends of its plausible range while all else stays as it is. Nodes are not
rounded to whole ones meanwhile, as what is just below a step would seem to matter and what is just
above it not. Of all quantities only those are computed again that follow from what is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import inf
from typing import Any, NamedTuple

from estimator.evaluate.once import step_of_quantity
from estimator.evaluate.report import Assumption, Influence, Report
from estimator.evaluate.shown import numbers, written
from estimator.formula.fault import FormulaError
from estimator.formula.tree import Call, Node, rebuilt
from estimator.model import Model, Origin, Quantity
from estimator.units import MONEY, PLAIN, write

PLAUSIBLE = 0.1
"""How far what has no range of its own may be off: an assumption."""

_OUTCOMES = ("servers", "cost.per_month")
_OTHERWISE = ("storage.retained", "egress.average", "requests.average")
_ROUNDS = ("ceil", "floor", "round")
_SMOOTH = ("max", "min", "if", "clamp", "sum")  # functions that take fractions of nodes as well
_LEAST = 1e-3  # a relative swing below it is none


class _Input(NamedTuple):
    """What is moved together.

    Attributes:
        names: The quantities.
        low: Their value at the lower end, in base units.
        high: Their value at the upper end.
        source: `yours`, `range` or `default`.
    """

    names: tuple[str, ...]
    low: float
    high: float
    source: str


class _Step(NamedTuple):
    """How a quantity is computed of others."""

    name: str
    function: Callable[..., Any] | None
    names: tuple[str, ...]
    numbers: tuple[float, ...]


def measure_first(model: Model, report: Report) -> list[Influence]:
    """Return what moves servers or cost, what moves either most first.

    Args:
        model: The model.
        report: Its report, with its values and assumptions.
    """
    values = dict(numbers(report))
    outcomes = [n for n in _OUTCOMES if values.get(n)]
    outcomes = outcomes or [n for n in (*report.own, *_OTHERWISE) if values.get(n)][:2]
    if not outcomes:
        return []
    smooth = _without_rounding(model)
    leading = smooth.leading_to(outcomes)
    inputs = list(_inputs(model, report.assumptions, values, leading))
    steps = _steps(smooth, inputs, leading)
    rounded = [n for n, q in smooth.quantities.items() if q is not model.quantities[n]]
    values |= _recomputed(values, {}, _following(smooth, rounded, leading))
    found = []
    for one, following in zip(inputs, steps, strict=True):
        ends = [_recomputed(values, dict.fromkeys(one.names, end), following) for end in one[1:3]]
        results = [[{**values, **end}[name] for name in outcomes] for end in ends]
        swing = max(
            abs(high - low) / abs(values[name])
            for name, low, high in zip(outcomes, *results, strict=True)
        )
        if swing >= _LEAST:
            found.append(_influence(one, model, values, outcomes, results, swing))
    return sorted(found, key=lambda one: -one.swing)


def _without_rounding(model: Model) -> Model:
    """Return the model where fleets and what they are planned by are not whole numbers."""
    smooth = {
        name: quantity.computed_by(_unrounded(quantity.tree))
        for name, quantity in model.quantities.items()
        if quantity.hint == "whole" and quantity.origin is Origin.DERIVED
    }
    return replace(model, quantities={**model.quantities, **smooth})


def _unrounded(node: Node) -> Node:
    """Return a formula without rounding, but for what functions need to be whole."""
    if isinstance(node, Call):
        if node.function in _ROUNDS and len(node.arguments) == 1:
            return _unrounded(node.arguments[0])
        if node.function not in _SMOOTH:
            return node
    return rebuilt(node, _unrounded)


def _inputs(
    model: Model,
    assumptions: Sequence[Assumption],
    values: Mapping[str, float],
    leading: set[str],
) -> Iterator[_Input]:
    """Yield what is given and what is assumed, as far as the outcomes follow from it."""
    for name, quantity in model.quantities.items():
        is_input = quantity.distribution is not None or (
            quantity.origin in (Origin.GIVEN, Origin.OWN) and not quantity.uses
        )
        if is_input and name in leading:
            ends = _ends(quantity, values[name])
            if ends is not None:
                yield _Input((name,), *ends, "range" if quantity.distribution else "yours")
    for assumption in assumptions:
        names = tuple(n for n in assumption.names if n in leading)
        if names:
            ends = _ends(model.quantities[names[0]], values[names[0]])
            if ends is not None:
                yield _Input(names, *ends, "default")


def _ends(quantity: Quantity, value: float) -> tuple[float, float] | None:
    """Return the ends of a plausible range: the range itself, or a tenth down and up.

    A share near all is moved by a tenth of what it lacks, and what counts things by at least one.
    """
    if quantity.distribution is not None:
        return quantity.distribution.quantile(0.05), quantity.distribution.quantile(0.95)
    if value == 0 or abs(value) == inf:
        return None
    is_share = quantity.hint in ("share", "nines")
    if is_share and 0.9 < value <= 1:
        lacks = 1 - value
        return (1 - lacks * (1 + PLAUSIBLE), 1 - lacks * (1 - PLAUSIBLE)) if lacks else None
    step = abs(value) * PLAUSIBLE
    if quantity.hint == "whole":
        step = max(1.0, float(round(step)))
    least, most = _bounds(quantity)
    return max(value - step, least), min(value + step, 1.0 if is_share else most)


def _bounds(quantity: Quantity) -> tuple[float, float]:
    """Return the least and the most that a parameter may be, where these are plain numbers."""
    ends = [-inf, inf]
    for bound in quantity.bounds.given() if quantity.bounds else ():
        try:
            ends[bound.op == "<="] = float(bound.text)
        except ValueError:
            continue
    return ends[0], ends[1]


def _steps(model: Model, inputs: Sequence[_Input], leading: set[str]) -> list[list[_Step]]:
    """Return for each input how to compute what follows from it, in this order."""
    own = {n: 1 << index for index, one in enumerate(inputs) for n in one.names}
    bits: dict[str, int] = {}
    found: list[list[_Step]] = [[] for _ in inputs]
    for name, quantity in model.quantities.items():
        if name not in leading:
            continue
        moving = 0
        for use in quantity.uses:
            moving |= bits.get(use, 0)
        moving &= ~own.get(name, 0)  # what is itself moved keeps what it is moved to
        bits[name] = moving | own.get(name, 0)
        step = _step(quantity, model) if moving else None
        for index in range(len(inputs)):
            if step is not None and moving >> index & 1:
                found[index].append(step)
    return found


def _following(model: Model, names: Sequence[str], leading: set[str]) -> list[_Step]:
    """Return how to compute some quantities again, and what follows from them."""
    following = model.following(names)
    quantities = (q for n, q in model.quantities.items() if n in following and n in leading)
    return [step for q in quantities if (step := _step(q, model)) is not None]


def _step(quantity: Quantity, model: Model) -> _Step | None:
    """Return how a quantity is computed; None for what only samples tell, which stays as it is."""
    if quantity.distribution is not None:
        return None
    try:
        return _Step(quantity.name, *step_of_quantity(quantity, model))
    except FormulaError:
        return None


def _recomputed(
    values: Mapping[str, float], changed: dict[str, float], steps: Sequence[_Step]
) -> dict[str, float]:
    """Return what is changed, and the values that follow; what has none there keeps its own."""
    for name, function, names, given in steps:
        taken = [changed.get(n, values[n]) for n in names]
        try:
            changed[name] = taken[0] if function is None else function(*taken, *given)
        except (ArithmeticError, ValueError):
            continue
    return changed


def _influence(
    one: _Input,
    model: Model,
    values: Mapping[str, float],
    outcomes: Sequence[str],
    results: Sequence[Sequence[float]],
    swing: float,
) -> Influence:
    quantity = model.quantities[one.names[0]]
    points = (values[quantity.name], one.low, one.high)
    low, middle, high = (
        write(point, quantity.dimension, hint=quantity.hint, calendar=model.calendar)
        for point in (one.low, points[0], one.high)
    )
    moved = {name: (a, b) for name, a, b in zip(outcomes, *results, strict=True)}
    texts = {n: (_outcome(n, a, model), _outcome(n, b, model)) for n, (a, b) in moved.items()}
    return Influence(one.names, one.source, points, (middle, low, high), moved, texts, swing)


def _outcome(name: str, value: float, model: Model) -> str:
    """Write an outcome for people."""
    if name == "servers":
        return write(round(value), PLAIN, hint="whole")
    if name == "cost.per_month":
        return write(value, MONEY)
    return written(value, model.quantities[name], model)
