"""The symbol table to an ordered graph: names known, no cycles, every dimension right."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any, NamedTuple

from estimator.diagnostics import Label, Problems, Text, did_you_mean, short
from estimator.formula.dimensions import Names, infer, typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS, WEIGHTED
from estimator.formula.ranges import (
    Distribution,
    distribution,
    has_range,
    is_range,
    is_spread,
    may_have_range,
    refuse_ranges,
)
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Name, Node, Number, Range, Unknown, walk
from estimator.formula.whole_values import name_meant
from estimator.library.quantity_words import quantity_meant
from estimator.model.base_rates import BASE, base_rates
from estimator.model.conventions import Counting
from estimator.model.own import as_own
from estimator.model.quantity import Origin, Quantity
from estimator.model.resolve import Resolver
from estimator.model.shares import linked_shares
from estimator.model.symbols import Symbols, UnresolvedQuantity
from estimator.units import ANY, CONDITION, PLAIN, Dimension, describe, unit_table

_MOST_SUGGESTIONS = 50  # each takes a look at every name
_PERCENTILE = re.compile(r"p\d\d")
_SECTIONS = {
    "users": "add a line such as `users: 500M`",
    "traffic": "add a line such as `traffic: {peak_to_average: 2}`",
}


class WrongElsewhereError(Exception):
    """A formula uses a quantity that is wrong itself, which is reported where it stands."""


class Graph(NamedTuple):
    """The quantities of a scenario.

    Attributes:
        quantities: Those that are right, each after those that it uses.
        used: The names that formulas use.
    """

    quantities: dict[str, Quantity]
    used: frozenset[str]


def checked(symbols: Symbols, resolver: Resolver, counting: Counting) -> Graph:
    """Return every quantity that is right, in order; what is wrong is added to the problems.

    Args:
        symbols: All quantities.
        resolver: Makes names whole.
        counting: How the scenario counts.
    """
    return _Checking(symbols, resolver, counting).graph()


_NO_FORMULA = LinkedFormula.of(Number(1.0, (0, 0)))


class _Checking:
    """A symbol table while it is checked."""

    def __init__(self, symbols: Symbols, resolver: Resolver, counting: Counting) -> None:
        self.symbols = symbols
        self.resolver = resolver
        self.counting = counting
        self.problems: Problems = symbols.problems
        self.quantities: dict[str, UnresolvedQuantity] = {}
        self.formulas: dict[str, LinkedFormula] = {}

    def graph(self) -> Graph:
        known = self.symbols.quantities
        declared, link = list(known.items()), self.resolver.link
        try:
            self.formulas = {name: q.linked or link(q) for name, q in declared}
        except FormulaError:  # one of them: all that are wrong are reported
            self.formulas = {name: self._linked(q) for name, q in declared}
        for name in list(known)[len(self.formulas) :]:  # base rates, which formulas brought
            self.formulas[name] = self._linked(known[name])
        self.quantities = known
        used = frozenset(chain.from_iterable([f.names for f in self.formulas.values()]))
        if self.symbols.shares:
            used |= self._link_shares()
        before = len(self.problems.found)
        if used <= self.formulas.keys() and not self.symbols.broken:
            quantities = self._all_right()
            if quantities is not None:
                return Graph(quantities, used)
            del self.problems.found[before:]  # is reported below, with all else
        return Graph(self._as_far_as_right(used), used)

    def _linked(self, quantity: UnresolvedQuantity) -> LinkedFormula:
        try:
            return self.resolver.link(quantity)
        except FormulaError as error:
            self.problems.found.append(error.located(quantity.declaration.text))
            self.symbols.broken.add(quantity.name)
            return _NO_FORMULA

    def _link_shares(self) -> frozenset[str]:
        """Link the shares of other scenarios, and return the names that they use."""
        made = list(linked_shares(self.symbols, self.formulas))
        self.quantities = {**self.quantities, **{quantity.name: quantity for quantity in made}}
        linked = {q.name: q.linked for q in made if q.linked is not None}
        self.formulas = {**self.formulas, **linked}
        return frozenset(chain.from_iterable([formula.names for formula in linked.values()]))

    def _all_right(self) -> dict[str, Quantity] | None:
        """Return every quantity after those that it uses, as long as all is right; else nothing."""
        unresolved, formulas = self.quantities, self.formulas
        ready = self.symbols.imports.ready
        right: dict[str, Quantity] = {}
        dimensions: dict[str, Dimension] = {}
        found_of: Callable[[str], Any] = dimensions.get  # None for what is still to come
        for first in formulas:
            waiting = [first] if first not in dimensions else []
            while waiting:
                shared, names = formula = formulas[waiting[-1]]
                used = tuple(map(found_of, names))
                if None in used:
                    waiting += [use for use in names if use not in dimensions]
                    if len(waiting) > len(formulas):
                        return None  # they go round in a circle
                    continue
                name = waiting.pop()
                if name in dimensions:
                    continue  # two of those before it use it
                quantity = unresolved[name]
                said, kept = quantity.declaration, None
                if name not in ready:
                    kept = shared.dimension(used, said.expected_dimension)
                if kept is None:
                    found = ready.get(name) or self._checked(quantity, right)
                    if found is None:
                        return None
                    right[name], dimensions[name] = found, found.dimension
                    continue
                # it was right in another place, or in another scenario
                uses = names if len(names) < 2 or len(set(names)) == len(names) else formula.uses
                place, unit = quantity.place, said.display_unit
                parts = (name, said, formula, place, kept, unit, None, uses, None)
                right[name] = tuple.__new__(Quantity, parts)  # see `UnresolvedQuantity`
                dimensions[name] = kept
        return right

    def _as_far_as_right(self, used: frozenset[str]) -> dict[str, Quantity]:
        """Return the quantities that are right, and report what is wrong with the others."""
        formulas, ready = self.formulas, self.symbols.imports.ready
        bad: set[str] = set()
        if not used <= formulas.keys():
            bad = {name for name in formulas if not self._names_known(name)}
        if self.symbols.broken:
            is_broken = self.symbols.is_broken
            bad.update(name for name in formulas if is_broken(self.quantities[name]))
        order = self._order(bad)
        if len(order) < len(formulas):
            bad |= formulas.keys() - set(order)
        right: dict[str, Quantity] = {}
        for name in order:
            if bad and (name in bad or not bad.isdisjoint(formulas[name].names)):
                bad.add(name)
                continue
            found = ready.get(name) or self._checked(self.quantities[name], right)
            if found is None:
                bad.add(name)
            else:
                right[name] = found
        return right

    def _checked(
        self, unresolved: UnresolvedQuantity, right: Mapping[str, Quantity]
    ) -> Quantity | None:
        formula = self.formulas[unresolved.name]
        return checked_quantity(unresolved, formula, right, self.counting, self.problems)

    # --- names ------------------------------------------------------------------------------------

    def _names_known(self, name: str) -> bool:
        formula, quantity = self.formulas[name], self.quantities[name]
        unknown = [n for n in formula.names if n not in self.formulas]
        if not unknown:
            return True
        for node in walk(formula.tree):
            if isinstance(node, Name) and node.path in unknown:
                follows = self.symbols.is_broken(quantity)
                if not follows and not self.symbols.comes_from_broken(node.path):
                    self._report_unknown(quantity, node)
        return False

    def _report_unknown(self, quantity: UnresolvedQuantity, node: Name) -> None:
        if quantity.declaration.origin.from_library:
            self._report_lacking(quantity, node)
        else:
            error = unknown_name(self.symbols, node)
            self.problems.found.append(error.located(quantity.declaration.text))

    def _report_lacking(self, quantity: UnresolvedQuantity, node: Name) -> None:
        """Report what a formula of the library needs and the scenario does not have."""
        section = node.path.split(".")[0]
        owner = quantity.name.split(".")[0]
        message = f"`{owner}` needs `{node.path}`, which this scenario does not have"
        if any(d.rule == "E014" and d.message == message for d in self.problems.found):
            return
        help_ = _SECTIONS.get(section)
        place = quantity.place
        if help_ is None:
            place = quantity.declaration.text.at(*node.span)
            local = [n.removeprefix(f"{owner}.") for n in self.symbols.quantities]
            help_ = did_you_mean(node.path, local)
        self.problems.add("E014", message, place, help=help_)

    def _order(self, bad: set[str]) -> list[str]:
        """Return the names, each after those that it uses, and report every cycle of right ones."""
        from estimator.model.cycles import Cycles, in_order  # only where something is wrong

        graph: dict[str, Collection[str]] = {
            name: () if name in bad else formula.uses for name, formula in self.formulas.items()
        }
        return in_order(graph, Cycles(self.quantities, self.symbols.components, self.problems))


# --- one quantity ---------------------------------------------------------------------------------


def checked_quantity(
    unresolved: UnresolvedQuantity,
    formula: LinkedFormula,
    right: Mapping[str, Quantity],
    counting: Counting,
    problems: Problems,
) -> Quantity | None:
    """Return a quantity with its dimension, or None with what is wrong added to `problems`.

    Args:
        unresolved: The quantity.
        formula: Its formula, with whole names.
        right: Those that it uses, perhaps among others.
        counting: How the scenario counts.
        problems: Where errors go.
    """
    said, shared = unresolved.declaration, formula.shared
    dimensions = tuple([right[name].dimension for name in formula.names])
    kept = shared.dimension(dimensions, said.expected_dimension)
    if kept is not None:  # it was right in another place, or in another scenario
        place, uses = unresolved.place, formula.uses
        return Quantity(unresolved.name, said, formula, place, kept, said.display_unit, uses=uses)
    try:
        tree = formula.tree
        settled, found = typecheck(
            tree, lambda name: right[name.path].dimension, said.expected_dimension
        )
        quantity = _typed(unresolved, formula, settled, found, counting, ANY in dimensions)
    except FormulaError as error:
        _report(error, unresolved, formula, right, problems)
        return None
    if said.origin.is_own:
        quantity = as_own(quantity, settled, right)
    if settled is not tree:
        formula = LinkedFormula.of(settled)
        return quantity._replace(formula=formula, uses=formula.names)
    if (
        quantity.distribution is None
        and quantity.declaration is said
        and (quantity.display_unit == said.display_unit)
    ):
        shared.right = dimensions, said.expected_dimension, quantity.dimension
    return quantity


def _report(
    error: FormulaError,
    unresolved: UnresolvedQuantity,
    formula: LinkedFormula,
    right: Mapping[str, Quantity],
    problems: Problems,
) -> None:
    """Report why a formula has no dimension, where it is at fault or what it is given."""
    said = unresolved.declaration
    if at_fault := _unlike(unresolved, formula, right):
        _report_unlike(at_fault, problems)
        return
    if error.rule == "E012" and (meant := _alternative(unresolved, formula.tree, right)):
        error = replace(error, help=meant)
    report_fault(unresolved.name, said.text, error, problems, own=said.origin.is_own)


def _unlike(
    unresolved: UnresolvedQuantity, formula: LinkedFormula, right: Mapping[str, Quantity]
) -> list[Quantity]:
    """Return what is given for parameters of any dimension that a kind's formula puts together."""
    instance = unresolved.instance
    if instance is None or unresolved.declaration.origin is not Origin.DERIVED:
        return []
    free = [n for n, s in instance.kind.parameters.items() if s.takes_any]
    found = [right[instance.whole(name)] for name in free if instance.whole(name) in formula.uses]
    return found if any(q.origin is Origin.GIVEN for q in found) else []


