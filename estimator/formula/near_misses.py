"""Near misses, as data: what people write for what the language has, and what to write instead.

A test holds that whatever is suggested here is read by the parser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from estimator.formula import functions
from estimator.units import unit_table

_MONEY = (
    "money is in USD: name a rate under `derive:`, such as `{low}: $1.10`, and write `{0} * {low}`"
)
_CURRENCIES = ("EUR", "GBP", "CHF", "JPY", "CNY", "INR", "CAD", "AUD", "BRL", "KRW", "SEK", "PLN")

UNITS: Mapping[str, str] = {
    **dict.fromkeys(("percent", "pct", "per_cent", "percents"), "write `{0}%`"),
    **dict.fromkeys(("thousand", "thousands", "kilo", "tsd"), "write `{0}k`"),
    **dict.fromkeys(
        ("million", "millions", "mn", "mio", "mil", "mln", "mm", "mega"), "write `{0}M`"
    ),
    **dict.fromkeys(
        ("billion", "billions", "bn", "bil", "bln", "mrd", "giga"), "write `{0} billion`"
    ),
    **dict.fromkeys(("trillion", "trillions", "tn", "trn", "tera"), "write `{0}T`"),
    **dict.fromkeys(("hundred", "hundreds"), "write `{0} * 100`"),
    **dict.fromkeys(("dozen", "dozens"), "write `{0} * 12`"),
    **dict.fromkeys(("lakh", "lakhs"), "write `{0} * 100k`"),
    **dict.fromkeys(("crore", "crores"), "write `{0} * 10M`"),
    **dict.fromkeys(("hz", "hertz"), "write `{0}/s`"),
    "khz": "write `{0}k/s`",
    "mhz": "write `{0}M/s`",
    "ghz": "write `{0} * 1 billion/s`",
    "secondly": "write `{0}/s`",
    "hourly": "write `{0}/h`",
    "daily": "write `{0}/day`",
    "weekly": "write `{0}/week`",
    "monthly": "write `{0}/month`",
    **dict.fromkeys(("yearly", "annually"), "write `{0}/year`"),
    **dict.fromkeys(("usec", "usecs", "micros"), "write `{0} us`"),
    **dict.fromkeys(("msecs", "millis"), "write `{0} ms`"),
    **dict.fromkeys(("nsec", "nsecs", "nanos"), "write `{0} ns`"),
    **dict.fromkeys(("wk", "wks"), "write `{0} weeks`"),
    **dict.fromkeys(("mth", "mths", "mon", "mons"), "write `{0} months`"),
    **dict.fromkeys(("fortnight", "fortnights"), "write `{0} * 2 weeks`"),
    **dict.fromkeys(("quarter", "quarters"), "write `{0} * 3 months`"),
    **dict.fromkeys(("decade", "decades"), "write `{0} * 10 years`"),
    "dau": "write `users: {{daily_active: {0}}}`",
    "mau": "write `users: {{registered: {0}}}`",
    "ccu": "write `users: {{concurrent: {0}}}`",
    **dict.fromkeys(("octet", "octets"), "write `{0} B`"),
    **{f"{scale}i": f"write `{{0}} {scale.upper()}iB`" for scale in "kmgt"},
    "w": "write `{0} weeks`",
    "ppm": "write `{0} / 1M`",
    **dict.fromkeys(("cpu", "cpus"), "write `{0} cores`"),
    "vcpus": "write `{0} vCPUs`",
    "gbe": "write `{0} Gbps`",
    **dict.fromkeys(("qph", "rph"), "write `{0}/h`"),
    **dict.fromkeys(("qpd", "rpd"), "write `{0}/day`"),
    "wow": "write `{0}/week`",
    "mom": "write `{0}/month`",
    "yoy": "write `{0}/year`",
    **{word.lower(): _MONEY for word in _CURRENCIES},
    **dict.fromkeys(("euro", "euros"), _MONEY),
}
"""Words behind a number, in any case, and what is written for each; `{0}` is the number."""

TWO_READINGS: Mapping[str, str] = {
    "m": "`m` could be minutes (`min`) or million (`M`)",
    "G": "`G` could be billion (`B` or `billion`) or gigabytes (`GB`)",
    "P": "`P` could be a thousand trillion (`1e15`) or petabytes (`PB`)",
    "g": "`g` could be billion (`billion`) or gigabytes (`GB`)",
    "t": "`t` could be trillion (`T`) or terabytes (`TB`)",
}
"""Words behind a number that could be two things."""

_BY = frozenset({"per", "a", "an", "each", "every"})
"""The words that people write for `/`."""

_TIMES: Mapping[str, str] = {"once": "1", "twice": "2", "thrice": "3"}

_WRITTEN_OTHERWISE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("pow", "power"), ("{x} ^ {y}",)),
    **dict.fromkeys(("square", "squared"), ("{x} ^ 2",)),
    "cbrt": ("{x} ^ (1/3)",),
    **dict.fromkeys(("avg", "average"), ("mean({0})", "sum({all}) / {count}")),
    **dict.fromkeys(("std", "stdev", "stddev"), ("p95({0}) - p5({0})",)),
    **dict.fromkeys(("div", "divide"), ("{x} / {y}",)),
    **dict.fromkeys(("rand", "random", "randint", "unif"), ("uniform({0}, {1})",)),
    **dict.fromkeys(("gauss", "gaussian", "norm"), ("normal({0}, {1})",)),
    **dict.fromkeys(("choose", "choice", "pick"), ("one_of({all})",)),
    **dict.fromkeys(("range", "interval"), ("{x} to {y}",)),
    "convert": ("{x} in {y}",),
    **dict.fromkeys(("p90", "p99", "p999", "p98", "p75"), ("p95({0})",)),
    "poisson": ("normal({0}, sqrt({0}))",),
    **dict.fromkeys(("exponential", "expon"), ("lognormal(0.05 * {x}, 3 * {x})",)),
    **dict.fromkeys(("triangle", "triang", "pert"), ("triangular({all})",)),
}
"""Functions that formulas have elsewhere, and what is written here instead.

