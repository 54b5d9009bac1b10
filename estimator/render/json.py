"""What the JSON of all commands has in common: schema 2, with values in base units."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from estimator.diagnostics import Diagnostic, Place
from estimator.render.sanitize import sanitize_json

if TYPE_CHECKING:
    from estimator.analyse.cell import Cell

SCHEMA = 2
"""What a change that breaks readers counts up; `old_names` has what they read before."""

MOST = 1000
"""How many diagnostics are written."""


def written(**content: Any) -> str:
    """Return a JSON object with the version first, and a newline at its end."""
    return dumped({"schema": SCHEMA, **content}) + "\n"


def dumped(content: Any, indent: int | None = 2) -> str:
    """Return a value as JSON that neither a CI log nor a terminal obeys."""
    text = json.dumps(content, indent=indent, allow_nan=False, default=date.isoformat)
    return sanitize_json(text)


def number(value: float | None) -> float | int | None:
    """Return a value as JSON has it: whole numbers without a point, None for what is infinite."""
    if value is None or not math.isfinite(value):
        return None  # JSON has no number for a wait without end
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def cell_json(cell: Cell) -> dict[str, Any]:
    """Return a result at a point as JSON has it."""
    found: dict[str, Any] = {"value": number(cell.value), "text": cell.text}
    if cell.low is not None and cell.high is not None:
        found |= {"p5": number(cell.low), "p95": number(cell.high)}
    return found


def diagnostics_json(found: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return diagnostics as JSON has them, each once, and no more than find room."""
    return [diagnostic_json(one) for one in list(dict.fromkeys(found))[:MOST]]


def diagnostic_json(found: Diagnostic) -> dict[str, Any]:
    """Return a diagnostic as JSON has it."""
    return {
        "rule": found.rule,
        "severity": found.severity.value,
        "message": found.message,
        "help": found.help,
        "notes": list(found.notes),
        "place": place_json(found.place),
        "labels": [
            {"text": label.text, "place": place_json(label.place)} for label in found.labels
        ],
    }


def place_json(place: Place | None) -> dict[str, Any] | None:
    """Return a place by its file, lines and columns."""
    if place is None:
        return None
    end_line, end_column = place.source.position(place.end)
    return {
        "file": place.source.name,
        "line": place.line,
        "column": place.column,
        "end_line": end_line,
        "end_column": end_column,
    }
