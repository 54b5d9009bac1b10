"""Limit what is computed at once: results in blocks that fit into memory, in time that is given.

A sample of a range depends on its name alone, so that each block of results samples its own ranges
again, and no more than `BUDGET` numbers are kept, whatever a file asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial

from estimator.evaluate.uncertainty import limits
from estimator.evaluate.uncertainty.program import certain_value
from estimator.formula.functions import WEIGHED, microseconds
from estimator.formula.sampling import COUNT, MICROSECOND, TooMuchWorkError, Work, is_too_much
from estimator.formula.shared import with_names
from estimator.formula.tree import Node, Number, names_in
from estimator.model import Model

_PER_RANGE = 4  # columns: scores, the same about their means, some of these once more, and cells
_PER_STREAMED = 4  # columns: the first samples of a result, and those near each percentile
_SUMMARY = 32  # columns that are computed while one is sorted and summarized


def widest(count: int) -> int:
    """Return on how many ranges a result is regressed, of so many samples."""
    return min(limits.WIDEST, _columns(count) // (_PER_RANGE + 1))


def blocks_of(masks: Mapping[str, int], count: int) -> list[list[str]]:
    """Return names in blocks, so few that their samples and those of their ranges can be kept.

    Those that follow from more ranges than are regressed on are apart from the others.

    Args:
        masks: The ranges that each follows from, a bit each.
        count: How many samples are taken.
    """
    columns, most_ranges = _columns(count), widest(count)
    per_result = _PER_STREAMED if count > limits.KEPT else 1
    blocks: list[list[str]] = []
    block: list[str] = []
    reached = 0
    for name, mask in masks.items():
        if mask.bit_count() > most_ranges:
            continue
        reached |= mask
        if block and per_result * len(block) + _PER_RANGE * reached.bit_count() >= columns:
            blocks.append(block)
            block, reached = [], mask
        block.append(name)
    blocks += [block] if block else []
    wide = [n for n, mask in masks.items() if mask.bit_count() > most_ranges]
    most = max((columns - _PER_RANGE * most_ranges) // per_result, 1)
    return blocks + [wide[at : at + most] for at in range(0, len(wide), most)]


def _columns(count: int) -> int:
    """Return how many arrays of samples can be kept at once."""
    return limits.BUDGET // (COUNT if count > limits.KEPT else count)


class Effort:
    """The effort of each sample, against the most that is allowed."""

    def __init__(
        self, model: Model, point: Mapping[str, float], uncertain: Collection[str], work: Work
    ) -> None:
        """Begin with what was computed before.

        Args:
            model: The model.
            point: Its values with each range at its median.
            uncertain: The quantities that depend on a range.
            work: What was computed before.
        """
        self._model, self._point, self._uncertain, self._work = model, point, uncertain, work
        self._slowness: dict[str, int] = {}

    def refuse_too_much(
        self,
        blocks: Sequence[Sequence[str]],
        needed: Callable[[Sequence[str]], Sequence[str]],
        conditions: Sequence[Node],
        count: int,
    ) -> None:
        """Refuse what would take too long.

        Args:
            blocks: The results, in blocks.
            needed: Returns all that is computed for some quantities.
            conditions: Conditions that are counted, with the last of the blocks.
            count: How many samples are taken.

        Raises:
            TooMuchWorkError: If it would take too long.
        """
        columns = len(conditions) + sum(map(self._columns_of, conditions))
        for at, block in enumerate(blocks):
            is_last = at == len(blocks) - 1
            also = [n for c in conditions for n in names_in(c)] if is_last else []
            names = needed([*block, *also])
            slow = [self._slowness_of(name) for name in names] if count <= limits.COSTLY else [0]
            columns += len(names) + _SUMMARY * len(block) + sum(slow)
            whole = columns + self._work.before(count)
            if is_too_much(whole, count):  # the other blocks are much the same
                slowest = names[slow.index(max(slow))] if any(slow) else ""
                raise TooMuchWorkError(whole * len(blocks) // (at + 1), count, slowest)
        self._work.add(columns, count)

    def _slowness_of(self, name: str) -> int:
        """Return how many arrays are computed in the time of a quantity, for each sample."""
        if name not in self._slowness:
            shared, names = self._model.quantities[name].formula
            if shared.calls(WEIGHED):
                stands_for = dict(zip(shared.names, names, strict=True))
                self._slowness[name] = self._columns_of(shared.tree, stands_for)
            else:
                self._slowness[name] = int(shared.most_microseconds * MICROSECOND)
        return self._slowness[name]

    def _columns_of(self, tree: Node, stands_for: Mapping[str, str] | None = None) -> int:
        """Return how many arrays are computed in the time of a slow formula, for each sample.

        Args:
            tree: The formula.
            stands_for: What the names in it stand for, if not for themselves.
        """
        known = partial(self._value, stands_for=stands_for or {})
        return int(microseconds(tree, known) * MICROSECOND)

    def _value(self, node: Node, stands_for: Mapping[str, str]) -> float:
        """Return the value of an argument; infinity where it depends on a range, or has none."""
        if type(node) is Number:
            return node.value
        if any(stands_for.get(name, name) in self._uncertain for name in names_in(node)):
            return math.inf
        try:
            whole = with_names(node, stands_for) if stands_for else node
            value = certain_value(self._model, self._point, whole)
        except KeyError:
            return math.inf
        return math.inf if math.isnan(value) else value
