"""Answers as text: a line each."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.calc import Answers
from estimator.render.registry import Page


def page(answers: Answers, width: int) -> Iterator[str]:
    """Yield the answers as they come."""
    del width
    yield from (answer.text for answer in answers.answers)


RENDERER = Page(page)
