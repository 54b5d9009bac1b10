"""Month by month: what a system becomes, and when it exceeds its limits.

Limits are what the file expects, what its kinds check, and the nodes that are pinned. When one is
passed is searched between the months, by halves. Over ranges each sample has a day of its own, so
that a limit has a range of days; what waits in queues is computed sample by sample, in fewer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from estimator.analyse.cell import Cell, bound_of, cell, columns_of, shown_of
from estimator.analyse.course import Course, Numbers, Point, followed
from estimator.analyse.growth import after, grown, months_until, rate_of
from estimator.analyse.limits import SAMPLES, SLOW_SAMPLES, Limit, Passing, holds, limits_of
from estimator.analyse.sizes import Sizes, sizes_of
from estimator.analyse.tabular import Preview, Scalar, Tabular, heading
from estimator.diagnostics import Problems, Text
from estimator.evaluate.bottlenecks import binding
from estimator.evaluate.conditions import KnownValues
from estimator.evaluate.uncertainty import is_uncertain
from estimator.formula.tree import Compare, Name, Node, names_in
from estimator.model import Model
from estimator.model.provenance import date_of

if TYPE_CHECKING:
    from estimator.analyse.sampled_course import SampledCourse

MONTHS = 18
SHOWN = ("requests.peak", "storage.retained", "servers", "cost.per_month")
MOST_MONTHS = 600
_HALVINGS = 14  # of a month: some minutes
_ENDLESS = 1e9
_MOST_GROWTH = 1e100  # far beyond anything on Earth, and far from what floats can hold


class Month(NamedTuple):
    """A month, or an event.

    Attributes:
        on: The day.
        months: How long after the start.
        event: The event that it is of; empty for a month.
        cells: The results, in the order of `Forecast.shown`.
        bottlenecks: What decides how many nodes each component has.
    """

    on: date
    months: float
    event: str
    cells: tuple[Cell, ...]
    bottlenecks: Mapping[str, str]


@dataclass(frozen=True)
class Forecast(Tabular):
    """A system month by month.

    Attributes:
        name: The scenario.
        start: The day from which it begins.
        months: How many months it goes.
        shown: The results.
        points: The months and the events, in their order.
        passings: When each limit is passed, the first one first.
        sizes: How long the sizes of machines last, of components that outgrow theirs.
        samples: How many samples were taken; 0 without ranges.
        slow_samples: How many of what waits in queues; 0 where nothing does.
        grows: Whether anything grows.
        begins_empty: Whether data is taken to gather from the start on only.
        unchanged: The scenarios that it uses whose files say no growth, with these.
        followed: Those that grow as their files say, by the medians of their ranges, with these.
        bounds: What bound each result is, `at_least` or `at_most`; empty where it is none.
        machines: The machines of components that leave theirs open: the cheapest now.
    """

    name: str
    start: date
    months: int
    shown: tuple[str, ...]
    points: tuple[Month, ...]
    passings: tuple[Passing, ...]
    sizes: tuple[Sizes, ...]
    samples: int
    slow_samples: int
    grows: bool
    begins_empty: bool
    unchanged: Mapping[str, str]
    bounds: tuple[str, ...]
    machines: Mapping[str, str] = field(default_factory=dict)
    followed: Mapping[str, str] = field(default_factory=dict)

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the results by name, with what bound each is."""
        return tuple(map(heading, self.shown, self.bounds))

    def __repr__(self) -> str:
        return f"<Forecast {self.name!r}: {self.months} months from {self.start}>"

    def columns(self) -> dict[str, list[Scalar]]:
        """Return a row a month or event, in base units."""
        cells = [point.cells for point in self.points]
        return {
            "date": [point.on for point in self.points],
            "event": [point.event for point in self.points],
            **columns_of(self.shown, cells, sampled=bool(self.samples)),
        }

    def preview(self) -> Preview:
        """Return the months, and when limits are passed."""
        rows = [[p.on.isoformat(), p.event, *(c.spread_text for c in p.cells)] for p in self.points]
        notes = [f"{one.limit}: passed on {one.on}" for one in self.passings if one.on is not None]
        return Preview(
            f"{self.name}, month by month", ["month", "event", *self.headings], rows, notes
        )


def is_growing(model: Model, values: Mapping[str, float], start: date, months: int) -> bool:
    """Return whether anything grows, without computing what becomes of it."""
    return Course(model, Numbers(model, values), start, months).is_growing


