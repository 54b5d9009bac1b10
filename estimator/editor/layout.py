"""The layout of a file: where its sections, comments and white space are.

A text here has line feeds at its line ends, and no byte order mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from estimator.diagnostics import Source
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree, read_yaml

_LOOSE = re.compile(
    r"""
    (?P<comment>(?:(?<=\s)|(?<![\s\S]))[#][^\n]*)
  | (?P<end>(?<![ \t])[ \t]++(?=\n))
  | (?P<tab>\t)
    """,
    re.VERBOSE,
)
END_OF_LINE = re.compile(r"(?<![ \t])[ \t]++(?=\n)")
"""Loose spaces."""
_BLANK_LINES = re.compile(r"\n{3,}")


# --- the order of sections ------------------------------------------------------------------------


class _Section(NamedTuple):
    """A section with the comment above it.

    Attributes:
        rank: Its place in the order.
        blank: The blank lines above it.
        text: Its lines.
    """

    rank: int
    blank: str
    text: str


def in_order(text: str, order: Sequence[str]) -> str:
    """Put the sections in an order, each with the comment right above it.

    The comment that a file begins with stays at its top, and one that it ends with at its end.
    """
    tree = read_yaml(Source("", text))
    assert isinstance(tree, Mapping)
    keys = [(name.place.start, order.index(key)) for key, (name, _) in tree.entries.items()]
    ranks = [rank for _, rank in keys]
    if ranks == sorted(ranks) or any(at and text[at - 1] != "\n" for at, _ in keys):
        return text
    hashes = comments(text, tree)
    starts = [_with_comment(text, at, hashes) for at, _ in keys]
    if not any(at < starts[0] for at in hashes):
        starts[0] = keys[0][0]  # the only comment at the top is the file's
    head, foot = text[: starts[0]], _foot(text, hashes)
    body = text[len(head) : len(text) - len(foot)].rstrip("\n") + "\n"
    stops = [start - len(head) for start in starts[1:]] + [len(body)]
    found: list[_Section] = []
    at = 0
    for (_, rank), stop in zip(keys, stops, strict=True):
        lines = body[at:stop].strip("\n")
        blank = body[:at][len(body[:at].rstrip("\n")) + 1 :]
        found.append(_Section(rank, blank, lines + "\n"))
        at = stop
    return _joined(head, found) + foot


def _joined(head: str, found: list[_Section]) -> str:
    first, *_ = ordered = sorted(found)
    if first is not found[0]:  # they change places, and the blank lines above them stay
        ordered[ordered.index(found[0])] = found[0]._replace(blank=first.blank)
        if head.strip() and first.text.startswith("#") and not head.endswith("\n\n"):
            head += "\n"  # so that two comments stay two
    return head + first.text + "".join(s.blank + s.text for s in ordered[1:])


def _with_comment(text: str, start: int, hashes: frozenset[int]) -> int:
    """Return where the comment right above a line begins, or the line if there is none."""
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if above not in hashes:
            return start
        start = above
    return start


def _foot(text: str, hashes: frozenset[int]) -> str:
    """Return the unindented comment that ends the file, with the blank lines above it."""
    at = len(text)
    while at:
        above = text.rfind("\n", 0, at - 1) + 1
        if above not in hashes and text[above:at].strip():
            break
        at = above
    foot = text[at:]
    return foot if foot.strip() else ""


# --- white space ----------------------------------------------------------------------------------


def tidied(text: str) -> str:
    """Remove tabs, trailing spaces and repeated blank lines; end the text with one line end."""
    tree = read_yaml(Source("", text))
    spans = _spans(text, tree)
    parts, at = [], 0
    for start, end, plain in spans:
        parts.append(_outside(text[at:start]))
        inner = text[start:end]
        parts.append(END_OF_LINE.sub("", inner) if plain else inner)
        at = end
    rest = _outside(text[at:])
    if rest.strip() or at < len(text) or not text.endswith("\n"):
        rest = rest.rstrip(" \t\n") + "\n"
    return "".join([*parts, rest]).lstrip("\n")


def _outside(text: str) -> str:
    """Tidy what stands between values."""

    def tidied(found: re.Match[str]) -> str:
        if found["comment"]:
            return found["comment"].rstrip(" \t")
        return " " if found["tab"] else ""

    return _BLANK_LINES.sub("\n\n", _LOOSE.sub(tidied, text))


def comments(text: str, tree: Tree) -> frozenset[int]:
    """Return where comments begin."""
    found: set[int] = set()
    at = 0
    for start, end, _ in [*_spans(text, tree), (len(text), len(text), True)]:
        part = text[at:start]
        found.update(at + c.start() for c in _LOOSE.finditer(part) if c["comment"])
        at = end
    return frozenset(found)


def _spans(text: str, tree: Tree | None) -> list[tuple[int, int, bool]]:
    """Return where keys and values stand, and whether they are plain, in order."""
    return sorted({(start, end, plain) for start, end, plain in _nodes(text, tree) if start < end})


def _nodes(text: str, tree: Tree | None) -> Iterator[tuple[int, int, bool]]:
    if isinstance(tree, Scalar):
        yield _span(text, tree)
    elif isinstance(tree, Items):
        for item in tree.items:
            yield from _nodes(text, item)
    elif tree is not None:
        for name, value in tree.entries.values():
            yield name.place.start, name.place.end, text[name.place.start] not in "'\""
            yield from _nodes(text, value)


def _span(text: str, scalar: Scalar) -> tuple[int, int, bool]:
    """Return where a value stands: a block without the blank lines that its `+` does not keep."""
    start, end = scalar.place.start, scalar.place.end
    if not scalar.plain and text[start : start + 1] in ("|", ">"):
        head, *lines = text[start:end].split("\n")
        if "+" not in head.split("#")[0]:
            indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")]
            while lines and not lines[-1].strip(" ") and len(lines[-1]) <= min(indents, default=0):
                lines.pop()
            end = start + len("\n".join([head, *lines]))
    return start, end, scalar.plain
