"""Kinds: the formulas of the domain, as YAML, and what reads them."""

from estimator.library.kind import (
    AVERAGE_AND_PEAK,
    Check,
    Formula,
    KindFile,
    Parameter,
    Resource,
    Send,
)
from estimator.library.loader import Library, shipped_kind, shipped_kinds

__all__ = [
    "AVERAGE_AND_PEAK",
    "Check",
    "Formula",
    "KindFile",
    "Library",
    "Parameter",
    "Resource",
    "Send",
    "shipped_kind",
    "shipped_kinds",
]
