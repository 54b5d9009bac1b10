"""The one place that runs git: it reads, and runs nothing that a repository's settings name."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from estimator.files.read import reason_of

SECONDS = 20.0
"""How long git may take for an answer."""

MOST = 64 * 1024 * 1024
"""The most bytes of an answer, such as the list of a commit's files."""

MEMORY = 400 * 1024 * 1024
"""The most bytes that git may take, on Linux: an object may be a small change of a huge one."""

_SAID = 64 * 1024  # bytes of what it complains of
# What git says of the clone. All else may quote its settings, and the files that these name.
_HARMLESS = re.compile(
    r"(?:not a git repository|detected dubious ownership in repository"
    r"|this operation must be run in a work tree|[Nn]ot a valid object name"
    r"|bad revision|bad object|Out of memory)\b[^\n]*"
)
_OFF = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.pager": "cat",
    "core.sshCommand": "false",
    "core.gitProxy": "false",
    "core.askPass": "true",
    "core.alternateRefsCommand": "true",
    "core.bigFileThreshold": "1m",  # what is larger is passed on, and not held in memory
    "credential.helper": "",
    "diff.external": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "log.showSignature": "false",
    "submodule.recurse": "false",
    "protocol.allow": "never",
}
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "true",
    "SSH_ASKPASS": "true",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",  # since git 2.45; before, no protocol is allowed that could fetch
    "GIT_ALLOW_PROTOCOL": "none",  # above any `protocol.NAME.allow` of the repository
}
_OTHERS = ("GIT_EXTERNAL_DIFF", "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND")


class GitError(Exception):
    """What git said, in a line."""


class TooMuchError(GitError):
    """The answer is larger than it may be."""


class TooLateError(GitError):
    """The answer takes longer than it may."""


def git(folder: Path, *words: str, most: int = MOST, given: bytes = b"") -> bytes:
    """Return what git prints.

    Args:
        folder: Where it runs.
        words: What it does.
        most: The most bytes that it may print.
        given: What it reads from standard input.

    Raises:
        GitError: It is not there, says no, takes too long (TooLateError) or prints too much
            (TooMuchError).
    """
    settings = [part for key, value in _OFF.items() for part in ("-c", f"{key}={value}")]
    command = ["git", "--no-pager", "-C", str(folder), *settings, *words]
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(),
            start_new_session=True,  # so that whatever it starts ends with it
            preexec_fn=_bound_memory if sys.platform == "linux" else None,
        )
    except (OSError, ValueError) as error:
        raise GitError(f"git cannot be run: {reason_of(error)}") from None
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[bytes] = []
    listener = threading.Thread(target=_listen, args=(process.stderr, said), daemon=True)
    late = threading.Event()
    clock = threading.Timer(SECONDS, _stop_late, (process, late))
    clock.daemon = True
    try:
        clock.start()
        listener.start()
        with suppress(OSError), process.stdin:
            process.stdin.write(given)
        data = process.stdout.read(most + 1)
        if len(data) > most:
            raise TooMuchError(f"it prints more than {most:,} bytes")
        listener.join()
        code = process.wait()
    finally:
        clock.cancel()
        _stop(process)
        process.wait()
        process.stdout.close()
        listener.join(1.0)
    if late.is_set():
        raise TooLateError(f"git takes longer than {SECONDS:g} s")
    if code:
        known = _HARMLESS.search(b"".join(said).decode("utf-8", "replace"))
        raise GitError(known[0] if known else f"git fails, with exit code {code}")
    return data


def _bound_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _environment() -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    return {**kept, **_ENVIRONMENT}


def _listen(stream: IO[bytes], said: list[bytes]) -> None:
    with stream:
        said.append(stream.read(_SAID))
        while stream.read(_SAID):
            pass  # it would wait for somebody to read the rest


def _stop_late(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End git and what it started."""
    if process.returncode is not None:
        return  # its number may already be another process's
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
