"""Several populations of users, and actions that say whose they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asking import Ask, estimated, values_of
from hypothesis import given, settings
from hypothesis import strategies as st

from estimator.diagnostics import Diagnostic, InputError, Source
from estimator.editor.canonical import canonical
from estimator.editor.completion import completions
from estimator.editor.document import analysed
from estimator.editor.hover import hover

RIDES = """\
users: {riders: 20M, drivers: {registered: 5M, daily_active: 40%, concurrent: 50%}}
actions:
  request: {per_user: 2/day, by: riders, payload: 300 B}
  locate: {every: 4 s, by: drivers, payload: 100 B, retention: 1 day}
  open: {per_user: 5/day, by: all, response: 3 kB}
components: {api: {kind: service}, db: {kind: database}}
"""
_COUNTS = ("", ".registered", ".daily_active", ".concurrent")


def wrong(users: str, said: str) -> Diagnostic:
    with pytest.raises(InputError) as caught:
        estimated(f"users: {users}\nactions:\n  locate: {{{said}}}\n")
    return caught.value.diagnostics[0]


def test_each_population_counts_as_users_do_and_all_are_their_sum() -> None:
    found = values_of(RIDES)
    assert found["users.riders"] == found["users.riders.registered"] == 20e6
    assert found["users.drivers"] == 2e6
    assert found["users.drivers.concurrent"] == 1e6
    for count in _COUNTS:
        parts = found[f"users.riders{count}"] + found[f"users.drivers{count}"]
        assert found[f"users{count}"] == parts


def test_an_action_counts_those_whose_it_is() -> None:
    found = values_of(RIDES)
    assert found["request.events.per_day"] == pytest.approx(40e6)
    assert found["locate.events.average"] == pytest.approx(1e6 / 4)
    assert found["open.events.per_day"] == pytest.approx(22e6 * 5)


@given(
    counts=st.lists(st.integers(1, 10**9), min_size=2, max_size=4),
    rates=st.lists(st.integers(1, 50), min_size=4, max_size=4),
)
@settings(max_examples=8, deadline=None)
def test_populations_are_as_scenarios_of_their_own_side_by_side(
    counts: list[int], rates: list[int]
) -> None:
    pairs = list(zip(counts, rates, strict=False))
    users = ", ".join(f"people{i}: {count}" for i, (count, _) in enumerate(pairs))
    actions = "".join(
        f"  act{i}: {{per_user: {rate}/day, by: people{i}}}\n" for i, (_, rate) in enumerate(pairs)
    )
    together = values_of(f"users: {{{users}}}\nactions:\n{actions}")
    apart = [
        values_of(f"users: {count}\nactions:\n  act: {{per_user: {rate}/day}}\n")
        for count, rate in pairs
    ]
    for name in ("users", "users.concurrent", "requests.average", "stored.retained"):
        assert together[name] == pytest.approx(sum(alone[name] for alone in apart))


def test_one_population_needs_no_saying() -> None:
    said = "actions:\n  open: {per_user: 5/day, response: 3 kB}\n"
    one = values_of(f"users: {{riders: 20M}}\n{said}")
    assert one["reads.average"] == values_of(f"users: 20M\n{said}")["reads.average"]


def test_connections_are_those_of_all_populations() -> None:
    found = values_of(f"{RIDES.rstrip()[:-1]}, gate: {{kind: connection_gateway}}}}\n")
    assert found["gate.connections"] == found["users.concurrent"] == 3e6


def test_cost_is_divided_by_all(ask: Ask) -> None:
    shown = ask("run", "-", "--format", "json", given=RIDES).out
    report = estimated(RIDES)
    [per_user] = re.findall(r"\$([\d.]+)/user", shown)
    assert float(per_user) == pytest.approx(report.number("cost.per_month") / 22e6, rel=0.01)


def test_what_an_action_follows_from_is_its_population(ask: Ask) -> None:
    told = ask("explain", "-", "locate.events.average", given=RIDES).out
    assert "users.drivers.concurrent / locate.every" in told


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("users", "said", "rule", "message", "told"),
    [
        ("{riders: 2M, drivers: 1M}", "every: 4 s", "E019", "does not say whose it is",
         "give `by: riders`, `by: drivers` or `by: all`"),
        ("{riders: 2M, drivers: 1M}", "every: 4 s, by: drvers", "E022", "has no `drvers`",
         "did you mean `drivers`?"),
        ("{riders: 2M, drivers: 1M}", "every: 4 s, by: people", "E022", "has no `people`",
         "there are riders, drivers, all"),
        ("{riders: 2M, drivers: 1M}", "every: 4 s, by: [riders]", "E008", "a single value", None),
        ("500M", "every: 4 s, by: riders", "E022", "has no `riders`",
         "name them, as `users: {riders: 20M, others: 2M}`"),
        ("{regstered: 2M}", "every: 4 s", "E007", "no parameter `regstered`",
         "did you mean `registered`?"),
        ("{dau: 2M}", "every: 4 s", "E007", "no parameter `dau`",
         "write `daily_active: 2M`"),
        ("{registered: 2M, drivers: {registered: 1M}}", "rate: 4/s", "E008",
         "`registered` belongs to one of them", "write it below, as `drivers: {registered: ...}`"),
        ("{riders: {registred: 2M}, drivers: 1M}", "rate: 4/s", "E007",
         "no parameter `registred`", "did you mean `registered`?"),
        ("{riders: {}, drivers: 1M}", "rate: 4/s", "E008", "`riders` has no value",
         "write how many there are, as `riders: 2M`"),
        ("{riders: [2M], drivers: 1M}", "rate: 4/s", "E008", "`riders`", None),
        ("{all: {registered: 2M}, drivers: 1M}", "rate: 4/s", "E009", "`all` means all", None),
        ("{day: {registered: 2M}, drivers: 1M}", "rate: 4/s", "E009", "`day` is a unit",
         "choose a longer name"),
        ("{riders: 90%, drivers: 10%}", "rate: 4/s", "E024", "`users.riders` must be at least 1",
         None),
    ],
)  # fmt: skip
def test_what_is_no_population_is_told_with_the_line_to_write(
    users: str, said: str, rule: str, message: str, told: str | None
) -> None:
    found = wrong(users, said)
    assert found.rule == rule
    assert message in found.message
    assert found.place is not None
    if told is not None:
        assert found.help == told


def test_whose_an_action_is_that_nobody_counts_by_users_changes_nothing(ask: Ask) -> None:
    said = "actions:\n  job: {rate: 4/s, by: riders}\n"
    answer = ask("run", "-", given=f"users: {{riders: 2M, drivers: 1M}}\n{said}")
    assert answer.code == 0
    assert "`job.by` is given, but changes nothing here" in answer.err


# --- other values ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variant", "mended"),
    [
        ("users: {drivers: 3M}", RIDES.replace(
            "{registered: 5M, daily_active: 40%, concurrent: 50%}", "3M")),
        ("users: {drivers: {concurrent: 20%}}", RIDES.replace("50%", "20%")),
        ("users: {riders: {daily_active: 30M}}", RIDES.replace("20M", "{daily_active: 30M}")),
        ("users: {couriers: 1M}", RIDES.replace("50%}}", "50%}, couriers: 1M}")),
        ("users.riders: 30M", RIDES.replace("20M", "30M")),
        ("users.drivers.registered: 6M", RIDES.replace("5M", "6M")),
        ("locate.by: riders", RIDES.replace("by: drivers", "by: riders")),
        ("locate: {by: all}", RIDES.replace("by: drivers", "by: all")),
    ],
)  # fmt: skip
def test_a_variant_changes_populations_and_whose_an_action_is(variant: str, mended: str) -> None:
    report = estimated(f"{RIDES}variants: {{v: {{{variant}}}}}\n", variant="v")
    assert {name: v.value for name, v in report.values.items()} == values_of(mended)


def test_set_changes_one_population_and_leads_to_their_names(ask: Ask) -> None:
    assert values_of(RIDES, **{"users.riders": "30M"})["users"] == 32e6
    answer = ask("run", "-", "--set", "users=7M", given=RIDES)
    assert answer.code == 2
    assert "`users.riders" in answer.err


def test_diff_names_the_population_that_changed(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(RIDES)
    (tmp_path / "b.yaml").write_text(RIDES.replace("20M", "30M"))
    shown = ask("diff", str(tmp_path / "a.yaml"), str(tmp_path / "b.yaml")).out
    assert "users.riders" in shown
    assert "30M" in shown


# --- editors --------------------------------------------------------------------------------------


def test_completion_knows_what_stands_in_a_population_and_their_names() -> None:
    text = "users:\n  riders: 20M\n  drivers:\n    \nactions:\n  locate:\n    by: \n"

    def offered(behind: str) -> set[str]:
        document = analysed(text, None)
        return {c.label for c in completions(document, text.index(behind) + len(behind)).items}

    assert {"registered", "daily_active", "concurrent"} <= offered("drivers:\n    ")
    assert offered("by: ") == {"riders", "drivers", "all"}


def test_hover_tells_what_a_key_in_a_population_means() -> None:
    found = hover(analysed(RIDES, None), RIDES.index("daily_active"))
    assert found is not None
    assert "users.drivers.daily_active" in found.markdown


def test_formulas_in_populations_are_spaced_alike() -> None:
    loose = "users: {riders: 2*10M, drivers: {registered: 5*1M, daily_active: 40 %}}\n"
    tidy = "users: {riders: 2 * 10M, drivers: {registered: 5 * 1M, daily_active: 40%}}\n"
    assert canonical(Source("a.yaml", loose)) == tidy
