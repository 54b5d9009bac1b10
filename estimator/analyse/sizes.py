"""Up or out: how long the sizes of a machine last, with as many nodes as now."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from estimator.analyse.course import Course, Point
from estimator.analyse.growth import after
from estimator.analyse.machines import fields_put, figure_of
from estimator.catalog import Entry, catalog
from estimator.evaluate.bottlenecks import binding, required_nodes
from estimator.model import MachineParameter, Model, Origin

_HALVINGS = 12


class Size(NamedTuple):
    """A size of a machine.

    Attributes:
        machine: Its name.
        price: What one costs an hour, in USD.
        until: The day on which as many nodes as now are not enough any more; None where they are
            enough for all of the months.
        is_current: Whether the component runs on it.
    """

    machine: str
    price: float
    until: date | None
    is_current: bool = False


class Sizes(NamedTuple):
    """How long the sizes of a component's machine last.

    Attributes:
        component: The component.
        nodes: How many nodes it has now.
        sizes: The size that it runs on, and the larger ones of the family.
        only_more_help: The day from which on only more nodes help; None where the largest lasts.
    """

    component: str
    nodes: int
    sizes: tuple[Size, ...]
    only_more_help: date | None


def sizes_of(
    model: Model, values: Mapping[str, float], course: Course, months: int
) -> Iterator[Sizes]:
    """Yield how long sizes last, for each component that outgrows the one that it runs on.

    Args:
        model: The model.
        values: Its values at the start.
        course: Its values over time.
        months: How far to look.
    """
    for choice in model.machines:
        found = _sizes(model, values, course, months, choice)
        if found is not None and found.sizes[0].until is not None:
            yield found


def _sizes(
    model: Model,
    values: Mapping[str, float],
    course: Course,
    months: int,
    choice: MachineParameter,
) -> Sizes | None:
    component = choice.component
    nodes = values.get(f"{component}.nodes", 0.0)
    current = catalog(choice.catalog).get(choice.text.value.strip())
    if choice.catalog != "machines" or current is None or nodes < 1.0:
        return None
    is_pinned = model.quantities[f"{component}.nodes"].origin is Origin.PINNED
    needs = model.nodes_by_resource(component, values)
    if not is_pinned and binding(component, needs, values) != "minimum":
        return None  # its nodes follow the load anyway
    larger = [e for e in _family(model, choice, current) if e[1] >= _price(model, choice, current)]
    sizes = tuple(
        Size(
            entry.name, price, _until(model, course, months, choice, entry, nodes), entry == current
        )
        for entry, price in larger
    )
    return Sizes(component, round(nodes), sizes, sizes[-1].until) if sizes else None


def _family(model: Model, choice: MachineParameter, current: Entry) -> list[tuple[Entry, float]]:
    """Return the sizes of a machine's family with their prices, the smallest first."""
    entries = catalog(choice.catalog).candidates(current.family)
    priced = [(entry, _price(model, choice, entry)) for entry in entries]
    return sorted(priced, key=lambda pair: pair[1])


def _price(model: Model, choice: MachineParameter, entry: Entry) -> float:
    return (figure_of(entry, "price", choice, model) or 0.0) * 3600.0


def _until(
    model: Model,
    course: Course,
    months: int,
    choice: MachineParameter,
    entry: Entry,
    nodes: float,
) -> date | None:
    """Return the day on which so many nodes of a size are not enough any more."""
    fields = fields_put(model, choice)
    figures = {name: figure_of(entry, field, choice, model) for field, name in fields.items()}
    given = {name: value for name, value in figures.items() if value is not None}
    component = choice.component
    parts = ("required_nodes", "regions", "utilization")
    names = [f"{component}.{part}" for part in parts]
    names = [name for name in names if name in model.quantities]

    def is_enough(at: float) -> bool:
        try:
            made = dict(zip(names, course.compute(Point(at), names, given), strict=True))
        except (ArithmeticError, ValueError):
            return False
        # of a store that has one writer, more nodes than now are never required
        is_used_up = made.get(f"{component}.utilization", 0.0) > 1.0
        return required_nodes(component, made, math.inf) <= nodes and not is_used_up

    if not names:
        return None
    failing = next((month for month in range(months + 1) if not is_enough(float(month))), None)
    if failing is None:
        return None
    holds, fails = max(failing - 1.0, 0.0), float(failing)
    for _ in range(_HALVINGS if failing else 0):
        middle = (holds + fails) / 2.0
        holds, fails = (middle, fails) if is_enough(middle) else (holds, middle)
    return after(course.start, fails)
