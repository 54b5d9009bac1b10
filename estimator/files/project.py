"""The project that a file belongs to: what its files may name, and how those are read.

A repository decides what is in it: names, links, pipes. So what it names is read by its project,
which refuses what leads out of it. What the user typed is read whatever it is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatch, fnmatchcase
from pathlib import Path, PurePath
from typing import NamedTuple

from estimator.diagnostics import InputError, Problems, Source, refusal
from estimator.files.read import LARGEST, NAME_IT, any_bytes, refuse, regular_bytes, source_of

SCENARIOS = "scenarios"
"""The folder in which scenarios are found by their names."""

ENDINGS = (".yaml", ".yml")
"""How the names of scenarios' files end."""

SETTINGS = ("estimator.toml", "pyproject.toml")
"""The files that a project's settings may stand in."""

_OURS = re.compile(rb"^[ \t]*\[tool\.estimator", re.MULTILINE)
_REPOSITORY = ".git"


class Project(NamedTuple):
    """The folder that files may name others in.

    Attributes:
        root: Its path, without links.
    """

    root: str

    @staticmethod
    def around(folder: str | Path) -> Project:
        """Return the project of the files in a folder.

        Its root is the nearest folder with `.git`, here or above; else the nearest with settings;
        else the current folder, if this one lies in it; else the one that `scenarios` lies in; else
        this folder. The top of the file system is none, unless it has `.git` or settings.
        """
        real = os.path.realpath(folder)
        above = own_folders(real)
        if _has(above[-1], _REPOSITORY):
            return Project(above[-1])
        marked = (here for here in above if _has_settings(here))
        named = (os.path.dirname(f) for f in above if os.path.basename(f) == SCENARIOS)  # noqa: PTH119, PTH120
        here = os.path.realpath(os.curdir)
        current = [here] if Project(here).holds(real) else []
        roots = [*current, *named, real]
        found = next(marked, None) or next((r for r in roots if os.path.dirname(r) != r), real)  # noqa: PTH120
        return Project(found)

    def holds(self, real: str) -> bool:
        """Return whether it contains a path without links."""
        return real == self.root or real.startswith(os.path.join(self.root, ""))  # noqa: PTH118

    def real(self, path: str | Path, help: str) -> str:
        """Return a path without links.

        Args:
            path: The path.
            help: What to do where it leads out.

        Raises:
            InputError: E046 where it leads out of the project, E001 where it is no path.
        """
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError) as error:
            refuse(error, str(path), str(path))
        if not self.holds(real):
            message = f"`{path}` leads out of the project, whose root is `{self.root}`"
            raise refusal("E046", message, help=help)
        return real

    def bytes(self, path: str | Path, largest: int = LARGEST, help: str = NAME_IT) -> bytes:
        """Return what a regular file of the project has in it; links within it are followed.

        Raises:
            InputError: E046 where it leads out of the project, E001 where it cannot be read, E004
                where it is too large.
        """
        return regular_bytes(self.real(path, help), str(path), largest)

    def yaml_files(self, path: Path, help: str) -> list[Path] | None:
        """Return the YAML files of a folder, or a path to something else; None for nothing.

        Raises:
            InputError: E046 where it leads out of the project, E001 where it cannot be read.
        """
        real = self.real(path, help)
        if os.path.isdir(real):  # noqa: PTH112 - unlike Path's, it never raises
            return yaml_files(path)
        return [path] if os.path.lexists(real) else None


class Input(NamedTuple):
    """A file to be read.

    Attributes:
        path: What the user calls it; `-` for standard input.
        project: The project that named it; None for what the user typed.
    """

    path: str
    project: Project | None

    @property
    def name(self) -> str:
        """Return its name in messages."""
        return "<stdin>" if self.path == "-" else self.path

    def bytes(self, largest: int = LARGEST) -> bytes:
        """Return what is in it.

        Raises:
            InputError: It cannot be read, or may not.
        """
        if self.project is None:
            return any_bytes(self.path, largest)
        return self.project.bytes(self.path, largest)

    def source(self, *, largest: int = LARGEST, mark: bool = False) -> Source:
        """Return its text.

        Args:
            largest: The most bytes that it may have.
            mark: Keep the byte order mark that some editors begin a file with.

        Raises:
            InputError: It cannot be read, or is no text.
        """
        return source_of(self.bytes(largest), self.name, mark=mark)


