"""`x ~ 1.88 TiB`: a value rounds to the digits that are written, or is within a distance."""

from __future__ import annotations

import pytest
from asking import Ask, estimated
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_values_as_text import DIMENSIONS, SHARES, SIZES

from estimator.formula.dimensions import no_names, typecheck
from estimator.formula.emit import computed
from estimator.formula.parse import parse
from estimator.units import PLAIN, Calendar, Dimension, write

USUAL = Calendar()


def holds(condition: str, **names: str) -> bool:
    lines = "".join(f"  {name}: {formula}\n" for name, formula in names.items())
    derive = f"derive:\n{lines}" if names else ""
    [outcome] = estimated(f"{derive}expect:\n  - {condition}\n").expectations
    return outcome.status == "pass"


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        ("1.88 TiB", "1.875 TiB", "1.885 TiB"),
        ("2 TiB", "1.95 TiB", "2.05 TiB"),
        ("100 GB", "95 GB", "105 GB"),
        ("100.0 GB", "99.95 GB", "100.05 GB"),
        ("1610", "1605", "1615"),
        ("11.6k/s", "11_550/s", "11_650/s"),
        ("5k/s", "4950/s", "5050/s"),
        ("99.99%", "99.985%", "99.995%"),
        ("$0.023/GB/month", "$0.0225/GB/month", "$0.0235/GB/month"),
        ("$300k", "$295k", "$305k"),
        ("-20 ms", "-20.5 ms", "-19.5 ms"),
        ("1.50e3", "1495", "1505"),
        ("100:1", "95", "105"),
        ("5 GB/user", "4.95 GB", "5.05 GB"),
        ("0.05", "0.0495", "0.0505"),
        ("0.00", "-0.005", "0.005"),
        ("0", "0", "0"),
    ],
)
def test_a_value_is_about_a_number_where_it_rounds_to_its_digits(
    written: str, least: str, most: str
) -> None:
    assert holds(f"{least} ~ {written}")
    assert holds(f"{most} ~ {written}")
    unit = written.lstrip("-$0123456789.:ek%").replace("/s", "").strip()
    off = "1e-6" if unit in ("", "/user") else f"1e-6 {unit}"
    off = {"$300k": "$1", "$0.023/GB/month": "$1e-6/GB/month"}.get(written, off)
    off = "1e-6/s" if written.endswith("/s") else "1 kB" if written == "5 GB/user" else off
    assert not holds(f"{least} - {off} ~ {written}")
    assert not holds(f"{most} + {off} ~ {written}")


@pytest.mark.parametrize(
    ("condition", "is_true"),
    [
        ("95 ~ 100 within 5%", True),
        ("94.9 ~ 100 within 5%", False),
        ("18 ms ~ 20 ms within 2 ms", True),
        ("17.9 ms ~ 20 ms within 2 ms", False),
        ("19% ~ 20% within 5%", True),
        ("18% ~ 20% within 5%", False),
        ("-95 ~ -100 within 5%", True),
        ("10 ~ 4 + 5 within 1", True),
        ("10 ≈ 10.4 within 0.5", True),
        ("not 10 ~ 12", True),
        ("3 billion ~ 3B", True),
    ],
)
def test_within_says_how_far_a_value_may_be(condition: str, is_true: bool) -> None:
    assert holds(condition) is is_true


@settings(max_examples=200, deadline=None)
@given(SIZES, st.sampled_from(DIMENSIONS), st.integers(3, 6))
@example(999.6, PLAIN, 3)
@example(0.9996, PLAIN, 3)
def test_what_prints_as_a_number_is_about_it(
    value: float, dimension: Dimension, digits: int
) -> None:
    text = write(value, dimension, significant=digits).replace(",", "")
    if "×" in text:  # an amount of a unit that has no name is a product
        return
    tree, _ = typecheck(parse(f"x ~ {text}"), lambda name: dimension, None)
    assert computed(tree, USUAL, {"x": value}), text


@given(SHARES)
def test_what_prints_as_a_share_is_about_it(value: float) -> None:
    text = write(value, PLAIN, display_unit="nines")
    if text.startswith(">"):
        return
    tree, _ = typecheck(parse(f"{value!r} ~ {text}"), no_names, None)
    assert computed(tree, USUAL), text


def test_a_failure_shows_both_sides_in_the_unit_written(ask: Ask) -> None:
    text = "derive: {x: 1920 GiB, daily: 23/s}\nexpect: [x ~ 1.8 TiB, daily <= 1M/day]\n"
    answer = ask("check", "-", given=text)
    assert answer.code == 1
    assert "`x ~ 1.8 TiB` does not hold: it is 1.88 TiB, 4.17% above 1.8 TiB" in answer.out
    assert "it is 1.99M/day, 98.7% above 1M/day" in answer.out


def test_a_failure_shows_the_digits_that_tell_the_sides_apart(ask: Ask) -> None:
    text = "derive: {x: 1.8846 TiB}\nexpect: [x ~ 1.884 TiB]\n"
    assert "it is 1.8846 TiB, and should be 1.884 TiB" in ask("check", "-", given=text).out


def test_about_holds_in_a_share_of_the_samples(ask: Ask) -> None:
    text = "derive:\n  x: uniform(0, 100)\nexpect: [{check: x ~ 50 within 25, confidence: 40%}]\n"
    answer = ask("run", "-", "--all", given=text)
    assert answer.code == 0
    assert "holds in 50" in answer.out or "holds in 49" in answer.out


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("x ~ 2 * x", "the number behind it"),
        ("x ~ 5 ms within 1", "`within` compares a time and a plain number"),
        ("x ~ 5 ms within -1 ms", "`within` needs an amount above zero"),
        ("x ~ 5 GB", "`~` compares a time and data"),
        ("x ~ 4 ms to 6 ms", "no value equals a range"),
    ],
)
def test_what_about_cannot_compare_is_refused(ask: Ask, condition: str, message: str) -> None:
    answer = ask("check", "-", given=f"derive: {{x: 5 ms}}\nexpect: [{condition}]\n")
    assert answer.code == 2
    assert message in answer.out
