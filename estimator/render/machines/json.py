"""The machines that components could run on, as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from estimator.evaluate.choice import MachineChoice
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Found, Text


def to_json(found: Found[Sequence[MachineChoice]]) -> Iterator[str]:
    """Yield the machines for each component as one JSON object."""
    yield written(
        machines=[
            {
                **machine_json(choice),
                "alone": choice.alone or None,
                "alone_nodes": number(choice.alone_nodes) if choice.alone else None,
            }
            for choice in found.result or ()
        ],
        diagnostics=diagnostics_json(found.diagnostics),
    )


def machine_json(choice: MachineChoice) -> dict[str, Any]:
    """Return the machines that a component could run on as JSON has them."""
    return {
        "component": choice.component,
        "scope": choice.scope or None,
        "tried": choice.tried,
        "chosen": choice.candidates[0].name if choice.candidates else None,
        "weight": choice.weight,
        "candidates": [
            {
                "name": c.name,
                "cloud": c.cloud,
                "nodes": number(c.nodes),
                "bottleneck": c.binds,
                "utilization": c.utilization,
                "cost_per_month": number(c.cost),
                "reason": c.reason or None,
                "regret": c.regret,
            }
            for c in choice.candidates
        ],
        "rejected": [{"name": c.name, "reason": c.reason} for c in choice.refused],
    }


RENDERER = Text(to_json, endings=(".json",))
