"""Tables for the terminal, drawn by rich."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from estimator.evaluate import Report
from estimator.render.sanitize import ascii_only, sanitize
from estimator.render.tables import ASSUMPTIONS, Table, heading, sanitized, spaced, tables

_LINES = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_ASCII_LINES = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_NARROW = 12  # words may be folded to this
_STYLES = {"✓": "green", "✗ fails": "bold red", "✗ warns": "yellow", "✗ waived": "yellow"}


def draw(
    reports: Iterable[Report],
    console: Console,
    *,
    ascii: bool,
    before: Mapping[str, Report] | None = None,
) -> None:
    """Draw reports one after the other.

    Args:
        reports: The reports.
        console: Where to; its width is what lines are broken to.
        ascii: Use nothing but ASCII.
        before: Earlier reports by their files; what was not the same in them stands out, and the
            assumptions are not repeated where they are.
    """
    for index, report in enumerate(reports):
        if index:
            console.print()
        _heading(report, console, ascii=ascii)
        for table in _marked(report, (before or {}).get(report.file)):
            console.print()
            draw_table(table, console, ascii=ascii)


def _marked(report: Report, before: Report | None) -> list[Table]:
    made = tables(report)
    if before is None:
        return made
    from estimator.render.changes import mark_changes

    mark_changes(tables(before), made)
    return [t for t in made if t.changed or t.title != ASSUMPTIONS]  # long, and seen before


def draw_page(page: Iterable[str | Table], console: Console, *, ascii: bool) -> None:
    """Draw lines and tables one after the other."""
    for part in page:
        if isinstance(part, Table):
            draw_table(part, console, ascii=ascii)
        else:
            console.print(_words(sanitize(part, lines=True), ascii=ascii), soft_wrap=True)


def _words(text: str, style: str = "", *, ascii: bool) -> RichText:
    return RichText(ascii_only(text) if ascii else text, style=style)


def _heading(report: Report, console: Console, *, ascii: bool) -> None:
    name, file, about = heading(report)
    line = _words(name, "bold", ascii=ascii)
    console.print(line.append("  ").append_text(_words(file, "dim", ascii=ascii)))
    if about:
        console.print(_words(about, ascii=ascii))


def draw_table(table: Table, console: Console, *, ascii: bool) -> None:
    """Draw one table, or lines of words where it has a single column."""
    table = sanitized(table)
    if len(table.columns) == 1:
        for (only,) in table.rows:
            console.print(_words(only, "bold", ascii=ascii))
        return
    drawn = RichTable(
        box=_ASCII_LINES if ascii else _LINES,
        pad_edge=False,
        padding=0,  # see `spaced`
        show_edge=False,
        header_style="dim",
        title=_words(table.title, "bold", ascii=ascii),
        title_justify="left",
        title_style="",
        safe_box=False,
    )
    frames = spaced(table)
    for column, space in zip(table.columns, frames, strict=True):
        drawn.add_column(
            _words(space.format(column.title), ascii=ascii),
            justify="right" if column.number else "left",
            no_wrap=column.number or column.whole,
            overflow="fold",
        )
    for index, row in enumerate(table.rows):
        cells = [
            _words(space.format(cell), _STYLES.get(cell, ""), ascii=ascii)
            for cell, space in zip(row, frames, strict=True)
        ]
        for at, cell in enumerate(cells):
            if (index, at) in table.changed and cell.plain.strip():
                start = len(cell.plain) - len(cell.plain.lstrip())
                cell.stylize("reverse", start, len(cell.plain.rstrip()))
        drawn.add_row(*cells, style="bold" if index in table.strong else None)
    least = _least(table)
    drawn.width = least if least > console.width else None
    console.print(drawn, crop=False)
    if table.note:
        console.print(_words(table.note, "dim", ascii=ascii))


def _least(table: Table) -> int:
    """The least width in which no number is cut and words can be read.

    A terminal that is narrower breaks the lines itself.
    """
    rows = [[column.title for column in table.columns], *table.rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    least = [
        width if column.number or column.whole else min(width, _NARROW)
        for column, width in zip(table.columns, widths, strict=True)
    ]
    return sum(least) + 2 * (len(least) - 1)
