"""The formula language, as scenarios of a few lines speak it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest
from asking import ROOT
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from estimator.diagnostics import InputError, Problems, Source, Text
from estimator.evaluate import Report, evaluate
from estimator.model import build
from estimator.scenario.load import load_source
from estimator.units import base_unit, table, unit_table

SOME = settings(max_examples=50, deadline=None)


def report_of(
    scenario: str,
    folder: Path = Path(),
    *,
    overrides: dict[str, str] | None = None,
    napkin: bool = False,
) -> Report:
    """Return what comes out of a scenario's text.

    Raises:
        InputError: With everything that is wrong.
    """
    problems = Problems()
    loaded = load_source(Source("scenario.yaml", scenario), folder, "scenario")
    said = {name: Text.of("--set", formula) for name, formula in (overrides or {}).items()}
    model = build(loaded, problems, overrides=said, napkin=napkin)
    report = None if model is None else evaluate(model, problems)
    problems.check()
    assert report is not None
    return report


def value_of(formula: str, **others: str) -> tuple[float, str]:
    """Return a formula's value in base units, and the base unit; beside other names, if need be."""
    lines = {**others, "found": formula}
    value = report_of(f"derive: {json.dumps(lines)}\n").values["found"]
    return value.value, base_unit(value.dimension)


def codes_of(scenario: str) -> list[str]:
    try:
        report_of(scenario)
    except InputError as error:
        return [d.rule for d in error.diagnostics]
    return []


# --- what is written and its value ----------------------------------------------------------------

VALUES: dict[str, tuple[float, str]] = {
    # counts
    "7": (7, "1"),
    "500M": (5e8, "1"),
    "1.5k": (1500, "1"),
    "1.5K": (1500, "1"),
    "3 billion": (3e9, "1"),
    "3 bn": (3e9, "1"),
    "2 mn": (2e6, "1"),
    "2T": (2e12, "1"),
    "4 thousand": (4000, "1"),
    "2e9": (2e9, "1"),
    "2E-3": (0.002, "1"),
    ".5": (0.5, "1"),
    "1_000_000": (1e6, "1"),
    "0.1 + 0.2": (0.3, "1"),
    "40%": (0.4, "1"),
    "40 %": (0.4, "1"),
    "150%": (1.5, "1"),
    "99.999%": (0.99999, "1"),
    "3x": (3, "1"),
    "2.5x": (2.5, "1"),
    "100:1": (100, "1"),
    "1:4": (0.25, "1"),
    # data
    "200 B": (200, "B"),
    "1.5 KiB": (1536, "B"),
    "1 kB": (1000, "B"),
    "1 KB": (1000, "B"),
    "2 MiB": (2097152, "B"),
    "8 b": (1, "B"),
    "8 kbit": (1000, "B"),
    "8 Mbit": (1e6, "B"),
    "16 Kibit": (2048, "B"),
    "2 EB": (2e18, "B"),
    "3 bytes": (3, "B"),
    "1k B": (1000, "B"),
    "5 million B": (5e6, "B"),
    # data rates
    "10 Gbps": (1.25e9, "B/s"),
    "10 Gb/s": (1.25e9, "B/s"),
    "5 MB/s": (5e6, "B/s"),
    "5 MB / s": (5e6, "B/s"),
    "5 MBps": (5e6, "B/s"),
    "864 GB/day": (1e7, "B/s"),
    # time
    "2 ms": (0.002, "s"),
    "3 us": (3e-6, "s"),
    "3 µs": (3e-6, "s"),
    "5 min": (300, "s"),
    "2 h": (7200, "s"),
    "2 days": (172_800, "s"),
    "1 week": (604_800, "s"),
    "1 month": (2_628_000, "s"),
    "5 years": (157_680_000, "s"),
    # rates
    "864/day": (0.01, "1/s"),
    "864 / day": (0.01, "1/s"),
    "1000 req/s": (1000, "1/s"),
    "1k rps": (1000, "1/s"),
    "60 rpm": (1, "1/s"),
    "10^4/s": (10_000, "1/s"),
    "36%/h": (0.0001, "1/s"),
    # money
    "$300k": (300_000, "USD"),
    "$2B": (2e9, "USD"),
    "5 USD": (5, "USD"),
    "25 cents": (0.25, "USD"),
    "$36/h": (0.01, "USD/s"),
    "$5/GB": (5e-9, "USD/B"),
    "$2.628/GB/month": (1e-15, "USD/B/s"),
    # squares and roots of units
    "3 B^2": (3, "B^2"),
    "sqrt(16 B^2)": (4, "B"),
    "(2 s)^3": (8, "s^3"),
    "4 B^2 / 2 B": (2, "B"),
    # precedence, from the tightest to the loosest
    "2^3^2": (512, "1"),
    "2 ** 3": (8, "1"),
    "-2^2": (-4, "1"),
    "2^-1": (0.5, "1"),
    "(-2)^2": (4, "1"),
    "--3": (3, "1"),
    "+3": (3, "1"),
    "2 * -3": (-6, "1"),
    "2 * 3^2": (18, "1"),
    "2 + 3 * 4": (14, "1"),
    "(2 + 3) * 4": (20, "1"),
    "10 - 4 - 3": (3, "1"),
    "10 - (4 - 3)": (9, "1"),
    "100 / 10 / 2": (5, "1"),
    "100 / (10 / 2)": (20, "1"),
    "100 / 10 * 2": (20, "1"),
    "10 TB / (100 MB/s)": (100_000, "s"),
    "10 TB / 100 MB": (100_000, "1"),
    "2 days * 3/day": (6, "1"),
    "12 × 2 ÷ 3 − 1": (7, "1"),
    "if(1 + 1 < 3, 1, 0)": (1, "1"),
    "if(1 < 2 and 2 < 1 or 3 > 2, 1, 0)": (1, "1"),
    "if(3 > 2 or 1 < 2 and 2 < 1, 1, 0)": (1, "1"),
    "if((3 > 2 or 1 < 2) and 2 < 1, 1, 0)": (0, "1"),
    "if(not 1 < 2 or 2 > 1, 1, 0)": (1, "1"),
    "if(not (1 < 2 or 2 > 1), 1, 0)": (0, "1"),
    "1 GB + 500 MB in MB": (1.5e9, "B"),
    # comparisons
    "if(2 <= 2, 1, 0)": (1, "1"),
    "if(2 >= 2, 1, 0)": (1, "1"),
    "if(2 < 2, 1, 0)": (0, "1"),
    "if(2 > 2, 1, 0)": (0, "1"),
    "if(2 == 2, 1, 0)": (1, "1"),
    "if(2 != 2, 1, 0)": (0, "1"),
    "if(0.1 + 0.2 == 0.3, 1, 0)": (1, "1"),
    "if(0.1 + 0.2 > 0.3, 1, 0)": (0, "1"),
    "if(1 GB ≥ 1000 MB, 1, 0)": (1, "1"),
    "if(8 b == 1 B, 1, 0)": (1, "1"),
    # zero fits everywhere
    "0 + 5 GB": (5e9, "B"),
    "max(0, 5 s)": (5, "s"),
    "if(5 GB > 0, 1 GB, 0)": (1e9, "B"),
}


