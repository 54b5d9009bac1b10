"""Tokens to a tree: a parser by recursive descent, a function for each rank.

From loosest to tightest: `in`, `or`, `and`, `not`, comparisons, `to`, `+ -`, `* /`, a minus
sign, `^`, and a number with its unit (`200 B`, `2/day`). The text is never evaluated by
anything but this package.
"""

from __future__ import annotations

import re

from estimator.formula import literals, slips
from estimator.formula.cursor import Cursor
from estimator.formula.fault import FormulaError
from estimator.formula.remembered import remembered
from estimator.formula.tokens import SCALES, WORDS, Token
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Literal,
    Logic,
    Name,
    Negative,
    Node,
    Not,
    Number,
    Power,
    Range,
    UnitRef,
    Unknown,
)
from estimator.formula.whole_values import MISREAD, values_meant
from estimator.units import unit_table

__all__ = ["SCALES", "WORDS", "parse"]

_COMPARISONS = frozenset({"<=", ">=", "<", ">", "==", "!=", "~"})
_UNREADABLE = ("E011", "E016")
_NAME_ALONE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)


@remembered
def parse(text: str) -> Node:
    """Return the tree of a formula.

    Raises:
        FormulaError: E011 where it is not a formula, E016 for an unknown unit behind a number,
            E017 for what could be two things, E027 for one that is too long or too deep.
    """
    if _NAME_ALONE.fullmatch(text) and text not in WORDS and unit_table().unit(text) is None:
        return Name(text, (0, len(text)))  # half of the library's formulas are no more
    try:
        if MISREAD.fullmatch(text):
            raise FormulaError("E011", f"`{text}` is no formula", (0, len(text)))
        return _whole(Cursor(text, _suggest))
    except FormulaError as error:
        if error.rule in _UNREADABLE:
            error.help = _value_meant(text) or error.help
        raise


def _value_meant(text: str) -> str | None:
    """Suggest what a whole value may have been meant to be, such as `~100` or `three nines`."""
    ways = ((_suggest(way), more) for way, more in values_meant(text))
    return next((help_ + more for help_, more in ways if help_ is not None), None)


def _suggest(way: str) -> str | None:
    """Return a way to write something as a line of help; None where that could not be read."""
    try:
        _whole(
            Cursor(way, lambda _: None)
        )  # a fault in it needs no advice, which could go on forever
    except FormulaError:
        return None
    return f"write `{way}`"


def _whole(cursor: Cursor) -> Node:
    if cursor.token.kind == "end":
        raise FormulaError("E011", "there is no formula here", (0, max(1, len(cursor.text))))
    node = _expression(cursor)
    if cursor.accept("in"):
        unit = _product(cursor)
        node = Convert(node, unit, cursor.span_from(0))
    if cursor.token.kind != "end":
        raise slips.unexpected(cursor)
    return node


def _expression(cursor: Cursor) -> Node:
    cursor.enter()
    node = _logic(cursor, "or")
    cursor.leave()
    return node


def _logic(cursor: Cursor, op: str) -> Node:
    start = cursor.token.span[0]
    below = _conjunction if op == "or" else _negation
    operands = [below(cursor)]
    while cursor.accept(op):
        operands.append(below(cursor))
    if len(operands) == 1:
        return operands[0]
    return Logic(op, tuple(operands), cursor.span_from(start))


def _conjunction(cursor: Cursor) -> Node:
    return _logic(cursor, "and")


