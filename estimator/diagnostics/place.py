"""Where a piece of text stands: a source, and a span of characters in it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


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
        """The line and the column of a character, both counted from 1."""
        if not self._starts:
            self._starts.append(0)
            self._starts.extend(i + 1 for i, c in enumerate(self.text) if c == "\n")
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        self.position(0)
        if not 1 <= number <= len(self._starts):
            return ""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")


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
        """The place of a part of the value."""
        if self.offset is None:
            return self.place
        return Place(self.place.source, self.offset + start, self.offset + max(end, start))

    @staticmethod
    def of(name: str, value: str) -> Text:
        """A text that is its whole source, such as a formula on the command line."""
        source = Source(name, value)
        return Text(value, Place(source, 0, len(value)), 0)
