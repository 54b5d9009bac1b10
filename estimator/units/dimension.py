"""Dimensions: products of powers of time, data and money."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple


class Dimension(NamedTuple):
    """A product of powers of the base dimensions; all zero for a plain number.

    Attributes:
        time: The exponent of time.
        data: The exponent of data.
        money: The exponent of money.
        mark: Not a dimension but a kind of value: `any` for a literal zero and an empty sum,
            which fit beside anything, `condition` for what a comparison gives.
    """

    time: float = 0
    data: float = 0
    money: float = 0
    mark: str = ""


PLAIN = Dimension()
TIME = Dimension(time=1)
DATA = Dimension(data=1)
MONEY = Dimension(money=1)
ANY = Dimension(mark="any")
CONDITION = Dimension(mark="condition")


def multiply(a: Dimension, b: Dimension) -> Dimension:
    """Return the dimension of a product; zero stays zero."""
    if ANY in (a, b):
        return ANY
    return Dimension(a.time + b.time, a.data + b.data, a.money + b.money)


def divide(a: Dimension, b: Dimension) -> Dimension:
    """Return the dimension of a quotient; zero stays zero."""
    if ANY in (a, b):
        return ANY
    return Dimension(a.time - b.time, a.data - b.data, a.money - b.money)


def power(a: Dimension, exponent: float) -> Dimension:
    """Return the dimension of a power with a constant exponent."""
    if a == ANY:
        return ANY
    return Dimension(a.time * exponent, a.data * exponent, a.money * exponent)


_NAMES = {
    PLAIN: "a plain number",
    TIME: "a time",
    DATA: "data",
    MONEY: "money",
    divide(PLAIN, TIME): "a rate (1/time)",
    divide(DATA, TIME): "a data rate (data/time)",
    divide(MONEY, TIME): "money per time",
    divide(MONEY, DATA): "money per data",
    divide(divide(MONEY, DATA), TIME): "money per data and time",
    ANY: "zero",
    CONDITION: "a comparison",
}


@lru_cache(maxsize=1024)
def describe(dimension: Dimension) -> str:
    """Return what a person calls it: `data`, `a rate (1/time)`, `data × time`."""
    return _NAMES.get(dimension) or written(dimension, ("time", "data", "money"), " × ")


def written(dimension: Dimension, symbols: tuple[str, str, str], times: str) -> str:
    """Write a dimension as a product of symbols for time, data and money, such as `data/time^2`."""
    powers = sorted(zip(symbols, dimension[:3], strict=True))
    above = [_raised(symbol, exponent) for symbol, exponent in powers if exponent > 0]
    below = [_raised(symbol, -exponent) for symbol, exponent in powers if exponent < 0]
    return times.join(above or ["1"]) + "".join("/" + b for b in below)


def _raised(symbol: str, exponent: float) -> str:
    return symbol if exponent == 1 else f"{symbol}^{exponent:g}"
