"""Computing a model once, and what its values mean."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar, overload

from estimator.diagnostics import Diagnostic, Label, Place, Problems, Text
from estimator.evaluate.ages import ages
from estimator.evaluate.once import value_of, values_once
from estimator.evaluate.program import Program, rounds, to_digits, variables
from estimator.evaluate.report import (
    Assumption,
    Bottleneck,
    Component,
    Outcome,
    Report,
    Uncertainty,
    Value,
)
from estimator.evaluate.uncertainty import Asked, is_uncertain
from estimator.evaluate.wiring import SIZES, assumed_wiring, warn_of_wiring
from estimator.formula import near_misses, numeric
from estimator.formula.compile import CANNOT, computed, constant, locate
from estimator.formula.dimensions import infer
from estimator.formula.fault import FormulaError
from estimator.formula.functions import ENDLESS, MOST_MICROSECONDS, SLOW, microseconds
from estimator.formula.ranges import Distribution, Shape
from estimator.formula.sampling import (
    FEWEST,
    MOST_ROUNDS,
    TooManyRoundsError,
    TooMuchWorkError,
)
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Literal,
    Name,
    Node,
    Number,
    Range,
    names_in,
    walk,
)
from estimator.model import Bounds, Concern, Expectation, Model, Origin, Quantity
from estimator.scenario.sections import SERVICE_LEVELS
from estimator.units import PLAIN, Calendar, write
from estimator.units.write import count, digits, number, share, with_unit

_Row = TypeVar("_Row")


def evaluate(
    model: Model,
    problems: Problems,
    *,
    variant: str = "",
    today: date | None = None,
    program: Program | None = None,
    asked: Asked | None = None,
) -> Report | None:
    """The report of a model, or None with what cannot be computed added to `problems`.

    Args:
        model: A checked model.
        problems: Where errors and warnings go.
        variant: The name of the variant that was asked for, for the report.
        today: The day on which waivers are judged; today unless given.
        program: The model compiled, where that is done already.
        asked: What is asked of its ranges, if it has any.
    """
    before = len(problems.errors)
    _check_slowness(model, problems)
    values = _values(model, problems, program) if len(problems.errors) == before else None
    if values is None:
        return None
    _check_bounds(model, values, problems)
    uncertainty: Uncertainty | None = None
    chances: tuple[float | None, ...] = (None,) * len(model.expectations)
    if is_uncertain(model) and len(problems.errors) == before:
        from estimator.evaluate.uncertainty.estimate import estimate_uncertainty

        try:
            drawn = estimate_uncertainty(
                model, values, asked or Asked(), lambda m, told: _with_told(m, told, problems)
            )
        except TooMuchWorkError as error:
            drawn = None
            refuse_work(error, model, problems)
        except TooManyRoundsError as error:
            drawn = None
            problems.add(
                "E051",
                f"more than {MOST_ROUNDS} percentiles and the like follow each from the one before",
                error.place,
                help="ask for the percentile of what they all follow from, once",
            )
        if drawn is None:
            return None
        model, values, uncertainty, chances, beyond = drawn
        for name, bound, chance in beyond:
            if chance > _CHANCE:
                _add_beyond(name, bound, chance, model.quantities[name], problems)
        uncertainty = uncertainty._replace(texts=_texts(uncertainty, model))
        _warn_of_impossible(uncertainty, model, problems)
        _warn_of_means(uncertainty, problems)
        _warn_of_shares(model, problems)
    known = _Known(model.calendar, values)
    outcomes = [
        _outcome(e, chance, model, known, problems, today)
        for e, chance in zip(model.expectations, chances, strict=True)
    ]
    if len(problems.errors) > before:
        return None
    bottlenecks = _bottlenecks(model, values)
    _warn_of_pins(model, bottlenecks, problems)
    _warn_of_concerns(model, known, values, problems)
    warn_of_wiring(model, values, problems)
    return Report(
        model.name,
        model.about,
        model.file,
        variant,
        model.calendar,
        model.digits,
        _Values(model, values),
        tuple(model.actions),
        tuple(Component(name, kind) for name, kind in model.components),
        _Gathered(lambda: _assumptions(model, values)),
        tuple(bottlenecks),
        tuple(o for o in outcomes if o is not None),
        _own(model),
        uncertainty=uncertainty,
        ages=_Gathered(lambda: ages(model, values, lambda v, q: written(v, q, model))),
        internal=tuple(model.internal),
        covered=_covered(model),
        untimed=tuple(_untimed(model, values)),
    )


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
        help=f"take fewer with `--draws {error.most_draws}`"
        if error.most_draws >= FEWEST
        else "leave ranges out, or what follows from them",
    )


_MAY_BE_SLOW = re.compile(rf"(?:{'|'.join([*SLOW, 'branches_quantile'])})\s*\(")
"""Formulas with slow functions; and those of kinds of actions, which turn into one."""


def _check_slowness(model: Model, problems: Problems) -> None:
    """Refuse formulas that take too long together, before any is computed."""

    def known(node: Node) -> float:
        while isinstance(node, Name):
            node = model.quantities[node.path].tree
        return node.value if isinstance(node, Number) else math.inf

    total = 0.0
    formulas: Iterable[Quantity | Expectation] = chain(
        model.quantities.values(), model.expectations
    )
    for formula in formulas:
        if not _MAY_BE_SLOW.search(formula.text.value):
            continue
        total += microseconds(formula.tree, known)
        if total > MOST_MICROSECONDS:
            problems.add(
                "E056",
                "the formulas up to this one take too long to compute",
                formula.text.place,
                help="have fewer that search, such as those with `nodes_for` or `path_quantile`",
            )
            return


def evaluate_in_part(model: Model, known: Mapping[str, float] | None = None) -> Report:
    """The report of a model of which something is wrong: the values that can be computed.

    Args:
        model: What is right of the model.
        known: Its values, perhaps among others, where they are known already.
    """
    if known is not None:
        known = {n: known[n] for n in model.quantities if n in known}
    else:
        known = _values(model, Problems())
    if known is None:
        known = _as_far_as_possible(model)[0]
    return Report(
        model.name,
        model.about,
        model.file,
        "",
        model.calendar,
        model.digits,
        _Values(model, known),
        tuple(model.actions),
        tuple(Component(name, kind) for name, kind in model.components),
        assumptions=(),
        bottlenecks=(),
        expectations=(),
        own=tuple(n for n in _own(model) if n in known),
    )


def _own(model: Model) -> tuple[str, ...]:
    return tuple(n for n in model.order if model.quantities[n].origin is Origin.OWN)


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


class _Known(NamedTuple):
    """What is computed already, for formulas that are not part of the graph."""

    calendar: Calendar
    values: Mapping[str, float]

    def value(self, tree: Node) -> Any:
        return value_of(tree, self.values, self.calendar)

    def holds(self, condition: LinkedFormula) -> bool:
        return bool(value_of(condition, self.values, self.calendar))

    def fault(self, tree: Node) -> FormulaError | None:
        if self._is_plain(tree):
            return None
        variable = variables(list(dict.fromkeys(names_in(tree))))
        scope = {v: self.values[n] for n, v in variable.items()}
        return locate(tree, lambda n: variable[n.path], self.calendar, scope)

    def _is_plain(self, tree: Node) -> bool:
        """Is it a finite value, or are two compared?"""
        if isinstance(tree, Compare):
            return self._is_plain(tree.left) and self._is_plain(tree.right)
        if isinstance(tree, Name):
            return math.isfinite(self.values[tree.path])
        return isinstance(tree, Number | Literal) and math.isfinite(self.value(tree))


def _values(
    model: Model, problems: Problems, program: Program | None = None
) -> dict[str, float] | None:
    try:
        values = values_once(model) if program is None else program.values()
    except (ArithmeticError, ValueError):
        pass
    else:
        if all(map(math.isfinite, values.values())) or _only_waits(model, values):
            return values
    _explain_failure(model, problems)
    return None


def _with_told(
    model: Model, told: Mapping[str, float] | None, problems: Problems
) -> dict[str, float] | None:
    """The values of a model whose percentiles are numbers by now, or None.

    What is wrong then is told only where all of them are; until then some values are provisional.
    """
    if told is not None:
        return _computed(model) or dict(told)
    values = _values(model, problems)
    if values is None:
        return None
    before = len(problems.errors)
    _check_bounds(model, values, problems)
    return values if len(problems.errors) == before else None


def _only_waits(model: Model, values: dict[str, float]) -> bool:
    """Is all that has no end a wait where more comes in than goes out, or follows from one?"""
    return all(
        math.isfinite(value)
        or (value == math.inf and _may_be_endless(model.quantities[name], values))
        for name, value in values.items()
    )


def _may_be_endless(quantity: Quantity, values: Mapping[str, float]) -> bool:
    waits = any(
        (isinstance(n, Call) and n.function in ENDLESS)
        or (isinstance(n, Number) and n.value == math.inf)  # a percentile of a wait
        for n in walk(quantity.tree)
    )
    return waits or any(values.get(use) == math.inf for use in quantity.uses)


def _explain_failure(model: Model, problems: Problems) -> None:
    """Compute one quantity after the other, and report each that fails by itself."""
    known, faults = _as_far_as_possible(model)
    for quantity, fault in faults:
        found = fault.located(quantity.text)
        if quantity.origin.from_library:
            found = _in_library(quantity, found, model, known)
        if found.place not in [d.place for d in problems.found if d.rule == "E023"]:
            problems.found.append(found)
    before = len(problems.errors)
    _check_bounds(model, known, problems)
    if len(problems.errors) > before:  # a value out of bounds explains the failure better
        problems.found[:] = [d for d in problems.found if d.rule != "E023"]


def _as_far_as_possible(
    model: Model,
) -> tuple[dict[str, float], list[tuple[Quantity, FormulaError]]]:
    """The values that can be computed, and each quantity that fails by itself with its fault."""
    variable = variables(list(model.quantities))
    values: dict[str, Any] = {}
    known: dict[str, float] = {}
    faults: list[tuple[Quantity, FormulaError]] = []
    for name, quantity in model.quantities.items():
        if any(variable[use] not in values for use in quantity.uses):
            continue
        if quantity.distribution is not None:
            values[variable[name]] = known[name] = quantity.distribution.quantile(0.5)
            continue
        fault = locate(quantity.tree, lambda n: variable[n.path], model.calendar, values)
        if fault is not None:
            faults.append((quantity, fault))
            continue
        value = computed(quantity.tree, lambda n: variable[n.path], model.calendar, values)
        if quantity.uses and model.digits is not None and rounds(quantity):
            value = to_digits(value, model.digits)
        values[variable[name]] = known[name] = value
    return known, faults


def check_given(model: Model, problems: Problems) -> None:
    """Report what the scenario gives beyond its bounds, whatever else cannot be computed."""
    known, _ = _as_far_as_possible(model)
    given = {n: v for n, v in known.items() if model.quantities[n].origin.replaces_library}
    _check_bounds(model, given, problems)


def _in_library(
    quantity: Quantity, found: Diagnostic, model: Model, known: dict[str, float]
) -> Diagnostic:
    """A formula of the library fails: say so where the user can act."""
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
    why = found.message.removeprefix(f"{CANNOT}: ")
    message = f"`{quantity.name}` cannot be computed: {why}"
    return Diagnostic("E023", message, place or found.place, "", tuple(labels), found.help)


def _texts(found: Uncertainty, model: Model) -> dict[str, tuple[str, str, str]]:
    """The percentiles for people, of what people ask for first."""
    texts: dict[str, tuple[str, str, str]] = {}
    for name in dict.fromkeys((*found.headlines, *found.drivers)):
        spread, quantity = found.spreads[name], model.quantities[name]
        has_zero = spread.edges[0] < 0.0 < spread.edges[1]
        a, b, c = (
            written(_supported(value, error, has_zero, quantity), quantity, model, rounded=True)
            for value, error in zip(spread.percentiles, spread.errors, strict=True)
        )
        texts[name] = (a, b, c)
    return texts


def _supported(value: float, error: float, has_zero: bool, quantity: Quantity) -> float:
    """Round a percentile to the digits that it has; of what is almost all, those that it lacks."""
    if quantity.dimension == PLAIN and 0.9 < value < 1.0:
        return 1.0 - supported(1.0 - value, error)
    return supported(value, error, has_zero=has_zero)


def supported(value: float, error: float, *, has_zero: bool = False) -> float:
    """A value in as many digits, up to three, as its standard error leaves.

    The last digit that is kept is worth at least two errors. Where zero is among what may be, a
    value that is nothing but error is zero.
    """
    if not math.isfinite(value) or not math.isfinite(error) or value == 0.0:
        return value
    size = math.floor(math.log10(abs(value)))
    least = math.ceil(math.log10(2.0 * error)) if error > 0.0 else -math.inf
    if has_zero and abs(value) < 0.5 * 10.0**least:
        return 0.0
    kept = max(1.0, min(3.0, size - least + 1.0))
    try:
        return numeric.significant(value, kept)
    except ValueError:  # it would round beyond the largest float
        return value


def _warn_of_impossible(found: Uncertainty, model: Model, problems: Problems) -> None:
    """Some draws may be such that a quantity has no value."""
    for name, spread in found.spreads.items():
        if spread.impossible:
            problems.add(
                "W106",
                f"`{name}` cannot be computed in {share(spread.impossible)} of the draws,"
                " and its percentiles are those of the others",
                model.quantities[name].text.place,
            )


def _warn_of_means(found: Uncertainty, problems: Problems) -> None:
    """Tails may be so heavy that a mean is another with other draws."""
    for mean in found.means:
        if not math.isfinite(mean.error) and mean.value != math.inf:
            problems.add(
                "W111",
                f"`{mean.formula}` cannot be told from {mean.draws:,} draws,"
                " as a few of them make most of it",
                mean.place,
                help="`p50(...)` can be told, and `truncated(range, a, b)` cuts tails off",
            )


def _warn_of_shares(model: Model, problems: Problems) -> None:
    """A range that is taken from 1 is a share, and should not pass 1 or fall below 0."""
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
    """The names in `1 - name`."""
    for node in walk(tree):
        if isinstance(node, Chain) and isinstance(node.first, Number) and node.first.value == 1.0:
            yield from (term.path for op, term in node.rest if op == "-" and isinstance(term, Name))


def _beyond_a_share(quantity: Quantity) -> tuple[str, str] | None:
    """What is wrong of a range that is meant as a share, and what to write; None where all is well.

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
        f"`{quantity.name}` is taken from 1 as a share,"
        f" but its range {passes} in {share(max(above, below))} of cases",
        f"write `{fitting}`, which stays between 0% and 100%",
    )


