"""What decides how many nodes components have."""

from __future__ import annotations

from collections.abc import Mapping

from estimator.diagnostics import Problems
from estimator.evaluate.report import Bottleneck
from estimator.model import Model, Origin
from estimator.units.write import count


def bottlenecks_of(model: Model, values: dict[str, float]) -> list[Bottleneck]:
    """Return for each component what decides how many nodes it has."""
    found: list[Bottleneck] = []
    for component, _ in model.components:
        by_resource = model.nodes_by_resource(component, values)
        count = values.get(f"{component}.nodes")
        if count is None or not by_resource:
            continue
        resource = _overloaded(component, values) or binding(component, by_resource, values)
        found.append(
            Bottleneck(
                component,
                resource,
                count,
                required_nodes(component, values, count),
                utilization_of(component, resource, values),
                by_resource,
            )
        )
    return found


def _overloaded(component: str, values: Mapping[str, float]) -> str:
    """Return what is overloaded whatever the nodes, such as the connections of each, if any is."""
    if values.get(f"{component}.utilization", 0.0) <= 1.0:
        return ""
    start = f"{component}.utilization."
    found = {n.removeprefix(start): v for n, v in values.items() if n.startswith(start) and v > 1}
    no_nodes = [r for r in found if f"{component}.nodes.{r}" not in values and r != "hottest"]
    return max(no_nodes, key=found.__getitem__, default="")


def utilization_of(component: str, resource: str, values: Mapping[str, float]) -> float:
    """Return how much of the deciding resource is used at peak.

    Another resource may be busier and yet ask for fewer nodes, as it may be filled further. Where
    none decides, as with the fewest nodes allowed, it is the busiest.
    """
    busiest = values.get(f"{component}.utilization", 0.0)
    return values.get(f"{component}.utilization.{resource}", busiest)


def binding(component: str, by_resource: Mapping[str, float], values: Mapping[str, float]) -> str:
    """Return what decides how many nodes a component has: its scarcest resource, or `minimum`."""
    if not by_resource:
        return ""
    resource = max(by_resource, key=by_resource.__getitem__)
    regions = values.get(f"{component}.regions", 1.0)
    minimum = values.get(f"{component}.minimum", 0.0) * regions
    return "minimum" if by_resource[resource] < minimum else resource


def required_nodes(component: str, values: Mapping[str, float], otherwise: float) -> float:
    """Return the nodes that the load needs, in all regions."""
    return values.get(f"{component}.required_nodes", otherwise)


def warn_of_pins(model: Model, bottlenecks: list[Bottleneck], problems: Problems) -> None:
    """Warn of components that have fewer nodes than they need (W101)."""
    for bottleneck in bottlenecks:
        quantity = model.quantities[f"{bottleneck.component}.nodes"]
        if quantity.origin is not Origin.PINNED or bottleneck.nodes >= bottleneck.required:
            continue
        problems.add(
            "W101",
            f"`{bottleneck.component}` has {count(bottleneck.nodes, whole=True)}"
            f" node{'' if bottleneck.nodes == 1 else 's'}, but"
            f" {bottleneck.resource} needs {count(bottleneck.required, whole=True)}",
            quantity.text.place,
            caret="pinned here",
        )
