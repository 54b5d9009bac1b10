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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, TypeAlias

from estimator.diagnostics import Source
from estimator.version import __version__

FILE = Path(__file__).with_name("compiled.bin")
_PACKAGE = FILE.parents[1]
_ROOMS = ("diagnostics", "units", "formula", "scenario", "library", "catalog", "model")
"""What the file follows from, in a working copy, where any of it may have been edited since."""
_FUNCTIONS = "functions"
_ARRAY_FUNCTIONS = "functions over arrays"
_HEAD = 8
"""How many bytes of the file say how long its table of contents is."""

PartPlace: TypeAlias = tuple[str, int]
"""Whose part it is, and which."""


@cache
def _contents() -> Mapping[str, memoryview]:
    """Return what is stored, by key; nothing where there is nothing that is current."""
    try:
        found = FILE.read_bytes()
    except OSError:
        return {}
    if _is_working_copy() and not is_current():
        return {}
    start = _HEAD + int.from_bytes(found[:_HEAD])
    try:
        made_for, sizes = marshal.loads(found[_HEAD:start])
    except (EOFError, TypeError, ValueError):  # it is damaged
        return {}
    if made_for != _made_for() or len(found) != start + sum(sizes.values()):
        return {}
    whole, contents = memoryview(found), {}  # of which a run looks at a third
    for key, size in sizes.items():
        contents[key] = whole[start : start + size]
        start += size
    return contents


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
    return None if found is None else _Reading(BytesIO(found)).load()


class _Parts(dict[PartPlace, object]):
    """Parts that are shared, each read once, with all of the same."""

    def __missing__(self, place: PartPlace) -> object:
        of, at = place
        parts = stored(_parts_key(of))
        self.update({(of, number): part for number, part in enumerate(parts)})
        return parts[at]


_PARTS = _Parts()


class _Reading(pickle.Unpickler):
    """What is stored, with the parts that it shares: found in C, as a run has thousands."""

    persistent_load = _PARTS.__getitem__


def _parts_key(of: str) -> str:
    return f"parts {of}"


def stored_functions(
    scope: dict[str, Any], *, over_arrays: bool = False
) -> dict[str, Callable[..., Any]]:
    """Return the functions that are stored, by their code.

    Args:
        scope: What they can reach.
        over_arrays: Return those over arrays of samples, by the code of those of single floats.
    """
    found = _contents().get(_ARRAY_FUNCTIONS if over_arrays else _FUNCTIONS)
    if found is None:
        return {}
    codes: tuple[tuple[str, CodeType], ...] = marshal.loads(found)
    return {text: FunctionType(code, scope) for text, code in codes}


class _Writing(pickle.Pickler):
    """An object as it is stored, without the parts and the files that it shares with others.

    Args:
        file: Where it goes.
        places: Where parts are stored.
        sources: The files that places are in, each by its name and text, with whose part it is;
            more are added.
    """

    def __init__(
        self, file: BytesIO, places: Mapping[int, PartPlace], sources: dict[tuple[str, str], str]
    ) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._places = places
        self._sources = sources

    def persistent_id(self, part: object) -> PartPlace | None:
        """Return where a part is stored by itself; None for what is not."""
        if isinstance(part, Source):
            number = len(self._sources)
            return self._sources.setdefault((part.name, part.text), f"source {number}"), 0
        return self._places.get(id(part))

    def reducer_override(self, one: object) -> Any:
        """Store a named tuple as what is made in C: its own `__new__` is Python's."""
        if isinstance(one, tuple):
            return tuple.__new__, (type(one), tuple(one))
        return NotImplemented


def write(
    objects: Mapping[str, object],
    codes: Mapping[str, str],
    parts: Mapping[str, Sequence[object]],
    places: Mapping[int, PartPlace],
    file: Path = FILE,
) -> None:
    """Write the compiled library.

    Args:
        objects: What is stored, by key.
        codes: The code of functions that its formulas are computed by, and of the same over arrays.
        parts: What several objects share, by whose it is.
        places: Where each part stands among these, and what is equal to it, by identity.
        file: Where.
    """
    import pickletools  # only who builds the package needs it

    sources: dict[tuple[str, str], str] = {}

    def dumped(one: object, places: Mapping[int, PartPlace]) -> bytes:
        written = BytesIO()
        _Writing(written, places, sources).dump(one)
        return pickletools.optimize(written.getvalue())

    contents = {key: dumped(one, places) for key, one in objects.items()}
    contents.update({_parts_key(of): dumped(tuple(found), {}) for of, found in parts.items()})
    for said, of in sources.items():
        contents[_parts_key(of)] = pickle.dumps((Source(*said),), pickle.HIGHEST_PROTOCOL)
    contents[_FUNCTIONS] = _functions(zip(codes, codes, strict=True))
    contents[_ARRAY_FUNCTIONS] = _functions(codes.items())
    beside = file.with_suffix(".tmp")
    head = marshal.dumps((_made_for(), {key: len(one) for key, one in contents.items()}))
    beside.write_bytes(b"".join([len(head).to_bytes(_HEAD), head, *contents.values()]))
    beside.replace(file)


def _functions(codes: Iterable[tuple[str, str]]) -> bytes:
    """Return functions as they are stored: by what each is found, and its code."""
    return marshal.dumps(tuple([(key, eval(c, {"__builtins__": {}}).__code__) for key, c in codes]))
