"""How often a system works, what that takes, and what is aimed at and promised."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator

import pytest
from asking import SHIPPED, Ask, estimated, values_of

from estimator.diagnostics import InputError

FLEET = """\
traffic: {peak_to_average: 1}
actions:
  ask: {rate: 900/s, op: read, response: 1 kB}
components:
  api:
    {kind: service, cpu_time: 1 ms, node.cores: 1, minimum: 1, node_availability: 90%,
     zone_availability: 100%, common_cause: 0%}
"""


STORE = """\
components:
  api: {kind: database, node_availability: 99%, zone_availability: 100%, common_cause: 0%,
    like.failover_time: 0 s}
"""


def states(parts: int, works: float) -> Iterator[tuple[tuple[bool, ...], float]]:
    """Yield every way in which parts are up or down, with its chance."""
    for up in itertools.product((True, False), repeat=parts):
        yield up, math.prod(works if u else 1 - works for u in up)


def enumerated(needed: int, nodes: int, node: float, zones: int = 1, zone: float = 1.0) -> float:
    """Return the chance that enough nodes work, dealt out to zones like cards."""
    total = 0.0
    for zones_up, chance in states(zones, zone):
        for nodes_up, other in states(nodes, node):
            if sum(up and zones_up[i % zones] for i, up in enumerate(nodes_up)) >= needed:
                total += chance * other
    return total


def settled(**said: object) -> dict[str, float]:
    return values_of(FLEET, **{f"api__{name}": str(value) for name, value in said.items()})


# --- zones and regions ----------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "nodes"), [(900, 1), (900, 3), (1900, 4), (4900, 7), (900, 8)])
def test_enough_nodes_work_as_often_as_their_states_say(rate: int, nodes: int) -> None:
    found = values_of(FLEET, ask__rate=f"{rate}/s", api__nodes=f"{nodes}")
    needed = math.ceil(rate / 1000)
    assert found["api.needed_nodes"] == needed
    assert found["api.availability"] == pytest.approx(enumerated(needed, nodes, 0.9), rel=1e-12)


@pytest.mark.parametrize("zones", [1, 2, 3, 5])
@pytest.mark.parametrize(("rate", "nodes"), [(900, 3), (1900, 4), (2900, 7)])
def test_nodes_in_zones_work_as_often_as_the_states_of_both_say(
    zones: int, rate: int, nodes: int
) -> None:
    found = values_of(
        FLEET,
        ask__rate=f"{rate}/s",
        api__nodes=f"{nodes}",
        api__zones=f"{zones}",
        api__zone_availability="95%",
    )
    wanted = enumerated(math.ceil(rate / 1000), nodes, 0.9, zones, 0.95)
    assert found["api.availability"] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize("zones", [1, 2])
@pytest.mark.parametrize("regions", [2, 3])
def test_one_region_that_carries_the_load_is_enough(regions: int, zones: int) -> None:
    found = values_of(
        FLEET,
        ask__rate="1900/s",
        api__nodes=f"{3 * regions}",
        api__regions=f"{regions}",
        api__region_availability="97%",
        api__zones=f"{zones}",
        api__zone_availability="95%",
        resilience__change_mttr="0 s",
    )
    nodes = enumerated(2, 3 * regions, 0.9, zones * regions, 0.95)
    assert found["api.availability"] == pytest.approx(nodes, rel=1e-12)
    wanted = nodes * (1 - 0.03**regions)
    assert found["ask.availability"] == pytest.approx(wanted, rel=1e-12)


def test_regions_too_small_for_the_peak_are_all_needed_with_all_of_their_zones() -> None:
    found = values_of(
        FLEET,
        ask__rate="3900/s",
        api__nodes="6",
        api__regions="2",
        api__region_availability="97%",
        api__zones="2",
        api__zone_availability="95%",
        resilience__change_mttr="0 s",
    )
    wanted = 0.97**2 * enumerated(4, 6, 0.9, 4, 0.95)
    assert found["ask.availability"] == pytest.approx(wanted, rel=1e-12)


def test_regions_share_the_nodes_that_the_load_asks_for(ask: Ask) -> None:
    one, two = (values_of(FLEET, ask__rate="9000/s", api__regions=n) for n in ("1", "2"))
    assert (one["api.nodes"], two["api.nodes"], two["api.region_nodes"]) == (15, 16, 8)
    said = ("run", "-", "--set=ask.rate=9000/s", "--set=api.regions=2")
    pinned = ask(*said, "--set=api.nodes=15", given=FLEET)
    assert "`api` has 15 nodes, but cpu needs 16" in pinned.err
    assert "15 (needs 16)" in pinned.out
    assert "W101" not in ask(*said, "--set=api.nodes=16", given=FLEET).err


def test_what_cannot_carry_a_load_that_is_always_the_same_never_works(ask: Ask) -> None:
    scenario = FLEET + "slo: {availability: 99%}\n"
    found = values_of(scenario, ask__rate="2100/s", api__nodes="2")
    assert (found["api.availability"], found["availability"]) == (0, 0)
    ran = ask("run", "-", "--all", "--set=ask.rate=2100/s", "--set=api.nodes=2", given=scenario)
    assert re.search(r"^availability +99% +0%$", ran.out, re.M)
    assert re.search(r"^availability, all components +0%$", ran.out, re.M)
    alone = ask("run", "-", "--all", "--set=ask.rate=2100/s", "--set=api.nodes=2", given=FLEET)
    assert re.search(r"^availability, all components +0%$", alone.out, re.M)


@pytest.mark.parametrize(
    ("levels", "note"),
    [
        (
            "slo: {availability: 99%, p99: 1 s}",
            "estimate: availability of all components in series, latency of the slowest action",
        ),
        ("slo: {for: [ask], availability: 99%}", "estimate: ask"),
        ("slo: {for: [ask, tell], p99: 1 s}", "estimate: the worst of ask and tell"),
        ("slo: {p99: 1 s}", "estimate: the worst of all actions"),
        (
            "slo: {for: [ask], availability: 99%}\nsla: {for: [tell], availability: 98%}",
            "estimate for slo: ask; estimate for sla: tell",
        ),
    ],
)
def test_an_estimate_beside_a_level_says_what_it_is_of(levels: str, note: str, ask: Ask) -> None:
    scenario = (
        "actions: {ask: {rate: 10/s}, tell: {rate: 5/s}, muse: {rate: 1/s}}\n"
        "components: {api: {kind: service, receives: [ask, tell, muse]}}\n"
    )
    out = ask("run", "-", "--show=slo", given=f"{scenario}{levels}\n").out
    assert out.split("Service levels\n")[1].split("\n\n")[0].splitlines()[-1] == note


def test_copies_work_as_often_as_a_majority_of_them() -> None:
    scenario = FLEET.split("components:")[0] + STORE.replace("99%", "90%")
    found = values_of(scenario)
    assert found["api.availability"] == pytest.approx(enumerated(2, 3, 0.9), rel=1e-12)
    apart = values_of(
        scenario, api__zones="3", api__zone_availability="95%", api__regions="2",
        api__region_availability="97%", api__replicas="5",
    )  # fmt: skip
    region = enumerated(3, 5, 0.9, 3, 0.95)
    assert apart["api.availability"] == pytest.approx(1 - (1 - region) ** 2, rel=1e-12)


# --- a target -------------------------------------------------------------------------------------

TARGETS = ["99%", "99.9%", "99.9999%"]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "where",
    [
        {},
        {"zones": 3, "zone_availability": "99.5%"},
        {"zones": 5, "zone_availability": "99%"},
        {"regions": 2},
        {"regions": 2, "zones": 3, "zone_availability": "99.9%"},
        {"regions": 3},
    ],
    ids=str,
)
def test_a_target_is_reached_and_not_by_one_node_fewer(
    target: str, where: dict[str, object]
) -> None:
    wanted = float(target.rstrip("%")) / 100
    regions = int(str(where.get("regions", 1)))
    found = settled(target_availability=target, **where)
    assert found["api.availability"] >= wanted - 1e-15
    by_load, nodes = settled(**where)["api.nodes"], found["api.nodes"]
    assert nodes >= by_load
    if nodes > by_load and regions == 1:
        fewer = settled(nodes=int(nodes) - regions, **where)
        assert fewer["api.availability"] < wanted


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_reached_by_the_fewest_copies(target: str) -> None:
    scenario = FLEET.split("components:")[0] + STORE
    wanted = float(target.rstrip("%")) / 100
    found = values_of(scenario, api__target_availability=target)
    copies = int(found["api.replicas"])
    assert copies % 2 == 1
    assert found["api.availability"] >= wanted - 1e-15
    assert copies == 3 or enumerated(copies // 2, copies - 2, 0.99) < wanted


def test_a_target_counts_the_time_to_take_over(ask: Ask) -> None:
    slow = STORE.replace("like.failover_time: 0 s", "like.failover_time: 60 min")
    scenario = FLEET.split("components:")[0] + slow.replace("99%", "90%")
    away = 3600 / (365 * 86400 / 2) + 3600 / (5 * 365 * 86400)
    target = 1 - 1.01 * away
    found = values_of(scenario, api__target_availability=repr(target))
    assert found["api.availability"] >= target
    assert (
        found["api.replicas"] > values_of(scenario, api__target_availability="99%")["api.replicas"]
    )
    never = scenario.replace("60 min", f"60 min, target_availability: {1 - 0.99 * away!r}")
    assert "or taking over, leaves less than that" in ask("run", "-", given=never).err


@pytest.mark.parametrize("target", [0.99, 0.999999])
def test_a_target_counts_nodes_that_get_in_each_others_way(target: float) -> None:
    said = {"ask__rate": "2900/s", "api__contention": "5%", "api__coherency": "0.5%"}
    found = values_of(FLEET, **said, api__target_availability=f"{target}")
    nodes = int(found["api.nodes"])
    needed = next(n for n in range(1, 20) if n / (1 + (n - 1) * (0.05 + 0.005 * n)) >= 2.9)
    assert found["api.availability"] == pytest.approx(enumerated(needed, nodes, 0.9), rel=1e-12)
    assert found["api.availability"] >= target
    by_load = values_of(FLEET, **said)["api.nodes"]
    assert nodes == by_load or enumerated(needed, nodes - 1, 0.9) < target


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (
            "zone_availability: 99%, common_cause: 0%, target_availability: 99.9%",
            "the only zone is down 1% of the",
        ),
        (
            "zone_availability: 100%, common_cause: 0%, target_availability: 100%",
            "reaches 100%, as each may fail",
        ),
        (
            "common_cause: 1%, target_availability: 99.999%",
            "what takes all nodes down at once, or taking over, leaves less than that",
        ),
    ],
)
def test_a_target_that_nothing_reaches_is_an_error_that_says_why(
    said: str, why: str, ask: Ask
) -> None:
    known = FLEET.replace("zone_availability: 100%,", "").replace("common_cause: 0%", said)
    ran = ask("run", "-", given=known)
    assert ran.code == 2
    assert ran.err.startswith("error[E023]: `api.nodes.availability` cannot be computed: ")
    assert why in ran.err
    assert "--> <stdin>:" in ran.err


# --- what is aimed at and promised ----------------------------------------------------------------

TWO = """\
users: 10M
actions:
  visit:  {per_user: 10/day, response: 20 kB}
  report: {rate: 1/s, response: 1 MB}
