"""`estimator run --watch`: scenarios computed again whenever one of their files is saved."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from estimator.cli.terminal import Color
from estimator.diagnostics import InputError
from estimator.files.project import yaml_files

if TYPE_CHECKING:
    from estimator.cli.scenarios import Computed
    from estimator.diagnostics import Problems
    from estimator.evaluate import Report
    from estimator.files.project import Input
    from estimator.render.tables import Table
    from estimator.scenario.load import Loaded

Compute: TypeAlias = "Callable[[Iterable[Input], Problems], list[Computed]]"
_Seen: TypeAlias = Mapping[Path, object]

_POLL = 0.2  # seconds between two looks at the files
_SETTLE = 0.05  # for so long a file must stay as it is before it counts as saved
_PATIENCE = 1.0  # for so long an editor may take to save, or leave a file empty or away
_BETWEEN = f"\n{'-' * 80}\n\n"


def watch_files(scenarios: list[Input], compute: Compute, color: Color) -> None:
    """Show scenarios, again after each save, until somebody interrupts or nobody reads.

    Args:
        scenarios: The scenarios.
        compute: What computes them.
        color: When to colour.
    """
    from estimator.cli.terminal import end_colors, reader_has_left
    from estimator.diagnostics import Problems

    paths = [scenario.path for scenario in scenarios]
    good: dict[str, Report] = {}
    libraries: dict[str, list[Path]] = {}
    first = True
    try:
        while not reader_has_left():
            files = _watched(paths, libraries)
            seen = _look(files)  # before computing: what is saved meanwhile is seen afterwards
            problems = Problems()
            done = compute(scenarios, problems)
            libraries |= {d.path: _library(d.loaded) for d in done if d.loaded is not None}
            seen = _look(set(_watched(paths, libraries)) - set(seen)) | seen
            reports = [d.report for d in done if d.report is not None]
            _show(reports, good, problems, color, first=first)
            _say_what_is_watched(seen, first=first)
            good |= {report.file: report for report in reports}
            first = False
            _wait(seen)
    except KeyboardInterrupt:
        end_colors()
        raise


def _watched(paths: Iterable[str], libraries: Mapping[str, list[Path]]) -> list[Path]:
    return [f for path in paths for f in (Path(path), *libraries.get(path, []))]


def _library(loaded: Loaded) -> list[Path]:
    """The files and folders with kinds that a scenario names."""
    return [loaded.folder / entry.value for entry in loaded.scenario.library or []]


def _look(files: Iterable[Path]) -> dict[Path, object]:
    """What tells one state of the files from another."""
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
    """Is a file away or empty, as some editors leave it for a moment?"""
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


def _show(
    reports: list[Report],
    before: Mapping[str, Report],
    problems: Problems,
    color: Color,
    *,
    first: bool,
) -> None:
    from estimator.cli.terminal import clear, clears, complain, is_ascii, is_drawn, put, put_drawn

    if clears():
        clear()
    elif not first:
        put(_BETWEEN)
    changes = _changes(reports, before)
    ascii_ = is_ascii(sys.stdout)
    if is_drawn(color):
        from estimator.render.table import draw, draw_page

        put_drawn(lambda console: draw(reports, console, ascii=ascii_, before=before), color)
        put_drawn(lambda console: draw_page(changes, console, ascii=ascii_), color)
    else:
        from estimator.render.plain import page_text, to_text

        put(to_text(reports, ascii=ascii_) + page_text(changes, ascii=ascii_))
    if problems.found:
        complain(problems.found, color)


def _changes(reports: list[Report], before: Mapping[str, Report]) -> list[str | Table]:
    """A table for each scenario of what moved in it, or a line where nothing did."""
    from estimator.analyse.compare import compare
    from estimator.render.changes import changed_table

    known = [report for report in reports if report.file in before]
    page: list[str | Table] = []
    for report in known:
        title = "Changed" if len(reports) == 1 else f"Changed in {report.name}"
        table = changed_table(compare(before[report.file], report), title)
        if table.rows:
            page += ["", table]
    return page if page or not known else ["", "Nothing changed."]


def _say_what_is_watched(seen: _Seen, *, first: bool) -> None:
    """Tell which files are watched, and for which it waits."""
    from estimator.cli.terminal import clears, note

    away = [file for file, state in seen.items() if state is None]
    if not (first or away or clears()):
        return
    watched = "watching " + ", ".join(map(str, seen))
    waits = "; waiting for " + ", ".join(map(str, away)) if away else ""
    note()
    note(f"{watched}{waits}; Ctrl-C ends")
