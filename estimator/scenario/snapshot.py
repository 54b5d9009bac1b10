"""Files at one moment: as they are, read once, or as they were at a commit, read from git."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

from estimator.diagnostics import InputError, Problems, Source
from estimator.scenario.read import read_bytes, source_of

_LINK = "120000"  # the mode of a symbolic link


class Snapshot(ABC):
    """Files with kinds as they are, or were, at one moment; there are no others."""

    @abstractmethod
    def files(self, path: Path) -> list[Path] | None:
        """The file at a path, or the YAML files of a folder; None where there is neither."""

    @abstractmethod
    def source(self, file: Path) -> Source:
        """The text of a file.

        Raises:
            InputError: It cannot be read, or is no text.
        """


class Taken(Snapshot):
    """The kinds that a scenario names, read at once; what is computed with them is what was read.

    Args:
        paths: Files and folders.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._listed: dict[str, list[Path] | None] = {}
        self._data: dict[str, bytes | Problems] = {}
        for path in paths:
            found = None
            if os.path.exists(path):  # noqa: PTH110 - unlike Path's, it never raises
                found = sorted(path.glob("*.y*ml")) if path.is_dir() else [path]
            self._listed[str(path)] = found
            for file in found or ():
                problems = Problems()
                data = read_bytes(str(file), str(file), problems)
                self._data[str(file)] = problems if problems.errors else data

    def files(self, path: Path) -> list[Path] | None:
        """What there was at one of the paths."""
        return self._listed[str(path)]

    def source(self, file: Path) -> Source:
        """What one of the files had in it."""
        data = self._data[str(file)]
        if isinstance(data, Problems):
            raise InputError(data.found)
        return source_of(data, str(file))

    @property
    def digest(self) -> str:
        """A digest of all of it: what is there, and what is in it."""
        digest = hashlib.sha256()
        for path, found in self._listed.items():
            digest.update(f"{path}\0{None if found is None else len(found)}\0".encode())
            for file in found or ():
                data = self._data[str(file)]
                told = b"?" if isinstance(data, Problems) else hashlib.sha256(data).digest()
                digest.update(f"{file.name}\0".encode() + told)
        return digest.hexdigest()


class Commit(Snapshot):
    """The YAML files of a commit, each read from git when it is asked for.

    Args:
        root: The folder of the repository.
        commit: The commit.
        name: What the user calls it.
        blobs: The objects of the files with their modes, by path from the root.
    """

    def __init__(
        self, root: Path, commit: str, name: str, blobs: Mapping[str, tuple[str, str]]
    ) -> None:
        self.root = root
        self.commit = commit
        self.name = name
        self._blobs = blobs

    def source(self, file: Path) -> Source:
        """What a file had in it, by its path in the working tree."""
        return source_of(self.data(os.path.realpath(file)), f"{self.name}:{file}")

    def data(self, path: str) -> bytes:
        """What a file had in it, by its real path; a link is followed.

        Raises:
            KeyError: It was not there.
        """
        name = self.followed(Path(path).relative_to(self.root).as_posix())
        return _git(self.root, "cat-file", "blob", self._blobs[name][1])

    def followed(self, name: str) -> str:
        """The path from the root of the file that a path means, perhaps by links.

        Raises:
            KeyError: There was no such file.
        """
        for _ in range(8):  # links may point to links
            mode, blob = self._blobs[name]
            if mode != _LINK:
                return name
            link = _git(self.root, "cat-file", "blob", blob).decode("utf-8", "replace")
            name = os.path.normpath(PurePosixPath(name).parent / link)
        raise KeyError(name)

    def files(self, path: Path) -> list[Path] | None:
        """The file at a path, or the YAML files of a folder; None where there was neither."""
        relative = self.relative(path)
        if relative is None:
            return None  # outside of the repository, of which the commit knows nothing
        if relative in self._blobs:
            return [path]
        start = "" if relative == "." else f"{relative}/"
        inside = [n.removeprefix(start) for n in self._blobs if n.startswith(start)]
        if not inside:
            return None
        return sorted(path / n for n in inside if "/" not in n and fnmatch(n, "*.y*ml"))

    @property
    def names(self) -> Collection[str]:
        """The paths of the files from the root, with forward slashes."""
        return self._blobs.keys()

    def relative(self, path: str | Path) -> str | None:
        """A path from the root; `.` for the root itself, None for what is outside of it."""
        folder = os.path.realpath(Path(path).parent)  # a link itself stays one
        whole = os.path.normpath(os.path.join(folder, Path(path).name))  # noqa: PTH118
        try:
            return Path(whole).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def below(self, folder: str) -> list[str]:
        """The YAML files in a folder and those in it, but for hidden ones, from the root.

        Args:
            folder: The folder, from the root; `.` for all.
        """
        start = "" if folder == "." else f"{folder}/"
        found = [n for n in self._blobs if n.startswith(start)]
        hidden = (
            n for n in found if any(p.startswith(".") for p in n.removeprefix(start).split("/"))
        )
        return sorted(set(found) - set(hidden))


