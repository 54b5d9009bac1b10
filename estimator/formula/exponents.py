"""Exponents, which have to be known before anything is computed, as dimensions follow from them."""

from __future__ import annotations

from estimator.formula.tree import Chain, Negative, Node, Number, Power


def constant_exponent(node: Node) -> float | None:
    """Return the value of an exponent made of plain numbers alone, such as `1/2`, or None."""
    match node:
        case Number():
            return node.value
        case Negative():
            value = constant_exponent(node.operand)
            return None if value is None else -value
        case Power():
            base, exponent = constant_exponent(node.base), constant_exponent(node.exponent)
            return None if base is None or exponent is None else _raised(base, exponent)
        case Chain():
            return _chained(node)
    return None


def _raised(base: float, exponent: float) -> float | None:
    try:
        value = base**exponent
    except (OverflowError, ZeroDivisionError):
        return None
    return value if isinstance(value, float) else None


def _chained(node: Chain) -> float | None:
    result = constant_exponent(node.first)
    for op, term in node.rest:
        value = constant_exponent(term)
        if result is None or value is None or (op == "/" and value == 0.0):
            return None
        match op:
            case "+":
                result += value
            case "-":
                result -= value
            case "*":
                result *= value
            case _:
                result /= value
    return result
