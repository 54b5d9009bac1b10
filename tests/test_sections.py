"""The sections of a scenario: one table that the schema, editors and commands follow."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, Ask
from pydantic import BaseModel

from estimator.catalog import catalogues
from estimator.diagnostics import Source
from estimator.editor.completion import completions
from estimator.editor.document import Document, glanced
from estimator.editor.hover import hover
from estimator.editor.schema import scenario_schema
from estimator.library.loader import Library
from estimator.scenario.load import load_source
from estimator.scenario.sections import Content, ScenarioFile, keys, model_at, sections

PACKAGE = ROOT / "estimator"
PLACES = {"the top": (), **{n: (n,) for n in sections() if model_at((n,)) is not None}}


@cache
def whole_schema() -> dict[str, Any]:
    return scenario_schema(Library(catalogues()))


def opened(text: str) -> Document:
    """Return a text in an editor, which takes it for a scenario whatever keys it has."""
    return glanced(f"# yaml-language-server: $schema=estimator.schema.json\n{text}", None)


def in_schema(path: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys that the schema of shipped kinds has at a path, as editors find them."""
    schema = whole_schema()
    for step in path:
        schema = schema["properties"][step]
        if "items" in schema:
            schema = schema["items"]
        if "then" in schema:
            schema = schema["then"]
    assert schema["additionalProperties"] is False
    found: dict[str, Any] = schema["properties"]
    return found


def model(path: tuple[str, ...]) -> type[BaseModel]:
    found = model_at(path)
    assert found is not None
    return found


@pytest.mark.parametrize("path", PLACES.values(), ids=list(PLACES))
def test_the_schema_has_the_keys_that_are_accepted_at_each_level(path: tuple[str, ...]) -> None:
    assert list(in_schema(path)) == list(model(path).model_fields)


@pytest.mark.parametrize("path", PLACES.values(), ids=list(PLACES))
def test_each_key_says_what_it_means_in_the_schema_and_in_an_editor(path: tuple[str, ...]) -> None:
    schema = in_schema(path)
    for name, key in keys(model(path)).items():
        *above, last = (*path, name)
        is_item = above and sections()[above[0]].content is Content.LIST
        line = f"{last}: 1\n"
        text = f"{above[0]}:\n{'  - ' if is_item else '  '}{line}" if above else line
        document = opened(text)
        shown = hover(document, document.source.text.index(line) + 1)
        assert key.about.replace("`", "") == schema[name]["description"]
        assert shown is not None
        assert key.about in shown.markdown


@pytest.mark.parametrize("path", PLACES.values(), ids=list(PLACES))
def test_each_key_is_completed(path: tuple[str, ...]) -> None:
    is_item = path and sections()[path[0]].content is Content.LIST
    text = f"{path[0]}:\n  {'- ' if is_item else ''}" if path else ""
    document = opened(text)
    found = completions(document, len(document.source.text)).items
    offered = {c.label for c in found if c.sort == "key"}
    assert set(keys(model(path))) - offered == set()


@pytest.mark.parametrize("path", PLACES.values(), ids=list(PLACES))
def test_each_example_of_a_key_is_accepted(path: tuple[str, ...]) -> None:
    for name, key in keys(model(path)).items():
        if key.example is not None:
            content: Any = {name: key.example}
            if path:
                needed = {n: "1" for n, f in model(path).model_fields.items() if f.is_required()}
                inner = {**needed, **content}
                is_item = sections()[path[0]].content is Content.LIST
                content = {path[0]: [inner] if is_item else inner}
            load_source(Source("example", json.dumps(content)), Path(), "example")


def test_thousands_of_lines_that_lack_spaces_are_told_of_in_linear_time() -> None:
    lines = "".join(f"  a{i}:\n  b{i}: 5\n" for i in range(12_000))
    start = time.process_time()
    found = load_source(Source("a", f"actions:\n{lines}"), Path(), "a").found
    assert time.process_time() - start < 10
    assert len(found) == 12_000
    assert found[0].help == "indent the lines that belong to `a0` by two more spaces"


# --- a section more -------------------------------------------------------------------------------