_SEEN = 1e-5  # a chance that shows in the draws of a run
_CHANCE = 1e-3  # of a value beyond a bound: a range whose tails are shorter keeps it


def _beyond(bounds: Bounds, range_: Distribution, model: Model) -> tuple[str, float] | None:
    """The bound that a range does not keep, and in what share of cases, or None."""
    for bound in bounds.given():
        end = constant(bound.text, model.calendar)
        below = range_.below(end)
        chance = 1.0 - below if bound.op == "<=" else below
        firm = range_.quantile(1.0 - 1e-15 if bound.op == "<=" else 1e-15)
        kept = numeric.less_equal(firm, end) if bound.op == "<=" else firm >= end
        if chance > _CHANCE and not (kept and (bound.op != ">" or firm > end)):
            return bound.words, chance
    return None


def _check_range(name: str, quantity: Quantity, model: Model, problems: Problems) -> None:
    assert quantity.bounds is not None
    assert quantity.distribution is not None
    beyond = _beyond(quantity.bounds, quantity.distribution, model)
    if beyond is not None:
        _add_beyond(name, *beyond, quantity, problems)


def _add_beyond(
    name: str, bound: str, chance: float, quantity: Quantity, problems: Problems
) -> None:
    problems.add(
        "E024",
        f"`{name}` must be {bound}, but its range reaches beyond in {share(chance)} of cases",
        quantity.text.place,
        help="`uniform(a, b)` has firm ends, and `truncated(range, a, b)` cuts a range off",
    )


