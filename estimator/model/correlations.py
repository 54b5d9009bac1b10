"""Which ranges go together, and how many there may be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import combinations

from estimator.diagnostics import Problems, Text, did_you_mean, short
from estimator.formula.ranges import can_be_correlated
from estimator.formula.sampling import MOST_CORRELATED, MOST_RANGES
from estimator.model.conventions import constant
from estimator.model.quantity import Correlation, Quantity
from estimator.model.typecheck import Scope
from estimator.scenario.sections import Correlation as CorrelationShape
from estimator.units import PLAIN


def refuse_many_ranges(quantities: Mapping[str, Quantity], problems: Problems) -> None:
    """Report the first range that is one too many (E050)."""
    many = 0
    ranges = [(q, q.distribution) for q in quantities.values() if q.distribution is not None]
    for quantity, distribution in ranges:
        many += len(distribution.leaves())
        if many > MOST_RANGES:
            problems.add(
                "E050",
                f"a scenario has at most {MOST_RANGES:,} ranges, and this is one more",
                quantity.text.place,
                help="write a plain number for what varies little, or one range for several",
            )
            return


def correlations(
    shapes: Iterable[CorrelationShape], scope: Scope, overridden: Collection[str]
) -> list[Correlation]:
    """Return which ranges go together, by what the file says under `correlate`.

    Args:
        shapes: What the file says.
        scope: The quantities.
        overridden: The names that `--set` or a variant overrides.
    """
    found: list[Correlation] = []
    problems, many = scope.symbols.problems, 0
    for shape in shapes:
        many += len(shape.of)
        if many > MOST_CORRELATED:
            problems.add(
                "E050",
                f"at most {MOST_CORRELATED:,} ranges can be correlated",
                shape.of[MOST_CORRELATED - many].place,
                help="leave the weaker correlations out",
            )
            return []
        names = [_range(text, scope, overridden) for text in shape.of]
        rank = constant("rank", shape.rank, PLAIN, scope.counting.calendar, problems)
        if rank is not None and not -1.0 < rank < 1.0:
            message = "a rank correlation is between -1 and 1"
            problems.add("E039", message, shape.rank.place)
        elif len(shape.of) < 2:
            place = shape.of[0].place if shape.of else shape.rank.place
            problems.add("E039", "a correlation needs two ranges or more", place)
        elif rank is not None and len(whole := tuple(n for n in names if n is not None)) > 1:
            found.append(Correlation(whole, rank, shape.rank.place))
    _check(found, problems)
    return found


def _range(text: Text, scope: Scope, overridden: Collection[str]) -> str | None:
    """Return the range of a name: the one in its formula, if the name is not a range itself."""
    quantities, symbols = scope.quantities, scope.symbols
    for name in (text.value, f"{text.value}.range"):
        if name in quantities and quantities[name].distribution is not None:
            return name
    ranges = [n for n, q in quantities.items() if q.distribution is not None]
    known = text.value in symbols.quantities
    if text.value in overridden:
        return None  # a what-if, in which it is known
    if known and (text.value not in quantities or symbols.comes_from_broken(text.value)):
        return None  # what is wrong with it is reported
    symbols.problems.add(
        "E039" if known else "E014",
        f"`{short(text.value)}` is not a range"
        if known
        else f"there is no range `{short(text.value)}`",
        text.place,
        help=did_you_mean(text.value, ranges)
        or ("the ranges are " + ", ".join(f"`{r}`" for r in ranges[:6]) if ranges else None),
    )
    return None


def _check(found: list[Correlation], problems: Problems) -> None:
    """Report a pair that is there twice, and three that cannot all be so."""
    pairs: dict[frozenset[str], Correlation] = {}
    for correlation in found:
        for pair in map(frozenset, combinations(correlation.names, 2)):
            if pair in pairs or len(pair) < 2:
                message = (
                    "these two are correlated twice" if len(pair) > 1 else "a range with itself"
                )
                problems.add("E039", message, correlation.place)
                return
            pairs[pair] = correlation
    names = sorted({n for c in found for n in c.names})
    ranks = {pair: c.rank for pair, c in pairs.items()}
    if names and not can_be_correlated(names, ranks):
        problems.add(
            "E039",
            "these correlations contradict each other",
            found[-1].place,
            help="two ranges that both follow a third also follow each other",
        )
