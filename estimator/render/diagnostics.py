"""Diagnostics for people: the line, a caret under the part at fault, and what to do."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text as RichText

from estimator.diagnostics import Diagnostic, Label, Place, Severity, told_once
from estimator.render.sanitize import ascii_only, sanitize, sanitized_characters
from estimator.render.styles import COLORS, may_break

MOST = 100
"""How many diagnostics are shown; more would drown the first."""
_WIDEST = 100  # a longer line is shown from around the caret
_NARROWEST = 40
_MARGIN = 10  # before a line, for its number, and for the sign that it is cut


def print_diagnostics(found: Iterable[Diagnostic], console: Console, *, ascii: bool) -> None:
    """Print diagnostics one after the other, and how many there are of each severity."""
    found = told_once(found)
    width = console.width if console.is_terminal else None
    for diagnostic in found[:MOST]:
        for line in diagnostic_lines(diagnostic, width):
            if ascii:
                line = RichText(ascii_only(line.plain))
            console.print(line, soft_wrap=not may_break(line.plain))
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


def diagnostic_lines(diagnostic: Diagnostic, width: int | None = None) -> Iterable[RichText]:
    """Yield a diagnostic as it is shown, line by line.

    Args:
        diagnostic: The diagnostic.
        width: How wide the terminal is, in which a file's line is to stand in one; None for none.
    """
    widest = _WIDEST if width is None else max(_NARROWEST, min(_WIDEST, width - _MARGIN))
    color = COLORS[diagnostic.severity]
    head = RichText(f"{diagnostic.severity.value}[{diagnostic.rule}]", style=color)
    yield head.append(f": {sanitize(diagnostic.message)}", style="bold")
    if diagnostic.place is not None:
        yield from _snippets(diagnostic, color, widest)
    for note in diagnostic.notes:
        yield RichText("  = ", style="blue").append(sanitize(note), style="")
    if diagnostic.help:
        yield (
            RichText("  = ", style="blue")
            .append("help", style="cyan")
            .append(f": {sanitize(diagnostic.help)}", style="")
        )


def _snippets(diagnostic: Diagnostic, color: str, widest: int) -> Iterable[RichText]:
    """Yield the lines at fault, each with carets below."""
    place = diagnostic.place
    assert place is not None
    labels = _labels(diagnostic, place)
    width = len(str(max(label.place.line for label in labels)))
    bar = RichText(" " * width + " │", style="blue")
    yield RichText(" " * width + "--> ", style="blue").append(_position(place), style="")
    yield bar
    shown: tuple[str, int, str] = ("", 0, "")
    for index, label in enumerate(labels):
        text, carets = _line_and_carets(label.place, widest)
        at = (label.place.source.name, label.place.line, text)
        if index and label.place.source is not place.source and at[0] != shown[0]:
            yield RichText(" " * width + "··· ", style="blue").append(_position(label.place))
        if at != shown:
            number = f"{label.place.line:>{width}} │ "
            yield RichText(number, style="blue").append(text, style="")
        shown = at
        style = color if label.place == place else "blue"
        line = RichText(" " * width + " │ ", style="blue").append(carets, style=style)
        yield line.append(f" {sanitize(label.text)}" if label.text else "", style=style)
    yield bar


def _labels(diagnostic: Diagnostic, place: Place) -> list[Label]:
    """Return what is said at places, in their order; first where the diagnostic itself is."""
    labels = [Label(place, diagnostic.caret), *diagnostic.labels]
    if any(_inside(place, o.place) for o in diagnostic.labels):
        labels = labels[1:]  # labels on parts of the span say more than a caret under all of it
    return sorted(labels, key=lambda o: (o.place.source is not place.source, o.place.start))


def _position(place: Place) -> str:
    return f"{sanitize(place.source.name)}:{place.line}:{place.column}"


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
    carets = " " * cell_len(before) + "^" * max(1, cell_len(within))
    return before + within + after, carets
