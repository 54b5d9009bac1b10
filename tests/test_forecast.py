"""`estimator forecast`: a system month by month, and when it passes its limits."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from asking import Ask
from hypothesis import given as given_by
from hypothesis import settings
from hypothesis import strategies as st

from estimator import load
from estimator.analyse.forecast import Forecast
from estimator.analyse.growth import after, months_until
from estimator.api.decisions import forecast
from estimator.render.plot import Curve, Limit, plot_lines
from estimator.render.sanitize import ascii_only

DAY, MONTH = 86_400.0, 365 * 86_400.0 / 12
LOG = """\
as_of: 2026-12-01
traffic: {growth: 8%/month, peak_to_average: 1}
actions: {event: {rate: 1k/s, payload: 1 kB, retention: 6 months}}
"""


def ahead(text: str, months: int = 12, *show: str, **options: Any) -> Forecast:
    return forecast(load(text=text), months=months, show=show, **options)


def values(found: Forecast, at: int = 0) -> list[float]:
    """Return the first result in each month, without events."""
    return [point.cells[at].value for point in found.points if not point.event]


# --- growth ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("growth", "expected"),
    [
        ("growth: 8%/month", lambda months: 1.08**months),
        ("growth: 50%/year", lambda months: 1.5 ** (months / 12)),
        ("growth: -3%/month", lambda months: 0.97**months),
        ("growth: 10%/month, growth_shape: linear", lambda months: 1 + 0.1 * months),
        (
            "growth: 10%/month, ceiling: 3x",
            lambda months: 3 / (1 + 2 * math.exp(-math.log(1.1) * 1.5 * months)),
        ),
    ],
)
def test_loads_grow_as_the_file_says(growth: str, expected: Any) -> None:
    text = f"traffic: {{{growth}}}\nactions: {{a1: {{rate: 100/s}}}}"
    found = values(ahead(text, 24, "requests.average"))
    assert found == pytest.approx([100 * expected(month) for month in range(25)], rel=1e-9)


def test_users_and_what_they_do_grow_together() -> None:
    text = """\
users: {registered: 10M, daily_active: 40%, concurrent: 10%}
traffic: {growth: 5%/month}
actions: {a1: {per_user: 2/day}, b1: {every: 30 s}, c1: {per: {a1: 3}}}
"""
    names = ("users.registered", "users", "users.concurrent", *"abc")
    shown = [n if "." in n or n == "users" else f"{n}1.events.average" for n in names]
    first, *_, last = ahead(text, 12, *shown).points
    for before, now in zip(first.cells, last.cells, strict=True):
        assert now.value == pytest.approx(before.value * 1.05**12, rel=1e-9)


@pytest.mark.parametrize(
    "share",
    ["daily_active: 40% to 50%, concurrent: 20%", "daily_active: 45%, concurrent: 10% to 30%"],
)
@pytest.mark.parametrize("users", ["{%s}", "{guests: 1k, members: {%s}}"])
def test_a_share_that_is_a_range_does_not_grow(share: str, users: str) -> None:
    by = ", by: all" if "guests" in users else ""
    text = (
        f"users: {users % f'registered: 2M, {share}'}\ntraffic: {{growth: 5%/month}}\n"
        f"actions: {{ping: {{every: 4 s{by}}}}}\n"
    )
    months = values(ahead(text, 3, "requests.average"))
    assert months[3] / months[0] == pytest.approx(1.05**3, rel=1e-6)


def test_an_action_may_grow_at_its_own_rate() -> None:
    text = """\
users: 1M
traffic: {growth: 5%/month}
actions: {a1: {per_user: 2/day, growth: 10%/month}, b1: {per_user: 2/day}, c1: {per: {a1: 3}}}
"""
    first, *_, last = ahead(text, 6, *(f"{n}1.events.average" for n in "abc")).points
    times = [now.value / was.value for now, was in zip(last.cells, first.cells, strict=True)]
    assert times == pytest.approx([1.1**6, 1.05**6, 1.1**6])


def test_a_population_may_grow_at_its_own_rate() -> None:
    text = """\
users: {riders: {daily_active: 20M, growth: 2%/month}, drivers: {daily_active: 1M}}
actions: {ride: {per_user: 1/day, by: riders}, shift: {per_user: 1/day, by: drivers}}
"""
    found = ahead(text, 12, "ride.events.average", "shift.events.average")
    assert values(found)[-1] / values(found)[0] == pytest.approx(1.02**12)
    assert values(found, 1)[-1] == values(found, 1)[0]


def test_what_has_a_growth_of_its_own_may_have_its_shape() -> None:
    text = """\
users:
  readers: 100k
  writers: {registered: 20k, daily_active: 10k, growth: 10%/month, growth_shape: linear}
traffic: {growth: 10%/month}
actions:
  read: {by: readers, per_user: 10/day}
  write: {by: writers, per_user: 10/day, growth: 5%/month, growth_shape: linear}
components:
  grows: {kind: database, stored.retained: 1 TB, growth: 8%/month}
  fills: {kind: database, stored.retained: 1 TB, growth: 8%/month, growth_shape: linear}