The last way is for as many values as there are, those before it for one, two and so on. `{0}` is
a value as it was written, `{x}` and `{y}` are the first two in parentheses where they need them.
"""

FUNCTIONS: Mapping[str, tuple[str, ...]] = {
    **_WRITTEN_OTHERWISE,
    **{
        alias: (f"{name}({'{all}' if function.accepts(2) or not function.accepts(1) else '{0}'})",)
        for name, function in functions.FUNCTIONS.items()
        for alias in function.also_called
    },
}
"""The names that functions have elsewhere, and what is written here, as in the table above."""

PERCENTILES: Mapping[str, str] = dict.fromkeys(
    ("p90", "p99", "p999", "p98", "p75"), "; of latency there is `{0}.latency.p99`"
)
"""What else to say of percentiles that ranges do not have."""

WITH_MORE: Mapping[tuple[str, int], str] = {
    ("log", 2): "log({0}) / log({1})",
    ("round", 2): "round({x} * 10^{y}) / 10^{y}",
    ("exp", 2): "{x} ^ {y}",
}
"""Functions with more values than they take, as they have them elsewhere."""

_CHARACTERS: Mapping[str, str] = {
    **dict.fromkeys("€£¥₹", "money is in USD: write `$5` or `5 USD`, times a rate of your own"),
    "[": "a formula has no lists; a function takes its values in ( )",
    "{": "a formula has no braces: use ( ), and `--set` for what a template would fill in",
    '"': "a formula needs no quotes",
    "'": "a formula needs no quotes",
    ";": "one formula a line",
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`, or `!=` between two values",
    "²": "write `^2`",
    "³": "write `^3`",
    "#": "a comment has a space before its `#`",
    "\\": "write `/` to divide",
}
"""Characters that stand in no formula, and what to write instead."""

_MARK = r"[.,'’ \u00a0\u202f]"  # what people put between groups of digits, or before decimals
_DATA = r"(?i:([kmgtpe])(i?)(b|bits?|bytes?|o)(ps)?)"
_REST = r"(?:\s?(?!(?:to|in|at|of|and|or|within)\b)(?:%|[A-Za-zµ]\w*))?(?:/[A-Za-z]\w*)*"
# Patterns are compiled where a slip is met, and seldom is one.
_ABOUT = r"(?:~=|=~|~|≈|≃|≅|\b(?:is )?about\b(?= ?[$\d.]))=?"
_SPANS = r"(?P<low>[^\s–—.…]+)\s*+(?:\.{2,}+|…|–|—)\s*+(?P<high>[^–—…]+)"
OPERATORS: Mapping[str, str] = {
    "is": "==",
    "equals": "==",
    "equal": "==",
    "above": ">",
    "over": ">",
    "below": "<",
    "under": "<",
    "times": "*",
    "x": "*",
    "plus": "+",
    "minus": "-",
    "by": "/",
    "xor": "!=",
}
"""Operators that people write as words."""


def unit_help(word: str, amount: str) -> str | None:
    """Suggest what to write for a word behind a number, where it is a known slip."""
    known = UNITS.get(word) or UNITS.get(word.lower())
    if known is not None:
        return known.format(amount, low=word.lower())
    found = re.fullmatch(_DATA, word)
    if found is None:
        return None
    unit = _bytes_and_bits(found)[
        0 if found[3] in ("B", "o", "O") or found[3][1:2] in ("y", "Y") else 1
    ]
    return f"write `{amount} {unit}`"


def two_readings(word: str) -> str | None:
    """Return what a word behind a number could be, where it could be two things."""
    found = re.fullmatch(_DATA, word)
    if found is None or (found[3] != "b" and not (found[3] == "B" and found[4] == "PS")):
        return TWO_READINGS.get(word)
    known = [unit_table().unit(symbol) for symbol in _bytes_and_bits(found)]
    names = [unit.name.removesuffix("_per_second") + "s" for unit in known if unit is not None]
    if len(names) != 2:
        return None
    in_bytes, in_bits = _bytes_and_bits(found)
    behind = " per second" if found[4] else ""
    return (
        f"`{word}` could be {names[0]}{behind} (`{in_bytes}`) or {names[1]}{behind} (`{in_bits}`)"
    )


def _bytes_and_bits(found: re.Match[str]) -> tuple[str, str]:
    """Return the symbols of the unit in bytes and in bits: `GB` and `Gb`, `GiB` and `Gibit`."""
    prefix, binary, _, second = found.groups()
    if binary:
        start = f"{prefix.upper()}i"
        return f"{start}B{'/s' if second else ''}", f"{start}bit{'/s' if second else ''}"
    start = "k" if prefix in "kK" else prefix.upper()
    if second:
        return f"{start}Bps", f"{start}bps"
    return f"{start}B", "kbit" if start == "k" else f"{start}b"  # `kb` alone is read both ways


def function_meant(name: str, arguments: Sequence[str]) -> str | None:
    """Write a call of a function that goes by another name here."""
    ways = FUNCTIONS.get(name) or FUNCTIONS.get(name.lower()) or ()
    way = WITH_MORE.get((name, len(arguments)))
    if ways:
        way = ways[min(max(len(arguments), 1), len(ways)) - 1]
    if way is None:
        return None
    given = [*arguments, *("x", "z")[len(arguments) :]]
    x, y = map(_bracketed, given[:2])
    return way.format(*given, all=", ".join(arguments or ["x"]), count=len(arguments), x=x, y=y)


def _bracketed(text: str) -> str:
    return text if re.fullmatch(r"[\w.%$]+", text) else f"({text})"


def number_meant(text: str, start: int, *, commas: bool = True) -> tuple[int, str] | None:
    """Return the number that digits in groups, or with a decimal comma, were meant to be.

    Args:
        text: The formula.
        start: Where the digits begin.
        commas: Is a comma part of the number? Not between the values of a function.

    Returns:
        Where it ends, and how it is written here; None where it is a number as it is.
    """
    found = re.compile(rf"\d+(?:{_MARK}\d+)+").match(text, start)
    if found is None:
        return None
    parts, marks = re.split(_MARK, found[0]), re.findall(_MARK, found[0])
    end = found.end()
    if (not commas and "," in marks) or marks == ["."]:
        return None
    grouped = len(parts[0]) <= 3 and parts[0] != "0"
    if len(set(marks)) == 1:
        if grouped and all(len(part) == 3 for part in parts[1:]):
            return end, "_".join(parts)
        if marks == [","]:
            return end, ".".join(parts)
        return (end, "_".join(parts)) if marks[0] == "," else None
    is_decimal = marks[-1] in ".," and len(set(marks[:-1])) == 1
    if is_decimal and grouped and all(len(part) == 3 for part in parts[1:-1]):
        return end, "_".join(parts[:-1]) + "." + parts[-1]
    return None


def with_unit(text: str, end: int, number: str) -> str:
    """Return a number as it should be written, with the unit that stands behind it in a text."""
    found = re.match(_REST, text[end:])
    return number + (found[0] if found else "")


def divided(text: str, start: int) -> str | None:
    """Write `2 per day` as `2/day`, where a word for `/` follows from `start` on."""
    by = rf"(?:(?<!\s)\s*+)?\b(?:{'|'.join(_BY)})\s++"  # with all of the space around it
    found = re.match(rf"(.*?)((?:{by})+)(.+)", text[start:].strip(), re.DOTALL)
    if found is None or not found[1]:
        return None
    amount = _TIMES.get(found[1], found[1])
    rest = re.sub(rf"{by}|\b-\b", "/", found[3])
    end = re.match(r"[\w/]+", rest)
    if end is None:
        return None
    return f"{amount} / ({rest})" if rest[0].isdigit() else f"{amount}/{end[0]}"


def is_by(word: str) -> bool:
    """Return whether people write a word for `/`."""
    return word in _BY


def about(left: str, right: str, off: str = "") -> str:
    """Write a condition that `left` is as large as `right` but for a share, or an amount."""
    return f"{left} ~ {right}" + (f" within {off}" if off else "")


def comparison_meant(text: str) -> str | None:
    """Write a comparison that was written in words, or that is only about right."""
    text = " ".join(text.split())
    left, _, rest = text.partition(" within ")
    off, _, right = rest.partition(" of ")
    if right:
        return about(left.removesuffix(" is"), right, off)
    left, _, rest = text.partition(" between ")
    low, _, high = rest.partition(" and ")
    if high:
        left = left.removesuffix(" is")
        return f"{left} >= {low} and {left} <= {high}"
    if found := re.search(_ABOUT, text):
        left, right = text[: found.start()].rstrip(), text[found.end() :].lstrip()
        return about(left, right) if left and right else right or None
    return None


def range_meant(text: str) -> str | None:
    """Return the range that two values with a minus sign between them were meant to be."""
    value = r"[\d._]++\s*+[\w%/]*+"
    found = re.fullmatch(rf"\s*+({value})\s*+-\s*+({value})\s*+", text)
    return f"{found[1].strip()} to {found[2].strip()}" if found else None


def about_help(text: str) -> str | None:
    """Suggest what to write for a formula with a sign for "about" that does not compare."""
    meant = comparison_meant(text)
    more = "" if meant is None or " ~ " in meant else ", or a range: `a to b`"
    return None if meant is None else f"write `{meant}`{more}"


def character_help(text: str, position: int) -> str | None:
    """Suggest what to write for a character that stands in no formula."""
    character = text[position]
    if character in "≃≅":
        return about_help(text)
    if character in "'’":
        digits = re.search(r"(?<!\d)\d+$", text[:position])
        found_number = number_meant(text, digits.start()) if digits else None
        if found_number is not None:
            return f"write `{with_unit(text, *found_number)}`"
    if character in "–—….":
        found = re.fullmatch(_SPANS, text.strip())
        return f"a range is written `{found['low']} to {found['high']}`" if found else None
    if unicodedata.category(character) == "Cf":
        return "an invisible character; delete it"
    if character.isalpha() and character not in _CHARACTERS:
        return "names have the letters a to z, digits and `_`"
    return _CHARACTERS.get(character)
