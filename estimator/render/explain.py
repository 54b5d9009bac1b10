"""Derivations as text in the voice of an interview, as JSON, Markdown, or a Mermaid graph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap

from estimator.analyse.explain import Derivation
from estimator.render.json import dumped
from estimator.render.markdown import code, code_block, prose, row
from estimator.render.sanitize import sanitize

SCHEMA = 1
_NARROWEST = 40


def to_text(found: Sequence[Derivation], width: int | None = None) -> str:
    """Formulas with their values one below the other, then the values that they began with.

    Args:
        found: The derivations.
        width: Where lines are broken; nowhere if left out.
    """
    formulas = [d for d in found if d.uses]
    inputs = [d for d in found if not d.uses]
    blocks = ["\n".join(_lines(d, width)) for d in formulas]
    if inputs:
        blocks.append("\n".join(_inputs(inputs, width)))
    return "\n\n".join(blocks) + "\n"


def _lines(derivation: Derivation, width: int | None) -> list[str]:
    name = sanitize(derivation.name)
    pad = " " * len(name)
    if width is not None and len(name) > width // 2:
        lines, pad = [name], "   "
    else:
        lines = []
    for step in dict.fromkeys(derivation.steps):  # a sum of one term comes to what that is
        start = f"{pad if lines else name} = "
        lines += _broken(start, sanitize(step), width)
    for note in derivation.notes:
        lines += _broken(f"{pad}   ", f"({sanitize(note)})", width)
    return lines


def _broken(start: str, text: str, width: int | None) -> list[str]:
    """A line, broken between words where it is too long."""
    if width is None or len(start) + len(text) <= width:
        return [(start + text).rstrip()]
    room = max(width - len(start), _NARROWEST)
    parts = wrap(text, room, break_long_words=False, break_on_hyphens=False)
    return [start + parts[0], *(" " * (len(start) + 2) + part for part in parts[1:])]


def _inputs(inputs: Sequence[Derivation], width: int | None) -> list[str]:
    names = max(len(sanitize(d.name)) for d in inputs)
    values = [" = ".join(sanitize(s) for s in d.steps) for d in inputs]
    widest = max(map(len, values))
    lines: list[str] = []
    for derivation, value in zip(inputs, values, strict=True):
        start = f"{sanitize(derivation.name):<{names}} = {value:<{widest}}  "
        lines += _broken(start, sanitize(_from(derivation)), width)
    return lines


def _from(derivation: Derivation) -> str:
    """The line that says a value, or why the library does."""
    if derivation.where:
        return ": ".join([derivation.where, *derivation.notes])
    why = "; ".join((*derivation.notes, *([derivation.source] if derivation.source else [])))
    return " ".join(why.split()) or "the library"


def to_json(scenario: str, found: Sequence[Derivation]) -> str:
    """An object with a list of derivations, each after those that use it."""
    content = {
        "schema": SCHEMA,
        "scenario": scenario,
        "derivations": [
            {
                "name": d.name,
                "value": d.value,
                "steps": list(d.steps),
                "notes": list(d.notes),
                "about": d.about or None,
                "where": d.where or None,
                "source": d.source or None,
                "origin": d.origin,
                "uses": list(d.uses),
            }
            for d in found
        ],
    }
    return dumped(content) + "\n"


def to_markdown(found: Sequence[Derivation]) -> str:
    """Return a section for each formula, with its steps as code, and a table of the inputs."""
    parts: list[str] = []
    for derivation in found:
        if derivation.uses:
            about = f"{prose(derivation.about)}\n\n" if derivation.about else ""
            steps = code_block("\n".join(_lines(derivation, None)))
            parts.append(f"### {code(derivation.name)}\n\n{about}{steps}\n")
    inputs = [d for d in found if not d.uses]
    if inputs:
        rows = [[code(d.name), prose(d.value), prose(_from(d))] for d in inputs]
        lines = [row(["input", "value", "from"]), row(["---"] * 3), *map(row, rows)]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def to_mermaid(found: Sequence[Derivation]) -> str:
    """Return a graph that points from what is given to what follows; GitHub draws it."""
    number = {d.name: f"q{i}" for i, d in enumerate(found)}
    lines = ["graph LR"]
    for derivation in found:
        label = f"{_label(derivation.name)}<br/>{_label(derivation.value)}"
        shape = ("[", "]") if derivation.uses else ("([", "])")
        lines.append(f'  {number[derivation.name]}{shape[0]}"{label}"{shape[1]}')
    for derivation in found:
        for use in derivation.uses:
            if use in number:
                lines.append(f"  {number[use]} --> {number[derivation.name]}")
    return "\n".join(lines) + "\n"


def _label(text: str) -> str:
    """Return a text as Mermaid shows it, in its codes for what would be HTML or Markdown."""
    return re.sub(r"[\"#&<>`]", lambda found: f"#{ord(found[0])};", sanitize(text))
