"""The GitHub action, the hooks of pre-commit and the job for GitLab.

The action's steps are run as they stand, by a small runner (`github.py`), in a shallow clone of a
pull request, with an interface for comments on this machine. The hooks are run by the real
pre-commit, which needs a package index to install the project; where none answers, these tests are
skipped, unless ESTIMATOR_REQUIRE_INDEX is set.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from asking import ROOT
from github import Comments, Ran, commit, git, run_action, served
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from test_own_kinds import TAPE

ACTION = ROOT / "action.yml"
GITLAB = ROOT / "ci" / "gitlab.yml"
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SHOWN = [
    pytest.param(
        found[1], id=f"{page.name}:{page.read_text('utf-8').count(chr(10), 0, found.start()) + 1}"
    )
    for page in sorted((ROOT / "docs").glob("*.md"))
    for found in re.finditer(
        r"^<!-- [^\n]*\bworkflow\b[^\n]* -->\n```yaml\n(.*?)^```$",
        page.read_text("utf-8"),
        re.M | re.S,
    )
]


# --- the files ------------------------------------------------------------------------------------


def complaints(schema: str, file: Path) -> str:
    """Return what one of the schemas that check-jsonschema brings along says of a file."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_action_is_one_by_githubs_schema() -> None:
    assert complaints("github-actions", ACTION) == ""


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda f: f.name)
def test_each_workflow_is_one_by_githubs_schema(file: Path) -> None:
    assert complaints("github-workflows", file) == ""


@pytest.mark.parametrize("text", SHOWN)
def test_each_workflow_of_the_docs_is_one_by_githubs_schema(text: str, tmp_path: Path) -> None:
    file = tmp_path / "workflow.yaml"
    file.write_text(text, "utf-8")
    assert complaints("github-workflows", file) == ""


def test_the_job_for_gitlab_is_one_by_its_schema() -> None:
    assert complaints("gitlab-ci", GITLAB) == ""


def test_the_hooks_are_ones_by_pre_commits_schema() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(MANIFEST)]
    assert subprocess.run(command, check=False).returncode == 0


def commands(node: Any) -> Iterator[str]:
    """Yield the text of every `run:`."""
    if isinstance(node, dict):
        if isinstance(node.get("run"), str):
            yield node["run"]
        for below in node.values():
            yield from commands(below)
    elif isinstance(node, list):
        for below in node:
            yield from commands(below)


@pytest.mark.parametrize(
    "text", [*[pytest.param(f.read_text("utf-8"), id=f.name) for f in (ACTION, *WORKFLOWS)], *SHOWN]
)
def test_no_command_has_an_expression_pasted_into_it(text: str) -> None:
    found = list(commands(yaml.safe_load(text)))
    assert [command for command in found if "${{" in command] == []


@pytest.mark.parametrize("text", SHOWN)
def test_a_workflow_of_the_docs_gives_the_action_what_it_takes(text: str) -> None:
    action = yaml.safe_load(ACTION.read_text("utf-8"))
    for job in yaml.safe_load(text)["jobs"].values():
        for step in job["steps"]:
            if "estimator" in step.get("uses", ""):
                assert set(step.get("with", {})) <= set(action["inputs"])
                if step.get("with", {}).get("comment") != "false":
                    assert job["permissions"]["pull-requests"] == "write"


# --- a pull request -------------------------------------------------------------------------------

TWEETS = """\
users: {users}
actions:
  tweet: {{per_user: 2/day, payload: 200 B}}
expect:
  - tweet.writes.average <= 20k/s
"""


def tweets(users: str) -> str:
    return TWEETS.format(users=users)


