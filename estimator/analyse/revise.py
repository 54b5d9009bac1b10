"""A scenario while it is written: all that is known of it, as far as it is right."""

from __future__ import annotations

from typing import NamedTuple

from estimator.analyse.estimate import Estimate, estimated
from estimator.diagnostics import Diagnostic, Problems
from estimator.evaluate import evaluate, evaluate_in_part
from estimator.model import Model, build
from estimator.scenario.load import Loaded


class Analysis(NamedTuple):
    """What is known of a scenario at one moment of writing it.

    Attributes:
        loaded: The scenario.
        found: All that is wrong with it.
        estimate: Its model and report, as far as they go; None where nothing can be said.
    """

    loaded: Loaded
    found: tuple[Diagnostic, ...]
    estimate: Estimate | None


def analysed(loaded: Loaded) -> Analysis:
    """Return what is known of a scenario."""
    problems = Problems()
    model = build(loaded, problems, partial=True)
    if model is None:
        return Analysis(loaded, tuple(problems.found), None)
    if problems.errors:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    if model.open_machines:
        problems = Problems()
        estimate = estimated(loaded, problems)
        return Analysis(loaded, tuple(problems.found), estimate or _in_part(model))
    report = evaluate(model, problems)
    estimate = _in_part(model) if report is None else Estimate(model, report)
    return Analysis(loaded, tuple(problems.found), estimate)


def _in_part(model: Model) -> Estimate:
    return Estimate(model, evaluate_in_part(model))
