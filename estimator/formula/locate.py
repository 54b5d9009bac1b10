"""Say why a formula has no value: which part of it fails, and for what reason."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.functions import ENDLESS
from estimator.formula.tree import Call, Chain, Name, Node, Power, children
from estimator.units import Calendar
from estimator.units.write import digits

CANNOT = "cannot compute this"
"""The beginning of a message that says why a formula has no value."""


def locate(node: Node, calendar: Calendar, values: Mapping[str, float]) -> FormulaError | None:
    """Return why a formula cannot be computed: the innermost part that fails, or None.

    Args:
        node: The tree.
        calendar: How long days, months and years are.
        values: The values of the names in it, perhaps among others.
    """

    def value(part: Node) -> Any:
        return computed(part, calendar, values)

    if isinstance(node, Call) and node.function == "if":
        return _locate_if(node, calendar, values)
    for child in children(node):
        found = locate(child, calendar, values)
        if found is not None:
            return found
    if isinstance(node, Chain):
        for op, term in node.rest:
            if op == "/" and value(term) == 0:
                return FormulaError("E023", "a division by zero", term.span, "this is zero")
    try:
        result = value(node)
    except FormulaError as error:
        return error
    except OverflowError:
        return FormulaError("E023", "the result is too large to compute with", node.span)
    except (ValueError, ZeroDivisionError) as error:
        reason = _reason(node, error, value)
        return FormulaError("E023", f"{CANNOT}: {reason}", node.span)
    if result == math.inf and _is_endless(node, value):
        return None
    if isinstance(result, float) and math.isnan(result):
        return FormulaError("E023", "this has no value where a wait is unbounded", node.span)
    if isinstance(result, float) and not math.isfinite(result):
        return FormulaError("E023", "the result is too large to compute with", node.span)
    return None


def _is_endless(node: Node, value: Callable[[Node], Any]) -> bool:
    """Return whether it is a wait in an overloaded queue, or follows from one."""
    if isinstance(node, Call) and node.function in ENDLESS:
        return True
    return isinstance(node, Name) or any(value(child) == math.inf for child in children(node))


def _locate_if(node: Call, calendar: Calendar, values: Mapping[str, float]) -> FormulaError | None:
    """Locate a fault in the branch of an `if` that is taken; no other can fail."""
    condition, then, otherwise = node.arguments
    found = locate(condition, calendar, values)
    if found is not None:
        return found
    holds = computed(condition, calendar, values)
    return locate(then if holds else otherwise, calendar, values)


def _reason(node: Node, error: Exception, value: Callable[[Node], Any]) -> str:
    """Return words for an error, as Python has none that tell the reader anything."""
    text = str(error)
    if text in ("math domain error", "") or text.startswith("expected a"):
        if isinstance(node, Call):
            shown = ", ".join(digits(value(argument), 6) for argument in node.arguments)
            return f"`{node.function}` has no value at {shown}"
        if isinstance(node, Power) and value(node.base) == 0:
            return "zero has no negative power"
        return "a negative number has no such power"
    return text
