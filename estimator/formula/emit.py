"""Trees to Python: one expression for each formula, over base units and local variables.

The walk over the tree is the same whatever the values are. A `Backend` has what differs: `SCALARS`
computes single floats, and the arrays of samples have one of their own, beside NumPy.

The code is made of numbers, of variables that this package names, and of functions from its own
table; nothing of a user's text is in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from estimator.formula import numeric
from estimator.formula.fault import FormulaError
from estimator.formula.functions import EMPTY, FUNCTIONS, NAMESPACE, SLOW, Function, Inline
from estimator.formula.functions.arithmetic import LONGEST_INFIX
from estimator.formula.parse import parse
from estimator.formula.ranges import out_of_place
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
from estimator.units import Calendar, unit_factor

Variables: TypeAlias = Callable[[Name], str]
"""The code of a name: a variable or a number."""


class Backend(NamedTuple):
    """The Python of one kind of values.

    Attributes:
        logic: Takes `and` or `or` and the code of its operands, and returns the code of the result.
        negated: Takes the code of a condition, and returns that of its opposite.
        form: Returns the form of a function for these values: `Inline`, or anything else for what
            the scope has under the name `f_` and that of the function.
        scope: All that the code can reach, besides its variables. There are `pow`, the comparisons
            `close`, `less`, `less_equal` and `near`, `sum` and `prod` of a tuple, and functions.
    """

    logic: Callable[[str, Sequence[str]], str]
    negated: Callable[[str], str]
    form: Callable[[Function], object]
    scope: dict[str, Any]


_REMEMBERED = 1_024
"""How many results of each slow function are kept. Where a model is computed again with a few other
values, as for what to measure first, most calls of these functions have the same arguments."""

SCALARS = Backend(
    logic=lambda op, operands: "(" + f" {op} ".join(operands) + ")",
    negated=lambda condition: f"(not {condition})",
    form=lambda function: function.scalar,
    scope={
        "__builtins__": {},
        "sum": sum,
        "prod": math.prod,
        "pow": math.pow,
        "close": numeric.close,
        "less": numeric.less,
        "less_equal": numeric.less_equal,
        "near": numeric.near,
        **{
            f"f_{name}": lru_cache(_REMEMBERED)(function) if name in SLOW else function
            for name, function in NAMESPACE.items()
        },
        "min": min,
        "max": max,
        "inf": math.inf,  # a percentile of the wait in an overloaded queue
        "nan": math.nan,
    },
)
"""Single floats, of which only those are computed that count: one branch of an `if`, and of `and`
and `or` no more than decides."""


ARRAY_CODE = Backend(
    logic=lambda op, operands: f"{'every' if op == 'and' else 'some'}({', '.join(operands)})",
    negated=lambda condition: f"logical_not({condition})",
    form=lambda function: function.array,
    scope={},
)
"""Arrays of samples, or floats and arrays mixed. What the code reaches is added beside NumPy, which
is imported only where a scenario has ranges."""


def emit(
    node: Node,
    variables: Variables,
    calendar: Calendar,
    number: Callable[[float], str] = repr,
    *,
    backend: Backend = SCALARS,
) -> str:
    """Return the Python expression of a tree.

    Args:
        node: A resolved tree, without ranges.
        variables: The code of each name.
        calendar: How long days, months and years are.
        number: The code of a number, in base units.
        backend: How Python computes over the values.

    Raises:
        FormulaError: E025 for a range or a distribution.
    """
    return _Emitter(variables, calendar, number, backend).code(node)


class _Emitter(NamedTuple):
    """A walk over a tree; its attributes are the arguments of `emit`."""

    variables: Variables
    calendar: Calendar
    number: Callable[[float], str]
    backend: Backend

    def code(self, node: Node) -> str:
        """Return the expression of a node."""
        match node:
            case Name():
                return self.variables(node)
            case Number():
                return self.number(node.value)
            case Chain():
                return self._chain(node)
            case Call():
                return self._call(node)
            case Unknown():
                message = "a value is needed here, and `?` is none"
                raise FormulaError("E025", message, node.span)
            case UnitRef():
                return self.number(unit_factor(node.name, self.calendar))
            case Literal():
                return self.number(literal_value(node, self.calendar))
            case Negative():
                return f"(-{self.code(node.operand)})"
            case Power():
                return f"pow({self.code(node.base)}, {self.code(node.exponent)})"
            case Compare():
                return self._comparison(node)
            case Logic():
                return self.backend.logic(node.op, [self.code(p) for p in node.operands])
            case Not():
                return self.backend.negated(self.code(node.operand))
            case Convert():
                return self.code(node.operand)
            case Range():
                raise out_of_place(node)

    def _chain(self, node: Chain) -> str:
        first, terms = self.code(node.first), [(op, self.code(term)) for op, term in node.rest]
        if len(terms) < LONGEST_INFIX:
            return "(" + first + "".join(f" {op} {term}" for op, term in terms) + ")"
        sums = node.rest[0][0] in "+-"
        inverse = "-{}" if sums else "1.0 / {}"
        parts = [term if op in "+*" else inverse.format(term) for op, term in terms]
        return f"{'sum' if sums else 'prod'}(({first}, {', '.join(parts)}))"

    def _comparison(self, node: Compare) -> str:
        left, right = self.code(node.left), self.code(node.right)
        match node.op:
            case "<":
                return f"less({left}, {right})"
            case ">":
                return f"less({right}, {left})"
            case "<=":
                return f"less_equal({left}, {right})"
            case ">=":
                return f"less_equal({right}, {left})"
            case "==":
                return f"close({left}, {right})"
            case "~":
                assert node.reach is not None
                return f"near({left}, {right}, {self.code(node.reach)})"
            case _:
                return self.backend.negated(f"close({left}, {right})")

    def _call(self, node: Call) -> str:
        if node.function == EMPTY:
            return "0.0"
        function = FUNCTIONS.get(node.function)
        if function is None:
            raise out_of_place(node)
        arguments = [self.code(a) for a in node.arguments]
        form = self.backend.form(function)
        if isinstance(form, Inline):
            return form.code(arguments)
        return f"f_{function.name}({', '.join(arguments)})"


def computed(node: Node, calendar: Calendar, values: Mapping[str, float] | None = None) -> Any:
    """Return the value of a tree: a number, or the truth of a condition.

    Args:
        node: A resolved tree, without ranges.
        calendar: How long days, months and years are.
        values: The values of the names in it, if there are any.

    Raises:
        FormulaError: E025 for a range or a distribution.
        ArithmeticError, ValueError: Where it has no value.
    """
    if isinstance(node, Number):
        return node.value
    known = values or {}
    if isinstance(node, Name):
        return known[node.path]
    return eval(emit(node, lambda n: f"({known[n.path]!r})", calendar), SCALARS.scope)


@lru_cache(maxsize=4096)
def constant(formula: str, calendar: Calendar) -> float:
    """Return the value of a formula without names: a bound, or a figure of a catalogue.

    A library has few of them, and a scenario asks for each many times.
    """
    return float(computed(parse(formula), calendar))


def literal_value(node: Literal, calendar: Calendar) -> float:
    """Return the value of a literal in base units."""
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
