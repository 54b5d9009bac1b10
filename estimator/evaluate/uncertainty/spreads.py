"""Estimate how far the samples of a result spread: percentiles, the mean, and a small histogram.

The percentiles are sharpened by what is known without sampling: the best linear combination of the
scores of the ranges is normal, so its percentiles are exact, and where the samples miss them the
percentiles of the result are moved alike. A product of lognormal ranges comes out exact.

Source:
    T. C. Hesterberg, B. L. Nelson, "Control variates for probability and quantile estimation",
    Management Science 44 (1998), 1295-1312.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from estimator.evaluate.sampled import Spread
from estimator.evaluate.uncertainty.arrays import Array

LEVELS = (0.05, 0.5, 0.95)
"""The percentiles that are estimated."""
BINS = 32
"""The bins of a histogram."""

_NORMAL = NormalDist()
SCORES = tuple(_NORMAL.inv_cdf(level) for level in LEVELS)
"""The normal scores at these percentiles."""
_DENSITY = 0.01  # around a percentile, to see how dense samples are there
_SAME = 1e-12
_RULES = 0.05  # of the squares that a single sample may have, if the mean is to say something
_FEW = 100  # samples, of which each has as much of the squares
_WHOLE = 1e-6  # samples; a share times their count is a whole number within it


class SpreadEstimator:
    """Estimates spreads from samples that are kept."""

    def __init__(
        self,
        ranges: Sequence[str],
        scores: Array,
        expected: Array,
        sources: Mapping[str, frozenset[str]],
    ) -> None:
        """Keep the scores.

        Args:
            ranges: The ranges on which results are regressed.
            scores: Their scores, a row for each.
            expected: The covariances that these have in all samples that there may be.
            sources: Those of the ranges that each result follows from.
        """
        self.ranges = ranges
        self.sources = sources
        self.scores = scores
        self.expected = expected
        self.count = scores.shape[1]
        self.centered = scores - scores.mean(axis=1, keepdims=True)
        self.covariance = self.centered @ self.centered.T / self.count

    def spreads(self, names: Sequence[str], results: Array) -> dict[str, Spread]:
        """Return the spread of each; of results in proportion to each other, one is estimated."""
        found: dict[str, Spread] = {}
        like: dict[tuple[float, ...], list[tuple[Array, Spread]]] = {}
        for name, result in zip(names, results, strict=True):
            first = float(result[0])
            is_known = not self.sources[name]
            key = () if is_known or first <= 0 else tuple(np.round(result[1:4] / first, 9))
            known = next((k for k in like.get(key, ()) if key and _is_multiple(result, k[0])), None)
            if known is not None:
                found[name] = known[1].scaled(first / float(known[0][0]))
                continue
            found[name] = self.spread(name, result)
            if key:
                like.setdefault(key, []).append((result, found[name]))
        return found

    def spread(self, name: str, result: Array) -> Spread:
        """Return the spread of one result."""
        return self.measured(name, result).spread

    def measured(self, name: str, result: Array) -> Measured:
        """Return the spread of one result, and what it was estimated by."""
        possible = ~np.isnan(result)
        impossible = 1.0 - float(np.count_nonzero(possible)) / self.count
        known = result[possible] if impossible else result
        if not known.size:
            return Measured(_without_values(self.count), None, known)
        ordered = np.sort(known)
        weights = self.weights_of(name, result, possible if impossible else None)
        levels, sharpness = self._sharpened(weights, known, ordered)
        p5, p50, p95 = (at_level(ordered, level) for level in levels)
        errors = [
            _error(ordered, level, sharp) for level, sharp in zip(LEVELS, sharpness, strict=True)
        ]
        mean, mean_error = Totals.of(known).mean()
        bins, edges, is_log = _histogram(ordered)
        spread = Spread(
            p5=p5,
            p50=p50,
            p95=p95,
            errors=(errors[0], errors[1], errors[2]),
            mean=mean,
            mean_error=mean_error,
            bins=bins,
            edges=edges,
            is_log=is_log,
            impossible=impossible,
            draws=self.count,
        )
        return Measured(spread, weights, ordered)

    def _sharpened(
        self, weights: Array | None, known: Array, ordered: Array
    ) -> tuple[list[float], list[float]]:
        """Return where each percentile is among the samples, and how much of its error that takes.

        Args:
            weights: The weights of the scores in a linear model of the result, if there is one.
            known: The samples of the result.
            ordered: The same in order.

        Returns:
            For each percentile the share of the samples that is below it, and the squared
            correlation between being below it and being below that of the linear model.
        """
        levels, sharpness = [*LEVELS], [0.0] * len(LEVELS)
        if weights is None:
            return levels, sharpness
        surrogate = weighed(weights, self.scores)
        sd = math.sqrt(float(weights @ self.expected @ weights))
        for i, (level, score) in enumerate(zip(LEVELS, SCORES, strict=True)):
            below = surrogate <= sd * score
            levels[i] = float(np.count_nonzero(below)) / known.size
            cut = at_level(ordered, level)
            both = float(np.count_nonzero(below & (known <= cut))) / known.size
            sharpness[i] = _squared_correlation(both, levels[i], level)
        return levels, sharpness

    def weights_of(self, name: str, result: Array, possible: Array | None) -> Array | None:
        """Return the weights of the scores in a linear model of a result; None where there is none.

        Only the ranges that it follows from are in the model, so that no other changes a digit.
        """
        among = [i for i, n in enumerate(self.ranges) if n in self.sources[name]]
        if possible is not None or not np.isfinite(result).all():
            return None  # of the other samples it is not known how their scores spread
        target, _ = scaled(result)
        if target is None or not among:
            return None
        centered = self.centered[_rows(among)]
        covariance = self.covariance[np.ix_(among, among)]
        weights = np.linalg.lstsq(covariance, centered @ target / result.size, rcond=None)[0]
        every = np.zeros(len(self.ranges))
        every[among] = weights
        return every if weights.any() else None


class Measured(NamedTuple):
    """A spread, and what it was estimated by.

    Attributes:
        spread: The spread.
        weights: The weights of the scores in a linear model of the result; None without one.
        ordered: The samples that have a value, in order.
    """

    spread: Spread
    weights: Array | None
    ordered: Array


def _without_values(count: int) -> Spread:
    """Return the spread of a result that has a value in none of so many samples."""
    nan = math.nan
    return Spread(
        p5=nan,
        p50=nan,
        p95=nan,
        errors=(nan, nan, nan),
        mean=nan,
        mean_error=nan,
        bins=(),
        edges=(0.0, 0.0),
        is_log=False,
        impossible=1.0,
        draws=count,
    )


def scaled(result: Array) -> tuple[Array | None, bool]:
    """Return a result less its mean, so that its square has room; its logarithm if it is positive.

    Returns:
        None where it does not vary; and whether it is the logarithm.
    """
    is_log = bool(result[0] > 0 and result.min() > 0)
    target = np.log(result) if is_log else result.copy()
    size = max(float(target.max()), -float(target.min()))
    if size == 0.0:
        return None, is_log
    target /= math.ldexp(1.0, math.frexp(size)[1] - 1)
    target -= target.mean()
    variance = float(target @ target) / result.size
    return (target if variance > _SAME**2 else None), is_log  # or what floats leave over of nothing


class Totals:
    """Sums that the mean of samples and its standard error follow from, less a value near it."""

    def __init__(self, near: float) -> None:
        self._near = near if math.isfinite(near) else 0.0
        self._unit = 0.0  # so that squares have room
        self._count, self._sum, self._squares, self._largest = 0, 0.0, 0.0, 0.0

    @classmethod
    def of(cls, result: Array) -> Totals:
        """Return those of all samples at once."""
        totals = cls(float(result.mean()))
        totals.take(result)
        return totals

    def take(self, result: Array) -> None:
        """Take more samples into account, each of which has a value."""
        if not result.size:
            return
        off = result - self._near
        farthest = max(float(off.max()), -float(off.min()))
        if not self._unit and math.isfinite(farthest):
            self._unit = math.ldexp(1.0, math.frexp(farthest)[1] - 1)
        off /= self._unit or 1.0
        self._count += result.size
        self._sum += float(off.sum())
        self._squares += float(off @ off)
        self._largest = max(self._largest, farthest / (self._unit or 1.0))

    def mean(self) -> tuple[float, float]:
        """Return the mean and its standard error, infinite where a few samples make most of it."""
        if not self._count:
            return math.nan, math.nan
        off, unit = self._sum / self._count, self._unit or 1.0
        mean = self._near + unit * off
        variance = self._squares / self._count - off * off
        if not math.isfinite(variance) or not math.isfinite(mean):
            return mean, math.inf
        if self._largest * self._largest > _RULES * self._squares and self._count > _FEW:
            return mean, math.inf if variance > _SAME**2 else 0.0
        return mean, unit * math.sqrt(max(variance, 0.0) / self._count)


def at_level(ordered: Array, level: float) -> float:
    """Return the least of sorted samples that a share of them does not exceed.

    It is one of them, so that a number of servers stays whole.
    """
    return at_place(ordered, place_of(level, ordered.size))


def place_of(level: float, count: int) -> int:
    """Return the place of a percentile among so many sorted samples."""
    return math.ceil(level * count - _WHOLE) - 1


def at_place(ordered: Array, place: int) -> float:
    """Return the sample at a place, or at the nearest end."""
    return float(ordered[min(max(place, 0), ordered.size - 1)])


def weighed(weights: Array, scores: Array) -> Array:
    """Return the sum of weighted scores; those of no weight are not looked at."""
    used = np.flatnonzero(weights).tolist()
    return np.asarray(weights[used] @ scores[_rows(used)])


def _rows(among: list[int]) -> slice | list[int]:
    """Return what takes rows out of an array: those next to each other without a copy."""
    if among and among[-1] - among[0] == len(among) - 1:
        return slice(among[0], among[-1] + 1)
    return among


def _is_multiple(one: Array, other: Array) -> bool:
    off = one / other
    first = float(off[0])
    off -= first
    return max(float(off.max()), -float(off.min())) <= _SAME * abs(first)


def _squared_correlation(both: float, one: float, other: float) -> float:
    """Return that of two conditions, by how often both hold and how often each does."""
    product = one * (1.0 - one) * other * (1.0 - other)
    return min((both - one * other) ** 2 / product, 1.0) if product > 0.0 else 0.0


def _error(ordered: Array, level: float, sharpness: float) -> float:
    """Return the standard error of a percentile, less what is known of it."""
    below, above = at_level(ordered, level - _DENSITY), at_level(ordered, level + _DENSITY)
    if not math.isfinite(above - below):
        return math.inf
    chance = math.sqrt(max(level * (1.0 - level) * (1.0 - sharpness), 0.0) / ordered.size)
    return chance * (above - below) / (2.0 * _DENSITY)


def _histogram(ordered: Array) -> tuple[tuple[int, ...], tuple[float, float], bool]:
    """Count the samples between edges at even distance, without the hundredth at each end."""
    low, high = at_level(ordered, 0.01), at_level(ordered, 0.99)
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return (), (low, high), False
    is_log = low > 0 and high / low > 3
    steps = np.geomspace(low, high, BINS + 1) if is_log else np.linspace(low, high, BINS + 1)
    places = np.searchsorted(ordered, steps)
    return tuple(int(n) for n in np.diff(places)), (low, high), is_log
