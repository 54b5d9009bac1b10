"""The conditions that are counted over samples: expectations, bottlenecks and bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from estimator.formula.emit import constant
from estimator.formula.tree import Compare, Logic, Name, Node, Number, names_in
from estimator.model import Model, Origin


class Conditions(NamedTuple):
    """The conditions of a model that depend on ranges, or may.

    Attributes:
        expectations: Those of its expectations.
        bottlenecks: For each component and resource, that it decides how many nodes there are.
        suffices: For each fleet that is pinned, that it is enough.
        bounds: For what formulas with ranges give, that it is within a bound: its name, the bound,
            and the condition.
    """

    expectations: list[Node]
    bottlenecks: list[tuple[str, str, Node]]
    suffices: list[tuple[str, Node]]
    bounds: list[tuple[str, str, Node]]

    @classmethod
    def of(cls, model: Model, unsure: set[str], slow: set[str]) -> Conditions:
        """Return those of a model.

        Args:
            model: The model.
            unsure: The quantities that depend on ranges.
            slow: Those that are computed sample by sample; only their expectations are counted.
        """
        return cls(
            [expectation.tree for expectation in model.expectations],
            _bottlenecks(model, unsure, slow),
            _suffices(model, unsure - slow),
            _bounds(model, unsure - slow),
        )

    @property
    def trees(self) -> list[Node]:
        """All of them, bottlenecks last."""
        return [
            *self.expectations,
            *(tree for _, tree in self.suffices),
            *(tree for _, _, tree in self.bounds),
            *(tree for _, _, tree in self.bottlenecks),
        ]

    def chances(self, found: Sequence[float], unsure: set[str]) -> Chances:
        """Return chances by what they are for, from those of `trees`, perhaps but bottlenecks."""
        each = iter(found)
        expected = [next(each) for _ in self.expectations]
        depends = [not unsure.isdisjoint(names_in(tree)) for tree in self.expectations]
        return Chances(
            tuple(c if d else None for c, d in zip(expected, depends, strict=True)),
            {component: next(each) for component, _ in self.suffices},
            tuple((name, bound, 1.0 - next(each)) for name, bound, _ in self.bounds),
        )

    def binds(self, found: Sequence[float]) -> dict[str, dict[str, float]]:
        """Return for each component how often each resource decides, from chances in that order."""
        binds: dict[str, dict[str, float]] = {}
        for (component, resource, _), chance in zip(self.bottlenecks, found, strict=True):
            binds.setdefault(component, {})[resource] = chance
        return binds


class Chances(NamedTuple):
    """The share of samples in which each condition holds.

    Attributes:
        expectations: Those of expectations; None where one depends on no range.
        suffices: For each pinned fleet, how often it is enough.
        beyond: What formulas with ranges give: its name, a bound, and how often it is beyond.
    """

    expectations: tuple[float | None, ...]
    suffices: dict[str, float]
    beyond: tuple[tuple[str, str, float], ...]


def _bottlenecks(model: Model, unsure: set[str], slow: set[str]) -> list[tuple[str, str, Node]]:
    """Return for each component and resource that it decides; ties go to the first."""
    by_component: dict[str, list[str]] = {}
    for name in model.quantities:
        component, nodes, resource = name.partition(".nodes.")
        if nodes and resource != "availability":
            by_component.setdefault(component, []).append(name)
    found: list[tuple[str, str, Node]] = []
    for component, _ in model.components:
        start = f"{component}.nodes."
        names = by_component.get(component, [])
        if len(names) < 2 or unsure.isdisjoint(names) or not slow.isdisjoint(names):
            continue
        for at, name in enumerate(names):
            terms = [_compared(">=", name, other) for other in names[at + 1 :]]
            terms += [_compared(">", name, other) for other in names[:at]]
            tree = terms[0] if len(terms) == 1 else Logic("and", tuple(terms), (0, 0))
            found.append((component, name.removeprefix(start), tree))
    return found


def _compared(op: str, one: str, other: str) -> Compare:
    left, right = (Name(n, (0, 0), absolute=True) for n in (one, other))
    return Compare(op, left, right, (0, 0))


def _suffices(model: Model, unsure: set[str]) -> list[tuple[str, Node]]:
    """Return for each fleet that is pinned the condition that it is enough."""
    found: list[tuple[str, Node]] = []
    for component, _ in model.components:
        nodes = model.quantities.get(f"{component}.nodes")
        required = f"{component}.required_nodes"
        if nodes is not None and nodes.origin is Origin.PINNED and required in unsure:
            found.append((component, _compared("<=", required, nodes.name)))
    return found


def _bounds(model: Model, unsure: set[str]) -> list[tuple[str, str, Node]]:
    """Return the bounds of what formulas with ranges give.

    Of what is a range itself, this is known without samples.
    """
    found: list[tuple[str, str, Node]] = []
    for name, bounds in model.bounded.items():
        quantity = model.quantities[name]
        given = name in unsure and quantity.origin.replaces_library
        if quantity.distribution is not None or not given:
            continue
        for bound in bounds.given():
            end = Number(constant(bound.text, model.calendar), (0, 0))
            tree = Compare(bound.op, Name(name, (0, 0), absolute=True), end, (0, 0))
            found.append((name, bound.words, tree))
    return found
