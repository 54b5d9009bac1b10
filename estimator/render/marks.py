"""How the state of an expectation is shown; apart, since all else of a table takes long to load."""

MARKS = {"pass": "✓", "fail": "✗ fails", "warn": "✗ warns", "waived": "✗ waived"}
