"""Services, proxies, gateways and brokers: what a core of a machine does of their work."""

from __future__ import annotations

import pytest
from asking import Ask, values_of

from estimator.catalog import catalog

API = """\
traffic: {peak_to_average: 1}
actions: {get: {rate: 10k/s, op: read, response: 1 kB}}
components:
  api: {kind: service%s}
"""


# --- cores are not alike --------------------------------------------------------------------------


@pytest.mark.parametrize("machine", ["m5.2xlarge", "m6i.2xlarge", "m7g.2xlarge", "m8g.2xlarge"])
def test_a_machine_whose_cores_do_more_is_needed_less_often(machine: str) -> None:
    performance = float(catalog("machines").get(machine).fields["performance"].value)  # type: ignore[union-attr]
    found = values_of(API % f", cpu_time: 5 ms, node: {machine}")
    assert found["api.nodes.cpu"] == pytest.approx(50 / (8 * performance * 0.6))
    assert found["api.service_time"] == pytest.approx(0.005 / performance)
    assert found["api.busy_nodes"] == pytest.approx(
        found["api.demand.cpu"] / found["api.capacity.cpu"]
    )


def test_arm_against_x86_is_more_than_a_price() -> None:
    """By the price of a core alone, m7g costs 15% less than m6i; by its work, a third less."""
    said = API % ", cpu_time: 5 ms, node: %s"
    x86, arm = (values_of(said % node) for node in ("m6i.2xlarge", "m7g.2xlarge"))
    assert arm["api.cost.per_month"] < 0.72 * x86["api.cost.per_month"]
    assert arm["get.latency.mean"] < x86["get.latency.mean"]


@pytest.mark.parametrize(
    "kind",
    [
        "service",
        "load_balancer",
        "connection_gateway",
        "fanout",
        "kafka",
        "queue",
        "vector_index",
        "game_server",
    ],
)
def test_every_kind_that_plans_by_cores_counts_them_by_their_work(kind: str) -> None:
    given = {
        "connection_gateway": ", connections: 1M",
        "fanout": ", followers: 200",
        "vector_index": ", vectors: 1M",
    }
    text = (
        (API % given.get(kind, ""))
        .replace("service", kind)
        .replace("op: read, response", "payload")
    )
    resource = "throughput" if kind == "load_balancer" else "cpu"
    once, twice = (
        values_of(text.replace(f"kind: {kind}", f"kind: {kind}, node.performance: {p}"))
        for p in (1, 2)
    )
    one, two = (v[f"api.demand.{resource}"] / v[f"api.capacity.{resource}"] for v in (once, twice))
    assert one > 0
    assert two == pytest.approx(one / 2)


def test_every_machine_of_a_cloud_says_what_its_cores_do() -> None:
    entries = catalog("machines").candidates()
    assert {e.name for e in entries if "performance" not in e.fields} == set()
    assert all(0.5 <= float(e.fields["performance"].value) <= 2.7 for e in entries)


# --- sorts of services ----------------------------------------------------------------------------


def test_a_sort_of_service_brings_its_cpu_time_and_one_that_is_given_takes_its_place() -> None:
    assert values_of(API % "")["api.demand.cpu"] == pytest.approx(40)
    assert values_of(API % ", like: go")["api.demand.cpu"] == pytest.approx(12)
    assert values_of(API % ", like: page")["api.demand.cpu"] == pytest.approx(1000)
    assert values_of(API % ", like: login")["api.demand.cpu"] == pytest.approx(800)
    assert values_of(API % ", like: page, cpu_time: 1 ms")["api.demand.cpu"] == pytest.approx(10)


def test_the_fewer_queries_a_request_makes_the_less_of_the_cpu_time_of_its_sort_it_takes() -> None:
    usual, three, one, none = (
        values_of(API % f", like: java{queries}")["api.demand.cpu"]
        for queries in ("", ", queries: 3", ", queries: 1", ", queries: 0")
    )
    assert three == pytest.approx(usual)
    assert one == pytest.approx(5 * none)
    assert three - one == pytest.approx(2 * (one - none))


