"""Tokens to a tree: a parser by recursive descent, one method a rank.

From loosest to tightest: `in`, `or`, `and`, `not`, comparisons, `to`, `+ -`, `* /`, a minus
sign, `^`, and a number with its unit (`200 B`, `2/day`). The text is never evaluated by
anything but this package.
"""

from __future__ import annotations

import re
from functools import lru_cache

from estimator.diagnostics import closest
from estimator.formula.fault import FormulaError
from estimator.formula.tokens import Token, tokenize
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
)
from estimator.units import unit_table

DEEPEST = 24
"""How deep parentheses, signs and powers may nest; Python's own compiler allows 200 of its own
parentheses, of which a level may take seven."""
LARGEST_POWER = 12.0
"""The largest exponent of what has a dimension."""

SCALES = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "T": 1e12,
    "mn": 1e6,
    "bn": 1e9,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
"""What a number may have behind it, and what that multiplies it by."""
_COMPARISONS = frozenset({"<=", ">=", "<", ">", "==", "!="})
_NAME_ALONE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
WORDS = frozenset({"to", "at", "of", "in", "and", "or", "not"})
"""The operators that are written as words."""
_TWO_READINGS = {
    "m": "`m` could be minutes (`min`) or million (`M`)",
    "kb": "`kb` is kilobits; kilobytes are `kB`",
    "mb": "`mb` could be megabytes (`MB`) or megabits (`Mb`)",
    "gb": "`gb` could be gigabytes (`GB`) or gigabits (`Gb`)",
    "tb": "`tb` could be terabytes (`TB`) or terabits (`Tb`)",
    "pb": "`pb` could be petabytes (`PB`) or petabits (`Pb`)",
    "mbps": "`mbps` could be megabits (`Mbps`) or megabytes (`MBps`) per second",
    "gbps": "`gbps` could be gigabits (`Gbps`) or gigabytes (`GBps`) per second",
    "G": "`G` could be billion (`B` or `billion`) or gigabytes (`GB`)",
    "P": "`P` could be a thousand trillion (`1e15`) or petabytes (`PB`)",
    "g": "`g` could be billion (`billion`) or gigabytes (`GB`)",
    "t": "`t` could be trillion (`T`) or terabytes (`TB`)",
}


