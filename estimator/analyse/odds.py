"""Shares by their odds: from 90% it is as far to 99% as to 45%, and never beyond 100%."""

from __future__ import annotations

import math
from typing import Any


def odds_of(share: float) -> float:
    """Return the odds of a share below 100%."""
    return share / (1.0 - share)


def share_at(odds: float) -> float:
    """Return the share that has some odds."""
    return odds / (1.0 + odds)


def shares_between(low: float, high: float, points: int) -> list[float]:
    """Return shares from one to another, both between 0% and 100%, by equal factors of the odds."""
    first, last = math.log(odds_of(low)), math.log(odds_of(high))
    steps = (first + (last - first) * at / (points - 1) for at in range(1, points - 1))
    return [low, *(share_at(math.exp(step)) for step in steps), high]


def moved(shares: Any, before: float, after: float) -> Any:
    """Return shares, such as samples, whose odds change as those of one value do.

    Args:
        shares: The shares: a number or an array.
        before: One of them, such as their median.
        after: What that becomes.
    """
    one, other = after * (1.0 - before), before * (1.0 - after)
    return shares * one / (shares * one + (1.0 - shares) * other)
