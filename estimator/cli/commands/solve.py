"""`estimator solve`: the most or the least that an input may be, for a condition to hold."""

from __future__ import annotations

from typing import Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import inputs
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color


def solve(
    scenario: options.Scenario,
    for_: Annotated[
        str,
        option(
            "NAME[=A..B]",
            "The input to change, and between which values; by default from a"
            " 10,000th of what it is to 10,000 times that.",
            "--for",
            offers=inputs,
        ),
    ],
    until: Annotated[str, option("CONDITION", "What should hold, such as 'servers <= 100'.")],
    confidence: Annotated[
        str | None,
        option(
            "SHARE",
            "In what share of the samples it should hold, if there are ranges. [default: 95%]",
        ),
    ] = None,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str | None, format_option("solve", "the answer", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    color: options.Colored = Color.auto,
) -> int:
    """Find how far an input can go until a condition no longer holds.

    Finds the largest or the smallest value of an input with which a condition holds, such as the
    users that 100 servers carry; whole numbers and steps included.
    """
    from estimator.api.decisions import solve as solved

    call = Call("solve", color, format_, output, schema_version=schema_version)
    return call.answer(
        lambda: solved(
            call.load(scenario),
            for_,
            until,
            confidence=confidence,
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    )
