"""A scenario while it is written: all that is known of it, as far as it is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from estimator.analyse.estimate import Estimate, chosen_machines, estimated
from estimator.analyse.used import AS_IT_IS, Linked
from estimator.diagnostics import Diagnostic, Problems
from estimator.evaluate import evaluate, evaluate_in_part
from estimator.model import Model
from estimator.scenario.load import Loaded


class Analysis(NamedTuple):
    """What is known of a scenario at one moment of writing it.

    Attributes:
        loaded: The scenario.
        found: All that is wrong with it.
        estimate: Its model and report, as far as they go; None where nothing can be said.
        used: The models of the scenarios that it uses, by what it calls them.
        paths: The files and folders that it depends on besides its kinds, from its folder.
    """

    loaded: Loaded
    found: tuple[Diagnostic, ...]
    estimate: Estimate | None
    used: Mapping[str, Model] = {}
    paths: tuple[str, ...] = ()


def analysed(loaded: Loaded) -> Analysis:
    """Return what is known of a scenario."""
    linked = Linked(loaded, AS_IT_IS, chosen_machines)
    return _analysed(loaded, linked)._replace(used=linked.used, paths=linked.paths)


def _analysed(loaded: Loaded, linked: Linked) -> Analysis:
    problems = Problems()
    model = linked.build(problems, partial=True)
    if model is None:
        return Analysis(loaded, tuple(problems.found), None)
    if problems.errors:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    if model.open_machines:
        problems = Problems()
        estimate = estimated(loaded, problems)
        return Analysis(loaded, tuple(problems.found), estimate or _in_part(model))
    report = evaluate(model, problems)
    linked.noted(problems)
    estimate = _in_part(model) if report is None else Estimate(model, report)
    return Analysis(loaded, tuple(problems.found), estimate)


def _in_part(model: Model) -> Estimate:
    return Estimate(model, evaluate_in_part(model))
