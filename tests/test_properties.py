"""What holds for any estimate, over every kind of component that is shipped."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import one_in
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from test_language import report_of, value_of

from estimator.catalog import catalog
from estimator.diagnostics import InputError, Text
from estimator.evaluate import Report, Value
from estimator.formula.parse import parse
from estimator.formula.tree import Name, walk
from estimator.library.kind import Parameter
from estimator.library.loader import shipped_kind, shipped_kinds
from estimator.render.page import WIDE
from estimator.render.page_text import page_text
from estimator.render.run import Estimates
from estimator.render.run.json import to_json
from estimator.render.run.markdown import to_markdown
from estimator.render.run.table import page
from estimator.units import base_unit

ROOT = Path(__file__).resolve().parent.parent
SCENARIOS = sorted((ROOT / "scenarios").glob("*.yaml"))
KINDS = [
    name
    for name in shipped_kinds()
    if shipped_kind(name).used_in == "components" and shipped_kind(name).abstract is None
]
FEW = settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
LINEAR = re.compile(r"(reads|writes|requests|ingress|egress)\.(average|peak)|stored\.\w+$")


SOME = {"count": "3M", "data": "5 GB", "data/time": "5 MB/s", "time": "2 s", "rate": "1k/s"}


def scenario(kind: str, users: str = "10M") -> str:
    """Users who write, read and ping, and one component of a kind that receives all of it."""
    required = {
        name: SOME[parameter.dimension.value]
        for name, parameter in shipped_kind(kind).parameters.items()
        if parameter.required is not None and parameter.dimension is not None
    }
    return (
        f"users: {users}\n"
        "actions:\n"
        "  note: {per_user: 4/day, payload: 2 kB, read_write_ratio: 20:1, retention: 1 year}\n"
        "  ping: {every: 30 s, request: 50 B}\n"
        "  scan: {per: {note: 3}, op: read, response: 10 kB}\n"
        f"components:\n  thing: {json.dumps({'kind': kind, **required})}\n"
    )


def computed(text: str, overrides: Mapping[str, str] | None = None) -> Report:
    """Return a report; what has no value with these parameters is left to others."""
    try:
        return report_of(text, overrides=dict(overrides or {}))
    except InputError as error:
        if {d.rule for d in error.diagnostics if d.rule[0] == "E"} <= {"E023", "E024"}:
            reject()
        raise


def written(value: float, like: Value) -> str:
    """Return a value as a formula of the same dimension."""
    unit = base_unit(like.dimension)
    return repr(value) if unit == "1" else f"{value!r} * ({unit})"


def constant(parameter: Parameter, bound: str) -> float | None:
    text = getattr(parameter, bound)
    return None if text is None else value_of(text.value)[0]


def is_constant(default: Text | None) -> bool:
    return default is not None and not any(isinstance(n, Name) for n in walk(parse(default.value)))


@cache
def by_default(kind: str) -> Report:
    return report_of(scenario(kind))


@st.composite
def said(draw: st.DrawFn, kind: str) -> dict[str, str]:
    """Some of a kind's parameters, up to four times what they are by default, or a quarter."""
    overrides: dict[str, str] = {}
    parameters = shipped_kind(kind).parameters
    constants = [n for n, p in parameters.items() if is_constant(p.default)]
    there = [n for n in constants if f"thing.{n}" in by_default(kind).values]
    names = sorted({*there, *(n for n, p in parameters.items() if p.choices)})
    for name in draw(st.sets(st.sampled_from(names), max_size=4)):
        parameter = parameters[name]
        if parameter.choices is not None:
            overrides[f"thing.{name}"] = draw(st.sampled_from(parameter.choices)).value
            continue
        known = by_default(kind).values[f"thing.{name}"]
        value = known.value * draw(st.sampled_from([0.25, 0.5, 0.8, 1.25, 2, 4]))
        whole = "whole" in (known.display_unit, parameter.dimension and parameter.dimension.value)
        if whole:
            value = float(-(-value // 1))
        highest = constant(parameter, "maximum")
        if highest is None and known.display_unit in ("share", "nines"):
            highest = 1.0
        value = max(value, constant(parameter, "minimum") or 0.0)
        overrides[f"thing.{name}"] = written(
            value if highest is None else min(value, highest), known
        )
    for name in draw(st.sets(st.sampled_from(sorted(PLANS)), max_size=2)):
        if name in parameters:
            overrides[f"thing.{name}"] = draw(st.sampled_from(PLANS[name]))
    return overrides


# What has no default, and changes how nodes are planned.
PLANS = {
    "max_wait": ["0 s", "1 ms", "1 s"],
    "staffing_beta": ["0.1", "1", "3"],
    "contention": ["0.1%", "5%"],
    "coherency": ["1e-6", "0.1%"],
    "zones": ["2", "3"],
    "zone_availability": ["99.9%"],
    "regions": ["2"],
    "target_availability": ["99%", "99.99%", "99.9999%"],
}


def nodes(report: Report) -> float:
    return report.values["thing.nodes"].value


@st.composite
def systems(draw: st.DrawFn) -> str:
    """Some actions, and up to three components; none is a scenario, too."""
    actions = {
        "note": {"per_user": "4/day", "payload": "2 kB", "read_write_ratio": "20:1"},
        "ping": {"every": "30 s", "request": "50 B"},
        "view": {"rate": "3k/s", "op": "read", "response": "70 kB"},
        "load": {"rate": "2/s", "payload": "5 MB", "retention": "90 days"},
    }
    chosen = draw(st.lists(st.sampled_from(sorted(actions)), min_size=1, unique=True))
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=3))
    components = {}
    for index, kind in enumerate(kinds):
        required = {
            name: SOME[parameter.dimension.value]
            for name, parameter in shipped_kind(kind).parameters.items()
            if parameter.required is not None and parameter.dimension is not None
        }
        components[f"part_{index}"] = {"kind": kind, **required}
    content = {
        "users": draw(st.sampled_from(["100k", "7M", "300M"])),
        "actions": {name: actions[name] for name in chosen},
        **({"components": components} if components else {}),
    }
    return json.dumps(content)


