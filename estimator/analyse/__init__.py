"""Questions about an estimate: which machine, how many nines."""

from estimator.analyse.estimate import estimate
from estimator.analyse.machines import alternatives

__all__ = ["alternatives", "estimate"]
