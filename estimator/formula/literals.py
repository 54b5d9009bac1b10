"""Numbers with their units: `200 B`, `5 years`, `2/day`, `$0.023/GB/month`."""

from __future__ import annotations

import re

from estimator.diagnostics import closest
from estimator.formula import near_misses, slips
from estimator.formula.cursor import Cursor
from estimator.formula.fault import FormulaError
from estimator.formula.tokens import SCALES, WORDS, Token
from estimator.formula.tree import Chain, Literal, Name, Negative, Node, Number, Power, UnitRef
from estimator.units import unit_table

LARGEST_POWER = 12.0
"""The largest exponent of what has a dimension."""


def read_number(cursor: Cursor) -> Number:
    """Read digits, then perhaps a scale (`M`, `billion`), `%`, `x`, or `:` and more digits."""
    token = cursor.next()
    _refuse_groups(cursor, token)
    value = float(token.text.replace("_", ""))
    if value == float("inf"):
        raise FormulaError("E027", "this number is too large", token.span)
    following, scale = cursor.token, ""
    if following.kind == "name" and following.text in SCALES:
        scale = cursor.next().text
        value *= SCALES[scale]
    elif following.text == "x" and not following.after_space:
        cursor.next()
    elif following.text == ":" and cursor.tokens[cursor.at + 1].kind == "number":
        cursor.next()
        below = float(cursor.next().text.replace("_", ""))
        span = cursor.span_from(token.span[0])
        if below == 0:
            raise FormulaError("E023", "a ratio to zero", span)
        if cursor.token.text == ":":
            raise FormulaError("E011", "a ratio has two numbers", cursor.token.span)
        value /= below
    if cursor.accept("%"):
        exact = value == float(token.text.replace("_", "")) and "e" not in token.text.lower()
        value = float(token.text.replace("_", "") + "e-2") if exact else value / 100
        scale = "%"
    return Number(value, cursor.span_from(token.span[0]), scale)


def _refuse_groups(cursor: Cursor, token: Token) -> None:
    """Refuse `1,000`, `1.000.000` and `1,5`; a comma may stand between a function's values."""
    end = token.span[1]
    if not cursor.text[end + 1 : end + 2].isdigit() or cursor.text[end] not in ",.'’ \u00a0\u202f":
        return
    found = near_misses.number_meant(cursor.text, token.span[0], commas=not cursor.in_call)
    if found is None or found[0] <= end:
        return
    end, meant = found
    span = (token.span[0], end)
    sign = "$" if cursor.text[: token.span[0]].endswith("$") else ""
    whole = sign + near_misses.with_unit(cursor.text, end, meant)
    if "_" in meant:
        mark = cursor.text[token.span[1]]
        what = {",": "a comma", " ": "a space", ".": "a point"}.get(mark, f"`{mark}`")
        message, help_ = (
            f"{what} does not group digits",
            f"write `{whole.replace('_', '')}` or `{whole}`",
        )
    else:
        message, help_ = "decimals follow a point, not a comma", f"write `{whole}`"
    raise FormulaError("E011", message, span, help=help_)


def half_of_last_digit(text: str, node: Node) -> Node | None:
    """Return half of the last digit of a number as it is written, in its unit.

    At least two digits count, and all behind a point; zeros at the end of a whole number do not:
    5 GB of `100 GB`, 0.005 TiB of `1.88 TiB`. None for what is no number.

    Args:
        text: The formula.
        node: The node of the number.
    """
    match node:
        case Number():
            return node._replace(value=_half(text[slice(*node.span)], node.value))
        case Literal():
            half = _half(text[slice(*node.number.span)], node.number.value)
            return node._replace(number=node.number._replace(value=half))
        case Negative():
            return half_of_last_digit(text, node.operand)
        case Chain() if all(_is_unit(op, term) for op, term in node.rest):
            first = half_of_last_digit(text, node.first)
            return first and node._replace(first=first)
    return None


def _is_unit(op: str, node: Node) -> bool:
    is_noun = isinstance(node, Name) and unit_table().noun(node.path) is not None
    base = node.base if isinstance(node, Power) else node
    return isinstance(base, UnitRef) or (op == "/" and is_noun)


def _half(written: str, value: float) -> float:
    """Return half of the last digit of a number that is written as `$1.5k`, `99.9%` or `100:1`."""
    found = re.match(r"\$?([\d_]*(\.[\d_]+)?)(?:[eE][+-]?\d+)?", written)
    mantissa = found[1].replace("_", "") if found else "0"
    behind_point = len(mantissa.partition(".")[2])
    whole = mantissa.replace(".", "").lstrip("0")
    if not whole:
        return 0.5 * 10.0**-behind_point if behind_point else 0.0
    kept = len(whole if behind_point else whole.rstrip("0"))
    last = len(whole) - max(2, kept)  # how many of its digits do not count; below 0, are unsaid
    return abs(value) * 0.5 * 10.0**last / float(whole)


