"""A scenario and its kinds to an ordered graph of named formulas."""

from estimator.model.build import build
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
    "Bounds",
    "Choice",
    "Concern",
    "Expectation",
    "MachineParameter",
    "Model",
    "Origin",
    "Quantity",
    "build",
]
