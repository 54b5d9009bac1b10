"""Diagnostics as annotations of GitHub Actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from estimator.diagnostics import Diagnostic, cut
from estimator.diagnostics.rules import rules
from estimator.render.check import Findings
from estimator.render.located import ERROR, FAILURE, NOTE, WARNING, Located, Spot, level, locate
from estimator.render.registry import Text
from estimator.render.sanitize import sanitize

MOST = 10
"""How many errors GitHub shows of a step, and how many warnings; it drops the rest unsaid."""

_LONGEST = 4096  # characters of a message; GitHub has room for 64 KiB, and readers have not


def to_github(findings: Findings) -> Iterator[str]:
    """Yield a workflow command for each of the worst diagnostics, when all results have come.

    GitHub shows ten errors and ten warnings of a step. Where there are more, the last of them says
    how many.
    """
    first: dict[str, list[Located]] = {ERROR: [], FAILURE: [], WARNING: []}
    counts: Counter[str] = Counter()
    for one in locate(findings.results, findings.root):
        how = level(one.found)
        how = WARNING if how == NOTE else how
        counts[how] += 1
        if len(first[how]) < MOST:
            first[how].append(one)
    errors = [*first[ERROR], *first[FAILURE]]
    yield from _commands("error", errors, counts[ERROR] + counts[FAILURE])
    yield from _commands("warning", first[WARNING], counts[WARNING])


def _commands(command: str, found: list[Located], count: int) -> Iterator[str]:
    """Yield a command for each that finds room, of so many in all."""
    room = MOST if count <= MOST else MOST - 1
    for one in found[:room]:
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
    return cut("\n".join(sanitize(line) for line in lines), _LONGEST)


def _data(text: str) -> str:
    """Return text as the runner reads it behind the second `::`."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Return text as the runner reads it as the value of a property."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")


RENDERER = Text(to_github, annotates=True)
