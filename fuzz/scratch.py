"""A folder for harnesses whose input is more than one file."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from fuzz.mutate import BREAK


def memory() -> Path | None:
    """Return a folder of files in memory, where the system has one."""
    folder = Path("/dev/shm")
    return folder if folder.is_dir() and os.access(folder, os.W_OK) else None


@cache
def scratch() -> Path:
    """Make a folder for this process, go there, and return it."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / ".git").mkdir()  # what is above is somebody else's
    os.chdir(folder)
    return folder


def parts(data: bytes, count: int) -> list[bytes]:
    """Return the files of an input, empty ones for those that are missing."""
    found = data.split(BREAK, count - 1)
    return found + [b""] * (count - len(found))


def write(**files: bytes) -> None:
    """Write files into the folder; `a_yaml` is `a.yaml`."""
    folder = scratch()
    for name, data in files.items():
        with open(f"{folder}/{name.replace('_', '.')}", "wb") as file:  # noqa: PTH123 - often
            file.write(data)
