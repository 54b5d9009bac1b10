"""How a scenario counts: the length of its days, the digits that it carries, and the like."""

from __future__ import annotations

import re
from typing import NamedTuple

from estimator.diagnostics import Problems, Text, did_you_mean, short
from estimator.formula.dimensions import no_names, typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.numeric import Rounding
from estimator.formula.parse import parse
from estimator.formula.ranges import CREDIBILITY
from estimator.formula.shared import CALENDAR
from estimator.model.quantity import UNDER_WEIGHT
from estimator.scenario.sections import Conventions, keys
from estimator.units import PLAIN, TIME, Calendar, Dimension, term

NAPKIN = {"day": "100k s", "round": "1"}
"""The arithmetic of interviews: a day of 100,000 seconds, one digit carried."""

_WITH_WORD = re.compile(r"(\d*)\s*([A-Za-z_]+)")  # such as `2 up`
_MOST_DIGITS = 15  # that every float carries


class Counting(NamedTuple):
    """How a scenario counts.

    Attributes:
        calendar: How long its days, months and years are.
        rounding: How every result is rounded, or None where all digits are carried.
        credibility: How much of a range lies between its ends.
        under_weight: How much worse a missing node is than one too many.
        binary: Is data shown in KiB, MiB, GiB and so on?
        implied: What follows from the conventions and is not in the file, and why, by name.
    """

    calendar: Calendar
    rounding: Rounding | None
    credibility: float
    under_weight: float
    binary: bool
    implied: dict[str, tuple[str, str]]


def counting_of(said: Conventions | None, problems: Problems, *, napkin: bool) -> Counting:
    """Return how a scenario counts.

    Args:
        said: What the file says.
        problems: Where errors go.
        napkin: Count with a day of 100,000 seconds and one digit.
    """
    texts: dict[str, Text | None] = {
        key: getattr(said, key, None) for key in Conventions.model_fields
    }
    if napkin:
        texts.update({key: Text.of("--napkin", value) for key, value in NAPKIN.items()})
    day = _convention("day", texts, TIME, Calendar(), problems)
    days = Calendar.of(day, None, None)
    month = _convention("month", texts, TIME, days, problems)
    year = _convention("year", texts, TIME, days, problems)
    rounding = _rounding(texts, days, problems)
    credibility = _convention("credibility", texts, PLAIN, days, problems) or CREDIBILITY
    if credibility >= 1.0 and (text := texts["credibility"]) is not None:
        message = "`credibility` is between 0% and 100%"
        problems.add("E024", message, text.place)
        credibility = CREDIBILITY
    under_weight = _convention("under_weight", texts, PLAIN, days, problems) or UNDER_WEIGHT
    calendar = Calendar.of(day, month, year)
    if calendar == CALENDAR:
        calendar = CALENDAR  # the same object, for which formulas are compiled once
    implied: dict[str, tuple[str, str]] = {}
    if month is not None and year is None:
        shown = term(calendar.year / calendar.day, PLAIN, calendar) + " days"
        why = "twelve of `conventions.month`; add `year: 365 days` if a year is longer"
        implied["conventions.year"] = (shown, why)
    binary = _chosen("units", texts, problems) == "binary"
    return Counting(calendar, rounding, credibility, under_weight, binary, implied)


def _rounding(
    texts: dict[str, Text | None], calendar: Calendar, problems: Problems
) -> Rounding | None:
    """Return how results are rounded, or None where all digits are carried."""
    text = texts["round"]
    if text is None:
        return None
    found = _WITH_WORD.fullmatch(text.value)
    if found is not None and (found[2] != "up" or not found[1]):
        digits = found[1] or "2"
        message = f"`round` takes a number of digits, and `up` behind it, not `{short(text.value)}`"
        help_ = f"`round: {digits}` rounds to the nearest, `round: {digits} up` always upwards"
        problems.add("E022", message, text.place, help=help_)
        return None
    if found is not None:
        texts = {**texts, "round": Text(found[1], text.place)}
    value = _convention("round", texts, PLAIN, calendar, problems)
    if value is None or (value == int(value) and 1 <= value <= _MOST_DIGITS):
        return None if value is None else Rounding(int(value), up=found is not None)
    message = f"`round` is a whole number of digits from 1 to {_MOST_DIGITS}"
    problems.add("E024", message, text.place)
    return None


def _chosen(key: str, texts: dict[str, Text | None], problems: Problems) -> str:
    """Return the word of a convention that takes one of a few, or the first of them."""
    words, text = keys(Conventions)[key].words, texts[key]
    if text is None or text.value in words:
        return next(iter(words)) if text is None else text.value
    meant = did_you_mean(text.value, words)
    listed = "; ".join(f"`{key}: {word}`: {about}" for word, about in words.items())
    message = f"`{key}` is {' or '.join(f'`{w}`' for w in words)}, not `{short(text.value)}`"
    problems.add("E022", message, text.place, help=meant or listed)
    return next(iter(words))


def _convention(
    key: str,
    texts: dict[str, Text | None],
    expected_dimension: Dimension,
    calendar: Calendar,
    problems: Problems,
) -> float | None:
    text = texts[key]
    value = constant(f"conventions.{key}", text, expected_dimension, calendar, problems)
    if value is not None and value <= 0:
        place = text.place if text else None
        problems.add("E024", f"`conventions.{key}` must be above zero", place)
        return None
    return value


def constant(
    what: str,
    text: Text | None,
    expected_dimension: Dimension,
    calendar: Calendar,
    problems: Problems,
) -> float | None:
    """Return the value of a formula without names, or None with the error reported.

    Args:
        what: What it is called in messages.
        text: The formula; None where there is none.
        expected_dimension: Its dimension.
        calendar: How long days, months and years are.
        problems: Where errors go.
    """
    if text is None:
        return None
    try:
        tree, _ = typecheck(parse(text.value), no_names, expected_dimension)
        return float(computed(tree, calendar))
    except FormulaError as error:
        found = error.located(text)
        message = found.message.replace("this should", f"`{what}` should")
        help_ = "it is a single value" if found.rule == "E025" else found.help
        problems.found.append(found._replace(message=message, help=help_))
    except (ArithmeticError, ValueError):
        problems.add("E023", f"`{what}` cannot be computed", text.place)
    return None
