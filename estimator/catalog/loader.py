"""Reading the files of catalogues."""

from __future__ import annotations

from functools import cache
from typing import Annotated

from pydantic import BeforeValidator, Field

from estimator.catalog.entry import Doubt, Entry
from estimator.catalog.names import FOLDER
from estimator.diagnostics import Source, Text
from estimator.library.kind import Parameter
from estimator.scenario.plain import trusted
from estimator.scenario.shape import Sections, Shape, Single, mapping
from estimator.scenario.yaml_tree import Mapping, read_yaml


class CatalogFile(Shape):
    """A file of a catalogue.

    Attributes:
        catalog: The catalogue that it belongs to.
        about: What is in it.
        source: Where its figures come from.
        date: The day of the figures, as `2026-07-20`.
        cloud: Who sells them; `generic` by default.
        fields: The fields of every entry, in the catalogue's first file.
        entries: Name to field to formula, or to a mapping of its `value`, `between`, `source` and
            `assumption`.
    """

    catalog: Single
    about: Single
    source: Single
    date: Single
    cloud: Single | None = None
    fields: Annotated[dict[str, Parameter], BeforeValidator(mapping)] = Field(default_factory=dict)
    entries: Sections


@cache
def read(file: str) -> CatalogFile:
    """Return the content of a file of a catalogue, by its name without its ending."""
    text = (FOLDER / f"{file}.yaml").read_text("utf-8")
    tree = read_yaml(Source(f"estimator/catalog/{file}.yaml", text))
    assert isinstance(tree, Mapping)
    return trusted(CatalogFile, tree)


def entries_in(file: str) -> dict[str, Entry]:
    """Return the entries of a file of a catalogue, by name."""
    content = read(file)
    cloud = content.cloud.value if content.cloud else "generic"
    said = f"{content.source.value} ({content.date.value})"
    return {name: _entry(name, fields, said, cloud) for name, fields in content.entries.items()}


def _entry(name: str, fields: dict[str, Text | dict[str, Text]], source: str, cloud: str) -> Entry:
    """Return an entry, of which figures may be mappings that say how far they may be off."""
    figures, doubts = {}, {}
    for field, said in fields.items():
        if isinstance(said, Text):
            figures[field] = said
            continue
        figures[field] = said["value"]
        words = {key: said[key].value for key in ("source", "assumption") if key in said}
        doubts[field] = Doubt(said.get("between"), **words)
    return Entry(name, figures, source, cloud, doubts)
