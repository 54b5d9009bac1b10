"""Designs side by side as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.designs import Designs
from estimator.render.compare.table import tables, verdicts
from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Found, Text


def to_markdown(found: Found[Designs]) -> Iterator[str]:
    """Yield a table a group, then what each design gives up."""
    if found.result is None:
        return
    for table in tables(found.result):
        yield "\n".join([f"## {prose(table.title)}", "", *table_rows(table), ""]) + "\n"
    for line in verdicts(found.result):
        yield f"- {prose(line)}\n" if line else "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
