"""Redundancy: how often enough parts are up."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from estimator.formula.arguments import check_share, check_whole, say
from estimator.formula.binomial import Run, run_of, up_and_down, upper_bound
from estimator.formula.functions.function import PER_SAMPLE, Cost, Function, KnownValue
from estimator.formula.mathematics import fewest
from estimator.formula.numeric import less, less_equal
from estimator.formula.numeric_arrays import call_per_sample
from estimator.formula.tree import Node
from estimator.units.dimension import PLAIN
from estimator.units.write import share as per_cent

_NODES_LIMIT = 1e7  # nodes; searches up to so many take milliseconds
_ZONES_LIMIT = 100.0
_NOISE = 1.2e-16  # how far a float near 1 may be from what was meant
_NEGLIGIBLE = 1e-18  # the share of a sum that cannot be seen in it
_CLOSE = 32  # nodes in a zone: of so few, all numbers that may be left are worked out together


def k_of_n(k: float, n: float, p: float) -> float:
    """Return the probability that at least `k` of `n` independent parts are up.

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
    return up_and_down(needed, parts, p)[0]


def k_of_n_zones(k: float, n: float, zones: float, p: float, zone_p: float) -> float:
    """Return the probability that at least `k` of `n` nodes are up, which are spread over zones.

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
    needed, nodes = (
        check_whole("the number of nodes needed", k),
        check_whole("the number of nodes", n),
    )
    spread = _zones(zones, p, zone_p)
    if needed > nodes:
        raise ValueError(f"{say(needed)} nodes cannot be up where there are {say(nodes)}")
    if nodes > _NODES_LIMIT:  # of so many, only the share that is needed matters
        needed, nodes = math.ceil(needed / nodes * _NODES_LIMIT), int(_NODES_LIMIT)
    up, down = _zones_up_and_down(needed, nodes, spread, p, zone_p)
    return up if up < 0.5 else 1.0 - down


def nodes_for(k: float, zones: float, p: float, zone_p: float, target: float) -> float:
    """Find the least number of nodes, spread over zones, of which `k` are up often enough.

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
    """Find the least odd number of copies of which a majority is up often enough.

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
    _check_better_than_a_coin(p)
    if p < 1.0 and left == 0.0:
        raise ValueError("no number of copies has a majority up 100% of the time")
    # each further pair has at most 4pq = 1 - (2p - 1)^2 of the chance that too few are up
    likely = math.log(left + _NOISE) / math.log1p(-((2.0 * p - 1.0) ** 2)) if p < 1.0 else 0.0
    pairs = fewest(
        lambda m: up_and_down(m + 1.0, 2.0 * m + 1.0, p)[1] if 2.0 * m < _NODES_LIMIT else 0.0,
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
    if target > p:
        _check_better_than_a_coin(p)
    dark = (1.0 - zone_p) ** _zones(zones, p, zone_p)
    if less(left + _NOISE, dark):
        raise ValueError(f"no number of copies {_unreachable(target, int(zones), dark)}")
    for copies in range(1, 100, 2):
        up = k_of_n_zones(copies // 2 + 1.0, float(copies), zones, p, zone_p)
        if 1.0 - up <= left * (1.0 + 1e-9) + 1.2e-16:
            return float(copies)
    raise ValueError(f"99 copies do not reach {_percent(target)}")


def _check_better_than_a_coin(p: float) -> None:
    if p <= 0.5:
        raise ValueError(
            f"more copies do not help where each is up {_percent(p)}: "
            "for a majority, each must be up more than 50% of the time"
        )


def parallel(*shares: float) -> float:
    """Return the chance that at least one of several parts is up: `1 - (1-a)(1-b)...`.

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


def _zones_up_and_down(
    needed: float, nodes: float, zones: int, p: float, zone_p: float
) -> tuple[float, float]:
    """Return what `up_and_down` does, of nodes that are spread over zones.

    Numbers of lost zones come in the order in which they matter: first that with which as many
    nodes as needed are up on average. Then most others are certain, and need no tail.
    """
    if needed == 0.0 or p == 0.0:
        return up_and_down(needed, nodes, p)
    if needed > nodes:
        return 0.0, 1.0
    spread = _Spread.of(nodes, zones)
    center = (nodes - needed / p) / nodes * spread.zones
    known = run_of(needed, needed, nodes, p) if spread.each <= _CLOSE else None
    up = down = 0.0
    for lost in sorted(range(spread.zones + 1), key=lambda m: abs(m - center)):
        chance = (1.0 - zone_p) ** lost * zone_p ** (spread.zones - lost)
        weight = chance * _ways(spread.zones)[lost]
        if weight <= _NEGLIGIBLE * min(up, down):
            continue
        run = known or _run_of_what_is_left(spread, lost, needed, p, (up / weight, down / weight))
        if isinstance(run, Run):
            more = spread.up_and_down(lost, run)
            up, down = up + chance * more[0], down + chance * more[1]
        else:
            up, down = up + weight * run[0], down + weight * run[1]
    return min(up, 1.0), min(down, 1.0)


