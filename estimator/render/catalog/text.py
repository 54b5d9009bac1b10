"""Catalogues as tables: which there are, and the entries of one with their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from estimator.catalog import Entry
from estimator.catalog.entry import NO_DOUBT
from estimator.render.catalog import Catalogs, Entries
from estimator.render.page import Column, Part, Table
from estimator.render.registry import Page

_MOST_COLUMNS = 8


def page(catalogs: Catalogs, width: int) -> Iterator[Part]:
    """Yield a row a catalogue; of one its entries, of one entry its figures, and their sources."""
    del width
    if catalogs.entries is not None:
        yield from _entries(catalogs.entries)
    elif catalogs.listed:
        columns = [Column("catalog"), Column("entries", number=True), Column("what")]
        table = Table("Catalogs", columns)
        for name, catalog in catalogs.listed:
            table.rows.append([name, str(len(catalog.names())), words(catalog.about)])
        yield table


def _entries(found: Entries) -> Iterator[Part]:
    name, entries, fields = found
    given = [f for f in fields if any(f in e.fields for e in entries)]
    if len(entries) == 1 and entries[0].doubts:
        table = _figures(entries[0], given)
    elif len(given) > _MOST_COLUMNS:
        table = _in_one_column(name, entries, given)
    else:
        table = Table(name, [Column("entry"), *(Column(f, number=True) for f in given)])
        for entry in entries:
            cells = [words(entry.fields[f].value) if f in entry.fields else "" for f in given]
            table.rows.append([entry.name, *cells])
    yield table
    yield ""
    yield from (f"Source: {words(source)}" for source in dict.fromkeys(e.source for e in entries))


def _in_one_column(name: str, entries: Sequence[Entry], fields: Sequence[str]) -> Table:
    """Return the fields of each entry one after the other, where they are too many for columns."""
    table = Table(name, [Column("entry"), Column("figures")])
    for entry in entries:
        figures = (f"{f} {words(entry.fields[f].value)}" for f in fields if f in entry.fields)
        table.rows.append([entry.name, ", ".join(figures)])
    return table


def _figures(entry: Entry, fields: Sequence[str]) -> Table:
    """Return a row for each figure of an entry: how far it may be off, and where it comes from."""
    table = Table(entry.name, [Column("figure"), *(Column(c) for c in ("value", "between", "why"))])
    for field in fields:
        if field in entry.fields:
            doubt = entry.doubts.get(field, NO_DOUBT)
            between = words(doubt.between.value) if doubt.between else ""
            why = words(doubt.source or doubt.assumption)
            table.rows.append([field, words(entry.fields[field].value), between, why])
    return table


def words(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


RENDERER = Page(page)