def forecast(
    model: Model,
    values: Mapping[str, float],
    start: date,
    months: int,
    shown: Sequence[str] = (),
    *,
    seed: int,
    machines: Mapping[str, str] | None = None,
) -> Forecast:
    """Return a system month by month.

    Args:
        model: The system.
        values: Its values.
        start: The day on which its loads hold.
        months: How many months to go.
        shown: The results; by default load, storage, servers and cost.
        seed: Which samples to take.
        machines: The machines of components that leave theirs open.
    """
    names = tuple(shown) or shown_of(SHOWN, model)
    course = Course(model, Numbers(model, values), start, months)
    points = course.points(months)
    limits = list(limits_of(model))
    walk = Walk(model, course, points, names, limits)
    passings = walk.passings()
    spreads: list[dict[str, Any]] = [{} for _ in points]
    sampled = sampled_courses(model, values, start, months, names, limits, seed=seed)
    for course_of_samples in sampled:
        passings = course_of_samples.passings(passings)
        for known, more in zip(spreads, course_of_samples.spreads(), strict=False):
            known.update(more)
    dated = (_dated(p, start, model, values) for p in passings)
    first = sorted(dated, key=lambda p: (p.on is None, p.months))
    rows = [both for both in zip(points, spreads, strict=True) if both[0].is_shown]
    made = (walk.month(point, spread) for point, spread in rows)
    age = model.quantities.get("storage.age")
    files, growing = model.imported.files, followed(model, start, months)
    return Forecast(
        model.name,
        start,
        months,
        names,
        tuple(made),
        tuple(first),
        tuple(sizes_of(model, values, course, months)),
        SAMPLES if sampled else 0,
        SLOW_SAMPLES if any(one.count == SLOW_SAMPLES for one in sampled) else 0,
        course.is_growing,
        age is not None and not age.origin.replaces_library and course.gathers,
        {name: file for name, file in files.items() if name not in growing},
        tuple(bound_of(model, n) for n in names),
        machines or {},
        {name: file for name, file in files.items() if name in growing},
    )


def sampled_courses(
    model: Model,
    values: Mapping[str, float],
    start: date,
    months: int,
    shown: Sequence[str],
    limits: Sequence[Limit],
    *,
    seed: int,
) -> list[SampledCourse]:
    """Return a system over time in many samples, with what is quick and what is slow by itself."""
    if not is_uncertain(model) and "traffic.noise" not in model.quantities:
        return []
    from estimator.analyse.sampled_course import SampledCourse

    both = (
        SampledCourse(model, values, start, months, shown, limits, seed=seed, is_slow=is_slow)
        for is_slow in (False, True)
    )
    return [one for one in both if one.has_something]


class Walk:
    """Goes from month to month.

    Args:
        model: The model.
        course: Its values over time.
        points: The months and the events.
        shown: The results.
        limits: What should hold.
    """

    def __init__(
        self,
        model: Model,
        course: Course,
        points: Sequence[Point],
        shown: Sequence[str],
        limits: Sequence[Limit],
    ) -> None:
        self._model, self._course, self._points = model, course, points
        self._shown, self._limits = shown, limits
        names = {*shown, *(n for limit in limits for n in names_in(limit.tree))}
        for component, _ in model.components:
            names |= {n for n in model.quantities if n.startswith(f"{component}.nodes.")}
            names |= {f"{component}.minimum"} & set(model.quantities)
        self._names = sorted(names)
        self._values: dict[Point, dict[str, float] | None] = {}

    def passings(self) -> list[Passing]:
        """Return when each limit is passed, those that never held left out."""
        found = [self._passing(limit) for limit in self._limits]
        return [one for one in found if one is not None]

    def month(self, point: Point, spreads: Mapping[str, Any]) -> Month:
        """Return a month for people."""
        values = self._at(point) or {}
        cells = (
            cell(self._model, name, values.get(name, math.inf), spreads.get(name))
            for name in self._shown
        )
        bottlenecks = {
            component: binding(component, by_resource, values)
            for component, _ in self._model.components
            if values and (by_resource := self._model.nodes_by_resource(component, values))
        }
        event = point.event.name if point.event is not None else ""
        day = point.event.on if point.event is not None else after(self._course.start, point.months)
        return Month(day, point.months, event, tuple(cells), bottlenecks)

    def _at(self, point: Point) -> dict[str, float] | None:
        """Return the values at a moment; None where there are none."""
        if point not in self._values:
            try:
                made = self._course.compute(point, self._names)
                self._values[point] = dict(zip(self._names, made, strict=True))
            except (ArithmeticError, ValueError):
                self._values[point] = None
        return self._values[point]

    def _holds(self, limit: Limit, point: Point) -> bool:
        values = self._at(point)
        if values is None:
            return False
        known = KnownValues(self._model.calendar, values)
        return holds(limit, self._model, known, otherwise=True)  # then it decides nothing

    def _passing(self, limit: Limit) -> Passing | None:
        before: Point | None = None
        for point in self._points:
            if self._holds(limit, point):
                before = point
                continue
            event = point.event.name if point.event is not None else ""
            months = point.months
            if before is not None and not event:
                months = self._between(limit, before.months, point.months)
            if before is None and limit.sort == "check":
                return None  # it is warned of already
            return self._passed(limit, months, event)
        return None if limit.sort == "check" else self._passed(limit, math.inf, "")

    def _between(self, limit: Limit, holds: float, fails: float) -> float:
        """Return when a limit is passed between two moments, by halves."""
        for _ in range(_HALVINGS):
            middle = (holds + fails) / 2.0
            if self._holds(limit, Point(middle)):
                holds = middle
            else:
                fails = middle
        return fails

    def _passed(self, limit: Limit, months: float, event: str) -> Passing:
        nothing = None, None, None
        chance = float(math.isfinite(months))
        label, sort, component, tree, *_ = limit
        bound = _bound(tree, self._at(self._points[0]) or {}, self._model)
        roots = (self._model.unknown.get(name, ()) for name in names_in(tree))
        unknown = tuple(dict.fromkeys(root for names in roots for root in names))
        return Passing(
            label, sort, component, *nothing, months, chance, None, event, None, bound, unknown
        )


