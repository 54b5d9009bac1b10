"""`estimator lsp`: a language server for editors."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import Annotated

import typer

from estimator.cli.options import Colored
from estimator.cli.terminal import Color


def lsp(
    stdio: Annotated[
        bool,
        typer.Option("--stdio", help="Use standard input and output; this is always the case."),
    ] = False,
    color: Colored = Color.auto,
) -> int:
    """Run the language server, which editors start.

    Shows values and errors, completes and explains while you write. Needs the extra `lsp`.
    """
    del stdio
    from estimator.cli.terminal import complain, note

    if find_spec("pygls") is None:
        from estimator.diagnostics import Problems

        problems = Problems()
        problems.add(
            "E040",
            "the language server needs pygls, which is not installed",
            help="`pip install '.[lsp]'` in a copy of estimator installs it",
        )
        complain(problems.found, color)
        return 2
    if sys.stdin.isatty():
        note("estimator lsp waits for an editor on standard input; Ctrl-C ends it")
    from estimator.editor.server import serve

    stdout = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with redirect_stdout(sys.stderr):  # nothing else may come between the messages
        ended_well = serve(sys.stdin.buffer, stdout)
    return 0 if ended_well else 1
