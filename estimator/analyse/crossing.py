"""The nearest change of an input at which a condition turns from holding to failing, or back.

Searched on the logarithm of the input: there most of what is estimated is a straight line, so that
a few steps come to the closed form; a step function is searched by halves.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

FIRST = 0.05
"""The change that is looked at first, as a logarithm."""

BEYOND = 1e-8
"""Of the logarithm: further than comparisons let pass."""
_EVEN = 1e-12  # of a margin: both sides are the same
_EXACTLY = 1e-9  # of the logarithm: as near as a line has to lead
_STEEPEST = 100.0  # of a line: beyond it there is a jump, where no two sides are the same
_STEPS = 80
_STRAIGHT = 1e-3  # of a distance
_LINES = 3  # before the distance is halved
_WHOLE = 2.0**53  # above it there is no next whole number
_NEIGHBORS = 4  # whole numbers away: nearer ones are tried first, and then a line is followed
_ALMOST_NONE = 0.25  # of a whole number, where a logarithm has no 0
_EDGE = 10  # halvings, before what cannot be is taken as an end
_POLE = 30  # halvings towards where a side changes its sign, perhaps by way of infinity
_BETWEEN = 5  # places that are looked at for a nearer turn
_SCANNED = (0.5, 4.0)  # changes to try where the margin grows at first and is smaller at the end


class Observation(NamedTuple):
    """A condition with an input changed.

    Attributes:
        holds: Whether it is true.
        margin: The logarithm of how far it is from turning, above 0 where it holds; None where that
            is not known.
        can_be: Whether the input can have such a value.
    """

    holds: bool
    margin: float | None
    can_be: bool = True


CANNOT_BE = Observation(False, None, False)

Probe: TypeAlias = Callable[[float], Observation]
"""Evaluates a condition with one input multiplied by a factor, which is given as a logarithm."""

_Point: TypeAlias = tuple[float, Observation]
"""A change, as a logarithm, and what it does."""


def distance(now: Observation, first: Observation) -> float:
    """Return how far away a condition turns, if it goes on as it begins; 0 if that is not known.

    Args:
        now: What it is without a change.
        first: What it is with the change `FIRST`.
    """
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return 0.0
    return abs(now.margin * FIRST / (first.margin - now.margin))


class Crossing(NamedTuple):
    """Where a condition turns, as logarithms of changes.

    Attributes:
        last: The last one at which it is as it was.
        first: The first one at which it has turned.
    """

    last: float
    first: float

    @property
    def size(self) -> float:
        """The size of the change at which it turns, in either direction."""
        return abs(self.first)


class Limits(NamedTuple):
    """The largest changes of an input that are tried, as absolute values of logarithms.

    Attributes:
        down: The largest decrease.
        up: The largest increase.
    """

    down: float
    up: float

    def towards(self, sign: float, found: Crossing | None) -> float:
        """Return the limit in one direction, or the size of a turn found before if it is less."""
        limit = self.up if sign > 0.0 else self.down
        return limit if found is None else min(limit, found.size)


def find_crossing(
    probe: Probe, now: Observation, first: Observation, limits: Limits, exact: float
) -> Crossing | None:
    """Return the nearest change that turns a condition.

    None where no turn is found within the limit, in either direction.

    Args:
        probe: Evaluates it.
        now: What it is without a change.
        first: What it is with the change `FIRST`.
        limits: The largest changes to try.
        exact: How near to come.
    """
    best: Crossing | None = None
    directions = _directions(now, first)
    for sign in directions:
        end = limits.towards(sign, best)
        bracket = _bracket(probe, now, first if sign > 0.0 else None, sign, end)
        if bracket is not None:
            found = refined(probe, *bracket, exact)
            straight = distance(now, first)
            if abs(found.size - straight) <= _STRAIGHT * straight:
                return found  # where a straight line leads, nothing is nearer
            best = _nearest(probe, now, found, exact)
    if len(directions) > 1:
        return best
    away = -directions[0]
    return _turn_far_away(probe, now, away * limits.towards(away, best), exact) or best


def _turn_far_away(probe: Probe, now: Observation, end: float, exact: float) -> Crossing | None:
    """Return where the condition turns in a direction in which its margin grows at first, or None.

    Args:
        probe: Evaluates it.
        now: What it is without a change.
        end: The largest change to try.
        exact: How near to come.
    """
    if not end or not (last := probe(end)).can_be:
        return None
    if last.holds is not now.holds:
        return refined(probe, (0.0, now), (end, last), exact)
    if now.margin is not None and last.margin is not None and abs(last.margin) >= abs(now.margin):
        return None  # the margin has only grown
    at: _Point = (0.0, now)
    for size in _SCANNED:
        step = math.copysign(size, end)
        if size >= abs(end) or not (there := probe(step)).can_be:
            break
        if there.holds is not now.holds:
            return refined(probe, at, (step, there), exact)
        at = (step, there)
    return None


def find_whole_crossing(
    probe: Probe, now: Observation, value: float, limit: float
) -> Crossing | None:
    """Return the nearest change that turns a condition, for an input that is a whole number.

    Args:
        probe: Evaluates it; a change leads to the nearest whole number.
        now: What it is without a change.
        value: The input.
        limit: How far to look.
    """
    best: Crossing | None = None
    if value > _WHOLE:
        return None
    for sign in (1, -1):
        end = limit if best is None else min(limit, best.size)
        best = _whole_crossing(probe, now, round(value), sign, end) or best
    return best


def _whole_crossing(
    probe: Probe, now: Observation, value: int, sign: int, limit: float
) -> Crossing | None:
    """Return where a condition turns in one direction of a whole number."""
    last = math.floor(value * math.exp(limit)) if sign > 0 else math.ceil(value * math.exp(-limit))
    stays, margin, stride = value, now.margin, 1
    while True:
        ahead = value + sign * stride
        ahead = min(ahead, last) if sign > 0 else max(ahead, last)
        if ahead == stays:
            return None
        there = probe(_change(ahead, value))
        if not there.can_be or there.holds is not now.holds:
            break
        stays, margin = ahead, there.margin
        stride = _further(now, there, (value, ahead), last)
    crosses, is_line = there.can_be, True
    while abs(ahead - stays) > 1:
        middle = (stays + ahead) // 2
        if is_line and margin is not None and there.margin is not None and there.can_be:
            line = _zero((stays, margin), (ahead, there.margin))
            middle = min(max(line, min(stays, ahead) + 1), max(stays, ahead) - 1)
        is_line = not is_line
        observed = probe(_change(middle, value))
        if observed.can_be and observed.holds is now.holds:
            stays, margin = middle, observed.margin
        else:
            ahead, there, crosses = middle, observed, observed.can_be
    return Crossing(_change(stays, value), _change(ahead, value)) if crosses else None


def _further(now: Observation, there: Observation, at: tuple[int, int], last: int) -> int:
    """Return how many whole numbers away to look next, after one at which nothing has turned.

    The nearest are tried in any case; beyond them, a line through two margins is followed.

    Args:
        now: What the condition is without a change.
        there: What it is at the whole number tried last.
        at: The present whole number, and the one tried last.
        last: The furthest that may be tried.
    """
    value, ahead = at
    stride = abs(ahead - value)
    if stride < _NEIGHBORS or now.margin is None or there.margin is None:
        return 4 * stride
    if abs(there.margin) >= abs(now.margin):
        return abs(last - value)  # the margin grows: only the furthest is left to try
    return max(4 * stride, abs(_zero((value, now.margin), (ahead, there.margin)) - value) + 1)


def _zero(a: tuple[int, float], b: tuple[int, float]) -> int:
    """Return the whole number at which a line through two margins is zero, by their logarithms."""
    (low, at_low), (high, at_high) = a, b
    if at_low == at_high:
        return (low + high) // 2
    start, end = (math.log(max(whole, _ALMOST_NONE)) for whole in (low, high))
    line = start + (end - start) * at_low / (at_low - at_high)
    return math.floor(math.exp(min(line, math.log(_WHOLE))))


def _change(whole: int, value: int) -> float:
    """Return the change from one whole number to another, as a logarithm."""
    return math.log(max(whole, _ALMOST_NONE) / value)


def _directions(now: Observation, first: Observation) -> tuple[float, ...]:
    """Return the signs of the changes that bring a condition nearer to turning; both if unknown."""
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return (1.0, -1.0)
    return (-1.0,) if now.holds is (first.margin > now.margin) else (1.0,)


def _bracket(
    probe: Probe, now: Observation, first: Observation | None, sign: float, limit: float
) -> tuple[_Point, _Point] | None:
    """Return two changes between which the condition turns, or None; a line says how far to go."""
    if not limit:
        return None
    at, observed = 0.0, now
    known = {} if first is None else {FIRST: first}
    step = min(FIRST, limit)
    while True:
        there = known.get(step) or probe(sign * step)
        if not there.can_be or (_is_edge(observed, there) and there.holds is now.holds):
            halvings = _POLE if there.can_be else _EDGE
            found = _before_the_edge(probe, (sign * at, observed), sign * step, halvings)
            if found is not None or not there.can_be:
                return found
        if there.holds is not now.holds:
            return (sign * at, observed), (sign * step, there)
        if step >= limit:
            return None
        if observed is now and observed.margin == there.margin is not None:
            known[limit] = probe(sign * limit)
            if known[limit] == there:
                return None  # the condition is the same at both ends
        following = _next_step((at, observed), (step, there), holds=now.holds)
        if following is None:
            return None
        at, observed, step = step, there, min(following, limit)


def _next_step(before: _Point, last: _Point, *, holds: bool) -> float | None:
    """Return the next change to try after two that turned nothing; None if the margin grows."""
    (at, observed), (step, there) = before, last
    if observed.margin is None or there.margin is None or observed.margin == there.margin:
        return 4.0 * step
    slope = (there.margin - observed.margin) / (step - at)
    if holds is (slope > 0.0):
        return None
    return max(1.2 * step, (step - there.margin / slope) * 1.0001)


def _is_edge(stays: Observation, there: Observation) -> bool:
    """Return whether an input makes no sense any more, or a side changes its sign."""
    return not there.can_be or (there.margin is None and stays.margin is not None)


def _before_the_edge(
    probe: Probe, stays: _Point, edge: float, halvings: int
) -> tuple[_Point, _Point] | None:
    """Return two changes between which the condition turns, before the input stops making sense."""
    for _ in range(halvings):
        middle = (stays[0] + edge) / 2.0
        observed = probe(middle)
        if _is_edge(stays[1], observed):
            edge = middle
        elif observed.holds is stays[1].holds:
            stays = (middle, observed)
        else:
            return stays, (middle, observed)
    return None


def _nearest(probe: Probe, now: Observation, found: Crossing, exact: float) -> Crossing:
    """Return where the condition turns, or turns already before: a long step may pass over it."""
    at: _Point = (0.0, now)
    for index in range(1, _BETWEEN):
        step = found.last * index / _BETWEEN
        there = probe(step)
        if there.can_be and there.holds is not now.holds:
            return refined(probe, at, (step, there), exact)
        at = (step, there)
    return found


def refined(probe: Probe, stays: _Point, crosses: _Point, exact: float) -> Crossing:
    """Return where the condition turns, between a change where it stays and one where not.

    Lines are drawn between the two, as the Illinois method has it; where a few of them do not halve
    the distance, it is halved: once, and then each time twice as often. On a step, where margins
    are the same from one place to another, lines say nothing any more.
    """
    (low, observed), (high, there) = stays, crosses
    now, a, b = observed.holds, observed.margin, there.margin
    ends, is_step = {observed.margin, there.margin}, False
    before: bool | None = None
    wide, lines, halvings, following = abs(high - low), 0, 0, 1
    for _ in range(_STEPS):
        width = abs(high - low)
        if width <= exact:
            break
        if lines == _LINES:
            if width > wide / 2.0:
                halvings, following = following, 2 * following
            wide, lines = width, 0
        middle, even = (low + high) / 2.0, _EVEN
        if is_step:
            pass
        elif halvings:
            halvings -= 1
            wide = width / 2.0
        elif a is not None and b is not None and a != b:
            lines += 1
            slope = (b - a) / (high - low)
            line, is_step = low - a / slope, abs(slope) > _STEEPEST
            if not is_step and min(low, high) < line < max(low, high):
                middle, even = line, max(_EVEN, abs(slope) * _EXACTLY)
        observed = probe(middle)
        is_step = is_step or (observed.margin is not None and observed.margin in ends)
        ends.add(observed.margin)
        stayed = observed.can_be and observed.holds is now
        if not is_step and observed.margin is not None and abs(observed.margin) <= even:
            # here both sides are the same, unless it is a step, on which they are so for a while
            other = middle + math.copysign(BEYOND, (high - low) if stayed else (low - high))
            if probe(other).holds is not observed.holds:
                return Crossing(middle, other) if stayed else Crossing(middle, middle)
        if stayed:
            low, a = middle, observed.margin
            b = b / 2.0 if b is not None and before is stayed else b
        else:
            high, b = middle, observed.margin
            a = a / 2.0 if a is not None and before is stayed else a
        before = stayed
    return Crossing(low, high)
