"""Estimates from ranges: how far quantities spread, what drives them, and chances.

Only what tells whether there are ranges is imported with the package; the rest imports NumPy, which
takes as long as everything else in a run.
"""

from estimator.evaluate.uncertainty.dependence import is_uncertain
from estimator.evaluate.uncertainty.estimate import UncertainEstimate, estimate_uncertainty
from estimator.evaluate.uncertainty.options import Asked, SamplingOptions
from estimator.evaluate.uncertainty.statistics import STATISTICS, with_statistics

__all__ = [
    "STATISTICS",
    "Asked",
    "SamplingOptions",
    "UncertainEstimate",
    "estimate_uncertainty",
    "is_uncertain",
    "with_statistics",
]
