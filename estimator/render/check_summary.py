"""Findings gathered as Markdown: a comment of a pull request, or the summary of a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from estimator.checks.checked import Checked, Move, Tally, Verdict
from estimator.diagnostics import Diagnostic
from estimator.render.located import ERROR, level, unlisted
from estimator.render.markdown import code, prose, row
from estimator.version import __version__

TAG = "<!-- estimator -->"
"""The first line, hidden, by which the comment is found again and updated in place."""

COMMENT = 65_536
"""How long GitHub lets a comment be. It counts characters and we bytes, which are never fewer."""

SUMMARY = 1 << 20
"""How many bytes the summary of a step may have; GitHub shows nothing of a longer one."""

_ROWS = 300
_ROWS_OF_STEP = 2000
_NOTE = 160  # bytes that a section needs to say that it is cut or left out
_OPEN = 5  # scenarios whose answers are not folded
_EXPECTATION = ("W108", "W109")  # expectations have tables of their own


@dataclass
class _Section:
    """A table: the first rows that came, and how many there are in all."""

    title: str
    columns: tuple[str, ...]
    most: int
    folded: bool = False
    rows: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, *cells: str) -> None:
        self.count += 1
        if len(self.rows) < self.most:
            self.rows.append(row(cells) + "\n")

    def within(self, room: int) -> str:
        """Return the section in so many bytes, with as many of its rows as find room."""
        if not self.count:
            return ""
        title = f"{self.title} ({self.count:,})"
        head = [f"\n<details>\n<summary>{title}</summary>\n\n" if self.folded else f"\n### {title}"]
        head += ["" if self.folded else "\n\n", f"| {' | '.join(self.columns)} |\n"]
        head += ["|" + " --- |" * len(self.columns) + "\n"]
        foot = "\n</details>\n" if self.folded else ""
        left = room - _bytes("".join(head)) - _bytes(foot) - _NOTE
        shown = list(_fitting(self.rows, left))
        if not shown:
            return f"\n{title}: there is no room for them here; the log has them.\n"
        more = self.count - len(shown)
        note = f"\n… and {more:,} more; the log has them.\n" if more else ""
        return "".join([*head, *shown, note, foot])


class Gathered:
    """Rows of tables, gathered as results come; never more than find room in the end.

    Args:
        limit: How many bytes the text may have.
        rows: How many rows of a table are kept.
    """

    def __init__(self, limit: int = COMMENT, rows: int = _ROWS) -> None:
        self._limit = limit
        expectation = ("Scenario", "Expectation", "Found")
        move = ("Scenario", "Value", "Before", "After", "Factor", "Tolerance")
        place = ("Place", "Rule", "Message")
        missed = (*expectation, "Missed by", "Would hold at")
        self._wrong = _Section("What is wrong", place, rows)
        self._failing = _Section("Expectations that fail", missed, rows)
        self._moved = _Section("Values that moved", move, rows)
        newer = f"Values that moved because of estimator {__version__}"
        self._by_version = _Section(newer, move, rows)
        answer = ("Scenario", "Load", "Data", "Servers", "Cost", "Latency", "Availability")
        self._answers = _Section("Summary", answer, rows // 2)
        self._excused = _Section("Expectations that only warn or are waived", missed, rows)
        held = (*expectation, "Holds until")
        self._holding = _Section("Expectations that hold", held, rows // 2, folded=True)
        within = "Values that moved within their tolerance"
        self._within = _Section(within, move, rows // 2, folded=True)
        self._warnings = _Section("Warnings", place, rows // 2, folded=True)

    def gather(self, results: Iterable[Checked]) -> Iterator[Checked]:
        """Hand on results, and keep their rows."""
        for checked in results:
            self.add(checked)
            yield checked

    def add(self, checked: Checked) -> None:
        """Keep the rows of one more."""
        apart = set(unlisted(checked))
        for found in checked.found:
            if level(found) == ERROR or found in apart:
                self._wrong.add(*_place_cells(found, checked.file))
            elif found.rule.startswith("W") and found.rule not in _EXPECTATION:
                self._warnings.add(*_place_cells(found, checked.file))
        if any(cells := _answer_cells(checked)):
            self._answers.add(code(checked.file), *cells)
        for verdict in checked.verdicts:
            self._add_verdict(verdict, checked.file)
        for move in checked.moves:
            moved = self._by_version if move.by_version else self._moved
            (moved if move.beyond else self._within).add(*_move_cells(move, checked.file))

    def _add_verdict(self, verdict: Verdict, file: str) -> None:
        outcome = verdict.outcome
        if outcome.status == "pass":
            until = verdict.until_when.removeprefix("holds until ")
            bound = " (not refuted)" if outcome.is_unrefuted else ""
            found = prose(outcome.left) + bound
            self._holding.add(code(file), code(outcome.title), found, _turn(until))
        elif outcome.status == "fail":
            self._failing.add(*_missed_cells(verdict, file))
        else:
            self._excused.add(*_missed_cells(verdict, file))

    def text(self, tally: Tally) -> str:
        """Return all of it, when all results have come."""
        words = tally.words[:1].upper() + tally.words[1:]
        text = f"{TAG}\n## Estimates: {_outcome(tally)}\n\n{prose(words)}.\n"
        failing = [self._wrong, self._failing, self._moved, self._by_version, self._excused]
        rest = [self._answers, self._holding, self._within, self._warnings]
        self._answers.folded = self._answers.count > _OPEN
        for later, section in zip(reversed(range(9)), [*failing, *rest], strict=True):
            text += section.within(self._limit - _bytes(text) - later * _NOTE)
        return text


def summary_of_step() -> Gathered:
    """Return what gathers rows for the summary of a step, beside another format."""
    return Gathered(SUMMARY, rows=_ROWS_OF_STEP)


def _outcome(tally: Tally) -> str:
    """Return the outcome in a few words."""
    if tally.problems["E"]:
        return _several(tally.problems["E"], "error")
    if not tally.scenarios.total() - tally.scenarios["skipped"]:
        return "nothing was checked"
    failing, moved = tally.expectations["fail"], tally.moved
    fail = "fails" if failing == 1 else "fail"
    parts = [f"{_several(failing, 'expectation')} {fail}"] if failing else []
    parts += [f"{_several(moved, 'value')} moved"] if moved else []
    if parts:
        return ", ".join(parts)
    if tally.problems["F"]:
        return "not as the baseline has them"
    if tally.expectations["pass"] < tally.expectations.total():
        return "some expectations only warn or are waived"
    if tally.not_refuted:
        return "all expectations hold or are not refuted"
    return "all expectations hold" if tally.expectations else "nothing is wrong"


def _several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _place_cells(found: Diagnostic, file: str) -> tuple[str, str, str]:
    where = f"{found.file}:{found.place.line}" if found.place is not None else file
    return code(where), code(found.rule), prose(found.message)


def _answer_cells(checked: Checked) -> list[str]:
    """Return the first part of each line of the answer that has a column."""
    said = {line.key: line.parts[0] for line in checked.answer}
    keys = ("load", "data", "servers", "cost", "latency", "availability")
    return [prose(said.get(key, "")) for key in keys]


def _missed_cells(verdict: Verdict, file: str) -> tuple[str, ...]:
    outcome = verdict.outcome
    ended = "waiver ended on" if outcome.status == "fail" else "until"
    said = {"reason": outcome.reason, "owner": outcome.owner, ended: outcome.until}
    about = "".join(f"<br>{key}: {prose(text)}" for key, text in said.items() if text)
    missed = verdict.missed.removeprefix(f"it is {outcome.left}").removeprefix(", ")
    at = verdict.until_when.removeprefix("would hold at ")
    found = prose(outcome.left)
    return code(file), code(outcome.title) + about, found, prose(missed), _turn(at)


def _turn(words: str) -> str:
    return code(words, 400)


def _move_cells(move: Move, file: str) -> tuple[str, ...]:
    before, after = map(prose, move.texts)
    return code(file), code(move.name), before, after, prose(move.times), prose(move.tolerance)


def _fitting(rows: Iterable[str], room: int) -> Iterator[str]:
    """Yield the first rows that find room in so many bytes."""
    for line in rows:
        room -= _bytes(line)
        if room < 0:
            return
        yield line


def _bytes(text: str) -> int:
    return len(text.encode())