def _report_unlike(quantities: Sequence[Quantity], problems: Problems) -> None:
    """Report values of any dimension that do not go together, at the last that is given."""
    given = [q for q in quantities if q.origin is Origin.GIVEN]
    found = {q.name: describe(q.dimension) for q in quantities}
    each = " and ".join(f"`{name}` is {words}" for name, words in found.items())
    problems.add(
        "E012",
        f"{each}; they do not go together",
        given[-1].text.place,
        caret=found[given[-1].name],
        labels=[Label(q.text.place, found[q.name]) for q in given[:-1]],
        help=f"give {' and '.join(f'`{name}`' for name in found)} in the same unit",
    )


def _typed(
    unresolved: UnresolvedQuantity,
    formula: LinkedFormula,
    tree: Node,
    found: Dimension,
    counting: Counting,
    follows_unknown: bool,
) -> Quantity:
    """Return a quantity with its dimension and what it may be.

    What nobody knows, and what follows from it, is of any dimension.
    """
    said = unresolved.declaration
    if found == CONDITION:
        raise FormulaError(
            "E012",
            "a quantity is a number, but this is a comparison",
            tree.span,
            help="put it under `expect:`, or use it in `if(..., 1, 0)`",
        )
    said_unknown = "?" in said.text.value and any(isinstance(n, Unknown) for n in walk(tree))
    is_unknown = follows_unknown or said_unknown
    zero = ANY if is_unknown else PLAIN
    dimension = (said.expected_dimension or zero) if found == ANY else found
    name, place, unit = unresolved.name, unresolved.place, said.display_unit
    quantity = Quantity(name, said, formula, place, dimension, unit, uses=formula.uses)
    if is_range(tree):
        return _as_range(quantity, tree, counting)
    if said.origin is not Origin.DERIVED or may_have_range(said.text.value):
        refuse_ranges(tree)
    return quantity


