"""`estimator mcp`, as an assistant sees it: the official SDK's client at the end of two pipes."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from asking import ROOT, Ask, one_in

from estimator.assistant.pages import skill
from estimator.cli.app import run_app
from estimator.model.quantity import Origin
from estimator.version import __version__

pytest.importorskip("mcp", reason="the extra mcp is not installed")
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

pytestmark = pytest.mark.xdist_group("assistant")  # the server takes seconds to start: once for all

SECRET = "SECRET-4711"
TOOLS = {"kinds", "run", "explain", "check", "compare", "solve", "forecast"}
MANY_VARIANTS = "users: 1M\nvariants:\n" + "".join(
    f"  v{i}: {{users: {i}M}}\n" for i in range(2, 14)
)
SHOP = "{users: 1M, actions: {buy: {per_user: 1/day, payload: 2 kB}}}"


class Answer(NamedTuple):
    """What a tool answers: whether it is an error, and its JSON."""

    is_error: bool
    json: dict[str, Any]
    text: str

    @property
    def wrong(self) -> dict[str, Any]:
        """The first diagnostic."""
        assert self.is_error
        found: dict[str, Any] = self.json["diagnostics"][0]
        return found


class Assistant:
    """A client of the server, whose calls wait for the answer."""

    def __init__(self, portal: BlockingPortal, session: ClientSession) -> None:
        self.portal = portal
        self.session = session
        self.hello = portal.call(session.initialize)

    def __call__(self, tool: str, /, **arguments: Any) -> Answer:
        found = self.portal.call(self.session.call_tool, tool, arguments)
        [content] = found.content
        assert found.structured_content == json.loads(content.text)
        return Answer(bool(found.is_error), found.structured_content, content.text)

    def page(self, name: str) -> str:
        found = self.portal.call(self.session.read_resource, f"estimator://{name}")
        return str(found.contents[0].text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the shipped scenarios, traps, and a secret beside it."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / ".git").mkdir()  # whose project would be all of it
    here = outside / "scenarios"
    shutil.copytree(ROOT / "scenarios", here)
    (outside / "secret.yaml").write_text(f"name: {SECRET}\nusers: 1M\n")
    (outside / "kinds").mkdir()
    (outside / "kinds" / "tape.yaml").write_text(f"kind: tape\nabout: {SECRET}\nparameters: {{}}\n")
    (here / "notes.txt").write_text(SECRET)
    (here / "link.yaml").symlink_to(outside / "secret.yaml")
    (here / "linked").symlink_to(outside)
    (here / "a_folder.yaml").mkdir()
    if hasattr(os, "mkfifo"):
        os.mkfifo(here / "pipe.yaml")
    return here


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where the server's user would have a cache."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def assistant(folder: Path, home: Path) -> Iterator[Assistant]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(home),
        "ESTIMATOR_CACHE_DIR": str(home / "cache"),
    }
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "estimator", "mcp"], env=environment, cwd=folder
    )
    with ExitStack() as stack:
        portal = stack.enter_context(start_blocking_portal())
        pipes = stack.enter_context(portal.wrap_async_context_manager(stdio_client(server)))
        session = ClientSession(*pipes)
        stack.enter_context(portal.wrap_async_context_manager(session))
        yield Assistant(portal, session)


# --- what it offers -------------------------------------------------------------------------------


def test_it_says_who_it_is_and_what_to_read_first(assistant: Assistant) -> None:
    assert assistant.hello.server_info.name == "estimator"
    assert assistant.hello.server_info.version == __version__
    assert "estimator://skill" in assistant.hello.instructions


def test_every_tool_only_reads_and_says_what_each_argument_is(assistant: Assistant) -> None:
    tools = assistant.portal.call(assistant.session.list_tools).tools
    assert {tool.name for tool in tools} == TOOLS
    for tool in tools:
        assert tool.annotations.read_only_hint
        assert not tool.annotations.open_world_hint
        assert tool.description
        assert tool.output_schema["type"] == "object"
        assert not tool.input_schema["additionalProperties"]
        for name, argument in tool.input_schema["properties"].items():
            assert argument["description"], f"{tool.name}.{name}"


def test_it_has_pages_on_the_language_the_rules_and_examples(assistant: Assistant) -> None:
    pages = assistant.portal.call(assistant.session.list_resources).resources
    addresses = {str(page.uri) for page in pages}
    assert {f"estimator://{name}" for name in ("skill", "language", "rules", "kinds")} <= addresses
    assert all(page.description for page in pages)
    assert "per_user" in assistant.page("language")
    assert "E016" in assistant.page("rules")
    twitter = assistant.page("examples/twitter")
    assert not assistant("run", scenario=twitter).is_error


def test_the_skill_is_printed_and_its_example_can_be_run(ask: Ask, assistant: Assistant) -> None:
    printed = ask("mcp", "--skill").out
    assert printed == skill().read_text("utf-8") == assistant.page("skill")
    assert yaml.safe_load(printed.split("---")[1])["name"] == "size-a-system"
    [example] = re.findall(r"```yaml\n(.*?)```", printed, re.S)
    assert not assistant("check", scenario=re.sub("^   ", "", example, flags=re.M)).is_error


# --- what it answers ------------------------------------------------------------------------------


class Question(NamedTuple):
    """What somebody asks, and where tool and command line have the answer."""

    ask: str
    tool: str
    arguments: dict[str, Any]
    answer: str
    command: str


QUESTIONS = [
    Question(**given)
    for given in yaml.safe_load((ROOT / "tests" / "asked_of_assistants.yaml").read_text("utf-8"))
]


def at(path: str, found: Any) -> Any:
    """Return what stands at a path of JSON, such as `scenarios/0/name`."""
    for step in path.split("/"):
        found = found[int(step) if isinstance(found, list) else step]
    return found


def test_thirty_questions_are_recorded_and_every_tool_is_asked() -> None:
    assert len(QUESTIONS) >= 30
    assert {question.tool for question in QUESTIONS} == TOOLS


@pytest.mark.parametrize("question", one_in(4, QUESTIONS), ids=lambda question: question.ask)
def test_a_tool_answers_what_the_command_line_prints(
    question: Question,
    assistant: Assistant,
    ask: Ask,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(folder)
    answer = assistant(question.tool, **question.arguments)
    assert not answer.is_error
    found = at(question.answer, answer.json)
    assert found is not None
    given = question.arguments.get("scenario")
    printed = ask(*shlex.split(question.command), "--format", "json", given=given)
    assert at(question.answer, json.loads(printed.out)) == found


def test_each_quantity_has_its_unit_and_says_where_it_comes_from(assistant: Assistant) -> None:
    made = assistant("run", file="twitter.yaml", show=["tweet.*", "servers"]).json["scenarios"][0]
    quantities = made["quantities"]
    assert quantities["tweet.payload"]["unit"] == "B"
    assert quantities["tweet.payload"]["origin"] == "given"
    assert quantities["tweet.writes.average"]["unit"] == "1/s"
    assert quantities["tweet.writes.average"]["formula"]
    defaults = [q for q in quantities.values() if q["origin"] == "default"]
    assert defaults
    for assumed in made["assumptions"]:
        assert assumed["source"] or assumed["assumption"], assumed["names"]


def test_every_origin_of_a_quantity_is_explained(assistant: Assistant) -> None:
    listed = assistant.portal.call(assistant.session.list_tools).tools
    (run,) = (tool.description for tool in listed if tool.name == "run")
    for text in (assistant.page("skill"), run, (ROOT / "docs" / "command-line.md").read_text()):
        assert {origin.value for origin in Origin} <= set(re.findall(r"`(\w+)`", str(text)))


def test_users_that_the_file_gives_are_no_default(assistant: Assistant) -> None:
    for users, name in (
        ("1M", "users"),
        ("{registered: 4M, daily_active: 25%}", "users.daily_active"),
    ):
        made = assistant("run", scenario=SHOP.replace("1M", users)).json["scenarios"][0]
        first, *_ = made["quantities"].items()
        assert (first[0], first[1]["value"], first[1]["origin"]) == (name, 1e6, "given")


def test_a_product_leads_to_its_kind(assistant: Assistant) -> None:
    assert assistant("kinds", kind="cloudflare").wrong["help"] == "write `kind: cdn`"
    meant = assistant("kinds", kind="postgres").wrong["help"]
    assert meant == "write `kind: database` and `like: postgres`"
    assert not assistant(
        "run",
        scenario=SHOP.replace("}}}", "}}, components: {a: {kind: database, like: postgres}}}"),
    ).is_error


def test_a_wrong_file_goes_by_its_name_and_leads_to_those_there(
    assistant: Assistant, folder: Path
) -> None:
    near = assistant("run", file="twiter.yaml").wrong
    assert (near["message"], near["help"]) == (
        "there is no file `twiter.yaml`",
        "did you mean `twitter.yaml`?",
    )
    far = assistant("check", file="a/zzzzzzzzzz.yaml")
    assert "`chat_assistant.yaml`, `events.yaml`" in far.wrong["help"]
    assert str(folder) not in far.text


def test_an_input_of_a_text_is_followed_to_its_line(assistant: Assistant) -> None:
    text = "users: 1M\nactions:\n  buy:\n    per_user: 3/day\n    payload: 1 kB\n"
    found = assistant("explain", scenario=text, names=["buy.per_user"]).json["derivations"]
    assert [d["where"] for d in found] == ["scenario:4"]


def test_a_text_may_stand_between_fences_and_keeps_its_lines(assistant: Assistant) -> None:
    assert not assistant("run", scenario=f"```yaml\n{SHOP}\n```\n").is_error
    wrong = assistant("run", scenario="```yaml\nusers: 5 GB\n```").wrong
    assert (wrong["rule"], wrong["place"]["line"]) == ("E012", 2)
    assert assistant("run", scenario=f"```\n{SHOP}").wrong["rule"] == "E003"


def test_what_is_unknown_is_said_and_not_made_up(assistant: Assistant) -> None:
    unknown = "{users: '?', actions: {buy: {per_user: 1/day}}, derive: {x: users * 2}}"
    made = assistant("run", scenario=unknown).json["scenarios"][0]
    assert "x" not in made["quantities"] or made["quantities"]["x"]["value"] is None
    assert "users" in json.dumps(made["unknown"])


def test_what_is_left_out_is_counted(assistant: Assistant) -> None:
    everything = assistant("run", file="twitter.yaml", show=["*"]).json
    assert len(everything["scenarios"][0]["quantities"]) == 200
    assert everything["left_out"]["quantities"] > 100
    many = "".join(f"  d{i}: {{kind: queue, receives: [buy]}}\n" for i in range(60))
    actions = "users: 1M\nactions: {buy: {per_user: 1/day}}\n"
    found = assistant("run", scenario=f"{actions}components:\n{many}").json
    assert len(found["scenarios"][0]["bottlenecks"]) == 40
    assert found["left_out"]["bottlenecks"] == 20


# --- what is wrong --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "arguments", "rule", "line", "helped"),
    [
        ("run", {"scenario": "users: 1M\nderive:\n  x: usrs * 2"}, "E014", 3, "users"),
        ("run", {"scenario": "users: 5 GB"}, "E012", 1, ""),
        ("run", {"scenario": "users: [1M"}, "E003", 1, ""),
        ("run", {"scenario": SHOP, "show": ["sarvers"]}, "E014", None, "servers"),
        ("run", {"scenario": SHOP, "variant": "pull"}, "E030", 1, ""),
        ("run", {"scenario": SHOP, "overrides": {"usrs": "2M"}}, "E014", 1, "users"),
        ("run", {}, "E034", None, "one of the two"),
        ("run", {"scenario": SHOP, "file": "twitter.yaml"}, "E034", None, "one of the two"),
        ("run", {"scenrio": SHOP}, "E034", None, "scenario"),
        ("run", {"scenario": SHOP, "show": "servers, users"}, "E034", None, "quantities"),
        ("run", {"scenario": "#" * 100_001}, "E004", None, ""),
        ("explain", {"scenario": SHOP}, "E034", None, "quantities"),
        ("explain", {"scenario": SHOP, "names": ["buy.writes"]}, "E014", None, ""),
        ("explain", {"scenario": SHOP, "names": ["users"], "depth": 11}, "E034", None, ""),
        ("explain", {"scenario": SHOP, "names": ["x"] * 51}, "E034", None, "fewer"),
        ("compare", {"scenario": SHOP, "variants": ["pull"]}, "E030", 1, ""),
        ("compare", {"scenario": MANY_VARIANTS}, "E034", None, "name those"),
        ("solve", {"scenario": SHOP, "input": "usrs", "until": "servers <= 9"}, "E014", None, ""),
        ("forecast", {"scenario": SHOP, "months": 121}, "E034", None, ""),
        ("kinds", {"kind": "databse"}, "E020", None, "database"),
        ("run", {"file": "twiter.yaml"}, "E001", None, ""),
        ("run", {"file": "notes.txt"}, "E001", None, ".yaml"),
    ],
)
def test_what_is_wrong_comes_with_its_code_its_line_and_help(
    tool: str,
    arguments: dict[str, Any],
    rule: str,
    line: int | None,
    helped: str,
    assistant: Assistant,
) -> None:
    wrong = assistant(tool, **arguments).wrong
    assert (wrong["rule"], wrong["place"] and wrong["place"]["line"]) == (rule, line)
    assert helped in (wrong["help"] or "")
    assert SECRET not in json.dumps(wrong)


def test_errors_come_before_warnings_however_many(assistant: Assistant) -> None:
    keeps = "".join(f"  a{i}: {{per_user: 1/day, payload: 2 kB}}\n" for i in range(60))
    scenario = f"users: 1M\nactions:\n{keeps}"
    scenario += "components: {db: {kind: database, receives: [a0]}}\n"
    two = scenario + "variants: {other: {users: 2M}}\n"
    assert assistant("compare", scenario=two, variants=["other"]).wrong["rule"] == "E034"


def test_overrides_may_be_numbers(assistant: Assistant) -> None:
    for users in (2_000_000, 2e6, "2M"):
        found = assistant("run", scenario=SHOP, overrides={"users": users}, show=["users"]).json
        assert found["scenarios"][0]["quantities"]["users"]["value"] == 2e6


def test_a_check_has_what_is_wrong_beside_the_scenario(assistant: Assistant) -> None:
    answer = assistant("check", scenario=f"{SHOP[:-1]}, expect: [requests.peak <= 1/s]}}")
    assert not answer.is_error
    assert answer.json["scenarios"][0]["outcome"] == "fails"


# --- what it does not do --------------------------------------------------------------------------

HOSTILE_FILES = (
    "../secret.yaml",
    "linked/secret.yaml",
    "link.yaml",
    "classics/../../secret.yaml",
    "OUTSIDE/secret.yaml",
    "file://OUTSIDE/secret.yaml",
    "a_folder.yaml",
    "pipe.yaml",
    "secret\0.yaml",
    "x" * 5000 + ".yaml",
    "/etc/passwd",
    "/dev/stdin",
)
HOSTILE_TEXTS = (
    "library: ../kinds/\ncomponents: {a: {kind: tape}}",
    "library: OUTSIDE/kinds/\ncomponents: {a: {kind: tape}}",
    "library: linked/kinds/\ncomponents: {a: {kind: tape}}",
    "uses: {other: ../secret.yaml}\nderive: {x: other.users}",
    "uses: {other: link.yaml}\nderive: {x: other.users}",
    "uses: {other: OUTSIDE/secret.yaml}\nderive: {x: other.users}",
    "uses: {other: pipe.yaml}\nderive: {x: other.users}",
    "used_by: [../secret.yaml]\nusers: 1",
)


@pytest.mark.parametrize("file", HOSTILE_FILES, ids=lambda file: file[:30])
def test_no_file_outside_of_the_folder_is_read(
    file: str, assistant: Assistant, folder: Path
) -> None:
    answer = assistant("run", file=file.replace("OUTSIDE", str(folder.parent)))
    assert answer.is_error
    assert answer.json["diagnostics"]
    assert SECRET not in answer.text


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_leads_out_of_the_folder(text: str, assistant: Assistant, folder: Path) -> None:
    answer = assistant("run", scenario=text.replace("OUTSIDE", str(folder.parent)))
    assert answer.is_error
    assert answer.json["diagnostics"]
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "text",
    [
        "derive: {x: " + "(" * 5000 + "1" + ")" * 5000 + "}",
        "derive: {x: 9 ^ 9 ^ 9 ^ 9}",
        "a: &a [1, 2]\nb: &b [*a, *a]\nc: [*b, *b]",
        "derive: {" + ", ".join(f"x{i}: 1 to 2" for i in range(6000)) + "}",
        "{users: 1M, derive: {x: " + " + ".join(["lognormal(1, 2)"] * 2000) + "}}",
    ],
)
def test_a_hostile_text_is_answered_within_seconds(text: str, assistant: Assistant) -> None:
    began = time.monotonic()
    answer = assistant("run", scenario=text)
    assert time.monotonic() - began < 60
    assert len(answer.text) < 250_000
    assert not assistant("run", scenario=SHOP).is_error, "it lives on"


def test_nothing_is_written(assistant: Assistant, folder: Path, home: Path) -> None:
    def state() -> dict[str, Any]:
        files = [*folder.parent.rglob("*"), *home.rglob("*")]
        return {str(f): (f.lstat().st_mtime_ns, f.lstat().st_size) for f in files}

    before = state()
    scenario = {"file": "twitter.yaml"}
    assistant("kinds")
    for tool in ("run", "check", "compare", "forecast"):
        assistant(tool, **scenario)
    assistant("explain", **scenario, names=["servers"])
    assistant("solve", **scenario, input="users", until="servers <= 10000")
    assert state() == before


def test_what_an_assistant_is_told_is_bounded(assistant: Assistant) -> None:
    answer = assistant("explain", file="twitter.yaml", names=["cost.per_month"], depth=10)
    assert answer.wrong["rule"] == "E034"
    assert "less deep" in answer.wrong["help"]
    assert len(answer.text) < 1000
    assert not assistant("explain", file="twitter.yaml", names=["cost.per_month"]).is_error


# --- the command ----------------------------------------------------------------------------------


def test_without_the_sdk_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("estimator.cli.commands.mcp.find_spec", lambda _: None)
    assert run_app(["mcp"]) == 2
    error = capsys.readouterr().err
    assert "error[E040]" in error
    assert "pip install '.[mcp]'" in error


@pytest.mark.parametrize("path", ["/", "no/such/folder"])
def test_a_folder_that_is_none_or_everything_is_refused(
    path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_app(["mcp", "--folder", path]) == 2
    assert "error[E0" in capsys.readouterr().err


def test_no_other_command_loads_the_sdk() -> None:
    program = (
        "import sys; from estimator.cli.app import run_app; run_app(['run', 'twitter']);"
        "run_app(['mcp', '--skill']); assert 'mcp' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
