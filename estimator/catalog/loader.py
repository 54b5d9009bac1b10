"""Catalogues: named entries with the same fields, each file with its source and date."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from estimator.catalog.names import FOLDER
from estimator.diagnostics import Source, Text
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk
from estimator.library.kind import Parameter
from estimator.scenario.plain import trusted
from estimator.scenario.shape import Shape, Single, mapping
from estimator.scenario.yaml_tree import Mapping, read_yaml


class CatalogFile(Shape):
    """A file of a catalogue.

    Attributes:
        catalog: The catalogue that it belongs to.
        about: What is in it.
        source: Where its figures come from.
        date: The day of the figures, as `2026-07-20`.
        cloud: Who sells them; `generic` unless said.
        fields: The fields of every entry, in the catalogue's first file.
        entries: Name to field to formula.
    """

    catalog: Single
    about: Single
    source: Single
    date: Single
    cloud: Single | None = None
    fields: Annotated[dict[str, Parameter], BeforeValidator(mapping)] = Field(default_factory=dict)
    entries: Annotated[
        dict[str, Annotated[dict[str, Single], BeforeValidator(mapping)]],
        BeforeValidator(mapping),
    ]


class Entry(NamedTuple):
    """An entry: its fields as formulas, where they come from, and who sells it.

    A formula may name other fields of the entry, as a price that adds up cores and memory does.
    """

    name: str
    fields: dict[str, Text]
    source: str
    cloud: str = "generic"

    @property
    def family(self) -> str:
        """What it shares with its larger and smaller siblings: `m7g` of `m7g.2xlarge`."""
        if "." in self.name:
            return self.name.split(".", 1)[0]
        return re.sub(r"-\d+|(?<=_[A-Z])\d+", "", self.name)

    def within(self, field: str, parameter: str, fields: Iterable[str]) -> Text | None:
        """Return a field's formula with the fields that it names as those of a parameter.

        The price of `node` then names `node.cores` where the catalogue has `cores`.
        """
        text = self.fields.get(field)
        if text is None or not any(name in text.value for name in fields):
            return text
        value = text.value
        for node in sorted(_named(text, fields), key=lambda n: n.span, reverse=True):
            value = f"{value[: node.span[0]]}{parameter}.{value[node.span[0] :]}"
        return text if value == text.value else Text(value, text.place)


def _named(text: Text, fields: Iterable[str]) -> list[Name]:
    names = set(fields)
    return [n for n in walk(parse(text.value)) if isinstance(n, Name) and n.path in names]


class Catalog:
    """The entries of a catalogue, over all its files; further files are read when needed."""

    def __init__(self, name: str) -> None:
        found = sorted(file.name for file in FOLDER.glob("*.yaml"))
        self._first = _read(f"{name}.yaml")
        self._others = [f for f in found if f.startswith(f"{name}.") and f != f"{name}.yaml"]
        self.fields = self._first.fields
        self.about = self._first.about.value

    def get(self, name: str) -> Entry | None:
        """The entry of that name, or None."""
        for file in self._files():
            if name in file.entries:
                return _entry(name, file)
        return None

    def candidates(self, scope: str = "") -> list[Entry]:
        """The entries of a cloud or of a family; of all clouds for nothing, all for `*`."""
        entries = [_entry(name, file) for file in self._files() for name in file.entries]
        if scope == "*":
            return entries
        if not scope:
            return [e for e in entries if e.cloud != "generic"]
        return [e for e in entries if scope in (e.cloud, e.family, e.name)]

    def scopes(self) -> list[str]:
        """The clouds and families that entries can be chosen from."""
        entries = [_entry(name, file) for file in self._files() for name in file.entries]
        return list(dict.fromkeys([*(e.cloud for e in entries), *(e.family for e in entries)]))

    def names(self) -> list[str]:
        """The names of all entries."""
        return [name for file in self._files() for name in file.entries]

    def _files(self) -> Iterator[CatalogFile]:
        yield self._first
        yield from map(_read, self._others)


def _entry(name: str, file: CatalogFile) -> Entry:
    cloud = file.cloud.value if file.cloud else "generic"
    said = f"{file.source.value} ({file.date.value})"
    return Entry(name, file.entries[name], said, cloud)


@cache
def catalog(name: str) -> Catalog:
    """The catalogue of that name, such as `machines`."""
    return Catalog(name)


@cache
def _read(name: str) -> CatalogFile:
    text = (FOLDER / name).read_text("utf-8")
    tree = read_yaml(Source(f"estimator/catalog/{name}", text))
    assert isinstance(tree, Mapping)
    return trusted(CatalogFile, tree)
