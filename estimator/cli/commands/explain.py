"""`estimator explain`: how quantities of a scenario came about, or what a rule means."""

from __future__ import annotations

import re
from typing import Annotated

from estimator.cli import options
from estimator.cli.call import Call
from estimator.cli.candidates import quantities, scenarios_and_codes
from estimator.cli.options import argument, format_option, option
from estimator.cli.terminal import Color
from estimator.render.registry import formats

_MOST = 15  # formulas that fit on a screen
_CODE = re.compile(r"[EFW]\d{1,4}", re.IGNORECASE)


def explain(
    what: Annotated[
        str,
        argument(
            "SCENARIO|CODE",
            "A scenario as for run, or a code such as E012.",
            offers=scenarios_and_codes,
        ),
    ],
    names: Annotated[
        list[str] | None,
        argument(
            "[NAME...]", "The quantities to explain. [default: the main results]", offers=quantities
        ),
    ] = None,
    depth: Annotated[
        int | None,
        option(
            "N",
            "How many formulas deep to go."
            " [default: as many as fit on a screen; of the main results 0]",
            min=0,
        ),
    ] = None,
    set_: options.Overrides = None,
    variant: options.Variant = None,
    napkin: options.Napkin = False,
    uncertain_defaults: options.UncertainDefaults = False,
    format_: Annotated[str, format_option("explain", "the derivations")] = "text",
    schema_version: options.SchemaVersion = None,
    color: options.Colored = Color.auto,
) -> int:
    """Show where a number comes from, or what an error code means.

    Shows the formula, the values in it, and each step down to the inputs: each input with its line
    in the file, each default with its source. With a code such as E012, explains the rule with a
    wrong and a right example.
    """
    if _CODE.fullmatch(what) and not names:
        return _rule(what, format_, schema_version, color)
    from estimator.api import estimate
    from estimator.api import explain as explained

    call = Call("explain", color, format_, schema_version=schema_version)
    explanation = None
    with call:
        overrides, chosen = call.overrides(set_), call.variant(variant)
        found = estimate(
            call.load(what),
            overrides=overrides,
            variant=chosen,
            napkin=napkin,
            uncertain_defaults=uncertain_defaults,
        )
        if depth is None and not names:
            depth = 0
        if depth is not None and format_ == "mermaid":
            depth += 1  # the names in a formula, which a text shows, are boxes of their own
        most = _MOST if format_ == "text" else None
        explanation = explained(found, names or (), depth, most)
    call.keep_errors()
    return call.end(explanation)


def _rule(code: str, format_: str, schema_version: int | None, color: Color) -> int:
    from estimator.diagnostics import did_you_mean
    from estimator.diagnostics.rules import rules

    if format_ not in formats("rule"):
        call = Call("rule", color)
        call.refuse(
            f"a rule has no `--format {format_}`", f"there are {', '.join(formats('rule'))}"
        )
        return call.end()
    call = Call("rule", color, format_, schema_version=schema_version)
    known = rules()
    rule = known.get(code.upper())
    if rule is None:
        near = did_you_mean(code.upper(), known)
        help_ = near or f"codes go from {min(known)} to {max(known)}"
        call.problems.add("E033", f"there is no rule `{code}`", help=help_)
    return call.end(rule)
