"""What to measure first, held against the whole model computed again for each end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from asking import ROOT, Ask

from estimator import Estimate, estimate, load
from estimator.analyse import measure_first as ranking
from estimator.evaluate.once import values_once
from estimator.evaluate.report import Influence
from estimator.formula.tree import Number
from estimator.model import Model

SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
SHOP = """\
users: 10M
actions:
  browse: {per_user: 50/day, response: 20 kB}
  order: {per_user: 2/day, payload: 2 kB, retention: 2 years}
components:
  api: {kind: service, cpu_time: 5 ms, node_availability: 99.5%}
  store: {kind: database, receives: [browse, order]}
"""


def by_hand(model: Model, one: Influence, end: int) -> dict[str, float]:
    """All values with an input at one of its ends: 1 for the lower, 2 for the upper."""
    fixed = Number(one.values[end], (0, 0))
    moved = {name: model.quantities[name].computed_by(fixed) for name in one.names}
    leading = model.leading_to(one.outcomes)
    known = {n: q for n, q in model.quantities.items() if n in leading}
    return values_once(replace(model, quantities={**known, **moved}))


def of_text(text: str) -> Estimate:
    return estimate(load(text=text))


def ranked(text: str) -> dict[tuple[str, ...], Influence]:
    return {one.names: one for one in of_text(text).report.measure_first}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_each_end_is_what_the_whole_model_gives_with_that_value(path: Path) -> None:
    found = estimate(path)
    smooth = ranking._without_rounding(found.model)
    for one in found.report.measure_first:
        for end in (1, 2):
            wanted = by_hand(smooth, one, end)
            got = {name: ends[end - 1] for name, ends in one.outcomes.items()}
            assert got == {name: pytest.approx(wanted[name], rel=1e-9) for name in got}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_nothing_that_was_left_out_moves_more_than_what_is_shown(path: Path) -> None:
    found = estimate(path)
    first = found.report.measure_first
    assert [one.swing for one in first] == sorted((one.swing for one in first), reverse=True)
    listed = {name for one in first for name in one.names}
    smooth = ranking._without_rounding(found.model)
    values = {name: value.value for name, value in found.report.values.items()}
    every = set(found.model.quantities)
    for one in ranking._inputs(found.model, found.report.assumptions, values, every):
        if listed.isdisjoint(one.names):
            points = (values[one.names[0]], one.low, one.high)
            alike = first[0]._replace(names=one.names, values=points)
            lower, upper = (by_hand(smooth, alike, end) for end in (1, 2))
            for name in first[0].outcomes:
                assert abs(upper[name] - lower[name]) < 2e-3 * values[name]


def test_a_default_that_components_share_is_moved_for_all_of_them_at_once() -> None:
    (names,) = [n for n in ranked(SHOP) if n[0].endswith(".target_utilization")]
    assert names == ("api.target_utilization", "store.target_utilization")


def test_a_range_is_moved_to_its_own_ends_and_an_input_by_a_tenth() -> None:
    found = ranked(SHOP.replace("10M", "8M to 20M"))
    users, orders = found[("users",)], found[("order.per_user",)]
    assert (users.source, orders.source) == ("range", "yours")
    assert users.values[1:] == (pytest.approx(8e6), pytest.approx(20e6))
    assert orders.values[1:] == (pytest.approx(1.8 / 86400), pytest.approx(2.2 / 86400))


def test_a_share_near_all_is_moved_by_what_it_lacks_and_never_above_all() -> None:
    text = "derive: {up: 0.995, down: (1 - up) * 100M}\n"
    model = of_text(text).model
    quantity = model.quantities["up"]._replace(hint="nines")
    assert ranking._ends(quantity, 0.995) == (pytest.approx(0.9945), pytest.approx(0.9955))
    assert ranking._ends(quantity, 1.0) is None
    assert ranking._ends(quantity._replace(hint="share"), 0.85) == (
        pytest.approx(0.765),
        pytest.approx(0.935),
    )


def test_a_file_of_formulas_is_ranked_by_its_first_results() -> None:
    found = ranked("derive: {people: 10M, each: 2, total: people * each}\n")
    assert set(found) == {("people",), ("each",)}
    assert all("total" in one.outcomes or "people" in one.outcomes for one in found.values())


def test_the_five_that_matter_most_are_on_the_first_screen_and_all_behind_an_option(
    ask: Ask,
) -> None:
    first = ask("run", "-", given=SHOP).out.partition("Measure first")[2]
    assert len(first.strip().splitlines()) == 1 + 5 + 2  # its titles, a blank line, what is hidden
    every = ask("run", "-", "--show=measure", given=SHOP).out.partition("Measure first")[2]
    assert len(every.strip().splitlines()) - 1 == len(ranked(SHOP)) > 5
