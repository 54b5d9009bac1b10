"""The unit table: which names are units, how large they are, and what they measure.

pint reads the project's own definitions file. It is asked only about names that the file
defines: a name that a user wrote is looked up here first, so that none reaches pint's parser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import pint

from estimator.units.dimension import PLAIN, Dimension


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit or a noun.

    Attributes:
        name: The full name, such as `gigabyte` for `GB`.
        factor: How many base units it is.
        dimension: What it measures.
    """

    name: str
    factor: float
    dimension: Dimension


@dataclass(frozen=True, slots=True)
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
        length = 86_400.0 if day is None else day
        whole = 365 * length if year is None else year
        return Calendar(length, whole / 12 if month is None else month, whole)

    @property
    def factors(self) -> Mapping[str, float]:
        """The units whose length it decides, in seconds."""
        return {"day": self.day, "week": 7 * self.day, "month": self.month, "year": self.year}


class UnitTable:
    """The units and nouns by every name they have."""

    def __init__(self) -> None:
        data = files("estimator.units")
        with_lines = str(data.joinpath("definitions.txt"))
        self._registry: Any = pint.UnitRegistry(with_lines, on_redefinition="raise")
        self.units = frozenset(self._registry)
        self.nouns: dict[str, str] = {}
        for line in data.joinpath("nouns.txt").read_text("utf-8").splitlines():
            if not line.startswith("#"):
                first, *others = line.split()
                self.nouns.update(dict.fromkeys((first, *others), first))

    @lru_cache(maxsize=512)  # noqa: B019 - the table lives as long as the program
    def unit(self, symbol: str) -> Unit | None:
        """The unit of that name or symbol, or None; nouns are not units."""
        if symbol not in self.units:
            return None
        factor, _ = self._registry.get_root_units(symbol)
        dimension = self._registry.get_dimensionality(symbol)
        return Unit(self._registry.get_name(symbol), float(factor), dimension)

    def noun(self, word: str) -> Unit | None:
        """The noun of that form, a plain number, or None."""
        name = self.nouns.get(word)
        return None if name is None else Unit(name, 1.0, PLAIN)


@cache
def unit_table() -> UnitTable:
    """The table, read at the first call."""
    return UnitTable()
