"""What the README and docs/ say is run, evaluated and compared.

How a page tells what to do with a block, in a comment above it (`key: value`, with commas
between):

- `<!-- file: NAME -->` puts the block into a file, which what follows on the page finds, until
  another block of that name takes its place;
- `<!-- into: NAME -->` changes that file: each section in the block takes the place of the file's
  section of that name, or comes to its end;
- `<!-- fails: E017 -->` says that a scenario must be refused with that code, `<!-- warns: W101 -->`
  that it is warned of, and `<!-- exit: 1 -->` that an expectation fails;
- `<!-- fragment -->` says that a block is a part of a file, and only has to be YAML;
- `<!-- workflow -->` says that it is one of GitHub's, whose calls of estimator must succeed.

Files stand beside the shipped scenarios, unless the page says `<!-- folder: empty -->`.

In a `console` block every `$ estimator ...` is run. A line `...` stands for any lines, and `...`
at the end of a line for the rest of it. A command must succeed unless `$ echo $?` follows. Tables
with the columns `written` and `means`, `written` and `shown`, `refused` and `code`, or `range`
are evaluated. What stands between `<!-- begin: NAME -->` and `<!-- end -->` is generated; with
`--update-golden` it is written anew, and so is the output of commands.
"""

from __future__ import annotations

import inspect
import io
import json
import math
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import Any

import api_page
import pytest
import typer
import validation_page
import yaml
from asking import one_in
from typer.main import get_command

from estimator.catalog import Entry, catalog, catalogues
from estimator.catalog.entry import NO_DOUBT
from estimator.checks import baseline, settings
from estimator.cli.app import app_with, run_app
from estimator.diagnostics import InputError, Problems, Source
from estimator.diagnostics.rules import Rule, rules
from estimator.editor import server
from estimator.evaluate import Value, evaluate
from estimator.files import git, read
from estimator.formula import cursor, functions, sampling, tokens
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS
from estimator.library import kind as kind_module
from estimator.library.loader import read_kind, shipped_kind, shipped_kinds
from estimator.model import build
from estimator.render.old_names import OLD_NAMES
from estimator.scenario import sections, used_files, yaml_tree
from estimator.scenario.load import load_source
from estimator.units import DATA, MONEY, PLAIN, TIME, base_unit, divide, unit_table

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LANGUAGE = ROOT / "docs" / "language.md"
FUNCTIONS_PAGE = ROOT / "docs" / "reference" / "functions.md"
COMMANDS = get_command(app_with()).commands  # type: ignore[attr-defined]


# --- reading pages --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """A fenced block, and what the comment above it says."""

    page: Path
    line: int
    language: str
    text: str
    marks: dict[str, str]

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


_BLOCK = re.compile(
    r"(?:^<!-- (?P<marks>[^\n]*) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_REGION = re.compile(
    r"(?P<begin><!-- begin: (?P<name>[^\n]*) -->\n)(?P<text>.*?)<!-- end -->", re.S
)
_CODE = re.compile(r"`([^`]+)`")
_SECTION = re.compile(r"^(?:#[^\n]*\n)*(?P<name>\w+):[^\n]*\n(?:(?:[ \t][^\n]*)?\n)*", re.M)


def _read(page: Path) -> str:
    return page.read_text("utf-8")


def _blocks(*languages: str) -> list[Block]:
    found_blocks = []
    for page in PAGES:
        text = _read(page)
        for found in _BLOCK.finditer(text):
            if found["language"] in languages:
                pairs = [m.partition(":") for m in (found["marks"] or "").split(",") if m]
                marks = {key.strip(): value.strip() for key, _, value in pairs}
                line = text.count("\n", 0, found.start("language")) + 1
                found_blocks.append(Block(page, line, found["language"], found["text"], marks))
    return found_blocks


def _rows(page: Path, *columns: str) -> list[list[str]]:
    """Return the cells of those columns, of every table that has all of them."""
    rows: list[list[str]] = []
    titles: list[str] = []
    for line in _read(page).splitlines():
        if not line.startswith("|"):
            titles = []
            continue
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not titles:
            titles = cells
        elif set(columns) <= set(titles) and not cells[0].startswith("--"):
            rows.append([cells[titles.index(c)].replace(r"\|", "|") for c in columns])
    assert rows, f"{page.name} has no table with the columns {columns}"
    return rows


def _merged(text: str, change: str) -> str:
    """Return a file's text with the sections of a change in the place of those of the same name."""
    for section in _SECTION.finditer(change):
        olds = [old for old in _SECTION.finditer(text) if old["name"] == section["name"]]
        assert len(olds) <= 1, f"the section {section['name']} stands twice"
        start, end = olds[0].span() if olds else (len(text), len(text))
        text = text[:start] + section[0].rstrip("\n") + "\n" + text[end:]
    return text


