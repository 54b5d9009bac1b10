"""Scenarios of a call, each computed as far as nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from estimator.diagnostics import InputError

if TYPE_CHECKING:
    from estimator.api import Estimate, Report, Scenario
    from estimator.diagnostics import Diagnostic, Problems
    from estimator.files.project import Input

Compute: TypeAlias = "Callable[[Scenario], Estimate]"


class Computed(NamedTuple):
    """A scenario, with its content and its report as far as there was nothing wrong."""

    path: str
    scenario: Scenario | None
    report: Report | None


def computed(
    files: Iterable[Input], computes: Sequence[Compute], problems: Problems
) -> Iterator[Computed]:
    """Yield some scenarios, with everything that is wrong added to `problems`.

    Args:
        files: The scenarios.
        computes: What computes one of them; several of them, as for variants, one after the other.
        problems: Where diagnostics go, each once.
    """
    from estimator.api import load

    for file in files:
        scenario = None
        try:
            scenario = load(file)
        except InputError as error:
            problems.found.extend(error.diagnostics)
            yield Computed(file.path, None, None)
            continue
        known: set[Diagnostic] = set()
        for compute in computes:
            report = None
            try:
                estimate = compute(scenario)
                report, diagnostics = estimate.report, estimate.diagnostics
            except InputError as error:
                diagnostics = tuple(error.diagnostics)
            problems.found += [d for d in diagnostics if d not in known]
            known.update(diagnostics)
            yield Computed(file.path, scenario, report)
