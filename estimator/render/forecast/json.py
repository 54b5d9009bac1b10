"""A system month by month, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.forecast import Forecast, Month
from estimator.analyse.limits import Passing
from estimator.analyse.sizes import Sizes
from estimator.render.json import cell_json, diagnostics_json, number, written
from estimator.render.registry import Found, Text


def to_json(found: Found[Forecast]) -> Iterator[str]:
    """Yield the months and the limits as one JSON object, with values in base units."""
    made = None if found.result is None else _forecast(found.result)
    yield written(forecast=made, diagnostics=diagnostics_json(found.diagnostics))


def _forecast(forecast: Forecast) -> dict[str, Any]:
    return {
        "name": forecast.name,
        "from": forecast.start,
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
        "passed_on": one.on,
        "months": number(one.months),
        "early": one.early,
        "late": one.late,
        "chance": one.chance,
        "order_by": one.order_by,
        "event": one.event or None,
        "unknown": list(one.unknown),
    }


def _month(forecast: Forecast, month: Month) -> dict[str, Any]:
    return {
        "date": month.on,
        "event": month.event or None,
        "results": {n: cell_json(c) for n, c in zip(forecast.shown, month.cells, strict=True)},
        "bottlenecks": dict(month.bottlenecks),
    }


def _sizes(sizes: Sizes) -> dict[str, Any]:
    return {
        "component": sizes.component,
        "nodes": sizes.nodes,
        "machines": [
            {
                "name": s.machine,
                "price_per_hour": s.price,
                "until": s.until,
                "ended_by": s.ended_by or None,
            }
            for s in sizes.sizes
        ],
        "only_more_nodes_help_from": sizes.only_more_help,
        "ended_by": sizes.ended_by or None,
    }


RENDERER = Text(to_json, endings=(".json",))
