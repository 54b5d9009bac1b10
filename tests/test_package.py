"""What users install: the wheel, its metadata, and the notes of its release."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

import installed
import pytest
import yaml
from asking import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from estimator.cli.app import COMMANDS
from estimator.library.names import shipped_kinds
from estimator.version import __version__

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

# --- what it needs --------------------------------------------------------------------------------


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(one).name) for one in requirements}


def imported() -> dict[str, set[str]]:
    """Return each distribution that the package imports, and the modules that do."""
    distributions = packages_distributions()
    found: dict[str, set[str]] = {}
    for file in (ROOT / "estimator").rglob("*.py"):
        modules = set()
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules.add(node.module.partition(".")[0])
        for module in modules - sys.stdlib_module_names - {"estimator"}:
            for distribution in distributions.get(module, [module]):
                where = found.setdefault(canonicalize_name(distribution), set())
                where.add(str(file.relative_to(ROOT / "estimator")))
    return found


def test_whatever_is_installed_with_it_is_imported_by_it() -> None:
    used = imported()
    optional = {extra: names(EXTRAS[extra]) for extra in ("lsp", "mcp", "report")}
    for extra, needed in {"": names(PROJECT["dependencies"]), **optional}.items():
        assert needed <= set(used), f"{extra}: {needed - set(used)}"


def test_whatever_it_imports_is_installed_with_it_or_by_an_extra() -> None:
    used = imported()
    for name in names(PROJECT["dependencies"]) | {"pydantic-core"}:  # pydantic brings its own
        used.pop(name, None)
    beside = {
        "pygls": {"editor/", "cli/commands/lsp.py"},
        "lsprotocol": {"editor/"},  # pygls brings it
        "mcp": {"assistant/server.py"},
        "vl-convert-python": {"render/"},
        "pandas": {"analyse/tabular.py"},  # if the caller has it
        "polars": {"analyse/tabular.py"},
    }
    for name, where in used.items():
        assert name in beside, f"{name} is imported by {where}"
        assert all(file.startswith(tuple(beside[name])) for file in where), (name, where)


# --- the wheel ------------------------------------------------------------------------------------


class Installed(NamedTuple):
    """A wheel, and a Python that has it beside the packages that it needs."""

    wheel: Path
    sdist: Path
    packages: Path
    tree: Path
    folder: Path

    def __call__(self, *arguments: str, **variables: str) -> str:
        clean = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        done = subprocess.run(
            [sys.executable, "-P", *arguments],
            cwd=self.folder,
            env={**clean, "PYTHONPATH": str(self.packages), **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Return what `dev.py build` makes, installed."""
    folder = tmp_path_factory.mktemp("built")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder / "dist")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    packages, tree = installed.unpack(folder / "dist", folder)
    (folder / "elsewhere").mkdir()
    [wheel], [sdist] = (list((folder / "dist").glob(p)) for p in ("*.whl", "*.tar.gz"))
    return Installed(wheel, sdist, packages, tree, folder / "elsewhere")


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_a_wheel_has_the_package_and_nothing_beside_it(wheel: Installed) -> None:
    with zipfile.ZipFile(wheel.wheel) as archive:
        files = archive.namelist()
    metadata = f"estimator-{__version__}.dist-info"
    assert {file.partition("/")[0] for file in files} == {"estimator", metadata}
    assert {"estimator/py.typed", f"{metadata}/licenses/LICENSE"} <= set(files)
    assert {f"estimator/library/{kind}.yaml" for kind in shipped_kinds()} <= set(files)
    assert not [file for file in files if re.search(r"__pycache__|test_|\.tmp$|\.orig$", file)]
    assert wheel.wheel.stat().st_size < 3_000_000


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_a_wheel_built_of_the_sdist_is_the_same(wheel: Installed, tmp_path: Path) -> None:
    with tarfile.open(wheel.sdist) as archive:
        installed.extract(archive, tmp_path)
    [tree] = tmp_path.iterdir()
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)

    def contents(file: Path) -> dict[str, int]:
        with zipfile.ZipFile(file) as archive:
            return {i.filename: i.CRC for i in archive.infolist() if "RECORD" not in i.filename}

    [again] = tmp_path.glob("*.whl")
    first, second = contents(wheel.wheel), contents(again)
    first.pop("estimator/library/compiled.bin")
    second.pop("estimator/library/compiled.bin")
    assert first == second


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_an_installed_wheel_starts_by_its_entry_point_with_its_compiled_kinds(
    wheel: Installed,
) -> None:
    program = (
        "import importlib.metadata, sys; import estimator;"
        "from estimator.library.compiled import stored; from estimator.model.templates import *;"
        "[found] = importlib.metadata.distribution('estimator').entry_points;"
        "assert stored(kind_key('database'));"
        "sys.argv = ['estimator', '--version']; print(estimator.__file__); found.load()()"
    )
    where, version = wheel("-c", program).split("\n")[:2]
    assert Path(where).is_relative_to(wheel.packages)
    assert version == f"estimator {__version__}"


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_an_installed_wheel_answers_shells(wheel: Installed) -> None:
    def complete(*words: str) -> list[str]:
        asked = "\n".join(["estimator", *words])
        call = {"_ESTIMATOR_COMPLETE": "complete_bash", "COMP_WORDS": asked}
        return wheel("-m", "estimator", **call, COMP_CWORD=str(len(words))).split()

    assert complete("") == list(COMMANDS)
    assert complete("kinds", "datab") == ["database"]
    assert "_ESTIMATOR_COMPLETE" in wheel("-m", "estimator", "--show-completion", "bash")


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_an_installed_wheel_carries_what_assistants_read(wheel: Installed) -> None:
    program = (
        "from estimator.assistant.pages import pages\n"
        "for name, page in pages().items(): print(name, len(page.text), page.file)"
    )
    lines = [line.split() for line in wheel("-c", program).splitlines()]
    assert {"skill", "language", "functions", "units", "rules", "kinds"} <= {n for n, *_ in lines}
    for _, length, file in lines:
        assert int(length) > 100
        assert Path(file).is_relative_to(wheel.packages)


