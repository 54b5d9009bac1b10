"""Where the bytes of items go: records and blobs, CDNs, batches, and work inside the system."""

from __future__ import annotations

import re

import pytest
from asking import Ask, estimated, values_of

PHOTOS = """\
users: 10M
actions:
  upload: {per_user: 1/day, payload: 2 MB}
components:
  db:     {kind: database}
  photos: {kind: object_store}
"""


def rules_of(ask: Ask, text: str) -> list[str]:
    """Return the warnings of a scenario, in order."""
    told = ask("run", "-", given=text)
    assert told.code == 0, told.err
    return re.findall(r"^warning\[(W\d+)\]", told.err, re.MULTILINE)


# --- records and blobs ----------------------------------------------------------------------------


def test_large_items_go_to_the_object_store_and_a_row_for_each_to_the_database(ask: Ask) -> None:
    found = values_of(PHOTOS)
    assert found["photos.stored.per_day"] == pytest.approx(20e12)
    assert found["db.stored.per_day"] == pytest.approx(10e9)
    assert found["db.nodes"] <= 12
    assert rules_of(ask, PHOTOS) == []


def test_the_split_is_an_assumption_with_the_line_that_overrides_it(ask: Ask) -> None:
    rows = ask("run", "-", "--format", "json", given=PHOTOS).scenario["assumptions"]
    [row] = [row for row in rows if row["names"] == ["upload.row"]]
    assert "`photos`" in row["assumption"]
    assert "`db`" in row["assumption"]
    line = re.search(r"`(upload: \{record: 2 MB\})`", row["assumption"])
    assert line is not None
    whole = PHOTOS.replace("payload: 2 MB", "payload: 2 MB, record: 2 MB")
    assert values_of(whole)["db.stored.per_day"] == pytest.approx(20e12)


def test_items_reach_both_stores_through_what_hands_them_on() -> None:
    through = """\
        users: 10M
        actions:
          upload: {per_user: 1/day, payload: 2 MB}
          like:   {per_user: 5/day, payload: 100 B}
        components:
          edge:   {kind: load_balancer}
          api:    {kind: service, receives: [edge]}
          db:     {kind: database, receives: [api]}
          photos: {kind: object_store, receives: [api]}
        """
    found = values_of(through)
    assert found["db.stored.per_day"] == pytest.approx(10e6 * 1e3 + 50e6 * 100)
    assert found["photos.stored.per_day"] == pytest.approx(20e12 + 50e6 * 100)
    assert found["api.ingress.average"] == pytest.approx(found["ingress.average"])


@pytest.mark.parametrize(
    "keeper", ["database", "quorum_database", "search_index", "kafka", "cache"]
)
def test_whatever_keeps_records_or_messages_keeps_rows_of_large_items(keeper: str) -> None:
    found = values_of(PHOTOS.replace("{kind: database}", f"{{kind: {keeper}}}"))
    assert found["db.ingress.average"] == pytest.approx(10e6 * 1e3 / 86_400)


def test_small_items_stay_whole_in_the_database_and_out_of_the_object_store(ask: Ask) -> None:
    small = PHOTOS.replace("2 MB", "20 kB, retention: 1 year")
    found = values_of(small)
    assert found["db.stored.per_day"] == pytest.approx(200e9)
    assert found["photos.stored.per_day"] == 0
    assert found["photos.cost.requests.per_month"] == 0
    told = ask("run", "-", given=small)
    assert "`photos` keeps nothing, since the items of `upload` are small" in told.err
    line = re.search(r"`(storage: \{blobs_from: .*\})` sends them", told.err)
    assert line is not None
    assert values_of(f"{small}{line[1]}\n")["photos.stored.per_day"] == pytest.approx(200e9)


def test_smaller_photos_never_cost_more_than_larger_ones() -> None:
    costs = [
        values_of(PHOTOS, upload__payload=size)["cost.per_month"]
        for size in ("35 kB", "100 kB", "200 kB", "256 kB", "1 MB", "2 MB")
    ]
    assert costs == sorted(costs)


