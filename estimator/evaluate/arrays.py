"""Formulas over arrays of draws, by NumPy: what `formula.compile` does for single numbers.

This module imports NumPy, which takes as long as all the rest of a run; it is itself imported only
where a scenario has ranges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from estimator.formula.arguments import NOISE, TOLERANCE, ZERO
from estimator.formula.compile import literal_value, unit_factor
from estimator.formula.functions import EMPTY, FUNCTIONS, NAMESPACE, SLOW
from estimator.formula.ranges import is_range
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Power,
    UnitRef,
    walk,
)
from estimator.units import Calendar

Array: TypeAlias = NDArray[np.float64]


def is_costly(node: Node) -> bool:
    """Is there a function in a tree that takes its arguments one draw after the other?"""
    return not is_range(node) and any(
        isinstance(n, Call) and n.function in ONE_BY_ONE for n in walk(node)
    )


def array_code(node: Node, variable: Callable[[str], str], calendar: Calendar) -> str:
    """The Python expression of a settled tree over arrays, or over numbers and arrays mixed."""

    def of(part: Node) -> str:
        match part:
            case Name():
                return variable(part.path)
            case Number():
                return repr(part.value)
            case Chain():
                return "(" + of(part.first) + "".join(f" {op} {of(t)}" for op, t in part.rest) + ")"
            case Call():
                return _call(part, of)
            case UnitRef():
                return repr(unit_factor(part.name, calendar))
            case Literal():
                return repr(literal_value(part, calendar))
            case Negative():
                return f"(-{of(part.operand)})"
            case Power():
                return f"power({of(part.base)}, {of(part.exponent)})"
            case Compare():
                return f"compared[{part.op!r}]({of(part.left)}, {of(part.right)})"
            case Logic():
                name = "logical_and" if part.op == "and" else "logical_or"
                return reduce(lambda a, b: f"{name}({a}, {b})", map(of, part.operands))
            case Not():
                return f"logical_not({of(part.operand)})"
            case Convert():
                return of(part.operand)
            case _:
                raise AssertionError("a range has a name by now")

    return of(node)


def _call(node: Call, of: Callable[[Node], str]) -> str:
    if node.function == EMPTY:
        return "0.0"
    arguments = [of(a) for a in node.arguments]
    if node.function in _CERTAIN:
        return _CERTAIN[node.function](arguments)
    if node.function in _PLAIN:
        return _PLAIN[node.function](arguments)
    if node.function in VECTORS:
        return f"vectors[{node.function!r}]({', '.join(arguments)})"
    return f"one_by_one({node.function!r}, {', '.join(arguments)})"


def _infix(sign: str) -> Callable[[Sequence[str]], str]:
    return lambda arguments: "(" + f" {sign} ".join(arguments) + ")"


def _pairs(name: str) -> Callable[[Sequence[str]], str]:
    return lambda arguments: reduce(lambda a, b: f"{name}({a}, {b})", arguments)


_CERTAIN: dict[str, Callable[[Sequence[str]], str]] = {
    **dict.fromkeys(("p5", "p50", "p95", "mean"), lambda arguments: arguments[0]),
    "probability": lambda arguments: f"where({arguments[0]}, 1.0, 0.0)",
}
"""Those are numbers by now where they are of ranges; what is left is the same in every draw."""

_PLAIN: dict[str, Callable[[Sequence[str]], str]] = {
    EMPTY: lambda _: "0.0",
    "min": _pairs("minimum"),
    "max": _pairs("maximum"),
    "sum": _infix("+"),
    "product": _infix("*"),
    "if": lambda a: f"where({', '.join(a)})",
    "abs": lambda a: f"absolute({a[0]})",
    "sqrt": lambda a: f"sqrt({a[0]})",
    "exp": lambda a: f"exp({a[0]})",
    "log": lambda a: f"log({a[0]})",
    "log2": lambda a: f"log2({a[0]})",
    "log10": lambda a: f"log10({a[0]})",
    "hypot": _pairs("hypot"),
}


# --- functions of the language over arrays --------------------------------------------------------


def _rounded(direction: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Rounding to whole numbers, where a number is whole within the tolerance, as in `numeric`."""

    def rounded(x: Any) -> Any:
        nearest = np.rint(x)
        is_whole = np.abs(x - nearest) <= np.maximum(NOISE * np.abs(nearest), ZERO)
        return np.where(is_whole, nearest, direction(x))

    return rounded


_ceil, _floor = _rounded(np.ceil), _rounded(np.floor)


def _round(x: Any) -> Any:
    return np.copysign(_floor(np.abs(x) + 0.5), x) + 0.0


def _proportion(part: Any, whole: Any) -> Any:
    return np.where(whole == 0, 0.0, part / np.where(whole == 0, 1.0, whole))