def _negation(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    if cursor.accept("not"):
        cursor.enter()
        node: Node = Not(_negation(cursor), cursor.span_from(start))
        cursor.leave()
        return node
    return _comparison(cursor)


def _comparison(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    left = _range(cursor)
    if cursor.token.text == "=":
        raise slips.equals_once(cursor)
    if cursor.token.text not in _COMPARISONS:
        return left
    sign = cursor.next()
    slips.refuse_second_sign(cursor, sign)
    between, right = cursor.token.span[0], _range(cursor)
    end = cursor.tokens[cursor.at - 1].span[1]
    if sign.text in ("==", "!=", "~") and isinstance(right, Range):
        raise slips.equals_range(cursor, cursor.text[start : sign.span[0]], right, (between, end))
    if cursor.token.text in _COMPARISONS:
        raise slips.compared_twice(cursor, start, between)
    reach = _reach(cursor, left, right) if sign.text == "~" else None
    return Compare(sign.text, left, right, cursor.span_from(start), reach)


def _reach(cursor: Cursor, left: Node, right: Node) -> Node:
    """Return how far `x` may be from the right side of `x ~ right` or of `x ~ right within reach`.

    A percentage is a share of the right side. Where nothing is said, it is half of the last digit
    that is written there.
    """
    if not cursor.accept("within"):
        half = literals.half_of_last_digit(cursor.text, right)
        if half is None:
            other = literals.half_of_last_digit(cursor.text, left) and left
            raise slips.lacks_reach(cursor, right, other)
        return half
    reach = _sum(cursor)
    if isinstance(reach, Negative):
        raise FormulaError("E011", "`within` needs an amount above zero", reach.span)
    if cursor.tokens[cursor.at - 1].text == "%":
        return Chain(right, (("*", reach),), reach.span)
    return reach


def _range(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    low = _sum(cursor)
    if cursor.accept("to"):
        return _credible(cursor, low, _sum(cursor), start)
    if cursor.accept("±"):
        shares = [cursor.tokens[cursor.at - 2].text == "%"]
        off = _sum(cursor)
        shares.append(cursor.tokens[cursor.at - 1].text == "%")
        is_relative = shares == [False, True]
        middle, off = (low, off) if is_relative else _alike(low, off)
        ends = _ends(middle, off, relative=is_relative)
        return _credible(cursor, *ends, start)._replace(symmetric=True)
    return low


def _credible(cursor: Cursor, low: Node, high: Node, start: int) -> Range:
    """Return a range, with the share of it that lies between its ends where that is said.

    A unit that stands at one end only is for both: `1.5 to 3 /day`, `$1 to 3`.
    """
    slips.refuse_lone_scale(cursor, low, high)
    if isinstance(high, UnitRef):
        raise slips.range_to_unit(cursor, low, high)
    low, high = _alike(low, high)
    credibility = _sum(cursor) if cursor.accept("at") else None
    return Range(low, high, cursor.span_from(start), credibility)


def _sum(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    first = _product(cursor)
    rest: list[tuple[str, Node]] = []
    while op := cursor.accept("+", "-"):
        rest.append((op.text, _product(cursor)))
    if len(rest) == 1:
        slips.refuse_range_by_minus(cursor, first, *rest[0])
    return Chain(first, tuple(rest), cursor.span_from(start)) if rest else first


def _product(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    first = _unary(cursor)
    rest: list[tuple[str, Node]] = []
    while op := cursor.accept("*", "/"):
        bracketed = cursor.token.text == "("
        term = _unary(cursor)
        rest.append((op.text, term))
        if op.text == "/" and not bracketed:
            slips.refuse_two_readings(cursor, start, op, term)
    return Chain(first, tuple(rest), cursor.span_from(start)) if rest else first


def _unary(cursor: Cursor) -> Node:
    start = cursor.token.span[0]
    if cursor.accept("-"):
        cursor.enter()
        node: Node = Negative(_unary(cursor), cursor.span_from(start))
        cursor.leave()
        return node
    if cursor.accept("+"):
        cursor.enter()
        node = _unary(cursor)
        cursor.leave()
        return node
    return _power(cursor)


def _power(cursor: Cursor) -> Node:
    return _raised(cursor, cursor.token.span[0], _atom(cursor))


def _raised(cursor: Cursor, start: int, base: Node) -> Node:
    """Read the powers behind a base, which go from right to left."""
    if not cursor.accept("^"):
        return base
    cursor.enter()
    if cursor.token.kind == "number":  # `10^4/s` is a rate: the unit is not the exponent's
        exponent = _raised(cursor, cursor.token.span[0], literals.read_number(cursor))
    else:
        exponent = _unary(cursor)
    cursor.leave()
    return Power(base, exponent, cursor.span_from(start))


def _atom(cursor: Cursor) -> Node:
    token = cursor.token
    if token.kind == "number":
        return literals.read_literal(cursor)
    if token.text == "$":
        return literals.read_money(cursor)
    if cursor.accept("?"):
        return Unknown(token.span)
    if token.kind == "name" and token.text not in WORDS:
        cursor.next()
        if cursor.token.text == "(":
            return _call(cursor, token)
        if unit_table().unit(token.text) is not None:
            return UnitRef(token.text, token.span)
        return Name(token.text, token.span)
    if cursor.accept("("):
        outside, cursor.in_call = cursor.in_call, False
        node = _expression(cursor)
        _close(cursor, token)
        cursor.in_call = outside
        return node
    raise slips.unexpected(cursor)


def _close(cursor: Cursor, opened: Token) -> None:
    if not cursor.accept(")"):
        if cursor.token.kind == "end":
            raise FormulaError("E011", "this parenthesis is never closed", opened.span)
        raise slips.unexpected(cursor)


def _call(cursor: Cursor, name: Token) -> Node:
    opened = cursor.next()
    arguments: list[Node] = []
    outside, cursor.in_call = cursor.in_call, True
    written: list[str] = []
    while not arguments or cursor.accept(","):
        if not arguments and cursor.token.text == ")":
            break
        start = cursor.token.span[0]
        arguments.append(_argument(cursor))
        written.append(cursor.text[start : cursor.tokens[cursor.at - 1].span[1]])
    _close(cursor, opened)
    cursor.in_call = outside
    slips.refuse_other_name(cursor, name, written)
    return Call(name.text, tuple(arguments), cursor.span_from(name.span[0]), name.span)


def _argument(cursor: Cursor) -> Node:
    """Read a value of a function."""
    token = cursor.token
    slips.refuse_joined_digits(cursor)
    value = _expression(cursor)
    if not cursor.accept("of"):  # `30% of x`, among the values of `one_of`
        return value
    part = _expression(cursor)
    return Call(
        "of", (value, part), cursor.span_from(token.span[0]), cursor.span_from(token.span[0])
    )


def _ends(middle: Node, off: Node, *, relative: bool) -> tuple[Node, Node]:
    """Return the ends of `middle ± off`, where `± 10%` of what is no share is a tenth of it."""
    span = (middle.span[0], off.span[1])
    if not relative:
        return Chain(middle, (("-", off),), span), Chain(middle, (("+", off),), span)
    one = Number(1.0, off.span)
    low, high = (
        Chain(middle, (("*", Chain(one, ((sign, off),), off.span)),), span) for sign in "-+"
    )
    return low, high


def _alike(one: Node, other: Node) -> tuple[Node, Node]:
    """Return two values, each with the unit of the other where it has none itself."""
    if isinstance(one, Number) and isinstance(other, Literal):
        one = other._replace(number=one, span=one.span)
    elif isinstance(one, Literal) and isinstance(other, Number):
        other = one._replace(number=other, span=other.span)
    elif isinstance(one, Number) and isinstance(other, Chain) and _is_with_unit(other):
        one = other._replace(first=one, span=one.span)
    elif isinstance(one, Chain) and _is_with_unit(one) and isinstance(other, Number):
        other = one._replace(first=other, span=other.span)
    return one, other


def _is_with_unit(node: Chain) -> bool:
    """Return whether it is a number with a unit that stands apart, as in `3 /day`."""
    units = all(isinstance(term, UnitRef) for _, term in node.rest)
    return isinstance(node.first, Number) and units
