"""Makes inputs of a corpus, runs them, and keeps what leads to something new.

python -m fuzz.engine NAME --folder FOLDER [--seconds N] [--runs N] [--seed N]
"""

from __future__ import annotations

import argparse
import json
import mmap
import os
import struct
import sys
import time
from collections.abc import Hashable, Iterator
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

from fuzz.fault import Fault
from fuzz.limits import Limits, peak
from fuzz.mutate import LARGEST
from fuzz.target import Target

_MOST_KEPT = 4_000


class Amount(NamedTuple):
    """How much to run: so many inputs, or for so many seconds."""

    runs: int | None = None
    seconds: float | None = None

    def is_enough(self, done: int, begun: float) -> bool:
        """Tell whether so many inputs, begun at that time, are enough."""
        if self.runs is not None and done >= self.runs:
            return True
        return self.seconds is not None and time.monotonic() - begun >= self.seconds


class Found(NamedTuple):
    """A fault, and the input that shows it."""

    sort: str
    what: str
    data: bytes


class Result(NamedTuple):
    """What came of running a target.

    Attributes:
        inputs: How many inputs were run.
        seconds: How long that took by the clock.
        worst: The longest that an input took, in seconds of the processor.
        memory: The most memory that the process came to, in MB.
        kept: How many inputs led to something new.
        found: The fault that ended it, if any.
    """

    inputs: int = 0
    seconds: float = 0.0
    worst: float = 0.0
    memory: float = 0.0
    kept: int = 0
    found: Found | None = None


class Current:
    """Keeps the input that is being run in a file, for the case that the process dies of it."""

    def __init__(self, path: Path) -> None:
        size = 4 * LARGEST + 4
        with path.open("wb") as file:
            file.truncate(size)
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), size)

    def write(self, data: bytes) -> None:
        """Keep an input."""
        data = data[: 4 * LARGEST]
        self._memory[: 4 + len(data)] = struct.pack("<I", len(data)) + data

    @staticmethod
    def read(path: Path) -> bytes:
        """Return the input that was run last."""
        content = path.read_bytes() if path.is_file() else b""
        return content[4 : 4 + struct.unpack("<I", content[:4])[0]] if len(content) > 4 else b""


def fuzz(target: Target, amount: Amount, seed: int, folder: Path) -> Result:
    """Run a target's corpus, and then inputs made of it, until there are enough or one is bad.

    What comes of an input decides whether others are made of it: an outcome that is new, or in an
    interpreter that can tell (Python 3.12), a line of the program that had not been reached.

    Args:
        target: The harness.
        amount: How much.
        seed: Which inputs; the same seed gives the same ones.
        folder: Where inputs that lead to something new are written.
    """
    random = Random(f"{target.name} {seed}")
    seeds = target.corpus() + [path.read_bytes() for path in sorted(folder.iterdir())]
    limits, current = Limits(), Current(beside(folder))
    corpus: list[bytes] = []
    outcomes: set[Hashable] = set()
    begun, done, data = time.monotonic(), 0, b""
    found: Found | None = None
    with _reached() as reached:
        try:
            for data in _inputs(target, random, seeds, corpus):
                if amount.is_enough(done, begun):
                    break
                current.write(data)
                outcome = limits.run(target, data)
                done += 1
                if (outcome not in outcomes or reached.is_new()) and len(corpus) < _MOST_KEPT:
                    outcomes.add(outcome)
                    corpus.append(data)
                    keep(folder, data)
        except Fault as fault:
            found = Found(fault.sort, str(fault), data)
            done += 1
    took = time.monotonic() - begun
    return Result(done, took, limits.worst, peak(), len(corpus), found)


def _inputs(
    target: Target, random: Random, seeds: list[bytes], corpus: list[bytes]
) -> Iterator[bytes]:
    """Yield the seeds, and then for ever what is made of them and of what was kept since."""
    yield from seeds
    pool = seeds or [b""]
    while True:
        new = corpus and random.random() < 0.6
        both = [random.choice(corpus if new else pool) for _ in range(2)]
        yield target.mutate(min(both, key=len), random, pool)  # the smaller is the faster


def beside(folder: Path) -> Path:
    """Return the file, beside the folder of what is new, that has the input being run."""
    return folder.with_name(f"{folder.name}.current")


def keep(folder: Path, data: bytes) -> None:
    """Write an input under a name that follows from it."""
    (folder / sha256(data).hexdigest()[:16]).write_bytes(data)


class _reached:  # noqa: N801 - reads as a statement
    """Tells of lines of the program that are reached for the first time; costs next to nothing."""

    def __init__(self) -> None:
        self._new = False
        self._here = f"{os.sep}estimator{os.sep}"

    def __enter__(self) -> _reached:
        if sys.version_info >= (3, 12):
            watch = sys.monitoring
            watch.use_tool_id(watch.COVERAGE_ID, "fuzz")
            watch.register_callback(watch.COVERAGE_ID, watch.events.LINE, self._line)
            watch.set_events(watch.COVERAGE_ID, watch.events.LINE)
        return self

    def __exit__(self, *reason: object) -> None:
        if sys.version_info >= (3, 12):
            sys.monitoring.free_tool_id(sys.monitoring.COVERAGE_ID)

    def _line(self, code: object, line: int) -> object:
        self._new = self._new or self._here in getattr(code, "co_filename", "")
        if sys.version_info >= (3, 12):
            return sys.monitoring.DISABLE
        return None

    def is_new(self) -> bool:
        """Tell whether a new line was reached since the last time."""
        new, self._new = self._new, False
        return new


def shrunk(target: Target, found: Found, tries: int = 400) -> bytes:
    """Return a smaller input that shows the same sort of fault, line by line and then by pieces."""
    limits, best = Limits(), found.data

    def shows(data: bytes) -> bool:
        try:
            limits.run(target, data)
        except Fault as fault:
            return fault.sort == found.sort
        return False

    if found.sort in ("hang", "memory"):
        return best
    for separator in (b"\n", b" ", b""):
        size = max(1, len(best.split(separator) if separator else best) // 2)
        while size and tries > 0:
            parts = (
                best.split(separator) if separator else [best[i : i + 1] for i in range(len(best))]
            )
            at = 0
            while at < len(parts) and tries > 0:
                smaller = separator.join(parts[:at] + parts[at + size :])
                tries -= 1
                if smaller != best and shows(smaller):
                    best, parts = smaller, parts[:at] + parts[at + size :]
                else:
                    at += size
            size //= 2
    return best


def as_json(result: Result) -> str:
    """Return a result as a line that another process reads."""
    found = result.found and [result.found.sort, result.found.what, result.found.data.hex()]
    return json.dumps({**result._asdict(), "found": found})


def from_json(line: str) -> Result:
    """Return a result that another process has printed."""
    read = json.loads(line)
    found = read["found"] and Found(
        read["found"][0], read["found"][1], bytes.fromhex(read["found"][2])
    )
    return Result(**{**read, "found": found})


def arguments(program: str) -> argparse.Namespace:
    """Read the call of a process that runs one harness."""
    parser = argparse.ArgumentParser(program)
    parser.add_argument("name")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main() -> None:
    """Run one harness, and print its result for the process that began this one."""
    from fuzz.targets import target

    asked = arguments("python -m fuzz.engine")
    amount = Amount(asked.runs, asked.seconds)
    print(as_json(fuzz(target(asked.name), amount, asked.seed, asked.folder)))


if __name__ == "__main__":
    main()
