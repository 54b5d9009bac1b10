"""A system month by month, as CSV: a row a month, in base units."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.forecast import Forecast
from estimator.render.csv import plain, written
from estimator.render.registry import Found, Text
from estimator.render.sanitize import cell


def to_csv(found: Found[Forecast]) -> Iterator[str]:
    """Yield a row a month or event."""
    if found.result is not None:
        yield written(_rows(found.result))


def _rows(forecast: Forecast) -> Iterator[list[str]]:
    ends = ("", ".p5", ".p95") if forecast.samples else ("",)
    yield ["date", "event", *(f"{name}{end}" for name in forecast.shown for end in ends)]
    for month in forecast.points:
        values = (x for c in month.cells for x in (c.value, *c.ends)[: len(ends)])
        yield [month.on.isoformat(), cell(month.event), *map(plain, values)]


RENDERER = Text(to_csv, endings=(".csv",))
