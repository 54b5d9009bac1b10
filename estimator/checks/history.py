"""The versions of scenarios' files: as they are on disk, and as they were at a commit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from glob import has_magic
from pathlib import Path

from estimator.checks.pairing import Version
from estimator.diagnostics import InputError, Problems
from estimator.files.commit import Commit
from estimator.files.project import Input, is_excluded


def versions_now(
    files: Iterable[tuple[Input, bool]], key: Callable[[str, bool], str]
) -> Iterator[Version]:
    """Yield files as they are on disk.

    Args:
        files: The files, and whether the call names each.
        key: What a file is known by, from its path and whether the call names it.
    """
    for input_, named in files:
        file = input_.path
        yield Version(key(file, named), file, _data(input_), Path(file).parent, named=named)


def _data(input_: Input) -> bytes | InputError:
    try:
        return input_.bytes()
    except InputError as error:
        return error


def versions_at(
    past: Commit,
    base: str,
    paths: Sequence[str],
    *,
    now: Sequence[Version],
    exclude: Sequence[str],
    problems: Problems,
) -> Iterator[Version]:
    """Yield the files of a commit that a call means, or that are there now.

    Args:
        past: The commit.
        base: What the call names it.
        paths: The files, folders and patterns of the call.
        now: The files as they are.
        exclude: Patterns of paths that are left out.
        problems: Where it is said what could not be read.
    """
    known = {version.key: version for version in now}
    names = dict.fromkeys(name for path in paths for name in files_at(past, path))
    names.update({key: None for key in known if past.relative(key) or key in past.names})
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
            _add_unread(error, problems)
            data = error
        named = beside is not None and beside.named
        yield Version(name, f"{base}:{file}", data, Path(file).parent, past, named)


def _add_unread(error: InputError, problems: Problems) -> None:
    """Add what could not be read of the past; only git's own failure is an error of the call."""
    for found in error.diagnostics:
        if found.rule == "E044":
            problems.found.append(found)
        else:
            problems.add("W119", found.message, found.place)


def files_at(past: Commit, path: str) -> list[str]:
    """Return the files that a path or a pattern means at a commit, from the repository's root."""
    name = past.relative(path)
    if name is None:
        return []
    if name in past.names:
        return [name]
    if has_magic(path):
        return [n for n in past.names if fnmatchcase(n, name)]
    return past.below(name)
