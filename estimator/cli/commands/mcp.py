"""`estimator mcp`: a server for assistants."""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from estimator.cli.candidates import paths
from estimator.cli.options import Colored
from estimator.cli.terminal import Color


def mcp(
    folder: Annotated[
        Path,
        typer.Option(
            metavar="PATH",
            help="The folder whose scenarios the assistant may read.",
            autocompletion=paths,
        ),
    ] = Path(),
    skill: Annotated[
        bool,
        typer.Option(
            "--skill",
            help="Print the skill that tells an assistant how to size a system, and end.",
        ),
    ] = False,
    color: Colored = Color.auto,
) -> int:
    """Run the MCP server, which assistants start.

    Offers tools that estimate, check and explain scenarios, by the Model Context Protocol. Reads
    the files of one folder, and writes nothing. Needs the extra `mcp`.
    """
    from estimator.assistant.folder import Folder
    from estimator.cli.terminal import complain, note, put
    from estimator.diagnostics import InputError, Problems

    if skill:
        from estimator.assistant import pages

        put(pages.pages()["skill"].text)
        return 0
    problems = Problems()
    if find_spec("mcp") is None:
        problems.add(
            "E040",
            "the server for assistants needs the package mcp, which is not installed",
            help="`pip install '.[mcp]'` in a copy of estimator installs it",
        )
    try:
        problems.check()
        readable = Folder.at(folder)
    except InputError as error:
        complain(error.diagnostics, color)
        return 2
    if sys.stdin.isatty():
        note("estimator mcp waits for an assistant on standard input; Ctrl-C ends it")
    from estimator.assistant.server import server

    # The SDK takes the stream that has the number, and sends what else is printed to stderr.
    with (
        os.fdopen(sys.stdout.fileno(), "w", encoding="utf-8", closefd=False) as wire,
        redirect_stdout(wire),
    ):
        server(readable).run("stdio")
    return 0