"""
    names = ("users.readers", "users.writers.daily_active", "write.events.average")
    data = ("grows.stored.retained", "fills.stored.retained")
    (last,) = ahead(text, 12, *names, *data).points[-1:]
    first = [100e3, 10e3, 10e4 / DAY, 1e12, 1e12]
    factors = [1.1**12, 2.2, 1.6, 1.08**12, 1.96]
    assert [c.value for c in last.cells] == pytest.approx(
        [a * b for a, b in zip(first, factors, strict=True)]
    )


def test_dates_take_the_place_of_a_rate() -> None:
    text = LOG.replace("retention: 6 months", "") + "growth: {2027-03-01: 2x, 2027-06-01: 4x}\n"
    found = values(ahead(text, 8, "requests.average"))
    assert found[3] == pytest.approx(2000)
    assert found[6] == pytest.approx(4000)
    assert found[8] == found[6]
    assert found[4] / found[3] == pytest.approx(2 ** (1 / 3))


# --- data -----------------------------------------------------------------------------------------


def by_hand(months: int, growth: float, retention: int, before: float = 0.0) -> float:
    """Return what is kept, added up in thousandths of a month."""
    steps = 1000
    total = 0.0
    for step in range(-round(before * steps), months * steps):
        middle = (step + 0.5) / steps
        if middle >= months - retention:
            total += 1e6 * (growth ** max(middle, 0.0)) * MONTH / steps
    return total


@pytest.mark.parametrize("months", [1, 5, 6, 7, 12])
def test_data_fills_up_by_its_retention_while_the_load_grows(months: int) -> None:
    found = values(ahead(LOG, months, "event.stored.retained"))
    assert found[-1] == pytest.approx(by_hand(months, 1.08, 6), rel=2e-3)


def test_data_that_is_there_already_is_as_old_as_the_file_says() -> None:
    text = LOG + "storage: {age: 3 months}\n"
    found = values(ahead(text, 7, "event.stored.retained"))
    assert found[0] == pytest.approx(3 * MONTH * 1e6)
    assert found[2] == pytest.approx(by_hand(2, 1.08, 6, before=3), rel=2e-3)
    assert found[7] == pytest.approx(by_hand(7, 1.08, 6, before=3), rel=2e-3)


def test_what_is_there_from_the_start_stays() -> None:
    text = LOG.replace("retention", "initial: 7 TB, retention")
    found = values(ahead(text, 12, "event.stored.retained"))
    assert found[0] == pytest.approx(7e12, rel=1e-4)
    assert found[12] == pytest.approx(7e12 + by_hand(12, 1.08, 6), rel=2e-3)


def test_pinned_data_grows_as_its_component_says_and_else_stays() -> None:
    text = """\
actions: {a1: {rate: 10/s}}
components:
  grows: {kind: database, stored.retained: 6 TB, growth: 8%/month}
  stays: {kind: database, stored.retained: 6 TB}
"""
    found = ahead(text, 10, "grows.stored.retained", "stays.stored.retained")
    assert values(found)[-1] == pytest.approx(6e12 * 1.08**10)
    assert values(found, 1)[-1] == 6e12


# --- events and orders ----------------------------------------------------------------------------

SALE = """\
as_of: 2026-12-01
actions: {buy: {rate: 1k/s, payload: 1 kB}, look: {rate: 5k/s, response: 2 kB}}
components: {api: {kind: service, cpu_time: 5 ms}}
events: {sale: {on: 2027-01-15, for: 4 days, load: 3x, actions: [buy]}}
"""


def test_an_event_multiplies_the_load_of_its_actions_while_it_lasts() -> None:
    found = ahead(SALE, 2, "buy.writes.peak", "look.reads.peak", "stored.retained")
    (sale,) = (point for point in found.points if point.event)
    month = next(point for point in found.points if point.months == 1.0)
    after_it = found.points[-1]
    assert sale.on == date(2027, 1, 15)
    assert sale.cells[0].value == pytest.approx(3 * month.cells[0].value)
    assert sale.cells[1].value == month.cells[1].value
    assert after_it.cells[2].value == pytest.approx(1e6 * (2 * MONTH + 2 * 4 * DAY), rel=1e-6)


OVERLAP = """\
as_of: 2027-01-01
actions: {buy: {rate: 1k/s, payload: 1 kB}}
events:
  friday: {on: 2027-01-15, for: 4 days, load: 3x}
  monday: {on: 2027-01-17, for: 4 days, load: 2x}
"""


def test_of_events_at_the_same_time_the_largest_counts() -> None:
    found = ahead(OVERLAP, 2, "buy.writes.average", "stored.retained")
    during = [point.cells[0].value for point in found.points if point.event]
    assert during == [pytest.approx(3000), pytest.approx(3000)]
    assert found.points[-1].cells[1].value == pytest.approx(
        1e6 * (2 * MONTH + 2 * 4 * DAY + 1 * 2 * DAY), rel=1e-3
    )


def test_an_event_that_goes_on_is_in_the_months_that_it_covers() -> None:
    text = OVERLAP.replace("4 days, load: 3x", "30 days, load: 3x")
    found = ahead(text, 2, "buy.writes.average", "stored.retained")
    assert values(found) == [pytest.approx(x) for x in (1000, 3000, 1000)]
    part = values(found, 1)[1]  # half a month of the event has been written by then
    assert 1e6 * (MONTH + 2 * 15 * DAY) < part < 1e6 * (MONTH + 2 * 18 * DAY)


def test_an_event_that_began_before_goes_on_to_its_end() -> None:
    text = OVERLAP.replace("2027-01-15, for: 4 days", "2026-12-20, for: 20 days")
    assert values(ahead(text, 1, "buy.writes.average"))[0] == pytest.approx(3000)


@pytest.mark.parametrize("first", ["2026-12-31", "2027-02-28", "2027-04-30"])
def test_an_event_of_a_day_is_over_on_the_next(first: str) -> None:
    text = f"""\
