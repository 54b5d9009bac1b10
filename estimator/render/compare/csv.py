"""Designs side by side as CSV: a row a quantity, a column a design, in base units."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.designs import Designs
from estimator.render.csv import plain, written
from estimator.render.registry import Found, Text
from estimator.render.sanitize import cell


def to_csv(found: Found[Designs]) -> Iterator[str]:
    """Yield a row a quantity."""
    if found.result is not None:
        yield written(_rows(found.result))


def _rows(designs: Designs) -> Iterator[list[str]]:
    yield ["group", "name", *(cell(design.name) for design in designs.designs), "differs"]
    for row in designs.rows:
        values = ("" if value is None else plain(value) for value in row.values)
        yield [row.group, cell(row.name), *values, "yes" if row.differs else "no"]


RENDERER = Text(to_csv, endings=(".csv",))
