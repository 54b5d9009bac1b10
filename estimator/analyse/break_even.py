"""At which value of an input a condition turns from holding to failing, or back.

Searched on the logarithm of the input: there most of what is estimated is a straight line, so that
a few steps come to the closed form; a step function is searched by halves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

from estimator.evaluate import compile_slice
from estimator.evaluate.evaluate import compares, compares_nines, written
from estimator.evaluate.slices import is_slow
from estimator.evaluate.uncertainty import STATISTICS
from estimator.formula.compile import constant
from estimator.formula.tree import Call, Compare, Node, names_in, walk
from estimator.model import Expectation, Model, Origin, Quantity
from estimator.units.write import count, digits

LARGEST = 1e4
"""By what factor an input is changed at most: what takes more than that does not turn."""
_AS_IT_IS = 1e-6  # of a factor: what is less nobody sees
_MOST = 3  # that are told for a condition
_FIRST = 0.05  # of the logarithm
_EXACT = 1e-12  # of the logarithm
_SLOW = 1e-7  # of the logarithm, where each step takes long
_BEYOND = 1e-8  # of the logarithm: further than comparisons let pass
_STEPS = 80
_DRAWS = 16_384  # for each step, where ranges are drawn
_MOST_DRAWN = 8  # inputs that are tried there
_COARSE = 1e-3  # of the logarithm, where ranges are drawn
_USERS = ("users", "users.registered", "users.daily_active", "users.concurrent")


class BreakEven(NamedTuple):
    """Where a condition turns, if one input alone is changed.

    Attributes:
        name: The input.
        value: The last value before it turns, in base units; for a whole number the last whole one.
        text: The same for people.
        factor: How many times the value that it has now.
    """

    name: str
    value: float
    text: str
    factor: float

    @property
    def words(self) -> str:
        """For people, such as `users = 660M (×1.32)`."""
        if abs(self.factor - 1.0) < _AS_IT_IS:
            return f"{self.name} = {self.text} (as it is)"
        near = abs(self.factor - 1.0) < 0.01
        times = digits(self.factor, 5) if near else count(self.factor)
        return f"{self.name} = {self.text} (×{times})"


class _Seen(NamedTuple):
    """A condition with an input changed.

    Attributes:
        holds: Is it true?
        margin: The logarithm of how far it is from turning, or None where that is not known.
    """

    holds: bool
    margin: float | None


class _Side(NamedTuple):
    """A side of a condition over draws.

    Attributes:
        tree: What is drawn.
        statistic: What is asked of all draws, such as `p95`; empty for each by itself.
    """

    tree: Node
    statistic: str = ""

    def told(self, drawn: Any) -> float:
        """The percentile or the mean of draws."""
        import numpy as np

        level = _LEVELS.get(self.statistic)
        return float(np.mean(drawn) if level is None else np.quantile(drawn, level))


_LEVELS = {"p5": 0.05, "p50": 0.5, "p95": 0.95}

_Look: TypeAlias = Callable[[float], _Seen]
"""Looks at a condition with an input so many times what it is; the factor is a logarithm."""


class BreakEvens:
    """Finds where the conditions of a model turn.

    Args:
        model: A checked model.
        values: Its values.
    """

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self.model = model
        self.values = values
        numbers = [n for n in model.order if self._is_number(model.quantities[n])]
        self.inputs = [n for n in numbers if not model.quantities[n].origin.from_library]
        self.defaults = [n for n in numbers if model.quantities[n].origin is Origin.DEFAULT]
        self.moved = model.following(self.inputs)
        self.slow = {n for n in self.moved if is_slow(model.quantities[n])}

    def of(self, expectation: Expectation) -> tuple[BreakEven, ...]:
        """Where a condition turns: by the load first, then by the inputs that are nearest."""
        if not _turns(expectation.tree):
            return ()
        leading = self.model.leading_to(names_in(expectation.tree))
        inputs = [n for n in self.inputs if n in leading]
        moved: Collection[str] = self.moved
        if not inputs:  # it leans on what the library assumes, and on nothing else
            inputs, moved = [n for n in self.defaults if n in leading], leading
        if not inputs:
            return ()
        if moved is self.moved and self.slow.isdisjoint(leading):
            run, exact = self._together, _EXACT
        else:
            run = _Run(self.model, self.values, inputs, moved, [expectation.tree])
            exact = _SLOW
        return self._nearest(inputs, self._looks(inputs, expectation.tree, run), exact)

    @cached_property
    def _together(self) -> _Run:
        """The quick conditions, since compiling them takes longer than to look at them."""
        trees = [e.tree for e in self.model.expectations if _turns(e.tree)]
        trees = [t for t in trees if self.slow.isdisjoint(self.model.leading_to(names_in(t)))]
        return _Run(self.model, self.values, self.inputs, self.moved, trees)

    def of_uncertain(
        self, expectation: Expectation, ratio: float | None, seed: int
    ) -> tuple[BreakEven, ...]:
        """Where a condition turns that should hold in most of many draws.

        The inputs are the load, and those that would turn the estimate first. Of a percentile it is
        the closed form where the quantity is proportional to the input.

        Args:
            expectation: The condition.
            ratio: How many times its right side its left side is, if percentiles are compared.
            seed: Which draws to take.
        """
        sides = _sides(expectation.tree)
        if sides is None:
            return ()
        leading = self.model.leading_to(names_in(expectation.tree))
        if any(_has_statistics(self.model.quantities[name].tree) for name in leading):
            return ()
        spread = self.model.ranges
        inputs = [n for n in self.inputs if n in leading]
        inputs += [n for n in spread if n in leading and self.values.get(n, 0.0) > 0.0]
        found: dict[str, float] = {}
        for name in inputs[:_MOST_DRAWN]:
            look = self._drawn(name, expectation, sides, ratio, seed)
            turned = _turn(look, look(0.0), look(_FIRST), math.log(LARGEST), _COARSE)
            if turned is not None:
                found[name] = turned
        return self._chosen(inputs, found)

    def _is_number(self, quantity: Quantity) -> bool:
        """Is it a number, of no formula, and other than zero?"""
        if quantity.uses or quantity.distribution is not None:
            return False
        value = self.values.get(quantity.name, 0.0)
        return value > 0.0 and math.isfinite(value)

    def _looks(self, inputs: Sequence[str], tree: Node, run: _Run) -> dict[str, _Look]:
        """For each input what looks at the condition."""
        nines = isinstance(tree, Compare) and compares_nines(tree, self.model)

        def look(name: str, step: float) -> _Seen:
            found = run.at(name, step, tree)
            if found is None:
                return _Seen(False, None)
            if not isinstance(tree, Compare):
                return _Seen(bool(found[0]), None)
            left, right = found
            holds = compares(tree.op, left, right, nines=nines)
            return _Seen(holds, _margin(tree.op, left, right))

        return {name: partial(look, name) for name in inputs}

    def _drawn(
        self,
        name: str,
        expectation: Expectation,
        sides: tuple[_Side, _Side],
        ratio: float | None,
        seed: int,
    ) -> _Look:
        """What looks at a condition with an input changed in all draws."""
        import numpy as np

        from estimator.evaluate.samples import sample_each

        tree, confidence = expectation.tree, expectation.confidence
        assert isinstance(tree, Compare)
        named = {f"#{at}": _own(f"#{at}", side.tree, expectation) for at, side in enumerate(sides)}
        model = replace(self.model, quantities={**self.model.quantities, **named})
        found = compile_slice(self.model, self.values, [], (), [side.tree for side in sides])()
        values = {**self.values, **dict(zip(named, map(float, found), strict=True))}
        now: Any = self.values[name]
        if name in self.model.ranges:
            ((now,),) = sample_each(model, values, [], [{}], [name], count=_DRAWS, seed=seed)
        asked: list[dict[str, Any]] = []
        settings = iter(asked.pop, None)
        drawn = sample_each(model, values, [name], settings, list(named), count=_DRAWS, seed=seed)
        summed = any(side.statistic for side in sides)
        offset = 0.0

        def look(step: float) -> _Seen:
            asked.append({name: now * math.exp(step)})
            with np.errstate(all="ignore"):
                left, right = next(drawn)
                if summed:
                    a, b = (s.told(v) for s, v in zip(sides, (left, right), strict=True))
                else:
                    level = confidence if tree.op in ("<=", "<") else 1.0 - confidence
                    a, b = float(np.quantile(left / right, level)), 1.0
            margin = _margin(tree.op, a, b)
            if margin is None:
                return _Seen(compares(tree.op, a, b), None)
            return _Seen(margin + offset >= 0.0, margin + offset)

        first = look(0.0).margin
        if summed and ratio is not None and ratio > 0.0 and first is not None:
            exact = _margin(tree.op, ratio, 1.0)
            offset = 0.0 if exact is None else exact - first
        return look

    def _nearest(
        self, inputs: Sequence[str], looks: Mapping[str, _Look], exact: float
    ) -> tuple[BreakEven, ...]:
        limit = math.log(LARGEST)
        found: dict[str, float] = {}
        now = looks[inputs[0]](0.0)
        firsts = {name: looks[name](_FIRST) for name in inputs}
        loads = [n for n in _USERS if n in inputs][:1]
        for name in sorted(inputs, key=lambda n: _distance(now, firsts[n])):
            end = math.log(LARGEST) if name in loads else limit  # the load is told at any distance
            turned = _turn(looks[name], now, firsts[name], end, exact)
            if turned is not None:
                found[name] = turned
                if len(found) > _MOST:
                    limit = sorted(map(abs, found.values()))[_MOST]
        return self._chosen(inputs, found)

    def _chosen(self, inputs: Sequence[str], found: Mapping[str, float]) -> tuple[BreakEven, ...]:
        """The load, and the nearest of the others."""
        loads = [n for n in _USERS if n in inputs][:1]
        near = sorted((n for n in found if n not in loads), key=lambda n: abs(found[n]))
        chosen = [n for n in (*loads, *near) if n in found][:_MOST]
        return tuple(told for name in chosen for told in self._told(name, found[name]))

    def _told(self, name: str, step: float) -> Iterable[BreakEven]:
        """A break-even for people, unless the input cannot have such a value."""
        quantity, now = self.model.quantities[name], self.values[name]
        value = now * math.exp(step)
        if quantity.hint == "whole":
            value = math.floor(value * (1 + 1e-9)) if step > 0 else math.ceil(value * (1 - 1e-9))
        for bound in quantity.bounds.given() if quantity.bounds else ():
            end = constant(bound.text, self.model.calendar)
            if not (value <= end * (1 + 1e-9) if bound.op == "<=" else value >= end):
                return
        yield BreakEven(name, value, written(value, quantity, self.model), value / now)


def _sides(tree: Node) -> tuple[_Side, _Side] | None:
    """The sides of a comparison over draws; None for what is not so simple."""
    if not isinstance(tree, Compare) or tree.op in ("==", "!="):
        return None
    left, right = _side(tree.left), _side(tree.right)
    return None if any(_has_statistics(side.tree) for side in (left, right)) else (left, right)


def _has_statistics(tree: Node) -> bool:
    return any(isinstance(n, Call) and n.function in STATISTICS for n in walk(tree))


def _side(tree: Node) -> _Side:
    if isinstance(tree, Call) and tree.function in (*_LEVELS, "mean"):
        return _Side(tree.arguments[0], tree.function)
    return _Side(tree)


def _own(name: str, tree: Node, expectation: Expectation) -> Quantity:
    uses = tuple(dict.fromkeys(names_in(tree)))
    return Quantity(name, expectation.text, tree, Origin.OWN, uses=uses)


def _turns(tree: Node) -> bool:
    """Is there more to say of a condition than that any change breaks it?"""
    return not isinstance(tree, Compare) or tree.op not in ("==", "!=")


def _parts(tree: Node) -> tuple[Node, ...]:
    """What is computed of a condition."""
    return (tree.left, tree.right) if isinstance(tree, Compare) else (tree,)


def _distance(now: _Seen, first: _Seen) -> float:
    """How far away a condition turns, if all goes on as it begins; 0 where that is not known."""
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return 0.0
    return abs(now.margin * _FIRST / (first.margin - now.margin))


class _Run:
    """Some conditions as a function of one input at a time, each value computed once.

    Args:
        model: A checked model.
        values: Its values.
        inputs: The inputs.
        moved: What follows from these, at least.
        trees: The conditions.
    """

    def __init__(
        self,
        model: Model,
        values: Mapping[str, float],
        inputs: Sequence[str],
        moved: Collection[str],
        trees: Sequence[Node],
    ) -> None:
        self._about = (model, values, inputs, moved)
        self._place: dict[int, slice] = {}
        parts: list[Node] = []
        for tree in trees:
            self._place[id(tree)] = slice(len(parts), len(parts) + len(_parts(tree)))
            parts += _parts(tree)
        self._run = compile_slice(model, values, inputs, moved, parts)
        self._index = {name: at for at, name in enumerate(inputs)}
        self._base = [values[name] for name in inputs]
        self._known: dict[tuple[str, float], tuple[float, ...] | None] = {}
        self._alone: dict[int, _Run] = {}

    def at(self, name: str, step: float, tree: Node) -> tuple[float, ...] | None:
        """The parts of a condition with an input changed; None where they have no value."""
        key = (name if step else "", step)
        if key not in self._known:
            given = list(self._base)
            given[self._index[name]] *= math.exp(step)
            try:
                self._known[key] = self._run(*given)
            except (ArithmeticError, ValueError):
                self._known[key] = None
        found = self._known[key]
        if found is not None:
            return found[self._place[id(tree)]]
        if len(self._place) == 1:
            return None
        alone = self._alone.get(id(tree))  # it may be another that has no value
        if alone is None:
            alone = _Run(*self._about, [tree])
            self._alone[id(tree)] = alone
        return alone.at(name, step, tree)


def _margin(op: str, left: float, right: float) -> float | None:
    """The logarithm of how many times one side is the other; above 0 where it holds."""
    if not (0.0 < left < math.inf and 0.0 < right < math.inf):
        return None
    margin = math.log(right) - math.log(left)
    return margin if op in ("<=", "<") else -margin


def _turn(look: _Look, now: _Seen, first: _Seen, limit: float, exact: float) -> float | None:
    """The nearest change, as a logarithm, up to which a condition stays what it is.

    None where it turns nowhere within the limit, in either direction.

    Args:
        look: Looks at it.
        now: What it is without a change.
        first: What it is with a small one.
        limit: How far to look.
        exact: How near to come.
    """
    best: float | None = None
    for sign in _directions(now, first):
        end = limit if best is None else min(limit, abs(best))
        bracket = _bracket(look, now, first if sign > 0.0 else None, sign, end)
        if bracket is not None:
            best = _refined(look, *bracket, exact)
    return best


def _directions(now: _Seen, first: _Seen) -> tuple[float, ...]:
    """Whether more or less of an input brings a condition nearer to turning; both if unknown."""
    if now.margin is None or first.margin is None or first.margin == now.margin:
        return (1.0, -1.0)
    return (-1.0,) if now.holds is (first.margin > now.margin) else (1.0,)


_Point: TypeAlias = tuple[float, _Seen]
"""A change, as a logarithm, and what it does."""


def _bracket(
    look: _Look, now: _Seen, first: _Seen | None, sign: float, limit: float
) -> tuple[_Point, _Point] | None:
    """Two changes between which the condition turns; a straight line tells how far to go."""
    at, seen = 0.0, now
    step = min(_FIRST, limit)
    while True:
        known = first is not None and step == _FIRST
        there = first if known and first is not None else look(sign * step)
        if there.holds is not now.holds:
            return (sign * at, seen), (sign * step, there)
        if step >= limit:
            return None
        following = 4.0 * step
        if seen.margin is not None and there.margin is not None:
            slope = (there.margin - seen.margin) / (step - at)
            if slope and now.holds is (slope > 0.0):
                return None  # goes away from turning
            if slope:
                following = max(1.2 * step, (step - there.margin / slope) * 1.0001)
        at, seen, step = step, there, min(following, limit)


def _refined(look: _Look, stays: _Point, turns: _Point, exact: float) -> float:
    """The change at which the condition turns, between one where it stays and one where not."""
    (low, seen), (high, there) = stays, turns
    now, a, b = seen.holds, seen.margin, there.margin
    for turn in range(_STEPS):
        if abs(high - low) <= exact * max(1.0, abs(low)):
            break
        middle = (low + high) / 2.0
        if a is not None and b is not None and a != b and turn % 3 != 2:
            line = low - a * (high - low) / (b - a)
            if min(low, high) < line < max(low, high):
                middle = line
        seen = look(middle)
        if seen.margin is not None and abs(seen.margin) <= exact:
            beyond = look(middle + math.copysign(_BEYOND, high - low))
            if beyond.holds is not now:
                return middle  # and no step of something rounded, which is even for a while
        if seen.holds is now:
            low, a = middle, seen.margin
        else:
            high, b = middle, seen.margin
    return low
