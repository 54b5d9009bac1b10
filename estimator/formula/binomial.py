"""The binomial distribution: how often at least so many of some independent parts are up."""

import math
from itertools import accumulate
from typing import NamedTuple

from estimator.formula.mathematics import log1p_less, stirling_error

_PARTS_LIMIT = 1e8  # parts; above it the normal distribution is close enough
_FEW_TERMS = 64  # so many are added one by one
_PANELS = 3  # of an integral
_DECAY = 40.0  # e^-40 is below what a float tells from nothing beside 1

_QUADRATURE = (
    (0.09501250983763744, 0.18945061045506864),
    (0.2816035507792589, 0.18260341504492364),
    (0.45801677765722737, 0.16915651939500265),
    (0.6178762444026438, 0.1495959888165767),
    (0.755404408355003, 0.12462897125553407),
    (0.8656312023878318, 0.0951585116824926),
    (0.9445750230732326, 0.062253523938647456),
    (0.9894009349916499, 0.027152459411754176),
)
"""Points above 0 and weights of the Gauss-Legendre rule of 16 points, from -1 to 1."""


def up_and_down(needed: float, parts: float, p: float) -> tuple[float, float]:
    """Return the chances that at least `needed` are up and that fewer are, both to their digits."""
    if needed == 0.0:
        return 1.0, 0.0
    if needed > parts or p == 0.0:
        return 0.0, 1.0
    if p == 1.0:
        return 1.0, 0.0
    if parts > _PARTS_LIMIT:
        deviations = (needed - 0.5 - parts * p) / math.sqrt(parts * p * (1.0 - p))
        tail = deviations / math.sqrt(2.0)
        return 0.5 * math.erfc(tail), 0.5 * math.erfc(-tail)
    if needed > parts * p:
        up = _binomial_tail(needed, parts, p)
        return up, 1.0 - up
    down = _binomial_tail(parts - needed + 1.0, parts, 1.0 - p, complement=p)
    return 1.0 - down, down


class Run(NamedTuple):
    """The chances of `up_and_down` for each number of parts, from the least up."""

    least: float
    up: list[float]
    down: list[float]


def run_of(needed: float, least: float, most: float, p: float) -> Run:
    """Return what `up_and_down` does, of each number of parts from `least` to `most`.

    A further part helps where one too few was up, and is up itself: a binomial term, that follows
    from the term before. Both are added up from their smaller end, so that they keep their digits.
    """
    if least == most:
        one_up, one_down = up_and_down(needed, least, p)
        return Run(least, [one_up], [one_down])
    first = max(least, needed - 1.0)
    helped = [0.0] * int(first - least)
    helped += [p * term for term in _terms(needed - 1.0, first, most, p)]
    up = list(accumulate(helped, initial=up_and_down(needed, least, p)[0]))
    down = list(accumulate(reversed(helped), initial=up_and_down(needed, most, p)[1]))
    return Run(least, up, down[::-1])


def upper_bound(k: float, n: float, p: float) -> float:
    """Return what `k_of_n` is at most, by Chernoff, and 1 where it is not small."""
    if k <= n * p:
        return 1.0
    if p == 0.0 or k > n:
        return 0.0
    below = _deviance(n - k, n * (1.0 - p)) if k < n else n * (1.0 - p)
    return math.exp(-_deviance(k, n * p) - below)


def _terms(k: float, least: float, most: float, p: float) -> list[float]:
    """Return the chances that `k` are up, of each number of parts from `least` to below `most`.

    They follow from the largest, so that none is lost where others are too small for a float.
    """
    if least >= most:
        return []
    q = 1.0 - p
    start = float(math.floor(min(max(k / p, least), most - 1.0)))
    if q == 0.0:
        return [float(least + i == k) for i in range(int(most - least))]
    largest = _binomial_term(k, start, p, q) if k > 0.0 else q**start
    above = [largest]
    for n in range(int(start) + 1, int(most)):
        above.append(above[-1] * (n / (n - k) * q))
    below = [largest]
    for n in range(int(start), int(least), -1):
        below.append(below[-1] * ((n - k) / (n * q)))
    return [*reversed(below), *above[1:]]


def _binomial_tail(k: float, n: float, p: float, complement: float | None = None) -> float:
    """Add the binomial terms from `k` to `n`, where `k` is above the mean and they only fall.

    Args:
        k: The first term, at least 1.
        n: The number of trials.
        p: The probability of success, above 0 and below 1.
        complement: `1 - p`, where the caller knows it more precisely.
    """
    q = 1.0 - p if complement is None else complement
    odds = p / q
    term = total = _binomial_term(k, n, p, q)
    if not term:
        return 0.0
    falls = 1.0 - (n - k) / (k + 1.0) * odds
    faster = 1.0 / (k + 1.0) + 1.0 / (n - k + 1.0)
    if _FEW_TERMS * (falls + 0.5 * _FEW_TERMS * faster) < _DECAY < n - k:
        return min(term * (k / p) * _beta_integral(k, n, p, q), 1.0)
    for j in range(int(k), int(n)):
        term *= (n - j) / (j + 1.0) * odds
        total += term
        if term <= total * 1e-17:
            break
    return min(total, 1.0)


def _beta_integral(k: float, n: float, p: float, q: float) -> float:
    """Return the integral of `(1 - u/p)^(k-1) (1 + u/q)^(n-k)` for `u` from 0 to `p`.

    Times `p^(k-1) q^(n-k) / B(k, n-k+1)`, it is the incomplete beta function. The logarithm is
    split into its slope at 0 and the rest, neither of which cancels, and falls ever faster.
    """
    above = k - 1.0 - (n - 1.0) * p if p < q else (n - 1.0) * q - (n - k)
    slope = above / (p * q)
    curve = (k - 1.0) / (p * p) + (n - k) / (q * q)

    def height(u: float) -> float:
        return (k - 1.0) * log1p_less(-u / p) + (n - k) * log1p_less(u / q) - slope * u

    end = 2.0 * _DECAY / (slope + math.sqrt(slope * slope + 2.0 * _DECAY * curve))
    while end < p and height(end) > -_DECAY:
        end *= 1.25
    half = 0.5 * min(end, p) / _PANELS
    total = 0.0
    for panel in range(_PANELS):
        middle = (2 * panel + 1) * half
        for x, weight in _QUADRATURE:
            away = half * x
            total += weight * (math.exp(height(middle - away)) + math.exp(height(middle + away)))
    return half * total


def _binomial_term(k: float, n: float, p: float, q: float) -> float:
    """Return `C(n, k) p^k q^(n-k)` for `k` from 1 to `n`, by Loader's saddle-point form."""
    if k == n:
        return math.exp(n * (math.log(p) if p < 0.5 else math.log1p(-q)))
    rest = n - k
    exponent = (
        stirling_error(n)
        - stirling_error(k)
        - stirling_error(rest)
        - _deviance(k, n * p)
        - _deviance(rest, n * q)
    )
    return math.exp(exponent) * math.sqrt(n / (math.tau * k * rest))


def _deviance(x: float, mean: float) -> float:
    """Return `x log(x / mean) + mean - x` without cancellation, for `x` and `mean` above 0."""
    if mean < 0.5 * x:
        return x * (math.log(x) - math.log(mean)) + mean - x
    return -x * log1p_less((mean - x) / x)
