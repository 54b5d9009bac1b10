"""What is different between two versions of scenarios, as JSON, version 1."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from estimator.analyse.compare import Change
from estimator.analyse.difference import Difference, InputChange
from estimator.check.versions import Compared
from estimator.diagnostics import Diagnostic
from estimator.evaluate import Value
from estimator.render.json import SCHEMA, diagnostic_json, dumped, number, place_json
from estimator.units import base_unit


def to_json(found: Sequence[Compared], base: str, diagnostics: Iterable[Diagnostic]) -> str:
    """Scenarios in two versions as one JSON object, with a newline at its end."""
    everything = [*diagnostics, *(d for one in found for d in one.found)]
    content = {
        "schema": SCHEMA,
        "base": base,
        "scenarios": [_compared(one) for one in found],
        "diagnostics": [diagnostic_json(d) for d in dict.fromkeys(everything)],
    }
    return dumped(content) + "\n"


def _compared(one: Compared) -> dict[str, Any]:
    told = one.difference
    return {
        "file": one.after or None,
        "before": one.before or None,
        "status": one.status,
        "inputs": [] if told is None else [_input(c) for c in told.inputs],
        "quantities": [] if told is None else [_change(c) for c in told.comparison.quantities],
        "expected": [] if told is None else [_input(c) for c in told.expected],
        "expectations": []
        if told is None
        else [
            {"check": c.check, "before": c.before or None, "after": c.after or None}
            for c in told.comparison.expectations
        ],
        "why": {} if told is None else _reasons(told),
    }


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


def _reasons(told: Difference) -> dict[str, Any]:
    return {
        reason.measure: {
            "before": number(reason.before),
            "after": number(reason.after),
            "change": number(reason.after - reason.before),
            "exact": reason.is_exact,
            "shares": [{"inputs": list(s.names), "value": s.value} for s in reason.shares],
        }
        for reason in told.reasons
    }
