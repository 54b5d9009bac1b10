"""A scenario's file to its typed content."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from estimator.diagnostics import Diagnostic, InputError, Place, Problems, Source
from estimator.files.project import Input
from estimator.files.snapshot import Disk, Snapshot
from estimator.scenario.plain import first_line, validated
from estimator.scenario.recognise import FileType, recognise
from estimator.scenario.sections import MOST_LIBRARY, ScenarioFile, each_once
from estimator.scenario.yaml_tree import Items, Mapping, Tree, read_yaml


class Loaded(NamedTuple):
    """A scenario as its file has it.

    Attributes:
        source: The text.
        tree: The YAML, with places.
        scenario: The content.
        folder: Where paths in it begin.
        title: A name for it, if it has none.
        found: What is wrong with its shape; the rest of it is there to be looked at.
        files: The files with kinds that there are.
    """

    source: Source
    tree: Mapping
    scenario: ScenarioFile
    folder: Path
    title: str
    files: Snapshot
    found: tuple[Diagnostic, ...] = ()


def load(input_: Input) -> Loaded:
    """Read a scenario.

    Raises:
        InputError: With everything that is wrong with its shape.
    """
    path = input_.path
    here = Path() if path == "-" else Path(path).parent
    return load_source(input_.source(), here, "stdin" if path == "-" else Path(path).stem)


def load_source(
    source: Source,
    folder: Path,
    title: str,
    tree: Tree | None = None,
    files: Snapshot | None = None,
) -> Loaded:
    """Return the content of a scenario's text.

    Args:
        source: The text.
        folder: Where paths in it begin.
        title: A name for it, if it has none.
        tree: Its YAML, where that is read already.
        files: The files with kinds that there are; those of the folder's project without it.

    Raises:
        InputError: With everything that is wrong with its shape.
    """
    problems = Problems()
    tree = read_yaml(source) if tree is None else tree
    if tree is None:
        problems.add("E005", f"`{source.name}` is empty", help="begin with `users:` and `actions:`")
    elif not isinstance(tree, Mapping):
        what = "a list" if isinstance(tree, Items) else "a single value"
        first = Place(source, tree.place.start, tree.place.start + 1)
        problems.add(
            "E005",
            f"a scenario has `key: value` lines at its top, but this is {what}",
            first,
            help="begin with `users:` and `actions:`",
        )
    elif recognise(source.text) is FileType.KIND:
        problems.add(
            "E005",
            f"`{source.name}` is a kind, and no scenario",
            first_line(tree.place),
            help="name it under `library:` in a scenario that uses it",
        )
    problems.check()
    assert isinstance(tree, Mapping)
    scenario = validated(ScenarioFile, tree, problems, "scenario")
    if scenario is None:
        raise InputError(problems.found)
    named = scenario.library
    if named is not None:
        if len(named) > MOST_LIBRARY:
            message = (
                f"at most {MOST_LIBRARY} files and folders of kinds are read, here {len(named):,}"
            )
            help_ = "write `library: kinds/` for all files of a folder"
            problems.add("E031", message, named[MOST_LIBRARY].place, help=help_)
        scenario = scenario.model_copy(update={"library": each_once(named)})
    files = files or Disk.around(folder)
    return Loaded(source, tree, scenario, folder, title, files, tuple(problems.found))
