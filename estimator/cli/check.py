"""`estimator check`: whether estimates hold what they promise, as a gate in CI."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.candidates import paths as path_names
from estimator.cli.options import (
    Colored,
    MaybeDraws,
    MaybeSeed,
    Output,
    Settings,
    Variant,
    format_for,
)
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from rich.console import Console

    from estimator.check.cache import Cache
    from estimator.check.checked import Asking, Checked
    from estimator.check.gate import Gate
    from estimator.check.settings import Settings as Project
    from estimator.files.project import Input
    from estimator.render.check_text import Line


class Format(StrEnum):
    """How findings are written."""

    full = "full"
    concise = "concise"
    json = "json"
    github = "github"
    junit = "junit"
    sarif = "sarif"
    gitlab = "gitlab"
    markdown = "markdown"


_TEXT = (Format.full, Format.concise)


def check(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PATH...]",
            help="Files, folders, patterns, names found in scenarios/, or - for standard input; "
            "scenarios/ without one.",
            show_default=False,
            autocompletion=path_names,
        ),
    ] = None,
    set_: Settings = None,
    variant: Variant = None,
    draws: MaybeDraws = None,
    seed: MaybeSeed = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to write what is found; full unless --output has another ending.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    baseline: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The baseline to compare with; else that of the settings, or the nearest.",
            show_default=False,
            autocompletion=path_names,
        ),
    ] = None,
    update_baseline: Annotated[
        bool,
        typer.Option(
            "--update-baseline", help="Write what there is now as the baseline, for review."
        ),
    ] = False,
    accept_version: Annotated[
        bool,
        typer.Option(
            "--accept-version",
            help="Write into the baseline what moved because of a newer estimator, nothing else.",
        ),
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Pass where there is nothing to check.")
    ] = False,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Ignore the settings of the project.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            max=256,
            help="How many processes check at once; one for each processor without it.",
            show_default=False,
        ),
    ] = None,
    cached: Annotated[
        bool | None,
        typer.Option(
            "--cache/--no-cache",
            help="Use the cache of earlier checks in your own cache folder, or ignore it; by "
            "default it is used, but not in CI.",
            show_default=False,
        ),
    ] = None,
    color: Colored = Color.auto,
) -> int:
    """Check scenarios: their formulas and units, what they expect, and the baseline.

    All that is wrong with all files is told in one run. The exit code is 0 if all is well, 1 if an
    expectation fails or a value moved beyond its tolerance, 2 if the input or the call is wrong.
    """
    from estimator.check.baseline import check_tolerances, read_baseline
    from estimator.check.checked import Asking
    from estimator.check.gate import Gate
    from estimator.check.run import processors
    from estimator.check.settings import Settings as Project
    from estimator.check.settings import read_settings
    from estimator.cli.files import called, scenario_files
    from estimator.cli.scenarios import read_settings as read_overrides
    from estimator.cli.terminal import complain
    from estimator.diagnostics import Problems, Text
    from estimator.files.project import typed

    problems = Problems()
    settings = Project() if isolated else read_settings(problems)
    overrides = read_overrides(set_ or [], problems)
    if output is not None and str(output) == "-":
        output = None
    chosen = format_for(format_, output, Format, problems)
    if chosen is None:
        complain(problems.found, color)
        return 2
    format_ = chosen
    if update_baseline and accept_version:
        message = "`--update-baseline` writes everything, and `--accept-version` only a part of it"
        problems.add("E034", message, help="leave out one of the two")
    if (update_baseline or accept_version) and (overrides or variant is not None):
        message = "a baseline is of the files as they are, not with `--set` or `--variant`"
        problems.add("E034", message, help="leave out one of the two")
    if paths and paths.count("-") > 1:
        problems.add("E001", "standard input can be read only once")
    if problems.errors:
        complain(problems.found, color)
        if format_ not in _TEXT or output is not None:  # whoever reads it finds it there, too
            _write(Gate.of_nothing(settings, problems), format_, output, color)
        return 2
    if draws is not None:
        settings = settings._replace(draws=draws)
    if seed is not None:
        settings = settings._replace(seed=seed)
    if jobs is not None:
        settings = settings._replace(jobs=jobs)
    words, exclude = called(paths or [], settings)
    folders = [w.path for w in words if os.path.isdir(w.path)]  # noqa: PTH112 - never raises
    files = scenario_files(words, problems, follows=True, exclude=exclude, may_be_none=allow_empty)
    found = list(files) if words else []
    file = typed(str(baseline)) if baseline is not None else _baseline_file(settings)
    kept = read_baseline(file, problems)
    if kept is None:
        check_tolerances(settings, problems)
    asked_for = baseline is not None or settings.baseline is not None or accept_version
    if kept is None and asked_for and not update_baseline and not problems.errors:
        problems.add("E043", f"there is no baseline `{file.path}`", help=_WRITES)
    compares = update_baseline or kept is not None
    asking = Asking(
        overrides,
        None if variant is None else Text.of("--variant", variant),
        settings.draws,
        settings.seed,
        (*settings.values, *settings.exact_names) if compares else None,
    )
    cache = _cache(settings, asking, cached)
    gate = Gate(
        found,
        folders,
        settings,
        asking,
        settings.jobs or processors(),
        cache,
        kept,
        update=update_baseline,
        accept_version=accept_version,
        allow_empty=allow_empty,
        problems=problems,
    )
    written = _write(gate, format_, output, color)
    if cache is not None:
        cache.close()
    if written and (update_baseline or (accept_version and kept is not None)):
        written = _update(gate, file)
    return gate.tally.code if written else 2


_WRITES = "`estimator check --update-baseline` writes one"


def _cache(settings: Project, asking: Asking, wanted: bool | None) -> Cache | None:
    """Open the cache of earlier checks, if one is wanted; say where an old one is left.

    Args:
        settings: The project's settings, which may forbid a cache. They cannot ask for one in CI,
            where a pull request writes them.
        asking: What is asked of each scenario.
        wanted: What the call says; None where it says nothing.
    """
    from estimator.check.cache import OLD_FOLDER, Cache, cache_folder, is_in_ci
    from estimator.cli.scenarios import shown
    from estimator.cli.terminal import note
    from estimator.files.project import Project as Files

    if os.path.lexists(settings.root / OLD_FOLDER):
        old = shown(settings.root / OLD_FOLDER)
        note(old, " is not read: the cache is in your own folder now. Delete it.")
    if not (wanted if wanted is not None else settings.cache and not is_in_ci()):
        return None
    folder = cache_folder(Path(Files.around(settings.root).root))
    if folder is None and wanted:
        note("The cache would be in the project, and is not used.")
    return None if folder is None else Cache(folder, asking)


def _baseline_file(settings: Project) -> Input:
    """Return the baseline of the settings, or the nearest of the usual name, or where one would be.

    That is beside the settings, beside the folder `scenarios/`, or at the repository's top, where
    it is found from all folders below.
    """
    from estimator.check.settings import BASELINE
    from estimator.cli.scenarios import shown
    from estimator.files.project import SCENARIOS, Input, own_folders
    from estimator.files.project import Project as Files

    def named(folder: Path, name: str) -> Input:
        return Input(shown(folder / name), Files.around(folder))

    if settings.source is not None:
        return named(settings.root, settings.baseline or BASELINE)
    folders = [Path(folder) for folder in own_folders(os.curdir)]
    for folder in folders:
        if os.path.lexists(folder / BASELINE):
            return named(folder, BASELINE)
    tops = (f for f in folders if os.path.isdir(f / SCENARIOS) or os.path.lexists(f / ".git"))  # noqa: PTH112
    return named(next(tops, folders[0]), BASELINE)


def _update(gate: Gate, baseline: Input) -> bool:
    """Write the baseline, unless something could not be computed; say what became of it."""
    from estimator.cli.terminal import complain, note
    from estimator.diagnostics import InputError
    from estimator.files.write import write_whole

    file = Path(baseline.path)
    if gate.tally.problems["E"]:
        note(f"{file} stays as it is, since not everything can be computed.")
        return True
    try:
        text = gate.new_baseline(file)
        same = gate.baseline is not None and gate.baseline.text == text
        if not same:
            if baseline.project is not None:
                baseline.project.real(file, "name it with `--baseline` to write it")
            write_whole(file, text, [input_.path for input_, _ in gate.files])
    except InputError as error:
        complain(error.diagnostics, Color.auto)
        return False
    if gate.accept_version:
        state = "has nothing of an older version" if same else "has the values of this version"
        note(f"{file} {state}, where nothing else changed.")
        return True
    count = sum(bool(one.digest) for one in gate.kept)
    state = "is up to date with" if same else "is written with"
    note(f"{file} {state} {count} scenario{'' if count == 1 else 's'}.")
    return True


# --- output ---------------------------------------------------------------------------------------


def _write(gate: Gate, format_: Format, output: Path | None, color: Color) -> bool:
    """Write what is found, as it comes; give whether that went well."""
    from estimator.cli.terminal import complain, note, width
    from estimator.diagnostics import InputError
    from estimator.files.write import write_whole

    results = gate.results()
    github = _GitHub(gate, annotates=format_ in _TEXT) if _is_on_github(format_) else None
    if github is not None:
        results = github.noted(results)
    try:
        if output is not None:
            files = [input_.path for input_, _ in gate.files]
            write_whole(output, _text(results, gate, format_), files)
        elif format_ in _TEXT:
            _show(_lines(results, gate, format_, width(sys.stdout)), color)
        else:
            _put(_text(results, gate, format_), annotates=format_ is Format.github)
    except InputError as error:
        complain(error.diagnostics, color)
        return False
    if github is not None:
        github.tell()
    if output is not None or format_ not in _TEXT:
        note(f"{gate.tally.words}.")
    return True


def _is_on_github(format_: Format) -> bool:
    """Are annotations wanted, and the summary of a step?"""
    return os.environ.get("GITHUB_ACTIONS") == "true" and format_ in (*_TEXT, Format.github)


class _GitHub:
    """Tells GitHub what text tells people.

    Args:
        gate: The check.
        annotates: Are annotations to come beside the text?
    """

    def __init__(self, gate: Gate, *, annotates: bool) -> None:
        from estimator.render.github import summary_of_step

        self.gate = gate
        self.annotates = annotates
        self.summary = summary_of_step()
        self.wrong: list[Checked] = []

    def noted(self, results: Iterable[Checked]) -> Iterator[Checked]:
        """Hand on results, and keep what GitHub is to be told of."""
        for checked in self.summary.gather(results):
            if checked.found:
                self.wrong.append(checked)
            yield checked

    def tell(self) -> None:
        """Write annotations into the log, and the summary into its file."""
        from estimator.cli.terminal import complain
        from estimator.diagnostics import InputError
        from estimator.files.write import append
        from estimator.render.github import github
        from estimator.render.located import checkout

        if self.annotates:
            _put(github(self.wrong, self.gate.tally, checkout(os.environ)), annotates=True)
        file = os.environ.get("GITHUB_STEP_SUMMARY")
        if file:
            try:
                append(Path(file), self.summary.text(self.gate.tally))
            except InputError as error:
                complain(error.diagnostics, Color.auto)


def _lines(results: Iterable[Checked], gate: Gate, format_: Format, width: int) -> Iterator[Line]:
    from estimator.render.check_text import concise, full, sanitized

    if format_ is Format.full:
        return sanitized(full(results, gate.tally, width=width))
    return sanitized(concise(results, gate.tally))


def _text(results: Iterable[Checked], gate: Gate, format_: Format) -> Iterator[str]:
    """What is found in one of the formats, piece by piece."""
    if format_ in _TEXT:
        from estimator.cli.terminal import WIDE

        lines = _lines(results, gate, format_, WIDE)
        return ("".join(piece.text for piece in line).rstrip() + "\n" for line in lines)
    from importlib import import_module

    module, function = _RENDERERS[format_]
    render = getattr(import_module(f"estimator.render.{module}"), function)
    pieces: Iterator[str]
    if format_ in _LOCATED:
        from estimator.render.located import checkout

        pieces = render(results, gate.tally, checkout(os.environ))
    else:
        pieces = render(results, gate.tally)
    return pieces


_RENDERERS = {
    Format.json: ("check_json", "check_json"),
    Format.github: ("github", "github"),
    Format.junit: ("junit", "junit"),
    Format.sarif: ("sarif", "sarif"),
    Format.gitlab: ("gitlab", "gitlab"),
    Format.markdown: ("check_markdown", "check_markdown"),
}
_LOCATED = (Format.github, Format.junit, Format.sarif, Format.gitlab)
"""Formats whose paths begin at the checkout."""
_BUFFER = 1 << 16


def _put(pieces: Iterable[str], *, annotates: bool = False) -> None:
    """Print pieces of text, some at a time."""
    from estimator.cli.terminal import put

    pending: list[str] = []
    size = 0
    for piece in pieces:
        pending.append(piece)
        size += len(piece)
        if size >= _BUFFER:
            put("".join(pending), annotates=annotates)
            pending, size = [], 0
    put("".join(pending), annotates=annotates)


def _show(lines: Iterable[Line], color: Color) -> None:
    """Print lines for people."""
    from estimator.cli.terminal import is_ascii, is_drawn, put_drawn
    from estimator.render.sanitize import ascii_only

    shown: Callable[[str], str] = ascii_only if is_ascii(sys.stdout) else str
    if not is_drawn(color):
        _put(shown("".join(p.text for p in line).rstrip()) + "\n" for line in lines)
        return

    def draw(console: Console) -> None:
        from rich.text import Text as RichText

        from estimator.render.marks import may_break

        for line in lines:
            styled = RichText.assemble(*((shown(p.text), p.style) for p in line))
            console.print(styled, soft_wrap=not may_break(styled.plain))

    put_drawn(draw, color)
