"""A scenario and its kinds to an ordered graph of named formulas."""

from estimator.model.base_rates import BASE, base_rate, base_rates
from estimator.model.build import build
from estimator.model.instances import check_name
from estimator.model.quantity import (
    Bounds,
    Choice,
    Concern,
    Declaration,
    Expectation,
    MachineParameter,
    Model,
    Origin,
    Quantity,
)

__all__ = [
    "BASE",
    "Bounds",
    "Choice",
    "Concern",
    "Declaration",
    "Expectation",
    "MachineParameter",
    "Model",
    "Origin",
    "Quantity",
    "base_rate",
    "base_rates",
    "build",
    "check_name",
]
