"""The formats of `estimator report`: a page of scenarios, or one of its plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.api.dossier import Dossier


class Reported(NamedTuple):
    """What a page shows.

    Attributes:
        dossiers: The scenarios.
        plot: The name of the plot that is asked for alone; empty for the page.
    """

    dossiers: Sequence[Dossier]
    plot: str = ""
