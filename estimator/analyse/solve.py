"""Where a condition turns, as one input is changed: the most or the least that it may be.

The input is looked at on a grid, even on its logarithm, and each turn between two points of the
grid is then searched by itself. A turn there and back between two neighbors is not seen; so the
grid is part of the answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import NamedTuple

from estimator.analyse.axes import Axis, spaced, unknown_name
from estimator.analyse.break_even import LARGEST, BreakEvens
from estimator.analyse.crossing import BEYOND, Observation, Probe, refined
from estimator.analyse.estimate import Estimate, estimated
from estimator.analyse.odds import odds_of, share_at, shares_between
from estimator.analyse.tabular import Preview, Scalar, Tabular, heading
from estimator.analyse.used import BuildOptions
from estimator.diagnostics import Problems, Text, short
from estimator.evaluate import SamplingOptions
from estimator.evaluate.program import compile_program
from estimator.evaluate.shown import numbers
from estimator.formula.emit import constant as constant_of
from estimator.formula.fault import FormulaError
from estimator.formula.tree import Compare, names_in
from estimator.model import Expectation, Model, Quantity
from estimator.model.conventions import constant
from estimator.scenario.headlines import headlines_of
from estimator.scenario.load import Loaded
from estimator.units import PLAIN, Calendar

GRID = 25
"""How many values of the input are looked at first."""
_EXACT = 1e-9  # of the logarithm, where a step is searched by halves
_EVEN = 1e-12  # of a margin: both sides are the same
_SAMPLED = 1e-4  # of the logarithm, over ranges
_DIGITS = 5
_INWARDS = (0.0, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4)  # up to a digit of the last place that is shown
_SAME = 2e-8  # of a value: a step is searched as near
_HEADLINES = ("servers", "cost.per_month", "storage.retained", "latency.p99", "availability")


class Span(NamedTuple):
    """Values of the input between which the condition holds.

    Attributes:
        low: The least of them, in base units; None where it holds down to the end of the grid.
        high: The largest of them; None where it holds up to the end of the grid.
        low_text: The least for people; empty for none.
        high_text: The largest for people; empty for none.
    """

    low: float | None
    high: float | None
    low_text: str = ""
    high_text: str = ""


class Result(NamedTuple):
    """A headline where the input is what it is, and at the limit; in base units and for people.

    Attributes:
        name: Its name.
        now: Its value where the input is what it is.
        limit: Its value at the limit.
        texts: The two for people.
        bound: What bound it is, `at_least` or `at_most`; empty for none.
    """

    name: str
    now: float
    limit: float
    texts: tuple[str, str]
    bound: str = ""

    @property
    def heading(self) -> str:
        """Return its name, with what bound it is."""
        return heading(self.name, self.bound)


@dataclass(frozen=True)
class Solution(Tabular):
    """Where a condition turns.

    Attributes:
        name: The input.
        condition: The condition, as it was written.
        now: What the input is, in base units.
        now_text: The same for people.
        holds_now: Whether the condition holds there.
        confidence: In what share of samples it has to hold; None where there are no ranges.
        spans: Where it holds, from the least values on.
        limit: The end of a span that is the answer: of the one that holds now, else of the nearest;
            None where it turns nowhere.
        limit_text: The same for people.
        is_most: Whether that is the largest value that holds, and not the smallest.
        results: What the headlines come to at the limit.
        grid: The least and the largest value that were looked at, and how many.
        grid_texts: The two for people.
        evaluations: How often the condition was evaluated.
        is_range: Whether the input is a range, which is moved as a whole: its values are medians.
        machines: The machines of components that leave theirs open: the cheapest now.
        further: The ends between which to look further, for people; empty where it turns, or where
            all that the input may be was looked at.
    """

    name: str
    condition: str
    now: float
    now_text: str
    holds_now: bool
    confidence: float | None
    spans: tuple[Span, ...]
    limit: float | None
    limit_text: str
    is_most: bool
    results: tuple[Result, ...]
    grid: tuple[float, float, int]
    grid_texts: tuple[str, str]
    evaluations: int
    is_range: bool = False
    machines: Mapping[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<Solution {self.answer}>"

    @property
    def answer(self) -> str:
        """Return the answer in a line, such as `users: at most 660M for servers <= 100`."""
        if self.limit is None:
            always = "holds" if self.holds_now else "fails"
            low, high = self.grid_texts
            return f"{self.condition} {always} for {self.name} from {low} to {high}"
        sign = "at most" if self.is_most else "at least"
        return f"{self.name}: {sign} {self.limit_text} for {self.condition}"

    def columns(self) -> dict[str, list[Scalar]]:
        """Return the input and the headlines, now and at the limit, in base units."""
        results = self.results if self.limit is not None else ()
        return {
            "name": [self.name, *(result.name for result in results)],
            "now": [self.now, *(result.now for result in results)],
            "limit": [self.limit, *(result.limit for result in results)],
        }

    def preview(self) -> Preview:
        """Return the input and the headlines, now and at the limit."""
        rows = [[self.name, self.now_text, self.limit_text]]
        rows += [[result.heading, *result.texts] for result in self.results]
        return Preview(self.answer, ["", "now", "at the limit"], rows)


def solve(
    loaded: Loaded,
    axis: Axis,
    condition: Text,
    problems: Problems,
    built: BuildOptions,
    options: SamplingOptions,
    *,
    confidence: float | None = None,
) -> Solution | None:
    """Return where a condition turns, or None with what is wrong added to `problems`.

    Args:
        loaded: The scenario.
        axis: The input, with the two ends between which to look, or none.
        condition: What should hold.
        problems: Where errors and warnings go.
        built: How it is built.
        options: How ranges are sampled.
        confidence: In what share of samples it has to hold, where there are ranges.
    """
    built = built._replace(conditions=(condition,))
    ends: list[float] = []
    for end in axis.items:
        said = {**built.overrides, axis.name: end}
        found = estimated(loaded, problems, built._replace(overrides=said), options)
        if found is None:
            return None
        ends.append(found.report.values[axis.name].value)
    found = estimated(loaded, problems, built, options)
    if found is None or not _is_input(found, axis.name, problems):
        return None
    (expectation,) = found.model.expectations
    if not _can_turn(expectation, axis.name, found.model, problems):
        return None
    if confidence is not None:
        expectation = replace(expectation, confidence=confidence)
    return _Search(found, axis.name, expectation, options.seed).solution(ends)


def _can_turn(expectation: Expectation, name: str, model: Model, problems: Problems) -> bool:
    """Return whether it can be seen where a condition turns; otherwise it is reported."""
    said = expectation.text.value
    if "runway" in said:
        message = "how long something lasts depends on growth, which `solve` leaves out"
        help_ = f"write it under `expect`, and `estimator sweep ... --over {name}=A,B,C` shows"
        help_ += " where it fails; `estimator forecast` has the days"
    elif isinstance(expectation.tree, Compare) and expectation.tree.op == "==":
        left, _, right = said.partition("==")
        message = f"`{short(said)}` holds only at single values, which `solve` cannot find"
        help_ = f"write `{left.strip()} <= {right.strip()}`: it turns where both sides are equal"
    elif expectation.unknown:
        message = f"`{short(said)}` depends on `{expectation.unknown[0]}`, which is unknown"
        help_ = f"suppose a value: `--set {expectation.unknown[0]}=...`"
    elif name not in model.leading_to(names_in(expectation.tree)):
        message = f"`{short(said)}` does not depend on `{name}`"
        leading = model.leading_to(names_in(expectation.tree))
        parts = (n for n in leading if n.startswith(f"{name}.") and not model.quantities[n].uses)
        part = min(parts, default="")
        help_ = f"name a part of it: `{part}`" if part else "change something that it follows from"
    else:
        return True
    problems.add("E034", message, help=help_)
    return False


def share_of(said: float | str | None, problems: Problems) -> float | None:
    """Return a confidence as a share, such as 0.9 for `90%`; what is none is reported."""
    if said is None or isinstance(said, float):
        return said
    share = constant("confidence", Text.of("--confidence", said), PLAIN, Calendar(), problems)
    if share is not None and not 0.0 < share < 1.0:
        message = f"a confidence is between 0% and 100%, not `{short(said)}`"
        problems.add("E034", message, help="write `--confidence 90%`")
    return share


def _is_input(found: Estimate, name: str, problems: Problems) -> bool:
    """Return whether something can be changed alone; otherwise it is reported."""
    quantity, values = found.model.quantities.get(name), numbers(found.report)
    if name in found.model.unknown:
        message = f"`{name}` is unknown, and `solve` starts from a value"
        root = found.model.unknown[name][0]
        problems.add("E034", message, help=f"suppose one: `--set {root}=...`")
        return False
    if quantity is None:
        unknown_name(name, list(values), problems)
        return False
    if not 0.0 < values[name] < math.inf:
        message = f"`{name}` is {found.report.values[name].text}, which `solve` cannot multiply"
        problems.add("E034", message, help=f"set it first: `--set {name}=...`")
        return False
    return True


class _Search:
    """Looks for the turns of a condition.

    Args:
        found: The estimate.
        name: The input.
        expectation: The condition.
        seed: Which samples to take.
    """

    def __init__(self, found: Estimate, name: str, expectation: Expectation, seed: int) -> None:
        self._found, self._model = found, found.model
        self._values = numbers(found.report)
        self._name, self._expectation = name, expectation
        self._evens = BreakEvens(found.model, found.report.values)
        (outcome,) = found.report.expectations
        self._says_how_sure = _is_statistic(found, expectation)
        self._is_sampled = outcome.chance is not None or self._says_how_sure
        self._probe = self._probe_of(seed)
        self._count = 0

    def solution(self, ends: Sequence[float]) -> Solution:
        """Return where the condition turns between two ends; by default around the input."""
        now, name = self._values[self._name], self._name
        low, high = sorted(ends) if ends else self._around(now)
        grid = self._grid(low, high, is_said=bool(ends))
        seen = [(step, self._observe(step)) for step in grid]
        spans = self._spans([one for one in seen if one[1].can_be])
        at_now = (one for step, one in seen if abs(step) < _EVEN)
        here = (next(at_now, None) or self._observe(0.0)).holds
        limit, is_most = self._limit(spans, now)
        quantity = self._model.quantities[name]
        return Solution(
            name,
            self._expectation.text.value.strip(),
            now,
            self._text(now, quantity),
            here,
            None if self._says_how_sure or not self._is_sampled else self._expectation.confidence,
            tuple(spans),
            limit,
            "" if limit is None else self._within(limit, quantity, is_most=is_most),
            is_most,
            () if limit is None else tuple(self._results(limit)),
            (low, high, len(grid)),
            (self._text(low, quantity), self._text(high, quantity)),
            self._count,
            name in self._model.ranges,
            self._found.report.cheapest,
            () if limit is not None else self._further(low, high),
        )

    def _probe_of(self, seed: int) -> Probe:
        if self._is_sampled:
            sampled = self._evens.sampled_probe(self._name, self._expectation, seed)
            if sampled is not None:
                return sampled
        return self._evens.probe(self._name, self._expectation)

    def _observe(self, step: float) -> Observation:
        self._count += 1
        return self._probe(step)

    def _around(self, now: float) -> tuple[float, float]:
        """Return the ends between which to look unless they are said."""
        if self._evens.is_near_one(self._name):
            lost = 1.0 - now
            return max(0.0, 1.0 - lost * LARGEST), 1.0 - lost / LARGEST
        least, most = self._possible()
        if self._is_share(now):
            return max(share_at(odds_of(now) / LARGEST), least), most
        return max(now / LARGEST, least), min(now * LARGEST, most)

    def _possible(self) -> tuple[float, float]:
        """Return the least and the most that the input may be, of whole numbers 1 at least."""
        least, most = self._evens.ends(self._name)
        return max(least, 1.0) if self._evens.is_whole(self._name) else least, most

    def _further(self, low: float, high: float) -> tuple[str, ...]:
        """Return the ends between which to look further, for people; empty for none."""
        least, most = self._possible()
        ends = max(low / LARGEST**2, least), min(high * LARGEST**2, most)
        quantity = self._model.quantities[self._name]
        if self._is_share(low) or self._evens.is_near_one(self._name) or ends == (low, high):
            return ()
        return tuple(self._text(end, quantity, 3) for end in ends)

    def _is_share(self, value: float) -> bool:
        """Return whether the input can be no more than 100%, of which a value is neither end."""
        return self._evens.ends(self._name)[1] == 1.0 and 0.0 < value < 1.0

    def _step_to(self, value: float) -> float:
        """Return the change, as a logarithm, that leads to a value."""
        now = self._values[self._name]
        if self._evens.is_near_one(self._name):
            return math.log((1.0 - now) / max(1.0 - value, (1.0 - now) / LARGEST))
        return math.log(max(value, now * 1e-12) / now)

    def _grid(self, low: float, high: float, *, is_said: bool) -> list[float]:
        """Return the changes that are looked at, as logarithms."""
        if not self._evens.is_near_one(self._name):
            if self._is_share(low) and (not is_said or self._is_share(high)):
                return [self._step_to(value) for value in self._shares(low, high)]
            if is_said:
                return [self._step_to(value) for value in spaced(low, high, GRID)]
        first, last = self._step_to(low), self._step_to(high)
        return [first + (last - first) * at / (GRID - 1) for at in range(GRID)]

    def _shares(self, low: float, high: float) -> list[float]:
        """Return the shares that are looked at, of which 100% has no odds."""
        if high < 1.0:
            return shares_between(low, high, GRID)
        last = max(share_at(odds_of(self._values[self._name]) * LARGEST), low)
        return [*shares_between(low, last, GRID - 1), high]

    def _spans(self, seen: Sequence[tuple[float, Observation]]) -> list[Span]:
        """Return where the condition holds."""
        spans: list[Span] = []
        low: float | None = None
        for before, after in pairwise(seen):
            if before[1].holds is after[1].holds:
                continue
            turn = self._turn(before, after)
            if after[1].holds:
                low = turn
            else:
                spans.append(self._span(low, turn))
                low = None
        if seen and seen[-1][1].holds:
            spans.append(self._span(low, None))
        return spans

    def _turn(self, before: tuple[float, Observation], after: tuple[float, Observation]) -> float:
        """Return the value next to the turn at which the condition holds."""
        evens, name = self._evens, self._name
        if evens.is_whole(name):
            low, high = (evens.changed(name, step) for step, _ in (before, after))
            holding, failing = (low, high) if before[1].holds else (high, low)
            while abs(holding - failing) > 1.0:
                middle = math.floor((holding + failing) / 2.0)
                if self._observe(math.log(middle / self._values[name])).holds:
                    holding = middle
                else:
                    failing = middle
            return holding
        stays, crosses = (before, after) if before[1].holds else (after, before)
        if stays[1].margin is not None and abs(stays[1].margin) <= _EVEN:
            # both sides are the same there; on a step they are so for a while
            beyond = stays[0] + math.copysign(BEYOND, crosses[0] - stays[0])
            if self._observe(beyond).holds is crosses[1].holds:
                return evens.changed(name, stays[0])
        found = refined(self._observe, stays, crosses, _SAMPLED if self._is_sampled else _EXACT)
        return evens.changed(name, found.last)

    def _span(self, low: float | None, high: float | None) -> Span:
        quantity = self._model.quantities[self._name]
        ends = ((low, False), (high, True))
        texts = ("" if e is None else self._within(e, quantity, is_most=m) for e, m in ends)
        return Span(low, high, *texts)

    def _within(self, value: float, quantity: Quantity, *, is_most: bool) -> str:
        """Return an end for people, rounded to the side on which the condition holds."""
        for part in _INWARDS:
            text = self._text(value * (1.0 - part if is_most else 1.0 + part), quantity)
            try:
                back = constant_of(text, self._model.calendar)
            except FormulaError:
                break
            is_in = back <= value * (1.0 + _SAME) if is_most else back >= value * (1.0 - _SAME)
            if is_in and self._observe(self._step_to(back)).holds:
                return text
        return self._text(value, quantity)

    @staticmethod
    def _limit(spans: Sequence[Span], now: float) -> tuple[float | None, bool]:
        """Return the end of a span that answers, and whether it is the upper one."""
        for span in spans:
            if (span.low or 0.0) <= now <= (math.inf if span.high is None else span.high):
                return (span.high, True) if span.high is not None else (span.low, False)
        ends = [(end, is_most) for s in spans for end, is_most in ((s.low, False), (s.high, True))]
        near = [(e, m) for e, m in ends if e is not None and e > 0.0]
        return min(near, key=lambda e: abs(math.log(e[0] / now))) if near else (None, True)

    def _results(self, limit: float) -> list[Result]:
        """Return what the headlines come to at the limit."""
        quantities, values = self._model.quantities, self._values
        headlines = headlines_of(_HEADLINES, quantities)
        names = [n for n in headlines if n in quantities and n != self._name]
        program = compile_program(self._model, values)
        at_limit = program.function([self._name], names)(limit)
        return [
            Result(n, values[n], there, texts, q.bound)
            for n, there in zip(names, at_limit, strict=True)
            for q in [quantities[n]]
            for texts in [(self._text(values[n], q, 3), self._text(there, q, 3))]
        ]

    def _text(self, value: float, quantity: Quantity, digits: int = _DIGITS) -> str:
        unit = quantity.display_unit
        return self._model.write(value, quantity.dimension, display_unit=unit, significant=digits)


def _is_statistic(found: Estimate, expectation: Expectation) -> bool:
    """Return whether percentiles of ranges are compared."""
    from estimator.evaluate.uncertainty import is_uncertain

    return is_uncertain(found.model) and any(
        word in expectation.text.value for word in ("p5(", "p50(", "p95(", "mean(")
    )
