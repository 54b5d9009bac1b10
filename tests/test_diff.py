"""`estimator diff`: what two versions say differently, what comes of it, and why."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from math import fsum
from pathlib import Path
from typing import Any

import pytest
from asking import ROOT, SHIPPED, Ask
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from estimator.analyse.difference import Difference, difference
from estimator.diagnostics import Problems, Source
from estimator.scenario.load import load_source

BEFORE = """\
name: Posts
users: 1M
actions:
  post: {per_user: 2/day, payload: 10 kB, retention: 5 years}
components:
  api: {kind: service, cpu_time: 20 ms}
  store: {kind: database, receives: [post]}
expect: [servers <= 300]
"""
KIND = """\
kind: shard
extends: service
about: A shard.
parameters:
  cpu_time: {dimension: time, default: 5 ms, about: Time of the processor., assumption: a guess}
"""


def told(before: str, after: str) -> Difference:
    loaded = [load_source(Source(n, t), Path(), n) for n, t in (("old", before), ("new", after))]
    found = difference(loaded[0], loaded[1], [], Problems())
    assert found is not None
    return found


def shares(before: str, after: str, measure: str) -> dict[str, float]:
    """Return the part of each reason in the change of a measure."""
    (reason,) = (r for r in told(before, after).reasons if r.measure == measure)
    return {" ".join(s.names): s.value for s in reason.shares}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to be in, in which git asks for nothing."""
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("GIT_CONFIG_GLOBAL", os.devnull),
        ("GIT_CONFIG_SYSTEM", os.devnull),
        *((f"GIT_{who}_{what}", "a@b") for who in ("AUTHOR", "COMMITTER") for what in _WHO),
    ):
        monkeypatch.setenv(name, value)
    return tmp_path


_WHO = ("NAME", "EMAIL")


def git(*words: str, cwd: Path | None = None) -> str:
    done = subprocess.run(
        ["git", *words], cwd=cwd, check=True, capture_output=True, encoding="utf-8"
    )
    return done.stdout.strip()


@pytest.fixture
def repository(folder: Path) -> Path:
    """Return a repository on the branch `change`, whose branch `main` has a scenario."""
    git("init", "-q", "-b", "main")
    Path("scenarios").mkdir()
    Path("scenarios/posts.yaml").write_text(BEFORE)
    git("add", "-A")
    git("commit", "-q", "-m", "before")
    git("switch", "-q", "-c", "change")
    return folder


def found(ask: Ask, *words: str) -> list[dict[str, Any]]:
    answer = ask("diff", *words, "--format", "json")
    assert answer.code == 0, answer.err
    scenarios: list[dict[str, Any]] = json.loads(answer.out)["scenarios"]
    return scenarios


# --- why ------------------------------------------------------------------------------------------


@pytest.mark.slow
@settings(max_examples=30)
@given(
    users=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
    rate=st.tuples(st.integers(1, 100), st.integers(1, 100)),
    size=st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)),
)
def test_the_parts_are_the_whole_and_of_a_product_those_of_the_closed_form(
    users: tuple[int, int], rate: tuple[int, int], size: tuple[int, int]
) -> None:
    before, after = (
        f"users: {u}\nactions: {{post: {{per_user: {r}/day, payload: {s} B, retention: 1 day}}}}\n"
        "components: {store: {kind: database, receives: [post]}}\n"
        for u, r, s in zip(users, rate, size, strict=True)
    )
    for reason in told(before, after).reasons:
        change = reason.after - reason.before
        assert fsum(s.value for s in reason.shares) == pytest.approx(change, rel=1e-12, abs=1e-9)
    if users[0] * rate[0] * size[0] == users[1] * rate[1] * size[1]:
        return
    now = next(
        c.after.value
        for c in told(before, after).comparison.quantities
        if c.name == "storage.retained" and c.after is not None
    )
    (u0, u1), (r0, r1), (s0, s1) = users, rate, size
    part = (u1 - u0) * (r0 * s0 / 3 + (r1 * s0 + r0 * s1) / 6 + r1 * s1 / 3)
    found = shares(before, after, "storage.retained").get("users", 0.0)
    assert found == pytest.approx(part * now / (u1 * r1 * s1), rel=1e-6, abs=1e-6 * now)


