"""Objectives and requirements of actions, and conditions that a bound cannot confirm."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from asking import Ask

from estimator import InputError, Report, estimate, load

SYSTEM = """\
actions:
  look: {rate: 100/s, op: read, response: 1 kB%s}
  save: {rate: 10/s, payload: 1 kB%s}
components: {api: {kind: service}, db: {kind: database}}
"""


def system(look: str = "", save: str = "", more: str = "") -> str:
    return SYSTEM % (look and f", {look}", save and f", {save}") + more


def report(text: str) -> Report:
    return estimate(load(text=text)).report


def warned(text: str) -> list[str]:
    return [d.message for d in estimate(load(text=text)).diagnostics]


# --- objectives -----------------------------------------------------------------------------------


def test_what_an_objective_is_for_is_said_to_be_actions(ask: Ask) -> None:
    code, out, _ = ask("kinds", "slo", "--format", "json")
    (kind,) = json.loads(out)["kinds"]
    assert code == 0
    assert kind["parameters"]["for"]["takes"] == "actions"


def test_an_action_that_misses_its_own_objective_is_warned_of_by_its_name() -> None:
    assert warned(system("slo: {p99: 1 s, availability: 99%}")) == []
    assert warned(system("slo: {p99: 1 ms}")) == [
        "`look`: the estimated p99 is above its objective (slo)"
    ]
    assert warned(system("slo.availability: 99.9999%")) == [
        "`look`: the estimated availability is below its objective (slo)"
    ]


def test_an_objective_of_its_own_holds_in_place_of_the_same_one_of_all_and_of_no_other() -> None:
    strict = "slo: {p99: 1 ms, availability: 99%}\n"
    both = "slo: {p99: 1 s}"
    assert warned(system(both, both, strict)) == []
    (message,) = warned(system(both, "", strict))
    assert message.startswith("the estimated p99 is above the objective (slo): `save` takes")
    found = report(system(both, "", "slo: {availability: 99%, p99: 1 s}\n"))
    assert found.values["slo.estimate.p99"].value == found.values["save.latency.p99"].value
    requests = found.values["slo.error_budget.requests"].value
    assert requests == pytest.approx(0.01 * 110 * 365 * 86400 / 12)  # of both actions


def test_it_also_holds_in_place_of_one_that_is_for_the_action_by_name() -> None:
    named = "slo: {for: [look], p99: 1 ms}\n"
    assert warned(system("slo: {p99: 1 s}", "", named)) == []
    assert warned(system("slo: {p95: 1 s}", "", named)) != []


def test_the_error_budget_of_an_action_is_in_requests() -> None:
    found = report(system("slo: {availability: 99.9%}")).values
    assert found["look.error_budget.requests"].value == pytest.approx(
        0.001 * 100 * 365 * 86400 / 12
    )
    assert 0 < found["look.error_budget.used"].value < 1


def test_requirements_stand_beside_objectives_and_one_that_is_missing_is_named(ask: Ask) -> None:
    out = ask("run", "-", given=system("slo: {p99: 1 ms}")).out
    rows = {line.split()[0]: line for line in out.partition("Requirements")[2].splitlines() if line}
    assert "1 ms ✗" in rows["look"]
    assert "none" in rows["save"]


# --- words ----------------------------------------------------------------------------------------


def test_what_is_required_in_words_is_shown_and_is_no_formula(ask: Ask) -> None:
    text = system("requires: {security: AES-256 at rest, accuracy: under 5% hallucinations}")
    assert report(text).requires["look"] == {
        "security": "AES-256 at rest",
        "accuracy": "under 5% hallucinations",
    }
    assert "AES-256 at rest" in ask("run", "-", given=text).out
    found = json.loads(ask("run", "-", "--format=json", given=text).out)["scenarios"][0]
    assert found["requires"] == {"look": dict(report(text).requires["look"])}
    dotted = system("requires.security: AES-256 at rest")
    assert report(dotted).requires["look"] == {"security": "AES-256 at rest"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("requires: AES", "`requires` takes topics with words"),
        ("requires: {security: {at: rest}}", "`security` takes words, in one line"),
        (f"requires: {{security: {'x' * 201}}}", "has more than 200 characters"),
        (f"requires: {{{', '.join(f't{i}: x' for i in range(21))}}}", "more than 20 topics"),
    ],
)
def test_words_that_are_none_or_too_many_are_refused(words: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        report(system(words))
    (found,) = raised.value.diagnostics
    assert message in found.message


def test_a_difference_of_words_is_shown(tmp_path: Path, ask: Ask) -> None:
    for name, words in (("a", "AES-128"), ("b", "AES-256")):
        text = system(f"requires: {{security: {words}}}")
        (tmp_path / f"{name}.yaml").write_text(text, "utf-8")
    out = ask("diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")).out
    assert "AES-128" in out
    assert "AES-256" in out


# --- bounds ---------------------------------------------------------------------------------------

UNREFUTED = [
    "look.latency.p99 <= 1 s",
    "1 s >= look.latency.p99",
    "slo.estimate.availability >= 50%",
    "availability >= 50%",
    "mine <= 1 s",
    "look.latency.p99 <= 1 s and servers > 1",
    "look.latency.p99 <= 1 s or servers > 1000",
    "look.latency.p99 + save.latency.p99 <= 1 s",
    "2 * look.latency.p99 + 10 ms <= 1 s",
    "max(look.latency.p99, save.latency.p99) <= 1 s",
    "both <= 1 s",
    "twice <= 1 s",
    "1 s - look.latency.p99 >= 100 ms",
    "left >= 100 ms",
    "(1 - availability) * 1 year <= 1 year",
    "1 / look.latency.p99 >= 1/s",
    "if(servers > 1, look.latency.p99, 1 ms) <= 1 s",
    "look.latency.p99 * availability <= 1 s",
    "look.latency.p99 * availability >= 1 ns",
    "look.latency.p99 - save.latency.p99 <= 1 s",
]
CONFIRMED = [
    "look.latency.p99 >= 1 ns",
    "availability <= 99.9999999%",
    "servers <= 100",
    "look.latency.p99 <= 1 s or servers > 1",
    "look.latency.p99 + save.latency.p99 >= 1 ns",
    "both >= 1 ns",
    "1 s - look.latency.p99 <= 1 s",
    "left <= 1 s",
    "availability^2 <= 99.99999999%",
    "servers * 2 <= 100",
]


@pytest.mark.parametrize("check", [*UNREFUTED, *CONFIRMED])
def test_a_bound_refutes_and_does_not_confirm(check: str) -> None:
    own = {
        "mine": "look.latency.p99",
        "both": "look.latency.p99 + save.latency.p99",
        "twice": "2 * both / 2",
        "left": "1 s - look.latency.p99",
    }
    more = f"derive: {json.dumps(own)}\nslo: {{availability: 50%}}\nexpect: ['{check}']\n"
    (outcome,) = report(system(more=more)).expectations
    assert outcome.status == "pass"
    assert outcome.is_unrefuted is (check in UNREFUTED)


def test_a_bound_beyond_an_objective_refutes_it() -> None:
    (outcome,) = report(system(more="expect: [look.latency.p99 <= 1 ms]\n")).expectations
    assert (outcome.status, outcome.is_unrefuted) == ("fail", False)


def test_what_is_not_refuted_has_a_mark_of_its_own(ask: Ask, tmp_path: Path) -> None:
    text = system(more="expect: [look.latency.p99 <= 1 s, servers <= 100]\n")
    out = ask("run", "-", given=text).out
    assert "✓ 1 check holds   ~ 1 not refuted" in out
    file = tmp_path / "a.yaml"
    file.write_text(text, "utf-8")
    checked = ask("check", str(file), "--no-cache").out
    assert "  ~ look.latency.p99 <= 1 s" in checked
    assert "  ✓ servers <= 100" in checked


def test_explain_says_what_bound_a_quantity_is(ask: Ask, tmp_path: Path) -> None:
    own = "derive: {left: 1 s - look.latency.p99, mixed: look.latency.p99 * availability}\n"
    file = tmp_path / "a.yaml"
    file.write_text(system(more=own), "utf-8")
    names = ("look.latency.p99", "availability", "left", "mixed", "servers")
    told = ask("explain", str(file), *names, "--depth", "0").out
    assert re.search(r"^ += at least [\d.]+ ms$", told, re.M)
    assert re.search(r"^ += at most 9[\d.]+%$", told, re.M)
    assert re.search(r"^left .*\n.*\n += at most [\d.]+ ms$", told, re.M)
    assert "(combines a lower and an upper bound, so it may be more or less)" in told
    said = ask("explain", str(file), *names, "--depth", "0", "--format", "json").out
    found = {d["name"]: d["bound"] for d in json.loads(said)["derivations"]}
    wanted = ("at_least", "at_most", "at_most", "unknown", None)
    assert found == dict(zip(names, wanted, strict=True))
    graph = ask("explain", str(file), "left", "--depth", "0", "--format", "mermaid").out
    assert "<br/>at most " in graph


def test_a_check_says_of_bounds_that_they_are_not_refuted(ask: Ask) -> None:
    assert "9 of 9 expectations hold (2 not refuted)" in ask("check", "twitter").out
    comment = ask("check", "twitter", "--format", "markdown").out
    assert "## Estimates: all expectations hold or are not refuted" in comment
    (row,) = (line for line in comment.splitlines() if "`slo.estimate.p99 <= slo.p99`" in line)
    assert "28.1 ms (not refuted)" in row


# --- what nearly holds ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "condition", "shown"),
    [
        ("100.4", "found <= 100", "100.4"),
        ("100.0000004", "found <= 100", "100.0000004"),
        ("150.4 ms", "found <= 150 ms", "150.4 ms"),
        ("1.0004 TB", "found <= 1 TB", "1.0004 TB"),
        ("$50_010", "found <= $50k", "$50.01k"),
        ("20_004/s", "found <= 20k/s", "20.004k/s"),
        ("99.9904%", "found <= 99.99%", "99.9904%"),
        ("100", "found < 100", "100"),  # they are the same
        ("100", "found <= 99", "100"),
        ("100", "found <= 12", "100"),
    ],
)
def test_a_value_that_fails_is_told_from_its_limit(value: str, condition: str, shown: str) -> None:
    (outcome,) = report(f"{{derive: {{found: {value} * 1}}, expect: [{condition}]}}").expectations
    assert (outcome.status, outcome.left) == ("fail", shown)


def test_an_estimate_that_misses_its_objective_is_told_from_it(ask: Ask, tmp_path: Path) -> None:
    texts = (system().replace("100/s", f"{rate}/s") for rate in range(100, 200))
    found = ((text, report(text).values["look.latency.p99"]) for text in texts)
    text, p99 = next(  # one that is shown as less than it is
        (t, v) for t, v in found if v.value > float(v.text.removesuffix(" ms")) / 1e3
    )
    (tmp_path / "a.yaml").write_text(f"{text}slo: {{p99: {p99.text}}}\n")
    answer = ask("run", str(tmp_path / "a.yaml")).out
    (line,) = (line for line in answer.splitlines() if line.startswith("Latency"))
    least, objective = re.findall(r"([\d.]+) ms", line)[:2]
    assert float(least) > float(objective)
    assert f"≥ {least} ms" in answer
    assert f"{least} ms" in ask("run", str(tmp_path / "a.yaml"), "--show", "slo").out
