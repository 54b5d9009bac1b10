"""How far the library's figures may be off: bands of defaults, and the beliefs behind them.

All that have a figure of the library share what is believed of it: if it is too low for one
database, it is too low for the others as well. What the scenario says has no band.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from math import inf
from typing import NamedTuple

from estimator.diagnostics import Text
from estimator.formula.emit import computed, constant
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.ranges import Distribution, Shape, distribution
from estimator.formula.shared import CALENDAR
from estimator.formula.tree import Call, Chain, Name, Node, Number, Power, Range, names_in, rebuilt
from estimator.model.quantity import Bounds, Model, Origin, Quantity
from estimator.units import PLAIN

_SHARES = ("share", "nines")
_SPAN = (0, 0)
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
        low: The lower end of its band, in base units.
        high: The upper end.
    """

    name: str
    low: float
    high: float


def beliefs(
    model: Model, values: Mapping[str, float], among: Collection[str] | None = None
) -> dict[str, tuple[Banded, ...]]:
    """Return the quantities that each belief is about, in the order of the report.

    Args:
        model: The model.
        values: Its values.
        among: The quantities that are looked at; all unless given.
    """
    found: dict[str, tuple[Banded, ...]] = {}
    for name in model.order:
        band = model.quantities[name].declaration.band
        if band is not None and (among is None or name in among):
            one = banded(model.quantities[name], model, values)
            if one is not None:
                found[band.belief] = (*found.get(band.belief, ()), one)
    return found


def banded(quantity: Quantity, model: Model, values: Mapping[str, float]) -> Banded | None:
    """Return a quantity with its band; None where its value is not the figure that is in doubt.

    A default may be another formula by what the scenario gives, and a band is about one of them.
    """
    band, value = quantity.declaration.band, values.get(quantity.name)
    if band is None or value is None:
        return None
    if quantity.uses and _ASKS.search(quantity.text.value):
        return None
    found = band.ends
    if found is None or band.share_of or model.calendar is not CALENDAR:
        ends = ends_of(quantity, model)
        try:
            found = ends and ends.values(model, values)
        except (ArithmeticError, ValueError):
            return None
        if found is None:
            return None
    low, high = found
    return Banded(quantity.name, low, high) if 0 <= low <= value <= high < inf else None


def constant_ends(between: str) -> tuple[float, float] | None:
    """Return the ends of a band for a plain calendar; None where they are formulas of others."""
    said = range_of(between)
    if said is None or names_in(said):
        return None
    try:
        return float(computed(said.low, CALENDAR)), float(computed(said.high, CALENDAR))
    except (ArithmeticError, ValueError, FormulaError):
        return None


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
    used = {use for quantity in model.quantities.values() for use in quantity.uses}
    for belief, about in beliefs(model, values).items():
        if used.isdisjoint(one.name for one in about):
            continue
        doubted = [model.quantities[one.name] for one in about]
        found = [(one, ends) for one in doubted if (ends := ends_of(one, model)) is not None]
        is_even = any(one.low == 0 for one in about)
        made = _Belief.of(belief, found, model, is_even=is_even)
        following = dict(made.quantities(found, model))
        if following:
            name, range_ = made.range_.name, made.range_
            quantities = {name: range_, **model.quantities, **following}
            order = model.order if name in model.quantities else (*model.order, name)
            model = model._replace(quantities=_in_order(quantities), order=order)
    return model


