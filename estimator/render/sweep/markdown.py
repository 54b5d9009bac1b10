"""A sweep as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.sweep import Sweep
from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Found, Text
from estimator.render.sweep.table import notes, sweep_table


def to_markdown(found: Found[Sweep]) -> Iterator[str]:
    """Yield a table with a row a point."""
    sweep = found.result
    if sweep is not None:
        lines = [f"# {prose(sweep.name)}", "", *table_rows(sweep_table(sweep))]
        yield "\n".join([*lines, *map(prose, notes(sweep))]) + "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
