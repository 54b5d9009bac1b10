"""Estimates from ranges: how far quantities spread, what drives them, and chances.

Only what tells whether there are ranges is imported with the package. `estimate` and all else is
imported where there are some: NumPy takes as long as everything else in a run.
"""

from estimator.evaluate.uncertainty.dependence import is_uncertain
from estimator.evaluate.uncertainty.options import SamplingOptions

__all__ = ["SamplingOptions", "is_uncertain"]
