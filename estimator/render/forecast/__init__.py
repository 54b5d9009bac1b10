"""The formats of `estimator forecast`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.forecast import Forecast
    from estimator.diagnostics import Diagnostic


class Forecasts(NamedTuple):
    """A system month by month.

    Attributes:
        forecast: What was computed; None where something is wrong.
        diagnostics: What is wrong with the call or the scenario, and what to be warned of.
    """

    forecast: Forecast | None
    diagnostics: Sequence[Diagnostic] = ()
