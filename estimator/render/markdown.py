"""Reports as Markdown tables, for pull requests and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable

from estimator.evaluate import Report
from estimator.render.tables import Table, heading, tables

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$@])")


def to_markdown(reports: Iterable[Report]) -> str:
    """Each report under a heading of its own."""
    return "\n".join(_report(report) for report in reports)


def _report(report: Report) -> str:
    name, file, about = heading(report)
    lines = [f"# {escape(name)}", "", escape(file)]
    if about:
        lines += ["", escape(about)]
    for table in tables(report):
        lines += ["", f"## {table.title}", "", *table_rows(table)]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is."""
    return _SPECIAL.sub(r"\\\1", text)


def table_rows(table: Table) -> list[str]:
    """A table in the lines of Markdown, without its title."""
    if len(table.columns) == 1:
        return [f"- {escape(only)}" for (only,) in table.rows]
    lines = [
        "| " + " | ".join(escape(c.title) for c in table.columns) + " |",
        "| " + " | ".join("---:" if c.number else "---" for c in table.columns) + " |",
    ]
    for index, row in enumerate(table.rows):
        cells = [escape(c) for c in row]
        if index in table.strong:
            cells = [f"**{c}**" if c else "" for c in cells]
        lines.append("| " + " | ".join(cells) + " |")
    if table.note:
        lines += ["", escape(table.note)]
    return lines
