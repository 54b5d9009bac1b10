"""Derivations as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.api.explanation import Explanation
from estimator.render.json import written
from estimator.render.registry import Text


def to_json(explanation: Explanation) -> Iterator[str]:
    """Yield an object with a list of derivations, each after those that use it."""
    yield written(
        scenario=explanation.file,
        derivations=[
            {
                "name": d.name,
                "value": d.value,
                "steps": list(d.steps),
                "notes": list(d.notes),
                "about": d.about or None,
                "where": d.where or None,
                "source": d.source or None,
                "origin": d.origin,
                "bound": d.bound or None,
                "uses": list(d.uses),
            }
            for d in explanation.derivations
        ],
        diagnostics=[],
    )


RENDERER = Text(to_json, endings=(".json",))
