"""The compiled scenario twitter against the same arithmetic written by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from time import process_time

from benchmarks.by_hand import twitter
from benchmarks.measure import ROOT, Row, Timed, ratio_of, ratio_row
from estimator.diagnostics import Problems
from estimator.evaluate import Program, compile_program
from estimator.files.project import typed
from estimator.model import build
from estimator.scenario.load import load

_FEWEST = 300  # of the quantities that are computed both ways


def measure(*, quick: bool) -> list[Row]:
    """One evaluation of all quantities; reading and compiling are not timed."""
    program = _compiled()
    constants = program.constants()
    agreed = _agree(program)
    times = 500 if quick else 5_000
    ratio = ratio_of(
        _repeated(lambda: program.run(constants), times), _repeated(twitter, times), 11
    )
    what = f"compiled, {len(program.names)} quantities"
    return [ratio_row(what, f"by hand, {agreed} quantities", ratio, 3)]


def _compiled() -> Program:
    problems = Problems()
    model = build(load(typed(str(ROOT / "scenarios" / "twitter.yaml"))), problems)
    if model is None:
        raise RuntimeError(f"scenarios/twitter.yaml is wrong: {problems.found}")
    return compile_program(model)


def _agree(program: Program) -> int:
    """How many quantities are computed by hand.

    Raises:
        RuntimeError: If one of them is not what the estimator makes of it, or if they are few.
    """
    values = program.run(program.constants())
    compiled = {
        name.replace(".", "_"): value for name, value in zip(program.names, values, strict=True)
    }
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


def _repeated(action: Callable[[], object], times: int) -> Timed:
    def timed() -> float:
        start = process_time()
        for _ in range(times):
            action()
        return process_time() - start

    return timed
