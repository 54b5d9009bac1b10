"""The steps of the GitHub action in `action.yml`.

    python3 -I ci/action.py install    into an environment of its own, once in a job
    python3 -I ci/action.py check      the exit code is that of `estimator check`
    python3 -I ci/action.py compare    what a pull request changes, and the comment about it

Whatever is given comes as environment variables, or in the file of the event. With `-I`, no module
is loaded from the folder that is checked.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent

TAG = "<!-- estimator -->"
"""How the Markdown of `estimator check` begins, and so the comment."""

_REST = re.compile(r"\n(?=### Summary|<details>)")
"""Where in it all begins that is no failure."""

LONGEST = 65_000
"""How many bytes a comment may have. GitHub takes 65,536 characters, which are never more."""

PAGE = 100
"""How many comments GitHub tells at a time; it is the most."""

PAGES = 50

_CUT = "\n\nThere is no room here for the rest; the summary of the step and the log have it.\n"
_SAME = "None of the scenarios differ from the base.\n"
_UNKNOWN = "What changed cannot be told: the base of the pull request is not there.\n"
_FORK = (
    "No comment is written: this run may only read, as is usual for pull requests from forks. "
    "The summary of the run has what the comment would tell."
)
_PERMISSION = "the job needs the permission `pull-requests: write`"


def main(arguments: Sequence[str]) -> int:
    """Run a step and return its exit code."""
    steps = {"install": install, "check": check, "compare": compare}
    if len(arguments) != 1 or arguments[0] not in steps:
        print(__doc__, file=sys.stderr)
        return 2
    return steps[arguments[0]]()


# --- install --------------------------------------------------------------------------------------


def install() -> int:
    """Install estimator from this checkout, with the versions of its lock; say where its Python is.

    The same commit of the action so is the same program on every day. What builds it is locked too.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - it is the user's, whichever that is
        tell("error", f"estimator needs Python 3.11 or newer; {sys.executable} is older")
        return 2
    folder = environment(Path(os.environ["RUNNER_TEMP"]))
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "ready"
    if not ready.exists():
        pip = [str(python), "-I", "-m", "pip", "install", "--quiet", "--no-input"]
        pip.append("--disable-pip-version-check")
        lock = str(ROOT / "requirements" / "run.txt")
        for command in (
            [sys.executable, "-I", "-m", "venv", "--clear", str(folder)],
            [*pip, "--require-hashes", "-r", lock],
            [*pip, "--no-deps", "--no-build-isolation", str(ROOT)],
        ):
            if subprocess.run(command, check=False).returncode:
                tell("error", "estimator could not be installed; the log says why")
                return 2
        ready.touch()
    with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as output:
        output.write(f"python={python}\n")
    return 0


def environment(folder: Path) -> Path:
    """The environment of this checkout and this Python."""
    name = hashlib.sha256(f"{ROOT} {sys.version}".encode()).hexdigest()[:12]
    return folder / f"estimator-{name}"


# --- check ----------------------------------------------------------------------------------------


def check() -> int:
    """Run the check; annotations and the summary of the step are the program's own."""
    return subprocess.run(estimator("check"), check=False).returncode


def estimator(*words: str) -> list[str]:
    """A call of estimator with the paths that were given."""
    lines = os.environ["ESTIMATOR_PATHS"].splitlines()
    paths = [line.strip() for line in lines if line.strip()]
    return [sys.executable, "-I", "-X", "utf8", "-m", "estimator", *words, "--", *paths]


# --- compare --------------------------------------------------------------------------------------


class Written(NamedTuple):
    """What estimator wrote as Markdown.

    Attributes:
        code: The exit code.
        text: The Markdown.
    """

    code: int
    text: str


