"""Values in a unit that somebody names: `1/day`, `TiB`, `$/month`."""

from __future__ import annotations

import math
import re
from contextlib import suppress

from estimator.diagnostics import InputError, Text, did_you_mean, short
from estimator.formula.dimensions import fits, typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Chain, Literal, Name, Node, Number, Power, UnitRef, walk
from estimator.units import PLAIN, Calendar, Dimension, base_unit, describe, unit_table

_DOLLAR = re.compile(r"\$(?!\s*[\d.])")
_PER_CENT = re.compile(r"\A\s*%")


def in_unit(value: float, dimension: Dimension, unit: str, calendar: Calendar) -> float:
    """Return how many of a unit a value is.

    Args:
        value: In base units.
        dimension: What it measures.
        unit: The unit, as a formula has it behind `in`, with nouns, `$` and `%` besides.
        calendar: How long days, months and years are.

    Raises:
        InputError: There is no such unit, or it measures something else.
    """
    text = Text.of("unit", _PER_CENT.sub("1%", _DOLLAR.sub("USD", unit)))
    try:
        factor, measures = _factor(text.value, calendar)
        if not fits(dimension, measures):
            what = f"{describe(dimension)} cannot be shown in a unit of {describe(measures)}"
            help_ = f"write a unit such as `{base_unit(dimension)}`"
            raise FormulaError("E013", what, (0, len(text.value)), help=help_)
    except FormulaError as error:
        raise InputError([error.located(text)]) from None
    return value / factor


def _factor(unit: str, calendar: Calendar) -> tuple[float, Dimension]:
    """Return how many base units a unit is, and what it measures."""
    tree, measures = typecheck(parse(unit), _noun, None)
    factor = 0.0
    if all(map(_is_of_a_unit, walk(tree))):
        nouns = {node.path: 1.0 for node in walk(tree) if isinstance(node, Name)}
        with suppress(ArithmeticError, ValueError):
            factor = float(computed(tree, calendar, nouns))
    if not 0.0 < factor < math.inf:
        help_ = "write a unit such as `1/day`, `GB/s` or `USD/month`"
        raise FormulaError("E013", f"`{short(unit)}` is not a unit", (0, len(unit)), help=help_)
    return factor, measures


def _is_of_a_unit(node: Node) -> bool:
    if isinstance(node, Chain):
        return node.rest[0][0] in "*/"
    return isinstance(node, Number | UnitRef | Literal | Name | Power)


def _noun(name: Name) -> Dimension:
    table = unit_table()
    if table.noun(name.path) is not None:
        return PLAIN
    near = did_you_mean(name.path, (*table.units, *table.nouns))
    raise FormulaError("E016", f"there is no unit `{short(name.path)}`", name.span, help=near)
