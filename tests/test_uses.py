"""Scenarios that use others: what can be read, what is told of files that are wrong, and limits."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from asking import Answer, Ask

from estimator.scenario.used_files import MOST_LINKS, MOST_USED

PLATFORM = """\
name: Platform
actions:
  event: {rate: 200k/s, payload: 1 kB}
components:
  kafka: {kind: kafka, receives: [event]}
derive: {per_day: 5/day}
"""
SHOP = """\
name: Shop
uses: {platform: ../platform.yaml}
users: 10M
actions:
  order: {per_user: 2/day, payload: 2 kB}
components:
  db: {kind: database, receives: [order]}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "estimator.toml").write_text("")
    (tmp_path / "teams").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**texts: str) -> None:
    """Write scenarios; an underscore stands for a folder: `teams_shop` is `teams/shop.yaml`."""
    for name, text in texts.items():
        Path(f"{name.replace('_', '/')}.yaml").write_text(text)


def shop_with(*formulas: str) -> str:
    """Return the shop with formulas of its own."""
    return f"{SHOP}derive: {{{', '.join(formulas)}}}\n"


def values(ask: Ask, file: str, *more: str) -> dict[str, float]:
    """Return the values of a scenario, in base units."""
    answer = ask("run", file, "--format", "json", *more)
    assert answer.code in (0, 1), answer.out
    return {name: q["value"] for name, q in answer.scenario["quantities"].items()}


def errors(answer: Answer) -> list[tuple[str, str, str, int]]:
    """Return the rule, the message, the file and the line of what is wrong."""
    found: list[dict[str, Any]] = json.loads(answer.out)["diagnostics"]
    wrong = [d for d in found if d["severity"] == "error"]
    return [(d["rule"], d["message"], d["place"]["file"], d["place"]["line"]) for d in wrong]


# --- what is read ---------------------------------------------------------------------------------


def test_a_formula_uses_a_quantity_of_another_file_with_its_dimension(ask: Ask) -> None:
    shop = f"{SHOP}derive: {{bill: cost.per_month + platform.cost.per_month}}\n"
    write(platform=PLATFORM, teams_shop=shop)
    platform, found = values(ask, "platform.yaml"), values(ask, "teams/shop.yaml")
    assert found["bill"] == found["cost.per_month"] + platform["cost.per_month"]
    write(teams_shop=f"{SHOP}derive: {{bill: 1 GB + platform.cost.per_month}}\n")
    [(rule, message, file, line)] = errors(ask("run", "teams/shop.yaml", "--format", "json"))
    assert (rule, file, line) == ("E013", "teams/shop.yaml", 8)
    assert "adds data and money" in message


def test_an_expectation_is_held_against_another_files_quantity(ask: Ask) -> None:
    write(platform=PLATFORM, teams_shop=f"{SHOP}expect: [platform.kafka.nodes <= 2]\n")
    nodes = values(ask, "platform.yaml")["kafka.nodes"]
    answer = ask("check", "teams/shop.yaml")
    assert answer.code == 1
    assert f"{nodes:g}" in answer.out
    assert "platform.kafka.nodes" in answer.out


def test_only_what_is_named_appears_among_the_quantities_and_nothing_else_changes(ask: Ask) -> None:
    write(platform=PLATFORM, teams_shop=SHOP)
    before = values(ask, "teams/shop.yaml")
    write(teams_shop=f"{SHOP}derive: {{brokers: platform.kafka.nodes}}\n")
    after = values(ask, "teams/shop.yaml")
    assert after.items() >= before.items()
    assert after.keys() - before.keys() == {"brokers", "platform.kafka.nodes"}


def test_each_file_keeps_its_conventions_and_its_rounding(ask: Ask) -> None:
    own = "conventions: {day: 100k s, round: 1}\n"
    write(
        platform=own
        + PLATFORM.replace("200k/s", "7/day").replace("derive: {", "derive: {up: 1.26 * per_day, "),
        teams_shop=shop_with(
            "here: 5/day",
            "there: platform.per_day",
            "up: platform.up",
            "twice: 1.26 * platform.up",
        ),
    )
    platform, found = values(ask, "platform.yaml"), values(ask, "teams/shop.yaml")
    assert found["here"] == 5 / 86_400
    assert found["there"] == platform["per_day"] == 5 / 100_000
    assert found["up"] == platform["up"] == 6e-5  # 6.3e-5 in one digit
    assert found["twice"] == pytest.approx(1.26 * 6e-5)


