"""The names of `emit`, `locate`, `ranges` and `units` that other rooms import from here."""

from estimator.formula.emit import SCALARS, Variables, computed, constant, literal_value
from estimator.formula.emit import emit as code
from estimator.formula.locate import CANNOT, locate
from estimator.formula.ranges import out_of_place, refuse_ranges
from estimator.units import unit_factor

__all__ = [
    "CANNOT",
    "GLOBALS",
    "Variables",
    "code",
    "computed",
    "constant",
    "literal_value",
    "locate",
    "out_of_place",
    "refuse_ranges",
    "unit_factor",
]

GLOBALS = SCALARS.scope
"""All that compiled formulas can reach."""
