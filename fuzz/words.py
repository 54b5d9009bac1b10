"""What the language is made of, asked of the program; and formulas written by its grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random

from estimator.formula.functions import FUNCTIONS
from estimator.library.kind import KindFile
from estimator.library.names import shipped_kinds
from estimator.scenario.sections import ScenarioFile
from estimator.units import unit_table
from fuzz.target import ROOT

_KEY = re.compile(r"^ *(?:- *)?([a-z_][\w.]*):(?: |$)|[{,] *([a-z_][\w.]*):", re.MULTILINE)
_NAMES = ("users", "tweet.payload", "tweet.writes.average", "api.nodes", "servers", "a", "b", "x")
_UNITS = ("B", "kB", "MB", "GiB", "b", "Gbps", "s", "ms", "days", "month", "years", "USD", "rps")
_ENDS = ("", "", "", "%", "k", "M", "x", " million", "B", "/day", "/s", " B/s", " USD/GB/month")


@cache
def units() -> tuple[str, ...]:
    """Return the spellings of all units."""
    return tuple(unit_table().units)


@cache
def functions() -> tuple[str, ...]:
    """Return the names of all functions."""
    return tuple(FUNCTIONS)


@cache
def keys() -> tuple[str, ...]:
    """Return the keys of scenarios and kinds: of their tops, and what shipped kinds take."""
    found = {*ScenarioFile.model_fields, *KindFile.model_fields}
    for folder in ("scenarios", "estimator/library", "tests/naive"):
        for path in sorted((ROOT / folder).glob("*.yaml")):
            found.update(one or other for one, other in _KEY.findall(path.read_text("utf-8")))
    return tuple(sorted(found))


@cache
def words() -> tuple[str, ...]:
    """Return all that may stand in a scenario: keys, kinds, units, functions, names and signs."""
    signs = (*"+-*/^()<>,:$%", "==", "!=", "<=", ">=", "**", "±", " to ", " at ", " in ", " and ")
    more = (
        " or ",
        "not ",
        "*",
        "true",
        "null",
        "~",
        "[]",
        "{}",
        '""',
        "cheapest",
        "cheapest of aws",
    )
    return (*keys(), *shipped_kinds(), *units(), *functions(), *_NAMES, *signs, *more)


def formula(random: Random) -> str:
    """Write a formula, which may or may not mean something."""
    return "".join(_formula(random, 0, 12))


def without_ranges(random: Random) -> str:
    """Write a formula without ranges, each of which takes thousands of samples."""
    return "".join(_formula(random, 0, 11))


def _formula(random: Random, depth: int, ways: int) -> Iterator[str]:
    def inner() -> str:
        return "".join(_formula(random, depth + 1, ways))

    way = random.randrange(ways if depth < 4 else 4)
    if way < 3:
        yield number(random)
    elif way == 3:
        yield random.choice(_NAMES) if random.random() < 0.5 else random.choice(units())
    elif way < 7:
        yield inner()
        yield random.choice((" + ", " - ", " * ", " / ", "*", "/", "^", " < ", " == ", " and "))
        yield inner()
    elif way == 7:
        yield f"({inner()})"
    elif way == 8:
        yield random.choice(("-", "not ", "$", "- "))
        yield inner()
    elif way == 9:
        name = random.choice(functions())
        most = FUNCTIONS[name].signature.count(",") + 1
        count = most if random.random() < 0.8 else random.randrange(5)
        yield f"{name}({', '.join(inner() for _ in range(count))})"
    elif way == 10:
        yield f"{inner()} in {random.choice(units())}"
    else:
        join = random.choice((" to ", " ± ", " at "))
        yield f"({number(random)}{join}{number(random)})"


def number(random: Random) -> str:
    """Write a number, perhaps with a unit."""
    digits = random.choice(
        ("0", "1", "2", "3", "7", "10", "100", "0.5", "1.5", "99", "1e6", "12345")
    )
    if random.random() < 0.15:
        digits = repr(random.choice((random.uniform(0, 10), random.expovariate(1e-6))))
    if random.random() < 0.5:
        return digits + random.choice(_ENDS)
    return f"{digits} {random.choice(_UNITS if random.random() < 0.7 else units())}"
