"""Queues, searches of many shards and caches, against simulations of them.

Each simulation follows single requests, and knows nothing of the formulas.
"""

from __future__ import annotations

import heapq
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from random import Random

import numpy as np
import pytest
from asking import values_of

from estimator.formula.functions.caches import lru_hit_ratio, ttl_hit_ratio
from estimator.formula.functions.queueing import queue_wait, queue_wait_sd, wait_nodes

SEED = 20261130


def waits(arrivals: Sequence[float], services: Sequence[float], servers: int) -> Iterator[float]:
    """Yield how long each request waits for the first free of some servers, in turn."""
    free = [0.0] * servers
    for arrival, service in zip(arrivals, services, strict=True):
        start = max(arrival, free[0])
        heapq.heapreplace(free, start + service)
        yield start - arrival


def poisson(rate: float, number: int, random: np.random.Generator) -> list[float]:
    """Return the times of independent arrivals."""
    times: list[float] = np.cumsum(random.exponential(1.0 / rate, number)).tolist()
    return times


def times(variation: float, number: int, random: np.random.Generator) -> list[float]:
    """Return service times of a mean of 1: always the same, or gamma distributed."""
    if variation == 0.0:
        return [1.0] * number
    shape = variation**-2
    found: list[float] = random.gamma(shape, 1.0 / shape, number).tolist()
    return found


# --- queues ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 1.5])
@pytest.mark.parametrize(("servers", "utilization"), [(1, 0.6), (4, 0.8), (16, 0.8)])
def test_the_wait_in_a_queue_is_that_of_a_simulation(
    servers: int, utilization: float, variation: float
) -> None:
    random = np.random.default_rng(SEED)
    number, load = 600_000, servers * utilization
    arrivals = poisson(load, number, random)
    found = np.array(list(waits(arrivals, times(variation, number, random), servers))[10_000:])
    near = 0.05 if variation == 1.0 or servers == 1 else 0.1  # exact but for chance, or not
    assert queue_wait(servers, load, 1.0, variation) == pytest.approx(found.mean(), rel=near)
    spread = queue_wait_sd(servers, load, 1.0, variation)
    assert spread == pytest.approx(found.std(), rel=0.05 if variation == 1.0 else 0.2)


@pytest.mark.slow
def test_requests_that_go_to_a_node_at_random_wait_as_planned() -> None:
    random = np.random.default_rng(SEED)
    load, slots, target, share = 40.0, 4, 0.5, 0.05
    nodes = int(wait_nodes(load, slots, 1.0, 1.0, target, share))

    def late(nodes: int) -> float:
        number = 1_000_000
        arrivals = np.array(poisson(load, number, random))
        service = np.array(times(1.0, number, random))
        node = random.integers(0, nodes, number)
        found = [
            np.array(list(waits(arrivals[node == n].tolist(), service[node == n].tolist(), slots)))
            for n in range(nodes)
        ]
        return float((np.concatenate(found) > target).mean())

    assert late(nodes) <= share * 1.03
    assert late(nodes - 1) > share


# --- shards ---------------------------------------------------------------------------------------


def searched(shards: int, copies: int, cores: int, utilization: float, variation: float) -> str:
    """Search an index of which each node has one copy of one shard."""
    return f"""\
traffic: {{peak_to_average: 1}}
actions: {{search: {{rate: {utilization * copies * cores / 0.01!r}/s, op: read, response: 0 B}}}}
components:
  x:
    kind: search_index
    corpus: {shards} GB
    overhead: 0%
    shard_size: 1 GB
    replicas: {copies}
    nodes: {shards * copies}
    node.cores: {cores}
    search_time: 10 ms
    other_time: 0 s
    network_time: 0 s
    service_variation: {variation}
"""


@pytest.mark.slow
@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("shards", [1, 10, 100])
def test_a_search_of_shards_takes_the_time_of_a_simulation(shards: int, variation: float) -> None:
    """Where search times never vary, the tail of the wait is taken for longer than it is."""
    copies, cores, utilization = 3, 4, 0.6
    random = np.random.default_rng(SEED)
    number = 1_500_000 // shards if shards < 100 else 30_000
    arrivals = np.array(poisson(utilization * copies * cores / 0.01, number, random))
    slowest = np.zeros(number)
    for _ in range(shards):
        copy = random.integers(0, copies, number)
        service = np.array(times(variation, number, random)) * 0.01
        for one in range(copies):
            there = copy == one
            wait = list(waits(arrivals[there].tolist(), service[there].tolist(), cores))
            slowest[there] = np.maximum(slowest[there], np.array(wait) + service[there])
    slowest = slowest[2_000:]
    found = values_of(searched(shards, copies, cores, utilization, variation))
    below, above = 0.06, {0.0: 0.3, 0.5: 0.08, 1.0: 0.06}[variation]
    assert -below <= found["search.latency.mean"] / slowest.mean() - 1 <= above
    for percent in (50, 95, 99):
        simulated = float(np.percentile(slowest, percent))
        off = found[f"search.latency.p{percent}"] / simulated - 1
        assert -below <= off <= above, percent


