"""Scenarios of a call, each computed as far as nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from estimator.diagnostics import InputError

if TYPE_CHECKING:
    from estimator.api import Estimate, Report, Scenario
    from estimator.diagnostics import Problems
    from estimator.files.project import Input

Compute: TypeAlias = "Callable[[Scenario], Estimate]"


class Computed(NamedTuple):
    """A scenario, with its content and its report as far as there was nothing wrong."""

    path: str
    scenario: Scenario | None
    report: Report | None


def computed(files: Iterable[Input], compute: Compute, problems: Problems) -> Iterator[Computed]:
    """Yield some scenarios, with everything that is wrong added to `problems`."""
    from estimator.api import load

    for file in files:
        scenario = report = None
        try:
            scenario = load(file)
            estimate = compute(scenario)
        except InputError as error:
            problems.found.extend(error.diagnostics)
        else:
            report = estimate.report
            problems.found.extend(estimate.diagnostics)
        yield Computed(file.path, scenario, report)
