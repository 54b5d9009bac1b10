"""All that a scenario drafts, by whole name, and who waits for whom.

What is drafted has a formula as it was written, whose names are local still.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from estimator.diagnostics import Problems, Text
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS
from estimator.formula.parse import parse
from estimator.formula.ranges import is_range, ranges_in
from estimator.formula.remembered import remembered
from estimator.formula.tree import Call, Logic, Name, Node, Not, Number, Span, rebuilt, shifted
from estimator.model.instance import Instance
from estimator.model.quantity import Choice, Origin, Quantity
from estimator.model.visits import Branch
from estimator.model.wiring import is_internal


@dataclass(slots=True)
class Draft:
    """A quantity whose formula is not settled yet: names are local, conditions are open.

    Attributes:
        quantity: The quantity, with the tree as it was written.
        instance: Whose formula it is; None for the user's own.
        which: `average` or `peak` for a formula under `rates`.
    """

    quantity: Quantity
    instance: Instance | None
    which: str = ""


@dataclass
class Flow:
    """What can be received: for each field the whole name of its quantity."""

    name: str
    fields: dict[str, str] = field(default_factory=dict)


def _lists() -> defaultdict[str, list[str]]:
    return defaultdict(list)


@dataclass
class Drafts:
    """All drafts of a scenario, and the instances that they are of.

    Attributes:
        instances: Where the scenario uses kinds.
        problems: Where errors and warnings go.
        drafts: The quantities by whole name.
        flows: What is sent.
        choices: The words that were chosen.
        actions: The names of the actions.
        components: The names of the components.
        broken: The names that are wrong themselves, or of which something is missing.
        incomplete: Was something wrong left out, which may be what a name means?
        asynchronous: The flows for whose receivers nobody waits.
        by_path: The instances by name.
        branches: The branches of the path of each action.
    """

    instances: list[Instance]
    problems: Problems
    drafts: dict[str, Draft] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    incomplete: bool = False
    asynchronous: set[str] = field(default_factory=set)
    by_path: dict[str, Instance] = field(default_factory=dict)
    branches: dict[str, list[Branch]] = field(default_factory=dict)
    _paths: dict[str, list[str]] = field(default_factory=dict)
    _calls_by_sender: dict[str, dict[str, dict[str, Text]]] = field(default_factory=dict)
    _by_first: defaultdict[str, list[str]] = field(default_factory=_lists)
    _by_parent: defaultdict[str, list[str]] = field(default_factory=_lists)
    _unsorted: list[str] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Add a draft; the first of a name stays."""
        name = draft.quantity.name
        if name not in self.drafts:
            if draft.quantity.origin is not Origin.DERIVED:
                self._hoist_ranges(draft)
            self.drafts[name] = draft
            self._unsorted.append(name)

    def _hoist_ranges(self, draft: Draft) -> None:
        """Give a range that is a part of a formula a name of its own: `NAME.range`."""
        quantity = draft.quantity
        if not may_have_range(quantity.text.value):
            return
        parts = {} if is_range(quantity.tree) else {n.span: n for n in ranges_in(quantity.tree)}
        names: dict[Span, str] = {}
        for index, (span, node) in enumerate(parts.items(), 1):
            name = f"{quantity.name}.range{index if len(parts) > 1 else ''}"
            names[span] = name
            written = quantity.text.value[slice(*span)]
            place = quantity.text.at(*span)
            text = Text(written, place, place.start if quantity.text.offset is not None else None)
            about = f"The range in `{quantity.name}`."
            tree = shifted(node, -span[0])
            part = Quantity(name, text, tree, quantity.origin, quantity.place, about=about)
            self.add(Draft(part, None))
        if names:
            quantity.tree = _with_names(quantity.tree, names)

    def parsed(self, text: Text, name: str) -> Node:
        """The tree of a quantity's formula; a wrong formula is reported, and the name broken."""
        try:
            return parse(text.value)
        except FormulaError as error:
            self.problems.found.append(error.located(text))
            self.broken.add(name)
            return Number(1.0, (0, 0))

    def is_call(self, draft: Draft) -> bool:
        """Is it how often a component receives something for each event?"""
        instance, name = draft.instance, draft.quantity.name
        return instance is not None and any(
            name == instance.whole(f"{parameter}.{flow}")
            for parameter, flows in instance.flows.items()
            for flow in flows
        )

    def is_broken(self, draft: Draft) -> bool:
        """Would an error in this formula only follow from one that is reported already?"""
        if draft.quantity.name in self.broken:
            return True
        own = draft.quantity.origin.replaces_library
        return draft.instance is not None and draft.instance.path in self.broken and not own

    def comes_from_broken(self, name: str) -> bool:
        """Does a name belong to what is wrong itself, or to what had to be left out?"""
        return self.incomplete or name in self.broken or name.split(".", 1)[0] in self.broken

    # --- paths ------------------------------------------------------------------------------------

    def path(self, action: str) -> list[str]:
        """The components that an action waits for: all that its flows reach without a queue."""
        if not self._paths:
            receivers: dict[str, list[str]] = {}
            for component in self.components:
                for flow in self.waited_for(component):
                    receivers.setdefault(flow.split(".", 1)[0], []).append(component)
            self._paths = {name: self._reached(name, receivers) for name in self.actions}
        return self._paths.get(action, [])

    def _reached(self, action: str, receivers: dict[str, list[str]]) -> list[str]:
        reached: set[str] = set()
        pending = [action]
        while pending:
            fresh = [c for c in receivers.get(pending.pop(), []) if c not in reached]
            reached.update(fresh)
            pending.extend(fresh)
        return [c for c in self.components if c in reached]

    def visited(self, action: str) -> Iterator[str]:
        """The components on an action's path, each after those that call it; none in a circle."""
        path = self.path(action)
        graph = {name: [c for c in path if self.calls_of(c, name)] for name in path}
        if not any(graph.values()):
            yield from path
            return
        sorter = TopologicalSorter(graph)
        try:
            yield from sorter.static_order()
        except CycleError:
            return  # reported where the flows go round

    def calls_of(self, sender: str, component: str) -> dict[str, Text]:
        """The flows of a sender that waits for a component, with the calls for each event."""
        if component not in self._calls_by_sender:
            by_sender: dict[str, dict[str, Text]] = {}
            for flow, calls in self.waited_for(component).items():
                by_sender.setdefault(flow.split(".", 1)[0], {})[flow] = calls
            self._calls_by_sender[component] = by_sender
        return self._calls_by_sender[component].get(sender, {})

    def waited_for(self, component: str) -> dict[str, Text]:
        """The flows whose senders wait for a component, with the calls for each event."""
        received = self.by_path[component].flows.get("receives", {})
        return {f: calls for f, calls in received.items() if f not in self.asynchronous}

    # --- what there is ----------------------------------------------------------------------------

    def holds(self, node: Node, instance: Instance) -> bool:
        """The truth of a condition of `given(...)`, `any(...)`, `not`, `and` and `or`."""
        match node:
            case Call(function="given"):
                return any(instance.is_given(a.path) for a in names_of(node))
            case Call(function="any"):
                return any(self.matches(a.path, instance) for a in names_of(node))
            case Not():
                return not self.holds(node.operand, instance)
            case Logic(op="and"):
                return all(self.holds(o, instance) for o in node.operands)
            case Logic():
                return any(self.holds(o, instance) for o in node.operands)
        raise FormulaError("E031", "only `given` and `any` can be asked here", node.span)

    def matches(self, pattern: str, instance: Instance | None) -> list[str]:
        """The whole names that a pattern stands for, in the order of the file.

        A pattern in a kind stands for names of that instance alone: where it has none, the totals
        of the system are not meant.
        """
        if "*" not in pattern:
            names = [pattern] if instance is None else [instance.whole(pattern)]
            if instance is not None and pattern.split(".", 1)[0] in self.by_path:
                names.append(pattern)  # of `users` or `traffic`, but no total of the system
            return [n for n in names if n in self.drafts][:1]
        before, after = pattern.split("*", 1)
        groups = {"actions.": self.actions, "components.": self.components}
        if before == "path." and instance is not None:
            groups[before] = self.path(instance.path)
        elif instance is not None and before[:-1] in instance.flows:
            groups[before] = list(instance.flows[before[:-1]])
        elif instance is not None and before[:-1] in instance.stores:
            groups[before] = instance.stores[before[:-1]]
        elif before in ("outside.", "inside."):
            inside = before == "inside."
            groups[before] = [a for a in self.actions if self.is_internal(a) is inside]
        if before in groups:
            return [p + after for p in groups[before] if p + after in self.drafts]
        return self.right_below(instance.whole(before) if instance is not None else before, after)

    def below(self, start: str) -> list[str]:
        """The names that begin so; kept by their first part, for speed."""
        self._sort()
        names = self._by_first.get(start.split(".", 1)[0], [])
        return [n for n in names if n.startswith(start)]

    def is_internal(self, action: str) -> bool:
        """Return whether an action is work inside the system, which nobody outside sends."""
        return is_internal(self.by_path[action])

    def right_below(self, start: str, after: str) -> list[str]:
        """The names with one part, or with a part of one, between what they begin and end with."""
        self._sort()
        if not after and start.endswith("."):
            return list(self._by_parent.get(start[:-1], ()))
        least = len(start) + len(after)
        found = [n for n in self.below(start) if n.endswith(after) and len(n) > least]
        return [n for n in found if "." not in n[len(start) : len(n) - len(after)]]

    def _sort(self) -> None:
        if self._unsorted:
            for name in self._unsorted:
                self._by_first[name.split(".", 1)[0]].append(name)
                self._by_parent[name.rpartition(".")[0]].append(name)
            self._unsorted.clear()


@remembered
def may_have_range(formula: str) -> bool:
    """Could there be a range or a distribution in a formula?"""
    return _PERHAPS_RANGE.search(formula) is not None


_PERHAPS_RANGE = re.compile(rf"\bto\b|±|\b(?:{'|'.join(DISTRIBUTIONS)})\b")


def _with_names(tree: Node, names: MappingType[Span, str]) -> Node:
    """The tree with each range replaced by its name."""
    if is_range(tree):
        return Name(names[tree.span], tree.span, absolute=True)
    return rebuilt(tree, lambda part: _with_names(part, names))


def names_of(node: Call) -> list[Name]:
    """The names among the arguments of a call."""
    return [a for a in node.arguments if isinstance(a, Name)]
