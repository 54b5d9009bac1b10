"""Compare and round plain floats, as formulas and the rest of the program do.

Two numbers within one part in 1e9 of each other compare as the same number. What is a whole number
but for float noise rounds to that, so that noise never buys a server: `ceil_(0.1 * 3 / 0.1)` is 3.
`numeric_arrays` does the same over arrays.
"""

import math
from typing import NamedTuple

from estimator.formula.arguments import (
    TOLERANCE,
    check_finite,
    check_result,
    check_whole,
    nearby_whole,
    say,
)

_DIGITS_LIMIT = 15.0  # decimal digits that every float carries


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


def near(a: float, b: float, reach: float) -> bool:
    """Tell whether two numbers of the same unit are apart by no more than `reach` (see `close`)."""
    return close(a, b) or less_equal(abs(a - b), abs(reach))


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


class Rounding(NamedTuple):
    """How results are rounded.

    Attributes:
        digits: How many significant digits are kept.
        up: Is it always upwards, and never to the nearest?
    """

    digits: int
    up: bool = False

    def of(self, value: float) -> float:
        """Return a value rounded; a wait without end has no digits."""
        return value if value == math.inf else significant(value, self.digits, up=self.up)


def significant(x: float, digits: float, *, up: bool = False) -> float:
    """Round to a number of significant decimal digits, halves away from zero: 1.005 to 3 is 1.01.

    What is rounded is the number as people read it, to 15 digits, so that the float noise below
    a half does not turn 1.005 into 1.00.

    Args:
        x: Any number; 0 stays 0.
        digits: How many digits to keep, a whole number from 1 to 15.
        up: Round upwards: 1.001 to 3 is 1.01, and -1.009 is -1.

    Raises:
        ValueError: `digits` is not whole or not from 1 to 15, or the result is too large.
    """
    check_finite("the number to round", x)
    kept = check_whole("the number of digits", digits)
    if not 1.0 <= kept <= _DIGITS_LIMIT:
        raise ValueError(f"the number of digits {say(kept)} must be from 1 to 15")
    mantissa, exponent = f"{abs(x):.14e}".split("e")
    step = 10 ** (15 - int(kept))
    more = step // 2 if not up else step - 1 if x > 0 else 0
    steps = (int(mantissa.replace(".", "")) + more) // step
    rounded = float(f"{steps * step}e{int(exponent) - 14}")
    return check_result("the rounded number", math.copysign(rounded, x) + 0.0)
