"""What is found of a scenario that is checked: values that renderers read and a cache keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from estimator.diagnostics import Diagnostic, Text
from estimator.scenario.headlines import SERVICE, TOTALS
from estimator.scenario.outcome import Outcome
from estimator.units.write import count, digits, share, with_unit

if TYPE_CHECKING:
    from estimator.analyse.summary import SummaryLine

FIGURES = (*TOTALS, *SERVICE, "*.nodes")
"""What a baseline keeps unless the settings say otherwise, besides a file's own formulas."""


RULES = {"fail": "F001", "warn": "W108", "waived": "W109", "undecided": "F006"}
"""The rule that an expectation breaks, by its state."""


_MOST_NAMED = 3  # files that are something else
_NEAR = 0.01  # of 1: a change that is written in per cent


class CheckOptions(NamedTuple):
    """What each scenario is checked with.

    Attributes:
        overrides: Formulas that replace what scenarios say, by name (`--set`).
        variant: The name of a set of overrides in the files.
        samples: How many samples to take where there are ranges.
        seed: The random seed.
        figures: Patterns of the names whose values a baseline keeps; None where there is none.
        stale_fails: Does an input fail the check whose last day has passed?
        allow_undecided: Does an expectation pass that depends on what nobody knows?
        uncertain_defaults: Is each default a range, where the library says how far it may be off?
    """

    overrides: Mapping[str, Text]
    variant: Text | None
    samples: int
    seed: int
    figures: tuple[str, ...] | None = None
    stale_fails: bool = False
    allow_undecided: bool = False
    uncertain_defaults: bool = False


class Turn(NamedTuple):
    """Where an expectation turns, if one input alone is changed.

    Attributes:
        name: The input.
        value: The last value before it turns, in base units.
        factor: How many times the value that it has now.
        words: For people, such as `users = 660M (×1.32)`.
        is_at_limit: Does it turn with any change of the input?
    """

    name: str
    value: float
    factor: float
    words: str
    is_at_limit: bool = False


class Verdict(NamedTuple):
    """An expectation, what becomes of it, and what it would take for another outcome.

    Attributes:
        outcome: Whether it holds.
        missed: By how much it is missed, for people; empty where it holds.
        derivation: How its left side came about, where it does not hold.
        turns: Where it stops to hold, or begins to: the load first, then what is nearest.
        is_firm: Does it hold, as far as was seen, whichever input alone is changed?
    """

    outcome: Outcome
    missed: str = ""
    derivation: str = ""
    turns: tuple[Turn, ...] = ()
    is_firm: bool = False

    @property
    def until_when(self) -> str:
        """Return where it turns: `holds until users = 660M (×1.32)`; nothing if not known."""
        if not self.turns:
            return "no single input breaks it" if self.is_firm else ""
        if self.outcome.status != "pass":
            return "would hold at " + " or ".join(turn.words for turn in self.turns[:2])
        further = " or ".join(turn.words for turn in self.turns[:2] if not turn.is_at_limit)
        limits = " or ".join(turn.words for turn in self.turns[:2] if turn.is_at_limit)
        parts = [f"holds until {further}"] if further else []
        return "; ".join([*parts, f"already at the limit with {limits}"] if limits else parts)


class Figure(NamedTuple):
    """A value that a baseline may keep.

    Attributes:
        value: In base units; infinite for a wait without end.
        unit: The base unit, such as `B/s`; empty for a count.
        text: For people.
        start: The first character in the file of what gives it, or of its main input; -1 where
            that is not known, as of what a baseline has.
        end: The character behind.
    """

    value: float
    unit: str
    text: str
    start: int = -1
    end: int = -1


class Move(NamedTuple):
    """A value that is not what the baseline has.

    Attributes:
        name: The quantity.
        before: What the baseline has; None where it does not have it.
        after: What it is now; None where it is no longer there.
        factor: How many times what it was, or None where that says nothing.
        tolerance: How far it may move, as it was written.
        beyond: Is it further than that, or gone?
        by_version: Is a newer version of the program the reason, as nothing else changed?
    """

    name: str
    before: Figure | None
    after: Figure | None
    factor: float | None
    tolerance: str
    beyond: bool
    by_version: bool = False

    @property
    def texts(self) -> tuple[str, str]:
        """Return both values, in as many digits as it takes to see the difference."""
        before, after = self.before, self.after
        if before is None or after is None or before.text != after.text:
            return before.text if before else "not there", after.text if after else "gone"
        for kept in range(4, 13):
            was, now = (with_unit(digits(f.value, kept), f.unit or "1") for f in (before, after))
            if was != now:
                break
        return f"{before.text} ({was})", f"{after.text} ({now})"

    @property
    def times(self) -> str:
        """Return the factor between both values, or the share more or less where that is near 1."""
        if self.factor is None:
            return ""
        more = self.factor - 1.0
        if abs(more) >= _NEAR:
            return f"×{count(self.factor, significant=4)}"
        return ("-" if more < 0.0 else "+") + share(abs(more), significant=2)


