"""How long short calls take, whole processes, and what they must not load."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.measure import ROOT, Row, process, ratio_of, ratio_row

_SCENARIO = "scenarios/twitter.yaml"

_IMPORTS = "import yaml, pydantic, pint, typer, rich.table; pydantic.BaseModel"
"""What a program that uses the same libraries loads before it has done anything."""

_TRIED = """
import sys

class Watch:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "numpy":
            tried.append(name)

tried = []
sys.meta_path.insert(0, Watch)
from estimator.cli.app import run_app
code = run_app(sys.argv[1:])
print(len(tried), file=sys.stderr)
sys.exit(code)
"""


def measure(*, quick: bool) -> list[Row]:
    """The times of `--version`, `--help` and `run`, and that `run` leaves NumPy alone."""
    pairs = 7 if quick else 21
    rows = []
    bare = process("-c", "pass")
    for option in ("--version", "--help"):
        ratio = ratio_of(process("-m", "estimator", option), bare, pairs)
        rows.append(ratio_row(f"estimator {option}", "python -c pass", ratio, 6))
    run = process("-m", "estimator", "run", _SCENARIO)
    ratio = ratio_of(run, process("-c", _IMPORTS), pairs)
    rows.append(ratio_row("estimator run", "importing its libraries", ratio, 1.3))
    rows.append(_numpy())
    return rows


def _numpy() -> Row:
    """A run without ranges has no use for NumPy: it must not try to import it, there or not."""
    done = subprocess.run(
        [sys.executable, "-c", _TRIED, "run", _SCENARIO],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    tried = int(done.stderr.split()[-1])
    cells = {"what": "estimator run", "against": "imports of NumPy tried", "ratio": str(tried)}
    return Row({**cells, "at most": "0"}, tried == 0)
