"""A rule of the diagnostics as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import indent

from estimator.diagnostics.rules import Rule
from estimator.render.registry import Text


def to_markdown(rule: Rule) -> Iterator[str]:
    """Yield what it means, under a heading."""
    yield f"### {rule.code}: {rule.title}\n\n{rule_markdown(rule)}\n"


def rule_markdown(rule: Rule) -> str:
    """Return what a rule means: the program's own text, and examples as code blocks."""
    parts = [" ".join(rule.about.split())]
    for title, example in (("Wrong", rule.wrong), ("Right", rule.right)):
        if example:
            parts.append(f"{title}:\n\n{indent(example.rstrip(), '    ')}")
    return "\n\n".join(parts)


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
