"""Between what an estimate lies by its defaults: their ends combined in logarithms.

Each default is moved to both ends of its band by itself, and everything that follows is computed
again. What that does to a result is taken as a factor; factors of defaults that are independent add
up as the squares of their logarithms do, upwards and downwards apart. For a product of lognormal
factors that is exact, and no samples are needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, hypot, inf, isfinite, log
from typing import NamedTuple


class Effect(NamedTuple):
    """How far a default moves each result: the logarithm of a factor, down and up."""

    down: Mapping[str, float]
    up: Mapping[str, float]

    @staticmethod
    def of(now: Mapping[str, float], ends: Sequence[Mapping[str, float] | None]) -> Effect:
        """Return the effect of a default.

        Args:
            now: The results as they are.
            ends: The results at the ends of its band; None where they cannot be computed there.
        """
        moved = {
            name: [_log_ratio(end[name], value) for end in ends if end is not None]
            for name, value in now.items()
        }
        down = {name: min(0.0, *factors, 0.0) for name, factors in moved.items()}
        return Effect(down, {name: max(0.0, *factors, 0.0) for name, factors in moved.items()})


def _log_ratio(end: float, now: float) -> float:
    """Return the logarithm of how many times a result is what it was."""
    if not isfinite(now) or now <= 0:
        return 0.0
    return log(end / now) if end > 0 and end != inf else inf if end > 0 else -inf


def combined(
    effects: Iterable[Effect], values: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Return between what each result lies, for those that a default moves.

    Args:
        effects: What each default does.
        values: The results.
    """
    known = list(effects)
    found = {}
    for name, value in values.items():
        down = hypot(*(effect.down[name] for effect in known))
        up = hypot(*(effect.up[name] for effect in known))
        if (down or up) and isfinite(value) and value > 0:
            found[name] = (value * exp(-down), value * exp(up) if up < _MOST else inf)
    return found


_MOST = 700.0  # a logarithm beyond which floats end
