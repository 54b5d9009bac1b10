"""Answers as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from estimator.analyse.calculate import Answer
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Found, Text
from estimator.units import CONDITION, base_unit


def to_json(found: Found[Iterable[Answer]]) -> Iterator[str]:
    """Yield all answers as one JSON object, once the last has come."""
    answers = [_answer(answer) for answer in found.result or ()]
    yield written(answers=answers, diagnostics=diagnostics_json(found.diagnostics))


def _answer(answer: Answer) -> dict[str, Any]:
    is_condition = answer.dimension == CONDITION
    return {
        "formula": answer.formula,
        "name": answer.name or None,
        "value": bool(answer.value) if is_condition else number(answer.value),
        "unit": None if is_condition else base_unit(answer.dimension),
        "text": answer.text,
    }


RENDERER = Text(to_json, endings=(".json",))
