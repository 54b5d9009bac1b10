"""The answer in at most eight lines, and what became of the checks: what people read first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from estimator.evaluate.report import Bottleneck, Report, Value
from estimator.scenario.sections import SERVICE_LEVELS
from estimator.units import MONEY, PLAIN, apart, write
from estimator.units.write import bits, share

MOST_LINES = 8
WITH_OTHER_DEFAULTS = " with other defaults"
_NEAR = 1.25  # a fixed part that saturates below so many times its load is worth a warning
_TINY = 1e-12
_KEPT = {"storage", "memory"}  # what fills up as data does, and not by each request
_NEARLY_ALL = 0.9995
_FIVE_NINES = 0.99999  # beyond it, what the model leaves out decides: zones, deployments, people


class SummaryLine(NamedTuple):
    """One line of the answer.

    Attributes:
        key: What it is about: `load`, `network`, `data`, `servers`, `cost`, `latency`,
            `availability` or `limit`; for a file of formulas alone the name of a result.
        title: The same for people.
        parts: The answer, the most important part first.
        dominated_by: What most of it comes from, with its share.
        status: `refuted` or `near` where something has to be done, otherwise empty.
    """

    key: str
    title: str
    parts: tuple[str, ...]
    dominated_by: str = ""
    status: str = ""

    @property
    def text(self) -> str:
        """The whole answer."""
        return ", ".join(self.parts)


def summary(
    report: Report, *, by_defaults: bool = True, by_age: bool = True
) -> tuple[SummaryLine, ...]:
    """Return the answer in at most eight lines; what a scenario does not have is left out.

    Two parts of it take a while to compute, and can be left out.

    Args:
        report: The estimate.
        by_defaults: Include the results with other defaults?
        by_age: Include the results after a month, where data is kept for longer?
    """
    if not by_defaults:
        report = report._replace(default_bands=())
    if not by_age:
        report = report._replace(ages=())
    made = (
        _load(report),
        _network(report),
        _data(report),
        _servers(report),
        _cost(report),
        _latency(report),
        _availability(report),
        _limit(report),
    )
    lines = tuple(line for line in made if line is not None)
    return lines or tuple(_results(report))


def _results(report: Report) -> Iterator[SummaryLine]:
    """Yield the results of a file of formulas alone."""
    for name in report.own[:MOST_LINES]:
        yield SummaryLine(name, name, (figure(report, name),))


def figure(report: Report, name: str) -> str:
    """Return a quantity for people, with its p5 and p95 where it has a spread."""
    text = report.values[name].text
    if report.is_partial(name):
        text = f"at least {text}"
    texts = report.uncertainty.texts.get(name) if report.uncertainty is not None else None
    if texts is None or texts[0] == texts[2]:
        return text
    return f"{text} [{texts[0]} to {texts[2]}]"


def _dominated(parts: Mapping[str, float], whole: float, most: int = 1) -> str:
    """Return the largest parts of a whole with their shares: `images 86%, media 9%`."""
    found = sorted((n for n, v in parts.items() if v > 0), key=lambda n: -parts[n])
    if not found or not 0 < whole < math.inf or len(parts) == 1:
        return ""
    if len(found) == 1:
        return found[0]
    named = [f"{name} {share(round(parts[name] / whole, 2))}" for name in found[:most]]
    return ", ".join(n for n in named if not n.endswith(" 0%"))


def outside(report: Report) -> list[str]:
    """Return the actions that come from outside."""
    return [action for action in report.actions if action not in report.internal]


def _load(report: Report) -> SummaryLine | None:
    peak = report.values.get("requests.peak")
    if peak is None or not peak.value:
        return None
    parts = [f"{figure(report, 'requests.peak').replace('/s', ' requests/s', 1)} at peak"]
    average = report.values["requests.average"]
    if average.value != peak.value:
        parts.append(f"{average.text} average")
    reads, writes = (report.number(f"{side}.average") for side in ("reads", "writes"))
    reads /= reads + writes or 1.0  # of both: on a napkin their sum is rounded
    parts.append(_mix(reads))
    peaks = {a: report.number(f"{a}.requests.peak") for a in outside(report)}
    dominated_by = _dominated(peaks, sum(peaks.values()))
    return SummaryLine("load", "Load", tuple(parts), dominated_by)


def _mix(reads: float) -> str:
    """Return how many of the requests are reads, to a tenth of a percent."""
    for side, part in (("reads", reads), ("writes", 1 - reads)):
        if part > _NEARLY_ALL:
            return f"all {side}" if part == 1.0 else f"almost all {side}"
    return f"{share(round(reads, 3))} reads"


def _network(report: Report) -> SummaryLine | None:
    """Return the bytes in and out; what a CDN delivers is named, as nothing else has to."""
    peaks = {side: report.number(f"{side}.peak") for side in ("egress", "ingress")}
    if not any(peaks.values()):
        return None
    word = {"egress": "out", "ingress": "in"}
    side, other = (
        ("egress", "ingress") if peaks["egress"] >= peaks["ingress"] else ("ingress", "egress")
    )
    least = "at least " if report.is_partial(f"{side}.peak") else ""
    parts = [f"{least}{bits(peaks[side])} {word[side]} at peak"]
    average = report.number(f"{side}.average")
    if average != peaks[side]:
        parts.append(f"{bits(average)} average")
    if peaks[other]:
        parts.append(f"{bits(peaks[other])} {word[other]}")
    delivered = sum(report.number(f"{c.name}.edge_egress.average") for c in report.components)
    if side == "egress" and delivered:
        dominated_by = f"CDN {share(round(delivered / average, 2))}"
    else:
        bytes_ = {a: report.number(f"{a}.{side}.peak") for a in outside(report)}
        dominated_by = _dominated(bytes_, sum(bytes_.values()))
    return SummaryLine("network", "Network", tuple(parts), dominated_by)


def _data(report: Report) -> SummaryLine | None:
    retained = report.values.get("storage.retained")
    if retained is None or not retained.value:
        return None
    parts = [f"{figure(report, 'storage.retained')} {full_after(report) or 'provisioned'}"]
    if report.number("storage.per_day"):
        parts.append(f"{report.values['storage.per_day'].text} new/day")
    month = next((a for a in report.ages if "storage.retained" in a.texts), None)
    if month is not None:
        parts.append(f"{month.texts['storage.retained']} after {month.text}")
    names = [c.name for c in report.components] or list(report.actions)
    field = "storage.retained" if report.components else "stored.retained"
    stored = {name: report.number(f"{name}.{field}") for name in names}
    return SummaryLine("data", "Data", tuple(parts), _dominated(stored, sum(stored.values())))


def full_after(report: Report) -> str:
    """Return when all is kept that is to be kept: `when full (5 years)`; nothing if nothing is."""
    age = report.values.get("storage.age")
    if age is None or age.value <= 1:  # nothing that is kept says for how long
        return ""
    if age.origin != "default":
        return f"after {age.formula}"
    # On a napkin the sum is rounded, and what was written is not.
    ends = (".retention", ".storage.age")  # the latter of scenarios whose data is kept here
    names = [name for name in report.values if name.endswith(ends)]
    kept = [name for name in names if report.number(name)]
    near = min(kept, key=lambda n: abs(report.number(n) / age.value - 1), default="storage.age")
    return f"when full ({report.values[near].text})"


def _servers(report: Report) -> SummaryLine | None:
    servers = report.values.get("servers")
    if servers is None or not servers.value:
        return None
    parts = [f"{figure(report, 'servers')}{_in_parentheses(_allowed(report, 'servers'))}"]
    short = [b for b in report.bottlenecks if _is_pinned(report, b) and b.nodes < b.required]
    if short:
        needed = servers.value + sum(b.required - b.nodes for b in short)
        parts.append(f"{write(needed, PLAIN, display_unit='whole')} needed")
    month = next((a for a in report.ages if "servers" in a.texts), None)
    if month is not None:
        parts += [full_after(report), f"{month.texts['servers']} with {month.text} of data"]
    nodes = {c.name: report.number(f"{c.name}.nodes") for c in report.components}
    status = "refuted" if short else ""
    return SummaryLine("servers", "Servers", tuple(parts), _dominated(nodes, servers.value), status)


def _cost(report: Report) -> SummaryLine | None:
    cost = report.values.get("cost.per_month")
    if cost is None or not cost.value:
        return None
    allowed = _allowed(report, "cost.per_month")
    if _allowed(report, "servers"):  # it is said in the line before, and room is short
        allowed = allowed.removesuffix(WITH_OTHER_DEFAULTS)
    allowed = _in_parentheses(allowed)
    parts = [f"{figure(report, 'cost.per_month')}/month{allowed}"]
    if not _has_own_prices(report):
        large = cost.value >= _NEGOTIABLE
        parts.append("at list prices" + (" (negotiable)" if large else ""))
    users = report.number("users")
    if users:
        each = write(cost.value / users, MONEY)
        parts.append(f"{each} users" if "/" in each else f"{each}/user")  # `$18/1M users`
    return SummaryLine("cost", "Cost", tuple(parts), _dominated(costs(report), cost.value, 2))


def costs(report: Report) -> dict[str, float]:
    """Return what each component costs a month, and what is paid besides, in USD."""
    names = {c.name: f"{c.name}.cost.per_month" for c in report.components}
    names |= {title: f"{name}.cost.per_month" for name, title in BESIDES.items()}
    known = report.values.numbers
    return {title: known[name] for title, name in names.items() if name in known}


def _allowed(report: Report, name: str) -> str:
    """Return between what a result lies by the defaults; nothing where they do not move it."""
    band = next((band for band in report.default_bands if band.name == name), None)
    if band is None or band.texts[0] == band.texts[1]:
        return ""
    return f"{band.texts[0]} to {band.texts[1]}{WITH_OTHER_DEFAULTS}"


def _in_parentheses(text: str) -> str:
    return f" ({text})" if text else ""


def _has_own_prices(report: Report) -> bool:
    """Return whether the scenario says a price or a discount by itself."""
    prices = (name for name in report.values if name.endswith((".price", ".discount")))
    return any(report.values.origin(name) == "given" for name in prices)


_NEGOTIABLE = 1e6 / 12
"""The list price of a month, in USD, from which clouds give discounts: a million a year, with
Amazon (Procr, AWS pricing, 2026)."""

BESIDES = {"unplaced_storage": "stored data", "internet_egress": "internet egress"}
"""What a system pays for besides its components: its name, and what people call it."""


_PERCENTILES = ("p99", "p95", "p50")


def percentile(report: Report, action: str) -> str:
    """Return the percentile of an action's latency that has an objective, or else p99."""
    return next((p for p in _PERCENTILES if objective(report, action, p) is not None), "p99")


