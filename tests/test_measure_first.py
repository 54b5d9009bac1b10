"""What to measure first, held against the whole model computed again for each end."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Ask, one_in

from estimator import Estimate, estimate, load
from estimator.analyse import measure_first as ranking
from estimator.evaluate.bounds import broken_bound
from estimator.evaluate.program import Program, Step, compile_program
from estimator.evaluate.report import Influence
from estimator.formula.tree import Number
from estimator.model import Model

SHOP = """\
users: 10M
actions:
  browse: {per_user: 50/day, response: 20 kB}
  order: {per_user: 2/day, payload: 2 kB, retention: 2 years}
components:
  api: {kind: service, cpu_time: 5 ms, node_availability: 99.5%}
  store: {kind: database, receives: [browse, order]}
"""
PHOTOS = """\
users: 10M
actions:
  upload: {per_user: 2/day, payload: 2 MB, retention: 2 years}
components:
  media: {kind: object_store, receives: upload}
"""


def of_text(text: str, **options: Any) -> Estimate:
    return estimate(load(text=text), **options)


def ranked(text: str, **options: Any) -> dict[str, Influence]:
    """Return what moves servers or cost, by its first name."""
    return {one.names[0]: one for one in of_text(text, **options).report.measure_first}


def by_hand(model: Model, values: Mapping[str, float]) -> dict[str, float] | None:
    """Return all values with those of some quantities, or None where there are none."""
    moved = {n: model.quantities[n].computed_by(Number(v, (0, 0))) for n, v in values.items()}
    try:
        changed = model._replace(quantities={**model.quantities, **moved})
        found = compile_program(changed).values()
    except (ArithmeticError, ValueError):
        return None
    bounds = {name: q.bounds for name, q in model.quantities.items() if q.bounds and q.uses}
    broken = any(broken_bound(b, found[n], model) for n, b in bounds.items() if n not in moved)
    return None if broken else found


@pytest.mark.parametrize("path", one_in(3, SHIPPED), ids=lambda p: p.stem)
def test_the_ranking_is_that_of_the_whole_model_computed_again_for_each_end(path: Path) -> None:
    found = estimate(path)
    first = found.report.measure_first
    outcomes = tuple(first[0].outcomes)
    leading = found.model.leading_to(outcomes)
    smooth = ranking._without_rounding(found.model, leading)
    kept = {n: q for n, q in smooth.quantities.items() if n in leading}
    smooth = smooth._replace(quantities=kept)
    now = compile_program(smooth).values()
    swings = {}
    for one in ranking._inputs(found.model, found.report):
        ends = [{n: v for n, v in end.items() if n in leading} for end in one.ends]
        if any(ends):
            results = [by_hand(smooth, end) for end in ends]
            points = {n: [r[n] for r in (now, *results) if r is not None] for n in outcomes}
            swing = max((max(points[n]) - min(points[n])) / now[n] for n in outcomes)
            swings[one.names] = (-round(swing, 9), results)
    wanted = sorted(
        (n for n, (size, _) in swings.items() if size <= -1e-3), key=lambda n: swings[n][0]
    )
    assert [one.names for one in first] == wanted
    for one in first:
        for name, ends in one.outcomes.items():
            for end, result in zip(ends, swings[one.names][1], strict=True):
                assert end == (None if result is None else pytest.approx(result[name], rel=1e-9))


def test_where_nothing_is_rounded_the_ends_are_those_of_an_estimate_with_that_value() -> None:
    cost = ranked(PHOTOS)["users"].outcomes["cost.per_month"]
    for users, end in zip(("9M", "11M"), cost, strict=True):
        report = of_text(PHOTOS, overrides={"users": users}).report
        assert report.values["cost.per_month"].value == pytest.approx(end, rel=1e-9)


def test_what_leaves_a_fleet_at_its_fewest_nodes_does_not_move_servers() -> None:
    found = ranked(SHOP.replace("10M", "100"))
    assert all(one.swings["servers"] == 0 for name, one in found.items() if "order" in name)
    assert "api.minimum" not in found, "which is decided"


def test_nodes_are_not_rounded_to_whole_ones() -> None:
    text = "actions: {a: {rate: 10k/s}}\ncomponents: {api: {kind: service, cpu_time: 1 ms}}\n"
    assert of_text(text).report.values["servers"].value == 5
    at_peak = 10e3 * 2 * 1e-3 / 8 / 0.6
    low, high = ranked(text)["a.rate"].outcomes["servers"]
    assert (low, high) == (pytest.approx(0.9 * at_peak), pytest.approx(1.1 * at_peak))


def test_a_default_that_components_share_is_moved_for_all_of_them_at_once() -> None:
    text = SHOP.replace("{kind: database,", "{kind: service, cpu_time: 5 ms,")
    shared = ranked(text)["api.target_utilization"]
    assert shared.names == ("api.target_utilization", "store.target_utilization")
    alone = ranked(text.replace("service,", "service, target_utilization: 60%,", 1))
    one = alone["store.target_utilization"]
    assert one.names == ("store.target_utilization",)
    assert shared.swings["servers"] == pytest.approx(2 * one.swings["servers"])


def test_a_figure_of_a_product_moves_all_components_that_are_like_it() -> None:
    text = """\
