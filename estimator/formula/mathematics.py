"""Mathematics that several functions of formulas share."""

import math
from collections.abc import Callable
from typing import Any

from estimator.formula.numeric import less_equal

STIRLING_FROM = 16.0
"""The least number of which the error of Stirling's formula is added up as a series."""
_SEARCH_LIMIT = 1e16  # about where a float no longer tells one whole number from the next


def log1p_less(x: float) -> float:
    """Return `log(1 + x) - x` without cancellation near 0, for `x > -1`."""
    if not -0.1 < x < 0.1:
        return math.log1p(x) - x
    r = x / (2.0 + x)  # log(1 + x) = 2 atanh(r)
    y = r * r
    series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y / 11)))
    return r * (2.0 * y * series - x)


def stirling_error(n: float) -> float:
    """Return `log(n!)` less Stirling's formula, `(n + 1/2) log n - n + log(2 pi) / 2`; n >= 1."""
    if n < STIRLING_FROM:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(math.tau)
    return float(stirling_series(n))


def stirling_series(n: Any) -> Any:
    """Return the same for numbers of at least `STIRLING_FROM`, be it a float or an array."""
    square = n * n
    return (
        1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square
    ) / n


def fewest(
    tail: Callable[[float], float],
    most: float,
    first: float,
    step: float = 1.0,
    guess: float = 0.0,
) -> float:
    """Find the least whole number for which something that never rises is small enough.

    It is enough within the tolerance of `less_equal`. A few values are asked for: the search goes
    from a guess by doubled steps, and then interpolates the logarithm.

    Args:
        tail: What falls, from 0 up.
        most: How much of it may be left, above 0.
        first: A whole number below which nothing will do.
        step: How far to look first.
        guess: About where it is; `first` where that is not known.

    Returns:
        The number, or infinity where none up to 1e16 will do.
    """
    width = max(float(math.ceil(min(step, _SEARCH_LIMIT))), 1.0)
    at = max(float(math.floor(min(guess, _SEARCH_LIMIT))), float(first))
    value = tail(at)
    is_enough = less_equal(value, most)
    while True:
        if is_enough and at == first:
            return at
        if not is_enough and at > _SEARCH_LIMIT:
            return math.inf
        after = max(at - width, float(first)) if is_enough else at + width
        beyond = tail(after)
        if less_equal(beyond, most) != is_enough:
            break
        width *= 2.0
        at, value = after, beyond
    ends = sorted(((at, _height(value, most)), (after, _height(beyond, most))))
    return _fewest_between(tail, most, *ends)


def _fewest_between(
    tail: Callable[[float], float],
    most: float,
    low: tuple[float, float],
    high: tuple[float, float],
) -> float:
    """Narrow a number that is too low and one that will do, until they are neighbours.

    Two interpolations, which halve an end that stays (the Illinois rule), and a bisection by turns.
    """
    (start, above), (end, below) = low, high
    turn = side = 0
    while end - start > 1.0:
        turn += 1
        if turn % 3 == 0 or not 0.0 < above - below < math.inf:
            middle = start + (end - start) // 2.0
        else:
            middle = math.ceil(start + (end - start) * (above / (above - below)))
            middle = min(max(middle, start + 1.0), end - 1.0)
        if not start < middle < end:
            break  # floats tell no further numbers apart
        value = tail(middle)
        if less_equal(value, most):
            end, below = middle, _height(value, most)
            above *= 0.5 if side == 1 else 1.0
            side = 1
        else:
            start, above = middle, _height(value, most)
            below *= 0.5 if side == -1 else 1.0
            side = -1
    return float(end)


def _height(value: float, most: float) -> float:
    return math.log(value) - math.log(most) if value > 0.0 else -math.inf
