"""A rule of the diagnostics as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.diagnostics.rules import Rule
from estimator.render.json import written
from estimator.render.registry import Text


def to_json(rule: Rule) -> Iterator[str]:
    """Yield what it means, and a wrong and a right example."""
    yield written(
        rule={
            "code": rule.code,
            "title": rule.title,
            "about": " ".join(rule.about.split()),
            "wrong": rule.wrong or None,
            "right": rule.right or None,
        },
        diagnostics=[],
    )


RENDERER = Text(to_json, endings=(".json",))
