"""Where a condition turns, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.solve import Solution
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Text
from estimator.render.solve import Solved


def to_json(solved: Solved) -> Iterator[str]:
    """Yield the solution as one JSON object, with values in base units."""
    solution = None if solved.solution is None else _solution(solved.solution)
    yield written(solution=solution, diagnostics=diagnostics_json(solved.diagnostics))


def _solution(found: Solution) -> dict[str, Any]:
    low, high, points = found.grid
    return {
        "input": found.name,
        "condition": found.condition,
        "confidence": found.confidence,
        "now": {"value": number(found.now), "text": found.now_text, "holds": found.holds_now},
        "limit": None
        if found.limit is None
        else {
            "value": number(found.limit),
            "text": found.limit_text,
            "is": "largest" if found.is_most else "smallest",
        },
        "holds": [{"from": _end(span.low), "to": _end(span.high)} for span in found.spans],
        "results": {
            r.name: {
                "now": number(r.now),
                "limit": number(r.limit),
                "texts": list(r.texts),
                "bound": r.bound or None,
            }
            for r in found.results
        },
        "grid": {"from": number(low), "to": number(high), "points": points},
        "evaluations": found.evaluations,
    }


def _end(value: float | None) -> float | int | None:
    return None if value is None else number(value)


RENDERER = Text(to_json, endings=(".json",))
