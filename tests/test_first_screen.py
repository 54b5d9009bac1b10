"""The first screen of `run`: the answer in eight lines, three tables, fifty lines at most."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import ROOT, Ask, one_in
from test_run import COLOR, on_terminal

from estimator import Report, estimate, load
from estimator.analyse.summary import MOST_LINES, summary
from estimator.render.first_screen import first_tables
from estimator.render.page import Table
from estimator.render.page_text import part_text
from estimator.render.report_page import report_page
from estimator.render.run import Shown

SHIPPED = sorted((ROOT / "scenarios").rglob("*.yaml"))
WIDTHS = (100, 120, 200)


def report(text: str) -> Report:
    return estimate(load(text=text)).report


def lines_of(text: str) -> dict[str, str]:
    return {line.title: line.text for line in summary(report(text))}


def screen(found: Report, width: int) -> list[str]:
    return "".join(map(part_text, report_page(found, Shown(), width))).splitlines()


# --- how much of it -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_scenario_has_at_most_fifty_lines_and_fits(path: Path) -> None:
    found = estimate(path).report
    assert len(screen(found, 100)) <= 50
    for width in WIDTHS:
        shown = screen(found, width)
        tables = [p for p in report_page(found, Shown(), width) if isinstance(p, Table)]
        assert all(len(table.rows) <= 12 for table in tables)
        for line in shown[:-1]:  # the last is broken between words
            assert len(line) <= min(width, 120), line


@pytest.mark.parametrize("path", one_in(3, SHIPPED), ids=lambda p: p.stem)
def test_the_answer_has_at_most_eight_lines_alone_or_with_the_rest(path: Path, ask: Ask) -> None:
    found = estimate(path).report
    assert 1 <= len(summary(found)) <= MOST_LINES == 8
    alone = ask("run", str(path), "--quiet").out.splitlines()
    assert len(alone) == len(summary(found))
    assert screen(found, 100_000)[3:][: len(alone)] == alone or alone[0] in screen(found, 100_000)


def many(components: int) -> str:
    names = [f"part_{i}" for i in range(components)]
    actions = "".join(
        f"  do_{n}: {{rate: 1{i % 10}/s, payload: 1 kB}}\n" for i, n in enumerate(names)
    )
    parts = "".join(f"  {n}: {{kind: database, receives: [do_{n}]}}\n" for n in names)
    return f"actions:\n{actions}components:\n{parts}"


def test_of_forty_components_the_dearest_are_shown_and_the_rest_in_one_line() -> None:
    found = report(many(40))
    shown = screen(found, 100)
    assert len(shown) <= 50
    (more,) = [line for line in shown if re.match(r"\d+ more +[\d,]+ .*\$", line)]
    (total,) = [line for line in shown if line.startswith("total") and "$" in line]
    listed = [line for line in shown if line.startswith("part_") and "$" in line]
    hidden, nodes = (int(n.replace(",", "")) for n in re.findall(r"[\d,]+", more)[:2])
    assert len(listed) + hidden == 40
    assert nodes + 3 * len(listed) == found.values["servers"].value
    assert found.values["servers"].text in total
    assert "--all" in shown[-1]


def test_everything_is_shown_when_asked_for(ask: Ask) -> None:
    out = ask("run", "-", "--all", given=many(40)).out
    assert all(re.search(rf"^part_{i} +database", out, re.M) for i in range(40))
    assert "\nAssumptions\n" in out
    picked = ask("run", "-", "--show", "cost,latency", given=many(2)).out
    assert re.findall(r"^(Cost|Latency|Traffic|Load|Requirements)\b", picked, re.M) == [
        "Cost",
        "Latency",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--show", "costs"), "did you mean `cost`?"),
        (("--show", "cost", "--all"), "`--show` and `--all` exclude each other"),
        (("--all", "--quiet"), "`--all` and `--quiet` exclude each other"),
    ],
)
def test_what_cannot_be_shown_is_refused(options: tuple[str, ...], message: str, ask: Ask) -> None:
    answer = ask("run", "-", *options, given=many(1))
    assert answer.code == 2
    assert message in answer.err


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_gets_fewer_columns_and_no_line_that_is_too_long(width: int) -> None:
    shown = COLOR.sub("", on_terminal(width, "run", "game_servers")).splitlines()
    assert max(map(len, shown)) <= width
    assert any(line.startswith("match_servers") and "$637k" in line for line in shown)
    assert not any("game_server " in line for line in shown)  # the kinds have no room


def test_what_has_no_room_at_sixty_columns_is_left_out_in_pairs_and_broken_between_words() -> None:
    shown = COLOR.sub("", on_terminal(60, "run", "scenarios/classics/file_sync.yaml")).splitlines()
    (titles,) = [line for line in shown if line.startswith("Requirements")]
    assert titles.split() == ["Requirements", "peak/s", "p99", "objective"]
    at = next(i for i, line in enumerate(shown) if line.startswith("Availability"))
    assert shown[at + 1].startswith("              not refuted")  # below the answer, set in
    assert any(line.startswith("notifications.connection_memory  ") for line in shown)
    assert not any(line.startswith("Measure first  between") for line in shown)


def test_what_dominates_a_line_stays_before_what_can_be_read_elsewhere() -> None:
    shown = COLOR.sub("", on_terminal(80, "run", "twitter", "--quiet"))
    (cost,) = [line for line in shown.splitlines() if line.startswith("Cost")]
    assert cost.endswith("media 58%, images 27%")
    assert "list prices" not in cost


# --- what it says ---------------------------------------------------------------------------------

SHOP = """\
users: 100M
actions:
  browse: {per_user: 50/day, op: read, response: 20 kB}
  order: {per_user: 1/day, payload: 2 kB, retention: 2 years}
