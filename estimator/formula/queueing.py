"""Queues: how many wait, for how long, and how many servers that takes."""

import math

from estimator.formula.arguments import (
    check_inner_share,
    check_not_negative,
    check_positive,
    check_result,
    check_whole,
    say,
)
from estimator.formula.gamma import inverse_loss
from estimator.formula.mathematics import fewest
from estimator.formula.numeric import ceil_, less

_RECURSION_LIMIT = 100.0  # servers; above it Erlang's formula is a gamma distribution's tail
_LOG_MOST = 40.0  # more than the logarithm of the most nodes that may be asked for
_STAFFING_LIMIT = 1e15  # erlangs; above it a float no longer tells one server from the next


def erlang_b(servers: float, load: float) -> float:
    """Erlang's loss formula: the share of requests turned away when none may wait (M/G/c/c).

    `B = (a^c / c!) / sum(a^k / k!, k = 0..c)`; without servers, 1. Up to 100 servers by the
    recursion on `1/B`, exact but for rounding (below 1e-13, relative); above by Fortet's integral
    for `1/B`, which is an incomplete gamma function, relative error below 1e-12.

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
    check_inner_share("the blocking probability", blocking)
    return fewest(
        lambda servers: 1.0 / _inverse_b(servers, load),
        blocking,
        first=math.floor(load * (1.0 - blocking)),  # c servers carry c erlangs at most
        step=math.sqrt(load),
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
    check_inner_share("the waiting probability", waiting)
    return fewest(
        lambda servers: _waiting(servers, load) if less(load, servers) else 1.0,
        waiting,
        first=math.floor(load),
        step=math.sqrt(load),
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
    check_positive("the service time", service_time)
    wait = _waiting(whole, offered) * (service_time / (whole - offered))
    return check_result("the mean wait", wait)


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
    check_positive("the service time", service_time)
    check_not_negative("the target time", target)
    beyond = math.exp(-(whole - offered) * (target / service_time))
    return 1.0 - _waiting(whole, offered) * beyond


def queue_wait(servers: float, load: float, service_time: float, variation: float) -> float:
    """Mean time that a request waits for a free server, however its service time varies (M/G/c).

    `C * service_time / (servers - load) * (1 + variation^2) / 2`: Erlang's mean wait, scaled. It is
    exact for one server (Pollaczek and Khinchine) and for exponential service times; otherwise an
    approximation, within a few per cent at high utilisation. Unlike `erlang_c_wait` it has a value
    for a queue that grows for ever: infinity.

    Args:
        servers: Number of servers, above 0. It need not be whole: Erlang's formula continues
            between the whole numbers by Fortet's integral.
        load: Offered load in erlangs, from 0 up.
        service_time: Mean time a server takes for a request, any unit of time, from 0 up.
        variation: Coefficient of variation of the service time: 0 where it is always the same, 1
            where it is exponential.

    Returns:
        The mean wait, in the unit of `service_time`; infinity where `load` reaches `servers`, or
        where `load` or `service_time` is infinite.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        A. M. Lee, P. A. Longton, "Queueing processes associated with airline passenger check-in",
        Operational Research Quarterly 10 (1959), 56-71; A. O. Allen, Probability, Statistics, and
        Queueing Theory, 2nd ed. (1990): Allen and Cunneen. The integral: Jagerman
        (1974).
    """
    waiting, mean = _delay(servers, load, service_time, variation)
    return waiting * mean if waiting > 0.0 else 0.0


def queue_wait_sd(servers: float, load: float, service_time: float, variation: float) -> float:
    """Standard deviation of the wait whose mean is `queue_wait`.

    A request waits with the chance `C`, and then for an exponential time of the mean `m`, as in
    M/M/c with `m` scaled: the mean is `C m` and the variance `C (2 - C) m^2`. That is exact for
    exponential service times, and otherwise an approximation.

    Args:
        servers: Number of servers, above 0, not necessarily whole.
        load: Offered load in erlangs, from 0 up.
        service_time: Mean time a server takes for a request, any unit of time, from 0 up.
        variation: Coefficient of variation of the service time.

    Returns:
        The standard deviation, in the unit of `service_time`; infinity as `queue_wait`.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        As `queue_wait`; the distribution: Cooper (1981), chapter 3.
    """
    waiting, mean = _delay(servers, load, service_time, variation)
    return math.sqrt(waiting * (2.0 - waiting)) * mean if waiting > 0.0 else 0.0


def wait_servers(
    load: float, service_time: float, variation: float, target: float, share: float
) -> float:
    """Find the least number of servers of which at most a share of requests waits beyond a target.

    One queue for all servers (M/G/c): `C * exp(-(c - load) * target / service_time * 2 / (1 +
    variation^2)) <= share`. Exact for a variation of 1, where it agrees with `erlang_c_within`;
    a target of 0 makes it `erlang_c_servers`. The share is met with the tolerance of `less_equal`.

    Args:
        load: Offered load in erlangs, at most 1e15.
        service_time: Mean time a server takes for a request, any unit of time, from 0 up.
        variation: Coefficient of variation of the service time.
        target: The longest wait that is good enough, in the same unit, from 0 up.
        share: The largest share that may wait longer, above 0 and below 1.

    Returns:
        A whole number of servers above `load`, 1 where there is no load.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        As `queue_wait_sd`.
    """
    _staffed_load(load)
    rate = _patience(service_time, variation, target)
    check_inner_share("the share that may wait longer", share)
    return fewest(
        lambda servers: _beyond(servers, load, rate),
        share,
        first=math.floor(load),
        step=math.sqrt(load),
    )


def wait_nodes(
    load: float, slots: float, service_time: float, variation: float, target: float, share: float
) -> float:
    """Find the least number of nodes, each with a queue of its own, to keep waits within a target.

    Each node gets an equal part of the load at random, and at most `share` of its requests may
    wait longer than `target`; otherwise as `wait_servers`. Without a common queue it takes more: a
    request may wait at one node while another is idle.

    Args:
        load: Offered load of all nodes in erlangs, at most 1e15 and at most 1e15 nodes' worth.
        slots: How many requests a node serves at once, above 0, not necessarily whole.
        service_time: Mean time that a request occupies a slot, any unit of time, from 0 up.
        variation: Coefficient of variation of the service time.
        target: The longest wait that is good enough, in the same unit, from 0 up.
        share: The largest share that may wait longer, above 0 and below 1.

    Returns:
        A whole number of nodes, 1 where there is no load.

    Raises:
        ValueError: an argument is out of its range, or 1e15 nodes would not do.

    Source:
        As `queue_wait_sd`.
    """
    _staffed_load(load)
    check_positive("the number of slots", slots)
    rate = _patience(service_time, variation, target)
    check_inner_share("the share that may wait longer", share)
    full = load / slots
    nodes = math.inf
    if full <= _STAFFING_LIMIT:
        # of a small load `a`, about a^c / c! of the requests wait
        log_each = rate + (math.log(share) + math.lgamma(slots + 1.0)) / slots
        likely = max(full, load * math.exp(-max(log_each, -_LOG_MOST)))
        nodes = fewest(
            lambda nodes: _beyond(slots, load / nodes, rate) if nodes > 0.0 else 1.0,
            share,
            first=math.floor(full),
            step=0.1 * likely,
            guess=likely,
        )
    if nodes > _STAFFING_LIMIT:
        raise ValueError("it would take more than 1e15 nodes")
    return nodes


def halfin_whitt(beta: float) -> float:
    """Share of requests that wait in a large fleet of `load + beta * sqrt(load)` servers.

    `1 / (1 + beta * Phi(beta) / phi(beta))` with the normal distribution `Phi` and its density
    `phi`: the limit of `erlang_c` for large loads. For a beta of 1 it is 6% low at 100 erlangs,
    relative, and 0.06% at a million.

    Args:
        beta: Spare servers in units of the square root of the load, above 0.

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: `beta` is not above 0.

    Source:
        Halfin, Whitt (1981), as for `sqrt_servers`.
    """
    check_positive("beta", beta)
    density = math.exp(-0.5 * beta * beta) / math.sqrt(math.tau)
    return density / (density + beta * 0.5 * math.erfc(-beta / math.sqrt(2.0)))


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
    spare = check_not_negative("beta", beta) * math.sqrt(_load(load))
    return ceil_(check_result("the number of servers", load + spare))


def _inverse_b(servers: float, load: float) -> float:
    """`1 / erlang_b`, from 1 to infinity; the servers need not be whole."""
    if load == 0.0:
        return math.inf if servers > 0.0 else 1.0
    if servers > _RECURSION_LIMIT:
        return inverse_loss(servers, load)
    whole = math.floor(servers)
    part = servers - whole
    inverse = inverse_loss(part, load) if part > 0.0 else 1.0
    for server in range(1, whole + 1):
        inverse = 1.0 + inverse * ((server + part) / load)
    return inverse


def _waiting(servers: float, load: float) -> float:
    """`erlang_c` of checked arguments."""
    free = (servers - load) / servers
    return 1.0 / max(1.0, 1.0 - free + free * _inverse_b(servers, load))


def _delay(
    servers: float, load: float, service_time: float, variation: float
) -> tuple[float, float]:
    """The chance to wait, and the mean wait of those who do."""
    check_positive("the number of servers", servers)
    if load != math.inf:
        _load(load)
    if service_time != math.inf:
        check_not_negative("the service time", service_time)
    spread = 0.5 * (1.0 + _squared(variation))
    if not less(load, servers) or service_time == math.inf:
        return 1.0, math.inf
    return _waiting(servers, load), service_time / (servers - load) * spread


def _patience(service_time: float, variation: float, target: float) -> float:
    """How much the logarithm of the share that waits too long falls with each free server."""
    check_not_negative("the service time", service_time)
    spread = 0.5 * (1.0 + _squared(variation))
    if check_not_negative("the target time", target) == 0.0:
        return 0.0
    scale = service_time * spread
    return target / scale if scale > 0.0 else math.inf


def _squared(variation: float) -> float:
    return variation * check_not_negative("the variation of the service time", variation)


def _beyond(servers: float, load: float, rate: float) -> float:
    """The share that waits too long, at a `rate` of `_patience`; 1 in a queue that grows."""
    if not less(load, servers):
        return 1.0
    return _waiting(servers, load) * math.exp(-(servers - load) * rate)


def _servers(servers: float) -> float:
    return check_whole("the number of servers", servers)


def _load(load: float) -> float:
    return check_not_negative("the offered load", load)


def _staffed_load(load: float) -> float:
    if _load(load) > _STAFFING_LIMIT:
        raise ValueError(f"the offered load {say(load)} must be at most 1e15")
    return load


def _stable(servers: float, load: float) -> tuple[float, float]:
    """Check the arguments of a queue that must not grow for ever."""
    whole, offered = _servers(servers), _load(load)
    if not less(offered, whole):
        raise ValueError(
            f"the offered load {say(load)} must be below the number of servers {say(whole)}, "
            "or the queue grows for ever"
        )
    return whole, offered


def calls_time(calls: float, mean: float) -> float:
    """Mean time of calls of one mean, one after the other; no time for no calls.

    Args:
        calls: How many there are on average, from 0 up.
        mean: The mean time of one, any unit of time, from 0 up; may be infinite.

    Returns:
        Their product, 0 where there are none.

    Raises:
        ValueError: an argument is out of its range.
    """
    check_not_negative("the number of calls", calls)
    if mean != math.inf:
        check_not_negative("the mean time", mean)
    return calls * mean if calls else 0.0


def visits_variance(visits: float, variance: float, ratio: float, calls: float) -> float:
    """Variance of the calls that visits make, each with some chance, and then so many.

    A ratio of 0.3 is a call by 30% of the visits; one of 2.3 is two by all and a third by 30%.
    The same goes for the calls. So of a hundred reads that a cache passes on once, with 20 calls
    each time, the number has the variance `0.01 * 0.99 * 20^2`, though its mean is 0.2.

    Args:
        visits: The mean number of visits, from 0 up.
        variance: The variance of that number, from 0 up.
        ratio: How often a visit is passed on, from 0 up.
        calls: The calls for each that is passed on, from 0 up.

    Returns:
        The variance of the number of calls.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        The variance of a random sum: Feller, An Introduction to Probability Theory and Its
        Applications, volume 1 (1968), chapter XII.
    """
    check_not_negative("the number of visits", visits)
    check_not_negative("the variance of their number", variance)
    check_not_negative("the ratio", ratio)
    check_not_negative("the number of calls", calls)
    each = ratio * _split(calls) + _split(ratio) * calls * calls
    made = ratio * calls
    return check_result("the variance", visits * each + variance * made * made)


def _split(mean: float) -> float:
    """Variance of a whole number that is one of the two next to its mean."""
    part = mean - math.floor(mean)
    return part * (1.0 - part)
