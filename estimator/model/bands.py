"""How far the library's figures may be off: bands of defaults, and the beliefs behind them.

All that have a figure of the library share what is believed of it: if it is too low for one
database, it is too low for the others as well. What the scenario says has no band.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from math import inf
from typing import NamedTuple

from estimator.diagnostics import Text
from estimator.formula.emit import computed, constant
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.ranges import distribution
from estimator.formula.tree import Call, Chain, Name, Node, Number, Power, Range, names_in, rebuilt
from estimator.model.quantity import Declaration, Model, Origin, Quantity
from estimator.units import PLAIN

_SHARES = ("share", "nines")
_ASKS = re.compile(r"\b(?:given|any)\(")  # a formula that is another one by what the file says


class Ends(NamedTuple):
    """The ends of a quantity's band, as formulas with whole names."""

    low: Node
    high: Node

    @property
    def names(self) -> set[str]:
        """The quantities that they follow from."""
        return {*names_in(self.low), *names_in(self.high)}

    def values(self, model: Model, values: Mapping[str, float]) -> tuple[float, float]:
        """Return their values.

        Raises:
            ArithmeticError, ValueError: Where one has none.
        """
        low, high = (float(computed(end, model.calendar, values)) for end in self)
        return low, high


class Banded(NamedTuple):
    """A quantity whose value is a figure of the library that may be off.

    Attributes:
        name: Its whole name.
        ends: The ends of its band.
        low: The lower one, in base units.
        high: The upper one.
    """

    name: str
    ends: Ends
    low: float
    high: float


def beliefs(model: Model, values: Mapping[str, float]) -> dict[str, tuple[Banded, ...]]:
    """Return the quantities that each belief is about, in the order of the report.

    Args:
        model: The model.
        values: Its values.
    """
    found: dict[str, tuple[Banded, ...]] = {}
    for name in model.order:
        band = model.quantities[name].declaration.band
        if band is not None:
            banded = _banded(model.quantities[name], model, values)
            if banded is not None:
                found[band.belief] = (*found.get(band.belief, ()), banded)
    return found


def _banded(quantity: Quantity, model: Model, values: Mapping[str, float]) -> Banded | None:
    """Return a quantity with its band; None where its value is not the figure that is in doubt.

    A default may be another formula by what the scenario gives, and a band is about one of them.
    """
    ends, value = ends_of(quantity, model), values.get(quantity.name)
    if ends is None or value is None:
        return None
    if quantity.uses and _ASKS.search(quantity.text.value):
        return None
    try:
        low, high = ends.values(model, values)
    except (ArithmeticError, ValueError):
        return None
    return Banded(quantity.name, ends, low, high) if 0 < low <= value <= high < inf else None


@cache
def range_of(between: str) -> Range | None:
    """Return the range that a text says; None where it says something else."""
    try:
        tree = parse(between)
    except FormulaError:
        return None
    return tree if isinstance(tree, Range) and tree.credibility is None else None


def ends_of(quantity: Quantity, model: Model) -> Ends | None:
    """Return the ends of a quantity's band; None where it has none, or names what is not there."""
    band = quantity.declaration.band
    said = None if band is None else range_of(band.text.value)
    if band is None or said is None:
        return None
    owner = quantity.name.removesuffix(band.local).rstrip(".")

    def whole(node: Node) -> Node:
        if not isinstance(node, Name):
            return rebuilt(node, whole)
        own = f"{owner}.{node.path}" if owner and node.path != "self" else owner or node.path
        path = own if own in model.quantities else node.path
        return Name(path, node.span, absolute=True)

    ends = [whole(said.low), whole(said.high)]
    if band.share_of:
        of = whole(Name(band.share_of, said.span))
        ends = [Chain(end, (("*", of),), said.span) for end in ends]
    found = Ends(*ends)
    return found if found.names <= model.quantities.keys() else None


# --- as ranges ------------------------------------------------------------------------------------


def with_uncertain_defaults(model: Model, values: Mapping[str, float]) -> Model:
    """Return the model with a range for each belief, which its quantities follow from.

    Each has the distribution that the same range would have if the scenario said it. Where the ends
    are formulas, or differ, the belief is where between them the values lie.

    Args:
        model: The model.
        values: Its values, by which it is known which figures are in doubt.
    """
    for belief, banded in beliefs(model, values).items():
        found = [(model.quantities[one.name], one.ends) for one in banded]
        name = _free(belief, model)
        following = dict(_following(name, found, model))
        if following:
            quantities = {name: _belief(name, belief, found, model), **model.quantities}
            ordered = _in_order(quantities | following)
            model = replace(model, quantities=ordered, order=(*model.order, name))
    return model


