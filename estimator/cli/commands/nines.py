"""`estimator nines`: the downtime of each nine, and what each would cost in a scenario."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import actions, scenarios
from estimator.cli.options import argument, format_option, option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.render.nines import Nines
    from estimator.units import Calendar

_SHARE = re.compile(r"[\d.]+\s*%?")
_SHOWN = (0.9, 0.99, 0.997, 0.999, 0.9995, 0.9999, 0.99999, 0.999999)


def nines(
    scenario: Annotated[
        str | None,
        argument(
            "[SCENARIO|SHARE]",
            "A scenario as for run, or an availability such as 99.95%.",
            offers=scenarios,
        ),
    ] = None,
    for_: Annotated[
        list[str] | None,
        option(
            "ACTION",
            "An action that has to work, instead of those of the objective; may be repeated.",
            "--for",
            offers=actions,
        ),
    ] = None,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    year: Annotated[
        str,
        option("TIME", "The length of a year, in the table without a scenario.", show_default=True),
    ] = "365 days",
    format_: Annotated[str, format_option("nines", "the availabilities")] = "text",
    schema_version: options.SchemaVersion = None,
    color: options.Colored = Color.auto,
) -> int:
    """Show the downtime of each nine, or what each nine costs.

    With a share such as 99.95%, shows the downtime that it allows.

    For a scenario, adds nodes and copies until the system reaches 99%, 99.9% and so on; where it
    cannot, the row says what limits it.
    """
    from estimator.render.nines import Nines

    call = Call("nines", color, format_, schema_version=schema_version)
    found = Nines()
    with call:
        if scenario is None or (_SHARE.fullmatch(scenario) and not Path(scenario).exists()):
            found = Nines(_calendar(year), [_share(scenario)] if scenario else _SHOWN)
        else:
            found = _levels(call, scenario, for_ or [], set_, variant)
    call.problems.sort()
    return call.end(found._replace(diagnostics=call.problems.found))


def _calendar(year: str) -> Calendar:
    """Return a calendar with years of that length.

    Raises:
        InputError: It is no time above zero.
    """
    from estimator.diagnostics import InputError, Text, refusal
    from estimator.formula.dimensions import typecheck
    from estimator.formula.emit import computed
    from estimator.formula.fault import FormulaError
    from estimator.formula.parse import parse
    from estimator.units import PLAIN, TIME, Calendar

    text = Text.of("--year", year)
    try:
        tree, _ = typecheck(parse(text.value), lambda _: PLAIN, TIME)
        length = float(computed(tree, Calendar()))
    except FormulaError as error:
        raise InputError([error.located(text)]) from None
    except (ArithmeticError, ValueError, NameError):
        length = 0.0
    if length <= 0:
        raise refusal("E024", "`--year` is a time above zero", text.place)
    return Calendar.of(None, None, length)


def _share(share: str) -> float:
    """Return the share that a word says; of `99.95` and `3` it is said how they are written.

    Raises:
        InputError: It is no share below 100%.
    """
    from estimator.diagnostics import Text, refusal

    digits = share.rstrip("% ")
    value = float(digits) if digits.count(".") <= 1 and digits != "." else 100.0
    if share.endswith("%"):
        value /= 100
    if 0.0 <= value < 1.0:
        return value
    nines = value == round(value) and 2 <= value <= 9
    meant = f"99.{'9' * (round(value) - 2)}".rstrip(".") if nines else digits
    right = nines or 50 <= value < 100
    help_ = f"write `estimator nines {meant}%`" if right else "such as `99.95%`"
    place = Text.of("nines", share).place
    raise refusal("E024", "an availability is a share below 100%", place, help=help_)


def _levels(
    call: Call, scenario: str, actions: list[str], set_: list[str] | None, variant: str | None
) -> Nines:
    """Return what each level of availability takes in a scenario."""
    from estimator.analyse import BuildOptions
    from estimator.analyse.nines import further_nines
    from estimator.render.nines import Nines

    built = BuildOptions(call.overrides(set_), call.variant(variant))
    found = further_nines(call.load(scenario), call.problems, built, actions)
    call.keep_errors()
    if found is None:
        return Nines()
    levels, calendar = found
    return Nines(calendar, levels=levels)
