"""`estimator run`: scenarios to tables, JSON, CSV or Markdown."""

# Without postponed annotations: typer evaluates those of a command twice, as it begins.

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.options import format_option, option
from estimator.cli.terminal import Color
from estimator.render.run import TABLES, Estimates, Shown

if TYPE_CHECKING:
    from estimator.api import Report


def run(
    scenarios: options.Scenarios,
    set_: options.Overrides = None,
    variant: options.Variants = None,
    napkin: options.Napkin = False,
    samples: options.Samples = options.COUNT,
    seed: options.Seed = options.SEED,
    uncertain_defaults: options.UncertainDefaults = False,
    drivers: options.Drivers = None,
    tornado: options.Tornado = None,
    sobol: options.Sobol = None,
    show: Annotated[
        str | None,
        option(
            "TABLES",
            f"Show only these tables, such as `cost,latency`; there are {', '.join(TABLES)}.",
            offers=lambda incomplete: [t for t in TABLES if t.startswith(incomplete)],
        ),
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Show everything.")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show only the first lines, the summary.")
    ] = False,
    format_: Annotated[str | None, format_option("run", "the results", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Run again whenever a file is saved, and mark what changed; Ctrl-C ends.",
        ),
    ] = False,
    color: options.Colored = Color.auto,
) -> int:
    """Estimate scenarios: load, storage, servers, cost, latency.

    Shows a summary of eight lines, then requirements, storage and components, and what to measure
    first. The exit code is 0 if all is well, 1 if an expectation fails, 2 if the input is wrong.
    """
    from estimator.api import estimate
    from estimator.cli.estimates import computed
    from estimator.cli.terminal import progress

    call = Call("run", color, format_, output, schema_version=schema_version)
    overrides = call.overrides(set_)
    shown = _shown(call, show, all_=all_, quiet=quiet)
    if drivers or tornado or sobol:
        shown = shown._replace(also=("uncertainty",))
    if watch:
        _check_watched(call, scenarios, variant or [])
    files = call.find(scenarios)
    compute = partial(
        estimate,
        overrides=overrides,
        napkin=napkin,
        samples=samples,
        seed=seed,
        uncertain_defaults=uncertain_defaults,
        spreads=call.format in ("json", "csv"),
        drivers=drivers or (),
        tornado=tornado or (),
        sobol=sobol or (),
        progress=progress(),
    )
    computes = [partial(compute, variant=chosen) for chosen in call.variants(variant)]
    if watch and not call.problems.errors:
        from estimator.cli.watch import watch_files

        watch_files(files, computes[0], shown, color)
        return 0
    done = computed(files, computes, call.problems)
    reports = [one.report for one in done if one.report is not None]
    result = Estimates(reports, call.problems.found, shown=shown)
    is_empty = not reports and call.output is not None and call.format != "json"
    sources = [file.path for file in files]
    code = call.end(None if is_empty else result, sources, spaced=bool(reports))
    return code or _failing(reports)


def _shown(call: Call, show: str | None, *, all_: bool, quiet: bool) -> Shown:
    """Return how much to show; options that exclude each other, and unknown tables, are refused."""
    from estimator.diagnostics import did_you_mean

    given = [n for n, g in (("--show", show is not None), ("--all", all_), ("--quiet", quiet)) if g]
    if len(given) > 1:
        call.refuse(f"`{given[0]}` and `{given[1]}` exclude each other", "leave out one of the two")
    if all_:
        return Shown(TABLES)
    if show is None:
        return Shown(quiet=quiet)
    names = [name.strip() for name in show.split(",") if name.strip()]
    for name in names:
        if name not in (*TABLES, "summary"):
            near = did_you_mean(name, TABLES) or f"the tables are summary, {', '.join(TABLES)}"
            near = "write `--all`" if name in ("all", "everything", "full", "*") else near
            call.refuse(f"there is no table `{name}`", near)
    tables = tuple(name for name in names if name != "summary")
    return Shown(tables=tables, lines="summary" in names)


def _check_watched(call: Call, scenarios: list[str], variants: list[str]) -> None:
    """Refuse what makes no sense with `--watch`."""
    if len(variants) > 1:
        call.refuse("`--watch` shows one variant", "leave out the others")
    if "-" in scenarios:
        call.refuse("`--watch` needs files, and `-` is standard input")
    if call.format != "table" or call.output is not None:
        other = "--output" if call.output is not None else f"--format {call.format}"
        message = f"`--watch` refreshes tables, and cannot be combined with `{other}`"
        call.refuse(message, "leave out one of the two")


def _failing(reports: "list[Report]") -> int:
    """Say how many expectations fail, and return the exit code: 1 if any does."""
    from estimator.cli.terminal import note

    outcomes = [outcome for report in reports for outcome in report.expectations]
    failed = sum(outcome.status == "fail" for outcome in outcomes)
    if failed:
        note(f"{failed} of {len(outcomes)} expectations fail.")
    return 1 if failed else 0
