"""Which kinds are shipped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@cache
def shipped_kinds() -> tuple[str, ...]:
    """Return the names of the shipped kinds; each file is named after its kind."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.yaml")))