components:
  api:   {kind: service, receives: [visit, report], nodes: 3}
  files: {kind: object_store, receives: [report], availability: 99%, stored.retained: 1 TB}
"""


def test_an_action_works_as_often_as_all_that_it_waits_for() -> None:
    found = values_of(TWO)
    alone = found["api.availability"] * found["visit.availability.shared"]
    assert found["visit.availability"] == pytest.approx(alone)
    assert found["report.availability"] == pytest.approx(alone * 0.99)
    assert found["availability"] == pytest.approx(alone * 0.99)


def test_what_stands_behind_a_queue_may_fail() -> None:
    queue = (
        "  posts: {kind: queue, receives: [visit]}\n"
        "  later: {kind: service, receives: [posts.messages], node_availability: 50%}\n"
    )
    found = values_of(TWO + queue)
    apart = found["api.availability.alone"] * found["posts.availability.alone"]
    wanted = apart * found["api.availability.zones"] * found["visit.availability.shared"]
    assert found["visit.availability"] == pytest.approx(wanted)
    assert found["availability"] < found["report.availability"]


@pytest.mark.parametrize(
    ("named", "share"),
    [("[visit]", 1.0), ("visit", 1.0), ("{visit: 1}", 1.0), ("[report]", 0.99),
     ("[visit, report]", 0.99)],
)  # fmt: skip
def test_an_objective_is_held_against_the_worst_of_its_actions(named: str, share: float) -> None:
    found = values_of(f"{TWO}slo: {{for: {named}, availability: 99.9%}}\n")
    wanted = share * found["api.availability"] * found["visit.availability.shared"]
    assert found["slo.estimate.availability"] == pytest.approx(wanted, rel=1e-12)


def test_an_objective_for_nothing_in_particular_is_for_everything() -> None:
    found = values_of(f"{TWO}slo: {{availability: 99.9%, p99: 1 s}}\n")
    assert found["slo.estimate.availability"] == pytest.approx(found["availability"], rel=1e-12)
    slowest = max(found["visit.latency.p99"], found["report.latency.p99"])
    assert found["slo.estimate.p99"] == slowest


def test_what_is_aimed_at_and_what_is_promised_are_judged_apart(ask: Ask) -> None:
    both = (
        "slo: {for: [visit], availability: 99.95%}\nsla: {for: [report], availability: 98%}\n" + TWO
    )
    assert ask("run", "-", given=both).err == ""
    high = both.replace("99.95%", "97%")
    assert "the sla promises more than the slo aims at" in ask("run", "-", given=high).err
    low = both.replace("slo: {for: [visit]", "slo: {for: [report]")
    assert "below the objective (slo)" in ask("run", "-", given=low).err


@pytest.mark.parametrize("month", ["730 h", "30 days"])
def test_the_error_budget_is_the_share_of_a_months_requests_that_may_fail(month: str) -> None:
    found = values_of(
        f"{TWO}conventions: {{month: {month}}}\nslo: {{for: [report], availability: 98%}}\n"
    )
    hours = {"730 h": 730, "30 days": 720}[month]
    assert found["slo.error_budget.requests"] == pytest.approx(0.02 * 3600 * hours)
    down = 1 - found["report.availability"]
    assert found["slo.error_budget.used"] == pytest.approx(down / 0.02)
    assert found["slo.downtime.per_month"] == pytest.approx(0.02 * hours * 3600)
    assert found["slo.estimate.downtime.per_year"] == pytest.approx(down * 12 * hours * 3600)


def test_an_objective_of_always_leaves_no_budget() -> None:
    found = values_of(f"{TWO}slo: {{availability: 100%}}\n")
    assert (found["slo.error_budget.requests"], found["slo.error_budget.used"]) == (0, 0)


def test_an_objective_for_an_action_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(InputError) as raised:
        estimated(f"{TWO}slo: {{for: [vist], availability: 99%}}\n")
    [found] = raised.value.diagnostics
    assert (found.rule, found.message) == ("E021", "there is no action `vist`")
    assert found.place is not None
    assert found.place.source.text[found.place.start : found.place.end] == "vist"


# --- further nines --------------------------------------------------------------------------------

NINES = """\
users: 10M
resilience: {zones: 3, common_cause: 0%, region_mttr: 0 s, change_mttr: 0 s}
actions:
  visit: {per_user: 10/day, response: 2 kB}
  save: {per_user: 1/day, payload: 1 kB, retention: 1 year}
