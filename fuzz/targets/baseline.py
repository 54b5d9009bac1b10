"""A baseline, and a check against it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
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


TARGET = Target(
    "baseline",
    "`estimator.baseline.json`, and a check against it in each format",
    run,
    Mutator(_WORDS, nested=(("[", "]"), ('{"a": ', "}"), ("9", ""))),
    (
        *("check", "render/check_text.py", "render/check_json.py", "render/check_markdown.py"),
        *("render/github.py", "render/junit.py", "render/sarif.py", "render/gitlab.py"),
    ),
)
