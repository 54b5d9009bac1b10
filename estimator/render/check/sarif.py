"""Diagnostics as SARIF 2.1.0, which code scanning and editors read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from estimator.checks.checked import Tally
from estimator.diagnostics import Diagnostic
from estimator.diagnostics.rules import Rule, rules
from estimator.render.check import Findings
from estimator.render.json import dumped
from estimator.render.located import (
    ERROR,
    FAILURE,
    NOTE,
    WARNING,
    Located,
    Spot,
    level,
    locate,
)
from estimator.render.registry import Text
from estimator.render.rule.markdown import rule_markdown
from estimator.render.rule.text import rule_text
from estimator.render.sanitize import sanitize
from estimator.version import __version__

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {ERROR: "error", FAILURE: "error", WARNING: "warning", NOTE: "note"}
_ROOT = "%SRCROOT%"  # what readers call the checkout


def to_sarif(findings: Findings) -> Iterator[str]:
    """Yield a log with one run: the rules, and a result for each diagnostic as they come.

    A result has a place, or code scanning refuses the log: what is wrong with the call itself is a
    notification of the run instead.
    """
    numbers = {code: index for index, code in enumerate(rules())}
    yield f'{{\n"$schema": {dumped(_SCHEMA)},\n"version": "2.1.0",\n"runs": [{{\n'
    yield f'"tool": {dumped(_tool(), None)},\n"columnKind": "unicodeCodePoints",\n"results": ['
    notifications = []
    before = "\n"
    for one in locate(findings.results, findings.root):
        if one.spot is None:
            notifications.append(_notification(one.found, numbers))
            continue
        yield before + dumped(_result(one, one.spot, numbers), None)
        before = ",\n"
    invocation = _invocation(findings.tally, notifications)
    yield f'\n],\n"invocations": [{dumped(invocation, None)}]\n}}]\n}}\n'


def _tool() -> dict[str, Any]:
    described = [_rule(rule) for rule in rules().values()]
    return {"driver": {"name": "estimator", "version": __version__, "rules": described}}


def _rule(rule: Rule) -> dict[str, Any]:
    how = _LEVELS[level(Diagnostic(rule.code, rule.title))]
    about = " ".join(rule.about.split())
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": about},
        "help": {"text": rule_text(rule).rstrip(), "markdown": rule_markdown(rule)},
        "defaultConfiguration": {"level": how},
        "properties": {"problem.severity": "recommendation" if how == "note" else how},
    }


def _result(one: Located, spot: Spot, numbers: Mapping[str, int]) -> dict[str, Any]:
    related = [_related(*label, index) for index, label in enumerate(one.labels)]
    return {
        **_said(one.found, numbers),
        "locations": [{"physicalLocation": _physical(spot)}],
        **({"relatedLocations": related} if related else {}),
        "partialFingerprints": {"estimator/v1": one.fingerprint},
    }


def _said(found: Diagnostic, numbers: Mapping[str, int]) -> dict[str, Any]:
    index = numbers.get(found.rule)
    lines = [found.message, *found.notes, *([f"help: {found.help}"] if found.help else ())]
    return {
        "ruleId": found.rule,
        **({} if index is None else {"ruleIndex": index}),
        "level": _LEVELS[level(found)],
        "message": {"text": _message("\n".join(sanitize(line) for line in lines))},
    }


def _related(spot: Spot, text: str, index: int) -> dict[str, Any]:
    return {
        "id": index,
        "physicalLocation": _physical(spot),
        "message": {"text": _message(sanitize(text))},
    }


def _message(text: str) -> str:
    """Return text as a message has it: braces are doubled, and nothing is a link.

    In a message, `{0}` is an argument and `[text](target)` a link.
    """
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _physical(spot: Spot) -> dict[str, Any]:
    region = {"startLine": spot.line}
    if spot.column:
        region |= {"startColumn": spot.column}
        region |= {"endLine": spot.end_line, "endColumn": spot.end_column}
    return {"artifactLocation": _artifact(spot.path), "region": region}


def _artifact(path: str) -> dict[str, str]:
    """Return a file as a URI: relative to the checkout, or whole where it lies outside."""
    for kind in (PurePosixPath, PureWindowsPath):
        if kind(path).is_absolute():
            return {"uri": kind(sanitize(path)).as_uri()}
    return {"uri": quote(path, errors="replace"), "uriBaseId": _ROOT}


def _notification(found: Diagnostic, numbers: Mapping[str, int]) -> dict[str, Any]:
    said = _said(found, numbers)
    rule = {"id": said.pop("ruleId")}
    index = said.pop("ruleIndex", None)
    return {**said, "associatedRule": rule if index is None else {**rule, "index": index}}


def _invocation(tally: Tally, notifications: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how the run went; it did not succeed where something could not be judged."""
    listed = {"toolConfigurationNotifications": notifications} if notifications else {}
    return {"executionSuccessful": tally.code != 2, "exitCode": tally.code, **listed}


RENDERER = Text(to_sarif, endings=(".sarif", ".sarif.json"))
