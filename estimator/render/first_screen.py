"""The tables of the first screen: requirements, storage and components, an item a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite

from estimator.analyse.summary import (
    BESIDES,
    beside,
    costs,
    full_after,
    logical,
    objective,
    percentile,
)
from estimator.evaluate import Bottleneck, Report
from estimator.render.page import NOTHING, Column, Frame, Linked, Table
from estimator.units import DATA, MONEY, PLAIN, write
from estimator.units.write import share

MOST_ROWS = 12
"""The most rows of a table on the first screen, its total and what is left out among them."""

REFUTED = " ✗"
"""What follows an objective that the model refutes."""
NO_OBJECTIVE = "none"
UNCHANGED = "unchanged"
_UTILIZATION = 4  # its column among the components
_BUSY = 0.85  # a utilization from which a fixed fleet stands out
_COST = "cost.per_month"
_LARGEST = 3  # shares that a line names


def first_tables(report: Report, most: int | None = MOST_ROWS) -> list[Table]:
    """Return the tables of the first screen that have rows.

    Args:
        report: The estimate.
        most: The most rows of each; None for all.
    """
    makers = (requirements, in_words, storage, components, sized, shares)
    made = [make(report, most) for make in makers]
    return [table for table in made if table.rows]


def text(report: Report, name: str, *, zero: bool = False) -> str:
    """Return a quantity for people, which knows its name; a dash where there is none of it.

    `≥` stands before what lacks a part that nobody knows.

    Args:
        report: The report.
        name: The quantity.
        zero: Whether a result of nothing is a result, as it is where somebody asked for it.
    """
    value = report.values.get(name)
    if value is None or not (zero or value.says_something):
        return NOTHING
    return Linked(f"{_least(report, name)}{value.text}", name)


def _least(report: Report, name: str) -> str:
    return "≥ " if report.is_partial(name) else ""


def _chosen(
    names: Sequence[str],
    most: int | None,
    size: Callable[[str], float] | None = None,
    besides: int = 1,
) -> list[str]:
    """Return the names that there are rows for, if others and what is left out take theirs.

    They are the largest in their order, or the first where there is no size.
    """
    if most is None or len(names) + besides <= most:
        return list(names)
    room = max(1, most - besides - 1)
    ranked = names if size is None else sorted(names, key=size, reverse=True)
    kept = set(ranked[:room])
    return [name for name in names if name in kept]


def _without_empty(table: Table) -> Table:
    """Return a table without the columns that have nothing in any row."""
    kept = [
        at
        for at in range(len(table.columns))
        if at == 0 or any(row[at] not in (NOTHING, "") for row in table.rows)
    ]
    table.columns = [table.columns[at] for at in kept]
    table.rows = [[row[at] for at in kept] for row in table.rows] if len(kept) > 1 else []
    for at, row in enumerate(table.rows):
        for column, cell in enumerate(row):
            if cell.endswith(REFUTED):
                table.styles[at, column] = "bold red"
            elif cell == NO_OBJECTIVE:
                table.styles[at, column] = "dim"
    return table


# --- requirements ---------------------------------------------------------------------------------


def requirements(report: Report, most: int | None = None) -> Table:
    """Return what each action asks of the system, beside its objectives."""
    percentiles = _percentiles(report)
    columns = [
        Column("avg/s", number=True, spare=2),
        Column("peak/s", number=True),
        Column("in, peak", number=True, spare=4),
        Column("out, peak", number=True, spare=3),
        Column(percentiles, number=True),
        Column("objective", number=True),
        Column("availability", number=True, spare=1),
        Column("objective", number=True, spare=1),
    ]
    table = Table("Requirements", [Column("action", whole=True), *columns], frame=Frame.HEADED)
    names = list(report.actions)
    has_total = len(names) > 1
    shown = _chosen(names, most, lambda a: report.number(f"{a}.requests.peak"), has_total)
    for name in shown:
        levels = _levels(report, name, percentiles)
        title = f"{name} (internal)" if name in report.internal else name
        table.rows.append([title, *_flows(report, f"{name}."), *levels])
    table.add_more(len(names) - len(shown))
    if has_total:
        total = "total" if not report.internal else "total from outside"
        table.add_total(total, *_flows(report, ""), *[""] * 4)
    table.note = _ends_early(report, shown)
    return _without_empty(table)


def _percentiles(report: Report) -> str:
    """Return the percentile of all latencies; where they differ, the cells have it."""
    found = {percentile(report, a) for a in report.actions if a not in report.internal}
    return found.pop() if len(found) == 1 else "latency"


def _ends_early(report: Report, actions: Sequence[str]) -> str:
    """Say of which actions a latency ends before all is done."""
    ends = [(a, end) for a in actions if a not in report.internal and (end := report.ends_with(a))]
    if not ends:
        return ""
    more = f" and {len(ends) - 1} more" if len(ends) > 1 else ""
    return f"{percentile(report, ends[0][0])} of {ends[0][0]}{more}: to the {ends[0][1]}"


def in_words(report: Report, most: int | None = None) -> Table:
    """Return what is required of actions in words."""
    columns = [
        Column("action", whole=True),
        Column("topic", whole=True),
        Column("requirement"),
    ]
    table = Table("Other requirements", columns, frame=Frame.HEADED)
    for action, topics in report.requires.items():
        for index, (topic, words) in enumerate(topics.items()):
            table.rows.append(["" if index else action, topic, words])
    if most is not None and len(table.rows) > most:
        more = f"{len(table.rows) - most + 1} more"
        table.rows[most - 1 :] = [[more, "", ""]]
    return table


def _flows(report: Report, start: str) -> list[str]:
    """Return requests a second, without the unit that the titles have, and bytes at peak."""
    names = [f"{start}requests.{which}" for which in ("average", "peak")]
    rates = [Linked(text(report, name).removesuffix("/s"), name) for name in names]
    return [*rates, *(text(report, f"{start}{side}.peak") for side in ("ingress", "egress"))]


def _levels(report: Report, action: str, percentiles: str) -> list[str]:
    """Return the bounds of an action's p99 and availability, each with its objective."""
    cells = []
    which = percentile(report, action)
    for name, statistic in ((f"latency.{which}", which), ("availability", "availability")):
        estimate = report.values.get(f"{action}.{name}")
        if estimate is None or not report.components or action in report.internal:
            cells += [NOTHING, NOTHING]
            continue
        goal = objective(report, action, statistic)
        is_known = estimate.text != "100%" and (name == "availability" or estimate.value > 0)
        none = NO_OBJECTIVE if is_known else NOTHING
        sign = ("≤ " if statistic == "availability" else "≥ ") if isfinite(estimate.value) else ""
        if statistic == which != percentiles:
            sign = f"{which} {sign}"
        bound = Linked(f"{sign}{beside(estimate, goal)}", estimate.name)
        cells.append(bound if is_known else NOTHING)
        refuted = goal is not None and _is_refuted(statistic, estimate.value, goal.value)
        cells.append(none if goal is None else Linked(goal.text + REFUTED * refuted, goal.name))
    return cells


