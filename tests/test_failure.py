"""What a failure takes, how it is planned for, and how often a system works."""

from __future__ import annotations

import math
import re
from itertools import product
from random import Random

import pytest
from asking import Ask, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

SERVICE = """\
traffic: {peak_to_average: 1}
actions: {ask: {rate: 100k/s, op: read, response: 0 B}}
components: {api: {kind: service, cpu_time: 5 ms, node.cores: 8, zones: 3}}
"""


def planned(**said: object) -> dict[str, float]:
    """Return the values of a service of 62.5 busy nodes."""
    return values_of(SERVICE, **{f"api__{name}": str(value) for name, value in said.items()})


# --- planning for a loss --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "nodes"),
    [
        ({}, 105),
        ({"survive": "1 zone"}, 111),
        ({"survive": "1 zone", "failover_utilization": "60%"}, 159),
        ({"survive": "1 zone", "zones": 2}, 148),
        ({"survive": "1 node"}, 105),
        ({"survive": "1 node", "target_utilization": "85%"}, 75),
        ({"regions": 3}, 105),
        ({"survive": "1 region"}, 148),
        ({"survive": "1 region", "regions": 3}, 111),
        ({"survive": "1 region", "regions": 3, "failover_utilization": "60%"}, 159),
        ({"survive": "nothing"}, 105),
    ],
    ids=str,
)
def test_a_loss_is_planned_for_by_the_utilization_that_is_allowed_then(
    said: dict[str, object], nodes: int
) -> None:
    assert planned(**said)["api.nodes"] == nodes


@settings(max_examples=40, deadline=None)
@given(
    rate=st.integers(1, 400), zones=st.integers(2, 6), usual=st.integers(20, 95),
    lost=st.integers(20, 95),
)  # fmt: skip
def test_a_zone_is_survived_with_the_nodes_of_the_formula(
    rate: int, zones: int, usual: int, lost: int
) -> None:
    found = planned(
        survive="1 zone", zones=zones, target_utilization=f"{usual}%",
        failover_utilization=f"{lost}%", demand__cpu=rate * 8,
    )  # fmt: skip
    most = max(usual, lost)
    exact = max(rate * 100 / usual / zones, rate * 100 / most / (zones - 1))
    wanted = zones * math.ceil(round(max(exact, 2 / zones), 9))
    assert found["api.nodes"] == wanted
    left = found["api.nodes"] * (zones - 1) / zones
    assert rate / left <= most / 100 + 1e-9


@settings(max_examples=25, deadline=None)
@given(rate=st.integers(1, 400), what=st.sampled_from(["1 node", "1 zone", "1 region"]))
def test_to_survive_more_never_takes_fewer_nodes(rate: int, what: str) -> None:
    without = planned(demand__cpu=rate * 8)["api.nodes"]
    assert planned(demand__cpu=rate * 8, survive=what)["api.nodes"] >= without


@pytest.mark.parametrize(("busiest", "nodes"), [("50%", 148), ("80%", 206), ("10%", 148)])
def test_a_busy_region_takes_over_the_others_and_they_take_over_it(
    busiest: str, nodes: int
) -> None:
    """Each of two regions carries all where the other is lost; by itself, 80% at 60%."""
    found = planned(survive="1 region", busiest_region=busiest)
    share = max(float(busiest.rstrip("%")) / 100, 0.5)
    each = [max(62.5 * part / 0.6, 62.5 / 0.85) for part in (share, 1 - share)]
    assert found["api.nodes"] == 2 * math.ceil(sum(each) / 2)
    assert found["api.nodes"] <= nodes


STORE = """\
traffic: {peak_to_average: 1}
actions:
  look: {rate: 120k/s, op: read, response: 100 B}
  save: {rate: 20k/s, payload: 100 B, retention: 1 day}
components:
  store:
    {kind: database, node.cores: 8, write_throughput: 10k/s, read_throughput: 20k/s, disk_reads: 0%,
     node.network: 1 TB/s, node.disk: 100 TB}
"""


