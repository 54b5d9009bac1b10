"""A project's settings, and a check under them."""

from __future__ import annotations

from collections.abc import Hashable
from zlib import crc32

from fuzz.command import asked
from fuzz.mutate import Mutator
from fuzz.scratch import parts, write
from fuzz.target import Target

_SCENARIO = b"derive:\n  a: 1 GB\n"
_WORDS = (
    *("paths", "exclude", "baseline", "values", "tolerance", "tolerances", "draws", "seed"),
    *("jobs", "cache", "true", "false", "[tool.estimator]", "[tolerances]", "servers", "*.nodes"),
    *('"5%"', "'a'", "[]", "{}", "[[a]]", "=", " = ", ".", "\n", '"', "'''", '"""', "1979-05-27"),
    *("inf", "nan", "0x1f", "1e400", "-1", "256", "257", "100_000_000", "9223372036854775808"),
    *('["*.yaml"]', '"estimator.baseline.json"', '"/dev/null"', '"../.."', '"\\u0000"', "#"),
)


def run(data: bytes) -> Hashable:
    """Check a small scenario in a project with these settings."""
    (settings,) = parts(data, 1)
    write(estimator_toml=settings, scenario_yaml=_SCENARIO)
    format_ = ("full", "json")[crc32(data) % 2]
    return asked("check", ["scenario.yaml"], cached=False, format_=format_)


TARGET = Target(
    "settings",
    "`estimator.toml`, and a check under it",
    run,
    Mutator(_WORDS, nested=(("[", "]"), ("{a=", "}"), ("a.", ""), ("9", ""))),
    ("check/settings.py", "cli/check.py"),
)
