"""Plots as SVG: bars, curves and histograms, which take their colors from the page around them.

They are drawn here and not by a library: the axes are in the program's own units, a plot takes two
kilobytes and no time, and its colors follow the reader's theme.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from math import ceil, floor, isfinite, log10
from typing import NamedTuple

from estimator.render.html import Html, tag
from estimator.render.page import Table
from estimator.render.plot import Curve, Limit

_WIDTH = 400
_LEFT, _RIGHT = 0, 400
_ROW = 40  # the height of a bar with the words above it
_TOP, _BOTTOM = 18, 220  # of what curves are drawn in
_DECADES = 1.5  # between the least and the largest value, from which on an axis is logarithmic
_TICKS = 4
_LINE = 13  # the height of words
_LETTER = 7.8  # the width of one in a wide font, by which words are kept apart

Write = Callable[[float], str]
"""Writes a value for people."""


class Plot(NamedTuple):
    """A plot.

    Attributes:
        name: What it is called by `--plot`.
        title: What it shows.
        description: The same in a sentence, for those who do not see it.
        svg: The drawing.
        data: What it is drawn from.
    """

    name: str
    title: str
    description: str
    svg: Html
    data: Table


class Bar(NamedTuple):
    """A bar: its label, its length, its value for people, and `bad` or `near` or nothing."""

    label: str
    value: float
    text: str
    tone: str = ""


def drawing(width: float, height: float, title: str, description: str, *parts: object) -> Html:
    """Return an SVG with its title and its description."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        width=f"{width:g}",
        height=f"{height:g}",
        role="img",
        aria_label=f"{title}. {description}",
    )


def label(x: float, y: float, text: str, look: str = "", anchor: str = "start") -> Html:
    """Return words in a plot."""
    end = None if anchor == "start" else anchor
    return tag("text", text, x=_at(x), y=_at(y), class_=look or None, text_anchor=end)


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


# --- bars -----------------------------------------------------------------------------------------


def bars(title: str, description: str, found: Sequence[Bar], most: float | None = None) -> Html:
    """Return a bar below each label, with its value at the end of the line.

    Args:
        title: What they show.
        description: The same in a sentence.
        found: The bars.
        most: The value of a whole line; the largest of the bars unless said.
    """
    whole = most or max((bar.value for bar in found), default=0.0) or 1.0
    parts: list[Html] = []
    for at, bar in enumerate(found):
        top = at * _ROW
        length = (_RIGHT - _LEFT) * min(max(bar.value / whole, 0.0), 1.0)
        room = int((_RIGHT - _LEFT) / _LETTER) - len(bar.text) - 2
        parts += [
            label(_LEFT, top + 18, shortened(bar.label, room)),
            label(_RIGHT, top + 18, bar.text, f"value {bar.tone}".strip(), "end"),
            _box(_LEFT, top + 25, _RIGHT - _LEFT, 6, "track"),
            _box(_LEFT, top + 25, max(length, 1.0), 6, f"bar {bar.tone}".strip()),
        ]
    return drawing(_WIDTH, len(found) * _ROW, title, description, *parts)


def _box(x: float, y: float, width: float, height: float, look: str) -> Html:
    size = {"width": _at(width), "height": _at(height)}
    return tag("rect", x=_at(x), y=_at(y), **size, class_=look)


