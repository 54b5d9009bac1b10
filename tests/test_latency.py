"""How long requests take: waits, visits, percentiles, and the nodes that a wait allows."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from asking import SHIPPED, Ask, check_simulated, estimated, of_file, one_in, values_of

from estimator.analyse.estimate import estimated as with_model
from estimator.diagnostics import InputError, Problems, Source
from estimator.formula.tree import Call, Name, Number
from estimator.library.loader import shipped_kind
from estimator.scenario.load import load_source

SERVICE = """\
traffic: {peak_to_average: 1}
actions:
  ask: {rate: 90/s, op: read, response: 1 kB}
components:
  api: {kind: service, cpu_time: 10 ms, network_time: 0 s, node.cores: 1, nodes: 1}
"""


def erlang_c(servers: int, load: float) -> float:
    """Return the chance to wait, by the sums of the textbook."""
    term = total = 1.0
    for k in range(1, servers):
        term *= load / k
        total += term
    last = term * load / servers * servers / (servers - load)
    return last / (total + last)


def within(mean: float, sd: float, time: float) -> float:
    """Return a gamma distribution's share below a time, by the incomplete gamma's series."""
    shape = (mean / sd) ** 2
    x = time * mean / sd**2
    term = total = math.exp(shape * math.log(x) - x - math.lgamma(shape + 1))
    for n in range(1, 500):
        term *= x / (shape + n)
        total += term
    return total


# --- one queue ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [1, 50, 90, 99])
def test_one_server_of_exponential_times_answers_exponentially(rate: int) -> None:
    found = values_of(SERVICE, ask__rate=f"{rate}/s")
    mean = 0.010 / (1 - rate * 0.010)
    assert found["ask.latency.mean"] == pytest.approx(mean, rel=1e-12)
    assert found["ask.latency.sd"] == pytest.approx(mean, rel=1e-12)
    for percent in (50, 95, 99):
        wanted = -math.log(1 - percent / 100) * mean
        assert found[f"ask.latency.p{percent}"] == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("nodes", "cores", "rate"), [(3, 4, 900), (2, 1, 30), (25, 8, 19_000)])
def test_nodes_that_share_a_queue_wait_as_erlang_says(nodes: int, cores: int, rate: int) -> None:
    found = values_of(
        SERVICE,
        api__nodes=f"{nodes}",
        api__node__cores=f"{cores}",
        ask__rate=f"{rate}/s",
        api__queue="shared",
    )
    servers, load = nodes * cores, rate * 0.010
    waits, mean = erlang_c(servers, load), 0.010 / (servers - load)
    assert found["api.wait.mean"] == pytest.approx(waits * mean, rel=1e-9)
    variance = waits * 2 * mean**2 - (waits * mean) ** 2  # exponential for those who wait
    assert found["api.wait.sd"] == pytest.approx(math.sqrt(variance), rel=1e-9)
    assert found["ask.latency.mean"] == pytest.approx(waits * mean + 0.010, rel=1e-9)
    assert found["ask.latency.sd"] == pytest.approx(
        math.hypot(0.010, math.sqrt(variance)), rel=1e-9
    )


def test_a_queue_for_each_node_makes_each_node_wait_for_its_part_alone() -> None:
    more = {"api__nodes": "5", "api__node__cores": "4", "ask__rate": "1500/s"}
    apart = values_of(SERVICE, api__queue="per_node", **more)
    together = values_of(SERVICE, api__queue="shared", **more)
    assert apart["api.wait.mean"] == pytest.approx(erlang_c(4, 3.0) * 0.010 / (4 - 3.0), rel=1e-9)
    assert together["api.wait.mean"] == pytest.approx(erlang_c(20, 15.0) * 0.010 / 5, rel=1e-9)
    assert apart["api.wait.mean"] > 3 * together["api.wait.mean"]


def test_waits_are_those_of_the_peak() -> None:
    calm = values_of(SERVICE, ask__rate="40/s")
    busy = values_of(SERVICE, ask__rate="20/s", traffic__peak_to_average="2")
    assert busy["ask.latency.p99"] == pytest.approx(calm["ask.latency.p99"], rel=1e-12)


def test_times_that_never_vary_halve_the_wait() -> None:
    usual, steady = values_of(SERVICE), values_of(SERVICE, api__service_variation="0")
    assert steady["api.wait.mean"] == pytest.approx(usual["api.wait.mean"] / 2, rel=1e-12)
    wild = values_of(SERVICE, api__service_variation="3")
    assert wild["api.wait.mean"] == pytest.approx(usual["api.wait.mean"] * 5, rel=1e-12)


def test_the_way_there_takes_its_time_once_for_each_call() -> None:
    near, far = values_of(SERVICE), values_of(SERVICE, api__network_time="40 ms")
    assert far["ask.latency.mean"] == pytest.approx(near["ask.latency.mean"] + 0.040)
    twice = values_of(SERVICE, api__receives__ask="2", api__network_time="40 ms", ask__rate="45/s")
    assert twice["ask.latency.mean"] == pytest.approx(2 * far["ask.latency.mean"])


# --- several queues -------------------------------------------------------------------------------


@pytest.mark.parametrize("stages", [2, 3, 5])
def test_equal_exponential_stages_make_a_distribution_of_erlang(stages: int) -> None:
    same = "kind: service, cpu_time: 10 ms, network_time: 0 s, node.cores: 1, nodes: 1"
    lines = [
        f"  s{i}: {{{same}, receives: [{f's{i - 1}' if i else 'ask'}]}}" for i in range(stages)
    ]
    found = values_of(SERVICE.split("components:")[0] + "components:\n" + "\n".join(lines) + "\n")
    stage = 0.010 / (1 - 0.9)
    assert found["ask.latency.mean"] == pytest.approx(stages * stage, rel=1e-9)
    for percent in (50, 95, 99):
        x = found[f"ask.latency.p{percent}"] / stage
        beyond = math.exp(-x) * sum(x**k / math.factorial(k) for k in range(stages))
        assert 1 - beyond == pytest.approx(percent / 100, rel=1e-9)


def test_percentiles_are_those_of_a_gamma_distribution_of_the_mean_and_the_deviation() -> None:
    found = values_of(SERVICE, api__nodes="2", api__node__cores="4", ask__rate="500/s")
    mean, sd = found["ask.latency.mean"], found["ask.latency.sd"]
    assert sd < mean
    for percent in (50, 95, 99):
        assert within(mean, sd, found[f"ask.latency.p{percent}"]) == pytest.approx(
            percent / 100, rel=1e-9
        )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_what_is_visited_in_a_shipped_scenario_takes_the_time_of_its_calls(path: Path) -> None:
    report = of_file(path)
    found = {n: v.value for n, v in report.values.items()}
    visited = [n for n in found if ".residence." in n]
    assert visited
    for action in report.actions:
        parts = [n for n in visited if n.startswith(f"{action}.")]
        total = 0.0
        for part in parts:
            component = part.rpartition(".")[2]
            calls = {
                s: found.get(f"{action}.visits.{component}.{s}s", 0.0) for s in ("read", "write")
            }
            time = sum(n * found[f"{component}.latency.{s}"] for s, n in calls.items())
            assert found[part] == pytest.approx(time, rel=1e-12), part
            total += time
        if parts:
            assert found[f"{action}.latency.mean"] == pytest.approx(total, rel=1e-12), action


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_the_branches_of_a_shipped_path_take_as_long_as_its_components(path: Path) -> None:
    source = Source(path.name, path.read_text("utf-8"))
    made = with_model(load_source(source, path.parent, path.stem), Problems())
    assert made is not None
    model, values = made.model, {n: v.value for n, v in made.report.values.items()}
    seen = 0
    for action in model.actions:
        quantity = model.quantities.get(f"{action}.latency.sd")
        if quantity is None:
            continue
        assert isinstance(quantity.tree, Call)
        given = [
            a.value if isinstance(a, Number) else values[a.path]
            for a in quantity.tree.arguments
            if isinstance(a, Number | Name)
        ]
        branches = list(zip(*[iter(given)] * 6, strict=True))
        met: list[float] = []
        for parent, chance, *_ in branches:
            met.append(chance * (met[int(parent) - 1] if parent else 1.0))
        mean = sum(p * (b[2] + b[3]) for p, b in zip(met, branches, strict=True))
        assert mean == pytest.approx(values[f"{action}.latency.mean"], rel=1e-9), action
        seen += 1
    assert seen


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_visits_of_all_requests_are_the_calls_that_reach_a_component(path: Path) -> None:
    """What is reached through a queue as well is waited for less often than it is called."""
    report = of_file(path)
    found = {n: v.value for n, v in report.values.items()}
    queues = {
        f"{name}.{flow}"
        for name, kind, *_ in report.components
        for flow, send in shipped_kind(kind).sends.items()
        if send.asynchronous is not None
    }
    behind: set[str] = set()
    for _ in report.components:
        for name in (n for n in found if ".receives." in n):
            component, _, flow = name.partition(".receives.")
            if flow in queues or flow.split(".")[0] in behind:
                behind.add(component)
    for component, *_ in report.components:
        for side in ("reads", "writes"):
            calls = found[f"{component}.{side}.average"]
            waited_for = sum(
                found[f"{a}.requests.average"] * found.get(f"{a}.visits.{component}.{side}", 0.0)
                for a in report.actions
            )
            if component in behind:
                assert waited_for <= calls * (1 + 1e-9), component
            else:
                assert waited_for == pytest.approx(calls, rel=1e-9), component


# --- visits ---------------------------------------------------------------------------------------

ACTIONS = """\
users: 10M
actions:
  tweet: {per_user: 2/day, payload: 200 B}
  look:  {per_user: 50/day, op: read, response: 4 kB}
  mixed: {rate: 1k/s, payload: 1 kB, read_write_ratio: 4}
