"""`estimator compare`: designs side by side, and what each gives up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asking import Ask

SHOP = """\
users: 10M
actions: {view: {per_user: 20/day}}
components:
  api: {kind: service, cpu_time: 5 ms}
expect: [api.latency.read <= 30 ms]
variants:
  slow: {api.cpu_time: 50 ms}
  spare: {api.target_utilization: 20%}
"""


def compared(ask: Ask, *call: str, given: str = SHOP) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        ask("compare", "-", *call, "--format", "json", given=given).out
    )["comparison"]
    return found


def test_a_file_alone_is_compared_with_all_of_its_variants(ask: Ask) -> None:
    found = compared(ask)
    assert [design["name"] for design in found["designs"]] == ["base", "slow", "spare"]


def test_only_the_variants_that_are_named_are_compared(ask: Ask) -> None:
    found = compared(ask, "spare", "slow")
    assert [design["name"] for design in found["designs"]] == ["spare", "slow"]


def test_the_cheapest_design_that_keeps_what_is_expected_is_named(ask: Ask) -> None:
    found = ask("compare", "-", given=SHOP)
    assert "Cheapest that meets all expectations: base" in found.out
    assert "slow does not keep api.latency.read <= 30 ms" in found.out
    only = ask("compare", "-", "slow", "spare", given=SHOP)
    assert "Cheapest that meets all expectations: spare" in only.out


def test_what_each_gives_up_is_said_in_numbers(ask: Ask) -> None:
    found = ask("compare", "-", given=SHOP).out
    lines = {
        line.partition(" gives up ")[0]: line for line in found.splitlines() if "gives up" in line
    }
    assert "money: " in lines["spare"]
    assert "latency: " in lines["slow"]
    assert "money: " not in lines["base"]


def test_rows_that_differ_are_marked(ask: Ask) -> None:
    rows = {line[:20].strip(): line for line in ask("compare", "-", given=SHOP).out.splitlines()}
    assert "≠" in next(line for name, line in rows.items() if name.startswith("servers"))
    assert "≠" not in next(line for name, line in rows.items() if name.startswith("load"))


def test_over_ranges_it_is_said_how_likely_each_is_the_cheapest(ask: Ask) -> None:
    given = """\
users: 5B
inputs: {push_work: 1 ms to 9 ms}
actions: {view: {per_user: 20/day}}
components: {api: {kind: service, cpu_time: push_work}}
variants: {fixed: {api.cpu_time: 3 ms}}
"""
    found = compared(ask, given=given)
    base, fixed = (design["chance_cheapest"] for design in found["designs"])
    assert base + fixed == pytest.approx(1.0)
    assert base == pytest.approx(0.5, abs=0.02)  # 3 ms is the median of 1 ms to 9 ms


def test_two_files_are_compared(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SHOP)
    (tmp_path / "large.yaml").write_text(SHOP.replace("10M", "20M"))
    found = ask("compare", "small.yaml", "large.yaml")
    assert found.code == 0
    assert found.out.splitlines()[0].split()[-2:] == ["small", "large"]


def test_one_design_alone_is_refused(ask: Ask) -> None:
    found = ask("compare", "-", given="users: 1M\nactions: {a1: {per_user: 1/day}}")
    assert found.code == 2
    assert "there is only one design, so nothing can be compared" in found.err


def test_a_name_that_is_neither_variant_nor_file_is_refused(ask: Ask) -> None:
    found = ask("compare", "-", "sloww", given=SHOP)
    assert found.code == 2
    assert "sloww" in found.err


FEED = """\
users: 10M
actions: {post: {per_user: 1/day, payload: 1 kB}}
components: {api: {kind: service, cpu_time: 5 ms}}
inputs: {wait: 40 s}
derive: {delivery_lag: wait}
variants:
  quick: {wait: 500 ms}
  at_once: {wait: 0 s}
