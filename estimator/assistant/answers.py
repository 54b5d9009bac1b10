"""What an assistant is answered: the JSON of the command line, narrowed to what has been asked.

Each value has its unit, and says where it comes from: the user, a default with its source, or a
formula. What is left out is counted.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from estimator.api import Estimate, estimate, explain
from estimator.api import check as checked_of
from estimator.api.decisions import compare, forecast, solve
from estimator.api.given import Overrides
from estimator.diagnostics import InputError, refusal
from estimator.render.json import diagnostics_json
from estimator.render.registry import Found, Text, renderer
from estimator.scenario.headlines import SERVICE, TOTALS
from estimator.scenario.load import Loaded

MOST_QUANTITIES = 200
MOST_ROWS = 40
"""How many assumptions, bottlenecks, expectations and so on are shown of one estimate."""
MOST_TO_MEASURE = 8
MOST_DESIGNS = 12
MOST_NAMES = 50
MOST_PATTERN = 200
"""How long a name or a pattern may be."""

Answer = dict[str, Any]


def kinds(name: str) -> Answer:
    """Return the kinds of components, or one with its parameters, defaults and sources."""
    from estimator.catalog import catalogues
    from estimator.library.loader import Library
    from estimator.model.instances import kinds_meant
    from estimator.model.templates import Templates
    from estimator.render.kinds import Kinds

    library = Library(catalogues())
    found = [kind for n in [name] if n and (kind := library.get(n)) is not None]
    if name and not found:
        help_ = kinds_meant(name, Templates())
        raise refusal("E020", f"there is no kind `{name[:MOST_PATTERN]}`", help=help_)
    shown = found or [kind for n in library.names() if (kind := library.get(n)) is not None]
    answer = _json("kinds", Kinds(shown, in_full=bool(name)))
    for kind in answer["kinds"] if name else ():
        kind["formulas"] = {n: f["about"] for n, f in kind["formulas"].items()}
    return answer


def run(scenario: Loaded, variant: str, overrides: Overrides, show: Sequence[str]) -> Answer:
    """Return the estimate: the answer's lines, quantities, assumptions, and what does not hold."""
    from estimator.render.run import Estimates

    found = estimate(scenario, variant=variant or None, overrides=overrides, spreads=bool(show))
    chosen = _chosen(found, show)
    whole = _json("run", Estimates([found.report], found.diagnostics))
    (made,) = whole["scenarios"]
    quantities = made["quantities"]
    made["quantities"] = {
        name: {
            **quantities[name],
            "about": found[name].about or None,
            "source": found[name].source or None,
        }
        for name in chosen[:MOST_QUANTITIES]
    }
    measured = {name for input_ in made["measure_first"] for name in input_["names"]}
    made["assumptions"].sort(key=lambda found: measured.isdisjoint(found["names"]))
    for assumed in made["assumptions"]:  # of a parameter of 400 databases, some are enough
        assumed["more_names"] = len(assumed["names"][MOST_TO_MEASURE:])
        assumed["names"] = assumed["names"][:MOST_TO_MEASURE]
    made["measure_first"] = made["measure_first"][:MOST_TO_MEASURE]
    for age in made["ages"]:
        age["quantities"] = {n: v for n, v in age["quantities"].items() if n in made["quantities"]}
    left_out = {"quantities": len(quantities) - len(made["quantities"])}
    for name, rows in made.items():
        if isinstance(rows, list):
            left_out[name] = len(rows) - len(rows[:MOST_ROWS])
            made[name] = rows[:MOST_ROWS]
    whole["left_out"] = {name: count for name, count in left_out.items() if count}
    return whole


def explained(
    scenario: Loaded, names: Sequence[str], depth: int, variant: str, overrides: Overrides
) -> Answer:
    """Return how quantities came about, so many formulas deep."""
    _check_number("depth", depth, 0, 10)
    found = estimate(scenario, variant=variant or None, overrides=overrides)
    return _json("explain", explain(found, _few(names), depth))


