"""`estimator lsp`, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from editing import Buffer, Editor, at, changed, span
from hypothesis import given, settings
from hypothesis import strategies as st
from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.workspace import Workspace

from estimator.cli.app import run_app
from estimator.editor import document
from estimator.editor.completion import completions
from estimator.editor.context import context
from estimator.editor.document import Document, analysed, glanced
from estimator.editor.edits import edited
from estimator.editor.hints import hints
from estimator.editor.hover import hover
from estimator.editor.names import Refused, references, rename
from estimator.editor.positions import Positions
from estimator.editor.semantic_tokens import Role, words
from estimator.editor.server import _Server
from estimator.editor.symbols import outline
from estimator.files.read import LARGEST
from estimator.formula.parse import parse
from estimator.formula.tree import Chain
from estimator.scenario import yaml_tree
from estimator.scenario.recognise import FileType
from estimator.scenario.yaml_tree import read_yaml

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = sorted((ROOT / "scenarios").glob("*.yaml"))

FEED = """\
name: Feed
users: {registered: 500M, daily_active: 40%}
traffic: {peak_to_average: 3}
actions:
  tweet:     {per_user: 2/day, payload: 200 B, retention: 5 years}
  read_feed: {per: {tweet: 100}, op: read, response: 4 kB}
components:
  api:   {kind: service, cpu_time: 5 ms, node: m7g.2xlarge}
  feeds:
    kind: cache
    receives: [read_feed]
    hit_ratio: 99%
    working_set: users * 16 kB
  store: {kind: database, receives: {tweet: 1, feeds.misses: 20}, node: i3en.12xlarge, nodes: 20}
slo: {for: [tweet], availability: 99.9%}
derive:
  feed_traffic: read_feed.egress.average in TB/day
  double: feed_traffic * 2
expect:
  - tweet.writes.average <= 5k/s
  - {check: cost.per_month <= $300k, severity: warn, reason: the budget of Q3}
variants:
  small: {users.registered: 1M, tweet.payload: 100 B, feeds.hit_ratio: 90%}
"""

KIND = """\
kind: box
about: Holds things.
extends: fleet
parameters:
  size: {dimension: data, default: 1 GB, about: How much it holds., assumption: For the test.}
derive:
  held: {formula: size * 2, dimension: data, about: All that it holds.}
