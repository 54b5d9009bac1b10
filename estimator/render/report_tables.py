"""A report as tables of words, in the order in which people ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf

from estimator.analyse.summary import BESIDES, beside, full_after
from estimator.evaluate import Outcome, Report
from estimator.render.first_screen import (
    components,
    in_words,
    measure_first,
    requirements,
    shares,
    shares_of_components,
    storage,
    text,
)
from estimator.render.page import NOTHING, Column, Linked, Table, numbers
from estimator.render.sanitize import sanitize
from estimator.render.styles import mark
from estimator.scenario.sections import SERVICE_LEVELS
from estimator.units import MONEY, write
from estimator.units.write import bits, count, share

ASSUMPTIONS = "Assumptions"
_MOST_OWNERS = 3
_MOST_MACHINES = 4
_FLOW_FIELDS = ("writes", "reads", "ingress", "egress")


def heading(report: Report) -> tuple[str, str, str]:
    """Return the scenario's name, its file, and what it says of itself or nothing."""
    name = sanitize(report.name)
    if report.variant:
        name += f" (variant {sanitize(report.variant)})"
    return name, sanitize(report.file), sanitize(" ".join(report.about.split()))


def tables(report: Report, names: Iterable[str] | None = None) -> list[Table]:
    """Return tables of a report that have rows, in the order in which people ask.

    Args:
        report: The estimate.
        names: The names of tables, as `SECTIONS` has them; None for all.
    """
    wanted = SECTIONS if names is None else set(names)
    found = [table for n, make in SECTIONS.items() if n in wanted for table in make(report)]
    return [table for table in found if table.rows]


def _machines(report: Report) -> list[Table]:
    """Return the alternatives to the machines that were chosen as the cheapest."""
    if not report.machines:
        return []
    from estimator.render.machines.text import machine_table

    return [machine_table(choice, most=_MOST_MACHINES) for choice in report.machines]


def _uncertainty(report: Report) -> list[Table]:
    """Return how far quantities spread, and what their spread comes from."""
    if report.uncertainty is None:
        return []
    from estimator.render.uncertainty import uncertainty_tables

    return uncertainty_tables(report, report.uncertainty)


def _plural(name: str) -> str:
    words = name.replace("_", " ")
    if words.endswith(("s", "x", "ch", "sh")):
        return words + "es"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return words[:-1] + "ies"
    return words + "s"


def _napkin(report: Report) -> Table:
    """Return one line an action, as it is said in an interview."""
    table = Table("Napkin", [Column("")])
    if report.rounding is None:
        return table
    for action in report.actions:
        parts = [f"{text(report, f'{action}.events.per_day')} {_plural(action)} a day"]
        for side in ("writes", "reads"):
            if report.number(f"{action}.{side}.average"):
                rate = text(report, f"{action}.{side}.average")
                parts.append(rate.replace("/s", f" {side}/s"))
        if report.number(f"{action}.stored.per_day"):
            parts.append(f"{text(report, f'{action}.stored.per_day')}/day")
        table.rows.append([", ".join(parts)])
    return table


def _traffic(report: Report) -> Table:
    table = Table("Traffic", _flow_columns("action"))
    outside = [action for action in report.actions if action not in report.internal]
    rows = [(action, f"{action}.") for action in outside]
    if len(report.actions) > 1:
        rows.append(("total" if not report.internal else "total from outside", ""))
    rows += [(f"{action} (internal)", f"{action}.") for action in report.internal]
    for shown, start in rows:
        if not start:
            table.strong |= {len(table.rows), len(table.rows) + 1}
        table.rows += _flow_rows(report, shown, start)
    return table


def _flow_columns(title: str) -> list[Column]:
    return [Column(title), Column(""), *numbers(_FLOW_FIELDS)]


def _flow_rows(report: Report, shown: str, start: str) -> list[list[str]]:
    """Return two rows, average and peak, of the values below `start`; the first bears the name."""
    return [
        [name, which, *(text(report, f"{start}{field}.{which}") for field in _FLOW_FIELDS)]
        for name, which in ((shown, "average"), ("", "peak"))
    ]


