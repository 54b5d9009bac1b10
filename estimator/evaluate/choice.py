"""The machines that were chosen from a catalogue, for reports that leave some open."""

from collections.abc import Mapping
from typing import NamedTuple


class Candidate(NamedTuple):
    """A machine that a component could run on.

    Attributes:
        name: Its name in the catalogue.
        cloud: Who sells it.
        nodes: How many of them it would take.
        binds: The resource that decides, or `minimum`.
        by_resource: The nodes that each resource alone asks for.
        utilization: Of this resource at peak, as a share; of the busiest where it is none.
        cost: In USD a month.
        reason: Why it was not chosen; empty for the one that was.
        regret: Where the load is a range, what nodes too many and nodes missing cost in USD a
            month on average, where the latter weigh more; None without ranges.
    """

    name: str
    cloud: str
    nodes: float
    binds: str
    by_resource: Mapping[str, float]
    utilization: float
    cost: float
    reason: str
    regret: float | None = None


class MachineChoice(NamedTuple):
    """The machines that a component could run on.

    Attributes:
        component: The component.
        scope: The cloud or family that was looked at; empty for all clouds.
        tried: How many machines were tried.
        candidates: The cheapest, and the best of each other family, from cheap to dear.
        refused: Those that cannot do the work, each with the reason.
        alone: The cheapest machine that would do all the work alone, else the one nearest to it;
            empty where a larger one does no more of it.
        alone_nodes: How many of that machine the work asks for; at most 1 where one is enough.
        weight: How much worse a missing node is than one too many; None without ranges.
    """

    component: str
    scope: str
    tried: int
    candidates: tuple[Candidate, ...]
    refused: tuple[Candidate, ...]
    alone: str
    alone_nodes: float
    weight: float | None = None
