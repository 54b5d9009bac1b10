"""Erlang's formulas: how many requests are lost or wait, and how many servers that takes."""

import math
from functools import lru_cache
from types import ModuleType
from typing import Any

from estimator.formula.arguments import (
    check_inner_share,
    check_not_negative,
    check_positive,
    check_result,
    check_whole,
    say,
)
from estimator.formula.functions.function import PER_SAMPLE, Function
from estimator.formula.gamma import inverse_loss
from estimator.formula.mathematics import fewest
from estimator.formula.numeric import less
from estimator.formula.numeric_arrays import call_per_sample
from estimator.units.dimension import PLAIN, TIME

_RECURSION_LIMIT = 100.0  # servers; above it Erlang's formula is a gamma distribution's tail
STAFFING_LIMIT = 1e15
"""Erlangs, above which a float no longer tells one server from the next."""


def erlang_b(servers: float, load: float) -> float:
    """Return the share of requests turned away when none may wait: Erlang's loss formula (M/G/c/c).

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
    return 1.0 / inverse_b(_servers(servers), check_load(load))


def erlang_c(servers: float, load: float) -> float:
    """Return the share of requests that must wait for a server: Erlang's delay formula (M/M/c).

    `1/C = r + (1 - r) / B` with the utilization `r = load / servers`; accurate as `erlang_b`.

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
    return waiting_chance(*_stable(servers, load))


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
    check_staffed_load(load)
    check_inner_share("the blocking probability", blocking)
    return fewest(
        lambda servers: 1.0 / inverse_b(servers, load),
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
    check_staffed_load(load)
    check_inner_share("the waiting probability", waiting)
    return fewest(
        lambda servers: waiting_chance(servers, load) if less(load, servers) else 1.0,
        waiting,
        first=math.floor(load),
        step=math.sqrt(load),
    )


def erlang_c_wait(servers: float, load: float, service_time: float) -> float:
    """Return the mean wait for a server, of all requests, also those that need not wait (M/M/c).

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
    wait = waiting_chance(whole, offered) * (service_time / (whole - offered))
    return check_result("the mean wait", wait)


def erlang_c_within(servers: float, load: float, service_time: float, target: float) -> float:
    """Return the share of requests that wait at most `target`: a service level (M/M/c).

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
    return 1.0 - waiting_chance(whole, offered) * beyond


def inverse_b(servers: float, load: float) -> float:
    """Return `1 / erlang_b`, from 1 to infinity; the servers need not be whole."""
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


@lru_cache(maxsize=2_048)
def waiting_chance(servers: float, load: float) -> float:
    """Return `erlang_c` of checked arguments; the servers need not be whole.

    Results are kept, as the mean wait and its standard deviation follow from the same chance: where
    a load is a range, that saves 6% of what the range adds to a run.
    """
    free = (servers - load) / servers
    return 1.0 / max(1.0, 1.0 - free + free * inverse_b(servers, load))


def waiting_chances(np: ModuleType, servers: Any, load: Any) -> Any:
    """Return `waiting_chance` over arrays of one size: by the recursion, as far as that goes."""
    recursive = (servers <= _RECURSION_LIMIT) & (servers == np.floor(servers)) & (load > 0.0)
    found = np.empty(load.shape)
    found[~recursive] = call_per_sample(np, waiting_chance, servers[~recursive], load[~recursive])
    servers, load = servers[recursive], load[recursive]
    inverse = np.ones(load.shape)
    for server in range(1, int(np.max(servers, initial=0.0)) + 1):
        inverse = np.where(server <= servers, 1.0 + inverse * (server / load), inverse)
    free = (servers - load) / servers
    found[recursive] = 1.0 / np.maximum(1.0, 1.0 - free + free * inverse)
    return found


def _servers(servers: float) -> float:
    return check_whole("the number of servers", servers)


def check_load(load: float) -> float:
    """Return an offered load, in erlangs, which must be finite and 0 or more."""
    return check_not_negative("the offered load", load)


def check_staffed_load(load: float) -> float:
    """Return an offered load that servers are sought for, which must be at most 1e15."""
    if check_load(load) > STAFFING_LIMIT:
        raise ValueError(f"the offered load {say(load)} must be at most 1e15")
    return load


def _stable(servers: float, load: float) -> tuple[float, float]:
    """Check the arguments of a queue that must not grow for ever."""
    whole, offered = _servers(servers), check_load(load)
    if not less(offered, whole):
        raise ValueError(
            f"the offered load {say(load)} must be below the number of servers {say(whole)}, "
            "or the queue grows without bound"
        )
    return whole, offered


_SERVERS = ("servers", PLAIN)
_LOAD = ("load", PLAIN)

FUNCTIONS = (
    Function(
        "erlang_b",
        (_SERVERS, _LOAD),
        PLAIN,
        "The share of calls that find all servers busy and are lost; load in erlangs.",
        example=("erlang_b(2, 1)", "1 / 5"),
        scalar=erlang_b,
        array=PER_SAMPLE,
        cost=10.0,
    ),
    Function(
        "erlang_c",
        (_SERVERS, _LOAD),
        PLAIN,
        "The share of calls that have to wait for a server; load in erlangs.",
        example=("erlang_c(2, 1)", "1 / 3"),
        scalar=erlang_c,
        array=PER_SAMPLE,
        cost=10.0,
    ),
    Function(
        "erlang_b_servers",
        (_LOAD, ("blocking", PLAIN)),
        PLAIN,
        "The fewest servers that lose at most that share of calls.",
        example=("erlang_b_servers(1, 20%)", "2"),
        scalar=erlang_b_servers,
        array=PER_SAMPLE,
        cost=100.0,
    ),
    Function(
        "erlang_c_servers",
        (_LOAD, ("waiting", PLAIN)),
        PLAIN,
        "The fewest servers with at most that share of calls waiting.",
        example=("erlang_c_servers(1, 40%)", "2"),
        scalar=erlang_c_servers,
        array=PER_SAMPLE,
        cost=100.0,
    ),
    Function(
        "erlang_c_wait",
        (_SERVERS, _LOAD, ("service_time", TIME)),
        TIME,
        "The mean time that a call waits for a server.",
        example=("erlang_c_wait(2, 1, 3 min)", "1 min"),
        scalar=erlang_c_wait,
        array=PER_SAMPLE,
        cost=10.0,
    ),
    Function(
        "erlang_c_within",
        (_SERVERS, _LOAD, ("service_time", TIME), ("target", TIME)),
        PLAIN,
        "The share of calls that wait no longer than the target.",
        example=("erlang_c_within(2, 1, 3 min, 0 s)", "2 / 3"),
        scalar=erlang_c_within,
        array=PER_SAMPLE,
        cost=10.0,
    ),
)
