"""Up or out: how long the sizes of a machine last, with as many nodes as now, and what ends one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from estimator.analyse.course import Course, Point
from estimator.analyse.growth import after, months_until
from estimator.analyse.limits import Limit, holds, limits_of
from estimator.analyse.machines import fields_put, figure_of
from estimator.catalog import Entry, catalog
from estimator.evaluate.bottlenecks import binding, required_nodes
from estimator.evaluate.conditions import KnownValues
from estimator.formula.tree import names_in
from estimator.model import MachineParameter, Model, Origin

_HALVINGS = 12


class Size(NamedTuple):
    """A size of a machine.

    Attributes:
        machine: Its name.
        price: What one costs an hour, in USD.
        until: The day on which as many nodes as now are not enough any more; None where they are
            enough for all of the months.
        ended_by: The resource that is scarce then, or what the kind says against it.
        is_current: Whether the component runs on it.
    """

    machine: str
    price: float
    until: date | None
    ended_by: str = ""
    is_current: bool = False


class Sizes(NamedTuple):
    """How long the sizes of a component's machine last.

    Attributes:
        component: The component.
        nodes: How many nodes it has now.
        sizes: The size that it runs on, and the larger ones of the family.
        only_more_help: The day from which on no size is enough; None where one lasts.
        ended_by: What ends the one that lasts longest.
        ordered: From which days on how many nodes have been ordered.
    """

    component: str
    nodes: int
    sizes: tuple[Size, ...]
    only_more_help: date | None
    ended_by: str = ""
    ordered: tuple[tuple[date, int], ...] = ()


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
    needed = _Needed(model, course, choice, nodes)
    sizes = tuple(
        Size(entry.name, price, *needed.until(entry, months), entry == current)
        for entry, price in larger
    )
    if not sizes:
        return None
    last = max(sizes, key=lambda size: size.until or date.max)
    ordered = tuple(
        (order.on, round(order.to))
        for order in model.timeline.orders
        if order.of == f"{component}.nodes"
    )
    return Sizes(component, round(nodes), sizes, last.until, last.ended_by, ordered)


def _family(model: Model, choice: MachineParameter, current: Entry) -> list[tuple[Entry, float]]:
    """Return the sizes of a machine's family with their prices, the smallest first."""
    entries = catalog(choice.catalog).candidates(current.family)
    priced = [(entry, _price(model, choice, entry)) for entry in entries]
    return sorted(priced, key=lambda pair: pair[1])


def _price(model: Model, choice: MachineParameter, entry: Entry) -> float:
    return (figure_of(entry, "price", choice, model) or 0.0) * 3600.0


class _Needed:
    """What a component needs over time, on other sizes of its machine.

    Args:
        model: The model.
        course: Its values over time.
        choice: The machine of the component.
        nodes: How many nodes it has now.
    """

    def __init__(
        self, model: Model, course: Course, choice: MachineParameter, nodes: float
    ) -> None:
        self._model, self._course, self._choice, self._nodes = model, course, choice, nodes
        self._component = choice.component
        mine = (x for x in limits_of(model) if x.sort == "check" and x.component == self._component)
        self._all = list(mine)
        self._checks = [limit for limit in self._all if self._holds(limit, Point(0.0), {})]
        resources = model.resources.get(self._component, ())
        parts = ["required_nodes", "regions", "utilization"]
        parts += [f"{of}.{resource}" for of in ("nodes", "utilization") for resource in resources]
        names = [f"{self._component}.{part}" for part in parts]
        self._names = [name for name in names if name in model.quantities]

    def until(self, entry: Entry, months: int) -> tuple[date | None, str]:
        """Return the day on which so many nodes of a size are not enough any more, and why."""
        fields = fields_put(self._model, self._choice)
        figures = {
            name: figure_of(entry, field, self._choice, self._model)
            for field, name in fields.items()
        }
        given = {name: value for name, value in figures.items() if value is not None}
        holds = 0.0
        for point in self._course.points(months):
            reason = self._lacking(point, given)
            if not reason:
                holds = point.months
                continue
            if point.event is not None:
                return point.event.on, f"{reason} ({point.event.name})"
            return self._ended(holds, point.months, given)
        return None, ""

    def _ended(self, holds: float, fails: float, given: Mapping[str, float]) -> tuple[date, str]:
        """Return the day between two moments on which it is not enough any more, and why."""
        for _ in range(_HALVINGS if fails else 0):
            middle = (holds + fails) / 2.0
            is_lacking = self._lacking(Point(middle), given)
            holds, fails = (holds, middle) if is_lacking else (middle, fails)
        return after(self._course.start, fails), self._lacking(Point(fails), given)

    def _lacking(self, at: Point, given: Mapping[str, float]) -> str:
        """Return what is not enough at a moment; empty where all is."""
        try:
            made = self._course.compute(at, self._names, given)
        except (ArithmeticError, ValueError):
            return "it cannot be computed"
        values = dict(zip(self._names, made, strict=True))
        component = self._component
        nodes = self._there(at.months)
        if required_nodes(component, values, nodes) > nodes:
            return binding(component, self._model.nodes_by_resource(component, values), values)
        if values.get(f"{component}.utilization", 0.0) > 1.0:
            start = f"{component}.utilization."
            used = {name: value for name, value in values.items() if name.startswith(start)}
            busiest = max(used, key=used.__getitem__, default=start).removeprefix(start)
            return self._failing(self._all, at, given) or busiest  # more nodes would not help
        return self._failing(self._checks, at, given)

    def _failing(self, checks: Sequence[Limit], at: Point, given: Mapping[str, float]) -> str:
        """Return what a kind says against a moment; empty where it says nothing."""
        failing = (check for check in checks if not self._holds(check, at, given))
        return next((check.label.partition("`: ")[2] for check in failing), "")

    def _there(self, months: float) -> float:
        """Return how many nodes there are by then: as many as now, or as what was ordered makes."""
        ordered = {
            order.of: order.to
            for order in self._model.timeline.orders
            if order.of.startswith(f"{self._component}.")
            and months_until(self._course.start, order.on) <= months
        }
        if not ordered:
            return self._nodes
        made = self._course.compute(Point(0.0), [f"{self._component}.nodes"], ordered)
        return float(made[0])

    def _holds(self, limit: Limit, point: Point, given: Mapping[str, float]) -> bool:
        names = list(dict.fromkeys(names_in(limit.tree)))
        try:
            values = dict(zip(names, self._course.compute(point, names, given), strict=True))
        except (ArithmeticError, ValueError):
            return True  # what cannot be computed decides nothing
        return holds(limit, self._model, KnownValues(self._model.calendar, values), otherwise=True)
