"""A graph to a report: computed once, and told why where it cannot be."""

from estimator.evaluate.evaluate import (
    binding,
    check_given,
    evaluate,
    evaluate_in_part,
    in_unit_asked,
    numbers,
    violation,
)
from estimator.evaluate.program import Program, compile_program, patched
from estimator.evaluate.report import (
    Assumption,
    Bottleneck,
    Candidate,
    Component,
    Driver,
    MachineChoice,
    Outcome,
    Report,
    SobolIndex,
    SobolIndices,
    Spread,
    Swing,
    Tornado,
    Uncertainty,
    Value,
)
from estimator.evaluate.slices import OneAtATime, compile_choices
from estimator.evaluate.uncertainty import Asked, is_uncertain

__all__ = [
    "Asked",
    "Assumption",
    "Bottleneck",
    "Candidate",
    "Component",
    "Driver",
    "MachineChoice",
    "OneAtATime",
    "Outcome",
    "Program",
    "Report",
    "SobolIndex",
    "SobolIndices",
    "Spread",
    "Swing",
    "Tornado",
    "Uncertainty",
    "Value",
    "binding",
    "check_given",
    "compile_choices",
    "compile_program",
    "evaluate",
    "evaluate_in_part",
    "in_unit_asked",
    "is_uncertain",
    "numbers",
    "patched",
    "violation",
]
