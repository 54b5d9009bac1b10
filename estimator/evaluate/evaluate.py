"""Computing a model once, and what its values mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from estimator.diagnostics import Problems
from estimator.evaluate.ages import ages
from estimator.evaluate.assumptions import Gathered, assumptions
from estimator.evaluate.bottlenecks import bottlenecks_of, warn_of_pins
from estimator.evaluate.bounds import CHANCE, add_beyond, check_bounds
from estimator.evaluate.conditions import KnownValues, outcome_of, undecided
from estimator.evaluate.failures import (
    as_far_as_possible,
    check_slowness,
    refuse_work,
    values_between_rounds,
    values_of,
)
from estimator.evaluate.follows import follows
from estimator.evaluate.program import Program, compile_program
from estimator.evaluate.report import Component, Outcome, Report
from estimator.evaluate.shown import LazyValues, percentile_texts
from estimator.evaluate.uncertainty import SamplingOptions, is_uncertain
from estimator.evaluate.warnings import (
    warn_of_concerns,
    warn_of_impossible,
    warn_of_means,
    warn_of_shares,
    warn_of_stale,
)
from estimator.evaluate.wiring import warn_of_wiring
from estimator.formula.sampling import MOST_ROUNDS, TooManyRoundsError, TooMuchWorkError
from estimator.model import Model, Origin
from estimator.scenario.sections import SERVICE_LEVELS

if TYPE_CHECKING:
    from estimator.evaluate.sampled import Uncertainty


def evaluate(
    model: Model,
    problems: Problems,
    *,
    variant: str = "",
    today: date | None = None,
    options: SamplingOptions | None = None,
) -> Report | None:
    """Return the report of a model, or None with what cannot be computed added to `problems`.

    Args:
        model: A checked model.
        problems: Where errors and warnings go.
        variant: The name of the variant that was chosen, for the report.
        today: The day on which waivers are judged; today unless given.
        options: How its ranges are sampled, if it has any.
    """
    before = len(problems.errors)
    if (computed := _computed(model, problems)) is None:
        return None
    values, program = computed
    uncertainty: Uncertainty | None = None
    chances: tuple[float | None, ...] = (None,) * len(model.expectations)
    if is_uncertain(model) and len(problems.errors) == before:
        # Here, and not where it is used: an import nests so deeply that Python maps and unmaps the
        # memory of its frames 1,900 times if it begins a few calls further down: 7 ms of 60.
        import numpy  # noqa: F401 - it is only loaded

        sampled = _sampled(model, values, problems, options or SamplingOptions())
        if sampled is None:
            return None
        model, values, uncertainty, chances = sampled
    known = KnownValues(model.calendar, values)
    outcomes = [
        outcome_of(e, chance, model, known, problems, today)
        for e, chance in zip(model.expectations, chances, strict=True)
    ]
    if len(problems.errors) > before:
        return None
    bottlenecks = bottlenecks_of(model, values)
    warn_of_pins(model, bottlenecks, problems)
    warn_of_concerns(model, known, values, problems)
    if not model.unknown:  # what is not known may be what is missed
        warn_of_wiring(model, values, problems)
    warn_of_stale(model, values, today or date.today(), problems)
    # sampling replaces statistics by numbers, which makes another program
    shown = LazyValues(model, values, program if uncertainty is None else None)
    young = Gathered(lambda: ages(model, shown))
    return Report(
        model.name,
        model.about,
        model.file,
        variant,
        model.calendar,
        model.rounding,
        model.binary,
        shown,
        tuple(model.actions),
        tuple(components_of(model)),
        Gathered(lambda: assumptions(model, values)),
        tuple(bottlenecks),
        _in_order([*(o for o in outcomes if o is not None), *map(undecided, model.undecided)]),
        _own(model),
        uncertainty=uncertainty,
        ages=young,
        internal=tuple(model.internal),
        covered=_covered(model),
        untimed=tuple(_untimed(model, values)),
        latency_until=dict(_latency_until(model)),
        follows=Gathered(lambda: follows(model, values, young)),
        requires=model.requires,
        objectives=_objectives(model),
        inputs=_inputs(model),
        unknown=model.unknown,
        shares=model.shares,
    )


def _computed(model: Model, problems: Problems) -> tuple[dict[str, float], Program] | None:
    """Return all values and the program that computes them; None if a value cannot be computed.

    Values out of bounds are added to `problems`.
    """
    before = len(problems.errors)
    check_slowness(model, problems)
    if len(problems.errors) > before:
        return None
    program = compile_program(model)
    values = values_of(model, problems, program)
    if values is None:
        return None
    check_bounds(model, values, problems)
    return values, program


def _sampled(
    model: Model, values: dict[str, float], problems: Problems, options: SamplingOptions
) -> tuple[Model, dict[str, float], Uncertainty, tuple[float | None, ...]] | None:
    """Return the model and its values with statistics as numbers, what samples say, and chances.

    None with the errors added to `problems` where it would take too long.
    """
    from estimator.evaluate.uncertainty.estimate import estimate_uncertainty

    try:
        found = estimate_uncertainty(
            model, values, options, lambda m, known: values_between_rounds(m, known, problems)
        )
    except TooMuchWorkError as error:
        refuse_work(error, model, problems)
        return None
    except TooManyRoundsError as error:
        problems.add(
            "E051",
            f"more than {MOST_ROUNDS} percentiles depend on one another in a chain",
            error.place,
            help="take one percentile, of what they all depend on",
        )
        return None
    if found is None:
        return None
    model, values, uncertainty, chances, beyond = found
    for name, bound, chance in beyond:
        if chance > CHANCE:
            add_beyond(name, bound, chance, model.quantities[name], problems)
    uncertainty = uncertainty._replace(texts=percentile_texts(uncertainty, model))
    warn_of_impossible(uncertainty, model, problems)
    warn_of_means(uncertainty, problems)
    warn_of_shares(model, problems)
    return model, values, uncertainty, chances


def evaluate_in_part(model: Model) -> Report:
    """Return the report of a model of which something is wrong: the values that it has."""
    known = values_of(model, Problems()) or as_far_as_possible(model)[0]
    return Report(
        model.name,
        model.about,
        model.file,
        "",
        model.calendar,
        model.rounding,
        model.binary,
        LazyValues(model, known),
        tuple(model.actions),
        tuple(components_of(model)),
        assumptions=(),
        bottlenecks=(),
        expectations=(),
        own=tuple(n for n in _own(model) if n in known),
    )


def _own(model: Model) -> tuple[str, ...]:
    return tuple([q.name for q in model.said if q.origin is Origin.OWN])


def _in_order(outcomes: list[Outcome]) -> tuple[Outcome, ...]:
    """Return outcomes in the order in which their expectations stand in the file."""
    return tuple(sorted(outcomes, key=lambda outcome: outcome.place.start))


def _inputs(model: Model) -> tuple[str, ...]:
    """Return the inputs that the file names, or says of where their values are from."""
    named, others = [], []
    for quantity in model.said:
        if quantity.origin is Origin.INPUT:
            named.append(quantity.name)
        elif quantity.provenance is not None:
            others.append(quantity.name)
    return (*named, *others)


def _covered(model: Model) -> dict[str, tuple[str, ...]]:
    """Return the actions that each service level is for; none where it is for all components."""
    found = {}
    for level in SERVICE_LEVELS:
        estimates = (f"{level}.estimate.{name}" for name in ("availability", "p50", "p95", "p99"))
        first = next((name for name in estimates if name in model.quantities), None)
        if first is not None:
            owners = {use.partition(".")[0] for use in model.quantities[first].uses}
            found[level] = tuple(action for action in model.actions if action in owners)
    return found


def _objectives(model: Model) -> dict[str, tuple[str, ...]]:
    """Return the actions that each objective is for; none where it is for all components."""
    found = {}
    for level in SERVICE_LEVELS:
        for statistic in ("availability", "p50", "p95", "p99"):
            estimate = model.quantities.get(f"{level}.estimate.{statistic}")
            if estimate is not None:
                owners = {use.partition(".")[0] for use in estimate.uses}
                names = tuple(action for action in model.actions if action in owners)
                found[f"{level}.{statistic}"] = names
    return found


def components_of(model: Model) -> Iterator[Component]:
    """Yield the components, each with the names of its quantities that its kind has shown."""
    for name, kind in model.components:
        results = tuple(n for n in model.wiring[name].results if n in model.quantities)
        yield Component(name, kind, results)


def _latency_until(model: Model) -> Iterator[tuple[str, str]]:
    """Yield the components of which less than the whole is waited for, with what is."""
    for choice in model.choices:
        component, _, name = choice.name.rpartition(".")
        if name == LATENCY_UNTIL and not choice.value.startswith("whole"):
            yield component, choice.value.replace("_", " ")


LATENCY_UNTIL = "latency_until"
"""The parameter of a kind that says what its latency ends with; one of its choices is the whole."""


def _untimed(model: Model, values: Mapping[str, float]) -> Iterator[str]:
    """Yield the components that actions wait for and whose service time is zero by default."""
    waited_for = {name.rpartition(".")[2] for name in values if ".residence." in name}
    for component, _ in model.components:
        time = model.quantities.get(f"{component}.service_time")
        if component not in waited_for or time is None or time.origin is not Origin.DEFAULT:
            continue
        latencies = (f"{component}.latency.{side}" for side in ("read", "write"))
        counts = any(time.name in q.uses for n in latencies if (q := model.quantities.get(n)))
        if counts and values[time.name] == 0.0:
            yield component
