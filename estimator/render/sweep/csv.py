"""A sweep as CSV: a row a point, in base units."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING

from estimator.analyse.sweep import Sweep
from estimator.render.csv import written
from estimator.render.registry import Found, Text
from estimator.render.sanitize import cell

if TYPE_CHECKING:
    from estimator.analyse.grid import Grid


def to_csv(found: Found[Sweep]) -> Iterator[str]:
    """Yield a row a point: the axes, the results with their percentiles, and what fails."""
    sweep = found.result
    if sweep is not None:
        yield from [written(_rows(sweep))] if sweep.grid is None else _blocks(sweep.grid)


def _rows(sweep: Sweep) -> Iterator[list[str]]:
    ends = ("", ".p5", ".p95") if sweep.samples else ("",)
    results = [f"{n}{end}" for n in sweep.shown for end in ends]
    yield [*sweep.axes, *results, "bottlenecks", "fails"]
    for point in sweep.points:
        bottlenecks = " ".join(f"{n}={b}" for n, b in point.bottlenecks.items())
        failing = point.fault or "; ".join(point.failing)
        axes = [
            cell(text) if value is None else plain(value)
            for text, value in zip(point.at, point.values, strict=True)
        ]
        values = (plain(x) for c in point.cells for x in (c.value, *c.ends)[: len(ends)])
        cells = list(values) or [""] * len(results)
        yield [*axes, *cells, cell(bottlenecks), cell(failing)]


def _blocks(grid: Grid) -> Iterator[str]:
    """Yield the rows of very many points, which have no words."""
    yield ",".join([*grid.axes, *grid.results]) + "\n"
    for fields, results in grid.blocks():
        columns = [column.ravel().tolist() for column in (*fields, *results)]
        yield "".join(",".join(map(plain, row)) + "\n" for row in zip(*columns, strict=True))


def plain(value: float) -> str:
    """Return a value in base units as a spreadsheet reads it; empty for none."""
    return "" if isnan(value) else repr(value).removesuffix(".0")


RENDERER = Text(to_csv, endings=(".csv",))
