"""The place of a parser in a formula."""

from __future__ import annotations

from collections.abc import Callable

from estimator.formula.fault import FormulaError
from estimator.formula.tokens import Token, tokenize

DEEPEST = 24
"""The most levels of parentheses, signs and powers; Python's own compiler allows 200 of its own
parentheses, of which a level may take seven."""


class Cursor:
    """A formula, and how far it has been read.

    Attributes:
        text: The formula.
        tokens: Its tokens, with the one at its end.
        at: The index of the token that comes next.
        token: This token.
        depth: How many levels of parentheses, signs and powers are open.
        in_call: Whether the next values are those of a function, between which commas stand.
        suggest: Takes how something could be written, and returns that as a line of help; None
            where it could not be read either.
    """

    def __init__(self, text: str, suggest: Callable[[str], str | None]) -> None:
        """Begin at the first token.

        Raises:
            FormulaError: E011 or E027, as `tokenize`.
        """
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0
        self.token = self.tokens[0]
        self.depth = -1  # the formula itself is no level
        self.in_call = False
        self.suggest = suggest

    def next(self) -> Token:
        """Return this token, and go on to the one behind it."""
        token = self.token
        self.at += 1
        self.token = self.tokens[min(self.at, len(self.tokens) - 1)]
        return token

    def accept(self, *texts: str) -> Token | None:
        """Return this token and go on, if it is one of some operators; else None."""
        if self.token.text in texts and self.token.kind != "number":
            return self.next()
        return None

    def span_from(self, start: int) -> tuple[int, int]:
        """Return the span from a position to the end of what has been read."""
        return (start, self.tokens[self.at - 1].span[1])

    def enter(self) -> None:
        """Open a level.

        Raises:
            FormulaError: E027 where there are too many of them.
        """
        self.depth += 1
        if self.depth > DEEPEST:
            raise FormulaError(
                "E027",
                f"this formula nests deeper than {DEEPEST} levels",
                self.token.span,
                help="name its parts under `derive:`",
            )

    def leave(self) -> None:
        """Close a level."""
        self.depth -= 1
