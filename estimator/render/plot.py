"""Curves on a terminal, drawn by plotext, which is imported only here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite, log10
from types import ModuleType
from typing import NamedTuple

_HEIGHT = 18
_DECADES = 1.5  # between the least and the largest value, from which on an axis is logarithmic
_WIDEST = 120
_TICKS = 6


class Curve(NamedTuple):
    """A curve.

    Attributes:
        name: What it shows.
        values: Its values, one for each place; those that are not finite are left out.
    """

    name: str
    values: Sequence[float]


class Limit(NamedTuple):
    """A line that curves should not cross: its name and its value."""

    name: str
    value: float


def plot_lines(
    title: str,
    places: Sequence[str],
    curves: Sequence[Curve],
    limits: Sequence[Limit] = (),
    *,
    width: int = 100,
    unit: str = "",
) -> Iterator[str]:
    """Yield the lines of a plot.

    Args:
        title: What it shows.
        places: What stands below the curves, for each of their values.
        curves: The curves.
        limits: Lines across.
        width: How many characters wide it is at most.
        unit: The unit of the values, for the title.
    """
    drawn = [v for c in curves for v in c.values if isfinite(v)] + [line.value for line in limits]
    if not drawn or len(places) < 2:
        return
    with _figure() as figure:
        figure.plot_size(min(width, _WIDEST), _HEIGHT)
        figure.title(f"{title} ({unit})" if unit else title)
        if min(drawn) > 0 and log10(max(drawn) / min(drawn)) > _DECADES:
            figure.yscale("log")
        for curve in curves:
            points = [(at, v) for at, v in enumerate(curve.values) if isfinite(v)]
            label = curve.name if len(curves) > 1 else None
            figure.plot(*map(list, zip(*points, strict=True)), label=label, marker="braille")
        for line in limits:
            ends = [0, len(places) - 1]
            figure.plot(ends, [line.value] * 2, label=line.name, marker="-")
        step = max(1, (len(places) - 1) // _TICKS)
        ticks = list(range(0, len(places), step))
        figure.xticks(ticks, [places[at] for at in ticks])
        text = str(figure.uncolorize(figure.build()))
    yield from (line.rstrip() for line in text.splitlines())


@contextmanager
def _figure() -> Iterator[ModuleType]:
    """Give plotext without what was drawn before."""
    import plotext

    plotext.clear_figure()
    try:
        yield plotext
    finally:
        plotext.clear_figure()
