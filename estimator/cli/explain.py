"""`estimator explain`: how quantities of a scenario came about, or what a rule means."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.candidates import quantities, scenarios_and_codes
from estimator.cli.options import Colored, Napkin, Settings, Variant
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.analyse import Estimate
    from estimator.diagnostics import Problems

_FIRST = (
    "nodes",
    "utilization",
    "cost.per_month",
    "latency.p99",
    "writes.average",
    "reads.average",
)
"""What people ask for first of an action or a component."""
_CODE = re.compile(r"[EFW]\d{1,4}", re.IGNORECASE)


class Format(StrEnum):
    """How derivations are written."""

    text = "text"
    json = "json"
    markdown = "markdown"
    mermaid = "mermaid"


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="SCENARIO|CODE",
            help="A scenario as for run, or a code such as E012.",
            show_default=False,
            autocompletion=scenarios_and_codes,
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME...]",
            help="The quantities to explain; the headlines without one.",
            show_default=False,
            autocompletion=quantities,
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="How many formulas deep to go; down to the inputs where names are given, else 0.",
            show_default=False,
        ),
    ] = None,
    set_: Settings = None,
    variant: Variant = None,
    napkin: Napkin = False,
    format_: Annotated[
        Format, typer.Option("--format", help="How to write the derivations.")
    ] = Format.text,
    color: Colored = Color.auto,
) -> int:
    """Show how quantities came about: formula, values, and each step down to the inputs.

    Each input has its line in the file, each default its reason. With a code such as E012: what
    the rule means, with a wrong and a right example.
    """
    from estimator.cli.scenarios import read_scenario, read_settings
    from estimator.cli.terminal import complain
    from estimator.diagnostics import Problems, Text

    if _CODE.fullmatch(what) and not names:
        return _rule(what, color)
    from estimator.analyse import estimated

    problems = Problems()
    overrides = read_settings(set_ or [], problems)
    loaded = None if problems.errors else read_scenario(what, problems)
    chosen = None if variant is None else Text.of("--variant", variant)
    found = loaded and estimated(
        loaded, problems, overrides=overrides, variant=chosen, napkin=napkin
    )
    if found:
        _show(found, names or [], depth, format_, problems)
    problems.found[:] = problems.errors  # what `run` warns of is not asked here
    if problems.found:
        problems.sort()
        complain(problems.found, color)
    return 2 if problems.errors else 0


def _rule(code: str, color: Color) -> int:
    from estimator.cli.terminal import complain, put
    from estimator.diagnostics import Problems, did_you_mean
    from estimator.diagnostics.rules import rules
    from estimator.render.rules import rule_text

    known = rules()
    rule = known.get(code.upper())
    if rule is None:
        problems = Problems()
        problems.add(
            "E033",
            f"there is no rule `{code}`",
            help=did_you_mean(code.upper(), known) or f"codes go from {min(known)} to {max(known)}",
        )
        complain(problems.found, color)
        return 2
    put(rule_text(rule))
    return 0


def _show(
    found: Estimate, names: list[str], depth: int | None, format_: Format, problems: Problems
) -> None:
    from estimator.analyse.explain import derivations, headlines
    from estimator.cli.terminal import WIDE, put, put_text, width
    from estimator.diagnostics import did_you_mean, short
    from estimator.render.explain import to_json, to_markdown, to_mermaid, to_text

    known = found.report.values
    for name in names:
        if name not in known:
            heads = [*headlines(found.report), *(f"{name}.{end}" for end in _FIRST)]
            inside = [n for n in known if n.startswith(f"{name}.")]
            inside.sort(key=lambda n: heads.index(n) if n in heads else len(heads) + n.count("."))
            near = "write it whole: " + ", ".join(inside[:4]) if inside else None
            problems.add(
                "E014",
                f"there is nothing named `{short(name)}` to explain",
                help=near or did_you_mean(name, known),
            )
    if problems.errors:
        return
    if depth is None and not names:
        depth = 0
    if depth is not None and format_ is Format.mermaid:
        depth += 1  # the names in a formula, which a text shows, are boxes of their own
    made = derivations(found.model, found.report, names or headlines(found.report), depth)
    if format_ is Format.json:
        put(to_json(found.report.file, made))
    elif format_ is Format.markdown:
        put(to_markdown(made))
    elif format_ is Format.mermaid:
        put(to_mermaid(made))
    else:
        columns = width(sys.stdout)
        put_text(to_text(made, columns if columns < WIDE else None))
