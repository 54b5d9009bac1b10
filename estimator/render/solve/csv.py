"""Where a condition turns, as CSV: the input and the headlines, now and at the limit."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.solve import Solution
from estimator.render.csv import plain, written
from estimator.render.registry import Found, Text
from estimator.render.sanitize import cell


def to_csv(found: Found[Solution]) -> Iterator[str]:
    """Yield a row a quantity, in base units; the limit is empty where the condition never turns."""
    if found.result is not None:
        yield written(_rows(found.result))


def _rows(solution: Solution) -> Iterator[list[str]]:
    yield ["name", "now", "limit"]
    results = [(result.name, result.now, result.limit) for result in solution.results]
    for name, now, limit in [(solution.name, solution.now, solution.limit), *results]:
        yield [cell(name), plain(now), "" if limit is None else plain(limit)]


RENDERER = Text(to_csv, endings=(".csv",))
