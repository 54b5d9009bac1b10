"""What each further nine of availability costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from estimator.analyse.estimate import estimate
from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.evaluate import Report
from estimator.scenario.load import Loaded
from estimator.units import Calendar

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
) -> tuple[list[Level], Calendar] | None:
    """The estimate as it is, then for each of the nines; None with what is wrong in `problems`.

    Beside them stands how long the scenario's years are.

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
    return levels, report.calendar


def _actions_of_slo(loaded: Loaded) -> list[str]:
    """The actions that the scenario's objective is for; none if it is for all."""
    said = (loaded.scenario.slo or {}).get("for")
    names = said if isinstance(said, list) else [] if isinstance(said, dict) else [said]
    return list(said) if isinstance(said, dict) else [a.value for a in names if isinstance(a, Text)]


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
    paths = [_components(now, [a]) for a in actions] or [_components(now, [])]
    components = list(dict.fromkeys(c for path in paths for c in path))
    with_nodes = [c for c in components if f"{c}.node_availability" in now.values]
    bought = {c: now.values[f"{c}.availability"].value for c in components if c not in with_nodes}
    promised = _least(paths, bought)
    if promised <= target * (1 + 1e-12) and bought:
        weakest = min(bought, key=bought.__getitem__)
        text = now.values[f"{weakest}.availability"].text
        return Level(target, promised, 0.0, 0.0, f"{weakest} is bought with {text}")
    fixed, free = dict(bought), list(with_nodes)
    while True:
        each = _share(target, paths, fixed)
        wanted = {f"{c}.target_availability": Text.of("nines", repr(each)) for c in free}
        problems = Problems()
        report = estimate(loaded, problems, overrides={**said, **wanted}, variant=variant)
        if report is None:
            reason = problems.errors[0].message if problems.errors else "it cannot be computed"
            return Level(target, 0.0, 0.0, 0.0, reason)
        if _availability(report, actions) >= target * (1 - 1e-12):
            return _level(target, report, actions)
        found = {c: report.values[f"{c}.availability"].value for c in with_nodes}
        behind = {c: found[c] for c in free if found[c] < each * (1 - 1e-12)}
        fixed.update(behind)  # what the file holds back, the others have to make up for
        free = [c for c in free if c not in behind]
        if not behind or not free or _least(paths, fixed) < target:
            break
    weakest = min(found, key=found.__getitem__)
    text = report.values[f"{weakest}.availability"].text
    return _level(target, report, actions, f"{weakest} has {text}, by what the file says of it")


def _least(paths: Sequence[Sequence[str]], known: Mapping[str, float]) -> float:
    """The availability of the worst path, if all that is not known always worked."""
    return min(prod(known.get(c, 1.0) for c in path) for path in paths)


def _share(target: float, paths: Sequence[Sequence[str]], fixed: Mapping[str, float]) -> float:
    """What each component that is not fixed should have, so that every path has the target."""
    shares = [0.0]
    for path in paths:
        free = sum(c not in fixed for c in path)
        if free:
            shares.append((target / prod(fixed.get(c, 1.0) for c in path)) ** (1 / free))
    return max(shares)
