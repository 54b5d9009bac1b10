"""What a new scenario begins as: the shipped scenarios, and a short one that teaches.

They are in the repository once, under `scenarios/`; an installed package carries them inside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from estimator.diagnostics import closest
from estimator.editor.system_names import known_names, point_by_other_name, squeezed

STARTER = "starter"
"""The starting point of those who name none."""

CLASSICS = (
    "photo_sharing",
    "file_sync",
    "ride_hailing",
    "video",
    "chat",
    "feed",
    "url_shortener",
    "search",
    "payments",
    "llm_chat",
    "metrics",
)
"""The systems that interviews ask for, in the order in which they are listed."""

SCHEMA_FILE = "estimator.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line that tells editors how to complete and check a scenario."""

_ANY_SCHEMA_LINE = re.compile(r"\A# yaml-language-server:.*\n")

_PACKAGE = Path(__file__).parent.parent
_NAME = re.compile(r"^name:(.*)$", re.M)
_ABOUT = re.compile(r"^about:(.*)$", re.M)
_PLAIN = re.compile(r"[^\W\d_][\w ]*")  # YAML and its editors take this as a text without quotes
_WORDS = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"}  # but not these


def folder() -> Path:
    """Return where the starting points are: in the installed package, or else beside it."""
    carried = _PACKAGE / "starting_points"
    return carried if carried.is_dir() else _PACKAGE.parent / "scenarios"


@cache
def starting_points() -> Mapping[str, Path]:
    """Return the file of each starting point by its name: `STARTER`, the classics, then others."""
    found = {file.stem: file for file in sorted(folder().rglob("*.yaml"))}
    first = [name for name in (STARTER, *CLASSICS) if name in found]
    return {name: found[name] for name in dict.fromkeys([*first, *sorted(found)])}


def point_meant(name: str) -> str | None:
    """Return the starting point that a name stands for, such as `photo_sharing` for `Instagram`."""
    known = starting_points()
    by_own_name = {squeezed(point): point for point in known}
    point = by_own_name.get(squeezed(name)) or point_by_other_name(name)
    return point if point in known else None


def nearest_point(name: str) -> str | None:
    """Return the starting point of which a name, or another name, is spelled nearly so."""
    known = {squeezed(point): point for point in starting_points()}
    near = closest(squeezed(name), [*known, *known_names()])
    return known.get(near[0]) or point_meant(near[0]) if near else None


def text_of(point: str) -> str:
    """Return the text of a starting point."""
    return starting_points()[point].read_text("utf-8")


def about(point: str) -> str:
    """Return what a starting point says of itself, or its name where it says nothing."""
    text = text_of(point)
    found = _ABOUT.search(text) or _NAME.search(text)
    return found[1].strip() if found else ""


def begun(point: str, name: str) -> str:
    """Return the text of a new scenario: a starting point under a name of its own.

    Args:
        point: The starting point.
        name: The name of the new scenario's file, without its ending.
    """
    text = text_of(point)
    line = f"name: {_quoted(titled(name))}"
    text, replaced = _NAME.subn(lambda _: line, text, count=1)
    text = text if replaced else f"{line}\n{text}"
    return f"{SCHEMA_LINE}\n{_ANY_SCHEMA_LINE.sub('', text)}"


def titled(name: str) -> str:
    """Make a title of a file's name: `photo_shop` is `Photo shop`; capitals stay."""
    words = " ".join(re.split(r"[\s_-]+", name)).strip()
    return name if name != name.lower() or not words else words[0].upper() + words[1:]


def schema() -> str | None:
    """Return the schema that the first line of a new scenario names, or None if not there."""
    file = folder() / SCHEMA_FILE
    return file.read_text("utf-8") if file.is_file() else None


def _quoted(title: str) -> str:
    plain = _PLAIN.fullmatch(title) and title == title.strip() and title.lower() not in _WORDS
    return title if plain else json.dumps(title, ensure_ascii=False)