def shortened(text: str, room: int) -> str:
    """Return a text in so many characters, without what is in its middle: names differ at the end.

    >>> shortened("orders_of_the_north", 12), shortened("orders", 12)
    ('orders…north', 'orders')
    """
    if len(text) <= room:
        return text
    end = max((room - 1) // 2, 0)
    return f"{text[: max(room - 1 - end, 1)]}…{text[len(text) - end :]}"


# --- curves ---------------------------------------------------------------------------------------


class _Scale:
    """Places values on the vertical axis; logarithmic where they are far apart."""

    def __init__(self, values: Sequence[float]) -> None:
        least, most = min(values), max(values)
        self.is_log = least > 0 and log10(most / least) > _DECADES
        self.ticks = _decades(least, most) if self.is_log else _even(min(least, 0.0), most)
        self._low, self._high = self._of(self.ticks[0]), self._of(self.ticks[-1])

    def _of(self, value: float) -> float:
        return log10(value) if self.is_log else value

    def y(self, value: float) -> float:
        """Return how far below the top a value stands."""
        part = (self._of(value) - self._low) / ((self._high - self._low) or 1.0)
        return _BOTTOM - part * (_BOTTOM - _TOP)


def _even(least: float, most: float) -> list[float]:
    """Return a few round values at even distances, from below the least to above the most."""
    span = (most - least) or abs(most) or 1.0
    rough = span / _TICKS
    decade = 10.0 ** floor(log10(rough))
    step = next(s * decade for s in (1, 2, 2.5, 5, 10) if s * decade >= rough * 0.999)
    first, last = floor(least / step + 1e-9), ceil(most / step - 1e-9)
    return [step * at for at in range(first, max(last, first + 1) + 1)]


def _decades(least: float, most: float) -> list[float]:
    """Return powers of ten around some values, not more than a few."""
    first, last = floor(log10(least)), ceil(log10(most) - 1e-9)
    step = max(1, ceil((last - first) / _TICKS))
    return [10.0**at for at in range(first, last + step, step)]


def curves(
    title: str,
    description: str,
    places: Sequence[str],
    found: Sequence[Curve],
    limits: Sequence[Limit] = (),
    *,
    write: Write,
    is_range: bool = False,
) -> Html:
    """Return curves over places.

    Args:
        title: What they show.
        description: The same in a sentence.
        places: What stands below, for each of their values.
        found: The curves.
        limits: Lines across.
        write: Writes a value for people.
        is_range: Are the second and the third curve the ends of a range around the first?
    """
    values = [v for curve in found for v in curve.values if isfinite(v)]
    values += [limit.value for limit in limits if isfinite(limit.value)]
    if not values or len(places) < 2:
        return Html("")
    scale = _Scale(values)
    lines = [_path(curve.values, scale) for curve in found]
    parts = [_rule(scale.y(tick), "grid") for tick in scale.ticks]
    if is_range:
        back = " ".join(reversed(lines[2].split()))
        parts.append(tag("polygon", points=f"{lines[1]} {back}", class_="area"))
        lines, found = lines[:1], found[:1]
    parts += [tag("polyline", points=points, class_="line") for points in lines]
    parts += [label(_LEFT, scale.y(tick) - 5, write(tick), "quiet over") for tick in scale.ticks]
    if len(found) > 1:
        parts += _names_at_the_end(found, scale)
    for limit in limits:
        y = scale.y(limit.value)
        parts += [_rule(y, "limit"), label(_RIGHT, y - 5, limit.name, "bad over", "end")]
    parts += _below(places)
    return drawing(_WIDTH, _BOTTOM + 26, title, description, *parts)


def _names_at_the_end(found: Sequence[Curve], scale: _Scale) -> Iterator[Html]:
    """Yield the names of curves where they end; those too near to each other share a line."""
    ends = sorted((scale.y(c.values[-1]), c.name) for c in found if isfinite(c.values[-1]))
    while ends:
        y, name = ends[0]
        near = [end for end in ends if end[0] - y < _LINE]
        more = f", {len(near) - 1} more" if len(near) > 1 else ""
        yield label(_RIGHT, y - 6, f"{name}{more}", "over", "end")
        ends = ends[len(near) :]


def _path(values: Sequence[float], scale: _Scale) -> str:
    step = (_RIGHT - _LEFT) / (len(values) - 1)
    found = [(at, v) for at, v in enumerate(values) if isfinite(v)]
    return " ".join(f"{_LEFT + at * step:.1f},{scale.y(v):.1f}" for at, v in found)


def _rule(y: float, look: str) -> Html:
    return tag("line", x1=_LEFT, x2=_RIGHT, y1=_at(y), y2=_at(y), class_=look)


def _below(places: Sequence[str]) -> Iterator[Html]:
    """Yield the first and the last place, and those between that there is room for."""
    widest = max(map(len, places)) * _LETTER + 20
    count = max(2, min(int((_RIGHT - _LEFT) / widest), len(places), 4))
    for at in range(count):
        place = round(at * (len(places) - 1) / (count - 1))
        x = _LEFT + place * (_RIGHT - _LEFT) / (len(places) - 1)
        anchor = "start" if at == 0 else "end" if at == count - 1 else "middle"
        yield label(x, _BOTTOM + 20, places[place], "quiet", anchor)


# --- histograms -----------------------------------------------------------------------------------


def histogram(
    title: str,
    description: str,
    columns: Sequence[tuple[float, int]],
    marks: Sequence[tuple[float, str, str]],
) -> Html:
    """Return columns side by side, with marks below; what is beyond the first and last is faint.

    Args:
        title: What they show.
        description: The same in a sentence.
        columns: Where the middle of each stands, as a share of the width, and how high it is.
        marks: Where a line stands, what it is, and its value for people.
    """
    most, top, bottom = max((count for _, count in columns), default=0) or 1, 8, 110
    half = _apart(columns) / 2
    parts: list[Html] = []
    low, *_, high = [part for part, _, _ in marks]
    for middle, count in columns:
        if count:
            height = (bottom - top) * count / most
            look = "inside" if low - half / 2 <= middle <= high + half / 2 else "outside"
            start = _LEFT + (_RIGHT - _LEFT) * max(middle - half, 0.0) + 0.5
            end = _LEFT + (_RIGHT - _LEFT) * min(middle + half, 1.0) - 0.5
            parts.append(_box(start, bottom - height, end - start, height, look))
    parts.append(_rule(bottom, "grid"))
    end = -1.0
    for part, name, text in marks:
        x = _LEFT + (_RIGHT - _LEFT) * min(max(part, 0.0), 1.0)
        room = max(len(name), len(text)) * _LETTER / 2
        x_text = min(max(x, _LEFT + room), _RIGHT - room)
        parts.append(tag("line", x1=_at(x), x2=_at(x), y1=top, y2=bottom + 6, class_="mark"))
        if x_text - room > end:
            parts += [
                label(x_text, bottom + 22, text, "value", "middle"),
                label(x_text, bottom + 40, name, "quiet", "middle"),
            ]
            end = x_text + room
    return drawing(_WIDTH, bottom + 48, title, description, *parts)


def _apart(columns: Sequence[tuple[float, int]]) -> float:
    """Return how far apart columns stand: of whole numbers most places may be empty."""
    filled = [middle for middle, count in columns if count]
    return min((b - a for a, b in pairwise(filled) if b > a), default=1 / (len(columns) or 1))
