"""Stores of time series and of columns, and vector engines: what follows from a product."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import Ask, values_of, warned
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.catalog import catalog

DEVICES = """\
traffic: {peak_to_average: 1}
users: {registered: 2M, concurrent: 2M}
actions:
  report: {every: 10 s, payload: 120 B, retention: 1 year}
components: {store: {kind: time_series%s}}
"""
EVENTS = """\
traffic: {peak_to_average: 1}
actions:
  event: {rate: %s, payload: 500 B, retention: 90 days%s}
  query: {rate: 20/s, op: read, response: 20 kB}
components: {store: {kind: column_store, like: clickhouse%s}}
"""


def told(kind: str, like: str, ask: Ask, folder: Path) -> str:
    """Return what is said of a product of another kind."""
    text = f"actions: {{a: {{rate: 1/s}}}}\ncomponents: {{x: {{kind: {kind}, like: {like}}}}}\n"
    (folder / "a.yaml").write_text(text)
    return ask("run", str(folder / "a.yaml")).err


@pytest.mark.parametrize(
    ("word", "way"),
    [
        ("influxdb", "write `kind: time_series` and `like: influxdb`"),
        ("influx", "write `kind: time_series` and `like: influxdb`"),
        ("timescale", "write `kind: time_series` and `like: timescaledb`"),
        ("clickhouse", "write `kind: column_store` and `like: clickhouse`"),
        ("ch", "write `kind: column_store`"),
        ("qdrant", "write `kind: vector_index` and `like: qdrant`"),
        ("dynamo", "write `kind: serverless_database`"),
        ("cosmosdb", "write `kind: serverless_database`"),
        ("snowflake", "a warehouse that is billed for its queries is not sized"),
        ("bigquery", "a warehouse that is billed for its queries is not sized"),
        ("couchbase", "for another one, give its figures: `like.reads_per_core`"),
        ("bigtable", "for another one, give its figures: `like.reads_per_core`"),
        ("neo4j", "for another one, give its figures: `like.reads_per_core`"),
    ],
)
def test_a_product_that_no_database_is_like_leads_to_what_does_it(
    word: str, way: str, ask: Ask, tmp_path: Path
) -> None:
    assert way in told("database", word, ask, tmp_path)


@pytest.mark.parametrize(
    ("kind", "like", "way"),
    [
        ("search_index", "opensearch", "all products have the same figures here; leave `like` out"),
        ("serverless_database", "dynamodb", "write `plan: dynamodb`"),
    ],
)
def test_a_product_of_a_kind_that_takes_none_is_left_out_or_a_plan(
    kind: str, like: str, way: str, ask: Ask, tmp_path: Path
) -> None:
    assert way in told(kind, like, ask, tmp_path)


@pytest.mark.parametrize(
    ("kind", "written", "instead"),
    [
        ("time_series", "scrape_interval: 30 s", "interval: 30 s"),
        ("time_series", "cardinality: 2M", "series: 2M"),
        ("time_series", "metrics: 5", "values: 5"),
        ("time_series", "bytes_per_point: 2 B", "bytes_per_sample: 2 B"),
        ("column_store", "compression_ratio: 10", "compression: 10"),
        ("column_store", "bytes_scanned: 10 GB", "scanned: 10 GB"),
        ("vector_index, vectors: 1M", "dims: 768", "dimensions: 768"),
        ("vector_index, vectors: 1M", "ef: 200", "candidates: 200"),
        ("vector_index, vectors: 1M", "m: 32", "links: 32"),
    ],
)
def test_the_words_of_guides_lead_to_the_parameters(
    kind: str, written: str, instead: str, ask: Ask, tmp_path: Path
) -> None:
    text = f"actions: {{a: {{rate: 1/s}}}}\ncomponents: {{x: {{kind: {kind}, {written}}}}}\n"
    (tmp_path / "a.yaml").write_text(text)
    assert f"help: write `{instead}`" in ask("run", str(tmp_path / "a.yaml")).err


@pytest.mark.parametrize("name", catalog("time_series").names())
def test_a_time_series_store_takes_the_figures_of_its_product(name: str) -> None:
    found = values_of(DEVICES % f", like: {name}")
    samples, kept = 200e3 * 4, 365 * 86_400
    assert found["store.samples.average"] == samples
    assert found["store.stored.retained"] == pytest.approx(
        samples * kept * found["store.like.bytes_per_sample"]
    )
    assert found["store.ingest_cores"] == pytest.approx(
        samples * 2 / found["store.like.samples_per_core"]
    )
    memory = found["store.series"] * found["store.like.series_memory"] + 1e9
    assert found["store.demand.memory"] == pytest.approx(memory * 2)


def test_values_of_a_report_are_series_of_their_own_or_fields_of_one() -> None:
    assert values_of(DEVICES % ", like: victoriametrics")["store.series"] == 8e6
    assert values_of(DEVICES % ", like: influxdb")["store.series"] == 2e6


def test_a_batch_has_the_series_of_its_rows_and_not_one() -> None:
    text = (DEVICES % ", like: influxdb, receives: {report: {batch: 100}}").replace(
        "120 B", "300 B"
    )
    batched, single = values_of(text), values_of(text.replace("{batch: 100}", "1"))
    assert batched["store.samples.average"] == pytest.approx(single["store.samples.average"])
    assert batched["store.series"] == pytest.approx(single["store.series"]) == 2e6


def test_the_disk_follows_from_samples_and_not_from_the_bytes_of_a_report() -> None:
    short = values_of(DEVICES % ", values: 4")
    long = values_of((DEVICES % ", values: 4").replace("120 B", "1 kB"))
    assert long["store.storage.retained"] == pytest.approx(short["store.storage.retained"])
    assert long["store.demand.network"] > short["store.demand.network"]


def test_a_product_of_one_server_is_not_split_silently() -> None:
    text = DEVICES % ", like: prometheus"
    found = values_of(text)
    assert (found["store.nodes"], found["store.shards"]) == (2, 1)
    assert found["store.utilization"] > 1
    shards = round(found["store.shards_needed"])
    (said,) = warned(text)
    assert "does not split its data" in said
    assert f"`shards: {shards}`" in said
    enough = DEVICES % f", like: prometheus, shards: {shards}"
    assert not warned(enough)
    assert values_of(enough)["store.nodes"] == 2 * shards


def test_a_product_that_shards_itself_has_the_nodes_that_its_scarcest_resource_needs() -> None:
    found = values_of(DEVICES % ", like: victoriametrics")
    needed = max(v for name, v in found.items() if name.startswith("store.nodes."))
    assert found["store.nodes"] >= needed
    assert found["store.nodes"] < needed + 2
    assert found["store.shards"] * 2 == found["store.nodes"]
    assert not warned(DEVICES % ", like: victoriametrics")


@settings(max_examples=20)
@given(rate=st.integers(1, 10_000), times=st.integers(2, 9), days=st.integers(1, 400))
def test_work_and_disk_are_in_proportion_to_what_is_added(rate: int, times: int, days: int) -> None:
    def found(many: int) -> dict[str, float]:
        text = EVENTS % (f"{many}/s", "", ", scanned: 1 GB")
        return values_of(text.replace("90 days", f"{days} days"))

    one, more = found(rate), found(rate * times)
    for name in ("ingest_cores", "storage.retained", "storage.per_day", "disk_bytes"):
        assert more[f"store.{name}"] == pytest.approx(times * one[f"store.{name}"])
    assert more["store.query_cores"] == pytest.approx(one["store.query_cores"])


def test_what_is_compressed_already_is_warned_of() -> None:
    (said,) = warned(EVENTS % ("1M/s", ", stored: 15%", ""))
    assert "compressed once more" in said
    assert not warned(EVENTS % ("1M/s", ", stored: 15%", ", compression: 1"))
    assert not warned(EVENTS % ("1M/s", "", ""))


def test_a_lost_copy_leaves_its_queries_and_not_its_writes_to_the_others() -> None:
    text = EVENTS % ("1M/s", ", stored: 0 B", ", scanned: 10 GB, node.cores: 32")
    usual, spare = values_of(text), values_of(text.replace("scanned", "survive: 1 node, scanned"))
    demand, queries = usual["store.demand.cpu"], usual["store.query_cores"]
    assert queries < demand
    after = (demand + queries) / (32 * 0.85)
    assert spare["store.nodes.cpu"] == pytest.approx(max(usual["store.nodes.cpu"], after))


def test_a_million_vectors_take_what_the_documentation_of_opensearch_says() -> None:
    text = """\
actions: {search: {rate: 1/s, op: read, response: 1 kB}}
components: {x: {kind: vector_index, like: opensearch, vectors: 1M, dimensions: 256}}
"""
    assert values_of(text)["x.memory"] == pytest.approx(1.1 * (4 * 256 + 8 * 16) * 1e6)
    assert values_of(text.replace("opensearch", "elasticsearch"))["x.vectors_memory"] == 256e6
