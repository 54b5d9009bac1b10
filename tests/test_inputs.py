"""Inputs of one's own, and where values are from."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from asking import Ask, estimated, values_of

from estimator.diagnostics import InputError
from estimator.editor.completion import completions
from estimator.editor.document import analysed

TEXT = """\
users: 1M
inputs:
  likes: 3/day
  cpu: {value: 3 ms, source: load test of 2026-11-02, status: measured}
actions: {like: {per_user: likes}}
components:
  api: {kind: service, cpu_time: cpu, nodes: {value: 12, source: the contract, status: vendor}}
derive: {a_day: likes * users}
"""


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    return [[cell.strip() for cell in row] for row in rows]


def test_inputs_and_results_have_tables_of_their_own(ask: Ask) -> None:
    answer = ask("run", "-", "--show", "inputs,derived", given=TEXT)
    assert trimmed(answer.rows("Inputs")) == [
        ["likes", "3/day", "–", "–"],
        ["cpu", "3 ms", "measured", "load test of 2026-11-02"],
        ["api.nodes", "12", "vendor", "the contract"],
    ]
    assert trimmed(answer.rows("Derived")) == [["a_day", "34.7/s", "likes * users"]]


def test_a_file_of_inputs_and_results_shows_both_first(ask: Ask) -> None:
    answer = ask(
        "run", "-", given="inputs: {x: {value: 5 GB, source: disk}}\nderive: {z2: 2 * x}\n"
    )
    assert trimmed(answer.rows("Inputs")) == [["x", "5 GB", "–", "disk"]]
    assert trimmed(answer.rows("Derived")) == [["z2", "10 GB", "2 * x"]]


def test_where_a_value_is_from_changes_no_value() -> None:
    plain = TEXT.replace("{value: 3 ms, source: load test of 2026-11-02, status: measured}", "3 ms")
    plain = plain.replace("{value: 12, source: the contract, status: vendor}", "12")
    assert values_of(TEXT) == values_of(plain)


def test_json_has_where_a_value_is_from(ask: Ask) -> None:
    found = ask("run", "-", "--format", "json", given=TEXT).scenario["quantities"]
    cpu = found["cpu"]
    assert (cpu["origin"], cpu["source"], cpu["status"]) == (
        "input", "load test of 2026-11-02", "measured")  # fmt: skip
    assert found["api.nodes"]["source"] == "the contract"
    assert found["likes"]["origin"] == "input"
    assert "source" not in found["likes"]


def test_what_to_measure_first_says_how_an_input_is_known(ask: Ask) -> None:
    text = TEXT.replace("nodes", "minimum").replace("3/day", "3000/day")
    rows = ask("run", "-", "--show", "measure", given=text).rows("Measure first")
    assert [row[-1] for row in trimmed(rows) if row[0] == "cpu"] == ["measured"]


def test_set_takes_the_place_of_an_input_and_of_where_it_is_from() -> None:
    report = estimated(TEXT, cpu="9 ms", api__nodes="4")
    assert report.values["cpu"].text == "9 ms"
    assert report.values["cpu"].status == report.values["cpu"].source == ""
    assert report.values["api.nodes"].status == ""


def test_a_variant_may_change_and_add_inputs() -> None:
    changed = "{likes: {value: 4/day, status: judgement}, more: 7}"
    text = f"{TEXT}variants:\n  v: {{cpu: 5 ms, inputs: {changed}}}\n"
    values = estimated(text, variant="v").values
    assert [values[n].text for n in ("cpu", "likes", "more")] == ["5 ms", "4/day", "7"]
    assert values["likes"].status == "judgement"


def stale(until: date) -> str:
    inputs = f"inputs: {{x: {{value: 5, until: {until.isoformat()}}}}}"
    return f"{inputs}\nderive: {{z2: 2 * x}}\nexpect: [z2 == 10]\n"


def test_an_input_whose_last_day_has_passed_is_warned_of(ask: Ask) -> None:
    today = date.today()
    answer = ask("check", "-", given=stale(today - timedelta(days=1)))
    assert answer.code == 0
    assert "warning[W126]: `x` was current until" in answer.out
    assert "1 day ago" in answer.out
    assert "W126" not in ask("check", "-", given=stale(today)).out


def test_a_setting_lets_a_stale_input_fail_the_check(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_text(stale(date(2026, 1, 31)))
    (tmp_path / "estimator.toml").write_text('stale_inputs = "error"\n')
    answer = ask("check", "s.yaml")
    assert answer.code == 1
    assert "[F005]" in answer.out
    assert ask("check", "s.yaml", "--isolated").code == 0
    (tmp_path / "estimator.toml").write_text('stale_inputs = "maybe"\n')
    answer = ask("check", "s.yaml")
    assert (answer.code, '`stale_inputs` is `"warn"` or `"error"`' in answer.err) == (2, True)


@pytest.mark.parametrize(
    ("line", "message", "help_"),
    [
        ("x: {valu: 3}", "there is no key `valu` here", "did you mean `value`?"),
        ("x: {value: 3, status: known}", "`status` is `measured` or `vendor` or `judgement`", ""),
        ("x: {value: 3, until: 2026-2-3}", "`2026-2-3` is not a date", "2026-02-03"),
        ("x: [3]", "belong here, not a list", ""),
        ("s: 3", "`s` is a unit", ""),
        ("users: 3", "`users` is a quantity already", ""),
        ("like: 3", "`like` is an action or a component already", ""),
        ("a_day: 3", "`a_day` is a quantity already", "choose another name"),
        ("x: 3 + nothing", "there is nothing named `nothing`", ""),
    ],
)
def test_what_is_wrong_with_an_input_is_said_at_its_place(
    line: str, message: str, help_: str
) -> None:
    with pytest.raises(InputError) as caught:
        values_of(TEXT.replace("likes: 3/day", f"likes: 3/day\n  {line}"))
    found = [d for d in caught.value.diagnostics if message in d.message]
    assert found, [d.message for d in caught.value.diagnostics]
    assert help_ in (found[0].help or "")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("cpu_time: {value: 3 ms, status: sure}", "`status` is `measured`"),
        ("cpu_time: {value: 3 GB, source: x}", "`api.cpu_time` should be a time"),
        ("node: {value: m7g.large, source: x}", "`node` takes a single value, not a mapping"),
        ("cpu_time: {source: x}", "takes a single value"),
    ],
)
def test_what_is_wrong_with_a_parameter_that_says_its_source_is_said(
    said: str, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        values_of(TEXT.replace("cpu_time: cpu", said))
    assert any(message in d.message for d in caught.value.diagnostics), [
        d.message for d in caught.value.diagnostics
    ]


def test_the_editor_offers_the_keys_of_an_input() -> None:
    for line in ("  cpu: {|value", "cpu_time: {|value"):
        text = TEXT.replace("cpu_time: cpu", "cpu_time: {value: cpu}")
        at = text.index(line.replace("|", "")) + line.index("|")
        shorter = text[:at] + text[at + len("value: ") :]
        offered = {c.label for c in completions(analysed(shorter, None), at).items}
        assert {"value", "until"} <= offered, line


def test_the_editor_offers_the_words_of_a_status() -> None:
    at = TEXT.index("status: ") + len("status: ")
    text = TEXT[:at] + TEXT[at + len("measured") :]
    offered = {c.label for c in completions(analysed(text, None), at).items}
    assert {"measured", "vendor", "judgement"} <= offered


def test_fmt_spaces_values_and_leaves_sources(ask: Ask) -> None:
    text = (
        "inputs: {x: {value: 3ms, source: a  b}}\n"
        "components: {api: {kind: service, cpu_time: {value: 3ms}}}\n"
    )
    answer = ask("fmt", "--diff", "-", given=text)
    assert "+inputs: {x: {value: 3 ms, source: a  b}}" in answer.out
    assert "cpu_time: {value: 3 ms}" in answer.out
