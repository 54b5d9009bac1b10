"""A model over time: what grows, what data has gathered, and what has arrived by then.

Loads grow, and data gathers from them: what is kept of an action is what was there from the start,
and what was written since, as far back as its retention. Between two months the load is taken as a
straight line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from estimator.analyse.growth import (
    TRAFFIC,
    grown,
    months_until,
    rate_of,
    scheduled,
    spread_of,
    walk_of,
)
from estimator.evaluate.program import Function, Program, compile_program
from estimator.model import Model
from estimator.model.timeline import Event
from estimator.units import MONEY

_AGE = "storage.age"
MOMENT = 1e-6
"""Months, some seconds: just before something begins, ends or arrives."""
_LEAST_AGE = 1e-9  # seconds: no data is younger; what has gathered by then is less than a byte
_NOISE = "traffic.noise"


class Backend(Protocol):
    """Computes values: numbers, or an array of samples for each."""

    xp: Any

    def base(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the values of some quantities at the start."""

    def compute(self, inputs: Mapping[str, Any], names: Sequence[str]) -> list[Any]:
        """Return the values of some quantities where inputs have others."""

    def walk(self, name: str, spread: float, months: int) -> list[Any]:
        """Return the logarithm of a random walk, at the start and after each month."""


class Numbers:
    """Computes numbers, each range at its median, and walks not at all.

    Args:
        model: The model.
        values: Its values.
    """

    xp: Any = math

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self._values = values
        self._program: Program = compile_program(model, values)
        self._functions: dict[tuple[tuple[str, ...], tuple[str, ...]], Function] = {}

    def base(self, names: Sequence[str]) -> dict[str, float]:
        """Return the values of some quantities at the start."""
        return {name: self._values[name] for name in names}

    def compute(self, inputs: Mapping[str, float], names: Sequence[str]) -> list[float]:
        """Return the values of some quantities where inputs have others."""
        key = tuple(inputs), tuple(names)
        if key not in self._functions:
            self._functions[key] = self._program.function(*key)
        return list(self._functions[key](*inputs.values()))

    def walk(self, name: str, spread: float, months: int) -> list[float]:
        """Return a walk that stays where it is."""
        del name, spread
        return [0.0] * (months + 1)


class Point(NamedTuple):
    """A moment.

    Attributes:
        months: How long after the start.
        event: What begins then, if anything does.
        is_shown: Whether it is a month, or an event, of which people read.
    """

    months: float
    event: Event | None = None
    is_shown: bool = True


