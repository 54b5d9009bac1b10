"""Percentiles, means and chances of what depends on ranges.

Where they are asked of a range, sampling puts a number in their place before anything is computed
of them. What is left is the same in every sample, and each percentile of it is itself.
"""

from estimator.formula.functions.function import Function, Inline
from estimator.units.dimension import CONDITION, PLAIN

_X = (("x", "a"),)
_ITSELF = Inline(lambda arguments: arguments[0])

FUNCTIONS = (
    Function(
        "p5", _X, "a", "The 5th percentile.", example=("p5(3)", "3"), scalar=_ITSELF, array=_ITSELF
    ),
    Function(
        "p50",
        _X,
        "a",
        "The median.",
        example=("p50(3)", "3"),
        scalar=_ITSELF,
        array=_ITSELF,
        also_called=("median",),
    ),
    Function(
        "p95",
        _X,
        "a",
        "The 95th percentile.",
        example=("p95(3)", "3"),
        scalar=_ITSELF,
        array=_ITSELF,
        also_called=("percentile", "quantile"),
    ),
    Function("mean", _X, "a", "The mean.", example=("mean(3)", "3"), scalar=_ITSELF, array=_ITSELF),
    Function(
        "probability",
        (("condition", CONDITION),),
        PLAIN,
        "The chance that a condition holds.",
        example=("probability(2 > 1)", "1"),
        scalar=Inline(lambda arguments: f"(1.0 if {arguments[0]} else 0.0)"),
        array=lambda np, condition: np.where(condition, 1.0, 0.0),
        also_called=("prob", "chance"),
    ),
)
