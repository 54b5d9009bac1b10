"""The compiled scenario twitter against arithmetic by hand, and its ranking against brute force."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import process_time

from benchmarks.by_hand import twitter
from benchmarks.measure import ROOT, Row, Timed, ratio_of, ratio_row
from estimator.analyse.measure_first import measure_first
from estimator.api import estimate
from estimator.diagnostics import Problems
from estimator.evaluate import Program, compile_program
from estimator.files.project import typed
from estimator.formula.emit import SCALARS
from estimator.model import build
from estimator.scenario.load import load

TWITTER = ROOT / "scenarios" / "twitter.yaml"
_FEWEST = 300  # of the quantities that are computed both ways


def measure(*, quick: bool) -> list[Row]:
    """Measure one evaluation of all quantities, and a ranking, without reading and compiling."""
    program = _compiled()
    agreed = _agree(program)
    times = 500 if quick else 5_000

    def values() -> None:
        _forget()
        program.values()

    ratio = ratio_of(_repeated(values, times), _repeated(twitter, times), 11)
    what = f"compiled, {len(program.steps)} quantities"
    return [
        ratio_row(what, f"by hand, {agreed} quantities", ratio, 3),
        _ranking(quick=quick),
    ]


def _ranking(*, quick: bool) -> Row:
    """Return what to measure first, against computing all quantities again at each end."""
    found = estimate(TWITTER)
    ends = 2 * len(found.report.measure_first)

    def again() -> None:
        for _ in range(ends):
            _forget()
            compile_program(found.model).values()

    ratio = ratio_of(
        _repeated(lambda: measure_first(found.model, found.report), 1),
        _repeated(again, 1),
        5 if quick else 11,
    )
    return ratio_row("what to measure first", f"all quantities, {ends} times", ratio, 0.5)


def _compiled() -> Program:
    problems = Problems()
    model = build(load(typed(str(TWITTER))), problems)
    if model is None:
        raise RuntimeError(f"scenarios/twitter.yaml is wrong: {problems.found}")
    return compile_program(model)


def _agree(program: Program) -> int:
    """Return how many quantities are computed by hand.

    Raises:
        RuntimeError: If one of them is not what the estimator makes of it, or if they are few.
    """
    compiled = {name.replace(".", "_"): value for name, value in program.values().items()}
    variables = twitter.__code__.co_varnames[twitter.__code__.co_argcount :]
    by_hand = dict(zip(variables, twitter(), strict=True))
    wrong = [
        name
        for name, value in by_hand.items()
        if not math.isclose(value, compiled.get(name, math.nan), rel_tol=1e-9)
    ]
    if wrong or len(by_hand) < _FEWEST:
        raise RuntimeError(f"{len(by_hand)} quantities by hand, wrong: {', '.join(wrong) or '-'}")
    return len(by_hand)


def _forget() -> None:
    """Forget the results of slow functions, so that each evaluation is like the first one."""
    for function in SCALARS.scope.values():
        if hasattr(function, "cache_clear"):
            function.cache_clear()


def _repeated(action: Callable[[], object], times: int) -> Timed:
    def timed() -> float:
        start = process_time()
        for _ in range(times):
            action()
        return process_time() - start

    return timed
