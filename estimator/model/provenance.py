"""Where the inputs of a scenario are from, and until when they count."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Any, NamedTuple

from estimator.diagnostics import Place, Problems, Text, did_you_mean
from estimator.library.other_words import choice_meant
from estimator.scenario.plain import node_at, validated
from estimator.scenario.sections import PROVENANCE, Input, keys
from estimator.scenario.yaml_tree import Mapping


class Provenance(NamedTuple):
    """Where a value is from.

    Attributes:
        source: The source in the file's words; empty if it names none.
        status: `measured`, `vendor` or `judgement`; empty if it says nothing.
        until: The last day on which the value is current, or None.
        place: Where that day stands, or else the value.
    """

    source: str
    status: str
    until: date | None
    place: Place


class Sourced(NamedTuple):
    """A value with where it is from, if the file says that."""

    text: Text
    provenance: Provenance | None = None


def is_sourced(said: Any) -> bool:
    """Return whether a mapping is a value with where it is from: `{value: 3 ms, source: ...}`."""
    return isinstance(said, dict) and "value" in said and said.keys() <= PROVENANCE


def sourced(said: Any, tree: Mapping, path: tuple[str, ...], problems: Problems) -> Sourced | None:
    """Return a value with where it is from; None with what is wrong with it reported.

    Args:
        said: A single value, or a mapping with the keys of an input.
        tree: The file.
        path: The keys that lead to the value.
        problems: Where errors go: E007 and E008 for its shape, E022 and E029 for its words.
    """
    if isinstance(said, Text):
        return Sourced(said)
    if not isinstance(said, Input):
        node = node_at(tree, path)
        found = None if node is None else validated(Input, node, problems, "input")
        if found is None:
            return None
        said = found
    status = said.status.value if said.status else ""
    words = keys(Input)["status"].words
    if said.status is not None and status not in words:
        meant = choice_meant(status, words)
        problems.add(
            "E022",
            f"`status` is {' or '.join(f'`{w}`' for w in words)}, not `{status}`",
            said.status.place,
            help=f"write `status: {meant}`" if meant else did_you_mean(status, words),
        )
    until = date_of(said.until, problems)
    place = said.until.place if said.until else said.value.place
    source = " ".join(said.source.value.split()) if said.source else ""
    if not (source or status or until):
        return Sourced(said.value)
    return Sourced(said.value, Provenance(source, status, until, place))


def date_of(text: Text | None, problems: Problems) -> date | None:
    """Return a date; None where there is none, or with E029 where it is wrong."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text.value)
    except ValueError:
        message = f"`{text.value}` is not a date"
        problems.add("E029", message, text.place, help=_as_date(text.value))
        return None


def _as_date(text: str) -> str:
    """Return how a date is written that was meant so."""
    numbers = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if numbers is None:
        meant = text if re.fullmatch(r"[12]\d{3}", text) else "2027"
        return f"write it as `{meant}-03-31`"
    year, month, day = map(int, numbers.groups())
    if not (year and 1 <= month <= 12 and day):
        return "it is the year, the month and the day: `2027-03-31`"
    return f"write it as `{year:04}-{month:02}-{min(day, monthrange(year, month)[1]):02}`"
