"""The gamma distribution: its quantiles, and the incomplete gamma function behind them."""

import math

from estimator.formula.arguments import check_inner_share, check_not_negative, check_result
from estimator.formula.mathematics import log1p_less, stirling_error

EXPANDED_SHAPE = 12.0  # from this shape on, Temme's expansion holds near the mean
EXPANDED_LOSS = 0.5  # how far from the mean: his variable goes from -1 to 1
_STEP_LIMIT = 5.0  # a step of the search changes the quantile by a factor of e^5 at most
_STEPS = 400  # about four are taken; so many would span all floats

TEMME = (
    1.0,
    -0.3333333333333333,
    0.08333333333333333,
    -0.014814814814814815,
    0.0011574074074074073,
    0.0003527336860670194,
    -0.0001787551440329218,
    3.919263178522438e-05,
    -2.185448510679992e-06,
    -1.85406221071516e-06,
    8.296711340953087e-07,
    -1.7665952736826078e-07,
    6.707853543401498e-09,
    1.0261809784240309e-08,
    -4.382036018453353e-09,
    9.14769958223679e-10,
    -2.5514193994946248e-11,
    -5.830772132550426e-11,
    2.4361948020667415e-11,
    -5.0276692801141755e-12,
    1.1004392031956135e-13,
    3.371763262400985e-13,
    -1.392388722418162e-13,
    2.8534893807047445e-14,
    -5.139111834242572e-16,
    -1.9752288294349442e-15,
    8.099521156704561e-16,
)
"""The coefficients of `eta / (x - 1)` in powers of `eta`, where `eta^2 / 2 = x - 1 - log(x)`."""


def gamma_quantile(share: float, mean: float, sd: float) -> float:
    """Find the value below which a share of a gamma distribution lies: a percentile.

    The waits and the work of several steps, one after the other, are close to a gamma distribution
    that has their mean and their standard deviation. An `sd` as large as the mean is an exponential
    distribution; `mean / sqrt(k)` is Erlang's with k phases.

    The shape is `(mean / sd)^2`. For shapes from 1e-4 up the relative error is below 1e-10. The
    quantile is found on logarithms, where both tails are concave, so that Newton's method cannot
    miss it.

    Args:
        share: The share that lies below, above 0 and below 1.
        mean: The mean, in any unit, from 0 up; infinity is allowed.
        sd: The standard deviation, in the unit of `mean`, from 0 up; infinity is allowed.

    Returns:
        The quantile, in the unit of `mean`: `mean` where nothing varies, infinity where `mean` or
        `sd` is infinite, and 0 where it is too small for a float.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        N. M. Temme, "A set of algorithms for the incomplete gamma functions", Probability in the
        Engineering and Informational Sciences 8 (1994), 291-307; the first guess is that of E. B.
        Wilson and M. M. Hilferty (1931).
    """
    check_inner_share("the share", share)
    if mean != math.inf:
        check_not_negative("the mean", mean)
    if sd != math.inf:
        check_not_negative("the standard deviation", sd)
    if math.inf in (mean, sd):
        return math.inf
    if mean == 0.0 or sd == 0.0:
        return mean
    root = mean / sd
    shape = root * root
    if shape == 0.0:
        return 0.0
    if shape == math.inf:
        return mean
    place = _log_quantile(share, shape)
    if place > 700.0:
        return check_result("the quantile", mean * math.exp(0.5 * place) * math.exp(0.5 * place))
    return check_result("the quantile", mean * math.exp(place))


def inverse_loss(servers: float, load: float) -> float:
    """Return `1 / erlang_b`, from 1 to infinity, for any number of servers; `load` is above 0.

    The terms of Erlang's formula are those of a Poisson distribution, whose tail is that of a gamma
    distribution: `1/B = Q(c + 1, a) / (e^-a a^c / Gamma(c + 1))`, also where `c` is no whole
    number. Both are scaled by the same factor here, so that neither underflows.
    """
    shape = servers + 1.0
    excess = (load - shape) / shape
    loss = -log1p_less(excess) if excess > -0.9 else excess - math.log(load) + math.log(shape)
    if shape >= EXPANDED_SHAPE and loss <= EXPANDED_LOSS:
        eta = math.copysign(math.sqrt(2.0 * loss), excess)
        tail = math.sqrt(math.pi / (2.0 * shape)) * _scaled_erfc(eta * math.sqrt(0.5 * shape))
        tail += _correction(shape, eta) / shape
        return max(1.0, load * math.exp(stirling_error(shape)) * tail)
    if load >= shape + 1.5:
        return max(1.0, load * _fraction(shape, load))
    term = math.exp(-shape * loss - stirling_error(shape) - math.log(load))
    term *= math.sqrt(shape / math.tau)
    if term < 1e-300:
        return math.inf
    return max(1.0, 1.0 / term - load / shape * _series(shape, load))


