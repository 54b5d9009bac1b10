"""`estimator sweep`: a scenario at many values of its inputs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from asking import Ask

from estimator import load
from estimator.api import estimate
from estimator.api.decisions import sweep

SERVICE = """\
users: 10M
actions: {view: {per_user: 20/day}}
components:
  api: {kind: service, cpu_time: 5 ms}
  db: {kind: database}
"""


def points(text: str, *over: str, **options: object) -> list[tuple[float, ...]]:
    found = sweep(load(text=text), over, **options)  # type: ignore[arg-type]
    return [tuple(cell.value for cell in point.cells) for point in found.points]


@pytest.mark.parametrize(
    ("over", "expected"),
    [
        ("a=1..100", [1.0, 10.0, 100.0]),
        ("a=1..5", [1.0, 3.0, 5.0]),
        ("a=1,2,50", [1.0, 2.0, 50.0]),
        ("a=5..1", [5.0, 3.0, 1.0]),
        ("a=-1..1", [-1.0, 0.0, 1.0]),
    ],
)
def test_a_range_is_divided_by_factors_from_a_decade_on(over: str, expected: list[float]) -> None:
    found = sweep(load(text="derive: {a: 3, b1: a}"), [over], show=["b1"], steps=3)
    assert [point.cells[0].value for point in found.points] == pytest.approx(expected)


def test_each_point_is_the_estimate_with_that_value() -> None:
    found = sweep(load(text=SERVICE), ["users=1M..1B"], show=["servers", "cost.per_month"], steps=4)
    for point in found.points:
        (users,) = point.values
        alone = estimate(load(text=SERVICE), overrides={"users": repr(users)}).report
        names = ("servers", "cost.per_month")
        assert [c.value for c in point.cells] == pytest.approx([alone.number(n) for n in names])


def test_a_sweep_over_machines_runs_on_each_of_a_family(ask: Ask) -> None:
    found = ask("sweep", "-", "--over", "api.node=m7g", "--show", "api.nodes", given=SERVICE)
    names = [line.split()[0] for line in found.out.splitlines()[1:]]
    assert names[:3] == ["m7g.large", "m7g.xlarge", "m7g.2xlarge"]


def test_a_change_of_the_bottleneck_is_marked(ask: Ask) -> None:
    found = ask("sweep", "-", "--over", "users=1M..100M", "--steps", "3", given=SERVICE)
    assert "api: minimum → cpu" in found.out


def test_over_two_choices_the_points_that_no_other_beats_are_marked() -> None:
    text = (
        "derive: {size: 1, speed: 1, cost: size * 10 + speed, time1: 8 / (size * speed)}\n"
        "users: 1k\nactions: {a1: {per_user: 1/day}}"
    )
    found = sweep(load(text=text), ["size=1,2", "speed=1,4,5"], show=["cost", "time1"])
    best = {point.at for point in found.points if point.is_best}
    assert best == {("1", "1"), ("1", "4"), ("1", "5"), ("2", "4"), ("2", "5")}


def test_points_of_other_loads_are_not_ranked() -> None:
    assert not sweep(load(text=SERVICE), ["users=1M,2M", "api.cpu_time=1ms,2ms"]).has_frontier


def test_over_ranges_each_point_has_percentiles_of_the_same_samples() -> None:
    text = "derive: {a: 3, noise1: 0.5 to 2, whole: a * noise1}"
    first, second = sweep(load(text=text), ["a=1,10"], show=["whole"]).points
    (one,), (ten,) = first.cells, second.cells
    assert (one.low, one.high) == (pytest.approx(0.5, rel=0.05), pytest.approx(2, rel=0.05))
    assert ten.low == pytest.approx(10 * (one.low or 0.0), rel=1e-9)


def test_expectations_that_fail_at_a_point_are_named(ask: Ask) -> None:
    given = SERVICE + "expect: [servers <= 40]"
    found = ask("sweep", "-", "--over", "users=1M,100M", given=given)
    rows = found.out.splitlines()
    assert "servers <= 40" not in rows[1]
    assert "servers <= 40" in rows[2]


def test_a_point_that_cannot_be_is_a_row_that_says_why(ask: Ask) -> None:
    found = ask("sweep", "-", "--over", "api.node=m7g.large,m7g.huge", given=SERVICE)
    assert found.code == 0
    assert "m7g.huge" in found.out.splitlines()[-1]
    assert "–" in found.out.splitlines()[-1]


def test_csv_has_very_many_points_in_base_units(ask: Ask) -> None:
    over = ("--over", "a=1..1000", "--over", "b1=1..9", "--steps", "150")
    text = "derive: {a: 3, b1: 2, whole: a * b1}"
    found = ask("sweep", "-", *over, "--show", "whole", "--format", "csv", given=text)
    rows = list(csv.reader(io.StringIO(found.out)))
    assert rows[0] == ["a", "b1", "whole"]
    assert len(rows) == 1 + 150 * 150
    a, b, whole = map(float, rows[7_777])
    assert whole == pytest.approx(a * b, rel=1e-12)


def test_the_values_of_a_list_are_numbers_in_base_units_too(ask: Ask) -> None:
    over = ("--over", "api.cpu_time=1 ms,2 ms", "--over", "api.node=m7g.large")
    found = ask("sweep", "-", *over, "--show", "servers", "--format", "csv", given=SERVICE)
    rows = list(csv.reader(io.StringIO(found.out)))
    assert [row[:2] for row in rows[1:]] == [["0.001", "m7g.large"], ["0.002", "m7g.large"]]
    columns = sweep(load(text=SERVICE), "users=1M,2M").columns()
    assert list(columns["users"]) == [1e6, 2e6]


def test_too_many_points_are_refused_with_what_to_write(ask: Ask) -> None:
    over = ("--over", "a=1..1000", "--over", "b1=1..9", "--steps", "1000")
    found = ask("sweep", "-", *over, "--show", "a", given="derive: {a: 3, b1: 2}")
    assert found.code == 2
    assert "1,000,000 points" in found.err
    assert "`--format csv` has room for more" in found.err


def test_json_has_the_points_with_their_bottlenecks(ask: Ask) -> None:
    found = ask("sweep", "-", "--over", "users=1M,2M", "--format", "json", given=SERVICE)
    points = json.loads(found.out)["sweep"]["points"]
    assert points[0]["at"]["users"] == {"text": "1M", "value": 1e6}
    assert points[0]["bottlenecks"]["api"] == "minimum"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["--over", "users"], "`users` has no values to go over"),
        (["--over", "users=1M,2M", "--over", "users=3M,4M"], "`users` is swept twice"),
        (["--over", "nothing=1,2"], "there is nothing named `nothing`"),
        (["--over", "users=1M,2M", "--show", "servrs"], "did you mean `servers`?"),
        (["--over", "users=1M,,2M"], "neither a range nor a list of values"),
        (["--over", "variant=push"], "no variant"),
    ],
)
def test_what_is_wrong_with_a_call_is_told(ask: Ask, call: list[str], said: str) -> None:
    found = ask("sweep", "-", *call, given=SERVICE)
    assert found.code == 2
    assert said in found.err


def test_very_many_points_may_have_what_waits_in_queues() -> None:
    over = ["users=1M..2M", "view.per_user=1/day..9/day"]
    text = """\
