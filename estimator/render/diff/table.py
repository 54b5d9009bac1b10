"""What is different between two versions of scenarios, as tables."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.diff import Differences
from estimator.render.difference import body, heading, summary
from estimator.render.page import Part
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize


def page(differences: Differences, width: int) -> Iterator[Part]:
    """Yield each scenario that is different, under its name, and last how many there are."""
    del width
    for one in differences.scenarios:
        if one.status != "same":
            yield heading(one, sanitize)
            yield from body(one)
            yield ""
    yield summary(differences.scenarios, sanitize(differences.base))


RENDERER = Page(page)
