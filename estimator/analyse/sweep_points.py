"""The points of a sweep: a model for each word, and one program for all that is put into it.

What is no number, such as a variant, makes a model of its own for each of its values. Numbers and
the figures of machines are put into the program of a model.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from math import nan, prod
from operator import itemgetter
from typing import Any, NamedTuple

from estimator.analyse.axes import BASE, VARIANT, Axis
from estimator.analyse.cell import Cell, cell, written
from estimator.analyse.estimate import Estimate, estimated
from estimator.analyse.limits import Limit, has_runway, limits_of
from estimator.analyse.limits import holds as limit_holds
from estimator.analyse.machines import figures_of, with_prices
from estimator.analyse.used import BuildOptions
from estimator.catalog import Entry, catalog
from estimator.diagnostics import Diagnostic, Problems, Text
from estimator.evaluate import SamplingOptions
from estimator.evaluate.bottlenecks import bottlenecks_of
from estimator.evaluate.bounds import check_bounds
from estimator.evaluate.conditions import KnownValues
from estimator.evaluate.program import compile_program
from estimator.evaluate.shown import numbers
from estimator.evaluate.uncertainty import is_uncertain
from estimator.formula.sampling import SEED
from estimator.model import MachineParameter, Model
from estimator.scenario.load import Loaded
from estimator.units import PLAIN

SAMPLES = 4_096
_SLOW_SAMPLES = 256, 1_024
_SLOW_IN_ALL = 40_000
"""The most samples at all points together, which take half a minute."""
NO_MACHINE = "E036"
MOST_MODELS = 500
"""The most models of a sweep, each of which takes some tenths of a second to build."""


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


class Request(NamedTuple):
    """A request for a sweep.

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


class _Move(NamedTuple):
    """An axis whose values are put into the program of a model.

    Attributes:
        axis: The axis.
        names: The inputs: itself, or the figures of a machine.
        values: Their values at each place of the axis.
    """

    axis: Axis
    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]

    def text(self, place: int, model: Model) -> str:
        """Return the value at a place for people."""
        if not self.axis.is_range:
            return self.axis.items[place].value
        name, (value,) = self.axis.name, self.values[place]
        return written(model, name, value) if name in model.quantities else repr(value)