as_of: 2026-11-01
actions: {{buy: {{rate: 1k/s}}}}
events: {{peak_day: {{on: {first}, for: 1 day, load: 4x}}}}
"""
    assert values(ahead(text, 7, "requests.average")) == [pytest.approx(1000)] * 8


def test_an_event_does_not_pass_a_limit_of_what_is_said_of_users() -> None:
    text = """\
as_of: 2026-11-01
users: 2M
actions: {view: {per_user: 5/day}}
events: {sale: {on: 2026-12-10, for: 1 day, load: 20x}}
"""
    assert not ahead(text, 3).passings


@pytest.mark.parametrize("length", ["3 h", "4 days", "20 days", "60 days"])
def test_a_bill_is_of_a_month_with_the_event_in_it(length: str) -> None:
    text = f"""\
as_of: 2027-01-01
actions: {{look: {{rate: 100k/s, op: read, response: 0 B}}}}
components: {{api: {{kind: service, cpu_time: 5 ms}}}}
events: {{sale: {{on: 2027-02-03, for: {length}, load: 3x}}}}
"""
    found = ahead(text, 2, "cost.per_month", "api.nodes")
    (event,) = (point for point in found.points if point.event)
    usual, days = found.points[0].cells, {"3 h": 1 / 8, "4 days": 4, "20 days": 20, "60 days": 99}
    assert event.cells[1].value == pytest.approx(3 * usual[1].value, rel=0.01)
    more = event.cells[0].value - usual[0].value
    share = min(days[length] * DAY / MONTH, 1.0)
    assert more == pytest.approx(2 * share * usual[0].value, rel=0.01)


def test_a_bill_with_events_in_an_event_pays_each_for_its_days() -> None:
    text = """\
as_of: 2027-01-01
actions: {look: {rate: 100k/s, op: read, response: 0 B}}
components: {api: {kind: service, cpu_time: 5 ms}}
events:
  season: {on: 2027-02-03, for: 60 days, load: 2x}
  friday: {on: 2027-02-20, for: 4 days, load: 5x}
