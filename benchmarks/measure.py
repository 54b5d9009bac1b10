"""Ratios of times, taken in alternating pairs, and the rows of tables that show them."""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import NamedTuple, TypeAlias

if sys.platform != "win32":
    import resource

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the repository, in which all processes are started."""

_GIVE_UP = 60  # seconds after which the system ends a process that computes on and on

Timed: TypeAlias = Callable[[], float]
"""Does something once and gives the seconds that it took, or seconds for each of its parts."""


class Ratio(NamedTuple):
    """How many times as long one thing takes as another: the median of pairs, and the range."""

    median: float
    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.most:.2f})"


class Row(NamedTuple):
    """A line of a table.

    Attributes:
        cells: What is shown, by the heading of the column.
        ok: Is the limit kept? None where there is no limit.
    """

    cells: dict[str, str]
    ok: bool | None = None


class Skipped(Exception):  # noqa: N818 - not a fault of the program
    """A benchmark cannot run here, for the reason given."""


def ratio_row(what: str, against: str, ratio: Ratio, limit: float | None = None) -> Row:
    """Return the line of a ratio, which must not be above a limit if there is one."""
    cells = {"what": what, "against": against, "ratio": str(ratio), "at most": ""}
    if limit is None:
        return Row(cells)
    return Row({**cells, "at most": f"{limit:g}"}, ratio.median <= limit)


def ratio_of(one: Timed, other: Timed, pairs: int) -> Ratio:
    """Time two things in turn, after a warm-up of both."""
    one()
    other()
    ratios = [one() / other() for _ in range(pairs)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))


def process(*arguments: str, most: int = 0) -> Timed:
    """Return a whole process of this Python, as `command` times it."""
    return command(sys.executable, *arguments, most=most)


def command(*words: str, most: int = 0) -> Timed:
    """Return a whole process, from its start to its end.

    Args:
        words: The program and its arguments.
        most: The highest exit code of one that did its work: 1 where expectations may fail.

    Raises:
        CalledProcessError: When called, if the process fails: its time would mean nothing.
    """

    def timed() -> float:
        start = perf_counter()
        out = subprocess.DEVNULL
        done = subprocess.run(
            words, cwd=ROOT, stdout=out, stderr=out if most else None, check=False
        )
        took = perf_counter() - start
        if done.returncode > most or done.returncode < 0:
            done.check_returncode()
        return took

    return timed


class Cost(NamedTuple):
    """What a process took.

    Attributes:
        code: Its exit code.
        seconds: By the clock.
        bytes: Its peak memory.
        processor: The seconds of the processors, with those of the processes that it started.
    """

    code: int
    seconds: float
    bytes: float
    processor: float


def cost(*arguments: str, most: int = _GIVE_UP) -> Cost:
    """Run a process of this Python without its output, and ask the system what it took.

    Args:
        arguments: What Python is called with.
        most: The seconds of a processor after which the system ends it.
    """
    if sys.platform != "win32":
        start = perf_counter()
        child = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (most, most)),
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        processor = used.ru_utime + used.ru_stime
        return Cost(child.returncode, seconds, used.ru_maxrss * unit, processor)
    else:
        raise NotImplementedError("Windows does not tell what a process took")


_TRIED = """
import sys

class Watch:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == module:
            tried.append(name)

module = sys.argv[1]
tried = []
sys.meta_path.insert(0, Watch)
from estimator.cli.app import run_app
code = run_app(sys.argv[2:])
print(len(tried), file=sys.stderr)
sys.exit(code)
"""


def imports_row(name: str, module: str, scenario: str) -> Row:
    """Return the line of a module that a run must not try to import, be it there or not."""
    done = subprocess.run(
        [sys.executable, "-c", _TRIED, module, "run", scenario],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    tried = int(done.stderr.split()[-1])
    cells = {"what": "estimator run", "against": f"imports of {name} tried", "ratio": str(tried)}
    return Row({**cells, "at most": "0"}, tried == 0)


def compile_estimator() -> None:
    """Write the byte code of the estimator, as an installation does."""
    compileall.compile_dir(ROOT / "estimator", quiet=1)


def table(rows: Iterable[Row]) -> str:
    """Return the rows as text, in columns as wide as they need to be."""
    words = {True: "yes", False: "NO", None: ""}
    shown = [{**row.cells, "ok": words[row.ok]} for row in rows]
    lines = [list(shown[0]), *(list(cells.values()) for cells in shown)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
