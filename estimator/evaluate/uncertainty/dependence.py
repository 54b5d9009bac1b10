"""The quantities that depend on ranges. NumPy is not needed, as every run starts with this."""

from __future__ import annotations

from collections.abc import Iterable, Set

from estimator.formula.functions import COSTLY, ENDLESS
from estimator.formula.ranges import Shape
from estimator.formula.tree import Call, Node, walk
from estimator.model import Model, Quantity


def is_uncertain(model: Model) -> bool:
    """Return whether a model has ranges."""
    return any(
        quantity.distribution is not None and quantity.distribution.shape is not Shape.CONSTANT
        for quantity in model.quantities.values()
    )


def uncertain(model: Model) -> set[str]:
    """Return the quantities that depend on a range."""
    ranges = model.ranges.items()
    return model.following(n for n, d in ranges if d.shape is not Shape.CONSTANT)


def costly(model: Model, unsure: set[str]) -> set[str]:
    """Return the uncertain quantities that call costly functions, or follow from such.

    Args:
        model: The model.
        unsure: All that are uncertain.
    """
    return unsure & model.following(n for n in unsure if is_costly(model.quantities[n]))


def needed_for(model: Model, names: Iterable[str], changing: Set[str]) -> list[str]:
    """Return what some quantities follow from and changes, each after those that it uses.

    Args:
        model: The model.
        names: The quantities.
        changing: All quantities that change, such as those that depend on a range.
    """
    reached = model.leading_to(names) & changing
    return [n for n in model.quantities if n in reached]


def is_costly(quantity: Quantity) -> bool:
    """Return whether a quantity calls a costly function, which no range does."""
    return quantity.distribution is None and quantity.formula.shared.calls(COSTLY)


def calls_costly(node: Node) -> bool:
    """Return whether a condition calls a costly function."""
    return any(isinstance(n, Call) and n.function in COSTLY for n in walk(node))


def ranges_of(model: Model) -> dict[str, int]:
    """Return the ranges that each quantity follows from: a bit each, in the order of the model."""
    found: dict[str, int] = {}
    bit = 1
    for name, quantity in model.quantities.items():
        mask = 0
        if quantity.distribution is not None:
            mask, bit = bit, bit << 1
        else:
            for use in quantity.uses:
                mask |= found[use]
        found[name] = mask
    return found


def may_be_infinite(model: Model) -> set[str]:
    """Return the quantities that may be the wait in an overloaded queue, or follow from one."""
    return model.following(
        name
        for name, quantity in model.quantities.items()
        if quantity.formula.shared.calls(ENDLESS)
    )
