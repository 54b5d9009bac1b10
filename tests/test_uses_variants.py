"""A variant of a scenario that another uses: `uses: {grown: {file: ..., variant: ...}}`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asking import Ask

PLATFORM = """\
name: Platform
actions: {event: {rate: 200k/s, payload: 1 kB}}
components: {log: {kind: kafka, receives: [event]}}
variants:
  grown: {event.rate: 800k/s}
"""
SHOP = """\
uses:
  now: platform.yaml
  then: {file: platform.yaml, variant: grown}
actions: {order: {rate: 10/s, payload: 2 kB}}
derive:
  times: then.event.writes.average / now.event.writes.average
  more: then.log.nodes - now.log.nodes
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "estimator.toml").write_text("", "utf-8")
    (tmp_path / "platform.yaml").write_text(PLATFORM, "utf-8")
    (tmp_path / "shop.yaml").write_text(SHOP, "utf-8")
    return tmp_path


def _quantities(ask: Ask, *call: str) -> dict[str, dict[str, float]]:
    answer = json.loads(ask("run", *call, "--format", "json").out)
    return dict(answer["scenarios"][0]["quantities"])


def test_a_file_and_its_variant_are_two_scenarios(folder: Path, ask: Ask) -> None:
    found = _quantities(ask, "shop.yaml")
    grown = _quantities(ask, "platform.yaml", "--variant", "grown")["log.nodes"]["value"]
    assert found["times"]["value"] == 4
    assert found["then.log.nodes"]["value"] == grown
    assert found["more"]["value"] > 0


def test_a_change_of_the_variant_is_a_change_of_who_uses_it(folder: Path, ask: Ask) -> None:
    assert ask("run", "shop.yaml", "--show", "derived").rows("Derived")[0][1].strip() == "4"
    changed = PLATFORM.replace("800k/s", "600k/s")
    (folder / "platform.yaml").write_text(changed, "utf-8")
    assert ask("run", "shop.yaml", "--show", "derived").rows("Derived")[0][1].strip() == "3"


def test_a_platform_carries_the_load_of_a_variant(folder: Path, ask: Ask) -> None:
    (folder / "team.yaml").write_text(
        "actions: {order: {rate: 10/s, payload: 2 kB}}\nvariants: {sale: {order.rate: 50/s}}\n",
        "utf-8",
    )
    (folder / "shared.yaml").write_text(
        "used_by: {team: {file: team.yaml, variant: sale}}\n"
        "components: {log: {kind: kafka, receives: [team.order]}}\n"
        "expect: [log.writes.average == 50/s, log.share.team == 100%]\n",
        "utf-8",
    )
    assert ask("run", "shared.yaml").code == 0


@pytest.mark.parametrize(
    ("said", "message", "told"),
    [
        (
            "{file: platform.yaml, variant: grwn}",
            "`platform.yaml` has no variant `grwn`",
            "did you mean `grown`?",
        ),
        ("{variant: grown}", "the key `file` is missing", ""),
        ("{file: platform.yaml, design: grown}", "there is no key `design` here", "variant"),
        ("{file: nothing.yaml, variant: grown}", "there is no file `nothing.yaml`", ""),
    ],
)
def test_what_is_wrong_with_it_is_told_at_its_place(
    said: str, message: str, told: str, folder: Path, ask: Ask
) -> None:
    (folder / "shop.yaml").write_text(SHOP.replace("now: platform.yaml", f"now: {said}"), "utf-8")
    answer = ask("run", "shop.yaml")
    assert answer.code == 2
    assert message in answer.err
    assert "shop.yaml:2:" in answer.err
    assert told in answer.err


@pytest.mark.parametrize(
    ("formula", "same"),
    [
        ("sum(now.*.nodes)", "now.servers"),
        ("max(now.log.nodes.*, 3)", "max(now.log.nodes, 3)"),
        ("sum(then.actions.*.writes.average)", "then.writes.average"),
        ("sum(then.components.*.cost.per_month)", "then.log.cost.per_month"),
    ],
)
def test_a_star_stands_for_one_part_of_the_names_of_another_scenario(
    formula: str, same: str, folder: Path, ask: Ask
) -> None:
    text = SHOP.partition("derive:")[0] + f"expect: ['ceil({formula} / {same} - 1) == 0']\n"
    (folder / "shop.yaml").write_text(text, "utf-8")
    assert ask("run", "shop.yaml").code == 0


def test_a_star_that_no_name_of_another_scenario_fits_is_told(folder: Path, ask: Ask) -> None:
    (folder / "shop.yaml").write_text(SHOP + "  none: sum(now.*.nodez)\n", "utf-8")
    assert "no quantity has a name like `now.*.nodez`" in ask("run", "shop.yaml").err


def test_a_scenario_that_uses_its_own_variant_goes_in_a_circle(folder: Path, ask: Ask) -> None:
    (folder / "platform.yaml").write_text(
        "uses: {later: {file: platform.yaml, variant: grown}}\n" + PLATFORM, "utf-8"
    )
    answer = ask("run", "platform.yaml")
    assert (answer.code, answer.err.count("error[E018]")) == (2, 1)


def test_the_editor_and_fmt_know_it(folder: Path, ask: Ask) -> None:
    loose = "uses: {then: {file: platform.yaml,   variant: grown}}\nderive: {x: then.log.nodes*2}\n"
    (folder / "shop.yaml").write_text(loose, "utf-8")
    assert ask("fmt", "shop.yaml").code == 0
    text = (folder / "shop.yaml").read_text("utf-8")
    assert "{file: platform.yaml,   variant: grown}" in text
    assert "then.log.nodes * 2" in text
    assert '"used_file"' in ask("schema").out