components:
"""


def visits(components: str, **said: str) -> dict[str, float]:
    found = values_of(ACTIONS + components, **said)
    return {n.replace(".visits.", " "): v for n, v in found.items() if ".visits." in n}


def test_only_what_a_cache_misses_is_looked_up_behind_it() -> None:
    found = visits(
        "  api: {kind: service, receives: [look]}\n"
        "  memory: {kind: cache, receives: {api: 3}, hit_ratio: 90%}\n"
        "  store: {kind: database, receives: {memory.misses: 20}}\n"
    )
    assert found["look memory.reads"] == 3
    assert found["look store.reads"] == pytest.approx(3 * 0.1 * 20)
    assert set(found) == {"look api.reads", "look memory.reads", "look store.reads"}


def test_a_balancer_and_what_stands_behind_it_are_each_visited_once() -> None:
    found = visits(
        "  balancer: {kind: load_balancer, receives: [tweet, look]}\n"
        "  api: {kind: service, receives: [balancer]}\n"
        "  store: {kind: database, receives: [api]}\n"
    )
    assert found == {
        f"{action} {component}.{side}": 1
        for action, side in (("tweet", "writes"), ("look", "reads"))
        for component in ("balancer", "api", "store")
    }


def test_what_stands_behind_a_queue_is_not_waited_for() -> None:
    components = (
        "  api: {kind: service, receives: [tweet]}\n"
        "  posted: {kind: queue, receives: [api]}\n"
        "  worker: {kind: service, receives: [posted.messages], cpu_time: 3 s}\n"
        "  store: {kind: database, receives: {worker: 2, tweet: 1}}\n"
    )
    found = visits(components)
    assert found == {"tweet api.writes": 1, "tweet posted.writes": 1, "tweet store.writes": 1}
    assert values_of(ACTIONS + components)["tweet.latency.p99"] < 1


def test_reads_and_writes_of_one_action_are_shares_of_its_requests() -> None:
    found = visits("  api: {kind: service, receives: [mixed]}\n")
    assert found == {"mixed api.reads": pytest.approx(0.8), "mixed api.writes": pytest.approx(0.2)}


def test_those_that_receive_one_side_of_an_action_are_visited_for_it_only() -> None:
    found = visits(
        "  writer: {kind: service, receives: {mixed.writes: 3}}\n"
        "  reader: {kind: service, receives: [mixed.reads]}\n"
        "  below: {kind: database, receives: {writer: 2}}\n"
    )
    assert found == {
        "mixed writer.writes": pytest.approx(0.2 * 3),
        "mixed reader.reads": pytest.approx(0.8),
        "mixed below.writes": pytest.approx(0.2 * 3 * 2),
    }


def test_two_ways_to_a_component_add_up() -> None:
    found = visits(
        "  api: {kind: service, receives: [look]}\n"
        "  other: {kind: service, receives: {api: 2}}\n"
        "  store: {kind: database, receives: {look: 1, api: 3, other: 5}}\n"
    )
    assert found["look store.reads"] == 1 + 3 + 2 * 5


def test_a_write_takes_the_time_of_a_write_and_a_read_that_of_a_read() -> None:
    found = values_of(
        ACTIONS + "  store: {kind: database, receives: [mixed], network_time: 0 s,"
        " service_time: 1 ms, write_time: 9 ms}\n"
    )
    wait = found["store.wait.mean"]
    assert found["mixed.residence.store"] == pytest.approx(wait + 0.8 * 0.001 + 0.2 * 0.009)


# --- branches of a path ---------------------------------------------------------------------------

NEAR = 0.00025  # seconds, `network_time` unless given
LOOK = """\
traffic: {peak_to_average: 1}
actions:
  look: {rate: 1/s, op: read, response: 1 kB}
