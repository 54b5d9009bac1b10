"""Attribute the spread of a result to ranges: first-order Sobol indices, by the samples of a run.

The index of a range is the share of the variance that the mean of the result has where this range
alone is known. What the score of a range explains in proportion is taken first, and the rest by
cells of the range: narrow ones whose shares of all cases are known, among which each single value
of a mixture has its own. One range follows the other, and all of them once more, so that they do
not blur each other; and what chance alone makes of the means of cells is taken off.

Source:
    E. Plischke, E. Borgonovo, C. L. Smith, "Global sensitivity measures from given data", European
    Journal of Operational Research 226 (2013), 536-550.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from itertools import combinations
from statistics import NormalDist

import numpy as np

from estimator.evaluate.sampled import Sources
from estimator.evaluate.uncertainty.arrays import Array, Labels
from estimator.evaluate.uncertainty.spreads import SpreadEstimator, scaled
from estimator.evaluate.uncertainty.streams import values
from estimator.formula.ranges import Distribution, Shape

_NORMAL = NormalDist()
_REACH = 4.0  # scores, beyond which all is one cell
_FINE = 64  # cells to a score
_GRID = int(2 * _REACH * _FINE)
_LEAST = 16  # samples that a cell should have
_SURE = 3.0  # standard errors, from which on the means of cells say something
_SWEEPS, _TIED_SWEEPS = 3, 8
_NOTHING = 1e-3  # of the variance, which cells need not explain
_COARSE = 16  # cells of each of two ranges that are looked at together
_LOOKED_AT = 6  # ranges, whose pairs are looked at
ACT_ALONE = 0.8
"""Of a variance; where ranges by themselves explain less, pairs of them are attributed as well."""
LEAST_TOGETHER = 0.01
"""The share of a pair, below which it is left out."""
_HALVES = 0.25  # by how much the ranks of one half are above the middle
_STEADY = 0.04  # the standard error of the variance, as a share of it, that shares can bear


class Cells:
    """A range in cells, whose shares of all cases are known.

    Attributes:
        shares: Of each cell.
        scores: The mean score in each cell; nothing where cells are not those of the score.
        ranks: The share of cases below the middle of each cell, by the values in it.
        is_mixture: Whether cells are parts of a mixture, and cells of those.
    """

    def __init__(self, range_: Distribution, count: int) -> None:
        leaves = range_.leaves()
        self.is_mixture = range_.shape is Shape.ONE_OF
        self._table = np.zeros((len(leaves), _GRID), np.intp)
        shares: list[Array] = []
        middles: list[Array] = []
        at = 0
        for row, (weight, leaf) in zip(self._table, leaves, strict=True):
            is_single = leaf.shape is Shape.CONSTANT
            cells, within, scores = _cells(1 if is_single else int(count * weight) // _LEAST)
            row[:] = at + cells
            at += within.size
            shares.append(weight * within)
            middles.append(values(leaf, scores, {}) if self.is_mixture else scores)
        self.shares = np.concatenate(shares)
        middle = np.concatenate(middles)
        self.scores = np.zeros_like(middle) if self.is_mixture else middle
        order = np.argsort(middle, kind="stable")
        self.ranks = np.empty_like(middle)
        self.ranks[order] = np.cumsum(self.shares[order]) - 0.5 * self.shares[order]

    def labels(self, scores: Array, leaves: Labels | None = None) -> Labels:
        """Return the cell of each sample.

        Args:
            scores: Of the range; of a mixture, those of the parts that the samples are of.
            leaves: Of a mixture, these parts.
        """
        grid = np.floor(scores * _FINE)
        grid += _GRID // 2
        place = np.clip(grid, 0, _GRID - 1, out=grid).astype(np.intp)
        return np.asarray(self._table[0][place] if leaves is None else self._table[leaves, place])


@cache
def _cells(most: int) -> tuple[Labels, Array, Array]:
    """Return the cell of each place of the grid; the share of each cell, and its mean score.

    Places in which there are too few samples become one with others further out.
    """
    edges = np.linspace(-_REACH, _REACH, _GRID + 1)
    below = np.array([0.0, *(_NORMAL.cdf(e) for e in edges[1:-1]), 1.0])
    density = np.array([0.0, *(_NORMAL.pdf(e) for e in edges[1:-1]), 0.0])
    middle = 0.5 * (below[:-1] + below[1:])
    of = np.floor(middle * max(most, 1))
    cells = np.concatenate([[0], np.cumsum(np.diff(of) > 0.0)]).astype(np.intp)
    shares = np.bincount(cells, np.diff(below)).astype(float)
    return cells, shares, np.bincount(cells, -np.diff(density)) / shares


class _Part:
    """The part of a result that one range alone explains.

    Attributes:
        name: The range.
        cells: Its cells.
        weight: What the result gains with its score.
        means: What it gains in each cell beyond that.
    """

    def __init__(
        self, name: str, cells: Cells, labels: Callable[[], Labels], possible: Array | None
    ) -> None:
        self.name, self.cells = name, cells
        self.weight, self.means = 0.0, np.zeros(cells.shares.size)
        self._labels, self._possible = labels, possible

    @cached_property
    def labels(self) -> Labels:
        """Return the cell of each sample in which the result has a value."""
        labels = self._labels()
        return labels if self._possible is None else labels[self._possible]

    @cached_property
    def counts(self) -> Array:
        """The number of samples in each cell."""
        return np.bincount(self.labels, minlength=self.means.size).astype(float)

    @cached_property
    def shares(self) -> Array:
        """The share of cases in each cell, which is not known of samples that have no value."""
        return self.cells.shares if self._possible is None else self.counts / self.labels.size

    @property
    def has_cells(self) -> bool:
        """Whether its cells say more than its score."""
        return bool(self.means.any())

    def cell_means(self, rest: Array) -> Array:
        """Return the mean of what is left of a result in each cell."""
        sums = np.bincount(self.labels, rest, self.counts.size)
        return np.asarray(sums / np.maximum(self.counts, 1.0))

    def says_more(self, rest: Array, noise: float) -> float:
        """Return how much cells explain of what is left, if that is more than chance; else 0."""
        means = self.cell_means(rest)
        by_chance = self.shares / np.maximum(self.counts, 1.0) * noise
        beyond = float(self.shares @ (means * means)) - float(by_chance.sum())
        return beyond if beyond > _SURE * math.sqrt(2.0 * float(by_chance @ by_chance)) else 0.0

    def variance(self, rest: Array) -> float:
        """Return the variance of its part, less what chance makes of the means of its cells."""
        if not self.has_cells:
            return self.weight * self.weight
        mean = float(self.shares @ self.means)
        square = float(self.shares @ (self.means * self.means)) - mean * mean
        with_score = float(self.shares @ (self.cells.scores * self.means))
        by_chance = float(self.shares @ self._chance(rest))
        found = self.weight * self.weight + 2.0 * self.weight * with_score + square
        return max(found - by_chance, 0.0)

    def _chance(self, rest: Array) -> Array:
        """Return for each cell the variance of its mean, by that of what is left."""
        squares = np.bincount(self.labels, rest * rest, self.counts.size)
        sums = np.bincount(self.labels, rest, self.counts.size)
        many = np.maximum(self.counts, 2.0)
        return np.asarray((squares - sums * sums / many) / (many - 1.0) / many)

    def direction(self) -> float:
        """Return how far more of the range is more, from -1 to 1."""
        ranks, gains = self.cells.ranks - 0.5, self.means + self.weight * self.cells.scores
        gains = gains - float(self.shares @ gains)
        sizes = float(self.shares @ (ranks * ranks)) * float(self.shares @ (gains * gains))
        return float(self.shares @ (ranks * gains)) / math.sqrt(sizes) if sizes > 0.0 else 0.0

    def direction_of(self, target: Array) -> float:
        """Return the same by signs alone, where a few samples make most of the variance."""
        is_more = target > np.median(target)
        more = float((self.cells.ranks[self.labels] - 0.5) @ np.where(is_more, 1.0, -1.0))
        return more / target.size / _HALVES


class Attribution:
    """Tells what results come from, by samples of all ranges."""

    def __init__(
        self, estimator: SpreadEstimator, cells: Sequence[Cells], labels: Sequence[Labels | None]
    ) -> None:
        """Keep the samples.

        Args:
            estimator: It has the ranges and their scores.
            cells: The cells of each range.
            labels: Return the cell of each sample of a mixture; None for what its scores tell.
        """
        self._estimator, self._cells, self._labels = estimator, cells, [*labels]

    def _label(self, index: int) -> Labels:
        labels = self._labels[index]
        if labels is None:
            labels = self._labels[index] = self._cells[index].labels(self._estimator.scores[index])
        return labels

    def of(self, name: str, result: Array) -> Sources | None:
        """Return what a result comes from; None where nothing varies, or it is infinite."""
        known = ~np.isnan(result)
        possible = None if known.all() else known
        result = result if possible is None else result[possible]
        if not result.size or not np.isfinite(result).all():
            return None
        target, is_log = scaled(result)
        if target is None:
            return None
        ranges = self._estimator.ranges
        among = [i for i, n in enumerate(ranges) if n in self._estimator.sources[name]]
        parts = [_Part(ranges[i], self._cells[i], partial(self._label, i), possible) for i in among]
        expected = self._estimator.expected[np.ix_(among, among)]
        is_joint = possible is not None or bool((expected - np.diag(np.diag(expected))).any())
        rest = self._fit(parts, among, possible, target, _TIED_SWEEPS if is_joint else _SWEEPS)
        squares = target * target
        is_steady = len(parts) == 1 or float(np.linalg.norm(squares)) <= _STEADY * squares.sum()
        shares, whole = self._shares(parts, among, possible, target, rest, is_joint=is_joint)
        together = {} if sum(shares) >= ACT_ALONE else _together(parts, rest, whole)
        names = [p.name for p in parts]
        directions = [p.direction() if is_steady else p.direction_of(target) for p in parts]
        return Sources(
            dict(zip(names, shares, strict=True)),
            dict(zip(names, directions, strict=True)),
            together,
            is_log,
            is_steady,
        )

    def _fit(
        self,
        parts: Sequence[_Part],
        among: list[int],
        possible: Array | None,
        target: Array,
        sweeps: int,
    ) -> Array:
        """Give each part what a result gains with its range; and return what is left."""
        at = [i for i, p in enumerate(parts) if not p.cells.is_mixture]
        centered, covariance = self._scores([among[i] for i in at], possible)
        rest = target
        said: list[_Part] = []
        for sweep in range(sweeps):
            if at:
                more = np.linalg.lstsq(covariance, centered @ rest / rest.size, rcond=None)[0]
                rest = rest - more @ centered
                for i, gained in zip(at, more, strict=True):
                    parts[i].weight += float(gained)
            noise = float(rest @ rest) / rest.size
            is_linear = (
                len(at) == len(parts) and noise <= _NOTHING * float(target @ target) / target.size
            )
            if sweep == 0 and not is_linear:
                worth = [(p.says_more(rest, noise), p) for p in parts]
                said = [p for w, p in sorted(worth, key=lambda pair: -pair[0]) if w]
            if not said:
                break
            for part in said:
                gained = part.cell_means(rest)
                rest = rest - gained[part.labels]
                part.means = part.means + gained
        return rest

    def _scores(self, ranges: list[int], possible: Array | None) -> tuple[Array, Array]:
        """Return the scores of some ranges less their means, and their covariances."""
        estimator = self._estimator
        if possible is None:
            whole = len(ranges) == len(estimator.ranges)
            centered = estimator.centered if whole else estimator.centered[ranges]
            return centered, estimator.covariance[np.ix_(ranges, ranges)]
        scores = estimator.scores[ranges][:, possible]
        centered = scores - scores.mean(axis=1, keepdims=True)
        return centered, centered @ centered.T / centered.shape[1]

    def _shares(
        self,
        parts: Sequence[_Part],
        among: list[int],
        possible: Array | None,
        target: Array,
        rest: Array,
        *,
        is_joint: bool,
    ) -> tuple[list[float], float]:
        """Return the shares of parts in the variance, and the variance."""
        if len(parts) == 1:  # what is a function of one range comes from it
            return [1.0], float(target.var())
        if not is_joint:
            variances = [p.variance(rest) for p in parts]
            used = sum(p.counts.size for p in parts if p.has_cells)
            whole = sum(variances) + float(rest @ rest) / max(rest.size - used, 1)
            return [v / whole for v in variances], whole
        # of what goes together: how each part goes with all that is explained
        explained, whole = target - rest, float(target.var())
        centered, _ = self._scores(among, possible)
        owns = (p.weight * c + p.means[p.labels] for p, c in zip(parts, centered, strict=True))
        covariances = (
            float(own @ explained) - float(own.sum()) * float(explained.mean()) for own in owns
        )
        return [c / target.size / whole for c in covariances], whole


def _together(parts: Sequence[_Part], rest: Array, whole: float) -> dict[tuple[str, str], float]:
    """Return the shares of pairs of ranges, beyond what each does alone, the largest first."""
    squares = rest * rest
    squares -= squares.mean()
    coarse = [np.minimum((p.cells.ranks * _COARSE).astype(np.intp), _COARSE - 1) for p in parts]
    labels = [c[p.labels] for c, p in zip(coarse, parts, strict=True)]
    moved = [_between(one, _COARSE, squares) for one in labels]
    looked_at = sorted(range(len(parts)), key=lambda at: -moved[at])[:_LOOKED_AT]
    found: dict[tuple[str, str], float] = {}
    for one, other in combinations(sorted(looked_at), 2):
        pair = labels[one] * _COARSE + labels[other]
        share = _between(pair, _COARSE * _COARSE, rest) / whole
        if share >= LEAST_TOGETHER:
            found[parts[one].name, parts[other].name] = share
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _between(labels: Labels, size: int, result: Array) -> float:
    """Return the variance between cells, without what chance makes of it."""
    counts = np.maximum(np.bincount(labels, minlength=size).astype(float), 1.0)
    sums = np.bincount(labels, result, size)
    within = float(result @ result) - float((sums * sums / counts).sum())
    used = int(np.count_nonzero(sums))
    noise = within / max(result.size - used, 1)
    return (float((sums * sums / counts).sum()) - used * noise) / result.size
