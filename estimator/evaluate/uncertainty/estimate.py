"""Estimate how far the quantities of a model spread, what drives them, and chances."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from estimator.evaluate.sampled import Driver, Sampled, Sources, Spread, Uncertainty
from estimator.evaluate.uncertainty.chances import Conditions
from estimator.evaluate.uncertainty.dependence import costly, uncertain
from estimator.evaluate.uncertainty.options import SamplingOptions
from estimator.evaluate.uncertainty.statistics import Compute, with_statistics
from estimator.formula.sampling import MOST_WORK, Work
from estimator.formula.tree import names_in
from estimator.model import Model, Origin
from estimator.scenario.headlines import TOTALS

_DRIVEN = ("servers", "storage.retained", "cost.per_month", "requests.peak")
_MOST_DRIVEN = 3
_MOST_DRIVERS = 5
_MOST_NARROWED = 3
_LEAST_SHARE = 0.01
_TURNS = 0.3  # a correlation, below which neither more nor less is what it makes
_NARROWING_SAMPLES = 8_192  # a ratio of two percentiles takes no more digits

_Value = TypeVar("_Value")


class UncertainEstimate(NamedTuple):
    """A model whose percentiles, means and probabilities are numbers, and what samples say of it.

    Attributes:
        model: The model.
        values: Its values, with each range at its median.
        uncertainty: How far its quantities spread, and the rest of what samples say.
        chances: For each of its expectations the share of samples in which it holds; None where
            that depends on no range.
        beyond: What is given by formulas with ranges in them and has bounds: the name, the bound,
            and the share of samples in which it is beyond.
    """

    model: Model
    values: dict[str, float]
    uncertainty: Uncertainty
    chances: tuple[float | None, ...]
    beyond: tuple[tuple[str, str, float], ...] = ()


def estimate_uncertainty(
    model: Model,
    values: dict[str, float],
    options: SamplingOptions,
    compute: Compute,
) -> UncertainEstimate | None:
    """Estimate from the ranges of a model; None where percentiles leave it without values.

    Args:
        model: A checked model with ranges.
        values: Its values, with each range at its median.
        options: How many samples to take, and what to compute of them.
        compute: Computes the values of a model, where percentiles in formulas have changed it.

    Raises:
        TooMuchWorkError: If it would take too long.
        TooManyRoundsError: If too many percentiles follow each from the one before.
    """
    from estimator.evaluate.uncertainty.samples import sample

    resolved = with_statistics(model, values, options, compute)
    if resolved is None:
        return None
    model, values, means = resolved
    if options.values_only:
        nothing = Uncertainty(options.draws, options.seed, {}, {}, {}, (), {}, {}, means, {}, {})
        return UncertainEstimate(model, values, nothing, (None,) * len(model.expectations))
    unsure = uncertain(model)
    slow = costly(model, unsure)
    headlines, selected = _selected(model, unsure, slow, options)
    conditions = Conditions.of(model, unsure, slow)
    trees = conditions.trees
    at_once = len(trees) if options.everything else len(trees) - len(conditions.bottlenecks)
    driven = _driven(model, headlines, selected, options)
    work = Work()
    found = sample(
        model,
        values,
        selected,
        trees[:at_once],
        count=options.draws,
        seed=options.seed,
        driven=driven,
        progress=options.progress,
        work=work,
        later=trees[at_once:],
    )
    chances = conditions.chances(found.chances, unsure)
    uncertainty = Uncertainty(
        draws=options.draws,
        seed=options.seed,
        ranges={n: d.name for n, d in model.ranges.items()},
        spreads=found.spreads,
        texts={},
        headlines=tuple(headlines),
        drivers=_drivers(model, values, found, options, work),
        sources={n: found.sources[n] for n in driven if n in found.sources},
        means=means,
        binds=_binds(model, values, conditions, found, options),
        suffices=chances.suffices,
    )
    return UncertainEstimate(model, values, uncertainty, chances.expectations, chances.beyond)


def _selected(
    model: Model, unsure: set[str], slow: set[str], options: SamplingOptions
) -> tuple[list[str], list[str]]:
    """Return the quantities that people ask for first, and all whose spreads are shown."""
    own = [n for n, q in model.quantities.items() if q.origin is Origin.OWN]
    headlines = [n for n in (*TOTALS, *own) if n in unsure]
    expected = [n for e in model.expectations for n in names_in(e.tree) if n in unsure]
    drivers = [d for d in options.drivers if d in unsure]
    selected = [*headlines, *expected, *drivers]
    if options.everything:
        selected += [n for n in model.order if n in unsure]
    else:
        asked = {"servers", "cost.per_month"} if options.uncertain_defaults else set()
        quick = unsure - slow | {*options.drivers, *own, *asked}
        selected = [n for n in selected if n in quick]
        headlines = [n for n in headlines if n in quick]
    return headlines, list(dict.fromkeys(selected))


# --- what spreads come from -----------------------------------------------------------------------


def _driven(
    model: Model, headlines: Sequence[str], selected: Sequence[str], options: SamplingOptions
) -> list[str]:
    """Return the quantities of which it is shown what their spread comes from."""
    ranges = model.ranges  # each drives itself, which need not be shown
    shown = set(headlines)
    first = [n for n in (*_DRIVEN, *headlines) if n in shown and n not in ranges]
    names = [*options.drivers, *list(dict.fromkeys(first))[:_MOST_DRIVEN]]
    return [n for n in dict.fromkeys(names) if n in selected]


class _Later(Mapping[str, _Value]):
    """Values that are sampled when they are read, as a run that shows the answer alone never does.

    Args:
        names: What it is of.
        make: Makes all values.
    """

    def __init__(self, names: Collection[str], make: Callable[[], Mapping[str, _Value]]) -> None:
        self._names, self._make = names, make

    @cached_property
    def made(self) -> Mapping[str, _Value]:
        """All values."""
        return self._make()

    def __getitem__(self, name: str) -> _Value:
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _binds(
    model: Model,
    values: Mapping[str, float],
    conditions: Conditions,
    found: Sampled,
    options: SamplingOptions,
) -> Mapping[str, Mapping[str, float]]:
    """Return for each component how often each resource decides how many nodes there are.

    It is counted later if it is not counted yet: that is an eighth of what ranges add to a run.
    """
    from estimator.evaluate.uncertainty.samples import sample

    trees = [tree for *_, tree in conditions.bottlenecks]
    if options.everything:
        return conditions.binds(found.chances[len(found.chances) - len(trees) :])

    def counted() -> dict[str, dict[str, float]]:
        again = sample(model, values, (), trees, count=options.draws, seed=options.seed)
        return conditions.binds(again.chances)

    names = dict.fromkeys(component for component, *_ in conditions.bottlenecks)
    return _Later(names, counted)


def _drivers(
    model: Model,
    values: Mapping[str, float],
    found: Sampled,
    options: SamplingOptions,
    work: Work,
) -> Mapping[str, tuple[Driver, ...]]:
    """Return for each of a few quantities its ranges by the share of its variance.

    How much narrower it would be without one is sampled later, unless that might be too much work:
    it is an eighth of what ranges add to a run.

    Raises:
        TooMuchWorkError: If it would take too long.
    """
    ranked = {name: _ranked(sources) for name, sources in found.sources.items()}
    drivers = _Later(ranked, lambda: _with_widths(model, values, found, options, ranked))
    is_much = len(_narrowing(ranked)) * work.values > MOST_WORK
    return drivers.made if is_much else drivers


def _narrowing(ranked: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the ranges of which it is shown how much narrower a quantity would be without them."""
    return list(dict.fromkeys(r for ranges in ranked.values() for r in ranges[:_MOST_NARROWED]))