def test_reads_move_to_the_copies_that_are_left_and_writes_do_not() -> None:
    """Six nodes' worth of writes, and six of reads that become nine."""
    usual = values_of(STORE)
    lost = values_of(STORE, store__survive="1 zone")
    assert usual["store.nodes.cpu"] == pytest.approx(12 / 0.6)
    assert lost["store.nodes.cpu"] == pytest.approx(max(12 / 0.6, (6 + 6 * 1.5) / 0.85))
    tight = values_of(STORE, store__survive="1 zone", store__target_utilization="80%")
    assert tight["store.nodes.cpu"] == pytest.approx((6 + 9) / 0.85)


def test_data_is_in_every_region_and_reads_are_shared() -> None:
    one, three = values_of(STORE), values_of(STORE, store__regions="3")
    assert three["storage.retained"] == 3 * one["storage.retained"]
    assert three["store.nodes.cpu"] == pytest.approx((3 * 6 + 6) / 0.6)
    assert three["store.utilization.cpu"] == pytest.approx(24 / three["store.nodes"])


def test_one_line_plans_for_all_components(ask: Ask) -> None:
    shop = (
        "resilience: {survive: 1 zone}\nactions: {buy: {rate: 20k/s, payload: 1 kB}}\n"
        "components:\n  api: {kind: service}\n  db: {kind: database}\n"
        "  odd: {kind: service, receives: [buy], survive: nothing}\n"
    )
    found = values_of(shop)
    assert (found["api.zones"], found["db.zones"]) == (3, 3)
    assert found["api.nodes"] % 3 == 0
    out = ask("run", "-", given=shop).out
    assert "and can lose a zone, but for odd" in out
    bare = ask("run", "-", given=shop.replace("resilience: {survive: 1 zone}\n", "")).out
    assert "losing a zone is not planned for" in bare


@pytest.mark.parametrize(
    ("said", "message", "help_"),
    [
        ("survive: zone", "`survive` is one of", "write `survive: 1 zone`"),
        ("survive: 1 zone, zones: 1", "the loss of a zone, and there is no other", "zones: 3"),
        ("survive: 1 region, regions: 1", "loss of a region, and there is no other", "regions: 2"),
        ("survive: 1 zone, replicas: 2", "fewer copies than a quorum", "raise `replicas`"),
    ],
)
def test_what_cannot_survive_says_what_to_write(
    said: str, message: str, help_: str, ask: Ask
) -> None:
    err = ask("run", "-", given=STORE.replace("kind: database", f"kind: database, {said}")).err
    assert message in err
    assert help_ in err
    assert "--> <stdin>:" in err


# --- how often it works ---------------------------------------------------------------------------

RATES = """\
resilience:
  {zones: 3, node_mtbf: 99 h, node_mttr: 1 h, zone_mtbf: 97 h, zone_mttr: 3 h,
   region_mtbf: 98 h, region_mttr: 2 h,
   change_mtbf: 995 h, change_mttr: 5 h, common_cause: 10%}
traffic: {peak_to_average: 1}
actions: {ask: {rate: 3900/s, op: read, response: 1 kB}}
components:
  api: {kind: service, cpu_time: 1 ms, node.cores: 1, nodes: 6}
  more: {kind: service, receives: [api], cpu_time: 1 ms, node.cores: 1, nodes: 7}
"""


