"""Redundancy: how often enough parts are up."""

import math
from itertools import accumulate
from typing import NamedTuple

from estimator.formula.arguments import check_share, check_whole, say
from estimator.formula.mathematics import fewest, log1p_less, stirling_error
from estimator.formula.numeric import less, less_equal
from estimator.units.write import share as per_cent

_PARTS_LIMIT = 1e8  # parts; above it the normal distribution is close enough
_NODES_LIMIT = 1e7  # nodes; searches up to so many take milliseconds
_ZONES_LIMIT = 100.0
_NOISE = 1.2e-16  # how far a float near 1 may be from what was meant
_NEGLIGIBLE = 1e-18  # the share of a sum that cannot be seen in it
_CLOSE = 32  # nodes in a zone: of so few, all numbers that may be left are worked out together
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
    return _up_and_down(needed, parts, p)[0]


def k_of_n_zones(k: float, n: float, zones: float, p: float, zone_p: float) -> float:
    """Probability that at least `k` of `n` nodes are up, which are spread over zones.

    The nodes are spread as evenly as possible. A zone is up with the probability `zone_p`,
    independently of the others; in a zone that is up, its nodes are up with the probability `p`
    each, independently. `k_of_n` of the nodes in zones that are up is added over all numbers of
    zones that may be up; accurate as `k_of_n`, near 0 and near 1.

    Args:
        k: How many nodes must be up, a whole number from 0 to `n`.
        n: How many nodes there are, a whole number.
        zones: How many zones there are, a whole number from 1 to 100; fewer nodes leave some empty.
        p: The probability that a node is up where its zone is, from 0 to 1.
        zone_p: The probability that a zone is up, from 0 to 1.

    Returns:
        A probability from 0 to 1.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        The law of total probability; the terms as `k_of_n`.
    """
    needed, nodes = _nodes("the number of nodes needed", k), _nodes("the number of nodes", n)
    spread = _zones(zones, p, zone_p)
    if needed > nodes:
        raise ValueError(f"{say(needed)} nodes cannot be up where there are {say(nodes)}")
    up, down = _zones_up_and_down(needed, nodes, spread, p, zone_p)
    return up if up < 0.5 else 1.0 - down


def nodes_for(k: float, zones: float, p: float, zone_p: float, target: float) -> float:
    """Least number of nodes, spread over zones, of which `k` are up often enough.

    Often enough is judged by the time down, with the tolerance of `less_equal` and that of a float
    near 1, so that every nine of the target counts. A further node goes to a zone that has fewest,
    and none of the others moves, so that it never makes things worse.

    Args:
        k: How many nodes must be up, a whole number up to 1e7.
        zones: How many zones there are, a whole number from 1 to 100.
        p: The probability that a node is up where its zone is, from 0 to 1.
        zone_p: The probability that a zone is up, from 0 to 1.
        target: The least `k_of_n_zones` that is enough, from 0 to 1.

    Returns:
        A whole number of nodes.

    Raises:
        ValueError: an argument is out of its range, no number of nodes is enough, or more than
            1e7 nodes would be.

    Source:
        As `k_of_n_zones`.
    """
    needed = _nodes("the number of nodes needed", k)
    spread = _zones(zones, p, zone_p)
    left = 1.0 - _target("nodes", target)
    if needed == 0.0 or target == 0.0:
        return needed
    dark = (1.0 - zone_p) ** spread
    if p == 0.0:
        raise ValueError(f"no number of nodes is up {_percent(target)} where none ever is")
    if less(left + _NOISE, dark) or (p < 1.0 and less_equal(left, dark)):
        raise ValueError(f"no number of nodes {_unreachable(target, spread, dark)}")
    return _enough(
        "nodes",
        fewest(
            lambda n: (
                _zones_up_and_down(needed, n, spread, p, zone_p)[1] if n <= _NODES_LIMIT else 0.0
            ),
            left + _NOISE,
            first=needed,
            guess=_likely_nodes(needed, spread, p, zone_p, left),
            step=math.sqrt(needed * (1.0 - p)) / p,
        ),
    )


