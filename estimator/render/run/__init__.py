"""The formats of `estimator run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic
    from estimator.evaluate import Report

TABLES = (
    "requirements",
    "storage",
    "components",
    "shares",
    "measure",
    "napkin",
    "traffic",
    "flows",
    "sizes",
    "cost",
    "growth",
    "latency",
    "slo",
    "totals",
    "uncertainty",
    "machines",
    "inputs",
    "derived",
    "expectations",
    "assumptions",
)
"""The names of a report's tables for `--show`, in the order in which people ask."""


class Shown(NamedTuple):
    """How much of a report is shown to people.

    Attributes:
        tables: The names of tables to show, in place of the first screen; None for that.
        also: The names of tables to show after the first screen.
        lines: Are the lines of the answer shown?
        quiet: Is nothing but these lines shown, and what fails?
        heading: Are its name, its file and what it says of itself shown?
    """

    tables: tuple[str, ...] | None = None
    also: tuple[str, ...] = ()
    lines: bool = True
    quiet: bool = False
    heading: bool = True


class Estimates(NamedTuple):
    """The estimates of scenarios.

    Attributes:
        reports: A report for each scenario that can be computed.
        diagnostics: What is wrong with the others, and what to be warned of.
        before: Earlier reports by their files: what was not the same in them stands out in tables.
        shown: How much of each is shown to people.
    """

    reports: Sequence[Report]
    diagnostics: Sequence[Diagnostic] = ()
    before: Mapping[str, Report] = {}
    shown: Shown = Shown()