components:
  api: {kind: service, cpu_time: 5 ms%s}
  store: {kind: database, receives: [browse, order]}
"""


def test_each_line_has_what_most_of_it_comes_from() -> None:
    found = {line.key: line for line in summary(report(SHOP % ""))}
    assert list(found) == [
        "load", "network", "data", "servers", "cost", "latency", "availability", "limit",
    ]  # fmt: skip
    assert found["load"].dominated_by == "browse 98%"
    assert found["data"].dominated_by == "store"
    assert found["cost"].text.endswith("/user")


def test_the_share_of_reads_has_a_tenth_of_a_percent_and_is_never_all_but_a_few() -> None:
    def mix(reads: str) -> str:
        actions = f"actions: {{look: {{rate: {reads}, op: read}}, save: {{rate: 1/s}}}}"
        return lines_of(actions)["Load"].split(", ")[-1]

    assert [mix(f"{n}/s") for n in ("1M", "99", "2", "0.0001")] == [
        "almost all reads", "99% reads", "66.7% reads", "almost all writes",
    ]  # fmt: skip


def test_availability_has_what_fails_most_beside_it() -> None:
    alone = {line.key: line for line in summary(report(SHOP % ""))}["availability"]
    assert re.fullmatch(r"zone failures 4\d%", alone.dominated_by)
    planned = report("resilience: {survive: 1 zone}\n" + SHOP % "")
    lines = {line.key: line for line in summary(planned)}
    assert lines["availability"].dominated_by.startswith("failed changes ")
    stored = SHOP % ", availability: 99%"
    lines = {line.key: line for line in summary(report(stored))}
    assert lines["availability"].dominated_by.startswith("api 9")


def test_what_an_input_does_not_move_is_unchanged(ask: Ask) -> None:
    out = ask("run", "scenarios/classics/file_sync.yaml").out
    assert re.search(r"^blocks\.class\.price_3 .* unchanged +\$", out, re.M)


def test_a_fleet_that_cannot_follow_the_load_is_the_limit() -> None:
    grows, pinned, short = (lines_of(SHOP % f)["Limit"] for f in ("", ", nodes: 900", ", nodes: 1"))
    assert grows.startswith("none: fleets grow with the load")
    assert "api (pinned at 900 nodes) saturates at" in pinned
    assert "x its peak" in pinned
    assert "api (pinned at 1 node) is overloaded" in short
    idle = (SHOP % ", nodes: 8").replace("100M", "100k")
    (line,) = [one for one in summary(report(idle)) if one.key == "limit"]
    assert line.dominated_by == "cpu"  # and not the minimum, which is enough
    (line,) = [one for one in summary(report(SHOP % ", nodes: 1")) if one.key == "limit"]
    assert line.status == "refuted"


STORE = """\
users: 5M
actions:
  post: {per_user: 20/day, payload: 10 kB, retention: 5 years}