def test_each_reason_of_many_has_its_part() -> None:
    after = (
        BEFORE.replace("1M", "3M")
        .replace("2/day", "3/day")
        .replace("20 ms", "25 ms")
        .replace("10 kB", "12 kB")
        .replace("5 years", "6 years")
    )
    for reason in told(BEFORE, after).reasons:
        assert fsum(s.value for s in reason.shares) == reason.after - reason.before
        names = {name for s in reason.shares for name in s.names}
        assert names == {"users", "post.per_user", "api.cpu_time", "post.payload", "post.retention"}
    parts = shares(BEFORE, after, "storage.retained")
    assert parts["api.cpu_time"] == 0.0
    assert parts["post.retention"] > 0.0


def test_many_changes_are_told_in_parts_that_are_the_whole() -> None:
    lines = "".join(f"  a{i}: {{rate: %d/s, payload: %d kB}}\n" for i in range(9))
    before, after = ("actions:\n" + lines % tuple(k * (i + 3) for i in range(18)) for k in (10, 13))
    reasons = told(before, after).reasons
    assert {r.measure for r in reasons} >= {"storage.retained", "cost.per_month"}
    for reason in reasons:
        assert fsum(s.value for s in reason.shares) == pytest.approx(
            reason.after - reason.before, rel=1e-12
        )
        assert len(reason.shares) == 18


def test_what_comes_and_goes_is_one_reason_each() -> None:
    after = BEFORE.replace("users: 1M", "users: 20M").replace(
        "expect:", "  cached: {kind: cache, receives: [post]}\nexpect:"
    )
    parts = shares(BEFORE, after, "servers")
    assert set(parts) == {"users", "cached"}
    assert all(part > 0 for part in parts.values())
    back = shares(after, BEFORE, "servers")
    assert back == pytest.approx({name: -part for name, part in parts.items()})


def test_what_makes_no_sense_alone_is_told_together() -> None:
    after = (
        BEFORE.replace("users: 1M", "users: 20M")
        .replace("components:", "  like: {per: {post: 50}, payload: 50 B}\ncomponents:")
        .replace("receives: [post]", "receives: [post, like]")
    )
    parts = shares(BEFORE, after, "servers")
    assert any("like" in names for names in parts)
    total = next(r for r in told(BEFORE, after).reasons if r.measure == "servers")
    assert fsum(parts.values()) == total.after - total.before


def test_a_file_of_formulas_alone_is_told_by_them() -> None:
    parts = shares(
        "derive: {each: 2, count: 10, all: each * count}\n",
        "derive: {each: 3, count: 20, all: each * count}\n",
        "all",
    )
    assert parts == pytest.approx({"each": 15, "count": 25})


def test_a_looser_gate_is_a_change_though_nothing_comes_out_otherwise(
    ask: Ask, folder: Path
) -> None:
    limit = "expect: [servers <= 300]\n"
    for now, words in (
        ("expect: [servers <= 400]\n", "servers <= 400"),
        ("expect: [{check: servers <= 300, severity: warn}]\n", "servers <= 300, severity: warn"),
        ("expect: [{check: servers <= 300, until: 2031-01-31}]\n", "servers <= 300, until: 2031"),
        ("", None),
    ):
        (change,) = told(BEFORE, BEFORE.replace(limit, now)).expected
        assert (change.name, change.before) == ("servers", "servers <= 300")
        assert change.after == words or (words or "?") in (change.after or "")
        (folder / "a.yaml").write_text(BEFORE)
        (folder / "b.yaml").write_text(BEFORE.replace(limit, now))
        answer = ask("diff", "a.yaml", "b.yaml", "--exit-code")
        assert answer.code == 1
        assert words is None or words.removeprefix("servers ") in answer.out
    same = BEFORE.replace(limit, "expect:\n  - servers   <= 300  # as agreed\n")
    assert not told(BEFORE, same).expected


def test_another_writing_is_no_change() -> None:
    after = "# said otherwise\n" + BEFORE.replace("1M", "1_000_000").replace(
        "{per_user: 2/day, payload: 10 kB,", "{payload: 10_000 B, per_user:   2/day,"
    )
    same = told(BEFORE, after)
    assert not same.inputs
    assert not same.comparison.quantities


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: f.stem)
def test_a_scenario_is_the_same_as_itself(ask: Ask, file: Path) -> None:
    assert [s["status"] for s in found(ask, str(file), str(file))] == ["same"]
    assert ask("diff", str(file), str(file), "--exit-code").code == 0


