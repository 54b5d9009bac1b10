"""Times of requests that do not all take the same path: a mixture over what each may meet.

A branch is what a request meets together: what all of them meet, or what lies behind a cache's
misses. It is written as six values: the number of the branch that it belongs to, counted from 1,
or 0; the chance that it is met by those who meet that one; a time that is always the same; and of
what comes on top the mean, the standard deviation and the scale of its tail. Of the branches that
belong to none, each request meets exactly one; all others are met or not independently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from estimator.formula.arguments import (
    check_finite,
    check_inner_share,
    check_not_negative,
    check_result,
    check_share,
    check_whole,
)
from estimator.formula.functions.function import PER_SAMPLE, Function, KnownValue
from estimator.formula.gamma import gamma_quantile, gamma_tails
from estimator.formula.tree import Node
from estimator.units.dimension import PLAIN, TIME

_SIZE = 6  # values of a branch
_TIMES = ("the mean", "the standard deviation", "the scale")
_MOST = 4096  # combinations of branches
_ENOUGH = 1e-12  # relative, of a quantile
_STEPS = 300  # about seven are taken; so many would halve any bracket down to nothing
_REMEMBERED = 64  # paths: several percentiles are asked of each
_STEADY = 1e12  # a gamma distribution of a larger shape is a step


class _Branch(NamedTuple):
    parent: int
    chance: float
    fixed: float
    mean: float
    sd: float
    scale: float

    def is_endless(self) -> bool:
        return math.inf in (self.mean, self.sd, self.scale)


class _Part(NamedTuple):
    """The time of a share of all requests: a shifted gamma distribution."""

    chance: float
    fixed: float
    mean: float
    variance: float
    third: float  # half of the third central moment

    def fitted(self) -> _Part:
        """Return a shifted gamma distribution of this third moment, too."""
        if self.variance == 0.0 or self.third * self.mean <= self.variance * self.variance:
            return self
        mean = min(self.mean, self.variance * (self.variance / self.third))
        return self._replace(fixed=self.fixed + (self.mean - mean), mean=mean)

    @property
    def whole(self) -> float:
        return self.fixed + self.mean

    def is_step(self) -> bool:
        return self.variance * _STEADY <= self.mean * self.mean or self.mean == 0.0


def path_quantile(share: float, *branches: float) -> float:
    """Find the time within which a share of the requests of branching paths is answered.

    The time of each combination of branches is taken for a shifted gamma distribution, with the
    sums of their means, variances and third moments, and with no other shift than their fixed
    times where the scale does not ask for it. That is exact for one exponential time, or several
    of one mean, and where nothing varies.

    Args:
        share: The share that is answered within it, above 0 and below 1.
        *branches: For each branch the number of the branch that it belongs to or 0, the chance
            (of those that belong to none in proportion),
            the fixed time, and of the rest the mean, the standard deviation and the scale (as by
            `calls_scale`), any unit of time.

    Returns:
        The quantile, to 12 digits; infinity where too few requests have a path that ends.

    Raises:
        ValueError: an argument is out of its range, or there are more than 4096 combinations.
    """
    check_inner_share("the share", share)
    parts = _parts(branches)
    total = sum(p.chance for p in parts)
    if total < 1.0 - 1e-12 and total <= share * (1.0 + 1e-12):
        return math.inf
    if len(parts) == 1 and parts[0].chance >= 1.0 - 1e-12:
        return _alone(parts[0], share)
    return check_result("the quantile", _quantile(share, parts))


def path_sd(*branches: float) -> float:
    """Return the standard deviation of the times of branching paths.

    Args:
        *branches: As for `path_quantile`.

    Returns:
        The standard deviation; infinity where a branch that is met has no end.

    Raises:
        ValueError: as `path_quantile`.
    """
    known = _branches(branches)
    means = [b.fixed + b.mean for b in known]
    squares = [0.0 if b.is_endless() else b.sd * b.sd for b in known]
    for index in range(len(known) - 1, -1, -1):
        parent, chance = known[index].parent - 1, known[index].chance
        if chance == 0.0:
            continue
        if known[index].is_endless() or means[index] == math.inf:
            means[index] = math.inf
        if parent >= 0:
            means[parent] += chance * means[index]
            if means[index] != math.inf:
                between = chance * (1.0 - chance) * means[index] * means[index]
                squares[parent] += chance * squares[index] + between
    met = [i for i, b in enumerate(known) if b.parent == 0 and b.chance > 0.0]
    if any(means[i] == math.inf for i in met):
        return math.inf
    mean = sum(known[i].chance * means[i] for i in met)
    variance = sum(known[i].chance * (squares[i] + (means[i] - mean) ** 2) for i in met)
    return check_result("the standard deviation", math.sqrt(variance))


@lru_cache(maxsize=_REMEMBERED)
def _parts(branches: tuple[float, ...]) -> tuple[_Part, ...]:
    """Return all that a request may meet on its path, if that ends."""
    known = _branches(branches)
    return tuple(
        part
        for index, branch in enumerate(known)
        if branch.parent == 0
        for part in map(_Part.fitted, _times(known, index, branch.chance))
    )


@lru_cache(maxsize=_REMEMBERED)
def _branches(values: tuple[float, ...]) -> tuple[_Branch, ...]:
    if not values or len(values) % _SIZE:
        raise ValueError("each branch has a parent, a chance, and four times")
    found: list[_Branch] = []
    for start in range(0, len(values), _SIZE):
        parent, chance, fixed, *times = values[start : start + _SIZE]
        whole = int(check_whole("the number of a branch", parent))
        if whole > len(found):
            raise ValueError("a branch belongs to one before it, or to none")
        check_share("the chance", chance)
        check_not_negative("the fixed time", fixed)
        for what, value in zip(_TIMES, times, strict=True):
            if value != math.inf:
                check_not_negative(what, value)
        found.append(_Branch(whole, chance, fixed, *times))
    return _scaled(found)


def _scaled(known: list[_Branch]) -> tuple[_Branch, ...]:
    """Return branches with chances, of those that belong to none, that add up to 1."""
    roots = [b.chance for b in known if b.parent == 0]
    total = sum(roots)
    if total == 1.0:
        return tuple(known)
    chance = (lambda c: c / total) if total > 0.0 else (lambda _: 1.0 / len(roots))
    return tuple(b._replace(chance=chance(b.chance)) if b.parent == 0 else b for b in known)


def _times(known: Sequence[_Branch], index: int, chance: float) -> list[_Part]:
    """Return all that a request may meet in a branch and in those that belong to it, if it ends."""
    branch = known[index]
    if chance == 0.0 or branch.is_endless():
        return []
    variance = branch.sd * branch.sd
    found = [_Part(chance, branch.fixed, branch.mean, variance, variance * branch.scale)]
    for child, other in enumerate(known):
        if other.parent != index + 1 or other.chance == 0.0:
            continue
        below = _times(known, child, other.chance)
        spared = [p._replace(chance=p.chance * (1.0 - other.chance)) for p in found]
        found = [p for p in spared if p.chance > 0.0] + [
            _Part(a.chance * b.chance, *(x + y for x, y in zip(a[1:], b[1:], strict=True)))
            for a in found
            for b in below
        ]
        if len(found) > _MOST:
            raise ValueError(f"there are more than {_MOST} combinations of branches")
    return found


def _alone(part: _Part, share: float) -> float:
    rest = gamma_quantile(share, part.mean, math.sqrt(part.variance))
    return check_result("the quantile", part.fixed + rest)


class _Mixture:
    """The times of all requests whose path ends, as jumps at single times and smooth parts."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self.total = sum(p.chance for p in parts)
        self.jumps = [(p.whole, p.chance) for p in parts if p.is_step()]
        smooth = [p for p in parts if not p.is_step()]
        self.smooth = [(p, p.mean * p.mean / p.variance) for p in smooth]

    def shares(self, time: float) -> tuple[float, float, float]:
        """Return the shares within a time and beyond it, and how fast the first grows."""
        within = sum(chance for at, chance in self.jumps if at <= time)
        beyond = sum(chance for at, chance in self.jumps if at > time)
        slope = 0.0
        for part, shape in self.smooth:
            rest = time - part.fixed
            if rest <= 0.0:
                beyond += part.chance
                continue
            place = math.log(rest) - math.log(part.mean)
            below, above, rate = _tails(shape, place)
            within += part.chance * below
            beyond += part.chance * above
            slope += part.chance * rate / rest
        return within, beyond, slope

    def jump(self, time: float) -> float:
        """Return the share that takes exactly a time."""
        return sum(chance for at, chance in self.jumps if at == time)


