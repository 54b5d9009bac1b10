"""The files that a call means by paths, folders, patterns and names."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.cli.scenarios import (
    ENDINGS,
    FOLDER,
    find_folder,
    find_scenario,
    project_folders,
    shown,
)
from estimator.diagnostics import Problems

if TYPE_CHECKING:
    from estimator.check.settings import Settings


def called(paths: Sequence[str], settings: Settings) -> tuple[list[str], list[str]]:
    """What a call means: its paths, those of the settings, or the nearest folder `scenarios/`.

    Returns:
        The paths, and patterns of paths that are left out of folders, as seen from here.
    """
    found = list(paths) or [shown(settings.root / path) for path in settings.paths]
    if not found:
        found = [folder] if (folder := _own_folder(settings.root)) else []
    return found, [shown(settings.root / path) for path in settings.exclude]


def _own_folder(root: Path) -> str | None:
    """The nearest folder `scenarios/` of this project, here or above.

    Args:
        root: The folder of the settings; what is above it is somebody else's, too.
    """
    for folder in project_folders():
        if (folder / FOLDER).is_dir():
            return shown(folder / FOLDER)
        if root.is_absolute() and folder == root:
            return None
    return None


def scenario_files(
    paths: Sequence[str],
    problems: Problems,
    *,
    exclude: Sequence[str] = (),
    may_be_none: bool = False,
) -> Iterator[tuple[str, bool]]:
    """The files, each once, and whether the call names them; without paths those of `scenarios/`.

    Args:
        paths: Files, folders, patterns such as `teams/*/*.yaml`, names, or `-`.
        problems: Where it is told what is not there.
        exclude: Patterns of paths that are left out of folders.
        may_be_none: Is it right that there are none?
    """
    if not paths:
        folder = find_folder()
        if folder is None and not may_be_none:
            problems.add("E001", "there is no folder `scenarios/` here", help="name a file")
        paths = [] if folder is None else [folder]
    seen: set[str] = set()
    for name in paths:
        for path, named in _files(name, problems, may_be_none=may_be_none):
            whole = os.path.realpath(path)
            if whole not in seen and (named or not is_excluded(path, exclude)):
                seen.add(whole)
                yield path, named


def _files(name: str, problems: Problems, *, may_be_none: bool) -> list[tuple[str, bool]]:
    """The files that one word means."""
    if os.path.isdir(name):  # noqa: PTH112 - unlike Path's, it never raises
        found = [(path, False) for path in below(name, problems)]
        if not found and not may_be_none:
            problems.add("E001", f"there are no YAML files in `{name}`")
        return found
    if glob.has_magic(name) and not os.path.exists(name):  # noqa: PTH110
        matched = sorted(glob.glob(name, recursive=True))  # noqa: PTH207 - as the user writes it
        found = []
        for path in matched:
            inside = list(below(path, problems)) if Path(path).is_dir() else [path]
            found += [(file, False) for file in inside if file.endswith(ENDINGS)]
        if not found and not may_be_none:
            problems.add("E001", f"no YAML file matches `{name}`")
        return found
    known = find_scenario(name, problems)
    return [] if known is None else [(known, True)]


def below(folder: str, problems: Problems) -> Iterator[str]:
    """The YAML files of a folder and those in it, but for hidden ones; links are followed, once.

    Args:
        folder: The folder.
        problems: Where it is told which folders may not be read.
    """

    def unreadable(error: OSError) -> None:
        reason = str(error.strerror).lower()
        problems.add("E001", f"the folder `{error.filename}` cannot be read: {reason}")

    seen: set[str] = set()
    for here, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        whole = os.path.realpath(here)
        if whole in seen:
            folders.clear()  # a link back to where it came from, or to what was there already
            continue
        seen.add(whole)
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        for file in sorted(files):
            path = os.path.normpath(os.path.join(here, file))  # noqa: PTH118 - many of them
            if file.endswith(ENDINGS) and not file.startswith(".") and not _is_odd(path):
                yield path


def _is_odd(path: str) -> bool:
    """Is it a pipe, a socket or a device, which would be waited for?"""
    try:
        mode = Path(path).stat().st_mode
    except OSError:
        return False  # a link that leads nowhere: reading it says so
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Does a path match one of some patterns, or lie in a folder that does?"""
    shown = Path(path).as_posix()
    return any(fnmatchcase(shown, p) or fnmatchcase(shown, f"{p}/*") for p in patterns)
