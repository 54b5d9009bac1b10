"""Whole files as engineers write them first: each message has the line to write, and it works."""

from __future__ import annotations

import re

import pytest
from asking import Ask
from test_near_misses import scenario_errors

from estimator.render.first_screen import together

_WRITTEN = re.compile(r"write `([^`]+)`")


def _lines(text: str) -> list[str]:
    """Return the lines to write that the messages of a file name, one for each."""
    found = scenario_errors(text)
    written = [_WRITTEN.search(help_) for _, help_ in found]
    assert all(written), found
    return list(dict.fromkeys(one[1] for one in written if one is not None))


# --- the left edge --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("devices: 2M", "users: 2M"),
        ("clients: 2M", "users: 2M"),
        ("customers: 2M", "users: 2M"),
        ("sensors: 2M", "users: 2M"),
        ("drivers: 2M", "users: 2M"),
        ("players: 2M", "users: 2M"),
        ("subscribers: 2M", "users: 2M"),
        ("tenants: 500", "users: 500"),
        ("merchants: 2M", "users: 2M"),
        ("accounts: 2M", "users: 2M"),
        ("members: 2M", "users: 2M"),
        ("players: {dau: 5M, mau: 25M}", "users: {daily_active: 5M, registered: 25M}"),
        ("players: 5M\nccu: 400k", "users: {daily_active: 5M, concurrent: 400k}"),
        ("users: 50M\ndau: 10M", "users: {registered: 50M, daily_active: 10M}"),
        ("users: {registered: 50M}\ndau: 10M", "users: {registered: 50M, daily_active: 10M}"),
        ("riders: 30M\ndrivers: 1M", "users: {riders: 30M, drivers: 1M}"),
        ("users: 30M\ndrivers: 1M", "users: {people: 30M, drivers: 1M}"),
        ("users: {riders: 30M}\ndrivers: 1M", "users: {riders: 30M, drivers: 1M}"),
        ("products: 50M", "inputs: {products: 50M}"),
        ("interval: 10 s\nfleet: 3k", "inputs: {interval: 10 s, fleet: 3k}"),
        ("storage_per_user: 10 GB", "inputs: {storage_per_user: 10 GB}"),
        ("budget: $5k/month", "expect: [cost.per_month <= $5k]"),
    ],
)
def test_counts_at_the_left_edge_lead_to_one_line_that_works(written: str, instead: str) -> None:
    rest = "actions:\n  post: {rate: 5/s, payload: 1 kB}\n"
    assert _lines(f"{written}\n{rest}") == [instead]
    assert scenario_errors(f"{instead}\n{rest}") == []


@pytest.mark.parametrize("word", ["site", "branch", "robot"])
def test_what_actions_are_counted_by_are_its_users(word: str) -> None:
    text = f"{word}s: 100k\nactions: {{ping: {{per_{word}: 20/day, payload: 1 kB}}}}\n".replace(
        "branchs", "branches"
    )
    assert _lines(text) == ["users: 100k", "per_user: 20/day"]
    assert scenario_errors("users: 100k\nactions: {ping: {per_user: 20/day}}\n") == []


def test_a_count_that_a_formula_uses_is_an_input_whatever_it_is_called() -> None:
    actions = "actions: {ping: {rate: sensors / 10 s, payload: 1 kB}}\n"
    assert _lines(f"sensors: 100k\n{actions}")[0] == "inputs: {sensors: 100k}"
    assert scenario_errors(f"inputs: {{sensors: 100k}}\n{actions}") == []


def test_a_count_with_the_name_of_a_result_gets_another_name() -> None:
    actions = "actions: {ping: {rate: hosts / 10 s, payload: 1 kB}}\n"
    text = f"servers: 100k\n{actions.replace('hosts', 'servers')}"
    help_ = next(help_ for message, help_ in scenario_errors(text) if "no key" in message)
    assert help_.startswith("write `inputs: {hosts: 100k}`")
    assert scenario_errors(f"inputs: {{hosts: 100k}}\n{actions}") == []


