"""`estimator solve`: how far an input can go until a condition no longer holds."""

from __future__ import annotations

import math

import pytest
from asking import Ask
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator import load
from estimator.api.decisions import solve

SERVICE = """\
users: 10M
actions: {view: {per_user: 20/day}}
components: {api: {kind: service, cpu_time: 5 ms}}
"""


def test_the_largest_input_is_where_a_straight_line_crosses() -> None:
    found = solve(load(text="derive: {a: 3, cost: 7 * a + 2}"), "a", "cost <= 100")
    assert found.is_most
    assert found.limit == pytest.approx(14.0, rel=1e-9)


@given(slope=st.floats(1e-3, 1e3), offset=st.floats(0, 1e3), bound=st.floats(2e3, 1e6))
@settings(max_examples=40, deadline=None)
def test_it_equals_the_closed_form_of_any_line(slope: float, offset: float, bound: float) -> None:
    text = f"derive: {{x1: 1, whole: {slope!r} * x1 + {offset!r}}}"
    exact = (bound - offset) / slope
    found = solve(load(text=text), f"x1={exact / 1e3!r}..{exact * 1e3!r}", f"whole <= {bound!r}")
    assert found.limit == pytest.approx(exact, rel=1e-9)
    assert found.evaluations <= 60


def test_a_step_is_found_to_the_last_digit() -> None:
    found = solve(load(text=SERVICE), "users", "servers <= 100")
    # 100 nodes of 8 cores at 60%, each request keeps a core busy for 5 ms, at twice the average
    assert found.limit == pytest.approx(100 * 8 * 0.6 / 0.005 * 86_400 / 40, rel=1e-8)
    assert found.evaluations <= 60


@pytest.mark.parametrize("bound", [100, 250, 777, 1_000, 3_000])
@pytest.mark.parametrize("step", [0.001, 0.01, 3])
def test_a_step_of_what_else_is_a_line_is_not_passed(bound: int, step: float) -> None:
    text = f"derive: {{x1: 1k, bill: x1 / 10 + {step} * ceil(x1 / 100)}}"
    for part in range(20):
        most = bound + (part - 10) * step / 5
        found = solve(load(text=text), "x1", f"bill <= {most!r}")
        assert found.limit is not None
        bill = found.limit / 10 + step * math.ceil(found.limit / 100 - 1e-8)
        assert bill <= most * (1 + 2e-9)
        assert found.evaluations <= 60


def test_a_step_on_which_the_input_stands_is_followed_to_its_end() -> None:
    now = round(solve(load(text=SERVICE), "users", "servers <= 1k").results[0].now)
    found = solve(load(text=SERVICE), "users", f"servers <= {now}")
    assert found.limit == pytest.approx(now * 8 * 0.6 / 0.005 * 86_400 / 40, rel=1e-8)
    assert found.evaluations <= 60


def test_the_limit_as_it_is_written_keeps_the_condition() -> None:
    for most in range(61, 85):
        found = solve(load(text=SERVICE), "users", f"servers <= {most}")
        written = solve(
            load(text=SERVICE.replace("10M", found.limit_text)), "users", "servers <= 99"
        )
        assert written.results[0].now == most


def test_an_input_is_looked_at_within_its_bounds() -> None:
    found = solve(load(text=SERVICE), "traffic.peak_to_average", "servers <= 100")
    assert found.grid[0] == 1.0


def test_a_condition_that_fails_below_gives_the_least_value() -> None:
    found = solve(load(text="derive: {a: 3, b1: a * 2}"), "a", "b1 >= 10")
    assert not found.is_most
    assert found.limit == pytest.approx(5.0, rel=1e-9)
    assert not found.holds_now


def test_whole_numbers_stay_whole() -> None:
    text = SERVICE.replace("cpu_time", "nodes: 80, cpu_time")
    found = solve(load(text=text), "api.nodes", "api.utilization <= 100%")
    assert not found.is_most
    assert found.limit == math.ceil(10e6 * 40 / 86_400 * 0.005 / 8)


def test_all_turns_are_told_where_there_are_several(ask: Ask) -> None:
    text = "derive: {a: 3, wave: (a - 2) * (a - 20) * (a - 200)}"
    found = ask("solve", "-", "--for", "a=1..1000", "--until", "wave >= 0", given=text)
    assert "It holds from 2 to 20, and from 200 on." in found.out


