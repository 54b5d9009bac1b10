"""Nines of availability as tables: the downtime that each allows, and what each costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estimator.analyse.nines import Level
from estimator.render.nines import Nines
from estimator.render.page import NOTHING, Column, Table, numbers
from estimator.render.registry import Page
from estimator.units import MONEY, PLAIN, TIME, Calendar, unit_factor, write

PERIODS = ("year", "month", "week", "day")


def page(nines: Nines, width: int) -> Iterator[Table]:
    """Yield a table of what is allowed, or of what is taken to reach each level."""
    del width
    if nines.calendar is not None:
        yield (
            _levels(nines.levels, nines.calendar)
            if nines.levels
            else _downtimes(nines.shares, nines.calendar)
        )


def _downtimes(shares: Iterable[float], calendar: Calendar) -> Table:
    """Return the downtime that each availability allows, by year, month, week and day."""
    table = Table("Downtime", numbers(("availability", *(f"a {p}" for p in PERIODS))))
    for share in shares:
        times = (write(t, TIME, calendar=calendar) for t in downtimes(share, calendar).values())
        table.rows.append([_share(share), *times])
    return table


def downtimes(share: float, calendar: Calendar) -> dict[str, float]:
    """Return the downtime that an availability allows in each period, in seconds."""
    return {period: (1 - share) * unit_factor(period, calendar) for period in PERIODS}


def _share(availability: float) -> str:
    return write(availability, PLAIN, display_unit="nines")


def _levels(levels: Iterable[Level], calendar: Calendar) -> Table:
    """Return what it takes to reach each availability, after the estimate of the file unchanged."""
    titles = ("target", "reached", "downtime/year", "servers", "$/month", "more")
    table = Table("What each further nine costs", [*numbers(titles), Column("limited by")])
    before: float | None = None
    for level in levels:
        target = "current" if level.target is None else _share(level.target)
        if not level.servers:
            table.rows.append([target, *[NOTHING] * 5, level.limited_by])
            continue
        more = NOTHING
        if before is not None and not level.limited_by:
            more = _signed(level.cost - before)
        if not level.limited_by:
            before = level.cost
        table.rows.append(
            [
                target,
                _share(level.availability),
                write((1 - level.availability) * calendar.year, TIME, calendar=calendar),
                write(level.servers, PLAIN, display_unit="whole"),
                write(level.cost, MONEY),
                more,
                level.limited_by or NOTHING,
            ]
        )
    table.note = "more: compared with the last target reached above; current: the file unchanged"
    return table


def _signed(cost: float) -> str:
    if abs(cost) < 0.5:
        return "$0"
    return ("+" if cost > 0 else "−") + write(abs(cost), MONEY)


RENDERER = Page(page)