def checked(scenario: Loaded, variant: str, overrides: Overrides) -> Answer:
    """Return whether a scenario holds what it expects, and all that is wrong with it."""
    from estimator.checks.checked import Tally
    from estimator.render.check import Findings

    found = checked_of(scenario, overrides=overrides, variant=variant or None)
    tally = Tally()
    return _json("check", Findings(tally.count([found]), tally))


def compared(scenario: Loaded, variants: Sequence[str], overrides: Overrides) -> Answer:
    """Return variants of a scenario side by side, and what each gives up."""
    names = _few(variants) or ("base", *(scenario.scenario.variants or {}))
    if len(names) > MOST_DESIGNS:
        message = f"{len(names)} designs are too many: an assistant compares {MOST_DESIGNS} at once"
        raise refusal("E034", message, help="name those that matter as `variants`")
    designs = [(scenario, name) for name in variants]
    return _json("compare", Found(compare(designs or scenario, overrides=overrides)))


def solved(scenario: Loaded, name: str, until: str, variant: str, overrides: Overrides) -> Answer:
    """Return how far an input can go until a condition no longer holds."""
    found = solve(scenario, name, until, overrides=overrides, variant=variant or None)
    return _json("solve", Found(found))


def forecasted(
    scenario: Loaded, months: int, show: Sequence[str], variant: str, overrides: Overrides
) -> Answer:
    """Return a system month by month, and when it exceeds its limits."""
    _check_number("months", months, 1, 120)
    found = forecast(
        scenario, months=months, show=_few(show), overrides=overrides, variant=variant or None
    )
    return _json("forecast", Found(found))


def refused(error: InputError) -> Answer:
    """Return what is wrong, errors first, as `diagnostics` with the place and what to write."""
    found = sorted(error.diagnostics, key=lambda one: one.rule.startswith("W"))
    return {"diagnostics": diagnostics_json(found)[:MOST_NAMES]}


def _json(command: str, result: object) -> Answer:
    """Return what a command prints with `--format json`."""
    chosen = renderer(command, "json")
    assert isinstance(chosen, Text)
    made: Answer = json.loads("".join(chosen.pieces(result)))
    return made


def _chosen(found: Estimate, show: Sequence[str]) -> list[str]:
    """Return the names that patterns mean; without any, what people ask for first."""
    if not show:
        return list(dict.fromkeys(n for n in _first(found) if n in found))
    names: dict[str, None] = {}
    for pattern in _few(show):
        matching = [pattern] if pattern in found else _matching(pattern, found)
        if not matching:
            _ = found[pattern]  # refuses it, and says which is meant
        names.update(dict.fromkeys(matching))
    return list(names)


def _matching(pattern: str, names: Iterable[str]) -> list[str]:
    plain = pattern.replace("[", "[[]").replace("?", "[?]")
    return [name for name in names if fnmatchcase(name, plain)] if "*" in pattern else []


def _first(found: Estimate) -> Iterable[str]:
    report = found.report
    users = found.get("users")
    yield "users" if users is not None and users.origin == "given" else "users.daily_active"
    yield from (*TOTALS, *SERVICE, *report.own, *report.inputs)
    for action in report.actions:
        yield from (f"{action}.{end}" for end in ("requests.average", "requests.peak"))
        yield from (f"{action}.{end}" for end in SERVICE)
    for component in report.components:
        ends = ("nodes", "node", "utilization", "cost.per_month")
        yield from (f"{component.name}.{end}" for end in ends)


def _few(names: Sequence[str]) -> tuple[str, ...]:
    """Return names, of which there may not be too many, nor too long ones.

    Raises:
        InputError: E034.
    """
    if len(names) > MOST_NAMES or any(len(name) > MOST_PATTERN for name in names):
        message = f"at most {MOST_NAMES} names of {MOST_PATTERN} characters are taken at once"
        raise refusal("E034", message, help="ask for fewer")
    return tuple(names)


def _check_number(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise refusal("E034", f"`{name}` is from {least} to {most}, but it is {value}")
