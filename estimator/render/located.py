"""Diagnostics as tools outside read them: how bad, in which file and lines, with a fingerprint."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePath
from typing import NamedTuple

from estimator.checks.checked import Checked
from estimator.diagnostics import Diagnostic, Place

ERROR, FAILURE, WARNING, NOTE = "error", "failure", "warning", "note"
"""How bad: what is wrong, what is not as it should be, what only warns, and what is waived."""

_LEVELS = {"E": ERROR, "F": FAILURE, "W": WARNING}
_WAIVED = "W109"
_SHIPPED = ("estimator/library/", "estimator/catalog/")  # what sources of the program are called
_NUMBER = re.compile(r"\d[\d.,]*")


class Spot(NamedTuple):
    """Where something is, as tools outside the program count.

    Attributes:
        path: With forward slashes; relative to the checkout, or absolute for what lies outside.
        line: The first line, counted from 1.
        column: The first character of it, counted from 1 in code points; 0 for the whole file.
        end_line: The line of the last character.
        end_column: The column behind the last character; 0 for the whole file.
    """

    path: str
    line: int = 1
    column: int = 0
    end_line: int = 1
    end_column: int = 0


class Located(NamedTuple):
    """A diagnostic as a tool outside knows it.

    Attributes:
        found: The diagnostic.
        spot: Where it is, or None for what is wrong with the call itself.
        fingerprint: The same in each run, wherever lines have moved; different for each.
        labels: Its labels, and where they are.
    """

    found: Diagnostic
    spot: Spot | None
    fingerprint: str
    labels: tuple[tuple[Spot, str], ...] = ()


def locate(results: Iterable[Checked], root: Path | None = None) -> Iterator[Located]:
    """Yield all diagnostics as results come.

    What is wrong in a file that several scenarios use, such as a kind, is yielded once. Of those a
    hash and a fingerprint each are kept, and of all else nothing.

    Args:
        results: What was found of each scenario.
        root: The folder that paths are relative to; the working directory unless given.
    """
    seen: set[int] = set()
    common: Counter[str] = Counter()  # of the call, and of files besides scenarios
    for checked in results:
        own: Counter[str] = Counter()
        for found in checked.found:
            shared = found.file != checked.file and _is_file(found.file, checked.file)
            if shared:
                key = hash((found.place and found.place[1:], found.file, found.rule, found.message))
                if key in seen:
                    continue
                seen.add(key)
            spot = spot_of(found, checked.file, root)
            counts = common if shared or not checked.file else own
            fingerprint = _fingerprint(found, spot, checked.file, counts)
            yield Located(found, spot, fingerprint, tuple(_labels(found, checked.file, root)))


def level(found: Diagnostic) -> str:
    """Return how bad it is: `error`, `failure`, `warning` or `note`."""
    return NOTE if found.rule == _WAIVED else _LEVELS.get(found.rule[:1], ERROR)


def unlisted(checked: Checked) -> Iterator[Diagnostic]:
    """Yield what fails and is no expectation and no value, such as a scenario that is gone."""
    failing = any(verdict.outcome.status == "fail" for verdict in checked.verdicts)
    names = [f"`{move.name}`" for move in checked.moves if move.beyond]
    for found in checked.found:
        if level(found) != FAILURE or (found.rule == "F001" and failing):
            continue
        if not any(name in found.message for name in names):
            yield found


def checkout(environment: Mapping[str, str]) -> Path | None:
    """Return the folder of the whole checkout, where a CI job says it: paths are relative to it.

    A check may run in a subfolder, and what reads its results knows but the whole.
    """
    named = environment.get("GITHUB_WORKSPACE") or environment.get("CI_PROJECT_DIR")
    return Path(named) if named else None


def spot_of(found: Diagnostic, file: str, root: Path | None = None) -> Spot | None:
    """Return where a diagnostic is; its scenario as a whole where it has no place in a file."""
    if found.place is not None and _is_file(found.file, file):
        return _spot_at(found.place, root)
    return Spot(relative(file, root)) if _is_file(file, file) else None


def _labels(found: Diagnostic, file: str, root: Path | None) -> Iterator[tuple[Spot, str]]:
    for label in found.labels:
        if _is_file(label.place.source.name, file):
            yield _spot_at(label.place, root), label.text


def _spot_at(place: Place, root: Path | None = None) -> Spot:
    """Return where a place is."""
    end_line, end_column = place.source.position(place.end)
    if end_column == 1 and end_line > place.line:
        # the last character is the end of the line before
        end_line -= 1
        end_column = len(place.source.line(end_line)) + 1
    path = relative(place.source.name, root)
    return Spot(path, place.line, place.column, end_line, end_column)


def relative(file: str, root: Path | None = None) -> str:
    """Return a path relative to a folder, with forward slashes; absolute if it lies outside."""
    base, path = Path(root or "").absolute(), Path(file).absolute()
    if ".." in path.parts or not path.is_relative_to(base):
        # a link may lead to the checkout, or out of it and in again
        base, path = base.resolve(), path.resolve()
    return (path.relative_to(base) if path.is_relative_to(base) else path).as_posix()


def _is_file(name: str, scenario: str) -> bool:
    """Return whether a source is a file of the user's: a scenario, a kind or a baseline.

    Others are standard input, options such as `--set`, and what the program has itself.
    """
    if name == scenario:
        return name not in ("", "<stdin>")
    return bool(PurePath(name).suffix) and not name.startswith(("--", *_SHIPPED))


def _fingerprint(found: Diagnostic, spot: Spot | None, file: str, own: Counter[str]) -> str:
    """Return a fingerprint of what is wrong, from the text at its place and not from the line.

    Numbers in a message are left out: they follow the estimate, and the trouble is the same. What
    is there twice in a scenario is counted.
    """
    place, path = found.place, spot.path if spot else file
    text = place.source.text[place.start : place.end] if place is not None else ""
    said = "\0".join((path, found.rule, text, _NUMBER.sub("#", found.message)))
    own[said] += 1
    whole = f"{said}\0{own[said]}".encode("utf-8", "surrogatepass")
    return sha256(whole).hexdigest()[:32]