class Course:
    """A model over time.

    Args:
        model: The model.
        backend: Computes its values.
        start: The day on which its loads hold.
        months: How far it goes.
    """

    def __init__(self, model: Model, backend: Backend, start: date, months: int) -> None:
        self.model, self._backend = model, backend
        self._start, self._month = start, model.calendar.month
        self._grown = grown(model)
        self._orders = model.timeline.orders
        self._events = [
            e for e in model.timeline.events if self._at(e.on) <= months and self._end(e) > 0.0
        ]
        rates = {f"{by}.growth" for by in self._of()} & set(model.quantities)
        self._kept = list(_kept(model))
        owners = [name.removesuffix(".stored.retained") for name in self._kept]
        ends = [f"{owner}.{end}" for owner in owners for end in _ENDS]
        names = (*(g.name for g in self._grown), *rates, "traffic.ceiling", *ends)
        self._base = backend.base([n for n in dict.fromkeys(names) if n in model.quantities])
        self._rates = {name: rate_of(name, model, self._base) for name in rates}
        noise = backend.base([_NOISE]) if _NOISE in model.quantities else {}
        spread = spread_of(_NOISE, model, noise)
        self._walks = {by: backend.walk(by, spread, months) for by in self._of()}
        self._age = self._first_age()
        self._used_base: dict[str, Any] = {}
        self._followed = list(followed(model, start, months).values())
        self._written = self._writing(months)

    @property
    def start(self) -> date:
        """The day on which it begins."""
        return self._start

    @property
    def is_growing(self) -> bool:
        """Whether loads or data grow, or change by events and orders."""
        timeline = self.model.timeline
        rates = [self.model.quantities[name].origin for name in self._rates]
        is_said = any(origin.replaces_library for origin in rates) or bool(self._followed)
        return is_said or bool(timeline.growth or timeline.events or timeline.orders)

    @property
    def gathers(self) -> bool:
        """Whether data gathers: whether anything of what is written is kept."""
        first = (rates[0] for rates in self._written.values())
        return any(
            bool((rate > 0.0) if isinstance(rate, float) else (rate > 0.0).any()) for rate in first
        )

    def points(self, months: int) -> list[Point]:
        """Return each month and each event, and when things change at once, in their order.

        Between two of them nothing begins, ends or arrives: what is then passed is so by growth.
        """
        starts = [(self._at(event.on), event) for event in self._events]
        found = [Point(at, event) for at, event in starts if at >= 0.0]
        begun = {point.months for point in found}
        found += [Point(float(month)) for month in range(months + 1)]
        ends = [self._end(event) for event in self._events]
        arrivals = [self._at(order.on) for order in self._orders]
        for at in {*begun, *ends, *arrivals}:
            if 0.0 < at <= months:
                found.append(Point(at - MOMENT, None, False))
                if at not in begun:
                    found.append(Point(at, None, False))
        return sorted(found, key=lambda point: (point.months, point.event is None))

    def compute(
        self, point: Point, names: Sequence[str], also: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Return the values of quantities at a moment.

        Args:
            point: The moment.
            names: The quantities.
            also: Further inputs with other values, such as those of another machine.
        """
        inputs = self._inputs(point.months)
        fixed = {**self._ordered(point.months), **(also or {})}
        if not (active := self._active(point.months)):
            return self._backend.compute({**inputs, **fixed}, names)
        during = self._backend.compute({**inputs, **self._during(active, inputs), **fixed}, names)
        bills = [name for name in names if self._is_bill(name)]
        billed = self._billed(point, active, bills, inputs, fixed) if bills else {}
        return [billed.get(name, value) for name, value in zip(names, during, strict=True)]

    def inputs(self, point: Point) -> dict[str, Any]:
        """Return the values of all inputs that are others than on the day of the loads."""
        inputs, active = self._inputs(point.months), self._active(point.months)
        during = self._during(active, inputs) if active else {}
        return {**inputs, **during, **self._ordered(point.months)}

    def _inputs(self, months: float) -> dict[str, Any]:
        """Return what has grown and gathered by then, here and in the scenarios that it uses."""
        inputs = self._loads(months)
        inputs |= {name: self._gathered(name, months) for name in self._kept}
        if _AGE in self.model.quantities:
            inputs[_AGE] = max(self._age + months * self._month, _LEAST_AGE)
        return inputs | self._of_used(months)

    def _of_used(self, months: float) -> dict[str, Any]:
        """Return the inputs of scenarios that it uses, as they grow by their own files."""
        factors = [pair for one in self._followed for pair in one.factors(months)]
        names = [name for name, _ in factors if name in self.model.quantities]
        if not names:
            return {}
        missing = [name for name in names if name not in self._used_base]
        self._used_base.update(self._backend.base(missing) if missing else {})
        return {n: self._used_base[n] * factor for n, factor in factors if n in self._used_base}

    def _ordered(self, months: float) -> dict[str, float]:
        return {o.of: o.to for o in self._orders if self._at(o.on) <= months}

    def _active(self, months: float) -> list[Event]:
        return [e for e in self._events if self._at(e.on) <= months < self._end(e)]

    def _billed(
        self,
        point: Point,
        active: Sequence[Event],
        bills: Sequence[str],
        inputs: Mapping[str, Any],
        fixed: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Return what is paid by the month, in a month with events in it: each by how it lasts."""
        total: dict[str, Any] = dict.fromkeys(bills, 0.0)
        for events, share in self._shares(point, active):
            during = self._during(events, inputs) if events else {}
            made = self._backend.compute({**inputs, **during, **fixed}, bills)
            total = {n: total[n] + value * share for n, value in zip(bills, made, strict=True)}
        return total

    def _shares(
        self, point: Point, active: Sequence[Event]
    ) -> list[tuple[tuple[Event, ...], float]]:
        """Return which events go on together, and for how much of a month: one that has them in it.

        It begins with the first of those that are shorter than a month, or now.
        """
        month = self._month
        spans = [(self._at(e.on) * month, self._at(e.on) * month + e.lasts) for e in active]
        short = [first for first, last in spans if last - first < month]
        latest = max(last for _, last in spans) - month
        begins = max(min(first for first, _ in spans), min([*short, point.months * month, latest]))
        found: dict[tuple[Event, ...], float] = {}
        for first, last, events in self._spans(self._events, begins, begins + month):
            found[events] = found.get(events, 0.0) + (last - first) / month
        return [*found.items(), ((), max(1.0 - sum(found.values()), 0.0))]

    def _is_bill(self, name: str) -> bool:
        """Return whether something is paid by the month; an event of days pays for those days."""
        quantity = self.model.quantities.get(name)
        is_money = quantity is not None and quantity.dimension == MONEY
        return is_money and name.endswith("per_month")

    # --- loads ------------------------------------------------------------------------------------

    def _of(self) -> list[str]:
        return list(dict.fromkeys((TRAFFIC, *(one.by for one in self._grown))))

    def _at(self, day: date) -> float:
        return months_until(self._start, day)

    def _end(self, event: Event) -> float:
        days, rest = divmod(event.lasts, self.model.calendar.day)
        last = event.on + timedelta(days=min(days, (date.max - event.on).days))
        return self._at(last) + rest / self._month  # months differ in length: count whole days

    def _factor(self, by: str, months: float) -> Any:
        """Return how many times what it was at the start something is."""
        xp = self._backend.xp
        name = f"{by}.growth"
        if by == TRAFFIC and self.model.timeline.growth:
            factor: Any = scheduled(self.model.timeline, self._start, months)
        elif name in self._rates:
            factor = self._rates[name].factor(months * self._month, xp)
        else:
            factor = 1.0
        return factor * xp.exp(walk_of(self._walks[by], months))

    def _loads(self, months: float) -> dict[str, Any]:
        factors = {by: self._factor(by, months) for by in self._of()}
        return {one.name: self._base[one.name] * factors[one.by] for one in self._grown}

    def _during(self, active: Sequence[Event], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return how often actions happen during events, and how many users are online."""
        loads = {f"{a}.events": load for a in self.model.actions if (load := _load(active, a))}
        by_name = {f"{name}.{end}": x for name, x in loads.items() for end in ("average", "peak")}
        for_all = [event.load for event in active if not event.actions]
        if for_all and "users.concurrent" in self.model.quantities:
            by_name["users.concurrent"] = max(for_all)
        values = self._backend.compute(inputs, list(by_name))
        return {n: v * x for (n, x), v in zip(by_name.items(), values, strict=True)}

    # --- data -------------------------------------------------------------------------------------

    def _first_age(self) -> float:
        """Return how long data has gathered at the start, in seconds: not at all unless said."""
        quantity = self.model.quantities.get(_AGE)
        if quantity is None or not quantity.origin.replaces_library:
            return 0.0
        return float(self._backend.base([_AGE])[_AGE]) if not quantity.uses else 0.0

    def _writing(self, months: int) -> dict[str, list[Any]]:
        """Return what is written of each action in a second, month after month."""
        found: dict[str, list[Any]] = {name: [] for name in self._kept}
        names = [f"{name.removesuffix('.retained')}.per_day" for name in self._kept]
        for month in range(months + 2) if names else ():
            at = min(month, months)
            values = self._backend.compute(self._loads(at) | self._of_used(at), names)
            for name, value in zip(self._kept, values, strict=True):
                found[name].append(value / self.model.calendar.day)
        return found

    def _gathered(self, name: str, months: float) -> Any:
        """Return what is kept of an action."""
        owner = name.removesuffix(".stored.retained")
        until = months * self._month
        since = max(until - self._number(f"{owner}.retention", math.inf), -self._age)
        kept = self._integral(name, until) - self._integral(name, since)
        mine = [event for event in self._events if _is_of(event, owner)]
        for first, last, events in self._spans(mine, since, until):
            load = max(event.load for event in events)
            kept = kept + self._rate(name, first) * (load - 1.0) * (last - first)
        return kept + self._base.get(f"{owner}.initial", 0.0)

    def _spans(
        self, events: Sequence[Event], since: float, until: float
    ) -> Iterator[tuple[float, float, tuple[Event, ...]]]:
        """Yield from when to when which events go on together, in seconds."""
        starts = [(self._at(event.on) * self._month, event) for event in events]
        mine = [(max(at, since), min(at + e.lasts, until), e) for at, e in starts]
        edges = sorted({edge for first, last, _ in mine if first < last for edge in (first, last)})
        for first, last in pairwise(edges):
            if going := tuple(e for low, high, e in mine if low <= first and last <= high):
                yield first, last, going

    def _number(self, name: str, otherwise: float) -> float:
        """Return a value that is one number; of samples their median."""
        value = self._base.get(name, otherwise)
        return float(value if isinstance(value, float | int) else self._backend.xp.median(value))

    def _rate(self, name: str, seconds: float) -> Any:
        return walk_of(self._written[name], max(seconds, 0.0) / self._month)

    def _integral(self, name: str, seconds: float) -> Any:
        """Return what was written from the start to a moment, which may lie before the start."""
        rates = self._written[name]
        if seconds <= 0.0:
            return rates[0] * seconds
        whole = math.floor(seconds / self._month)
        total: Any = 0.0
        for month in range(whole):
            total = total + (rates[month] + rates[month + 1]) / 2.0 * self._month
        rest = seconds - whole * self._month
        return total + (rates[whole] + self._rate(name, seconds)) / 2.0 * rest


_ENDS = ("retention", "initial")


def _load(active: Sequence[Event], action: str) -> float | None:
    """Return the load of an action: of events at the same time the largest counts."""
    return max((event.load for event in active if _is_of(event, action)), default=None)


def _is_of(event: Event, action: str) -> bool:
    return not event.actions or action in event.actions


def _kept(model: Model) -> Iterator[str]:
    """Yield what is kept of each action, unless the file says how much that is."""
    for action in model.actions:
        quantity = model.quantities.get(f"{action}.stored.retained")
        if quantity is not None and not quantity.origin.replaces_library:
            yield quantity.name


# --- scenarios that are used --------------------------------------------------------------------


class Followed:
    """A scenario that another uses, over time, by the medians of its ranges.

    Args:
        model: The scenario that uses it.
        used: Its model.
        values: Its values on the day on which its loads hold.
        start: The first day of the forecast.
        months: How far that goes.
    """

    def __init__(
        self,
        model: Model,
        used: Model,
        values: Mapping[str, float],
        start: date,
        months: int,
    ) -> None:
        own = used.timeline.as_of or start
        self._later = max(months_until(own, start), 0.0)
        self._values = values
        self._course = Course(used, Numbers(used, values), own, int(months + self._later) + 1)
        names = {origin: name for name, origin in model.imported.origins.items()}
        self._names = {n: names.get(used.imported.origin_of(n), "") for n in used.quantities}

    @property
    def is_growing(self) -> bool:
        """Whether its file says that anything grows."""
        return self._course.is_growing

    def factors(self, months: float) -> Iterator[tuple[str, float]]:
        """Yield by what its inputs are more than now, under the names that they have here.

        Args:
            months: How long after the start of the forecast.
        """
        for name, value in self._course.inputs(Point(months + self._later)).items():
            here, now = self._names.get(name, ""), self._values.get(name, 0.0)
            if here and now and math.isfinite(value / now):
                yield here, value / now


def followed(model: Model, start: date, months: int) -> dict[str, Followed]:
    """Return the scenarios that grow of those that another uses, by what it calls them.

    Args:
        model: The scenario that uses them.
        start: The first day of the forecast.
        months: How far that goes.
    """
    found = {}
    for name, used in model.imported.models.items():
        try:
            one = Followed(model, used, compile_program(used).values(), start, months)
        except (ArithmeticError, ValueError, KeyError):
            continue  # what cannot be computed of it is said elsewhere
        if one.is_growing:
            found[name] = one
    return found
