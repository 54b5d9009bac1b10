"""How much work many nodes do together."""

import math

from estimator.formula.arguments import (
    check_not_negative,
    check_positive,
    check_result,
    check_share,
    say,
)


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
    check_share("sigma", sigma)
    check_positive("kappa", kappa)
    return check_result("the peak", math.sqrt((1.0 - sigma) / kappa))
