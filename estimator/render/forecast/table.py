"""A system month by month, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from estimator.analyse.forecast import Cell, Forecast, Month
from estimator.analyse.limits import Passing
from estimator.analyse.sizes import Sizes
from estimator.render.forecast import Forecasts
from estimator.render.page import NOTHING, Column, Frame, Part, Table
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize
from estimator.units import MONEY, write

_MOST_ROWS = 25
_CHANGES = "bottleneck changes"


def page(forecasts: Forecasts, width: int) -> Iterator[Part]:
    """Yield when limits are passed, then the months, then how long machines last."""
    del width
    forecast = forecasts.forecast
    if forecast is None:
        return
    for at, table in enumerate(tables(forecast)):
        if at:
            yield ""
        yield table
    yield ""
    yield from notes(forecast)


def tables(forecast: Forecast) -> Iterator[Table]:
    """Yield the tables that have rows."""
    found = (passings(forecast), months(forecast), *map(_sizes, forecast.sizes))
    yield from (table for table in found if table.rows)


def passings(forecast: Forecast) -> Table:
    """Return when each limit is passed."""
    has_range = any(
        one.early is not None or one.chance not in (0.0, 1.0) for one in forecast.passings
    )
    has_orders = any(one.order_by is not None for one in forecast.passings)
    columns = [Column("Limits", whole=True), Column("passed on")]
    columns += [Column("90% between"), Column("chance", number=True)] if has_range else []
    columns += [Column("order by")] if has_orders else []
    table = Table("Limits", columns, frame=Frame.HEADED)
    for one in forecast.passings:
        row = [one.limit, _when(one, forecast)]
        if has_range:
            chance = (
                NOTHING if one.chance in (0.0, 1.0) and one.early is None else f"{one.chance:.0%}"
            )
            row += [_between(one), chance]
        row += [_day(one.order_by)] if has_orders else []
        table.rows.append(row)
    return table


def _when(one: Passing, forecast: Forecast) -> str:
    if one.is_passed_now:
        return "already passed"
    if one.on is None:
        return f"not in {forecast.months} months"
    return f"{one.on.isoformat()} ({sanitize(one.event)})" if one.event else one.on.isoformat()


def _between(one: Passing) -> str:
    if one.early is None:
        return NOTHING
    return f"{one.early.isoformat()} to {'later' if one.late is None else one.late.isoformat()}"


def _day(day: date | None) -> str:
    return NOTHING if day is None else day.isoformat()


def months(forecast: Forecast) -> Table:
    """Return a row a month, or every third or sixth of many, and each event."""
    step = next(s for s in (1, 3, 6, 12, forecast.months) if forecast.months / s < _MOST_ROWS)
    rows = [m for m in forecast.points if m.event or m.months % step == 0.0]
    changes = _changes(forecast.points)
    has_changes = any(changes.values())
    columns = [Column("Month", whole=True), *(Column(n, number=True) for n in forecast.shown)]
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
        cells = [cell_text(cell) for cell in month.cells]
        table.rows.append([label, *cells, *([", ".join(seen)] if has_changes else [])])
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


def _sizes(sizes: Sizes) -> Table:
    nodes = "1 node" if sizes.nodes == 1 else f"{sizes.nodes} nodes"
    title = f"{sizes.component}: {nodes} of"
    columns = [Column(title, whole=True), Column("$/h each", number=True), Column("enough until")]
    table = Table(title, columns, frame=Frame.HEADED)
    for size in sizes.sizes:
        until = "all these months" if size.until is None else size.until.isoformat()
        mark = " (now)" if size.is_current else ""
        table.rows.append([f"{size.machine}{mark}", write(size.price, MONEY), until])
    if sizes.only_more_help is not None:
        table.note = f"From {sizes.only_more_help.isoformat()} on, only more nodes help."
    return table


def notes(forecast: Forecast) -> Iterator[str]:
    """Yield what the tables do not say by themselves."""
    if forecast.unknown:
        names = sanitize(", ".join(forecast.unknown))
        yield f"Not known: {names}; `≥` is without it, and limits that depend on it are left out."
    if not forecast.grows:
        yield "Nothing grows: say how with `traffic: {growth: 3%/month}`."
    if forecast.begins_empty:
        yield (
            f"Data gathers from {forecast.start.isoformat()} on; `storage: {{age: ...}}` says for"
            " how long it has, and an action's `initial` what is there."
        )
    if forecast.samples:
        yield f"Median [5% to 95%] of {forecast.samples:,} samples, each with its own days."


def cell_text(cell: Cell) -> str:
    """Return a result for people, with its 5th and 95th percentile."""
    return cell.text if cell.low is None else f"{cell.text} [{cell.texts[0]} to {cell.texts[1]}]"


RENDERER = Page(page)
