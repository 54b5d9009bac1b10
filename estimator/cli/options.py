"""The arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from estimator.cli.completion import Candidates
from estimator.cli.terminal import Color
from estimator.diagnostics import Problems
from estimator.formula.sampling import COUNT as COUNT
from estimator.formula.sampling import FEWEST, MOST
from estimator.formula.sampling import SEED as SEED
from estimator.render.registry import formats, renderer

# What shells are offered is loaded only where one asks.


def _scenarios(incomplete: str) -> Candidates:
    from estimator.cli.candidates import scenarios

    return scenarios(incomplete)


def _settings(ctx: typer.Context, incomplete: str) -> Candidates:
    from estimator.cli.candidates import settings

    return settings(ctx, incomplete)


def _variants(ctx: typer.Context, incomplete: str) -> Candidates:
    from estimator.cli.candidates import variants

    return variants(ctx, incomplete)


def _paths(incomplete: str) -> Candidates:
    from estimator.cli.candidates import paths

    return paths(incomplete)


_SCENARIO = "A file, the name of a scenario in scenarios/, or - for standard input."

Scenario: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO", help=_SCENARIO, show_default=False, autocompletion=_scenarios
    ),
]
Scenarios: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...", help=_SCENARIO, show_default=False, autocompletion=_scenarios
    ),
]
Overrides: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=FORMULA",
        help="Override a value of the scenario; may be repeated.",
        show_default=False,
        autocompletion=_settings,
    ),
]
Variant: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use a variant that the file has.",
        show_default=False,
        autocompletion=_variants,
    ),
]
Variants: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        metavar="NAME",
        help="Use a variant that the file has; of several, each is shown.",
        show_default=False,
        autocompletion=_variants,
    ),
]
Napkin: TypeAlias = Annotated[
    bool,
    typer.Option("--napkin", help="Round as in an interview: a day of 100,000 s, one digit."),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the results to a file, atomically; its ending chooses the format,"
        " unless --format does.",
        show_default=False,
        autocompletion=_paths,
    ),
]
Samples: TypeAlias = Annotated[
    int,
    typer.Option(
        "--samples",
        metavar="N",
        min=FEWEST,
        max=MOST,
        help="How many samples to take where there are ranges.",
    ),
]
Seed: TypeAlias = Annotated[
    int, typer.Option(metavar="N", min=0, help="The random seed; the same gives the same samples.")
]
MaybeSamples: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--samples",
        metavar="N",
        min=FEWEST,
        max=MOST,
        help="How many samples to take where there are ranges.",
        show_default=False,
    ),
]
MaybeSeed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="The random seed; the same gives the same samples.",
        show_default=False,
    ),
]
UncertainDefaults: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--uncertain-defaults",
        help="Sample each default as a range, where the library says how far it may be off.",
    ),
]
Drivers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="One more quantity whose spread to explain; may be repeated.",
        show_default=False,
    ),
]
Tornado: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A quantity to show with each range at its p5 and at its p95; may be repeated.",
        show_default=False,
    ),
]
Sobol: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A quantity whose Sobol indices to show, for ranges that interact; may be repeated.",
        show_default=False,
    ),
]
SchemaVersion: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--schema-version",
        metavar="N",
        help="The schema of --format json: 2, or 1 for the names that it had before.",
        show_default=False,
    ),
]
Colored: TypeAlias = Annotated[Color, typer.Option(help="When to use color.")]

_TEXT_ENDINGS = (".txt", ".log")  # the text for people, as on the terminal


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
