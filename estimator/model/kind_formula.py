"""The formulas of kinds, apart from their uses: conditions, holes, and slots for names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import count
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from estimator.formula.fault import FormulaError
from estimator.formula.functions import EMPTY
from estimator.formula.parse import parse
from estimator.formula.ranges import may_have_range
from estimator.formula.shared import SharedFormula, Stored
from estimator.formula.tree import (
    Call,
    Chain,
    Convert,
    Name,
    Node,
    Number,
    Span,
    children,
    rebuilt,
    walk,
)
from estimator.units import Dimension

CALLS = frozenset(
    (
        "visits",
        "visit_count",
        "wait_count",
        "branch_chance",
        "branch_calls",
        "branch_calls_variance",
        "branch_fixed",
        "branch_mean",
        "branch_sd",
        "branch_scale",
        "branches_quantile",
        "branches_sd",
        "at_once_fixed",
        "at_once_mean",
        "at_once_sd",
        "at_once_share",
    )
)
"""What a kind may call for the flows that reach it, and for the paths of actions."""


class Condition(NamedTuple):
    """A condition of `given(...)` and `any(...)`.

    Attributes:
        tree: The condition.
        is_static: Whether it depends only on what is given, and on no other quantities.
    """

    tree: Node
    is_static: bool


class Hole(NamedTuple):
    """What stands in a formula for as many terms as each use of a kind needs.

    It is a call of `visits`, or the name of a pattern among the arguments of a function.

    Attributes:
        parameter: For `visits`, the parameter that maps flows; for a pattern nothing.
        path: For `visits`, the measure of the flows; else the pattern.
    """

    parameter: str
    path: str


Pick: TypeAlias = Callable[[tuple[str, ...]], tuple[str, ...]]
"""Picks the names in a formula out of others."""


def picking(places: Sequence[int]) -> Pick:
    """Return a function that picks names by their places out of a tuple, in C."""
    if len(places) > 1:
        return itemgetter(*places)
    start = places[0] if places else 0
    return itemgetter(slice(start, start + len(places)))


Shape: TypeAlias = tuple[tuple[bool, ...], ...]
"""Whether each term, of each name in each hole, is multiplied by the calls for each event."""


class StoredVariant(NamedTuple):
    """What is stored of a variant.

    Attributes:
        shared: What is stored of its formula.
        names: The local names in it, beside its holes.
        is_linked: Whether putting names into its slots is enough to link it.
        holes: Its holes.
        expanded: What is stored of the formulas that it was expanded to.
    """

    shared: Stored
    names: tuple[str, ...]
    is_linked: bool
    holes: tuple[Hole, ...]
    expanded: dict[Shape, Stored]


class Variant:
    """A formula of a kind with its conditions answered.

    Attributes:
        shared: The formula, whose names are local, and whose holes are open.
        names: The local names in it, beside its holes.
        is_linked: Whether putting names into its slots links it. Else its tree is resolved for each
            use: it asks for paths, or converts into a unit that may be a noun.
        holes: Its holes, in order.
    """

    __slots__ = ("_expanded", "_stored", "holes", "is_linked", "names", "shared")

    def __init__(self, tree: Node) -> None:
        self.shared = SharedFormula(tree)
        self.holes = tuple(hole for hole, _ in _holes(tree))
        self.is_linked = not any(
            isinstance(n, Convert)
            or (isinstance(n, Call) and n.function in CALLS and n.function != "visits")
            for n in walk(tree)
        )
        inside = {name for hole in self.holes for name in hole}
        self.names = tuple(name for name in self.shared.names if name not in inside)
        self._expanded: dict[Shape, tuple[SharedFormula, Pick]] = {}
        self._stored: Mapping[Shape, Stored] = {}

    @classmethod
    def restored(cls, stored: StoredVariant, make: Callable[[], Node]) -> Variant:
        """Return a variant that was stored; its trees and formulas are made where they are used."""
        found = cls.__new__(cls)
        shared, found.names, found.is_linked, found.holes, found._stored = stored
        found.shared = SharedFormula.restored(shared, make)
        found._expanded = {}
        return found

    def stored(self) -> StoredVariant:
        """Return what is to be stored of it."""
        made = {shape: shared.stored() for shape, (shared, _) in self._expanded.items()}
        expanded = {**self._stored, **made}
        shared = self.shared.stored() if self.is_linked and not self.holes else _OPEN
        return StoredVariant(shared, self.names, self.is_linked, self.holes, expanded)

    def expanded(self, shape: Shape) -> tuple[SharedFormula, Pick]:
        """Return the formula with so many terms in its holes, and what picks the names in it.

        These are picked out of the names beside the holes and those in the terms, in this order. A
        formula is expanded, checked and compiled once for all uses that are wired alike.
        """
        found = self._expanded.get(shape)
        if found is None:
            if len(self._expanded) >= _MOST_SHAPES:
                self._expanded.clear()
            stored = self._stored.get(shape)
            shared = (
                SharedFormula(self._tree_of(shape))
                if stored is None
                else SharedFormula.restored(stored, partial(self._tree_of, shape))
            )
            places = {name: at for at, name in enumerate(self.names)}
            first = len(places) - 1  # of the terms, whose names are `#1`, `#2` ...
            at = [places[n] if n in places else first + int(n[1:]) for n in shared.names]
            found = self._expanded[shape] = shared, picking(at)
        return found

    def _tree_of(self, shape: Shape) -> Node:
        terms: dict[int, list[Node]] = {}
        numbers = count(1)
        tree = self.shared.tree
        for (_, node), times in zip(_holes(tree), shape, strict=True):
            terms[id(node)] = [_term(numbers, node.span, has_calls) for has_calls in times]
        return _expanded(tree, terms)


_MOST_SHAPES = 1_000
_OPEN = Stored((), "", (), None)


def _holes(tree: Node) -> Iterator[tuple[Hole, Node]]:
    """Yield the holes of a tree, in order, each with the part that it is."""
    if isinstance(tree, Call) and tree.function == "visits":
        parameter, part = tree.arguments
        assert isinstance(parameter, Name)
        assert isinstance(part, Name)
        yield Hole(parameter.path, part.path), tree
        return
    for part in children(tree):
        if isinstance(part, Name) and part.is_pattern and isinstance(tree, Call):
            yield Hole("", part.path), part
        else:
            yield from _holes(part)


def _expanded(node: Node, terms: Mapping[int, Sequence[Node]]) -> Node:
    """Return a tree with terms in the place of its holes, by the identities of these."""

    def of(part: Node) -> Node:
        return _expanded(part, terms)

    if not isinstance(node, Call):
        made = rebuilt(node, of)
        if isinstance(made, Chain) and isinstance(node, Chain):
            return without_ones(made, node)
        return made
    if id(node) in terms:
        return added(terms[id(node)], node)
    arguments: list[Node] = []
    for argument in node.arguments:
        arguments.extend(terms[id(argument)] if _is_pattern(argument) else [of(argument)])
    if not arguments and node.arguments:
        return Call(EMPTY, (), node.span, node.name_span)
    return node._replace(arguments=tuple(arguments))


def _is_pattern(node: Node) -> bool:
    return isinstance(node, Name) and node.is_pattern


def _term(numbers: Iterator[int], span: Span, has_calls: bool) -> Node:
    first = Name(f"#{next(numbers)}", span, absolute=True)
    if not has_calls:
        return first
    return Chain(first, (("*", Name(f"#{next(numbers)}", span, absolute=True)),), span)


def added(terms: Sequence[Node], node: Call) -> Node:
    """Return the sum of terms, each in the place of a call."""
    if not terms:
        return Call(EMPTY, (), node.span, node.name_span)
    if len(terms) == 1:
        return terms[0]
    return Chain(terms[0], tuple(("+", t) for t in terms[1:]), node.span)


@lru_cache(maxsize=4096)
def template_formula(text: str, expected_dimension: Dimension | None = None) -> TemplateFormula:
    """Return a formula of a kind, the same for all that say the same of the same dimension.

    What kinds inherit is so checked and compiled once for all of them, and stored once.
    """
    del expected_dimension  # checking remembers one only
    return TemplateFormula(text)


class TemplateFormula:
    """A formula of a kind, and its variants by the answers to its conditions.

    Attributes:
        text: The formula as it is written, with names in the place of `<component>` and the like.
        is_wrong: Is it no formula? That is reported where it is used.
        is_parsed: Whether it is parsed for each use: it is wrong, or may have ranges.
        conditions: What decides which branches of it there are.
    """

    __slots__ = ("_stored", "_tree", "_variants", "conditions", "is_parsed", "is_wrong", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._tree: Node | None = None
        self._variants: dict[tuple[bool, ...], Variant] = {}
        self._stored: dict[tuple[bool, ...], StoredVariant] = {}
        self.is_wrong = False
        self.conditions: tuple[Condition, ...] = ()
        try:
            self.conditions = tuple([Condition(c, not asks(c)) for c in _conditions(self.tree)])
        except FormulaError:
            self.is_wrong = True
        self.is_parsed = self.is_wrong or may_have_range(text)

    @staticmethod
    def restored(
        text: str,
        is_parsed: bool,
        conditions: tuple[Condition, ...],
        variants: dict[tuple[bool, ...], StoredVariant],
    ) -> TemplateFormula:
        """Return a formula that was stored; its tree and variants are made where they are used."""
        found = TemplateFormula.__new__(TemplateFormula)
        found.text, found.is_wrong = text, False
        found.is_parsed, found.conditions = is_parsed, conditions
        found._tree, found._variants, found._stored = None, {}, variants
        return found

    def __reduce__(self) -> tuple[object, ...]:
        if self.is_wrong:
            return TemplateFormula, (self.text,)
        if not self.conditions:
            self.variant(())  # which most uses are
        made = {answers: variant.stored() for answers, variant in self._variants.items()}
        variants = {**self._stored, **made}
        return TemplateFormula.restored, (self.text, self.is_parsed, self.conditions, variants)

    @property
    def tree(self) -> Node:
        """The formula.

        Raises:
            FormulaError: It is none.
        """
        if self._tree is None:
            self._tree = parse(self.text)
        return self._tree

    def variant(self, answers: tuple[bool, ...]) -> Variant:
        """Return the formula for the answers to its conditions, in their order."""
        found = self._variants.get(answers)
        if found is None:
            stored = self._stored.get(answers)
            found = self._variants[answers] = (
                Variant(self._tree_of(answers))
                if stored is None
                else Variant.restored(stored, partial(self._tree_of, answers))
            )
        return found

    def _tree_of(self, answers: tuple[bool, ...]) -> Node:
        known = dict(zip(map(id, _conditions(self.tree)), answers, strict=True))
        return without_conditions(self.tree, lambda condition: known[id(condition)])


def is_along_path(tree: Node) -> bool:
    """Return whether a formula is a call for a component or a branch of an action's path."""
    return isinstance(tree, Call) and tree.function in CALLS and tree.function != "visits"


