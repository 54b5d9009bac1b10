"""`estimator compare`: designs side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import scenarios
from estimator.cli.options import argument, format_option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.api import Scenario


def compare(
    designs: Annotated[
        list[str],
        argument(
            "SCENARIO [VARIANT|SCENARIO...]",
            "A scenario, and which of its variants; all of them unless named. `base` is the"
            " file without a variant. Or several scenarios.",
            offers=scenarios,
        ),
    ],
    set_: options.Overrides = None,
    samples: options.Samples = options.COUNT,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str | None, format_option("compare", "the designs", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    color: options.Colored = Color.auto,
) -> int:
    """Compare designs: variants of a scenario, or scenarios.

    Shows a column for each design, what it gives up, and the cheapest that meets all expectations;
    with ranges, the chance that a design is the cheapest.
    """
    from estimator.api.decisions import compare as compared

    call = Call("compare", color, format_, output, schema_version=schema_version)
    return call.answer(
        lambda: compared(
            overrides=call.overrides(set_),
            designs=_designs(call, designs),
            samples=samples,
            seed=seed,
            uncertain_defaults=uncertain_defaults,
        )
    )


def _designs(call: Call, names: list[str]) -> list[tuple[Scenario, str | None]]:
    """Return the scenarios that are named, each with a variant or as it is."""
    from estimator.api import load

    first = call.load(names[0])
    variants = list(first.scenario.variants or {})
    chosen = names[1:] or ["base", *variants]
    others = [name for name in chosen if name != "base" and name not in variants]
    files = {name: load(file) for name, file in zip(others, call.find(others), strict=False)}
    call.problems.check()
    pairs: list[tuple[Scenario, str | None]] = [
        (files[n], None) if n in files else (first, n) for n in chosen
    ]
    if others and len(others) == len(chosen):
        pairs.insert(0, (first, None))
    return pairs