def _check_bounds(model: Model, values: dict[str, float], problems: Problems) -> None:
    wrong: set[str] = set()
    for name, quantity in model.quantities.items():
        if quantity.bounds is None or name not in values:
            continue
        if quantity.distribution is not None and quantity.distribution.shape is not Shape.CONSTANT:
            _check_range(name, quantity, model, problems)
            continue
        repeats = quantity.origin is Origin.DEFAULT and not wrong.isdisjoint(quantity.uses)
        broken = _broken_bound(quantity.bounds, values[name], model)
        if broken is None and quantity.hint == "whole" and values[name] % 1:
            broken = "a whole number"
        if broken is None:
            continue
        wrong.add(name)
        if repeats:
            continue
        value = values[name]
        if quantity.origin is Origin.DEFAULT:
            cause = _cause(name, model, values)
            message, place = cause or (None, quantity.place)
        else:
            message, place = None, quantity.text.place
        if message is None:
            message = f"`{name}` must be {broken}, but it is {written(value, quantity, model)}"
        problems.add("E024", message, place, help=_meant(value, quantity))


def _cause(name: str, model: Model, values: Mapping[str, float]) -> tuple[str, Place | None] | None:
    """The check of a kind that says why a default cannot be what it must be, and where to act.

    It is one that fails of nothing but what the default follows from.
    """
    causes, known = model.leading_to([name]), _Known(model.calendar, values)
    for concern in model.concerns:
        tree = concern.tree
        if not isinstance(tree, Compare) or not causes.issuperset(concern.formula.names):
            continue
        if values.keys() >= set(concern.formula.names) and _fails(concern, model, known):
            dimension = infer(tree.left, lambda n: model.quantities[n.path].dimension)
            left, right = (
                write(known.value(side), dimension, calendar=model.calendar)
                for side in (tree.left, tree.right)
            )
            said = _first_said(model, concern) or concern.place
            return f"{concern.message}: {left} {_FAILS[tree.op]} {right}", said
    return None


