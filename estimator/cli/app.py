"""The command line, by typer."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from estimator.cli.completion import COMPLETION, answered, called
from estimator.cli.terminal import Color, complain, guarded, put
from estimator.diagnostics import InputError, refusal

_ORDER = (
    "new",
    "run",
    "check",
    "diff",
    "explain",
    "compare",
    "forecast",
    "sweep",
    "solve",
    "calc",
    "kinds",
    "catalog",
    "machines",
    "nines",
    "fmt",
    "schema",
    "lsp",
    "mcp",
)
"""The commands as `--help` lists them; others follow by name."""


def _found() -> tuple[str, ...]:
    """Return the commands that there are: the modules of `commands`."""
    folder = Path(__file__).with_name("commands")
    names = [name.removesuffix(".py") for name in os.listdir(folder)]  # noqa: PTH208
    known = {name for name in names if name.isidentifier() and not name.startswith("_")}
    return (*(name for name in _ORDER if name in known), *sorted(known - set(_ORDER)))


COMMANDS = _found()
"""The commands, each a function of its name in a module of its name."""


_OLD_OPTIONS = {"--samples": "--draws"}
"""The names that options had before: they are taken, but neither shown nor completed."""


_DOUBLED = re.compile(r"\A(?:\{(.*)\}|\[\[(.*)\]\]|\[(.*\.\.\.\]*)\])(?:\.\.\.)?")
"""An argument in the usage line as typer writes it, with brackets and dots besides our own."""


class Command(TyperCommand):
    """A command that refuses an option given twice where it takes one value.

    The parser itself would keep the last value and drop the others without a word.
    """

    def make_parser(self, ctx: Any) -> Any:
        """Return the parser, which knows options by their old names, too."""
        parser = super().make_parser(ctx)
        params: list[Any] = self.params
        for option in params:
            if old := [_OLD_OPTIONS[name] for name in option.opts if name in _OLD_OPTIONS]:
                parser.add_option(option, old, dest=option.name)
        return parser

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line: `SCENARIO...` and `[NAME]` as the help calls them."""
        pieces = super().collect_usage_pieces(ctx)
        return [
            _DOUBLED.sub(lambda found: found[1] or f"[{found[2] or found[3]}]", one)
            for one in pieces
        ]

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words of a call."""
        if not ctx.resilient_parsing:  # a shell that completes asks in the middle of a line
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))
            for option, times in Counter(order).items():
                takes_one = option.param_type_name == "option" and not option.multiple
                if times > 1 and takes_one and not getattr(option, "is_flag", False):
                    ctx.fail(f"`{max(option.opts, key=len)}` takes one value, but is given {times}")
        return super().parse_args(ctx, args)


def app_with(names: Iterable[str] = COMMANDS, *, completes: bool = True) -> typer.Typer:
    """Return the command line with some of its commands; typer takes a while to make each of them.

    Args:
        names: The commands.
        completes: Be able to answer shells, and have the options that install completion.
    """
    app = typer.Typer(
        name="estimator",
        help="Estimate what a system needs, and what it costs, from a short YAML file.",
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=completes,
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for name in names:
        app.command(cls=Command)(getattr(import_module(f"estimator.cli.commands.{name}"), name))
    return app


def _version(is_given: bool) -> None:
    if is_given:
        from estimator.version import __version__

        put(f"estimator {__version__}\n")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Show the version.", callback=_version)
    ] = False,
) -> None:
    del version


def _wrong_call(arguments: list[str], error: typer.TyperException) -> int:
    """Report a call that typer refuses, as everything else that is wrong; return the exit code."""
    from estimator.cli.slips import refusal

    message, help_ = refusal(arguments, error, COMMANDS)
    return _wrong("E034", message, help_)


def _wrong(rule: str, message: str, help: str | None = None) -> int:
    """Report what is wrong; return the exit code."""
    complain(refusal(rule, message, help=help).diagnostics, Color.auto)
    return 2


def _own_fault(error: Exception) -> int:
    """Report a fault of the program's own in a line, without a traceback; return the exit code."""
    import traceback

    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(last.filename).name}:{last.lineno}"
    message = f"internal error in estimator: {type(error).__name__} at {where}: {error}"
    help_ = "this is our fault, not yours: please report it with the scenario"
    return _wrong("E099", message, help_)


def _of_the_system(error: OSError) -> int:
    """Report what the system refuses and no command has a message for; return the exit code."""
    try:
        os.getcwd()  # noqa: PTH109
    except OSError:
        message = "the current folder is gone, or may not be looked into"
        return _wrong("E001", message, "go to another with `cd`")
    what = f"`{error.filename}`" if error.filename else "the system"
    return _wrong("E001", f"{what} cannot be used: {(error.strerror or str(error)).lower()}")


def complete() -> int:
    """Answer a shell that asks how the words of a call could go on, by its exit code and output.

    Only the command that is called is loaded; all of them where its name is what is asked.
    """
    named = [name for name in COMMANDS if name == called()] or COMMANDS
    return answered(lambda: app_with(named)(args=[], prog_name="estimator", standalone_mode=False))


def run_app(arguments: list[str]) -> int:
    """Run a command and give its exit code."""
    with guarded():
        return complete() if os.environ.get(COMPLETION) else _run(arguments)


def _run(arguments: list[str]) -> int:
    if arguments[:1] in (["calc"], ["help"], ["version"]):
        from estimator.cli.slips import adapted

        arguments = adapted(arguments)
    named = arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS
    try:
        app = app_with(named, completes=named is COMMANDS)
        code = app(args=arguments, prog_name="estimator", standalone_mode=False)
    except KeyboardInterrupt:
        return 130
    except typer.TyperException as error:
        return _wrong_call(arguments, error)
    except SystemExit as end:  # typer has said how completion is installed
        return end.code if isinstance(end.code, int) else 0
    except InputError as error:  # as where standard output cannot be written
        complain(error.diagnostics, Color.auto)
        return 2
    except OSError as error:
        return _of_the_system(error)
    except Exception as error:
        return _own_fault(error)
    return code if isinstance(code, int) else 0
