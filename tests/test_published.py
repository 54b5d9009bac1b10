"""Published worked estimates, figure by figure: the program computes what the source states.

Beside each scenario in `published/` stands a `.stated.yaml` file with the figures of its source.
An entry's `is` is a formula over the scenario, `stated` the source's value in the same language and
`digits` how many of its digits count. The two agree if they differ by no more than half a unit of
the last digit; with `cut` or `up`, by less than a unit on the one side to which the source rounded.
What a source rounded coarser than it writes is `loose`, what it has wrong is `wrong`.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from estimator.diagnostics import InputError, Problems, Source
from estimator.evaluate import evaluate
from estimator.formula.numeric import TOLERANCE, significant
from estimator.formula.parse import parse
from estimator.formula.tree import Literal, Number
from estimator.model import build
from estimator.scenario.load import load_source

FOLDER = Path(__file__).parent / "published"
SUFFIX = ".stated.yaml"
STATED = {path.name.removesuffix(SUFFIX): path for path in sorted(FOLDER.glob(f"*{SUFFIX}"))}
SCENARIOS = {
    path.stem: path for path in sorted(FOLDER.glob("*.yaml")) if not path.name.endswith(SUFFIX)
}

KEYS = {"is", "stated", "said", "digits", "cut", "up", "loose", "wrong", "because"}
FLAGS = {"true": True, "false": False}


@dataclass(frozen=True)
class Figure:
    """A figure that a source states, as in the file; `formula` is what `is` says there."""

    case: str
    formula: str
    stated: str
    said: str
    digits: int
    cut: bool = False
    up: bool = False
    loose: float | None = None
    wrong: float | None = None
    because: str = ""

    @property
    def unit(self) -> float:
        """A unit of the last digit that counts, as a share of the value."""
        tree = parse(self.stated)
        assert isinstance(tree, Number | Literal), f"`{self.stated}` should be a number with a unit"
        number = tree.value if isinstance(tree, Number) else tree.number.value
        exponent = math.floor(math.log10(number))
        return float(10 ** (exponent + 1 - self.digits)) / number

    def agrees(self, ratio: float) -> bool:
        """Return whether a computed ratio to the stated value rounds to what is stated."""
        off = ratio - 1
        if self.cut:
            return -TOLERANCE <= off < self.unit - TOLERANCE
        if self.up:
            return TOLERANCE - self.unit < off <= TOLERANCE
        return abs(off) <= self.unit / 2 + TOLERANCE


def figure(case: str, entry: Mapping[str, Any]) -> Figure:
    assert set(entry) <= KEYS, f"{case}: {set(entry) - KEYS}"
    wrong = entry.get("wrong", {})
    return Figure(
        case,
        entry["is"],
        entry["stated"],
        entry["said"],
        int(entry["digits"]),
        cut=FLAGS[entry.get("cut", "false")],
        up=FLAGS[entry.get("up", "false")],
        loose=float(entry["loose"]) if "loose" in entry else None,
        wrong=float(wrong["factor"]) if wrong else None,
        because=wrong.get("because", entry.get("because", "")),
    )


@cache
def contents(case: str) -> Mapping[str, Any]:
    found = yaml.load(STATED[case].read_text("utf-8"), yaml.BaseLoader)
    assert isinstance(found, dict)
    return found


def figures(case: str) -> list[Figure]:
    return [figure(case, entry) for entry in contents(case)["stated"]]


def ratios(scenario: Path, found: list[Figure]) -> dict[Figure, float]:
    """Computed over stated; the program computes both sides and compares their dimensions."""
    checks = "".join(f"  - {json.dumps(f'{f.formula} == {f.stated}')}\n" for f in found)
    text = f"{scenario.read_text('utf-8')}\nexpect:\n{checks}"
    loaded = load_source(Source(scenario.name, text), scenario.parent, scenario.stem)
    problems = Problems()
    model = build(loaded, problems)
    report = None if model is None else evaluate(model, problems)
    if report is None:  # a warning is no reason not to compute
        raise InputError(problems.found)
    return dict(zip(found, (o.ratio or 0.0 for o in report.expectations), strict=True))


@cache
def of_case(case: str) -> dict[Figure, float]:
    return ratios(SCENARIOS[case], figures(case))


ALL = [each for case in STATED for each in figures(case)]
WRONG = [f for f in ALL if f.wrong is not None]
LOOSE = [f for f in ALL if f.loose is not None]
RIGHT = [f for f in ALL if f.wrong is None and f.loose is None]


def name_of(value: Figure) -> str:
    return f"{value.case}: {value.said}"


@pytest.mark.parametrize("stated", RIGHT, ids=name_of)
def test_a_stated_figure_is_computed_to_within_the_rounding_of_its_source(stated: Figure) -> None:
    ratio = of_case(stated.case)[stated]
    assert stated.agrees(ratio), f"{stated.formula} is {ratio:.6g} times {stated.stated}"


@pytest.mark.parametrize("stated", WRONG, ids=name_of)
def test_a_wrong_figure_is_off_by_the_factor_that_is_said(stated: Figure) -> None:
    ratio = of_case(stated.case)[stated]
    assert not stated.agrees(ratio)
    assert stated.because
    assert stated.wrong is not None
    assert significant(1 / ratio, 2) == significant(stated.wrong, 2)


@pytest.mark.parametrize("stated", LOOSE, ids=name_of)
def test_a_loose_figure_is_coarser_than_written_but_no_more_than_is_said(stated: Figure) -> None:
    ratio = of_case(stated.case)[stated]
    assert not stated.agrees(ratio)
    assert stated.because
    assert stated.loose is not None
    assert max(ratio, 1 / ratio) <= stated.loose < 1.25


@pytest.mark.parametrize(
    ("stated", "digits", "direction", "computed", "agrees"),
    [
        ("60k/s", 1, "", 64.9, True),
        ("60k/s", 1, "", 65.1, False),
        ("60k/s", 2, "", 59.51, True),
        ("60k/s", 2, "", 59.4, False),
        ("36.5 TB", 3, "", 36.55, True),
        ("36.5 TB", 3, "", 36.56, False),
        ("1000", 4, "", 1000.5, True),
        ("1000", 4, "", 1000.6, False),
        ("36 TB", 2, "cut", 36.99, True),
        ("36 TB", 2, "cut", 37.0, False),
        ("36 TB", 2, "cut", 35.9, False),
        ("24k/s", 2, "up", 23.1, True),
        ("24k/s", 2, "up", 23.0, False),
        ("24k/s", 2, "up", 24.1, False),
    ],
)
def test_half_a_unit_of_the_last_digit_is_the_limit(
    stated: str, digits: int, direction: str, computed: float, agrees: bool
) -> None:
    given = Figure("", "", stated, "", digits, cut=direction == "cut", up=direction == "up")
    written = float(stated.split()[0].removesuffix("k/s"))
    assert given.agrees(computed / written) == agrees


def test_a_count_stated_as_bytes_is_refused() -> None:
    count = Figure("tw-xu", "tweet.events.per_day", "302 MB", "302mb per day", 3)
    with pytest.raises(InputError, match="compares a plain number and"):
        ratios(SCENARIOS["tw-xu"], [count])


def test_every_scenario_has_its_stated_figures_and_they_have_theirs() -> None:
    assert sorted(SCENARIOS) == sorted(STATED)


@pytest.mark.parametrize("case", STATED)
def test_stated_figures_name_their_source_and_its_address(case: str) -> None:
    found = contents(case)
    assert sorted(found) == ["address", "source", "stated"]
    assert all(found.values())


def test_at_least_25_published_estimates_are_reproduced() -> None:
    assert len(STATED) >= 25


@pytest.mark.slow
def test_the_command_line_computes_all_published_scenarios_in_one_run() -> None:
    paths = [str(path) for path in SCENARIOS.values()]
    command = [sys.executable, "-m", "estimator", "run", "--format", "json", *paths]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0
    assert "error[" not in done.stderr
    found = json.loads(done.stdout)["scenarios"]
    assert [each["file"] for each in found] == paths
    xu = found[paths.index(str(SCENARIOS["tw-xu"]))]
    assert xu["quantities"]["tweet.writes.average"]["value"] == 3500