SECTION = """
    reviewed: Annotated[
        Single | None, Key("The day of the last review.", Content.DAY, "2026-11-01")
    ] = None
"""
USED = """
import contextlib, io, json, sys
from pathlib import Path
from estimator.cli.app import run_app
from estimator.editor.completion import completions
from estimator.editor.document import analysed, glanced
from estimator.editor.hover import hover
from estimator.files.project import typed
from estimator.scenario.load import load
from estimator.scenario.recognise import recognise

def say(*words):
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    with contextlib.redirect_stdout(out):
        code = run_app(list(words))
    out.flush()
    return [code, out.buffer.getvalue().decode()]

text = "users: 1M\\nreviewed: 2026-11-01\\n"
Path("a.yaml").write_text(text)
print(json.dumps({
    "type": recognise("reviewed: 2026-11-01\\n").name,
    "value": load(typed("a.yaml")).scenario.reviewed.value,
    "run": say("run", "a.yaml")[0],
    "check": say("check", ".", "--no-cache")[0],
    "found": [d.message for d in analysed(text, None).found],
    "schema": json.loads(say("schema")[1])["properties"]["reviewed"],
    "hover": hover(glanced(text, None), 12).markdown,
    "keys": [c.label for c in completions(glanced("rev", None), 3).items],
    "values": [c.label for c in completions(glanced("reviewed: ", None), 10).items],
    "fmt": [say("fmt", "a.yaml")[0], Path("a.yaml").read_text()],
}))
"""


@pytest.mark.slow
def test_a_section_more_is_one_field_that_all_doors_know(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("*.so")
    shutil.copytree(PACKAGE, tmp_path / "estimator", ignore=ignored)
    file = tmp_path / "estimator" / "scenario" / "sections.py"
    text = file.read_text("utf-8")
    before = "    users: Annotated[\n"
    assert text.count(before) == 1
    file.write_text(text.replace(before, SECTION.lstrip("\n") + before), "utf-8")
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", USED],
        cwd=tmp_path / "work",
        env={"PYTHONPATH": str(tmp_path), "ESTIMATOR_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["type"] == "SCENARIO"
    assert found["value"] == "2026-11-01"
    assert (found["run"], found["check"], found["found"]) == (0, 0, [])
    assert found["schema"]["description"] == "The day of the last review."
    assert found["schema"]["errorMessage"] == "This is not a date: write it as `2027-03-31`."
    assert found["hover"] == "The day of the last review."
    assert (found["keys"], found["values"]) == (["reviewed"], [])
    assert found["fmt"] == [0, "reviewed: 2026-11-01\nusers: 1M\n"]


# --- no second list -------------------------------------------------------------------------------


def lists_of_sections(file: Path) -> Iterator[int]:
    """Yield the lines of a module on which two or more sections stand in a literal."""
    names = set(sections()) - {"name", "about", "library", "storage"}  # words of other things, too
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        parts: list[Any] = []
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            parts = node.elts
        elif isinstance(node, ast.Dict):
            parts = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.MatchOr):
            parts = [p.value for p in node.patterns if isinstance(p, ast.MatchValue)]
        if len({p.value for p in parts if isinstance(p, ast.Constant)} & names) > 1:
            yield node.lineno


def test_no_module_has_a_list_of_sections_of_its_own() -> None:
    rooms = ("scenario", "analyse", "check", "render", "editor", "cli")
    files = [f for room in rooms for f in sorted((PACKAGE / room).glob("*.py"))]
    for named in ("report_tables.py", "report_page.py"):  # their keys name tables
        files.remove(PACKAGE / "render" / named)
    files.remove(PACKAGE / "scenario" / "other_words.py")  # where a misplaced word belongs
    found = {str(f.relative_to(PACKAGE)): list(lists_of_sections(f)) for f in files}
    assert {file: lines for file, lines in found.items() if lines} == {}


def test_the_canonical_order_is_that_of_the_models(ask: Ask) -> None:
    lines = [f"{name}: {{}}\n" for name in ScenarioFile.model_fields]
    assert ask("fmt", "-", given="".join(reversed(lines))).out == "".join(lines)
