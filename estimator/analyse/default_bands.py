"""Between what an estimate lies by its defaults: their ends combined in logarithms.

Each default is moved to both ends of its band by itself, and everything that follows is computed
again. What that does to a result is taken as a factor; factors of defaults that are independent add
up as the squares of their logarithms do, upwards and downwards apart. For a product of lognormal
factors that is exact, and no samples are needed. Where a result has a floor, or a part that is not
in doubt, it would go too far: nothing lies beyond what all defaults at once make of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, hypot, inf, isfinite, log
from typing import NamedTuple, TypeAlias

Results: TypeAlias = Mapping[str, float] | None
"""The results for other values of some defaults; None where they cannot be computed."""
Compute: TypeAlias = Callable[[Mapping[str, float]], Results]

_MOST = 700.0  # a logarithm beyond which floats end


class Effect(NamedTuple):
    """What a default does to the results, alone.

    Attributes:
        ends: The values at the lower and at the upper end of its band, by quantity.
        results: The results there.
    """

    ends: tuple[Mapping[str, float], Mapping[str, float]]
    results: Sequence[Results]

    def factor(self, name: str, now: float, sign: int) -> float:
        """Return the logarithm of how many times a result grows at most, or shrinks (-1)."""
        found = [_log_ratio(end[name], now) * sign for end in self.results if end is not None]
        return max(0.0, *found, 0.0)

    def end(self, name: str, sign: int) -> Mapping[str, float]:
        """Return the end at which a result is larger, or smaller (-1)."""
        low, high = (0.0 if end is None else end[name] for end in self.results)
        return self.ends[high * sign > low * sign]


def _log_ratio(end: float, now: float) -> float:
    """Return the logarithm of how many times a result is what it was."""
    return log(end / now) if 0 < end < inf else inf if end > 0 else -inf


def combined(
    effects: Sequence[Effect], now: Mapping[str, float], compute: Compute
) -> dict[str, tuple[float, float]]:
    """Return how many times what it is each result may be, for those that a default moves.

    Args:
        effects: What each default does.
        now: The results as they are.
        compute: Computes the results for other values of all defaults.
    """
    found = {}
    for name, value in now.items():
        if isfinite(value) and value > 0:
            down, up = (_reach(effects, name, value, sign, compute) for sign in (-1, 1))
            if down or up:
                found[name] = (exp(-down), exp(up) if up < _MOST else inf)
    return found


def _reach(effects: Sequence[Effect], name: str, now: float, sign: int, compute: Compute) -> float:
    """Return the logarithm of how many times a result grows, or shrinks (-1), by all defaults."""
    reach = hypot(*(effect.factor(name, now, sign) for effect in effects))
    if not reach:
        return 0.0
    all_ends: dict[str, float] = {}
    for effect in effects:
        all_ends |= effect.end(name, sign)
    corner = compute(all_ends)
    return reach if corner is None else min(reach, max(0.0, _log_ratio(corner[name], now) * sign))
