"""A sweep as a plot: a curve for each result, over the last axis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from estimator.analyse.sweep import Sweep
from estimator.analyse.sweep_points import Point
from estimator.render.page import Part
from estimator.render.plot import Curve, Curves, plot_lines
from estimator.render.registry import Page
from estimator.render.sweep import Swept


def page(swept: Swept, width: int) -> Iterator[Part]:
    """Yield a plot for each result, with a curve for each value of the other axes."""
    if swept.sweep is None:
        return
    for at, (title, places, curves, _) in enumerate(curves_of(swept.sweep)):
        if at:
            yield ""
        yield from plot_lines(title, places, curves, width=width)


def curves_of(sweep: Sweep) -> Iterator[Curves]:
    """Yield the curves of each result."""
    for at, name in enumerate(sweep.shown):
        groups = [(k, list(points)) for k, points in groupby(sweep.points, lambda p: p.at[:-1])]
        places = [point.at[-1] for point in groups[0][1]]
        curves = [
            Curve(" ".join(key), _values(points, at), _texts(points, at)) for key, points in groups
        ]
        yield Curves(f"{name} over {sweep.axes[-1]}", places, curves)


def _values(points: list[Point], at: int) -> list[float]:
    return [point.cells[at].value if point.cells else float("nan") for point in points]


def _texts(points: list[Point], at: int) -> list[str]:
    return [point.cells[at].text if point.cells else "" for point in points]


RENDERER = Page(page)
