"""A sweep as a plot: a curve for each result, over the last axis."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from math import nan

from estimator.analyse.sweep import Sweep
from estimator.render.page import Part
from estimator.render.plot import Curve, Curves, plot_lines
from estimator.render.registry import Found, Page


def page(found: Found[Sweep], width: int) -> Iterator[Part]:
    """Yield a plot for each result, with a curve for each value of the other axes."""
    drawn = () if found.result is None else curves_of(found.result)
    for at, (title, places, curves, _) in enumerate(drawn):
        if at:
            yield ""
        yield from plot_lines(title, places, curves, width=width)


def curves_of(sweep: Sweep) -> Iterator[Curves]:
    """Yield the curves of each result."""
    for at, name in enumerate(sweep.shown):
        groups = [(k, list(points)) for k, points in groupby(sweep.points, lambda p: p.at[:-1])]
        places = [point.at[-1] for point in groups[0][1]]
        curves = []
        for key, points in groups:
            values = [point.cells[at].value if point.cells else nan for point in points]
            texts = [point.cells[at].text if point.cells else "" for point in points]
            curves.append(Curve(" ".join(key), values, texts))
        yield Curves(f"{name} over {sweep.axes[-1]}", places, curves)


RENDERER = Page(page)
