"""The same service and the same store in Netflix's service-capacity-modeling and in the estimator.

Both plan for `benchmarks/scenarios/`; what they are told and why their counts differ is in
docs/side-by-side.md. Nothing here has a limit: the counts are there to be looked at, and the
times belong to programs that do different things.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from importlib.util import find_spec
from itertools import product
from time import process_time

from benchmarks.measure import ROOT, Row, Skipped, Timed, process, ratio_of, ratio_row
from estimator.__main__ import THRESHOLD
from estimator.diagnostics import Problems
from estimator.evaluate import Report, evaluate
from estimator.files.project import typed
from estimator.model import build
from estimator.scenario.load import load

_SCENARIOS = ROOT / "benchmarks" / "scenarios"
_WORKLOADS = {"stateless": "api", "cassandra": "store"}
_FAMILIES = {"stateless": "c7i", "cassandra": "i4i"}  # the cheapest that both catalogues have
_TIMES = 3  # plans in a measurement


def measure(*, quick: bool) -> list[Row]:
    """Measure the nodes of both, and the time of a plan in each.

    Raises:
        Skipped: If the planner is not installed.
    """
    if find_spec("service_capacity_modeling") is None:
        raise Skipped("service-capacity-modeling is not installed: pip install -e '.[bench]'")
    gc.set_threshold(*THRESHOLD)  # as the command line has it
    pairs = 5 if quick else 21
    rows = [_nodes(*asked) for asked in product(_WORKLOADS, (False, True))]
    for workload in _WORKLOADS:
        ratio = ratio_of(
            process("-m", "estimator", "run", "--format", "json", _file(workload)),
            process("-m", "benchmarks.planner", workload),
            pairs,
        )
        rows.append(ratio_row(f"{workload}: estimator run", "a process that plans", ratio))
    for workload, one in product(_WORKLOADS, (False, True)):
        ratio = ratio_of(_ours(workload), _theirs(workload, one), pairs)
        against = f"plan_certain, {_choice(workload, one)}"
        rows.append(ratio_row(f"{workload}: load, build, evaluate", against, ratio))
    return rows


def report(workload: str) -> Report:
    """Return what the estimator makes of a workload, from the file to all values.

    Raises:
        RuntimeError: If the scenario is wrong.
    """
    problems = Problems()
    model = build(load(typed(_file(workload))), problems)
    computed = None if model is None else evaluate(model, problems)
    if computed is None:
        raise RuntimeError(f"the scenario {workload} is wrong: {problems.found}")
    return computed


def _file(workload: str) -> str:
    return str(_SCENARIOS / f"{workload}.yaml")


def _choice(workload: str, one: bool) -> str:
    return f"of {_FAMILIES[workload]}" if one else "of all machines"


def _nodes(workload: str, one: bool) -> Row:
    """Return the nodes of both.

    Args:
        workload: The name of the scenario.
        one: Let the planner choose among the machines of one family only.
    """
    from benchmarks.planner import planned

    values, component = report(workload).values, _WORKLOADS[workload]
    nodes, cores = (round(values[f"{component}.{n}"].value) for n in ("nodes", "node.cores"))
    plan = planned(workload, _FAMILIES[workload] if one else None)
    cells = {
        "what": f"{workload}: {nodes} nodes, {nodes * cores} cores",
        "against": f"{plan.nodes} {plan.machine}, {plan.cores} cores, {_choice(workload, one)}",
    }
    return Row({**cells, "ratio": f"{nodes / plan.nodes:.2f}", "at most": ""})


def _ours(workload: str) -> Timed:
    return _repeated(lambda: report(workload))


def _theirs(workload: str, one: bool) -> Timed:
    from benchmarks.planner import plan

    return _repeated(lambda: plan(workload, _FAMILIES[workload] if one else None))


def _repeated(action: Callable[[], object]) -> Timed:
    def timed() -> float:
        gc.collect()
        start = process_time()
        for _ in range(_TIMES):
            action()
        return process_time() - start

    return timed
