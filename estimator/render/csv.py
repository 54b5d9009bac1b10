"""Reports as CSV: a row a quantity, for spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from estimator.evaluate import Report
from estimator.render.visible import cell
from estimator.units import base_unit


def to_csv(reports: Iterable[Report]) -> str:
    """A row a quantity: where it stands, its value in base units, its text and its formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ["scenario", "file", "variant", "name", "value", "unit", "text", "origin", "formula"]
    )
    for report in reports:
        for name, value in report.values.items():
            writer.writerow(
                [
                    cell(report.name),
                    cell(report.file),
                    cell(report.variant),
                    name,
                    repr(value.value).removesuffix(".0"),
                    base_unit(value.dimension),
                    value.text if value.value < 0 else cell(value.text),
                    value.origin,
                    cell(" ".join(value.formula.split())),
                ]
            )
    return out.getvalue()
