"""Questions about an estimate: which machine, how many nines, and how it came about."""

from estimator.analyse.estimate import Estimate, estimate, estimated

__all__ = ["Estimate", "estimate", "estimated"]
