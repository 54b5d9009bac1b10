"""The numbers of docs/side-by-side.md are what both tools give now."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from estimator.cli.app import run_app

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = ROOT / "benchmarks" / "scenarios"
PAGE = (ROOT / "docs" / "side-by-side.md").read_text("utf-8")
COMPONENTS = {"stateless": "api", "cassandra": "store"}


def _rows(first: str) -> list[dict[str, str]]:
    """Return the lines of the tables whose first column has that title, without backticks."""
    rows: list[dict[str, str]] = []
    titles: list[str] = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.replace("`", "").strip("|").split("|")]
        if not line.startswith("|"):
            titles = []
        elif not titles:
            titles = cells
        elif titles[0] == first and not cells[0].startswith("--"):
            rows.append(dict(zip(titles, cells, strict=True)))
    assert rows, first
    return rows


def _told() -> Iterator[tuple[str, list[str], str]]:
    """Yield the workload, what it is told, and the nodes that the page says follow."""
    for workload in COMPONENTS:
        for row in _rows(f"with {workload}.yaml"):
            told, nodes = row.values()
            yield workload, [] if told == "as it is" else re.split(", (?=[a-z]+[.])", told), nodes


def _dollars(amount: float) -> str:
    return f"${amount / 1000:.3g}k"


@pytest.fixture
def quantities(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what the estimator makes of a workload, told this and that."""

    def run(workload: str, *told: str) -> dict[str, Any]:
        options = [word for text in told for word in ("--set", text)]
        code = run_app(["run", str(SCENARIOS / f"{workload}.yaml"), "--format", "json", *options])
        [scenario] = json.loads(capsys.readouterr().out)["scenarios"]
        assert code == 0
        found: dict[str, Any] = scenario["quantities"]
        return found

    return run


@pytest.mark.parametrize("workload", COMPONENTS)
def test_the_page_shows_the_scenarios_of_the_benchmark(workload: str) -> None:
    text = (SCENARIOS / f"{workload}.yaml").read_text("utf-8")
    assert f"<!-- file: {workload}.yaml -->\n```yaml\n{text}```\n" in PAGE


@pytest.mark.parametrize(
    "row", [r for r in _rows("workload") if r["asked"] == "estimator"], ids=lambda r: r["machine"]
)
def test_the_estimator_gives_what_the_page_says_it_does(
    row: dict[str, str], quantities: Any
) -> None:
    name = COMPONENTS[row["workload"]]
    found = quantities(row["workload"], f"{name}.node={row['machine']}")
    nodes = found[f"{name}.nodes"]["value"]
    assert f"{nodes:g}" == row["nodes"]
    assert f"{nodes * found[f'{name}.node.cores']['value']:g}" == row["cores"]
    price = found[f"{name}.node.price"]["value"] * 3600 * 8760
    assert _dollars(nodes * price) == row["machines, a year"]
    assert _dollars(12 * found[f"{name}.cost.per_month"]["value"]) == row["all, a year"]


def test_the_machine_of_a_scenario_is_the_first_that_the_page_names() -> None:
    for workload in COMPONENTS:
        row = next(r for r in _rows("workload") if r["workload"] == workload)
        text = (SCENARIOS / f"{workload}.yaml").read_text("utf-8")
        assert re.search(rf"node: {row['machine']}\b", text)


@pytest.mark.parametrize(("workload", "told", "nodes"), list(_told()))
def test_what_the_estimator_is_told_has_the_effect_that_the_page_says(
    workload: str, told: list[str], nodes: str, quantities: Any
) -> None:
    assert quantities(workload, *told)[f"{COMPONENTS[workload]}.nodes"]["text"] == nodes


def test_each_resource_of_the_store_asks_for_what_the_page_says(quantities: Any) -> None:
    found = quantities("cassandra")
    rows = {row["resource"]: row["our nodes"] for row in _rows("resource")}
    ours = {name: found.get(f"store.nodes.{name}", {"text": "–"})["text"] for name in rows}
    assert ours == rows


def test_the_steps_of_the_estimator_are_those_of_the_page(quantities: Any) -> None:
    service, store = quantities("stateless"), quantities("cassandra")
    cores = service["api.demand.cpu"]["value"]
    share = service["api.target_utilization"]["value"]
    steps = {row["step"]: row["estimator"] for row in _rows("step")}
    assert steps["busy cores, 21,000/s × 10 ms"] == f"{cores:g}"
    assert steps["with room to spare"] == f"{cores / share:g}"
    assert steps["nodes of 16 cores"] == service["api.nodes.cpu"]["text"]
    whole = 0.0
    for name in ("reads", "writes"):
        rate = store[f"store.copy_{name}.peak"]["value"]
        full = rate / store[f"store.{name.removesuffix('s')}_throughput"]["value"]
        whole += full
        assert steps[f"full nodes for {name}"] == f"{full:g}"
        a_node = 60_000 / full
        assert steps[f"what a full node takes, {name} only"] == f"{a_node:,.0f}/s"
    assert steps["full nodes for both, the sum"] == f"{whole:g}"
    assert steps["nodes with headroom"] == store["store.nodes.cpu"]["text"]


@pytest.fixture
def planner() -> Any:
    """Return the module that asks the planner, if the page's version of it is installed."""
    pytest.importorskip("service_capacity_modeling", reason="the extra `bench` brings it")
    from importlib.metadata import version

    [documented] = re.findall(r"version (\d[\d.]*\d)\.", PAGE)
    if version("service-capacity-modeling") != documented:
        pytest.skip(f"the page is about version {documented} of service-capacity-modeling")
    from benchmarks import planner

    return planner


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")  # the planner's own
def test_the_planner_gives_what_the_page_says_it_does(planner: Any) -> None:
    for row in _rows("workload"):
        if row["asked"] != "estimator":
            family = None if row["asked"].endswith("of all") else row["asked"].split()[-1]
            plan = planner.planned(row["workload"], family)
            assert {
                "nodes": str(plan.nodes),
                "machine": plan.machine,
                "cores": str(plan.cores),
                "machines, a year": _dollars(plan.machines_per_year),
                "all, a year": _dollars(plan.per_year),
            }.items() <= row.items()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")  # the planner's own
def test_each_resource_asks_the_planner_for_what_the_page_says(planner: Any) -> None:
    zones = planner.plan("cassandra").candidate_clusters.zonal
    needed = zones[0].cluster_params["required_nodes_by_type"]
    names = {"storage": "disk_capacity", "reads": "", "writes": ""}
    for row in _rows("resource"):
        name = names.get(row["resource"], row["resource"])
        assert row["its nodes"] == (str(needed[name] * len(zones)) if name else "–")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:path is deprecated:DeprecationWarning")
def test_the_cores_that_the_planner_asks_for_are_those_of_the_page(planner: Any) -> None:
    [service] = planner.plan("stateless", "c7i").requirements.regional
    steps = {row["step"]: row["planner"] for row in _rows("step")}
    assert steps["of the machine's own cores"] == f"{service.cpu_cores.mid:g}"
    zones = planner.plan("cassandra").requirements.zonal
    cores = sum(zone.cpu_cores.mid for zone in zones)
    cpu = next(row["planner"] for row in _rows("resource") if row["resource"] == "cpu")
    assert cpu.endswith(f"{cores:g} of the machine")


def test_without_the_planner_the_benchmark_says_why_it_is_skipped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from benchmarks import side_by_side
    from benchmarks.measure import Skipped

    monkeypatch.setattr(side_by_side, "find_spec", lambda name: None)
    with pytest.raises(Skipped, match="service-capacity-modeling is not installed"):
        side_by_side.measure(quick=True)
