"""Finding scenarios by path or by name, and what `--set` says."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from estimator.diagnostics import InputError, Place, Problems, Source, Text, closest, did_you_mean
from estimator.files.project import (
    ENDINGS,
    SCENARIOS,
    Input,
    Project,
    own_folders,
    shown,
    typed,
    yaml_files,
)


def find_scenario(name: str, problems: Problems) -> Input | None:
    """Return a scenario given as a path, as `-`, or as a name found in `scenarios/`.

    The folder is looked for here and in the folders above.
    """
    if name == "-" or os.path.isfile(name):  # noqa: PTH113 - unlike Path's, it never raises
        return typed(name)
    known = named_scenarios()
    bare = name.removesuffix(".yaml").removesuffix(".yml")
    if "/" not in name and bare in known:
        return known[bare]
    if os.path.exists(name):  # noqa: PTH110 - unlike Path's, it never raises
        return typed(name)  # a folder or a device; reading it says what is wrong
    if "/" in name or name.endswith(ENDINGS):
        whole = (f"{name}{ending}" for ending in ENDINGS)
        found = next(filter(os.path.isfile, whole), name)
        near = _near(name) if found == name else None
        if near is None:
            return typed(found)
        problems.add("E001", f"there is no file `{name}`", help=f"write `{near}`")
        return None
    problems.add(
        "E001",
        f"there is no file `{name}`, and no scenario of that name in `{SCENARIOS}/`",
        help=_instead(name, known),
    )
    return None


def _near(name: str) -> str | None:
    """Return a YAML file in the same folder whose name is almost the same, or None."""
    folder, file = os.path.split(name)
    below = (shown(path / (name + e)) for path in folders() for e in ("", *ENDINGS))
    if found := next(filter(os.path.isfile, below), None):  # as `classics/chat` of `scenarios/`
        return found
    with suppress(InputError):
        near = closest(file, [path.name for path in yaml_files(folder or os.curdir)])
        return os.path.join(folder, near[0]) if len(near) == 1 else None  # noqa: PTH118
    return None


def named_scenarios() -> dict[str, Input]:
    """Return the scenarios that are found by name; of two with the same name the nearer one."""
    known: dict[str, Input] = {}
    for folder in folders():
        project = Project.around(folder.parent)
        with suppress(InputError):
            project.real(folder, "")
            for file in yaml_files(folder):
                if file.suffix in ENDINGS:
                    known.setdefault(file.stem, Input(shown(file), project))
    return known


def _instead(name: str, known: Mapping[str, Input]) -> str:
    from estimator.editor.starting_points import starting_points

    if re.fullmatch(r"[A-Za-z_][\w.]*=.+", name):
        return f"write `--set {_quoted(name)}`"
    beside = next((name + e for e in ENDINGS if os.path.isfile(name + e)), None)  # noqa: PTH113
    if beside is not None:
        return f"write `{beside}`"
    if "." in name and (beside := _near(name)) is not None:
        return f"write `{beside}`"
    shipped = starting_points()
    if name in shipped:
        return f"`estimator new {name} --from {name}` writes a copy of that scenario"
    meant = did_you_mean(name, known)
    if meant or known:
        return meant or "the scenarios are " + ", ".join(known)
    begun = closest(name, shipped)
    return f"`estimator new {begun[0]} --from {begun[0]}` writes one" if begun else "name a file"


def folders() -> list[Path]:
    """Return the folders in which names are looked for: those here and above, the nearest first."""
    found = [Path(folder, SCENARIOS) for folder in own_folders(os.curdir)]
    return [p for p in found if os.path.isdir(p)]  # noqa: PTH112 - unlike Path's, it never raises


_SETTING = "write `--set tweet.payload='300 B'`"


def _quoted(text: str) -> str:
    """Return a text as one word of a command line."""
    from shlex import quote

    return quote(text)


def _as_setting(said: str) -> str:
    """Say how `users:5M`, or a name alone, is written as a setting."""
    name, colon, value = said.partition(":")
    if colon and value.strip():
        return f"write `--set {_quoted(f'{name.strip()}={value.strip()}')}`"
    return f"write `--set {said}=FORMULA`, without spaces around the `=`"


def read_overrides(options: Iterable[str], problems: Problems) -> dict[str, Text]:
    """Return the formulas of `--set name=formula`, by name; the last of a name wins."""
    found: dict[str, Text] = {}
    for option in options:
        source = Source("--set", option)
        name, equals, formula = option.partition("=")
        if not equals or not name.strip() or not formula.strip():
            problems.add(
                "E030",
                "`--set` takes a name and a formula",
                Place(source, 0, max(1, len(option))),
                help=_as_setting(name.strip()) if name.strip() and not equals else _SETTING,
            )
            continue
        parts = re.split(r"(?<!\s)\s*+,\s*+(?=[A-Za-z_][\w.]*\s*=[^=])", option)
        if len(parts) > 1:
            problems.add(
                "E030",
                "each name has a `--set` of its own",
                Place(source, 0, len(option)),
                help="write " + " ".join(f"--set {_quoted(part)}" for part in parts),
            )
            continue
        start = len(name) + 1 + len(formula) - len(formula.lstrip())
        value = formula.strip()
        found[name.strip()] = Text(value, Place(source, start, start + len(value)), start)
    return found
