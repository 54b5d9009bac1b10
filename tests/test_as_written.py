"""Values stay in the unit and the precision in which somebody wrote them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from asking import Ask, estimated

from estimator.evaluate import Report

WRITTEN = {
    "link": ("10 Gbps", "10 Gbps"),
    "cache": ("48 GiB", "48 GiB"),
    "exact": ("327680 B", "327,680 B"),
    "people": ("12345678", "12,345,678"),
    "window": ("90 s", "90 s"),
    "term": ("18 months", "18 months"),
    "hourly": ("$0.368/h", "$0.368/h"),
    "monthly": ("$25k/month", "$25k/month"),
    "stored": ("$0.021/GiB/month", "$0.021/GiB/month"),
    "minutely": ("90k/min", "90k/min"),
    "part": ("20%", "20%"),
    "ratio": ("100:1", "100:1"),
    "times": ("2.5x", "2.5x"),
    "disk": ("250 MiB/s", "250 MiB/s"),
    "packet": ("327 kbit", "327 kbit"),
}
COMPUTED = {
    "half_link": ("link / 2", "5 Gbps"),
    "small_link": ("link / 4000", "2.5 Mbps"),
    "caches": ("3 * cache", "144 GiB"),
    "many_caches": ("3000 * cache", "141 TiB"),
    "bytes_of_mebibytes": ("2k/s * 1 MiB", "1.95 GiB/s"),
    "fleet": ("24 * hourly", "$8.83/h"),
    "two_months": ("2 months * monthly", "$50k"),
    "rest": ("1 - part", "80%"),
    "both": ("part * rest", "16%"),
    "either": ("max(part, rest)", "80%"),
    "in_three": ("1 - (1 - part)^3", "48.8%"),
    "per_head": ("people / 10", "1.23M"),
    "two_disks": ("2 * disk", "500 MiB/s"),
    "again": ("two_disks", "500 MiB/s"),
    "quarter": ("minutely / 4", "22.5k/min"),
    "sum_of_times": ("20 * window + 1 h", "1.5 h"),
    "decimal": ("3 * 16 GB", "48 GB"),
}


def derived(**formulas: str) -> Report:
    lines = "".join(f"  {name}: {json.dumps(text)}\n" for name, text in formulas.items())
    return estimated(f"derive:\n{lines}")


EVERYTHING = {name: text for name, (text, _) in (WRITTEN | COMPUTED).items()}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_value_is_shown_as_it_was_written(name: str) -> None:
    written, shown = WRITTEN[name]
    assert derived(**{name: written}).values[name].text == shown


@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_computed_stays_in_the_units_of_what_it_is_computed_of(name: str) -> None:
    assert derived(**EVERYTHING).values[name].text == COMPUTED[name][1]


@pytest.mark.parametrize(
    ("written", "shown"),
    [("1_250_000", "1.25M"), ("2e9", "2B"), ("$1.5/h", "$1.50/h"), ("1000 users", "1,000")],
)
def test_what_reads_badly_is_written_anew(written: str, shown: str) -> None:
    assert derived(x=written).values["x"].text == shown


def test_a_rate_by_the_day_is_shown_by_the_second_when_it_is_added_up() -> None:
    report = derived(each="3/day", all="1M * each")
    assert report.values["each"].text == "3/day"
    assert report.values["all"].text == "34.7/s"


def test_a_parameter_is_shown_as_the_file_has_it_and_a_default_as_the_library_has_it() -> None:
    values = estimated(
        "users: 1B\nactions: {post: {per_user: 3/day, payload: 1.5 MiB, retention: 18 months}}\n"
        "components: {db: {kind: database, node.memory: 512 GiB}}\n"
    ).values
    wanted = {
        "users": "1B",
        "post.per_user": "3/day",
        "post.payload": "1.5 MiB",
        "post.retention": "18 months",
        "db.node.memory": "512 GiB",
        "db.page": "16 KiB",
    }
    assert {name: values[name].text for name in wanted} == wanted


def test_on_a_napkin_a_value_that_is_rounded_is_not_as_it_was_written(ask: Ask) -> None:
    text = "derive: {x: 1.234 GiB}\n"
    assert "1.234 GiB" in ask("run", "-", given=text).out
    shown = ask("run", "-", "--napkin", "--format", "json", given=text).scenario["quantities"]["x"]
    assert shown["text"] != "1.234 GiB" or shown["value"] == pytest.approx(1.234 * 2**30)


@pytest.mark.parametrize(
    ("check", "estimate"),
    [
        ("caches <= 140 GiB", "144 GiB (1.03x the limit of 140 GiB)"),
        ("cache * 4 <= 150 GiB", "192 GiB (1.28x the limit of 150 GiB)"),
        ("two_disks <= 400 MiB/s", "500 MiB/s (1.25x the limit of 400 MiB/s)"),
        ("fleet <= $8/h", "$8.83/h (1.1x the limit of $8/h)"),
        ("minutely <= 80k/min", "90k/min (1.12x the limit of 80k/min)"),
        ("window <= 1 min", "1.5 min (1.5x the limit of 1 min)"),
        ("link <= 9.5 Gbps", "10 Gbps (1.05x the limit of 9.5 Gbps)"),
        ("1 - part <= 70%", "80% (1.14x the limit of 70%)"),
        ("people / 20M <= 30%", "61.7% (2.06x the limit of 30%)"),
        ("exact <= 327679 B", "327.68 kB"),
        ("people < 1B / 100", "12.3M (1.23x the limit of 10M)"),
    ],
)
def test_both_sides_of_a_condition_are_in_the_units_of_its_limit(
    check: str, estimate: str, ask: Ask
) -> None:
    lines = "".join(f"  {name}: {json.dumps(text)}\n" for name, text in EVERYTHING.items())
    said = ask("run", "-", "--quiet", given=f"derive:\n{lines}expect: [{check}]\n").out
    assert f"✗ fails  {check}: {estimate}" in said


def test_a_range_has_its_percentiles_in_the_units_of_its_ends(ask: Ask) -> None:
    found = ask("run", "-", "--all", given="derive: {one: 1 GiB to 3 GiB, two: 2 * one}\n").out
    assert "1 GiB" in found
    assert "1.73 GiB" in found
    assert "3.46 GiB" in found
    assert "GB" not in found


def test_what_to_measure_first_has_its_ends_in_the_unit_of_the_file(ask: Ask) -> None:
    text = (
        "actions: {feed: {rate: 90M/min, response: 1 kB}}\n"
        "components: {api: {kind: service, cpu_time: 0.5 ms, target_utilization: 55%}}\n"
    )
    said = ask("run", "-", "--show", "measure", given=text).out
    for shown in ("81M to 99M/min", "0.45 to 0.55 ms", "49.5% to"):
        assert shown in said


@pytest.mark.parametrize("format_", ["json", "csv"])
def test_programs_get_the_same_texts_and_values_in_base_units(format_: str, ask: Ask) -> None:
    said = ask("run", "-", "--format", format_, given="derive: {one: 48 GiB, three: 3 * one}\n")
    if format_ == "json":
        rows = said.scenario["quantities"]
    else:
        rows = {row["name"]: row for row in csv.DictReader(io.StringIO(said.out, newline=""))}
    assert [rows[name]["text"] for name in ("one", "three")] == ["48 GiB", "144 GiB"]
    assert [float(rows[name]["value"]) for name in ("one", "three")] == [48 * 2**30, 144 * 2**30]


def test_explain_check_and_diff_keep_the_units(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (
        "derive: {one: 48 GiB, three: 3 * one, paid: 24 * $0.368/h}\n"
        "expect: [three <= 150 GiB, paid <= $9/h]\n"
    )
    Path("a.yaml").write_text(text)
    Path("b.yaml").write_text(text.replace("48", "50"))
    explained = ask("explain", "a.yaml", "three", "paid").out
    assert "= 3 × 48 GiB" in explained
    assert "= 144 GiB" in explained
    assert "= $8.83/h" in explained
    checked = ask("check", "a.yaml", "--no-cache").out
    assert "144 GiB  holds until one = 50 GiB (×1.04)" in checked
    assert "$8.83/h" in checked
    assert "GB" not in ask("diff", "a.yaml", "b.yaml").out


@pytest.mark.parametrize(
    ("formula", "shown"),
    [("3 * 48 GiB", "144 GiB"), ("10 Gbps / 4", "2.5 Gbps"), ("90 s", "1.5 min")],
)
def test_the_calculator_computes_in_the_units_that_it_is_given(
    formula: str, shown: str, ask: Ask
) -> None:
    assert ask("calc", formula).out == f"{shown}\n"
