"""Every command in a repository that means harm: nothing outside is read, printed or touched."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT
from hostile import CANARY, GOOD, Hostile, hostile, state
from language_client import LanguageClient

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are Unix's")
SECONDS = 20.0

FORMATS = ("full", "concise", "json", "github", "junit", "sarif", "gitlab", "markdown")

# Each call, and what it may write in the repository.
READING: list[list[str]] = [
    ["run", "good"],
    ["run", "lib_right"],
    ["run", "leak"],
    ["run", "pipe"],
    ["run", "lib_out", "lib_absolute", "lib_link", "lib_pipe", "lib_folder", "lib_zero"],
    ["run", "scenarios/lib_out.yaml", "--format", "json"],
    ["run", "good", "--output", "report.md"],
    ["run", "good", "--output", "results/report.md"],
    ["run", "good", "--output", "scenarios/out/report.md"],
    ["check"],
    *(["check", "--format", format_] for format_ in FORMATS),
    ["check", "--no-cache"],
    ["check", "scenarios", "--isolated"],
    ["check", "."],
    ["check", "scenarios/**/*.yaml"],
    ["check", "scenarios/out/*.yaml"],
    ["check", "scenarios/out"],
    ["check", "--update-baseline"],
    ["check", "scenarios/good.yaml", "--update-baseline"],
    ["check", "scenarios/good.yaml", "--output", "results/report.json"],
    ["diff", "--base", "HEAD"],
    ["diff", "--base", "HEAD", "--format", "json"],
    ["diff", "--base", "HEAD", "scenarios/good.yaml", "--output", "report.md"],
    ["diff", "scenarios", "kinds"],
    ["fmt", "--check"],
    ["fmt", "--diff", "."],
    ["fmt", "scenarios"],
    ["fmt", "scenarios/loose.yaml"],
    ["fmt", "scenarios/out"],
    ["explain", "lib_out"],
    ["explain", "good"],
    ["machines", "lib_right"],
    ["machines", "lib_link"],
    ["nines", "lib_folder"],
    ["kinds", "--library", "kinds"],
    ["schema", "--library", "kinds"],
    ["schema", "--output", "report.md"],
    ["new", "leak", "--force"],
    ["new", "results/x"],
    ["new", "scenarios/out/new/x"],
    ["catalog"],
    ["calc", "1 + 1"],
]
WRITING: dict[tuple[str, ...], set[str]] = {
    ("run", "good", "--output", "here.md"): {"here.md"},
    ("new", "fresh"): {"scenarios/fresh.yaml", "scenarios/estimator.schema.json"},
    ("fmt", "kinds/shelf.yaml"): {"kinds/shelf.yaml"},
    ("check", "scenarios/good.yaml", "--update-baseline", "--baseline", "b.json"): {"b.json"},
}


def call(made: Hostile, arguments: list[str]) -> str:
    """Call the program in the repository, and give all that it prints."""
    home = made.root.parent
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(home / "user"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-m", "estimator", *arguments],
        cwd=made.root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode in (0, 1, 2)
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def changed(before: dict[str, object], after: dict[str, object]) -> set[str]:
    """Return what is new, gone or another."""
    return {key for key in before | after if before.get(key) != after.get(key)}


def assert_harmless(made: Hostile, arguments: list[str], may_write: set[str]) -> str:
    """Call the program, and look at what it printed, touched and ran."""
    outside, inside = state(made.outside), state(made.root)
    printed = call(made, arguments)
    assert CANARY not in printed
    assert "Traceback" not in printed
    assert not re.search("internal error in estimator(:| at)", printed)
    assert changed(outside, state(made.outside)) == set()
    assert changed(inside, state(made.root)) <= may_write
    assert list(made.marks.iterdir()) == []
    return printed


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Hostile:
    return hostile(tmp_path_factory.mktemp("hostile"))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", READING, ids=" ".join)
def test_a_call_reads_and_touches_nothing_outside(arguments: list[str], made: Hostile) -> None:
    assert_harmless(made, arguments, set())


@pytest.mark.slow
@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_call_writes_what_was_asked_for_and_nothing_else(
    arguments: tuple[str, ...], tmp_path: Path
) -> None:
    made = hostile(tmp_path)
    assert_harmless(made, list(arguments), WRITING[arguments])


def test_the_traps_are_set(tmp_path: Path) -> None:
    made = hostile(tmp_path)
    subprocess.run(["git", "-C", str(made.root), "status"], capture_output=True, check=False)
    subprocess.run(["git", "-C", str(made.root), "fetch"], capture_output=True, check=False)
    assert {file.name for file in made.marks.iterdir()} >= {"fsmonitor", "remote"}


def test_a_check_names_each_way_out(made: Hostile) -> None:
    printed = assert_harmless(made, ["check", "--format", "concise"], set())
    for name in ("leak", "loose"):
        assert f"E046 `scenarios/{name}.yaml` leads out of the project" in printed
    for name in ("out", "absolute", "link", "folder", "zero"):
        assert f"scenarios/lib_{name}.yaml:1:10: E046" in printed or name == "link"
    for name in ("out", "machine"):
        assert f"W118 the folder `scenarios/{name}` leads out of the project" in printed
    assert "`scenarios/pipe.yaml` is a pipe, not a file" in printed
    assert "pipe.yaml` is a pipe, not a file" in printed


def test_a_comparison_with_the_past_names_what_cannot_be_read(made: Hostile) -> None:
    printed = assert_harmless(made, ["diff", "--base", "HEAD"], set())
    assert "E044" in printed
    assert "`HEAD:scenarios/was_there.yaml` cannot be read from git" in printed


@pytest.mark.slow
def test_an_editor_waits_for_no_pipe_and_reads_nothing_outside(made: Hostile) -> None:
    outside = state(made.outside)
    command = [sys.executable, "-m", "estimator", "lsp"]
    with LanguageClient(command, made.root, timeout=SECONDS) as client:
        for name in ("lib_right", "lib_out", "lib_link", "lib_pipe", "lib_folder", "lib_zero"):
            file = made.root / "scenarios" / f"{name}.yaml"
            told = client.open(file, file.read_text())
            assert CANARY not in str(told)
            assert CANARY not in str(client.request("textDocument/hover", client.at(file, 0, 3)))
        kind = made.root / "kinds" / "shelf.yaml"
        assert CANARY not in str(client.open(kind, kind.read_text()))
        assert CANARY not in "\n".join(client.logged)
    assert changed(outside, state(made.outside)) == set()
    assert GOOD
