"""A model over many draws: how far each quantity spreads, and how often a condition holds.

The graph is computed in chunks that fit the processor's cache. Up to `KEPT` draws are kept and
sorted; of more, only those near the percentiles are kept, so that memory does not grow with them.

How percentiles are told is said in `spreads`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from estimator.evaluate.arrays import SCOPE, Array, array_code, is_costly
from estimator.evaluate.draws import (
    Chosen,
    Streams,
    given_scores,
    known_correlations,
    part_streams,
    score_correlations,
    values,
)
from estimator.evaluate.drivers import ACT_ALONE, LEAST_TOGETHER, Attribution, Cells, Labels
from estimator.evaluate.moments import Moments
from estimator.evaluate.program import rounds
from estimator.evaluate.report import Sampled, Sources, Spread
from estimator.evaluate.spreads import KEPT, LEVELS, Narrowed, Teller
from estimator.formula.functions import ENDLESS
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.sampling import COUNT, SEED
from estimator.formula.tree import Call, Name, Node, names_in, walk
from estimator.model import Model, Quantity

COSTLY = 1_024
"""How many draws are taken of what takes one draw after the other, such as waits in queues."""
CHUNK = 16_384

_Run = Callable[..., tuple[list[Any], list[Any]]]
Progress = Callable[[int, int], None]
"""Told how many draws are done, of how many."""


def uncertain(model: Model) -> set[str]:
    """The quantities that depend on a range."""
    ranges = model.ranges.items()
    return model.following(n for n, d in ranges if d.shape is not Shape.CONSTANT)


def costly(model: Model) -> set[str]:
    """The uncertain quantities that take one draw after the other, or depend on such."""
    unsure = uncertain(model)
    return unsure & model.following(n for n in unsure if takes_each_draw(model.quantities[n]))


def takes_each_draw(quantity: Quantity) -> bool:
    """Does it take one draw after the other? A range is drawn, whatever its distribution."""
    return quantity.distribution is None and is_costly(quantity.tree)


def _sources(model: Model) -> dict[str, frozenset[str]]:
    """The ranges that each quantity follows from."""
    found: dict[str, frozenset[str]] = {}
    for name, quantity in model.quantities.items():
        if quantity.distribution is not None:
            found[name] = frozenset((name,))
        else:
            found[name] = frozenset().union(*(found[use] for use in quantity.uses))
    return found


def _endless(model: Model) -> set[str]:
    """Those quantities that may be a wait without end, or follow from one."""
    return model.following(
        name
        for name, quantity in model.quantities.items()
        if any(isinstance(n, Call) and n.function in ENDLESS for n in walk(quantity.tree))
    )


@np.errstate(all="ignore")  # what has no value, or one too large, is counted
def sample(
    model: Model,
    point: Mapping[str, float],
    wanted: Sequence[str],
    conditions: Sequence[Node] = (),
    *,
    count: int = COUNT,
    seed: int = SEED,
    driven: Sequence[str] = (),
    progress: Progress | None = None,
) -> Sampled:
    """Draw the ranges of a model, and tell how what is wanted spreads.

    Args:
        model: The model.
        point: Its values with each range at its median.
        wanted: The quantities that are asked about; those that depend on no range are left out.
        conditions: Settled conditions, each asked how often it holds.
        count: How many draws to take.
        seed: Which draws to take.
        driven: Those of the quantities of which it is asked what their spread comes from.
        progress: Told how far it is.
    """
    drawn = _Draws(model, point, seed)
    names = [n for n in dict.fromkeys(wanted) if n in drawn.uncertain]
    slow = costly(model)
    spreads: dict[str, Spread] = {}
    sources: dict[str, Sources] = {}
    # the percentiles of a range itself are known: draws are only for the shape between them
    given = [n for n in names if model.quantities[n].distribution is not None and count > KEPT]
    quick = [n for n in names if n not in slow and n not in given]
    chances = [1.0] * len(conditions)
    drawn_of = [i for i, c in enumerate(conditions) if drawn.depends(c)]
    is_slow = {i: drawn.is_slow(conditions[i]) for i in drawn_of}
    for taken, group, asked in (
        (count, quick, [i for i in drawn_of if not is_slow[i]]),
        (min(count, COSTLY), [n for n in names if n in slow], [i for i in drawn_of if is_slow[i]]),
        (COUNT, given, []),
    ):
        if not group and not asked:
            continue
        told = drawn.told(
            group,
            [conditions[i] for i in asked],
            taken,
            [n for n in driven if n in group],
            progress,
        )
        spreads.update({n: drawn.exact(n, spread) for n, spread in told.spreads.items()})
        sources.update(told.sources)
        for index, chance in zip(asked, told.chances, strict=True):
            chances[index] = chance
    for index, condition in enumerate(conditions):
        if index not in drawn_of:
            chances[index] = drawn.certain(condition)
    return Sampled({n: spreads[n] for n in names}, sources, tuple(chances), count, seed)


def narrowed(
    model: Model,
    point: Mapping[str, float],
    wanted: Sequence[str],
    ranges: Sequence[str],
    *,
    count: int,
    seed: int,
) -> dict[str, dict[str, Spread]]:
    """How quantities would spread, on the same draws, were one range known to be its median.

    Args:
        model: The model.
        point: Its values with each range at its median.
        wanted: The quantities, each of which depends on a range.
        ranges: The ranges, one at a time.
        count: How many draws to take.
        seed: Which draws to take.

    Returns:
        For each of the ranges, the spreads by name.
    """
    drawn = _Draws(model, point, seed)
    slow = costly(model)
    groups = [([n for n in wanted if n not in slow], count)]
    groups.append(([n for n in wanted if n in slow], min(count, COSTLY)))
    found: dict[str, dict[str, Spread]] = {}
    for range_ in ranges:
        drawn.known = (range_,)
        found[range_] = {}
        with np.errstate(all="ignore"):
            for names, taken in groups:
                if names:
                    found[range_].update(drawn.told(names, [], taken).spreads)
    return found


def function_of_ranges(
    model: Model, point: Mapping[str, float], name: str
) -> tuple[list[str], Callable[..., Array]]:
    """The ranges that a quantity depends on, and the quantity as a function of their values.

    Args:
        model: The model.
        point: Its values with each range at its median.
        name: A quantity that depends on a range.
    """
    drawn = _Draws(model, point, SEED)
    needed = drawn.needed([name])
    ranges = [n for n in needed if model.quantities[n].distribution is not None]
    run = drawn._compiled(needed, [name], [])

    def result(*values: Array) -> Array:
        with np.errstate(all="ignore"):
            made, _ = run(*values)
        return np.broadcast_to(np.asarray(made[0], dtype=float), values[0].shape)

    return ranges, result


def sample_each(
    model: Model,
    point: Mapping[str, float],
    inputs: Sequence[str],
    settings: Iterable[Mapping[str, Any]],
    wanted: Sequence[str],
    *,
    count: int = COUNT,
    seed: int = SEED,
) -> Iterator[list[Array]]:
    """The draws of some quantities for each of many settings of plain inputs, by the same scores.

    What does not depend on these inputs is computed once.

    Args:
        model: The model.
        point: Its values with each range at its median.
        inputs: The inputs that differ, such as the fields of a machine.
        settings: Their values, for each setting; or their draws, where these are at most `CHUNK`.
        wanted: The quantities whose draws are given, in this order.
        count: How many draws to take; fewer where something takes one draw after the other.
        seed: Which draws to take.
    """
    drawn = _Draws(model, point, seed)
    drawn.varied = model.following(inputs)
    needed = drawn.needed(wanted)
    if any(takes_each_draw(model.quantities[n]) for n in needed):
        count = min(count, COSTLY)
    later = [n for n in needed if n in drawn.varied]
    asked = {*wanted, *(use for n in later for use in model.quantities[n].uses)}
    kept = [n for n in needed if n not in drawn.varied and n in asked]
    stores = drawn.kept(kept, count)
    run = drawn.compiled_from([*kept, *inputs], later, wanted)
    for setting in settings:
        results = [np.empty(count) for _ in wanted]
        fields = [setting[name] for name in inputs]
        with np.errstate(all="ignore"):
            for at in range(0, count, CHUNK):
                here = slice(at, min(at + CHUNK, count))
                for result, made in zip(
                    results, run(*(s[here] for s in stores), *fields), strict=True
                ):
                    result[here] = made
        yield results


class _Chunk(NamedTuple):
    """Some draws: scores of ranges, results, how often conditions held, and cells of mixtures."""

    scores: Array
    results: list[Any]
    holds: Array
    labels: dict[int, Labels]


class _Told(NamedTuple):
    """The spreads of quantities, what some come from, and the shares of draws with conditions."""

    spreads: dict[str, Spread]
    sources: dict[str, Sources]
    chances: list[float]


@dataclass
class _Draws:
    """The draws of a model."""

    model: Model
    point: Mapping[str, float]
    seed: int
    known: Sequence[str] = ()
    ranges: dict[str, Distribution] = field(init=False)
    uncertain: set[str] = field(init=False)
    sources: dict[str, frozenset[str]] = field(init=False)
    endless: set[str] = field(init=False)
    varied: set[str] = field(default_factory=set)
    _runs: dict[tuple[str, ...], _Run] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ranges = self.model.ranges
        self.uncertain = uncertain(self.model)
        self.sources = _sources(self.model)
        self.endless = _endless(self.model)

    def exact(self, name: str, spread: Spread) -> Spread:
        """A spread with the percentiles that are known, if it is one of a range itself."""
        range_ = self.model.quantities[name].distribution
        if range_ is None:
            return spread
        p5, p50, p95 = map(range_.quantile, LEVELS)
        # an end at zero is what larger numbers leave over, where some of it lies below zero
        noise = 1e-12 * (p95 - p5) if range_.below(0.0) > 0.0 else 0.0
        p5, p50, p95 = (0.0 if abs(p) <= noise else p for p in (p5, p50, p95))
        return spread._replace(p5=p5, p50=p50, p95=p95, errors=(0.0, 0.0, 0.0))

    def needed(self, names: Iterable[str]) -> list[str]:
        """What some quantities follow from and is not certain, each after those that it uses."""
        reached = self.model.leading_to(names) & (self.uncertain | self.varied)
        return [n for n in self.model.quantities if n in reached]

    def kept(self, names: list[str], count: int) -> list[Array]:
        """The draws of quantities that do not differ from setting to setting."""
        needed = self.needed(names)
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        stores = [np.empty(count) for _ in names]
        at = 0
        for chunk in self._chunks(ranges, self._compiled(needed, names, []), count, None):
            size = chunk.scores.shape[1]
            for store, result in zip(stores, chunk.results, strict=True):
                store[at : at + size] = result
            at += size
        return stores

    def compiled_from(
        self, inputs: Sequence[str], needed: Sequence[str], names: Sequence[str]
    ) -> Callable[..., list[Any]]:
        """A function of some quantities that gives others."""
        run = self._compiled([*inputs, *(n for n in needed if n not in inputs)], names, [], inputs)
        return lambda *values: run(*values)[0]

    @cached_property
    def moments(self) -> Moments:
        """What is known of means and variances without draws."""
        return Moments(self.model, self.point, self.uncertain)

    def depends(self, condition: Node) -> bool:
        return any(name in self.uncertain for name in names_in(condition))

    def is_slow(self, condition: Node) -> bool:
        if is_costly(condition):
            return True
        return any(
            takes_each_draw(self.model.quantities[n]) for n in self.needed(names_in(condition))
        )

    def certain(self, condition: Node) -> float:
        """Does a condition hold that depends on no range?"""
        code = array_code(condition, lambda n: repr(float(self.point[n])), self.model.calendar)
        scope = {**SCOPE, "inf": math.inf, "nan": math.nan}
        return float(bool(eval(code, scope)))

    def told(
        self,
        names: list[str],
        conditions: list[Node],
        count: int,
        driven: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> _Told:
        """The spreads of quantities, what some come from, and how often conditions hold."""
        asked = [*names, *(n for c in conditions for n in names_in(c))]
        needed = self.needed(asked)
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        run = None if conditions else self._runs.get(tuple(names))
        if run is None:
            run = self._compiled(needed, names, conditions)
        if not conditions:
            self._runs[tuple(names)] = run
        expected = known_correlations(
            score_correlations(ranges, self._ties(ranges)), self._fixed(ranges)
        )
        kept = min(count, COUNT) if count > KEPT else count
        cells = [Cells(self.ranges[n], kept) for n in ranges] if driven else []
        chunks = self._chunks(ranges, run, count, progress, cells)
        if count > KEPT:
            return self._streamed(names, ranges, expected, chunks, count, driven, cells)
        scores = np.empty((len(ranges), count))
        results = np.empty((len(names), count))
        labels: list[list[Labels]] = [[] for _ in cells]
        held = np.zeros(len(conditions))
        at = 0
        for chunk in chunks:
            to = at + chunk.scores.shape[1]
            scores[:, at:to], held = chunk.scores, held + chunk.holds
            for row, result in enumerate(chunk.results):
                results[row, at:to] = result
            for row, own in chunk.labels.items():
                labels[row].append(own)
            at = to
        self._give_up(names, results)
        teller = Teller(ranges, scores, expected, self.sources)
        attribution = Attribution(
            teller, cells, [np.concatenate(own) if own else None for own in labels]
        )
        return _Told(
            teller.spreads(names, results),
            self._attributed(attribution, names, results, driven),
            [float(h) / count for h in held],
        )

    def _attributed(
        self, attribution: Attribution, names: Sequence[str], results: Array, driven: Sequence[str]
    ) -> dict[str, Sources]:
        """What quantities come from; exactly where tails would be too heavy for draws."""
        found: dict[str, Sources] = {}
        for name in driven:
            sources = attribution.of(name, results[names.index(name)])
            if sources is None:
                continue
            exact = None if sources.is_log else self.moments.parts(name)
            if exact is not None:
                alone = sum(exact.alone.values())
                pairs = exact.together if alone < ACT_ALONE else {}
                pairs = {p: share for p, share in pairs.items() if share >= LEAST_TOGETHER}
                sources = sources._replace(shares=exact.alone, together=pairs, is_steady=True)
            found[name] = sources
        return found

    def _streamed(
        self,
        names: list[str],
        ranges: list[str],
        expected: Array,
        chunks: Iterator[_Chunk],
        count: int,
        driven: Sequence[str],
        cells: Sequence[Cells],
    ) -> _Told:
        """As `told`, with nothing kept but what is near the percentiles."""
        first: list[_Chunk] = []
        seen = 0
        for chunk in chunks:
            first.append(chunk)
            seen += chunk.scores.shape[1]
            if seen >= COUNT:
                break
        scores = np.concatenate([chunk.scores for chunk in first], axis=1)
        results = np.array(
            [
                np.concatenate([np.broadcast_to(c.results[row], c.scores.shape[1]) for c in first])
                for row in range(len(names))
            ]
        ).reshape(len(names), seen)
        self._give_up(names, results)
        # as many as by default, however many come at a time
        pilot = Teller(ranges, scores[:, :COUNT], expected, self.sources)
        labels = [
            np.concatenate([c.labels[row] for c in first])[:COUNT] if cell.is_mixture else None
            for row, cell in enumerate(cells)
        ]
        attribution = Attribution(pilot, cells, labels)
        sources = self._attributed(attribution, names, results[:, :COUNT], driven)
        narrowed = [Narrowed(pilot, n, r[:COUNT]) for n, r in zip(names, results, strict=True)]
        held = np.sum([chunk.holds for chunk in first], axis=0)
        for one, result in zip(narrowed, results, strict=True):
            one.take(scores, result)
        for chunk in chunks:
            held = held + chunk.holds
            size = chunk.scores.shape[1]
            rows = np.array([np.broadcast_to(made, size) for made in chunk.results])
            self._give_up(names, rows)
            for one, result in zip(narrowed, rows, strict=True):
                one.take(chunk.scores, result)
        spreads = {n: one.spread(count) for n, one in zip(names, narrowed, strict=True)}
        return _Told(spreads, sources, [float(h) / count for h in held])

    def _give_up(self, names: Sequence[str], results: Array) -> None:
        """Make NaN of what has no value, such as a division by zero; a wait may have no end."""
        for name, result in zip(names, results, strict=True):
            if name not in self.endless:
                result[np.isinf(result)] = math.nan

    def _fixed(self, ranges: Sequence[str]) -> dict[int, float]:
        """The scores of those of these ranges that are known, by their index."""
        return {ranges.index(n): 0.0 for n in self.known if n in ranges}

    def _ties(self, ranges: Sequence[str]) -> list[Any]:
        """The correlations, among these ranges only."""
        kept = []
        for tie in self.model.correlations:
            names = tuple(n for n in tie.names if n in ranges)
            if len(names) > 1:
                kept.append(tie._replace(names=names))
        return kept

    def _compiled(
        self,
        needed: Sequence[str],
        names: Sequence[str],
        conditions: Sequence[Node],
        given: Sequence[str] = (),
    ) -> _Run:
        """A function of the values of the ranges, or of what is given, in their order."""
        variable = {name: f"v{index}" for index, name in enumerate(needed)}

        def named(name: str) -> str:
            return variable.get(name) or repr(float(self.point[name]))

        calendar = self.model.calendar
        lines: list[str] = []
        inputs: list[str] = []
        for name in needed:
            quantity = self.model.quantities[name]
            if name in given or (quantity.distribution is not None and not given):
                inputs.append(variable[name])
                continue
            if isinstance(quantity.tree, Name) and not self._rounds(quantity):
                variable[name] = named(quantity.tree.path)
                continue
            expression = array_code(quantity.tree, named, calendar)
            if self._rounds(quantity):
                expression = f"significant({expression}, {self.model.digits})"
            lines.append(f"    {variable[name]} = {expression}\n")
        made = ", ".join(named(n) for n in names)
        holds = ", ".join(array_code(c, named, calendar) for c in conditions)
        source = f"def run({', '.join(inputs)}):\n{''.join(lines)}    return [{made}], [{holds}]\n"
        compiled: CodeType = compile(source, "<draws>", "exec")
        scope = {**SCOPE, "inf": math.inf, "nan": math.nan}
        exec(compiled, scope)
        return scope["run"]  # type: ignore[no-any-return]

    def _rounds(self, quantity: Quantity) -> bool:
        return self.model.digits is not None and rounds(quantity)

    def _chunks(
        self,
        ranges: list[str],
        run: _Run,
        count: int,
        progress: Progress | None,
        cells: Sequence[Cells] = (),
    ) -> Iterator[_Chunk]:
        """The draws, chunk by chunk; cells of them are told up to `KEPT` of them."""
        # with all correlations, so that a draw does not depend on what is asked
        streams = Streams(ranges, self.seed, self.model.correlations)
        correlations = score_correlations(ranges, self._ties(ranges))
        fixed = self._fixed(ranges)
        distributions = [self.ranges[n] for n in ranges]
        parts = [part_streams(n, d, self.seed) for n, d in zip(ranges, distributions, strict=True)]
        for at in range(0, count, CHUNK):
            size = min(CHUNK, count - at)
            drawn = streams.draw(size)
            if fixed:
                drawn = given_scores(drawn, correlations, fixed)
            inputs: list[Array] = []
            labels: dict[int, Labels] = {}
            for row, (scores, range_, own) in enumerate(
                zip(drawn, distributions, parts, strict=True)
            ):
                asked = cells and cells[row].is_mixture and at < KEPT
                chosen = Chosen.first(scores) if asked else None
                made = values(range_, scores, own, chosen=chosen)
                inputs.append(np.full(size, range_.quantile(0.5)) if row in fixed else made)
                if chosen is not None:
                    labels[row] = cells[row].labels(chosen.scores, chosen.leaves)
            results, holds = run(*inputs)
            held = np.array([float(np.count_nonzero(np.broadcast_to(h, size))) for h in holds])
            yield _Chunk(drawn, results, held, labels)
            if progress is not None:
                progress(at + size, count)
