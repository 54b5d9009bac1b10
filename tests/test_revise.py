"""A scenario computed again after an edit: the same as computing it anew, only sooner."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.analyse.revise import Analysis, analysed
from estimator.diagnostics import InputError, Source
from estimator.scenario.load import Loaded, load_source
from estimator.scenario.yaml_tree import Items, Scalar, Tree

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))
WRITTEN = [
    "users * 2",
    "nothing.at.all",
    "users +",
    "3 < 4",
    "users.daily_active / users",
    "1",
    "2",
    "3/day",
    "70%",
    "0",
    "1 GB",
    "12 Gb",
    "5 ms",
    "1B",
    "",
    "users",
    "nothing",
    "x:",
]
TEXTS = {file.stem: file.read_text("utf-8") for file in SHIPPED}


def loaded(text: str) -> Loaded | None:
    try:
        return load_source(Source("edited.yaml", text), ROOT / "scenarios", "edited")
    except InputError:
        return None


def right(text: str) -> Loaded:
    found = loaded(text)
    assert found is not None
    return found


def scalars(tree: Tree) -> list[Scalar]:
    if isinstance(tree, Scalar):
        return [tree]
    below = tree.items if isinstance(tree, Items) else [v for _, v in tree.entries.values()]
    return [scalar for part in below for scalar in scalars(part)]


def known(found: Analysis) -> tuple[object, ...]:
    """All that can be seen of an analysis, places and values among it."""
    if found.estimate is None:
        return (found.found,)
    model, report = found.estimate
    return (
        found.found,
        {n: (q.text, q.place, q.origin, q.tree, q.uses) for n, q in model.quantities.items()},
        [(e.text, e.tree) for e in model.expectations],
        {**report.values},
        report._replace(values={}),
    )


@settings(max_examples=60)
@given(st.data())
def test_an_edit_of_a_value_comes_to_what_the_new_text_comes_to(data: st.DataObject) -> None:
    text = TEXTS[data.draw(st.sampled_from(list(TEXTS)))]
    before = loaded(text)
    assert before is not None
    values = [s.text.place for s in scalars(before.tree)]
    place = data.draw(st.sampled_from(values))
    written = data.draw(st.sampled_from(WRITTEN) | st.integers(2, 999).map(str))
    unit = text[place.start : place.end].lstrip("0123456789.")
    written = data.draw(st.sampled_from([written, written + unit]))
    after = loaded(text[: place.start] + written + text[place.end :])
    if after is not None:
        assert known(analysed(after, analysed(before))) == known(analysed(after))


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_every_number_of_a_shipped_scenario_can_be_edited_in_turn(name: str) -> None:
    text = TEXTS[name]
    first = loaded(text)
    assert first is not None
    before = analysed(first)
    for scalar in sorted(scalars(first.tree), key=lambda s: -s.text.place.start)[::2]:
        place = scalar.text.place
        digits = text[place.start : place.end]
        if not digits[:1].isdigit():
            continue
        text = text[: place.start] + "2" + text[place.start :]
        after = loaded(text)
        assert after is not None
        before = analysed(after, before)
    assert known(before) == known(analysed(before.loaded))


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data())
def test_several_edits_in_a_row_come_to_what_the_last_text_comes_to(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(TEXTS)))
    text, now = TEXTS[name], loaded(TEXTS[name])
    assert now is not None
    found = analysed(now)
    for _ in range(data.draw(st.integers(2, 4))):
        place = data.draw(st.sampled_from([s.text.place for s in scalars(now.tree)]))
        old = text[place.start : place.end]
        written = data.draw(st.sampled_from([*WRITTEN, old + " * 2", old + " +", old + "  # c"]))
        text = text[: place.start] + written + text[place.end :]
        after = loaded(text)
        if after is None:
            return
        now, found = after, analysed(after, found)
        anew = analysed(now)
        assert sorted(found.found, key=repr) == sorted(anew.found, key=repr)
        assert known(found)[1:] == known(anew)[1:]


FORMULAS = """\
users: 1M
actions:
  post: {per_user: 2/day, payload: 1 kB}
derive:
  one: users * 2
  two: one * 3
  three: users.daily_active / users
expect:
  - two > 1
