"""Where output goes: consoles with the right width and colour."""

from __future__ import annotations

import atexit
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from enum import StrEnum
from io import StringIO
from typing import IO, TYPE_CHECKING, TextIO

from estimator.diagnostics import Diagnostic

if TYPE_CHECKING:
    from rich.console import Console

    from estimator.render.tables import Table

_SPACES = re.compile(r"\s+((?:\x1b\[[\d;]*m)*)$")  # at the end, before codes of colour
_SLOW = 1.0  # seconds, after which progress is told
_WIDE = 100_000  # in a pipe nothing is cut and nothing is broken


class Color(StrEnum):
    """When to colour."""

    auto = "auto"
    always = "always"
    never = "never"


def is_ascii(stream: IO[str]) -> bool:
    """Has this stream nothing but ASCII?"""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    return not encoding.startswith("utf") or (os.environ.get("TERM") == "dumb" and _c_locale())


def _c_locale() -> bool:
    return os.environ.get("LC_ALL", os.environ.get("LANG", "")) in ("C", "POSIX")


def console(stream: TextIO, color: Color) -> Console:
    """A console for a terminal, a pipe or a file."""
    from rich.console import Console

    terminal = stream.isatty()
    no_color = "NO_COLOR" in os.environ and bool(os.environ["NO_COLOR"])
    colored = color is Color.always or (color is Color.auto and terminal and not no_color)
    return Console(
        file=stream,
        force_terminal=colored,
        no_color=not colored,
        color_system="auto" if terminal and colored else "standard" if colored else None,
        width=None if terminal else _WIDE,
        soft_wrap=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


def complain(found: Iterable[Diagnostic], color: Color) -> None:
    """Print diagnostics on standard error."""
    from estimator.render.diagnostics import print_diagnostics

    print_diagnostics(found, console(sys.stderr, color), ascii=is_ascii(sys.stderr))


def progress() -> Callable[[int, int], None] | None:
    """Tells how far draws are, on a terminal and once they have taken a second."""
    if not sys.stderr.isatty():
        return None
    begun = time.monotonic()
    shown = -1

    def clear() -> None:
        if shown >= 0:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    atexit.register(clear)  # typer makes an exit code of Ctrl-C before anybody sees it

    def tell(done: int, of: int) -> None:
        nonlocal shown
        now = 100 * done // of
        if now == shown or time.monotonic() - begun < _SLOW:
            return
        shown = now if done < of else -1
        text = f"\r{done:,} of {of:,} draws" if done < of else "\r"
        print(text + "\x1b[K", end="", file=sys.stderr, flush=True)

    return tell


def silence() -> None:
    """Let what is still printed go nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def put(text: str) -> None:
    """Print text for machines on standard output, whatever characters are in it."""
    sys.stdout.flush()
    with suppress(AttributeError):
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()
        return
    sys.stdout.write(text)


def is_drawn(color: Color) -> bool:
    """Does standard output want lines broken to its width, or colours?"""
    return sys.stdout.isatty() or color is Color.always


def put_drawn(draw: Callable[[Console], None], color: Color) -> None:
    """Let something be drawn on the terminal, or with colours for a pipe."""
    if sys.stdout.isatty():
        draw(console(sys.stdout, color))
    else:
        page, out = captured(color)
        draw(page)
        put(trimmed(out.getvalue()))


def show(page: Sequence[str | Table], color: Color) -> None:
    """Print texts and tables, by rich for a terminal or where colours are wanted."""
    ascii_ = is_ascii(sys.stdout)
    if is_drawn(color):
        from estimator.render.table import draw_page

        put_drawn(lambda console: draw_page(page, console, ascii=ascii_), color)
    else:
        from estimator.render.plain import page_text

        put(page_text(page, ascii=ascii_))


def captured(color: Color = Color.never) -> tuple[Console, StringIO]:
    """A console that writes into a text, for a file."""
    out = StringIO()
    return console(out, color), out


def trimmed(text: str) -> str:
    """The text without spaces at the ends of its lines."""
    return "".join(_SPACES.sub(r"\1", line) + "\n" for line in text.splitlines())