# --- two files, two folders -----------------------------------------------------------------------


def test_two_files_are_compared(ask: Ask, folder: Path) -> None:
    Path("old.yaml").write_text(BEFORE)
    Path("new.yaml").write_text(BEFORE.replace("1M", "30M").replace("name: Posts\n", ""))
    (one,) = found(ask, "old.yaml", "new.yaml")
    assert (one["before"], one["file"], one["status"]) == ("old.yaml", "new.yaml", "changed")
    (change,) = one["inputs"]
    assert (change["name"], change["before"], change["after"]) == ("users", "1M", "30M")
    assert change["before_place"]["line"] == 2
    assert change["after_place"]["line"] == 1
    requests = next(q for q in one["quantities"] if q["name"] == "requests.average")
    assert requests["factor"] == pytest.approx(30)
    assert one["expectations"] == [{"check": "servers <= 300", "before": "pass", "after": "fail"}]
    why = one["attribution"]["servers"]
    assert why["shares"] == [{"inputs": ["users"], "value": why["change"]}]
    assert ask("diff", "old.yaml", "new.yaml", "--exit-code").code == 1
    shown = ask("diff", "old.yaml", "new.yaml").out
    assert "users  1M      30M" in shown
    assert "1 scenario compared with old.yaml: 1 changed." in shown


def test_two_folders_are_compared_file_by_file(ask: Ask, folder: Path) -> None:
    for name in ("old", "new"):
        Path(name, "deep").mkdir(parents=True)
        Path(name, "same.yaml").write_text(BEFORE)
        Path(name, "other.yaml").write_text("services: {}\n")
    Path("old/deep/changed.yaml").write_text(BEFORE)
    Path("new/deep/changed.yaml").write_text(BEFORE.replace("20 ms", "21 ms"))
    Path("old/gone.yaml").write_text("derive: {lost: 1}\n")
    Path("new/fresh.yaml").write_text("users: 7\nactions: {ask: {per_user: 1/day}}\n")
    Path("old/a.yaml").write_text(BEFORE.replace("Posts", "Letters"))
    Path("new/b.yaml").write_text(BEFORE.replace("Posts", "Mail").replace("1M", "2M"))
    states = {
        s["file"] or s["before"]: (s["status"], s["before"]) for s in found(ask, "old", "new")
    }
    assert states == {
        "new/same.yaml": ("same", "old/same.yaml"),
        "new/deep/changed.yaml": ("changed", "old/deep/changed.yaml"),
        "old/gone.yaml": ("removed", "old/gone.yaml"),
        "new/fresh.yaml": ("new", None),
        "new/b.yaml": ("renamed", "old/a.yaml"),
    }


def test_a_wrong_call_or_a_wrong_file_is_an_error(ask: Ask, folder: Path) -> None:
    Path("good.yaml").write_text(BEFORE)
    Path("bad.yaml").write_text("users: [1\n")
    for words in (
        (),
        ("good.yaml",),
        ("good.yaml",) * 3,
        ("good.yaml", "nothing.yaml"),
        ("good.yaml", "."),
        ("good.yaml", "bad.yaml"),
        ("bad.yaml", "good.yaml"),
    ):
        answer = ask("diff", *words)
        assert answer.code == 2, words
        assert "error[E" in answer.err
    assert (
        "E003"
        in json.loads(ask("diff", "good.yaml", "bad.yaml", "--format", "json").out)["diagnostics"][
            0
        ]["rule"]
    )


def test_markdown_is_for_a_pull_request(ask: Ask, folder: Path) -> None:
    Path("old.yaml").write_text(BEFORE)
    Path("new.yaml").write_text(BEFORE.replace("1M", "30M").replace("Posts", "<script>|x"))
    text = ask("diff", "old.yaml", "new.yaml", "--format", "markdown").out
    assert text.startswith("<!-- estimator diff -->\n")
    page = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    assert page.count("<table>") == 4
    assert "<script>" not in page
    assert "<td>users</td>" in page


