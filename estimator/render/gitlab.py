"""Diagnostics as a code quality report of GitLab, which its merge requests show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from estimator.check.checked import Checked, Tally
from estimator.render.json import dumped
from estimator.render.located import ERROR, FAILURE, NOTE, WARNING, Spot, Told, level, told
from estimator.render.sanitize import sanitize

_SEVERITIES = {ERROR: "blocker", FAILURE: "critical", WARNING: "minor", NOTE: "info"}
_NOWHERE = Spot(".")  # GitLab refuses a report with an entry that has no path


def gitlab(results: Iterable[Checked], tally: Tally, root: Path | None = None) -> Iterator[str]:
    """A JSON list with an entry for each diagnostic.

    Args:
        results: What was found of each scenario.
        tally: Its counts, which this format does not tell.
        root: The folder that paths are relative to, which GitLab wants to be the repository's.
    """
    before = "[\n  "
    for one in told(results, root):
        yield before + dumped(_entry(one), None)
        before = ",\n  "
    yield "[]\n" if before[0] == "[" else "\n]\n"


def _entry(one: Told) -> dict[str, Any]:
    spot = one.spot or _NOWHERE
    return {
        "description": sanitize(one.found.message),
        "check_name": one.found.rule,
        "fingerprint": one.print,
        "severity": _SEVERITIES[level(one.found)],
        "location": {"path": spot.path, "lines": {"begin": spot.line, "end": spot.end_line}},
    }
