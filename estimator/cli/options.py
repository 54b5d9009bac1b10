"""The arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from estimator.cli.candidates import paths, scenarios, settings, variants
from estimator.cli.terminal import Color
from estimator.formula.sampling import FEWEST, MOST

_SCENARIO = "A file, a name found in scenarios/, or - for standard input."

Scenario: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SCENARIO", help=_SCENARIO, show_default=False, autocompletion=scenarios
    ),
]
Scenarios: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="SCENARIO...", help=_SCENARIO, show_default=False, autocompletion=scenarios
    ),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=FORMULA",
        help="Replace what a scenario says; may be repeated.",
        show_default=False,
        autocompletion=settings,
    ),
]
Variant: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use a set of overrides named in the file.",
        show_default=False,
        autocompletion=variants,
    ),
]
Napkin: TypeAlias = Annotated[
    bool,
    typer.Option("--napkin", help="Count as in an interview: a day of 100,000 s, one digit."),
]
Output: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write the results to a file, whole or not at all.",
        show_default=False,
        autocompletion=paths,
    ),
]
Draws: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="N", min=FEWEST, max=MOST, help="How many draws to take where there are ranges."
    ),
]
Seed: TypeAlias = Annotated[
    int, typer.Option(metavar="N", min=0, help="Which draws to take; the same come again.")
]
MaybeDraws: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--draws",
        metavar="N",
        min=FEWEST,
        max=MOST,
        help="How many draws to take where there are ranges.",
        show_default=False,
    ),
]
MaybeSeed: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--seed",
        metavar="N",
        min=0,
        help="Which draws to take; the same come again.",
        show_default=False,
    ),
]
Drivers: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A quantity whose spread to explain, too; may be repeated.",
        show_default=False,
    ),
]
Tornado: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A quantity to show with each range at its p5 and its p95; may be repeated.",
        show_default=False,
    ),
]
Sobol: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME",
        help="A quantity whose Sobol indices to show, where ranges act together; may be repeated.",
        show_default=False,
    ),
]
Colored: TypeAlias = Annotated[Color, typer.Option(help="When to colour.")]
