"""The formats of `estimator diff`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.checks.pairing import Compared
    from estimator.diagnostics import Diagnostic


class Differences(NamedTuple):
    """What is different between two versions of scenarios.

    Attributes:
        scenarios: Each scenario in both versions.
        base: What they are compared with, for people.
        diagnostics: What is wrong with the call or with what it reads.
    """

    scenarios: Sequence[Compared]
    base: str
    diagnostics: Sequence[Diagnostic] = ()
