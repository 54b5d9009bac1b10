"""What is written to begin with, as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.json import diagnostics_json, written
from estimator.render.new import Created
from estimator.render.registry import Text


def to_json(created: Created) -> Iterator[str]:
    """Yield the files that are written, and the call that computes the scenario."""
    yield written(
        files=list(created.files),
        system=created.system or None,
        next=created.call or None,
        diagnostics=diagnostics_json(created.diagnostics),
    )


RENDERER = Text(to_json, endings=(".json",))