def answer(ask: Ask, before: str, after: str) -> list[list[str]]:
    """Return the rows of the answer that changed, which stand before everything else."""
    Path("old.yaml").write_text(before)
    Path("new.yaml").write_text(after)
    said = ask("diff", "old.yaml", "new.yaml").out
    _, head, *lines = said.splitlines()
    assert re.split(r"  +", head) == ["Summary", "before", "now"], said
    return [re.split(r"  +", line) for line in lines[: lines.index("")]]


def test_a_difference_begins_with_the_lines_of_the_answer_that_changed(
    ask: Ask, folder: Path
) -> None:
    rows = {what: (was, now) for what, was, now in answer(ask, BEFORE, BEFORE.replace("1M", "30M"))}
    assert rows["Load"] == (
        "46.3 requests/s at peak, 23.1/s average",
        "1.39k requests/s at peak, 694/s average",
    )
    assert rows["Data"][1].startswith("4.27 PB when full (5 years)")
    assert "Availability" not in rows, "it is the same"
    (one,) = found(ask, "old.yaml", "new.yaml")
    assert {line["title"]: (line["before"], line["after"]) for line in one["summary"]} == rows


def test_a_line_of_the_answer_leaves_out_what_did_not_change(ask: Ask, folder: Path) -> None:
    rows = answer(ask, BEFORE, BEFORE.replace("5 years}", "5 years, read_write_ratio: 1}"))
    assert rows[0][:2] == ["Load", "46.3 requests/s at peak, 23.1/s average, all writes"]
    rows = answer(ask, BEFORE, BEFORE.replace("components:", "slo: {p99: 1 s}\ncomponents:"))
    (latency,) = rows
    assert latency[1].endswith(", no objective")
    assert latency[2].endswith(", objective 1 s: not refuted")


def test_a_line_that_is_new_or_gone_has_a_dash(ask: Ask, folder: Path) -> None:
    bare = "users: 1M\nactions: {view: {per_user: 2/day, response: 1 kB}}\n"
    kept = bare.replace("1 kB", "1 kB, stored: 1 kB")
    rows = {what: (was, now) for what, was, now in answer(ask, bare, kept)}
    assert rows["Data"] == ("–", "10.9 TB when full (5 years), 6 GB new/day, 180 GB after 30 days")
    rows = {what: (was, now) for what, was, now in answer(ask, kept, bare)}
    assert rows["Data"][1] == "–"


def test_a_new_scenario_is_shown_by_its_answer(ask: Ask, folder: Path) -> None:
    for name in ("old", "new"):
        Path(name).mkdir()
    Path("new/posts.yaml").write_text(BEFORE)
    for format_ in ("table", "markdown"):
        said = ask("diff", "old", "new", "--format", format_).out
        assert "46.3 requests/s at peak" in said
        assert "dominated by" in said


# --- git ------------------------------------------------------------------------------------------


def test_the_older_version_is_read_from_git(ask: Ask, repository: Path) -> None:
    assert [s["status"] for s in found(ask, "--base", "main")] == ["same"]
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "30M"))
    (one,) = found(ask, "--base", "main")
    assert one["status"] == "changed"
    assert one["before"] == "main:scenarios/posts.yaml"
    assert one["inputs"][0]["before_place"]["file"] == "main:scenarios/posts.yaml"
    git("commit", "-qam", "after")
    assert found(ask, "--base", "main") == [one]
    earlier = found(ask, "--base", "HEAD~1", "scenarios/posts.yaml")[0]
    assert earlier["attribution"] == one["attribution"]
    assert found(ask, "--base", "main", "posts")[0]["attribution"] == one["attribution"]
    assert found(ask, "--base", "main", "scenarios/*.yaml")[0]["attribution"] == one["attribution"]
    assert git("status", "--porcelain") == ""
    assert git("worktree", "list").count("\n") == 0


def test_what_is_new_gone_or_renamed_since_is_told(ask: Ask, repository: Path) -> None:
    git("mv", "scenarios/posts.yaml", "scenarios/letters.yaml")
    Path("scenarios/fresh.yaml").write_text("derive: {lost: 1}\n")  # git does not know it yet
    states = {s["file"]: (s["status"], s["before"]) for s in found(ask, "--base", "main")}
    assert states == {
        "scenarios/fresh.yaml": ("new", None),
        "scenarios/letters.yaml": ("renamed", "main:scenarios/posts.yaml"),
    }
    Path("scenarios/letters.yaml").unlink()
    gone = found(ask, "--base", "main")[-1]
    assert (gone["status"], gone["before"]) == ("removed", "main:scenarios/posts.yaml")
    assert found(ask, "--base", "main", "scenarios/posts.yaml") == [gone]


