"""What an estimate costs, by its parts and by tiers."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import SHIPPED, Ask, estimated, values_of

from estimator.catalog import catalog
from estimator.formula.emit import computed
from estimator.formula.parse import parse
from estimator.units import Calendar

PARTS = ("machines", "storage", "requests", "egress", "network")
HOURS = 730
GIB = 2**30

VARIANTS = [
    (path, variant)
    for path in SHIPPED
    for variant in (None, *(yaml.safe_load(path.read_text("utf-8")).get("variants") or {}))
]


@pytest.mark.slow
@pytest.mark.parametrize(("path", "variant"), VARIANTS, ids=lambda x: getattr(x, "stem", str(x)))
def test_the_parts_of_every_cost_add_up_to_it(path: Path, variant: str | None) -> None:
    report = estimated(path.read_text("utf-8"), path.parent, variant)
    found = {n: v.value for n, v in report.values.items()}
    of_components = 0.0
    for component, *_ in report.components:
        parts = [found.get(f"{component}.cost.{part}.per_month", 0.0) for part in PARTS]
        known = [n for n in found if n.startswith(f"{component}.cost.") and n.count(".") == 3]
        assert len(known) == sum(f"{component}.cost.{p}.per_month" in found for p in PARTS)
        total = found.get(f"{component}.cost.per_month", 0.0)
        assert sum(parts) == pytest.approx(total, rel=1e-12), component
        of_components += total
    internet = found.get("internet_egress.cost.per_month", 0.0)
    unplaced = found.get("unplaced_storage.cost.per_month", 0.0)
    assert of_components + unplaced + internet == pytest.approx(found["cost.per_month"], rel=1e-12)
    whole = sum(found.get(f"cost.{part}.per_month", 0.0) for part in PARTS)
    assert whole == pytest.approx(found["cost.per_month"], rel=1e-12)


# --- bytes to the internet ------------------------------------------------------------------------

SENDS = """\
traffic: {{peak_to_average: 1, internet: {internet}}}
actions:
  ask: {{rate: 1M / 730 h, op: read, response: {size} B}}
components:
  api: {{kind: service}}
"""


def egress(internet: str, sent: float) -> float:
    """Return what a month costs of so many bytes to the internet."""
    found = values_of(SENDS.format(internet=internet, size=repr(sent / 1e6)))
    assert found["internet_egress"] * HOURS * 3600 == pytest.approx(sent)
    return found["cost.egress.per_month"]


def field(name: str, entry: str, of: str) -> float:
    found = catalog(name).get(entry)
    assert found is not None
    return float(computed(parse(found.fields[of].value), Calendar()))


@pytest.mark.parametrize("internet", ["aws", "azure", "gcp", "generic"])
def test_each_byte_has_the_price_of_its_tier(internet: str) -> None:
    prices = [field("egress", internet, f"price_{i}") for i in range(1, 6)]
    limits = [field("egress", internet, f"limit_{i}") for i in range(1, 5)]
    whole, since = 0.0, 0.0
    for price, limit, after in zip(prices[:-1], limits, prices[1:], strict=True):
        middle = (since + limit) / 2
        assert egress(internet, middle) == pytest.approx(whole + price * (middle - since), rel=1e-9)
        whole += price * (limit - since)
        assert egress(internet, limit) == pytest.approx(whole, rel=1e-9)
        more = limit * 1.001
        assert egress(internet, more) == pytest.approx(whole + after * limit * 0.001, rel=1e-9)
        since = limit


def test_a_hundred_gigabytes_and_ten_terabytes_of_amazon_are_what_its_bills_say() -> None:
    assert egress("aws", 100 * GIB) == pytest.approx(0, abs=1e-9)
    assert egress("aws", 10_340 * GIB) == pytest.approx(10_240 * 0.09)
    assert egress("aws", 20_340 * GIB) == pytest.approx(10_240 * 0.09 + 10_000 * 0.085)


# --- a CDN ----------------------------------------------------------------------------------------

DELIVERS = """\
traffic: {peak_to_average: 1, internet: aws}
actions:
  look: {rate: 1M / 730 h, op: read, response: 30_000 GiB / 1M}
  ask:  {rate: 1M / 730 h, op: read, response: 1000 GiB / 1M}
components:
  api:    {kind: service, receives: [ask]}
  images: {kind: cdn, receives: [look], plan: cloudfront, hit_ratio: 90%}
  origin: {kind: object_store, receives: [images.misses], class: s3.standard}
