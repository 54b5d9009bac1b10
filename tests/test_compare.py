"""What is different between two reports, and how it is shown."""

from __future__ import annotations

import math

import pytest
from asking import SHIPPED, estimated, of_file
from hypothesis import given
from hypothesis import strategies as st

from estimator.analyse.compare import compare
from estimator.analyse.explain import HEADLINES
from estimator.evaluate import Report
from estimator.render.changes import MOST, changed_table, mark_changes
from estimator.render.report_tables import tables

SHOP = """\
users: {users}
actions:
  order:  {{per_user: 2/day, payload: {payload}}}
  browse: {{per: {{order: 50}}, response: 20 kB}}
components:
  api: {{kind: service, receives: [order, browse], cpu_time: 5 ms}}
derive:
  per_order: order.payload * 3
expect: [api.nodes <= 200]
"""


def shop(users: str = "10M", payload: str = "1 kB", more: str = "") -> Report:
    return estimated(SHOP.format(users=users, payload=payload) + more)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_report_is_not_different_from_itself(file: str) -> None:
    assert compare(of_file(file), of_file(file)) == ((), ())


def test_what_follows_from_what_was_changed_moved_and_nothing_else() -> None:
    moved = {c.name: c for c in compare(shop(), shop(payload="2 kB")).quantities}
    assert {"order.payload", "per_order", "ingress.peak", "storage.retained"} <= set(moved)
    assert not {"users", "requests.peak", "browse.egress.average"} & set(moved)
    assert moved["per_order"].factor == pytest.approx(2)


def test_the_headlines_come_first_then_what_was_given_and_own_formulas() -> None:
    names = [c.name for c in compare(shop(), shop("20M", "2 kB")).quantities]
    first = [n for n in HEADLINES if n in names]
    assert names[: len(first)] == first
    assert names[len(first) :][:3] == ["users", "order.payload", "per_order"]


def test_what_came_and_what_went_is_told_without_a_factor() -> None:
    more = "variants: {}\nslo: {availability: 99%}\n"
    came = {c.name: c for c in compare(shop(), shop(more=more)).quantities}
    went = {c.name: c for c in compare(shop(more=more), shop()).quantities}
    assert came["slo.availability"].before is None
    assert went["slo.availability"].after is None
    assert came["slo.availability"].factor is None
    with_own = estimated(SHOP.format(users="10M", payload="1 kB"))
    without = estimated(SHOP.format(users="10M", payload="2 kB").replace("per_order", "of_each"))
    names = [c.name for c in compare(with_own, without).quantities]
    assert max(map(names.index, ("per_order", "of_each"))) < names.index("order.ingress.average")


def test_an_expectation_that_fails_now_is_told_first() -> None:
    found = compare(shop(), shop("100M"))
    assert [tuple(o) for o in found.expectations] == [("api.nodes <= 200", "pass", "fail")]
    assert changed_table(found).rows[0] == ["api.nodes <= 200", "✓", "✗ fails", "–"]
    assert compare(shop(), shop("11M")).expectations == ()


@given(before=st.floats(1e-6, 1e9), after=st.floats(1e-6, 1e9))
def test_what_was_times_the_factor_is_what_is(before: float, after: float) -> None:
    reports = [estimated(f"derive: {{x: {value!r} * 1}}") for value in (before, after)]
    changes = compare(*reports).quantities
    if not changes:
        assert math.isclose(before, after, rel_tol=1e-8)
        return
    [change] = changes
    assert change.factor is not None
    assert math.isclose(before * change.factor, after, rel_tol=1e-9)
    [back] = compare(*reversed(reports)).quantities
    assert back.factor == pytest.approx(1 / change.factor)


@pytest.mark.parametrize(("before", "after"), [("0", "5"), ("5", "5 s")])
def test_no_factor_is_made_of_nothing(before: str, after: str) -> None:
    changes = compare(estimated(f"derive: {{x: {before}}}"), estimated(f"derive: {{x: {after}}}"))
    assert [c.name for c in changes.quantities] == ["x"]
    assert changed_table(changes).rows[0][0] == "x"


def test_a_long_list_is_cut_and_the_rest_is_counted() -> None:
    found = compare(shop(), shop("20M"))
    table = changed_table(found)
    assert len(table.rows) == MOST
    assert table.note == f"and {len(found.quantities) - MOST} more"


def test_what_moved_too_little_to_be_seen_comes_last_with_digits_enough() -> None:
    before = "derive: {one: 1 kB * 1, two: 2 kB, both: one + two}"
    after = "derive: {one: 1 kB * 1.0002, two: 3 kB, both: one + two}"
    rows = changed_table(compare(estimated(before), estimated(after))).rows
    assert [row[0] for row in rows] == ["two", "both", "one"]
    assert rows[-1] == ["one", "1 kB", "1 kB", "1.0002"]


def test_the_cells_that_were_not_the_same_are_marked_and_no_others() -> None:
    before, after = tables(shop()), tables(shop(payload="2 kB"))
    mark_changes(before, after)
    marked = {
        (table.title, table.rows[i][table.named_by] or table.rows[i - 1][0], table.columns[j].title)
        for table in after
        for i, j in table.changed
    }
    assert ("Traffic", "order", "ingress") in marked
    assert ("Storage", "order", "logical") in marked
    assert ("Derived", "per_order", "value") in marked
    assert not {m for m in marked if m[:2] == ("Traffic", "browse")}
    assert not {m for m in marked if m[0] in ("Expectations", "Assumptions")}
    assert {m[2] for m in marked if m[0] == "Components"} == {"$/month"}  # of what is stored


def test_a_row_is_known_by_its_name_wherever_it_stands() -> None:
    before = estimated("derive: {one: 1, two: 2}")
    after = tables(estimated("derive: {new: 7, two: 2, one: 1}"))
    mark_changes(tables(before), after)
    table = next(table for table in after if table.title == "Derived")
    assert {table.rows[i][0] for i, _ in table.changed} == {"new"}
    first = "actions:\n  first: {rate: 1/s}\n"
    traffic = tables(
        estimated(SHOP.format(users="10M", payload="1 kB").replace("actions:\n", first))
    )
    mark_changes(tables(shop()), traffic)
    assert {i for i, _ in traffic[0].changed} == {0, *traffic[0].strong}
    outcomes = tables(estimated("derive: {one: 1}\nexpect: [one == 1, one <= 3]"))
    mark_changes(tables(estimated("derive: {one: 1}\nexpect: [one <= 3]")), outcomes)
    assert {i for i, _ in outcomes[-1].changed} == {0}
