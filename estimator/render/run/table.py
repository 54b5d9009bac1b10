"""Reports as tables."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.page import Part, Table
from estimator.render.registry import Page
from estimator.render.report_page import report_page, title
from estimator.render.run import Estimates


def page(estimates: Estimates, width: int) -> Iterator[Part]:
    """Yield reports one after the other, with a line between; what has no room is left out."""
    for index, report in enumerate(estimates.reports):
        if index:
            yield ""
        parts = list(report_page(report, estimates.shown, width))
        if estimates.shown.quiet and len(estimates.reports) > 1:
            parts.insert(0, title(report))
        before = estimates.before.get(report.file)
        if before is not None:
            from estimator.render.changes import mark_changes

            earlier = report_page(before, estimates.shown, width)
            mark_changes(_tables(earlier), _tables(parts))
        yield from parts


def _tables(parts: Iterator[Part] | list[Part]) -> list[Table]:
    return [part for part in parts if isinstance(part, Table)]


RENDERER = Page(page)