def test_what_an_action_says_is_led_to_an_action() -> None:
    text = "read_write_ratio: 5:1\npaste_size: 10 KB\nretention: 3 years\nqps: 5\n"
    line = "actions: {post: {read_write_ratio: 5:1, payload: 10 KB, retention: 3 years, rate: 5/s}}"
    assert _lines(text) == [line]
    assert scenario_errors(line) == []
    there = "retention: 3 years\nactions: {save: {rate: 5/s}}\n"
    [(_, help_)] = scenario_errors(there)
    assert help_ == "each action has its own: below `save:`, write `retention: 3 years`"


def test_a_component_or_an_action_at_the_left_edge_is_led_below_its_section() -> None:
    text = "db: {kind: database, replicas: 3}\nsave: {rate: 5/s, payload: 1 kB}\n"
    assert [help_ for _, help_ in scenario_errors(text)] == [
        "it is a component: below `components:`, write `db: {kind: database, replicas: 3}`",
        "it is an action: below `actions:`, write `save: {rate: 5/s, payload: 1 kB}`",
    ]
    mended = "components: {db: {kind: database, replicas: 3}}\nactions: {save: {rate: 5/s}}\n"
    assert scenario_errors(mended) == []


def test_products_at_the_left_edge_are_components() -> None:
    rest = "actions: {save: {rate: 5/s}}\n"
    line = "components: {db: {kind: database}, cache: {kind: cache}}"
    assert _lines(f"db: mongodb\ncache: redis\n{rest}") == [line]
    assert scenario_errors(f"{line}\n{rest}") == []
    assert _lines(f"storage: s3\n{rest}") == ["components: {blobs: {kind: object_store}}"]
    named = _lines(f"storage: {{files: s3}}\n{rest}")
    assert named == ["components: {files: {kind: object_store}}"]


def test_a_misspelled_section_is_still_one() -> None:
    rest = "actions: {save: {rate: 5/s}}\n"
    for written in ("usrs: 3M", "componets: {db: {kind: database}}"):
        [(_, help_)] = scenario_errors(f"{written}\n{rest}")
        assert help_.startswith("did you mean"), written


# --- actions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("per_device: 1/min", "per_user: 1/min"),
        ("requests_per_user: 50/day", "per_user: 50/day"),
        ("per_account: 2", "per_user: 2/day"),
        ("total: 10M/day", "rate: 10M/day"),
        ("pages: 1B/month", "rate: 1B/month"),
        ("rate: 5/s, of: drivers", "by: drivers"),
        ("every: 4 s, user: drivers", "by: drivers"),
        ("rate: 5/s, p95: 3 s", "slo.p95: 3 s"),
        ("rate: 5/s, artifact: 5 MB", "payload: 5 MB"),
        ("rate: 5/s, page_size: 5 MB", "payload: 5 MB"),
        ("rate: 5/s, payload: 5 kB, attachment: 20% * 5 MB", "payload: 5 kB + 20% * 5 MB"),
        ("rate: 5/s, size: 5 kB, attachment: 20% * 5 MB", "payload: 5 kB"),
        ("rate: 5/s, bitrate: 5 Mbps, duration: 5 min", "response: 5 Mbps * 5 min"),
        ("stream: 5 Mbps", "volume: 5 Mbps"),
    ],
)
def test_a_word_of_an_action_is_led_to_a_line_that_works(written: str, instead: str) -> None:
    start = "users: {riders: 1M, drivers: 10k}\n" if "by: " in instead else "users: 1M\n"
    text = "actions: {it: {%s}}\n"
    assert _lines(start + text % written)[0] == instead
    wrong = {key.partition(":")[0] for key in written.split(", ")}
    kept = [one for one in written.split(", ") if one.partition(":")[0] in ("rate", "every")]
    kept = [one for one in kept if one.partition(":")[0] in wrong]
    assert scenario_errors(start + text % ", ".join([*kept, instead])) == []


def test_the_size_of_what_only_reads_is_its_response() -> None:
    text = "actions: {view_story: {rate: 5/s, size: 200 kB}, post_story: {rate: 5/s, size: 2 MB}}\n"
    assert _lines(text) == ["response: 200 kB", "payload: 2 MB"]


