"""Diagnostics as annotations of GitHub Actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from estimator.diagnostics import Diagnostic
from estimator.diagnostics.rules import rules
from estimator.render.check import Findings
from estimator.render.located import ERROR, FAILURE, Located, Spot, level, locate
from estimator.render.registry import Text
from estimator.render.sanitize import sanitize

MOST = 10
"""How many errors GitHub shows of a step, and how many warnings; it drops the rest unsaid."""

_LONGEST = 4096  # characters of a message; GitHub has room for 64 KiB, and readers have not


class _Worst:
    """The first few of a kind, and how many there are in all."""

    def __init__(self) -> None:
        self.kept: list[Located] = []
        self.count = 0

    def add(self, one: Located) -> None:
        self.count += 1
        if len(self.kept) < MOST:
            self.kept.append(one)


class _Annotations(NamedTuple):
    errors: _Worst
    failures: _Worst
    warnings: _Worst


def to_github(findings: Findings) -> Iterator[str]:
    """Yield a workflow command for each of the worst diagnostics, when all results have come.

    GitHub shows ten errors and ten warnings of a step. Where there are more, the last of them says
    how many.
    """
    found = _Annotations(_Worst(), _Worst(), _Worst())
    for one in locate(findings.results, findings.root):
        how = level(one.found)
        worst = found.errors if how == ERROR else found.warnings
        (found.failures if how == FAILURE else worst).add(one)
    yield from _commands("error", found.errors, found.failures)
    yield from _commands("warning", found.warnings)


def _commands(command: str, *worst: _Worst) -> Iterator[str]:
    count = sum(w.count for w in worst)
    shown = [one for w in worst for one in w.kept]
    room = MOST if count <= MOST else MOST - 1
    for one in shown[:room]:
        yield _command(command, _message(one.found), **_properties(one))
    if count > room:
        more = f"{count - room:,} more {command}s are in the log and in the summary of the step"
        yield _command(command, more, title="estimator check")


def _command(command: str, message: str, **properties: str | int) -> str:
    """Return a line that the runner reads as a command."""
    said = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{command}{' ' if said else ''}{said}::{_data(message)}\n"


def _properties(one: Located) -> dict[str, str | int]:
    where = {} if one.spot is None else _where(one.spot)
    rule = rules().get(one.found.rule)
    return {**where, "title": f"{one.found.rule}: {rule.title}" if rule else one.found.rule}


def _where(spot: Spot) -> dict[str, str | int]:
    where: dict[str, str | int] = {"file": sanitize(spot.path), "line": spot.line}
    where["endLine"] = spot.end_line
    if spot.column and spot.line == spot.end_line:
        # GitHub takes columns on one line only
        where |= {"col": spot.column, "endColumn": spot.end_column}
    return where


def _message(found: Diagnostic) -> str:
    lines = [found.message, *found.notes, *([f"help: {found.help}"] if found.help else ())]
    message = "\n".join(sanitize(line) for line in lines)
    return message if len(message) <= _LONGEST else message[: _LONGEST - 1] + "…"


def _data(text: str) -> str:
    """Return text as the runner reads it behind the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return text as the runner reads it as the value of a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


RENDERER = Text(to_github, annotates=True)
