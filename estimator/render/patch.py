"""The unified difference between a text and its canonical form."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

_MANY = 2_000  # lines, from which on difflib may take a minute: it is quadratic
_CONTEXT = 3  # lines that stay, around those that change

_Tag: TypeAlias = Literal["replace", "delete", "insert", "equal"]
_Opcode: TypeAlias = tuple[_Tag, int, int, int, int]


def unified(before: str, after: str, name: str) -> list[str]:
    """Return a unified difference, with a missing line end noted as `diff` and `patch` do.

    Args:
        before: The text.
        after: The text in its canonical form.
        name: The file, as both are called.
    """
    one, other = (text.splitlines(keepends=True) for text in (before, after))
    is_long = len(one) > _MANY
    matcher = _Aligned(one, other) if is_long else SequenceMatcher(None, one, other)
    lines = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        (_, start, _, start_after, _), (_, _, end, _, end_after) = group[0], group[-1]
        lines.append(f"@@ -{_span(start, end)} +{_span(start_after, end_after)} @@\n")
        for tag, start, end, start_after, end_after in group:
            if tag == "equal":
                lines += [f" {line}" for line in one[start:end]]
            else:
                lines += [f"-{line}" for line in one[start:end]]
                lines += [f"+{line}" for line in other[start_after:end_after]]
    head = [f"--- {name}\n", f"+++ {name}\n"] if lines else []
    ended = (n if n.endswith("\n") else f"{n}\n\\ No newline at end of file\n" for n in lines)
    return [*head, *ended]


def _span(start: int, end: int) -> str:
    """Return the first of some lines and how many there are, as unified differences have it."""
    if end - start == 1:
        return f"{start + 1}"
    return f"{start + (end > start)},{end - start}"


class _Aligned(SequenceMatcher[str]):
    """Aligns lines that differ only in white space, in nearly linear time.

    Lines that either text has once are found first, as in Bram Cohen's patience diff, and as many
    of them as stand in the same order are kept.
    """

    def __init__(self, one: Sequence[str], other: Sequence[str]) -> None:
        super().__init__(None, one, other)
        self.one, self.other = one, other
        self.bare = ["".join(line.split()) for line in one]
        self.bare_other = ["".join(line.split()) for line in other]

    def get_opcodes(self) -> list[_Opcode]:
        """Return how one text becomes the other, step by step."""
        found: list[_Opcode] = []
        for tag, start, end, start_after, end_after in self._steps():
            if found and found[-1][0] == tag:
                _, start, _, start_after, _ = found.pop()
            found.append((tag, start, end, start_after, end_after))
        return found

    def _steps(self) -> Iterator[_Opcode]:
        i = j = 0
        for x, y in [*self._in_order(), (len(self.one), len(self.other))]:
            while i < x and j < y and self.bare[i] == self.bare_other[j]:
                yield self._pair(i, j)
                i, j = i + 1, j + 1
            back = 0
            while i < x - back and j < y - back:
                if self.bare[x - back - 1] != self.bare_other[y - back - 1]:
                    break
                back += 1
            if i < x - back or j < y - back:
                yield "replace", i, x - back, j, y - back
            yield from (self._pair(x - k, y - k) for k in range(back, 0, -1))
            i, j = x, y

    def _pair(self, i: int, j: int) -> _Opcode:
        return "equal" if self.one[i] == self.other[j] else "replace", i, i + 1, j, j + 1

    def _in_order(self) -> list[tuple[int, int]]:
        """Return the longest row of lines that both texts have once, in the same order."""
        here, there = _once(self.bare), _once(self.bare_other)
        ends: list[int] = []  # of rows of each length, where the one that ends first ends
        before: dict[int, int] = {}  # what comes before a line in its row; -1 for nothing
        both = {there[line]: i for line, i in here.items() if line in there}
        for j in both:
            length = bisect_left(ends, j)
            before[j] = ends[length - 1] if length else -1
            ends[length : length + 1] = [j]
        found: list[tuple[int, int]] = []
        at = ends[-1] if ends else -1
        while at >= 0:
            found.append((both[at], at))
            at = before[at]
        return found[::-1]


def _once(lines: Sequence[str]) -> dict[str, int]:
    """Return where the lines stand that there are once."""
    count = Counter(lines)
    return {line: at for at, line in enumerate(lines) if count[line] == 1}
