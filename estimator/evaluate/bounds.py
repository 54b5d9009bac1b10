"""What values must keep: bounds of parameters, and what a component needs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from estimator.diagnostics import Place, Problems, Text
from estimator.evaluate.bottlenecks import required_nodes
from estimator.evaluate.conditions import KnownValues, fails
from estimator.evaluate.shown import written
from estimator.formula import near_misses, numeric
from estimator.formula.dimensions import infer
from estimator.formula.emit import constant
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.tree import Compare, Name, walk
from estimator.model import Bounds, Concern, Model, Origin, Quantity
from estimator.units import Calendar, write
from estimator.units.write import count, digits, share

CHANCE = 1e-3  # of a value beyond a bound: a range whose tails are shorter keeps it


def _beyond(bounds: Bounds, range_: Distribution, model: Model) -> tuple[str, float] | None:
    """Return the bound that a range does not keep, and in what share of cases, or None."""
    for bound in bounds.given():
        end = constant(bound.text, model.calendar)
        below = range_.below(end)
        chance = 1.0 - below if bound.op == "<=" else below
        firm = range_.quantile(1.0 - 1e-15 if bound.op == "<=" else 1e-15)
        kept = numeric.less_equal(firm, end) if bound.op == "<=" else firm >= end
        if chance > CHANCE and not (kept and (bound.op != ">" or firm > end)):
            return bound.words, chance
    return None


def _check_range(name: str, quantity: Quantity, model: Model, problems: Problems) -> None:
    assert quantity.bounds is not None
    assert quantity.distribution is not None
    beyond = _beyond(quantity.bounds, quantity.distribution, model)
    if beyond is not None:
        add_beyond(name, *beyond, quantity, problems)


def add_beyond(
    name: str, bound: str, chance: float, quantity: Quantity, problems: Problems
) -> None:
    """Report that a range reaches beyond a bound (E024)."""
    problems.add(
        "E024",
        f"`{name}` must be {bound}, but its range reaches beyond in {share(chance)} of cases",
        quantity.text.place,
        help="`uniform(a, b)` has firm ends, and `truncated(range, a, b)` cuts a range off",
    )


def check_bounds(model: Model, values: dict[str, float], problems: Problems) -> None:
    """Report the values that do not keep their bounds (E024)."""
    wrong: set[str] = set()
    for name, quantity in model.quantities.items():
        if quantity.bounds is None or name not in values:
            continue
        if quantity.distribution is not None and quantity.distribution.shape is not Shape.CONSTANT:
            _check_range(name, quantity, model, problems)
            continue
        repeats = quantity.origin is Origin.DEFAULT and not wrong.isdisjoint(quantity.uses)
        broken = broken_bound(quantity.bounds, values[name], model)
        if broken is None and quantity.display_unit == "whole" and values[name] % 1:
            broken = "a whole number"
        if broken is None:
            continue
        wrong.add(name)
        if repeats:
            continue
        value, is_default = values[name], quantity.origin is Origin.DEFAULT
        cause = cause_of_default(name, model, values) if is_default else None
        if cause is not None:
            problems.add("E024", cause.message, cause.place, help=cause.help)
            continue
        message = f"`{name}` must be {broken}, but it is {written(value, quantity, model)}"
        place = quantity.place if is_default else quantity.text.place
        problems.add("E024", message, place, help=_meant(value, quantity))


class Cause(NamedTuple):
    """Why a default is out of bounds, what to do about it, and where."""

    message: str
    help: str | None
    place: Place | None


def cause_of_default(name: str, model: Model, values: Mapping[str, float]) -> Cause | None:
    """Return the check of a kind that says why a default is out of bounds, and where to act.

    It is one that fails of nothing but what the default follows from.
    """
    causes, known = model.leading_to([name]), KnownValues(model.calendar, values)
    for concern in model.concerns:
        tree = concern.tree
        if not isinstance(tree, Compare) or not causes.issuperset(concern.formula.names):
            continue
        if values.keys() >= set(concern.formula.names) and fails(concern, model, known):
            dimension = infer(tree.left, lambda n: model.quantities[n.path].dimension)
            left, right = (
                write(known.value(side), dimension, calendar=model.calendar)
                for side in (tree.left, tree.right)
            )
            said = _first_said(model, concern) or concern.place
            message = f"{concern.message}: {left} {_FAILS[tree.op]} {right}"
            return Cause(message, concern.help, said)
    return None


def _first_said(model: Model, concern: Concern) -> Place | None:
    """Return where the scenario says something that a check follows from."""
    causes = model.leading_to(concern.formula.names)
    said = (model.quantities[name] for name in model.quantities if name in causes)
    return next((q.text.place for q in said if q.origin.replaces_library), None)


_FAILS = {
    "<=": "is more than",
    "<": "is not less than",
    ">=": "is less than",
    ">": "is not more than",
    "==": "is not",
    "!=": "is",
}
"""What can be said of two sides where a comparison does not hold."""


def _meant(value: float, quantity: Quantity) -> str | None:
    """Return what a value beyond its bounds may have been meant to be."""
    least = {"share": 1, "nines": 50}.get(quantity.display_unit, 100)
    if least < value <= 100:
        return f"did you mean `{digits(value, 6)}%`?"
    way = near_misses.range_meant(quantity.text.value) if value < 0 else None
    return f"a range is written `{way}`" if way else None


def broken_bound(bounds: Bounds, value: float, model: Model) -> str | None:
    """Return the bound that a value does not keep, such as `at least 0`, or None."""
    for keeps, end, words in _limits(tuple([t and t.value for t in bounds]), model.calendar):
        if not keeps(value, end):
            return words
    return None


@lru_cache(maxsize=1024)
def _limits(
    bounds: tuple[str | None, ...], calendar: Calendar
) -> list[tuple[Callable[[float, float], bool], float, str]]:
    """Return what a value is compared by, and with, for each bound; and the bound in words."""
    texts = [None if text is None else Text.of("bounds", text) for text in bounds]
    return [
        (_KEEPS[bound.op], constant(bound.text, calendar), bound.words)
        for bound in Bounds(*texts).given()
    ]


_KEEPS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": numeric.greater_equal,
    "<=": numeric.less_equal,
}


def violation(
    model: Model, values: dict[str, float], component: str, *, levels: bool = True
) -> str:
    """Return what a component does not keep with these values: a bound, a check, or nothing.

    Args:
        model: The model.
        values: Its values, perhaps with another machine.
        component: The component.
        levels: Whether service levels count, which depend on other components, too.
    """
    start = f"{component}."
    for name, quantity in model.quantities.items():
        if quantity.bounds is not None and name.startswith(start):
            broken = broken_bound(quantity.bounds, values[name], model)
            if broken is not None:
                if quantity.origin is Origin.DEFAULT and (
                    cause := cause_of_default(name, model, values)
                ):
                    return cause.message.removeprefix(f"`{component}`: ")
                value = written(values[name], quantity, model)
                return f"`{name}` must be {broken}, but it is {value}"
    for concern in model.concerns:
        names = {n.path for n in walk(concern.tree) if isinstance(n, Name)}
        if not any(n.startswith(start) or (levels and ".estimate." in n) for n in names):
            continue
        known = KnownValues(model.calendar, values)
        if fails(concern, model, known):
            return concern.message.removeprefix(f"`{component}`: ")
    nodes = values.get(f"{start}nodes", 0.0)
    required = required_nodes(component, values, nodes)
    if nodes < required:
        return f"it needs {count(required, whole=True)} nodes"
    return ""
