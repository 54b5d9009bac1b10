"""What each further nine of availability costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from estimator.analyse.estimate import estimate
from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.evaluate import Report
from estimator.scenario.load import Loaded

NINES = (0.99, 0.999, 0.9999, 0.99999, 0.999999)
"""The availabilities that are asked about, from two nines to six."""


class Level(NamedTuple):
    """An availability that is asked for, and what it takes.

    Attributes:
        target: The share of time in which the system should work; None for the estimate as it is.
        availability: The share of time that the estimate comes to.
        servers: The nodes that it takes.
        cost: In USD a month.
        held_back: Why the target is not reached; empty if it is.
    """

    target: float | None
    availability: float
    servers: float
    cost: float
    held_back: str = ""


def further_nines(
    loaded: Loaded,
    problems: Problems,
    *,
    actions: Sequence[str] = (),
    overrides: Mapping[str, Text] | None = None,
    variant: Text | None = None,
) -> list[Level] | None:
    """The estimate as it is, then for each of the nines; None with what is wrong in `problems`.

    What components bought as a service promise is taken as it is. The others share what is left
    to do: each gets the nodes, or the copies, for the same availability.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        actions: The actions that should work; those of the scenario's objective if none is named,
            else all.
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
    """
    said = dict(overrides or {})
    report = estimate(loaded, problems, overrides=said, variant=variant)
    if report is None:
        return None
    wrong = [a for a in actions if a not in report.actions]
    for action in wrong:
        near = did_you_mean(action, report.actions)
        problems.add("E021", f"there is no action `{action}`", help=near)
    if wrong:
        return None
    asked = actions or _actions_of_slo(loaded)
    if not _components(report, asked):
        problems.add("E008", f"`{loaded.source.name}` has no components whose nodes could fail")
        return None
    levels = [_level(None, report, asked)]
    for target in NINES:
        levels.append(_reached(target, loaded, report, asked, said, variant))
    return levels


def _actions_of_slo(loaded: Loaded) -> list[str]:
    """The actions that the scenario's objective is for; none if it is for all."""
    said = (loaded.scenario.slo or {}).get("for")
    return [a.value for a in (said if isinstance(said, list) else [said]) if isinstance(a, Text)]


def _components(report: Report, actions: Sequence[str]) -> list[str]:
    """The components that some actions wait for, or all, as far as they can fail."""
    names = [c.name for c in report.components if f"{c.name}.availability" in report.values]
    if not actions:
        return names
    return [n for n in names if any(f"{a}.residence.{n}" in report.values for a in actions)]


def _availability(report: Report, actions: Sequence[str]) -> float:
    names = [f"{a}.availability" for a in actions] or ["availability"]
    return min(report.values[n].value for n in names)


def _level(
    target: float | None, report: Report, actions: Sequence[str], held_back: str = ""
) -> Level:
    values = report.values
    return Level(
        target,
        _availability(report, actions),
        values["servers"].value,
        values["cost.per_month"].value,
        held_back,
    )


def _reached(
    target: float,
    loaded: Loaded,
    now: Report,
    actions: Sequence[str],
    said: Mapping[str, Text],
    variant: Text | None,
) -> Level:
    components = _components(now, actions)
    with_nodes = [c for c in components if f"{c}.node_availability" in now.values]
    bought = {c: now.values[f"{c}.availability"].value for c in components if c not in with_nodes}
    promised = prod(bought.values())
    if promised < target:
        weakest = min(bought, key=bought.__getitem__)
        text = now.values[f"{weakest}.availability"].text
        return Level(target, promised, 0.0, 0.0, f"{weakest} is bought with {text}")
    each = (target / promised) ** (1 / max(len(with_nodes), 1))
    wanted = {f"{c}.target_availability": Text.of("nines", repr(each)) for c in with_nodes}
    problems = Problems()
    report = estimate(loaded, problems, overrides={**said, **wanted}, variant=variant)
    if report is None:
        reason = problems.errors[0].message if problems.errors else "it cannot be computed"
        return Level(target, 0.0, 0.0, 0.0, reason)
    if _availability(report, actions) >= target * (1 - 1e-12):
        return _level(target, report, actions)
    weakest = min(with_nodes, key=lambda c: report.values[f"{c}.availability"].value)
    text = report.values[f"{weakest}.availability"].text
    return _level(target, report, actions, f"{weakest} has {text}, by what the file says of it")