actions: {order: {rate: 100k/s, payload: 20 B, retention: 1 day}}
components:
  store: {kind: database, receives: order}
  big: {kind: database, receives: order, node: m7i.8xlarge}
"""
    both = ranked(text)["store.like.writes_per_core"]
    assert both.names == ("store.like.writes_per_core", "big.like.writes_per_core")
    other = ranked(text.replace("order}", "order, like: scylladb}", 1))
    apart = [one.names for name, one in other.items() if name.endswith("writes_per_core")]
    assert apart
    assert all(len(names) == 1 for names in apart)


def test_a_range_is_moved_to_its_own_ends_and_an_input_by_a_tenth() -> None:
    found = ranked(SHOP.replace("10M", "8M to 20M"))
    users, orders = found["users"], found["order.per_user"]
    assert (users.source, orders.source) == ("range", "yours")
    assert users.values[1:] == (pytest.approx(8e6), pytest.approx(20e6))
    assert orders.values[1:] == (pytest.approx(1.8 / 86400), pytest.approx(2.2 / 86400))
    assert orders.texts == ("2/day", "1.8/day", "2.2/day")


def ends(text: str, name: str) -> tuple[float, float]:
    found = of_text(text)
    quantity, value = found.model.quantities[name], found.report.values[name].value
    return ranking._ends(quantity, value, found.model)


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("99.5%", 0.9945, 0.9955),  # of what it lacks, a tenth
        ("99.99%", 0.99989, 0.99991),
        ("100%", 1.0, 1.0),
    ],
)
def test_an_availability_is_moved_by_a_tenth_of_what_it_lacks(
    said: str, low: float, high: float
) -> None:
    text = SHOP.replace("99.5%", said)
    assert ends(text, "api.node_availability") == (pytest.approx(low), pytest.approx(high))


@pytest.mark.parametrize(
    ("said", "low", "high"), [("60%", 0.54, 0.66), ("95%", 0.945, 0.955), ("100%", 1.0, 1.0)]
)
def test_a_share_is_moved_by_a_tenth_of_itself_or_near_all_of_what_it_lacks(
    said: str, low: float, high: float
) -> None:
    text = SHOP.replace("cpu_time", f"target_utilization: {said}, cpu_time")
    assert ends(text, "api.target_utilization") == (pytest.approx(low), pytest.approx(high))


def test_a_whole_number_is_moved_by_at_least_one_and_stays_above_its_least() -> None:
    for said, moved in {1: (1, 2), 3: (2, 4), 30: (27, 33)}.items():
        text = (
            "users: 1M\nactions: {join: {per_user: 4/day}}\n"
            f"components: {{games: {{kind: game_server, players_per_match: {said}}}}}\n"
        )
        assert ends(text, "games.players_per_match") == moved


def test_a_ratio_stays_at_its_least() -> None:
    assert ends(SHOP + "traffic: {peak_to_average: 1}\n", "traffic.peak_to_average") == (1, 1.1)


def test_a_share_stays_at_its_most() -> None:
    text = """\
users: 1M
actions: {join: {per_user: 4/day}}
components:
  game: {kind: game_server, receives: join, tick_rate: 64/s, tick_time: 2 ms, draining: 89.5%}