def test_a_key_that_a_component_has_is_led_there() -> None:
    text = """
    actions: {chat: {rate: 5/s, input_tokens: 1000, ram: 8 GB, partitions: 6, hit_rate: 90%}}
    components:
      {api: {kind: api_server}, model: {kind: llm}, log: {kind: kafka}, hot: {kind: redis}}
    """
    helps = [help_ for message, help_ in scenario_errors(text) if "chat" in message]
    assert helps == [
        "`model` has it: below `model:`, write `prompt_tokens: 1000`",
        "`api` has it: below `api:`, write `node.memory: 8 GB`",
        "`log` has it: below `log:`, write `partitions: 6`",
        "`hot` has it: below `hot:`, write `hit_ratio: 90%`",
    ]


def test_a_fan_out_is_an_action_of_its_own() -> None:
    [(_, help_)] = scenario_errors("actions: {push: {rate: 5/s, fan_out: 3}}\n")
    assert "`deliver: {per: {push: 3}}`" in help_
    assert scenario_errors("actions: {push: {rate: 5/s}, deliver: {per: {push: 3}}}\n") == []


# --- components -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "written", "instead"),
    [
        ("service", "threads: 200, latency: 20 ms", "throughput: 200 / (20 ms)"),
        ("service", "time_per_page: 2 s", "cpu_time: 2 s"),
        ("service", "bandwidth: 10 Gbps", "node.network: 10 Gbps"),
        ("service", "cpu: 4 cores", "node.cores: 4 cores"),
        ("search_index", "docs: 50M, doc_size: 4 KB", "corpus: 50M * 4 KB"),
        ("cache", "entries: 50M, entry_size: 4 KB", "working_set: 50M * 4 KB"),
        ("search_index", "documents: 50M", "corpus: 50M * 1 kB"),
        ("connection_gateway", "connections_per_server: 50k", "connections_per_node: 50k"),
        ("kafka", "replication: 3", "replicas: 3"),
        ("kafka", "shards: 100", "partitions: 100"),
        ("fanout", "fan_out: 200", "followers: 200"),
        (
            "object_store",
            "retention: 1 year",
            "stored.retained: it.stored.per_day * (1 year) / (1 day)",
        ),
        ("search_index", "ttl: 7d", "stored.retained: it.stored.per_day * (7d) / (1 day)"),
    ],
)
def test_a_word_of_a_component_is_led_to_a_line_that_works(
    kind: str, written: str, instead: str
) -> None:
    text = "users: 1M\nactions: {it: {rate: 1k/s, payload: 1 kB}}\n"
    text += "components: {one: {kind: %s, %s}}\n"
    assert _lines(text % (kind, written)) == [instead]
    assert scenario_errors(text % (kind, instead)) == []


def test_a_machine_is_known_in_any_case() -> None:
    text = "actions: {it: {rate: 1/s}}\ncomponents: {one: {kind: llm, node: h100}}\n"
    assert scenario_errors(text) == []


def test_what_else_a_product_is_told_is_checked_in_the_same_run() -> None:
    text = "actions: {it: {rate: 1/s}}\ncomponents: {hot: {kind: redis, hit_rate: 80%}}\n"
    assert _lines(text) == ["kind: cache", "hit_ratio: 80%"]


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("availability: 99.9%", "slo.availability: 99.9%"),
        ("latency: {p99: 200 ms}", "slo.p99: 200 ms"),
        ("p95: 200 ms", "slo.p95: 200 ms"),
    ],
)
def test_an_objective_of_an_action_pins_no_estimate(written: str, instead: str) -> None:
    text = "actions: {pay: {rate: 5/s, %s}}\ncomponents: {api: {kind: service}}\n"
    assert _lines(text % written) == [instead]
    assert scenario_errors(text % instead) == []


# --- answers --------------------------------------------------------------------------------------


def _said(ask: Ask, text: str) -> str:
    answer = ask("run", "-", given=text)
    return answer.out + answer.err


@pytest.mark.parametrize("size", ["", ", payload: 200 kB"])
def test_what_reads_by_its_name_and_counts_as_a_write_is_warned_of(ask: Ask, size: str) -> None:
    text = "users: 1M\nactions: {view_story: {per_user: 30/day%s}}\n"
    assert "warning[W129]" in _said(ask, text % size)
    for right in ("op: read", "op: write", "response: 5 kB", "read_write_ratio: 1:1"):
        assert "W129" not in _said(ask, text % f", {right}")


