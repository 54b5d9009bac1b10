"""The picture of the first screen that the README begins with: made by the program, and current."""

from __future__ import annotations

import io
import re

from asking import ROOT
from rich.console import Console

from estimator import estimate
from estimator.render.page_drawn import draw_part
from estimator.render.run import Estimates
from estimator.render.run.table import page

PICTURE = ROOT / "docs" / "assets" / "first-screen.svg"
WIDTH = 100


def picture() -> str:
    """Return the first screen of `estimator run twitter` as SVG, with fonts of the reader's own."""
    report = estimate(ROOT / "scenarios" / "twitter.yaml").report
    report = report._replace(file="scenarios/twitter.yaml")
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    for part in page(Estimates([report]), WIDTH):
        draw_part(part, console, ascii=False)
    drawn = console.export_svg(title="estimator run twitter", unique_id="first-screen")
    without_fonts = re.sub(r"\s*@font-face \{.*?\}", "", drawn, flags=re.S)
    without_fonts = without_fonts.replace("<svg ", '<svg xml:space="preserve" ', 1)
    return "\n".join(line.rstrip() for line in without_fonts.splitlines()) + "\n"


def test_the_picture_of_the_first_screen_is_current(update_golden: bool) -> None:
    if update_golden:
        PICTURE.write_text(picture(), "utf-8", newline="\n")
    assert PICTURE.read_text("utf-8") == picture()
    assert "](docs/assets/first-screen.svg)" in (ROOT / "README.md").read_text("utf-8")


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    text = PICTURE.read_text("utf-8")
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace(
        "https://www.textualize.io", ""
    )
    assert "@font-face" not in text
