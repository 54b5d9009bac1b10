"""Where expectations turn: as the closed form says, and at the steps of what is rounded."""

from __future__ import annotations

import math
from bisect import bisect_left
from pathlib import Path

import pytest
from asking import one_in
from hypothesis import given
from hypothesis import strategies as st

from estimator.analyse import break_even
from estimator.analyse.crossing import Observation, find_whole_crossing
from estimator.checks.checked import Checked, CheckOptions, Turn
from estimator.checks.scenario import check_text

OPTIONS = CheckOptions({}, None, 65_536, 1)


def checked(text: str) -> Checked:
    found = check_text("a.yaml", text.encode(), OPTIONS)
    assert not [d for d in found.found if d.rule.startswith("E")], found.found
    return found


def turns(text: str) -> dict[str, Turn]:
    """Of the first expectation, by input."""
    return {turn.name: turn for turn in checked(text).verdicts[0].turns}


@given(
    users=st.floats(1e3, 1e9),
    rate=st.floats(0.01, 100),
    limit=st.floats(1e-3, 1e6),
    op=st.sampled_from(["<=", "<", ">=", ">"]),
)
def test_of_a_product_it_is_the_limit_divided_by_the_value(
    users: float, rate: float, limit: float, op: str
) -> None:
    text = (
        f"users: {users!r}\nactions: {{post: {{per_user: {rate!r}/day, payload: 1 kB}}}}\n"
        f"expect: ['post.writes.average {op} {limit!r}/s']\n"
    )
    factor = limit / (users * rate / 86_400)
    found = turns(text)
    if not 2e-4 < factor < 5e3 or abs(factor - 1) < 1e-6 or users * factor < 1.0:
        return  # further than anybody asks, or less than one user
    assert found["users"].factor == pytest.approx(factor, rel=5e-9)
    assert found["users"].value == pytest.approx(users * factor, rel=5e-9)
    assert found["post.per_user"].factor == pytest.approx(factor, rel=5e-9)


@given(power=st.sampled_from([0.5, 1, 2, 3]), limit=st.floats(1.01, 90))
def test_of_a_power_it_is_the_root(power: float, limit: float) -> None:
    text = f"derive: {{side: 2, volume: side ^ {power}}}\nexpect: [volume <= 2 ^ {power} * {limit}]"
    assert turns(text)["side"].factor == pytest.approx(limit ** (1 / power), rel=5e-9)


@given(base=st.floats(1, 50), limit=st.floats(101, 400))
def test_of_a_sum_it_is_what_is_left(base: float, limit: float) -> None:
    text = f"derive: {{fixed: 100, each: {base}, all: fixed + 2 * each}}\nexpect: [all <= {limit}]"
    factor = (limit - 100) / (2 * base)
    found = turns(text)
    if 2e-3 < factor < 5e3:
        assert found["each"].factor == pytest.approx(factor, rel=1e-6)


def test_more_of_an_input_may_help() -> None:
    text = "derive: {size: 10 GB, speed: 1 GB/s, time: size / speed}\nexpect: [time <= 20 s]"
    found = turns(text)
    assert found["size"].factor == pytest.approx(2)
    assert found["speed"].factor == pytest.approx(0.5)


def test_a_step_is_found_where_it_is() -> None:
    text = "derive: {load: 95/s, nodes: ceil(load / (10/s))}\nexpect: [nodes <= 12]"
    assert turns(text)["load"].value == pytest.approx(120, rel=1e-6)


def test_a_whole_number_is_the_last_that_holds() -> None:
    text = (
        "actions: {get: {rate: 1k/s, op: read, response: 1 kB}}\n"
        "components: {api: {kind: service, cpu_time: 20 ms, nodes: 40}}\n"
        "expect: [api.utilization <= 60%]\n"
    )
    found = turns(text)["api.nodes"]
    assert found.value == math.ceil(found.value)
    for nodes, holds in ((found.value, "pass"), (found.value - 1, "fail")):
        again = text.replace("nodes: 40", f"nodes: {nodes:.0f}")
        assert checked(again).verdicts[0].outcome.status == holds


