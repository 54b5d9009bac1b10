"""Which machine is chosen: against trying every machine of the catalogue by hand."""

from __future__ import annotations

import json
import math
import re
import time
from pathlib import Path
from statistics import NormalDist
from typing import Any

import pytest
from asking import SHIPPED, Ask, estimated
from test_run import on_terminal

from estimator.analyse import BuildOptions
from estimator.analyse import estimated as with_model
from estimator.catalog import catalog
from estimator.diagnostics import InputError, Problems, Source, Text
from estimator.formula.emit import constant
from estimator.scenario.load import load_source
from estimator.units import Calendar

SHOP = """\
traffic: {peak_to_average: 1}
actions:
  ask:  {rate: 10k/s, op: read, response: 2 kB}
  save: {rate: 1k/s, payload: 10 kB, retention: 30 days}
components:
  api:   {kind: service, receives: [ask, save], cpu_time: 5 ms}
  cards: {kind: cache, receives: [ask]}
  posts: {kind: queue, receives: [save]}
  store: {kind: database, receives: [save, cards.misses], volume: gp3}
"""


def chosen(scenario: str, folder: Path = Path(), **said: str) -> dict[str, str]:
    report = estimated(scenario, folder, **said)
    return {m.component: m.candidates[0].name for m in report.machines}


def tried(scenario: str, component: str, machine: str, **said: str) -> tuple[float, bool]:
    """Return what a component costs on a machine, and whether something is wrong with it there."""
    problems = Problems()
    overrides = {n.replace("__", "."): Text.of("--set", f) for n, f in said.items()}
    overrides[f"{component}.node"] = Text.of("--set", machine)
    loaded = load_source(Source("scenario.yaml", scenario), Path(), "scenario")
    found = with_model(loaded, problems, BuildOptions(overrides))
    if found is None:
        return float("inf"), True
    rules = {"W101", "W103"} | ({"W115"} if is_too_small(component, machine, said) else set())
    wrong = any(d.rule in rules for d in problems.found)
    return found.report.values[f"{component}.cost.per_month"].value, wrong


def is_too_small(component: str, machine: str, said: dict[str, str]) -> bool:
    """Has a machine less disk than is asked for?"""
    asked = said.get(f"{component}__node__disk")
    entry = catalog("machines").get(machine)
    assert entry is not None
    sold = entry.fields["disk"].value if "disk" in entry.fields else "0 B"
    return asked is not None and constant(asked, Calendar()) > constant(sold, Calendar())


def cheapest_by_hand(scenario: str, component: str, scope: str, **said: str) -> tuple[float, int]:
    """Return the least cost over the machines of a scope, and how many are refused."""
    found = [
        tried(scenario, component, entry.name, **said)
        for entry in catalog("machines").candidates(scope)
    ]
    return min(cost for cost, wrong in found if not wrong), sum(wrong for _, wrong in found)


# --- against trying them all ----------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("component", "scope", "said"),
    [
        ("api", "m7g", {}),
        ("api", "e2-standard", {"ask__rate": "300/s"}),
        ("api", "t4g", {"ask__rate": "50/s", "save__rate": "1/s"}),
        ("api", "m7g", {"api__nodes": "10"}),
        ("api", "m7g", {"api__nodes": "7", "api__target_utilization": "100%", "slo__p99": "30 ms"}),
        ("cards", "r7g", {"cards__working_set": "300 GB"}),
        ("posts", "i4i", {}),
        ("store", "m7gd", {}),
        ("store", "i4i", {"save__retention": "5 years"}),
        ("store", "i3en", {"store__node__disk": "4 TB", "store__zones": "3"}),
    ],
)
def test_the_machine_chosen_is_the_cheapest_of_all_that_do_the_work(
    component: str, scope: str, said: dict[str, str]
) -> None:
    scenario = f"slo: {{p99: 1 h}}\n{SHOP}"
    report = estimated(scenario, **said, **{f"{component}.node": f"cheapest of {scope}"})
    [choice] = report.machines
    least, refused = cheapest_by_hand(scenario, component, scope, **said)
    cost = report.values[f"{component}.cost.per_month"].value
    assert cost == pytest.approx(least, rel=1e-9)
    assert choice.candidates[0].cost == pytest.approx(least, rel=1e-9)
    assert (choice.component, choice.scope) == (component, scope)
    assert choice.tried == len(catalog("machines").candidates(scope))
    assert len(choice.refused) == refused