def _data_grows(report: Report) -> Table:
    """Return what is kept at the ages of the estimate, and the nodes and costs that follow."""
    titles = [*(f"after {age.text}" for age in report.ages), full_after(report) or "retained"]
    table = Table("As data grows", [Column(""), *numbers(titles)])
    rows = [(f"{a}.stored.retained", f"{a}, logical") for a in report.actions]
    rows += [(f"{c.name}.storage.retained", f"{c.name}, provisioned") for c in report.components]
    rows.append(("storage.retained", "all data, provisioned"))
    rows += [(f"{c.name}.nodes", f"{c.name} nodes") for c in report.components]
    rows += [("servers", "servers"), ("cost.per_month", "cost/month")]
    for name, title in rows:
        if any(name in age.texts for age in report.ages):
            table.rows.append([title, *_at_ages(report, name)])
    return table


def _at_ages(report: Report, name: str) -> list[str]:
    """Return a quantity at each age, and when full."""
    full = text(report, name)
    return [*(age.texts.get(name, full) for age in report.ages), full]


_BESIDES = {"unplaced_storage": "storage", "internet_egress": "egress"}
"""What a system pays for besides its components, and the part of costs that it belongs to."""
_PARTS = ("machines", "storage", "requests", "egress")


def _cost(report: Report) -> Table:
    """Return what each component costs by its parts, where there is more to pay than machines."""
    parts = _cost_parts(report)
    titles = [*(part.replace("_", " ") for part in parts), "total"]
    table = Table("Cost", [Column("$/month"), *numbers(titles)])
    besides = [name for name in BESIDES if report.number(f"{name}.cost.per_month")]
    if not besides and not any(
        report.number(f"{component.name}.cost.{part}.per_month")
        for component in report.components
        for part in parts[1:]
    ):
        return table
    for component in report.components:
        start = f"{component.name}.cost"
        if report.number(f"{start}.per_month"):
            cells = [text(report, f"{start}.{part}.per_month") for part in parts]
            cells.append(text(report, f"{start}.per_month"))
            table.rows.append([component.name, *cells])
    for name in besides:
        cost = text(report, f"{name}.cost.per_month")
        cells = [cost if part == _BESIDES[name] else NOTHING for part in parts]
        table.rows.append([BESIDES[name], *cells, cost])
    totals = [_part_total(report, part) for part in parts]
    table.add_total("total", *totals, text(report, "cost.per_month"))
    return table


def _cost_parts(report: Report) -> list[str]:
    """Return the parts of costs: those that every scenario has, and those of kinds of one's own."""
    found = dict.fromkeys(_PARTS)
    owners = {component.name for component in report.components}
    for name in report.values:
        match name.split("."):
            case [owner, "cost", part, "per_month"] if owner in owners:
                found[part] = None
    return list(found)


def _part_total(report: Report, part: str) -> str:
    """Return what all components pay for one part; a kind's own part has no total in the model."""
    if f"cost.{part}.per_month" in report.values:
        return text(report, f"cost.{part}.per_month")
    names = [f"{component.name}.cost.{part}.per_month" for component in report.components]
    return write(sum(report.values[n].value for n in names if n in report.values), MONEY)


def _latency(report: Report) -> Table:
    """Return how long each action takes, and the component where most of the time goes."""
    parts = ("mean", "p95", "p99")
    columns = [Column("action"), *numbers(parts), Column("dominated by")]
    table = Table("Latency", columns)
    for action in report.actions:
        if not report.number(f"{action}.latency.mean"):
            continue
        times = [text(report, f"{action}.latency.{part}") for part in parts]
        table.rows.append([action, *times, _slowest(report, action)])
    table.note = "at peak, queueing alone: pauses, deployments and hot keys come on top"
    for action in report.actions:
        if ends := report.ends_with(action):
            table.note += f"\n{action}: to the {ends}; the rest comes later"
    for name in report.untimed:
        table.note += (
            f"\nwithout the work of {name}: its kind gives no service_time;"
            f" write `service_time: 5 ms` under {name}, with its own time"
        )
    table.note += "".join(f"\n{line}" for line in _between_regions(report))
    return table