class _Spread(NamedTuple):
    """Nodes spread over zones as evenly as may be: some zones have a node more than the others.

    Attributes:
        nodes: How many nodes there are.
        zones: How many zones have nodes; what happens to an empty zone does not matter.
        each: The nodes of a zone, without the one more.
        large: How many zones have one more.
    """

    nodes: float
    zones: int
    each: float
    large: int

    @classmethod
    def of(cls, nodes: float, zones: int) -> _Spread:
        """Spread nodes over zones, at least one of each."""
        used = min(zones, int(nodes))
        each, over = divmod(nodes, float(used))
        return cls(nodes, used, each, int(over))

    def lost_large(self, lost: int) -> range:
        """Return how many of so many lost zones may be large ones."""
        small = self.zones - self.large
        return range(max(0, lost - small), min(lost, self.large) + 1)

    def left(self, lost: int, lost_large: int) -> float:
        """Return how many nodes are in the zones that are not lost."""
        return self.nodes - lost * self.each - lost_large

    def up_and_down(self, lost: int, run: Run) -> tuple[float, float]:
        """Return how often enough nodes are up and how often not, with so many zones lost.

        Each way to lose them counts as one; `run` has the chances for each number of nodes left.
        """
        ways_large, ways_small = _ways(self.large), _ways(self.zones - self.large)
        up = down = 0.0
        for large in self.lost_large(lost):
            ways = ways_large[large] * ways_small[lost - large]
            at = int(self.left(lost, large) - run.least)
            up += ways * run.up[at] if at >= 0 else 0.0
            down += ways * run.down[at] if at >= 0 else ways
        return up, down


def _run_of_what_is_left(
    spread: _Spread, lost: int, needed: float, p: float, enough: tuple[float, float]
) -> Run | tuple[float, float]:
    """Return the chances for each number of nodes that may be left with so many zones lost.

    Where it is all but certain that enough are up, or too few, that is returned instead, as the
    chances of both. It is where the other chance is lost in what is `enough` of each.
    """
    among = spread.lost_large(lost)
    least, most = spread.left(lost, among[-1]), spread.left(lost, among[0])
    if most < needed or upper_bound(needed, most, p) <= _NEGLIGIBLE * enough[0]:
        return 0.0, 1.0
    if upper_bound(least - needed + 1.0, least, 1.0 - p) <= _NEGLIGIBLE * enough[1]:
        return 1.0, 0.0
    return run_of(needed, least, most, p)


def _likely_nodes(needed: float, zones: int, p: float, zone_p: float, left: float) -> float:
    """Return about how many nodes do, with as many zones lost as are lost too often to ignore."""
    rest = (1.0 - zone_p) ** zones
    lost = zones
    while lost > 0 and rest <= left + _NOISE:
        lost -= 1
        rest += math.comb(zones, lost) * (1.0 - zone_p) ** lost * zone_p ** (zones - lost)
    return needed / p * zones / max(zones - lost, 1)


@lru_cache(maxsize=128)
def _ways(n: int) -> list[float]:
    """Return in how many ways none, one, two ... of so many can be taken."""
    return [float(math.comb(n, i)) for i in range(n + 1)]


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
            f"what takes all {what} down at once, or taking over, leaves less than that"
        )
    return check_share("the target", target)


def _enough(what: str, found: float) -> float:
    if found > _NODES_LIMIT:
        raise ValueError(f"it would take more than {say(_NODES_LIMIT)} {what}")
    return found


def _unreachable(target: float, zones: int, dark: float) -> str:
    if dark == 0.0:
        return f"reaches {_percent(target)}, as each may fail"
    where = {1: "the only zone is", 2: "both zones are"}.get(zones, f"all {zones} zones are")
    return (
        f"reaches {_percent(target)}: {where} down {per_cent(dark)} of the time, "
        f"so it stays below {_percent(1.0 - dark)}"
    )


def _percent(share: float) -> str:
    return per_cent(share, nines=True, significant=6)


def _parallel_arrays(np: Any, *shares: Any) -> Any:
    up: Any = 0.0
    for share in shares:
        up = up + share * (1.0 - up)
    return np.minimum(up, 1.0)


def _k_of_n_zones_arrays(np: Any, k: Any, n: Any, zones: Any, p: Any, zone_p: Any) -> Any:
    """Add up the losses of zones after which enough nodes are surely up, or surely not.

    Samples in which some nodes decide, and not zones alone, are left to the form for floats.
    """
    given = k, n, zones, p, zone_p
    columns = np.broadcast_arrays(*np.atleast_1d(*given))
    decided = np.zeros(columns[0].shape, dtype=bool)
    found = np.empty(decided.shape)
    shares = all(np.ndim(share) == 0 and 0.0 <= share <= 1.0 for share in (p, zone_p))
    if shares and np.ndim(zones) == 0 and zones in (1.0, 2.0, 3.0, 4.0):
        k, n, spread = columns[0], columns[1], int(zones)
        whole = (k == np.floor(k)) & (n == np.floor(n)) & (k > 0.0)
        decided = whole & (k <= n) & (spread <= n) & (n <= _NODES_LIMIT)
        up, down, sure = _by_losses(np, k[decided], n[decided], spread, p, zone_p)
        found[decided] = np.where(up < 0.5, up, 1.0 - down)
        decided[decided] = sure
    rest = (c[~decided] if np.ndim(g) else g for c, g in zip(columns, given, strict=True))
    found[~decided] = call_per_sample(np, k_of_n_zones, *rest)
    return found