"""


@pytest.fixture(scope="module")
def editor() -> Iterator[Editor]:
    """Yield one server for all tests that do not end it."""
    edited = Editor()
    yield edited
    edited.close()
    assert edited.logged == []


@pytest.fixture
def feed(editor: Editor, tmp_path: Path) -> Iterator[Buffer]:
    buffer = editor.open(FEED, tmp_path / "feed.yaml")
    yield buffer
    buffer.close()


def labels(found: list[lsp.CompletionItem]) -> list[str]:
    return [item.label for item in found]


def written(buffer: Buffer, item: lsp.CompletionItem) -> str:
    """Return the text after a suggestion is taken."""
    edit = item.text_edit
    assert isinstance(edit, lsp.TextEdit)
    return changed(buffer.text, [edit])


# --- what is wrong --------------------------------------------------------------------------------


def test_a_mistake_is_shown_as_it_is_typed_and_gone_when_it_is_mended(feed: Buffer) -> None:
    assert [d.severity for d in feed.found] == [lsp.DiagnosticSeverity.Warning] * 2
    (found,) = feed.replace("hit_ratio: 99%", "hit_ratoi: 99%")
    assert (found.code, found.severity) == ("E007", lsp.DiagnosticSeverity.Error)
    assert span(feed.text, found.range) == "hit_ratoi"
    assert "help: did you mean `hit_ratio`?" in found.message
    assert found.code_description is None
    assert not any(d.code == "E007" for d in feed.replace("hit_ratoi", "hit_ratio"))


def test_every_mistake_is_shown_at_once(feed: Buffer) -> None:
    found = feed.write(FEED.replace("5 ms", "5 gb").replace("4 kB", "nothing * 2"))
    assert {d.code for d in found} == {"E017", "E014"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_ranges_count_as_editors_do(editor: Editor, tmp_path: Path, end: str) -> None:
    text = "about: 😀 🚀 é\nderive:\n  a: '1 GB + 🚀'\n  c: 2 * nope # 😀\n".replace("\n", end)
    buffer = editor.open(text, tmp_path / "wide.yaml")
    ranges = {d.code: d.range for d in buffer.found}
    assert ranges["E014"] == lsp.Range(lsp.Position(3, 9), lsp.Position(3, 13))
    assert ranges["E011"] == lsp.Range(lsp.Position(2, 13), lsp.Position(2, 15))
    buffer.close()


def test_other_places_that_matter_are_named(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open("derive:\n  a: 1\n  c: 2\n  a: 3\n", tmp_path / "twice.yaml")
    (found,) = buffer.found
    assert found.code == "E006"
    assert found.related_information is not None
    (other,) = found.related_information
    assert (other.message, other.location.range.start.line) == ("first here", 1)
    buffer.close()


def test_an_expectation_that_fails_is_underlined_with_its_values(feed: Buffer) -> None:
    tight = feed.replace("<= 5k/s", "<= 4k/s")
    failed = next(d for d in tight if d.severity is lsp.DiagnosticSeverity.Error)
    assert span(feed.text, failed.range) == "tweet.writes.average <= 4k/s"
    assert "it is 4.63k/s, 15.7% above 4k/s" in failed.message
    budget = next(d for d in tight if "cost.per_month" in d.message)
    assert (budget.severity, budget.code) == (lsp.DiagnosticSeverity.Warning, "W108")
    assert "the budget of Q3" in budget.message


def test_what_the_help_says_is_a_fix(feed: Buffer) -> None:
    found = feed.replace("kind: cache", "kind: cahce")
    assert feed.fixes(found[0]) == {"Write `cache`": FEED}


def test_both_readings_of_a_unit_are_offered(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open("derive: {a: 5 gb}\n", tmp_path / "gb.yaml")
    assert set(buffer.fixes(buffer.found[0])) == {"Write `GB`", "Write `Gb`"}
    buffer.close()


def test_the_newest_text_is_the_one_that_counts(feed: Buffer) -> None:
    for size in range(100, 130):
        feed.write(FEED.replace("200 B", f"{size} B"), settle=False)
    feed.write(FEED.replace("200 B", "nonsense"))
    assert {d.code for d in feed.found} == {"E014"}
    assert "payload: 130 B" not in feed.hints()


# --- files that are none of ours ------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "name: CI\non: push\njobs:\n  test: {runs-on: ubuntu, steps: [{run: make}]}\n",
        "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {}\n",
        "openapi: 3.0.0\ninfo: {}\npaths: {}\ncomponents: {schemas: {}}\n",
        "- a\n- b\n",
        "name: x\nabout: y\n",
    ],
)
def test_other_files_are_left_alone(editor: Editor, tmp_path: Path, text: str) -> None:
    buffer = editor.open(text, tmp_path / "other.yaml")
    assert buffer.found == []
    assert buffer.hints() == text
    assert buffer.symbols() == []
    buffer.close()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_scenario_is_one_and_has_nothing_wrong(path: Path) -> None:
    document = analysed(path.read_text("utf-8"), path)
    assert document.file_type is FileType.SCENARIO
    assert document.found == ()


def test_an_empty_file_may_become_a_scenario(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open("# soon\n|", tmp_path / "new.yaml")
    assert {"users", "actions", "components"} <= set(labels(buffer.complete()))
    assert buffer.settle() == []
    assert {d.code for d in buffer.write("users: nope\n")} == {"E014"}
    assert buffer.write("# soon\n") == []
    buffer.close()


# --- hover ----------------------------------------------------------------------------------------


def test_a_name_shows_its_value_and_how_it_came_about(feed: Buffer) -> None:
    shown = feed.hover("read_feed.egress.average", inside=3)
    assert shown.startswith("**read_feed.egress.average** = 1.85 GB/s")
    assert "read_feed.reads.average × read_feed.response" in shown
    assert "463k/s × 4 kB" in shown
    assert feed.hovered("read_feed.egress.average") == "read_feed.egress.average"


def test_a_key_and_its_value_show_the_quantity(feed: Buffer) -> None:
    for needle in ("per_user:", "2/|day", "working_set"):
        assert feed.hover(needle), needle
    assert "**tweet.payload** = 200 B" in feed.hover("payload: 200", inside=2)
    assert "How long what is written is kept." in feed.hover("retention: ")
    assert "**feeds.working_set** = 3.2 TB" in feed.hover("working_set: ")


def test_a_default_shows_its_source(editor: Editor, tmp_path: Path) -> None:
    text = "users: 1M\nactions: {a: {per_user: 1/day}}\nderive: {x: a.retention}\n"
    buffer = editor.open(text, tmp_path / "default.yaml")
    shown = buffer.hover("a.retention")
    assert "**a.retention** = 5 years" in shown
    assert "A default: many published estimates keep data for five years, some" in shown
    buffer.close()


@pytest.mark.parametrize(
    ("needle", "says"),
    [
        ("16 |kB", "kilobyte"),
        ("cache\n", "Answers a share of the reads from memory"),
        ("cache\n", "`hit_ratio`"),
        ("m7g.2xlarge", "| `cores` | 8 |"),
        ("m7g.2xlarge", "price"),
        ("components:", "What the system is made of"),
        ("severity", "fails the run"),
        ("feeds.misses", "Reads that the store behind has to answer."),
        ("op: read", "What is counted"),
        ("read, resp", "What is counted"),
        ("TB/day", "terabyte"),
        ("small:", "--variant small"),
        ("tweet: ", "an action"),
        ("store: ", "`store.nodes` = 20"),
        ("cost.per_month <=|", "It does not hold"),
        ("in| TB", "another unit"),
    ],
)
def test_everything_else_says_what_it_is(feed: Buffer, needle: str, says: str) -> None:
    assert says in feed.hover(needle)


def test_a_function_shows_how_it_is_called(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open("derive: {a: 'clamp(5, 1, 2)'}\n", tmp_path / "f.yaml")
    assert "clamp(x, low, high)" in buffer.hover("clamp")
    buffer.close()


def test_a_line_that_is_no_yaml_still_tells_of_its_names(feed: Buffer) -> None:
    feed.replace("  double: feed_traffic * 2", "  double feed_traffic * [2")
    assert {d.code for d in feed.found} == {"E003"}
    assert "**feed_traffic** = 160 TB/day" in feed.hover("feed_traffic * [")
    assert "**users.daily_active** = 200M" in feed.hover("daily_active")


# --- inlay hints ----------------------------------------------------------------------------------


def test_values_stand_behind_the_lines_that_they_follow_from(feed: Buffer) -> None:
    shown = feed.hints()
    assert "daily_active: 40% ⟨= 200M⟩}" in shown
    assert "per_user: 2/day ⟨→ 4.63k/s⟩," in shown
    assert "per: {tweet: 100} ⟨→ 463k/s⟩," in shown
    assert "working_set: users * 16 kB ⟨= 3.2 TB⟩" in shown
    assert "feed_traffic: read_feed.egress.average in TB/day ⟨= 160 TB/day⟩" in shown
    assert re.search(r"feeds: ⟨\d+ nodes for memory, [\d.]+% used, \$[\d.]+k/month⟩\n", shown)
    assert re.search(r"nodes: 20} ⟨20 nodes \(needs \d+\), .*⟩\n", shown)
    assert re.search(r"availability: 99.9% ⟨[✓✗] [\d.]+%⟩", shown)


def test_expectations_say_whether_they_hold(feed: Buffer) -> None:
    shown = feed.hints()
    assert "<= 5k/s ⟨✓ 4.63k/s⟩" in shown
    assert re.search(r"<= \$300k ⟨✗ \$[\d.]+[kM]⟩", shown)


def test_what_a_line_says_itself_is_not_said_again(feed: Buffer) -> None:
    shown = feed.hints()
    for line in (
        "payload: 200 B,",
        "peak_to_average: 3}",
        "retention: 5 years}",
        "registered: 500M,",
    ):
        assert line in shown


def test_a_value_in_another_unit_is_not_said_again(editor: Editor, tmp_path: Path) -> None:
    text = "derive:\n  a: 90 s\n  c: 1000 req/s\n  e: 0.5 * 90 s\n"
    buffer = editor.open(text, tmp_path / "units.yaml")
    assert buffer.hints() == text.replace("0.5 * 90 s", "0.5 * 90 s ⟨= 45 s⟩")
    buffer.close()


def test_only_the_lines_that_are_seen_have_hints(feed: Buffer) -> None:
    assert feed.hints(4, 5).count("⟨") == 1


def test_hints_follow_the_text_while_it_is_written(feed: Buffer) -> None:
    feed.write(
        "# a new line\n" + FEED.replace("double: feed_traffic * 2", "double feed"), settle=False
    )
    assert "per_user: 2/day ⟨→ 4.63k/s⟩," in feed.hints()
    feed.write(FEED.replace("2/day", "4/day"), settle=False)
    assert "per_user: 4/day ⟨→ 9.26k/s⟩," in feed.hints()


def test_a_machine_that_is_left_open_is_named(editor: Editor, tmp_path: Path) -> None:
    text = (
        "actions: {a: {rate: 10k/s}}\ncomponents:\n  api: {kind: service, node: cheapest of aws}\n"
    )
    buffer = editor.open(text, tmp_path / "open.yaml")
    assert re.search(r"cheapest of aws ⟨→ [a-z]\w+\.\w+⟩", buffer.hints())
    buffer.close()


def test_an_editor_that_can_is_told_when_values_have_changed(tmp_path: Path) -> None:
    refresh = lsp.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    watch = lsp.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
    workspace = lsp.WorkspaceClientCapabilities(inlay_hint=refresh, did_change_watched_files=watch)
    editor = Editor(lsp.ClientCapabilities(workspace))
    buffer = editor.open(FEED, tmp_path / "feed.yaml")
    editor.until(lambda: editor.refreshed == 1)
    buffer.replace("2/day", "4/day")
    editor.until(lambda: editor.refreshed == 2)
    assert editor.registered == ["workspace/didChangeWatchedFiles"]
    editor.close()


# --- completion -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "offered", "left_out"),
    [
        ("traffic:", "sto|\ntraffic:", "storage", "users"),
        ("payload: 200 B", "pa|", "payload", "per_user"),
        ("payload: 200 B", "payload: 200 |", "kB", "tweet.payload"),
        ("per_user: 2/day", "per_user: 2/|", "day", "users"),
        ("kind: cache", "kind: |", "queue", "action"),
        ("    hit_ratio: 99%", "    |", "hit_ratio", "kind"),
        ("node: m7g.2xlarge", "node: m7g.|", "m7g.4xlarge", "cheapest"),
        ("kind: database, ", "kind: database, like: |, ", "postgres", "cheapest"),
        ("node: m7g.2xlarge", "node: |", "cheapest of aws", "tweet"),
        ("op: read", "op: |", "write", "tweet"),
        ("receives: [read_feed]", "receives: [|]", "tweet", "read_feed.reads.average"),
        ("feeds.misses: 20", "fee|", "feeds.misses", "feeds.nodes"),
        ("  double: feed_traffic", "  double: feed|", "feed_traffic", "feeds.misses"),
        ("users * 16 kB", "users * tweet.|", "tweet.payload", "users.registered"),
        ("users * 16 kB", "users * base.ssd|", "base.ssd.random_read.latency", "tweet"),
        ("users * 16 kB", "cla|", "clamp", "users"),
        ("severity: warn", "severity: |", "error", "tweet.payload"),
        ("for: [tweet]", "for: [|]", "read_feed", "feeds.misses"),
        ("small: {users.registered: 1M", "small: {users.con|", "users.concurrent", "tweet.payload"),
    ],
)  # fmt: skip
def test_what_may_be_written_is_offered(
    feed: Buffer, old: str, new: str, offered: str, left_out: str
) -> None:
    feed.text = feed.text.replace(old, new, 1)
    found = labels(feed.complete())
    assert offered in found
    assert left_out not in found


def test_a_suggestion_has_its_value_and_its_meaning(feed: Buffer) -> None:
    feed.text = FEED.replace("users * 16 kB", "users * tweet.pay|")
    (item, *_) = feed.complete()
    assert (item.label, item.detail) == ("tweet.payload", "200 B")
    assert "The size of the item that is written or read." in feed.meaning(item)
    assert "working_set: users * tweet.payload\n" in written(feed, item)


def test_functions_are_offered_with_their_signature(feed: Buffer) -> None:
    feed.text = FEED.replace("users * 16 kB", "step|")
    item = next(i for i in feed.complete() if i.label == "step_up")
    assert item.detail == "step_up(x, size, ...)"
    assert "the next size sold" in feed.meaning(item)


def test_keys_say_what_they_take_and_mean(feed: Buffer) -> None:
    feed.text = FEED.replace("    hit_ratio: 99%", "    memory_l|")
    item, *_ = feed.complete()
    assert item.detail == "share, 80%"
    assert "How much of a node's memory holds data." in feed.meaning(item)
    assert "    memory_limit: \n" in written(feed, item)


def test_kinds_of_ones_own_are_offered(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    (tmp_path / "kinds" / "box.yaml").write_text(KIND, "utf-8")
    text = "library: kinds\nactions: {a: {rate: 1/s}}\ncomponents:\n  one: {kind: bo|}\n"
    buffer = editor.open(text, tmp_path / "own.yaml")
    (item,) = buffer.complete()
    assert "Holds things." in buffer.meaning(item)
    buffer.close()


def test_nothing_is_offered_in_comments_and_words_for_people(feed: Buffer) -> None:
    for old, new in (("name: Feed", "name: Fe|"), ("users:", "# us|\nusers:")):
        feed.text = FEED.replace(old, new, 1)
        assert feed.complete() == []


# --- definitions and references -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("needle", "line"),
    [
        ("|tweet.writes.average <=", "  tweet:     {"),
        ("tweet.wri|tes.average <=", "  tweet:     {"),
        ("feed_tr|affic * 2", "  feed_traffic: "),
        ("feeds.mis|ses: 20", "  feeds:"),
        ("feeds.hit_r|atio: 90%", "    hit_ratio: 99%"),
        ("tweet.pay|load: 100 B", "  tweet:     {"),
        ("for: [tw|eet]", "  tweet:     {"),
        ("users.reg|istered: 1M", "users: {"),
        ("us|ers * 16", "users: {"),
        ("{tw|eet: 100}", "  tweet:     {"),
    ],
)
def test_a_name_leads_to_where_it_comes_from(feed: Buffer, needle: str, line: str) -> None:
    (found,) = feed.definition(needle)
    assert found.uri == feed.uri
    assert feed.text.splitlines()[found.range.start.line].startswith(line)


def test_a_kind_of_ones_own_leads_to_its_file(editor: Editor, tmp_path: Path) -> None:
    (tmp_path / "kinds").mkdir()
    file = tmp_path / "kinds" / "box.yaml"
    file.write_text(KIND, "utf-8")
    text = "library: kinds/\nactions: {a: {rate: 1/s}}\ncomponents:\n  one: {kind: box}\n"
    buffer = editor.open(text, tmp_path / "own.yaml")
    (found,) = buffer.definition("kind: box", inside=7)
    assert found.uri == file.as_uri()
    assert found.range.start == lsp.Position(0, 6)
    assert buffer.definition("kind:", inside=1) == []
    buffer.close()


def test_references_are_found_in_every_section(feed: Buffer) -> None:
    found = feed.references("tweet: ")
    assert [span(feed.text, f.range) for f in found] == ["tweet"] * 6
    lines = {f.range.start.line for f in found}
    sections = (
        "  tweet:",
        "{tweet: 100}",
        "{tweet: 1,",
        "for: [tweet]",
        "- tweet.w",
        "tweet.payload",
    )
    for part in sections:
        assert any(part in feed.text.splitlines()[n] for n in lines), part
    assert len(feed.references("hit_ratio: 99")) == 2
    assert len(feed.references("feed_traffic * 2")) == 2


# --- renaming -------------------------------------------------------------------------------------


def test_renaming_an_action_changes_every_place(feed: Buffer) -> None:
    text = feed.rename("tweet.writes.average", "post", inside=2)
    assert "tweet" not in text
    before = [d.message for d in feed.found]
    assert [d.message.replace("post", "tweet") for d in feed.write(text)] == before


def test_renaming_leaves_alone_what_only_looks_alike(feed: Buffer) -> None:
    text = feed.rename("feeds:", "timelines")
    assert "timelines.misses: 20" in text
    assert "timelines.hit_ratio: 90%" in text
    assert "read_feed" in text
    assert "feed_traffic" in text


def test_renaming_reaches_names_made_of_others(editor: Editor, tmp_path: Path) -> None:
    text = (
        "actions: {ask: {rate: 1/s, response: 1 kB}}\n"
        "components: {api: {kind: service, receives: {ask: 2}}}\n"
        "derive: {x: ask.visits.api.reads, y1: ask.residence.api, z: api.receives.ask}\n"
    )
    buffer = editor.open(text, tmp_path / "made.yaml")
    assert buffer.rename("api:", "web") == text.replace("api", "web")
    assert buffer.rename("ask:", "look") == text.replace("ask", "look")
    buffer.close()


@pytest.mark.parametrize(
    ("needle", "name", "reason"),
    [
        ("tweet: ", "store", "is an action or a component already"),
        ("tweet: ", "day", "is a unit"),
        ("tweet: ", "users", "is a name of the whole system already"),
        ("tweet: ", "two words", "a name has letters"),
        ("tweet: ", "feed_traffic", "is derived already"),
        ("double:", "feed_traffic", "is derived already"),
        ("tweet.wri|tes.average", "x", "only `tweet` can be renamed"),
        ("payload: ", "size", "only `tweet` can be renamed"),
        ("users: ", "people", "is not a name of this file's"),
        ("cache\n", "x", "is a kind"),
    ],
)
def test_what_cannot_be_renamed_says_why(feed: Buffer, needle: str, name: str, reason: str) -> None:
    with pytest.raises(JsonRpcException, match=reason):
        feed.rename(needle, name)


def test_a_name_that_is_in_use_as_a_noun_is_refused(editor: Editor, tmp_path: Path) -> None:
    text = "users: 1M\nactions: {a: {per_user: 1/day}}\nderive: {x: $5/visit}\n"
    buffer = editor.open(text, tmp_path / "noun.yaml")
    with pytest.raises(JsonRpcException, match="`visit` has another meaning in line 3"):
        buffer.rename("a: ", "visits")
    buffer.close()


def test_a_file_that_is_no_yaml_is_not_renamed_in(feed: Buffer) -> None:
    feed.replace("kind: cache", "kind cache [")
    with pytest.raises(JsonRpcException, match="fix the file first"):
        feed.rename("tweet: ", "post")


def test_what_can_be_renamed_is_told_beforehand(feed: Buffer) -> None:
    params = lsp.PrepareRenameParams(feed.this, at(feed.text, "tweet.writes.average"))
    client = feed.editor.client
    found = feed.editor.wait(client.text_document_prepare_rename_async(params))
    assert isinstance(found, lsp.PrepareRenamePlaceholder)
    assert (found.placeholder, span(feed.text, found.range)) == ("tweet", "tweet")
    params = lsp.PrepareRenameParams(feed.this, at(feed.text, "kind"))
    with pytest.raises(JsonRpcException, match="there is no name here"):
        feed.editor.wait(client.text_document_prepare_rename_async(params))


def names_of(document: Document) -> list[tuple[str, int]]:
    """Return the actions, the components and the derived names with where they stand."""
    return [
        (s.name, s.start)
        for s in document.semantic_tokens
        if s.role is Role.OWNER or (s.role is Role.KEY and s.path[0] == "derive")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_renaming_there_and_back_changes_nothing(path: Path) -> None:
    text = path.read_text("utf-8")
    document = analysed(text, path)
    assert document.estimate is not None
    before = document.estimate.report.values
    for name, start in names_of(document):
        other = edited(text, rename(document, start, "zebra_9"))
        renamed = analysed(other, path)
        assert renamed.found == ()
        assert renamed.estimate is not None
        after = renamed.estimate.report.values
        assert sorted(v.value for v in after.values()) == sorted(v.value for v in before.values())
        part = re.compile(r"\bzebra_9(?=\.|_|$)|(?<=_)zebra_9")
        assert {part.sub(name, n): v.value for n, v in after.items()} == {
            n: v.value for n, v in before.items()
        }
        back = rename(renamed, other.index("zebra_9"), name)
        assert edited(other, back) == text


# --- kinds ----------------------------------------------------------------------------------------


def test_a_kind_is_checked_while_it_is_written(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open(KIND, tmp_path / "box.yaml")
    assert buffer.found == []
    (found,) = buffer.replace("size * 2", "size * (2")
    assert (found.code, span(buffer.text, found.range)) == ("E011", "(")
    assert "kind" in {s.name for s in buffer.symbols()}
    buffer.close()


def test_a_worked_example_that_does_not_hold_is_underlined(editor: Editor, tmp_path: Path) -> None:
    text = KIND + "examples:\n  - {given: {size: 1 GB}, expect: [held == 3 GB]}\n"
    buffer = editor.open(text, tmp_path / "box.yaml")
    (found,) = buffer.found
    assert found.code == "E035"
    assert span(text, found.range) == "held == 3 GB"
    assert buffer.replace("3 GB", "2 GB") == []
    (found,) = buffer.replace("held == 2 GB", "held == 2 gb")
    assert (found.code, "could be two things" in found.message) == ("E035", True)
    assert buffer.replace("[held == 2 gb]", "[]") == []
    buffer.close()


def test_a_kind_that_is_not_saved_counts_for_the_scenarios_that_use_it(
    editor: Editor, tmp_path: Path
) -> None:
    file = tmp_path / "kinds" / "box.yaml"
    file.parent.mkdir()
    file.write_text(KIND, "utf-8")
    text = (
        "library: kinds\nactions: {a: {rate: 1/s}}\n"
        "components: {one: {kind: box}}\nderive: {x: one.held}\n"
    )
    scenario = editor.open(text, tmp_path / "own.yaml")
    assert "x: one.held ⟨= 2 GB⟩" in scenario.hints()
    kind = editor.open(KIND, file)
    kind.write(KIND.replace("size * 2", "size * 7"))
    wait_for(lambda: "⟨= 7 GB⟩" in scenario.hints())
    kind.write(KIND.replace("size * 2", "size * ("))
    wait_for(lambda: [d.code for d in scenario.found] == ["E011"])
    (found,) = scenario.found
    assert span(text, found.range) == "kinds"
    assert found.related_information is not None
    assert found.related_information[0].location.uri == file.as_uri()
    kind.close()
    wait_for(lambda: scenario.found == [])
    file.write_text(KIND.replace("size * 2", "size * 5"), "utf-8")
    event = lsp.FileEvent(file.as_uri(), lsp.FileChangeType.Changed)
    editor.client.workspace_did_change_watched_files(lsp.DidChangeWatchedFilesParams([event]))
    wait_for(lambda: "⟨= 5 GB⟩" in scenario.hints())
    scenario.close()


def wait_for(holds: Callable[[], bool], patience: float = 20) -> None:
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


# --- ranges ---------------------------------------------------------------------------------------

RANGES = """\
derive:
  people: 400M to 600M
  weight: one_of(30% of 1, 70% of 2 to 4 at 80%)
  tweets: people * 2