def _first_said(model: Model, concern: Concern) -> Place | None:
    """Where the scenario says something that a check follows from."""
    causes = model.leading_to(concern.formula.names)
    said = (model.quantities[name] for name in model.quantities if name in causes)
    return next((q.text.place for q in said if q.origin.replaces_library), None)


_FAILS = {
    "<=": "is more than",
    "<": "is not less than",
    ">=": "is less than",
    ">": "is not more than",
    "==": "is not",
    "!=": "is",
}
"""What can be said of two sides where a comparison does not hold."""


def _meant(value: float, quantity: Quantity) -> str | None:
    """What a value beyond its bounds may have been meant to be."""
    least = {"share": 1, "nines": 50}.get(quantity.hint, 100)
    if least < value <= 100:
        return f"did you mean `{digits(value, 6)}%`?"
    way = near_misses.range_meant(quantity.text.value) if value < 0 else None
    return f"a range is written `{way}`" if way else None


def _broken_bound(bounds: Bounds, value: float, model: Model) -> str | None:
    """The bound that a value does not keep, such as `at least 0`, or None."""
    for keeps, end, words in _limits(tuple([t and t.value for t in bounds]), model.calendar):
        if not keeps(value, end):
            return words
    return None


@lru_cache(maxsize=1024)
def _limits(
    bounds: tuple[str | None, ...], calendar: Calendar
) -> list[tuple[Callable[[float, float], bool], float, str]]:
    """What a value is compared by, and with, for each bound; and the bound in words."""
    texts = [None if text is None else Text.of("bounds", text) for text in bounds]
    return [
        (_KEEPS[bound.op], constant(bound.text, calendar), bound.words)
        for bound in Bounds(*texts).given()
    ]


