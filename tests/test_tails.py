"""Searches that wait for their slowest shard, and caches that have too little memory."""

from __future__ import annotations

import math

import pytest
from asking import Ask, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.formula.functions.erlang import erlang_c

IDLE = """\
traffic: {{peak_to_average: 1}}
actions:
  search: {{rate: 1/s, op: read, response: 1 kB}}
  put: {{rate: 1/s, payload: 1 kB, stored: 0 B}}
components:
  x:
    kind: search_index
    receives: [search, put]
    corpus: {corpus} GB
    overhead: 0%
    shard_size: 10 GB
    search_time: 10 ms
    other_time: 0 s
    network_time: 0 s
    nodes: 3000
"""

VECTORS = """\
traffic: {peak_to_average: 1}
actions: {search: {rate: 1/s, op: read, response: 1 kB}}
components:
  x: {kind: vector_index, vectors: 10M, SAID}
"""

CACHE = """\
traffic: {peak_to_average: 1}
actions: {get: {rate: 10k/s, op: read, response: 10 kB}}
components:
  c: {kind: cache, node.memory: 32 GB, SAID}
  db: {kind: database, receives: [c.misses], stored.retained: 1 TB}
"""


def cached(said: str) -> dict[str, float]:
    return values_of(CACHE.replace("SAID", said))


# --- shards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("shards", [1, 10, 1100])
def test_a_search_takes_as_long_as_its_slowest_shard(shards: int) -> None:
    found = values_of(IDLE.format(corpus=10 * shards))
    assert found["x.shards"] == shards
    mean = 0.010 * math.fsum(1 / k for k in range(1, shards + 1))
    assert found["search.latency.mean"] == pytest.approx(mean, rel=0.001)
    for percent in (50, 95, 99):
        exact = -0.010 * math.log(1 - (percent / 100) ** (1 / shards))
        assert found[f"search.latency.p{percent}"] == pytest.approx(exact, rel=0.02), percent


def test_a_search_takes_as_long_as_it_has_words() -> None:
    text = IDLE.replace("    search_time: 10 ms\n", "    words: WORDS\n").format(corpus=10)
    few, many = (values_of(text.replace("WORDS", words))["x.search_time"] for words in ("5", "20"))
    assert many == pytest.approx(4 * few)


def test_a_write_waits_for_one_shard() -> None:
    one, many = (values_of(IDLE.format(corpus=corpus)) for corpus in (10, 11_000))
    assert many["put.latency.p99"] == pytest.approx(one["put.latency.p99"], rel=0.001)
    assert many["put.latency.p99"] < 0.010


def test_a_search_that_no_node_can_answer_in_time_has_no_end() -> None:
    busy = IDLE.replace("rate: 1/s, op", "rate: 100k/s, op").replace("nodes: 3000", "nodes: 2")
    found = values_of(busy.format(corpus=20))
    assert found["search.latency.p99"] == math.inf
    assert found["x.in_time"] == 0.0


@pytest.mark.parametrize("deadline", ["30 ms", "60 ms", "120 ms"])
def test_the_share_in_time_agrees_with_the_percentiles(deadline: str) -> None:
    said = f"    deadline: {deadline}\nderive: {{late: 100% - x.in_time}}\n"
    found = values_of(IDLE.format(corpus=100) + said)
    exact = (1 - math.exp(-float(deadline.split()[0]) / 10)) ** 10
    assert found["x.in_time"] == pytest.approx(exact, rel=1e-6)


def response_above(time: float, busy: float, cores: int, mean: float) -> float:
    """Return how many responses take longer on a node whose times are exponential (M/M/c)."""
    waits = erlang_c(cores, cores * busy)
    own, queue = 1 / mean, cores * (1 - busy) / mean
    late = (queue * math.exp(-own * time) - own * math.exp(-queue * time)) / (queue - own)
    return (1 - waits) * math.exp(-own * time) + waits * late