def test_what_most_of_the_cost_keeps_for_an_unsaid_time_is_warned_of(ask: Ask) -> None:
    text = "actions: {call: {rate: 1M/s, payload: 2 kB, response: 2 kB%s}}\n"
    text += "components: {api: {kind: service}}\n"
    found = _said(ask, text % "")
    assert "warning[W117]" in found
    assert "a month pay for storage, since what `call` writes is kept for 5 years" in found
    for right in ("retention: 1 day", "stored: 0 B"):
        assert "W117" not in _said(ask, text % f", {right}")


def test_an_objective_for_another_percentile_stands_on_the_first_screen(ask: Ask) -> None:
    text = "actions: {ask: {rate: 200/s, response: 1 kB, slo.p95: %s}}\n"
    text += "components: {api: {kind: service}}\n"
    assert re.search(r"p95 at least \S+ ms, objective 30ms: not refuted", _said(ask, text % "30ms"))
    refuted = _said(ask, text % "2 ms")
    assert "objective 2 ms: refuted" in refuted
    assert re.search(r"Requirements .* p95  objective", refuted)
    assert "2 ms ✗" in refuted


def test_actions_with_objectives_for_several_percentiles_each_name_theirs(ask: Ask) -> None:
    found = _said(
        ask,
        "actions:\n  ask: {rate: 200/s, slo.p95: 30 ms}\n  tell: {rate: 1/s, slo.p99: 1 s}\n"
        "components: {api: {kind: service}}\n",
    )
    assert "p95 ≥ " in found
    assert "p99 ≥ " in found


def test_a_cost_of_cents_for_many_users_is_said_in_users(ask: Ask) -> None:
    text = "users: 100M\nactions: {push: {rate: 1/s, retention: 1 day}}\n"
    found = ask("run", "-", "--format", "json", given=text).out
    assert re.search(r"\$[\d.]+/1M users", found)


LOGS = """
actions: {log: {volume: 5 TB/day, payload: 500 B, retention: 30 days}}
components:
  log_stream: {kind: kafka}
  es: {kind: search_index}
  archive: {kind: object_store}
"""


def test_small_items_that_an_archive_does_not_get_are_led_there_in_batches(ask: Ask) -> None:
    found = _said(ask, LOGS)
    assert "stay whole in `log_stream` and `es`" in found
    assert "`receives: {log: {batch: 64 MB}}` on `archive`" in found
    mended = LOGS.replace("object_store", "object_store, receives: {log: {batch: 64 MB}}")
    assert "W103" not in _said(ask, mended)


def test_an_index_that_nobody_searches_waits_for_one_shard(ask: Ask) -> None:
    found = _said(ask, LOGS)
    assert "each search queries" not in found
    assert re.search(r"Availability  99\.9\d+% at best", found)


SHOP = """
users: 1M
actions: {buy: {per_user: 2/day, payload: 200 B, read_write_ratio: 100:1, slo.p99: 1 s}}
components: {api: {kind: service}, db: {kind: database}}
"""


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("buy.avg", "buy.requests.average"),
        ("buy.peak", "buy.requests.peak"),
        ("buy.in", "buy.ingress.peak"),
        ("buy.out", "buy.egress.peak"),
        ("buy.p99", "buy.latency.p99"),
        ("buy.objective", "buy.slo.p99"),
        ("db.new", "db.storage.per_day"),
        ("db.logical", "db.stored.retained"),
        ("db.provisioned", "db.storage.retained"),
        ("db.servers", "db.nodes"),
        ("load", "requests.peak"),
    ],
)
def test_the_title_of_a_column_leads_to_the_name_of_its_quantity(
    ask: Ask, title: str, name: str
) -> None:
    answer = ask("explain", "-", title, given=SHOP)
    assert f"write `{name}`" in answer.out + answer.err
    assert ask("explain", "-", name, given=SHOP).code == 0


def test_a_long_name_of_several_components_does_not_break_at_80_columns() -> None:
    assert together(("a.price", "b.price")) == "price (2 components)"
    assert together(("a.target_utilization", "b.target_utilization")) == "target_utilization (2)"