components:
  db: {kind: database, receives: post, nodes: %d}
"""


def test_a_pinned_store_has_room_for_so_much_of_its_data() -> None:
    small, large = (lines_of(STORE % nodes)["Limit"] for nodes in (3, 800))
    assert re.search(r"db \(pinned at 3 nodes\) has room for 0\.\d+% of its data", small)
    assert re.search(r"db \(pinned at 800 nodes\) has room for \dx its data", large)


def test_a_system_that_cannot_keep_its_data_has_no_availability() -> None:
    assert lines_of(STORE % 3)["Availability"].startswith("none: db cannot keep its data")


def test_a_cost_is_at_list_prices_unless_the_file_says_a_price() -> None:
    listed, own = ", node: m7g.large", ", node: m7g.large, node.price: $0.05/h"
    assert "at list prices" in lines_of(SHOP % listed)["Cost"]
    assert "list prices" not in lines_of(SHOP % own)["Cost"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_scenario_says_whether_an_objective_is_possible(path: Path) -> None:
    found = {line.key: line.text for line in summary(estimate(path).report)}
    if path.stem != "twitter_minimal":
        assert "objective" in found["latency"]
        assert "no objective" not in found["latency"]
        assert "no objective" not in found["availability"]


def test_a_range_stands_beside_each_figure() -> None:
    found = lines_of((SHOP % "").replace("100M", "80M to 120M"))
    for title in ("Load", "Data", "Servers", "Cost"):
        assert re.search(r"\[.+ to .+\]", found[title]), found[title]


def test_an_objective_of_no_time_is_refuted() -> None:
    found = lines_of(SHOP % "" + "slo: {p99: 0 s}\n")
    assert "objective 0 s: refuted" in found["Latency"]


def test_a_latency_without_bound_is_no_more_than_that() -> None:
    action = "actions: {ask: {rate: 1k/s, response: 1 kB}}\n"
    text = action + "components: {api: {kind: service, cpu_time: 1 s, nodes: 1}}\n"
    row = next(line for line in screen(report(text), 100) if line.startswith("ask "))
    assert " unbounded " in row
    assert "≥" not in row


def test_a_load_that_is_nothing_on_average_has_an_answer() -> None:
    text = "actions: {job: {rate: 0/s, payload: 1 kB, writes.peak: 100/s}}\n"
    found = lines_of(text)
    assert found["Load"].startswith("100 requests/s at peak, 0/s average")


def test_what_fails_is_before_the_answer_and_is_never_hidden(ask: Ask) -> None:
    failing = SHOP % "" + "expect: [{check: servers <= 2, reason: the rack}, users < 200M]\n"
    for options in ((), ("--quiet",), ("--show", "cost"), ("--all",)):
        answer = ask("run", "-", *options, given=failing)
        assert answer.code == 1
        line = next(line for line in answer.out.splitlines() if "servers <= 2" in line)
        assert line.startswith("✗ fails  servers <= 2: ")
        assert line.endswith("the rack")
        if not options:
            assert answer.out.index(line) < answer.out.index("Load ")


def test_a_file_of_formulas_alone_shows_its_results(ask: Ask) -> None:
    out = ask("run", "-", given="derive: {one: 2 GB * 3, two: one / (100 MB/s)}\n").out
    assert re.search(r"^one +6 GB$", out, re.M)
    assert re.search(r"^two +1 min$", out, re.M)
    assert "Load" not in out


def test_what_a_component_follows_is_named() -> None:
    follows = dict(report(SHOP % "").follows)
    assert follows["api"] == "peak load"
    kept = SHOP.replace("2 kB", "200 kB") % ""
    assert dict(report(kept).follows)["store"] == "data kept"
    assert "api" not in dict(report(SHOP % ", nodes: 500").follows)


def test_memory_for_the_items_of_a_week_does_not_follow_how_long_data_is_kept() -> None:
    kept = """\
