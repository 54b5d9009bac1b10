"""Percentiles, means and probabilities in formulas, which become numbers before anything else.

One may be of what follows from another, so that they are estimated round by round.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from estimator.diagnostics import Text
from estimator.evaluate.sampled import Mean, Spread
from estimator.evaluate.uncertainty.dependence import uncertain
from estimator.evaluate.uncertainty.options import SamplingOptions
from estimator.formula.dimensions import infer
from estimator.formula.functions import STATISTICS
from estimator.formula.sampling import MOST_ROUNDS, TooManyRoundsError, Work
from estimator.formula.tree import Call, Name, Node, Number, names_in, rebuilt, walk
from estimator.model import Model, Quantity

_OF_SPREAD: dict[str, Callable[[Spread], float]] = {
    "p5": lambda spread: spread.p5,
    "p50": lambda spread: spread.p50,
    "p95": lambda spread: spread.p95,
    "mean": lambda spread: spread.mean,
}

Compute: TypeAlias = Callable[[Model, Mapping[str, float] | None], dict[str, float] | None]
"""Computes the values of a model. What is wrong is reported unless values are given that stand
until all statistics are numbers."""


class _Statistic(NamedTuple):
    """A statistic as a number.

    Attributes:
        value: In base units.
        error: Its standard error, of a mean; 0 where it is exact.
        draws: How many samples it was estimated from; 0 where it is exact.
    """

    value: float
    error: float = 0.0
    draws: int = 0


class _Round(NamedTuple):
    """The statistics that a model still has.

    Attributes:
        texts: The text that each stands in.
        names: The quantities and expectations that have them.
        ready: Those that follow from no other.
    """

    texts: dict[Call, Text]
    names: set[str]
    ready: list[Call]


def with_statistics(
    model: Model,
    values: dict[str, float],
    options: SamplingOptions,
    compute: Compute,
) -> tuple[Model, dict[str, float], tuple[Mean, ...]] | None:
    """Return a model with a number in place of each `p95(...)` and the like, and all means.

    Args:
        model: A checked model with ranges.
        values: Its values, with each range at its median.
        options: How many samples to take, and which.
        compute: Computes the values of a model.

    Returns:
        The model, its values, and the means that it asks for; None where it has no values.

    Raises:
        TooMuchWorkError: If it would take too long.
        TooManyRoundsError: If too many follow each from the one before.
    """
    given = model
    means: dict[Call, Mean] = {}
    work = Work()
    rounds = 0
    while (left := _left(model)).ready:
        if rounds == MOST_ROUNDS:
            raise TooManyRoundsError(left.texts[left.ready[0]].place)
        rounds += 1
        found = _estimated(model, values, left.ready, options, work)
        for call, statistic in found.items():
            if call.function == "mean":
                means[call] = _mean(model, call, left.texts[call], statistic)
        model = _with_numbers(model, left.names, {c: s.value for c, s in found.items()})
        values = compute(model, values) or values
    known = values if model is given else compute(model, None)
    in_order = sorted(means.values(), key=lambda m: m.place.start if m.place else 0)
    return None if known is None else (model, known, tuple(in_order))


def _left(model: Model) -> _Round:
    """Return the statistics that a model still has."""
    unsure = uncertain(model)
    trees = {n: q.tree for n, q in model.quantities.items() if q.formula.shared.calls(STATISTICS)}
    texts = {n: model.quantities[n].text for n in trees}
    trees.update((f"#{i}", e.tree) for i, e in enumerate(model.expectations))
    texts.update((f"#{i}", e.text) for i, e in enumerate(model.expectations))
    calls = {c: texts[n] for n, tree in trees.items() for c in _statistics(tree, unsure)}
    names = {n for n, tree in trees.items() if _statistics(tree, unsure)}
    ready = [c for c in calls if names.isdisjoint(model.leading_to(names_in(c)))]
    return _Round(calls, names, ready)


def _with_numbers(model: Model, names: set[str], numbers: Mapping[Call, float]) -> Model:
    """Return a model with numbers in place of some statistics.

    Args:
        model: The model.
        names: The quantities that have statistics.
        numbers: The number of each statistic.
    """
    quantities = dict(model.quantities)
    for name in names:
        if name in quantities:
            tree = _replaced(quantities[name].tree, numbers)
            quantities[name] = quantities[name].computed_by(tree)
    expectations = [replace(e, tree=_replaced(e.tree, numbers)) for e in model.expectations]
    return model._replace(quantities=quantities, expectations=expectations)


def _statistics(tree: Node, unsure: set[str]) -> list[Call]:
    """Return the outermost percentiles and the like of what is uncertain."""
    return [
        n
        for n in walk(tree)
        if isinstance(n, Call)
        and n.function in STATISTICS
        and any(name in unsure for name in names_in(n))
    ]


def _estimated(
    model: Model,
    values: Mapping[str, float],
    calls: Sequence[Call],
    options: SamplingOptions,
    work: Work,
) -> dict[Call, _Statistic]:
    """Estimate each statistic that has no other in it; means without samples where possible."""
    from estimator.evaluate.uncertainty.moments import Moments

    inner = [c for c in calls if not any(_statistics(a, set(names_in(a))) for a in c.arguments)]
    moments = Moments(model, values, uncertain(model))
    exact = {c: moments.mean(c.arguments[0]) for c in inner if c.function == "mean"}
    found = {c: _Statistic(mean) for c, mean in exact.items() if mean is not None}
    others = [c for c in inner if c not in found]
    return found | _sampled(model, values, others, options, work)


def _sampled(
    model: Model,
    values: Mapping[str, float],
    calls: Sequence[Call],
    options: SamplingOptions,
    work: Work,
) -> dict[Call, _Statistic]:
    """Estimate each statistic from samples."""
    from estimator.evaluate.uncertainty.samples import sample

    conditions = [c for c in calls if c.function == "probability"]
    quantities = dict(model.quantities)
    named: dict[Call, str] = {}
    for index, call in enumerate(c for c in calls if c.function != "probability"):
        tree = call.arguments[0]
        name = tree.path if isinstance(tree, Name) else f"#{index}"
        named[call] = name
        if not isinstance(tree, Name):
            first = model.quantities[names_in(tree)[0]]
            quantities[name] = Quantity.of(name, first.text, tree)
    found = sample(
        model._replace(quantities=quantities),
        values,
        list(named.values()),
        [c.arguments[0] for c in conditions],
        count=options.draws,
        seed=options.seed,
        progress=options.progress,
        work=work,
    )
    statistics = {c: _Statistic(p) for c, p in zip(conditions, found.chances, strict=True)}
    for call, name in named.items():
        spread = found.spreads[name]
        value = _OF_SPREAD[call.function](spread)
        statistics[call] = _Statistic(value, spread.mean_error, spread.draws)
    return statistics


def _mean(model: Model, call: Call, text: Text, found: _Statistic) -> Mean:
    """Return a mean for people, with its standard error."""
    dimension = infer(call, lambda name: model.quantities[name.path].dimension)
    tree = call.arguments[0]
    display_unit = model.quantities[tree.path].display_unit if isinstance(tree, Name) else ""
    display_unit = display_unit if display_unit == "share" else ""  # no mean is whole
    texts = [
        model.write(number, dimension, display_unit=display_unit) if math.isfinite(number) else ""
        for number in (found.value, found.error)
    ]
    formula = text.value[slice(*call.span)]
    return Mean(formula, found.value, found.error, (texts[0], texts[1]), found.draws, text.place)


def _replaced(tree: Node, numbers: Mapping[Call, float]) -> Node:
    if isinstance(tree, Call) and tree in numbers:
        return Number(numbers[tree], tree.span)
    return rebuilt(tree, lambda part: _replaced(part, numbers))
