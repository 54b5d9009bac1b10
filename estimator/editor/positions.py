"""Lines and columns as editors count them, to characters of a text and back.

Editors count columns in the code units of an encoding, UTF-16 unless they ask for another, and
only LF, CR LF and CR end a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right

_LINE_END = re.compile(r"\r\n?|\n")
_WIDE = {"utf-8": "utf-8", "utf-16": "utf-16-le"}


class Positions:
    """The lines of a text.

    Args:
        text: The text.
        units: What a column counts: `utf-8`, `utf-16` or `utf-32`.
    """

    def __init__(self, text: str, units: str = "utf-16") -> None:
        self._text = text
        self._encoding = None if text.isascii() else _WIDE.get(units)
        self._size = 2 if units == "utf-16" else 1
        ends = list(_LINE_END.finditer(text))
        self._starts = [0, *(end.end() for end in ends)]
        self._ends = [*(end.start() for end in ends), len(text)]

    def offset(self, line: int, column: int) -> int:
        """Return the character at a line and a column, both from 0, or the nearest one."""
        if line >= len(self._starts):
            return len(self._text)
        start, end = self._starts[max(line, 0)], self._ends[max(line, 0)]
        if self._encoding is None:
            return min(start + max(column, 0), end)
        data = self._text[start:end].encode(self._encoding, "surrogatepass")
        before = data[: max(column, 0) * self._size]
        return start + len(before.decode(self._encoding, "ignore"))

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of a character, both from 0."""
        offset = min(max(offset, 0), len(self._text))
        line = bisect_right(self._starts, offset) - 1
        before = self._text[self._starts[line] : min(offset, self._ends[line])]
        if self._encoding is None:
            return line, len(before)
        return line, len(before.encode(self._encoding, "surrogatepass")) // self._size

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 0, without its end."""
        if not 0 <= number < len(self._starts):
            return ""
        return self._text[self._starts[number] : self._ends[number]]

    def line_of(self, offset: int) -> int:
        """Return the line of a character, from 0."""
        return bisect_right(self._starts, offset) - 1

    def start(self, line: int) -> int:
        """Return the first character of a line."""
        return self._starts[line] if line < len(self._starts) else len(self._text)
