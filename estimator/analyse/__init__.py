"""Questions about an estimate: which machine, how many nines, and how it came about."""

from estimator.analyse.estimate import Estimate, estimate, estimated, estimated_in_part

__all__ = ["Estimate", "estimate", "estimated", "estimated_in_part"]
