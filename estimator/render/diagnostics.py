"""Diagnostics for people: the line, a caret under the part at fault, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from estimator.diagnostics import Diagnostic, Label, Place, Severity, told_once
from estimator.render.page import Line, Piece, cell_width
from estimator.render.sanitize import sanitized_characters
from estimator.render.styles import COLORS

if TYPE_CHECKING:
    from rich.console import Console

MOST = 100
"""How many diagnostics are shown; more would drown the first."""
_WIDEST = 100  # a longer line is shown from around the caret
_NARROWEST = 40
_MARGIN = 10  # before a line, for its number, and for the sign that it is cut


def print_diagnostics(found: Iterable[Diagnostic], console: Console, *, ascii: bool) -> None:
    """Print diagnostics one after the other, and how many there are of each severity."""
    from estimator.render.page_drawn import draw_part

    found = told_once(found)
    width = console.width if console.is_terminal else None
    for diagnostic in found[:MOST]:
        for line in diagnostic_lines(diagnostic, width):
            draw_part(line, console, ascii=ascii)
        console.print()
    counts = {s: sum(d.severity is s for d in found) for s in Severity}
    parts = [f"{n} {s.value}{'s' if n > 1 else ''}" for s, n in counts.items() if n]
    if len(found) > MOST:
        console.print(f"... and {len(found) - MOST:,} more", soft_wrap=True, highlight=False)
    if parts:
        codes = sorted({d.rule for d in found})
        console.print(
            f"Found {' and '.join(parts)}; `estimator explain {codes[0]}` explains a code.",
            soft_wrap=True,
            markup=False,
            highlight=False,
        )


def diagnostic_lines(diagnostic: Diagnostic, width: int | None = None) -> Iterator[Line]:
    """Yield a diagnostic as it is shown, line by line.

    Args:
        diagnostic: The diagnostic.
        width: How wide the terminal is, in which a file's line is to stand in one; None for none.
    """
    widest = _WIDEST if width is None else max(_NARROWEST, min(_WIDEST, width - _MARGIN))
    color = COLORS[diagnostic.severity]
    head = Piece(f"{diagnostic.severity.value}[{diagnostic.rule}]", color)
    yield head, Piece(f": {diagnostic.message}", "bold")
    if diagnostic.place is not None:
        yield from _snippets(diagnostic, color, widest)
    for note in diagnostic.notes:
        yield _NOTE, Piece(note)
    if diagnostic.help:
        yield _NOTE, Piece("help", "cyan"), Piece(f": {diagnostic.help}")


_NOTE = Piece("  = ", "blue")


def _snippets(diagnostic: Diagnostic, color: str, widest: int) -> Iterator[Line]:
    """Yield the lines at fault, each with carets below."""
    place = diagnostic.place
    assert place is not None
    labels = _labels(diagnostic, place)
    width = len(str(max(label.place.line for label in labels)))
    bar = (Piece(" " * width + " │", "blue"),)
    yield Piece(" " * width + "--> ", "blue"), Piece(_position(place))
    yield bar
    shown: tuple[str, int, str] = ("", 0, "")
    for index, label in enumerate(labels):
        text, carets = _line_and_carets(label.place, widest)
        at = (label.place.source.name, label.place.line, text)
        if index and label.place.source is not place.source and at[0] != shown[0]:
            yield Piece(" " * width + "··· ", "blue"), Piece(_position(label.place))
        if at != shown:
            yield Piece(f"{label.place.line:>{width}} │ ", "blue"), Piece(text)
        shown = at
        said = f" {label.text}" if label.text else ""
        style = color if label.place == place else "blue"
        yield Piece(" " * width + " │ ", "blue"), Piece(carets + said, style)
    yield bar


def _labels(diagnostic: Diagnostic, place: Place) -> list[Label]:
    """Return what is said at places, in their order; first where the diagnostic itself is."""
    labels = [Label(place, diagnostic.caret), *diagnostic.labels]
    if any(_inside(place, o.place) for o in diagnostic.labels):
        labels = labels[1:]  # labels on parts of the span say more than a caret under all of it
    return sorted(labels, key=lambda o: (o.place.source is not place.source, o.place.start))


def _position(place: Place) -> str:
    return f"{place.source.name}:{place.line}:{place.column}"


def _inside(outer: Place, inner: Place) -> bool:
    return (
        inner.source is outer.source
        and outer.start <= inner.start
        and inner.end <= outer.end
        and outer.line == inner.line
    )


def _line_and_carets(place: Place, widest: int) -> tuple[str, str]:
    """Return the source line, cut around the place if it is long, and the carets below it."""
    line = place.source.line(place.line)
    start = place.column - 1
    end = min(max(start + place.end - place.start, start + 1), max(len(line), start + 1))
    first = max(0, start - widest // 2) if len(line) > widest else 0
    last = min(len(line), first + widest)
    cells = sanitized_characters(line[first:last].replace("\t", " "))
    before = ("…" if first else "") + "".join(cells[: start - first])
    within = "".join(cells[start - first : end - first])
    after = "".join(cells[end - first :]) + ("…" if last < len(line) else "")
    carets = " " * cell_width(before) + "^" * max(1, cell_width(within))
    return before + within + after, carets
