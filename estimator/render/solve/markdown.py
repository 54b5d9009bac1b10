"""Where a condition turns, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Text
from estimator.render.solve import Solved
from estimator.render.solve.text import answer, notes, results_table


def to_markdown(solved: Solved) -> Iterator[str]:
    """Yield the answer, the headlines, and where else the condition turns."""
    found = solved.solution
    if found is None:
        return
    yield prose(answer(found)) + "\n"
    if found.limit is not None:
        yield "\n".join(["", *table_rows(results_table(found)), ""])
    for line in notes(found):
        yield f"\n{prose(line)}\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
