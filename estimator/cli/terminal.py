"""The one way out: consoles with the right width and color, and all that is printed.

Nothing else prints, and a test holds that. While a command runs, `guarded` keeps its standard
streams: what is printed, by whoever it is, has no control characters, no hidden marks and no
commands of CI logs left in it, and a stream that is closed, full or gone ends in words.
"""

from __future__ import annotations

import atexit
import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from io import StringIO
from typing import IO, TYPE_CHECKING, TextIO, cast

from estimator.diagnostics import Diagnostic, refusal
from estimator.render.page import WIDE
from estimator.render.sanitize import ascii_only, sanitize, sanitize_colored

if TYPE_CHECKING:
    from rich.console import Console

    from estimator.render.page import Page, Part, Table

_SPACES = re.compile(r"(?<!\s)\s++((?:\x1b\[[\d;]*m)*+)$")  # at the end, before codes of color
_SLOW = 1.0  # seconds, after which progress is shown
_BUFFER = 1 << 16  # characters that are written at once
_NARROWEST, _USUAL = 20, 80  # columns of a terminal
_ANNOTATION = re.compile(r"::(?:error|warning) [^\n]*")
_CLEAR = "\x1b[2J\x1b[H"
_RESET = "\x1b[0m"


class Color(StrEnum):
    """When to color."""

    auto = "auto"
    always = "always"
    never = "never"


class Guarded:
    """A standard stream that lets nothing through which a terminal or a CI log would obey.

    Args:
        stream: The stream, or None where whoever called has closed it.
        name: `stdin`, `stdout` or `stderr`.
    """

    def __init__(self, stream: TextIO | None, name: str) -> None:
        self._stream = stream
        self._name = name
        self.has_left = False
        """Has the reader seen enough, as in `| head`? What is left then goes nowhere."""

    @property
    def encoding(self) -> str:
        """The encoding that the terminal is said to have."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    @property
    def errors(self) -> str:
        """Return how characters are written that the encoding lacks."""
        return "backslashreplace"

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._stream is not None and self._stream.isatty()

    def fileno(self) -> int:
        """Return the number by which the system knows it."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def flush(self) -> None:
        """Do nothing: what is written goes out at once."""

    def write(self, text: str) -> int:
        """Write lines that whoever prints has not looked at."""
        self.pass_on(sanitize(text, lines=True))
        return len(text)

    def pass_on(self, text: str) -> None:
        """Write what has been made safe, as it is.

        Raises:
            InputError: E032 where standard output cannot be written; once, since afterwards all
                goes nowhere. That standard error cannot be written nobody could read.
        """
        if not text:  # to write nothing is how others ask whether this is a stream of text
            return
        try:
            if self._stream is None:
                raise OSError(0, "it is closed")
            self._stream.flush()
            if hasattr(self._stream, "buffer"):
                self._stream.buffer.write(text.encode("utf-8", "backslashreplace"))
                self._stream.buffer.flush()
            else:
                self._stream.write(text)
        except BrokenPipeError:
            self.has_left = True
            self._silence()
        except (OSError, ValueError) as error:
            self._silence()
            if self._name == "stdout":
                reason = (getattr(error, "strerror", None) or str(error)).lower()
                message = f"standard output cannot be written: {reason}"
                raise refusal("E032", message) from None

    def _silence(self) -> None:
        """Let what is still printed go nowhere, also what Python writes when it ends."""
        if self._stream is not None:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        self._stream = cast("TextIO", StringIO())


class _Colored:
    """A guarded stream that lets through codes of color, as rich makes them."""

    def __init__(self, stream: Guarded) -> None:
        self._stream = stream

    @property
    def encoding(self) -> str:
        return self._stream.encoding

    def flush(self) -> None:
        pass

    def write(self, text: str) -> int:
        self._stream.pass_on(sanitize_colored(text))
        return len(text)


