"""Designs side by side as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.analyse.designs import Designs
from estimator.render.json import diagnostics_json, number, written
from estimator.render.registry import Found, Text


def to_json(found: Found[Designs]) -> Iterator[str]:
    """Yield the designs as one JSON object, with values in base units."""
    made = None if found.result is None else _designs(found.result)
    yield written(comparison=made, diagnostics=diagnostics_json(found.diagnostics))


def _designs(designs: Designs) -> dict[str, Any]:
    cheapest = designs.cheapest
    return {
        "designs": [
            {
                "name": design.name,
                "file": design.report.file,
                "failing": list(design.failing),
                "undecided": list(design.undecided),
                "gives_up": list(design.gives_up),
                "chance_cheapest": design.chance_cheapest,
            }
            for design in designs.designs
        ],
        "cheapest": None if cheapest is None else designs.designs[cheapest].name,
        "samples": designs.samples,
        "rows": [
            {
                "name": row.name,
                "group": row.group,
                "values": [*map(number, row.values)],
                "texts": list(row.texts),
                "differs": row.differs,
            }
            for row in designs.rows
        ],
    }


RENDERER = Text(to_json, endings=(".json",))
