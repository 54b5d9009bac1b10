"""`estimator forecast`: a system month by month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import results
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
from estimator.render.forecast import Forecasts

if TYPE_CHECKING:
    from estimator.api.decisions import Forecast


def forecast(
    scenario: Scenario,
    months: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, max=600, help="How many months. [default: 18]", show_default=False
        ),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            metavar="DATE", help="Until when, as 2028-06 or 2028-06-30.", show_default=False
        ),
    ] = None,
    from_: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help="The day on which the loads of the file hold. [default: `as_of`, or today]",
            show_default=False,
        ),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="The results to show, such as servers,cost.per_month."
            " [default: load, storage, servers and cost]",
            show_default=False,
            autocompletion=results,
        ),
    ] = None,
    set_: Overrides = None,
    variant: Variant = None,
    seed: Seed = SEED,
    uncertain_defaults: UncertainDefaults = False,
    format_: Annotated[str | None, format_option("forecast", "the months", by_ending=True)] = None,
    schema_version: SchemaVersion = None,
    output: Output = None,
    color: Colored = Color.auto,
) -> int:
    """Forecast a scenario month by month, and when it exceeds its limits.

    Shows the day from which each expectation fails and each pinned fleet or largest machine is too
    small, and the last day to order more. The file says what grows: `traffic: {growth: 3%/month}`,
    `events`, `orders`.
    """
    from estimator.api.decisions import forecast as forecasted

    call = Call("forecast", color, format_, output, schema_version=schema_version)
    found: Forecast | None = None
    with call:
        if months is not None and until is not None:
            call.refuse("`--months` and `--until` exclude each other", "leave out one of the two")
        loaded = call.load(scenario)
        found = forecasted(
            loaded,
            months=months,
            until=until,
            start=from_,
            show=[name.strip() for name in show.split(",")] if show else (),
            overrides=call.overrides(set_),
            variant=call.variant(variant),
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    return call.end(Forecasts(found, call.keep_errors().found))
