"""A scenario at many values of its inputs: what comes out, and where the bottleneck changes.

What is no number, such as a machine or a variant, makes a model of its own for each of its values.
All numbers of a model are computed by one program.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import nan, prod
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from estimator.analyse.axes import BASE, VARIANT, Axis, spaced, unknown_name, with_values
from estimator.analyse.cell import Cell, bound_of, cell, shown_of, written
from estimator.analyse.estimate import Estimate, estimated
from estimator.analyse.limits import limits_of
from estimator.analyse.tabular import Preview, Scalar, Tabular, figure, heading, result_columns
from estimator.diagnostics import Diagnostic, Problems, Text
from estimator.evaluate import SamplingOptions
from estimator.evaluate.bottlenecks import bottlenecks_of
from estimator.evaluate.program import compile_program
from estimator.evaluate.shown import numbers
from estimator.evaluate.uncertainty import is_uncertain
from estimator.formula.fault import FormulaError
from estimator.formula.sampling import SEED
from estimator.model import Model
from estimator.model.conventions import constant
from estimator.scenario.load import Loaded
from estimator.units import PLAIN

if TYPE_CHECKING:
    from estimator.analyse.grid import Grid

MOST_POINTS = 10_000
"""How many points a sweep may have; of numbers alone a `Grid` has more."""
MOST_IN_GRID = 10_000_000
MOST_SLOW = 100_000
"""How many in a grid, where queues are computed point by point: a minute."""
MOST_MODELS = 500
"""How many models: some tenths of a second each."""
MOST_SAMPLED = 400
"""How many points over ranges."""
SAMPLES = 4_096
_SLOW_SAMPLES = 256, 1_024
_SLOW_IN_ALL = 40_000
"""The most samples at all points together, which take half a minute."""
SHOWN = ("servers", "cost.per_month", "latency.p99")
"""What is shown unless something else is named."""
_NO_MACHINE = "E036"
_LARGER_IS_BETTER = ("availability", "durability", "headroom")


class Point(NamedTuple):
    """A point of a sweep.

    Attributes:
        at: The value of each axis, for people.
        values: The same in base units; None for words.
        cells: The results; none where they cannot be computed.
        bottlenecks: What decides how many nodes each component has.
        changes: The components whose bottleneck is another than at the point before, or whose
            machine is, as `db: cpu → storage`.
        failing: The expectations that do not hold.
        fault: Why nothing can be computed there; empty where it can.
        load: The requests a second at peak.
        machines: The machine of each component that leaves it open: the cheapest there.
        is_best: Whether no other point is as good in all results and better in one.
    """

    at: tuple[str, ...]
    values: tuple[float | None, ...]
    cells: tuple[Cell, ...]
    bottlenecks: Mapping[str, str]
    changes: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()
    fault: str = ""
    load: float = 0.0
    machines: Mapping[str, str] = {}
    is_best: bool = False


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
            **result_columns(self.shown, cells, sampled=bool(self.samples)),
            "fails": [point.fault or "; ".join(point.failing) for point in self.points],
        }

    def preview(self) -> Preview:
        """Return a row a point, with where bottlenecks change and what fails."""
        titles = [*self.axes, *self.headings, "bottleneck changes", "fails"]
        rows = [
            [
                *point.at,
                *([figure(c.text, c.texts) for c in point.cells] or [""] * len(self.shown)),
                ", ".join(point.changes),
                point.fault or "; ".join(point.failing),
            ]
            for point in self.points
        ]
        notes = [f"{self.grid.size:,} points: take `to_pandas()`"] if self.grid else []
        return Preview(f"{self.name} over {', '.join(self.axes)}", titles, rows, notes)


class Request(NamedTuple):
    """What to sweep.

    Attributes:
        axes: The inputs with their values.
        shown: The results; by default the headlines that there are.
        steps: How many values each range has.
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        seed: Which samples to take.
        may_be_grid: Whether it may have so many points that they come in blocks.
        uncertain_defaults: Is each default a range, where the library says how far it may be off?
    """

    axes: Sequence[Axis]
    shown: Sequence[str] = ()
    steps: int = 10
    overrides: Mapping[str, Text] = {}
    variant: Text | None = None
    seed: int = SEED
    may_be_grid: bool = False
    uncertain_defaults: bool = False


def sweep(loaded: Loaded, request: Request, problems: Problems) -> Sweep | None:
    """Return a scenario at all points, or None with what is wrong added to `problems`."""
    prepared = _prepared(loaded, request, problems)
    if prepared is None:
        return None
    base, first, request, ranges = prepared
    model, names = first.model, tuple(axis.name for axis in request.axes)
    shown = _shown(request, first, problems)
    bounds = tuple(bound_of(model, n) for n in shown)
    size = _size_of(request, ranges)
    if not problems.errors and request.may_be_grid and _fits_grid(request, model, size, shown):
        from estimator.analyse.grid import Grid

        grid = Grid(model, numbers(first.report), ranges, shown)
        return Sweep(model.name, names, shown, (), grid=grid, bounds=bounds)
    if problems.errors or not _is_small(request, model, size, shown, problems):
        return None
    already = set(_failing(base.model, numbers(base.report), ("check",)))
    points, faults = _Points(loaded, request, ranges, shown, already, model).all()
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


def _slow_samples(points: int) -> int:
    """Return how many samples to take of what is computed sample by sample: less at many points."""
    least, most = _SLOW_SAMPLES
    return min(max(_SLOW_IN_ALL // points, least), most)


def _counts(model: Model, shown: Sequence[str], points: int) -> tuple[int, int]:
    """Return how many samples are taken, and how many of what is computed sample by sample."""
    from estimator.analyse.sampled_course import needs_each

    return SAMPLES, _slow_samples(points) if needs_each(model, shown) else 0


class _Points:
    """All points of a sweep: a model for each word, or for each point where machines are chosen.

    Args:
        loaded: The scenario.
        request: What to sweep.
        ranges: The values of each range.
        shown: The results.
        already: What kinds say against the file as it is.
        model: The scenario at one of the points.
    """

    def __init__(
        self,
        loaded: Loaded,
        request: Request,
        ranges: Mapping[str, Sequence[float]],
        shown: Sequence[str],
        already: Collection[str],
        model: Model,
    ) -> None:
        self._loaded, self._request, self._ranges = loaded, request, ranges
        self._shown, self._already, self._model = shown, already, model
        self._words = [axis for axis in request.axes if not axis.is_range]
        self._inputs = [axis for axis in request.axes if axis.is_range]
        self._size = _size_of(request, ranges)
        self._faults: list[Diagnostic] = []

    def all(self) -> tuple[list[Point], list[Diagnostic]]:
        """Return the points, the last axis changing fastest, and what is wrong with some."""
        found: list[tuple[tuple[int, ...], Point]] = []
        for places in product(*(range(len(axis.items)) for axis in self._words)):
            at = {a.name: place for a, place in zip(self._words, places, strict=True)}
            points = self._of({a.name: a.items[at[a.name]] for a in self._words})
            lengths = (range(len(self._ranges[axis.name])) for axis in self._inputs)
            for inner, point in zip(product(*lengths), points, strict=True):
                at.update((a.name, place) for a, place in zip(self._inputs, inner, strict=True))
                found.append((tuple(at[axis.name] for axis in self._request.axes), point))
        return [point for _, point in sorted(found, key=itemgetter(0))], self._faults

    def _of(self, said: Mapping[str, Text]) -> Iterator[Point]:
        """Yield the points of some words."""
        found = self._estimated(said, self._ranges)
        is_open = self._faults[-1].rule == _NO_MACHINE if found is None else found.report.machines
        if self._inputs and is_open:  # what is cheapest at one point is not so at another
            for setting in product(*(self._ranges[axis.name] for axis in self._inputs)):
                values = dict(zip((a.name for a in self._inputs), setting, strict=True))
                yield from self._chosen(said, values)
        elif found is None:
            yield from self._grid(said, self._ranges).faulty(self._faults[-1:], self._model)
        else:
            yield from self._grid(said, self._ranges).points(found)

    def _chosen(self, said: Mapping[str, Text], values: Mapping[str, float]) -> Iterator[Point]:
        """Yield the point at which inputs have some values, on the machines of that point."""
        there = {axis.name: self._text(axis, values[axis.name]) for axis in self._inputs}
        found = self._estimated({**said, **there}, {})
        grid = self._grid(said, {name: [value] for name, value in values.items()})
        if found is None:
            yield from grid.faulty(self._faults[-1:], self._model)
        else:
            yield from grid.points(found)

    def _text(self, axis: Axis, value: float) -> Text:
        """Return a value of a range as a formula: a part of one of its ends."""
        if self._model.quantities[axis.name].dimension == PLAIN:
            return Text(repr(value), axis.items[0].place)
        of = max((0, -1), key=lambda end: abs(self._ranges[axis.name][end]))
        end, item = self._ranges[axis.name][of], axis.items[of]
        return Text(f"({item.value}) * {value / end!r}" if value != end else item.value, item.place)

    def _estimated(
        self, said: Mapping[str, Text], ranges: Mapping[str, Sequence[float]]
    ) -> Estimate | None:
        found = _estimated(self._loaded, self._request, said, ranges, problems := Problems())
        self._faults += problems.errors
        return found

    def _grid(self, said: Mapping[str, Text], ranges: Mapping[str, Sequence[float]]) -> _Grid:
        return _Grid(self._request, said, ranges, self._shown, self._already, self._size)


def _size_of(request: Request, ranges: Mapping[str, Sequence[float]]) -> int:
    return prod(len(ranges.get(axis.name, axis.items)) for axis in request.axes)


def _has_frontier(request: Request, shown: Sequence[str], points: Sequence[Point]) -> bool:
    """Return whether some points may be better than others: all carry the same load."""
    loads = {f"{point.load:.9g}" for point in points if not point.fault}
    return len(request.axes) > 1 and len(shown) > 1 and len(loads) == 1


def _prepared(
    loaded: Loaded, request: Request, problems: Problems
) -> tuple[Estimate, Estimate, Request, dict[str, list[float]]] | None:
    """Return the file as it is, a first estimate, the machines, and the values of each range."""
    base = _estimated(loaded, request._replace(axes=()), {}, {}, problems)
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
            found = _estimated(loaded, request, {**plain, axis.name: end}, {}, other := Problems())
            if found is None and any(error.rule != _NO_MACHINE for error in other.errors):
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


def _estimated(
    loaded: Loaded,
    request: Request,
    said: Mapping[str, Text],
    ranges: Mapping[str, Sequence[float]],
    problems: Problems,
) -> Estimate | None:
    """Return the estimate with some axes at a value, and each range at one of its ends."""
    ends = {a.name: a.items[0] for a in request.axes if a.is_range and a.name in ranges}
    overrides = {**request.overrides, **ends, **said}
    variant = overrides.pop(VARIANT, request.variant)
    if variant is not None and variant.value == BASE and VARIANT in said:
        variant = None
    options = SamplingOptions(
        SAMPLES,
        request.seed,
        uncertain_defaults=request.uncertain_defaults,
        values_only=True,
    )
    return estimated(loaded, problems, overrides=overrides, variant=variant, options=options)


def _fits_grid(request: Request, model: Model, size: int, shown: Sequence[str]) -> bool:
    """Return whether there are too many points for a table, and all of them are numbers."""
    is_plain = all(axis.is_range for axis in request.axes) and not is_uncertain(model)
    if not is_plain or not MOST_POINTS < size <= MOST_IN_GRID:
        return False
    from estimator.evaluate.uncertainty.dependence import is_costly, needed_for

    needed = needed_for(model, shown, model.following([axis.name for axis in request.axes]))
    is_slow = any(is_costly(model.quantities[name]) for name in needed)
    return size <= (MOST_SLOW if is_slow else MOST_IN_GRID)


def _is_small(
    request: Request, model: Model, size: int, shown: Sequence[str], problems: Problems
) -> bool:
    """Return whether there are not too many points; otherwise that is reported."""
    models = prod(len(axis.items) for axis in request.axes if not axis.is_range)
    most = MOST_SAMPLED if is_uncertain(model) else MOST_POINTS
    for count, limit, what in ((models, MOST_MODELS, "models"), (size, most, "points")):
        if count > limit:
            message = f"these are {count:,} {what}, and at most {limit:,} are computed"
            help_ = "take fewer values or fewer `--steps`"
            if size <= MOST_IN_GRID and request.may_be_grid and what == "points":
                help_ += ", or results without latency by `--show`"
            if what == "points" and _fits_grid(request, model, size, shown):
                help_ += "; `--format csv` has room for more"
            problems.add("E034", message, help=help_)
            return False
    return True


class _Grid:
    """The points of a model.

    Args:
        request: What to sweep.
        said: The values of what is no range, by name.
        ranges: The values of each range.
        shown: The results.
        already: What kinds say against the file as it is.
        size: How many points there are in all.
    """

    def __init__(
        self,
        request: Request,
        said: Mapping[str, Text],
        ranges: Mapping[str, Sequence[float]],
        shown: Sequence[str],
        already: Collection[str],
        size: int,
    ) -> None:
        self._request, self._said, self._ranges, self._shown = request, said, ranges, shown
        self._already, self._size = already, size
        self._inputs = [axis.name for axis in request.axes if axis.is_range]

    def faulty(self, errors: Sequence[Diagnostic], model: Model) -> Iterator[Point]:
        """Yield points at which nothing can be computed; the model is that of another point."""
        fault = errors[0].message if errors else "it cannot be computed"
        for setting in product(*(self._ranges[name] for name in self._inputs)):
            at = self._at(model, dict(zip(self._inputs, setting, strict=True)))
            yield Point(*at, (), {}, fault=fault)

    def points(self, found: Estimate) -> Iterator[Point]:
        """Yield the points of an estimate, of which the ranges are inputs."""
        model, values = found.model, dict(numbers(found.report))
        program = compile_program(model, values)
        following = program.following(self._inputs)
        compute = program.function(self._inputs, following)
        settings = list(product(*(self._ranges[name] for name in self._inputs)))
        samples = self._samples(found, settings)
        machines = found.report.cheapest
        for setting in settings:
            given = dict(zip(self._inputs, setting, strict=True))
            try:
                values.update(given)
                values.update(zip(following, compute(*setting), strict=True))
            except (ArithmeticError, ValueError):
                yield Point(*self._at(model, values), (), {}, fault="it cannot be computed")
                continue
            spreads, failing = next(samples, ({}, ()))
            cells = self._cells(model, values, spreads)
            bottlenecks = {b.component: b.resource for b in bottlenecks_of(model, values)}
            sorts = ("check",) if is_uncertain(model) else ("expectation", "check")
            failing += tuple(_failing(model, values, sorts, self._already))
            at, load = self._at(model, values), values.get("requests.peak", 0.0)
            made = Point(*at, cells, bottlenecks, failing=failing, load=load)
            yield made._replace(machines=machines)

    def _at(
        self, model: Model, values: Mapping[str, float]
    ) -> tuple[tuple[str, ...], tuple[float | None, ...]]:
        """Return the values of the axes, for people and in base units."""
        texts: list[str] = []
        at: list[float | None] = []
        for axis in self._request.axes:
            said = self._said.get(axis.name)
            texts.append(said.value if said else written(model, axis.name, values[axis.name]))
            at.append(values.get(axis.name))  # a machine or a variant has none
        return tuple(texts), tuple(at)

    def _cells(
        self, model: Model, values: Mapping[str, float], spreads: Mapping[str, Any]
    ) -> tuple[Cell, ...]:
        """Return the results at a point; empty where a model does not have them."""
        return tuple(
            cell(model, name, values[name], spreads.get(name)) if name in values else Cell(nan, "")
            for name in self._shown
        )

    def _samples(
        self, found: Estimate, settings: Sequence[tuple[float, ...]]
    ) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
        """Yield the percentiles of results at each point, and what fails; none without ranges."""
        model, values = found.model, numbers(found.report)
        if not is_uncertain(model):
            return
        from estimator.analyse.swept_samples import sampled_points

        given = [dict(zip(self._inputs, s, strict=True)) for s in settings]
        names = [name for name in dict.fromkeys(self._shown) if name in values]
        yield from sampled_points(
            model,
            values,
            self._inputs,
            given,
            names,
            counts=(SAMPLES, _slow_samples(self._size)),
            seed=self._request.seed,
        )


def _failing(
    model: Model, values: Mapping[str, float], sorts: Sequence[str], already: Collection[str] = ()
) -> Iterator[str]:
    """Yield what does not hold with some values, of what is expected and of what kinds check.

    Args:
        model: The model.
        values: Its values.
        sorts: Which limits: `expectation`, `check`.
        already: What kinds say against the file as it is, which says nothing of a point.
    """
    from estimator.evaluate.conditions import KnownValues, evaluate_condition

    known = KnownValues(model.calendar, values)
    for label, sort, _, tree, _ in limits_of(model):
        if sort not in sorts or label in already:
            continue
        try:
            holds = evaluate_condition(tree, model, known)
        except (ArithmeticError, ValueError, FormulaError):
            holds = sort == "check"  # what cannot be computed decides nothing
        if not holds:
            yield label


def _with_changes(points: Sequence[Point]) -> Iterator[Point]:
    """Yield points with the bottlenecks and machines that are others than at the point before."""
    before: list[Mapping[str, str]] = [{}, {}]
    for at, point in enumerate(points):
        if at and len(point.at) > 1 and points[at - 1].at[:-1] != point.at[:-1]:
            before = [{}, {}]  # the last axis begins anew
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
    """Return points with those marked that no other beats: the frontier."""
    signs = [-1.0 if n.rpartition(".")[2] in _LARGER_IS_BETTER else 1.0 for n in shown]
    costs = [
        tuple(float(f"{sign * c.value:.3g}") for sign, c in zip(signs, point.cells, strict=False))
        for point in points
    ]

    frontier: list[tuple[float, ...]] = []
    for cost in sorted(set(filter(None, costs))):  # what is beaten is so by one before it
        if not any(all(o <= c for o, c in zip(other, cost, strict=True)) for other in frontier):
            frontier.append(cost)
    best = set(frontier)
    return [p._replace(is_best=cost in best) for p, cost in zip(points, costs, strict=True)]
