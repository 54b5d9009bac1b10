"""What each range does to a quantity: tornadoes, Sobol indices, and when to ask for them."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest
from asking import Ask
from hypothesis import given
from hypothesis import strategies as st

REACH = NormalDist().inv_cdf(0.95)
"""The 95th percentile of a normal distribution, in standard deviations."""

SUM = "derive:\n  one: 10 ± 2\n  two: 20 ± 6\n  whole: one + two\n"
PRODUCT = "derive:\n  one: -1 to 1\n  two: -2 to 2\n  whole: one * two\n"
FIVE = """\
users: 400M to 600M
traffic: {peak_to_average: 2 to 5}
actions:
  post: {per_user: 1.5 to 3 /day, payload: 150 B to 400 B, read_write_ratio: 50 to 150}
"""


def derived(*lines: str) -> str:
    return "derive:\n" + "".join(f"  {line}\n" for line in lines)


def told(ask: Ask, scenario: str, *options: str) -> dict[str, Any]:
    """Return what JSON says of the ranges of a scenario."""
    answer = ask("run", "-", "--format", "json", *options, given=scenario)
    assert answer.code == 0, answer.err
    found: dict[str, Any] = answer.scenario["uncertainty"]
    return found


def swings(ask: Ask, scenario: str, name: str = "whole") -> dict[str, tuple[Any, Any]]:
    """By range, the quantity at both of its ends, in the order that they are told."""
    found = told(ask, scenario, "--tornado", name)["tornado"][name]
    return {s["range"]: (s["low"], s["high"]) for s in found}


def sobol(ask: Ask, scenario: str, *options: str, name: str = "whole") -> dict[str, Any]:
    found: dict[str, Any] = told(ask, scenario, "--sobol", name, *options)["sobol"][name]
    return found


def assert_indices(found: dict[str, Any], **expected: tuple[float, float]) -> None:
    """First-order and total indices, within four of the errors that they are told with."""
    by_range = {" ".join(i["ranges"]): i for i in found["indices"]}
    assert set(by_range) == set(expected)
    for name, (first, total) in expected.items():
        index = by_range[name]
        assert 0 <= index["standard_error"] < 0.03
        near = 4 * index["standard_error"] + 1e-9
        assert index["first_order"] == pytest.approx(first, abs=near), name
        assert index["total_effect"] == pytest.approx(total, abs=near), name


# --- tornadoes ------------------------------------------------------------------------------------


def test_a_tornado_has_each_range_at_its_ends_and_the_others_at_their_medians(ask: Ask) -> None:
    found = swings(ask, SUM)
    assert found["two"] == pytest.approx((24, 36))
    assert found["one"] == pytest.approx((28, 32))


def test_a_tornado_is_widest_at_its_top(ask: Ask) -> None:
    assert list(swings(ask, SUM)) == ["two", "one"]


def test_a_tornado_shows_nothing_of_the_computer_s_arithmetic(ask: Ask) -> None:
    scenario = derived("one: -1 to 1", "two: -1 to 3", "whole: one + 2 * two")
    answer = ask("run", "-", "--tornado", "whole", given=scenario)
    _, second, *_ = answer.rows("Tornado of whole")
    assert [cell.strip() for cell in second[:4]] == ["one", "1", "3", "2"]


def test_a_tornado_of_a_share_and_of_a_mixture_uses_their_percentiles(ask: Ask) -> None:
    scenario = derived(
        "hits: 80% to 95%", "size: one_of(60% of 1, 40% of 4)", "whole: size * (1 - hits)"
    )
    middle = 1 - 1 / (1 + math.exp(-0.5 * (math.log(4) + math.log(19))))
    found = swings(ask, scenario)
    assert found["hits"] == pytest.approx((0.2, 0.05))
    assert found["size"] == pytest.approx((middle, 4 * middle))


@pytest.mark.slow
def test_a_tornado_counts_in_whole_nodes_as_the_estimate_does(ask: Ask) -> None:
    found = swings(ask, FIVE, "servers")
    assert all(end == round(end) for ends in found.values() for end in ends)
    low, high = found["post.read_write_ratio"]
    ends = [
        ask(
            "run", "-", "--format", "json", "--set", f"post.read_write_ratio={end}", given=FIVE
        ).scenario["quantities"]["servers"]["value"]
        for end in (50, 150)
    ]
    assert [low, high] == ends


def test_an_end_at_which_there_is_no_value_is_told_first_and_has_none(ask: Ask) -> None:
    scenario = derived("one: 1 to 9", "two: 4 ± 5", "whole: one + sqrt(two)")
    answer = ask("run", "-", "--tornado", "whole", given=scenario)
    first, *_ = answer.rows("Tornado of whole")
    assert [cell.strip() for cell in first[:4]] == ["two", "–", "6", "–"]


def test_a_percentile_in_a_formula_stays_where_it_is(ask: Ask) -> None:
    scenario = derived("one: 10 ± 2", "two: 20 ± 6", "whole: one + p95(two)")
    found = swings(ask, scenario)
    assert set(found) == {"one"}
    assert found["one"] == pytest.approx((34, 38), rel=1e-3)


def test_a_tornado_as_a_table_has_bars_to_both_sides(ask: Ask) -> None:
    answer = ask("run", "-", "--tornado", "whole", given=SUM)
    start = answer.out.index("Tornado of whole")
    assert answer.out[start:].split("\n\n")[0] == (
        "Tornado of whole, 30 at all medians\n"
        "range   at its p5  at its p95  swing        less│more\n"
        "────────────────────────────────────────────────────────────\n"
        "two            24          36     12  ██████████│██████████\n"
        "one            28          32      4        ▐███│███▌\n"
        "each range at its ends, the others at their medians"
    )


def test_a_tornado_tells_how_many_ranges_do_not_move_it(ask: Ask) -> None:
    answer = ask("run", "-", "--tornado", "servers", given=FIVE)
    assert "medians; 1 more does not move it" in answer.out


def test_a_probability_is_shown_as_a_share(ask: Ask) -> None:
    answer = ask("run", "-", "--show=derived", given=SUM + "  late: probability(one > 10)\n")
    shown = {cells[0].strip(): cells[1].strip() for cells in answer.rows("Derived")}
    assert shown["late"].endswith("%")
    assert float(shown["late"].rstrip("%")) == pytest.approx(50, abs=1)


# --- Sobol indices --------------------------------------------------------------------------------


def test_in_a_sum_each_range_has_its_share_of_the_variance_alone(ask: Ask) -> None:
    assert_indices(sobol(ask, SUM), one=(0.1, 0.1), two=(0.9, 0.9))


def test_sobol_indices_come_by_their_total_effect(ask: Ask) -> None:
    assert [i["ranges"] for i in sobol(ask, SUM)["indices"]] == [["two"], ["one"]]


def test_in_a_product_that_crosses_zero_ranges_do_nothing_alone_and_all_together(ask: Ask) -> None:
    assert_indices(sobol(ask, PRODUCT), one=(0, 1), two=(0, 1))


def test_a_product_of_normals_off_zero_has_the_indices_of_its_closed_form(ask: Ask) -> None:
    means, deviations = (3.0, 1.0), (4 / REACH, 2 / REACH)
    one = (means[1] * deviations[0]) ** 2
    two = (means[0] * deviations[1]) ** 2
    both = (deviations[0] * deviations[1]) ** 2
    whole = one + two + both
    found = sobol(ask, derived("one: -1 to 7", "two: -1 to 3", "whole: one * two"))
    assert not found["log_scale"]
    assert_indices(
        found,
        one=(one / whole, (one + both) / whole),
        two=(two / whole, (two + both) / whole),
    )


def test_ishigami_s_function_has_its_known_indices(ask: Ask) -> None:
    # the sine by its series; x1 and x2 enter by sine, x3 by its fourth power times the sine of x1
    sine = " ".join(
        f"{'-' if k % 2 else '+'} {{x}}^{2 * k + 1} / {math.factorial(2 * k + 1)}"
        for k in range(1, 11)
    )
    pi = repr(math.pi)
    scenario = derived(
        *(f"{x}: uniform(-{pi}, {pi})" for x in ("x1", "x2", "x3")),
        *(f"sine{i}: x{i} {sine.format(x=f'x{i}')}" for i in (1, 2)),
        "whole: sine1 + 7 * sine2^2 + 0.1 * x3^4 * sine1",
    )
    first = 0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2
    second = 49 / 8
    both = 0.01 * math.pi**8 * 8 / 225
    whole = first + second + both
    assert_indices(
        sobol(ask, scenario),
        x1=(first / whole, (first + both) / whole),
        x2=(second / whole, second / whole),
        x3=(0, both / whole),
    )


def test_what_is_positive_is_told_by_its_logarithm(ask: Ask) -> None:
    found = sobol(ask, derived("one: 1 to 10", "two: 1 to 100", "whole: one * two"))
    assert found["log_scale"]
    assert_indices(found, one=(0.2, 0.2), two=(0.8, 0.8))


def test_correlated_ranges_count_as_one(ask: Ask) -> None:
    scenario = derived("one: 10 ± 2", "two: 10 ± 2", "three: 10 ± 2", "whole: one + two + three")
    scenario += "correlate: [{of: [one, two], rank: 0.5}]\n"
    pair = 2 + 2 * 2 * math.sin(math.pi * 0.5 / 6)
    expected = (pair / (pair + 1), pair / (pair + 1))
    found = sobol(ask, scenario)
    assert_indices(found, **{"one two": expected, "three": (1 - expected[0], 1 - expected[0])})


def test_mixtures_are_drawn_whole(ask: Ask) -> None:
    scenario = derived("one: one_of(50% of 0 ± 1, 50% of 10 ± 1)", "two: 0 ± 1", "whole: one + two")
    one, two = 25 + REACH**-2, REACH**-2
    assert_indices(
        sobol(ask, scenario),
        one=(one / (one + two), one / (one + two)),
        two=(two / (one + two), two / (one + two)),
    )


def test_sobol_indices_agree_with_the_drivers_where_ranges_multiply(ask: Ask) -> None:
    found = told(ask, FIVE, "--sobol", "egress.peak", "--drivers", "egress.peak")
    indices = {i["ranges"][0]: i for i in found["sobol"]["egress.peak"]["indices"]}
    drivers = found["drivers"]["egress.peak"]
    assert len(drivers) == 5
    for driver in drivers:
        index = indices[driver["range"]]
        near = 4 * index["standard_error"]
        assert driver["share"] == pytest.approx(index["first_order"], abs=near)
        assert driver["share"] == pytest.approx(index["total_effect"], abs=near)


def test_sobol_indices_come_from_as_many_draws_as_are_asked_for(ask: Ask) -> None:
    assert sobol(ask, SUM)["samples"] == 65_536
    assert sobol(ask, SUM, "--samples", "5000")["samples"] == 5_000
    assert sobol(ask, SUM, "--samples", "1000000")["samples"] == 262_144


def test_sobol_indices_are_the_same_again_and_others_with_another_seed(ask: Ask) -> None:
    first = sobol(ask, SUM, "--samples", "5000")
    assert sobol(ask, SUM, "--samples", "5000") == first
    assert sobol(ask, SUM, "--samples", "5000", "--seed", "2") != first


def test_the_size_of_a_chunk_does_not_matter(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    from estimator.evaluate.uncertainty import limits

    found = sobol(ask, SUM, "--samples", "5000")
    monkeypatch.setattr(limits, "CHUNK", 999)
    again = sobol(ask, SUM, "--samples", "5000")
    for one, other in zip(found["indices"], again["indices"], strict=True):
        assert one["first_order"] == pytest.approx(other["first_order"], rel=1e-9)


def test_draws_without_a_value_are_left_out(ask: Ask) -> None:
    scenario = derived("one: 0 ± 1", "two: 5 ± 1", "whole: two + sqrt(one)")
    answer = ask("run", "-", "--format", "json", "--sobol", "whole", given=scenario)
    draws = answer.scenario["uncertainty"]["sobol"]["whole"]["samples"]
    assert draws == pytest.approx(65_536 / 4, rel=0.05)  # `one` is positive in both draws of a pair


def test_sobol_indices_as_a_table_say_what_ranges_do_together(ask: Ask) -> None:
    answer = ask("run", "-", "--sobol", "whole", given=PRODUCT)
    rows = [[c.strip() for c in row if c.strip()] for row in answer.rows("Sobol indices of whole")]
    together, note = rows[-2], rows[-1]
    assert together[:2] == ["several together", "100%"]
    assert {row[0] for row in rows[:-2]} == {"one", "two"}
    assert points_of(" ".join(note)) < 5


def test_what_ranges_do_together_is_zero_where_it_is_nothing_but_error(ask: Ask) -> None:
    for seed in ("1", "2", "3", "4"):
        answer = ask("run", "-", "--sobol", "whole", "--samples", "1000", "--seed", seed, given=SUM)
        *_, together, _ = answer.rows("Sobol indices of whole")
        assert [cell.strip() for cell in together[:2]] == ["several together", "0%"]


def points_of(note: str) -> float:
    """Return the error that the note of the table tells, in points."""
    return float(note.split("±")[1].split()[0])


def test_named_distributions_take_as_many_draws_as_other_ranges(ask: Ask) -> None:
    scenario = derived("one: uniform(0, 1)") + "expect: [one <= 0.97]\n"
    [found] = ask("run", "-", "--format", "json", given=scenario).scenario["expectations"]
    assert found["chance"] == pytest.approx(0.97, abs=0.003)
    assert sobol(ask, scenario, name="one")["samples"] == 65_536


@given(
    weights=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    shift=st.sampled_from([0.0, 1e6]),
)
def test_of_a_linear_function_the_indices_are_the_squared_weights(
    weights: list[int], shift: float
) -> None:
    import numpy as np

    from estimator.analyse.sensitivity import parts_of_variance

    random = np.random.default_rng(1)
    one, other = random.standard_normal((2, len(weights), 20_000))
    rows = [one, other]
    for index in range(len(weights)):
        mixed = one.copy()
        mixed[index] = other[index]
        rows.append(mixed)
    results = np.array([np.array(weights) @ row + shift for row in rows])
    parts = parts_of_variance(results)
    assert parts is not None
    whole = sum(w * w for w in weights)
    for weight, part in zip(weights, parts, strict=True):
        assert part.first == pytest.approx(weight**2 / whole, abs=5 * part.error)
        assert part.total == pytest.approx(weight**2 / whole, abs=5 * part.error)


# --- what is told, and what is wrong --------------------------------------------------------------


def test_the_drivers_point_to_sobol_where_shares_explain_little(ask: Ask) -> None:
    answer = ask("run", "-", "--drivers", "whole", given=PRODUCT)
    first = [cell.strip() for cell in answer.rows("Drivers")[0]]
    assert first[:3] == ["whole", "one × two", "100%"]
    assert "ranges by themselves explain 0% of whole" in answer.out
    assert "--sobol whole" in answer.out


def test_the_drivers_do_not_point_to_sobol_where_they_explain_a_spread(ask: Ask) -> None:
    assert "--sobol" not in ask("run", "-", given=FIVE).out
    assert "--sobol" not in ask("run", "-", "--drivers", "whole", given=SUM).out


@pytest.mark.parametrize("option", ["--tornado", "--sobol"])
def test_a_name_that_is_not_there_is_an_error_with_a_suggestion(ask: Ask, option: str) -> None:
    answer = ask("run", "-", option, "wholes", given=SUM)
    assert answer.code == 2
    assert "E014" in answer.err
    assert "did you mean `whole`?" in answer.err


@pytest.mark.parametrize("option", ["--tornado", "--sobol"])
@pytest.mark.parametrize("scenario", [SUM + "  fixed: 3\n", "derive:\n  fixed: 3\n"])
def test_a_quantity_that_no_range_moves_is_warned_of(ask: Ask, option: str, scenario: str) -> None:
    answer = ask("run", "-", option, "fixed", given=scenario)
    assert answer.code == 0
    assert answer.err.count("W107") == 2  # the warning, and how to learn more of it
    assert "no range moves `fixed`" in answer.err


@pytest.mark.parametrize("option", ["--tornado", "--sobol"])
def test_what_cancels_out_moves_nothing(ask: Ask, option: str) -> None:
    answer = ask("run", "-", option, "nothing", given=SUM + "  nothing: one - one\n")
    assert "no range moves `nothing`" in answer.err


def test_both_options_may_be_repeated(ask: Ask) -> None:
    scenario = SUM + "  other: one - two\n"
    options = ["--tornado", "whole", "--tornado", "other", "--sobol", "whole", "--sobol", "other"]
    found = told(ask, scenario, *options)
    assert list(found["tornado"]) == list(found["sobol"]) == ["whole", "other"]


def test_they_are_in_markdown_and_in_ascii_too(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = ask("run", "-", "--tornado", "whole", "--format", "markdown", given=SUM)
    assert "## Tornado of whole, 30 at all medians" in answer.out
    monkeypatch.setattr("estimator.cli.terminal.is_ascii", lambda stream: True)
    answer = ask("run", "-", "--tornado", "whole", "--sobol", "whole", given=SUM)
    assert answer.out.isascii()
    assert "##########|##########" in answer.out


def test_indices_of_what_is_huge_are_told(ask: Ask) -> None:
    huge = derived("one: -1e300 to 1e300", "two: -1e300 to 1e300", "whole: one + two")
    assert_indices(sobol(ask, huge), one=(0.5, 0.5), two=(0.5, 0.5))