class _GitError(Exception):
    """What git said, in a line."""


def snapshot(name: str, problems: Problems) -> Commit | None:
    """The files of a commit, or None with what is in the way added to `problems` (E044).

    Args:
        name: A branch, a tag or a commit; with `...` behind it, where the current branch left it.
        problems: Where it is told what is wrong.
    """
    bare = name.removesuffix("...")
    here = Path.cwd()
    try:
        top = _git(here, "rev-parse", "--show-toplevel").decode().rstrip("\n")
    except _GitError as error:
        message = f"`--base {name}` needs git, and a repository: {error}"
        problems.add("E044", message, help="compare two files instead: `estimator diff OLD NEW`")
        return None
    root = Path(os.path.realpath(top))
    commit = ""
    try:
        commit = _commit(root, bare)
        if bare != name:
            commit = _git(root, "merge-base", commit, "HEAD").decode().strip()
    except _GitError:
        message = f"there is no commit `{bare}` in this repository"
        help_ = _fetch(root, bare)
        if bare != name and commit:
            message = f"no commit is known from which both `{bare}` and this branch come"
            help_ = "`git fetch --unshallow` brings all commits of a shallow clone"
        problems.add("E044", message, help=help_)
        return None
    try:
        listing = _git(root, "ls-tree", "-r", "-z", "--full-tree", commit)
    except _GitError as error:
        problems.add(
            "E044", f"the files of `{bare}` cannot be read: {error}", help=_fetch(root, bare)
        )
        return None
    blobs = {}
    for line in listing.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = line.partition("\t")
        if path.endswith((".yaml", ".yml")):
            mode, kind, blob, *_ = about.split()
            if kind == "blob":
                blobs[path] = (mode, blob)
    return Commit(root, commit, name, blobs)


def _commit(root: Path, name: str) -> str:
    if not name or name.startswith("-"):
        raise _GitError("not a valid name")
    return _git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()


def _fetch(root: Path, name: str) -> str:
    """How to get a commit that is not there."""
    remote, _, branch = name.partition("/")
    try:
        remotes = _git(root, "remote").decode().split()
        shallow = _git(root, "rev-parse", "--is-shallow-repository").decode().strip() == "true"
    except _GitError:
        remotes, shallow = [], False
    if shallow and re.search(r"[~^@]", name):  # a commit before one that is there
        what = "`git fetch --unshallow` brings all, and `git fetch --deepen=10` ten more"
    elif not re.fullmatch(r"[\w](?!.*\.\.)[\w./-]*", name):
        return "`git branch --all` and `git tag` list what there is"
    elif remote in remotes and branch:
        what = f"`git fetch --depth=1 {remote} {branch}:refs/remotes/{name}` brings it"
    elif remotes:
        what = (
            f"`git fetch --depth=1 {remotes[0]} {name}` brings a commit, and `FETCH_HEAD` names it"
        )
    else:
        what = "`git branch --all` lists the branches that there are"
    return (
        f"this clone is shallow, so that it has the last commits only: {what}" if shallow else what
    )


def _git(folder: Path, *words: str) -> bytes:
    """What git prints.

    Raises:
        _GitError: It is not there, or says no.
    """
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "--no-optional-locks", *words],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        )
    except OSError as error:
        raise _GitError(f"git cannot be run: {str(error.strerror).lower()}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _GitError(said[0].removeprefix("fatal: ") if said else "git says no")
    return done.stdout
