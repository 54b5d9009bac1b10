"""What files made to break a reader cost until they are refused: time and memory, in absolutes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import ROOT, Cost, Row, cost

_SECONDS = 1.0
_BYTES = 200e6


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
    """Measure the time and the peak memory of each case, after those of a valid scenario."""
    del quick
    scenario = ROOT / "scenarios" / "twitter.yaml"
    _run(scenario)  # a warm-up
    rows = [_row("no harm: the scenario twitter", _run(scenario), 0)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hostile.yaml"
        for name, parts in _CASES.items():
            with file.open("w") as out:
                out.writelines(parts())
            rows.append(_row(name, _run(file), 2))
    return rows


def _run(file: Path) -> Cost:
    return cost("-m", "estimator", "run", str(file))


def _row(what: str, took: Cost, code: int) -> Row:
    cells = {
        "what": what,
        "exit": str(took.code),
        "time": f"{took.seconds:.2f} s",
        "limit": f"{_SECONDS:g} s",
        "memory": f"{took.bytes / 1e6:.0f} MB",
        "at most": f"{_BYTES / 1e6:.0f} MB",
    }
    ok = took.code == code and took.seconds <= _SECONDS and took.bytes <= _BYTES
    return Row(cells, ok)
