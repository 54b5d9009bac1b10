"""How far an input may change until a condition turns from holding to failing, or back.

Searched on the logarithm of the input: there most of what is estimated is a straight line, so that
a few steps come to the closed form; a step function is searched by halves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

FIRST = 0.05
"""The change that is looked at first, as a logarithm."""

_BEYOND = 1e-8  # of the logarithm: further than comparisons let pass
_EVEN = 1e-12  # of a margin: both sides are the same
_EXACTLY = 1e-9  # of the logarithm: as near as a line has to lead
_STEPS = 80
_STRAIGHT = 1e-3  # of a distance
_LINES = 3  # before the distance is halved
_WHOLE = 2.0**53  # above it there is no next whole number
_ALMOST_NONE = 0.25  # of a whole number, where a logarithm has no 0
_EDGE = 10  # halvings, before what cannot be is taken as an end
_POLE = 30  # halvings towards where a side changes its sign, perhaps by way of infinity
_BETWEEN = 5  # places that are looked at for a nearer turn
_GRID, _GROWTH = 0.5, 8.0  # of the logarithm, where it seems to lead away


class Seen(NamedTuple):
    """A condition with an input changed.

    Attributes:
        holds: Is it true?
        margin: The logarithm of how far it is from turning, above 0 where it holds; None where that
            is not known.
        can_be: Can the input have such a value?
    """

    holds: bool
    margin: float | None
    can_be: bool = True


CANNOT_BE = Seen(False, None, False)

Look: TypeAlias = Callable[[float], Seen]
"""Looks at a condition with an input so many times what it is; the factor is a logarithm."""

_Point: TypeAlias = tuple[float, Seen]
"""A change, as a logarithm, and what it does."""


def distance(now: Seen, first: Seen) -> float:
    """How far away a condition turns, if all goes on as it begins; 0 where that is not known.

    Args:
        now: What it is without a change.
        first: What it is with the change `FIRST`.
    """
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return 0.0
    return abs(now.margin * FIRST / (first.margin - now.margin))


class Turn(NamedTuple):
    """Where a condition turns, as logarithms of changes.

    Attributes:
        last: The last that is seen to leave it as it is.
        first: The first that is seen to turn it.
    """

    last: float
    first: float

    @property
    def size(self) -> float:
        """How much has to change for it to turn, in either direction."""
        return abs(self.first)


def turn(look: Look, now: Seen, first: Seen, limit: float, exact: float) -> Turn | None:
    """Return the nearest change that turns a condition.

    None where it is not seen to turn within the limit, in either direction.

    Args:
        look: Looks at it.
        now: What it is without a change.
        first: What it is with the change `FIRST`.
        limit: How far to look.
        exact: How near to come.
    """
    best: Turn | None = None
    directions = _directions(now, first)
    for sign in directions:
        end = limit if best is None else min(limit, best.size)
        bracket = _bracket(look, now, first if sign > 0.0 else None, sign, end)
        if bracket is not None:
            found = _refined(look, *bracket, exact)
            straight = distance(now, first)
            if abs(found.size - straight) <= _STRAIGHT * straight:
                return found  # where a straight line leads, nothing is nearer
            best = _nearest(look, now, found, exact)
    if len(directions) > 1:
        return best
    # it leads away in the other direction, but perhaps not for ever
    step = -directions[0] * (limit if best is None else min(limit, best.size))
    there = look(step)
    if not there.can_be or there.holds is now.holds:
        return best
    return _refined(look, (0.0, now), (step, there), exact)


def turn_whole(look: Look, now: Seen, value: float, limit: float) -> Turn | None:
    """As `turn`, for an input that is a whole number: the next one first, and then further away.

    Args:
        look: Looks at it; a change leads to the nearest whole number.
        now: What it is without a change.
        value: The input.
        limit: How far to look.
    """
    best: Turn | None = None
    if value > _WHOLE:
        return None
    for sign in (1, -1):
        end = limit if best is None else min(limit, best.size)
        best = _turn_of_whole(look, now, round(value), sign, end) or best
    return best


def _turn_of_whole(look: Look, now: Seen, value: int, sign: int, limit: float) -> Turn | None:
    """Return where a condition turns in one direction of a whole number."""
    last = math.floor(value * math.exp(limit)) if sign > 0 else math.ceil(value * math.exp(-limit))

    def seen(whole: int) -> Seen:
        return look(_change(whole, value))

    stays, stride = value, 1
    while True:
        ahead = value + sign * stride
        ahead = min(ahead, last) if sign > 0 else max(ahead, last)
        if ahead == stays:
            return None
        there = seen(ahead)
        if not there.can_be or there.holds is not now.holds:
            break
        stays, stride = ahead, 4 * stride
    turns = there.can_be
    while abs(ahead - stays) > 1:
        middle = (stays + ahead) // 2
        there = seen(middle)
        if there.can_be and there.holds is now.holds:
            stays = middle
        else:
            ahead, turns = middle, there.can_be
    return Turn(_change(stays, value), _change(ahead, value)) if turns else None


def _change(whole: int, value: int) -> float:
    """The change from one whole number to another; to none it is one that is rounded to it."""
    return math.log(max(whole, _ALMOST_NONE) / value)


def turn_elsewhere(look: Look, now: Seen, first: Seen, limit: float, exact: float) -> Turn | None:
    """As `turn`, in the direction that leads away at first: it sees the end of that alone."""
    directions = _directions(now, first)
    if len(directions) > 1:
        return None
    sign = -directions[0]
    at: _Point = (0.0, now)
    for step in _steps(limit):
        there = look(sign * step)
        if not there.can_be:
            return None
        if there.holds is not now.holds:
            return _refined(look, at, (sign * step, there), exact)
        at = (sign * step, there)
    return None


def _steps(limit: float) -> Iterator[float]:
    step = _GRID
    while step <= limit:
        yield step
        step *= _GROWTH


def _directions(now: Seen, first: Seen) -> tuple[float, ...]:
    """Whether more or less of an input brings a condition nearer to turning; both if unknown."""
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return (1.0, -1.0)
    return (-1.0,) if now.holds is (first.margin > now.margin) else (1.0,)


def _bracket(
    look: Look, now: Seen, first: Seen | None, sign: float, limit: float
) -> tuple[_Point, _Point] | None:
    """Two changes between which the condition turns; a straight line tells how far to go."""
    at, seen = 0.0, now
    step = min(FIRST, limit)
    while True:
        there = first if first is not None and step == FIRST else look(sign * step)
        if not there.can_be or (_is_edge(seen, there) and there.holds is now.holds):
            halvings = _POLE if there.can_be else _EDGE
            found = _before_the_edge(look, (sign * at, seen), sign * step, halvings)
            if found is not None or not there.can_be:
                return found
        if there.holds is not now.holds:
            return (sign * at, seen), (sign * step, there)
        if step >= limit:
            return None
        following = 4.0 * step
        if seen.margin is not None and there.margin is not None:
            slope = (there.margin - seen.margin) / (step - at)
            if slope and now.holds is (slope > 0.0):
                return None  # goes away from turning
            if slope:
                following = max(1.2 * step, (step - there.margin / slope) * 1.0001)
        at, seen, step = step, there, min(following, limit)


def _is_edge(stays: Seen, there: Seen) -> bool:
    """Return whether an input makes no sense any more, or a side changes its sign."""
    return not there.can_be or (there.margin is None and stays.margin is not None)


def _before_the_edge(
    look: Look, stays: _Point, edge: float, halvings: int
) -> tuple[_Point, _Point] | None:
    """Two changes between which the condition turns, before the input ends to make sense."""
    for _ in range(halvings):
        middle = (stays[0] + edge) / 2.0
        seen = look(middle)
        if _is_edge(stays[1], seen):
            edge = middle
        elif seen.holds is stays[1].holds:
            stays = (middle, seen)
        else:
            return stays, (middle, seen)
    return None


def _nearest(look: Look, now: Seen, found: Turn, exact: float) -> Turn:
    """Return where the condition turns, or turns already before: a long step may pass over it."""
    at: _Point = (0.0, now)
    for index in range(1, _BETWEEN):
        step = found.last * index / _BETWEEN
        there = look(step)
        if there.can_be and there.holds is not now.holds:
            return _refined(look, at, (step, there), exact)
        at = (step, there)
    return found


def _refined(look: Look, stays: _Point, turns: _Point, exact: float) -> Turn:
    """Return where the condition turns, between a change where it stays and one where not.

    Lines are drawn between the two, as the Illinois method has it; where a few of them do not halve
    the distance, as on a step, it is halved: once, and then each time twice as often.
    """
    (low, seen), (high, there) = stays, turns
    now, a, b = seen.holds, seen.margin, there.margin
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
        if halvings:
            halvings -= 1
            wide = width / 2.0
        elif a is not None and b is not None and a != b:
            lines += 1
            slope = (b - a) / (high - low)
            line = low - a / slope
            if min(low, high) < line < max(low, high):
                middle, even = line, max(_EVEN, abs(slope) * _EXACTLY)
        seen = look(middle)
        stayed = seen.can_be and seen.holds is now
        if seen.margin is not None and abs(seen.margin) <= even:
            # here both sides are the same, unless it is a step, on which they are so for a while
            other = middle + math.copysign(_BEYOND, (high - low) if stayed else (low - high))
            if look(other).holds is not seen.holds:
                return Turn(middle, other) if stayed else Turn(middle, middle)
        if stayed:
            low, a = middle, seen.margin
            b = b / 2.0 if b is not None and before is stayed else b
        else:
            high, b = middle, seen.margin
            a = a / 2.0 if a is not None and before is stayed else a
        before = stayed
    return Turn(low, high)
