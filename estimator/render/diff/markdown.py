"""What is different between two versions of scenarios, as a comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.diff import Differences
from estimator.render.difference import body, heading, summary
from estimator.render.markdown import code, prose, table_rows
from estimator.render.page import Table
from estimator.render.registry import Text

TAG = "<!-- estimator diff -->"
"""Hidden in what is posted to a pull request, so that it is found again."""
LARGEST = 60_000
"""The most characters of a comment; GitHub takes 65,536."""


def to_markdown(differences: Differences) -> Iterator[str]:
    """Yield the scenarios that are different, within the length of a comment."""
    lines = [
        TAG,
        "### What changes",
        "",
        summary(differences.scenarios, code(differences.base)),
        "",
    ]
    size = sum(map(len, lines))
    different = [one for one in differences.scenarios if one.status != "same"]
    for at, one in enumerate(different):
        block = [f"#### {heading(one, code)}", ""]
        for part in body(one):
            if isinstance(part, Table):
                block += [f"**{part.title}**", "", *table_rows(part), ""]
            else:
                block += [prose(part), ""]
        size += sum(len(line) + 1 for line in block)
        if size > LARGEST:
            lines += [f"and {len(different) - at} more; `estimator diff` shows all", ""]
            break
        lines += block
    yield "\n".join(lines)


RENDERER = Text(to_markdown, endings=(".md", ".markdown"))
