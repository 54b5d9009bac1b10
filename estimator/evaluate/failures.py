"""Computing a model once, and why a value cannot be computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from itertools import chain

from estimator.diagnostics import Diagnostic, Label, Problems
from estimator.evaluate.bounds import check_bounds
from estimator.evaluate.conditions import KnownValues, fails, with_values
from estimator.evaluate.program import Program, compile_program, step_of, value_of_step
from estimator.formula.fault import FormulaError
from estimator.formula.functions import ENDLESS, MOST_MICROSECONDS, microseconds
from estimator.formula.locate import CANNOT, locate
from estimator.formula.sampling import FEWEST, TooMuchWorkError
from estimator.formula.tree import Name, Node, Number, walk
from estimator.model import Expectation, Model, Quantity


def refuse_work(error: TooMuchWorkError, model: Model, problems: Problems) -> None:
    """Report that there is too much to sample, at the slowest formula or else the first range."""
    if error.slowest:
        problems.add(
            "E051",
            f"{error.draws:,} samples of this and of other slow formulas take too long",
            model.quantities[error.slowest].text.place,
            help="leave out the ranges that it follows from, or some of these formulas",
        )
        return
    ranges = (q for q in model.quantities.values() if q.distribution is not None)
    problems.add(
        "E051",
        f"{error.draws:,} samples of all that depends on this and other ranges take too long",
        min((q.text.place for q in ranges), key=lambda place: place.start),
        help=f"take fewer with `--samples {error.most_draws}`"
        if error.most_draws >= FEWEST
        else "leave ranges out, or what follows from them",
    )


def check_slowness(model: Model, problems: Problems) -> None:
    """Refuse formulas that take too long together, before any is computed."""
    expected = [microseconds(e.tree, lambda _: math.inf) for e in model.expectations]
    most = [quantity.formula.shared.most_microseconds for quantity in model.slow.values()]
    if sum(most) + sum(expected) <= MOST_MICROSECONDS:
        return

    def known(node: Node) -> float:
        while isinstance(node, Name):
            node = model.quantities[node.path].tree
        return node.value if isinstance(node, Number) else math.inf

    total = 0.0
    formulas: Iterable[Quantity | Expectation] = chain(model.slow.values(), model.expectations)
    for formula in formulas:
        total += microseconds(formula.tree, known)
        if total > MOST_MICROSECONDS:
            problems.add(
                "E056",
                "the formulas up to this one take too long to compute",
                formula.text.place,
                help="have fewer that search, such as those with `nodes_for` or `path_quantile`",
            )
            return


def values_of(
    model: Model, problems: Problems, program: Program | None = None
) -> dict[str, float] | None:
    """Return the values of a model, or None with what cannot be computed added to `problems`.

    Args:
        model: A checked model.
        problems: Where errors go.
        program: The compiled model, if there is one already.
    """
    try:
        values = (program or compile_program(model)).values()
    except (ArithmeticError, ValueError):
        pass
    else:
        if all(map(math.isfinite, values.values())) or _only_waits(model, values):
            return values
    _explain_failure(model, problems)
    return None


def values_between_rounds(
    model: Model, provisional: Mapping[str, float] | None, problems: Problems
) -> dict[str, float] | None:
    """Return the values of a model whose percentiles are numbers, or None.

    What is wrong is reported only once all of them are; until then some values are provisional.
    """
    if provisional is not None:
        return computed_or_none(model) or dict(provisional)
    values = values_of(model, problems)
    if values is None:
        return None
    before = len(problems.errors)
    check_bounds(model, values, problems)
    return values if len(problems.errors) == before else None


def _only_waits(model: Model, values: dict[str, float]) -> bool:
    """Return whether all that is infinite is a wait in an overloaded queue, or follows from one."""
    return all(
        math.isfinite(value)
        or (value == math.inf and _may_be_endless(model.quantities[name], values))
        for name, value in values.items()
    )


def _may_be_endless(quantity: Quantity, values: Mapping[str, float]) -> bool:
    waits = quantity.formula.shared.calls(ENDLESS) or any(
        isinstance(n, Number) and n.value == math.inf  # a percentile of a wait
        for n in walk(quantity.tree)
    )
    return waits or any(values.get(use) == math.inf for use in quantity.uses)


def _explain_failure(model: Model, problems: Problems) -> None:
    """Compute one quantity after the other, and report each that fails by itself."""
    known, faults = as_far_as_possible(model)
    for quantity, fault in faults:
        found = fault.located(quantity.text)
        if quantity.origin.from_library:
            found = _in_library(quantity, found, model, known)
        if found.place not in [d.place for d in problems.found if d.rule == "E023"]:
            problems.found.append(found)
    before = len(problems.errors)
    check_bounds(model, known, problems)
    if len(problems.errors) > before:  # a value out of bounds explains the failure better
        problems.found[:] = [d for d in problems.found if d.rule != "E023"]


def as_far_as_possible(
    model: Model,
) -> tuple[dict[str, float], list[tuple[Quantity, FormulaError]]]:
    """Return the values that can be computed, and the quantities that fail by themselves."""
    known: dict[str, float] = {}
    faults: list[tuple[Quantity, FormulaError]] = []
    for name, quantity in model.quantities.items():
        if any(use not in known for use in quantity.uses):
            continue
        is_range = quantity.distribution is not None
        fault = None if is_range else locate(quantity.tree, model.calendar, known)
        if fault is None:
            known[name] = value_of_step(step_of(quantity, model), known)
        else:
            faults.append((quantity, fault))
    return known, faults


def check_given(model: Model, problems: Problems) -> None:
    """Report what the scenario gives beyond its bounds, whatever else cannot be computed."""
    known, _ = as_far_as_possible(model)
    given = {n: v for n, v in known.items() if model.quantities[n].origin.replaces_library}
    check_bounds(model, given, problems)


def _in_library(
    quantity: Quantity, found: Diagnostic, model: Model, known: dict[str, float]
) -> Diagnostic:
    """Return the fault of a formula of the library, placed where the user can act."""
    zero = [u for u in quantity.uses if known.get(u) == 0]
    place = quantity.place
    labels: list[Label] = []
    for use in zero:
        other = model.quantities[use]
        if not other.origin.from_library:
            place = other.text.place
            break
    if found.place is not None and place is not None:
        labels.append(Label(found.place, found.message))
    why, help_ = found.message.removeprefix(f"{CANNOT}: "), found.help
    for concern in model.concerns:  # a check of the kind says more than a division by zero
        names = set(concern.formula.names)
        is_near = not names.isdisjoint(zero) and names <= known.keys()
        if is_near and fails(concern, model, KnownValues(model.calendar, known)):
            why, help_ = concern.message, with_values(concern.help, model, known)
    message = f"`{quantity.name}` cannot be computed: {why}"
    return Diagnostic("E023", message, place or found.place, "", tuple(labels), help_)


def computed_or_none(model: Model) -> dict[str, float] | None:
    """Return the values of a model, or None without saying why."""
    return values_of(model, Problems())
