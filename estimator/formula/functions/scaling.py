"""Scaling: how much work many nodes do together."""

import math
from types import ModuleType
from typing import Any

from estimator.formula.arguments import (
    check_not_negative,
    check_positive,
    check_result,
    check_share,
    say,
)
from estimator.formula.functions.function import PER_SAMPLE, Function
from estimator.formula.mathematics import fewest
from estimator.formula.numeric import less, less_equal
from estimator.units.dimension import PLAIN
from estimator.units.write import digits


def usl(n: float, sigma: float, kappa: float) -> float:
    """Return what `n` workers do, in workers that stand alone: the universal scalability law.

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
    check_not_negative("the number of workers", n)
    check_share("sigma", sigma)
    check_not_negative("kappa", kappa)
    if n == 0.0:
        return 0.0
    cost = 1.0 + (n - 1.0) * (sigma + kappa * n)
    if cost <= 0.0:
        raise ValueError(f"kappa {say(kappa)} is too large for {say(n)} workers, less than one")
    return n / cost


def usl_peak(sigma: float, kappa: float) -> float:
    """Return the number of workers beyond which more of them are slower.

    `sqrt((1 - sigma) / kappa)`, not rounded; the best whole number is next to it.

    Args:
        sigma: Contention, from 0 to 1.
        kappa: Coherency, above 0; without it there is no peak.

    Raises:
        ValueError: an argument is out of its range.

    Source:
        Gunther (2007).
    """
    check_share("sigma", sigma)
    check_positive("kappa", kappa)
    return check_result("the peak", math.sqrt((1.0 - sigma) / kappa))


def usl_nodes(capacity: float, sigma: float, kappa: float) -> float:
    """Find the least number of workers that do the work of so many that stand alone (see `usl`).

    The capacity is met with the tolerance of `less_equal`, so that one met exactly buys nothing.

    Args:
        capacity: The work to do, in what one worker alone does, from 0 up.
        sigma: Contention, from 0 to 1.
        kappa: Coherency, from 0 up.

    Returns:
        A whole number of workers, 0 where there is nothing to do.

    Raises:
        ValueError: an argument is out of its range, or no number of workers does so much: then it
            says how much can be done.

    Source:
        Gunther (2007).
    """
    check_not_negative("the capacity", capacity)
    check_share("sigma", sigma)
    check_not_negative("kappa", kappa)
    if capacity == 0.0:
        return 0.0
    if less_equal(capacity, 1.0):
        return 1.0
    best = _best_count(sigma, kappa)
    if best == math.inf:
        if sigma > 0.0 and less_equal(1.0 / sigma, capacity):
            raise ValueError(
                f"no number of nodes does the work of {say(capacity)}: "
                f"however many there are, they do less than that of {say(1.0 / sigma)}"
            )
    elif less(usl(best, sigma, kappa), capacity):
        raise ValueError(
            f"no number of nodes does the work of {say(capacity)}: "
            f"{_count(best)} the most, that of {digits(usl(best, sigma, kappa), 4)}"
        )
    nodes = fewest(
        lambda n: 1.0 / usl(min(n, best), sigma, kappa),
        1.0 / capacity,
        first=math.floor(capacity),  # nobody does more than the work of one
        step=0.1 * capacity,
    )
    return check_result("the number of nodes", nodes)


def _best_count(sigma: float, kappa: float) -> float:
    """Return the number of workers that do the most, infinity where more always do more."""
    peak = math.sqrt((1.0 - sigma) / kappa) if kappa > 0.0 else math.inf
    if sigma == 1.0:
        return 1.0
    if peak == math.inf:
        return math.inf
    low = max(float(math.floor(peak)), 1.0)
    return low if usl(low, sigma, kappa) >= usl(low + 1.0, sigma, kappa) else low + 1.0


def _count(nodes: float) -> str:
    return "one node does" if nodes == 1.0 else f"{say(nodes)} nodes do"


def _usl_arrays(_: ModuleType, n: Any, sigma: Any, kappa: Any) -> Any:
    return n / (1.0 + (n - 1.0) * (sigma + kappa * n))


_COSTS = (("contention", PLAIN), ("coherency", PLAIN))

FUNCTIONS = (
    Function(
        "usl",
        (("n", PLAIN), *_COSTS),
        PLAIN,
        "The capacity of n nodes, in nodes, by the Universal Scalability Law.",
        example=("usl(10, 0%, 0%)", "10"),
        scalar=usl,
        array=_usl_arrays,
    ),
    Function(
        "usl_peak",
        _COSTS,
        PLAIN,
        "The count of nodes past which more of them hurt.",
        example=("usl_peak(4%, 0.01%)", "sqrt(9600)"),
        scalar=usl_peak,
        array=lambda np, sigma, kappa: np.sqrt((1.0 - sigma) / kappa),
    ),
    Function(
        "usl_nodes",
        (("capacity", PLAIN), *_COSTS),
        PLAIN,
        "The fewest nodes of that capacity, by the Universal Scalability Law.",
        example=("usl_nodes(2, 10%, 0%)", "3"),
        scalar=usl_nodes,
        array=PER_SAMPLE,
        cost=50.0,
    ),
)