def _log_quantile(share: float, shape: float) -> float:
    """Return the logarithm of the quantile over the mean."""
    lower = share < 0.5
    wanted = math.log(share if lower else 1.0 - share)
    enough = 1e-7 / max(1.0, math.sqrt(shape)) + 1e-14 / shape
    place = _first_guess(share, shape)
    for _ in range(_STEPS):
        below, above, slope = gamma_tails(shape, place)
        tail = below if lower else above
        if tail > 0.0 and slope > 0.0:
            step = (wanted - math.log(tail)) * (tail / slope)
            step = min(max(step if lower else -step, -_STEP_LIMIT), _STEP_LIMIT)
        else:
            step = _STEP_LIMIT if lower == (tail <= 0.0) else -_STEP_LIMIT
        place += step
        if abs(step) < enough:
            break
    return place


def _first_guess(share: float, shape: float) -> float:
    """Return about the logarithm of the quantile over the mean.

    A far tail of a small shape is guessed by the first term of its expansion, anything else by the
    normal distribution of the cube root. The normal quantile is that of Abramowitz and Stegun,
    26.2.23.
    """
    rest = min(share, 1.0 - share)
    t = math.sqrt(-2.0 * math.log(rest))
    z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (
        1.0 + t * (1.432788 + t * (0.189269 + t * 0.001308))
    )
    root = 1.0 - 1.0 / (9.0 * shape) + (z if share > 0.5 else -z) / (3.0 * math.sqrt(shape))
    if shape >= 1.0 and root > 0.1:
        return 3.0 * math.log(root)
    size = math.lgamma(shape + 1.0)
    high = math.log(shape) - size - math.log(rest)
    if share > 0.5 and high > 1.5:
        return math.log((high + (shape - 1.0) * math.log(high)) / shape)
    below = math.log(share) if share < 0.5 else math.log1p(-rest)
    return (below + size) / shape - math.log(shape)


def gamma_tails(shape: float, place: float) -> tuple[float, float, float]:
    """Return the shares of a gamma distribution below and above a value, and their slope there.

    Args:
        shape: The shape, above 0.
        place: The logarithm of the value over the mean.

    Returns:
        The share below, the share above, and the derivative of the first by `place`.
    """
    excess = math.expm1(place)
    loss = excess - place if abs(excess) > 0.1 else -log1p_less(excess)
    x = shape * math.exp(place)
    slope = _slope(shape, loss)
    if shape >= EXPANDED_SHAPE and loss <= EXPANDED_LOSS:
        eta = math.copysign(math.sqrt(2.0 * loss), excess)
        z = eta * math.sqrt(0.5 * shape)
        rest = math.exp(-z * z) / math.sqrt(math.tau * shape) * _correction(shape, eta)
        return 0.5 * math.erfc(-z) - rest, 0.5 * math.erfc(z) + rest, slope
    if x < shape + 1.5:
        below = slope / shape * _series(shape, x)
        return below, 1.0 - below, slope
    above = slope * _fraction(shape, x)
    return 1.0 - above, above, slope


def _slope(shape: float, loss: float) -> float:
    """Return `x^shape e^-x / Gamma(shape)`; `loss` is `r - 1 - log(r)` for `r = x / shape`."""
    return math.exp(-shape * loss - stirling_error(shape)) * math.sqrt(shape / math.tau)


def _correction(shape: float, eta: float) -> float:
    """Return what Temme adds to the normal tail, over `exp(-eta^2 shape / 2) / sqrt(tau shape)`."""
    after, before = TEMME[-1], TEMME[-2]
    total = after * eta + before
    for power in range(len(TEMME) - 3, 0, -1):
        after, before = before, TEMME[power] + (power + 1) * after / shape
        total = total * eta + before
    return total / (1.0 + after / shape)


def _scaled_erfc(z: float) -> float:
    """Return `exp(z^2) erfc(z)`."""
    if z < 25.0:
        return math.exp(z * z) * math.erfc(z) if z > -26.0 else math.inf
    y = 0.5 / (z * z)
    series = 1.0 - y * (1.0 - 3.0 * y * (1.0 - 5.0 * y * (1.0 - 7.0 * y * (1.0 - 9.0 * y))))
    return series / (z * math.sqrt(math.pi))


def _series(shape: float, x: float) -> float:
    """Return `sum(x^n / ((shape + 1) ... (shape + n)), n = 0, 1, ...)`."""
    total = term = 1.0
    while term > total * 1e-17:
        shape += 1.0
        term *= x / shape
        total += term
    return total


def _fraction(shape: float, x: float) -> float:
    """Return the continued fraction of `Gamma(shape, x) e^x x^-shape`, by Lentz's method."""
    b = x + 1.0 - shape
    c, d = 1e300, 1.0 / b
    product = d
    for n in range(1, 1000):  # about fifty are enough
        factor = n * (shape - n)
        b += 2.0
        d = 1.0 / (b + factor * d)
        c = b + factor / c
        product *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return product