users: 1M
actions: {view: {per_user: 1/day}}
components: {api: {kind: service, cpu_time: 5 ms, nodes: 2}}
"""
    show = ["latency.p99"]
    found = sweep(load(text=text), over, show=show, steps=101, may_be_grid=True)
    assert found.grid is not None
    inputs, made = next(iter(found.grid.blocks()))
    one = {"users": f"{inputs[0][3, 7]}", "view.per_user": f"{inputs[1][3, 7] * 86400}/day"}
    alone = estimate(load(text=text), overrides=one).report.number("latency.p99")
    assert made[0][3, 7] == pytest.approx(alone, rel=1e-6)


def test_what_would_take_minutes_is_refused_with_what_is_quick(ask: Ask) -> None:
    text = SERVICE.replace("5 ms}", "5 ms, nodes: 900}")
    call = ["--over", "users=1M..2M", "--over", "api.cpu_time=1 ms..5 ms", "--steps", "1000"]
    found = ask("sweep", "-", *call, "--show", "latency.p99", "--format", "csv", given=text)
    assert found.code == 2
    assert "results without latency by `--show`" in found.err


def test_over_ranges_an_expectation_fails_where_too_few_samples_keep_it() -> None:
    # the 95th percentile of the load is 200
    text = "derive: {load: 50 to 200, room: 150}\nexpect: [load <= room]"
    found = sweep(load(text=text), ["room=150,190,210"], show=["load"])
    assert [bool(point.failing) for point in found.points] == [True, True, False]
    lenient = text.replace("[load <= room]", "[{check: load <= room, confidence: 60%}]")
    found = sweep(load(text=lenient), ["room=90,150"], show=["load"])
    assert [bool(point.failing) for point in found.points] == [True, False]


def test_objectives_that_are_refuted_at_a_point_are_named() -> None:
    text = SERVICE.replace("5 ms}", "5 ms, nodes: 4}") + "slo: {p99: 500 ms}\n"
    found = sweep(load(text=text), ["users=1M,100M"], show=["servers"])
    assert not found.points[0].failing
    assert "the estimated p99 is above the objective (slo)" in found.points[1].failing


def test_what_waits_in_queues_leaves_all_samples_to_the_rest(ask: Ask) -> None:
    text = SERVICE.replace("20/day", "10/day to 40/day")
    call = ["--over", "users=1M,2M", "--show"]
    slow = ask("sweep", "-", *call, "servers,latency.p99", given=text).out
    quick = ask("sweep", "-", *call, "servers", given=text).out
    assert "4,096 samples (1,024 for results with queueing)" in slow
    assert "4,096 samples at each" in quick
    assert [line.split()[1] for line in slow.splitlines()[:3]] == [
        line.split()[1] for line in quick.splitlines()[:3]
    ]


def test_a_design_without_a_result_leaves_its_cell_empty(ask: Ask) -> None:
    text = SERVICE + "variants: {asked: {api.cpu_time: '?'}}\n"
    call = ["--over", "variant=base,asked", "--show", "latency.p99,cost.per_month"]
    rows = ask("sweep", "-", *call, given=text).out.splitlines()
    assert rows[2].split()[1] == "–"
    assert "≥ $" in rows[2]
    made = list(csv.reader(io.StringIO(ask("sweep", "-", *call, "--format=csv", given=text).out)))
    assert made[2][1] == ""


LEFT_OPEN = """\
users: 1M
actions: {view: {per_user: 20/day, response: 20 kB}}
components: {api: {kind: service, cpu_time: 20 ms, node: cheapest of m7g, minimum: 1, zones: 1}}
"""


def test_the_cheapest_machine_is_chosen_at_each_point_as_a_run_would(ask: Ask) -> None:
    found = ask("sweep", "-", "--over", "users=10k..10M", "--steps", "4", given=LEFT_OPEN)
    swept = sweep(load(text=LEFT_OPEN), "users=10k..10M", steps=4)
    for row in swept.records():
        found_there = estimate(load(text=LEFT_OPEN), overrides={"users": repr(row["users"])})
        there = found_there.report.values
        assert row["servers"] == there["servers"].value
        assert row["cost.per_month"] == pytest.approx(there["cost.per_month"].value, rel=1e-9)
    machines = [point.machines["api"] for point in swept.points]
    assert len(set(machines)) > 1
    assert f"api: {machines[-2]} → {machines[-1]}" in found.out


def test_the_last_axis_changes_fastest_whatever_the_axes_are(ask: Ask) -> None:
    call = ("--over", "users=10k..10M", "--over", "api.node=m7g.large,m7g.xlarge", "--steps", "3")
    swept = sweep(load(text=LEFT_OPEN), call[1:4:2], steps=3)
    assert [point.at[1] for point in swept.points] == ["m7g.large", "m7g.xlarge"] * 3
    assert "┤" in ask("sweep", "-", *call, "--format", "plot", given=LEFT_OPEN).out


def test_an_axis_of_variants_without_values_goes_over_all(ask: Ask) -> None:
    text = LEFT_OPEN + "variants: {busy: {users: 9M}}\n"
    rows = ask("sweep", "-", "--over", "variant", given=text).out.splitlines()
    assert [row.split()[0] for row in rows if row] == ["variant", "base", "busy"]


@pytest.mark.parametrize(
    ("over", "line"),
    [
        ("users", "write `--over 'users=1M..10M'`"),
        ("api.node", "write `--over api.node=aws`, or a family"),
        ("api.queue", "write `--over api.queue=per_node,...`"),
        ("view.response", "write `--over 'view.response=20 kB..200 kB'`"),
        ("api.target_utilization", "write `--over 'api.target_utilization=30%..100%'`"),
        ("variant", "give the file `variants`"),
        ("usrs", "did you mean `users`?"),
    ],
)
def test_an_axis_without_values_leads_to_the_line_to_write(ask: Ask, over: str, line: str) -> None:
    found = ask("sweep", "-", "--over", over, given=LEFT_OPEN)
    assert found.code == 2
    assert line in found.err


def test_a_point_for_which_there_is_no_machine_is_a_row_of_a_range_as_of_a_list(ask: Ask) -> None:
    text = LEFT_OPEN + "resilience: {regions: 2, survive: 1 region}\n"
    found = ask("sweep", "-", "--over", "resilience.regions=1..3", "--steps", "3", given=text)
    rows = [line.split() for line in found.out.splitlines() if line]
    assert [row[:2] for row in rows[1:]] == [["1", "–"], ["2", rows[2][1]], ["3", rows[3][1]]]
    assert "no machine can do the work of `api`" in found.out


def test_a_file_of_formulas_is_swept_and_forecast_by_its_own_results(ask: Ask) -> None:
    text = "inputs: {x1: 5}\nderive: {total: x1 * 2}\n"
    found = ask("sweep", "-", "--over", "x1=1,2", given=text).out
    assert [line.split() for line in found.splitlines()] == [
        ["x1", "total"],
        ["1", "2"],
        ["2", "4"],
    ]
    months = ask("forecast", "-", "--months", "1", given=text).out
    assert "total" in months.splitlines()[0]


@pytest.mark.parametrize("component", ["api", "store"])
@pytest.mark.parametrize("given", ["", "api.node.cores: 12, "])
def test_a_machine_of_an_axis_is_as_one_that_the_file_names(component: str, given: str) -> None:
    text = f"""\
