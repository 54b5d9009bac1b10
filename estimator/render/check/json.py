"""What a check finds as JSON: scenarios as they are checked, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from estimator.checks.checked import Checked, Figure, Move, Tally, Turn, Verdict
from estimator.render.answer import lines_json
from estimator.render.check import Findings
from estimator.render.json import SCHEMA, diagnostic_json, dumped, number
from estimator.render.registry import Text

_IN_MEMORY = 1 << 20  # bytes of diagnostics; more of them wait in a file


def to_json(findings: Findings) -> Iterator[str]:
    """Yield one JSON object, laid out as `estimator run` lays out its own.

    Diagnostics stand beside the scenarios, each with the scenario that it was found in. They wait
    in a temporary file until all scenarios are written, so that memory does not grow with them.
    """
    with SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="ascii", newline="\n") as waiting:
        yield f'{{\n  "schema": {SCHEMA},\n  "scenarios": ['
        yield from _items(_scenarios(findings.results, waiting))
        yield '],\n  "diagnostics": ['
        waiting.seek(0)
        yield from _items(line.rstrip("\n") for line in waiting)
    yield f'],\n  "summary": {_indented(dumped(_summary(findings.tally)), 2)}\n}}\n'


def _items(texts: Iterable[str]) -> Iterator[str]:
    """Yield the items of a list that is indented once, as far as they have come."""
    before = "\n    "
    for text in texts:
        yield before + text.replace("\v", "\n")
        before = ",\n    "
    if before[0] == ",":
        yield "\n  "


def _scenarios(results: Iterable[Checked], waiting: IO[str]) -> Iterator[str]:
    """Yield each scenario as JSON; what is wrong with it goes to what waits, a line each."""
    for checked in results:
        for found in checked.found:
            content = {"scenario": checked.file or None, **diagnostic_json(found)}
            # a control character stands in no JSON, so that this one can stand for a line end
            waiting.write(_indented(dumped(content), 4).replace("\n", "\v") + "\n")
        if checked.file:
            yield _indented(dumped(_scenario(checked)), 4)


def _indented(text: str, spaces: int) -> str:
    return text.replace("\n", "\n" + " " * spaces)


def _scenario(checked: Checked) -> dict[str, Any]:
    return {
        "name": checked.name,
        "file": checked.file,
        "outcome": checked.outcome,
        "skipped": checked.skipped or None,
        "variants_left_out": list(checked.left_out),
        "digest": checked.digest or None,
        "summary": lines_json(checked.answer),
        "expectations": [_verdict(verdict) for verdict in checked.verdicts],
        "moves": [_move(move) for move in checked.moves],
    }


def _verdict(verdict: Verdict) -> dict[str, Any]:
    outcome = verdict.outcome
    return {
        "check": outcome.check,
        "variant": outcome.variant or None,
        "unknown": list(outcome.unknown),
        "status": outcome.status,
        "left": outcome.left or None,
        "right": outcome.right or None,
        "ratio": number(outcome.ratio),
        "chance": number(outcome.chance),
        "not_refuted": outcome.is_unrefuted,
        "missed_by": verdict.missed or None,
        "reason": outcome.reason or None,
        "owner": outcome.owner or None,
        "until": outcome.until or None,
        "line": outcome.place.line,
        "start": outcome.place.start,
        "end": outcome.place.end,
        "derivation": verdict.derivation or None,
        "robust": verdict.is_firm,
        "break_even": [_turn(turn) for turn in verdict.turns],
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "name": turn.name,
        "value": number(turn.value),
        "factor": number(turn.factor),
        "text": turn.words,
    }


def _move(move: Move) -> dict[str, Any]:
    return {
        "name": move.name,
        "before": _figure(move.before),
        "after": _figure(move.after),
        "factor": number(move.factor),
        "tolerance": move.tolerance,
        "beyond_tolerance": move.beyond,
        "by_version": move.by_version,
    }


def _figure(figure: Figure | None) -> dict[str, Any] | None:
    if figure is None:
        return None
    return {"value": number(figure.value), "unit": figure.unit, "text": figure.text}


def _summary(tally: Tally) -> dict[str, Any]:
    """Return the counts, which are whole when all results have come."""
    outcomes = ("holds", "fails", "wrong", "skipped")
    statuses = ("pass", "fail", "warn", "waived", "undecided")
    return {
        "text": tally.words,
        "exit_code": tally.code,
        "scenarios": {outcome: tally.scenarios[outcome] for outcome in outcomes},
        "expectations": {status: tally.expectations[status] for status in statuses},
        "problems": {letter: tally.problems[letter] for letter in "EFW"},
        "moved": tally.moved,
    }


RENDERER = Text(to_json, endings=(".json",))
