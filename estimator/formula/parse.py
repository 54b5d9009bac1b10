"""Tokens to a tree: a parser by recursive descent, one method a rank.

From loosest to tightest: `in`, `or`, `and`, `not`, comparisons, `to`, `+ -`, `* /`, a minus
sign, `^`, and a number with its unit (`200 B`, `2/day`). The text is never evaluated by
anything but this package.
"""

from __future__ import annotations

import re

from estimator.diagnostics import closest
from estimator.formula import near_misses
from estimator.formula.fault import FormulaError
from estimator.formula.remembered import remembered
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


@remembered
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
        self.depth = -1  # the formula itself is no level
        self.in_call = False

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
            raise self.equals_once()
        if self.token.text not in _COMPARISONS:
            return left
        sign = self.next()
        self.refuse_second_sign(sign)
        between, right = self.token.span[0], self.range()
        end = self.tokens[self.at - 1].span[1]
        if sign.text in ("==", "!=") and isinstance(right, Range):
            raise self.equals_range(self.text[start : sign.span[0]], right, (between, end))
        if self.token.text in _COMPARISONS:
            first, middle = self.text[start:end].strip(), self.text[between:end].strip()
            last = self.text[self.token.span[0] :].strip()
            raise FormulaError(
                "E011",
                "one comparison at a time",
                self.token.span,
                help=_written(f"{first} and {middle} {last}") or "join two with `and`",
            )
        return Compare(sign.text, left, right, self.span_from(start))

    def equals_once(self) -> FormulaError:
        """`=` where `==` is meant, or one half of `=>` and `=<`, which are turned around."""
        sign, behind = self.token, self.tokens[self.at + 1]
        tight = behind.text in ("<", ">") and not behind.after_space
        end = behind.span[1] if tight else sign.span[1]
        meant = f"{behind.text}=" if tight else "=="
        message = f"`{self.text[sign.span[0] : end]}` does not compare"
        return FormulaError("E011", message, (sign.span[0], end), help=f"write `{meant}`")

    def refuse_second_sign(self, sign: Token) -> None:
        """`<>` and `===` are two signs."""
        twice = self.token.text in (">", "=") and not self.token.after_space
        if twice and sign.text in ("<", "==", "!="):
            span = (sign.span[0], self.token.span[1])
            meant = "!=" if sign.text == "<" else sign.text
            message = f"`{self.text[slice(*span)]}` does not compare"
            raise FormulaError("E011", message, span, help=f"write `{meant}`")

    def equals_range(self, left: str, right: Range, span: tuple[int, int]) -> FormulaError:
        """`x == 240k ± 5%`: no value equals a range, but one may lie within it."""
        text = self.text[slice(*span)]
        left = left.strip()
        middle, _, off = (part.strip() for part in text.partition("±"))
        low, _, high = (part.strip() for part in text.partition(" to "))
        way = (
            near_misses.about(left, middle, off) if off else f"{left} >= {low} and {left} <= {high}"
        )
        return FormulaError(
            "E011", "no value equals a range", span, help=_written(way) or "compare with its ends"
        )

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
        if len(rest) == 1:
            self.refuse_range_by_minus(first, *rest[0])
        return Chain(first, tuple(rest), self.span_from(start)) if rest else first

    def refuse_range_by_minus(self, first: Node, op: str, second: Node) -> None:
        """`1-2 ms` is a range with one unit for both ends; a difference it cannot be."""
        if op != "-" or not isinstance(second, Literal) or second.bare_b:
            return
        has_unit = any(unit_table().unit(name) is not None for name, _ in second.units)
        if isinstance(first, Number) and first.value and has_unit:
            span = (first.span[0], second.span[1])
            help_ = _written(near_misses.range_meant(self.text[slice(*span)]) or "")
            raise FormulaError("E011", "a range is written with `to`", span, help=help_)

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
            outside, self.in_call = self.in_call, False
            node = self.expression()
            self.close(token)
            self.in_call = outside
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
        outside, self.in_call = self.in_call, True
        written: list[str] = []
        while not arguments or self.accept(","):
            if not arguments and self.token.text == ")":
                break
            start = self.token.span[0]
            arguments.append(self.argument())
            written.append(self.text[start : self.tokens[self.at - 1].span[1]])
        self.close(opened)
        self.in_call = outside
        meant = near_misses.function_meant(name.text, written)
        if meant is not None:
            more = (name.text, len(written)) in near_misses.WITH_MORE
            what = (
                f"`{name.text}` takes fewer values"
                if more
                else f"there is no function `{name.text}`"
            )
            raise FormulaError("E026", what, name.span, help=_written(meant))
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
        self.refuse_groups(token)
        value = float(token.text.replace("_", ""))
        if value == float("inf"):
            raise FormulaError("E027", "this number is too large", token.span)
        following, scale = self.token, ""
        if following.kind == "name" and following.text in SCALES:
            scale = self.next().text
            value *= SCALES[scale]
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
        return Number(value, self.span_from(token.span[0]), scale)

    def refuse_groups(self, token: Token) -> None:
        """`1,000` and `1.000.000` are slips, and `1,5` is 1.5; between a function's values not."""
        end = token.span[1]
        if not self.text[end + 1 : end + 2].isdigit() or self.text[end] not in ",.'’ \u00a0\u202f":
            return
        found = near_misses.number_meant(self.text, token.span[0], commas=not self.in_call)
        if found is None or found[0] <= end:
            return
        end, meant = found
        span = (token.span[0], end)
        sign = "$" if self.text[: token.span[0]].endswith("$") else ""
        whole = sign + near_misses.with_unit(self.text, end, meant)
        if "_" in meant:
            mark = self.text[token.span[1]]
            what = {",": "a comma", " ": "a space", ".": "a point"}.get(mark, f"`{mark}`")
            message, help_ = (
                f"{what} does not group digits",
                f"write `{whole.replace('_', '')}` or `{whole}`",
            )
        else:
            message, help_ = "decimals stand behind a point, not a comma", f"write `{whole}`"
        raise FormulaError("E011", message, span, help=help_)

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
        if self.token.text == "$" and not units:
            amount = self.text[slice(*number.span)]
            message, help_ = "`$` stands before an amount", f"write `${amount}`"
            raise FormulaError("E011", message, self.token.span, help=help_)
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
        self.refuse_hyphen(number, units)
        return Literal(number, tuple(units), self.span_from(number.span[0]), tight)

    def refuse_hyphen(self, number: Number, units: list[tuple[str, float]]) -> None:
        """`$0.023/GB-month` divides by both, and `5 GB-months` multiplies them."""
        sign, behind = self.token, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        is_unit = behind.kind == "name" and unit_table().unit(behind.text) is not None
        if sign.text != "-" or sign.after_space or behind.after_space or not is_unit:
            return
        before = self.text[number.span[0] : sign.span[0]]
        below = units[-1][1] < 0
        unit = unit_table().units[behind.text].name
        way = f"{before}/{behind.text}" if below else f"{before} * 1 {unit}"
        start = self.tokens[self.at - 1].span[0]
        joined = self.text[start : behind.span[1]]
        raise FormulaError(
            "E011",
            f"`{joined}` is written {'with a second `/`' if below else 'with `*`'}",
            (start, behind.span[1]),
            help=_written(way),
        )

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
        amount = self.text[number.span[0] : number.span[1]]
        readings = near_misses.two_readings(token.text)
        if readings is not None:
            whole = self.text[number.span[0] : token.span[1]]
            raise FormulaError("E017", f"`{whole}` could be two things", token.span, help=readings)
        if near_misses.is_by(token.text):
            raise self.by_a_word(number.span[0], token)
        if token.text == "x":
            help_ = "such as `2 * 3`"
            raise FormulaError("E011", "`x` is written `*`", token.span, help=help_)
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
        raise FormulaError(
            "E016",
            f"`{token.text}` is not a unit",
            token.span,
            help=near_misses.unit_help(token.text, amount)
            or self.unit_like(token.text)
            or f"leave it out, or write `{amount} * {token.text}` if it names a quantity",
        )

    def unit_like(self, word: str) -> str | None:
        """Units and nouns that a word may have been meant to be."""
        table = unit_table()
        near = closest(word, [*table.units, *table.nouns])
        same = [n for n in near if n.lower() == word.lower()] or near
        return "did you mean " + " or ".join(f"`{n}`" for n in same) + "?" if same else None

    def by_a_word(self, start: int, token: Token) -> FormulaError:
        """`2 per day`, with how it is written."""
        way = _written(near_misses.divided(self.text, start) or "")
        return FormulaError(
            "E011",
            f"`{token.text}` is written `/`",
            token.span,
            help=way or "such as `5 MB/day`",
        )

    def term_start(self) -> int:
        """Where the term before this token begins: what `*`, `+` and the like do not part."""
        at = self.at
        while at and (
            self.tokens[at - 1].kind in ("number", "name") or self.tokens[at - 1].text in "$/%"
        ):
            at -= 1
        return self.tokens[at].span[0]

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
        if near_misses.is_by(token.text) and before is not None:
            return self.by_a_word(self.term_start(), token)
        if token.kind == "name" and before is not None:
            way = _written(near_misses.comparison_meant(self.text) or "")
            sign = near_misses.OPERATORS.get(token.text)
            if way is not None or sign is not None:
                return FormulaError(
                    "E011",
                    f"`{token.text}` is no operator",
                    token.span,
                    help=way or f"write `{sign}`",
                )
        if token.kind == "number" and before is not None and before.text in ("USD", "$"):
            help_ = f"write `{token.text} USD` or `${token.text}`"
            return FormulaError("E011", "the amount stands before `USD`", token.span, help=help_)
        values = ("number", "name")
        joined = before is not None and before.kind in values and token.kind in values
        return FormulaError(
            "E011",
            f"`{self.text[token.span[0] : token.span[1]]}` is not expected here",
            token.span,
            help="an operator is missing before it: + - * / ^" if joined else None,
        )


def _written(way: str) -> str | None:
    """A way to write something, as a line of help; None where that could not be read either."""
    try:
        parse(way)
    except FormulaError:
        return None
    return f"write `{way}`"


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