expect:
  - tweets <= 1B
"""


def test_a_hover_tells_how_far_a_value_spreads(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open(RANGES, tmp_path / "ranges.yaml")
    assert "p5 800M, p50 980M, p95 1.2B" in buffer.hover("tweets <=")
    assert "p5 400M, p50 490M, p95 600M" in buffer.hover("people:")
    assert "5th to its 95th" in buffer.hover("to 600M")
    assert "between its ends" in buffer.hover("at 80%")
    assert "weight of a value" in buffer.hover("of 1,")
    assert editor.logged == []


def test_an_expectation_of_a_range_tells_in_how_many_draws_it_holds(
    editor: Editor, tmp_path: Path
) -> None:
    buffer = editor.open(RANGES, tmp_path / "ranges.yaml")
    [found] = buffer.found
    assert "holds in 56.6% of samples" in found.message


# --- the canonical form ---------------------------------------------------------------------------


def test_a_file_is_put_into_its_canonical_form(editor: Editor, tmp_path: Path) -> None:
    loose = "derive:   # own\n  half: users/2\nusers:  1M\n\n\n"
    buffer = editor.open(loose, tmp_path / "loose.yaml")
    assert buffer.formatted() == "users:  1M\nderive:   # own\n  half: users / 2\n"


def test_a_file_that_is_wrong_is_left_as_it_is(editor: Editor, tmp_path: Path) -> None:
    wrong = "derive:\n  half: users/ (2\n"
    assert editor.open(wrong, tmp_path / "wrong.yaml").formatted() == wrong


# --- the outline ----------------------------------------------------------------------------------


def test_the_outline_has_sections_and_what_they_hold(feed: Buffer) -> None:
    found = {s.name: s for s in feed.symbols()}
    assert [c.name for c in found["components"].children or []] == ["api", "feeds", "store"]
    assert [c.detail for c in found["components"].children or []][1] == "cache"
    assert next(c.detail for c in found["derive"].children or []) == "160 TB/day"
    for symbol in found.values():
        for child in symbol.children or []:
            assert symbol.range.start <= child.range.start
            assert child.range.end <= symbol.range.end


# --- whatever is written --------------------------------------------------------------------------


TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from([*FEED, *"{}[]:#'\"\n\r\t -é😀\u2028\ufeff"]), max_size=300).map(
        "".join
    ),
    st.builds(
        lambda start, size, new: FEED[:start] + new + FEED[start + size :],
        st.integers(0, len(FEED)),
        st.integers(0, 60),
        st.text(alphabet="{}[]:#'\"\n\t -ab.*/(&<é😀\u2028", max_size=12),
    ),
)


KNOWN = glanced(FEED, Path("feed.yaml"))


def everything(document: Document, text: str) -> None:
    """Ask everything that an editor could, everywhere."""
    hints(document, 0, len(text))
    outline(document)
    for offset in {*range(0, len(text) + 1, 11), len(text)}:
        hover(document, offset)
        completions(document, offset)
        references(document, offset)
        try:
            rename(document, offset, "another")
        except Refused:
            continue


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=40)
def test_no_text_is_too_strange(text: str) -> None:
    everything(glanced(text, Path("feed.yaml"), KNOWN), text)
    everything(glanced(text, None), text)


@pytest.mark.slow
@given(TEXTS)
@settings(max_examples=60)
def test_no_text_stops_the_analysis(text: str) -> None:
    document = analysed(text, Path("feed.yaml"))
    everything(document, text)


def test_the_server_lives_through_anything(editor: Editor, tmp_path: Path) -> None:
    buffer = editor.open(FEED, tmp_path / "feed.yaml")
    for text in (
        "",
        "\ufeffusers: 1",
        "a: &a [*a]",
        "users: {{",
        "\u2028: \u2028",
        "😀" * 99,
        "- " * 999,
    ):
        buffer.write(text)
        buffer.hints()
        buffer.hover("") if text else None
    assert buffer.write(FEED)
    assert editor.logged == []
    buffer.close()


@given(st.text(alphabet="aé😀\n\r", max_size=40), st.data())
def test_positions_lead_there_and_back(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    for units in ("utf-8", "utf-16", "utf-32"):
        lines = Positions(text, units)
        line, column = lines.position(offset)
        inside = text[offset - 1 : offset + 1] == "\r\n"
        assert lines.offset(line, column) == offset - inside
        assert lines.offset(line, 10_000) <= len(text)


# --- starting and ending --------------------------------------------------------------------------


def test_without_pygls_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "pygls", None)
    assert run_app(["lsp"]) == 2
    error = capsys.readouterr().err
    assert "error[E040]" in error
    assert "pip install '.[lsp]'" in error


def test_goodbye_ends_it_without_a_word() -> None:
    editor = Editor()
    server = editor.client._server
    assert server is not None
    editor.close()
    assert server.returncode == 0


# --- what an editor should not do -----------------------------------------------------------------


class Wire:
    """A language server at the end of two pipes, to which anything can be said."""

    def __init__(self, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-X", "utf8", "-m", "estimator", "lsp"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def send(self, message: object) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()  # type: ignore[dict-item]
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def tell(self, method: str, params: object) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> dict[str, Any]:
        self.send({"id": method, "method": method, "params": params})
        return self.until(lambda said: said.get("id") == method)

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the next message that something holds of."""
        assert self.process.stdout
        while header := self.process.stdout.readline():
            if header.startswith(b"Content-Length:"):
                while self.process.stdout.readline().strip():
                    pass
                said = json.loads(self.process.stdout.read(int(header.split(b":")[1])))
                if holds(said):
                    return dict(said)
        raise AssertionError("the server is gone")

    def open(self, uri: str, text: str) -> list[str]:
        """Open a file, and wait for what is wrong with it."""
        item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        found = self.until(
            lambda said: (
                said.get("method") == "textDocument/publishDiagnostics"
                and said["params"]["uri"] == uri
            )
        )
        return [d["message"] for d in found["params"]["diagnostics"]]

    def end(self) -> tuple[int, bytes]:
        """Send `exit`; the exit code, and what was written to standard error."""
        self.tell("exit", None)
        _, error = self.process.communicate(timeout=30)
        return self.process.returncode, error


