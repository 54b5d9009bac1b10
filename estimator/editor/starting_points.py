"""What a new scenario begins as: the shipped scenarios, and a short one that teaches.

They are in the repository once, under `scenarios/`; an installed package carries them inside.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

STARTER = "starter"
"""The starting point of those who name none."""

SCHEMA_FILE = "estimator.schema.json"
SCHEMA_LINE = f"# yaml-language-server: $schema={SCHEMA_FILE}"
"""The line that tells editors how to complete and check a scenario."""

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
    """Return the file of each starting point by its name, `STARTER` first."""
    found = {file.stem: file for file in sorted(folder().glob("*.yaml"))}
    return dict(sorted(found.items(), key=lambda item: item[0] != STARTER))


def about(point: str) -> str:
    """Return what a starting point says of itself, or its name where it says nothing."""
    text = starting_points()[point].read_text("utf-8")
    found = _ABOUT.search(text) or _NAME.search(text)
    return found[1].strip() if found else ""


def begun(point: str, name: str) -> str:
    """Return the text of a new scenario: a starting point under a name of its own.

    Args:
        point: The starting point.
        name: The name of the new scenario's file, without its ending.
    """
    text = starting_points()[point].read_text("utf-8")
    line = f"name: {_quoted(titled(name))}"
    text, replaced = _NAME.subn(lambda _: line, text, count=1)
    text = text if replaced else f"{line}\n{text}"
    return text if text.startswith(SCHEMA_LINE) else f"{SCHEMA_LINE}\n{text}"


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
