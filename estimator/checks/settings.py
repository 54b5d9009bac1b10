"""A project's settings: `[tool.estimator]` in `pyproject.toml`, or `estimator.toml`.

The nearest file that has some wins, from the current folder up to the repository; it is never put
together from two.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from itertools import islice
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from estimator.checks.checked import FIGURES
from estimator.diagnostics import InputError, Place, Problems, Source, did_you_mean, short
from estimator.files.project import SETTINGS, Project, own_folders
from estimator.files.read import source_of
from estimator.formula.sampling import COUNT, FEWEST, MOST, SEED

BASELINE = "estimator.baseline.json"
TOLERANCE = "0.5%"
"""How far a value may move unless settings say otherwise: what three digits may not show."""
NINES = ("availability", "*.availability")
NINES_TOLERANCE = "0.01%"
"""The same for an availability, of which 0.5% would be two days a year."""

MOST_PARTS = 100
"""The most parts that the keys of a line of settings may have, such as the three of `a.b.c`."""

MOST_ENTRIES = 1_000
"""The most entries that a list or a table of settings may have."""

LONGEST = 250
"""The most characters of an entry: more are hardly a path, and take long as a pattern."""

MOST_ALIKE = 20
"""The most diagnostics of settings that are wrong in the same way."""

_IGNORED = "`--isolated` ignores the settings"
_MOST_DIGITS = 4_000  # Python reads no longer numbers
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*+(\"?)|'[^'\n]*+('?)")  # with its end, if it has one

# What Python's reader of TOML complains of, in words that may differ by its version.
_COMPLAINTS = (
    (r"expected '='|statement|key part", "a setting is `key = value`, on a line of its own"),
    (r"overwrite|twice|mutate|redefine|duplicate", "this is set already"),
    (r"unclosed|unterminated|expected (?:\"|'+|']')(?:$|\W)", "something is not closed"),
    (r"escape", "in ' ' a backslash stands for itself; in \" \" it is doubled"),
    (r"invalid value|date", "a value is missing, or has to be quoted"),
)


class ProjectSettings(NamedTuple):
    """What a project says of its checks.

    Attributes:
        source: The file; None where there are no settings.
        root: The folder that paths in them begin in.
        paths: What is checked unless the call says otherwise.
        exclude: Patterns of paths that are left out of folders.
        baseline: The file of the baseline; the nearest `estimator.baseline.json` where none is set.
        values: Patterns of the names that a baseline keeps.
        tolerance: How far a value may move from the baseline; an availability at most 0.01%.
        tolerances: The same for some names, or patterns of names.
        samples: How many samples to take where there are ranges.
        seed: The random seed.
        jobs: How many processes check at once; 0 for as many as there are processors.
        cache: Use the cache of earlier checks, except in CI.
        stale_inputs: `warn` or `error`: what an input does whose last day has passed.
    """

    source: Source | None = None
    root: Path = Path()
    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    baseline: str | None = None
    values: tuple[str, ...] = FIGURES
    tolerance: str = TOLERANCE
    tolerances: Mapping[str, str] = {}
    samples: int = COUNT
    seed: int = SEED
    jobs: int = 0
    cache: bool = True
    stale_inputs: str = "warn"

    @property
    def exact_names(self) -> tuple[str, ...]:
        """The names, other than patterns, that tolerances are given for."""
        return tuple(n for n in self.tolerances if not any(c in n for c in "*?["))

    def place(self, key: str) -> Place | None:
        """Return where a setting stands, or None."""
        return None if self.source is None else _place(self.source, key)


def read_project_settings(problems: Problems, folder: Path | None = None) -> ProjectSettings:
    """Return the settings for a folder, with what is wrong added to `problems` (E041).

    Args:
        problems: Where errors go.
        folder: The folder; the current one unless given.
    """
    start = folder or Path.cwd()
    for here in map(Path, own_folders(start)):
        for name in SETTINGS:
            file = here / name
            if not os.path.lexists(file):
                continue
            source = _source(file, start, problems)
            content = None if source is None else _content(source, name, problems)
            if source is not None and content is not None:
                return _settings(source, here, content, problems)
            if problems.errors:
                return ProjectSettings()
    return ProjectSettings()


def _source(file: Path, start: Path, problems: Problems) -> Source | None:
    shown = file.name if file.parent == start else str(file)
    try:
        named = Path(shown) if Path(shown).absolute() == file else file
        return source_of(Project.around(file.parent).bytes(named, help=_IGNORED), shown)
    except InputError as error:
        problems.found.extend(d._replace(rule="E041") for d in error.diagnostics)
        return None


def _content(source: Source, name: str, problems: Problems) -> dict[str, Any] | None:
    """Return the settings in a file; None where it has none."""
    if name != "pyproject.toml":
        return _toml(source, problems)
    # What is wrong in a file without our settings, others will say.
    is_others = "tool.estimator" not in source.text
    found = _toml(source, Problems() if is_others else problems)
    tools = None if found is None else found.get("tool")
    section = tools.get("estimator") if isinstance(tools, dict) else None
    if section is not None and not isinstance(section, dict):
        message = "`tool.estimator` is a table of settings: `[tool.estimator]`"
        problems.add("E041", message, _place(source, "estimator"))
        return None
    return section


def _toml(source: Source, problems: Problems) -> dict[str, Any] | None:
    """Return what a file of TOML says; None with what is wrong in `problems`."""
    odd = _odd(source)
    if odd is not None:
        problems.add("E041", odd[0], odd[1])
        return None
    try:
        return tomllib.loads(source.text)
    except RecursionError:
        message = f"`{source.name}` has lists or tables nested too deeply"
        problems.add("E041", message, Place(source, 0, 1))
    except ValueError as error:
        _refuse_toml(source, str(error), problems)
    return None


def _refuse_toml(source: Source, complaint: str, problems: Problems) -> None:
    at = re.search(r"line (\d+), column (\d+)", complaint)
    end = len(source.text.rstrip())
    start = source.start_of(int(at[1])) + int(at[2]) - 1 if at else end
    said = complaint.partition(" (at ")[0].lower()
    reasons = (words for pattern, words in _COMPLAINTS if re.search(pattern, said))
    reason = "".join(f": {words}" for words in islice(reasons, 1))
    problems.add("E041", f"`{source.name}` is not TOML{reason}", Place(source, start, start + 1))


def _odd(source: Source) -> tuple[str, Place] | None:
    """Return what Python's reader of TOML cannot read, or takes very long for, and where it is."""
    for number in re.finditer(r"\d[\d_]*", source.text):
        if number.end() - number.start() > _MOST_DIGITS:
            message = f"a number has more than {_MOST_DIGITS:,} digits"
            return message, Place(source, number.start(), number.start() + 1)
    start = 0
    for line in source.text.splitlines(keepends=True):
        if line.count(".") >= MOST_PARTS:
            bare = _STRING.sub(lambda s: "x" if s[1] or s[2] else s[0], line).partition("#")[0]
            if bare.count(".") >= MOST_PARTS:
                return f"a key has more than {MOST_PARTS} parts", Place(source, start, start + 1)
        start += len(line)
    return None