def cells(out: str, title: str, columns: int, *, markdown: bool) -> list[list[str]]:
    """Return the rows of a table by first cell and last cells; empty without the table."""
    heading = f"## {title}" if markdown else title
    lines = out.splitlines()
    if heading not in lines:
        return []
    rows = []
    for line in lines[lines.index(heading) + (4 if markdown else 3) :]:
        if markdown and not line.startswith("|"):
            break
        found = line.strip("| ").split(" | ") if markdown else re.split(r"  +", line)
        found = [cell.strip(" *").replace("\\", "").replace("&#", "") for cell in found]
        if len(found) <= columns:
            break
        rows.append([found[0], *found[1:-columns][-1:], *found[-columns:]])
    return rows


def amount(cell: str) -> float:
    """Return what a cell says, as the language reads it."""
    shown = cell.partition(" (")[0].replace(",", "")
    return 0.0 if shown in ("–", "") else value_of(shown)[0]


def assert_adds_up(rows: list[list[str]], total: list[str]) -> None:
    """Assert that the last cells of a total are the sums of those above, to the digits shown."""
    for column in range(-1, -len(total), -1):
        if not total[column][:1].isdigit() and total[column][:1] not in "$–":
            break
        parts = [amount(row[column]) for row in rows]
        whole = amount(total[column])
        rounded = 0.0051 * (sum(parts) + whole)  # three digits each
        assert abs(sum(parts) - whole) <= rounded, (rows, total)


@settings(FEW, max_examples=12)
@given(systems())
def test_every_column_of_every_table_is_the_sum_of_its_rows(text: str) -> None:
    report = computed(text)
    text = page_text(page(Estimates([report]), WIDE))
    for out, is_markdown in ((text, False), ("".join(to_markdown(Estimates([report]))), True)):
        traffic = cells(out, "Traffic", 4, markdown=is_markdown)
        if len(traffic) > 2:
            assert_adds_up(traffic[:-2:2], traffic[-2])
            assert_adds_up(traffic[1:-2:2], traffic[-1])
        storage = cells(out, "Storage", 3, markdown=is_markdown)
        for which in ("one copy", "provided"):
            rows = [row for row in storage if row[1] == which]
            if rows and rows[-1][0] == "total":
                assert_adds_up(rows[:-1], rows[-1])
        components = cells(out, "Components", 1, markdown=is_markdown)
        if components[-1:] and components[-1][0] == "total":
            assert_adds_up([[r[-1]] * 2 for r in components[:-1]], [components[-1][-1]] * 2)
        cost = cells(out, "Cost", 5, markdown=is_markdown)
        if cost:
            assert_adds_up(cost[:-1], cost[-1])
            for row in cost:
                assert sum(map(amount, row[-5:-1])) == pytest.approx(amount(row[-1]), rel=0.011)


