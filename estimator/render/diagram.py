"""A system as a picture: parts in layers from left to right, and what flows between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import ceil, log10
from typing import NamedTuple

from estimator.analyse.system import Flow, Part, System
from estimator.render.charts import drawing, label, shortened
from estimator.render.html import Html, tag
from estimator.units.write import share

_NARROWEST, _WIDEST, _HEIGHT = 148, 296, 48  # of boxes
_GAP, _SPACE = 72, 16  # between layers, and between the parts of one
_LANE = 14  # the height that a flow takes where it passes by a layer
_EDGE, _MORE = 10, 3  # beside the words of a box, and letters that the smaller words have more
_SWEEPS = 6
_THIN, _THICK = 1.0, 9.0
_LETTER = 8.6  # the width of one in a wide bold font
_NEAR = 0.85  # a utilization from which a part stands out, as in the table of components


class _Slot(NamedTuple):
    """A place in a layer: a part, or a flow that passes by."""

    layer: int
    key: str

    @property
    def height(self) -> float:
        return _LANE if self.key.startswith(">") else _HEIGHT


def diagram(system: System, title: str, description: str) -> Html:
    """Return a system as SVG: width by traffic, and a part's bar by its utilization."""
    ways = {flow: _way(flow, system) for flow in system.flows}
    layers = _ordered(system, ways)
    box = _box_width(system)
    middles, height = _placed(layers, box)
    most = max((flow.rate for flow in system.flows), default=1.0)
    lines = [_line(flow, way, middles, box, most) for flow, way in ways.items()]
    boxes = [_part(part, middles[_Slot(part.layer, part.name)], box) for part in system.parts]
    width = len(layers) * (box + _GAP) - _GAP + 2
    return drawing(width, height, title, description, *lines, *boxes)


def _box_width(system: System) -> int:
    """Return how wide boxes are: as the longest name needs, within reason."""
    longest = max((len(part.name) for part in system.parts), default=0)
    return min(max(ceil(longest * _LETTER) + 2 * _EDGE, _NARROWEST), _WIDEST)


def _way(flow: Flow, system: System) -> list[_Slot]:
    """Return the places that a flow goes through, one in each layer."""
    layers = {part.name: part.layer for part in system.parts}
    first, last = layers[flow.sender], layers[flow.receiver]
    by = [_Slot(layer, f">{flow.sender}>{flow.receiver}") for layer in range(first + 1, last)]
    return [_Slot(first, flow.sender), *by, _Slot(last, flow.receiver)]


def _ordered(system: System, ways: Mapping[Flow, Sequence[_Slot]]) -> list[list[_Slot]]:
    """Return the places of each layer, each near those that it is joined with."""
    slots = dict.fromkeys(_Slot(part.layer, part.name) for part in system.parts)
    slots |= dict.fromkeys(slot for way in ways.values() for slot in way)
    layers: list[list[_Slot]] = [[] for _ in range(1 + max(slot.layer for slot in slots))]
    joined_with: dict[_Slot, list[_Slot]] = {slot: [] for slot in slots}
    for slot in slots:
        layers[slot.layer].append(slot)
    for way in ways.values():
        for before, after in pairwise(way):
            joined_with[before].append(after)
            joined_with[after].append(before)
    for sweep in range(_SWEEPS):
        at = {slot: place for layer in layers for place, slot in enumerate(layer)}
        order = layers if sweep % 2 == 0 else layers[::-1]
        for layer in order:
            layer.sort(key=lambda slot: _middle(slot, joined_with[slot], at))
            at |= {slot: place for place, slot in enumerate(layer)}
    return layers


def _middle(slot: _Slot, others: Sequence[_Slot], at: Mapping[_Slot, int]) -> float:
    """Return where a place should be to stand in the middle of those that it is joined with."""
    if not others:
        return at[slot]
    return sum(at[other] for other in others) / len(others)


def _placed(
    layers: Sequence[Sequence[_Slot]], box: int
) -> tuple[dict[_Slot, tuple[float, float]], float]:
    """Return the left and the middle of each place, and the height of all."""
    heights = [sum(slot.height + _SPACE for slot in layer) - _SPACE for layer in layers]
    whole = max(heights) + 4
    found: dict[_Slot, tuple[float, float]] = {}
    for at, layer in enumerate(layers):
        y = (whole - heights[at]) / 2
        for slot in layer:
            found[slot] = (1 + at * (box + _GAP), y + slot.height / 2)
            y += slot.height + _SPACE
    return found, whole


def _line(
    flow: Flow,
    way: Sequence[_Slot],
    middles: Mapping[_Slot, tuple[float, float]],
    box: int,
    most: float,
) -> Html:
    """Return a flow as a line from one part to another, the wider the more calls."""
    points = ""
    for before, after in pairwise(way):
        (left, y1), (x2, y2) = middles[before], middles[after]
        x1, bend = left + box, _GAP / 2
        start = f"M{x1 - box if points else x1:g},{y1:g}" + (f"H{x1:g}" if points else "")
        points += f"{start}C{x1 + bend:g},{y1:g} {x2 - bend:g},{y2:g} {x2:g},{y2:g}"
    width = _THIN + (_THICK - _THIN) * max(0.0, 1.0 - log10(most / flow.rate) / 4.0)
    words = f"{flow.sender} → {flow.receiver}: {flow.name}, {flow.text} at peak"
    return tag("path", tag("title", words), d=points, class_="flow", stroke_width=f"{width:.1f}")


def _part(part: Part, place: tuple[float, float], width: int) -> Html:
    left, top = place[0], place[1] - _HEIGHT / 2
    size = {"width": width, "height": _HEIGHT}
    look = "part" if part.kind else "part action"
    box = tag("rect", x=f"{left:g}", y=f"{top:g}", **size, rx=6, class_=look)
    room = int((width - 2 * _EDGE) / _LETTER)
    name = label(left + _EDGE, top + 20, shortened(part.name, room), "strong")
    below = label(left + _EDGE, top + 37, shortened(_said(part), room + _MORE), "quiet")
    return tag("g", tag("title", _whole(part)), box, name, below, *_used(part, left, top, width))


def _said(part: Part) -> str:
    """Return the nodes of a part and their utilization, or what kind of part it is."""
    if not part.kind:
        return "action"
    if not part.nodes:
        return part.kind
    nodes = f"{part.nodes} node{'' if part.nodes == '1' else 's'}"
    return nodes if part.utilization is None else f"{nodes}, {share(round(part.utilization, 2))}"


def _whole(part: Part) -> str:
    kind = f" ({part.kind})" if part.kind else ""
    of = f" of {part.resource}" if part.resource and part.utilization is not None else ""
    return f"{part.name}{kind}: {_said(part)}{of}"


def _used(part: Part, left: float, top: float, width: int) -> Sequence[Html]:
    """Return a bar along the lower edge, as long as the part's bottleneck is used."""
    if part.utilization is None or not part.nodes:
        return ()
    used = min(part.utilization, 1.0)
    tone = " bad" if part.utilization > 1 else " near" if part.utilization > _NEAR else ""
    at = {"x": f"{left + 6:g}", "y": f"{top + _HEIGHT - 5:g}", "height": 3}
    track = tag("rect", **at, width=width - 12, class_="track")
    return track, tag("rect", **at, width=f"{used * (width - 12):.1f}", class_=f"bar{tone}")
