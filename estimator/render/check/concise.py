"""What a check finds, as text for people: a line for each thing that is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from estimator.checks.checked import Checked
from estimator.diagnostics import Diagnostic
from estimator.render.check import Findings
from estimator.render.check.full import summary
from estimator.render.page import Line, Piece
from estimator.render.registry import Page
from estimator.render.styles import COLORS


def page(findings: Findings, width: int) -> Iterator[Line]:
    """Yield a line for each thing that is wrong: `file:line:column: rule message`."""
    del width
    for checked in findings.results:
        for found in checked.found:
            yield (
                Piece(f"{_where(checked, found)}: ", "bold"),
                Piece(found.rule, COLORS[found.severity]),
                Piece(f" {found.message}"),
            )
    yield from summary(findings.tally)


def _where(checked: Checked, found: Diagnostic) -> str:
    if found.place is None:
        return checked.file or "estimator"
    return f"{found.place.source.name}:{found.place.line}:{found.place.column}"


RENDERER = Page(page)