def copies_for(p: float, target: float) -> float:
    """Least odd number of copies of which a majority is up often enough.

    Args:
        p: The probability that a copy is up, above 0.5: of worse copies, more are worse.
        target: The least chance of a majority that is enough, judged as by `nodes_for`.

    Returns:
        An odd whole number, at most 1e7.

    Raises:
        ValueError: an argument is out of its range, no number of copies is enough, or more than
            1e7 copies would be.

    Source:
        The terms as `k_of_n`; that a majority of many is right: Condorcet (1785).
    """
    check_share("the probability that a copy is up", p)
    left = 1.0 - _target("copies", target)
    if p <= 0.5:
        raise ValueError(
            f"a majority of copies that are up {_percent(p)} is up no more often, "
            "however many there are: they must be up more than 50%"
        )
    if p < 1.0 and left == 0.0:
        raise ValueError("no number of copies has a majority up 100% of the time")
    # each further pair has at most 4pq = 1 - (2p - 1)^2 of the chance that too few are up
    likely = math.log(left + _NOISE) / math.log1p(-((2.0 * p - 1.0) ** 2)) if p < 1.0 else 0.0
    pairs = fewest(
        lambda m: _up_and_down(m + 1.0, 2.0 * m + 1.0, p)[1] if 2.0 * m < _NODES_LIMIT else 0.0,
        left + _NOISE,
        first=0.0,
        step=0.1 * likely,
        guess=likely,
    )
    return _enough("copies", 2.0 * pairs + 1.0)


