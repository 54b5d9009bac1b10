"""Samples of a model: how far quantities spread, what drives them, and how often conditions hold.

Up to `KEPT` samples are kept and sorted; of more, only those near the percentiles, so that memory
does not grow with them. How percentiles are estimated is said in `spreads`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import NamedTuple

import numpy as np

from estimator.evaluate.sampled import Sources, Spread
from estimator.evaluate.uncertainty import limits
from estimator.evaluate.uncertainty.arrays import Array, Labels
from estimator.evaluate.uncertainty.blocks import Effort, blocks_of, widest
from estimator.evaluate.uncertainty.chunks import (
    Chunk,
    Progress,
    RangeSampler,
    chunks,
    correlations_among,
    known_scores,
)
from estimator.evaluate.uncertainty.dependence import (
    may_be_infinite,
    needed_for,
    ranges_of,
    uncertain,
)
from estimator.evaluate.uncertainty.drivers import (
    ACT_ALONE,
    LEAST_TOGETHER,
    Attribution,
    Cells,
)
from estimator.evaluate.uncertainty.moments import Moments
from estimator.evaluate.uncertainty.program import ArrayProgram, compile_arrays
from estimator.evaluate.uncertainty.spreads import SpreadEstimator, scaled
from estimator.evaluate.uncertainty.streaming import StreamingPercentiles
from estimator.evaluate.uncertainty.streams import known_correlations, score_correlations
from estimator.formula.sampling import COUNT, Work
from estimator.formula.tree import Node, names_in
from estimator.model import Model

_PILOT = 2_048  # samples by which the strongest ranges are chosen
_GROUPS = 16  # of them, by the value of a range


class Estimates(NamedTuple):
    """Estimates from samples.

    Attributes:
        spreads: How far quantities spread, by name.
        sources: What the variance of some of them comes from.
        chances: The share of samples in which each condition holds.
    """

    spreads: dict[str, Spread]
    sources: dict[str, Sources]
    chances: list[float]


class Request(NamedTuple):
    """A request for estimates.

    Attributes:
        samples: How many samples to take.
        conditions: Resolved conditions that are counted.
        driven: The quantities whose variance is attributed to ranges.
        known: Ranges that are known to be their median.
        progress: Hears how far it is.
        later: Conditions that may be counted later, for which there has to be time as well.
    """

    samples: int
    conditions: Sequence[Node] = ()
    driven: Sequence[str] = ()
    known: Sequence[str] = ()
    progress: Progress | None = None
    later: Sequence[Node] = ()


class _Block(NamedTuple):
    """Some results of which all samples can be kept.

    Attributes:
        names: The results.
        watched: The ranges on which they are regressed.
        sources: Those of these ranges that each result follows from.
        expected: The covariances of the scores of these ranges.
        cells: The cells of these ranges; none where no result is attributed.
    """

    names: Sequence[str]
    watched: Sequence[str]
    sources: Mapping[str, frozenset[str]]
    expected: Array
    cells: Sequence[Cells]


class ModelSampler:
    """Takes samples of a model.

    Attributes:
        uncertain: The quantities that depend on a range.
    """

    def __init__(
        self, model: Model, point: Mapping[str, float], seed: int, *, work: Work | None = None
    ) -> None:
        """Find out what depends on which ranges.

        Args:
            model: The model.
            point: Its values with each range at its median.
            seed: Chooses one set of samples.
            work: What was computed before, if it counts as well.
        """
        self._model, self._point, self._seed = model, point, seed
        self.uncertain = uncertain(model)
        self._ranges = model.ranges
        self._order = list(self._ranges)
        self._masks = ranges_of(model)
        self._infinite = may_be_infinite(model)
        self._effort = Effort(model, point, self.uncertain, work or Work())
        self._programs: dict[tuple[tuple[str, ...], tuple[str, ...]], ArrayProgram] = {}

    def estimate(self, names: Sequence[str], request: Request) -> Estimates:
        """Estimate the spreads of quantities, what some come from, and how often conditions hold.

        Raises:
            TooMuchWorkError: If it would take too long.
        """
        # the percentiles of a range are known, which need no regression
        ranges = {n for n in names if n in self._ranges}.difference(request.driven)
        masks = {n: 0 if n in ranges else self._masks[n] for n in names}
        blocks = blocks_of(masks, request.samples) or [[]]
        conditions = (*request.conditions, *request.later)
        self._effort.refuse_too_much(blocks, self._needed, conditions, request.samples)
        whole = Estimates({}, {}, [])
        for at, block in enumerate(blocks):
            is_last = at == len(blocks) - 1
            part = request._replace(
                conditions=request.conditions if is_last else (),  # it follows from most ranges
                driven=[n for n in request.driven if n in set(block)],
                progress=_part_of(request.progress, at, len(blocks)),
            )
            found = self._estimate_block({n: masks[n] for n in block}, part)
            whole.spreads.update(found.spreads)
            whole.sources.update(found.sources)
            whole.chances.extend(found.chances)
        return whole

    def _estimate_block(self, masks: Mapping[str, int], request: Request) -> Estimates:
        """Estimate so few quantities that all that is needed of them can be kept."""
        also = (n for c in request.conditions for n in names_in(c))
        needed = self._needed([*masks, *request.known, *also])
        watched = self._watched(masks, request)
        kept = COUNT if request.samples > limits.KEPT else request.samples
        block = _Block(
            list(masks),
            watched,
            {n: frozenset(self._ranges_in(m)).intersection(watched) for n, m in masks.items()},
            known_correlations(
                score_correlations(watched, correlations_among(self._model, watched)),
                known_scores(watched, request.known),
            ),
            [Cells(self._ranges[n], kept) for n in watched] if request.driven else [],
        )
        found = chunks(
            RangeSampler(self._model, self._ranges_among(needed), self._seed, known=request.known),
            self._program(needed, block.names, request.conditions),
            request.samples,
            watched=watched,
            cells=block.cells,
            progress=request.progress,
        )
        estimates = self._streamed if request.samples > limits.KEPT else self._kept
        return estimates(block, found, request)

    # --- all samples at once, or the more the nearer to a percentile ------------------------------

    def _kept(self, block: _Block, found: Iterator[Chunk], request: Request) -> Estimates:
        """Estimate from samples that are all kept."""
        scores = np.empty((len(block.watched), request.samples))
        results = np.empty((len(block.names), request.samples))
        labels: list[list[Labels]] = [[] for _ in block.cells]
        held = np.zeros(len(request.conditions))
        at = 0
        for chunk in found:
            to = at + chunk.size
            scores[:, at:to], held = chunk.scores, held + chunk.held
            for row, result in enumerate(chunk.results):
                results[row, at:to] = result
            for row, own in chunk.labels.items():
                labels[row].append(own)
            at = to
        self._clear_impossible(block.names, results)
        estimator = SpreadEstimator(block.watched, scores, block.expected, block.sources)
        joined = [np.concatenate(own) if own else None for own in labels]
        return Estimates(
            estimator.spreads(block.names, results),
            self._attributed(Attribution(estimator, block.cells, joined), block, results, request),
            [float(h) / request.samples for h in held],
        )

    def _streamed(self, block: _Block, found: Iterator[Chunk], request: Request) -> Estimates:
        """Estimate from samples of which only those near the percentiles are kept."""
        first = _first_samples(block, found)
        self._clear_impossible(block.names, first.results)
        # as many as by default, however many come at a time
        results = first.results[:, :COUNT]
        pilot = SpreadEstimator(
            block.watched, first.scores[:, :COUNT], block.expected, block.sources
        )
        attribution = Attribution(pilot, block.cells, first.labels)
        sources = self._attributed(attribution, block, results, request)
        streams = [
            StreamingPercentiles(pilot, name, result)
            for name, result in zip(block.names, results, strict=True)
        ]
        for stream, result in zip(streams, first.results, strict=True):
            stream.take(first.scores, result)
        held = first.held
        for chunk in found:
            held = held + chunk.held
            for row, (name, stream) in enumerate(zip(block.names, streams, strict=True)):
                stream.take(chunk.scores, self._possible(name, chunk.result(row)))
        spreads = {
            name: stream.spread(request.samples)
            for name, stream in zip(block.names, streams, strict=True)
        }
        return Estimates(spreads, sources, [float(h) / request.samples for h in held])

    def _clear_impossible(self, names: Sequence[str], results: Array) -> None:
        """Make NaN of what has no value."""
        for name, result in zip(names, results, strict=True):
            possible = self._possible(name, result)
            if possible is not result:
                result[:] = possible

    def _possible(self, name: str, result: Array) -> Array:
        """Return samples with NaN for no value, such as a division by zero; a wait may be infinite.

        Their sum tells at once where all of them have one.
        """
        if name in self._infinite or math.isfinite(float(result.sum())):
            return result
        return np.where(np.isinf(result), math.nan, result)

    # --- what results follow from -----------------------------------------------------------------

    def _needed(self, names: Iterable[str]) -> list[str]:
        return needed_for(self._model, names, self.uncertain)

    def _ranges_among(self, names: Iterable[str]) -> list[str]:
        return [n for n in names if self._model.quantities[n].distribution is not None]

    def _ranges_in(self, mask: int) -> Iterator[str]:
        """Yield the ranges whose bits are set."""
        while mask:
            at = mask.bit_length() - 1
            yield self._order[at]
            mask ^= 1 << at

    def _program(
        self, needed: Sequence[str], names: Sequence[str], conditions: Sequence[Node] = ()
    ) -> ArrayProgram:
        """Compile what computes some quantities, once however many ranges are known in turn."""
        if conditions:
            return compile_arrays(self._model, self._point, needed, names, conditions=conditions)
        key = (tuple(names), tuple(needed))
        if key not in self._programs:
            self._programs[key] = compile_arrays(self._model, self._point, needed, names)
        return self._programs[key]

    def _watched(self, masks: Mapping[str, int], request: Request) -> list[str]:
        """Return the ranges on which results are regressed, and to which they are attributed."""
        most = widest(request.samples)
        wide = [n for n, mask in masks.items() if mask.bit_count() > most]
        if wide:
            found = self._strongest(wide, most, request.known)
        else:
            found = set(self._ranges_in(reduce(or_, masks.values(), 0)))
        return [n for n in self._order if n in found or n in request.known]

    def _strongest(self, names: Sequence[str], most: int, known: Sequence[str]) -> set[str]:
        """Return those of all ranges that explain most of any of some results."""
        needed = self._needed([*names, *known])
        ranges = self._ranges_among(needed)
        sampler = RangeSampler(self._model, ranges, self._seed, known=known)
        pilot = list(chunks(sampler, self._program(needed, names), _PILOT))
        orders = [
            np.argsort(np.concatenate([chunk.values[row] for chunk in pilot]), kind="stable")
            for row in range(len(ranges))
        ]
        explained = np.zeros(len(ranges))
        for row in range(len(names)):
            result = np.concatenate([chunk.result(row) for chunk in pilot])
            target, _ = scaled(np.nan_to_num(result, nan=0.0, posinf=0.0, neginf=0.0))
            if target is None:
                continue
            target = target / math.sqrt(float(target @ target))
            between = [target[order].reshape(_GROUPS, -1).sum(axis=1) for order in orders]
            explained = np.maximum(explained, [float(sums @ sums) for sums in between])
        best = np.argsort(-explained, kind="stable")[:most]
        return {ranges[i] for i in best}

    @cached_property
    def _moments(self) -> Moments:
        """The means and variances that are known without samples."""
        return Moments(self._model, self._point, self.uncertain)

    def _attributed(
        self, attribution: Attribution, block: _Block, results: Array, request: Request
    ) -> dict[str, Sources]:
        """Return what quantities come from; exactly where tails would be too heavy for samples."""
        found: dict[str, Sources] = {}
        for name in request.driven:
            sources = attribution.of(name, results[block.names.index(name)])
            if sources is None:
                continue
            left_out = self._masks[name].bit_count() - len(sources.shares)
            sources = sources._replace(left_out=left_out)
            exact = None if sources.is_log or left_out else self._moments.parts(name)
            if exact is not None:
                alone = sum(exact.alone.values())
                pairs = exact.together if alone < ACT_ALONE else {}
                pairs = {p: share for p, share in pairs.items() if share >= LEAST_TOGETHER}
                sources = sources._replace(shares=exact.alone, together=pairs, is_steady=True)
            found[name] = sources
        return found


class _First(NamedTuple):
    """The first of many samples, at least `COUNT` of them.

    Attributes:
        scores: The scores of the watched ranges.
        results: The samples of the results.
        labels: The cells of mixtures, of the first `COUNT` samples; None for other ranges.
        held: In how many samples each condition holds.
    """

    scores: Array
    results: Array
    labels: list[Labels | None]
    held: Array


def _first_samples(block: _Block, found: Iterator[Chunk]) -> _First:
    """Return the first samples, joined; `found` goes on behind them."""
    first: list[Chunk] = []
    seen = 0
    for chunk in found:
        first.append(chunk._replace(values=[]))
        seen += chunk.size
        if seen >= COUNT:
            break
    results = np.empty((len(block.names), seen))
    for row, result in enumerate(results):
        np.concatenate([chunk.result(row) for chunk in first], out=result)
    labels = [
        np.concatenate([c.labels[row] for c in first])[:COUNT] if cells.is_mixture else None
        for row, cells in enumerate(block.cells)
    ]
    return _First(
        np.concatenate([chunk.scores for chunk in first], axis=1),
        results,
        labels,
        np.sum([chunk.held for chunk in first], axis=0),
    )


def _part_of(progress: Progress | None, part: int, parts: int) -> Progress | None:
    """Return a listener to the progress of one part, which passes on that of the whole."""
    if progress is None:
        return None
    return lambda done, count: progress(part * count + done, parts * count)