def _quantile(share: float, parts: Sequence[_Part]) -> float:
    mixture = _Mixture(parts)
    low, high = _bracket(share, mixture.total, parts)
    for step in sorted({at for at, _ in mixture.jumps}):
        within = mixture.shares(step)[0]
        if within >= share * (1.0 - 1e-12):
            if not mixture.smooth or within - mixture.jump(step) < share:
                return step
            high = min(high, step)
            break
        low = max(low, step)
    beyond = 1.0 - share - (1.0 - mixture.total)
    return _root(share, beyond, low, max(low, high), mixture.shares)


def _tails(shape: float, place: float) -> tuple[float, float, float]:
    if place > 300.0:
        return 1.0, 0.0, 0.0
    if shape == 0.0:
        return 1.0, 0.0, 0.0  # nearly always nothing
    return gamma_tails(shape, place)


def _bracket(share: float, total: float, parts: Sequence[_Part]) -> tuple[float, float]:
    """Return the ends between which the quantile lies, by Cantelli's inequality."""
    mean = sum(p.chance * p.whole for p in parts) / total
    variance = sum(p.chance * (p.variance + (p.whole - mean) ** 2) for p in parts) / total
    sd, inner = math.sqrt(variance), min(share / total, 1.0 - 1e-15)
    low = mean - sd * math.sqrt((1.0 - inner) / inner)
    high = mean + sd * math.sqrt(inner / (1.0 - inner))
    least = min(p.fixed for p in parts)
    return max(least, low * (1.0 - 1e-9)), check_finite("the largest time", high * (1.0 + 1e-9))