@pytest.mark.parametrize(
    ("busy", "exact"), [(0.1, 0.232), (0.6, 0.234), (0.7, 0.236), (0.8, 0.244)]
)
def test_a_search_waits_for_the_slowest_of_many_busy_shards(busy: float, exact: float) -> None:
    """1,100 shards of 20 ms, of which one alone takes 92.6 ms at its p99."""
    late = 1 - 0.99 ** (1 / 1100)
    assert response_above(exact - 0.00025, busy, 8, 0.020) == pytest.approx(late, rel=0.03)
    text = f"""\
traffic: {{peak_to_average: 1}}
actions: {{search: {{rate: 100/s, op: read, response: 1 kB}}}}
components:
  x:
    kind: search_index
    corpus: 30 TB
    search_time: 20 ms
    other_time: 0 s
    target_utilization: {busy:%}
"""
    found = values_of(text)
    assert found["x.shards"] == 1100
    assert found["search.latency.p99"] == pytest.approx(exact, rel=0.02)


def test_a_partition_of_a_log_needs_most_of_its_copies_however_many_brokers_there_are() -> None:
    text = """\
actions: {put: {rate: 10k/s, payload: 1 kB, retention: 1 hour}}
components:
  k: {kind: kafka, nodes: 24, node_availability: 99.5%, zone_availability: 100%, common_cause: 0%,
    like.failover_time: 0 s}
"""
    found = values_of(text)
    assert found["k.availability.alone"] == pytest.approx(0.999925, abs=5e-7)


def test_a_search_needs_a_copy_of_every_shard(ask: Ask) -> None:
    said = IDLE.format(corpus=11_000) + "    replicas: 2\n    node_availability: 99.5%\n"
    said += "    zone_availability: 100%\n    common_cause: 0%\n"
    answer = ask("run", "-", "--format", "json", given=said)
    found = answer.scenario["quantities"]["x.every_shard"]["value"]
    assert found == pytest.approx((1 - 0.005**2) ** 1100, abs=1e-9)
    assert round(100 * found, 2) == 97.29
    assert answer.scenario["quantities"]["x.availability"]["value"] <= found


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(2, 4))
def test_more_shards_are_never_sooner_and_never_more_often_there(
    some: int, more: int, copies: int
) -> None:
    said = IDLE + f"    replicas: {copies}\n"
    few, many = (values_of(said.format(corpus=10 * n)) for n in (some, some + more))
    for name in ("mean", "p50", "p99"):
        assert few[f"search.latency.{name}"] <= many[f"search.latency.{name}"] * 1.001, name
    assert few["x.availability"] >= many["x.availability"]
    replicated = said.replace(f"replicas: {copies}", f"replicas: {copies + 1}")
    assert values_of(replicated.format(corpus=10 * some))["x.availability"] >= few["x.availability"]


HOT = """\
traffic: {peak_to_average: 1}
actions: {get: {rate: 1200/s, op: read, response: 0 B}}
components:
  x: {kind: service, cpu_time: 5 ms, node.cores: 1, nodes: 10, network_time: 0 s,
    hottest_share: SHARE}
"""


def test_requests_of_the_busiest_shard_wait_for_it() -> None:
    """Ten queues of one server each, of which one gets 15% of the requests."""
    found = values_of(HOT.replace("SHARE", "15%"))
    times = {0.005 / (1 - 0.15 * 6): 0.15, 0.005 / (1 - 0.85 * 6 / 9): 0.85}
    assert found["get.latency.mean"] == pytest.approx(sum(t * part for t, part in times.items()))
    for percent in (95, 99):
        at = found[f"get.latency.p{percent}"]
        late = sum(part * math.exp(-at / t) for t, part in times.items())
        assert late == pytest.approx(1 - percent / 100, rel=0.35), percent


def test_a_shard_that_gets_too_much_is_waited_for_without_end() -> None:
    assert values_of(HOT.replace("SHARE", "17%"))["get.latency.p99"] == math.inf


def test_an_equal_share_is_as_if_nothing_was_said() -> None:
    even, said = values_of(HOT.replace("SHARE", "10%")), HOT.replace("hottest_share: SHARE", "")
    apart = values_of(said.replace("network_time", "queue: per_node, network_time"))
    for name in ("mean", "sd", "p99"):
        assert even[f"get.latency.{name}"] == pytest.approx(apart[f"get.latency.{name}"]), name


# --- vectors --------------------------------------------------------------------------------------


