"""The unit table as a registry of pint, for those who compute with results in Python."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from estimator.units.dimension import Dimension
from estimator.units.table import Calendar, definitions_of

if TYPE_CHECKING:
    import pint


@lru_cache(maxsize=16)
def registry(calendar: Calendar | None = None) -> pint.UnitRegistry[Any]:
    """Return the registry with the project's own units: all quantities of a calendar share it.

    Args:
        calendar: How long days, months and years are; 365 days a year by default.
    """
    import pint

    days = calendar or Calendar()
    text = definitions_of(days.day, days.month, days.year)
    return pint.UnitRegistry(text.splitlines(), on_redefinition="raise")


def pint_quantity(value: float, dimension: Dimension, calendar: Calendar) -> pint.Quantity[Any]:
    """Return a value in base units as a quantity of pint."""
    units = registry(calendar)
    bases = (units.Unit("second"), units.Unit("byte"), units.Unit("USD"))
    made: Any = units.Unit("")
    for unit, exponent in zip(bases, dimension[:3], strict=True):
        if exponent:
            made = made * unit**exponent
    return units.Quantity(value, made)