def _latencies(report: Report) -> tuple[dict[str, Value], dict[str, Value]]:
    """Return the latency of each action from outside, and the objectives that there are."""
    of = {action: percentile(report, action) for action in outside(report)}
    found = {a: report.values.get(f"{a}.latency.{p}") for a, p in of.items()}
    goals = {a: objective(report, a, p) for a, p in of.items()}
    known = {a: value for a, value in found.items() if value is not None and value.value}
    return known, {a: goal for a, goal in goals.items() if goal is not None and a in known}


def latency_shown(report: Report) -> str:
    """Return the latency that is nearest to its objective, or else the longest; empty for none."""
    found, goals = _latencies(report)
    if goals:
        worst = max(goals, key=lambda a: found[a].value / (goals[a].value or _TINY))
    else:
        worst = max(found, key=lambda a: found[a].value, default="")
    return found[worst].name if worst else ""


def _latency(report: Report) -> SummaryLine | None:
    """Return the latency that is nearest to its objective, or, where none has one, the longest."""
    found, goals = _latencies(report)
    name = latency_shown(report)
    if not name:
        return None
    (worst, _, which), late = name.rpartition(".latency."), report.values[name]
    shown = beside(late, goals.get(worst))
    text = f"{which} {shown if late.value == math.inf else f'at least {shown}'}"
    if ends := report.ends_with(worst):
        text += f" to the {ends}"
    is_refuted = worst in goals and late.value > goals[worst].value
    parts = _beside(text, worst, found, goals, "refuted" if is_refuted else "not refuted")
    allowed = _allowed(report, name)
    if allowed:
        parts.insert(1, allowed)
    untimed = len(report.untimed)
    if untimed:
        parts.append(f"not counting {_listed(report.untimed)}")
    spent = {c.name: report.number(f"{worst}.residence.{c.name}") for c in report.components}
    dominated_by = _dominated(spent, sum(spent.values()))
    status = "refuted" if is_refuted or late.value == math.inf else ""
    return SummaryLine("latency", "Latency", tuple(parts), dominated_by, status)


