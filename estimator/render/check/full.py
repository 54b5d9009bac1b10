"""What a check finds, as text for people: all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from estimator.analyse.summary import SummaryLine
from estimator.checks.checked import Checked, Tally, Verdict
from estimator.diagnostics import Diagnostic, Place
from estimator.render.answer import in_brief
from estimator.render.check import Findings
from estimator.render.diagnostics import diagnostic_lines
from estimator.render.page import Line, Piece
from estimator.render.registry import Page
from estimator.render.styles import COLORS, mark

_STYLES = {
    "pass": "green",
    "fail": "red",
    "warn": "yellow",
    "waived": "yellow",
    "undecided": "yellow",
}
_LISTED = ("F002", "F003", "W110")  # of values, which have lines of their own
_NARROWEST = 20
_MOST_SHOWN = 40  # of the width of a condition, beyond which others are not moved to the right


def page(findings: Findings, width: int) -> Iterator[Line]:
    """Yield every expectation with where it turns, and all that is wrong at its place."""
    told: set[object] = set()  # of a scenario that others use
    for checked in findings.results:
        if checked.file:
            yield from _scenario(checked, width)
        alone = [d for d in checked.found if d.rule not in _LISTED or not checked.file]
        for diagnostic in alone:
            if diagnostic.place is not None and diagnostic.identity in told:
                yield _told_above(diagnostic, diagnostic.place)
            else:
                yield from diagnostic_lines(diagnostic, width)
            told.add(diagnostic.identity)
            yield ()
        if not alone and (checked.verdicts or checked.found):
            yield ()
    yield from summary(findings.tally)


def _scenario(checked: Checked, width: int) -> Iterator[Line]:
    file = Piece(checked.file, "bold")
    if checked.skipped:
        yield (file, Piece(f"  skipped: {checked.skipped}", "dim"))
        return
    if checked.outcome == "wrong":
        yield (file,)
        return
    name = Piece(f"  {checked.name}", "dim")
    nothing = Piece("" if checked.verdicts else "  no expectations", "dim")
    yield (file, name, nothing)
    yield from _answer(checked.answer, width)
    yield from _verdicts(checked.verdicts, width)
    if checked.left_out:
        which = (
            f"  variants not computed, as no expectation names them: {', '.join(checked.left_out)}"
        )
        for part in wrap(which, max(width, _NARROWEST), subsequent_indent="    "):
            yield (Piece(part, "dim"),)
    yield from _moves(checked)


def _answer(lines: Sequence[SummaryLine], width: int) -> Iterator[Line]:
    """Yield how large the scenario is, and what of it cannot be, in as few lines as it takes."""
    shown = " · ".join(f"{line.title.lower()} {line.parts[0]}" for line in in_brief(lines))
    for part in wrap(shown, max(width - 4, _NARROWEST)):
        yield (Piece(f"    {part}", "dim"),)


def _verdicts(verdicts: tuple[Verdict, ...], width: int) -> Iterator[Line]:
    checks = [v.outcome.title for v in verdicts]
    lefts = [v.outcome.left for v in verdicts]
    left = max((len(c) for c in checks if len(c) <= _MOST_SHOWN), default=0)
    middle = max(map(len, lefts), default=0)
    for verdict, check, found in zip(verdicts, checks, lefts, strict=True):
        sign = Piece(f"  {mark(verdict.outcome).split()[0]} ", _STYLES[verdict.outcome.status])
        shown = f"{check:<{left}}  {found:<{middle}}  "
        more = _more(verdict)
        if more and 4 + len(shown) + len(more) <= width:
            yield (sign, Piece(shown), Piece(more, "dim"))
            continue
        yield (sign, Piece(shown.rstrip()))
        for part in wrap(more, max(width - 6, _NARROWEST)):
            yield (Piece(f"      {part}", "dim"),)


def _more(verdict: Verdict) -> str:
    """Return what stands behind an expectation; of one that fails the rest stands below."""
    outcome, parts = verdict.outcome, []
    if outcome.status in ("warn", "waived"):
        said = "waived" if outcome.status == "waived" else "only warns"
        parts.append(f"{said} until {outcome.until}" if outcome.until else said)
    elif outcome.status == "undecided":
        parts.append(outcome.open_question.replace("`", ""))
    elif outcome.status == "fail" and outcome.until:
        parts.append(f"its waiver ended on {outcome.until}")
    if outcome.chance is not None:
        parts.append(outcome.held)
    if outcome.status == "pass" and verdict.until_when:
        parts.append(verdict.until_when)
    return ", ".join(parts)


def _moves(checked: Checked) -> Iterator[Line]:
    """Yield the values that moved beyond their tolerance, and how many did within."""
    beyond = [move for move in checked.moves if move.beyond and not move.by_version]
    name = max((len(move.name) for move in beyond), default=0)
    for move in beyond:
        was, now = move.texts
        times = f"{move.times}, " if move.times else ""
        words = f"{move.name:<{name}}  {was} → {now}"
        more = f"  {times}tolerance {move.tolerance}" if move.after else ""
        yield (Piece("  ✗ ", "red"), Piece(words), Piece(more, "dim"))
    listed = [found for found in checked.found if found.rule in _LISTED]
    for note in dict.fromkeys(note for found in listed for note in found.notes):
        yield (Piece(f"      {note}", "dim"),)
    for found in listed[len(beyond) :]:  # what no line above shows
        mark = ("  ! ", "yellow") if found.rule == "W110" else ("  ✗ ", "red")
        yield (Piece(*mark), Piece(found.message))
    if listed:
        rules = ", ".join(dict.fromkeys(found.rule for found in listed))
        yield (Piece(f"      {rules}: {listed[0].help}", "dim"),)
    within = sum(not move.beyond and move.before is not None for move in checked.moves)
    if within:
        noun = "value" if within == 1 else "values"
        yield (Piece(f"  {within} {noun} moved within the tolerance of the baseline", "dim"),)


def _told_above(diagnostic: Diagnostic, place: Place) -> Line:
    """Return a line in the place of what was told of the same file already."""
    where = f" at {place.source.name}:{place.line}:{place.column}, shown above"
    severity = diagnostic.severity
    return (Piece(f"{severity.value}[{diagnostic.rule}]", COLORS[severity]), Piece(where))


def summary(tally: Tally) -> Iterator[Line]:
    """Yield the counts in a line."""
    style = {0: "bold green", 1: "bold red", 2: "bold red"}[tally.code]
    yield (Piece(f"{tally.words}.", style),)


RENDERER = Page(page)
