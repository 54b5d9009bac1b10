"""Where a condition turns, as CSV: the input and the headlines, now and at the limit."""

from __future__ import annotations

import io
from collections.abc import Iterator
from csv import writer as rows_into

from estimator.render.registry import Text
from estimator.render.sanitize import cell
from estimator.render.solve import Solved


def to_csv(solved: Solved) -> Iterator[str]:
    """Yield a row a quantity, in base units; the limit is empty where the condition never turns."""
    found = solved.solution
    if found is None:
        return
    out = io.StringIO()
    writer = rows_into(out, lineterminator="\n")
    writer.writerow(["name", "now", "limit"])
    rows = [(found.name, found.now, found.limit)]
    rows += [(result.name, result.now, result.limit) for result in found.results]
    for name, now, limit in rows:
        writer.writerow([cell(name), _plain(now), "" if limit is None else _plain(limit)])
    yield out.getvalue()


def _plain(value: float) -> str:
    return repr(value).removesuffix(".0")


RENDERER = Text(to_csv, endings=(".csv",))
