"""Where the cursor stands, by the lines above it: also while they are no YAML yet."""

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
_FAR = 2_000  # lines that are looked at above the cursor
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
    """What is being written at a character; None within a comment."""
    number = lines.line_of(offset)
    first = _opened(lines, number)
    start = lines.start(first)
    written = [lines.line(n) for n in range(first, number)]
    written.append(lines.line(number)[: offset - lines.start(number)])
    if _comment(written[-1]) is not None:
        return None
    text = ""
    for at, line in enumerate(written, first):  # as long as it is, so that offsets stay right
        end = _comment(line)
        text = text.ljust(lines.start(at) - start) + (line if end is None else line[:end])
    text = text.ljust(lines.start(number) - start)
    body = text.lstrip(" ")
    indent = len(text) - len(body)
    path = _keys_above(lines, first, indent, is_item=body.startswith("-"))
    return _within(body, start + indent, path)


def _opened(lines: Positions, number: int) -> int:
    """The line on which braces begin that are open on this line; the line itself if none are."""
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
    """Where a comment begins on a line, or None."""
    quote = ""
    for index, character in enumerate(line):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and line[:index].rstrip(" ")[-1:] in ("", ":", ",", "[", "{", "-"):
            quote = character
        elif character == "#" and line[index - 1 : index] in ("", " ", "\t"):
            return index
    return None


def _within(body: str, start: int, path: tuple[str, ...]) -> Context:
    """What is being written in a line without its indentation."""
    is_item = False
    while body.startswith("-") and body[1:2] in ("", " "):
        path, is_item = (*path, "-"), True
        rest = body[1:].lstrip(" ")
        start += len(body) - len(rest)
        body = rest
    found = None if body.startswith(("{", "[")) else _KEY.match(body)
    if found:
        path = (*path, found["key"])
        rest = body[found.end() :].lstrip(" ")
        return _value(rest, start + len(body) - len(rest), path)
    if body.startswith(("{", "[")):
        return _value(body, start, path)
    return Context(path, not is_item, body, start)


def _value(body: str, start: int, path: tuple[str, ...]) -> Context:
    """What is being written behind a key, perhaps within braces and brackets."""
    open_: list[tuple[str, tuple[str, ...]]] = []
    here, at, is_key, quote = path, 0, False, ""
    filled = 0  # the end of the last character that is no space
    for index, character in enumerate(body):
        fresh = filled <= at
        if not character.isspace():
            filled = index + 1
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'" and fresh:
            quote = character
        elif character in "{[" and fresh:
            open_.append((character, here))
            here, is_key = ((*here, "-"), False) if character == "[" else (here, True)
            at = index + 1
        elif character in "}]" and open_:
            here = open_.pop()[1]
            at, is_key = index + 1, False
        elif character == "," and open_:
            bracket, outer = open_[-1]
            here, is_key = ((*outer, "-"), False) if bracket == "[" else (outer, True)
            at = index + 1
        elif character == ":" and is_key and body[index + 1 : index + 2] in ("", " "):
            here = (*open_[-1][1], body[at:index].strip(" \"'"))
            at, is_key = index + 1, False
    rest = body[at:].lstrip(" ").lstrip("\"'")
    return Context(here, is_key, rest, start + len(body) - len(rest))


def _keys_above(
    lines: Positions, number: int, indent: int, *, is_item: bool = False
) -> tuple[str, ...]:
    """The keys of the blocks that a line of some indentation stands in."""
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
        inside = [key for key, at in _keys_of(body, depth) if at < limit]
        if inside:
            found[:0] = inside
            indent, is_item = depth, body.startswith("-")
    return tuple(found)


def _keys_of(body: str, depth: int) -> list[tuple[str, int]]:
    """The dashes and the key at the beginning of a line, each with its column."""
    keys: list[tuple[str, int]] = []
    while body.startswith("- "):
        rest = body[1:].lstrip(" ")
        keys.append(("-", depth))
        depth += len(body) - len(rest)
        body = rest
    found = _KEY.match(body)
    return [*keys, (found["key"], depth)] if found else keys
