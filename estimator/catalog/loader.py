"""Catalogues: named entries with the same fields, each file with its source and date."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field

from estimator.catalog.names import FOLDER
from estimator.diagnostics import Source, Text
from estimator.library.kind import Parameter
from estimator.scenario.models import Shape, Single, mapping
from estimator.scenario.plain import trusted
from estimator.scenario.yaml_tree import Mapping, read_yaml


class CatalogFile(Shape):
    """A file of a catalogue.

    Attributes:
        catalog: The catalogue that it belongs to.
        about: What is in it.
        source: Where its figures come from.
        date: The day of the figures, as `2026-07-20`.
        fields: The fields of every entry, in the catalogue's first file.
        entries: Name to field to formula.
    """

    catalog: Single
    about: Single
    source: Single
    date: Single
    fields: Annotated[dict[str, Parameter], BeforeValidator(mapping)] = Field(default_factory=dict)
    entries: Annotated[
        dict[str, Annotated[dict[str, Single], BeforeValidator(mapping)]],
        BeforeValidator(mapping),
    ]


class Entry(NamedTuple):
    """An entry: its fields as formulas, and where they come from."""

    name: str
    fields: dict[str, Text]
    source: str


class Catalog:
    """The entries of a catalogue, over all its files; further files are read when needed."""

    def __init__(self, name: str) -> None:
        found = sorted(file.name for file in FOLDER.glob("*.yaml"))
        self._first = _read(f"{name}.yaml")
        self._others = [f for f in found if f.startswith(f"{name}.") and f != f"{name}.yaml"]
        self.fields = self._first.fields

    def get(self, name: str) -> Entry | None:
        """The entry of that name, or None."""
        for file in self._files():
            if name in file.entries:
                said = f"{file.source.value} ({file.date.value})"
                return Entry(name, file.entries[name], said)
        return None

    def names(self) -> list[str]:
        """The names of all entries."""
        return [name for file in self._files() for name in file.entries]

    def _files(self) -> Iterator[CatalogFile]:
        yield self._first
        yield from map(_read, self._others)


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
