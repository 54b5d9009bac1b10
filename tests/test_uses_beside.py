"""Scenarios that use others, where they are checked, compared, watched and edited."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import Ask
from jsonschema import Draft202012Validator
from language_client import LanguageClient
from terminals import Terminal

from estimator import api
from estimator.editor.completion import completions
from estimator.editor.diagnose import findings
from estimator.editor.document import Document, analysed
from estimator.editor.hover import hover
from estimator.editor.names import definitions, edited, rename

PLATFORM = """\
name: Platform
actions:
  event: {rate: 200k/s, payload: 1 kB}
components:
  kafka: {kind: kafka, receives: [event]}
"""
SHOP = """\
name: Shop
uses: {platform: platform.yaml}
derive: {brokers: platform.kafka.nodes}
expect: [brokers <= 60]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ESTIMATOR_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write(platform=PLATFORM, shop=SHOP)
    git("init", "-q", "-b", "main")
    git("add", "-A")
    git("commit", "-q", "-m", "one")
    return folder


def git(*words: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    subprocess.run(["git", *who, *words], check=True, capture_output=True)


def write(**texts: str) -> None:
    for name, text in texts.items():
        Path(f"{name}.yaml").write_text(text)


# --- checks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"platform": PLATFORM.replace("200k/s", "400k/s")},
        {"platform": f"uses: {{other: other.yaml}}\n{PLATFORM}"},
        {"platform": f"{PLATFORM}nonsense: 1\n"},
        {"core": "derive: {rate: 400k/s}\n"},
    ],
)
def test_a_change_of_a_used_file_is_noticed_by_a_check_of_the_user(
    changed: dict[str, str], ask: Ask
) -> None:
    write(core="derive: {rate: 200k/s}\n")
    if "core" in changed:
        between = PLATFORM.replace("200k/s", "core.rate")
        write(platform=f"uses: {{core: core.yaml}}\n{between}")
    first = ask("check", "shop.yaml", "--cache")
    assert ask("check", "shop.yaml", "--cache") == first
    write(**changed)
    after = ask("check", "shop.yaml", "--cache")
    assert after.out != first.out
    assert after == ask("check", "shop.yaml", "--no-cache")


def test_a_used_file_that_comes_or_goes_is_noticed(ask: Ask) -> None:
    Path("platform.yaml").unlink()
    assert ask("check", "shop.yaml", "--cache").code == 2
    write(platform=PLATFORM)
    assert ask("check", "shop.yaml", "--cache").code == 0
    Path("platform.yaml").unlink()
    assert ask("check", "shop.yaml", "--cache").code == 2


def test_kinds_of_a_used_file_are_read_beside_that_file_and_noticed(ask: Ask, here: Path) -> None:
    deeds = "{deeds: {formula: 5, dimension: count}}"
    kind = f"kind: own\nextends: service\nabout: A kind.\nderive: {deeds}\n"
    (here / "deep" / "kinds").mkdir(parents=True)
    Path("deep/kinds/own.yaml").write_text(kind)
    Path("deep/platform.yaml").write_text(
        "library: kinds/\nusers: 1\ncomponents: {it: {kind: own}}\n"
    )
    write(shop="uses: {platform: deep/platform.yaml}\nexpect: [platform.it.deeds == 5]\n")
    assert ask("check", "shop.yaml", "--cache").code == 0
    Path("deep/kinds/own.yaml").write_text(kind.replace("formula: 5", "formula: 6"))
    assert ask("check", "shop.yaml", "--cache").code == 1


def test_a_baseline_keeps_what_is_used_of_other_files_by_its_own_formulas(ask: Ask) -> None:
    assert ask("check", "shop.yaml", "--update-baseline").code == 0
    write(platform=PLATFORM.replace("200k/s", "230k/s"), shop=SHOP.replace("<= 60", "<= 90"))
    moved = ask("check", "shop.yaml")
    assert moved.code == 1
    assert "brokers" in moved.out


# --- two versions ---------------------------------------------------------------------------------


def test_a_difference_to_a_commit_uses_the_files_of_that_commit(ask: Ask) -> None:
    write(platform=PLATFORM.replace("200k/s", "400k/s"))
    answer = ask("diff", "--base", "HEAD", "shop.yaml")
    assert "Used scenarios" in answer.out
    assert "platform.yaml: event.rate" in answer.out
    found = json.loads(ask("diff", "--base", "HEAD", "shop.yaml", "--format", "json").out)
    [shop] = found["scenarios"]
    assert shop["status"] == "changed"
    assert [(i["name"], i["library"]) for i in shop["inputs"]] == [
        ("platform.yaml: event.rate", True)
    ]


def test_a_user_of_nothing_that_changed_is_the_same(ask: Ask) -> None:
    write(platform=f"{PLATFORM}derive: {{more: 5}}\n")
    [shop] = json.loads(ask("diff", "--base", "HEAD", "shop.yaml", "--format", "json").out)[
        "scenarios"
    ]
    assert shop["status"] == "same"


def test_a_used_file_that_was_not_there_makes_the_past_unknown(ask: Ask) -> None:
    write(other="derive: {brokers: 5}\n", shop=SHOP.replace("platform.yaml", "other.yaml").replace(
        "platform.kafka.nodes", "platform.brokers"))  # fmt: skip
    found = json.loads(ask("diff", "--base", "HEAD", "shop.yaml", "--format", "json").out)
    assert found["scenarios"][0]["status"] == "changed"
    git("add", "-A")
    git("commit", "-q", "-m", "two")
    write(shop=SHOP)
    Path("other.yaml").unlink()
    found = json.loads(ask("diff", "--base", "HEAD", "shop.yaml", "--format", "json").out)
    assert found["scenarios"][0]["status"] == "changed"


