"""What it takes to add something: a file, which nothing else has to know of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT

FORMAT = '''\
"""Reports as a list of their names."""

from estimator.render.registry import Text
from estimator.render.run import Estimates


def to_names(estimates: Estimates) -> list[str]:
    """Return a line a report."""
    return [f"{report.name}\\n" for report in estimates.reports]


RENDERER = Text(to_names, endings=(".names",))
'''
COMMAND = '''\
"""`estimator count`: how many quantities a scenario has."""

from estimator.cli.call import Call
from estimator.cli.options import Colored, Scenario
from estimator.cli.terminal import Color, put


def count(scenario: Scenario, color: Colored = Color.auto) -> int:
    """Count the quantities of a scenario."""
    from estimator.api import estimate

    call = Call("run", color)
    with call:
        put(f"{len(estimate(call.load(scenario)).report.values)}\\n")
    return call.end()
'''


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the package, to add to."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "estimator", tmp_path / "estimator", ignore=ignored)
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    return tmp_path


def said(copy: Path, *arguments: str) -> tuple[int, str]:
    """Return the exit code of the copy's command line, and what it prints."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "estimator", *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
def test_a_format_is_a_file(copy: Path) -> None:
    (copy / "estimator" / "render" / "run" / "names.py").write_text(FORMAT, "utf-8")
    assert said(copy, "run", "twitter", "search", "--format", "names") == (0, "Twitter\nSearch\n")
    assert said(copy, "run", "twitter", "--output", "a.names") == (0, "")
    assert (copy / "a.names").read_text("utf-8") == "Twitter\n"
    assert "<table|json|csv|markdown|names>" in said(copy, "run", "--help")[1]
    assert "write `--format names`" in said(copy, "run", "twitter", "--format", "name")[1]


@pytest.mark.slow
def test_a_command_is_a_file(copy: Path) -> None:
    (copy / "estimator" / "cli" / "commands" / "count.py").write_text(COMMAND, "utf-8")
    code, out = said(copy, "count", "twitter")
    assert (code, out.strip().isdigit()) == (0, True)
    code, out = said(copy, "count", "nothing")
    assert code == 2
    assert "error[E001]" in out
    assert "Count the quantities of a scenario." in said(copy, "count", "--help")[1]
    assert "write `estimator count twitter`" in said(copy, "cont", "twitter")[1]


KIND = """\
kind: lamp
about: Shines while somebody looks.
extends: service
source: Ours.
derive:
  light: {formula: nodes * 800, dimension: count, about: Lumens.}
examples:
  - {given: {reads.peak: 1k/s, writes.peak: 0/s}, expect: [light == nodes * 800]}
"""


def test_a_kind_is_a_file(copy: Path) -> None:
    (copy / "estimator" / "library" / "lamp.yaml").write_text(KIND, "utf-8")
    assert "Shines while somebody looks." in said(copy, "kinds")[1]
    (copy / "a.yaml").write_text(
        "actions: {look: {rate: 1k/s}}\ncomponents: {sun: {kind: lamp}}\nexpect: [sun.light > 1]\n"
    )
    assert said(copy, "run", "a.yaml", "--quiet")[0] == 0
    (copy / "a.yaml").write_text("components: {sun: {kind: lmap}}\n")
    assert "did you mean `lamp`?" in said(copy, "run", "a.yaml")[1]


@pytest.mark.slow
def test_a_unit_is_a_line(copy: Path) -> None:
    with (copy / "estimator" / "units" / "definitions.txt").open("a", encoding="utf-8") as file:
        file.write("fortnight = 14 day = _ = fortnights\n")
    assert "14 days" in said(copy, "calc", "1 fortnight")[1]
    assert "2 fortnights" in said(copy, "calc", "28 days in fortnights")[1]
