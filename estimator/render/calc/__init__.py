"""The formats of `estimator calc`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from estimator.analyse.calculate import Answer
    from estimator.diagnostics import Diagnostic


class Answers(NamedTuple):
    """The results of formulas.

    Attributes:
        answers: The answers, as they come.
        diagnostics: What is wrong with other formulas, complete once all answers have come.
    """

    answers: Iterable[Answer]
    diagnostics: Sequence[Diagnostic] = ()
