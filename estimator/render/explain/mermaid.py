"""Derivations as a Mermaid graph."""

from __future__ import annotations

import re
from collections.abc import Iterator

from estimator.analyse.explain import in_words
from estimator.api.explanation import Explanation
from estimator.render.registry import Text
from estimator.render.sanitize import sanitize


def to_mermaid(explanation: Explanation) -> Iterator[str]:
    """Yield a graph that points from what is given to what follows; GitHub draws it."""
    found = explanation.derivations
    number = {d.name: f"q{i}" for i, d in enumerate(found)}
    lines = ["graph LR"]
    for derivation in found:
        value = in_words(derivation.value, derivation.bound)
        label = f"{_label(derivation.name)}<br/>{_label(value)}"
        shape = ("[", "]") if derivation.uses else ("([", "])")
        lines.append(f'  {number[derivation.name]}{shape[0]}"{label}"{shape[1]}')
    for derivation in found:
        for use in derivation.uses:
            if use in number:
                lines.append(f"  {number[use]} --> {number[derivation.name]}")
    yield "\n".join(lines) + "\n"


def _label(text: str) -> str:
    """Return a text as Mermaid shows it, in its codes for what would be HTML or Markdown."""
    return re.sub(r"[\"#&<>`]", lambda found: f"#{ord(found[0])};", sanitize(text))


RENDERER = Text(to_mermaid)