def _is_refuted(statistic: str, estimate: float, goal: float) -> bool:
    return estimate < goal if statistic == "availability" else estimate > goal


# --- storage --------------------------------------------------------------------------------------


def storage(report: Report, most: int | None = None) -> Table:
    """Return what each store is to hold: new a day, logical, provisioned, after 30 days."""
    month = next((age.texts for age in report.ages if "storage.retained" in age.texts), None)
    table = _storage_table(report, with_month=month is not None)
    stores = [c.name for c in report.components if report.number(f"{c.name}.storage.retained")]
    if not stores:
        return _unplaced(report, table, month)
    has_total = len(stores) > 1
    shown = _chosen(stores, most, lambda s: report.number(f"{s}.storage.retained"), has_total)
    table.rows = [_store(report, name, month) for name in shown]
    table.add_more(len(stores) - len(shown))
    if has_total:
        kept = "storage.retained"
        row = ["total", text(report, "storage.per_day"), NOTHING, text(report, kept)]
        row += [f"{_least(report, kept)}{month[kept]}"] if month else []
        table.add_total(*row, "")
    return _without_empty(table)


def _storage_table(report: Report, *, with_month: bool) -> Table:
    provisioned = f"provisioned{full_after(report).removeprefix('when full')}"
    titles = ["new/day", "logical", provisioned, *(["after 30 days"] if with_month else [])]
    columns = [
        Column("store", whole=True),
        *(Column(title, number=True, spare=title == "logical") for title in titles),
        Column("copies", whole=True, spare=2),
    ]
    return Table("Storage", columns, frame=Frame.HEADED)