def test_a_range_of_another_file_is_one_here_and_what_goes_with_it_stays_together(ask: Ask) -> None:
    write(
        platform=PLATFORM.replace("200k/s", "100k/s to 400k/s"),
        teams_shop=shop_with(
            "none: platform.event.rate - platform.event.rate", "third: platform.event.rate / 3"
        ),
    )
    answer = ask("run", "teams/shop.yaml", "--format", "json")
    third = answer.scenario["quantities"]["third"]
    assert third["p5"] == pytest.approx(100e3 / 3, rel=0.01)
    assert third["p95"] == pytest.approx(400e3 / 3, rel=0.01)
    none = answer.scenario["quantities"]["none"]
    assert (none["p5"], none["p95"]) == (0, 0)


def test_what_is_reached_by_two_ways_is_one_and_is_sampled_once(ask: Ask) -> None:
    write(
        core="derive: {growth: 1 to 4}\n",
        left="uses: {core: core.yaml}\nderive: {mine: 2 * core.growth}\n",
        right="uses: {other: core.yaml}\nderive: {mine: 2 * other.growth}\n",
        top="uses: {left: left.yaml, right: right.yaml}\nderive: {none: left.mine - right.mine}\n",
    )
    answer = ask("run", "top.yaml", "--format", "json")
    none = answer.scenario["quantities"]["none"]
    assert (none["p5"], none["value"], none["p95"]) == (0, 0, 0)


def test_a_machine_that_is_left_open_is_chosen_by_the_file_that_leaves_it_open(ask: Ask) -> None:
    write(
        platform=PLATFORM.replace("[event]", "[event], node: cheapest of aws"),
        teams_shop=shop_with("brokers: platform.kafka.nodes", "cores: platform.kafka.node.cores"),
    )
    platform, found = values(ask, "platform.yaml"), values(ask, "teams/shop.yaml")
    assert found["brokers"] == platform["kafka.nodes"]
    assert found["cores"] == platform["kafka.node.cores"]


def test_explain_goes_on_into_the_other_file(ask: Ask) -> None:
    write(platform=PLATFORM, teams_shop=f"{SHOP}derive: {{rate: platform.event.rate}}\n")
    answer = ask("explain", "teams/shop.yaml", "rate")
    assert "platform.yaml:3" in answer.out


def test_a_set_or_a_variant_changes_no_other_file(ask: Ask) -> None:
    shop = f"{SHOP}derive: {{brokers: platform.kafka.nodes}}\n"
    write(platform=PLATFORM, teams_shop=shop)
    answer = ask("run", "teams/shop.yaml", "--set", "platform.kafka.nodes=5", "--format", "json")
    [(rule, message, *_)] = errors(answer)
    assert rule == "E014"
    assert message == "`platform.kafka.nodes` is of `../platform.yaml`, and is only read here"
    write(teams_shop=f"{shop}variants: {{v: {{platform.event.rate: 5/s}}}}\n")
    [(rule, message, file, line)] = errors(ask("run", "teams/shop.yaml", "--format", "json"))
    assert (rule, file, line) == ("E014", "teams/shop.yaml", 9)


def test_the_variant_of_a_call_is_that_of_the_file_alone(ask: Ask) -> None:
    variants = "variants: {v: {event.rate: 1/s}}\n"
    write(
        platform=f"{PLATFORM}{variants}",
        teams_shop=shop_with("there: platform.event.rate") + "variants: {v: {users: 1M}}\n",
    )
    assert values(ask, "teams/shop.yaml", "--variant", "v")["there"] == 200e3


# --- what cannot be read --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "rule", "message", "help_"),
    [
        ("platform.kafak.nodes", "E014", "`platform.yaml` has nothing named `kafak.nodes`",
         "did you mean `platform.kafka.nodes`?"),
        ("platform.kafka", "E015", "`platform.kafka` is half a name", "write it whole: "),
        ("platform", "E015", "`platform` is the scenario `platform.yaml`, and no quantity",
         "name one of its quantities, such as `platform.cost.per_month`"),
    ],
)  # fmt: skip
def test_an_unknown_name_says_which_file_lacks_it(
    formula: str, rule: str, message: str, help_: str, ask: Ask
) -> None:
    write(platform=PLATFORM, teams_shop=f"{SHOP}derive: {{wrong: {formula}}}\n")
    answer = ask("run", "teams/shop.yaml", "--format", "json")
    assert errors(answer) == [(rule, message, "teams/shop.yaml", 8)]
    assert json.loads(answer.out)["diagnostics"][0]["help"].startswith(help_)


