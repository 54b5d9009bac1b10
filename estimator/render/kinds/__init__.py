"""The formats of `estimator kinds`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic
    from estimator.evaluate.examples import Tested
    from estimator.library.kind import KindFile


class Kinds(NamedTuple):
    """Kinds of components.

    Attributes:
        kinds: The kinds.
        in_full: Is one of them shown in full? Else they are listed.
        diagnostics: What is wrong with the call, or with a team's own kinds.
        tested: What became of their worked examples, where these are asked for.
    """

    kinds: Sequence[KindFile]
    in_full: bool
    diagnostics: Sequence[Diagnostic] = ()
    tested: Sequence[Tested] | None = None
