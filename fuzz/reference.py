"""An evaluator of formulas and of plain scenarios on pint, which shares no code with the program.

Written from docs/language.md and docs/reference alone: its own tokens, its own parser, units as
pint knows them, and what a few dozen functions are by their definitions in textbooks. It gives up
(`Outside`) where the last digits of the computer's arithmetic decide, as when a difference all but
vanishes, and on whatever the documents leave to the program.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple, TypeAlias

import pint
import yaml

DEFINITIONS = """
s = [time]
B = [data]
USD = [money]
ns = 1e-9 s
us = 1e-6 s
ms = 1e-3 s
min = 60 s
h = 3600 s
d = 86400 s
week = 7 d
y = 365 d
mo = 730 h
b = B / 8
cent = USD / 100
rps = 1 / s
rpm = 1 / min
"""
"""Seconds, bytes and dollars; a year has 365 days and a month is a twelfth of it, 730 hours."""
_SPELLINGS: dict[str, str] = {
    **dict.fromkeys(("nanosecond", "nanoseconds"), "ns"),
    **dict.fromkeys(("microsecond", "microseconds"), "us"),
    **dict.fromkeys(("msec", "millisecond", "milliseconds"), "ms"),
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("mins", "minute", "minutes"), "min"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    "weeks": "week",
    **dict.fromkeys(("month", "months"), "mo"),
    **dict.fromkeys(("yr", "yrs", "year", "years"), "y"),
    **dict.fromkeys(("byte", "bytes"), "B"),
    **dict.fromkeys(("bit", "bits"), "b"),
    **dict.fromkeys(("usd", "dollar", "dollars"), "USD"),
    "cents": "cent",
    **dict.fromkeys(("RPM", "requests_per_minute"), "rpm"),
    **dict.fromkeys(("QPS", "RPS", "TPS", "qps", "tps", "IOPS", "iops"), "rps"),
    "requests_per_second": "rps",
}
_PREFIXES = ("kilo", "mega", "giga", "tera", "peta", "exa", "zetta", "yotta")
_BINARY = ("kibi", "mebi", "gibi", "tebi", "pebi", "exbi")
_NOUNS = frozenset({"user", "users", "tweet", "tweets", "request", "requests", "node", "nodes"})
_SCALES = {"k": 1e3, "K": 1e3, "M": 1e6, "T": 1e12, "mn": 1e6, "bn": 1e9}
_SCALES |= {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_NEAR = 1e-6  # relative: what is nearer than that to where the answer changes is left alone


def _sizes() -> dict[str, str]:
    """Return the definitions of units of data and of data rates, by their spellings."""
    made: dict[str, str] = {}
    for power, (prefix, letter) in enumerate(zip(_PREFIXES, "kMGTPEZY", strict=True), 1):
        factor = f"1e{3 * power}"
        for spelt in dict.fromkeys((letter, letter.replace("k", "K"))):
            made[f"{spelt}B"] = f"{factor} B"
        made[f"{prefix}byte"] = made[f"{prefix}bytes"] = f"{factor} B"
        if power <= 5:
            if letter != "k":  # `kb` is read both ways, and refused
                made[f"{letter}b"] = f"{factor} b"
            made[f"{prefix}bit"] = made[f"{prefix}bits"] = f"{factor} b"
        if power <= 4:
            for spelt in dict.fromkeys((letter, letter.replace("k", "K"))):
                made[f"{spelt}bit"] = made[f"{spelt}bits"] = f"{factor} b"
                made[f"{spelt}bps"] = f"{factor} b / s"
                made[f"{spelt}Bps"] = f"{factor} B / s"
    made["bps"] = "b / s"
    for power, (prefix, letter) in enumerate(zip(_BINARY, "KMGTPE", strict=True), 1):
        made[f"{letter}iB"] = made[f"{prefix}byte"] = made[f"{prefix}bytes"] = f"{1024**power} B"
        if power <= 4:
            for spelt in (f"{letter}ibit", f"{letter}ibits", f"{prefix}bit", f"{prefix}bits"):
                made[spelt] = f"{1024**power} b"
    return made


SIZES = _sizes()
UNITS: tuple[str, ...] = (
    *(line.split(" =")[0] for line in DEFINITIONS.strip().splitlines()),
    *_SPELLINGS,
    *SIZES,
)
"""The spellings of all units that it knows."""


def _registry() -> Any:
    made: Any = pint.UnitRegistry(None, cache_folder=None)
    for line in DEFINITIONS.strip().splitlines():
        made.define(line)
    for spelt, unit in _SPELLINGS.items():
        made.define(f"{spelt} = {unit}")
    for spelt, unit in SIZES.items():
        made.define(f"{spelt} = {unit}")
    return made


_REGISTRY = _registry()
Quantity: TypeAlias = Any
_ONE: Quantity = _REGISTRY.Quantity(1.0)
_UNITS: dict[str, Quantity] = {
    unit: _REGISTRY.Quantity(1.0, unit).to_base_units() for unit in UNITS
} | dict.fromkeys(_NOUNS, _ONE)


class Outside(Exception):  # noqa: N818 - nothing is wrong
    """What this evaluator does not judge."""


class Refused(Exception):  # noqa: N818 - the program is to refuse it, too
    """What has no value, because dimensions do not fit."""


class NoValue(Refused):
    """What has dimensions that fit, and no value; what is not computed may be such."""


class Answer(NamedTuple):
    """A value in seconds, bytes and dollars, and the powers of time, data and money."""

    value: float
    dimension: tuple[float, float, float]


def evaluate(text: str, names: Mapping[str, Quantity] | None = None) -> Answer:
    """Return what a formula comes to.

    Raises:
        Refused: Where dimensions do not fit, or it divides by zero.
        Outside: Where it is no formula that is judged here.
    """
    return answer(quantity(text, names))


def answer(found: Quantity) -> Answer:
    """Return a quantity as a value with its dimension."""
    if isinstance(found, bool):
        raise Refused("a comparison")
    powers = dict(found.dimensionality)
    dimension = tuple(float(powers.get(f"[{d}]", 0)) for d in ("time", "data", "money"))
    value = float(found.to_base_units().magnitude)
    if not math.isfinite(value) or 0 < abs(value) < 1e-280:
        raise Outside("too large or too small")
    return Answer(value, (dimension[0], dimension[1], dimension[2]))


def quantity(text: str, names: Mapping[str, Quantity] | None = None) -> Quantity:
    """Return what a formula comes to, as pint has it."""
    with _judged():
        return _Parser(text, names or {}).whole()


@contextmanager
def _judged() -> Iterator[None]:
    try:
        yield
    except pint.DimensionalityError as error:
        raise Refused(str(error)) from None
    except ZeroDivisionError:
        raise NoValue("a division by zero") from None
    except (OverflowError, RecursionError) as error:
        raise Outside(str(error)) from None


@contextmanager
def _perhaps_left_out() -> Iterator[None]:
    """Judge no branch or condition without a value, since it may be one that is not computed."""
    try:
        yield
    except NoValue as error:
        raise Outside(str(error)) from None


# --- parsing --------------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<number>\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.]*\w)|\d[\d_]*(?:\.\d+)?"
    r"(?:e[+-]?\d+(?![\w.]))?)|(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<sign><=|>=|==|!=|\*\*|[-+*/^()<>,%$:])"
)


class _Token(NamedTuple):
    kind: str
    text: str
    is_spaced: bool


def _tokens(text: str) -> list[_Token]:
    made: list[_Token] = []
    at, spaced = 0, False
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Outside(f"{text[at]!r}")
        kind = found.lastgroup or ""
        if kind != "space":
            made.append(_Token(kind, found[0], spaced))
        spaced = kind == "space"
        at = found.end()
    return [*made, _Token("end", "", spaced)]


class _Parser:
    """A parser that computes while it reads, so that it has no tree to get wrong."""

    def __init__(self, text: str, names: Mapping[str, Quantity]) -> None:
        self.tokens = _tokens(text)
        self.names = names
        self.at = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def accept(self, *texts: str) -> str:
        """Step over a sign or a word, if it is next."""
        if self.token.kind != "number" and self.token.text in texts:
            self.at += 1
            return self.tokens[self.at - 1].text
        return ""

    def whole(self) -> Quantity:
        value = self.either()
        if self.accept("in"):
            unit = self.product()
            if isinstance(value, bool) or value.dimensionality != unit.dimensionality:
                raise Refused("in a unit of another dimension")
        if self.token.kind != "end":
            raise Outside(f"{self.token.text!r} is left")
        return value

    def either(self) -> Quantity:
        return self._joined("or", self.both)

    def both(self) -> Quantity:
        return self._joined("and", self.negated)

    def _joined(self, word: str, below: Callable[[], Quantity]) -> Quantity:
        value = below()
        while self.accept(word):
            with _perhaps_left_out():
                other = below()
            if not isinstance(value, bool) or not isinstance(other, bool):
                raise Refused(f"`{word}` joins conditions")
            value = (value or other) if word == "or" else (value and other)
        return value

    def negated(self) -> Quantity:
        if self.accept("not"):
            value = self.negated()
            if not isinstance(value, bool):
                raise Refused("`not` takes a condition")
            return not value
        return self.compared()

    def compared(self) -> Quantity:
        left = self.sum()
        sign = self.accept("==", "!=", "<=", ">=", "<", ">")
        if not sign:
            return left
        right = self.sum()
        if self.token.text in ("==", "!=", "<=", ">=", "<", ">"):
            raise Outside("two comparisons")
        one, other = _fitting(left, right)
        if one != other and abs(one - other) <= _NEAR * max(abs(one), abs(other)):
            raise Outside("all but equal")
        return bool(_COMPARE[sign](one, other))

    def sum(self) -> Quantity:
        value = self.product()
        while sign := self.accept("+", "-"):
            other = self.product()
            one, two = _fitting(value, other)
            total = one + two if sign == "+" else one - two
            if one and two and abs(total) < _NEAR * max(abs(one), abs(two)):
                raise Outside("all but nothing is left")
            value = _REGISTRY.Quantity(total, (value if one or not two else other).units)
        return value

    def product(self) -> Quantity:
        value = self.negative()
        while sign := self.accept("*", "/"):
            other = self.negative()
            _plain(value, other)
            if sign == "/" and _zero(other):
                raise NoValue("a division by zero")
            value = value * other if sign == "*" else value / other
        return value

    def negative(self) -> Quantity:
        if self.accept("-"):
            value = self.negative()
            _plain(value)
            return -value
        return self.power()

    def power(self) -> Quantity:
        base = self.value()
        if not self.accept("^", "**"):
            return base
        exponent = self.power_of()
        _plain(base, exponent)
        if not exponent.dimensionless:
            raise Refused("an exponent with a dimension")
        power = exponent.to_base_units().magnitude
        magnitude = base.to_base_units().magnitude
        if magnitude < 0 and power != int(power):
            raise NoValue("a root of what is below zero")
        if magnitude == 0 and power <= 0:
            raise Outside("a power of nothing")
        if not base.dimensionless and (abs(power) > 12 or power != int(power)):
            raise Outside("a power of a dimension")
        return base.to_base_units() ** power

    def power_of(self) -> Quantity:
        return -self.power_of() if self.accept("-") else self.power()

    def value(self) -> Quantity:
        token = self.token
        if self.accept("$"):
            return self.money()
        if self.accept("("):
            inside = self.either()
            if not self.accept(")"):
                raise Outside("no )")
            return inside
        self.at += 1
        if token.kind == "number":
            return self.number(float(token.text.replace("_", "")))
        if token.kind == "name":
            if self.accept("("):
                return self.call(token.text)
            if token.text in self.names:
                return self.names[token.text]
            if token.text in _UNITS and token.text not in _NOUNS:
                return self.raised(token.text) * self.below()
        raise Outside(f"{token.text!r}")

    def money(self) -> Quantity:
        token = self.token
        self.at += 1
        if token.kind != "number":
            raise Outside("$ without a number")
        return _UNITS["USD"] * self.scaled(float(token.text.replace("_", ""))) * self.below()

    def number(self, value: float) -> Quantity:
        value = self.scaled(value)
        if self.token.text == "%" and not self.token.is_spaced:
            self.at += 1
            return _ONE * value / 100
        if self.token.text == ":" and not self.token.is_spaced:
            below = self.tokens[self.at + 1]
            self.at += 2
            if below.kind != "number" or below.is_spaced or not float(below.text):
                raise Outside("a ratio")
            return _ONE * value / float(below.text.replace("_", ""))
        if self.token.text == "x" and not self.token.is_spaced:
            raise Outside("times")
        found = _ONE * value
        if self.token.kind == "name" and self.token.text in _UNITS:
            if self.token.text == "B" and not self.token.is_spaced:
                raise Outside("bytes or billion")
            self.at += 1
            found = found * self.raised(self.tokens[self.at - 1].text)
        elif self.token.kind == "name" and self.token.text not in ("in", "and", "or", "not"):
            raise Outside(f"{self.token.text!r} behind a number")
        return found * self.below()

    def scaled(self, value: float) -> float:
        tight = self.token.kind == "name" and self.token.text in _SCALES
        if tight and (not self.token.is_spaced or len(self.token.text) > 2):
            self.at += 1
            return value * _SCALES[self.tokens[self.at - 1].text]
        return value

    def below(self) -> Quantity:
        """Units behind a `/` that has no spaces around it belong to the number."""
        value = _ONE
        while self.token.text == "/" and not self.token.is_spaced:
            unit = self.tokens[self.at + 1]
            if unit.kind != "name" or unit.text not in _UNITS or unit.is_spaced:
                break
            self.at += 2
            value = value / self.raised(unit.text)
        return value

    def raised(self, unit: str) -> Quantity:
        found = _UNITS[unit]
        if self.token.text in ("^", "**"):
            power = self.tokens[self.at + 1]
            behind = self.tokens[self.at + 2] if self.at + 2 < len(self.tokens) else power
            if not re.fullmatch(r"[1-4]", power.text) or behind.text in ("^", "**"):
                raise Outside("a power of a unit")
            self.at += 2
            found = found ** int(power.text)
        return found

    def call(self, name: str) -> Quantity:
        given: list[Quantity] = []
        while not self.accept(")"):
            with _perhaps_left_out() if name == "if" and given else nullcontext():
                given.append(self.either())
            if not self.accept(","):
                if self.accept(")"):
                    break
                raise Outside("no )")
        function = FUNCTIONS.get(name)
        if function is None:
            raise Outside(name)
        try:
            return function(*given)
        except TypeError as error:
            if "argument" in str(error):
                raise Outside(f"{name} of {len(given)}") from None
            raise


_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}


def _zero(value: Quantity) -> bool:
    return bool(value.magnitude == 0)


def _plain(*values: Quantity) -> None:
    if any(isinstance(value, bool) for value in values):
        raise Refused("a condition is no number")


def _fitting(*values: Quantity) -> tuple[float, ...]:
    """Return values that are to have one dimension, in base units; zero fits everywhere."""
    _plain(*values)
    if len({str(v.dimensionality) for v in values}) > 1:
        if any(_zero(v) for v in values):
            raise Outside("a zero may fit everywhere")
        raise Refused("different dimensions")
    return tuple(float(v.to_base_units().magnitude) for v in values)


# --- functions ------------------------------------------------------------------------------------


def _alike(function: Callable[[Sequence[float]], float]) -> Callable[..., Quantity]:
    """Make a function of values of one dimension that gives one of it."""

    def call(*values: Quantity) -> Quantity:
        if not values:
            raise Outside("nothing given")
        found = function(_fitting(*values))
        return _REGISTRY.Quantity(found, values[0].to_base_units().units)

    return call


def _numbers(function: Callable[..., float]) -> Callable[..., Quantity]:
    """Make a function of plain numbers."""

    def call(*values: Quantity) -> Quantity:
        _plain(*values)
        if not all(v.dimensionless for v in values):
            if any(_zero(v) for v in values):
                raise Outside("a zero may fit everywhere")
            raise Refused("a plain number is needed")
        return _ONE * function(*(float(v.to_base_units().magnitude) for v in values))

    return call


def _rounded(function: Callable[[float], float], at: float) -> Callable[[float], float]:
    """Make a rounding that leaves alone what is all but where it changes."""

    def call(x: float) -> float:
        nearest = math.floor(x - at + 0.5) + at
        if x != nearest and abs(x - nearest) <= 1e-12 * max(1.0, abs(x)):
            raise Outside("all but whole")
        if abs(x) > 1e14 or (at and x == nearest):
            raise Outside("between two")
        return float(function(x))

    return call


def _sum(values: Sequence[float]) -> float:
    total = math.fsum(values)
    if total and abs(total) < _NEAR * max(map(abs, values)):
        raise Outside("all but nothing is left")
    return total


def _if(condition: Quantity, then: Quantity, otherwise: Quantity) -> Quantity:
    if not isinstance(condition, bool):
        raise Refused("`if` takes a condition")
    _fitting(then, otherwise)
    return then if condition else otherwise


def _clamp(values: Sequence[float]) -> float:
    if len(values) != 3:
        raise Outside("clamp takes three")
    x, low, high = values
    if low > high:
        raise Outside("the wrong way round")
    return min(max(x, low), high)


def _step_up(values: Sequence[float]) -> float:
    x, *sizes = values
    if not sizes or x > max(sizes) * (1 - _NEAR):
        raise Outside("beyond all sizes")
    if any(0 < abs(x - size) <= _NEAR * abs(x) for size in sizes):
        raise Outside("all but a size")
    return min(size for size in sizes if size >= x)


def _proportion(part: Quantity, whole: Quantity) -> Quantity:
    one, other = _fitting(part, whole)
    if one < 0 or other < 0:
        raise Outside("a part below nothing")
    return _ONE * (one / other if other else 0.0)


def _sqrt(x: Quantity) -> Quantity:
    _plain(x)
    base = x.to_base_units()
    if base.magnitude < 0:
        raise NoValue("a root of what is below zero")
    return base**0.5


def _log(base: float | None) -> Callable[[float], float]:
    def call(x: float) -> float:
        if x <= 0:
            raise NoValue("a logarithm of nothing")
        if 0 < abs(x - 1) < _NEAR:
            raise Outside("all but one")
        return math.log(x) if base is None else math.log(x) / math.log(base)

    return call


def _lookup(*given: Quantity) -> Quantity:
    """Return the value of the first limit that x does not pass: limit, value, ..., of x."""
    if len(given) < 3 or not len(given) % 2:
        raise Outside("a value is missing")
    x, limits, values = given[0], given[1::2], given[2::2]
    (needed, *ends), found = _fitting(x, *limits), _fitting(*values)
    if ends != sorted(set(ends)) or needed > ends[-1] * (1 - _NEAR):
        raise Outside("limits that do not rise, or end too early")
    if any(0 < abs(needed - end) <= _NEAR * abs(needed) for end in ends):
        raise Outside("all but a limit")
    at = next(at for at, end in enumerate(ends) if needed <= end)
    return _REGISTRY.Quantity(found[at], values[0].to_base_units().units)


def _tiers(*given: Quantity) -> Quantity:
    """Return a price up to a limit, another up to the next: price, limit, price, ..., of x."""
    if len(given) < 2 or len(given) % 2:
        raise Outside("a price is missing")
    x, prices, limits = given[0], given[1::2], given[2::2]
    (whole, *ends), costs = _fitting(x, *limits), _fitting(*prices)
    if whole < 0 or ends != sorted(ends) or (ends and ends[0] <= 0):
        raise Outside("limits that do not rise")
    total, start = 0.0, 0.0
    for cost, end in zip(costs, [*ends, math.inf], strict=True):
        total += cost * max(0.0, min(whole, end) - start)
        start = end
    return _REGISTRY.Quantity(total, (x.to_base_units() * prices[0].to_base_units()).units)


def _servers(value: float) -> int:
    if value != int(value) or not 1 <= value <= 300:
        raise Outside("no such number of servers")
    return int(value)


def _erlang_b(servers: float, load: float) -> float:
    if not 0 < load < 1e4:
        raise Outside("no load")
    blocked = 1.0
    for k in range(1, _servers(servers) + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked


def _erlang_c(servers: float, load: float) -> float:
    count = _servers(servers)
    if not 0 < load < count * (1 - 1e-3):
        raise Outside("too much load")
    blocked = _erlang_b(servers, load)
    return count * blocked / (count - load * (1 - blocked))


def _erlang_c_wait(servers: Quantity, load: Quantity, service: Quantity) -> Quantity:
    waits = _numbers(_erlang_c)(servers, load)
    time = service.to_base_units()
    if str(time.dimensionality) != "[time]" or time.magnitude <= 0:
        raise Outside("no time")
    return waits * time / (servers.magnitude - load.to_base_units().magnitude)


def _k_of_n(k: float, n: float, up: float) -> float:
    if k != int(k) or n != int(n) or not 0 <= k <= n <= 60 or not 0 <= up <= 1:
        raise Outside("no such parts")
    terms = (math.comb(int(n), i) * up**i * (1 - up) ** (n - i) for i in range(int(k), int(n) + 1))
    return math.fsum(terms)


def _parallel(*up: float) -> float:
    if not up or not all(0 <= u <= 1 for u in up):
        raise Outside("no share")
    return 1 - math.prod(1 - u for u in up)


def _usl(n: float, contention: float, coherency: float) -> float:
    if n < 1 or not 0 <= contention <= 1 or not 0 <= coherency <= 1:
        raise Outside("no such nodes")
    return n / (1 + contention * (n - 1) + coherency * n * (n - 1))


def _bloom_bits(error: float) -> float:
    if not 1e-12 < error < 0.5:
        raise Outside("no error rate")
    return -math.log(error) / math.log(2) ** 2


def _significant(x: float, digits: float) -> float:
    if digits != int(digits) or not 1 <= digits <= 12:
        raise Outside("no digits")
    if x == 0:
        return 0.0
    power = math.floor(math.log10(abs(x))) - int(digits) + 1
    return _rounded(lambda v: math.floor(v + 0.5), 0.5)(x / 10.0**power) * 10.0**power


def _significant_numbers(value: Quantity, digits: Quantity) -> Quantity:
    if not value.dimensionless:
        raise Outside("in which unit digits are counted decides")
    return _numbers(_significant)(value, digits)


def _exp(x: float) -> float:
    if x > 300:
        raise Outside("too large")
    return math.exp(x)


FUNCTIONS: dict[str, Callable[..., Quantity]] = {
    "min": _alike(min),
    "max": _alike(max),
    "sum": _alike(_sum),
    "hypot": _alike(lambda v: math.hypot(*v)),
    "abs": _alike(lambda v: abs(*v)),
    "clamp": _alike(_clamp),
    "step_up": _alike(_step_up),
    "product": _numbers(lambda *values: math.prod(values)),
    "sqrt": _sqrt,
    "if": _if,
    "proportion": _proportion,
    "lookup": _lookup,
    "tiers": _tiers,
    "ceil": _numbers(_rounded(math.ceil, 0)),
    "floor": _numbers(_rounded(math.floor, 0)),
    "round": _numbers(_rounded(lambda x: math.floor(x + 0.5), 0.5)),
    "significant": _significant_numbers,
    "exp": _numbers(_exp),
    "log": _numbers(_log(None)),
    "log2": _numbers(_log(2)),
    "log10": _numbers(_log(10)),
    "erlang_b": _numbers(_erlang_b),
    "erlang_c": _numbers(_erlang_c),
    "erlang_c_wait": _erlang_c_wait,
    "k_of_n": _numbers(_k_of_n),
    "parallel": _numbers(_parallel),
    "usl": _numbers(_usl),
    "bloom_bits": _numbers(_bloom_bits),
}
"""What functions are, by their definitions."""


# --- scenarios ------------------------------------------------------------------------------------


def scenario(text: str) -> dict[str, Answer]:
    """Return the traffic and the storage of a scenario of users and actions.

    Raises:
        Refused: Where a formula in it has no value.
        Outside: Where it has more in it than these.
    """
    try:
        content = yaml.load(text, yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise Outside(str(error)) from None
    if not isinstance(content, dict) or set(content) - {"users", "traffic", "actions", "derive"}:
        raise Outside("another section")
    with _judged():
        return _scenario(content)


def _scenario(content: Mapping[str, Any]) -> dict[str, Answer]:
    users = _users(content.get("users"))
    traffic, actions = content.get("traffic", {}), content.get("actions", {})
    if not isinstance(traffic, dict) or set(traffic) - {"peak_to_average"}:
        raise Outside("other traffic")
    peak = quantity(traffic.get("peak_to_average", "2"))
    if not isinstance(actions, dict):
        raise Outside("no actions")
    events: dict[str, Quantity] = {}
    found: dict[str, Quantity] = {}
    for name, action in actions.items():
        if not isinstance(action, dict) or not re.fullmatch(r"[a-z_]\w*", name):
            raise Outside("no action")
        found |= _action(name, action, users, peak, events)
    for flow in ("reads", "writes", "ingress", "egress"):
        for which in ("average", "peak"):
            of = [found[f"{name}.{flow}.{which}"] for name in actions]
            if of:
                found[f"{flow}.{which}"] = sum(of[1:], of[0])
    return {name: answer(value) for name, value in found.items()}


def _users(said: Any) -> dict[str, Quantity]:
    """Return those that rates count, and those who are there at once.

    Rates count the daily active, a share of the registered or a count of their own.
    """
    if isinstance(said, str):
        return {"users": quantity(said), "concurrent": quantity(said) / 10}
    if not isinstance(said, dict) or set(said) - {"registered", "daily_active", "concurrent"}:
        raise Outside("no users")
    made: dict[str, Quantity] = {}
    above: Quantity | None = None
    for name in ("registered", "daily_active", "concurrent"):
        if name in said:
            value = quantity(said[name])
            if said[name].endswith("%"):
                if above is None:
                    raise Outside("a share of nobody")
                value = value * above
            made[name] = above = value
    counted = made.get("daily_active", made.get("registered"))
    if counted is None:
        raise Outside("nobody is counted")
    return {"concurrent": counted / 10} | made | {"users": counted}


def _action(
    name: str,
    action: Mapping[str, Any],
    users: Mapping[str, Quantity],
    peak: Quantity,
    events: dict[str, Quantity],
) -> dict[str, Quantity]:
    """Return the traffic and the storage of an action, and add how often it happens."""
    known = {"per_user", "rate", "every", "per", "op", "read_write_ratio"}
    sizes = {"payload", "request", "response", "retention"}
    if set(action) - known - sizes or len(set(action) & {"per_user", "rate", "every", "per"}) != 1:
        raise Outside("another parameter")
    said = {key: quantity(action[key]) for key in action if key in sizes | {"read_write_ratio"}}
    if "per_user" in action:
        often = users["users"] * quantity(action["per_user"])
    elif "rate" in action:
        often = quantity(action["rate"])
    elif "every" in action:
        if "concurrent" not in users:
            raise Outside("nobody is there at once")
        often = users["concurrent"] / quantity(action["every"])
    else:
        if not isinstance(action["per"], dict) or set(action["per"]) - set(events):
            raise Outside("of an action that comes later")
        parts = [events[of] * quantity(times) for of, times in action["per"].items()]
        often = sum(parts[1:], parts[0])
    events[name] = often
    only_answers = "response" in said and not {"payload", "request", "read_write_ratio"} & set(said)
    op = action.get("op", "read" if only_answers else "write")
    ratio = said.get("read_write_ratio")
    none = 0.0 * _ONE / _UNITS["s"]
    if op == "write":
        writes, reads = often, often * ratio if ratio is not None else none
    else:
        writes, reads = often / ratio if ratio is not None else none, often
    sized = {"payload", "request", "response"} & set(said)
    payload = said.get("payload", (0.0 if sized else 1000.0) * _UNITS["B"])
    request, response = said.get("request", payload), said.get("response", payload)
    both = ratio is not None
    nothing = 0.0 * _UNITS["B"] / _UNITS["s"]
    ingress = writes * request if op == "write" or both else nothing
    egress = reads * response if op == "read" or both else nothing
    if op == "read" and not both and "request" in said:
        ingress = reads * request
    if op == "write" and not both and "response" in said:
        egress = writes * response
    kept = writes * payload
    retention = said.get("retention", 5.0 * _UNITS["y"])
    made = {
        f"{name}.{flow}.{which}": value if which == "average" else value * peak
        for flow, value in (
            ("reads", reads),
            ("writes", writes),
            ("ingress", ingress),
            ("egress", egress),
        )
        for which in ("average", "peak")
    }
    made[f"{name}.stored.per_day"] = kept * _UNITS["d"]
    made[f"{name}.stored.retained"] = kept * retention
    return made