def test_a_change_of_the_kinds_is_told_apart(ask: Ask, repository: Path) -> None:
    Path("kinds").mkdir()
    Path("kinds/shard.yaml").write_text(KIND)
    text = BEFORE.replace("kind: service", "kind: shard").replace("cpu_time: 20 ms", "nodes: 9")
    text = "library: ../kinds\n" + text.replace(", nodes: 9", "")
    Path("scenarios/posts.yaml").write_text(text)
    git("add", "-A")
    git("commit", "-qm", "kinds")
    Path("kinds/shard.yaml").write_text(KIND.replace("5 ms", "500 ms"))
    (one,) = found(ask, "--base", "HEAD")
    assert one["status"] == "changed"
    (change,) = one["inputs"]
    assert change["library"] is True
    assert change["name"] == "kind shard: parameters.cpu_time.default"
    assert (change["before"], change["after"]) == ("5 ms", "500 ms")
    assert change["after_place"]["file"] == "kinds/shard.yaml" or change["after_place"][
        "file"
    ].endswith("kinds/shard.yaml")
    Path("scenarios/posts.yaml").write_text(text.replace("1M", "2M"))
    (both,) = found(ask, "--base", "HEAD")
    parts = {" ".join(s["inputs"]): s["value"] for s in both["attribution"]["servers"]["shares"]}
    assert set(parts) == {"users", "kind shard: parameters.cpu_time.default"}
    assert fsum(parts.values()) == both["attribution"]["servers"]["change"]
    shown = ask("diff", "--base", "HEAD").out
    assert "\nInputs\n" in shown
    assert "\nLibrary\n" in shown
    # of a kind that is there now, the past knows nothing
    Path("kinds/other.yaml").write_text(KIND.replace("kind: shard", "kind: other"))
    assert found(ask, "--base", "HEAD")[0]["status"] == "changed"


def test_a_base_is_found_from_a_folder_below_and_in_a_worktree(
    ask: Ask, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "30M"))
    (one,) = found(ask, "--base", "main")
    monkeypatch.chdir(repository / "scenarios")
    (below,) = found(ask, "--base", "main")
    assert below["attribution"] == one["attribution"]
    assert below["before"] == "main:posts.yaml"
    assert found(ask, "--base", "main", "posts.yaml")[0]["attribution"] == one["attribution"]
    tree = tmp_path_factory.mktemp("trees") / "tree"
    git("worktree", "add", "-q", "-b", "third", str(tree), "main")
    monkeypatch.chdir(tree)
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "30M"))
    assert found(ask, "--base", "main")[0]["attribution"] == one["attribution"]


def test_a_shallow_clone_has_its_base_once_it_is_fetched(
    ask: Ask, repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: Any
) -> None:
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "30M"))
    git("commit", "-qam", "after")
    clone = tmp_path_factory.mktemp("clones") / "clone"
    url = repository.as_uri()
    git("clone", "-q", "--depth=1", "--branch", "change", "--single-branch", url, str(clone))
    monkeypatch.chdir(clone)
    answer = ask("diff", "--base", "origin/main")
    assert answer.code == 2
    assert "there is no commit `origin/main` in this repository" in answer.err
    assert "this clone is shallow" in answer.err
    git("fetch", "-q", "--depth=1", "origin", "main:refs/remotes/origin/main")
    assert "fetch --depth=1 origin main:refs/remotes/origin/main" in " ".join(answer.err.split())
    (one,) = found(ask, "--base", "origin/main")
    assert one["status"] == "changed"
    answer = ask("diff", "--base", "origin/main...")
    assert answer.code == 2
    assert "no common ancestor" in answer.err
    answer = ask("diff", "--base", "HEAD~1")
    assert answer.code == 2
    assert "git fetch --deepen=10" in answer.err


