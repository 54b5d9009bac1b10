"""Inputs made of others: pieces of a text exchanged, repeated, left out, and made hostile."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

Write = Callable[[Random], str]
"""Writes a piece of text by a grammar."""

BREAK = b"\n%%%\n"
"""What stands between the files of an input that has several."""

LARGEST = 16_000
"""The most bytes of an input: what is larger is slow, and says little more."""

_PIECE = re.compile(r"[A-Za-z_][\w.]*|\d[\d_.]*|\s+|.", re.DOTALL)
_HOSTILE = (
    *("\x00", "\x07", "\x1b[2J", "\x1b]0;x\x07", "\x85", "\x9b31m", "\u2028", "\u202e", "\u200f"),
    *("\ufeff", "\ufffe", "\U0001f600", "e\u0301", "\u00a0", "\u2009", "\r", "\r\n", "\t", "\\"),
    *("::error::x", "\n::stop-commands::x\n", "##[error]x", "##vso[task]", "=cmd|' /C calc'!A0"),
    *("<script>alert(1)</script>", "]]>", "&amp;", "|", "`", "@everyone", "GH-1", "[x](http://y)"),
    *("{{x}}", "${x}", "%s", "%(x)s", "{0}", "%", "&a ", "*a", "<<: ", "!!python/name:x ", "? "),
    *("\\e[2J", "\\x1b]0;x\\a", "\\u202e", "\\u2028", "\\x85", "\\0", "\\ud800", "\\u001b[0m"),
    *("---\n", "...\n", "%YAML 1.1\n", "|\n", ">\n", "- ", ": ", "#", '"', "'", "[", "]", "{", "}"),
)
_NUMBERS = (
    *("0", "-0", "1", "-1", "2", "1e308", "1e-320", "5e-324", "1e400", "9" * 30, "0.1", "1_000"),
    *("1e15", "2**53", "9007199254740993", "1.7976931348623157e308", "0x10", "010", "1:0", "0%"),
    *("100%", "101%", "-5%", "NaN", "nan", "inf", "Infinity", ".5", "5.", "1.2.3", "1e", "1,5"),
    *("½", "٣", "1e999999999", "1 to 3", "3 to 1", "2 ± 1", "uniform(1, 2)", "one_of(1, 2)"),
)


class Mutator:
    """Makes texts of others, by what a kind of text is made of.

    Args:
        words: What may stand in the place of a word: keys, names, units, functions.
        write: Writes a piece by a grammar.
        nested: What nests when repeated, as pairs of what opens and what closes.
        value: What a piece by the grammar takes the place of, as a group.
    """

    def __init__(
        self,
        words: Sequence[str],
        write: Write | None = None,
        nested: Sequence[tuple[str, str]] = (("(", ")"), ("[", "]"), ("{a: ", "}"), ("-", "")),
        value: str = r": *([^\n{}\[\]]+)",
    ) -> None:
        self.words = words
        self.write = write
        self.nested = nested
        self.value = re.compile(value)

    def __call__(self, data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
        """Return another input."""
        parts = data.split(BREAK)
        at = random.randrange(len(parts))
        for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
            part, other = parts[at], random.choice(corpus) if corpus else b""
            if random.random() < 0.04:
                parts[at] = _bytes(part, random)
                continue
            theirs = other.split(BREAK)
            beside = theirs[at] if at < len(theirs) else theirs[-1]
            text, source = (t.decode("utf-8", "surrogateescape") for t in (part, beside))
            changed = self.changed(text, source, random)
            parts[at] = changed.encode("utf-8", "surrogateescape")
        made = BREAK.join(parts)
        return made if len(made) <= LARGEST else made[:LARGEST]

    def changed(self, text: str, other: str, random: Random) -> str:
        """Return a text with one change."""
        ways: tuple[Callable[[str, str, Random], str], ...]
        ways = (self._word, self._word, self._word, self._lines, self._lines, self._splice)
        ways += (self._hostile, self._number, self._nest, self._written, self._written)
        return random.choice(ways)(text, other, random)

    def _word(self, text: str, other: str, random: Random) -> str:
        """Exchange a piece for a word of the language, or for another of the text."""
        pieces = _PIECE.findall(text) or [""]
        at = random.randrange(len(pieces))
        others = _PIECE.findall(other) if random.random() < 0.3 else pieces
        new = random.choice(self.words) if random.random() < 0.7 else random.choice(others or [""])
        way = random.randrange(4)
        if way == 0:
            pieces.insert(at, new)
        elif way == 1:
            del pieces[at]
        else:
            pieces[at] = new
        return "".join(pieces)

    def _number(self, text: str, other: str, random: Random) -> str:
        """Exchange a number for one that is a limit of something."""
        found = list(re.finditer(r"\d[\d_.]*", text))
        if not found:
            return self._word(text, other, random)
        one = random.choice(found)
        return text[: one.start()] + random.choice(_NUMBERS) + text[one.end() :]

    def _lines(self, text: str, other: str, random: Random) -> str:
        """Leave out a line, repeat it, move it, indent it, or take one of another text."""
        lines = text.splitlines(keepends=True) or [""]
        at, to = random.randrange(len(lines)), random.randrange(len(lines))
        way = random.randrange(6)
        if way == 0:
            del lines[at]
        elif way == 1:
            lines.insert(to, lines[at])
        elif way == 2:
            lines[at], lines[to] = lines[to], lines[at]
        elif way == 3:
            lines[at] = random.choice(("  ", " ", "    ", "- ")) + lines[at]
        elif way == 4:
            lines[at] = lines[at].lstrip()
        else:
            theirs = other.splitlines(keepends=True) or [""]
            first = random.randrange(len(theirs))
            lines[at:at] = theirs[first : first + random.randint(1, 5)]
        return "".join(lines)

    def _splice(self, text: str, other: str, random: Random) -> str:
        """Join the beginning of one text to the end of another."""
        return text[: random.randint(0, len(text))] + other[random.randint(0, len(other)) :]

    def _hostile(self, text: str, other: str, random: Random) -> str:
        """Put in what means something to a terminal, a CI system, YAML or a spreadsheet."""
        at = random.randint(0, len(text))
        return text[:at] + random.choice(_HOSTILE) + text[at:]

    def _nest(self, text: str, other: str, random: Random) -> str:
        """Nest a value or a piece many times, or repeat it."""
        times = random.choice((2, 8, 24, 25, 40, 200, 400, 900, 4_000))
        opened, closed = random.choice(self.nested)
        values = list(self.value.finditer(text))
        if values and random.random() < 0.5:
            start, end = random.choice(values).span(1)
            text = f"{text[:start]}{opened * times}{text[start:end]}{closed * times}{text[end:]}"
            return text[:LARGEST]
        pieces = _PIECE.findall(text) or [""]
        at = random.randrange(len(pieces))
        if random.random() < 0.5:
            pieces[at] = opened * times + pieces[at] + closed * times
        else:
            pieces[at] = pieces[at] * times
        return "".join(pieces)[:LARGEST]

    def _written(self, text: str, other: str, random: Random) -> str:
        """Exchange what stands behind a colon, or anything, for a piece by the grammar."""
        if self.write is None:
            return self._word(text, other, random)
        new = self.write(random)
        values = list(self.value.finditer(text))
        if values and random.random() < 0.8:
            start, end = random.choice(values).span(1)
        else:
            start, end = sorted(random.randint(0, len(text)) for _ in range(2))
            end = min(end, start + 20)
        return text[:start] + new + text[end:]


def _bytes(data: bytes, random: Random) -> bytes:
    """Change some bytes, whatever they mean."""
    changed = bytearray(data or b"\0")
    for _ in range(random.choice((1, 1, 2, 4))):
        at = random.randrange(len(changed))
        if random.random() < 0.5:
            changed[at] = random.randrange(256)
        else:
            changed[at:at] = bytes(random.randrange(256) for _ in range(random.randint(1, 3)))
    return bytes(changed)
