"""The unit table: which names are units, how large they are, and what they measure.

pint reads the project's own definitions file and works out every unit. Importing pint takes
longer than all that a small scenario needs besides, so the outcome is kept in `table.json`;
pint is asked again whenever the definitions differ from those that the outcome was made of. A
name that a user wrote is only ever looked up: none reaches pint's parser.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from estimator.units.dimension import PLAIN, Dimension

_LENGTHS = ("day", "month", "year")  # those that a scenario's `conventions` set


class Unit(NamedTuple):
    """A unit or a noun.

    Attributes:
        name: The full name, such as `gigabyte` for `GB`.
        factor: How many base units it is.
        dimension: What it measures.
    """

    name: str
    factor: float
    dimension: Dimension


@dataclass(frozen=True)
class Calendar:
    """The lengths of a day, a month and a year, in seconds.

    A year is 365 days and a month a twelfth of it unless a scenario says otherwise.
    """

    day: float = 86_400.0
    month: float = 365 * 86_400.0 / 12
    year: float = 365 * 86_400.0

    @staticmethod
    def of(day: float | None, month: float | None, year: float | None) -> Calendar:
        """Return the calendar of a scenario's conventions, each in seconds, or None where unsaid.

        A month that is given alone makes a year of twelve: the two never contradict each other
        unless both are given.
        """
        usual = Calendar()
        months = usual.year / usual.month
        day = usual.day if day is None else day
        if year is None:
            year = usual.year / usual.day * day if month is None else months * month
        return Calendar(day, year / months if month is None else month, year)

    @cached_property
    def factors(self) -> Mapping[str, float]:
        """The factors of all units that are built on a day, a month or a year."""
        lengths = (self.day, self.month, self.year)
        table, usual = unit_table(), astuple(Calendar())
        factors = {}
        for name, powers in table.calendar.items():
            factors[name] = table.units[name].factor
            for old, new, power in zip(usual, lengths, powers, strict=True):
                factors[name] *= new**power / old**power
        return factors


class UnitTable:
    """The units and nouns by every name they have.

    Attributes:
        units: Name or symbol to unit.
        nouns: Form to noun, such as `requests` to `request`; a noun is a plain number.
        calendar: The powers of a day, a month and a year in each unit that is built on them.
    """

    def __init__(
        self, units: dict[str, Unit], nouns: dict[str, str], calendar: dict[str, list[float]]
    ) -> None:
        self.units = units
        self.nouns = nouns
        self.calendar = calendar

    def unit(self, symbol: str) -> Unit | None:
        """Return the unit of that name or symbol, or None; nouns are not units."""
        return self.units.get(symbol)

    def forms(self, noun: str) -> set[str]:
        """Return the forms of a noun: `request` and `requests`, `req` and `reqs`."""
        return {form for form, name in self.nouns.items() if name == noun}

    def noun(self, word: str) -> Unit | None:
        """Return the noun of that form, a plain number, or None."""
        name = self.nouns.get(word)
        return None if name is None else Unit(name, 1.0, PLAIN)


@cache
def unit_table() -> UnitTable:
    """Return the table, read at the first call."""
    definitions = _text("definitions.txt")
    kept = json.loads(_text("table.json"))
    if kept["definitions"] != crc32(definitions.encode()):
        kept = made_by_pint(definitions)
    units = {
        symbol: Unit(name, factor, Dimension(*dimension))
        for symbol, (name, factor, dimension) in kept["units"].items()
    }
    return UnitTable(units, _nouns(), kept["calendar"])


def unit_factor(name: str, calendar: Calendar) -> float:
    """Return how many base units a unit is; 1 for a noun."""
    unit = unit_table().unit(name)
    if unit is None:
        return 1.0
    factor = calendar.factors.get(unit.name)
    return unit.factor if factor is None else factor


def made_by_pint(definitions: str) -> dict[str, Any]:
    """Return what pint makes of a definitions file.

    These are each symbol's name, factor and dimension, and how each unit depends on the lengths of
    the calendar.
    """
    import pint

    registry: Any = pint.UnitRegistry(definitions.splitlines(), on_redefinition="raise")
    units: dict[str, Any] = {}
    for symbol in sorted(registry):
        factor, _ = registry.get_root_units(symbol)
        found = registry.get_dimensionality(symbol)
        dimension = [float(found[f"[{base}]"]) for base in ("time", "data", "money")]
        units[symbol] = [registry.get_name(symbol), float(factor), dimension]
    calendar = _calendar_powers(definitions, {symbol: unit[1] for symbol, unit in units.items()})
    names = {unit[0] for unit in units.values()}
    return {
        "definitions": crc32(definitions.encode()),
        "calendar": {name: powers for name, powers in calendar.items() if name in names},
        "units": units,
    }


def _calendar_powers(definitions: str, factors: Mapping[str, float]) -> dict[str, list[float]]:
    """Return the powers of a day, a month and a year in each unit that depends on one of them.

    Each length in turn is doubled while the other two are held: a unit grows by two to its power.
    """
    import pint

    powers: dict[str, list[float]] = {}
    for at, doubled in enumerate(_LENGTHS):
        held = (factors[n] * (2.0 if n == doubled else 1.0) for n in _LENGTHS)
        text = _with_lengths(definitions, *held)
        registry: Any = pint.UnitRegistry(text.splitlines(), on_redefinition="raise")
        for symbol, factor in factors.items():
            power = math.log2(float(registry.get_root_units(symbol)[0]) / factor)
            if abs(power) > 1e-9:
                powers.setdefault(symbol, [0.0] * len(_LENGTHS))[at] = round(power, 9)
    return powers


def definitions_of(day: float, month: float, year: float) -> str:
    """Return the definitions, with a day, a month and a year of so many seconds."""
    return _with_lengths(_text("definitions.txt"), day, month, year)


def _with_lengths(definitions: str, *seconds: float) -> str:
    for name, length in zip(_LENGTHS, seconds, strict=True):
        definitions = re.sub(rf"(?m)^{name} = [^=\n]+", f"{name} = {length!r} second ", definitions)
    return definitions


def _nouns() -> dict[str, str]:
    nouns: dict[str, str] = {}
    for line in _text("nouns.txt").splitlines():
        if not line.startswith("#"):
            first, *others = line.split()
            nouns.update(dict.fromkeys((first, *others), first))
    return nouns


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
