"""Which YAML files are scenarios and kinds: the same to each command, and to editors."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from asking import ROOT, SHIPPED, Ask

from estimator.editor.document import analysed
from estimator.library.kind import KindFile
from estimator.library.names import shipped_kinds
from estimator.scenario.recognise import FileType, recognise

SCENARIO, KIND, OTHER = FileType.SCENARIO, FileType.KIND, FileType.OTHER
MODELINE = "# yaml-language-server: $schema=https://example.org/estimator.schema.json\n"
TABLE = {
    "one section": ("users: 1M\n", SCENARIO),
    "a name and a section": ("name: x\nderive: {a: 1}\n", SCENARIO),
    "misspelled sections": ("user: 1M\naction: {}\n", SCENARIO),
    "a section in capitals": ("Users: 1M\n", SCENARIO),
    "as many other keys": ("users: 1M\nrequests: 5/s\n", SCENARIO),
    "more other keys": ("users: [default]\npackages: [git]\nruncmd: [ls]\n", OTHER),
    "no YAML": ("users: [1M\n", SCENARIO),
    "no YAML in braces": ("{users: 1M, actions: {\n", SCENARIO),
    "two documents": ("users: 1M\n---\nusers: 2M\n", SCENARIO),
    "indented": ("  users: 1M\n  actions: {a: {rate: 1/s}}\n", SCENARIO),
    "tabs": ("users: 1M\nactions:\n\ta: {rate: 1/s}\n", SCENARIO),
    "keys in quotes": ("'users': 1M\n", SCENARIO),
    "JSON": ('{"users": "1M", "actions": {"a": {"spec": 1, "data": 2}}}\n', SCENARIO),
    "JSON of others": ('{"openapi": 1, "info": {"users": 1, "actions": 2, "derive": 3}}\n', OTHER),
    "a byte order mark": ("\ufeffusers: 1M\n", SCENARIO),
    "carriage returns": ("name: x\rusers: 1M\r", SCENARIO),
    "nothing": ("", SCENARIO),
    "comments": ("# soon\n\n", SCENARIO),
    "the beginning of a section": ("act\n", SCENARIO),
    "a word": ("hello\n", OTHER),
    "a line that says so": (MODELINE + "on: push\njobs: 3\n", SCENARIO),
    "a kind": ("kind: shard\nabout: A shard.\nparameters: {}\n", KIND),
    "a kind with formulas": ("kind: shard\nabout: A shard.\nderive: {a: 1}\n", KIND),
    "a kind begun": ("kind: shard\nextends: fleet\n", KIND),
    "a scenario with a kind": ("kind: x\nabout: y\nusers: 1M\nactions: {}\n", SCENARIO),
    "Kubernetes": ("apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {}\n", OTHER),
    "OpenShift": ("apiVersion: v1\nkind: Template\nobjects: []\nparameters: []\n", OTHER),
    "Kubernetes, twice": ("apiVersion: v1\nkind: A\n---\napiVersion: v1\nkind: B\n", OTHER),
    "Helm": ("{{- if .Values.on }}\napiVersion: v1\nkind: Service\n{{- end }}\n", OTHER),
    "CloudFormation": ("Resources:\n  a: !Ref b\nOutputs: {}\n", OTHER),
    "GitHub": ("name: CI\non: push\njobs:\n  test: {steps: [{run: make}]}\n", OTHER),
    "Compose": ("services: {web: {image: nginx}}\nversion: 3\n", OTHER),
    "OpenAPI": ("openapi: 3.0.0\ninfo: {}\npaths: {}\ncomponents: {schemas: {}}\n", OTHER),
    "names alone": ("name: x\nabout: y\n", OTHER),
    "a list": ("- a\n- b\n", OTHER),
    "a list of scenarios": ("- users: 1M\n  actions: {}\n", OTHER),
}


@pytest.fixture(params=TABLE.values(), ids=list(TABLE))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, FileType]:
    text, file_type = request.param
    folder = tmp_path / "found"
    folder.mkdir()
    (folder / "a.yaml").write_bytes(text.encode())
    return folder / "a.yaml", text, file_type


def test_run_reads_what_it_is_given_as_a_scenario_unless_it_is_a_kind(
    ask: Ask, case: tuple[Path, str, FileType]
) -> None:
    file, _, file_type = case
    answer = ask("run", str(file))
    assert ("is a kind, not a scenario" in answer.err) == (file_type is KIND)
    assert file_type is not KIND or answer.code == 2


def test_check_skips_what_is_no_scenario_in_a_folder(
    ask: Ask, case: tuple[Path, str, FileType]
) -> None:
    file, _, file_type = case
    [checked] = json.loads(ask("check", str(file.parent), "--format", "json").out)["scenarios"]
    assert (checked["skipped"] is None) == (file_type is SCENARIO)
    if checked["skipped"]:
        assert ("a kind" in checked["skipped"]) == (file_type is KIND)


def test_fmt_leaves_what_is_neither_scenario_nor_kind_in_a_folder(
    ask: Ask, case: tuple[Path, str, FileType]
) -> None:
    file, _, file_type = case
    answer = ask("fmt", "--check", str(file.parent))
    assert (answer == (0, "", "")) == (file_type is OTHER)


def test_an_editor_takes_a_file_for_what_commands_take_it(
    case: tuple[Path, str, FileType],
) -> None:
    file, text, file_type = case
    document = analysed(text, file)
    assert document.file_type is file_type
    assert file_type is not OTHER or not document.found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_scenarios_are_scenarios_also_without_the_line_for_editors(path: Path) -> None:
    text = path.read_text("utf-8")
    assert recognise(text.partition("\n")[2]) is SCENARIO


@pytest.mark.parametrize("name", shipped_kinds())
def test_shipped_kinds_are_kinds(name: str) -> None:
    text = (ROOT / "estimator" / "library" / f"{name}.yaml").read_text("utf-8")
    assert recognise(text) is KIND


@pytest.mark.parametrize("path", sorted(ROOT.glob(".github/workflows/*.yml")), ids=lambda p: p.stem)
def test_workflows_of_this_repository_are_neither(path: Path) -> None:
    assert recognise(path.read_text("utf-8")) is OTHER


def test_the_keys_that_tell_a_kind_are_keys_of_kinds() -> None:
    for key in ("about", "extends", "parameters"):
        assert key in KindFile.model_fields
        assert recognise(f"kind: a\n{key}: b\n") is KIND
