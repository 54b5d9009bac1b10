"""The sides of a comparison over draws: each drawn by itself, or a statistic of all draws."""

from __future__ import annotations

from typing import Any, NamedTuple

from estimator.formula.functions import STATISTICS
from estimator.formula.tree import Call, Compare, Node, walk

_LEVELS = {"p5": 0.05, "p50": 0.5, "p95": 0.95}


class Side(NamedTuple):
    """A side of a comparison.

    Attributes:
        tree: What is drawn.
        statistic: The statistic of all draws, such as `p95`; empty for each by itself.
    """

    tree: Node
    statistic: str = ""

    def summarize(self, drawn: Any) -> float:
        """Return the percentile or the mean of draws."""
        import numpy as np

        level = _LEVELS.get(self.statistic)
        return float(np.mean(drawn) if level is None else np.quantile(drawn, level))


def sides_of(tree: Node) -> tuple[Side, Side] | None:
    """Return the sides of a comparison; None for what is not so simple."""
    if not isinstance(tree, Compare) or not tree.is_ordered:
        return None
    left, right = _side(tree.left), _side(tree.right)
    return None if any(has_statistics(side.tree) for side in (left, right)) else (left, right)


def _side(tree: Node) -> Side:
    if isinstance(tree, Call) and tree.function in (*_LEVELS, "mean"):
        return Side(tree.arguments[0], tree.function)
    return Side(tree)


def has_statistics(tree: Node) -> bool:
    """Return whether a formula takes a percentile or the mean of draws."""
    return any(isinstance(n, Call) and n.function in STATISTICS for n in walk(tree))
