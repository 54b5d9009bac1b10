"""Means and variances that are known without samples: of sums, products and powers of ranges.

Such a formula is a sum of terms, each a number times powers of ranges. The mean of a term is the
product of the moments of its ranges, where these are independent, so that neither the mean nor the
variance of the whole depends on samples. Those of a heavy tail do: of `1 to 1_000_000`, a million
samples have a mean that is right to within half of it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import NamedTuple, TypeAlias

import numpy as np

from estimator.evaluate.program import rounding_of, value_of
from estimator.evaluate.uncertainty.arrays import Array
from estimator.evaluate.uncertainty.streams import values as values_at
from estimator.formula.functions import EMPTY
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.tree import Call, Chain, Convert, Name, Negative, Node, Power, names_in
from estimator.model import Model

Powers: TypeAlias = tuple[tuple[str, float], ...]
"""Ranges, each with its exponent, in the order of their names."""
Terms: TypeAlias = dict[Powers, float]
"""A sum: what each product of powers is multiplied by."""

_MOST_TERMS = 256
_MOST_SQUARED = 32  # terms of which all pairs are looked at
_MOST_POWER = 16  # of a sum
_NARROW = 1e-9  # of the square of the mean; of less variance than that, floats leave too little
_NORMAL = NormalDist()


class Parts(NamedTuple):
    """The parts of a variance: of each range alone, and of pairs of them beyond that."""

    alone: dict[str, float]
    together: dict[tuple[str, str], float]


class Moments:
    """The means and the parts of variances of a model, as far as they are known without samples."""

    def __init__(self, model: Model, values: Mapping[str, float], uncertain: set[str]) -> None:
        """Begin with nothing worked out.

        Args:
            model: A checked model.
            values: Its values, of which those that depend on no range are used.
            uncertain: The quantities that depend on a range.
        """
        self._model = model
        self._values = values
        self._uncertain = uncertain
        self._distributions = model.ranges
        self._known: dict[str, Terms | None] = {}
        self._tied = [frozenset(c.names) for c in model.correlations]

    def mean(self, tree: Node) -> float | None:
        """Return the mean of a formula; None where it is not known, or where there is none."""
        self._prepare(names_in(tree))
        terms = self._terms(tree)
        if terms is None or any(self._go_together(self._ranges([term])) for term in terms):
            return None
        return self._mean(terms)

    def parts(self, name: str) -> Parts | None:
        """Return the parts of the variance of a quantity; None where they are not known."""
        self._prepare([name])
        terms = self._of_name(name)
        if terms is None or len(terms) > _MOST_SQUARED:
            return None
        ranges = self._ranges(terms)
        mean = None if self._go_together(ranges) else self._mean(terms)
        if mean is None:
            return None
        squares = _Squares(terms, [(r, self._distributions[r]) for r in ranges])
        whole = squares.explained(ranges)
        if whole is None or not whole > _NARROW * mean * mean:
            return None
        alone = {r: (squares.explained([r]) or 0.0) / whole for r in ranges}
        together = {
            (a, b): (squares.explained([a, b]) or 0.0) / whole - alone[a] - alone[b]
            for a, b in combinations(ranges, 2)
        }
        return Parts(alone, dict(sorted(together.items(), key=lambda item: -item[1])))

    def _prepare(self, names: Iterable[str]) -> None:
        """Expand all that names follow from, each after what it uses, however long the chain."""
        leading = self._model.leading_to(names) & self._uncertain
        for name in self._model.quantities:
            if name in leading:
                self._of_name(name)

    def _ranges(self, terms: Iterable[Powers]) -> list[str]:
        return sorted({name for term in terms for name, _ in term})

    def _go_together(self, ranges: Collection[str]) -> bool:
        return any(len(tied.intersection(ranges)) > 1 for tied in self._tied)

    def _mean(self, terms: Terms) -> float | None:
        means: list[float] = []
        for term, factor in terms.items():
            moments = [moment(self._distributions[name], power) for name, power in term]
            if None in moments:
                return None
            means.append(factor * math.prod(m for m in moments if m is not None))
        whole = math.fsum(means) if all(map(math.isfinite, means)) else math.inf
        return whole if math.isfinite(whole) else None

    # --- formulas as sums of products -------------------------------------------------------------

    def _of_name(self, name: str) -> Terms | None:
        if name not in self._known:
            self._known[name] = None  # a formula cannot lead to itself
            quantity = self._model.quantities[name]
            if quantity.distribution is not None:
                self._known[name] = {((name, 1.0),): 1.0}
            elif name not in self._uncertain:
                self._known[name] = {(): float(self._values[name])}
            elif rounding_of(quantity, self._model) is None:
                self._known[name] = self._terms(quantity.tree)
        return self._known[name]

    def _terms(self, tree: Node) -> Terms | None:
        """Return a formula as a sum of products, or None if it is none."""
        if self._uncertain.isdisjoint(names_in(tree)):
            return {(): float(value_of(tree, self._values, self._model.calendar))}
        match tree:
            case Name():
                return self._of_name(tree.path)
            case Convert():
                return self._terms(tree.operand)
            case Negative():
                return _times(self._terms(tree.operand), {(): -1.0})
            case Chain():
                return self._chain(tree)
            case Power():
                exponent = self._terms(tree.exponent)
                if exponent is None or set(exponent) != {()}:
                    return None
                return self._power(self._terms(tree.base), exponent[()])
            case Call():
                return self._call(tree)
            case _:
                return None

    def _chain(self, tree: Chain) -> Terms | None:
        found = self._terms(tree.first)
        for op, node in tree.rest:
            terms = self._terms(node)
            if op == "/":
                terms = self._power(terms, -1.0)
            elif op == "-":
                terms = _times(terms, {(): -1.0})
            found = _times(found, terms) if op in "*/" else _plus(found, terms)
        return found

    def _call(self, tree: Call) -> Terms | None:
        if tree.function == EMPTY:
            return {(): 0.0}
        arguments = [self._terms(a) for a in tree.arguments]
        match tree.function:
            case "sum" | "product":
                first, *others = arguments
                for other in others:
                    first = (_plus if tree.function == "sum" else _times)(first, other)
                return first
            case "sqrt":
                return self._power(arguments[0], 0.5)
            case _:
                return None

    def _power(self, terms: Terms | None, exponent: float) -> Terms | None:
        """Return a power: of a single product any, of a sum those that are small whole numbers."""
        if terms is None:
            return None
        if len(terms) == 1:
            [(term, factor)] = terms.items()
            is_whole = exponent.is_integer() and all(p.is_integer() for _, p in term)
            if not is_whole and not (factor > 0.0 and all(map(self._is_positive, dict(term)))):
                return None  # such as the root of a square, which is not what it is a square of
            if factor == 0.0:
                return None
            try:
                return {tuple((n, p * exponent) for n, p in term): factor**exponent}
            except OverflowError:
                return None
        if not (exponent.is_integer() and 0.0 < exponent <= _MOST_POWER):
            return None
        found: Terms | None = {(): 1.0}
        for _ in range(int(exponent)):
            found = _times(found, terms)
        return found

    def _is_positive(self, name: str) -> bool:
        return self._distributions[name].support[0] >= 0.0


def _plus(one: Terms | None, other: Terms | None) -> Terms | None:
    if one is None or other is None or len(one) + len(other) > _MOST_TERMS:
        return None
    found = dict(one)
    for term, factor in other.items():
        found[term] = found.get(term, 0.0) + factor
    return {t: f for t, f in found.items() if f} or {(): 0.0}


def _times(one: Terms | None, other: Terms | None) -> Terms | None:
    if one is None or other is None or len(one) * len(other) > _MOST_TERMS:
        return None
    found: Terms = {}
    for a, factor in one.items():
        for b, by in other.items():
            powers = dict(a)
            for name, power in b:
                powers[name] = powers.get(name, 0.0) + power
            term = tuple(sorted((n, p) for n, p in powers.items() if p))
            found[term] = found.get(term, 0.0) + factor * by
    return {t: f for t, f in found.items() if f} or {(): 0.0}


class _Squares:
    """The variance of a sum of products, and what some of its ranges explain of it."""

    def __init__(self, terms: Terms, ranges: Sequence[tuple[str, Distribution]]) -> None:
        self._factors = np.array(list(terms.values()))
        powers = [dict(term) for term in terms]
        self._apart: dict[str, Array] = {}
        self._joint: dict[str, Array] = {}
        for name, range_ in ranges:
            own = [p.get(name, 0.0) for p in powers]
            means = np.array([_moment(range_, p) for p in own])
            self._apart[name] = np.outer(means, means)
            self._joint[name] = np.array([[_moment(range_, p + q) for q in own] for p in own])

    @np.errstate(all="ignore")
    def explained(self, ranges: Collection[str]) -> float | None:
        """Return the variance of the mean given these ranges; None where a moment is not finite."""
        joint = np.outer(self._factors, self._factors)
        apart = joint.copy()
        for name, both in self._apart.items():
            joint *= self._joint[name] if name in ranges else both
            apart *= both
        found = float((joint - apart).sum())
        return max(found, 0.0) if math.isfinite(found) else None


def _moment(range_: Distribution, power: float) -> float:
    found = moment(range_, power)
    return math.nan if found is None else found


# --- moments of single ranges ---------------------------------------------------------------------


@lru_cache(maxsize=4096)
def moment(range_: Distribution, power: float) -> float | None:
    """Return the mean of a power of a range; None where there is none, or none that is finite."""
    try:
        found = _moment_of(range_, power)
    except (ArithmeticError, ValueError):
        return None
    return found if found is not None and math.isfinite(found) else None


def _moment_of(range_: Distribution, power: float) -> float | None:
    low, high = range_.support
    if power == 0.0:
        return 1.0
    if range_.shape is Shape.ONE_OF:
        moments = [moment(part, power) for part in range_.parts]
        if None in moments:
            return None
        weighted = zip(range_.parameters, moments, strict=True)
        return math.fsum(weight * m for weight, m in weighted if m is not None)
    if range_.shape is Shape.CONSTANT:
        return math.pow(low, power) if low >= 0.0 or power.is_integer() else None
    if low < 0.0 and not (power.is_integer() and (power > 0.0 or high < 0.0)):
        return None
    if power < 0.0 and not _has_inverse(range_, low, high, power):
        return None
    scaled = range_.shape is Shape.TRUNCATED and range_.parts[0].shape is Shape.LOGNORMAL
    if range_.shape is Shape.LOGNORMAL or scaled:
        return _of_lognormal(range_, power)
    if range_.shape is Shape.NORMAL:
        location, scale = range_.parameters
        return _of_normal(location, scale, int(power))
    return _by_quadrature(range_, power)


def _has_inverse(range_: Distribution, low: float, high: float, power: float) -> bool:
    """Return whether the mean of a negative power is finite; not of a density from zero on."""
    if low > 0.0 or high < 0.0:
        return True
    if range_.shape is Shape.TRIANGULAR and 0.0 in (low, high):
        return power > (-1.0 if range_.parameters[1] == 0.0 else -2.0)
    if range_.shape is Shape.UNIFORM and 0.0 in (low, high):
        return power > -1.0
    return range_.shape in (Shape.LOGNORMAL, Shape.LOGIT_NORMAL) or (
        range_.shape is Shape.TRUNCATED
        and range_.parts[0].shape in (Shape.LOGNORMAL, Shape.LOGIT_NORMAL)
    )


def _of_lognormal(range_: Distribution, power: float) -> float:
    """Return a moment by completing the square; of what is truncated, the ends move with it."""
    inner = range_.parts[0] if range_.parts else range_
    location, scale = inner.parameters
    whole = math.exp(power * location + 0.5 * (power * scale) ** 2)
    if not range_.parts:
        return whole
    below, above = range_.parameters
    low = _NORMAL.inv_cdf(below) - power * scale if below > 0.0 else -math.inf
    high = _NORMAL.inv_cdf(above) - power * scale if above < 1.0 else math.inf
    if low > 0.0:  # by the upper tail, which keeps its digits
        low, high = -high, -low
    return whole * (_NORMAL.cdf(high) - _NORMAL.cdf(low)) / (above - below)


def _of_normal(location: float, scale: float, power: int) -> float:
    before, found = 1.0, location
    for k in range(1, power):
        before, found = found, location * found + k * scale * scale * before
    return found


_END = 38.0  # scores, beyond which the normal density is nothing
_PANEL = 0.5
_NODES = 16


def _by_quadrature(range_: Distribution, power: float) -> float:
    """Return a moment by Gauss and Legendre over panels of the score; a kink is an end of one."""
    ends = np.arange(-_END, _END + _PANEL, _PANEL)
    inner = range_
    below, above = 0.0, 1.0
    while inner.shape is Shape.TRUNCATED:
        low, high = inner.parameters
        below, above = low + (high - low) * below, low + (high - low) * above
        inner = inner.parts[0]
    if inner.shape is Shape.TRIANGULAR:
        low, mode, high = inner.parameters
        turn = ((mode - low) / (high - low) - below) / (above - below)
        if 0.0 < turn < 1.0:
            ends = np.sort(np.append(ends, _NORMAL.inv_cdf(turn)))
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    half = 0.5 * np.diff(ends)
    scores = (ends[:-1] + half)[:, None] + half[:, None] * nodes
    density = np.exp(-0.5 * scores**2) / math.sqrt(2.0 * math.pi) * weights * half[:, None]
    with np.errstate(all="ignore"):
        made = values_at(range_, scores.ravel(), {}) ** power * density.ravel()
    return float(made[np.isfinite(made)].sum())  # far out, floats leave no value of what is cut off
