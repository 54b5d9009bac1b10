"""How long short calls take, whole processes, and what they must not load."""

from __future__ import annotations

from benchmarks.measure import Row, Timed, cost, imports_row, process, ratio_of, ratio_row

_SCENARIO = "scenarios/twitter.yaml"

_IMPORTS = "import yaml, pydantic, pint, typer, rich.table; pydantic.BaseModel"
"""What a program that uses the same libraries loads before it has done anything."""


def measure(*, quick: bool) -> list[Row]:
    """Measure the times of `--version`, `--help` and `run`, and that `run` leaves NumPy alone."""
    pairs = 7 if quick else 21
    rows = []
    bare = process("-c", "pass")
    for option in ("--version", "--help"):
        ratio = ratio_of(process("-m", "estimator", option), bare, pairs)
        rows.append(ratio_row(f"estimator {option}", "python -c pass", ratio, 6))
    run = process("-m", "estimator", "run", _SCENARIO)
    ratio = ratio_of(run, process("-c", _IMPORTS), pairs)
    rows.append(ratio_row("estimator run", "importing its libraries", ratio, 1.3))
    least = ("-m", "benchmarks.least_app", _SCENARIO)
    ratio = ratio_of(run, process(*least), pairs)
    rows.append(ratio_row("estimator run", "reading, validating and a table", ratio, 1.15))
    one = _processor("-m", "estimator", "run", _SCENARIO)
    ratio = ratio_of(one, _processor(*least), pairs)
    rows.append(
        ratio_row("the same, processor time", "reading, validating and a table", ratio, 1.15)
    )
    rows.append(imports_row("NumPy", "numpy", _SCENARIO))
    return rows


def _processor(*arguments: str) -> Timed:
    """Return a whole process of this Python, in processor time, which other work disturbs less."""
    return lambda: cost(*arguments).processor
