"""Find where the cursor stands by the lines above it, also while they are no YAML yet."""

from __future__ import annotations

import re
from typing import NamedTuple

from estimator.editor.positions import Positions

_KEY = re.compile(
    r"""
    (?P<quote>["'])?
    (?P<key>[\w.](?:\ *+[\w.$-])*+(?(quote)\ *+))
    (?(quote)(?P=quote))\s*+:(?=\s|$)
    """,
    re.VERBOSE,
)
_DASH = re.compile(r"-(?=\ |$)\ *+")
_FAR = 2_000  # lines that are looked at above the cursor
_BEFORE_QUOTES = ("", ":", ",", "[", "{", "-")
_LONGEST = 100  # lines within one pair of braces


class Context(NamedTuple):
    """Where something is being written.

    Attributes:
        path: The keys that lead to it; an item of a list has `-` for its key.
        is_key: Is it a key, rather than a value?
        written: What stands before the cursor of the key or the value.
        start: Where that begins.
    """

    path: tuple[str, ...]
    is_key: bool
    written: str
    start: int


def context(lines: Positions, offset: int) -> Context | None:
    """Return what is being written at a character; None within a comment."""
    number = lines.line_of(offset)
    first = _opened(lines, number)
    start = lines.start(first)
    written = [lines.line(n) for n in range(first, number)]
    written.append(lines.line(number)[: offset - lines.start(number)])
    if _comment(written[-1]) is not None:
        return None
    text = ""
    for at, line in enumerate(written, first):  # as long as it is, so that offsets stay right
        text = text.ljust(lines.start(at) - start) + line[: _comment(line)]
    indent = _depth(text)
    path = _keys_above(lines, first, indent, is_item=text.startswith("-", indent))
    return _within(text, indent, start, path)


def _opened(lines: Positions, number: int) -> int:
    """Return the line on which braces begin that are open on this line; the line if none are."""
    open_ = 0
    for above in range(number - 1, max(number - _LONGEST, -1), -1):
        line = lines.line(above)
        code = line[: _comment(line)]
        open_ += sum(map(code.count, "{[")) - sum(map(code.count, "}]"))
        if open_ > 0:
            within = (lines.line(n) for n in range(above + 1, number + 1))
            deeper = all(_depth(n) > _depth(line) or not n.strip() for n in within)
            return above if deeper else number
    return number


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _comment(line: str) -> int | None:
    """Return where a comment begins on a line, or None."""
    quote = filled = ""  # and the last character before this one that is no space
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and filled in _BEFORE_QUOTES:
            quote = character
        elif character == "#" and line[index - 1 : index] in ("", " ", "\t"):
            return index
        filled = filled if character == " " else character
    return None


def _within(text: str, at: int, start: int, above: tuple[str, ...]) -> Context:
    """Return what is being written in a line.

    Args:
        text: The line.
        at: Where it begins behind its indentation.
        start: The offset of the line.
        above: The keys of the blocks that it stands in.
    """
    dashes, begin = _dashes(text, at)
    path = [*above, *("-" for _ in dashes)]
    if text.startswith(("{", "["), begin):
        return _value(text, begin, start, path)
    found = _KEY.match(text, begin)
    if found:
        return _value(text, found.end(), start, [*path, found["key"]])
    return Context(tuple(path), not dashes, text[begin:], start + begin)


def _dashes(text: str, at: int) -> tuple[list[int], int]:
    """Return where the dashes at the beginning of a line stand, and where the rest begins."""
    dashes: list[int] = []
    while found := _DASH.match(text, at):
        dashes.append(at)
        at = found.end()
    return dashes, at


def _value(text: str, at: int, start: int, path: list[str]) -> Context:
    """Return what is being written behind a key, perhaps within braces and brackets.

    Args:
        text: The line.
        at: Where the value begins.
        start: The offset of the line.
        path: The keys that lead to the value.
    """
    open_: list[tuple[str, int]] = []  # each bracket, and how many keys lead to it
    is_key, quote, filled = False, "", at  # the last is the end of what is no space
    for index in range(at, len(text)):
        character = text[index]
        fresh = filled <= at
        filled = filled if character.isspace() else index + 1
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and fresh:
            quote = character
        elif (character in "{[" and fresh) or (character in "},]" and open_):
            if character in "{[":
                open_.append((character, len(path)))
            bracket, length = open_[-1]
            del path[length:]
            if character in "}]":
                open_.pop()
            elif bracket == "[":
                path.append("-")
            at, is_key = index + 1, bracket == "{" and character not in "}]"
        elif character == ":" and is_key and text[index + 1 : index + 2] in ("", " "):
            path[open_[-1][1] :] = [text[at:index].strip(" \"'")]
            at, is_key = index + 1, False
    rest = text[at:].lstrip(" ").lstrip("\"'")
    return Context(tuple(path), is_key, rest, start + len(text) - len(rest))


def _keys_above(
    lines: Positions, number: int, indent: int, *, is_item: bool = False
) -> tuple[str, ...]:
    """Return the keys of the blocks that a line of some indentation stands in."""
    found: list[str] = []
    for above in range(number - 1, max(number - _FAR, -1), -1):
        if not indent and not is_item:
            break
        line = lines.line(above)
        body, depth = line.lstrip(" "), _depth(line)
        if not body.strip() or body.startswith("#") or depth > indent:
            continue
        if depth == indent and (not is_item or body.startswith("-")):
            continue
        limit = indent + 1 if is_item else indent
        inside = [key for key, at in _keys_of(line, depth) if at < limit]
        if inside:
            found[:0] = inside
            indent, is_item = depth, body.startswith("-")
    return tuple(found)


def _keys_of(line: str, depth: int) -> list[tuple[str, int]]:
    """Return the dashes and the key at the beginning of a line, each with its column."""
    dashes, at = _dashes(line, depth)
    found = _KEY.match(line, at)
    return [*(("-", column) for column in dashes), *([(found["key"], at)] if found else [])]
