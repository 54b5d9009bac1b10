"""Read a file or standard input, up to a size, with a clear word for what cannot be read."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import IO, NoReturn

from estimator.diagnostics import InputError, Place, Source, refusal

LARGEST = 1024 * 1024
"""The most bytes that a scenario, a kind or a file of settings may have."""

_REGULAR = (  # never waits for a pipe, never follows a link, never becomes a terminal's own
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_SORTS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def any_bytes(path: str, largest: int = LARGEST) -> bytes:
    """Return what a file has in it, whatever it is: a link, a pipe, or standard input for `-`.

    Raises:
        InputError: E001 where there is no such file or it cannot be read, E004 where it is too
            large.
    """
    if path == "-":
        return _bounded(sys.stdin.buffer, "<stdin>", largest)
    try:
        with Path(path).open("rb") as file:
            return _bounded(file, path, largest)
    except (OSError, ValueError) as error:
        refuse(error, path, path)


def regular_bytes(real: str, name: str, largest: int = LARGEST) -> bytes:
    """Return what a regular file has in it; a pipe or a device is refused and never waited for.

    Args:
        real: The file, by a path without links.
        name: What the user calls it.
        largest: The most bytes that it may have.

    Raises:
        InputError: E001 where it cannot be read, E004 where it is too large.
    """
    try:
        descriptor = os.open(real, _REGULAR)
        try:
            mode = os.fstat(descriptor).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError
            if not stat.S_ISREG(mode):
                raise _NotRegularError(mode)
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return _bounded(file, name, largest)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        refuse(error, real, name)


class _NotRegularError(OSError):
    """It is a pipe or a device."""

    def __init__(self, mode: int) -> None:
        super().__init__()
        self.mode = mode


def _bounded(file: IO[bytes], name: str, largest: int) -> bytes:
    data = file.read(largest + 1)
    if len(data) > largest:
        raise too_large(name, largest)
    return data


def too_large(name: str, largest: int) -> InputError:
    """Return the refusal of a file that is too large (E004)."""
    size = f"{largest // 1024:,} KiB" if largest < 10 * 1024**2 else f"{largest // 1024**2:,} MiB"
    message = f"`{name}` is larger than {size}, the most that such a file may have"
    return refusal("E004", message)


def refuse(error: OSError | ValueError, path: str, name: str) -> NoReturn:
    """Say why a file cannot be read.

    Raises:
        InputError: E001, with the reason.
    """
    help_ = None
    if isinstance(error, FileNotFoundError):
        message = f"there is no file `{name}`"
    elif isinstance(error, _NotRegularError):
        sort = next((word for is_so, word in _SORTS if is_so(error.mode)), "something else")
        message, help_ = f"`{name}` is {sort}, not a file", f"delete it, or {NAME_IT}"
    elif isinstance(error, IsADirectoryError) or (
        isinstance(error, PermissionError) and os.path.isdir(path)  # noqa: PTH112 - never raises
    ):
        message, help_ = f"`{name}` is a folder, not a file", "name a file in it"
    elif isinstance(error, PermissionError):
        message = f"`{name}` may not be read: permission denied"
    else:
        message = f"`{name}` cannot be read: {reason_of(error)}"
    raise refusal("E001", message, help=help_) from None


def reason_of(error: OSError | ValueError) -> str:
    """Return what the system says, in lower case."""
    return (getattr(error, "strerror", None) or str(error)).lower()


NAME_IT = "name the file itself in the call to read it"


def source_of(data: bytes, name: str, *, mark: bool = False) -> Source:
    """Return the text of what a file has in it.

    Args:
        data: Its bytes.
        name: What the user calls it.
        mark: Keep the byte order mark that some editors begin a file with.

    Raises:
        InputError: E002 where it is no UTF-8 text.
    """
    if (
        data.startswith((b"\xff\xfe", b"\xfe\xff"))
        or data[1:4:2] == b"\0\0"
        or data[:3:2] == b"\0\0"
    ):
        raise refusal("E002", f"`{name}` is UTF-16, not UTF-8", help="save it as UTF-8")
    if b"\0" in data:
        raise refusal("E002", f"`{name}` is not a text file: it has zero bytes in it")
    try:
        return Source(name, data.decode("utf-8" if mark else "utf-8-sig"))
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        place = Place(Source(name, before + "\ufffd"), len(before), len(before) + 1)
        byte = f"byte {data[error.start]:#04x}"
        message = f"`{name}` is not UTF-8: {byte} does not belong there"
        raise refusal("E002", message, place, help="save it as UTF-8") from None