actions: {{view: {{rate: 5k/s, response: 2 kB}}, save: {{rate: 300/s, payload: 3 kB}}}}
components:
  api: {{kind: service, cpu_time: 4 ms{", node.cores: 12" if given else ""}}}
  store: {{kind: database, receives: [save, view]}}
slo: {{p99: 90 ms, availability: 99.9%}}
expect: [servers <= 40]
"""
    names = ["m7g.large", "i4i.large", "t4g.small", "d3.xlarge", "generic.small", "p5.48xlarge"]
    shown = ["servers", "cost.per_month", "latency.p99", "availability"]
    swept = sweep(load(text=text), f"{component}.node={','.join(names)}", show=shown)
    for name, point in zip(names, swept.points, strict=True):
        there = estimate(load(text=text), overrides={f"{component}.node": name}).report
        expected = [there.values[n].value for n in shown]
        assert [cell.value for cell in point.cells] == pytest.approx(expected, rel=1e-12)
        fails = {o.check for o in there.expectations if o.status == "fail"}
        assert fails == {one for one in point.failing if one == "servers <= 40"}


def test_what_cannot_be_computed_at_one_point_moves_no_samples_to_another() -> None:
    text = "derive: {a: 3, noise1: 0.5 to 2, whole: noise1 * a + 0 * sqrt((a - 1)^2 - 0.1)}"
    found = sweep(load(text=text), "a=3,1,2", show=["whole"])
    ranged = sweep(load(text=text), "a=0..2", steps=3, show=["whole"])
    assert [point.fault != "" for point in ranged.points] == [False, True, False]
    assert found.points[2].cells[0].low == pytest.approx(ranged.points[2].cells[0].low)


def test_points_at_which_something_fails_are_not_the_best() -> None:
    text = """\
derive: {size: 1, speed: 1, cost: size * 10 + speed, time1: 8 / (size * speed)}
users: 1k
actions: {a1: {per_user: 1/day}}
expect: [time1 <= 3]
"""
    found = sweep(load(text=text), ["size=1,2", "speed=1,4,5"], show=["cost", "time1"])
    best = {point.at for point in found.points if point.is_best}
    assert best == {("1", "4"), ("1", "5"), ("2", "4"), ("2", "5")}
