"""What values must keep: bounds of parameters, and what a component needs."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from estimator.diagnostics import Place, Problems, Text
from estimator.evaluate.bottlenecks import required_nodes
from estimator.evaluate.conditions import KnownValues, failing_of, fails, with_values
from estimator.evaluate.growth import check_growth
from estimator.evaluate.shown import written
from estimator.formula import near_misses, numeric
from estimator.formula.dimensions import infer
from estimator.formula.emit import constant
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.tree import Compare
from estimator.model import Bounds, Concern, Model, Origin, Quantity
from estimator.units import Calendar
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
    """Report the values that do not keep their bounds, and growth that is no share (E024).

    A default that follows from another of them says nothing new, and is left out.
    """
    check_growth(model, values, problems)
    wrong = {}
    for name, bounds in model.bounded.items():
        if name not in values:
            continue
        quantity = model.quantities[name]
        if quantity.distribution is not None and quantity.distribution.shape is not Shape.CONSTANT:
            _check_range(name, quantity, model, problems)
            continue
        broken = broken_bound(bounds, values[name], model)
        if broken is None and quantity.display_unit == "whole" and values[name] % 1:
            broken = "a whole number"
        if broken is not None:
            wrong[name] = broken
    for name, broken in wrong.items():
        quantity = model.quantities[name]
        is_default = quantity.origin is Origin.DEFAULT
        if is_default and not model.leading_to([name]).isdisjoint(wrong.keys() - {name}):
            continue
        _report(name, broken, model, values, problems)


def _report(
    name: str, broken: str, model: Model, values: dict[str, float], problems: Problems
) -> None:
    """Report a value and the bound that it does not keep, at the line to change (E024)."""
    quantity, value = model.quantities[name], values[name]
    is_default = quantity.origin is Origin.DEFAULT
    cause = cause_of_default(name, model, values) if is_default else None
    if cause is not None:
        problems.add("E024", cause.message, cause.place, help=cause.help)
        return
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
                model.write(known.value(side), dimension) for side in (tree.left, tree.right)
            )
            said = _nearest_said(model, concern) or concern.place
            message = f"{concern.message}: {left} {_FAILS[tree.op]} {right}"
            return Cause(message, with_values(concern.help, model, values), said)
    return None


def _nearest_said(model: Model, concern: Concern) -> Place | None:
    """Return where the scenario says what a check compares, or else what that follows from."""
    names, seen = list(concern.formula.names), set(concern.formula.names)
    for name in names:  # grows as it goes: from what is compared to what lies further back
        quantity = model.quantities[name]
        if quantity.origin.replaces_library:
            return quantity.text.place
        further = [use for use in quantity.uses if use not in seen]
        seen.update(further)
        names.extend(further)
    return None


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
    return _broken(_limits_of(bounds, model), value)


_Limits: TypeAlias = list[tuple[Callable[[float, float], bool], float, str]]
"""What a value is compared by, and with, for each bound; and the bound in words."""


def _broken(limits: _Limits, value: float) -> str | None:
    for keeps, end, words in limits:
        if not keeps(value, end):
            return words
    return None


def _limits_of(bounds: Bounds, model: Model) -> _Limits:
    return _limits(tuple([t and t.value for t in bounds]), model.calendar)


@lru_cache(maxsize=1024)
def _limits(bounds: tuple[str | None, ...], calendar: Calendar) -> _Limits:
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


def violations(
    model: Model, component: str, *, levels: bool = True
) -> Callable[[dict[str, float]], str]:
    """Return what says which bound or check a component does not keep with some values, if any.

    Args:
        model: The model.
        component: The component.
        levels: Whether service levels count, which depend on other components, too.
    """
    start = f"{component}."
    bounded = [
        (name, model.quantities[name], _limits_of(bounds, model))
        for name, bounds in model.bounded.items()
        if name.startswith(start)
    ]
    concerns = [c for c in model.concerns if is_about(c, component, levels=levels)]
    failing = [(concern, failing_of(concern, model)) for concern in concerns]

    def violation(values: dict[str, float]) -> str:
        for name, quantity, limits in bounded:
            broken = _broken(limits, values[name])
            if broken is not None:
                if quantity.origin is Origin.DEFAULT and (
                    cause := cause_of_default(name, model, values)
                ):
                    return cause.message.removeprefix(f"`{component}`: ")
                value = written(values[name], quantity, model)
                return f"`{name}` must be {broken}, but it is {value}"
        known = KnownValues(model.calendar, values)
        for concern, is_failing in failing:
            if is_failing(known):
                return concern.message.removeprefix(f"`{component}`: ")
        nodes = values.get(f"{start}nodes", 0.0)
        required = required_nodes(component, values, nodes)
        if nodes < required:
            return f"it needs {count(required, whole=True)} nodes"
        return ""

    return violation


def is_about(concern: Concern, component: str, *, levels: bool) -> bool:
    """Return whether a check is about a component, or about a service level if these count."""
    names = concern.formula.names
    return any(n.startswith(f"{component}.") or (levels and ".estimate." in n) for n in names)