def _step_up(x: Any, *sizes: Any) -> Any:
    enough: Any = np.inf
    needed = x - NOISE * np.abs(x)
    for size in sizes:
        enough = np.minimum(enough, np.where(size >= needed, size, np.inf))
    return np.where(np.isinf(enough), np.nan, enough)


def _tiers(x: Any, *terms: Any) -> Any:
    prices, limits = terms[0::2], terms[1::2]
    total, since = 0.0 * x, 0.0
    for index, price in enumerate(prices):
        to = limits[index] if index < len(limits) else np.inf
        total = total + price * np.clip(x - since, 0.0, to - since)
        since = to
    if len(limits) == len(prices):
        total = np.where(_less(limits[-1], x), np.nan, total)
    return total


def _parallel(*shares: Any) -> Any:
    up: Any = 0.0
    for share in shares:
        up = up + share * (1.0 - up)
    return np.minimum(up, 1.0)


def _usl(n: Any, sigma: Any, kappa: Any) -> Any:
    return n / (1.0 + (n - 1.0) * (sigma + kappa * n))


def _calls_time(calls: Any, mean: Any) -> Any:
    return np.where(calls == 0, 0.0, calls * np.where(calls == 0, 0.0, mean))


VECTORS: dict[str, Callable[..., Any]] = {
    "ceil": _ceil,
    "floor": _floor,
    "round": _round,
    "clamp": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "proportion": _proportion,
    "step_up": _step_up,
    "tiers": _tiers,
    "parallel": _parallel,
    "usl": _usl,
    "usl_peak": lambda sigma, kappa: np.sqrt((1.0 - sigma) / kappa),
    "sqrt_servers": lambda load, beta: _ceil(load + beta * np.sqrt(load)),
    "calls_time": _calls_time,
    "bloom_bits": lambda error: -np.log(error) / math.log(2.0) ** 2,
    "bloom_hashes": lambda error: np.maximum(1.0, _ceil(-np.log2(error))),
}
"""Functions that take whole arrays; NaN where the function refuses its arguments."""


ONE_BY_ONE = frozenset(
    {
        *SLOW,
        "calls_fixed",
        "calls_rest",
        "calls_scale",
        "calls_sd",
        "halfin_whitt",
        "path_sd",
        "significant",
        "visits_variance",
    }
)
"""Functions that take single numbers; what is made of them is told from fewer draws."""


def one_by_one(name: str, *arguments: Any) -> Any:
    """A function that takes single numbers, over arrays; NaN where it refuses its arguments.

    What is asked again is not computed again: rounded numbers of servers repeat.
    """
    function = NAMESPACE[name]
    known: dict[tuple[float, ...], float] = {}

    def at(*values: float) -> float:
        found = known.get(values)
        if found is None:
            try:
                found = float(function(*values))
            except (ArithmeticError, ValueError):
                found = math.nan
            known[values] = found
        return found

    columns = np.broadcast_arrays(*(np.asarray(a, dtype=float) for a in arguments))
    if columns[0].ndim == 0:
        return at(*(float(c) for c in columns))
    return np.fromiter(map(at, *(c.tolist() for c in columns)), float, columns[0].size)


def significant(x: Any, digits: int) -> Any:
    """Rounded to so many significant digits."""
    exponent = np.floor(np.log10(np.abs(np.where(x == 0, 1.0, x))))
    scale = 10.0 ** (digits - 1 - exponent)
    return np.round(x * scale) / scale


# --- comparisons, with the tolerance of `numeric` -------------------------------------------------


def _close(a: Any, b: Any) -> Any:
    near = np.abs(a - b) <= TOLERANCE * np.maximum(np.abs(a), np.abs(b))
    return np.where(np.isinf(a) | np.isinf(b), a == b, near)  # no number is near one without end


def _less(a: Any, b: Any) -> Any:
    return (a < b) & ~_close(a, b)


def _less_equal(a: Any, b: Any) -> Any:
    return (a < b) | _close(a, b)


COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    "<": _less,
    "<=": _less_equal,
    ">": lambda a, b: _less(b, a),
    ">=": lambda a, b: _less_equal(b, a),
    "==": _close,
    "!=": lambda a, b: ~_close(a, b),
}

SCOPE: dict[str, Any] = {
    "__builtins__": {},
    "compared": COMPARED,
    "vectors": VECTORS,
    "one_by_one": one_by_one,
    "significant": significant,
    **{
        name: getattr(np, name)
        for name in (
            "absolute",
            "minimum",
            "maximum",
            "where",
            "sqrt",
            "exp",
            "log",
            "log2",
            "log10",
            "hypot",
            "power",
            "logical_and",
            "logical_or",
            "logical_not",
        )
    },
}
"""All that compiled formulas can reach."""

assert {*_PLAIN, *_CERTAIN, *VECTORS, *ONE_BY_ONE} - {EMPTY} == FUNCTIONS.keys()
assert ONE_BY_ONE.isdisjoint({*_PLAIN, *_CERTAIN, *VECTORS})
