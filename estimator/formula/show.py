"""Trees to text: a formula as people write it, with `×` and as few parentheses as it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from estimator.formula import functions
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

_SIGNS = {"*": "×", "-": "−", "<=": "≤", ">=": "≥", "!=": "≠"}
_CONDITION, _SUM, _PRODUCT, _POWER, _ATOM = range(5)


class Shown(NamedTuple):
    """A text, and how tightly it holds together, so that others know when to put it in ( )."""

    text: str
    rank: int = _ATOM

    def within(self, rank: int) -> str:
        """Return the text as a part of something that holds together so tightly."""
        return self.text if self.rank >= rank else f"({self.text})"


def value_shown(text: str) -> Shown:
    """Return a value such as `2/day` or `1.5 GB`, as part of a formula."""
    if text.startswith(("-", "−")):
        return Shown(text, _SUM)
    return Shown(text, _PRODUCT if "/" in text or " " in text else _ATOM)


def show(node: Node, of_name: Callable[[str], Shown], of_number: Callable[[float], str]) -> str:
    """Return the text of a resolved tree.

    Args:
        node: The tree.
        of_name: What stands for a name: the name itself, or its value.
        of_number: How a plain number is written.
    """
    return _shown(node, of_name, of_number).text


def _shown(part: Node, of_name: Callable[[str], Shown], of_number: Callable[[float], str]) -> Shown:
    # what calls itself is no closure: it would hold all that it names until garbage is collected
    def of(inner: Node) -> Shown:
        return _shown(inner, of_name, of_number)

    match part:
        case Number():
            return value_shown(of_number(part.value))
        case UnitRef():
            return Shown(part.name)
        case Unknown():
            return Shown("?")
        case Literal():
            return _literal(part, of_number)
        case Name():
            return of_name(part.path)
        case Negative():
            return Shown("−" + of(part.operand).within(_PRODUCT), _SUM)
        case Chain():
            return _chain(part, of)
        case Power():
            base, exponent = of(part.base).within(_ATOM), of(part.exponent).within(_ATOM)
            return Shown(f"{base}^{exponent}", _POWER)
        case Compare() | Logic() | Not():
            return Shown(_condition(part, of), _CONDITION)
        case Call():
            return _call(part, of)
        case Convert():
            return of(part.operand)
        case Range():
            ends = f"{of(part.low).within(_SUM)} to {of(part.high).within(_SUM)}"
            at = f" at {of(part.credibility).within(_SUM)}" if part.credibility else ""
            return Shown(ends + at, _CONDITION)


def _condition(node: Compare | Logic | Not, of: Callable[[Node], Shown]) -> str:
    match node:
        case Compare():
            left, right = (of(side).within(_SUM) for side in (node.left, node.right))
            reach = f" within {of(node.reach).within(_SUM)}" if node.reach else ""
            return f"{left} {_SIGNS.get(node.op, node.op)} {right}{reach}"
        case Logic():
            return f" {node.op} ".join(of(term).within(_SUM) for term in node.operands)
        case Not():
            return f"not {of(node.operand).within(_SUM)}"


def _call(node: Call, of: Callable[[Node], Shown]) -> Shown:
    match node.function:
        case functions.EMPTY:
            return Shown("0")
        case functions.WEIGHTED:
            return Shown(" of ".join(of(a).within(_SUM) for a in node.arguments), _CONDITION)
        case "sum":
            return Shown(" + ".join(of(a).within(_SUM) for a in node.arguments), _SUM)
        case "product":
            return Shown(" × ".join(of(a).within(_PRODUCT) for a in node.arguments), _PRODUCT)
        case _:
            arguments = ", ".join(of(a).text for a in node.arguments)
            return Shown(f"{node.function}({arguments})")


def _literal(node: Literal, of_number: Callable[[float], str]) -> Shown:
    """Return a number with its units: `200 B`, `2/day`, `$0.05/GB`."""
    number = of_number(node.number.value)
    units = list(node.units)
    text = number
    if units[0] == ("USD", 1.0) or units[0][0] == "$":
        text = f"${number}"
        units = units[1:]
    for index, (name, exponent) in enumerate(units):
        power = "" if abs(exponent) == 1 else f"^{abs(exponent):g}"
        if exponent < 0:
            text += f"/{name}{power}"
        else:
            text += (" " if index == 0 and text == number else "·") + name + power
    return value_shown(text)


def _chain(node: Chain, of: Callable[[Node], Shown]) -> Shown:
    sums = node.rest[0][0] in "+-"
    rank = _SUM if sums else _PRODUCT
    text = of(node.first).within(rank)
    for op, term in node.rest:
        tight = rank if op in "+*" else rank + 1  # what is taken away or divided by
        text += f" {_SIGNS.get(op, op)} {of(term).within(tight)}"
    return Shown(text, rank)
