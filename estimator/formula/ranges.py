"""Ranges and distributions: what is written, as a distribution whose percentiles are just that.

Every distribution is a function of a standard normal score, so that any two can be correlated by
their ranks, and what lies between two percentiles is known without samples.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, WEIGHTED
from estimator.formula.remembered import remembered
from estimator.formula.tree import Call, Literal, Name, Node, Number, Range, children, walk
from estimator.units.write import digits
from estimator.units.write import share as per_cent

if TYPE_CHECKING:
    from statistics import NormalDist

CREDIBILITY = 0.9
"""The share of a range between its ends, unless a file or a range says otherwise."""

_SURE = 1e-9  # weights add up to one within it
_NOISE = 1e-12  # of added weights
_MOST_BELOW = 1.0 - 2.0**-53
_PERHAPS_RANGE = re.compile(rf"\bto\b|±|\b(?:{'|'.join(DISTRIBUTIONS)})\b")

Value: TypeAlias = Callable[[Node], float]
"""Computes an end of a range, in base units."""


@remembered
def may_have_range(formula: str) -> bool:
    """Return whether there could be a range or a distribution in a formula."""
    return _PERHAPS_RANGE.search(formula) is not None


@cache
def _standard_normal() -> NormalDist:
    """Return the standard normal distribution.

    It is imported only where a scenario has ranges: that takes 5 ms, 2% of a run.
    """
    from statistics import NormalDist

    return NormalDist()


class Shape(Enum):
    """The family of a distribution; its parameters are those of its normal score.

    `LOGNORMAL` and `LOGIT_NORMAL` have the location and the scale of the logarithm, and of the
    logit, that is normal.
    """

    CONSTANT = "constant"
    NORMAL = "normal"
    LOGNORMAL = "lognormal"
    LOGIT_NORMAL = "logit-normal"
    UNIFORM = "uniform"
    TRIANGULAR = "triangular"
    TRUNCATED = "truncated"
    ONE_OF = "one of"


class Distribution(NamedTuple):
    """The values that a quantity may have, in base units.

    Attributes:
        shape: The family.
        parameters: Location and scale of the score; low and high; low, mode and high; the share of
            what is truncated that lies below its ends; or the weights of parts.
        parts: What is truncated, or what one of is taken.
    """

    shape: Shape
    parameters: tuple[float, ...]
    parts: tuple[Distribution, ...] = ()

    @property
    def name(self) -> str:
        """Its name for people."""
        if self.shape is Shape.TRUNCATED:
            return f"{self.parts[0].name}, truncated"
        return str(self.shape.value)

    def quantile(self, share: float) -> float:
        """Return the least value that at least a share of it does not exceed, between 0 and 1."""
        match self.shape:
            case Shape.CONSTANT:
                return self.parameters[0]
            case Shape.NORMAL | Shape.LOGNORMAL | Shape.LOGIT_NORMAL:
                location, scale = self.parameters
                return self._from_score(location + scale * _standard_normal().inv_cdf(share))
            case Shape.UNIFORM:
                low, high = self.parameters
                return low + (high - low) * share
            case Shape.TRIANGULAR:
                return _triangular(share, *self.parameters)
            case Shape.TRUNCATED:
                below, above = self.parameters
                inner = below + (above - below) * share
                return self.parts[0].quantile(min(inner, _MOST_BELOW))
            case Shape.ONE_OF:
                return self._of_mixture(share)

    def below(self, value: float) -> float:
        """Return the share of it that is at most a value."""
        match self.shape:
            case Shape.CONSTANT:
                return 1.0 if self.parameters[0] <= value else 0.0
            case Shape.NORMAL | Shape.LOGNORMAL | Shape.LOGIT_NORMAL:
                location, scale = self.parameters
                return _standard_normal().cdf((self._score(value) - location) / scale)
            case Shape.UNIFORM:
                low, high = self.parameters
                return min(max((value - low) / (high - low), 0.0), 1.0)
            case Shape.TRIANGULAR:
                return _triangular_below(value, *self.parameters)
            case Shape.TRUNCATED:
                low, high = self.parameters
                return min(max((self.parts[0].below(value) - low) / (high - low), 0.0), 1.0)
            case Shape.ONE_OF:
                shares = zip(self.parameters, self.parts, strict=True)
                return sum(weight * part.below(value) for weight, part in shares)

    def _from_score(self, score: float) -> float:
        if self.shape is Shape.LOGNORMAL:
            return math.exp(score)
        if self.shape is Shape.LOGIT_NORMAL:
            return 1.0 / (1.0 + math.exp(-score))
        return score

    def _score(self, value: float) -> float:
        if self.shape is Shape.LOGNORMAL:
            return math.log(value) if value > 0.0 else -math.inf
        if self.shape is Shape.LOGIT_NORMAL:
            if not 0.0 < value < 1.0:
                return math.copysign(math.inf, value - 0.5)
            return math.log(value / (1.0 - value))
        return value

    def leaves(self) -> list[tuple[float, Distribution]]:
        """Return the parts of a mixture, and of mixtures in it, with their weights; else itself."""
        if self.shape is not Shape.ONE_OF:
            return [(1.0, self)]
        return [
            (weight * inner, leaf)
            for weight, part in zip(self.parameters, self.parts, strict=True)
            for inner, leaf in part.leaves()
        ]

    @property
    def support(self) -> tuple[float, float]:
        """The ends between which all of it lies."""
        match self.shape:
            case Shape.CONSTANT:
                return self.parameters[0], self.parameters[0]
            case Shape.NORMAL:
                return -math.inf, math.inf
            case Shape.LOGNORMAL:
                return 0.0, math.inf
            case Shape.LOGIT_NORMAL:
                return 0.0, 1.0
            case Shape.UNIFORM | Shape.TRIANGULAR:
                return self.parameters[0], self.parameters[-1]
            case Shape.TRUNCATED:
                (below, above), inner = self.parameters, self.parts[0]
                low, high = inner.support
                return (
                    inner.quantile(below) if below > 0.0 else low,
                    inner.quantile(above) if above < 1.0 else high,
                )
            case Shape.ONE_OF:
                ends = [part.support for part in self.parts]
                return min(low for low, _ in ends), max(high for _, high in ends)

    def _of_mixture(self, share: float) -> float:
        """Return the quantile of a mixture: a single value of its parts, or found by halves."""
        leaves = self.leaves()
        ends = [leaf.quantile(e) for _, leaf in leaves for e in (1e-12, 1.0 - 1e-12)]
        low, high = min(ends), max(ends)
        single: dict[float, float] = {}
        for weight, leaf in leaves:
            if leaf.shape is Shape.CONSTANT:
                value = leaf.parameters[0]
                single[value] = single.get(value, 0.0) + weight
        for value in sorted(single):
            below = self.below(value)
            if below - single[value] >= share - _NOISE:
                high = value
                break
            if below >= share - _NOISE:
                return value
            low = value
        for _ in range(200):
            middle = low + 0.5 * (high - low)
            if not low < middle < high:
                break
            if self.below(middle) < share - _NOISE:
                low = middle
            else:
                high = middle
        return high


def is_range(node: Node) -> bool:
    """Return whether a node is a range or a distribution itself."""
    return isinstance(node, Range) or (isinstance(node, Call) and node.function in DISTRIBUTIONS)


def is_spread(node: Node) -> bool:
    """Return whether a formula has values between those that are written."""
    return any(
        is_range(p) and not (isinstance(p, Call) and p.function == "one_of") for p in walk(node)
    )


def out_of_place(node: Range | Call) -> FormulaError:
    """Return the error for a range where it cannot have a name of its own, as all ranges do."""
    what = "a range" if isinstance(node, Range) else f"the distribution `{node.function}`"
    return FormulaError(
        "E025",
        f"{what} has no place here",
        node.span,
        help="give it a name under `derive:`, and use that name",
    )


def refuse_ranges(tree: Node) -> None:
    """Raise E025 for the first range or distribution in a tree."""
    if isinstance(tree, Number | Literal | Name):
        return  # as most are
    for node in walk(tree):
        if isinstance(node, Range) or (isinstance(node, Call) and node.function in DISTRIBUTIONS):
            raise out_of_place(node)


def ranges_in(node: Node) -> list[Node]:
    """Return the outermost ranges and distributions in a tree, from left to right."""
    if is_range(node):
        return [node]
    return [found for child in children(node) for found in ranges_in(child)]


def has_range(node: Node) -> bool:
    """Return whether there is a range or a distribution in a tree."""
    return any(is_range(part) for part in walk(node))


def distribution(
    node: Node, value: Value, *, is_share: bool = False, credibility: float = CREDIBILITY
) -> Distribution:
    """Return the distribution of a range, or of what is written as one.

    A range is lognormal where it is positive, normal where it crosses zero or is written with `±`,
    logit-normal for a share, so that its ends are exactly the percentiles that they should be.

    Args:
        node: A range, a distribution, or a number, which is a distribution of one value.
        value: Computes the ends.
        is_share: Is it a share, which stays between 0% and 100%?
        credibility: How much of a range lies between its ends.

    Raises:
        FormulaError: E038 where it cannot be met.
    """
    if isinstance(node, Range):
        return _between(node, value, is_share, credibility)
    if not isinstance(node, Call) or node.function not in DISTRIBUTIONS:
        return Distribution(Shape.CONSTANT, (value(node),))
    if node.function == "one_of":
        return _one_of(node, value, is_share, credibility)
    if node.function == "truncated":
        return _truncated(node, value, is_share, credibility)
    ends = [value(argument) for argument in node.arguments]
    return _NAMED[node.function](node, ends)


def _between(node: Range, value: Value, is_share: bool, credibility: float) -> Distribution:
    low, high = value(node.low), value(node.high)
    if node.symmetric:  # `-5 ± 10%` is written from its upper end
        low, high = min(low, high), max(low, high)
    if node.credibility is not None:
        credibility = value(node.credibility)
        if not 0.0 < credibility < 1.0:
            raise _refused(
                node.credibility, "the credibility of a range is between 0% and 100%", None
            )
    _in_order(node, low, high)
    if low == high:
        return Distribution(Shape.CONSTANT, (low,))
    reach = _standard_normal().inv_cdf(0.5 + 0.5 * credibility)
    if is_share and low >= 0.0 and high <= 1.0:
        if not (low > 0.0 and high < 1.0):
            ends = f"{per_cent(low)}, {per_cent(high)}"
            raise _refused(
                node,
                "a share stays between 0% and 100%, and a range reaches beyond both of its ends",
                f"write `uniform({ends})` for firm ends",
            )
        return _scored(Shape.LOGIT_NORMAL, _logit(low), _logit(high), reach)
    if low > 0.0 and not node.symmetric:
        return _scored(Shape.LOGNORMAL, math.log(low), math.log(high), reach)
    return _scored(Shape.NORMAL, low, high, reach)


def _scored(shape: Shape, low: float, high: float, reach: float) -> Distribution:
    return Distribution(shape, (0.5 * low + 0.5 * high, (high - low) / (2.0 * reach)))


def _logit(share: float) -> float:
    return math.log(share) - math.log1p(-share)


def _uniform(node: Call, ends: Sequence[float]) -> Distribution:
    low, high = ends
    _in_order(node, low, high)
    return Distribution(Shape.UNIFORM, (low, high)) if low < high else _constant(low)


def _normal(node: Call, ends: Sequence[float]) -> Distribution:
    mean, sd = ends
    if sd < 0.0:
        raise _refused(node.arguments[1], "a standard deviation is not negative", None)
    if math.isinf(abs(mean) + 10.0 * sd):
        raise _refused(node, "it reaches too far to compute with", None)
    return Distribution(Shape.NORMAL, (mean, sd)) if sd else _constant(mean)


def _lognormal(node: Call, ends: Sequence[float]) -> Distribution:
    low, high = ends
    _in_order(node, low, high)
    if low <= 0.0:
        raise _refused(
            node,
            "a lognormal value is above zero, and this one should reach below",
            "`a to b` is normal where it crosses zero",
        )
    if low == high:
        return _constant(low)
    reach = _standard_normal().inv_cdf(0.95)
    return _scored(Shape.LOGNORMAL, math.log(low), math.log(high), reach)


def _triangle(node: Call, ends: Sequence[float]) -> Distribution:
    low, mode, high = ends
    _in_order(node, low, high)
    if not low <= mode <= high:
        raise _refused(node, "the ends of a triangle are on both sides of its mode", None)
    return Distribution(Shape.TRIANGULAR, (low, mode, high)) if low < high else _constant(low)


_NAMED: dict[str, Callable[[Call, Sequence[float]], Distribution]] = {
    "uniform": _uniform,
    "normal": _normal,
    "lognormal": _lognormal,
    "triangular": _triangle,
}


def _constant(value: float) -> Distribution:
    return Distribution(Shape.CONSTANT, (value,))


def _one_of(node: Call, value: Value, is_share: bool, credibility: float) -> Distribution:
    weighted = [a for a in node.arguments if isinstance(a, Call) and a.function == WEIGHTED]
    if weighted and len(weighted) < len(node.arguments):
        raise _refused(node, "either all of its values have weights, or none", None)
    weights, parts = [], []
    for argument in node.arguments:
        weight = 1.0 / len(node.arguments)
        if isinstance(argument, Call) and argument.function == WEIGHTED:
            share, argument = argument.arguments
            weight = value(share)
            if weight < 0.0:
                raise _refused(share, "a weight is not negative", None)
        weights.append(weight)
        parts.append(distribution(argument, value, is_share=is_share, credibility=credibility))
    if abs(sum(weights) - 1.0) > _SURE:
        raise _refused(node, f"the weights add up to {digits(sum(weights), 6)}, not to 1", None)
    whole = sum(weights)
    kept = [(w / whole, p) for w, p in zip(weights, parts, strict=True) if w > 0.0]
    if len({part for _, part in kept}) == 1:
        return kept[0][1]
    kept.sort(key=lambda pair: pair[1].quantile(0.5))  # the higher the score, the higher the value
    return Distribution(Shape.ONE_OF, tuple(w for w, _ in kept), tuple(p for _, p in kept))


def _truncated(node: Call, value: Value, is_share: bool, credibility: float) -> Distribution:
    inner = distribution(node.arguments[0], value, is_share=is_share, credibility=credibility)
    low, high = (value(argument) for argument in node.arguments[1:])
    _in_order(node, low, high)
    if inner.shape is Shape.CONSTANT:
        if not low <= inner.parameters[0] <= high:
            raise _refused(node, "the value is not between these ends", None)
        return inner
    if inner.shape is Shape.ONE_OF:
        raise _refused(node, "a mixture cannot be truncated", "truncate its parts")
    below, above = inner.below(low), inner.below(high)
    if above - below < 1e-6:
        raise _refused(node, "almost none of it lies between these ends", None)
    return Distribution(Shape.TRUNCATED, (below, above), (inner,))


def _in_order(node: Node, low: float, high: float) -> None:
    if not math.isfinite(low) or not math.isfinite(high):
        raise _refused(node, "the ends of a range are finite", None)
    if math.isinf(high - low):
        raise _refused(node, "its ends are too far apart to compute with", None)
    if low > high:
        raise _refused(node, "the ends are the wrong way round", "write the lower one first")


def _refused(node: Node, why: str, help_: str | None) -> FormulaError:
    return FormulaError("E038", f"this range is impossible: {why}", node.span, help=help_)


def _triangular(share: float, low: float, mode: float, high: float) -> float:
    width = high - low  # not squared, as tiny ends leave nothing of it
    turn = (mode - low) / width
    if share <= turn:
        return low + width * math.sqrt(share * turn)
    return high - width * math.sqrt((1.0 - share) * ((high - mode) / width))


def _triangular_below(value: float, low: float, mode: float, high: float) -> float:
    if value <= low:
        return 0.0
    if value >= high:
        return 1.0
    if value <= mode:
        return (value - low) / (high - low) * ((value - low) / (mode - low))
    return 1.0 - (high - value) / (high - low) * ((high - value) / (high - mode))


def can_be_correlated(names: Sequence[str], ranks: Mapping[frozenset[str], float]) -> bool:
    """Return whether ranges can be correlated so: whether the matrix is positive definite.

    Args:
        names: The ranges.
        ranks: The rank correlation of each pair; the others are independent.
    """
    rows: list[list[float]] = []
    for i, name in enumerate(names):  # by Cholesky, row by row
        row: list[float] = []
        for j in range(i):
            wanted = score_correlation(ranks.get(frozenset((name, names[j])), 0.0))
            known = sum(a * b for a, b in zip(row, rows[j], strict=False))
            row.append((wanted - known) / rows[j][j])
        rest = 1.0 - sum(a * a for a in row)
        if rest <= _SURE:
            return False
        rows.append([*row, math.sqrt(rest)])
    return True


def score_correlation(rank: float) -> float:
    """Return the correlation of normal scores whose ranks have this correlation.

    Source:
        K. Pearson, "On further methods of determining correlation", Drapers' Company Research
        Memoirs (1907).
    """
    return 2.0 * math.sin(math.pi * rank / 6.0)
