"""What each further nine of availability costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import NamedTuple

from estimator.analyse.estimate import estimated
from estimator.analyse.used import BuildOptions
from estimator.diagnostics import Problems, Text, did_you_mean
from estimator.evaluate import Report
from estimator.scenario.load import Loaded
from estimator.units import PLAIN, Calendar, write

NINES = (0.99, 0.999, 0.9999, 0.99999, 0.999999)
"""The availabilities aimed at, from two nines to six."""


class Level(NamedTuple):
    """An availability, and what it takes.

    Attributes:
        target: The share of time in which the system should work; None for the estimate as it is.
        availability: The share of time of the estimate.
        servers: The nodes that it takes.
        cost: In USD a month.
        limited_by: Why the target is not reached; empty if it is.
    """

    target: float | None
    availability: float
    servers: float
    cost: float
    limited_by: str = ""


def further_nines(
    loaded: Loaded, problems: Problems, built: BuildOptions, actions: Sequence[str] = ()
) -> tuple[list[Level], Calendar] | None:
    """Return the estimate as it is, then each of the nines; None with errors in `problems`.

    Beside them stands how long the scenario's years are.

    What components bought as a service promise is taken as it is. The others share what is left
    to do: each gets the nodes, or the copies, for the same availability.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        built: How it is built.
        actions: The actions that should work; those of the scenario's objective if none is named,
            else all.
    """
    found = estimated(loaded, problems, built)
    if found is None:
        return None
    report = found.report
    wrong = [a for a in actions if a not in report.actions]
    for action in wrong:
        near = did_you_mean(action, report.actions)
        problems.add("E021", f"there is no action `{action}`", help=near)
    if wrong:
        return None
    needed = actions or _actions_of_slo(loaded)
    names = [f"{a}.availability" for a in needed] or ["availability"]
    if unknown := [root for name in names for root in report.unknown.get(name, ())]:
        message = f"the availability depends on `{unknown[0]}`, which is unknown"
        help_ = f"suppose a value: `--set {unknown[0]}=...`" + (
            ", or name actions that do not depend on it: `--for ACTION`" * (not needed)
        )
        problems.add("E034", message, help=help_)
        return None
    if not _components(report, needed):
        problems.add("E008", f"`{loaded.source.name}` has no components whose nodes could fail")
        return None
    search = _Search(loaded, report, needed, built)
    levels = [_level(None, report, needed), *(_reached(target, search) for target in NINES)]
    return levels, report.calendar


def _actions_of_slo(loaded: Loaded) -> list[str]:
    """Return the actions that the scenario's objective is for; none if it is for all."""
    said = (loaded.scenario.slo or {}).get("for")
    names = said if isinstance(said, list) else [] if isinstance(said, dict) else [said]
    return list(said) if isinstance(said, dict) else [a.value for a in names if isinstance(a, Text)]


def _components(report: Report, actions: Sequence[str]) -> list[str]:
    """Return the components that some actions wait for, or all, as far as they can fail."""
    names = [c.name for c in report.components if f"{c.name}.availability" in report.values]
    if not actions:
        return names
    return [n for n in names if any(f"{a}.residence.{n}" in report.values for a in actions)]


def _availability(report: Report, actions: Sequence[str]) -> float:
    names = [f"{a}.availability" for a in actions] or ["availability"]
    return min(report.number(n) for n in names)


def _level(
    target: float | None, report: Report, actions: Sequence[str], limited_by: str = ""
) -> Level:
    values = report.values
    return Level(
        target,
        _availability(report, actions),
        values["servers"].value,
        values["cost.per_month"].value,
        limited_by,
    )


class _Search(NamedTuple):
    """A scenario in which availabilities are tried.

    Attributes:
        loaded: The scenario.
        now: Its estimate as it is.
        actions: The actions that should work; none for the system as a whole.
        built: How it is built.
    """

    loaded: Loaded
    now: Report
    actions: Sequence[str]
    built: BuildOptions

    @property
    def paths(self) -> list[list[str]]:
        """The components that each action waits for."""
        now = self.now
        return [_components(now, [a]) for a in self.actions] or [_components(now, [])]

    def tried(self, each: float, components: Iterable[str], problems: Problems) -> Report | None:
        """Return the estimate where some components have that availability."""
        wanted = {f"{c}.target_availability": Text.of("nines", repr(each)) for c in components}
        overrides = {**self.built.overrides, **wanted}
        found = estimated(self.loaded, problems, self.built._replace(overrides=overrides))
        return found.report if found else None


def _reached(target: float, search: _Search) -> Level:
    """Return what it takes to reach an availability, or why that cannot be done."""
    paths, values = search.paths, search.now.values
    components = list(dict.fromkeys(c for path in paths for c in path))
    with_nodes = [c for c in components if f"{c}.node_availability" in values]
    bought = {c: values[f"{c}.availability"].value for c in components if c not in with_nodes}
    shared = _shared(search)
    if shared <= target * (1 + 1e-12):
        text = write(shared, PLAIN, display_unit="nines")
        return Level(target, shared, 0.0, 0.0, f"regions and changes of your own leave {text}")
    promised = _least(paths, bought)
    if promised * shared <= target * (1 + 1e-12) and bought:
        weakest = min(bought, key=bought.__getitem__)
        text = values[f"{weakest}.availability"].text
        return Level(target, promised * shared, 0.0, 0.0, f"{weakest} is a service with {text}")
    return _with_nodes(target, search, bought, with_nodes)


def _shared(search: _Search) -> float:
    """Return the share of time in which nothing has all components down at once."""
    names = [f"{a}.availability.shared" for a in search.actions] or ["availability.shared"]
    return min(search.now.number(n) for n in names)


def _with_nodes(
    target: float, search: _Search, fixed: Mapping[str, float], with_nodes: Sequence[str]
) -> Level:
    """Return what nodes and copies it takes, where other components are fixed."""
    paths, known, free = search.paths, dict(fixed), list(with_nodes)
    apart = target / _shared(search)  # what is left to the components
    while True:
        each = _share(apart, paths, known)
        problems = Problems()
        report = search.tried(each, free, problems)
        if report is None:
            reason = problems.errors[0].message if problems.errors else "it cannot be computed"
            reason = re.sub(r"^`(\w+)\.[\w.]+` cannot be computed: ", r"\1: ", reason)
            return Level(target, 0.0, 0.0, 0.0, reason)
        if _availability(report, search.actions) >= target * (1 - 1e-12):
            return _level(target, report, search.actions)
        found = {c: report.values[f"{c}.availability"].value for c in with_nodes}
        behind = {c: found[c] for c in free if found[c] < each * (1 - 1e-12)}
        known.update(behind)  # what the file holds back, the others have to make up for
        free = [c for c in free if c not in behind]
        if not behind or not free or _least(paths, known) < apart:
            break
    weakest = min(found, key=found.__getitem__)
    text = report.values[f"{weakest}.availability"].text
    limit = f"{weakest} stays at {text}, which the file fixes"
    return _level(target, report, search.actions, limit)


def _least(paths: Sequence[Sequence[str]], known: Mapping[str, float]) -> float:
    """Return the availability of the worst path, if all that is not known always worked."""
    return min(prod(known.get(c, 1.0) for c in path) for path in paths)


def _share(target: float, paths: Sequence[Sequence[str]], fixed: Mapping[str, float]) -> float:
    """Return what each component not fixed should have, so that every path has the target."""
    shares = [0.0]
    for path in paths:
        free = sum(c not in fixed for c in path)
        if free:
            shares.append((target / prod(fixed.get(c, 1.0) for c in path)) ** (1 / free))
    return max(shares)
