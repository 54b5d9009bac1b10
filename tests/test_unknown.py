"""`?`: what nobody knows yet, and what is left without it."""

from __future__ import annotations

import re

import pytest
from asking import SHIPPED, Ask, estimated, of_file
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.diagnostics import InputError

TEXT = """\
users: 10M
inputs: {likes: ?, rest: 5 GB}
actions:
  look: {per_user: 10/day, op: read, response: 2 kB}
  like: {per_user: likes}
components:
  api: {kind: service, receives: [look]}
  other: {kind: service, receives: [like], minimum: 3}
derive:
  all_likes: likes * users
  twice: 2 * rest
  more: twice + likes * 1 day * 1 GB
  less: rest - likes * 1 day * 1 GB
"""


def test_what_follows_from_it_is_blank_and_all_else_is_computed() -> None:
    report = estimated(TEXT)
    known = estimated(TEXT, likes="1/day")
    blank = {"likes", "all_likes", "less", "like.writes.average"}
    assert blank.isdisjoint(report.values)
    assert blank <= report.unknown.keys()
    assert report.unknown["all_likes"] == ("likes",)
    same = [n for n in report.values if n not in report.unknown and n in known.values]
    assert "api.nodes" in same
    assert "twice" in same
    assert [report.values[n].value for n in same] == [known.values[n].value for n in same]


def test_a_sum_with_it_is_at_least_the_rest() -> None:
    report = estimated(TEXT)
    assert report.values["more"].text == "10 GB"
    assert report.is_partial("more")
    assert report.is_partial("servers")
    assert report.values["other.nodes"].value == 3
    assert report.values["servers"].bound == "at_least"


def test_the_first_screen_says_what_is_not_known(ask: Ask) -> None:
    out = ask("run", "-", given=TEXT).out
    assert "? not known  likes; " in out
    assert "quantities that follow from it are blank" in out
    assert "Servers       at least 5" in out


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("servers >= 5", "pass"),
        ("servers > 5", "undecided"),
        ("servers <= 4", "fail"),
        ("servers <= 5", "undecided"),
        ("4 >= servers", "fail"),
        ("5 <= servers", "pass"),
        ("servers == 5", "undecided"),
        ("servers ~ 5", "undecided"),
        ("servers >= 5 and twice > 1 GB", "undecided"),
        ("all_likes > 4/s", "undecided"),
        ("twice == 10 GB", "pass"),
        ("more >= servers * 1 GB", "undecided"),
    ],
)
def test_a_condition_is_decided_by_what_is_known(ask: Ask, condition: str, status: str) -> None:
    text = f"{TEXT}expect:\n  - {condition}\n"
    [outcome] = estimated(text).expectations
    assert outcome.status == status
    code = {"pass": 0, "undecided": 1, "fail": 1}[status]
    answer = ask("check", "-", given=text)
    assert answer.code == code
    assert ("[F006]" in answer.out) is (status == "undecided")
    allowed = ask("check", "-", "--allow-undecided", given=text)
    assert allowed.code == (1 if status == "fail" else 0)
    assert ("undecided" in allowed.out) is (status == "undecided")
    if status == "undecided":
        assert outcome.open_question in answer.out


def test_json_has_what_is_not_known(ask: Ask) -> None:
    text = f"{TEXT}expect: [all_likes > 4/s]\n"
    scenario = ask("run", "-", "--format", "json", given=text).scenario
    assert scenario["unknown"]["all_likes"] == ["likes"]
    assert scenario["expectations"][0]["status"] == "undecided"
    assert scenario["quantities"]["servers"]["bound"] == "at_least"


def test_tables_and_explain_mark_what_lacks_a_part_as_the_least_it_can_be(ask: Ask) -> None:
    told = ask("run", "-", "--show", "components,totals,derived", given=TEXT)
    assert [c for c in told.rows("Components")[-1] if c][1] == "≥ 5"
    assert {row[0]: row[1].strip() for row in told.rows("Derived")} == {
        "twice": "10 GB",
        "more": "≥ 10 GB",
    }
    assert "servers" in told.out
    assert "≥ 5" in next(line for line in told.out.splitlines() if line.startswith("servers"))
    assert "at least 10 GB" in ask("explain", "-", "more", given=TEXT).out


STORE = """\
inputs: {size: ?}
actions:
  put: {rate: 100/s, payload: size}
  log: {rate: 10/s, payload: 1 kB}
components: {db: {kind: database}}
expect: [db.nodes <= 100, log.writes.average <= 20/s]
"""


def test_what_a_store_holds_is_the_least_on_the_first_screen_in_every_column(ask: Ask) -> None:
    out = ask("run", "-", "--show", "storage,totals", given=STORE).out
    (row,) = (line.split("  ") for line in out.splitlines() if line.startswith("db "))
    assert [cell.strip().startswith("≥") for cell in filter(None, row)] == [
        False,
        *[True] * 4,
        False,
    ]
    assert "how many of its nodes must work" not in out


def test_a_forecast_marks_what_is_the_least_and_which_limits_are_open(ask: Ask) -> None:
    out = ask("forecast", "-", "--months", "2", given=STORE).out
    assert "bring the limits forward: size." in out
    assert re.search(r"log\.writes\.average <= 20/s +not in 2 months", out)
    assert re.search(r"db\.nodes <= 100 +not known", out)
    row = next(line for line in out.splitlines() if line.startswith("2"))
    assert row.count("≥") == 3  # storage, servers and cost, and not the requests


