"""`estimator run --watch`: scenarios computed again whenever one of their files is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from estimator.cli.terminal import Color
from estimator.diagnostics import InputError
from estimator.files.project import yaml_files

if TYPE_CHECKING:
    from estimator.api import Report, Scenario
    from estimator.cli.estimates import Compute
    from estimator.files.project import Input
    from estimator.render.page import Part
    from estimator.render.run import Estimates, Shown

_Seen: TypeAlias = Mapping[Path, object]

_POLL = 0.2  # seconds between two looks at the files
_SETTLE = 0.05  # for so long a file must stay as it is before it counts as saved
_PATIENCE = 1.0  # for so long an editor may take to save, or leave a file empty or away
_BETWEEN = f"\n{'-' * 80}\n\n"


def watch_files(scenarios: list[Input], compute: Compute, shown: Shown, color: Color) -> None:
    """Show scenarios, again after each save, until somebody interrupts or nobody reads.

    Args:
        scenarios: The scenarios.
        compute: What computes one of them.
        shown: How much of each is shown.
        color: When to color.
    """
    from estimator.cli.estimates import computed
    from estimator.cli.terminal import end_colors, reader_has_left
    from estimator.diagnostics import Problems
    from estimator.render.run import Estimates

    paths = [scenario.path for scenario in scenarios]
    good: dict[str, Report] = {}
    beside: dict[str, list[Path]] = {}
    first = True
    try:
        while not reader_has_left():
            files = _watched(paths, beside)
            seen = _look(files)  # before computing: what is saved meanwhile is seen afterwards
            problems = Problems()
            done = list(computed(scenarios, [compute], problems))
            problems.sort()
            beside |= {d.path: _beside(d.scenario) for d in done if d.scenario is not None}
            seen = _look(set(_watched(paths, beside)) - set(seen)) | seen
            reports = [d.report for d in done if d.report is not None]
            _show(Estimates(reports, problems.found, good, shown), color, first=first)
            _say_what_is_watched(seen, first=first)
            good |= {report.file: report for report in reports}
            first = False
            _wait(seen)
    except KeyboardInterrupt:
        end_colors()
        raise


def _watched(paths: Iterable[str], beside: Mapping[str, list[Path]]) -> list[Path]:
    return [f for path in paths for f in (Path(path), *beside.get(path, []))]


def _beside(loaded: Scenario) -> list[Path]:
    """Return the files and folders that a scenario depends on: its kinds, and other scenarios."""
    from estimator.api import paths_beside

    return [loaded.folder / path for path in paths_beside(loaded)]


def _look(files: Iterable[Path]) -> dict[Path, object]:
    """Return what tells one state of the files from another."""
    return {file: _state(file) for file in files}


def _state(file: Path) -> object:
    try:
        if file.is_dir():
            return tuple((f.name, _state(f)) for f in yaml_files(file))
        found = file.stat()
    except (OSError, ValueError, InputError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _is_half_written(file: Path) -> bool:
    """Return whether a file is missing or empty, as some editors leave it for a moment."""
    try:
        return file.stat().st_size == 0
    except (OSError, ValueError):
        return True


def _wait(seen: _Seen) -> None:
    """Return once a file is another than the one seen, and stays as it is for a moment."""
    now: _Seen = seen
    while now == seen:
        time.sleep(_POLL)
        now = _look(seen)
        if now == seen:
            continue
        until = time.monotonic() + _PATIENCE
        before: _Seen = {}
        while time.monotonic() < until and (now != before or _any_half_written(now, seen)):
            before = now
            time.sleep(_SETTLE)
            now = _look(seen)


def _any_half_written(now: _Seen, seen: _Seen) -> bool:
    return any(_is_half_written(file) for file in now if now[file] != seen[file])


def _show(estimates: Estimates, color: Color, *, first: bool) -> None:
    from estimator.cli.terminal import clear, clears, complain, is_drawn, put, show, width
    from estimator.render.run.table import page

    if clears():
        clear()
    elif not first:
        put(_BETWEEN)
    marked = estimates if is_drawn(color) else estimates._replace(before={})
    show(page(marked, width(sys.stdout)), color)
    show(_changes(estimates.reports, estimates.before), color)
    if estimates.diagnostics:
        complain(estimates.diagnostics, color)


def _changes(reports: Sequence[Report], before: Mapping[str, Report]) -> list[Part]:
    """Return a table for each scenario of what moved in it, or a line where nothing did."""
    from estimator.api import moved
    from estimator.render.changes import changed_table

    known = [report for report in reports if report.file in before]
    page: list[Part] = []
    for report in known:
        title = "Changed" if len(reports) == 1 else f"Changed in {report.name}"
        table = changed_table(moved(before[report.file], report), title)
        if table.rows:
            page += ["", table]
    return page if page or not known else ["", "Nothing changed."]


def _say_what_is_watched(seen: _Seen, *, first: bool) -> None:
    """Say which files are watched, and for which it waits."""
    from estimator.cli.terminal import clears, note

    away = [file for file, state in seen.items() if state is None]
    if not (first or away or clears()):
        return
    watched = "watching " + ", ".join(map(str, seen))
    waits = "; waiting for " + ", ".join(map(str, away)) if away else ""
    note()
    note(f"{watched}{waits}; Ctrl-C ends")
