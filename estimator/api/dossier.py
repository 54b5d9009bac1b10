"""All that is shown of a scenario at once: its estimate, its designs, and how it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, NamedTuple

from estimator.analyse import BuildOptions, estimated
from estimator.analyse import Estimate as Computed
from estimator.api import Estimate, estimate
from estimator.api.decisions import sweep
from estimator.api.given import Overrides, formulas_of, loaded_of
from estimator.checks.scenario import verdicts_of
from estimator.diagnostics import Diagnostic, Problems, Text
from estimator.evaluate import SamplingOptions
from estimator.formula.sampling import COUNT, SEED

if TYPE_CHECKING:
    from estimator.analyse.designs import Designs
    from estimator.analyse.explain import Derivation
    from estimator.analyse.forecast import Forecast
    from estimator.analyse.sweep import Sweep
    from estimator.checks.checked import Verdict
    from estimator.evaluate import Report
    from estimator.scenario.load import Loaded

    Scenario = Loaded


class Dossier(NamedTuple):
    """What there is to show of a scenario.

    Attributes:
        estimate: Its estimate.
        designs: Its variants side by side; None where it has none.
        forecast: What it becomes month by month; None where nothing grows.
        verdicts: What becomes of each expectation, and where it turns.
        sweep: It at many values of its inputs; None unless asked for.
        diagnostics: What to be warned of, and what is wrong with variants.
    """

    estimate: Estimate
    designs: Designs | None
    forecast: Forecast | None
    verdicts: tuple[Verdict, ...]
    sweep: Sweep | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def report(self) -> Report:
        """The report of the estimate."""
        return self.estimate.report

    def derivations(self, names: Sequence[str], most: int) -> list[Derivation]:
        """Return how quantities came about, and what they follow from, those named first.

        Args:
            names: The quantities.
            most: How many to return at most.
        """
        from estimator.analyse.explain import derivations

        return derivations(self.estimate.model, self.report, names, None, most)


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
    swept = sweep(loaded, over, overrides=overrides, variant=variant, seed=seed) if over else None
    problems = Problems()
    problems.found.extend(found.diagnostics)
    designs = None
    if variant is None and loaded.scenario.variants:
        built = BuildOptions(formulas_of(overrides), napkin=napkin)
        options = SamplingOptions(samples, seed, uncertain_defaults=uncertain_defaults)
        designs = _designs(found, loaded, built, options, problems)
    grown = _forecast(found, seed, problems)
    judged = tuple(verdicts_of(Computed(found.model, found.report), seed, problems))
    return Dossier(found, designs, grown, judged, swept, tuple(problems.found))


def _designs(
    base: Estimate,
    loaded: Scenario,
    built: BuildOptions,
    options: SamplingOptions,
    problems: Problems,
) -> Designs | None:
    """Return a scenario and its variants side by side; None where a variant is wrong.

    Args:
        base: The estimate without a variant.
        loaded: The scenario.
        built: How it is built.
        options: How its ranges are sampled.
        problems: Where errors go.
    """
    from estimator.analyse.designs import compare_designs

    found, wrong = [("base", Computed(base.model, base.report))], Problems()
    for name in loaded.scenario.variants or {}:
        variant = Text.of("--variant", name)
        made = estimated(loaded, wrong, built._replace(variant=variant), options)
        if made is None:
            problems.found += [d for d in wrong.errors if d not in problems.found]
            return None
        found.append((name, made))
    return compare_designs(found, options.seed)


def _forecast(found: Estimate, seed: int, problems: Problems) -> Forecast | None:
    """Return a system month by month; None where nothing grows, or something is wrong with it."""
    from estimator.analyse.forecast import check_growth, forecast, is_growing, span_of
    from estimator.evaluate.shown import numbers

    values, wrong = numbers(found.report), Problems()
    span = span_of(found.model, None, None, None, wrong)
    if span is not None:
        check_growth(found.model, values, span[1], wrong)
    problems.found += [d for d in wrong.found if d not in problems.found]
    if span is None or wrong.errors or not is_growing(found.model, values, *span):
        return None
    return forecast(found.model, values, *span, seed=seed, machines=found.report.cheapest)