@pytest.mark.slow
@pytest.mark.xdist_group("wheel")
def test_an_installed_wheel_passes_tests(wheel: Installed) -> None:
    arguments = ["-q", "-m", "not slow", "tests/test_api.py", "tests/test_explain.py"]
    assert installed.run_tests(wheel.wheel.parent, arguments) == 0


def test_ci_runs_the_tests_against_the_wheel_on_the_oldest_and_the_newest_python() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    job = workflow["jobs"]["package"]
    named = [c.rpartition(" ")[2] for c in PROJECT["classifiers"] if re.search(r":: 3\.\d", c)]
    assert job["strategy"]["matrix"]["python"] == [named[0], named[-1]]
    commands = "\n".join(step.get("run", "") for step in job["steps"])
    assert "python3 dev.py build" in commands
    assert "tests/installed.py" in commands


# --- the release ----------------------------------------------------------------------------------


@pytest.fixture
def dev() -> Callable[..., subprocess.CompletedProcess[str]]:
    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(ROOT / "dev.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return call


def test_the_notes_of_a_release_are_its_section_of_the_changelog(
    dev: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    notes = dev("notes", __version__)
    assert notes.returncode == 0
    assert notes.stdout == dev("notes").stdout
    assert notes.stdout.strip() in (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert "### " in notes.stdout
    assert not re.search(r"^## ", notes.stdout, re.M)


def test_a_version_without_notes_is_said(
    dev: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    found = dev("notes", "0.0")
    assert (found.returncode, found.stdout) == (2, "")
    assert "has no section for 0.0" in found.stderr


# --- where it comes from --------------------------------------------------------------------------


def test_nothing_says_to_install_the_project_that_has_its_name_on_pypi() -> None:
    texts = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "estimator").rglob("*")]
    from_pypi = re.compile(r"(pipx?|uv|tool) install [^`\n]*'?\bestimator(\[|'|`|$)")
    wrong = [
        f"{file}: {found[0]}"
        for file in texts
        if file.suffix in (".md", ".py", ".yaml") and "reference" not in file.parts
        for found in from_pypi.finditer(file.read_text("utf-8"))
        if "/estimator" not in found[0]
    ]
    assert wrong == []
