"""Reports as Markdown tables, for pull requests and documents."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.evaluate import Report
from estimator.render.markdown import LONGEST, code, prose, table_rows
from estimator.render.registry import Text
from estimator.render.report_tables import heading, tables
from estimator.render.run import Estimates


def to_markdown(estimates: Estimates) -> Iterator[str]:
    """Yield each report under a heading of its own."""
    yield "\n".join(_report(report) for report in estimates.reports)


def _report(report: Report) -> str:
    name, file, about = heading(report)
    lines = [f"# {prose(name)}", "", code(file)]
    if about:
        lines += ["", prose(about, LONGEST)]
    for table in tables(report):
        lines += ["", f"## {prose(table.title)}", "", *table_rows(table)]
    return "\n".join(lines) + "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