@lru_cache(maxsize=8192)
def parse(text: str) -> Node:
    """The tree of a formula.

    Raises:
        FormulaError: E011 where it is not a formula, E016 for an unknown unit behind a number,
            E017 for what could be two things, E027 for one that is too long or too deep.
    """
    if _NAME_ALONE.fullmatch(text) and text not in WORDS and unit_table().unit(text) is None:
        return Name(text, (0, len(text)))  # half of the library's formulas are no more
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.token = self.tokens[0]
        self.depth = 0

    # --- moving through the tokens ---------------------------------------------------------------

    def next(self) -> Token:
        token = self.token
        self.at += 1
        self.token = self.tokens[min(self.at, len(self.tokens) - 1)]
        return token

    def accept(self, *texts: str) -> Token | None:
        if self.token.text in texts and self.token.kind != "number":
            return self.next()
        return None

    def span_from(self, start: int) -> tuple[int, int]:
        return (start, self.tokens[self.at - 1].span[1])

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(
                "E027",
                f"this formula nests deeper than {DEEPEST} levels",
                self.token.span,
                help="name its parts under `derive:`",
            )

    # --- ranks ------------------------------------------------------------------------------------

    def whole(self) -> Node:
        if self.token.kind == "end":
            raise FormulaError("E011", "there is no formula here", (0, max(1, len(self.text))))
        node = self.expression()
        if self.accept("in"):
            unit = self.product()
            node = Convert(node, unit, self.span_from(0))
        if self.token.kind != "end":
            raise self.unexpected()
        return node

    def expression(self) -> Node:
        self.deeper()
        node = self.logic("or")
        self.depth -= 1
        return node

    def logic(self, op: str) -> Node:
        start = self.token.span[0]
        below = self.conjunction if op == "or" else self.negation
        operands = [below()]
        while self.accept(op):
            operands.append(below())
        if len(operands) == 1:
            return operands[0]
        return Logic(op, tuple(operands), self.span_from(start))

    def conjunction(self) -> Node:
        return self.logic("and")

    def negation(self) -> Node:
        start = self.token.span[0]
        if self.accept("not"):
            self.deeper()
            node: Node = Not(self.negation(), self.span_from(start))
            self.depth -= 1
            return node
        return self.comparison()

    def comparison(self) -> Node:
        start = self.token.span[0]
        left = self.range()
        if self.token.text == "=":
            raise FormulaError("E011", "`=` does not compare", self.token.span, help="write `==`")
        if self.token.text not in _COMPARISONS:
            return left
        op = self.next().text
        node = Compare(op, left, self.range(), self.span_from(start))
        if self.token.text in _COMPARISONS:
            raise FormulaError(
                "E011",
                "one comparison at a time",
                self.token.span,
                help="join two with `and`: `a < b and b < c`",
            )
        return node

    def range(self) -> Node:
        start = self.token.span[0]
        low = self.sum()
        if self.accept("to"):
            return self.credible(low, self.sum(), start)
        if self.accept("±"):
            shares = [self.tokens[self.at - 2].text == "%"]
            off = self.sum()
            shares.append(self.tokens[self.at - 1].text == "%")
            is_relative = shares == [False, True]
            middle, off = (low, off) if is_relative else _alike(low, off)
            ends = _ends(middle, off, relative=is_relative)
            return self.credible(*ends, start)._replace(symmetric=True)
        return low

    def credible(self, low: Node, high: Node, start: int) -> Range:
        """A range, with the share of it that lies between its ends where that is said.

        A unit that stands at one end only is for both: `1.5 to 3 /day`, `$1 to 3`.
        """
        self.refuse_lone_scale(low, high)
        low, high = _alike(low, high)
        credibility = self.sum() if self.accept("at") else None
        return Range(low, high, self.span_from(start), credibility)

    def refuse_lone_scale(self, low: Node, high: Node) -> None:
        """`400 to 600M` could begin at 400 or at 400M, and `1 to 5%` at 1 or at 1%."""
        first, last = (self.text[slice(*end.span)] for end in (low, high))
        scale = re.match(r"[\d._]+(\s*([A-Za-z]+|%))", last)
        if scale and (scale[2] == "%" or scale[2] in SCALES) and re.fullmatch(r"[\d._]+", first):
            raise FormulaError(
                "E017",
                f"`{first} to {last}` could begin at {first} or at {first}{scale[1]}",
                (low.span[0], high.span[1]),
                help=f"write `{first}{scale[1]} to {last}`",
            )

    def sum(self) -> Node:
        start = self.token.span[0]
        first = self.product()
        rest: list[tuple[str, Node]] = []
        while op := self.accept("+", "-"):
            rest.append((op.text, self.product()))
        return Chain(first, tuple(rest), self.span_from(start)) if rest else first

    def product(self) -> Node:
        start = self.token.span[0]
        first = self.unary()
        rest: list[tuple[str, Node]] = []
        while op := self.accept("*", "/"):
            bracketed = self.token.text == "("
            term = self.unary()
            rest.append((op.text, term))
            if op.text == "/" and not bracketed:
                self.refuse_two_readings(start, op, term)
        return Chain(first, tuple(rest), self.span_from(start)) if rest else first

    def refuse_two_readings(self, start: int, op: Token, divisor: Node) -> None:
        """`10 TB / 100 MB/s` could be divided either way; it has to say which."""
        if not isinstance(divisor, Literal) or all(power > 0 for _, power in divisor.units):
            return
        before = self.text[start : op.span[0]].strip()
        inside = self.text[divisor.span[0] : divisor.span[1]]
        first, _, last = inside.rpartition("/")
        by = first if first.replace(".", "").isalnum() and len(divisor.units) == 1 else f"({first})"
        raise FormulaError(
            "E017",
            f"`{before} / {inside}` could be read in two ways",
            (start, divisor.span[1]),
            help=f"write `{before} / ({inside})` or `{before} / {by} / {last}`",
        )

    def unary(self) -> Node:
        start = self.token.span[0]
        if self.accept("-"):
            self.deeper()
            node: Node = Negative(self.unary(), self.span_from(start))
            self.depth -= 1
            return node
        if self.accept("+"):
            self.deeper()
            node = self.unary()
            self.depth -= 1
            return node
        return self.power()

    def power(self) -> Node:
        return self.raised(self.token.span[0], self.atom())

    def raised(self, start: int, base: Node) -> Node:
        """A base with the powers behind it, which go from right to left."""
        if not self.accept("^"):
            return base
        self.deeper()
        if self.token.kind == "number":  # `10^4/s` is a rate: the unit is not the exponent's
            exponent = self.raised(self.token.span[0], self.number())
        else:
            exponent = self.unary()
        self.depth -= 1
        return Power(base, exponent, self.span_from(start))

    # --- what stands alone ------------------------------------------------------------------------

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            return self.literal()
        if token.text == "$":
            return self.money()
        if token.kind == "name" and token.text not in WORDS:
            self.next()
            if self.token.text == "(":
                return self.call(token)
            if unit_table().unit(token.text) is not None:
                return UnitRef(token.text, token.span)
            return Name(token.text, token.span)
        if self.accept("("):
            node = self.expression()
            self.close(token)
            return node
        raise self.unexpected()

    def close(self, opened: Token) -> None:
        if not self.accept(")"):
            if self.token.kind == "end":
                raise FormulaError("E011", "this parenthesis is never closed", opened.span)
            raise self.unexpected()

    def call(self, name: Token) -> Node:
        opened = self.next()
        arguments: list[Node] = []
        if not self.accept(")"):
            arguments.append(self.argument())
            while self.accept(","):
                arguments.append(self.argument())
            self.close(opened)
        return Call(name.text, tuple(arguments), self.span_from(name.span[0]), name.span)

    def argument(self) -> Node:
        """A value of a function; `max(1,500)` could have two of them or one."""
        token, at = self.token, self.at
        if token.kind == "number" and len(token.text) <= 3 and token.text.isdigit():
            comma, digits = (
                self.tokens[at + 1 : at + 3] if at + 2 < len(self.tokens) else (token, token)
            )
            tight = not comma.after_space and not digits.after_space
            if comma.text == "," and tight and len(digits.text) == 3 and digits.text.isdigit():
                raise FormulaError(
                    "E017",
                    f"`{token.text},{digits.text}` could be two values or one",
                    (token.span[0], digits.span[1]),
                    help=f"write `{token.text}, {digits.text}` or `{token.text}_{digits.text}`",
                )
        value = self.expression()
        if not self.accept("of"):  # `30% of x`, among the values of `one_of`
            return value
        part = self.expression()
        return Call(
            "of", (value, part), self.span_from(token.span[0]), self.span_from(token.span[0])
        )

    def number(self) -> Number:
        """Digits, then perhaps a scale (`M`, `billion`), `%`, `x`, or `:` and more digits."""
        token = self.next()
        value = float(token.text.replace("_", ""))
        if value == float("inf"):
            raise FormulaError("E027", "this number is too large", token.span)
        following = self.token
        if following.kind == "name" and following.text in SCALES:
            self.next()
            value *= SCALES[following.text]
        elif following.text == "x" and not following.after_space:
            self.next()
        elif following.text == ":" and self.tokens[self.at + 1].kind == "number":
            self.next()
            below = float(self.next().text.replace("_", ""))
            span = self.span_from(token.span[0])
            if below == 0:
                raise FormulaError("E023", "a ratio to zero", span)
            if self.token.text == ":":
                raise FormulaError("E011", "a ratio has two numbers", self.token.span)
            value /= below
        if self.accept("%"):
            exact = value == float(token.text.replace("_", "")) and "e" not in token.text.lower()
            value = float(token.text.replace("_", "") + "e-2") if exact else value / 100
        span = self.span_from(token.span[0])
        self.refuse_commas(token)
        return Number(value, span)

    def refuse_commas(self, token: Token) -> None:
        """`1,000` is a slip outside a function's parentheses, and two numbers inside."""
        following = self.token
        if self.depth > 1 or following.text != ",":
            return
        at = self.at
        while self.tokens[at].text == "," and self.tokens[at + 1].kind == "number":
            at += 2
        if at > self.at:
            end = self.tokens[at - 1].span[1]
            joined = self.text[token.span[0] : end].replace(",", "_")
            raise FormulaError(
                "E011",
                "a comma does not group digits",
                (token.span[0], end),
                help=f"write `{joined}`, or use k, M or `billion`",
            )

    def literal(self) -> Node:
        """A number with its units: `200 B`, `5 years`, `2/day`, `1000 req/s`."""
        number = self.number()
        units: list[tuple[str, float]] = []
        tight = not self.token.after_space
        if self.token.kind == "name" and self.token.text not in WORDS:
            units.append(self.unit_behind(number))
            if units == [("B", 1.0)] and unit_table().noun(self.token.text) is not None:
                billions = Number(number.value * 1e9, self.span_from(number.span[0]))
                number, units = billions, [self.unit_behind(billions)]  # `1B users`
        if self.token.kind == "number" or self.token.text in ("(", "$"):
            raise self.unexpected()
        return self.with_divisors(number, units, tight=tight)

    def money(self) -> Node:
        """`$300k`, `$0.023/GB/month`."""
        sign = self.next()
        if self.token.kind != "number":
            raise FormulaError("E011", "`$` needs an amount behind it", sign.span)
        number = self.number()
        if self.token.text == "B" and self.token.kind == "name":
            self.next()
            number = Number(number.value * 1e9, self.span_from(number.span[0]))
        number = Number(number.value, (sign.span[0], number.span[1]))
        return self.with_divisors(number, [("USD", 1.0)])

    def with_divisors(
        self, number: Number, units: list[tuple[str, float]], *, tight: bool = False
    ) -> Node:
        """Divisors without spaces around the `/` belong to the literal: `2/day`, `5 MB/s`."""
        while self.token.text == "/" and not self.token.after_space:
            divisor = self.tokens[self.at + 1]
            if divisor.kind != "name" or divisor.after_space or "." in divisor.text:
                break
            if unit_table().unit(divisor.text) is None:  # a noun may be a quantity's name too
                break
            self.next()
            self.next()
            units.append((divisor.text, -self.exponent()))
        if not units:
            return number
        return Literal(number, tuple(units), self.span_from(number.span[0]), tight)

    def exponent(self) -> float:
        """`^2` behind a unit; 1 where there is none."""
        if self.token.text != "^" or self.tokens[self.at + 1].kind != "number":
            return 1.0
        self.next()
        token = self.next()
        exponent = float(token.text.replace("_", ""))
        if exponent > LARGEST_POWER:
            raise FormulaError("E027", "this exponent is too large for a unit", token.span)
        return exponent

    def unit_behind(self, number: Number) -> tuple[str, float]:
        token = self.next()
        table = unit_table()
        if table.unit(token.text) or table.noun(token.text):
            return token.text, self.exponent()
        if token.text in _TWO_READINGS:
            amount = self.text[number.span[0] : token.span[1]]
            raise FormulaError(
                "E017",
                f"`{amount}` could be two things",
                token.span,
                help=_TWO_READINGS[token.text],
            )
        if token.text in ("per", "x"):
            sign, example = ("/", "5/day") if token.text == "per" else ("*", "2 * 3")
            raise FormulaError(
                "E011",
                f"`{token.text}` is written `{sign}`",
                token.span,
                help=f"such as `{example}`",
            )
        if re.fullmatch(r"e\d+\w+", token.text):
            power = re.match(r"e\d+", token.text)
            assert power is not None
            amount = self.text[number.span[0] : token.span[0]] + power[0]
            unit = token.text[power.end() :]
            raise FormulaError(
                "E016",
                f"`{token.text}` is not a unit",
                token.span,
                help=f"leave a space: `{amount} {unit}`",
            )
        near = closest(token.text, [*table.units, *table.nouns])
        same = [n for n in near if n.lower() == token.text.lower()] or near
        help_ = "did you mean " + " or ".join(f"`{n}`" for n in same) + "?" if same else None
        if help_ is None:
            help_ = "a quantity is joined by an operator: `2 * name`"
        raise FormulaError("E016", f"`{token.text}` is not a unit", token.span, help=help_)

    def unexpected(self) -> FormulaError:
        token = self.token
        if token.kind == "end":
            return FormulaError(
                "E011", "the formula ends too early", (max(0, token.span[0] - 1), token.span[1])
            )
        if token.text == ")" and self.depth > 1:
            return FormulaError("E011", "a value is missing before this `)`", token.span)
        if token.text == ")":
            return FormulaError("E011", "this parenthesis was never opened", token.span)
        if token.text == "%":
            return FormulaError("E011", "`%` stands behind a number", token.span)
        before = self.tokens[self.at - 1] if self.at else None
        if token.text == "per":
            return FormulaError(
                "E011", "`per` is written `/`", token.span, help="such as `5 MB/day`"
            )
        values = ("number", "name")
        joined = before is not None and before.kind in values and token.kind in values
        return FormulaError(
            "E011",
            f"`{self.text[token.span[0] : token.span[1]]}` is not expected here",
            token.span,
            help="an operator is missing before it: + - * / ^" if joined else None,
        )


def _ends(middle: Node, off: Node, *, relative: bool) -> tuple[Node, Node]:
    """The ends of `middle ± off`, where `± 10%` of what is no share is a tenth of it."""
    span = (middle.span[0], off.span[1])
    if not relative:
        return Chain(middle, (("-", off),), span), Chain(middle, (("+", off),), span)
    one = Number(1.0, off.span)
    low, high = (
        Chain(middle, (("*", Chain(one, ((sign, off),), off.span)),), span) for sign in "-+"
    )
    return low, high


def _alike(one: Node, other: Node) -> tuple[Node, Node]:
    """Two values, each with the unit of the other where it has none itself."""
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
    """Is it a number with a unit that stands apart, as in `3 /day`?"""
    units = all(isinstance(term, UnitRef) for _, term in node.rest)
    return isinstance(node.first, Number) and units
