"""Caches that evict what was asked for longest ago, under Zipf's law: Che's approximation.

An item stays until a time T has passed since it was last asked for. The same T serves all items; it
is the one at which the items that are there are as many as the cache holds. Time is counted in
requests, so that an item of popularity `p` is asked for with the chance `1 - exp(-p T)` within T.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from estimator.formula.numeric import ceil_

_HEAD = 24  # items that are counted one by one; the others change smoothly from one to the next
_PANELS = 14  # of the logarithm of an item's rank, at most
_WIDTH = 1.0  # of a panel, where fewer are enough
_NODES = (
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)
"""The nodes and weights of the Gauss-Legendre rule of eight, on each side of the middle."""
_STEPS = 400  # Newton's; some ten are taken, and more where few items have nearly all requests
_ENOUGH = 1e-13  # relative, of the time
_REMEMBERED = 16


class Group(NamedTuple):
    """Items that are asked for alike.

    Attributes:
        number: How many there are.
        popularity: The share of requests that each of them gets.
    """

    number: float
    popularity: float


@lru_cache(maxsize=_REMEMBERED)
def popularity(items: float, exponent: float) -> tuple[Group, ...]:
    """Return the items of a Zipf distribution in groups; all but the first stand for many.

    Args:
        items: How many there are, above 0; a part of an item counts as one.
        exponent: The skew, from 0 up.
    """
    kinds = max(1.0, ceil_(items))
    ranks = [(1.0, float(rank)) for rank in range(1, int(min(kinds, _HEAD)) + 1)]
    if kinds > _HEAD:
        low, high = math.log(_HEAD + 0.5), math.log(kinds + 0.5)
        panels = min(_PANELS, math.ceil((high - low) / _WIDTH))
        half = 0.5 * (high - low) / panels
        for panel in range(panels):
            middle = low + (2 * panel + 1) * half
            for node, weight in _NODES:
                for place in (middle - half * node, middle + half * node):
                    ranks.append((weight * half * math.exp(place), math.exp(place)))
    shares = [(number, math.pow(rank, -exponent)) for number, rank in ranks]
    total = math.fsum(number * share for number, share in shares)
    return tuple(Group(number, share / total) for number, share in shares)


def hits(groups: Sequence[Group], time: float, expiry: float) -> float:
    """Return the share of requests that find their item.

    Args:
        groups: The items.
        time: The requests after which an item is evicted that is not asked for; may be infinite.
        expiry: The chance of an item to expire, for each request of any item.
    """
    return math.fsum(n * p * _found(p, time, expiry) for n, p in groups)


def held(groups: Sequence[Group], time: float, expiry: float) -> float:
    """Return how many items are there; as `hits`."""
    return math.fsum(n * _found(p, time, expiry) for n, p in groups)


def time_for_items(groups: Sequence[Group], cached: float, expiry: float) -> float:
    """Return the time at which so many items are there; infinity where fewer ever are."""
    return _time(groups, cached, expiry, held, lambda p: p)


def time_for_hits(groups: Sequence[Group], ratio: float) -> float:
    """Return the time at which such a share of requests finds its item."""
    return _time(groups, ratio, 0.0, hits, lambda p: p * p)


def _found(p: float, time: float, expiry: float) -> float:
    """Return the chance that an item of a popularity is there."""
    leaving = p + expiry
    if p == 0.0:
        return 1.0 if time == math.inf and expiry == 0.0 else 0.0
    return p / leaving * (1.0 if time == math.inf else -math.expm1(-leaving * time))


def _time(
    groups: Sequence[Group],
    wanted: float,
    expiry: float,
    reached: Callable[[Sequence[Group], float, float], float],
    slope: Callable[[float], float],
) -> float:
    """Find the time at which something is reached that grows ever more slowly, by Newton's method.

    As it grows ever more slowly, each step ends before the root.
    """
    if reached(groups, math.inf, expiry) <= wanted * (1.0 + 1e-12):
        return math.inf
    time = 0.0
    for _ in range(_STEPS):
        missing = wanted - reached(groups, time, expiry)
        rise = math.fsum(n * slope(p) * math.exp(-(p + expiry) * time) for n, p in groups)
        if missing <= 0.0:
            break
        if rise <= 0.0 or missing / rise == math.inf:
            return math.inf
        time += missing / rise
        if missing / rise <= _ENOUGH * time:
            break
    return time
