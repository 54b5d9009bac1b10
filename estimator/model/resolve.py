"""Names made whole: each formula of the symbol table linked to the quantities that it uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from estimator.formula.fault import FormulaError
from estimator.formula.functions import EMPTY
from estimator.formula.parse import parse
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import (
    Call,
    Chain,
    Convert,
    Literal,
    Name,
    Node,
    Number,
    UnitRef,
    rebuilt,
)
from estimator.model.base_rates import base_rate
from estimator.model.block import links_of
from estimator.model.call_graph import VISITS
from estimator.model.instance import APART, Instance
from estimator.model.instances import taken_names
from estimator.model.kind_formula import (
    Hole,
    TemplateFormula,
    Variant,
    added,
    filled,
    filled_name,
    is_along_path,
    is_static,
    without_ones,
)
from estimator.model.quantity import Declaration, Origin
from estimator.model.symbols import Flow, Symbols, UnresolvedQuantity
from estimator.model.template import BlockFormula, Frame, Links
from estimator.units import unit_table

_Filling: TypeAlias = tuple[tuple[bool, ...], tuple[str, ...]]
"""Whether each term of a hole is multiplied by calls, and the names in the terms."""


class _Use(NamedTuple):
    """The links of a kind's formulas for an instance.

    Attributes:
        links: How they are linked wherever the same is meant.
        frame: The whole names here.
        linked: The formulas with these, but for those that have holes or lack a name.
    """

    links: Links
    frame: Frame
    linked: tuple[LinkedFormula | None, ...]


class Resolver:
    """Resolves names, once all quantities are declared.

    Args:
        symbols: The symbol table.
    """

    def __init__(self, symbols: Symbols) -> None:
        self.symbols = symbols
        self._meanings: dict[tuple[str | None, str], _Meanings] = {}
        self._scope: tuple[str | None, str] | None = None
        self._known = _Meanings(symbols, None, "")
        self._answers: dict[tuple[str, int], bool] = {}
        self._uses: dict[str, _Use] = {}
        self._fillings: dict[tuple[str, str, str, str], _Filling] = {}

    def link(self, quantity: UnresolvedQuantity) -> LinkedFormula:
        """Return a quantity's formula with whole names.

        Raises:
            FormulaError: As `resolved` does.
        """
        _, declaration, written, _, instance, formula, linked, words = quantity
        if linked is not None:
            return linked
        if formula is not None and instance is not None and formula.at >= 0:
            use = self._uses.get(instance.path) or self._use(instance)
            return use.linked[formula.at] or self.link_formula(formula, instance)
        if written is not None:
            if declaration.origin.replaces_library:
                instance = None  # the user's own formulas use whole names
            statistic = formula.statistic if formula is not None else ""
            return LinkedFormula.of(self.resolved(written, instance, statistic))
        assert formula is not None
        assert instance is not None
        if words is not None:
            return self._link_filled(formula.template, instance, words)
        return self.link_formula(formula, instance)

    def _link_filled(
        self, formula: TemplateFormula, instance: Instance, words: Mapping[str, str]
    ) -> LinkedFormula:
        """Return a repeated formula with the names that it has for a component or a branch."""
        evaluate = self.symbols.evaluate_condition
        variant = formula.variant(
            tuple([evaluate(filled(c.tree, words), instance) for c in formula.conditions])
        )
        names = tuple([self.meaning(filled_name(n, words), instance) for n in variant.names])
        if variant.is_linked and not variant.holes and "" not in names:
            return LinkedFormula(variant.shared, names)
        return LinkedFormula.of(self.resolved(filled(variant.shared.tree, words), instance))

    def link_formula(self, formula: BlockFormula, instance: Instance) -> LinkedFormula:
        """Return a formula of a kind with the names that it has for an instance.

        Raises:
            FormulaError: As `resolved` does.
        """
        template, statistic, linked, at = formula
        if linked is not None:
            return linked
        if at >= 0:
            links, frame, ready = self._uses.get(instance.path) or self._use(instance)
            found = ready[at]
            if found is not None:
                return found
            variant, pick = links.formulas[at]
        else:
            answers = tuple([self._answer(c.tree, instance) for c in template.conditions])
            variant, pick, frame = template.variant(answers), None, ()
        names = pick(frame) if pick is not None else self._names(variant, instance, statistic)
        if variant.is_linked and "" not in names:
            return self._with_terms(variant, names, instance, statistic)
        tree = self.resolved(variant.shared.tree, instance, statistic)
        is_alike = is_along_path(variant.shared.tree)
        return LinkedFormula.alike(tree) if is_alike else LinkedFormula.of(tree)

    def _names(self, variant: Variant, instance: Instance, statistic: str) -> tuple[str, ...]:
        """Return what the names in a formula stand for; nothing for what stands for nothing."""
        return tuple(map(self._meanings_of(instance, statistic).__getitem__, variant.names))

    def _use(self, instance: Instance) -> _Use:
        """Return how the formulas of a kind are linked for an instance."""
        block = self.symbols.blocks[instance.path]
        answers = tuple([self._answer(c, instance) for c in block.conditions])
        links = links_of(block, instance, answers)
        start = f"{instance.path}." if instance.path else ""
        frame = tuple(
            [
                start + name if statistic is None else self.meaning(name, instance, statistic)
                for name, statistic in links.frame
            ]
        )
        linked = tuple(
            [
                tuple.__new__(LinkedFormula, (variant.shared, names))
                if pick is not None and not variant.holes and "" not in (names := pick(frame))
                else None
                for variant, pick in links.formulas
            ]
        )
        found = self._uses[instance.path] = _Use(links, frame, linked)
        return found

    def _with_terms(
        self, variant: Variant, names: tuple[str, ...], instance: Instance, statistic: str
    ) -> LinkedFormula:
        """Return a formula with names in its slots, and terms in its holes."""
        if not variant.holes:
            return LinkedFormula(variant.shared, names)
        shape: list[tuple[bool, ...]] = []
        for hole in variant.holes:
            terms, filling = self._filling(hole, instance, statistic)
            shape.append(terms)
            names += filling
        shared, pick = variant.expanded(tuple(shape))
        return LinkedFormula(shared, pick(names))

    def _filling(self, hole: Hole, instance: Instance, statistic: str) -> _Filling:
        """Return the terms of a hole, and the names in them: of calls before what is called."""
        key = (instance.path, statistic, hole.parameter, hole.path)
        found = self._fillings.get(key)
        if found is None:
            if hole.parameter:
                pairs = self._received(hole.parameter, hole.path, instance, statistic)
                terms = tuple([bool(calls) for calls, _ in pairs])
                names = tuple([name for pair in pairs for name in pair if name])
            else:
                names = tuple(self._expanded(hole.path, instance, statistic))
                terms = (False,) * len(names)
            found = self._fillings[key] = terms, names
        return found

    def _answer(self, condition: Node, instance: Instance) -> bool:
        key = (instance.path, id(condition))
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = self.symbols.evaluate_condition(condition, instance)
        return found

    def resolved(self, node: Node, instance: Instance | None, statistic: str = "") -> Node:
        """Return a tree with whole names, and without `given`, `visits` and patterns.

        A name that stands for nothing stays as it is, to be reported where formulas are checked.

        Raises:
            FormulaError: E026 for a pattern outside of a function, E014 for one without names.
        """

        def of(part: Node) -> Node:
            return self.resolved(part, instance, statistic)

        match node:
            case Name() if node.is_pattern:
                raise FormulaError(
                    "E026",
                    f"`{node.path}` means several names",
                    node.span,
                    help=f"put it into a function: `sum({node.path})`",
                )
            case Name():
                return self._name(node, instance, statistic)
            case Number() | Literal() | UnitRef():
                return node
            case Chain():
                first = of(node.first)
                rest = tuple([(op, self._term(op, of(term))) for op, term in node.rest])
                return without_ones(Chain(first, rest, node.span), node)
            case Convert(unit=Chain() as unit):
                rest = tuple((op, self._noun(of(term))) for op, term in unit.rest)
                whole = unit._replace(first=self._noun(of(unit.first)), rest=rest)
                return node._replace(operand=of(node.operand), unit=whole)
            case Call():
                return self._call(node, instance, statistic, of)
            case _:
                return rebuilt(node, of)

    def _call(
        self, node: Call, instance: Instance | None, statistic: str, of: Callable[[Node], Node]
    ) -> Node:
        if instance is not None:
            if node.function == "visits":
                return added(self._visits(node, instance, statistic), node)
            if node.function in VISITS:
                return added(VISITS[node.function](node, instance, self.symbols), node)
            if node.function == "if" and is_static(node.arguments[0]):
                condition, then, otherwise = node.arguments
                return of(then if self._answer(condition, instance) else otherwise)
        arguments: list[Node] = []
        for argument in node.arguments:
            if isinstance(argument, Name) and argument.is_pattern:
                names = self._expanded(argument.path, instance, statistic)
                if not names and instance is None:
                    raise FormulaError(
                        "E014", f"no quantity has a name like `{argument.path}`", argument.span
                    )
                arguments.extend(Name(n, argument.span, absolute=True) for n in names)
            else:
                arguments.append(of(argument))
        if not arguments and node.arguments:
            return Call(EMPTY, (), node.span, node.name_span)
        return node._replace(arguments=tuple(arguments))

    def _expanded(self, pattern: str, instance: Instance | None, statistic: str) -> list[str]:
        suffixed = f"{pattern}.{statistic}" if statistic else pattern
        expand = self.symbols.expand_wildcard
        return expand(suffixed, instance) or expand(pattern, instance)

    def _visits(self, node: Call, instance: Instance, statistic: str) -> list[Node]:
        """Return for each received flow the calls for each event times a field of the flow."""
        parameter, measure = node.arguments
        assert isinstance(parameter, Name)
        assert isinstance(measure, Name)
        terms: list[Node] = []
        for calls, name in self._received(parameter.path, measure.path, instance, statistic):
            term: Node = Name(name, node.span, absolute=True)
            if calls:
                term = Chain(Name(calls, node.span, absolute=True), (("*", term),), node.span)
            terms.append(term)
        return terms

    def _received(
        self, parameter: str, measure: str, instance: Instance, statistic: str
    ) -> list[tuple[str, str]]:
        """Return the calls for each event, and a field, of each flow that is received.

        Nothing stands for one call each. What is `inside` is of the calls of other components.
        """
        found: list[tuple[str, str]] = []
        of_all = measure
        measure = measure.removeprefix("inside_")
        batches = instance.batches.get(parameter, {})
        counts = measure in _CALLS
        for flow_name, text in instance.flows.get(parameter, {}).items():
            flow = self.symbols.flows.get(flow_name)
            if flow is None:
                continue  # reported once, by `check_flows`
            if measure != of_all and not self._is_called_inside(flow_name):
                continue
            name = _carried(flow, measure, statistic, is_apart=APART in instance.stores)
            if name is None:
                continue
            calls = instance.whole(f"{parameter}.{flow_name}")
            if flow_name in batches and not counts:
                calls += ".calls"
            is_one = text.value.strip() == "1" and not (flow_name in batches and counts)
            found.append(("" if is_one else calls, name))
        return found

    def _is_called_inside(self, flow: str) -> bool:
        """Return whether a flow is sent by a component that waits for who receives it."""
        sender = flow.split(".", 1)[0]
        return sender not in self.symbols.actions and flow not in self.symbols.asynchronous

    # --- names ------------------------------------------------------------------------------------

    def _name(self, node: Name, instance: Instance | None, statistic: str) -> Node:
        if node.absolute:
            return node
        path = self.meaning(node.path, instance, statistic)
        return Name(path, node.span, absolute=True) if path else node

    def _meanings_of(self, instance: Instance | None, statistic: str) -> _Meanings:
        scope = None if instance is None else instance.path
        if (scope, statistic) != self._scope:
            self._scope = scope, statistic
            known = self._meanings.get(self._scope)
            self._known = known or _Meanings(self.symbols, instance, statistic)
            self._meanings[self._scope] = self._known
        return self._known

    def meaning(self, name: str, instance: Instance | None, statistic: str = "") -> str:
        """Return the nearest quantity that a name may stand for; nothing where there is none."""
        return self._meanings_of(instance, statistic)[name]

    def _term(self, op: str, node: Node) -> Node:
        return self._noun(node) if op == "/" else node

    def _noun(self, node: Node) -> Node:
        """Return one for the noun in `$5/user`, unless a quantity could be meant."""
        if not isinstance(node, Name) or node.absolute or node.path in taken_names():
            return node
        noun = unit_table().noun(node.path)
        if noun is None or self.symbols.first_parts() & unit_table().forms(noun.name):
            return node
        return Number(1.0, node.span)


_CALLS = frozenset(("events", "reads", "writes"))  # of what a flow carries, not bytes


def _carried(flow: Flow, measure: str, statistic: str, *, is_apart: bool) -> str | None:
    """Return the name of what a flow carries; an item's own bytes where it has no record.

    What is `kept` is a record where the receiver keeps them apart, and else the item.
    """
    part = measure.removeprefix("kept_")
    if part != measure and is_apart:
        part = f"record_{part}"
    for field in (part, part.removeprefix("record_")):
        name = flow.fields.get(f"{field}.{statistic}" if statistic else field)
        if name is not None:
            return name
    return None


def _declare_base_rate(symbols: Symbols, path: str) -> bool:
    """Declare a figure of the catalogue of base rates, where a formula names one."""
    rate = base_rate(path)
    if rate is None:
        return False
    said = Declaration(
        rate.text, Origin.DERIVED, rate.dimension, about=rate.about, source=rate.source
    )
    symbols.add(UnresolvedQuantity(path, said, parse(rate.text.value), None))
    return True


class _Meanings(dict[str, str]):
    """What names stand for in the formulas of an instance; each is looked for once.

    The nearest is meant: the instance's own before the scenario's, and of what is worked out twice
    the one of the formula's statistic.
    """

    __slots__ = (
        "_is_users_own",
        "_quantities",
        "_standing_for",
        "_start",
        "_suffix",
        "_symbols",
    )

    def __init__(self, symbols: Symbols, instance: Instance | None, statistic: str) -> None:
        self._symbols, self._quantities = symbols, symbols.quantities
        self._standing_for = instance.standing_for if instance is not None else {}
        self._start = f"{instance.path}." if instance is not None and instance.path else ""
        self._suffix = f".{statistic}" if statistic else ""
        self._is_users_own = instance is None

    def __missing__(self, name: str) -> str:
        """Return the nearest quantity that is meant; nothing where there is none."""
        quantities, start, suffix = self._quantities, self._start, self._suffix
        section, dot, rest = name.partition(".")
        there = self._standing_for.get(section, section) + dot + rest
        for path in (
            (start + name + suffix, start + name, there + suffix, there)
            if suffix
            else (start + name, there)
        ):
            if path in quantities:
                self[name] = path
                return path
        path = start[:-1] if name == "self" else name
        if path in quantities or _declare_base_rate(self._symbols, path):
            self[name] = path
            return path
        brought = self._symbols.bring(name) if self._is_users_own else None
        if brought is not None:
            self[name] = brought
        return brought or ""
