"""Who receives what, where the scenario leaves it open, and where items go."""

from __future__ import annotations

from estimator.diagnostics import Text
from estimator.formula.tree import Call
from estimator.model.instance import APART, RECEIVERS, Instance
from estimator.model.provenance import Sourced
from estimator.model.template import ENCODES, SPLITS

BLOBS, RECORDS, COPIES, EDGE = "blobs", "records", "copies", "edge"
"""What some kinds keep of the items that reach them."""

HANDED_DOWN = "resilience"
"""The section that says something of all components at once."""

_Receivers = dict[str, list[Instance]]


def wire(found: list[Instance]) -> None:
    """Wire what does not say what it receives, and find the stores that each action reaches."""
    actions = {i.path: i for i in found if i.kind.used_in == "actions"}
    _receive_all(found, actions)
    receivers: _Receivers = {}
    for instance in found:
        for flow in instance.flows.get("receives", {}):
            receivers.setdefault(flow, []).append(instance)
    for component in found:
        if component.kind.used_in == "components" and component.path in receivers:
            component.stores[RECEIVERS] = [r.path for r in receivers[component.path]]
    for action in actions.values():
        _find_stores(action, receivers)
    for instance in found:
        if instance.takes_all and keeps(instance, BLOBS):
            _spare(instance, actions)
    for instance in found:
        split = instance.stores.get(SPLITS, [])
        if split and all(_by_other_ways(actions[name], instance, receivers) for name in split):
            instance.stores[APART] = split


def hand_down(found: list[Instance]) -> None:
    """Give what is said of all components to each that takes it and says nothing of its own.

    A choice is given as it is, and a value by its name, so that a range stays one input.
    """
    said = next((i for i in found if i.path == HANDED_DOWN), None)
    if said is None:
        return
    for name, text in said.given.items():
        slot = said.kind.parameters.get(name)
        is_word = slot is not None and bool(slot.choices)
        handed = text if is_word else Text(said.whole(name), text.place)
        for instance in found:
            takes = instance.kind.used_in == "components" and name in instance.kind.parameters
            if takes and name not in instance.given:
                instance.give(name, Sourced(handed), said.keys.get(name, text.place))


def mark_encoded(found: list[Instance]) -> None:
    """Let every use of a kind know the actions that say how their items are encoded."""
    encoded = [i.path for i in found if i.kind.used_in == "actions" and "encoding" in i.given]
    for instance in found if encoded else ():
        instance.stores[ENCODES] = encoded


def keeps(instance: Instance, what: str) -> bool:
    """Return whether a component keeps items so."""
    return instance.kind.keeps == what


def is_internal(action: Instance) -> bool:
    """Return whether an action is work inside the system, which nobody outside sends."""
    said = action.given.get("internal")
    return said is not None and said.value.lower() in ("true", "yes", "on")


def has_reads(action: Instance) -> bool:
    """Return whether an action has reads, as its kind decides by what is given."""
    return "read_write_ratio" in action.given or not has_writes(action)


def has_writes(action: Instance) -> bool:
    """Return whether an action has writes, as its kind decides by what is given."""
    op = action.given.get("op")
    sizes = ("payload", "request", "stored", "read_write_ratio")
    answers = "response" in action.given and not any(size in action.given for size in sizes)
    return "read_write_ratio" in action.given or (op.value == "write" if op else not answers)


# --- what is received -----------------------------------------------------------------------------


def _receive_all(found: list[Instance], actions: dict[str, Instance]) -> None:
    """Let a component that does not say what it receives have every action once.

    A CDN gets the reads from outside, and what it answers reaches nobody else.
    """
    edges = [i for i in found if keeps(i, EDGE)]
    for instance in found:
        for parameter in instance.kind.receiving_all:
            name = parameter.name
            if name not in instance.flows:
                condition = parameter.condition
                if condition is not None and not instance.holds(condition.tree, _nothing):
                    continue
                place = instance.place or parameter.flows_place
                assert place is not None
                one = Text("1", place)
                taken = [n for n, a in actions.items() if instance not in edges or _is_cached(a)]
                instance.flows[name] = dict.fromkeys(taken, one)
                instance.takes_all = True
    for instance in found:
        if instance.takes_all and instance not in edges:
            for edge in edges:
                _behind(edge, instance, actions)


def _nothing(_: Call) -> bool:
    """Return that there is no quantity yet that an `any(...)` could mean."""
    return False


def _is_cached(action: Instance) -> bool:
    return has_reads(action) and not is_internal(action)


def _behind(edge: Instance, instance: Instance, actions: dict[str, Instance]) -> None:
    """Let a component receive of a CDN's actions what the CDN leaves to it."""
    received = instance.flows["receives"]
    for name, calls in edge.flows["receives"].items():
        action = actions.get(name.removesuffix(".reads"))
        if action is None or action.path not in received or calls.value.strip() != "1":
            continue
        one = received.pop(action.path)
        received[f"{edge.path}.misses"] = one
        if has_writes(action):
            received[f"{action.path}.writes"] = one


def _spare(store: Instance, actions: dict[str, Instance]) -> None:
    """Let an object store not be called for what it does not keep: small items, or none."""
    received = store.flows["receives"]
    for flow, calls in received.items():
        action = actions.get(flow.removesuffix(".writes"))
        if action is None:
            continue
        others = RECORDS in action.stores or COPIES in action.stores
        size = "stored" if has_writes(action) else "response"
        if others:
            formula = f"if({action.path}.{size} >= storage.blobs_from, 1, 0)"
        elif size == "stored":
            formula = f"if({action.path}.stored > 0 B, 1, 0)"
        else:
            continue
        received[flow] = Text(formula, calls.place)


# --- where items go -------------------------------------------------------------------------------


def _find_stores(action: Instance, receivers: _Receivers) -> None:
    """Let an action know the components that keep its items, and whether these are split.

    Where an object store and another store are reached, the bytes of large items go to the former
    and a record of each to the other.
    """
    reached = _reached_by_items(action, receivers)
    for component in reached:
        if component.kind.keeps:
            action.stores.setdefault(component.kind.keeps, []).append(component.path)
    if any(_is_blob_store(c) for c in reached) and action.stores.keys() > {BLOBS} | {EDGE} & set(
        action.stores
    ):
        for instance in (action, *reached):
            instance.stores.setdefault(SPLITS, []).append(action.path)


def _is_blob_store(component: Instance) -> bool:
    return keeps(component, BLOBS) and component.kind.derives("storage.retained")


def _by_other_ways(action: Instance, component: Instance, receivers: _Receivers) -> bool:
    """Return whether an action's items reach an object store by a way around a component."""
    return any(_is_blob_store(c) for c in _reached_by_items(action, receivers, component))


def _reached_by_items(
    action: Instance, receivers: _Receivers, around: Instance | None = None
) -> list[Instance]:
    """Return the components that an action's items reach, by flows that hand them on."""
    reached: dict[str, Instance] = {}
    pending = [action]
    while pending:
        sender = pending.pop()
        for name, send in sender.kind.sends.items():
            if not any(field.is_record for field in send.fields):
                continue
            for receiver in receivers.get(sender.whole(name), ()):
                if receiver.path not in reached and receiver is not around:
                    reached[receiver.path] = receiver
                    pending.append(receiver)
    return list(reached.values())
