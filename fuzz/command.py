"""The command line, called in this process; and what must hold of all that it prints."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Hashable, Iterable
from importlib import import_module
from typing import Any, NamedTuple

from estimator.cli.terminal import Color, complain, guarded
from estimator.diagnostics import Diagnostic, InputError
from fuzz.fault import Fault

OWN_FAULT = "internal error in estimator: "
_RULE = re.compile(r"\b[EFW]\d{3}\b")
_ERROR = re.compile(r"^error\[?(E\d{3})", re.MULTILINE)
_UNSEEN = re.compile(
    "[\\x00-\\x09\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]"
)
"""What moves a terminal's cursor, or reverses or hides text; line ends are not among it."""
_QUOTED = re.compile(r"`[^`]*`|[\d.,]+")
_ORDER = re.compile(r"^[^\S\n]*::|##\[", re.MULTILINE)
"""What a CI system takes as a command."""


class Answer(NamedTuple):
    """What a call gives: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def call(command: str, *arguments: Any, given: bytes = b"", **options: Any) -> Answer:
    """Call a command's function, with bytes as its standard input.

    The library that reads the words of a call takes several times as long as the command itself, so
    that the function is called as `estimator.cli.app` would, between the same guarded streams: what
    is raised here would be an internal fault there.

    Args:
        command: The command's name.
        arguments: What its function takes.
        given: Standard input.
        options: What else it takes; `format_` is the name of a format.
    """
    module = import_module(f"estimator.cli.commands.{command}")
    before = sys.stdin, sys.stdout, sys.stderr
    streams = [io.TextIOWrapper(io.BytesIO(), "utf-8", newline="") for _ in range(2)]
    try:
        sys.stdin = io.TextIOWrapper(io.BytesIO(given), "utf-8")
        sys.stdout, sys.stderr = streams
        with guarded():
            try:
                code = getattr(module, command)(*arguments, **options)
            except InputError as error:
                complain(error.diagnostics, Color.never)
                code = 2
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    out, err = (stream.buffer.getvalue().decode("utf-8") for stream in streams)
    return Answer(code, out, err)


def asked(command: str, *arguments: Any, given: bytes = b"", **options: Any) -> Hashable:
    """Call a command, hold its answer against what must be, and return the outcome.

    Args:
        command: The command's name.
        arguments: What its function takes.
        given: Standard input.
        options: What else it takes; `format_` is the name of a format.

    Raises:
        Fault: Where it went wrong in itself, by its own word or by its exit code, or prints what
            a terminal, a CI system or a reader of the format would stumble over.
    """
    format_ = options.get("format_", "table")
    answer = call(command, *arguments, given=given, **options)
    if OWN_FAULT in answer.err + answer.out and OWN_FAULT.encode() not in given:
        said = [line for line in (answer.err + answer.out).splitlines() if OWN_FAULT in line]
        raise Fault("traceback", said[0][:300])
    check_seen(answer.err, "standard error")
    check_format(answer.out, format_)
    wrong = set(_ERROR.findall(answer.err))
    if answer.code not in (0, 1, 2):
        raise Fault("exit", f"the exit code is {answer.code}")
    if wrong and answer.code != 2:
        raise Fault("exit", f"{', '.join(sorted(wrong))} is told, and the exit code {answer.code}")
    if answer.code == 2 and not _RULE.search(answer.err + answer.out):
        raise Fault("exit", "the exit code is 2, and nothing says why")
    lines = (answer.err + answer.out).splitlines()
    outcome = frozenset(_shape(n) for n in lines if len(n) < 400 and _RULE.search(n))
    return answer.code, command, format_, outcome


def check_seen(text: str, where: str, *, orders: bool = True) -> None:
    """Hold text for people to what a terminal and a CI system only show.

    Raises:
        Fault: With the character that is more than text.
    """
    found = _UNSEEN.search(text) or (_ORDER.search(text) if orders else None)
    if found is not None:
        around = text[max(0, found.start() - 40) : found.end() + 20]
        raise Fault("control", f"{where} has {found[0]!r} in {around!r}")


def check_format(text: str, format_: str) -> None:
    """Hold text for machines to its format.

    Raises:
        Fault: Where it is no such format.
    """
    if format_ in ("json", "sarif", "gitlab", "junit"):
        try:
            if format_ == "junit":
                ElementTree.fromstring(text)
            elif text:
                json.loads(text, parse_constant=_no_number)
        except (ValueError, ElementTree.ParseError) as error:
            raise Fault("format", f"what is printed is no {format_}: {error}") from None
        return
    if format_ == "csv":
        lines = list(csv.reader(io.StringIO(text)))
        if len({len(line) for line in lines}) > 1:
            raise Fault("format", "the lines of the CSV have different lengths")
        text = text.replace("\r\n", "\n")
    check_seen(text, "standard output", orders=format_ not in ("github", "csv"))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no number in JSON")


def told(found: Iterable[Diagnostic]) -> Hashable:
    """Return what is said by diagnostics, which tells one outcome from another."""
    found = tuple(found)
    rules(found)
    return frozenset((one.rule, _shape(one.message)) for one in found)


def _shape(message: str) -> str:
    """Return a message without what is quoted in it, and without numbers."""
    return _QUOTED.sub("", message)[:60]


def rules(found: Iterable[Diagnostic]) -> frozenset[str]:
    """Return the codes of diagnostics.

    Raises:
        Fault: Where one is of the program's own going wrong, or points outside of its text.
    """
    codes = set()
    for one in found:
        if one.rule == "E099":
            raise Fault("traceback", one.message[:300])
        places = [one.place, *(label.place for label in one.labels)]
        for place in places:
            if (
                place is not None
                and not 0 <= place.start <= place.end <= len(place.source.text) + 1
            ):
                raise Fault("format", f"{one.rule} points at {place.start} to {place.end}")
        codes.add(one.rule)
    return frozenset(codes)
