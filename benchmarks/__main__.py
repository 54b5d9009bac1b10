"""Measure the estimator, and print a table for each benchmark.

    python -m benchmarks [--quick] [start] [hostile] [evaluate] [ranges] [scaling] [growth]
        [decisions] [editor] [check] [side_by_side]

Each ratio is of two things timed in the same run, in alternating pairs after a warm-up; the
table has the median of the pairs, and the lowest and the highest. So the speed of the machine
cancels out, though what else runs on it does not. Whole processes are timed by the clock, what
runs inside of this one by the processor's time. The exit code is 1 if a limit is not kept.

The estimator's byte code is written first: in an environment with PYTHONDONTWRITEBYTECODE,
Python would compile changed files anew at each start, and measure its own compiler.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from benchmarks.measure import Row, Skipped, compile_estimator, table

# Hostile input comes before what loads the estimator into this process: on Linux the peak memory
# of a process counts that of the one that started it.
NAMES: tuple[str, ...] = (
    "start",
    "hostile",
    "evaluate",
    "ranges",
    "scaling",
    "growth",
    "decisions",
    "editor",
    "check",
    "side_by_side",
)
if sys.platform == "win32":  # where the memory of a process that has ended is not to be had
    NAMES = tuple(name for name in NAMES if name not in ("hostile", "growth"))


def main() -> int:
    """Run the benchmarks asked for, all of them if none is named."""
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure the estimator.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}")
    parser.add_argument("--quick", action="store_true", help="fewer pairs, so wider ranges")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    ok = True
    for name in NAMES:
        if name in asked.names or not asked.names:
            compile_estimator()
            try:
                rows: list[Row] = import_module(f"benchmarks.{name}").measure(quick=asked.quick)
            except Skipped as reason:
                print(f"\n{name}\n\nskipped: {reason}", flush=True)
                continue
            print(f"\n{name}\n\n{table(rows)}", flush=True)
            ok = ok and all(row.ok is not False for row in rows)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