@pytest.fixture(scope="module")
def action() -> Any:
    spec = importlib.util.spec_from_file_location("estimator_action", ROOT / "ci" / "action.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def installed(action: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a runner's folder in which the action finds estimator, as the second of a job does."""
    folder = tmp_path_factory.mktemp("runner")
    made = action.environment(folder)
    venv.create(made, with_pip=False, symlinks=os.name != "nt")
    variables = {"base": str(made), "platbase": str(made)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    lines = [str(ROOT), *site.getsitepackages()]
    (packages / "tests.pth").write_text("\n".join(lines), "utf-8")
    (made / "ready").touch()
    return folder


@dataclass
class PullRequest:
    """A repository with a branch that is to be merged, and what GitHub has of it."""

    folder: Path
    runner: Path
    comments: Comments
    address: str
    is_from_fork: bool = False
    event: dict[str, Any] = field(default_factory=dict)
    checkout: Path = Path()
    uses: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"actions/setup-python@v6": {"python-path": sys.executable}}
    )

    @property
    def origin(self) -> Path:
        return self.folder / "origin"

    def write(self, **files: str) -> None:
        for name, text in files.items():
            self.place(f"scenarios/{name}.yaml", text)

    def place(self, name: str, text: str) -> None:
        file = self.origin / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")

    def begin(self) -> None:
        """Make what is there the base, and what comes the branch."""
        self.origin.mkdir(exist_ok=True)
        git(self.origin, "init", "--quiet", "--initial-branch", "main")
        base = commit(self.origin)
        git(self.origin, "checkout", "--quiet", "-b", "branch")
        self.event = {"pull_request": {"number": 7, "base": {"sha": base}}}

    def push(self) -> None:
        """Make what is there the head; GitHub merges it and checks the merge out."""
        head = commit(self.origin)
        repository = "somebody/site" if self.is_from_fork else "shop/site"
        self.event["pull_request"]["head"] = {"sha": head, "repo": {"full_name": repository}}
        git(self.origin, "checkout", "--quiet", "--detach", "main")
        git(self.origin, "merge", "--quiet", "--no-ff", "--message", "a merge", "branch")
        self.check_out(git(self.origin, "rev-parse", "HEAD"))
        git(self.origin, "checkout", "--quiet", "branch")

    def check_out(self, what: str) -> None:
        """As actions/checkout does: one commit."""
        self.checkout = self.folder / "checkout"
        shutil.rmtree(self.checkout, ignore_errors=True)
        self.checkout.mkdir()
        git(self.checkout, "init", "--quiet")
        git(self.checkout, "remote", "add", "origin", self.origin.as_uri())
        git(self.checkout, "fetch", "--quiet", "--depth=1", "origin", what)
        git(self.checkout, "checkout", "--quiet", "--detach", "FETCH_HEAD")

    def run(self, **inputs: str) -> Ran:
        """Run the action, as a workflow would with `uses:`."""
        temporary = self.folder / "temporary"
        temporary.mkdir(exist_ok=True)
        event = temporary / "event.json"
        event.write_text(json.dumps(self.event), "utf-8")
        ran = run_action(
            ROOT,
            inputs={name.replace("_", "-"): given for name, given in inputs.items()},
            github={"token": "token-of-the-job", "event": self.event},
            environment={
                "PATH": os.environ["PATH"],
                "HOME": str(temporary),
                "GITHUB_ACTIONS": "true",
                "GITHUB_ACTION_PATH": str(ROOT),
                "GITHUB_API_URL": self.address,
                "GITHUB_EVENT_PATH": str(event),
                "GITHUB_REPOSITORY": "shop/site",
                "GITHUB_WORKSPACE": str(self.checkout),
                "RUNNER_TEMP": str(self.runner),
                "COLUMNS": "100",
            },
            temporary=temporary,
            workspace=self.checkout,
            uses=self.uses,
        )
        assert "Traceback" not in ran.log
        return ran


@pytest.fixture
def comments() -> Comments:
    return Comments()


@pytest.fixture
def pull(tmp_path: Path, installed: Path, comments: Comments) -> Iterator[PullRequest]:
    """Yield a pull request whose base has one scenario, and whose head is not yet written."""
    server = served(comments)
    address = f"http://127.0.0.1:{server.server_address[1]}"
    made = PullRequest(tmp_path, installed, comments, address)
    made.origin.mkdir()
    made.write(tweets=tweets("500M"), other=tweets("300M"))
    made.begin()
    yield made
    server.shutdown()
    server.server_close()


