"""Percentiles of results whose samples are too many to keep."""

from __future__ import annotations

import math

import numpy as np

from estimator.evaluate.sampled import Spread
from estimator.evaluate.uncertainty import limits
from estimator.evaluate.uncertainty.arrays import Array
from estimator.evaluate.uncertainty.spreads import (
    LEVELS,
    SCORES,
    SpreadEstimator,
    Totals,
    at_level,
    at_place,
    place_of,
    weighed,
)

_NEAR = 0.012  # around a percentile; six standard errors of one among COUNT samples
_REACH = 8.0  # standard errors


class StreamingPercentiles:
    """The percentiles of a result, of which only the samples near them are kept."""

    def __init__(self, pilot: SpreadEstimator, name: str, result: Array) -> None:
        """Begin with the first samples, which say about where the percentiles are.

        Args:
            pilot: Estimates by the first samples.
            name: The result.
            result: The first samples of it; they are taken into account by `take` alone.
        """
        self.first, self.weights, ordered = pilot.measured(name, result)
        self.sd = 0.0
        if self.weights is not None:
            self.sd = math.sqrt(float(self.weights @ pilot.expected @ self.weights))
        self.near = [_Near(level, *_around(ordered, level)) for level in LEVELS]
        self.surrogates_below = [0] * len(LEVELS)
        self.totals = Totals(self.first.mean)
        self.unknown = 0
        self.seen = 0

    def take(self, scores: Array, result: Array) -> None:
        """Take more samples into account."""
        if self.weights is not None:
            surrogate = weighed(self.weights, scores)
            for i, score in enumerate(SCORES):
                self.surrogates_below[i] += int(np.count_nonzero(surrogate <= self.sd * score))
        impossible = np.isnan(result)
        known = result[~impossible] if impossible.any() else result
        self.unknown += result.size - known.size
        self.totals.take(known)
        self.seen += result.size
        for near in self.near:
            near.take(result, self.seen - self.unknown)

    def spread(self, count: int) -> Spread:
        """Return the spread by all samples."""
        known = count - self.unknown
        levels = [*LEVELS]
        if self.weights is not None and not self.unknown:
            levels = [below / count for below in self.surrogates_below]
        found = [near.at(level, known) for near, level in zip(self.near, levels, strict=True)]
        fewer = math.sqrt(self.first.draws / count)
        a, b, c = self.first.errors
        mean, mean_error = self.totals.mean()
        return self.first._replace(
            p5=found[0],
            p50=found[1],
            p95=found[2],
            errors=(a * fewer, b * fewer, c * fewer),
            mean=mean,
            mean_error=mean_error,
            impossible=self.unknown / count,
            draws=count,
        )


class _Near:
    """The samples around a percentile. The more there are, the nearer must they be to be kept."""

    def __init__(self, level: float, low: float, high: float) -> None:
        self.level, self.low, self.high = level, low, high
        self.below = 0
        self.parts: list[Array] = []
        self.size, self.room = 0, limits.KEPT // 4

    def take(self, result: Array, seen: int) -> None:
        """Keep those of more samples that are near, so many having been seen with these."""
        under = result < self.low
        self.below += int(np.count_nonzero(under))
        if self.low == self.high:  # then the percentile is no other
            return
        self.parts.append(result[(result <= self.high) ^ under])
        self.size += self.parts[-1].size
        if self.size > self.room:
            self._narrow(seen)

    def _narrow(self, seen: int) -> None:
        near = np.sort(np.concatenate(self.parts))
        place = place_of(self.level, seen) - self.below
        reach = _REACH * math.sqrt(seen * self.level * (1.0 - self.level))
        first, last = (min(max(int(p), 0), near.size - 1) for p in (place - reach, place + reach))
        self.low, self.high = float(near[first]), float(near[last])
        under = int(np.searchsorted(near, self.low))
        near = near[under : np.searchsorted(near, self.high, side="right")]
        self.below += under
        self.parts, self.size = [near.copy()], near.size
        self.room = max(self.room, 2 * near.size)

    def at(self, level: float, seen: int) -> float:
        """Return the percentile, at a level that is nearly its own."""
        if not self.size:
            return self.low
        return at_place(np.sort(np.concatenate(self.parts)), place_of(level, seen) - self.below)


def _around(ordered: Array, level: float) -> tuple[float, float]:
    """Return the ends between which a percentile of more samples is, too."""
    if not ordered.size:
        return math.nan, math.nan
    return at_level(ordered, max(level - _NEAR, 0.0)), at_level(ordered, min(level + _NEAR, 1.0))
