"""The formats of each command: a file each, in the folder of the command's name.

A file's name is the name of its format, and its `RENDERER` is what writes it: `Text` for programs,
or `Page` for people. What it is given, the folder's `__init__.py` says. Only the format that is
chosen is imported, as a command line should start quickly.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

from estimator.render.page import Page as Parts

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic

_FOLDER = Path(__file__).parent
_FIRST = ("text", "table", "full", "concise", "html", "json")

Result = TypeVar("Result")


class Found(NamedTuple, Generic[Result]):
    """The findings of a command, in the form that the formats of several commands take.

    Attributes:
        result: The result; None where something is wrong.
        diagnostics: What is wrong with the call or the scenario, and what to be warned of.
    """

    result: Result | None
    diagnostics: Sequence[Diagnostic] = ()


class Text(NamedTuple, Generic[Result]):
    """A format for programs.

    Attributes:
        pieces: Makes the text, piece by piece; it is written as it is.
        endings: How files of this format end.
        annotates: Does it hold annotations, which GitHub is to obey?
    """

    pieces: Callable[[Result], Iterable[str]]
    endings: tuple[str, ...] = ()
    annotates: bool = False


class Page(NamedTuple, Generic[Result]):
    """A format for people.

    Attributes:
        parts: Makes the page from the result and the width of the terminal in characters.
        endings: How files of this format end; the first of a command has those of any text.
        is_note: Does it belong on standard error, as what is said of files that were written?
    """

    parts: Callable[[Result, int], Parts]
    endings: tuple[str, ...] = ()
    is_note: bool = False


class Picture(NamedTuple, Generic[Result]):
    """A format of bytes, which is written to a file and shown on no terminal.

    Attributes:
        content: Makes the bytes.
        endings: How files of this format end.
    """

    content: Callable[[Result], bytes]
    endings: tuple[str, ...] = ()


Renderer: TypeAlias = Text[Any] | Page[Any] | Picture[Any]


@cache
def formats(command: str) -> tuple[str, ...]:
    """Return the formats of a command, those for people first; the first is the default."""
    found = [name.removesuffix(".py") for name in os.listdir(_FOLDER / command)]  # noqa: PTH208
    names = [name for name in found if name.isidentifier() and not name.startswith("_")]
    return (*(n for n in _FIRST if n in names), *sorted(set(names) - set(_FIRST)))


def commands() -> tuple[str, ...]:
    """Return the names under which there are formats."""
    folders = (p for p in _FOLDER.iterdir() if (p / "__init__.py").is_file())
    return tuple(sorted(folder.name for folder in folders))


def renderer(command: str, format_: str) -> Renderer:
    """Return what writes a command's result in one of its formats.

    Raises:
        KeyError: There is no such format.
    """
    if format_ not in formats(command):
        raise KeyError(format_)
    found: Renderer = import_module(f"estimator.render.{command}.{format_}").RENDERER
    return found
