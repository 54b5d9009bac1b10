"""What tests ask the program: a scenario's text to its report, or a command to what it prints."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from estimator.analyse import estimate
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
    report = estimate(loaded, problems, overrides=overrides, variant=chosen, options=options)
    problems.check()
    assert report is not None
    return report


def values_of(scenario: str, folder: Path = Path(), **said: str) -> dict[str, float]:
    """Return all values of a scenario in base units, by whole name."""
    return {name: v.value for name, v in estimated(scenario, folder, **said).values.items()}


@cache
def of_file(path: Path) -> Report:
    """Return the report of a shipped scenario as it is."""
    return estimated(path.read_text("utf-8"), path.parent)
