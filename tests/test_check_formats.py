"""The formats of `estimator check`, against their schemas and grammars, and hostile names."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from weakref import WeakSet

import pytest
from asking import Ask, one_in
from jsonschema import Draft4Validator
from markdown_it import MarkdownIt
from xmlschema import XMLSchema

from estimator.checks.checked import (
    FIGURES,
    Checked,
    CheckOptions,
    Figure,
    Move,
    Tally,
    Turn,
    Verdict,
)
from estimator.checks.scenario import check_text
from estimator.diagnostics import Diagnostic, Label, Place, Source
from estimator.diagnostics.rules import rules
from estimator.render.check import Findings
from estimator.render.check.github import MOST, to_github
from estimator.render.check.gitlab import to_gitlab
from estimator.render.check.json import to_json
from estimator.render.check.junit import to_junit
from estimator.render.check.markdown import to_markdown
from estimator.render.check.sarif import to_sarif
from estimator.render.check_summary import COMMENT, SUMMARY, TAG, Gathered, summary_of_step
from estimator.render.located import checkout, relative
from estimator.render.markdown import code, prose, row
from estimator.render.sanitize import sanitize
from estimator.scenario.outcome import Outcome

SCHEMAS = Path(__file__).parent / "schemas"


def step_summary(findings: Findings) -> Iterator[str]:
    """Yield the summary of a step, which GitHub shows beside the log."""
    gathered = summary_of_step()
    for _ in gathered.gather(findings.results):
        pass
    yield gathered.text(findings.tally)


FORMATS = (to_json, to_github, to_junit, to_sarif, to_gitlab, to_markdown, step_summary)
STREAMED = (to_json, to_junit, to_sarif, to_gitlab)
OPTIONS = CheckOptions({}, None, 65_536, 1, FIGURES)

Format = Callable[..., Iterator[str]]
formats = pytest.mark.parametrize("format_", FORMATS, ids=lambda f: f.__name__)
streamed = pytest.mark.parametrize("format_", STREAMED, ids=lambda f: f.__name__)

SHOP = """\
name: Shop
users: 1M
actions:
  visit: {per_user: 10/day, payload: 2 kB}
expect:
  - visit.writes.average <= 200/s
  - visit.writes.average <= 100/s
  - {check: visit.writes.average <= 90/s, severity: warn, reason: Q3 budget}
  - {check: visit.writes.average <= 80/s, until: 2099-03-31, owner: ops}
