"""The functions of the language, a file for each family.

A function is registered in the table at the end of its family's file, beside what computes it; the
record (`function.Function`) has all that the program knows of it. No other file names it.

Those that compute take and return floats, keep no state, and are bounded in time: the slowest takes
a few milliseconds for any finite arguments. What makes no sense raises `ValueError` (see
`arguments`); infinity is taken and given only where a function says so.
"""

from __future__ import annotations

from estimator.formula.functions import (
    arithmetic,
    caches,
    calls,
    erlang,
    forecasts,
    paths,
    percentiles,
    pricing,
    queueing,
    reliability,
    scaling,
)
from estimator.formula.functions.function import (
    PER_SAMPLE,
    ArrayForm,
    Function,
    Inline,
    KnownValue,
)
from estimator.formula.tree import Call, Node, walk

__all__ = [
    "COSTLY",
    "DISTRIBUTIONS",
    "EMPTY",
    "ENDLESS",
    "FUNCTIONS",
    "MOST_MICROSECONDS",
    "NAMESPACE",
    "PER_SAMPLE",
    "SLOW",
    "STATISTICS",
    "WEIGHTED",
    "ArrayForm",
    "Function",
    "Inline",
    "microseconds",
]

FUNCTIONS: dict[str, Function] = {
    function.name: function
    for family in (
        arithmetic,
        pricing,
        erlang,
        queueing,
        calls,
        scaling,
        reliability,
        caches,
        paths,
        percentiles,
        forecasts,
    )
    for function in family.FUNCTIONS
}
"""Every function by its name, in the order of the reference."""

DISTRIBUTIONS: dict[str, str] = {
    "uniform": "uniform(low, high)",
    "normal": "normal(mean, sd)",
    "lognormal": "lognormal(p5, p95)",
    "triangular": "triangular(low, mode, high)",
    "one_of": "one_of(a, b, ...)",
    "truncated": "truncated(range, low, high)",
}
"""The way each distribution is written; `one_of` may have weights: `one_of(30% of a, 70% of b)`."""

WEIGHTED = "of"
"""The function of `30% of x` among the values of `one_of`."""

EMPTY = ""
"""The function of an empty sum: zero of any dimension. It has no name that could be written."""

STATISTICS = frozenset(f.name for f in percentiles.FUNCTIONS)
"""The functions that give a number for what depends on ranges."""

MOST_MICROSECONDS = 20e6
"""The most that the slow functions of a scenario may cost together."""

ENDLESS = frozenset(f.name for f in FUNCTIONS.values() if f.may_be_infinite)
"""The functions whose result may be infinity, which is then no error."""

SLOW = frozenset(f.name for f in FUNCTIONS.values() if f.cost)
"""The functions that search or add up, and take hundreds of times as long as arithmetic."""

WEIGHED = frozenset(f.name for f in FUNCTIONS.values() if callable(f.cost))
"""Those of them whose time depends on their arguments."""

COSTLY = SLOW | {f.name for f in FUNCTIONS.values() if f.array is PER_SAMPLE}
"""The functions of which fewer samples are computed: slow ones, whether over arrays or not, and
those that are called once for each sample."""

NAMESPACE = {f.name: f.scalar for f in FUNCTIONS.values() if not isinstance(f.scalar, Inline)}
"""The scalar form of each function that is called."""


def microseconds(tree: Node, known: KnownValue) -> float:
    """Return about how long the slow functions in a tree take, in microseconds.

    Args:
        tree: A resolved tree.
        known: Gives the value of an argument, infinity where it is not known.
    """
    return sum(
        FUNCTIONS[n.function].microseconds(n.arguments, known)
        for n in walk(tree)
        if isinstance(n, Call) and n.function in SLOW
    )