def _by_losses(
    np: Any, k: Any, n: Any, zones: int, p: float, zone_p: float
) -> tuple[Any, Any, Any]:
    """Return how often enough nodes are up and how often not, and where that is all there is.

    Too few nodes are up in zones that are there so often, at most: Chernoff's bound.
    """
    up, down, open_ = np.zeros(k.shape), np.zeros(k.shape), np.zeros(k.shape)
    each = np.floor(n / zones)
    large = (n - each * zones).astype(int)
    for lost in range(zones + 1):
        chance = (1.0 - zone_p) ** lost * zone_p ** (zones - lost)
        for among in range(lost + 1):  # the zones that have a node more
            counts = [
                math.comb(o, among) * math.comb(zones - o, lost - among) for o in range(zones)
            ]
            weight = chance * np.array(counts, dtype=float)[large]
            left = n - lost * each - among
            enough = left >= k
            up += np.where(enough, weight, 0.0)
            down += np.where(enough, 0.0, weight)
            if p == 1.0 or not enough.any():
                continue
            too_many = np.maximum(left - k + 1.0, 1.0)
            fail = left * (1.0 - p)
            bound = np.exp(too_many - fail - too_many * np.log(too_many / fail))
            bound = np.where(fail < too_many, bound, 1.0)
            open_ += np.where(enough, weight * bound, 0.0)
    sure = open_ <= _NEGLIGIBLE * np.minimum(up, down)
    return np.minimum(up, 1.0), np.minimum(down, 1.0), sure


def _by_zones(at: int, base: float, each: float) -> Cost:
    """Return a cost by the number of zones, which is an argument.

    Args:
        at: The index of that argument.
        base: Microseconds of any call.
        each: Microseconds for each zone, up to the most that there may be.
    """

    def cost(arguments: Sequence[Node], known: KnownValue) -> float:
        return base + each * min(max(known(arguments[at]), 1.0), _ZONES_LIMIT)

    return cost


_ZONES = (("zones", PLAIN), ("availability", PLAIN), ("zone_availability", PLAIN))

FUNCTIONS = (
    Function(
        "k_of_n",
        (("k", PLAIN), ("n", PLAIN), ("availability", PLAIN)),
        PLAIN,
        "The chance that at least k of n parts are up.",
        example=("k_of_n(2, 3, 90%)", "97.2%"),
        scalar=k_of_n,
        array=PER_SAMPLE,
        cost=80.0,
    ),
    Function(
        "k_of_n_zones",
        (("k", PLAIN), ("n", PLAIN), *_ZONES),
        PLAIN,
        "The chance that at least k of n nodes are up, spread over zones that can fail.",
        example=("k_of_n_zones(1, 2, 2, 100%, 90%)", "99%"),
        scalar=k_of_n_zones,
        array=_k_of_n_zones_arrays,
        cost=_by_zones(2, 100.0, 20.0),
    ),
    Function(
        "nodes_for",
        (("k", PLAIN), *_ZONES, ("target", PLAIN)),
        PLAIN,
        "The fewest nodes, spread over zones, of which k are up with that chance.",
        example=("nodes_for(2, 1, 90%, 100%, 97%)", "3"),
        scalar=nodes_for,
        array=PER_SAMPLE,
        cost=_by_zones(1, 1_000.0, 60.0),
    ),
    Function(
        "copies_for",
        (("availability", PLAIN), ("target", PLAIN)),
        PLAIN,
        "The fewest copies, an odd number, of which a majority is up with that chance.",
        example=("copies_for(90%, 97%)", "3"),
        scalar=copies_for,
        array=PER_SAMPLE,
        cost=400.0,
    ),
    Function(
        "copies_for_zones",
        (*_ZONES, ("target", PLAIN)),
        PLAIN,
        "The same for copies that are spread over zones which can fail.",
        example=("copies_for_zones(1, 90%, 100%, 97%)", "3"),
        scalar=copies_for_zones,
        array=PER_SAMPLE,
        cost=_by_zones(0, 1_000.0, 100.0),
    ),
    Function(
        "parallel",
        (("availability", PLAIN),),
        PLAIN,
        "The chance that at least one of several is up.",
        example=("parallel(90%, 90%)", "99%"),
        scalar=parallel,
        array=_parallel_arrays,
        repeats=1,
    ),
)
