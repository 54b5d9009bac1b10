"""Catalogues: named entries with the same fields, each file with its source and date."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from typing import TYPE_CHECKING

from estimator.catalog.entry import Entry
from estimator.catalog.names import files_of
from estimator.library.compiled import stored

if TYPE_CHECKING:
    from estimator.library.kind import Parameter


class Catalog:
    """The entries of a catalogue, over all its files; further files are read when needed.

    Args:
        name: The catalogue.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._files = files_of(name)

    @cached_property
    def fields(self) -> dict[str, Parameter]:
        """The fields of every entry."""
        from estimator.catalog.loader import read

        return read(self._name).fields

    @cached_property
    def about(self) -> str:
        """Return what the catalogue holds, in a sentence."""
        from estimator.catalog.loader import read

        return read(self._name).about.value

    @property
    def is_priced(self) -> bool:
        """Return whether its entries are sold, so that the cheapest can be chosen."""
        return any(field.startswith("price") for field in self.fields)

    def get(self, name: str) -> Entry | None:
        """Return the entry of that name, or None."""
        found = next((found[name] for found in self._entries() if name in found), None)
        return found or self._in_any_case(name)

    def _in_any_case(self, name: str) -> Entry | None:
        """Return the one entry of a name that differs in its case at most, as `h100` does."""
        lower = name.lower()
        return next(
            (e for found in self._entries() for e in found.values() if e.name.lower() == lower),
            None,
        )

    def candidates(self, scope: str = "") -> list[Entry]:
        """Return the entries of a cloud or of a family; of all clouds for nothing, all for `*`."""
        entries = [entry for found in self._entries() for entry in found.values()]
        if scope == "*":
            return entries
        if not scope:
            return [e for e in entries if e.cloud != "generic"]
        return [e for e in entries if scope in (e.cloud, e.family, e.name)]

    def scopes(self) -> list[str]:
        """Return the clouds and families that entries can be chosen from."""
        entries = self.candidates("*")
        return list(dict.fromkeys([*(e.cloud for e in entries), *(e.family for e in entries)]))

    def names(self) -> list[str]:
        """Return the names of all entries."""
        return [name for found in self._entries() for name in found]

    def _entries(self) -> Iterator[dict[str, Entry]]:
        return map(entries_of, self._files)


@cache
def catalog(name: str) -> Catalog:
    """Return the catalogue of that name, such as `machines`."""
    return Catalog(name)


@cache
def entries_of(file: str) -> dict[str, Entry]:
    """Return the entries of one file of a catalogue, by name."""
    found = stored(entries_key(file))
    if isinstance(found, dict):
        return found
    from estimator.catalog.loader import entries_in

    return entries_in(file)


def entries_key(file: str) -> str:
    """Return the key under which the entries of a file are stored."""
    return f"entries {file}"
