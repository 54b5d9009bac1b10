"""Nines of availability as tables: the downtime that each allows, and what each costs."""

from __future__ import annotations

from collections.abc import Iterable

from estimator.analyse.nines import Level
from estimator.formula.compile import unit_factor
from estimator.render.tables import NOTHING, Column, Table
from estimator.units import MONEY, PLAIN, TIME, Calendar, write

_SHOWN = (0.9, 0.99, 0.997, 0.999, 0.9995, 0.9999, 0.99999, 0.999999)
_PERIODS = ("year", "month", "week", "day")


def nines_table(calendar: Calendar, shown: Iterable[float] = _SHOWN) -> Table:
    """The downtime that each availability allows, by year, month, week and day."""
    table = Table(
        "Downtime",
        [
            Column("availability", number=True),
            *(Column(f"a {p}", number=True) for p in _PERIODS),
        ],
    )
    for availability in shown:
        table.rows.append([_share(availability), *_downtimes(availability, calendar)])
    return table


def _downtimes(availability: float, calendar: Calendar) -> list[str]:
    lengths = (unit_factor(period, calendar) for period in _PERIODS)
    return [write((1 - availability) * length, TIME, calendar=calendar) for length in lengths]


def _share(availability: float) -> str:
    return write(availability, PLAIN, hint="nines")


def levels_table(levels: Iterable[Level], calendar: Calendar) -> Table:
    """What it takes to reach each availability, beside the estimate as it is."""
    titles = ("aimed at", "reached", "down a year", "servers", "$/month", "more")
    columns = [*(Column(t, number=True) for t in titles), Column("held back by")]
    table = Table("What each further nine costs", columns)
    before: float | None = None
    for level in levels:
        aimed = "as it is" if level.target is None else _share(level.target)
        if not level.servers:
            table.rows.append([aimed, *[NOTHING] * 5, level.held_back])
            continue
        more = NOTHING
        if before is not None and not level.held_back:
            more = _signed(level.cost - before)
        if not level.held_back:
            before = level.cost
        table.rows.append(
            [
                aimed,
                _share(level.availability),
                write((1 - level.availability) * calendar.year, TIME, calendar=calendar),
                write(level.servers, PLAIN, hint="whole"),
                write(level.cost, MONEY),
                more,
                level.held_back or NOTHING,
            ]
        )
    table.note = "more: than the row before it that is reached; the first row is the file as it is"
    return table


def _signed(cost: float) -> str:
    if abs(cost) < 0.5:
        return "$0"
    return ("+" if cost > 0 else "−") + write(abs(cost), MONEY)