components:
  api: {kind: service, receives: [visit, save], cpu_time: 5 ms}
  cards: {kind: cache, receives: [visit]}
  store: {kind: database, receives: [cards.misses, save], like.failover_time: 0 s}
"""


def levels(ask: Ask, *arguments: str, given: str | None = None) -> dict[str, list[str]]:
    """Return the cells of each row after the target."""
    ran = ask("nines", *arguments, given=given)
    assert (ran.code, ran.err) == (0, "")
    rows = [[cell.strip() for cell in row] for row in ran.rows("What each further nine costs")]
    return {row[0]: row[1:] for row in rows if not row[0].startswith("more:")}


ROWS = ["99%", "99.9%", "99.99%", "99.999%", "99.9999%"]


def money(cell: str) -> float:
    factor = {"k": 1e3, "M": 1e6, "B": 1e9}.get(cell[-1], 1)
    return float(cell.strip("$kMB").replace(",", "")) * factor


@pytest.mark.parametrize("action", [None, "visit", "save"])
def test_every_further_nine_that_is_reached_is_reached_by_setting_it(
    action: str | None, ask: Ask
) -> None:
    chosen = ["--for", action] if action else []
    found = levels(ask, "-", *chosen, given=NINES)
    assert list(found) == ["current", *ROWS]
    waited_for = ["api", "store"] if action == "save" else ["api", "cards", "store"]
    for aimed in ROWS:
        target = float(aimed.rstrip("%")) / 100
        each = target ** (1 / len(waited_for))
        values = values_of(NINES, **{f"{c}.target_availability": f"{each!r}" for c in waited_for})
        reached = values[f"{action}.availability" if action else "availability"]
        assert reached >= target - 1e-15
        assert float(found[aimed][0].rstrip("%")) / 100 == pytest.approx(reached, abs=1e-3)
        assert float(found[aimed][2].replace(",", "")) == values["servers"]
        assert money(found[aimed][3]) == pytest.approx(values["cost.per_month"], rel=0.01)
        assert found[aimed][-1] == "–"


def test_no_nine_is_so_low_that_a_store_keeps_fewer_copies_than_without_a_target() -> None:
    now, low = (values_of(NINES, **t) for t in ({}, {"store__target_availability": "90%"}))
    assert low["store.replicas"] == now["store.replicas"] == 3


def test_the_first_row_is_the_file_as_it_is(ask: Ask) -> None:
    values = values_of(NINES, api__nodes="99")
    row = levels(ask, "-", "--set", "api.nodes=99", given=NINES)["current"]
    assert float(row[2].replace(",", "")) == values["servers"]
    assert float(row[0].rstrip("%")) / 100 == pytest.approx(values["availability"], abs=1e-4)


def test_what_the_file_says_of_copies_holds_a_nine_back(ask: Ask) -> None:
    said = ("--set=store.replicas=3", "--set=store.node_availability=99.5%")
    found = levels(ask, "-", *said, given=NINES)
    held = {aimed for aimed, row in found.items() if row[-1] != "–"}
    assert held == {"99.999%", "99.9999%"}
    assert found["99.999%"][-1] == "store stays at 99.9923%, which the file fixes"


def test_the_others_make_up_for_what_the_file_holds_back(ask: Ask) -> None:
    """Three copies of 99.9925% are below their equal share of 99.98%, which is reached still."""
    said = ("--set=store.replicas=3", "--set=store.node_availability=99.5%")
    found = levels(ask, "-", "--for=visit", *said, given=NINES)
    assert found["99.99%"][-1] == "–"
    assert float(found["99.99%"][0].rstrip("%")) >= 99.99


def test_what_regions_and_changes_take_holds_a_nine_back(ask: Ask) -> None:
    given = NINES.replace(", region_mttr: 0 s, change_mttr: 0 s", ", change_mttr: 1 h")
    found = levels(ask, "-", given=given)
    assert found["99.9%"][-1] == "–"
    assert found["99.99%"][-1] == "regions and changes of your own leave 99.985%"


def test_the_only_zone_holds_a_nine_back(ask: Ask) -> None:
    found = levels(ask, "-", "--set=resilience.zones=1", given=NINES)
    assert found["99.9%"][-1] == "–"
    assert "the only zone is down 0.00685% of the time" in found["99.999%"][-1]


def test_what_is_bought_as_a_service_holds_a_nine_back(ask: Ask) -> None:
    bought = "  files: {kind: object_store, receives: [save], availability: 99.95%}\n"
    found = levels(ask, "-", given=NINES + bought)
    assert found["99.9%"][-1] == "–"
    assert found["99.99%"] == ["–", "–", "–", "–", "–", "files is a service with 99.95%"]
    assert levels(ask, "-", "--for=visit", given=NINES + bought)["99.999%"][-1] == "–"


def test_actions_with_services_of_their_own_do_not_hold_each_other_back(ask: Ask) -> None:
    bought = (
        "  files: {kind: object_store, receives: [save], availability: 99.93%}\n"
        "  pages: {kind: object_store, receives: [visit], availability: 99.93%}\n"
    )
    apart = levels(ask, "-", "--for=visit", "--for=save", given=NINES + bought)
    assert apart["99.9%"][-1] == "–"
    assert "is a service with 99.93%" in levels(ask, "-", given=NINES + bought)["99.9%"][-1]


@pytest.mark.parametrize("named", ["[save]", "save", "{save: 1}"])
def test_the_actions_of_the_objective_are_those_that_should_work(named: str, ask: Ask) -> None:
    bought = "  pages: {kind: object_store, receives: [visit], availability: 90%}\n"
    slo = f"slo: {{for: {named}, availability: 99%}}\n"
    assert levels(ask, "-", given=slo + NINES + bought)["99.9%"][-1] == "–"
    for_all = levels(ask, "-", "--for=save", "--for=visit", given=slo + NINES + bought)
    assert for_all["99%"][-1] == "pages is a service with 90%"


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_further_nines_of_a_shipped_scenario_are_reached_or_held_back(path: str, ask: Ask) -> None:
    found = levels(ask, str(path))
    for aimed in ROWS:
        reached, held = found[aimed][0], found[aimed][-1]
        if held == "–":
            assert float(reached.rstrip("%")) >= float(aimed.rstrip("%")) - 1e-9, aimed
        elif reached != "–":
            assert float(reached.rstrip("%")) < float(aimed.rstrip("%")), aimed


def test_each_nine_allows_a_tenth_of_the_downtime_of_the_one_before(ask: Ask) -> None:
    ran = ask("nines")
    rows = {row[0].strip(): [c.strip() for c in row[1:]] for row in ran.rows("Downtime")}
    assert rows["99.9%"] == ["8.76 h", "43.8 min", "10.1 min", "1.44 min"]
    assert rows["99.99%"][0] == "52.6 min"
    assert rows["90%"] == ["36.5 days", "3.04 days", "16.8 h", "2.4 h"]
    julian = ask("nines", "--year", "365.25 days")
    rows = {row[0].strip(): [c.strip() for c in row[1:]] for row in julian.rows("Downtime")}
    assert rows["99.9%"] == ["8.77 h", "43.8 min", "10.1 min", "1.44 min"]


@pytest.mark.parametrize(
    ("arguments", "rule", "place"),
    [
        (["none.yaml"], "E001", None),
        (["nobody"], "E001", None),
        (["-", "--for", "vist"], "E021", None),
        (["-", "--set", "api.nods=3"], "E014", "--set:1:1"),
        (["-", "--set", "api.cpu_time=3 GB"], "E012", "--set:1:14"),
        (["-", "--set", "api.cpu_time"], "E030", "--set:1:1"),
        (["-", "--variant", "none"], "E030", "--variant:1:1"),
        (["--year", "3 GB"], "E012", "--year:1:1"),
        (["--year", "0 s"], "E024", "--year:1:1"),
        (["--year", "1 s / 0"], "E024", "--year:1:1"),
        (["--year", "1 day +"], "E011", "--year:1:"),
    ],
)
def test_a_wrong_question_about_nines_is_an_error_at_its_place(
    arguments: list[str], rule: str, place: str | None, ask: Ask
) -> None:
    ran = ask("nines", *arguments, given=NINES)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error[{rule}]: ")
    assert place is None or f" --> {place}" in ran.err


def test_a_misspelt_action_is_told_with_the_one_that_is_near(ask: Ask) -> None:
    assert "did you mean `visit`?" in ask("nines", "-", "--for", "vist", given=NINES).err


def test_a_scenario_of_which_nothing_can_fail_has_no_further_nines(ask: Ask) -> None:
    ran = ask("nines", "-", given="derive: {x1: 5 GB}\n")
    assert (ran.code, ran.out) == (2, "")
    assert "E008" in ran.err
