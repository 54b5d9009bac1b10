"""The language as a calculator."""

from __future__ import annotations

import subprocess
import sys

import pytest

from estimator.cli.app import run_app


def calc(capsys: pytest.CaptureFixture[str], *formulas: str) -> tuple[int, list[str], str]:
    code = run_app(["calc", *formulas])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


@pytest.mark.parametrize(
    ("formula", "answer"),
    [
        ("500M * 2/day in 1/s", "11,574/s"),
        ("500M * 2/day", "11.6k/s"),
        ("1 year * (1 - 99.99%)", "52.6 min"),
        ("1 TB / (100 MB/s)", "2.78 h"),
        ("90 MB/s in MB /\tmin", "5,400 MB / min"),
        ("k_of_n(2, 3, 99.5%)", "0.999925"),
        ("base.ssd.random_read.latency * 10k", "1 s"),
        ("1 GiB > 1 GB", "true"),
        ("erlang_c_servers(100, 20%)", "111"),
        ("$5/user * 3 users", "$15"),
        ("$268.64 / (1 month) in $/year", "$3,224/year"),
        ("-$2/h * 1 day in $", "-$48"),
        ("(16 s^2)^(1/2)", "4 s"),
        ("(5 s)^2^2", "625 s^4"),
        ("(5 s)^(2 * -1)", "0.04/s^2"),
    ],
)
def test_a_formula_is_answered_in_a_line(
    formula: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert calc(capsys, formula) == (0, [answer], "")


def test_what_is_given_a_name_is_known_afterwards(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = calc(
        capsys, "users = 500M", "posts = users * 2/day", "posts * 200 B in GB/day"
    )
    assert (code, lines) == (0, ["500M", "11.6k/s", "200 GB/day"])


@pytest.mark.parametrize(
    ("formula", "rule", "column"),
    [
        ("3 GB + 2 s", "E013", 1),
        ("10 TB / 100 MB/s", "E017", 1),
        ("1/0", "E023", 3),
        ("2 * usrs", "E014", 5),
        ("1 to 2", "E025", 1),
        ("total = 2 * (3", "E011", 13),
        ("day = 3", "E009", 1),
        ("base.ssd.random_red.latency", "E014", 1),
    ],
)
def test_what_is_wrong_is_told_at_its_place_and_the_rest_is_computed(
    formula: str, rule: str, column: int, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, err = calc(capsys, "1 + 1", formula, "2 + 2")
    assert (code, lines) == (2, ["2", "4"])
    assert f"error[{rule}]" in err
    assert f"calc:1:{column}" in err


def test_a_range_is_sent_to_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = calc(capsys, "400M to 600M * 2/day")
    assert (code, lines) == (2, [])
    assert "the calculator computes single values" in err
    assert "under `derive:` in a file" in err


def test_a_misspelt_name_is_told_with_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = calc(capsys, "users = 3", "usres * 2")
    assert "did you mean `users`?" in err
    _, _, err = calc(capsys, "base.ssd.random_red.latency")
    assert "did you mean `base.ssd.random_read.latency`?" in err


def test_each_line_of_standard_input_is_computed() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "estimator", "calc"],
        input="users = 500M\n\n# what they do\nusers * 2/day\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "500M\n11.6k/s\n"


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["-5 GB"], ["-5 GB"]),
        (["-5"], ["-5"]),
        (["2", "+", "2"], ["4"]),
        (["3", "-5"], ["-2"]),
        (["5", "GB", "*", "2"], ["10 GB"]),
        (["1", "TB", "/", "5", "in", "GB"], ["200 GB"]),
        (["500M * 2/day", "in 1/s"], ["11,574/s"]),
        (["x", "=", "5", "x * 2"], ["5", "10"]),
        (["x = 5", "-x * 2"], ["5", "-10"]),
        (["1 + 1", "2 + 2"], ["2", "4"]),
        (["--color", "never", "-5", "+", "2"], ["-3"]),
    ],
)
def test_a_formula_without_quotes_or_with_a_minus_first_is_one_formula(
    words: list[str], answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert calc(capsys, *words) == (0, answers, "")
