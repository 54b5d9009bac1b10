"""Nines of availability as JSON: the downtime that each allows, and what each costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.nines import Level
from estimator.render.json import diagnostics_json, number, written
from estimator.render.nines import Nines
from estimator.render.nines.text import downtimes
from estimator.render.registry import Text
from estimator.units import Calendar


def to_json(nines: Nines) -> Iterator[str]:
    """Yield availabilities with their downtime in seconds, and levels with their cost."""
    calendar = nines.calendar
    yield written(
        downtime=[]
        if calendar is None
        else [
            {
                "availability": share,
                **{f"per_{p}": _round(t) for p, t in downtimes(share, calendar).items()},
            }
            for share in nines.shares
        ],
        levels=[] if calendar is None else [_level(level, calendar) for level in nines.levels],
        diagnostics=diagnostics_json(nines.diagnostics),
    )


def _round(seconds: float) -> float:
    """Return a time in as many digits as a difference from 1 leaves of it."""
    return float(f"{seconds:.9g}")


def _level(level: Level, calendar: Calendar) -> dict[str, Any]:
    is_known = level.servers > 0
    return {
        "target": level.target,
        "reached": not level.limited_by,
        "availability": level.availability if is_known else None,
        "downtime_per_year": _round((1 - level.availability) * calendar.year) if is_known else None,
        "servers": number(level.servers) if is_known else None,
        "cost_per_month": number(level.cost) if is_known else None,
        "limited_by": level.limited_by or None,
    }


RENDERER = Text(to_json, endings=(".json",))
