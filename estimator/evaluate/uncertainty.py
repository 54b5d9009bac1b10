"""What the ranges of a model come to: spreads, what drives them, and chances.

Everything here is asked of many draws, which `samples` takes; it is imported only where a model has
ranges, since NumPy takes as long to import as all the rest of a run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import NamedTuple, TypeAlias

from estimator.diagnostics import Text
from estimator.evaluate.report import Driver, Mean, Sampled, Sources, Spread, Uncertainty
from estimator.formula.compile import constant
from estimator.formula.dimensions import infer
from estimator.formula.ranges import Shape
from estimator.formula.sampling import COUNT, MOST_ROUNDS, SEED, TooManyRoundsError, Work
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Compare, Logic, Name, Node, Number, names_in, rebuilt, walk
from estimator.model import Declaration, Model, Origin, Quantity
from estimator.scenario.headlines import TOTALS
from estimator.units import write

_DRIVEN = ("servers", "storage.retained", "cost.per_month", "requests.peak")
_MOST_DRIVEN = 3
_MOST_DRIVERS = 5
_MOST_NARROWED = 3
_LEAST_SHARE = 0.01
_TURNS = 0.3  # a correlation, below which neither more nor less is what it makes
_NARROWING_DRAWS = 8_192  # a ratio of two percentiles takes no more digits
STATISTICS = frozenset({"p5", "p50", "p95", "mean", "probability"})
_STATISTIC = re.compile(rf"\b(?:{'|'.join(sorted(STATISTICS))})\s*\(")


Compute: TypeAlias = Callable[[Model, Mapping[str, float] | None], dict[str, float] | None]
"""Computes a model; what is wrong is told unless there are values that stand until then."""


class Asked(NamedTuple):
    """What is asked of the ranges of a scenario.

    Attributes:
        draws: How many draws to take.
        seed: Which.
        everything: Whether all quantities are asked about, or those alone that people ask first.
        drivers: Further quantities whose drivers are asked for.
        progress: Told how many draws are done, of how many.
        tornado: Quantities that are asked for with each range at its ends.
        sobol: Quantities whose Sobol indices are asked for.
    """

    draws: int = COUNT
    seed: int = SEED
    everything: bool = False
    drivers: tuple[str, ...] = ()
    progress: Callable[[int, int], None] | None = None
    tornado: tuple[str, ...] = ()
    sobol: tuple[str, ...] = ()


class Resolved(NamedTuple):
    """A model whose percentiles, means and probabilities are numbers, and what was drawn of it.

    Attributes:
        model: The model.
        values: Its values, with each range at its median.
        uncertainty: What its ranges come to.
        chances: For each of its expectations the share of draws in which it holds; None where
            that depends on no range.
        beyond: What is given by formulas with ranges in them and has bounds: the name, the bound,
            and the share of draws in which it is beyond.
    """

    model: Model
    values: dict[str, float]
    uncertainty: Uncertainty
    chances: tuple[float | None, ...]
    beyond: tuple[tuple[str, str, float], ...] = ()


def is_uncertain(model: Model) -> bool:
    """Has a model ranges?"""
    return any(
        quantity.distribution is not None and quantity.distribution.shape is not Shape.CONSTANT
        for quantity in model.quantities.values()
    )


def resolved(
    model: Model,
    values: dict[str, float],
    asked: Asked,
    compute: Compute,
) -> Resolved | None:
    """What the ranges of a model come to, or None where its percentiles leave it without values.

    Args:
        model: A checked model with ranges.
        values: Its values, with each range at its median.
        asked: What is asked of it.
        compute: Computes the values of a model, where percentiles in formulas have changed it.
    """
    from estimator.evaluate.samples import costly, sample, uncertain

    told = with_statistics(model, values, asked, compute)
    if told is None:
        return None
    model, values, means = told
    unsure = uncertain(model)
    own = [n for n, q in model.quantities.items() if q.origin is Origin.OWN]
    headlines = [n for n in (*TOTALS, *own) if n in unsure]
    expected = [n for e in model.expectations for n in names_in(e.tree) if n in unsure]
    slow = costly(model)
    wanted = list(
        dict.fromkeys([*headlines, *expected, *(d for d in asked.drivers if d in unsure)])
    )
    if asked.everything:
        wanted = list(dict.fromkeys([*wanted, *(n for n in model.order if n in unsure)]))
    else:
        quick = unsure - slow | {*asked.drivers, *own}
        wanted = [n for n in wanted if n in quick]
        headlines = [n for n in headlines if n in quick]
    binding = _binding(model, unsure, slow)
    enough = _enough(model, unsure - slow)
    conditions = [e.tree for e in model.expectations]
    conditions += [tree for _, _, tree in binding]
    conditions += [tree for _, tree in enough]
    bounded = _bounded(model, unsure - slow)
    conditions += [tree for _, _, tree in bounded]
    driven = _driven(model, headlines, wanted, asked)
    found = sample(
        model,
        values,
        wanted,
        conditions,
        count=asked.draws,
        seed=asked.seed,
        driven=driven,
        progress=asked.progress,
    )
    chances = iter(found.chances)
    held = [next(chances) for _ in model.expectations]
    binds: dict[str, dict[str, float]] = {}
    for component, resource, _ in binding:
        binds.setdefault(component, {})[resource] = next(chances)
    suffices = {component: next(chances) for component, _ in enough}
    beyond = tuple((name, bound, 1.0 - next(chances)) for name, bound, _ in bounded)
    uncertainty = Uncertainty(
        asked.draws,
        asked.seed,
        {n: d.name for n, d in model.ranges.items()},
        found.spreads,
        {},
        tuple(headlines),
        _drivers(model, values, found, asked),
        {n: found.sources[n] for n in driven if n in found.sources},
        means,
        binds,
        suffices,
    )
    depends = [any(n in unsure for n in names_in(e.tree)) for e in model.expectations]
    return Resolved(
        model,
        values,
        uncertainty,
        tuple(c if d else None for c, d in zip(held, depends, strict=True)),
        beyond,
    )


# --- what spreads come from -----------------------------------------------------------------------


def _driven(
    model: Model, headlines: Sequence[str], wanted: Sequence[str], asked: Asked
) -> list[str]:
    """The quantities of which it is told what their spread comes from."""
    ranges = model.ranges  # each drives itself, which need not be told
    shown = set(headlines)
    first = [n for n in (*_DRIVEN, *headlines) if n in shown and n not in ranges]
    names = [*asked.drivers, *list(dict.fromkeys(first))[:_MOST_DRIVEN]]
    return [n for n in dict.fromkeys(names) if n in wanted]


def _drivers(
    model: Model, values: Mapping[str, float], found: Sampled, asked: Asked
) -> dict[str, tuple[Driver, ...]]:
    """For each of a few quantities its ranges by the share of its variance."""
    from estimator.evaluate.samples import narrowed

    names = list(found.sources)
    ranked = {n: _ranked(found.sources[n]) for n in names}
    narrowing = dict.fromkeys(r for n in names for r in ranked[n][:_MOST_NARROWED])
    count = min(asked.draws, _NARROWING_DRAWS)
    known = narrowed(model, values, names, list(narrowing), count=count, seed=asked.seed)
    return {
        name: tuple(
            Driver(
                range_,
                found.sources[name].shares[range_],
                _direction(found.sources[name].directions[range_]),
                _width(known[range_][name]) if range_ in known else None,
            )
            for range_ in ranked[name]
        )
        for name in names
    }


def _direction(towards: float) -> int:
    """Is more of a range more or less? Neither, where that turns."""
    return 0 if abs(towards) < _TURNS else (1 if towards > 0.0 else -1)


def _ranked(sources: Sources) -> list[str]:
    """The ranges that matter to a quantity, the most important first."""
    shares = sources.shares
    found = sorted(shares, key=lambda r: -abs(shares[r]))
    return [r for r in found if abs(shares[r]) >= _LEAST_SHARE][:_MOST_DRIVERS]


def _width(spread: Spread) -> float | None:
    """How many times the 5th percentile the 95th is."""
    return spread.p95 / spread.p5 if spread.p5 > 0 else None


# --- chances --------------------------------------------------------------------------------------


def _binding(model: Model, unsure: set[str], slow: set[str]) -> list[tuple[str, str, Node]]:
    """For each component and resource, the condition that it decides; ties go to the first."""
    found: list[tuple[str, str, Node]] = []
    for component, _ in model.components:
        start = f"{component}.nodes."
        names = [n for n in model.quantities if n.startswith(start) and n != f"{start}availability"]
        if len(names) < 2 or unsure.isdisjoint(names) or not slow.isdisjoint(names):
            continue
        for at, name in enumerate(names):
            terms = [_compared(">=", name, other) for other in names[at + 1 :]]
            terms += [_compared(">", name, other) for other in names[:at]]
            tree = terms[0] if len(terms) == 1 else Logic("and", tuple(terms), (0, 0))
            found.append((component, name.removeprefix(start), tree))
    return found


def _compared(op: str, one: str, other: str) -> Compare:
    left, right = (Name(n, (0, 0), absolute=True) for n in (one, other))
    return Compare(op, left, right, (0, 0))


def _enough(model: Model, unsure: set[str]) -> list[tuple[str, Node]]:
    """For each fleet that is pinned, the condition that it is enough."""
    found: list[tuple[str, Node]] = []
    for component, _ in model.components:
        nodes = model.quantities.get(f"{component}.nodes")
        required = f"{component}.required_nodes"
        if nodes is not None and nodes.origin is Origin.PINNED and required in unsure:
            found.append((component, _compared("<=", required, nodes.name)))
    return found


def _bounded(model: Model, unsure: set[str]) -> list[tuple[str, str, Node]]:
    """What formulas with ranges in them have to keep: the name, the bound, and the condition.

    Of what is a range itself, this is known without draws.
    """
    found: list[tuple[str, str, Node]] = []
    for name, quantity in model.quantities.items():
        given = name in unsure and quantity.origin.replaces_library
        if quantity.bounds is None or quantity.distribution is not None or not given:
            continue
        for bound in quantity.bounds.given():
            end = Number(constant(bound.text, model.calendar), (0, 0))
            tree = Compare(bound.op, Name(name, (0, 0), absolute=True), end, (0, 0))
            found.append((name, bound.words, tree))
    return found


# --- percentiles in formulas ----------------------------------------------------------------------


def with_statistics(
    model: Model,
    values: dict[str, float],
    asked: Asked,
    compute: Compute,
) -> tuple[Model, dict[str, float], tuple[Mean, ...]] | None:
    """The model with a number in place of each `p95(...)` and the like; and the means of these.

    One may be asked of what follows from another, so that they are worked out round by round.
    """
    from estimator.evaluate.samples import uncertain

    given = model
    means: dict[Call, Mean] = {}
    work = Work()
    for round_ in count():
        unsure = uncertain(model)
        trees = {n: q.tree for n, q in model.quantities.items() if _STATISTIC.search(q.text.value)}
        trees.update((f"#{i}", e.tree) for i, e in enumerate(model.expectations))
        texts = {n: model.quantities[n].text for n in trees if n in model.quantities}
        texts.update((f"#{i}", e.text) for i, e in enumerate(model.expectations))
        calls = {c: texts[n] for n, tree in trees.items() for c in _statistics(tree, unsure)}
        open_ = {n for n, tree in trees.items() if _statistics(tree, unsure)}
        ready = [c for c in calls if open_.isdisjoint(model.leading_to(names_in(c)))]
        if not ready:
            known = values if model is given else compute(model, None)
            in_order = sorted(means.values(), key=lambda m: m.place.start if m.place else 0)
            return None if known is None else (model, known, tuple(in_order))
        if round_ == MOST_ROUNDS:
            raise TooManyRoundsError(calls[ready[0]].place)
        numbers, found = _told(model, values, ready, asked, work)
        for call, (error, draws) in found.items():
            means[call] = _mean(model, call, calls[call], numbers[call], error, draws)
        quantities = dict(model.quantities)
        for name in open_:
            if name in quantities:
                tree = _replaced(quantities[name].tree, numbers)
                quantities[name] = quantities[name].computed_by(tree)
        expectations = [replace(e, tree=_replaced(e.tree, numbers)) for e in model.expectations]
        model = replace(model, quantities=quantities, expectations=expectations)
        values = compute(model, values) or values
    raise AssertionError("there are rounds without end")


def _statistics(tree: Node, unsure: set[str]) -> list[Call]:
    """The outermost percentiles and the like of what is uncertain."""
    return [
        n
        for n in walk(tree)
        if isinstance(n, Call)
        and n.function in STATISTICS
        and any(name in unsure for name in names_in(n))
    ]


def _told(
    model: Model, values: Mapping[str, float], calls: Sequence[Call], asked: Asked, work: Work
) -> tuple[dict[Call, float], dict[Call, tuple[float, int]]]:
    """What each percentile, mean or probability is; and of means the errors, from so many draws."""
    from estimator.evaluate.moments import Moments
    from estimator.evaluate.samples import sample, uncertain

    inner = [c for c in calls if not any(_statistics(a, set(names_in(a))) for a in c.arguments)]
    moments = Moments(model, values, uncertain(model))
    exact = {c: moments.mean(c.arguments[0]) for c in inner if c.function == "mean"}
    numbers = {c: mean for c, mean in exact.items() if mean is not None}
    errors = dict.fromkeys(numbers, (0.0, 0))
    conditions = [c for c in inner if c.function == "probability"]
    others = [c for c in inner if c.function != "probability" and c not in numbers]
    quantities = dict(model.quantities)
    named: dict[Call, str] = {}
    for index, call in enumerate(others):
        tree = call.arguments[0]
        name = tree.path if isinstance(tree, Name) else f"#{index}"
        named[call] = name
        if not isinstance(tree, Name):
            formula = LinkedFormula.of(tree)
            first = model.quantities[formula.names[0]]
            said = Declaration(first.text, Origin.OWN)
            quantities[name] = Quantity(name, said, formula, None)
    found = sample(
        replace(model, quantities=quantities),
        values,
        list(named.values()),
        [c.arguments[0] for c in conditions],
        count=asked.draws,
        seed=asked.seed,
        progress=asked.progress,
        work=work,
    )
    numbers.update(zip(conditions, found.chances, strict=True))
    for call, name in named.items():
        spread = found.spreads[name]
        numbers[call] = getattr(spread, call.function)
        if call.function == "mean":
            errors[call] = (spread.mean_error, spread.draws)
    return numbers, errors


def _mean(model: Model, call: Call, text: Text, value: float, error: float, draws: int) -> Mean:
    """A mean for people, with its standard error."""
    dimension = infer(call, lambda name: model.quantities[name.path].dimension)
    tree = call.arguments[0]
    hint = model.quantities[tree.path].hint if isinstance(tree, Name) else ""
    hint = hint if hint == "share" else ""  # no mean is whole
    texts = [
        write(number, dimension, hint=hint, calendar=model.calendar)
        if math.isfinite(number)
        else ""
        for number in (value, error)
    ]
    formula = text.value[slice(*call.span)]
    return Mean(formula, value, error, (texts[0], texts[1]), draws, text.place)


def _replaced(tree: Node, numbers: Mapping[Call, float]) -> Node:
    if isinstance(tree, Call) and tree in numbers:
        return Number(numbers[tree], tree.span)
    return rebuilt(tree, lambda part: _replaced(part, numbers))
