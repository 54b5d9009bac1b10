"""Foreign text as it may be shown: never obeyed by a terminal, a CI log, a page or a spreadsheet.

Foreign is what comes from a file, a name, git, a catalog or the message of a library. Pages and
formats pass it through `sanitize` where they put it between their own words, so that it stays
within its line; cli/terminal.py passes all that is printed through it once more.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

# Controls, escape codes, line separators, and marks that reverse or hide text.
_HIDDEN = (
    "[\\x00-\\x1f\\x7f-\\x9f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f"
    "\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ud800-\\udfff\\ufeff\\uffa0"
    "\\ufff9-\\ufffb\\U0001d173-\\U0001d17a\\U000e0000-\\U000e0fff]"
)
_MARK = (
    r"##(?=\w*\[)"  # GitHub's `##[error]`, `##vso[...]` of Azure and `##teamcity[...]`, anywhere
)
_MARKED = re.compile(_MARK)
_HALF = re.compile(r"\\\\|\\ud[89ab]..\\ud[c-f]..|\\u(d[89a-f]..)")
_COLOR = re.compile(r"\x1b\[[\d;]*m")
# Some spreadsheets take signs of full width for the same.
_FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
_ASCII = {
    "×": "x",
    "÷": "/",
    **dict.fromkeys("µμ", "u"),
    "≈": "~",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "…": "...",
    "✓": "ok",
    "✗": "X",
    "’": "'",
    "·": "*",
    "│": "|",
    "╰": "`",
    "^": "^",
    "█": "#",
    **dict.fromkeys("–—−─↓▌▐", "-"),
    **dict.fromkeys("↑┌┐└┘├┤┬┴┼", "+"),
    **dict(zip("▁▂▃▄▅▆▇", "_.:-=+*", strict=True)),
}
_ASCII[chr(0x2800)] = " "
_ASCII |= {chr(code): "*" for code in range(0x2801, 0x2900)}  # the dots that curves are made of
_OUR_OWN = str.maketrans("", "", "".join(_ASCII))


@cache
def _hidden() -> re.Pattern[str]:
    """Return the pattern of what is hidden; compiling it takes longer than drawing most pages."""
    return re.compile(_HIDDEN)


@cache
def _command() -> re.Pattern[str]:
    """Return the pattern of commands; GitHub reads `::` at a line's start."""
    return re.compile(rf"^[^\S\n]*::|{_MARK}", re.MULTILINE)


def _is_plain(text: str) -> bool:
    """Return whether a text is ASCII and our own signs alone, with no control and no command."""
    if "::" in text or "##" in text or not text.isprintable():
        return False
    return text.isascii() or text.translate(_OUR_OWN).isascii()


def sanitize(text: str, *, lines: bool = False) -> str:
    """Return the text with control characters and commands of CI logs written out as escapes.

    Args:
        text: A foreign text, or one that may have foreign text in it.
        lines: Keep line ends and tabs.
    """
    if _is_plain(text.replace("\n", "") if lines else text):
        return text
    shown = _hidden().sub(lambda m: m[0] if lines and m[0] in "\n\t" else _escape(m[0]), text)
    return _command().sub(lambda m: m[0][:-1] + _escape(m[0][-1]), shown)


def sanitize_colored(text: str) -> str:
    """Return lines that rich has drawn, with nothing left to obey but its codes of color."""
    return "\n".join(map(_sanitize_colored_line, text.split("\n")))


def _sanitize_colored_line(line: str) -> str:
    plain = _COLOR.sub("", line)
    if plain == line or _command().search(plain):  # colors are worth less than what it would do
        return sanitize(plain)
    parts = [_hidden().sub(lambda m: _escape(m[0]), part) for part in _COLOR.split(line)]
    codes = [*_COLOR.findall(line), ""]
    return "".join(part + code for part, code in zip(parts, codes, strict=True))


def sanitize_json(text: str) -> str:
    """Return JSON with escapes for what a log or a terminal would obey, and of half characters."""
    # only strings can hold these
    text = _MARKED.sub(lambda _: "#\\u0023", text)
    text = _hidden().sub(lambda m: m[0] if m[0] == "\n" else _halves(m[0]), text)
    return _HALF.sub(_in_words, text) if "\\ud" in text else text


def _halves(character: str) -> str:
    """Return a character as JSON escapes it: by its halves where it has two."""
    return re.sub("....", r"\\u\g<0>", character.encode("utf-16-be", "surrogatepass").hex())


def _in_words(found: re.Match[str]) -> str:
    """Return what many readers of JSON refuse, half a character, as an escape to be read."""
    return "\\" + _escape(chr(int(found[1], 16))) if found[1] else found[0]


def sanitized_characters(text: str) -> list[str]:
    """Return the same, character by character, for those who count columns."""
    shown = [sanitize(character) for character in text]
    for found in _command().finditer(text):
        shown[found.end() - 1] = _escape(text[found.end() - 1])
    return shown


def _escape(character: str) -> str:
    known = {"\n": "\\n", "\t": "\\t", "\r": "\\r", "\x1b": "\\e"}
    if character in known:
        return known[character]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte of a file's name that is not UTF-8
        code -= 0xDC00
    letter, digits = ("x", 2) if code < 0x100 else ("u", 4) if code < 0x10000 else ("U", 8)
    return f"\\{letter}{code:0{digits}x}"


def ascii_only(text: str) -> str:
    """Return the text for a terminal that has nothing but ASCII."""
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
    """Return the text as a cell of a spreadsheet that will not run it as a formula."""
    shown = sanitize(text)
    return "'" + shown if shown.lstrip().startswith(_FORMULA) else shown
