"""Edits of a text: what is to stand where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """A text in the place of the characters from `start` up to `end`."""

    start: int
    end: int
    text: str

    @property
    def growth(self) -> int:
        """Return by how many characters the text becomes longer."""
        return len(self.text) - (self.end - self.start)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made in it."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])