"""
    found = ahead(text, 2, "cost.per_month")
    usual = found.points[0].cells[0].value
    season, friday = (p.cells[0].value for p in found.points if p.event)
    expected = usual * (2 + 3 * 4 * DAY / MONTH)  # of a month of the season four days are a Friday
    assert friday == pytest.approx(expected, rel=0.01)
    assert season == pytest.approx(expected, rel=0.01)  # the month from then on has them in it, too


def test_an_event_on_the_first_of_a_month_passes_a_limit_by_its_name() -> None:
    text = SALE.replace("2027-01-15", "2027-02-01") + "expect: [buy.writes.peak <= 4k/s]\n"
    found = ahead(text, 3, "buy.writes.peak")
    assert found.passings[0].event == "sale"
    assert len(values(found)) == 4  # each month has a row of its own


GROWING = "{kind: service, cpu_time: 5 ms, nodes: 2"
LATE = (
    LOG + f"components: {{api: {GROWING}}}}}\n"
    "orders: {more: {on: 2027-09-20, of: api.nodes, to: 9}}\n"
)


@pytest.mark.parametrize("noise", ["", "noise: 0.01%, "])
def test_a_fleet_that_is_ordered_late_is_exceeded_until_it_arrives(noise: str) -> None:
    # 2 nodes are enough for 1.92k/s, until months after the middle of September; 9 for 8.64k/s
    text = LATE.replace("traffic: {", f"traffic: {{{noise}")
    found = {one.limit: one for one in ahead(text, 12).passings}
    months = math.log(2 * 8 * 0.6 / 5) / math.log(1.08)
    late = text.replace("2027-09-20", after(date(2026, 12, 1), months + 0.2).isoformat())
    in_time = text.replace("2027-09-20", after(date(2026, 12, 1), months - 0.2).isoformat())
    (planned, _), (kept, _) = (ahead(one, 12).passings for one in (late, in_time))
    assert planned.months == pytest.approx(months, abs=0.03)
    assert kept.on is None
    assert len(found) == 2


@pytest.mark.parametrize("noise", ["", "noise: 0.01%, "])
def test_a_limit_is_passed_by_growth_while_an_event_goes_on(noise: str) -> None:
    months = math.log(1.5) / math.log(1.08)  # in May, by growth alone; twice as much in an event
    text = LOG.replace("traffic: {", f"traffic: {{{noise}")
    event = "events: {season: {on: 2027-05-03, for: 20 days, load: 2x}}\n"
    limit = f"expect: [requests.average <= {2 * 1.08 ** (months + 0.0) * 1000:.1f}/s]\n"
    (passed,) = ahead(text + event + limit, 7).passings
    assert passed.event == ""
    assert passed.months == pytest.approx(months, abs=0.02)


def test_an_order_arrives_on_its_day() -> None:
    text = SALE + "orders: {more: {on: 2027-01-20, of: api.nodes, to: 50}}\n"
    found = ahead(text, 3, "api.nodes")
    assert values(found)[1] < 50
    assert values(found)[2:] == [50, 50]


# --- limits ---------------------------------------------------------------------------------------


def test_the_day_on_which_a_limit_is_passed_is_the_closed_form() -> None:
    text = LOG + "expect: [requests.average <= 1500/s]\n"
    (passed,) = ahead(text, 12).passings
    assert passed.months == pytest.approx(math.log(1.5) / math.log(1.08), abs=1e-3)
    assert passed.on == after(date(2026, 12, 1), passed.months)


def test_pinned_nodes_are_limits_with_the_last_day_to_order_more() -> None:
    text = (
        LOG + "components: {api: {kind: service, cpu_time: 5 ms, nodes: 2, lead_time: 30 days}}\n"
    )
    planned, used_up = ahead(text, 24).passings
    assert planned.limit == "api as planned, on 2 nodes"
    assert used_up.limit == "api at 100%"
    assert planned.months == pytest.approx(math.log(2 * 8 * 0.6 / 5) / math.log(1.08), abs=1e-3)
    assert used_up.months == pytest.approx(math.log(2 * 8 / 5) / math.log(1.08), abs=1e-3)
    assert planned.on is not None
    assert planned.order_by is not None
    assert (planned.on - planned.order_by).days == 30


def test_what_a_file_says_of_today_is_no_limit(ask: Ask) -> None:
    text = LOG + "expect: [event.writes.average == 1k/s, event.writes.average <= 2k/s]\n"
    found = ask("forecast", "-", given=text).out
    assert "event.writes.average <= 2k/s" in found
    assert "== 1k/s" not in found


def test_what_is_passed_from_the_start_is_said(ask: Ask) -> None:
    found = ask("forecast", "-", given=LOG + "expect: [requests.average <= 10/s]")
    assert "already passed" in found.out


def test_an_event_may_pass_a_limit(ask: Ask) -> None:
    found = ask("forecast", "-", given=SALE + "expect: [buy.writes.peak <= 4k/s]")
    assert "2027-01-15 (sale)" in found.out


def test_sizes_of_a_machine_last_until_only_more_machines_help() -> None:
    text = """\
as_of: 2026-12-01
traffic: {growth: 10%/month, peak_to_average: 1}
actions: {a1: {rate: 1k/s, op: read, response: 1 kB}}
components: {api: {kind: service, cpu_time: 4 ms, nodes: 2, node: m7g.xlarge}}
"""
    (sizes,) = ahead(text, 60).sizes
    assert [size.machine for size in sizes.sizes][:3] == [
        "m7g.xlarge",
        "m7g.2xlarge",
        "m7g.4xlarge",
    ]
    days = [size.until for size in sizes.sizes]
    double = math.log(2) / math.log(1.1)
    assert days[1] is not None
    assert days[2] is not None
    assert months_until(days[1], days[2]) == pytest.approx(double, abs=0.1)
    assert sizes.only_more_help == days[-1]


def test_sizes_last_on_with_the_nodes_that_were_ordered() -> None:
    text = """\
as_of: 2026-11-01
actions: {save: {rate: 100/s, payload: 1 kB}}
components:
  trips: {kind: database, like: postgres, stored.retained: 2 TB, growth: 30%/month}
