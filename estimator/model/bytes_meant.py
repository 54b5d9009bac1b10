"""Errors that come of a number elsewhere, such as `block: 256K`, a count where bytes were meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from estimator.diagnostics import Diagnostic, Label, Place, Problems, Text
from estimator.formula.dimensions import in_bytes
from estimator.formula.fault import FormulaError
from estimator.formula.parse import SCALES, parse
from estimator.formula.tree import Number, walk
from estimator.scenario.load import Loaded

_MOST = 5  # each is tried by building the scenario once more
_LARGE = 300  # formulas, with which that takes too long
_DIMENSIONS = ("E012", "E013")


def blame_counts(
    loaded: Loaded, problems: Problems, errors_with: Callable[[str, Text], list[Diagnostic]]
) -> None:
    """Replace errors by one at the count under `derive` with which, in bytes, they would be gone.

    Args:
        loaded: The scenario.
        problems: What is wrong with it.
        errors_with: The errors with another formula for a name.
    """
    is_large = len(loaded.scenario.derive or {}) > _LARGE
    if is_large or not any(d.rule in _DIMENSIONS for d in problems.errors):
        return
    for name, text, number in islice(_counts(loaded), _MOST):
        start, end = number.span
        amount = f"{number.value / SCALES[number.scale]:.15g}"
        formula = f"{text.value[:start]}{amount} {number.scale}B{text.value[end:]}"
        left = {(d.rule, d.place) for d in errors_with(name, Text(formula, text.place))}
        gone = [d for d in problems.errors if (d.rule, d.place) not in left]
        if not gone or len(left) + len(gone) > len(problems.errors):
            continue
        problems.found[:] = [d for d in problems.found if d not in gone]
        place: Place | None = gone[0].place
        problems.add(
            "E017",
            f"`{text.value[start:end]}` is a count, and bytes are needed where `{name}` is used",
            text.at(start, end),
            labels=[Label(place, gone[0].message)] if place is not None else [],
            help=f"write {in_bytes(number)}; `{amount}k` is a count"
            if number.scale == "K"
            else f"write {in_bytes(number)}",
        )


def _counts(loaded: Loaded) -> Iterator[tuple[str, Text, Number]]:
    """Yield the numbers with a scale and no unit in formulas of the file's own."""
    for name, text in (loaded.scenario.derive or {}).items():
        try:
            tree = parse(text.value)
        except FormulaError:
            continue
        for node in walk(tree):
            if isinstance(node, Number) and node.scale in ("k", "K", "M", "T"):
                yield name, text, node