components:
  memory: {kind: cache, receives: [look], hit_ratio: 98%, service_time: 0.05 ms}
"""


def services(*lines: str) -> str:
    """Services that are rarely busy, each with what it receives and its exponential time."""
    said = (line.split(" ", 2) for line in lines)
    return "".join(
        f"  {name}: {{kind: service, receives: {flows}, cpu_time: {time} ms, nodes: 20}}\n"
        for name, time, flows in said
    )


def call(milliseconds: float, chance: Random, times: int = 1) -> float:
    """Return the time of so many calls, each with an exponential time."""
    return sum(NEAR + chance.expovariate(1000 / milliseconds) for _ in range(times))


def hit_or_miss(chance: Random) -> float:
    return call(0.05, chance) + (call(5, chance) if chance.random() < 0.02 else 0.0)


def miss_and_twenty_calls(chance: Random) -> float:
    return call(0.05, chance) + (call(5, chance, 20) if chance.random() < 0.02 else 0.0)


def two_caches(chance: Random) -> float:
    time = call(0.05, chance)
    if chance.random() < 0.1:
        time += call(1, chance)
        if chance.random() < 0.2:
            time += call(30, chance)
    return time


def three_services_behind_misses(chance: Random) -> float:
    return call(0.05, chance) + (call(50, chance, 3) if chance.random() < 0.02 else 0.0)


def now_and_then(chance: Random) -> float:
    return call(5, chance) + (call(50, chance) if chance.random() < 0.1 else 0.0)


def two_misses_of_one_request(chance: Random) -> float:
    time = call(1, chance)
    for share, milliseconds in ((0.1, 20), (0.3, 60)):
        time += call(0.05, chance)
        if chance.random() < share:
            time += call(milliseconds, chance)
    return time


CACHES = """\
  one: {kind: cache, receives: [api], hit_ratio: 90%, service_time: 0.05 ms}
  two: {kind: cache, receives: [api], hit_ratio: 70%, service_time: 0.05 ms}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "simulated"),
    [
        (LOOK + services("store 5 [memory.misses]"), hit_or_miss),
        (LOOK + services("store 5 {memory.misses: 20}"), miss_and_twenty_calls),
        (
            LOOK.replace("98%", "90%")
            + "  behind: {kind: cache, receives: [memory.misses], hit_ratio: 80%,"
            " service_time: 1 ms}\n" + services("store 30 [behind.misses]"),
            two_caches,
        ),
        (
            LOOK + services("s1 50 [memory.misses]", "s2 50 [s1]", "s3 50 [s2]"),
            three_services_behind_misses,
        ),
        (
            LOOK.split("  memory")[0] + services("s1 5 [look]", "s2 50 {s1: 10%}"),
            now_and_then,
        ),
        (
            LOOK.split("  memory")[0]
            + services("api 1 [look]", "s1 20 [one.misses]", "s2 60 [two.misses]")
            + CACHES,
            two_misses_of_one_request,
        ),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_simulation_of_branching_paths_has_the_same_percentiles(
    scenario: str, simulated: Callable[[Random], float]
) -> None:
    check_simulated(values_of(scenario), simulated)


def test_a_simulation_of_reads_and_writes_has_the_same_percentiles() -> None:
    scenario = LOOK.split("  memory")[0].replace("op: read, response: 1 kB", "read_write_ratio: 1")
    found = values_of(scenario + services("api 5 [look]", "log 20 [look.writes]"))

    def time(chance: Random) -> float:
        return call(5, chance) + (call(20, chance) if chance.random() < 0.5 else 0.0)

    check_simulated(found, time)


def test_reads_and_writes_of_one_server_are_as_exponential_as_either() -> None:
    mixed = SERVICE.replace("90/s, op: read, response: 1 kB", "45/s, read_write_ratio: 1")
    for percent in (50, 95, 99):
        wanted = -math.log(1 - percent / 100) * 0.1
        name = f"ask.latency.p{percent}"
        assert values_of(mixed)[name] == pytest.approx(wanted, rel=1e-9)


def test_the_way_there_shifts_the_percentiles_of_a_queue() -> None:
    found = values_of(SERVICE, api__network_time="40 ms")
    for percent in (50, 95, 99):
        wanted = 0.040 - math.log(1 - percent / 100) * 0.1
        assert found[f"ask.latency.p{percent}"] == pytest.approx(wanted, rel=1e-9)


def test_what_never_varies_is_a_step() -> None:
    steady = "kind: object_store, service_variation: 0, service_time"
    scenario = LOOK.split("  memory")[0] + (
        f"  files: {{{steady}: 20 ms, receives: [look]}}\n"
        f"  more: {{{steady}: 1 s, receives: {{files: 3%}}}}\n"
    )
    found = values_of(scenario)
    assert found["look.latency.p50"] == found["look.latency.p95"] == pytest.approx(NEAR + 0.020)
    assert found["look.latency.p99"] == pytest.approx(2 * NEAR + 1.020)


def test_a_branch_is_named_for_its_flow_and_has_a_chance() -> None:
    found = values_of(LOOK + services("store 5 {memory.misses: 20}", "below 5 [store]"))
    start = "look.branch.memory_misses"
    assert found[f"{start}.chance"] == pytest.approx(0.02)
    assert found[f"{start}.calls.store"] == found[f"{start}.calls.below"] == 20
    assert found[f"{start}.mean"] == pytest.approx(40 * 0.005)
    assert found[f"{start}.fixed"] == pytest.approx(40 * NEAR)
    assert found[f"{start}.sd"] == pytest.approx(math.sqrt(40) * 0.005)
    names = {n for n in found if n.startswith("look.branch.") and n.endswith(".chance")}
    assert names == {f"{start}.chance"}


def test_misses_of_many_reads_are_added_by_their_moments() -> None:
    found = values_of(LOOK.replace("[look]", "{look: 100}") + services("store 5 [memory.misses]"))
    assert found["look.branch.reads.calls.store"] == pytest.approx(2)
    assert found["look.branch.reads.calls_variance.store"] == pytest.approx(100 * 0.02 * 0.98)
    assert not [n for n in found if "misses.chance" in n]


def test_misses_without_end_leave_the_hits_alone() -> None:
    found = values_of(
        LOOK.replace("rate: 1/s", "rate: 90k/s") + services("store 500 [memory.misses]")
    )
    assert found["look.latency.p95"] < 0.001
    assert found["look.latency.p99"] == found["look.latency.mean"] == math.inf


def test_more_branches_than_eight_are_counted_with_those_they_belong_to() -> None:
    caches = "".join(
        f"  c{i}: {{kind: cache, receives: [api], hit_ratio: 90%}}\n"
        f"  d{i}: {{kind: service, receives: [c{i}.misses], cpu_time: 5 ms, nodes: 20}}\n"
        for i in range(12)
    )
    found = values_of(LOOK.split("  memory")[0] + services("api 1 [look]") + caches)
    assert len([n for n in found if n.endswith("_misses.chance")]) == 7
    miss = 0.1 * 0.005**2 + 0.1 * 0.9 * (0.005 + NEAR) ** 2
    wanted = 0.001**2 + 12 * (found["c0.latency.sd"] ** 2 + miss)
    assert found["look.latency.sd"] == pytest.approx(math.sqrt(wanted), rel=1e-6)


def test_pinned_visits_change_the_branches_too() -> None:
    usual = values_of(SERVICE)
    twice = values_of(SERVICE, ask__visits__api__reads="2")
    assert twice["ask.latency.mean"] == pytest.approx(2 * usual["ask.latency.mean"])
    assert twice["ask.latency.sd"] == pytest.approx(math.sqrt(2) * usual["ask.latency.sd"])


# --- waits without end ----------------------------------------------------------------------------

OVERLOADED = """\
traffic: {peak_to_average: 1}
actions:
  ask: {rate: 250/s, op: read, response: 1 kB}
  other: {rate: 1/s, op: read, response: 1 kB}
components:
  api: {kind: service, receives: [ask], cpu_time: 10 ms, node.cores: 1, nodes: 2}
  files: {kind: object_store, receives: [other]}
derive: {twice: 2 * ask.latency.mean}
"""


def test_a_wait_without_end_is_called_unbounded_and_nothing_else_is(ask: Ask) -> None:
    ran = ask("run", "-", "--show=latency,derived", given=OVERLOADED)
    assert ran.code == 0
    assert ["ask", "unbounded", "unbounded", "unbounded", "api: overloaded"] in [
        [cell.strip() for cell in row] for row in ran.rows("Latency")
    ]
    assert re.search(r"^twice +unbounded +2 \* ask", ran.out, re.M)
    assert re.search(r"^other +\d", ran.out.partition("\nLatency\n")[2], re.M)
    assert "inf" not in ran.out.replace("info", "")


def test_a_wait_without_end_is_null_in_json_and_inf_in_csv(ask: Ask) -> None:
    found = ask("run", "-", "--format", "json", given=OVERLOADED).scenario["quantities"]
    endless = {name for name, value in found.items() if value["value"] is None}
    assert {"api.wait.mean", "ask.residence.api", "ask.latency.p50", "twice"} <= endless
    assert {found[name]["text"] for name in endless} == {"unbounded"}
    assert not [n for n in endless if n.startswith("other.")]
    rows = list(
        csv.DictReader(io.StringIO(ask("run", "-", "--format", "csv", given=OVERLOADED).out))
    )
    assert {r["name"] for r in rows if r["value"] == "inf"} == endless
    assert {r["text"] for r in rows if r["value"] == "inf"} == {"unbounded"}


@pytest.mark.parametrize("options", [("--napkin",), ("--format", "markdown")])
def test_a_wait_without_end_may_be_rounded_and_written(options: tuple[str, ...], ask: Ask) -> None:
    ran = ask("run", "-", *options, given=OVERLOADED)
    assert ran.code == 0
    assert "unbounded" in ran.out


@pytest.mark.parametrize(
    ("check", "status"),
    [
        ("ask.latency.p99 <= 100 ms", "fail"),
        ("ask.latency.p99 * 2 + 1 s <= 100 years", "fail"),
        ("1 s > ask.latency.mean and 1 < 2", "fail"),
        ("{check: ask.latency.p99 <= 100 ms, severity: warn}", "warn"),
        ("ask.latency.p99 > 100 years", "pass"),
        ("min(ask.latency.p99, other.latency.p99) < 1 s", "pass"),
        ("1 / ask.latency.mean < 1/s", "pass"),
    ],
)
def test_what_is_expected_of_a_wait_without_end_is_judged(
    check: str, status: str, ask: Ask
) -> None:
    ran = ask("run", "-", "--format", "json", given=f"{OVERLOADED}expect:\n  - {check}\n")
    assert [e["status"] for e in ran.scenario["expectations"]] == [status]
    assert ran.code == (1 if status == "fail" else 0)


def test_a_wait_without_end_ends_with_one_more_node() -> None:
    assert values_of(OVERLOADED, api__nodes="2")["ask.latency.p50"] == math.inf
    assert values_of(OVERLOADED, api__nodes="3")["ask.latency.p50"] < 1


# --- what is aimed at -----------------------------------------------------------------------------


def aimed(target: str) -> str:
    return f"{SERVICE}slo: {{p99: {target}}}\n"


def late(ask: Ask, target: str, **said: str) -> str:
    settings = [f"--set={n.replace('__', '.')}={v}" for n, v in said.items()]
    ran = ask("run", "-", *settings, given=aimed(target))
    assert ran.code == 0
    assert ran.err.count("the estimated p99 is above the objective (slo)") <= 1
    return ran.err


def test_more_nodes_help_where_waiting_is_what_makes_it_late(ask: Ask) -> None:
    least = math.log(100) * 0.010
    told = late(ask, f"{least * 1.01} s")
    assert "the estimated p99 is above the objective (slo): `ask` takes 461 ms" in told
    assert "more nodes help" in told
    assert "without waiting it would be 46.1 ms" in told
    enough = values_of(aimed(f"{least * 1.01} s"), api__nodes="100")
    assert enough["ask.latency.p99"] <= least * 1.01
    assert "p99" not in late(ask, f"{least * 1.01} s", api__nodes="100")


def test_no_number_of_nodes_helps_where_the_work_alone_takes_too_long(ask: Ask) -> None:
    least = math.log(100) * 0.010
    told = late(ask, f"{least * 0.99} s")
    assert "no number of nodes meets it: without any waiting it would be 46.1 ms" in told
    assert "more nodes help" not in told
    assert values_of(aimed("1 s"), api__nodes="1M")["ask.latency.p99"] > least * 0.99


def test_more_nodes_help_up_to_where_they_get_in_each_others_way(ask: Ask) -> None:
    told = late(ask, "50 ms", api__coherency="1%", api__nodes="2")
    assert "so more nodes help up to `api.most_useful_nodes`;" in told
    assert "help up to" not in late(ask, "50 ms")


def test_it_is_said_which_component_takes_the_time(ask: Ask) -> None:
    slow = (
        "slo: {p99: 1 ms}\n"
        + ACTIONS
        + (
            "  api: {kind: service, receives: [look], cpu_time: 1 ms}\n"
            "  store: {kind: database, receives: [api], service_time: 50 ms}\n"
        )
    )
    told = ask("run", "-", given=slow).err
    assert "`look` takes" in told
    assert "`store` takes most of" in told


def test_an_objective_for_some_actions_does_not_ask_about_the_others(ask: Ask) -> None:
    scenario = (
        "slo: {for: [look], p99: 1 s}\n"
        + ACTIONS
        + "  api: {kind: service, receives: [look], cpu_time: 1 ms}\n"
        "  slow: {kind: service, receives: [tweet], cpu_time: 9 s}\n"
    )
    assert ask("run", "-", given=scenario).err == ""
    for names in ("[tweet]", "tweet", "[look, tweet]"):
        told = ask("run", "-", given=scenario.replace("[look], p99", f"{names}, p99")).err
        assert "`tweet` takes" in told


# --- nodes by their waits -------------------------------------------------------------------------


def beyond(servers: int, load: float, service: float, wait: float, variation: float = 1.0) -> float:
    """Return the share that waits longer, by the sums of the textbook."""
    if load >= servers:
        return 1.0
    scale = service * (1 + variation**2) / 2
    return erlang_c(servers, load) * math.exp(-(servers - load) * wait / scale)


WAITS = SERVICE.replace(", nodes: 1", ", minimum: 1")


@pytest.mark.parametrize("cores", [1, 4])
@pytest.mark.parametrize("rate", [30, 500, 4000])
@pytest.mark.parametrize(("wait", "share"), [(0.0, 0.1), (0.005, 0.01), (0.05, 0.001)])
def test_a_shared_queue_gets_the_fewest_nodes_that_keep_its_wait(
    cores: int, rate: int, wait: float, share: float
) -> None:
    found = values_of(
        WAITS,
        ask__rate=f"{rate}/s",
        api__queue="shared",
        api__node__cores=f"{cores}",
        api__max_wait=f"{wait} s",
        api__late_share=f"{share}",
    )
    nodes, load = int(found["api.nodes"]), rate * 0.010
    assert beyond(nodes * cores, load, 0.010, wait) <= share
    fewer = (nodes - 1) * cores
    assert fewer == 0 or beyond(fewer, load, 0.010, wait) > share


@pytest.mark.parametrize("rate", [30, 500, 4000])
@pytest.mark.parametrize("variation", [0.0, 1.0, 2.0])
def test_queues_of_their_own_get_the_fewest_nodes_that_keep_each_wait(
    rate: int, variation: float
) -> None:
    more = {
        "ask__rate": f"{rate}/s",
        "api__node__cores": "4",
        "api__max_wait": "5 ms",
        "api__service_variation": f"{variation}",
    }
    apart = int(values_of(WAITS, api__queue="per_node", **more)["api.nodes"])
    load = rate * 0.010

    def late_share(nodes: int) -> float:
        return beyond(4, load / nodes, 0.010, 0.005, variation)

    assert late_share(apart) <= 0.01
    assert apart == 1 or late_share(apart - 1) > 0.01
    assert values_of(WAITS, api__queue="shared", **more)["api.nodes"] <= apart


@pytest.mark.parametrize("beta", [0.5, 1, 2.375])
@pytest.mark.parametrize("rate", [64, 1000, 10_000])
def test_square_root_staffing_is_its_rule(beta: float, rate: int) -> None:
    found = values_of(WAITS, ask__rate=f"{rate}/s", api__staffing_beta=f"{beta}")
    load = rate * 0.010
    assert found["api.nodes"] == math.ceil(load + beta * math.sqrt(load))
    wide = values_of(
        WAITS, ask__rate=f"{rate}/s", api__staffing_beta=f"{beta}", api__node__cores="4"
    )
    assert wide["api.nodes"] == math.ceil(math.ceil(load + beta * math.sqrt(load)) / 4)


def test_waits_plan_instead_of_utilization_unless_that_is_given_too() -> None:
    said = {"ask__rate": "10k/s", "api__queue": "shared"}
    usual = values_of(WAITS, **said)
    waits = values_of(WAITS, **said, api__max_wait="10 ms")
    both = values_of(WAITS, **said, api__max_wait="10 ms", api__target_utilization="70%")
    assert usual["api.nodes"] == math.ceil(100 / 0.6)
    assert 100 < waits["api.nodes"] < 120
    assert both["api.nodes"] == math.ceil(100 / 0.7)


# --- nodes that get in each other's way -----------------------------------------------------------


def worth(nodes: int, contention: float, coherency: float) -> float:
    return nodes / (1 + contention * (nodes - 1) + coherency * nodes * (nodes - 1))


@pytest.mark.parametrize(
    ("contention", "coherency"), [(0.02, 0.0), (0.0, 0.0002), (0.02, 0.0001), (0.1, 0.00001)]
)
@pytest.mark.parametrize("rate", [50, 300, 540])
def test_nodes_that_contend_are_the_fewest_that_do_the_work(
    contention: float, coherency: float, rate: int
) -> None:
    said = {
        "ask__rate": f"{rate}/s",
        "api__contention": f"{contention}",
        "api__queue": "shared",
    }
    if coherency:
        said["api__coherency"] = f"{coherency}"
    found = values_of(WAITS, **said)
    work = rate * 0.010 / 0.6
    wanted = next(
        n for n in range(1, 10_000) if worth(n, contention, coherency) >= work * (1 - 1e-9)
    )
    assert found["api.nodes"] == max(wanted, math.ceil(work - 1e-9))
    busy = rate * 0.010 / worth(wanted, contention, coherency)
    assert found["api.busy"] == pytest.approx(busy)
    slots = 1 * int(found["api.nodes"])
    wait = erlang_c(slots, busy * slots) * 0.010 / (slots - busy * slots)
    assert found["api.wait.mean"] == pytest.approx(wait, rel=1e-9)


def test_work_that_no_number_of_nodes_does_is_an_error_where_the_user_can_mend_it(ask: Ask) -> None:
    scenario = WAITS.replace("minimum: 1", "minimum: 1, contention: 5%, coherency: 0.1%")
    assert ask("run", "-", given=scenario).code == 0
    ran = ask("run", "-", "--set=ask.rate=2k/s", given=scenario)
    assert ran.code == 2
    assert ran.err.startswith(
        "error[E023]: `api.nodes.scaling` cannot be computed: no number of nodes"
    )
    best = max(range(1, 1000), key=lambda n: worth(n, 0.05, 0.001))
    assert f"{best} nodes do the most" in ran.err
    assert "--> <stdin>:" in ran.err


def test_more_nodes_than_help_are_warned_of(ask: Ask) -> None:
    scenario = WAITS.replace("minimum: 1", "minimum: 1, contention: 5%, coherency: 0.1%")
    most = math.sqrt(0.95 / 0.001)
    fine = ask("run", "-", f"--set=api.nodes={math.floor(most)}", given=scenario)
    over = ask("run", "-", f"--set=api.nodes={math.ceil(most) + 1}", given=scenario)
    assert "more nodes than are useful" not in fine.err
    assert "there are more nodes than are useful" in over.err


# --- over the shipped scenarios -------------------------------------------------------------------


def latencies(path: Path, **said: str) -> dict[str, float]:
    report = estimated(path.read_text("utf-8"), path.parent, **said)
    return {
        n: v.value for n, v in report.values.items() if ".latency.p" in n or ".latency.mean" in n
    }


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_percentiles_of_a_shipped_scenario_rise(path: Path) -> None:
    found = {n: v.value for n, v in of_file(path).values.items()}
    means = [n for n in found if n.endswith(".latency.mean")]
    assert means
    for name in means:
        action = name.removesuffix("mean")
        for low, high in pairwise([found[f"{action}p{percent}"] for percent in (50, 95, 99)]):
            assert low <= high


def fleets(path: Path) -> list[str]:
    report = of_file(path)
    return [name for name, *_ in report.components if f"{name}.wait.mean" in report.values]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "component"),
    one_in(3, [(p, c) for p in SHIPPED for c in fleets(p)]),
    ids=lambda x: getattr(x, "stem", x),
)
def test_more_nodes_never_make_it_slower_and_longer_work_never_faster(
    path: Path, component: str
) -> None:
    report = of_file(path)
    before = {n: v.value for n, v in report.values.items() if ".latency." in n}
    nodes = report.values[f"{component}.nodes"].value
    more = latencies(path, **{f"{component}.nodes": f"{2 * nodes:.0f}"})
    times = report.values[f"{component}.service_time"]
    pinned = f"{component}.nodes", f"{nodes:.0f}"
    slower = latencies(
        path, **dict([pinned]), **{f"{component}.service_time": f"{1.1 * times.value} s"}
    )
    for name, value in more.items():
        # What varies is added by two moments, so that a percentile is good to parts in a thousand.
        noise = 1e-9 if name.endswith(".mean") else 1e-4
        assert value <= before[name] * (1 + noise), name
        if not name.endswith(".p50"):  # a median may fall where the deviation grows
            assert slower[name] >= before[name] * (1 - noise), name


# --- what a latency needs -------------------------------------------------------------------------


def test_an_action_that_reaches_no_component_takes_no_time_and_has_no_latency() -> None:
    found = values_of(ACTIONS + "  api: {kind: service, receives: [look]}\n")
    assert not [n for n in found if n.startswith("tweet.latency")]
    with pytest.raises(InputError) as raised:
        values_of(
            ACTIONS + "  api: {kind: service, receives: [look]}\nderive: {x1: tweet.latency.p99}\n"
        )
    assert [d.rule for d in raised.value.diagnostics if d.rule[0] == "E"] == ["E014"]


def test_visits_may_be_pinned_and_those_that_do_not_happen_may_not(ask: Ask) -> None:
    scenario = ACTIONS + "  api: {kind: service, receives: [look]}\n"
    assert values_of(scenario, look__visits__api__reads="3")["look.visits.api.reads"] == 3
    ran = ask("run", "-", "--set=look.visits.api.writes=3", given=scenario)
    assert ran.code == 2
    assert "no such call is waited for" in ran.err
    assert "`look.visits.api.reads`" in ran.err
