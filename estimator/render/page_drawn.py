"""Pages for the terminal, drawn by rich."""

from __future__ import annotations

from rich.box import Box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from estimator.render.page import (
    Exact,
    Frame,
    Part,
    Table,
    drawn_width,
    sanitized,
    sanitized_line,
    spaced,
)
from estimator.render.sanitize import ascii_only, sanitize
from estimator.render.styles import may_break

_LINES = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_ASCII_LINES = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_NARROW = 12  # words may be folded to this
_STYLES = {"✓": "green", "✗ fails": "bold red", "✗ warns": "yellow", "✗ waived": "yellow"}


def draw_part(part: Part, console: Console, *, ascii: bool) -> None:
    """Draw a part of a page."""
    if isinstance(part, Table):
        draw_table(part, console, ascii=ascii)
    elif isinstance(part, str):
        console.print(_words(sanitize(part, lines=True), ascii=ascii), soft_wrap=True)
    elif isinstance(part, Exact):
        words = _words(sanitize(part.text, lines=True), part.style, ascii=ascii)
        console.print(words, soft_wrap=True)
    else:
        line = [_words(p.text, p.style, ascii=ascii) for p in sanitized_line(part)]
        styled = RichText.assemble(*line)
        console.print(styled, soft_wrap=not may_break(styled.plain))


def _words(text: str, style: str = "", *, ascii: bool) -> RichText:
    return RichText(ascii_only(text) if ascii else text, style=style)


def draw_table(table: Table, console: Console, *, ascii: bool) -> None:
    """Draw one table, or lines of words where it has a single column."""
    table = sanitized(table)
    if len(table.columns) == 1:
        for (only,) in table.rows:
            console.print(_words(only, "bold", ascii=ascii))
        return
    is_ruled = table.frame is Frame.RULED
    drawn = RichTable(
        box=(_ASCII_LINES if ascii else _LINES) if is_ruled else None,
        pad_edge=False,
        padding=0,  # see `spaced`
        show_edge=False,
        header_style="dim",
        title=_words(table.title, "bold", ascii=ascii) if is_ruled else None,
        title_justify="left",
        title_style="",
        safe_box=False,
    )
    # a broken cell has its spaces in its first line alone, so that gaps are columns of their own
    least = _least(table)
    is_tight = not is_ruled and drawn_width(table) > console.width
    gap = " " * (2 if least <= console.width else 1) if is_tight else ""
    frames = ["{}"] * len(table.columns) if gap else spaced(table)
    if not is_ruled and not gap:  # without lines rich puts nothing between columns
        frames = [frames[0], *(f" {frame}" for frame in frames[1:])]
    for index, (column, space) in enumerate(zip(table.columns, frames, strict=True)):
        is_title = table.frame is Frame.HEADED and index == 0
        if gap and index:
            drawn.add_column(gap, no_wrap=True, min_width=len(gap))
        drawn.add_column(
            _words(space.format(table.title), "not dim bold", ascii=ascii)
            if is_title
            else _words(space.format(column.title), ascii=ascii),
            justify="right" if column.number else "left",
            no_wrap=column.number or column.whole,
            overflow="fold",
        )
    for index, row in enumerate(table.rows):
        cells = [
            _words(
                space.format(cell),
                table.styles.get((index, at)) or _STYLES.get(cell, ""),
                ascii=ascii,
            )
            for at, (cell, space) in enumerate(zip(row, frames, strict=True))
        ]
        for at, cell in enumerate(cells):
            if (index, at) in table.changed and cell.plain.strip():
                start = len(cell.plain) - len(cell.plain.lstrip())
                cell.stylize("reverse", start, len(cell.plain.rstrip()))
        if gap:
            cells = [part for cell in cells for part in (RichText(gap), cell)][1:]
        drawn.add_row(*cells, style="bold" if index in table.strong else None)
    least -= (len(table.columns) - 1) * (gap == " ")
    drawn.width = least if least > console.width else None
    console.print(drawn, crop=False)
    if table.note:
        console.print(_words(table.note, "dim", ascii=ascii))


def _least(table: Table) -> int:
    """Return the least width in which no number is cut and words can be read.

    A terminal that is narrower breaks the lines itself.
    """
    rows = [[column.title for column in table.columns], *table.rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    least = [
        width if column.number or column.whole else min(width, _NARROW)
        for column, width in zip(table.columns, widths, strict=True)
    ]
    return sum(least) + 2 * (len(least) - 1)