# --- watching and Python --------------------------------------------------------------------------


@pytest.fixture
def watching(here: Path) -> Iterator[Terminal]:
    with Terminal("run", "--watch", "shop.yaml", "--show", "derived", cwd=here) as terminal:
        terminal.until("Ctrl-C ends")
        yield terminal


def test_a_used_file_is_watched(watching: Terminal) -> None:
    write(platform=PLATFORM.replace("200k/s", "2M/s"))
    assert "brokers" in watching.until("Changed")


def test_python_loads_what_a_file_uses_and_gives_all_that_it_depends_on() -> None:
    loaded = api.load("shop.yaml")
    assert api.estimate(loaded).report.number("brokers") > 1
    assert api.paths_beside(loaded) == ("platform.yaml",)


def test_completion_in_the_shell_knows_what_is_used(ask: Ask) -> None:
    found = ask("explain", "shop.yaml", "platform.kafka.nodes")
    assert found.code == 0


# --- editors --------------------------------------------------------------------------------------


def opened(text: str) -> Document:
    return analysed(text, Path("shop.yaml"))


def offered(text: str) -> set[str]:
    at = text.index("|")
    before = opened(text.replace("|", ""))
    return {c.label for c in completions(before, at).items}


def test_names_of_another_file_are_completed_behind_its_name() -> None:
    assert "platform." in offered(SHOP.replace("platform.kafka.nodes", "pla|"))
    found = offered(SHOP.replace("platform.kafka.nodes", "platform.kafka.|"))
    assert {"platform.kafka.nodes", "platform.kafka.utilization"} <= found
    assert "platform.servers" in offered(SHOP.replace("platform.kafka.nodes", "platform.s|"))


def test_flows_of_another_file_are_completed_where_flows_are_received() -> None:
    text = f"{SHOP}components:\n  api: {{kind: service, receives: [|]}}\n"
    assert {"platform.event", "platform.kafka.group"} <= offered(text)


def test_a_path_is_completed_with_no_names_of_quantities() -> None:
    assert offered("uses:\n  platform: |\nderive: {x: 5}\n") == set()


def test_hover_tells_the_value_of_another_files_quantity_and_the_name_of_a_file() -> None:
    document = opened(SHOP)
    shown = hover(document, SHOP.index("kafka.nodes") + 1)
    assert shown is not None
    assert "**platform.kafka.nodes** = " in shown.markdown
    name = hover(document, SHOP.index("platform:") + 1)
    assert name is not None
    assert "a scenario" in name.markdown


def test_the_name_of_a_file_is_renamed_wherever_it_stands() -> None:
    document = opened(SHOP)
    at = SHOP.index("platform.kafka")
    renamed = SHOP.replace("platform:", "shared:").replace("platform.kafka", "shared.kafka")
    assert edited(SHOP, rename(document, at, "shared")) == renamed
    [place] = definitions(document, at + 10)
    assert place.start == SHOP.index("platform:")


def test_what_is_wrong_in_a_used_file_is_underlined_where_it_is_named() -> None:
    write(platform=f"{PLATFORM}derive: {{wrong: nope}}\n")
    text = SHOP.replace("uses: {", "uses: {other: other.yaml, ")
    write(other="derive: {brokers: 5}\n")
    [found] = findings(opened(text))
    assert text[found.start : found.end] == "platform.yaml"
    assert found.message.startswith("platform.yaml:6: there is nothing named `nope`")


def test_an_open_file_that_is_used_is_used_as_it_is_written(tmp_path: Path) -> None:
    unsaved = {str(Path("platform.yaml").resolve()): f"{PLATFORM}derive: {{fresh: 5}}\n"}
    text = SHOP.replace("platform.kafka.nodes", "platform.fresh")
    document = analysed(text, Path("shop.yaml"), None, unsaved)
    assert [d.message for d in document.found] == []


def test_an_editor_learns_at_once_of_a_change_in_a_used_file(here: Path) -> None:
    with LanguageClient([sys.executable, "-m", "estimator", "lsp"], here) as client:
        shop, platform = here / "shop.yaml", here / "platform.yaml"
        assert client.open(shop, SHOP).messages == []
        client.open(platform, PLATFORM.replace("kafka:", "queue:"))
        assert client.open(shop, f"{SHOP}# more\n").messages != []


def test_the_schema_takes_names_with_a_file_each(ask: Ask) -> None:
    schema = json.loads(ask("schema").out)
    validator = Draft202012Validator(schema)
    assert not list(
        validator.iter_errors({"uses": {"a": "a.yaml"}, "used_by": {"other": "b.yaml"}})
    )
    assert list(validator.iter_errors({"uses": {"a": ["a.yaml"]}}))
    assert list(validator.iter_errors({"uses": "a.yaml"}))


def test_fmt_keeps_paths_as_they_are_and_puts_the_section_in_its_place(ask: Ask) -> None:
    write(loose="derive: {x: 2*3}\nuses: {p: ./a-b/c*d.yaml}\n")
    assert ask("fmt", "loose.yaml").code == 0
    assert Path("loose.yaml").read_text() == "uses: {p: ./a-b/c*d.yaml}\nderive: {x: 2 * 3}\n"
