"""The formats of `estimator sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.sweep import Sweep
    from estimator.diagnostics import Diagnostic


class Swept(NamedTuple):
    """A scenario at many values of its inputs.

    Attributes:
        sweep: The points; None where something is wrong.
        diagnostics: What is wrong with the call or the scenario.
    """

    sweep: Sweep | None
    diagnostics: Sequence[Diagnostic] = ()
