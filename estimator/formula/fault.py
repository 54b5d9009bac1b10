"""Errors in formulas, by their spans; whoever owns the text gives them a place."""

from __future__ import annotations

from dataclasses import dataclass

from estimator.diagnostics import Diagnostic, Label, Text
from estimator.formula.tree import Span


@dataclass
class FormulaError(Exception):
    """A formula that cannot be read, checked or computed.

    Attributes:
        rule: The code of the rule.
        message: One sentence.
        span: The part of the formula at fault.
        caret: A few words beside the caret.
        help: What to write instead.
        labels: Other spans, and what is there.
    """

    rule: str
    message: str
    span: Span
    caret: str = ""
    help: str | None = None
    labels: tuple[tuple[Span, str], ...] = ()

    def located(self, text: Text) -> Diagnostic:
        """Return the diagnostic, in the text that the formula was read from."""
        place = text.at(*self.span)
        spans = [(text.at(*span), words) for span, words in self.labels]
        labels = tuple(Label(at, words) for at, words in spans if at != text.place)
        return Diagnostic(self.rule, self.message, place, self.caret, labels, self.help)