def _between_regions(report: Report) -> Iterator[str]:
    """Yield what each store trades between regions: the time of a write, or the last writes."""
    for component in report.components:
        name = component.name
        if report.number(f"{name}.region_wait"):
            waits = text(report, f"{name}.region_wait")
            yield f"{name}: a write waits {waits} for another region, so none is lost with its own"
        elif report.number(f"{name}.writes_at_risk"):
            lost, lag = (text(report, f"{name}.{n}") for n in ("writes_at_risk", "replication_lag"))
            yield (
                f"{name}: a write waits for no other region; {lost} writes are lost with a region"
                f" at peak, the last {lag}"
            )


def _slowest(report: Report, action: str) -> str:
    """Return the component at which an action spends most time, with its share of all."""
    spent = {c.name: f"{action}.residence.{c.name}" for c in report.components}
    times = {c: report.values[name].value for c, name in spent.items() if name in report.values}
    if not times:
        return NOTHING
    component = max(times, key=times.__getitem__)
    whole = report.number(f"{action}.latency.mean")
    if whole == inf:
        return f"{component}: overloaded"
    return f"{component} {share(times[component] / whole)}" if whole else component


_LEVELS = (
    ("availability", "availability"),
    ("durability", "durability"),
    ("p50", "p50"),
    ("p95", "p95"),
    ("p99", "p99"),
    ("downtime.per_year", "downtime/year"),
    ("downtime.per_month", "downtime/month"),
    ("downtime.per_week", "downtime/week"),
    ("downtime.per_day", "downtime/day"),
    ("error_budget.requests", "error budget, requests/month"),
)


def _service_levels(report: Report) -> Table:
    """Return what is aimed at and promised, beside the estimate."""
    stated = [s for s in SERVICE_LEVELS if any(n.startswith(f"{s}.") for n in report.values)]
    table = Table("Service levels", [Column("level"), *numbers((*stated, "estimate"))])
    for name, title in _LEVELS:
        cells = [text(report, f"{s}.{name}") for s in stated]
        if any(cell != NOTHING for cell in cells):
            found = [(report.values.get(f"{s}.estimate.{name}"), f"{s}.{name}") for s in stated]
            estimates = (beside(e, report.values.get(goal)) for e, goal in found if e is not None)
            known = next(estimates, NOTHING)
            table.rows.append([title, *cells, known])
    used = [text(report, f"{s}.error_budget.used") for s in stated]
    if any(cell != NOTHING for cell in used):
        table.rows.append(["error budget used", *used, NOTHING])
    if table.rows:
        table.note = _covered(report, stated)
    return table


def _covered(report: Report, stated: list[str]) -> str:
    """Say what the estimates beside service levels are of, which may be less than the system."""
    notes = {level: _estimated(report, report.covered.get(level, ())) for level in stated}
    if len(set(notes.values())) == 1:
        return f"estimate: {notes[stated[0]]}"
    return "; ".join(f"estimate for {level}: {note}" for level, note in notes.items())


def _estimated(report: Report, actions: tuple[str, ...]) -> str:
    if not actions:
        return "availability of all components in series, latency of the slowest action"
    if len(actions) == 1:
        return actions[0]
    if len(actions) == len(report.actions):
        return "the worst of all actions"
    return f"the worst of {', '.join(actions[:-1])} and {actions[-1]}"


def _flows_between(report: Report) -> Table:
    """Return what components send on to others, where it is not simply what they received."""
    table = Table("Flows between components", _flow_columns("flow"))
    flows = _flows(report)
    for component in report.components:
        for flow in flows.get(component.name, ()):
            table.rows += _flow_rows(report, flow, f"{flow}.")
    return table