def changed(pull: PullRequest, users: str = "600M") -> Ran:
    """Return the pull request with another number of users, and what the action says of it."""
    pull.write(tweets=tweets(users))
    pull.push()
    return pull.run()


# --- the action -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_pull_request_that_changes_an_estimate_gets_one_comment(pull: PullRequest) -> None:
    ran = changed(pull)
    assert ran.code == 0, ran.log
    [body] = pull.comments.bodies
    assert body.startswith("<!-- estimator -->\n")
    for text in (body, ran.summary):
        assert "2 of 2 expectations hold" in text
        assert re.search(r"users \| 500M \| 600M", text)
    shown = MarkdownIt("gfm-like", {"html": True}).render(body)
    assert re.search(
        r"<h2>Estimates: all expectations hold</h2>.*<h3>What changes</h3>", shown, re.S
    )


@pytest.mark.slow
def test_a_second_run_writes_nothing_where_nothing_changed(pull: PullRequest) -> None:
    changed(pull)
    pull.comments.calls.clear()
    pull.comments.kept[0]["body"] = pull.comments.bodies[0].replace("\n", "\r\n").strip()
    assert "The comment is up to date." in pull.run().log
    assert pull.comments.calls == []


@pytest.mark.slow
def test_a_changed_head_updates_the_comment_in_place(pull: PullRequest) -> None:
    changed(pull)
    changed(pull, "700M")
    [body] = pull.comments.bodies
    assert "700M" in body
    assert "600M" not in body
    assert [method for method, _ in pull.comments.calls] == ["POST", "PATCH"]


@pytest.mark.slow
def test_there_is_no_comment_where_nothing_changed(pull: PullRequest) -> None:
    pull.place("README.md", "Hello.\n")
    pull.push()
    ran = pull.run()
    assert ran.code == 0
    assert "Nothing changed, and all is well: no comment is written." in ran.log
    assert pull.comments.calls == []


@pytest.mark.slow
def test_a_comment_says_so_where_all_is_as_it_was_again(pull: PullRequest) -> None:
    changed(pull)
    changed(pull, "500M")
    [body] = pull.comments.bodies
    assert "None of the scenarios differ from the base." in body
    assert "600M" not in body


@pytest.mark.slow
def test_an_expectation_that_fails_is_the_outcome_after_the_comment(pull: PullRequest) -> None:
    ran = changed(pull, "5000M")
    assert ran.code == 1
    assert "::error file=scenarios/tweets.yaml,line=5" in ran.log
    [body] = pull.comments.bodies
    assert "1 expectation fails" in body


@pytest.mark.slow
def test_a_scenario_that_is_wrong_is_told_in_the_comment_and_ends_with_2(pull: PullRequest) -> None:
    ran = changed(pull, "5 GB")
    assert ran.code == 2
    [body] = pull.comments.bodies
    assert "1 error" in body


@pytest.mark.slow
def test_what_fails_already_in_the_base_is_told_too(pull: PullRequest) -> None:
    pull.write(tweets=tweets("5000M"))
    git(pull.origin, "checkout", "--quiet", "main")
    commit(pull.origin)
    pull.push()
    assert pull.run().code == 1
    assert "1 expectation fails" in pull.comments.bodies[0]


@pytest.mark.slow
def test_a_fork_that_may_only_read_gets_a_notice_and_no_failure(pull: PullRequest) -> None:
    pull.comments.is_read_only = pull.is_from_fork = True
    ran = changed(pull)
    assert ran.code == 0
    assert "::notice title=estimator::No comment is written" in ran.log
    assert "600M" in ran.summary


@pytest.mark.slow
def test_a_job_without_the_permission_is_told_of_it(pull: PullRequest) -> None:
    pull.comments.is_read_only = True
    ran = changed(pull)
    assert ran.code == 0
    assert "::warning title=estimator::No comment is written: the job needs" in ran.log


@pytest.mark.slow
def test_no_answer_from_github_is_a_warning(pull: PullRequest) -> None:
    pull.address = "http://127.0.0.1:9"
    ran = changed(pull, "5000M")
    assert ran.code == 1
    assert "::warning title=estimator::No comment is written:" in ran.log


