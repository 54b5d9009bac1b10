"""A system month by month, as CSV: a row a month, in base units."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer as rows_into

from estimator.render.forecast import Forecasts
from estimator.render.registry import Text
from estimator.render.sanitize import cell


def to_csv(forecasts: Forecasts) -> Iterator[str]:
    """Yield a row a month or event."""
    forecast = forecasts.forecast
    if forecast is None:
        return
    out = io.StringIO()
    writer = rows_into(out, lineterminator="\n")
    ends = ("", ".p5", ".p95") if forecast.samples else ("",)
    writer.writerow(["date", "event", *(f"{n}{end}" for n in forecast.shown for end in ends)])
    for month in forecast.points:
        values: list[str] = []
        for found in month.cells:
            values.append(_plain(found.value))
            if forecast.samples:
                values += [_plain(found.value if e is None else e) for e in (found.low, found.high)]
        writer.writerow([month.on.isoformat(), cell(month.event), *values])
    yield out.getvalue()


def _plain(value: float) -> str:
    return repr(value).removesuffix(".0")


RENDERER = Text(to_csv, endings=(".csv",))
