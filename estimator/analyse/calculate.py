"""The language as a calculator: one formula at a time, with names given before."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from estimator.diagnostics import InputError, Problems, Text, did_you_mean
from estimator.evaluate import in_named_unit
from estimator.evaluate.shown import units_in
from estimator.formula.dimensions import typecheck
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.functions import FUNCTIONS
from estimator.formula.locate import locate
from estimator.formula.parse import parse
from estimator.formula.ranges import refuse_ranges
from estimator.formula.tree import Chain, Literal, Name, Node, Number, rebuilt
from estimator.model import BASE, base_rate, base_rates, check_name
from estimator.units import CONDITION, Calendar, Dimension, unit_table, write
from estimator.units.like import write_like

_ASSIGNED = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*=(?![=<>])\s*(.*)", re.DOTALL)


class Answer(NamedTuple):
    """The result of a formula.

    Attributes:
        formula: The formula, as it was written.
        name: The name that the result is kept under; empty for none.
        value: In base units; 1 for a condition that holds, 0 for one that does not.
        dimension: What it measures.
        text: For people.
    """

    formula: str
    name: str
    value: float
    dimension: Dimension
    text: str


@dataclass
class Calculator:
    """Computes formulas, and keeps what is given a name.

    Attributes:
        calendar: How long days, months and years are.
        values: The value of each name, in base units.
        dimensions: What each measures.
    """

    calendar: Calendar = field(default_factory=Calendar)
    values: dict[str, float] = field(default_factory=dict)
    dimensions: dict[str, Dimension] = field(default_factory=dict)

    def answer(self, line: Text) -> Answer:
        """Return the result of a formula; `name = formula` keeps it under that name.

        Raises:
            InputError: Where it is wrong.
        """
        found = _ASSIGNED.fullmatch(line.value)
        name, formula = "", line
        problems = Problems()
        if found is not None:
            name, place = found.group(1), line.at(*found.span(2))
            formula = Text(found.group(2), place, place.start)
            check_name(name, line.at(*found.span(1)), problems, dotted=True)
            problems.check()
        try:
            value, dimension, tree = self._computed(formula)
        except FormulaError as error:
            raise InputError([error.located(formula)]) from None
        if dimension == CONDITION:
            return Answer(formula.value, "", value, dimension, "true" if value else "false")
        if name:
            self.values[name], self.dimensions[name] = value, dimension
        shown = in_named_unit(value, tree, formula, self.calendar)
        if shown is None and not isinstance(tree, Number | Literal):
            units = units_in(tree, dimension, {})
            shown = write_like(value, units, self.calendar) if units else None
        text = shown or write(value, dimension, calendar=self.calendar)
        return Answer(formula.value, name, value, dimension, text)

    def _computed(self, formula: Text) -> tuple[float, Dimension, Node]:
        tree, dimension = self._settled(formula)
        fault = locate(tree, self.calendar, self.values)
        if fault is not None:
            raise fault
        return float(computed(tree, self.calendar, self.values)), dimension, tree

    def _settled(self, formula: Text) -> tuple[Node, Dimension]:
        tree = self._without_nouns(parse(formula.value))
        try:
            refuse_ranges(tree)
        except FormulaError as error:
            error.message = "the calculator computes single values, and this is a range"
            error.help = "put the formula under `derive:` in a file, and use `estimator run`"
            raise
        return typecheck(tree, self._dimension, None)

    def _without_nouns(self, tree: Node) -> Node:
        """Return the tree with a noun below a fraction, as in `$5/user`, counted as one."""
        made = rebuilt(tree, self._without_nouns)
        if not isinstance(made, Chain):
            return made
        rest = tuple((op, self._one(t) if op == "/" else t) for op, t in made.rest)
        return made._replace(rest=rest)

    def _one(self, node: Node) -> Node:
        if not isinstance(node, Name) or node.path in self.dimensions:
            return node
        return node if unit_table().noun(node.path) is None else Number(1.0, node.span)

    def _dimension(self, name: Name) -> Dimension:
        if name.path in self.dimensions:
            return self.dimensions[name.path]
        rate = base_rate(name.path)
        if rate is not None:
            tree, _ = typecheck(parse(rate.text.value), self._dimension, rate.dimension)
            self.values[name.path] = float(computed(tree, self.calendar))
            self.dimensions[name.path] = rate.dimension
            return rate.dimension
        known = [*self.dimensions, *(base_rates() if name.path.startswith(BASE) else ())]
        near = did_you_mean(name.path, known) or did_you_mean(name.path, unit_table().units)
        if near is None and name.path in FUNCTIONS:
            near = f"it is a function: `{FUNCTIONS[name.path].signature}`"
        raise FormulaError("E014", f"there is nothing named `{name.path}`", name.span, help=near)