"""

HOSTILE = [
    "two\nlines\r\nof\rit",
    "::error::owned",
    "::error file=a.yaml,line=1::owned",
    "x\n::stop-commands::abc",
    "##[error]owned ##[group]",
    "%0A%0D%25%3A%2C",
    "a%0A::error::b",
    "a, b: c, col=1::d",
    "]]><script>alert(1)</script><![CDATA[",
    "<img src=x onerror=alert(1)>",
    "</details></table><h1>owned</h1>",
    "--> <!-- estimator -->",
    "a | b || c \\| d \\\\| e \\",
    "`` ` ``` a`b`",
    "`",
    "\\`a` | <b>",
    "[click](https://evil.example/x)",
    "![i](https://evil.example/x.png)",
    "https://evil.example www.evil.example evil@evil.example evil.example/x",
    "@octocat @org/team #1 GH-1 octo/repo#1",
    "**bold** _it_ ~~no~~ $`x`$ $$y$$ :tada:",
    "&lt;b&gt; &#64;octocat &amp;",
    "\x00\x01\x07\x08\x0b\x0c\x1b[31mred\x1b[0m\x7f\x85\x9b31m",
    "\ud800 lone \udcff",
    "\ufffe\uffff \u2028\u2029",
    "🎉 👩‍👩‍👧 e\u0301",
    "\u202egnp.exe\u202c \u2066x\u2069 \u200f",
    "long " * 4000,
    " ",
    "=cmd|' /C calc'!A0",
    "{0} {{1}} {",
    "../../etc/passwd",
    "C:\\x\\y",
    "# h",
    "- x",
    "'\"",
]
IDS = [f"{i}{re.sub('[^a-z]+', '-', text[:24])}" for i, text in enumerate(HOSTILE)]
hostile = pytest.mark.parametrize("text", HOSTILE, ids=IDS)


def checked(text: str = SHOP, file: str = "shop.yaml") -> Checked:
    """Return what is found of a text."""
    return check_text(file, text.encode(), OPTIONS)


def written(format_: Format, *results: Checked, **said: Any) -> str:
    """Return what a format makes of results."""
    tally = Tally()
    return "".join(format_(Findings(tally.count(iter(results)), tally, **said)))


def figure(value: float) -> Figure:
    return Figure(value, "1", f"{value:g}")


def moved(file: str = "moved.yaml") -> Checked:
    """Return a scenario whose values moved beyond a tolerance, within it, went and came."""
    moves = (
        Move("servers", figure(2), figure(3), 1.5, "10%", True),
        Move("storage.retained", figure(100), figure(101), 1.01, "10%", False),
        Move("cdn.nodes", figure(2), None, None, "10%", True),
        Move("api.nodes", None, figure(float("inf")), None, "", False),
    )
    found = (
        Diagnostic("F002", "`servers` is 3 and was 2"),
        Diagnostic("F003", "`cdn.nodes` is gone"),
        Diagnostic("F003", "the scenario `Old` is gone"),
    )
    return Checked(file, "Moved", found, moves=moves)


def of_the_call() -> Checked:
    return Checked("", "", (Diagnostic("E001", "there is no file `nope.yaml`"),))


def skipped() -> Checked:
    return Checked("compose.yaml", "compose", skipped="it has no key of a scenario")


def all_kinds() -> list[Checked]:
    """Return a result of each kind."""
    wrong = checked("users: 1M\nactons: {x: 1}\n", "sub/wrong.yaml")
    return [checked(), wrong, moved(), of_the_call(), skipped()]


def with_text(text: str) -> Checked:
    """Return a result in which a user has written a text wherever one can."""
    file = text.replace("\0", "") or "x"  # no system has a file with a NUL in its name
    source = Source(file, f"{text}\n{text}: {text}\n{text}")
    place = Place(source, 0, len(text))
    end = Place(source, 0, len(source.text))
    turn = Turn(text, 2.0, 2.0, f"{text} = 2 (×2)")
    verdicts = tuple(
        Verdict(
            Outcome(text, s, text, text, 2.0, None, text, text, text, place),
            f"it is {text}, {text} above {text}", f"{text} = {text}", (turn,),
        )
        for s in ("pass", "fail", "warn", "waived")
    )  # fmt: skip
    found = tuple(
        Diagnostic(rule, f"`{text}` is {text}", p, text, (Label(end, text),), text, (text, text))
        for rule, p in [("E012", place), ("F001", place), ("F002", None), ("W101", end)]
    )
    amount = Figure(1.0, text, text)
    moves = (Move(text, amount, amount, 1.5, text, True), Move(text, amount, None, None, "", False))
    return Checked(file, text, found, verdicts, {}, moves, digest="1")


# --- of all formats -------------------------------------------------------------------------------


@formats
def test_a_format_writes_something_of_every_kind_of_result(format_: Format) -> None:
    for results in ([], all_kinds(), [skipped()], [of_the_call()]):
        assert isinstance(written(format_, *results), str)


@formats
@hostile
def test_what_is_written_can_be_encoded_and_holds_nothing_that_a_terminal_obeys(
    format_: Format, text: str
) -> None:
    out = written(format_, with_text(text))
    out.encode()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200f]", out)
    assert "##[" not in out


@formats
@hostile
def test_a_log_of_ci_takes_no_line_for_a_command_but_annotations(
    format_: Format, text: str
) -> None:
    lines = written(format_, with_text(text)).splitlines()
    commands = [line for line in lines if line.strip().startswith("::")]
    assert all(format_ is to_github and annotation(line) for line in commands)


@formats
def test_colons_in_the_middle_of_a_line_stay_as_they_are(format_: Format) -> None:
    shown = written(format_, with_text("AWS::EC2 quota"))
    assert "AWS::EC2 quota" in shown
    assert "x3a" not in shown


@formats
def test_no_format_keeps_scenarios_that_it_has_told(format_: Format) -> None:
    alive: WeakSet[Source] = WeakSet()
    most = 0

    def stream() -> Iterator[Checked]:
        nonlocal most
        for index in range(300):
            source = Source(f"{index}.yaml", "users: 1M\n" * 10)
            alive.add(source)
            place = Place(source, 0, 5)
            letters = ("E012", "F001", "W101")
            found = tuple(Diagnostic(rule, f"no {index}", place) for rule in letters)
            del place
            yield Checked(source.name, "x", found)
            del found, source
            most = max(most, len(alive))

    tally = Tally()
    for _ in format_(Findings(tally.count(stream()), tally)):
        pass
    assert tally.scenarios.total() == 300
    assert most <= 3 * MOST + 5


@streamed
def test_a_streamed_format_writes_a_scenario_before_it_asks_for_the_next_but_one(
    format_: Format,
) -> None:
    asked: list[int] = []

    def stream() -> Iterator[Checked]:
        for index in range(100):
            asked.append(index)
            yield checked(file=f"{index}.yaml") if index == 0 else checked("x: 1", f"{index}.yaml")

    pieces = format_(Findings(stream(), Tally()))
    seen = ""
    while "0.yaml" not in seen:
        seen += next(pieces)
    assert asked == [0]
    pieces.close()  # type: ignore[attr-defined]


# --- JSON -----------------------------------------------------------------------------------------


def test_json_tells_scenarios_expectations_moves_and_diagnostics() -> None:
    content = json.loads(written(to_json, *all_kinds()))
    assert list(content) == ["schema", "scenarios", "diagnostics", "summary"]
    assert content["schema"] == 2
    outcomes = {s["file"]: s["outcome"] for s in content["scenarios"]}
    assert outcomes == {
        "shop.yaml": "fails",
        "sub/wrong.yaml": "wrong",
        "moved.yaml": "fails",
        "compose.yaml": "skipped",
    }
    shop, _, has_moved, _ = content["scenarios"]
    assert [e["status"] for e in shop["expectations"]] == ["pass", "fail", "warn", "waived"]
    first = shop["expectations"][0]["break_even"][0]
    assert first["name"] == "users"
    assert first["factor"] == pytest.approx(1.728)
    assert first["text"].startswith("users = 1.73M")
    assert has_moved["moves"][0]["before"] == {"value": 2, "unit": "1", "text": "2"}
    assert has_moved["moves"][2]["after"] is None
    assert has_moved["moves"][3]["after"]["value"] is None  # JSON has no infinity
    where = [(d["scenario"], d["rule"]) for d in content["diagnostics"]]
    assert where[:2] == [("shop.yaml", "F001"), ("shop.yaml", "W108")]
    assert where[-1] == (None, "E001")
    assert content["diagnostics"][0]["notes"]
    assert content["summary"]["exit_code"] == 2
    assert content["summary"]["scenarios"] == {"holds": 0, "fails": 2, "wrong": 1, "skipped": 1}


def test_json_has_every_field_of_a_verdict() -> None:
    (scenario,) = json.loads(written(to_json, checked()))["scenarios"]
    names = {"turns": "break_even", "is_firm": "robust", "missed": "missed_by"}
    context = {names.get(f, f) for f in Verdict._fields if f != "outcome"}
    places = {
        "place": {"line", "start", "end"},
        "confidence": set(),
        "is_unrefuted": {"not_refuted"},
    }
    fields = context.union(*(places.get(f, {f}) for f in Outcome._fields))
    assert set(scenario["expectations"][0]) == fields


def test_json_is_laid_out_as_if_written_at_once() -> None:
    for results in ([], [checked()], all_kinds(), [of_the_call()]):
        text = written(to_json, *results)
        assert text == json.dumps(json.loads(text), indent=2) + "\n"


@hostile
def test_json_holds_a_users_text_as_it_is(text: str) -> None:
    """But for half characters, which many readers of JSON refuse."""
    results = with_text(text)
    text = re.sub("[\ud800-\udfff]", lambda half: sanitize(half[0]), text)
    content = json.loads(written(to_json, results))
    assert content["scenarios"][0]["name"] == text
    assert content["scenarios"][0]["expectations"][0]["check"] == text
    assert content["diagnostics"][0]["help"] == text


def test_diagnostics_that_find_no_room_in_memory_wait_in_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = written(to_json, *all_kinds())
    monkeypatch.setattr("estimator.render.check.json._IN_MEMORY", 1)
    assert written(to_json, *all_kinds()) == expected


# --- GitHub ---------------------------------------------------------------------------------------


class Annotation(NamedTuple):
    command: str
    properties: dict[str, str]
    data: str


def annotation(line: str) -> Annotation:
    """Return a line as the runner of GitHub Actions reads it, by `ActionCommand.TryParseV2`."""
    line = line.lstrip()
    assert line.startswith("::")
    info, separator, data = line[2:].partition("::")
    assert separator
    command, _, rest = info.partition(" ")
    properties = {}
    for pair in filter(None, rest.strip().split(",")):
        key, _, value = pair.partition("=")
        if key and value:
            for told, meant in [
                ("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"),
            ]:  # fmt: skip
                value = value.replace(told, meant)
            properties[key] = value
    for told, meant in [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")]:
        data = data.replace(told, meant)
    return Annotation(command, properties, data)


def annotations(*results: Checked, **said: Any) -> list[Annotation]:
    return [annotation(line) for line in written(to_github, *results, **said).splitlines()]


def test_annotations_say_what_is_wrong_and_where() -> None:
    first, *rest = annotations(checked())
    assert first.command == "error"
    assert first.properties == {
        "file": "shop.yaml",
        "line": "7",
        "endLine": "7",
        "col": "5",
        "endColumn": "34",
        "title": "F001: An expectation does not hold",
    }
    assert first.data.startswith("`visit.writes.average <= 100/s` does not hold: it is 116/s")
    assert "\nhelp: would hold at users = 864k" in first.data
    assert [a.command for a in rest] == ["warning", "warning"]


def test_the_most_severe_come_first() -> None:
    letters = [a.properties["title"][0] for a in annotations(*all_kinds())]
    assert letters == sorted(letters, key="EFW".index)


def test_columns_are_told_on_one_line_only() -> None:
    source = Source("a.yaml", "one\ntwo\nthree\n")
    spans = {(0, 3): "1", (0, 6): None, (0, 4): "1", (4, 8): "1"}
    for (start, end), column in spans.items():
        (found,) = annotations(
            Checked("a.yaml", "a", (Diagnostic("E012", "x", Place(source, start, end)),))
        )
        assert found.properties.get("col") == column
        assert ("endColumn" in found.properties) == (column is not None)


@hostile
def test_an_annotation_is_read_back_as_it_was_meant(text: str) -> None:
    result = with_text(text)
    found = annotations(result)
    assert [a.command for a in found] == ["error"] * 3 + ["warning"]
    for a in found:
        whole = "\n".join(sanitize(t) for t in (f"`{text}` is {text}", text, text, f"help: {text}"))
        assert a.data == whole if len(whole) <= 4096 else whole.startswith(a.data[:-1])
        assert a.properties["file"] == sanitize(relative(result.file))
        assert set(a.properties) <= {"file", "line", "endLine", "col", "endColumn", "title"}


def test_where_there_are_more_than_github_shows_the_last_says_how_many() -> None:
    def many(rule: str, count: int) -> Checked:
        found = tuple(Diagnostic(rule, f"no {index}") for index in range(count))
        return Checked(f"{rule}.yaml", "x", found)

    exact = annotations(many("F001", MOST), many("W101", MOST))
    assert [a.command for a in exact] == ["error"] * MOST + ["warning"] * MOST
    found = annotations(many("W101", 30), many("F001", 15), many("E012", 3))
    errors = [a for a in found if a.command == "error"]
    warnings = [a for a in found if a.command == "warning"]
    assert len(errors) == len(warnings) == MOST
    assert [e.properties["title"][0] for e in errors[:9]] == list("EEEFFFFFF")
    assert errors[-1].data.startswith("9 more errors are in the log")
    assert warnings[-1].data.startswith("21 more warnings are in the log")


def test_the_step_summary_and_the_annotations_are_made_of_the_same_stream() -> None:
    tally, summary = Tally(), summary_of_step()
    out = "".join(to_github(Findings(summary.gather(tally.count(iter(all_kinds()))), tally)))
    assert out == written(to_github, *all_kinds())
    assert summary.text(tally) == written(step_summary, *all_kinds())


# --- where things are -----------------------------------------------------------------------------


def test_paths_are_relative_to_the_checkout_also_from_a_subfolder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "infra" / "estimates"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    root = checkout({"GITHUB_WORKSPACE": str(tmp_path)})
    assert relative("shop.yaml", root) == "infra/estimates/shop.yaml"
    assert relative("../shop.yaml", root) == "infra/shop.yaml"
    assert relative(str(folder / "shop.yaml"), root) == "infra/estimates/shop.yaml"
    assert relative("shop.yaml") == "shop.yaml"
    outside = tmp_path.parent / "kinds.yaml"
    assert relative(str(outside), root) == outside.as_posix()
    (found, *_) = annotations(checked(), root=root)
    assert found.properties["file"] == "infra/estimates/shop.yaml"


def test_the_checkout_is_what_github_or_gitlab_say() -> None:
    assert checkout({"CI_PROJECT_DIR": "/builds/x"}) == Path("/builds/x")
    assert checkout({"GITHUB_WORKSPACE": ""}) is None


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_checkout_behind_a_link_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    file = str(tmp_path / "link" / "shop.yaml")
    assert relative(file, tmp_path / "real") == "shop.yaml"


def test_what_is_no_file_is_told_at_the_scenario_or_nowhere() -> None:
    place = Place(Source("--set", "users=x"), 0, 5)
    (found,) = annotations(Checked("shop.yaml", "x", (Diagnostic("E012", "no", place),)))
    assert found.properties["file"] == "shop.yaml"
    assert "col" not in found.properties
    (found,) = annotations(checked("actons: 1", "-"))
    assert "file" not in found.properties


def test_the_programs_own_kinds_and_options_are_no_files_to_show() -> None:
    places = [
        Place(Source(name, "x: 1"), 0, 1) for name in ("estimator/library/cache.yaml", "--set")
    ]
    labels = tuple(Label(place, "here") for place in places)
    found = tuple(Diagnostic("E012", f"no {p.source.name}", p, labels=labels) for p in places)
    results = run_of(Checked("shop.yaml", "x", found))["results"]
    assert [r["locations"][0]["physicalLocation"]["region"] for r in results] == [
        {"startLine": 1}
    ] * 2
    assert not any("relatedLocations" in r for r in results)


def test_what_is_gone_from_a_baseline_is_told_each_there() -> None:
    source = Source("baseline.json", "{}")

    def gone(number: int) -> Checked:
        place = Place(source, 0, 2)
        found = Diagnostic("F003", f"the scenario `shop{number}.yaml` is gone", place)
        return Checked(f"shop{number}.yaml", "x", (found,))

    found = entries(gone(1), gone(2))
    assert [e["location"]["path"] for e in found] == ["baseline.json"] * 2


def test_what_is_wrong_in_a_kind_of_two_scenarios_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "box.yaml").write_text("kind: box\nabout: A box.\nderivee: {}\n", "utf-8")
    text = "users: 1M\nlibrary: ./kinds/\ncomponents: {b: {kind: box}}\n"
    results = [checked(text, str(tmp_path / f"{name}.yaml")) for name in "ab"]
    in_kind = [f for f in results[0].found if f.file.endswith("box.yaml")]
    assert in_kind
    entries = json.loads(written(to_gitlab, *results, root=tmp_path))
    paths = [e["location"]["path"] for e in entries]
    assert paths.count("kinds/box.yaml") == len(in_kind)
    assert written(to_junit, *results).count("box.yaml:3") == 2


# --- JUnit ----------------------------------------------------------------------------------------


@cache
def junit_schema() -> XMLSchema:
    return XMLSchema(SCHEMAS / "junit-10.xsd")


def suites(*results: Checked) -> list[ET.Element]:
    """Return the suites of a document that fits the schema, with right counts."""
    text = written(to_junit, *results)
    junit_schema().validate(text)
    found = list(ET.fromstring(text))
    for suite in found:
        cases = suite.findall("testcase")
        kinds = [child.tag for case in cases for child in case]
        assert suite.get("tests") == str(len(cases))
        assert suite.get("name", "").strip()  # the schema of Ant wants more than spaces
        for kind, key in [("failure", "failures"), ("error", "errors"), ("skipped", "skipped")]:
            assert suite.get(key) == str(kinds.count(kind))
    return found


def test_junit_has_a_suite_for_each_file_and_a_case_for_each_expectation() -> None:
    shop, wrong, has_moved, call, passed_over = suites(*all_kinds())
    assert [s.get("name") for s in (shop, wrong)] == ["shop.yaml", "sub/wrong.yaml"]
    outcomes = [(c.get("name"), c[0].tag if len(c) else "") for c in shop.iter("testcase")]
    assert outcomes == [
        ("can be computed", ""),
        ("visit.writes.average <= 200/s", ""),
        ("visit.writes.average <= 100/s", "failure"),
        ("visit.writes.average <= 90/s", ""),
        ("visit.writes.average <= 80/s", "skipped"),
    ]
    (failure,) = shop.iter("failure")
    assert failure.get("type") == "F001"
    assert failure.get("message", "").startswith("it is 116/s")
    assert "W108" in (shop.findtext("system-out") or "")
    (error,) = wrong.iter("error")
    assert error.get("message") == "there is no key `actons` here"
    assert "sub/wrong.yaml:2:1" in (error.text or "")
    messages = [f.get("message") for f in has_moved.iter("failure")]
    assert messages == ["it was 2, and is 3", "it was 2, and is gone", "the scenario `Old` is gone"]
    assert call.get("errors") == "1"
    assert passed_over.get("skipped") == "1"


def test_what_ant_asks_of_a_suite_is_there() -> None:
    for suite in suites(*all_kinds()):
        assert [child.tag for child in suite if child.tag != "testcase"] == [
            "properties",
            "system-out",
            "system-err",
        ]
        wanted = {"name", "package", "id", "timestamp", "hostname", "tests", "failures", "errors"}
        assert wanted | {"time"} <= set(suite.attrib)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp", ""))
        for case in suite.iter("testcase"):
            assert set(case.attrib) == {"name", "classname", "time"}
            assert len(case) <= 1


@hostile
def test_junit_holds_a_hostile_name_as_text(text: str) -> None:
    (suite,) = suites(with_text(text))
    names = [case.get("name") for case in suite.iter("testcase")]
    shown = sanitize(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")
    assert names.count(shown) == 4
    assert {e.tag for e in suite.iter()} == {
        "testsuite", "properties", "testcase", "failure", "error", "skipped", "system-out",
        "system-err",
    }  # fmt: skip


# --- SARIF ----------------------------------------------------------------------------------------


@cache
def sarif_schema() -> Draft4Validator:
    return Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text("utf-8")))


def run_of(*results: Checked, **said: Any) -> dict[str, Any]:
    """Return the run of a log that fits the schema."""
    log = json.loads(written(to_sarif, *results, **said))
    sarif_schema().validate(log)
    (run,) = log["runs"]
    found: dict[str, Any] = run
    for result in found["results"]:
        assert result["locations"]  # code scanning refuses a result without one
        rule = found["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"]
    return found


def test_sarif_has_the_rules_and_a_result_for_each_diagnostic() -> None:
    run = run_of(*all_kinds())
    assert [r["id"] for r in run["tool"]["driver"]["rules"]] == list(rules())
    levels = [(r["ruleId"], r["level"]) for r in run["results"]]
    assert levels[:4] == [
        ("F001", "error"),
        ("W108", "warning"),
        ("W109", "note"),
        ("E007", "error"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "shop.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 7, "startColumn": 5, "endLine": 7, "endColumn": 34}
    whole = run["results"][4]["locations"][0]["physicalLocation"]
    assert whole["region"] == {"startLine": 1}
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolConfigurationNotifications"]
    assert notification["associatedRule"]["id"] == "E001"


def test_a_run_succeeds_where_all_could_be_judged() -> None:
    assert run_of(checked())["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]
    assert run_of()["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


@hostile
def test_sarif_holds_a_hostile_name_as_text(text: str) -> None:
    result = with_text(text)
    run = run_of(result)
    for told in run["results"]:
        message = told["message"]["text"]
        assert "](" not in message
        assert not re.search(r"(?<!\{)(\{\{)*\{(?!\{)", message), "an argument that is not there"
        for location in (*told["locations"], *told["relatedLocations"]):
            artifact = location["physicalLocation"]["artifactLocation"]
            assert re.fullmatch(r"[A-Za-z0-9._~%/:-]*", artifact["uri"])
            if "uriBaseId" in artifact and "\ud800" not in text:
                assert unquote(artifact["uri"]) == relative(result.file)


def test_a_file_outside_the_checkout_is_a_whole_uri(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    root.mkdir()
    (result, *_) = run_of(checked(file=str(tmp_path / "a b.yaml")), root=root)["results"]
    artifact = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": (tmp_path / "a b.yaml").as_uri()}


def prints(*results: Checked) -> list[str]:
    return [r["partialFingerprints"]["estimator/v1"] for r in run_of(*results)["results"]]


def test_prints_stay_when_lines_and_values_move() -> None:
    moved_down = "# a comment\n\n" + SHOP.replace("users: 1M", "users: 1.1M")
    assert prints(checked()) == prints(checked(moved_down))


def test_prints_differ_for_equal_lines_and_for_other_files() -> None:
    twice = checked(SHOP + "  - visit.writes.average <= 100/s\n")
    all_prints = prints(twice, checked(file="other.yaml"))
    assert len(all_prints) == 7
    assert len(set(all_prints)) == 7


# --- GitLab ---------------------------------------------------------------------------------------


def entries(*results: Checked) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(written(to_gitlab, *results))
    for entry in found:
        assert set(entry) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert set(entry["location"]) == {"path", "lines"}
        assert not entry["location"]["path"].startswith("./")
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in found}) == len(found)
    return found


def test_gitlab_has_an_entry_for_each_diagnostic() -> None:
    found = entries(*all_kinds())
    assert [(e["check_name"], e["severity"]) for e in found] == [
        ("F001", "critical"),
        ("W108", "minor"),
        ("W109", "info"),
        ("E007", "blocker"),
        ("F002", "critical"),
        ("F003", "critical"),
        ("F003", "critical"),
        ("E001", "blocker"),
    ]
    assert found[0]["location"] == {"path": "shop.yaml", "lines": {"begin": 7, "end": 7}}
    assert entries() == []


@hostile
def test_gitlab_holds_a_hostile_name_as_text(text: str) -> None:
    found = entries(with_text(text))
    assert found[0]["description"] == sanitize(f"`{text}` is {text}")


# --- Markdown -------------------------------------------------------------------------------------


class Page(HTMLParser):
    """The tags of a page, the cells of its tables, and what stands outside code."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.comments: list[str] = []
        self.rows: list[list[str]] = []
        self.outside = ""
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not attrs or {name for name, _ in attrs} == {"style"}, attrs
        self.tags.append(tag)
        if tag != "br":
            self._open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        if "code" not in self._open:
            self.outside += data
        if {"td", "th"} & set(self._open):
            self.rows[-1][-1] += data


