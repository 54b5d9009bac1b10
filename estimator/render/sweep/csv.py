"""A sweep as CSV: a row a point, in base units."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer as rows_into
from math import isnan
from typing import TYPE_CHECKING

from estimator.analyse.sweep import Sweep
from estimator.analyse.sweep_points import Point
from estimator.render.registry import Text
from estimator.render.sanitize import cell
from estimator.render.sweep import Swept

if TYPE_CHECKING:
    from estimator.analyse.grid import Grid


def to_csv(swept: Swept) -> Iterator[str]:
    """Yield a row a point: the axes, the results with their percentiles, and what fails."""
    sweep = swept.sweep
    if sweep is None:
        return
    if sweep.grid is not None:
        yield from _blocks(sweep.grid)
        return
    out = io.StringIO()
    writer = rows_into(out, lineterminator="\n")
    results = [f"{n}{end}" for n in sweep.shown for end in _ends(sweep)]
    writer.writerow([*sweep.axes, *results, "bottlenecks", "fails"])
    for point in sweep.points:
        bottlenecks = " ".join(f"{n}={b}" for n, b in point.bottlenecks.items())
        failing = point.fault or "; ".join(point.failing)
        axes = [
            cell(text) if value is None else plain(value)
            for text, value in zip(point.at, point.values, strict=True)
        ]
        writer.writerow([*axes, *_results(sweep, point), cell(bottlenecks), cell(failing)])
    yield out.getvalue()


def _blocks(grid: Grid) -> Iterator[str]:
    """Yield the rows of very many points, which have no words."""
    yield ",".join([*grid.axes, *grid.results]) + "\n"
    for fields, results in grid.blocks():
        columns = [column.ravel().tolist() for column in (*fields, *results)]
        yield "".join(",".join(map(plain, row)) + "\n" for row in zip(*columns, strict=True))


def _ends(sweep: Sweep) -> tuple[str, ...]:
    return ("", ".p5", ".p95") if sweep.samples else ("",)


def _results(sweep: Sweep, point: Point) -> Iterator[str]:
    """Yield the results of a point; empty cells where it has none."""
    if not point.cells:
        yield from [""] * (len(sweep.shown) * len(_ends(sweep)))
    for found in point.cells:
        yield plain(found.value)
        if sweep.samples:
            yield from (
                plain(found.value if end is None else end) for end in (found.low, found.high)
            )


def plain(value: float) -> str:
    """Return a value in base units as a spreadsheet reads it; empty for none."""
    return "" if isnan(value) else repr(value).removesuffix(".0")


RENDERER = Text(to_csv, endings=(".csv",))