_KEEPS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": numeric.greater_equal,
    "<=": numeric.less_equal,
}


class _Values(Mapping[str, Value]):
    """The values by name, in the order of the file, each written for people when it is asked for.

    Few of the thousands that a scenario has are ever shown.
    """

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self._model = model
        self._values = values
        self._made: dict[str, Value] = {}

    @property
    def numbers(self) -> Mapping[str, float]:
        """The values in base units, without words."""
        return self._values

    def __getitem__(self, name: str) -> Value:
        made = self._made.get(name)
        if made is None:
            made = _value(self._model.quantities[name], self._values[name], self._model)
            self._made[name] = made
        return made

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._model.order if name in self._values)

    def __len__(self) -> int:
        return len(self._values)


def numbers(report: Report) -> Mapping[str, float]:
    """The values of a report in base units, none of which is written for people."""
    values = report.values
    if isinstance(values, _Values):
        return values.numbers
    return {name: value.value for name, value in values.items()}


def _value(quantity: Quantity, value: float, model: Model) -> Value:
    return Value(
        quantity.name,
        value,
        quantity.dimension,
        written(value, quantity, model),
        quantity.hint,
        quantity.origin.value,
        quantity.text.value,
        quantity.about,
        quantity.source,
    )


def written(value: float, quantity: Quantity, model: Model, *, rounded: bool = False) -> str:
    """Write a quantity for people: in the unit that its formula asks for, or a fitting one."""
    shown = in_unit_asked(value, quantity.tree, quantity.text, model.calendar, rounded=rounded)
    if shown is not None:
        return shown
    if (
        quantity.hint == "nines"
        and isinstance(quantity.formula.shared.tree, Number | Literal)
        and value < 1
    ):
        return quantity.text.value.strip()  # all the nines that somebody wrote
    return write(value, quantity.dimension, hint=quantity.hint, calendar=model.calendar)


