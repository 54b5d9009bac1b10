"""What is remembered of earlier checks: quick where nothing changed, and never stale."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from asking import ROOT, Ask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estimator.checks.cache import FILE, LARGEST, OLD_FOLDER, VARIABLE, Cache, Item, fingerprint
from estimator.checks.checked import FIGURES, Checked, CheckOptions
from estimator.checks.scenario import check_text

SCENARIO = "users: 1M\nactions: {post: {per_user: 2/day, payload: 1 kB}}\n"
HOLDS = SCENARIO + "expect: [post.writes.average <= 100/s]\n"
OPTIONS = CheckOptions({}, None, 65_536, 1, FIGURES)
KIND = (
    "kind: shard\nextends: service\nabout: A shard.\nparameters:\n"
    "  cpu_time: {dimension: time, default: 5 ms, about: Time., assumption: a guess}\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to be in, with a scenario."""
    project = tmp_path / "project"
    (project / "scenarios").mkdir(parents=True)
    (project / "scenarios" / "a.yaml").write_text(HOLDS)
    monkeypatch.chdir(project)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return project


@pytest.fixture
def cache_file(folder: Path) -> Path:
    """Return the file of the cache that checks in that folder use."""
    return folder.parent / "cache" / FILE


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return the files that were computed since this was last asked."""
    seen: list[str] = []

    def spied(file: str, data: bytes, options: CheckOptions, *, named: bool = True) -> Checked:
        seen.append(file)
        return check_text(file, data, options, named=named)

    monkeypatch.setattr("estimator.checks.scenario.check_text", spied)

    def since() -> list[str]:
        found = list(seen)
        seen.clear()
        return found

    return since


def test_what_did_not_change_is_not_computed_again(
    ask: Ask, folder: Path, computed: Callable[[], list[str]]
) -> None:
    first = ask("check")
    assert computed() == ["scenarios/a.yaml"]
    assert ask("check") == first
    assert computed() == []
    assert ask("check", "--no-cache") == first
    assert computed() == ["scenarios/a.yaml"]


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["full", "concise", "json", "junit", "sarif", "markdown"])
def test_what_is_remembered_is_told_in_the_same_words(
    ask: Ask, folder: Path, format_: str, computed: Callable[[], list[str]]
) -> None:
    for at, file in enumerate(sorted((ROOT / "tests" / "broken").glob("e*.yaml"))[:25]):
        shutil.copy(file, folder / "scenarios" / f"b{at}.yaml")
    (folder / "scenarios" / "c.yaml").write_text(HOLDS.replace("100/s", "1/s"))
    (folder / "scenarios" / "d.yaml").write_text("derive: {load: 1 to 2}\nexpect: [load < 1]\n")
    (folder / "scenarios" / "e.yaml").write_text("services: {}\n")

    def told() -> tuple[int, str, str]:
        code, out, err = ask("check", "--format", format_, "--jobs", "1")
        return code, re.sub(r'timestamp="[^"]*"', "", out), err

    first = told()
    computed()
    assert told() == first
    assert computed() == []


def test_another_option_is_another_question(
    ask: Ask, folder: Path, computed: Callable[[], list[str]]
) -> None:
    for options in ([], ["--seed", "2"], ["--samples", "2000"], ["--set", "users=2M"]):
        ask("check", *options)
        assert computed() == ["scenarios/a.yaml"], options
        ask("check", *options)
        assert computed() == [], options


def test_a_change_of_the_file_is_seen_even_with_the_same_size_and_time(
    ask: Ask, folder: Path, computed: Callable[[], list[str]]
) -> None:
    file = folder / "scenarios" / "a.yaml"
    ask("check")
    before = file.stat()
    file.write_text(HOLDS.replace("100/s", "010/s"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert ask("check").code == 1
    assert computed() == ["scenarios/a.yaml"] * 2


def test_a_change_of_a_kind_beside_it_is_seen(
    ask: Ask, folder: Path, computed: Callable[[], list[str]]
) -> None:
    kinds = folder / "kinds"
    kinds.mkdir()
    (kinds / "shard.yaml").write_text(KIND)
    text = "library: ../kinds\n" + SCENARIO + "components: {x: {kind: shard}}\n"
    (folder / "scenarios" / "a.yaml").write_text(text + "expect: [x.cpu_time <= 6 ms]\n")

    assert ask("check").code == 0
    assert ask("check").code == 0
    assert computed() == ["scenarios/a.yaml"]
    (kinds / "shard.yaml").write_text(KIND.replace("5 ms", "9 ms"))
    assert ask("check").code == 1
    (kinds / "shard.yaml").write_text(KIND)
    (kinds / "other.yaml").write_text(KIND.replace("shard", "other"))
    assert ask("check").code == 0
    (kinds / "shard.yaml").unlink()
    assert ask("check").code == 2
    assert computed() == ["scenarios/a.yaml"] * 3


def test_a_kind_that_changes_while_it_is_read_is_told_apart(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept is said of the kinds that were read, whatever they are a moment later."""
    kind = folder / "kinds" / "shard.yaml"
    kind.parent.mkdir()
    kind.write_text(KIND)
    text = "library: ../kinds\n" + SCENARIO + "components: {x: {kind: shard}}\n"
    (folder / "scenarios" / "a.yaml").write_text(text + "expect: [x.cpu_time <= 6 ms]\n")
    whole = check_text

    def meanwhile(file: str, data: bytes, options: CheckOptions, *, named: bool = True) -> Checked:
        found = whole(file, data, options, named=named)
        kind.write_text(KIND.replace("5 ms", "9 ms"))
        return found

    monkeypatch.setattr("estimator.checks.scenario.check_text", meanwhile)
    assert ask("check").code == 0
    monkeypatch.setattr("estimator.checks.scenario.check_text", whole)
    assert ask("check").code == 1


