"""Remember what formulas give, within bounds: each letter that is typed makes another formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Result = TypeVar("Result")

SHORT = 100
"""How many characters most formulas have at most; the tree of 4,000 takes a third of a megabyte."""
_SHORT_ONES = 8192
_LONG_ONES = 128


def remembered(function: Callable[[str], Result]) -> Callable[[str], Result]:
    """Remember what a function of a formula gives: for many short formulas, and few long ones."""
    short, long = lru_cache(_SHORT_ONES)(function), lru_cache(_LONG_ONES)(function)

    @wraps(function)
    def result(formula: str) -> Result:
        return short(formula) if len(formula) <= SHORT else long(formula)

    return result
