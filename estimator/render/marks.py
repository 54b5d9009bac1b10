"""How states and severities are shown; apart, since tables and rich take long to load."""

import re

from estimator.diagnostics import Severity

MARKS = {"pass": "✓", "fail": "✗ fails", "warn": "✗ warns", "waived": "✗ waived"}

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}

_SOURCE = re.compile(r"(?: *+\d++ ++| ++)[│|]")


def may_break(line: str) -> bool:
    """May a line be broken between words? Of a file's own lines each character has its column."""
    return _SOURCE.match(line) is None