@lru_cache(maxsize=1024)
def condition_of(text: str) -> Condition | None:
    """Return a condition; None where there is none.

    The same text gives the same one, so that it is stored once, and answered once for a use.
    """
    if not text:
        return None
    tree = parse(fillable(text))
    return Condition(tree, not asks(tree))


def asks(condition: Node) -> bool:
    """Return whether a condition asks for other quantities, and not only what is given."""
    return any(isinstance(n, Call) and n.function == "any" for n in walk(condition))


# --- what stands for a component or a branch ------------------------------------------------------

_STAND_INS = {"<component>": "component__", "<branch>": "branch__"}


def fillable(text: str) -> str:
    """Return a text whose `<component>` and `<branch>` are names, so that it can be parsed."""
    for written, name in _STAND_INS.items():
        text = text.replace(written, name)
    return text


def filled(tree: Node, words: Mapping[str, str]) -> Node:
    """Return a tree with words in the place of `<component>` and `<branch>`."""
    if isinstance(tree, Name):
        return Name(filled_name(tree.path, words), tree.span)
    return rebuilt(tree, lambda part: filled(part, words))


def filled_name(path: str, words: Mapping[str, str]) -> str:
    """Return a name with words in the place of what stands for them."""
    for written, word in words.items():
        path = path.replace(_STAND_INS[written], word)
    return path


