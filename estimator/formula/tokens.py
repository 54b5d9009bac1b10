"""Text to tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from estimator.formula.fault import FormulaError
from estimator.formula.near_misses import character_help
from estimator.formula.tree import Span

LONGEST = 4_000
"""The most characters a formula may have."""

SCALES = {
    "k": 1e3,
    "K": 1e3,
    "M": 1e6,
    "T": 1e12,
    "mn": 1e6,
    "bn": 1e9,
    "thousand": 1e3,
    "million": 1e6,
    "billion": 1e9,
    "trillion": 1e12,
}
"""The scales that a number may have behind it, and what each multiplies it by."""
WORDS = frozenset({"to", "at", "of", "in", "and", "or", "not", "within"})
"""The operators that are written as words."""

_TOKEN = re.compile(
    r"""
    (?P<space>[\s\u00a0\u2009\u202f]+)
  | (?P<number>(?:\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?![\w.]))?)
  | (?P<name>[A-Za-z_µμ]\w*(?:\.(?:[A-Za-z_]\w*|\*))*)
  | (?P<op><=|>=|==|!=|\*\*|±|[-+*/^()<>,:$%=~?×÷·−≤≥≠≈])
    """,
    re.VERBOSE | re.ASCII,
)
_SAME = {
    "×": "*",
    "·": "*",
    "÷": "/",
    "−": "-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "**": "^",
}


class Token(NamedTuple):
    """A piece of a formula: a number, a name, an operator, or its end."""

    kind: str
    text: str
    span: Span
    after_space: bool

    def __repr__(self) -> str:
        return f"{self.kind}:{self.text}"


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a formula, and one of kind `end`.

    Raises:
        FormulaError: E027 for a text that is too long, E011 for a character that is no part
            of any formula.
    """
    if len(text) > LONGEST:
        raise FormulaError(
            "E027",
            f"this formula has {len(text):,} characters; the most is {LONGEST:,}",
            (0, 1),
            help="name its parts under `derive:`",
        )
    tokens: list[Token] = []
    position, space = 0, False
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _strange(text, position)
        kind = found.lastgroup or ""
        if kind != "space":
            word = found.group()
            tokens.append(Token(kind, _SAME.get(word, word), found.span(), space))
        space = kind == "space"
        position = found.end()
    tokens.append(Token("end", "", (len(text), len(text)), space))
    return tokens


def _strange(text: str, position: int) -> FormulaError:
    return FormulaError(
        "E011",
        f"`{text[position]}` does not belong in a formula",
        (position, position + 1),
        help=character_help(text, position),
    )
