"""Catalogues as JSON: which there are, and the entries of one with their sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.catalog import Entry
from estimator.render.catalog import Catalogs
from estimator.render.catalog.text import words
from estimator.render.json import diagnostics_json, written
from estimator.render.registry import Text


def to_json(catalogs: Catalogs) -> Iterator[str]:
    """Yield the catalogues, or the entries of one, as one JSON object."""
    found = catalogs.entries
    listed = [
        {"name": name, "about": words(catalog.about), "entries": len(catalog.names())}
        for name, catalog in catalogs.listed
    ]
    content: dict[str, Any] = {"catalogs": listed}
    if found is not None:
        content = {
            "catalog": found.catalog,
            "entries": [_entry(entry) for entry in found.entries],
        }
    yield written(**content, diagnostics=diagnostics_json(catalogs.diagnostics))


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "cloud": entry.cloud,
        "family": entry.family,
        "figures": {field: words(text.value) for field, text in entry.fields.items()},
        "between": {
            field: words(doubt.between.value)
            for field, doubt in entry.doubts.items()
            if doubt.between is not None
        },
        "source": words(entry.source),
    }


RENDERER = Text(to_json, endings=(".json",))
