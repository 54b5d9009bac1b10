"""A model at very many values of its inputs, in blocks of arrays.

What depends on one input alone is computed once for each of its values, and what depends on several
for each point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import NamedTuple

import numpy as np

from estimator.evaluate.uncertainty.arrays import Array
from estimator.evaluate.uncertainty.dependence import needed_for
from estimator.evaluate.uncertainty.program import compile_arrays
from estimator.model import Model

BLOCK = 16_384
"""How many points are computed at once: their arrays fit a processor's cache."""


class Grid(NamedTuple):
    """All combinations of some values of inputs.

    Attributes:
        model: The model, over no ranges.
        values: Its values in base units.
        axes: The inputs with their values; the last changes fastest.
        results: The quantities that are computed.
    """

    model: Model
    values: Mapping[str, float]
    axes: Mapping[str, Sequence[float]]
    results: Sequence[str]

    @property
    def size(self) -> int:
        """Return how many points it has."""
        return prod(map(len, self.axes.values()))

    def blocks(self) -> Iterator[tuple[list[Array], list[Array]]]:
        """Yield the values of the inputs and of the results, block after block of points.

        A block is a table: the last input runs along its rows, and all others along its columns.
        """
        *outer, inner = self.axes
        axes_of = self._axes_of()
        alone = self._alone(axes_of)
        ordered = [*alone, *(name for name, axes in axes_of.items() if len(axes) > 1)]
        run = compile_arrays(self.model, self.values, ordered, self.results, given=set(alone)).run
        length = len(self.axes[inner])
        rows, columns = max(1, BLOCK // length), min(length, BLOCK)
        count = self.size // length
        for at in range(0, count, rows):
            here = np.arange(at, min(at + rows, count))
            sizes = [len(self.axes[axis]) for axis in outer] or [1]
            places = dict(zip(outer, np.unravel_index(here, sizes), strict=False))
            for left in range(0, length, columns):
                fields = {
                    name: column[None, left : left + columns]
                    if axis == inner
                    else column[places[axis]][:, None]
                    for name, (axis, column) in alone.items()
                }
                shape = len(here), fields[inner].shape[1]
                with np.errstate(all="ignore"):
                    made, _ = run(len(here), *fields.values())
                inputs = [np.broadcast_to(fields[name], shape) for name in self.axes]
                yield inputs, [np.broadcast_to(one, shape) for one in made]

    def columns(self) -> dict[str, list[float]]:
        """Return the inputs and the results of all points, a row a point, in base units."""
        blocks = [(*inputs, *results) for inputs, results in self.blocks()]
        columns = zip(*blocks, strict=True)
        names = (*self.axes, *self.results)
        made = (np.concatenate([c.ravel() for c in column]).tolist() for column in columns)
        return dict(zip(names, made, strict=True))

    def _axes_of(self) -> dict[str, frozenset[str]]:
        """Return the inputs that each quantity depends on, of all that results follow from."""
        found = {axis: frozenset({axis}) for axis in self.axes}
        for name in needed_for(self.model, self.results, self.model.following(list(found))):
            if name not in found:
                uses = (found.get(use, frozenset()) for use in self.model.quantities[name].uses)
                found[name] = frozenset[str]().union(*uses)
        return found

    def _alone(self, axes_of: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, Array]]:
        """Return what depends on one input alone, with that input and its values along it.

        Of these quantities only the results, and those that others of several inputs use.
        """
        quantities = self.model.quantities
        used = {u for n, axes in axes_of.items() if len(axes) > 1 for u in quantities[n].uses}
        used.update(self.results)
        found: dict[str, tuple[str, Array]] = {}
        for axis, values in self.axes.items():
            column = np.asarray(values, dtype=float)
            found[axis] = axis, column
            own = [name for name, axes in axes_of.items() if axes == {axis}]
            names = [name for name in own if name in used and name != axis]
            run = compile_arrays(self.model, self.values, own, names, given={axis}).run
            with np.errstate(all="ignore"):
                made, _ = run(len(column), column)
            columns = (np.broadcast_to(one, column.shape) for one in made)
            found.update((n, (axis, c)) for n, c in zip(names, columns, strict=True))
        return found
