"""Reports as CSV: a row a quantity, for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.evaluate import Report
from estimator.render.csv import plain, written
from estimator.render.registry import Text
from estimator.render.run import Estimates
from estimator.render.sanitize import cell
from estimator.units import base_unit

_PERCENTILES = ("p5", "p50", "p95")


def to_csv(estimates: Estimates) -> Iterator[str]:
    """Yield a row a quantity: where it stands, its value in base units, its text and formula."""
    yield written(_rows(estimates))


def _rows(estimates: Estimates) -> Iterator[list[str]]:
    columns = ["scenario", "file", "variant", "name", "value", "unit", "text", "origin", "formula"]
    yield [*columns, *_PERCENTILES]
    for report in estimates.reports:
        for name, value in report.values.items():
            yield [
                cell(report.name),
                cell(report.file),
                cell(report.variant),
                name,
                plain(value.value),
                base_unit(value.dimension),
                value.text if value.value < 0 else cell(value.text),
                value.origin,
                cell(" ".join(value.formula.split())),
                *_spread(report, name),
            ]


def _spread(report: Report, name: str) -> list[str]:
    """Return its percentiles in base units; empty where it does not spread."""
    found = report.uncertainty.spreads.get(name) if report.uncertainty else None
    if found is None:
        return [""] * len(_PERCENTILES)
    return [plain(getattr(found, p)) for p in _PERCENTILES]


RENDERER = Text(to_csv, endings=(".csv",))