def _availability(report: Report) -> SummaryLine | None:
    """Return the availability that is nearest to its objective, or else the lowest."""
    estimated = {a: report.values.get(f"{a}.availability") for a in outside(report)}
    found = {a: value for a, value in estimated.items() if value is not None}
    if not found or not report.components:
        return None
    sought = {a: objective(report, a, "availability") for a in found}
    goals = {a: goal for a, goal in sought.items() if goal is not None}
    used = {a: _lacking(found[a]) / (_lacking(goals[a]) or _TINY) for a in goals}
    lowest = min(found, key=lambda a: found[a].value)
    worst = max(used, key=used.__getitem__, default=lowest)
    best = found[worst]
    text = f"{beside(best, goals.get(worst))} at best"
    if best.value >= _FIVE_NINES:
        text = "above 99.999% (node failures only)"
    elif not best.value:
        text = _never(report)
    is_refuted = worst in goals and best.value < goals[worst].value
    parts = _beside(text, worst, found, goals, "refuted" if is_refuted else "not refuted")
    if used and not is_refuted:
        parts.insert(1, f"{share(round(used[worst], 2))} of the error budget used")
    status = "refuted" if is_refuted else ""
    failures = _failures(report, worst)
    dominated_by = _dominated(failures, sum(failures.values()))
    return SummaryLine("availability", "Availability", tuple(parts), dominated_by, status)