def compare() -> int:
    """Tell what a pull request changes: in the summary of the step, and in a comment."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    pull = event["pull_request"]
    checked = written("check", "--format", "markdown")
    if not checked.text.startswith(TAG):
        tell("warning", "The check was not made, and nothing is compared.")
        return 0
    base = base_of(pull)
    difference = Written(0, _UNKNOWN)
    if base is not None:
        difference = written("diff", "--base", base, "--exit-code", "--format", "markdown")
        if difference.code == 0:
            difference = Written(0, _SAME)
    if difference.code:
        with Path(os.environ["GITHUB_STEP_SUMMARY"]).open("a", encoding="utf-8") as summary:
            summary.write(difference.text)
    if os.environ["ESTIMATOR_COMMENT"].strip().lower() != "false":
        matters = bool(checked.code or difference.code)
        comment(pull["number"], body_of(checked.text, difference.text), matters=matters)
    return 0


def written(*words: str) -> Written:
    """What a call of estimator writes."""
    done = subprocess.run(estimator(*words), capture_output=True, encoding="utf-8", check=False)
    if done.returncode > 1:
        print(done.stderr, end="", file=sys.stderr)
    return Written(done.returncode, done.stdout)


def body_of(check: str, difference: str) -> str:
    """A comment of both: what fails, what changes, and then the rest, as far as there is room.

    What fails and what changes have each as much room as the other leaves, and at least half.
    """
    failing, *rest = _REST.split(check.removeprefix(TAG).lstrip("\n"), maxsplit=1)
    difference = f"\n{difference}"  # the end of a fold takes all up to an empty line
    head = f"{TAG}\n{key()}\n"
    room = LONGEST - size(head)
    first = fitting(failing, max(room // 2, room - size(difference)))
    text = f"{head}{first}{fitting(difference, room - size(first))}"
    left = LONGEST - size(text)
    return text + fitting(f"\n{rest[0]}", left) if rest and left > 2 * size(_CUT) else text


def key() -> str:
    """A second tag, of what is checked: a job for each of two folders has a comment for each."""
    what = f"{os.environ['ESTIMATOR_FOLDER']}\n{os.environ['ESTIMATOR_PATHS'].strip()}"
    return f"<!-- estimator action {hashlib.sha256(what.encode()).hexdigest()[:12]} -->"


def fitting(text: str, room: int) -> str:
    """As many lines of a Markdown text as there is room for."""
    if size(text) <= room:
        return text
    end = "\n</details>\n"  # a fold has no other inside
    left = room - size(_CUT) - size(end)
    kept: list[str] = []
    for line in text.splitlines(keepends=True):
        left -= size(line)
        if left < 0:
            break
        kept.append(line)
    shown = "".join(kept)
    is_open = shown.count("<details>") > shown.count("</details>")
    return shown + (end if is_open else "") + _CUT


def size(text: str) -> int:
    """The length of a text in bytes."""
    return len(text.encode())


# --- the base -------------------------------------------------------------------------------------


def base_of(pull: Any) -> str | None:
    """The commit to compare with, fetched if need be; None where there is none."""
    wanted = os.environ["ESTIMATOR_BASE"].strip() or merged_into(pull) or pull["base"]["sha"]
    if wanted.startswith("-"):
        tell("warning", "The base of a pull request is no option of git.")
        return None
    base = commit(wanted)
    if base is None:
        is_shallow = git("rev-parse", "--is-shallow-repository") == "true"
        depth = ["--depth=1"] if is_shallow else []  # it would make a whole clone shallow
        fetched = git("fetch", "--quiet", "--no-tags", *depth, "origin", wanted)
        base = None if fetched is None else commit("FETCH_HEAD")
    if base is None:
        tell("warning", "The base of the pull request cannot be fetched; nothing is compared.")
        return None
    return git("merge-base", base, "HEAD") or base


def merged_into(pull: Any) -> str | None:
    """What the pull request is merged into, if the merge that GitHub made is checked out.

    The event may be older than the merge. In a shallow clone the commit itself names its parents.
    """
    lines = (git("cat-file", "commit", "HEAD") or "").split("\n\n")[0].splitlines()
    parents = [line.removeprefix("parent ") for line in lines if line.startswith("parent ")]
    return parents[0] if len(parents) == 2 and parents[1] == pull["head"]["sha"] else None


def commit(name: str) -> str | None:
    """The commit of a name, if it is there."""
    return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")


def git(*words: str) -> str | None:
    """What git prints, or None if it fails."""
    done = subprocess.run(
        ["git", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
        check=False,
    )
    return None if done.returncode else done.stdout.strip()


# --- the comment ----------------------------------------------------------------------------------


def comment(number: int, body: str, *, matters: bool) -> None:
    """Write a comment, or the one that is there anew if it says something else.

    Args:
        number: The pull request.
        body: What to say.
        matters: Is it worth a comment where there is none yet?
    """
    try:
        before = mine(number)
        if before is None and not matters:
            print("Nothing changed, and all is well: no comment is written.")
        elif before is None:
            ask("POST", f"/issues/{number}/comments", {"body": body})
            print("The comment is written.")
        elif plain(before["body"]) == plain(body):
            print("The comment is up to date.")
        else:
            ask("PATCH", f"/issues/comments/{before['id']}", {"body": body})
            print("The comment is written anew.")
    except urllib.error.HTTPError as error:
        refused(error)
    except (OSError, ValueError) as error:
        tell("warning", f"No comment is written: {error}")


def refused(error: urllib.error.HTTPError) -> None:
    """Tell why there is no comment."""
    if error.code == 403 and is_from_fork():
        tell("notice", _FORK)
        return
    why = f"{_PERMISSION} ({error.code})" if error.code in (401, 403, 404) else str(error)
    tell("warning", f"No comment is written: {why}")


def is_from_fork() -> bool:
    """Does the pull request come from another repository, or one that is gone?"""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text("utf-8"))
    repository = event["pull_request"]["head"]["repo"] or {}
    return bool(repository.get("full_name") != os.environ["GITHUB_REPOSITORY"])


def mine(number: int) -> Any:
    """The comment of an earlier run, or None. What people wrote stays theirs, tag or no tag."""
    me: str | None = None
    for one in comments(number):
        if not plain(one["body"] or "").startswith(f"{TAG}\n{key()}\n"):
            continue
        user = one["user"] or {}
        if user.get("type") == "Bot":
            return one
        me = me or login()
        if user.get("login") == me:
            return one
    return None


def login() -> str:
    """Whose token it is, if a person's; the token of a job has no user."""
    try:
        return str(ask("GET", "user")["login"])
    except urllib.error.HTTPError:
        return "github-actions[bot]"


def comments(number: int) -> Iterator[Any]:
    """All comments of a pull request, from the oldest on."""
    for page in range(1, PAGES + 1):
        found = ask("GET", f"/issues/{number}/comments?per_page={PAGE}&page={page}")
        yield from found
        if len(found) < PAGE:
            return


def plain(text: str) -> str:
    """A comment without what may change on its way to GitHub and back."""
    return text.replace("\r\n", "\n").strip()


def ask(method: str, path: str, content: Any = None) -> Any:
    """What GitHub answers.

    Args:
        method: The method of HTTP.
        path: A path in the repository if it begins with a slash, else in the interface.
        content: What to send, if anything.
    """
    inside = f"repos/{os.environ['GITHUB_REPOSITORY']}{path}" if path.startswith("/") else path
    request = urllib.request.Request(
        f"{os.environ['GITHUB_API_URL']}/{inside}",
        None if content is None else json.dumps(content).encode(),
        {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Content-Type": "application/json",
            "User-Agent": "estimator",
            "X-GitHub-Api-Version": "2022-11-28",
        },
        method=method,
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def tell(how: str, message: str) -> None:
    """A message that GitHub shows with the run: a `notice`, a `warning` or an `error`."""
    said = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    print(f"::{how} title=estimator::{said}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
