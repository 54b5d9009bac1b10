"""A model over many draws: how far each quantity spreads, and how often a condition holds.

The graph is computed in chunks that fit the processor's cache, and for so many results at a time
that no more than `BUDGET` numbers are kept, whatever a file asks for: a draw of a range depends on
its name alone, so that each block of results draws its own ranges again. Up to `KEPT` draws are
kept and sorted; of more, only those near the percentiles, so that memory does not grow with them.

How percentiles are told is said in `spreads`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial, reduce
from operator import or_
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from estimator.evaluate.arrays import ARRAYS, Array, is_costly
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
from estimator.evaluate.spreads import KEPT, LEVELS, Narrowed, Teller, scaled
from estimator.formula import numeric_arrays
from estimator.formula.emit import emit
from estimator.formula.functions import ENDLESS, microseconds
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.sampling import (
    COUNT,
    MICROSECOND,
    SEED,
    TooMuchWorkError,
    Work,
    is_too_much,
)
from estimator.formula.tree import Call, Name, Node, names_in, walk
from estimator.model import Model, Quantity

COSTLY = 1_024
"""How many draws are taken of what takes one draw after the other, such as waits in queues."""
CHUNK = 16_384
BUDGET = 1 << 25
"""How many numbers are kept at once of the draws of ranges and results: a quarter of a gigabyte."""
WIDEST = 64
"""How many ranges a result is regressed on; of those that follow from more, on the strongest."""

_IN_CHUNK = BUDGET // 8  # numbers that are computed at once
_LEAST_ROWS = 64  # draws in a chunk, of which fewer take as long
_PER_RANGE = 4  # columns: scores, the same about their means, some of these once more, and cells
_PER_STREAMED = 4  # columns: the first draws of a result, and those near each percentile
_SUMMARY = 32  # columns that are computed while one is sorted and summarized
_PILOT = 2_048  # draws by which the strongest ranges are chosen
_GROUPS = 16  # of them, by the value of a range

_Run = Callable[..., tuple[list[Any], list[float]]]
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


def _sources(model: Model) -> dict[str, int]:
    """The ranges that each quantity follows from: a bit each, in the order of the model's."""
    found: dict[str, int] = {}
    bit = 1
    for name, quantity in model.quantities.items():
        mask = 0
        if quantity.distribution is not None:
            mask, bit = bit, bit << 1
        else:
            for use in quantity.uses:
                mask |= found[use]
        found[name] = mask
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
    work: Work | None = None,
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
        work: What was computed before, if it counts as well.
    """
    drawn = _Draws(model, point, seed)
    drawn.work = work or drawn.work
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
            driven,
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
    run = drawn._compiled(needed, [name], []).run

    def result(*values: Array) -> Array:
        with np.errstate(all="ignore"):
            made, _ = run(values[0].size, *values)
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
    count = min(count, BUDGET // (len(kept) + len(wanted)))
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


class _Compiled(NamedTuple):
    """A part of a model as a function.

    Attributes:
        run: Takes how many draws there are, and those of each range; gives those of some
            quantities, and in how many of them each of some conditions holds.
        live: How many quantities it keeps at once.
    """

    run: _Run
    live: int


class _Chunk(NamedTuple):
    """Some draws.

    Attributes:
        scores: Of those ranges whose scores are kept.
        values: Of all ranges.
        results: What was computed of them.
        holds: How often conditions held.
        labels: The cells of mixtures, by the row of their scores.
    """

    scores: Array
    values: list[Array]
    results: list[Any]
    holds: Array
    labels: dict[int, Labels]

    @property
    def size(self) -> int:
        """How many draws it has."""
        return int(self.scores.shape[1])


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
    work: Work = field(default_factory=Work)
    ranges: dict[str, Distribution] = field(init=False)
    uncertain: set[str] = field(init=False)
    sources: dict[str, int] = field(init=False)
    endless: set[str] = field(init=False)
    varied: set[str] = field(default_factory=set)
    _runs: dict[tuple[tuple[str, ...], ...], _Compiled] = field(default_factory=dict)
    _slow: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ranges = self.model.ranges
        self._order = list(self.ranges)
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
        for chunk in self._chunks(ranges, self._compiled(needed, names, []), count, None, []):
            for store, result in zip(stores, chunk.results, strict=True):
                store[at : at + chunk.size] = result
            at += chunk.size
        return stores

    def compiled_from(
        self, inputs: Sequence[str], needed: Sequence[str], names: Sequence[str]
    ) -> Callable[..., list[Any]]:
        """A function of some quantities that gives others."""
        known = set(inputs)
        ordered = [*inputs, *(n for n in needed if n not in known)]
        run = self._compiled(ordered, names, [], known).run
        return lambda *values: run(0, *values)[0]

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
        """The value of what depends on no range; of a condition 1 where it holds, else 0."""
        code = emit(
            condition,
            lambda n: repr(float(self.point[n.path])),
            self.model.calendar,
            backend=ARRAYS,
        )
        return float(eval(code, ARRAYS.scope))

    def told(
        self,
        names: list[str],
        conditions: list[Node],
        count: int,
        driven: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> _Told:
        """The spreads of quantities, what some come from, and how often conditions hold.

        Raises:
            TooMuchWorkError: If it would take too long.
        """
        # the percentiles of a range are known, which need no regression
        ranges = {n for n in names if n in self.ranges}.difference(driven)
        masks = {n: 0 if n in ranges else self.sources[n] for n in names}
        blocks = self._blocks(masks, count) or [[]]
        self._refuse_too_much(blocks, conditions, count)
        told = _Told({}, {}, [])
        for at, block in enumerate(blocks):
            own = set(block)
            found = self._told_of(
                {n: masks[n] for n in block},
                conditions if at == len(blocks) - 1 else [],  # it follows from most ranges
                count,
                [n for n in driven if n in own],
                _share_of(progress, at, len(blocks)),
            )
            told.spreads.update(found.spreads)
            told.sources.update(found.sources)
            told.chances.extend(found.chances)
        return told

    @staticmethod
    def _blocks(masks: Mapping[str, int], count: int) -> list[list[str]]:
        """Names in groups, so few that their draws and those of their ranges can be kept.

        Those that follow from more ranges than are looked at are apart from the others.

        Args:
            masks: The ranges that each follows from.
            count: How many draws are taken.
        """
        columns, widest = _columns(count), _widest(count)
        per_result = _PER_STREAMED if count > KEPT else 1
        blocks: list[list[str]] = []
        block: list[str] = []
        reached = 0
        for name, mask in masks.items():
            if mask.bit_count() > widest:
                continue
            reached |= mask
            if block and per_result * len(block) + _PER_RANGE * reached.bit_count() >= columns:
                blocks.append(block)
                block, reached = [], mask
            block.append(name)
        blocks += [block] if block else []
        wide = [n for n, mask in masks.items() if mask.bit_count() > widest]
        most = max((columns - _PER_RANGE * widest) // per_result, 1)
        return blocks + [wide[at : at + most] for at in range(0, len(wide), most)]

    def _refuse_too_much(
        self, blocks: Sequence[Sequence[str]], conditions: Sequence[Node], count: int
    ) -> None:
        """Refuse what would take too long, by how much there is to compute of each draw."""
        columns = len(conditions) + sum(map(self._slowness, conditions))
        for at, block in enumerate(blocks):
            is_last = at == len(blocks) - 1
            also = [n for c in conditions for n in names_in(c)] if is_last else []
            needed = self.needed([*block, *also])
            slow = [self._slowness(n) for n in needed] if count <= COSTLY else [0]
            columns += len(needed) + _SUMMARY * len(block) + sum(slow)
            all_ = columns + self.work.before(count)
            if is_too_much(all_, count):  # the other blocks are much the same
                slowest = needed[slow.index(max(slow))] if any(slow) else ""
                raise TooMuchWorkError(all_ * len(blocks) // (at + 1), count, slowest)
        self.work.add(columns, count)

    def _slowness(self, of: str | Node) -> int:
        """How many values of arrays are computed while a slow formula is, once."""
        tree = self.model.quantities[of].tree if isinstance(of, str) else of
        known = self._slow.get(id(tree))
        if known is None:
            known = int(microseconds(tree, self._known) * MICROSECOND)
            self._slow[id(tree)] = known
        return known

    def _known(self, node: Node) -> float:
        """The value of an argument; infinity where it depends on a range, or has none."""
        if self.depends(node):
            return math.inf
        try:
            return self.certain(node)
        except KeyError:
            return math.inf

    def _told_of(
        self,
        masks: Mapping[str, int],
        conditions: list[Node],
        count: int,
        driven: Sequence[str],
        progress: Progress | None,
    ) -> _Told:
        """As `told`, of so few quantities that all that is needed of them can be kept."""
        names = list(masks)
        asked = [*names, *self.known, *(n for c in conditions for n in names_in(c))]
        needed = self.needed(asked)
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        key = (tuple(names), tuple(ranges))
        compiled = None if conditions else self._runs.get(key)
        if compiled is None:
            compiled = self._compiled(needed, names, conditions)
        if not conditions:
            self._runs[key] = compiled
        near = self._looked_at(masks, _widest(count))
        expected = known_correlations(score_correlations(near, self._ties(near)), self._fixed(near))
        kept = min(count, COUNT) if count > KEPT else count
        cells = [Cells(self.ranges[n], kept) for n in near] if driven else []
        chunks = self._chunks(ranges, compiled, count, progress, near, cells)
        of = {n: frozenset(self._ranges_in(mask)).intersection(near) for n, mask in masks.items()}
        if count > KEPT:
            return self._streamed(names, near, of, expected, chunks, count, driven, cells)
        scores = np.empty((len(near), count))
        results = np.empty((len(names), count))
        labels: list[list[Labels]] = [[] for _ in cells]
        held = np.zeros(len(conditions))
        at = 0
        for chunk in chunks:
            to = at + chunk.size
            scores[:, at:to], held = chunk.scores, held + chunk.holds
            for row, result in enumerate(chunk.results):
                results[row, at:to] = result
            for row, own in chunk.labels.items():
                labels[row].append(own)
            at = to
        self._give_up(names, results)
        teller = Teller(near, scores, expected, of)
        attribution = Attribution(
            teller, cells, [np.concatenate(own) if own else None for own in labels]
        )
        return _Told(
            teller.spreads(names, results),
            self._attributed(attribution, names, results, driven),
            [float(h) / count for h in held],
        )

    def _ranges_in(self, mask: int) -> Iterator[str]:
        """The ranges whose bits are set."""
        while mask:
            at = mask.bit_length() - 1
            yield self._order[at]
            mask ^= 1 << at

    def _looked_at(self, masks: Mapping[str, int], widest: int) -> list[str]:
        """The ranges by which results are sharpened and told what they come from."""
        wide = [n for n, mask in masks.items() if mask.bit_count() > widest]
        if wide:
            found = self._strongest(wide, widest)
        else:
            found = set(self._ranges_in(reduce(or_, masks.values(), 0)))
        return [n for n in self._order if n in found or n in self.known]

    def _strongest(self, names: Sequence[str], widest: int) -> set[str]:
        """Of all ranges that results follow from those that explain most of any of them."""
        needed = self.needed([*names, *self.known])
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        compiled = self._compiled(needed, names, [])
        chunks = list(self._chunks(ranges, compiled, _PILOT, None, []))
        explained = np.zeros(len(ranges))
        orders = [
            np.argsort(np.concatenate([c.values[row] for c in chunks]), kind="stable")
            for row in range(len(ranges))
        ]
        for row in range(len(names)):
            made = [np.broadcast_to(c.results[row], c.size) for c in chunks]
            target, _ = scaled(np.nan_to_num(np.concatenate(made), nan=0.0, posinf=0.0, neginf=0.0))
            if target is None:
                continue
            target = target / math.sqrt(float(target @ target))
            between = [target[o].reshape(_GROUPS, -1).sum(axis=1) for o in orders]
            explained = np.maximum(explained, [float(sums @ sums) for sums in between])
        best = np.argsort(-explained, kind="stable")[:widest]
        return {ranges[i] for i in best}

    def _attributed(
        self, attribution: Attribution, names: Sequence[str], results: Array, driven: Sequence[str]
    ) -> dict[str, Sources]:
        """What quantities come from; exactly where tails would be too heavy for draws."""
        found: dict[str, Sources] = {}
        for name in driven:
            sources = attribution.of(name, results[names.index(name)])
            if sources is None:
                continue
            left_out = self.sources[name].bit_count() - len(sources.shares)
            sources = sources._replace(left_out=left_out)
            exact = None if sources.is_log or left_out else self.moments.parts(name)
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
        of: Mapping[str, frozenset[str]],
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
            first.append(chunk._replace(values=[]))
            seen += chunk.size
            if seen >= COUNT:
                break
        scores = np.concatenate([chunk.scores for chunk in first], axis=1)
        results = np.empty((len(names), seen))
        for row, result in enumerate(results):
            np.concatenate([np.broadcast_to(c.results[row], c.size) for c in first], out=result)
        self._give_up(names, results)
        # as many as by default, however many come at a time
        pilot = Teller(ranges, scores[:, :COUNT], expected, of)
        labels = [
            np.concatenate([c.labels[row] for c in first])[:COUNT] if cell.is_mixture else None
            for row, cell in enumerate(cells)
        ]
        held = np.sum([chunk.holds for chunk in first], axis=0)
        del first
        attribution = Attribution(pilot, cells, labels)
        sources = self._attributed(attribution, names, results[:, :COUNT], driven)
        narrowed = [Narrowed(pilot, n, r[:COUNT]) for n, r in zip(names, results, strict=True)]
        for one, result in zip(narrowed, results, strict=True):
            one.take(scores, result)
        for chunk in chunks:
            held = held + chunk.holds
            rows = np.array([np.broadcast_to(made, chunk.size) for made in chunk.results])
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
        at = {name: index for index, name in enumerate(ranges)}
        return {at[n]: 0.0 for n in self.known if n in at}

    def _ties(self, ranges: Sequence[str]) -> list[Any]:
        """The correlations, among these ranges only."""
        kept, among = [], set(ranges)
        for tie in self.model.correlations:
            names = tuple(n for n in tie.names if n in among)
            if len(names) > 1:
                kept.append(tie._replace(names=names))
        return kept

    def _compiled(
        self,
        needed: Sequence[str],
        names: Sequence[str],
        conditions: Sequence[Node],
        given: Collection[str] = (),
    ) -> _Compiled:
        """A function of the values of the ranges, or of what is given, in their order.

        Nothing is kept longer than something else is computed of it.
        """
        variable = {name: f"v{index}" for index, name in enumerate(needed)}
        place = {name: index for index, name in enumerate(needed)}
        at_once: dict[int, list[int]] = {}  # conditions that can be told then
        for index, condition in enumerate(conditions):
            last = max((place[n] for n in names_in(condition) if n in place), default=0)
            at_once.setdefault(last, []).append(index)

        def named(name: str) -> str:
            return variable.get(name) or repr(float(self.point[name]))

        def code(tree: Node) -> str:
            return emit(tree, lambda n: named(n.path), self.model.calendar, backend=ARRAYS)

        steps: list[tuple[str, str, set[str]]] = []  # what is made, how, and of what
        inputs: list[str] = []
        for at, name in enumerate(needed):
            quantity = self.model.quantities[name]
            if name in given or (quantity.distribution is not None and not given):
                inputs.append(variable[name])
            elif isinstance(quantity.tree, Name) and not self._rounds(quantity):
                variable[name] = named(quantity.tree.path)
            else:
                expression = code(quantity.tree)
                if self._rounds(quantity):
                    expression = f"rounded({expression}, {self.model.digits})"
                steps.append((variable[name], expression, set(map(named, quantity.uses))))
            for index in at_once.get(at, ()):
                expression = f"counted({code(conditions[index])}, size)"
                uses = set(map(named, names_in(conditions[index])))
                steps.append((f"held[{index}]", expression, uses))
        made = [named(n) for n in names]
        lines, live = _with_room(steps, {*inputs, *made})
        source = (
            f"def run({', '.join(['size', *inputs])}):\n"
            f"    held = [0.0] * {len(conditions)}\n"
            f"{lines}    return [{', '.join(made)}], held\n"
        )
        compiled: CodeType = compile(source, "<draws>", "exec")
        rounded = partial(numeric_arrays.significant, np)
        scope = {**ARRAYS.scope, "counted": _counted, "rounded": rounded}
        exec(compiled, scope)
        return _Compiled(scope["run"], live + len(made))

    def _rounds(self, quantity: Quantity) -> bool:
        return self.model.digits is not None and rounds(quantity)

    def _chunks(
        self,
        ranges: list[str],
        compiled: _Compiled,
        count: int,
        progress: Progress | None,
        kept: Sequence[str],
        cells: Sequence[Cells] = (),
    ) -> Iterator[_Chunk]:
        """The draws, chunk by chunk; cells of them are told up to `KEPT` of them.

        Args:
            ranges: The ranges that are drawn.
            compiled: What is computed of them.
            count: How many draws to take.
            progress: Told how far it is.
            kept: The ranges whose scores are wanted.
            cells: Of each of these, if they are wanted.
        """
        # with all correlations, so that a draw does not depend on what is asked
        streams = Streams(ranges, self.seed, self.model.correlations)
        fixed = self._fixed(ranges)
        correlations = score_correlations(ranges, self._ties(ranges)) if fixed else None
        distributions = [self.ranges[n] for n in ranges]
        parts = [part_streams(n, d, self.seed) for n, d in zip(ranges, distributions, strict=True)]
        row_of = {name: row for row, name in enumerate(kept)}
        rows = [row_of.get(name) for name in ranges]
        places = [at for at, row in enumerate(rows) if row is not None]
        columns = 2 * len(ranges) + compiled.live
        most = max(min(CHUNK, _IN_CHUNK // max(columns, 1)), _LEAST_ROWS)
        for at in range(0, count, most):
            size = min(most, count - at)
            drawn = streams.draw(size)
            if correlations is not None:
                drawn = given_scores(drawn, correlations, fixed)
            inputs: list[Array] = []
            labels: dict[int, Labels] = {}
            for index, (scores, range_, own) in enumerate(
                zip(drawn, distributions, parts, strict=True)
            ):
                row = rows[index]
                asked = row is not None and cells and cells[row].is_mixture and at < KEPT
                chosen = Chosen.first(scores) if asked else None
                made = values(range_, scores, own, chosen=chosen)
                inputs.append(np.full(size, range_.quantile(0.5)) if index in fixed else made)
                if chosen is not None and row is not None:
                    labels[row] = cells[row].labels(chosen.scores, chosen.leaves)
            results, holds = compiled.run(size, *inputs)
            scores = drawn if len(places) == len(ranges) else drawn[places]
            yield _Chunk(scores, inputs, results, np.array(holds), labels)
            if progress is not None:
                progress(at + size, count)


def _columns(count: int) -> int:
    """How many rows of draws can be kept at once."""
    return BUDGET // (COUNT if count > KEPT else count)


def _widest(count: int) -> int:
    """How many ranges of a result are looked at."""
    return min(WIDEST, _columns(count) // (_PER_RANGE + 1))


def _share_of(progress: Progress | None, part: int, parts: int) -> Progress | None:
    """What tells how much of all is done, of one part of it."""
    if progress is None:
        return None
    return lambda done, count: progress(part * count + done, parts * count)


def _counted(holds: Any, size: int) -> float:
    """In how many of so many draws a condition holds."""
    return float(np.count_nonzero(np.broadcast_to(holds, size)))


def _with_room(
    steps: Sequence[tuple[str, str, set[str]]], kept: Collection[str]
) -> tuple[str, int]:
    """The lines of a function in which nothing is kept longer than it is used.

    Args:
        steps: What each makes, how, and of what.
        kept: What is used after the last.

    Returns:
        The lines, and how much is there at once that they make.
    """
    last: dict[str, int] = {}
    for at, (made, _, uses) in enumerate(steps):
        last.update(dict.fromkeys(uses, at))
        if not made.startswith("held"):
            last.setdefault(made, at)
    lines: list[str] = []
    there: set[str] = set()
    most = 0
    for at, (made, how, uses) in enumerate(steps):
        lines.append(f"    {made} = {how}\n")
        if not made.startswith("held"):
            there.add(made)
        most = max(most, len(there))
        over = sorted(n for n in (*uses, made) if n in there and n not in kept and last[n] == at)
        if over:
            lines.append(f"    del {', '.join(over)}\n")
            there.difference_update(over)
    return "".join(lines), most
