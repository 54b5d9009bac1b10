"""What is found of a scenario that is checked: values that renderers read and a cache keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from estimator.diagnostics import Diagnostic, Text

HEADLINES = (
    "requests.average",
    "requests.peak",
    "ingress.peak",
    "egress.peak",
    "storage.per_day",
    "storage.retained",
    "servers",
    "cost.per_month",
    "availability",
    "latency.p99",
)
"""The totals of a system that a baseline keeps."""

FIGURES = (*HEADLINES, "*.nodes")
"""What a baseline keeps unless the settings say otherwise, besides a file's own formulas."""


class Asking(NamedTuple):
    """What is asked of each scenario.

    Attributes:
        overrides: Formulas that replace what scenarios say, by name (`--set`).
        variant: The name of a set of overrides in the files.
        draws: How many draws to take where there are ranges.
        seed: Which.
        figures: Patterns of the names whose values are wanted; none where no baseline is kept.
    """

    overrides: Mapping[str, Text]
    variant: Text | None
    draws: int
    seed: int
    figures: tuple[str, ...] = ()


class Turn(NamedTuple):
    """Where an expectation turns, if one input alone is changed.

    Attributes:
        name: The input.
        value: The last value before it turns, in base units.
        factor: How many times the value that it has now.
        words: For people, such as `users = 660M (×1.32)`.
    """

    name: str
    value: float
    factor: float
    words: str


class Verdict(NamedTuple):
    """An expectation, and what is found of it.

    Attributes:
        check: The condition as it was written.
        status: `pass`, `fail`, `warn` (fails, but only warns), or `waived` (until a date).
        left: The value of its left side, for people.
        right: The value of its right side, for people.
        ratio: Left divided by right, or None.
        chance: The share of draws in which it holds, where it depends on ranges.
        missed: By how much it is missed, for people; empty where it holds.
        reason: Why it is expected.
        owner: Who decides about it.
        until: The last day of a waiver, as `2027-03-31`.
        start: Its first character in the file.
        end: The character behind it.
        line: Its line, counted from 1.
        derivation: How its left side came about, where it does not hold.
        turns: Where it stops to hold, or begins to: the load first, then what is nearest.
    """

    check: str
    status: str
    left: str
    right: str
    ratio: float | None
    chance: float | None
    missed: str
    reason: str
    owner: str
    until: str
    start: int
    end: int
    line: int
    derivation: str
    turns: tuple[Turn, ...]

    @property
    def until_when(self) -> str:
        """Where it turns, in a line: `holds until users = 660M (×1.32)`; empty if nowhere."""
        if not self.turns:
            return ""
        words = " or ".join(turn.words for turn in self.turns[:2])
        return f"holds until {words}" if self.status == "pass" else f"would hold at {words}"


class Figure(NamedTuple):
    """A value that a baseline may keep.

    Attributes:
        value: In base units; infinite for a wait without end.
        unit: The base unit, such as `B/s`; empty for a count.
        text: For people.
    """

    value: float
    unit: str
    text: str


class Checked(NamedTuple):
    """A scenario, and what is found of it.

    Attributes:
        file: Its file, as the user calls it.
        name: What it calls itself.
        text: All of it; empty once nothing points into it.
        found: What is wrong with it, expectations and baseline among it.
        verdicts: What it should meet, and whether it does.
        figures: The values that were asked for, by name.
        digest: Of what it says, whatever its spaces and comments are.
        libraries: The paths of its own kinds, as they stand in it.
        day: The day on which it was judged, where that matters.
        skipped: Why it was not checked, if it was found in a folder and is something else.
    """

    file: str
    name: str
    found: tuple[Diagnostic, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    figures: Mapping[str, Figure] = {}
    digest: str = ""
    libraries: tuple[str, ...] = ()
    day: str = ""
    skipped: str = ""
