"""A baseline, and a check against it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

from fuzz.command import asked
from fuzz.mutate import Mutator
from fuzz.scratch import parts, write
from fuzz.target import Target
from fuzz.targets.scenario import ALONE

FORMATS = ("full", "concise", "json", "github", "junit", "sarif", "gitlab", "markdown")
_SCENARIO = b"""\
derive:
  size: 10 TB
  count: 12
expect:
  - size <= 20 TB
"""
_WORDS = (
    *('"schema"', '"estimator"', '"scenarios"', '"digest"', '"values"', '"kinds"', "null", "true"),
    *('"scenario.yaml"', '"size"', '"count"', '"B"', '"B/s"', '"10 TB"', "[]", "{}", "NaN"),
    *("Infinity", "-Infinity", "1e400", "-0.0", "9" * 400, '"\\u001b[31m"', '"\\ud800"', '"\\n"'),
    *('"::error::x"', '"0.2.0"', "<<<<<<< HEAD\n", ",", ":", '"', "[1, 2, 3]", "false", "1"),
)


def run(data: bytes) -> Hashable:
    """Check a small scenario against a baseline; the format follows from the input."""
    (baseline,) = parts(data, 1)
    write(baseline_json=baseline, scenario_yaml=_SCENARIO)
    format_ = FORMATS[crc32(data) % len(FORMATS)]
    baseline_file = Path("baseline.json")
    return asked("check", ["scenario.yaml"], baseline=baseline_file, format_=format_, **ALONE)


_AS_TEXT = Mutator(_WORDS, nested=(("[", "]"), ('{"a": ', "}"), ("9", "")))


def mutate(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """Change a value of the JSON for one of another type or place, or the text."""
    try:
        content: Any = json.loads(data)
    except (ValueError, RecursionError):
        return _AS_TEXT(data, random, corpus)
    if random.random() < 0.5:
        return _AS_TEXT(data, random, corpus)
    nodes = list(_nodes([content]))
    for _ in range(random.choice((1, 1, 2))):
        inside, key = random.choice(nodes)
        if isinstance(inside, dict) and random.random() < 0.2:
            inside[random.choice(_NAMES)] = inside.pop(key, None)
            break  # the places found before may be gone
        inside[key] = json.loads(random.choice(_VALUES))
        if random.random() < 0.3:
            break
    return json.dumps(nodes[0][0][0]).encode()


def _nodes(inside: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where each value of JSON stands, the whole first: a list or a mapping, and its key."""
    for key in list(inside) if isinstance(inside, dict) else range(len(inside)):
        yield inside, key
        if isinstance(inside[key], dict | list):
            yield from _nodes(inside[key])


_NAMES = (
    "schema",
    "estimator",
    "scenarios",
    "digest",
    "values",
    "kinds",
    "scenario.yaml",
    "size",
    "",
)
_VALUES = (
    *("null", "true", "0", "1", "-1", "2.5", "1e308", "Infinity", "NaN", "9" * 400, "[]", "{}"),
    *('""', '"x"', '"B"', '"10 TB"', '"0.1.0"', '"\\u001b[2J"', '"::error::x"', '"\\ud800"'),
    *('[1, "B", "1 B"]', '[null, "s", "unbounded"]', '{"digest": "x", "values": {}}', "[[]]"),
)


TARGET = Target(
    "baseline",
    "`estimator.baseline.json`, and a check against it in each format",
    run,
    mutate,
    (*("checks", "render/check", "render/check_summary.py"),),
)