@contextmanager
def guarded() -> Iterator[None]:
    """Guard the standard streams while a command runs."""
    _keep_numbers()
    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = kept[0] or io.TextIOWrapper(io.BytesIO(), "utf-8")  # closed: nothing is in it
    sys.stdout, sys.stderr = cast("TextIO", _out()), cast("TextIO", _err())
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept


def _keep_numbers() -> None:
    """Let no file that is opened later have the number of a standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free


def _out() -> Guarded:
    return sys.stdout if isinstance(sys.stdout, Guarded) else Guarded(sys.stdout, "stdout")


def _err() -> Guarded:
    return sys.stderr if isinstance(sys.stderr, Guarded) else Guarded(sys.stderr, "stderr")


def is_ascii(stream: IO[str]) -> bool:
    """Return whether a stream can show nothing but ASCII."""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower().replace("-", "")
    is_c = os.environ.get("LC_ALL", os.environ.get("LANG", "")) in ("C", "POSIX")
    return not encoding.startswith("utf") or (os.environ.get("TERM") == "dumb" and is_c)


def width(stream: TextIO) -> int:
    """Return the columns of a terminal, or so many that nothing is broken for a pipe."""
    if not stream.isatty():
        return WIDE
    said = os.environ.get("COLUMNS", "")
    columns = int(said) if re.fullmatch(r"[0-9]{1,5}", said) else 0
    if not columns:
        with suppress(OSError, ValueError):
            columns = os.get_terminal_size(stream.fileno()).columns
    return max(columns, _NARROWEST) if columns else _USUAL


def console(stream: TextIO, color: Color) -> Console:
    """Return a console for a terminal, a pipe or a file."""
    from rich.console import Console

    terminal = stream.isatty()
    no_color = "NO_COLOR" in os.environ and bool(os.environ["NO_COLOR"])
    colored = color is Color.always or (color is Color.auto and terminal and not no_color)
    file = _Colored(stream) if colored and isinstance(stream, Guarded) else stream
    return Console(
        file=cast("TextIO", file),
        force_terminal=colored,
        no_color=not colored,
        color_system="auto" if terminal and colored else "standard" if colored else None,
        width=width(stream),
        height=_USUAL,  # rich asks the terminal unless both are given
        soft_wrap=False,
        markup=False,
        emoji=False,
        highlight=False,
        legacy_windows=False,
    )


# --- standard error -------------------------------------------------------------------------------


def complain(found: Iterable[Diagnostic], color: Color) -> None:
    """Print diagnostics on standard error."""
    from estimator.render.diagnostics import print_diagnostics

    stream = cast("TextIO", _err())
    print_diagnostics(found, console(stream, color), ascii=is_ascii(stream))


def note(*words: str, end: str = "\n") -> None:
    """Print a line on standard error, such as what was written.

    Args:
        words: Its parts, which may be foreign; they stay in the line.
        end: What ends it.
    """
    text = "".join(map(sanitize, words))
    _err().write((ascii_only(text) if is_ascii(sys.stderr) else text) + end)


def draw_note(table: Table, color: Color) -> None:
    """Draw a table on standard error, as to choose from."""
    from estimator.render.page_drawn import draw_table

    stream = cast("TextIO", _err())
    draw_table(table, console(stream, color), ascii=is_ascii(stream))


def ask(prompt: str) -> str:
    """Return the line that somebody types behind a prompt.

    Raises:
        EOFError: Where nothing more will come.
    """
    if sys.stdout.isatty():  # Python then edits the line, and must know where it begins
        return input(sanitize(prompt))
    note(prompt, end="")
    return input()


def progress() -> Callable[[int, int], None] | None:
    """Return what shows how far draws are, on a terminal and once they have taken a second."""
    stream = _err()
    if not stream.isatty():
        return None
    begun = time.monotonic()
    shown = -1

    def clear() -> None:
        if shown >= 0:
            stream.pass_on("\r\x1b[K")

    atexit.register(clear)  # typer makes an exit code of Ctrl-C before anybody sees it

    def update(done: int, of: int) -> None:
        nonlocal shown
        now = 100 * done // of
        if now == shown or time.monotonic() - begun < _SLOW:
            return
        shown = now if done < of else -1
        text = f"\r{done:,} of {of:,} samples" if done < of else "\r"
        stream.pass_on(text + "\x1b[K")

    return update


# --- standard output ------------------------------------------------------------------------------


def put(text: str, *, annotates: bool = False) -> None:
    """Print results on standard output.

    Args:
        text: Lines.
        annotates: Do they hold annotations, which GitHub is to obey?
    """
    if annotates:
        lines = text.split("\n")
        text = "\n".join(n if _ANNOTATION.fullmatch(n) else sanitize(n) for n in lines)
        _out().pass_on(text)
    else:
        _out().write(text)


def put_pieces(pieces: Iterable[str], *, annotates: bool = False) -> None:
    """Print results piece by piece, as many at once as a buffer holds."""
    for text in _buffered((piece, False) for piece in pieces):
        put(text, annotates=annotates)


def _buffered(pieces: Iterable[tuple[str, bool]]) -> Iterator[str]:
    """Yield pieces joined, as many as a buffer holds or up to one that is not to wait."""
    pending: list[str] = []
    size = 0
    for piece, hurries in pieces:
        pending.append(piece)
        size += len(piece)
        if hurries or size >= _BUFFER:
            yield "".join(pending)
            pending, size = [], 0
    yield "".join(pending)


def put_file(text: str) -> None:
    """Print what a file is to hold: to a pipe as it is, as an editor wants it back."""
    if sys.stdout.isatty():
        put(text)
    else:
        _out().pass_on(text)


def reader_has_left() -> bool:
    """Return whether nobody reads standard output any more."""
    return _out().has_left


def is_drawn(color: Color) -> bool:
    """Return whether standard output gets colors, or lines broken to its width."""
    return sys.stdout.isatty() or color is Color.always


def show(page: Page, color: Color) -> None:
    """Print a page as its parts come, by rich for a terminal or where colors are wanted."""
    if not is_drawn(color):
        _put_page(page)
    elif sys.stdout.isatty():
        _draw_page(page, color)
    else:
        _out().pass_on(sanitize_colored(drawn(page, color, ascii=is_ascii(sys.stdout))))


def _put_page(page: Page) -> None:
    """Print a page as text; of the lines of a long one, many at once."""
    from estimator.render.page_text import part_text

    ascii_ = is_ascii(sys.stdout)
    for text in _buffered((part_text(p, ascii=ascii_), isinstance(p, str)) for p in page):
        put(text)


def _draw_page(page: Page, color: Color) -> None:
    """Draw a page on the terminal; rich, which takes long to load, where more than words come."""
    from estimator.render.page_text import broken_lines

    ascii_ = is_ascii(sys.stdout)
    draw: Callable[[Part], None] | None = None
    for part in page:
        if isinstance(part, str):
            lines = broken_lines(part, width(sys.stdout))
            put(f"{ascii_only(lines) if ascii_ else lines}\n")
            continue
        draw = draw or _drawer(console(cast("TextIO", _out()), color), ascii=ascii_)
        draw(part)


def _drawer(on: Console, *, ascii: bool) -> Callable[[Part], None]:
    from estimator.render.page_drawn import draw_part

    return lambda part: draw_part(part, on, ascii=ascii)


def drawn(page: Page, color: Color, *, ascii: bool = False) -> str:
    """Return a page as rich draws it, without spaces at the ends of lines."""
    out = StringIO()
    draw = _drawer(console(out, color), ascii=ascii)
    for part in page:
        draw(part)
    return "".join(_SPACES.sub(r"\1", line) + "\n" for line in out.getvalue().splitlines())


def clears() -> bool:
    """Return whether the screen of a terminal can be cleared."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def clear() -> None:
    """Clear what the terminal shows."""
    _out().pass_on(_CLEAR)


def end_colors() -> None:
    """End whatever color was on; the shell's prompt begins a line of its own."""
    if sys.stdout.isatty():
        _out().pass_on(f"{_RESET}\n")
