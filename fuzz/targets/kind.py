"""A file of a team's own kinds, and a scenario that uses it."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from zlib import crc32

from fuzz import words
from fuzz.command import asked
from fuzz.mutate import Mutator
from fuzz.scratch import parts, write
from fuzz.target import Target
from fuzz.targets.scenario import FEW


def run(data: bytes) -> Hashable:
    """Ask for the kinds of a library, or for a scenario that uses them."""
    scenario, kind = parts(data, 2)
    write(scenario_yaml=scenario, kind_yaml=kind)
    if crc32(data) % 4 == 0:
        return asked("kinds", library=Path("kind.yaml"))
    return asked("run", ["scenario.yaml"], samples=FEW)


TARGET = Target(
    "kind",
    "a library beside a scenario that uses it: `kinds --library` and `run`",
    run,
    Mutator(words.words(), words.without_ranges),
    ("library", "model", "evaluate/examples.py", "scenario/plain.py"),
)
