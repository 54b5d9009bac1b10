"""A system month by month, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.forecast import Forecast
from estimator.render.forecast.table import notes, tables
from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Found, Text


def to_markdown(found: Found[Forecast]) -> Iterator[str]:
    """Yield a table each for limits, months and machines."""
    forecast = found.result
    if forecast is None:
        return
    yield f"# {prose(forecast.name)}\n"
    for table in tables(forecast):
        yield "\n".join(["", *table_rows(table), ""])
    yield "".join(f"\n{prose(note)}\n" for note in notes(forecast))


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
