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
from estimator.formula.mathematics import integral, least, log1p_less
from estimator.formula.numeric import ceil_, less, less_equal

_RECURSION_LIMIT = 1000.0  # servers; above it Erlang's formula is integrated, not recursed
_STAFFING_LIMIT = 1e15  # erlangs; above it a float no longer tells one server from the next


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
    check_inner_share("the blocking probability", blocking)
    return least(
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
    check_inner_share("the waiting probability", waiting)
    return least(
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
    area = integral(lambda t: math.exp(servers * log1p_less(t) - slope * t), low, high)
    height = 0.0 if lack >= 0.0 else -servers * log1p_less(lack)
    return math.inf if height > 700.0 else max(1.0, max(servers, load) * area * math.exp(height))


def _waiting(servers: float, load: float) -> float:
    """`erlang_c` of checked arguments."""
    free = (servers - load) / servers
    return 1.0 / max(1.0, 1.0 - free + free * _inverse_b(servers, load))


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
