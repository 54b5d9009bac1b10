"""The style sheets of a page and of its plots, which are the package's own."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from estimator.render.html import Html

_FOLDER = Path(__file__).parent
_COLOR = re.compile(r"--([a-z]+): (#[0-9a-f]+)")
_USED = re.compile(r"var\(--([a-z]+)\)")
_FONT = re.compile(r"(font: [^;\"]*px) [^;]+;")


@cache
def page_style() -> Html:
    """Return the style sheet of a page, with that of its plots."""
    return Html(_read("page.css") + _read("plot.css"))


@cache
def plot_style() -> Html:
    """Return the style sheet of a plot by itself, in the page's light colors."""
    light = _read("page.css").partition("@media")[0]
    colors = dict(_COLOR.findall(light))
    named = _USED.sub(lambda found: colors[found[1]], _read("plot.css"))
    return Html(_FONT.sub(r"\1 sans-serif;", named))


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
