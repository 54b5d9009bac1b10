"""A model in many samples, over time or at many values of its inputs.

How far results spread, and when, or at which values, each passes its limits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from estimator.analyse.course import MOMENT, Course, Point
from estimator.analyse.limits import SAMPLES, SLOW_SAMPLES, Limit, Passing, limits_of
from estimator.evaluate.uncertainty.arrays import Array
from estimator.evaluate.uncertainty.dependence import is_costly, needed_for, uncertain
from estimator.evaluate.uncertainty.samples import sample_each
from estimator.evaluate.uncertainty.streams import generator
from estimator.formula.tree import Call, Compare, Node, Number, names_in
from estimator.model import Model, Quantity

Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"
"""Whether something is so, sample by sample."""

_LEVELS = (0.05, 0.5, 0.95)
_LEAP = 50.0  # times as steep as before
_PIECES = 8  # of a month, where a margin leaps: four days each


class Samples:
    """Computes samples, the same of each range for all.

    Args:
        model: The model.
        values: Its values.
        seed: Which samples to take.
        count: How many.
    """

    xp: Any = np

    def __init__(self, model: Model, values: Mapping[str, float], seed: int, count: int) -> None:
        self._model, self._values, self._count, self._seed = model, values, count, seed
        self._sampled = partial(sample_each, model, values, count=count, seed=seed)
        self._running: dict[object, tuple[list[Mapping[str, Any]], Iterator[list[Array]]]] = {}
        """Programs that go on with what is put into them, by their inputs and results."""

    def base(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the samples of some quantities at the start; numbers where they do not vary."""
        unsure = uncertain(self._model)
        varied = [name for name in names if name in unsure]
        found: dict[str, Any] = {name: self._values[name] for name in names}
        if varied:
            (made,) = self._sampled([], [{}], varied)
            found.update(zip(varied, made, strict=True))
        return found

    def compute(self, inputs: Mapping[str, Any], names: Sequence[str]) -> list[Array]:
        """Return the samples of some quantities where inputs have others."""
        key = tuple(inputs), tuple(names)
        if key not in self._running:
            waiting: list[Mapping[str, Any]] = []
            made = self._sampled(list(inputs), iter(waiting.pop, None), names)
            self._running[key] = waiting, made
        waiting, made = self._running[key]
        waiting.append(inputs)
        return next(made)

    def walk(self, name: str, spread: float, months: int) -> list[Any]:
        """Return the logarithm of a random walk, at the start and after each month."""
        if not spread:
            return [0.0] * (months + 1)
        steps = generator(f"noise of {name}", self._seed).standard_normal((months, SAMPLES))
        return [np.zeros(self._count), *np.cumsum(steps[:, : self._count] * spread, axis=0)]