def _as_range(quantity: Quantity, tree: Node, counting: Counting) -> Quantity:
    """Return a quantity that is a range: a share where it is written in `%` or belongs there."""
    if any(isinstance(node, Name) for node in walk(tree)):
        raise FormulaError(
            "E038",
            "the ends of a range are values, not quantities",
            tree.span,
            help="put the range in parentheses, and compute with it: `users * (1 to 2)`",
        )

    def value(node: Node) -> float:
        if has_range(node):
            message = "the ends of a range are values, not ranges"
            raise FormulaError("E038", message, node.span)
        try:
            return float(computed(node, counting.calendar))
        except (ArithmeticError, ValueError):
            raise FormulaError("E023", "this end has no value", node.span) from None

    is_share = quantity.display_unit in ("share", "nines") or _in_percent(quantity.text.value, tree)
    if quantity.display_unit == "whole" and is_spread(tree):
        raise FormulaError(
            "E038",
            f"`{quantity.name}` is a whole number, and a range has all between its ends",
            tree.span,
            help="choose among whole numbers: `one_of(2, 3, 4)`",
        )
    made: Distribution = distribution(
        tree, value, is_share=is_share, credibility=counting.credibility
    )
    display_unit = "share" if is_share and not quantity.display_unit else quantity.display_unit
    return quantity._replace(distribution=made, display_unit=display_unit)


