"""A report as a page for people: the answer first, then tables, then what is not shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from textwrap import wrap

from estimator.analyse.summary import SummaryLine, summary, tally
from estimator.evaluate import Report
from estimator.render.first_screen import MOST_ROWS, first_tables, measure_first
from estimator.render.page import WIDE, Line, Part, Piece, Table, cell_width, few, with_room
from estimator.render.report_tables import estimate_of, heading, tables
from estimator.render.run import Shown
from estimator.render.styles import LINE_STYLES, mark
from estimator.scenario.sections import SERVICE_LEVELS

MOST_LINES = 50
"""The most lines of the first screen, at 100 columns."""

MOST_RANKED = 5
_LEAST_ROWS = 3
_WIDEST, _NARROWEST = 100, 40  # the width of the lines of the answer
_STYLES = {"fail": "bold red", "warn": "yellow", "waived": "yellow"}

_MOST_QUESTIONS = 5


def report_page(report: Report, shown: Shown, width: int = WIDE) -> Iterator[Part]:
    """Yield the lines and tables of a report: what fails first, then the answer."""
    head = [*_heading(report, shown), *failures(report)]
    yield from head
    lines = summary(report) if shown.lines else ()
    if lines:
        if head:
            yield ""
        title_width = max(cell_width(line.title) for line in lines)
        yield from chain.from_iterable(_answer(line, title_width, width) for line in lines)
    if shown.quiet:
        return
    if shown.tables is not None:
        made = tables(report, shown.tables)
    else:
        made = tables(report, ["napkin"])
        room = MOST_LINES - len(head) - len(lines) - 3 - sum(len(t.rows) + 1 for t in made)
        ranked = measure_first(report, MOST_RANKED)
        room -= len(ranked.rows) + 2 if ranked.rows else 0
        made += _fitting(report, room)
        made += [ranked] if ranked.rows else []
        made += [t for t in tables(report, shown.also) if t.title not in {m.title for m in made}]
    yield from chain.from_iterable(("", with_room(table, width)) for table in made)
    if shown.tables is None:
        more = _more(report, made)
        if more:
            yield from ("", more)


def _answer(line: SummaryLine, title: int, width: int) -> Iterator[Line]:
    """Yield a line of the answer, with as much of it as there is room for.

    What cannot be left out is broken between words, and what is broken is set in.

    Args:
        line: The line.
        title: The width of all titles.
        width: The width of the terminal.
    """
    room = max(_NARROWEST, min(width, _WIDEST)) - title - 2
    answer, dominated_by = _that_fits(line, room)
    first, *others = wrap(answer, max(room, _NARROWEST)) if width < WIDE else [answer]
    space = room - cell_width(first) - cell_width(dominated_by)
    style = LINE_STYLES.get(line.status, "")
    yield (
        Piece(line.title + " " * (title - cell_width(line.title)) + "  ", "bold"),
        Piece(first, style),
        Piece(" " * space + dominated_by if dominated_by else "", "cyan"),
    )
    for other in others:
        yield (Piece(" " * (title + 2)), Piece(other, style))


def _that_fits(line: SummaryLine, room: int) -> tuple[str, str]:
    """Return as much of an answer as there is room for, and of what dominates it."""
    first = line.dominated_by.split(", ")[0]
    for count in range(len(line.parts), 0, -1):
        answer = ", ".join(line.parts[:count])
        for dominated_by in (line.dominated_by, first if count <= 2 else ""):
            if dominated_by and cell_width(answer) + 2 + cell_width(dominated_by) <= room:
                return answer, dominated_by
        if not line.dominated_by and cell_width(answer) <= room:
            return answer, ""
    return line.parts[0], ""


def title(report: Report) -> Line:
    """Return the name of a scenario, with its file."""
    name, file, _ = heading(report)
    return (Piece(f"{name}  ", "bold"), Piece(file, "bold dim"))


def _heading(report: Report, shown: Shown) -> Iterator[Line]:
    if shown.quiet:
        return
    if shown.heading:
        yield title(report)
        if about := heading(report)[2]:
            yield (Piece(about),)
    counted = verdict(report)
    if counted:
        yield counted


def verdict(report: Report) -> Line:
    """Return how many expectations hold, and how many a bound does not refute."""
    holding, not_refuted, failing = tally(report)
    pieces = []
    if holding:
        word = "check holds" if holding == 1 else "checks hold"
        pieces.append(Piece(f"✓ {holding} {word}", "green"))
    if not_refuted:
        pieces.append(Piece(f"~ {not_refuted} not refuted (the model gives bounds)"))
    undecided = sum(o.status == "undecided" for o in report.expectations)
    if undecided:
        pieces.append(Piece(f"? {undecided} undecided", "yellow"))
    if failing:
        pieces.append(Piece(f"✗ {failing} of {len(report.expectations)} fail", "bold red"))
    spaced = [(Piece("   "), piece) for piece in pieces]
    return tuple(chain.from_iterable(spaced))[1:]


def failures(report: Report) -> list[Line]:
    """Return a line for each expectation that fails, whether or not it fails the run."""
    found = [o for o in report.expectations if o.status not in ("pass", "undecided")]
    said = [(f"{mark(o)}  {o.title}: {estimate_of(o)}", _STYLES[o.status]) for o in found]
    return [(Piece(*words),) for words in said] + _open(report)


def _open(report: Report) -> list[Line]:
    """Return what nobody knows yet, and the expectations that it leaves undecided."""
    if not report.questions:
        return []
    names = report.questions
    blank = sum(name not in report.values for name in report.unknown)
    of = "it" if len(names) == 1 else "them"
    follow = "quantity that follows" if blank == 1 else "quantities that follow"
    are = "is" if blank == 1 else "are"
    listed = few(names, _MOST_QUESTIONS, " and")
    said = f"? not known  {listed}; {blank:,} {follow} from {of} {are} blank"
    lines: list[Line] = [(Piece(said, "yellow"),)]
    for outcome in report.expectations:
        if outcome.status == "undecided":
            value = f" {outcome.left}," if outcome.left else ""
            words = f"{mark(outcome)}  {outcome.title}:{value} {outcome.open_question}"
            lines.append((Piece(words.replace("`", ""), "yellow"),))
    return lines


def _fitting(report: Report, room: int) -> list[Table]:
    """Return the tables of the first screen, as many rows of each as there is room for."""
    most = MOST_ROWS
    while True:
        made = first_tables(report, most)
        if not made:
            made = tables(report, ("inputs", "derived", "uncertainty"))
        if most <= _LEAST_ROWS or sum(len(t.rows) + 2 for t in made) <= room:
            return made
        most -= 1


def _more(report: Report, shown: Iterable[Table]) -> Line:
    """Return what is not shown, and the options that show it."""
    titles = {table.title for table in shown}
    has_load, has_components = bool(report.actions), bool(report.components)
    is_there = {
        "traffic": has_load,
        "flows": has_components,
        "cost": has_components,
        "shares": bool(report.shares),
        "growth": bool(report.ages),
        "latency": has_load and has_components,
        "slo": any(level in report.covered for level in SERVICE_LEVELS),
        "totals": has_load,
        "uncertainty": report.uncertainty is not None and "Ranges" not in titles,
        "machines": bool(report.machines),
        "derived": bool(report.own) and "Derived" not in titles,
        "expectations": bool(report.expectations),
        f"assumptions ({len(report.assumptions)})": bool(report.assumptions),
    }
    listed = ", ".join(name for name, known in is_there.items() if known)
    return (Piece(f"More: --show {listed} · --all", "dim"),) if listed else ()
