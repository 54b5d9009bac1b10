"""Slips that the parser refuses, and how each is written instead.

Some of it could be read in two ways, some means something else elsewhere. What is written instead
is data of `near_misses`, and is suggested only where it can be read itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from estimator.formula import near_misses
from estimator.formula.cursor import Cursor
from estimator.formula.fault import FormulaError
from estimator.formula.tokens import SCALES, Token
from estimator.formula.tree import Literal, Node, Number, Range
from estimator.units import unit_table


def equals_once(cursor: Cursor) -> FormulaError:
    """Return the error for `=` where `==` is meant, also as a half of `=>`, `=<` and `=~`."""
    sign, behind = cursor.token, cursor.tokens[cursor.at + 1]
    tight = behind.text in ("<", ">", "~") and not behind.after_space
    end = behind.span[1] if tight else sign.span[1]
    meant = {"<": "<=", ">": ">=", "~": "~"}[behind.text] if tight else "=="
    message = f"`{cursor.text[sign.span[0] : end]}` does not compare"
    return FormulaError("E011", message, (sign.span[0], end), help=f"write `{meant}`")


def refuse_second_sign(cursor: Cursor, sign: Token) -> None:
    """Refuse `<>`, `===` and `~=`, which are two signs."""
    twice = cursor.token.text in (">", "=") and not cursor.token.after_space
    if twice and sign.text in ("<", "==", "!=", "~"):
        span = (sign.span[0], cursor.token.span[1])
        meant = "!=" if sign.text == "<" else sign.text
        message = f"`{cursor.text[slice(*span)]}` does not compare"
        raise FormulaError("E011", message, span, help=f"write `{meant}`")


def equals_range(cursor: Cursor, left: str, right: Range, span: tuple[int, int]) -> FormulaError:
    """Return the error for `x == 240k ± 5%`: no value equals a range, but one may lie within it."""
    text = cursor.text[slice(*right.span)]  # not its parentheses, which `span` has as well
    left = left.strip()
    middle, _, off = (part.strip() for part in text.partition("±"))
    low, _, high = (part.strip() for part in text.partition(" to "))
    way = near_misses.about(left, middle, off) if off else f"{left} >= {low} and {left} <= {high}"
    return FormulaError(
        "E011", "no value equals a range", span, help=cursor.suggest(way) or "compare with its ends"
    )


def lacks_reach(cursor: Cursor, right: Node, number: Node | None) -> FormulaError:
    """Return the error for `x ~ a + b`, whose right side has no digits that say how near.

    Args:
        cursor: The parser's place.
        right: The right side.
        number: The left side, if that is the number.
    """
    text = cursor.text[slice(*right.span)]
    if number is not None:
        way = f"{text} ~ {cursor.text[slice(*number.span)]}"
    else:
        way = f"{cursor.text[: right.span[1]].strip()} within 5%"
    return FormulaError(
        "E011",
        "`~` rounds to the digits of the number behind it, and this is a formula",
        right.span,
        help=cursor.suggest(way) or "say how near: `within 5%`",
    )


def refuse_lone_scale(cursor: Cursor, low: Node, high: Node) -> None:
    """Refuse `400 to 600M`, which could begin at 400 or at 400M, and `1 to 5%` alike."""
    first, last = (cursor.text[slice(*end.span)] for end in (low, high))
    scale = re.match(r"[\d._]+(\s*([A-Za-z]+|%))", last)
    if scale and (scale[2] == "%" or scale[2] in SCALES) and re.fullmatch(r"[\d._]+", first):
        raise FormulaError(
            "E017",
            f"`{first} to {last}` could begin at {first} or at {first}{scale[1]}",
            (low.span[0], high.span[1]),
            help=f"write `{first}{scale[1]} to {last}`",
        )


def range_to_unit(cursor: Cursor, low: Node, unit: Node) -> FormulaError:
    """Return the error for `5 GB to MB`, which is no range: its end is a unit."""
    way = f"{cursor.text[slice(*low.span)]} in {cursor.text[slice(*unit.span)]}"
    help_ = cursor.suggest(way)
    return FormulaError("E011", "`to` makes a range, `in` chooses a unit", unit.span, help=help_)


def refuse_range_by_minus(cursor: Cursor, first: Node, op: str, second: Node) -> None:
    """Refuse `1-2 ms`, a range with one unit for both ends: a difference it cannot be."""
    if op != "-" or not isinstance(second, Literal) or second.bare_b:
        return
    has_unit = any(unit_table().unit(name) is not None for name, _ in second.units)
    if isinstance(first, Number) and first.value and has_unit:
        span = (first.span[0], second.span[1])
        help_ = cursor.suggest(near_misses.range_meant(cursor.text[slice(*span)]) or "")
        raise FormulaError("E011", "a range is written with `to`", span, help=help_)


def refuse_two_readings(cursor: Cursor, start: int, op: Token, divisor: Node) -> None:
    """Refuse `10 TB / 100 MB/s`, which could be divided either way."""
    if not isinstance(divisor, Literal) or all(power > 0 for _, power in divisor.units):
        return
    before = cursor.text[start : op.span[0]].strip()
    inside = cursor.text[divisor.span[0] : divisor.span[1]]
    first, _, last = inside.rpartition("/")
    by = first if first.replace(".", "").isalnum() and len(divisor.units) == 1 else f"({first})"
    raise FormulaError(
        "E017",
        f"`{before} / {inside}` could be read in two ways",
        (start, divisor.span[1]),
        help=f"write `{before} / ({inside})` or `{before} / {by} / {last}`",
    )


def by_a_word(cursor: Cursor, start: int, token: Token) -> FormulaError:
    """Return the error for `2 per day`, with how it is written."""
    way = cursor.suggest(near_misses.divided(cursor.text, start) or "")
    return FormulaError(
        "E011",
        f"`{token.text}` is written `/`",
        token.span,
        help=way or "such as `5 MB/day`",
    )


def _term_start(cursor: Cursor) -> int:
    """Return where the term before this token begins, which `*`, `+` and the like do not part."""
    at = cursor.at
    while at and (
        cursor.tokens[at - 1].kind in ("number", "name") or cursor.tokens[at - 1].text in "$/%"
    ):
        at -= 1
    return cursor.tokens[at].span[0]


_MISPLACED = {
    ")": "this parenthesis was never opened",
    "%": "`%` goes after a number",
    "~": "`~` stands between two values",
    "?": "`?` stands for a value that nobody knows yet",
}


def unexpected(cursor: Cursor) -> FormulaError:
    """Return the error for a token that cannot stand where it does."""
    token = cursor.token
    if token.kind == "end":
        return FormulaError(
            "E011", "the formula ends too early", (max(0, token.span[0] - 1), token.span[1])
        )
    if token.text in _MISPLACED:
        is_early = token.text == ")" and cursor.depth > 1
        message = "a value is missing before this `)`" if is_early else _MISPLACED[token.text]
        help_ = near_misses.about_help(cursor.text) if token.text == "~" else None
        if token.text == "?":
            help_ = "a choice by a condition is `if(condition, a, b)`"
        return FormulaError("E011", message, token.span, help=help_)
    before = cursor.tokens[cursor.at - 1] if cursor.at else None
    if near_misses.is_by(token.text) and before is not None:
        return by_a_word(cursor, _term_start(cursor), token)
    if token.kind == "name" and before is not None:
        way = cursor.suggest(near_misses.comparison_meant(cursor.text) or "")
        sign = near_misses.OPERATORS.get(token.text)
        if way is not None or sign is not None:
            return FormulaError(
                "E011",
                f"`{token.text}` is not an operator",
                token.span,
                help=way or f"write `{sign}`",
            )
    if token.kind == "number" and before is not None and before.text in ("USD", "$"):
        help_ = f"write `{token.text} USD` or `${token.text}`"
        return FormulaError("E011", "the amount goes before `USD`", token.span, help=help_)
    return FormulaError(
        "E011",
        f"`{cursor.text[token.span[0] : token.span[1]]}` is not expected here",
        token.span,
        help=_missing_between(before, token),
    )


def _missing_between(before: Token | None, token: Token) -> str | None:
    """Return what is missing between two values that follow each other, or None."""
    values = ("number", "name")
    if before is None or before.kind not in values or token.kind not in values:
        return None
    help_ = "an operator is missing before it: + - * / ^"
    if before.kind == token.kind == "name":
        help_ += f"; a name of two parts has a dot: `{before.text}.{token.text}`"
    return help_


def compared_twice(cursor: Cursor, start: int, between: int) -> FormulaError:
    """Return the error for `a < b < c`, which is two comparisons."""
    end = cursor.tokens[cursor.at - 1].span[1]
    first, middle = cursor.text[start:end].strip(), cursor.text[between:end].strip()
    last = cursor.text[cursor.token.span[0] :].strip()
    help_ = cursor.suggest(f"{first} and {middle} {last}") or "join two with `and`"
    return FormulaError("E011", "one comparison at a time", cursor.token.span, help=help_)


def refuse_joined_digits(cursor: Cursor) -> None:
    """Refuse `max(1,500)`, which could have two values or one."""
    token, at = cursor.token, cursor.at
    if token.kind == "number" and len(token.text) <= 3 and token.text.isdigit():
        comma, digits = (
            cursor.tokens[at + 1 : at + 3] if at + 2 < len(cursor.tokens) else (token, token)
        )
        tight = not comma.after_space and not digits.after_space
        if comma.text == "," and tight and len(digits.text) == 3 and digits.text.isdigit():
            raise FormulaError(
                "E017",
                f"`{token.text},{digits.text}` could be two values or one",
                (token.span[0], digits.span[1]),
                help=f"write `{token.text}, {digits.text}` or `{token.text}_{digits.text}`",
            )


def refuse_other_name(cursor: Cursor, name: Token, written: Sequence[str]) -> None:
    """Refuse a function by a name that it has elsewhere, and say how it is written."""
    meant = near_misses.function_meant(name.text, written)
    if meant is not None:
        more = (name.text, len(written)) in near_misses.WITH_MORE
        what = (
            f"`{name.text}` takes fewer values" if more else f"there is no function `{name.text}`"
        )
        help_ = cursor.suggest(meant)
        note = near_misses.PERCENTILES.get(name.text, "").format(*written)
        raise FormulaError("E026", what, name.span, help=help_ and help_ + note)
