"""What is different between two versions of scenarios, as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.compare import Change
from estimator.analyse.difference import Difference, InputChange
from estimator.analyse.summary import summary
from estimator.checks.pairing import Compared
from estimator.evaluate import Value
from estimator.render.answer import changed_lines
from estimator.render.diff import Differences
from estimator.render.json import diagnostic_json, number, place_json, written
from estimator.render.registry import Text
from estimator.units import base_unit


def to_json(differences: Differences) -> Iterator[str]:
    """Yield scenarios in two versions as one JSON object."""
    scenarios = differences.scenarios
    everything = [*differences.diagnostics, *(d for one in scenarios for d in one.found)]
    yield written(
        base=differences.base,
        scenarios=[_compared(one) for one in scenarios],
        diagnostics=[diagnostic_json(d) for d in dict.fromkeys(everything)],
    )


def _compared(one: Compared) -> dict[str, Any]:
    found = one.difference
    return {
        "file": one.after or None,
        "before": one.before or None,
        "status": one.status,
        "summary": [] if found is None else _answer(found),
        "inputs": [] if found is None else [_input(c) for c in found.inputs],
        "quantities": [] if found is None else [_change(c) for c in found.comparison.quantities],
        "expected": [] if found is None else [_input(c) for c in found.expected],
        "expectations": []
        if found is None
        else [
            {"check": c.check, "before": c.before or None, "after": c.after or None}
            for c in found.comparison.expectations
        ],
        "attribution": {} if found is None else _reasons(found),
    }


def _answer(found: Difference) -> list[dict[str, Any]]:
    both = (found.before, found.after)
    before, after = (summary(one.report, by_defaults=False) for one in both)
    return [
        {"title": title, "before": was or None, "after": now or None, "status": status or None}
        for title, was, now, status in changed_lines(before, after)
    ]


def _input(change: InputChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "library": change.is_library,
        "before": change.before,
        "after": change.after,
        "before_place": place_json(change.before_place),
        "after_place": place_json(change.after_place),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "before": _value(change.before),
        "after": _value(change.after),
        "factor": change.factor,
    }


def _value(value: Value | None) -> dict[str, Any] | None:
    if value is None:
        return None
    unit = base_unit(value.dimension)
    return {"value": number(value.value), "unit": unit, "text": value.text}


def _reasons(found: Difference) -> dict[str, Any]:
    return {
        reason.measure: {
            "before": number(reason.before),
            "after": number(reason.after),
            "change": number(reason.after - reason.before),
            "exact": reason.is_exact,
            "shares": [{"inputs": list(s.names), "value": s.value} for s in reason.shares],
        }
        for reason in found.reasons
    }


RENDERER = Text(to_json, endings=(".json",))