def _alternative(
    unresolved: UnresolvedQuantity, tree: Node, right: Mapping[str, Quantity]
) -> str | None:
    """Return what to write for a value that does not fit, such as a parameter that it fits."""
    instance = unresolved.instance
    name = unresolved.name.rpartition(".")[2]
    if name == "growth" and not isinstance(tree, Number):  # a bare `20%` lacks its period only
        return "growth is a share of what there is: `5%/month` for 500 GB a month more than 10 TB"
    if instance is None:
        return None
    said = short(unresolved.declaration.text.value)
    if instance.kind.name == "users" and "/" in said:
        return f"users are a count, and act by actions: write `actions: {{post: {{rate: {said}}}}}`"
    parameters = instance.kind.parameters
    near = set(instance.kind.one_of) if name in instance.kind.one_of else set()
    near |= {other for other in parameters if other.startswith(f"{name}_")}  # `peak: 3x`
    slots = (slot for other, slot in parameters.items() if other in near - {name})
    found = []
    for slot in slots:
        if slot.expected_dimension is not None:
            with suppress(FormulaError):
                typecheck(tree, lambda use: right[use.path].dimension, slot.expected_dimension)
                found.append(f"`{slot.name}: {said}`")
    return f"write {' or '.join(found)}" if found else None


def report_fault(
    name: str, text: Text, error: FormulaError, problems: Problems, *, own: bool = False
) -> None:
    """Report what is wrong with a formula; of a parameter, what it should be.

    Args:
        name: The quantity.
        text: The formula.
        error: What is wrong.
        problems: Where it goes.
        own: Whether it is the user's own quantity, which can be of any dimension.
    """
    located = error.located(text)
    if error.rule == "E012" and not own:
        message = located.message.replace("this should be", f"`{name}` should be")
        located = located._replace(message=message)
    problems.found.append(located)


def _in_percent(written: str, tree: Node) -> bool:
    """Return whether all the values of a range are written in `%`."""
    if isinstance(tree, Range):
        if tree.symmetric:  # `500M ± 10%` is no share, and `50% ± 10%` is one
            middle, _, off = written[slice(*tree.span)].partition("±")
            return middle.rstrip(" )").endswith("%") and "%" in off
        return _in_percent(written, tree.low) and _in_percent(written, tree.high)
    if isinstance(tree, Call) and tree.function == WEIGHTED:
        return _in_percent(written, tree.arguments[1])
    if isinstance(tree, Call) and tree.function in DISTRIBUTIONS:
        return all(_in_percent(written, argument) for argument in tree.arguments)
    return written[slice(*tree.span)].rstrip(" )").endswith("%")


# --- formulas beside the graph --------------------------------------------------------------------


