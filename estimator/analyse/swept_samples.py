"""A model at many values of its inputs over samples: how far results spread, and what fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from estimator.analyse.limits import limits_of
from estimator.analyse.sampled_course import margin, needs_each, percentiles, with_sides
from estimator.evaluate.uncertainty.samples import sample_each
from estimator.model import Model


def sampled_points(
    model: Model,
    values: Mapping[str, float],
    inputs: Sequence[str],
    settings: Sequence[Mapping[str, float]],
    shown: Sequence[str],
    *,
    counts: tuple[int, int],
    seed: int,
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """Yield the percentiles of results at each point, and the expectations that fail there.

    What is computed sample by sample has fewer samples, and leaves all to the others.

    Args:
        model: The model, over ranges.
        values: Its values.
        inputs: The inputs that differ from point to point.
        settings: Their values at each point.
        shown: The results.
        counts: How many samples to take, and how many of what is computed sample by sample.
        seed: Which samples to take.
    """
    limits = [limit for limit in limits_of(model) if limit.sort == "expectation"]
    model, values, sides = with_sides(model, values, limits)
    names = list(dict.fromkeys([*shown, *(n for both in sides.values() for n in both)]))
    slow = [name for name in names if needs_each(model, [name])]
    quick = [name for name in names if name not in slow]
    groups = [pair for pair in zip((quick, slow), counts, strict=True) if pair[0]]
    made = (
        sample_each(model, values, inputs, settings, group, count=count, seed=seed)
        for group, count in groups
    )
    for parts in zip(*made, strict=True):
        found = {
            name: array
            for (group, _), part in zip(groups, parts, strict=True)
            for name, array in zip(group, part, strict=True)
        }
        failing = []
        for limit in limits:
            both = [found[name] for name in sides[limit.label]]
            fewest = min(map(len, both))
            holds = margin(limit, [side[:fewest] for side in both]) >= 0.0
            if float(np.mean(holds)) < limit.confidence:
                failing.append(limit.label)
        yield {name: percentiles(found[name]) for name in shown}, tuple(failing)
