"""A model at very many values of its inputs, in blocks of arrays."""

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
        """Yield the values of the inputs and of the results, block after block of points."""
        inputs = list(self.axes)
        varied = self.model.following(inputs)
        needed = needed_for(self.model, self.results, varied)
        given = set(inputs)
        ordered = [*inputs, *(name for name in needed if name not in given)]
        run = compile_arrays(self.model, self.values, ordered, self.results, given=given).run
        arrays = [np.asarray(values, dtype=float) for values in self.axes.values()]
        sizes = [len(array) for array in arrays]
        for at in range(0, self.size, BLOCK):
            places = np.unravel_index(np.arange(at, min(at + BLOCK, self.size)), sizes)
            fields = [array[place] for array, place in zip(arrays, places, strict=True)]
            with np.errstate(all="ignore"):
                made, _ = run(len(fields[0]), *fields)
            yield fields, [np.broadcast_to(one, fields[0].shape) for one in made]
