"""`estimator explain`: what the code of a rule means."""

from __future__ import annotations

from typing import Annotated

import typer

from estimator.cli.terminal import Color


def explain(
    code: Annotated[
        str, typer.Argument(metavar="CODE", help="A code such as E012.", show_default=False)
    ],
    color: Annotated[Color, typer.Option(help="When to colour.")] = Color.auto,
) -> int:
    """Tell what a rule means, with a wrong and a right example."""
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
