"""The files that a scenario names, at one moment: as they are, or read once."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from estimator.diagnostics import InputError, Source
from estimator.files.project import Project, yaml_files
from estimator.files.read import any_bytes, source_of

Read = TypeVar("Read")

ROOT = (
    "keep what a scenario names in the project: its root is the nearest folder with `.git`, or else"
    " with an `estimator.toml`"
)


class Snapshot(ABC):
    """Files with kinds and scenarios as they are, or were, at one moment; there are no others."""

    @abstractmethod
    def real(self, path: Path) -> str:
        """Return what a file is known by, by whatever path and links it is named.

        Raises:
            InputError: It may not be read, such as outside of the project (E046).
        """

    @abstractmethod
    def files(self, path: Path) -> list[Path] | None:
        """Return the file at a path, or the YAML files of a folder; None where there is neither.

        Raises:
            InputError: It may not be read, such as outside of the project (E046).
        """

    @abstractmethod
    def source(self, file: Path) -> Source:
        """Return the text of a file.

        Raises:
            InputError: It cannot be read, or is no text.
        """


class Disk(Snapshot):
    """The files of a project as they are now.

    Args:
        project: The project; nothing outside of it is read.
        unsaved: Texts that take the place of files, by their real paths: what an editor has open.
    """

    def __init__(self, project: Project, unsaved: Mapping[str, str] | None = None) -> None:
        self.project = project
        self._unsaved = unsaved or {}

    @staticmethod
    def around(folder: Path, unsaved: Mapping[str, str] | None = None) -> Disk:
        """Return the files of the project that a folder lies in."""
        return Disk(Project.around(folder), unsaved)

    def real(self, path: Path) -> str:
        """Return the path of a file of the project, without links."""
        return self.project.real(path, ROOT)

    def files(self, path: Path) -> list[Path] | None:
        """Return what there is at a path of the project."""
        real = self.project.real(path, ROOT)
        return [path] if real in self._unsaved else self.project.yaml_files(path, ROOT)

    def source(self, file: Path) -> Source:
        """Return the text of a file of the project."""
        text = self._unsaved.get(self.project.real(file, ROOT))
        if text is not None:
            return Source(str(file), text)
        return source_of(self.project.bytes(file, help=ROOT), str(file))


class Typed(Snapshot):
    """The file or the folder that the user typed the path of, wherever it is.

    Args:
        path: The path.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_folder = os.path.isdir(path)  # noqa: PTH112 - unlike Path's, it never raises
        self._inside = Disk.around(path if self._is_folder else path.parent)

    def real(self, path: Path) -> str:
        """Return the path of a file beside what was typed, without links."""
        return self._inside.real(path)

    def files(self, path: Path) -> list[Path] | None:
        """Return what there is at the path."""
        if path != self._path:
            return self._inside.files(path)
        if self._is_folder:
            return yaml_files(path)
        return [path] if os.path.exists(path) else None  # noqa: PTH110 - unlike Path's, it never raises

    def source(self, file: Path) -> Source:
        """Return the text of the file that was typed, or of one in the folder."""
        if file != self._path:
            return self._inside.source(file)
        return source_of(any_bytes(str(file)), str(file))


def _once(known: dict[str, Read | InputError], path: Path, read: Callable[[Path], Read]) -> Read:
    """Return what is read at a path, or refuse it as it was refused, without a second look."""
    key = str(path)
    if key not in known:
        try:
            known[key] = read(path)
        except InputError as error:
            known[key] = error
    found = known[key]
    if isinstance(found, InputError):
        raise found
    return found


class Taken(Snapshot):
    """Files that are read once; what is computed with them is what was read.

    Args:
        files: Where they are read from.
    """

    def __init__(self, files: Snapshot) -> None:
        self._files = files
        self._listed: dict[str, list[Path] | InputError | None] = {}
        self._sources: dict[str, Source | InputError] = {}

    def real(self, path: Path) -> str:
        """Return what a file is known by."""
        return self._files.real(path)

    def files(self, path: Path) -> list[Path] | None:
        """Return what there was at a path when it was first asked for."""
        return _once(self._listed, path, self._files.files)

    def source(self, file: Path) -> Source:
        """Return what a file had in it when it was first asked for."""
        return _once(self._sources, file, self._files.source)

    def digest(self, paths: Iterable[Path]) -> str:
        """Return a digest of files and folders: what is there, and what is in it."""
        digest = hashlib.sha256()
        for path in paths:
            found: list[Path] = []
            try:
                listed = self.files(path)
                found = listed or []
                state = str(None if listed is None else len(listed))
            except InputError as error:
                state = str(error)
            digest.update(f"{path}\0{state}\0".encode("utf-8", "surrogateescape"))
            for file in found:
                digest.update(f"{file.name}\0".encode("utf-8", "surrogateescape"))
                digest.update(self._state(file))
        return digest.hexdigest()

    def _state(self, file: Path) -> bytes:
        try:
            text = self.source(file).text
        except InputError:
            return b"?"
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
