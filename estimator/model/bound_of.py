"""The bound that a formula of bounds is: two times that are at least so long are so together."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from estimator.formula.tree import (
    Call,
    Chain,
    Convert,
    Literal,
    Name,
    Negative,
    Node,
    Number,
    Power,
    children,
)

UNKNOWN = "unknown"
"""Of what follows from bounds and could be more as well as less."""

_FLIPPED = {"at_least": "at_most", "at_most": "at_least"}
_INCREASING = frozenset(
    ("sum", "product", "min", "max", "ceil", "floor", "round", "sqrt", "exp", "log", "clamp")
) | frozenset(("p5", "p50", "p95", "mean", "hypot", "step_up"))


def bound_of(tree: Node, of: Callable[[str], str]) -> str:
    """Return what bound of what is measured a formula is: `at_least`, `at_most`, or `unknown`.

    Empty where it follows from no bound. What is multiplied and divided is taken to be positive,
    as times, shares and availabilities are.

    Args:
        tree: The formula.
        of: The bound that a quantity is, by name.
    """
    match tree:
        case Name():
            return of(tree.path)
        case Number() | Literal():
            return ""
        case Convert():
            return bound_of(tree.operand, of)
        case Negative():
            return _flipped(bound_of(tree.operand, of))
        case Chain():
            return _of_chain(tree, of)
        case Power():
            return _of_power(tree, of)
        case Call() if tree.function == "if":
            condition, *cases = tree.arguments
            known = [bound_of(case, of) for case in cases]
            return _together([*known, UNKNOWN] if _has_bounds(condition, of) else known)
        case Call() if tree.function in _INCREASING:
            return _together(bound_of(argument, of) for argument in tree.arguments)
    return UNKNOWN if _has_bounds(tree, of) else ""


def _of_chain(tree: Chain, of: Callable[[str], str]) -> str:
    known = [bound_of(tree.first, of)]
    for op, term in tree.rest:
        found = bound_of(term, of)
        falls = op in "-/" or (op == "*" and isinstance(term, Negative))
        known.append(_flipped(found) if falls else found)
    return _together(known)


def _of_power(tree: Power, of: Callable[[str], str]) -> str:
    base = bound_of(tree.base, of)
    if _has_bounds(tree.exponent, of):
        return UNKNOWN
    return _flipped(base) if isinstance(tree.exponent, Negative) else base


def _has_bounds(tree: Node, of: Callable[[str], str]) -> bool:
    """Return whether any part of a formula follows from a bound."""
    if isinstance(tree, Name):
        return bool(of(tree.path))
    return any(_has_bounds(part, of) for part in children(tree))


def _flipped(bound: str) -> str:
    return _FLIPPED.get(bound, bound)


def _together(bounds: Iterable[str]) -> str:
    """Return the bound that several parts make, each of which is more where the whole is more."""
    found = {bound for bound in bounds if bound}
    return UNKNOWN if len(found) > 1 else next(iter(found), "")