class Checked(NamedTuple):
    """A scenario, and what is found of it.

    Attributes:
        file: Its file, as the user calls it.
        name: What it calls itself.
        found: What is wrong with it: errors (`E...`) first, then expectations that fail and values
            that moved (`F...`), and warnings (`W...`), each in the order of the file.
        verdicts: What it should meet, and whether it does.
        figures: The values that a baseline keeps, by name.
        moves: What is not as in the baseline, within its tolerance or beyond.
        digest: Of what it says, whatever its spaces and comments are; for a baseline.
        libraries: The paths of its own kinds, as they stand in it.
        kinds: A digest of these kinds, as they were read.
        day: The day on which it was judged, where that matters.
        skipped: Why it was not checked, if it was found in a folder and is something else.
        more_gone: How much of the baseline is gone beside what is listed.
        left_out: The variants of which no expectation is, so that they were not computed.
        answer: The estimate in at most eight lines.
    """

    file: str
    name: str
    found: tuple[Diagnostic, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    figures: Mapping[str, Figure] = {}
    moves: tuple[Move, ...] = ()
    digest: str = ""
    libraries: tuple[str, ...] = ()
    kinds: str = ""
    day: str = ""
    skipped: str = ""
    more_gone: int = 0
    left_out: tuple[str, ...] = ()
    answer: tuple[SummaryLine, ...] = ()

    def __repr__(self) -> str:
        return f"<Checked {self.name!r}: {self.outcome}>"

    @property
    def outcome(self) -> str:
        """`wrong`, `fails`, `holds` or `skipped`: what decides the exit code."""
        if self.skipped:
            return "skipped"
        letters = {found.rule[0] for found in self.found}
        return "wrong" if "E" in letters else "fails" if "F" in letters else "holds"


@dataclass
class Tally:
    """What came of all scenarios so far.

    Attributes:
        scenarios: How many were checked, by outcome: `wrong`, `fails`, `holds`, `skipped`.
        expectations: How many there are, by status: `pass`, `fail`, `warn`, `waived`, `undecided`.
        problems: How much is wrong, by the letter of the rule: `E`, `F` or `W`.
        moved: How many values moved beyond their tolerance.
        elsewhere: How much is wrong with the call, its settings or the baseline, likewise.
        skipped: The files that are something else; the first of them.
        not_refuted: How many expectations pass only as far as a bound does not refute them.
    """

    scenarios: Counter[str] = field(default_factory=Counter)
    expectations: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    moved: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    skipped: list[str] = field(default_factory=list)
    not_refuted: int = 0

    def count(self, results: Iterable[Checked]) -> Iterator[Checked]:
        """Hand on results, and count them on the way."""
        for checked in results:
            self.add(checked)
            yield checked

    def add(self, checked: Checked) -> None:
        """Count one more."""
        if checked.file:  # what is wrong with the call is no scenario
            self.scenarios[checked.outcome] += 1
            if checked.skipped and len(self.skipped) <= _MOST_NAMED:
                self.skipped.append(checked.file)
        self.expectations.update(verdict.outcome.status for verdict in checked.verdicts)
        outcomes = [verdict.outcome for verdict in checked.verdicts]
        self.not_refuted += sum(o.status == "pass" and o.is_unrefuted for o in outcomes)
        self.problems.update(found.rule[0] for found in checked.found)
        if not checked.file:  # what moved is counted by itself
            self.elsewhere.update(f.rule[0] for f in checked.found if f.rule != "F004")
            self.elsewhere["F"] += checked.more_gone
        else:
            self.moved += sum(move.beyond for move in checked.moves) + checked.more_gone

    @property
    def code(self) -> int:
        """The exit code: 2 where something is wrong, 1 where something fails, 0 if all is well."""
        return 2 if self.problems["E"] else 1 if self.problems["F"] else 0

    @property
    def words(self) -> str:
        """All of it in a line."""
        counted = self.scenarios.total() - self.scenarios["skipped"]
        parts = [_number(counted, "scenario") + " checked"]
        wrong, failing = self.scenarios["wrong"], self.scenarios["fails"]
        parts += [f"{wrong} wrong"] if wrong else []
        parts += [f"{failing} fail{'s' if failing == 1 else ''}"] if failing else []
        if self.expectations:
            held = self.expectations["pass"]
            total = self.expectations.total()
            parts.append(
                f"{held} of {_number(total, 'expectation')} hold{'s' if total == 1 else ''}"
                + (f" ({self.not_refuted} not refuted)" if self.not_refuted else "")
            )
        for status, word in (
            ("warn", "only warned"),
            ("waived", "waived"),
            ("undecided", "undecided"),
        ):
            if self.expectations[status]:
                parts.append(f"{self.expectations[status]} {word}")
        if self.scenarios["skipped"]:
            skipped = f"{_number(self.scenarios['skipped'], 'other file')} skipped"
            named = f" ({', '.join(self.skipped)})" if len(self.skipped) <= _MOST_NAMED else ""
            parts.append(skipped + named)
        if self.moved:
            parts.append(f"{_number(self.moved, 'value')} moved")
        if self.elsewhere["F"]:
            parts.append(f"{self.elsewhere['F']:,} gone since the baseline")
        if self.elsewhere["E"]:
            parts.append(_number(self.elsewhere["E"], "error") + " elsewhere")
        return ", ".join(parts)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
