"""Percentiles of branching paths over arrays of samples, as `functions.paths` has them for floats.

All samples are searched for at once, by the same steps. Samples for which that does not do are left
to the form for floats: those with calls at once, with paths that have no end, or with times that do
not vary.

What a request may meet is one array: the chance, the fixed time, and of the rest the mean, the
variance and half of the third moment; each of these for all combinations of branches; each of those
for all samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from estimator.formula.gamma_arrays import gamma_tails, stirling_errors
from estimator.formula.numeric_arrays import call_per_sample, legal
from estimator.formula.slowest import STEADY

_SIZE = 6  # values of a branch
_MOST = 6  # branches: any of them may be met together
_ENOUGH = 1e-12  # relative, of a quantile
_STEPS = 300  # about seven are taken


def path_quantiles(np: ModuleType, scalar: Callable[..., float], share: Any, *branches: Any) -> Any:
    """Find for each sample the time within which a share of requests is answered.

    Args:
        np: NumPy.
        scalar: The form for floats, for samples that are left to it.
        share: The share, as for that form.
        *branches: The values of branches, as for that form.
    """
    whole = np.broadcast_arrays(*np.atleast_1d(share, *branches))
    columns = [column.ravel() for column in whole]  # a grid of points has a row for each
    parents = branches[::_SIZE]
    found = np.empty(columns[0].shape)
    together = np.zeros(columns[0].shape, dtype=bool)
    if len(parents) <= _MOST and all(_is_before(np, of, at) for at, of in enumerate(parents)):
        shares, values = columns[0], np.array(columns[1:]).reshape(len(parents), _SIZE, -1)
        parts = _parts(np, [int(of) for of in parents], values)
        together = legal(np, shares, *columns) & (shares > 0.0) & (shares < 1.0)
        together &= (values[:, 1] <= 1.0).all(axis=0) & _is_smooth(parts)
        found[together] = _searched(np, shares[together], parts[:, :, together])
    rest = (column[~together] for column in columns)
    found[~together] = call_per_sample(np, scalar, *rest)
    return found.reshape(whole[0].shape)


def _is_before(np: ModuleType, parent: Any, index: int) -> bool:
    """Tell whether a branch belongs to one before it, or to none, in all samples."""
    return bool(np.ndim(parent) == 0 and 0.0 <= parent <= index and parent == int(parent))


def _parts(np: ModuleType, parents: Sequence[int], values: Any) -> Any:
    """Return all that a request may meet on its path."""
    roots = [index for index, parent in enumerate(parents) if parent == 0]
    total = sum(values[index, 1] for index in roots)
    found = [_times(np, parents, values, index) for index in roots]
    for root, index in zip(found, roots, strict=True):
        root[0] *= values[index, 1] / total
    chance, fixed, mean, variance, third = np.concatenate(found, axis=1)
    other = np.minimum(mean, variance * (variance / third))  # as `Part.fitted`
    fitted = np.where(third * mean <= variance * variance, mean, other)
    return np.array((chance, fixed + (mean - fitted), fitted, variance, third))


def _times(np: ModuleType, parents: Sequence[int], values: Any, index: int) -> Any:
    """Return all that those may meet in a branch who meet it."""
    _, _, fixed, mean, sd, scale = values[index]
    variance = sd * sd
    found = np.array((np.ones(fixed.shape), fixed, mean, variance, variance * scale))[:, None]
    for child, parent in enumerate(parents):
        if parent == index + 1:
            below = _times(np, parents, values, child)
            both = found[:, :, None] + below[:, None]
            both[0] = found[0, :, None] * below[0] * values[child, 1]
            found[0] *= 1.0 - values[child, 1]
            found = np.concatenate((found, both.reshape(5, -1, fixed.size)), axis=1)
    return found


def _is_smooth(parts: Any) -> Any:
    """Tell for each sample whether all times that are met vary."""
    chance, _, mean, variance, _ = parts
    varies = (chance > 0.0) & (mean > 0.0) & (variance * STEADY > mean * mean)
    return (varies | (chance == 0.0)).all(axis=0)


def _searched(np: ModuleType, share: Any, parts: Any) -> Any:
    """Find quantiles by Newton's method on the logarithm of the smaller share, or by halves.

    The steps are those of `functions.paths`, without its jumps.
    """
    if not share.size:
        return np.empty(share.shape)
    parts = _met(np, parts)
    shapes = _shapes(np, parts)
    low, high = _brackets(np, share, parts)
    time, width = low + (high - low) * 0.5, high - low
    found, places = np.empty(share.shape), np.arange(share.size)
    for _ in range(_STEPS):
        is_over, after = _newton(np, share, time, parts, shapes)
        low, high = np.where(is_over, low, time), np.where(is_over, time, high)
        slow = high - low > 0.5 * width
        width, away = high - low, np.abs(after - time)
        is_found, is_near = width <= _ENOUGH * high, away <= 1e-9 * time
        found[places] = np.where(is_found, time, np.clip(after, low, high))
        goes_on = ~(is_found | is_near)
        if not goes_on.any():
            break
        halved = ~((low < after) & (after < high)) | (slow & (away > 0.25 * width))
        time = np.where(halved, _middles(np, low, high), after)
        if goes_on.all():  # as in most steps, and to copy all parts takes as long as a step
            continue
        state = (places, share, low, high, time, width)
        places, share, low, high, time, width = (values[goes_on] for values in state)
        parts, shapes = parts[:, :, goes_on], shapes[:, :, goes_on]
    return found


def _met(np: ModuleType, parts: Any) -> Any:
    """Return the parts that some sample meets, with times that do no harm where another does not.

    What none of them meets adds nothing.
    """
    parts = parts[:, (parts[0] > 0.0).any(axis=1)]
    return np.where(parts[0] > 0.0, parts, np.array((0.0, 0.0, 1.0, 1.0, 0.0))[:, None, None])


def _newton(np: ModuleType, share: Any, time: Any, parts: Any, shapes: Any) -> tuple[Any, Any]:
    """Tell where times are not below quantiles, and return what Newton's method makes of them."""
    below, above, slope = _shares(np, time, parts, shapes)
    beyond = 1.0 - share - (1.0 - parts[0].sum(axis=0))
    upper = beyond < share
    tail, wanted = np.where(upper, above, below), np.where(upper, beyond, share)
    step = np.log(tail / wanted) * (tail / slope) * np.where(upper, 1.0, -1.0)
    after = np.where((tail > 0.0) & (slope > 0.0) & (wanted > 0.0), time + step, -1.0)
    return np.where(upper, above <= beyond, below >= share), after