class Scope:
    """What formulas that are no quantities can use: conditions, and formulas of variants.

    Args:
        symbols: All quantities.
        resolver: Makes names whole.
        quantities: Those that are right.
        counting: How the scenario counts.
    """

    def __init__(
        self,
        symbols: Symbols,
        resolver: Resolver,
        quantities: dict[str, Quantity],
        counting: Counting,
    ) -> None:
        self.symbols = symbols
        self.resolver = resolver
        self.quantities = quantities
        self.counting = counting

    def dimension_of(self, name: Name) -> Dimension:
        """Return the dimension of a name.

        Raises:
            FormulaError: E014 or E015, if there is nothing of that name.
            WrongElsewhereError: If it is wrong itself.
        """
        if name.path in self.quantities:
            return self.quantities[name.path].dimension
        known = self.symbols.quantities.get(name.path)
        if known is not None or self.symbols.comes_from_broken(name.path):
            raise WrongElsewhereError
        raise unknown_name(self.symbols, name)

    @property
    def names(self) -> Names:
        """The dimensions of all names, for `infer`."""
        return self.dimension_of

    def condition(self, tree: Node, text: Text) -> Node:
        """Return a condition with whole names as it is to be computed.

        Raises:
            FormulaError: What is wrong with it.
            WrongElsewhereError: If it uses what is wrong itself.
        """
        self._add_brought(tree)
        settled, found = typecheck(tree, self.dimension_of, None)
        if found != CONDITION:
            raise FormulaError(
                "E028",
                "an expectation compares something",
                settled.span,
                help=f"such as `{text.value.strip()[:40]} <= 100`",
            )
        refuse_ranges(settled)
        return settled

    def side(self, tree: Node) -> Dimension:
        """Return the dimension of one side of a condition."""
        return infer(tree, self.dimension_of)

    def _add_brought(self, tree: Node) -> None:
        """Make what only a condition names a quantity, too: base rates, and other scenarios'."""
        for name, quantity in self.symbols.imports.ready.items():
            if name not in self.quantities and self.quantities.keys() >= {*quantity.uses}:
                self.quantities[name] = quantity
        for node in walk(tree):
            name = node.path if isinstance(node, Name) else ""
            if name.startswith(BASE) and name not in self.quantities:
                found = self.symbols.quantities.get(name)
                if found is None:
                    continue
                formula = self.resolver.link(found)
                made = checked_quantity(
                    found, formula, self.quantities, self.counting, self.symbols.problems
                )
                if made is not None:
                    self.quantities[name] = made


def unknown_name(symbols: Symbols, node: Name) -> FormulaError:
    """Return what to say of a name that is not known."""
    known = symbols.quantities
    elsewhere = symbols.imports.unknown(node)
    if elsewhere is not None:
        return elsewhere
    below = symbols.below(node.path + ".")
    if below:
        few = [b for b in below if b.count(".") == node.path.count(".") + 1] or below
        meant = quantity_meant(node.path, known)
        few = [meant, *(b for b in few if b != meant)] if meant else few
        shown = ", ".join(f"`{b}`" for b in few[:4]) + (", ..." if len(few) > 4 else "")
        return FormulaError(
            "E015",
            f"`{node.path}` is an incomplete name",
            node.span,
            help=f"write the whole name: {shown}",
        )
    if node.path in symbols.choices:
        return FormulaError(
            "E014", f"`{node.path}` is a choice, which formulas cannot use", node.span
        )
    help_ = _meant_by(node.path, symbols, known)
    message = f"there is nothing named `{short(node.path)}`"
    return FormulaError("E014", message, node.span, help=help_)


def _meant_by(path: str, symbols: Symbols, known: Collection[str]) -> str | None:
    """Return what an unknown name may have been meant to be."""
    hurry = len(symbols.problems.found) >= _MOST_SUGGESTIONS
    names = [*base_rates(), *known] if path.startswith(BASE) else known
    bare = re.sub(r"^(actions|components)\.", "", path)
    if meant := bare if bare in known else quantity_meant(bare, known):
        return f"write `{meant}`"
    owner, _, last = path.rpartition(".")
    if last == "per_year" and f"{owner}.per_month" in known:
        return f"write `{owner}.per_month * 12`"
    if owner in symbols.components and _PERCENTILE.fullmatch(last):
        of = next((n for n in known if n.endswith(f".latency.{last}")), None)
        return f"an action has percentiles: write `{of}`" if of else None
    if owner in known and owner in _SECTIONS:
        return f"write `{owner}`"
    if path.split(".")[0] in _SECTIONS:
        return _SECTIONS[path.split(".")[0]]
    help_ = name_meant(path)
    if help_ is None and not hurry:
        help_ = did_you_mean(path, names)
    if help_ is None and path in FUNCTIONS:
        help_ = f"it is a function: `{FUNCTIONS[path].signature}`"
    if help_ is None and not hurry and len(path) > 2:
        help_ = did_you_mean(path, unit_table().units)
    return help_
