"""Ranges: five inputs and five results, against NumPy by hand and two programs for estimates."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from time import process_time
from typing import Any

from benchmarks.measure import (
    ROOT,
    Row,
    Timed,
    command,
    cost,
    imports_row,
    process,
    ratio_of,
    ratio_row,
)
from estimator.diagnostics import Problems
from estimator.evaluate import SamplingOptions, compile_program, evaluate
from estimator.files.project import typed
from estimator.model import Model, build
from estimator.scenario.load import load

_RANGES = "benchmarks/scenarios/five_ranges.yaml"
_CHEAPEST = "benchmarks/scenarios/five_cheapest.yaml"
_FORMULAS = "benchmarks/scenarios/five_formulas.yaml"
_MEDIANS = "benchmarks/scenarios/five_medians.yaml"
_TWITTER = "scenarios/twitter.yaml"
_FOUR = (
    "--set=users=400M to 600M",
    "--set=traffic.peak_to_average=1.5 to 3",
    "--set=tweet.per_user=1.5/day to 3/day",
    "--set=timelines.hit_ratio=98% to 99.5%",
)
_DRAWS = 1_000_000
_MANY = 10_000_000
_THIRD = 0.33
_BYTES = 400e6
_ADDED = 0.150  # seconds that ranges may add to a run
_CHOSEN = 2.0  # seconds that choosing a machine of the whole catalogue may take
_SAME = 0.01
_SQUIGGLE = "@quri/squiggle-lang"


def measure(*, quick: bool) -> list[Row]:
    """Measure a million draws, what a run with ranges takes, and that SciPy is left alone."""
    pairs = 5 if quick else 15
    five = _added("estimator run", _run(_RANGES), _run(_MEDIANS), pairs)
    twitter = _added("run of Twitter", _run(_TWITTER, *_FOUR), _run(_TWITTER), pairs)
    rows = [*_others(pairs), _memory(), five, twitter, _cheapest(pairs)]
    rows.append(imports_row("SciPy", "scipy", _RANGES))
    return [*_by_hand(pairs), *rows]


# --- in this process ------------------------------------------------------------------------------


def _by_hand(pairs: int) -> list[Row]:
    """Return the five results, and all that `run` tells, against the five results in NumPy."""
    _load_numpy()
    from benchmarks.ranges_by_hand import NAMES, five_ranges
    from estimator.evaluate.uncertainty.samples import sample

    model = _model()
    point = compile_program(model).values()

    def told() -> list[Sequence[float]]:
        found = sample(model, point, NAMES, count=_DRAWS)
        return [found.spreads[name].percentiles for name in NAMES]

    def everything() -> object:
        return evaluate(model, Problems(), options=SamplingOptions(_DRAWS))

    def by_hand() -> list[Any]:
        return five_ranges(_DRAWS)

    _check("NumPy by hand", by_hand())
    _check("the estimator", told())
    against = "the five by hand in NumPy"
    return [
        ratio_row(
            "1M draws: five results",
            against,
            ratio_of(_timed(told), _timed(by_hand), pairs),
            1,
        ),
        ratio_row(
            "1M draws: all that a run tells",
            against,
            ratio_of(_timed(everything), _timed(by_hand), pairs),
        ),
    ]


def _load_numpy() -> None:
    """NumPy with one thread for its products, as the command line has it, and not for others."""
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import numpy  # noqa: F401 - it reads this but once

    del os.environ["OPENBLAS_NUM_THREADS"]
    if before is not None:
        os.environ["OPENBLAS_NUM_THREADS"] = before


def _model() -> Model:
    problems = Problems()
    model = build(load(typed(str(ROOT / _RANGES))), problems)
    if model is None:
        raise RuntimeError(f"{_RANGES} is wrong: {problems.found}")
    return model


def _check(name: str, found: Sequence[Sequence[float]]) -> None:
    """Check that the percentiles are those of the closed form.

    Raises:
        RuntimeError: If one of them is another.
    """
    for result, exact in zip(found, _EXACT, strict=True):
        for one, other in zip(result, exact, strict=True):
            if abs(one - other) > _SAME * other:
                raise RuntimeError(f"{name}: {one:g} instead of {other:g}")


_EXACT = (
    (8_050, 12_028, 17_971),
    (1.4504e6, 3.2938e6, 7.4803e6),
    (135.06e9, 254.56e9, 479.78e9),
    (0.73946e15, 1.3937e15, 2.6268e15),
    (0.31027e9, 0.80682e9, 2.0980e9),
)
"""The percentiles by the closed form: all five results are lognormal."""


def _timed(action: Callable[[], object]) -> Timed:
    def timed() -> float:
        start = process_time()
        action()
        return process_time() - start

    return timed


# --- whole processes ------------------------------------------------------------------------------


def _run(scenario: str, *options: str) -> tuple[str, ...]:
    return ("-m", "estimator", "run", scenario, *options)


def _others(pairs: int) -> list[Row]:
    """Return a run of a million draws against processes of two programs that do the same."""
    run = process(*_run(_FORMULAS, "--samples", str(_DRAWS)))
    what = "estimator run, 1M draws"
    rows = []
    for name, words, most in (
        ("squigglepy, as its README", _squigglepy(), _THIRD),
        ("squigglepy, each drawn once", _squigglepy("once"), None),
        ("squiggle-lang", _squiggle(), _THIRD),
    ):
        against = f"{name}: a process"
        if words is None:
            rows.append(Row({"what": what, "against": f"{against}: not installed", **_NOTHING}))
            continue
        _check(name, _printed(words))
        rows.append(ratio_row(what, against, ratio_of(run, command(*words), pairs), most))
    return rows


_NOTHING = {"ratio": "", "at most": ""}


def _squigglepy(*how: str) -> tuple[str, ...] | None:
    if find_spec("squigglepy") is None:
        return None
    return (sys.executable, "-m", "benchmarks.ranges_squigglepy", str(_DRAWS), *how)


def _squiggle() -> tuple[str, ...] | None:
    node = shutil.which("node")
    if node is None:
        return None
    asked = [node, "-e", f"require.resolve({_SQUIGGLE!r})"]
    if subprocess.run(asked, capture_output=True, cwd=ROOT, check=False).returncode:
        return None
    return (node, "benchmarks/ranges_squiggle.cjs", str(_DRAWS))


def _printed(words: Sequence[str]) -> list[list[float]]:
    done = subprocess.run(words, cwd=ROOT, capture_output=True, encoding="utf-8", check=True)
    found: list[list[float]] = json.loads(done.stdout)
    return found


def _memory() -> Row:
    """Return the peak memory of a run of ten million draws."""
    cells = {"what": "estimator run, 10M draws", "against": "its peak memory"}
    if sys.platform == "win32":
        return Row({**cells, **_NOTHING})
    took = cost(*_run(_RANGES, "--samples", str(_MANY)))
    shown = {"ratio": f"{took.bytes / 1e6:.0f} MB", "at most": f"{_BYTES / 1e6:.0f} MB"}
    return Row({**cells, **shown}, took.code == 0 and took.bytes <= _BYTES)


def _added(what: str, with_ranges: Sequence[str], without: Sequence[str], pairs: int) -> Row:
    """Return what ranges add to a run, in milliseconds."""
    one, other = process(*with_ranges, most=1), process(*without)  # what is expected may fail
    one()
    other()
    added = [one() - other() for _ in range(pairs)]
    middle, least, most = (1_000 * f(added) for f in (statistics.median, min, max))
    cells = {
        "what": what,
        "against": "the same without ranges",
        "ratio": f"{middle:+.0f} ms ({least:.0f} to {most:.0f})",
        "at most": f"{1_000 * _ADDED:+.0f} ms",
    }
    return Row(cells, middle <= 1_000 * _ADDED)


def _cheapest(pairs: int) -> Row:
    """Choosing the machine of a load that is a range, by 65,536 draws, of the whole catalogue.

    Netflix's planner chooses by 128 simulated worlds; it is asked once, since it takes so long.
    """
    run = process(*_run(_CHEAPEST))
    run()
    took = statistics.median(run() for _ in range(min(pairs, 5)))
    against = "Netflix's planner with 128 worlds: not installed"
    if find_spec("service_capacity_modeling") is not None:
        other = process("-m", "benchmarks.planner", "uncertain")()
        against = f"Netflix's planner with 128 worlds: {other:.1f} s"
    cells = {
        "what": "cheapest machine, 65,536 draws",
        "against": against,
        "ratio": f"{took:.2f} s",
        "at most": f"{_CHOSEN:.0f} s",
    }
    return Row(cells, took <= _CHOSEN)
