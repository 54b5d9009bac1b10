"""Quantities of the user's own: how they are shown, and what bound they are, by what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from estimator.formula.tree import Call, Chain, Name, Node, Number, Power, walk
from estimator.model.bound_of import bound_of
from estimator.model.quantity import Quantity


def as_own(quantity: Quantity, tree: Node, right: Mapping[str, Quantity]) -> Quantity:
    """Return a quantity of the user's own, shown as what it is made of, and a bound if that is."""
    said = quantity.declaration
    bound = bound_of(tree, lambda name: right[name].bound)
    if bound:
        quantity = quantity._replace(declaration=said._replace(bound=bound))
    if not quantity.display_unit:
        shown = _display_unit_of(tree, right, said.text.value)
        quantity = quantity._replace(display_unit=shown)
    return quantity


def _display_unit_of(tree: Node, right: Mapping[str, Quantity], text: str) -> str:
    """Return how a formula is shown that repeats a quantity, takes a percentile, or is a share."""
    if isinstance(tree, Call) and tree.function == "probability":
        return "share"
    if isinstance(tree, Call) and tree.function in ("p5", "p50", "p95", "mean"):
        tree = tree.arguments[0]
    if isinstance(tree, Name):
        return right[tree.path].display_unit
    if not _is_share(tree, right, text):
        return ""
    names = [node for node in walk(tree) if isinstance(node, Name)]
    is_sum = any(isinstance(node, Chain) and node.rest[0][0] in "+-" for node in walk(tree))
    are_nines = bool(names) and all(right[n.path].display_unit == "nines" for n in names)
    return "nines" if are_nines and not is_sum else "share"


def _is_share(tree: Node, right: Mapping[str, Quantity], text: str) -> bool:
    """Return whether it is a share: one minus a share, or a sum, product or maximum of shares."""

    def is_share(node: Node) -> bool:
        return _is_share(node, right, text)

    match tree:
        case Name():
            return right[tree.path].display_unit in ("share", "nines")
        case Number():
            return text[slice(*tree.span)].endswith("%")
        case Chain():
            terms = [tree.first, *(term for _, term in tree.rest)]
            if all(op == "*" for op, _ in tree.rest):
                return all(map(is_share, terms))
            is_sum = all(op in "+-" for op, _ in tree.rest)
            shares = [is_share(term) for term in terms]
            return is_sum and any(shares) and all(map(_or_one, terms, shares))
        case Power():
            return is_share(tree.base)
        case Call() if tree.function in ("min", "max"):
            return all(map(is_share, tree.arguments))
    return False


def _or_one(term: Node, is_share: bool) -> bool:
    """Return whether a term of a sum is a share, or all of it."""
    return is_share or (isinstance(term, Number) and term.value in (0.0, 1.0))
