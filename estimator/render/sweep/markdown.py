"""A sweep as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Text
from estimator.render.sweep import Swept
from estimator.render.sweep.table import notes, sweep_table


def to_markdown(swept: Swept) -> Iterator[str]:
    """Yield a table with a row a point."""
    if swept.sweep is None:
        return
    lines = [f"# {prose(swept.sweep.name)}", "", *table_rows(sweep_table(swept.sweep))]
    yield "\n".join([*lines, *map(prose, notes(swept.sweep))]) + "\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
