"""Draws of ranges: one stream of scores for each, keyed by its name, and values from scores.

A score is normal with mean 0 and standard deviation 1; each range is a function of its score. So
ranges can be correlated by their ranks (a Gaussian copula), and how a result depends on a range is
a question about its score, whatever the shape of the range.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from statistics import NormalDist
from typing import NamedTuple, TypeAlias

import numpy as np

from estimator.evaluate.uncertainty.arrays import Array, Labels
from estimator.formula.ranges import Distribution, Shape, score_correlation
from estimator.model.quantity import Correlation

Branch: TypeAlias = tuple[int, ...]
"""A part of a mixture, by its index; of a mixture in a mixture, by one more."""

_ERFC = np.frompyfunc(math.erfc, 1, 1)
_NORMAL = NormalDist()
_MOST_BELOW = 1.0 - 2.0**-53


class Streams:
    """The scores of some ranges, taken on and on.

    The stream of a range depends on its name and the seed alone: neither on other ranges, nor on
    how many samples are taken at a time.
    """

    def __init__(
        self, names: Sequence[str], seed: int, correlations: Sequence[Correlation] = ()
    ) -> None:
        """Begin the streams.

        Args:
            names: The ranges.
            seed: Chooses one set of streams.
            correlations: Which go together, all that there are; the others are independent.
        """
        tied = sorted({n for c in correlations for n in c.names})
        drawn = [*names, *(n for n in tied if n not in names)]
        self._count = len(names)
        self._generators = [generator(name, seed) for name in drawn]
        self._tied = [drawn.index(name) for name in tied]
        self._mix = np.linalg.cholesky(score_correlations(tied, correlations))

    def draw(self, count: int) -> Array:
        """Draw so many more scores of each range, a row each."""
        drawn = np.empty((len(self._generators), count))
        for row, stream in zip(drawn, self._generators, strict=True):
            stream.standard_normal(out=row)
        if self._tied:
            drawn[self._tied] = self._mix @ drawn[self._tied]
        return drawn[: self._count]


def generator(name: str, seed: int) -> np.random.Generator:
    """Return the stream of a name; a hash makes streams of like names unlike."""
    digest = hashlib.sha256(f"{seed}\0{name}".encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


def score_correlations(names: Sequence[str], correlations: Sequence[Correlation]) -> Array:
    """Return the correlations of the scores of some ranges, as a matrix."""
    at = {name: index for index, name in enumerate(names)}
    matrix = np.eye(len(names))
    for correlation in correlations:
        for one in correlation.names:
            for other in correlation.names:
                if one != other:
                    matrix[at[one], at[other]] = score_correlation(correlation.rank)
    return matrix


def known_correlations(correlations: Array, known: Mapping[int, float]) -> Array:
    """Return the covariances of scores where some of them are known, which then have none."""
    if not known:
        return correlations
    held = list(known)
    left = correlations[:, held] @ np.linalg.inv(correlations[np.ix_(held, held)])
    return np.asarray(correlations - left @ correlations[held, :])


def given_scores(scores: Array, correlations: Array, known: Mapping[int, float]) -> Array:
    """Return scores, a row a range, moved to where they would be if some of them were known.

    What goes together with a range is known better, too, where that range is known.
    """
    held = list(known)
    left = correlations[:, held] @ np.linalg.inv(correlations[np.ix_(held, held)])
    missed = np.array([[known[i]] for i in held]) - scores[held, :]
    return np.asarray(scores + left @ missed)


class Chosen(NamedTuple):
    """The part of a mixture that each sample is of, by `Distribution.leaves`, and its score."""

    leaves: Labels
    scores: Array

    @classmethod
    def first(cls, scores: Array) -> Chosen:
        """Return all samples of the first part, at these scores."""
        return cls(np.zeros(scores.size, np.intp), scores.copy())


def values(
    distribution: Distribution,
    scores: Array,
    streams: Mapping[Branch, np.random.Generator],
    branch: Branch = (),
    chosen: Chosen | None = None,
) -> Array:
    """Return the values of a range at some scores.

    Args:
        distribution: The range.
        scores: Its scores.
        streams: For a mixture, a stream for each of its parts, and for those of its parts.
        branch: Which part of the whole range this is.
        chosen: Where to write which part of a mixture each value is of, if at all.
    """
    match distribution.shape:
        case Shape.CONSTANT:
            return np.full_like(scores, distribution.parameters[0])
        case Shape.NORMAL | Shape.LOGNORMAL | Shape.LOGIT_NORMAL:
            location, scale = distribution.parameters
            made = scale * scores
            made += location
            if distribution.shape is Shape.LOGNORMAL:
                return np.exp(made, out=made)
            if distribution.shape is Shape.LOGIT_NORMAL:
                return 1.0 / (1.0 + np.exp(-made))
            return made
        case Shape.UNIFORM:
            low, high = distribution.parameters
            return low + (high - low) * shares(scores)
        case Shape.TRIANGULAR:
            low, mode, high = distribution.parameters
            below = shares(scores)
            width, turn = high - low, (mode - low) / (high - low)
            rise = low + width * np.sqrt(below * turn)
            fall = high - width * np.sqrt((1.0 - below) * ((high - mode) / width))
            return np.where(below <= turn, rise, fall)
        case Shape.TRUNCATED:
            low, high = distribution.parameters
            inner = normal_scores(low + (high - low) * shares(scores))
            return values(distribution.parts[0], inner, streams, branch)
        case Shape.ONE_OF:
            return _of_mixture(distribution, scores, streams, branch, chosen)


def _of_mixture(
    distribution: Distribution,
    scores: Array,
    streams: Mapping[Branch, np.random.Generator],
    branch: Branch,
    chosen: Chosen | None,
) -> Array:
    """Return the values of a mixture, whose score chooses the part."""
    *below, _ = accumulate(distribution.parameters)
    turns = [_NORMAL.inv_cdf(min(share, _MOST_BELOW)) for share in below]
    taken = np.searchsorted(turns, scores)
    made = np.empty_like(scores)
    before = 0
    for index, part in enumerate(distribution.parts):
        here = taken == index
        # each part takes scores for all, so that its stream does not depend on the choice
        own = streams[*branch, index].standard_normal(scores.size)
        inner = Chosen.first(own) if chosen is not None else None
        made[here] = values(part, own, streams, (*branch, index), inner)[here]
        if chosen is not None and inner is not None:
            chosen.leaves[here] = before + inner.leaves[here]
            chosen.scores[here] = inner.scores[here]
        before += len(part.leaves())
    return made


def branches(distribution: Distribution, branch: Branch = ()) -> Iterator[Branch]:
    """Return the parts of a mixture, and those of its parts; each takes a stream."""
    if distribution.shape is Shape.ONE_OF:
        for index, part in enumerate(distribution.parts):
            yield (*branch, index)
            yield from branches(part, (*branch, index))


def part_streams(
    name: str, distribution: Distribution, seed: int
) -> dict[Branch, np.random.Generator]:
    """Return the streams of the parts of a range, if it is a mixture."""
    return {
        branch: generator("/".join([name, *map(str, branch)]), seed)
        for branch in branches(distribution)
    }


def shares(scores: Array) -> Array:
    """Return the share of a normal distribution below each score."""
    return 0.5 * np.asarray(_ERFC(scores * -math.sqrt(0.5)), dtype=float)


def normal_scores(below: Array) -> Array:
    """Return the score with each share below it, to one part in 10^16.

    Source:
        M. J. Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
        Statistics 37 (1988), 477-484.
    """
    off = below - 0.5
    r = 0.180625 - off * off
    near = off * _ratio(r, _CENTRE)
    tail = np.minimum(below, 1.0 - below)
    with np.errstate(divide="ignore", invalid="ignore"):
        far = np.sqrt(-np.log(tail))
    outside = np.where(far <= 5.0, _ratio(far - 1.6, _MIDDLE), _ratio(far - 5.0, _OUTER))
    return np.where(np.abs(off) <= 0.425, near, np.copysign(outside, off))


def _ratio(x: Array, coefficients: tuple[Sequence[float], Sequence[float]]) -> Array:
    above, below = coefficients
    return np.asarray(np.polyval(above, x) / np.polyval(below, x))


_CENTRE = (
    (
        2509.0809287301226727,
        33430.575583588128105,
        67265.770927008700853,
        45921.953931549871457,
        13731.693765509461125,
        1971.5909503065514427,
        133.14166789178437745,
        3.387132872796366608,
    ),
    (
        5226.495278852545925,
        28729.085735721942674,
        39307.89580009271061,
        21213.794301586595867,
        5394.1960214247511077,
        687.1870074920579083,
        42.313330701600911252,
        1.0,
    ),
)
_MIDDLE = (
    (
        7.7454501427834140764e-4,
        0.0227238449892691845833,
        0.24178072517745061177,
        1.27045825245236838258,
        3.64784832476320460504,
        5.7694972214606914055,
        4.6303378461565452959,
        1.42343711074968357734,
    ),
    (
        1.05075007164441684324e-9,
        5.475938084995344946e-4,
        0.0151986665636164571966,
        0.14810397642748007459,
        0.68976733498510000455,
        1.6763848301838038494,
        2.05319162663775882187,
        1.0,
    ),
)
_OUTER = (
    (
        2.01033439929228813265e-7,
        2.71155556874348757815e-5,
        0.0012426609473880784386,
        0.026532189526576123093,
        0.29656057182850489123,
        1.7848265399172913358,
        5.4637849111641143699,
        6.6579046435011037772,
    ),
    (
        2.04426310338993978564e-15,
        1.4215117583164458887e-7,
        1.8463183175100546818e-5,
        7.868691311456132591e-4,
        0.0148753612908506148525,
        0.13692988092273580531,
        0.59983220655588793769,
        1.0,
    ),
)