"""
    order = "orders: {more: {on: 2027-03-01, of: trips.shards, to: 2}}\n"
    (without,) = ahead(text, 24).sizes
    (ordered,) = ahead(text + order, 24).sizes
    assert without.only_more_help is not None
    assert ordered.only_more_help is not None
    double = math.log(2) / math.log(1.3)  # two shards hold twice as much
    assert months_until(without.only_more_help, ordered.only_more_help) == pytest.approx(
        double, abs=0.1
    )


# --- ranges ---------------------------------------------------------------------------------------


def test_a_range_of_growth_gives_a_range_of_days() -> None:
    text = LOG.replace("8%/month", "4% to 12%/month") + "expect: [requests.average <= 2k/s]\n"
    (passed,) = ahead(text, 48).passings
    start = date(2026, 12, 1)
    for day, growth in ((passed.early, 1.12), (passed.late, 1.04)):
        assert day is not None
        exact = math.log(2) / math.log(growth)
        assert months_until(start, day) == pytest.approx(exact, rel=0.06)


def test_the_ends_of_a_count_are_counts() -> None:
    text = LOG.replace("8%/month", "4% to 12%/month") + (
        "components: {api: {kind: service, cpu_time: 100 ms}}\n"
    )
    for point in ahead(text, 24, "servers").points:
        ends = point.cells[0].low, point.cells[0].high
        assert all(end is None or end == int(end) for end in ends)


def test_noise_alone_makes_days_uncertain_on_both_sides() -> None:
    text = LOG.replace("8%/month", "8%/month, noise: 5%") + "expect: [requests.average <= 2k/s]\n"
    (passed,) = ahead(text, 36).passings
    assert passed.early is not None
    assert passed.late is not None
    assert passed.on is not None
    assert passed.early < passed.on < passed.late


def test_the_same_seed_gives_the_same_days() -> None:
    text = LOG.replace("8%/month", "4% to 12%/month, noise: -5% to 5%")
    text += "expect: [requests.average <= 2k/s]\n"
    assert ahead(text, 24, seed=3).passings == ahead(text, 24, seed=3).passings


# --- days -----------------------------------------------------------------------------------------


@given_by(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(0, 4000))
@settings(deadline=None)
def test_months_and_days_lead_back_to_each_other(start: date, days: int) -> None:
    day = date.fromordinal(start.toordinal() + days)
    assert after(start, months_until(start, day)) == day


# --- runway ---------------------------------------------------------------------------------------

PINNED = LOG + "components: {api: {kind: service, cpu_time: 5 ms, nodes: 2}}\n"
LEFT = math.log(2 * 8 / 5) / math.log(1.08)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (f"runway(api) >= {LEFT * 0.99:.3f} months", True),
        (f"runway(api) >= {LEFT * 1.01:.3f} months", False),
        (f"runway(api.cpu) >= {LEFT * 1.01:.3f} months", False),
        ("runway(requests.average <= 2k/s) >= 9 months", True),
        ("runway(requests.average <= 2k/s) >= 9.1 months", False),
        ("runway(requests.average <= 500/s) == 0 s", True),
        ("runway(servers <= 1000) >= 10 years", False),
        ("runway(servers <= 2) >= 49 years", True),
    ],
)
def test_an_expectation_may_ask_how_long_something_holds(ask: Ask, asked: str, holds: bool) -> None:
    text = PINNED.replace("servers <= 1000", "")
    if "1000" in asked:
        text = text.replace("nodes: 2", "minimum: 1")
    found = ask(
        "check",
        "-",
        given=text.replace("2026-12-01", date.today().isoformat()) + f"expect: ['{asked}']",
    )
    assert found.code == (0 if holds else 1), found.out


def test_runway_counts_from_today_and_not_from_the_day_of_the_loads(ask: Ask) -> None:
    text = PINNED.replace("2026-12-01", "2020-01-01")
    found = ask("check", "-", given=text + "expect: ['runway(api) >= 1 day']")
    assert found.code == 1


def test_a_runway_names_the_day_until_which_it_lasts(ask: Ask) -> None:
    text = PINNED.replace("2026-12-01", "2090-01-01")
    found = ask("check", "-", given=text + "expect: ['runway(requests.average <= 2k/s) >= 1 day']")
    assert "274 days, until 2090-10-01" in found.out, found.out  # 1.08^9.006 = 2
    gone = PINNED.replace("2026-12-01", "2020-01-01")
    found = ask("check", "-", given=gone + "expect: ['runway(api) >= 1 day']")
    assert "0 s, passed already, 100% below 1 day" in found.out, found.out
    ever = PINNED + "expect: ['runway(servers <= 2) >= 1 day']"
    assert "1,825 days, or more" in ask("check", "-", given=ever).out


def test_a_runway_without_the_day_of_the_loads_warns_of_it(ask: Ask) -> None:
    asked = "expect: ['runway(api) >= 1 day']"
    dated = ask("check", "-", given=PINNED + asked)
    undated = ask("check", "-", given=PINNED.replace("as_of: 2026-12-01\n", "") + asked)
    assert "W127" not in dated.out
    assert "W127" in undated.out
    assert f"write `as_of: {date.today().isoformat()}`" in undated.out


def test_over_ranges_runway_is_what_most_samples_reach(ask: Ask) -> None:
    text = PINNED.replace("8%/month", "4% to 12%/month")
    text = text.replace("2026-12-01", date.today().isoformat())
    least = math.log(2 * 8 / 5) / math.log(1.12)
    for factor, code in ((0.93, 0), (1.07, 1)):
        asked = f"expect: ['runway(api) >= {least * factor:.3f} months']"
        assert ask("check", "-", given=text + asked).code == code


def test_runway_outside_of_expectations_is_an_error(ask: Ask) -> None:
    found = ask("run", "-", given="derive: {a1: 3, b1: runway(a1 <= 4)}")
    assert found.code == 2
    assert "under `expect` alone" in found.err


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "rule", "said"),
    [
        ("as_of: soon", "E029", "`soon` is not a date"),
        ("growth: {2027: 2x}", "E029", "`2027` is not a date"),
        ("growth: {2027-01-01: 0}", "E024", "the load is a multiple above 0"),
        ("events: {e1: {on: 2027-01-01}}", "E008", "load"),
        ("events: {e1: {on: 2027-01-01, load: 2x, actions: [cilck]}}", "E014", "cilck"),
        ("events: {e1: {on: 2027-01-01, load: 2 GB}}", "E012", ""),
        (
            "orders: {o1: {on: 2027-01-01, of: api.nods, to: 2}}",
            "E014",
            "did you mean `api.nodes`?",
        ),
        ("orders: {o1: {on: 2027-01-01, of: api, to: 2}}", "E014", "write `of: api.nodes`"),
        ("orders: {o1: {on: 2027-01-01, of: api.nodes, value: 2}}", "E007", "write `to: 2`"),
        ("orders: {o1: {on: 2027-01-01, of: api.nodes, to: 2 GB}}", "E012", ""),
        ("events: {e1: {date: 2027-01-01, load: 2x}}", "E007", "write `on: 2027-01-01`"),
        ("events: {e1: {on: 2027-01-01, load: 2x, duration: 3 h}}", "E007", "write `for: 3 h`"),
        ("events: {e1: {on: 2027-01-01, load: 2x, zz: 3}}", "E007", "are on, for, load, actions"),
        ("events: {e1: {on: 2027-01-01, load: 2x, untill: 3}}", "E007", "untill"),
    ],
)
def test_what_a_file_says_wrongly_of_time_is_told_by_every_command(
    ask: Ask, more: str, rule: str, said: str
) -> None:
    text = "actions: {click: {rate: 1/s}}\ncomponents: {api: {kind: service}}\n" + more
    for command in ("run", "forecast"):
        found = ask(command, "-", given=text)
        assert found.code == 2
        assert f"error[{rule}]" in found.err
        assert said in found.err


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["--months", "3", "--until", "2028-01"], "exclude each other"),
        (["--until", "2020-01"], "is not after"),
        (["--until", "later"], "is not a date"),
        (["--from", "someday"], "is not a date"),
        (["--show", "servrs"], "there is nothing named `servrs`"),
        (["--until", "2999-01"], "at most 600"),
        (["--until", "9999-12-31"], "at most 600"),
        (["--from", "9999-06-01"], "go beyond the calendar"),
        (["--set", "traffic.growth=-150%/month"], "loses 150% in each"),
        (["--set", "traffic.growth=1000%/day", "--months", "600"], "600 months are too long"),
    ],
)
def test_what_is_wrong_with_a_call_is_told(ask: Ask, call: list[str], said: str) -> None:
    found = ask("forecast", "-", *call, given=LOG)
    assert found.code == 2
    assert said in found.err


@pytest.mark.parametrize("growth", ["-100%/month", "-1000%/year"])
def test_a_load_that_loses_all_is_gone_and_no_fault(ask: Ask, growth: str) -> None:
    found = ask("forecast", "-", "--set", f"traffic.growth={growth}", given=LOG)
    assert (found.code, "went wrong" in found.err) == ((0 if "100%" in growth else 2), False)


def test_an_event_at_the_end_of_the_calendar_is_far_away(ask: Ask) -> None:
    text = LOG + "events: {end: {on: 9999-12-31, load: 2x}}\n"
    assert ask("forecast", "-", given=text).code == 0


def test_json_has_months_limits_and_sizes(ask: Ask) -> None:
    given = LOG + "expect: [requests.average <= 1500/s]\n"
    found = json.loads(ask("forecast", "-", "--months", "6", "--format", "json", given=given).out)
    made = found["forecast"]
    assert [point["date"] for point in made["points"]][:2] == ["2026-12-01", "2027-01-01"]
    assert made["limits"][0]["passed_on"] == "2027-05-09"


def test_events_in_the_wrong_section_are_told_where_they_go(ask: Ask) -> None:
    text = LOG.replace("peak_to_average: 1}", "events: {e1: {on: 2027-01-01, load: 2x}}}")
    found = ask("forecast", "-", given=text)
    assert "`events` is a section of the file by itself" in found.err


def test_what_keeps_nothing_gathers_nothing(ask: Ask) -> None:
    text = "as_of: 2026-12-01\nactions: {look: {rate: 5/s, response: 1 kB}}\n"
    assert "accumulate" not in ask("forecast", "-", given=text).out
    assert "accumulate" in ask("forecast", "-", given=text.replace("response", "payload")).out


def test_one_month_is_singular(ask: Ask) -> None:
    text = LOG + "expect: [requests.average <= 1M/s]\n"
    assert "not in 1 month\n" in ask("forecast", "-", "--months", "1", given=text).out


def test_nothing_that_grows_is_said(ask: Ask) -> None:
    found = ask("forecast", "-", given="actions: {a1: {rate: 1/s}}")
    assert "Nothing grows: add growth with `traffic: {growth: 3%/month}`." in found.out


# --- held against histories -----------------------------------------------------------------------


@pytest.mark.slow
def test_the_stated_days_cover_nine_in_ten_of_generated_histories() -> None:
    """40 files with 25 histories each, made from what the file says, without the program."""
    import numpy as np

    dice = np.random.default_rng(20261130)
    start, months, covered, count = date(2026, 12, 1), 90, 0, 1000
    for _ in range(40):
        low, wide, noise = dice.uniform(0.02, 0.06), dice.uniform(1.5, 3), dice.uniform(0.01, 0.06)
        bound = dice.uniform(1.5, 4)
        text = LOG.replace("8%/month", f"{low:.5f} to {low * wide:.5f} /month, noise: {noise:.5f}")
        (passed,) = ahead(
            text + f"expect: [requests.average <= {1000 * bound:.3f}/s]\n", months
        ).passings
        early, late = (
            math.inf if day is None else months_until(start, day)
            for day in (passed.early, passed.late)
        )
        middle, spread = math.log(low * math.sqrt(wide)), math.log(wide) / (2 * 1.6448536)
        for _ in range(25):
            growth = math.exp(dice.normal(middle, spread))
            steps = dice.normal(0, math.log1p(noise) / 1.6448536, months)
            path = np.concatenate([[0.0], np.cumsum(math.log1p(growth) + steps)])
            above = np.flatnonzero(path > math.log(bound))
            when = math.inf
            if above.size:
                at = above[0]
                when = at - (path[at] - math.log(bound)) / (path[at] - path[at - 1])
            covered += early - 0.02 <= when <= late + 0.02
    # 99.9% of a binomial distribution of 1,000 with a chance of 90%
    assert 868 <= covered <= 930, covered
    assert count == 40 * 25


def test_a_plot_has_the_values_as_people_write_them(ask: Ask) -> None:
    found = ask("forecast", "-", "--format", "plot", given=LOG).out
    assert "┤" in found
    beside = [line.partition("┤")[0].strip() for line in found.splitlines() if "┤" in line]
    assert "4k/s" in beside
    assert all(len(text) < 12 for text in beside)


def test_a_row_of_a_plot_has_one_value_beside_it_however_far_away_a_limit_is() -> None:
    values = [1398.0, 1278.0, 1479.0, 1569.0]
    curve = Curve("servers", values, [f"{value:,.0f}" for value in values])
    lines = plot_lines("servers", list("abcd"), [curve], [Limit("most", 6000.0)])
    beside = [line.partition("┤")[0].strip() for line in lines if "┤" in line]
    assert beside == ["1,569"]  # of those within a row, plotext shows one or another


def test_a_plot_needs_no_more_than_ascii_where_there_is_no_more(ask: Ask) -> None:
    found = ask("forecast", "-", "--format", "plot", given=LOG).out
    assert ascii_only(found).isascii()
    assert "\\u" not in ascii_only(found)


# --- what is not known ----------------------------------------------------------------------------

UNKNOWN = LOG.replace("payload: 1 kB", 'payload: "?"') + "components: {db: {kind: database}}\n"


def test_a_limit_that_depends_on_what_is_not_known_has_no_day_or_its_latest(ask: Ask) -> None:
    text = UNKNOWN + "expect: [cost.per_month <= $1M, cost.per_month <= $1]"
    found = ask("forecast", "-", "--months", "3", given=text).out.splitlines()
    assert found[1].split() == ["cost.per_month", "<=", "$1", "already", "passed"]
    assert found[2].split() == ["cost.per_month", "<=", "$1M", "not", "known"]
    assert "Unknown values may bring the limits forward: event.payload." in found
    assert "≥ $" in found[5]


@pytest.mark.parametrize("command", ["run", "check", "forecast"])
@pytest.mark.parametrize(
    ("growth", "help_"),
    [
        (
            "traffic: {growth: 40k/year}\nusers: 2M\n",
            "for 40k more of 2M users write `growth: 2%/year`",
        ),
        (
            "users: {registered: 1M, growth: 5k/month}\n",
            "more of 1M users write `growth: 0.5%/month`",
        ),
        ("traffic: {growth: 40k/year}\n", "for 40k more of 100k write `40%/year`"),
    ],
)
def test_growth_by_a_number_and_not_by_a_share_is_refused_with_the_share(
    ask: Ask, command: str, growth: str, help_: str
) -> None:
    found = ask(command, "-", given=growth + "actions: {look: {rate: 1k/s}}\n")
    assert found.code == 2
    assert "times what there is" in found.err + found.out
    assert help_ in found.err + found.out


def test_a_scenario_that_is_used_grows_as_its_own_file_says(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("still.yaml").write_text("users: 3M\n", "utf-8")
    Path("platform.yaml").write_text(
        "as_of: 2026-12-01\ntraffic: {growth: 9%/month}\nusers: 1M\n", "utf-8"
    )
    text = LOG.replace("traffic", "uses: {then: platform.yaml, still: still.yaml}\ntraffic")
    Path("shop.yaml").write_text(text + "derive: {both: then.users + 0 * still.users}\n", "utf-8")
    out = ask("forecast", "shop.yaml", "--months", "2", "--show", "both").out
    assert [line.split()[1] for line in out.splitlines() if line.startswith("202")] == [
        "1M",
        "1.09M",
        "1.19M",
    ]
    assert "`then` (platform.yaml) grows as its own file says" in out
    assert "`still` (still.yaml) stays as it is today: its file says no growth." in out


SHARED = """\
as_of: 2026-12-01
traffic: {growth: 5%/month}
used_by: {team: team.yaml}
actions: {audit: {rate: 1k/s, payload: 1 kB}}
components: {log: {kind: kafka, receives: {team.order: 2, audit: 1}, nodes: 6}}
"""
TEAM = """\
as_of: 2026-12-01
uses: {platform: platform.yaml}
users: 10M
traffic: {growth: 10%/month}
actions: {order: {per_user: 20/day, payload: 2 kB, retention: 1 year}}
expect: [platform.log.utilization <= 80%]
"""


def test_a_platform_and_its_users_forecast_the_same(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("platform.yaml").write_text(SHARED, "utf-8")
    Path("team.yaml").write_text(TEAM, "utf-8")

    def column(file: str, name: str) -> list[float]:
        call = ("forecast", file, "--months", "8", "--show", name, "--format", "json")
        points = json.loads(ask(*call).out)["forecast"]["points"]
        return [point["results"][name]["value"] for point in points]

    mine, theirs = (
        column("team.yaml", "platform.log.utilization"),
        column("platform.yaml", "log.utilization"),
    )
    assert mine == pytest.approx(theirs, rel=1e-9)
    orders = column("platform.yaml", "team.order.writes.average")
    assert orders == pytest.approx([orders[0] * 1.1**month for month in range(9)])


def test_before_anything_is_written_nothing_is_kept(ask: Ask) -> None:
    text = LOG + "components: {log: {kind: kafka, receives: [event], retention: 7 days}}\n"
    found = ask("forecast", "-", "--months", "1", "--show", "log.storage.retained", given=text).out
    (first,) = (line for line in found.splitlines() if line.startswith("2026-12-01"))
    assert first.split()[1:] == ["0", "B"]


def test_growth_that_nobody_knows_is_refused_with_a_range_to_suppose(ask: Ask) -> None:
    found = ask("forecast", "-", "--set", "traffic.growth=?", given=LOG)
    assert found.code == 2
    assert "`traffic.growth` is not known, and nothing can be forecast" in found.err
    assert "--set 'traffic.growth=2% to 8%/month'" in found.err


def test_a_runway_is_open_where_nobody_knows_the_growth(ask: Ask) -> None:
    text = PINNED.replace("8%/month", "'?'") + "expect: ['runway(api) >= 1 day']"
    found = ask("check", "-", "--format", "json", given=text)
    (outcome,) = json.loads(found.out)["scenarios"][0]["expectations"]
    assert outcome["status"] == "undecided"
    assert outcome["unknown"] == ["traffic.growth"]


# --- what a lead does with it ---------------------------------------------------------------------


def test_an_expectation_of_one_component_says_until_when_to_order(ask: Ask) -> None:
    text = (
        LOG
        + "components: {api: {kind: service, cpu_time: 5 ms, nodes: 2, lead_time: 30 days}}\n"
        + "expect: [api.utilization <= 55%, cost.per_month <= $1k]\n"
    )
    found = {one.limit: one for one in ahead(text, 24).passings}
    busy = found["api.utilization <= 55%"]
    assert busy.component == "api"
    assert busy.on is not None
    assert busy.order_by is not None
    assert (busy.on - busy.order_by).days == 30
    assert found["cost.per_month <= $1k"].order_by is None


def test_an_order_that_comes_too_late_is_overdue(ask: Ask) -> None:
    text = LOG + "components: {api: {kind: service, cpu_time: 5 ms, nodes: 2, lead_time: 1 year}}\n"
    rows = ask("forecast", "-", given=text).out.splitlines()
    assert "2026-08-16, overdue" in next(row for row in rows if row.startswith("api as planned"))


def test_a_fleet_with_an_order_is_shown_with_it(ask: Ask) -> None:
    text = LATE.replace("to: 9", "to: 3")
    assert "api: 2 nodes (3 from 2027-09-20) of" in ask("forecast", "-", given=text).out


def test_a_full_store_is_not_as_planned_and_gets_no_nodes_that_do_not_help(ask: Ask) -> None:
    text = """\
