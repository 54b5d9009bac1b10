"""`estimator diff`: what changed between two versions of scenarios, and why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import paths as path_names
from estimator.cli.options import (
    Colored,
    Isolated,
    Output,
    SchemaVersion,
    argument,
    format_option,
    option,
)
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.api.versions import Compared, Version
    from estimator.files.commit import Commit
    from estimator.files.project import Input


def diff(
    paths: Annotated[
        list[str] | None,
        argument(
            "A B | [PATH...]",
            "Two files or folders; with --base, files, folders, patterns and names."
            " [default with --base: scenarios/]",
            offers=path_names,
        ),
    ] = None,
    base: Annotated[
        str | None,
        option(
            "REF",
            "Compare with a branch, tag or commit of git; with ... after it, with the commit"
            " where this branch began.",
        ),
    ] = None,
    format_: Annotated[str | None, format_option("diff", "the differences", by_ending=True)] = None,
    schema_version: SchemaVersion = None,
    output: Output = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 if anything is different.")
    ] = False,
    isolated: Isolated = False,
    color: Colored = Color.auto,
) -> int:
    """Compare two versions of scenarios, and say why results differ.

    Attributes the change in servers, storage and cost to the inputs that changed; the shares add up
    to the whole. With --base, the older version is read from git, without another checkout. The
    exit code is 0, or 2 if the input or the call is wrong.
    """
    from estimator.api.versions import compared
    from estimator.render.diff import Differences

    call = Call("diff", color, format_, output, schema_version=schema_version)
    if not call.is_written:
        return call.end()
    versions = (
        _of_two(paths or [], call)
        if base is None
        else _of_git(paths or [], base, call, isolated=isolated)
    )
    found: list[Compared] = []
    if not call.problems.errors:
        found = list(compared(versions.before, versions.after))
        if not found and base is None:
            call.problems.add(
                "E042", "there is nothing to compare", help="name two files or folders"
            )
    call.problems.found.extend(d for one in found for d in one.found)
    is_empty = not found and call.output is None and call.format == "table"
    sources = [file for one in found for file in (one.before, one.after) if file]
    result = Differences(found, versions.base, call.problems.found)
    code = call.end(None if is_empty else result, sources)
    return code or int(exit_code and any(one.status != "same" for one in found))


class _Versions(NamedTuple):
    """Two versions of some scenarios, and what the older is called."""

    before: Sequence[Version] = ()
    after: Sequence[Version] = ()
    base: str = ""


def _of_two(paths: list[str], call: Call) -> _Versions:
    """Return the scenarios of two files, or of two folders."""
    if len(paths) != 2:
        are = {0: "there are none", 1: "there is one"}.get(len(paths), f"there are {len(paths)}")
        call.refuse(
            f"`diff` compares two files or folders, but {are}",
            "write `estimator diff OLD NEW`, or `estimator diff --base origin/main`",
        )
        return _Versions()
    before, after = (_on_disk(path, call) for path in paths)
    folders = [os.path.isdir(path) for path in paths]  # noqa: PTH112 - unlike Path's, never raises
    if folders[0] != folders[1] and not call.problems.errors:
        call.refuse("a file is compared with a file, and a folder with a folder")
    if not any(folders):  # two files are compared whatever they are called
        title = Path(paths[1]).name
        before, after = ([v._replace(key=title) for v in vs] for vs in (before, after))
    return _Versions(before, after, paths[0])


def _on_disk(path: str, call: Call) -> list[Version]:
    from estimator.api.versions import versions_now
    from estimator.cli.files import scenario_files
    from estimator.files.project import typed

    def key(file: str, named: bool) -> str:
        return Path(file).name if named else Path(os.path.relpath(file, path)).as_posix()

    words = [typed(path)]
    files = scenario_files(words, call.problems, follows=True, may_be_none=True)
    return list(versions_now(files, key))


def _of_git(paths: list[str], base: str, call: Call, *, isolated: bool) -> _Versions:
    """Return the scenarios as they were at a commit, and as they are."""
    from estimator.api import project_settings
    from estimator.api.versions import versions_at, versions_now
    from estimator.cli.files import called, scenario_files
    from estimator.files.commit import snapshot
    from estimator.files.project import Input, Project

    settings = project_settings(call.problems, isolated=isolated)
    past = snapshot(base, call.problems)
    if past is None or call.problems.errors:
        return _Versions(base=base)
    words, exclude = called(paths, settings)
    words = words or [Input("scenarios", Project.around(os.curdir))]
    there = [w for w in words if has_magic(w.path) or _is_there(w.path, past)]
    files: Iterable[tuple[Input, bool]] = ()
    if there:
        files = scenario_files(
            there, call.problems, follows=True, exclude=exclude, may_be_none=True
        )
    now = list(versions_now(files, lambda file, _: past.relative(file) or file))
    names = [word.path for word in words]
    before = versions_at(past, base, names, now=now, exclude=exclude, problems=call.problems)
    return _Versions(list(before), now, base)


def _is_there(path: str, past: Commit) -> bool:
    """Return whether a file is to be compared: it is there now, or was not at the commit either."""
    from estimator.api.versions import files_at

    return os.path.lexists(path) or not files_at(past, path)
