"""A kind in use: what the scenario says of it, and what it is wired to."""

from __future__ import annotations

from collections.abc import Callable

from estimator.diagnostics import Place, Text
from estimator.formula.fault import FormulaError
from estimator.formula.tree import Call, Logic, Name, Node, Not
from estimator.model.provenance import Provenance, Sourced
from estimator.model.template import ENCODES, SPLITS, KindTemplate

APART = "apart"
"""That a component gets a record of each item whose bytes an object store keeps."""
SEVERAL = "several"
"""Those of a section that has several, such as the populations of users."""
AT_ONCE = "at_once"
"""What a component calls at once, and the components on an action's path that do so."""
PARALLEL = "parallel"
"""What `calls` of a component says if it makes them at once."""
RECEIVERS = "receivers"
"""That others receive what a component sends under its own name."""


class Instance:
    """A kind in use.

    Attributes:
        path: Its name in the scenario; empty for the system's totals.
        kind: The kind.
        place: The key in the file that brought it in.
        given: What the scenario says, by parameter or by the name of a pinned quantity.
        flows: For parameters that map flows: the calls for each event of each flow.
        batches: Of these, the batches in which a flow is received.
        stores: The components that keep its items, by what they keep (for an action), the
            actions whose items are split between those that keep blobs and those that do not,
            the components that receive what it sends under its own name, and of a section that
            has several, these.
        words: Of parameters with words for people, the words by topic.
        keys: Where each of these is said.
        provenance: Where the file says that values are from.
        standing_for: What a section stands for in its formulas, by section: one of several there.
        takes_all: It does not say what it receives.
        is_wrong: Something in it was reported, so that what follows from it need not be.
    """

    def __init__(self, path: str, kind: KindTemplate, place: Place | None) -> None:
        self.path = path
        self.kind = kind
        self.place = place
        self.given: dict[str, Text] = {}
        self.flows: dict[str, dict[str, Text]] = {}
        self.batches: dict[str, dict[str, Text]] = {}
        self.stores: dict[str, list[str]] = {}
        self.words: dict[str, dict[str, Text]] = {}
        self.keys: dict[str, Place] = {}
        self.provenance: dict[str, Provenance] = {}
        self.standing_for: dict[str, str] = {}
        self.takes_all = False
        self.is_wrong = False

    def whole(self, name: str) -> str:
        """Return the whole name of one of its quantities."""
        if name == "self":
            return self.path
        return f"{self.path}.{name}" if self.path else name

    def is_given(self, name: str) -> bool:
        """Return whether the scenario says this, by itself or by how it is wired."""
        return name in self.given or name in self.flows or name in self.stores

    @property
    def kept_by(self) -> dict[str, list[str]]:
        """The components that keep the items of an action, by what they keep."""
        others = (SPLITS, APART, ENCODES, RECEIVERS, AT_ONCE)
        return {k: found for k, found in self.stores.items() if k not in others}

    def holds(self, node: Node, there: Callable[[Call], bool]) -> bool:
        """Return the truth of a condition of `given(...)`, `any(...)`, `not`, `and` and `or`.

        Args:
            node: The condition.
            there: Whether there are quantities that an `any(...)` asks for.
        """
        if isinstance(node, Call) and node.function == "given":
            return any(self.is_given(a.path) for a in node.arguments if isinstance(a, Name))
        if isinstance(node, Call) and node.function == "any":
            return there(node)
        if isinstance(node, Not):
            return not self.holds(node.operand, there)
        if isinstance(node, Logic):
            every = all if node.op == "and" else any
            return every(self.holds(operand, there) for operand in node.operands)
        raise FormulaError("E031", "only `given` and `any` can be asked here", node.span)

    def is_whole(self) -> bool:
        """Return whether it is given as one value, as `users: 500M` is."""
        return bool(self.kind.scalar) and self.is_given(self.kind.scalar)

    def follows_from_whole(self, name: str) -> bool:
        """Return whether a parameter takes its value from that one value."""
        parameter = self.kind.parameters.get(name)
        said = parameter.default if parameter is not None else None
        return said is not None and f"given({self.kind.scalar})" in said.text.value

    def say(self, name: str, text: Text) -> None:
        """Let a value take the place of what was said, and of its alternatives."""
        if name == self.kind.scalar:
            default = self.kind.parameters[name].default
            if not self.is_whole() and default is not None:
                name = default.text.value  # `users` follows from `users.daily_active`
        self.forget_alternatives(name)
        self.give(name, Sourced(text), text.place)

    def give(self, name: str, value: Sourced, place: Place) -> None:
        """Keep what the scenario says of a parameter, in the place of what it said before."""
        self.given[name], self.keys[name] = value.text, place
        self.provenance.pop(name, None)
        if value.provenance is not None:
            self.provenance[name] = value.provenance

    def forget_alternatives(self, name: str) -> None:
        """Forget what is said of the parameters that may not be given beside one."""
        for other in self.kind.alternatives(name):
            for said in (self.given, self.provenance, self.flows):
                said.pop(other, None)