as_of: 2026-12-01
traffic: {growth: 1%/month}
actions: {pay: {rate: 10/s, payload: 1 kB}}
components: {core: {kind: database, like: postgres, stored.retained: 60 TB, nodes: 3, volume: gp3}}
"""
    found = ask("forecast", "-", given=text).out
    planned = next(row for row in found.splitlines() if row.startswith("core as planned"))
    assert "already passed" in planned
    assert "only more nodes help" not in found
    assert "no size is enough: there is more data than the disk of a node holds" in found


def test_the_machines_of_today_are_kept_and_named(ask: Ask) -> None:
    text = LOG + "components: {api: {kind: service, cpu_time: 5 ms, node: cheapest of m7g}}\n"
    said = "`api` stays on m7g."
    assert said in ask("forecast", "-", given=text).out
    solved = ask("solve", "-", "--for", "event.rate", "--until", "servers <= 9", given=text).out
    assert said in solved


def test_a_rate_that_dates_replace_is_warned_of(ask: Ask) -> None:
    found = ask("run", "-", given=LOG + "growth: {2027-06-01: 2x}\n")
    assert "W104" in found.err
    assert "`traffic.growth` has no effect, as `growth` has the load on dates" in found.err


def test_an_order_that_has_arrived_is_not_current(ask: Ask) -> None:
    text = LATE.replace("2027-09-20", "2026-09-20")
    found = ask("check", "-", given=text)
    assert "W126" in found.out + found.err
    assert "`api.nodes` became 9 on 2026-09-20, and is 2 here" in found.out + found.err
    assert "W126" not in ask("check", "-", given=LATE).out
