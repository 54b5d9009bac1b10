"""What files made to break a reader cost until they are refused: time and memory, in absolutes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.measure import ROOT, Row

if sys.platform != "win32":
    import resource

_SECONDS = 1.0
_BYTES = 200e6
_GIVE_UP = 60  # seconds after which the system ends a process that computes on and on


class _Cost(NamedTuple):
    code: int
    seconds: float
    bytes: float


def _bomb(reference: str) -> str:
    """Thirty levels, each of which has the one before twice: a billion of the first."""
    levels = [f"  k{i}: &k{i} {reference.format(i - 1)}\n" for i in range(1, 31)]
    return "derive:\n  k0: &k0 {a: 1}\n" + "".join(levels)


def _large() -> Iterator[str]:
    yield "derive:\n"
    line = "# " + "c" * 9_997 + "\n"
    for _ in range(10_000):
        yield line


_CASES: dict[str, Callable[[], Iterator[str] | list[str]]] = {
    "50,000 nested brackets": lambda: ["derive: " + "[" * 50_000 + "]" * 50_000],
    "an alias bomb": lambda: [_bomb("[*k{0}, *k{0}]")],
    "a merge-key bomb": lambda: [_bomb("{{<<: [*k{0}, *k{0}]}}")],
    "a file of 100 MB": _large,
    "a formula nested 100,000 deep": lambda: [
        "derive:\n  x1: " + "(" * 100_000 + "1" + ")" * 100_000
    ],
    "9^9^9^9": lambda: ["derive:\n  x1: 9^9^9^9"],
    "a key of a megabyte": lambda: ["derive:\n  ? " + "k" * 1_000_000 + "\n  : 5"],
}


def measure(*, quick: bool) -> list[Row]:
    """The time and the peak memory of each case, after those of a scenario that is right."""
    del quick
    scenario = ROOT / "scenarios" / "twitter.yaml"
    _cost(scenario)  # a warm-up
    rows = [_row("no harm: the scenario twitter", _cost(scenario), 0)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hostile.yaml"
        for name, parts in _CASES.items():
            with file.open("w") as out:
                out.writelines(parts())
            rows.append(_row(name, _cost(file), 2))
    return rows


def _row(what: str, cost: _Cost, code: int) -> Row:
    cells = {
        "what": what,
        "exit": str(cost.code),
        "time": f"{cost.seconds:.2f} s",
        "limit": f"{_SECONDS:g} s",
        "memory": f"{cost.bytes / 1e6:.0f} MB",
        "at most": f"{_BYTES / 1e6:.0f} MB",
    }
    ok = cost.code == code and cost.seconds <= _SECONDS and cost.bytes <= _BYTES
    return Row(cells, ok)


def _cost(file: Path) -> _Cost:
    """Run a scenario in a process of its own, and ask the system what it took."""
    if sys.platform != "win32":
        start = perf_counter()
        child = subprocess.Popen(
            [sys.executable, "-m", "estimator", "run", str(file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (_GIVE_UP, _GIVE_UP)),
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        unit = 1 if sys.platform == "darwin" else 1024
        return _Cost(child.returncode, seconds, used.ru_maxrss * unit)
    else:
        raise NotImplementedError("Windows does not tell what a process took")
