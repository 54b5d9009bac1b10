"""How states, severities and shares are shown; apart, since rich takes long to load."""

from __future__ import annotations

import re

from estimator.diagnostics import Severity
from estimator.scenario.outcome import Outcome

MARKS = {
    "pass": "✓",
    "fail": "✗ fails",
    "warn": "✗ warns",
    "waived": "✗ waived",
    "undecided": "? open",
}

UNREFUTED = "~"
"""The mark of a condition that holds, but that a bound can only refute and not confirm."""

COLORS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}

LINE_STYLES = {"refuted": "bold red", "near": "yellow"}
"""How a line of the answer looks, by its status."""

_BAR = 12
_SOURCE = re.compile(r"(?: *+\d++ ++| ++)[│|]")


def may_break(line: str) -> bool:
    """Return whether a line may be broken between words; a file's own lines keep their columns."""
    return _SOURCE.match(line) is None


def bar(part: float, length: int = _BAR) -> str:
    """Return a bar for a share, in half blocks."""
    halves = round(part * length * 2)
    return "█" * (halves // 2) + "▌" * (halves % 2)


def mark(outcome: Outcome) -> str:
    """Return the mark of an expectation: that it holds, is not refuted, or how it fails."""
    return UNREFUTED if outcome.is_unrefuted else MARKS[outcome.status]
