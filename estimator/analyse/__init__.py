"""Questions about an estimate: which machine, how many nines, and how it came about."""

from estimator.analyse.estimate import Estimate, estimated
from estimator.analyse.used import BuildOptions

__all__ = ["BuildOptions", "Estimate", "estimated"]