@pytest.mark.parametrize(("written", "found"), VALUES.items())
def test_what_is_written_has_this_value(written: str, found: tuple[float, str]) -> None:
    value, unit = value_of(written)
    assert (value, unit) == (pytest.approx(found[0], rel=1e-12), found[1])


POINTS: dict[str, tuple[float, str]] = {
    "min(3 GB, 2 GB, 4 GB)": (2e9, "B"),
    "max(1, 7, 3)": (7, "1"),
    "sum(1 s, 2 s, 3 s)": (6, "s"),
    "product(99%, 2, 50)": (99, "1"),
    "ceil(2.000001)": (3, "1"),
    "floor(2.999999)": (2, "1"),
    "round(2.5)": (3, "1"),
    "significant(123_456 B, 3)": (123_000, "B"),
    "abs(3 GB - 5 GB)": (2e9, "B"),
    "hypot(3 s, 4 s)": (5, "s"),
    "proportion(1 GB, 4 GB)": (0.25, "1"),
    "proportion(1 GB, 0)": (0, "1"),
    "calls_time(2.5, 4 s)": (10, "s"),
    "calls_fixed(4, 0, 2 s)": (8, "s"),
    "calls_rest(4, 0, 2 s, 5 s)": (12, "s"),
    "calls_sd(4, 0, 5 s, 1 s)": (2, "s"),
    "calls_sd(0.5, 25%, 2 s, 0 s)": (1, "s"),  # 2 s or nothing, as often
    "calls_scale(2, 0, 1 s, 2 s, 1 s, 1, 0, 0 s, 3 s, 3 s)": (29 / 11, "s"),  # of 1 s and 3 s
    "path_quantile(90%, 0, 1, 3 s, 1 s, 1 s, 1 s)": (3 + math.log(10), "s"),
    "path_quantile(95%, 0, 1, 0 s, 0 s, 0 s, 0 s, 1, 10%, 3 s, 1 s, 1 s, 1 s)": (
        3 + math.log(2),
        "s",
    ),
    "path_sd(0, 1, 3 s, 1 s, 0 s, 0 s, 1, 50%, 2 s, 2 s, 0 s, 0 s)": (
        2,
        "s",
    ),  # 4 s or 8 s, as often
    "visits_variance(1, 0, 1%, 20)": (3.96, "1"),  # 20 or nothing
    "visits_variance(2, 1, 1, 3)": (9, "1"),
    "sqrt(2)": (math.sqrt(2), "1"),
    "exp(2)": (math.e**2, "1"),
    "log(10)": (2.302585092994046, "1"),
    "log2(1024)": (10, "1"),
    "log10(0.001)": (-3, "1"),
    "clamp(5 GB, 6 GB, 7 GB)": (6e9, "B"),
    "if(1 > 2, 3 s, 4 s)": (4, "s"),
    "step_up(33 GB, 32 GB, 64 GB, 128 GB)": (64e9, "B"),
    "tiers(25, $3, 10, $2, 20, $1)": (30 + 20 + 5, "USD"),
    "lookup(2 GB, 1 GB, $3, 2 GB, $5, 4 GB, $9)": (5, "USD"),
    "erlang_b(3, 2)": (4 / 19, "1"),  # (8/6) / (1 + 2 + 2 + 8/6)
    "erlang_c(3, 2)": (4 / 9, "1"),  # B / (1 - (2/3) (1 - B)) with B = 4/19
    "erlang_b_servers(2, 25%)": (3, "1"),
    "erlang_c_servers(2, 50%)": (3, "1"),
    "erlang_c_wait(3, 2, 9 s)": (4, "s"),
    "erlang_c_within(3, 2, 9 s, 9 s)": (1 - 4 / 9 / math.e, "1"),
    "queue_wait(1, 50%, 6 s, 2)": (6 * 2.5, "s"),  # rho / (1 - rho) times (1 + 2^2) / 2
    "queue_wait_sd(1, 50%, 6 s, 1)": (6 * math.sqrt(3), "s"),  # C = 1/2, m = 12 s
    "wait_servers(2, 9 s, 1, 9 s, 17%)": (3, "1"),  # 4/9 / e = 0.1635
    "wait_nodes(3, 1, 9 s, 1, 0 s, 10%)": (30, "1"),  # at one server C is its load
    "drain_time(10 GB, 1 GB/s, 24 Gbps)": (5, "s"),
    "sqrt_servers(25, 2)": (35, "1"),
    "halfin_whitt(1)": (0.22336127479826, "1"),  # 1 / (1 + 0.841344746068543 / 0.241970724519143)
    "usl(2, 10%, 5%)": (2 / 1.2, "1"),
    "usl_peak(19%, 1%)": (9, "1"),
    "usl_nodes(3, 10%, 0%)": (4, "1"),  # 4 / 1.3 = 3.08, 3 / 1.2 = 2.5
    "k_of_n_zones(1, 2, 2, 100%, 80%)": (0.96, "1"),
    "nodes_for(2, 1, 90%, 100%, 97%)": (3, "1"),  # 97.2%
    "copies_for(80%, 90%)": (5, "1"),  # three: 89.6%, five: 94.2%
    "copies_for_zones(3, 99.5%, 99.9%, 99.999%)": (9, "1"),  # by enumeration: 7 have 99.99768%
    "parallel(90%, 80%, 50%)": (0.99, "1"),
    "gamma_quantile(75%, 3 s, 3 s)": (3 * math.log(4), "s"),
    "k_of_n(1, 2, 90%)": (0.99, "1"),
    "zipf_hit_ratio(2, 4, 1)": (1.5 / (1 + 1 / 2 + 1 / 3 + 1 / 4), "1"),
    "bloom_bits(50%)": (1 / math.log(2), "1"),
    "bloom_hashes(0.1%)": (10, "1"),
    "p5(4 GB)": (4e9, "B"),
    "p50(4 GB)": (4e9, "B"),
    "p95(4 GB)": (4e9, "B"),
    "mean(4 GB)": (4e9, "B"),
    "probability(1 < 2)": (1, "1"),
}


