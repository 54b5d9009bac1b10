"""Estimates from Python: `load`, `estimate`, `check`, `explain` and `diff`.

Each gives a frozen result and prints nothing. What is wrong is raised as `InputError`, whose
`diagnostics` have a code, a message and a place each; only `check` gives it as a value. All may be
called from several threads at once.

The command line's commands are made of these and of `render`. What takes long to import is imported
by the function that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from estimator.api.given import Overrides as Overrides
from estimator.api.given import check_positive, formulas_of, loaded_of, names_of, variant_of
from estimator.api.given import load as load
from estimator.api.results import Estimate as Estimate
from estimator.diagnostics import InputError, Problems, Text, did_you_mean, short
from estimator.files.project import typed
from estimator.formula.sampling import COUNT, SEED

if TYPE_CHECKING:
    from estimator.analyse.compare import Comparison as Comparison
    from estimator.analyse.difference import Difference as Difference
    from estimator.analyse.explain import Derivation as Derivation
    from estimator.api.explanation import Explanation as Explanation
    from estimator.checks.checked import Checked as Checked
    from estimator.checks.checked import Tally as Tally
    from estimator.checks.settings import ProjectSettings as ProjectSettings
    from estimator.evaluate import Report as Report
    from estimator.evaluate.choice import MachineChoice as MachineChoice
    from estimator.scenario.load import Loaded

    Scenario = Loaded


def estimate(
    scenario: Scenario | str | PathLike[str],
    *,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    napkin: bool = False,
    samples: int = COUNT,
    seed: int = SEED,
    spreads: bool = False,
    drivers: str | Sequence[str] = (),
    tornado: str | Sequence[str] = (),
    sobol: str | Sequence[str] = (),
    uncertain_defaults: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Estimate:
    """Return the estimate of a scenario.

    Args:
        scenario: The scenario, or its file.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        samples: How many samples to take where there are ranges.
        seed: The random seed; the same gives the same samples.
        spreads: Give the percentiles of all quantities, and not only of the headlines.
        drivers: Further quantities whose spread to attribute to ranges.
        tornado: Quantities to compute with each range at its p5 and its p95.
        sobol: Quantities whose Sobol indices to compute.
        uncertain_defaults: Take each default as a range, where the library says how far it may be
            off, and sample it.
        progress: Called with how many samples are done, of how many.

    Raises:
        InputError: With everything that is wrong, and what to be warned of besides.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> found = estimator.estimate(shop, overrides={"users": "3M"})
        >>> print(found["visit.writes.average"])
        347/s
        >>> round(found["visit.writes.average"].to("1/day"))
        30000000
        >>> found.records()[0]["name"], found.records()[0]["value"]
        ('users', 3000000.0)
    """
    from estimator.analyse import BuildOptions, estimated
    from estimator.evaluate import SamplingOptions

    check_positive(samples=samples)
    problems = Problems()
    drivers, tornado, sobol = map(names_of, (drivers, tornado, sobol))
    found = estimated(
        loaded_of(scenario),
        problems,
        BuildOptions(formulas_of(overrides), variant_of(variant), napkin),
        SamplingOptions(
            samples, seed, spreads, drivers, progress, tornado, sobol, uncertain_defaults
        ),
    )
    if found is None:
        problems.sort()
        raise InputError(problems.found)
    _check_attributed(found.report, (drivers, tornado, sobol), problems)
    problems.sort()
    problems.check()
    return Estimate(found.report, tuple(problems.found), found.model)


def _check_attributed(
    report: Report, names: tuple[Sequence[str], Sequence[str], Sequence[str]], problems: Problems
) -> None:
    """Add the names whose spread cannot be attributed: of nothing, or of what no range moves.

    Args:
        report: The estimate.
        names: The quantities whose drivers, tornadoes and Sobol indices are wanted.
        problems: Where diagnostics go.
    """
    found = report.uncertainty
    known: tuple[set[str], ...] = (set(), set(), set())
    if found is not None:
        tornadoes, indices = {t.name for t in found.tornadoes}, {s.name for s in found.sobol}
        known = (set(found.spreads), tornadoes, indices)
    for name in dict.fromkeys(name for group in names for name in group):
        if name not in report.values:
            near = did_you_mean(name, report.values)
            problems.add("E014", f"there is nothing named `{short(name)}`", help=near)
        elif any(name in group and name not in k for group, k in zip(names, known, strict=True)):
            problems.add("W107", f"no range moves `{name}`, so that nothing drives it")


def explain(
    estimate: Estimate,
    names: str | Sequence[str] = (),
    depth: int | None = None,
    most: int | None = None,
) -> Explanation:
    """Return how quantities came about: each formula with its values, down to the inputs.

    Args:
        estimate: The estimate.
        names: The quantities; the headlines if none is named.
        depth: How many formulas deep to go; None down to the inputs.
        most: Without `depth`, after how many formulas to go no deeper; None for all.

    Raises:
        InputError: E014 where there is no such quantity.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> print(estimator.explain(estimator.estimate(shop), "visit.writes.average", depth=0))
        visit.writes.average = users × visit.per_user
                             = 1M × 10/day
                             = 10M/day
                             = 116/s
    """
    from estimator.analyse.explain import check_names, derivations, headlines, that_fit
    from estimator.api.explanation import Explanation

    report, names = estimate.report, names_of(names)
    problems = Problems()
    check_names(report, names, problems)
    problems.check()
    wanted = names or headlines(report)
    if most is not None and depth is None:
        found, deep = that_fit(estimate.model, report, wanted, most)
        return Explanation(report.file, tuple(found), deep)
    return Explanation(report.file, tuple(derivations(estimate.model, report, wanted, depth)))


def diff(
    before: Scenario | str | PathLike[str], after: Scenario | str | PathLike[str]
) -> Difference:
    """Return what two scenarios say differently, what comes of it, and why.

    Args:
        before: The one, or its file.
        after: The other, or its file.

    Raises:
        InputError: With everything that is wrong with either.

    Examples:
        >>> import estimator
        >>> before = estimator.load(text="{users: 1M, actions: {visit: {per_user: 10/day}}}")
        >>> after = estimator.load(text="{users: 2M, actions: {visit: {per_user: 10/day}}}")
        >>> [(c.name, c.before, c.after) for c in estimator.diff(before, after).inputs]
        [('users', '1M', '2M')]
    """
    from estimator.analyse.difference import difference
    from estimator.checks.pairing import changed_kinds, changed_scenarios

    problems = Problems()
    old, new = loaded_of(before), loaded_of(after)
    library = [*changed_kinds(old, new), *changed_scenarios(old, new)]
    found = difference(old, new, library, problems)
    if found is None:
        raise InputError(problems.found)
    return found


def check(
    scenario: Scenario | str | PathLike[str],
    *,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    samples: int = COUNT,
    seed: int = SEED,
    uncertain_defaults: bool = False,
) -> Checked:
    """Return whether a scenario holds what it expects, and all that is wrong with it.

    Args:
        scenario: The scenario, or its file.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        samples: How many samples to take where there are ranges.
        seed: The random seed; the same gives the same samples.
        uncertain_defaults: Take each default as a range, where the library says how far it may be
            off.

    Returns:
        The expectations with where each turns, and in `found` what is wrong, errors first.

    Examples:
        >>> import estimator
        >>> shop = estimator.load(text="{users: 1M, derive: {x: users * 2}, expect: [x <= 3M]}")
        >>> checked = estimator.check(shop)
        >>> checked.outcome, checked.verdicts[0].until_when
        ('holds', 'holds until users = 1.5M (×1.5)')
    """
    from estimator.checks.checked import Checked, CheckOptions
    from estimator.checks.scenario import check_loaded, check_text

    check_positive(samples=samples)
    options = CheckOptions(
        formulas_of(overrides),
        variant_of(variant),
        samples,
        seed,
        uncertain_defaults=uncertain_defaults,
    )
    if isinstance(scenario, str | PathLike):
        path = fspath(scenario)
        try:
            return check_text(path, typed(path).bytes(), options)
        except InputError as error:
            return Checked(typed(path).name, Path(path).stem, error.diagnostics)
    return check_loaded(scenario, options)


# --- what the command line has besides ------------------------------------------------------------


def machines(
    scenario: Scenario,
    component: str | None = None,
    scope: str = "",
    *,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
) -> list[MachineChoice]:
    """Return the machines that components could run on.

    Args:
        scenario: The scenario.
        component: The component; all that have nodes if none is named.
        scope: A cloud or a family of machines; all clouds for nothing.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.

    Raises:
        InputError: With everything that is wrong.
    """
    from estimator.analyse.estimate import chosen_machines
    from estimator.analyse.machines import comparisons
    from estimator.analyse.used import BuildOptions, Linked

    problems = Problems()
    options = BuildOptions(formulas_of(overrides), variant_of(variant))
    model = Linked(scenario, options, chosen_machines).build(problems)
    found = [] if model is None else comparisons(model, component, scope, problems)
    problems.check()
    return found


def moved(before: Report, after: Report) -> Comparison:
    """Return which quantities and expectations of a scenario are not what they were."""
    from estimator.analyse.compare import compare

    return compare(before, after)


def project_settings(problems: Problems, *, isolated: bool = False) -> ProjectSettings:
    """Return the settings of the project around the current folder.

    Args:
        problems: Where it is said what is wrong with them.
        isolated: Ignore them?
    """
    from estimator.checks.settings import ProjectSettings, read_project_settings

    return ProjectSettings() if isolated else read_project_settings(problems)


def paths_beside(scenario: Scenario) -> tuple[str, ...]:
    """Return the files and folders that a scenario depends on besides its own, from its folder."""
    from estimator.scenario import used_files

    return used_files.paths_beside(scenario)
