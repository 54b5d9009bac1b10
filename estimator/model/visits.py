"""How often a request of an action visits each component that it waits for.

A request makes the calls that the components on its path make in turn, and not always as many:
a cache passes on what it misses, one request in a hundred, and then perhaps twenty reads at once.
So each count has a mean and a variance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from estimator.formula.tree import Call, Chain, Name, Node, Number
from estimator.model.instances import Instance
from estimator.model.quantity import Origin

if TYPE_CHECKING:
    from estimator.model.expand import Expansion


class _Step(NamedTuple):
    """A flow by which requests come to a component.

    Attributes:
        visits: The mean count at the component that sends it; None for the action itself, once.
        variance: The variance of that count; None for none.
        ratio: How often one there is sent on; None for always.
        calls: The calls for each that is sent on; None for one.
    """

    visits: Node | None
    variance: Node | None
    ratio: Node | None
    calls: Node | None


def _steps(node: Call, action: Instance, expansion: Expansion) -> Iterator[_Step]:
    component, side = (a.path for a in node.arguments if isinstance(a, Name))

    def name(path: str) -> Name:
        return Name(path, node.span, absolute=True)

    def known(path: str) -> Name | None:
        return name(path) if path in expansion.drafts else None

    senders = (action.path, *expansion.path(action.path))
    flows = [(s, f, c) for s in senders for f, c in expansion.calls_of(s, component).items()]
    for sender, flow_name, text in flows:
        flow = expansion.flows.get(flow_name)
        sent = None if flow is None else flow.fields.get(f"{side}.average")
        own = sender == action.path
        visits = None if own else known(action.whole(f"visits.{sender}.{side}"))
        of = f"{sender}.requests.average" if own else f"{sender}.{side}.average"
        if sent is None or of not in expansion.drafts or (visits is None and not own):
            continue
        if own and not _has(action, side, expansion):
            continue
        if own and not _has(action, "writes" if side == "reads" else "reads", expansion):
            of = sent  # each request is one of these
        ratio: Node | None = None
        if sent != of:
            ratio = Call("proportion", (name(sent), name(of)), node.span, node.name_span)
        calls: Node | None = None
        if not _is_one(text.value):
            calls = name(expansion.by_path[component].whole(f"receives.{flow_name}"))
        variance = None if own else known(action.whole(f"visits_variance.{sender}.{side}"))
        yield _Step(visits, variance, ratio, calls)


def _is_one(calls: str) -> bool:
    try:
        return float(calls) == 1
    except ValueError:
        return False  # a formula


def _has(action: Instance, side: str, expansion: Expansion) -> bool:
    """Has an action reads, or writes, at all?"""
    quantity = expansion.drafts[action.whole(f"{side}.average")].quantity
    tree = quantity.tree
    if quantity.origin is Origin.DERIVED and isinstance(tree, Call) and tree.function == "if":
        return expansion.holds(tree.arguments[0], action)  # there are none without a ratio
    return True


def _means(node: Call, action: Instance, expansion: Expansion) -> list[Node]:
    """What each flow adds to the mean count."""
    terms: list[Node] = []
    for step in _steps(node, action, expansion):
        factors = [f for f in (step.visits, step.calls, step.ratio) if f is not None]
        rest = tuple(("*", f) for f in factors[1:])
        first = factors[0] if factors else Number(1.0, node.span)
        terms.append(Chain(first, rest, node.span) if rest else first)
    return terms


def _variances(node: Call, action: Instance, expansion: Expansion) -> list[Node]:
    """What each flow adds to the variance of the count; nothing where it is always the same."""
    terms: list[Node] = []
    one, zero = Number(1.0, node.span), Number(0.0, node.span)
    for visits, variance, ratio, calls in _steps(node, action, expansion):
        if ratio is None and calls is None:
            if variance is not None:
                terms.append(variance)
            continue
        parts = (visits or one, variance or zero, ratio or one, calls or one)
        terms.append(Call("visits_variance", parts, node.span, node.name_span))
    return terms


VISITS: dict[str, Callable[[Call, Instance, Expansion], list[Node]]] = {
    "visit_count": _means,
    "visit_variance": _variances,
}
"""What a kind may call under `for_each_component`, to the terms whose sum it stands for."""
