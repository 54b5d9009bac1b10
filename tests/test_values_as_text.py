"""Values as text: what is shown, read back by the program, is the value to the digits shown."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path

import pytest
from asking import SHIPPED, Ask, estimated, of_file
from hypothesis import example, given, settings
from hypothesis import strategies as st

from estimator import estimate, load
from estimator.analyse.calculate import Calculator
from estimator.diagnostics import Text
from estimator.evaluate import shown
from estimator.formula.dimensions import no_names, typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tokens import tokenize
from estimator.units import DATA, MONEY, PLAIN, TIME, Calendar, Dimension, divide, unit_table, write
from estimator.units.write import term

USUAL = Calendar()
NAPKIN = Calendar.of(1e5, None, None)
NUMBER = re.compile(r"\d+(\.\d+)?(e-?\d+)?")
UNITS = sorted(name for name, unit in unit_table().units.items() if unit.dimension != PLAIN)
DIMENSIONS = sorted(
    {unit.dimension for unit in unit_table().units.values()}
    | {divide(top, divide(unit, PLAIN)) for top in (PLAIN, DATA, MONEY) for unit in (DATA, TIME)}
    | {Dimension(a, b, c) for a in (-2, 0, 1) for b in (-1, 0, 0.5, 2) for c in (-1, 0, 1)}
)
SIZES = st.builds(
    lambda mantissa, power, sign: float(f"{sign * mantissa}e{power}"),
    st.one_of(st.floats(1, 10), st.integers(1, 9), st.floats(9.99, 10)),
    st.integers(-15, 23),
    st.sampled_from([1, -1]),
) | st.just(0.0)
LACKS = st.builds(lambda lacks, power: lacks * 10.0**power, st.floats(1, 10), st.integers(-12, 0))
SHARES = LACKS.map(lambda lacks: 1 - lacks)


def read(text: str, dimension: Dimension, calendar: Calendar = USUAL) -> float:
    """Return what the formula language makes of a text, where that dimension is expected."""
    tree, found = typecheck(parse(text.replace(",", "")), no_names, dimension)
    assert found == dimension or found.mark, text
    return float(computed(tree, calendar))


def agrees(text: str, value: float, dimension: Dimension, calendar: Calendar = USUAL) -> bool:
    """Return whether the text is the value, to half of its last digit, and to three digits."""
    found = read(text, dimension, calendar)
    shown = NUMBER.search(text.replace(",", ""))
    assert shown is not None, text
    if not float(shown[0]):
        return value == found == 0
    decimals = len((shown[1] or ".")[1:])
    last = 0.5 * 10.0 ** (int((shown[2] or "e0")[1:]) - decimals)
    off = abs(found - value) * (1 - 1e-9) - 4 * math.ulp(value)  # but for float arithmetic
    return off <= last / float(shown[0]) * abs(found) and off <= 0.005 * abs(value)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(DIMENSIONS), SIZES, st.sampled_from([USUAL, NAPKIN]))
@example(TIME, 0.5e-9, USUAL)
@example(PLAIN, 1.84e19, USUAL)
@example(divide(divide(MONEY, DATA), TIME), 4.244e-17, USUAL)
@example(DATA, 1e24, USUAL)
def test_what_is_shown_reads_back_as_the_value_in_every_dimension_and_size(
    dimension: Dimension, value: float, calendar: Calendar
) -> None:
    assert agrees(write(value, dimension, calendar=calendar), value, dimension, calendar)
    for kept in (3, 6, 12):
        found = read(term(value, dimension, calendar, kept), dimension, calendar)
        assert found == pytest.approx(value, rel=0.51 * 10.0 ** (1 - kept), abs=0.0)


@settings(max_examples=200, deadline=None)
@given(SIZES, st.sampled_from(["share", "whole"]))
def test_shares_and_whole_numbers_read_back(value: float, display_unit: str) -> None:
    assert agrees(write(value, PLAIN, display_unit=display_unit), value, PLAIN)


@settings(max_examples=200, deadline=None)
@given(SHARES, st.sampled_from(["share", "nines", ""]))
def test_what_is_almost_all_reads_back_with_two_digits_of_what_it_lacks(
    value: float, display_unit: str
) -> None:
    text = write(value, PLAIN, display_unit=display_unit)
    if text.startswith(">"):
        assert value > 1 - 1.001e-12
        return
    if 1 - value > 2e-12:
        assert text not in ("100%", "1")
    assert agrees(text, value, PLAIN)
    if display_unit != "share" and value > 0.9:
        assert 1 - read(text, PLAIN) == pytest.approx(1 - value, rel=0.051, abs=1e-12)
        assert len(re.sub(r"^9*(?=\d\d)|[.%]|^0", "", text).lstrip("9")) <= 3, text


@settings(max_examples=200, deadline=None)
@given(SIZES, st.sampled_from(UNITS), st.data())
def test_a_value_in_the_unit_that_is_asked_for_reads_back(
    value: float, unit: str, data: st.DataObject
) -> None:
    dimension = unit_table().units[unit].dimension
    alike = [u for u in UNITS if unit_table().units[u].dimension == dimension]
    other = data.draw(st.sampled_from(alike))
    wanted = data.draw(st.sampled_from([other, f"({other})", f"1 {other}", f"10 {other}"]))
    shown = Calculator().answer(Text.of("calc", f"{value!r} {unit} in {wanted}")).text
    assert agrees(shown, value * unit_table().units[unit].factor, dimension)


BESIDE = [*map(chr, range(32, 127)), "\u00a0", "\u2009", "\u202f", "µ", "×", "≤"]


def converts(formula: str) -> bool:
    """Does the tokenizer find the word that names a unit?"""
    try:
        return "in" in [token.text for token in tokenize(formula)]
    except FormulaError:
        return False


def test_wherever_the_word_in_is_one_to_the_tokenizer_a_unit_is_looked_for() -> None:
    formulas = [f"2{before}in{after}KB" for before in BESIDE for after in BESIDE]
    conversions = [formula for formula in formulas if converts(formula)]
    assert len(conversions) > 100
    assert [formula for formula in conversions if not shown._MAY_CONVERT.search(formula)] == []


@pytest.mark.parametrize(
    "formula",
    ["size in B", "(size)in B", "size in(B)", "size\u00a0in\u202fB", "size * 1in B"],
)
def test_a_unit_is_shown_however_the_word_before_it_is_spaced(formula: str) -> None:
    found = estimate(load(text=f'derive: {{size: 1.5 kB, answer: "{formula}"}}\n'))
    assert found.report.values["answer"].text == "1,500 B"


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(SIZES, st.sampled_from(UNITS)), min_size=40, max_size=40))
def test_texts_of_reports_and_explanations_read_back(given_: list[tuple[float, str]]) -> None:
    lines = [f"  q{i}: {value!r} {unit}\n" for i, (value, unit) in enumerate(given_)]
    twice = [f"  twice{i}: 2 * q{i}\n" for i in range(len(given_))]
    report = estimated("derive:\n" + "".join(lines + twice))
    for value in report.values.values():
        assert agrees(value.text, value.value, value.dimension)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_texts_of_shipped_scenarios_read_back(path: Path) -> None:
    report = of_file(path)
    for name, value in report.values.items():
        if value.text.startswith(">"):
            assert 0 < 1 - value.value < 1e-12, name
        elif value.text == "unbounded":
            assert value.value == math.inf, name
        else:
            assert agrees(value.text, value.value, value.dimension, report.calendar), name


SCENARIO = """\
users: 1B
actions:
  tweet: {per_user: 2/day, payload: 200 B}
