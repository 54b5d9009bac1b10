"""The package from Python: what it gives, what it raises, and that it keeps to itself."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED

import estimator

SHOP = """\
name: Shop
users: 1M
actions:
  visit: {per_user: 10/day, payload: 2 kB}
components:
  web: {kind: service, receives: [visit]}
expect:
  - servers <= 100
variants:
  busy: {users: 40M}
"""


@pytest.fixture
def shop() -> estimator.Scenario:
    return estimator.load(text=SHOP, name="shop")


def writes(found: estimator.Estimate) -> float:
    return found.report.values["visit.writes.average"].value


def test_a_scenario_is_loaded_from_a_file_or_a_text(
    tmp_path: Path, shop: estimator.Scenario
) -> None:
    file = tmp_path / "shop.yaml"
    file.write_text(SHOP, "utf-8")
    expected = pytest.approx(10e6 / 86_400)
    assert writes(estimator.estimate(shop)) == expected
    for given in (file, str(file), estimator.load(file)):
        found = estimator.estimate(given)
        assert writes(found) == expected
        assert (found.report.name, found.report.file) == ("Shop", str(file))


def test_a_scenario_is_either_a_file_or_a_text() -> None:
    for arguments in ({}, {"path": "a.yaml", "text": "users: 1"}):
        with pytest.raises(TypeError, match="either a path or a text"):
            estimator.load(**arguments)  # type: ignore[arg-type]


def test_overrides_and_variants_replace_what_a_scenario_says(shop: estimator.Scenario) -> None:
    plain = writes(estimator.estimate(shop))
    assert writes(estimator.estimate(shop, overrides={"users": "3M"})) == pytest.approx(3 * plain)
    assert writes(estimator.estimate(shop, variant="busy")) == pytest.approx(40 * plain)
    both = estimator.estimate(shop, variant="busy", overrides={"users": "2M"})
    assert writes(both) == pytest.approx(2 * plain)
    assert writes(estimator.estimate(shop)) == plain, "the scenario itself stays as it is"


def test_samples_and_seed_choose_what_ranges_come_to(shop: estimator.Scenario) -> None:
    def spread(**said: Any) -> tuple[float, ...]:
        overrides = {"users": "1M to 4M"}
        found = estimator.estimate(
            shop, overrides=overrides, samples=2_000, spreads=True, **said
        ).report
        assert found.uncertainty is not None
        assert found.uncertainty.draws == 2_000
        return found.uncertainty.spreads["visit.writes.average"].percentiles

    assert spread(seed=5) == spread(seed=5)
    assert spread(seed=5) != spread(seed=6)


def test_what_is_wrong_is_raised_with_every_diagnostic() -> None:
    with pytest.raises(estimator.InputError) as caught:
        estimator.load(text="- users: 5\n", name="shop")
    assert [found.rule for found in caught.value.diagnostics] == ["E005"]
    wrong = estimator.load(text="derive: {one: gone * 2, two: lost + 1}\n", name="shop")
    with pytest.raises(estimator.InputError) as caught:
        estimator.estimate(wrong)
    assert [(d.rule, d.place and d.place.line) for d in caught.value.diagnostics] == [
        ("E014", 1),
        ("E014", 1),
    ]
    with pytest.raises(estimator.InputError, match="there is no file"):
        estimator.estimate("nothing.yaml")


def test_what_to_be_warned_of_comes_with_the_estimate(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop, overrides={"users": "1M to 2M"}, drivers=["servers", "gone"])
    assert [d.rule for d in found.diagnostics] == ["E014"]
    calm = estimator.estimate(shop, drivers=["servers"])
    assert [d.rule for d in calm.diagnostics] == ["W107"]


def test_a_check_gives_what_is_wrong_as_values(shop: estimator.Scenario, tmp_path: Path) -> None:
    good = estimator.check(shop)
    assert (good.outcome, [v.outcome.status for v in good.verdicts]) == ("holds", ["pass"])
    assert good.verdicts[0].until_when.startswith("holds until")
    failing = estimator.check(shop, overrides={"users": "40B"})
    assert failing.outcome == "fails"
    assert [found.rule for found in failing.found] == ["F001"]
    assert estimator.check(tmp_path / "nothing.yaml").outcome == "wrong"
    (tmp_path / "wrong.yaml").write_text("derive: {one: gone}\n", "utf-8")
    assert [d.rule for d in estimator.check(tmp_path / "wrong.yaml").found] == ["E014"]


def test_an_explanation_goes_down_to_the_inputs(shop: estimator.Scenario) -> None:
    found = estimator.estimate(shop)
    (first, *rest) = estimator.explain(found, ["visit.writes.average"]).derivations
    assert first.name == "visit.writes.average"
    assert "users" in {derivation.name for derivation in rest}
    (alone,) = estimator.explain(found, ["visit.writes.average"], depth=0).derivations
    assert alone == first
    assert "servers" in {d.name for d in estimator.explain(found, depth=0).derivations}
    with pytest.raises(estimator.InputError, match="nothing named `visit`"):
        estimator.explain(found, ["visit"])


def test_a_difference_says_what_changed_what_comes_of_it_and_why(shop: estimator.Scenario) -> None:
    more = estimator.load(text=SHOP.replace("users: 1M", "users: 30M"), name="shop")
    found = estimator.diff(shop, more)
    assert [(c.name, c.before, c.after) for c in found.inputs] == [("users", "1M", "30M")]
    assert "servers" in {change.name for change in found.comparison.quantities}
    assert {reason.measure for reason in found.reasons} >= {"servers"}
    assert estimator.diff(shop, shop).comparison.quantities == ()


def answers(scenario: Path) -> str:
    """All that is said of a scenario; as text, since no two sources are equal."""
    found = estimator.estimate(scenario, samples=1_000)
    checked = estimator.check(scenario, samples=1_000)
    explained = estimator.explain(found)
    values = [(v.name, repr(v.value), v.text) for v in found.report.values.values()]
    return repr((values, found.diagnostics, checked.verdicts, checked.found, explained))


def test_eight_threads_get_the_answers_that_one_gets() -> None:
    files = [file for file in SHIPPED if file.stem != "estimator"]
    expected = [answers(file) for file in files]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(2):
            assert list(pool.map(answers, files)) == expected


def run(*lines: str) -> str:
    """What a program prints that is a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    return done.stdout