def in_unit_asked(
    value: float, tree: Node, text: Text, calendar: Calendar, *, rounded: bool = False
) -> str | None:
    """Write a value in the unit that a formula asks for with `in`, or None if it asks for none.

    Args:
        value: In base units.
        tree: The formula.
        text: As it was written.
        calendar: How long days, months and years are.
        rounded: Are there no more digits to show than the first three?
    """
    if not isinstance(tree, Convert):
        return None
    try:
        factor = float(computed(tree.unit, str, calendar))
    except (ArithmeticError, ValueError, KeyError, NameError):
        return None
    unit = " ".join(text.value[tree.unit.span[0] : tree.unit.span[1]].split())
    if not factor:
        return None
    if unit.strip("1 ") == "%":
        return share(value, nines=True)
    amount = value / factor
    if not math.isfinite(amount):
        return None  # there is no such number of these units
    return with_unit((number if rounded else digits)(amount), unit)


# --- assumptions ----------------------------------------------------------------------------------


class _Gathered(Sequence[_Row]):
    """What a report has many of, gathered when it is asked for, which a check never does."""

    def __init__(self, gather: Callable[[], Iterable[_Row]]) -> None:
        self._gather = gather

    @cached_property
    def _made(self) -> list[_Row]:
        return list(self._gather())

    @overload
    def __getitem__(self, index: int) -> _Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[_Row]: ...
    def __getitem__(self, index: int | slice) -> _Row | Sequence[_Row]:
        return self._made[index]

    def __len__(self) -> int:
        return len(self._made)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._made == list(other)


def _assumptions(model: Model, values: Mapping[str, float]) -> list[Assumption]:
    """Defaults that are values, that something depends on, those alike in one."""
    known = model.quantities.values()
    used = set(chain.from_iterable(q.uses for q in known if q.origin is not Origin.DEFAULT))
    pending = list(used)
    while pending:
        quantity = model.quantities[pending.pop()]
        if quantity.origin is Origin.DEFAULT:
            fresh = [u for u in quantity.uses if u not in used]
            used.update(fresh)
            pending.extend(fresh)
    grouped: dict[tuple[str, ...], list[str]] = {}
    for name, (text, why) in model.implied.items():
        grouped[(text, "", "", why, name)] = [name]
    apart = list(assumed_wiring(model, values))
    for row in apart:
        grouped[(row.text, row.about, row.source, row.why, row.names[0])] = [row.names[0]]
    for choice in model.choices:
        if choice.origin is Origin.DEFAULT and (choice.source or choice.assumption):
            last = choice.name.rsplit(".", 1)[-1]
            key = (choice.value, choice.about, choice.source, choice.assumption, last)
            grouped.setdefault(key, []).append(choice.name)
    for name in model.order:
        quantity = model.quantities[name]
        if quantity.origin is not Origin.DEFAULT or name not in used:
            continue
        if name in SIZES and not apart:
            continue
        if quantity.uses and not (quantity.source or quantity.assumption):
            continue  # it only repeats what is given or assumed elsewhere
        text = quantity.text.value if quantity.uses else written(values[name], quantity, model)
        last = name.rsplit(".", 1)[-1]
        key = (text, quantity.about, quantity.source, quantity.assumption, last)
        grouped.setdefault(key, []).append(name)
    return [
        Assumption(tuple(names), text, about, source, why)
        for (text, about, source, why, _), names in grouped.items()
    ]


# --- components -----------------------------------------------------------------------------------


def _bottlenecks(model: Model, values: dict[str, float]) -> list[Bottleneck]:
    found: list[Bottleneck] = []
    for component, _ in model.components:
        by_resource = model.nodes_by_resource(component, values)
        count = values.get(f"{component}.nodes")
        if count is None or not by_resource:
            continue
        resource = binding(component, by_resource, values)
        found.append(
            Bottleneck(
                component,
                resource,
                count,
                _required(component, values, count),
                utilization_of(component, resource, values),
                by_resource,
            )
        )
    return found