def test_a_vector_search_follows_dimensions_candidates_and_corpus() -> None:
    def time(said: str, millions: int = 10) -> float:
        text = VECTORS.replace("SAID", said).replace("10M", f"{millions}M")
        return values_of(text)["x.cpu_time"]

    plain = time("dimensions: 768, node.memory: 256 GB")
    assert time("dimensions: 1536, node.memory: 256 GB") > 1.3 * plain
    assert time("dimensions: 768, bytes_per_dimension: 1 B, node.memory: 256 GB") < 0.7 * plain
    for more, least, most in (("candidates: 200", 1.4, 2.0), ("links: 32", 1.04, 1.3)):
        times = time(f"dimensions: 768, {more}, node.memory: 256 GB") / plain
        assert least < times < most, more
    assert time("dimensions: 768, node.memory: 256 GB", millions=20) > 1.2 * plain


def test_a_vector_search_takes_as_long_as_its_slowest_shard() -> None:
    said = "cpu_time: 10 ms, service_variation: 1, network_time: 0 s, node.memory: 16 GB"
    found = values_of(VECTORS.replace("SAID", said))
    shards = round(found["x.shards"])
    assert shards == 5
    mean = 0.010 * math.fsum(1 / k for k in range(1, shards + 1))
    assert found["search.latency.mean"] == pytest.approx(mean, rel=0.01)


# --- caches ---------------------------------------------------------------------------------------


def test_too_little_memory_sends_misses_to_the_store_behind() -> None:
    full = cached("hit_ratio: 80%, working_set: 1 TB")
    short = cached("hit_ratio: 80%, working_set: 1 TB, nodes: 1")
    assert full["db.reads.peak"] == pytest.approx(2_000)
    assert short["c.fits"] == pytest.approx(32e9 * 0.8 / 1e12)
    assert 6_000 < short["db.reads.peak"] < 8_500
    assert short["c.hits.peak"] + short["db.reads.peak"] == pytest.approx(10_000)
    assert short["c.availability"] > 0.99  # slower, but there


def test_enough_memory_keeps_the_hit_ratio_as_it_was_said() -> None:
    found = cached("hit_ratio: 80%, working_set: 1 TB, nodes: 100")
    assert found["c.effective_hit_ratio"] == 0.8


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 60), st.floats(0.3, 0.99), st.floats(0.0, 1.5))
def test_more_memory_never_hits_less(nodes: int, ratio: float, exponent: float) -> None:
    said = f"hit_ratio: {ratio}, working_set: 1 TB, zipf_exponent: {exponent}, nodes: "
    few, more = cached(said + str(nodes)), cached(said + str(nodes + 1))
    assert 0 <= few["c.effective_hit_ratio"] <= more["c.effective_hit_ratio"] + 1e-9 <= ratio + 2e-9


@settings(deadline=None, max_examples=30)
@given(st.floats(0.05, 0.95), st.floats(0.0, 1.5), st.integers(100, 10**8))
def test_memory_and_hit_ratio_follow_from_each_other(
    ratio: float, exponent: float, items: int
) -> None:
    said = f"items: {items}, zipf_exponent: {exponent}, "
    memory = cached(f"{said}hit_ratio: {ratio}")["c.working_set"]
    back = cached(f"{said}working_set: {memory!r} B")
    assert back["c.hit_ratio"] == pytest.approx(ratio, rel=1e-5)


def test_first_reads_are_misses_however_large_a_cache_is() -> None:
    found = cached("items: 1M, working_set: 10 GB, first_reads: 5%")
    assert found["c.hit_ratio"] == pytest.approx(0.95)


def test_what_a_cdn_misses_is_counted_in_reads_and_in_bytes() -> None:
    found = values_of("""\
traffic: {peak_to_average: 1}
actions: {view: {rate: 1k/s, op: read, response: 1 MB}}
components:
  edge: {kind: cdn, hit_ratio: 95%, byte_hit_ratio: 80%, price: $0.01/GB}
  store: {kind: object_store, receives: [edge.misses], stored.retained: 1 PB}
""")
    assert found["store.reads.average"] == pytest.approx(50)
    assert found["store.egress.average"] == pytest.approx(200e6)
    assert found["edge.cost.egress.per_month"] == pytest.approx(1e9 * 730 * 3600 / 1e9 * 0.01)


def test_an_item_that_is_asked_for_more_often_than_a_node_answers_is_warned_of(ask: Ask) -> None:
    said = CACHE.replace("SAID", "items: 1M, zipf_exponent: 1.2, throughput: 1k/s")
    assert "its most popular item alone" in ask("run", "-", given=said).err
    spread = said.replace("zipf_exponent: 1.2", "zipf_exponent: 0.6")
    assert "its most popular item alone" not in ask("run", "-", given=spread).err
