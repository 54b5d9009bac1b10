"""Two versions of a scenario, and what is different."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from random import Random
from zlib import crc32

from fuzz import words
from fuzz.command import asked
from fuzz.mutate import BREAK, Mutator
from fuzz.scratch import parts, write
from fuzz.target import Target

FORMATS = ("table", "json", "markdown")
_MUTATE = Mutator(words.words(), words.without_ranges)


def run(data: bytes) -> Hashable:
    """Compare two texts; the format follows from the input."""
    before, after = parts(data, 2)
    write(before_yaml=before, after_yaml=after)
    format_ = FORMATS[crc32(data) % len(FORMATS)]
    return asked("diff", ["before.yaml", "after.yaml"], isolated=True, format_=format_)


def mutate(data: bytes, random: Random, corpus: Sequence[bytes]) -> bytes:
    """Change one of the versions, or make the later one of the earlier."""
    before, after = parts(data, 2)
    if random.random() < 0.3:
        after = before
    if random.random() < 0.1:
        before, after = after, before
    whole = [part for other in corpus[:200] for part in parts(other, 2)]
    if random.random() < 0.7:
        return BREAK.join((before, _MUTATE(after, random, whole)))
    return BREAK.join((_MUTATE(before, random, whole), after))


TARGET = Target(
    "diff",
    "two versions of a scenario, compared in each format",
    run,
    mutate,
    (
        *("analyse/difference.py", "checks/pairing.py", "cli/commands/diff.py"),
        *("render/difference.py", "render/diff"),
    ),
)