def test_a_name_of_a_scenario_is_no_name_of_this_one(ask: Ask) -> None:
    for name, rule in (
        ("order", "E010"),
        ("db", "E010"),
        ("cost", "E010"),
        ("base", "E010"),
        ("day", "E009"),
    ):
        write(platform=PLATFORM, shop=SHOP.replace("platform: ../", f"{name}: "))
        found = errors(ask("run", "shop.yaml", "--format", "json"))
        assert [(f[0], f[2], f[3]) for f in found] == [(rule, "shop.yaml", 2)], name


@pytest.mark.parametrize(
    ("path", "rule", "message"),
    [
        ("nowhere.yaml", "E001", "there is no file `nowhere.yaml`"),
        ("teams", "E001", "a scenario is a file, not the folder `teams`"),
        ("../../../../etc/passwd", "E046", "leads out of the project"),
        ("/etc/passwd", "E046", "leads out of the project"),
        ("link.yaml", "E046", "leads out of the project"),
        ("pipe.yaml", "E001", "`pipe.yaml` is a pipe, not a file"),
        ("gateway.yaml", "E005", "`gateway.yaml` is a kind, not a scenario"),
        ("empty.yaml", "E005", "`empty.yaml` is empty"),
        ('"a\\0b"', "E001", ""),
    ],
)
def test_what_is_no_scenario_of_the_project_is_not_read(
    path: str, rule: str, message: str, ask: Ask, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.yaml"
    outside.write_text("derive: {secret: 5}\n")
    Path("link.yaml").symlink_to(outside)
    os.mkfifo("pipe.yaml")
    write(gateway="kind: gateway\nabout: A kind.\n", empty="")
    write(shop=f"uses: {{platform: {path}}}\nderive: {{more: 1 + platform.secret}}\n")
    answer = ask("run", "shop.yaml", "--format", "json")
    [(found, words, *_)] = errors(answer)
    assert found == rule
    assert message in words
    assert "secret: 5" not in answer.out


def test_an_error_in_a_used_file_is_told_once_at_its_place_with_who_uses_it(ask: Ask) -> None:
    write(
        core=f"{PLATFORM}expect: [nope <= 5]\n",
        left="uses: {core: core.yaml}\nderive: {mine: 2 * core.kafka.nodes}\n",
        right="uses: {other: core.yaml}\nderive: {mine: 2 * other.kafka.nodes}\n",
        top="uses: {left: left.yaml, right: right.yaml}\nderive: {sum: left.mine + right.mine}\n",
    )
    answer = ask("run", "top.yaml", "--format", "json")
    assert errors(answer) == [("E014", "there is nothing named `nope`", "core.yaml", 7)]
    [found] = json.loads(answer.out)["diagnostics"]
    assert found["notes"] == ["it is `core`, which `left.yaml` uses"]


def test_an_error_in_a_file_that_several_use_is_told_once_in_a_run_and_in_a_check(ask: Ask) -> None:
    write(
        core=f"{PLATFORM}expect: [nope <= 5]\n",
        left="uses: {core: core.yaml}\nderive: {mine: 2 * core.kafka.nodes}\n",
        right="uses: {other: core.yaml}\nderive: {mine: 2 * other.kafka.nodes}\n",
    )
    ran = ask("run", "left.yaml", "right.yaml")
    assert ran.err.count("there is nothing named `nope`") == 1
    assert "it is `core`, which `left.yaml` uses" in ran.err
    assert "it is `other`, which `right.yaml` uses" in ran.err
    checked = ask("check", "left.yaml", "right.yaml", "core.yaml")
    assert checked.out.count("there is nothing named `nope`") == 1
    assert checked.out.count("error[E014] at core.yaml:7:10, shown above") == 2
    assert "3 wrong" in checked.out


def test_a_file_that_changed_is_not_taken_for_what_it_was(ask: Ask) -> None:
    write_shared(shop=shop_with("mine: platform.kafka.share.shop"))
    before = values(ask, "teams/shop.yaml")["mine"]
    write_shared(
        shop=shop_with("mine: platform.kafka.share.shop"),
        search=SEARCH.replace("200/day", "2/day"),
    )
    after = values(ask, "teams/shop.yaml")["mine"]
    assert after == values(ask, "platform.yaml")["kafka.share.shop"] > before


def test_what_cannot_be_computed_in_a_used_file_is_told_at_its_place(ask: Ask) -> None:
    write(
        core="derive: {none: 0, wrong: 1 / none}\n",
        top="uses: {core: core.yaml}\nderive: {sum: 1 + core.wrong}\n",
    )
    answer = ask("run", "top.yaml", "--format", "json")
    [(rule, _, file, line)] = errors(answer)
    assert (rule, file, line) == ("E023", "core.yaml", 1)
    assert json.loads(answer.out)["diagnostics"][0]["notes"] == [
        "it is `core`, which `top.yaml` uses"
    ]


def test_warnings_of_a_used_file_are_its_own(ask: Ask) -> None:
    write(
        platform=PLATFORM.replace("[event]", "[event], nodes: 1"),
        teams_shop=f"{SHOP}derive: {{brokers: platform.kafka.nodes}}\n",
    )
    assert "W101" in ask("run", "platform.yaml").err
    assert ask("run", "teams/shop.yaml").err == ""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_in_graphs_of_files_nothing_is_blank_but_what_depends_on_what_nobody_knows(
    seed: int, ask: Ask
) -> None:
    chance = random.Random(seed)
    uses = graph(chance, 8)
    written(uses, dict.fromkeys(uses, 1))
    before = {at: values(ask, f"f{at}.yaml") for at in uses}
    unknown = chance.randrange(8)
    text = Path(f"f{unknown}.yaml").read_text()
    write(**{f"f{unknown}": text.replace("own: 1", 'own: "?"').replace("own +", "0 * own +")})
    for at in uses:
        after = values(ask, f"f{at}.yaml")
        if at != unknown and not depends(uses, at, unknown):
            assert after == before[at]
        else:
            assert after.get("total") != before[at]["total"]


def test_what_nobody_knows_of_a_team_leaves_the_sizes_of_what_it_shares_open(ask: Ask) -> None:
    write_shared(shop=SHOP.replace("per_user: 2/day", 'rate: "?"'))
    answer = ask("run", "platform.yaml", "--format", "json")
    assert answer.code == 0
    found = answer.scenario["quantities"]
    assert "kafka.share.search" not in found
    assert found["settings.nodes"]["value"] > 0
    assert answer.scenario["shares"]["kafka"] == {"shop": None, "search": None, "own": None}


# --- circles and limits ---------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 2, 3, 7])
def test_a_circle_of_files_is_told_with_its_files(length: int, ask: Ask) -> None:
    for at in range(length):
        after = (at + 1) % length
        text = f"uses: {{next: file{after}.yaml}}\nderive: {{mine: 1 + next.mine}}\n"
        write(**{f"file{at}": text})
    answer = ask("run", "file0.yaml", "--format", "json")
    names = [f"file{at % length}.yaml" for at in range(length + 1)]
    message = "these scenarios use each other in a circle: " + " → ".join(names)
    assert errors(answer) == [("E018", message, "file0.yaml", 1)]


def graph(chance: random.Random, count: int) -> dict[int, list[int]]:
    """Return which files use which, each only later ones."""
    return {
        at: sorted(chance.sample(range(at + 1, count), min(count - at - 1, chance.randrange(4))))
        for at in range(count)
    }


def depends(uses: dict[int, list[int]], at: int, on: int) -> bool:
    """Return whether a file uses another, directly or by others."""
    return at == on or any(depends(uses, other, on) for other in uses[at])


def written(uses: dict[int, list[int]], base: dict[int, int]) -> None:
    """Write files each of which adds up what those have that it uses, and a number of its own."""
    for at, others in uses.items():
        links = ", ".join(f"n{other}: f{other}.yaml" for other in others)
        total = " + ".join(["own", *(f"n{other}.total" for other in others)])
        write(**{f"f{at}": f"uses: {{{links}}}\nderive: {{own: {base[at]}, total: {total}}}\n"})


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_in_graphs_of_files_nothing_changes_but_what_depends_on_what_changed(
    seed: int, ask: Ask
) -> None:
    chance = random.Random(seed)
    uses = graph(chance, 9)
    base = {at: chance.randrange(1, 100) for at in uses}
    written(uses, base)

    def totals() -> dict[int, float]:
        return {at: values(ask, f"f{at}.yaml")["total"] for at in uses}

    before = totals()
    expected: dict[int, int] = {}
    for at in reversed(uses):
        expected[at] = base[at] + sum(expected[other] for other in uses[at])
    assert before == expected
    changed = chance.randrange(9)
    written(uses, {**base, changed: base[changed] + 1000})
    after = totals()
    assert {at for at in uses if after[at] != before[at]} == {
        at for at in uses if depends(uses, at, changed)
    }


@pytest.mark.parametrize("seed", range(8))
def test_a_circle_in_a_graph_of_files_is_found_from_each_file_that_leads_to_it(
    seed: int, ask: Ask
) -> None:
    chance = random.Random(seed)
    uses = graph(chance, 8)
    uses[2], uses[5], uses[7] = [5], [7], [2]
    written(uses, dict.fromkeys(uses, 1))

    def leads(at: int, seen: frozenset[int] = frozenset()) -> bool:
        return at in seen or any(leads(other, seen | {at}) for other in uses[at])

    for at in uses:
        found = errors(ask("run", f"f{at}.yaml", "--format", "json"))
        if not leads(at):
            assert found == []
            continue
        [(rule, message, *_)] = found
        assert rule == "E018"
        assert {f"f{n}.yaml" for n in (2, 5, 7)} == set(message.split(": ")[1].split(" → "))


def test_a_chain_of_files_has_a_longest_length(ask: Ask) -> None:
    for at in range(MOST_LINKS + 2):
        write(**{f"f{at}": f"uses: {{next: f{at + 1}.yaml}}\nderive: {{mine: 1 + next.mine}}\n"})
    write(**{f"f{MOST_LINKS + 1}": "derive: {mine: 1}\n"})
    assert values(ask, "f1.yaml")["mine"] == MOST_LINKS + 1
    [(rule, message, *_)] = errors(ask("run", "f0.yaml", "--format", "json"))
    assert (rule, message) == ("E004", "scenarios use each other over more than 10 files")


def test_so_many_scenarios_are_used_and_no_more(ask: Ask) -> None:
    for at in range(MOST_USED + 1):
        write(**{f"f{at}": f"derive: {{mine: {at}}}\n"})
    links = [f"n{at}: f{at}.yaml" for at in range(MOST_USED + 1)]
    write(top=f"uses: {{{', '.join(links[:-1])}}}\nderive: {{last: n{MOST_USED - 1}.mine}}\n")
    assert values(ask, "top.yaml")["last"] == MOST_USED - 1
    write(top=f"uses: {{{', '.join(links)}}}\n")
    [(rule, message, *_)] = errors(ask("run", "top.yaml", "--format", "json"))
    assert (rule, message) == ("E004", "at most 100 scenarios are used by one, with what they use")


# --- what is shared -------------------------------------------------------------------------------

SHARED = """\
name: Platform
used_by: {shop: teams/shop.yaml, search: teams/search.yaml}
actions:
  audit: {rate: 100/s, payload: 1 kB}
components:
  kafka: {kind: kafka, receives: {shop.order: 2, search.event: 1, audit: 1}}
  archive: {kind: object_store, receives: [kafka.group]}
  settings: {kind: database, receives: [audit]}
"""
SEARCH = """\
name: Search
users: 1M
actions:
  event: {per_user: 200/day, payload: 1 kB}
"""


def write_shared(platform: str = SHARED, shop: str = SHOP, search: str = SEARCH) -> None:
    write(platform=platform, teams_shop=shop, teams_search=search)


def test_a_shared_cluster_is_sized_for_all_that_use_it(ask: Ask) -> None:
    write_shared()
    platform = values(ask, "platform.yaml")
    shop, search = values(ask, "teams/shop.yaml"), values(ask, "teams/search.yaml")
    for field in ("writes.peak", "ingress.average"):
        expected = 2 * shop[f"order.{field}"] + search[f"event.{field}"]
        assert platform[f"kafka.{field}"] == pytest.approx(expected + platform[f"audit.{field}"])


def test_a_shared_cluster_is_as_large_as_one_whose_actions_are_all_its_own(ask: Ask) -> None:
    write_shared()
    write(whole=(
        "actions:\n  order: {rate: 20M/day, payload: 2 kB}\n"
        "  event: {rate: 200M/day, payload: 1 kB}\n  audit: {rate: 100/s, payload: 1 kB}\n"
        "components:\n  kafka: {kind: kafka, receives: {order: 2, event: 1, audit: 1}}\n"
        "  archive: {kind: object_store, receives: [kafka.group]}\n"
        "  settings: {kind: database, receives: [audit]}\n"
    ))  # fmt: skip
    shared, whole = values(ask, "platform.yaml"), values(ask, "whole.yaml")
    named = [n for n in shared if n.startswith(("kafka.", "archive.", "settings."))]
    named = [n for n in named if n in whole and ".receives." not in n]
    assert len(named) > 150
    assert {n: shared[n] for n in named} == pytest.approx({n: whole[n] for n in named})


@pytest.mark.parametrize("flow", ["shop.order.writes", "shop.order.reads", "shop.order.calls"])
def test_parts_of_an_action_of_another_file_can_be_received(flow: str, ask: Ask) -> None:
    shop = SHOP.replace("2 kB}", "2 kB, read_write_ratio: 10:1}")
    write_shared(SHARED.replace("shop.order:", f"{flow}:"), shop)
    requests = {"writes": 1, "reads": 10, "calls": 11}[flow.rpartition(".")[2]]
    platform = values(ask, "platform.yaml")
    orders = 10e6 * 2 * 2 / 86_400
    known = 2 * 200e6 / 86_400 + 200
    assert platform["kafka.requests.peak"] == pytest.approx(2 * requests * orders + known)
    values(ask, "teams/shop.yaml")  # which is right with what is received of it


def test_what_a_component_of_another_file_sends_can_be_received(ask: Ask) -> None:
    shop = f"{SHOP}  feed: {{kind: cache, receives: [order], hit_ratio: 90%}}\n"
    shop = shop.replace("payload: 2 kB", "payload: 2 kB, op: read")
    write_shared(SHARED.replace("shop.order", "shop.feed.misses"), shop)
    found = values(ask, "platform.yaml")
    orders = values(ask, "teams/shop.yaml")["order.reads.peak"]
    assert found["kafka.reads.peak"] == pytest.approx(2 * 10 / 100 * orders)


def test_a_flow_that_another_file_does_not_send_is_told_with_what_is_meant(ask: Ask) -> None:
    write_shared(SHARED.replace("shop.order", "shop.ordr"))
    answer = ask("run", "platform.yaml", "--format", "json")
    assert errors(answer) == [("E021", "nobody sends `shop.ordr`", "platform.yaml", 6)]
    assert json.loads(answer.out)["diagnostics"][0]["help"] == "did you mean `shop.order`?"


def test_data_of_others_gathers_over_their_retention(ask: Ask) -> None:
    shop = SHOP.replace("payload: 2 kB", "payload: 2 kB, retention: 2 years")
    write_shared(
        SHARED.replace("  audit: {rate: 100/s, payload: 1 kB}\n", "  audit: {rate: 1/day}\n"), shop
    )
    answer = ask("run", "platform.yaml")
    assert "when full (5 years)" in answer.out  # the events', by default
    found = json.loads(ask("run", "platform.yaml", "--format", "json").out)["scenarios"][0]
    month = found["ages"][0]["quantities"]["archive.storage.retained"]["value"]
    per_day = found["quantities"]["archive.stored.per_day"]["value"]
    assert month == pytest.approx(30 * per_day)


# --- shares ---------------------------------------------------------------------------------------


def shares_of(found: dict[str, float], component: str, part: str = "") -> dict[str, float]:
    """Return the shares of a component by scenario, or a part of each such as `.nodes`."""
    start = f"{component}.share."
    names = (n for n in found if n.startswith(start) and n.endswith(part))
    made = {n: n.removeprefix(start).removesuffix(part) for n in names}
    return {user: found[n] for n, user in made.items() if "." not in user}


def test_a_share_is_that_of_the_demand_for_what_decides_about_the_nodes(ask: Ask) -> None:
    write_shared()
    found = values(ask, "platform.yaml")
    sent = {"shop": 2 * 20e6 * 2e3, "search": 200e6 * 1e3, "own": 100 * 86_400 * 1e3}
    expected = {user: bytes_ / sum(sent.values()) for user, bytes_ in sent.items()}
    assert shares_of(found, "kafka") == pytest.approx(expected)


def test_shares_of_nodes_and_cost_add_up_to_the_whole(ask: Ask) -> None:
    write_shared()
    found = values(ask, "platform.yaml")
    for component in ("kafka", "archive"):
        assert sum(shares_of(found, component).values()) == pytest.approx(1, rel=1e-12)
        costs = shares_of(found, component, ".cost.per_month")
        assert sum(costs.values()) == pytest.approx(found[f"{component}.cost.per_month"])
    assert sum(shares_of(found, "kafka", ".nodes").values()) == pytest.approx(found["kafka.nodes"])
    for part in ("servers", "cost.per_month"):
        totals = [found[f"share.{user}.{part}"] for user in ("shop", "search", "own")]
        assert sum(totals) == pytest.approx(found[part])
    assert found["share.own.cost.per_month"] > found["settings.cost.per_month"]
    assert "settings.share.own" not in found  # which carries nobody else's load


def test_a_share_goes_through_what_other_components_pass_on(ask: Ask) -> None:
    write_shared(SHARED.replace("receives: [kafka.group]", "receives: {kafka.group: {batch: 10}}"))
    found = values(ask, "platform.yaml")
    assert shares_of(found, "archive").keys() == {"shop", "search", "own"}
    assert sum(shares_of(found, "archive").values()) == pytest.approx(1, rel=1e-12)


def test_a_scenario_that_sends_nothing_has_no_share_and_what_is_the_same_is_shared_alike(
    ask: Ask,
) -> None:
    platform = SHARED.replace("shop.order: 2", "shop.order: 1").replace(", audit: 1}", "}")
    no_search = SEARCH.replace("200/day", "0/day")
    write_shared(platform, SHOP, no_search)
    assert shares_of(values(ask, "platform.yaml"), "kafka") == {"shop": 1, "search": 0}
    write_shared(platform, SHOP.replace("2/day", "0/day"), no_search)
    assert shares_of(values(ask, "platform.yaml"), "kafka") == {"shop": 0.5, "search": 0.5}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        "service, cpu_time: 5 ms", "service, cpu_time: 5 ms, max_wait: 5 ms", "cache", "database",
        "quorum_database", "queue", "search_index", "object_store", "kafka, nodes: 40", "table",
        "pubsub", "disk", "session_store", "load_balancer", "sized, each: 1k/s, cores: 1",
        "sized, driver: 10M, each: 300k, cores: 1",
    ],
)  # fmt: skip
def test_shares_of_every_kind_add_up_and_grow_with_the_load(kind: str, ask: Ask) -> None:
    shop = SHOP.replace("2 kB}", "2 kB, read_write_ratio: 3:1}")
    search = SEARCH.replace("1 kB}", "1 kB, read_write_ratio: 3:1}")
    platform = (
        "used_by: {shop: teams/shop.yaml, search: teams/search.yaml}\nusers: 1M\n"
        f"components: {{it: {{kind: {kind}, receives: [shop.order, search.event]}}}}\n"
    )
    write_shared(platform, shop, search)
    before = shares_of(values(ask, "platform.yaml"), "it")
    assert sum(before.values()) == pytest.approx(1, rel=1e-12)
    assert all(0 <= share <= 1 for share in before.values())
    write_shared(platform, shop.replace("2/day", "20/day"), search)
    after = shares_of(values(ask, "platform.yaml"), "it")
    assert sum(after.values()) == pytest.approx(1, rel=1e-12)
    assert after["shop"] > before["shop"]


