"""What a capacity engineer would check by hand: redundancy, staffing and limits of every kind."""

from __future__ import annotations

import pytest
from asking import Ask, values_of

LOAD = """\
traffic: {peak_to_average: 1}
actions:
  get: {rate: 900/s, op: read, response: 1 kB}
  put: {rate: 900/s, payload: 1 kB, retention: 1 day}
components:
  x: {kind: %s}
"""
KINDS = {
    "cache": "cache, working_set: 10 TB",
    "database": "database",
    "quorum_database": "quorum_database",
    "queue": "queue",
    "kafka": "kafka",
    "search_index": "search_index, corpus: 300 GB",
    "session_store": "session_store, sessions: 10M",
    "vector_index": "vector_index, vectors: 10M",
    "time_series": "time_series",
    "column_store": "column_store",
    "service": "service",
    "load_balancer": "load_balancer",
}


def found(component: str) -> dict[str, float]:
    return values_of(LOAD % component)


@pytest.mark.parametrize("kind", KINDS)
def test_another_region_makes_what_is_lost_rarer(kind: str) -> None:
    down = []
    for regions in (1, 2, 3):
        said = f"{KINDS[kind]}, regions: {regions}, survive: 1 region, region_availability: 99%"
        down.append(1 - found(said)["x.availability.regions"])
    assert down[0] == pytest.approx(0.01)
    assert down[1] == pytest.approx(0.01**2)
    assert down[2] <= down[1] * 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", ["99.9%", "99.999%"])
def test_a_target_is_reached_over_zones_that_fail(kind: str, target: str) -> None:
    said = f"{KINDS[kind]}, zones: 3, zone_availability: 99.9%, target_availability: {target}"
    assert found(said)["x.availability"] >= float(target[:-1]) / 100 - 1e-12


@pytest.mark.parametrize("kind", ["database", "session_store"])
def test_copies_on_a_single_node_are_up_as_often_as_it_is(kind: str) -> None:
    said = f"{KINDS[kind]}, nodes: 1, node.cores: 16, zone_availability: 100%"
    values = found(said)
    assert values["x.availability"] == pytest.approx(values["x.node_availability"], abs=1e-8)


@pytest.mark.parametrize(
    ("kind", "load"),
    [
        ("vector_index, vectors: 1M", "100k/s"),
        ("search_index, corpus: 300 GB", "7k/s"),
        ("service, cpu_time: 5 ms", "100k/s"),
        ("database", "100k/s"),
        ("time_series, query_time: 100 ms", "10k/s"),
        ("column_store, scanned: 1 GB", "1k/s"),
        ("llm, prompt_tokens: 2000", "30/s"),
    ],
)
def test_whoever_may_wait_for_so_long_waits_less_on_average(kind: str, load: str) -> None:
    text = f"""\
traffic: {{peak_to_average: 1}}
actions: {{get: {{rate: {load}, op: read, response: 1 kB}}}}
components: {{x: {{kind: {kind}, max_wait: 20 ms}}}}
"""
    waits = values_of(text)["x.wait.mean"]
    assert 0 < waits < 0.020
    for planned in ("target_utilization: 100%", "staffing_beta: 0.5"):
        fewer = values_of(text.replace("max_wait: 20 ms", planned))
        assert fewer["x.nodes"] <= values_of(text)["x.nodes"] * 1.5


def test_work_that_contention_allows_is_done_with_a_warning(ask: Ask) -> None:
    text = """\
traffic: {peak_to_average: 1}
actions: {get: {rate: 10k/s, op: read, response: 1 kB}}
components: {x: {kind: service, cpu_time: 20 ms, contention: 1%, coherency: 0.01%}}
"""
    ran = ask("run", "-", "--format", "json", given=text)
    assert ran.code == 0
    quantities = ran.scenario["quantities"]
    assert quantities["x.nodes"]["value"] <= quantities["x.most_useful_nodes"]["value"]
    assert quantities["x.busy"]["value"] < 1
    assert "contention keeps the nodes busier than planned" in ran.err
    too_much = ask("run", "-", given=text.replace("10k/s", "14k/s"))
    assert too_much.code == 2
    assert "no number of nodes does the work of 35" in too_much.err


def test_what_breaks_is_what_grows_with_the_load_and_not_the_memory() -> None:
    values = values_of("""\
traffic: {peak_to_average: 1}
actions: {get: {rate: 1k/s, op: read, response: 100 B}}
components: {x: {kind: cache, working_set: 1 TB, throughput: 100k/s}}
""")
    assert values["x.breaking_load"] == pytest.approx(values["x.nodes"] * 100_000)


@pytest.mark.parametrize(
    ("stated", "estimated", "warned"),
    [
        ("99.9999999999999%", "99.999999999%", True),
        ("99.999999999%", "99.999999999%", False),
        ("99.9999999%", "99.999999999%", False),
        ("99.99999999999%", "99.999999999%", True),
    ],
)
def test_every_nine_of_durability_counts(
    stated: str, estimated: str, warned: bool, ask: Ask
) -> None:
    text = f"""\
slo: {{durability: {stated}}}
actions: {{put: {{rate: 10/s, payload: 1 MB}}}}
components: {{x: {{kind: object_store, durability: {estimated}}}}}
expect: [x.durability >= slo.durability]
"""
    ran = ask("run", "-", "--show=slo", given=text)
    assert ran.code == int(warned)
    assert ("the estimated durability is below the objective" in ran.err) is warned
    assert f"durability  {stated}  {estimated}" in " ".join(ran.out.split(" ")).replace("   ", "  ")


def test_an_availability_that_no_count_of_nodes_reaches_is_told_with_its_reason(ask: Ask) -> None:
    text = """\
slo: {availability: 99.99%}
actions: {put: {rate: 10/s, payload: 1 MB}}
components: {api: {kind: service}, files: {kind: object_store, class: s3.one_zone_ia}}
"""
    assert (
        "no number of nodes meets it: `files` is a service with 99.5%"
        in ask("run", "-", given=text).err
    )
    own = text.replace("kind: object_store, class: s3.one_zone_ia", "kind: database, replicas: 1")
    assert "`files` is the least available, 99.982%" in ask("run", "-", given=own).err


def test_fewer_accelerators_than_a_copy_of_the_model_are_warned_of(ask: Ask) -> None:
    text = """\
actions: {ask: {rate: 1/s, response: 1 kB}}
components: {m: {kind: llm, nodes: 2}}
"""
    assert "fewer accelerators than a copy of the model" in ask("run", "-", given=text).err


def test_spinning_disks_are_not_chosen_for_a_database(ask: Ask) -> None:
    text = """\
actions: {put: {rate: 1k/s, payload: 1 kB}}
components: {x: {kind: database, node: cheapest of aws}, log: {kind: kafka, node: cheapest of aws}}
"""
    machines = {
        m["component"]: m
        for m in ask("run", "-", "--format", "json", given=text).scenario["machines"]
    }
    assert not machines["x"]["chosen"].startswith("d3.")
    assert {r["name"].split(".")[0] for r in machines["x"]["rejected"]} >= {"d3"}
