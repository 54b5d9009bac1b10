"""The compiled library: what is made of the shipped kinds when the package is built.

Reading the kinds a run uses from YAML takes longer than all the rest of it. So the build writes
what comes of them into one file beside this one. Without it, or where it is not of this program,
kinds are read from YAML as before: it only saves time.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from estimator.version import __version__

FILE = Path(__file__).with_name("compiled.bin")
_PACKAGE = FILE.parents[1]
_ROOMS = ("diagnostics", "units", "formula", "scenario", "library", "catalog", "model")
"""What the file follows from, in a working copy, where any of it may have been edited since."""
_FUNCTIONS = "functions"


@cache
def _contents() -> Mapping[str, bytes]:
    """Return what is stored, by key; nothing where there is nothing that is current."""
    try:
        found = FILE.read_bytes()
    except OSError:
        return {}
    if _is_working_copy() and not is_current():
        return {}
    try:
        made_for, contents = marshal.loads(found)
    except (EOFError, TypeError, ValueError):  # it is damaged
        return {}
    return contents if made_for == _made_for() else {}


def _made_for() -> tuple[str, bytes]:
    """Return the program and the Python whose objects and code are stored."""
    return __version__, importlib.util.MAGIC_NUMBER


def _is_working_copy() -> bool:
    return (_PACKAGE.parent / "pyproject.toml").exists()


def is_current() -> bool:
    """Return whether the file is there and newer than all that it follows from."""
    try:
        made = FILE.stat().st_mtime_ns
    except OSError:
        return False
    return all(changed <= made for changed in _changed())


def _changed() -> Iterator[int]:
    pending = [_PACKAGE / room for room in _ROOMS]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".yaml", ".json", ".txt")):
                    yield entry.stat().st_mtime_ns
                elif entry.is_dir() and entry.name != "__pycache__":
                    pending.append(Path(entry.path))


def stored(key: str) -> Any:
    """Return what is stored under a key; None for nothing."""
    found = _contents().get(key)
    return None if found is None else pickle.loads(found)


def stored_functions(scope: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return the functions that are stored, by their code.

    Args:
        scope: What they can reach.
    """
    found = _contents().get(_FUNCTIONS)
    if found is None:
        return {}
    codes: tuple[tuple[str, CodeType], ...] = marshal.loads(found)
    return {text: FunctionType(code, scope) for text, code in codes}


def write(objects: Mapping[str, object], codes: Iterable[str], file: Path = FILE) -> None:
    """Write the compiled library.

    Args:
        objects: What is stored, by key.
        codes: The code of functions that its formulas are computed by.
        file: Where.
    """
    import pickletools  # only who builds the package needs it

    functions = [(code, eval(code, {"__builtins__": {}}).__code__) for code in codes]
    contents = {
        key: pickletools.optimize(pickle.dumps(one, pickle.HIGHEST_PROTOCOL))
        for key, one in objects.items()
    }
    contents[_FUNCTIONS] = marshal.dumps(tuple(functions))
    beside = file.with_suffix(".tmp")
    beside.write_bytes(marshal.dumps((_made_for(), contents)))
    beside.replace(file)
