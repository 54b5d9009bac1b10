"""`estimator machines`: what each component would cost on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import components, scopes
from estimator.cli.options import (
    Colored,
    Overrides,
    Scenario,
    SchemaVersion,
    Variant,
    format_option,
)
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.api import MachineChoice


def machines(
    scenario: Scenario,
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
        typer.Option(
            metavar="CLOUD|FAMILY",
            help="Only machines of this cloud or family, such as aws or m7g.",
            show_default=False,
            autocompletion=scopes,
        ),
    ] = "",
    set_: Overrides = None,
    variant: Variant = None,
    format_: Annotated[str, format_option("machines", "the machines")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """Compare the machines that components could run on.

    Shows the best machine of each family for each component: the number of nodes, the bottleneck
    and the cost. Then the machines that cannot do the work, with the reason, and whether one
    machine alone would be enough.
    """
    from estimator.api import machines as machines_of
    from estimator.render.machines import Machines

    call = Call("machines", color, format_, schema_version=schema_version)
    found: list[MachineChoice] = []
    with call:
        overrides, chosen = call.overrides(set_), call.variant(variant)
        loaded = call.load(scenario)
        found = machines_of(loaded, component, of, overrides=overrides, variant=chosen)
    return call.end(Machines(found, call.keep_errors().found))
