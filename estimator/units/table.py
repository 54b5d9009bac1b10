"""The unit table: which names are units, how large they are, and what they measure.

pint reads the project's own definitions file and works out every unit. Importing pint takes
longer than all that a small scenario needs besides, so the outcome is kept in `table.json`;
pint is asked again whenever the definitions differ from those that the outcome was made of. A
name that a user wrote is only ever looked up: none reaches pint's parser.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

from estimator.units.dimension import PLAIN, Dimension


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
    """How long a day, a month and a year are, in seconds.

    A year is 365 days and a month a twelfth of it unless a scenario says otherwise.
    """

    day: float = 86_400.0
    month: float = 365 * 86_400.0 / 12
    year: float = 365 * 86_400.0

    @staticmethod
    def of(day: float | None, month: float | None, year: float | None) -> Calendar:
        """The calendar of a scenario's conventions, each in seconds, or None where unsaid."""
        length = Calendar.day if day is None else day
        whole = 365 * length if year is None else year
        return Calendar(length, whole / 12 if month is None else month, whole)

    @cached_property
    def factors(self) -> Mapping[str, float]:
        """The units whose length it decides, in seconds."""
        return {"day": self.day, "week": 7 * self.day, "month": self.month, "year": self.year}


class UnitTable:
    """The units and nouns by every name they have.

    Attributes:
        units: Name or symbol to unit.
        nouns: Form to noun, such as `requests` to `request`; a noun is a plain number.
    """

    def __init__(self, units: dict[str, Unit], nouns: dict[str, str]) -> None:
        self.units = units
        self.nouns = nouns

    def unit(self, symbol: str) -> Unit | None:
        """The unit of that name or symbol, or None; nouns are not units."""
        return self.units.get(symbol)

    def forms(self, noun: str) -> set[str]:
        """The forms of a noun: `request` and `requests`, `req` and `reqs`."""
        return {form for form, name in self.nouns.items() if name == noun}

    def noun(self, word: str) -> Unit | None:
        """The noun of that form, a plain number, or None."""
        name = self.nouns.get(word)
        return None if name is None else Unit(name, 1.0, PLAIN)


@cache
def unit_table() -> UnitTable:
    """The table, read at the first call."""
    definitions = _text("definitions.txt")
    kept = json.loads(_text("table.json"))
    if kept["definitions"] != crc32(definitions.encode()):
        kept = made_by_pint(definitions)
    units = {
        symbol: Unit(name, factor, Dimension(*dimension))
        for symbol, (name, factor, dimension) in kept["units"].items()
    }
    return UnitTable(units, _nouns())


def made_by_pint(definitions: str) -> dict[str, Any]:
    """What pint makes of a definitions file: each symbol's name, factor and dimension."""
    import pint

    registry: Any = pint.UnitRegistry(definitions.splitlines(), on_redefinition="raise")
    units: dict[str, Any] = {}
    for symbol in sorted(registry):
        factor, _ = registry.get_root_units(symbol)
        found = registry.get_dimensionality(symbol)
        dimension = [float(found[f"[{base}]"]) for base in ("time", "data", "money")]
        units[symbol] = [registry.get_name(symbol), float(factor), dimension]
    return {"definitions": crc32(definitions.encode()), "units": units}


def _nouns() -> dict[str, str]:
    nouns: dict[str, str] = {}
    for line in _text("nouns.txt").splitlines():
        if not line.startswith("#"):
            first, *others = line.split()
            nouns.update(dict.fromkeys((first, *others), first))
    return nouns


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")
