"""Text of a user's, shown and never obeyed by a terminal, a CI log or a spreadsheet."""

from __future__ import annotations

import re
import unicodedata

# Controls, escape codes, line separators, and marks that reverse or hide text.
_HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f"
    "\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]"
)
# How a line of a CI log becomes a command: GitHub reads `::` at its start, Azure `##[` anywhere.
_COMMAND = re.compile(r"^[^\S\n]*::|##(?=\[)", re.MULTILINE)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ASCII = {
    "×": "x",
    "÷": "/",
    "–": "-",
    "—": "-",
    "−": "-",
    "µ": "u",
    "μ": "u",
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "…": "...",
    "✓": "ok",
    "✗": "X",
    "’": "'",
    "·": "*",
    "─": "-",
    "│": "|",
    "╰": "`",
    "^": "^",
    "↑": "+",
    "↓": "-",
    "█": "#",
    "▌": "-",
    "▐": "-",
    **dict(zip("▁▂▃▄▅▆▇", "_.:-=+*", strict=True)),
}


def visible(text: str, *, lines: bool = False) -> str:
    """The text with control characters and marks of CI logs written out as escapes.

    Args:
        text: What a user wrote.
        lines: Keep line ends.
    """
    if text.isascii() and text.isprintable() and ":" not in text and "#" not in text:
        return text
    shown = _HIDDEN.sub(lambda m: m[0] if lines and m[0] == "\n" else _escape(m[0]), text)
    return _COMMAND.sub(lambda m: m[0][:-1] + _escape(m[0][-1]), shown)


def visible_characters(text: str) -> list[str]:
    """The same, character by character, for those who count columns."""
    shown = [visible(character) for character in text]
    for found in _COMMAND.finditer(text):
        shown[found.end() - 1] = _escape(text[found.end() - 1])
    return shown


def _escape(character: str) -> str:
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}
    if character in known:
        return known[character]
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def ascii_only(text: str) -> str:
    """The text for a terminal that has nothing but ASCII."""
    if text.isascii():
        return text
    replaced = "".join(_ASCII.get(c, c) for c in text)
    if replaced.isascii():
        return replaced
    plain = unicodedata.normalize("NFKD", replaced)
    return "".join(
        c if c.isascii() else "" if unicodedata.combining(c) else _escape(c) for c in plain
    )


def cell(text: str) -> str:
    """The text as a cell of a spreadsheet that will not run it as a formula."""
    shown = visible(text)
    return "'" + shown if shown.lstrip().startswith(_FORMULA) else shown
