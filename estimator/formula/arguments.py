"""Checks of the arguments of functions, and of their results.

An argument that makes no sense or is not finite, and a result too large for a float, raise
`ValueError` with a message that reads well after "cannot compute: ".
"""

import math

from estimator.units.write import digits

TOLERANCE = 1e-9
"""Two numbers closer than this share of the larger one are the same number, where compared."""

NOISE = 64 * 2.0**-52
"""The share that rounding takes for float noise: what some dozens of steps leave, each of which
rounds. It is 1.4 in 1e14, so that a fifth in a hundred million still counts."""

ZERO = 1e-15
"""Rounding takes anything this small for zero: 0.1 + 0.2 - 0.3 is 5.6e-17."""


def nearby_whole(x: float, tolerance: float = NOISE) -> float | None:
    """Find the whole number that `x` is but for float noise."""
    whole = float(round(x))
    off = abs(x - whole)
    return whole if off <= ZERO or off <= tolerance * abs(whole) else None


def say(x: float) -> str:
    """Return a number as messages show it."""
    return digits(x, 10)


def check_finite(what: str, x: float) -> float:
    """Give `x` back, which must be finite."""
    if not math.isfinite(x):
        raise ValueError(f"{what} must be a finite number, not {x}")
    return x


def check_result(what: str, x: float) -> float:
    """Give a result back, which must fit into a float."""
    if not math.isfinite(x):
        raise ValueError(f"{what} is too large a number")
    return x


def check_not_negative(what: str, x: float) -> float:
    """Give `x` back, which must be finite and 0 or more."""
    if 0.0 <= x < math.inf:
        return x
    check_finite(what, x)
    raise ValueError(f"{what} {say(x)} must not be negative")


def check_positive(what: str, x: float) -> float:
    """Give `x` back, which must be finite and above 0."""
    if 0.0 < x < math.inf:
        return x
    check_finite(what, x)
    raise ValueError(f"{what} {say(x)} must be above 0")


def check_share(what: str, x: float) -> float:
    """Give `x` back, which must be from 0 to 1."""
    if 0.0 <= x <= 1.0:
        return x
    check_finite(what, x)
    raise ValueError(f"{what} {say(x)} must be from 0 to 1")


def check_inner_share(what: str, x: float) -> float:
    """Give `x` back, which must be above 0 and below 1."""
    if 0.0 < x < 1.0:
        return x
    check_finite(what, x)
    raise ValueError(f"{what} {say(x)} must be above 0 and below 1")


def check_whole(what: str, x: float) -> float:
    """Give the whole number that `x` must be but for float noise, 0 or more."""
    whole = nearby_whole(check_not_negative(what, x), TOLERANCE)
    if whole is None:
        raise ValueError(f"{what} {say(x)} must be a whole number")
    return whole