def test_the_commit_at_which_a_branch_left_is_meant_by_dots(ask: Ask, repository: Path) -> None:
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("20 ms", "30 ms"))
    git("commit", "-qam", "ours")
    git("switch", "-q", "main")
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "2M"))
    git("commit", "-qam", "theirs")
    git("switch", "-q", "change")
    assert {c["name"] for c in found(ask, "--base", "main")[0]["inputs"]} == {
        "users",
        "api.cpu_time",
    }
    assert [c["name"] for c in found(ask, "--base", "main...")[0]["inputs"]] == ["api.cpu_time"]


@pytest.mark.parametrize("base", ["nothing", "--output=x", "", "main:scenarios", "-x"])
def test_a_base_that_is_not_there_is_said_clearly(ask: Ask, repository: Path, base: str) -> None:
    answer = ask("diff", f"--base={base}")
    assert answer.code == 2
    assert f"there is no commit `{base}`" in answer.err
    assert not Path("x").exists()


def test_without_a_repository_that_is_said(ask: Ask, folder: Path) -> None:
    answer = ask("diff", "--base", "main")
    assert answer.code == 2
    assert "needs git, and a repository" in answer.err


def test_without_git_that_is_said(
    ask: Ask, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    answer = ask("diff", "--base", "main")
    assert answer.code == 2
    assert "git cannot be run" in answer.err


def test_a_base_that_could_not_be_computed_is_no_obstacle(ask: Ask, repository: Path) -> None:
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "1 GB"))
    git("commit", "-qam", "broken")
    Path("scenarios/posts.yaml").write_text(BEFORE)
    assert [s["status"] for s in found(ask, "--base", "HEAD")] == ["mended"]
    assert ask("diff", "--base", "main").code == 0
    git("commit", "-qam", "mended")
    Path("scenarios/posts.yaml").write_text(BEFORE.replace("1M", "1 GB"))
    assert ask("diff", "--base", "HEAD").code == 2


def test_odd_names_are_files_like_others(ask: Ask, repository: Path) -> None:
    names = ["a b", "ü", "q'uote\"", "$(touch x)", "[x]", "new\nline"]
    for name in names:
        Path("scenarios", f"{name}.yaml").write_text(BEFORE)
    git("add", "-A")
    git("commit", "-qm", "odd")
    for name in names:
        Path("scenarios", f"{name}.yaml").write_text(BEFORE.replace("1M", "2M"))
    states = [s["status"] for s in found(ask, "--base", "HEAD")]
    assert sorted(states) == ["changed"] * 6 + ["same"]
    assert not Path("x").exists()
    assert ask("diff", "--base", "HEAD").code == 0


def test_a_scenario_behind_a_link_is_followed(ask: Ask, repository: Path) -> None:
    Path("scenarios/link.yaml").symlink_to("posts.yaml")
    git("add", "-A")
    git("commit", "-qm", "link")
    assert {s["status"] for s in found(ask, "--base", "HEAD")} == {"same"}