def utilization_of(component: str, resource: str, values: Mapping[str, float]) -> float:
    """Return how much of the deciding resource is used at peak.

    Another resource may be busier and yet ask for fewer nodes, as it may be filled further. Where
    none decides, as with the fewest nodes allowed, it is the busiest.
    """
    busiest = values.get(f"{component}.utilization", 0.0)
    return values.get(f"{component}.utilization.{resource}", busiest)


def binding(component: str, by_resource: Mapping[str, float], values: Mapping[str, float]) -> str:
    """What decides how many nodes a component has: its scarcest resource, or `minimum`."""
    if not by_resource:
        return ""
    resource = max(by_resource, key=by_resource.__getitem__)
    return (
        "minimum" if by_resource[resource] < values.get(f"{component}.minimum", 0.0) else resource
    )


def _required(component: str, values: Mapping[str, float], otherwise: float) -> float:
    """The nodes that the load asks for; each region has those for all of it."""
    required = values.get(f"{component}.required_nodes")
    return otherwise if required is None else required * values.get(f"{component}.regions", 1.0)


def _warn_of_pins(model: Model, bottlenecks: list[Bottleneck], problems: Problems) -> None:
    for bottleneck in bottlenecks:
        quantity = model.quantities[f"{bottleneck.component}.nodes"]
        if quantity.origin is not Origin.PINNED or bottleneck.nodes >= bottleneck.required:
            continue
        problems.add(
            "W101",
            f"`{bottleneck.component}` has {count(bottleneck.nodes, whole=True)}"
            f" node{'' if bottleneck.nodes == 1 else 's'}, but"
            f" {bottleneck.resource} asks for {count(bottleneck.required, whole=True)}",
            quantity.text.place,
            caret="pinned here",
        )


def _warn_of_concerns(
    model: Model, known: _Known, values: dict[str, float], problems: Problems
) -> None:
    for concern in model.concerns:
        if not _fails(concern, model, known):
            continue
        from estimator.evaluate.service_levels import why_down, why_late  # only where one fails

        late = why_late(concern.tree, model, values, _computed)
        late = late or why_down(concern.tree, model, values)
        message = concern.message + (late.message if late else "")
        problems.add("W103", message, concern.place, help=late.help if late else None)


def violation(
    model: Model, values: dict[str, float], component: str, *, levels: bool = True
) -> str:
    """What a component does not keep with these values: a bound, a check, or nothing.

    Args:
        model: The model.
        values: Its values, perhaps with another machine.
        component: The component that is asked about.
        levels: Whether service levels count, which depend on other components, too.
    """
    start = f"{component}."
    for name, quantity in model.quantities.items():
        if quantity.bounds is not None and name.startswith(start):
            broken = _broken_bound(quantity.bounds, values[name], model)
            if broken is not None:
                if quantity.origin is Origin.DEFAULT and (cause := _cause(name, model, values)):
                    return cause[0].removeprefix(f"`{component}`: ")
                value = written(values[name], quantity, model)
                return f"`{name}` must be {broken}, but it is {value}"
    for concern in model.concerns:
        names = {n.path for n in walk(concern.tree) if isinstance(n, Name)}
        if not any(n.startswith(start) or (levels and ".estimate." in n) for n in names):
            continue
        known = _Known(model.calendar, values)
        if _fails(concern, model, known):
            return concern.message.removeprefix(f"`{component}`: ")
    nodes = values.get(f"{start}nodes", 0.0)
    required = _required(component, values, nodes)
    if nodes < required:
        return f"{count(required, whole=True)} nodes are needed"
    return ""


def _computed(model: Model) -> dict[str, float] | None:
    """The values of a model that is only asked about, or None."""
    return _values(model, Problems())


# --- expectations ---------------------------------------------------------------------------------


