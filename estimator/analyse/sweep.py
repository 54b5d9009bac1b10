"""A scenario at many values of its inputs: what comes out, and where the bottleneck changes.

The points themselves are made in `sweep_points`, and very many of them in `grid`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan, prod
from typing import TYPE_CHECKING

from estimator.analyse.axes import spaced, unknown_name, with_values
from estimator.analyse.cell import bound_of, columns_of, shown_of
from estimator.analyse.estimate import Estimate
from estimator.analyse.limits import limits_of
from estimator.analyse.sweep_points import (
    MOST_MODELS,
    NO_MACHINE,
    SAMPLES,
    Point,
    Points,
    Request,
    estimated_at,
    failing,
    size_of,
    slow_samples,
    words_of,
)
from estimator.analyse.tabular import Preview, Scalar, Tabular, heading
from estimator.diagnostics import Problems, Text
from estimator.evaluate.shown import numbers
from estimator.evaluate.uncertainty import is_uncertain
from estimator.model import Model
from estimator.model.conventions import constant
from estimator.scenario.load import Loaded

if TYPE_CHECKING:
    from estimator.analyse.grid import Grid

MOST_POINTS = 10_000
"""How many points a sweep may have; of numbers alone a `Grid` has more."""
MOST_IN_GRID = 10_000_000
MOST_SLOW = 100_000
"""How many in a grid, where queues are computed point by point: a minute."""
MOST_SAMPLED = 400
"""How many points over ranges."""
SHOWN = ("servers", "cost.per_month", "latency.p99")
"""What is shown unless something else is named."""
_LARGER_IS_BETTER = ("availability", "durability", "headroom")


@dataclass(frozen=True)
class Sweep(Tabular):
    """A scenario at many values of its inputs.

    Attributes:
        name: The scenario.
        axes: The inputs.
        shown: The results.
        points: The points, the last axis changing fastest.
        samples: How many samples were taken at each point; 0 without ranges.
        slow_samples: How many of what is computed sample by sample, such as waits in queues.
        has_frontier: Whether the best points are marked.
        grid: What computes the points in blocks, in place of `points`, where there are very many.
        bounds: What bound each result is, `at_least` or `at_most`; empty where it is none.
    """

    name: str
    axes: tuple[str, ...]
    shown: tuple[str, ...]
    points: tuple[Point, ...]
    samples: int = 0
    slow_samples: int = 0
    has_frontier: bool = False
    grid: Grid | None = None
    bounds: tuple[str, ...] = ()

    @property
    def headings(self) -> tuple[str, ...]:
        """Return the results by name, with what bound each is."""
        return tuple(map(heading, self.shown, self.bounds))

    def __repr__(self) -> str:
        size = len(self.points) if self.grid is None else self.grid.size
        return f"<Sweep {self.name!r} over {', '.join(self.axes)}: {size:,} points>"

    def columns(self) -> Mapping[str, Sequence[Scalar]]:
        """Return a row a point, in base units; words, such as machines, as they are."""
        if self.grid is not None:
            return self.grid.columns()
        axes: dict[str, list[Scalar]] = {
            axis: [p.at[at] if p.values[at] is None else p.values[at] for p in self.points]
            for at, axis in enumerate(self.axes)
        }
        cells = [point.cells for point in self.points]
        return {
            **axes,
            **columns_of(self.shown, cells, sampled=bool(self.samples)),
            "fails": [point.fault or "; ".join(point.failing) for point in self.points],
        }

    def preview(self) -> Preview:
        """Return a row a point, with where bottlenecks change and what fails."""
        titles = [*self.axes, *self.headings, "bottleneck changes", "fails"]
        rows = [
            [
                *point.at,
                *([c.spread_text for c in point.cells] or [""] * len(self.shown)),
                ", ".join(point.changes),
                point.fault or "; ".join(point.failing),
            ]
            for point in self.points
        ]
        notes = [f"{self.grid.size:,} points: take `to_pandas()`"] if self.grid else []
        return Preview(f"{self.name} over {', '.join(self.axes)}", titles, rows, notes)


def sweep(loaded: Loaded, request: Request, problems: Problems) -> Sweep | None:
    """Return a scenario at all points, or None with what is wrong added to `problems`."""
    prepared = _prepared(loaded, request, problems)
    if prepared is None:
        return None
    base, first, request, ranges = prepared
    model, names = first.model, tuple(axis.name for axis in request.axes)
    shown = _shown(request, first, problems)
    bounds = tuple(bound_of(model, n) for n in shown)
    size = size_of(request, ranges)
    if not problems.errors and request.may_be_grid and _fits_grid(request, first, size, shown):
        from estimator.analyse.grid import Grid

        grid = Grid(model, numbers(first.report), ranges, shown)
        return Sweep(model.name, names, shown, (), grid=grid, bounds=bounds)
    if problems.errors or not _is_small(request, first, size, shown, problems):
        return None
    checks = list(limits_of(base.model))
    already = set(failing(base.model, numbers(base.report), checks, ("check",)))
    points, faults = Points(loaded, request, ranges, shown, already=already, model=model).all()
    if all(point.fault for point in points):
        problems.found += dict.fromkeys(faults)
        return None
    has_frontier = _has_frontier(request, shown, points)
    made = tuple(_with_changes(_with_best(points, shown) if has_frontier else points))
    counts = _counts(model, shown, size) if is_uncertain(model) else (0, 0)
    return Sweep(model.name, names, shown, made, *counts, has_frontier, bounds=bounds)


def _shown(request: Request, first: Estimate, problems: Problems) -> tuple[str, ...]:
    """Return the results; names that there are not are reported."""
    shown = tuple(request.shown) or shown_of(SHOWN, first.model)
    for name in shown:
        if name not in first.model.quantities:
            unknown_name(name, list(first.report.values), problems)
    return shown


def _counts(model: Model, shown: Sequence[str], points: int) -> tuple[int, int]:
    """Return how many samples are taken, and how many of what is computed sample by sample."""
    from estimator.analyse.sampled_course import needs_each

    return SAMPLES, slow_samples(points) if needs_each(model, shown) else 0


def _has_frontier(request: Request, shown: Sequence[str], points: Sequence[Point]) -> bool:
    """Return whether some points may be better than others: all carry the same load."""
    loads = {f"{point.load:.9g}" for point in points if not point.fault}
    return len(request.axes) > 1 and len(shown) > 1 and len(loads) == 1


def _prepared(
    loaded: Loaded, request: Request, problems: Problems
) -> tuple[Estimate, Estimate, Request, dict[str, list[float]]] | None:
    """Return the file as it is, a first estimate, the machines, and the values of each range."""
    base = estimated_at(loaded, request._replace(axes=()), {}, {}, problems)
    if base is None:
        return None
    values, variants = numbers(base.report), list(loaded.scenario.variants or {})
    axes = [with_values(axis, base.model, values, variants, problems) for axis in request.axes]
    if problems.errors:
        return None
    plain = {a.name: a.items[0] for a in axes if a.items and not a.is_range}
    ranges: dict[str, list[float]] = {}
    first = base
    for axis in axes:
        if not axis.is_range:
            continue
        ends: list[float] = []
        for end in axis.items:
            found = estimated_at(
                loaded, request, {**plain, axis.name: end}, {}, other := Problems()
            )
            if found is None and any(error.rule != NO_MACHINE for error in other.errors):
                problems.found += other.found
                return None
            first = found or first
            ends.append(_value_of(axis.name, end, first, found))
        is_whole = first.model.quantities[axis.name].display_unit == "whole"
        ranges[axis.name] = spaced(ends[0], ends[1], request.steps, is_whole=is_whole)
    return base, first, request._replace(axes=axes), ranges


def _value_of(name: str, end: Text, first: Estimate, found: Estimate | None) -> float:
    """Return the value of an end, which may be one at which nothing can be computed."""
    if found is not None:
        return numbers(found.report)[name]
    model = first.model
    return constant(name, end, model.quantities[name].dimension, model.calendar, Problems()) or nan


def _fits_grid(request: Request, first: Estimate, size: int, shown: Sequence[str]) -> bool:
    """Return whether there are too many points for a table, and all of them are numbers."""
    model = first.model
    is_plain = all(axis.is_range for axis in request.axes) and not is_uncertain(model)
    is_plain = is_plain and not first.report.machines
    if not is_plain or not MOST_POINTS < size <= MOST_IN_GRID:
        return False
    from estimator.evaluate.uncertainty.dependence import is_costly, needed_for

    needed = needed_for(model, shown, model.following([axis.name for axis in request.axes]))
    is_slow = any(is_costly(model.quantities[name]) for name in needed)
    return size <= (MOST_SLOW if is_slow else MOST_IN_GRID)


def _is_small(
    request: Request, first: Estimate, size: int, shown: Sequence[str], problems: Problems
) -> bool:
    """Return whether there are not too many points; otherwise that is reported."""
    model, has_open = first.model, bool(first.report.machines)
    models = size if has_open else prod(len(axis.items) for axis in words_of(request, model))
    most = MOST_SAMPLED if is_uncertain(model) else MOST_POINTS
    for count, limit, what in ((models, MOST_MODELS, "models"), (size, most, "points")):
        if count > limit:
            message = f"these are {count:,} {what}, and at most {limit:,} are computed"
            help_ = "take fewer values or fewer `--steps`"
            are_numbers = all(axis.is_range for axis in request.axes)
            if size <= MOST_IN_GRID and request.may_be_grid and are_numbers and what == "points":
                help_ += ", or results without latency by `--show`"
            if what == "points" and _fits_grid(request, first, size, shown):
                help_ += "; `--format csv` has room for more"
            problems.add("E034", message, help=help_)
            return False
    return True


def _with_changes(points: Sequence[Point]) -> Iterator[Point]:
    """Yield points with the bottlenecks and machines that are others than at the point before."""
    before: list[Mapping[str, str]] = [{}, {}]
    for at, point in enumerate(points):
        if at and len(point.at) > 1 and points[at - 1].at[:-1] != point.at[:-1]:
            before = [{}, {}]  # the last axis starts over
        now = [point.machines, point.bottlenecks]
        changes = (
            f"{n}: {was[n]} → {is_now[n]}"
            for was, is_now in zip(before, now, strict=True)
            for n in is_now
            if n in was and was[n] != is_now[n]
        )
        yield point._replace(changes=tuple(changes))
        before = now if point.bottlenecks else before


def _with_best(points: Sequence[Point], shown: Sequence[str]) -> list[Point]:
    """Return points with those marked that no other beats: the frontier of those that may be built.

    Where something fails at every point, it is that of all points.
    """
    signs = [-1.0 if n.rpartition(".")[2] in _LARGER_IS_BETTER else 1.0 for n in shown]
    costs = [
        tuple(float(f"{sign * c.value:.3g}") for sign, c in zip(signs, point.cells, strict=False))
        for point in points
    ]
    known = [bool(cost) and not any(map(isnan, cost)) for cost in costs]
    kept = [is_known and not p.failing for is_known, p in zip(known, points, strict=True)]
    among = kept if any(kept) else known
    frontier: list[tuple[float, ...]] = []
    for cost in sorted({cost for cost, is_in in zip(costs, among, strict=True) if is_in}):
        # what is beaten is so by one before it
        if not any(all(o <= c for o, c in zip(other, cost, strict=True)) for other in frontier):
            frontier.append(cost)
    best = set(frontier)
    rated = zip(points, costs, among, strict=True)
    return [p._replace(is_best=is_in and cost in best) for p, cost, is_in in rated]
