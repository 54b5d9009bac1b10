"""Queues, fleets, searches of many shards and failing nodes, against SimPy.

Each system lives event by event, and knows nothing of the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from random import Random

import numpy as np
import pytest
import simpy
from asking import values_of
from test_simulations import waits

from estimator.formula.functions.queueing import queue_wait
from estimator.formula.functions.reliability import k_of_n, k_of_n_zones

Steps = Generator[simpy.Event, object, None]
Choose = Callable[[Sequence[simpy.Resource]], simpy.Resource]


def fewest(nodes: Sequence[simpy.Resource]) -> simpy.Resource:
    """Return the node with the fewest requests."""
    return min(nodes, key=lambda node: node.count + len(node.queue))


class Fleet:
    """Nodes in groups, such as the copies of a shard: a request asks one node of each group."""

    def __init__(
        self, service: Callable[[], float], choose: Choose, cores: int, nodes: int, groups: int = 1
    ) -> None:
        self.world, self.service, self.choose = simpy.Environment(), service, choose
        self.groups = [
            [simpy.Resource(self.world, cores) for _ in range(nodes)] for _ in range(groups)
        ]
        self.arrivals: list[float] = []
        self.waits: list[float] = []
        self.responses: list[float] = []

    def run(self, rate: float, requests: int, random: Random) -> None:
        """Let requests come at random, until all are answered."""
        self.world.process(self._arrive(rate, requests, random))
        self.world.run()

    def _arrive(self, rate: float, requests: int, random: Random) -> Steps:
        for _ in range(requests):
            yield self.world.timeout(random.expovariate(rate))
            self.arrivals.append(self.world.now)
            self.world.process(self._ask())

    def _ask(self) -> Steps:
        began = self.world.now
        calls = [self.world.process(self._call(self.choose(nodes))) for nodes in self.groups]
        yield self.world.all_of(calls)
        self.responses.append(self.world.now - began)

    def _call(self, node: simpy.Resource) -> Steps:
        began = self.world.now
        with node.request() as turn:
            yield turn
            self.waits.append(self.world.now - began)
            yield self.world.timeout(self.service())


def gamma_times(variation: float, random: Random) -> Callable[[], float]:
    """Return a source of times of 1 on average: always the same, or gamma distributed."""
    shape = variation**-2 if variation else 1.0
    return lambda: random.gammavariate(shape, 1 / shape) if variation else 1.0


def test_the_quick_simulation_of_a_queue_agrees_with_simpy() -> None:
    """The same arrivals and times of service in both."""
    random = Random(7)
    served: list[float] = []

    def service() -> float:
        served.append(random.expovariate(1))
        return served[-1]

    queue = Fleet(service, random.choice, cores=3, nodes=1)
    queue.run(2.4, 3_000, random)
    assert list(waits(queue.arrivals, served, 3)) == pytest.approx(queue.waits, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("variation", [0.0, 0.5, 1.0, 1.5])
def test_requests_wait_in_a_queue_as_in_a_simulation(variation: float) -> None:
    """The wait with times that vary is a well-known approximation, some 10% off at most."""
    random = Random(7)
    queue = Fleet(gamma_times(variation, random), random.choice, cores=4, nodes=1)
    queue.run(3.2, 100_000, random)
    assert queue_wait(4, 3.2, 1, variation) == pytest.approx(np.mean(queue.waits), rel=0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("queue", "off"), [("per_node", 0.1), ("least_requests", 0.05)])
def test_a_request_of_a_fleet_waits_as_in_a_simulation(queue: str, off: float) -> None:
    found = values_of(
        "traffic: {peak_to_average: 1}\nactions: {ask: {rate: 320/s, op: read}}\ncomponents:\n"
        f"  api: {{kind: service, cpu_time: 100 ms, node.cores: 4, nodes: 10, queue: {queue}}}\n"
    )
    random = Random(7)
    choose = fewest if queue == "least_requests" else random.choice
    fleet = Fleet(gamma_times(1, random), choose, cores=4, nodes=10)
    fleet.run(32, 60_000, random)
    assert found["api.busy"] == pytest.approx(0.8)
    assert found["api.wait.mean"] / 0.1 == pytest.approx(np.mean(fleet.waits), abs=off)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["search_index", "vector_index"])
def test_a_search_forks_to_all_shards_and_joins_as_in_a_simulation(kind: str) -> None:
    """Ten shards of two copies each, on nodes of four cores that are 60% busy."""
    corpus = {
        "search_index": "corpus: 10 GB, overhead: 0%, shard_size: 1 GB, other_time: 0 s",
        "vector_index": "vectors: 1M, links: 0, overhead: 0%, memory_limit: 100%,"
        " vector_size: 10 kB, node.memory: 1 GB",
    }
    time = {"search_index": "search_time", "vector_index": "cpu_time"}
    found = values_of(
        "traffic: {peak_to_average: 1}\n"
        "actions: {search: {rate: 480/s, op: read, response: 0 B}}\ncomponents:\n"
        f"  x: {{kind: {kind}, {corpus[kind]}, {time[kind]}: 10 ms, replicas: 2, nodes: 20,\n"
        "    node.cores: 4, network_time: 0 s, service_variation: 1}\n"
    )
    assert found["x.shards"] == 10
    assert found["x.busy"] == pytest.approx(0.6)
    random = Random(7)
    index = Fleet(gamma_times(1, random), random.choice, cores=4, nodes=2, groups=10)
    index.run(4.8, 20_000, random)
    for percent in (50, 95, 99):
        simulated = 0.01 * np.percentile(index.responses, percent)
        assert found[f"search.latency.p{percent}"] == pytest.approx(simulated, rel=0.06), percent


def share_up(needed: int, nodes: int, zones: int, random: Random) -> float:
    """Return how often enough nodes are up: all parts fail after 100 days and take 5 to mend."""
    world, days = simpy.Environment(), 1_000_000
    up, since, enough = [True] * (zones + nodes), 0.0, 0.0

    def live(part: int) -> Steps:
        nonlocal since, enough
        while True:
            for mean in (100, 5):
                yield world.timeout(random.expovariate(1 / mean))
                working = sum(up[zones + n] and up[n % zones] for n in range(nodes))
                enough += (world.now - since) * (working >= needed)
                up[part], since = not up[part], world.now

    for part in range(0 if zones > 1 else 1, zones + nodes):
        world.process(live(part))
    world.run(until=days)
    return enough / days


@pytest.mark.slow
@pytest.mark.parametrize(("needed", "nodes", "zones"), [(2, 3, 1), (5, 6, 1), (2, 3, 3), (3, 6, 3)])
def test_enough_of_some_nodes_are_up_as_often_as_in_a_simulation(
    needed: int, nodes: int, zones: int
) -> None:
    up = 100 / 105
    simulated = share_up(needed, nodes, zones, Random(7))
    exact = k_of_n(needed, nodes, up) if zones == 1 else k_of_n_zones(needed, nodes, zones, up, up)
    assert 1 - exact == pytest.approx(1 - simulated, rel=0.05)
