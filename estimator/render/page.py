"""A page for people: lines and tables of words, which a terminal, a pipe or Markdown can show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple, TypeAlias

from estimator.render.sanitize import sanitize

NOTHING = "–"
NO_SPREADS = "Medians; a wider terminal shows the 5th and 95th percentiles, as `--format csv` does."
_SPREAD = re.compile(r" \[[^\[\]]* to [^\[\]]*\]$")
_NARROW = str.maketrans("", "", "–…✓✗×µ≥≤~·")  # the program's own words are made of these and ASCII
_FOLDED, _NAME = 12, 32  # to how many characters words may be broken, and names
_BETWEEN = 2  # spaces between columns
WIDE = 100_000
"""The width of what is no terminal: in a pipe nothing is cut and nothing is broken."""


class Linked(str):
    """A cell that shows a quantity.

    Attributes:
        quantity: Its whole name.
    """

    __slots__ = ("quantity",)

    quantity: str

    def __new__(cls, text: str, quantity: str) -> Linked:
        """Return a text that knows which quantity it shows."""
        made = super().__new__(cls, text)
        made.quantity = quantity
        return made


class Frame(Enum):
    """What stands above the rows of a table."""

    RULED = "its title, the titles of its columns, and a rule"
    HEADED = "the titles of its columns, with its own in place of the first"


class Column(NamedTuple):
    """A column.

    Attributes:
        title: What its cells are.
        number: Do they stand to the right? Numbers are never broken.
        whole: Are they never broken, as names?
        spare: Where there is no room for all columns, those with the highest go first; 0 stays.
        last: Does it go as well where there is no room for its words, however they are broken?
    """

    title: str
    number: bool = False
    whole: bool = False
    spare: int = 0
    last: bool = False


@dataclass(slots=True, eq=False, repr=False)
class Table:
    """A table of words.

    Attributes:
        title: What it shows.
        columns: Its columns.
        rows: Its cells, row by row.
        strong: The indexes of rows that sum up others.
        changed: The cells that were not the same before, each by its row and column.
        named_by: The column of the cells that name the rows.
        note: A line below.
        frame: What stands above its rows.
        styles: How cells look where there are colors, by row and column.
    """

    title: str
    columns: list[Column]
    rows: list[list[str]] = field(default_factory=list)
    strong: set[int] = field(default_factory=set)
    note: str = ""
    changed: set[tuple[int, int]] = field(default_factory=set)
    named_by: int = 0
    frame: Frame = Frame.RULED
    styles: dict[tuple[int, int], str] = field(default_factory=dict)

    def add_more(self, count: int) -> None:
        """Add a row that says how many are left out, if any are."""
        if count > 0:
            self.rows.append([f"{count} more", *[""] * (len(self.columns) - 1)])

    def add_total(self, *cells: str) -> None:
        """Add a row that sums up others."""
        self.strong.add(len(self.rows))
        self.rows.append(list(cells))


def sanitized(table: Table) -> Table:
    """Return the table as it may be shown; whatever draws tables begins with this."""
    return replace(
        table,
        title=sanitize(table.title),
        columns=[column._replace(title=sanitize(column.title)) for column in table.columns],
        rows=[[sanitize(cell) for cell in row] for row in table.rows],
        note=sanitize(table.note, lines=True),
    )


def cell_width(text: str) -> int:
    """Return how many characters wide a text is on a terminal."""
    if text.translate(_NARROW).isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def with_room(table: Table, width: int) -> Table:
    """Return a table without as many of its spare columns as it takes to fit a width."""
    kept = table
    while drawn_width(kept) > width and (most := max(c.spare for c in kept.columns)):
        kept = _kept(kept, [column.spare != most for column in kept.columns])
    if least_width(kept) > width:
        kept = _kept(kept, [not column.last for column in kept.columns])
    return kept


def _kept(table: Table, keeps: Sequence[bool]) -> Table:
    """Return a table with some of its columns."""
    at = [index for index, keep in enumerate(keeps) if keep]
    columns = [table.columns[index] for index in at]
    rows = [[row[index] for index in at] for row in table.rows]
    styles = {(r, at.index(c)): style for (r, c), style in table.styles.items() if keeps[c]}
    return replace(table, columns=columns, rows=rows, styles=styles)


def without_spreads(table: Table, width: int) -> Table:
    """Return a table that is too wide with medians alone: without `[5% to 95%]` in its cells."""
    if drawn_width(table) <= width:
        return table
    rows = [[_SPREAD.sub("", cell) for cell in row] for row in table.rows]
    note = NO_SPREADS if rows != table.rows else ""
    return replace(table, rows=rows, note=note)


def least_width(table: Table) -> int:
    """Return the least width in which no number is cut and words can be read.

    A terminal that is narrower breaks the lines itself.
    """
    return _together(_least(table))


def folded_widths(table: Table, width: int) -> list[int]:
    """Return the widths of columns whose lines are broken to fit, the widest first.

    Where there is room, only the words of the last column are broken.
    """
    whole, least = _widths(table), _least(table, len(table.columns) - 1)
    if _together(least) > width:
        least = _least(table)
    for most in range(width, 0, -1):
        found = [max(needed, min(w, most)) for needed, w in zip(least, whole, strict=True)]
        if _together(found) <= width:
            return found
    return least


def _together(widths: Sequence[int]) -> int:
    return sum(widths) + _BETWEEN * (len(widths) - 1)


def _least(table: Table, unbroken: int = 1) -> list[int]:
    """Return how narrow each column may be.

    Args:
        table: A table.
        unbroken: In how many columns no words are broken but long ones: in the first, of names.
    """
    words = [
        max(cell_width(word) for cell in cells for word in (cell.split() or [""]))
        for cells in zip(*[[column.title for column in table.columns], *table.rows], strict=True)
    ]
    narrow = [
        max(_FOLDED, min(word, _NAME)) if at < unbroken else _FOLDED
        for at, word in enumerate(words)
    ]
    return [
        whole if column.number or column.whole else min(whole, least)
        for column, whole, least in zip(table.columns, _widths(table), narrow, strict=True)
    ]


def _widths(table: Table) -> list[int]:
    rows = [titles(table), *table.rows]
    return [max(map(cell_width, column)) for column in zip(*rows, strict=True)]


def titles(table: Table) -> list[str]:
    """Return the titles of the columns, the first of which may be that of the table."""
    found = [column.title for column in table.columns]
    return [table.title, *found[1:]] if table.frame is Frame.HEADED else found


def drawn_width(table: Table) -> int:
    """Return how wide a table is where nothing is broken."""
    frames = spaced(table)
    cells = [
        [f.format(c) for f, c in zip(frames, row, strict=True)]
        for row in [titles(table), *table.rows]
    ]
    return sum(max(map(cell_width, column)) + 1 for column in zip(*cells, strict=True)) - 1


def spaced(table: Table) -> list[str]:
    """Return how a cell of each column is set apart; rich's own padding takes twice the time."""
    numbers = [False, *(column.number for column in table.columns)]
    return [
        " {}" if column.number else " {} " if after_number else "{} "
        for column, after_number in zip(table.columns, numbers, strict=False)
    ]


def few(texts: Sequence[str], most: int = 2, joint: str = ",") -> str:
    """Return the first of some texts, and how many more there are, behind `,` or ` and`."""
    more = len(texts) - most
    return ", ".join(texts[:most]) + (f"{joint} {more} more" if more > 0 else "")


def numbers(titles: Iterable[str]) -> list[Column]:
    """Return columns of numbers."""
    return [Column(title, number=True) for title in titles]


class Piece(NamedTuple):
    """Some words of a line, and how they look where there are colors; they may be foreign."""

    text: str
    style: str = ""


Line: TypeAlias = tuple[Piece, ...]


class Exact(NamedTuple):
    """A line whose spaces at the end count, as of a difference."""

    text: str
    style: str = ""


Part: TypeAlias = str | Table | Line | Exact
"""Lines of words, a table, a line with styles, or a line as it is."""
Page: TypeAlias = Iterable[Part]


def sanitized_line(line: Line) -> Line:
    """Return a line as it may be shown, whatever stands in its pieces."""
    return tuple([Piece(sanitize(text), style) for text, style in line])
