"""The command line, by typer."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from estimator.cli.terminal import Color

COMMANDS = (
    "run",
    "explain",
    "calc",
    "kinds",
    "catalog",
    "machines",
    "nines",
    "fmt",
    "schema",
)
"""The commands, each a function of its name in a module of its name."""


def app_with(names: Iterable[str] = COMMANDS) -> typer.Typer:
    """The command line with some of its commands; typer takes a while to make each of them."""
    app = typer.Typer(
        name="estimator",
        help="Back-of-the-envelope capacity estimates as small YAML files, computed with units.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names:
        app.command()(getattr(import_module(f"estimator.cli.{name}"), name))
    return app


def _version(asked: bool) -> None:
    if asked:
        from estimator import __version__

        typer.echo(f"estimator {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version.", callback=_version)
    ] = False,
) -> None:
    del version


def _wrong_call(error: typer.TyperException) -> int:
    """A call that typer refuses, in the same words as everything else that is wrong."""
    from estimator.cli.terminal import complain
    from estimator.diagnostics import Problems

    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "estimator"
    problems = Problems()
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    problems.add("E034", message, help=f"`{path} --help` shows how it is called")
    complain(problems.found, Color.auto)
    return 2


def _own_fault(error: Exception) -> int:
    """A fault of the program's own: said in a line that can be reported, without a traceback."""
    import traceback

    from estimator.cli.terminal import complain
    from estimator.diagnostics import Problems

    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    problems = Problems()
    problems.add(
        "E099",
        f"estimator itself went wrong: {type(error).__name__} at {where}: {error}",
        help="this is our fault, not yours: please report it with the scenario",
    )
    complain(problems.found, Color.auto)
    return 2


def run_app(arguments: list[str]) -> int:
    """Run a command and give its exit code."""
    named = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    try:
        code = app_with(named)(args=arguments, prog_name="estimator", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except typer.TyperException as error:
        return _wrong_call(error)
    except (BrokenPipeError, SystemExit):  # the reader has seen enough, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _own_fault(error)
    return code if isinstance(code, int) else 0
