"""What an editor underlines: what is wrong, expectations that fail, and how to mend it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from estimator.checks.checked import RULES
from estimator.checks.failure_messages import context, failure, missed
from estimator.diagnostics import Diagnostic, Label, Place, Severity
from estimator.editor.document import Document
from estimator.editor.semantic_tokens import Role
from estimator.evaluate import Outcome

_SEVERITIES = {"fail": "error", "warn": "warning", "waived": "information"}
_QUOTED = re.compile(r"`([^`]+)`")
_WRITE = re.compile(r"write `[^`]+`(?: or `[^`]+`)?")
_READINGS = re.compile(r"\(`([^`]+)`(?: or `[^`]+`)?\)")


class Finding(NamedTuple):
    """Something to underline.

    Attributes:
        start: Its first character.
        end: Where it ends.
        severity: `error`, `warning` or `information`.
        code: The code of the rule.
        message: What is wrong, and what to do.
        labels: Other places that matter.
        fixes: What may stand there instead.
    """

    start: int
    end: int
    severity: str
    code: str
    message: str
    labels: tuple[Label, ...] = ()
    fixes: tuple[str, ...] = ()


def findings(document: Document) -> list[Finding]:
    """Return everything to underline in a file."""
    found = [_finding(d, document) for d in document.found]
    report = document.estimate.report if document.estimate else None
    for outcome in report.expectations if report else ():
        if outcome.status in _SEVERITIES and outcome.place.source is document.source:
            found.append(_expectation(outcome))
    return found


def _finding(diagnostic: Diagnostic, document: Document) -> Finding:
    place, labels, before = diagnostic.place, diagnostic.labels, ""
    own = place is not None and place.source.text == document.source.text
    if place is not None and not own:
        labels = (Label(place, diagnostic.caret or "here"), *labels)
        before = f"{place.source.name}:{place.line}: "
    at = place if own and place is not None else _line_of_file(document, diagnostic)
    parts = [before + diagnostic.message]
    if diagnostic.caret and own:
        parts[0] += f" ({diagnostic.caret})"
    if diagnostic.help:
        parts.append(f"help: {diagnostic.help}")
    severity = "error" if diagnostic.severity is Severity.ERROR else "warning"
    fixes = tuple(replacements(diagnostic)) if own else ()
    last = len(document.source.text)  # what is missing at the end stands behind it
    start, end = min(at.start, last), min(max(at.end, at.start), last)
    message = "\n".join(parts)
    return Finding(
        start, end, severity, diagnostic.rule, message=message, labels=labels, fixes=fixes
    )


def _line_of_file(document: Document, diagnostic: Diagnostic) -> Place:
    """Return where a scenario names the file that is wrong: kinds, or another scenario."""
    tokens = [t for t in document.semantic_tokens if t.role in (Role.PATH, Role.FILE)]
    wrong = os.path.realpath(diagnostic.file)
    paths = {os.path.realpath(document.folder / token.text.value): token for token in tokens}
    token = paths.get(wrong) or next(iter(tokens), None)
    if token is not None:
        return token.text.place
    return Place(document.source, 0, len(document.lines.line(0)))


def _expectation(outcome: Outcome) -> Finding:
    lines = [failure(outcome, missed(outcome)), *context(outcome)]
    place = outcome.place
    severity = _SEVERITIES[outcome.status]
    rule, message = RULES[outcome.status], "\n".join(lines)
    return Finding(place.start, place.end, severity, rule, message=message)


def replacements(diagnostic: Diagnostic) -> Iterator[str]:
    """Yield what the help of a diagnostic says to write in place of what is underlined."""
    help_ = diagnostic.help or ""
    if help_.startswith(("did you mean ", "write the whole name: ")) or _WRITE.fullmatch(help_):
        yield from _QUOTED.findall(help_)
    elif diagnostic.rule == "E017":  # `gb` could be gigabytes (`GB`) or gigabits (`Gb`)
        yield from _READINGS.findall(help_)
