"""The period that a growth is written by: `3%/month` is 1.03 times each month."""

from __future__ import annotations

from estimator.formula.tree import Literal, walk
from estimator.model.quantity import Model
from estimator.units import PLAIN, Calendar, unit_table
from estimator.units.table import unit_factor


def period_of(name: str, model: Model) -> float:
    """Return the period that a growth is written by, in seconds; a month where it says none."""
    quantity = model.quantities[name]
    for _ in range(8):  # names that stand for one another
        for node in walk(quantity.formula.tree):
            if isinstance(node, Literal):
                return _seconds(node, model.calendar)
        if len(quantity.uses) != 1:
            break
        quantity = model.quantities[next(iter(quantity.uses))]
    return model.calendar.month


def _seconds(literal: Literal, calendar: Calendar) -> float:
    factor = 1.0
    for name, power in literal.units:
        unit = unit_table().unit(name)
        if unit is not None and unit.dimension != PLAIN:
            factor *= unit_factor(name, calendar) ** power
    return 1.0 / factor