def _bound(tree: Node, values: Mapping[str, float], model: Model) -> tuple[str, float] | None:
    """Return what a condition bounds by a value without a name that changes."""
    if not isinstance(tree, Compare) or not isinstance(tree.left, Name):
        return None
    if any(names_in(tree.right)):
        return None
    return tree.left.path, float(KnownValues(model.calendar, values).value(tree.right))


def _dated(passing: Passing, start: date, model: Model, values: Mapping[str, float]) -> Passing:
    """Return a passing with its days, and the last day to order more."""
    early = passing.months
    if passing.spread is not None:
        first, median, last = passing.spread
        passing = passing._replace(months=median, early=_day(start, first), late=_day(start, last))
        early = first
    order_by = None
    lead = values.get(f"{passing.component}.lead_time") if passing.component else None
    day = _day(start, early)
    if lead is not None and day is not None:
        order_by = day - timedelta(days=math.ceil(lead / model.calendar.day))
    return passing._replace(on=_day(start, passing.months), order_by=order_by)


def _day(start: date, months: float) -> date | None:
    return after(start, months) if math.isfinite(months) and months < _ENDLESS else None


def span_of(
    model: Model,
    start: str | date | None,
    until: str | date | None,
    months: int | None,
    problems: Problems,
) -> tuple[date, int] | None:
    """Return the first day and the months of a forecast; None with what is wrong reported."""
    first = _date(start, "--from", problems) or model.timeline.as_of or date.today()
    last = _date(until, "--until", problems)
    if last is not None:
        months = math.ceil(months_until(first, last) - 1e-9)
        if months < 1:
            message = f"`--until {until}` is not after {first.isoformat()}, the day it begins"
            problems.add("E034", message, help="name a later day, or an earlier `--from`")
    count = MONTHS if months is None else months
    if count > MOST_MONTHS:
        message = f"these are {count:,} months, and at most {MOST_MONTHS} are computed"
        problems.add("E034", message, help=f"write `--months {MOST_MONTHS}`")
    elif after(first, count) == date.max:
        message = f"{count} months from {first.isoformat()} on go beyond the calendar"
        problems.add("E034", message, help="begin at an earlier day")
    return None if problems.errors else (first, count)


def unknown_growth(model: Model) -> list[str]:
    """Return the growth that the file says nobody knows."""
    roots = dict.fromkeys(root for roots in model.unknown.values() for root in roots)
    return [name for name in roots if name.endswith(".growth")]


def check_growth(
    model: Model, values: Mapping[str, float], months: int, problems: Problems
) -> None:
    """Report growth that nobody knows, or that goes beyond all numbers."""
    for name in unknown_growth(model):
        help_ = f"suppose a range: `--set '{name}=2% to 8%/month'`"
        problems.add("E034", f"`{name}` is not known, and nothing can be forecast", help=help_)
    names = {f"{one.by}.growth" for one in grown(model)} & set(model.quantities)
    for name in sorted(names):
        rate, place = rate_of(name, model, values), model.quantities[name].text.place
        if rate.factor(months * model.calendar.month, math) > _MOST_GROWTH:
            message = f"by `{name}`, {months} months are too long: the load passes all bounds"
            problems.add("E024", message, place, help="take fewer months, or a smaller growth")


def _date(said: str | date | None, option: str, problems: Problems) -> date | None:
    """Return a day; of `2028-06` the first of the month."""
    if said is None or isinstance(said, date):
        return said
    text = f"{said}-01" if re.fullmatch(r"\d{4}-\d{2}", said) else said
    return date_of(Text.of(option, text), problems)


def check_names(model: Model, names: Sequence[str], problems: Problems) -> None:
    """Report names of results that there are not."""
    from estimator.analyse.axes import unknown_name

    for name in names:
        if name not in model.quantities:
            unknown_name(name, list(model.order), problems)
