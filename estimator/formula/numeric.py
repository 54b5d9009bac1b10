"""The functions a formula can call, over plain floats.

Every function here takes and returns floats (comparisons return `bool`), keeps no state, and is
bounded in time: the slowest takes a few milliseconds for any finite argument. An argument that
makes no sense or is not finite, and a result too large for a float, raise `ValueError` with a
message that reads well after "cannot compute: ".

Two numbers within one part in 1e9 of each other count as the same number throughout, so that float
noise never buys a server: `ceil_(0.1 * 3 / 0.1)` is 3.
"""

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

TOLERANCE = 1e-9
"""Two numbers closer than this share of the larger one are the same number."""

_ZERO = 1e-15  # rounding takes anything this small for zero: 0.1 + 0.2 - 0.3 is 5.6e-17
_RECURSION_LIMIT = 1000.0  # servers; above it Erlang's formula is integrated, not recursed
_STAFFING_LIMIT = 1e15  # erlangs; above it a float no longer tells one server from the next
_PARTS_LIMIT = 1e8  # parts; the tail of a binomial then takes at most about 45,000 terms
_HEAD = 64  # terms of a harmonic number that are added one by one
_EXPONENT_LIMIT = 1000.0  # a Zipf exponent above it changes nothing: 2 ** -1000 is 1e-301
_DIGITS_LIMIT = 15.0  # decimal digits that every float carries


# --- Comparing and rounding -----------------------------------------------------------------------


def close(a: float, b: float) -> bool:
    """Tell whether two numbers of the same unit are equal but for float noise.

    The tolerance is one part in 1e9 of the larger one, so only zero is close to zero. NaN is close
    to nothing.
    """
    return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=0.0)


def less(a: float, b: float) -> bool:
    """Tell whether `a` is below `b` by more than float noise (see `close`)."""
    return a < b and not close(a, b)


def less_equal(a: float, b: float) -> bool:
    """Tell whether `a` is below `b`, or equal to it but for float noise (see `close`)."""
    return a < b or close(a, b)


def greater(a: float, b: float) -> bool:
    """Tell whether `a` is above `b` by more than float noise (see `close`)."""
    return less(b, a)


def greater_equal(a: float, b: float) -> bool:
    """Tell whether `a` is above `b`, or equal to it but for float noise (see `close`)."""
    return less_equal(b, a)


def ceil_(x: float) -> float:
    """Round up to a whole number; within one part in 1e9 of one, it is that one.

    The tolerance is relative, so a real need of 1e-12 of a disk still buys a disk. Only below
    1e-15, where numbers are what a subtraction leaves over, is the result 0.

    Raises:
        ValueError: `x` is not finite.
    """
    whole = _nearby_whole(_finite("the number to round", x))
    return float(math.ceil(x)) if whole is None else whole


def floor_(x: float) -> float:
    """Round down to a whole number; within one part in 1e9 of one, it is that one (see `ceil_`).

    Raises:
        ValueError: `x` is not finite.
    """
    whole = _nearby_whole(_finite("the number to round", x))
    return float(math.floor(x)) if whole is None else whole


def round_(x: float) -> float:
    """Round to the nearest whole number, halves away from zero: 2.5 is 3 and -2.5 is -3.

    A half is recognised with the same tolerance as a whole number: 2.4999999999 is 3.

    Raises:
        ValueError: `x` is not finite.
    """
    whole = _nearby_whole(_finite("the number to round", x))
    if whole is not None:
        return whole
    return math.copysign(floor_(abs(x) + 0.5), x) + 0.0  # + 0.0 turns -0.0 into 0.0