@pytest.mark.parametrize("seed", range(6))
def test_shares_of_generated_platforms_add_up_to_the_whole(seed: int, ask: Ask) -> None:
    chance = random.Random(seed)
    teams = [f"team{at}" for at in range(chance.randrange(1, 6))]
    for team in teams:
        rate, size = 10 ** chance.uniform(0, 5), 10 ** chance.uniform(1, 6)
        action = f"{{rate: {rate:.0f}/s, payload: {size:.0f} B, read_write_ratio: 2:1}}"
        write(**{team: f"uses: {{platform: platform.yaml}}\nactions: {{act: {action}}}\n"})
    kinds = ("service", "kafka", "database", "cache", "object_store")
    sent: list[str] = [f"{team}.act" for team in teams]
    lines = []
    for at in range(chance.randrange(1, 5)):
        kind = chance.choice(kinds)
        flows = chance.sample(sent, chance.randrange(1, len(sent) + 1))
        calls = ", ".join(f"{flow}: {chance.randrange(1, 4)}" for flow in flows)
        lines.append(f"  part{at}: {{kind: {kind}, receives: {{{calls}}}}}\n")
        sent += {"kafka": [f"part{at}.group"], "cache": [f"part{at}.misses"]}.get(kind, [])
    links = ", ".join(f"{team}: {team}.yaml" for team in teams)
    write(platform=f"used_by: {{{links}}}\ncomponents:\n{''.join(lines)}")
    found = values(ask, "platform.yaml")
    shared = {n.partition(".")[0] for n in found if ".share." in n}
    assert shared
    for component in shared:
        assert sum(shares_of(found, component).values()) == pytest.approx(1, rel=1e-12)
    for part in ("servers", "cost.per_month"):
        users = [*teams, "own"]
        totals = [found.get(f"share.{user}.{part}", 0) for user in users]
        assert sum(totals) == pytest.approx(found.get(part, 0))