def test_what_stands_before_the_object_store_handles_items_whole() -> None:
    queue = """\
actions: {frame: {rate: 10k/s, payload: 500 kB, retention: 30 days}}
components:
  log:  {kind: kafka, receives: [frame]}
  lake: {kind: object_store, receives: {log.group: {batch: 64 MB}}}
"""
    found = values_of(queue)
    assert found["log.ingress.average"] == found["frame.ingress.average"]
    assert found["lake.ingress.average"] == found["frame.ingress.average"]
    cache = """\
users: 10M
actions:
  upload: {per_user: 1/day, payload: 2 MB}
  view:   {per_user: 20/day, response: 2 MB}
components:
  hot:    {kind: cache, receives: [view], hit_ratio: 80%}
  db:     {kind: database, receives: [upload, hot.misses]}
  photos: {kind: object_store, receives: [upload, hot.misses]}
"""
    found = values_of(cache)
    assert found["hot.egress.average"] == found["view.egress.average"]
    assert found["photos.egress.average"] == pytest.approx(0.2 * found["view.egress.average"])
    assert found["db.egress.average"] == pytest.approx(0.2 * found["view.reads.average"] * 1e3)


def test_an_object_store_is_not_called_for_what_stores_nothing() -> None:
    text = """\
actions:
  route: {rate: 1k/s, request: 200 B, response: 5 kB}
  tile:  {rate: 1k/s, op: read, response: 100 kB}
  feed:  {rate: 1k/s, op: read, response: 20 kB}
components:
  tiles: {kind: object_store, stored.retained: 70 PB}
%s"""
    alone = values_of(text % "")
    assert alone["tiles.writes.average"] == 0
    assert alone["tiles.reads.average"] == 2000
    beside = values_of(text % "  db: {kind: database}\n")
    assert beside["tiles.reads.average"] == 1000  # the feed is of records


def test_an_unrelated_object_store_changes_nothing() -> None:
    alone = """\
        actions:
          upload: {rate: 100/s, payload: 2 MB}
          log:    {rate: 1k/s, payload: 1 kB}
        components:
          db:   {kind: database, receives: [upload]}
        """
    beside = alone.rstrip() + "\n          logs: {kind: object_store, receives: [log]}\n"
    before, after = values_of(alone), values_of(beside)
    assert {n: v for n, v in after.items() if n.startswith("db.")} == {
        n: v for n, v in before.items() if n.startswith("db.")
    }


def test_two_object_stores_and_two_databases_are_asked_about(ask: Ask) -> None:
    assert rules_of(ask, PHOTOS + "  backup: {kind: object_store}\n") == ["W113"]
    assert rules_of(ask, PHOTOS + "  users_db: {kind: database}\n") == ["W113"]
    said = PHOTOS + "  backup: {kind: object_store, stored.retained: photos.stored.retained}\n"
    assert rules_of(ask, said) == []
    told = ask("run", "-", given=PHOTOS + "  backup: {kind: object_store}\n")
    assert "`photos` and `backup` each keep all that `upload` writes" in told.err


def test_small_items_in_a_database_and_an_object_store_that_asked_for_them_are_warned_of(
    ask: Ask,
) -> None:
    both = PHOTOS.replace("2 MB", "20 kB, retention: 1 year").replace(
        "{kind: object_store}", "{kind: object_store, receives: [upload]}"
    )
    assert rules_of(ask, both) == ["W113", "W103"]  # each small item is an object of its own


# --- CDNs -----------------------------------------------------------------------------------------

VIEWED = """\
users: 10M
actions:
  view: {per_user: 20/day, response: 200 kB}
components:
  api:    {kind: service%s}
  photos: {kind: object_store, stored.retained: 1 PB}
  edge:   {kind: cdn%s, hit_ratio: 90%%}
"""


def test_behind_a_cdn_all_others_get_what_it_misses_and_that_is_an_assumption(ask: Ask) -> None:
    text = VIEWED % ("", "")
    found = values_of(text)
    views = found["view.reads.average"]
    assert found["edge.reads.average"] == views
    for behind in ("api", "photos"):
        assert found[f"{behind}.reads.average"] == pytest.approx(0.1 * views)
        assert found[f"{behind}.egress.average"] == pytest.approx(0.1 * views * 200e3)
    assert found["internet_egress"] == 0
    assert rules_of(ask, text) == []
    rows = ask("run", "-", "--format", "json", given=text).scenario["assumptions"]
    [row] = [row for row in rows if row["names"] == ["edge"]]
    assert "`api` and `photos` get what it misses of `view`" in row["assumption"]
    every = VIEWED % (", receives: [view.calls]", "")
    assert values_of(every)["api.reads.average"] == views
    assert values_of(every)["api.egress.average"] == pytest.approx(views * 1e3)


