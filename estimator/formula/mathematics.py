"""Mathematics that several functions of formulas share."""

import math
from collections.abc import Callable
from functools import cache


def log1p_less(x: float) -> float:
    """`log(1 + x) - x` without cancellation near 0, for `x > -1`."""
    if not -0.1 < x < 0.1:
        return math.log1p(x) - x
    r = x / (2.0 + x)  # log(1 + x) = 2 atanh(r)
    y = r * r
    series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y / 11)))
    return r * (2.0 * y * series - x)


def integral(f: Callable[[float], float], low: float, high: float) -> float:
    """Integrate a smooth function with one peak at least a twentieth of the interval wide."""
    half, middle = 0.5 * (high - low), 0.5 * (high + low)
    return half * sum(weight * f(middle + half * node) for node, weight in _tanh_sinh())


@cache
def _tanh_sinh() -> tuple[tuple[float, float], ...]:
    """Nodes and weights of double exponential quadrature over -1 to 1 (Takahasi, Mori 1974)."""
    step, half_pi = 0.05, 0.5 * math.pi
    places = [step * k for k in range(-63, 64)]
    return tuple(
        (
            math.tanh(half_pi * math.sinh(place)),
            step * half_pi * math.cosh(place) / math.cosh(half_pi * math.sinh(place)) ** 2,
        )
        for place in places
    )


def stirling_error(n: float) -> float:
    """`log(n!)` less Stirling's formula for it, `(n + 1/2) log n - n + log(2 pi) / 2`; n >= 1."""
    if n < 16.0:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(math.tau)
    square = n * n
    return (
        1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square
    ) / n


def least(fits: Callable[[float], bool], first: float, step: float) -> float:
    """Find the least whole number that fits, where all numbers above one that fits fit too.

    Args:
        fits: The question; it is asked about a hundred times at most.
        first: A whole number below which nothing fits.
        step: How far to look first; doubled until something fits.
    """
    if fits(first):
        return float(first)
    low, width = first, max(step, 1.0)
    while not fits(low + width):
        low, width = low + width, 2.0 * width
    high = low + width
    while high - low > 1.0:
        middle = low + (high - low) // 2.0
        low, high = (low, middle) if fits(middle) else (middle, high)
    return float(high)
