"""The files that a call means by paths, folders, patterns and names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from glob import has_magic
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.cli.scenarios import find_scenario, folders
from estimator.diagnostics import InputError, Problems
from estimator.files.project import (
    ENDINGS,
    SCENARIOS,
    Input,
    Project,
    Walk,
    is_excluded,
    left_by,
    own_folders,
    shown,
    typed,
)

if TYPE_CHECKING:
    from estimator.checks.settings import ProjectSettings


def called(paths: Sequence[str], settings: ProjectSettings) -> tuple[list[Input], list[str]]:
    """Return what a call means: its paths, those of the settings, or the nearest `scenarios/`.

    Returns:
        The paths, and patterns of paths that are left out of folders, as seen from here.
    """
    found = [typed(path) for path in paths]
    if not found:
        project = Project.around(settings.root)
        found = [Input(shown(settings.root / path), project) for path in settings.paths]
    if not found and (folder := _own_folder(settings.root)) is not None:
        found = [folder]
    return found, [shown(settings.root / path) for path in settings.exclude]


def _own_folder(root: Path) -> Input | None:
    """Return the nearest folder `scenarios/` of this project, here or above.

    Args:
        root: The folder of the settings; what is above it is somebody else's, too.
    """
    for folder in map(Path, own_folders(os.curdir)):
        if os.path.isdir(folder / SCENARIOS):  # noqa: PTH112 - unlike Path's, it never raises
            return Input(shown(folder / SCENARIOS), Project.around(folder))
        if root.is_absolute() and folder == root:
            return None
    return None


def scenario_files(
    words: Sequence[Input],
    problems: Problems,
    *,
    follows: bool,
    exclude: Sequence[str] = (),
    may_be_none: bool = False,
) -> Iterator[tuple[Input, bool]]:
    """Yield the files, each once, and whether the call names them; without words `scenarios/`.

    Args:
        words: Files, folders, patterns such as `teams/*/*.yaml`, names, or `-`.
        problems: Where it says what is not there.
        follows: Are links in folders followed, within the project? Else they are left alone.
        exclude: Patterns of paths that are left out of folders.
        may_be_none: Is it right that there are none?
    """
    if not words:
        nearest = next(iter(folders()), None)
        if nearest is None and not may_be_none:
            problems.add("E001", "there is no folder `scenarios/` here", help="name a file")
        words = [] if nearest is None else [Input(shown(nearest), Project.around(nearest.parent))]
    seen: set[str] = set()
    for word in words:
        finder = _Finder(problems, follows, exclude, may_be_none)
        try:
            for file, named in finder.files(word):
                whole = os.path.realpath(file.path)
                if whole not in seen and (named or not is_excluded(file.path, exclude)):
                    seen.add(whole)
                    yield file, named
        except InputError as error:
            problems.found.extend(error.diagnostics)


class _Finder:
    """Finds the files that words mean."""

    def __init__(
        self, problems: Problems, follows: bool, exclude: Sequence[str], may_be_none: bool
    ) -> None:
        self.problems = problems
        self.follows = follows
        self.exclude = exclude
        self.may_be_none = may_be_none

    def files(self, word: Input) -> Iterator[tuple[Input, bool]]:
        """Yield the files that one word means.

        Raises:
            InputError: E046 where it leads out of its project.
        """
        name = word.path
        if word.project is not None:
            word.project.real(name, "name it in the call to look there")
        if os.path.isdir(name):  # noqa: PTH112 - unlike Path's, it never raises
            yield from self._of_folder(word)
        elif has_magic(name) and not os.path.exists(name):  # noqa: PTH110
            yield from self._of_pattern(word)
        elif word.project is not None:
            yield word, True
        else:
            known = find_scenario(name, self.problems)
            if known is not None:
                yield known, True

    def _of_folder(self, word: Input) -> Iterator[tuple[Input, bool]]:
        walk = self._walk(word, word.path)
        found = False
        for path in walk.below(word.path):
            found = True
            yield Input(path, walk.project), False
        if not found and not self.may_be_none:
            self.problems.add("E001", f"there are no YAML files in `{word.path}`")

    def _of_pattern(self, word: Input) -> Iterator[tuple[Input, bool]]:
        start = next(
            p for p in (Path(word.path), *Path(word.path).parents) if not has_magic(str(p))
        )
        walk = self._walk(word, start)
        found = False
        for path in walk.matching(word.path):
            is_folder = os.path.isdir(path)  # noqa: PTH112 - unlike Path's, it never raises
            for file in walk.below(path) if is_folder else [path]:
                if file.endswith(ENDINGS):
                    found = True
                    yield Input(file, walk.project), False
        if not found and not self.may_be_none:
            self.problems.add("E001", f"no YAML file matches `{word.path}`")

    def _walk(self, word: Input, start: str | Path) -> Walk:
        """Begin a walk in a project.

        Raises:
            InputError: E046 where the start leaves its project by a link.
        """
        if word.project is None and (left := left_by(start)) is not None:
            left[1].real(start, f"name `{os.path.realpath(start)}` to look there")
        project = word.project or Project.around(start)
        left_out = partial(is_excluded, patterns=self.exclude)
        return Walk(project, self.problems, self.follows, left_out)