def test_a_cdn_gets_reads_from_outside_and_all_of_them_or_no_wiring_is_assumed() -> None:
    text = """\
actions:
  put:  {rate: 1k/s, payload: 1 MB}
  copy: {rate: 1k/s, op: read, response: 1 MB, internal: true}
  look: {rate: 1k/s, op: read, response: 1 MB}
components:
  api:  {kind: service}
  edge: {kind: cdn%s, hit_ratio: 90%%}
"""
    found = values_of(text % "")
    assert found["edge.egress.average"] == pytest.approx(1e9)
    assert found["api.writes.average"] == 1000
    assert found["api.reads.average"] == pytest.approx(1000 + 100)
    part = values_of(text % ", receives: {look: 20%}")
    assert part["edge.egress.average"] == pytest.approx(0.2e9)
    assert part["api.reads.average"] == 2000


def test_a_service_that_asks_for_what_a_cdn_delivers_is_warned_of_with_the_line_to_write(
    ask: Ask,
) -> None:
    asked = VIEWED % (", receives: [view]", ", receives: [view]")
    told = ask("run", "-", given=asked)
    assert "`api` carries the bytes of `view`, which `edge` is there to deliver" in told.err
    for flow in ("edge.misses", "view.calls"):
        assert f"`{flow}`" in told.err
        mended = VIEWED % (f", receives: [{flow}]", ", receives: [view]")
        assert rules_of(ask, mended) == []


def test_a_service_whose_nodes_only_carry_large_answers_is_warned_of(ask: Ask) -> None:
    watched = """\
actions: {watch: {rate: 1k/s, op: read, response: 50 MB}}
components: {api: {kind: service}}
"""
    assert rules_of(ask, watched) == ["W114"]
    small = watched.replace("50 MB", "5 kB")
    assert rules_of(ask, small) == []


# --- lost, empty, and void ------------------------------------------------------------------------


def test_a_store_that_says_what_it_keeps_loses_nothing(ask: Ask) -> None:
    kept = """\
actions: {put: {rate: 1k/s, payload: 1 kB}}
components: {db: {kind: database, stored.retained: 3 TB}}
"""
    assert rules_of(ask, kept) == []
    indexed = kept.replace("database, stored.retained: 3 TB", "search_index, corpus: 3 GB")
    assert rules_of(ask, indexed) == []


def test_a_store_that_nothing_writes_to_is_warned_of_until_it_says_what_it_keeps(ask: Ask) -> None:
    read = """\
actions: {get: {rate: 1k/s, response: 1 kB}}
components: {db: {kind: database}}
"""
    assert rules_of(ask, read) == ["W103"]
    assert rules_of(ask, read.replace("database", "database, stored.retained: 1 TB")) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("components: {api: {kind: service, cpu_time: 5 ms, throughput: 1k/s}}", "api.cpu_time"),
        (
            "traffic: {peak_to_average: 3}\ncomponents: {api: {kind: service}}",
            "traffic.peak_to_average",
        ),
        ("storage: {copies: 2}\ncomponents: {db: {kind: database}}", "storage.copies"),
    ],
)
def test_a_value_that_loses_to_another_is_warned_of(text: str, name: str, ask: Ask) -> None:
    action = "actions: {put: {rate: 10k/s, payload: 1 kB, stored: 0 B, peak_to_average: 2}}\n"
    told = ask("run", "-", given=action + text)
    assert re.findall(r"^warning\[(W\d+)\]: `([\w.]+)`", told.err, re.MULTILINE) == [("W104", name)]


def test_a_retention_that_only_a_queue_would_keep_is_warned_of(ask: Ask) -> None:
    topic = """\
actions: {ev: {rate: 10k/s, payload: 1 kB%s}}
components: {log: {kind: kafka, retention: 6 h}}
"""
    assert rules_of(ask, topic % ", retention: 5 years") == ["W104"]
    assert rules_of(ask, topic % "") == []
    found = values_of(topic % "")
    assert found["ev.stored.retained"] == pytest.approx(10e3 * 1e3 * 6 * 3600)
    assert found["log.storage.retained"] == pytest.approx(3 * 10e3 * 1e3 * 6 * 3600)
    assert found["log.storage.per_year"] == pytest.approx(found["log.storage.retained"])


def test_a_broker_keeps_messages_as_long_as_their_action_says_unless_it_says_it_itself(
    ask: Ask,
) -> None:
    hour = "actions: {ev: {rate: 2M/s, payload: 100 B, retention: 1 h}}\n"
    hour += "components: {%s}\n"
    log, topic = (
        hour % "log: {kind: kafka}",
        hour % "t: {kind: topic}, log: {kind: kafka, receives: [t]}",
    )
    for text in (log, topic):
        assert rules_of(ask, text) == []
        assert values_of(text)["log.storage.retained"] == pytest.approx(3 * 2e6 * 100 * 3600)
    behind = hour % "api: {kind: service, receives: [ev]}, log: {kind: kafka, receives: [api]}"
    assert rules_of(ask, behind) == ["W104"]
    assert values_of(behind)["log.retention"] == 7 * 86400