def test_what_never_turns_is_said_with_where_was_looked(ask: Ask) -> None:
    found = ask(
        "solve", "-", "--for", "a=1..100", "--until", "b1 <= 1000", given="derive: {a: 3, b1: a}"
    )
    assert found.code == 0
    assert "b1 <= 1000 holds for a from 1 to 100." in found.out


def test_over_ranges_it_holds_at_a_confidence() -> None:
    text = "derive: {a: 3, noise1: 0.5 to 2, whole: a * noise1}"
    strict = solve(load(text=text), "a", "whole <= 100")
    loose = solve(load(text=text), "a", "whole <= 100", confidence="50%")
    assert strict.limit == pytest.approx(50.0, rel=0.02)  # 95% of the samples lie below 2
    assert loose.limit == pytest.approx(100.0, rel=0.02)


def test_the_other_results_are_shown_at_the_limit(ask: Ask) -> None:
    found = ask("solve", "-", "--for", "users", "--until", "servers <= 100", given=SERVICE)
    (row,) = (line for line in found.out.splitlines() if line.startswith("servers "))
    assert row.split()[-1] == "100"


@pytest.mark.parametrize(
    ("name", "until", "rule", "help_"),
    [
        ("nothing", "servers <= 1", "E014", ""),
        ("users", "servers <= 1 GB", "E013", ""),
        ("users", "view.payload <= 1 GB", "E034", "change something that it follows from"),
        ("users=1..", "servers <= 1", "E034", "write `--for 'users=1M..1B'`"),
        ("users=1M,2M", "servers <= 1", "E034", "or `--for 'users=1M..1B'`"),
        ("users=a..b", "servers <= 1", "E014", ""),
        ("users", "servers", "E028", "such as `servers <= 100`"),
    ],
)
def test_what_is_wrong_with_a_call_is_told(
    ask: Ask, name: str, until: str, rule: str, help_: str
) -> None:
    found = ask("solve", "-", "--for", name, "--until", until, given=SERVICE)
    assert found.code == 2
    assert f"error[{rule}]" in found.err
    assert help_ in found.err


CACHED = """\
users: 10M
actions: {view: {per_user: 20/day, payload: 1 kB, op: read}}
components:
  hot: {kind: cache, receives: [view], hit_ratio: 90%, working_set: 1 GB}
  db: {kind: database, receives: {hot.misses: 1}, node_availability: 99.5%}
"""


def test_a_share_is_looked_at_up_to_all_of_it(ask: Ask) -> None:
    found = ask("solve", "-", "--for", "hot.hit_ratio", "--until", "servers >= 1", given=CACHED)
    assert "to 100%." in found.out


EDGE = """\
actions: {view: {rate: 10k/s, response: 1 MB}}
components:
  images: {kind: cdn, receives: [view], hit_ratio: 92%}
  files: {kind: object_store, receives: [images.misses], stored.retained: 1 TB}
"""


@pytest.mark.parametrize("most", [90, 95, 97, 99, 99.9, 99.99])
def test_a_share_is_looked_at_closely_near_all_of_it(most: float) -> None:
    misses = 20_000 * (1 - most / 100)
    found = solve(load(text=EDGE), "images.hit_ratio", f"files.reads.peak <= {misses!r}/s")
    assert found.limit == pytest.approx(most / 100, rel=1e-6)


def test_a_range_of_shares_stays_one_when_it_is_moved() -> None:
    text = EDGE.replace("92%", "90% to 94%")
    found = solve(load(text=text), "images.hit_ratio", "files.reads.peak <= 200/s")
    assert found.limit is not None
    again = text.replace("90% to 94%", "98.6% to 99.2%")  # the same odds, 12 to 13 times as high
    low = solve(load(text=again), "images.hit_ratio", "files.reads.peak <= 200/s").limit
    assert found.limit == pytest.approx(low, abs=1e-3)
    assert 0.99 < found.limit < 1.0


def test_an_availability_is_looked_at_by_what_it_lacks() -> None:
    found = solve(load(text=CACHED), "db.node_availability", "db.node_availability >= 99%")
    assert found.limit == pytest.approx(0.99)
    assert found.grid[0] == 0.0
    assert 0.9999 < found.grid[1] < 1.0


