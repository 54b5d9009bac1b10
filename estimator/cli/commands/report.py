"""`estimator report`: scenarios as a page to show around."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.options import (
    COUNT,
    SEED,
    Colored,
    Napkin,
    Output,
    Overrides,
    Samples,
    Scenarios,
    Seed,
    UncertainDefaults,
    Variants,
    format_option,
)
from estimator.cli.terminal import Color
from estimator.render.report import Reported

if TYPE_CHECKING:
    from estimator.api.dossier import Dossier


_PAGE = "report.html"
_MISMATCHED = {
    True: ("a page is no plot", "leave out `--plot`, or write `--format svg`"),
    False: ("a picture is of one plot", "add `--plot cost`, or leave out `--format`"),
}
"""What is wrong where a plot is named and a page is written, and the other way round."""


def _file_name(plot: str) -> str:
    """Return the name of a plot without what names of files cannot have."""
    return re.sub(r"[^\w.-]", "_", plot)


def report(
    scenarios: Scenarios,
    set_: Overrides = None,
    variant: Variants = None,
    napkin: Napkin = False,
    samples: Samples = COUNT,
    seed: Seed = SEED,
    uncertain_defaults: UncertainDefaults = False,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUES",
            help="Show the scenario at many values of an input, as `sweep` does; may be repeated.",
            show_default=False,
        ),
    ] = None,
    plot: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="Write one plot instead, as SVG or PNG, such as cost or system.",
            show_default=False,
        ),
    ] = "",
    format_: Annotated[str | None, format_option("report", "the page", by_ending=True)] = None,
    output: Output = None,
    color: Colored = Color.auto,
) -> int:
    """Write a report for others: a page in one file.

    Shows the answer first, then the system, its requirements, storage, components, designs, growth
    and ranges; each number opens how it came about. The exit code is that of `run`.
    """
    from estimator.api import load
    from estimator.api.dossier import dossier
    from estimator.cli.terminal import note, progress

    given = output
    if output is None:
        output = Path(f"{_file_name(plot)}.{format_ or 'svg'}" if plot else _PAGE)
    call = Call("report", color, format_, output)
    if call.is_written and bool(plot) != (call.format != "html"):
        call.refuse(*_MISMATCHED[bool(plot)])
    overrides = call.overrides(set_)
    chosen = [call.variant(name) for name in dict.fromkeys(variant or [])] or [None]
    found: list[Dossier] = []
    files = call.find(scenarios)
    for file in files:
        with call:
            loaded = load(file)
            for one in chosen:
                made = dossier(
                    loaded,
                    overrides=overrides,
                    variant=one,
                    napkin=napkin,
                    samples=samples,
                    seed=seed,
                    uncertain_defaults=uncertain_defaults,
                    over=over or (),
                    progress=progress(),
                )
                found.append(made)
                known = set(call.problems.found)
                call.problems.found += [d for d in made.diagnostics if d not in known]
    sources = [file.path for file in files]
    code = call.end(Reported(found, plot) if found else None, sources)
    if found and given is None and code == 0:
        note(f"{output} is written.")
    outcomes = [outcome for made in found for outcome in made.report.expectations]
    return code or int(any(outcome.status == "fail" for outcome in outcomes))
