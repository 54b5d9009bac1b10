"""A system month by month, as plots with the limits drawn in."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.forecast import Forecast
from estimator.render.forecast import Forecasts
from estimator.render.page import Part
from estimator.render.plot import Curve, Curves, Limit, plot_lines
from estimator.render.registry import Page


def page(forecasts: Forecasts, width: int) -> Iterator[Part]:
    """Yield a plot for each result, with its range and what it is expected to stay within."""
    if forecasts.forecast is None:
        return
    for at, (title, places, curves, limits) in enumerate(curves_of(forecasts.forecast)):
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
        if forecast.samples:
            lows = [cell.value if cell.low is None else cell.low for cell in cells]
            highs = [cell.value if cell.high is None else cell.high for cell in cells]
            curves += [
                Curve("p5", lows, [cell.texts[0] or cell.text for cell in cells]),
                Curve("p95", highs, [cell.texts[1] or cell.text for cell in cells]),
            ]
        limits = [Limit(label, value) for label, value in _limits(forecast, name)]
        yield Curves(name, places, curves, limits)


def _limits(forecast: Forecast, name: str) -> Iterator[tuple[str, float]]:
    """Yield the expectations that a result has to stay within."""
    for one in forecast.passings:
        if one.bound is not None and one.bound[0] == name:
            yield one.limit, one.bound[1]


RENDERER = Page(page)
