"""Files that are not in their canonical form, by their names or as differences."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.fmt import Formatting, Shows
from estimator.render.page import Exact, Part
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize

_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def page(formatting: Formatting, width: int) -> Iterator[Part]:
    """Yield the name of each file that would change, or what would change in it."""
    del width
    for file in formatting.files:
        if not file.is_changed:
            continue
        if formatting.shows is Shows.NAMES:
            yield f"would reformat {sanitize(file.file)}"
        elif formatting.shows is Shows.DIFFERENCES:
            for line in file.difference():
                yield Exact(line, _STYLES.get(line[:1], ""))


RENDERER = Page(page)