"""
    assert ends(text, "game.draining") == (pytest.approx(0.8845), 0.9)


def test_an_end_at_which_something_cannot_be_computed_has_no_results() -> None:
    text = """\
users: 1M
actions: {ask: {per_user: 10/day}}
components:
  model: {kind: llm, parameters: 74B, accelerators_per_copy: 2, receives: ask}
"""
    one = ranked(text)["model.parameters"]
    assert one.outcomes["servers"][1] is None
    assert one.outcome_texts["servers"][1] == "–"


def test_an_end_at_which_something_is_beyond_its_bounds_has_no_results() -> None:
    report = estimate(ROOT / "scenarios" / "payments.yaml").report
    (one,) = (one for one in report.measure_first if one.names == ("attempts",))
    assert one.outcomes["servers"][0] is None  # a request arrives at least once


def test_digits_that_a_napkin_drops_do_not_matter() -> None:
    assert ranked(SHOP, napkin=True).keys() == ranked(SHOP).keys()


def test_nodes_that_are_pinned_are_not_measured() -> None:
    assert "api.nodes" not in ranked(SHOP.replace("cpu_time", "nodes: 900, cpu_time"))


def test_what_is_decided_is_not_measured() -> None:
    for decided in ("replicas: 5", "zones: 3", "node.memory: 64 GiB", "minimum: 4"):
        found = ranked(SHOP.replace("order]", f"order], {decided}"))
        names = {name.rpartition(".")[2] for one in found.values() for name in one.names}
        assert names.isdisjoint({"replicas", "minimum", "zones", "regions", "memory", "cores"})
    assert "order.payload" in found, "what can be measured is there"


def test_a_file_of_formulas_is_ranked_by_its_results() -> None:
    found = ranked("derive: {people: 10M, each: 2, half: people / 2, total: half * each}\n")
    assert set(found) == {"people", "each"}
    assert all(tuple(one.outcomes) == ("total",) for one in found.values())


def test_nothing_is_ranked_where_nothing_varies() -> None:
    assert ranked("derive: {answer: 42}\n") == {}


# --- what it costs --------------------------------------------------------------------------------


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the formulas that are computed for a ranking."""
    names: list[str] = []

    def counted(name: str, step: Step) -> Step:
        def function(*given: float) -> Any:
            names.append(name)
            return step[0](*given)

        return function, step[1]

    def counting(model: Model) -> Program:
        steps = compile_program(model).steps
        return Program({name: counted(name, step) for name, step in steps.items()})

    monkeypatch.setattr(ranking, "compile_program", counting)
    return names


def test_of_twitter_a_twentieth_of_what_brute_force_computes_is_computed(
    computed: list[str],
) -> None:
    found = estimate(ROOT / "scenarios" / "twitter.yaml")
    assert len(found.report.measure_first) > 20
    inputs = list(ranking._inputs(found.model, found.report))
    assert len(computed) < 2 * len(inputs) * len(found.model.quantities) / 20
    assert len(computed) < 10_000


def test_no_more_is_computed_than_the_budget_allows_and_what_most_follows_from_is_first(
    computed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = list(ranked(SHOP))
    every = len(computed)
    computed.clear()
    monkeypatch.setattr(ranking, "MOST_READ", 700)
    some = ranked(SHOP)
    assert 0 < len(some) < len(whole)
    assert len(computed) < every / 2
    assert "users" in some


def test_what_does_not_show_the_ranking_does_not_compute_it(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> list[Influence]:
        raise AssertionError

    monkeypatch.setattr(ranking, "measure_first", fails)
    for words in (("check", "-"), ("explain", "-"), ("run", "-", "--format=csv")):
        assert ask(*words, given=SHOP).code == 0
    with pytest.raises(AssertionError):
        list(of_text(SHOP).report.measure_first)


# --- where it is shown ----------------------------------------------------------------------------


def test_the_five_that_matter_most_are_on_the_first_screen_and_all_behind_an_option(
    ask: Ask,
) -> None:
    first = ask("run", "-", given=SHOP).out.partition("Measure first")[2]
    assert len(first.strip().splitlines()) == 1 + 5 + 2  # its titles, a blank line, what is hidden
    every = ask("run", "-", "--show=measure", given=SHOP).out.partition("Measure first")[2]
    assert len(every.strip().splitlines()) - 1 == len(ranked(SHOP)) > 5
