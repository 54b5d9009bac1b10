"""A scenario and its kinds to an ordered graph of named formulas."""

from estimator.model.answers import Settled
from estimator.model.base_rates import BASE, base_rate, base_rates
from estimator.model.build import Builder, build
from estimator.model.instances import check_name
from estimator.model.quantity import (
    Bounds,
    Choice,
    Concern,
    Expectation,
    MachineParameter,
    Model,
    Origin,
    Quantity,
)

__all__ = [
    "BASE",
    "Bounds",
    "Builder",
    "Choice",
    "Concern",
    "Expectation",
    "MachineParameter",
    "Model",
    "Origin",
    "Quantity",
    "Settled",
    "base_rate",
    "base_rates",
    "build",
    "check_name",
]
