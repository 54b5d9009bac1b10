"""Write files atomically, and never through a link that a repository brought."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from estimator.diagnostics import InputError, refusal
from estimator.files.project import home, left_by
from estimator.files.read import reason_of

_DEVICE = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_STREAMS = {"stdout": 1, "stderr": 2}
_OPEN = re.compile(r"/dev/(?:(stdout|stderr)|fd/(\d{1,9}))|/proc/self/fd/(\d{1,9})")
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)


def write_whole(path: Path, text: str | bytes | Iterable[str], inputs: Iterable[str]) -> None:
    """Write a file so that the old one or the new one is there, whole, at any moment.

    Args:
        path: The file.
        text: What it will hold, perhaps piece by piece; bytes as they are.
        inputs: The files that it was made from.

    Raises:
        InputError: E032 where it cannot be written, leads out of its project, or is one of the
            inputs.
    """
    for name in inputs:
        with suppress(OSError, ValueError):
            if path.exists() and Path(name).exists() and path.samefile(name):
                message = f"`{path}` is a scenario; it is not overwritten with its result"
                raise refusal("E032", message)
    pieces = _encoded(text)
    descriptor = _descriptor(path)
    if descriptor is not None:
        _write_on(descriptor, pieces, path)
        return
    target = _target(path)
    temporary = ""
    try:
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and stat.S_ISDIR(mode):
            raise refusal("E032", f"`{path}` is a folder", help="name a file in it")
        if mode is not None and not stat.S_ISREG(mode):
            _write_into(target, pieces, _DEVICE)
            return
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o666 & ~_umask() if mode is None else mode & 0o777)
        Path(temporary).replace(target)
    except BaseException as error:
        if temporary:
            with suppress(OSError):
                Path(temporary).unlink()
        if not isinstance(error, OSError | ValueError):
            raise  # such as Ctrl-C
        raise _refusal(path, error) from None


def _encoded(text: str | bytes | Iterable[str]) -> Iterator[bytes]:
    """Yield text as a file holds it, piece by piece; bytes as they are."""
    if isinstance(text, bytes):
        yield text
    else:
        yield from (piece.encode() for piece in ((text,) if isinstance(text, str) else text))


def _descriptor(path: Path) -> int | None:
    """Return the number of the open file that a path such as `/dev/stdout` stands for, or None."""
    found = _OPEN.fullmatch(os.path.normpath(path))
    if found is None:
        return None
    return _STREAMS[found[1]] if found[1] else int(found[2] or found[3])


def _write_on(descriptor: int, pieces: Iterable[bytes], path: Path) -> None:
    """Write where whoever opened a file has got to, such as at the end of a log.

    Raises:
        InputError: E032 where it cannot be written.
    """
    try:
        with os.fdopen(os.dup(descriptor), "wb") as file:
            file.writelines(pieces)
    except (OSError, ValueError, OverflowError) as error:
        reason = error if isinstance(error, OSError) else ValueError("it is not open")
        raise _refusal(path, reason) from None


def append(path: Path, text: str) -> None:
    """Write text behind what a file has in it.

    Raises:
        InputError: E032 where it cannot be written, or leads out of its project.
    """
    target = _target(path)
    try:
        _write_into(target, _encoded(text), _APPEND)
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, unless it is there.

    Raises:
        InputError: E037 where it cannot be made, or leads out of its project.
    """
    try:
        _check_stays(path)
        path.mkdir(parents=True, exist_ok=True)
    except InputError as error:
        raise InputError(d._replace(rule="E037") for d in error.diagnostics) from None
    except (OSError, ValueError) as error:
        message = f"the folder `{path}` cannot be made: {reason_of(error)}"
        raise refusal("E037", message) from None


def _target(path: Path) -> Path:
    """Return the file that a path means, without links.

    Raises:
        InputError: E032 where the path is a link of a project, or leads out of one.
    """
    try:
        if path.is_symlink() and home(path) is not None:
            to = os.path.realpath(path)
            message = f"`{path}` is a link to `{to}`, and links in a project are not written to"
            raise refusal("E032", message, help=f"name `{to}`")
        _check_stays(path)
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as error:
        raise _refusal(path, error) from None


def _check_stays(path: Path) -> None:
    """Refuse a path that leaves its project by a link.

    Raises:
        InputError: E032.
    """
    left = left_by(path)
    if left is not None:
        link, project = left
        message = (
            f"`{path}` leads out of the project, whose root is `{project.root}`:"
            f" `{link}` is a link to `{os.path.realpath(link)}`"
        )
        raise refusal("E032", message, help=f"name `{os.path.realpath(path)}`")


def _write_into(path: Path, pieces: Iterable[bytes], flags: int) -> None:
    """Write into what is there, such as a terminal or a pipe that somebody reads."""
    descriptor = os.open(path, flags, 0o666)  # fails at once for a pipe that nobody reads
    with os.fdopen(descriptor, "wb") as file:
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        file.writelines(pieces)


def _refusal(path: Path, error: OSError | ValueError) -> InputError:
    reason = reason_of(error)
    with suppress(OSError, ValueError):
        if isinstance(error, OSError) and path.is_fifo():
            reason = "nobody reads this pipe"
    return refusal("E032", f"`{path}` cannot be written: {reason}")


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
