"""Questions about an estimate: which machine, how many nines, and how it came about."""

from estimator.analyse.estimate import Estimate, estimate, estimated
from estimator.analyse.machines import alternatives

__all__ = ["Estimate", "alternatives", "estimate", "estimated"]