def test_threads_that_are_the_first_to_load_the_program_get_the_same() -> None:
    """Nothing is loaded and nothing cached yet, so that all of them begin at once."""
    expected = estimator.estimate(ROOT / "scenarios" / "twitter.yaml").report.values["servers"].text
    call = "lambda _: e.estimate('scenarios/twitter.yaml').report.values['servers'].text"
    assert (
        run(
            "from concurrent.futures import ThreadPoolExecutor",
            "import estimator as e",
            f"print(set(ThreadPoolExecutor(8).map({call}, range(8))))",
        )
        == f"{{'{expected}'}}\n"
    )


def test_importing_the_package_loads_nothing_and_prints_nothing() -> None:
    loaded = run(
        "import sys",
        "before = set(sys.modules)",
        "import estimator",
        "print(sorted(set(sys.modules) - before))",
    )
    assert loaded == "['estimator', 'estimator.version']\n"


def test_every_public_name_is_there_and_no_other() -> None:
    assert (
        run(
            "import estimator, estimator.checks.check_run, estimator.cli.app",
            "print([n for n in estimator.__all__ if not getattr(estimator, n)])",
            "print(callable(estimator.check), callable(estimator.diff))",
        )
        == "[]\nTrue True\n"
    )
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = estimator.nothing  # type: ignore[attr-defined]


@pytest.mark.slow
def test_a_users_program_is_typed(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import estimator\n"
        "found: estimator.Estimate = estimator.estimate('a.yaml', overrides={'users': '1M'})\n"
        "reveal_type(found.report.values['servers'].value)\n"
        "reveal_type(estimator.check('a.yaml').outcome)\n"
        "reveal_type(estimator.explain(found).derivations[0].steps)\n"
        "reveal_type(estimator.diff('a.yaml', 'b.yaml').inputs[0].name)\n"
        "estimator.nothing\n"
        "estimator.estimate('a.yaml', sampels=5)\n",
        "utf-8",
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", str(program)],
        cwd=ROOT, capture_output=True, text=True, check=False, env=None,
    )  # fmt: skip
    found = done.stdout
    assert [line.rpartition('is "')[2] for line in found.splitlines() if "Revealed" in line] == [
        'float"', 'str"', 'tuple[str, ...]"', 'str"',
    ]  # fmt: skip
    assert '"nothing"' in found
    assert "sampels" in found
    assert "Found 2 errors" in found
