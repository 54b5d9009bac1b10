"""Products of stores: their figures, and what follows from their shape."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from asking import Ask, values_of, warned
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.catalog import catalog
from estimator.diagnostics import InputError

WRITERS = ["postgres", "mysql", "mongodb", "etcd", "zookeeper"]
SPREAD = ["cassandra", "scylladb", "tidb", "yugabytedb", "cockroachdb"]
SHOP = """\
traffic: {peak_to_average: 1}
actions:
  put: {rate: %s, payload: 200 B, stored: 0 B}
  get: {rate: %s, op: read, response: 200 B}
components: {db: {kind: database, node.cores: 8%s}}
"""


def shop(writes: str, reads: str, more: str = "") -> dict[str, float]:
    """Return the values of a database that is like PostgreSQL unless said."""
    more = more if "like" in more else f"{more}, like: postgres"
    return values_of(SHOP % (writes, reads, more))


# --- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", catalog("databases").names())
def test_a_database_takes_the_figures_of_the_product_that_it_is_like(name: str) -> None:
    found = shop("10/s", "10/s", f", like: {name}")
    said = catalog("databases").get(name)
    assert said is not None
    for field in said.fields:
        assert f"db.like.{field}" in found
    assert found["db.write_throughput"] == 8 * found["db.like.writes_per_core"]
    assert found["db.read_throughput"] == 8 * found["db.like.reads_per_core"]


def test_each_figure_of_a_product_may_be_given_by_itself() -> None:
    found = shop("10/s", "10/s", ", like: postgres, like.writes_per_core: 5k/s")
    assert found["db.write_throughput"] == 40e3
    assert found["db.like.reads_per_core"] == 10e3


def test_a_product_that_is_not_known_is_told_with_the_one_that_is_meant() -> None:
    with pytest.raises(InputError, match="the catalog of databases has no `postgre`") as error:
        shop("10/s", "10/s", ", like: postgre")
    assert "did you mean `postgres`?" in str(error.value.diagnostics[0].help)


def test_a_product_without_figures_is_told_with_those_that_have_some_and_what_to_give() -> None:
    with pytest.raises(InputError, match="the catalog of databases has no `couchbase`") as error:
        shop("10/s", "10/s", ", like: couchbase")
    told = str(error.value.diagnostics[0].help)
    assert all(f"`{name}`" in told for name in catalog("databases").names())
    assert "for another one, give its figures: `like.reads_per_core`," in told


def test_a_product_of_another_kind_is_told_with_its_kind_and_its_name_there() -> None:
    with pytest.raises(InputError) as error:
        shop("10/s", "10/s", ", like: redis_cluster")
    assert error.value.diagnostics[0].help == "write `kind: cache` and `like: redis`"


def test_a_store_without_prices_is_not_chosen_by_its_price(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHOP % ("1/s", "1/s", ", like: cheapest"))
    told = ask("run", str(tmp_path / "a.yaml"))
    assert told.code == 2
    assert "the catalog of databases has no `cheapest`" in told.err
    assert "write `cheapest`" not in told.err


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("postgres", "`kind: database` and `like: postgres`"),
        ("PostgreSQL", "`kind: database` and `like: postgres`"),
        ("mongo", "`kind: database` and `like: mongodb`"),
        ("sqlite", "`kind: database`"),
        ("Cassandra", "`kind: quorum_database` and `like: cassandra`"),
        ("etcd", "`kind: quorum_database` and `like: etcd`"),
        ("redis_cluster", "`kind: cache` and `like: redis`"),
        ("memcached", "`kind: cache` and `like: memcached`"),
    ],
)
def test_a_product_that_is_written_as_a_kind_is_told_as_a_kind_and_a_product(
    word: str, way: str, ask: Ask, tmp_path: Path
) -> None:
    text = f"actions: {{a: {{rate: 1/s}}}}\ncomponents: {{x: {{kind: {word}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    assert f"help: write {way}\n" in ask("run", str(tmp_path / "a.yaml")).err


def test_one_entry_of_a_catalog_shows_how_far_its_figures_may_be_off_and_why(ask: Ask) -> None:
    shown = ask("catalog", "databases", "--of", "etcd")
    assert (shown.code, shown.err) == (0, "")
    assert re.search(
        r"^writes_per_core +5500/s +2500/s to 8k/s +etcd documentation", shown.out, re.M
    )
    for name in catalog("databases").names():
        assert name in ask("catalog", "databases").out


# --- one writer -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITERS)
def test_more_nodes_do_not_take_more_writes_of_a_single_writer(name: str) -> None:
    few = shop("2k/s", "0/s", f", like: {name}, nodes: 3")
    many = shop("2k/s", "0/s", f", like: {name}, nodes: 30")
    assert few["db.shards"] == many["db.shards"] == 1
    assert few["db.utilization.writer"] == many["db.utilization.writer"]
    assert many["db.breaking_load"] == pytest.approx(few["db.breaking_load"])


@pytest.mark.parametrize("name", SPREAD)
def test_more_nodes_take_more_writes_of_a_database_that_shards_by_itself(name: str) -> None:
    few = shop("2k/s", "0/s", f", like: {name}, nodes: 3")
    many = shop("2k/s", "0/s", f", like: {name}, nodes: 30")
    assert "db.utilization.writer" not in few
    assert many["db.shards"] == 10
    assert many["db.breaking_load"] == pytest.approx(10 * few["db.breaking_load"])


def test_writes_beyond_one_writer_are_warned_of_with_the_shards_that_take_them() -> None:
    text = SHOP % ("20k/s", "0/s", ", like: postgres")
    found = values_of(text)
    assert (found["db.nodes"], found["db.shards"]) == (3, 1)
    assert found["db.utilization.writer"] == pytest.approx(20e3 / (8 * 800))
    (told,) = [w for w in warned(text) if "one writer" in w]
    assert "more nodes do not help" in told
    shards = math.ceil(20e3 / (8 * 800 * 0.6))
    assert f"`shards: {shards}`" in told
    enough = SHOP % ("20k/s", "0/s", f", like: postgres, shards: {shards}")
    assert not [w for w in warned(enough) if "one writer" in w]
    assert values_of(enough)["db.nodes"] == 3 * shards


def test_the_first_screen_names_a_single_writer_as_a_limit(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SHOP % ("1k/s", "1k/s", ", like: postgres"))
    shown = ask("run", str(tmp_path / "a.yaml"), "--quiet").out
    assert re.search(
        r"Limit +db \(one writer\) saturates at 12\.8k/s, 6\.4x its peak +writer", shown
    )


def test_data_beyond_the_disk_of_a_single_writer_is_warned_of() -> None:
    text = (SHOP % ("1k/s", "1k/s", ", like: mysql")).replace("stored: 0 B", "retention: 20 years")
    (told,) = [w for w in warned(text) if "more data than the disk" in w]
    shards = re.search(r"`shards: (\d+)`", told)
    assert shards is not None
    enough = text.replace("like: mysql", f"like: mysql, shards: {shards[1]}")
    assert not [w for w in warned(enough) if "more data than the disk" in w]


@given(st.floats(1, 3000), st.floats(0, 500e3), st.sampled_from(WRITERS))
@settings(max_examples=30, deadline=None)
def test_replicas_are_added_for_reads_until_all_nodes_are_as_busy_as_planned(
    writes: float, reads: float, name: str
) -> None:
    found = shop(f"{writes}/s", f"{reads}/s", f", like: {name}")
    w = writes / found["db.write_throughput"]
    r = reads / found["db.read_throughput"]
    a, n = found["db.like.replay"], found["db.nodes"]
    assert found["db.shards"] == 1
    assert found["db.utilization.cpu"] == pytest.approx((w * (1 + a * (n - 1)) + r) / n)
    if w > 0.6:
        return  # no number of replicas helps
    assert found["db.utilization.cpu"] <= 0.6 + 1e-9
    if n > 3:  # one node fewer would be busier than planned
        assert (w * (1 + a * (n - 2)) + r) / (n - 1) > 0.6 - 1e-9


def test_each_copy_of_a_single_writer_holds_all_of_its_shard() -> None:
    text = (SHOP % ("10/s", "300k/s", ", like: postgres")).replace(
        "stored: 0 B", "retention: 1 day"
    )
    found = values_of(text)
    assert found["db.nodes"] > 3
    kept = 10 * 200 * 86400 * 1.5
    assert found["db.storage.retained"] == pytest.approx(kept * found["db.nodes"])


def test_a_product_without_a_single_writer_keeps_the_shape_of_a_sharded_store() -> None:
    plain = values_of(SHOP % ("20k/s", "0/s", ""))
    assert plain["db.nodes"] == 3 * math.ceil(3 * 20e3 / (8 * 1500 * 0.6) / 3)
    assert plain["db.shards"] == plain["db.nodes"] / 3


# --- consensus ------------------------------------------------------------------------------------


def test_a_leader_answers_reads_alone_where_other_quorums_read_several_copies() -> None:
    text = (SHOP % ("0/s", "100k/s", "%s")).replace("kind: database", "kind: quorum_database")
    assert values_of(text % ", like: cassandra")["db.copy_reads.peak"] == 200e3
    assert values_of(text % ", like: tidb")["db.copy_reads.peak"] == 100e3
    assert values_of(text % ", like: tidb")["db.read_latency"] == 0


def test_a_store_of_consensus_takes_what_its_leader_takes() -> None:
    text = (SHOP % ("10k/s", "0/s", ", like: etcd")).replace("database", "quorum_database")
    found = values_of(text)
    assert found["db.breaking_load"] == pytest.approx(8 * 5500)
    more = values_of(text.replace("etcd", "etcd, replicas: 7"))
    assert more["db.breaking_load"] == pytest.approx(8 * 5500)


# --- memory, disks and time -----------------------------------------------------------------------


def test_reads_go_to_the_disk_of_a_single_writer_as_its_working_set_exceeds_its_memory() -> None:
    text = (SHOP % ("1k/s", "1k/s", ", like: postgres%s")).replace(
        "stored: 0 B", "retention: 1 year"
    )
    fits = values_of(text % ", working_set: 1 GB")
    assert fits["db.cached"] == 1
    assert 0.09 < fits["db.disk_reads"] <= 0.1
    half = values_of(text % ", working_set: 48 GiB, node.memory: 32 GiB")
    assert half["db.cached"] == pytest.approx(0.5)
    assert half["db.disk_reads"] == pytest.approx(0.55, rel=0.01)
    assert half["db.utilization.operations"] > fits["db.utilization.operations"]
    small = values_of(SHOP % ("1/s", "1k/s", ", like: postgres"))
    assert small["db.disk_reads"] == 0  # all of the data fits into memory


def test_a_node_has_no_larger_disk_than_its_makers_advise() -> None:
    text = SHOP % ("1/s", "1/s", ", like: cassandra, stored.retained: 100 TB, overhead: 0%%, %s")
    found = values_of(text % "node.disk: 8 TB")
    assert found["db.nodes.density"] == pytest.approx(300 / (4 * 0.5))
    assert found["db.nodes"] == 150
    assert values_of(text % "like.largest_disk: 8 TB")["db.nodes"] == 75
    assert values_of(text % "node.disk: 2 TB")["db.nodes"] == 300
    assert "db.nodes.density" not in values_of(SHOP % ("1/s", "1/s", ", like: scylladb"))


def test_connections_take_memory_from_the_data() -> None:
    more = ", like: postgres, processes: 100, pool: 10, node.memory: 32 GiB"
    found = shop("1/s", "1/s", more)
    assert found["db.free_memory"] == pytest.approx(32 * 2**30 - 1000 * 9_531_392)
    pooled = shop("1/s", "1/s", more.replace("pool: 10", "pool: 1"))
    assert pooled["db.free_memory"] > found["db.free_memory"]


def test_the_disk_operations_of_a_volume_bind_where_its_cores_do_not() -> None:
    volume = shop("7k/s", "0/s", ", replicas: 1, minimum: 1")
    assert volume["db.utilization.operations"] == pytest.approx(2 * 7e3 / 60e3)
    local = shop("7k/s", "0/s", ", replicas: 1, minimum: 1, node.disk: 1 TB")
    assert local["db.utilization.operations"] == 0


def test_writes_beyond_the_volume_of_a_single_writer_are_warned_of() -> None:
    text = SHOP % ("30k/s", "0/s", ", like: postgres, node.performance: 20")
    (told,) = [w for w in warned(text) if "one writer" in w]
    assert "more writes than the volume" in told
    assert "`shards: 2`" in told  # 60,000 operations of the 36,000 that are planned with
    assert not warned(text.replace("performance: 20", "performance: 20, shards: 2"))
    assert not [w for w in warned(text.replace("cores: 8", "disk: 1 TB")) if "volume" in w]


def test_reads_of_disks_ask_for_copies_of_a_single_writer() -> None:
    text = SHOP % ("10/s", "200k/s", ", like: postgres, disk_reads: 90%")
    found = values_of(text)
    assert found["db.nodes"] == math.ceil(180e3 / (60e3 * 0.6 - 20))
    assert found["db.utilization.operations"] <= 0.6


def test_a_lost_node_takes_as_long_as_its_data_takes_at_the_rate_of_the_product() -> None:
    text = (SHOP % ("1k/s", "0/s", ", like: cassandra")).replace("stored: 0 B", "retention: 1 year")
    found = values_of(text)
    each = found["db.storage.retained"] / found["db.nodes"]
    assert found["db.rebuild_time"] == pytest.approx(each / 25e6)
    slow = values_of(text.replace("cassandra", "scylladb, node.network: 80 Mbps"))
    each = slow["db.storage.retained"] / slow["db.nodes"]
    assert slow["db.rebuild_time"] == pytest.approx(each / 10e6)


def test_what_has_not_reached_a_copy_is_lost_with_an_asynchronous_writer() -> None:
    assert shop("1k/s", "0/s")["db.lost_writes"] == pytest.approx(100)
    assert shop("1k/s", "0/s", ", like: postgres, like.replica_lag: 0 s")["db.lost_writes"] == 0
    assert "db.lost_writes" not in shop("1k/s", "0/s", ", like: cassandra")


# --- caches ---------------------------------------------------------------------------------------

CACHE = """\
traffic: {peak_to_average: 1}
users: 1M
actions: {get: {rate: 100k/s, op: read, response: 100 B}}
components: {c: {kind: %s, like: %s, node.cores: %d}}
"""


@pytest.mark.parametrize("kind", ["cache", "session_store"])
@pytest.mark.parametrize("name", catalog("caches").names())
def test_a_cache_takes_what_its_threads_take_and_no_more(kind: str, name: str) -> None:
    few, many, most = (values_of(CACHE % (kind, name, n)) for n in (1, 64, 128))
    threads = min(64, few["c.like.most_cores"])
    assert many["c.throughput"] == pytest.approx(threads * few["c.throughput"])
    assert most["c.throughput"] == many["c.throughput"]


def test_redis_does_not_use_a_second_core_unless_it_is_told_so() -> None:
    assert values_of(CACHE % ("cache", "redis", 16))["c.throughput"] == 120e3
    text = (CACHE % ("cache", "redis", 16)).replace(
        "like: redis", "like: redis, like.most_cores: 2"
    )
    assert values_of(text)["c.throughput"] == 240e3