@pytest.fixture
def wire(tmp_path: Path) -> Iterator[Wire]:
    wire = Wire(tmp_path)
    yield wire
    wire.process.kill()
    wire.process.communicate()


def test_an_exit_without_a_shutdown_is_an_error_without_a_traceback(wire: Wire) -> None:
    code, error = wire.end()
    assert code == 1
    assert b"Traceback" not in error


def test_whatever_an_editor_says_is_answered_and_the_server_goes_on(wire: Wire) -> None:
    for params in (None, [], 1, {}, {"textDocument": 3}, {"textDocument": {"uri": 3}}):
        assert wire.ask("textDocument/hover", params)["error"]["code"] in (-32602, -32603), params
    for uri in ("file:///%00.yaml", "untitled:one", "git:/x.yaml?{}", "", "x"):
        assert any("banana" in m for m in wire.open(uri, "users: 1M\nderive: {x: banana}\n")), uri
        where = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 1}}
        assert "users" in str(wire.ask("textDocument/hover", where)["result"]), uri
    for uri in ("file:///%00", "file://[x/a.yaml"):
        wire.tell("workspace/didChangeWatchedFiles", {"changes": [{"uri": uri, "type": 2}]})
    assert wire.ask("shutdown", None)["result"] is None
    assert wire.end()[0] == 0


