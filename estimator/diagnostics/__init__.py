"""Places in texts, and what is wrong there: values that are gathered, then printed once."""

from estimator.diagnostics.diagnostic import (
    Diagnostic,
    InputError,
    Label,
    Problems,
    Severity,
    UnknownNameError,
    refusal,
    told_once,
)
from estimator.diagnostics.place import Place, Source, Text
from estimator.diagnostics.suggest import closest, cut, did_you_mean, misspelled, short

__all__ = [
    "Diagnostic",
    "InputError",
    "Label",
    "Place",
    "Problems",
    "Severity",
    "Source",
    "Text",
    "UnknownNameError",
    "closest",
    "cut",
    "did_you_mean",
    "misspelled",
    "refusal",
    "short",
    "told_once",
]
