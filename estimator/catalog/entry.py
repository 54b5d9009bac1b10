"""An entry of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from estimator.diagnostics import Text
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk


class Doubt(NamedTuple):
    """What an entry says of one of its figures besides the figure.

    Attributes:
        between: How far it may be off, as a range; None where nothing is said.
        source: Where it comes from; empty for the source of the whole file.
        assumption: Why it is assumed, where it has no source.
    """

    between: Text | None = None
    source: str = ""
    assumption: str = ""


NO_DOUBT = Doubt()


class Entry(NamedTuple):
    """An entry: its fields as formulas, where they come from, and who sells it.

    A formula may name other fields of the entry, as a price that adds up cores and memory does.
    """

    name: str
    fields: dict[str, Text]
    source: str
    cloud: str = "generic"
    doubts: Mapping[str, Doubt] = {}

    @property
    def family(self) -> str:
        """Return what it shares with its other sizes: `m7g` of `m7g.2xlarge`."""
        if "." in self.name:
            return self.name.split(".", 1)[0]
        return re.sub(r"-\d+|(?<=_[A-Z])\d+", "", self.name)

    def within(self, field: str, parameter: str, fields: Iterable[str]) -> Text | None:
        """Return a field's formula with the fields that it names as those of a parameter.

        The price of `node` then names `node.cores` where the catalogue has `cores`.
        """
        text = self.fields.get(field)
        return None if text is None else within(text, parameter, fields)


def within(text: Text, parameter: str, fields: Iterable[str]) -> Text:
    """Return a formula of an entry with the fields that it names as those of a parameter."""
    if not any(name in text.value for name in fields):
        return text
    value = text.value
    for node in sorted(_named(text, fields), key=lambda n: n.span, reverse=True):
        value = f"{value[: node.span[0]]}{parameter}.{value[node.span[0] :]}"
    return text if value == text.value else Text(value, text.place)


def _named(text: Text, fields: Iterable[str]) -> list[Name]:
    names = set(fields)
    return [n for n in walk(parse(text.value)) if isinstance(n, Name) and n.path in names]
