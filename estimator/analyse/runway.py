"""How long conditions hold: a number in the place of each `runway(...)` under `expect`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from estimator.analyse.course import Course, Numbers
from estimator.analyse.forecast import MOST_MONTHS, Walk, sampled_courses, unknown_growth
from estimator.analyse.growth import after, months_until
from estimator.analyse.limits import RUNWAY, Limit, has_runway
from estimator.evaluate.program import compile_program
from estimator.formula.sampling import SEED
from estimator.formula.tree import Call, Compare, Literal, Node, Number, rebuilt, walk
from estimator.model import Expectation, Model
from estimator.units.table import unit_factor

_MONTHS = 60  # that are looked at, or more where a condition asks for more
_LARGER = 1.2  # times what is asked for


def with_runways(model: Model, *, today: date | None = None, seed: int = SEED) -> Model:
    """Return a model whose expectations have numbers for `runway(...)`.

    With ranges that is what most samples reach: the longest runway with which the expectation holds
    at its confidence.

    Args:
        model: The model.
        today: The day from which it counts; today unless given.
        seed: Which samples to take.

    Raises:
        ArithmeticError, ValueError: Where the model has no values.
    """
    if not any(map(has_runway, model.expectations)):
        return model
    values = compile_program(model).values()
    runways = _Runways(model, values, today or date.today(), seed)
    found = [runways.resolved(e) if has_runway(e) else e for e in model.expectations]
    return model._replace(expectations=found)


class _Runways:
    """Computes how long conditions hold.

    Args:
        model: The model.
        values: Its values.
        today: The day from which it counts.
        seed: Which samples to take.
    """

    def __init__(self, model: Model, values: Mapping[str, float], today: date, seed: int) -> None:
        self._model, self._values, self._seed = model, values, seed
        self._start = model.timeline.as_of or today
        self._passed = max(months_until(self._start, today), 0.0)

    def resolved(self, expectation: Expectation) -> Expectation:
        """Return a condition with numbers in the place of runways, and until when one lasts."""
        months = self._months(expectation.tree)
        ends: list[float] = []

        def number(node: Node) -> Node:
            if isinstance(node, Call) and node.function == RUNWAY:
                found = self._runway(node.arguments[0], months, 1.0 - expectation.confidence)
                ends.append(found)
                left = max(min(found, float(months)) - self._passed, 0.0)
                return Number(left * self._model.calendar.month, node.span)
            return rebuilt(node, number)

        tree = number(expectation.tree)
        asked = expectation.tree
        asks = isinstance(asked, Compare) and isinstance(asked.left, Call)
        lasts = self._lasts(ends[0], months) if len(ends) == 1 and asks else ""
        unknown = (*expectation.unknown, *unknown_growth(self._model))
        return replace(expectation, tree=tree, lasts=lasts, unknown=unknown)

    def _lasts(self, end: float, months: int) -> str:
        """Return until which day something lasts, of which so many months were looked at."""
        if end > months:
            return "or more"
        if end <= self._passed:
            return "passed already"
        return f"until {after(self._start, end).isoformat()}"

    def _runway(self, condition: Node, months: int, level: float) -> float:
        """Return after how many months a condition no longer holds; infinite where it goes on."""
        limit = Limit("runway", "runway", "", condition)
        model, values = self._model, self._values
        course = Course(model, Numbers(model, values), self._start, months)
        walk_ = Walk(model, course, course.points(months), (), [limit])
        (passing,) = walk_.passings()
        found = sampled_courses(model, values, self._start, months, (), [limit], seed=self._seed)
        if not found:
            return passing.months
        import numpy as np

        return float(np.quantile(found[0].months_of(limit), level, method="inverted_cdf"))

    def _months(self, tree: Node) -> int:
        """Return how far to look: further than what a condition asks for."""
        asked = max(self._asked(tree), default=0.0) / self._model.calendar.month * _LARGER
        return min(max(_MONTHS, math.ceil(asked + self._passed)), MOST_MONTHS)

    def _asked(self, tree: Node) -> Iterator[float]:
        for node in walk(tree) if isinstance(tree, Compare) else ():
            if isinstance(node, Literal):
                factor = math.prod(unit_factor(n, self._model.calendar) ** p for n, p in node.units)
                yield node.number.value * factor
