"""The options of a call of `check`; apart, as every command loads them."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from estimator.diagnostics import Text


class CheckRequest(NamedTuple):
    """What a call of `check` says; None leaves it to the settings of the project.

    Attributes:
        overrides: Formulas that replace what scenarios say, by name.
        variant: The name of a set of overrides in the files.
        samples: How many samples to take where there are ranges.
        seed: The random seed.
        jobs: How many processes check at once; 0 for as many as there are processors.
        cached: Use the cache of earlier checks, or ignore it.
        baseline: The file of the baseline.
        update_baseline: Write what there is now as the baseline, and compare nothing with it?
        accept_version: Write into the baseline what moved because of a newer version?
        allow_empty: Is it right that there is nothing to check?
        allow_undecided: Does an expectation pass that depends on what nobody knows?
        uncertain_defaults: Is each default a range, where the library says how far it may be off?
    """

    overrides: Mapping[str, Text] = {}
    variant: Text | None = None
    samples: int | None = None
    seed: int | None = None
    jobs: int | None = None
    cached: bool | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    accept_version: bool = False
    allow_empty: bool = False
    allow_undecided: bool = False
    uncertain_defaults: bool = False

    @property
    def writes_baseline(self) -> bool:
        """Return whether the baseline is written, in part or as a whole."""
        return self.update_baseline or self.accept_version