def test_an_entry_that_a_disk_has_spoilt_is_computed_anew(ask: Ask, cache_file: Path) -> None:
    first = ask("check")
    connection = sqlite3.connect(cache_file)
    (body,) = connection.execute("SELECT body FROM found").fetchone()
    for other in (body.replace("4.32", "9.99"), "[" * 5000, "{}", '["a", 1, 2, 3, 4, 5, 6, 7, 8]'):
        assert other != body
        connection.execute("UPDATE found SET body = ?", (other,))
        connection.commit()
        assert ask("check") == first
    connection.close()


def test_a_waiver_is_judged_anew_each_day(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = date.today()
    check = f"{{check: post.writes.average <= 1/s, until: {today}}}"
    (folder / "scenarios" / "a.yaml").write_text(SCENARIO + f"expect: [{check}]\n")
    assert ask("check").code == 0

    class Tomorrow(date):
        @classmethod
        def today(cls) -> date:
            return today + timedelta(1)

    for module in ("checks.cache", "checks.scenario", "evaluate.conditions"):
        monkeypatch.setattr(sys.modules[f"estimator.{module}"], "date", Tomorrow)
    assert ask("check").code == 1


def test_the_program_and_its_library_are_part_of_the_question(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("copy") / "estimator"
    shutil.copytree(ROOT / "estimator", copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr("estimator.checks.cache.__file__", str(copy / "checks" / "cache.py"))
    before = fingerprint()
    assert fingerprint() == before
    for name in ("library/cache.yaml", "formula/numeric.py", "catalog/base.yaml"):
        text = (copy / name).read_text("utf-8")
        (copy / name).write_text(text + "\n", "utf-8")
        assert fingerprint() != before, name
        (copy / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(folder))
    (folder / "numpy-99.0.dist-info").mkdir()
    assert fingerprint() != before


@pytest.mark.slow
@given(data=st.lists(st.sampled_from(["100/s", "10/s", "1/s", "5 GB", "nothing"]), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_with_and_without_memory_every_answer_is_the_same(tmp_path: Path, data: list[str]) -> None:
    cache = Cache(tmp_path / "cache", OPTIONS)
    for limit in data:
        item = Item("a.yaml", HOLDS.replace("100/s", limit).encode(), True)
        (known,) = cache.known([item])
        anew = check_text(item.file, item.data, OPTIONS)
        if known is None:
            cache.keep([(item, anew)])
            continue
        # no two sources are equal, whatever is in them
        assert repr(known._replace(found=())) == repr(anew._replace(found=()))
        assert [(d.rule, d.message, d.notes, d.help) for d in known.found] == [
            (d.rule, d.message, d.notes, d.help) for d in anew.found
        ]
        assert [d.place and d.place.column for d in known.found] == [
            d.place and d.place.column for d in anew.found
        ]
    cache.close()


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"x" * 5000])
def test_a_cache_that_is_broken_is_made_anew(ask: Ask, cache_file: Path, content: bytes) -> None:
    first = ask("check")
    cache_file.write_bytes(content)
    assert ask("check") == first
    assert ask("check") == first
    assert entries(cache_file) in (0, 1)


def entries(file: Path) -> int:
    connection = sqlite3.connect(file)
    (count,) = connection.execute("SELECT count(*) FROM found").fetchone()
    connection.close()
    return int(count)


ENDLESS = (
    "WITH RECURSIVE more(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more) "
    "SELECT n AS key, n AS kinds, n AS day, n AS body, n AS seal, n AS used FROM more"
)


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE found", f"CREATE VIEW found AS {ENDLESS}"],
        ["CREATE TRIGGER more AFTER INSERT ON found BEGIN DELETE FROM found; END"],
        ["ALTER TABLE found ADD COLUMN other TEXT"],
        ["CREATE TABLE other (x)"],
    ],
    ids=["view", "trigger", "column", "table"],
)
def test_a_database_with_anything_else_in_it_is_made_anew(
    ask: Ask, cache_file: Path, statements: list[str]
) -> None:
    first = ask("check")
    connection = sqlite3.connect(cache_file)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    assert ask("check") == first
    assert entries(cache_file) == 1


def test_a_cache_that_has_grown_too_large_is_made_anew(ask: Ask, cache_file: Path) -> None:
    first = ask("check")
    with cache_file.open("r+b") as file:
        file.truncate(LARGEST + 1)  # takes no room on most disks
    assert ask("check") == first
    assert cache_file.stat().st_size < 100_000


# --- where it is ----------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_may_read_and_write_the_cache(ask: Ask, cache_file: Path) -> None:
    before = os.umask(0)
    try:
        cache_file.parent.mkdir(mode=0o777)
        ask("check")
    finally:
        os.umask(before)
    assert cache_file.parent.stat().st_mode & 0o777 == 0o700
    assert cache_file.stat().st_mode & 0o777 == 0o600
    tag = (cache_file.parent / "CACHEDIR.TAG").read_text()
    assert tag.startswith("Signature: 8a477f597d28d172"), "so that backups pass over it"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away"
)
@pytest.mark.parametrize("what", ["file", "folder"])
def test_another_users_cache_is_not_used_by_root_either(
    ask: Ask, cache_file: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    ask("check")
    os.chown(cache_file if what == "file" else cache_file.parent, 12345, 12345)
    before = cache_file.read_bytes()
    monkeypatch.setattr("estimator.checks.cache._SCHEMA", -1)  # so that there is more to write
    assert ask("check").code == 0
    assert cache_file.read_bytes() == before


def test_a_check_leaves_nothing_in_the_project(ask: Ask, cache_file: Path, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    ask("check")
    assert cache_file.exists()
    assert sorted(folder.rglob("*")) == before


@pytest.mark.skipif(sys.platform != "linux", reason="each system has its own convention")
def test_the_cache_follows_the_platforms_convention(
    ask: Ask, cache_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    ask("check")
    assert (tmp_path / "xdg" / "estimator" / FILE).exists()
    assert not cache_file.exists()


@pytest.mark.parametrize("inside", [".", "cache", "scenarios/../deep/cache"])
def test_a_cache_in_the_project_is_not_used_whatever_the_environment_says(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch, inside: str
) -> None:
    (folder / ".git").mkdir()
    monkeypatch.setenv(VARIABLE, str(folder / inside))
    answer = ask("check", "--cache")
    assert answer.code == 0
    assert "The cache folder is inside the project, so it is not used." in answer.err
    monkeypatch.chdir("scenarios")
    assert ask("check", "--cache").code == 0
    assert not list(folder.rglob(FILE))


def test_a_cache_that_was_committed_turns_no_failure_into_a_pass(
    ask: Ask, folder: Path, cache_file: Path
) -> None:
    ask("check")
    connection = sqlite3.connect(cache_file)
    (row,) = connection.execute("SELECT kinds, day, body, seal, used FROM found").fetchall()
    connection.close()
    (folder / "scenarios" / "a.yaml").write_text(HOLDS.replace("100/s", "1/s"))
    assert ask("check").code == 1
    connection = sqlite3.connect(cache_file)
    connection.execute("UPDATE found SET (kinds, day, body, seal, used) = (?, ?, ?, ?, ?)", row)
    connection.commit()
    connection.close()
    assert ask("check").code == 0, "such a file would pass, if it were believed"
    shutil.copytree(cache_file.parent, folder / OLD_FOLDER)
    cache_file.unlink()
    answer = ask("check")
    assert answer.code == 1
    assert f"{OLD_FOLDER} is not read" in answer.err


def test_an_old_folder_that_is_a_link_is_left_alone(ask: Ask, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (folder / OLD_FOLDER).symlink_to(tmp_path / "home")
    assert f"{OLD_FOLDER} is not read" in ask("check").err
    assert list((tmp_path / "home").iterdir()) == []


@pytest.mark.parametrize("variable", ["CI", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION"])
def test_in_ci_the_cache_is_used_only_if_the_call_says_so(
    ask: Ask, cache_file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "true")
    (folder / "estimator.toml").write_text("cache = true\n")
    assert ask("check").code == 0
    assert not cache_file.exists(), "the settings are the pull request's"
    assert ask("check", "--cache").code == 0
    assert entries(cache_file) == 1


def test_a_folder_that_may_not_be_written_in_is_checked_all_the_same(
    ask: Ask, cache_file: Path
) -> None:
    cache_file.parent.write_text("a file stands where the folder would be")
    assert ask("check").code == 0


def test_the_settings_can_do_without(ask: Ask, folder: Path, cache_file: Path) -> None:
    (folder / "estimator.toml").write_text("cache = false\n")
    assert ask("check").code == 0
    assert not cache_file.exists()
    assert ask("check", "--cache").code == 0
    assert cache_file.exists(), "a call has the last word"


@pytest.mark.slow
def test_two_checks_at_once_do_not_disturb_each_other(folder: Path, cache_file: Path) -> None:
    for at in range(60):
        text = HOLDS.replace("100/s", f"{at + 10}/s")
        (folder / "scenarios" / f"s{at}.yaml").write_text(text)
    words = [sys.executable, "-m", "estimator", "check", "--format", "json", "--jobs", "2"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(words, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    answers = [process.communicate() for process in running]
    assert {process.returncode for process in running} == {1}
    assert len({out for out, _ in answers}) == 1
    assert {err for _, err in answers} == {answers[0][1]}
    found = json.loads(answers[0][0])
    assert len(found["scenarios"]) == 61
    connection = sqlite3.connect(cache_file)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("SELECT count(*) FROM found").fetchone() == (61,)
    connection.close()
