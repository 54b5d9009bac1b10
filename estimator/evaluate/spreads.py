"""How far the draws of a result spread: percentiles, the mean, and a small histogram.

The percentiles are sharpened by what is known without drawing: the best linear combination of the
scores of the ranges is normal, so its percentiles are exact, and where the draws miss them the
percentiles of the result are moved alike. A product of lognormal ranges comes out exact.

Source:
    T. C. Hesterberg, B. L. Nelson, "Control variates for probability and quantile estimation",
    Management Science 44 (1998), 1295-1312.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np

from estimator.evaluate.arrays import Array
from estimator.evaluate.report import Spread

KEPT = 262_144
"""How many draws of each result are kept."""
LEVELS = (0.05, 0.5, 0.95)
"""The percentiles that are told."""
BINS = 32

_NORMAL = NormalDist()
_SCORES = tuple(_NORMAL.inv_cdf(level) for level in LEVELS)
_NEAR = 0.012  # around a percentile; six standard errors of one among COUNT draws
_REACH = 8.0  # standard errors
_DENSITY = 0.01  # around a percentile, to see how dense draws are there
_SAME = 1e-12
_RULES = 0.05  # of the squares that a single draw may have, if the mean is to say something
_FEW = 100  # draws, of which each has as much of the squares
_WHOLE = 1e-6  # draws; a share times their count is a whole number within it


class Teller:
    """Tells spreads from draws that are kept."""

    def __init__(
        self,
        ranges: Sequence[str],
        scores: Array,
        expected: Array,
        sources: Mapping[str, frozenset[str]],
    ) -> None:
        self.ranges = ranges
        self.sources = sources
        self.scores = scores
        self.expected = expected
        self.count = scores.shape[1]
        self.centred = scores - scores.mean(axis=1, keepdims=True)
        self.covariance = self.centred @ self.centred.T / self.count

    def spreads(self, names: Sequence[str], results: Array) -> dict[str, Spread]:
        """The spread of each; of those that are so many times another, only one is worked out."""
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
        """The spread of one result."""
        return self.measured(name, result)[0]

    def measured(self, name: str, result: Array) -> tuple[Spread, Array | None, Array]:
        """The spread of one result, the weights of its linear model, and its draws in order."""
        possible = ~np.isnan(result)
        impossible = 1.0 - float(np.count_nonzero(possible)) / self.count
        whole = result[possible] if impossible else result
        if not whole.size:
            nan = math.nan
            nothing = (nan, nan, nan)
            empty = Spread(nan, nan, nan, nothing, nan, nan, (), (0.0, 0.0), False, 1.0, self.count)
            return empty, None, whole
        ordered = np.sort(whole)
        weights = self.weights_of(name, result, possible if impossible else None)
        levels = [*LEVELS]
        sharpness = [0.0] * len(LEVELS)
        if weights is not None:
            surrogate = _weighed(weights, self.scores)
            sd = math.sqrt(float(weights @ self.expected @ weights))
            for i, (level, score) in enumerate(zip(LEVELS, _SCORES, strict=True)):
                below = surrogate <= sd * score
                levels[i] = float(np.count_nonzero(below)) / whole.size
                cut = at_level(ordered, level)
                both = float(np.count_nonzero(below & (whole <= cut))) / whole.size
                sharpness[i] = _squared_correlation(both, levels[i], level)
        found = [at_level(ordered, level) for level in levels]
        errors = [
            _error(ordered, level, sharp) for level, sharp in zip(LEVELS, sharpness, strict=True)
        ]
        bins, edges, is_log = _histogram(ordered)
        spread = Spread(
            found[0],
            found[1],
            found[2],
            (errors[0], errors[1], errors[2]),
            *Totals.of(whole).mean(),
            bins,
            edges,
            is_log,
            impossible,
            self.count,
        )
        return spread, weights, ordered

    def weights_of(self, name: str, result: Array, possible: Array | None) -> Array | None:
        """The weights of the scores in a linear model of a result; None where it means nothing.

        Only the ranges that it follows from are asked, so that no other changes a digit.
        """
        among = [i for i, n in enumerate(self.ranges) if n in self.sources[name]]
        if possible is not None or not np.isfinite(result).all():
            return None  # of the other draws it is not known how their scores spread
        target, _ = scaled(result)
        if target is None or not among:
            return None
        centred = self.centred if len(among) == len(self.ranges) else self.centred[among]
        covariance = self.covariance[np.ix_(among, among)]
        weights = np.linalg.lstsq(covariance, centred @ target / result.size, rcond=None)[0]
        every = np.zeros(len(self.ranges))
        every[among] = weights
        return every if weights.any() else None


def scaled(result: Array) -> tuple[Array | None, bool]:
    """A result less its mean, so that its square has room; by its logarithm if it is positive.

    Returns:
        None where it does not vary; and whether it is the logarithm.
    """
    is_log = bool(result[0] > 0 and result.min() > 0)
    target = np.log(result) if is_log else result
    size = float(np.abs(target).max())
    if size == 0.0:
        return None, is_log
    target = target / math.ldexp(1.0, math.frexp(size)[1] - 1)
    target = target - target.mean()
    variance = float(target @ target) / result.size
    return (target if variance > _SAME**2 else None), is_log  # or what floats leave over of nothing


class Narrowed:
    """The percentiles of a result whose draws are too many to keep."""

    def __init__(self, pilot: Teller, name: str, result: Array) -> None:
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
        """Take more draws into account."""
        if self.weights is not None:
            surrogate = _weighed(self.weights, scores)
            for i, score in enumerate(_SCORES):
                self.surrogates_below[i] += int(np.count_nonzero(surrogate <= self.sd * score))
        known = result[~np.isnan(result)]
        self.unknown += result.size - known.size
        self.totals.take(known)
        self.seen += result.size
        for near in self.near:
            near.take(result, self.seen - self.unknown)

    def spread(self, count: int) -> Spread:
        """The spread by all draws."""
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


class Totals:
    """What the mean of draws and its standard error are told from, counted from a value near it."""

    def __init__(self, near: float) -> None:
        self._near = near if math.isfinite(near) else 0.0
        self._unit = 0.0  # so that squares have room
        self._count, self._sum, self._squares, self._largest = 0, 0.0, 0.0, 0.0

    @classmethod
    def of(cls, result: Array) -> Totals:
        """Those of all draws at once."""
        totals = cls(float(result.mean()))
        totals.take(result)
        return totals

    def take(self, result: Array) -> None:
        """Take more draws into account, each of which has a value."""
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
        """The mean and its standard error, which has no end where a few draws make most of it."""
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


class _Near:
    """The draws around a percentile. The more there are, the nearer must they be to be kept."""

    def __init__(self, level: float, low: float, high: float) -> None:
        self.level, self.low, self.high = level, low, high
        self.below = 0
        self.parts: list[Array] = []
        self.size, self.room = 0, KEPT // 4

    def take(self, result: Array, seen: int) -> None:
        """Keep those of more draws that are near, so many having been seen with these."""
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
        place = _place(self.level, seen) - self.below
        reach = _REACH * math.sqrt(seen * self.level * (1.0 - self.level))
        first, last = (min(max(int(p), 0), near.size - 1) for p in (place - reach, place + reach))
        self.low, self.high = float(near[first]), float(near[last])
        under = int(np.searchsorted(near, self.low))
        near = near[under : np.searchsorted(near, self.high, side="right")]
        self.below += under
        self.parts, self.size = [near.copy()], near.size
        self.room = max(self.room, 2 * near.size)

    def at(self, level: float, seen: int) -> float:
        """The percentile, at a level that is nearly its own."""
        if not self.size:
            return self.low
        return _at(np.sort(np.concatenate(self.parts)), _place(level, seen) - self.below)


def _around(ordered: Array, level: float) -> tuple[float, float]:
    """The ends between which a percentile of more draws is, too."""
    if not ordered.size:
        return math.nan, math.nan
    return at_level(ordered, max(level - _NEAR, 0.0)), at_level(ordered, min(level + _NEAR, 1.0))


def at_level(ordered: Array, level: float) -> float:
    """The least of sorted draws that a share of them does not exceed.

    It is one of them, so that a number of servers stays whole.
    """
    return _at(ordered, _place(level, ordered.size))


def _place(level: float, count: int) -> int:
    return math.ceil(level * count - _WHOLE) - 1


def _at(ordered: Array, place: int) -> float:
    return float(ordered[min(max(place, 0), ordered.size - 1)])


def _weighed(weights: Array, scores: Array) -> Array:
    """The sum of weighted scores; those that weigh nothing are not looked at."""
    used = np.flatnonzero(weights)
    if used.size < weights.size:
        weights, scores = weights[used], scores[used]
    return np.asarray(weights @ scores)


def _is_multiple(one: Array, other: Array) -> bool:
    ratio = one / other
    return bool(np.abs(ratio - ratio[0]).max() <= _SAME * abs(ratio[0]))


def _squared_correlation(both: float, one: float, other: float) -> float:
    """Of two conditions, by how often both hold and how often each."""
    product = one * (1.0 - one) * other * (1.0 - other)
    return min((both - one * other) ** 2 / product, 1.0) if product > 0.0 else 0.0


def _error(ordered: Array, level: float, sharpness: float) -> float:
    """The standard error of a percentile, less what is known of it."""
    below, above = at_level(ordered, level - _DENSITY), at_level(ordered, level + _DENSITY)
    if not math.isfinite(above - below):
        return math.inf
    chance = math.sqrt(max(level * (1.0 - level) * (1.0 - sharpness), 0.0) / ordered.size)
    return chance * (above - below) / (2.0 * _DENSITY)


def _histogram(ordered: Array) -> tuple[tuple[int, ...], tuple[float, float], bool]:
    """How many draws fall between edges at even distance, without the hundredth at each end."""
    low, high = at_level(ordered, 0.01), at_level(ordered, 0.99)
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return (), (low, high), False
    is_log = low > 0 and high / low > 3
    steps = np.geomspace(low, high, BINS + 1) if is_log else np.linspace(low, high, BINS + 1)
    places = np.searchsorted(ordered, steps)
    return tuple(int(n) for n in np.diff(places)), (low, high), is_log