def _root(
    within: float,
    beyond: float,
    low: float,
    high: float,
    shares: Callable[[float], tuple[float, float, float]],
) -> float:
    """Find the quantile, by Newton's method on the logarithm of the smaller share, or by halves."""
    upper = beyond < within
    time = low + (high - low) * 0.5
    width = high - low
    for _ in range(_STEPS):
        below, above, slope = shares(time)
        if (above <= beyond) if upper else (below >= within):
            high = time
        else:
            low = time
        if high - low <= _ENOUGH * high:
            break
        tail, wanted = (above, beyond) if upper else (below, within)
        after = -1.0
        if tail > 0.0 and slope > 0.0 and wanted > 0.0:
            step = math.log(tail / wanted) * (tail / slope)
            after = time + step if upper else time - step
        slow = high - low > 0.5 * width  # Newton's steps from one side leave the other end behind
        width = high - low
        if abs(after - time) <= 1e-9 * time:  # so near that Newton doubles the digits
            return min(max(after, low), high)
        if not low < after < high or (slow and abs(after - time) > 0.25 * width):
            after = _middle(low, high)
        time = after
    return time


def _middle(low: float, high: float) -> float:
    """Return the middle of two numbers; that of their logarithms where they differ much."""
    if low > 0.0 and high > 8.0 * low:
        return math.sqrt(low) * math.sqrt(high)
    return 1e-4 * high if low == 0.0 else low + 0.5 * (high - low)


_BRANCH = (
    ("parent", PLAIN),
    ("chance", PLAIN),
    ("fixed", TIME),
    ("mean", TIME),
    ("sd", TIME),
    ("scale", TIME),
)


def _cost(arguments: Sequence[Node], _: KnownValue) -> float:
    """Return the cost of a quantile: any of the branches may be met together."""
    return 60.0 * min(2.0 ** (len(arguments) // _SIZE - 1), float(_MOST))


FUNCTIONS = (
    Function(
        "gamma_quantile",
        (("share", PLAIN), ("mean", "a"), ("sd", "a")),
        "a",
        "The value that so large a share of a gamma distribution stays below.",
        example=("gamma_quantile(90%, 1 s, 1 s)", "log(10) * 1 s"),
        scalar=gamma_quantile,
        array=PER_SAMPLE,
        cost=50.0,
    ),
    Function(
        "path_quantile",
        (("share", PLAIN), *_BRANCH),
        TIME,
        "The time that so large a share of requests stays below, over branches of their path.",
        example=(
            "path_quantile(95%, 0, 1, 0 s, 0 s, 0 s, 0 s, 1, 50%, 0 s, 1 s, 1 s, 1 s)",
            "log(10) * 1 s",
        ),
        scalar=path_quantile,
        array=PER_SAMPLE,
        repeats=_SIZE,
        cost=_cost,
    ),
    Function(
        "path_sd",
        _BRANCH,
        TIME,
        "The standard deviation of the time, over branches of a path.",
        example=("path_sd(0, 1, 3 s, 0 s, 0 s, 0 s, 1, 50%, 4 s, 0 s, 0 s, 0 s)", "2 s"),
        scalar=path_sd,
        array=PER_SAMPLE,
        repeats=_SIZE,
    ),
)
