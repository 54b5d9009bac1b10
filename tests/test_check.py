"""`estimator check`: which files it checks, what it says of them, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from asking import ROOT, SHIPPED, Ask, one_in

from estimator.checks.run import processors

GOOD = "users: 1M\nactions: {post: {per_user: 2/day, payload: 1 kB}}\n"
HOLDS = GOOD + "expect: [post.writes.average <= 100/s]\n"
FAILS = GOOD + "expect: [post.writes.average <= 10/s]\n"
WARNS = GOOD + "expect: [{check: post.writes.average <= 10/s, severity: warn}]\n"
UNKNOWN = GOOD + "expect: [post.writes.avrage <= 10/s]\n"
CLASH = GOOD + "expect: [post.writes.average <= 10 GB]\n"
NO_YAML = "users: [1M\n"
EVERY_FORMAT = ["full", "concise", "json", "github", "junit", "sarif", "gitlab", "markdown"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def write(**files: str) -> None:
    """Files in the folder `scenarios/`, by their names without an ending."""
    for name, text in files.items():
        file = Path("scenarios") / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")


def program(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Return the program as a process of its own, which may have further ones."""
    return subprocess.run(
        [sys.executable, "-m", "estimator", *arguments],
        cwd=cwd,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


# --- exit codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", one_in(3, EVERY_FORMAT))
@pytest.mark.parametrize(
    ("files", "code"),
    one_in(
        3,
        [
            ({"a": HOLDS}, 0),
            ({"a": GOOD}, 0),
            ({"a": WARNS}, 0),
            ({"a": FAILS}, 1),
            ({"a": FAILS, "b": HOLDS}, 1),
            ({"a": UNKNOWN}, 2),
            ({"a": CLASH}, 2),
            ({"a": NO_YAML}, 2),
            ({"a": ""}, 2),
            ({"a": FAILS, "b": UNKNOWN, "c": HOLDS}, 2),
        ],
    ),
    ids=lambda value: ",".join(value) if isinstance(value, dict) else str(value),
)
def test_the_exit_code_is_the_same_in_every_format(
    ask: Ask, folder: Path, files: dict[str, str], code: int, format_: str
) -> None:
    write(**files)
    assert ask("check", "--format", format_).code == code
    assert ask("check", "--format", format_, "--output", "out").code == code
    assert ask("check", "--format", format_, "--no-cache").code == code


def test_what_is_shipped_holds(ask: Ask, folder: Path) -> None:
    answer = ask("check", "--jobs", "1", "--no-cache", *map(str, SHIPPED))
    assert answer.code == 0
    assert f"{len(SHIPPED)} scenarios checked" in answer.out


def test_all_problems_of_all_files_are_told_in_one_run(ask: Ask, folder: Path) -> None:
    write(a=UNKNOWN, b=CLASH, c=NO_YAML, d=FAILS, e=HOLDS)
    lines = ask("check", "--format", "concise").out.splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["E014", "E013", "E003", "F001"]
    assert lines[0].startswith("scenarios/a.yaml:3:10: E014 ")
    assert lines[-1] == "5 scenarios checked, 3 wrong, 1 fails, 1 of 2 expectations hold."


def test_an_unknown_name_or_a_clash_of_units_is_never_a_pass(ask: Ask, folder: Path) -> None:
    for text in (UNKNOWN, CLASH, GOOD + "expect: [{check: post.writes <= 10/s, severity: warn}]\n"):
        write(a=text)
        assert ask("check").code == 2


# --- which files ----------------------------------------------------------------------------------


def test_nothing_to_check_is_no_pass(ask: Ask, folder: Path) -> None:
    for arguments in ((), ("empty",), ("*.yaml",), ("nothing.yaml",), ("nothing",)):
        (folder / "empty").mkdir(exist_ok=True)
        assert ask("check", *arguments).code == 2
    for arguments in ((), ("empty",), ("*.yaml",)):
        assert ask("check", "--allow-empty", *arguments).code == 0
    write(workflow="on: push\njobs: {}\n")
    answer = ask("check")
    assert answer.code == 2
    assert "nothing to check; 1 YAML file is not a scenario" in answer.out


def test_files_folders_patterns_and_names_are_checked_each_once(ask: Ask, folder: Path) -> None:
    write(a=HOLDS, b=HOLDS)
    (folder / "more" / "deep").mkdir(parents=True)
    (folder / "more" / "deep" / "c.yml").write_text(HOLDS)
    (folder / "more" / ".hidden.yaml").write_text(NO_YAML)
    words = ("a", "scenarios/a.yaml", "scenarios", "more/**/*.yml", "more")
    found = json.loads(ask("check", *words, "--format", "json").out)["scenarios"]
    assert [s["file"] for s in found] == [
        "scenarios/a.yaml",
        "scenarios/b.yaml",
        "more/deep/c.yml",
    ]


def test_other_yaml_of_a_folder_is_passed_over_but_nothing_that_may_be_a_scenario(
    ask: Ask, folder: Path
) -> None:
    write(
        a=HOLDS,
        list="- a\n- b\n",
        compose="services: {web: {image: nginx}}\n",
        kind="kind: shard\nparameters: {}\n",
    )
    answer = ask("check")
    assert answer.code == 0
    assert answer.out.count("skipped: ") == 3
    write(misspelt="user: 1M\naction: {}\n")
    assert ask("check").code == 2
    assert ask("check", "scenarios/compose.yaml").code == 2


def test_standard_input_is_checked(ask: Ask, folder: Path) -> None:
    assert ask("check", "-", given=HOLDS).code == 0
    assert ask("check", "-", given=FAILS).code == 1
    assert "<stdin>:3:10" in ask("check", "-", "--format", "concise", given=FAILS).out


def test_names_with_odd_characters_are_files_like_others(ask: Ask, folder: Path) -> None:
    write(**{"a b": FAILS, "[x]": FAILS, "-n": FAILS, "$(touch x)": FAILS, "ü": FAILS})
    answer = ask("check", "scenarios", "--format", "concise")
    assert answer.code == 1
    assert answer.out.count(" F001 ") == 5
    assert ask("check", "scenarios/[x].yaml").code == 1


# --- what is said ---------------------------------------------------------------------------------


def test_a_failure_tells_its_line_the_value_how_it_came_about_and_by_how_much(
    ask: Ask, folder: Path
) -> None:
    write(a=FAILS)
    out = ask("check").out
    assert "`post.writes.average <= 10/s` does not hold: it is 23.1/s, 2.31 times 10/s" in out
    assert "--> scenarios/a.yaml:3:10" in out
    assert "post.writes.average = users × post.per_user = 1M × 2/day = 2M/day = 23.1/s" in out
    assert "would hold at users = 432k (×0.432)" in out


@pytest.mark.parametrize(
    ("limit", "missed"),
    [
        ("post.writes.average <= 20/s", "15.7% above 20/s"),
        ("post.writes.average >= 30/s", "22.8% below 30/s"),
        ("post.writes.average >= 100/s", "0.231 times 100/s"),
        ("post.writes.average <= 1/s", "23.1 times 1/s"),
    ],
)
def test_what_is_missed_is_told_against_the_limit(
    ask: Ask, folder: Path, limit: str, missed: str
) -> None:
    write(a=GOOD + f"expect: [{limit}]\n")
    assert missed in ask("check").out


def test_a_pass_tells_until_when_it_holds(ask: Ask, folder: Path) -> None:
    write(a=HOLDS)
    assert "holds until users = 4.32M (×4.32)" in ask("check").out
    found = json.loads(ask("check", "--format", "json").out)["scenarios"][0]["expectations"][0]
    turns = {t["name"]: t["factor"] for t in found["break_even"]}
    assert turns == pytest.approx({"users": 4.32, "post.per_user": 4.32})


def test_reason_and_owner_of_a_failure_are_told(ask: Ask, folder: Path) -> None:
    text = "{check: post.writes.average <= 10/s, reason: the old cluster, owner: team-x}"
    write(a=GOOD + f"expect:\n  - {text}\n")
    out = ask("check").out
    assert "reason: the old cluster" in out
    assert "owner: team-x" in out


def test_a_waiver_expires_into_an_error_even_of_what_only_warned(ask: Ask, folder: Path) -> None:
    today = date.today()
    for severity in ("", ", severity: warn"):
        for until, code in ((today, 0), (today + timedelta(9), 0), (today - timedelta(1), 1)):
            check = f"{{check: post.writes.average <= 10/s, until: {until}{severity}}}"
            write(a=GOOD + f"expect:\n  - {check}\n")
            answer = ask("check")
            assert answer.code == code, (severity, until)
            if code:
                assert f"its waiver ended on {until}" in answer.out


def test_an_expectation_over_draws_tells_its_chance(ask: Ask, folder: Path) -> None:
    write(a="derive: {load: 80/s to 120/s}\nexpect: [load <= 110/s, p50(load) <= 98/s]\n")
    answer = ask("check")
    assert answer.code == 1
    assert "of samples, and should in 95%" in answer.out


@pytest.mark.slow
def test_many_files_are_checked_by_several_processes_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    for at in range(40):
        text = FAILS if at % 7 == 0 else NO_YAML if at % 11 == 5 else HOLDS
        (tmp_path / "scenarios" / f"s{at:02}.yaml").write_text(text)
    alone, together = (
        program("check", "--no-cache", "--format", "json", "--jobs", jobs, cwd=tmp_path)
        for jobs in ("1", "3")
    )
    assert alone.returncode == together.returncode == 2
    assert alone.stdout == together.stdout
    assert [s["file"][-8:-5] for s in json.loads(alone.stdout)["scenarios"]] == [
        f"s{at:02}" for at in range(40)
    ]


def test_what_is_no_scenario_is_named_where_it_is_passed_over(ask: Ask, folder: Path) -> None:
    write(a=HOLDS)
    odd = "no\x1b[31m_*b*_.yaml"
    Path("scenarios", odd).write_text("- a list\n")
    for format_ in ("concise", "markdown", "junit", "github"):
        answer = ask("check", "--format", format_)
        assert answer.code == 0
        said = answer.out + answer.err
        assert "1 other file skipped" in said
        assert "\x1b" not in said
        assert "31m" in said


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "100000 100000"}, 1),
        ({"cpu.max": "5000 100000"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        ({"cpu/cpu.cfs_quota_us": "90000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"cpu.max": "what is this"}, None),
        ({}, None),
    ],
)
def test_in_a_container_there_are_no_more_processes_than_it_has_time_for(
    tmp_path: Path, files: dict[str, str], most: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert processors(str(tmp_path)) == (most or processors(str(tmp_path / "nothing")))


def test_overrides_and_variants_apply_to_every_file(ask: Ask, folder: Path) -> None:
    write(a=HOLDS + "variants: {big: {users: 100M}}\n")
    assert ask("check", "--set", "users=100M").code == 1
    assert ask("check", "--variant", "big").code == 1
    assert ask("check", "--variant", "bg").code == 2
    assert ask("check").code == 0


# --- GitHub ---------------------------------------------------------------------------------------


def test_under_github_actions_annotations_and_summary_come_by_themselves(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a=FAILS, b=HOLDS)
    summary = folder / "summary.md"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    answer = ask("check")
    assert answer.code == 1
    assert "\n::error file=scenarios/a.yaml,line=3" in answer.out
    assert "--> scenarios/a.yaml:3:10" in answer.out
    assert "post.writes.average" in summary.read_text("utf-8")
    again = ask("check", "--format", "github")
    assert again.out.count("::error ") == 1
    assert "-->" not in again.out


# --- settings -------------------------------------------------------------------------------------


def test_settings_say_which_files_are_checked(ask: Ask, folder: Path) -> None:
    (folder / "plans" / "old").mkdir(parents=True)
    (folder / "plans" / "a.yaml").write_text(HOLDS)
    (folder / "plans" / "old" / "b.yaml").write_text(FAILS)
    (folder / "estimator.toml").write_text('paths = ["plans"]\nexclude = ["plans/old"]\n')
    assert ask("check").code == 0
    assert ask("check", "plans/old/b.yaml").code == 1
    assert ask("check", "--isolated").code == 2
    (folder / "deep").mkdir()
    (folder / "estimator.toml").rename(folder / "pyproject.toml")
    assert ask("check").code == 2  # nothing of it stands under `[tool.estimator]`
    text = '[tool.estimator]\npaths = ["plans"]\nexclude = ["plans/old"]\n'
    (folder / "pyproject.toml").write_text(text)
    assert ask("check").code == 0


def test_the_nearest_settings_win(ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text('[tool.estimator]\npaths = ["a.yaml"]\n')
    (folder / "a.yaml").write_text(FAILS)
    near = folder / "near"
    near.mkdir()
    (near / "pyproject.toml").write_text("[tool.other]\n")  # has none, and hides none
    monkeypatch.chdir(near)
    assert ask("check").code == 1
    (near / "estimator.toml").write_text('paths = ["b.yaml"]\n')
    (near / "b.yaml").write_text(HOLDS)
    assert ask("check").code == 0


@pytest.mark.parametrize("key", ["samples", "draws"])
def test_settings_have_a_number_of_samples_also_by_its_old_name(
    key: str, ask: Ask, folder: Path
) -> None:
    write(a="users: 1M to 3M\nexpect: [users < 2M]\n")
    (folder / "estimator.toml").write_text(f"{key} = 2000\n")
    of_settings = ask("check", "--no-cache")
    assert of_settings.out == ask("check", "--no-cache", "--isolated", "--samples", "2000").out
    assert of_settings.out != ask("check", "--no-cache", "--isolated").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("samples = 2000\ndraws = 2000\n", "`draws` is the old name of `samples`, which is set"),
        ('draws = "many"\n', "`draws` is a whole number"),
        ("jbs = 3\n", "there is no setting `jbs`"),
        ("jobs = -1\n", "`jobs` is a whole number"),
        ('samples = "many"\n', "`samples` is a whole number"),
        ('paths = "scenarios"\n', "`paths` is a list of files"),
        ("cache = 1\n", "`cache` is `true` or `false`"),
        ("tolerances = 5\n", "`tolerances` is a table"),
        ("paths = [\n", "`estimator.toml` is not TOML: a value is missing, or has to be quoted"),
        ('paths = ["a" "b"]\n', "`estimator.toml` is not TOML: something is not closed"),
        ("baseline = 'a\n", "`estimator.toml` is not TOML: something is not closed"),
        ('paths = ["a"\n', "`estimator.toml` is not TOML: something is not closed"),
        ("[tolerances\n", "`estimator.toml` is not TOML: something is not closed"),
        ('baseline = "a\\q"\n', "in ' ' a backslash stands for itself"),
        ("jobs\n", "a setting is `key = value`"),
        ("jobs = 1 cache = 2\n", "a setting is `key = value`"),
        ("jobs = 1\njobs = 2\n", "this is set already"),
        ("tolerance = low\n", "a value is missing, or has to be quoted"),
    ],
)
def test_wrong_settings_are_told_at_their_place(
    ask: Ask, folder: Path, text: str, words: str
) -> None:
    write(a=HOLDS)
    (folder / "estimator.toml").write_text(text)
    answer = ask("check")
    assert answer.code == 2
    assert words in answer.err
    assert "--> estimator.toml:" in answer.err
    assert ask("check", "--isolated").code == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is killed there as on Unix")
def test_what_a_killed_process_leaves_is_checked_by_the_others(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    for at in range(120):
        (tmp_path / "scenarios" / f"s{at:03}.yaml").write_text(HOLDS)
    script = (
        "import os, signal, sys\n"
        "from estimator.checks import scenario\n"
        "whole, here = scenario.check_text, os.getpid()\n"
        "def fatal(file, *rest, **options):\n"
        "    if file.endswith('s050.yaml') and os.getpid() != here:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return whole(file, *rest, **options)\n"
        "scenario.check_text = fatal\n"
        "from estimator.cli.app import run_app\n"
        "sys.exit(run_app(['check', '--jobs', '2', '--format', 'concise']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout == "120 scenarios checked, 120 of 120 expectations hold.\n"
    assert done.returncode == 0, done.stderr


# --- what a gate must not let pass ----------------------------------------------------------------


def test_a_folder_that_cannot_be_read_is_no_pass(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a=HOLDS)
    (folder / "scenarios" / "deep").mkdir()
    whole = os.scandir

    def denied(path: str) -> object:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return whole(path)

    monkeypatch.setattr(os, "scandir", denied)
    answer = ask("check")
    assert answer.code == 2
    assert "the folder `scenarios/deep` cannot be read: permission denied" in answer.out


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are Unix's")
def test_links_are_followed_once_and_pipes_are_not_waited_for(ask: Ask, folder: Path) -> None:
    write(a=HOLDS)
    (folder / "real").mkdir()
    (folder / "real" / "b.yaml").write_text(FAILS)
    (folder / "scenarios" / "link").symlink_to("../real")
    (folder / "scenarios" / "loop").symlink_to(".")
    answer = ask("check", "--format", "concise")
    assert answer.code == 1
    assert "2 scenarios checked" in answer.out
    os.mkfifo(folder / "scenarios" / "pipe.yaml")
    answer = ask("check", "--format", "concise")
    assert answer.code == 2
    assert "`scenarios/pipe.yaml` is a pipe, not a file" in answer.out
    (folder / "scenarios" / "pipe.yaml").unlink()
    (folder / "scenarios" / "lost.yaml").symlink_to("nowhere.yaml")
    assert ask("check").code == 2


def test_a_kind_with_sections_of_a_scenario_is_a_scenario(ask: Ask, folder: Path) -> None:
    write(a=FAILS + "kind: service\n")
    assert ask("check").code == 2


@pytest.mark.slow
def test_the_exit_code_is_of_all_files_though_nobody_reads_on(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    for at in range(30):
        (tmp_path / "scenarios" / f"s{at:02}.yaml").write_text(FAILS)
    words = f"{sys.executable} -m estimator check --jobs 1 --no-cache"
    for end, code in (("| head -1", 1), ("> /dev/full", 2), (">&-", 2)):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{words} {end}"],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == code, end
        assert "went wrong" not in done.stderr


def test_a_wrong_call_is_told_in_the_format_that_was_asked_for(ask: Ask, folder: Path) -> None:
    answer = ask("check", "-", "-", "--format", "json")
    assert answer.code == 2
    assert json.loads(answer.out)["diagnostics"][0]["rule"] == "E001"
    (folder / "estimator.toml").write_text("jbs = 1\n")
    assert ask("check", "--format", "sarif", "--output", "out.sarif").code == 2
    assert "E041" in (folder / "out.sarif").read_text("utf-8")


def test_folders_of_others_are_left_alone(
    ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(a=FAILS)
    project = folder / "project"
    (project / ".git").mkdir(parents=True)
    monkeypatch.chdir(project)
    assert ask("check").code == 2  # the scenarios above are not this repository's
