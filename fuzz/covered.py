"""The branches of the program that a corpus reaches, by coverage.py.

python -m fuzz.covered NAME --folder FOLDER
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
import time
from pathlib import Path
from random import Random

import coverage

from fuzz.engine import arguments
from fuzz.fault import Fault
from fuzz.target import ROOT

_SECONDS = 40.0  # the most that is spent on it


def main() -> None:
    """Print the share of branches in the rooms of a harness that its inputs take."""
    asked = arguments("python -m fuzz.covered")
    root = ROOT / "estimator"
    watch = coverage.Coverage(data_file=None, branch=True, source=[str(root)], config_file=False)
    watch.start()
    from fuzz.limits import Limits
    from fuzz.targets import target as named

    target = named(asked.name)
    found = [path.read_bytes() for path in sorted(asked.folder.iterdir())]
    Random(1).shuffle(found)
    limits, begun = Limits(), time.monotonic()
    for data in (*target.corpus(), *found):
        if time.monotonic() - begun > _SECONDS:
            break
        with contextlib.suppress(Fault):  # the clock runs slower while it is watched
            limits.run(target, data)
    watch.stop()
    rooms = [
        f"{root}/{room}" if room.endswith(".py") else f"{root}/{room}/*" for room in target.rooms
    ]
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        report = Path(folder, "coverage.json")
        watch.json_report(outfile=str(report), include=rooms)
        totals = json.loads(report.read_text("utf-8"))["totals"]
    taken, of = totals["covered_branches"], totals["num_branches"]
    print(f"{taken:,} of {of:,} ({taken / max(of, 1):.0%})")


if __name__ == "__main__":
    main()
