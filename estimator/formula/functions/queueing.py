"""Queues with any service times: how long requests wait, and how many servers that takes."""

import math
from types import ModuleType
from typing import Any

from estimator.formula import numeric_arrays
from estimator.formula.arguments import (
    check_inner_share,
    check_not_negative,
    check_positive,
    check_result,
)
from estimator.formula.functions.erlang import (
    STAFFING_LIMIT,
    check_load,
    check_staffed_load,
    waiting_chance,
    waiting_chances,
)
from estimator.formula.functions.function import PER_SAMPLE, Function
from estimator.formula.gamma import gamma_quantile
from estimator.formula.mathematics import fewest
from estimator.formula.numeric import ceil_, less
from estimator.units.dimension import PLAIN, TIME, divide

_LOG_MOST = 40.0  # more than the logarithm of the most nodes that may be asked for


def queue_wait(servers: float, load: float, service_time: float, variation: float) -> float:
    """Return the mean wait for a free server, however service times vary (M/G/c).

    `C * service_time / (servers - load) * (1 + variation^2) / 2`: Erlang's mean wait, scaled. It is
    exact for one server (Pollaczek and Khinchine) and for exponential service times; otherwise an
    approximation, within a few per cent at high utilization. Unlike `erlang_c_wait` it has a value
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
    """Return the standard deviation of the wait whose mean is `queue_wait`.

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
    check_staffed_load(load)
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
    check_staffed_load(load)
    check_positive("the number of slots", slots)
    rate = _patience(service_time, variation, target)
    check_inner_share("the share that may wait longer", share)
    full = load / slots
    nodes = math.inf
    if full <= STAFFING_LIMIT:
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
    if nodes > STAFFING_LIMIT:
        raise ValueError("it would take more than 1e15 nodes")
    return nodes


def response_nodes(
    load: float,
    background: float,
    service_time: float,
    variation: float,
    target: float,
    share: float,
) -> float:
    """Find the least number of single servers that answer within a target, wait and service.

    Each gets an equal part of the load at random (M/G/1). Other work, which comes first, is a part
    of the load and takes its share of each server, so that a service is stretched to
    `service_time / (1 - background / nodes)`. The response is taken for a gamma distribution of
    its mean and standard deviation, as `gamma_quantile` has it.

    Args:
        load: Offered load of all nodes in erlangs, the other work included, at most 1e15.
        background: The other work, in erlangs, at most `load`.
        service_time: Mean time that a request takes by itself, any unit of time, from 0 up.
        variation: Coefficient of variation of the service time.
        target: The longest response that is good enough, in the same unit, from 0 up.
        share: The largest share that may take longer, above 0 and below 1.

    Returns:
        A whole number of nodes, 1 where there is no load.

    Raises:
        ValueError: an argument is out of its range, or no number of nodes would do.

    Source:
        As `queue_wait` and `queue_wait_sd`.
    """
    check_staffed_load(load)
    check_not_negative("the other work", background)
    check_not_negative("the service time", service_time)
    check_not_negative("the variation of the service time", variation)
    check_not_negative("the target time", target)
    check_inner_share("the share that may take longer", share)
    if gamma_quantile(1.0 - share, service_time, service_time * variation) > target:
        raise ValueError("no number of nodes would do, since the service alone takes longer")

    def response(nodes: float) -> float:
        if not less(load, nodes):
            return math.inf
        wait = queue_wait(1.0, load / nodes, service_time, variation)
        wait_sd = queue_wait_sd(1.0, load / nodes, service_time, variation)
        work = service_time / (1.0 - min(background, load) / nodes)
        return gamma_quantile(1.0 - share, wait + work, math.hypot(wait_sd, work * variation))

    if service_time == 0.0:
        return fewest(lambda nodes: load / nodes if nodes else 2.0, 1.0, first=math.floor(load))
    nodes = fewest(response, target, first=max(math.floor(load), 1.0), step=0.1 * load)
    if nodes > STAFFING_LIMIT:
        raise ValueError("it would take more than 1e15 nodes")
    return nodes


