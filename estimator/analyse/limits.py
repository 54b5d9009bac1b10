"""Limits over time: what a system should keep to, and when it passes that."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from estimator.evaluate.conditions import KnownValues, evaluate_condition
from estimator.formula.fault import FormulaError
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Chain, Compare, Name, Node, Number, names_in
from estimator.model import Model, Origin
from estimator.model.quantity import CONFIDENCE, Expectation

SAMPLES = 2_048
"""How many samples are taken over time: each has a day of its own on which it passes a limit."""
SLOW_SAMPLES = 256
"""The number of samples of what is computed one sample at a time, such as waits in queues."""
RUNWAY = "runway"
"""The function that says how long a condition holds."""
_STATISTICS = {"p5": 0.05, "p50": 0.5, "p95": 0.95, "mean": 0.5}
"""The share of samples below each; below the mean it is about half of them."""


class Passing(NamedTuple):
    """When a limit is passed.

    Attributes:
        limit: The limit.
        sort: `expectation`, `nodes`, `check` or `runway`.
        component: The component that it is of; empty for none.
        on: The day; with ranges the median. None where it is not passed within the months.
        early: With ranges the day before which it is passed in 5% of the samples; None for none.
        late: The day before which it is passed in 95% of them.
        months: How long after the start it is passed.
        chance: The share of samples in which it is passed within the months.
        order_by: The last day to order more, by the early end and the component's lead time.
        event: The event at which it is passed; empty where growth alone passes it.
        spread: The p5, the median and the p95 of the months at which samples pass it.
        bound: What it bounds by a value, and that value in base units; None where it is not such.
        unknown: The inputs that nobody knows and that it depends on: it is passed then or sooner.
    """

    limit: str
    sort: str
    component: str
    on: date | None
    early: date | None
    late: date | None
    months: float
    chance: float
    order_by: date | None
    event: str = ""
    spread: tuple[float, float, float] | None = None
    bound: tuple[str, float] | None = None
    unknown: tuple[str, ...] = ()

    @property
    def is_passed_now(self) -> bool:
        """Whether it is passed from the start."""
        return self.months <= 0.0


class Limit(NamedTuple):
    """Something that should hold.

    Attributes:
        label: What it is.
        sort: As of a `Passing`.
        component: The component that it is of.
        tree: The condition, with whole names, of values without percentiles.
        confidence: In what share of samples it should hold.
        formula: The condition of a kind, which is compiled once.
    """

    label: str
    sort: str
    component: str
    tree: Node
    confidence: float = CONFIDENCE
    formula: LinkedFormula | None = None


def holds(limit: Limit, model: Model, known: KnownValues, *, otherwise: bool) -> bool:
    """Return whether a limit is kept.

    Args:
        limit: The limit.
        model: The model.
        known: Its values.
        otherwise: What to return where that cannot be computed.
    """
    try:
        names = limit.formula.names if limit.formula is not None else ()
        compares_nines = any(model.quantities[n].display_unit == "nines" for n in names)
        if limit.formula is not None and not compares_nines:
            return known.holds(limit.formula)
        return evaluate_condition(limit.tree, model, known)
    except (ArithmeticError, ValueError, FormulaError):
        return otherwise


def has_runway(expectation: Expectation) -> bool:
    """Return whether an expectation may ask how long something holds."""
    return f"{RUNWAY}(" in expectation.text.value.replace(" ", "")


def limits_of(model: Model) -> Iterator[Limit]:
    """Yield what should hold: expectations of more or less, pinned nodes, and checks of kinds."""
    for expectation in model.expectations:
        label = expectation.text.value.strip()
        if "runway" in label:
            continue  # it asks for a forecast itself
        if isinstance(expectation.tree, Compare) and not expectation.tree.is_ordered:
            continue  # it says what is so today, and is no limit to grow up to
        owner = _owner(expectation.tree, model)
        yield Limit(label, "expectation", owner, _plain(expectation.tree), _confidence(expectation))
    for component, _ in model.components:
        nodes = model.quantities.get(f"{component}.nodes")
        if nodes is None or nodes.origin is not Origin.PINNED:
            continue
        required = f"{component}.required_nodes"
        if required in model.quantities:
            tree = Compare("<=", _needed(component, model), _name(nodes.name), (0, 0), None)
            orders = [o for o in model.timeline.orders if o.of == nodes.name]
            ordered = "".join(f", {o.to:g} from {o.on.isoformat()}" for o in orders)
            label = f"{component} as planned, on {nodes.text.value.strip()} nodes{ordered}"
            yield Limit(label, "nodes", component, tree)
        if f"{component}.utilization" in model.quantities:
            whole = Number(1.0, (0, 0))
            used = Compare("<=", _name(f"{component}.utilization"), whole, (0, 0), None)
            yield Limit(f"{component} at 100%", "nodes", component, used)
    yield from _checks(model)


def _checks(model: Model) -> Iterator[Limit]:
    """Yield the checks of kinds; what a file says of its users is no limit to grow up to."""
    for concern in model.concerns:
        if not all(name.startswith("users") for name in concern.formula.names):
            owner = concern.message.partition("`")[2].partition("`")[0]
            yield Limit(concern.message, "check", owner, concern.tree, formula=concern.formula)


def _needed(component: str, model: Model) -> Node:
    """Return how many nodes a component needs: more than it has, where one is used up.

    What more nodes would not help, such as the data of a single writer, needs none by itself.
    """
    required = _name(f"{component}.required_nodes")
    if f"{component}.utilization" not in model.quantities:
        return required
    nodes, used = _name(f"{component}.nodes"), _name(f"{component}.utilization")
    busy = Chain(nodes, (("*", used),), (0, 0))
    return Call("max", (required, busy), (0, 0), (0, 0))


def _owner(tree: Node, model: Model) -> str:
    """Return the component that a condition is of; empty where it is of several, or of none."""
    known = {component for component, _ in model.components}
    owners = {name.partition(".")[0] for name in names_in(tree)} & known
    return owners.pop() if len(owners) == 1 else ""


def _name(path: str) -> Name:
    return Name(path, (0, 0), absolute=True)


def _plain(tree: Node) -> Node:
    """Return a comparison without percentiles: each sample passes it on a day of its own."""
    if not isinstance(tree, Compare):
        return tree
    return tree._replace(left=_inside(tree.left), right=_inside(tree.right))


def _inside(tree: Node) -> Node:
    return tree.arguments[0] if isinstance(tree, Call) and tree.function in _STATISTICS else tree


def _confidence(expectation: Expectation) -> float:
    """Return in what share of samples a condition should hold, in 95% for `p95(x) <= 3`."""
    tree = expectation.tree
    if not isinstance(tree, Compare):
        return expectation.confidence
    for side in (tree.left, tree.right):
        if isinstance(side, Call) and side.function in _STATISTICS:
            is_most = (tree.op in ("<", "<=")) is (side is tree.left)
            share = _STATISTICS[side.function]
            return share if is_most else 1.0 - share
    return expectation.confidence