def _flows(report: Report) -> dict[str, list[str]]:
    """Return, for each component, the flows that it sends on under names of their own."""
    found: dict[str, dict[str, None]] = {}
    for name in report.values:
        match name.split("."):
            case [component, flow, "reads" | "writes", "average"] if flow != "sent":
                if report.number(name):
                    found.setdefault(component, {})[f"{component}.{flow}"] = None
    return {component: list(flows) for component, flows in found.items()}


def _totals(report: Report) -> Table:
    table = Table("Totals", [Column("total"), *numbers(("average", "peak"))])
    for name, title in (
        ("writes", "writes"),
        ("reads", "reads"),
        ("requests", "requests"),
        ("internal_requests", "internal requests"),
        ("all_requests", "all requests"),
    ):
        if report.number(f"{name}.average"):
            table.rows.append([title, *(text(report, f"{name}.{w}") for w in ("average", "peak"))])
    for name in ("ingress", "egress"):
        if report.number(f"{name}.average"):
            found = [f"{name}.{which}" for which in ("average", "peak")]
            known = [n for n in found if n in report.values]
            cells = [f"{text(report, n)} ({bits(report.number(n))})" for n in known]
            table.rows.append([name, *cells, *[NOTHING] * (len(found) - len(known))])
    for name, title in (
        ("storage.per_day", "new storage/day"),
        ("storage.retained", f"storage, {full_after(report) or 'retained'}"),
        ("servers", "servers"),
        ("cost.per_month", "cost/month"),
        ("availability", "availability, all components"),
    ):
        value = report.values.get(name)
        if value is not None and value.says_something:
            table.rows.append([title, text(report, name), ""])
    notes = (_beside_the_objective(report), *_without_availability(report))
    table.note = "\n".join(note for note in notes if note)
    return table


def _without_availability(report: Report) -> Iterator[str]:
    """Yield the fleets of which nothing says how many nodes must work."""
    for component in report.components:
        name, known = component.name, f"{component.name}.availability"
        has_none = known not in report.values and known not in report.unknown
        if has_none and f"{name}.nodes" in report.values:
            yield (
                f"availability: without {name}, as nothing says how many of its nodes must work;"
                f" write `spare: 10%` or `survive: 1 zone` under {name}"
            )


def _beside_the_objective(report: Report) -> str:
    """Say why all components are available less than the actions of an objective."""
    whole = text(report, "availability")
    for level in SERVICE_LEVELS:
        estimate = report.values.get(f"{level}.estimate.availability")
        if estimate is None or not report.covered.get(level) or estimate.text == whole:
            continue
        apart = "whose actions do not wait for all components"
        return f"availability: {estimate.text} for {level}, {apart}"
    return ""


def _inputs(report: Report) -> Table:
    """Return the inputs that the file names, with where they are from."""
    found = [report.values[name] for name in report.inputs]
    columns = [Column("name"), Column("value", number=True), Column("status"), Column("source")]
    has_days = any(value.until for value in found)
    table = Table("Inputs", [*columns, *([Column("current until")] if has_days else [])])
    for value in found:
        shown = Linked(value.text, value.name)
        cells = [value.name, shown, value.status or NOTHING, value.source or NOTHING]
        table.rows.append([*cells, value.until or NOTHING][: len(table.columns)])
    return table


def _sizes(report: Report) -> Table:
    """Return what kinds say of each component, and how long a call of it takes, or why not."""
    columns = [Column("component"), Column("quantity"), Column("value", number=True)]
    table = Table("Sizes", [*columns, Column("meaning")])
    for component in report.components:
        rows = [
            [name.partition(".")[2], text(report, name), report.values[name].about]
            for name in component.results
            if name in report.values and report.values[name].says_something
        ]
        rows += _call_time(report, component.name)
        table.rows += [[component.name if at == 0 else "", *row] for at, row in enumerate(rows)]
    return table