def copies_for_zones(zones: float, p: float, zone_p: float, target: float) -> float:
    """Find the least odd number of copies of which a majority is up, spread over zones.

    As `copies_for`, with the copies spread over zones as evenly as may be, and each zone down with
    all of its copies by a chance of its own.

    Args:
        zones: Number of zones, a whole number from 1 to 100.
        p: Chance that a copy is up where its zone is, from 0 to 1.
        zone_p: Chance that a zone is up, from 0 to 1.
        target: The least chance of a majority that is enough.

    Returns:
        An odd number of copies.

    Raises:
        ValueError: an argument is out of its range, or 99 copies are not enough.

    Source:
        As `k_of_n_zones`.
    """
    check_share("the chance that a copy is up", p)
    left = 1.0 - _target("copies", target)
    for copies in range(1, 100, 2):
        up = k_of_n_zones(copies // 2 + 1.0, float(copies), zones, p, zone_p)
        if 1.0 - up <= left * (1.0 + 1e-9) + 1.2e-16:
            return float(copies)
    raise ValueError(f"99 copies are not up {_percent(target)}")


def parallel(*shares: float) -> float:
    """Probability that at least one of several independent parts is up: `1 - (1-a)(1-b)...`.

    Added up part by part, each with the share of what is still missing, so that neither a tiny
    result nor the nines of one near 1 lose digits.

    Args:
        *shares: The probability that each part is up, from 0 to 1.

    Returns:
        A probability from 0 to 1.

    Raises:
        ValueError: a probability is out of its range.
    """
    up = 0.0
    for share in shares:
        up += check_share("the probability that a part is up", share) * (1.0 - up)
    return min(up, 1.0)


def _up_and_down(needed: float, parts: float, p: float) -> tuple[float, float]:
    """The probabilities that at least `needed` are up, and that fewer are; both to their digits."""
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


def _zones_up_and_down(
    needed: float, nodes: float, zones: int, p: float, zone_p: float
) -> tuple[float, float]:
    """As `_up_and_down`, of nodes in zones: some zones have a node more than the others.

    Numbers of lost zones come in the order in which they matter: first that with which as many
    nodes as needed are up on average. Then most others are certain, and need no tail.
    """
    if needed == 0.0 or p == 0.0:
        return _up_and_down(needed, nodes, p)
    if needed > nodes:
        return 0.0, 1.0
    zones = min(zones, int(nodes))  # what happens to an empty zone does not matter
    each, over = divmod(nodes, float(zones))
    large = int(over)
    small = zones - large
    ways, ways_large, ways_small = (_ways(n) for n in (zones, large, small))
    center = (nodes - needed / p) / nodes * zones
    run = _run(needed, needed, nodes, p) if each <= _CLOSE else None
    up = down = 0.0
    for lost in sorted(range(zones + 1), key=lambda m: abs(m - center)):
        chance = (1.0 - zone_p) ** lost * zone_p ** (zones - lost)
        weight = chance * ways[lost]
        if weight <= _NEGLIGIBLE * min(up, down):
            continue
        from_large = range(max(0, lost - small), min(lost, large) + 1)
        most = nodes - lost * each - from_large[0]
        least = nodes - lost * each - from_large[-1]
        here = run
        if here is None:
            if most < needed or weight * _bound(needed, most, p) <= _NEGLIGIBLE * up:
                down += weight
                continue
            if weight * _bound(least - needed + 1.0, least, 1.0 - p) <= _NEGLIGIBLE * down:
                up += weight
                continue
            here = _run(needed, least, most, p)
        for i in from_large:
            share = chance * ways_large[i] * ways_small[lost - i]
            at = int(nodes - lost * each - i - here.least)
            up += share * here.up[at] if at >= 0 else 0.0
            down += share * here.down[at] if at >= 0 else share
    return min(up, 1.0), min(down, 1.0)


class _Run(NamedTuple):
    """What `_up_and_down` gives for each number of parts, from the least up."""

    least: float
    up: list[float]
    down: list[float]


def _likely_nodes(needed: float, zones: int, p: float, zone_p: float, left: float) -> float:
    """About how many nodes do: those that lose as many zones as are lost too often to ignore."""
    rest = (1.0 - zone_p) ** zones
    lost = zones
    while lost > 0 and rest <= left + _NOISE:
        lost -= 1
        rest += math.comb(zones, lost) * (1.0 - zone_p) ** lost * zone_p ** (zones - lost)
    return needed / p * zones / max(zones - lost, 1)


def _ways(n: int) -> list[float]:
    """In how many ways none, one, two ... of so many can be taken."""
    return [float(math.comb(n, i)) for i in range(n + 1)]


def _run(needed: float, least: float, most: float, p: float) -> _Run:
    """As `_up_and_down`, of each number of parts from `least` to `most`.

    A further part helps where one too few was up, and is up itself: a binomial term, that follows
    from the term before. Both are added up from their smaller end, so that they keep their digits.
    """
    if least == most:
        one_up, one_down = _up_and_down(needed, least, p)
        return _Run(least, [one_up], [one_down])
    first = max(least, needed - 1.0)
    helped = [0.0] * int(first - least)
    helped += [p * term for term in _terms(needed - 1.0, first, most, p)]
    up = list(accumulate(helped, initial=_up_and_down(needed, least, p)[0]))
    down = list(accumulate(reversed(helped), initial=_up_and_down(needed, most, p)[1]))
    return _Run(least, up, down[::-1])


def _terms(k: float, least: float, most: float, p: float) -> list[float]:
    """The chances that `k` parts are up, of each number of parts from `least` to below `most`.

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


def _bound(k: float, n: float, p: float) -> float:
    """What `k_of_n` is at most, by Chernoff, and 1 where it is not small."""
    if p == 0.0 or k > n:
        return 0.0
    if k <= n * p:
        return 1.0
    below = _deviance(n - k, n * (1.0 - p)) if k < n else n * (1.0 - p)
    return math.exp(-_deviance(k, n * p) - below)


def _nodes(what: str, count: float) -> float:
    whole = check_whole(what, count)
    if whole > _NODES_LIMIT:
        raise ValueError(f"{what} {say(whole)} must be at most {say(_NODES_LIMIT)}")
    return whole


def _zones(zones: float, p: float, zone_p: float) -> int:
    """Check what `k_of_n_zones` and `nodes_for` know of zones, and give their number."""
    whole = check_whole("the number of zones", zones)
    if not 1.0 <= whole <= _ZONES_LIMIT:
        raise ValueError(f"the number of zones {say(whole)} must be from 1 to 100")
    check_share("the probability that a node is up", p)
    check_share("the probability that a zone is up", zone_p)
    return int(whole)


def _target(what: str, target: float) -> float:
    """Check a target; one above 100% is that of a part whose own limits are below it."""
    if 1.0 < target < math.inf:
        raise ValueError(
            f"the target {say(target)} must be from 0 to 1: "
            f"no number of {what} is up more than all of the time"
        )
    return check_share("the target", target)


def _enough(what: str, found: float) -> float:
    if found > _NODES_LIMIT:
        raise ValueError(f"it would take more than {say(_NODES_LIMIT)} {what}")
    return found


def _unreachable(target: float, zones: int, dark: float) -> str:
    if dark == 0.0:
        return f"is up {_percent(target)} where each may fail"
    where = {1: "the only zone is", 2: "both zones are"}.get(zones, f"all {zones} zones are")
    return (
        f"is up {_percent(target)}: {where} down {per_cent(dark)} of the time, "
        f"so it stays below {_percent(1.0 - dark)}"
    )


def _percent(share: float) -> str:
    return per_cent(share, nines=True, significant=6)


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
    """The integral of `(1 - u/p)^(k-1) (1 + u/q)^(n-k)` for `u` from 0 to `p`.

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
