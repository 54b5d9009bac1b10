"""Baselines: what a file of agreed values says, what moved since, and that it is never torn."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from asking import ROOT, Ask

from estimator.version import __version__

SCENARIO = "users: {users}\nactions: {{post: {{per_user: 2/day, payload: 1 kB}}}}\n"
BASELINE = "estimator.baseline.json"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder to be in, with a scenario."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "scenarios").mkdir()
    change("1M")
    return tmp_path


def change(users: str, name: str = "a") -> None:
    Path("scenarios", f"{name}.yaml").write_text(SCENARIO.format(users=users), "utf-8")


def kept(name: str = "scenarios/a.yaml") -> dict[str, list[object]]:
    content = json.loads(Path(BASELINE).read_text("utf-8"))
    values: dict[str, list[object]] = content["scenarios"][name]["values"]
    return values


def moved(ask: Ask, *arguments: str) -> dict[str, bool]:
    """Return what is not as in the baseline, and whether that is beyond its tolerance."""
    found = json.loads(ask("check", "--format", "json", *arguments).out)["scenarios"][0]
    return {move["name"]: move["beyond_tolerance"] for move in found["moves"]}


def test_a_baseline_has_a_line_for_each_value_and_is_the_same_each_time(
    ask: Ask, folder: Path
) -> None:
    assert ask("check", "--update-baseline").code == 0
    text = Path(BASELINE).read_bytes()
    assert b'        "servers": [2, "1", "2"],\n' in text
    assert kept()["requests.average"][1:] == ["1/s", "23.1/s"]
    assert kept()["storage.retained"][1] == "B"
    answer = ask("check", "--update-baseline", "--no-cache", "--jobs", "2")
    assert "is up to date with 1 scenario" in answer.err
    assert Path(BASELINE).read_bytes() == text
    assert ask("check").code == 0


def test_what_moved_fails_in_both_directions(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    for users in ("1.1M", "0.9M"):
        change(users)
        answer = ask("check")
        assert answer.code == 1
        assert moved(ask)["requests.average"] is True
        assert "requests.average" in answer.out
    change("1_000_000")
    assert ask("check").code == 0  # the same, written in another way


def test_what_moved_within_its_tolerance_passes(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    settings = Path("estimator.toml")
    change("1.04M")
    settings.write_text('tolerance = "5%"\n')
    assert ask("check").code == 0
    assert moved(ask)["requests.average"] is False
    assert "values moved within the tolerance" in ask("check").out
    settings.write_text('tolerance = "5%"\n[tolerances]\n"requests.*" = "3%"\n')
    assert {n for n, beyond in moved(ask).items() if beyond} == {
        "requests.average",
        "requests.peak",
    }
    settings.write_text(
        'tolerance = "5%"\n[tolerances]\n"requests.*" = "3%"\n"requests.peak" = "1.9/s"\n'
    )
    assert {n for n, beyond in moved(ask).items() if beyond} == {"requests.average"}
    settings.write_text('tolerance = "5%"\n[tolerances]\n"requests.*" = "0.5/s"\n')
    assert ask("check").code == 1


def test_a_tolerance_is_met_exactly(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    Path("estimator.toml").write_text('tolerance = "10%"\n')
    for users, code in (("1.1M", 0), ("0.9M", 0), ("1.1001M", 1), ("0.8999M", 1)):
        change(users)
        assert moved(ask)["requests.average"] is bool(code), users


def test_own_formulas_and_named_values_are_kept(ask: Ask, folder: Path) -> None:
    Path("scenarios/a.yaml").write_text(
        SCENARIO.format(users="1M") + "derive: {posts: post.events.per_day}\n"
    )
    Path("estimator.toml").write_text(
        'values = ["servers"]\n[tolerances]\n"post.payload" = "1 B"\n'
    )
    ask("check", "--update-baseline")
    assert set(kept()) == {"servers", "posts", "post.payload"}


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ('tolerance = "much"', "`tolerance = much` is not a tolerance"),
        ('tolerance = "-5%"', "it must be zero or more"),
        ('tolerance = "5 apples +"', "is not a tolerance"),
        ('[tolerances]\nservers = "5 GB"', "this should be a plain number, but it is data"),
        ('[tolerances]\nsrvers = "5%"', "`tolerances` has `srvers`"),
    ],
)
def test_a_wrong_tolerance_is_told_at_its_place(
    ask: Ask, folder: Path, setting: str, words: str
) -> None:
    ask("check", "--update-baseline")
    change("2M")
    Path("estimator.toml").write_text(setting + "\n")
    answer = ask("check")
    assert answer.code == 2
    assert words in answer.out
    assert f"estimator.toml:{setting.count(chr(10)) + 1}:" in answer.out


def test_what_is_new_only_warns_and_what_is_gone_fails(ask: Ask, folder: Path) -> None:
    change("2M", "b")
    ask("check", "--update-baseline")
    change("3M", "c")
    answer = ask("check")
    assert answer.code == 0
    assert "W110" in answer.out
    Path("scenarios/c.yaml").unlink()
    Path("scenarios/b.yaml").rename("scenarios/d.yaml")
    answer = ask("check")
    assert answer.code == 1
    assert "`scenarios/b.yaml` is in the baseline and no longer there" in answer.out
    assert "it says what `scenarios/d.yaml` says now" in answer.out
    assert ask("check", "scenarios/a.yaml").code == 0  # of what was not asked for nothing is said
    ask("check", "--update-baseline")
    assert ask("check").code == 0
    assert "scenarios/b.yaml" not in Path(BASELINE).read_text()


def test_a_value_that_is_gone_fails(ask: Ask, folder: Path) -> None:
    file = Path("scenarios/a.yaml")
    file.write_text(SCENARIO.format(users="1M") + "derive: {posts: post.events.per_day}\n")
    ask("check", "--update-baseline")
    change("1M")
    assert moved(ask) == {"posts": True}
    assert ask("check").code == 1


def test_an_update_of_some_files_keeps_the_others(ask: Ask, folder: Path) -> None:
    change("2M", "b")
    ask("check", "--update-baseline")
    before = kept("scenarios/b.yaml")
    change("3M")
    change("4M", "b")
    ask("check", "--update-baseline", "scenarios/a.yaml")
    assert kept("scenarios/b.yaml") == before
    assert kept()["requests.average"][0] == pytest.approx(6e6 / 86400)


def test_nothing_is_written_where_something_is_wrong(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    before = Path(BASELINE).read_text()
    change("2M")
    Path("scenarios/b.yaml").write_text("users: [1M\n")
    answer = ask("check", "--update-baseline")
    assert answer.code == 2
    assert "stays as it is" in answer.err
    assert Path(BASELINE).read_text() == before


def test_a_baseline_is_of_the_files_as_they_are(ask: Ask, folder: Path) -> None:
    assert ask("check", "--update-baseline", "--set", "users=2M").code == 2
    assert not Path(BASELINE).exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"schema": 2, "estimator": "1", "scenarios": {}}',
        '{"schema": 1, "estimator": "1", "scenarios": {"a": {"digest": "", "values": {"x": 1}}}}',
        '<<<<<<< ours\n{"schema": 1}\n=======\n',
    ],
)
def test_a_baseline_that_is_none_is_an_error(ask: Ask, folder: Path, text: str) -> None:
    Path(BASELINE).write_text(text)
    answer = ask("check")
    assert answer.code == 2
    assert "E043" in answer.out
    assert Path(BASELINE).read_text() == text


def test_a_baseline_that_is_named_must_be_there(ask: Ask, folder: Path) -> None:
    assert ask("check", "--baseline", "other.json").code == 2
    assert ask("check", "--baseline", "other.json", "--update-baseline").code == 0
    assert ask("check", "--baseline", "other.json").code == 0


def test_the_baseline_is_found_from_a_folder_below(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("check", "--update-baseline")
    change("2M")
    monkeypatch.chdir(folder / "scenarios")
    assert ask("check").code == 1
    assert ask("check", "a.yaml").code == 1


def test_a_baseline_of_the_settings_must_be_there(ask: Ask, folder: Path) -> None:
    Path("estimator.toml").write_text('baseline = "agreed.json"\n')
    answer = ask("check")
    assert answer.code == 2
    assert "there is no baseline `agreed.json`" in answer.out
    assert ask("check", "--update-baseline").code == 0
    assert Path("agreed.json").is_file()
    assert ask("check").code == 0


def test_a_first_baseline_is_written_where_it_is_found_from_everywhere(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    below = folder / "docs" / "more"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert ask("check", "--update-baseline").code == 0
    assert (folder / BASELINE).is_file()
    monkeypatch.chdir(folder)
    assert "servers" in kept()


def test_what_moved_a_little_shows_by_how_much(ask: Ask, folder: Path) -> None:
    change("1M")
    ask("check", "--update-baseline")
    Path("estimator.toml").write_text('tolerance = "0%"\n')
    change("1.00001M")
    answer = ask("check")
    assert "23.1/s (23.15 1/s)" not in answer.out
    assert "+0.001%" in answer.out
    for line in answer.out.splitlines():
        before, arrow, after = line.partition(" → ")
        assert not arrow or before.split("  ")[-1] != after.split("  ")[0], line


def test_a_baseline_left_by_a_merge_says_so(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    text = Path(BASELINE).read_text("utf-8")
    Path(BASELINE).write_text(text.replace("{\n", "{\n<<<<<<< HEAD\n", 1), "utf-8")
    answer = ask("check")
    assert answer.code == 2
    assert "a merge left both versions in `estimator.baseline.json`" in answer.out


def test_the_summary_counts_what_is_gone_and_what_is_wrong_elsewhere(
    ask: Ask, folder: Path
) -> None:
    change("1M", "b")
    ask("check", "--update-baseline")
    Path("scenarios/b.yaml").unlink()
    Path("estimator.toml").write_text('tolerances = {nothing = "5%"}\n')
    summary = ask("check", "--format", "concise").out.splitlines()[-1]
    assert "1 gone since the baseline" in summary
    assert "1 error elsewhere" in summary


def test_a_change_of_the_library_is_told_apart_from_one_of_the_file(ask: Ask, folder: Path) -> None:
    shipped = "kind: shard\nextends: service\nabout: A shard.\nparameters:\n"
    shipped += "  cpu_time: {dimension: time, default: 5 ms, about: Time., assumption: a guess}\n"
    Path("kinds").mkdir()
    Path("kinds/shard.yaml").write_text(shipped)
    Path("scenarios/a.yaml").write_text(
        "library: ../kinds\n" + SCENARIO.format(users="100M") + "components: {x: {kind: shard}}\n"
    )
    answer = ask("check", "--update-baseline")
    assert answer.code == 0, answer.out
    Path("kinds/shard.yaml").write_text(shipped.replace("5 ms", "9 ms"))
    answer = ask("check")
    assert answer.code == 1
    assert "the file says what it said: what changed is `../kinds`" in answer.out
    text = Path("scenarios/a.yaml").read_text()
    Path("scenarios/a.yaml").write_text(text.replace("100M", "110M"))
    assert "the file says what it said" not in ask("check").out


# --- power loss -----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed there as on Unix")
def test_a_writer_that_is_killed_leaves_baseline_and_cache_whole(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "ESTIMATOR_CACHE_DIR": str(tmp_path / "cache"),
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "killed_writers.py"), "200"],
        cwd=project,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["killed"] == 200
    assert found["torn"] == []
    assert found["versions"] >= 200  # each was killed once it had written, while it went on
    answer = subprocess.run(
        [sys.executable, "-m", "estimator", "check", "--format", "json"],
        cwd=project,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    anew = subprocess.run(
        [sys.executable, "-m", "estimator", "check", "--format", "json", "--no-cache"],
        cwd=project,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert answer.stdout == anew.stdout


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask("check", "--update-baseline")
    before = Path(BASELINE).read_text()
    change("2M")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    answer = ask("check", "--update-baseline")
    assert answer.code == 2
    assert "cannot be written: no space left on device" in answer.err
    assert Path(BASELINE).read_text() == before
    assert [f.name for f in folder.iterdir() if f.name.startswith(f".{BASELINE}")] == []


# --- a baseline of an older version ---------------------------------------------------------------


def made_by(version: str, *, factor: float = 1.0, name: str = "scenarios/a.yaml") -> None:
    """Let the baseline be as an older version wrote it, which computed other values of a file."""
    content = json.loads(Path(BASELINE).read_text("utf-8"))
    content["estimator"] = version
    values = content["scenarios"][name]["values"]
    values["requests.average"][0] *= factor
    values["cost.per_month"][0] *= factor
    Path(BASELINE).write_text(json.dumps(content), "utf-8")


def test_what_a_newer_version_moved_is_one_block_apart_from_what_a_user_changed(
    ask: Ask, folder: Path
) -> None:
    change("1M", "b")
    ask("check", "--update-baseline")
    made_by("0.1.0", factor=0.5)
    change("2M", "b")
    answer = ask("check")
    assert answer.code == 1
    assert answer.out.count("F004") == 1
    assert f"2 values of 1 scenario moved because of estimator {__version__}" in answer.out
    assert "the baseline is of 0.1.0" in answer.out
    assert re.search(r"= scenarios/a.yaml: `cost.per_month` moved from", answer.out)
    listed = answer.out.split("scenarios/b.yaml  b")[1]
    assert "✗ requests.average" in listed.split("F002")[0]
    assert "either may be the reason" in listed
    assert "✗ requests.average" not in answer.out.split("scenarios/b.yaml  b")[0]
    found = json.loads(ask("check", "--format", "json").out)["scenarios"]
    causes = {s["file"]: {m["by_version"] for m in s["moves"]} for s in found}
    assert causes == {"scenarios/a.yaml": {True}, "scenarios/b.yaml": {False}}
    markdown = ask("check", "--format", "markdown").out
    assert f"Values that moved because of estimator {__version__}" in markdown


def test_what_a_newer_version_moved_can_be_accepted_alone(ask: Ask, folder: Path) -> None:
    change("1M", "b")
    ask("check", "--update-baseline")
    made_by("0.1.0", factor=0.5)
    change("2M", "b")
    before = kept("scenarios/b.yaml")
    answer = ask("check", "--accept-version")
    assert answer.code == 1  # what the user changed is as it was
    assert "F004" not in answer.out
    assert kept("scenarios/a.yaml")["requests.average"][0] == pytest.approx(23.1481481481)
    assert kept("scenarios/b.yaml") == before
    assert kept_version("scenarios/b.yaml") == "0.1.0"
    assert kept_version("scenarios/a.yaml") is None  # as of the whole file
    again = ask("check")
    assert "F004" not in again.out
    assert "F002" in again.out
    change("1M", "b")
    assert ask("check").code == 0


def kept_version(name: str) -> str | None:
    content = json.loads(Path(BASELINE).read_text("utf-8"))
    return str(v) if (v := content["scenarios"][name].get("estimator")) else None


def test_a_baseline_that_an_older_version_wrote_is_read(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    made_by("0.1.0")
    answer = ask("check")
    assert answer.code == 0
    assert "F004" not in answer.out
    settled = ask("check", "--accept-version")
    assert settled.code == 0
    assert "has the values of this version" in settled.err
    assert json.loads(Path(BASELINE).read_text("utf-8"))["estimator"] == __version__


def test_an_own_kind_that_changed_is_not_the_program_s_doing(ask: Ask, folder: Path) -> None:
    kind = (
        "kind: shard\nextends: service\nabout: A shard.\nsource: Ours.\nparameters:\n"
        "  cpu_time: {dimension: time, default: 5 ms, about: Time., assumption: A guess.}\n"
    )
    Path("shard.yaml").write_text(kind, "utf-8")
    Path("scenarios/a.yaml").write_text(
        "library: ../shard.yaml\nactions: {post: {rate: 10k/s}}\n"
        "components: {hot: {kind: shard}}\n",
        "utf-8",
    )
    ask("check", "--update-baseline")
    made_by("0.1.0")
    Path("shard.yaml").write_text(kind.replace("5 ms", "9 ms"), "utf-8")
    answer = ask("check", "--no-cache")
    assert answer.code == 1
    assert "F004" not in answer.out
    assert "F002" in answer.out


def test_a_version_is_accepted_of_the_files_as_they_are(ask: Ask, folder: Path) -> None:
    assert ask("check", "--accept-version").code == 2  # there is no baseline
    ask("check", "--update-baseline")
    for option in ("--update-baseline", "--set=users=2M"):
        assert ask("check", "--accept-version", option).code == 2


# --- how far, and where ---------------------------------------------------------------------------


def test_by_default_what_three_digits_do_not_show_is_no_move(ask: Ask, folder: Path) -> None:
    ask("check", "--update-baseline")
    for users, code in (("1.004M", 0), ("0.996M", 0), ("1.006M", 1), ("0.994M", 1)):
        change(users)
        assert ask("check").code == code, users
    Path("estimator.toml").write_text('tolerance = "0%"\n')
    change("1.000_1M")
    assert ask("check").code == 1


@pytest.mark.parametrize("tolerance", [None, "5%"])
def test_an_availability_may_move_by_a_hundredth_of_a_per_cent(
    tolerance: str | None, ask: Ask, folder: Path
) -> None:
    if tolerance is not None:
        Path("estimator.toml").write_text(f'tolerance = "{tolerance}"\n')
    ask("check", "--update-baseline")
    content = json.loads(Path(BASELINE).read_text("utf-8"))
    now = content["scenarios"]["scenarios/a.yaml"]["values"]["availability"][0]
    for move, code in ((0.00005, 0), (-0.00005, 0), (0.0002, 1), (-0.0002, 1)):
        content["scenarios"]["scenarios/a.yaml"]["values"]["availability"][0] = now + move
        Path(BASELINE).write_text(json.dumps(content), "utf-8")
        assert ask("check").code == code, move


def test_what_moved_is_marked_where_the_file_gives_it_or_its_main_input(
    ask: Ask, folder: Path
) -> None:
    text = (
        "name: Feed\n"
        "users: {users}\n"
        "actions:\n"
        "  post: {{per_user: 2/day}}\n"
        "components:\n"
        "  api:\n"
        "    kind: service\n"
        "    nodes: {nodes}\n"
        "  store: {{kind: database, receives: [post]}}\n"
        "derive:\n"
        "  posts: post.events.per_day\n"
    )
    scenario = Path("scenarios/a.yaml")
    scenario.write_text(text.format(users="100M", nodes=9), "utf-8")
    ask("check", "--update-baseline")
    scenario.write_text(text.format(users="200M", nodes=10), "utf-8")
    found = json.loads(ask("check", "--format", "json").out)["diagnostics"]
    lines = {d["message"].split("`")[1]: d["place"]["line"] for d in found if d["rule"] == "F002"}
    assert lines["api.nodes"] == 8  # pinned there
    assert lines["store.nodes"] == 9
    assert lines["posts"] == 11
    assert lines["requests.average"] == lines["cost.per_month"] == 2
    annotations = ask("check", "--format", "github").out
    assert "line=8," in annotations
    assert "line=1," not in annotations
