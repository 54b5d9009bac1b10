"""Catalogues as tables: which there are, and the entries of one with their sources."""

from __future__ import annotations

from collections.abc import Iterable

from estimator.catalog import Catalog, Entry
from estimator.render.tables import Column, Table

_MOST_COLUMNS = 7


def catalogues_page(catalogues: Iterable[tuple[str, Catalog]]) -> list[str | Table]:
    """A row a catalogue."""
    table = Table(
        "Catalogues", [Column("catalogue"), Column("entries", number=True), Column("what")]
    )
    for name, catalog in catalogues:
        table.rows.append([name, str(len(catalog.names())), _words(catalog.about)])
    return [table]


def catalog_page(name: str, entries: list[Entry], fields: list[str]) -> list[str | Table]:
    """The entries of a catalogue, and below them where each figure comes from."""
    given = [f for f in fields if any(f in e.fields for e in entries)]
    if len(given) > _MOST_COLUMNS:
        return [_listed(name, entries, given), "", *_sources(entries)]
    table = Table(name, [Column("entry"), *(Column(f, number=True) for f in given)])
    for entry in entries:
        cells = [_words(entry.fields[f].value) if f in entry.fields else "" for f in given]
        table.rows.append([entry.name, *cells])
    return [table, "", *_sources(entries)]


def _listed(name: str, entries: list[Entry], fields: list[str]) -> Table:
    """The fields of each entry one after the other, where they are too many for columns."""
    table = Table(name, [Column("entry"), Column("figures")])
    for entry in entries:
        figures = (f"{f} {_words(entry.fields[f].value)}" for f in fields if f in entry.fields)
        table.rows.append([entry.name, ", ".join(figures)])
    return table


def _sources(entries: list[Entry]) -> list[str]:
    sources = dict.fromkeys(e.source for e in entries)
    return [f"Source: {_words(source)}" for source in sources]


def _words(text: str) -> str:
    return " ".join(text.split())