class _Belief(NamedTuple):
    """A belief as a range.

    Attributes:
        range_: The range.
        is_value: Is it the value of its quantities, or the share that they are of another one? Else
            it is where between their ends they lie, from 0 to 1.
        is_even: Are these all alike between their ends, one of which is zero? Else factors are.
    """

    range_: Quantity
    is_value: bool
    is_even: bool

    @staticmethod
    def of(
        belief: str, found: list[tuple[Quantity, Ends]], model: Model, *, is_even: bool
    ) -> _Belief:
        """Return the range of a belief.

        Args:
            belief: What is believed.
            found: Its quantities, with the ends of their bands.
            model: The model.
            is_even: Is the lower end of one of them zero?
        """
        first, _ = found[0]
        bands = [q.declaration.band for q, _ in found]
        (between, *others) = {band.text.value for band in bands if band is not None}
        said = range_of(between)
        assert said is not None
        is_value = not others and not names_in(said)
        whole, of_share = first.display_unit == "whole", bands[0] is not None and bands[0].share_of
        name = belief if is_value and not whole and not of_share else _free(belief, model)
        if name in model.quantities and name not in [q.name for q, _ in found]:
            name = _free(belief, model)
        dimension, shown, bounds = first.dimension, first.display_unit, first.bounds
        about = f"How far the default of {belief} may be off. {first.about}"
        if of_share:
            dimension, shown, bounds = PLAIN, "share", None
        if not is_value:
            between, said = "0 to 1", Range(Number(0.0, _SPAN), Number(1.0, _SPAN), _SPAN)
            dimension, shown, bounds = PLAIN, "", None
            about = f"Where {belief} lies between the ends of its band, from 0 to 1."
        place = first.text.place
        text = Text(between, place)
        declaration = first.declaration._replace(
            text=text,
            origin=first.origin if name == first.name else Origin.DERIVED,
            expected_dimension=dimension,
            display_unit="" if shown == "whole" else shown,
            about=first.about if name == first.name else about,
            bounds=None,
            band=None,
        )
        range_ = Quantity.of(name, text, said)._replace(
            declaration=declaration,
            place=first.place,
            dimension=dimension,
            display_unit=declaration.display_unit,
            distribution=_distribution(said, shown in _SHARES, bounds, model, is_even=is_even),
            uses=(),
        )
        return _Belief(range_, is_value, is_even)

    def quantities(
        self, found: list[tuple[Quantity, Ends]], model: Model
    ) -> Iterator[tuple[str, Quantity]]:
        """Yield its quantities, computed from it."""
        for quantity, ends in found:
            if not model.following([quantity.name]).isdisjoint(ends.names):
                continue  # its ends follow from itself
            if quantity.name == self.range_.name:
                yield quantity.name, self.range_
                continue
            band = quantity.declaration.band
            assert band is not None
            value: Node = Name(self.range_.name, _SPAN, absolute=True)
            if not self.is_value and self.is_even:
                width = Chain(ends.high, (("-", ends.low),), _SPAN)
                value = Chain(ends.low, (("+", Chain(width, (("*", value),), _SPAN)),), _SPAN)
            elif not self.is_value:
                ratio = Chain(ends.high, (("/", ends.low),), _SPAN)
                value = Chain(ends.low, (("*", Power(ratio, value, _SPAN)),), _SPAN)
            elif band.share_of:
                assert isinstance(ends.low, Chain)
                value = Chain(value, ends.low.rest[-1:], _SPAN)
            said = quantity.declaration._replace(text=band.text, bounds=None)
            made = quantity.computed_by(_kept(value, quantity, model))
            yield quantity.name, made._replace(declaration=said)


def _free(belief: str, model: Model) -> str:
    """Return a name for a range that is none of its quantities, as for ranges inside formulas."""
    name = belief
    while name in model.quantities:
        name = f"{name}.range"
    return name


def _distribution(
    said: Range, is_share: bool, bounds: Bounds | None, model: Model, *, is_even: bool
) -> Distribution:
    """Return the distribution of a range, cut off where a value may not be."""

    def value(end: Node) -> float:
        return float(computed(end, model.calendar))

    low, high = value(said.low), value(said.high)
    if is_even or (is_share and high >= 1.0):  # nothing lies beyond such an end
        return Distribution(Shape.UNIFORM, (low, high))
    found = distribution(said, value, is_share=is_share)
    below, above = 0.0, 1.0
    for bound in bounds.given() if bounds else ():
        share = found.below(constant(bound.text, model.calendar))
        below, above = (below, share) if bound.op == "<=" else (share, above)
    if below == 0.0 and above == 1.0:
        return found
    return Distribution(Shape.TRUNCATED, (below, above), (found,))


def _kept(node: Node, quantity: Quantity, model: Model) -> Node:
    """Return a formula that keeps the bounds of a quantity, and is whole where that is."""
    if quantity.display_unit == "whole":
        node = Call("round", (node,), _SPAN, _SPAN)
    if quantity.display_unit in _SHARES:
        return node  # a share stays between 0% and 100% by itself
    for bound in quantity.bounds.given() if quantity.bounds else ():
        limit = constant(bound.text, model.calendar)
        if bound.op != ">" and limit:
            function = "min" if bound.op == "<=" else "max"
            node = Call(function, (node, Number(limit, _SPAN)), _SPAN, _SPAN)
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
