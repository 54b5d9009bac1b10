"""Quantities written for people: `11.6k/s`, `231 MB/s`, `$1.2M`, `3.65 days`, `99.99%`.

What is written can be read again, without the commas between thousands, and is then the value to
the digits shown. The exceptions are `unbounded` and a share above 99.9999999999%.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from estimator.units.dimension import DATA, MONEY, PLAIN, TIME, Dimension, divide, written
from estimator.units.table import Calendar

_LETTERS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))
_LETTERS_OF_UNITS = ((1e12, "T"), (1e9, " billion"), (1e6, "M"), (1e3, "k"))  # `B` is bytes there
_LAST_LETTER = 1e15  # from here on numbers have an exponent
_DATA = (
    (1e24, " YB"),
    (1e21, " ZB"),
    (1e18, " EB"),
    (1e15, " PB"),
    (1e12, " TB"),
    (1e9, " GB"),
    (1e6, " MB"),
    (1e3, " kB"),
    (1.0, " B"),
)
_BINARY = ("EiB", "PiB", "TiB", "GiB", "MiB", "KiB", "B")
BINARY_DATA = tuple((1024.0 ** (6 - at), f" {letter}") for at, letter in enumerate(_BINARY))
"""Units of data in powers of 1024, the largest first."""
_BITS = ((1e12, " Tbps"), (1e9, " Gbps"), (1e6, " Mbps"), (1e3, " kbps"), (1.0, " bps"))
_UNBOUNDED = "unbounded"
_SHORT = ((1.0, " s"), (1e-3, " ms"), (1e-6, " µs"), (1e-9, " ns"))
_RATE = divide(PLAIN, TIME)
_DATA_RATE = divide(DATA, TIME)
_PER_TIME = divide(MONEY, TIME)
_PER_DATA = divide(MONEY, DATA)
_PER_DATA_TIME = divide(_PER_DATA, TIME)
_DIGITS = 3
_IN_FULL = 10_000  # numbers below it are shown without a letter
_NOISE = 1e-12  # of a number, what arithmetic may leave of a whole one
_MOST_DIGITS = 12  # in which a value is told from another that it is not
_NEAREST = 1e-12  # what a share lacks of all of it where nines are no longer told apart


def digits(value: float, significant: int = _DIGITS) -> str:
    """Write a number in at least so many significant digits, and its whole part in full.

    Very large and very small numbers have an exponent.

    >>> digits(11574.07), digits(0.00123), digits(2.0), digits(1.84e19)
    ('11,574', '0.00123', '2', '1.84e19')
    """
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else _unbounded(value)
    exponent = math.floor(math.log10(abs(value)))
    if not 1e-4 <= abs(value) < _LAST_LETTER:
        return _scientific(value, significant)
    return _stripped(f"{value:,.{max(0, significant - 1 - exponent)}f}")


def number(value: float, significant: int = _DIGITS) -> str:
    """Write a number before a unit: with k, M, billion or T from ten thousand on.

    >>> number(1837.4), number(18374.0), number(1.84e10)
    ('1,837', '18.4k', '18.4 billion')
    """
    if abs(value) < _IN_FULL:
        return digits(value, significant)
    return _lettered(value, _LETTERS_OF_UNITS, significant)


def count(value: float, *, whole: bool = False, significant: int = _DIGITS) -> str:
    """Write a plain number: whole counts in full below 100,000, others with k, M, B, T.

    >>> count(500e6), count(11574.07), count(2434, whole=True), count(0.25), count(1.84e19)
    ('500M', '11.6k', '2,434', '0.25', '1.84e19')
    """
    if abs(value) < (100_000 if whole else _IN_FULL) and _is_whole(value):
        return f"{value:,.0f}"
    if 0.9 < value < 1:
        return digits(value, _nines(value, significant))
    return _lettered(value, _LETTERS, significant)


def share(value: float, *, nines: bool = False, significant: int = _DIGITS) -> str:
    """Write a share as per cent, in three digits, or in as many as tell it from all of it.

    Nines end at the second digit of what they lack.

    >>> share(0.4), share(0.99777), share(0.9999), share(0.99992525, nines=True)
    ('40%', '99.8%', '99.99%', '99.9925%')
    """
    if nines and 0 < 1 - value < _NEAREST and significant == _DIGITS:
        return ">99.9999999999%"
    text = number(value * 100, significant)
    if (nines and 0.9 < value < 1) or (text == "100" and not _is_whole(value)):
        text = digits(value * 100, _nines(value, significant))
    return text + "%"


def bits(value: float) -> str:
    """Write a data rate, given in bytes a second, in bits a second."""
    size = value * 8
    return in_units(size, _BITS, _DIGITS) if math.isfinite(size) else write(value, _DATA_RATE)


def apart(text: Callable[[int], str], beside: str) -> str:
    """Write a value in three digits, or in as many as tell it from another that it is beside.

    Args:
        text: Writes the value in so many digits.
        beside: The other, as it is shown.

    >>> apart(lambda digits: share(0.1504, significant=digits), "15%")
    '15.04%'
    """
    return next((t for n in range(_DIGITS, _MOST_DIGITS) if (t := text(n)) != beside), beside)


def write(
    value: float,
    dimension: Dimension,
    *,
    display_unit: str = "",
    calendar: Calendar | None = None,
    significant: int = _DIGITS,
    binary: bool = False,
) -> str:
    """Write a value in base units as text for people.

    Args:
        value: In base units.
        dimension: What it measures.
        display_unit: `share` for a plain number shown in per cent, `nines` for one close to all of
            it, `whole` for one that counts things.
        calendar: How long the scenario's days and years are; for long times and slow rates.
        significant: The digits. Whole numbers below ten thousand are in full anyway.
        binary: Is data in KiB, MiB, GiB and so on?
    """
    if not math.isfinite(value):
        return _unbounded(value)
    days = calendar or Calendar()
    if dimension in (DATA, _DATA_RATE):
        text = in_units(value, BINARY_DATA if binary else _DATA, significant)
        text += "/s" if dimension == _DATA_RATE else ""
    else:
        text = _written(value, dimension, display_unit, days, significant)
    if _UNBOUNDED in text:  # in the usual unit it is too large a number
        return with_unit(_scientific(value, significant), base_unit(dimension))
    return text


def _written(
    value: float, dimension: Dimension, display_unit: str, days: Calendar, significant: int
) -> str:
    if dimension == PLAIN or dimension.mark:
        if display_unit in ("share", "nines"):
            return share(value, nines=display_unit == "nines", significant=significant)
        return count(value, whole=display_unit == "whole", significant=significant)
    if dimension == TIME:
        return _time(value, days, significant)
    if dimension == MONEY:
        return _unit_price(value, significant) or money(value, significant)
    if dimension == _RATE:
        return _rate(value, days, significant)
    priced = _price(value, dimension, days, significant)
    return priced or with_unit(number(value, significant), base_unit(dimension))


def term(
    value: float,
    dimension: Dimension,
    calendar: Calendar,
    significant: int = _DIGITS,
    *,
    display_unit: str = "",
    binary: bool = False,
) -> str:
    """Write a value as a formula can hold it, in so many digits: `500M`, `1/day`, `2.5 GB`.

    It has no separators of thousands, and means the same beside anything.
    """
    text = write(
        value,
        dimension,
        display_unit=display_unit,
        calendar=calendar,
        significant=significant,
        binary=binary,
    )
    text = text.replace(",", "")
    return text.replace("B", " billion") if dimension in (PLAIN, _RATE) else text


def with_unit(amount: str, unit: str) -> str:
    """Write an amount of a unit as a formula has it: `2 GB`, `2/day`, `$2/day`, `2 × 10 GB`."""
    if unit == "$" or unit.startswith("$/"):
        sign, size = ("-", amount[1:]) if amount.startswith("-") else ("", amount)
        return f"{sign}${size}{unit[1:]}"
    if unit == "1" or unit.startswith("1/"):
        return amount + unit[1:]
    return f"{amount} {unit}" if unit[:1].isalpha() else f"{amount} × {unit}"


def base_unit(dimension: Dimension) -> str:
    """Return the base unit of a dimension: `B/s`, `1/s`, `USD`; `1` for a plain number."""
    return written(dimension, ("s", "B", "USD"), "·")


def _unbounded(value: float) -> str:
    return f"-{_UNBOUNDED}" if value < 0 else _UNBOUNDED


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) <= _NOISE * abs(value)


def _stripped(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounds_up(significant: int) -> float:
    """Return the share of a unit from which so many digits round to all of it: 0.9995 for three."""
    return 1.0 - 0.5 * 10.0**-significant


def _scientific(value: float, significant: int) -> str:
    rounded = f"{value:.{significant - 1}e}"
    if math.isinf(float(rounded)):  # beyond the largest float: it could not be read back
        rounded = f"{value:.16e}"
    mantissa, _, power = rounded.partition("e")
    return f"{_stripped(mantissa)}e{int(power)}"


def _nines(value: float, significant: int) -> int:
    """Return the digits that tell a share from all of it: of three, two are of what it lacks."""
    same = max(0, math.ceil(-math.log10(abs(1 - value))))
    return max(significant, min(17, significant - 2 + same))


def _lettered(value: float, letters: tuple[tuple[float, str], ...], significant: int) -> str:
    """Write it with the largest letter that leaves at least 1, or an exponent where letters end."""
    size = abs(value)
    if size >= _LAST_LETTER * _rounds_up(significant):
        return _scientific(value, significant) if size < math.inf else _unbounded(value)
    for factor, letter in letters:
        if size >= factor * _rounds_up(significant):
            return digits(value / factor, significant) + letter
    return digits(value, significant)


def lettered(value: float, significant: int = _DIGITS) -> str:
    """Write a number of what is counted, with k, M, B or T from a thousand on."""
    return _lettered(value, _LETTERS, significant)


def in_units(value: float, units: tuple[tuple[float, str], ...], significant: int) -> str:
    """Write it in the largest unit that leaves at least 1 after rounding, or the smallest."""
    rounds_up = _rounds_up(significant)
    factor, name = next((u for u in units if abs(value) >= u[0] * rounds_up), units[-1])
    return number(value / factor, significant) + name


def money(value: float, significant: int = _DIGITS) -> str:
    """Write an amount of dollars: with cents below a hundred, with k, M, B from ten thousand on."""
    sign, size = ("-", -value) if value < 0 else ("", value)
    if size >= _IN_FULL:
        return f"{sign}${_lettered(size, _LETTERS, significant)}"
    if size < 1:
        return f"{sign}${digits(size, significant)}"
    decimals = max(0 if size >= 100 else 2, significant - 1 - math.floor(math.log10(size)))
    text = f"{size:,.{decimals}f}"
    return f"{sign}${_stripped(text) if decimals > 2 else text.removesuffix('.00')}"


def _unit_price(value: float, significant: int) -> str | None:
    """Write a price that is too low to be read for one for a million, as requests are sold."""
    if not 1e-10 <= abs(value) < 1e-4:
        return None
    return money(value * 1e6, significant) + "/1M"


def _time(value: float, days: Calendar, significant: int) -> str:
    size = abs(value)
    if size == 0:
        return "0 s"
    if 24 * 3600 < size < 2 * days.day and size != days.day:
        return f"{number(value / 3600, significant)} h"  # as people say of a day or two
    long = ((days.year, " years"), (days.day, " days"), (3600.0, " h"), (60.0, " min"))
    text = in_units(value, (*long, *_SHORT), significant)
    return text[:-1] if text in ("1 years", "1 days", "-1 years", "-1 days") else text


def _rate(value: float, days: Calendar, significant: int) -> str:
    """Write it per second, or per day or year where a second sees less than a hundredth."""
    size = abs(value)
    if size == 0 or size >= 0.01:
        return _lettered(value, _LETTERS, significant) + "/s"
    if size * days.day >= 0.1:
        return f"{number(value * days.day, significant)}/day"
    return f"{number(value * days.year, significant)}/year"


def _price(value: float, dimension: Dimension, days: Calendar, significant: int) -> str | None:
    """Write a price as it is listed: by the hour, by the gigabyte, by the gigabyte and month."""
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
    return money(value * factor, significant) + unit
