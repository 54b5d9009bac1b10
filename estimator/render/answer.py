"""The lines of the answer as tables: of one estimate, and of two with what changed between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from estimator.analyse.summary import SummaryLine
from estimator.render.page import NOTHING, Column, Frame, Table
from estimator.render.styles import LINE_STYLES

TITLE = "Summary"
BRIEF = ("load", "data", "servers", "cost")
"""The lines that say how large a system is."""


def in_brief(lines: Sequence[SummaryLine]) -> list[SummaryLine]:
    """Return the lines that say how large a system is, and those of what it cannot do.

    Of a file of formulas alone they are its first results.
    """
    chosen = [line for line in lines if line.key in BRIEF or line.status == "refuted"]
    return chosen or list(lines[: len(BRIEF)])


def answer_table(lines: Sequence[SummaryLine]) -> Table:
    """Return the answer of an estimate, with what dominates each line of it."""
    columns = [Column("summary"), Column("estimate"), Column("dominated by")]
    rows = [[line.title, line.text, line.dominated_by] for line in lines]
    return Table(TITLE, columns, rows, frame=Frame.HEADED)


def answers_changed(before: Sequence[SummaryLine], after: Sequence[SummaryLine]) -> Table:
    """Return the lines of the answer that say something else than before, by what they say."""
    columns = [Column("what", whole=True), Column("before"), Column("now")]
    table = Table(TITLE, columns, frame=Frame.HEADED)
    for at, (title, was, now, status) in enumerate(changed_lines(before, after)):
        table.rows.append([title, was or NOTHING, now or NOTHING])
        table.styles[at, 2] = LINE_STYLES.get(status, "")
    return table


def changed_lines(
    before: Sequence[SummaryLine], after: Sequence[SummaryLine]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the title of each line that changed, what it said, what it says, and its status now."""
    old, new = ({line.key: line for line in lines} for lines in (before, after))
    for key in dict.fromkeys((*new, *old)):
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            line = was or now
            assert line is not None
            texts = (was.text if was else "", now.text if now else "")
            yield line.title, *texts, now.status if now else ""
        elif was.text != now.text:
            yield now.title, *_differing(was.parts, now.parts), now.status


def _differing(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, str]:
    """Return two answers without the parts that both have; all parts where they do not pair up."""
    if len(before) == len(after):
        pairs = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        before, after = (tuple(side) for side in zip(*pairs, strict=True))
    return ", ".join(before), ", ".join(after)


def lines_json(lines: Sequence[SummaryLine]) -> list[dict[str, Any]]:
    """Return the answer as JSON has it."""
    return [
        {
            "key": line.key,
            "title": line.title,
            "text": line.text,
            "dominated_by": line.dominated_by or None,
            "status": line.status or None,
        }
        for line in lines
    ]
