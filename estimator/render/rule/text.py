"""A rule of the diagnostics as text."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill, indent

from estimator.diagnostics.rules import Rule
from estimator.render.registry import Page


def rule_text(rule: Rule) -> str:
    """Return what it means, and a wrong and a right example."""
    parts = [f"{rule.code}: {rule.title}", fill(" ".join(rule.about.split()), 80)]
    if rule.wrong:
        parts.append("Wrong:\n\n" + indent(rule.wrong.rstrip(), "    "))
    if rule.right:
        parts.append("Right:\n\n" + indent(rule.right.rstrip(), "    "))
    return "\n\n".join(parts) + "\n"


def page(rule: Rule, width: int) -> Iterator[str]:
    """Yield the text; its lines are 80 characters wide, but for examples."""
    del width
    yield rule_text(rule).removesuffix("\n")


RENDERER = Page(page)
