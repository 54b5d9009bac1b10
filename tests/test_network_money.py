"""What bytes cost between zones and regions, through gateways and through managed balancers."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from asking import Ask, estimated, values_of

HOURS = 730 * 3600
ZONES = 0.02 / 1e9  # the generic price of a byte between zones

KAFKA = """\
traffic: {peak_to_average: 1}
actions: {event: {rate: 605k/s, payload: 1 kB}}
components:
  log: {kind: kafka, node: i3en.2xlarge, retention: 1 h, zones: 3}
"""

CALLS = """\
traffic: {peak_to_average: 1}
actions: {ask: {rate: 1k/s, op: read, request: 1 kB, response: 9 kB}}
components:
  edge:  {kind: load_balancer}
  api:   {kind: service, receives: [edge], zones: 3}
  rules: {kind: service, receives: {api: 2}, zones: 3}
"""


def network(scenario: str, component: str, **said: str) -> float:
    """Return what a component pays for its network in a month; nothing if it has no such cost."""
    return values_of(scenario, **said).get(f"{component}.cost.network.per_month", 0.0)


# --- zones ----------------------------------------------------------------------------------------


def test_a_log_in_three_zones_pays_for_producers_copies_and_consumers() -> None:
    crossing = 605e6 * (2 / 3 + 2 + 2 / 3)
    assert network(KAFKA, "log") == pytest.approx(crossing * HOURS * ZONES)
    assert network(KAFKA, "log") == pytest.approx(106e3, rel=1e-3)
    gigabytes = crossing * HOURS / 2**30
    assert network(KAFKA, "log", traffic__transfer="aws") == pytest.approx(gigabytes * 0.02)
    assert network(KAFKA, "log", traffic__transfer="gcp") == pytest.approx(gigabytes * 0.01)
    assert network(KAFKA, "log", traffic__transfer="azure") == 0


def test_in_one_zone_nothing_is_paid_and_the_table_has_no_such_column(ask: Ask) -> None:
    alone = KAFKA.replace(", zones: 3", "")
    assert "log.cost.network.per_month" not in values_of(alone)
    assert network(KAFKA, "log", log__zones="1") == 0
    assert "network" not in ask("run", "-", "--show=cost", given=alone).out
    assert "network" in ask("run", "-", "--show=cost", given=KAFKA).out


def test_a_log_that_is_bought_as_a_service_pays_for_producers_and_consumers_alone() -> None:
    bought = network(KAFKA, "log", log__like="msk")
    assert bought == pytest.approx(605e6 * (2 / 3 + 2 / 3) * HOURS * ZONES)


@pytest.mark.parametrize("kind", ["database", "quorum_database"])
def test_the_copies_of_a_database_that_is_bought_as_a_service_are_in_its_price(kind: str) -> None:
    store = (
        "traffic: {peak_to_average: 1}\n"
        "actions: {put: {rate: 1k/s, payload: 1 kB, retention: 1 day}}\n"
        f"components: {{db: {{kind: {kind}, like: postgres, zones: 3, node: m7g.large}}}}\n"
    )
    own, bought = values_of(store), values_of(store, db__like="rds_postgres")
    cost = "db.cost.{}.per_month".format
    assert own[cost("network")] == pytest.approx(1e6 * (2 / 3 + 2) * HOURS * ZONES)
    assert bought[cost("network")] == pytest.approx(1e6 * (2 / 3) * HOURS * ZONES)
    assert bought["db.nodes"] == own["db.nodes"]
    assert bought[cost("machines")] == 2 * own[cost("machines")]


@pytest.mark.parametrize("kind", ["database", "quorum_database"])
def test_nodes_that_share_a_volume_pay_for_it_once_and_for_the_operations_made(kind: str) -> None:
    store = (
        "traffic: {peak_to_average: 4}\n"
        "actions: {put: {rate: 1k/s, payload: 1 kB, retention: 10 days}}\n"
        f"components: {{db: {{kind: {kind}, like: aurora_mysql, volume: aurora, "
        "overhead: 0%%, %s}}\n"
    )
    few, many = values_of(store % "replicas: 2"), values_of(store % "replicas: 6")
    kept, made = 864e9, 1e3 * HOURS
    cost = kept / 2**30 * 0.1 + made * 0.2e-6
    assert few["db.cost.storage.per_month"] == pytest.approx(cost)
    assert many["db.cost.storage.per_month"] == pytest.approx(cost)
    assert many["db.storage.retained"] == few["db.storage.retained"] == kept
    assert many["db.utilization.storage"] == few["db.utilization.storage"]
    assert few["db.rebuild_time"] == 0


def test_who_reads_from_its_own_zone_pays_for_copies_alone() -> None:
    copies = 605e6 * 2 * HOURS * ZONES
    assert network(KAFKA, "log", log__cross_zone="0%") == pytest.approx(copies)


def test_what_is_read_from_a_log_is_paid_once_by_the_log() -> None:
    more = KAFKA + "  count: {kind: service, receives: [log.group], zones: 3}\n"
    assert network(more, "log") == network(KAFKA, "log")
    assert network(more, "count") == 0


def test_calls_of_other_components_cross_zones_and_those_from_outside_do_not() -> None:
    crossing = 2 / 3 * 10e6 * HOURS * ZONES
    assert network(CALLS, "api") == pytest.approx(crossing)
    assert network(CALLS, "rules") == pytest.approx(2 * crossing)
    direct = CALLS.replace("receives: [edge]", "receives: [ask]")
    assert network(direct, "api") == 0
    store = CALLS + "  rows: {kind: database, receives: [ask], zones: 3}\n"
    assert network(store, "rows") == pytest.approx(crossing + 2 * 1e6 * HOURS * ZONES)


@pytest.mark.parametrize(
    ("copies", "zones"), [(1, 1), (3, 1), (1, 3), (2, 2), (2, 3), (3, 3), (6, 2), (6, 3), (5, 6)]
)
def test_as_many_copies_are_in_other_zones_as_where_they_are_dealt_out(
    copies: int, zones: int
) -> None:
    dealt = [copy % zones for copy in range(copies)]
    others = [sum(zone != first for zone in dealt) for first in dealt]
    store = f"components: {{db: {{kind: database, replicas: {copies}, zones: {zones}}}}}\n"
    said = "traffic: {peak_to_average: 1}\nactions: {put: {rate: 1k/s, payload: 1 kB}}\n" + store
    found = values_of(said)
    assert found["db.copied"] == pytest.approx(1e6 * float(Fraction(sum(others), copies)))


def test_as_many_calls_cross_as_when_zones_are_drawn() -> None:
    draws = random.Random(7)
    for zones in (2, 3, 4):
        drawn = sum(draws.randrange(zones) != draws.randrange(zones) for _ in range(40_000))
        found = values_of(CALLS, api__zones=str(zones))
        assert found["api.cross_zone"] == pytest.approx(drawn / 40_000, abs=0.01)


def test_a_session_store_moves_sessions_and_not_what_requests_carry() -> None:
    said = CALLS + "  state: {kind: session_store, receives: [edge], sessions: 1M, zones: 2}\n"
    moved = 1000 * (1000 / 2)  # sessions of 1 kB, of which half are in another zone
    assert network(said, "state") == pytest.approx(moved * HOURS * ZONES)


# --- regions --------------------------------------------------------------------------------------


def test_what_is_written_goes_to_every_other_region_once() -> None:
    said = KAFKA.replace("zones: 3", "regions: 3")
    assert network(said, "log") == pytest.approx(605e6 * 2 * HOURS * 0.02 / 1e9)
    both = KAFKA.replace("zones: 3", "zones: 3, regions: 2")
    zones = 605e6 * (2 / 3 + 2 * 2 + 2 / 3) * ZONES
    assert network(both, "log") == pytest.approx((zones + 605e6 * 0.02 / 1e9) * HOURS)


def test_servers_without_data_send_nothing_to_other_regions() -> None:
    assert network(CALLS.replace("zones: 3", "regions: 2"), "api") == 0


# --- gateways and managed balancers ---------------------------------------------------------------

PARTNERS = """\
traffic: {peak_to_average: 1, internet: aws}
actions:
  ask: {rate: 1k/s, op: read, response: 0 B}
  partner:
    {rate: 1M / 730 h, request: 1 GiB / 1k, response: 0.5 GiB / 1k, stored: 0 B, internal: yes}
