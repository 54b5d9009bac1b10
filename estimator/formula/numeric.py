"""Comparing, rounding and pricing, for formulas, over plain floats.

Every function that formulas call takes and returns floats (comparisons return `bool`), keeps no
state, and is bounded in time: the slowest takes a few milliseconds for any finite argument. What
makes no sense raises `ValueError` (see `arguments`); infinity is taken and given only where a
function says so. Those of queues are in `queueing`, those of redundancy in
`reliability`, and so on.

Two numbers within one part in 1e9 of each other compare as the same number. What is a whole number
but for float noise rounds to that, so that noise never buys a server: `ceil_(0.1 * 3 / 0.1)` is 3.
"""

import math
from functools import lru_cache
from itertools import pairwise

from estimator.formula.arguments import (
    NOISE,
    TOLERANCE,
    check_finite,
    check_not_negative,
    check_result,
    check_whole,
    nearby_whole,
    say,
)

_DIGITS_LIMIT = 15.0  # decimal digits that every float carries


# --- Comparing and rounding -----------------------------------------------------------------------


def close(a: float, b: float) -> bool:
    """Tell whether two numbers of the same unit are equal but for float noise.

    The tolerance is one part in 1e9 of the larger one, so only zero is close to zero. NaN is close
    to nothing.
    """
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0)


def less(a: float, b: float) -> bool:
    """Tell whether `a` is below `b` by more than float noise (see `close`)."""
    return a < b and not close(a, b)


def less_equal(a: float, b: float) -> bool:
    """Tell whether `a` is below `b`, or equal to it but for float noise (see `close`)."""
    return a < b or close(a, b)


def greater(a: float, b: float) -> bool:
    """Tell whether `a` is above `b` by more than float noise (see `close`)."""
    return less(b, a)


def greater_equal(a: float, b: float) -> bool:
    """Tell whether `a` is above `b`, or equal to it but for float noise (see `close`)."""
    return less_equal(b, a)


def ceil_(x: float) -> float:
    """Round up to a whole number; what is one but for float noise (`NOISE`) is that one.

    The tolerance is relative, so a real need of 1e-12 of a disk still buys a disk. Only below
    1e-15, where numbers are what a subtraction leaves over, is the result 0.

    Raises:
        ValueError: `x` is not finite.
    """
    whole = nearby_whole(check_finite("the number to round", x))
    return float(math.ceil(x)) if whole is None else whole


def floor_(x: float) -> float:
    """Round down to a whole number; what is one but for float noise is that one (see `ceil_`).

    Raises:
        ValueError: `x` is not finite.
    """
    whole = nearby_whole(check_finite("the number to round", x))
    return float(math.floor(x)) if whole is None else whole


def round_(x: float) -> float:
    """Round to the nearest whole number, halves away from zero: 2.5 is 3 and -2.5 is -3.

    A half is recognised with the same tolerance as a whole number: 2.49999999999999956 is 3.

    Raises:
        ValueError: `x` is not finite.
    """
    whole = nearby_whole(check_finite("the number to round", x))
    if whole is not None:
        return whole
    return math.copysign(floor_(abs(x) + 0.5), x) + 0.0  # + 0.0 turns -0.0 into 0.0


def significant(x: float, digits: float) -> float:
    """Round to a number of significant decimal digits, halves away from zero: 1.005 to 3 is 1.01.

    What is rounded is the number as people read it, to 15 digits, so that the float noise below
    a half does not turn 1.005 into 1.00.

    Args:
        x: Any number; 0 stays 0.
        digits: How many digits to keep, a whole number from 1 to 15.

    Raises:
        ValueError: `digits` is not whole or not from 1 to 15, or the result is too large.
    """
    check_finite("the number to round", x)
    kept = check_whole("the number of digits", digits)
    if not 1.0 <= kept <= _DIGITS_LIMIT:
        raise ValueError(f"the number of digits {say(kept)} must be from 1 to 15")
    mantissa, exponent = f"{abs(x):.14e}".split("e")
    step = 10 ** (15 - int(kept))
    steps = (int(mantissa.replace(".", "")) + step // 2) // step
    rounded = float(f"{steps * step}e{int(exponent) - 14}")
    return check_result("the rounded number", math.copysign(rounded, x) + 0.0)


# --- Bounds, sizes and prices ---------------------------------------------------------------------


def clamp(x: float, low: float, high: float) -> float:
    """Keep `x` from `low` to `high`, all of one unit.

    Raises:
        ValueError: `low` is above `high`.
    """
    check_finite("the number to clamp", x)
    check_finite("the lower bound", low)
    check_finite("the upper bound", high)
    if low > high:
        raise ValueError(f"the lower bound {say(low)} is above the upper bound {say(high)}")
    return min(max(x, low), high)


def proportion(part: float, whole: float) -> float:
    """A part as a share of the whole; 0 where the whole is 0.

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
