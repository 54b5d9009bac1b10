"""What newcomers write: the message has the line to write, and that line works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from asking import Ask
from test_near_misses import errors, scenario_errors

from estimator.formula import whole_values
from estimator.formula.parse import parse
from estimator.library import other_words
from estimator.scenario import other_words as keys

_WRITTEN = re.compile(r"write `([^`]+)`")


def _led_to(found: list[tuple[str, str]]) -> str:
    """Return the first line to write that one message names."""
    assert len(found) == 1, found
    written = _WRITTEN.search(found[0][1])
    assert written is not None, found
    return written[1]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("three nines", "99.9%"),
        ("5 nines", "99.999%"),
        ("99.99% uptime", "99.99%"),
        (">= 99.9%", "99.9%"),
        ("<200ms", "200ms"),
        ("at least 3", "3"),
        ("up to 100", "100"),
        ("max 100", "100"),
        ("1M+", "1M"),
        ("10M,", "10M"),
        ("=2 * 3", "2 * 3"),
        ("“5 ms”", "5 ms"),
        ("between 5 and 10 ms", "5 to 10 ms"),
        ("from 5 ms to 10 ms", "5 ms to 10 ms"),
        ("min 5 ms max 10 ms", "5 ms to 10 ms"),
        ("5 +/- 2 ms", "5 ms ± 2 ms"),
        ("7 // 2", "floor(7 / 2)"),
        ("10% of x", "10% * x"),
        ("$x", "x"),
        ("about 100", "100"),
        ("approx. 5 kB", "5 kB"),
        ("~100", "100"),
        ("100ish", "100"),
        ("100 or so", "100"),
        ("every 30 s", "1 / (30 s)"),
        ("once per hour", "1/hour"),
        ("daily", "1/day"),
        ("24x7", "24 * 7"),
        ("1h30m", "1 h + 30 min"),
        ("1 h 30 min", "1 h + 30 min"),
        ("00:05:00", "0 h + 5 min + 0 s"),
        ("1w", "1 weeks"),
        ("a million", "1 million"),
        ("half a million", "0.5 million"),
        ("half", "50%"),
        ("three", "3"),
        ("TBD", "?"),
        ("N/A", "?"),
        ("none", "?"),
        ("10k/s peak", "10k/s"),
        ("10k/s (avg)", "10k/s"),
        ("avg 10k/s", "10k/s"),
        ("5 ms p99", "5 ms"),
        ("16 GB of memory", "16 GB"),
        ("1 GB RAM", "1 GB"),
        ("4 CPUs", "4 cores"),
        ("10GbE", "10 Gbps"),
        ("10 ppm", "10 / 1M"),
        ("10 min.", "10 min"),
        ("if x > 1 then 2 else 3", "if(x > 1, 2, 3)"),
        ("x as TB", "x in TB"),
        ("5 GB to MB", "5 GB in MB"),
        ("x%", "x * 1%"),
        ("max(1;2)", "max(1, 2)"),
        ("sum([1, 2])", "sum(1, 2)"),
        ("p99(x)", "p95(x)"),
        ("exponential(5)", "lognormal(0.05 * 5, 3 * 5)"),
    ],
)
def test_a_value_in_words_is_led_to_a_formula(written: str, instead: str) -> None:
    quoted = f"'{written}'" if written.startswith(">") else written
    assert _led_to(errors(quoted)) == instead
    if instead not in ("x in TB", "p95(x)"):
        assert errors(instead) == []


@pytest.mark.parametrize("word", whole_values.NAMES)
def test_what_is_suggested_for_a_word_alone_is_read(word: str) -> None:
    found = errors(word.upper())
    assert len(found) == 1
    ways = re.findall(r"`([^`]+)`", found[0][1])
    assert ways
    for way in ways:
        parse(way)


def test_a_name_that_the_file_has_is_no_word() -> None:
    assert scenario_errors("inputs: {daily: 5, half: 2}\nderive: {x: daily * half}\n") == []


@pytest.mark.parametrize(
    ("component", "instead"),
    [
        ("kind: database, node: {cpu: 8}", "cores: 8"),
        ("kind: database, node: {vcpus: 8}", "cores: 8"),
        ("kind: sized, driver: 5, cpu: 2", "cores: 2"),
        ("kind: llm, answer_tokens: 300", "output_tokens: 300"),
        ("kind: llm, input_tokens: 300", "prompt_tokens: 300"),
        ("kind: database, like: dynamodb", "kind: serverless_database"),
        ("kind: database, like: redis", "kind: cache"),
    ],
)
def test_a_word_for_a_part_or_a_product_of_a_component_is_led_to_its_line(
    component: str, instead: str
) -> None:
    text = f"actions: {{get: {{rate: 5/s}}}}\ncomponents: {{one: {{{component}}}}}\n"
    assert _led_to(scenario_errors(text)) == instead


def test_an_assignment_in_place_of_lines_is_led_to_its_line() -> None:
    assert _led_to(scenario_errors("derive:\n  total = 5\n")) == "derive: {total: 5}"


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("qps: 100", "rate: 100/s"),
        ("rps: 100/s", "rate: 100/s"),
        ("per_day: 5", "per_user: 5/day"),
        ("per_month: 5", "per_user: 5/month"),
        ("read_qps: 40", "op: read, rate: 40/s"),
        ("rate: 100", "rate: 100/day"),
        ("every: 30", "every: 30 s"),
        ("rate: 1/s, size: 1 kB", "payload: 1 kB"),
        ("rate: 1/s, payload: 200", "payload: 200 B"),
        ("rate: 1/s, payload_kb: 2", "payload: 2 kB"),
        ("rate: 1/s, retention_days: 30", "retention: 30 days"),
        ("rate: 1/s, ttl: 30 days", "retention: 30 days"),
        ("rate: 1/s, read_ratio: 10:1", "read_write_ratio: 10:1"),
        ("rate: 1/s, read_percentage: 90%", "read_write_ratio: 90% / (1 - 90%)"),
        ("rate: 1/s, method: GET", "op: GET"),
        ("rate: 1/s, op: GET", "op: read"),
        ("rate: 1/s, op: insert", "op: write"),
        ("rate: 1/s, peak_factor: 3", "peak_to_average: 3"),
        ("rate: 1/s, latency: 200 ms", "slo.p99: 200 ms"),
        ("rate: 1/s, slo: {uptime: 99.9%}", "availability: 99.9%"),
    ],
)
def test_a_word_for_a_parameter_of_an_action_is_led_to_its_line(written: str, instead: str) -> None:
    text = "users: {registered: 1M, concurrent: 1k}\nactions:\n  post: {%s}\n"
    led = _led_to(scenario_errors(text % written)[:1])
    assert led in (instead, instead.partition(": ")[2])
    last = written.rpartition(", ")[2].removeprefix("slo: {").rstrip("}")
    mended = "op: read" if led == "op: GET" else instead
    assert scenario_errors(text % written.replace(last, mended)) == []


@pytest.mark.parametrize(
    ("kind", "written", "instead"),
    [
        ("service", "replicas: 3", "nodes: 3"),
        ("service", "instances: 3", "nodes: 3"),
        ("service", "instance_type: m7g.large", "node: m7g.large"),
        ("service", "cpu: 4", "node.cores: 4"),
        ("service", "cpu: 4 ms", "cpu_time: 4 ms"),
        ("service", "ram: 16 GB", "node.memory: 16 GB"),
        ("service", "min_replicas: 2", "minimum: 2"),
        ("service", "max_qps: 500", "throughput: 500/s"),
        ("service", "slack: 30%", "target_utilization: 1 - 30%"),
        ("service", "availability_zones: 3", "zones: 3"),
        ("service", "provider: aws", "node: cheapest of aws"),
        ("service", "upstream: [post]", "receives: [post]"),
        ("service", "price: $0.1", "node.price: $0.1/h"),
        ("cache", "hit_rate: 80%", "hit_ratio: 80%"),
        ("cache", "miss_rate: 20%", "hit_ratio: 1 - 20%"),
        ("database", "replication_factor: 3", "replicas: 3"),
        ("database", "read_replicas: 2", "replicas: 1 + 2"),
        ("database", "size: 1 TB", "stored.retained: 1 TB"),
        ("kafka", "brokers: 6", "nodes: 6"),
        ("kafka", "retention_hours: 168", "retention: 168 h"),
        ("kafka", "consumer_groups: 3", "consumers: 3"),
    ],
)
def test_a_word_for_a_parameter_of_a_component_is_led_to_its_line(
    kind: str, written: str, instead: str
) -> None:
    text = (
        "actions: {{post: {{rate: 1k/s, payload: 1 kB}}}}\ncomponents: {{it: {{kind: {}, {}}}}}\n"
    )
    assert _led_to(scenario_errors(text.format(kind, written))) == instead
    assert scenario_errors(text.format(kind, instead)) == []


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("dau: 10M", "users: {daily_active: 10M}"),
        ("mau: 10M", "users: {registered: 10M}"),
        ("slo: 99.9%", "slo: {availability: 99.9%}"),
        ("uptime: 99.9%", "slo: {availability: 99.9%}"),
        ("latency: 200 ms", "slo: {p99: 200 ms}"),
        ("traffic: 3x", "traffic: {peak_to_average: 3x}"),
        ("budget: $5k", "expect: [cost.per_month <= $5k]"),
        ("replication: 3", "storage: {copies: 3}"),
        ("day: 100k s", "conventions: {day: 100k s}"),
        ("expect: {servers: < 50}", "- servers < 50"),
        ("expect: [servers: 1]", "- servers == 1"),
        ("expect: [{condition: servers < 50}]", "check: servers < 50"),
        ("expect: [{check: servers < 50, level: warn}]", "severity: warn"),
        ("expect: [{check: servers < 50, severity: info}]", "severity: warn"),
        ("conventions: {digits: 2}", "round: 2"),
        ("inputs: {x: {value: 3, url: a wiki}}", "source: a wiki"),
    ],
)
def test_a_word_for_a_key_is_led_to_its_line(written: str, instead: str) -> None:
    rest = "actions: {post: {rate: 1/s, payload: 1 kB}}\n"
    assert _led_to(scenario_errors(f"{written}\n{rest}")) == instead
    mended = {
        "- ": f"expect:\n  {instead}",
        "check": f"expect: [{{{instead}}}]",
        "severity": f"expect: [{{check: servers < 50, {instead}}}]",
        "round": f"conventions: {{{instead}}}",
        "source": f"inputs: {{x: {{value: 3, {instead}}}}}",
    }
    whole = next((line for start, line in mended.items() if instead.startswith(start)), instead)
    assert scenario_errors(f"{whole}\n{rest}") == []


@pytest.mark.parametrize(
    ("word", "section"),
    [
        ("services", "components"),
        ("endpoints", "actions"),
        ("variables", "inputs"),
        ("outputs", "derive"),
        ("assertions", "expect"),
        ("options", "variants"),
    ],
)
def test_a_word_for_a_section_is_led_to_it(word: str, section: str) -> None:
    text = f"{word}: {{}}\nactions: {{post: {{rate: 1/s}}}}\n"
    assert _led_to(scenario_errors(text)) == f"{section}:"


def test_a_list_where_a_number_belongs_is_led_to_how_many() -> None:
    text = "actions: {a: {rate: 1/s}}\ncomponents: {api: {kind: service, zones: [a, b, c]}}\n"
    [(_, help_)] = scenario_errors(text)
    assert "`zones: 3`" in help_


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("dau", "users.daily_active"),
        ("bandwidth", "egress.peak"),
        ("nodes", "servers"),
        ("post.qps", "post.requests.peak"),
        ("uptime", "availability"),
    ],
)
def test_a_word_for_a_quantity_is_led_to_its_name(path: str, name: str) -> None:
    text = "users: 1M\nactions: {post: {per_user: 1/day, payload: 1 kB}}\nderive: {x: %s}\n"
    assert _led_to(scenario_errors(text % path)) == name
    assert scenario_errors(text % name) == []


def test_a_kind_with_many_parameters_names_the_command_that_lists_them() -> None:
    text = "actions: {a: {rate: 1/s}}\ncomponents: {api: {kind: service, zzz: 1}}\n"
    [(_, help_)] = scenario_errors(text)
    assert help_ == "`estimator kinds service` lists the parameters"


# --- kinds ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("frontend", "service"),
        ("cron", "service"),
        ("spark", "service"),
        ("loadbalancer", "load_balancer"),
        ("apigateway", "load_balancer"),
        ("vectordb", "vector_index"),
        ("clickhouse", "column_store"),
        ("influxdb", "time_series"),
        ("neo4j", "database"),
        ("bigtable", "quorum_database"),
        ("nfs", "object_store"),
        ("glacier", "object_store"),
        ("webrtc", "connection_gateway"),
        ("rate_limiter", "session_store"),
        ("gpu", "llm"),
        ("search", "search_index"),
    ],
)
def test_a_product_or_a_plain_word_leads_to_a_kind(word: str, kind: str) -> None:
    text = f"actions: {{a: {{rate: 1/s}}}}\ncomponents: {{c1: {{kind: {word}}}}}\n"
    assert _led_to(scenario_errors(text)) == f"kind: {kind}"
    assert not [m for m, _ in scenario_errors(text.replace(word, kind)) if "no kind" in m]


@pytest.mark.parametrize("word", other_words.NO_KIND)
def test_what_is_no_component_is_told_what_it_is_instead(word: str) -> None:
    text = f"actions: {{a: {{rate: 1/s}}}}\ncomponents: {{c1: {{kind: {word}}}}}\n"
    [(_, help_)] = scenario_errors(text)
    assert not help_.startswith("the kinds are")


# --- calls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("plan shop.yaml", "run shop.yaml"),
        ("analyze shop.yaml", "run shop.yaml"),
        ("cost shop.yaml", "run shop.yaml --show cost"),
        ("projection shop.yaml", "forecast shop.yaml"),
        ("sensitivity shop.yaml", "run shop.yaml --show measure"),
        ("export shop.yaml", "run shop.yaml --format json"),
        ("whatif shop.yaml", "run shop.yaml --set users=1M"),
        ("optimize shop.yaml", "machines shop.yaml"),
        ("estimator run shop.yaml", "run shop.yaml"),
        ("run shop.yaml --users 5M", "run shop.yaml --set users=5M"),
        ("run shop.yaml --users=5M", "run shop.yaml --set users=5M"),
        ("run shop.yaml --full", "run shop.yaml --all"),
        ("run shop.yaml --brief", "run shop.yaml --quiet"),
        ("run shop.yaml --only cost", "run shop.yaml --show cost"),
        ("run shop.yaml --dry-run", "run shop.yaml"),
        ("check -r shop.yaml", "check shop.yaml"),
        ("kinds --list", "kinds"),
        ("-v", "--version"),
        ("sweep shop.yaml", "sweep shop.yaml --over users=1M,10M,100M"),
        ("sweep shop.yaml users=1M,2M", "sweep shop.yaml --over users=1M,2M"),
        ("solve shop.yaml", "solve shop.yaml --for users --until 'servers <= 100'"),
        ("solve shop.yaml users servers<9", "solve shop.yaml --for users --until 'servers<9'"),
        ("solve shop.yaml --for users", "solve shop.yaml --for users --until 'servers <= 100'"),
    ],
)
def test_a_call_from_elsewhere_is_led_to_the_call(
    call: str, instead: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text("users: 1M\nactions: {post: {per_user: 2/day}}\n", "utf-8")
    told = ask(*call.split())
    assert told.code == 2
    assert f"write `estimator {instead}`" in told.err
    assert ask(*shlex.split(instead)).code == 0


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        ("run shop.yml", "`shop.yaml`"),
        ("run shop.yaml --show all", "`--all`"),
        ("run shop.yaml --samples 1e6", "`--samples 1000000`"),
        ("run shop.yaml --samples 20k", "`--samples 20000`"),
        ("run shop.yaml --napkin=true", "`--napkin`"),
        ("run shop.yaml --set users:5M", "`--set users=5M`"),
        ("run shop.yaml --set dau=5M", "`users.daily_active`"),
        ("run shop.yaml --set post.qps=5", "`post.rate`"),
        ("run shop.yaml --variant grown", "`variants: {grown: {users: 1M}}`"),
        ("run", "`estimator run SCENARIO`"),
        ("compare", "`estimator compare SCENARIO`"),
        ("sweep", "`estimator sweep FILE --over users=1M,10M,100M`"),
        ("solve --for users", "`estimator solve FILE --for users --until 'servers <= 100'`"),
        ("run shop.yaml --variant", "`--variant VALUE`"),
    ],
)
def test_a_wrong_part_of_a_call_is_led_to_the_right_one(
    call: str, instead: str, ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text("users: 1M\nactions: {post: {per_user: 2/day}}\n", "utf-8")
    told = ask(*call.split())
    assert told.code == 2
    assert instead in told.err


# --- what other tools have ------------------------------------------------------------------------

POST = "users: 1M\nactions:\n  post: {per_user: 2/day, payload: 2 kB}\n"


@pytest.mark.parametrize(
    ("written", "instead", "mended"),
    [
        ("api: {kind: service, cpu: 50%}", "target_utilization: 50%", "{kind: service, $}"),
        ("api: {kind: service, node: 8 cores}", "node.cores: 8", "{kind: service, $}"),
        ("api: {kind: service, node.memory: 512Mi}", "512 MiB", "{kind: service, node.memory: $}"),
        (
            "api: {kind: database, instanceClass: m7g.large}",
            "node: m7g.large",
            "{kind: service, $}",
        ),
        (
            "api: {kind: database, allocated_storage: 100}",
            "node.disk: 100 GB",
            "{kind: database, $}",
        ),
        ("api: service", "api: {kind: service}", "{kind: service}"),
        ("api:", "api: {kind: service}", "{kind: service}"),
        ("api: {kind: service, cpu_time: 5}", "5 s", "{kind: service, cpu_time: $}"),
        (
            "api: {kind: service, receives: [actions.post]}",
            "post",
            "{kind: service, receives: [$]}",
        ),
        ("api: {kind: service, receives: [post: 2]}", "{post: 2}", "{kind: service, receives: $}"),
        (
            "api: {kind: service, receives: post, other}",
            "receives: [post, other]",
            "{kind: service, receives: [post]}",
        ),
    ],
)
def test_a_component_as_other_tools_have_it_is_led_to_its_line(
    written: str, instead: str, mended: str
) -> None:
    assert _led_to(scenario_errors(f"{POST}components:\n  {written}\n")[:1]) == instead
    right = f"api: {mended.replace('$', instead)}"
    assert scenario_errors(f"{POST}components:\n  {right}\n") == []


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("requests: {cpu: 500m}", "`node.cores: 2`"),
        ("resources: {limits: {memory: 1Gi}}", "`node.memory: 4 GiB`"),
        ("maxReplicas: 10", "`minimum: 2`"),
        ("dependsOn: [db]", "`receives: [api]` below what `api` calls"),
        ("calls: [db]", "`receives: [api]` below what `api` calls"),
        ("calls: db", "`receives: [...]` below it"),
        ("concurrency: 100", "`throughput: 100 / (50 ms)`"),
        ("nodes: auto", "leave the line out"),
    ],
)
def test_what_a_component_has_elsewhere_is_answered_with_how_it_is_said_here(
    written: str, says: str
) -> None:
    text = f"{POST}components:\n  api: {{kind: service, {written}}}\n  db: {{kind: database}}\n"
    [(_, help_), *_] = scenario_errors(text)
    assert says in help_


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ("users = 10M\n", "users: 10M"),
        ("users: 1M\nactions:\n  post: 2/day\n", "post: {per_user: 2/day}"),
        ("actions:\n  post: 100/s\n", "post: {rate: 100/s}"),
        ("users: 1M\nactions:\n  post:\n", "post: {per_user: 2/day}"),
        ("users: {monthly_active: 10M}\n", "registered: 10M"),
        (f"{POST}growth: 20%/year\n", "traffic: {growth: 20%/year}"),
        (f"{POST}traffic: {{growth: 20%}}\n", "20%/month"),
        (f"{POST}slo: {{post: {{p99: 200 ms}}}}\n", "for: [post], p99: 200 ms"),
        (f"{POST}inputs: {{x: [5 ms, 10 ms]}}\n", "x: 5 ms to 10 ms"),
        (f"{POST}inputs: {{x: 1% * actions.post.payload}}\n", "post.payload"),
        (f"{POST}inputs: {{x: users.total}}\n", "users.registered"),
        (f"{POST}inputs: {{x: post.size}}\n", "post.payload"),
        (f"{POST}expect: [cost.per_year < $1M]\n", "cost.per_month * 12"),
        (f"{POST}  view: {{each: {{post: 5}}}}\n", "per: {post: 5}"),
        (f"{POST}  view: {{after: post}}\n", "per: post"),
        (f"{POST}derive: {{x = users * 2}}\n", "x: users * 2"),
        (f"{POST}derive: {{x: users x 2}}\n", "*"),
        (f"{POST}variants: {{big: users = 100M}}\n", "big: {users: 100M}"),
        ("users: 1M\nactions:\n  post: {per_user: 2/day, body: 2 kB}\n", "payload: 2 kB"),
    ],
)
def test_a_section_as_other_tools_have_it_is_led_to_its_line(written: str, instead: str) -> None:
    assert _led_to(scenario_errors(written)[:1]) == instead


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("api.utilization <= 70", "write `70%`"),
        ("99.9 <= availability", "write `99.9%`"),
        ("qps < 100k/s", "name a quantity, such as `servers`"),
        ("servers < 10 and api.utilization.cpu < 70", "write `70%`"),
    ],
)
def test_a_condition_that_always_holds_is_warned_of(ask: Ask, condition: str, says: str) -> None:
    text = f"{POST}components:\n  api: {{kind: service}}\nexpect: ['{condition}']\n"
    assert says in ask("run", "-", given=text).err
    right = text.replace(" 70'", " 70%'").replace("99.9 ", "99.9% ").replace("qps", "requests.peak")
    assert "W128" not in ask("run", "-", given=right).err


@pytest.mark.parametrize(
    "call", ["solve - --until servers<9 --for users", "sweep - --over users=1,2"]
)
def test_a_system_without_users_is_led_to_its_loads(ask: Ask, call: str) -> None:
    text = "actions: {post: {rate: 5/s}}\ncomponents: {api: {kind: service}}\n"
    assert "write `post.rate`" in ask(*call.split(), given=text).err


def test_an_override_that_changes_nothing_is_warned_of(ask: Ask) -> None:
    told = ask("run", "twitter", "--set", "tweet_service.like.cpu_time=300 ms", "--quiet")
    assert "warning[W104]: `tweet_service.like.cpu_time` is given, but changes nothing" in told.err


def test_a_manifest_is_told_where_a_scenario_has_its_sections() -> None:
    found = scenario_errors("apiVersion: v1\nmetadata: {name: shop}\nspec:\n  users: 10M\n")
    assert len(found) == 3
    assert all("`users:`, `actions:` and `components:`" in help_ for _, help_ in found)


def test_a_template_is_told_how_values_come_from_outside() -> None:
    for text in ("users: {{ users }}\n", "users: ${var.users}\n"):
        assert "`--set" in scenario_errors(text)[0][1]


# --- the tables -----------------------------------------------------------------------------------


def test_words_for_quantities_are_none_themselves() -> None:
    assert not {w for w, ways in other_words.QUANTITIES.items() if w in ways}


@pytest.mark.parametrize("model", keys.KEYS)
def test_words_for_keys_are_no_keys_themselves(model: str) -> None:
    from estimator.scenario import sections

    fields = getattr(sections, model).model_fields
    assert not set(keys.KEYS[model]) & set(fields)
