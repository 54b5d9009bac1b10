"""Where a condition turns, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.solve import Solution
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Found, Text


def to_json(found: Found[Solution]) -> Iterator[str]:
    """Yield the solution as one JSON object, with values in base units."""
    solution = None if found.result is None else _solution(found.result)
    yield written(solution=solution, diagnostics=diagnostics_json(found.diagnostics))


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
        "holds": [{"from": number(span.low), "to": number(span.high)} for span in found.spans],
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


RENDERER = Text(to_json, endings=(".json",))
