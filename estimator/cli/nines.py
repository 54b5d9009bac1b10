"""`estimator nines`: the downtime of each nine, and what each would cost in a scenario."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.candidates import actions, scenarios
from estimator.cli.options import Colored, Settings, Variant
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.diagnostics import Problems
    from estimator.render.tables import Table


def nines(
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO|SHARE]",
            help="A scenario as for run, or an availability such as 99.95%.",
            show_default=False,
            autocompletion=scenarios,
        ),
    ] = None,
    for_: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar="ACTION",
            help="An action that should work, instead of those of the objective; may be repeated.",
            show_default=False,
            autocompletion=actions,
        ),
    ] = None,
    set_: Settings = None,
    variant: Variant = None,
    year: Annotated[
        str,
        typer.Option(metavar="TIME", help="How long a year is, in the table without a scenario."),
    ] = "365 days",
    color: Colored = Color.auto,
) -> int:
    """Show the downtime that each nine of availability allows, or what each costs in a scenario.

    With a share such as 99.95%: the downtime that it allows.

    For a scenario, nodes and copies are added until the system reaches 99%, 99.9% and so on;
    where it cannot, the row says what holds it back.
    """
    from estimator.cli.terminal import complain, show
    from estimator.diagnostics import Problems

    problems = Problems()
    is_share = scenario is not None and re.fullmatch(r"[\d.]+\s*%?", scenario) is not None
    table = (
        _downtimes(year, scenario, problems)
        if scenario is None or (is_share and not Path(scenario).exists())
        else _levels(scenario, for_ or [], set_ or [], variant, problems)
    )
    if table is not None:
        show([table], color)
    if problems.found:
        problems.sort()
        complain(problems.found, color)
    return 2 if problems.errors else 0


def _downtimes(year: str, share: str | None, problems: Problems) -> Table | None:
    from estimator.diagnostics import Text
    from estimator.formula.compile import computed
    from estimator.formula.dimensions import settle
    from estimator.formula.fault import FormulaError
    from estimator.formula.parse import parse
    from estimator.render.nines import nines_table
    from estimator.units import PLAIN, TIME, Calendar

    text = Text.of("--year", year)
    try:
        tree, _ = settle(parse(text.value), lambda _: PLAIN, TIME)
        length = float(computed(tree, str, Calendar()))
    except FormulaError as error:
        problems.found.append(error.located(text))
        return None
    except (ArithmeticError, ValueError, NameError):
        length = 0.0
    if length <= 0:
        problems.add("E024", "`--year` is a time above zero", text.place)
        return None
    calendar = Calendar.of(None, None, length)
    if share is None:
        return nines_table(calendar)
    availability = _availability(share, problems)
    return None if availability is None else nines_table(calendar, [availability])


def _availability(share: str, problems: Problems) -> float | None:
    """The share that a word says; `99.95` and `3` are told how they are written."""
    from estimator.diagnostics import Text

    digits = share.rstrip("% ")
    value = float(digits) if digits.count(".") <= 1 and digits != "." else 100.0
    if share.endswith("%"):
        value /= 100
    if 0.0 <= value < 1.0:
        return value
    nines = value == round(value) and 2 <= value <= 9
    meant = f"99.{'9' * (round(value) - 2)}".rstrip(".") if nines else digits
    right = nines or 50 <= value < 100
    problems.add(
        "E024",
        "an availability is a share below 100%",
        Text.of("nines", share).place,
        help=f"write `estimator nines {meant}%`" if right else "such as `99.95%`",
    )
    return None


def _levels(
    scenario: str, actions: list[str], set_: list[str], variant: str | None, problems: Problems
) -> Table | None:
    from estimator.analyse.nines import further_nines
    from estimator.cli.scenarios import read_scenario, read_settings
    from estimator.diagnostics import Text
    from estimator.render.nines import levels_table

    overrides = read_settings(set_, problems)
    loaded = None if problems.errors else read_scenario(scenario, problems)
    if loaded is None:
        return None
    chosen = None if variant is None else Text.of("--variant", variant)
    levels = further_nines(loaded, problems, actions=actions, overrides=overrides, variant=chosen)
    problems.found[:] = problems.errors  # what `run` warns of is not asked here
    return None if levels is None else levels_table(*levels)
