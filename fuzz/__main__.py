"""Give the program generated inputs, and print what came of them.

    python -m fuzz [NAME...] [--seconds 30] [--runs N] [--seed 1]   some harnesses, or all
    python -m fuzz NAME --replay FILE...                            inputs that went wrong
    python -m fuzz --record                                         a million inputs

Where atheris is installed, half of the time goes to inputs that coverage guides, and the rest to
as many as the machine can do; without it, outcomes guide all of them. A seed fixes the inputs, but
not how many there are in so many seconds. What goes wrong is made smaller, kept in the folder
`fuzz-faults`, and told with the command that shows it again; the exit code is then 1.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from fuzz.engine import Amount, Current, Found, Result, beside, from_json
from fuzz.scratch import memory
from fuzz.target import ROOT
from fuzz.targets import NAMES

FAULTS = Path("fuzz-faults")
MILLION = {
    "reader": 170_000,
    "formula": 250_000,
    "scenario": 50_000,
    "kind": 60_000,
    "settings": 60_000,
    "baseline": 60_000,
    "diff": 50_000,
    "editor": 50_000,
    "differential": 250_000,
}
"""How many inputs the recorded run gives to each harness: a million in all."""
_LONG = ("diff", "editor", "differential")
"""What takes longest in the recorded run, and so begins first."""
_GRACE = 180.0  # seconds that a process may take to start, on a machine that is busy
_SHARE = 0.5  # of the seconds or the inputs, for those that coverage guides
_GUIDED = 45.0  # seconds of them at most, where so many inputs are asked for


class Summary(NamedTuple):
    """What came of a harness."""

    name: str
    result: Result
    guided: int
    coverage: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        result = self.result
        speed = result.inputs / max(result.seconds, 0.01)
        return (
            self.name,
            f"{result.inputs:,}",
            f"{speed:,.0f}/s",
            f"{self.guided:,}",
            self.coverage,
            f"{result.worst:.2f} s",
            f"{result.memory:.0f} MB",
            "none" if result.found is None else result.found.sort,
        )


COLUMNS = ("harness", "inputs", "speed", "guided", "branches", "worst", "memory", "faults")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run harnesses; the exit code is 1 if something went wrong."""
    parser = argparse.ArgumentParser("python -m fuzz", description="Fuzz the estimator.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}")
    parser.add_argument(
        "--seconds", type=float, help="how long each runs; 30 unless --runs is said"
    )
    parser.add_argument("--runs", type=int, help="how many inputs each gets")
    parser.add_argument("--seed", type=int, default=1, help="which inputs")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at once")
    parser.add_argument("--coverage", action="store_true", help="count the branches reached")
    parser.add_argument("--record", action="store_true", help="a million inputs, as documented")
    parser.add_argument("--replay", nargs="+", type=Path, metavar="FILE", help="give these inputs")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no harness {', '.join(sorted(unknown))}")
    if sys.platform == "win32":
        print("fuzz: skipped, as Windows has no timers that interrupt a program")
        return 0
    if asked.replay:
        return _replay(asked.names, asked.replay)
    names = [name for name in NAMES if name in asked.names or not asked.names]
    seconds = asked.seconds or (None if asked.runs or asked.record else 30.0)

    covered = asked.coverage or asked.record

    def one(name: str) -> Summary:
        runs = MILLION[name] if asked.record else asked.runs
        summary = run(name, Amount(runs, seconds), asked.seed, covered=covered)
        print(_row(summary.cells), flush=True)
        return summary

    begun = time.monotonic()
    print(f"{_setting()}, seed {asked.seed}\n\n{_row(COLUMNS)}", flush=True)
    with ThreadPoolExecutor(asked.jobs) as pool:
        summaries = list(pool.map(one, sorted(names, key=lambda name: name not in _LONG)))
    total = sum(s.result.inputs for s in summaries)
    bad = [s for s in summaries if s.result.found is not None]
    print(f"\n{total:,} inputs in {(time.monotonic() - begun) / 60:.1f} min; faults: {len(bad)}")
    for summary in bad:
        _tell(summary)
    return 1 if bad else 0