users: 20M
actions:
  order: {per_user: 1/day, payload: 2 kB, retention: 2 years}
  look:  {per: {order: 10}, response: 20 kB}
components: {orders: {kind: database}}
"""
    by_memory, by_storage = report(kept), report(kept.replace("2 years", "20 years"))
    assert by_memory.bottlenecks[0].resource == "memory"
    assert dict(by_memory.follows)["orders"] == "average load"
    assert by_storage.bottlenecks[0].resource == "storage"
    assert dict(by_storage.follows)["orders"] == "data kept"


def test_what_has_no_nodes_is_shown_by_what_its_kind_says_of_it() -> None:
    text = "components: {t1: {kind: table, rows: 73M, row: 100 B}, s1: {kind: service, nodes: 2}}"
    [table] = [t for t in first_tables(report(text)) if t.title == "Sizes"]
    assert table.rows == [["t1", "rows.retained 73M, row 100 B, indexes 2.19 GB"]]


def test_the_sizes_of_components_are_shown_with_the_time_of_a_call_or_that_it_has_none(
    ask: Ask,
) -> None:
    text = (
        "actions: {save: {rate: 10/s, payload: 1 kB}}\ncomponents:\n"
        "  d1: {kind: database}\n  s1: {kind: sized, each: 1/s, cores: 1}\n"
    )
    out = ask("run", "-", "--show=sizes", given=text).out
    assert re.search(r"^d1 +shards +1 +The parts that the data is split into\.$", out, re.M)
    assert re.search(r"^ +latency +≥ 1\.\d+ ms +The mean time of a call at peak", out, re.M)
    assert re.search(r"^ +total\.cores +20 +The cores to provide", out, re.M)
    assert re.search(r"^ +latency +none +its kind gives no service_time", out, re.M)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("sweep starter --over users=10M,20M --show latency.p99", "latency.p99, at least"),
        ("sweep starter --over users=10M,20M --show availability", "availability, at most"),
        ("solve starter --for users --until servers<=100", "availability, at most"),
        ("forecast starter --show latency.p99", "latency.p99, at least"),
        ("sweep starter --over users=10M,20M --format json", '"slo.estimate.p99": "at_least"'),
        ("solve starter --for users --until servers<=100 --format json", '"at_most"'),
    ],
)
def test_what_is_no_more_than_a_bound_is_called_one_by_each_command(
    ask: Ask, call: str, says: str
) -> None:
    assert says in ask(*call.split()).out


def test_what_no_component_stores_is_provisioned_in_copies_all_the_same() -> None:
    one = report("users: 1M\nactions: {post: {per_user: 1/day, payload: 1 kB}}\n")
    (table,) = (t for t in first_tables(one) if t.title == "Storage")
    (row,) = table.rows
    assert [str(cell) for cell in row[:2]] == ["post", "3 GB"]
    assert row[-1] == "3"
    more = "view: {per_user: 2/day, payload: 3 kB, retention: 1 year}"
    two = report(f"users: 1M\nactions: {{post: {{per_user: 1/day, payload: 1 kB}}, {more}}}\n")
    (table,) = (t for t in first_tables(two) if t.title == "Storage")
    assert [row[0] for row in table.rows] == ["post", "view", "total"]
    assert [str(row[1]) for row in table.rows] == ["3 GB", "18 GB", "21 GB"]


def test_a_derived_result_of_nothing_is_shown_as_zero(ask: Ask) -> None:
    assert re.search(
        r"^left +0 +3 - 3$", ask("run", "-", given="derive: {left: 3 - 3}\n").out, re.M
    )
