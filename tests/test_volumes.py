"""Disks and volumes, machines that are given another shape, and data as it gathers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import ROOT, Ask, of_file, values_of

MONTH = 730 * 3600
STORE = """\
traffic: {peak_to_average: 1}
actions: {put: {rate: 1k/s, payload: 1 kB, retention: 1 year}}
components: {db: {kind: database%s}}
"""


def test_nodes_of_a_database_follow_from_load_where_a_volume_holds_the_data() -> None:
    found = values_of(STORE % "")
    assert found["db.nodes"] == 12  # 123 TB in three copies, on volumes of 16 TiB
    young = values_of(STORE % "" + "storage: {age: 30 days}\n")
    assert young["db.nodes"] == 3
    kept = found["db.storage.retained"] / 0.7
    assert found["db.nodes"] * found["db.volume_size"] == pytest.approx(kept)
    assert found["db.cost.storage.per_month"] == pytest.approx(kept / 1e9 * 0.2)


def test_the_url_shortener_has_a_handful_of_database_nodes_and_explains_them(ask: Ask) -> None:
    report = of_file(ROOT / "scenarios" / "url_shortener.yaml")
    assert report.values["links.nodes"].value <= 12
    told = ask("explain", "url_shortener", "links.nodes")
    assert told.code == 0
    assert "links.nodes.storage" in told.out


def test_local_disks_are_what_a_machine_has_and_cost_nothing_besides() -> None:
    found = values_of(STORE % ", node: i4i.2xlarge")
    assert found["db.capacity.storage"] == pytest.approx(1.875e12)
    assert found["db.cost.storage.per_month"] == 0
    assert found["db.nodes.storage"] == pytest.approx(
        found["db.storage.retained"] / (1.875e12 * 0.7)
    )


@pytest.mark.parametrize(("volume", "included", "price"), [("gp3", 3000, 0.005), ("io2", 0, 0.065)])
def test_operations_beyond_those_included_are_bought(
    volume: str, included: float, price: float
) -> None:
    text = STORE % f", volume: {volume}, nodes: 3, replicas: 1, disk_reads: 0%"
    found = values_of(text.replace("1k/s", "30k/s").replace("payload: 1 kB", "payload: 1 B"))
    extra = 30e3 / 3 - included
    assert found["db.volume_operations"] == pytest.approx(extra)
    size = found["db.volume_size"] / 2**30 * {"gp3": 0.08, "io2": 0.125}[volume]
    assert found["db.cost.storage.per_month"] == pytest.approx(3 * (size + extra * price), rel=1e-6)


def test_where_operations_come_with_the_size_a_volume_is_as_large_as_they_need() -> None:
    text = STORE % ", volume: gp2, nodes: 3, replicas: 1, disk_reads: 0%"
    found = values_of(text.replace("1k/s", "30k/s").replace("payload: 1 kB", "payload: 1 B"))
    assert found["db.volume_size"] == pytest.approx((10e3 - 100) / 3 * 2**30)


def test_operations_and_throughput_of_volumes_ask_for_nodes() -> None:
    many = values_of(STORE.replace("1k/s", "100k/s") % ", disk_reads: 0%, hot_time: 0 s")
    assert many["db.nodes.operations"] == pytest.approx(300e3 / (60e3 * 0.6))
    wide = values_of(STORE.replace("payload: 1 kB", "payload: 1 MB, stored: 0 B") % "")
    assert wide["db.nodes.throughput"] == pytest.approx(3e9 * 5 / (1200 * 2**20 * 0.6))


# --- shapes and their prices ----------------------------------------------------------------------

SHAPED = """\
actions: {ask: {rate: 10k/s, op: read, response: 1 kB}}
components: {api: {kind: service%s}}
"""


def test_the_price_of_a_generic_machine_follows_its_shape() -> None:
    found = values_of(SHAPED % ", node.cores: 64, node.memory: 512 GiB")
    assert found["api.node.price"] == pytest.approx((15 * 64 + 2 * 549.755814) / MONTH)
    disk = values_of(SHAPED % ", node.cores: 64, node.memory: 512 GiB, node.disk: 1 TB")
    assert disk["api.node.price"] * 3600 == pytest.approx(2.93, rel=0.001)


@pytest.mark.parametrize(
    ("given", "warned"),
    [
        (", node: m7g.2xlarge, node.cores: 64, node.memory: 512 GiB", ["W115"]),
        (", node: m7g.2xlarge, node.cores: 64, node.price: $3/h", []),
        (", node: m7g.2xlarge, node.cores: 8", []),
        (", node: m7g.2xlarge, node.network: 5 Gbps", []),
        (", node: m7g.2xlarge, node.disk: 4 TB", ["W115"]),
        (", node: i4i.2xlarge, node.disk: 16 TB", ["W115"]),
        (", node: i4i.2xlarge, node.disk: 1875 GB", []),
        (", node.cores: 64", []),
    ],
)
def test_a_shape_that_is_not_sold_is_warned_of_once(
    given: str, warned: list[str], ask: Ask
) -> None:
    told = ask("run", "-", given=SHAPED % given)
    assert re.findall(r"^warning\[(W\d+)\]", told.err, re.MULTILINE) == warned


def test_machines_do_not_recommend_one_with_less_than_is_asked_for(ask: Ask) -> None:
    told = ask(
        "machines", "-", "--of", "aws", given=STORE % ", node: i4i.2xlarge, node.disk: 16 TB"
    )
    rows = [row for row in told.out.splitlines() if "$" in row and "%" in row]
    assert rows[0].startswith("i3en.12xlarge")  # with 30 TB
    assert "rejected: `db.node.disk` is more than its" in told.out


def test_machines_of_a_generic_shape_have_prices_of_their_own(ask: Ask) -> None:
    told = ask("machines", "-", "--of", "m7g", given=SHAPED % "")
    [row] = [line for line in told.out.splitlines() if "the cheapest" in line][:1]
    name, nodes, cost = row.split()[0], *re.findall(r"(\d+)  \w.*?\$([\d,]+)", row)[0]
    alone = values_of(SHAPED % f", node: {name}")
    assert alone["api.nodes"] == int(nodes)
    assert alone["api.cost.per_month"] == pytest.approx(float(cost.replace(",", "")), abs=1)


# --- when full ------------------------------------------------------------------------------------


def test_what_is_kept_is_told_with_its_date_and_what_it_is_before(ask: Ask) -> None:
    told = ask("run", "-", "--show=growth", given=STORE.replace("1 year", "5 years") % "")
    title = told.out.partition("As data grows\n")[2].splitlines()[0]
    assert re.split(r" {2,}", title)[1:] == [
        "after 30 days", "after 1 year", "when full (5 years)",
    ]  # fmt: skip
    rows = told.rows("As data grows")
    nodes = next(row for row in rows if row[0].strip() == "db nodes")
    assert [row[0].strip() for row in rows][-2:] == ["servers", "cost/month"]
    first, year, full = (int(cell.strip().replace(",", "")) for cell in nodes[1:])
    assert first < year < full


def test_each_age_is_what_a_scenario_of_that_age_comes_to(ask: Ask) -> None:
    text = STORE.replace("1 year", "5 years") % ""
    ages = ask("run", "-", "--format", "json", given=text).scenario["ages"]
    assert [age["text"] for age in ages] == ["30 days", "1 year"]
    for age in ages:
        then = values_of(text + f"storage: {{age: {age['text']}}}\n")
        for name, quantity in age["quantities"].items():
            assert then[name] == pytest.approx(quantity["value"]), name


def test_data_that_is_full_within_a_month_has_no_ages(ask: Ask) -> None:
    told = ask("run", "-", given=STORE.replace("1 year", "7 days") % "")
    assert "when full (7 days)" in told.out
    assert "after 30 days" not in told.out
    assert "As data grows" not in told.out


def test_an_age_that_is_given_is_named(ask: Ask, tmp_path: Path) -> None:
    told = ask("run", "-", "--show=growth", "--set", "storage.age=90 days", given=STORE % "")
    title = told.out.partition("As data grows\n")[2].splitlines()[0]
    assert re.split(r" {2,}", title)[1:] == ["after 30 days", "after 90 days"]
