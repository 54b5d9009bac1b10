"""`estimator report`: scenarios as a page to show around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color
from estimator.render.report import Reported

if TYPE_CHECKING:
    from estimator.api.dossier import Dossier
    from estimator.diagnostics import Text
    from estimator.files.project import Input


_PAGE = "report.html"
_UNSAFE = r"[^\w.-]"  # in the name of a plot, what names of files cannot have
_MISMATCHED = {
    True: ("`--plot` writes a plot, not a page", "leave out `--plot`, or write `--format svg`"),
    False: (
        "a picture shows one plot: none is named",
        "add `--plot cost`, or leave out `--format`",
    ),
}
"""What is wrong where a plot is named and a page is written, and the other way round."""


def report(
    scenarios: options.Scenarios,
    set_: options.Overrides = None,
    variant: options.Variants = None,
    napkin: options.Napkin = False,
    samples: options.Samples = options.COUNT,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    over: Annotated[
        list[str] | None,
        option(
            "NAME=VALUES",
            "Show the scenario at many values of an input, as `sweep` does; may be repeated.",
        ),
    ] = None,
    plot: Annotated[
        str, option("NAME", "Write one plot instead, as SVG or PNG, such as cost or system.")
    ] = "",
    format_: Annotated[str | None, format_option("report", "the page", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    color: options.Colored = Color.auto,
) -> int:
    """Write a report for others: a page in one file.

    Shows the answer first, then the system, its requirements, storage, components, designs, growth
    and ranges; each number opens its derivation. The exit code is that of `run`.
    """
    from estimator.api.dossier import dossier
    from estimator.cli.terminal import note, progress

    if plot and format_ is None and str(output) == "-":
        format_ = "svg"
    to = output or _file_of(plot, format_)
    call = Call("report", color, format_, to, schema_version=schema_version)
    if call.is_written and bool(plot) != (call.format in ("svg", "png")):
        call.refuse(*_MISMATCHED[bool(plot)])
    make = partial(
        dossier,
        overrides=call.overrides(set_),
        napkin=napkin,
        samples=samples,
        seed=seed,
        uncertain_defaults=uncertain_defaults,
        over=over or (),
        progress=progress(),
    )
    files = call.find(scenarios)
    found = list(_made(call, files, call.variants(variant), make))
    code = call.end(Reported(found, plot) if found else None, [file.path for file in files])
    if found and output is None and call.output is not None and code == 0:
        note(f"wrote {to}")
    outcomes = [outcome for made in found for outcome in made.report.expectations]
    return code or int(any(outcome.status == "fail" for outcome in outcomes))


def _file_of(plot: str, format_: str | None) -> Path | None:
    """Return the file that is written unless one is named: JSON goes to standard output."""
    if format_ == "json":
        return None
    return Path(f"{re.sub(_UNSAFE, '_', plot)}.{format_ or 'svg'}" if plot else _PAGE)


def _made(
    call: Call,
    files: Iterable[Input],
    variants: Sequence[Text | None],
    make: Callable[..., Dossier],
) -> Iterator[Dossier]:
    """Yield what there is to show of each file and variant that can be computed."""
    from estimator.api import load

    for file in files:
        with call:
            loaded = load(file)
            for variant in variants:
                made = make(loaded, variant=variant)
                known = set(call.problems.found)
                call.problems.found += [d for d in made.diagnostics if d not in known]
                yield made