# --- batches --------------------------------------------------------------------------------------

BATCHED = """\
traffic: {peak_to_average: 1}
actions: {click: {rate: 100k/s, payload: 500 B, retention: 30 days}}
components:
  logs: {kind: object_store, receives: {click: %s}}
"""


@pytest.mark.parametrize(
    ("batch", "calls"),
    [
        ("{batch: 1000}", 100),
        ("{batch: 5 MB}", 10),
        ("{batch: 10 s}", 0.1),
        ("{batch: click.payload * 10}", 10e3),
        ("{batch: 1000, calls: 2}", 200),
        ("1:1000", 100),
    ],
)
def test_a_batch_divides_calls_by_count_size_or_time(batch: str, calls: float) -> None:
    assert values_of(BATCHED % batch)["logs.writes.average"] == pytest.approx(calls)


def test_a_batch_keeps_the_bytes_and_a_share_of_events_does_not() -> None:
    for batch in ("1", "{batch: 1000}", "{batch: 5 MB}", "{batch: 10 s}"):
        found = values_of(BATCHED % batch)
        assert found["logs.stored.per_day"] == pytest.approx(found["click.stored.per_day"])
        assert found["logs.ingress.average"] == pytest.approx(50e6)
    assert values_of(BATCHED % "1:1000")["logs.ingress.average"] == pytest.approx(50e3)


def test_a_batch_can_be_set_and_explained(ask: Ask) -> None:
    text = BATCHED % "{batch: 1000}"
    told = ask("explain", "-", "logs.writes.average", given=text)
    assert re.search(r"^logs\.receives\.click\.batch += 1000 ", told.out, re.MULTILINE)
    other = ask("run", "-", "--set", "logs.receives.click.batch=10 s", "--format=json", given=text)
    assert other.scenario["quantities"]["logs.writes.average"]["value"] == pytest.approx(0.1)


def test_an_event_waits_for_the_call_that_its_batch_makes() -> None:
    text = "actions: {ev: {rate: 1k/s, payload: 1 kB}}\ncomponents:\n  log: {kind: kafka%s}\n"
    alone = values_of(text % "")["ev.latency.mean"]
    batched = values_of(text % ", receives: {ev: {batch: 100}}")["ev.latency.mean"]
    assert batched == pytest.approx(alone, rel=0.2)


def test_a_batch_of_less_than_one_event_is_refused(ask: Ask) -> None:
    told = ask("run", "-", given=BATCHED % "{batch: 0.5}")
    assert told.code == 2
    assert "`logs.receives.click.batch` must be at least 1" in told.err


def test_a_batch_that_is_no_value_is_told_how_to_write_it(ask: Ask) -> None:
    told = ask("run", "-", given=BATCHED % "{batches: 1000}")
    assert told.code == 2
    assert "`click: {batch: 1000}`" in told.err


# --- work inside the system -----------------------------------------------------------------------

INSIDE = """\
users: 10M
actions:
  upload: {per_user: 1/day, payload: 2 MB}
  record: {per: {upload: 3}, payload: 500 B, response: 1 MB%s}
components:
  api:  {kind: service, receives: [upload]}
  blob: {kind: object_store, receives: [upload]}
  db:   {kind: database, receives: [record]}
"""


def test_internal_work_loads_what_receives_it_and_is_no_outside_traffic() -> None:
    inside, outside = values_of(INSIDE % ", internal: true"), values_of(INSIDE % "")
    uploads = inside["upload.writes.average"]
    assert inside["db.writes.average"] == outside["db.writes.average"] == pytest.approx(3 * uploads)
    assert inside["requests.average"] == pytest.approx(uploads)
    assert outside["requests.average"] == pytest.approx(4 * uploads)
    assert inside["internal_requests.average"] == pytest.approx(3 * uploads)
    assert inside["all_requests.average"] == pytest.approx(outside["requests.average"])
    assert inside["ingress.average"] == pytest.approx(inside["upload.ingress.average"])
    assert inside["cost.egress.per_month"] == 0 < outside["cost.egress.per_month"]
    assert inside["stored.per_day"] == outside["stored.per_day"]


