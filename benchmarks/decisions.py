"""Sweeps against the same sums in NumPy, and forecasts against a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from time import process_time

from benchmarks.measure import ROOT, Row, Timed, ratio_of, ratio_row
from estimator.analyse.forecast import forecast
from estimator.api import estimate
from estimator.evaluate.shown import numbers

_GRID = ROOT / "benchmarks" / "scenarios" / "grid.yaml"
_RANGES = ROOT / "benchmarks" / "scenarios" / "five_ranges.yaml"
_RESULTS = ("nodes_in_all", "bill")
_POINTS = 1_000
_MONTHS = 60
_MOST_OF_A_SWEEP = 1.5
_MOST_OF_A_FORECAST = 5.0


def measure(*, quick: bool) -> list[Row]:
    """Measure a million points of two inputs, and 60 months with ranges."""
    pairs = 3 if quick else 9
    return [_sweep(pairs), _forecast(pairs)]


def _sweep(pairs: int) -> Row:
    """Return all points of a grid, with the sums that they need in the same blocks by hand.

    Raises:
        RuntimeError: Both do not come to the same.
    """
    from estimator.analyse.axes import spaced
    from estimator.analyse.grid import Grid

    found = estimate(_GRID)
    axes = {
        "users": spaced(1e6, 1e9, _POINTS),
        "tweet.payload": spaced(1e2, 1e4, _POINTS),
    }
    grid = Grid(found.model, numbers(found.report), axes, _RESULTS)

    def swept() -> float:
        return sum(float(results[1].sum()) for _, results in grid.blocks())

    def by_hand() -> float:
        return _by_hand(axes["users"], axes["tweet.payload"])

    if not math.isclose(swept(), by_hand(), rel_tol=1e-9):
        raise RuntimeError("the sweep and the sums by hand do not agree")
    ratio = ratio_of(_timed(swept), _timed(by_hand), pairs)
    return ratio_row("a sweep of a million points", "NumPy by hand", ratio, _MOST_OF_A_SWEEP)


def _by_hand(users: list[float], payloads: list[float]) -> float:
    """Return the sum of all bills, from the two inputs, in blocks of as many points."""
    import numpy as np

    from estimator.analyse.grid import BLOCK

    total = 0.0
    first, second = np.asarray(users), np.asarray(payloads)
    sizes = (len(first), len(second))
    for at in range(0, len(first) * len(second), BLOCK):
        here = np.unravel_index(np.arange(at, min(at + BLOCK, len(first) * len(second))), sizes)
        people, payload = first[here[0]], second[here[1]]
        writes = people * 2.0 / 86_400.0
        reads = writes * 100.0
        kept = writes * payload * (5.0 * 365.0 * 86_400.0) * 3.0
        for_reads = np.ceil(reads * 2.0 / 10_000.0 - 1e-9)
        for_data = np.ceil(kept / (8e12 * 0.7) - 1e-9)
        nodes = np.maximum(np.maximum(for_reads, for_data), 3.0)
        total += float((nodes * 300.0).sum())
    return total


def _forecast(pairs: int) -> Row:
    found = estimate(_RANGES, overrides={"traffic.growth": "3%/month"})
    values = dict(numbers(found.report))

    def ahead() -> object:
        return forecast(found.model, values, date(2026, 12, 1), _MONTHS, seed=0)

    def once() -> object:
        return estimate(_RANGES)

    ratio = ratio_of(_timed(ahead), _timed(once), pairs)
    return ratio_row(f"{_MONTHS} months with ranges", "a run", ratio, _MOST_OF_A_FORECAST)


def _timed(call: Callable[[], object]) -> Timed:
    def timed() -> float:
        start = process_time()
        call()
        return process_time() - start

    return timed
