"""Which catalogues there are: a file each, and further files with a word between."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def catalogues() -> tuple[str, ...]:
    """Return the names of the catalogues."""
    return tuple(stem for stem in _stems() if "." not in stem)


@cache
def files_of(name: str) -> tuple[str, ...]:
    """Return the files of a catalogue, without their endings; the one with its fields is first."""
    return (name, *(stem for stem in _stems() if stem.startswith(f"{name}.")))


@cache
def _stems() -> list[str]:
    """Return the names of all files without their endings, in order."""
    return sorted(file.stem for file in FOLDER.glob("*.yaml"))