def test_run_shows_whose_load_it_is(ask: Ask) -> None:
    write_shared()
    answer = ask("run", "platform.yaml")
    lines = answer.out.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Shares"))
    assert [line.split()[0] for line in lines[at + 1 : at + 5]] == [
        "shop",
        "search",
        "own",
        "total",
    ]
    detailed = ask("run", "platform.yaml", "--show", "shares").out
    assert "Shares of components" in detailed
    found = json.loads(ask("run", "platform.yaml", "--format", "json").out)["scenarios"][0]
    assert found["shares"].keys() == {"kafka", "archive"}
    assert sum(found["shares"]["kafka"].values()) == pytest.approx(1)
    assert (
        json.loads(ask("run", "teams/shop.yaml", "--format", "json").out)["scenarios"][0]["shares"]
        == {}
    )


# --- two passes -----------------------------------------------------------------------------------


def test_a_team_reads_its_share_of_what_carries_its_load(ask: Ask) -> None:
    shop = shop_with("mine: platform.kafka.share.shop", "bill: platform.share.shop.cost.per_month")
    write_shared(shop=shop)
    platform, found = values(ask, "platform.yaml"), values(ask, "teams/shop.yaml")
    assert found["mine"] == platform["kafka.share.shop"]
    assert found["bill"] == platform["share.shop.cost.per_month"]


