"""A model to a report: its values, or why there are none."""

from estimator.evaluate.bottlenecks import binding, utilization_of
from estimator.evaluate.bounds import is_about, violations
from estimator.evaluate.evaluate import evaluate, evaluate_in_part
from estimator.evaluate.failures import check_given
from estimator.evaluate.program import Program, compile_program
from estimator.evaluate.report import Assumption, Bottleneck, Component, Outcome, Report, Value
from estimator.evaluate.shown import in_named_unit, numbers
from estimator.evaluate.uncertainty import SamplingOptions, is_uncertain

__all__ = [
    "Assumption",
    "Bottleneck",
    "Component",
    "Outcome",
    "Program",
    "Report",
    "SamplingOptions",
    "Value",
    "binding",
    "check_given",
    "compile_program",
    "evaluate",
    "evaluate_in_part",
    "in_named_unit",
    "is_about",
    "is_uncertain",
    "numbers",
    "utilization_of",
    "violations",
]
