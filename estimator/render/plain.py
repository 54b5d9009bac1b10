"""Tables for a pipe or a file: as wide as they are, with no colour.

rich draws them for a terminal. Where no line has to be broken and nothing is coloured there is
nothing to lay out, and neither rich's import nor its work is needed. A test holds the two alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from estimator.evaluate import Report
from estimator.render.sanitize import ascii_only, sanitize
from estimator.render.tables import Table, heading, sanitized, spaced, tables

_NARROW = str.maketrans("", "", "–…✓✗×µ")  # the program's own words are made of these and ASCII


def to_text(reports: Iterable[Report], *, ascii: bool = False) -> str:
    """Reports one after the other, with a line between."""
    page: list[str | Table] = []
    for index, report in enumerate(reports):
        name, file, about = heading(report)
        page += [*([""] if index else []), f"{name}  {file}", *([about] if about else [])]
        for table in tables(report):
            page += ["", table]
    return page_text(page, ascii=ascii)


def page_text(page: Iterable[str | Table], *, ascii: bool = False) -> str:
    """Lines and tables one after the other, without spaces at the ends of lines."""
    lines: list[str] = []
    for part in page:
        if isinstance(part, Table):
            lines.extend(table_lines(part))
        else:
            lines.extend(sanitize(part, lines=True).split("\n"))
    text = "".join(f"{line.rstrip()}\n" for line in lines)
    return ascii_only(text) if ascii else text


def table_lines(table: Table) -> Iterator[str]:
    """The lines of a table, or of words where it has a single column."""
    table = sanitized(table)
    if len(table.columns) == 1:
        yield from (only for (only,) in table.rows)
        return
    frames = spaced(table)
    rows = [[column.title for column in table.columns], *table.rows]
    cells = [[frame.format(c) for frame, c in zip(frames, row, strict=True)] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    numbers = [column.number for column in table.columns]
    yield table.title
    for index, row in enumerate(cells):
        yield " ".join(map(_padded, row, widths, numbers))
        if index == 0:
            yield "─" * (sum(widths) + len(widths) - 1)
    if table.note:
        yield table.note


def _padded(cell: str, width: int, number: bool) -> str:
    space = " " * (width - _width(cell))
    return space + cell if number else cell + space


def _width(text: str) -> int:
    if text.translate(_NARROW).isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)