def _settings(
    source: Source, root: Path, content: Mapping[str, Any], problems: Problems
) -> ProjectSettings:
    read: dict[str, Any] = {}
    unknown = [key for key in content if key not in _READERS and key not in _OLD_KEYS]
    for key, value in content.items():
        name = _OLD_KEYS.get(key, key)
        reader = _READERS.get(name)
        if reader is None:
            if key not in unknown[:MOST_ALIKE]:
                continue
            help_ = did_you_mean(key, _READERS) or "there are " + ", ".join(_READERS)
            message = f"there is no setting `{key}`"
            problems.add("E041", message, _place(source, key), help=help_)
            continue
        if name != key and name in content:
            message = f"`{key}` is the old name of `{name}`, which is set as well"
            problems.add("E041", message, _place(source, key), help="leave out one of the two")
        words, take = reader
        try:
            read[name] = take(value)
        except _TooManyError as error:
            message, help_ = error.args
            problems.add("E041", f"`{key}` has {message}", _place(source, key), help=help_)
        except ValueError:
            problems.add("E041", f"`{key}` is {words}", _place(source, key))
    if len(unknown) > MOST_ALIKE:
        message = f"{len(unknown) - MOST_ALIKE:,} more settings are unknown, from here on"
        problems.add("E041", message, _place(source, unknown[MOST_ALIKE]))
    return ProjectSettings(source, root, **read)


def _place(source: Source, key: str) -> Place:
    """Return where a key stands, as far as a search of the text can tell."""
    found = re.search(rf"^[ \t]*(?:\w+\.)?([\"']?{re.escape(key)}[\"']?)\s*=", source.text, re.M)
    found = found or re.search(rf"^[ \t]*\[[^\]\n]*({re.escape(key)})\]", source.text, re.M)
    return Place(source, *found.span(1)) if found else Place(source, 0, 0)


# --- the settings, one by one ---------------------------------------------------------------------


class _TooManyError(Exception):
    """A list or a table is too long, or an entry of it: what it has, and what to write."""


def _bounded(entries: Collection[str]) -> None:
    if len(entries) > MOST_ENTRIES:
        message = f"{len(entries):,} entries, and at most {MOST_ENTRIES:,} are read"
        raise _TooManyError(message, "write patterns, such as `teams/*`, that stand for many")
    long = next((entry for entry in entries if len(entry) > LONGEST), None)
    if long is not None:
        message = f"an entry of {len(long):,} characters, and at most {LONGEST} are read"
        raise _TooManyError(
            f"{message}: `{short(long)}`", "write a shorter pattern: `*` is any text"
        )


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ValueError
    _bounded(value)
    return tuple(dict.fromkeys(value))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _json_file(value: object) -> str:
    path = PurePath(_text(value))
    if path.suffix != ".json" or ".git" in path.parts:
        raise ValueError
    return str(value)


def _tolerance(value: object) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(value)
    return _text(value)


def _tolerances(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError
    _bounded(value)
    return {name: _tolerance(v) for name, v in value.items()}


def _whole(least: int, most: int) -> Callable[[object], int]:
    def take(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError
        return value

    return take


def _bool(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _severity(value: object) -> str:
    if value not in ("warn", "error"):
        raise ValueError
    return str(value)


_OLD_KEYS = {"draws": "samples"}
"""Settings by the names that they had before, which are still read."""

_READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "paths": ('a list of files, folders and patterns, such as `["scenarios"]`', _texts),
    "exclude": ('a list of patterns, such as `["scenarios/old/*"]`', _texts),
    "baseline": ('the path of a JSON file, such as `"estimator.baseline.json"`', _json_file),
    "values": ('a list of names and patterns, such as `["servers", "*.nodes"]`', _texts),
    "tolerance": ('a share or a quantity, such as `"5%"`', _tolerance),
    "tolerances": ('a table of tolerances by name, such as `servers = "5%"`', _tolerances),
    "samples": (f"a whole number from {FEWEST:,} to {MOST:,}", _whole(FEWEST, MOST)),
    "seed": ("a whole number from 0 up", _whole(0, 2**63)),
    "jobs": ("a whole number from 0 to 256; 0 for one for each processor", _whole(0, 256)),
    "cache": ("`true` or `false`", _bool),
    "stale_inputs": ('`"warn"` or `"error"`', _severity),
}
