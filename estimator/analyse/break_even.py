"""The value of an input at which a condition turns from holding to failing, or back.

Of the inputs that a scenario gives, one alone is changed at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from estimator.analyse.crossing import (
    CANNOT_BE,
    FIRST,
    Crossing,
    Limits,
    Observation,
    Probe,
    distance,
    find_crossing,
    find_whole_crossing,
)
from estimator.analyse.drawn_sides import Side, has_statistics, sides_of
from estimator.analyse.odds import moved
from estimator.evaluate.conditions import compares, compares_nines
from estimator.evaluate.program import (
    Function,
    Program,
    Step,
    step_of_formula,
    value_of,
)
from estimator.evaluate.report import Values
from estimator.evaluate.shown import written
from estimator.formula.emit import constant
from estimator.formula.functions import microseconds
from estimator.formula.tree import Compare, Name, Node, names_in
from estimator.model import Expectation, Model, Origin, Quantity
from estimator.units.write import count, digits

LARGEST = 1e4
"""By what factor an input is changed at most: what takes more than that does not turn."""
_AS_IT_IS = 1e-6  # of a factor: what is less nobody sees
_MOST = 3  # that are shown for a condition
_FURTHER = 3.0  # times as far as the others, by a straight line: it is not among the nearest
_TIE = 6  # digits of the logarithm: of what is as near, the file's first is shown
_ROUNDING = 1e-12  # of a value
_EXACT = 2e-7  # of the logarithm, where a step is searched by halves
_SLOW = 1e-5  # of the logarithm, where each step takes long
_DRAWS = 16_384  # for each step, where ranges are drawn
_MOST_DRAWN = 8  # inputs that are tried there
MOST_COMPUTED = 1 << 33
"""How much may be computed to find break-evens, as quantities times draws: it takes some seconds.
Then no more inputs are tried."""
_PROBES = 8  # of an input, more or less
_ALONE = 200  # quantities of draws that are computed while a formula reads a value by itself
_SUMMARY = 64  # quantities that could be computed while draws are summarized
_DRAW = 16  # quantities that could be computed while a range is drawn
_MICROSECOND = 40  # quantities that are computed of all draws at once, for one that is slow
_COARSE = 1e-3  # of the logarithm, where ranges are drawn
_CALLS = ".receives."  # in the names of how often a component is called
_USERS = ("users", "users.registered", "users.daily_active", "users.concurrent")


class BreakEven(NamedTuple):
    """Where a condition turns, if one input alone is changed.

    Attributes:
        name: The input.
        value: The last value that holds, in base units, or the first that would.
        text: The same for people.
        factor: How many times the value that it has now.
        is_near_one: Whether it is an availability, of which a factor says little.
    """

    name: str
    value: float
    text: str
    factor: float
    is_near_one: bool = False

    @property
    def words(self) -> str:
        """For people, such as `users = 660M (×1.32)`."""
        if self.text.startswith("just "):
            return f"{self.name} {self.text}"
        if self.is_near_one or self.is_at_limit:
            return f"{self.name} = {self.text}"
        return f"{self.name} = {self.text} (×{self._times})"

    @property
    def is_at_limit(self) -> bool:
        """Whether any further change of the input turns the condition."""
        at_once = self.factor == 1.0 if self.is_near_one else self._times == "1"
        return at_once and not self.text.startswith("just ")

    @property
    def _times(self) -> str:
        near = abs(self.factor - 1.0) < 0.01
        return digits(self.factor, 5) if near else count(self.factor)


class BreakEvens:
    """Finds where the conditions of a model turn.

    Args:
        model: A checked model.
        values: Its values.
    """

    def __init__(self, model: Model, values: Values) -> None:
        self.model = model
        self.values = values.numbers
        self._shown = values
        self.inputs = self._numbers(q for q in model.said if not q.origin.from_library)
        self._known: dict[int, set[str]] = {}
        self._ends: dict[str, list[tuple[str, float]]] = {}
        self._left = MOST_COMPUTED

    def of(self, expectation: Expectation) -> tuple[BreakEven, ...]:
        """Return where a condition turns: by the load first, then by the nearest inputs."""
        tree = expectation.tree
        if not _can_cross(tree) or self.is_spent:
            return ()
        leading = self._leading(tree)
        # where it leans on nothing that is given, it leans on what the library assumes
        inputs = [n for n in self.inputs if n in leading] or [
            n for n in self._defaults if n in leading
        ]
        # of a limit that is given, where it turns is only the other side once more
        limits = {side.path for side in _parts(tree) if isinstance(side, Name)}
        others = [n for n in inputs if n not in limits]
        found = self._of(others, tree, leading)
        return found if found or others == inputs else self._of(inputs, tree, leading)

    def _of(
        self, inputs: Sequence[str], tree: Node, leading: Collection[str]
    ) -> tuple[BreakEven, ...]:
        if not inputs:
            return ()
        part = self._program.part(leading)
        sides = self._results(tree)
        bound = {n for n in self._bound if n in leading}
        probes: dict[str, Probe] = {}
        loads = [name for name in inputs if name in _USERS]
        ordered = [*loads, *(n for n in reversed(inputs) if n not in _USERS)]
        for name, following in zip(ordered, part.following_each(ordered), strict=True):
            self._left -= _PROBES * _ALONE * sum(map(part.reads.__getitem__, following))
            if self.is_spent:
                break  # the load was tried, and components, of which there are fewer than actions
            moved = list(bound.intersection(following))
            function = part.function([name], [*sides, *moved], following)
            probes[name] = self._probe(name, tree, function, moved)
        tried = {name: probes[name] for name in inputs if name in probes}
        values, calendar = self.values, self.model.calendar
        now = self._observer(tree)([value_of(side, values, calendar) for side in _parts(tree)])
        return self._nearest(now, tried, _EXACT if self._is_quick(leading) else _SLOW)

    @cached_property
    def _program(self) -> Program:
        return self._shown.program()

    def _leading(self, tree: Node) -> set[str]:
        """Return what a condition follows from."""
        known = self._known.get(id(tree))
        if known is None:
            known = self._known[id(tree)] = self.model.leading_to(names_in(tree))
        return known

    def _is_quick(self, leading: Collection[str]) -> bool:
        """Return whether none of the quantities that follow from others is slow."""
        return self.model.slow.keys().isdisjoint(leading)

    def is_firm(self, expectation: Expectation) -> bool:
        """Return whether all inputs of a condition were tried; of slow ones only some are."""
        leading = self._leading(expectation.tree)
        tried = not (leading.isdisjoint(self.inputs) and leading.isdisjoint(self._defaults))
        given = [n for n in leading if self._is_given(self.model.quantities[n])]
        tried = tried and set(given) <= set(self.inputs)  # of zero and below it none is
        tried = tried and not self.is_spent
        return _can_cross(expectation.tree) and tried and self._is_quick(leading)

    @staticmethod
    def _is_given(quantity: Quantity) -> bool:
        return not quantity.uses and not quantity.origin.from_library

    def of_uncertain(
        self, expectation: Expectation, ratio: float | None, seed: int
    ) -> tuple[BreakEven, ...]:
        """Return where a condition turns that should hold in most of many draws.

        The inputs are the load, and those that would turn the estimate first. Of a percentile it is
        the closed form where the quantity is proportional to the input.

        Args:
            expectation: The condition.
            ratio: How many times its right side its left side is, if percentiles are compared.
            seed: Which draws to take.
        """
        sides = sides_of(expectation.tree)
        if sides is None or self.is_spent:
            return ()
        leading = self._leading(expectation.tree)
        if self._has_percentiles(expectation.tree):
            return ()
        spread = self.model.ranges
        inputs = [n for n in self.inputs if n in leading]
        inputs += [n for n in spread if n in leading and self.values.get(n, 0.0) > 0.0]
        found: dict[str, Crossing] = {}
        holds = True
        for name in inputs[:_MOST_DRAWN]:
            probe = self._drawn(name, expectation, sides, ratio, seed)
            now = probe(0.0)
            holds = now.holds
            crossing = self._crossing(name, probe, now, None, math.log(LARGEST), _COARSE)
            if crossing is not None:
                found[name] = crossing
        return self._chosen(inputs, found, holds=holds)

    def probe(self, name: str, expectation: Expectation) -> Probe:
        """Return what evaluates a condition with one input changed.

        Args:
            name: The input, one of `inputs`.
            expectation: The condition, over no ranges.
        """
        tree = expectation.tree
        leading = self._leading(tree)
        part = self._program.part({name, *leading})
        following = part.following([name])
        bound = [n for n in self._bound if n in following]
        return self._probe(name, tree, part.function([name], [*self._results(tree), *bound]), bound)

    def sampled_probe(self, name: str, expectation: Expectation, seed: int) -> Probe | None:
        """Return what evaluates a condition with one input changed in all samples.

        None where the condition is no comparison, or has percentiles inside of formulas.

        Args:
            name: The input, one of `inputs` or a range.
            expectation: The condition, which should hold in most samples.
            seed: Which samples to take.
        """
        sides = sides_of(expectation.tree)
        if sides is None or self._has_percentiles(expectation.tree):
            return None
        return self._drawn(name, expectation, sides, None, seed)

    def _has_percentiles(self, tree: Node) -> bool:
        return any(has_statistics(self.model.quantities[n].tree) for n in self._leading(tree))

    @property
    def is_spent(self) -> bool:
        """Return whether no more break-evens are looked for, since that took too long already."""
        return self._left <= 0

    @cached_property
    def _defaults(self) -> list[str]:
        known = map(self.model.quantities.__getitem__, self.model.order)
        return self._numbers(quantity for quantity in known if quantity.origin is Origin.DEFAULT)

    def _numbers(self, quantities: Iterable[Quantity]) -> list[str]:
        """Return the names of those that are numbers above zero, of no formula."""
        return [
            quantity.name
            for quantity in quantities
            if not quantity.uses
            and quantity.distribution is None
            and 0.0 < self.values.get(quantity.name, 0.0) < math.inf
        ]

    @cached_property
    def _bound(self) -> list[str]:
        """The formulas that are given and have bounds, which their inputs have to keep for them."""
        return [
            name
            for name in self.model.bounded
            if (quantity := self.model.quantities[name]).uses and not self._only_repeats(quantity)
        ]

    def _only_repeats(self, quantity: Quantity) -> bool:
        """Return whether it repeats another quantity, which may be any number from zero up."""
        return quantity.formula.shared.is_name and self._is_plain(quantity.name)

    def _probe(self, name: str, tree: Node, function: Function, bound: Sequence[str]) -> Probe:
        """Return what evaluates a condition with an input changed.

        Args:
            name: The input.
            tree: The condition.
            function: What computes its parts, and then what has bounds.
            bound: What has bounds, and moves.
        """
        now = self.values[name]
        is_plain = self._is_plain(name) and not self.is_near_one(name)
        is_plain = is_plain and _CALLS not in name
        observed, parts = self._observer(tree), len(_parts(tree))

        def probe(step: float) -> Observation:
            value = now * math.exp(step) if is_plain else self.changed(name, step)
            if not (is_plain or self._may_be(name, value)):
                return CANNOT_BE
            try:
                computed = function(value)
                found = observed(computed[:parts])
            except (ArithmeticError, ValueError):
                return CANNOT_BE
            if bound and not all(map(self._may_be, bound, computed[parts:])):
                return CANNOT_BE
            return found

        return probe

    def _results(self, tree: Node) -> list[str | Step]:
        """Return what is computed of a condition, as quantities or as steps."""
        calendar, parts = self.model.calendar, _parts(tree)
        return [p.path if isinstance(p, Name) else step_of_formula(p, calendar) for p in parts]

    def _observer(self, tree: Node) -> Callable[[Sequence[Any]], Observation]:
        """Return the observation of a condition as a function of the values of its parts."""
        if not isinstance(tree, Compare):
            return lambda parts: Observation(bool(parts[0]), None)
        op, nines = tree.op, compares_nines(tree, self.model)

        def observed(parts: Sequence[Any]) -> Observation:
            left, right = parts
            return Observation(compares(op, left, right, nines=nines), _margin(op, left, right))

        return observed

    def _is_plain(self, name: str) -> bool:
        """Return whether an input may be any number above zero."""
        quantity = self.model.quantities[name]
        bounds = quantity.bounds.given() if quantity.bounds else ()
        return quantity.display_unit != "whole" and all(
            b.op != "<=" and b.text == "0" for b in bounds
        )

    def _crossing(
        self,
        name: str,
        probe: Probe,
        now: Observation,
        first: Observation | None,
        limit: float,
        exact: float,
    ) -> Crossing | None:
        """Return the nearest change of an input that turns a condition."""
        if self.is_whole(name):
            return find_whole_crossing(probe, now, self.values[name], limit)
        return find_crossing(probe, now, first or probe(FIRST), self._limits(name, limit), exact)

    def _limits(self, name: str, limit: float) -> Limits:
        """Return the largest changes of an input to try: to its bounds, or to a limit."""
        if self.is_near_one(name):
            return Limits(limit, limit)
        now, (least, most) = self.values[name], self.ends(name)
        down = min(limit, math.log(now / least)) if least > 0.0 else limit
        return Limits(max(down, 0.0), max(min(limit, math.log(most / now)), 0.0))

    def changed(self, name: str, step: float) -> float:
        """Return an input after a change; a whole number stays one."""
        now = self.values[name]
        if self.is_near_one(name):
            return 1.0 - (1.0 - now) * math.exp(-step)  # what counts is how far it is from 1
        value = now * math.exp(step)
        if step and self.is_whole(name):
            return float(round(value))
        ends = (end for _, end in self._ends_of(name))  # reached but for rounding
        return next((end for end in ends if math.isclose(value, end, rel_tol=_ROUNDING)), value)

    def _moved(self, name: str, draws: Any, value: float) -> Any:
        """Return the draws of an input where it has another value: those of shares stay shares."""
        now = self.values[name]
        is_share = self.ends(name) == (0.0, 1.0) and 0.0 < now < 1.0
        return moved(draws, now, value) if is_share else draws * (value / now)

    def is_near_one(self, name: str) -> bool:
        """Return whether it is an availability or the like, of which people count the nines."""
        return self.model.quantities[name].display_unit == "nines" and 0.5 < self.values[name] < 1.0

    def ends(self, name: str) -> tuple[float, float]:
        """Return the least and the most that an input may be by its bounds."""
        ends = self._ends_of(name)
        least = max((end for op, end in ends if op == ">="), default=0.0)
        return least, min((end for op, end in ends if op == "<="), default=math.inf)

    def is_whole(self, name: str) -> bool:
        """Return whether it is a whole number, or one repeats it."""
        return name in self._whole

    @cached_property
    def _whole(self) -> set[str]:
        quantities = self.model.quantities
        found = {name for name, quantity in quantities.items() if quantity.display_unit == "whole"}
        pending = list(found)
        for name in pending:
            quantity = quantities[name]
            if quantity.uses and quantity.formula.shared.is_name:
                (of,) = quantity.uses
                if of not in found and not quantities[of].origin.from_library:
                    found.add(of)
                    pending.append(of)
        return found

    def _may_be(self, name: str, value: float) -> bool:
        """Return whether a value keeps the bounds of a quantity."""
        if name in self._whole and value % 1.0:
            return False
        for op, end in self._ends_of(name):  # noqa: SIM110 - a third of the time of `all(...)`
            if not compares(op, value, end):
                return False
        return True

    def _ends_of(self, name: str) -> list[tuple[str, float]]:
        """Return the bounds of a quantity, each with its comparison."""
        found = self._ends.get(name)
        if found is None:
            bounds = self.model.bounded.get(name)
            given = bounds.given() if bounds else []
            found = [(b.op, constant(b.text, self.model.calendar)) for b in given]
            if _CALLS in name:  # what some requests do not call is another branch of their paths
                found.append(("<" if self.values[name] < 1.0 else ">=", 1.0))
            self._ends[name] = found
        return found

    def _drawn(
        self,
        name: str,
        expectation: Expectation,
        sides: tuple[Side, Side],
        ratio: float | None,
        seed: int,
    ) -> Probe:
        """Return what evaluates a condition with an input changed in all draws."""
        import numpy as np

        from estimator.evaluate.uncertainty.dependence import is_costly
        from estimator.evaluate.uncertainty.limits import BUDGET, COSTLY
        from estimator.evaluate.uncertainty.samples import sample_each

        tree, confidence = expectation.tree, expectation.confidence
        assert isinstance(tree, Compare)
        named = {
            f"#{at}": Quantity.of(f"#{at}", expectation.text, side.tree)
            for at, side in enumerate(sides)
        }
        model = self.model._replace(quantities={**self.model.quantities, **named})
        calendar = self.model.calendar
        found = [value_of(side.tree, self.values, calendar) for side in sides]
        values = {**self.values, **dict(zip(named, map(float, found), strict=True))}
        costly = any(is_costly(model.quantities[n]) for n in model.leading_to(named))
        leading = self._leading(tree)
        moved = leading & self.model.following([name])
        slow = (microseconds(model.quantities[n].tree, lambda _: math.inf) for n in moved)
        columns = len(moved) + int(sum(slow) * _MICROSECOND)
        # the same for all, since draws meet draws
        count = COSTLY if costly else max(min(_DRAWS, BUDGET // (len(leading) + 1)), COSTLY)
        self._left -= count * (_DRAW * len(leading.intersection(self.model.ranges)) + len(leading))
        now: Any = self.values[name]
        if name in self.model.ranges:
            ((now,),) = sample_each(model, values, [], [{}], [name], count=count, seed=seed)
        changes: list[dict[str, Any]] = []
        settings = iter(changes.pop, None)
        drawn = sample_each(model, values, [name], settings, list(named), count=count, seed=seed)
        summed = any(side.statistic for side in sides)
        offset = 0.0

        def probe(step: float) -> Observation:
            if not self._may_be(name, self.changed(name, step)):
                return CANNOT_BE
            self._left -= count * (columns + _SUMMARY)
            changes.append({name: self._moved(name, now, self.changed(name, step))})
            with np.errstate(all="ignore"):
                left, right = next(drawn)
                if summed:
                    a, b = (s.summarize(v) for s, v in zip(sides, (left, right), strict=True))
                else:
                    level = confidence if tree.op in ("<=", "<") else 1.0 - confidence
                    a, b = float(np.quantile(left / right, level)), 1.0
            margin = _margin(tree.op, a, b)
            if margin is None:
                return Observation(compares(tree.op, a, b), None)
            return Observation(margin + offset >= 0.0, margin + offset)

        first = probe(0.0).margin
        if summed and ratio is not None and ratio > 0.0 and first is not None:
            exact = _margin(tree.op, ratio, 1.0)
            offset = 0.0 if exact is None else exact - first
        return probe

    def _nearest(
        self, now: Observation, probes: Mapping[str, Probe], exact: float
    ) -> tuple[BreakEven, ...]:
        limit = math.log(LARGEST)
        found: dict[str, Crossing] = {}
        inputs = list(probes)
        whole = {name for name in inputs if self.is_whole(name)}
        firsts = {name: now if name in whole else probe(FIRST) for name, probe in probes.items()}
        loads = _loads(inputs)
        for name in sorted(inputs, key=lambda n: (not (d := distance(now, firsts[n])), d)):
            end = math.log(LARGEST) if name in loads else limit  # the load is shown at any distance
            if end < math.log(LARGEST) and distance(now, firsts[name]) > _FURTHER * end:
                continue
            crossing = self._crossing(name, probes[name], now, firsts[name], end, exact)
            if crossing is not None:
                found[name] = crossing
                if len(found) >= _MOST:
                    limit = sorted(t.size for t in found.values())[_MOST - 1]
        return self._chosen(inputs, found, holds=now.holds)

    def _chosen(
        self, inputs: Sequence[str], found: Mapping[str, Crossing], *, holds: bool
    ) -> tuple[BreakEven, ...]:
        """Return the load, and the nearest of the others."""
        loads = _loads(inputs)
        others = [n for n in inputs if n in found and n not in loads]
        near = sorted(others, key=lambda n: round(found[n].size, _TIE))
        chosen = [n for n in (*loads, *near) if n in found][:_MOST]
        return tuple(self._break_even(name, found[name], holds=holds) for name in chosen)

    def _break_even(self, name: str, crossing: Crossing, *, holds: bool) -> BreakEven:
        """Return a break-even for people: the last value that holds, or the first that would."""
        near = crossing.size < _AS_IT_IS and not holds
        step = crossing.last if holds or not self.is_whole(name) else crossing.first
        quantity, now = self.model.quantities[name], self.values[name]
        value = self.changed(name, step)
        if not self.is_near_one(name):
            value = float(f"{value:.12g}")
        text = written(value, quantity, self.model)
        if near and not self.is_whole(name):  # a step away from where it is
            text = f"just {'above' if crossing.first > 0.0 else 'below'} {text}"
        is_near_one = self.is_near_one(name)
        is_same = is_near_one and abs(step) < _AS_IT_IS
        return BreakEven(name, value, text, 1.0 if is_same else value / now, is_near_one)


def _loads(inputs: Sequence[str]) -> list[str]:
    """Return the input that is the load: the users, or the first population of them."""
    users = [n for n in _USERS if n in inputs] or [n for n in inputs if n.startswith("users.")]
    return users[:1]


def _can_cross(tree: Node) -> bool:
    """Return whether there is more to say of a condition than that any change breaks it."""
    return not isinstance(tree, Compare) or tree.is_ordered


def _parts(tree: Node) -> tuple[Node, ...]:
    """Return what is computed of a condition."""
    return (tree.left, tree.right) if isinstance(tree, Compare) else (tree,)


def _margin(op: str, left: float, right: float) -> float | None:
    """Return the logarithm of how many times one side is the other; above 0 where it holds."""
    if not (0.0 < left < math.inf and 0.0 < right < math.inf):
        return None
    margin = math.log(right) - math.log(left)
    return margin if op in ("<=", "<") else -margin
