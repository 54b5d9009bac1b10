"""What a check found, as text for people: in full, or a line for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import NamedTuple

from estimator.check.checked import Checked, Tally, Verdict
from estimator.diagnostics import Diagnostic
from estimator.render.marks import COLOURS, MARKS
from estimator.render.sanitize import sanitize
from estimator.units.write import share

_STYLES = {"pass": "green", "fail": "red", "warn": "yellow", "waived": "yellow"}
_TOLD = ("F002", "F003", "W110")  # of values: told as lines of their own
_NARROWEST = 20
_MOST_SHOWN = 40  # of the width of a condition, beyond which others are not moved to the right


class Piece(NamedTuple):
    """Some words of a line, and how they look where there are colors; they may be foreign."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def sanitized(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield lines as they may be shown, whatever stands in their pieces."""
    for line in lines:
        yield tuple(piece._replace(text=sanitize(piece.text)) for piece in line)


def full(results: Iterable[Checked], tally: Tally, *, width: int) -> Iterator[Line]:
    """Every expectation with where it turns, and all that is wrong at its place.

    Args:
        results: What was found, as it comes.
        tally: Counts of it, complete once all has come.
        width: Of the lines, in characters.
    """
    for checked in results:
        if checked.file:
            yield from _scenario(checked, width)
        alone = [d for d in checked.found if d.rule not in _TOLD or not checked.file]
        for diagnostic in alone:
            yield from _diagnostic(diagnostic, width)
            yield ()
        if not alone and (checked.verdicts or checked.found):
            yield ()
    yield from _summary(tally)


def concise(results: Iterable[Checked], tally: Tally) -> Iterator[Line]:
    """A line for each thing that is wrong: `file:line:column: rule message`."""
    for checked in results:
        for found in checked.found:
            yield (
                Piece(f"{_where(checked, found)}: ", "bold"),
                Piece(found.rule, COLOURS[found.severity]),
                Piece(f" {found.message}"),
            )
    yield from _summary(tally)


def _where(checked: Checked, found: Diagnostic) -> str:
    if found.place is None:
        return checked.file or "estimator"
    return f"{found.place.source.name}:{found.place.line}:{found.place.column}"


def _scenario(checked: Checked, width: int) -> Iterator[Line]:
    file = Piece(checked.file, "bold")
    if checked.skipped:
        yield (file, Piece(f"  skipped: {checked.skipped}", "dim"))
        return
    if checked.outcome == "wrong":
        yield (file,)
        return
    name = Piece(f"  {checked.name}", "dim")
    nothing = Piece("" if checked.verdicts else "  expects nothing", "dim")
    yield (file, name, nothing)
    yield from _verdicts(checked.verdicts, width)
    yield from _moves(checked)


def _verdicts(verdicts: tuple[Verdict, ...], width: int) -> Iterator[Line]:
    checks = [v.check for v in verdicts]
    lefts = [v.left for v in verdicts]
    left = max((len(c) for c in checks if len(c) <= _MOST_SHOWN), default=0)
    middle = max(map(len, lefts), default=0)
    for verdict, check, found in zip(verdicts, checks, lefts, strict=True):
        mark = Piece(f"  {MARKS[verdict.status].split()[0]} ", _STYLES[verdict.status])
        shown = f"{check:<{left}}  {found:<{middle}}  "
        more = _more(verdict)
        if more and 4 + len(shown) + len(more) <= width:
            yield (mark, Piece(shown), Piece(more, "dim"))
            continue
        yield (mark, Piece(shown.rstrip()))
        for part in wrap(more, max(width - 6, _NARROWEST)):
            yield (Piece(f"      {part}", "dim"),)


def _more(verdict: Verdict) -> str:
    """What stands behind an expectation; of one that fails the rest is told below."""
    parts = []
    if verdict.status in ("warn", "waived"):
        said = "waived" if verdict.status == "waived" else "only warns"
        parts.append(f"{said} until {verdict.until}" if verdict.until else said)
    elif verdict.status == "fail" and verdict.until:
        parts.append(f"its waiver ended on {verdict.until}")
    if verdict.chance is not None:
        parts.append(f"holds in {share(round(verdict.chance, 4))} of draws")
    if verdict.status == "pass" and verdict.until_when:
        parts.append(verdict.until_when)
    return ", ".join(parts)


def _moves(checked: Checked) -> Iterator[Line]:
    """The values that moved beyond their tolerance, and how many did within."""
    beyond = [move for move in checked.moves if move.beyond and not move.by_version]
    name = max((len(move.name) for move in beyond), default=0)
    for move in beyond:
        was, now = move.texts
        times = f"{move.times}, " if move.times else ""
        words = f"{move.name:<{name}}  {was} → {now}"
        more = f"  {times}tolerance {move.tolerance}" if move.after else ""
        yield (Piece("  ✗ ", "red"), Piece(words), Piece(more, "dim"))
    told = [found for found in checked.found if found.rule in _TOLD]
    for note in dict.fromkeys(note for found in told for note in found.notes):
        yield (Piece(f"      {note}", "dim"),)
    for found in told[len(beyond) :]:  # what no line above tells
        mark = ("  ! ", "yellow") if found.rule == "W110" else ("  ✗ ", "red")
        yield (Piece(*mark), Piece(found.message))
    if told:
        rules = ", ".join(dict.fromkeys(found.rule for found in told))
        yield (Piece(f"      {rules}: {told[0].help}", "dim"),)
    within = sum(not move.beyond and move.before is not None for move in checked.moves)
    if within:
        noun = "value" if within == 1 else "values"
        yield (Piece(f"  {within} {noun} moved within the tolerance of the baseline", "dim"),)


def _diagnostic(diagnostic: Diagnostic, width: int) -> Iterator[Line]:
    from estimator.render.diagnostics import diagnostic_lines  # with rich, where nothing is wrong

    for line in diagnostic_lines(diagnostic, width):
        yield tuple(
            Piece(part.plain, str(part.spans[0].style) if part.spans else str(part.style))
            for part in line.divide(sorted({b for s in line.spans for b in (s.start, s.end)}))
            if part.plain
        )


def _summary(tally: Tally) -> Iterator[Line]:
    style = {0: "bold green", 1: "bold red", 2: "bold red"}[tally.code]
    yield (Piece(f"{tally.words}.", style),)
