"""Two scenarios side by side: what they say differently, what comes of it, and how much of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import combinations
from math import factorial, fsum, isfinite
from typing import Any, NamedTuple, TypeAlias

from estimator.analyse.compare import Comparison, compare
from estimator.analyse.estimate import Estimate, estimated
from estimator.analyse.tabular import Preview, Scalar, Tabular
from estimator.diagnostics import Place, Problems, Text
from estimator.evaluate import numbers
from estimator.evaluate.program import Function, Program, Step, compile_program, step_of
from estimator.scenario.load import Loaded, load_source
from estimator.scenario.sections import NAMED, Content, sections, sections_of
from estimator.scenario.yaml_tree import Items, Tree
from estimator.scenario.yaml_tree import Mapping as YamlMapping

MEASURES = ("servers", "storage.retained", "cost.per_month")
"""Of what the reasons are told: how many servers, how many bytes, how many USD a month."""

_COMPARISON = re.compile(r"[<>=!]=|[<>]")
_LIBRARY = sections_of(Content.PATHS)
_MOST_OWN = 3
_HARDLY_ALIKE = 0.25  # the same where neither has a name of its own
_ALIKE = 0.5  # of the fewer parts: with fewer in common, two scenarios are of two systems
_EXACT_QUICK, _EXACT_SLOW = 12, 7  # changes, of which all combinations are computed
_ORDERS_QUICK, _RUNS_SLOW = 400, 200  # else so many orders, or so many estimates


class InputChange(NamedTuple):
    """Something that two scenarios say differently.

    Attributes:
        name: What it is called in formulas, such as `tweet.payload`; of a kind its file.
        path: Its keys in the file.
        before: What was said; None where nothing was.
        after: What is said; None where nothing is.
        before_place: Where it was.
        after_place: Where it is.
        is_library: Whether it is of the library or of another scenario, and not of the scenario's
            file.
        is_used: Whether it is of another scenario, of which this one may use something else.
    """

    name: str
    path: tuple[str, ...]
    before: str | None
    after: str | None
    before_place: Place | None
    after_place: Place | None
    is_library: bool = False
    is_used: bool = False


class Share(NamedTuple):
    """What part of a change is due to one of the reasons, or to several together.

    Attributes:
        names: The changes.
        value: In base units; all shares together are the change.
    """

    names: tuple[str, ...]
    value: float


class Attribution(NamedTuple):
    """Why a quantity changed.

    Attributes:
        measure: The quantity.
        before: Its value before, in base units.
        after: Its value now.
        shares: By reason, the largest first.
        is_exact: Are they averages over all orders in which the changes may be made, and not over
            many of them?
    """

    measure: str
    before: float
    after: float
    shares: tuple[Share, ...]
    is_exact: bool = True


@dataclass(frozen=True)
class Difference(Tabular):
    """What is different between two scenarios.

    Attributes:
        inputs: What they say differently.
        comparison: What comes of it.
        reasons: Why the measures changed.
        before: The one estimate.
        after: The other.
        expected: What they expect differently: another limit, severity, waiver or owner.
    """

    inputs: tuple[InputChange, ...]
    comparison: Comparison
    reasons: tuple[Attribution, ...]
    before: Estimate
    after: Estimate
    expected: tuple[InputChange, ...] = ()

    def __repr__(self) -> str:
        moved = len(self.comparison.quantities)
        return f"<Difference: {len(self.inputs)} changes, {moved} quantities moved>"

    def columns(self) -> dict[str, list[Scalar]]:
        """Return a row a quantity that moved, in base units, the headlines first."""
        moved = self.comparison.quantities
        return {
            "name": [change.name for change in moved],
            "before": [None if c.before is None else float(c.before) for c in moved],
            "after": [None if c.after is None else float(c.after) for c in moved],
            "factor": [change.factor for change in moved],
            "is_input": [change.is_input for change in moved],
        }

    def preview(self) -> Preview:
        """Return what moved, and what is said differently."""
        rows = [
            [c.name, str(c.before or ""), str(c.after or ""), f"{c.factor:.4g}" if c.factor else ""]
            for c in self.comparison.quantities
        ]
        changes = [f"{c.name}: {c.before or ''} → {c.after or ''}" for c in self.inputs]
        return Preview("Difference", ["quantity", "before", "after", "times"], rows, changes)

    @property
    def parts(self) -> tuple[frozenset[str], frozenset[str]]:
        """The actions and components of both, by their names."""
        before, after = (
            frozenset((*report.actions, *(c.name for c in report.components)))
            for report in (self.before.report, self.after.report)
        )
        return before, after

    @property
    def is_of_two_systems(self) -> bool:
        """Whether their names and parts make them two systems, and not two versions of one."""
        before, after = self.parts
        if not before or not after:
            return False
        common = len(before & after) / min(len(before), len(after))
        renamed = self.before.report.name != self.after.report.name
        return common < (_ALIKE if renamed else _HARDLY_ALIKE)


def difference(
    before: Loaded, after: Loaded, library: Sequence[InputChange], problems: Problems
) -> Difference | None:
    """Return what is different between two scenarios, or None with what is wrong in `problems`.

    Args:
        before: The one.
        after: The other.
        library: What is different in a team's own kinds, and in scenarios that are used.
        problems: Where what is wrong with either is reported.
    """
    old, new = estimated(before, problems), estimated(after, problems)
    if old is None or new is None:
        return None
    inputs = [c for c in changed_inputs(before.tree, after.tree) if not _is_same(c, old, new)]
    comparison = compare(old.report, new.report)
    reasons = tuple(_Reasons(before, after, inputs, list(library), old, new).told())
    expected = tuple(changed_expectations(before.tree, after.tree))
    said = (*inputs, *library, *_changed_variants(before.tree, after.tree))
    return Difference(said, comparison, reasons, old, new, expected)


# --- what is said differently ---------------------------------------------------------------------


def changed_inputs(before: YamlMapping, after: YamlMapping) -> Iterator[InputChange]:
    """Yield what two scenarios say differently; spaces, comments and order do not count.

    A component or an action that only one of them has is one change.
    """
    for key in dict.fromkeys((*before.entries, *after.entries)):
        if sections()[key].is_estimated:
            yield from differing((key,), before.get(key), after.get(key))


def _changed_variants(before: YamlMapping, after: YamlMapping) -> Iterator[InputChange]:
    """Yield what variants say differently, which changes no quantity of the file itself."""
    (name,) = sections_of(Content.OVERRIDES)
    yield from differing((name,), before.get(name), after.get(name))


def changed_expectations(before: YamlMapping, after: YamlMapping) -> Iterator[InputChange]:
    """Yield the expectations that are written differently, each known by what it compares."""
    old, new = (dict(_expected(tree.get("expect"))) for tree in (before, after))
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name), new.get(name)
        text, to = _expectation(was), _expectation(now)
        if text != to:
            place, there = (tree.place if tree is not None else None for tree in (was, now))
            yield InputChange(name[0], ("expect", name[0]), text, to, place, there)


def _expected(tree: Tree | None) -> Iterator[tuple[tuple[str, int], Tree]]:
    """Return the expectations, by what they compare and how often it was compared before."""
    seen: Counter[str] = Counter()
    for item in tree.items if isinstance(tree, Items) else ():
        check = item.get("check") if isinstance(item, YamlMapping) else item
        compared = _COMPARISON.split(_said(check) or "", maxsplit=1)[0].strip()
        yield (compared, seen[compared]), item
        seen[compared] += 1


def _expectation(tree: Tree | None) -> str | None:
    """Return an expectation in one line: `servers <= 20, severity: warn`."""
    if not isinstance(tree, YamlMapping):
        return _said(tree)
    rest = sorted(key for key in tree.entries if key != "check")
    said = [f"{key}: {_said(tree.get(key))}" for key in rest]
    return ", ".join([_said(tree.get("check")) or "", *said])


def differing(
    path: tuple[str, ...], before: Tree | None, after: Tree | None
) -> Iterator[InputChange]:
    """Yield what two trees say differently at a path, down to single values."""
    nested = [isinstance(t, YamlMapping) for t in (before, after) if t is not None]
    is_section = len(path) == 1 and path[0] not in ("users", *_LIBRARY) and all(nested)
    if is_section or (len(nested) == 2 and all(nested)):
        keys = [*_keys(before), *_keys(after)]
        for key in dict.fromkeys(keys):
            yield from differing((*path, key), _child(before, key), _child(after, key))
        return
    old, new = _said(before), _said(after)
    if old != new:
        was, now = (t.place if t is not None else None for t in (before, after))
        yield InputChange(_name(path), path, old, new, was, now, path == _LIBRARY)


def _keys(tree: Tree | None) -> Iterable[str]:
    return tree.entries if isinstance(tree, YamlMapping) else ()


def _child(tree: Tree | None, key: str) -> Tree | None:
    return tree.get(key) if isinstance(tree, YamlMapping) else None


def _said(tree: Tree | None) -> str | None:
    """Return a value in one line, as YAML has it between braces."""
    if tree is None:
        return None
    if isinstance(tree, YamlMapping):
        return "{" + ", ".join(f"{k}: {_said(tree.get(k))}" for k in tree.entries) + "}"
    if isinstance(tree, Items):
        return "[" + ", ".join(str(_said(item)) for item in tree.items) + "]"
    return " ".join(tree.text.value.split())


def _name(path: tuple[str, ...]) -> str:
    return ".".join(path[1:] if path[0] in NAMED and len(path) > 1 else path)


def _is_same(change: InputChange, old: Estimate, new: Estimate) -> bool:
    """Return whether it is the same number, written in another way."""
    one, other = (e.model.quantities.get(change.name) for e in (old, new))
    if one is None or other is None or one.uses or other.uses or one.distribution:
        return False
    known = one.distribution == other.distribution and one.dimension == other.dimension
    name = change.name
    return known and old.report.values[name].value == new.report.values[name].value


# --- why ------------------------------------------------------------------------------------------

_Coalition: TypeAlias = frozenset[int]
_Value: TypeAlias = Callable[[_Coalition], tuple[float, ...]]
"""What the measures are where only some of the changes are made."""


class _CannotBeError(Exception):
    """Some of the changes make no sense without others."""


class _Reasons:
    """Finds what part of a change is due to each of its reasons, by Shapley's value.

    That is the average of what a change does over all orders in which the changes may be made: it
    depends on no order, and all parts together are the whole (L. S. Shapley, "A value for n-person
    games", 1953).
    """

    def __init__(
        self,
        before: Loaded,
        after: Loaded,
        inputs: list[InputChange],
        library: list[InputChange],
        old: Estimate,
        new: Estimate,
    ) -> None:
        self.before, self.after = before, after
        self.old, self.new = old, new
        self.changes = sorted(self._reaching(inputs), key=lambda c: c.path)
        self.library = [c for c in inputs if c.is_library] + library
        self.measures = self._measures()
        self.is_exact = len(self.changes) <= _EXACT_QUICK

    def _reaching(self, inputs: list[InputChange]) -> Iterator[InputChange]:
        """Yield the changes of the file that may move a measure at all."""
        reached = set()
        for estimate in (self.old, self.new):
            known = [m for m in self._measures() if m in estimate.model.quantities]
            reached |= estimate.model.leading_to(known)
        for change in inputs:
            there = [change.name in e.model.quantities for e in (self.old, self.new)]
            if not change.is_library and not (all(there) and change.name not in reached):
                yield change

    def told(self) -> Iterator[Attribution]:
        """Yield the reasons for each measure that changed."""
        if not self.measures:
            return
        groups, shares = self._shares()
        for at, measure in enumerate(self.measures):
            before, after = (e.report.values[measure].value for e in (self.old, self.new))
            found = [Share(self._names(g), s[at]) for g, s in zip(groups, shares, strict=True)]
            ranked = sorted(found, key=lambda s: -abs(s.value))
            shares_ = _whole(ranked, after - before)
            yield Attribution(measure, before, after, shares_, self.is_exact)

    def _measures(self) -> list[str]:
        """Return the reported quantities that changed; without any, the scenario's formulas."""
        found = [m for m in MEASURES if self._changed(m)]
        if any(m in self.old.report.values for m in MEASURES):
            return found
        return [n for n in self.new.report.own if self._changed(n)][:_MOST_OWN]

    def _changed(self, name: str) -> bool:
        reports = [estimate.report.values for estimate in (self.old, self.new)]
        found = [values[name].value for values in reports if name in values]
        return len(found) == 2 and all(map(isfinite, found)) and found[0] != found[1]

    def _names(self, group: tuple[int, ...]) -> tuple[str, ...]:
        reasons = [*([change] for change in self.changes), self.library]
        return tuple(change.name for at in group for change in reasons[at])

    def _shares(self) -> tuple[list[tuple[int, ...]], list[tuple[float, ...]]]:
        """Return the reasons, those that cannot be told apart together, and the share of each."""
        count = len(self.changes) + bool(self.library)
        single: list[tuple[int, ...]] = [(at,) for at in range(count)]
        quick = self._quick()
        if quick is not None:
            with suppress(_CannotBeError):
                return single, _shapley(len(single), quick, _EXACT_QUICK, _ORDERS_QUICK)
        shaping = tuple(at for at in range(count) if self._shapes(at))
        mixed = [g for g in single if g[0] not in shaping]
        for groups in (single, [*mixed, shaping] if shaping else single):
            try:
                value = self._slow(groups)
                self.is_exact = len(groups) <= _EXACT_SLOW
                orders = max(1, _RUNS_SLOW // max(1, len(groups)))
                return groups, _shapley(len(groups), value, _EXACT_SLOW, orders)
            except _CannotBeError:
                continue
        self.is_exact = True
        whole = [tuple(range(count))]
        return whole, _shapley(1, self._slow(whole), 1, 1)

    def _shapes(self, at: int) -> bool:
        """Return whether something comes or goes, rather than says something else."""
        if at == len(self.changes):
            return True
        change = self.changes[at]
        return change.before is None or change.after is None

    def _quick(self) -> _Value | None:
        """Return the measures as a function, where nothing but formulas changed; else None."""
        old, new = self.old.model, self.new.model
        names = [c.name for c in self.changes]
        if self.library or set(names) - old.quantities.keys():
            return None
        if old.quantities.keys() != new.quantities.keys() or old.calendar != new.calendar:
            return None
        if old.rounding != new.rounding or old.open_machines or new.open_machines:
            return None
        changed = set(names)
        for name, quantity in old.quantities.items():
            other = new.quantities[name]
            if quantity.tree != other.tree or quantity.distribution != other.distribution:
                changed.add(name)
        if changed - set(names):
            return None  # a formula of the library is another one because of what is given
        run = self._with_choices(names)
        if run is None:
            return None

        def value(made: _Coalition) -> tuple[float, ...]:
            try:
                return run(*(i in made for i in range(len(names))))
            except (ArithmeticError, ValueError):
                raise _CannotBeError from None

        return value

    def _with_choices(self, names: Sequence[str]) -> Function | None:
        """Return the measures as a function of whether each of some formulas is the new one.

        None where some of the formulas together would go round in a circle.
        """
        old, new = self.old.model, self.new.model
        steps = dict(compile_program(old).steps)
        choices = [f"choice {name}" for name in names]
        for name, choice in zip(names, choices, strict=True):
            steps[name] = _either(choice, steps[name], step_of(new.quantities[name], old))
        try:
            order = list(
                TopologicalSorter({n: names for n, (_, names) in steps.items()}).static_order()
            )
        except CycleError:
            return None
        steps = {name: steps[name] for name in order if name in steps}
        program = Program(steps, {**numbers(self.old.report), **dict.fromkeys(choices, 0.0)})
        return program.part(self.measures).function(choices, self.measures)

    def _slow(self, groups: Sequence[tuple[int, ...]]) -> _Value:
        """Return the measures of scenarios that have some of the changes."""

        @cache
        def value(made: _Coalition) -> tuple[float, ...]:
            if not made:
                report = self.old.report
            elif len(made) == len(groups):
                report = self.new.report
            else:
                mixed = self._mixed({at for group in made for at in groups[group]})
                found = estimated(mixed, Problems())
                if found is None:
                    raise _CannotBeError
                report = found.report
            values = [report.values.get(m) for m in self.measures]
            if any(v is None or not isfinite(v.value) for v in values):
                raise _CannotBeError
            return tuple(v.value for v in values if v is not None)

        return value

    def _mixed(self, made: set[int]) -> Loaded:
        """Return the one scenario with some of the changes that lead to the other."""
        tree = self.before.tree
        for at in sorted(made):
            if at < len(self.changes):
                change = self.changes[at]
                tree = _with(tree, change.path, _at(self.after.tree, change.path))
        base = self.before
        if len(self.changes) in made:
            base = self.after
            tree = _with(tree, _LIBRARY, self.after.tree.get("library"))
        try:
            return load_source(
                base.source, base.folder, base.title, tree=tree, files=base.files, file=base.file
            )
        except Exception as error:  # whatever is wrong with a mixture is no fault of either
            raise _CannotBeError from error


def _either(choice: str, first: Step, second: Step) -> Step:
    """Return how one of two formulas is computed: the second one where a choice is true."""
    (old, old_names), (new, new_names) = first, second
    many = len(old_names)

    def function(is_new: bool, *given: float) -> Any:
        return new(*given[many:]) if is_new else old(*given[:many])

    return function, (choice, *old_names, *new_names)


def _at(tree: Tree | None, path: Sequence[str]) -> Tree | None:
    for key in path:
        tree = _child(tree, key)
    return tree


def _with(tree: YamlMapping, path: Sequence[str], value: Tree | None) -> YamlMapping:
    """Return a copy of a tree with something else at a path; None takes away what is there."""
    key, *rest = path
    entries = dict(tree.entries)
    if rest:
        inner = tree.get(key)
        within = inner if isinstance(inner, YamlMapping) else YamlMapping(tree.place)
        value = _with(within, rest, value)
        if not value.entries:
            value = None
    if value is None:
        entries.pop(key, None)
    else:
        text = entries[key][0] if key in entries else Text(key, value.place)
        entries[key] = (text, value)
    return YamlMapping(tree.place, entries, tree.size)


def _whole(shares: Sequence[Share], change: float) -> tuple[Share, ...]:
    """Return the shares with what rounding left over in the largest, so that they are the whole."""
    if not shares:
        return ()
    first, *rest = shares
    return (first._replace(value=change - fsum(s.value for s in rest)), *rest)


def _shapley(count: int, value: _Value, exact: int, orders: int) -> list[tuple[float, ...]]:
    """Return the average of what each of some changes does, over all orders or many.

    Args:
        count: How many changes there are.
        value: What the measures are where only some are made.
        exact: Up to how many changes all combinations are computed.
        orders: How many orders are tried of more, each forwards and backwards.
    """
    if count == 0:
        return []
    if count > exact:
        return _by_orders(count, value, orders)
    value = cache(value)
    everyone = range(count)
    found: list[list[float]] = []
    for one in everyone:
        others = [o for o in everyone if o != one]
        terms: list[tuple[float, ...]] = []
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for chosen in combinations(others, size):
                without, with_ = value(frozenset(chosen)), value(frozenset((*chosen, one)))
                terms.append(tuple(weight * (b - a) for a, b in zip(without, with_, strict=True)))
        found.append([fsum(column) for column in zip(*terms, strict=True)])
    return [tuple(row) for row in found]


def _by_orders(count: int, value: _Value, orders: int) -> list[tuple[float, ...]]:
    chance = random.Random(1)  # the same every time
    known = cache(value)
    steps: list[list[tuple[float, ...]]] = [[] for _ in range(count)]
    order = list(range(count))
    for _ in range(max(1, orders // 2)):
        chance.shuffle(order)
        for way in (order, order[::-1]):
            made: frozenset[int] = frozenset()
            for one in way:
                further = made | {one}
                pairs = zip(known(made), known(further), strict=True)
                steps[one].append(tuple(b - a for a, b in pairs))
                made = further
    return [tuple(fsum(column) / len(rows) for column in zip(*rows, strict=True)) for rows in steps]