def test_both_ends_of_where_it_holds_are_said(ask: Ask) -> None:
    until = "(users - 2M) * (users - 5M) <= 0"
    found = ask("solve", "-", "--for", "users", "--until", until, given=CACHED)
    assert "It holds from 2M to 5M." in found.out


def test_a_runway_is_no_condition_to_search(ask: Ask) -> None:
    until = "runway(db) >= 6 months"
    found = ask("solve", "-", "--for", "users", "--until", until, given=CACHED)
    assert found.code == 2
    assert "`estimator forecast` has the days" in found.err


def test_what_depends_on_what_is_not_known_is_no_condition_to_search(ask: Ask) -> None:
    text = 'derive: {x1: "?", y1: 3, z1: x1 + y1}'
    found = ask("solve", "-", "--for", "y1", "--until", "z1 <= 5", given=text)
    assert found.code == 2
    assert "`z1 <= 5` depends on `x1`, which is unknown" in found.err


def test_turns_are_found_evenly_between_ends_that_begin_at_nothing() -> None:
    wave = "(x1 - 0.2) * (x1 - 0.6) * (x1 - 0.9)"
    found = solve(load(text=f"derive: {{x1: 0.5, y1: {wave}}}"), "x1=0..1", "y1 >= 0")
    assert [(span.low_text, span.high_text) for span in found.spans] == [
        ("0.2", "0.6"),
        ("0.9", ""),
    ]
    assert found.limit_text == "0.6"


def test_a_limit_that_is_just_beyond_what_is_written_is_written_further() -> None:
    found = solve(load(text="derive: {x1: 1M, y1: ceil(x1 / 300k)}"), "x1", "y1 > 2")
    assert found.limit_text == "600.01k"


def test_of_what_is_counted_there_is_at_least_one(ask: Ask) -> None:
    text = "actions: {view: {rate: 1k/s}}\ncomponents: {api: {kind: service, nodes: 3}}"
    found = ask("solve", "-", "--for", "api.nodes", "--until", "servers >= 0", given=text).out
    assert "from 1 to 30,000" in found


def test_a_solution_is_written_as_csv_and_as_markdown(ask: Ask) -> None:
    call = ["solve", "-", "--for", "x1", "--until", "y1 <= 10", "--format"]
    text = "derive: {x1: 2, y1: x1 * 2}"
    assert ask(*call, "csv", given=text).out.splitlines()[:2] == ["name,now,limit", "x1,2,5"]
    made = ask(*call, "markdown", given=text).out
    assert made.startswith("x1: at most 5 (×2.5) for y1 <= 10, which holds now.\n\n|")
    assert "| x1 | 2 | 5 |" in made


def test_an_input_that_is_a_range_is_moved_as_a_whole_and_said_by_its_median(ask: Ask) -> None:
    # nine in ten lie within a factor of 2 of the median, so that 95% lie below twice that
    text = "derive: {load: 50 to 200}"
    found = ask("solve", "-", "--for", "load", "--until", "load <= 400", given=text).out
    assert "(×2, the median of its range) for load <= 400 in 95%" in found


def test_a_percentile_says_by_itself_how_sure_it_is(ask: Ask) -> None:
    text = "derive: {load: 50 to 200, most: 300}"
    found = ask("solve", "-", "--for", "most", "--until", "p95(load) <= most", given=text).out
    assert "in 95% of the samples" not in found


def test_a_whole_that_has_parts_leads_to_them(ask: Ask) -> None:
    text = "users: {readers: 1M, writers: 10k}\nactions: {view: {by: readers, per_user: 10/day}}"
    found = ask("solve", "-", "--for", "users", "--until", "requests.peak <= 1k/s", given=text)
    assert "name a part of it: `users.readers" in found.err


def test_where_nothing_turns_it_says_where_to_look_further(ask: Ask) -> None:
    found = ask("solve", "-", "--for", "users", "--until", "servers <= 1e12", given=SERVICE).out
    assert "To look further, write `--for 'users=1..1e19'`." in found
    said = ("--for", "users=1..1e19", "--until", "servers <= 1e12")
    assert "To look further" not in ask("solve", "-", *said, given=SERVICE).out
