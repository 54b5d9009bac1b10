"""The one way in and the one way out: what may be read and written, and what is refused."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import ROOT, Ask, one_in
from hostile import git

from estimator.checks.baseline import LARGEST, MOST_FILES, MOST_GONE
from estimator.checks.settings import LONGEST, MOST_ENTRIES
from estimator.files import git as git_module
from estimator.files.git import GitError, TooMuchError
from estimator.files.git import git as safe_git
from estimator.files.project import Project, own_folders
from estimator.files.write import write_whole
from estimator.scenario.sections import MOST_LIBRARY

unix = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are Unix's")
SHOP = "users: 1M\nactions: {post: {per_user: 2/day, payload: 1 kB}}\n"
SECRET = "users: [canary\n"
KIND = "kind: shelf\nabout: A shelf.\nextends: fleet\nsource: Counted, 2026.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a project to be in, with a scenario; beside it, another folder."""
    project = tmp_path / "project"
    (project / "scenarios").mkdir(parents=True)
    (project / "scenarios" / "shop.yaml").write_text(SHOP)
    (project / ".git").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.yaml").write_text(SECRET)
    monkeypatch.chdir(project)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)
    return project


def check(ask: Ask, *arguments: str) -> tuple[int, str]:
    answer = ask("check", "--no-cache", "--format", "concise", *arguments)
    return answer.code, answer.out + answer.err


# --- the root of a project ------------------------------------------------------------------------


def test_the_root_is_the_nearest_repository_then_settings_then_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = tmp_path / "a" / "scenarios" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    root = tmp_path.resolve()
    assert Project.around(inner).root == str(root / "a")  # the folder that `scenarios` is in
    assert Project.around(root / "a").root == str(root / "a")  # itself
    monkeypatch.chdir(tmp_path)
    assert Project.around(inner).root == str(root)  # the current folder
    (inner / "pyproject.toml").write_text("[tool.other]\n")
    assert Project.around(inner).root == str(root)
    (inner / "pyproject.toml").write_text("[tool.estimator]\n")
    assert Project.around(inner).root == str(inner.resolve())
    (tmp_path / "a" / ".git").mkdir()
    assert Project.around(inner).root == str(root / "a")


def test_settings_above_the_repository_are_not_ours(folder: Path, ask: Ask) -> None:
    (folder.parent / "estimator.toml").write_text("nonsense = 1\n")
    assert check(ask)[0] == 0
    (folder / ".git").rmdir()
    assert "nonsense" in check(ask)[1]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_settings_above_that_somebody_else_made_are_not_ours(folder: Path, ask: Ask) -> None:
    (folder / ".git").rmdir()
    settings = folder.parent / "estimator.toml"
    settings.write_text("nonsense = 1\n")
    os.chown(settings, 12345, 12345)
    assert check(ask)[0] == 0
    assert own_folders(folder) == [str(folder.resolve())]


