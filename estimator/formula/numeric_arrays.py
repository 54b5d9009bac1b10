"""Compare and round arrays as `numeric` does floats; NaN where that refuses its arguments.

Each function takes NumPy first, which is imported only where a scenario has ranges.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from estimator.formula.arguments import NOISE, TOLERANCE, ZERO


def close(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where two numbers of the same unit are equal but for float noise."""
    near = np.abs(a - b) <= TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    return np.where(np.isinf(a) | np.isinf(b), a == b, near)  # no finite number is near infinity


def less(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where `a` is below `b` by more than float noise."""
    return (a < b) & ~close(np, a, b)


def less_equal(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where `a` is below `b`, or equal to it but for float noise."""
    return (a < b) | close(np, a, b)


def near(np: ModuleType, a: Any, b: Any, reach: Any) -> Any:
    """Tell where two numbers of the same unit are apart by no more than `reach`."""
    return close(np, a, b) | less_equal(np, np.abs(a - b), np.abs(reach))


def ceil_(np: ModuleType, x: Any) -> Any:
    """Round up to whole numbers; what is one but for float noise is that one."""
    return _rounded(np, x, np.ceil)


def floor_(np: ModuleType, x: Any) -> Any:
    """Round down to whole numbers; what is one but for float noise is that one."""
    return _rounded(np, x, np.floor)


def round_(np: ModuleType, x: Any) -> Any:
    """Round to the nearest whole numbers, halves away from zero."""
    return np.copysign(floor_(np, np.abs(x) + 0.5), x) + 0.0  # + 0.0 turns -0.0 into 0.0


def significant(np: ModuleType, x: Any, digits: int, *, up: bool = False) -> Any:
    """Round to a number of significant decimal digits, from 1 to 15; perhaps always upwards."""
    exponent = np.floor(np.log10(np.abs(np.where(x == 0, 1.0, x))))
    scale = 10.0 ** (digits - 1 - exponent)
    return (ceil_(np, x * scale) if up else np.round(x * scale)) / scale


def _rounded(np: ModuleType, x: Any, direction: Callable[[Any], Any]) -> Any:
    nearest = np.rint(x)
    is_whole = np.abs(x - nearest) <= np.maximum(NOISE * np.abs(nearest), ZERO)
    return np.where(is_whole, nearest, direction(x))