def test_without_a_scope_every_cloud_is_looked_at() -> None:
    report = estimated(SHOP, api__node="cheapest")
    costs = [
        estimated(SHOP, api__node=f"cheapest of {cloud}").values["api.cost.per_month"].value
        for cloud in ("aws", "gcp", "azure")
    ]
    assert report.values["api.cost.per_month"].value == pytest.approx(min(costs))
    clouds = {c.cloud for c in report.machines[0].candidates}
    assert "generic" not in clouds
    assert report.machines[0].tried == len(catalog("machines").candidates())


def test_the_runners_up_are_of_other_families_and_rise_in_cost() -> None:
    [choice] = estimated(SHOP, api__node="cheapest of aws").machines
    costs = [c.cost for c in choice.candidates[2:]]
    assert costs == sorted(costs)
    names = [c.name for c in choice.candidates]
    assert len(names) == len(set(names)) > 5
    assert choice.candidates[0].reason == ""
    for candidate in choice.candidates[1:6]:
        assert re.fullmatch(r"costs (as much|[\d.]+% more)", candidate.reason)
        cost, wrong = tried(SHOP, "api", candidate.name)
        assert (cost, wrong) == (pytest.approx(candidate.cost, rel=1e-9), False)
        values = estimated(SHOP, api__node=candidate.name).values
        assert values["api.nodes"].value == candidate.nodes
        assert values["api.utilization"].value == pytest.approx(candidate.utilization)


def test_of_machines_that_cost_the_same_the_fewest_are_taken() -> None:
    """Twice the machine at twice the price: at a load of whole machines nothing else differs."""
    said = {"api__cpu_time": "6 ms", "api__target_utilization": "100%", "save__rate": "0/s"}
    said |= {
        "ask__rate": f"{1.25 * 48 * 3 / 0.006!r}/s",
        "ask__response": "0 B",
        "api__minimum": "1",
    }
    [choice] = estimated(SHOP, api__node="cheapest of m7g", **said).machines
    assert (choice.candidates[0].name, choice.candidates[0].nodes) == ("m7g.12xlarge", 3)
    assert choice.candidates[0].cost == pytest.approx(72 * 0.0816 * 730)


def test_what_breaks_a_check_is_refused_with_the_reason() -> None:
    [choice] = estimated(
        SHOP, api__node="cheapest of t4g", ask__rate="50/s", save__rate="1/s"
    ).machines
    reasons = {c.name: c.reason for c in choice.refused}
    for name in catalog("machines").candidates("t4g"):
        _, wrong = tried(SHOP, "api", name.name, ask__rate="50/s", save__rate="1/s")
        assert (name.name in reasons) == wrong
    busy = estimated(SHOP, api__node="cheapest of aws").machines[0].refused
    assert {c.reason for c in busy} == {
        "its cores are used beyond the baseline of a burstable machine",
        "its accelerators are paid for, and do no work here",
    }


def test_what_is_too_small_for_pinned_nodes_is_refused() -> None:
    [choice] = estimated(SHOP, api__node="cheapest of m7g", api__nodes="5").machines
    # 55 cores, 44 of a machine that does 1.25 times as much, at 60% on five machines
    assert choice.candidates[0].name == "m7g.4xlarge"
    assert {c.name: c.reason for c in choice.refused}["m7g.large"] == "it needs 37 nodes"


def test_where_no_machine_does_an_error_at_the_choice_says_why(ask: Ask) -> None:
    given = SHOP.replace("cpu_time: 5 ms", "cpu_time: 5 ms, nodes: 2, node: cheapest of t4g")
    ran = ask("run", "-", given=given)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(
        "error[E036]: no machine can do the work of `api`: t4g.small is rejected, "
    )
    place = given.splitlines()[5].index("cheapest of t4g") + 1
    assert f" --> <stdin>:6:{place}" in ran.err
    assert "4 machines were tried" in ran.err