OURS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "br", "details"}


def page(text: str) -> Page:
    """Markdown as GitHub renders it, with links where something looks like an address."""
    renderer = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    return Page(renderer.render(text))


def test_the_comment_begins_with_its_tag_and_tells_the_outcome() -> None:
    text = written(to_markdown, *all_kinds())
    assert text.splitlines()[:2] == [TAG, "## Estimates: 2 errors"]
    assert written(to_markdown, checked()).splitlines()[1] == "## Estimates: 1 expectation fails"
    holding = SHOP[: SHOP.index("  - visit.writes.average <= 100/s")]
    held = written(to_markdown, checked(holding))
    assert held.splitlines()[1] == "## Estimates: all expectations hold"
    assert written(to_markdown).splitlines()[1] == "## Estimates: nothing was checked"
    assert written(to_markdown, skipped()).splitlines()[1] == "## Estimates: nothing was checked"


def test_the_comment_has_a_table_of_each_kind() -> None:
    shown = page(written(to_markdown, *all_kinds()))
    rows = {tuple(row[:2]): row for row in shown.rows}
    failing = rows["shop.yaml", "visit.writes.average <= 100/s"]
    assert failing[2:4] == ["116/s", "15.7% above 100/s"]
    assert failing[4].startswith("users = 864k (×0.864)")
    assert rows["shop.yaml", "visit.writes.average <= 200/s"][3].startswith("users = 1.73M")
    assert rows["moved.yaml", "servers"][2:] == ["2", "3", "×1.5", "10%"]
    assert rows["moved.yaml", "cdn.nodes"][2:4] == ["2", "gone"]
    assert rows["sub/wrong.yaml:2", "E007"][2] == "there is no key actons here"
    assert rows["moved.yaml", "F003"][2] == "the scenario Old is gone"
    assert rows["", "E001"][2] == "there is no file nope.yaml"
    assert shown.tags.count("details") == 2