def test_a_design_of_which_a_part_is_not_known_is_never_the_cheapest(ask: Ask) -> None:
    known = STORE.replace("?", "1 kB") + "variants: {open: {size: ?}}\n"
    out = ask("compare", "-", given=known).out
    assert "open leaves open db.nodes <= 100: not known is size" in out
    assert "open gives up nothing" not in out
    assert "Cheapest that meets all expectations: base" in out
    servers = next(line for line in out.splitlines() if line.startswith("servers "))
    assert servers.count("≥") == 1


def test_a_table_of_which_nothing_is_known_is_left_out(ask: Ask) -> None:
    text = (
        'users: "?"\nactions: {look: {per_user: 1/day, response: 1 kB}, like: {per_user: 1/day}}\n'
    )
    out = ask("run", "-", given=text).out
    assert "? not known  users" in out
    assert "look" not in out


def test_explain_says_why_a_value_is_not_known(ask: Ask, tmp_path: object) -> None:
    answer = ask("explain", "-", "all_likes", given=TEXT)
    assert answer.code == 2
    assert "`all_likes` is unknown, since it follows from `likes`: `?`" in answer.err


@pytest.mark.parametrize(
    "written",
    ["x: ?", "x: ? # later", "x: '?'", "{x: ?}", "{x: ?, z2: 5}", "x: ?\n  z2: 5", "x: ? + 3"],
)
def test_it_may_stand_alone_wherever_a_value_may(written: str) -> None:
    inputs = f"inputs: {written}\n" if written.startswith("{") else f"inputs:\n  {written}\n"
    assert "more" in estimated(f"{inputs}derive: {{more: 2 * x, other: 3}}\n").unknown


def test_a_text_that_ends_in_a_question_stays_as_it_is() -> None:
    report = estimated("about: 'What if: ?'\nderive: {x: 5} # really: ?\n")
    assert report.about == "What if: ?"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("1 > 0 ? 2 : 3", "`?` stands for a value that nobody knows yet"),
        ("2 ?", "`?` stands for a value that nobody knows yet"),
        ("? to 5", "?"),
    ],
)
def test_it_is_no_operator(formula: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        estimated(f'derive: {{x: "{formula}"}}\n')
    assert message in caught.value.diagnostics[0].message


NAMES = ["a1", "a2", "a3", "a4", "a5", "a6"]
FORMS = ["{0}", "{1}", "max({2})", "min({2})", "max(40 - ({0}), 0)", "ceil(({0}) / 4)", "9 / ({1})"]


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, str]:
    """Formulas in which each uses some of those before it."""
    found: dict[str, str] = {}
    for name in NAMES:
        before = [*found]
        terms = draw(st.lists(st.sampled_from(before), max_size=3)) if before else []
        form = draw(st.sampled_from(FORMS))
        parts = [*terms, str(draw(st.integers(1, 9)))]
        found[name] = form.format(*(sign.join(parts) for sign in (" + ", " * ", ", ")))
    return found


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sampled_from(NAMES[:3]), st.integers(1, 50))
def test_no_value_changes_that_does_not_follow_from_it(
    formulas: dict[str, str], unknown: str, truth: int
) -> None:
    def text(value: str) -> str:
        lines = (f"  {n}: {value if n == unknown else f}" for n, f in formulas.items())
        return "derive:\n" + "\n".join(lines) + "\n"

    report, known = estimated(text("?")), estimated(text(str(truth)))
    for name, value in known.values.items():
        if name not in report.unknown:
            assert report.values[name].value == value.value
        elif name in report.values:
            assert report.values[name].value <= value.value


@pytest.mark.parametrize("file", SHIPPED[::4], ids=lambda f: f.stem)
def test_a_shipped_scenario_is_computed_without_its_users(file: object, ask: Ask) -> None:
    assert isinstance(file, type(SHIPPED[0]))
    name = "users" if "users" in of_file(file).values else next(iter(of_file(file).values))
    for call in (["run", "--all"], ["run", "--format", "json"], ["run", "--format", "markdown"]):
        answer = ask(*call, str(file), "--set", f"{name}=?")
        assert answer.code in (0, 1), answer.err
    assert ask("check", str(file), "--set", f"{name}=?").code in (0, 1)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("machines", "-"), "what `api` has to do depends on `users`, which is unknown"),
        (("nines", "-"), "the availability depends on `users`, which is unknown"),
        (
            ("solve", "-", "--for", "users", "--until", "servers <= 50"),
            "`users` is unknown, and `solve` starts from a value",
        ),
    ],
)
def test_a_question_that_needs_a_value_names_what_to_suppose(
    ask: Ask, call: tuple[str, ...], said: str
) -> None:
    text = 'users: "?"\nactions: {get: {per_user: 5/day}}\ncomponents: {api: {kind: service}}\n'
    found = ask(*call, given=text)
    assert found.code == 2
    assert said in found.err
    assert "`--set users=...`" in found.err
    assert ask(*call, "--set", "users=1M", given=text).code == 0


def test_machines_of_a_component_that_is_known_are_compared(ask: Ask) -> None:
    found = ask("machines", "-", given=TEXT)
    assert "what `other` has to do depends on `likes`" in found.err
    assert "or name a component: `api`" in found.err
    assert "Machines for api" in ask("machines", "-", "api", given=TEXT).out