def _call_time(report: Report, component: str) -> list[list[str]]:
    """Return the mean time of a call of a component at peak, the slower of reads and writes."""
    if component in report.untimed:
        why = "its kind gives no service_time, so that only the way there counts"
        return [["latency", "none", why]]
    called = [side for side in ("read", "write") if report.number(f"{component}.{side}s.peak")]
    names = [name for side in called if report.number(name := f"{component}.latency.{side}")]
    slowest = max(map(report.number, names), default=0.0)
    times = [report.values[name] for name in names if report.number(name) == slowest]
    about = "The mean time of a call at peak, by queueing alone."
    return [["latency", f"≥ {time.text}", about] for time in times[:1]]


def _own(report: Report) -> Table:
    columns = [Column("name"), Column("value", number=True), Column("formula")]
    found = [(name, " ".join(report.values[name].formula.split())) for name in report.own]
    rows = [[name, text(report, name, zero=True), formula] for name, formula in found]
    return Table("Derived", columns, rows)


def _expectations(report: Report) -> Table:
    columns = [Column(""), Column("expected"), Column("estimate")]
    rows = [[mark(o), o.title, estimate_of(o)] for o in report.expectations]
    return Table("Expectations", columns, rows, named_by=1)


def estimate_of(outcome: Outcome) -> str:
    """Return the value of an expectation's left side, with what to know of it where it fails."""
    parts = [outcome.left] if outcome.left else []
    if outcome.chance is not None:
        parts.append(outcome.held)
    if outcome.status != "pass":
        ratio = count(outcome.ratio or 1)
        if ratio != "1" and outcome.chance is None:
            of = outcome.distance if outcome.is_about else f"{ratio}x the limit of {outcome.right}"
            parts[:1] = [f"{outcome.left} ({of})"]
        parts.extend(x for x in (outcome.reason, outcome.owner) if x)
        if outcome.until:
            parts.append(f"until {outcome.until}")
    return "; ".join(parts)


def _assumptions(report: Report) -> Table:
    columns = [Column("assumption"), Column("value"), Column("source")]
    table = Table(ASSUMPTIONS, columns)
    for one in report.assumptions:
        off = f" ({one.between})" if one.between else ""
        why = one.why or one.source or one.about  # in short; JSON has all of it
        table.rows.append([_together(one.names), one.text + off, " ".join(why.split())])
    return table


def _together(names: tuple[str, ...]) -> str:
    """Return one name, or what several have in common: `replicas of posts, likes`."""
    if len(names) == 1:
        return names[0]
    last = names[0].rsplit(".", 1)[-1]
    owners = [n.removesuffix(f".{last}") for n in names]
    if len(owners) > _MOST_OWNERS:
        owners = [*owners[: _MOST_OWNERS - 1], f"{len(owners) - _MOST_OWNERS + 1} more"]
    return f"{last} of " + ", ".join(owners[:-1]) + f" and {owners[-1]}"


SECTIONS: Mapping[str, Callable[[Report], Iterable[Table]]] = {
    "requirements": lambda report: [requirements(report), in_words(report)],
    "storage": lambda report: [storage(report)],
    "components": lambda report: [components(report)],
    "shares": lambda report: [shares(report), shares_of_components(report)],
    "measure": lambda report: [measure_first(report)],
    "napkin": lambda report: [_napkin(report)],
    "traffic": lambda report: [_traffic(report)],
    "flows": lambda report: [_flows_between(report)],
    "sizes": lambda report: [_sizes(report)],
    "cost": lambda report: [_cost(report)],
    "growth": lambda report: [_data_grows(report)],
    "latency": lambda report: [_latency(report)],
    "slo": lambda report: [_service_levels(report)],
    "totals": lambda report: [_totals(report)],
    "uncertainty": _uncertainty,
    "machines": _machines,
    "inputs": lambda report: [_inputs(report)],
    "derived": lambda report: [_own(report)],
    "expectations": lambda report: [_expectations(report)],
    "assumptions": lambda report: [_assumptions(report)],
}
"""The tables of a report by the names of `--show`, in the order in which people ask."""
