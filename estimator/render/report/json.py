"""What a page shows as JSON: the scenarios as `run` has them."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.render.registry import Text
from estimator.render.report import Reported
from estimator.render.run import Estimates
from estimator.render.run.json import to_json as estimates_json


def to_json(reported: Reported) -> Iterator[str]:
    """Yield the estimates and what they are warned of as one JSON object."""
    reports = [dossier.report for dossier in reported.dossiers]
    found = dict.fromkeys(d for dossier in reported.dossiers for d in dossier.diagnostics)
    yield from estimates_json(Estimates(reports, list(found)))


RENDERER = Text(to_json, endings=(".json",))