def _files(block: Block) -> dict[str, str]:
    """Return the files that a page has shown up to and with a block."""
    files: dict[str, str] = {}
    for shown in _blocks("yaml", "toml"):
        if shown.page == block.page and shown.line <= block.line:
            if "file" in shown.marks:
                files[shown.marks["file"]] = shown.text
            elif "into" in shown.marks:
                name = shown.marks["into"]
                files[name] = _merged(files[name], shown.text)
    return files


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Block], Path]:
    """Return a folder with the files that a page has shown so far, and perhaps the scenarios."""

    def make(block: Block) -> Path:
        if "<!-- folder: empty -->" not in _read(block.page):
            shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
        for name, text in _files(block).items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        monkeypatch.chdir(tmp_path)
        return tmp_path

    return make


# --- examples -------------------------------------------------------------------------------------


def _is_scenario(block: Block) -> bool:
    return not {"fragment", "workflow"} & block.marks.keys() and not block.text.startswith("kind:")


def _rules_broken(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, set[str]]:
    code = run_app(["run", str(path), "--format", "json"])
    return code, {d["rule"] for d in json.loads(capsys.readouterr().out)["diagnostics"]}


@pytest.mark.parametrize(
    "block", one_in(3, [b for b in _blocks("yaml") if _is_scenario(b)]), ids=str
)
def test_every_scenario_does_what_the_page_says(
    block: Block, folder: Callable[[Block], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    name = block.marks.get("file") or block.marks.get("into")
    path = folder(block) / (name or "block.yaml")
    if name is None:
        path.write_text(block.text, "utf-8")
    fails, warns = block.marks.get("fails"), block.marks.get("warns")
    expected = 2 if fails else int(block.marks.get("exit", 0))
    assert _rules_broken(path, capsys) == (expected, {code for code in (fails, warns) if code})


@pytest.mark.parametrize("block", [b for b in _blocks("yaml") if not _is_scenario(b)], ids=str)
def test_every_other_yaml_block_can_be_read(block: Block) -> None:
    source, problems = Source(str(block), block.text), Problems()
    assert isinstance(yaml_tree.read_yaml(source), yaml_tree.Mapping)
    if block.text.startswith("kind:"):
        assert read_kind(source, problems) is not None, problems.found


@pytest.mark.parametrize("block", [b for b in _blocks("toml") if "file" in b.marks], ids=str)
def test_every_file_of_settings_is_accepted(block: Block, tmp_path: Path) -> None:
    file = tmp_path / block.marks["file"]
    file.write_text(block.text, "utf-8")
    problems = Problems()
    found = settings.read_project_settings(problems, tmp_path)
    assert problems.found == []
    assert found.source is not None
    assert found.source.name == file.name


WORKFLOWS = [block for block in _blocks("yaml") if "workflow" in block.marks]


@pytest.mark.parametrize("block", WORKFLOWS, ids=str)
def test_the_steps_of_a_workflow_succeed(
    block: Block, folder: Callable[[Block], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder(block)
    jobs = yaml.safe_load(block.text)["jobs"].values()
    steps = [step for job in jobs for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    calls = [command for command in commands if command.startswith("estimator ")]
    assert calls or "./tools/estimator" in [step.get("uses") for step in steps]
    for call in calls:
        code, output = _run(call, capsys)
        assert code == 0, "\n".join(output)
    assert set(commands) - set(calls) <= {"pipx install ./tools/estimator"}


def test_the_tutorial_ends_with_the_file_that_its_steps_made() -> None:
    name = "scenarios/photos.yaml"
    *_, step, whole = [
        block
        for block in _blocks("yaml")
        if block.page.name == "tutorial.md" and name in block.marks.values()
    ]
    made, shown = _files(step)[name], _files(whole)[name]
    assert yaml.load(made, yaml.BaseLoader) == yaml.load(shown, yaml.BaseLoader)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def _matches(shown: list[str], actual: list[str]) -> bool:
    pattern = ""
    for line in shown:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        elif line.endswith("..."):
            pattern += re.escape(line.removesuffix("...")) + ".*\n"
        else:
            pattern += re.escape(line) + r"\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in actual)) is not None


def _refreshed(shown: list[str], actual: list[str]) -> list[str]:
    """Return what is shown, with each run of lines after a `...` taken from the actual output."""
    if not any(line.endswith("...") for line in shown):
        return actual
    at, result = 0, []
    for index, line in enumerate(shown):
        if line == "...":
            result.append(line)
            continue
        if index and shown[index - 1] == "...":
            start = line.removesuffix("...")
            at = next(i for i in range(at, len(actual)) if actual[i].startswith(start))
        cut = line.endswith("...") and len(actual[at]) > len(line)
        result.append(actual[at][: len(line) - 3] + "..." if cut else actual[at])
        at += 1
    return result


def _expanded(word: str) -> list[str]:
    """Return what a shell makes of a word with a `*` for files."""
    return sorted(map(str, Path().glob(word))) if "/*" in word else [word]


def _run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Return the exit code and the output of `[NAME=VALUE] estimator ... [< FILE]`."""
    words = shlex.split(command, comments=True)
    with pytest.MonkeyPatch.context() as patch:
        while "=" in words[0]:
            patch.setenv(*words.pop(0).split("=", 1))
        assert words.pop(0) == "estimator"
        assert not {">", "|", "&&", ";"} & set(words), "no shell runs this"
        if "<" in words:
            file = words[words.index("<") + 1]
            del words[words.index("<") :]
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(file).read_bytes())))
        code = run_app([found for word in words for found in _expanded(word)])
    out, err = capsys.readouterr()
    return code, _lines(out + err)


@pytest.mark.parametrize("block", one_in(3, _blocks("console")), ids=str)
def test_every_console_block_shows_what_its_commands_print(
    block: Block,
    folder: Callable[[Block], Path],
    capsys: pytest.CaptureFixture[str],
    update_golden: bool,
) -> None:
    folder(block)
    parts = [part.split("\n", 1) for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]]
    code, asked, written = 0, True, ""
    for command, shown_text in parts:
        shown = _lines(shown_text)
        if command == "echo $?":
            actual, asked = [str(code)], True
        else:
            assert code == 0 or asked, f"exit code {code}, and no `echo $?`"
            code, actual = _run(command, capsys)
            asked = False
        if update_golden and shown and not asked and not _matches(shown, actual):
            shown = _refreshed(shown, actual)
        written += "\n".join([f"$ {command}", *shown]) + "\n"
        written += "\n" * (len(shown_text) - len(shown_text.rstrip("\n")) - 1 if shown else 0)
        if shown:
            assert _matches(shown, actual), "\n".join(actual)
    assert code == 0 or asked, f"exit code {code}, and no `echo $?`"
    if written != block.text:
        block.page.write_text(_read(block.page).replace(block.text, written), "utf-8", newline="\n")


_SHELL = [
    (block, line) for block in _blocks("sh") for line in block.text.splitlines() if line.strip()
]


@pytest.mark.parametrize(("block", "line"), _SHELL, ids=lambda x: str(x))
def test_every_way_to_call_the_program_is_a_call_that_works(
    block: Block,
    line: str,
    folder: Callable[[Block], Path],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder(block)
    start, separator, call = line.partition(" estimator ")
    if line.startswith("estimator "):
        start, separator, call = "", " estimator ", line.removeprefix("estimator ")
    if separator:
        assert start in {"", "python3 dev.py", "pipx run --spec .", "uvx --from ."}
        code, output = _run(f"estimator {call}", capsys)
        assert code == 0, "\n".join(output)
    else:
        assert line.split("#")[0].strip() in {
            "python3 dev.py check",
            "python3 dev.py check --full",
            "pipx install .",
            "uv tool install .",
        }


def test_the_first_commands_of_the_readme_are_those_that_ci_runs() -> None:
    first = next(b for b in _blocks("sh") if b.page.name == "README.md")
    shown = [line.split("#")[0].strip() for line in first.text.splitlines()]
    script = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert sorted(shown) == sorted(line for line in script if line.startswith("python3 "))


# --- the language ---------------------------------------------------------------------------------


def _evaluated(formulas: list[str]) -> list[Value]:
    """Return the values of formulas, as a scenario of nothing but `derive` gives them.

    Raises:
        InputError: With what is wrong.
    """
    lines = [f"  q{i}: {json.dumps(f, ensure_ascii=False)}" for i, f in enumerate(formulas)]
    problems = Problems()
    text = "\n".join(["derive:", *lines, ""])
    model = build(load_source(Source("docs", text), Path(), "docs"), problems)
    report = None if model is None else evaluate(model, problems, variant="")
    problems.check()
    assert report is not None
    return [report.values[f"q{i}"] for i in range(len(formulas))]


def _codes(formula: str) -> list[str]:
    try:
        _evaluated([formula])
    except InputError as error:
        return [d.rule for d in error.diagnostics]
    return []


_MEANINGS = [row for p in (LANGUAGE, FUNCTIONS_PAGE) for row in _rows(p, "written", "means")]


@pytest.mark.parametrize(("written", "means"), _MEANINGS)
def test_what_is_written_means_what_the_table_says(written: str, means: str) -> None:
    [meaning] = _CODE.findall(means)
    forms = _CODE.findall(written)
    assert forms
    wanted, *found = _evaluated([meaning, *forms])
    for form, value in zip(forms, found, strict=True):
        assert math.isclose(value.value, wanted.value, rel_tol=1e-9), form
        assert value.dimension == wanted.dimension, form


@pytest.mark.parametrize(("written", "shown"), _rows(LANGUAGE, "written", "shown"))
def test_what_is_written_is_shown_as_the_table_says(written: str, shown: str) -> None:
    values = _evaluated(_CODE.findall(written))
    assert {v.text for v in values} == set(_CODE.findall(shown))


@pytest.mark.parametrize(
    ("refused", "code", "instead"), _rows(LANGUAGE, "refused", "code", "write instead")
)
def test_what_is_refused_is_refused_and_its_mending_is_not(
    refused: str, code: str, instead: str
) -> None:
    for form in _CODE.findall(refused):
        assert _codes(form) == [code], form
    assert _evaluated(_CODE.findall(instead))


def _percentiles(form: str) -> tuple[float, float, float]:
    problems = Problems()
    text = f"derive:\n  ranged: {json.dumps(form, ensure_ascii=False)}\n"
    model = build(load_source(Source("docs", text), Path(), "docs"), problems)
    report = None if model is None else evaluate(model, problems)
    problems.check()
    assert report is not None
    assert report.uncertainty is not None
    return report.uncertainty.spreads["ranged"].percentiles


@pytest.mark.parametrize(
    ("written", "p5", "p50", "p95"), _rows(LANGUAGE, "range", "p5", "p50", "p95")
)
def test_a_range_has_the_percentiles_that_the_table_says(
    written: str, p5: str, p50: str, p95: str
) -> None:
    stated = _evaluated([_CODE.findall(cell)[0] for cell in (p5, p50, p95)])
    for form in _CODE.findall(written):
        for found, wanted in zip(_percentiles(form), stated, strict=True):
            assert math.isclose(found, wanted.value, rel_tol=1e-3), form


def test_the_table_has_an_example_of_every_distribution() -> None:
    ranges = " ".join(cell for (cell,) in _rows(LANGUAGE, "range"))
    assert [d for d in DISTRIBUTIONS if not re.search(rf"\b{d}\(", ranges)] == []


@pytest.mark.parametrize(
    ("model", "page"),
    [
        (sections.ScenarioFile, "language.md"),
        (sections.Conventions, "language.md"),
        (sections.Expectation, "language.md"),
        (kind_module.KindFile, "kinds.md"),
        (kind_module.Parameter, "kinds.md"),
        (kind_module.Formula, "kinds.md"),
        (kind_module.Resource, "kinds.md"),
        (kind_module.Send, "kinds.md"),
        (kind_module.Example, "kinds.md"),
    ],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_every_key_that_a_file_may_have_is_documented(model: Any, page: str) -> None:
    keys = {key for (cell,) in _rows(ROOT / "docs" / page, "key") for key in _CODE.findall(cell)}
    assert set(model.model_fields) - keys == set()


# --- the command line -----------------------------------------------------------------------------


def _options(name: str) -> list[str]:
    return [o for p in COMMANDS[name].params for o in p.opts if o.startswith("-")]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_every_option_is_documented(name: str) -> None:
    text = "\n".join(map(_read, PAGES))
    assert f"<!-- begin: options of {name} -->" in text
    assert re.search(rf"^\$ estimator {name} ", text, re.M)
    assert [o for o in _options(name) if not re.search(rf"`{o}\b", text)] == []


def test_no_option_is_documented_that_does_not_exist() -> None:
    known = {o for name in COMMANDS for o in _options(name)}
    known |= {o for p in get_command(app_with()).params for o in p.opts} | {"-h", "--help"}
    text = "\n".join(map(_read, PAGES))
    called = " ".join(re.findall(r"(?:^\$ |`|^)estimator ([^\n`#]*)", text, re.M))
    assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", called)) - known == set()


NAMED = (
    *("ranges", "drivers", "interactions", "bottleneck", "nodes_sufficient", "attribution"),
    *("tornado", "sobol"),
    *(
        "parameters",
        "resources",
        "formulas",
        "flows",
        "carries",
        "figures",
        "outcomes",
        "default_bands",
    ),
    "shares",
)
"""Keys of JSON whose objects have names for keys."""


def _paths(value: Any, at: str = "") -> Iterator[str]:
    """Yield the path of each key, with `NAME` for keys that are names, and `[]` for items."""
    if isinstance(value, dict):
        for key, below in value.items():
            ends = ("quantities", "by_resource", "bottleneck.NAME", "shares.NAME")
            names = at.endswith(ends) or (at.rpartition(".")[2] in NAMED)
            path = f"{at}.{'NAME' if names else key}".lstrip(".")
            yield path
            yield from _paths(below, path)
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{at}[]")


def test_the_keys_of_json_are_those_documented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ROOT / "docs" / "command-line.md"
    good = tmp_path / "good.yaml"
    good.write_text(
        "users: 500M\nactions: {a: {per_user: 1/day}}\nexpect: [users < 1]\n"
        "components: {b1: {kind: service, node: cheapest}}\n"
    )
    ranges = tmp_path / "ranges.yaml"
    ranges.write_text(
        "users: 500M to 600M\nactions: {a: {per_user: 1/day}}\n"
        "components: {b1: {kind: service, nodes: 500}}\n"
    )
    shared = tmp_path / "shared.yaml"
    shared.write_text(
        "used_by: {team: good.yaml}\ncomponents: {b1: {kind: kafka, receives: [team.a]}}\n"
    )
    crossing = tmp_path / "crossing.yaml"
    crossing.write_text("derive: {whole: (-1 to 1) * (-1 to 1), middle: mean(whole)}\n")
    bad = tmp_path / "bad.yaml"
    bad.write_text("derive:\n  x: 5 GB + 3\n")
    files = [str(file) for file in (good, ranges, shared, crossing, bad)]
    json_ = ["--format", "json", "--samples", "1000"]
    run_app(["run", *files, *json_])
    printed = set(_paths(json.loads(capsys.readouterr().out)))
    run_app(["run", str(ranges), "--tornado", "writes.peak", "--sobol", "writes.peak", *json_])
    printed |= set(_paths(json.loads(capsys.readouterr().out)))
    # labels have places of the same form, which the page says in words
    printed = {p for p in printed if not re.search(r"labels\[\]\.place\.", p)}
    assert printed == _documented(page, "JSON key")


OTHERS = {
    "explain": [["explain", "search", "servers"]],
    "a rule": [["explain", "E012"]],
    "calc": [["calc", "x = 1 GB", "1 < 2"]],
    "kinds": [["kinds"], ["kinds", "database"], ["kinds", "fanout"], ["kinds", "topic", "--test"]],
    "catalog": [["catalog"], ["catalog", "base"]],
    "machines": [["machines", "search"]],
    "nines": [["nines"], ["nines", "search"]],
    "fmt": [["fmt", "--check", "search"]],
    "new": [["new", "x/y"]],
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_json_of_every_command_has_the_documented_keys_and_no_others(
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    found: set[str] = set()
    for call in OTHERS[what]:
        assert run_app([*call, "--format", "json"]) == 0
        printed = json.loads(capsys.readouterr().out)
        assert printed.pop("schema") == 2
        assert printed.pop("diagnostics", []) == []
        found |= set(_paths(printed))
    page = ROOT / "docs" / "command-line.md"
    documented = _rows(page, f"JSON key of {what}")
    paths = {path for path in found if not path.endswith(".NAME")}
    if what == "machines":  # those that `run` has are documented there
        run = {p for (cell,) in _rows(page, "JSON key") for p in _CODE.findall(cell)}
        paths -= {path.removeprefix("scenarios[].") for path in run}
    assert paths == {path for (cell,) in documented for path in _CODE.findall(cell)}


LESS = (
    "users: 5M\nactions: {view: {per_user: 20/day}}\ncomponents: {api: {kind: service}}\n"
    "expect: [users < 90M, {check: servers < 9, owner: me}]\n"
)
MORE = LESS.replace("5M", "90M").replace("me", "you")


def _documented(page: Path, what: str) -> set[str]:
    return {path for (cell,) in _rows(page, what) for path in _CODE.findall(cell)}


@pytest.mark.parametrize("what", ["check", "diff"])
def test_the_json_of_two_versions_has_the_documented_keys_and_no_others(
    what: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text(LESS)
    Path("b.yaml").write_text(MORE)
    if what == "check":
        assert run_app(["check", "a.yaml", "--update-baseline"]) == 0
        Path("a.yaml").write_text(MORE)
        capsys.readouterr()
    files = ["a.yaml"] if what == "check" else ["a.yaml", "b.yaml"]
    run_app([what, *files, "--format", "json"])
    found = set(_paths(json.loads(capsys.readouterr().out)))
    page = ROOT / "docs" / "command-line.md"
    documented = _documented(page, f"JSON key of {what}")
    # a place, and what is after, have keys of the same names as what is documented with them
    same = re.compile(r"_place\.|labels\[\]\.place|\.after\.|expected\[\]|summary\.\w+\.")
    left = {p for p in found if not same.search(p) and not p.startswith("diagnostics[].place")}
    assert left - documented <= _documented(page, "JSON key") - {"scenarios[].uncertainty"}
    assert documented <= found


# --- all pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_code_of_a_rule_that_a_page_names_exists(page: Path) -> None:
    assert set(re.findall(r"\b[EFW]\d{3}\b", _read(page))) - set(rules()) == set()


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name
)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    text = _BLOCK.sub("", _read(page))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if anchor:
            assert anchor in map(_anchor, re.findall(r"^#+ (.*)$", _read(file), re.M)), target


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


# --- what is generated ----------------------------------------------------------------------------


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", r"\|")


def _table(titles: list[str], rows: list[list[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *([_cell(c) for c in row] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _settings() -> str:
    about = inspect.getdoc(settings.ProjectSettings) or ""
    meanings = dict(re.findall(r"^    (\w+): (.*)$", about, re.M))
    defaults = settings.ProjectSettings()._asdict()
    rows = []
    for key, (words, _) in settings._READERS.items():
        default = defaults[key]
        is_none = isinstance(default, Mapping | tuple | None) and not default
        shown = list(default) if isinstance(default, tuple) else default
        rows.append([f"`{key}`", meanings[key], words, "" if is_none else f"`{json.dumps(shown)}`"])
    return _table(["setting", "meaning", "is", "default"], rows)


def _codes_of(words: list[str]) -> str:
    return " ".join(f"`{word}`" for word in words)


def _size(name: str, factor: float) -> str:
    """Return how large a unit is, in a unit that makes it readable."""
    unit = unit_table().unit(name)
    assert unit is not None
    base = base_unit(unit.dimension)
    if "bit" in name and "per" not in name and name != "bit":
        factor, base = factor * 8, "b"
    for ten in (10, 2):
        exponent = round(math.log(factor, ten))
        if exponent >= 4 and math.isclose(float(ten) ** exponent, factor):
            return f"1e{exponent} {base}" if ten == 10 else f"2^{exponent} * 1 {base}"
    number = f"{factor:.12g}"
    return f"{number}{base[1:]}" if base.startswith("1/") else f"{number} {base}"


def _units() -> str:
    table = unit_table()
    forms: dict[str, list[str]] = {}
    for symbol in sorted(table.units, key=lambda s: (len(s), s)):
        unit = table.unit(symbol)
        assert unit is not None
        forms.setdefault(unit.name, []).append(symbol)
    parts = []
    dimensions = [
        (TIME, "time"),
        (DATA, "data"),
        (divide(DATA, TIME), "data rate"),
        (MONEY, "money"),
    ]
    for dimension, words in [*dimensions, (divide(PLAIN, TIME), "rate")]:
        units = [u for u in map(table.unit, forms) if u is not None and u.dimension == dimension]
        for unit in sorted(units, key=lambda u: ("bit" in u.name, u.factor)):
            size = _size(unit.name, unit.factor)
            written = _codes_of([f"1 {f}" for f in forms.pop(unit.name)])
            parts.append([words, written, f"`{size}`"])
    assert not forms, f"units of another dimension: {forms}"
    return _table(["measures", "written", "means"], parts)


def _nouns() -> str:
    return ", ".join(f"`{n}`" for n in dict.fromkeys(unit_table().nouns.values())) + "\n"


def _functions() -> str:
    rows = [[f"`{f.signature}`", f.about] for f in FUNCTIONS.values()]
    return _table(["function", "gives"], rows)


def _function_examples() -> str:
    rows = [[f"`{call}`", f"`{means}`"] for call, means in (f.example for f in FUNCTIONS.values())]
    return _table(["written", "means"], rows)


def _limits() -> str:
    return _table(
        ["what", "at most"],
        [
            ["the size of a file", f"{read.LARGEST // 1024:,} KiB"],
            ["values in a file", f"{yaml_tree.MOST:,}"],
            ["lists and mappings inside of each other", f"{yaml_tree.DEEPEST}"],
            ["characters in a formula", f"{tokens.LONGEST:,}"],
            ["parentheses, signs and powers inside of each other", f"{cursor.DEEPEST}"],
            ["open files whose estimates the language server keeps", f"{server.MOST}"],
            ["the size of a file of settings", f"{read.LARGEST // 1024:,} KiB"],
            ["parts of the keys of a line of settings", f"{settings.MOST_PARTS}"],
            ["entries of a list or a table of settings", f"{settings.MOST_ENTRIES:,}"],
            ["characters of such an entry", f"{settings.LONGEST}"],
            ["files and folders under `library`", f"{sections.MOST_LIBRARY}"],
            ["scenarios that one uses, with what these use", f"{used_files.MOST_USED}"],
            ["scenarios on the way to one that is used", f"{used_files.MOST_LINKS}"],
            ["scenarios in a baseline", f"{baseline.MOST_FILES:,}"],
            ["the size of a baseline", f"{baseline.LARGEST // 1024**2} MiB"],
            ["the list of a commit's files", f"{git.MOST // 1024**2} MiB"],
            ["an answer of git", f"{git.SECONDS:g} s"],
            ["ranges; each part of a `one_of` is one", f"{sampling.MOST_RANGES:,}"],
            ["ranges under `correlate`", f"{sampling.MOST_CORRELATED:,}"],
            ["samples", f"{sampling.MOST:,}"],
            [
                "quantities that depend on ranges times samples,"
                f" for up to {sampling.COUNT:,} samples",
                f"{sampling.MOST_WORK:,}",
            ],
            ["the same for more samples", f"{sampling.MOST_ASKED:,}"],
            ["percentiles that depend on one another in a chain", f"{sampling.MOST_ROUNDS:,}"],
            ["what slow functions take together", f"{functions.MOST_MICROSECONDS / 1e6:g} s"],
        ],
    )


def _command_options(name: str) -> str:
    context = typer.Context(COMMANDS[name])
    records = [p.get_help_record(context) for p in COMMANDS[name].params]
    rows = [[f"`{re.sub(r' <(str|list.*)>', '', what)}`", does] for what, does in records]
    return _table(["", "what it does"], rows)


_FIRST = [
    *("users", "populations", "traffic", "resilience", "action", "slo", "system"),
    *("component", "fleet"),
]


def _kinds() -> str:
    names = shipped_kinds()
    order = [*_FIRST, *(n for n in names if n not in _FIRST)]
    rows = [[f"[`{name}`](#{name})", shipped_kind(name).about.value] for name in order]
    return _table(["kind", "what it is"], rows) + "\n" + "\n".join(map(_kind, order))


def _kind(name: str) -> str:
    kind = shipped_kind(name)
    base = shipped_kind(kind.extends.value) if kind.extends else None

    def own(section: str) -> dict[str, Any]:
        inherited = getattr(base, section) if base else {}
        return {k: v for k, v in getattr(kind, section).items() if inherited.get(k) is not v}

    parts = [f"## {name}\n", _cell(kind.about.value) + "\n"]
    if base:
        link = f"[`{base.kind.value}`](#{base.kind.value})"
        parts.append(f"It has everything that {link} has, and what follows.\n")
    rows = [[f"`{n}`", _takes(p), _default(p), _meaning(p)] for n, p in own("parameters").items()]
    if rows:
        parts.append(_table(["parameter", "takes", "default", "meaning"], rows))
    rows = [
        [f"`{n}.average` `{n}.peak`", _said(f.dimension), _said(f.about)]
        for n, f in own("rates").items()
    ]
    rows += [[f"`{n}`", _said(f.dimension), _said(f.about)] for n, f in own("derive").items()]
    rows += [
        [f"`{n}`", _said(f.dimension), _said(f.about)] for n, f in own("for_each_resource").items()
    ]
    if rows:
        parts.append(_table(["quantity", "is", "meaning"], rows))
    rows = [[f"`{n}`", f"`{r.demand.value}`", _said(r.about)] for n, r in own("resources").items()]
    if rows:
        parts.append(_table(["resource", "demand", "meaning"], rows))
    rows = [
        ["by its own name" if n == "self" else f"`{n}`", _said(s.about)]
        for n, s in own("sends").items()
    ]
    if rows:
        parts.append(_table(["sends", "what it carries"], rows))
    return "\n".join(parts)


def _said(text: Any) -> str:
    return text.value if text else ""


def _takes(parameter: kind_module.Parameter) -> str:
    if parameter.choices:
        return " or ".join(f"`{c.value}`" for c in parameter.choices)
    if parameter.catalog:
        return f"an entry of `{parameter.catalog.value}`"
    if parameter.flows:
        return "actions" if parameter.flows.value == "actions" else "flows"
    if parameter.one_of_several:
        return f"a population of `{parameter.one_of_several.value}`"
    limits = [("above", parameter.above), ("at least", parameter.minimum)]
    limits.append(("at most", parameter.maximum))
    words = _said(parameter.dimension)
    if parameter.share_of:
        words += f" or share of `{parameter.share_of.value}`"
    if parameter.count_of:
        words += f" or number of `{parameter.count_of.value}`"
    return ", ".join([words, *(f"{word} {t.value}" for word, t in limits if t)])


def _default(parameter: kind_module.Parameter) -> str:
    off = f" (`{parameter.between.value}`)" if parameter.between else ""
    return f"`{parameter.default.value}`{off}" if parameter.default else ""


def _meaning(parameter: kind_module.Parameter) -> str:
    because = parameter.assumption or parameter.source
    return parameter.about.value + (f" *{_cell(because.value)}*" if because else "")


def _catalogue(name: str) -> str:
    entries = catalog(name)
    fields = list(entries.fields)
    rows = []
    for name in entries.names():
        entry = entries.get(name)
        assert entry is not None
        texts = [_figure(entry, f) if f in entry.fields else "" for f in fields]
        if "price" in fields and not any(f in texts[fields.index("price")] for f in fields):
            [price] = _evaluated([entry.fields["price"].value])
            at = fields.index("price")
            texts[at] = texts[at].replace(entry.fields["price"].value, price.text, 1)
        rows.append([f"`{name}`", *texts])
    known = [e for e in map(entries.get, entries.names()) if e]
    sources = list(dict.fromkeys(e.source for e in known))
    for entry in known:
        for field, doubt in entry.doubts.items():
            sources.append(f"`{entry.name}` `{field}`: {doubt.source or doubt.assumption}")
    first = "node" if name == "machines" else "entry"
    return _table([first, *fields], rows) + "\n" + "".join(f"- {_cell(s)}\n" for s in sources)


def _figure(entry: Entry, field: str) -> str:
    between = entry.doubts.get(field, NO_DOUBT).between
    return entry.fields[field].value + (f" ({between.value})" if between else "")


def _rules() -> str:
    rows = [[f"[`{r.code}`](#{r.code.lower()})", r.title] for r in rules().values()]
    return _table(["code", "what is wrong"], rows) + "\n" + "\n".join(map(_rule, rules().values()))


def _rule(rule: Rule) -> str:
    parts = [f"## {rule.code}\n", f"**{rule.title}**\n", _prose(rule.about)]
    if rule.wrong:
        mark = "warns" if rule.code.startswith("W") else "fails"
        wrong = f"<!-- {mark}: {rule.code} -->\n```yaml\n{rule.wrong}```\n"
        parts += ["Wrong:\n", wrong, "Right:\n", f"```yaml\n{rule.right}```\n"]
    return "\n".join(parts)


def _prose(text: str) -> str:
    return fill(" ".join(text.split()), 100, break_on_hyphens=False) + "\n"


def _old_path(path: str) -> str:
    """Return what schema 1 calls a path of schema 2, with the old names of what it is in."""
    parts = path.split(".")
    for end in range(1, len(parts) + 1):
        key = ".".join(path.split(".")[:end]).removesuffix("[]")
        items = "[]" if parts[end - 1].endswith("[]") else ""
        parts[end - 1] = OLD_NAMES.get(key, parts[end - 1].removesuffix("[]")) + items
    return ".".join(parts)


def _json_names() -> str:
    rows = [[f"`{path}`", f"`{_old_path(path)}`"] for path in OLD_NAMES]
    return _table(["schema 2", "schema 1"], rows)


GENERATORS: dict[str, Callable[[], str]] = {
    "api": api_page.page,
    "units": _units,
    "nouns": _nouns,
    "functions": _functions,
    "function-examples": _function_examples,
    "limits": _limits,
    "settings": _settings,
    "json-names": _json_names,
    "kinds": _kinds,
    "rules": _rules,
    "machines": lambda: _catalogue("machines"),
    "validation": validation_page.page,
    **{f"catalogue {n}": (lambda n=n: _catalogue(n)) for n in catalogues() if n != "machines"},
    **{f"options of {n}": (lambda n=n: _command_options(n)) for n in COMMANDS},
}


@pytest.mark.parametrize("name", GENERATORS)
def test_what_is_generated_is_up_to_date(name: str, update_golden: bool) -> None:
    wanted = f"\n{GENERATORS[name]()}\n"
    regions = [(p, r) for p in PAGES for r in _REGION.finditer(_read(p)) if r["name"] == name]
    assert len(regions) == 1, f"one page has a region for {name}"
    [(page, region)] = regions
    if update_golden and region["text"] != wanted:
        text = _read(page)
        page.write_text(
            text[: region.start("text")] + wanted + text[region.end("text") :],
            "utf-8",
            newline="\n",
        )
        return
    assert region["text"] == wanted, f"{page.name}: run the tests with --update-golden"


def test_every_generated_region_is_one_that_can_be_generated() -> None:
    assert {r["name"] for p in PAGES for r in _REGION.finditer(_read(p))} <= set(GENERATORS)
