"""The formats of `estimator run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic
    from estimator.evaluate import Report


class Estimates(NamedTuple):
    """The estimates of scenarios.

    Attributes:
        reports: A report for each scenario that can be computed.
        diagnostics: What is wrong with the others, and what to be warned of.
        before: Earlier reports by their files: what was not the same in them stands out in tables,
            and assumptions that are the same are left out.
    """

    reports: Sequence[Report]
    diagnostics: Sequence[Diagnostic] = ()
    before: Mapping[str, Report] = {}
