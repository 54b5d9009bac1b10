"""Arithmetic: sums, extremes, rounding, roots and logarithms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce

from estimator.formula import numeric, numeric_arrays
from estimator.formula.arguments import check_finite, say
from estimator.formula.functions.function import PER_SAMPLE, Function, Inline
from estimator.units.dimension import CONDITION, PLAIN, power

LONGEST_INFIX = 40
"""Python's compiler recurses through a chain of operators; a longer one is written as a call."""


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


# --- as Python expressions ------------------------------------------------------------------------


def _extreme(name: str) -> Inline:
    """Return the least or the largest of the arguments, of which a single one is itself."""
    return Inline(lambda a: f"{name}({', '.join(a)})" if len(a) > 1 else a[0])


def _sum(arguments: Sequence[str]) -> str:
    return f"sum(({', '.join(arguments)},))" if len(arguments) > 1 else arguments[0]


def _array_sum(arguments: Sequence[str]) -> str:
    if len(arguments) < LONGEST_INFIX:  # NumPy reuses the memory of what an operator leaves over
        return f"({' + '.join(arguments)})"
    return _sum(arguments)


def _product(arguments: Sequence[str]) -> str:
    if len(arguments) < LONGEST_INFIX:
        return f"({' * '.join(arguments)})"
    return f"prod(({', '.join(arguments)}))"


def _if(arguments: Sequence[str]) -> str:
    condition, then, otherwise = arguments
    return f"({then} if {condition} else {otherwise})"


_X = (("x", "a"),)
_NUMBER = (("x", PLAIN),)

FUNCTIONS = (
    Function(
        "min",
        _X,
        "a",
        "The smallest of its values.",
        example=("min(3 GB, 2 GB)", "2 GB"),
        scalar=_extreme("min"),
        array=lambda np, *x: reduce(np.minimum, x),
        repeats=1,
        also_called=("minimum", "least"),
    ),
    Function(
        "max",
        _X,
        "a",
        "The largest of its values.",
        example=("max(1 GB, 2 GB)", "2 GB"),
        scalar=_extreme("max"),
        array=lambda np, *x: reduce(np.maximum, x),
        repeats=1,
        also_called=("maximum", "greatest"),
    ),
    Function(
        "sum",
        _X,
        "a",
        "All its values together.",
        example=("sum(0.5 GB, 1.5 GB)", "2 GB"),
        scalar=Inline(_sum),
        array=Inline(_array_sum),
        repeats=1,
        also_called=("total", "add"),
    ),
    Function(
        "product",
        _NUMBER,
        PLAIN,
        "Its values multiplied.",
        example=("product(99%, 2, 50)", "99"),
        scalar=Inline(_product),
        array=Inline(_product),
        repeats=1,
        also_called=("mul", "multiply", "prod"),
    ),
    Function(
        "ceil",
        _NUMBER,
        PLAIN,
        "Rounded up to a whole number.",
        example=("ceil(2.1)", "3"),
        scalar=numeric.ceil_,
        array=numeric_arrays.ceil_,
        also_called=("ceiling", "roundup", "round_up"),
    ),
    Function(
        "floor",
        _NUMBER,
        PLAIN,
        "Rounded down to a whole number.",
        example=("floor(3.9)", "3"),
        scalar=numeric.floor_,
        array=numeric_arrays.floor_,
        also_called=("rounddown", "round_down", "trunc", "truncate", "int", "integer"),
    ),
    Function(
        "round",
        _NUMBER,
        PLAIN,
        "Rounded to the nearest whole number.",
        example=("round(2.6)", "3"),
        scalar=numeric.round_,
        array=numeric_arrays.round_,
    ),
    Function(
        "mod",
        (("x", "a"), ("y", "a")),
        "a",
        "What x leaves over when it is divided by y.",
        example=("mod(7 h, 3 h)", "1 h"),
        scalar=math.fmod,
        array=lambda np, x, y: np.fmod(x, y),
        also_called=("modulo", "rem", "fmod"),
    ),
    Function(
        "significant",
        (("x", "a"), ("digits", PLAIN)),
        "a",
        "Rounded to a number of significant digits.",
        example=("significant(123456, 2)", "120_000"),
        scalar=numeric.significant,
        array=PER_SAMPLE,
    ),
    Function(
        "abs",
        _X,
        "a",
        "x without its sign.",
        example=("abs(1 GB - 3 GB)", "2 GB"),
        scalar=abs,
        array=lambda np, x: np.absolute(x),
        also_called=("absolute",),
    ),
    Function(
        "sqrt",
        _X,
        lambda of: power(of["a"], 0.5),
        "The square root.",
        example=("sqrt(16 B^2)", "4 B"),
        scalar=math.sqrt,
        array=lambda np, x: np.sqrt(x),
    ),
    Function(
        "hypot",
        _X,
        "a",
        "The root of the sum of squares: how independent standard deviations add up.",
        example=("hypot(0 B, 4 B)", "4 B"),
        scalar=math.hypot,
        array=lambda np, *x: reduce(np.hypot, x),
        repeats=1,
    ),
    Function(
        "exp",
        _NUMBER,
        PLAIN,
        "e to the power of x.",
        example=("exp(0)", "1"),
        scalar=math.exp,
        array=lambda np, x: np.exp(x),
    ),
    Function(
        "log",
        _NUMBER,
        PLAIN,
        "The natural logarithm.",
        example=("log(exp(1))", "1"),
        scalar=math.log,
        array=lambda np, x: np.log(x),
    ),
    Function(
        "ln",
        _NUMBER,
        PLAIN,
        "The natural logarithm, as `log`.",
        example=("ln(exp(1))", "1"),
        scalar=math.log,
        array=lambda np, x: np.log(x),
    ),
    Function(
        "log2",
        _NUMBER,
        PLAIN,
        "The logarithm to base 2.",
        example=("log2(2)", "1"),
        scalar=math.log2,
        array=lambda np, x: np.log2(x),
    ),
    Function(
        "log10",
        _NUMBER,
        PLAIN,
        "The logarithm to base 10.",
        example=("log10(10)", "1"),
        scalar=math.log10,
        array=lambda np, x: np.log10(x),
        also_called=("lg",),
    ),
    Function(
        "clamp",
        (("x", "a"), ("low", "a"), ("high", "a")),
        "a",
        "x, but no less than low and no more than high.",
        example=("clamp(5 GB, 1 GB, 2 GB)", "2 GB"),
        scalar=clamp,
        array=lambda np, x, low, high: np.minimum(np.maximum(x, low), high),
        also_called=("limit", "clip"),
    ),
    Function(
        "if",
        (("condition", CONDITION), ("then", "a"), ("otherwise", "a")),
        "a",
        "The second value where the condition holds, the third where it does not.",
        example=("if(2 > 1, 3 days, 4 days)", "3 days"),
        scalar=Inline(_if),
        array=lambda np, condition, then, otherwise: np.where(condition, then, otherwise),
        also_called=("iff", "iif", "ifelse", "when", "where"),
    ),
)
