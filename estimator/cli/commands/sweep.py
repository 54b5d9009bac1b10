"""`estimator sweep`: a scenario at many values of its inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import axes, results
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
from estimator.render.sweep import Swept

if TYPE_CHECKING:
    from estimator.api.decisions import Sweep


def sweep(
    scenario: Scenario,
    over: Annotated[
        list[str],
        typer.Option(
            "--over",
            metavar="NAME=VALUES",
            help="An input and its values: 'users=1M..1B', users=1M,5M,10M, api.node=m7g (a cloud"
            " or a family of machines), variant=push,pull; may be repeated.",
            show_default=False,
            autocompletion=axes,
        ),
    ],
    show: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The results to show, such as servers,cost.per_month."
            " [default: servers, cost and p99]",
            show_default=False,
            autocompletion=results,
        ),
    ] = None,
    steps: Annotated[
        int,
        typer.Option(metavar="N", min=2, max=10_000, help="How many values a range has."),
    ] = 10,
    set_: Overrides = None,
    variant: Variant = None,
    seed: Seed = SEED,
    uncertain_defaults: UncertainDefaults = False,
    format_: Annotated[str | None, format_option("sweep", "the points", by_ending=True)] = None,
    schema_version: SchemaVersion = None,
    output: Output = None,
    color: Colored = Color.auto,
) -> int:
    """Compute a scenario at many values of its inputs.

    Shows a row for each value, and where the bottleneck changes. With two inputs, marks the points
    that no other beats, such as the cheapest for each latency.
    """
    from estimator.api.decisions import sweep as swept

    call = Call("sweep", color, format_, output, schema_version=schema_version)
    found: Sweep | None = None
    with call:
        loaded = call.load(scenario)
        found = swept(
            loaded,
            over,
            show=[name.strip() for name in show.split(",")] if show else (),
            steps=steps,
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
            may_be_grid=call.format == "csv",
        )
    return call.end(Swept(found, call.keep_errors().found))
