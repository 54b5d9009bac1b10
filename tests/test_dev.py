"""How dev.py makes its environment, and what it runs there."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from asking import ROOT
from packaging.requirements import Requirement

Calls = list[list[str]]


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module dev.py, with an environment and locks of its own."""
    spec = importlib.util.spec_from_file_location("dev", ROOT / "dev.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("RUN_LOCK", "DEV_LOCK"):
        (tmp_path / name).write_text("rich==1\n")
        monkeypatch.setattr(module, name, tmp_path / name)
    environment = tmp_path / ".venv"
    (environment / module.BIN.name).mkdir(parents=True)
    monkeypatch.setattr(module, "ENV", environment)
    monkeypatch.setattr(module, "BIN", environment / module.BIN.name)
    monkeypatch.setattr(module, "PYTHON", environment / "pyvenv.cfg")
    monkeypatch.setattr(module, "STAMP", environment / "stamp.json")
    module.PYTHON.touch()
    monkeypatch.setattr(module, "find_installer", lambda: ["install"])
    return module


@pytest.fixture
def installs(dev: Any, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Return the calls of the installer, all of which succeed."""
    calls: Calls = []

    def succeeds(*command: Any, show_failure: bool = False) -> bool:
        if command[0] == "install":
            calls.append([str(word) for word in command[1:]])
        return True

    monkeypatch.setattr(dev, "succeeds", succeeds)
    return calls


def test_dependencies_come_from_the_lock_and_the_project_without_any(
    dev: Any, installs: Calls
) -> None:
    dev.prepare(dev=False)
    dev.prepare(dev=True)
    project = ["--no-deps", "--no-build-isolation", "-e", "."]
    assert installs == [
        ["--require-hashes", "-r", str(dev.RUN_LOCK)],
        project,
        ["--require-hashes", "-r", str(dev.DEV_LOCK)],
        project,
    ]


@pytest.mark.parametrize("lock", ["RUN_LOCK", "DEV_LOCK"])
def test_an_environment_is_brought_up_to_date_when_a_lock_changes(
    dev: Any, installs: Calls, lock: str
) -> None:
    dev.prepare(dev=True)
    done = len(installs)
    dev.prepare(dev=True)
    assert len(installs) == done
    getattr(dev, lock).write_text("rich==2\n")
    dev.prepare(dev=True)
    assert len(installs) == 2 * done


def test_what_could_not_be_installed_is_tried_again(
    dev: Any, installs: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = dev.succeeds
    monkeypatch.setattr(dev, "succeeds", lambda *command, **_: "-e" not in command)
    with pytest.raises(dev.Trouble):
        dev.prepare(dev=True)
    assert json.loads(dev.STAMP.read_text()) == {}
    monkeypatch.setattr(dev, "succeeds", right)
    dev.prepare(dev=True)
    assert len(installs) == 2


def test_a_full_check_is_a_check_with_more_tests_and_fuzzing(dev: Any) -> None:
    check, full = dev.SUITES["check",], dev.SUITES["check", "--full"]
    *lint, fuzzing, tests = full
    assert check == (*lint, (*tests, "-m", "not slow"))
    assert fuzzing == ("python", "-m", "fuzz", "--runs", "3000")


@pytest.mark.parametrize(
    "call", [["check", "--fast"], ["check", "--resolution", "odd"], ["docs", "--full"]]
)
def test_arguments_that_mean_nothing_are_refused(
    dev: Any, call: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert dev.main(call) == 2
    assert "takes no such arguments" in capsys.readouterr().err


def test_the_oldest_versions_are_tried_with_the_locked_tools(
    dev: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev, "DEV_LOCK", ROOT / "requirements" / "dev.txt")
    tools = {Requirement(line).name for line in dev.tools().splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {Requirement(line).name.lower() for line in project["dependencies"]}
    assert {"pytest", "mypy", "ruff", "hypothesis", "mkdocs-material", "types-pyyaml"} <= tools
    assert not tools & (needed | {"pygls", "hatchling", "pydantic-core"})


def test_ci_tries_both_ends_of_the_ranges_and_the_newest_only_warns() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    job = workflow["jobs"]["resolution"]
    tried = {one["resolution"]: one["python"] for one in job["strategy"]["matrix"]["include"]}
    oldest = re.findall(r"3\.\d+", (ROOT / "pyproject.toml").read_text("utf-8"))[0]
    assert set(tried) == {"lowest", "newest"}
    assert tried["lowest"] == oldest
    assert job["continue-on-error"] == "${{ matrix.resolution == 'newest' }}"
    assert job["steps"][-1]["run"] == 'python3 dev.py check --resolution "$RESOLUTION"'
