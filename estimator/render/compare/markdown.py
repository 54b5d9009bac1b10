"""Designs side by side as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.compare import Compared
from estimator.render.compare.table import tables, verdicts
from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Text


def to_markdown(compared: Compared) -> Iterator[str]:
    """Yield a table a group, then what each design gives up."""
    if compared.designs is None:
        return
    for table in tables(compared.designs):
        yield "\n".join([f"## {prose(table.title)}", "", *table_rows(table), ""]) + "\n"
    for line in verdicts(compared.designs):
        yield f"- {prose(line)}\n" if line else "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