"""


def test_how_old_what_is_read_may_be_is_given_up_from_a_second_on(ask: Ask) -> None:
    lost = {design["name"]: design["gives_up"] for design in compared(ask, given=FEED)["designs"]}
    assert lost["base"] == ["freshness: 40 s, where the best has 0 s"]
    assert lost["quick"] == lost["at_once"] == []


def test_what_push_pull_and_hybrid_of_twitter_give_up_is_said(ask: Ask) -> None:
    found = json.loads(ask("compare", "twitter", "push", "pull", "hybrid", "--format", "json").out)[
        "comparison"
    ]
    lost = {design["name"]: " ".join(design["gives_up"]) for design in found["designs"]}
    assert "where the best has 0 s" in lost["push"]
    assert "money" in lost["pull"]
    assert "freshness" not in lost["pull"]
    assert "freshness" not in lost["hybrid"]


def test_the_best_keeps_what_is_expected(ask: Ask) -> None:
    text = SHOP.replace("spare: {", "slim: {api.cpu_time: 1 ms, api.nodes: 1}\n  spare: {").replace(
        "expect: [", "expect: [api.nodes >= 2, "
    )
    lost = {design["name"]: design["gives_up"] for design in compared(ask, given=text)["designs"]}
    assert not any(words.startswith("money") for words in lost["base"])
    found = ask("compare", "-", given=text).out
    assert "slim does not keep api.nodes >= 2" in found
    assert "slim gives up nothing" not in found


def test_designs_that_cost_the_same_share_the_chance(ask: Ask) -> None:
    text = SHOP.replace("10M", "10M to 40M").replace(
        "slow: {api.cpu_time: 50", "same: {api.cpu_time: 5"
    )
    chances = [d["chance_cheapest"] for d in compared(ask, "base", "same", given=text)["designs"]]
    assert chances == [pytest.approx(0.5)] * 2


UNKNOWN = """\
users: 1M
actions: {post: {per_user: 10/day, payload: 1 kB}}
components: {api: {kind: service, receives: [post]}, db: {kind: database, receives: [post]}}
expect: [cost.per_month <= $100k]
variants: {asked: {post.payload: "?"}}
"""


def test_a_design_of_which_something_is_not_known_fails_nothing_and_wins_nothing(ask: Ask) -> None:
    found = ask("compare", "-", given=UNKNOWN).out
    assert "asked leaves open cost.per_month <= $100k: not known is post.payload" in found
    assert "does not keep" not in found
    assert "Cheapest that meets all expectations: base" in found
    cost = next(line for line in found.splitlines() if line.startswith("$/month  "))
    assert cost.split()[-2] == "≥"


def test_what_a_file_bounds_is_given_up_by_designs_that_have_more_of_it(ask: Ask) -> None:
    text = """\
inputs: {loss: 2, keeps: 3}
derive: {lost: loss * 1, kept: keeps * 1}
expect: [lost <= 10, kept >= 1]
variants: {careful: {loss: 1}, ample: {keeps: 9}}
"""
    found = ask("compare", "-", given=text).out
    assert "base gives up lost: 2, 2 times the best (1); kept: 3, where the best has 9" in found
    assert "careful gives up kept: 3, where the best has 9" in found
    assert "ample gives up lost: 2, 2 times the best (1)" in found


def test_thousands_of_times_are_written_as_people_write_them(ask: Ask) -> None:
    text = """\
inputs: {loss: 3}
derive: {lost: loss * 1}
expect: [lost <= 99k]
variants: {careless: {loss: 9000}}
"""
    found = ask("compare", "-", given=text).out
    assert "careless gives up lost: 9,000, 3,000 times the best (3)" in found


@pytest.mark.slow
@pytest.mark.parametrize(
    "call",
    [
        ["compare", "-"],
        ["forecast", "-", "--months", "2"],
        ["sweep", "-", "--over", "users=1M,2M", "--show", "cost.per_month"],
        ["solve", "-", "--for", "users", "--until", "cost.per_month <= $9k"],
    ],
    ids=lambda call: call[0],
)
def test_defaults_may_be_ranges_in_every_decision(ask: Ask, call: list[str]) -> None:
    text = """\
as_of: 2026-12-01
users: 1M
actions: {post: {per_user: 10/day, payload: 1 kB}}
components: {api: {kind: service, receives: [post]}, db: {kind: database, receives: [post]}}
variants: {large: {users: 2M}}
"""
    assert "samples" not in ask(*call, given=text).out
    assert "samples" in ask(*call, "--uncertain-defaults", given=text).out