@settings(FEW, max_examples=12)
@given(systems())
def test_every_total_in_json_is_the_sum_of_its_parts(text: str) -> None:
    report = computed(text)
    (found,) = json.loads("".join(to_json(Estimates([report]))))["scenarios"]
    values = {name: quantity["value"] for name, quantity in found["quantities"].items()}
    parts = [component.name for component in report.components]
    for name, owners in (
        ("servers", [f"{part}.nodes" for part in parts]),
        ("writes.average", [f"{action}.writes.average" for action in report.actions]),
        ("egress.peak", [f"{action}.egress.peak" for action in report.actions]),
        ("stored.retained", [f"{action}.stored.retained" for action in report.actions]),
        (
            "cost.per_month",
            [
                *(f"{part}.cost.per_month" for part in parts),
                "unplaced_storage.cost.per_month",
                "internet_egress.cost.per_month",
            ],
        ),
        ("cost.per_month", [f"cost.{part}.per_month" for part in COSTS]),
    ):
        known = [values[owner] for owner in owners if owner in values]
        assert sum(known) == pytest.approx(values[name]), name
    stores = [f"{part}.storage.retained" for part in parts]
    if any(store in values for store in stores):
        kept = sum(values.get(store, 0.0) for store in stores)
        assert kept == pytest.approx(values["storage.retained"])


COSTS = ("machines", "storage", "requests", "egress", "network")

WITH_NODES = [kind for kind in KINDS if "nodes" in shipped_kind(kind).derive]


def test_most_kinds_have_nodes() -> None:
    assert len(WITH_NODES) >= 6
    assert {"service", "cache", "database", "queue", "fanout"} <= set(WITH_NODES)


@pytest.mark.parametrize("kind", one_in(4, WITH_NODES))
@FEW
@given(data=st.data())
def test_more_load_never_needs_fewer_nodes(kind: str, data: st.DataObject) -> None:
    overrides = data.draw(said(kind))
    users, more = sorted(data.draw(st.tuples(*[st.integers(1, 10**8)] * 2)))
    fewer = computed(scenario(kind, str(users)), overrides)
    assert nodes(fewer) <= nodes(computed(scenario(kind, str(more)), overrides))


@pytest.mark.slow
@pytest.mark.parametrize("kind", one_in(4, WITH_NODES))
@FEW
@given(data=st.data())
def test_a_larger_machine_never_needs_more_nodes(kind: str, data: st.DataObject) -> None:
    overrides = data.draw(said(kind))
    machines = shipped_kind(kind).parameters["node"].catalog
    assert machines is not None
    small = computed(scenario(kind), overrides)
    larger = dict(overrides)
    shares = {"price", "attached", "baseline", "spinning", "accelerated"}  # what is no size
    for field in sorted(catalog(machines.value).fields.keys() - shares):
        value = small.values[f"thing.node.{field}"]
        times = data.draw(st.sampled_from([1, 1.5, 2, 10]))
        larger[f"thing.node.{field}"] = written(value.value * times, value)
    assert nodes(computed(scenario(kind), larger)) <= nodes(small)


@pytest.mark.parametrize("kind", one_in(4, KINDS))
@FEW
@given(data=st.data())
def test_twice_the_users_make_twice_the_traffic(kind: str, data: st.DataObject) -> None:
    overrides = data.draw(said(kind))
    once = computed(scenario(kind, "3M"), overrides).values
    twice = computed(scenario(kind, "6M"), overrides).values
    names = [n for n in once if LINEAR.search(n)]
    assert {"reads.average", "writes.peak", "ingress.peak", "stored.retained"} <= set(names)
    assert {"thing.reads.average", "thing.stored.per_day"} <= set(names)
    for name in names:
        assert twice[name].value == pytest.approx(2 * once[name].value, rel=1e-12), name


# --- the shipped scenarios ------------------------------------------------------------------------


@cache
def of_file(path: Path) -> Report:
    return report_of(path.read_text("utf-8"))


@cache
def tree(path: Path) -> dict[str, Any]:
    loaded = yaml.load(path.read_text("utf-8"), yaml.BaseLoader)
    assert isinstance(loaded, dict)
    return loaded


def shuffled(draw: st.DrawFn, value: Any, depth: int = 3) -> Any:
    """Return the same with the keys of its mappings in another order."""
    if not isinstance(value, dict) or not depth:
        return value
    keys = draw(st.permutations(list(value)))
    return {key: shuffled(draw, value[key], depth - 1) for key in keys}


def same(values: Mapping[str, Value], others: Mapping[str, Value], *, but: str = "") -> None:
    assert values.keys() - {but} == others.keys() - {but}
    for name in values.keys() - {but}:
        # What an availability lacks to 100% has fewer digits than the availability itself.
        near = 1e-8 if ".downtime." in name or ".error_budget." in name else 1e-12
        assert others[name].value == pytest.approx(values[name].value, rel=near), name
        assert others[name].dimension == values[name].dimension, name


