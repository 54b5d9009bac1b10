"""The formats of `estimator check`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from estimator.checks.checked import Checked, Tally


class Findings(NamedTuple):
    """What a check finds, as it comes.

    Attributes:
        results: What is found of each scenario; last, without a file, what is wrong with the call.
        tally: Counts of it, complete once all has come.
        root: The folder that tools outside take paths from; the working directory without it.
    """

    results: Iterable[Checked]
    tally: Tally
    root: Path | None = None