def typed(path: str) -> Input:
    """Return the input that the user typed the path of: a file, a link, a pipe, or `-`."""
    return Input(path, None)


# --- folders --------------------------------------------------------------------------------------


def own_folders(folder: str | Path) -> list[str]:
    """Return a folder and those above it, the nearest first, up to the repository's.

    What is above the repository is somebody else's. So is, where there is none, a folder above
    with settings or a repository that neither the user, nor root, nor the folder's owner made.
    """
    real = os.path.realpath(folder)
    found: list[str] = []
    owners = {_owner(real), 0, *([os.geteuid()] if hasattr(os, "geteuid") else [])}
    while True:
        marks = [p for n in (_REPOSITORY, *SETTINGS) if os.path.lexists(p := os.path.join(real, n))]  # noqa: PTH118
        if found and not {_owner(mark) for mark in marks} <= owners:
            return found
        found.append(real)
        above = os.path.dirname(real)  # noqa: PTH120
        if above == real or _has(real, _REPOSITORY):
            return found
        real = above


def _owner(path: str) -> int:
    try:
        return os.lstat(path).st_uid
    except (OSError, ValueError):
        return 0


def _has(folder: str, name: str) -> bool:
    return os.path.lexists(os.path.join(folder, name))  # noqa: PTH118


def _has_settings(folder: str) -> bool:
    """Return whether a folder has settings of this program."""
    if _has(folder, SETTINGS[0]):
        return True
    with suppress(InputError):
        file = os.path.join(folder, SETTINGS[1])  # noqa: PTH118
        return _OURS.search(regular_bytes(file, file)) is not None
    return False


def yaml_files(folder: str | Path) -> list[Path]:
    """Return the YAML files of a folder.

    Raises:
        InputError: E001 where it cannot be read.
    """
    return [Path(folder, name) for name in names_in(folder) if fnmatch(name, "*.y*ml")]


def shown(path: Path) -> str:
    """Return a path as it is called from the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Return whether a path matches one of some patterns, or lies in a folder that does."""
    if not patterns:
        return False
    file = PurePath(path)
    ways = [way for here in (file, *file.parents) if (way := here.as_posix()) not in (".", "/")]
    return any(fnmatchcase(way, pattern) for pattern in patterns for way in ways)


def names_in(folder: str | Path) -> list[str]:
    """Return the names of what a folder has in it, in order.

    Raises:
        InputError: E001 where it cannot be read.
    """
    try:
        return sorted(os.listdir(folder))  # noqa: PTH208 - many of them
    except OSError as error:
        raise _unreadable(error, str(folder)) from None


def _unreadable(error: OSError, folder: str) -> InputError:
    reason = str(error.strerror).lower()
    return refusal("E001", f"the folder `{folder}` cannot be read: {reason}")


def left_by(path: str | Path) -> tuple[str, Project] | None:
    """Return the first link by which a path leaves the project that the link is in, if any.

    Args:
        path: The path; what it names need not be there.

    Returns:
        The link, and the project that it leaves.
    """
    here = ""
    for part in Path(path).absolute().parts:
        here = os.path.join(here, part)  # noqa: PTH118
        if os.path.islink(here):  # noqa: PTH114 - unlike Path's, it never raises
            project = home(here)
            if project is not None and not project.holds(os.path.realpath(here)):
                return here, project
    return None


def home(link: str | Path) -> Project | None:
    """Return the project that a link lies in; None where that is the machine, as in `/dev`."""
    folder = os.path.dirname(Path(link).absolute())  # noqa: PTH120
    project = Project.around(folder)
    is_marked = _has(project.root, _REPOSITORY) or _has_settings(project.root)
    is_current = project.root == os.path.realpath(os.curdir)
    return project if is_marked or is_current else None


