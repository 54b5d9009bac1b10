"""A scenario to what each command prints of it, in every format."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any
from zlib import crc32

from fuzz import words
from fuzz.command import asked
from fuzz.mutate import Mutator
from fuzz.target import Target

FEW = 1_000
"""Draws: the fewest that there may be."""
CALLS = (
    *(("run", name) for name in ("table", "json", "csv", "markdown")),
    *(("check", name) for name in ("full", "concise", "json", "github")),
    *(("check", name) for name in ("junit", "sarif", "gitlab", "markdown")),
)
ALONE: Mapping[str, Any] = {"isolated": True, "cached": False}
"""What keeps a check to its input."""


def run(data: bytes) -> Hashable:
    """Ask a command for a scenario; which one follows from the input."""
    command, format_ = CALLS[crc32(data) % len(CALLS)]
    alone = ALONE if command == "check" else {}
    return asked(command, ["-"], given=data, samples=FEW, format_=format_, **alone)


TARGET = Target(
    "scenario",
    "`run` and `check` in each of their formats: exit code, control characters, shape",
    run,
    Mutator(words.words(), words.formula),
    (
        "scenario",
        "model",
        "evaluate",
        "check",
        "render",
        "cli/commands/run.py",
        "cli/commands/check.py",
    ),
    ("tests/broken/*.yaml",),
)