def _outcome(
    expectation: Expectation,
    chance: float | None,
    model: Model,
    known: _Known,
    problems: Problems,
    today: date | None,
) -> Outcome | None:
    fault = known.fault(expectation.tree)
    if fault is not None:
        problems.found.append(fault.located(expectation.text))
        return None
    left = right = ""
    ratio = None
    if isinstance(expectation.tree, Compare):
        a, b = (float(known.value(side)) for side in expectation.tree[1:3])
        left, right = (
            _side(expectation.tree.left, a, expectation, model),
            _side(expectation.tree.right, b, expectation, model),
        )
        ratio = a / b if b and math.isfinite(a) and math.isfinite(b) else None
    holds = _holds(expectation.tree, model, known)
    if chance is not None:
        holds = chance >= expectation.confidence
    return Outcome(
        expectation.text.value.strip(),
        _status(expectation, holds, today or date.today()),
        left,
        right,
        ratio,
        chance,
        expectation.reason,
        expectation.owner,
        expectation.until.isoformat() if expectation.until else "",
        expectation.text.place,
        expectation.confidence,
    )


def _side(tree: Node, value: float, expectation: Expectation, model: Model) -> str:
    shown = in_unit_asked(value, tree, expectation.text, model.calendar)
    if shown is not None:
        return shown
    if isinstance(tree, Name) and isinstance(model.quantities[tree.path].tree, Convert):
        return written(value, model.quantities[tree.path], model)
    sides = expectation.tree[1:3] if isinstance(expectation.tree, Compare) else ()
    hints = [model.quantities[s.path].hint for s in sides if isinstance(s, Name)]
    hint = "share" if "nines" not in hints and "share" in hints else next(iter(hints), "")
    return write(value, expectation.dimension, hint=hint, calendar=model.calendar)


def _holds(tree: Node, model: Model, known: _Known) -> bool:
    """Is a condition true?"""
    if isinstance(tree, Compare) and compares_nines(tree, model):
        left, right = (float(known.value(side)) for side in (tree.left, tree.right))
        return compares(tree.op, left, right, nines=True)
    return bool(known.value(tree))


def compares_nines(tree: Compare, model: Model) -> bool:
    """Does a comparison have an availability on one of its sides?"""
    sides = (tree.left, tree.right)
    return any(isinstance(s, Name) and model.quantities[s.path].hint == "nines" for s in sides)


def compares(op: str, left: float, right: float, *, nines: bool = False) -> bool:
    """Is a comparison of two values true?

    Availabilities are compared by what they leave out: the eleventh nine of one is lost in the
    tolerance for rounding of a plain comparison.

    Args:
        op: `<=`, `>=`, `<`, `>`, `==` or `!=`.
        left: A value in base units.
        right: Another.
        nines: Are they availabilities?
    """
    if nines and 0.5 < left <= 1 and 0.5 < right <= 1:
        return _NINES[op](1 - right, 1 - left)
    return _COMPARED[op](left, right)


def _fails(concern: Concern, model: Model, known: _Known) -> bool:
    """Can a condition be computed, and is it false?"""
    nines = any(model.quantities[name].hint == "nines" for name in concern.formula.names)
    try:
        holds = _holds(concern.tree, model, known) if nines else known.holds(concern.formula)
    except (ArithmeticError, ValueError, FormulaError):
        return False
    # a value without end or none decides nothing
    return not holds and known.fault(concern.tree) is None


def _nearly(a: float, b: float) -> bool:
    """Are two unavailabilities the same, as far as a number near 1 can tell?"""
    return abs(a - b) <= 1e-9 * max(a, b) + 2.3e-16


_COMPARED: dict[str, Callable[[float, float], bool]] = {
    "==": numeric.close,
    "!=": lambda a, b: not numeric.close(a, b),
    "<=": numeric.less_equal,
    ">=": numeric.greater_equal,
    "<": numeric.less,
    ">": lambda a, b: numeric.less(b, a),
}

_NINES: dict[str, Callable[[float, float], bool]] = {
    "==": _nearly,
    "!=": lambda a, b: not _nearly(a, b),
    "<=": lambda a, b: a <= b or _nearly(a, b),
    ">=": lambda a, b: a >= b or _nearly(a, b),
    "<": lambda a, b: a < b and not _nearly(a, b),
    ">": lambda a, b: a > b and not _nearly(a, b),
}


def _status(expectation: Expectation, holds: bool, today: date) -> str:
    if holds:
        return "pass"
    if expectation.until is not None and today > expectation.until:
        return "fail"  # also what only warned until then
    if expectation.severity == "warn":
        return "warn"
    return "fail" if expectation.until is None else "waived"
