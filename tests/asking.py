"""What tests ask the program: a scenario's text to its report, or a command to what it prints."""

from __future__ import annotations

import io
import json
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from estimator.analyse import BuildOptions
from estimator.analyse import estimated as with_model
from estimator.cli.app import run_app
from estimator.diagnostics import Problems, Source, Text
from estimator.evaluate import Report, SamplingOptions
from estimator.scenario.load import load_source

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))


def one_in(every: int, values: Iterable[Any]) -> list[Any]:
    """Mark as slow all values of some parameters but one in so many, which every check tries."""
    return [
        pytest.param(
            *(value if type(value) is tuple else (value,)),  # a record is one value
            marks=[pytest.mark.slow] if i % every else [],
        )
        for i, value in enumerate(values)
    ]


class Answer(NamedTuple):
    """A call of the command line: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def scenario(self) -> dict[str, Any]:
        """The first scenario of a JSON result."""
        found: dict[str, Any] = json.loads(self.out)["scenarios"][0]
        return found

    def rows(self, title: str) -> list[list[str]]:
        """Return the cells of a table whose title begins so; two spaces stand between cells."""
        lines = self.out.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith(title))
        body = lines[start + 3 :]
        end = body.index("") if "" in body else len(body)
        return [[c for c in line.split("  ") if c] for line in body[:end]]


Ask = Callable[..., Answer]


def asking(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """Calls the command line; a text that is `given` is standard input."""

    def ask(*arguments: str, given: str | None = None) -> Answer:
        if given is not None:
            stream = io.TextIOWrapper(io.BytesIO(given.encode()), "utf-8")
            monkeypatch.setattr(sys, "stdin", stream)
        code = run_app(list(arguments))
        return Answer(code, *capsys.readouterr())

    return ask


def estimated(
    scenario: str,
    folder: Path = Path(),
    variant: str | None = None,
    options: SamplingOptions | None = None,
    **said: str,
) -> Report:
    """Return what `estimator run` computes from a text; `api__nodes="2"` is `--set api.nodes=2`.

    Raises:
        InputError: With everything that is wrong.
    """
    problems = Problems()
    loaded = load_source(Source("scenario.yaml", scenario), folder, "scenario")
    overrides = {n.replace("__", "."): Text.of("--set", formula) for n, formula in said.items()}
    chosen = None if variant is None else Text.of("--variant", variant)
    found = with_model(loaded, problems, BuildOptions(overrides, chosen), options)
    problems.check()
    assert found is not None
    return found.report


def values_of(scenario: str, folder: Path = Path(), **said: str) -> dict[str, float]:
    """Return all values of a scenario in base units, by whole name."""
    return {name: v.value for name, v in estimated(scenario, folder, **said).values.items()}


def check_simulated(found: Mapping[str, float], simulated: Callable[[Random], float]) -> None:
    """Check how long `look` takes by how long it takes many times, one after the other."""
    chance = Random(1)
    times = sorted(simulated(chance) for _ in range(300_000))
    for percent in (50, 95, 99):
        wanted = times[len(times) * percent // 100]
        assert found[f"look.latency.p{percent}"] == pytest.approx(wanted, rel=0.03), percent
    mean = sum(times) / len(times)
    assert found["look.latency.mean"] == pytest.approx(mean, rel=0.02)
    deviation = math.sqrt(sum((time - mean) ** 2 for time in times) / len(times))
    assert found["look.latency.sd"] == pytest.approx(deviation, rel=0.03)


@cache
def of_file(path: Path) -> Report:
    """Return the report of a shipped scenario as it is."""
    return estimated(path.read_text("utf-8"), path.parent)


def warned(text: str) -> list[str]:
    """Return the texts of warnings, each with what to do."""
    problems = Problems()
    with_model(load_source(Source("a.yaml", text), Path(), "scenario"), problems)
    problems.check()
    return [f"{d.message} | {d.help}" for d in problems.found]


def derived(**formulas: str) -> str:
    """Return a scenario of formulas alone."""
    return json.dumps({"derive": formulas}, ensure_ascii=False)


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of a terminal, without what would change what is shown."""
    dropped = ("NO_COLOR", "COLUMNS", "LINES", "PYTHONIOENCODING", "PYTHONUTF8")
    kept = {k: v for k, v in os.environ.items() if k not in dropped}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **variables}
