"""Reading a file or standard input as text, with a clear word for what is no text."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from estimator.diagnostics import Place, Problems, Source

LARGEST = 1024 * 1024
"""The most bytes that a scenario or kind may have."""


def read_source(path: str, *, mark: bool = False) -> Source:
    """The text of a file, or of standard input for `-`.

    Args:
        path: The file.
        mark: Keep the byte order mark that some editors begin a file with.

    Raises:
        InputError: E001 where there is no such file or it cannot be read, E002 where it is no
            UTF-8 text, E004 where it is too large.
    """
    name = "<stdin>" if path == "-" else path
    problems = Problems()
    data = read_bytes(path, name, problems)
    problems.check()
    return source_of(data, name, mark=mark)


def source_of(data: bytes, name: str, *, mark: bool = False) -> Source:
    """The text of what a file has in it.

    Args:
        data: Its bytes.
        name: What the user calls it.
        mark: Keep the byte order mark that some editors begin a file with.

    Raises:
        InputError: E002 where it is no UTF-8 text.
    """
    problems = Problems()
    text = _decoded(data, name, problems, "utf-8" if mark else "utf-8-sig")
    problems.check()
    return Source(name, text)


def read_bytes(path: str, name: str, problems: Problems) -> bytes:
    """What a file has in it, or standard input for `-`; what is wrong is added to `problems`."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(LARGEST + 1)
    except FileNotFoundError:
        problems.add("E001", f"there is no file `{name}`")
    except IsADirectoryError:
        problems.add("E001", f"`{name}` is a folder, not a file", help="name a file in it")
    except PermissionError:
        if os.path.isdir(path):  # noqa: PTH112 - unlike Path's, it never raises
            problems.add("E001", f"`{name}` is a folder, not a file", help="name a file in it")
        else:
            problems.add("E001", f"`{name}` may not be read: permission denied")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.add("E001", f"`{name}` cannot be read: {reason.lower()}")
    else:
        if len(data) > LARGEST:
            problems.add(
                "E004",
                f"`{name}` is larger than {LARGEST // 1024:,} KiB, the most that a file may have",
            )
        return data
    return b""


def _decoded(data: bytes, name: str, problems: Problems, encoding: str) -> str:
    if (
        data.startswith((b"\xff\xfe", b"\xfe\xff"))
        or data[1:4:2] == b"\0\0"
        or data[:3:2] == b"\0\0"
    ):
        problems.add("E002", f"`{name}` is UTF-16, not UTF-8", help="save it as UTF-8")
        return ""
    if b"\0" in data:
        problems.add("E002", f"`{name}` is not a text file: it has zero bytes in it")
        return ""
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace").removeprefix("\ufeff")
        source = Source(name, before + "\ufffd")
        problems.add(
            "E002",
            f"`{name}` is not UTF-8: byte {data[error.start]:#04x} does not belong there",
            Place(source, len(before), len(before) + 1),
            help="save it as UTF-8",
        )
        return ""