def significant(x: float, digits: float) -> float:
    """Round to a number of significant decimal digits, halves away from zero: 1.005 to 3 is 1.01.

    What is rounded is the number as people read it, to 15 digits, so that the float noise below
    a half does not turn 1.005 into 1.00.

    Args:
        x: Any number; 0 stays 0.
        digits: How many digits to keep, a whole number from 1 to 15.

    Raises:
        ValueError: `digits` is not whole or not from 1 to 15, or the result is too large.
    """
    _finite("the number to round", x)
    kept = _whole("the number of digits", digits)
    if not 1.0 <= kept <= _DIGITS_LIMIT:
        raise ValueError(f"the number of digits {_say(kept)} must be from 1 to 15")
    mantissa, exponent = f"{abs(x):.14e}".split("e")
    step = 10 ** (15 - int(kept))
    steps = (int(mantissa.replace(".", "")) + step // 2) // step
    rounded = float(f"{steps * step}e{int(exponent) - 14}")
    return _result("the rounded number", math.copysign(rounded, x) + 0.0)


# --- Bounds, sizes and prices ---------------------------------------------------------------------


def clamp(x: float, low: float, high: float) -> float:
    """Keep `x` from `low` to `high`, all of one unit.

    Raises:
        ValueError: `low` is above `high`.
    """
    _finite("the number to clamp", x)
    _finite("the lower bound", low)
    _finite("the upper bound", high)
    if low > high:
        raise ValueError(f"the lower bound {_say(low)} is above the upper bound {_say(high)}")
    return min(max(x, low), high)


def step_up(x: float, *sizes: float) -> float:
    """Find the smallest of the sizes on sale that is enough for `x`, all of one unit.

    Args:
        x: What is needed. A size smaller by float noise only is still enough.
        *sizes: The sizes, in any order.

    Raises:
        ValueError: there is no size, or `x` is above the largest.
    """
    _finite("the size needed", x)
    enough = [size for size in sizes if less_equal(x, _finite("a size", size))]
    if enough:
        return min(enough)
    if not sizes:
        raise ValueError(f"there is no size to choose from for {_say(x)}")
    raise ValueError(f"{_say(x)} is above the largest size {_say(max(sizes))}")


def tiers(x: float, *terms: float) -> float:
    """Price an amount whose price changes at limits: `tiers(x, price, limit, price, ..., price)`.

    Only the part of `x` between two limits has the price that stands between them, as in the price
    lists of cloud providers: `tiers(57_000, 0.09, 10_240, 0.085, 51_200, 0.07)`.

    Args:
        x: The amount, from 0 up.
        *terms: Prices (per unit of `x`) and limits (in the unit of `x`) by turns, a price first.
            Where the last term is a limit, there is no price above it.

    Returns:
        The cost, in price times amount.

    Raises:
        ValueError: `x` is negative or above a last limit, there is no price, or the limits do not
            increase from 0.
    """
    _not_negative("the amount", x)
    prices, limits = _prices_and_limits(terms)
    if len(limits) == len(prices) and less(limits[-1], x):
        raise ValueError(f"the amount {_say(x)} is above the last limit {_say(limits[-1])}")
    spans = pairwise((0.0, *limits, math.inf))
    parts = (
        price * (min(x, to) - since)
        for price, (since, to) in zip(prices, spans, strict=False)
        if x > since
    )
    return _result("the price", sum(parts, start=0.0))


def _prices_and_limits(terms: tuple[float, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    if not terms:
        raise ValueError("tiers need at least one price")
    prices, limits = terms[0::2], terms[1::2]
    for price in prices:
        _finite("a price", price)
    for before, limit in pairwise((0.0, *limits)):
        if _finite("a limit", limit) <= before:
            raise ValueError(
                f"the limits of tiers must increase, but {_say(limit)} follows {_say(before)}"
            )
    return prices, limits


# --- Queues ---------------------------------------------------------------------------------------


def erlang_b(servers: float, load: float) -> float:
    """Erlang's loss formula: the share of requests turned away when none may wait (M/G/c/c).

    `B = (a^c / c!) / sum(a^k / k!, k = 0..c)`; without servers, 1. Up to 1,000 servers by the
    recursion on `1/B`, exact but for rounding (below 1e-13, relative); above by quadrature of
    Fortet's integral for `1/B`, relative error below 1e-11.

    Args:
        servers: Number of servers (lines, threads, connections), whole.
        load: Offered load in erlangs: arrival rate times service time.

    Returns:
        Blocking probability, from 0 to 1; 0 where it is below about 1e-304.

    Raises:
        ValueError: `servers` is negative or not whole, or `load` is negative.

    Source:
        D. L. Jagerman, "Some properties of the Erlang loss function", Bell System Technical
        Journal 53 (1974), 525-551: the recursion and the integral.
    """
    return 1.0 / _inverse_b(_servers(servers), _load(load))


def erlang_c(servers: float, load: float) -> float:
    """Erlang's delay formula: the share of requests that must wait for a free server (M/M/c).

    `1/C = r + (1 - r) / B` with the utilisation `r = load / servers`; accurate as `erlang_b`.

    Args:
        servers: Number of servers, whole.
        load: Offered load in erlangs: arrival rate times service time; below `servers`.

    Returns:
        Probability of waiting, from 0 to 1.

    Raises:
        ValueError: `servers` is not whole, `load` is negative, or it reaches `servers`.

    Source:
        R. B. Cooper, Introduction to Queueing Theory, 2nd ed. (1981), chapter 3.
    """
    return _waiting(*_stable(servers, load))


def erlang_b_servers(load: float, blocking: float) -> float:
    """Find the least number of servers that turns away at most a share of the requests.

    The share is met with the tolerance of `less_equal`, so that a target met exactly buys nothing.

    Args:
        load: Offered load in erlangs, at most 1e15.
        blocking: The largest `erlang_b` allowed, above 0 and below 1.

    Returns:
        A whole number of servers, 1 where there is no load.

    Raises:
        ValueError: `load` or `blocking` is out of its range.
    """
    _staffed_load(load)
    _inner_share("the blocking probability", blocking)
    return _least(
        lambda servers: less_equal(1.0 / _inverse_b(servers, load), blocking),
        first=math.floor(load * (1.0 - blocking)),  # c servers carry c erlangs at most
        step=math.ceil(math.sqrt(load)),
    )


def erlang_c_servers(load: float, waiting: float) -> float:
    """Find the least number of servers that makes at most a share of the requests wait.

    The share is met with the tolerance of `less_equal`, so that a target met exactly buys nothing.

    Args:
        load: Offered load in erlangs, at most 1e15.
        waiting: The largest `erlang_c` allowed, above 0 and below 1.

    Returns:
        A whole number of servers above `load`, 1 where there is no load.

    Raises:
        ValueError: `load` or `waiting` is out of its range.
    """
    _staffed_load(load)
    _inner_share("the waiting probability", waiting)
    return _least(
        lambda servers: less(load, servers) and less_equal(_waiting(servers, load), waiting),
        first=math.floor(load),
        step=math.ceil(math.sqrt(load)),
    )


def erlang_c_wait(servers: float, load: float, service_time: float) -> float:
    """Mean time that a request waits for a free server, those that need not wait included (M/M/c).

    `W = C * service_time / (servers - load)`, Erlang's delay formula.

    Args:
        servers: Number of servers, whole.
        load: Offered load in erlangs, below `servers`.
        service_time: Mean time a server takes for a request, any unit of time.

    Returns:
        The mean wait, in the unit of `service_time`.

    Raises:
        ValueError: as `erlang_c`, or `service_time` is not above 0.

    Source:
        Cooper (1981), chapter 3.
    """
    whole, offered = _stable(servers, load)
    _positive("the service time", service_time)
    wait = _waiting(whole, offered) * (service_time / (whole - offered))
    return _result("the mean wait", wait)


def erlang_c_within(servers: float, load: float, service_time: float, target: float) -> float:
    """Share of requests whose wait is at most `target`: a call centre's service level (M/M/c).

    `1 - C * exp(-(servers - load) * target / service_time)`, first come, first served.

    Args:
        servers: Number of servers, whole.
        load: Offered load in erlangs, below `servers`.
        service_time: Mean time a server takes for a request, any unit of time.
        target: The longest wait that counts, in the same unit.

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: as `erlang_c`, or `service_time` is not above 0, or `target` is negative.

    Source:
        Cooper (1981), chapter 3.
    """
    whole, offered = _stable(servers, load)
    _positive("the service time", service_time)
    _not_negative("the target time", target)
    beyond = math.exp(-(whole - offered) * (target / service_time))
    return 1.0 - _waiting(whole, offered) * beyond


def sqrt_servers(load: float, beta: float) -> float:
    """Staff by the square-root rule: `ceil(load + beta * sqrt(load))`.

    For large loads the share of requests that wait depends on `beta` alone:
    `1 / (1 + beta * Phi(beta) / phi(beta))`, about 22% for 1, 5% for 1.76 and 1% for 2.375.

    Args:
        load: Offered load in erlangs.
        beta: Spare servers in units of the square root of the load, from 0 up.

    Returns:
        A whole number of servers.

    Raises:
        ValueError: `load` or `beta` is negative.

    Source:
        S. Halfin, W. Whitt, "Heavy-traffic limits for queues with many exponential servers",
        Operations Research 29 (1981), 567-588.
    """
    spare = _not_negative("beta", beta) * math.sqrt(_load(load))
    return ceil_(_result("the number of servers", load + spare))


def _inverse_b(servers: float, load: float) -> float:
    """`1 / erlang_b`, from 1 to infinity."""
    if load == 0.0:
        return math.inf if servers > 0.0 else 1.0
    if servers > _RECURSION_LIMIT:
        return _inverse_b_integral(servers, load)
    inverse = 1.0
    for server in range(1, int(servers) + 1):
        inverse = 1.0 + inverse * (server / load)
    return inverse


def _inverse_b_integral(servers: float, load: float) -> float:
    """`1/B = a * integral of exp(-a t) (1 + t)^c over t > 0` (Fortet), for many servers.

    The integrand has one peak: at `c/a - 1`, or at 0 where the load exceeds the servers. With `t`
    measured from the peak in units of `1 + peak`, the integrand is the peak's height times
    `exp(c * (log(1 + t) - t) - slope * t)`, which is negligible beyond nine standard deviations
    (each `1 / sqrt(c)`) or beyond an exponent of -40.
    """
    lack = (load - servers) / servers
    if lack < -0.9:
        return math.inf  # 1/B is above exp(1000 * 1.4)
    reach = 9.0 / math.sqrt(servers)
    slope = max(load - servers, 0.0)
    low = max(min(lack, 0.0), -reach)
    high = min(reach, 40.0 / slope) if slope > 0.0 else reach
    area = _integral(lambda t: math.exp(servers * _log1p_less(t) - slope * t), low, high)
    height = 0.0 if lack >= 0.0 else -servers * _log1p_less(lack)
    return math.inf if height > 700.0 else max(1.0, max(servers, load) * area * math.exp(height))


def _waiting(servers: float, load: float) -> float:
    """`erlang_c` of checked arguments."""
    free = (servers - load) / servers
    return 1.0 / max(1.0, 1.0 - free + free * _inverse_b(servers, load))


def _least(fits: Callable[[float], bool], first: float, step: float) -> float:
    """Find the least whole number that fits, where all numbers above one that fits fit too.

    Args:
        fits: The question; it is asked about a hundred times at most.
        first: A whole number below which nothing fits.
        step: How far to look first; doubled until something fits.
    """
    if fits(first):
        return float(first)
    low, width = first, max(step, 1.0)
    while not fits(low + width):
        low, width = low + width, 2.0 * width
    high = low + width
    while high - low > 1.0:
        middle = low + (high - low) // 2.0
        low, high = (low, middle) if fits(middle) else (middle, high)
    return float(high)


# --- Scaling --------------------------------------------------------------------------------------


def usl(n: float, sigma: float, kappa: float) -> float:
    """Universal scalability law: what `n` workers are worth, in workers that stand alone.

    `C(n) = n / (1 + sigma * (n - 1) + kappa * n * (n - 1))`; times the throughput of one worker it
    is the throughput of `n`.

    Args:
        n: Number of workers (nodes, cores, concurrent clients), from 0 up.
        sigma: Contention, the serial share of the work, from 0 to 1.
        kappa: Coherency, the cost of keeping each pair of workers consistent, from 0 up.

    Returns:
        Relative capacity, 1 for one worker.

    Raises:
        ValueError: an argument is out of its range, or so few workers cannot bear such a `kappa`
            (only below one worker).

    Source:
        N. J. Gunther, Guerrilla Capacity Planning (2007).
    """
    _not_negative("the number of workers", n)
    _share("sigma", sigma)
    _not_negative("kappa", kappa)
    if n == 0.0:
        return 0.0
    cost = 1.0 + (n - 1.0) * (sigma + kappa * n)
    if cost <= 0.0:
        raise ValueError(f"kappa {_say(kappa)} is too large for {_say(n)} workers, less than one")
    return n / cost


def usl_peak(sigma: float, kappa: float) -> float:
    """Number of workers beyond which the universal scalability law makes more of them slower.

    `sqrt((1 - sigma) / kappa)`, not rounded; the best whole number is next to it.

    Args:
        sigma: Contention, from 0 to 1.
        kappa: Coherency, above 0; without it there is no peak.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        Gunther (2007).
    """
    _share("sigma", sigma)
    _positive("kappa", kappa)
    return _result("the peak", math.sqrt((1.0 - sigma) / kappa))


# --- Availability ---------------------------------------------------------------------------------


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
    needed, parts = _whole("the number of parts needed", k), _whole("the number of parts", n)
    _share("the probability that a part is up", p)
    if needed > parts:
        raise ValueError(f"{_say(needed)} parts cannot be up where there are {_say(parts)}")
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
        _stirling_error(n)
        - _stirling_error(k)
        - _stirling_error(rest)
        - _deviance(k, n * p)
        - _deviance(rest, n * q)
    )
    return math.exp(exponent) * math.sqrt(n / (math.tau * k * rest))


def _deviance(x: float, mean: float) -> float:
    """`x log(x / mean) + mean - x` without cancellation, for `x` and `mean` above 0."""
    if mean < 0.5 * x:
        return x * (math.log(x) - math.log(mean)) + mean - x
    return -x * _log1p_less((mean - x) / x)


def _stirling_error(n: float) -> float:
    """`log(n!)` less Stirling's formula for it, `(n + 1/2) log n - n + log(2 pi) / 2`; n >= 1."""
    if n < 16.0:
        return math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - 0.5 * math.log(math.tau)
    square = n * n
    return (
        1.0 / 12.0 - (1.0 / 360.0 - (1.0 / 1260.0 - 1.0 / 1680.0 / square) / square) / square
    ) / n


# --- Caches and filters ---------------------------------------------------------------------------


def zipf_hit_ratio(cached: float, items: float, exponent: float) -> float:
    """Share of requests that go to the most popular items, when popularity follows Zipf's law.

    The i-th of `items` is asked for in proportion to `i ** -exponent`; the share of the first
    `cached` is `H(cached) / H(items)` with generalised harmonic numbers. Their first 64 terms are
    added, the rest is Euler-Maclaurin: relative error below 1e-12.

    Args:
        cached: How many items the cache holds, from 0 up; a part of an item is not held.
        items: How many items there are, above 0; a part of an item counts as one.
        exponent: Skew, from 0 (all alike) up; 0.6 to 1 is common on the web.

    Returns:
        The hit ratio of a cache that always holds the most popular items, from 0 to 1: an upper
        bound for real caches.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        L. Breslau et al., "Web caching and Zipf-like distributions: evidence and implications",
        IEEE INFOCOM (1999).
    """
    _not_negative("the number of cached items", cached)
    _positive("the number of items", items)
    skew = min(_not_negative("the exponent", exponent), _EXPONENT_LIMIT)
    held, kinds = floor_(cached), max(ceil_(items), 1.0)
    if cached >= items or held >= kinds:
        return 1.0
    return min(_harmonic(held, skew) / _harmonic(kinds, skew), 1.0)


def bloom_bits(error: float) -> float:
    """Bits per item that a Bloom filter needs: `-ln(error) / ln(2)^2`.

    Args:
        error: The share of false positives allowed, above 0 and below 1.

    Raises:
        ValueError: `error` is out of its range.

    Source:
        A. Broder, M. Mitzenmacher, "Network applications of Bloom filters: a survey", Internet
        Mathematics 1 (2004), 485-509.
    """
    return -math.log(_inner_share("the error rate", error)) / math.log(2.0) ** 2


def bloom_hashes(error: float) -> float:
    """Hash functions that a Bloom filter needs, a whole number: `ceil(-log2(error))`.

    Args:
        error: The share of false positives allowed, above 0 and below 1.

    Raises:
        ValueError: `error` is out of its range.

    Source:
        Broder, Mitzenmacher (2004).
    """
    return max(1.0, ceil_(-math.log2(_inner_share("the error rate", error))))


def _harmonic(n: float, exponent: float) -> float:
    """`sum(i ** -exponent, i = 1..n)` for a whole `n`."""
    head = sum((float(i) ** -exponent for i in range(1, int(min(n, _HEAD)) + 1)), start=0.0)
    if n <= _HEAD:
        return head
    edges = _euler_maclaurin(n, exponent) - _euler_maclaurin(_HEAD, exponent)
    return head + _power_integral(_HEAD, n, exponent) + edges


def _power_integral(low: float, high: float, exponent: float) -> float:
    """Integral of `x ** -exponent`, also at and near an exponent of 1."""
    length, rise = math.log(high / low), 1.0 - exponent
    return math.pow(low, rise) * (length if rise == 0.0 else math.expm1(rise * length) / rise)


def _euler_maclaurin(x: float, s: float) -> float:
    """What one edge of an integral of `x ** -s` adds to make it a sum, to the third derivative."""
    first = s / x
    third = first * (s + 1.0) / x * (s + 2.0) / x
    return math.pow(x, -s) * (0.5 - first / 12.0 + third / 720.0)


# --- Shared mathematics ---------------------------------------------------------------------------


def _log1p_less(x: float) -> float:
    """`log(1 + x) - x` without cancellation near 0, for `x > -1`."""
    if not -0.1 < x < 0.1:
        return math.log1p(x) - x
    r = x / (2.0 + x)  # log(1 + x) = 2 atanh(r)
    y = r * r
    series = 1 / 3 + y * (1 / 5 + y * (1 / 7 + y * (1 / 9 + y / 11)))
    return r * (2.0 * y * series - x)


def _integral(f: Callable[[float], float], low: float, high: float) -> float:
    """Integrate a smooth function with one peak at least a twentieth of the interval wide."""
    half, middle = 0.5 * (high - low), 0.5 * (high + low)
    return half * sum(weight * f(middle + half * node) for node, weight in _tanh_sinh())


@cache
def _tanh_sinh() -> tuple[tuple[float, float], ...]:
    """Nodes and weights of double exponential quadrature over -1 to 1 (Takahasi, Mori 1974)."""
    step, half_pi = 0.05, 0.5 * math.pi
    places = [step * k for k in range(-63, 64)]
    return tuple(
        (
            math.tanh(half_pi * math.sinh(place)),
            step * half_pi * math.cosh(place) / math.cosh(half_pi * math.sinh(place)) ** 2,
        )
        for place in places
    )


def _nearby_whole(x: float) -> float | None:
    """Find the whole number that `x` is but for float noise."""
    whole = float(round(x))
    return whole if abs(x - whole) <= max(TOLERANCE * abs(whole), _ZERO) else None


# --- Arguments ------------------------------------------------------------------------------------


def _say(x: float) -> str:
    return f"{x:,.10g}"


def _finite(what: str, x: float) -> float:
    if not math.isfinite(x):
        raise ValueError(f"{what} must be a finite number, not {x}")
    return x


def _result(what: str, x: float) -> float:
    if not math.isfinite(x):
        raise ValueError(f"{what} is too large a number")
    return x


def _not_negative(what: str, x: float) -> float:
    if _finite(what, x) < 0.0:
        raise ValueError(f"{what} {_say(x)} must not be negative")
    return x


def _positive(what: str, x: float) -> float:
    if _finite(what, x) <= 0.0:
        raise ValueError(f"{what} {_say(x)} must be above 0")
    return x


def _share(what: str, x: float) -> float:
    if not 0.0 <= _finite(what, x) <= 1.0:
        raise ValueError(f"{what} {_say(x)} must be from 0 to 1")
    return x


def _inner_share(what: str, x: float) -> float:
    if not 0.0 < _finite(what, x) < 1.0:
        raise ValueError(f"{what} {_say(x)} must be above 0 and below 1")
    return x


def _whole(what: str, x: float) -> float:
    whole = _nearby_whole(_not_negative(what, x))
    if whole is None:
        raise ValueError(f"{what} {_say(x)} must be a whole number")
    return whole


def _servers(servers: float) -> float:
    return _whole("the number of servers", servers)


def _load(load: float) -> float:
    return _not_negative("the offered load", load)


def _staffed_load(load: float) -> float:
    if _load(load) > _STAFFING_LIMIT:
        raise ValueError(f"the offered load {_say(load)} must be at most 1e15")
    return load


def _stable(servers: float, load: float) -> tuple[float, float]:
    """Check the arguments of a queue that must not grow for ever."""
    whole, offered = _servers(servers), _load(load)
    if not less(offered, whole):
        raise ValueError(
            f"the offered load {_say(load)} must be below the number of servers {_say(whole)}, "
            "or the queue grows for ever"
        )
    return whole, offered
