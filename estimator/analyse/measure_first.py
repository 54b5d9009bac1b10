"""What to measure first, and what the defaults allow: what servers and cost depend on most.

Each input and each default is moved to the two ends of its plausible range while all else stays as
it is. Nodes are not rounded to whole ones meanwhile, as what is just below a step would seem to
matter and what is just above it not. Of all quantities only those are computed again that follow
from what is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from math import inf, isfinite
from operator import attrgetter
from typing import NamedTuple, TypeAlias, overload

from estimator.analyse.default_bands import Effect, combined
from estimator.analyse.summary import latency_shown
from estimator.evaluate.bounds import broken_bound
from estimator.evaluate.program import Program, compile_program, value_of_step
from estimator.evaluate.report import DefaultBand, Influence, Report
from estimator.evaluate.shown import numbers, written
from estimator.formula.emit import constant
from estimator.formula.shared import LinkedFormula, SharedFormula
from estimator.formula.tree import Call, Node, rebuilt
from estimator.model import Model, Origin, Quantity
from estimator.model.bands import Banded, beliefs, range_of
from estimator.units import PLAIN, write

PLAUSIBLE = 0.1
"""How far what has no range of its own may be off: an assumption."""
NEAR_ALL = {"share": 0.8, "nines": 0.5}
"""From where a share is moved by a tenth of what it lacks: a tenth up would halve that, or more."""
MOST_READ = 300_000
"""How many values formulas may read for a ranking, some 100 ms. What is left then is not ranked:
what leads to the results in the fewest ways. Only files of hundreds of actions have as much."""

_ENDS = (0.05, 0.95)
_LOW, _HIGH = attrgetter("low"), attrgetter("high")
_OUTCOMES = ("servers", "cost.per_month")
_OTHERWISE = ("storage.retained", "egress.average", "requests.average")
_MOST_OUTCOMES = 2
_SMOOTH = ("max", "min", "if", "clamp", "sum")  # functions that take fractions of nodes as well
_LEAST = 1e-3  # a relative swing below it is none
_TIE = 9  # digits of a swing: of what is as large, the file's first comes first


class _Input(NamedTuple):
    """What is moved together.

    Attributes:
        names: The quantities.
        ends: Their values at the lower and at the upper end, in base units.
        source: `yours`, `range` or `default`, or the status that the file gives it.
        is_belief: Does the library say how far it may be off?
    """

    names: tuple[str, ...]
    ends: tuple[Mapping[str, float], Mapping[str, float]]
    source: str
    is_belief: bool = False


class Moved(NamedTuple):
    """What inputs and defaults do to an estimate, each moved by itself.

    Attributes:
        influences: What moves servers or cost, what moves either most first.
        bands: Between what servers, cost and the latency that is shown lie by the defaults.
    """

    influences: Sequence[Influence]
    bands: list[DefaultBand]


def measure_first(model: Model, report: Report) -> Moved:
    """Return what moves servers or cost most, and between what the defaults let them lie.

    Where there are neither, it is the results of the scenario's own, or what it stores or sends.

    Args:
        model: The model.
        report: Its report, with its values and assumptions.
    """
    ranked = _outcomes(model, report)
    if not ranked:
        return Moved(_Written([]), [])
    shown = latency_shown(report)
    outcomes = [*ranked, *([shown] if shown else [])]
    leading = model.leading_to(outcomes)
    moving = _Moving(_without_rounding(model, leading), leading, numbers(report), outcomes)
    inputs = [one for one in _inputs(model, report, leading) if not leading.isdisjoint(one.names)]
    found: list[tuple[float, int, Callable[[], Influence]]] = []
    effects = []
    for at, moved in moving.within_budget(inputs, ranked):
        one = inputs[at]
        results = [moved(end) for end in one.ends]
        if one.is_belief:
            effects.append(Effect(one.ends, results))
        swings = {n: _swing(moving.now[n], [r[n] for r in results if r]) for n in ranked}
        swing = max(swings.values())
        if swing >= _LEAST:
            made = partial(_influence, one, model, report, swings, results)
            found.append((-round(swing, _TIE), at, made))
    influences = _Written([made for *_, made in sorted(found, key=lambda row: row[:2])])
    doubted = [name for effect in effects for name in effect.ends[0]]
    bands = combined(effects, moving.now, moving.moved(doubted)) if effects else {}
    return Moved(influences, [_band(n, *factors, model, report) for n, factors in bands.items()])


class _Written(Sequence[Influence]):
    """A ranking of which each is written for people when it is read: few of them are shown."""

    def __init__(self, made: Sequence[Callable[[], Influence]]) -> None:
        self._made = made

    @overload
    def __getitem__(self, at: int) -> Influence: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[Influence]: ...

    def __getitem__(self, at: int | slice) -> Influence | Sequence[Influence]:
        if isinstance(at, slice):
            return [made() for made in self._made[at]]
        return self._made[at]()

    def __len__(self) -> int:
        return len(self._made)


def _band(name: str, down: float, up: float, model: Model, report: Report) -> DefaultBand:
    now = report.number(name)
    low, high = now * down, now * up
    texts = (_outcome(name, low, model), _outcome(name, high, model))
    return DefaultBand(name, low, high, texts)


def _outcomes(model: Model, report: Report) -> list[str]:
    """Return what the scenario is asked for."""
    values = numbers(report)
    uses = {use for name in report.own for use in model.quantities[name].uses}
    results = [n for n in report.own if model.quantities[n].uses and n not in uses]
    for names in (_OUTCOMES, results, _OTHERWISE):
        found = [n for n in names if values.get(n) and isfinite(values[n])]
        if found:
            return found[:_MOST_OUTCOMES]
    return []


# --- nodes that are not whole ---------------------------------------------------------------------


def _without_rounding(model: Model, names: Iterable[str]) -> Model:
    """Return the model where fleets and what they are planned by are not whole numbers.

    Args:
        model: The model.
        names: The quantities that may be changed.
    """
    quantities = dict(model.quantities)
    made: dict[tuple[SharedFormula, Origin], SharedFormula] = {}  # alike components have the same
    for name in names:
        quantity = quantities[name]
        shared, origin = quantity.formula.shared, quantity.origin
        if quantity.display_unit == "whole" and origin.from_library and quantity.uses:
            if (shared, origin) not in made:
                made[shared, origin] = SharedFormula(_unrounded(shared.tree, origin))
            formula = LinkedFormula(made[shared, origin], quantity.formula.names)
            quantities[name] = quantity._replace(formula=formula)
    return model._replace(rounding=None, quantities=quantities)


def _unrounded(node: Node, origin: Origin) -> Node:
    """Return a formula without rounding, but for what functions need to be whole.

    A default that is rounded down is no count of nodes: a majority of replicas, a batch.
    """
    if isinstance(node, Call):
        rounds = ("ceil",) if origin is Origin.DEFAULT else ("ceil", "floor", "round")
        if node.function in rounds and len(node.arguments) == 1:
            return _unrounded(node.arguments[0], origin)
        if node.function not in _SMOOTH:
            return node
    return rebuilt(node, lambda part: _unrounded(part, origin))


# --- what is moved, and how far -------------------------------------------------------------------


def _inputs(
    model: Model, report: Report, leading: Collection[str] | None = None
) -> Iterator[_Input]:
    """Yield what is given and what is assumed, in the order of the file and of the report.

    What somebody decides, such as how many copies there are, is no measurement. What the library
    believes moves as one, for all whose figure it is.

    Args:
        model: The model.
        report: Its report.
        leading: The quantities that matter to what is asked; others of the library are left out.
            All of them matter unless given.
    """
    values = numbers(report)
    believed = beliefs(model, values, leading)
    of_names = {one.name: belief for belief, banded in believed.items() for one in banded}
    for name in model.order:
        quantity = model.quantities[name]
        if _is_given(quantity):
            known = quantity.provenance.status if quantity.provenance is not None else ""
            source = known or ("yours" if quantity.distribution is None else "range")
            yield from _moved((name,), source, model, values)
    for assumption in report.assumptions:
        found = [n for n in assumption.names if n in model.quantities]
        for belief in dict.fromkeys(of_names[n] for n in found if n in of_names):
            if belief in believed:
                yield _believed(believed.pop(belief))
        names = tuple(
            n
            for n in found
            if n not in of_names and not model.quantities[n].declaration.is_decision
        )
        if names:
            yield from _moved(names, "default", model, values)
    yield from map(_believed, believed.values())


def _believed(banded: Sequence[Banded]) -> _Input:
    """Return what the library believes, with the ends of its band."""
    low, high = ({one.name: end(one) for one in banded} for end in (_LOW, _HIGH))
    return _Input(tuple(low), (low, high), "default", is_belief=True)


def _is_given(quantity: Quantity) -> bool:
    """Return whether it is an input: no formula of others, neither chosen nor a pinned fleet."""
    if quantity.declaration.is_decision:
        return False
    if quantity.origin.from_library or (quantity.uses and quantity.distribution is None):
        return False
    return quantity.origin is not Origin.PINNED or quantity.display_unit != "whole"


def _moved(
    names: tuple[str, ...], source: str, model: Model, values: Mapping[str, float]
) -> Iterator[_Input]:
    """Yield what is moved together, with both ends, unless it stays as it is."""
    ends = {name: _ends(model.quantities[name], values[name], model) for name in names}
    low, high = ({name: both[end] for name, both in ends.items()} for end in (0, 1))
    if low != high:
        yield _Input(names, (low, high), source)


def _ends(quantity: Quantity, value: float, model: Model) -> tuple[float, float]:
    """Return the ends of a plausible range: the range itself, or a tenth down and up.

    A share near all is moved by a tenth of what it lacks, and what counts things by at least one.
    """
    if quantity.distribution is not None:
        low, high = map(quantity.distribution.quantile, _ENDS)
        return low, high
    if not isfinite(value):
        return value, value
    step = abs(value) * PLAUSIBLE
    if quantity.display_unit in NEAR_ALL and NEAR_ALL[quantity.display_unit] <= value <= 1.0:
        step = (1.0 - value) * PLAUSIBLE
    elif quantity.display_unit == "whole" and value:
        step = max(1.0, float(round(step)))
    return _kept(quantity, value - step, value, model), _kept(quantity, value + step, value, model)


def _kept(quantity: Quantity, end: float, value: float, model: Model) -> float:
    """Return an end, or the bound of the quantity that lies before it; not a bound to be above."""
    for bound in quantity.bounds.given() if quantity.bounds else ():
        limit = constant(bound.text, model.calendar)
        if bound.op == "<=":
            end = min(end, max(limit, value))
        elif end < limit or (bound.op == ">" and end == limit):
            end = value if bound.op == ">" else min(limit, value)
    return end


# --- what follows ---------------------------------------------------------------------------------


class _Moving:
    """What follows from other values of some quantities, for a few results.

    Args:
        model: A model.
        leading: The names of what the results follow from.
        values: The values of its inputs, among others.
        outcomes: The results.

    Attributes:
        now: The results as they are.
    """

    def __init__(
        self,
        model: Model,
        leading: Collection[str],
        values: Mapping[str, float],
        outcomes: Sequence[str],
    ) -> None:
        asked = {n: q for n, q in model.quantities.items() if n in leading}
        self._model = model._replace(quantities=asked)
        self._values = {name: values[name] for name in leading}
        steps = {}
        for name, step in compile_program(self._model).steps.items():
            if step[1]:
                try:
                    self._values[name] = value_of_step(step, self._values)
                except (ArithmeticError, ValueError):
                    continue  # it needs whole nodes: it stays as it is
                steps[name] = step
        self._program = Program(steps, self._values)
        self._bounds = {n: bounds for n, bounds in model.bounded.items() if n in steps}
        self.now = {name: self._values[name] for name in outcomes}

    def within_budget(
        self, inputs: Sequence[_Input], ranked: Sequence[str]
    ) -> Iterator[tuple[int, _Moved]]:
        """Yield what is moved, as a position, with what it does, until `MOST_READ`.

        What leads to the results in most ways comes first.

        Args:
            inputs: What is moved.
            ranked: The results that all are ranked by. Others are asked for of beliefs alone, and
                computed for these: a latency takes longer than all else.
        """
        ways = self._ways()
        of_inputs = [sum(ways.get(name, 0.0) for name in one.names) for one in inputs]
        matters = self._model.leading_to(ranked)
        reads, left = self._program.reads, MOST_READ
        for at in sorted(range(len(inputs)), key=lambda at: -of_inputs[at]):
            names = [name for name in inputs[at].names if name in self._values]
            following = self._program.following(names)
            outcomes: Collection[str] = self.now
            if not inputs[at].is_belief:
                following = [name for name in following if name in matters]
                outcomes = ranked
            left -= 2 * sum(map(reads.__getitem__, following))
            if left < 0:
                return
            yield at, self._moved(names, following, outcomes)

    def moved(self, names: Iterable[str]) -> _Moved:
        """Return the results as a function of other values of some quantities."""
        known = [name for name in names if name in self._values]
        return self._moved(known, self._program.following(known), self.now)

    def _moved(
        self, names: Sequence[str], following: Sequence[str], outcomes: Collection[str]
    ) -> _Moved:
        bounded = {n: self._bounds[n] for n in following if n in self._bounds}
        run = self._program.function(names, [*outcomes, *bounded], following)

        def moved(values: Mapping[str, float]) -> dict[str, float] | None:
            try:
                found = run(*[values[name] for name in names])
            except (ArithmeticError, ValueError):
                return None
            kept = zip(bounded.values(), found[len(outcomes) :], strict=True)
            if any(broken_bound(bounds, value, self._model) for bounds, value in kept):
                return None
            return dict(zip(outcomes, found, strict=False))

        return moved

    def _ways(self) -> dict[str, float]:
        """Return in how many ways, from formula to formula, each quantity leads to the results."""
        ways = dict.fromkeys(self._values, 0.0) | dict.fromkeys(self.now, 1.0)
        for name, (_, uses) in reversed(self._program.steps.items()):
            for use in uses:
                ways[use] += ways[name]
        return ways


_Moved: TypeAlias = Callable[[Mapping[str, float]], dict[str, float] | None]
"""Takes other values of what is moved; returns the results, or None where one cannot be computed,
or a value that follows would be beyond its bounds."""


# --- for people -----------------------------------------------------------------------------------


def _influence(
    one: _Input,
    model: Model,
    report: Report,
    swings: Mapping[str, float],
    results: Sequence[Mapping[str, float] | None],
) -> Influence:
    name = one.names[0]
    values = numbers(report)
    low, high = (end[name] for end in one.ends)
    ends = {n: [None if r is None else r[n] for r in results] for n in swings}
    texts = {n: [_outcome(n, end, model) for end in both] for n, both in ends.items()}
    return Influence(
        one.names,
        one.source,
        (values[name], low, high),
        _texts(one, model, report),
        {n: (a, b) for n, (a, b) in ends.items()},
        {n: (a, b) for n, (a, b) in texts.items()},
        swings,
    )


def _texts(one: _Input, model: Model, report: Report) -> tuple[str, str, str]:
    """Return what is moved and both ends; of values that differ, the formula that they share."""
    name = one.names[0]
    if one.is_belief and len({one.ends[0][n] for n in one.names}) > 1:
        ends = model.quantities[name].declaration.band
        said = None if ends is None else range_of(ends.text.value)
        if ends is not None and said is not None:
            low, high = (ends.text.value[slice(*end.span)] for end in (said.low, said.high))
            return report.values[name].formula, low, high
    if len({report.values[n].value for n in one.names}) > 1:
        return report.values[name].formula, f"{PLAUSIBLE:.0%} less", f"{PLAUSIBLE:.0%} more"
    quantity = model.quantities[name]
    low, high = (written(end[name], quantity, model, rounded=True) for end in one.ends)
    return report.values[name].text, low, high


def _swing(now: float, ends: Iterable[float]) -> float:
    """Return how far a result moves, as a share of what it is; infinite where an end is."""
    known = [now, *ends]
    if not all(map(isfinite, known)):
        return inf
    moved = max(known) - min(known)
    return moved / abs(now) if now else inf if moved else 0.0


def _outcome(name: str, value: float | None, model: Model) -> str:
    """Write a result for people: nodes as whole ones, and a dash where there is none."""
    if value is None:
        return "–"
    if name == "servers" and isfinite(value):
        return write(round(value), PLAIN, display_unit="whole")
    return written(value, model.quantities[name], model, rounded=True)
