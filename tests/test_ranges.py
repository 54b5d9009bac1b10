"""Ranges as users meet them: what is written, how results spread, what drives them, chances."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path
from statistics import NormalDist

import pytest
from asking import ROOT, Ask, derived, estimated, one_in
from hypothesis import given, settings
from hypothesis import strategies as st
from terminals import Terminal
from test_run import COLOR, on_terminal

from estimator.diagnostics import InputError
from estimator.evaluate import SamplingOptions
from estimator.evaluate.sampled import Spread, Uncertainty
from estimator.evaluate.uncertainty import limits, sampler

NORMAL = NormalDist()
REACH = NORMAL.inv_cdf(0.95)
FEW = 2_000
FIVE = """\
users: 400M to 600M
traffic: {peak_to_average: 2 to 5}
actions:
  tweet:
    per_user: 1.5 to 3 /day
    payload: 150 to 400 B
    read_write_ratio: 50 to 150
    retention: 5 years
derive:
  copies: tweet.stored.retained * 3
"""
API = "components: {api: {kind: service, cpu_time: 4 to 8 ms, nodes: 40k}}\n"
INPUTS = {
    "users": (400e6, 600e6),
    "traffic.peak_to_average": (2, 5),
    "tweet.per_user": (1.5 / 86_400, 3 / 86_400),
    "tweet.payload": (150, 400),
    "tweet.read_write_ratio": (50, 150),
}
STORED = ("users", "tweet.per_user", "tweet.payload")
READ = ("users", "tweet.per_user", "tweet.read_write_ratio", "traffic.peak_to_average")
PRODUCTS = {  # of which inputs each is a product, and times what
    "writes.average": (("users", "tweet.per_user"), 1),
    "reads.peak": (READ, 1),
    "tweet.stored.per_day": (STORED, 86_400),
    "copies": (STORED, 3 * 5 * 365 * 86_400),
    "egress.peak": ((*READ, "tweet.payload"), 1),
}


def uncertainty(scenario: str, options: SamplingOptions | None = None, **said: str) -> Uncertainty:
    found = estimated(scenario, options=options, **said).uncertainty
    assert found is not None
    return found


def spread(scenario: str, name: str, **said: str) -> Spread:
    return uncertainty(scenario, SamplingOptions(everything=True), **said).spreads[name]


def refusal(scenario: str, **said: str) -> str:
    with pytest.raises(InputError) as found:
        estimated(scenario, **said)
    (error,) = (d for d in found.value.diagnostics if d.rule[0] == "E")
    assert error.place is not None
    return f"{error.rule} {error.message}"


def product(names: tuple[str, ...], factor: float) -> tuple[float, float, float]:
    """Return the percentiles of a product of independent lognormal ranges."""
    logs = [(math.log(a), math.log(b)) for a, b in (INPUTS[n] for n in names)]
    middle = math.log(factor) + sum((a + b) / 2 for a, b in logs)
    reach = math.hypot(*((b - a) / 2 for a, b in logs))
    return math.exp(middle - reach), math.exp(middle), math.exp(middle + reach)


# --- what is written ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "p5", "p50", "p95"),
    [
        ("400M to 600M", 400e6, math.sqrt(24) * 1e8, 600e6),
        ("200 B to 400 B", 200, 100 * math.sqrt(8), 400),
        ("200 to 400 B", 200, 100 * math.sqrt(8), 400),
        ("200 B to 400", 200, 100 * math.sqrt(8), 400),
        ("1.5 to 3 /day", 1.5 / 86_400, math.sqrt(4.5) / 86_400, 3 / 86_400),
        ("1.5 to 3/day", 1.5 / 86_400, math.sqrt(4.5) / 86_400, 3 / 86_400),
        ("1.5/day to 3", 1.5 / 86_400, math.sqrt(4.5) / 86_400, 3 / 86_400),
        ("1 to 4 GB/s", 1e9, 2e9, 4e9),
        ("$1 to $4", 1, 2, 4),
        ("$1 to 4", 1, 2, 4),
        ("50:1 to 200:1", 50, 100, 200),
        ("2x to 8x", 2, 4, 8),
        ("500M ± 10%", 450e6, 500e6, 550e6),
        ("5 GB ± 10%", 4.5e9, 5e9, 5.5e9),
        ("5 GB ± 1 GB", 4e9, 5e9, 6e9),
        ("5 ± 1 GB", 4e9, 5e9, 6e9),
        ("5 GB ± 1", 4e9, 5e9, 6e9),
        ("50% ± 10%", 0.4, 0.5, 0.6),
        ("-5 ± 10%", -5.5, -5, -4.5),
        ("40% to 60%", 0.4, 0.5, 0.6),
        ("uniform(10 GB, 20 GB)", 10.5e9, 15e9, 19.5e9),
        ("normal(5, 1)", 5 - REACH, 5, 5 + REACH),
        ("lognormal(2, 50)", 2, 10, 50),
        ("triangular(0, 0, 1)", 1 - math.sqrt(0.95), 1 - math.sqrt(0.5), 1 - math.sqrt(0.05)),
        ("one_of(10, 20)", 10, 10, 20),
        ("one_of(30% of 10, 70% of 20)", 10, 20, 20),
        ("one_of(50% of uniform(0, 1), 50% of uniform(2, 3))", 0.1, 1, 2.9),
        ("truncated(uniform(0, 10), 2, 4)", 2.1, 3, 3.9),
        ("1 to 4 at 50%", 2 * 0.5 ** (REACH / NORMAL.inv_cdf(0.75)), 2, 2 * 2 ** (REACH / 0.67449)),
        ("5 ± 1 at 50%", 5 - REACH / 0.67449, 5, 5 + REACH / 0.67449),
    ],
)
def test_a_range_has_the_percentiles_that_are_written(
    written: str, p5: float, p50: float, p95: float
) -> None:
    found = spread(derived(found=written), "found")
    assert found.percentiles == pytest.approx((p5, p50, p95), rel=1e-4)


@pytest.mark.parametrize(
    ("written", "shape", "p95"),
    [
        ("400M to 600M", "lognormal", "600M"),
        ("-2 to 5", "normal", "5"),
        ("5 ± 1", "normal", "6"),
        ("500M ± 10%", "normal", "550M"),
        ("90% to 99%", "logit-normal", "99%"),
        ("50% ± 10%", "logit-normal", "60%"),
        ("50% to 150%", "lognormal", "150%"),
        ("uniform(0%, 50%)", "uniform", "47.5%"),
        ("one_of(30% of 40% to 60%, 70% of 90%)", "one of", "90%"),
        ("truncated(40% to 60%, 30%, 60%)", "logit-normal, truncated", "57.9%"),
    ],
)
def test_a_range_is_shaped_by_what_it_is_of(written: str, shape: str, p95: str) -> None:
    found = uncertainty(derived(found=written))
    assert found.ranges == {"found": shape}
    assert found.texts["found"][2] == p95


def test_the_share_of_a_range_that_its_ends_hold_can_be_said_for_the_whole_file() -> None:
    text = "conventions: {credibility: 80%}\nderive: {one: 1 to 4, two: 1 to 4 at 90%}\n"
    wide = 2 ** (REACH / NORMAL.inv_cdf(0.9))
    assert spread(text, "one").percentiles == pytest.approx((2 / wide, 2, 2 * wide))
    assert spread(text, "two").percentiles == pytest.approx((1, 2, 4))


WHERE = """\
users: {registered: 400M to 600M, daily_active: 40% to 60%, concurrent: 5% to 15%}
traffic: {peak_to_average: 2 to 5}
actions:
  post: {per_user: 2 to 4 /day, payload: 100 to 400 B, retention: 1 year to 4 years}
  read: {per: {post: 50 to 200}, response: 1 to 4 kB}
