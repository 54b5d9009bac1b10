"""Formulas over arrays of samples, by NumPy: the backend beside that of single floats.

This module imports NumPy, which takes as long as all the rest of a run; it is itself imported only
where a scenario has ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache, partial, reduce
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from estimator.formula import numeric_arrays
from estimator.formula.emit import ARRAY_CODE
from estimator.formula.functions import FUNCTIONS, PER_SAMPLE, Function, Inline
from estimator.formula.shared import SharedFormula
from estimator.library.compiled import stored_functions
from estimator.units import Calendar

if TYPE_CHECKING:
    from numpy.typing import NDArray

Array: TypeAlias = "NDArray[np.float64]"
Labels: TypeAlias = "NDArray[np.intp]"
"""Whole numbers that say what each sample is of."""


def _over_arrays(function: Function) -> Callable[..., Any]:
    """Return what computes a function that is called over arrays."""
    assert not isinstance(function.array, Inline)
    if function.array is not PER_SAMPLE:
        return partial(function.array, np)
    assert not isinstance(function.scalar, Inline)  # no such function can be made
    return partial(numeric_arrays.call_per_sample, np, function.scalar)


ARRAYS = ARRAY_CODE._replace(
    scope={
        "__builtins__": {},
        "sum": sum,
        "prod": math.prod,
        "pow": np.power,
        "close": partial(numeric_arrays.close, np),
        "less": partial(numeric_arrays.less, np),
        "less_equal": partial(numeric_arrays.less_equal, np),
        "near": partial(numeric_arrays.near, np),
        "every": lambda *conditions: reduce(np.logical_and, conditions),
        "some": lambda *conditions: reduce(np.logical_or, conditions),
        "logical_not": np.logical_not,
        **{
            f"f_{f.name}": _over_arrays(f)
            for f in FUNCTIONS.values()
            if not isinstance(f.array, Inline)
        },
        "inf": math.inf,
        "nan": math.nan,
    },
)
"""Arrays of samples, or floats and arrays mixed. Whatever has no value in a sample is NaN there,
so that both branches of an `if` can be computed."""


def array_functions(
    formulas: Iterable[SharedFormula], calendar: Calendar
) -> dict[SharedFormula, Callable[..., Any]]:
    """Return what computes formulas over arrays, from what their names stand for, in their order.

    That of the shipped kinds is stored with them, by the code that computes single floats.
    """
    known, found, fresh = _stored(), {}, {}
    for formula in formulas:
        code, numbers = formula.code(calendar)
        if code not in known and code not in fresh:
            fresh[code] = formula.code(calendar, ARRAYS)[0]
        found[formula] = code, numbers
    made = eval(f"({', '.join(fresh.values())},)", ARRAYS.scope) if fresh else ()
    functions = {**known, **dict(zip(fresh, made, strict=True))}
    return {
        formula: partial(functions[code], *numbers) for formula, (code, numbers) in found.items()
    }


@cache
def _stored() -> dict[str, Callable[..., Any]]:
    return stored_functions(ARRAYS.scope, over_arrays=True)
