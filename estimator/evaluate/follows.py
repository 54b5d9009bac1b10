"""What each component grows with: the load at peak, the data kept, the number of users."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from estimator.evaluate.bottlenecks import binding
from estimator.model.declare import AGE

if TYPE_CHECKING:
    from estimator.evaluate.report import Age
    from estimator.model import Model

DATA_KEPT = "data kept"
PEAK = "peak load"
AVERAGE = "average load"
USERS = "users"

_ORDER = (DATA_KEPT, PEAK, AVERAGE, USERS)
_EVENTS = {".events.peak": PEAK, ".events.average": AVERAGE}
_BITS = {driver: 1 << index for index, driver in enumerate(_ORDER)}


def follows(
    model: Model, values: Mapping[str, float], ages: Iterable[Age]
) -> Iterator[tuple[str, str]]:
    """Yield each component with what its size follows, or, where it has no nodes, its cost.

    That is what its bottleneck depends on, the first of these: how long data is kept, the load at
    peak, the average load, and the number of users. A component that follows none, such as one
    whose nodes are pinned, is left out.

    Args:
        model: The model.
        values: Its values when all is kept that is to be kept.
        ages: The estimate before that. What is the same then does not follow the data kept, such as
            the memory for the items of the last week.
    """
    bits = _drivers_by_name(model)
    costs = _largest_costs(values)
    young = [age.values for age in ages]
    for component, _ in model.components:
        if f"{component}.nodes" in values:
            deciding = _bottleneck(component, model, values)
        else:
            deciding = costs.get(component, "")
        found = bits.get(deciding, 0)
        is_same_before = young and not any(deciding in values_then for values_then in young)
        if is_same_before or not values.get("storage.retained"):
            found &= ~_BITS[DATA_KEPT]
        driver = next((d for d in _ORDER if found & _BITS[d]), None)
        if driver is not None:
            yield component, driver


def _drivers_by_name(model: Model) -> dict[str, int]:
    """Return which of the drivers each quantity depends on, as a sum of their bits."""
    own = {AGE: _BITS[DATA_KEPT]}
    for action in model.actions:
        own |= {f"{action}{end}": _BITS[driver] for end, driver in _EVENTS.items()}
    bits: dict[str, int] = {}
    for name, (_, there) in model.imported.origins.items():
        events = (e for e, d in _EVENTS.items() if there.endswith(e))
        own[name] = _BITS[DATA_KEPT] if there == AGE else sum(_BITS[_EVENTS[e]] for e in events)
        own[name] |= _BITS[USERS] if _is_of_users(there) else 0
    for name, quantity in model.quantities.items():
        found = own[name] if name in own else _BITS[USERS] if _is_of_users(name) else 0
        for use in quantity.uses:
            found |= bits.get(use, 0)
        bits[name] = found
    return bits


def _is_of_users(name: str) -> bool:
    return name == "users" or name.startswith("users.")


def _bottleneck(component: str, model: Model, values: Mapping[str, float]) -> str:
    """Return the quantity that decides how many nodes a component has; none where it is pinned."""
    if not model.quantities[f"{component}.nodes"].origin.from_library:
        return ""
    resource = binding(component, model.nodes_by_resource(component, values), values)
    return f"{component}.nodes.{resource}"


def _largest_costs(values: Mapping[str, float]) -> dict[str, str]:
    """Return the largest part of each component's cost."""
    largest: dict[str, str] = {}
    for name, value in values.items():
        match name.split("."):
            case [component, "cost", _, "per_month"] if value > values.get(
                largest.get(component, ""), 0.0
            ):
                largest[component] = name
    return largest
