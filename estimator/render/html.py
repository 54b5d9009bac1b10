"""HTML that is safe by construction: whatever was not made here is text, and is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from html import escape

from estimator.render.page import Linked, Table
from estimator.render.sanitize import sanitize

_QUOTED = re.compile(r"`([^`]+)`")
_VOID = frozenset(("br", "link", "meta", "wbr"))
_JOINT = re.compile(r"(?<=[a-z]\.)(?=[a-z])")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)")
_LONG = re.compile(r"\w{20,}")
_WITHIN = re.compile(r"(?<=_)(?=[^\W_])")
"""Where long names may be broken too, as they would push figures off a narrow screen."""
_CLASSES = {
    "bold red": "bad",
    "yellow": "near",
    "dim": "quiet",
    "✗ fails": "bad",
    "✗ warns": "near",
    "✗ waived": "near",
    "? open": "near",
    "✓": "good",
}
"""The classes of cells by how they look on a terminal, or by the mark in them."""

Link = Callable[[str, str], "Html"]
"""Makes markup of a text that shows a quantity, by the text and the quantity's name."""


class Html(str):
    """Markup; it is made by the functions of this module alone."""

    __slots__ = ()


def html(child: object) -> Html:
    """Return markup as it is, and any other text escaped, with nothing hidden in it."""
    return child if isinstance(child, Html) else Html(escape(sanitize(str(child))))


def joined(children: Iterable[object], between: str = "") -> Html:
    """Return pieces of text and markup one after the other."""
    return Html(html(between).join(map(html, children)))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """Return an element.

    Args:
        name: Its name.
        children: What is in it: markup, or text, which is escaped.
        attributes: Its attributes, `class_` for `class` and `aria_label` for `aria-label`; those
            that are None or False are left out, and True stands without a value.
    """
    said = ""
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        attribute = key.rstrip("_").replace("_", "-")
        said += f" {attribute}" if value is True else f' {attribute}="{html(value)}"'
    end = "" if name in _VOID else f"</{name}>"
    return Html(f"<{name}{said}>{joined(children)}{end}")


def words(text: str) -> Html:
    """Return a sentence of the program, with what stands between backticks as code."""
    parts = _QUOTED.split(text)
    return joined(tag("code", part) if at % 2 else breakable(part) for at, part in enumerate(parts))


def breakable(text: str) -> Html:
    """Return words that may be broken where there is little room: in names, and not in dates."""
    parts = _DATE.split(text)
    made = (tag("span", p, class_="whole") if at % 2 else _names(p) for at, p in enumerate(parts))
    return joined(made)


def _names(text: str) -> Html:
    """Return words whose names may be broken after their dots, and long ones within."""
    pieces: list[str] = []
    for part in _JOINT.split(text):
        pieces += _WITHIN.split(part) if _LONG.search(part) else [part]
    return joined(pieces, tag("wbr"))


def _plain(text: str, _: str) -> Html:
    return html(text)


def table_html(table: Table, link: Link = _plain) -> Html:
    """Return a table with its note, which scrolls by itself where it is wide.

    Args:
        table: The table.
        link: Makes markup of a cell that shows a quantity.
    """
    head = tag("tr", *(_head(table, at) for at in range(len(table.columns))))
    rows = [_row(table, at, row, link) for at, row in enumerate(table.rows)]
    drawn = tag("table", tag("thead", head), tag("tbody", *rows))
    name = table.title or "Table"
    box = tag("div", drawn, class_="scroll", role="region", aria_label=name, tabindex="0")
    notes = [tag("p", words(line), class_="note") for line in table.note.split("\n") if line]
    return joined([box, *notes])


def _head(table: Table, at: int) -> Html:
    column = table.columns[at]
    if not column.title.strip():
        return tag("td")
    look = "number" if column.number else None
    return tag("th", breakable(column.title), scope="col", class_=look)


def _row(table: Table, at: int, cells: Sequence[str], link: Link) -> Html:
    made = [_cell(table, at, column, cell, link) for column, cell in enumerate(cells)]
    return tag("tr", *made, class_="total" if at in table.strong else None)


def _cell(table: Table, row: int, column: int, cell: str, link: Link) -> Html:
    look = _CLASSES.get(table.styles.get((row, column), "")) or _CLASSES.get(cell)
    number = "number" if table.columns[column].number else ""
    whole = "whole" if table.columns[column].whole and not number else ""
    classes = " ".join(filter(None, (number, whole, look))) or None
    shown = cell if isinstance(cell, Html) else words(cell)
    if isinstance(cell, Linked):
        shown = link(cell, cell.quantity)
    if column == table.named_by and cell:
        return tag("th", shown, scope="row", class_=classes)
    return tag("td", shown, class_=classes)


def folded(summary: object, *children: object, **attributes: object) -> Html:
    """Return what is shown only when it is opened."""
    return tag("details", tag("summary", summary), *children, **attributes)
