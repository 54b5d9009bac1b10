"""One plot of a scenario as PNG, for slides; drawn by vl-convert, which is imported only here."""

from __future__ import annotations

from estimator.diagnostics import refusal
from estimator.render.registry import Picture
from estimator.render.report import Reported
from estimator.render.report.svg import drawn

_SCALE = 3.0  # a plot is 400 points wide, and a slide some 2,000 pixels


def to_png(reported: Reported) -> bytes:
    """Return the plot that is asked for.

    Raises:
        InputError: E034 where there is no such plot, or what draws it is not installed.
    """
    svg = drawn(reported)
    try:
        from vl_convert import svg_to_png
    except ImportError:
        message = "PNG is drawn by vl-convert, which is not installed"
        line = "`pip install '.[report]'` in a copy of estimator installs it; SVG needs nothing"
        raise refusal("E034", message, help=line) from None
    picture: bytes = svg_to_png(svg, scale=_SCALE)
    return picture


RENDERER = Picture(to_png, endings=(".png",))