def _store(report: Report, name: str, month: Mapping[str, str] | None) -> list[str]:
    """Return the row of a store."""
    kept = f"{name}.storage.retained"
    kept_once = logical(report, name)
    logical_text = write(kept_once, DATA, binary=report.binary) if kept_once else NOTHING
    one_copy = f"{name}.stored.retained"
    copy = Linked(f"{_least(report, one_copy)}{logical_text}", one_copy)
    row = [name, text(report, f"{name}.storage.per_day"), copy, text(report, kept)]
    if month is not None:
        row.append(f"{_least(report, kept)}{month[kept]}" if kept in month else row[-1])
    return [*row, _copies(report, name)]


def _unplaced(report: Report, table: Table, month: Mapping[str, str] | None) -> Table:
    """Return what actions store, where no component says how."""
    stored = [a for a in report.actions if report.number(f"{a}.stored.retained")]
    copies = report.number("storage.copies")
    if not stored or not report.number("storage.retained"):
        return table
    has_total = len(stored) > 1
    for name in stored if has_total else ():
        day, kept = (
            write(report.number(f"{name}.stored.{field}") * copies, DATA, binary=report.binary)
            for field in ("per_day", "retained")
        )
        cells = [day, text(report, f"{name}.stored.retained"), kept]
        table.rows.append([name, *cells, *[NOTHING] * (len(table.columns) - 4)])
    cells = ["storage.per_day", "stored.retained", "storage.retained"]
    row = ["total" if has_total else stored[0], *(text(report, cell) for cell in cells)]
    if month is not None:
        row.append(f"{_least(report, 'storage.retained')}{month['storage.retained']}")
    if has_total:
        table.strong.add(len(table.rows))
    table.rows.append([*row, text(report, "storage.copies")])
    return _without_empty(table)


def _copies(report: Report, store: str) -> str:
    """Return how many copies a store has, or parts, and what it takes on top: `3, +30%`, `12+4`."""
    replicas = report.values.get(f"{store}.replicas")
    copies = NOTHING if replicas is None else replicas.text
    data_parts = report.number(f"{store}.data_parts")
    if replicas is not None and data_parts > 1:
        copies = f"{data_parts:.0f}+{replicas.value - data_parts:.0f}"
    overhead = report.values.get(f"{store}.overhead")
    if overhead is not None and overhead.value:
        copies += f", +{overhead.text}"
    return copies if replicas is None else Linked(copies, replicas.name)


# --- components -----------------------------------------------------------------------------------


def components(report: Report, most: int | None = None) -> Table:
    """Return the nodes of each component, its bottleneck, what it follows, and its cost."""
    columns = [  # `_UTILIZATION` counts them
        Column("component", whole=True),
        Column("kind", whole=True, spare=2),
        Column("nodes", number=True),
        Column("bottleneck", whole=True),
        Column("utilization", number=True),
        Column("follows", whole=True, spare=1),
        Column("$/month", number=True),
    ]
    table = Table("Components", columns, frame=Frame.HEADED)
    paid, kinds = costs(report), {c.name: c.kind for c in report.components}
    names = sorted(
        [*kinds, *(n for n in BESIDES.values() if paid.get(n))], key=lambda n: -paid.get(n, 0.0)
    )
    has_total = len(names) > 1
    shown = _chosen(names, most, besides=has_total)
    bottlenecks = {b.component: b for b in report.bottlenecks}
    follows, besides = dict(report.follows), {title: name for name, title in BESIDES.items()}
    for at, name in enumerate(shown):
        bottleneck = bottlenecks.get(name)
        table.styles[at, _UTILIZATION] = _color(bottleneck)
        row = _component(report, name, bottleneck)
        row += [follows.get(name, NOTHING), _cost(report, besides.get(name, name), paid.get(name))]
        table.rows.append([name, kinds.get(name, ""), *row])
    others = names[len(shown) :]
    if others:
        table.rows.append(_rest(report, others, paid))
    if has_total:
        row = [text(report, "servers"), "", "", "", text(report, _COST)]
        table.add_total("total", "", *row)
    return table