def _free(belief: str, model: Model) -> str:
    """Return a name for a belief: its own, unless a component is called like its kind."""
    name = belief
    while name in model.quantities:
        name = f"default.{name}"
    return name


def _is_plain(found: list[tuple[Quantity, Ends]]) -> bool:
    """Return whether all have the same value: the ends are constants, and the same ones."""
    bands = {q.declaration.band for q, _ in found}
    one = next(iter(bands))
    said = None if one is None else range_of(one.text.value)
    return len(bands) == 1 and said is not None and not names_in(said)


def _belief(name: str, belief: str, found: list[tuple[Quantity, Ends]], model: Model) -> Quantity:
    """Return the range that stands for a belief."""
    first = found[0][0]
    band = first.declaration.band
    assert band is not None
    said = range_of(band.text.value)
    assert said is not None
    dimension, shown, text = first.dimension, first.display_unit, band.text
    about = f"How far the default of {belief} may be off: {first.about}"
    if band.share_of:
        dimension, shown = PLAIN, "share"
    if not _is_plain(found):
        said = Range(Number(0.0, said.span), Number(1.0, said.span), said.span)
        dimension, shown, text = PLAIN, "", Text("0 to 1", band.text.place)
        about = f"Where {belief} lies between its ends, from 0 to 1."
    declaration = Declaration(
        text,
        Origin.DERIVED,
        dimension,
        shown,
        about,
        first.source or first.assumption,
    )
    may_be = distribution(
        said, lambda end: float(computed(end, model.calendar)), is_share=shown in _SHARES
    )
    quantity = Quantity.of(name, text, said)
    return quantity._replace(
        declaration=declaration,
        dimension=dimension,
        display_unit="" if shown == "whole" else shown,
        distribution=may_be,
        uses=(),
    )


def _following(
    name: str, found: list[tuple[Quantity, Ends]], model: Model
) -> Iterator[tuple[str, Quantity]]:
    """Yield the quantities of a belief, computed from it."""
    plain = _is_plain(found)
    for quantity, ends in found:
        if not model.following([quantity.name]).isdisjoint(ends.names):
            continue  # its ends follow from itself
        span = (0, 0)
        belief: Node = Name(name, span, absolute=True)
        if not plain:
            ratio = Chain(ends.high, (("/", ends.low),), span)
            belief = Chain(ends.low, (("*", Power(ratio, belief, span)),), span)
        band = quantity.declaration.band
        if plain and band is not None and band.share_of:
            belief = Chain(belief, (("*", _share_of(ends)),), span)
        yield quantity.name, quantity.computed_by(_kept(belief, quantity, model)).unbounded()


def _share_of(ends: Ends) -> Node:
    """Return what the ends are shares of."""
    assert isinstance(ends.low, Chain)
    return ends.low.rest[-1][1]


def _kept(node: Node, quantity: Quantity, model: Model) -> Node:
    """Return a formula that keeps the bounds of a quantity, and is whole where that is."""
    span = (0, 0)
    bounds = quantity.bounds.given() if quantity.bounds else ()
    if quantity.display_unit == "whole":
        node = Call("round", (node,), span, span)
    if quantity.display_unit in _SHARES:
        return node  # a share stays between 0% and 100% by itself
    for bound in bounds:
        limit = constant(bound.text, model.calendar)
        if bound.op != ">" and limit:
            function = "min" if bound.op == "<=" else "max"
            node = Call(function, (node, Number(limit, span)), span, span)
    return node


def _in_order(quantities: dict[str, Quantity]) -> dict[str, Quantity]:
    """Return quantities each after those that it uses, for the rest as they stand."""
    ordered: dict[str, Quantity] = {}
    for name in quantities:
        pending = [name]
        while pending:
            last = pending[-1]
            missing = [u for u in quantities[last].uses if u not in ordered]
            if not missing or last in ordered:
                ordered.setdefault(last, quantities[last])
                pending.pop()
            else:
                pending.extend(missing)
    return ordered
