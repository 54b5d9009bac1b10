"""Calls that a component makes at once: the slowest decides, in closed form and in simulations."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from random import Random

import pytest
from asking import Ask, check_simulated, estimated, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.formula.functions.paths import (
    path_mean,
    path_quantile,
    path_sd,
    path_share,
    path_shift,
)

PAGE = """\
traffic: {peak_to_average: 1}
actions:
  look: {rate: 1/s, op: read, response: 1 kB}
components:
  web: {kind: service, receives: [look], cpu_time: 1 ns, network_time: 0 s, calls: parallel}
"""
_IDLE = "network_time: 0 s, nodes: 50"


def called(*lines: str) -> str:
    """Services that are hardly busy, each with its name, its time and what it receives."""
    said = (line.split(" ", 2) for line in lines)
    return "".join(
        f"  {name}: {{kind: service, receives: {flows}, cpu_time: {time} ms, {_IDLE}}}\n"
        for name, time, flows in said
    )


START = (0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
"""A branch that takes no time, and makes calls at once."""


def row(calls: float, fixed: float, mean: float, sd: float) -> list[float]:
    """Calls at once of the first branch, each with an exponential time or another."""
    return [-1.0, calls, fixed, mean, sd, sd * sd / mean if mean else 0.0]


# --- closed forms ---------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3, 5, 10, 100])
def test_the_slowest_of_exponential_times_has_the_moments_of_the_textbook(number: int) -> None:
    rows = (*START, *row(number, 0.0, 2.0, 2.0))
    mean = 2 * sum(1 / k for k in range(1, number + 1))
    assert path_mean(*rows) == pytest.approx(mean, rel=1e-8)
    variance = 4 * sum(1 / k**2 for k in range(1, number + 1))
    assert path_sd(*rows) == pytest.approx(math.sqrt(variance), rel=1e-8)
    assert path_share(*rows) == pytest.approx(mean / (2 * number), rel=1e-8)


@pytest.mark.parametrize("number", [2, 3, 10])
def test_calls_of_one_service_take_the_time_of_the_slowest(number: int) -> None:
    found = values_of(PAGE + called(f"feed 10 {{web: {number}}}"))
    mean = 0.010 * sum(1 / k for k in range(1, number + 1))
    assert found["look.latency.mean"] == pytest.approx(mean, rel=1e-4)
    deviation = 0.010 * math.sqrt(sum(1 / k**2 for k in range(1, number + 1)))
    assert found["look.latency.sd"] == pytest.approx(deviation, rel=1e-4)
    for percent in (50, 95, 99):
        exact = -0.010 * math.log(1 - (percent / 100) ** (1 / number))
        assert found[f"look.latency.p{percent}"] == pytest.approx(exact, rel=0.015), percent


def test_services_of_different_times_take_that_of_the_slowest() -> None:
    found = values_of(PAGE + called("feed 10 [web]", "ads 30 [web]"))
    mean = 0.010 + 0.030 - 1 / (1 / 0.010 + 1 / 0.030)
    assert found["look.latency.mean"] == pytest.approx(mean, rel=1e-4)


def test_steady_times_take_the_longest_of_them() -> None:
    steady = "service_variation: 0"
    lines = called("feed 10 [web]", "ads 30 [web]").replace("nodes: 50", f"nodes: 50, {steady}")
    found = values_of(PAGE + lines)
    assert found["look.latency.mean"] == pytest.approx(0.030, rel=1e-6)
    assert found["look.latency.p99"] == pytest.approx(0.030, rel=1e-6)


def test_one_call_at_once_is_a_call() -> None:
    serial = PAGE.replace(", calls: parallel", "")
    lines = called("feed 10 [web]", "store 5 {feed: 2}")
    one, other = values_of(PAGE + lines), values_of(serial + lines)
    for name in ("mean", "sd", "p50", "p95", "p99"):
        near = 1e-4 if name in ("mean", "sd") else 0.015
        expected = pytest.approx(other[f"look.latency.{name}"], rel=near)
        assert one[f"look.latency.{name}"] == expected, name


@pytest.mark.parametrize("chance", [0.1, 0.5, 1.0])
def test_what_is_called_now_and_then_takes_no_time_else(chance: float) -> None:
    rows = (*START, *row(chance, 0.0, 2.0, 2.0), *row(0.5, 1.0, 0.0, 0.0))
    beyond = math.exp(-0.5)  # of the second that the other call takes
    assert path_mean(*rows) == pytest.approx(0.5 + chance + chance * beyond, rel=1e-8)


def test_calls_without_end_spare_those_that_do_not_make_them() -> None:
    endless = (-1.0, 0.02, 0.0, math.inf, math.inf, math.inf)
    rows = (*START, *row(1, 1.0, 2.0, 2.0), *endless)
    assert path_mean(*rows) == path_sd(*rows) == math.inf
    assert path_share(*rows) == 1.0
    assert path_shift(*rows) == 0.0
    assert path_quantile(0.99, *rows) == math.inf
    alone = (*START, *row(1, 1.0, 2.0, 2.0))
    expected = path_quantile(0.95 / 0.98, *alone)
    assert path_quantile(0.95, *rows) == pytest.approx(expected, rel=0.01)


def test_no_calls_take_no_time() -> None:
    rows = (*START, *row(0, 1.0, 2.0, 2.0))
    assert path_mean(*rows) == path_sd(*rows) == path_shift(*rows) == 0.0
    assert path_share(*rows) == 1.0


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 1e9),
            st.sampled_from([0.0, 1e-9, 1.0, 1e150, 1e300]) | st.floats(0.0, 1e6),
            st.sampled_from([0.0, 1e-9, 1.0, 1e150, 1e300]) | st.floats(0.0, 1e6),
            st.sampled_from([0.0, 1e-9, 1.0, 1e150, math.inf]) | st.floats(0.0, 1e6),
        ),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_called_there_is_a_number_or_an_error_that_says_why(
    calls: list[tuple[float, float, float, float]],
) -> None:
    rows = [*START, *(value for one in calls for value in row(*one))]
    for function in (path_mean, path_sd, path_share, path_shift, partial(path_quantile, 0.99)):
        try:
            found, message = function(*rows), "finite"
        except ValueError as error:
            found, message = 0.0, str(error)
        assert found >= 0.0
        assert "too large" in message or "finite" in message


@pytest.mark.parametrize(
    "rows",
    [
        (-1.0, 1.0, 0.0, 1.0, 1.0, 1.0),
        (*START, -3.0, 1.0, 0.0, 1.0, 1.0, 1.0),
        (*START, -1.0, -1.0, 0.0, 1.0, 1.0, 1.0),
        (*START, -1.0, 1.0, -1.0, 1.0, 1.0, 1.0),
        (*START, -1.5, 1.0, 0.0, 1.0, 1.0, 1.0),
    ],
)
def test_rows_that_make_no_sense_are_refused(rows: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        path_mean(*rows)


# --- simulations ----------------------------------------------------------------------------------

NEAR = 0.00025  # seconds, `network_time` unless given
CACHE = "service_time: 0.05 ms, nodes: 20"


def call(milliseconds: float, chance: Random) -> float:
    """Return the time of a call to an idle service."""
    return chance.expovariate(1000 / milliseconds)


def three_services(chance: Random) -> float:
    return max(call(5, chance), call(10, chance), call(20, chance))


def a_chain_and_another(chance: Random) -> float:
    return max(call(10, chance) + call(10, chance) + call(5, chance), call(30, chance))


def twenty_lookups(chance: Random) -> float:
    def lookup() -> float:
        time = NEAR + call(0.05, chance)
        return time + (call(20, chance) if chance.random() < 0.1 else 0.0)

    return max(lookup() for _ in range(20))


def a_fork_in_a_fork(chance: Random) -> float:
    inner = call(5, chance) + max(call(10, chance) for _ in range(4))
    return max(inner, call(20, chance))


def now_and_then(chance: Random) -> float:
    often = call(10, chance)
    return max(often, call(50, chance)) if chance.random() < 0.1 else often


def own_time_first(chance: Random) -> float:
    return call(15, chance) + max(call(10, chance) for _ in range(3))


def a_fork_behind_misses(chance: Random) -> float:
    time = NEAR + call(0.05, chance)
    if chance.random() < 0.1:
        time += call(1, chance) + max(call(20, chance) for _ in range(5))
    return time


@pytest.mark.slow
@pytest.mark.parametrize(
    ("scenario", "simulated"),
    [
        (PAGE + called("a 5 [web]", "c 10 [web]", "e 20 [web]"), three_services),
        (
            PAGE + called("a 10 [web]", "c 10 [a]", "e 5 [c]", "f 30 [web]"),
            a_chain_and_another,
        ),
        (
            PAGE
            + f"  memory: {{kind: cache, receives: {{web: 20}}, hit_ratio: 90%, {CACHE}}}\n"
            + called("store 20 [memory.misses]"),
            twenty_lookups,
        ),
        (
            PAGE
            + called("a 5 [web]", "c 10 {a: 4}", "e 20 [web]").replace(
                "cpu_time: 5 ms", "cpu_time: 5 ms, calls: parallel"
            ),
            a_fork_in_a_fork,
        ),
        (PAGE + called("a 10 [web]", "c 50 {web: 10%}"), now_and_then),
        (
            PAGE.replace("cpu_time: 1 ns", "cpu_time: 15 ms") + called("a 10 {web: 3}"),
            own_time_first,
        ),
        (
            PAGE.split("  web")[0]
            + f"  memory: {{kind: cache, receives: [look], hit_ratio: 90%, {CACHE}}}\n"
            + called("api 1 [memory.misses]", "store 20 {api: 5}").replace(
                "cpu_time: 1 ms", "cpu_time: 1 ms, calls: parallel"
            ),
            a_fork_behind_misses,
        ),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_simulation_of_calls_at_once_has_the_same_percentiles(
    scenario: str, simulated: Callable[[Random], float]
) -> None:
    check_simulated(values_of(scenario), simulated)


# --- what else follows ----------------------------------------------------------------------------

FORKED = PAGE + called("a 5 [web]", "c 10 [a]", "e 20 {web: 3}")


def test_where_the_time_goes_adds_up_to_all_of_it() -> None:
    found = values_of(FORKED)
    spent = sum(found[f"look.residence.{name}"] for name in ("web", "a", "c", "e"))
    assert spent == pytest.approx(found["look.latency.mean"], rel=1e-9)
    parts = found["look.branch.reads.fixed"] + found["look.branch.reads.mean"]
    assert parts == pytest.approx(found["look.latency.mean"], rel=1e-9)


def test_calls_at_once_are_as_many_and_load_as_much() -> None:
    serial = values_of(FORKED.replace(", calls: parallel", ""))
    parallel = values_of(FORKED)
    for name in ("a.reads.peak", "e.reads.peak", "e.nodes", "look.visits.e.reads"):
        assert parallel[name] == serial[name], name
    assert parallel["look.latency.mean"] < serial["look.latency.mean"]


def test_calls_in_turn_are_as_before() -> None:
    serial = FORKED.replace(", calls: parallel", "")
    said = FORKED.replace("calls: parallel", "calls: serial")
    assert values_of(said) == values_of(serial)
    assert not any(".at_once." in name or ".waits." in name for name in values_of(serial))


def test_writes_have_a_fork_of_their_own() -> None:
    mixed = FORKED.replace("op: read, response: 1 kB", "read_write_ratio: 4")
    found = values_of(mixed)
    assert found["web.at_once.writes.mean"] == pytest.approx(
        found["web.at_once.reads.mean"], rel=1e-9
    )
    alone = values_of(FORKED)
    assert found["look.latency.mean"] == pytest.approx(alone["look.latency.mean"], rel=1e-3)


def test_pinned_visits_are_waited_for_as_they_are() -> None:
    found = values_of(FORKED.replace("response: 1 kB", "response: 1 kB, visits.e.reads: 7"))
    assert found["look.residence.e"] == pytest.approx(7 * found["e.latency.read"])


TIME = "derive: {api_time: look.latency.p99}\nexpect: [api_time <= 1 s]\n"


@pytest.mark.slow
def test_a_range_makes_the_slowest_vary() -> None:
    report = estimated(FORKED.replace("cpu_time: 20 ms", "cpu_time: 10 ms to 40 ms") + TIME)
    assert report.uncertainty is not None
    low, middle, high = report.uncertainty.spreads["api_time"].percentiles
    assert low < middle < high


def test_calls_that_nobody_waits_for_are_no_part_of_it() -> None:
    lines = "  q: {kind: queue, receives: [web]}\n" + called("work 500 [q.messages]")
    found = values_of(PAGE + called("a 5 [web]") + lines)
    assert found["look.latency.mean"] < 0.020


def test_nothing_to_call_at_once_is_warned_of(ask: Ask) -> None:
    answer = ask("run", "-", given=PAGE)
    assert answer.code == 0
    assert "`web.calls` is given, but changes nothing here" in answer.err


def test_another_word_is_told(ask: Ask) -> None:
    answer = ask("run", "-", given=PAGE.replace("parallel", "paralel"))
    assert answer.code == 2
    assert "did you mean `parallel`?" in answer.err


def test_set_and_variants_let_calls_be_made_at_once() -> None:
    serial = FORKED.replace(", calls: parallel", "")
    found = values_of(serial, **{"web.calls": "parallel"})
    assert found == values_of(FORKED)
    report = estimated(f"{serial}variants: {{v: {{web.calls: parallel}}}}\n", variant="v")
    assert report.number("look.latency.mean") == found["look.latency.mean"]


def test_an_overloaded_call_is_unbounded(ask: Ask) -> None:
    busy = FORKED.replace("rate: 1/s", "rate: 10k/s").replace(
        "cpu_time: 20 ms, network_time: 0 s, nodes: 50",
        "cpu_time: 20 ms, network_time: 0 s, nodes: 1",
    )
    answer = ask("run", "-", "--quiet", given=busy)
    assert answer.code == 0
    assert "unbounded" in answer.out
