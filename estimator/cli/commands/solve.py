"""`estimator solve`: the most or the least that an input may be, for a condition to hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import inputs
from estimator.cli.options import (
    SEED,
    Colored,
    Output,
    Overrides,
    Scenario,
    SchemaVersion,
    Seed,
    UncertainDefaults,
    Variant,
    format_option,
)
from estimator.cli.terminal import Color
from estimator.render.solve import Solved

if TYPE_CHECKING:
    from estimator.api.decisions import Solution


def solve(
    scenario: Scenario,
    for_: Annotated[
        str,
        typer.Option(
            "--for",
            metavar="NAME[=A..B]",
            help="The input to change, and between which values; by default from a"
            " 10,000th of what it is to 10,000 times that.",
            show_default=False,
            autocompletion=inputs,
        ),
    ],
    until: Annotated[
        str,
        typer.Option(
            metavar="CONDITION",
            help="What should hold, such as 'servers <= 100'.",
            show_default=False,
        ),
    ],
    confidence: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="In what share of the samples it should hold, if there are ranges. [default: 95%]",
            show_default=False,
        ),
    ] = None,
    set_: Overrides = None,
    variant: Variant = None,
    seed: Seed = SEED,
    uncertain_defaults: UncertainDefaults = False,
    format_: Annotated[str | None, format_option("solve", "the answer", by_ending=True)] = None,
    schema_version: SchemaVersion = None,
    output: Output = None,
    color: Colored = Color.auto,
) -> int:
    """Find how far an input can go until a condition no longer holds.

    Finds the largest or the smallest value of an input with which a condition holds, such as the
    users that 100 servers carry; whole numbers and steps included.
    """
    from estimator.api.decisions import solve as solved

    call = Call("solve", color, format_, output, schema_version=schema_version)
    found: Solution | None = None
    with call:
        loaded = call.load(scenario)
        found = solved(
            loaded,
            for_,
            until,
            confidence=confidence,
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    return call.end(Solved(found, call.keep_errors().found))