"""


@pytest.mark.parametrize(
    "edits",
    [
        # what stands between the two is somewhere else
        [("users: 1M", "users: 1M +"), ("two > 1", "twoo > 100")],
        [("users: 1M", "users:  1M"), ("two > 1", "two  >  1")],
        [("users: 1M", "users: 1M # many\n"), ("two > 1", "two > 1 # a lot")],
        # what is wrong in one place hides nothing that is new in another
        [("two > 1", "two >"), ("users: 1M", "users: 3M")],
        [("two > 1", "two >"), ("users * 2", "users * 4")],
        [("users * 2", "users *"), ("payload: 1 kB", "payload: 8 kB")],
        # what is wrong by another error is not told of
        [("users: 1M", "users: nobody"), ("two > 1", "two > 1 GB")],
        [("users: 1M", "users: 3 GB"), ("one * 3", "post.events.average + 3")],
        # what is wrong in two ways is told as by `run`
        [("one * 3", "two < three")],
        [("payload: 1 kB", "payload: ''")],
        [("users * 2", "base.nothing")],
        [("users * 2", "users * 3"), ("two > 1", "base.random_ssd_read > two")],
        # what cannot be computed
        [("payload: 1 kB", "payload: 1 kB / 0")],
        [("users: 1M", "users: sqrt(-1)")],
        # a share is written otherwise than a number
        [("one: users * 2", "one: 99.95%"), ("one * 3", "one")],
    ],
)
def test_edits_in_several_places_come_to_what_the_text_comes_to(
    edits: list[tuple[str, str]],
) -> None:
    text = FORMULAS
    first = loaded(text)
    assert first is not None
    found = analysed(first)
    for old, new in edits:
        text = text.replace(old, new)
        now = loaded(text)
        assert now is not None
        found = analysed(now, found)
        assert known(found) == known(analysed(now))
    now = loaded(text)  # and in one go, as by an editor's own commands
    assert now is not None
    assert known(analysed(now, analysed(first))) == known(analysed(now))


def test_only_a_comment_moves_what_is_below_it() -> None:
    text = TEXTS["twitter"]
    first, second = loaded(text), loaded(text.replace("\n", "\n# a comment\n", 1))
    assert first is not None
    assert second is not None
    assert known(analysed(second, analysed(first))) == known(analysed(second))


def test_a_number_that_an_alias_repeats_is_changed_everywhere() -> None:
    text = "actions:\n  one: {rate: &rate 10/s}\n  two: {rate: *rate}\n"
    first, second = loaded(text), loaded(text.replace("10", "20"))
    assert first is not None
    assert second is not None
    found = analysed(second, analysed(first))
    assert found.estimate is not None
    assert found.estimate.report.values["two.events.average"].value == 20
    assert known(found) == known(analysed(second))


def test_the_graph_is_taken_over_where_only_a_number_changes() -> None:
    text = "derive: {one: 10, two: one * 3}\n"
    first, second = loaded(text), loaded(text.replace("10", "20"))
    assert first is not None
    assert second is not None
    before = analysed(first)
    after = analysed(second, before)
    assert before.basis is not None
    assert after.basis is not None
    assert after.basis.program.run is before.basis.program.run
    assert after.estimate is not None
    assert after.estimate.report.values["two"].value == 60


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("daily_active: 200M", "daily_active: 20%"),
        ("own: 10 GB", "own: 10"),
        ("own: 10 GB", "own: 1B"),
    ],
)
def test_a_number_of_another_sort_changes_the_graph(old: str, new: str) -> None:
    text = (
        "users: {registered: 500M, daily_active: 200M}\n"
        "actions: {post: {per_user: 2/day}}\n"
        "derive: {own: 10 GB, share: own * 2, again: users * 3}\n"
    )
    first, second = loaded(text), loaded(text.replace(old, new))
    assert first is not None
    assert second is not None
    assert known(analysed(second, analysed(first))) == known(analysed(second))


def test_a_formula_that_is_gone_fails_no_more() -> None:
    first = "derive: {below: 2, part: 6 / below, twice: part * 2}\n"
    second = first.replace("6 / below", "6 * below")
    third = second.replace("below: 2", "below: 0")
    found = analysed(right(first))
    for text in (second, third):
        now = right(text)
        found = analysed(now, found)
        assert known(found) == known(analysed(now))


def test_formulas_and_numbers_are_edited_by_turns() -> None:
    text = "derive: {one: 10, two: one * 3, three: two + one}\n"
    found = analysed(right(text))
    for old, new in (
        ("one * 3", "one * 4"),
        ("10", "20"),
        ("one * 4", "7"),
        ("7", "8"),
        ("two + one", "two - one"),
        ("8", "one + 1"),
        ("20", "30"),
        ("two - one", "two * one"),
    ):
        text = text.replace(old, new, 1)
        now = right(text)
        found = analysed(now, found)
        assert known(found) == known(analysed(now)), text
