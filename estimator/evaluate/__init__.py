"""A graph to a report: computed once, and told why where it cannot be."""

from estimator.evaluate.evaluate import evaluate
from estimator.evaluate.program import Program, compile_program
from estimator.evaluate.report import Assumption, Bottleneck, Component, Outcome, Report, Value

__all__ = [
    "Assumption",
    "Bottleneck",
    "Component",
    "Outcome",
    "Program",
    "Report",
    "Value",
    "compile_program",
    "evaluate",
]
