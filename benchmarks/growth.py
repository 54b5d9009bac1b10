"""Does the time of a command grow faster than what it is given?

Each is given files of three sizes. What a further action, component, expectation or file takes up
to the largest is held against what it takes up to the middle size: so starting is no part of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.check import generated
from benchmarks.measure import Cost, Row, cost

_LINEAR = 1.3
_MOST = 600  # seconds, after which a process is ended

_SYSTEM = """\
users: {users}
actions:
  look: {{per_user: 20/day, op: read, response: 10 kB}}
  save: {{per_user: 2/day, payload: 1 kB}}
components:
"""


class _Case(NamedTuple):
    """A command, and what it is given more and more of.

    Attributes:
        what: The command for people.
        of: What there are so many of.
        sizes: How many: few, some and many.
        words: The command.
        write: Writes a file or a folder with so many, and returns it.
    """

    what: str
    of: str
    sizes: tuple[int, int, int]
    words: tuple[str, ...]
    write: Callable[[Path, int], Path]


def measure(*, quick: bool) -> list[Row]:
    """Processor time for each size, and the peak memory of the largest."""
    cases = [case for case in _cases() if not quick or case.of != "files"]
    with tempfile.TemporaryDirectory() as folder:
        return [_row(case, Path(folder)) for case in cases]


def _cases() -> Iterator[_Case]:
    check = ("check", "--isolated", "--no-cache")
    actions = (300, 1_000, 3_000)
    yield _Case("run", "actions", actions, ("run",), _actions)
    yield _Case("check, one expectation", "actions", actions, check, _actions)
    yield _Case("run, node: cheapest", "components", (10, 30, 100), ("run",), _cheapest)
    expectations = (500, 1_500, 5_000)
    yield _Case("run, on a range", "expectations", expectations, ("run",), _expectations)
    yield _Case("check, on a range", "expectations", expectations, check, _expectations)
    yield _Case("check", "files", (1_000, 3_000, 10_000), check, _files)


def _row(case: _Case, folder: Path) -> Row:
    costs = [_cost(case, size, folder) for size in case.sizes]
    few, some, many = (found.processor for found in costs)
    small, middle, large = case.sizes
    each, before = (many - some) / (large - middle), (some - few) / (middle - small)
    ratio = each / before
    cells = {
        "what": case.what,
        "of": " / ".join(f"{size:,}" for size in case.sizes) + f" {case.of}",
        "processor time": " / ".join(f"{found.processor:.1f}" for found in costs) + " s",
        "a further one": f"{1e3 * each:.1f} ms",
        "ratio": f"{ratio:.2f}",
        "at most": f"{_LINEAR:g}",
        "memory": f"{costs[-1].bytes / 1e6:.0f} MB",
    }
    return Row(cells, ratio <= _LINEAR)


def _cost(case: _Case, size: int, folder: Path) -> Cost:
    name = case.what.replace(",", "").replace(":", "").replace(" ", "_")
    path = case.write(folder / f"{name}{size}", size)
    found = cost("-m", "estimator", *case.words, str(path), most=_MOST)
    if found.code not in (0, 1):  # expectations of generated files may fail
        raise RuntimeError(f"{case.what}, {size:,} {case.of}: exit code {found.code}")
    return found


# --- scenarios ------------------------------------------------------------------------------------


def _actions(path: Path, count: int) -> Path:
    """Return a service and a database that take all actions, no two neighbors alike."""
    lines = [
        f"  a{i}: {{per_user: {i % 9 + 1}/day, payload: {i % 900 + 100} B}}\n" for i in range(count)
    ]
    components = "components: {api: {kind: service, cpu_time: 5 ms}, db: {kind: database}}\n"
    text = f"users: 1M\nactions:\n{''.join(lines)}{components}expect: [servers <= 1M]\n"
    return _written(path, text)


def _cheapest(path: Path, count: int) -> Path:
    """Services that each choose a machine of their own."""
    services = [
        f"  s{i}: {{kind: service, receives: {{look: {i % 5 + 1}, save: 1}}, node: cheapest,"
        f" cpu_time: {i % 7 + 1} ms}}\n"
        for i in range(count)
    ]
    return _written(path, _SYSTEM.format(users="10M") + "".join(services))


def _expectations(path: Path, count: int) -> Path:
    """Limits of a rate and of a cost that depend on a range."""
    components = "  api: {kind: service, cpu_time: 5 ms}\n  db: {kind: database}\nexpect:\n"
    limits = [
        f"  - cost.per_month <= ${20_000 + i}\n"
        if i % 2
        else f"  - reads.average <= {1_000 + i}/s\n"
        for i in range(count)
    ]
    return _written(path, _SYSTEM.format(users="1M to 2M") + components + "".join(limits))


def _files(path: Path, count: int) -> Path:
    return generated(path, count)


def _written(path: Path, text: str) -> Path:
    file = path.with_suffix(".yaml")
    file.write_text(text, "utf-8")
    return file
