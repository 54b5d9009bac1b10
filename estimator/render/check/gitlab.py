"""Diagnostics as a code quality report of GitLab, which its merge requests show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from estimator.render.check import Findings
from estimator.render.json import dumped
from estimator.render.located import ERROR, FAILURE, NOTE, WARNING, Located, Spot, level, locate
from estimator.render.registry import Text
from estimator.render.sanitize import sanitize

_SEVERITIES = {ERROR: "blocker", FAILURE: "critical", WARNING: "minor", NOTE: "info"}
_NOWHERE = Spot(".")  # GitLab refuses a report with an entry that has no path


def to_gitlab(findings: Findings) -> Iterator[str]:
    """Yield a JSON list with an entry for each diagnostic."""
    before = "[\n  "
    for one in locate(findings.results, findings.root):
        yield before + dumped(_entry(one), None)
        before = ",\n  "
    yield "[]\n" if before[0] == "[" else "\n]\n"


def _entry(one: Located) -> dict[str, Any]:
    spot = one.spot or _NOWHERE
    return {
        "description": sanitize(one.found.message),
        "check_name": one.found.rule,
        "fingerprint": one.fingerprint,
        "severity": _SEVERITIES[level(one.found)],
        "location": {"path": spot.path, "lines": {"begin": spot.line, "end": spot.end_line}},
    }


RENDERER = Text(to_gitlab)
