"""Where a condition turns, as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.analyse.solve import Solution
from estimator.render.markdown import prose, table_rows
from estimator.render.registry import Found, Text
from estimator.render.solve.text import answer, notes, results_table


def to_markdown(found: Found[Solution]) -> Iterator[str]:
    """Yield the answer, the headlines, and where else the condition turns."""
    solution = found.result
    if solution is None:
        return
    yield prose(answer(solution)) + "\n"
    if solution.limit is not None:
        yield "\n".join(["", *table_rows(results_table(solution)), ""])
    for line in notes(solution):
        yield f"\n{prose(line)}\n"


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
