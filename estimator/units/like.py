"""Quantities in the units that somebody wrote: GiB beside GiB, `$0.74/h` beside `$0.368/h`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from estimator.units.dimension import DATA, MONEY, PLAIN, TIME, Dimension, divide, multiply, power
from estimator.units.table import Calendar, unit_factor, unit_table
from estimator.units.write import BINARY_DATA, in_units, lettered, money, number, write

Units: TypeAlias = tuple[tuple[str, float], ...]
"""The units of a literal, each with its exponent: those of `$2/h` are `USD` and `h^-1`."""

_DATA_RATE = divide(DATA, TIME)
_LEAST, _LEAST_LONG, _MOST = 0.1, 0.8, 10_000  # of a time, or of one longer than a second
_BITS = tuple((1e3 ** (5 - at) / 8, f" {letter}bit") for at, letter in enumerate("PTGMk"))
_BITS_PER_SECOND = tuple((factor, name.replace("bit", "bps")) for factor, name in _BITS[1:])


class _Ladder(NamedTuple):
    """Units of one family, the largest first, and how the smallest is called."""

    steps: tuple[tuple[float, str], ...]
    smallest: tuple[float, str]


_LADDERS = {
    "binary": _Ladder(BINARY_DATA[:-1], BINARY_DATA[-1]),
    "bits": _Ladder(_BITS, (0.125, " bit")),
    "bits per second": _Ladder(_BITS_PER_SECOND, (0.125, " bps")),
}


def dimension_of(units: Units) -> Dimension:
    """Return what units measure; nouns count."""
    found = PLAIN
    for name, exponent in units:
        unit = unit_table().unit(name)
        if unit is not None:
            found = multiply(found, power(unit.dimension, exponent))
    return found


def is_binary(units: Units) -> bool:
    """Return whether bytes are among the units, in powers of 1024."""
    return any(exponent > 0 and _family(name) == "binary" for name, exponent in units)


def is_decimal(units: Units) -> bool:
    """Return whether units are of bytes by powers of 1000, such as MB or GB/day."""
    found = [unit_table().unit(name) for name, exponent in units if exponent > 0]
    names = [unit.name for unit in found if unit is not None and unit.dimension == DATA]
    return any(name.endswith("byte") and name != "byte" and "bibyte" not in name for name in names)


def write_like(
    value: float,
    units: Units,
    calendar: Calendar,
    significant: int = 3,
    *,
    binary: bool = False,
) -> str | None:
    """Write a value as its units are, in the step of their family that fits; None where none does.

    Args:
        value: In base units, of the dimension of the units.
        units: The units that somebody wrote.
        calendar: How long days, months and years are.
        significant: The digits.
        binary: Are other bytes written in powers of 1024, too?
    """
    above = [name for name, exponent in units if exponent == 1]
    below = [name for name, exponent in units if exponent == -1]
    if len(above) > 1 or len(above) + len(below) < len(units) or not math.isfinite(value):
        return None
    amount = value * math.prod(unit_factor(name, calendar) for name in below)
    text = _amount(amount, above, calendar, significant, is_divided=bool(below), binary=binary)
    return None if text is None else text + "".join(f"/{name}" for name in below)


def _amount(
    amount: float,
    above: Sequence[str],
    calendar: Calendar,
    significant: int,
    *,
    is_divided: bool,
    binary: bool,
) -> str | None:
    """Write what stands above the fraction line."""
    unit = unit_table().unit(above[0]) if above else None
    if unit is None:
        return lettered(amount, significant) if is_divided and abs(amount) >= 0.01 else None
    if unit.dimension == MONEY:
        return money(amount, significant) if is_divided and 0.001 <= abs(amount) < 1e9 else None
    ladder = _LADDERS.get(_family(above[0]))
    if ladder is not None:
        return in_units(amount, (*ladder.steps, ladder.smallest), significant)
    if unit.dimension == DATA and is_divided:
        return write(amount, DATA, significant=significant, binary=binary)
    if unit.dimension == TIME and not is_divided:
        return _time(amount / unit_factor(above[0], calendar), above[0], significant)
    return None


def _family(name: str) -> str:
    """Return the family of a unit of data, or of bits a second."""
    unit = unit_table().unit(name)
    if unit is None:
        return ""
    if unit.dimension == _DATA_RATE:
        return "bits per second" if "bit" in unit.name else ""
    if unit.dimension != DATA:
        return ""
    if "bit" in unit.name:
        return "" if "bibit" in unit.name else "bits"
    return "binary" if "bibyte" in unit.name or unit.name == "exbibyte" else ""


def _time(amount: float, name: str, significant: int) -> str | None:
    """Write a number of a unit of time, singular where it is one."""
    least = _LEAST if unit_table().units[name].factor <= 1.0 else _LEAST_LONG
    if not least <= abs(amount) < _MOST:
        return None  # another unit is easier to read
    text = number(amount, significant)
    full = unit_table().units[name].name
    word = (full if text == "1" else f"{full}s") if name in (full, f"{full}s") else name
    return f"{text} {word}"
