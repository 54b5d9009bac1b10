"""`estimator machines`: what each component would cost on other machines."""

from __future__ import annotations

from typing import Annotated

import typer

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import components, scopes
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color


def machines(
    scenario: options.Scenario,
    component: Annotated[
        str | None,
        typer.Argument(
            metavar="[COMPONENT]",
            help="One component. [default: all that have nodes]",
            autocompletion=components,
        ),
    ] = None,
    of: Annotated[
        str,
        option(
            "CLOUD|FAMILY",
            "Only machines of this cloud or family, such as aws or m7g.",
            offers=scopes,
        ),
    ] = "",
    set_: options.Overrides = None,
    variant: options.Variant = None,
    format_: Annotated[str, format_option("machines", "the machines")] = "text",
    schema_version: options.SchemaVersion = None,
    color: options.Colored = Color.auto,
) -> int:
    """Compare the machines that components could run on.

    Shows the best machine of each family for each component: the number of nodes, the bottleneck
    and the cost. Then the machines that cannot do the work, with the reason, and whether one
    machine alone would be enough.
    """
    from estimator.api import machines as machines_of

    call = Call("machines", color, format_, schema_version=schema_version)
    overrides, chosen = call.overrides(set_), call.variant(variant)
    return call.answer(
        lambda: machines_of(call.load(scenario), component, of, overrides=overrides, variant=chosen)
    )