class SampledCourse:
    """A model over time in many samples.

    Args:
        model: The model.
        values: Its values.
        start: The day on which its loads hold.
        months: How many months it goes.
        shown: The results.
        limits: What should hold.
        seed: Which samples to take.
        is_slow: Whether it is of what is computed sample by sample, such as waits in queues: of
            that fewer samples are taken, the first ones of all.

    Attributes:
        limits: Those of the limits that it is of.
        count: How many samples are taken.
    """

    def __init__(
        self,
        model: Model,
        values: Mapping[str, float],
        start: date,
        months: int,
        shown: Sequence[str],
        limits: Sequence[Limit],
        *,
        seed: int,
        is_slow: bool = False,
    ) -> None:
        self.count = SLOW_SAMPLES if is_slow else SAMPLES
        self.limits = [x for x in limits if needs_each(model, [*names_in(x.tree)]) is is_slow]
        self._shown = [name for name in shown if needs_each(model, [name]) is is_slow]
        self._model, values, sides = with_sides(model, values, self.limits)
        samples = Samples(self._model, values, seed, self.count)
        self._course = Course(self._model, samples, start, months)
        self._points = self._course.points(months) if self._shown or self.limits else []
        names = [*self._shown, *(n for limit in self.limits for n in sides[limit.label])]
        with np.errstate(all="ignore"):
            self._made = [
                dict(zip(names, self._course.compute(point, names), strict=True))
                for point in self._points
            ]
        self._sides = sides

    @property
    def has_something(self) -> bool:
        """Whether it is of any limits or results."""
        return bool(self._points)

    def spreads(self) -> Iterator[dict[str, Any]]:
        """Yield the p5, the median and the p95 of each of its results at each point."""
        for made in self._made:
            yield {name: percentiles(made[name]) for name in self._shown}

    def passings(self, found: Sequence[Passing]) -> list[Passing]:
        """Return when limits are passed, in each sample on a day of its own."""
        by_label = {limit.label: limit for limit in self.limits}
        return [
            self._passing(one, by_label[one.limit]) if one.limit in by_label else one
            for one in found
        ]

    def _passing(self, passing: Passing, limit: Limit) -> Passing:
        months = self.months_of(limit)
        early, median, late = np.quantile(months, _LEVELS, method="inverted_cdf")
        chance = float(np.mean(np.isfinite(months)))
        return passing._replace(spread=(float(early), float(median), float(late)), chance=chance)

    def months_of(self, limit: Limit) -> Array:
        """Return when each sample passes a limit: infinite where it does not."""
        found = np.full(self.count, np.inf)
        earlier: Array | None = None  # the slope before, as far as nothing changes at once
        before: Array | None = None
        last = 0.0
        for point, made in zip(self._points, self._made, strict=True):
            left = self._margin(limit, made)
            fails = (left < 0.0) & ~np.isfinite(found)
            found[fails] = point.months
            length = point.months - last
            if before is None or length <= 2.0 * MOMENT:
                earlier = None
            else:
                if fails.any():
                    share, is_sure = _crossing(earlier, before, left, length)
                    found[fails] = (last + share * length)[fails]
                    if (unsure := fails & ~is_sure).any():
                        self._search(limit, found, unsure, (last, point.months))
                earlier = (before - left) / length
            before, last = left, point.months
        return found

    def _margin(self, limit: Limit, made: Mapping[str, Array]) -> Array:
        sides = [np.broadcast_to(made[n], self.count) for n in self._sides[limit.label]]
        return margin(limit, sides)

    def _search(self, limit: Limit, found: Array, unsure: Flags, ends: tuple[float, float]) -> None:
        """Put when samples pass a limit at which their margins leap, by moments between two."""
        names = list(self._sides[limit.label])
        low, high = ends
        step = (high - low) / _PIECES
        for piece in range(1, _PIECES + 1):
            at = low + piece * step
            with np.errstate(all="ignore"):
                made = self._course.compute(Point(at, None, False), names)
            left = self._margin(limit, dict(zip(names, made, strict=True)))
            passed = unsure & (left < 0.0) if piece < _PIECES else unsure
            found[passed] = at - step / 2.0
            unsure = unsure & ~passed
            if not unsure.any():
                return


def margin(limit: Limit, sides: Sequence[Array]) -> Array:
    """Return how far a limit is from being passed, by samples of its sides: below zero where it is.

    Of two sides that are positive, as a logarithm.
    """
    if len(sides) == 1:
        return sides[0] - 0.5
    left, right = sides
    op = limit.tree.op if isinstance(limit.tree, Compare) else "<="
    with np.errstate(all="ignore"):
        is_log = bool(np.all(left > 0.0) and np.all(right > 0.0))
        found = np.log(right / left) if is_log else right - left
    found = found if op in ("<=", "<") else -found
    return np.where(np.isnan(found), -1.0, found + 1e-9)


def percentiles(samples: Array) -> Array:
    """Return the p5, the median and the p95: samples, where they are counts or not all finite."""
    if np.isfinite(samples).all() and (samples % 1.0).any():
        return np.asarray(np.quantile(samples, _LEVELS))
    return np.asarray(np.quantile(samples, _LEVELS, method="inverted_cdf"))