@pytest.mark.parametrize(("written", "found"), POINTS.items())
def test_a_function_has_this_value(written: str, found: tuple[float, str]) -> None:
    value, unit = value_of(written)
    assert (value, unit) == (pytest.approx(found[0], rel=1e-12), found[1])


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("100:1", 100),  # 6001 in YAML 1.1
        ("12:30", 0.4),  # 750
        ("1e6", 1e6),  # a text
        ("010", 10),  # 8
        ("0.10", 0.1),
        ("1_0", 10),
        ("+5", 5),
        ("!!", None),
        ("no", "E014"),
        ("off", "E014"),
        ("Y", "E014"),
        ("true", "E014"),
        ("null", "E014"),
        (".inf", "E011"),
        (".nan", "E011"),
        ("0x10", "E016"),
        ("2027-03-31", 2027 - 3 - 31),
    ],
)
def test_yaml_does_not_guess(written: str, value: float | str | None) -> None:
    scenario = f"derive:\n  found: {written}\n"
    if value is None:
        assert codes_of(scenario) == ["E003"]
    elif isinstance(value, str):
        assert codes_of(scenario) == [value]
    else:
        assert report_of(scenario).values["found"].value == pytest.approx(value)


@pytest.mark.parametrize("word", ["no", "on", "yes", "true", "null"])
def test_words_that_yaml_takes_for_something_else_may_be_names(word: str) -> None:
    report = report_of(f"derive:\n  {word}: 5 GB\n  double: 2 * {word}\n")
    assert report.values["double"].value == 1e10


