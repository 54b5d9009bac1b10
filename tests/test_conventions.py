"""Conventions: the units that data is shown in, and rounding that always goes up."""

from __future__ import annotations

from pathlib import Path

import pytest
from asking import SHIPPED, Ask, estimated, values_of
from hypothesis import given
from hypothesis import strategies as st

from estimator.diagnostics import InputError, Source
from estimator.editor.canonical import canonical
from estimator.editor.completion import completions
from estimator.editor.document import analysed
from estimator.formula import numeric

FILES = """\
users: 1M
actions:
  save: {per_user: 3/day, payload: 300 KiB, retention: 1 year, read_write_ratio: 10}
components:
  api: {kind: service}
  files: {kind: object_store}
"""


def test_binary_units_show_data_and_data_rates_in_powers_of_1024() -> None:
    report = estimated(f"conventions: {{units: binary}}\n{FILES}")
    assert report.values["save.payload"].text == "300 KiB"
    assert report.values["save.stored.per_day"].text == "858 GiB"
    assert report.values["save.stored.retained"].text == "306 TiB"
    assert report.values["save.ingress.average"].text == "10.2 MiB/s"


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_binary_units_change_no_value(file: Path) -> None:
    text = file.read_text("utf-8")
    own = "conventions: {units: binary}\n" if "\nconventions: {" not in text else ""
    binary = text.replace("conventions: {", "conventions: {units: binary, ")
    assert values_of(own + binary, file.parent) == values_of(text, file.parent)


def test_what_is_shown_in_binary_units_names_no_decimal_ones(ask: Ask) -> None:
    given = f"conventions: {{units: binary}}\n{FILES}"
    shown = ask("run", "-", "--show", "storage,traffic,totals", given=given).out
    assert "TiB" in shown
    assert "MiB/s" in shown
    assert not any(f" {unit}" in shown for unit in ("kB", "MB", "GB", "TB"))
    explained = ask("explain", "-", "save.stored.per_day", given=given).out
    assert "300 KiB" in explained
    assert "GB" not in explained


def test_prices_and_network_rates_stay_in_the_units_they_are_sold_in(ask: Ask) -> None:
    given = f"conventions: {{units: binary}}\n{FILES}derive: {{price: $0.1/GB/month * 2}}\n"
    assert estimated(given).values["price"].text == "$0.2/GB/month"
    assert "Mbps" in ask("run", "-", given=given).out


@pytest.mark.parametrize(
    ("limit", "shown"), [("3.1 PB", "3.2 PB"), ("2.8 PiB", "2.84 PiB"), ("x", "2.84 PiB")]
)
def test_both_sides_of_a_condition_are_shown_in_the_unit_that_it_is_written_in(
    limit: str, shown: str
) -> None:
    report = estimated(
        "conventions: {units: binary}\n"
        f"derive: {{x: 3.1 PB, kept: 2 * 1.6 PB}}\nexpect: [kept <= {limit}]\n"
    )
    assert report.expectations[0].left == shown


def test_an_asked_unit_stands_above_binary_units() -> None:
    report = estimated("conventions: {units: binary}\nderive: {size: 3 TiB in TB}\n")
    assert report.values["size"].text == "3.3 TB"


def test_rounding_up_carries_what_is_rounded() -> None:
    report = estimated(f"conventions: {{round: 2 up}}\n{FILES}")
    assert report.number("save.writes.average") == 35  # 34.7
    assert report.number("save.reads.average") == 350
    assert report.number("save.requests.peak") == 770
    assert estimated(f"conventions: {{round: 2}}\n{FILES}").number("save.reads.average") == 350


def test_rounding_up_never_gives_less_of_anything_that_is_added_or_multiplied() -> None:
    exact = estimated(FILES)
    up = estimated(f"conventions: {{round: 1 up}}\n{FILES}")
    for name in ("requests.peak", "storage.retained", "egress.peak", "servers", "cost.per_month"):
        assert up.number(name) >= exact.number(name), name


@given(st.floats(1e-12, 1e12).flatmap(lambda x: st.sampled_from([x, -x])), st.integers(1, 15))
def test_rounding_up_is_the_next_number_of_so_many_digits(x: float, digits: int) -> None:
    rounded = numeric.significant(x, digits, up=True)
    assert rounded >= x - 1e-14 * abs(x)
    assert float(f"{rounded:.{digits - 1}e}") == pytest.approx(rounded, rel=1e-15)
    assert rounded - x < 10.0 * abs(x) * 10.0**-digits * (1 + 1e-9) + 1e-14 * abs(x)


def test_noise_of_arithmetic_is_not_rounded_up() -> None:
    report = estimated(
        "conventions: {round: 2 up}\nderive: {one: 1.1, three: 3 * one, total: one + 2 * one}\n"
    )
    assert report.number("three") == report.number("total") == 3.3


def test_ranges_are_rounded_up_in_each_sample() -> None:
    report = estimated("conventions: {round: 1 up}\nderive: {one: 1.2 to 1.9, two: 2 * one}\n")
    assert report.uncertainty is not None
    spread = report.uncertainty.spreads["two"]
    assert set(spread.percentiles) <= {3.0, 4.0}


def test_napkin_rounds_to_the_nearest_whatever_the_file_says(ask: Ask) -> None:
    given = f"conventions: {{round: 2 up}}\n{FILES}"
    napkin = ask("run", "-", "--napkin", "--format", "csv", given=given).out
    assert "save.writes.average,30," in napkin


@pytest.mark.parametrize(
    ("said", "rule", "told"),
    [
        ("units: Binary", "E022", "did you mean `binary`?"),
        ("units: IEC", "E022", "`units: binary`: data in KiB, MiB and GiB"),
        ("round: 2 down", "E022", "`round: 2 up` always upwards"),
        ("round: up", "E022", "`round: 2 up` always upwards"),
        ("round: 16 up", "E024", None),
        ("round: 0 up", "E024", None),
    ],
)
def test_what_is_no_convention_is_told_with_the_line_to_write(
    said: str, rule: str, told: str | None
) -> None:
    with pytest.raises(InputError) as caught:
        estimated(f"conventions: {{{said}}}\n{FILES}")
    (found,) = caught.value.diagnostics
    assert found.rule == rule
    assert found.place is not None
    assert told is None or told in (found.help or "")


def test_the_editor_offers_the_units_and_formats_around_rounding_up() -> None:
    text = "conventions:\n  round:  2 up\n  units: \nusers: 1M\n"
    document = analysed(text, None)
    offered = completions(document, text.index("units: ") + len("units: "))
    assert {"decimal", "binary"} <= {item.label for item in offered.items}
    assert "round:  2 up" in canonical(Source("a.yaml", text))
