"""`estimator compare`: designs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import scenarios
from estimator.cli.options import (
    COUNT,
    SEED,
    Colored,
    Output,
    Overrides,
    Samples,
    SchemaVersion,
    Seed,
    UncertainDefaults,
    format_option,
)
from estimator.cli.terminal import Color
from estimator.render.compare import Compared

if TYPE_CHECKING:
    from estimator.api.decisions import Designs


def compare(
    designs: Annotated[
        list[str],
        typer.Argument(
            metavar="SCENARIO [VARIANT|SCENARIO...]",
            help="A scenario, and which of its variants; all of them unless named. `base` is the"
            " file without a variant. Or several scenarios.",
            show_default=False,
            autocompletion=scenarios,
        ),
    ],
    set_: Overrides = None,
    samples: Samples = COUNT,
    seed: Seed = SEED,
    uncertain_defaults: UncertainDefaults = False,
    format_: Annotated[str | None, format_option("compare", "the designs", by_ending=True)] = None,
    schema_version: SchemaVersion = None,
    output: Output = None,
    color: Colored = Color.auto,
) -> int:
    """Compare designs: variants of a scenario, or scenarios.

    Shows a column for each design, what it gives up, and the cheapest that meets all expectations;
    with ranges, the chance that a design is the cheapest.
    """
    from estimator.api import load
    from estimator.api.decisions import compare as compared

    call = Call("compare", color, format_, output, schema_version=schema_version)
    found: Designs | None = None
    with call:
        overrides = call.overrides(set_)
        first = call.load(designs[0])
        variants = list(first.scenario.variants or {})
        chosen = designs[1:] or ["base", *variants]
        others = [name for name in chosen if name != "base" and name not in variants]
        files = {name: load(file) for name, file in zip(others, call.find(others), strict=False)}
        call.problems.check()
        pairs = [(files[n], None) if n in files else (first, n) for n in chosen]
        if others and len(others) == len(chosen):
            pairs.insert(0, (first, None))
        found = compared(
            pairs,
            overrides=overrides,
            samples=samples,
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    return call.end(Compared(found, call.keep_errors().found))
