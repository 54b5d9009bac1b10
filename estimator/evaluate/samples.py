"""A model over many draws: how far each quantity spreads, and how often a condition holds.

The graph is computed in chunks that fit the processor's cache. Up to `KEPT` draws are kept and
sorted; of more, only those near the percentiles are kept, so that memory does not grow with them.

The percentiles are sharpened by what is known without drawing: the best linear combination of the
scores of the ranges is normal, so its percentiles are exact, and where the draws miss them the
percentiles of the result are moved alike. A product of lognormal ranges comes out exact.

Source:
    T. C. Hesterberg, B. L. Nelson, "Control variates for probability and quantile estimation",
    Management Science 44 (1998), 1295-1312.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from types import CodeType
from typing import Any

import numpy as np

from estimator.evaluate.arrays import SCOPE, Array, array_code, is_costly
from estimator.evaluate.draws import (
    Streams,
    given_scores,
    known_correlations,
    part_streams,
    score_correlations,
    values,
)
from estimator.evaluate.program import rounds
from estimator.evaluate.report import Sampled, Spread
from estimator.formula.functions import ENDLESS
from estimator.formula.ranges import Shape
from estimator.formula.sampling import COUNT, SEED
from estimator.formula.tree import Call, Name, Node, names_in, walk
from estimator.model import Model, Quantity

KEPT = 262_144
"""How many draws of each result are kept."""
COSTLY = 1_024
"""How many draws are taken of what takes one draw after the other, such as waits in queues."""
CHUNK = 16_384
LEVELS = (0.05, 0.5, 0.95)
"""The percentiles that are told."""
BINS = 32

_NORMAL = NormalDist()
_SCORES = tuple(_NORMAL.inv_cdf(level) for level in LEVELS)
_NEAR = 0.012  # around a percentile; six standard errors of one among COUNT draws
_REACH = 8.0  # standard errors
_DENSITY = 0.01  # around a percentile, to see how dense draws are there
_SAME = 1e-12
_WHOLE = 1e-6  # draws; a share times their count is a whole number within it

Progress = Callable[[int, int], None]
"""Told how many draws are done, of how many."""


def uncertain(model: Model) -> set[str]:
    """The quantities that depend on a range."""
    found: set[str] = set()
    for name, quantity in model.quantities.items():
        spread = quantity.distribution
        spreads = spread is not None and spread.shape is not Shape.CONSTANT
        if spreads or any(use in found for use in quantity.uses):
            found.add(name)
    return found


def costly(model: Model, among: Iterable[str]) -> set[str]:
    """Those quantities that take one draw after the other, or depend on such."""
    asked = set(among)
    found: set[str] = set()
    for name, quantity in model.quantities.items():
        if name in asked and (any(use in found for use in quantity.uses) or _is_costly(quantity)):
            found.add(name)
    return found


def _is_costly(quantity: Quantity) -> bool:
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
    found: set[str] = set()
    for name, quantity in model.quantities.items():
        waits = any(isinstance(n, Call) and n.function in ENDLESS for n in walk(quantity.tree))
        if waits or any(use in found for use in quantity.uses):
            found.add(name)
    return found


@np.errstate(all="ignore")  # what has no value, or one too large, is counted
def sample(
    model: Model,
    point: Mapping[str, float],
    wanted: Sequence[str],
    conditions: Sequence[Node] = (),
    *,
    count: int = COUNT,
    seed: int = SEED,
    fixed: Mapping[str, float] | None = None,
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
        fixed: The scores at which some ranges are held.
        progress: Told how far it is.
    """
    drawn = _Draws(model, point, seed, fixed or {})
    names = [n for n in dict.fromkeys(wanted) if n in drawn.uncertain]
    slow = costly(model, names)
    spreads: dict[str, Spread] = {}
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
        found, held = drawn.told(group, [conditions[i] for i in asked], taken, progress)
        spreads.update({n: drawn.exact(n, spread) for n, spread in found.items()})
        for index, chance in zip(asked, held, strict=True):
            chances[index] = chance
    for index, condition in enumerate(conditions):
        if index not in drawn_of:
            chances[index] = drawn.certain(condition)
    return Sampled({n: spreads[n] for n in names}, tuple(chances), count, seed)