# --- caches ---------------------------------------------------------------------------------------


def popular(items: int, exponent: float, number: int) -> list[int]:
    """Return requests of items, the i-th in proportion to i to the power of minus an exponent."""
    weights = np.arange(1, items + 1, dtype=float) ** -exponent
    chosen = np.random.default_rng(SEED).choice(items, size=number, p=weights / weights.sum())
    found: list[int] = chosen.tolist()
    return found


def hit_ratio(
    requests: Sequence[int], size: int, fresh: Callable[[int, float], bool] = lambda *_: True
) -> float:
    """Return the share of the later half of requests that an LRU cache answers.

    Args:
        requests: The item of each, one request after the other.
        size: How many items there is room for.
        fresh: Tells whether an item is good still that was read at some request.
    """
    cache: OrderedDict[int, int] = OrderedDict()
    hits = 0
    for now, item in enumerate(requests):
        if item in cache and fresh(now, cache[item]):
            cache.move_to_end(item)
            hits += 2 * now >= len(requests)
        else:
            cache[item] = now
            cache.move_to_end(item)
            if len(cache) > size:
                cache.popitem(last=False)
    return hits / (len(requests) - len(requests) // 2)


@pytest.mark.slow
@pytest.mark.parametrize("exponent", [0.0, 0.6, 0.8, 1.0, 1.3])
@pytest.mark.parametrize("size", [20, 200, 5_000])
def test_an_lru_cache_hits_as_che_says(size: int, exponent: float) -> None:
    simulated = hit_ratio(popular(20_000, exponent, 600_000), size)
    assert lru_hit_ratio(size, 20_000, exponent) == pytest.approx(simulated, rel=0.01, abs=0.003)


@pytest.mark.slow
@pytest.mark.parametrize("lifetime", [300, 3_000, 30_000])
@pytest.mark.parametrize("size", [100, 2_000])
def test_entries_that_expire_are_read_anew(size: int, lifetime: int) -> None:
    requests = popular(2_000, 0.9, 300_000)
    simulated = hit_ratio(requests, size, lambda now, then: now - then <= lifetime)
    near = pytest.approx(simulated, rel=0.03, abs=0.003)
    assert ttl_hit_ratio(size, 2_000, 0.9, lifetime) == near


@pytest.mark.slow
@pytest.mark.parametrize("writes", [0.1, 1.0])
@pytest.mark.parametrize("size", [100, 2_000])
def test_entries_that_writes_remove_are_read_anew(size: int, writes: float) -> None:
    random = Random(SEED)
    cache: OrderedDict[int, None] = OrderedDict()
    hits = reads = 0
    requests = popular(2_000, 0.9, 400_000)
    for now, item in enumerate(requests):
        if random.random() < writes / (1.0 + writes):
            cache.pop(item, None)
            continue
        counted = 2 * now >= len(requests)
        reads += counted
        hits += counted and item in cache
        cache[item] = None
        cache.move_to_end(item)
        if len(cache) > size:
            cache.popitem(last=False)
    found = values_of(f"""\
actions:
  get: {{rate: 1k/s, op: read, response: 1 kB}}
  put: {{rate: {1000 * writes}/s, payload: 1 kB}}
components:
  x:
    kind: cache
    items: 2k
    zipf_exponent: 0.9
    working_set: {size} kB
    on_write: invalidate
""")
    assert found["x.hit_ratio"] == pytest.approx(hits / reads, rel=0.02)


@pytest.mark.slow
def test_a_cache_with_too_little_memory_sends_its_misses_behind() -> None:
    """Half of the memory for a hit ratio of 80%, in the model and in a simulation."""
    items, exponent = 20_000, 0.8
    full = next(n for n in range(100, items, 100) if lru_hit_ratio(n, items, exponent) >= 0.8)
    simulated = hit_ratio(popular(items, exponent, 600_000), full // 2)
    found = values_of(f"""\
traffic: {{peak_to_average: 1}}
actions: {{get: {{rate: 1k/s, op: read, response: 1 kB}}}}
components:
  x:
    kind: cache
    hit_ratio: 80%
    zipf_exponent: {exponent}
    items: 20k
    working_set: 20 GB
    nodes: 1
    node.memory: 10 GB
    memory_limit: 100%
  db: {{kind: database, receives: [x.misses], stored.retained: 1 TB}}
""")
    assert found["db.reads.peak"] == pytest.approx(1000 * (1 - simulated), rel=0.03)
    assert math.isclose(found["x.fits"], 0.5)
