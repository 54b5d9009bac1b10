"""Whole values as people write them, as data: a pattern each, and what to write instead.

A suggestion is made only where the value as it stands cannot be read, and the suggestion can.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_SHARES = ("90%", "99%", "99.9%", "99.99%", "99.999%", "99.9999%", "99.99999%")
_DIGITS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS: Mapping[str, str] = {
    **{word: str(number) for number, word in enumerate(_DIGITS, 1)},
    **dict.fromkeys(("a", "an"), "1"),
    "half a": "0.5",
    "a few": "3",
    "a couple of": "2",
}
_UNKNOWN = ("none", "null", "nil", "nan", "tbd", "tbc", "todo", "unknown", "undefined", "unclear")

NAMES: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "forever",
            "always",
            "unlimited",
            "infinite",
            "infinity",
            "inf",
            "permanent",
            "indefinite",
        ),
        "give an end, such as `10 years`: the age for which it is sized",
    ),
    **dict.fromkeys(
        ("auto", "automatic", "dynamic", "default"),
        "leave the line out, and it follows from the load; a value such as `4` pins it",
    ),
    **dict.fromkeys(_UNKNOWN, "write `?` for what nobody knows yet"),
    **{word: f"write `{number}`" for word, number in _NUMBERS.items() if " " not in word},
    **dict.fromkeys(("zero", "never", "nothing"), "write `0`"),
    **dict.fromkeys(("yes", "true", "on"), "a formula has numbers: write `1`, or `100%`"),
    **dict.fromkeys(("no", "false", "off"), "a formula has numbers: write `0`"),
    **dict.fromkeys(("all", "everyone", "everything", "full"), "write `100%`"),
    "half": "write `50%`",
    "quarter": "write `25%`",
    **dict.fromkeys(("double", "twice"), "write `2`"),
    "hourly": "write `1/h`",
    "daily": "write `1/day`",
    "weekly": "write `1/week`",
    "monthly": "write `1/month`",
    **dict.fromkeys(("yearly", "annually"), "write `1/year`"),
}
"""Words that stand alone where a value belongs, in any case, and what to write instead."""


class Pattern(NamedTuple):
    """A value as people write it.

    Attributes:
        form: A regular expression for the whole value, in any case.
        way: How it is written here, with the groups of the expression.
        more: What else there is to say, behind "write `...`".
    """

    form: str
    way: str
    more: str = ""


_VALUE = r"([\d$.][^?;<>=]*?)"
_LIMIT = "; a limit is a condition, under `expect`"
_RANGE = ", or a range: `a to b`"
_OF = (
    r"(?:peak|avg\.?|average|mean|median|p\d\d|total|in total|each|uptime|availability|"
    r"(?:of )?(?:ram|memory|disk|storage|ssd|hdd|data|traffic|bandwidth|space))"
)

PATTERNS: tuple[Pattern, ...] = (
    *(
        Pattern(rf"(?:{word}|{number})\s*(?:x\s*)?nines?", share)
        for number, (word, share) in enumerate(zip(_DIGITS, _SHARES, strict=False), 1)
    ),
    *(Pattern(rf"{word}\s+(?!of\b)(\w.*)", rf"{digit} \1") for word, digit in _NUMBERS.items()),
    Pattern(r"(.*[\w%])[.,;]", r"\1"),
    Pattern(r"[\u2018\u2019\u201c-\u201e«»](.+)[\u2018\u2019\u201c-\u201e«»]", r"\1"),
    Pattern(r"=\s*([a-z(].*)", r"\1"),
    Pattern(r"\$([a-z_][\w.]*)", r"\1"),
    Pattern(r"\{+\s*([a-z_][\w.]*)\s*\}+", r"\1"),
    Pattern(r"(?:between|from|min\.?)\s+(\d.*?),?\s+(?:and|to|max\.?)\s+(\d.*)", r"\1 to \2"),
    Pattern(r"(\d[\d.]*)\s*\+/?-\s*(\d[\d.]*)\s*([a-z].*)", r"\1 \3 ± \2 \3"),
    Pattern(r"(.+?)\s+//\s+(\d.*)", r"floor(\1 / \2)"),
    Pattern(r"(\d[\d./]*\s*%?)\s+of\s+([a-z_][\w.]*)", r"\1 * \2"),
    Pattern(r"-+|–|—|n\s*/\s*a|\?\?+", "?", " for what nobody knows yet"),
    Pattern(
        r"(?:[<>=≤≥]+|at least|at most|(?:no )?(?:more|less|fewer) than|up to|below|under|over|"
        rf"above|min(?:imum|\.)?|max(?:imum|\.)?)\s*{_VALUE}",
        r"\1",
        _LIMIT,
    ),
    Pattern(rf"{_VALUE}\s*(?:\+|or (?:more|less)|max\.?|at (?:most|least)|tops)", r"\1", _LIMIT),
    Pattern(
        r"(?:about|approx(?:\.|imately)?|around|roughly|circa|ca?\.?|some|nearly|almost|±)"
        rf"\s+{_VALUE}",
        r"\1",
        _RANGE,
    ),
    Pattern(rf"{_VALUE}\s*(?:ish|or so|-?odd)", r"\1", _RANGE),
    Pattern(
        r"(?:every|each|once (?:every|per|an?)|per)\s+"
        r"(second|minute|hour|day|week|month|year)",
        r"1/\1",
    ),
    Pattern(
        rf"(?:every|each|once every)\s+{_VALUE}", r"1 / (\1)", r"; an action takes `every: \1`"
    ),
    Pattern(r"([1-9]\d*)\s*[x×]\s*(\d.*)", r"\1 * \2"),
    Pattern(r"(\d+)\s*d(?:ays?)?\s*(?:and )?(\d+)\s*(?:h|hrs?|hours?)", r"\1 days + \2 h"),
    Pattern(r"(\d+)\s*(?:h|hrs?|hours?)\s*(?:and )?(\d+)\s*(?:m|mins?|minutes?)", r"\1 h + \2 min"),
    Pattern(
        r"(\d+)\s*(?:m|mins?|minutes?)\s*(?:and )?(\d+)\s*(?:s|secs?|seconds?)", r"\1 min + \2 s"
    ),
    Pattern(r"0?(\d{1,2}):0?(\d{1,2}):0?(\d{1,2})", r"\1 h + \2 min + \3 s"),
    Pattern(rf"{_VALUE}\s*\(?\s*{_OF}\s*\)?", r"\1"),
    Pattern(rf"{_OF}:?\s+{_VALUE}", r"\1"),
    Pattern(r"(.+?)\s+(?:each|apiece)", r"\1"),
    Pattern(r"if\s+(.+?)\s+then\s+(.+?)\s+else\s+(.+)", r"if(\1, \2, \3)"),
    Pattern(r"(.+?)\s+if\s+(.+?)\s+else\s+(.+)", r"if(\2, \1, \3)"),
    Pattern(r"(.+?)\s*\?\s*(.+?)\s*:\s*(.+)", r"if(\1, \2, \3)"),
    Pattern(r"(.+?)\s*(?:\bas\b|\binto\b|[-=]>|→)\s*([a-z]+(?:/[a-z]+)?)", r"\1 in \2"),
    Pattern(r"([a-z_][\w.]*)\s*%", r"\1 * 1%"),
    Pattern(r"(\w+\([^;]*);\s*([^;]*)\)", r"\1, \2)"),
    Pattern(r"(\w+\([^;]*);\s*([^;]*);\s*([^;]*)\)", r"\1, \2, \3)"),
    Pattern(r"(\w+)\(\[(.*)\]\)", r"\1(\2)"),
)
"""The first that a value has, and whose way can be read, is suggested."""

MISREAD = re.compile(r"up\s+to\b.+|.+\bor\s+so|n\s*/\s*a", re.IGNORECASE)
"""Words that could be read as formulas, with names that nothing has."""

_LONGEST = 200
"""The most characters of a value that is looked at: what people write in words is short."""


def values_meant(text: str) -> list[tuple[str, str]]:
    """Return what a whole value may have been meant to be, each with what else there is to say."""
    text = text.strip()
    if len(text) > _LONGEST:
        return []
    found = ((p, re.fullmatch(p.form, text, re.IGNORECASE)) for p in PATTERNS)
    return [(match.expand(p.way), match.expand(p.more)) for p, match in found if match]


def name_meant(word: str) -> str | None:
    """Return what to write for a word that stands alone where a value belongs."""
    return NAMES.get(word.lower())
