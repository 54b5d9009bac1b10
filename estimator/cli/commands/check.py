"""`estimator check`: whether estimates hold what they promise, as a gate in CI."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import paths as path_names
from estimator.cli.options import argument, format_option, option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.api.checking import CheckRequest, CheckRun
    from estimator.cli.github import GitHub


def check(
    paths: Annotated[
        list[str] | None,
        argument(
            "[PATH...]",
            "Files, folders, patterns, names in scenarios/, or - for standard input."
            " [default: scenarios/]",
            offers=path_names,
        ),
    ] = None,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    samples: options.MaybeSamples = None,
    seed: options.MaybeSeed = None,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str | None, format_option("check", "the findings", by_ending=True)] = None,
    schema_version: options.SchemaVersion = None,
    output: options.Output = None,
    baseline: Annotated[
        Path | None,
        option(
            "FILE",
            "The baseline to compare with. [default: from the settings, or the nearest]",
            offers=path_names,
        ),
    ] = None,
    update_baseline: Annotated[
        bool,
        typer.Option(
            "--update-baseline", help="Write the current values as the baseline, for review."
        ),
    ] = False,
    accept_version: Annotated[
        bool,
        typer.Option(
            "--accept-version",
            help="Update only the values that moved because of a newer estimator.",
        ),
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Pass if there is nothing to check.")
    ] = False,
    allow_undecided: Annotated[
        bool,
        typer.Option(
            "--allow-undecided", help="Pass expectations that depend on unknown values, `?`."
        ),
    ] = False,
    isolated: options.Isolated = False,
    jobs: Annotated[
        int | None,
        option("N", "How many processes to use. [default: one for each processor]", min=0, max=256),
    ] = None,
    cached: Annotated[
        bool | None,
        typer.Option(
            "--cache/--no-cache",
            help="Use or ignore the cache of earlier checks, in your own cache folder."
            " [default: use it, except in CI]",
            show_default=False,
        ),
    ] = None,
    color: options.Colored = Color.auto,
) -> int:
    """Check that scenarios are valid and meet their expectations.

    Reports everything that is wrong in all files in one run, and compares with the baseline if
    there is one. The exit code is 0 if all is well, 1 if an expectation fails or a value moved
    beyond its tolerance, 2 if the input or the call is wrong.
    """
    from estimator.api import project_settings
    from estimator.api.checking import CheckRequest, prepared_run, refused_run
    from estimator.cli.files import called, scenario_files
    from estimator.cli.terminal import complain

    call = Call("check", color, format_, output, schema_version=schema_version)
    settings = project_settings(call.problems, isolated=isolated)
    request = CheckRequest(
        overrides=call.overrides(set_),
        variant=call.variant(variant),
        samples=samples,
        seed=seed,
        uncertain_defaults=uncertain_defaults,
        jobs=jobs,
        cached=cached,
        baseline=baseline,
        update_baseline=update_baseline,
        accept_version=accept_version,
        allow_empty=allow_empty,
        allow_undecided=allow_undecided,
    )
    _refuse_contradictions(call, request, paths or [])
    if call.problems.errors:
        complain(call.problems.found, color)
        if call.is_written and (not call.is_page or call.output is not None):
            _write(call, refused_run(settings, call.problems))  # whoever reads it finds it, too
        return 2
    words, exclude = called(paths or [], settings)
    folders = [w.path for w in words if os.path.isdir(w.path)]  # noqa: PTH112 - never raises
    found = scenario_files(
        words, call.problems, follows=True, exclude=exclude, may_be_none=allow_empty
    )
    files = list(found) if words else []
    run = prepared_run(files, folders, request, settings=settings, problems=call.problems)
    if not _write(call, run):
        return 2
    keeps = update_baseline or (accept_version and run.baseline is not None)
    return run.tally.code if not keeps or _write_baseline(call, run) else 2


def _refuse_contradictions(call: Call, request: CheckRequest, paths: list[str]) -> None:
    """Refuse options that do not go together, and to read standard input twice."""
    if request.update_baseline and request.accept_version:
        message = "`--update-baseline` writes everything, and `--accept-version` only a part of it"
        call.refuse(message, "leave out one of the two")
    if request.writes_baseline and (request.overrides or request.variant is not None):
        message = "a baseline is of the files as they are, not with `--set` or `--variant`"
        call.refuse(message, "leave out one of the two")
    if paths.count("-") > 1:
        call.problems.add("E001", "standard input can be read only once")


def _write(call: Call, run: CheckRun) -> bool:
    """Write what is found, as it comes; give whether that went well."""
    from estimator.cli.terminal import complain, note
    from estimator.diagnostics import InputError
    from estimator.render.check import Findings
    from estimator.render.located import checkout

    for line in run.notes:
        note(line)
    results = run.results()
    github = _github(call, run)
    if github is not None:
        results = github.gather(results)
    findings = Findings(results, run.tally, checkout(os.environ))
    try:
        call.write(findings, [input_.path for input_, _ in run.files])
    except InputError as error:
        complain(error.diagnostics, call.color)
        return False
    if github is not None:
        github.finish()
    if call.output is not None or not call.is_page:
        note(f"{run.tally.words}.")
    return True


def _github(call: Call, run: CheckRun) -> GitHub | None:
    """Return what writes annotations and the summary of a step, where GitHub runs this."""
    if os.environ.get("GITHUB_ACTIONS") != "true" or not (call.is_page or call.format == "github"):
        return None
    from estimator.cli.github import GitHub

    return GitHub(run.tally, annotates=call.is_page)


def _write_baseline(call: Call, run: CheckRun) -> bool:
    """Write the baseline, and say what became of it; give whether that went well."""
    from estimator.cli.terminal import complain, note
    from estimator.diagnostics import InputError

    try:
        note(run.write_baseline())
    except InputError as error:
        complain(error.diagnostics, call.color)
        return False
    return True