@unix
def test_a_folder_above_that_may_not_be_searched_is_no_fault(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".git").rmdir()
    here = str(folder)

    def denying(real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def denied(path: str, **more: object) -> os.stat_result:
            if os.path.dirname(path) == os.path.dirname(here) and str(path) != here:  # noqa: PTH120
                raise PermissionError(13, "Permission denied", path)
            return real(path, **more)

        return denied

    for name in ("stat", "lstat"):
        monkeypatch.setattr(os, name, denying(getattr(os, name)))
    assert ask("check", "--no-cache").code == 0


# --- what a repository names ----------------------------------------------------------------------


@unix
def test_a_scenario_of_a_folder_that_leads_out_is_named_and_not_read(
    folder: Path, ask: Ask
) -> None:
    (folder / "scenarios" / "leak.yaml").symlink_to("../../outside/secret.yaml")
    for call in (["check", "--no-cache"], ["fmt", "--check", "scenarios/leak.yaml/../"]):
        answer = ask(*call)
        assert "canary" not in answer.out + answer.err
    code, told = check(ask)
    assert code == 2
    assert "E046 `scenarios/leak.yaml` leads out of the project, whose root is" in told
    answer = ask("run", "leak")  # the repository has a file of this name, the user has not
    assert answer.code == 2
    assert "canary" not in answer.err
    assert "name the file itself in the call to read it" in answer.err


@unix
def test_a_linked_folder_that_leads_out_is_not_looked_into(folder: Path, ask: Ask) -> None:
    (folder / "scenarios" / "o").symlink_to("../../outside")
    (folder / "scenarios" / "machine").symlink_to("/")
    code, told = check(ask)
    assert code == 0
    assert "W118 the folder `scenarios/o` leads out of the project" in told
    assert "W118 the folder `scenarios/machine` leads out of the project" in told
    for word in ("scenarios/o", "scenarios/o/*.yaml"):
        code, told = check(ask, word)
        assert code == 2
        assert "E046 `scenarios/o` leads out of the project" in told
        assert "canary" not in told
    (folder / "estimator.toml").write_text('exclude = ["scenarios/[om]*"]\n')
    assert "W118" not in check(ask)[1]


@pytest.mark.slow
def test_a_tree_of_any_depth_is_walked(folder: Path, ask: Ask) -> None:
    deep = [folder / "scenarios" / "/".join("d" * depth) for depth in range(1, 1_200)]
    for inner in deep:
        os.mkdir(inner)  # noqa: PTH102
    (deep[-1] / "a.yaml").write_text(SHOP)
    answers = [check(ask, word) for word in ("scenarios", "scenarios/**/a.yaml")]
    (deep[-1] / "a.yaml").unlink()
    for inner in reversed(deep):  # deeper than what clears up after tests can go
        inner.rmdir()
    assert [code for code, _ in answers] == [0, 0]


@unix
def test_fmt_writes_nothing_outside_and_leaves_links_alone(folder: Path, ask: Ask) -> None:
    loose = "derive: {x:    1+1}\n"
    (folder.parent / "outside" / "loose.yaml").write_text(loose)
    (folder / "scenarios" / "o").symlink_to("../../outside")
    (folder / "scenarios" / "a.yaml").symlink_to("../../outside/loose.yaml")
    (folder / "scenarios" / "b.yaml").symlink_to("z.yaml")
    (folder / "scenarios" / "z.yaml").write_text(loose)
    assert ask("fmt").code == 0
    assert (folder.parent / "outside" / "loose.yaml").read_text() == loose
    assert (folder / "scenarios" / "z.yaml").read_text() != loose
    assert (folder / "scenarios" / "b.yaml").is_symlink()


@unix
@pytest.mark.parametrize(
    "library", ["../../outside/secret.yaml", "{outside}/secret.yaml", "../linked", "leak.yaml"]
)
def test_kinds_outside_of_the_project_are_not_read(library: str, folder: Path, ask: Ask) -> None:
    (folder / "linked").symlink_to("../outside")
    (folder / "scenarios" / "leak.yaml").symlink_to("../../outside/secret.yaml")
    library = library.format(outside=folder.parent / "outside")
    (folder / "scenarios" / "shop.yaml").write_text(f"library: {library}\n{SHOP}")
    for call in (["run"], ["check", "--no-cache"], ["explain"], ["machines"], ["nines"], ["fmt"]):
        answer = ask(*call, "scenarios/shop.yaml")
        assert "canary" not in answer.out + answer.err
        if call != ["fmt"]:
            assert answer.code == 2
            told = answer.out + answer.err
            assert "error[E046]" in told
            assert "scenarios/shop.yaml:1:10" in told


def test_kinds_beside_the_scenarios_are_read(folder: Path, ask: Ask) -> None:
    (folder / "kinds").mkdir()
    (folder / "kinds" / "shelf.yaml").write_text(KIND)
    text = f"library: ../kinds/\n{SHOP}components: {{a: {{kind: shelf}}}}\n"
    (folder / "scenarios" / "shop.yaml").write_text(text)
    assert ask("run", "shop").code == 0
    (folder / ".git").rmdir()  # then the folder that `scenarios` is in
    os.chdir(folder.parent / "outside")
    assert ask("run", str(folder / "scenarios" / "shop.yaml")).code == 0


@unix
def test_nothing_waits_for_a_pipe_that_a_repository_names(folder: Path, ask: Ask) -> None:
    os.mkfifo(folder / "scenarios" / "pipe.yaml")
    (folder / "scenarios" / "shop.yaml").write_text(f"library: pipe.yaml\n{SHOP}")
    os.mkfifo(folder / "estimator.baseline.json")
    code, told = check(ask)
    assert code == 2
    assert "`scenarios/pipe.yaml` is a pipe, not a file" in told
    assert "scenarios/shop.yaml:1:10: E001" in told
    assert "E043 `estimator.baseline.json` is a pipe, not a file" in told
    assert "is a pipe" in ask("run", "pipe").err
    assert ask("run", "scenarios/shop.yaml").code == 2
    (folder / "estimator.toml").symlink_to("scenarios/pipe.yaml")
    assert "`estimator.toml` is a pipe" in check(ask)[1]


@unix
def test_a_baseline_of_the_settings_is_a_file_of_the_project(folder: Path, ask: Ask) -> None:
    (folder.parent / "outside" / "b.json").write_text("canary")
    for baseline in ("../outside/b.json", "link.json"):
        (folder / "link.json").unlink(missing_ok=True)
        (folder / "link.json").symlink_to("../outside/b.json")
        (folder / "estimator.toml").write_text(f'baseline = "{baseline}"\n')
        for option in ([], ["--update-baseline"]):
            code, told = check(ask, *option)
            assert code == 2
            assert "leads out of the project" in told
            assert "canary" not in told
    assert (folder.parent / "outside" / "b.json").read_text() == "canary"
    (folder / "estimator.toml").write_text('baseline = "../outside/new.json"\n')
    assert check(ask, "--update-baseline")[0] == 2
    assert not (folder.parent / "outside" / "new.json").exists()


@unix
def test_what_the_user_types_may_be_a_link_or_a_pipe(folder: Path, ask: Ask) -> None:
    (folder.parent / "outside" / "shop.yaml").write_text(SHOP)
    (folder / "link.yaml").symlink_to("../outside/shop.yaml")
    assert ask("run", "link.yaml").code == 0
    assert ask("run", "../outside/shop.yaml").code == 0
    os.mkfifo(folder / "pipe")
    writer = threading.Thread(target=(folder / "pipe").write_text, args=(SHOP,))
    writer.start()
    assert ask("run", "pipe").code == 0
    writer.join()


def test_a_pipe_that_never_ends_is_read_up_to_the_limit(folder: Path, ask: Ask) -> None:
    answer = ask("run", "/dev/zero")
    assert answer.code == 2
    assert "larger than 1,024 KiB" in answer.err


# --- settings -------------------------------------------------------------------------------------

ODD = {
    "deep": "x = " + "[" * 100_000 + "]" * 100_000 + "\n",
    "long": "samples = " + "9" * 5_000 + "\n",
    "dotted": ".".join(["a"] * 100_000) + " = 1\n",
    "header": "[" + ".".join(["a"] * 100_000) + "]\n",
    "quoted": " . ".join(['"a b"', "'c'"] * 50_000) + " = 1\n",
    "large": "# comment\n" * 200_000,
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_settings_are_refused_at_once_and_in_words(odd: str, folder: Path, ask: Ask) -> None:
    begun = time.monotonic()
    (folder / "estimator.toml").write_text(ODD[odd])
    code, told = check(ask)
    assert code == 2
    assert "E041" in told
    assert "E099" not in told
    (folder / "estimator.toml").unlink()
    if odd != "large":  # of which nobody knows whose it is
        (folder / "pyproject.toml").write_text(ODD[odd])
        assert check(ask)[0] == 0
    (folder / "pyproject.toml").write_text("[tool.estimator]\n" + ODD[odd])
    code, told = check(ask)
    assert code == 2
    assert "E041" in told
    assert time.monotonic() - begun < 30.0  # a hang, not a slow machine


def test_dots_in_texts_and_comments_of_settings_do_not_count(folder: Path, ask: Ask) -> None:
    many = ", ".join('"a==1.2.3"' for _ in range(200))
    dots = "." * 500
    (folder / "pyproject.toml").write_text(
        f"[project]\ndependencies = [{many}] # {dots}\n[tool.estimator]\nsamples = 2000\n"
    )
    assert check(ask)[0] == 0


def test_a_byte_order_mark_in_settings_or_baseline_does_not_matter(folder: Path, ask: Ask) -> None:
    assert check(ask, "--update-baseline")[0] == 0
    for name, text in {
        "estimator.toml": "samples = 2000\n",
        "estimator.baseline.json": Path("estimator.baseline.json").read_text("utf-8"),
    }.items():
        (folder / name).write_text("\ufeff" + text, "utf-8")
    assert check(ask)[0] == 0


@pytest.mark.parametrize("tolerance", ["banana", "-5%", "5 foo", "7"])
def test_a_wrong_tolerance_is_told_without_a_baseline(
    tolerance: str, folder: Path, ask: Ask
) -> None:
    (folder / "estimator.toml").write_text(f'tolerance = "{tolerance}"\n')
    if tolerance == "7":
        assert check(ask)[0] == 0  # of counts
        return
    code, told = check(ask)
    assert code == 2
    assert "estimator.toml:1" in told
    assert "is not a tolerance" in told


def test_tolerances_of_names_are_looked_at_without_a_baseline(folder: Path, ask: Ask) -> None:
    (folder / "estimator.toml").write_text('[tolerances]\nservers = "5 parsecs of"\n')
    code, told = check(ask)
    assert code == 2
    assert "estimator.toml:2" in told


# --- baselines ------------------------------------------------------------------------------------


def baseline_with(value: str) -> str:
    kept = f'{{"digest": "", "values": {{"servers": [{value}, "1", "5"]}}}}'
    return f'{{"schema": 1, "estimator": "0.2.0", "scenarios": {{"scenarios/shop.yaml": {kept}}}}}'


@pytest.mark.parametrize(
    "text",
    [
        baseline_with("9" * 400),
        baseline_with("9" * 5_000),
        baseline_with("1e999"),
        baseline_with("Infinity"),
        baseline_with("NaN"),
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000 + "1" + "}" * 100_000,
        "[" + "[]," * 1_000_000 + "[]]",
        " " * (LARGEST + 1),
        "[1, 2]",
        "\udcff",
    ],
    ids=lambda text: text[:20].strip() or "large",
)
def test_a_baseline_of_any_shape_is_refused_in_words(text: str, folder: Path, ask: Ask) -> None:
    (folder / "estimator.baseline.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    code, told = check(ask)
    assert code == 2
    assert "E043" in told
    assert "E099" not in told


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names there are text")
def test_a_file_whose_name_is_no_text_is_checked_and_kept_in_a_baseline(
    folder: Path, ask: Ask
) -> None:
    Path(os.fsdecode(b"scenarios/\xff.yaml")).write_text(SHOP)
    assert check(ask, "--update-baseline")[0] == 0
    kept = json.loads((folder / "estimator.baseline.json").read_text("utf-8"))
    assert sorted(kept["scenarios"]) == ["scenarios/shop.yaml", "scenarios/\udcff.yaml"]
    assert check(ask)[0] == 0


# --- writing --------------------------------------------------------------------------------------


@unix
def test_nothing_is_written_past_a_link_of_the_project(folder: Path, ask: Ask) -> None:
    outside = folder.parent / "outside"
    (folder / "out").symlink_to("../outside")
    (folder / "report.md").symlink_to("../outside/report.md")
    for call in (
        ["run", "shop", "--output", "out/report.md"],
        ["run", "shop", "--output", "report.md"],
        ["check", "--no-cache", "--output", "out/report.md"],
        ["schema", "--output", "out/schema.json"],
        ["new", "out/shop"],
        ["new", "out/deep/shop"],
        ["check", "--no-cache", "--update-baseline", "--baseline", "out/b.json"],
    ):
        answer = ask(*call)
        assert answer.code == 2, call
        assert "is a link to" in answer.err
    assert [file.name for file in outside.iterdir()] == ["secret.yaml"]
    assert ask("run", "shop", "--output", "../outside/report.md").code == 0  # by its own name


@unix
def test_a_link_in_a_step_summarys_place_is_not_followed(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "summary.md").symlink_to("../outside/summary.md")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(folder / "summary.md"))
    assert "is a link to" in ask("check", "--no-cache").err
    assert not (folder.parent / "outside" / "summary.md").exists()


@unix
def test_a_pipe_that_nobody_reads_is_not_waited_for(folder: Path, ask: Ask) -> None:
    os.mkfifo(folder / "pipe")
    answer = ask("run", "shop", "--output", "pipe")
    assert answer.code == 2
    assert "nobody reads this pipe" in answer.err


@unix
def test_devices_and_links_outside_of_projects_are_written_to_as_ever(
    folder: Path, ask: Ask
) -> None:
    assert ask("run", "shop", "--output", "/dev/null").code == 0
    (folder.parent / "outside" / "latest.md").symlink_to("today.md")
    assert ask("run", "shop", "--output", "../outside/latest.md").code == 0
    assert (folder.parent / "outside" / "today.md").exists()


@unix
def test_settings_cannot_have_a_baseline_written_where_git_or_ci_would_obey_it(
    folder: Path, ask: Ask
) -> None:
    for name in (".git/hooks/post-commit", ".git/index.json", ".github/workflows/x.yml"):
        (folder / "estimator.toml").write_text(f'baseline = "{name}"\n')
        code, told = check(ask, "--update-baseline")
        assert code == 2
        assert "`baseline` is the path of a JSON file" in told
        assert not (folder / name).exists()


@unix
@pytest.mark.parametrize("name", one_in(3, ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]))
def test_an_open_file_is_written_on_where_it_has_got_to(folder: Path, name: str) -> None:
    call = f"{sys.executable} -m estimator run scenarios/shop.yaml --format csv --output {name}"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}

    def shell(words: str) -> None:
        subprocess.run(words, shell=True, env=env, check=True, stderr=subprocess.PIPE)

    shell(f"(echo first; {call}; echo last) > log")
    shell(f"{call} | cat > piped")
    lines = Path("log").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("first", "last")
    assert "\n".join(lines[1:-1]) == Path("piped").read_text().rstrip("\n")
    assert len(lines) > 4