def _cost(report: Report, owner: str, paid: float | None) -> str:
    """Return what something costs a month, with `≥` where a part of it is unknown."""
    if not paid:
        return NOTHING
    name = f"{owner}.cost.per_month"
    return Linked(f"{_least(report, name)}{write(paid, MONEY)}", name)


def _rest(report: Report, names: Sequence[str], paid: Mapping[str, float]) -> list[str]:
    """Return the row of the components that there is no room for."""
    nodes = sum(report.number(f"{name}.nodes") for name in names)
    cost = write(sum(paid.get(name, 0.0) for name in names), MONEY)
    count = write(nodes, PLAIN, display_unit="whole") if nodes else NOTHING
    return [f"{len(names)} more", "", count, "", "", "", cost]


def _color(bottleneck: Bottleneck | None) -> str:
    """Return the color of a utilization: of what is overloaded, or soon will be."""
    if bottleneck is None or bottleneck.utilization <= _BUSY:
        return ""
    return "bold red" if bottleneck.utilization > 1 else "yellow"


def _component(report: Report, name: str, bottleneck: Bottleneck | None) -> list[str]:
    """Return a component's nodes, its bottleneck and how much of that is used."""
    if name in BESIDES.values():
        return [NOTHING] * 3
    nodes = text(report, f"{name}.nodes")
    if bottleneck is None:
        return [nodes, NOTHING, text(report, f"{name}.utilization")]
    if report.values[f"{name}.nodes"].origin == "pinned":
        needs = write(bottleneck.required, PLAIN, display_unit="whole")
        nodes = Linked(f"{nodes} (needs {needs})", f"{name}.nodes")
    of = f"{name}.utilization.{bottleneck.resource}"
    of = of if of in report.values else f"{name}.utilization"
    if of not in report.values and of in report.unknown:
        return [nodes, bottleneck.resource, NOTHING]
    used = f"{_least(report, of)}{share(bottleneck.utilization)}"
    return [nodes, bottleneck.resource, Linked(used, of)]


# --- what has no nodes ----------------------------------------------------------------------------

_MOST_RESULTS = 4


def sized(report: Report, most: int | None = None) -> Table:
    """Return what kinds say of components that have no nodes, such as the rows of a table."""
    table = Table("Sizes", [Column("component", whole=True), Column("size")], frame=Frame.HEADED)
    found = {
        component.name: _results(report, component.results)
        for component in report.components
        if f"{component.name}.nodes" not in report.values
    }
    names = [name for name, results in found.items() if results]
    shown = _chosen(names, most, besides=0)
    table.rows = [[name, ", ".join(found[name][:_MOST_RESULTS])] for name in shown]
    table.add_more(len(names) - len(shown))
    return table


def _results(report: Report, names: Sequence[str]) -> list[str]:
    """Return quantities with their local names, those that say something."""
    told = [report.values[name] for name in names if name in report.values]
    return [f"{v.name.partition('.')[2]} {v.text}" for v in told if v.says_something]


# --- whose load it is -----------------------------------------------------------------------------


def shares(report: Report, most: int | None = None) -> Table:
    """Return what each scenario that sends loads has of all components."""
    columns = [
        Column("load of", whole=True),
        Column("servers", number=True),
        Column("$/month", number=True),
        Column("of cost", number=True),
        Column("of components", spare=1),
    ]
    table = Table("Shares", columns, frame=Frame.HEADED)
    if not report.shares:
        return table
    users = _users(report)
    shown = _chosen(users, most, lambda user: report.number(f"share.{user}.{_COST}"))
    table.rows = [_user(report, user) for user in shown]
    table.add_more(len(users) - len(shown))
    table.add_total("total", *(_share_text(report, n) for n in ("servers", _COST)), "100%", "")
    return table


