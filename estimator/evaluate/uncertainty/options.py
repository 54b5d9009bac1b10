"""Options of sampling."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from collections.abc import Callable
from typing import NamedTuple

from estimator.formula.sampling import COUNT, SEED


class SamplingOptions(NamedTuple):
    """How many samples to take of ranges, and what to compute of them.

    Attributes:
        draws: How many samples to take.
        seed: Chooses one set of samples.
        everything: Whether to take all quantities, or only those that people ask for first.
        drivers: Further quantities whose drivers to find.
        progress: Takes how many samples are done, and how many there are in all.
        tornado: Quantities to compute with each range at its ends.
        sobol: Quantities whose Sobol indices to find.
        uncertain_defaults: Is each default a range, where the library says how far it may be off?
        values_only: Whether nothing but the values is asked for, with percentiles in formulas.
    """

    draws: int = COUNT
    seed: int = SEED
    everything: bool = False
    drivers: tuple[str, ...] = ()
    progress: Callable[[int, int], None] | None = None
    tornado: tuple[str, ...] = ()
    sobol: tuple[str, ...] = ()
    uncertain_defaults: bool = False
    values_only: bool = False
