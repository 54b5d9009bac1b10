"""Answers as text: a line each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estimator.analyse.calculate import Answer
from estimator.render.registry import Found, Page


def page(found: Found[Iterable[Answer]], width: int) -> Iterator[str]:
    """Yield the answers as they come."""
    del width
    yield from (answer.text for answer in found.result or ())


RENDERER = Page(page)