@pytest.mark.slow
def test_a_persons_comment_with_the_tags_stays_as_it_is(pull: PullRequest) -> None:
    changed(pull)
    quoted = pull.comments.bodies[0]
    pull.comments.kept.clear()
    pull.comments.add(quoted, "mallory")
    changed(pull, "700M")
    assert len(pull.comments.kept) == 2
    assert pull.comments.bodies[0] == quoted


@pytest.mark.slow
def test_a_person_whose_token_it_is_has_the_comment_updated(pull: PullRequest) -> None:
    pull.comments.login = "ada"
    changed(pull)
    changed(pull, "700M")
    assert [one["user"]["login"] for one in pull.comments.kept] == ["ada"]
    assert "700M" in pull.comments.bodies[0]


@pytest.mark.slow
def test_the_comment_is_found_behind_hundreds_of_others(pull: PullRequest) -> None:
    for number in range(250):
        pull.comments.add(f"Comment {number}.", "ada")
    changed(pull)
    changed(pull, "700M")
    assert len(pull.comments.kept) == 251
    assert "700M" in pull.comments.bodies[250]


@pytest.mark.slow
def test_two_jobs_for_two_folders_have_a_comment_each(pull: PullRequest) -> None:
    pull.write(tweets=tweets("600M"), other=tweets("400M"))
    pull.push()
    for _ in range(2):
        pull.run(paths="scenarios/tweets.yaml")
        pull.run(paths="scenarios/other.yaml")
    assert len(pull.comments.kept) == 2


@pytest.mark.slow
def test_there_is_no_comment_where_none_is_wanted(pull: PullRequest) -> None:
    pull.write(tweets=tweets("600M"))
    pull.push()
    assert "600M" in pull.run(comment="false").summary
    assert pull.comments.calls == []


@pytest.mark.slow
def test_what_came_to_the_base_meanwhile_is_no_change_of_the_pull_request(
    pull: PullRequest,
) -> None:
    pull.write(tweets=tweets("600M"))
    commit(pull.origin)
    git(pull.origin, "checkout", "--quiet", "main")
    pull.write(other=tweets("400M"))
    commit(pull.origin)
    git(pull.origin, "checkout", "--quiet", "branch")
    pull.push()
    pull.run()
    [body] = pull.comments.bodies
    assert "600M" in body
    assert "400M" not in body


@pytest.mark.slow
def test_a_head_that_is_checked_out_is_compared_with_the_base_of_the_event(
    pull: PullRequest,
) -> None:
    pull.write(tweets=tweets("600M"))
    pull.push()
    pull.check_out(pull.event["pull_request"]["head"]["sha"])
    pull.run()
    assert "600M" in pull.comments.bodies[0]


@pytest.mark.slow
def test_a_branch_may_be_given_as_the_base(pull: PullRequest) -> None:
    git(pull.origin, "branch", "release", "main")
    git(pull.origin, "checkout", "--quiet", "main")
    pull.write(tweets=tweets("600M"))
    commit(pull.origin)
    git(pull.origin, "checkout", "--quiet", "branch")
    pull.push()
    assert "Nothing changed" in pull.run().log
    pull.run(base="release")
    assert "600M" in pull.comments.bodies[0]


@pytest.mark.slow
@pytest.mark.parametrize("base", ["nowhere", "$(touch pwned)", "--upload-pack=touch pwned"])
def test_a_base_that_cannot_be_had_is_a_warning(pull: PullRequest, base: str) -> None:
    pull.write(tweets=tweets("5000M"))
    pull.push()
    ran = pull.run(base=base)
    assert ran.code == 1
    assert "::warning title=estimator::The base of " in ran.log
    assert "What changed cannot be told" in pull.comments.bodies[0]
    assert list(pull.folder.rglob("pwned*")) == []


