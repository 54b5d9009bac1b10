"""Samples of ranges and of what is computed from them, chunk after chunk.

A chunk fits the processor's cache, so that the arrays between ranges and results cost little.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from estimator.evaluate.uncertainty import limits
from estimator.evaluate.uncertainty.arrays import Array, Labels
from estimator.evaluate.uncertainty.drivers import Cells
from estimator.evaluate.uncertainty.program import ArrayProgram
from estimator.evaluate.uncertainty.streams import (
    Chosen,
    Streams,
    given_scores,
    part_streams,
    score_correlations,
    values,
)
from estimator.model import Model
from estimator.model.quantity import Correlation

_LEAST_ROWS = 64  # samples in a chunk, of which fewer take as long

Progress: TypeAlias = Callable[[int, int], None]
"""Takes how many samples are done, and how many there are in all."""


class RangeSamples(NamedTuple):
    """Some samples of ranges.

    Attributes:
        scores: The score of each range, a row each.
        values: The values of each range.
        chosen: Of some mixtures, which part each sample is of, by the place of the range.
    """

    scores: Array
    values: list[Array]
    chosen: dict[int, Chosen]


class RangeSampler:
    """Takes samples of ranges, on and on.

    A sample of a range depends on its name and the seed alone, and on what it is correlated with.
    """

    def __init__(
        self, model: Model, ranges: Sequence[str], seed: int, *, known: Collection[str] = ()
    ) -> None:
        """Begin the streams of random numbers.

        Args:
            model: The model.
            ranges: The ranges.
            seed: Chooses one set of streams.
            known: Ranges that are known to be their median.
        """
        self.ranges = ranges
        self._distributions = [model.ranges[name] for name in ranges]
        # with all correlations, so that a sample does not depend on what is computed
        self._streams = Streams(ranges, seed, model.correlations)
        self._parts = [
            part_streams(name, distribution, seed)
            for name, distribution in zip(ranges, self._distributions, strict=True)
        ]
        self._known = known_scores(ranges, known)
        self._correlations = (
            score_correlations(ranges, correlations_among(model, ranges)) if self._known else None
        )

    def next(self, size: int, mixtures: Collection[int] = ()) -> RangeSamples:
        """Take so many more samples.

        Args:
            size: How many samples.
            mixtures: The places of the mixtures of which the chosen parts are kept.
        """
        scores = self._streams.draw(size)
        if self._correlations is not None:
            scores = given_scores(scores, self._correlations, self._known)
        chosen = {at: Chosen.first(scores[at]) for at in mixtures}
        made = [
            values(distribution, scores[at], parts, chosen=chosen.get(at))
            for at, (distribution, parts) in enumerate(
                zip(self._distributions, self._parts, strict=True)
            )
        ]
        for at in self._known:
            made[at] = np.full(size, self._distributions[at].quantile(0.5))
        return RangeSamples(scores, made, chosen)


class Chunk(NamedTuple):
    """Some samples of ranges and of results.

    Attributes:
        scores: The scores of those ranges that are watched.
        values: The values of all ranges.
        results: What was computed of them.
        held: In how many samples each condition holds.
        labels: The cells of mixtures, by the row of their scores.
    """

    scores: Array
    values: list[Array]
    results: list[Any]
    held: Array
    labels: dict[int, Labels]

    @property
    def size(self) -> int:
        """The number of its samples."""
        return int(self.scores.shape[1])

    def result(self, row: int) -> Array:
        """Return the samples of a result, also of one that is the same in all of them."""
        return np.broadcast_to(self.results[row], self.size)


def chunks(
    sampler: RangeSampler,
    program: ArrayProgram,
    count: int,
    *,
    watched: Sequence[str] = (),
    cells: Sequence[Cells] = (),
    progress: Progress | None = None,
) -> Iterator[Chunk]:
    """Yield samples, chunk after chunk.

    Args:
        sampler: Takes samples of ranges.
        program: Computes the results from them.
        count: How many samples to take.
        watched: The ranges whose scores are kept.
        cells: The cells of each of these, if they are kept; only the first `KEPT` samples are
            labeled.
        progress: Hears how far it is.
    """
    row_of = {name: row for row, name in enumerate(watched)}
    rows = {at: row_of[name] for at, name in enumerate(sampler.ranges) if name in row_of}
    mixtures = {at: row for at, row in rows.items() if cells and cells[row].is_mixture}
    most = _chunk_size(2 * len(sampler.ranges) + program.live)
    for at in range(0, count, most):
        size = min(most, count - at)
        drawn = sampler.next(size, mixtures if at < limits.KEPT else ())
        labels = {
            mixtures[place]: cells[mixtures[place]].labels(chosen.scores, chosen.leaves)
            for place, chosen in drawn.chosen.items()
        }
        results, held = program.run(size, *drawn.values)
        scores = drawn.scores if len(rows) == len(sampler.ranges) else drawn.scores[list(rows)]
        yield Chunk(scores, drawn.values, results, np.array(held), labels)
        if progress is not None:
            progress(at + size, count)


def _chunk_size(columns: int) -> int:
    """Return how many samples of so many arrays are computed at once."""
    numbers = limits.BUDGET // 8
    return max(min(limits.CHUNK, numbers // max(columns, 1)), _LEAST_ROWS)


def known_scores(ranges: Sequence[str], known: Collection[str]) -> Mapping[int, float]:
    """Return the scores of those of some ranges that are known to be their median, by their place.

    The order is that of `known`.
    """
    at = {name: index for index, name in enumerate(ranges)}
    return {at[name]: 0.0 for name in known if name in at}


def correlations_among(model: Model, ranges: Sequence[str]) -> list[Correlation]:
    """Return the correlations of a model, of these ranges only."""
    kept, among = [], set(ranges)
    for correlation in model.correlations:
        names = tuple(n for n in correlation.names if n in among)
        if len(names) > 1:
            kept.append(correlation._replace(names=names))
    return kept
