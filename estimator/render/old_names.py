"""The JSON of schema 1: what schema 2 calls otherwise, under the names that it had before.

Every format `json` writes schema 2. Whoever still reads schema 1 asks for it with
`--schema-version 1`, and what was written is renamed on its way out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from estimator.render.json import dumped

_MACHINES = {
    "rejected": "refused",
    "candidates[].bottleneck": "resource",
    "candidates[].cost_per_month": "cost",
}
_UNCERTAINTY = {
    "samples": "draws",
    "drivers.NAME[].log_scale": "logarithm",
    "drivers.NAME[].spread_if_known": "narrowed",
    "interactions": "together",
    "interactions.NAME[].log_scale": "logarithm",
    "means[].standard_error": "error",
    "means[].samples": "draws",
    "bottleneck": "binds",
    "nodes_sufficient": "suffices",
    "sobol.NAME.samples": "draws",
    "sobol.NAME.log_scale": "logarithm",
    "sobol.NAME.indices[].first_order": "first",
    "sobol.NAME.indices[].total_effect": "total",
    "sobol.NAME.indices[].standard_error": "error",
}

OLD_NAMES: Mapping[str, str] = {
    "scenarios[].expectations[].missed_by": "missed",
    "scenarios[].expectations[].robust": "firm",
    "scenarios[].expectations[].break_even": "holds_until",
    "scenarios[].moves[].beyond_tolerance": "beyond",
    "scenarios[].attribution": "why",
    **{f"scenarios[].machines[].{path}": old for path, old in _MACHINES.items()},
    **{f"scenarios[].uncertainty.{path}": old for path, old in _UNCERTAINTY.items()},
    **{f"machines[].{path}": old for path, old in _MACHINES.items()},
    "catalogs": "catalogues",
    "catalog": "catalogue",
}
"""The last key of paths of schema 2, as schema 1 had it; `NAME` is any key, `[]` each item."""


def in_schema_1(pieces: Iterable[str]) -> Iterator[str]:
    """Yield the text of an object of schema 2 as one of schema 1."""
    content = _renamed(json.loads("".join(pieces)), _tree())
    yield dumped({**content, "schema": 1}) + "\n"


class _Key(NamedTuple):
    """What becomes of a key: its old name, if it had another, and what is below it."""

    old: str
    below: dict[str, _Key]


@cache
def _tree() -> dict[str, _Key]:
    """Return the old names as a tree, so that what has none is left as it is at once."""
    top: dict[str, _Key] = {}
    for path, old in OLD_NAMES.items():
        below = top
        *parents, last = path.replace("[]", ".[]").split(".")
        for part in parents:
            below = below.setdefault(part, _Key("", {})).below
        below[last] = _Key(old, below[last].below if last in below else {})
    return top


def _renamed(value: Any, tree: Mapping[str, _Key]) -> Any:
    if isinstance(value, list) and "[]" in tree:
        return [_renamed(item, tree["[]"].below) for item in value]
    if not isinstance(value, dict) or not tree:
        return value
    renamed = {}
    for key, below in value.items():
        found = tree.get(key) or tree.get("NAME") or _Key("", {})
        renamed[found.old or key] = _renamed(below, found.below)
    return renamed
