"""A model over many samples: how far each quantity spreads, and how often a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from estimator.evaluate.sampled import Sampled, Sources, Spread
from estimator.evaluate.uncertainty import limits
from estimator.evaluate.uncertainty.arrays import Array
from estimator.evaluate.uncertainty.chunks import Progress, RangeSampler, chunks
from estimator.evaluate.uncertainty.dependence import (
    calls_costly,
    costly,
    is_costly,
    needed_for,
    uncertain,
)
from estimator.evaluate.uncertainty.program import certain_value, compile_arrays
from estimator.evaluate.uncertainty.sampler import ModelSampler, Request
from estimator.evaluate.uncertainty.spreads import LEVELS
from estimator.formula.sampling import COUNT, SEED, Work
from estimator.formula.tree import Node, names_in
from estimator.model import Model


@np.errstate(all="ignore")  # what has no value, or one too large, is counted
def sample(
    model: Model,
    point: Mapping[str, float],
    names: Sequence[str],
    conditions: Sequence[Node] = (),
    *,
    count: int = COUNT,
    seed: int = SEED,
    driven: Sequence[str] = (),
    progress: Progress | None = None,
    work: Work | None = None,
    later: Sequence[Node] = (),
) -> Sampled:
    """Sample the ranges of a model, and return how far quantities spread.

    Args:
        model: The model.
        point: Its values with each range at its median.
        names: The quantities; those that depend on no range are left out.
        conditions: Resolved conditions, each of which is counted where it holds.
        count: How many samples to take.
        seed: Chooses one set of samples.
        driven: Those of the quantities whose variance is attributed to ranges.
        progress: Hears how far it is.
        work: What was computed before, if it counts as well.
        later: Quick conditions that depend on ranges and may be counted later, by the same samples:
            that is then not too much.

    Raises:
        TooMuchWorkError: If it would take too long.
    """
    sampler = ModelSampler(model, point, seed, work=work)
    unsure = sampler.uncertain
    slow = costly(model, unsure)
    names = [n for n in dict.fromkeys(names) if n in unsure]
    # the percentiles of a range itself are known: samples are only for the shape between them
    exact = [
        n for n in names if model.quantities[n].distribution is not None and count > limits.KEPT
    ]
    quick = [n for n in names if n not in slow and n not in exact]
    sampled, slowly = _by_speed(conditions, unsure, slow)
    spreads: dict[str, Spread] = {}
    sources: dict[str, Sources] = {}
    chances = dict.fromkeys(range(len(conditions)), 1.0)
    for taken, group, indices, after in (
        (count, quick, sampled, later),
        (min(count, limits.COSTLY), [n for n in names if n in slow], slowly, ()),
        (COUNT, exact, [], ()),
    ):
        if not group and not indices and not after:
            continue
        counted = [conditions[i] for i in indices]
        request = Request(taken, counted, driven, progress=progress, later=after)
        found = sampler.estimate(group, request)
        spreads.update({n: _exact(model, n, spread) for n, spread in found.spreads.items()})
        sources.update(found.sources)
        chances.update(zip(indices, found.chances, strict=True))
    for index in chances.keys() - {*sampled, *slowly}:
        chances[index] = certain_value(model, point, conditions[index])
    return Sampled({n: spreads[n] for n in names}, sources, tuple(chances.values()), count, seed)


def _by_speed(
    conditions: Sequence[Node], unsure: set[str], slow: set[str]
) -> tuple[list[int], list[int]]:
    """Return the indices of conditions that depend on ranges: of quick ones, and of slow ones.

    Args:
        conditions: All conditions.
        unsure: The quantities that depend on a range.
        slow: Those of them that are computed sample by sample.
    """
    quickly: list[int] = []
    slowly: list[int] = []
    for index, condition in enumerate(conditions):
        names = set(names_in(condition))
        if not unsure.isdisjoint(names):
            is_slow = calls_costly(condition) or not slow.isdisjoint(names)
            (slowly if is_slow else quickly).append(index)
    return quickly, slowly


def _exact(model: Model, name: str, spread: Spread) -> Spread:
    """Return a spread with the percentiles that are known, if it is one of a range itself."""
    range_ = model.quantities[name].distribution
    if range_ is None:
        return spread
    p5, p50, p95 = map(range_.quantile, LEVELS)
    # an end at zero is what larger numbers leave over, where some of it lies below zero
    noise = 1e-12 * (p95 - p5) if range_.below(0.0) > 0.0 else 0.0
    p5, p50, p95 = (0.0 if abs(p) <= noise else p for p in (p5, p50, p95))
    return spread._replace(p5=p5, p50=p50, p95=p95, errors=(0.0, 0.0, 0.0))


def spreads_with_known(
    model: Model,
    point: Mapping[str, float],
    results: Sequence[str],
    ranges: Sequence[str],
    *,
    count: int,
    seed: int,
) -> dict[str, dict[str, Spread]]:
    """Return how far quantities would spread, on the same samples, were one range its median.

    Args:
        model: The model.
        point: Its values with each range at its median.
        results: The quantities, each of which depends on a range.
        ranges: The ranges, one at a time.
        count: How many samples to take.
        seed: Chooses one set of samples.

    Returns:
        For each of the ranges, the spreads by name.
    """
    sampler = ModelSampler(model, point, seed)
    slow = costly(model, sampler.uncertain)
    groups = [([n for n in results if n not in slow], count)]
    groups.append(([n for n in results if n in slow], min(count, limits.COSTLY)))
    found: dict[str, dict[str, Spread]] = {}
    for range_ in ranges:
        found[range_] = {}
        with np.errstate(all="ignore"):
            for names, taken in groups:
                if names:
                    request = Request(taken, known=(range_,))
                    found[range_].update(sampler.estimate(names, request).spreads)
    return found


def function_of_ranges(
    model: Model, point: Mapping[str, float], name: str
) -> tuple[list[str], Callable[..., Array]]:
    """Return the ranges that a quantity depends on, and the quantity as a function of their values.

    Args:
        model: The model.
        point: Its values with each range at its median.
        name: A quantity that depends on a range.
    """
    needed = needed_for(model, [name], uncertain(model))
    ranges = [n for n in needed if model.quantities[n].distribution is not None]
    run = compile_arrays(model, point, needed, [name]).run

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
    names: Sequence[str],
    *,
    count: int = COUNT,
    seed: int = SEED,
) -> Iterator[list[Array]]:
    """Yield the samples of some quantities for each of many settings of inputs, of equal scores.

    What does not depend on these inputs is computed once.

    Args:
        model: The model.
        point: Its values with each range at its median.
        inputs: The inputs that differ, such as the fields of a machine.
        settings: Their values, for each setting; or their samples, where these are at most `CHUNK`.
        names: The quantities whose samples are yielded, in this order.
        count: How many samples to take; fewer where something is computed sample by sample.
        seed: Chooses one set of samples.
    """
    varied = model.following(inputs)
    needed = needed_for(model, names, uncertain(model) | varied)
    if any(is_costly(model.quantities[n]) for n in needed):
        count = min(count, limits.COSTLY)
    later = [n for n in needed if n in varied]
    used = {*names, *(use for n in later for use in model.quantities[n].uses)}
    kept = [n for n in needed if n not in varied and n in used]
    count = min(count, limits.BUDGET // (len(kept) + len(names)))
    stores = _samples_of(model, point, kept, count, seed)
    given = {*kept, *inputs}
    ordered = [*kept, *inputs, *(n for n in later if n not in given)]
    run = compile_arrays(model, point, ordered, names, given=given).run
    for setting in settings:
        results = [np.empty(count) for _ in names]
        fields = [setting[name] for name in inputs]
        with np.errstate(all="ignore"):
            for at in range(0, count, limits.CHUNK):
                here = slice(at, min(at + limits.CHUNK, count))
                made, _ = run(0, *(s[here] for s in stores), *fields)
                for result, values in zip(results, made, strict=True):
                    result[here] = values
        yield results


def _samples_of(
    model: Model, point: Mapping[str, float], names: Collection[str], count: int, seed: int
) -> list[Array]:
    """Return the samples of quantities, an array for each."""
    needed = needed_for(model, names, uncertain(model))
    ranges = [n for n in needed if model.quantities[n].distribution is not None]
    program = compile_arrays(model, point, needed, list(names))
    stores = [np.empty(count) for _ in names]
    at = 0
    for chunk in chunks(RangeSampler(model, ranges, seed), program, count):
        for store, result in zip(stores, chunk.results, strict=True):
            store[at : at + chunk.size] = result
        at += chunk.size
    return stores