@unix
def test_a_new_file_has_the_umasks_mode_and_an_old_one_keeps_its_own(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(Path("new"), "text", ())
        Path("old").write_text("")
        Path("old").chmod(0o604)
        write_whole(Path("old"), "text", ())
    finally:
        os.umask(before)
    modes = [stat.S_IMODE(Path(name).stat().st_mode) for name in ("new", "old")]
    assert modes == [0o640, 0o604]


# --- what is run ----------------------------------------------------------------------------------

TRAP = "open('trapped', 'w').close()\nraise SystemExit(0)\n"


@pytest.mark.slow
@unix
@pytest.mark.parametrize(
    "call",
    [
        ["-m", "estimator", "check", "--no-cache"],
        ["-c", "import sys; sys.path.remove(''); from types import SimpleNamespace; import"
         " estimator.checks.run as run; run.sys = SimpleNamespace(platform='darwin');"
         " from estimator.__main__ import main;"
         " sys.argv = ['estimator', 'check', '--no-cache', '--jobs', '2']; main()"],
    ],
    ids=["by its name", "with processes as on macOS"],
)  # fmt: skip
def test_no_module_of_the_folder_that_is_checked_is_imported(folder: Path, call: list[str]) -> None:
    for at in range(30):
        (folder / "scenarios" / f"s{at}.yaml").write_text(SHOP + "# " * at)
    for name in ("multiprocessing", "rich", "typer", "yaml", "pydantic", "readline", "numpy"):
        (folder / f"{name}.py").write_text(TRAP)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    env.pop("PYTHONSAFEPATH", None)
    done = subprocess.run(
        [sys.executable, *call], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert not (folder / "trapped").exists(), done.stderr
    assert done.returncode == 0, done.stderr
    assert "31 scenarios checked" in done.stdout


# --- git ------------------------------------------------------------------------------------------


def begin_history(folder: Path) -> None:
    """Make a repository with history of what only looks like one."""
    (folder / ".git").rmdir()
    git(folder, "init", "-q", "-b", "main")


@unix
def test_git_is_not_waited_for_twice(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(folder)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "one")
    monkeypatch.setattr("estimator.files.git.SECONDS", 0.5)
    (folder / ".git" / "refs" / "heads" / "main").unlink()
    os.mkfifo(folder / ".git" / "refs" / "heads" / "main")
    begun = time.monotonic()
    answer = ask("diff", "--base", "main")
    assert answer.code == 2
    assert "`--base main` cannot be looked up: git takes longer than 0.5 s" in answer.err
    assert time.monotonic() - begun < 30.0  # a hang, not a slow machine


def test_what_git_says_of_its_settings_is_not_quoted(folder: Path, ask: Ask) -> None:
    begin_history(folder)
    secret = folder.parent / "outside" / "secret"
    secret.write_text("[core]\n compression = canary\n")
    with (folder / ".git" / "config").open("a") as config:
        config.write(f"[include]\n path = {secret}\n")
    answer = ask("diff", "--base", "main")
    assert answer.code == 2
    assert "canary" not in answer.err + answer.out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of a process so")
def test_git_takes_no_more_memory_than_it_may(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(folder)
    names = ("scenarios/large.yaml", "scenarios/other.yaml")
    for more, name in enumerate(names):
        (folder / name).write_bytes(b"#" * (60_000_000 + more))
    delta = ("-c", "core.bigFileThreshold=1g")
    git(folder, *delta, "add", ".")
    git(folder, "commit", "-qm", "one")
    git(folder, *delta, "repack", "-adq")
    for name in names:
        (folder / name).unlink()
    monkeypatch.setattr("estimator.files.git.MEMORY", 30_000_000)
    answer = ask("diff", "--base", "main")
    assert answer.code == 2
    assert "Out of memory" in answer.err
    assert "E099" not in answer.err


def test_gits_answer_has_a_limit_and_so_has_its_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_history(folder)
    with pytest.raises(TooMuchError):
        safe_git(folder, "help", "-a", most=10)
    slow = folder.parent / "git"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git_module, "SECONDS", 0.2)
    begun = time.monotonic()
    with pytest.raises(GitError, match=r"longer than 0\.2 s"):
        safe_git(folder, "status")
    assert time.monotonic() - begun < 30.0  # a hang, not a slow machine


def test_a_large_file_of_the_past_is_not_read(folder: Path, ask: Ask) -> None:
    begin_history(folder)
    large = folder / "scenarios" / "large.yaml"
    large.write_text("# large\n" * 2_000_000)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "large")
    large.unlink()
    answer = ask("diff", "--base", "HEAD")
    assert answer.code == 0
    assert "`HEAD:scenarios/large.yaml` is larger than 1,024 KiB" in answer.err


@unix
def test_links_of_the_past_end_in_words(folder: Path, ask: Ask) -> None:
    begin_history(folder)
    scenarios = folder / "scenarios"
    (folder / "kinds").mkdir()
    (folder / "kinds" / "shelf.yaml").write_text(KIND)
    (folder / "linked").symlink_to("kinds")
    text = f"library: ../linked\n{SHOP}components: {{a: {{kind: shelf}}}}\n"
    (scenarios / "shop.yaml").write_text(text)
    (scenarios / "lost.yaml").symlink_to("nowhere.yaml")
    (scenarios / "out.yaml").symlink_to("../../outside/secret.yaml")
    (scenarios / "round.yaml").symlink_to("round.yaml")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "links")
    for name in ("lost", "out", "round"):
        (scenarios / f"{name}.yaml").unlink()
    (scenarios / "shop.yaml").write_text(text.replace("1M", "2M"))
    answer = ask("diff", "--base", "HEAD")
    assert answer.code == 0
    assert "`HEAD:scenarios/lost.yaml` is a link that leads nowhere" in answer.err
    assert "`HEAD:scenarios/out.yaml` leads out of the repository" in answer.err
    assert "`HEAD:scenarios/round.yaml` is a link that leads in a circle" in answer.err
    assert "users" in answer.out  # with its kind, by the link as it was
    assert "could not be computed before" not in answer.out