def test_at_the_break_even_it_holds_and_just_beyond_it_does_not() -> None:
    text = Path(__file__).parent.parent.joinpath("scenarios/starter.yaml").read_text("utf-8")
    verdicts = checked(text).verdicts
    servers = next(v for v in verdicts if v.outcome.check == "servers <= 100")
    registered = next(t for t in servers.turns if t.name == "users.registered")
    for factor, status in ((1 - 1e-6, "pass"), (1 + 1e-6, "warn")):
        changed = text.replace("registered: 10M", f"registered: {registered.value * factor!r}")
        assert changed != text
        found = next(v for v in checked(changed).verdicts if v.outcome.check == "servers <= 100")
        assert found.outcome.status == status


def test_a_failure_tells_where_it_would_hold() -> None:
    text = "derive: {load: 30/s}\nexpect: [load <= 10/s]"
    (verdict,) = checked(text).verdicts
    assert verdict.outcome.status == "fail"
    assert verdict.turns[0].factor == pytest.approx(1 / 3)
    assert verdict.until_when == "would hold at load = 10/s (×0.333)"


def test_what_no_input_breaks_is_told_as_that() -> None:
    text = (
        "actions: {get: {rate: 1k/s, op: read, response: 1 kB}}\n"
        "components: {api: {kind: service, cpu_time: 20 ms}}\n"
        "expect: [api.utilization <= 90%]\n"
    )
    (verdict,) = checked(text).verdicts
    assert verdict.until_when == "no single input breaks it"


def test_an_equality_has_none() -> None:
    (verdict,) = checked("derive: {one: 2, two: one * 2}\nexpect: [two == 4]").verdicts
    assert verdict.until_when == ""


def test_of_a_percentile_of_a_product_it_is_the_closed_form() -> None:
    text = (
        "derive: {users: 400M to 600M, each: 2, all: users * each}\n"
        "expect: [p95(all) <= 1800M, all <= 1800M]\n"
    )
    exact = checked(text).verdicts
    of_percentile, of_draws = ({t.name: t.factor for t in v.turns} for v in exact)
    assert of_percentile == pytest.approx({"users": 1.5, "each": 1.5}, rel=2e-3)
    assert of_draws == pytest.approx({"users": 1.5, "each": 1.5}, rel=1e-2)


def test_an_availability_is_compared_by_what_it_leaves_out() -> None:
    text = (
        "derive: {left_out: 10}\n"
        "actions: {get: {rate: 1k/s, op: read, response: 1 kB}}\n"
        "components:\n"
        "  api: {kind: service, availability: 1 - left_out / 10 ^ 12}\n"
        "expect: [api.availability >= 1 - 1 / 10 ^ 10]\n"
    )
    assert turns(text)["left_out"].factor == pytest.approx(10, rel=1e-2)


def test_a_whole_number_turns_from_one_to_the_next() -> None:
    shipped = Path(__file__).parent.parent / "scenarios"
    payments = checked((shipped / "payments.yaml").read_text("utf-8")).verdicts
    overlap = next(v for v in payments if v.outcome.check == "overlap >= 1")
    assert not [t for t in overlap.turns if t.value != round(t.value)]
    text = "derive: {load: 1}\ncomponents: {api: {kind: service, nodes: 12}}\n"
    text += "actions: {get: {rate: 1/s, op: read, response: 1 B}}\n"
    for check, last in (("< 13", 12), ("<= 13", 13), ("> 11", 12), (">= 11", 11), ("< 20", 19)):
        assert turns(text + f"expect: ['api.nodes {check}']\n")["api.nodes"].value == last, check


def test_what_an_input_cannot_be_is_no_turn() -> None:
    text = "derive: {share: 50%, spare: 1 / (1 - share), load: 3}\nexpect: [spare * load <= 1000]"
    found = turns(text)
    assert found["share"].value == pytest.approx(0.997, rel=1e-6)
    text = "actions: {get: {rate: 1/s, op: read, response: 1 B}}\n"
    text += "components: {api: {kind: service, nodes: 3}}\nexpect: [1 <= api.nodes]\n"
    assert "api.nodes" not in turns(text)


def test_a_nearer_turn_is_not_passed_over() -> None:
    text = "derive: {load: 100, wave: (load - 10) * (load - 60)}\nexpect: [wave >= 0]"
    assert turns(text)["load"].value == pytest.approx(60, rel=1e-6)


def test_at_a_step_a_strict_limit_fails_where_it_is_reached() -> None:
    text = "derive: {load: 95, nodes: ceil(load / 10)}\nexpect: [nodes < 30]"
    assert turns(text)["load"].value == pytest.approx(290, rel=1e-6)


