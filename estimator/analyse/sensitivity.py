"""What each range does to a quantity: alone, between its ends, and together with the others.

A tornado moves one range at a time. Sobol indices are parts of the variance over all draws, and
also tell what ranges do together, such as in a product whose factors cross zero.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from estimator.evaluate import (
    Asked,
    Report,
    SobolIndex,
    SobolIndices,
    Swing,
    Tornado,
    compile_program,
)
from estimator.evaluate.evaluate import written
from estimator.evaluate.uncertainty import with_statistics
from estimator.formula.numeric import significant
from estimator.formula.sampling import TooMuchWorkError, is_too_much
from estimator.model import Model
from estimator.model.quantity import Correlation

if TYPE_CHECKING:
    from estimator.evaluate.arrays import Array

ENDS = (0.05, 0.95)
"""The percentiles at which a tornado holds a range."""
MOST_PAIRS = 262_144
"""How many pairs of draws Sobol indices are told from, however many a run takes."""

_OTHER = 1 << 64  # added to a seed, gives the other draw of each pair
_SAME = 1e-12
_COPIES = 6  # of the draws of all runs, until variances are known
_SHOWN = 9  # digits, without what floats leave over of a difference


def with_sensitivity(report: Report, model: Model, asked: Asked) -> Report:
    """The report with the tornadoes and the Sobol indices that are asked for.

    Names that there are not, and quantities that no range moves, are passed over.
    """
    from estimator.evaluate.samples import uncertain

    if report.uncertainty is None:
        return report
    values = {name: value.value for name, value in report.values.items()}
    told = with_statistics(model, values, asked, _values)
    if told is None:
        return report
    model, values, _ = told
    unsure = uncertain(model)
    turned = [n for n in dict.fromkeys(asked.tornado) if n in unsure]
    parted = [n for n in dict.fromkeys(asked.sobol) if n in unsure]
    tornadoes = (tornado(model, values, n) for n in turned)
    indices = (sobol_indices(model, values, n, asked) for n in parted)
    uncertainty = report.uncertainty._replace(
        tornadoes=tuple(t for t in tornadoes if t.swings and t.swings[0].size),
        sobol=tuple(i for i in indices if i is not None),
    )
    return report._replace(uncertainty=uncertainty)


def _values(model: Model, told: Mapping[str, float] | None) -> dict[str, float] | None:
    """The values of a model whose percentiles are numbers by now."""
    program = compile_program(model)
    try:
        return dict(zip(program.names, program.run(program.constants()), strict=True))
    except (ArithmeticError, ValueError):
        return dict(told) if told is not None else None


# --- one range at a time --------------------------------------------------------------------------


def tornado(model: Model, values: Mapping[str, float], name: str) -> Tornado:
    """How far each range alone moves a quantity, from its 5th percentile to its 95th.

    Args:
        model: The model.
        values: Its values with each range at its median.
        name: A quantity that depends on a range.
    """
    import numpy as np

    from estimator.evaluate.samples import function_of_ranges

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
    model: Model, values: Mapping[str, float], name: str, asked: Asked
) -> SobolIndices | None:
    """The Sobol indices of a quantity, by pick-freeze; None where it does not vary.

    Two independent draws of all ranges make a pair; for each range the first draw is run once more
    with that range taken from the second. Correlated ranges are taken together. What is positive in
    all draws is told by its logarithm; draws in which it has no value are left out.

    Args:
        model: The model.
        values: Its values with each range at its median.
        name: A quantity that depends on a range.
        asked: How many draws to take, and which.
    """
    import numpy as np

    from estimator.evaluate.samples import BUDGET, COSTLY, costly, function_of_ranges, uncertain

    ranges, result = function_of_ranges(model, values, name)
    groups = _groups(ranges, model.correlations)
    most = COSTLY if name in costly(model) else MOST_PAIRS
    runs: list[list[Array]] = [[] for _ in range(len(groups) + 2)]
    count = min(asked.draws, most, BUDGET // (_COPIES * len(runs)))
    columns = len(runs) * len(model.leading_to([name]) & uncertain(model))
    if is_too_much(columns, count):
        raise TooMuchWorkError(columns, count)
    done = 0
    for one, other in _pairs(model, ranges, asked.seed, count):
        inputs = [one, other]
        for group in groups:
            mixed = zip(ranges, one, other, strict=True)
            inputs.append([b if r in group else a for r, a, b in mixed])
        for run, row in zip(runs, inputs, strict=True):
            run.append(result(*row))
        done += len(one[0])
        if asked.progress is not None:
            asked.progress(done * len(runs), count * len(runs))
    results = np.array([np.concatenate(run) for run in runs])
    results = results[:, np.isfinite(results).all(axis=0)]
    if results.size:  # by a power of two, so that squares have room
        results = results / math.ldexp(1.0, math.frexp(float(np.abs(results).max()))[1] - 1)
    is_log = bool(results.size) and bool((results > 0).all())
    parts = parts_of_variance(np.log(results) if is_log else results)
    if parts is None:
        return None
    found = [SobolIndex(g, p.first, p.total, p.error) for g, p in zip(groups, parts, strict=True)]
    found.sort(key=lambda i: -i.total)
    return SobolIndices(name, tuple(found), is_log, results.shape[1])


class Part(NamedTuple):
    """The part of the variance that an input has alone, in all, and their larger error."""

    first: float
    total: float
    error: float


def parts_of_variance(results: Array) -> list[Part] | None:
    """First-order and total indices of the inputs of a function, or None where it is constant.

    Args:
        results: A row for the first draws, one for the second, and for each input one of the first
            draws with that input taken from the second.

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
    """The ranges, with those together that are correlated, directly or by way of others."""
    groups = [{r} for r in ranges]
    for correlation in correlations:
        tied = [g for g in groups if not g.isdisjoint(correlation.names)]
        if len(tied) > 1:
            groups = [*(g for g in groups if g not in tied), set().union(*tied)]
    return [tuple(r for r in ranges if r in g) for g in groups]


def _pairs(
    model: Model, ranges: Sequence[str], seed: int, count: int
) -> Iterator[tuple[list[Array], list[Array]]]:
    """Two independent draws of some ranges, chunk by chunk."""
    import numpy as np

    from estimator.evaluate.draws import Streams, part_streams, values
    from estimator.evaluate.samples import BUDGET, CHUNK

    known = [(r, model.ranges[r]) for r in ranges]
    seeds = (seed, seed + _OTHER)
    streams = [Streams(ranges, s, model.correlations) for s in seeds]
    parts = [[part_streams(r, d, s) for r, d in known] for s in seeds]
    most = min(CHUNK, BUDGET // (64 * len(ranges)))  # scores and values of both
    for at in range(0, count, most):
        size = min(most, count - at)
        drawn = []
        for stream, own in zip(streams, parts, strict=True):
            made = zip(known, stream.draw(size), own, strict=True)
            with np.errstate(over="ignore"):  # a draw without a value is left out
                drawn.append([values(d, scores, own) for (_, d), scores, own in made])
        yield drawn[0], drawn[1]
