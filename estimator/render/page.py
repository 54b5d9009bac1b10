"""A page for people: lines and tables of words, which a terminal, a pipe or Markdown can show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeAlias

from estimator.render.sanitize import sanitize

NOTHING = "–"
WIDE = 100_000
"""The width of what is no terminal: in a pipe nothing is cut and nothing is broken."""


class Column(NamedTuple):
    """A column; numbers stand to the right, and neither they nor names are ever broken."""

    title: str
    number: bool = False
    whole: bool = False


@dataclass(slots=True)
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
    """

    title: str
    columns: list[Column]
    rows: list[list[str]] = field(default_factory=list)
    strong: set[int] = field(default_factory=set)
    note: str = ""
    changed: set[tuple[int, int]] = field(default_factory=set)
    named_by: int = 0


def sanitized(table: Table) -> Table:
    """Return the table as it may be shown; whatever draws tables begins with this."""
    return replace(
        table,
        title=sanitize(table.title),
        columns=[column._replace(title=sanitize(column.title)) for column in table.columns],
        rows=[[sanitize(cell) for cell in row] for row in table.rows],
        note=sanitize(table.note, lines=True),
    )


def spaced(table: Table) -> list[str]:
    """Return how a cell of each column is set apart; rich's own padding takes twice the time."""
    numbers = [False, *(column.number for column in table.columns)]
    return [
        " {}" if column.number else " {} " if after_number else "{} "
        for column, after_number in zip(table.columns, numbers, strict=False)
    ]


class Piece(NamedTuple):
    """Some words of a line, and how they look where there are colors; they may be foreign."""

    text: str
    style: str = ""


Line: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Exact:
    """A line whose spaces at the end count, as of a difference."""

    text: str
    style: str = ""


Part: TypeAlias = str | Table | Line | Exact
"""Lines of words, a table, a line with styles, or a line as it is."""
Page: TypeAlias = Iterable[Part]


def sanitized_line(line: Line) -> Line:
    """Return a line as it may be shown, whatever stands in its pieces."""
    return tuple(piece._replace(text=sanitize(piece.text)) for piece in line)
