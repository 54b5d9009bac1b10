"""Pages for a pipe or a file: tables as wide as they are, with no color.

rich draws them for a terminal. Where no line has to be broken and nothing is colored there is
nothing to lay out, and neither rich's import nor its work is needed. A test holds the two alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap

from estimator.render.page import (
    Exact,
    Frame,
    Page,
    Part,
    Table,
    cell_width,
    sanitized,
    spaced,
    titles,
)
from estimator.render.sanitize import ascii_only, sanitize
from estimator.render.styles import may_break

_WIDEST_RULE = 120  # rows are data, and as wide as they are; a line below a title is none


def page_text(page: Page, *, ascii: bool = False) -> str:
    """Return the parts of a page one after the other."""
    return "".join(part_text(part, ascii=ascii) for part in page)


def part_text(part: Part, *, ascii: bool = False) -> str:
    """Return a part of a page, without spaces at the ends of its lines."""
    if isinstance(part, Table):
        lines: Iterable[str] = table_lines(part)
    elif isinstance(part, str):
        lines = sanitize(part, lines=True).split("\n")
    elif isinstance(part, Exact):
        lines = [sanitize(part.text, lines=True)]
    else:
        lines = ["".join([sanitize(piece.text) for piece in part])]
    strips = not isinstance(part, Exact)
    text = "".join(f"{line.rstrip() if strips else line}\n" for line in lines)
    return ascii_only(text) if ascii else text


def broken_lines(text: str, width: int) -> str:
    """Return lines of words, those that are too long broken between words."""
    return "\n".join(_broken_line(line, width) for line in text.split("\n"))


def _broken_line(line: str, width: int) -> str:
    """Return a line, unless it is source or set in, broken between words."""
    if len(line) <= width or line[:1].isspace() or not may_break(line):
        return line
    return "\n".join(wrap(line, width, break_long_words=False, break_on_hyphens=False))


def table_lines(table: Table) -> Iterator[str]:
    """Yield the lines of a table, or of words where it has a single column."""
    table = sanitized(table)
    if len(table.columns) == 1:
        yield from (only for (only,) in table.rows)
        return
    frames = spaced(table)
    rows = [titles(table), *table.rows]
    cells = [[frame.format(c) for frame, c in zip(frames, row, strict=True)] for row in rows]
    widths = [max(map(cell_width, column)) for column in zip(*cells, strict=True)]
    numbers = [column.number for column in table.columns]
    is_ruled = table.frame is Frame.RULED
    if is_ruled:
        yield table.title
    for index, row in enumerate(cells):
        yield " ".join(map(_padded, row, widths, numbers))
        if index == 0 and is_ruled:
            yield "─" * min(sum(widths) + len(widths) - 1, _WIDEST_RULE)
    if table.note:
        yield table.note


def _padded(cell: str, width: int, number: bool) -> str:
    space = " " * (width - cell_width(cell))
    return space + cell if number else cell + space
