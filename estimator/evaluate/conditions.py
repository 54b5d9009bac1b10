"""Expectations and checks: whether they hold, and what to say of them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from estimator.diagnostics import Problems
from estimator.evaluate.program import step_of_formula, value_of, value_of_step
from estimator.evaluate.report import Outcome
from estimator.evaluate.shown import as_written, in_named_unit, units_in, written
from estimator.formula import numeric
from estimator.formula.fault import FormulaError
from estimator.formula.locate import locate
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import (
    Compare,
    Convert,
    Literal,
    Logic,
    Name,
    Node,
    Number,
    names_in,
    walk,
)
from estimator.model import Concern, Expectation, Model
from estimator.model.bound_of import UNKNOWN, bound_of
from estimator.units import PLAIN, Calendar, apart, write
from estimator.units.like import Units, is_decimal, write_like


class KnownValues(NamedTuple):
    """The values of a model, for formulas that are not part of its graph."""

    calendar: Calendar
    values: Mapping[str, float]

    def value(self, tree: Node) -> Any:
        """Return the value of a formula."""
        return value_of(tree, self.values, self.calendar)

    def holds(self, condition: LinkedFormula) -> bool:
        """Return whether a condition holds."""
        return bool(value_of(condition, self.values, self.calendar))

    def fault(self, tree: Node) -> FormulaError | None:
        """Return why a formula has no finite value, or None where it has one."""
        if self._is_plain(tree):
            return None
        return locate(tree, self.calendar, self.values)

    def _is_plain(self, tree: Node) -> bool:
        """Return whether it is a finite value, or compares two."""
        if isinstance(tree, Compare):
            return self._is_plain(tree.left) and self._is_plain(tree.right)
        if isinstance(tree, Name):
            return math.isfinite(self.values[tree.path])
        return isinstance(tree, Number | Literal) and math.isfinite(self.value(tree))


def outcome_of(
    expectation: Expectation,
    chance: float | None,
    model: Model,
    known: KnownValues,
    problems: Problems,
    today: date | None,
) -> Outcome | None:
    """Return whether an expectation is met, or None with what is wrong added to `problems`."""
    fault = known.fault(expectation.tree)
    if fault is not None:
        problems.found.append(fault.located(expectation.text))
        return None
    left = right = ""
    ratio = None
    if isinstance(expectation.tree, Compare):
        a, b = (float(known.value(side)) for side in expectation.tree[1:3])
        left = _side(expectation.tree.left, a, expectation, model)
        right = _side(expectation.tree.right, b, expectation, model)
        if left == right and not numeric.close(a, b):
            tree = expectation.tree.left
            left = apart(lambda digits: _side(tree, a, expectation, model, digits), right)
        ratio = a / b if b and math.isfinite(a) and math.isfinite(b) else None
        if expectation.lasts:
            left += f", {expectation.lasts}"
    holds = evaluate_condition(expectation.tree, model, known)
    if chance is not None:
        holds = chance >= expectation.confidence
    if expectation.unknown and not _is_sure(expectation.tree, model, holds=holds):
        return undecided(expectation)._replace(left=_least(left, expectation.tree, model))
    return Outcome(
        expectation.text.value.strip(),
        _status(expectation, holds, today or date.today()),
        left,
        right,
        ratio,
        chance,
        expectation.reason,
        expectation.owner,
        expectation.until.isoformat() if expectation.until else "",
        expectation.text.place,
        expectation.confidence,
        holds and rests_on_bound(expectation.tree, model, known),
    )


def undecided(expectation: Expectation) -> Outcome:
    """Return the outcome of an expectation that depends on what nobody knows."""
    return Outcome(
        expectation.text.value.strip(),
        "undecided",
        "",
        "",
        None,
        None,
        expectation.reason,
        expectation.owner,
        expectation.until.isoformat() if expectation.until else "",
        expectation.text.place,
        expectation.confidence,
        unknown=expectation.unknown,
    )


def _is_sure(tree: Node, model: Model, *, holds: bool) -> bool:
    """Return whether a condition stays as it is, whatever is not known: its sides may only grow."""
    if not isinstance(tree, Compare):
        return False
    left, right = (
        not model.unknown.keys().isdisjoint(names_in(s)) for s in (tree.left, tree.right)
    )
    if left == right or not tree.is_ordered:
        return False
    grows_to_hold = (tree.op in (">", ">=")) is left
    return holds is grows_to_hold


def _least(text: str, tree: Node, model: Model) -> str:
    """Return the left side of a condition as the least that it can be, where that is all."""
    assert isinstance(tree, Compare)
    is_partial = not model.unknown.keys().isdisjoint(names_in(tree.left))
    return f"at least {text}" if is_partial and text else text


def rests_on_bound(tree: Node, model: Model, known: KnownValues) -> bool:
    """Return whether a condition that holds is one that a bound merely does not refute.

    That is a comparison of a bound by name, such as `read.latency.p99 <= 200 ms`; conditions joined
    by `and` with one such among them; and those joined by `or` of which no other holds.
    """
    if isinstance(tree, Logic):
        if tree.op == "and":
            return any(rests_on_bound(operand, model, known) for operand in tree.operands)
        held = [o for o in tree.operands if evaluate_condition(o, model, known)]
        return all(rests_on_bound(operand, model, known) for operand in held)
    if not isinstance(tree, Compare):
        return False
    sides = (tree.left, tree.right)
    left, right = (bound_of(side, lambda name: model.quantities[name].bound) for side in sides)
    if UNKNOWN in (left, right):
        return True
    is_below = tree.op in ("<", "<=", "==", "~")
    is_above = tree.op in (">", ">=", "==", "~")
    return (is_below and (left == "at_least" or right == "at_most")) or (
        is_above and (left == "at_most" or right == "at_least")
    )


def _side(
    tree: Node, value: float, expectation: Expectation, model: Model, significant: int = 3
) -> str:
    """Return the value of a side of a comparison, in at least so many digits."""
    shown = in_named_unit(value, tree, expectation.text, model.calendar)
    if shown is not None:
        return shown
    if isinstance(tree, Name) and isinstance(model.quantities[tree.path].tree, Convert):
        return written(value, model.quantities[tree.path], model)
    sides = expectation.tree[1:3] if isinstance(expectation.tree, Compare) else ()
    display_unit = _display_unit(sides, expectation, model)
    if isinstance(tree, Number | Literal):
        same = as_written(value, tree, expectation.text, display_unit, model.calendar)
        if same is not None:
            return same
    units = _units(sides, expectation, model)
    kept = significant
    if display_unit != "nines":
        kept = max(kept, *(_digits(side, expectation) for side in sides or (tree,)))
    literals = (n for n in walk(expectation.tree) if isinstance(n, Literal))
    binary = model.binary and not any(is_decimal(n.units) for n in literals)  # as it is written
    like = write_like(value, units, model.calendar, kept, binary=binary) if units else None
    return like or write(
        value,
        expectation.dimension,
        display_unit=display_unit,
        significant=kept,
        calendar=model.calendar,
        binary=binary,
    )


def _digits(side: Node, expectation: Expectation) -> int:
    """Return in how many digits a comparison is shown: three, or as many as a value in it has."""
    number = side.number if isinstance(side, Literal) else side
    if not isinstance(number, Number):
        return 3
    written = re.match(r"[\d._]*", expectation.text.value[number.span[0] :].lstrip("$"))
    digits = written[0].replace(".", "").replace("_", "").strip("0") if written else ""
    more = isinstance(expectation.tree, Compare) and expectation.tree.op == "~"
    return min(max(3, len(digits) + more), 9)  # one more tells what does not round to them


def _display_unit(sides: Sequence[Node], expectation: Expectation, model: Model) -> str:
    """Return how plain numbers of a comparison are shown: as shares where one side is a share."""
    found = [model.quantities[s.path].display_unit for s in sides if isinstance(s, Name)]
    numbers = [expectation.text.value[slice(*s.span)] for s in sides if isinstance(s, Number)]
    if "nines" not in found and ("share" in found or any(n.endswith("%") for n in numbers)):
        return "share"
    return next(iter(found), "")


def _units(sides: Sequence[Node], expectation: Expectation, model: Model) -> Units | None:
    """Return the units that a comparison is in: those of a value in it, else of what it names."""
    if expectation.dimension == PLAIN:
        return None
    values_first = sorted(sides, key=lambda side: not isinstance(side, Literal))
    found = (units_in(side, expectation.dimension, model.quantities) for side in values_first)
    return next(filter(None, found), None)


def evaluate_condition(tree: Node, model: Model, known: KnownValues) -> bool:
    """Return whether a condition is true."""
    if isinstance(tree, Compare) and tree.op != "~":
        left, right = (float(known.value(side)) for side in (tree.left, tree.right))
        return compares(tree.op, left, right, nines=compares_nines(tree, model))
    return bool(known.value(tree))


def compares_nines(tree: Compare, model: Model) -> bool:
    """Return whether a comparison has an availability on one of its sides, to the last nine."""
    if tree.op == "~":
        return False
    sides = (tree.left, tree.right)
    return any(
        isinstance(s, Name) and model.quantities[s.path].display_unit == "nines" for s in sides
    )


def compares(op: str, left: float, right: float, *, nines: bool = False) -> bool:
    """Return whether a comparison of two values is true.

    Availabilities are compared by what they leave out: the eleventh nine of one is lost in the
    tolerance for rounding of a plain comparison.

    Args:
        op: `<=`, `>=`, `<`, `>`, `==` or `!=`.
        left: A value in base units.
        right: Another.
        nines: Whether they are availabilities.
    """
    if nines and 0.5 < left <= 1 and 0.5 < right <= 1:
        return _NINES[op](1 - right, 1 - left)
    return _COMPARED[op](left, right)


def fails(concern: Concern, model: Model, known: KnownValues) -> bool:
    """Return whether a condition can be computed, and is false."""
    return failing_of(concern, model)(known)


def failing_of(concern: Concern, model: Model) -> Callable[[KnownValues], bool]:
    """Return a function that tells whether a condition can be computed and is false."""
    nines = any(model.quantities[name].display_unit == "nines" for name in concern.formula.names)
    step = step_of_formula(concern.formula, model.calendar)

    def is_failing(known: KnownValues) -> bool:
        try:
            holds = (
                evaluate_condition(concern.tree, model, known)
                if nines
                else value_of_step(step, known.values)
            )
        except (ArithmeticError, ValueError, FormulaError):
            return False
        # a value without end or none decides nothing
        return not holds and known.fault(concern.tree) is None

    return is_failing


def with_values(text: str | None, model: Model, values: Mapping[str, float]) -> str | None:
    """Return the help of a check with the values of the quantities that it names in braces."""
    if text is None or "{" not in text:
        return text

    def written(found: re.Match[str]) -> str:
        quantity, value = model.quantities.get(found[1]), values.get(found[1])
        if quantity is None or value is None:
            return "..."
        return model.write(value, quantity.dimension)

    return re.sub(r"\{([\w.]+)\}", written, text)


def _nearly(a: float, b: float) -> bool:
    """Return whether two unavailabilities are the same, as far as a number near 1 can tell."""
    return abs(a - b) <= 1e-9 * max(a, b) + 2.3e-16


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "==": numeric.close,
    "!=": lambda a, b: not numeric.close(a, b),
    "<=": numeric.less_equal,
    ">=": numeric.greater_equal,
    "<": numeric.less,
    ">": lambda a, b: numeric.less(b, a),
}


_NINES: dict[str, Callable[[float, float], bool]] = {
    "==": _nearly,
    "!=": lambda a, b: not _nearly(a, b),
    "<=": lambda a, b: a <= b or _nearly(a, b),
    ">=": lambda a, b: a >= b or _nearly(a, b),
    "<": lambda a, b: a < b and not _nearly(a, b),
    ">": lambda a, b: a > b and not _nearly(a, b),
}


def _status(expectation: Expectation, holds: bool, today: date) -> str:
    if holds:
        return "pass"
    if expectation.until is not None and today > expectation.until:
        return "fail"  # also what only warned until then
    if expectation.severity == "warn":
        return "warn"
    return "fail" if expectation.until is None else "waived"