def test_nothing_is_claimed_of_what_was_not_tried() -> None:
    text = "derive: {users: 1M to 2M, too_many: probability(users > 3M)}\nexpect: [too_many < 10%]"
    assert checked(text).verdicts[0].until_when == ""
    text = "users: 100\nactions: {post: {per_user: 1/day, payload: 1 B}}\n"
    (verdict,) = checked(text + "expect: [post.writes.average <= 1M/s]\n").verdicts
    assert verdict.until_when == "no single input breaks it"


def test_a_failure_tells_the_first_value_that_would_hold() -> None:
    text = "derive: {load: 1}\ncomponents: {api: {kind: service, nodes: 12}}\n"
    text += "actions: {get: {rate: 1/s, op: read, response: 1 B}}\n"
    for check, first in (("< 10", 9), ("<= 10", 10), ("> 15", 16), (">= 15", 15)):
        found = turns(text + f"expect: ['api.nodes {check}']\n")["api.nodes"]
        assert found.value == first, check
    text = "derive: {load: 100, nodes: ceil(load / 10) + floor(load / 100)}\nexpect: [nodes <= 10]"
    assert turns(text)["load"].words == "load just below 100"


@given(nodes=st.integers(1, 40), limit=st.integers(1, 400), op=st.sampled_from(["<=", ">="]))
def test_the_next_whole_number_that_turns_it_is_found_in_either_direction(
    nodes: int, limit: int, op: str
) -> None:
    text = f"components: {{api: {{kind: service, nodes: {nodes}}}}}\n"
    text += "actions: {get: {rate: 1/s, op: read, response: 1 B}}\n"
    text += f"derive: {{odd: (api.nodes - 20) ** 2}}\nexpect: [odd {op} {limit}]\n"

    def holds(n: int) -> bool:
        return (n - 20) ** 2 <= limit if op == "<=" else (n - 20) ** 2 >= limit

    turned = [n for n in range(1, 100 * nodes) if holds(n) is not holds(nodes)]
    found = turns(text).get("api.nodes")
    if found is None:
        assert not turned or min(turned, key=lambda n: abs(n - nodes)) != nodes + 1
        return
    here = round(found.value)
    first = here if not holds(nodes) else next(n for n in (here - 1, here + 1) if n in turned)
    assert first in turned
    assert holds(here)


def test_of_inputs_that_are_as_near_the_files_first_is_told() -> None:
    text = "derive: {wide: 20, deep: 30, high: 40, old: 50, made: deep * wide * high * old}\n"
    text += "expect: [made <= 2.4M]"
    assert list(turns(text)) == ["wide", "deep", "high"]


def test_that_a_replica_less_breaks_it_is_no_nearer_than_a_third_is() -> None:
    text = "actions: {get: {rate: 1/s, op: read, response: 1 B}}\n"
    text += "components: {api: {kind: service, nodes: 3}}\n"
    text += "derive: {load: 100, left: api.nodes * 1000 / load}\nexpect: [left >= 29]\n"
    assert list(turns(text)) == ["load", "api.nodes"]


@pytest.mark.parametrize(
    "text",
    one_in(
        2,
        [
            "actions: {ask: {rate: 10k/s, op: read, response: 2 kB}}\n"
            "components: {api: {kind: service, cpu_time: 5 ms to 9 ms}}\n"
            "expect: [ask.latency.p99 <= 20 ms, p95(ask.latency.p99) <= 30 ms]\n",
            "derive: {load: 3 to 5, wait: 'erlang_c_wait(10, load, 1 s)'}\nexpect: [wait <= 1 s]\n",
        ],
    ),
)
def test_a_range_that_is_changed_may_lead_to_what_takes_each_draw_by_itself(text: str) -> None:
    assert all(verdict.turns for verdict in checked(text).verdicts)


def test_what_counts_of_an_availability_is_how_far_it_is_from_1() -> None:
    text = "derive: {av: 99.9999999%, un: (1 - av) * 1e9}\nexpect: ['un <= 2', 'ceil(un) <= 1']"
    first, second = checked(text).verdicts
    assert 1 - first.turns[0].value == pytest.approx(2e-9, rel=1e-6)
    assert "as it is" not in first.until_when
    assert second.until_when == "already at the limit with av = 99.9999999%"
    text = "users: 10M\nactions: {up: {per_user: 1/day, payload: 2 MB}}\n"
    text += "components: {img: {kind: object_store, receives: [up]}}\n"
    text += "slo: {durability: 99.999999999%, availability: 99.9%}\n"
    assert "slo.durability" in turns(text + "expect: [img.durability >= slo.durability]")