"""


def test_bytes_that_a_cdn_delivers_are_paid_once() -> None:
    found = values_of(DELIVERS)
    tiers = 10_240 * 0.085 + (30_000 - 10_240) * 0.08
    assert found["images.cost.egress.per_month"] == pytest.approx(tiers)
    assert found["images.cost.requests.per_month"] == pytest.approx(1e6 * 0.01 / 1e4)
    assert found["internet_egress"] * HOURS * 3600 == pytest.approx(
        1000 * GIB
    )  # only what `ask` sends
    assert found["internet_egress.cost.per_month"] == pytest.approx(900 * 0.09)
    both = found["images.cost.egress.per_month"] + found["internet_egress.cost.per_month"]
    assert found["cost.egress.per_month"] == pytest.approx(both)


def test_without_a_cdn_the_same_bytes_go_to_the_internet() -> None:
    found = values_of(
        DELIVERS.replace("kind: cdn", "kind: cache").replace("plan: cloudfront, ", "")
    )
    assert found["internet_egress"] * HOURS * 3600 == pytest.approx(31_000 * GIB)
    assert found["cost.egress.per_month"] == found["internet_egress.cost.per_month"]


def test_a_cdn_that_delivers_more_than_is_sent_leaves_nothing_below_zero() -> None:
    found = values_of(DELIVERS.replace("receives: [look]", "receives: {look: 3}"))
    assert found["internet_egress"] == 0
    assert found["internet_egress.cost.per_month"] == 0


def test_a_price_of_ones_own_takes_the_place_of_the_tiers() -> None:
    found = values_of(DELIVERS, images__price="$0.01/GiB", origin__price="$0.05/GB/month")
    assert found["images.cost.egress.per_month"] == pytest.approx(30_000 * 0.01)
    first = values_of(DELIVERS, images__plan__price_1="$0.02/GiB")
    assert first["images.cost.egress.per_month"] == pytest.approx(
        10_240 * 0.02 + (30_000 - 10_240) * 0.08
    )


# --- an object store ------------------------------------------------------------------------------

KEEPS = """\
traffic: {peak_to_average: 1}
actions:
  save: {rate: 2M / 730 h, payload: 1 GiB / 1000, retention: 730 h}
  load: {rate: 5M / 730 h, op: read, response: 1 GiB / 1000}
components:
  files: {kind: object_store, receives: [save, load], class: s3.standard}
"""


def test_an_object_store_asks_for_space_and_for_requests() -> None:
    found = values_of(KEEPS)
    kept = 2000 * GIB
    assert found["files.storage.retained"] == pytest.approx(kept)
    assert found["files.cost.storage.per_month"] == pytest.approx(2000 * 0.023)
    writes, reads = (field("storage", "s3.standard", f"{n}_price") for n in ("write", "read"))
    assert (writes, reads) == (pytest.approx(0.005 / 1000), pytest.approx(0.0004 / 1000))
    assert found["files.cost.requests.per_month"] == pytest.approx(2e6 * writes + 5e6 * reads)


@pytest.mark.parametrize("kept", [10, 50, 51.2, 400, 512, 2000])
def test_space_is_priced_by_its_tiers(kept: float) -> None:
    found = values_of(KEEPS, **{"files.stored.retained": f"{kept} TB", "load.rate": "0/s"})
    prices = [field("storage", "s3.standard", f"price_{i}") for i in (1, 2, 3)]
    limits = [0.0, *(field("storage", "s3.standard", f"limit_{i}") for i in (1, 2)), float("inf")]
    month = 0.0
    for price, since, until in zip(prices, limits, limits[1:], strict=False):
        month += price * max(0.0, min(kept * 1e12, until) - since) * HOURS * 3600
    assert found["files.cost.storage.per_month"] == pytest.approx(month, rel=1e-9)


def test_what_is_read_from_a_cold_class_costs_extra() -> None:
    warm, cold = values_of(KEEPS), values_of(KEEPS, files__class="s3.standard_ia")
    price = field("storage", "s3.standard_ia", "retrieval_price")
    assert price > 0
    kept = cold["files.cost.storage.per_month"] - 5000 * GIB * price
    assert kept == pytest.approx(2000 * 0.0125)
    assert kept < warm["files.cost.storage.per_month"]


# --- volumes --------------------------------------------------------------------------------------

STORES = """\
traffic: {peak_to_average: 1}
actions:
  save: {rate: 1k/s, payload: 1 kB, retention: 30 days}
components:
  api:   {kind: database, node: m7g.2xlarge, volume: gp3, nodes: 9}