components:
  api: {kind: service, receives: [ask]}
  out: {kind: nat_gateway, receives: [partner], gateways: 3, plan: aws}
"""


def test_a_gateway_bills_both_directions_and_the_internet_what_goes_out() -> None:
    found = values_of(PARTNERS)
    assert found["out.cost.network.per_month"] == pytest.approx(3 * 32.85 + 1500 * 0.045)
    assert found["internet_egress.cost.per_month"] == pytest.approx(900 * 0.09)


def test_an_application_load_balancer_passes_on_between_zones_for_free() -> None:
    managed = CALLS.replace("load_balancer", "managed_load_balancer, plan: alb")
    assert network(managed, "api") == 0
    assert network(managed, "api", edge__plan="nlb") == network(CALLS, "api") > 0
    found = values_of(managed)
    assert found["edge.units"] == pytest.approx(10e6 * 3600 / 1e9)


# --- the tables -----------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [CALLS, PARTNERS], ids=["calls", "partners"])
def test_the_total_of_components_is_the_sum_of_its_column(scenario: str, ask: Ask) -> None:
    report = estimated(scenario)
    rows = ask("run", "-", "--show=components", given=scenario).out.splitlines()
    start = next(i for i, line in enumerate(rows) if line.startswith("Components"))
    cells = [line.rsplit("  ", 1) for line in rows[start + 1 :] if "  " in line]
    paid = [(first.split("  ")[0], money_of(last)) for first, last in cells]
    (title, total), parts = paid[-1], paid[:-1]
    assert title == "total"
    assert total == pytest.approx(report.values["cost.per_month"].value, rel=6e-3)
    assert sum(part for _, part in parts) == pytest.approx(total, rel=1e-2)


def money_of(cell: str) -> float:
    """Return a cell such as `$1.5k`, in dollars."""
    amount = cell.strip().removeprefix("$").replace(",", "")
    scale = {"k": 1e3, "M": 1e6}.get(amount[-1:], 1.0)
    return 0.0 if amount == "–" else float(amount.rstrip("kM")) * scale


def test_prices_of_traffic_that_nothing_pays_are_no_assumption(ask: Ask) -> None:
    def assumed(scenario: str) -> set[str]:
        listed = ask("run", "-", "--format=json", given=scenario).scenario["assumptions"]
        return {name for row in listed for name in row["names"]}

    assert "traffic.transfer" in assumed(KAFKA)
    assert "log.cross_zone" in assumed(KAFKA)
    alone = assumed(KAFKA.replace(", zones: 3", ""))
    assert not {"traffic.transfer", "log.cross_zone"} & alone