def _never(report: Report) -> str:
    """Say why nothing is ever available: what is overloaded, where that is known."""
    short = next((one for one in fixed(report) if one.headroom < 1), None)
    if short is None:
        return "none, with fewer nodes than needed"
    cannot = "cannot keep its data" if short.resource in _KEPT else "cannot carry its load"
    return f"none: {short.component} {cannot}"


def _beside(
    text: str, worst: str, found: Mapping[str, Value], goals: Mapping[str, Value], verdict: str
) -> list[str]:
    """Return an estimate beside its objective, and how many actions have none."""
    if len(found) > 1:
        text += f" ({worst})"
    if worst not in goals:
        return [f"{text}, no objective"]
    parts = [f"{text}, objective {goals[worst].text}: {verdict}"]
    if len(found) > len(goals):
        parts.append(f"{len(found) - len(goals)} without an objective")
    return parts


def _listed(names: Sequence[str]) -> str:
    more = len(names) - 1
    return f"{names[0]} and {more} more" if more else names[0]


def logical(report: Report, store: str) -> float:
    """Return one copy of what a store keeps, in bytes."""
    return report.number(f"{store}.stored.retained")


def _lacking(value: Value) -> float:
    return 1.0 - value.value


def _failures(report: Report, action: str) -> dict[str, float]:
    """Return the share of time in which an action fails, by what fails."""
    waited = [c.name for c in report.components if f"{action}.residence.{c.name}" in report.values]
    of = {
        "failed changes": ["resilience.change_availability"],
        "region failures": [f"{c}.availability.regions" for c in waited],
        "zone failures": [f"{c}.availability.zones" for c in waited],
        **{c: [f"{c}.availability.alone"] for c in waited},
    }
    lacking = {
        what: [1.0 - report.number(name) for name in names if name in report.values]
        for what, names in of.items()
    }
    return {what: max(found) for what, found in lacking.items() if found}


def beside(estimate: Value, goal: Value | None) -> str:
    """Return an estimate for people, in as many digits as tell it from its objective."""
    if goal is None or estimate.text != goal.text or math.isclose(estimate.value, goal.value):
        return estimate.text

    def text(digits: int) -> str:
        shown, calendar = estimate.display_unit, estimate.calendar
        return write(
            estimate.value,
            estimate.dimension,
            display_unit=shown,
            calendar=calendar,
            significant=digits,
        )

    return apart(text, goal.text)


def objective(report: Report, action: str, statistic: str) -> Value | None:
    """Return the objective of an action: its own, the scenario's, or what is promised."""
    own = report.values.get(f"{action}.slo.{statistic}")
    if own is not None:
        return own
    for level in SERVICE_LEVELS:
        covered = report.objectives.get(f"{level}.{statistic}", ())
        stated = report.values.get(f"{level}.{statistic}")
        if stated is not None and (not covered or action in covered):
            return stated
    return None


class Fixed(NamedTuple):
    """A component that does not grow with the load.

    Attributes:
        component: Its name.
        what: What is fixed of it: `pinned at 12 nodes`.
        headroom: How many times its load at peak it can take; below 1 it is overloaded.
        resource: What is used up first.
    """

    component: str
    what: str
    headroom: float
    resource: str


