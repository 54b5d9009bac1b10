"""Which catalogues there are: a file each, and further files with a word between."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def catalogues() -> tuple[str, ...]:
    """Return the names of the catalogues."""
    return tuple(sorted(f.stem for f in FOLDER.glob("*.yaml") if "." not in f.stem))


@cache
def files_of(name: str) -> tuple[str, ...]:
    """Return the files of a catalogue, without their endings; the one with its fields is first."""
    others = sorted(f.stem for f in FOLDER.glob(f"{name}.*.yaml"))
    return (name, *others)