def _with_widths(
    model: Model,
    values: Mapping[str, float],
    found: Sampled,
    options: SamplingOptions,
    ranked: Mapping[str, Sequence[str]],
) -> dict[str, tuple[Driver, ...]]:
    from estimator.evaluate.uncertainty.samples import spreads_with_known

    count = min(options.draws, _NARROWING_SAMPLES)
    known = spreads_with_known(
        model, values, list(ranked), _narrowing(ranked), count=count, seed=options.seed
    )
    return {
        name: tuple(
            Driver(
                range_,
                found.sources[name].shares[range_],
                _direction(found.sources[name].directions[range_]),
                _width(known[range_][name]) if range_ in known else None,
            )
            for range_ in ranges
        )
        for name, ranges in ranked.items()
    }


def _direction(towards: float) -> int:
    """Return 1 where more of a range is more, -1 where it is less, and 0 where that turns."""
    return 0 if abs(towards) < _TURNS else (1 if towards > 0.0 else -1)


def _ranked(sources: Sources) -> list[str]:
    """Return the ranges that matter to a quantity, the most important first."""
    shares = sources.shares
    found = sorted(shares, key=lambda r: -abs(shares[r]))
    return [r for r in found if abs(shares[r]) >= _LEAST_SHARE][:_MOST_DRIVERS]


def _width(spread: Spread) -> float | None:
    """Return how many times the 5th percentile the 95th is."""
    return spread.p95 / spread.p5 if spread.p5 > 0 else None
