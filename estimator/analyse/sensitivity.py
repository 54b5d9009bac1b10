"""Attribute a quantity to each range: alone, between its ends, and together with the others.

A tornado moves one range at a time. Sobol indices are parts of the variance over all samples, and
also show what ranges do together, such as in a product whose factors cross zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from estimator.evaluate import Report
from estimator.evaluate.program import compile_program
from estimator.evaluate.sampled import SobolIndex, SobolIndices, Swing, Tornado
from estimator.evaluate.shown import numbers, written
from estimator.evaluate.uncertainty import SamplingOptions, limits
from estimator.evaluate.uncertainty.dependence import costly, uncertain
from estimator.evaluate.uncertainty.statistics import with_statistics
from estimator.formula.numeric import significant
from estimator.formula.sampling import TooMuchWorkError, is_too_much
from estimator.model import Model
from estimator.model.quantity import Correlation

if TYPE_CHECKING:
    from estimator.evaluate.uncertainty.arrays import Array

ENDS = (0.05, 0.95)
"""The percentiles at which a tornado holds a range."""
MOST_PAIRS = 262_144
"""The most pairs of samples that Sobol indices are estimated from."""

_OTHER = 1 << 64  # added to a seed, gives the other sample of each pair
_SAME = 1e-12
_COPIES = 6  # of the samples of all runs, until variances are known
_SHOWN = 9  # digits, without what floats leave over of a difference


def with_sensitivity(report: Report, model: Model, options: SamplingOptions) -> Report:
    """Return the report with the tornadoes and the Sobol indices that are asked for.

    Names that there are not, and quantities that no range moves, are passed over.
    """
    if report.uncertainty is None:
        return report
    resolved = with_statistics(model, dict(numbers(report)), options, _values)
    if resolved is None:
        return report
    model, values, _ = resolved
    unsure = uncertain(model)
    turned = [n for n in dict.fromkeys(options.tornado) if n in unsure]
    parted = [n for n in dict.fromkeys(options.sobol) if n in unsure]
    tornadoes = (tornado(model, values, n) for n in turned)
    indices = (sobol_indices(model, values, n, options) for n in parted)
    uncertainty = report.uncertainty._replace(
        tornadoes=tuple(t for t in tornadoes if t.swings and t.swings[0].size),
        sobol=tuple(i for i in indices if i is not None),
    )
    return report._replace(uncertainty=uncertainty)


def _values(model: Model, before: Mapping[str, float] | None) -> dict[str, float] | None:
    """Return the values of a model whose percentiles are numbers; else those of before."""
    try:
        return compile_program(model).values()
    except (ArithmeticError, ValueError):
        return dict(before) if before is not None else None


# --- one range at a time --------------------------------------------------------------------------


def tornado(model: Model, values: Mapping[str, float], name: str) -> Tornado:
    """Return how far each range alone moves a quantity, from its 5th percentile to its 95th.

    Args:
        model: The model.
        values: Its values with each range at its median.
        name: A quantity that depends on a range.
    """
    import numpy as np

    from estimator.evaluate.uncertainty.samples import function_of_ranges

    ranges, result = function_of_ranges(model, values, name)
    known = model.ranges
    inputs = np.repeat([[known[r].quantile(0.5)] for r in ranges], 2 * len(ranges) + 1, axis=1)
    for row, range_ in enumerate(ranges):
        inputs[row, 2 * row : 2 * row + 2] = [known[range_].quantile(end) for end in ENDS]
    *ends, middle = map(float, result(*inputs))
    swings = [
        _swing(model, name, range_, low, high)
        for range_, low, high in zip(ranges, ends[::2], ends[1::2], strict=True)
    ]
    return Tornado(name, middle, tuple(sorted(swings, key=lambda s: -s.size)))


def _swing(model: Model, name: str, range_: str, low: float, high: float) -> Swing:
    texts = [
        "–" if math.isnan(value) else _text(model, name, value)
        for value in (low, high, 0.0 if low == high else abs(high - low))
    ]
    ends = [None if math.isnan(end) else end for end in (low, high)]
    return Swing(range_, ends[0], ends[1], (texts[0], texts[1], texts[2]))


def _text(model: Model, name: str, value: float) -> str:
    value = significant(value, _SHOWN) if math.isfinite(value) else value
    return written(value, model.quantities[name], model)


# --- all ranges together --------------------------------------------------------------------------


def sobol_indices(
    model: Model, values: Mapping[str, float], name: str, options: SamplingOptions
) -> SobolIndices | None:
    """Return the Sobol indices of a quantity, by pick-freeze; None where it does not vary.

    Two independent samples of all ranges make a pair; for each range the first sample is run once
    more with that range taken from the second. Correlated ranges are taken together. Of what is
    positive in all samples the variance is that of its logarithm; samples in which it has no value
    are left out.

    Args:
        model: The model.
        values: Its values with each range at its median.
        name: A quantity that depends on a range.
        options: How many samples to take, and which.

    Raises:
        TooMuchWorkError: If it would take too long.
    """
    import numpy as np

    from estimator.evaluate.uncertainty.samples import function_of_ranges

    ranges, result = function_of_ranges(model, values, name)
    groups = _groups(ranges, model.correlations)
    count = _pairs_taken(model, name, len(groups) + 2, options.draws)
    runs: list[list[Array]] = [[] for _ in range(len(groups) + 2)]
    for one, other in _pairs(model, ranges, options.seed, count):
        for run, row in zip(runs, _mixed(ranges, groups, one, other), strict=True):
            run.append(result(*row))
        if options.progress is not None:
            done = sum(part.size for part in runs[0])
            options.progress(done * len(runs), count * len(runs))
    results, is_log = _comparable(np.array([np.concatenate(run) for run in runs]))
    parts = parts_of_variance(results)
    if parts is None:
        return None
    found = [SobolIndex(g, p.first, p.total, p.error) for g, p in zip(groups, parts, strict=True)]
    found.sort(key=lambda i: -i.total)
    return SobolIndices(name, tuple(found), is_log, results.shape[1])


def _pairs_taken(model: Model, name: str, runs: int, samples: int) -> int:
    """Return how many pairs of samples are taken.

    Args:
        model: The model.
        name: The quantity.
        runs: How often it is computed for each pair.
        samples: How many are asked for.

    Raises:
        TooMuchWorkError: If that would take too long.
    """
    unsure = uncertain(model)
    most = limits.COSTLY if name in costly(model, unsure) else MOST_PAIRS
    count = min(samples, most, limits.BUDGET // (_COPIES * runs))
    columns = runs * len(model.leading_to([name]) & unsure)
    if is_too_much(columns, count):
        raise TooMuchWorkError(columns, count)
    return count


def _mixed(
    ranges: Sequence[str],
    groups: Sequence[tuple[str, ...]],
    one: Sequence[Array],
    other: Sequence[Array],
) -> Iterator[Sequence[Array]]:
    """Yield both samples, and for each group the first with that group taken from the second."""
    yield one
    yield other
    for group in groups:
        mixed = zip(ranges, one, other, strict=True)
        yield [second if name in group else first for name, first, second in mixed]


def _comparable(results: Array) -> tuple[Array, bool]:
    """Return results of which squares have room, and whether they are logarithms.

    Columns without a value in one of the rows are left out.
    """
    import numpy as np

    results = results[:, np.isfinite(results).all(axis=0)]
    if not results.size:
        return results, False
    results = results / math.ldexp(1.0, math.frexp(float(np.abs(results).max()))[1] - 1)
    is_log = bool((results > 0).all())
    return (np.log(results) if is_log else results), is_log


class Part(NamedTuple):
    """The part of the variance that an input has alone, in all, and their larger error."""

    first: float
    total: float
    error: float


def parts_of_variance(results: Array) -> list[Part] | None:
    """Return first-order and total indices of the inputs of a function; None of a constant.

    Args:
        results: A row for the first samples, one for the second, and for each input one for the
            first samples with that input taken from the second.

    Source:
        A. Saltelli and others, "Variance based sensitivity analysis of model output", Computer
        Physics Communications 181 (2010), 259-270, table 2 (b) for the first order; for the total
        (f) M. J. W. Jansen, "Analysis of variance designs for model output", Computer Physics
        Communications 117 (1999), 35-43.
    """
    first, second = results[0], results[1]
    count = first.size
    if not count:
        return None
    size = max(abs(float(first.max())), abs(float(first.min())))
    middle = 0.5 * float(first.mean() + second.mean())
    variance = 0.5 * float(((first - middle) ** 2).mean() + ((second - middle) ** 2).mean())
    if variance <= (_SAME * size) ** 2:  # what floats leave over of nothing
        return None
    parts = []
    for mixed in results[2:]:
        alone = (second - middle) * (mixed - first) / variance
        in_all = 0.5 * (mixed - first) ** 2 / variance
        error = max(float(alone.std()), float(in_all.std())) / math.sqrt(count)
        parts.append(Part(float(alone.mean()), float(in_all.mean()), error))
    return parts


def _groups(ranges: Sequence[str], correlations: Sequence[Correlation]) -> list[tuple[str, ...]]:
    """Return the ranges, with those together that are correlated, directly or by others."""
    groups = [{r} for r in ranges]
    for correlation in correlations:
        tied = [g for g in groups if not g.isdisjoint(correlation.names)]
        if len(tied) > 1:
            groups = [*(g for g in groups if g not in tied), set().union(*tied)]
    return [tuple(r for r in ranges if r in g) for g in groups]


def _pairs(
    model: Model, ranges: Sequence[str], seed: int, count: int
) -> Iterator[tuple[list[Array], list[Array]]]:
    """Yield two independent samples of some ranges, chunk by chunk."""
    import numpy as np

    from estimator.evaluate.uncertainty.chunks import RangeSampler

    samplers = [RangeSampler(model, ranges, s) for s in (seed, seed + _OTHER)]
    most = min(limits.CHUNK, limits.BUDGET // (64 * len(ranges)))  # scores and values of both
    for at in range(0, count, most):
        with np.errstate(over="ignore"):  # a sample without a value is left out
            one, other = (sampler.next(min(most, count - at)).values for sampler in samplers)
        yield one, other
