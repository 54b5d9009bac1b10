"""Pages for the terminal, drawn by rich."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import Box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text as RichText

from estimator.render.page import (
    Exact,
    Frame,
    Part,
    Table,
    drawn_width,
    folded_widths,
    least_width,
    sanitized,
    sanitized_line,
    spaced,
    titles,
)
from estimator.render.sanitize import ascii_only, sanitize
from estimator.render.styles import may_break

_LINES = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_ASCII_LINES = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_STYLES = {"✓": "green", "✗ fails": "bold red", "✗ warns": "yellow", "✗ waived": "yellow"}


def draw_part(part: Part, console: Console, *, ascii: bool) -> None:
    """Draw a part of a page."""
    if isinstance(part, Table):
        draw_table(part, console, ascii=ascii)
    elif isinstance(part, str):
        words = _words(sanitize(part, lines=True), ascii=ascii)
        console.print(words, soft_wrap=not all(map(may_break, words.plain.split("\n"))))
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
    folds = drawn_width(table) > console.width
    drawn = RichTable(
        box=(_ASCII_LINES if ascii else _LINES) if is_ruled else None,
        pad_edge=False,
        padding=(0, 1 if is_ruled else 2, 0, 0) if folds else 0,
        show_edge=False,
        header_style="dim",
        title=_words(table.title, "bold", ascii=ascii) if is_ruled else None,
        title_justify="left",
        title_style="",
        safe_box=False,
    )
    frames = spaced(table)
    if folds:  # padding keeps the lines of a cell in line, and takes rich twice the time
        frames = ["{}"] * len(frames)
    elif not is_ruled:  # without lines rich puts nothing between columns
        frames = [frames[0], *(f" {frame}" for frame in frames[1:])]
    _add_columns(drawn, table, frames, folded_widths(table, console.width) if folds else (), ascii)
    _add_rows(drawn, table, frames, ascii)
    least = least_width(table)
    drawn.width = least if least > console.width else None
    console.print(drawn, crop=False)
    if table.note:
        console.print(_words(table.note, "dim", ascii=ascii))


def _add_columns(
    drawn: RichTable, table: Table, frames: Sequence[str], widths: Sequence[int], ascii: bool
) -> None:
    """Add the columns, of so many characters where words are broken."""
    for index, (column, frame) in enumerate(zip(table.columns, frames, strict=True)):
        is_title = table.frame is Frame.HEADED and index == 0
        title = frame.format(titles(table)[index])
        drawn.add_column(
            _words(title, "not dim bold" if is_title else "", ascii=ascii),
            justify="right" if column.number else "left",
            no_wrap=column.number or column.whole,
            overflow="fold",
            width=widths[index] if widths else None,
        )


def _add_rows(drawn: RichTable, table: Table, frames: Sequence[str], ascii: bool) -> None:
    for index, row in enumerate(table.rows):
        cells = [
            _words(
                frame.format(cell),
                table.styles.get((index, at)) or _STYLES.get(cell, ""),
                ascii=ascii,
            )
            for at, (cell, frame) in enumerate(zip(row, frames, strict=True))
        ]
        for at, cell in enumerate(cells):
            if (index, at) in table.changed and cell.plain.strip():
                start = len(cell.plain) - len(cell.plain.lstrip())
                cell.stylize("reverse", start, len(cell.plain.rstrip()))
        drawn.add_row(*cells, style="bold" if index in table.strong else None)
