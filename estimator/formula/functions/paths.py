"""Times of requests that do not all take the same path: a mixture over what each may meet.

A branch is what a request meets together: what all of them meet, or what lies behind a cache's
misses. It is written as six values: the number of the branch that it belongs to, counted from 1,
or 0; the chance that it is met by those who meet that one; a time that is always the same; and of
what comes on top the mean, the standard deviation and the scale of its tail. Of the branches that
belong to none, each request meets exactly one; all others are met or not independently.

A number below zero is that of a branch that makes calls at once, of which the slowest decides: this
is one of them. In the place of the chance stands how many such calls there are, or below one the
chance that there is one.
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
from estimator.formula.gamma import gamma_quantile
from estimator.formula.path_arrays import path_quantiles
from estimator.formula.slowest import Calls, Part, slowest, tails
from estimator.formula.tree import Node, Number
from estimator.units.dimension import PLAIN, TIME

_SIZE = 6  # values of a branch
_TIMES = ("the mean", "the standard deviation", "the scale")
_MOST = 4096  # combinations of branches
_FEW = 64  # up to so many, the slowest of calls at once is counted in several parts
_ENOUGH = 1e-12  # relative, of a quantile
_STEPS = 300  # about seven are taken; so many would halve any bracket down to nothing
_REMEMBERED = 64  # paths: several percentiles are asked of each
_SAMPLED = 2048  # paths: the moments of each sample are asked for one after the other


class _Branch(NamedTuple):
    parent: int
    chance: float
    fixed: float
    mean: float
    sd: float
    scale: float

    def is_endless(self) -> bool:
        return math.inf in (self.mean, self.sd, self.scale)


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


def path_within(time: float, *branches: float) -> float:
    """Return the share of the requests of branching paths that is answered within a time.

    Args:
        time: The time, from 0 up.
        *branches: As for `path_quantile`, which finds the time for a share.

    Returns:
        The share; less than 1 however long the time is, where not all paths have an end.

    Raises:
        ValueError: as `path_quantile`.
    """
    check_not_negative("the time", time)
    return min(1.0, float(_Mixture(_parts(branches)).shares(time)[0]))


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
    if any(b.parent < 0 for b in known):
        return math.sqrt(_moments(branches)[1])
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


def path_mean(*branches: float) -> float:
    """Return the mean of the times of branching paths.

    Args:
        *branches: As for `path_quantile`.

    Returns:
        The mean; infinity where a branch that is met has no end.

    Raises:
        ValueError: as `path_quantile`.
    """
    mean = _moments(branches)[0]
    return mean if mean == math.inf else check_result("the mean", mean)


def path_shift(*branches: float) -> float:
    """Return the shift of a gamma distribution with the first three moments of branching paths.

    Args:
        *branches: As for `path_quantile`.

    Returns:
        The shift, from 0 to the mean; 0 where a branch that is met has no end.

    Raises:
        ValueError: as `path_quantile`.
    """
    mean, variance, third = _moments(branches)
    if mean == math.inf:
        return 0.0
    if math.sqrt(variance) <= 1e-9 * mean:
        return mean
    return min(max(0.0, mean - variance * (variance / third)), mean) if third > 0.0 else 0.0


def path_share(*branches: float) -> float:
    """Return the mean time of calls at once as a share of that of the same calls in turn.

    Args:
        *branches: As for `path_quantile`; the calls are those of the first branch.

    Returns:
        The share; 1 where they take no time, or have no end.

    Raises:
        ValueError: as `path_quantile`.
    """
    serial = _in_turn(_branches(branches), 0)
    mean = _moments(branches)[0]
    return 1.0 if serial == 0.0 or math.inf in (serial, mean) else min(1.0, mean / serial)


def _in_turn(known: Sequence[_Branch], index: int) -> float:
    """Return the mean time of the calls that a branch makes at once, one after the other."""
    calls = [call for call, other in enumerate(known) if other.parent == -index - 1]
    if calls:
        return sum(known[call].chance * _in_turn(known, call) for call in calls)
    parts = _times(known, index, 1.0)
    if sum(p.chance for p in parts) < 1.0 - 1e-12:
        return math.inf
    return sum(p.chance * p.whole for p in parts)


@lru_cache(maxsize=_SAMPLED)
def _moments(branches: tuple[float, ...]) -> tuple[float, float, float]:
    """Return the mean, the variance and half of the third central moment of branching paths."""
    parts = _parts(branches, whole=True)
    if sum(p.chance for p in parts) < 1.0 - 1e-12:
        return math.inf, math.inf, math.inf
    mean = sum(p.chance * p.whole for p in parts)
    away = [(p, p.whole - mean) for p in parts]
    variance = sum(p.chance * (p.variance + d * d) for p, d in away)
    third = sum(p.chance * (p.third + 1.5 * p.variance * d + 0.5 * d * d * d) for p, d in away)
    for what, moment in (("mean", mean), ("variance", variance), ("third moment", third)):
        check_result(f"the {what}", moment)
    return mean, variance, third


@lru_cache(maxsize=_REMEMBERED)
def _parts(branches: tuple[float, ...], *, whole: bool = False) -> tuple[Part, ...]:
    """Return all that a request may meet on its path, if that ends.

    Args:
        branches: The branches.
        whole: Return one part for all times of the slowest call, which has the same moments.
    """
    known = _branches(branches)
    return tuple(
        part
        for index, branch in enumerate(known)
        if branch.parent == 0
        for part in map(Part.fitted, _times(known, index, branch.chance, whole=whole))
    )


@lru_cache(maxsize=_REMEMBERED)
def _branches(values: tuple[float, ...]) -> tuple[_Branch, ...]:
    if not values or len(values) % _SIZE:
        raise ValueError("each branch has a parent, a chance, and four times")
    found: list[_Branch] = []
    for start in range(0, len(values), _SIZE):
        parent, chance, fixed, *times = values[start : start + _SIZE]
        check_finite("the number of a branch", parent)
        whole = int(math.copysign(check_whole("the number of a branch", abs(parent)), parent))
        if abs(whole) > len(found):
            raise ValueError("a branch belongs to one before it, or to none")
        if whole < 0:
            check_not_negative("the number of calls", chance)
        else:
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


def _times(
    known: Sequence[_Branch], index: int, chance: float, *, whole: bool = False
) -> list[Part]:
    """Return all that a request may meet in a branch and in those that belong to it, if it ends."""
    branch = known[index]
    if chance == 0.0 or branch.is_endless():
        return []
    variance = branch.sd * branch.sd
    found = [Part(chance, branch.fixed, branch.mean, variance, variance * branch.scale)]
    for child, other in enumerate(known):
        if other.parent != index + 1 or other.chance == 0.0:
            continue
        below = _times(known, child, other.chance, whole=whole)
        spared = [p._replace(chance=p.chance * (1.0 - other.chance)) for p in found]
        found = [p for p in spared if p.chance > 0.0] + _both(found, below)
        if len(found) > _MOST:
            raise ValueError(f"there are more than {_MOST} combinations of branches")
    calls = [_calls(known, call) for call, other in enumerate(known) if other.parent == -index - 1]
    if not calls:
        return found
    return _both(found, slowest(calls, whole=whole or len(found) > _FEW))


def _calls(known: Sequence[_Branch], index: int) -> Calls:
    """Return calls that are made at once with others."""
    number = known[index].chance
    parts = tuple(map(Part.fitted, _times(known, index, 1.0)))
    return Calls(max(1.0, number), min(1.0, number), parts)


def _both(first: Sequence[Part], second: Sequence[Part]) -> list[Part]:
    """Return all that a request may meet in two paths, one after the other."""
    return [
        Part(a.chance * b.chance, *(x + y for x, y in zip(a[1:], b[1:], strict=True)))
        for a in first
        for b in second
    ]


def _alone(part: Part, share: float) -> float:
    rest = gamma_quantile(share, part.mean, math.sqrt(part.variance))
    return check_result("the quantile", part.fixed + rest)


class _Mixture:
    """The times of all requests whose path ends, as jumps at single times and smooth parts."""

    def __init__(self, parts: Sequence[Part]) -> None:
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
            below, above, rate = tails(shape, place)
            within += part.chance * below
            beyond += part.chance * above
            slope += part.chance * rate / rest
        return within, beyond, slope

    def jump(self, time: float) -> float:
        """Return the share that takes exactly a time."""
        return sum(chance for at, chance in self.jumps if at == time)


def _quantile(share: float, parts: Sequence[Part]) -> float:
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


def _bracket(share: float, total: float, parts: Sequence[Part]) -> tuple[float, float]:
    """Return the ends between which the quantile lies, by Cantelli's inequality."""
    mean = sum(p.chance * p.whole for p in parts) / total
    variance = sum(p.chance * (p.variance + (p.whole - mean) * (p.whole - mean)) for p in parts)
    variance /= total
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
    """Return the cost of a quantile: any of the branches may be met together.

    Of calls at once, the chance of each part is asked for at some hundred times.
    """
    parents = [a.value if isinstance(a, Number) else 1.0 for a in arguments[-_SIZE::-_SIZE]]
    calls = sum(parent < 0.0 for parent in parents)
    branches = len(parents) - calls
    return 60.0 * min(2.0 ** (branches - 1), float(_MOST)) + 1_000.0 * calls * len(parents)


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
        array=lambda np, *given: path_quantiles(np, path_quantile, *given),
        repeats=_SIZE,
        cost=_cost,
    ),
    Function(
        "path_within",
        (("time", TIME), *_BRANCH),
        PLAIN,
        "The share of requests that are answered within a time, over branches of their path.",
        example=("path_within(log(10) * 1 s, 0, 1, 0 s, 1 s, 1 s, 1 s)", "90%"),
        scalar=path_within,
        array=PER_SAMPLE,
        repeats=_SIZE,
        cost=_cost,
    ),
    Function(
        "path_mean",
        _BRANCH,
        TIME,
        "The mean of the time, over branches of a path; of calls at once the slowest counts.",
        example=("path_mean(0, 1, 0 s, 0 s, 0 s, 0 s, -1, 2, 0 s, 2 s, 2 s, 2 s)", "3 s"),
        scalar=path_mean,
        array=PER_SAMPLE,
        repeats=_SIZE,
        cost=_cost,
        may_be_infinite=True,
    ),
    Function(
        "path_shift",
        _BRANCH,
        TIME,
        "The time from which a gamma distribution of the first three moments of the time begins.",
        example=("path_shift(0, 1, 3 s, 0 s, 0 s, 0 s)", "3 s"),
        scalar=path_shift,
        array=PER_SAMPLE,
        repeats=_SIZE,
        cost=_cost,
    ),
    Function(
        "path_share",
        _BRANCH,
        PLAIN,
        "The mean time of calls at once, as a share of that of the same calls one after the other.",
        example=("path_share(0, 1, 0 s, 0 s, 0 s, 0 s, -1, 2, 0 s, 2 s, 2 s, 2 s)", "75%"),
        scalar=path_share,
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
