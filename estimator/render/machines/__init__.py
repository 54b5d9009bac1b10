"""The formats of `estimator machines`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic
    from estimator.evaluate.choice import MachineChoice


class Machines(NamedTuple):
    """The machines that components could run on.

    Attributes:
        choices: The machines for each component.
        diagnostics: What is wrong with the call or the scenario.
    """

    choices: Sequence[MachineChoice]
    diagnostics: Sequence[Diagnostic] = ()
