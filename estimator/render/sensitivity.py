"""Tornadoes and Sobol indices as tables."""

from __future__ import annotations

import math

from estimator.evaluate import Report
from estimator.evaluate.sampled import SobolIndices, Swing, Tornado, Uncertainty
from estimator.render.page import NOTHING, Column, Table
from estimator.render.styles import bar
from estimator.units.write import share

_SIDE = 10
_BAR = 10
_MOST = 12
_LEAST = 0.005  # a total effect below it rounds to 0%


def sensitivity_tables(report: Report, found: Uncertainty) -> list[Table]:
    """Return a table for each quantity that has a tornado or Sobol indices."""
    tornadoes = [_tornado(report, tornado) for tornado in found.tornadoes]
    return [*tornadoes, *map(_sobol, found.sobol)]


# --- tornado --------------------------------------------------------------------------------------


def _tornado(report: Report, tornado: Tornado) -> Table:
    columns = [
        Column("range"),
        *(Column(t, number=True) for t in ("at its p5", "at its p95", "swing")),
        Column("less│more".rjust(_SIDE + len("│more")), whole=True),
    ]
    value = report.values[tornado.name].text
    table = Table(f"Tornado of {tornado.name}, {value} at all medians", columns)
    shown = [s for s in tornado.swings if s.size][:_MOST]
    sides = [_sides(swing, tornado.value) for swing in shown]
    reach = max((end for pair in sides for end in pair if end < math.inf), default=0.0)
    for swing, (less, more) in zip(shown, sides, strict=True):
        bars = _to_left(less, reach) + "│" + _to_right(more, reach)
        table.rows.append([swing.name, *swing.texts, bars])
    table.note = "each range at its ends, the others at their medians"
    still = sum(s.size == 0.0 for s in tornado.swings)
    if still:
        table.note += f"; {still} more {'do' if still > 1 else 'does'} not move it"
    return table


def _sides(swing: Swing, middle: float) -> tuple[float, float]:
    """Return how far a range takes a quantity down, and how far up."""
    ends = [end for end in (swing.low, swing.high) if end is not None]
    if not math.isfinite(middle) or not ends:
        return 0.0, 0.0
    return max(middle - min(ends), 0.0), max(max(ends) - middle, 0.0)


def _to_right(part: float, whole: float) -> str:
    return bar(min(part / whole, 1.0) if whole > 0 else 0.0, _SIDE)


def _to_left(part: float, whole: float) -> str:
    return _to_right(part, whole)[::-1].replace("▌", "▐").rjust(_SIDE)


# --- Sobol indices --------------------------------------------------------------------------------


def _sobol(found: SobolIndices) -> Table:
    columns = [
        Column("range"),
        Column("first order", number=True),
        Column(""),
        Column("total effect", number=True),
        Column(""),
    ]
    table = Table(f"Sobol indices of {found.name}", columns)
    for index in found.indices[:_MOST]:
        if index.total >= _LEAST:
            names = " and ".join(index.names)
            table.rows.append([names, *_cells(index.first), *_cells(index.total)])
    error = 2.0 * max(index.error for index in found.indices)
    together = 1.0 - sum(index.first for index in found.indices)
    together = together if together > error else 0.0  # nothing but error
    table.rows.append(["several together", *_cells(together), NOTHING, ""])
    what = "the variance of its logarithm" if found.is_log else "its variance"
    points = max(0.1, 100.0 * error)
    table.note = (
        f"of {what}, ±{points:.1f} points by {found.draws:,} pairs of samples;"
        " first order: by itself, total effect: also together with others"
    )
    return table


def _cells(part: float) -> tuple[str, str]:
    """Return a share in whole per cent, as estimates from draws support no more, and its bar."""
    kept = min(max(part, 0.0), 1.0)
    return share(round(kept, 2)), bar(kept, _BAR)
