"""A system month by month, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from estimator.analyse.forecast import Forecast, Month
from estimator.analyse.limits import Passing
from estimator.analyse.sizes import Sizes
from estimator.render.page import (
    NOTHING,
    WIDE,
    Column,
    Frame,
    Part,
    Table,
    few,
    with_room,
    without_spreads,
)
from estimator.render.registry import Found, Page
from estimator.render.sanitize import sanitize
from estimator.units import MONEY, write

_MOST_ROWS = 25
_CHANGES = "bottleneck changes"
_LABEL = 30
"""How many characters of a limit stand in a line at least."""


def page(found: Found[Forecast], width: int) -> Iterator[Part]:
    """Yield when limits are passed, then the months, then how long machines last."""
    forecast = found.result
    if forecast is None:
        return
    for at, table in enumerate(tables(forecast, width)):
        if at:
            yield ""
        yield table
    yield ""
    yield from notes(forecast)


def tables(forecast: Forecast, width: int = WIDE) -> Iterator[Table]:
    """Yield the tables that have rows."""
    limits = _with_room_for_labels(passings(forecast), width)
    found = (
        limits,
        without_spreads(months(forecast), width),
        *(_sizes(sizes, forecast.start) for sizes in forecast.sizes),
    )
    yield from (table for table in found if table.rows)


def _with_room_for_labels(table: Table, width: int) -> Table:
    """Return a table without columns for which there is no room where its names are broken."""
    named = [[row[0][:_LABEL], *row[1:]] for row in table.rows]
    kept = with_room(replace(table, rows=named), width)
    rows = [[row[0], *cells[1:]] for row, cells in zip(table.rows, kept.rows, strict=True)]
    return replace(kept, rows=rows)


def passings(forecast: Forecast) -> Table:
    """Return when each limit is passed."""
    has_range = any(
        one.early is not None or one.chance not in (0.0, 1.0) for one in forecast.passings
    )
    has_orders = any(one.order_by is not None for one in forecast.passings)
    columns = [Column("Limits"), Column("exceeded on", whole=True)]
    if has_range:
        columns += [Column("90% between", whole=True, spare=1), Column("chance", number=True)]
    columns += [Column("order by", whole=True)] if has_orders else []
    table = Table("Limits", columns, frame=Frame.HEADED)
    for one in forecast.passings:
        row = [one.limit, _when(one, forecast)]
        if has_range:
            chance = (
                NOTHING if one.chance in (0.0, 1.0) and one.early is None else f"{one.chance:.0%}"
            )
            row += [_between(one), chance]
        row += [_order(one, forecast.start)] if has_orders else []
        table.rows.append(row)
    return table


def _when(one: Passing, forecast: Forecast) -> str:
    if one.is_passed_now:
        return "already passed"
    if one.on is None:
        plural = "s" * (forecast.months != 1)
        return "not known" if one.unknown else f"not in {forecast.months} month{plural}"
    day = one.on.isoformat() + " at the latest" * bool(one.unknown)
    return f"{day} ({sanitize(one.event)})" if one.event else day


def _between(one: Passing) -> str:
    if one.early is None:
        return NOTHING
    return f"{one.early.isoformat()} to {'later' if one.late is None else one.late.isoformat()}"


def _order(one: Passing, start: date) -> str:
    if one.order_by is None:
        return NOTHING
    return one.order_by.isoformat() + ", overdue" * (one.order_by < start)


def months(forecast: Forecast) -> Table:
    """Return a row a month, or every third or sixth of many, and each event."""
    step = next(s for s in (1, 3, 6, 12, forecast.months) if forecast.months / s < _MOST_ROWS)
    rows = [m for m in forecast.points if m.event or m.months % step == 0.0]
    changes = _changes(forecast.points)
    has_changes = any(changes.values())
    columns = [Column("Month", whole=True), *(Column(n, number=True) for n in forecast.headings)]
    columns += [Column(_CHANGES)] if has_changes else []
    table = Table("Month", columns, frame=Frame.HEADED)
    seen: list[str] = []
    shown = set(map(id, rows))
    for month in forecast.points:
        seen += changes[id(month)]
        if id(month) not in shown:
            continue
        label = (
            f"{month.on.isoformat()} {sanitize(month.event)}"
            if month.event
            else month.on.isoformat()
        )
        cells = [cell.spread_text for cell in month.cells]
        table.rows.append([label, *cells, *([few(seen)] if has_changes else [])])
        seen = []
    return table


def _changes(points: Sequence[Month]) -> dict[int, list[str]]:
    """Return the components whose bottleneck is another than before, by the month."""
    found: dict[int, list[str]] = {}
    before = points[0].bottlenecks
    for month in points:
        now = month.bottlenecks
        names = [n for n in now if n in before and before[n] != now[n] and not month.event]
        found[id(month)] = [f"{n}: {before[n]} → {now[n]}" for n in names]
        before = before if month.event else now
    return found


def _sizes(sizes: Sizes, start: date) -> Table:
    nodes = "1 node" if sizes.nodes == 1 else f"{sizes.nodes} nodes"
    ordered = ", ".join(f"{count} from {day.isoformat()}" for day, count in sizes.ordered)
    title = f"{sizes.component}: {nodes}{f' ({ordered})' if ordered else ''} of"
    columns = [Column(title, whole=True), Column("$/h each", number=True)]
    columns += [Column("enough until", whole=True), Column("ended by")]
    table = Table(title, columns, frame=Frame.HEADED)
    for size in sizes.sizes:
        until = "all these months" if size.until is None else size.until.isoformat()
        until = "not now" if size.until == start else until
        mark = " (now)" if size.is_current else ""
        ended_by = sanitize(_first_clause(size.ended_by)) or NOTHING
        table.rows.append([f"{size.machine}{mark}", write(size.price, MONEY), until, ended_by])
    if sizes.only_more_help is not None:
        rest = "only more nodes help"
        if " " in sizes.ended_by.partition(" (")[0]:
            rest = f"no size is enough: {sizes.ended_by}"  # what a kind says, and no resource
        now = sizes.only_more_help == start
        table.note = f"From {'now' if now else sizes.only_more_help.isoformat()} on, {rest}."
    return table


def _first_clause(text: str) -> str:
    """Return what is too much, of what a kind says against it."""
    first, comma, rest = text.partition(",")
    event = "(" + rest.rpartition(" (")[2] if comma and rest.endswith(")") else ""
    return f"{first} {event}".strip().removeprefix("there are ").removeprefix("there is ")


def notes(forecast: Forecast) -> Iterator[str]:
    """Yield what the tables do not say by themselves."""
    open_ = dict.fromkeys(sanitize(n) for one in forecast.passings for n in one.unknown)
    if open_:
        yield f"Unknown values may bring the limits forward: {', '.join(open_)}."
    if not forecast.grows:
        yield "Nothing grows: add growth with `traffic: {growth: 3%/month}`."
    yield from machines_note(forecast.machines)
    for name, file in forecast.unchanged.items():
        yield (
            f"`{sanitize(name)}` ({sanitize(file)}) stays as it is today: its file says no growth."
        )
    for name, file in forecast.followed.items():
        yield (
            f"`{sanitize(name)}` ({sanitize(file)}) grows as its own file says, by the medians of"
            " its ranges."
        )
    if forecast.begins_empty:
        yield (
            f"Data is assumed to accumulate from {forecast.start.isoformat()} on. If the system is"
            " older, write `storage: {age: 2 years}`, or give an action the data that it has"
            " already as `initial`."
        )
    if forecast.samples:
        slow = f" ({forecast.slow_samples} for results with queueing)" * bool(forecast.slow_samples)
        yield f"Median [5% to 95%] of {forecast.samples:,} samples{slow}; each has its own dates."


def machines_note(machines: Mapping[str, str]) -> Iterator[str]:
    """Yield on which machines components stay that leave theirs open."""
    for component, machine in machines.items():
        yield f"`{sanitize(component)}` stays on {sanitize(machine)}, which is the cheapest now."


RENDERER = Page(page)
