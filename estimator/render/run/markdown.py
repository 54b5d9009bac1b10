"""Reports as Markdown tables, for pull requests and documents."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.summary import summary
from estimator.evaluate import Report
from estimator.render.answer import answer_table
from estimator.render.markdown import LONGEST, code, prose, table_rows
from estimator.render.page import Exact, Table
from estimator.render.registry import Text
from estimator.render.report_page import report_page
from estimator.render.report_tables import heading
from estimator.render.run import Estimates, Shown


def to_markdown(estimates: Estimates) -> Iterator[str]:
    """Yield each report under a heading of its own."""
    yield "\n".join(_report(report, estimates.shown) for report in estimates.reports)


def _report(report: Report, shown: Shown) -> str:
    name, file, about = heading(report)
    lines = [f"# {prose(name)}", "", code(file)]
    if about:
        lines += ["", prose(about, LONGEST)]
    answer = summary(report) if shown.lines else ()
    if answer:
        lines += ["", *table_rows(answer_table(answer))]
    for part in report_page(report, shown._replace(heading=False, lines=False)):
        if isinstance(part, Table):
            lines += ["", f"## {prose(part.title)}", "", *table_rows(part)]
        elif not isinstance(part, str | Exact):
            lines += ["", prose("".join(piece.text for piece in part))]
    return "\n".join(lines) + "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
