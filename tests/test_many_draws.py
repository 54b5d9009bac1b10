"""More draws than are kept: they say the same as fewer, and take no more memory."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import pytest
from asking import Ask

from estimator.evaluate.uncertainty import limits, streaming

PINNED = """\
users: 400M to 600M
actions:
  tweet: {per_user: 1.5 to 3 /day, payload: 150 to 400 B}
components:
  api: {kind: service, cpu_time: 5 ms, nodes: 20}
expect:
  - tweet.writes.average <= 15k/s
  - api.nodes >= 10
"""

MANY = limits.KEPT + 50_000


def of(ask: Ask, scenario: str, draws: int) -> dict[str, Any]:
    answer = ask("run", "-", "--format", "json", "--samples", str(draws), given=scenario)
    assert answer.code in (0, 1), answer.err
    return answer.scenario


def percentiles(scenario: dict[str, Any], name: str) -> list[float]:
    quantity = scenario["quantities"][name]
    return [quantity[p] for p in ("p5", "p50", "p95")]


@pytest.mark.slow
def test_expectations_hold_in_as_many_of_many_draws_as_of_few(ask: Ask) -> None:
    few, many = (of(ask, PINNED, draws) for draws in (65_536, MANY))
    one, other = (s["expectations"][0]["chance"] for s in (few, many))
    assert one == pytest.approx(other, abs=0.01)
    assert 0.5 < other < 1


@pytest.mark.parametrize("draws", [65_536, MANY])
def test_what_cannot_be_computed_in_some_draws_has_the_percentiles_of_the_others(
    ask: Ask, draws: int
) -> None:
    scenario = "derive:\n  x: normal(1, 1)\n  root: sqrt(x)\n"
    normal = NormalDist(1, 1)
    none = normal.cdf(0)
    exact = [math.sqrt(normal.inv_cdf(none + p * (1 - none))) for p in (0.05, 0.5, 0.95)]
    assert percentiles(of(ask, scenario, draws), "root") == pytest.approx(exact, rel=0.04)


@pytest.mark.parametrize("range_", ["uniform(0, 1)", "one_of(0, 1)", "normal(0, 1)"])
def test_a_range_that_is_written_as_a_function_takes_all_draws(ask: Ask, range_: str) -> None:
    scenario = f"derive:\n  x: {range_}\nexpect: [x <= 0.3]\n"
    chances = [of(ask, scenario, d)["expectations"][0]["chance"] for d in (1_024, 65_536)]
    assert chances[0] != chances[1]


def test_the_digits_do_not_depend_on_how_many_draws_are_computed_at_a_time(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = "derive:\n  x: 1 to 9\n  both: x + uniform(0, 1)\n"
    whole = percentiles(of(ask, scenario, MANY), "both")
    monkeypatch.setattr(limits, "CHUNK", 10_007)
    assert percentiles(of(ask, scenario, MANY), "both") == whole


def test_a_range_that_goes_with_another_has_the_same_draws_whatever_is_asked(ask: Ask) -> None:
    scenario = """\
derive:
  one: uniform(0, 1)
  other: uniform(0, 1)
  share: probability(other <= 0.3)
correlate: [{of: [one, other], rank: 0.9}]
expect: [other <= 0.3]
"""
    found = of(ask, scenario, 2_000)
    assert found["expectations"][0]["chance"] == found["quantities"]["share"]["value"]


@pytest.mark.slow
def test_what_is_kept_of_many_draws_grows_slowly(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    percentile = streaming._Near.at

    def watched(near: streaming._Near, level: float, seen: int) -> float:
        kept.append(near.size)
        return percentile(near, level, seen)

    monkeypatch.setattr(streaming._Near, "at", watched)
    found = percentiles(of(ask, PINNED, 4_000_000), "tweet.writes.average")
    assert 0 < max(kept) <= limits.KEPT  # of the draws of one percentile
    assert found == pytest.approx([8_050, 12_028, 17_971], rel=1e-3)
