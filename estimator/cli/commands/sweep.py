"""`estimator sweep`: a scenario at many values of its inputs."""

from __future__ import annotations

from typing import Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import axes, results
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color


def sweep(
    scenario: options.Scenario,
    over: Annotated[
        list[str],
        option(
            "NAME=VALUES",
            "An input and its values: 'users=1M..1B', users=1M,5M,10M, api.node=m7g (a cloud"
            " or a family of machines), variant=push,pull; may be repeated.",
            "--over",
            offers=axes,
        ),
    ],
    show: Annotated[
        str | None,
        option(
            "NAMES",
            "The results to show, such as servers,cost.per_month. [default: servers, cost and p99]",
            offers=results,
        ),
    ] = None,
    steps: Annotated[
        int, option("N", "How many values a range has.", min=2, max=10_000, show_default=True)
    ] = 10,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str | None, format_option("sweep", "the points", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    color: options.Colored = Color.auto,
) -> int:
    """Compute a scenario at many values of its inputs.

    Shows a row for each value, and where the bottleneck changes. With two inputs, marks the points
    that no other beats, such as the cheapest for each latency.
    """
    from estimator.api.decisions import sweep as swept

    call = Call("sweep", color, format_, output, schema_version=schema_version)
    return call.answer(
        lambda: swept(
            call.load(scenario),
            over,
            show=options.listed(show),
            steps=steps,
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
            may_be_grid=call.format == "csv",
        )
    )
