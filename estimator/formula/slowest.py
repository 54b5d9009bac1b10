"""The time of the slowest of calls that are made at once: fork and join.

The chance that it takes longer follows from those of the calls, which are independent. It is cut
where so large shares of it are over, and each piece is written as a shifted gamma distribution with
the moments that the times in it have, so that what comes before and after can be added to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from estimator.formula.arguments import check_result
from estimator.formula.gamma import gamma_tails

STEADY = 1e12  # a gamma distribution of a larger shape is a step
_LATE = (0.93, 0.82, 0.7, 0.58, 0.46, 0.34, 0.23, 0.14, 0.08, 0.04, 0.022, 0.012, 0.006, 0.002, 0.0)
"""What is later than each piece, of all that ends."""
_NARROW = 4.0  # deviations from its mean at which the distribution of a piece begins
_BUMP = (-6.0, -4.0, -2.5, -1.2, 0.0, 1.2, 2.5, 4.0, 6.0, 9.0, 13.0)  # deviations from a mean
_SLOPE = (0.5, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0, 30.0, 40.0)  # scales of a tail
_START = tuple(4.0**-power for power in range(6, -1, -1))  # of a mean
_NEAR = 0.4  # of the distance to a knot, within which another one does as well
_HALVES = 8  # steps to a cut, which may be anywhere nearby
_NODES = (
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)
"""The nodes and weights of the Gauss-Legendre rule of eight, on each side of the middle."""


class Part(NamedTuple):
    """The time of a share of all requests: a shifted gamma distribution."""

    chance: float
    fixed: float
    mean: float
    variance: float
    third: float  # half of the third central moment

    def fitted(self) -> Part:
        """Return a shifted gamma distribution of this third moment, too."""
        if self.variance == 0.0 or self.third * self.mean <= self.variance * self.variance:
            return self
        mean = min(self.mean, self.variance * (self.variance / self.third))
        return self._replace(fixed=self.fixed + (self.mean - mean), mean=mean)

    @property
    def whole(self) -> float:
        """Its mean, fixed time included."""
        return self.fixed + self.mean

    def is_step(self) -> bool:
        """Return whether it is nearly always the same time."""
        return self.variance * STEADY <= self.mean * self.mean or self.mean == 0.0

    def late(self, time: float) -> float:
        """Return the share of it that takes longer than a time."""
        if self.is_step():
            return 1.0 if time < self.whole else 0.0
        if time <= self.fixed:
            return 1.0
        place = math.log(time - self.fixed) - math.log(self.mean)
        return tails(self.mean * self.mean / self.variance, place)[1]


class Calls(NamedTuple):
    """Calls of one sort, made at once with others.

    Attributes:
        number: How many there are.
        chance: The chance that they are made.
        parts: What each may meet; less than all of it, where its path may have no end.
    """

    number: float
    chance: float
    parts: tuple[Part, ...]

    @property
    def endless(self) -> float:
        """The share of their paths that has no end."""
        return max(0.0, 1.0 - sum(part.chance for part in self.parts))

    def late(self, time: float) -> float:
        """Return the chance that one of them takes longer than a time."""
        ends = sum(part.chance * part.late(time) for part in self.parts)
        above = min(1.0, ends + self.endless)
        if above == 1.0:
            return self.chance
        return self.chance * -math.expm1(self.number * math.log1p(-above))


def tails(shape: float, place: float) -> tuple[float, float, float]:
    """Return the shares below and above a value and their slope, as `gamma_tails`, of any shape."""
    if place > 300.0:
        return 1.0, 0.0, 0.0
    if shape == 0.0:
        return 1.0, 0.0, 0.0  # nearly always nothing
    return gamma_tails(shape, place)


def slowest(calls: Sequence[Calls], *, whole: bool = False) -> list[Part]:
    """Return the time of the slowest of calls, as far as it ends; no time where none is made.

    Args:
        calls: The calls.
        whole: Return one part for all times, and not several.
    """
    made = [one for one in calls if one.chance > 0.0 and one.number > 0.0]
    none = math.prod(1.0 - one.chance for one in made)
    found = [Part(none, 0.0, 0.0, 0.0, 0.0)] if none > 0.0 else []
    parts = [part for one in made for part in one.parts]
    if parts and none < 1.0:
        found += _Slowest(made, none, _knots(parts)).pieces(_LATE[-1:] if whole else _LATE)
    return found


class _Slowest(NamedTuple):
    """The slowest of calls that may be made.

    Attributes:
        calls: The calls.
        none: The chance that none is made.
        knots: The times between which its chance is smooth.
    """

    calls: Sequence[Calls]
    none: float
    knots: Sequence[float]

    def late(self, time: float) -> float:
        """Return the chance that it takes longer than a time."""
        within = 0.0
        for one in self.calls:
            late = one.late(time)
            if late >= 1.0:
                return 1.0
            within += math.log1p(-late)
        return -math.expm1(within)

    def pieces(self, levels: Sequence[float]) -> Iterator[Part]:
        """Yield its pieces, each up to where only such a share of all that ends is later."""
        endless = self.late(self.knots[-1]) if any(one.endless for one in self.calls) else 0.0
        ends = 1.0 - self.none - endless
        low, later = self.knots[0], ends
        for level in levels:
            high = self._cut(level * ends + endless) if level else self.knots[-1]
            left = max(0.0, self.late(high) - endless) if level else 0.0
            chance = later - left
            if high < low or chance <= 1e-15:
                continue
            yield self._piece(low, high, chance, left, endless)
            low, later = high, left

    def _cut(self, wanted: float) -> float:
        """Return a time from which no more than a chance is later, near the first."""
        low, high = self.knots[0], self.knots[-1]
        for knot in self.knots:
            if self.late(knot) <= wanted:
                high = knot
                break
            low = knot
        for _ in range(_HALVES):
            middle = 0.5 * (low + high)
            if self.late(middle) <= wanted:
                high = middle
            else:
                low = middle
        return high

    def _piece(self, low: float, high: float, chance: float, left: float, endless: float) -> Part:
        """Return the times between two, by the integrals of the chance that it takes longer."""
        first = second = third = 0.0
        inside = [knot for knot in self.knots if low < knot < high]
        for start, end in pairwise((low, *inside, high)):
            middle, half = 0.5 * (start + end), 0.5 * (end - start)
            for node, weight in _NODES:
                for time in (middle - half * node, middle + half * node):
                    late = weight * half * (self.late(time) - endless)
                    past = time - low
                    first += late
                    second += 2.0 * past * late
                    third += 3.0 * past * past * late
        past = high - low
        mean = max(0.0, first - past * left) / chance
        second = max(0.0, second - past * past * left) / chance
        third = max(0.0, third - past * past * past * left) / chance
        variance = max(0.0, second - mean * mean)
        central = 0.5 * (third - 3.0 * mean * second + 2.0 * mean * mean * mean)
        check_result("the third moment of the slowest call", central)
        if left > 0.0:  # a piece with an end: as narrow on one side as on the other
            begin = max(0.0, low + mean - _NARROW * math.sqrt(variance))
            low, mean = begin, low + mean - begin
        return Part(chance, low, mean, variance, central)


def _knots(parts: Sequence[Part]) -> list[float]:
    """Return the times between which the chance is smooth enough to be integrated, from the first.

    Each part has knots of its own, as far apart as it takes; of several that are near each other
    for the parts they belong to, one is enough.
    """
    found: list[tuple[float, float]] = []
    for part in parts:
        own = list(_own_knots(part))
        found.append((own[0], 0.0))
        found += [(b, _NEAR * (b - a)) for a, b in pairwise(own)]
    found.sort()
    kept = [found[0][0]]
    for time, near in found[1:]:
        if time - kept[-1] > near:
            kept.append(time)
    return kept


def _own_knots(part: Part) -> Iterator[float]:
    """Yield where a part begins, and where it falls off."""
    if part.is_step():
        yield part.whole
        return
    yield part.fixed
    sd = math.sqrt(part.variance)
    if part.mean >= 2.0 * sd:  # a bump, and not a slope
        rest = [part.mean + sd * deviations for deviations in _BUMP]
    else:
        scale = part.variance / part.mean
        start = [part.mean * share for share in _START]
        rest = [*start, *(t for s in _SLOPE if (t := scale * s) > start[-1])]
    yield from (part.fixed + time for time in rest if time > 0.0)