# --- memory ---------------------------------------------------------------------------------------

_PEAK = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


def measured_check(folder: Path) -> tuple[int, int]:
    """Return the exit code of a check, and the most memory that it takes, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, sys.executable, "-m", "estimator", "check", "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
    )
    code, peak = map(int, done.stdout.split())
    return code, peak


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
@pytest.mark.parametrize("item", ['"ab",', "0.1,", "1,", '{"a":1},' + " " * 8])
def test_a_baseline_takes_less_than_500_mb_whatever_is_in_it(item: str, folder: Path) -> None:
    count = (LARGEST - 10) // len(item)
    (folder / "estimator.baseline.json").write_text("[" + item * count + "1]")
    code, peak = measured_check(folder)
    assert code == 2
    assert peak < 500


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
def test_many_large_files_are_not_in_memory_at_once(folder: Path) -> None:
    large = folder / "scenarios" / "large.yaml"
    large.write_text("# large\n" * 130_000)
    for number in range(600):
        os.link(large, folder / "scenarios" / f"{number}.yaml")
    code, peak = measured_check(folder)
    assert code == 2
    assert peak < 300


# --- how many -------------------------------------------------------------------------------------


def _many(pattern: str, count: int) -> str:
    return ", ".join(f'"{pattern}"'.replace("#", str(number)) for number in range(count))


LARGE = {
    "many paths": f"paths = [{_many('a#', MOST_ENTRIES + 1)}]\n",
    "many patterns to exclude": f"exclude = [{_many('a#*', 60_000)}]\n",
    "many names": f"values = [{_many('a#', 60_000)}]\n",
    "long patterns": f"exclude = [{_many('[ab]?*' * 42, 1)}]\n",
    "long names": f"values = [{_many('a' * (LONGEST + 1), 1)}]\n",
    "many tolerances": "[tolerances]\n" + "".join(f'"a{n}*" = "5%"\n' for n in range(40_000)),
    "many unknown settings": "".join(f"k{n} = 1\n" for n in range(40_000)),
    "many wrong tolerances": "[tolerances]\n"
    + "".join(f'a{n} = "{n} foo"\n' for n in range(1_000)),
}


@pytest.mark.parametrize("what", LARGE)
def test_too_many_or_too_long_settings_are_refused_at_once_and_in_words(
    what: str, folder: Path, ask: Ask
) -> None:
    (folder / "estimator.toml").write_text(LARGE[what])
    begun = time.process_time()
    code, told = check(ask)
    assert time.process_time() - begun < 20.0  # not by the square of their number
    assert code == 2
    assert "--> estimator.toml:" in told or "estimator.toml:2:1: E041" in told
    assert 0 < told.count("E041") < 25
    assert "is not TOML" not in told


def test_a_pattern_looks_into_each_folder_once_for_each_of_its_parts(
    folder: Path, ask: Ask
) -> None:
    deep = folder / "scenarios" / Path(*["d"] * 24)
    deep.mkdir(parents=True)
    (deep / "deep.yaml").write_text(SHOP)
    apart = folder / "scenarios" / "e" / "f"
    apart.mkdir(parents=True)
    (apart / "apart.yaml").write_text(SHOP)
    (apart / "back").symlink_to("../..")
    for pattern, found in {
        "scenarios" + "/**" * 9 + "/*.yaml": ["apart", "deep", "shop"],
        "scenarios" + "/**/d" * 9 + "/**/*.yaml": ["deep"],
        "scenarios/**": ["apart", "deep", "shop"],
        "scenarios/*/**/f/*.yaml": ["apart"],
        "scenarios/e/../" * 2_000 + "../s*/*.yaml": [],
        "scenarios/e/../*.yaml": ["shop"],
    }.items():
        begun = time.process_time()
        told = ask("check", "--no-cache", "--format", "json", pattern).out
        assert time.process_time() - begun < 20.0  # not by the square of their number
        assert sorted(s["name"] for s in json.loads(told)["scenarios"]) == found


@pytest.mark.slow
@pytest.mark.parametrize("paths", ["../kinds", "n#"])
def test_a_scenario_names_so_many_files_of_kinds(paths: str, folder: Path, ask: Ask) -> None:
    (folder / "kinds").mkdir()
    (folder / "kinds" / "shelf.yaml").write_text(KIND)
    scenario = folder / "scenarios" / "shop.yaml"
    for count, refused in ((MOST_LIBRARY, paths != "../kinds"), (20_000, True)):
        scenario.write_text(f"{SHOP}library: [{_many(paths, count)}]\n")
        begun = time.process_time()
        code, told = check(ask)
        assert code == (2 if refused else 0)
        assert (f"at most {MOST_LIBRARY} files and folders" in told) == (count > MOST_LIBRARY)
        assert ask("fmt", "--diff", "shop").code == 1
        assert time.process_time() - begun < 4.0
        assert told.count("\n") < MOST_LIBRARY + 5


def test_of_what_a_baseline_has_and_is_gone_the_first_is_listed(folder: Path, ask: Ask) -> None:
    values = {f"gone{number}": [1, "1", "1"] for number in range(MOST_GONE + 30)}
    kept = {f"scenarios/{n}.yaml": {"digest": "", "values": {}} for n in range(MOST_GONE + 9)}
    kept["scenarios/shop.yaml"] = {"digest": "", "values": values}
    file = folder / "estimator.baseline.json"
    file.write_text(json.dumps({"schema": 1, "estimator": "0.2.0", "scenarios": kept}))
    code, told = check(ask)
    assert code == 1
    assert told.count("F003 `") == 2 * MOST_GONE
    assert "F003 30 more values of the baseline are no longer there" in told
    assert "F003 9 more files of the baseline are no longer there" in told
    assert "80 values moved, 59 gone since the baseline." in told
    told = ask("check", "--no-cache").out
    assert told.count("→ gone") == MOST_GONE
    assert "✗ 30 more values of the baseline are no longer there" in told
    assert check(ask, "--update-baseline")[0] == 0
    assert check(ask)[0] == 0


def test_a_baseline_has_so_many_scenarios(
    folder: Path, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {f"scenarios/{n}.yaml": {"digest": "", "values": {}} for n in range(MOST_FILES + 1)}
    file = folder / "estimator.baseline.json"
    file.write_text(json.dumps({"schema": 1, "estimator": "0.2.0", "scenarios": kept}))
    code, told = check(ask)
    assert code == 2
    assert f"has {MOST_FILES + 1:,} scenarios, and at most {MOST_FILES:,} are read" in told
    assert told.count("\n") < 5
    file.unlink()
    monkeypatch.setattr("estimator.checks.baseline.MOST_FILES", 0)
    code, told = check(ask, "--update-baseline")
    assert code == 2
    assert "would have 1 scenario" in told
    assert not file.exists()
