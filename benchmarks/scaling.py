"""Does a file of many actions take more time for each of them than a file of few?"""

from __future__ import annotations

import gc
import tempfile
from pathlib import Path
from time import process_time

from benchmarks.measure import Ratio, Row, Timed, process, ratio_of, ratio_row
from estimator.__main__ import THRESHOLD
from estimator.diagnostics import Problems, Source
from estimator.evaluate import evaluate
from estimator.model import build
from estimator.scenario.load import load_source

_FEW, _SOME, _MANY = 20, 200, 2_000
_LIMIT = 1.3


def measure(*, quick: bool) -> list[Row]:
    """Measure the time for each action of large files against that of small ones."""
    pairs = 3 if quick else 5
    rows = []
    gc.set_threshold(*THRESHOLD)  # as the command line has it
    for what, collect in (("load, build, evaluate", True), ("the same, no gc", False)):
        for large, small in ((_SOME, _FEW), (_MANY, _FEW)):
            one, other = (_in_process(actions, collect) for actions in (large, small))
            rows.append(_row(what, large, small, ratio_of(one, other, pairs)))
    with tempfile.TemporaryDirectory() as folder:
        for large, small in ((_MANY, _FEW), (_MANY, _SOME)):
            one, other = (_whole(Path(folder), actions) for actions in (large, small))
            rows.append(_row("estimator run", large, small, ratio_of(one, other, pairs)))
    return rows


def _row(what: str, large: int, small: int, ratio: Ratio) -> Row:
    named = f"{what}: an action of {large:,}"
    return ratio_row(named, f"an action of {small:,}", ratio, _LIMIT)


def _scenario(actions: int) -> str:
    """Return a scenario with so many actions, no two neighbours alike."""
    lines = [
        f"  a{i}: {{per_user: {i % 9 + 1}/day, payload: {i % 900 + 100} B}}\n"
        for i in range(actions)
    ]
    return "users: 1M\nactions:\n" + "".join(lines)


def _in_process(actions: int, collect: bool) -> Timed:
    """Return the seconds for each action; small files several times in a row.

    Args:
        actions: How many the file has.
        collect: Leave Python's garbage collector on, which looks at all objects now and then.
    """
    text = _scenario(actions)
    times = max(1, _SOME // actions)

    def timed() -> float:
        gc.collect()
        if not collect:
            gc.disable()
        start = process_time()
        for _ in range(times):
            _report(text)
        seconds = process_time() - start
        gc.enable()
        return seconds / (times * actions)

    return timed


def _report(text: str) -> None:
    problems = Problems()
    loaded = load_source(Source("generated", text), Path(), "generated")
    model = build(loaded, problems)
    if model is None or evaluate(model, problems) is None:
        raise RuntimeError(f"the generated scenario is wrong: {problems.found}")


def _whole(folder: Path, actions: int) -> Timed:
    """Return the seconds of a whole process for each action."""
    file = folder / f"{actions}.yaml"
    file.write_text(_scenario(actions))
    run = process("-m", "estimator", "run", "--format", "json", str(file))
    return lambda: run() / actions
