"""The formats of `estimator compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.designs import Designs
    from estimator.diagnostics import Diagnostic


class Compared(NamedTuple):
    """Designs side by side.

    Attributes:
        designs: What was compared; None where something is wrong.
        diagnostics: What is wrong with the call or the scenarios.
    """

    designs: Designs | None
    diagnostics: Sequence[Diagnostic] = ()