@pytest.mark.parametrize("written", ["2 * (3 + 4)", '"2 * (3 + 4)"', "'2 * (3 + 4)'"])
def test_quotes_change_nothing(written: str) -> None:
    assert report_of(f"derive:\n  found: {written}  # seven\n").values["found"].value == 14


# --- a large B ------------------------------------------------------------------------------------


def test_a_large_b_is_what_fits_its_place() -> None:
    report = report_of(
        "users: 1B\n"
        "actions:\n"
        "  post: {rate: 1B/day, payload: 1 B, request: 2B, response: 3 * 1B}\n"
        "derive:\n"
        "  more: users + 1B\n"
        "  bytes_more: post.payload + 1B\n"
        "  share: users / 4 billion\n"
        "expect:\n"
        "  - users == 1B\n"
        "  - post.payload == 1B\n"
        "  - post.rate == 1B/day\n"
    )
    values = {n: report.values[n].value for n in ("users", "more", "bytes_more", "post.rate")}
    assert values == {"users": 1e9, "more": 2e9, "bytes_more": 2, "post.rate": 1e9 / 86400}
    sizes = [report.values[f"post.{n}"].value for n in ("payload", "request", "response")]
    assert sizes == [1, 2, 3]
    assert {outcome.status for outcome in report.expectations} == {"pass"}


@pytest.mark.parametrize("written", ["1B", "2 * 1B", "1B/day", "max(1B, 2B)"])
def test_a_large_b_that_could_be_either_is_refused(written: str) -> None:
    assert set(codes_of(f"derive:\n  found: {written}\n")) == {"E017"}
    assert codes_of("derive:\n  found: 1 B\n") == []


# --- what is refused ------------------------------------------------------------------------------

REFUSED = {
    "3 m": "E017",
    "5 mb": "E017",
    "5 gb": "E017",
    "5 tb": "E017",
    "10 mbps": "E017",
    "2 G": "E017",
    "2 g": "E017",
    "2 t": "E017",
    "10 TB / 100 MB/s": "E017",
    "$10 / $2/GB": "E017",
    "1,000": "E011",
    "1,000,000 * 2": "E011",
    "1 < 2 < 3": "E011",
    "1 = 1": "E011",
    "2 per day": "E011",
    "2 x 3": "E011",
    "2(3)": "E011",
    "2 3": "E011",
    "(1 + 2": "E011",
    "1 + 2)": "E011",
    "1 +": "E011",
    "* 2": "E011",
    "()": "E011",
    "5%%": "E011",
    "€5": "E011",
    "[1, 2]": "E011",
    "~5": "E011",
    "x = 5": "E011",
    "1; 2": "E011",
    "5 parsecs": "E016",
    "1h30min": "E016",
    "1e5B": "E016",
    "1 GB + 3": "E013",
    "1 GB + 3 s": "E013",
    "1 GB < 3": "E013",
    "max(1 GB, 3)": "E013",
    "if(2, 1, 0)": "E013",
    "if(1 < 2, 1 GB, 3 s)": "E013",
    "1 TB in s": "E013",
    "1 TB in 0": "E013",
    "1 TB in -kB": "E013",
    "1 TB in max(kB, 1 B)": "E013",
    "ceil(5 GB)": "E013",
    "exp(5 s)": "E013",
    "sqrt(5 GB) + 1 GB": "E013",
    "2^(1 s)": "E013",
    "(2 GB)^99": "E013",
    "2 > 1": "E012",
    "mystery": "E014",
    "double(2)": "E026",
    "min()": "E026",
    "if(1 < 2, 1)": "E026",
    "1 / 0": "E023",
    "1:0": "E023",
    "log(0)": "E023",
    "sqrt(-1)": "E023",
    "0^-1": "E023",
    "(-8)^0.5": "E023",
    "10^400": "E023",
    "exp(1000)": "E023",
    "step_up(20, 1, 4)": "E023",
    "lookup(20, 1, 4)": "E023",
    "lookup(2, 1, 4, 3)": "E026",
    "1e400": "E027",
    "(" * 30 + "1" + ")" * 30: "E027",
    "2 to 1": "E038",
    "normal(1, -2)": "E038",
}


