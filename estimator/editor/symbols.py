"""The outline of a file: its sections, and what they hold."""

from __future__ import annotations

from typing import NamedTuple

from estimator.editor.document import Document
from estimator.editor.semantic_tokens import Role
from estimator.scenario.recognise import FileType
from estimator.scenario.sections import sections
from estimator.scenario.yaml_tree import Tree

_SHOWN = (Role.OWNER, Role.DERIVED, Role.VARIANT)


class Outline(NamedTuple):
    """A part of a file.

    Attributes:
        name: Its key.
        sort: `section`, `action`, `component`, `formula` or `variant`.
        detail: Its kind, or its value.
        start: Its first character.
        end: Where it ends.
        key_end: Where its key ends.
        parts: What it holds.
    """

    name: str
    sort: str
    detail: str
    start: int
    end: int
    key_end: int
    parts: tuple[Outline, ...] = ()


def outline(document: Document) -> list[Outline]:
    """Return the sections of a scenario with the names in them; of a kind its sections."""
    if document.tree is None or document.file_type is FileType.OTHER:
        return []
    inside: dict[str, list[Outline]] = {}
    values = document.estimate.report.values if document.estimate else {}
    for token in document.semantic_tokens:
        if token.role in _SHOWN:
            section = sections()[token.path[0]]
            is_valued = token.role is Role.DERIVED and token.name in values
            detail = values[token.name].text if is_valued else ""
            if not section.kind and token.kind is not None:
                detail = token.kind.kind.value
            end = _end(token.value, token.end, document)
            part = Outline(
                token.name, section.each, detail, start=token.start, end=end, key_end=token.end
            )
            inside.setdefault(token.path[0], []).append(part)
    found = []
    for name, (key, value) in document.tree.entries.items():
        place = key.place
        parts = tuple(inside.get(name, ()))
        end = max([_end(value, place.end, document), *(p.end for p in parts)])
        part = Outline(name, "section", "", start=place.start, end=end, key_end=place.end)
        found.append(part._replace(parts=parts))
    return found


def _end(value: Tree | None, otherwise: int, document: Document) -> int:
    """Return where a value ends, without the empty lines behind it."""
    text = document.source.text
    end = value.place.end if value is not None else otherwise
    while end > otherwise and text[end - 1].isspace():
        end -= 1
    return max(end, otherwise)
