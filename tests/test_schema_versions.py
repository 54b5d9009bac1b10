"""The JSON of schema 1, which those who parse it can ask for while they move to schema 2."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, Ask

from estimator.render.old_names import OLD_NAMES
from estimator.render.registry import commands, formats

RANGES = """\
users: 1M to 3M
actions: {post: {per_user: 1 to 3 /day, payload: 1 kB}}
components: {api: {kind: service, nodes: 100}, db: {kind: database, node: cheapest}}
derive: {whole: (-1 to 1) * (-1 to 1), middle: mean(whole)}
expect: [users < 9M, servers < 5]
"""
PLAIN = """\
users: 5M
actions: {view: {per_user: 20/day}}
components: {api: {kind: service}}
"""
ASKED = [x for option in ("drivers", "tornado", "sobol") for x in (f"--{option}", "whole")]
CALLS = {
    "run": ["run", "a.yaml", *ASKED, "--samples", "1000"],
    "check": ["check", "b.yaml", "--samples", "1000"],
    "diff": ["diff", "c.yaml", "d.yaml"],
    "explain": ["explain", "c.yaml"],
    "rule": ["explain", "E012"],
    "calc": ["calc", "1 + 1"],
    "kinds": ["kinds"],
    "catalog": ["catalog"],
    "machines": ["machines", "c.yaml"],
    "nines": ["nines"],
    "compare": ["compare", "c.yaml", "d.yaml"],
    "forecast": ["forecast", "c.yaml", "--months", "2"],
    "report": ["report", "c.yaml"],
    "solve": ["solve", "c.yaml", "--for", "users", "--until", "servers <= 100"],
    "sweep": ["sweep", "c.yaml", "--over", "users=1M,2M"],
    "fmt": ["fmt", "--check", "a.yaml"],
    "new": ["new", "x/y.yaml", "--force"],
}
"""A call of each command that writes JSON, with as many keys as one has."""
MORE = [["catalog", "base"]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ask: Ask) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(RANGES)
    Path("b.yaml").write_text(RANGES)
    Path("c.yaml").write_text(PLAIN)
    Path("d.yaml").write_text(PLAIN.replace("5M", "90M"))
    ask("check", "b.yaml", "--update-baseline", "--samples", "1000")
    ask("new", "x/y.yaml")
    Path("b.yaml").write_text(RANGES.replace("1M", "2M"))
    return tmp_path


def both(ask: Ask, call: list[str]) -> tuple[Any, Any]:
    """Return what a call prints in schema 2, and in schema 1."""
    new = json.loads(ask(*call, "--format", "json").out)
    return new, json.loads(ask(*call, "--format", "json", "--schema-version", "1").out)


def differences(new: Any, old: Any, at: str = "") -> dict[str, str]:
    """Return the keys that have another name, in order; all else has to be the same."""
    if isinstance(new, dict):
        found = {}
        for (key, below), (was, before) in zip(new.items(), old.items(), strict=True):
            path = f"{at}.{key}".lstrip(".")
            found |= ({} if key == was else {path: was}) | differences(below, before, path)
        return found
    if isinstance(new, list):
        pairs = zip(new, old, strict=True)
        return {p: w for n, o in pairs for p, w in differences(n, o, f"{at}[]").items()}
    assert new == old or at == "schema", at
    return {}


def generic(path: str) -> str:
    """Return a path with `NAME` for the names of quantities and components."""
    path = re.sub(r"(drivers|interactions)\.[^[]+", r"\1.NAME", path)
    return path.replace("sobol.whole", "sobol.NAME")


def test_all_commands_with_json_are_tried() -> None:
    assert set(CALLS) == {command for command in commands() if "json" in formats(command)}


@pytest.mark.slow
def test_schema_1_has_the_old_names_and_the_same_values_in_every_command(
    folder: Path, ask: Ask
) -> None:
    seen: dict[str, str] = {}
    for call in (*CALLS.values(), *MORE):
        new, old = both(ask, call)
        assert (new["schema"], old["schema"]) == (2, 1)
        seen |= {generic(path): was for path, was in differences(new, old).items()}
    assert seen == dict(OLD_NAMES)


@pytest.mark.slow
def test_old_names_stand_in_files_and_where_a_call_is_wrong(folder: Path, ask: Ask) -> None:
    assert ask("run", "a.yaml", "--output", "a.json", "--schema-version", "1").code == 1
    found = json.loads(Path("a.json").read_text("utf-8"))
    assert found["schema"] == 1
    assert found["scenarios"][0]["uncertainty"]["draws"] == 65_536
    wrong = json.loads(ask("kinds", "no", "--format", "json", "--schema-version", "1").out)
    assert (wrong["schema"], wrong["diagnostics"][0]["rule"]) == (1, "E020")


@pytest.mark.slow
@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("format_", [[], ["--format", "csv"], ["--output", "a.md"]])
def test_a_schema_is_refused_beside_what_is_no_json(
    version: str, format_: list[str], folder: Path, ask: Ask
) -> None:
    answer = ask("run", "a.yaml", *format_, "--schema-version", version)
    assert (answer.code, answer.out) == (2, "")
    assert "`--schema-version` is for JSON, and this call writes" in answer.err
    assert "add `--format json`" in answer.err
    assert not Path("a.md").exists()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["0", "3", "-1"])
def test_a_schema_that_is_not_there_is_refused(version: str, folder: Path, ask: Ask) -> None:
    given = Path("a.yaml").read_text("utf-8")
    answer = ask("fmt", "a.yaml", "--format", "json", "--schema-version", version)
    assert (answer.code, answer.out) == (2, "")
    assert f"there is no schema version {version}" in answer.err
    assert Path("a.yaml").read_text("utf-8") == given, "nothing is written"


def test_the_reference_documents_no_key_that_only_schema_1_has() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text("utf-8")
    rest = page.partition("### Schema 1 and schema 2")[0]
    old = {f"{path.rpartition('.')[0]}.{was}`".lstrip(".") for path, was in OLD_NAMES.items()}
    assert [path for path in old if f"`{path}" in rest] == []