def test_how_often_a_component_is_called_stays_on_its_side_of_once() -> None:
    text = "actions: {a: {rate: 100/s, op: read, response: 2 kB}}\n"
    text += "components: {api: {kind: service, receives: {a: CALLS}, cpu_time: 5 ms}}\n"
    text += "expect: [a.latency.p99 <= LIMIT ms]\n"
    for calls, limit in ((2, 8), (2, 30), (4, 100), (3, 60)):
        found = turns(text.replace("CALLS", str(calls)).replace("LIMIT", str(limit)))
        turn = found.get("api.receives.a")
        assert turn is None or turn.value >= 1.0


def test_an_input_keeps_the_bounds_of_what_repeats_it_or_follows_from_it() -> None:
    actions = "actions: {act: {rate: 1k/s, op: read, response: 10 kB}}\n"
    for said, name in (("p", "p"), ("p - 1", "p"), ("0.5 + p", "p")):
        text = f"traffic: {{peak_to_average: {said}}}\nderive: {{p: 2.5}}\n{actions}"
        assert name not in turns(text + "expect: [requests.peak >= 500/s]\n")
    text = "derive: {n: 3}\nactions: {w: {rate: 1k/s, payload: 10 kB}}\n"
    text += "components: {db: {kind: database, receives: [w], replicas: n}}\n"
    for limit, last in ((4, 3), (6, 5)):
        assert turns(text + f"expect: [db.storage.per_day <= {limit} TB]\n")["n"].value == last


def test_a_nearer_turn_in_the_other_direction_is_found() -> None:
    text = "derive: {batch: 11, k: 1, cost: '((10 / batch)^8 / 8 + min(batch, 15) / 10) * k'}\n"
    found = turns(text + "expect: [cost <= 2]")
    assert found["batch"].value == pytest.approx(7.5, abs=0.1)
    assert list(found) == ["batch", "k"]
    text = "derive: {batch: 11, cost: '(10 / batch)^8 / 8 + batch / 10'}\nexpect: [cost <= 2]"
    assert turns(text)["batch"].factor < 1


def test_a_step_far_away_is_found_as_exactly_as_one_nearby() -> None:
    for step in (0.01, 1.0, 10.0):
        text = f"derive: {{in0: 0.00102, mid1: '12 * step_up(in0, {step:g}, 1000)'}}\n"
        found = turns(text + f"expect: [mid1 > {12 * step + 0.01:g}]\n")
        assert found["in0"].value == pytest.approx(step, rel=3e-7)


def test_what_is_below_zero_was_not_tried() -> None:
    text = "derive: {aa: -5, yy: 3, zz: aa + 10 + 0 * yy}\nexpect: [zz <= 6]"
    assert checked(text).verdicts[0].until_when == ""


def test_a_whole_number_beyond_all_others_is_no_obstacle() -> None:
    text = "actions: {save: {rate: 1/s, payload: 1 kB}}\n"
    text += "components: {db: {kind: quorum_database, replicas: 3, write_quorum: 2,"
    assert checked(text + " read_quorum: 1e308}}\nexpect: [db.overlap >= 1]").verdicts


def test_what_is_at_its_limit_is_said_to_be_there_and_not_to_hold_until_it() -> None:
    text = "derive: {bytes_per_kv: 1 B, kv: bytes_per_kv * 3}\nexpect: [kv <= 3 B]\n"
    (verdict,) = checked(text).verdicts
    assert verdict.until_when == "already at the limit with bytes_per_kv = 1 B"


def test_an_input_further_off_comes_before_one_at_its_limit() -> None:
    text = "derive: {far: 2, near: 1, most: 'max(far / 4, ceil(near))'}\nexpect: [most <= 1]\n"
    (verdict,) = checked(text).verdicts
    assert verdict.until_when == "holds until far = 4 (×2); already at the limit with near = 1"