# --- several choices ------------------------------------------------------------------------------


def test_two_open_choices_are_each_the_cheapest() -> None:
    both = chosen(SHOP, api__node="cheapest of aws", store__node="cheapest of gcp")
    one = chosen(SHOP, api__node="cheapest of aws")
    other = chosen(SHOP, store__node="cheapest of gcp")
    assert both == one | other


def test_an_open_choice_is_not_refused_for_another_that_is_still_open() -> None:
    """Pinned nodes of the first machine that comes to hand would make everybody wait for ever."""
    scenario = f"slo: {{p99: 60 ms}}\n{SHOP}  next: {{kind: service, receives: [ask], nodes: 4}}\n"
    said = {"api__node": "cheapest of aws", "next__node": "cheapest of aws"}
    found = chosen(scenario, **said, next__cpu_time="5 ms")
    assert set(found) == {"api", "next"}
    alone = chosen(scenario, api__node="cheapest of aws", next__node=found["next"])
    assert found["api"] == alone["api"]


def test_the_comparison_leaves_other_open_choices_as_they_will_be(ask: Ask) -> None:
    scenario = f"slo: {{p99: 60 ms}}\n{SHOP}  next: {{kind: service, receives: [ask], nodes: 4}}\n"
    ran = ask(
        "machines", "-", "api", "--of", "m7g", "--set", "next.node=cheapest of aws", given=scenario
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.rows("Machines for api")[0][-1].strip() == "the cheapest"


def test_a_variant_and_a_setting_may_leave_a_machine_open(ask: Ask) -> None:
    given = SHOP + "variants: {open: {api.node: cheapest of gcp}}\n"
    ran = ask("run", "-", "--variant", "open", "--format", "json", given=given)
    [machine] = ran.scenario["machines"]
    assert ran.code == 0
    assert machine["chosen"] == chosen(SHOP, api__node="cheapest of gcp")["api"]
    assert ask("run", "-", "--format", "json", given=given).scenario["machines"] == []
    named = ask(
        "run", "-", "--variant=open", "--set=api.node=m7g.large", "--format=json", given=given
    )
    assert named.scenario["machines"] == []


def test_spaces_between_the_words_of_a_choice_do_not_matter() -> None:
    assert chosen(SHOP, api__node="cheapest  of   m7g") == chosen(SHOP, api__node="cheapest of m7g")


def test_a_choice_of_a_kind_of_ones_own_is_made_too(tmp_path: Path) -> None:
    (tmp_path / "encoder.yaml").write_text(
        "kind: encoder\nabout: Encodes.\nextends: fleet\nsource: Counted.\n"
        "resources:\n  cores: {demand: requests.peak * 20 ms, capacity: node.cores,"
        " limit: target_utilization, about: Cores.}\n",
        "utf-8",
    )
    own = "library: encoder.yaml\n" + SHOP + "  coder: {kind: encoder, receives: [save]}\n"
    report = estimated(own, tmp_path, coder__node="cheapest of r7i")
    [choice] = report.machines
    costs = {
        e.name: estimated(own, tmp_path, coder__node=e.name).values["coder.cost.per_month"].value
        for e in catalog("machines").candidates("r7i")
    }
    assert costs[choice.candidates[0].name] == pytest.approx(min(costs.values()))


@pytest.mark.parametrize(
    ("said", "rule", "words"),
    [
        ("cheapest of gpc", "E022", "did you mean `gcp`?"),
        ("cheapest of mars", "E022", "there are "),
        ("cheapest of", "E022", "the catalog of machines has no `cheapest of`"),
        ("cheapst", "E022", "the catalog of machines has no `cheapst`"),
    ],
)
def test_a_choice_among_nothing_is_an_error_at_its_place(
    said: str, rule: str, words: str, ask: Ask
) -> None:
    given = SHOP.replace("cpu_time: 5 ms", f"cpu_time: 5 ms, node: {said}")
    ran = ask("run", "-", given=given)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error[{rule}]: ")
    assert words in ran.err
    place = given.splitlines()[5].index(f"node: {said}") + 7
    assert f" --> <stdin>:6:{place}" in ran.err
    by_setting = ask("run", "-", "--set", f"api.node={said}", given=SHOP)
    assert (by_setting.code, by_setting.err.count("error[")) == (2, 1)
    assert " --> --set:1:10" in by_setting.err


# --- what is shown --------------------------------------------------------------------------------


def test_json_says_which_machine_was_chosen_and_from_what(ask: Ask) -> None:
    ran = ask("run", "-", "--set=api.node=cheapest of aws", "--format=json", given=SHOP)
    [found] = ran.scenario["machines"]
    [choice] = estimated(SHOP, api__node="cheapest of aws").machines
    assert (found["component"], found["scope"], found["tried"]) == ("api", "aws", choice.tried)
    assert found["chosen"] == found["candidates"][0]["name"] == choice.candidates[0].name
    assert found["candidates"][0]["reason"] is None
    assert [c["name"] for c in found["candidates"]] == [c.name for c in choice.candidates]
    assert {c["name"] for c in found["rejected"]} == {c.name for c in choice.refused}
    quantities: dict[str, Any] = ran.scenario["quantities"]
    assert found["candidates"][0]["cost_per_month"] == quantities["api.cost.per_month"]["value"]
    everywhere = ask("run", "-", "--set=api.node=cheapest", "--format=json", given=SHOP)
    assert everywhere.scenario["machines"][0]["scope"] is None


@pytest.mark.parametrize("format_", ["table", "markdown"])
def test_the_result_shows_what_was_chosen_and_the_runners_up(format_: str, ask: Ask) -> None:
    ran = ask(
        "run",
        "-",
        "--show=machines",
        "--set=api.node=cheapest of aws",
        "--format",
        format_,
        given=SHOP,
    )
    [choice] = estimated(SHOP, api__node="cheapest of aws").machines
    shown = ran.out.partition("Machines for api, of aws")[2]
    for candidate in choice.candidates[:4]:
        assert candidate.name in shown
    assert "the cheapest" in shown


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_machines_are_compared_for_every_shipped_scenario(path: Path, ask: Ask) -> None:
    ran = ask("machines", str(path), "--of", "m7g")
    assert (ran.code, ran.err) == (0, "")
    assert re.search(r"^Machines for \w+, of m7g$", ran.out, re.M)
    assert "nan" not in re.split(r"\W+", ran.out)


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 120])
def test_the_comparison_fits_the_terminal(columns: int) -> None:
    shown = re.sub(r"\x1b\[[\d;]*m", "", on_terminal(columns, "machines", "search", "api"))
    assert "rejected" in shown
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown


ALONE = """\
traffic: {peak_to_average: 1}
actions: {ask: {rate: 1k/s, op: read, response: 1 kB}, save: {rate: 1/s, retention: 1 day}}
components: {thing: {kind: service, receives: [ask]}}
"""


def _last_line(ask: Ask, scenario: str, *options: str) -> str:
    return ask("machines", "-", *options, given=scenario).out.splitlines()[-1]


@pytest.mark.parametrize("cpu_time", ["5 ms", "40 ms", "100 ms", "1 s"])
@pytest.mark.parametrize("kind", ["service", "database, stored.retained: 24 TB"])
def test_no_machine_made_for_other_work_is_said_to_do_it_alone(
    kind: str, cpu_time: str, ask: Ask
) -> None:
    scenario = ALONE.replace("kind: service", f"kind: {kind}")
    if kind == "service":
        scenario = scenario.replace("kind: service", f"kind: service, cpu_time: {cpu_time}")
    for scope in ((), ("--of", "aws")):
        line = _last_line(ask, scenario, *scope)
        assert "alone: " in line
        assert not re.search(r"alone: .*\b(p5|g5|t3|t4g|d3)\.", line)
        if kind == "service":
            assert not re.search(r"alone: .*\b(i4i|i3en|im4gn|z3)", line)


