"""The rules of the diagnostics: all that are used are explained, by examples that are true."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import estimator
from estimator.cli.app import run_app
from estimator.diagnostics.rules import rules

PACKAGE = Path(estimator.__file__).parent
EXAMPLES = [code for code, rule in rules().items() if rule.wrong]


def used_codes() -> set[str]:
    """Return the codes that the program can report, by its source."""
    sources = (path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    return {code for source in sources for code in re.findall(r'"([EFW]\d{3})"', source)}


def reported(
    scenario: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> tuple[int, set[str]]:
    """Return the exit code and the codes that a scenario's text is reported with."""
    monkeypatch.chdir(tmp_path)
    Path("scenario.yaml").write_text(scenario, "utf-8")
    exit_code = run_app(["run", "scenario.yaml", "--format", "json"])
    return exit_code, {d["rule"] for d in json.loads(capfd.readouterr().out)["diagnostics"]}


def test_every_code_that_is_used_is_explained_and_no_other() -> None:
    assert set(rules()) == used_codes()


def test_codes_stand_in_order() -> None:
    assert list(rules()) == sorted(rules())


@pytest.mark.parametrize("code", rules())
def test_a_rule_has_a_title_and_a_few_sentences(code: str) -> None:
    rule = rules()[code]
    assert 0 < len(rule.title) <= 60
    assert not rule.title.endswith(".")
    assert rule.about.endswith(".")
    assert 1 <= len(re.findall(r"\.(?= |$)", rule.about)) <= 4
    assert bool(rule.wrong) == bool(rule.right)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_wrong_example_breaks_its_rule_and_no_other(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    exit_code, codes = reported(rules()[code].wrong, tmp_path, monkeypatch, capfd)
    assert codes == {code}
    assert exit_code == (0 if code.startswith("W") else 2)


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_right_example_breaks_no_rule(
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert reported(rules()[code].right, tmp_path, monkeypatch, capfd) == (0, set())


@pytest.mark.parametrize("code", rules())
def test_explain_prints_a_rule_with_its_examples(
    code: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_app(["explain", code.lower()]) == 0
    shown = capfd.readouterr()
    assert shown.err == ""
    assert shown.out.startswith(f"{code}: {rules()[code].title}\n")
    for example in (rules()[code].wrong, rules()[code].right):
        assert all(f"    {line}\n" in shown.out for line in example.splitlines())
    assert max(map(len, shown.out.splitlines())) <= 100


@pytest.mark.parametrize(("word", "help_"), [("E0122", "`E012`"), ("W999", "from E001 to W1")])
def test_explain_knows_no_other_codes(
    word: str, help_: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_app(["explain", word]) == 2
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error[E033]: there is no rule `{word}`")
    assert help_ in shown.err