def test_an_input_says_more_than_the_limit_that_it_is_compared_with() -> None:
    given_limit = "derive: {rows: 8 billion, size: 1 kB, kept: rows * size, most: 9 TB}\n"
    assert set(turns(given_limit + "expect: [kept <= most]\n")) == {"rows", "size"}
    only = "derive: {most: 9 TB}\nexpect: [most <= 10 TB]\n"
    assert set(turns(only)) == {"most"}


def test_of_a_large_file_the_load_and_some_inputs_are_tried_and_it_is_said_where_that_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    actions = "".join(f"  a{i}: {{per_user: 1/day}}\n" for i in range(20))
    text = f"actions:\n{actions}users: 1M\nexpect: [requests.average <= 1k/s, users <= 2M]\n"
    whole = checked(text)
    assert not whole.found
    assert "users = 4.32M" in whole.verdicts[0].until_when
    assert "a0.per_user" in whole.verdicts[0].until_when
    assert "users = 2M" in whole.verdicts[1].until_when
    monkeypatch.setattr(break_even, "MOST_COMPUTED", 200_000)
    some = checked(text)
    assert [(d.rule, d.place and d.place.start) for d in some.found] == [
        ("W122", text.index("requests.average"))
    ]
    assert some.verdicts[0].until_when == "holds until users = 4.32M (×4.32)"
    assert not some.verdicts[1].turns
    assert not some.verdicts[1].is_firm
    assert {verdict.outcome.status for verdict in some.verdicts} == {"pass"}


def test_it_is_said_from_where_on_nothing_is_told_of_when_conditions_of_ranges_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = "derive:\n  own: 1 to 9\nexpect: [own <= 90, own <= 91, own <= 92]\n"
    assert not checked(text).found
    monkeypatch.setattr(break_even, "MOST_COMPUTED", 1)
    found = checked(text)
    assert [(d.rule, d.place and d.place.start) for d in found.found] == [
        ("W122", text.index("own <= 91"))
    ]
    assert [bool(verdict.turns) for verdict in found.verdicts] == [True, False, False]
    assert {verdict.outcome.status for verdict in found.verdicts} == {"pass"}


@given(
    value=st.integers(1, 5_000),
    turn=st.floats(0.001, 1e6),
    power=st.sampled_from([-2.0, -1.0, 0.5, 1.0, 3.0]),
    step=st.sampled_from([0, 7, 1_000]),
)
def test_of_whole_numbers_it_is_the_next_that_turns_it_and_takes_few_tries(
    value: int, turn: float, power: float, step: int
) -> None:
    tries: list[int] = []

    def margin(whole: float) -> float:
        whole = step * math.ceil(whole / step) if step else whole
        return power * math.log(whole / turn)

    def probe(change: float) -> Observation:
        tries.append(round(value * math.exp(change)))
        found = margin(max(tries[-1], 0.25))
        return Observation(found >= 0.0, found)

    now = Observation(margin(value) >= 0.0, margin(value))
    found = find_whole_crossing(probe, now, float(value), math.log(1e4))
    wholes = range(1, value * 10_000 + 1)
    sign = 1 if now.holds is (power < 0.0) else -1
    turned = bisect_left(
        wholes if sign > 0 else wholes[::-1],
        True,
        key=lambda whole: sign * whole > sign * value and (margin(whole) >= 0.0) is not now.holds,
    )
    expected = None if turned == len(wholes) else (wholes if sign > 0 else wholes[::-1])[turned]
    assert (found and round(value * math.exp(found.first))) == expected
    assert len(tries) <= (60 if step else 30)


@pytest.mark.parametrize("limit", [99.9, 99.95, 99.99, 99.999])
def test_a_turn_just_below_the_bound_of_an_input_is_found(limit: float) -> None:
    text = f"inputs: {{part: 40%}}\nderive: {{twice: 2 * part}}\nexpect: [twice <= 2 * {limit}%]\n"
    assert turns(text)["part"].value == pytest.approx(limit / 100, rel=1e-6)
    cached = (
        "users: 1M\nactions: {view: {per_user: 10/day, response: 1 kB}}\n"
        "components: {c: {kind: cache, receives: [view], hit_ratio: 40%}}\n"
        f"expect: ['1 - c.hit_ratio >= {100 - limit}%']\n"
    )
    assert turns(cached)["c.hit_ratio"].value == pytest.approx(limit / 100, rel=1e-6)