def test_of_this_repository_nothing_is_different_from_itself(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    monkeypatch.chdir(ROOT)
    assert ask("diff", "--base", "HEAD", "scenarios").code == 0


def test_neither_version_is_overwritten_with_what_is_different(ask: Ask, folder: Path) -> None:
    Path("old.yaml").write_text(BEFORE)
    Path("new.yaml").write_text(BEFORE.replace("1M", "2M"))
    for name in ("old.yaml", "new.yaml"):
        before = Path(name).read_text()
        answer = ask("diff", "old.yaml", "new.yaml", "--format", "json", "--output", name)
        assert answer.code == 2
        assert Path(name).read_text() == before


def test_shares_do_not_depend_on_the_order_of_the_file() -> None:
    before = BEFORE.replace("users: 1M", "users: {registered: 4M, daily_active: 25%}")
    changes = (
        ("4M", "6M"),
        ("25%", "30%"),
        ("2/day", "3/day"),
        ("10 kB", "14 kB"),
        ("5 years", "4 years"),
        ("20 ms", "26 ms"),
    )
    after = before
    for old, new in changes:
        after = after.replace(old, new)
    lines = after.split("\n")
    turned = "\n".join([*lines[4:7], *lines[2:4], *lines[:2], *lines[7:]])
    for measure in ("servers", "storage.retained", "cost.per_month"):
        one, other = (shares(before, text, measure) for text in (after, turned))
        assert one.keys() == other.keys()
        assert other == pytest.approx(one, rel=1e-9, abs=1e-6)
    assert all(r.is_exact for r in told(before, after).reasons)


def test_what_is_given_is_told_among_the_inputs_and_not_among_what_comes_of_them(
    ask: Ask, folder: Path
) -> None:
    (folder / "a.yaml").write_text(BEFORE, "utf-8")
    (folder / "b.yaml").write_text(BEFORE.replace("10 kB", "20 kB"), "utf-8")
    out = ask("diff", "a.yaml", "b.yaml").out
    inputs, changed = out.split("Inputs\n")[1].split("Changed\n")
    assert "post.payload" in inputs
    rows = {line.split()[0] for line in changed.split("\n\n")[0].splitlines()[2:] if line}
    assert {"storage.retained", "ingress.peak"} <= rows
    assert not rows & {"post.payload", "post.request", "post.response", "post.stored"}


def test_of_two_different_systems_only_the_totals_are_compared(ask: Ask) -> None:
    files = [str(ROOT / "scenarios" / f"{name}.yaml") for name in ("twitter", "whatsapp")]
    out = ask("diff", *files).out
    assert "`Twitter` and `WhatsApp` are different scenarios, with 1 of 23 actions and" in out
    assert not [title for title in ("Inputs", "Expected", "Why") if f"\n{title}\n" in out]
    assert re.search(r"^servers +[\d,]+ +[\d,]+", out, re.M)
    assert len(out.splitlines()) < 20
    assert "different scenarios" in ask("diff", *files, "--format", "markdown").out


@pytest.mark.slow
def test_a_system_that_grows_or_is_renamed_is_still_the_same(ask: Ask, folder: Path) -> None:
    (folder / "a.yaml").write_text(BEFORE, "utf-8")
    more = "".join(f"  part_{i}: {{kind: service, receives: [post]}}\n" for i in range(9))
    grown = BEFORE.replace("components:\n", f"components:\n{more}").replace("Posts", "Letters")
    (folder / "b.yaml").write_text(grown, "utf-8")
    (folder / "c.yaml").write_text(BEFORE.replace("post", "letter"), "utf-8")
    for other in ("b.yaml", "c.yaml"):
        assert "different scenarios" not in ask("diff", "a.yaml", other).out


def test_two_unnamed_systems_with_hardly_a_part_in_common_are_compared_by_totals(
    tmp_path: Path, ask: Ask
) -> None:
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    shape = (
        "actions: {{{0}: {{rate: 1k/s, payload: 1 kB}}}}\ncomponents: {{{1}: {{kind: database}}}}\n"
    )
    one.write_text(shape.format("put", "db"), "utf-8")
    other.write_text(shape.format("write", "store"), "utf-8")
    told = ask("diff", str(one), str(other))
    assert "these are different scenarios, with 0 of 4 actions and components in common" in told.out
    assert "put.writes" not in told.out


def test_renamed_files_with_many_equal_lines_are_told_at_once(ask: Ask, folder: Path) -> None:
    for name in ("old", "new"):
        Path(name).mkdir()
    Path("old/a.yaml").write_text(BEFORE.replace("Posts", "Letters") + "#\n" * 20_000)
    Path("new/b.yaml").write_text(BEFORE.replace("Posts", "Mail") + "#\n" * 21_000)
    start = time.monotonic()
    [one] = found(ask, "old", "new")
    assert (one["status"], one["before"]) == ("renamed", "old/a.yaml")
    assert time.monotonic() - start < 20  # it took minutes, by the square of equal lines


def test_what_a_variant_says_differently_is_told_though_no_quantity_of_the_file_changes() -> None:
    before = f"{BEFORE}variants:\n  grown: {{users: 2M}}\n  old: {{remove: [api]}}\n"
    after = f"{BEFORE}variants:\n  grown: {{users: 3M}}\n  new: {{post.payload: 1 kB}}\n"
    found = told(before, after)
    assert [(c.name, c.before, c.after) for c in found.inputs] == [
        ("variants.grown.users", "2M", "3M"),
        ("variants.old", "{remove: [api]}", None),
        ("variants.new", None, "{post.payload: 1 kB}"),
    ]
    assert not found.comparison.quantities
    assert not found.reasons
