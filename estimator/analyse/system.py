"""A system as a picture has it: its parts in layers, and what each sends to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from estimator.evaluate.report import Bottleneck, Report
from estimator.units import PLAIN, TIME, divide, write

_RECEIVES = ".receives."


class Part(NamedTuple):
    """An action, or a component.

    Attributes:
        name: Its name.
        kind: The kind of a component; empty for an action.
        layer: How many parts stand before it at most, from the actions on.
        nodes: The nodes of a component for people; empty where it has none.
        utilization: Of its bottleneck at peak, as a share; None where it has none or is unknown.
        resource: That bottleneck.
    """

    name: str
    kind: str
    layer: int
    nodes: str = ""
    utilization: float | None = None
    resource: str = ""


class Flow(NamedTuple):
    """What one part sends to another.

    Attributes:
        sender: An action or a component.
        receiver: A component.
        name: The name of the flow, such as `timelines.misses`.
        rate: The calls a second that come of it at peak.
        text: The same for people.
    """

    sender: str
    receiver: str
    name: str
    rate: float
    text: str


class System(NamedTuple):
    """The parts of a system, and what they send; flows without calls are left out."""

    parts: tuple[Part, ...]
    flows: tuple[Flow, ...]


class Used(NamedTuple):
    """How much of a bottleneck is used at peak, and whether that is only the least it can be."""

    share: float
    is_least: bool


def used(report: Report, bottleneck: Bottleneck) -> Used | None:
    """Return how much of a bottleneck is used at peak; None where nobody knows."""
    name = f"{bottleneck.component}.utilization.{bottleneck.resource}"
    name = name if name in report.values else f"{bottleneck.component}.utilization"
    is_said = name in report.values and bottleneck.utilization  # "at least nothing" says nothing
    if name in report.unknown and not is_said:
        return None
    return Used(bottleneck.utilization, report.is_partial(name))


def system(report: Report) -> System:
    """Return the parts of a system in layers, and the calls between them at peak."""
    flows = tuple(_flows(report))
    layers = _layers(report, flows)
    sending = {flow.sender for flow in flows}
    actions = [Part(name, "", 0) for name in report.actions if name in sending]
    bottlenecks = {b.component: b for b in report.bottlenecks}
    parts = []
    for name, kind, _ in report.components:
        nodes, bottleneck = report.values.get(f"{name}.nodes"), bottlenecks.get(name)
        part = None if bottleneck is None else used(report, bottleneck)
        least = "≥ " if report.is_partial(f"{name}.nodes") else ""
        parts.append(
            Part(
                name,
                kind,
                layers[name],
                f"{least}{nodes.text}" if nodes is not None and nodes.value else "",
                None if part is None else part.share,
                "" if bottleneck is None else bottleneck.resource,
            )
        )
    return System((*actions, *parts), flows)


def _flows(report: Report) -> Iterator[Flow]:
    """Yield what components receive, by the names of how often they are called for it."""
    components = {component.name for component in report.components}
    owners = components | set(report.actions)
    for name, calls in report.values.items():
        receiver, found, flow = name.partition(_RECEIVES)
        sender = _sender(flow, owners)
        if not found or receiver not in components or not sender or sender == receiver:
            continue
        rate = _rate(report, flow) * calls.value
        if rate:
            text = write(rate, divide(PLAIN, TIME), calendar=report.calendar)
            yield Flow(sender, receiver, flow, rate, text)


def _sender(flow: str, owners: set[str]) -> str:
    """Return the action or the component that a flow is of; empty where it comes from elsewhere."""
    while flow and flow not in owners:
        flow = flow.rpartition(".")[0]
    return flow


def _rate(report: Report, flow: str) -> float:
    """Return the calls of a flow at peak; a flow can be one side of an action, `post.writes`."""
    for names in (
        (f"{flow}.requests.peak",),
        (f"{flow}.reads.peak", f"{flow}.writes.peak"),
        (f"{flow}.peak",),
    ):
        if any(name in report.values for name in names):
            return sum(map(report.number, names))
    return 0.0


def _layers(report: Report, flows: tuple[Flow, ...]) -> Mapping[str, int]:
    """Return how many parts stand before each component at most."""
    layers = {component.name: 1 for component in report.components}
    for _ in range(len(layers)):  # as often as a path can be long
        for flow in flows:
            at = layers.get(flow.sender, 0) + 1
            layers[flow.receiver] = max(layers[flow.receiver], min(at, len(layers)))
    return layers
