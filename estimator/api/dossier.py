"""All that is shown of a scenario at once: its estimate, its designs, and how it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from estimator.api import Estimate, estimate, explain
from estimator.api.decisions import compare, sweep
from estimator.api.given import Overrides, loaded_of
from estimator.diagnostics import Diagnostic, InputError, Problems, Text
from estimator.formula.sampling import COUNT, SEED

if TYPE_CHECKING:
    from estimator.analyse.designs import Designs
    from estimator.analyse.explain import Derivation
    from estimator.analyse.forecast import Forecast
    from estimator.analyse.sweep import Sweep
    from estimator.evaluate import Report
    from estimator.scenario.load import Loaded

    Scenario = Loaded


class Dossier(NamedTuple):
    """What there is to show of a scenario.

    Attributes:
        estimate: Its estimate.
        designs: Its variants side by side; None where it has none.
        forecast: What it becomes month by month; None where nothing grows.
        sweep: It at many values of its inputs; None unless asked for.
        diagnostics: What to be warned of, and what is wrong with variants.
    """

    estimate: Estimate
    designs: Designs | None
    forecast: Forecast | None
    sweep: Sweep | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def report(self) -> Report:
        """The report of the estimate."""
        return self.estimate.report

    def derivations(self, names: Sequence[str]) -> tuple[Derivation, ...]:
        """Return how quantities came about, and all that they follow from, those named first."""
        return explain(self.estimate, names).derivations


def dossier(
    scenario: Scenario | str | PathLike[str],
    *,
    overrides: Overrides | None = None,
    variant: str | Text | None = None,
    napkin: bool = False,
    samples: int = COUNT,
    seed: int = SEED,
    uncertain_defaults: bool = False,
    over: Sequence[str] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Dossier:
    """Return all that there is to show of a scenario.

    Args:
        scenario: The scenario, or its file.
        overrides: Formulas that replace what the scenario says, by name.
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        samples: How many samples to take where there are ranges.
        seed: The random seed; the same gives the same samples.
        uncertain_defaults: Take each default as a range, where the library says how far it may be
            off.
        over: Inputs with their values, as `sweep` takes them.
        progress: Called with how many samples are done, of how many.

    Raises:
        InputError: With everything that is wrong, and what to be warned of besides.
    """
    loaded = loaded_of(scenario)
    found = estimate(
        loaded,
        overrides=overrides,
        variant=variant,
        napkin=napkin,
        samples=samples,
        seed=seed,
        uncertain_defaults=uncertain_defaults,
        progress=progress,
    )
    swept = (
        sweep(loaded, over, overrides=overrides, variant=variant, seed=seed) if over else None
    )
    problems = Problems()
    problems.found.extend(found.diagnostics)
    designs = None
    names = list(loaded.scenario.variants or {})
    if names and variant is None:
        try:
            pairs = [(loaded, name) for name in ("base", *names)]
            designs = compare(pairs, overrides=overrides, samples=samples, seed=seed)
        except InputError as error:
            problems.found += [d for d in error.diagnostics if d not in problems.found]
    grown = _forecast(found, seed, problems)
    return Dossier(found, designs, grown, swept, tuple(problems.found))


def _forecast(found: Estimate, seed: int, problems: Problems) -> Forecast | None:
    """Return a system month by month; None where nothing grows, or something is wrong with it."""
    from estimator.analyse.forecast import check_growth, forecast, span_of
    from estimator.evaluate.shown import numbers

    values, wrong = numbers(found.report), Problems()
    span = span_of(found.model, None, None, None, wrong)
    if span is not None:
        check_growth(found.model, values, span[1], wrong)
    problems.found += [d for d in wrong.found if d not in problems.found]
    if span is None or wrong.errors:
        return None
    made = forecast(found.model, values, *span, seed=seed)
    return made if made.grows else None
