"""What a check finds as JUnit XML: a suite for each scenario, a case for each expectation.

The elements and attributes are those that both common schemas know, of Jenkins and of Ant.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from estimator.checks.checked import Checked, Move, Verdict
from estimator.diagnostics import Diagnostic
from estimator.render.check import Findings
from estimator.render.located import ERROR, NOTE, WARNING, level, relative, spot_of, unlisted
from estimator.render.registry import Text
from estimator.render.sanitize import sanitize

# What XML 1.0 has no character for, not even as a reference.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PROPERTIES = "    <properties/>\n"


class _Case(NamedTuple):
    """A case: its name, and an element if it is not simply well.

    Attributes:
        name: What it is about.
        kind: `failure`, `error` or `skipped`; empty where all is well.
        type: The rule.
        message: In a line.
        text: What else to know of it.
    """

    name: str
    kind: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


def to_junit(findings: Findings, now: datetime | None = None) -> Iterator[str]:
    """Yield a document with a suite for each scenario, as they come.

    Args:
        findings: What is found.
        now: When the check ran.
    """
    stamp = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%S")
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n'
    for index, checked in enumerate(findings.results):
        yield _suite(checked, index, stamp, findings.root)
    yield "</testsuites>\n"


def _suite(checked: Checked, index: int, stamp: str, root: Path | None) -> str:
    name = relative(checked.file, root).strip() if checked.file else "estimator check"
    cases = list(_cases(checked, root))
    kinds = Counter(case.kind for case in cases)
    attributes = {
        "name": name or "scenario",  # a schema wants more than spaces
        "package": checked.name or "estimator",
        "id": str(index),
        "timestamp": stamp,
        "hostname": "localhost",
        "tests": str(len(cases)),
        "failures": str(kinds["failure"]),
        "errors": str(kinds["error"]),
        "skipped": str(kinds["skipped"]),
        "time": "0",
    }
    warns = (found for found in checked.found if level(found) in (WARNING, NOTE))
    warnings = [_lines(found, checked, root) for found in warns]
    body = "".join(_case(case, name) for case in cases)
    out = _text("\n".join(warnings))
    return (
        f"  <testsuite{_attributes(attributes)}>\n{_PROPERTIES}{body}"
        f"    <system-out>{out}</system-out>\n    <system-err/>\n  </testsuite>\n"
    )


def _cases(checked: Checked, root: Path | None) -> Iterator[_Case]:
    yield _computed(checked, root)
    for verdict in checked.verdicts:
        yield _of_verdict(verdict)
    for move in checked.moves:
        yield _of_move(move)
    for found in unlisted(checked):
        text = _lines(found, checked, root)
        yield _Case("is as in the baseline", "failure", found.rule, found.message, text)


def _computed(checked: Checked, root: Path | None) -> _Case:
    """Return the case that says whether a scenario can be judged at all."""
    name = "can be computed"
    if checked.skipped:
        return _Case(name, "skipped", "", checked.skipped)
    errors = [found for found in checked.found if level(found) == ERROR]
    if not errors:
        return _Case(name)
    text = "\n".join(_lines(found, checked, root) for found in errors)
    return _Case(name, "error", errors[0].rule, errors[0].message, text)


def _of_verdict(verdict: Verdict) -> _Case:
    outcome = verdict.outcome
    if outcome.status == "waived":
        message = f"waived until {outcome.until}: {verdict.missed}"
        return _Case(outcome.title, "skipped", "", message, outcome.reason)
    if outcome.status != "fail":
        return _Case(outcome.title)
    said = [verdict.derivation, verdict.until_when]
    said += [f"reason: {outcome.reason}" if outcome.reason else ""]
    said += [f"owner: {outcome.owner}" if outcome.owner else ""]
    said += [f"its waiver ended on {outcome.until}" if outcome.until else ""]
    text = "\n".join([f"line {outcome.place.line}: {outcome.title}", *filter(None, said)])
    return _Case(outcome.title, "failure", "F001", verdict.missed or "it does not hold", text)


def _of_move(move: Move) -> _Case:
    name = f"{move.name} is as in the baseline"
    if not move.beyond:
        return _Case(name)
    before, after = move.texts
    message = f"it was {before}, and is {after}"
    text = f"tolerance: {move.tolerance}" if move.tolerance else ""
    rule = "F004" if move.by_version else "F002" if move.after else "F003"
    return _Case(name, "failure", rule, message, text)


def _lines(found: Diagnostic, checked: Checked, root: Path | None) -> str:
    """Return a diagnostic as text, a line for each note."""
    spot = spot_of(found, checked.file, root)
    where = f"{spot.path}:{spot.line}:{spot.column or 1}: " if spot else ""
    lines = [f"{where}{found.rule} {found.message}", *found.notes]
    lines += [f"help: {found.help}"] if found.help else []
    return "\n  ".join(sanitize(line) for line in lines)


# --- XML ------------------------------------------------------------------------------------------


def _case(case: _Case, suite: str) -> str:
    head = _attributes({"name": case.name, "classname": suite, "time": "0"})
    if not case.kind:
        return f"    <testcase{head}/>\n"
    # the schema of Ant wants a type of each but the skipped, and knows none of these
    typed = {} if case.kind == "skipped" else {"type": case.type}
    inner = _attributes({"message": case.message, **typed})
    body = f"<{case.kind}{inner}>{_text(case.text)}</{case.kind}>"
    return f"    <testcase{head}>{body}</testcase>\n"


def _attributes(values: dict[str, str]) -> str:
    return "".join(f" {key}={quoteattr(_allowed(sanitize(text)))}" for key, text in values.items())


def _text(text: str) -> str:
    return escape(_allowed(sanitize(text, lines=True)))


def _allowed(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


RENDERER = Text(to_junit, endings=(".xml",))
