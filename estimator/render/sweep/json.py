"""A sweep as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.sweep import Sweep
from estimator.analyse.sweep_points import Point
from estimator.render.json import cell_json, diagnostics_json, number, written
from estimator.render.registry import Found, Text


def to_json(found: Found[Sweep]) -> Iterator[str]:
    """Yield the points as one JSON object, with values in base units."""
    made = None if found.result is None else _sweep(found.result)
    yield written(sweep=made, diagnostics=diagnostics_json(found.diagnostics))


def _sweep(sweep: Sweep) -> dict[str, Any]:
    return {
        "name": sweep.name,
        "axes": list(sweep.axes),
        "shown": list(sweep.shown),
        "bounds": {n: b for n, b in zip(sweep.shown, sweep.bounds, strict=True) if b},
        "samples": sweep.samples,
        "points": [_point(sweep, point) for point in sweep.points],
    }


def _point(sweep: Sweep, point: Point) -> dict[str, Any]:
    axes = zip(sweep.axes, point.at, point.values, strict=True)
    return {
        "at": {name: {"text": text, "value": number(value)} for name, text, value in axes},
        "results": {n: cell_json(c) for n, c in zip(sweep.shown, point.cells, strict=False)},
        "bottlenecks": dict(point.bottlenecks),
        "machines": dict(point.machines),
        "changes": list(point.changes),
        "failing": list(point.failing),
        "fault": point.fault or None,
        "best": point.is_best if sweep.has_frontier else None,
    }


RENDERER = Text(to_json, endings=(".json",))
