"""Designs side by side as CSV: a row a quantity, a column a design, in base units."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer as rows_into

from estimator.render.compare import Compared
from estimator.render.registry import Text
from estimator.render.sanitize import cell


def to_csv(compared: Compared) -> Iterator[str]:
    """Yield a row a quantity."""
    if compared.designs is None:
        return
    out = io.StringIO()
    writer = rows_into(out, lineterminator="\n")
    names = [cell(design.name) for design in compared.designs.designs]
    writer.writerow(["group", "name", *names, "differs"])
    for row in compared.designs.rows:
        values = ["" if v is None else repr(v).removesuffix(".0") for v in row.values]
        writer.writerow([row.group, cell(row.name), *values, "yes" if row.differs else "no"])
    yield out.getvalue()


RENDERER = Text(to_csv, endings=(".csv",))
