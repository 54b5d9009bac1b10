"""Trees to Python: one expression a formula, over base units and local variables.

The code is made of numbers, of variables that this package names, and of functions from its
own table; nothing of a user's text is in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeAlias

from estimator.formula import numeric
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, EMPTY, ENDLESS, FUNCTIONS, NAMESPACE
from estimator.formula.parse import parse
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
    children,
    walk,
)
from estimator.units import Calendar, unit_table
from estimator.units.write import digits

Variables: TypeAlias = Callable[[Name], str]
"""The code of a name: a variable or a number."""

CANNOT = "cannot compute this"
"""How a message begins that says why a formula has no value."""

_COMPARE = {
    "==": "close({}, {})",
    "!=": "not close({}, {})",
    "<=": "less_equal({}, {})",
    ">=": "less_equal({1}, {0})",
    "<": "less({}, {})",
    ">": "less({1}, {0})",
}

GLOBALS: dict[str, Any] = {
    "__builtins__": {},
    "sum": sum,
    "prod": math.prod,
    "pow": math.pow,
    "close": numeric.close,
    "less": numeric.less,
    "less_equal": numeric.less_equal,
    **{f"f_{name}": function for name, function in NAMESPACE.items()},
    "min": min,
    "max": max,
    "inf": math.inf,  # a percentile of a wait without end
    "nan": math.nan,
}
"""All that compiled formulas can reach."""

_LONG = 40  # Python's own compiler recurses through a chain; a longer one becomes a tuple


def code(
    node: Node,
    variables: Variables,
    calendar: Calendar,
    number: Callable[[float], str] = repr,
) -> str:
    """The Python expression of a tree.

    Args:
        node: A settled tree, without ranges.
        variables: The code of each name.
        calendar: How long days, months and years are.
        number: The code of a number, in base units.

    Raises:
        FormulaError: E025 for a range or a distribution.
    """

    def of(part: Node) -> str:
        return code(part, variables, calendar, number)

    match node:
        case Name():
            return variables(node)
        case Number():
            return number(node.value)
        case Chain():
            return _chain(node, of)
        case Call():
            return _call(node, of)
        case UnitRef():
            return number(unit_factor(node.name, calendar))
        case Literal():
            return number(literal_value(node, calendar))
        case Negative():
            return f"(-{of(node.operand)})"
        case Power():
            return f"pow({of(node.base)}, {of(node.exponent)})"
        case Compare():
            return "(" + _COMPARE[node.op].format(of(node.left), of(node.right)) + ")"
        case Logic():
            return "(" + f" {node.op} ".join(of(p) for p in node.operands) + ")"
        case Not():
            return f"(not {of(node.operand)})"
        case Convert():
            return of(node.operand)
        case Range():
            raise out_of_place(node)


def computed(
    node: Node, variables: Variables, calendar: Calendar, values: dict[str, Any] | None = None
) -> Any:
    """The value of a tree: a number, or the truth of a condition.

    Args:
        node: A settled tree, without ranges.
        variables: The code of each name.
        calendar: How long days, months and years are.
        values: The value of each variable.

    Raises:
        FormulaError: E025 for a range or a distribution.
        ArithmeticError, ValueError: Where it has no value.
    """
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name) and values is not None:
        return values[variables(node)]
    return eval(code(node, variables, calendar), GLOBALS, values)


def out_of_place(node: Range | Call) -> FormulaError:
    """A range has a name of its own; where it cannot have one, it does not belong."""
    what = "a range" if isinstance(node, Range) else f"the distribution `{node.function}`"
    return FormulaError(
        "E025",
        f"{what} has no place here",
        node.span,
        help="give it a name under `derive:`, and use that name",
    )


@lru_cache(maxsize=4096)
def constant(formula: str, calendar: Calendar) -> float:
    """The value of a formula without names: a bound, or a figure of a catalogue.

    A library has few of them, and a scenario asks for each many times.
    """
    return float(computed(parse(formula), str, calendar))


def refuse_ranges(tree: Node) -> None:
    """Raise E025 for the first range or distribution in a tree."""
    if isinstance(tree, Number | Literal | Name):
        return  # as most are
    for node in walk(tree):
        if isinstance(node, Range) or (isinstance(node, Call) and node.function in DISTRIBUTIONS):
            raise out_of_place(node)


def unit_factor(name: str, calendar: Calendar) -> float:
    """How many base units a unit is; 1 for a noun."""
    unit = unit_table().unit(name)
    if unit is None:
        return 1.0
    factor = calendar.factors.get(unit.name)
    return unit.factor if factor is None else factor


def literal_value(node: Literal, calendar: Calendar) -> float:
    """The value of a literal in base units."""
    value = node.number.value
    for name, exponent in node.units:
        factor = unit_factor(name, calendar)
        if exponent == 1:
            value *= factor
        elif exponent == -1:
            value /= factor
        else:
            value *= factor**exponent
    return value


def _chain(node: Chain, of: Callable[[Node], str]) -> str:
    sums = node.rest[0][0] in "+-"
    if len(node.rest) < _LONG:
        return "(" + of(node.first) + "".join(f" {op} {of(t)}" for op, t in node.rest) + ")"
    inverse = "-{}" if sums else "1.0 / {}"
    terms = [of(t) if op in "+*" else inverse.format(of(t)) for op, t in node.rest]
    return f"{'sum' if sums else 'prod'}(({of(node.first)}, {', '.join(terms)}))"


def _call(node: Call, of: Callable[[Node], str]) -> str:
    if node.function == EMPTY:
        return "0.0"
    function = FUNCTIONS.get(node.function)
    if function is None:
        raise out_of_place(node)
    arguments = [of(a) for a in node.arguments]
    if function.code is not None:
        return function.code(arguments)
    return f"f_{function.name}({', '.join(arguments)})"


def locate(
    node: Node, variables: Variables, calendar: Calendar, values: dict[str, Any]
) -> FormulaError | None:
    """Why a formula cannot be computed: the innermost part that fails, or None if all goes well.

    Args:
        node: The tree.
        variables: The code of each name.
        calendar: How long days, months and years are.
        values: The value of each variable.
    """

    def value(part: Node) -> Any:
        return computed(part, variables, calendar, values)

    if isinstance(node, Call) and node.function == "if":
        return _locate_if(node, variables, calendar, values)
    for child in children(node):
        found = locate(child, variables, calendar, values)
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
        return FormulaError("E023", "this has no value where a wait is endless", node.span)
    if isinstance(result, float) and not math.isfinite(result):
        return FormulaError("E023", "the result is too large to compute with", node.span)
    return None


def _is_endless(node: Node, value: Callable[[Node], Any]) -> bool:
    """Is it a wait without end, or does it follow from one?"""
    if isinstance(node, Call) and node.function in ENDLESS:
        return True
    return isinstance(node, Name) or any(value(child) == math.inf for child in children(node))


def _locate_if(
    node: Call, variables: Variables, calendar: Calendar, values: dict[str, Any]
) -> FormulaError | None:
    """Only the branch that is taken can fail."""
    condition, then, otherwise = node.arguments
    found = locate(condition, variables, calendar, values)
    if found is not None:
        return found
    holds = computed(condition, variables, calendar, values)
    return locate(then if holds else otherwise, variables, calendar, values)


def _reason(node: Node, error: Exception, value: Callable[[Node], Any]) -> str:
    """Python's words for a domain error say nothing; ours do."""
    text = str(error)
    if text in ("math domain error", "") or text.startswith("expected a"):
        if isinstance(node, Call):
            shown = ", ".join(digits(value(argument), 6) for argument in node.arguments)
            return f"`{node.function}` has no value at {shown}"
        if isinstance(node, Power) and value(node.base) == 0:
            return "zero has no negative power"
        return "a negative number has no such power"
    return text