@pytest.mark.slow
def test_a_clone_with_its_history_stays_whole(pull: PullRequest) -> None:
    pull.write(tweets=tweets("600M"))
    pull.push()
    git(pull.checkout, "fetch", "--quiet", "--unshallow", "origin")
    pull.run(base="main")
    assert "600M" in pull.comments.bodies[0]
    assert git(pull.checkout, "rev-parse", "--is-shallow-repository") == "false"


@pytest.mark.slow
def test_a_push_is_checked_and_compared_with_nothing(pull: PullRequest) -> None:
    pull.write(tweets=tweets("5000M"))
    pull.push()
    pull.event = {"after": "something"}
    ran = pull.run()
    assert ran.code == 1
    assert "::error file=scenarios/tweets.yaml" in ran.log
    assert pull.comments.calls == []


HOSTILE = [
    "$(touch pwned)",
    "`touch pwned`",
    "\"; touch pwned; '",
    "two\n::error::lines",
    "-rf",
    "<!-- -->",
]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_hostile_names_of_files_are_harmless(pull: PullRequest) -> None:
    pull.write(**{name: tweets("5000M") for name in HOSTILE})
    pull.push()
    ran = pull.run()
    assert ran.code == 1
    assert list(pull.folder.rglob("pwned")) == []
    assert "\n::error::lines" not in ran.log
    [body] = pull.comments.bodies
    assert f"{len(HOSTILE)} expectations fail" in body


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_hostile_paths_are_harmless_and_found(pull: PullRequest) -> None:
    names = [name for name in HOSTILE if "\n" not in name]  # each path is on a line of its own
    pull.write(**{name: tweets("600M") for name in names})
    pull.place("--help.yaml", tweets("600M"))
    pull.push()
    paths = [f"scenarios/{name}.yaml" for name in names]
    ran = pull.run(paths="\n".join(["--help.yaml", *(f" {path} \n" for path in paths)]))
    assert ran.code == 0, ran.log
    assert f"{len(names) + 1} scenarios checked" in ran.log
    assert list(pull.folder.rglob("pwned*")) == []


@pytest.mark.slow
def test_modules_in_the_folder_that_is_checked_are_not_loaded(pull: PullRequest) -> None:
    for name in ("estimator", "json", "yaml", "sitecustomize"):
        pull.place(f"{name}.py", "raise SystemExit('loaded')\n")
    ran = changed(pull)
    assert ran.code == 0, ran.log
    assert "loaded" not in ran.log


@pytest.mark.slow
def test_another_folder_has_its_own_settings(pull: PullRequest) -> None:
    pull.place("team/estimator.toml", 'paths = ["estimates"]\n')
    pull.place("team/estimates/feed.yaml", tweets("100M"))
    pull.push()
    ran = pull.run(working_directory="team")
    assert "1 scenario checked" in ran.log
    assert "feed.yaml" in pull.comments.bodies[0]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a script is no program on Windows")
