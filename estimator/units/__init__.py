"""The unit table, and quantities written for people. Base units: second, byte, USD."""

from estimator.units.dimension import (
    ANY,
    CONDITION,
    DATA,
    MONEY,
    PLAIN,
    TIME,
    Dimension,
    describe,
    divide,
    multiply,
    power,
)
from estimator.units.table import Calendar, Unit, UnitTable, unit_factor, unit_table
from estimator.units.write import apart, base_unit, term, write

__all__ = [
    "ANY",
    "CONDITION",
    "DATA",
    "MONEY",
    "PLAIN",
    "TIME",
    "Calendar",
    "Dimension",
    "Unit",
    "UnitTable",
    "apart",
    "base_unit",
    "describe",
    "divide",
    "multiply",
    "power",
    "term",
    "unit_factor",
    "unit_table",
    "write",
]
