"""Derivations as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.api.explanation import Explanation
from estimator.render.explain.text import lines_of, origin_of
from estimator.render.markdown import code, code_block, prose, row
from estimator.render.registry import Text


def to_markdown(explanation: Explanation) -> Iterator[str]:
    """Yield a section for each formula, with its steps as code, and a table of the inputs."""
    parts: list[str] = []
    for derivation in explanation.derivations:
        if derivation.uses:
            about = f"{prose(derivation.about)}\n\n" if derivation.about else ""
            steps = code_block("\n".join(lines_of(derivation, None)))
            parts.append(f"### {code(derivation.name)}\n\n{about}{steps}\n")
    inputs = [d for d in explanation.derivations if not d.uses]
    if inputs:
        rows = [[code(d.name), prose(d.value), prose(origin_of(d))] for d in inputs]
        lines = [row(["input", "value", "from"]), row(["---"] * 3), *map(row, rows)]
        parts.append("\n".join(lines) + "\n")
    yield "\n".join(parts)


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
