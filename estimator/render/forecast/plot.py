"""A system month by month, as plots with the limits drawn in."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.forecast import Forecast
from estimator.render.page import Part
from estimator.render.plot import Curve, Curves, Limit, plot_lines
from estimator.render.registry import Found, Page


def page(found: Found[Forecast], width: int) -> Iterator[Part]:
    """Yield a plot for each result, with its range and what it is expected to stay within."""
    drawn = () if found.result is None else curves_of(found.result)
    for at, (title, places, curves, limits) in enumerate(drawn):
        if at:
            yield ""
        yield from plot_lines(title, places, curves, limits, width=width)


def curves_of(forecast: Forecast) -> Iterator[Curves]:
    """Yield the course of each result."""
    months = [month for month in forecast.points if not month.event]
    places = [month.on.isoformat()[:7] for month in months]
    for at, name in enumerate(forecast.shown):
        cells = [month.cells[at] for month in months]
        values, texts = [cell.value for cell in cells], [cell.text for cell in cells]
        curves = [Curve("median" if forecast.samples else name, values, texts)]
        for end, name_of_end in enumerate(("p5", "p95") if forecast.samples else ()):
            texts = [cell.texts[end] or cell.text for cell in cells]
            curves.append(Curve(name_of_end, [cell.ends[end] for cell in cells], texts))
        limits = [Limit(label, value) for label, value in _limits(forecast, name)]
        yield Curves(name, places, curves, limits)


def _limits(forecast: Forecast, name: str) -> Iterator[tuple[str, float]]:
    """Yield the expectations that a result has to stay within."""
    for one in forecast.passings:
        if one.bound is not None and one.bound[0] == name:
            yield one.limit, one.bound[1]


RENDERER = Page(page)