def filled_text(text: str, words: Mapping[str, str]) -> str:
    """Return a text with words in the place of `<component>` and `<branch>`."""
    for written, word in words.items():
        text = text.replace(written, word)
    return text


# --- conditions in formulas -----------------------------------------------------------------------


def is_static(node: Node) -> bool:
    """Return whether a condition is answered before anything is computed."""
    return any(isinstance(n, Call) and n.function in ("given", "any") for n in walk(node))


def _conditions(tree: Node) -> Iterator[Node]:
    for node in walk(tree):
        is_if = isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3
        if isinstance(node, Call) and is_if and is_static(node.arguments[0]):
            yield node.arguments[0]


def without_conditions(node: Node, holds: Callable[[Node], bool]) -> Node:
    """Return a tree with the branches that are taken in the place of its conditions."""

    def of(part: Node) -> Node:
        return without_conditions(part, holds)

    if isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3:
        condition, then, otherwise = node.arguments
        if is_static(condition):
            return of(then if holds(condition) else otherwise)
    made = rebuilt(node, of)
    if isinstance(made, Chain) and isinstance(node, Chain):
        return without_ones(made, node)
    return made


def without_ones(made: Chain, written: Chain) -> Node:
    """Return a product without the factors that an answered condition made one."""
    if not any(isinstance(old, Call) for _, old in written.rest):
        return made
    rest = tuple(
        new
        for new, old in zip(made.rest, written.rest, strict=True)
        if not (
            new[0] in "*/"
            and isinstance(new[1], Number)
            and new[1].value == 1.0
            and isinstance(old[1], Call)
        )
    )
    if len(rest) == len(made.rest):
        return made
    return made._replace(rest=rest) if rest else made.first