def _crossing(
    earlier: Array | None, before: Array, after: Array, length: float
) -> tuple[Array, Flags]:
    """Return where between two points margins become negative, along a line, and where that holds.

    It does not where they leap, as where a queue has no end, or where nothing is known of before.
    """
    with np.errstate(all="ignore"):
        share = before / (before - after)
        slope = np.abs(earlier) if earlier is not None else np.zeros_like(before)
        is_sure = ((before - after) / length <= _LEAP * slope) & np.isfinite(share)
    return np.where(is_sure, np.clip(share, 0.0, 1.0), 0.5), is_sure


def with_sides(
    model: Model, values: Mapping[str, float], limits: Sequence[Limit]
) -> tuple[Model, Mapping[str, float], dict[str, tuple[str, ...]]]:
    """Return the model with the sides of limits as quantities, all values, and the sides' names."""
    quantities, known = dict(model.quantities), dict(values)
    text = next(iter(quantities.values())).text
    sides: dict[str, tuple[str, ...]] = {}
    for at, limit in enumerate(limits):
        names = []
        for part, tree in enumerate(_sides_of(limit.tree)):
            name = f"#{at}.{part}"
            quantities[name] = Quantity.of(name, text, tree)
            known[name] = _value(tree, values, model)
            names.append(name)
        sides[limit.label] = tuple(names)
    return model._replace(quantities=quantities), known, sides


def _sides_of(tree: Node) -> tuple[Node, ...]:
    if isinstance(tree, Compare) and tree.is_ordered:
        return tree.left, tree.right
    one, none = Number(1.0, (0, 0)), Number(0.0, (0, 0))
    return (Call("if", (tree, one, none), (0, 0), (0, 0)),)


def needs_each(model: Model, names: Sequence[str]) -> bool:
    """Return whether quantities are computed sample by sample, such as waits in queues."""
    unsure = uncertain(model) | set(model.quantities)
    return any(is_costly(model.quantities[n]) for n in needed_for(model, names, unsure))


def _value(tree: Node, values: Mapping[str, float], model: Model) -> float:
    from estimator.evaluate.program import value_of

    try:
        return float(value_of(tree, values, model.calendar))
    except (ArithmeticError, ValueError):
        return math.nan


def sampled_points(
    model: Model,
    values: Mapping[str, float],
    inputs: Sequence[str],
    settings: Sequence[Mapping[str, float]],
    shown: Sequence[str],
    *,
    counts: tuple[int, int],
    seed: int,
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the percentiles of results at each point, and the expectations that fail there.

    What is computed sample by sample has fewer samples, and leaves all to the others.

    Args:
        model: The model, over ranges.
        values: Its values.
        inputs: The inputs that differ from point to point.
        settings: Their values at each point.
        shown: The results.
        counts: How many samples to take, and how many of what is computed sample by sample.
        seed: Which samples to take.
    """
    limits = [limit for limit in limits_of(model) if limit.sort == "expectation"]
    model, values, sides = with_sides(model, values, limits)
    names = list(dict.fromkeys([*shown, *(n for both in sides.values() for n in both)]))
    slow = [name for name in names if needs_each(model, [name])]
    quick = [name for name in names if name not in slow]
    groups = [pair for pair in zip((quick, slow), counts, strict=True) if pair[0]]
    made = (
        sample_each(model, values, inputs, settings, group, count=count, seed=seed)
        for group, count in groups
    )
    for parts in zip(*made, strict=True):
        found = {
            name: array
            for (group, _), part in zip(groups, parts, strict=True)
            for name, array in zip(group, part, strict=True)
        }
        failing = []
        for limit in limits:
            both = [found[name] for name in sides[limit.label]]
            fewest = min(map(len, both))
            holds = margin(limit, [side[:fewest] for side in both]) >= 0.0
            if float(np.mean(holds)) < limit.confidence:
                failing.append(limit.label)
        yield {name: percentiles(found[name]) for name in shown}, tuple(failing)