@pytest.mark.parametrize(("written", "code"), REFUSED.items())
def test_what_is_no_value_is_refused(written: str, code: str) -> None:
    assert codes_of(f"derive:\n  found: {json.dumps(written)}\n") == [code]


# --- conventions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conventions", "day", "month", "year"),
    [
        ("{}", 86_400, 2_628_000, 31_536_000),
        ("{day: 100k s}", 1e5, 365e5 / 12, 365e5),
        ("{month: 30 days}", 86_400, 2_592_000, 12 * 2_592_000),
        ("{month: 2.5M s}", 86_400, 2.5e6, 30e6),
        ("{month: 30 days, year: 365 days}", 86_400, 2_592_000, 31_536_000),
        ("{day: 100k s, month: 30 days}", 1e5, 3e6, 36e6),
        ("{year: 360 days}", 86_400, 2_592_000, 31_104_000),
        ("{year: 365.25 days}", 86_400, 2_629_800, 31_557_600),
        ("{day: 100k s, month: 30 days, year: 365 days}", 1e5, 3e6, 365e5),
        ("{day: 20 h, year: 10 * 10 h}", 72_000, 300_000 / 10, 360_000),
    ],
)
def test_conventions_say_how_long_days_months_and_years_are(
    conventions: str, day: float, month: float, year: float
) -> None:
    report = report_of(
        f"conventions: {conventions}\n"
        "derive: {a: 1 day, c: 1 month, e: 1 year, f: 1 week, g: 1/month, i: 2/day * 3 days}\n"
    )
    found = {name: value.value for name, value in report.values.items()}
    assert found == pytest.approx(
        {"a": day, "c": month, "e": year, "f": 7 * day, "g": 1 / month, "i": 6}
    )


def definitions() -> dict[str, str]:
    """Return what each unit is defined by, in the package's own definitions."""
    text = (ROOT / "estimator" / "units" / "definitions.txt").read_text("utf-8")
    lines = [line.split(" = ") for line in text.splitlines() if " = " in line]
    return {name: meaning for name, meaning, *_ in lines if not name.startswith("#")}


def on_the_calendar(known: dict[str, str]) -> set[str]:
    """Return the units whose definitions rest on a day, a month or a year, directly or not."""
    found = {"day", "month", "year"}
    while more := {n for n, m in known.items() if found & {*re.findall(r"\w+", m)}} - found:
        found |= more
    return found


MORE_UNITS = {
    "sol": "1.027 day",
    "olympiad": "4 year",
    "quinquennium": "5 * year",
    "moon": "0.97 month",
    "per_sol": "1 / sol",
    "terabyte_moon": "1e12 byte * moon",
    "burn": "1000 USD / week",
    "day_squared": "day ^ 2",
    "month_in_days": "month / day",
}


