"""The formats of `estimator nines`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.nines import Level
    from estimator.diagnostics import Diagnostic
    from estimator.units import Calendar


class Nines(NamedTuple):
    """Availabilities: the downtime that each allows, or what each costs in a scenario.

    Attributes:
        calendar: How long years, months and days are; None where something is wrong.
        shares: The availabilities whose downtime is shown.
        levels: What each level takes in a scenario; the first is the file as it is.
        diagnostics: What is wrong with the call or the scenario.
    """

    calendar: Calendar | None = None
    shares: Sequence[float] = ()
    levels: Sequence[Level] = ()
    diagnostics: Sequence[Diagnostic] = ()