def _shapes(np: ModuleType, parts: Any) -> Any:
    """Return of each part the shape, its Stirling error, and the logarithm of the mean."""
    _, _, mean, variance, _ = parts
    shape = mean * mean / variance
    return np.array((shape, stirling_errors(np, shape), np.log(mean)))


def _shares(np: ModuleType, time: Any, parts: Any, shapes: Any) -> tuple[Any, Any, Any]:
    """Return the shares within times and beyond them, and how fast the first grow."""
    chance, fixed, *_ = parts
    shape, error, log_mean = shapes
    rest = np.maximum(time - fixed, 0.0)
    inside = (chance > 0.0) & (rest > 0.0)
    place = np.log(rest[inside]) - log_mean[inside]
    over = place > 300.0
    tails = gamma_tails(np, shape[inside], np.where(over, 0.0, place), error[inside])
    below, above, slope = (np.zeros(rest.shape) for _ in tails)
    above[rest == 0.0] = 1.0
    for share, tail, last in zip((below, above, slope), tails, (1.0, 0.0, 0.0), strict=True):
        share[inside] = np.where(over, last, tail)
    slope /= np.where(rest > 0.0, rest, 1.0)
    return tuple((chance * one).sum(axis=0) for one in (below, above, slope))


def _brackets(np: ModuleType, share: Any, parts: Any) -> tuple[Any, Any]:
    """Return the ends between which each quantile lies, by Cantelli's inequality."""
    chance, fixed, rest, variance, _ = parts
    total = chance.sum(axis=0)
    mean = (chance * (fixed + rest)).sum(axis=0) / total
    variance = (chance * (variance + (fixed + rest - mean) ** 2)).sum(axis=0) / total
    sd, inner = np.sqrt(variance), np.minimum(share / total, 1.0 - 1e-15)
    low = mean - sd * np.sqrt((1.0 - inner) / inner)
    high = mean + sd * np.sqrt(inner / (1.0 - inner))
    least = np.where(chance > 0.0, fixed, math.inf).min(axis=0)
    low = np.maximum(least, low * (1.0 - 1e-9))
    return low, np.maximum(low, high * (1.0 + 1e-9))


def _middles(np: ModuleType, low: Any, high: Any) -> Any:
    """Return the middles of pairs of numbers; of their logarithms where they differ much."""
    far = np.where(low == 0.0, 1e-4 * high, np.sqrt(low) * np.sqrt(high))
    return np.where((low == 0.0) | (high > 8.0 * low), far, low + 0.5 * (high - low))
