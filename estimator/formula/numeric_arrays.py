"""Compare and round arrays as `numeric` does floats; NaN where that refuses its arguments.

Each function takes NumPy first, which is imported only where a scenario has ranges.
"""

import math
import sys
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import compress
from types import ModuleType
from typing import Any

from estimator.formula.arguments import NOISE, TOLERANCE, ZERO


def close(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where two numbers of the same unit are equal but for float noise."""
    return (a == b) | (np.abs(b - a) <= _noise(np, a, b))


def less(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where `a` is below `b` by more than float noise."""
    return b - a > _noise(np, a, b)


def less_equal(np: ModuleType, a: Any, b: Any) -> Any:
    """Tell where `a` is below `b`, or equal to it but for float noise."""
    return (a == b) | (b - a >= -_noise(np, a, b))


def _noise(np: ModuleType, a: Any, b: Any) -> Any:
    """Return how far apart two numbers may be that are equal; no finite one is near infinity."""
    return TOLERANCE * np.minimum(np.maximum(np.abs(a), np.abs(b)), sys.float_info.max)


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


def legal(np: ModuleType, *numbers: Any) -> Any:
    """Tell where all of some numbers are finite and 0 or more."""
    return reduce(np.logical_and, [(number >= 0.0) & (number < math.inf) for number in numbers])


def call_per_sample(np: ModuleType, function: Callable[..., float], *arguments: Any) -> Any:
    """Call a function of floats once for each sample; NaN where it refuses its arguments.

    No call is made twice: rounded numbers, as of servers, repeat.
    """
    columns = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in arguments))
    size, shape = columns[0].size, columns[0].shape
    first = [float(c.flat[0]) for c in columns] if size else []
    varies = [bool((c != f).any()) for c, f in zip(columns, first, strict=False)]

    def at(varying: Sequence[float]) -> float:
        each = iter(varying)
        known = zip(first, varies, strict=True)
        try:
            return float(function(*(next(each) if varied else value for value, varied in known)))
        except (ArithmeticError, ValueError):
            return math.nan

    if not size:
        return np.empty(shape)
    if not shape or not any(varies):
        found = at([f for f, varied in zip(first, varies, strict=True) if varied])
        return np.full(shape, found) if shape else found
    rows = list(zip(*(c.ravel().tolist() for c in compress(columns, varies)), strict=True))
    known = {row: at(row) for row in dict.fromkeys(rows)}
    return np.fromiter(map(known.__getitem__, rows), float, size).reshape(shape)