def test_the_cheapest_machine_for_much_traffic_has_no_accelerators(ask: Ask) -> None:
    text = """\
actions: {watch: {rate: 1k/s, response: 200 MB}}
components: {web: {kind: service, cpu_time: 1 ms, node: cheapest of aws}}
"""
    found = ask("machines", "-", "web", given=text).out  # 3.2 Tbps come with eight accelerators
    assert re.search(r"p5.48xlarge .* rejected: its accelerators are paid for, and do no", found)


def test_a_machine_that_is_asked_for_by_name_may_do_the_work_alone(ask: Ask) -> None:
    assert "does the work alone: i3en." in _last_line(ask, ALONE, "--of", "i3en")
    small = ALONE.replace("1k/s", "10/s")
    assert "does the work alone: t4g.small" in _last_line(ask, small, "--of", "t4g")


def test_where_a_larger_machine_does_no_more_none_is_named(ask: Ask) -> None:
    keys = ALONE.replace("rate: 1k/s", "rate: 1M/s").replace(
        "kind: service", "kind: cache, working_set: 1 GB"
    )
    assert _last_line(ask, keys).endswith("no machine does the work alone")


def test_a_machine_that_does_the_work_alone_keeps_the_checks_alone(ask: Ask) -> None:
    """Two burstable machines stay below their baseline, and one of them would not."""
    given = SHOP.split("components:")[0] + "components:\n  api: {kind: service, cpu_time: 5 ms}\n"
    settings = ("--set", "ask.rate=380/s", "--set", "save.rate=1/s")
    two = ask("machines", "-", "--of", "t4g", *settings, given=given)
    assert two.rows("Machines for api")[0][0].strip() == "t4g.xlarge"
    assert "no machine does the work alone" in two.out
    assert tried(given, "api", "t4g.xlarge", ask__rate="380/s", save__rate="1/s", api__minimum="1")[
        1
    ]
    steady = ask("machines", "-", "--of", "m7g", *settings, given=given)
    assert "the cheapest that does the work alone: m7g.xlarge" in steady.out


@pytest.mark.parametrize(
    ("arguments", "rule", "words"),
    [
        (["-", "apy"], "E014", "did you mean `api`?"),
        (["-", "ask"], "E014", "no component `ask` has machines to choose from"),
        (["-", "--of", "asw"], "E022", "did you mean `aws`?"),
        (["-", "--set", "api.nods=3"], "E014", "--> --set:1:1"),
        (["-", "--variant", "x"], "E030", "--> --variant:1:1"),
        (["missing.yaml"], "E001", "there is no file"),
    ],
)
def test_a_wrong_question_about_machines_is_an_error(
    arguments: list[str], rule: str, words: str, ask: Ask
) -> None:
    ran = ask("machines", *arguments, given=SHOP)
    assert (ran.code, ran.out) == (2, "")
    assert f"error[{rule}]: " in ran.err
    assert words in ran.err


# --- the catalogues -------------------------------------------------------------------------------


def test_every_catalogue_is_listed_and_shown(ask: Ask) -> None:
    listed = ask("catalog")
    assert (listed.code, listed.err) == (0, "")
    for name in ("machines", "volumes", "storage", "egress", "cdn", "base"):
        shown = ask("catalog", name)
        assert (shown.code, shown.err) == (0, "")
        assert re.search(rf"^{name} ", listed.out, re.M)
        for entry in catalog(name).names():
            assert entry in shown.out