def shares_of_components(report: Report) -> Table:
    """Return the share of each scenario in each component that carries its load."""
    columns = [
        Column("component", whole=True),
        Column("load of", whole=True),
        Column("share", number=True),
        Column("nodes", number=True),
        Column("$/month", number=True),
    ]
    table = Table("Shares of components", columns, frame=Frame.HEADED)
    for component, users in report.shares.items():
        for at, user in enumerate(users):
            name = f"{component}.share.{user}"
            cells = (_share_text(report, n) for n in (name, f"{name}.nodes", f"{name}.{_COST}"))
            table.rows.append(["" if at else component, user, *cells])
    return table


def _users(report: Report) -> list[str]:
    """Return whose load there is, the scenario's own last."""
    found = dict.fromkeys(user for users in report.shares.values() for user in users)
    parts = ("servers", _COST)
    users = (*(user for user in found if user != "own"), "own")
    return [u for u in users if any(f"share.{u}.{part}" in report.values for part in parts)]


def _user(report: Report, user: str) -> list[str]:
    """Return the row of a scenario."""
    cost, whole = report.number(f"share.{user}.{_COST}"), report.number(_COST)
    parts = {c: report.number(f"{c}.share.{user}") for c in report.shares}
    largest = sorted((c for c in parts if parts[c]), key=lambda c: -round(parts[c], 9))[:_LARGEST]
    texts = [f"{component} {share(parts[component])}" for component in largest]
    totals = (_share_text(report, f"share.{user}.{part}") for part in ("servers", _COST))
    return [user, *totals, share(cost / whole) if whole else NOTHING, ", ".join(texts) or NOTHING]


def _share_text(report: Report, name: str) -> str:
    value = report.values.get(name)
    return value.text if value is not None and value.says_something else NOTHING


# --- what to measure first ------------------------------------------------------------------------


def measure_first(report: Report, most: int | None = None) -> Table:
    """Return what servers and cost become at the ends of the inputs that they depend on most."""
    ranked = report.measure_first[:most]
    outcomes = list(ranked[0].outcomes) if ranked else []
    titles = {"servers": "servers", "cost.per_month": "$/month"}
    named = [together(one.names) for one in ranked]
    columns = [
        Column("input"),
        Column("value", number=True, spare=2),
        Column("between", last=True),
        *(Column(titles.get(name, name), whole=True) for name in outcomes),
        Column("source", whole=True, spare=1),
    ]
    table = Table("Measure first", columns, frame=Frame.HEADED)
    for name, one in zip(named, ranked, strict=True):
        value, low, high = one.texts
        ends = [_becomes(*one.outcome_texts[outcome]) for outcome in outcomes]
        cells = [Linked(value, one.names[0]), _between(low, high), *ends, one.source]
        table.rows.append([name, *cells])
    for at, row in enumerate(table.rows):
        table.styles |= {(at, i): "dim" for i, cell in enumerate(row) if cell == UNCHANGED}
    return table


def _becomes(low: str, high: str) -> str:
    """Return what a result becomes; what stays as it is should not draw the eye."""
    return UNCHANGED if low == high else _between(low, high)


_LONGEST_NAME = 24
_UNIT = re.compile(r"(-?\$?[\d.,]+[kMBT]?)([ /].+)")  # an amount, and a unit that stands apart


def _between(low: str, high: str) -> str:
    """Return both ends, with their unit once where it is the same: `15 to 80 kB`."""
    if low == high:
        return low
    ends = [_UNIT.fullmatch(end) for end in (low, high)]
    if ends[0] is not None and ends[1] is not None and ends[0][2] == ends[1][2]:
        low = ends[0][1]
    return f"{low} to {high}"


def together(names: tuple[str, ...]) -> str:
    """Return one name, or what several have in common: `price (2 components)`.

    A long name leaves the word out, since it would break at 80 columns: `target_utilization (8)`.
    """
    if len(names) == 1:
        return names[0]
    last = names[0].rsplit(".", 1)[-1]
    whole = f"{last} ({len(names)} components)"
    return whole if len(whole) <= _LONGEST_NAME else f"{last} ({len(names)})"
