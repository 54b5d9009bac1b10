"""Warnings of values that are probably not meant."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING

from estimator.diagnostics import Problems
from estimator.evaluate.conditions import KnownValues, fails, with_values
from estimator.evaluate.failures import computed_or_none
from estimator.evaluate.growth import warn_of_timeline
from estimator.formula.tree import Chain, Name, Node, Number, Range, walk
from estimator.model import Model, Quantity
from estimator.units.write import share

if TYPE_CHECKING:
    from estimator.evaluate.sampled import Uncertainty


def warn_of_impossible(found: Uncertainty, model: Model, problems: Problems) -> None:
    """Warn of samples in which a quantity has no value (W106)."""
    for name, spread in found.spreads.items():
        if spread.impossible:
            problems.add(
                "W106",
                f"`{name}` cannot be computed in {share(spread.impossible)} of the samples,"
                " and its percentiles are those of the others",
                model.quantities[name].text.place,
            )


def warn_of_means(found: Uncertainty, problems: Problems) -> None:
    """Tails may be so heavy that a mean is another with other draws."""
    for mean in found.means:
        if not math.isfinite(mean.error) and mean.value != math.inf:
            problems.add(
                "W111",
                f"`{mean.formula}` cannot be estimated from {mean.draws:,} samples,"
                " as a few of them make up most of it",
                mean.place,
                help="`p50(...)` is stable, and `truncated(range, a, b)` cuts tails off",
            )


def warn_of_stale(
    model: Model, values: Mapping[str, float], today: date, problems: Problems
) -> None:
    """Warn of inputs whose last day has passed, and of orders that have arrived (W126)."""
    warn_of_timeline(model, values, today, problems)
    for quantity in model.dated:
        said = quantity.provenance
        if said is not None and said.until is not None and said.until < today:
            days = (today - said.until).days
            problems.add(
                "W126",
                f"`{quantity.name}` was current until {said.until}, {days:,} "
                f"day{'' if days == 1 else 's'} ago",
                said.place,
                help="look at it again, and give the day until which it is current then",
            )


def warn_of_shares(model: Model, problems: Problems) -> None:
    """Warn of a range that is taken from 1, as a share is, and leaves 0 to 1 (W112)."""
    warned: set[str] = set()
    for quantity in model.quantities.values():
        if quantity.origin.from_library or quantity.distribution is not None:
            continue
        for name in _taken_from_one(quantity.tree):
            range_ = model.quantities[name]
            beyond = _beyond_a_share(range_)
            if beyond and name not in warned:
                warned.add(name)
                problems.add("W112", beyond[0], range_.text.place, help=beyond[1])


def _taken_from_one(tree: Node) -> Iterator[str]:
    """Yield the names in `1 - name`."""
    for node in walk(tree):
        if isinstance(node, Chain) and isinstance(node.first, Number) and node.first.value == 1.0:
            yield from (term.path for op, term in node.rest if op == "-" and isinstance(term, Name))


def _beyond_a_share(quantity: Quantity) -> tuple[str, str] | None:
    """Return what is wrong with a range that is meant as a share, and what to write, or None.

    Who names a distribution, such as `lognormal(...)`, knows how far it goes.
    """
    range_ = quantity.distribution
    if range_ is None or not isinstance(quantity.tree, Range):
        return None
    low, high = (round(range_.quantile(end), 12) + 0.0 for end in (0.05, 0.95))
    above, below = 1.0 - range_.below(1.0), range_.below(0.0)
    if low < 0.0 or high > 1.0 or max(above, below) < _SEEN:
        return None
    passes = "passes 100%" if above >= below else "falls below 0%"
    ends = [f"{100.0 * end:.3g}%" for end in (low, high)]
    fitting = (
        f"{ends[0]} to {ends[1]}" if low > 0.0 and high < 1.0 else f"uniform({', '.join(ends)})"
    )
    return (
        f"`1 - {quantity.name}` takes it for a share,"
        f" but its range {passes} in {share(max(above, below))} of cases",
        f"write `{fitting}`, which stays between 0% and 100%",
    )


_SEEN = 1e-5  # a chance that shows in the draws of a run


def warn_of_concerns(
    model: Model, known: KnownValues, values: dict[str, float], problems: Problems
) -> None:
    """Warn of the checks of kinds that fail (W103)."""
    for concern in model.concerns:
        if not fails(concern, model, known):
            continue
        from estimator.evaluate.service_levels import why_down, why_late  # only where one fails

        late = why_late(concern.tree, model, values, computed_or_none)
        late = late or why_down(concern.tree, model, values)
        message = concern.message + (late.message if late else "")
        help_ = late.help if late else with_values(concern.help, model, values)
        problems.add("W103", message, concern.place, help=help_)
