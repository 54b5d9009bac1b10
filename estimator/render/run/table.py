"""Reports as tables."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.evaluate import Report
from estimator.render.page import Part, Piece, Table
from estimator.render.registry import Page
from estimator.render.report_tables import ASSUMPTIONS, heading, tables
from estimator.render.run import Estimates


def page(estimates: Estimates, width: int) -> Iterator[Part]:
    """Yield reports one after the other, with a line between; tables have a width of their own."""
    del width
    for index, report in enumerate(estimates.reports):
        if index:
            yield ""
        name, file, about = heading(report)
        yield (Piece(f"{name}  ", "bold"), Piece(file, "bold dim"))
        if about:
            yield (Piece(about),)
        for table in _marked(report, estimates.before.get(report.file)):
            yield ""
            yield table


def _marked(report: Report, before: Report | None) -> list[Table]:
    made = tables(report)
    if before is None:
        return made
    from estimator.render.changes import mark_changes

    mark_changes(tables(before), made)
    return [t for t in made if t.changed or t.title != ASSUMPTIONS]  # long, and seen before


RENDERER = Page(page)
