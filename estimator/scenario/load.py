"""A scenario's file to its typed content."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from estimator.diagnostics import Diagnostic, InputError, Place, Problems, Source, Text, short
from estimator.files.project import Input
from estimator.files.snapshot import Disk, Snapshot
from estimator.scenario.other_words import assignment_meant
from estimator.scenario.plain import first_line, validated
from estimator.scenario.sections import MOST_LIBRARY, ScenarioFile, each_once
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree, read_yaml

_KIND = "kind"  # the key that every kind has


class Loaded(NamedTuple):
    """A scenario as its file has it.

    Attributes:
        source: The text.
        tree: The YAML, with places.
        scenario: The content.
        folder: Where paths in it begin.
        title: A name for it, if it has none.
        files: The files with kinds, and other scenarios, that there are.
        found: What is wrong with its shape; the rest of it is there to be looked at.
        file: Where it stands; None for a text that is in no file.
    """

    source: Source
    tree: Mapping
    scenario: ScenarioFile
    folder: Path
    title: str
    files: Snapshot
    found: tuple[Diagnostic, ...] = ()
    file: Path | None = None

    def __repr__(self) -> str:
        return f"<Scenario {self.title!r} of {self.source.name}>"


def load(input_: Input) -> Loaded:
    """Read a scenario.

    Raises:
        InputError: With everything that is wrong with its shape.
    """
    path = input_.path
    if path == "-":
        return load_source(input_.source(), Path(), "stdin")
    file = Path(path)
    return load_source(input_.source(), file.parent, file.stem, file=file)


def load_source(
    source: Source,
    folder: Path,
    title: str,
    *,
    tree: Tree | None = None,
    files: Snapshot | None = None,
    file: Path | None = None,
) -> Loaded:
    """Return the content of a scenario's text.

    Args:
        source: The text.
        folder: Where paths in it begin.
        title: A name for it, if it has none.
        tree: Its YAML, where that is read already.
        files: The files with kinds, and other scenarios, that there are; those of the folder's
            project without it.
        file: Where it stands; None for a text that is in no file.

    Raises:
        InputError: With everything that is wrong with its shape.
    """
    problems = Problems()
    top = _top(source, read_yaml(source) if tree is None else tree, problems)
    scenario = validated(ScenarioFile, top, problems, "scenario")
    if scenario is None:
        raise InputError(problems.found)
    if scenario.library is not None:
        library = _library(scenario.library, problems)
        scenario = scenario.model_copy(update={"library": library})
    return Loaded(
        source,
        top,
        scenario,
        folder,
        title=title,
        files=files or Disk.around(folder),
        found=tuple(problems.found),
        file=file,
    )


def _top(source: Source, tree: Tree | None, problems: Problems) -> Mapping:
    """Return the mapping that a scenario is.

    Raises:
        InputError: E005 where it is none: empty, a list, a single value or a kind.
    """
    help_ = "begin with `users:` and `actions:`"
    if tree is None:
        problems.add("E005", f"`{source.name}` is empty", help=help_)
    elif not isinstance(tree, Mapping):
        what = "a list" if isinstance(tree, Items) else "a single value"
        if isinstance(tree, Scalar) and (assigned := assignment_meant(tree.text.value)):
            help_ = f"write `{short(assigned)}`"
        message = f"a scenario has `key: value` lines at its top, but this is {what}"
        first = Place(source, tree.place.start, tree.place.start + 1)
        problems.add("E005", message, first, help=help_)
    elif _KIND in tree.entries and _is_kind(source.text):
        message = f"`{source.name}` is a kind, not a scenario"
        help_ = "name it under `library:` in a scenario that uses it"
        problems.add("E005", message, first_line(tree.place), help=help_)
    problems.check()
    assert isinstance(tree, Mapping)
    return tree


def _is_kind(text: str) -> bool:
    from estimator.scenario.recognise import FileType, recognise  # which most files never need

    return recognise(text) is FileType.KIND


def _library(paths: list[Text], problems: Problems) -> list[Text]:
    """Return the files and folders with kinds, each once; E031 where they are too many."""
    if len(paths) > MOST_LIBRARY:
        most = f"at most {MOST_LIBRARY} files and folders of kinds are read"
        help_ = "write `library: kinds/` for all files of a folder"
        problems.add("E031", f"{most}, here {len(paths):,}", paths[MOST_LIBRARY].place, help=help_)
    return each_once(paths)
