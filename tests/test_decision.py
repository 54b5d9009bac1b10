"""The decision of docs/questions/decision.md, computed by hand and held against each answer.

Prices and the performance of machines are those of the catalogs; all sums are done here again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from estimator import load
from estimator.analyse.growth import after
from estimator.api import estimate
from estimator.api.decisions import compare, forecast, solve
from estimator.evaluate import Report

PAGE = Path(__file__).parents[1] / "docs" / "questions" / "decision.md"
_FOUND = re.search(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
assert _FOUND is not None
TEXT = _FOUND[1]
SURE = {"traffic.growth": "4%/month", "traffic.noise": "0%"}
DAY, MONTH, YEAR = 86_400.0, 365 * 86_400.0 / 12, 365 * 86_400.0
HOURS = 730.0
GIB, TIB = 2.0**30, 2.0**40
GROWTH, DATA_GROWTH = 1.04, 1.08

BROWSE, CART, ORDER, UPLOAD, WATCH = 17_800.0, 1_500.0, 150.0, 40.0, 500.0
CALLS = BROWSE + CART + ORDER + UPLOAD


def tiered(size: float, prices: Sequence[float], limits: Sequence[float]) -> float:
    """Return what a size costs where each price is for what lies between two limits."""
    ends = [0.0, *limits, math.inf]
    return sum(
        max(0.0, min(size, high) - low) * price
        for price, low, high in zip(prices, ends[:-1], ends[1:], strict=True)
    )


@cache
def _report() -> Report:
    return estimate(load(text=TEXT), overrides=SURE).report


class ByHand:
    """The marketplace after some months, each load times what it grew by."""

    def __init__(self, months: int, event: float = 1.0) -> None:
        self.report = _report()
        self.load = GROWTH**months * event
        self.months = months

    def of(self, name: str) -> float:
        return self.report.number(name)

    def prices(self, start: str) -> tuple[list[float], list[float]]:
        tiers = range(1, 10)
        prices = [self.of(f"{start}.price_{n}") for n in tiers]
        limits = [self.of(f"{start}.limit_{n}") for n in tiers]
        return [p for p in prices if p], [x for x in limits if x]

    def api_nodes(self) -> float:
        """42: three regions, each with half of the work at 85%, or a third at 60%."""
        busy = CALLS * 2 * self.load * 6e-3 / self.of("api.node.performance") / 8
        return 3 * math.ceil(max(busy / 3 / 0.6, busy / 2 / 0.85) - 1e-9)

    def uploaded(self) -> float:
        """Return what was uploaded, where the load is a straight line between two months."""
        loads = [GROWTH**month for month in range(self.months + 1)]
        months = sum((a + b) / 2 for a, b in pairwise(loads))
        return UPLOAD * 2e6 * MONTH * months

    def primary(self) -> float:
        """Nine copies of all data, with half as much again for indexes and dead rows."""
        return 6e12 * DATA_GROWTH**self.months * 1.5 * 9

    def cost(self, kept: float) -> float:
        """Return the bill of a month, with so much in the object store."""
        volume = self.primary() / 9 / 0.7
        primary = 9 * (
            self.of("primary.node.price") * 3600 * HOURS
            + volume * self.of("primary.volume.price") * MONTH
            + self.of("primary.volume_operations") * self.load * 0.065
        )
        video = tiered(WATCH * 1.5e6 * self.load * MONTH, *self.prices("edge.plan"))
        pages = tiered(BROWSE * 12e3 * self.load * MONTH, *self.prices("traffic.internet"))
        stored = tiered(kept, *self.prices("media.class")) * MONTH
        api = self.api_nodes() * self.of("api.node.price") * 3600 * HOURS
        return primary + video + pages + stored + api


def test_what_it_comes_to_now_is_what_a_hand_computes() -> None:
    by_hand = ByHand(0)
    assert by_hand.of("requests.peak") == pytest.approx(2 * (CALLS + WATCH))
    assert by_hand.of("egress.peak") == pytest.approx(2 * (BROWSE * 12e3 + WATCH * 1.5e6))
    assert by_hand.of("api.nodes") == by_hand.api_nodes() == 42
    full = UPLOAD * 2e6 * 3 * YEAR
    assert by_hand.of("media.storage.retained") == pytest.approx(full)
    assert by_hand.of("primary.storage.retained") == pytest.approx(by_hand.primary())
    # what is left out by hand: sessions, the broker, and what goes between regions
    assert by_hand.of("cost.per_month") == pytest.approx(by_hand.cost(full), rel=0.02)


@pytest.mark.slow
def test_what_it_comes_to_in_18_months_is_what_a_hand_computes() -> None:
    by_hand = ByHand(18)
    shown = ("requests.peak", "api.nodes", "media.storage.retained", "cost.per_month")
    found = forecast(load(text=TEXT), months=18, show=shown, overrides=SURE)
    load_, nodes, kept, cost = (cell.value for cell in found.points[-1].cells)
    assert load_ == pytest.approx(2 * (CALLS + WATCH) * 1.04**18)
    assert nodes == by_hand.api_nodes()
    # an event of four days: uploads doubled, at the load of that day
    sale = UPLOAD * 2e6 * 4 * DAY * GROWTH ** (11 + 25 / 30)
    assert kept == pytest.approx(by_hand.uploaded() + sale, rel=1e-3)
    assert cost == pytest.approx(by_hand.cost(by_hand.uploaded() + sale), rel=0.02)


@pytest.mark.slow
def test_black_friday_doubles_what_has_grown_by_then() -> None:
    found = forecast(
        load(text=TEXT), months=18, show=("requests.peak", "api.nodes"), overrides=SURE
    )
    (friday,) = (point for point in found.points if point.event)
    by_hand = ByHand(0, event=2 * GROWTH ** (11 + 25 / 30))
    assert friday.on == date(2027, 11, 26)
    assert friday.cells[0].value == pytest.approx(2 * (CALLS + WATCH) * by_hand.load, rel=1e-3)
    assert friday.cells[1].value == by_hand.api_nodes()


@pytest.mark.slow
def test_the_largest_machine_is_outgrown_when_a_copy_fills_its_volume() -> None:
    found = forecast(load(text=TEXT), until="2030-12", overrides=SURE)
    # a volume of io2 has 64 TiB, of which 70% are filled, for 6 TB and half as much again
    months = math.log(64 * TIB * 0.7 / (6e12 * 1.5)) / math.log(DATA_GROWTH)
    (primary,) = (sizes for sizes in found.sizes if sizes.component == "primary")
    assert primary.sizes[-1].machine == "r7g.16xlarge"
    assert primary.only_more_help is not None
    days = (primary.only_more_help - after(date(2026, 12, 1), months)).days
    assert abs(days) <= 1


def test_the_same_machines_on_x86_cost_what_the_catalog_says() -> None:
    arm, x86 = compare([(load(text=TEXT), "base"), (load(text=TEXT), "x86")]).designs
    assert arm.chance_cheapest == 1.0
    more = x86.report.number("cost.per_month") / arm.report.number("cost.per_month")
    assert 1.0 < more < 1.1


def test_what_a_lost_region_leaves_carries_the_peak_with_longer_waits() -> None:
    base, lost = compare([(load(text=TEXT), "base"), (load(text=TEXT), "region_lost")]).designs
    used = [design.report.number("api.utilization") for design in (base, lost)]
    assert used[1] == pytest.approx(used[0] * 3 / 2)
    assert used[1] <= 0.85
    times = [design.report.number("slo.estimate.p99") for design in (base, lost)]
    assert times[0] < times[1] <= 0.3
    assert not lost.failing


def test_how_much_larger_a_peak_the_writer_takes_is_a_straight_line() -> None:
    found = solve(
        load(text=TEXT), "traffic.peak_to_average=1..20", "primary.utilization.writer <= 60%"
    )
    now = estimate(load(text=TEXT)).report.number("primary.utilization.writer")
    assert found.limit == pytest.approx(2 * 0.6 / now, rel=1e-9)
