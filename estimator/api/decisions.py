"""Questions of a decision: which design, when it is outgrown, what if, and how far it goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from os import PathLike
from typing import TYPE_CHECKING, TypeAlias

from estimator.api.given import (
    Overrides,
    check_positive,
    formulas_of,
    loaded_of,
    names_of,
    variant_of,
)
from estimator.diagnostics import InputError, Problems, Text
from estimator.formula.sampling import COUNT, SEED

if TYPE_CHECKING:
    from estimator.analyse.designs import Designs as Designs
    from estimator.analyse.forecast import Forecast as Forecast
    from estimator.analyse.solve import Solution as Solution
    from estimator.analyse.sweep import Sweep as Sweep
    from estimator.scenario.load import Loaded

    Scenario = Loaded
    Given: TypeAlias = Scenario | str | PathLike[str]


def compare(
    designs: Given | Sequence[Given | tuple[Given, str | None]],
    *,
    overrides: Overrides | None = None,
    samples: int = COUNT,
    seed: int = SEED,
    uncertain_defaults: bool = False,
) -> Designs:
    """Return designs side by side, and what each gives up.

    Args:
        designs: A scenario, or its file, whose variants to compare; or several, each alone or with
            the name of a variant: None and `base` for the file as it is.
        overrides: Formulas that replace what each scenario says, by name.
        samples: How many samples to take where there are ranges.
        seed: The random seed; the same samples are taken of ranges of the same name.
        uncertain_defaults: Take each default as a range, where the library has one.

    Raises:
        InputError: With everything that is wrong.

    Examples:
        >>> import estimator
        >>> text = "{users: 1M, derive: {x: users * 2}, variants: {busy: {users: 4M}}}"
        >>> found = estimator.compare(estimator.load(text=text))
        >>> [(row["design"], row["text"]) for row in found.records()]
        [('base', '2M'), ('busy', '8M')]
    """
    from estimator.analyse import BuildOptions, estimated
    from estimator.analyse.designs import compare_designs
    from estimator.evaluate import SamplingOptions

    check_positive(samples=samples)
    problems, found = Problems(), []
    chosen = list(_designs(designs))
    for loaded, name in chosen:
        variant = None if name in (None, "base") else name
        one = estimated(
            loaded,
            problems,
            BuildOptions(formulas_of(overrides), variant_of(variant)),
            SamplingOptions(samples, seed, uncertain_defaults=uncertain_defaults),
        )
        if one is not None:
            found.append((name or loaded.title, one))
    if len(found) < len(chosen):
        raise InputError(list(dict.fromkeys(problems.found)))
    if len(found) < 2:
        problems.add(
            "E034",
            "there is only one design, so nothing can be compared",
            help="name another variant or scenario, or give the file `variants`",
        )
        raise InputError(problems.found)
    return compare_designs(found, seed)


def _designs(
    designs: Given | Sequence[Given | tuple[Given, str | None]],
) -> Iterator[tuple[Scenario, str | None]]:
    """Yield scenarios, each with the name of a variant; all variants of one that stands alone."""
    from estimator.scenario.load import Loaded

    if isinstance(designs, str | PathLike | Loaded):
        loaded = loaded_of(designs)
        for name in ("base", *(loaded.scenario.variants or {})):
            yield loaded, name
        return
    for one in designs:
        if isinstance(one, str | PathLike | Loaded):
            yield loaded_of(one), None
        else:
            yield loaded_of(one[0]), one[1]


def solve(
    scenario: Scenario | str | PathLike[str],
    name: str,
    until: str,
    *,
    confidence: float | str | None = None,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    seed: int = SEED,
    uncertain_defaults: bool = False,
) -> Solution:
    """Return how far an input can go until a condition no longer holds.

    Args:
        scenario: The scenario, or its file.
        name: The input, such as `users`; or with the ends to look between, `users=1M..1B`.
        until: The condition, such as `servers <= 100`.
        confidence: In what share of the samples it should hold, if there are ranges; 95% by
            default.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        seed: The random seed; the same gives the same samples.
        uncertain_defaults: Take each default as a range, where the library has one.

    Raises:
        InputError: With everything that is wrong.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> estimator.solve(shop, "users", "visit.writes.average <= 1k/s").answer
        'users: at most 8.64M for visit.writes.average <= 1k/s'
    """
    from estimator.analyse import BuildOptions
    from estimator.analyse.axes import axis_of
    from estimator.analyse.solve import share_of, solve
    from estimator.evaluate import SamplingOptions

    problems = Problems()
    axis = axis_of(name, "--for", problems)
    if axis is not None and axis.items and not axis.is_range:
        message = f"`--for {axis.name}` looks between two ends, and not at a list of values"
        help_ = f"write `--for {axis.name}`, or `--for '{axis.name}=1M..1B'`"
        problems.add("E034", message, help=help_)
    share = share_of(confidence, problems)
    problems.check()
    assert axis is not None
    found = solve(
        loaded_of(scenario),
        axis,
        Text.of("--until", until),
        problems,
        BuildOptions(formulas_of(overrides), variant_of(variant)),
        SamplingOptions(seed=seed, uncertain_defaults=uncertain_defaults),
        confidence=share,
    )
    if found is None:
        raise InputError(problems.found)
    return found


def sweep(
    scenario: Scenario | str | PathLike[str],
    over: str | Sequence[str],
    *,
    show: str | Sequence[str] = (),
    steps: int = 10,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    seed: int = SEED,
    uncertain_defaults: bool = False,
    may_be_grid: bool = False,
) -> Sweep:
    """Return a scenario at many values of its inputs.

    Args:
        scenario: The scenario, or its file.
        over: The inputs with their values, such as `users=1M..1B` or `api.node=m7g`.
        show: The results; servers, cost and p99 unless named.
        steps: How many values a range has.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        seed: The random seed; the same gives the same samples.
        uncertain_defaults: Take each default as a range, where the library has one.
        may_be_grid: Whether more than 10,000 points may come in blocks of arrays, as `grid`.

    Raises:
        InputError: With everything that is wrong.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> found = estimator.sweep(shop, "users=1M..4M", show="visit.writes.average", steps=2)
        >>> [(row["users"], round(row["visit.writes.average"])) for row in found.records()]
        [(1000000.0, 116), (4000000.0, 463)]
    """
    from estimator.analyse.axes import axes_of
    from estimator.analyse.sweep import sweep
    from estimator.analyse.sweep_points import Request

    check_positive(steps=steps)
    problems = Problems()
    axes = axes_of(names_of(over), "--over", problems)
    problems.check()
    request = Request(
        axes,
        names_of(show),
        steps,
        formulas_of(overrides),
        variant_of(variant),
        seed,
        may_be_grid,
        uncertain_defaults,
    )
    found = sweep(loaded_of(scenario), request, problems)
    if found is None:
        raise InputError(problems.found)
    return found


def forecast(
    scenario: Scenario | str | PathLike[str],
    *,
    months: int | None = None,
    until: str | date | None = None,
    start: str | date | None = None,
    show: str | Sequence[str] = (),
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    seed: int = SEED,
    uncertain_defaults: bool = False,
) -> Forecast:
    """Return a system month by month, and when it exceeds its limits.

    Args:
        scenario: The scenario, or its file.
        months: How many months; 18 by default.
        until: The last day instead, as `2028-06` or `2028-06-30`.
        start: The day on which the loads of the file hold; what it says as `as_of`, or today.
        show: The results; load, storage, servers and cost unless named.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        seed: The random seed; the same gives the same samples.
        uncertain_defaults: Take each default as a range, where the library has one.

    Raises:
        InputError: With everything that is wrong.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> growing = {"traffic.growth": "10%/month"}
        >>> found = estimator.forecast(
        ...     shop, start="2027-01-01", months=2, overrides=growing, show="visit.writes.average"
        ... )
        >>> [(str(row["date"]), round(row["visit.writes.average"])) for row in found.records()]
        [('2027-01-01', 116), ('2027-02-01', 127), ('2027-03-01', 140)]
    """
    from estimator.analyse import BuildOptions, estimated
    from estimator.analyse.forecast import check_growth, check_names, forecast, span_of
    from estimator.evaluate import SamplingOptions
    from estimator.evaluate.shown import numbers

    check_positive(months=months)
    problems = Problems()
    found = estimated(
        loaded_of(scenario),
        problems,
        BuildOptions(formulas_of(overrides), variant_of(variant)),
        SamplingOptions(seed=seed, uncertain_defaults=uncertain_defaults, values_only=True),
    )
    if found is None:
        raise InputError(problems.found)
    problems, show = Problems(), names_of(show)
    if months is not None and until is not None:
        message = "`months` and `until` exclude each other"
        problems.add("E034", message, help="leave out one of the two")
    check_names(found.model, show, problems)
    span = span_of(found.model, start, until, months, problems)
    if span is not None:
        check_growth(found.model, numbers(found.report), span[1], problems)
    problems.check()
    assert span is not None
    report = found.report
    return forecast(found.model, numbers(report), *span, show, seed=seed, machines=report.cheapest)
