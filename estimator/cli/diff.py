"""`estimator diff`: what changed between two versions of scenarios, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from enum import StrEnum
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.candidates import paths as path_names
from estimator.cli.options import Colored, Output, format_for
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.check.versions import Compared, Version
    from estimator.diagnostics import InputError, Problems
    from estimator.files.project import Input
    from estimator.files.snapshot import Commit


class Format(StrEnum):
    """How differences are written."""

    table = "table"
    json = "json"
    markdown = "markdown"


def diff(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="A B | [PATH...]",
            help="Two files or folders; with --base, files, folders, patterns and names, "
            "scenarios/ without one.",
            show_default=False,
            autocompletion=path_names,
        ),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="Compare with a branch, tag or commit of git; with ... behind it, with the commit "
            "at which this branch left it.",
            show_default=False,
        ),
    ] = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to write what is different; table unless --output has another ending.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if anything is different.")
    ] = False,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Ignore the settings of the project.")
    ] = False,
    color: Colored = Color.auto,
) -> int:
    """Show what two versions of scenarios say differently, what comes of it, and why.

    Each changed input has its share of the change in servers, storage and cost; the shares add up
    to the whole. With --base the older version is read from git, without another checkout. The exit
    code is 0, or 2 if the input or the call is wrong.
    """
    from estimator.check.versions import compared
    from estimator.cli.terminal import complain
    from estimator.diagnostics import Problems

    problems = Problems()
    if output is not None and str(output) == "-":
        output = None
    chosen = format_for(format_, output, Format, problems)
    if chosen is None:
        complain(problems.found, color)
        return 2
    versions = (
        _of_two(paths or [], problems)
        if base is None
        else _of_git(paths or [], base, problems, isolated=isolated)
    )
    found: list[Compared] = []
    if versions is not None and not problems.errors:
        before, after, shown = versions
        found = list(compared(before, after))
        if not found and base is None:
            problems.add("E042", "there is nothing to compare", help="name two files or folders")
    else:
        shown = base or ""
    problems.found.extend(d for one in found for d in one.found)
    written = _write(found, shown, problems, chosen, output, color)
    if problems.found:
        complain(problems.found, color)
    if problems.errors or not written:
        return 2
    different = any(one.status != "same" for one in found)
    return 1 if exit_code and different else 0


if TYPE_CHECKING:
    _Versions = tuple[list[Version], list[Version], str]


def _of_two(paths: list[str], problems: Problems) -> _Versions | None:
    """The scenarios of two files, or of two folders."""
    if len(paths) != 2:
        problems.add(
            "E034",
            f"two files or folders are compared, and here {_are(len(paths))}",
            help="write `estimator diff OLD NEW`, or `estimator diff --base origin/main`",
        )
        return None
    before, after = (list(_on_disk(path, problems)) for path in paths)
    folders = [os.path.isdir(path) for path in paths]  # noqa: PTH112 - unlike Path's, never raises
    if folders[0] != folders[1] and not problems.errors:
        problems.add("E034", "a file is compared with a file, and a folder with a folder")
    if not any(folders):  # two files are compared whatever they are called
        title = Path(paths[1]).name
        before, after = ([v._replace(key=title) for v in vs] for vs in (before, after))
    return before, after, paths[0]


def _are(count: int) -> str:
    return {0: "there are none", 1: "there is one"}.get(count, f"there are {count}")


def _on_disk(path: str, problems: Problems) -> Iterator[Version]:
    from estimator.check.versions import Version
    from estimator.cli.files import scenario_files
    from estimator.files.project import typed

    for input_, named in scenario_files([typed(path)], problems, follows=True, may_be_none=True):
        file = input_.path
        key = Path(file).name if named else Path(os.path.relpath(file, path)).as_posix()
        yield Version(key, file, _data(input_), Path(file).parent, named=named)


def _data(input_: Input) -> bytes | InputError:
    from estimator.diagnostics import InputError

    try:
        return input_.bytes()
    except InputError as error:
        return error


def _of_git(paths: list[str], base: str, problems: Problems, *, isolated: bool) -> _Versions | None:
    """The scenarios as they were at a commit, and as they are."""
    from estimator.check.settings import Settings, read_settings
    from estimator.check.versions import Version
    from estimator.cli.files import called, is_excluded, scenario_files
    from estimator.diagnostics import InputError
    from estimator.files.project import Project
    from estimator.files.snapshot import snapshot

    settings = Settings() if isolated else read_settings(problems)
    past = snapshot(base, problems)
    if past is None or problems.errors:
        return None
    words, exclude = called(paths, settings)
    words = words or [Input("scenarios", Project.around(os.curdir))]
    there = [
        w for w in words if has_magic(w.path) or os.path.lexists(w.path) or not _were(past, w.path)
    ]
    after = []
    files: Iterable[tuple[Input, bool]] = ()
    if there:
        files = scenario_files(there, problems, follows=True, exclude=exclude, may_be_none=True)
    for input_, named in files:
        file = input_.path
        key = past.relative(file) or file
        after.append(Version(key, file, _data(input_), Path(file).parent, named=named))
    known = {version.key: version for version in after}
    names = dict.fromkeys([n for word in words for n in _were(past, word.path)])
    names.update({key: None for key in known if past.relative(key) or key in past.names})
    before = []
    seen: set[str] = set()
    for name in sorted(names, key=lambda n: n not in known):
        beside = known.get(name)
        file = beside.file if beside else os.path.relpath(past.root / name)
        if name not in past.names or (beside is None and is_excluded(file, exclude)):
            continue
        data: bytes | InputError
        try:
            followed = past.followed(name)
            if followed in seen:
                continue  # a link to what is there already
            seen.add(followed)
            data = past.data(name, file)
        except InputError as error:
            _tell_unread(error, problems)
            data = error
        named = beside is not None and beside.named
        before.append(Version(name, f"{base}:{file}", data, Path(file).parent, past, named))
    return before, after, base


def _tell_unread(error: InputError, problems: Problems) -> None:
    """Say what could not be read of the past; only git's own failure is an error of this call."""
    for found in error.diagnostics:
        if found.rule == "E044":
            problems.found.append(found)
        else:
            problems.add("W119", found.message, found.place)


def _were(past: Commit, word: str) -> list[str]:
    """The files of a commit that a path or a pattern means, from the root of the repository."""
    from fnmatch import fnmatchcase

    name = past.relative(word)
    if name is None:
        return []
    if name in past.names:
        return [name]
    if has_magic(word):
        return [n for n in past.names if fnmatchcase(n, name)]
    return past.below(name)


# --- output ---------------------------------------------------------------------------------------


def _write(
    found: list[Compared],
    base: str,
    problems: Problems,
    format_: Format,
    output: Path | None,
    color: Color,
) -> bool:
    """Write what is different; give whether that went well."""
    from estimator.cli.terminal import complain, put, show
    from estimator.diagnostics import InputError
    from estimator.files.write import write_whole
    from estimator.render.difference import page, to_markdown
    from estimator.render.plain import page_text

    if format_ is Format.table and output is None:
        if found:
            show(page(found, base), color)
        return True
    if format_ is Format.json:
        from estimator.render.difference_json import to_json

        text = to_json(found, base, problems.found)
    elif format_ is Format.markdown:
        text = to_markdown(found, base)
    else:
        text = page_text(page(found, base))
    if output is None:
        put(text)
        return True
    try:
        write_whole(
            output, text, [file for one in found for file in (one.before, one.after) if file]
        )
    except InputError as error:
        complain(error.diagnostics, color)
        return False
    return True