@pytest.mark.parametrize("format_", [to_markdown, step_summary], ids=["comment", "summary"])
@hostile
def test_a_hostile_name_makes_nothing_of_its_own(format_: Format, text: str) -> None:
    shown = page(written(format_, with_text(text)))
    assert set(shown.tags) <= OURS | {"summary"}
    assert shown.comments == [" estimator "]
    assert not re.search(r"[@#<>$]|://|www\.", shown.outside.replace("×", ""))
    widths = [len(row) for row in shown.rows]
    assert set(widths) <= {3, 4, 5, 6}
    heads = shown.tags.count("th")
    assert heads == sum(w for w, row in zip(widths, shown.rows, strict=True) if _is_head(row))


def _is_head(row: list[str]) -> bool:
    return row[0] in ("Scenario", "Place")


@hostile
def test_code_shows_a_users_text_letter_for_letter(text: str) -> None:
    shown = page("\n".join([row("ab"), row(["---"] * 2), row([code(text, 100_000), "x"])]))
    cells = shown.rows[1]
    # a browser shows runs of spaces as one, and so does what renders a code span
    assert cells[0].split() == sanitize(text).split()
    assert cells[1] == "x"


def test_prose_is_text_where_nothing_can_be_made_of_it() -> None:
    assert prose("`servers` is 3, and 2.5% of $3") == "`servers` is 3, and 2.5% of $3"
    assert prose("$26.3k, $0.11/GB/month in $/month, $1,698") == (
        "$26.3k, $0.11/GB/month in $/month, $1,698"
    )
    assert prose("x1 <= 3 * users: 5 kB/s, 10-12, 0.2.0 (the p99)") == (
        "x1 <= 3 * users: 5 kB/s, 10-12, 0.2.0 (the p99)"
    )
    assert prose("ask @team, see https://a.example/b and #12 or !3 for all of it, and more") == (
        "ask `@team,` see `https://a.example/b` and `#12` or `!3` for all of it, and more"
    )
    assert prose("3.2k/s [1.5k/s to 2/s], $2k [$1k to $3k]/month") == (
        "3.2k/s [1.5k/s to 2/s], $2k [$1k to $3k]/month"
    )
    assert prose("`servers` is 3, 2.5% above `2`") == "`servers` is 3, 2.5% above `2`"
    for link in (
        *("see www.evil.example", "a@b.example", "@octocat", "#1", "evil.example", "``a``"),
        *(
            "GH-1",
            "SHOP-12",
            "a/b#1",
            "!12",
            "$12x",
            "%5",
            '%"v1"',
            "~bug",
            "&3",
            "deadbeef",
            ":x:",
        ),
        *("8f3d0a1b2c", "/close", "<b>", "&lt;", "*a*", "__a__", "~~a~~", "[a](b)", "- a", "1. a"),
        *("> a", "# a", "===", "---", "tel:5", "http:x", "x\u202ey", "[^1]", "$a$", "$1$"),
        *("[1](b)", "[1][b]", "[1]: /b", "![1](b)", "[$1](b)"),
    ):
        assert prose(link).startswith("`"), link
        assert page(prose(link)).tags == ["p", "code"]