@pytest.fixture
def more_units(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Yield a unit table with units that are made for this test."""
    text = table._text
    more = "".join(f"{name} = {meaning}\n" for name, meaning in MORE_UNITS.items())
    monkeypatch.setattr(
        table, "_text", lambda name: text(name) + (more if name == "definitions.txt" else "")
    )
    unit_table.cache_clear()
    yield
    unit_table.cache_clear()


@pytest.mark.parametrize("conventions", ["{day: 99k s}", "{month: 29 days}", "{year: 359 days}"])
@pytest.mark.usefixtures("more_units")
def test_a_unit_follows_conventions_where_its_definition_rests_on_them(conventions: str) -> None:
    known = definitions() | MORE_UNITS
    units = sorted(on_the_calendar(known) - {"day", "month", "year"})
    assert {"week", *MORE_UNITS} <= {*units}
    means = [known[unit].replace("1e12 byte", "1 TB") for unit in units]
    both = [f"u{i}: 1 {units[i]}, m{i}: {means[i]}" for i in range(len(units))]
    values = report_of(f"conventions: {conventions}\nderive: {{{', '.join(both)}}}\n").values
    for i, unit in enumerate(units):
        assert values[f"u{i}"].value == pytest.approx(values[f"m{i}"].value, rel=1e-9), unit


@pytest.mark.usefixtures("more_units")
def test_all_other_units_are_the_same_whatever_the_conventions() -> None:
    units = sorted(definitions().keys() - on_the_calendar(definitions()))
    wanted = "derive: {" + ", ".join(f"u{i}: 1 {unit}" for i, unit in enumerate(units)) + "}\n"
    usual = report_of(wanted).values
    other = report_of("conventions: {day: 100k s, month: 3M s, year: 40M s}\n" + wanted).values
    assert {n: v.value for n, v in usual.items()} == {n: v.value for n, v in other.items()}


def test_rounding_is_carried_but_leaves_what_is_given_alone() -> None:
    report = report_of(
        "conventions: {round: 1}\n"
        "derive:\n"
        "  given_1: 17\n"
        "  twice: 2 * given_1\n"  # 34, which is carried as 30
        "  more: 1.6 * twice\n"  # 48, not 54.4
        "  data: given_1 * 123 B\n"
    )
    values = {name: value.value for name, value in report.values.items()}
    assert values == {"given_1": 17, "twice": 30, "more": 50, "data": 2000}
    plain = report_of("derive: {given_1: 17, twice: 2 * given_1}\n")
    assert plain.values["twice"].value == 34


# --- units and nouns ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value", "shown"),
    [
        ("200 GB/day in TB/day", 200e9 / 86400, "0.2 TB/day"),
        ("1 TB in GiB", 1e12, "931 GiB"),
        ("90 s in min", 90, "1.5 min"),
        ("1 year in h", 31_536_000, "8,760 h"),
        ("50% in 1%", 0.5, "50%"),
        ("1 GB / 8 s in Gbps", 125e6, "1 Gbps"),
    ],
)
def test_a_unit_behind_in_changes_what_is_shown_and_not_the_value(
    written: str, value: float, shown: str
) -> None:
    found = report_of(f"derive:\n  found: {written}\n").values["found"]
    assert (found.value, found.text) == (pytest.approx(value), shown)


def test_a_noun_behind_a_number_is_accepted_and_changes_nothing() -> None:
    nouns = sorted(unit_table().nouns)
    lines = "".join(f"  q{i}: 5 {n}\n  r{i}: 8640 {n}/day\n" for i, n in enumerate(nouns))
    report = report_of(f"derive:\n{lines}")
    assert {v.value for n, v in report.values.items() if n[0] == "q"} == {5}
    assert {v.value for n, v in report.values.items() if n[0] == "r"} == {0.1}
    assert value_of("6 GB/user") == (6e9, "B")
    assert value_of("864 tweets/user/day") == (0.01, "1/s")


def test_a_noun_that_is_a_name_is_what_the_name_says() -> None:
    report = report_of("derive: {shards: 4, each: 8 GB / shards, tight: 8 GB/shards}\n")
    assert [report.values[n].value for n in ("each", "tight")] == [2e9, 2e9]


@pytest.mark.parametrize("name", ["users", "servers", "requests", "reads", "writes"])
def test_a_noun_is_never_a_name_of_the_system_that_is_not_there(name: str) -> None:
    assert codes_of(f"derive:\n  found: 2 * {name}\n") == ["E014"]


UNITS = unit_table().units


@pytest.mark.parametrize("symbol", UNITS)
def test_a_unit_is_the_same_behind_a_number_and_by_itself(symbol: str) -> None:
    unit = UNITS[symbol]
    wanted = (pytest.approx(3 * unit.factor), base_unit(unit.dimension))
    assert value_of(f"3 {symbol}") == wanted
    assert value_of(f"3 * {symbol}") == wanted
    assert value_of(f"3 {symbol} in {symbol}") == wanted
    assert value_of(f"12 {symbol}^2 / 4 {symbol}") == wanted


AMOUNTS = st.decimals("0.001", "9999", places=3).map(lambda d: f"{d:f}")
LARGER = [
    ("kB", "1000 B"), ("MB", "1000 kB"), ("GB", "1000 MB"), ("TB", "1000 GB"), ("PB", "1000 TB"),
    ("KiB", "1024 B"), ("MiB", "1024 KiB"), ("GiB", "1024 MiB"), ("TiB", "1024 GiB"),
    ("B", "8 b"), ("kB", "8 kbit"), ("GB", "8 Gbit"), ("Gb", "1000 Mb"),
    ("MB/s", "8 Mbps"), ("Gbps", "1000 Mbps"), ("min", "60 s"), ("h", "60 min"), ("day", "24 h"),
    ("week", "7 days"), ("year", "12 months"), ("year", "365 days"), ("s", "1000 ms"),
    ("USD", "100 cents"), ("rps", "60 rpm"), ("k", "1000"), ("M", "1000 k"), ("T", "1000 billion"),
]  # fmt: skip


@SOME
@given(AMOUNTS, st.sampled_from(LARGER))
def test_a_unit_is_so_many_of_a_smaller_one(amount: str, larger: tuple[str, str]) -> None:
    unit, smaller = larger
    value, dimension = value_of(f"{amount} {unit}")
    assert value_of(f"{amount} * {smaller}") == (pytest.approx(value, rel=1e-12), dimension)


# --- any formula ----------------------------------------------------------------------------------

KNOWN = {"small": "0.125", "many": "7k", "size": "5 GB", "spell": "30 min"}
SUM, PRODUCT, SIGN, POWER, ATOM = range(5)


@dataclass(frozen=True)
class Part:
    """A formula with the value it should have.

    `rank` is that of its loosest operator. `size` bounds what was added up on the way, so that
    digits lost by subtraction are allowed for.
    """

    text: str
    value: Fraction
    size: Fraction
    unit: str
    rank: int = ATOM

    def within(self, rank: int) -> str:
        """Its text where an operator of a rank asks for something as tight or tighter."""
        return self.text if self.rank >= rank else f"({self.text})"


def _number(text: str, value: Fraction, unit: str = "1") -> Part:
    return Part(text, value, abs(value), unit)


def _literals(unit: str) -> st.SearchStrategy[Part]:
    numbers = st.decimals("0.01", "999", places=2).map(lambda d: (f"{d:f}", Fraction(d)))
    suffixes = {
        "1": {"": 1, "k": 1000, "%": Fraction(1, 100), "x": 1, ":4": Fraction(1, 4), " users": 1},
        "B": {" B": 1, " kB": 1000, " KiB": 1024, " Mb": 125_000, " million B": 10**6},
        "s": {" s": 1, " ms": Fraction(1, 1000), " h": 3600, " days": 86400},
        "1/s": {"/s": 1, "/day": Fraction(1, 86400), " req/h": Fraction(1, 3600), "k/s": 1000},
    }[unit]
    named = {
        "1": [_number("small", Fraction(1, 8)), _number("many", Fraction(7000))],
        "B": [_number("size", Fraction(5 * 10**9), "B")],
        "s": [_number("spell", Fraction(1800), "s")],
    }
    written = st.builds(
        lambda number, suffix: _number(number[0] + suffix, number[1] * suffixes[suffix], unit),
        numbers,
        st.sampled_from(sorted(suffixes)),
    )
    return written | st.sampled_from(named[unit]) if unit in named else written


def _sum(a: Part, b: Part, op: str) -> Part:
    value = a.value + b.value if op == "+" else a.value - b.value
    text = f"{a.within(SUM)} {op} {b.within(PRODUCT)}"
    return Part(text, value, a.size + b.size, a.unit, SUM)


def _product(a: Part, b: Part, unit: str) -> Part:
    text = f"{a.within(PRODUCT)} * {b.within(SIGN)}"
    return Part(text, a.value * b.value, a.size * b.size, unit, PRODUCT)


def _quotient(a: Part, b: Part, unit: str) -> Part:
    assume(abs(b.value) * 1000 > b.size)
    below = b.text if b.text.isidentifier() else f"({b.text})"
    size = a.size * b.size / b.value**2
    return Part(f"{a.within(PRODUCT)} / {below}", a.value / b.value, size, unit, PRODUCT)


def _negative(a: Part) -> Part:
    return Part(f"-{a.within(SIGN)}", -a.value, a.size, a.unit, SIGN)


def _power(a: Part, exponent: int) -> Part:
    base = a.text if a.text.isidentifier() else f"({a.text})"
    return Part(f"{base}^{exponent}", a.value**exponent, a.size**exponent, "1", POWER)


def _extreme(function: str, parts: list[Part]) -> Part:
    value = (min if function == "min" else max)(p.value for p in parts)
    inside = ", ".join(p.text for p in parts)
    return Part(f"{function}({inside})", value, max(p.size for p in parts), parts[0].unit)


def _if(left: Part, op: str, right: Part, then: Part, otherwise: Part, negated: bool) -> Part:
    assume(abs(left.value - right.value) > (left.size + right.size) / 10**6)
    less = left.value < right.value
    holds = {"<": less, "<=": less, ">": not less, ">=": not less, "==": False, "!=": True}[op]
    chosen = then if holds != negated else otherwise
    condition = f"{'not ' if negated else ''}{left.within(SUM)} {op} {right.within(SUM)}"
    text = f"if({condition}, {then.text}, {otherwise.text})"
    return Part(text, chosen.value, chosen.size, chosen.unit)


@st.composite
def _parts(draw: st.DrawFn, unit: str, depth: int) -> Part:
    ways = ["literal", "+", "-", "* 1", "1 *", "/", "minus", "min", "max", "if"]
    ways += {"1": ["^", "B / B", "rate"], "1/s": ["1 / s"]}.get(unit, [])
    way = draw(st.sampled_from(ways)) if depth else "literal"

    def part(of: str = unit) -> Part:
        return draw(_parts(of, depth - 1))

    if way == "literal":
        return draw(_literals(unit))
    if way in "+-":
        return _sum(part(), part(), way)
    if way in ("min", "max"):
        return _extreme(way, [part() for _ in range(draw(st.integers(1, 3)))])
    if way == "if":
        sides = draw(st.sampled_from("Bs"))
        op = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
        return _if(part(sides), op, part(sides), part(), part(), draw(st.booleans()))
    return {
        "* 1": lambda: _product(part(), part("1"), unit),
        "1 *": lambda: _product(part("1"), part(), unit),
        "/": lambda: _quotient(part(), part("1"), unit),
        "minus": lambda: _negative(part()),
        "^": lambda: _power(part("1"), draw(st.integers(0, 3))),
        "B / B": lambda: _quotient(part("B"), part("B"), "1"),
        "rate": lambda: _product(part("1/s"), part("s"), "1"),
        "1 / s": lambda: _quotient(part("1"), part("s"), "1/s"),
    }[way]()


FORMULAS = st.sampled_from(["1", "B", "s", "1/s"]).flatmap(lambda unit: _parts(unit, 3))
ONE, TWO, MANY = (_number(t, Fraction(v)) for t, v in (("1", 1), ("2", 2), ("many", 7000)))


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(FORMULAS)
@example(_sum(ONE, _sum(TWO, MANY, "-"), "-"))
@example(Part("many / small / 2", Fraction(28000), Fraction(28000), "1"))
@example(_negative(_power(MANY, 2)))
def test_any_formula_has_the_value_of_exact_arithmetic(part: Part) -> None:
    assume(len(part.text) < 3000)
    value, unit = value_of(part.text, **KNOWN)
    assert unit == part.unit
    assert abs(Fraction(value) - part.value) <= part.size / 10**9


PLAIN_FORMULAS = _parts("1", 2)
QUOTED: list[Callable[[str], str]] = [str, json.dumps, "'{}'".format]
PLACES = st.sampled_from(
    [
        "{a} + {name} * {b}",
        "({a}) / {name}",
        "max({a}, {name}, {b})",
        "-{name}^2 + {a}",
        "if({a} < {b}, {name}, 1)",
        "if(not {name} == {b}, 1, 2)",
        "{name}",
    ]
)


@SOME
@given(PLAIN_FORMULAS, PLAIN_FORMULAS, PLACES, st.sampled_from(QUOTED), st.integers(1, 5))
def test_an_unknown_name_is_pointed_at_wherever_it_stands(
    a: Part, b: Part, place: str, quoted: Callable[[str], str], spaces: int
) -> None:
    formula = place.format(a=a.text, b=b.text, name="mystery")
    assume(quoted is not str or (": " not in formula and formula[0] != "-"))
    known = json.dumps(KNOWN)[1:-1].replace(", ", "\n  ")
    scenario = f"derive:\n  {known}\n  found:{' ' * spaces}{quoted(formula)}\n"
    with pytest.raises(InputError) as raised:
        report_of(scenario)
    [found] = raised.value.diagnostics
    assert found.rule == "E014"
    assert found.place is not None
    assert found.place.start == scenario.index("mystery")
    assert scenario[found.place.start : found.place.end] == "mystery"