@pytest.mark.parametrize("path", one_in(4, SCENARIOS), ids=lambda p: p.stem)
@settings(FEW, max_examples=3)
@given(data=st.data())
def test_the_order_of_a_file_changes_no_value(path: Path, data: st.DataObject) -> None:
    text = json.dumps(shuffled(data.draw, tree(path)))
    same(of_file(path).values, report_of(text).values)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_a_line_that_nothing_uses_changes_nothing(path: Path) -> None:
    before = of_file(path).values
    lines = dict(tree(path))
    lines["derive"] = {"unused": "7 * writes.peak", **lines.get("derive", {})}
    after = report_of(json.dumps(lines)).values
    assert after["unused"].value == 7 * before["writes.peak"].value
    assert {n: v.value for n, v in after.items() if n != "unused"} == {
        n: v.value for n, v in before.items()
    }


ASKED = {  # parameters that formulas of kinds ask about: giving them is saying something
    name.strip()
    for file in (ROOT / "estimator" / "library").glob("*.yaml")
    for names in re.findall(r"given\(([^)]*)\)", file.read_text("utf-8"))
    for name in names.split(",")
}


@pytest.mark.slow
@pytest.mark.parametrize("path", one_in(3, SCENARIOS), ids=lambda p: p.stem)
@settings(FEW, max_examples=6)
@given(data=st.data())
def test_a_value_set_to_what_it_is_changes_nothing(path: Path, data: st.DataObject) -> None:
    before = of_file(path).values
    # What is sent cannot be set, nor what is received by those that receive everything.
    fixed: list[str] = []
    for name, kind, *_ in of_file(path).components:
        flows = shipped_kind(kind).sends
        fixed += [f"{name}.{'sent' if flow == 'self' else flow}." for flow in flows]
        if "receives" not in tree(path).get("components", {}).get(name, {}):
            fixed.append(f"{name}.receives.")
    sides = (".reads.average", ".writes.average")  # an action that says it has some has a path
    names = [
        n
        for n, v in before.items()
        if (v.origin in ("given", "own") or not ASKED & {n, n.partition(".")[2]})
        and not n.startswith(tuple(fixed))
        and not (v.value == 0.0 and n.endswith(sides))
        and ".visits." not in n  # what is given of visits is no longer followed along the path
    ]
    name = data.draw(st.sampled_from(names))
    value = written(before[name].value, before[name])
    after = report_of(path.read_text("utf-8"), overrides={name: value})
    same(before, after.values)
    follows = name == "users" and isinstance(tree(path)["users"], dict)  # from `users.daily_active`
    assert follows or after.values[name].origin in ("given", "pinned", "own")


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_counting_as_in_an_interview_stays_close(path: Path) -> None:
    exact = of_file(path).values
    rough = report_of(path.read_text("utf-8"), napkin=True).values
    names = [n for n in exact if LINEAR.search(n) and not n.startswith("keys.copy_")]
    assert len(names) > 20  # but for repeats, the difference of two numbers that are nearly alike
    for name in names:
        assert exact[name].value / 4 <= rough[name].value <= exact[name].value * 4, name
    assert any(exact[n].value != rough[n].value for n in names)


# --- defaults -------------------------------------------------------------------------------------

DEFAULTS = [
    (kind, name)
    for kind in shipped_kinds()
    for name, parameter in shipped_kind(kind).parameters.items()
    if parameter.dimension is not None and is_constant(parameter.default)
]


@pytest.mark.parametrize(("kind", "name"), DEFAULTS)
def test_a_default_is_within_its_own_bounds(kind: str, name: str) -> None:
    parameter = shipped_kind(kind).parameters[name]
    assert parameter.default is not None
    assert parameter.dimension is not None
    value, _ = value_of(parameter.default.value.replace("70B", "70 billion"))
    above, lowest, highest = (constant(parameter, b) for b in ("above", "minimum", "maximum"))
    assert above is None or value > above
    assert value >= (0 if lowest is None else lowest)
    if parameter.dimension.value in ("share", "nines"):
        highest = 1 if highest is None else highest
    assert highest is None or value <= highest


@pytest.mark.parametrize("kind", KINDS)
def test_a_component_of_which_nothing_is_said_can_be_computed(kind: str) -> None:
    report = by_default(kind)
    listed = {name for assumption in report.assumptions for name in assumption.names}
    assert any(name.startswith("thing.") for name in listed)