def test_components_fail_with_their_zones_their_region_and_changes_together() -> None:
    """Every state of three zones, of nodes that fail alone, and of faults of all nodes at once."""
    zone, region, change, node = 0.97, 0.98, 0.995, 1 - 0.9 * 0.01
    both = {6: 0.0, 7: 0.0}
    zones_part = 0.0
    for up in product((True, False), repeat=3):
        chance = math.prod(zone if u else 1 - zone for u in up)
        for nodes in both:
            alive = sum(up[i % 3] for i in range(nodes))
            enough = sum(
                math.comb(alive, k) * node**k * (1 - node) ** (alive - k)
                for k in range(4, alive + 1)
            )
            both[nodes] += chance * enough
        zones_part += chance * (sum(up[i % 3] for i in range(6)) >= 4)
    found = values_of(RATES)
    for name, nodes in (("api", 6), ("more", 7)):
        wanted = both[nodes] * (1 - 0.1 * 0.01)
        assert found[f"{name}.availability"] == pytest.approx(wanted, rel=1e-12)
    together = found["api.availability.alone"] * found["more.availability.alone"]
    wanted = together * zones_part * region * change
    assert found["ask.availability"] == pytest.approx(wanted, rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(nodes=st.integers(2, 12), zones=st.integers(1, 4))
def test_a_spare_node_never_lowers_the_availability(nodes: int, zones: int) -> None:
    load = "\n".join(line for line in RATES.splitlines() if "more:" not in line)
    said = {"ask__rate": "1900/s", "api__zones": str(zones)}
    fewer, more = (values_of(load, **said, api__nodes=str(n)) for n in (nodes, nodes + 1))
    assert more["api.availability"] >= fewer["api.availability"] - 1e-12


@pytest.mark.parametrize("spare", [2, 4, 8])
def test_more_zones_raise_the_availability_and_never_to_always(spare: int) -> None:
    load = "\n".join(line for line in RATES.splitlines() if "more:" not in line)
    by_zones = [
        values_of(load, ask__rate="900/s", api__nodes=str(spare), api__zones=z)["ask.availability"]
        for z in "12"
    ]
    assert by_zones[0] < by_zones[1] < 0.98 * 0.995


@pytest.mark.parametrize("kind", ["service", "cache", "database", "queue", "load_balancer"])
def test_nothing_works_always_by_default(kind: str, ask: Ask) -> None:
    one = (
        f"actions: {{ask: {{rate: 10k/s, payload: 1 kB}}}}\ncomponents: {{it: {{kind: {kind}}}}}\n"
    )
    many = "resilience: {survive: 1 region, regions: 4, zones: 3}\n" + one
    for scenario in (one, many):
        out = ask("run", "-", "--all", given=scenario).out
        assert "99.9" in out
        assert "99.99999999" not in out
        assert "downtime/year  0 s" not in out
        assert values_of(scenario)["ask.availability"] < 0.99999


@pytest.mark.parametrize(
    ("ratio", "pinned", "share"), [("2", "50%", 0.5), ("3", "25%", 0.5), ("2", "75%", 0.75)]
)
def test_overload_counts_for_the_hours_that_it_lasts(ratio: str, pinned: str, share: float) -> None:
    given = RATES.replace("peak_to_average: 1", f"peak_to_average: {ratio}")
    given = given.replace("nodes: 6", f"nodes: 4, demand.cpu: 4 / ({pinned}) * 99.9999%")
    found = values_of(given)
    assert found["api.utilization"] == pytest.approx(1 / (float(pinned[:-1]) / 100), rel=1e-4)
    assert found["api.share_carried"] == pytest.approx(share, rel=1e-4)


def test_a_target_is_of_nodes_and_zones_and_says_when_one_zone_is_too_few(ask: Ask) -> None:
    said = "components: {api: {kind: service, target_availability: 99.999%%, zones: %d}}\n"
    load = "actions: {ask: {rate: 10k/s, op: read, response: 1 kB}}\n"
    assert values_of(load + said % 3)["api.availability"] >= 0.99999
    err = ask("run", "-", given=load + said % 1).err
    assert "the only zone is down 0.00685% of the time" in err


# --- queues per node ------------------------------------------------------------------------------


def test_requests_wait_for_their_node_unless_the_file_says_otherwise() -> None:
    """A node of 94% busy cores, and 53 of them with one queue for all."""
    scenario = (
        "traffic: {peak_to_average: 1}\nactions: {ask: {rate: 79710/s, op: read}}\ncomponents:\n"
        "  api: {kind: service, cpu_time: 5 ms, node.cores: 8, nodes: 53}\n"
    )
    own, shared = values_of(scenario), values_of(scenario, api__queue="shared")
    assert own["api.wait.mean"] == pytest.approx(8.48e-3, rel=1e-3)
    assert shared["api.wait.mean"] == pytest.approx(27e-6, rel=0.1)


# --- taking over ----------------------------------------------------------------------------------

TAKEOVER = """\
traffic: {peak_to_average: 1}
resilience: {node_mtbf: 100 days, zone_mtbf: 400 days, zone_mttr: 0 s}
actions: {put: {rate: 10/s, payload: 100 B, retention: 1 day}}
components: {db: {kind: KIND, common_cause: 0%, node_availability: 100%, LIKE}}
"""


@pytest.mark.parametrize(
    ("kind", "said", "seconds"),
    [
        ("database", "like: postgres", 90),
        ("database", "like: postgres, like.failover_time: 10 s", 10),
        ("database", "like: mongodb", 12),
        ("quorum_database", "like: cockroachdb", 6),
        ("quorum_database", "like: cassandra", 0),
        ("kafka", "like: kafka", 10),
        ("database", "like: postgres, replicas: 1", 0),  # it is away until its node is mended
    ],
)
def test_a_store_is_away_while_another_node_takes_over(
    kind: str, said: str, seconds: float
) -> None:
    """Nodes fail every 100 days, zones every 400: five times in 400 days."""
    found = values_of(TAKEOVER.replace("KIND", kind).replace("LIKE", said))
    away = 5 * seconds / (400 * 86400)
    assert found["db.failover_share"] == pytest.approx(away)
    assert 1 - found["db.availability.alone"] == pytest.approx(away, abs=1e-12)


def test_a_store_that_takes_over_sooner_is_there_for_more_of_the_time() -> None:
    given = TAKEOVER.replace("KIND", "database")
    slow, fast = (given.replace("LIKE", f"like: {x}") for x in ("postgres", "mongodb"))
    assert values_of(slow)["put.availability"] < values_of(fast)["put.availability"]


def test_how_often_a_store_takes_over_follows_a_random_course() -> None:
    """The writer fails at random, and another takes over in a minute."""
    random, mtbf, takes, years = Random(18), 30 * 86400.0, 60.0, 2000
    now = away = 0.0
    while now < years * 365 * 86400:
        now += random.expovariate(1 / mtbf) + takes
        away += takes
    given = TAKEOVER.replace("KIND", "database").replace("LIKE", "like.failover_time: 60 s")
    found = values_of(given, resilience__node_mtbf="30 days", resilience__zone_mtbf="1e9 years")
    assert found["db.failover_share"] == pytest.approx(away / now, rel=0.02)


# --- between regions ------------------------------------------------------------------------------

REGIONS = """\
resilience: {survive: 1 region, region_round_trip: base.network.us_east_to_london.latency}
traffic: {peak_to_average: 2}
actions: {save: {rate: 5k/s, payload: 1 kB, retention: 30 days}}
components:
  api: {kind: service}
  db: {kind: KIND, receives: [api]}
"""


@pytest.mark.parametrize("kind", ["database", "quorum_database", "kafka"])
def test_a_write_waits_for_another_region_or_may_be_lost_with_its_own(kind: str) -> None:
    given = REGIONS.replace("KIND", kind)
    apart = values_of(given)
    waits = values_of(given, resilience__replication="synchronous")
    assert apart["db.writes_at_risk"] == 10_000
    assert waits["db.writes_at_risk"] == 0
    later = waits["save.latency.mean"] - apart["save.latency.mean"]
    assert later == pytest.approx(0.076)
    slower = values_of(given, resilience__replication_lag="10 s")
    assert slower["db.writes_at_risk"] == 100_000


def test_what_is_traded_between_regions_stands_below_the_latencies(ask: Ask) -> None:
    given = REGIONS.replace("KIND", "database")
    apart = ask("run", "-", "--show=latency", given=given)
    assert "db: a write waits for no other region; 10k writes are lost with a region" in apart.out
    assert apart.err == ""
    waits = ask(
        "run", "-", "--show=latency", "--set=resilience.replication=synchronous", given=given
    )
    assert "db: a write waits 76 ms for another region, so none is lost" in waits.out
    one = given.replace("survive: 1 region, ", "")
    assert "region;" not in ask("run", "-", "--show=latency", given=one).out


def test_an_objective_of_some_actions_says_why_all_components_have_less(ask: Ask) -> None:
    given = (
        "slo: {for: [look], availability: 99.9%}\n"
        "actions: {look: {rate: 1k/s, op: read}, save: {rate: 10/s, payload: 1 kB}}\n"
        "components:\n  api: {kind: service, receives: [look]}\n"
        "  files: {kind: object_store, receives: [save], availability: 99.5%}\n"
    )
    out = ask("run", "-", "--show=totals", given=given).out
    assert re.search(r"availability: 99\.\d+% for slo, whose actions do not wait for all", out)