def function_of_ranges(
    model: Model, point: Mapping[str, float], name: str
) -> tuple[list[str], Callable[..., Array]]:
    """The ranges that a quantity depends on, and the quantity as a function of their values.

    Args:
        model: The model.
        point: Its values with each range at its median.
        name: A quantity that depends on a range.
    """
    drawn = _Draws(model, point, SEED, {})
    needed = drawn._needed([name])
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
    settings: Sequence[Mapping[str, float]],
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
        settings: Their values, for each setting.
        wanted: The quantities whose draws are given, in this order.
        count: How many draws to take; fewer where something takes one draw after the other.
        seed: Which draws to take.
    """
    drawn = _Draws(model, point, seed, {})
    drawn.varied = _following(model, inputs)
    if costly(model, [n for n in model.quantities if n in _reached(model, wanted)]):
        count = min(count, COSTLY)
    needed = drawn.needed(wanted)
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


def _following(model: Model, inputs: Iterable[str]) -> set[str]:
    """Some inputs, and what follows from them."""
    found = set(inputs)
    for name, quantity in model.quantities.items():
        if any(use in found for use in quantity.uses):
            found.add(name)
    return found


def _reached(model: Model, names: Iterable[str]) -> set[str]:
    """What some quantities follow from, they among it."""
    reached: set[str] = set()
    pending = list(names)
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending.extend(model.quantities[name].uses)
    return reached


@dataclass
class _Draws:
    """The draws of a model."""

    model: Model
    point: Mapping[str, float]
    seed: int
    fixed: Mapping[str, float]
    uncertain: set[str] = field(init=False)
    sources: dict[str, frozenset[str]] = field(init=False)
    endless: set[str] = field(init=False)
    varied: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.uncertain = uncertain(self.model)
        self.sources = _sources(self.model)
        self.endless = _endless(self.model)

    def exact(self, name: str, spread: Spread) -> Spread:
        """A spread with the percentiles that are known, if it is one of a range itself."""
        range_ = self.model.quantities[name].distribution
        if range_ is None or self.fixed:
            return spread
        p5, p50, p95 = map(range_.quantile, LEVELS)
        # an end at zero is what larger numbers leave over, where some of it lies below zero
        noise = 1e-12 * (p95 - p5) if range_.below(0.0) > 0.0 else 0.0
        p5, p50, p95 = (0.0 if abs(p) <= noise else p for p in (p5, p50, p95))
        return spread._replace(p5=p5, p50=p50, p95=p95, errors=(0.0, 0.0, 0.0))

    def needed(self, names: Iterable[str]) -> list[str]:
        """As `_needed`, with what differs from setting to setting."""
        reached = _reached(self.model, names)
        return [
            n
            for n in self.model.quantities
            if n in reached and (n in self.uncertain or n in self.varied)
        ]

    def kept(self, names: list[str], count: int) -> list[Array]:
        """The draws of quantities that do not differ from setting to setting."""
        needed = self._needed(names)
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        stores = [np.empty(count) for _ in names]
        at = 0
        for drawn, made, _ in self._chunks(ranges, self._compiled(needed, names, []), count, None):
            for store, result in zip(stores, made, strict=True):
                store[at : at + drawn.shape[1]] = result
            at += drawn.shape[1]
        return stores

    def compiled_from(
        self, inputs: Sequence[str], needed: Sequence[str], names: Sequence[str]
    ) -> Callable[..., list[Any]]:
        """A function of some quantities that gives others."""
        run = self._compiled([*inputs, *(n for n in needed if n not in inputs)], names, [], inputs)
        return lambda *values: run(*values)[0]

    def depends(self, condition: Node) -> bool:
        return any(name in self.uncertain for name in names_in(condition))

    def is_slow(self, condition: Node) -> bool:
        if is_costly(condition):
            return True
        needed = self._needed(names_in(condition))
        return any(_is_costly(self.model.quantities[n]) for n in needed)

    def certain(self, condition: Node) -> float:
        """Does a condition hold that depends on no range?"""
        code = array_code(condition, lambda n: repr(float(self.point[n])), self.model.calendar)
        scope = {**SCOPE, "inf": math.inf, "nan": math.nan}
        return float(bool(eval(code, scope)))

    def told(
        self, names: list[str], conditions: list[Node], count: int, progress: Progress | None
    ) -> tuple[dict[str, Spread], list[float]]:
        """The spreads of quantities, and how often conditions hold."""
        asked = [*names, *(n for c in conditions for n in names_in(c))]
        needed = self._needed(asked)
        ranges = [n for n in needed if self.model.quantities[n].distribution is not None]
        run = self._compiled(needed, names, conditions)
        expected = known_correlations(
            score_correlations(ranges, self._ties(ranges)), self._fixed(ranges)
        )
        chunks = self._chunks(ranges, run, count, progress)
        if count <= KEPT:
            scores = np.empty((len(ranges), count))
            results = np.empty((len(names), count))
            held = np.zeros(len(conditions))
            at = 0
            for drawn, made, holds in chunks:
                to = at + drawn.shape[1]
                scores[:, at:to], held = drawn, held + holds
                for row, result in enumerate(made):
                    results[row, at:to] = result
                at = to
            self._give_up(names, results)
            teller = _Teller(ranges, scores, expected, self.sources)
            return teller.spreads(names, results), [float(h) / count for h in held]
        return self._streamed(names, ranges, expected, chunks, count)

    def _streamed(
        self,
        names: list[str],
        ranges: list[str],
        expected: Array,
        chunks: Iterator[tuple[Array, list[Any], Array]],
        count: int,
    ) -> tuple[dict[str, Spread], list[float]]:
        """As `told`, with nothing kept but what is near the percentiles."""
        first: list[tuple[Array, list[Any], Array]] = []
        seen = 0
        for chunk in chunks:
            first.append(chunk)
            seen += chunk[0].shape[1]
            if seen >= COUNT:
                break
        scores = np.concatenate([drawn for drawn, _, _ in first], axis=1)
        results = np.array(
            [
                np.concatenate([np.broadcast_to(m[row], d.shape[1]) for d, m, _ in first])
                for row in range(len(names))
            ]
        ).reshape(len(names), seen)
        self._give_up(names, results)
        # as many as by default, however many come at a time
        pilot = _Teller(ranges, scores[:, :COUNT], expected, self.sources)
        narrowed = [_Narrowed(pilot, n, r[:COUNT]) for n, r in zip(names, results, strict=True)]
        held = np.sum([holds for _, _, holds in first], axis=0)
        for one, result in zip(narrowed, results, strict=True):
            one.take(scores, result)
        for drawn, made, holds in chunks:
            held = held + holds
            rows = np.array([np.broadcast_to(m, drawn.shape[1]) for m in made])
            self._give_up(names, rows)
            for one, result in zip(narrowed, rows, strict=True):
                one.take(drawn, result)
        spreads = {n: one.spread(count) for n, one in zip(names, narrowed, strict=True)}
        return spreads, [float(h) / count for h in held]

    def _give_up(self, names: Sequence[str], results: Array) -> None:
        """Make NaN of what has no value, such as a division by zero; a wait may have no end."""
        for name, result in zip(names, results, strict=True):
            if name not in self.endless:
                result[np.isinf(result)] = math.nan

    def _fixed(self, ranges: Sequence[str]) -> dict[int, float]:
        """The scores that some of these ranges are held at, by their index."""
        return {ranges.index(n): score for n, score in self.fixed.items() if n in ranges}

    def _ties(self, ranges: Sequence[str]) -> list[Any]:
        """The correlations, among these ranges only."""
        kept = []
        for tie in self.model.correlations:
            names = tuple(n for n in tie.names if n in ranges)
            if len(names) > 1:
                kept.append(tie._replace(names=names))
        return kept

    def _needed(self, names: Iterable[str]) -> list[str]:
        """The uncertain quantities that some follow from, each after those that it uses."""
        reached: set[str] = set()
        pending = [n for n in names if n in self.uncertain]
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                uses = self.model.quantities[name].uses
                pending.extend(u for u in uses if u in self.uncertain)
        return [n for n in self.model.quantities if n in reached]

    def _compiled(
        self,
        needed: Sequence[str],
        names: Sequence[str],
        conditions: Sequence[Node],
        given: Sequence[str] = (),
    ) -> Callable[..., tuple[list[Any], list[Any]]]:
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
        run: Callable[..., tuple[list[Any], list[Any]]],
        count: int,
        progress: Progress | None,
    ) -> Iterator[tuple[Array, list[Any], Array]]:
        """Chunk by chunk: the scores, the results, and how often the conditions held."""
        # with all correlations, so that a draw does not depend on what is asked
        streams = Streams(ranges, self.seed, self.model.correlations)
        correlations = score_correlations(ranges, self._ties(ranges))
        known = self._fixed(ranges)
        distributions = [self.model.quantities[n].distribution for n in ranges]
        parts = [
            part_streams(n, d, self.seed)
            for n, d in zip(ranges, distributions, strict=True)
            if d is not None
        ]
        for at in range(0, count, CHUNK):
            size = min(CHUNK, count - at)
            drawn = streams.draw(size)
            if known:
                drawn = given_scores(drawn, correlations, known)
            inputs = [
                values(d, scores, own)
                for scores, d, own in zip(drawn, distributions, parts, strict=True)
                if d is not None
            ]
            made, holds = run(*inputs)
            held = np.array([float(np.count_nonzero(np.broadcast_to(h, size))) for h in holds])
            yield drawn, made, held
            if progress is not None:
                progress(at + size, count)


class _Teller:
    """Tells spreads from draws that are kept."""

    def __init__(
        self,
        ranges: Sequence[str],
        scores: Array,
        expected: Array,
        sources: Mapping[str, frozenset[str]],
    ) -> None:
        self.ranges = ranges
        self.sources = sources
        self.scores = scores
        self.expected = expected
        self.count = scores.shape[1]
        self.centred = scores - scores.mean(axis=1, keepdims=True)
        self.covariance = self.centred @ self.centred.T / self.count

    def spreads(self, names: Sequence[str], results: Array) -> dict[str, Spread]:
        """The spread of each; of those that are so many times another, only one is worked out."""
        found: dict[str, Spread] = {}
        like: dict[tuple[float, ...], list[tuple[Array, Spread]]] = {}
        for name, result in zip(names, results, strict=True):
            first = float(result[0])
            key = tuple(np.round(result[1:4] / first, 9)) if first > 0 else ()
            known = next((k for k in like.get(key, ()) if key and _is_multiple(result, k[0])), None)
            if known is not None:
                found[name] = known[1].scaled(first / float(known[0][0]))
                continue
            found[name] = self.spread(name, result)
            if key:
                like.setdefault(key, []).append((result, found[name]))
        return found

    def spread(self, name: str, result: Array) -> Spread:
        """The spread of one result."""
        return self.measured(name, result)[0]

    def measured(self, name: str, result: Array) -> tuple[Spread, Array | None, Array]:
        """The spread of one result, the weights of its linear model, and its draws in order."""
        possible = ~np.isnan(result)
        impossible = 1.0 - float(np.count_nonzero(possible)) / self.count
        whole = result[possible] if impossible else result
        if not whole.size:
            nan = math.nan
            nothing = (nan, nan, nan)
            empty = Spread(
                nan, nan, nan, nothing, nan, (), (0.0, 0.0), False, {}, {}, 1.0, self.count
            )
            return empty, None, whole
        ordered = np.sort(whole)
        weights, shares, directions = self.model_of(name, result, possible if impossible else None)
        levels = [*LEVELS]
        sharpness = [0.0] * len(LEVELS)
        if impossible:  # of the other draws it is not known how their scores spread
            weights = None
        if weights is not None:
            surrogate = _weighed(weights, self.scores)
            sd = math.sqrt(float(weights @ self.expected @ weights))
            for i, (level, score) in enumerate(zip(LEVELS, _SCORES, strict=True)):
                below = surrogate <= sd * score
                levels[i] = float(np.count_nonzero(below)) / whole.size
                cut = at_level(ordered, level)
                both = float(np.count_nonzero(below & (whole <= cut))) / whole.size
                sharpness[i] = _squared_correlation(both, levels[i], level)
        found = [at_level(ordered, level) for level in levels]
        errors = [
            _error(ordered, level, sharp) for level, sharp in zip(LEVELS, sharpness, strict=True)
        ]
        bins, edges, is_log = _histogram(ordered)
        spread = Spread(
            found[0],
            found[1],
            found[2],
            (errors[0], errors[1], errors[2]),
            float(whole.mean()),
            bins,
            edges,
            is_log,
            shares,
            directions,
            impossible,
            self.count,
        )
        return spread, weights, ordered

    def model_of(
        self, name: str, result: Array, possible: Array | None
    ) -> tuple[Array | None, dict[str, float], dict[str, float]]:
        """The linear model of a result by the scores, and the parts of its variance.

        Only the ranges that it follows from are asked, so that no other changes a digit.

        Returns:
            The weights of the scores, the share of the variance of each range, and its correlation
            with the result. No weights where nothing varies, or where the model means nothing.
        """
        none: dict[str, float] = {}
        among = [i for i, n in enumerate(self.ranges) if n in self.sources[name]]
        centred = self.centred if len(among) == len(self.ranges) else self.centred[among]
        covariance, whole = self.covariance, result
        if possible is not None:
            centred, whole = centred[:, possible], result[possible]
        if not np.isfinite(whole).all():
            return None, none, none
        target = np.log(whole) if whole[0] > 0 and whole.min() > 0 else whole
        size = float(np.abs(target).max())
        if size == 0.0:
            return None, none, none
        target = target / math.ldexp(1.0, math.frexp(size)[1] - 1)  # so that its square has room
        target = target - target.mean()
        variance = float(target @ target) / whole.size
        if variance <= _SAME**2:  # what floats leave over of nothing
            return None, none, none
        with_scores = centred @ target / whole.size
        covariance, expected = (m[np.ix_(among, among)] for m in (covariance, self.expected))
        weights = np.linalg.lstsq(covariance, with_scores, rcond=None)[0]
        explained = float(weights @ covariance @ weights)
        whole_variance = float(weights @ expected @ weights) + max(variance - explained, 0.0)
        parts = weights * (expected @ weights) / whole_variance
        spreads = np.sqrt(np.maximum(np.diag(covariance), _SAME))
        towards = with_scores / spreads / math.sqrt(variance)
        shares = {self.ranges[i]: float(p) for i, p in zip(among, parts, strict=True)}
        directions = {self.ranges[i]: float(t) for i, t in zip(among, towards, strict=True)}
        every = np.zeros(len(self.ranges))
        every[among] = weights
        return (every if weights.any() else None), shares, directions


class _Narrowed:
    """The percentiles of a result whose draws are too many to keep."""

    def __init__(self, pilot: _Teller, name: str, result: Array) -> None:
        self.first, self.weights, ordered = pilot.measured(name, result)
        self.sd = 0.0
        if self.weights is not None:
            self.sd = math.sqrt(float(self.weights @ pilot.expected @ self.weights))
        self.near = [_Near(level, *_around(ordered, level)) for level in LEVELS]
        self.surrogates_below = [0] * len(LEVELS)
        self.total = 0.0
        self.unknown = 0
        self.seen = 0

    def take(self, scores: Array, result: Array) -> None:
        """Take more draws into account."""
        if self.weights is not None:
            surrogate = _weighed(self.weights, scores)
            for i, score in enumerate(_SCORES):
                self.surrogates_below[i] += int(np.count_nonzero(surrogate <= self.sd * score))
        total = float(result.sum())
        if math.isnan(total):
            total = float(np.nansum(result))
            self.unknown += int(np.count_nonzero(np.isnan(result)))
        self.total += total
        self.seen += result.size
        for near in self.near:
            near.take(result, self.seen - self.unknown)

    def spread(self, count: int) -> Spread:
        """The spread by all draws."""
        known = count - self.unknown
        levels = [*LEVELS]
        if self.weights is not None and not self.unknown:
            levels = [below / count for below in self.surrogates_below]
        found = [near.at(level, known) for near, level in zip(self.near, levels, strict=True)]
        fewer = math.sqrt(self.first.draws / count)
        a, b, c = self.first.errors
        return self.first._replace(
            p5=found[0],
            p50=found[1],
            p95=found[2],
            errors=(a * fewer, b * fewer, c * fewer),
            mean=self.total / known if known else math.nan,
            impossible=self.unknown / count,
            draws=count,
        )


class _Near:
    """The draws around a percentile. The more there are, the nearer must they be to be kept."""

    def __init__(self, level: float, low: float, high: float) -> None:
        self.level, self.low, self.high = level, low, high
        self.below = 0
        self.parts: list[Array] = []
        self.size, self.room = 0, KEPT // 4

    def take(self, result: Array, seen: int) -> None:
        """Keep those of more draws that are near, so many having been seen with these."""
        under = result < self.low
        self.below += int(np.count_nonzero(under))
        if self.low == self.high:  # then the percentile is no other
            return
        self.parts.append(result[(result <= self.high) ^ under])
        self.size += self.parts[-1].size
        if self.size > self.room:
            self._narrow(seen)

    def _narrow(self, seen: int) -> None:
        near = np.sort(np.concatenate(self.parts))
        place = _place(self.level, seen) - self.below
        reach = _REACH * math.sqrt(seen * self.level * (1.0 - self.level))
        first, last = (min(max(int(p), 0), near.size - 1) for p in (place - reach, place + reach))
        self.low, self.high = float(near[first]), float(near[last])
        under = int(np.searchsorted(near, self.low))
        near = near[under : np.searchsorted(near, self.high, side="right")]
        self.below += under
        self.parts, self.size = [near.copy()], near.size
        self.room = max(self.room, 2 * near.size)

    def at(self, level: float, seen: int) -> float:
        """The percentile, at a level that is nearly its own."""
        if not self.size:
            return self.low
        return _at(np.sort(np.concatenate(self.parts)), _place(level, seen) - self.below)


def _around(ordered: Array, level: float) -> tuple[float, float]:
    """The ends between which a percentile of more draws is, too."""
    if not ordered.size:
        return math.nan, math.nan
    return at_level(ordered, max(level - _NEAR, 0.0)), at_level(ordered, min(level + _NEAR, 1.0))


def at_level(ordered: Array, level: float) -> float:
    """The least of sorted draws that a share of them does not exceed.

    It is one of them, so that a number of servers stays whole.
    """
    return _at(ordered, _place(level, ordered.size))


def _place(level: float, count: int) -> int:
    return math.ceil(level * count - _WHOLE) - 1


def _at(ordered: Array, place: int) -> float:
    return float(ordered[min(max(place, 0), ordered.size - 1)])


def _weighed(weights: Array, scores: Array) -> Array:
    """The sum of weighted scores; those that weigh nothing are not looked at."""
    used = np.flatnonzero(weights)
    if used.size < weights.size:
        weights, scores = weights[used], scores[used]
    return np.asarray(weights @ scores)


def _is_multiple(one: Array, other: Array) -> bool:
    ratio = one / other
    return bool(np.abs(ratio - ratio[0]).max() <= _SAME * abs(ratio[0]))


def _squared_correlation(both: float, one: float, other: float) -> float:
    """Of two conditions, by how often both hold and how often each."""
    product = one * (1.0 - one) * other * (1.0 - other)
    return min((both - one * other) ** 2 / product, 1.0) if product > 0.0 else 0.0


def _error(ordered: Array, level: float, sharpness: float) -> float:
    """The standard error of a percentile, less what is known of it."""
    below, above = at_level(ordered, level - _DENSITY), at_level(ordered, level + _DENSITY)
    if not math.isfinite(above - below):
        return math.inf
    chance = math.sqrt(max(level * (1.0 - level) * (1.0 - sharpness), 0.0) / ordered.size)
    return chance * (above - below) / (2.0 * _DENSITY)


def _histogram(ordered: Array) -> tuple[tuple[int, ...], tuple[float, float], bool]:
    """How many draws fall between edges at even distance, without the hundredth at each end."""
    low, high = at_level(ordered, 0.01), at_level(ordered, 0.99)
    if not (math.isfinite(low) and math.isfinite(high)) or low == high:
        return (), (low, high), False
    is_log = low > 0 and high / low > 3
    steps = np.geomspace(low, high, BINS + 1) if is_log else np.linspace(low, high, BINS + 1)
    places = np.searchsorted(ordered, steps)
    return tuple(int(n) for n in np.diff(places)), (low, high), is_log
