"""A scenario to its report, with what it leaves to be chosen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from estimator.analyse.used import AS_IT_IS, BuildOptions, Linked
from estimator.diagnostics import Problems, Text
from estimator.evaluate import Report, SamplingOptions, check_given, evaluate
from estimator.evaluate.assumptions import Gathered
from estimator.evaluate.failures import refuse_work, values_of
from estimator.formula.sampling import TooMuchWorkError
from estimator.model import Model
from estimator.scenario.load import Loaded

if TYPE_CHECKING:
    from estimator.analyse.measure_first import Moved
    from estimator.evaluate.choice import MachineChoice


class Estimate(NamedTuple):
    """A scenario's model and what it came to."""

    model: Model
    report: Report


def estimated(
    loaded: Loaded,
    problems: Problems,
    built: BuildOptions = AS_IT_IS,
    options: SamplingOptions | None = None,
) -> Estimate | None:
    """Return a scenario's model and report, or None with everything wrong added to `problems`.

    Machines that are left open (`node: cheapest`) are chosen first: for each component the cheapest
    by itself, then in the order of the file the cheapest that keeps the service levels as well.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        built: How it is built.
        options: How its ranges are sampled, if it has any.
    """
    first = Problems()
    linked = Linked(loaded, built, chosen_machines)
    model = linked.build(first)
    machines: list[MachineChoice] = []
    if model is not None and model.open_machines:
        chosen = _machines(model, first, problems)
        if chosen is None:
            return None
        machines = chosen.choices
        first = Problems()
        model = linked.build(first, machines=chosen.said)
    problems.found.extend(first.found)
    if model is None:
        return None
    if options is not None and options.uncertain_defaults:
        model = _with_uncertain_defaults(model)
    name = built.variant.value if built.variant else ""
    model = _with_runways(model, options, problems)
    report = evaluate(model, problems, variant=name, options=options)
    linked.noted(problems)
    if report is None:
        return None
    whole = _with_sensitivity(report._replace(machines=tuple(machines)), model, options, problems)
    return None if whole is None else Estimate(model, _ranked(model, whole, options))


def _with_uncertain_defaults(model: Model) -> Model:
    """Return the model with a range for each default that the library is not sure of."""
    from estimator.model.bands import with_uncertain_defaults  # seldom needed

    values = values_of(model, Problems())
    return model if values is None else with_uncertain_defaults(model, values)


def _with_runways(model: Model, options: SamplingOptions | None, problems: Problems) -> Model:
    """Return the model with numbers for the runways that it expects; as it is without values."""
    asking = [e for e in model.expectations if "runway" in e.text.value]
    if not asking:
        return model
    if model.timeline.as_of is None:
        today = date.today().isoformat()
        problems.add(
            "W127",
            "the file does not say when its loads hold, so that a runway never gets shorter",
            asking[0].text.place,
            help=f"write `as_of: {today}` if they hold today",
        )
    from estimator.analyse.runway import with_runways

    try:
        return with_runways(model, seed=(options or SamplingOptions()).seed)
    except (ArithmeticError, ValueError):
        return model  # why it has no values is said when it is evaluated


def _with_sensitivity(
    report: Report, model: Model, options: SamplingOptions | None, problems: Problems
) -> Report | None:
    """Return a report with the tornadoes and Sobol indices that are wanted; None if too slow."""
    if options is None or report.uncertainty is None or not (options.tornado or options.sobol):
        return report
    from estimator.analyse.sensitivity import with_sensitivity

    try:
        return with_sensitivity(report, model, options)
    except TooMuchWorkError as error:
        refuse_work(error, model, problems)
        return None


def _ranked(model: Model, report: Report, options: SamplingOptions | None) -> Report:
    """Return the report with what to measure first, and what the defaults allow, when shown.

    What samples of the defaults say better is not said by their ends as well.
    """
    is_sampled = options is not None and options.uncertain_defaults

    @cache
    def moved() -> Moved:
        from estimator.analyse.measure_first import measure_first  # a check never shows it

        return measure_first(model, report)

    return report._replace(
        measure_first=Gathered(lambda: moved().influences),
        default_bands=() if is_sampled else Gathered(lambda: moved().bands),
    )


def chosen_machines(model: Model, problems: Problems) -> Mapping[str, Text] | None:
    """Return the machines of a scenario that another uses, by what would name them there."""
    found = _machines(model, Problems(), problems)
    return None if found is None else found.said


class _Machines(NamedTuple):
    """The machines that were chosen, and what the scenario would say to name them."""

    choices: list[MachineChoice]
    said: dict[str, Text]


def _machines(model: Model, found: Problems, problems: Problems) -> _Machines | None:
    """Return the machines for all that leave them open, or None with the errors reported.

    Args:
        model: The model with a first machine for each.
        found: What was found of it.
        problems: Where errors go.
    """
    from estimator.analyse.machines import choose  # seldom needed, and importing it takes long

    refused = Problems()
    chosen, choices = choose(model, refused)
    if len(chosen) < len(model.open_machines):
        given = Problems()  # what is wrong with any machine is reported as itself
        check_given(model, given)
        problems.found.extend([*found.found, *(given.errors or refused.found)])
        return None
    machines = model.open_machines
    said = {m.name: Text(chosen[m.name], m.text.place) for m in machines}
    return _Machines(choices, said)