"""


@pytest.mark.parametrize("kind", ["database", "queue", "kafka", "search_index", "quorum_database"])
def test_volumes_are_paid_for_nodes_without_a_disk_of_their_own(kind: str) -> None:
    scenario = STORES.replace("kind: database", f"kind: {kind}")
    if kind == "search_index":
        scenario = scenario.replace("nodes: 9", "nodes: 9, corpus: 10 GB")
    price = field("volumes", "gp3", "price")
    found = values_of(scenario)
    kept = found["api.storage.retained"] / found["api.fill"]
    wanted = kept * price * HOURS * 3600
    assert found["api.cost.storage.per_month"] == pytest.approx(wanted)
    assert wanted == pytest.approx(kept / GIB * 0.08)
    assert found["api.cost.machines.per_month"] == pytest.approx(9 * 0.3264 * HOURS)
    own = values_of(scenario, api__node="i4i.2xlarge")
    assert own["api.cost.storage.per_month"] == 0
    generic = values_of(scenario, api__node="generic.large")
    assert generic["api.cost.storage.per_month"] == pytest.approx(wanted)


def test_kinds_that_keep_nothing_on_disk_pay_for_no_volumes() -> None:
    found = values_of(STORES.replace("database", "service").replace("volume: gp3, ", ""))
    assert not found.get("api.cost.storage.per_month")


def test_a_price_of_ones_own_for_a_node_or_a_volume_is_the_one_that_counts() -> None:
    found = values_of(STORES, api__node__price="$1/h", api__volume__price="$0.1/GB/month")
    assert found["api.cost.machines.per_month"] == pytest.approx(9 * HOURS)
    kept = found["api.storage.retained"] / found["api.fill"] / 1e9
    assert found["api.cost.storage.per_month"] == pytest.approx(kept * 0.1)
    assert found["cost.per_month"] == pytest.approx(9 * HOURS + kept * 0.1)


def test_a_cost_that_is_pinned_is_part_of_the_whole() -> None:
    before = values_of(STORES)
    found = values_of(STORES, **{"api.cost.per_month": "$1234"})
    assert found["cost.per_month"] == 1234 != before["cost.per_month"]
    machines = values_of(STORES, **{"api.cost.machines.per_month": "$1000"})
    assert machines["cost.per_month"] == 1000 + before["api.cost.storage.per_month"]


def test_a_part_that_only_a_kind_of_ones_own_has_is_part_of_the_whole(tmp_path: Path) -> None:
    (tmp_path / "licensed.yaml").write_text(
        "kind: licensed\nabout: Asks for licences.\nextends: service\nsource: The contract.\n"
        "derive:\n  cost.licences.per_month: {formula: nodes * $100, dimension: money,"
        " about: Licences.}\n",
        "utf-8",
    )
    scenario = STORES.replace("{kind: database", "{kind: licensed").replace("volume: gp3, ", "")
    found = values_of("library: licensed.yaml\n" + scenario, tmp_path)
    assert found["api.cost.per_month"] == pytest.approx(9 * 0.3264 * HOURS + 900)
    unplaced = found["unplaced_storage.cost.per_month"]
    assert found["cost.per_month"] == pytest.approx(found["api.cost.per_month"] + unplaced)


def test_data_that_no_component_stores_has_a_price_that_is_listed(ask: Ask) -> None:
    bare = "users: 10M\nactions: {up: {per_user: 1/day, payload: 30 kB, retention: 5 years}}\n"
    found = values_of(bare)
    assert found["storage.retained"] == pytest.approx(3 * 10e6 * 30e3 * 5 * 365)
    kept = found["storage.retained"] / 1e9 * 0.05
    assert found["cost.storage.per_month"] == pytest.approx(kept)
    assert found["cost.per_month"] == pytest.approx(kept + found["service.cost.per_month"])
    ran = ask("run", "-", "--show=cost", "--set", "storage.price=$0.1/GB/month", given=bare)
    assert ["stored data", "$164k"] in [[row[0], row[-1].strip()] for row in ran.rows("Cost")]
    assert any(a["names"] == ["storage.price"] for a in _assumptions(ask, bare))
    placed = values_of(bare + "components: {db: {kind: database}}\n")
    assert "unplaced_storage.cost.per_month" not in placed


def test_a_part_of_the_cost_that_a_kind_of_ones_own_has_is_a_column(
    tmp_path: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "licensed.yaml").write_text(
        "kind: licensed\nabout: Asks for licenses.\nextends: service\nsource: The contract.\n"
        "derive:\n  cost.site_licenses.per_month: {formula: nodes * $100, dimension: money,"
        " about: Licenses.}\n",
        "utf-8",
    )
    scenario = "library: licensed.yaml\nactions: {a: {rate: 1/s, op: read, response: 0 B}}\n"
    ran = ask(
        "run",
        "-",
        "--show=cost",
        given=scenario + "components: {api: {kind: licensed, nodes: 7}}\n",
    )
    title = next(line for line in ran.out.splitlines() if line.startswith("$/month"))
    assert re.split(r"  +", title)[-3:] == ["egress", "site licenses", "total"]
    (api, total) = ([c.strip() for c in row if c.strip()] for row in ran.rows("Cost"))
    assert api[1:] == total[1:]
    assert api[-2] == "$700"


def _assumptions(ask: Ask, scenario: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = ask("run", "-", "--format=json", given=scenario).scenario[
        "assumptions"
    ]
    return listed


# --- what is agreed on ----------------------------------------------------------------------------


def test_a_discount_is_taken_off_what_a_cdn_asks_and_off_bytes_to_the_internet() -> None:
    listed = values_of(DELIVERS)
    agreed = values_of(DELIVERS, images__discount="30%", traffic__discount="10%")
    for name, left in (
        ("images.cost.egress.per_month", 0.7),
        ("images.cost.requests.per_month", 0.7),
        ("internet_egress.cost.per_month", 0.9),
    ):
        assert agreed[name] == pytest.approx(left * listed[name])


def test_a_gigabyte_costs_less_of_a_petabyte_and_never_less_than_the_largest_customers_pay() -> (
    None
):
    def average(sent: float) -> float:
        scenario = DELIVERS.replace("plan: cloudfront, ", "")
        found = values_of(scenario, look__response=f"{sent / 1e6} GB")
        return found["images.cost.egress.per_month"] / sent

    prices = [average(sent) for sent in (1e4, 1e6, 1e7, 1e9, 1e11)]
    assert prices[0] == pytest.approx(0.05)  # napkin-math
    assert prices == sorted(prices, reverse=True)
    assert 0.001 <= prices[-1] < 0.0011  # Rayburn (2019)


def test_a_large_bill_says_that_list_prices_are_negotiable(ask: Ask) -> None:
    small, large = (
        ask("run", "-", "--show=summary", given=SENDS.format(internet="aws", size=size)).out
        for size in ("1e6", "1e10")
    )
    assert "at list prices" in small
    assert "negotiable" not in small
    assert "at list prices (negotiable)" in large
    own = DELIVERS.replace("hit_ratio", "discount: 30%, hit_ratio")
    assert "list prices" not in ask("run", "-", "--show=summary", given=own).out


def test_a_class_is_paid_for_all_that_it_charges() -> None:
    kept = "class: s3.express, stored.retained: 0 B"
    found = values_of(KEEPS.replace("class: s3.standard", kept))
    written, read = 2000 * 0.0032, 5000 * 0.0006
    least = 2000 / HOURS * 0.11  # an hour of each
    assert found["files.cost.storage.per_month"] == pytest.approx(written + read + least)


def test_what_is_deleted_before_the_minimum_time_of_a_class_is_paid_until_then() -> None:
    early = values_of(KEEPS, files__class="gcs.coldline", save__retention="1 day")
    late = values_of(KEEPS, files__class="gcs.coldline", save__retention="90 days")
    assert early["files.storage.retained"] == pytest.approx(late["files.storage.retained"] / 90)
    assert early["files.billed"] == pytest.approx(late["files.billed"])
    warm = values_of(KEEPS, save__retention="1 day")
    assert warm["files.billed"] == warm["files.storage.retained"]


def test_an_object_for_each_small_event_is_warned_of_and_batches_are_not(ask: Ask) -> None:
    scenario = (
        "actions: {click: {rate: 10k/s, payload: 500 B, retention: 30 days}}\n"
        "components: {files: {kind: object_store, receives: {click: CALLS}}}\n"
    )
    alone = ask("run", "-", given=scenario.replace("CALLS", "1"))
    assert "each small event is an object of its own" in alone.err
    assert "batch: 64 MB" in alone.err
    for batch in ("10k", "64 MB", "5 s"):
        together = ask("run", "-", given=scenario.replace("CALLS", f"{{batch: {batch}}}"))
        assert together.err == ""
        assert "$131k" not in together.out
    photos = scenario.replace("500 B", "2 MB").replace("CALLS", "1")
    assert ask("run", "-", given=photos).err == ""
