"""Quantities in an order in which they can be computed, and those that go round in a circle."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from graphlib import CycleError, TopologicalSorter

from estimator.diagnostics import Diagnostic, Label, Place, Problems
from estimator.model.symbols import UnresolvedQuantity

_MOST = 10  # more are not worth reading


class Cycles:
    """Reports quantities that depend on each other in a circle, each circle once.

    Args:
        known: All quantities.
        components: The names of the components.
        problems: Where circles are reported.
    """

    def __init__(
        self,
        known: Mapping[str, UnresolvedQuantity],
        components: Collection[str],
        problems: Problems,
    ) -> None:
        self._known = known
        self._components = components
        self._problems = problems
        self._reported: set[frozenset[Place]] = set()

    def report(self, names: list[str]) -> None:
        """Report a circle, unless it is that of another field of the same flows."""
        known = self._known
        origins = ((i, known[n].declaration.origin) for i, n in enumerate(names))
        first = next((i for i, origin in origins if not origin.from_library), 0)
        names = names[first:] + names[:first]
        places: dict[Place, str] = {}
        for name in names:
            place = known[name].place
            if place is not None:
                places.setdefault(place, name)
        if frozenset(places) in self._reported:
            return
        self._reported.add(frozenset(places))
        instances = [known[n].instance for n in names]
        help_ = "one of them must be given as a value"
        components = all(i and i.path in self._components for i in instances)
        if components:
            names = list(dict.fromkeys(i.path for i in instances if i is not None))
            help_ = "a component cannot receive what comes from itself"
        shown = names if len(names) <= 8 else [*names[:4], "...", *names[-3:]]
        at = [
            Label(place, f"`{name.split('.')[0] if components else name}`")
            for place, name in places.items()
        ]
        message = "circular dependency: " + " → ".join([*shown, names[0]])
        place, caret = at[0] if at else (None, "")
        found = Diagnostic("E018", message, place, caret, tuple(at[1:6]), help_)
        self._problems.found.append(found)


def in_order(graph: Mapping[str, Collection[str]], cycles: Cycles) -> list[str]:
    """Return the names, each after those that it uses, and report every circle.

    Args:
        graph: The names, with those that each uses.
        cycles: Reports circles.
    """
    order = _in_order(graph)
    if len(order) == len(graph):
        return order
    for _ in range(_MOST):
        try:
            TopologicalSorter(graph).prepare()
            break
        except CycleError as error:
            cycle = list(reversed(error.args[1]))
            cycles.report(cycle[:-1])
            gone = set(cycle)
            graph = {
                name: [use for use in uses if use not in gone]
                for name, uses in graph.items()
                if name not in gone
            }
    return _in_order(graph)  # after a circle, all that does not depend on it


def _in_order(graph: Mapping[str, Collection[str]]) -> list[str]:
    """Return the names, each after those that it uses; none that is in a circle, or after one.

    graphlib stops at a circle, where the names before it are still needed.
    """
    waits: dict[str, int] = {}
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name, uses in graph.items():
        waits[name] = len(uses)
        for use in uses:
            users[use].append(name)
            if use not in waits:
                waits[use] = 0
    order = [name for name, count in waits.items() if not count]
    for name in order:
        for user in users.get(name, ()):
            waits[user] -= 1
            if not waits[user]:
                order.append(user)
    return order