# --- finding scenarios ----------------------------------------------------------------------------


class Walk(NamedTuple):
    """A way through the folders of a project.

    Attributes:
        project: The project, which is not left.
        problems: Where it says what cannot be read, and which links lead out.
        follows: Are links followed within the project? Else they are passed over.
        is_left_out: Is a path not wanted?
    """

    project: Project
    problems: Problems
    follows: bool
    is_left_out: Callable[[str], bool]

    def below(self, folder: str) -> Iterator[str]:
        """Yield the YAML files of a folder and of those in it, but for hidden ones, each once."""
        for here, files in self._folders(folder):
            for file in files:
                if file.endswith(ENDINGS):
                    yield os.path.normpath(os.path.join(here, file))  # noqa: PTH118 - many of them

    def _folders(self, start: str) -> Iterator[tuple[str, list[str]]]:
        """Yield a folder and those in it, each once, with the names of the files in them."""
        seen: set[str] = set()
        waiting = [(start, os.path.realpath(start))]
        while waiting:
            folder, whole = waiting.pop()
            if os.path.islink(folder):  # noqa: PTH114
                whole = os.path.realpath(folder)
            if whole in seen:
                continue  # a link back to where it came from, or to what was there already
            seen.add(whole)
            folders, files = self._listed(folder or os.curdir)
            yield folder, files
            join = os.path.join
            waiting += [(join(folder, f), join(whole, f)) for f in reversed(folders)]

    def _listed(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders, and of the files, that a folder has in it."""
        folders, files = [], []
        try:
            with os.scandir(folder) as entries:
                found = sorted(entries, key=lambda e: e.name)
        except OSError as error:
            self.problems.found.extend(_unreadable(error, folder).diagnostics)
            return [], []
        for entry in found:
            if entry.name.startswith(".") or (entry.is_symlink() and not self.follows):
                continue
            if not _is_folder(entry):
                files.append(entry.name)
            elif not self._leads_out(entry.path):
                folders.append(entry.name)
        return folders, files

    def _leads_out(self, folder: str) -> bool:
        """Return whether it is a link to elsewhere, and report it unless it is left out anyway."""
        path = os.path.normpath(folder)
        if not os.path.islink(path) or self.project.holds(os.path.realpath(path)):  # noqa: PTH114
            return False
        if not self.is_left_out(path):
            self.problems.add(
                "W118",
                f"the folder `{path}` leads out of the project, and is not looked into",
                help="name the folder that it leads to in the call to look into it",
            )
        return True

    def matching(self, pattern: str) -> list[str]:
        """Return the paths that match a pattern such as `teams/*/*.yaml`, in their order."""
        anchor = Path(pattern).anchor
        parts = Path(pattern).parts[1:] if anchor else Path(pattern).parts
        found: list[str] = []
        # A folder is looked into once for each part, however many ways lead there.
        seen: set[tuple[str, int]] = set()
        waiting = [(anchor, 0)]
        while waiting:
            path, at = waiting.pop()
            if at == len(parts):
                found.append(path)
                continue
            state = (os.path.realpath(path), at)
            if state not in seen:
                seen.add(state)
                waiting += self._next(path, at, parts)
        return sorted(dict.fromkeys(found))

    def _next(self, path: str, at: int, parts: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Yield the paths that match one part more, each with the part that comes next.

        Args:
            path: What the parts before match.
            at: The part.
            parts: All of them.
        """
        from glob import has_magic  # which no single file needs

        join = os.path.join
        part, after = parts[at], at + 1
        if part == "**":
            yield path, after
            yield from ((join(path, name), at) for name in self._listed(path or os.curdir)[0])
        elif not has_magic(part):
            whole = join(path, part)
            is_folder = os.path.isdir(whole)  # noqa: PTH112
            if os.path.lexists(whole) and not (is_folder and self._leads_out(whole)):
                yield whole, after
        else:
            folders, files = self._listed(path or os.curdir)
            names = folders if after < len(parts) else [*folders, *files]
            yield from ((join(path, name), after) for name in names if fnmatchcase(name, part))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False  # a link in a circle: reading it says so
