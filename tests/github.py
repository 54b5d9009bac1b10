"""GitHub as far as the action needs it: a runner of composite actions, and the comments' interface.

The runner takes the steps of an action in order, works out their expressions, and runs what is to
be run with bash as GitHub does. Actions that steps use are told to it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import yaml

_TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}", re.S)
_PIECE = re.compile(r"'[^']*'|\w[\w.-]*(?:\(\))?|&&|\|\||!=|==|!|[()]")
_WORDS = {"&&": " and ", "||": " or ", "!": " not ", "always()": "True", "cancelled()": "False"}
_STATUS = re.compile(r"\b(?:always|cancelled|failure|success)\(\)")


class Ran(NamedTuple):
    """What came of an action: the exit code of the step that failed, its log and its summary."""

    code: int
    log: str
    summary: str


# --- the runner -----------------------------------------------------------------------------------


def run_action(
    folder: Path,
    *,
    inputs: Mapping[str, str],
    github: Mapping[str, Any],
    environment: Mapping[str, str],
    temporary: Path,
    workspace: Path,
    uses: Mapping[str, Mapping[str, str]],
) -> Ran:
    """Run the composite action of a folder.

    Args:
        folder: Where `action.yml` is.
        inputs: What a workflow gives.
        github: The context `github`.
        environment: What the steps find in theirs.
        temporary: A folder for what the runner writes.
        workspace: Where the repository is checked out.
        uses: The outputs of actions that steps use, by name.
    """
    action = yaml.safe_load((folder / "action.yml").read_text("utf-8"))
    assert not set(inputs) - set(action["inputs"])
    context: dict[str, Any] = {"github": github, "steps": {}}
    defaults = {n: filled(str(i["default"]), context) for n, i in action["inputs"].items()}
    context["inputs"] = {**defaults, **inputs}
    code, log, summary = 0, "", ""
    for number, step in enumerate(action["runs"]["steps"]):
        condition = str(step.get("if", "success()"))
        if (code and not _STATUS.search(condition.replace("success()", ""))) or not value(
            condition.removeprefix("${{").removesuffix("}}"), context
        ):
            continue
        if "uses" in step:
            outputs = dict(uses[step["uses"]])
        else:
            own = {k: filled(str(v), context) for k, v in step.get("env", {}).items()}
            files = {
                n: temporary / f"{number}.{n}" for n in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
            }
            for file in files.values():
                file.write_text("")
            script = temporary / f"{number}.sh"
            script.write_text(step["run"], "utf-8")
            assert step["shell"] == "bash"
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
                cwd=workspace / filled(step.get("working-directory", "."), context),
                env={**environment, **own, **{k: str(v) for k, v in files.items()}},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            log += done.stdout
            code = code or done.returncode
            summary += files["GITHUB_STEP_SUMMARY"].read_text("utf-8")
            lines = files["GITHUB_OUTPUT"].read_text("utf-8").splitlines()
            outputs = dict(line.split("=", 1) for line in lines)
        context["steps"][step["id"]] = {"outputs": outputs}
    return Ran(code, log, summary)


def filled(text: str, context: Mapping[str, Any]) -> str:
    """Return a text with the values of its expressions."""
    return _TEMPLATE.sub(lambda found: _text(value(found[1], context)), text)


def value(expression: str, context: Mapping[str, Any]) -> Any:
    """Return the value of an expression of contexts, strings and the usual operators."""

    def piece(found: re.Match[str]) -> str:
        word = found[0]
        if word[0] in "'()" or word in ("==", "!="):
            return word
        return _WORDS.get(word) or f"look({word!r})"

    def look(path: str) -> Any:
        if path == "success()":
            return True
        at: Any = context
        for name in path.split("."):
            at = at.get(name, "") if isinstance(at, Mapping) else ""
        return at

    assert not _PIECE.sub("", expression).strip(), expression
    return eval(_PIECE.sub(piece, expression).strip(), {"look": look})


def _text(found: Any) -> str:
    return str(found).lower() if isinstance(found, bool) else str(found)


# --- comments -------------------------------------------------------------------------------------


@dataclass
class Comments:
    """The comments of a pull request, and GitHub's interface to them.

    Attributes:
        kept: The comments.
        calls: What was written: the method and the path.
        is_read_only: Is nobody let write?
        login: Whose token it is; None for the token of a job.
    """

    kept: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    is_read_only: bool = False
    login: str | None = None

    def add(self, body: str, login: str, kind: str = "User") -> dict[str, Any]:
        """Add one more comment."""
        one = {"id": 100 + len(self.kept), "body": body, "user": {"login": login, "type": kind}}
        self.kept.append(one)
        return one

    @property
    def bodies(self) -> list[str]:
        """What the comments say."""
        return [one["body"] for one in self.kept]

    def answer(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """Return the status and the content of an answer."""
        url = urlsplit(path)
        if url.path == "/user":
            return (403, {}) if self.login is None else (200, {"login": self.login})
        if method == "GET" and url.path == "/repos/shop/site/issues/7/comments":
            asked = {k: int(v[0]) for k, v in parse_qs(url.query).items()}
            size, page = asked.get("per_page", 30), asked.get("page", 1)
            assert size <= 100
            return 200, self.kept[(page - 1) * size : page * size]
        self.calls.append((method, url.path))
        if self.is_read_only:
            return 403, {"message": "Resource not accessible by integration"}
        if len(content["body"]) > 65_536:
            return 422, {"message": "body is too long (maximum is 65536 characters)"}
        if (method, url.path) == ("POST", "/repos/shop/site/issues/7/comments"):
            name = self.login or "github-actions[bot]"
            return 201, self.add(content["body"], name, "User" if self.login else "Bot")
        for one in self.kept:
            if (method, url.path) == ("PATCH", f"/repos/shop/site/issues/comments/{one['id']}"):
                one["body"] = content["body"]
                return 200, one
        return 404, {"message": "Not Found"}


def served(comments: Comments) -> ThreadingHTTPServer:
    """Return a server for comments, running; its address is that of `server_address`."""

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            assert self.headers["Authorization"] == "Bearer token-of-the-job"
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            status, answer = comments.answer(self.command, self.path, content)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


# --- repositories ---------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> str:
    """Return what git prints, with nobody's settings."""
    who = {f"GIT_{w}_{k}": v for w in ("AUTHOR", "COMMITTER") for k, v in _WHO.items()}
    none = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": os.environ["PATH"], **who, **none},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


_WHO = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": "2026-01-01T00:00:00Z"}


def commit(folder: Path, message: str = "a change") -> str:
    """Commit all there is in a folder; give the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")