def test_the_traffic_table_tells_outside_load_from_work_inside(ask: Ask) -> None:
    told = ask("run", "-", "--all", given=INSIDE % ", internal: yes")
    names = [row[0] for row in told.rows("Traffic") if row[0] not in ("peak", "")]
    assert [n.strip() for n in names if n.strip() != "peak"] == [
        "upload",
        "total from outside",
        "record (internal)",
    ]
    assert any(row[0] == "internal requests" for row in told.rows("Totals"))


def test_internal_work_has_no_part_in_service_levels() -> None:
    text = INSIDE + "slo: {availability: 99.9%%, p99: 1 s}\n"
    inside, outside = values_of(text % ", internal: true"), values_of(text % "")
    budget = "slo.error_budget.requests"
    assert outside[budget] == pytest.approx(4 * inside[budget])


# --- wildcards ------------------------------------------------------------------------------------


def test_a_pattern_in_a_kind_means_that_component_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "plain.yaml").write_text(
        "kind: plain\nabout: Nothing of its own.\nextends: component\n", "utf-8"
    )
    (folder / "greedy.yaml").write_text(
        "kind: greedy\nabout: Sums of its own.\nextends: component\nderive:\n"
        "  all_nodes: {formula: sum(nodes.*), dimension: count}\n"
        "  busiest: {formula: 'if(any(utilization), 1, 0)', dimension: count}\n",
        "utf-8",
    )
    text = """\
library: plain.yaml
actions: {ask: {rate: 10k/s, op: read, response: 1 kB}}
components:
  api: {kind: service}
  one: {kind: %s}
derive: {utilization: 50%%, nodes.extra: 3}
"""
    found = values_of(text % "plain", folder)
    assert found["one.cost.per_month"] == 0
    assert found["cost.per_month"] == pytest.approx(
        found["api.cost.per_month"] + found["internet_egress.cost.per_month"]
    )
    greedy = text.replace("plain.yaml", "greedy.yaml") % "greedy"
    found = values_of(greedy, folder)
    assert found["one.all_nodes"] == 0
    assert found["one.busiest"] == 0


def test_reads_and_writes_of_a_database_share_its_cores() -> None:
    text = """\
traffic: {peak_to_average: 1}
actions:
  get: {rate: 300k/s, op: read, response: 100 B}
  put: {rate: 100k/s, payload: 100 B, stored: 0 B}
components:
  db: {kind: quorum_database%s}
"""
    text = text.replace("%s", ", write_throughput: 10k/s, read_throughput: 20k/s%s")
    found = values_of(text % "")
    assert found["db.nodes"] == 102
    pinned = values_of(text % ", nodes: 51")
    assert pinned["db.breaking_load"] == pytest.approx(340e3)
    plain = values_of(text.replace("quorum_database", "database") % "")
    assert plain["db.demand.cpu"] == pytest.approx(8 * (300e3 / 20e3 + 300e3 / 10e3))


def test_a_throughput_that_is_given_is_planned_with_as_utilization_says() -> None:
    text = """\
traffic: {peak_to_average: 1}
actions: {ask: {rate: 100k/s, op: read, response: 1 kB}}
components: {api: {kind: service, throughput: 1k/s%s}}
"""
    assert values_of(text % "")["api.nodes"] == 167
    assert values_of(text % ", target_utilization: 100%")["api.nodes"] == 100
    assert estimated(text % "").values["ask.latency.p99"].value < 1


def test_a_topic_saturates_where_its_disks_do() -> None:
    text = """\
traffic: {peak_to_average: 1}
actions: {ev: {rate: 39k/s, payload: 1 kB}}
components:
  log: {kind: kafka, node: i3en.large, retention: 7 days, nodes: %d}
"""
    found = values_of(text % 35)
    used = found["log.utilization.storage"]
    assert used > 1
    assert found["log.breaking_load"] == pytest.approx(39e3 / used)


def test_large_items_without_an_object_store_are_warned_of(ask: Ask) -> None:
    alone = PHOTOS.replace("  photos: {kind: object_store}\n", "")
    assert rules_of(ask, alone) == ["W116"]
    assert rules_of(ask, alone.replace("2 MB", "100 kB, retention: 1 month")) == []


def test_nodes_that_an_assumed_retention_makes_are_warned_of(ask: Ask) -> None:
    position = """\
actions: {position: {rate: 500k/s, payload: 100 B%s}}
components: {db: {kind: database}}
"""
    told = ask("run", "-", given=position % "")
    assert "warning[W117]: `db` has most of its" in told.err
    assert "give `position` a `retention`, or `stored: 0 B`" in told.err
    assert rules_of(ask, position % ", retention: 7 days") == []
    assert rules_of(ask, position % ", stored: 0 B") == []
