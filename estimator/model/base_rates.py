"""Base rates by name: `base.ssd.random_read.latency` in any formula."""

from __future__ import annotations

from typing import NamedTuple

from estimator.catalog import catalog
from estimator.diagnostics import Text
from estimator.library.dimension_words import read_dimension
from estimator.units import Dimension

BASE = "base."
"""Before the name of a base rate."""


class BaseRate(NamedTuple):
    """A figure that engineers remember, with its dimension, meaning and source."""

    text: Text
    dimension: Dimension
    about: str
    source: str


def base_rate(path: str) -> BaseRate | None:
    """Return the base rate of a whole name, or None."""
    if not path.startswith(BASE):
        return None
    name, _, part = path.removeprefix(BASE).rpartition(".")
    entry = catalog("base").get(name)
    text = entry.fields.get(part) if entry else None
    if entry is None or text is None:
        return None
    shape = catalog("base").fields[part]
    assert shape.dimension is not None
    dimension, _ = read_dimension(shape.dimension.value)
    assert dimension is not None
    return BaseRate(text, dimension, f"{shape.about.value} ({name})", entry.source)


def base_rates() -> list[str]:
    """Return the names of all base rates."""
    entries = catalog("base").candidates("*")
    return [f"{BASE}{e.name}.{part}" for e in entries for part in e.fields]