def _setting() -> str:
    """Return what a run depends on, besides its seed."""
    guide = f"atheris {version('atheris')}" if find_spec("atheris") else "outcomes"
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
    return f"Python {platform.python_version()}, {system}, guided by {guide}"


def _row(cells: Sequence[str]) -> str:
    widths = (13, 9, 9, 9, 22, 8, 8, 10)
    first, *rest = (cell for cell in cells)
    return f"{first:{widths[0]}}" + "".join(
        f"{c:>{w}}" for c, w in zip(rest, widths[1:], strict=True)
    )


def run(name: str, amount: Amount, seed: int, *, covered: bool) -> Summary:
    """Run a harness: guided by coverage where that can be, then fast, then measured.

    Args:
        name: The harness.
        amount: How much.
        seed: Which inputs.
        covered: Count the branches that it reaches.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=memory()) as temporary:
        folder = Path(temporary, "inputs")
        folder.mkdir()
        first = Result()
        if find_spec("atheris") is not None:
            seconds = _GUIDED if amount.seconds is None else amount.seconds * _SHARE
            most = None if amount.runs is None else int(amount.runs * _SHARE)
            first = process("fuzz.guided", name, Amount(most, seconds), seed, folder)
        rest = Amount(
            None if amount.runs is None else amount.runs - first.inputs,
            None if amount.seconds is None else amount.seconds - first.seconds,
        )
        second = Result()
        if first.found is None:
            second = process("fuzz.engine", name, rest, seed, folder)
        both = Result(
            first.inputs + second.inputs,
            first.seconds + second.seconds,
            max(first.worst, second.worst),
            max(first.memory, second.memory),
            second.kept,
            first.found or second.found,
        )
        measured = covered and both.found is None and find_spec("coverage") is not None
        reached = _covered(name, folder) if measured else "not counted"
        return Summary(name, both, first.inputs, reached)


def process(
    module: str, name: str, amount: Amount, seed: int, folder: Path, *, root: Path = ROOT
) -> Result:
    """Run a harness in a process of its own; what kills it is a fault as well."""
    command = [sys.executable, "-m", module, name, "--folder", str(folder), "--seed", str(seed)]
    command += [] if amount.runs is None else ["--runs", str(amount.runs)]
    command += [] if amount.seconds is None else ["--seconds", str(amount.seconds)]
    patience = None if amount.seconds is None else amount.seconds + _GRACE
    env = {**os.environ, "PYTHONHASHSEED": "0", "TMPDIR": str(folder.parent)}
    try:
        done = subprocess.run(
            command, cwd=root, env=env, capture_output=True, text=True, timeout=patience
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith('{"inputs"')]
        if lines:
            return from_json(lines[-1])
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        what = f"the process ended with {done.returncode}: {said[:300]}"
    except subprocess.TimeoutExpired:
        what = "no answer, and no end"
    return Result(
        found=Found("hang" if "no end" in what else "death", what, Current.read(beside(folder)))
    )


def _covered(name: str, folder: Path) -> str:
    command = [sys.executable, "-m", "fuzz.covered", name, "--folder", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 else "not counted"


def _tell(summary: Summary) -> None:
    """Keep an input that went wrong, made smaller, and say how it is shown again."""
    from fuzz.engine import shrunk
    from fuzz.targets import target

    found = summary.result.found
    assert found is not None
    here = Path.cwd()
    data = found.data if found.sort == "death" else shrunk(target(summary.name), found)
    os.chdir(here)
    FAULTS.mkdir(exist_ok=True)
    file = FAULTS / f"crash_{summary.name}_{found.sort}"
    file.write_bytes(data)
    print(f"\n{summary.name}: {found.what[:1000]}\n  {data[:400]!r}")
    print(f"  python -m fuzz {summary.name} --replay {file}", flush=True)


def _replay(names: Sequence[str], files: Sequence[Path]) -> int:
    """Give inputs to a harness, and let the first fault be seen with its traceback."""
    from fuzz.limits import Limits
    from fuzz.targets import target

    if len(names) != 1:
        print("fuzz: --replay takes one harness", file=sys.stderr)
        return 2
    inputs = [(file, file.read_bytes()) for file in files]
    for file, data in inputs:
        print(f"{file}: {Limits().run(target(names[0]), data)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
