"""The formats of `estimator solve`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.solve import Solution
    from estimator.diagnostics import Diagnostic


class Solved(NamedTuple):
    """Where a condition turns.

    Attributes:
        solution: What was found; None where something is wrong.
        diagnostics: What is wrong with the call or the scenario.
    """

    solution: Solution | None
    diagnostics: Sequence[Diagnostic] = ()