def test_queries_do_not_matter_where_the_cpu_time_is_given() -> None:
    given = ", cpu_time: 1 ms, queries: 20"
    assert values_of(API % given)["api.demand.cpu"] == pytest.approx(10)


def test_a_sort_of_service_that_is_not_there_is_told_with_those_that_are(ask: Ask) -> None:
    told = ask("run", "-", given=API % ", like: nod")
    assert told.code == 2
    assert "has no `nod`" in told.err
    assert "`node`" in told.err


def test_the_band_of_an_unnamed_service_admits_compiled_ones_and_grown_ones() -> None:
    band = catalog("services").get("generic").doubts["cpu_time"].between  # type: ignore[union-attr]
    assert band is not None
    assert band.value == "0.7 ms to 30 ms"


# --- proxies --------------------------------------------------------------------------------------


def test_a_proxy_without_tls_does_more() -> None:
    text = API.replace("service", "load_balancer") % ", like: nginx%s"
    with_tls, without = values_of(text % ""), values_of(text % ", tls: no")
    assert with_tls["api.throughput"] == pytest.approx(8 * 20e3)
    assert without["api.throughput"] == pytest.approx(8 * 37e3)


# --- gateways -------------------------------------------------------------------------------------


def test_memory_and_no_fixed_number_decides_how_many_connections_a_node_holds() -> None:
    text = (
        API.replace("service", "connection_gateway") % ", connections: 10M, node.memory: 256 GB%s"
    )
    found = values_of(text % "")
    assert found["api.nodes.memory"] == pytest.approx(10e6 * 40e3 / (256e9 * 0.8))
    assert "api.nodes.connections" not in found
    assert values_of(text % ", connections_per_node: 500k")["api.nodes"] == 21


# --- brokers --------------------------------------------------------------------------------------

LOG = """\
traffic: {peak_to_average: 1}
actions: {event: {rate: %s, payload: %s, retention: 1 h}}
components:
  log: {kind: %s}
"""


@pytest.mark.parametrize("kind", ["kafka", "queue, like: rabbitmq", "queue"])
def test_a_broker_pays_for_messages_as_for_bytes(kind: str) -> None:
    """The same bytes in messages of a tenth of the size are more work, and never less."""
    large, small = (
        values_of(LOG % (*said, kind)) for said in (("10k/s", "1 kB"), ("100k/s", "100 B"))
    )
    assert small["log.write_equivalent.peak"] == pytest.approx(large["log.write_equivalent.peak"])
    assert small["log.demand.cpu"] > 1.05 * large["log.demand.cpu"]


def test_a_message_enters_and_leaves_a_node_once_a_copy_and_once_a_group() -> None:
    """From the producer and to two other copies it enters three times, and leaves four times."""
    found = values_of(LOG % ("1k/s", "1 kB", "kafka, consumers: 2"))
    assert found["log.transfers.peak"] == pytest.approx(7e3)
    empty = values_of(LOG % ("1k/s", "0 B", "kafka, consumers: 2"))
    assert empty["log.transfers.peak"] == pytest.approx(7e3)


def test_kafka_takes_orders_of_magnitude_more_small_messages_than_rabbitmq() -> None:
    kafka, rabbitmq = (
        values_of(LOG % ("1M/s", "100 B", kind))["log.demand.cpu"]
        for kind in ("kafka", "queue, like: rabbitmq")
    )
    assert 20 < rabbitmq / kafka < 200


# --- packets --------------------------------------------------------------------------------------


def test_headers_of_packets_are_bytes_and_weigh_more_on_small_updates() -> None:
    """The headers of IPv4 and UDP are 28 bytes: 28% of an update of 100 bytes, 47% of 60."""
    text = API.replace("service", "game_server") % ", update_size: %s"
    for size in (100, 60):
        found = values_of(text % f"{size} B")
        assert found["api.player_bandwidth"] == pytest.approx(64 * (size + 28))
