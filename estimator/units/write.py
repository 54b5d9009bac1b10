"""Quantities written for people: `11.6k/s`, `231 MB/s`, `$1.2M`, `3.65 d`, `99.99%`."""

from __future__ import annotations

import math

from estimator.units.dimension import DATA, MONEY, PLAIN, TIME, Dimension, divide, written
from estimator.units.table import Calendar

_SCALES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_DATA = ((1e18, "EB"), (1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_BITS = ((1e12, "Tbps"), (1e9, "Gbps"), (1e6, "Mbps"), (1e3, "kbps"))
_SHORT = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_RATE = divide(PLAIN, TIME)
_NOISE = 1e-12  # how near to one a number is one
_DATA_RATE = divide(DATA, TIME)
_PER_TIME = divide(MONEY, TIME)
_PER_DATA = divide(MONEY, DATA)
_PER_DATA_TIME = divide(_PER_DATA, TIME)


def digits(value: float, significant: int = 3) -> str:
    """A number in so many significant digits, without an exponent where it can be read.

    >>> digits(11574.07), digits(0.00123), digits(2.0)
    ('11,600', '0.00123', '2')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if value == round(value) and abs(value) < 10_000:
        return f"{value:,.0f}"
    exponent = math.floor(math.log10(abs(value)))
    if not -4 <= exponent < 15:
        mantissa, _, power = f"{value:.{significant - 1}e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    rounded = round(value, significant - 1 - exponent)
    decimals = max(0, significant - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{rounded:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def count(value: float, *, whole: bool = False) -> str:
    """A plain number: whole counts in full below 100,000, others in three digits with k, M, B, T.

    >>> count(500e6), count(11574.07), count(2434, whole=True), count(0.25)
    ('500M', '11.6k', '2,434', '0.25')
    """
    if value == round(value) and abs(value) < (100_000 if whole else 10_000):
        return f"{value:,.0f}"
    if 0.9 < value < 1 - _NOISE:
        return digits(value, max(3, _nines(value)))
    return _scaled(value, _SCALES, "")


def share(value: float, *, nines: bool = False) -> str:
    """A share as per cent, in three digits, or in as many as tell it from all.

    >>> share(0.4), share(0.99777), share(0.9999), share(0.9995, nines=True)
    ('40%', '99.8%', '99.99%', '99.95%')
    """
    text = digits(value * 100, 3)
    if (nines and 0.9 < value < 1) or (text == "100" and not 0.9999999999 < value <= 1):
        text = digits(value * 100, _nines(value))
    return text + "%"


def _nines(value: float) -> int:
    """The digits that show how far a share is from all: two behind the nines."""
    return min(16, 2 + max(0, math.ceil(-math.log10(abs(1 - value)))))


def bits(value: float) -> str:
    """A data rate, given in bytes a second, in bits a second."""
    return _scaled(value * 8, _BITS, " ", "bps")


def write(
    value: float,
    dimension: Dimension,
    *,
    hint: str = "",
    calendar: Calendar | None = None,
) -> str:
    """A value in base units as text for people.

    Args:
        value: In base units.
        dimension: What it measures.
        hint: `share` for a plain number shown in per cent, `nines` for one close to all of it,
            `whole` for one that counts things.
        calendar: How long the scenario's days and years are; for long times and slow rates.
    """
    if not math.isfinite(value):
        return "endless"
    days = calendar or Calendar()
    if dimension == PLAIN or dimension.mark:
        if hint in ("share", "nines"):
            return share(value, nines=hint == "nines")
        return count(value, whole=hint == "whole")
    if dimension == DATA:
        return _scaled(value, _DATA, " ", "B")
    if dimension == TIME:
        return _time(value, days)
    if dimension == MONEY:
        return _money(value)
    if dimension == _RATE:
        return _rate(value, days)
    if dimension == _DATA_RATE:
        return _scaled(value, _DATA, " ", "B") + "/s"
    return _price(value, dimension, days) or _other(value, dimension)


def base_unit(dimension: Dimension) -> str:
    """The base unit of a dimension: `B/s`, `1/s`, `USD`; `1` for a plain number."""
    return written(dimension, ("s", "B", "USD"), "·")


def _scaled(value: float, scales: tuple[tuple[float, str], ...], space: str, base: str = "") -> str:
    """In the largest unit that leaves a number of at least 1 (after rounding to three digits)."""
    size = abs(value)
    for factor, name in scales:
        if size >= factor * 0.9995:
            return digits(value / factor) + space + name
    return digits(value) + (space + base if base else "")


def _money(value: float) -> str:
    sign, size = ("-", -value) if value < 0 else ("", value)
    if size < 10_000:
        text = f"{size:,.0f}" if size >= 100 else f"{size:,.2f}" if size >= 1 else digits(size)
        return f"{sign}${text.removesuffix('.00')}"
    return f"{sign}${_scaled(size, _SCALES, '')}"


def _time(value: float, days: Calendar) -> str:
    size = abs(value)
    if size == 0:
        return "0 s"
    if 24 * 3600 < size < 2 * days.day and size != days.day:
        return f"{digits(value / 3600)} h"  # as people say of a day or two
    long = ((days.year, "years"), (days.day, "days"), (3600.0, "h"), (60.0, "min"))
    for factor, name in long:
        if size >= factor * 0.9995:
            amount = digits(value / factor)
            return f"{amount} {name[:-1] if amount == '1' and name.endswith('s') else name}"
    return _scaled(value, _SHORT, " ", "ns")


def _rate(value: float, days: Calendar) -> str:
    """Per second, or per day or year where a second sees less than a hundredth."""
    size = abs(value)
    if size == 0 or size >= 0.01:
        return _scaled(value, _SCALES, "") + "/s"
    if size * days.day >= 0.1:
        return f"{digits(value * days.day)}/day"
    return f"{digits(value * days.year)}/year"


def _price(value: float, dimension: Dimension, days: Calendar) -> str | None:
    """Prices as they are listed: by the hour, by the gigabyte, by the gigabyte and month."""
    listed = {
        _PER_TIME: (3600.0, "/h"),
        _PER_DATA: (1e9, "/GB"),
        _PER_DATA_TIME: (1e9 * days.month, "/GB/month"),
    }
    if dimension not in listed:
        return None
    factor, unit = listed[dimension]
    if dimension == _PER_TIME and not 0.01 <= abs(value) * factor < 1000:
        factor, unit = days.month, "/month"
    return _money(value * factor) + unit


def _other(value: float, dimension: Dimension) -> str:
    unit = base_unit(dimension)
    text = digits(value)
    return f"{text} {unit}" if not unit.startswith("1/") else text + unit[1:]


def term(value: float, dimension: Dimension, calendar: Calendar, significant: int = 3) -> str:
    """A value as a formula can hold it, in so many digits: `500M`, `1/day`, `2.5 GB`.

    Unlike `write` it has no separators of thousands, and what it gives can be read again.
    """
    sign, size = ("-", -value) if value < 0 else ("", value)
    if dimension == PLAIN or dimension.mark:  # beside data, `B` would be bytes
        return (sign + _term(size, _SCALES, "", "", significant)).replace("B", " billion")
    if dimension == DATA:
        return sign + _term(size, _DATA, " ", "B", significant)
    if dimension == MONEY:
        return f"{sign}${_term(size, _SCALES, '', '', significant)}"
    if dimension == _DATA_RATE:
        return sign + _term(size, _DATA, " ", "B", significant) + "/s"
    if dimension == _RATE:
        slow = size and size < 0.01
        per, unit = (calendar.day, "day") if slow else (1.0, "s")
        return sign + _term(size * per, _SCALES, "", "", significant) + f"/{unit}"
    if dimension == TIME:
        long = ((calendar.year, "years"), (calendar.day, "days"), (3600.0, "h"), (60.0, "min"))
        return sign + _term(size, (*long, *_SHORT), " ", "s", significant)
    unit = base_unit(dimension)
    number = sign + _term(size, (), "", "", significant)
    return f"{number} {unit}" if not unit.startswith("1/") else number + unit[1:]


def _term(
    size: float,
    scales: tuple[tuple[float, str], ...],
    space: str,
    base: str,
    significant: int,
) -> str:
    for factor, name in scales:
        if size >= factor * 0.9995:
            return _plain(size / factor, significant) + space + name
    return _plain(size, significant) + (space + base if base else "")


def _plain(number: float, significant: int) -> str:
    """A number in so many digits, without an exponent."""
    from decimal import Decimal  # only explanations need it

    return f"{Decimal(f'{number:.{significant}g}'):f}"
