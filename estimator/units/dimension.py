"""Dimensions: products of powers of time, data and money, by pint's algebra."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

from pint.util import UnitsContainer

Dimension: TypeAlias = UnitsContainer
"""A product of powers; `PLAIN`, the empty one, is a plain number: a count, a share, a ratio."""

PLAIN: Dimension = UnitsContainer()
TIME: Dimension = UnitsContainer({"[time]": 1})
DATA: Dimension = UnitsContainer({"[data]": 1})
MONEY: Dimension = UnitsContainer({"[money]": 1})
ANY: Dimension = UnitsContainer({"[any]": 1})
"""The dimension of a literal zero and of an empty sum, which fit beside anything."""

_NAMES = {
    PLAIN: "a plain number",
    TIME: "a time",
    DATA: "data",
    MONEY: "money",
    PLAIN / TIME: "a rate (1/time)",
    DATA / TIME: "a data rate (data/time)",
    MONEY / TIME: "money per time",
    MONEY / DATA: "money per data",
    MONEY / DATA / TIME: "money per data and time",
    ANY: "zero",
}


@lru_cache(maxsize=4096)
def multiply(a: Dimension, b: Dimension) -> Dimension:
    """The dimension of a product; zero stays zero."""
    return ANY if a == ANY or b == ANY else a * b


@lru_cache(maxsize=4096)
def divide(a: Dimension, b: Dimension) -> Dimension:
    """The dimension of a quotient; zero stays zero."""
    return ANY if a == ANY or b == ANY else a / b


@lru_cache(maxsize=1024)
def power(a: Dimension, exponent: float) -> Dimension:
    """The dimension of a power with a constant exponent."""
    return ANY if a == ANY else a**exponent


@lru_cache(maxsize=1024)
def describe(dimension: Dimension) -> str:
    """What a person calls it: `data`, `a rate (1/time)`, `data × time`."""
    known = _NAMES.get(dimension)
    if known:
        return known
    return formula(dimension)


@lru_cache(maxsize=1024)
def formula(dimension: Dimension) -> str:
    """The dimension written out, such as `data/time^2`."""
    words = [(key.strip("[]"), value) for key, value in powers(dimension)]
    above = [_raised(word, value) for word, value in words if value > 0]
    below = [_raised(word, -value) for word, value in words if value < 0]
    return " × ".join(above or ["1"]) + "".join("/" + b for b in below)


def powers(dimension: Dimension) -> list[tuple[str, float]]:
    """The base dimensions such as `[time]` with their exponents, in alphabetical order."""
    items: list[tuple[str, Any]] = sorted(dimension.items())
    return [(key, float(exponent)) for key, exponent in items]  # pint allows other numbers


def _raised(word: str, exponent: float) -> str:
    return word if exponent == 1 else f"{word}^{exponent:g}"
