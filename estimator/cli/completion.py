"""Answers to a shell that completes: typer's protocol, and nothing else on any stream."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import TypeAlias

from estimator.cli.terminal import put

Candidates: TypeAlias = list[tuple[str, str]]
"""The completions of a word, each with a word about it."""

COMPLETION = "_ESTIMATOR_COMPLETE"
"""The variable by which a shell says that it asks, and which shell it is."""

_LINE, _BASH = "_TYPER_COMPLETE_ARGS", "COMP_WORDS"
_CALLED = re.compile(r"\s*\S+\s+(\S+)\s")  # a word is whole once something stands after it


def called() -> str:
    """Return the word after the program's name, if it is whole."""
    found = _CALLED.match(os.environ.get(_BASH) or os.environ.get(_LINE, ""))
    return found[1] if found else ""


def answered(ask: Callable[[], object]) -> int:
    """Let typer answer a shell, and give the exit code.

    Whatever goes wrong, nothing but completions is printed: somebody is in the middle of a line.
    """
    out, code = io.StringIO(), 0
    joined = _join_words_of_bash()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            ask()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        except Exception:
            return 1
    text = out.getvalue()
    if joined:
        text = "".join(f"{_after(line, joined)}\n" for line in text.splitlines())
    put(text)
    return code


def _join_words_of_bash() -> str:
    """Undo that bash breaks words at `=`, and give the part of the last one that bash will keep."""
    if not os.environ[COMPLETION].endswith("_bash"):
        return ""
    words = os.environ.get(_BASH, "").split("\n")
    at = int(os.environ.get("COMP_CWORD") or 0)
    words = [*words[: at + 1], *[""] * (at + 1 - len(words))]
    joined: list[str] = []
    for word in words:
        after_equals = joined and joined[-1].endswith("=") and len(joined) > 1
        if len(joined) > 1 and (word == "=" or after_equals):
            joined[-1] += word
        else:
            joined.append(word)
    os.environ[_BASH] = "\n".join(joined)
    os.environ["COMP_CWORD"] = str(len(joined) - 1)
    return joined[-1].rpartition("=")[0] + "=" if "=" in joined[-1] else ""


def _after(line: str, kept: str) -> str:
    """Return a completion without what bash keeps; typer leaves out the option's own name."""
    for start in (kept, kept.partition("=")[2]):
        if start and line.startswith(start):
            return line[len(start) :]
    return line