class Points:
    """All points of a sweep.

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
        *,
        already: Collection[str],
        model: Model,
    ) -> None:
        self._loaded, self._request, self._ranges = loaded, request, ranges
        self._shown, self._already, self._model = shown, already, model
        self._words = words_of(request, model)
        self._inner = [axis for axis in request.axes if axis not in self._words]
        self._size = size_of(request, ranges)
        self._faults: list[Diagnostic] = []

    def all(self) -> tuple[list[Point], list[Diagnostic]]:
        """Return the points, the last axis changing fastest, and what is wrong with some."""
        found: list[tuple[tuple[int, ...], Point]] = []
        for outer in product(*(range(len(axis.items)) for axis in self._words)):
            at = {a.name: place for a, place in zip(self._words, outer, strict=True)}
            points = self._of({a.name: a.items[at[a.name]] for a in self._words})
            for inner, point in zip(self._places(), points, strict=True):
                at.update((a.name, place) for a, place in zip(self._inner, inner, strict=True))
                found.append((tuple(at[axis.name] for axis in self._request.axes), point))
        return [point for _, point in sorted(found, key=itemgetter(0))], self._faults

    def _places(self) -> Iterator[tuple[int, ...]]:
        """Yield the places of all points of a word, the last axis changing fastest."""
        lengths = (len(self._ranges.get(axis.name, axis.items)) for axis in self._inner)
        return product(*map(range, lengths))

    def _of(self, said: Mapping[str, Text]) -> Iterator[Point]:
        """Yield the points of some words."""
        machines = [axis for axis in self._inner if not axis.is_range]
        first = {axis.name: axis.items[0] for axis in machines}
        found = self._estimated({**said, **first}, self._ranges)
        moves = None if found is None else _moves(self._inner, self._ranges, found.model)
        alone = self._inner and found is not None and self._is_each_alone(found)
        if found is not None and moves is not None and not alone:
            yield from self._grid(said, moves).points(found)
        elif found is None and not machines and self._faults[-1].rule != NO_MACHINE:
            yield from self._grid(said, self._plain()).faulty(self._faults[-1], self._model)
        else:  # what is cheapest at one point, say, is not so at another
            for places in self._places():
                yield from self._alone(said, places)

    def _is_each_alone(self, found: Estimate) -> bool:
        """Return whether points need models of their own: for machines to choose, or runways."""
        asks = any(map(has_runway, found.model.expectations))
        return bool(found.report.machines) or (asks and self._size <= MOST_MODELS)

    def _plain(self, places: Sequence[int] | None = None) -> list[_Move]:
        """Return the axes by their values alone, of one place or of all."""
        made = []
        for at, axis in enumerate(self._inner):
            values = self._ranges.get(axis.name, (nan,) * len(axis.items))
            items = axis.items
            if places is not None:
                values = [values[places[at]]]
                items = items if axis.is_range else (items[places[at]],)
            names = (axis.name,) if axis.is_range else ()
            rows = tuple((value,) if axis.is_range else () for value in values)
            made.append(_Move(axis._replace(items=items), names, rows))
        return made

    def _alone(self, said: Mapping[str, Text], places: Sequence[int]) -> Iterator[Point]:
        """Yield a point that has a model of its own."""
        there = {
            axis.name: self._text(axis, self._ranges[axis.name][place])
            if axis.is_range
            else axis.items[place]
            for axis, place in zip(self._inner, places, strict=True)
        }
        found = self._estimated({**said, **there}, {})
        grid = self._grid(said, self._plain(places))
        if found is None:
            yield from grid.faulty(self._faults[-1], self._model)
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
        problems = Problems()
        found = estimated_at(self._loaded, self._request, said, ranges, problems)
        self._faults += problems.errors
        return found

    def _grid(self, said: Mapping[str, Text], moves: Sequence[_Move]) -> _Grid:
        return _Grid(self._request, self._shown, self._already, self._size, said, moves)


def words_of(request: Request, model: Model) -> list[Axis]:
    """Return the axes that make a model for each of their values: words that are no machines."""
    places = {choice.name: choice for choice in model.machines}
    return [
        axis
        for axis in request.axes
        if not axis.is_range
        and (axis.name not in places or not all(_entries(places[axis.name], axis)))
    ]


def _entries(choice: MachineParameter, axis: Axis) -> list[Entry | None]:
    return [catalog(choice.catalog).get(item.value) for item in axis.items]


def _moves(
    axes: Sequence[Axis], ranges: Mapping[str, Sequence[float]], model: Model
) -> list[_Move] | None:
    """Return what is put into the program of a model; None where a machine cannot be."""
    places = {choice.name: choice for choice in model.machines}
    moves = []
    for axis in axes:
        if axis.is_range:
            values = tuple((value,) for value in ranges[axis.name])
            moves.append(_Move(axis, (axis.name,), values))
            continue
        entries = [entry for entry in _entries(places[axis.name], axis) if entry is not None]
        put = figures_of(entries, places[axis.name], model)
        if put is None:
            return None
        moves.append(_Move(axis, *put))
    return moves


def estimated_at(
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
    return estimated(loaded, problems, BuildOptions(overrides, variant), options)


class _Grid(NamedTuple):
    """The points of a model.

    Attributes:
        request: What to sweep.
        shown: The results.
        already: What kinds say against the file as it is.
        size: How many points there are in all.
        said: The words of the model, by axis.
        moves: What is put into its program.
    """

    request: Request
    shown: Sequence[str]
    already: Collection[str]
    size: int
    said: Mapping[str, Text]
    moves: Sequence[_Move]

    @property
    def inputs(self) -> list[str]:
        """The quantities that are put into the program."""
        return [name for move in self.moves for name in move.names]

    def faulty(self, error: Diagnostic, model: Model) -> Iterator[Point]:
        """Yield points at which nothing can be computed; the model is that of another point."""
        for places in self._places():
            yield Point(*self._at(model, places, {}), (), {}, fault=error.message)

    def points(self, found: Estimate) -> Iterator[Point]:
        """Yield the points of an estimate."""
        machines = [move.axis.name for move in self.moves if not move.axis.is_range]
        model, values = with_prices(found.model, machines), dict(numbers(found.report))
        program = compile_program(model, values)
        inputs = self.inputs
        following = program.following(inputs)
        compute = program.function(inputs, following)
        samples, limits = self._samples(model, values), list(limits_of(model))
        for places, setting in zip(self._places(), self._settings(), strict=True):
            spreads, failing = next(samples, ({}, ()))
            at = self._at(model, places, values)
            try:
                values.update(zip(inputs, setting, strict=True))
                values.update(zip(following, compute(*setting), strict=True))
            except (ArithmeticError, ValueError):
                yield Point(*at, (), {}, fault="it cannot be computed")
                continue
            if machines:
                check_bounds(model, values, problems := Problems())
                if problems.errors:
                    yield Point(*at, (), {}, fault=problems.errors[0].message)
                    continue
            failing += tuple(self._failing(model, values, limits))
            if all(len(move.values) == 1 for move in self.moves):
                failing += _runways(found)
            yield Point(
                *at,
                self._cells(model, values, spreads),
                {b.component: b.resource for b in bottlenecks_of(model, values)},
                failing=failing,
                load=values.get("requests.peak", 0.0),
                machines=found.report.cheapest,
            )

    def _places(self) -> Iterator[tuple[int, ...]]:
        return product(*(range(len(move.values)) for move in self.moves))

    def _settings(self) -> Iterator[tuple[float, ...]]:
        """Yield the values of the inputs at each point."""
        for places in self._places():
            rows = (move.values[place] for move, place in zip(self.moves, places, strict=True))
            yield tuple(value for row in rows for value in row)

    def _at(
        self, model: Model, places: Sequence[int], known: Mapping[str, float]
    ) -> tuple[tuple[str, ...], tuple[float | None, ...]]:
        """Return the values of the axes, for people and in base units."""
        put = {move.axis.name: (move, at) for move, at in zip(self.moves, places, strict=True)}
        texts: list[str] = []
        values: list[float | None] = []
        for axis in self.request.axes:
            if axis.name in put:
                move, place = put[axis.name]
                texts.append(move.text(place, model))
                values.append(move.values[place][0] if axis.is_range else None)
            else:
                texts.append(self.said[axis.name].value)
                values.append(known.get(axis.name))  # a variant has none
        return tuple(texts), tuple(values)

    def _cells(
        self, model: Model, values: Mapping[str, float], spreads: Mapping[str, Any]
    ) -> tuple[Cell, ...]:
        """Return the results at a point; empty where a model does not have them."""
        return tuple(
            cell(model, name, values[name], spreads.get(name)) if name in values else Cell(nan, "")
            for name in self.shown
        )

    def _samples(
        self, model: Model, values: Mapping[str, float]
    ) -> Iterator[tuple[Mapping[str, Any], tuple[str, ...]]]:
        """Yield the percentiles of results at each point, and what fails; none without ranges."""
        if not is_uncertain(model):
            return
        from estimator.analyse.sampled_course import sampled_points

        yield from sampled_points(
            model,
            dict(values),
            self.inputs,
            [dict(zip(self.inputs, s, strict=True)) for s in self._settings()],
            [name for name in dict.fromkeys(self.shown) if name in values],
            counts=(SAMPLES, slow_samples(self.size)),
            seed=self.request.seed,
        )

    def _failing(
        self, model: Model, values: Mapping[str, float], limits: Sequence[Limit]
    ) -> Iterator[str]:
        """Yield what does not hold; over ranges, of what is expected, samples say so."""
        sorts = ("check",) if is_uncertain(model) else ("expectation", "check")
        yield from failing(model, values, limits, sorts, self.already)


def _runways(found: Estimate) -> tuple[str, ...]:
    """Return the expectations of how long something lasts that a point does not keep."""
    asked = {e.text.value.strip() for e in found.model.expectations if has_runway(e)}
    return tuple(
        o.check for o in found.report.expectations if o.check in asked and o.status == "fail"
    )


def failing(
    model: Model,
    values: Mapping[str, float],
    limits: Sequence[Limit],
    sorts: Sequence[str],
    already: Collection[str] = (),
) -> Iterator[str]:
    """Yield what does not hold with some values, of what is expected and of what kinds check.

    Args:
        model: The model.
        values: Its values.
        limits: What should hold.
        sorts: Which of it: `expectation`, `check`.
        already: What kinds say against the file as it is, which says nothing of a point.
    """
    known = KnownValues(model.calendar, values)
    for limit in limits:
        if limit.sort not in sorts or limit.label in already:
            continue
        # what cannot be computed decides nothing of a kind
        if not limit_holds(limit, model, known, otherwise=limit.sort == "check"):
            yield limit.label


def size_of(request: Request, ranges: Mapping[str, Sequence[float]]) -> int:
    """Return how many points there are."""
    return prod(len(ranges.get(axis.name, axis.items)) for axis in request.axes)


def slow_samples(points: int) -> int:
    """Return how many samples to take of what is computed sample by sample: less at many points."""
    least, most = _SLOW_SAMPLES
    return min(max(_SLOW_IN_ALL // points, least), most)
