"""Redundancy: how often enough parts are up."""

import math

from estimator.formula.arguments import check_share, check_whole, say
from estimator.formula.mathematics import log1p_less, stirling_error

_PARTS_LIMIT = 1e8  # parts; the tail of a binomial then takes at most about 45,000 terms


def k_of_n(k: float, n: float, p: float) -> float:
    """Probability that at least `k` of `n` independent parts are up.

    `sum(C(n, j) p^j (1-p)^(n-j), j = k..n)`: `k = n` is a series, `k = 1` is redundancy. The
    smaller tail is added up from its largest term, so that a tiny result keeps its digits: the
    relative error is below 1e-11. Above 1e8 parts it is the normal distribution's tail, whose
    absolute error is below 1e-4.

    Args:
        k: How many parts must be up, a whole number from 0 to `n`.
        n: How many parts there are, a whole number.
        p: The probability that a part is up, from 0 to 1.

    Returns:
        A probability from 0 to 1.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        The terms: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).
    """
    needed, parts = (
        check_whole("the number of parts needed", k),
        check_whole("the number of parts", n),
    )
    check_share("the probability that a part is up", p)
    if needed > parts:
        raise ValueError(f"{say(needed)} parts cannot be up where there are {say(parts)}")
    if needed == 0.0 or p == 1.0:
        return 1.0
    if p == 0.0:
        return 0.0
    if parts > _PARTS_LIMIT:
        deviations = (needed - 0.5 - parts * p) / math.sqrt(parts * p * (1.0 - p))
        return 0.5 * math.erfc(deviations / math.sqrt(2.0))
    if needed > parts * p:
        return _binomial_tail(needed, parts, p)
    return 1.0 - _binomial_tail(parts - needed + 1.0, parts, 1.0 - p, complement=p)


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
    for j in range(int(k), int(n)):
        term *= (n - j) / (j + 1.0) * odds
        total += term
        if term <= total * 1e-17:
            break
    return min(total, 1.0)


def _binomial_term(k: float, n: float, p: float, q: float) -> float:
    """`C(n, k) p^k q^(n-k)` for `k` from 1 to `n`, by Loader's saddle-point form."""
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
    """`x log(x / mean) + mean - x` without cancellation, for `x` and `mean` above 0."""
    if mean < 0.5 * x:
        return x * (math.log(x) - math.log(mean)) + mean - x
    return -x * log1p_less((mean - x) / x)