def drain_time(backlog: float, arriving: float, served: float) -> float:
    """Return how long a backlog takes to drain while more arrives: `backlog / (served - arriving)`.

    Args:
        backlog: What waits, any unit, from 0 up.
        arriving: What is added to it in a time, from 0 up.
        served: What is taken from it in a time, in the same unit, from 0 up.

    Returns:
        The time; 0 where nothing waits, infinity where what arrives reaches what is served.

    Raises:
        ValueError: an argument is negative.
    """
    check_not_negative("the backlog", backlog)
    check_not_negative("what arrives", arriving)
    check_not_negative("what is served", served)
    if backlog == 0.0:
        return 0.0
    return backlog / (served - arriving) if less(arriving, served) else math.inf


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
    spare = check_not_negative("beta", beta) * math.sqrt(check_load(load))
    return ceil_(check_result("the number of servers", load + spare))


def halfin_whitt(beta: float) -> float:
    """Return the share of requests that wait in a fleet of `load + beta * sqrt(load)` servers.

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


def _delay(
    servers: float, load: float, service_time: float, variation: float
) -> tuple[float, float]:
    """Return the chance to wait, and the mean wait of those who do."""
    check_positive("the number of servers", servers)
    if load != math.inf:
        check_load(load)
    if service_time != math.inf:
        check_not_negative("the service time", service_time)
    spread = 0.5 * (1.0 + _squared(variation))
    if not less(load, servers) or service_time == math.inf:
        return 1.0, math.inf
    return waiting_chance(servers, load), service_time / (servers - load) * spread


def _patience(service_time: float, variation: float, target: float) -> float:
    """Return by how much each free server lowers the logarithm of the share that waits too long."""
    check_not_negative("the service time", service_time)
    spread = 0.5 * (1.0 + _squared(variation))
    if check_not_negative("the target time", target) == 0.0:
        return 0.0
    scale = service_time * spread
    return target / scale if scale > 0.0 else math.inf


def _squared(variation: float) -> float:
    return variation * check_not_negative("the variation of the service time", variation)


def _beyond(servers: float, load: float, rate: float) -> float:
    """Return the share that waits too long, at a `rate` of `_patience`; 1 if overloaded."""
    if not less(load, servers):
        return 1.0
    return waiting_chance(servers, load) * math.exp(-(servers - load) * rate)


def _queue_wait_arrays(np: ModuleType, *arguments: Any) -> Any:
    waiting, mean = _delay_arrays(np, *arguments)
    return np.where(waiting == 0.0, 0.0, waiting * mean)


def _queue_wait_sd_arrays(np: ModuleType, *arguments: Any) -> Any:
    waiting, mean = _delay_arrays(np, *arguments)
    return np.where(waiting == 0.0, 0.0, np.sqrt(waiting * (2.0 - waiting)) * mean)


def _delay_arrays(np: ModuleType, *arguments: Any) -> tuple[Any, Any]:
    """Return what `_delay` does; NaN where that refuses its arguments."""
    servers, load, service_time, variation = np.broadcast_arrays(*np.atleast_1d(*arguments))
    right = numeric_arrays.legal(np, servers, variation) & (servers > 0.0)
    right &= (load >= 0.0) & (service_time >= 0.0)
    endless = ~numeric_arrays.less(np, load, servers) | np.isinf(service_time)
    waiting = np.where(right, 1.0, np.nan)
    steady = right & ~endless
    waiting[steady] = waiting_chances(np, servers[steady], load[steady])
    spread = 0.5 * (1.0 + variation * variation)
    return waiting, np.where(endless, np.inf, service_time / (servers - load) * spread)


def _drain_time_arrays(np: ModuleType, backlog: Any, arriving: Any, served: Any) -> Any:
    free = np.where(numeric_arrays.less(np, arriving, served), served - arriving, 0.0)
    return np.where(backlog == 0.0, 0.0, np.where(free > 0.0, backlog / free, np.inf))


def _sqrt_servers_arrays(np: ModuleType, load: Any, beta: Any) -> Any:
    return numeric_arrays.ceil_(np, load + beta * np.sqrt(load))


_SERVERS = ("servers", PLAIN)
_LOAD = ("load", PLAIN)
_SERVICE = (("service_time", TIME), ("variation", PLAIN))
_TARGET = (("target", TIME), ("share", PLAIN))

FUNCTIONS = (
    Function(
        "queue_wait",
        (_SERVERS, _LOAD, *_SERVICE),
        TIME,
        "The mean wait where service times vary so much (0 not at all, 1 exponentially).",
        example=("queue_wait(1, 50%, 1 s, 0)", "0.5 s"),
        scalar=queue_wait,
        array=_queue_wait_arrays,
        cost=30.0,
        may_be_infinite=True,
    ),
    Function(
        "queue_wait_sd",
        (_SERVERS, _LOAD, *_SERVICE),
        TIME,
        "The standard deviation of that wait.",
        example=("queue_wait_sd(1, 50%, 1 s, 1)", "sqrt(3) * 1 s"),
        scalar=queue_wait_sd,
        array=_queue_wait_sd_arrays,
        cost=30.0,
        may_be_infinite=True,
    ),
    Function(
        "wait_servers",
        (_LOAD, *_SERVICE, *_TARGET),
        PLAIN,
        "The fewest servers of one queue that let at most that share wait beyond the target.",
        example=("wait_servers(1, 3 min, 1, 0 s, 40%)", "2"),
        scalar=wait_servers,
        array=PER_SAMPLE,
        cost=100.0,
    ),
    Function(
        "wait_nodes",
        (_LOAD, ("slots", PLAIN), *_SERVICE, *_TARGET),
        PLAIN,
        "The same in nodes with several slots, where each node has its own queue.",
        example=("wait_nodes(1, 1, 3 min, 1, 0 s, 25%)", "4"),
        scalar=wait_nodes,
        array=PER_SAMPLE,
        cost=200.0,
    ),
    Function(
        "response_nodes",
        (_LOAD, ("background", PLAIN), *_SERVICE, *_TARGET),
        PLAIN,
        "The nodes of one server each that let at most that share take longer than the target, wait"
        " and service; other work comes first and is a part of the load.",
        example=("response_nodes(1, 0, 1 s, 1, 2 * log(100) * 1 s, 1%)", "2"),
        scalar=response_nodes,
        array=PER_SAMPLE,
        cost=400.0,
    ),
    Function(
        "drain_time",
        (("backlog", "a"), ("arriving", "b"), ("served", "b")),
        lambda of: divide(of["a"], of["b"]),
        "How long a backlog takes to drain while more arrives; unbounded if it never does.",
        example=("drain_time(90k, 2k/s, 5k/s)", "30 s"),
        scalar=drain_time,
        array=_drain_time_arrays,
        may_be_infinite=True,
        also_called=("catch_up", "catch_up_time", "backlog_time", "time_to_drain"),
    ),
    Function(
        "sqrt_servers",
        (_LOAD, ("beta", PLAIN)),
        PLAIN,
        "Square-root staffing: load + beta × sqrt(load), rounded up.",
        example=("sqrt_servers(100, 1)", "110"),
        scalar=sqrt_servers,
        array=_sqrt_servers_arrays,
    ),
    Function(
        "halfin_whitt",
        (("beta", PLAIN),),
        PLAIN,
        "The share that waits in a large fleet staffed by sqrt_servers with this beta.",
        example=("round(halfin_whitt(1) * 10000)", "2234"),
        scalar=halfin_whitt,
        array=PER_SAMPLE,
    ),
)
