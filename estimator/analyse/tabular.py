"""Results that are tables: as columns, records and data frames, and as notebooks show them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars

MOST_ROWS = 60
"""The number of rows that a notebook shows."""

Scalar: TypeAlias = str | float | bool | date | None
"""A cell of a data frame; None for nothing."""


BOUNDS: Mapping[str, str] = {"at_least": "at least", "at_most": "at most"}
"""The bounds that an estimate may be of a measured value, in words."""


def heading(name: str, bound: str) -> str:
    """Return the title of a column, with what bound its values are: `latency.p99, at least`."""
    return f"{name}, {BOUNDS[bound]}" if bound in BOUNDS else name


class Preview(NamedTuple):
    """What a notebook shows of a result.

    Attributes:
        title: What it is of.
        columns: The headings.
        rows: The cells of each row, for people.
        notes: Lines below the table.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()


class Tabular(ABC):
    """A result that is a table, for data frames and notebooks. Numbers are in base units."""

    @abstractmethod
    def columns(self) -> Mapping[str, Sequence[Scalar]]:
        """Return the columns by name, all of the same length; numbers are in base units."""

    @abstractmethod
    def preview(self) -> Preview:
        """Return what a notebook shows."""

    def records(self) -> list[dict[str, Scalar]]:
        """Return the rows, each by the names of the columns; numbers are in base units."""
        columns = self.columns()
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]

    def to_pandas(self) -> pandas.DataFrame:
        """Return a data frame of pandas, in base units; days are timestamps.

        Raises:
            ModuleNotFoundError: pandas is not installed.
        """
        import pandas

        columns = self.columns()
        frame = pandas.DataFrame(columns)
        for name, cells in columns.items():
            if any(isinstance(cell, date) for cell in cells[:1]):
                frame[name] = pandas.to_datetime(frame[name])
        return frame

    def to_polars(self) -> polars.DataFrame:
        """Return a data frame of Polars, in base units.

        Raises:
            ModuleNotFoundError: Polars is not installed.
        """
        import polars

        return polars.DataFrame(self.columns(), strict=False)

    def _repr_html_(self) -> str:
        title, columns, rows, notes = self.preview()
        head = "".join(f'<th scope="col">{_html(text)}</th>' for text in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{_html(text)}</td>" for text in row) + "</tr>\n"
            for row in rows[:MOST_ROWS]
        )
        below = "".join(f"<p>{_html(text)}</p>\n" for text in (*_more(rows), *notes))
        table = f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>"
        return f"<table>\n<caption>{_html(title)}</caption>\n{table}\n</table>\n{below}"

    def _repr_markdown_(self) -> str:
        title, columns, rows, notes = self.preview()
        lines = [columns, ["---"] * len(columns), *rows[:MOST_ROWS]]
        table = ["| " + " | ".join(map(_markdown, line)) + " |" for line in lines]
        return "\n".join([f"**{_markdown(title)}**", "", *table]) + "".join(
            f"\n\n{_markdown(text)}" for text in (*_more(rows), *notes)
        )

    def _mime_(self) -> tuple[str, str]:
        """Return what marimo shows."""
        return "text/html", self._repr_html_()


def _more(rows: Sequence[Sequence[str]]) -> list[str]:
    left = len(rows) - MOST_ROWS
    return [f"and {left:,} more rows"] if left > 0 else []


def _html(text: str) -> str:
    from html import escape  # loads all entities of HTML, which few calls need

    return escape(_visible(text))


def _markdown(text: str) -> str:
    """Return text with what Markdown and HTML would read as marks escaped."""
    from html import escape

    return "".join(
        f"\\{c}" if c in "\\`*_[]|~$" else escape(c, quote=False) for c in _visible(text)
    )


def _visible(text: str) -> str:
    """Return text on one line, without characters that nobody sees or that turn its direction."""
    return "".join(c if c.isprintable() else " " for c in text)