def test_the_python_of_the_machine_does_where_none_is_asked_for(
    pull: PullRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = pull.folder / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    python.chmod(0o755)
    monkeypatch.setenv("PATH", f"{python.parent}{os.pathsep}{os.environ['PATH']}")
    pull.uses = {}
    pull.push()
    assert pull.run(python_version="").code == 0


@pytest.mark.slow
def test_estimator_is_installed_from_the_actions_own_checkout(
    pull: PullRequest, tmp_path: Path, index: None
) -> None:
    pull.runner = tmp_path / "new"
    pull.runner.mkdir()
    ran = changed(pull)
    assert ran.code == 0, ran.log
    assert "600M" in pull.comments.bodies[0]
    [made] = pull.runner.iterdir()
    assert list(made.glob("**/estimator/starting_points/twitter.yaml"))


def folded(kinds: list[int], name: str) -> str:
    """Return a long Markdown text of rows, some of them in folds."""
    row = f"| `{name}.yaml` | {'ü' * 60} |\n"
    return "".join(f"<details>\n{row * n}</details>\n" if n % 2 else row * n for n in kinds)


@given(*[st.lists(st.integers(0, 400), max_size=5)] * 2)
def test_a_comment_is_never_longer_than_github_takes(
    action: Any, first: list[int], second: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ESTIMATOR_PATHS", "")
        patch.setenv("ESTIMATOR_FOLDER", ".")
        check, difference = folded(first, "check"), folded(second, "diff")
        body = action.body_of(f"<!-- estimator -->\n{check}", difference)
    assert len(body.encode()) <= action.LONGEST < 65_536
    assert body.count("<details>") == body.count("</details>")
    if len((check + difference).encode()) < 64_000:
        assert Counter(filter(None, body.splitlines()[2:])) == Counter(
            filter(None, f"{check}\n{difference}".splitlines())
        )
    assert not check or "check.yaml" in body or "no room" in body
    assert not difference.count("|") or "diff.yaml" in body


def test_what_changes_stands_behind_what_fails_and_before_the_rest(
    action: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESTIMATOR_PATHS", "")
    monkeypatch.setenv("ESTIMATOR_FOLDER", ".")
    failing = "### Expectations that fail (1)\n\n| ### Summary |\n"
    check = f"<!-- estimator -->\n## Estimates\n\n{failing}"
    for rest in ("\n### Summary (1)\n\n| x |\n", "\n<details>\n| y |\n</details>\n"):
        body = action.body_of(check + rest, "### What changes\n")
        order = ["## Estimates", "that fail", "| ### Summary |", "### What changes", rest.strip()]
        assert [body.index(part) for part in order] == sorted(map(body.index, order))


# --- pre-commit -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def index() -> None:
    """Serve a package index, as installing the project needs one."""
    soon = ["--quiet", "--retries", "0", "--timeout", "10", "--disable-pip-version-check"]
    asked = ["install", "--dry-run", "--ignore-installed", "--no-deps", *soon, "hatchling"]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pip", *asked],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        said = " ".join(done.stderr.split()[:60]) if done.returncode else None
    except subprocess.TimeoutExpired:
        said = "no answer in a minute"
    if said is None:
        return
    if os.environ.get("ESTIMATOR_REQUIRE_INDEX"):
        pytest.fail(f"no package index: {said}")
    pytest.skip(f"no package index: {said}")


Hook = Callable[[Path, str], "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory, index: None) -> tuple[Path, str]:
    """Return the project as it is, as a commit of a repository of its own."""
    folder = tmp_path_factory.mktemp("released")
    for name in ("estimator", "scenarios", "docs"):
        leave = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    for name in (
        "pyproject.toml",
        "hatch_build.py",
        "README.md",
        "LICENSE",
        ".pre-commit-hooks.yaml",
    ):
        shutil.copy(ROOT / name, folder)
    git(folder, "init", "--quiet")
    return folder, commit(folder)


@pytest.fixture(scope="module")
def pre_commit(released: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Hook:
    """Runs a hook on what is staged in a repository."""
    home = tmp_path_factory.mktemp("pre-commit")
    source, revision = released
    # pre-commit installs the newest of everything; here it is the same on every day.
    lock = (ROOT / "requirements" / "dev.txt").read_text("utf-8")
    versions = home.with_name("versions.txt")
    versions.write_text("\n".join(re.findall(r"^\w[^\\\n]*", lock, re.M)), "utf-8")

    def run(folder: Path, hook: str) -> subprocess.CompletedProcess[str]:
        repository = {"repo": str(source), "rev": revision, "hooks": [{"id": hook}]}
        text = yaml.safe_dump({"repos": [repository]})
        (folder / ".pre-commit-config.yaml").write_text(text, "utf-8")
        git(folder, "add", ".pre-commit-config.yaml")
        none = {
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PRE_COMMIT_HOME": str(home),
            "PIP_CONSTRAINT": str(versions),
            "PIP_BUILD_CONSTRAINT": str(versions),  # pip 25.3 and newer
        }
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--verbose", "--color", "never"],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, **none},
            check=False,
        )

    return run


VAULT = """\
library: ../kinds/
users: 5M
actions:
  post: {per_user: 2/day, payload: 1 MB, retention: 1 year}
components:
  vault: {kind: tape, slots: 10}
expect:
  - vault.tapes <= 250
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a scenario, a kind of its own, and YAML that is neither."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "kinds").mkdir()
    (tmp_path / "scenarios" / "vault.yaml").write_text(VAULT, "utf-8")
    (tmp_path / "kinds" / "tape.yaml").write_text(TAPE, "utf-8")
    (tmp_path / "values.yaml").write_text("replicas: {web:   3}\n", "utf-8")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def stage(folder: Path, name: str, old: str, new: str) -> None:
    """Replace something in a file, and have git know it."""
    text = (folder / name).read_text("utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), "utf-8")
    git(folder, "add", name)


@pytest.mark.slow
@pytest.mark.xdist_group("pre-commit")
def test_the_hook_passes_what_holds(repository: Path, pre_commit: Hook) -> None:
    stage(repository, "scenarios/vault.yaml", "5M", "4M")
    done = pre_commit(repository, "estimator-check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 scenario checked, 1 of 1 expectation" in done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("pre-commit")
def test_the_hook_finds_what_a_changed_kind_does_to_a_scenario(
    repository: Path, pre_commit: Hook
) -> None:
    stage(repository, "kinds/tape.yaml", "default: 18 TB", "default: 1 TB")
    done = pre_commit(repository, "estimator-check")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "vault.tapes <= 250" in done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("pre-commit")
def test_the_hook_is_not_run_for_other_files(repository: Path, pre_commit: Hook) -> None:
    (repository / "README.md").write_text("Hello.\n", "utf-8")
    git(repository, "add", "README.md")
    commit(repository)
    (repository / "README.md").write_text("Good day.\n", "utf-8")
    git(repository, "add", "README.md")
    done = pre_commit(repository, "estimator-fmt")
    assert done.returncode == 0
    assert "no files to check" in done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("pre-commit")
def test_the_formatting_hook_mends_scenarios_and_leaves_other_yaml_alone(
    repository: Path, pre_commit: Hook
) -> None:
    stage(repository, "scenarios/vault.yaml", "payload: 1 MB", "payload: 1MB")
    stage(repository, "values.yaml", "3", "4")
    done = pre_commit(repository, "estimator-fmt")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "files were modified by this hook" in done.stdout
    assert (repository / "scenarios" / "vault.yaml").read_text("utf-8") == VAULT
    git(repository, "add", "scenarios/vault.yaml")
    assert pre_commit(repository, "estimator-fmt").returncode == 0
    assert "{web:   4}" in (repository / "values.yaml").read_text("utf-8")


# --- GitLab ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_job_for_gitlab_writes_its_reports_and_fails_with_the_check(
    pull: PullRequest, installed: Path
) -> None:
    pull.write(tweets=tweets("5000M"))
    pull.push()
    job = yaml.safe_load(GITLAB.read_text("utf-8"))["estimates"]
    [made] = [f for f in installed.iterdir() if f.name.startswith("estimator-")]
    calls = pull.folder / "bin"
    calls.mkdir()
    python = made / "bin" / "python"
    (calls / "estimator").write_text(f'#!/bin/sh\nexec "{python}" -m estimator "$@"\n')
    (calls / "pip").write_text('#!/bin/sh\necho "pip $*"\n')
    for file in calls.iterdir():
        file.chmod(0o755)
    variables = {
        **job["variables"],
        "PATH": f"{calls}{os.pathsep}{os.environ['PATH']}",
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": pull.event["pull_request"]["base"]["sha"],
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", "\n".join(job["before_script"] + job["script"])],
        cwd=pull.checkout,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    lock = "--require-hashes -r ./tools/estimator/requirements/run.txt"
    assert f"pip install --quiet {lock}\n" in done.stdout
    whole = "pip install --quiet --no-deps --no-build-isolation ./tools/estimator\n"
    assert whole in done.stdout
    assert "500M" in done.stdout
    reports = job["artifacts"]["reports"]
    [found] = json.loads((pull.checkout / reports["codequality"]).read_text("utf-8"))
    assert found["location"]["path"] == "scenarios/tweets.yaml"
    assert "<failure" in (pull.checkout / reports["junit"]).read_text("utf-8")