components:
  front: {kind: cache, receives: [read], hit_ratio: 90% to 99%}
  store: {kind: database, receives: [front.misses, post], replicas: "one_of(2, 3)"}
derive:
  doubled: post.per_user * (2 to 8)
"""


@pytest.mark.parametrize(
    ("name", "p5", "p95"),
    one_in(
        4,
        [
            ("users.registered", 400e6, 600e6),
            ("users.daily_active.range", 0.4, 0.6),
            ("users.concurrent.range", 0.05, 0.15),
            ("traffic.peak_to_average", 2, 5),
            ("post.payload", 100, 400),
            ("post.retention", 365 * 86_400, 4 * 365 * 86_400),
            ("read.per.post", 50, 200),
            ("front.hit_ratio", 0.9, 0.99),
            ("store.replicas", 2, 3),
            ("doubled.range", 2, 8),
        ],
    ),
)
def test_a_range_may_stand_in_every_field(name: str, p5: float, p95: float) -> None:
    found = spread(WHERE, name)
    assert (found.p5, found.p95) == pytest.approx((p5, p95))


def test_a_range_may_be_set_and_a_range_may_be_set_to_a_value() -> None:
    text = "users: 1M\nactions: {post: {per_user: 1 to 4 /day}}\n"
    assert spread(text, "users", users="1M to 3M").p95 == pytest.approx(3e6)
    assert spread(text, "users", users="2M ± 10%").p5 == pytest.approx(1.8e6)
    assert estimated(text, post__per_user="2/day").uncertainty is None


def test_a_variant_may_have_a_range() -> None:
    text = "users: 1M\nactions: {post: {per_user: 2/day}}\nvariants: {more: {users: 2M to 3M}}\n"
    assert estimated(text).uncertainty is None
    found = estimated(text, variant="more").uncertainty
    assert found is not None
    assert found.ranges == {"users": "lognormal"}


def test_a_default_of_a_kind_of_your_own_may_be_a_range(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "thing.yaml").write_text(
        "kind: thing\nabout: A thing.\nextends: service\nparameters:\n"
        "  slack: {dimension: count, default: 2 to 8, about: Slack., assumption: A guess.}\n"
        "derive:\n  slackened: slack * 2\n",
        "utf-8",
    )
    text = "library: ./kinds/\nusers: 1M\nactions: {post: {per_user: 2/day}}\n"
    text += "components: {api: {kind: thing}}\nderive: {twice: api.slackened}\n"
    found = estimated(text, tmp_path).uncertainty
    assert found is not None
    assert found.ranges == {"api.slack": "lognormal"}
    assert found.spreads["twice"].percentiles == pytest.approx((4, 8, 16), rel=0.01)


def test_the_estimate_has_each_range_at_its_median() -> None:
    found = estimated(FIVE)
    for name, (names, factor) in PRODUCTS.items():
        assert found.values[name].value == pytest.approx(product(names, factor)[1])


@pytest.mark.parametrize("written", ["2 to 2", "2 ± 0", "uniform(2, 2)", "normal(2, 0)"])
def test_a_range_of_no_width_is_its_value(written: str) -> None:
    found = estimated(derived(found=written, twice="found * 2"))
    assert found.uncertainty is None
    assert (found.values["found"].value, found.values["twice"].value) == (2, 4)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("600M to 400M", "E038 this range is impossible: the ends are the wrong way round"),
        ("1 to 2 at 120%", "E038 this range is impossible: the credibility of a range is"),
        ("0% to 50%", "E038 this range is impossible: a share stays between 0% and 100%"),
        ("50% to 100%", "E038 this range is impossible: a share stays between 0% and 100%"),
        ("lognormal(-1, 2)", "E038 this range is impossible: a lognormal value is above zero"),
        ("normal(1, -1)", "E038 this range is impossible: a standard deviation is not negative"),
        ("triangular(1, 5, 2)", "E038 this range is impossible: the ends of a triangle are"),
        ("uniform(-1e308, 1e308)", "E038 this range is impossible: its ends are too far apart"),
        ("normal(1e308, 1e308)", "E038 this range is impossible: it reaches too far"),
        ("one_of(30% of 1, 60% of 2)", "E038 this range is impossible: the weights add up to 0.9"),
        ("one_of(30% of 1, 2)", "E038 this range is impossible: either all of its values have"),
        ("one_of(-1 of 1, 2 of 2)", "E038 this range is impossible: a weight is not negative"),
        ("truncated(one_of(1, 2), 0, 3)", "E038 this range is impossible: a mixture cannot be"),
        ("truncated(1 to 2, 50, 60)", "E038 this range is impossible: almost none of it"),
        ("truncated(5, 6, 7)", "E038 this range is impossible: the value is not between"),
        ("known to 3", "E038 the ends of a range are values, not quantities"),
        ("known ± 10%", "E038 the ends of a range are values, not quantities"),
        ("400 to 600M", "E017 `400 to 600M` could begin at 400 or at 400M"),
        ("400 to 600M/day", "E017 `400 to 600M/day` could begin at 400 or at 400M"),
        ("1 to 5%", "E017 `1 to 5%` could begin at 1 or at 1%"),
        ("5 GB to 3 s", "E013 a range from data to a time"),
        ("1 to 2 at 3 GB", "E013 a credibility is a share"),
        ("30% of 5", "E011 `of` is not expected here"),
        ("max(30% of 5, 2)", "E026 a share of something is written with `*`"),
        ("1/0 to 5", "E023 this end has no value"),
        ("(1 to 2) to 3", "E038 the ends of a range are values, not ranges"),
        ("uniform(1 to 2, 3)", "E038 the ends of a range are values, not ranges"),
    ],
)
def test_a_range_that_cannot_be_met_is_refused_with_the_reason(written: str, told: str) -> None:
    assert refusal(derived(known="1", found=written)).startswith(told)


def test_a_range_inside_a_formula_is_refused_at_its_place() -> None:
    with pytest.raises(InputError) as found:
        estimated("derive:\n  found: 2 * (5 to 3)\n")
    (error,) = found.value.diagnostics
    assert error.place is not None
    assert error.place.source.text[error.place.start : error.place.end] == "5 to 3"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"api__nodes": "10 to 20"}, "E038 `api.nodes` is a whole number, and a range has all"),
        (
            {"traffic__peak_to_average": "1 to 3"},
            "E024 `traffic.peak_to_average` must be at least 1, but its range reaches beyond in 5%",
        ),
        (
            {"api__target_utilization": "50% to 120%"},
            "E024 `api.target_utilization` must be at most 100%",
        ),
    ],
)
def test_a_range_beyond_what_a_parameter_may_be_is_refused(said: dict[str, str], told: str) -> None:
    text = "users: 1M\nactions: {post: {per_user: 2/day}}\ncomponents: {api: {kind: service}}\n"
    assert refusal(text, **said).startswith(told)


def test_a_range_that_is_cut_off_at_a_bound_keeps_it() -> None:
    text = "users: 1M\nactions: {post: {per_user: 2/day}}\n"
    for kept in ("truncated(1 to 3, 1, 10)", "uniform(1, 3)", "one_of(1, 3)"):
        found = uncertainty(text, traffic__peak_to_average=kept)
        assert "traffic.peak_to_average" in found.ranges


@pytest.mark.parametrize(
    ("correlations", "told"),
    [
        ("{of: [one, known], rank: 0.5}", "E039 `known` is not a range"),
        ("{of: [one, thrre], rank: 0.5}", "E014 there is no range `thrre`"),
        ("{of: [one], rank: 0.5}", "E039 a correlation needs two ranges or more"),
        ("{of: [one, one], rank: 0.5}", "E039 a range with itself"),
        ("{of: [one, two], rank: 1}", "E039 a rank correlation is between -1 and 1"),
        (
            "{of: [one, two], rank: 0.5}, {of: [two, one], rank: 0.4}",
            "E039 these two are correlated twice",
        ),
        (
            "{of: [one, two], rank: 0.9}, {of: [one, three], rank: 0.9},"
            " {of: [two, three], rank: -0.9}",
            "E039 these correlations contradict each other",
        ),
    ],
)
def test_a_correlation_that_cannot_be_is_refused(correlations: str, told: str) -> None:
    text = "derive: {one: 1 to 2, two: 1 to 2, three: 1 to 2, known: 3}\n"
    assert refusal(f"{text}correlate: [{correlations}]\n") == told


# --- how results spread ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", one_in(20, range(1, 21)))
def test_the_model_of_five_ranges_is_its_closed_form(seed: int) -> None:
    found = uncertainty(FIVE, SamplingOptions(seed=seed, everything=True))
    for name, (names, factor) in PRODUCTS.items():
        wanted = product(names, factor)
        assert found.spreads[name].percentiles == pytest.approx(wanted, rel=0.01), name


def test_the_closed_form_is_what_was_worked_out_by_hand() -> None:
    def of(name: str) -> tuple[float, float, float]:
        return product(*PRODUCTS[name])

    assert of("writes.average") == pytest.approx((8_050, 12_028, 17_971), rel=1e-4)
    assert of("reads.peak") == pytest.approx((1.45e6, 3.29e6, 7.48e6), rel=3e-3)
    assert of("tweet.stored.per_day") == pytest.approx((135e9, 255e9, 480e9), rel=3e-3)
    assert of("copies") == pytest.approx((0.74e15, 1.39e15, 2.63e15), rel=5e-3)
    wanted = tuple(g * 1e9 / 8 for g in (2.482, 6.455, 16.786))
    assert of("egress.peak") == pytest.approx(wanted, rel=1e-3)


def test_drivers_are_the_shares_of_the_variance_of_the_logarithm() -> None:
    asked = SamplingOptions(drivers=tuple(PRODUCTS))
    found = uncertainty(FIVE, asked)
    for name, (names, _) in PRODUCTS.items():
        parts = {n: math.log(INPUTS[n][1] / INPUTS[n][0]) ** 2 for n in names}
        whole = sum(parts.values())
        shares = {d.name: d.share for d in found.drivers[name]}
        assert shares == pytest.approx({n: p / whole for n, p in parts.items()}, abs=0.02)
        assert list(shares) == sorted(shares, key=lambda n: -parts[n])
        for driver in found.drivers[name][:3]:
            left = math.sqrt(whole - parts[driver.name])
            assert driver.narrowed == pytest.approx(math.exp(left), rel=0.01)
            assert driver.direction == 1


def test_what_lessens_a_quantity_drives_it_downwards() -> None:
    found = uncertainty(derived(part="1 to 2", whole="1 to 9", share="part / whole"))
    assert {d.name: d.direction for d in found.drivers["share"]} == {"whole": -1, "part": 1}


def test_a_range_is_not_told_to_drive_itself_unless_asked() -> None:
    text = derived(**{f"in{i}": f"{i} to {i + 1}" for i in range(1, 6)}, total="in1 * in2")
    assert list(uncertainty(text).drivers) == ["total"]
    assert "in3" in uncertainty(text, SamplingOptions(drivers=("in3",))).drivers


def test_knowing_a_range_tells_of_what_goes_together_with_it() -> None:
    text = "derive: {one: 1 to 2, two: 1 to 2, both: one * two}\n"
    tied = f"{text}correlate: [{{of: [one, two], rank: 90%}}]\n"
    (first, _) = uncertainty(text).drivers["both"]
    assert first.narrowed == pytest.approx(2, rel=0.01)
    (first, _) = uncertainty(tied).drivers["both"]
    left = math.sqrt(1 - (2 * math.sin(math.pi * 0.9 / 6)) ** 2)
    assert first.narrowed == pytest.approx(2**left, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("rank", [-0.8, 0.0, 0.6, 0.95])
def test_a_correlation_widens_a_product_as_theory_says(rank: float) -> None:
    text = "derive: {one: 1 to 4, two: 1 to 9, both: one * two, ratio: one / two}\n"
    text += f"correlate: [{{of: [one, two], rank: {rank}}}]\n"
    a, b = math.log(4) / 2, math.log(9) / 2
    together = 2 * a * b * 2 * math.sin(math.pi * rank / 6)
    for name, middle, variance in (
        ("both", 6, a * a + b * b + together),
        ("ratio", 2 / 3, a * a + b * b - together),
    ):
        found = spread(text, name)
        wide = math.exp(math.sqrt(variance))
        assert found.percentiles == pytest.approx((middle / wide, middle, middle * wide), rel=0.01)
    assert spread(text, "one").percentiles == pytest.approx((1, 2, 4))


def test_rounding_as_on_a_napkin_is_not_told_as_ranges_acting_together(ask: Ask) -> None:
    text = "derive: {people: 400M to 600M, each: 1.5 to 3, all: people * each}\n"
    found = ask("run", "-", "--napkin", given=text)
    assert "Drivers" in found.out
    assert "--sobol" not in found.out
    crossing = "derive: {up: -3 to 3, across: -2 to 2, both: up * across}\n"
    assert "--sobol both" in ask("run", "-", given=crossing).out


def test_a_what_if_may_set_a_correlated_range_to_a_value(ask: Ask) -> None:
    tied = {"derive": {"aa": "1 to 2", "bb1": "1 to 3", "cc": "1 to 3", "x": "aa * bb1 * cc"}}
    tied["correlate"] = [{"of": ["aa", "bb1", "cc"], "rank": 0.9}]  # type: ignore[assignment]
    found = ask("run", "-", "--format=json", "--set", "aa=5", given=json.dumps(tied)).scenario
    assert found["quantities"]["x"]["p95"] > 5 * 8.2  # it is 5 * 6.5 of two that are independent


def test_a_variant_may_set_a_correlated_range_to_a_value(ask: Ask) -> None:
    tied: dict[str, object] = {"derive": {"aa": "1 to 2", "bb1": "1 to 3", "x": "aa * bb1"}}
    tied["correlate"] = [{"of": ["aa", "bb1"], "rank": 0.9}]
    tied["variants"] = {"known": {"aa": "5"}}
    found = ask("run", "-", "--format=json", "--variant", "known", given=json.dumps(tied))
    assert found.code == 0
    assert found.scenario["quantities"]["x"]["p95"] == pytest.approx(15, rel=1e-3)


def test_a_range_in_a_formula_is_correlated_by_the_name_of_the_formula() -> None:
    text = "derive: {one: 2 * (1 to 4), two: 3 * (1 to 4), ratio: one / two}\n"
    text += "correlate: [{of: [one, two], rank: 99%}]\n"
    found = spread(text, "ratio")
    assert found.p95 / found.p5 < 1.4


def test_a_quantity_less_itself_is_nothing() -> None:
    found = uncertainty(derived(size="1 to 9", none="size - size", one="size / size"))
    for name, value in (("none", 0), ("one", 1)):
        assert found.spreads[name].percentiles == (value, value, value)
        assert name not in found.drivers


@pytest.mark.parametrize(
    ("written", "p5", "p50", "p95"),
    [
        ("1 to 1e14", 1, 1e7, 1e14),
        ("1e-300 to 1e-100", 1e-300, 1e-200, 1e-100),
        ("-1e300 to 1e300", -1e300, 0, 1e300),
        ("triangular(1e-300, 2e-300, 3e-300)", 1.3162e-300, 2e-300, 2.6838e-300),
    ],
)
def test_the_ends_of_a_range_are_met_whatever_their_size(
    written: str, p5: float, p50: float, p95: float
) -> None:
    found = spread(derived(size=written, half="size / 2"), "size")
    assert (found.p5, found.p50, found.p95) == pytest.approx((p5, p50, p95), rel=1e-4, abs=0)


def test_drivers_of_what_is_huge_are_told() -> None:
    drivers = uncertainty(derived(size="-1e300 to 1e300", half="size / 2")).drivers["half"]
    assert [d.name for d in drivers] == ["size"]
    assert drivers[0].share == pytest.approx(1)


def test_two_ranges_alike_are_two_ranges() -> None:
    found = spread(derived(none="(1 to 9) - (1 to 9)"), "none")
    assert found.p5 < -4
    assert found.p95 > 4
    assert uncertainty(derived(none="(1 to 9) - (1 to 9)")).texts["none"][1] == "0"


@pytest.mark.slow
def test_a_line_that_is_added_changes_no_digit_of_the_others() -> None:
    more = FIVE + "  unused: (3 to 5) * 2\n"
    before, after = (uncertainty(text, SamplingOptions(everything=True)) for text in (FIVE, more))
    assert {name: after.spreads[name] for name in before.spreads} == before.spreads
    for name, found in before.sources.items():
        assert after.sources[name].shares == pytest.approx(found.shares, rel=1e-9)


@pytest.mark.slow
def test_a_what_if_compares_the_same_draws() -> None:
    one, other = spread(FIVE, "copies"), spread(FIVE, "copies", tweet__retention="10 years")
    assert [b / a for a, b in zip(one.percentiles, other.percentiles, strict=True)] == (
        pytest.approx([2, 2, 2], rel=1e-12)
    )
    assert other.bins == one.bins


@pytest.mark.slow
def test_the_order_of_the_lines_changes_nothing() -> None:
    names = [f"q{i}" for i in range(8)]
    lines = {n: f"({i + 1} to {i + 3}) * 2" for i, n in enumerate(names)}
    lines["total"] = " + ".join(names)
    whole = spread(derived(**lines), "total")
    for seed in range(4):
        mixed = list(lines.items())
        random.Random(seed).shuffle(mixed)
        assert spread(derived(**dict(mixed)), "total").percentiles == pytest.approx(
            whole.percentiles, rel=1e-12
        )


@pytest.mark.parametrize(
    "written", ["uniform(1, 2)", "normal(5, 1)", "one_of(1, 2)", "truncated(1 to 2, 1, 3)"]
)
def test_a_distribution_takes_as_many_draws_as_a_range(written: str) -> None:
    found = spread(derived(twice=f"2 * {written}"), "twice")
    assert found.draws == 65_536


def test_what_takes_its_draws_one_by_one_takes_fewer() -> None:
    assert spread(derived(wait="erlang_c(9, 2 to 8)"), "wait").draws == 1_024


def test_the_same_draws_come_again_and_others_by_another_seed() -> None:
    text = derived(size="(1 to 9) + (1 to 9)")
    one, again, other = (
        uncertainty(text, SamplingOptions(seed=seed)).spreads["size"] for seed in (1, 1, 2)
    )
    assert one == again
    assert one.percentiles != other.percentiles
    assert one.percentiles == pytest.approx(other.percentiles, rel=0.02)


@pytest.mark.parametrize("chunk", [1_000, 20_000])
def test_how_many_draws_are_taken_at_a_time_changes_nothing(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = derived(size="(1 to 9) + one_of(30% of 2, 70% of (3 to 4))", wait="erlang_c(9, 2 to 8)")
    before = uncertainty(text)
    monkeypatch.setattr(limits, "CHUNK", chunk)
    assert uncertainty(text).spreads == before.spreads


MANY = derived(
    **{f"own{i}": f"{i + 1} to {i + 9}" for i in range(9)},
    total=" + ".join(f"own{i}" for i in range(9)),
    part="own0 / total",
    mixed="one_of(30% of 2, 70% of (3 to 4)) * own1",
)


def test_results_do_not_depend_on_how_many_are_kept_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = SamplingOptions(draws=FEW, everything=True, drivers=("total", "mixed"))
    before = uncertainty(MANY, asked)
    drivers = dict(before.drivers)
    monkeypatch.setattr(limits, "BUDGET", 50 * FEW)  # 50 columns
    blocks = list[int]()
    blocks_of = sampler.blocks_of

    def watched(masks: dict[str, int], count: int) -> list[list[str]]:
        found = blocks_of(masks, count)
        blocks.extend(map(len, found))
        return found

    monkeypatch.setattr(sampler, "blocks_of", watched)
    after = uncertainty(MANY, asked)
    assert len(blocks) > 1
    assert after.drivers == drivers
    for name, spread in before.spreads.items():
        assert after.spreads[name].percentiles == pytest.approx(spread.percentiles, rel=1e-12)
        assert after.spreads[name].mean == spread.mean


@pytest.mark.parametrize("draws", [20_000, pytest.param(300_000, marks=pytest.mark.slow)])
def test_what_follows_from_very_many_ranges_is_told_by_the_strongest(
    draws: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SamplingOptions(draws=draws)
    whole = uncertainty(MANY, asked)
    monkeypatch.setattr(limits, "WIDEST", 3)
    found = uncertainty(MANY, asked)
    spread, before = found.spreads["total"], whole.spreads["total"]
    assert spread.percentiles == pytest.approx(before.percentiles, rel=0.01)
    assert spread.errors > before.errors  # as less is known of it without drawing
    assert found.drivers["part"][0].name == whole.drivers["part"][0].name == "own0"
    assert found.sources["part"].left_out == 6
    assert whole.sources["part"].left_out == 0


def test_it_is_said_that_not_all_of_very_many_ranges_were_looked_at(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WIDEST", 3)
    answer = ask("run", "-", "--all", "--samples", "2000", given=MANY)
    assert "6 ranges of total that explain less were left out" in answer.out


@pytest.mark.parametrize("formula", ["(1 to 9) * (2 to 3) + 1", "sqrt(-1 to 5)", "ceil(1 to 900)"])
def test_draws_that_are_not_kept_tell_the_same(
    formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SamplingOptions(draws=200_000)
    kept = uncertainty(derived(size=formula), asked).spreads["size"]
    monkeypatch.setattr(limits, "KEPT", 100_000)
    found = uncertainty(derived(size=formula), asked).spreads["size"]
    assert found.percentiles == pytest.approx(kept.percentiles, rel=2e-3)
    assert found.mean == pytest.approx(kept.mean, rel=1e-9)
    assert found.impossible == pytest.approx(kept.impossible)
    assert found.draws == kept.draws == 200_000


def test_chances_of_draws_that_are_not_kept_are_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = BUSY + "expect: [users <= 10M, requests.peak <= 40k/s]\n"
    kept = estimated(text, options=SamplingOptions(draws=200_000))
    monkeypatch.setattr(limits, "KEPT", 100_000)
    found = estimated(text, options=SamplingOptions(draws=200_000))
    chances = [o.chance for o in kept.expectations]
    assert None not in chances
    assert [o.chance for o in found.expectations] == chances
    assert found.uncertainty is not None
    assert kept.uncertainty is not None
    assert found.uncertainty.binds == kept.uncertainty.binds
    assert found.uncertainty.suffices == kept.uncertainty.suffices


@settings(max_examples=20)
@given(st.floats(0.1, 1e6), st.floats(1.01, 50), st.floats(1e-3, 1e3))
def test_percentiles_are_ordered_and_scaled_as_what_they_are_of(
    low: float, times: float, factor: float
) -> None:
    text = derived(
        size=f"({low!r} to {low * times!r}) + (1 to 2)",
        scaled=f"size * {factor!r}",
        less=f"-size * {factor!r}",
    )
    found = uncertainty(text, SamplingOptions(draws=FEW)).spreads
    p5, p50, p95 = found["size"].percentiles
    assert p5 <= p50 <= p95
    wanted = (p5 * factor, p50 * factor, p95 * factor)
    assert found["scaled"].percentiles == pytest.approx(wanted, rel=1e-9)
    wanted = (-wanted[2], -wanted[1], -wanted[0])
    assert found["less"].percentiles == pytest.approx(wanted, rel=0.1)


def test_percentiles_of_whole_numbers_are_whole() -> None:
    found = spread(derived(servers="ceil(1.5 to 30)"), "servers")
    assert [p % 1 for p in found.percentiles] == [0, 0, 0]


def test_of_two_values_no_third_is_told() -> None:
    found = spread(derived(twice="2 * one_of(10, 20)"), "twice")
    assert found.percentiles == (20, 20, 40)


def test_what_has_no_value_in_some_draws_is_told_and_spreads_by_the_others(ask: Ask) -> None:
    text = derived(spare="-1 to 5", root="sqrt(spare)", part="1 / one_of(60% of 1, 40% of 0)")
    found = ask("run", "-", "--format=json", given=text)
    assert found.code == 0
    told = [d["message"] for d in json.loads(found.out)["diagnostics"]]
    normal = NormalDist(2, 3 / REACH)
    lost = normal.cdf(0)
    shares = {m.split("`")[1]: float(m.split(" in ")[1].split("%")[0]) for m in told}
    assert shares == pytest.approx({"root": 100 * lost, "part": 40}, abs=0.7)
    root = found.scenario["quantities"]["root"]
    for name, level in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95)):
        wanted = math.sqrt(normal.inv_cdf(lost + (1 - lost) * level))
        assert root[name] == pytest.approx(wanted, rel=0.02)


def test_what_is_too_large_for_a_number_is_no_trouble(ask: Ask) -> None:
    found = ask("run", "-", given=derived(size="1e300 to 1e308", power="(1 to 2)^400"))
    assert (found.code, "Warning" in found.err) == (0, False)


# --- waits without end ----------------------------------------------------------------------------

BUSY = """\
users: 1M to 20M
actions: {post: {per_user: 200/day}}
components: {api: {kind: service, cpu_time: 5 to 30 ms, nodes: 40}}
"""


def test_a_wait_without_end_is_more_than_any_time(ask: Ask) -> None:
    text = BUSY + "derive: {wait: post.latency.p99, less: 0 s - wait}\n"
    text += "expect: [post.latency.p99 <= 100 ms, wait <= 1000000 years]\n"
    found = ask("run", "-", "--format=json", given=text)
    chances = [e["chance"] for e in found.scenario["expectations"]]
    assert found.code == 1
    assert chances[0] < chances[1] < 0.8
    quantities = found.scenario["quantities"]
    assert quantities["wait"]["p95"] is None
    assert quantities["less"]["p5"] is None


def test_a_percentile_of_a_wait_may_have_no_end() -> None:
    found = estimated(BUSY + "derive: {worst: p95(post.latency.p99)}\n")
    assert found.values["worst"].value == math.inf
    assert found.values["worst"].text == "unbounded"


def test_chances_say_what_binds_and_whether_a_fleet_is_enough() -> None:
    found = uncertainty(BUSY)
    assert sum(found.binds["api"].values()) == pytest.approx(1)
    needed = estimated(BUSY + "derive: {p: probability(api.required_nodes <= 40)}\n")
    assert found.suffices["api"] == needed.values["p"].value
    assert 0.2 < found.suffices["api"] < 0.6
    chosen = uncertainty(BUSY, api__nodes="one_of(20, 400)")
    assert 0.5 < chosen.suffices["api"] < 0.95


def test_bottlenecks_are_counted_alike_at_once_and_when_they_are_read() -> None:
    later = uncertainty(BUSY)
    at_once = estimated(BUSY, options=SamplingOptions(everything=True)).uncertainty
    assert at_once is not None
    assert list(later.binds) == ["api"]
    assert later.binds == at_once.binds


# --- percentiles in formulas ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("p95(size)", 4),
        ("p50(size)", 2),
        ("p5(size) * 2", 2),
        ("p95(1 to 4)", 4),
        ("mean(size)", 2 * math.exp((math.log(2) / REACH) ** 2 / 2)),
        ("probability(size > 4)", 0.05),
        ("probability(size > 1 and size < 4)", 0.9),
        ("p95(size * 3) - p5(size)", 11),
        ("p95(size + p5(size))", 5),
        ("p95(twice)", 8),
        ("p5(upper + size)", 5),
        ("probability(size > p50(size))", 0.5),
        ("if(probability(size > 3) > 50%, 1, 2)", 2),
        ("p95(5)", 5),
        ("probability(5 > 3)", 1),
        ("p95(p95(size))", 4),
    ],
)
def test_a_formula_may_ask_for_percentiles_and_chances(formula: str, value: float) -> None:
    text = derived(size="1 to 4", twice="size * 2", upper="p95(size)", found=formula)
    assert estimated(text).values["found"].value == pytest.approx(value, rel=0.02)


def test_percentiles_that_need_each_other_are_a_circle() -> None:
    text = derived(one="p95(two)", two="one + (1 to 2)")
    assert refusal(text).startswith("E018 circular dependency")


def test_a_formula_that_has_no_value_with_a_percentile_is_refused() -> None:
    """With the median it would have one."""
    text = derived(size="1 to 4", found="sqrt(3 - p95(size))")
    assert refusal(text).startswith("E023")


def test_a_parameter_keeps_its_bounds_with_a_percentile() -> None:
    text = "users: 1M\nactions: {post: {per_user: 2/day}}\nderive: {peak: 0.8 to 4}\n"
    told = refusal(text, traffic__peak_to_average="p5(peak)")
    assert told == "E024 `traffic.peak_to_average` must be at least 1, but it is 0.8"


# --- expectations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "status", "chance"),
    [
        ("p95(size) <= 4", "pass", None),
        ("p95(size) <= 3.99", "fail", None),
        ("p5(size) >= 1", "pass", None),
        ("mean(size) <= 2.2", "pass", None),
        ("probability(size > 3) <= 20%", "pass", None),
        ("size <= 4.1", "pass", 0.9555),
        ("size <= 3.9", "fail", 0.9435),
        ("{check: size <= 3, confidence: 80%}", "pass", 0.8317),
        ("{check: size <= 3, confidence: 90%}", "fail", 0.8317),
        ("{check: size <= 3, severity: warn}", "warn", 0.8317),
        ("{check: size <= 3, until: 2999-01-01}", "waived", 0.8317),
        ("size <= p95(size) * 1.1", "pass", 0.965),
        ("size > 1 and size < 4", "fail", 0.9),
        ("known <= 4", "pass", None),
    ],
)
def test_an_expectation_of_a_range_holds_in_as_many_draws_as_it_should(
    check: str, status: str, chance: float | None
) -> None:
    (found,) = estimated(f"derive: {{size: 1 to 4, known: 3}}\nexpect: [{check}]\n").expectations
    assert found.status == status
    assert found.chance == (None if chance is None else pytest.approx(chance, abs=0.005))


@pytest.mark.parametrize(
    ("formula", "p95"),
    [("aa * p95(known)", 10), ("aa * mean(known + 0)", 10), ("aa + probability(known > 3)", 3)],
)
def test_a_percentile_of_what_is_known_is_that_in_every_draw(formula: str, p95: float) -> None:
    assert spread(derived(aa="1 to 2", known="5", x=formula), "x").p95 == pytest.approx(
        p95, rel=1e-3
    )


def test_a_percentile_of_what_is_known_may_stand_in_a_condition(ask: Ask) -> None:
    expected = '["aa <= p95(known)", "p50(p95(aa)) >= aa"]'
    found = ask(
        "run",
        "-",
        "--format",
        "json",
        given=f"derive: {{aa: 1 to 2, known: 5}}\nexpect: {expected}",
    ).scenario
    assert [e["chance"] for e in found["expectations"]] == pytest.approx([1, 0.95], abs=0.01)


@pytest.mark.parametrize(("most", "code"), [("4.1", 0), ("3", 1)])
def test_the_exit_code_says_whether_expectations_of_ranges_hold(
    most: str, code: int, ask: Ask
) -> None:
    found = ask("run", "-", given=f"derive: {{size: 1 to 4}}\nexpect: [size <= {most}]\n")
    assert found.code == code


@pytest.mark.parametrize("said", ["120%", "0%", "3 GB", "50% to 60%"])
def test_a_confidence_is_a_share(said: str) -> None:
    text = f"derive: {{size: 1 to 4}}\nexpect: [{{check: size <= 3, confidence: {said}}}]\n"
    with pytest.raises(InputError) as found:
        estimated(text)
    assert {d.rule for d in found.value.diagnostics} <= {"E012", "E024", "E025"}


def test_what_else_is_wrong_of_an_expectation_is_told_with_its_condition() -> None:
    check = "{check: nobody <= 3, confidence: 120%, severity: loud, until: someday}"
    with pytest.raises(InputError) as found:
        estimated(f"derive: {{size: 1 to 4}}\nexpect: [{check}]\n")
    assert {d.rule for d in found.value.diagnostics} == {"E014", "E024", "E022", "E029"}


def test_a_condition_compares_with_no_range() -> None:
    told = refusal("derive: {size: 1 to 4}\nexpect: [size <= 2 to 3]\n")
    assert told == "E025 a range has no place here"


# --- the command ----------------------------------------------------------------------------------


def test_json_has_percentiles_drivers_and_chances(ask: Ask) -> None:
    text = FIVE + API + "expect: [requests.peak <= 5M/s]\n"
    found = ask("run", "-", "--format=json", "--samples=2000", "--seed=7", given=text)
    scenario = found.scenario
    users = scenario["quantities"]["users"]
    assert (users["p5"], users["p95"]) == pytest.approx((400e6, 600e6))
    assert "p5" not in scenario["quantities"]["tweet.retention"]
    told = scenario["uncertainty"]
    assert (told["samples"], told["seed"]) == (2000, 7)
    assert told["ranges"]["users"] == "lognormal"
    assert {d["range"] for d in told["drivers"]["storage.retained"]} == set(STORED)
    assert set(told["nodes_sufficient"]) == {"api"}
    assert 0 <= scenario["expectations"][0]["chance"] <= 1


def test_csv_has_the_percentiles_and_nothing_where_there_are_none(ask: Ask) -> None:
    found = ask("run", "-", "--format=csv", given=FIVE)
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(found.out))}
    assert float(rows["users"]["p95"]) == pytest.approx(600e6)
    assert [rows["tweet.retention"][p] for p in ("p5", "p50", "p95")] == ["", "", ""]


def test_tables_show_ranges_drivers_and_chances(ask: Ask) -> None:
    found = ask("run", "-", "--all", given=FIVE + API)
    ranges = {row[0]: row[1:] for row in found.rows("Ranges")}
    assert [c.strip() for c in ranges["requests.peak"][:4]] == [
        "1.47M/s",
        "3.33M/s",
        "7.54M/s",
        "3.33M/s",
    ]
    drivers = found.rows("Drivers")
    assert drivers[0][:2] == ["storage.retained", "tweet.payload"]
    assert found.rows("Chances")[0][0] == "the nodes of api are enough"


def test_how_much_narrower_a_quantity_would_be_is_told_in_digits_that_differ(ask: Ask) -> None:
    found = ask("run", "-", given=derived(size="100 + (1 to 2) + (1 to 9)"))
    before, after = found.rows("Drivers")[0][-1].split(" → ")
    assert before != after


def test_drivers_of_a_quantity_are_told_when_asked(ask: Ask) -> None:
    asked = ask("run", "-", "--drivers", "tweet.reads.peak", given=FIVE)
    assert "tweet.reads.peak" in {row[0] for row in asked.rows("Drivers")}
    unknown = ask("run", "-", "--drivers", "tweet.raeds.peak", given=FIVE)
    assert unknown.code == 2
    assert "did you mean `tweet.reads.peak`?" in unknown.err
    certain = ask("run", "-", "--drivers", "tweet.retention", given=FIVE)
    assert certain.code == 0
    assert "W107" in certain.err


@pytest.mark.slow
@pytest.mark.parametrize("call", ["run - --format csv", "check - --no-cache"])
@pytest.mark.parametrize("written", ["--draws 2000", "--draws=2000"])
def test_samples_are_also_asked_for_by_the_old_name_of_the_option(
    call: str, written: str, ask: Ask
) -> None:
    text = FIVE + "expect: [requests.peak <= 5M/s]\n"
    new = ask(*call.split(), "--samples", "2000", given=text)
    assert ask(*call.split(), *written.split(), given=text) == new
    assert new.out != ask(*call.split(), given=text).out


@pytest.mark.parametrize(
    "wrong", ["--samples=10", "--samples=1000000000", "--seed=-1", "--samples=x"]
)
def test_draws_and_seeds_have_limits(wrong: str, ask: Ask) -> None:
    assert ask("run", "-", wrong, given=FIVE).code == 2


def process(*arguments: str, given: str = FIVE, **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **variables},
        check=True,
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "loaded"), [(FIVE, ["numpy"]), ("derive: {size: 3}\n", [])], ids=["ranges", "none"]
)
def test_numpy_is_loaded_for_ranges_alone_and_scipy_never(text: str, loaded: list[str]) -> None:
    script = (
        "import sys\nfrom estimator.cli.app import run_app\nrun_app(['run', '-'])\n"
        "print(*(m for m in ('numpy', 'scipy') if m in sys.modules))"
    )
    assert process("-c", script, given=text).splitlines()[-1].split() == loaded


@pytest.mark.slow
@pytest.mark.parametrize("columns", [80, 120])
def test_the_tables_of_ranges_fit_a_terminal(columns: int, tmp_path: Path) -> None:
    file = tmp_path / "five.yaml"
    file.write_text(FIVE + API, "utf-8")
    shown = COLOR.sub("", on_terminal(columns, "run", str(file), "--show=uncertainty"))
    for title in ("Ranges", "Drivers", "Chances"):
        assert title in shown
    assert max(map(len, shown.splitlines())) <= columns
    for whole in ("requests.average", "tweet.payload", "59.9%"):
        assert whole in shown


def test_tables_of_ranges_can_be_plain_characters() -> None:
    found = process("-m", "estimator", "run", "-", "--all", PYTHONIOENCODING="ascii")
    assert found.isascii()
    assert "Ranges" in found
    assert "Drivers" in found
    assert "?" not in found


@pytest.mark.slow
def test_ctrl_c_leaves_no_progress_behind(tmp_path: Path) -> None:
    (tmp_path / "five.yaml").write_text(FIVE)
    with Terminal("run", "five.yaml", "--samples", "100000000", cwd=tmp_path) as terminal:
        terminal.until("of 100,000,000 samples")
        terminal.type("\x03")
        left = terminal.rest()
        assert terminal.code == 130
    assert left.endswith("\r\x1b[K")
    assert "samples" not in left.rpartition("^C")[2]


def test_what_follows_from_a_wait_takes_as_few_draws_as_the_wait() -> None:
    text = "actions: {a: {rate: 10k/s to 90k/s, op: read, response: 2 kB}}\n"
    text += "components: {api: {kind: service, cpu_time: 5 ms}}\n"
    found = uncertainty(text + "derive: {late: a.latency.p99 * 2, load: a.reads.peak * 2}\n")
    assert found.spreads["late"].draws == 1_024
    assert found.spreads["load"].draws == 65_536


def test_a_branch_that_is_not_taken_may_divide_by_zero() -> None:
    text = "inputs: {p: 1, q: 1, a: 2 to 4}\nderive: {x: 'if(p > q, 1 / (p - q), 3) * a'}\n"
    assert spread(text, "x").p50 == pytest.approx(3 * math.sqrt(8), rel=0.01)
    text += (
        "expect: ['if(p > q, 1 / (p - q), 3) * a >= 6 or a < 0', 'if(p > q, 1 / (p - q), 3) >= 3',"
    )
    text += " 'p5(a) * if(p > q, 1 / (p - q), 3) >= 5']\n"
    chances = [outcome.chance for outcome in estimated(text).expectations]
    assert chances[0] == pytest.approx(0.95, abs=0.01)
    assert [outcome.status for outcome in estimated(text).expectations] == ["pass"] * 3
