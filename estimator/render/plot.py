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
        texts: The same for people, which stand beside the axis.
    """

    name: str
    values: Sequence[float]
    texts: Sequence[str] = ()


class Limit(NamedTuple):
    """A line that curves should not cross: its name and its value."""

    name: str
    value: float


class Curves(NamedTuple):
    """What one plot shows.

    Attributes:
        title: What it is of.
        places: What stands below the curves, for each of their values.
        curves: The curves; of a range its middle, its lower and its upper end.
        limits: Lines across.
    """

    title: str
    places: Sequence[str]
    curves: Sequence[Curve]
    limits: Sequence[Limit] = ()


def plot_lines(
    title: str,
    places: Sequence[str],
    curves: Sequence[Curve],
    limits: Sequence[Limit] = (),
    *,
    width: int = 100,
) -> Iterator[str]:
    """Yield the lines of a plot.

    Args:
        title: What it shows.
        places: What stands below the curves, for each of their values.
        curves: The curves.
        limits: Lines across.
        width: How many characters wide it is at most.
    """
    drawn = [v for c in curves for v in c.values if isfinite(v)] + [line.value for line in limits]
    if not drawn or len(places) < 2:
        return
    with _figure() as figure:
        figure.plot_size(min(width, _WIDEST), _HEIGHT)
        figure.title(title)
        is_log = min(drawn) > 0 and log10(max(drawn) / min(drawn)) > _DECADES
        if is_log:
            figure.yscale("log")
        figure.yticks(*_sides_of(curves, drawn, is_log=is_log))
        for curve in curves:
            # what differs in no digit that is shown is rounding, and would fill the whole height
            points = [(at, float(f"{v:.4g}")) for at, v in enumerate(curve.values) if isfinite(v)]
            label = curve.name if len(curves) > 1 else None
            figure.plot(*map(list, zip(*points, strict=True)), label=label, marker="braille")
        for line in limits:
            ends = [0, len(places) - 1]
            figure.plot(ends, [line.value] * 2, label=line.name, marker="-")
        step = max(1, (len(places) - 1) // _TICKS)
        ticks = list(range(0, len(places), step))
        figure.xticks(ticks, [places[at] for at in ticks])
        text = str(figure.uncolorize(figure.build()))
    *lines, axis, _ = (line.rstrip() for line in text.splitlines())
    yield from lines
    yield axis
    yield _below(axis, [places[at] for at in ticks])


def _below(axis: str, names: Sequence[str]) -> str:
    """Return the line below an axis, each name in the middle of its tick where there is room.

    The one that plotext makes is another one in each process.
    """
    line = ""
    at = (place for place, character in enumerate(axis) if character == "┬")
    for place, name in zip(at, names, strict=False):
        start = max(0, min(place - len(name) // 2, len(axis) - len(name)))
        if not line or start > len(line):
            line = f"{line:{start}}{name}"
    return line


def _sides_of(
    curves: Sequence[Curve], drawn: Sequence[float], *, is_log: bool
) -> tuple[list[float], list[str]]:
    """Return the values that stand beside the axis, as far apart as a few are, and their texts.

    Of two that fall into one row, plotext shows either.

    Args:
        curves: The curves.
        drawn: All values that are drawn, those of limits too.
        is_log: Whether the axis is logarithmic.
    """
    texts = {v: t for c in curves for v, t in zip(c.values, c.texts, strict=False) if isfinite(v)}
    known = sorted(texts, reverse=True)
    at = {value: log10(value) if is_log else value for value in (*known, *drawn)}
    apart = (at[max(drawn)] - at[min(drawn)]) / _TICKS
    kept: list[float] = known[:1]
    for value in known[1:]:
        if texts[value] != texts[kept[-1]] and at[kept[-1]] - at[value] >= apart:
            kept.append(value)
    return kept, [texts[value] for value in kept]


@contextmanager
def _figure() -> Iterator[ModuleType]:
    """Give plotext without what was drawn before."""
    import plotext

    plotext.clear_figure()
    try:
        yield plotext
    finally:
        plotext.clear_figure()
