"""A system month by month, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import isfinite
from typing import Any

from estimator.analyse.cell import Cell
from estimator.analyse.forecast import Forecast, Month
from estimator.analyse.limits import Passing
from estimator.analyse.sizes import Sizes
from estimator.render.forecast import Forecasts
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Text


def to_json(forecasts: Forecasts) -> Iterator[str]:
    """Yield the months and the limits as one JSON object, with values in base units."""
    made = None if forecasts.forecast is None else _forecast(forecasts.forecast)
    yield written(forecast=made, diagnostics=diagnostics_json(forecasts.diagnostics))


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "name": forecast.name,
        "from": forecast.start.isoformat(),
        "months": forecast.months,
        "shown": list(forecast.shown),
        "bounds": {n: b for n, b in zip(forecast.shown, forecast.bounds, strict=True) if b},
        "samples": forecast.samples,
        "unchanged": dict(forecast.unchanged),
        "followed": dict(forecast.followed),
        "limits": [_passing(one) for one in forecast.passings],
        "points": [_month(forecast, month) for month in forecast.points],
        "sizes": [_sizes(one) for one in forecast.sizes],
    }


def _passing(one: Passing) -> dict[str, Any]:
    return {
        "limit": one.limit,
        "sort": one.sort,
        "component": one.component or None,
        "passed_on": _day(one.on),
        "months": number(one.months) if isfinite(one.months) else None,
        "early": _day(one.early),
        "late": _day(one.late),
        "chance": one.chance,
        "order_by": _day(one.order_by),
        "event": one.event or None,
        "unknown": list(one.unknown),
    }


def _month(forecast: Forecast, month: Month) -> dict[str, Any]:
    return {
        "date": month.on.isoformat(),
        "event": month.event or None,
        "results": {n: _cell(c) for n, c in zip(forecast.shown, month.cells, strict=True)},
        "bottlenecks": dict(month.bottlenecks),
    }


def _cell(cell: Cell) -> dict[str, Any]:
    found: dict[str, Any] = {"value": number(cell.value), "text": cell.text}
    if cell.low is not None and cell.high is not None:
        found |= {"p5": number(cell.low), "p95": number(cell.high)}
    return found


def _sizes(sizes: Sizes) -> dict[str, Any]:
    return {
        "component": sizes.component,
        "nodes": sizes.nodes,
        "machines": [
            {
                "name": s.machine,
                "price_per_hour": s.price,
                "until": _day(s.until),
                "ended_by": s.ended_by or None,
            }
            for s in sizes.sizes
        ],
        "only_more_nodes_help_from": _day(sizes.only_more_help),
        "ended_by": sizes.ended_by or None,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


RENDERER = Text(to_json, endings=(".json",))
