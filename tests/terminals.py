"""The program in a terminal of its own: what it is sent, what is typed, and how it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from asking import environment

CODES = re.compile(r"\x1b\[[\d;?]*[A-Za-z]")
_LONGEST = 30.0  # seconds that anything may take on a busy machine


class Terminal:
    """A process of the program, or another, behind a pseudo-terminal."""

    def __init__(
        self,
        *arguments: str,
        cwd: Path,
        columns: int = 120,
        program: tuple[str, ...] = (sys.executable, "-m", "estimator"),
        **variables: str,
    ) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        self._child = subprocess.Popen(
            [*program, *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env=environment(**variables),
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # Ctrl-C is a signal here
        )
        os.close(theirs)
        self._unread = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()
        os.close(self._ours)

    @property
    def code(self) -> int:
        """The exit code, once it has ended."""
        return self._child.wait(_LONGEST)

    def type(self, keys: str) -> None:
        """Press keys, no faster than a person: Ctrl-C just before a read begins would be lost."""
        time.sleep(0.15)
        os.write(self._ours, keys.encode())

    def until(self, words: str) -> str:
        """Return what it is sent up to some words."""
        end = time.monotonic() + _LONGEST
        while words not in self._unread:
            assert time.monotonic() < end, f"no {words!r} in {self._unread!r}"
            part = self._part()
            assert part is not None, f"ended without {words!r}: {self._unread!r}"
            self._unread += part
        before, _, self._unread = self._unread.partition(words)
        return before + words

    def rest(self) -> str:
        """Return what else it is sent, until it ends."""
        end = time.monotonic() + _LONGEST
        while (part := self._part()) is not None:
            assert time.monotonic() < end, f"it does not end: {self._unread!r}"
            self._unread += part
        text, self._unread = self._unread, ""
        return text

    def _part(self) -> str | None:
        ready, _, _ = select.select([self._ours], [], [], 0.1)
        if not ready:
            return None if self._child.poll() is not None else ""
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # the other end is closed
            return None
        return data.decode("utf-8", "replace").replace("\r\n", "\n") if data else None