def test_a_file_that_is_too_large_says_so(tmp_path: Path) -> None:
    for text in ("users: 1M\n# " + "x" * LARGEST, "users: 1M\n# " + "é" * (LARGEST // 2)):
        found = analysed(text, tmp_path / "large.yaml").found
        assert [d.message for d in found] == [
            "this file is larger than 1,024 KiB, the most that a file may have"
        ]


def test_a_file_with_too_many_values_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[str] = []
    monkeypatch.setattr(yaml_tree, "MOST", 3)
    monkeypatch.setattr(document, "read_yaml", lambda source: reads.append("") or read_yaml(source))
    glanced("users: 1M\nderive: {a: 1, b: 2, c: 3}\n", None)
    assert len(reads) == 1


# --- memory ---------------------------------------------------------------------------------------


def test_texts_that_were_edited_away_are_forgotten(tmp_path: Path) -> None:
    server = _Server()
    protocol = server.language.protocol

    async def edited(times: int) -> None:
        protocol.handle_message(_opened("a.yaml", "users: 1\n"))
        for version in range(times):
            protocol.handle_message(_rewritten("a.yaml", f"users: {version}\n", version))
            await asyncio.sleep(0)
        await server._finished(server.open["file:///a.yaml"])
        gc.collect()
        texts = [o for o in gc.get_objects() if isinstance(o, lsp.DidChangeTextDocumentParams)]
        assert len(texts) < 3
        assert len(protocol._request_futures) < 3

    protocol._workspace = Workspace(None, lsp.TextDocumentSyncKind.Full)
    asyncio.run(edited(30))


def test_estimates_are_kept_of_the_files_that_were_written_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("estimator.editor.server.MOST", 3)
    server = _Server()
    protocol = server.language.protocol

    async def many() -> None:
        for number in range(6):
            protocol.handle_message(_opened(f"{number}.yaml", f"users: {number}M\n"))
            await asyncio.sleep(0)
            await server._finished(server.open[f"file:///{number}.yaml"])
        kept = [o.uri for o in server.open.values() if o.document is not None]
        assert kept == ["file:///3.yaml", "file:///4.yaml", "file:///5.yaml"]
        first = lsp.TextDocumentIdentifier("file:///0.yaml")
        opened = await server._ready(first.uri)
        assert opened is not None
        found = await server.hover(opened, lsp.HoverParams(first, lsp.Position(0, 1)))
        assert "users" in str(found)
        assert server.open["file:///3.yaml"].document is None
        server.did_close(lsp.DidCloseTextDocumentParams(first))
        assert list(server.latest) == ["file:///4.yaml", "file:///5.yaml"]

    protocol._workspace = Workspace(None, lsp.TextDocumentSyncKind.Full)
    asyncio.run(many())


@pytest.mark.slow
def test_long_formulas_that_were_edited_away_are_forgotten() -> None:
    def long(number: int) -> str:
        return "users * 1" + f" + {number}" * 50

    document = None
    for number in range(1000, 1000 + 3 * 128):
        document = glanced(f"users: 1M\nderive:\n  x: {long(number)}\n", None, document)
        parse(long(number))
        words(long(number))
    gc.collect()
    chains = [o for o in gc.get_objects() if isinstance(o, Chain) and len(o.rest) == 50]
    assert len(chains) <= 128


@pytest.mark.slow
def test_ten_thousand_edits_of_a_large_scenario_take_little_memory(
    wire: Wire, tmp_path: Path
) -> None:
    why = "why it is so, and where that was read, on which day"
    lines = "".join(f"  n{i}: users * {i}  # {why}; {i} is {why}\n" for i in range(2_200))

    def text(number: int) -> str:
        long = " + ".join(f"{number}.{i}" for i in range(40))
        return f"users: 1M\nderive:\n  x: {long}\n{lines}"

    def resident() -> int:
        wire.ask("textDocument/hover", {"textDocument": {"uri": uri}, "position": at_key})
        status = Path(f"/proc/{wire.process.pid}/status").read_text("ascii")
        return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) // 1024

    assert len(text(1)) > 300_000
    uri, at_key = (tmp_path / "a.yaml").as_uri(), {"line": 2, "character": 3}
    wire.open(uri, text(0))
    found: list[int] = []
    for number in range(1, 10_001):
        changes = [{"text": text(number)}]
        document = {"uri": uri, "version": number}
        wire.tell("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
        if number % 100 == 0:
            found.append(resident())
    assert max(found[10:]) - found[10] < 20  # MB
    assert max(found) < 200


def _opened(name: str, text: str) -> lsp.DidOpenTextDocumentNotification:
    item = lsp.TextDocumentItem(f"file:///{name}", "yaml", 0, text)
    return lsp.DidOpenTextDocumentNotification(lsp.DidOpenTextDocumentParams(item))


def _rewritten(name: str, text: str, version: int) -> lsp.DidChangeTextDocumentNotification:
    document = lsp.VersionedTextDocumentIdentifier(version, f"file:///{name}")
    change = lsp.TextDocumentContentChangeWholeDocument(text)
    return lsp.DidChangeTextDocumentNotification(
        lsp.DidChangeTextDocumentParams(document, [change])
    )


@pytest.mark.parametrize("part", ["- ", '"', "'- ", "[", "{a: ", "a: '#"])
def test_a_line_that_repeats_itself_is_understood_in_linear_time(part: str) -> None:
    text = part * (200_000 // len(part))
    start = time.process_time()
    here = context(Positions(text, "utf-32"), len(text))
    context(Positions(f"{text}\n    a", "utf-32"), len(text) + 6)
    assert time.process_time() - start < 3
    assert here is None or here.start <= len(text)
