"""Derivations as text in the voice of an interview."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from estimator.analyse.explain import Derivation
from estimator.api.explanation import Explanation
from estimator.render.page import WIDE
from estimator.render.registry import Page
from estimator.render.sanitize import sanitize

_NARROWEST = 40
_ALL = 99  # deeper than any formula goes


def page(explanation: Explanation, width: int) -> Iterator[str]:
    """Yield the text, broken to the width."""
    yield to_text(explanation.derivations, width if width < WIDE else None).removesuffix("\n")
    if explanation.depth is not None:
        yield f"\nDeeper: `--depth {explanation.depth + 1}`. Down to the inputs: `--depth {_ALL}`."


def to_text(found: Sequence[Derivation], width: int | None = None) -> str:
    """Return formulas with their values one below the other, then the inputs.

    Args:
        found: The derivations.
        width: Where lines are broken; nowhere if left out.
    """
    formulas = [d for d in found if d.uses]
    inputs = [d for d in found if not d.uses]
    blocks = ["\n".join(lines_of(d, width)) for d in formulas]
    if inputs:
        blocks.append("\n".join(_inputs(inputs, width)))
    return "\n\n".join(blocks) + "\n"


def lines_of(derivation: Derivation, width: int | None) -> list[str]:
    """Return a quantity's formula with its values, a line a step."""
    name = sanitize(derivation.name)
    pad = " " * len(name)
    if width is not None and len(name) > width // 2:
        lines, pad = [name], "   "
    else:
        lines = []
    for step in dict.fromkeys(derivation.steps):  # a sum of one term is what that is
        start = f"{pad if lines else name} = "
        lines += _broken(start, sanitize(step), width)
    for note in derivation.notes:
        lines += _broken(f"{pad}   ", f"({sanitize(note)})", width)
    return lines


def _broken(start: str, text: str, width: int | None) -> list[str]:
    """Return a line, broken between words where it is too long."""
    if width is None or len(start) + len(text) <= width:
        return [(start + text).rstrip()]
    room = max(width - len(start), _NARROWEST)
    first, *parts = wrap(
        text, room, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
    return [start + first, *(" " * len(start) + part for part in parts)]


def _inputs(inputs: Sequence[Derivation], width: int | None) -> list[str]:
    names = max(len(sanitize(d.name)) for d in inputs)
    values = [" = ".join(sanitize(s) for s in d.steps) for d in inputs]
    widest = max(map(len, values))
    lines: list[str] = []
    for derivation, value in zip(inputs, values, strict=True):
        start = f"{sanitize(derivation.name):<{names}} = {value:<{widest}}  "
        lines += _broken(start, sanitize(origin_of(derivation)), width)
    return lines


def origin_of(derivation: Derivation) -> str:
    """Return the line that says a value, or why the library does."""
    if derivation.where:
        return ": ".join([derivation.where, *derivation.notes])
    why = ": ".join((*derivation.notes, *([derivation.source] if derivation.source else [])))
    return " ".join(why.split()) or "the library"


RENDERER = Page(page)
