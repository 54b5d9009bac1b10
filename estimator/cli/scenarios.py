"""Finding scenarios by path or by name, and what `--set` says."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.diagnostics import InputError, Place, Problems, Source, Text, did_you_mean

if TYPE_CHECKING:
    from estimator.scenario.load import Loaded

_FOLDER = "scenarios"
ENDINGS = (".yaml", ".yml")
"""How the names of scenarios' files end."""


def find_scenario(name: str, problems: Problems) -> str | None:
    """The path of a scenario given as a path, as `-`, or as a name found in `scenarios/`.

    The folder is looked for here and in the folders above.
    """
    if name == "-" or os.path.exists(name):  # noqa: PTH110 - unlike Path's, it never raises
        return name
    known: dict[str, Path] = {}
    for folder in _folders():
        with suppress(OSError):
            for file in sorted(folder.iterdir()):
                if file.suffix in ENDINGS:
                    known.setdefault(file.stem, file)
    bare = name.removesuffix(".yaml").removesuffix(".yml")
    if "/" not in name and bare in known:
        return _shown(known[bare])
    if "/" in name or name.endswith(ENDINGS):
        return name  # reading it says what is wrong
    problems.add(
        "E001",
        f"there is no file `{name}`, and no scenario of that name in `{_FOLDER}/`",
        help=did_you_mean(name, known)
        or ("the scenarios are " + ", ".join(known) if known else "name a file"),
    )
    return None


def find_folder() -> str | None:
    """The nearest folder `scenarios/`, here or above."""
    return next((_shown(folder) for folder in _folders()), None)


def read_scenario(name: str, problems: Problems) -> Loaded | None:
    """The scenario of a path or a name, or None with what is wrong added to `problems`."""
    path = find_scenario(name, problems)
    return None if path is None else load_scenario(path, problems)


def load_scenario(path: str, problems: Problems) -> Loaded | None:
    """The scenario of a path, or None with what is wrong added to `problems`."""
    from estimator.scenario.load import load

    try:
        return load(path)
    except InputError as error:
        problems.found.extend(error.diagnostics)
        return None


def _folders() -> list[Path]:
    here = Path.cwd()
    found = [p / _FOLDER for p in (here, *here.parents)]
    return [p for p in found if os.path.isdir(p)]  # noqa: PTH112 - unlike Path's, it never raises


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def read_settings(options: Iterable[str], problems: Problems) -> dict[str, Text]:
    """The formulas of `--set name=formula`, by name; the last of a name wins."""
    found: dict[str, Text] = {}
    for option in options:
        source = Source("--set", option)
        name, equals, formula = option.partition("=")
        if not equals or not name.strip() or not formula.strip():
            problems.add(
                "E030",
                "`--set` takes a name and a formula",
                Place(source, 0, max(1, len(option))),
                help="write `--set tweet.payload='300 B'`",
            )
            continue
        start = len(name) + 1 + len(formula) - len(formula.lstrip())
        value = formula.strip()
        found[name.strip()] = Text(value, Place(source, start, start + len(value)), start)
    return found