def test_a_what_if_of_a_team_goes_through_what_carries_its_load_and_back(ask: Ask) -> None:
    shop = shop_with("mine: platform.kafka.share.shop", "same: platform.shop.order.writes.peak")
    write_shared(shop=f"{shop}variants: {{more: {{order.per_user: 20/day}}}}\n")
    before = values(ask, "teams/shop.yaml")
    sets = values(ask, "teams/shop.yaml", "--set", "order.per_user=20/day")
    variant = values(ask, "teams/shop.yaml", "--variant", "more")
    assert sets["mine"] == variant["mine"] > before["mine"]
    assert sets["same"] == sets["order.writes.peak"] == 10 * before["same"]


def test_until_when_an_expectation_holds_is_told_through_what_carries_the_load(ask: Ask) -> None:
    write_shared(shop=f"{SHOP}expect: [platform.kafka.share.shop <= 50%]\n")
    answer = ask("check", "teams/shop.yaml")
    assert answer.code == 0
    assert "holds until users = " in answer.out


@pytest.mark.parametrize(
    "load", ["rate: platform.kafka.nodes * 1/s", "rate: brokers * 1/s"], ids=["direct", "by name"]
)
def test_a_load_that_follows_from_what_carries_it_is_refused_with_the_files(
    load: str, ask: Ask
) -> None:
    shop = shop_with("brokers: platform.kafka.nodes").replace("per_user: 2/day", load)
    write_shared(shop=shop)
    for file in ("platform.yaml", "teams/shop.yaml"):
        [(rule, message, where, line)] = errors(ask("run", file, "--format", "json"))
        assert (rule, where, line) == ("E018", "platform.yaml", 6)
        files = "platform.yaml → teams/shop.yaml → platform.yaml"
        assert message == f"`shop.order` follows from what carries it: {files}"


