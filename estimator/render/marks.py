"""How states and severities are shown; apart, since tables and rich take long to load."""

from estimator.diagnostics import Severity

MARKS = {"pass": "✓", "fail": "✗ fails", "warn": "✗ warns", "waived": "✗ waived"}

COLOURS = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}
