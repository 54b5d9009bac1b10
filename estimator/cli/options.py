"""The arguments and options that several commands take."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from estimator.cli import candidates
from estimator.cli.completion import Candidates
from estimator.cli.terminal import Color
from estimator.diagnostics import Problems
from estimator.formula.sampling import COUNT as COUNT
from estimator.formula.sampling import FEWEST, MOST
from estimator.formula.sampling import SEED as SEED
from estimator.render.registry import formats, renderer

Offers: TypeAlias = Callable[..., Candidates] | None
"""Candidates that a shell offers to complete a word."""


def option(
    metavar: str,
    help: str,
    *names: str,
    offers: Offers = None,
    show_default: bool = False,
    min: int | None = None,
    max: int | None = None,
) -> Any:
    """Return an option with a value; the arguments are those of typer.

    Its help names its default, if that is worth a word.
    """
    return typer.Option(
        *names,
        metavar=metavar,
        help=help,
        show_default=show_default,
        autocompletion=offers,
        min=min,
        max=max,
    )


def argument(metavar: str, help: str, *, offers: Offers = None) -> Any:
    """Return an argument whose default its help names, if that is worth a word."""
    return typer.Argument(metavar=metavar, help=help, show_default=False, autocompletion=offers)


_SCENARIO = "A file, the name of a scenario in scenarios/, or - for standard input."

Scenario: TypeAlias = Annotated[str, argument("SCENARIO", _SCENARIO, offers=candidates.scenarios)]
Scenarios: TypeAlias = Annotated[
    list[str], argument("SCENARIO...", _SCENARIO, offers=candidates.scenarios)
]
Overrides: TypeAlias = Annotated[
    list[str] | None,
    option(
        "NAME=FORMULA",
        "Override a value of the scenario; may be repeated.",
        "--set",
        offers=candidates.settings,
    ),
]
Variant: TypeAlias = Annotated[
    str | None, option("NAME", "Use a variant that the file has.", offers=candidates.variants)
]
Variants: TypeAlias = Annotated[
    list[str] | None,
    option(
        "NAME",
        "Use a variant that the file has; of several, each is shown.",
        "--variant",
        offers=candidates.variants,
    ),
]
Napkin: TypeAlias = Annotated[
    bool, typer.Option("--napkin", help="Round as in an interview: a day of 100,000 s, one digit.")
]
Output: TypeAlias = Annotated[
    Path | None,
    option(
        "FILE",
        "Write the results to a file, atomically; its ending chooses the format,"
        " unless --format does.",
        "--output",
        "-o",
        offers=candidates.paths,
    ),
]
_SAMPLES = partial(
    option,
    "N",
    "How many samples to take where there are ranges.",
    "--samples",
    min=FEWEST,
    max=MOST,
)
_SEED = partial(option, "N", "The random seed; the same gives the same samples.", "--seed", min=0)
Samples: TypeAlias = Annotated[int, _SAMPLES(show_default=True)]
Seed: TypeAlias = Annotated[int, _SEED(show_default=True)]
MaybeSamples: TypeAlias = Annotated[int | None, _SAMPLES()]
MaybeSeed: TypeAlias = Annotated[int | None, _SEED()]
UncertainDefaults: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--uncertain-defaults",
        help="Sample each default as a range, where the library says how far it may be off.",
    ),
]
Drivers: TypeAlias = Annotated[
    list[str] | None, option("NAME", "One more quantity whose spread to explain; may be repeated.")
]
Tornado: TypeAlias = Annotated[
    list[str] | None,
    option("NAME", "A quantity to show with each range at its p5 and at its p95; may be repeated."),
]
Sobol: TypeAlias = Annotated[
    list[str] | None,
    option(
        "NAME", "A quantity whose Sobol indices to show, for ranges that interact; may be repeated."
    ),
]
SchemaVersion: TypeAlias = Annotated[
    int | None,
    option(
        "N",
        "The schema of --format json: 2, or 1 for the names that it had before.",
        "--schema-version",
    ),
]
Isolated: TypeAlias = Annotated[
    bool, typer.Option("--isolated", help="Ignore the settings of the project.")
]
Colored: TypeAlias = Annotated[Color, typer.Option(help="When to use color.")]

_TEXT_ENDINGS = (".txt", ".log")  # the text for people, as on the terminal


def listed(said: str | None) -> list[str]:
    """Return the names of an option that takes them with commas between."""
    return [name.strip() for name in said.split(",")] if said else []


def format_option(command: str, what: str, *, by_ending: bool = False) -> Any:
    """Return the option `--format` of a command.

    Args:
        command: The name under which there are formats.
        what: What it is the format of, such as `the results`.
        by_ending: Does the ending of `--output` choose where `--format` does not?
    """
    names = formats(command)

    def one_of(name: str) -> str:
        if name == "md" and "markdown" in names:  # as the ending of files has it
            return "markdown"
        if name not in names:
            raise typer.BadParameter(f"'{name}' is not one of {', '.join(map(repr, names))}.")
        return name

    def beginning(incomplete: str) -> list[str]:
        return [name for name in names if name.startswith(incomplete)]

    return typer.Option(
        "--format",
        metavar=f"<{'|'.join(names)}>",
        parser=one_of,
        help=f"The format of {what}."
        + (f" [default: {names[0]}, or by the ending of --output]" if by_ending else ""),
        show_default=not by_ending,
        autocompletion=beginning,
    )


def format_for(
    given: str | None, output: Path | None, command: str, problems: Problems
) -> str | None:
    """Return the format to write in: the one given, else what the ending of the file says.

    Args:
        given: The format of the call.
        output: The file that is written; None for standard output.
        command: The name under which there are formats.
        problems: Where it is said that a file's ending belongs to no format, which gives None.
    """
    known = formats(command)
    if given is not None:
        return given
    if output is None or (output.exists() and not output.is_file()):  # such as `/dev/null`
        return known[0]
    endings = {e: name for name in known for e in renderer(command, name).endings}
    named = [e for e in endings if output.name.lower().endswith(e)]
    if named:
        return endings[max(named, key=len)]
    texts = () if renderer(command, known[0]).endings else _TEXT_ENDINGS  # a page is no text
    if output.suffix.lower() in ("", *texts):
        return known[0]
    problems.add(
        "E034",
        f"no format of this command has the ending of `{output}`",
        help=f"let it end in {', '.join([*texts[:1], *endings])}, or name one with `--format`: "
        + ", ".join(known),
    )
    return None
