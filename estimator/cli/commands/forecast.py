"""`estimator forecast`: a system month by month."""

from __future__ import annotations

from typing import Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import results
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color


def forecast(
    scenario: options.Scenario,
    months: Annotated[
        int | None, option("N", "How many months. [default: 18]", min=1, max=600)
    ] = None,
    until: Annotated[str | None, option("DATE", "Until when, as 2028-06 or 2028-06-30.")] = None,
    from_: Annotated[
        str | None,
        option(
            "DATE",
            "The day on which the loads of the file hold. [default: `as_of`, or today]",
            "--from",
        ),
    ] = None,
    show: Annotated[
        str | None,
        option(
            "NAMES",
            "The results to show, such as servers,cost.per_month."
            " [default: load, storage, servers and cost]",
            offers=results,
        ),
    ] = None,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str | None, format_option("forecast", "the months", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    color: options.Colored = Color.auto,
) -> int:
    """Forecast a scenario month by month, and when it exceeds its limits.

    Shows the day from which each expectation fails and each pinned fleet or largest machine is too
    small, and the last day to order more. The file says what grows: `traffic: {growth: 3%/month}`,
    `events`, `orders`.
    """
    from estimator.api.decisions import forecast as forecasted

    call = Call("forecast", color, format_, output, schema_version=schema_version)
    if months is not None and until is not None:
        call.refuse("`--months` and `--until` exclude each other", "leave out one of the two")
    return call.answer(
        lambda: forecasted(
            call.load(scenario),
            months=months,
            until=until,
            start=from_,
            show=options.listed(show),
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    )
