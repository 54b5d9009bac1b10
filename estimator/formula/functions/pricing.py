"""Sizes and prices: shares of a whole, the next size on sale, and prices in tiers."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import pairwise
from types import ModuleType
from typing import Any

from estimator.formula import numeric_arrays
from estimator.formula.arguments import (
    NOISE,
    check_finite,
    check_not_negative,
    check_result,
    say,
)
from estimator.formula.functions.function import Function
from estimator.formula.numeric import less
from estimator.units.dimension import PLAIN, multiply


def proportion(part: float, whole: float) -> float:
    """Return a part as a share of the whole; 0 where the whole is 0.

    Args:
        part: Any number.
        whole: Any number, of the same unit.

    Raises:
        ValueError: one is not a finite number, or the result is too large.
    """
    check_finite("the part", part)
    check_finite("the whole", whole)
    return check_result("the share", part / whole) if whole else 0.0


def step_up(x: float, *sizes: float) -> float:
    """Find the smallest of the sizes on sale that is enough for `x`, all of one unit.

    Args:
        x: What is needed. A size smaller by float noise only is still enough.
        *sizes: The sizes, in any order.

    Raises:
        ValueError: there is no size, or `x` is above the largest.
    """
    check_finite("the size needed", x)
    needed = x - NOISE * abs(x)
    enough = [size for size in sizes if check_finite("a size", size) >= needed]
    if enough:
        return min(enough)
    if not sizes:
        raise ValueError(f"there is no size to choose from for {say(x)}")
    raise ValueError(f"{say(x)} is above the largest size {say(max(sizes))}")


def lookup(x: float, *terms: float) -> float:
    """Find a value in a table: `lookup(x, limit, value, limit, value, ...)`.

    Sizing guides have such tables, as of the cores for up to 1,000, 2,000 and 5,000 users.

    Args:
        x: What decides. A limit smaller by float noise only is still not passed.
        *terms: Limits (in the unit of `x`) and values by turns, a limit first.

    Raises:
        ValueError: `x` is above the last limit, or the limits do not increase.
    """
    check_finite("what is looked up", x)
    limits = [check_finite("a limit", limit) for limit in terms[0::2]]
    values = [check_finite("a value", value) for value in terms[1::2]]
    for before, limit in pairwise(limits):
        if limit <= before:
            message = "the limits of a table must increase, but"
            raise ValueError(f"{message} {say(limit)} follows {say(before)}")
    for limit, value in zip(limits, values, strict=True):
        if x - NOISE * abs(x) <= limit:
            return value
    raise ValueError(f"{say(x)} is above the last limit {say(limits[-1])}")


def tiers(x: float, *terms: float) -> float:
    """Price an amount whose price changes at limits: `tiers(x, price, limit, price, ..., price)`.

    Only the part of `x` between two limits has the price that stands between them, as in the price
    lists of cloud providers: `tiers(57_000, 0.09, 10_240, 0.085, 51_200, 0.07)`.

    Args:
        x: The amount, from 0 up.
        *terms: Prices (per unit of `x`) and limits (in the unit of `x`) by turns, a price first.
            Where the last term is a limit, there is no price above it.

    Returns:
        The cost, in price times amount.

    Raises:
        ValueError: `x` is negative or above a last limit, there is no price, or the limits do not
            increase from 0.
    """
    check_not_negative("the amount", x)
    prices, limits = _prices_and_limits(terms)
    if len(limits) == len(prices) and less(limits[-1], x):
        raise ValueError(f"the amount {say(x)} is above the last limit {say(limits[-1])}")
    spans = pairwise((0.0, *limits, math.inf))
    parts = (
        price * (min(x, to) - since)
        for price, (since, to) in zip(prices, spans, strict=False)
        if x > since
    )
    return check_result("the price", sum(parts, start=0.0))


@lru_cache(1024)
def _prices_and_limits(terms: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not terms:
        raise ValueError("tiers need at least one price")
    prices, limits = terms[0::2], terms[1::2]
    for price in prices:
        check_finite("a price", price)
    for before, limit in pairwise((0.0, *limits)):
        if check_finite("a limit", limit) <= before:
            raise ValueError(
                f"the limits of tiers must increase, but {say(limit)} follows {say(before)}"
            )
    return prices, limits


# --- over arrays ----------------------------------------------------------------------------------


def _proportion_arrays(np: ModuleType, part: Any, whole: Any) -> Any:
    return np.where(whole == 0, 0.0, part / np.where(whole == 0, 1.0, whole))


def _step_up_arrays(np: ModuleType, x: Any, *sizes: Any) -> Any:
    enough: Any = np.inf
    needed = x - NOISE * np.abs(x)
    for size in sizes:
        enough = np.minimum(enough, np.where(size >= needed, size, np.inf))
    return np.where(np.isinf(enough), np.nan, enough)


def _lookup_arrays(np: ModuleType, x: Any, *terms: Any) -> Any:
    found: Any = np.nan
    needed = x - NOISE * np.abs(x)
    for limit, value in reversed(list(zip(terms[0::2], terms[1::2], strict=True))):
        found = np.where(needed <= limit, value, found)
    return found


def _tiers_arrays(np: ModuleType, x: Any, *terms: Any) -> Any:
    prices, limits = terms[0::2], terms[1::2]
    total, since = 0.0 * x, 0.0
    for index, price in enumerate(prices):
        to = limits[index] if index < len(limits) else np.inf
        total = total + price * np.clip(x - since, 0.0, to - since)
        since = to
    if len(limits) == len(prices):
        total = np.where(numeric_arrays.less(np, limits[-1], x), np.nan, total)
    return total


FUNCTIONS = (
    Function(
        "step_up",
        (("x", "a"), ("size", "a")),
        "a",
        "The smallest of the sizes that is at least x: the next size sold.",
        example=("step_up(5 GB, 4 GB, 8 GB, 16 GB)", "8 GB"),
        scalar=step_up,
        array=_step_up_arrays,
        repeats=1,
    ),
    Function(
        "lookup",
        (("x", "a"), ("limit", "a"), ("value", "b")),
        "b",
        "The value in a table: the first for x up to the first limit, and so on.",
        example=("lookup(3000, 1000, 8 GB, 2000, 16 GB, 5000, 32 GB)", "32 GB"),
        scalar=lookup,
        array=_lookup_arrays,
        repeats=2,
        also_called=("vlookup", "hlookup", "xlookup", "switch", "case", "choose", "table"),
    ),
    Function(
        "proportion",
        (("part", "a"), ("whole", "a")),
        PLAIN,
        "A part as a share of the whole; 0 where there is nothing.",
        example=("proportion(1 GB, 4 GB)", "25%"),
        scalar=proportion,
        array=_proportion_arrays,
    ),
    Function(
        "tiers",
        (("x", "a"), ("price", "b"), ("limit", "a"), ("price", "b")),
        lambda of: multiply(of["a"], of["b"]),
        "A tiered price: x up to the first limit at the first price, and so on.",
        example=("tiers(60 TB, $0.023/GB, 50 TB, $0.022/GB)", "$1370"),
        scalar=tiers,
        array=_tiers_arrays,
        repeats=2,
        fewest=2,
    ),
)