def test_a_platform_reads_of_a_team_what_does_not_follow_from_itself(ask: Ask) -> None:
    shop = shop_with("brokers: platform.kafka.nodes", "rows: users * 3")
    write_shared(f"{SHARED}derive: {{rows: shop.rows + shop.db.nodes}}\n", shop)
    assert values(ask, "platform.yaml")["rows"] > 30e6
    write_shared(f"{SHARED}derive: {{wrong: shop.brokers}}\n", shop)
    [(rule, message, where, line)] = errors(ask("run", "platform.yaml", "--format", "json"))
    assert (rule, where, line) == ("E018", "platform.yaml", 9)
    assert message.startswith("`brokers` of `teams/shop.yaml` follows from this scenario")


def test_a_machine_that_a_team_leaves_open_is_no_load(ask: Ask) -> None:
    shop = SHOP.replace("[order]", "[order], node: cheapest of aws")
    write_shared(f"{SHARED}derive: {{rows: shop.order.writes.peak}}\n", shop)
    values(ask, "platform.yaml")
    write_shared(f"{SHARED}derive: {{wrong: shop.db.nodes}}\n", shop)
    [(rule, *_)] = errors(ask("run", "platform.yaml", "--format", "json"))
    assert rule == "E018"


def test_a_scenario_is_not_used_by_itself(ask: Ask) -> None:
    write(shop="used_by: {me: shop.yaml}\nderive: {mine: 1}\n")
    [(rule, message, *_)] = errors(ask("run", "shop.yaml", "--format", "json"))
    assert (rule, message) == (
        "E018", "these scenarios use each other in a circle: shop.yaml → shop.yaml"
    )  # fmt: skip


def test_a_consumer_of_what_carries_its_load_is_a_result_and_no_load(ask: Ask) -> None:
    shop = f"{SHOP}  index: {{kind: service, receives: [platform.kafka.group]}}\n"
    write_shared(shop=shop)
    platform, found = values(ask, "platform.yaml"), values(ask, "teams/shop.yaml")
    assert found["index.writes.peak"] == platform["kafka.writes.peak"]
    write_shared(f"{SHARED}derive: {{wrong: shop.index.writes.peak}}\n", shop)
    [(rule, *_)] = errors(ask("run", "platform.yaml", "--format", "json"))
    assert rule == "E018"