components:
  api: {kind: service, cpu_time: 0.5 ns, zones: 3, zone_availability: 99.9%}
derive:
  price: $0.11/GB/month
  request: $0.40 / 1M
  tiny: 0.5 ns
  long: 1 year in s
  huge: 18.4e18
"""


def test_json_csv_and_explanations_have_the_texts_of_the_report(ask: Ask) -> None:
    made = ask("run", "-", "--format", "json", given=SCENARIO).scenario["quantities"]
    table = ask("run", "-", "--format", "csv", given=SCENARIO).out
    rows = {row["name"]: row["text"] for row in csv.DictReader(io.StringIO(table))}
    report = estimated(SCENARIO)
    for name, value in report.values.items():
        assert made[name]["text"] == rows[name] == value.text
        assert agrees(value.text, value.value, value.dimension)
    steps = ask("explain", "-", "tiny", given=SCENARIO).out
    assert "0.5 ns" in steps
    assert {n: made[n]["text"] for n in ("price", "request", "tiny", "long", "huge")} == {
        "price": "$0.11/GB/month",
        "request": "$0.4/1M",
        "tiny": "0.5 ns",
        "long": "31,536,000 s",
        "huge": "1.84e19",
    }


def test_an_explanation_with_values_reads_back_as_the_result(ask: Ask) -> None:
    text = (
        "derive: {people: 123_456.789, low: 1.23456e-18, all: people * 1_500_000_000,"
        " sum: people * low * $1/h, kept: people * 5 ZB}\n"
    )
    for name in ("all", "sum", "kept"):
        value = estimated(text).values[name]
        *_, filled, result = ask("explain", "-", name, given=text).out.splitlines()[:3]
        assert result.split("=")[1].split("  ")[0].strip() == value.text
        assert agrees(value.text, read(filled.split("=")[1], value.dimension), value.dimension)


@pytest.mark.parametrize(
    ("value", "dimension", "display_unit", "text"),
    [
        (0.5e-9, TIME, "", "0.5 ns"),
        (1e-15, TIME, "", "1e-6 ns"),
        (18.4e18, PLAIN, "", "1.84e19"),
        (1.5e12, PLAIN, "", "1.5T"),
        (2e21, DATA, "", "2 ZB"),
        (18_374 * 31_536_000.0, TIME, "", "18.4k years"),
        (0.99992525, PLAIN, "nines", "99.9925%"),
        (0.999999, PLAIN, "nines", "99.9999%"),
        (1 - 6e-14, PLAIN, "nines", ">99.9999999999%"),
        (1.0, PLAIN, "nines", "100%"),
        (0.9999999, PLAIN, "share", "99.99999%"),
        (1.0004, PLAIN, "share", "100.04%"),
        (1 - 1e-16, PLAIN, "share", "100%"),
        (12.349, PLAIN, "share", "1,235%"),
        (0.368 / 3600, divide(MONEY, TIME), "", "$0.368/h"),
        (0.11 / 1e9 / 2_628_000, divide(divide(MONEY, DATA), TIME), "", "$0.11/GB/month"),
        (4e-7, MONEY, "", "$0.4/1M"),
        (0.0004, MONEY, "", "$0.0004"),
        (54.7e6, MONEY, "", "$54.7M"),
        (1344.2, MONEY, "", "$1,344"),
        (math.inf, TIME, "", "unbounded"),
    ],
)
def test_a_value_is_shown_as_a_planner_expects(
    value: float, dimension: Dimension, display_unit: str, text: str
) -> None:
    assert write(value, dimension, display_unit=display_unit) == text


def test_a_range_of_nines_keeps_its_nines(ask: Ask) -> None:
    text = (
        "actions: {see: {rate: 1k/s}}\n"
        "components: {api: {kind: service, node_availability: 99.9% to 99.99%, nodes: 1}}\n"
        "derive: {up: 99.95% to 99.999%}\n"
    )
    answer = ask("run", "-", "--show=uncertainty", given=text)
    rows = {row[0]: row for row in answer.rows("Ranges")}
    assert answer.code == 0
    for name, row in rows.items():
        if name in ("availability", "up"):
            assert "100%" not in row, row
            assert row[1].strip().startswith("99.9"), row
    assert {"availability", "up"} & rows.keys()


# --- calendars ------------------------------------------------------------------------------------


def test_a_month_alone_makes_a_year_of_twelve_which_is_an_assumption(ask: Ask) -> None:
    given_ = "conventions: {month: 2.5M s}\nderive: {ratio: 1 year / (1 month)}\n"
    report = estimated(given_)
    assert report.values["ratio"].text == "12"
    answer = ask("run", "-", "--all", given=given_)
    assert "conventions.year" in answer.out
    assert "347 days" in answer.out
    both = given_.replace("2.5M s", "30 days, year: 365 days")
    assert "conventions.year" not in ask("run", "-", "--all", given=both).out
    assert estimated(both).values["ratio"].value == pytest.approx(365 / 30)


def test_what_is_shown_in_days_and_years_uses_the_days_of_the_file(ask: Ask) -> None:
    text = "conventions: {day: 90k s}\nderive: {one: 3 days, two: 2 years, three: 1e-9/s}\n"
    assert [v.text for v in estimated(text).values.values()] == ["3 days", "2 years", "0.0329/year"]
    napkin = ask("run", "-", "--napkin", "--format", "json", given=text).scenario["quantities"]
    assert (napkin["one"]["value"], napkin["one"]["text"]) == (3e5, "3 days")


def test_the_downtime_of_further_nines_is_that_of_the_files_year(ask: Ask) -> None:
    text = (
        "resilience: {zone_mttr: 0 s, region_mttr: 0 s, change_mttr: 0 s, common_cause: 0%}\n"
        "actions: {see: {rate: 1k/s}}\n"
        "components: {api: {kind: service, node_availability: 99%, nodes: 1, cpu_time: 1 us}}\n"
    )
    for year, downtime in (("365 days", "3.65 days"), ("100 days", "24 h")):
        given_ = f"conventions: {{year: {year}}}\n{text}"
        assert downtime in ask("nines", "-", given=given_).out


# --- numbers that are too large for a unit --------------------------------------------------------


def test_a_number_is_never_shown_as_infinite_but_in_words(ask: Ask) -> None:
    assert ask("calc", "1e300 years in ns").out == "1e300 years\n"
    for dimension in DIMENSIONS:
        for value in (1.7e308, -1.7e308):
            assert not re.search("inf|nan|unbounded", write(value, dimension), re.IGNORECASE)
    overloaded = (
        "users: 100M\nactions: {go: {per_user: 100/day}}\n"
        "components: {api: {kind: service, cpu_time: 5 ms, nodes: 1}}\n"
        "derive: {long: go.latency.p99 in years}\n"
    )
    for form in ("text", "markdown", "html"):
        found = ask("run", "-", "--format", form, given=overloaded)
        assert not re.search(r"\b(inf(inity)?|nan)\b", found.out, re.IGNORECASE), form
    assert estimated(overloaded).values["long"].text == "unbounded"
    for written in ("inf ns", "Infinity years", "nan", "1e999 B", ".inf", "1e308 years"):
        assert ask("calc", "--", written).code == 2, written