SIZED = SHOP + "components: {api: {kind: service}}\n"


def test_a_comment_has_the_answer_of_each_scenario_behind_what_fails() -> None:
    text = written(to_markdown, checked(SIZED), checked(SIZED, "other.yaml"))
    assert text.index("### Expectations that fail") < text.index("### Summary (2)")
    assert text.index("### Summary (2)") < text.index("<details>")
    head, _, first, *_ = text.partition("### Summary (2)")[2].strip().splitlines()
    assert head == "| Scenario | Load | Data | Servers | Cost | Latency | Availability |"
    assert first.startswith("| `shop.yaml` | 231 requests/s at peak | ")
    assert re.search(r"\| 2 \| \$[\d,]+/month \|", first)
    assert "| p99 at least" in first


def test_the_answers_of_many_scenarios_are_folded() -> None:
    text = written(to_markdown, *(checked(SIZED, f"{n}.yaml") for n in range(6)))
    assert "<details>\n<summary>Summary (6)</summary>" in text


def test_a_scenario_without_an_answer_of_such_lines_has_no_row() -> None:
    assert "Summary" not in written(to_markdown, checked("derive: {x: 5 GB}\n"))


def test_json_has_the_answer_as_run_has_it(ask: Ask) -> None:
    (scenario,) = json.loads(written(to_json, checked(SIZED)))["scenarios"]
    of_run = ask("run", "-", "--format", "json", given=SIZED).scenario["summary"]
    for line in of_run:  # with other defaults, and by age, it is computed by `run` alone
        line["text"] = re.sub(
            r" \([^()]* with other defaults\)|, [^,]* with other defaults|, [^,]* after 30 days",
            "",
            line["text"],
        )
    assert scenario["summary"] == of_run
    assert of_run[0]["key"] == "load"


