"""Catalogues as tables: which there are, and the entries of one with their sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from estimator.catalog import Entry
from estimator.render.catalog import Catalogs, Entries
from estimator.render.page import Column, Part, Table
from estimator.render.registry import Page

_MOST_COLUMNS = 8


def page(catalogs: Catalogs, width: int) -> Iterator[Part]:
    """Yield a row a catalogue; of one its entries, and below them where each figure comes from."""
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
    if len(given) > _MOST_COLUMNS:
        table = _in_one_column(name, entries, given)
    else:
        table = Table(name, [Column("entry"), *(Column(f, number=True) for f in given)])
        for entry in entries:
            cells = [figure(entry, f) if f in entry.fields else "" for f in given]
            table.rows.append([entry.name, *cells])
    yield table
    yield ""
    yield from (f"Source: {words(source)}" for source in dict.fromkeys(e.source for e in entries))
    for entry in entries:
        for field, doubt in entry.doubts.items():
            if said := doubt.source or doubt.assumption:
                yield f"{entry.name}.{field}: {words(said)}"


def _in_one_column(name: str, entries: Sequence[Entry], fields: Sequence[str]) -> Table:
    """Return the fields of each entry one after the other, where they are too many for columns."""
    table = Table(name, [Column("entry"), Column("figures")])
    for entry in entries:
        figures = (f"{f} {figure(entry, f)}" for f in fields if f in entry.fields)
        table.rows.append([entry.name, ", ".join(figures)])
    return table


def figure(entry: Entry, field: str) -> str:
    """Return a figure of an entry with what it lies between, where the entry says it."""
    value, doubt = words(entry.fields[field].value), entry.doubts.get(field)
    return (
        value
        if doubt is None or doubt.between is None
        else f"{value} ({words(doubt.between.value)})"
    )


def words(text: str) -> str:
    """Return a text in one line."""
    return " ".join(text.split())


RENDERER = Page(page)
