"""What nobody knows yet: `?`, and what is left of a model without it.

What follows from a `?` has no value. A sum or a maximum has those of its parts that are known, and
is at least as much, as loads, sizes and costs are never below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Name,
    Node,
    Unknown,
    names_in,
    walk,
)
from estimator.model.quantity import Expectation, Model, Quantity

_RISING = frozenset({"ceil", "floor", "round", "min", "sqrt"})
"""Functions that do not fall where a value of theirs rises."""
_SUMS = frozenset({"sum", "max"})


class Part(NamedTuple):
    """What is known of a formula.

    Attributes:
        tree: The formula without what is not known; None where nothing is left of it.
        is_least: Is it the least that the whole formula can be?
    """

    tree: Node | None
    is_least: bool = False


def without_unknown(model: Model) -> Model:
    """Return a model without the quantities that nobody knows, and with the least of sums."""
    perhaps = [quantity for quantity in model.said_or_used if "?" in quantity.text.value]
    if not any(_has_unknown(q.tree) for q in perhaps):
        return model
    known = _Known()
    for quantity in model.quantities.values():
        known.add(quantity)
    expectations = [known.marked(e) for e in model.expectations]
    return model._replace(
        quantities=known.quantities,
        order=tuple(name for name in model.order if name in known.quantities),
        expectations=[e for e in expectations if known.has_values(e)],
        undecided=[e for e in expectations if not known.has_values(e)],
        concerns=[c for c in model.concerns if known.has_all(c.formula.names)],
        correlations=[c for c in model.correlations if known.has_all(c.names)],
        unknown={name: tuple(roots) for name, roots in known.roots.items()},
    )


def _has_unknown(tree: Node) -> bool:
    return any(isinstance(node, Unknown) for node in walk(tree))


class _Known:
    """What is known of the quantities so far.

    Attributes:
        quantities: Those that have a value.
        roots: For those that have none, and for sums that have a part of theirs, the names of what
            is not known.
    """

    def __init__(self) -> None:
        self.quantities: dict[str, Quantity] = {}
        self.roots: dict[str, list[str]] = {}

    def add(self, quantity: Quantity) -> None:
        """Add a quantity that uses none but those before it."""
        names = [*quantity.uses, *(n.path for n in walk(quantity.tree) if isinstance(n, Name))]
        roots = list(dict.fromkeys(r for name in names for r in self.roots.get(name, ())))
        if _has_unknown(quantity.tree):
            roots = [quantity.name]
        if not roots:
            self.quantities[quantity.name] = quantity
            return
        self.roots[quantity.name] = roots
        tree, is_least = self.part(quantity.tree)
        if tree is not None and quantity.distribution is None:
            said = quantity.declaration
            if is_least:
                said = said._replace(bound="at_least", bounds=None)
            self.quantities[quantity.name] = quantity.computed_by(tree)._replace(declaration=said)

    def has_all(self, names: Iterable[str]) -> bool:
        """Return whether all of some quantities are known, and as a whole."""
        return self.roots.keys().isdisjoint(names)

    def marked(self, expectation: Expectation) -> Expectation:
        """Return an expectation with the inputs that it depends on and nobody knows."""
        names = names_in(expectation.tree)
        roots = dict.fromkeys(r for name in names for r in self.roots.get(name, ()))
        return replace(expectation, unknown=tuple(roots)) if roots else expectation

    def has_values(self, expectation: Expectation) -> bool:
        """Return whether an expectation may be decided, perhaps by the least that values are."""
        if not expectation.unknown:
            return True
        compares = isinstance(expectation.tree, Compare)
        return compares and all(name in self.quantities for name in names_in(expectation.tree))

    def part(self, node: Node) -> Part:
        """Return what is known of a formula."""
        match node:
            case Unknown():
                return Part(None)
            case Name():
                if node.path not in self.roots:
                    return Part(node)
                return Part(node, True) if node.path in self.quantities else Part(None)
            case Convert():
                tree, is_least = self.part(node.operand)
                return Part(tree and node._replace(operand=tree), is_least)
            case Call() if node.function in _SUMS:
                return _of_call(node, list(self._left(node.arguments)), len(node.arguments))
            case Call() if node.function in _RISING:
                parts = [self.part(argument) for argument in node.arguments]
                trees = tuple(part.tree for part in parts if part.tree is not None)
                if len(trees) < len(parts):
                    return Part(None)
                is_least = any(part.is_least for part in parts)
                return Part(node._replace(arguments=trees), is_least)
            case Chain() if node.rest[0][0] in "+-":
                return self._sum(node)
            case Chain():
                return self._product(node)
        return Part(node if self.has_all(names_in(node)) and not _has_unknown(node) else None)

    def _left(self, nodes: Iterable[Node]) -> Iterator[Part]:
        for part in map(self.part, nodes):
            if part.tree is not None:
                yield part

    def _sum(self, node: Chain) -> Part:
        """Return the known terms of a sum; what is taken away has to be known."""
        away = [self.part(term) for op, term in node.rest if op == "-"]
        if any(part.tree is None or part.is_least for part in away):
            return Part(None)
        terms = [("+", node.first), *node.rest]
        left = [(op, part) for op, term in terms if (part := self.part(term)).tree is not None]
        if not left or left[0][0] == "-":
            return Part(None)
        is_least = len(left) < len(terms) or any(part.is_least for _, part in left)
        trees = [(op, part.tree) for op, part in left if part.tree is not None]
        (_, first), *rest = trees
        return Part(node._replace(first=first, rest=tuple(rest)) if rest else first, is_least)

    def _product(self, node: Chain) -> Part:
        """Return a product whose factors are known, and whose divisors are as a whole."""
        first = self.part(node.first)
        rest = [(op, self.part(term)) for op, term in node.rest]
        if first.tree is None or any(part.tree is None for _, part in rest):
            return Part(None)
        if any(part.is_least for op, part in rest if op == "/"):
            return Part(None)
        is_least = first.is_least or any(part.is_least for _, part in rest)
        terms = tuple((op, part.tree) for op, part in rest if part.tree is not None)
        return Part(node._replace(first=first.tree, rest=terms), is_least)


def _of_call(node: Call, left: list[Part], count: int) -> Part:
    if not left:
        return Part(None)
    trees = tuple(part.tree for part in left if part.tree is not None)
    is_least = len(left) < count or any(part.is_least for part in left)
    return Part(node._replace(arguments=trees), is_least)