def failing(file: str) -> Checked:
    return checked(SHOP, file)


@pytest.mark.parametrize(
    ("format_", "limit"),
    one_in(2, [(to_markdown, COMMENT), (step_summary, SUMMARY)]),
    ids=["64K", "1M"],
)
def test_the_text_is_cut_between_rows_and_says_how_much_is_left_out(
    format_: Format, limit: int
) -> None:
    one = failing("shop.yaml")
    name = "é" * 120

    def many() -> Iterable[Checked]:
        for index in range(3000):
            yield one._replace(file=f"{name}{index}.yaml", moves=moved().moves)

    text = written(format_, *many())
    assert len(text.encode()) <= limit
    assert len(text.encode()) > limit * 0.8
    shown = page(text)
    assert set(shown.tags) <= OURS | {"summary"}
    rows = [row for row in shown.rows if not _is_head(row)]
    assert all(len(row) in (4, 5, 6, 7) for row in rows)
    table = text[text.index("### Expectations that fail (3,000)") :].split("\n### ")[0]
    shown_failing = table.count("<= 100/s` |")
    assert f"… and {3000 - shown_failing:,} more; the log has them." in table


def test_no_more_rows_are_kept_than_asked_for_and_the_rest_is_counted() -> None:
    gathered = Gathered(rows=5)
    for index in range(12):
        gathered.add(failing(f"{index}.yaml"))
    text = gathered.text(Tally())
    assert text.count("<= 100/s` |") == 5
    assert "### Expectations that fail (12)" in text
    assert "… and 7 more; the log has them." in text


def test_a_table_without_room_is_told_of_in_a_line() -> None:
    gathered = Gathered(limit=800)
    tally = Tally()
    for result in tally.count(all_kinds()):
        gathered.add(result)
    text = gathered.text(tally)
    assert len(text.encode()) <= 800
    assert "Expectations that fail (1): there is no room for them here; the log has them." in text
