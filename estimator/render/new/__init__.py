"""The formats of `estimator new`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic


class Created(NamedTuple):
    """What is written to begin with.

    Attributes:
        files: The files, the scenario first; none where something is wrong.
        system: The shipped scenario that it begins as.
        call: The call that computes it, such as `estimator run shop`.
        near: Another shipped scenario that may have been meant, or None.
        diagnostics: What is wrong with the call.
    """

    files: Sequence[str] = ()
    system: str = ""
    call: str = ""
    near: str | None = None
    diagnostics: Sequence[Diagnostic] = ()
