"""`estimator machines`: what each component would cost on other machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.candidates import components, scopes
from estimator.cli.options import Colored, Scenario, Settings, Variant
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.evaluate import MachineChoice


def machines(
    scenario: Scenario,
    component: Annotated[
        str | None,
        typer.Argument(
            metavar="[COMPONENT]",
            help="One component; all that have nodes without it.",
            autocompletion=components,
        ),
    ] = None,
    of: Annotated[
        str,
        typer.Option(
            metavar="CLOUD|FAMILY",
            help="Which machines to look at, such as aws or m7g; all clouds without it.",
            show_default=False,
            autocompletion=scopes,
        ),
    ] = "",
    set_: Settings = None,
    variant: Variant = None,
    color: Colored = Color.auto,
) -> int:
    """Compare the machines that the components of a scenario could run on.

    For each component the cheapest machine of every family, with the nodes it would take and the
    resource that decides, those that cannot do the work with the reason, and whether a single
    machine would be enough.
    """
    from estimator.cli.scenarios import read_scenario, read_settings
    from estimator.cli.terminal import complain, show
    from estimator.diagnostics import Problems, Text
    from estimator.model import build
    from estimator.render.machines import machine_table

    problems = Problems()
    overrides = read_settings(set_ or [], problems)
    loaded = None if problems.errors else read_scenario(scenario, problems)
    chosen = None if variant is None else Text.of("--variant", variant)
    model = loaded and build(loaded, problems, overrides=overrides, variant=chosen)
    if model:
        from estimator.analyse.machines import comparisons

        found: list[MachineChoice] = comparisons(model, component, of, problems)
        if found:
            show([part for one in found for part in (machine_table(one), "")][:-1], color)
    problems.found[:] = problems.errors  # what `run` warns of is not asked here
    if problems.found:
        problems.sort()
        complain(problems.found, color)
    return 2 if problems.errors else 0