def test_a_catalogue_may_be_cut_to_a_family(ask: Ask) -> None:
    shown = ask("catalog", "machines", "--of", "m7g").out
    assert "m7g.large" in shown
    assert "m7i.large" not in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["machins"], "did you mean `machines`?"),
        (["machines", "--of", "m7q"], "or `m7g` or"),
    ],
)
def test_a_catalogue_that_is_not_there_is_an_error(
    arguments: list[str], words: str, ask: Ask
) -> None:
    ran = ask("catalog", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert "error[E022]" in ran.err
    assert words in ran.err


# --- base rates -----------------------------------------------------------------------------------


def test_base_rates_may_stand_in_every_formula(tmp_path: Path) -> None:
    (tmp_path / "disk.yaml").write_text(
        "kind: disk\nabout: Reads.\nextends: component\nsource: Counted.\n"
        "derive:\n  seeks: {formula: requests.peak * base.ssd.random_read.latency,"
        " dimension: count, about: Seeks.}\n",
        "utf-8",
    )
    found = estimated(
        "library: disk.yaml\n" + SHOP + "  disks: {kind: disk, receives: [save]}\n"
        "derive: {scan: 1 TB / base.ssd.sequential_read.throughput}\n"
        "expect: [base.hdd.random_read.latency == 10 ms]\n",
        tmp_path,
        api__cpu_time="5 * base.context_switch.latency",
        cards__service_time="base.memory.random_read.latency",
    )
    values = {n: v.value for n, v in found.values.items()}
    assert values["scan"] == pytest.approx(1e12 / (8 * 2**30))
    assert values["api.cpu_time"] == pytest.approx(50e-6)
    assert values["cards.service_time"] == pytest.approx(20e-9)
    assert values["disks.seeks"] == pytest.approx(1000 * 100e-6)
    assert [o.status for o in found.expectations] == ["pass"]


def test_a_base_rate_that_is_used_is_a_quantity_with_its_source(ask: Ask) -> None:
    used = "derive: {scan: 1 TB / base.ssd.sequential_read.throughput}\n"
    found = ask("run", "-", "--format", "json", given=used).scenario["quantities"]
    assert set(found) == {"scan", "base.ssd.sequential_read.throughput"}
    rate = found["base.ssd.sequential_read.throughput"]
    assert (rate["value"], rate["unit"], rate["formula"]) == (8 * 2**30, "B/s", "8 GiB/s")
    value = estimated(used).values["base.ssd.sequential_read.throughput"]
    assert "napkin-math" in value.source


@pytest.mark.parametrize(
    ("formula", "hint"),
    [
        ("base.ssd.random_reed.latency", "`base.ssd.random_read.latency`"),
        ("base.ssd.random_read.latncy", "`base.ssd.random_read.latency`"),
        ("base.hash.throughputt", "`base.hash.throughput`"),
    ],
)
@pytest.mark.parametrize("where", ["derive: {{x1: {}}}", "expect: [{} > 0]"])
def test_a_misspelt_base_rate_is_told_with_the_one_that_is_near(
    formula: str, hint: str, where: str
) -> None:
    with pytest.raises(InputError) as raised:
        estimated(where.format(formula) + "\n")
    [found] = raised.value.diagnostics
    assert found.rule == "E014"
    assert hint in (found.help or "")


def test_base_rates_and_what_is_called_base_are_told_apart() -> None:
    lines = "derive: {x1: base.ssd.random_read.latency, x2: base.nodes}\n"
    named = SHOP.replace("  cards:", "  base:").replace("cards.misses", "base.misses")
    values = estimated(named + lines).values
    assert values["x1"].value == pytest.approx(100e-6)
    assert values["x2"].value == values["base.nodes"].value
    action = SHOP.replace("save", "base") + "derive: {x1: base.hash.latency + 1 / base.rate}\n"
    assert estimated(action).values["x1"].value == pytest.approx(10e-9 + 1e-3)
    with pytest.raises(InputError) as raised:
        estimated(f"{named}derive: {{x1: base.nods}}\n")
    assert "`base.nodes`" in (raised.value.diagnostics[0].help or "")


def test_base_rates_have_a_figure_for_each_field_they_name() -> None:
    names = [f"base.{e.name}.{f}" for e in catalog("base").candidates("*") for f in e.fields]
    assert len(names) > 60
    lines = {f"x{i}": name for i, name in enumerate(names)}
    report = estimated(f"derive: {json.dumps(lines)}\n")
    assert all(report.values[name].value > 0 for name in names)


# --- where the load is a range --------------------------------------------------------------------

_SCORE = NormalDist()
_SPREAD = math.log(3) / _SCORE.inv_cdf(0.95)  # of 10k to 90k

RUSH = """\
actions:
  ask: {rate: 10k/s to 90k/s, op: read, response: 2 kB}
components:
  api: {kind: service, cpu_time: 5 ms, node: cheapest of aws}
conventions: {under_weight: 19}
"""


def planned(scenario: str, **said: str) -> Any:
    [choice] = estimated(scenario, **said).machines
    return choice


@pytest.mark.slow
@pytest.mark.parametrize(("weight", "percentile"), [("19", 2), ("1", 1), ("1/19", 0)])
def test_nodes_are_planned_for_the_share_of_cases_that_the_weight_asks_for(
    weight: str, percentile: int
) -> None:
    best = planned(RUSH.replace("19", weight)).candidates[0]
    found = estimated(RUSH, api__node=best.name).uncertainty
    assert found is not None
    nodes = found.spreads["servers"].percentiles[percentile]
    assert best.nodes == pytest.approx(nodes, rel=0.01)


@pytest.mark.slow
def test_the_machine_of_a_range_is_the_one_that_is_regretted_least() -> None:
    choice = planned(RUSH)
    assert choice.weight == 19
    best = choice.candidates[0]
    # an independent plan of each machine: the load is lognormal, and nodes follow from it
    loads = [math.exp(_SCORE.inv_cdf((i + 0.5) / 4000) * _SPREAD) * 30_000 for i in range(4000)]
    weighed = {}
    for entry in catalog("machines").candidates("aws"):
        one = estimated(RUSH, api__node=entry.name, ask__rate="30k/s")
        if one is None or tried(RUSH, "api", entry.name, ask__rate="30k/s")[1]:
            continue
        busy = one.values["api.utilization"].value * one.values["api.nodes"].value
        each = one.values["api.cost.per_month"].value / one.values["api.nodes"].value
        need = sorted(max(2, math.ceil(busy * x / 30_000 / 0.6 - 1e-9)) * each for x in loads)
        fleet = need[int(0.95 * len(need))]
        missing = sum(max(0.0, n - fleet) for n in need) / len(need)
        weighed[entry.name] = fleet + 19 * missing
    assert weighed[best.name] == pytest.approx(min(weighed.values()), rel=0.01)


def test_a_range_without_width_is_planned_as_the_value_is() -> None:
    sure = planned(RUSH, ask__rate="30k/s").candidates[0]
    assert planned(RUSH, ask__rate="30k/s to 30k/s").candidates[0] == sure
    assert sure.regret is None


def test_nodes_that_are_pinned_are_not_planned_for_a_range() -> None:
    pinned = planned(RUSH, api__nodes="40")
    assert pinned.weight is None
    assert {c.nodes for c in pinned.candidates} == {40}
    assert pinned.candidates[0].regret is None


@pytest.mark.slow
def test_the_weights_are_stated_where_machines_are_compared(ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "rush.yaml"
    file.write_text(RUSH.replace("conventions: {under_weight: 19}\n", ""))
    told = ask("machines", str(file)).out
    assert "planned for 80% of samples" in " ".join(told.split())
    assert "regret" in told
    found = ask("run", str(file), "--format", "json").scenario
    assert found["machines"][0]["weight"] == 4
    assert found["machines"][0]["candidates"][0]["regret"] > 0


@pytest.mark.slow
def test_a_choice_takes_no_longer_because_of_components_beside_it(ask: Ask) -> None:
    def seconds(count: int) -> float:
        parts = "".join(
            f"  svc{i}: {{kind: service, cpu_time: {i + 1} ms, node: cheapest}}\n"
            for i in range(count)
        )
        start = time.monotonic()
        text = f"actions: {{act: {{rate: 1k/s, payload: 1 kB}}}}\ncomponents:\n{parts}"
        assert ask("check", "--no-cache", "-", given=text).code == 0
        return time.monotonic() - start

    seconds(1)
    assert seconds(40) < 8 * (seconds(10) + 0.5)  # it was 16 times as long