def fixed(report: Report) -> Sequence[Fixed]:
    """Return the components that cannot follow the load, the tightest first."""
    found = []
    for bottleneck in report.bottlenecks:
        name = bottleneck.component
        utilization, resource = report.number(f"{name}.utilization"), _scarcest(bottleneck)
        if _is_pinned(report, bottleneck):
            nodes = report.values[f"{name}.nodes"].text
            what = f"pinned at {nodes} node{'' if nodes == '1' else 's'}"
        elif f"{name}.most_useful_nodes" in report.values:
            what = f"gains nothing beyond {report.values[f'{name}.most_useful_nodes'].text} nodes"
        elif f"{name}.utilization.writer" in report.values:
            utilization, resource = report.number(f"{name}.utilization.writer"), "writer"
            shards = report.values[f"{name}.shards"].text
            what = "one writer" if shards == "1" else f"{shards} writers"
        elif f"{name}.like.one_server" in report.values:
            shards = report.values[f"{name}.shards"].text
            what = "one server has all data" if shards == "1" else f"{shards} shards"
        else:
            continue
        headroom = 1 / utilization if utilization > 0 else math.inf
        found.append(Fixed(name, what, headroom, resource))
    return sorted(found, key=lambda one: one.headroom)


def _scarcest(bottleneck: Bottleneck) -> str:
    """Return the resource that runs out first, also where the fewest nodes allowed are enough."""
    needs = bottleneck.by_resource
    if bottleneck.resource in needs or not needs:
        return bottleneck.resource
    return max(needs, key=needs.__getitem__)


def _is_pinned(report: Report, bottleneck: Bottleneck) -> bool:
    return report.values[f"{bottleneck.component}.nodes"].origin == "pinned"


def _saturates(report: Report, one: Fixed) -> str:
    """Say at which load something fixed saturates, as a rate where requests are its load."""
    if one.headroom == math.inf:
        return "has nothing to do"
    load, times = report.values[f"{one.component}.requests.peak"], _times(one.headroom)
    if one.resource in _KEPT:
        is_full = one.headroom < 1
        part = f"{share(one.headroom, significant=2)} of" if is_full else times
        return f"has room for {'no more than' if part == '1x' else part} its data"
    if not load.value:
        is_over = one.headroom < 1
        return (
            f"is overloaded: {_times(1 / one.headroom)} what it holds"
            if is_over
            else (f"saturates at {times} its load")
        )
    at = write(load.value * one.headroom, load.dimension, calendar=report.calendar)
    if one.headroom < 1:
        return f"is overloaded: {load.text}, saturates at {at}"
    return f"saturates at {at}, {times} its peak"


def _times(factor: float) -> str:
    return f"{write(factor, PLAIN, significant=2)}x"


def _limit(report: Report) -> SummaryLine | None:
    if not report.bottlenecks:
        return None
    tight = fixed(report)
    if not tight:
        parts = ["none: fleets grow with the load", _survived(report)]
        return SummaryLine("limit", "Limit", tuple(parts))
    first = tight[0]
    parts = [f"{first.component} ({first.what}) {_saturates(report, first)}"]
    if len(tight) > 1:
        parts.append(f"{len(tight) - 1} more fixed")
    status = "refuted" if first.headroom < 1 else "near" if first.headroom < _NEAR else ""
    return SummaryLine("limit", "Limit", tuple(parts), first.resource, status)


def _survived(report: Report) -> str:
    """Return what may be lost while all components carry their load, and which cannot lose it."""
    names = [b.component for b in report.bottlenecks]
    kept: dict[str, list[str]] = {}
    for what in ("node", "zone", "region"):
        of = [n for n in names if report.number(f"{n}.survives.{what}")]
        if of:
            kept[what] = of
    if not kept:
        return "losing a zone is not planned for"
    left = [n for n in names if all(n not in of for of in kept.values())]
    but = f", but for {_listed(left)}" if left else ""
    return f"and can lose a {' or '.join(kept)}{but}"


class Tally(NamedTuple):
    """What became of the expectations.

    Attributes:
        holding: How many hold.
        not_refuted: How many a bound does not refute.
        failing: How many fail, those waived or warned of among them.
    """

    holding: int
    not_refuted: int
    failing: int


def tally(report: Report) -> Tally:
    """Count the expectations by what became of them."""
    passed = [o for o in report.expectations if o.status == "pass"]
    bounded = sum(o.is_unrefuted for o in passed)
    failing = sum(o.status not in ("pass", "undecided") for o in report.expectations)
    return Tally(len(passed) - bounded, bounded, failing)
