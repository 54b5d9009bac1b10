"""Where a piece of text stands: a source, and a span of characters in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, eq=False)
class Source:
    """A text that somebody wrote: a file, standard input or a command-line option.

    Attributes:
        name: What the user calls it, such as a path or `--set`.
        text: All of it.
    """

    name: str
    text: str
    _starts: list[int] = field(default_factory=list, repr=False)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of a character, both counted from 1."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(end.end() for end in _LINE_END.finditer(self.text))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def start_of(self, number: int) -> int:
        """Return the offset of the first character of a line, counted from 1."""
        self.position(0)
        return self._starts[number - 1]

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 1, without its end."""
        self.position(0)
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


class Place(NamedTuple):
    """A span of characters in a source, `start` up to but not including `end`."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        """The line of the first character, counted from 1."""
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        """The column of the first character, counted from 1."""
        return self.source.position(self.start)[1]


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar as it was written, and where.

    Attributes:
        value: The characters, after YAML's quoting and folding.
        place: The whole scalar.
        offset: Where `value` begins in the source, or None if quoting or folding
            changed it, so that parts of it have no place of their own.
    """

    value: str
    place: Place
    offset: int | None = None

    def at(self, start: int, end: int) -> Place:
        """Return the place of a part of the value."""
        source = self.place.source
        if self.offset is not None:
            return Place(source, self.offset + start, self.offset + max(end, start))
        offsets = self._aligned()
        if offsets is None:
            return self.place
        first = offsets[min(start, len(offsets) - 1)]
        last = offsets[max(min(end, len(offsets)) - 1, 0)]
        return Place(source, first, max(first, last) + 1)

    def _aligned(self) -> list[int] | None:
        """Return the offset of each character of a value that folding or indentation changed.

        White space may differ; where anything else does (an escape, say), there is none.
        """
        text, at, offsets = self.place.source.text, self.place.start, []
        if text[at : at + 1] in ("'", '"'):
            at += 1
        elif text[at : at + 1] in ("|", ">"):
            at = text.find("\n", at) + 1
        for character in self.value:
            if not character.isspace():
                while at < self.place.end and text[at].isspace():
                    at += 1
                if at >= self.place.end or text[at] != character:
                    return None
            offsets.append(min(at, self.place.end - 1))
            if at < self.place.end and (not character.isspace() or text[at].isspace()):
                at += 1
        return offsets or None

    def __reduce__(self) -> tuple[object, ...]:
        return Text, (self.value, self.place, self.offset)  # loads in half the time of a dataclass

    @staticmethod
    def of(name: str, value: str) -> Text:
        """Return a text that is its whole source, such as a formula on the command line."""
        source = Source(name, value)
        return Text(value, Place(source, 0, len(value)), 0)
