"""The symbol table of a scenario: each name with the formula that it stands for, and all flows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingType
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from estimator.diagnostics import Place, Problems, Text
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.ranges import is_range, may_have_range, ranges_in
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Name, Node, Number, Span, rebuilt, shifted
from estimator.model.branch import Branch
from estimator.model.imports import Imports
from estimator.model.instance import AT_ONCE, Instance
from estimator.model.instances import taken_names
from estimator.model.quantity import Choice, Declaration, MachineParameter, Origin
from estimator.model.template import Block, BlockFormula, Line
from estimator.model.wiring import is_internal


class UnresolvedQuantity(NamedTuple):
    """A quantity whose formula is not resolved yet: names are local, conditions are open.

    Of the hundreds in a scenario most are made by `tuple.__new__`, which is C, as their own is not:
    that takes a thirtieth off a build.

    Attributes:
        name: Its whole name.
        declaration: What is said of it.
        written: The formula as it was written, if it is none of a kind.
        place: Where the user can act on it.
        instance: Whose formula it is; None for the user's own.
        formula: The formula of a kind that it is, if it is one.
        linked: The formula with whole names, where it is made of them.
        words: What stands for the component or the branch in the names of its formula.
    """

    name: str
    declaration: Declaration
    written: Node | None
    place: Place | None
    instance: Instance | None = None
    formula: BlockFormula | None = None
    linked: LinkedFormula | None = None
    words: MappingType[str, str] | None = None

    @property
    def tree(self) -> Node:
        """The formula, with local names."""
        if self.written is not None:
            return self.written
        assert self.formula is not None
        return self.formula.template.tree


class Flow(NamedTuple):
    """What can be received: for each field the whole name of its quantity."""

    name: str
    fields: dict[str, str]


class UnknownFields(dict[str, str]):
    """The fields of a flow of which nothing is known: whatever follows from one is not known."""

    def __init__(self, flow: str) -> None:
        super().__init__()
        self._flow = flow

    def get(self, field: str, default: object = None) -> str:
        """Return a name that stands for nothing."""
        return f"{self._flow}.{field}"


class Symbols:
    """The symbol table of a scenario, and the instances whose names are in it.

    Attributes:
        instances: Where the scenario uses kinds.
        problems: Where errors and warnings go.
        quantities: The unresolved quantities by whole name.
        flows: What is sent.
        choices: The words that were chosen.
        machines: The parameters that name a machine.
        actions: The names of the actions.
        components: The names of the components.
        broken: The names that are wrong themselves, or of which something is missing.
        is_incomplete: Whether something wrong was left out, which may be what a name means.
        removed: The names that the variant removes.
        asynchronous: The flows for whose receivers nobody waits.
        by_path: The instances by name.
        branches: The branches of the path of each action.
        blocks: What the kind of each instance declares for it, by the instance's name.
        imports: The quantities of other scenarios.
        foreign: The flows of other scenarios.
        senders: The scenarios of which flows are received.
        shares: For each component that carries their load, whose load it is.
    """

    def __init__(
        self, instances: list[Instance], problems: Problems, broken: set[str], imports: Imports
    ) -> None:
        self.instances = instances
        self.problems = problems
        self.broken = broken
        self.imports = imports
        self.is_incomplete = False
        self.removed: frozenset[str] = frozenset()
        self.quantities: dict[str, UnresolvedQuantity] = {}
        self.flows: dict[str, Flow] = {}
        self.choices: dict[str, Choice] = {}
        self.machines: list[MachineParameter] = []
        self.actions = [i.path for i in instances if i.kind.used_in == "actions"]
        self.components = [i.path for i in instances if i.kind.used_in == "components"]
        self.asynchronous: set[str] = set()
        self.by_path = {i.path: i for i in instances}
        self.branches: dict[str, list[Branch]] = {}
        self.blocks: dict[str, Block] = {}
        self.foreign: set[str] = set()
        self.senders: list[str] = []
        self.shares: dict[str, tuple[str, ...]] = {}
        self._paths: dict[str, list[str]] = {}
        self._receivers: dict[str, list[str]] = {}
        self._calls_by_sender: dict[str, dict[str, dict[str, Text]]] = {}
        self._unsorted: list[str] = []
        self._by_first: dict[str, list[str]] = {}

    def add(self, quantity: UnresolvedQuantity) -> None:
        """Add a quantity; the first of a name stays."""
        name = quantity.name
        if name not in self.quantities:
            if quantity.written is not None and quantity.declaration.origin is not Origin.DERIVED:
                quantity = self._without_ranges(quantity)
            self.quantities[name] = quantity
            self._unsorted.append(name)

    def add_lines(self, instance: Instance, lines: Iterable[Line]) -> None:
        """Add what an instance has of the library's formulas."""
        quantities, names, place = self.quantities, self._unsorted, instance.place
        start = f"{instance.path}." if instance.path else ""
        for name, said, formula in lines:
            whole = start + name
            if whole not in quantities:
                parts = (whole, said, None, place, instance, formula, formula.linked, None)
                quantities[whole] = tuple.__new__(UnresolvedQuantity, parts)
                names.append(whole)

    def replace(self, quantity: UnresolvedQuantity) -> None:
        """Put a quantity in the place of the one of its name."""
        self.quantities[quantity.name] = self._without_ranges(quantity)

    def _without_ranges(self, quantity: UnresolvedQuantity) -> UnresolvedQuantity:
        """Give a range that is a part of a formula a name of its own: `NAME.range`."""
        said, tree = quantity.declaration, quantity.tree
        if not may_have_range(said.text.value):
            return quantity
        parts = {} if is_range(tree) else {n.span: n for n in ranges_in(tree)}
        names: dict[Span, str] = {}
        for index, (span, node) in enumerate(parts.items(), 1):
            name = f"{quantity.name}.range{index if len(parts) > 1 else ''}"
            names[span] = name
            place = said.text.at(*span)
            start = place.start if said.text.offset is not None else None
            text = Text(said.text.value[slice(*span)], place, start)
            about = f"The range in `{quantity.name}`."
            part = Declaration(text, said.origin, about=about)
            self.add(UnresolvedQuantity(name, part, shifted(node, -span[0]), quantity.place))
        return quantity._replace(written=_with_names(tree, names)) if names else quantity

    def parsed(self, text: Text, name: str) -> Node:
        """Return the tree of a quantity's formula; a wrong formula is reported, and marked."""
        try:
            return parse(text.value)
        except FormulaError as error:
            self.problems.found.append(error.located(text))
            self.broken.add(name)
            return Number(1.0, (0, 0))

    def is_broken(self, quantity: UnresolvedQuantity) -> bool:
        """Return whether an error in a formula would follow from one that is reported already."""
        if quantity.name in self.broken:
            return True
        own = quantity.declaration.origin.replaces_library
        return quantity.instance is not None and quantity.instance.path in self.broken and not own

    def comes_from_broken(self, name: str) -> bool:
        """Return whether a name belongs to what is wrong, or to what had to be left out."""
        if self.is_incomplete or name in self.broken or name.split(".", 1)[0] in self.broken:
            return True
        return self.imports.comes_from_wrong(name)

    def bring(self, name: str) -> str | None:
        """Return what a quantity of another scenario is called here; None where there is none."""
        found = self.imports.bring(name)
        if found is None:
            return None
        called, fresh = found
        for quantity in fresh:
            said, formula = quantity.declaration, quantity.formula
            self.quantities[quantity.name] = UnresolvedQuantity(
                quantity.name, said, None, quantity.place, linked=formula
            )
        return called if called in self.quantities else None

    # --- paths ------------------------------------------------------------------------------------

    def path(self, start: str) -> list[str]:
        """Return what an action, or a component, waits for: what its flows reach unqueued."""
        if not self._receivers:
            for component in self.components:
                for flow in self.waited_for(component):
                    self._receivers.setdefault(flow.split(".", 1)[0], []).append(component)
        if start not in self._paths:
            self._paths[start] = self._reached(start)
        return self._paths[start]

    def _reached(self, start: str) -> list[str]:
        reached: set[str] = set()
        pending = [start]
        while pending:
            fresh = [c for c in self._receivers.get(pending.pop(), []) if c not in reached]
            reached.update(fresh)
            pending.extend(fresh)
        return [c for c in self.components if c in reached]

    def forks(self, name: str) -> bool:
        """Return whether a component makes its calls at once."""
        found = self.by_path.get(name)
        return found is not None and AT_ONCE in found.stores and found.kind.used_in == "components"

    def visited(self, start: str) -> Iterator[str]:
        """Yield the components on a path, each after its callers; none in a circle."""
        path = self.path(start)
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
        """Return the flows of a sender that waits for a component, with the calls of each."""
        if component not in self._calls_by_sender:
            by_sender: dict[str, dict[str, Text]] = {}
            for flow, calls in self.waited_for(component).items():
                by_sender.setdefault(flow.split(".", 1)[0], {})[flow] = calls
            self._calls_by_sender[component] = by_sender
        return self._calls_by_sender[component].get(sender, {})

    def waited_for(self, component: str) -> dict[str, Text]:
        """Return the flows whose senders wait for a component, with the calls for each event."""
        received = self.by_path[component].flows.get("receives", {})
        return {f: calls for f, calls in received.items() if f not in self.asynchronous}

    # --- what there is ----------------------------------------------------------------------------

    def evaluate_condition(self, node: Node, instance: Instance) -> bool:
        """Return the truth of a condition of `given(...)`, `any(...)`, `not`, `and` and `or`."""
        if type(node) is Call and node.function == "any":  # as most of those of quantities are
            return self._is_any(node, instance)
        return instance.holds(node, lambda call: self._is_any(call, instance))

    def _is_any(self, call: Call, instance: Instance) -> bool:
        """Return whether there is any of the quantities that a call names."""
        quantities = self.quantities
        for pattern in [name.path for name in call.arguments if type(name) is Name]:
            if "*" in pattern:
                if self.expand_wildcard(pattern, instance):
                    return True
            elif instance.whole(pattern) in quantities or (
                pattern in quantities and pattern.partition(".")[0] in self.by_path
            ):
                return True
        return False

    def expand_wildcard(self, pattern: str, instance: Instance | None) -> list[str]:
        """Return the whole names that a pattern stands for, in the order of the file.

        A pattern in a kind stands for names of that instance alone: where it has none, the totals
        of the system are not meant.
        """
        if "*" not in pattern:
            names = [pattern] if instance is None else [instance.whole(pattern)]
            if instance is not None and pattern.split(".", 1)[0] in self.by_path:
                names.append(pattern)  # of `users` or `traffic`, but no total of the system
            return [n for n in names if n in self.quantities][:1]
        before, _, after = pattern.partition("*")
        if before == "senders.":
            used = self.imports.uses.used
            elsewhere = [p + after for p in self.senders if not used[p].is_mutual]
            return [self.bring(name) or name for name in elsewhere]
        if instance is None:
            matching = self.imports.matching(pattern)
            if matching is not None:
                return [self.bring(name) or name for name in matching]
        group = self._group(before, after, instance)
        if group is None:
            start = instance.whole(before) if instance is not None else before
            return self.right_below(start, after)
        quantities = self.quantities
        return [whole for path in group if (whole := path + after) in quantities]

    def _group(self, before: str, after: str, instance: Instance | None) -> Iterable[str] | None:
        """Return the actions or components that a `*` stands for; None where it is part of names.

        Args:
            before: What stands before the `*`.
            after: What stands behind it.
            instance: Whose formula it is in; None for the user's own.
        """
        word = before[:-1]
        if instance is not None:
            if before == "path.":
                return self.path(instance.path)
            if word in instance.flows:
                return list(instance.flows[word])
            if word in instance.stores:
                return instance.stores[word]
        if before in ("outside.", "inside."):
            return [a for a in self.actions if self.is_internal(a) is (before == "inside.")]
        if before == "covered." and instance is not None:
            return self._covered(instance, after)
        return {"actions.": self.actions, "components.": self.components}.get(before)

    def below(self, start: str) -> list[str]:
        """Return the names that begin so; kept by their first part, for speed."""
        names = self._named().get(start.partition(".")[0], ())
        return [n for n in names if n.startswith(start)]

    def _covered(self, level: Instance, after: str) -> list[str]:
        """Return the actions that a service level covers: none that states the same of its own.

        Args:
            level: The service level.
            after: What is wanted of each, such as `.latency.p99`.
        """
        statistic = after.rpartition(".")[2]
        own = f"slo.{statistic if statistic.startswith('p') else 'availability'}"
        outside = [a for a in self.actions if not self.is_internal(a)]
        named = level.flows.get("for", outside)
        return [a for a in named if a in self.by_path and own not in self.by_path[a].given]

    def is_internal(self, action: str) -> bool:
        """Return whether an action is work inside the system, which nobody outside sends."""
        return is_internal(self.by_path[action])

    def right_below(self, start: str, after: str) -> list[str]:
        """Return the names with one part, or a part of one, between a beginning and an end."""
        begin, end, least = len(start), len(after), len(start) + len(after)
        return [
            name
            for name in self._named().get(start.partition(".")[0], ())
            if name.startswith(start)
            and "." not in name[begin : len(name) - end]
            and name.endswith(after)
            and len(name) > least
        ]

    def first_parts(self) -> frozenset[str]:
        """Return the first parts of all names, but for those of the system and its users."""
        return frozenset(self._named().keys() - taken_names())

    def _named(self) -> dict[str, list[str]]:
        """Return the names by their first parts; new ones are sorted in when somebody asks."""
        for name in self._unsorted:
            self._by_first.setdefault(name.partition(".")[0], []).append(name)
        self._unsorted.clear()
        return self._by_first


def _with_names(tree: Node, names: MappingType[Span, str]) -> Node:
    """Return the tree with each range replaced by its name."""
    if is_range(tree):
        return Name(names[tree.span], tree.span, absolute=True)
    return rebuilt(tree, lambda part: _with_names(part, names))


def names_of(node: Call) -> list[Name]:
    """Return the names among the arguments of a call."""
    return [a for a in node.arguments if isinstance(a, Name)]
