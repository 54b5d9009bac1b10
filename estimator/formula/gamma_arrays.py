"""The gamma distribution over arrays: the shares that `gamma` has for single floats.

Each function takes NumPy first, which is imported only where a scenario has ranges.
"""

import math
from types import ModuleType
from typing import Any

from estimator.formula.gamma import EXPANDED_LOSS, EXPANDED_SHAPE, TEMME
from estimator.formula.mathematics import STIRLING_FROM, stirling_series


def stirling_errors(np: ModuleType, shape: Any) -> Any:
    """Return `stirling_error` of each of some shapes, above 0, by the same steps."""
    small = shape < STIRLING_FROM
    n, large = shape[small], shape[~small]
    logs, factorials = (
        np.asarray(
            np.frompyfunc(function, 1, 1)(of), dtype=float
        )  # to the last digit as for floats
        for function, of in ((math.log, n), (math.lgamma, n + 1.0))
    )
    found = np.empty(shape.shape)
    found[small] = factorials - (n + 0.5) * logs + n - 0.5 * math.log(math.tau)
    found[~small] = stirling_series(large)
    return found


def gamma_tails(np: ModuleType, shape: Any, place: Any, error: Any) -> tuple[Any, Any, Any]:
    """Return the shares below and above values and their slope, as `gamma.gamma_tails`.

    Args:
        np: NumPy.
        shape: The shapes, above 0.
        place: The logarithm of each value over the mean.
        error: The `stirling_errors` of the shapes, which are asked for at one value after another.
    """
    excess = np.expm1(place)
    loss = np.where(np.abs(excess) > 0.1, excess - place, _loss_near(excess))
    x = shape * np.exp(place)
    slope = np.exp(-shape * loss - error) * np.sqrt(shape / math.tau)
    below, above = np.empty(shape.shape), np.empty(shape.shape)
    expanded = (shape >= EXPANDED_SHAPE) & (loss <= EXPANDED_LOSS)
    near = ~expanded & (x < shape + 1.5)
    far = ~expanded & ~near
    if expanded.any():
        eta = np.copysign(np.sqrt(2.0 * loss[expanded]), excess[expanded])
        below[expanded], above[expanded] = _expanded(np, shape[expanded], eta)
    if near.any():
        below[near] = slope[near] / shape[near] * _series(np, shape[near], x[near])
        above[near] = 1.0 - below[near]
    if far.any():
        above[far] = slope[far] * _fraction(np, shape[far], x[far])
        below[far] = 1.0 - above[far]
    return below, above, slope


def _loss_near(excess: Any) -> Any:
    """Return `x - log(1 + x)` near 0."""
    r = excess / (2.0 + excess)
    y = r * r
    series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y / 11)))
    return r * (excess - 2.0 * y * series)


def _expanded(np: ModuleType, shape: Any, eta: Any) -> tuple[Any, Any]:
    """Return the shares below and above by Temme's expansion."""
    after, before = TEMME[-1], TEMME[-2]
    total = after * eta + before
    for power in range(len(TEMME) - 3, 0, -1):
        after, before = before, TEMME[power] + (power + 1) * after / shape
        total = total * eta + before
    z = eta * np.sqrt(0.5 * shape)
    more = np.exp(-z * z) / np.sqrt(math.tau * shape) * total / (1.0 + after / shape)
    beyond = 0.5 * np.asarray(np.frompyfunc(math.erfc, 1, 1)(np.abs(z)), dtype=float)
    return (
        np.where(z > 0.0, 1.0 - beyond, beyond) - more,
        np.where(z > 0.0, beyond, 1.0 - beyond) + more,
    )


def _series(np: ModuleType, shape: Any, x: Any) -> Any:
    """Return `sum(x^n / ((shape + 1) ... (shape + n)), n = 0, 1, ...)`."""
    shape, term, total = shape.copy(), np.ones(x.shape), np.ones(x.shape)
    while (term > total * 1e-17).any():
        shape += 1.0
        term *= x / shape
        total += term
    return total


def _fraction(np: ModuleType, shape: Any, x: Any) -> Any:
    """Return the continued fraction of `Gamma(shape, x) e^x x^-shape`, by Lentz's method."""
    b = x + 1.0 - shape
    c, d = 1e300, 1.0 / b
    product = d.copy()
    for n in range(1, 1000):  # about fifty are enough
        factor = n * (shape - n)
        b += 2.0
        d = 1.0 / (b + factor * d)
        c = b + factor / c
        change = c * d
        product *= change
        if (np.abs(change - 1.0) < 1e-15).all():
            break
    return product
