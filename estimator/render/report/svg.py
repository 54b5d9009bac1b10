"""One plot of a scenario as SVG, for slides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from estimator.diagnostics import did_you_mean, refusal
from estimator.render.charts import Plot, label
from estimator.render.html import tag
from estimator.render.registry import Text
from estimator.render.report import Reported
from estimator.render.report._plots import plots
from estimator.render.report._style import plot_style

_ROOM, _ABOVE = 20, 48  # around a plot, and above it for its title
_SIZES = re.compile(r'viewBox="[^"]*" width="[^"]*" height="[^"]*"')
_SIZE = re.compile(r' (?:width|height)="([^"]*)"')


def to_svg(reported: Reported) -> Iterator[str]:
    """Yield the plot that is asked for, with its own style and a light background."""
    yield drawn(reported) + "\n"


def drawn(reported: Reported) -> str:
    """Return the plot that is asked for as a file of its own.

    Raises:
        InputError: E034 where there is no such plot, or there are several scenarios.
    """
    if len(reported.dossiers) != 1:
        raise refusal("E034", "a plot is of one scenario, and this call has several")
    found = {plot.name: plot for plot in plots(reported.dossiers[0])}
    name = reported.plot
    if name not in found:
        near = did_you_mean(name, found) or f"there are {', '.join(found) or 'none'}"
        raise refusal("E034", f"there is no plot `{name}`", help=near)
    return _framed(found[name])


def _framed(plot: Plot) -> str:
    """Return a plot below its title, with room around it and its own style."""
    start, _, rest = plot.svg.partition(">")
    width, height = (float(size) for size in _SIZE.findall(start))
    box = {"x": -_ROOM, "y": -_ABOVE, "width": width + 2 * _ROOM, "height": height + _ABOVE + _ROOM}
    around = " ".join(f"{size:g}" for size in box.values())
    sized = f'viewBox="{around}" width="{box["width"]:g}" height="{box["height"]:g}"'
    back = tag("rect", **box, fill="#fff")
    title = label(0, -_ABOVE + 34, plot.title, "strong")
    names, end, drawing = rest.partition("</desc>")
    around_it = f"{tag('style', plot_style())}{back}{title}"
    return f"{_SIZES.sub(sized, start)}>{names}{end}{around_it}{drawing}"


RENDERER = Text(to_svg, endings=(".svg",))
