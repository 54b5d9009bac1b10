"""A project's settings, and a check under them."""

from __future__ import annotations

from collections.abc import Hashable
from random import Random
from zlib import crc32

from fuzz.command import asked
from fuzz.mutate import Mutator
from fuzz.scratch import parts, write
from fuzz.target import Target

_SCENARIO = b"derive:\n  a: 1 GB\n"
_KEYS = (
    *("paths", "exclude", "baseline", "values", "tolerance", "tolerances", "seed"),
    *("draws", "samples", "jobs", "cache", "servers", "'*.nodes'", '"a.b"', "a.b.c"),
)
_VALUES = (
    *("true", "false", "0", "1", "-1", "256", "257", "1_000", "100_000_000", "9223372036854775808"),
    *(
        "0x1f",
        "1e400",
        "0.5",
        "-0.0",
        "inf",
        "nan",
        "1979-05-27",
        "07:32:00",
        "1979-05-27T07:32:00Z",
    ),
    *(
        '"5%"',
        '"-5%"',
        '"10 GB"',
        "'a'",
        '""',
        '"\\u0000"',
        '"\\u001b[31m"',
        '"::error::x"',
        '"(1"',
    ),
    *('"*.yaml"', '"["', '"estimator.baseline.json"', '"/dev/null"', '"../.."', "'''\nx'''"),
)
_SIGNS = ("[tool.estimator]", "[tolerances]", "[[a]]", "=", " = ", ".", "\n", '"', "'''", "#", ",")
_WORDS = (*_KEYS, *_VALUES, *_SIGNS)


def _value(random: Random) -> str:
    """Write a value of TOML."""
    way = random.randrange(8)
    if way == 0:
        return f"[{', '.join(_value(random) for _ in range(random.randrange(3)))}]"
    if way == 1:
        return f"{{{random.choice(_KEYS)} = {_value(random)}}}"
    return random.choice(_VALUES)


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
    Mutator(
        _WORDS,
        _value,
        value=r"= *([^\n]+)",
        nested=(("[", "]"), ("{a=", "}"), ("a.", ""), ("9", "")),
    ),
    ("checks/settings.py", "cli/commands/check.py"),
)
