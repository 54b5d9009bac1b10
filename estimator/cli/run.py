"""`estimator run`: scenarios to tables, JSON, CSV or Markdown."""

from __future__ import annotations

import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.options import (
    Colored,
    Draws,
    Drivers,
    Napkin,
    Output,
    Scenarios,
    Seed,
    Settings,
    Sobol,
    Tornado,
    Variant,
    format_for,
)
from estimator.cli.terminal import Color
from estimator.formula.sampling import COUNT, SEED

if TYPE_CHECKING:
    from estimator.diagnostics import Diagnostic, Problems
    from estimator.evaluate import Asked, Report


class Format(StrEnum):
    """How results are written."""

    table = "table"
    json = "json"
    csv = "csv"
    markdown = "markdown"


def run(
    scenarios: Scenarios,
    set_: Settings = None,
    variant: Variant = None,
    napkin: Napkin = False,
    draws: Draws = COUNT,
    seed: Seed = SEED,
    drivers: Drivers = None,
    tornado: Tornado = None,
    sobol: Sobol = None,
    format_: Annotated[
        Format | None,
        typer.Option(
            "--format",
            help="How to write the results; table unless --output has another ending.",
            show_default=False,
        ),
    ] = None,
    output: Output = None,
    watch: Annotated[
        bool,
        typer.Option(
            "--watch",
            help="Compute again whenever a file is saved, and mark what changed; Ctrl-C ends.",
        ),
    ] = False,
    color: Colored = Color.auto,
) -> int:
    """Compute scenarios and show the results.

    Traffic, storage, components, totals, what was assumed, and whether expectations hold. The
    exit code is 0 if all is well, 1 if an expectation fails, 2 if the input is wrong.
    """
    from estimator.cli.scenarios import computed, find_scenario, read_settings
    from estimator.cli.terminal import complain, note, progress
    from estimator.diagnostics import InputError, Problems, Text
    from estimator.evaluate import Asked
    from estimator.files.write import write_whole

    problems = Problems()
    overrides = read_settings(set_ or [], problems)
    if output is not None and str(output) == "-":
        output = None  # standard output, as `-` is standard input
    chosen_format = format_for(format_, output, Format, problems)
    if chosen_format is None:
        complain(problems.found, color)
        return 2
    format_ = chosen_format
    if scenarios.count("-") > 1:
        problems.add("E001", "standard input can be read only once")
    chosen = None if variant is None else Text.of("--variant", variant)
    if watch:
        _check_watched(scenarios, format_, output, problems)
    names = [] if problems.errors else scenarios
    files = [file for file in (find_scenario(n, problems) for n in names) if file is not None]
    everything = format_ in (Format.json, Format.csv)
    asked = Asked(
        draws,
        seed,
        everything,
        tuple(drivers or ()),
        progress(),
        tuple(tornado or ()),
        tuple(sobol or ()),
    )
    compute = partial(computed, overrides=overrides, variant=chosen, napkin=napkin, asked=asked)
    if watch and not problems.errors:
        from estimator.cli.watch import watch_files

        watch_files(files, compute, color)
        return 0
    reports = [done.report for done in compute(files, problems) if done.report is not None]
    for report in reports:
        _check_names(asked, report, problems)
    problems.sort()
    found = problems.found
    try:
        text = _written(reports, found, format_, color, to_file=output is not None)
        if output is not None and text is not None and (reports or format_ is Format.json):
            write_whole(output, text, [file.path for file in files])
    except InputError as error:
        found.extend(error.diagnostics)
    if found:
        if sys.stderr.isatty() and reports and output is None:
            note()  # a line between the tables and what is wrong
        complain(found, color)
    if problems.errors:
        return 2
    outcomes = [o for report in reports for o in report.expectations]
    failed = sum(o.status == "fail" for o in outcomes)
    if failed:
        note(f"{failed} of {len(outcomes)} expectations fail.")
    return 1 if failed else 0


def _check_watched(
    scenarios: list[str], format_: Format, output: Path | None, problems: Problems
) -> None:
    """Refuse what makes no sense with `--watch`."""
    if "-" in scenarios:
        problems.add("E034", "`--watch` needs files, and `-` is standard input")
    if format_ is not Format.table or output is not None:
        other = "--output" if output is not None else f"--format {format_}"
        problems.add(
            "E034",
            f"`--watch` shows tables again and again, which does not go with `{other}`",
            help="leave out one of the two",
        )


def _check_names(asked: Asked, report: Report, problems: Problems) -> None:
    """What drives a quantity can be told only of one that there is, and that spreads."""
    from estimator.diagnostics import did_you_mean, short

    found = report.uncertainty
    told = [
        (asked.drivers, set(found.spreads) if found else set()),
        (asked.tornado, {tornado.name for tornado in found.tornadoes} if found else set()),
        (asked.sobol, {indices.name for indices in found.sobol} if found else set()),
    ]
    for name in dict.fromkeys((*asked.drivers, *asked.tornado, *asked.sobol)):
        if name not in report.values:
            near = did_you_mean(name, report.values)
            problems.add("E014", f"there is nothing named `{short(name)}`", help=near)
        elif any(name in names and name not in known for names, known in told):
            problems.add("W107", f"no range moves `{name}`, so that nothing drives it")


def _written(
    reports: list[Report], found: list[Diagnostic], format_: Format, color: Color, *, to_file: bool
) -> str | None:
    """The results as text for a file, or None once they are printed."""
    from estimator.cli import terminal

    if format_ is Format.table:
        return _drawn(reports, color, to_file=to_file)
    if format_ is Format.json:
        from estimator.render.json import to_json

        text = to_json(reports, found)
    elif format_ is Format.csv:
        from estimator.render.csv import to_csv

        text = to_csv(reports)
    else:
        from estimator.render.markdown import to_markdown

        text = to_markdown(reports)
    if to_file:
        return text
    terminal.put(text)
    return None


def _drawn(reports: list[Report], color: Color, *, to_file: bool) -> str | None:
    """Tables: by rich for a terminal or where colours are wanted, else as they are."""
    from estimator.cli import terminal

    ascii_ = not to_file and terminal.is_ascii(sys.stdout)
    if color is not Color.always and (to_file or not sys.stdout.isatty()):
        from estimator.render.plain import to_text

        text = to_text(reports, ascii=ascii_)
        if to_file:
            return text
        terminal.put(text)
        return None
    from estimator.render.table import draw

    if to_file:
        console, out = terminal.captured(color)
        draw(reports, console, ascii=False)
        return terminal.trimmed(out.getvalue())
    terminal.put_drawn(lambda console: draw(reports, console, ascii=ascii_), color)
    return None