def read_literal(cursor: Cursor) -> Node:
    """Read a number with its units: `200 B`, `5 years`, `2/day`, `1000 req/s`."""
    number = read_number(cursor)
    units: list[tuple[str, float]] = []
    tight = not cursor.token.after_space
    if cursor.token.kind == "name" and cursor.token.text not in WORDS:
        units.append(_unit_behind(cursor, number))
        if units == [("B", 1.0)] and unit_table().noun(cursor.token.text) is not None:
            billions = Number(number.value * 1e9, cursor.span_from(number.span[0]))
            number, units = billions, [_unit_behind(cursor, billions)]  # `1B users`
    if cursor.token.text == "$" and not units:
        amount = cursor.text[slice(*number.span)]
        message, help_ = "`$` goes before an amount", f"write `${amount}`"
        raise FormulaError("E011", message, cursor.token.span, help=help_)
    if cursor.token.kind == "number" or cursor.token.text in ("(", "$"):
        raise slips.unexpected(cursor)
    return _with_divisors(cursor, number, units, tight=tight)


def read_money(cursor: Cursor) -> Node:
    """Read an amount of money: `$300k`, or `$` as a unit behind `in`: `in $/day`."""
    is_unit = cursor.at > 0 and cursor.tokens[cursor.at - 1].text == "in"
    sign = cursor.next()
    if cursor.token.kind != "number" and is_unit:
        return UnitRef("USD", sign.span)
    if cursor.token.kind != "number":
        raise FormulaError("E011", "`$` needs an amount after it", sign.span)
    number = read_number(cursor)
    if cursor.token.text == "B" and cursor.token.kind == "name":
        cursor.next()
        number = Number(number.value * 1e9, cursor.span_from(number.span[0]))
    number = Number(number.value, (sign.span[0], number.span[1]))
    return _with_divisors(cursor, number, [("USD", 1.0)])


def _with_divisors(
    cursor: Cursor, number: Number, units: list[tuple[str, float]], *, tight: bool = False
) -> Node:
    """Read divisors without spaces around the `/`, as in `2/day` and `5 MB/s`."""
    while cursor.token.text == "/" and not cursor.token.after_space:
        divisor = cursor.tokens[cursor.at + 1]
        if divisor.kind != "name" or divisor.after_space or "." in divisor.text:
            break
        if unit_table().unit(divisor.text) is None:  # a noun may be a quantity's name too
            break
        cursor.next()
        cursor.next()
        units.append((divisor.text, -_exponent(cursor)))
    if not units:
        return number
    _refuse_hyphen(cursor, number, units)
    return Literal(number, tuple(units), cursor.span_from(number.span[0]), tight)


def _refuse_hyphen(cursor: Cursor, number: Number, units: list[tuple[str, float]]) -> None:
    """Refuse `$0.023/GB-month`, which divides by both, and `5 GB-months`, which multiplies them."""
    sign, behind = cursor.token, cursor.tokens[min(cursor.at + 1, len(cursor.tokens) - 1)]
    is_unit = behind.kind == "name" and unit_table().unit(behind.text) is not None
    if sign.text != "-" or sign.after_space or behind.after_space or not is_unit:
        return
    before = cursor.text[number.span[0] : sign.span[0]]
    below = units[-1][1] < 0
    unit = unit_table().units[behind.text].name
    way = f"{before}/{behind.text}" if below else f"{before} * 1 {unit}"
    start = cursor.tokens[cursor.at - 1].span[0]
    joined = cursor.text[start : behind.span[1]]
    raise FormulaError(
        "E011",
        f"`{joined}` is written {'with a second `/`' if below else 'with `*`'}",
        (start, behind.span[1]),
        help=cursor.suggest(way),
    )


def _exponent(cursor: Cursor) -> float:
    """Read `^2` behind a unit, and return 2; 1 where there is none."""
    if cursor.token.text != "^" or cursor.tokens[cursor.at + 1].kind != "number":
        return 1.0
    cursor.next()
    token = cursor.next()
    exponent = float(token.text.replace("_", ""))
    if exponent > LARGEST_POWER:
        raise FormulaError("E027", "this exponent is too large for a unit", token.span)
    return exponent


def _unit_behind(cursor: Cursor, number: Number) -> tuple[str, float]:
    token = cursor.next()
    table = unit_table()
    if table.unit(token.text) or table.noun(token.text):
        return token.text, _exponent(cursor)
    amount = cursor.text[number.span[0] : number.span[1]]
    readings = near_misses.two_readings(token.text)
    if readings is not None:
        whole = cursor.text[number.span[0] : token.span[1]]
        raise FormulaError("E017", f"`{whole}` could be two things", token.span, help=readings)
    if near_misses.is_by(token.text):
        raise slips.by_a_word(cursor, number.span[0], token)
    if token.text == "x":
        help_ = "such as `2 * 3`"
        raise FormulaError("E011", "`x` is written `*`", token.span, help=help_)
    if re.fullmatch(r"e\d+\w+", token.text):
        power = re.match(r"e\d+", token.text)
        assert power is not None
        amount = cursor.text[number.span[0] : token.span[0]] + power[0]
        unit = token.text[power.end() :]
        raise FormulaError(
            "E016",
            f"`{token.text}` is not a unit",
            token.span,
            help=f"leave a space: `{amount} {unit}`",
        )
    raise FormulaError(
        "E016",
        f"`{token.text}` is not a unit",
        token.span,
        help=near_misses.unit_help(token.text, amount)
        or _unit_like(cursor, token.text)
        or f"leave it out, or write `{amount} * {token.text}` if it names a quantity",
    )


def _unit_like(cursor: Cursor, word: str) -> str | None:
    """Suggest units and nouns that a word may have been meant to be."""
    table = unit_table()
    near = closest(word, [*table.units, *table.nouns])
    same = [n for n in near if n.lower() == word.lower()] or near
    return "did you mean " + " or ".join(f"`{n}`" for n in same) + "?" if same else None
