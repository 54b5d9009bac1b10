"""How far the draws of a result spread: percentiles, what they come from, and a small histogram.

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
            key = tuple(np.round(result[1:4] / first, 9)) if first > 0 else ()
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
            empty = Spread(
                nan, nan, nan, nothing, nan, (), (0.0, 0.0), False, {}, {}, 1.0, self.count
            )
            return empty, None, whole
        ordered = np.sort(whole)
        weights, shares, directions = self.model_of(name, result, possible if impossible else None)
        levels = [*LEVELS]
        sharpness = [0.0] * len(LEVELS)
        if impossible:  # of the other draws it is not known how their scores spread
            weights = None
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
            float(whole.mean()),
            bins,
            edges,
            is_log,
            shares,
            directions,
            impossible,
            self.count,
        )
        return spread, weights, ordered

    def model_of(
        self, name: str, result: Array, possible: Array | None
    ) -> tuple[Array | None, dict[str, float], dict[str, float]]:
        """The linear model of a result by the scores, and the parts of its variance.

        Only the ranges that it follows from are asked, so that no other changes a digit.

        Returns:
            The weights of the scores, the share of the variance of each range, and its correlation
            with the result. No weights where nothing varies, or where the model means nothing.
        """
        none: dict[str, float] = {}
        among = [i for i, n in enumerate(self.ranges) if n in self.sources[name]]
        centred = self.centred if len(among) == len(self.ranges) else self.centred[among]
        covariance, whole = self.covariance, result
        if possible is not None:
            centred, whole = centred[:, possible], result[possible]
        if not np.isfinite(whole).all():
            return None, none, none
        target = np.log(whole) if whole[0] > 0 and whole.min() > 0 else whole
        size = float(np.abs(target).max())
        if size == 0.0:
            return None, none, none
        target = target / math.ldexp(1.0, math.frexp(size)[1] - 1)  # so that its square has room
        target = target - target.mean()
        variance = float(target @ target) / whole.size
        if variance <= _SAME**2:  # what floats leave over of nothing
            return None, none, none
        with_scores = centred @ target / whole.size
        covariance, expected = (m[np.ix_(among, among)] for m in (covariance, self.expected))
        weights = np.linalg.lstsq(covariance, with_scores, rcond=None)[0]
        explained = float(weights @ covariance @ weights)
        whole_variance = float(weights @ expected @ weights) + max(variance - explained, 0.0)
        parts = weights * (expected @ weights) / whole_variance
        spreads = np.sqrt(np.maximum(np.diag(covariance), _SAME))
        towards = with_scores / spreads / math.sqrt(variance)
        shares = {self.ranges[i]: float(p) for i, p in zip(among, parts, strict=True)}
        directions = {self.ranges[i]: float(t) for i, t in zip(among, towards, strict=True)}
        every = np.zeros(len(self.ranges))
        every[among] = weights
        return (every if weights.any() else None), shares, directions


class Narrowed:
    """The percentiles of a result whose draws are too many to keep."""

    def __init__(self, pilot: Teller, name: str, result: Array) -> None:
        self.first, self.weights, ordered = pilot.measured(name, result)
        self.sd = 0.0
        if self.weights is not None:
            self.sd = math.sqrt(float(self.weights @ pilot.expected @ self.weights))
        self.near = [_Near(level, *_around(ordered, level)) for level in LEVELS]
        self.surrogates_below = [0] * len(LEVELS)
        self.total = 0.0
        self.unknown = 0
        self.seen = 0

    def take(self, scores: Array, result: Array) -> None:
        """Take more draws into account."""
        if self.weights is not None:
            surrogate = _weighed(self.weights, scores)
            for i, score in enumerate(_SCORES):
                self.surrogates_below[i] += int(np.count_nonzero(surrogate <= self.sd * score))
        total = float(result.sum())
        if math.isnan(total):
            total = float(np.nansum(result))
            self.unknown += int(np.count_nonzero(np.isnan(result)))
        self.total += total
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
        return self.first._replace(
            p5=found[0],
            p50=found[1],
            p95=found[2],
            errors=(a * fewer, b * fewer, c * fewer),
            mean=self.total / known if known else math.nan,
            impossible=self.unknown / count,
            draws=count,
        )


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
