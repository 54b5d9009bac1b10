"""Where the bytes of items go: what is kept twice, kept nowhere, or carried for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from estimator.diagnostics import Problems
from estimator.evaluate.report import Assumption
from estimator.model import Model, Origin
from estimator.units import DATA, MONEY, PLAIN

_SOURCE = "Sears, van Ingen and Gray, To BLOB or Not To BLOB (Microsoft Research, 2006)"
_MANY, _FAR = 500, 4  # nodes that somebody asks about; how many times what else asks for
_DEAR, _MOST = 100_000.0, 0.8  # USD a month that somebody asks about; the share that decides
_UNPLACED = "unplaced_storage"
_BYTES_A_CORE = 10e9
"""The bytes that a core reads in a second, at most: a judgement, of a thread that copies memory."""
_PRIMARY = ("blobs", "records")  # stores that are the place where an item is, and no copy of it


def warn_of_wiring(model: Model, values: Mapping[str, float], problems: Problems) -> None:
    """Warn of items that no store keeps (W103), or two (W113), or wrong ones (W114 to W130)."""
    _warn_of_lost_items(model, values, problems)
    _warn_of_speed(model, values, problems)
    for action in model.actions:
        _warn_of_assumed_users(action, model, values, problems)
        _warn_of_kept_twice(action, model, values, problems)
        _warn_of_carriers(action, model, values, problems)
        _warn_of_retention(action, model, values, problems)
        _warn_of_large_records(action, model, values, problems)
    records = [component for component, w in model.wiring.items() if w.keeps == "records"]
    for component, wiring in model.wiring.items():
        if wiring.keeps in _PRIMARY:
            _warn_of_empty(component, model, values, problems)
    long = [one for one in records if _warn_of_long_keeping(one, model, values, problems)]
    if not long:
        _warn_of_dear_keeping(records, model, values, problems)


def _warn_of_assumed_users(
    action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn of what is done every so often by a share of users that the file does not give."""
    every = model.quantities.get(f"{action}.every")
    if every is None or every.origin is not Origin.GIVEN:
        return
    using = [
        use
        for kind in ("events", "writes", "reads")
        if (events := model.quantities.get(f"{action}.{kind}.average")) is not None
        for use in events.uses
    ]
    online = next((use for use in using if use.endswith(".concurrent")), None)
    if online is None or model.quantities[online].origin is not Origin.DEFAULT:
        return
    whose = online.removesuffix(".concurrent")
    whole, part = (model.write(values[name], PLAIN) for name in (whose, online))
    problems.add(
        "W103",
        f"only users who are online at once do `{action}`, an assumed {part} of {whole}",
        every.text.place,
        help=f"write `{whose.rpartition('.')[2]}: {{registered: {whole}, concurrent: 100%}}` for"
        " devices, which are always online, or else the share that is",
    )


def _warn_of_empty(
    component: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn of a store that keeps nothing, since nothing or only small items would reach it."""
    kept = model.quantities.get(f"{component}.storage.retained")
    if kept is None or values[kept.name] or values[f"{component}.writes.average"]:
        return
    small = [
        action
        for action in model.actions
        if component in model.stores.get(action, {}).get("blobs", [])
        and model.wiring[component].takes_all
        and values[f"{action}.stored.retained"]
    ]
    if small:
        size, stores = model.write(values[f"{small[0]}.stored"], DATA), model.stores[small[0]]
        records = stores.get("records", [])
        others = records or [c for k, found in stores.items() if k != "blobs" for c in found]
        in_batches = f"`receives: {{{small[0]}: {{batch: 64 MB}}}}` on `{component}` keeps them in"
        problems.add(
            "W103",
            f"`{component}` keeps nothing, since the items of `{small[0]}` are small"
            + (f" and stay whole in {_listed(others)}" if others else ""),
            kept.place,
            help=f"`storage: {{blobs_from: {size}}}` sends them to `{component}`"
            if records
            else f"{in_batches} objects of many items each",
        )
    elif values[f"{component}.reads.average"]:
        problems.add(
            "W103",
            f"`{component}` is read, but nothing writes to it, so that it keeps nothing",
            kept.place,
            help=f"say what it keeps: `stored.retained: 10 TB` on `{component}`",
        )


SIZES = frozenset(("storage.record", "storage.blobs_from"))
"""What is assumed of large items; no assumption where no item is large."""
_LARGE = 256e3  # bytes; from here on a database does worse, by _SOURCE


def assumed_wiring(model: Model, values: Mapping[str, float]) -> Iterator[Assumption]:
    """Yield what is assumed of the ways of items, each with the line that says otherwise."""
    for action in model.actions:
        yield from _kept_apart(action, model, values)
    for edge, wiring in model.wiring.items():
        if wiring.keeps == "edge":
            yield from _behind(edge, model)


def _kept_apart(action: str, model: Model, values: Mapping[str, float]) -> Iterator[Assumption]:
    """Yield that large items are kept by an object store, and a record of each by others."""
    stores = model.stores.get(action, {})
    row = model.quantities.get(f"{action}.row")
    if row is None or row.uses == (f"{action}.record",):
        return
    size = max(values[f"{action}.{size}"] for size in ("stored", "request", "response"))
    others = [
        component
        for keeps, found in stores.items()
        if keeps not in ("blobs", "edge")
        for component in found
        if model.wiring[component].is_apart
    ]
    if size < values["storage.blobs_from"] or not others:
        return
    whole = model.write(size, DATA)
    yield Assumption(
        (row.name,),
        model.write(values[row.name], DATA),
        "What a store of records keeps of an item whose bytes are in an object store.",
        _SOURCE,
        f"the bytes go to {_listed(stores['blobs'])}, a row for each to {_listed(others)};"
        f" `{action}: {{record: {whole}}}` keeps them in both. {_SOURCE}.",
    )


def _behind(edge: str, model: Model) -> Iterator[Assumption]:
    """Yield that components that do not say what they receive get what a CDN misses."""
    misses = f"{edge}.misses"
    behind = [c for c, w in model.wiring.items() if w.takes_all and misses in w.receives]
    taken = [flow for flow in model.wiring[edge].receives if flow.split(".")[0] in model.actions]
    if behind and taken:
        yield Assumption(
            (edge,),
            "in front",
            "What a CDN answers reaches no other component.",
            "",
            f"{_listed(behind)} get what it misses of {_listed(taken)};"
            f" `receives: [{taken[0].split('.')[0]}.calls]` on one gives it every request.",
        )


def _listed(names: list[str]) -> str:
    """Return names in backticks, with commas and an `and` between them."""
    shown = [f"`{name}`" for name in names]
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else "".join(shown)


def _warn_of_lost_items(model: Model, values: Mapping[str, float], problems: Problems) -> None:
    """Warn of what an action writes and no component keeps, where some keep data (W103)."""
    kept = [f"{component}.storage.retained" for component, _ in model.components]
    reached = model.leading_to(name for name in kept if name in model.quantities)
    if not reached:
        return
    for action in model.actions:
        written = f"{action}.stored.retained"
        through = {written, f"{action}.ingress.average"}  # a queue keeps what comes in
        stores = model.stores.get(action, {})
        is_kept = any(
            f"{c}.storage.retained" in model.quantities for s in stores.values() for c in s
        )
        if values.get(written) and not is_kept and reached.isdisjoint(through):
            problems.add(
                "W103",
                f"no component stores what `{action}` writes",
                model.quantities[written].place,
                help="let a store receive it, or write `stored: 0 B` if nothing is kept",
            )


def _keepers(action: str, model: Model, values: Mapping[str, float]) -> dict[str, list[str]]:
    """Return the stores whose storage follows from an action's bytes, by what they keep.

    What a file says that a store keeps, it keeps for that reason.
    """
    found: dict[str, list[str]] = {}
    stores = model.stores.get(action, {})
    is_small = values[f"{action}.stored"] < values["storage.blobs_from"]
    for keeps in _PRIMARY:
        for component in stores.get(keeps, []):
            wiring = model.wiring[component]
            if is_small and "records" in stores and keeps == "blobs" and wiring.takes_all:
                continue  # it is not called for small items
            name = f"{component}.stored.retained"
            quantity = model.quantities.get(name)
            if quantity is None or quantity.origin is Origin.PINNED:
                continue
            if f"{component}.storage.retained" not in model.quantities:
                continue  # a part of what another store keeps, as a table is of a database
            if _follows(name, action, model) and values.get(f"{component}.writes.average"):
                found.setdefault(keeps, []).append(component)
    return found


def _follows(name: str, action: str, model: Model) -> bool:
    """Return whether a quantity follows from what an action stores."""
    return not model.sources_of(name).isdisjoint(
        (f"{action}.stored.retained", f"{action}.record_stored.retained")
    )


def _warn_of_kept_twice(
    action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    stores = model.stores.get(action, {})
    if not values[f"{action}.stored.retained"] or sum(map(len, stores.values())) < 2:
        return
    keepers = _keepers(action, model, values)
    blobs, records = keepers.get("blobs", []), keepers.get("records", [])
    is_large = values[f"{action}.stored"] >= values["storage.blobs_from"]
    named = blobs if len(blobs) > 1 else records if len(records) > 1 else []
    if not named and blobs and records and not is_large:
        named = [*records, *blobs]
    keeps_apart = len(blobs) > 1 or any(model.wiring[name].takes_all for name in named)
    if not named or not keeps_apart:
        return
    first, other = named[0], named[-1]
    problems.add(
        "W113",
        f"{_listed(named)} each keep all that `{action}` writes",
        model.quantities[f"{action}.stored.retained"].place,
        help=f"say with `receives` which of them keeps it; where a second copy is meant, say so:"
        f" `stored.retained: {first}.stored.retained` on `{other}`",
    )


def _warn_of_retention(
    action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn of a retention that is given where only queues keep the items, for another time."""
    stores = model.stores.get(action, {})
    retention = model.quantities.get(f"{action}.retention")
    if retention is None or retention.origin is not Origin.GIVEN or stores.keys() != {"messages"}:
        return
    said = values[f"{action}.retention"]
    queue = next((q for q in stores["messages"] if values[f"{q}.retention"] != said), None)
    if queue is not None:
        problems.add(
            "W104",
            f"`{action}.retention` is given, but only `{queue}` keeps its items, for"
            f" `{queue}.retention`",
            retention.text.place,
            help=f"give `retention` to `{queue}`, or let a store receive what it sends on",
        )


def _warn_of_large_records(
    action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn of large items that a database keeps whole, since there is no object store."""
    if values[f"{action}.stored"] < _LARGE:
        return
    keepers = _keepers(action, model, values)
    if "blobs" not in model.stores.get(action, {}) and "records" in keepers:
        problems.add(
            "W116",
            f"{_listed(keepers['records'])} keeps whole items of"
            f" {model.write(values[f'{action}.stored'], DATA)}",
            model.quantities[f"{action}.stored.retained"].place,
            help="an object store is the place for their bytes, and a database for a row with a"
            " key: add `blobs: {kind: object_store}`",
        )


def _warn_of_long_keeping(
    component: str, model: Model, values: Mapping[str, float], problems: Problems
) -> bool:
    """Warn where most of many nodes follow from a retention that the file does not give (W117)."""
    by_resource = model.nodes_by_resource(component, values)
    by_disk = by_resource.pop("storage", 0.0)
    others = max(values.get(f"{component}.minimum", 1.0), *by_resource.values(), 1.0)
    action = _kept_unsaid(_kept_by(component, model, values), model, values)
    if by_disk < max(_MANY, _FAR * others) or not action:
        return False
    what = f"`{component}` has most of its {by_disk:,.0f} nodes since"
    _add_unsaid(what, action, model, values, problems)
    return True


def _warn_of_dear_keeping(
    records: list[str], model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn where most of the cost follows from a retention that the file does not give (W117).

    Actions without any component are asked for their loads.
    """
    total = values.get("cost.per_month", 0.0)
    costs = {one: values.get(f"{one}.cost.storage.per_month", 0.0) for one in records}
    costs[_UNPLACED] = values.get(f"{_UNPLACED}.cost.per_month", 0.0)
    dearest = max(costs, key=costs.__getitem__)
    if (
        model.implied.keys() >= model.wiring.keys()
        or total < _DEAR
        or costs[dearest] < _MOST * total
    ):
        return
    kept = _kept_by(dearest, model, values)
    if dearest == _UNPLACED:
        kept = {action: values[f"{action}.stored.retained"] for action in model.actions}
    if action := _kept_unsaid(kept, model, values):
        month = f"{model.write(costs[dearest], MONEY)} of the {model.write(total, MONEY)} a month"
        _add_unsaid(f"{month} pay for storage, since", action, model, values, problems)


def _kept_by(component: str, model: Model, values: Mapping[str, float]) -> dict[str, float]:
    """Return what a store of records keeps of each action, in bytes."""
    return {
        action: values[f"{action}.stored.retained"]
        for action in model.actions
        if component in _keepers(action, model, values).get("records", [])
    }


def _kept_unsaid(kept: Mapping[str, float], model: Model, values: Mapping[str, float]) -> str:
    """Return the action of which most is kept, if the file does not say for how long."""
    action = max(kept, key=kept.__getitem__, default="")
    if not action or not kept[action]:
        return ""
    retention = model.quantities[f"{action}.retention"]
    if retention.origin is not Origin.DEFAULT or values[f"{action}.stored"] >= _LARGE:
        return ""
    is_there = values.get(f"{action}.initial", 0.0) > 0.5 * kept[action]  # from the start
    return "" if is_there else action


def _add_unsaid(
    what: str, action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    retention = model.quantities[f"{action}.retention"]
    years = model.write(values[retention.name], retention.dimension)
    problems.add(
        "W117",
        f"{what} what `{action}` writes is kept for {years}, which the file does not say",
        model.quantities[f"{action}.stored.retained"].place,
        help=f"give `{action}` a `retention`, or `stored: 0 B` where only the latest counts",
    )


def _warn_of_carriers(
    action: str, model: Model, values: Mapping[str, float], problems: Problems
) -> None:
    """Warn where something carries the bytes of answers that a CDN is there for."""
    if not values.get(f"{action}.egress.average") or action in model.internal:
        return
    edges = [c for c in model.stores.get(action, {}).get("edge", ()) if _takes(c, action, model)]
    if edges:
        carriers = [
            c
            for c, wiring in model.wiring.items()
            if c not in edges
            and wiring.keeps in ("", "blobs")
            and not wiring.takes_all
            and _takes(c, action, model)
        ]
        if len(edges) > 1:
            problems.add(
                "W114",
                f"{_listed(edges)} each deliver all of `{action}`",
                model.quantities[f"{action}.egress.average"].place,
                help="say with `receives` which of them delivers what: `{action: 50%}`",
            )
        if carriers:
            writes = f" and `{action}.writes`" if values[f"{action}.writes.average"] else ""
            problems.add(
                "W114",
                f"{_listed(carriers)} {'carry' if len(carriers) > 1 else 'carries'} the bytes of"
                f" `{action}`, which `{edges[0]}` is there to deliver",
                model.quantities[f"{action}.egress.average"].place,
                help=f"let {_listed(carriers)} receive `{edges[0]}.misses` instead{writes}, or"
                f" `{action}.calls`, the requests without their bytes",
            )
        return
    if values[f"{action}.response"] < _LARGE:
        return
    for component, wiring in model.wiring.items():
        if (
            wiring.keeps == ""
            and _takes(component, action, model)
            and _by_network(component, model, values)
        ):
            problems.add(
                "W114",
                f"`{component}` has the nodes that it takes to carry the bytes of `{action}`",
                model.quantities[f"{action}.egress.average"].place,
                help="a CDN or an object store can deliver them: add `edge: {kind: cdn}`, or let"
                f" `{component}` receive `{action}.calls`, the requests without their bytes",
            )


def _takes(component: str, action: str, model: Model) -> bool:
    return any(flow in model.wiring[component].receives for flow in (action, f"{action}.reads"))


def _by_network(component: str, model: Model, values: Mapping[str, float]) -> bool:
    """Return whether the network decides how many nodes a component has."""
    nodes = values.get(f"{component}.nodes.network", 0.0)
    most = max(model.nodes_by_resource(component, values).values(), default=0.0)
    return nodes >= most and nodes > values.get(f"{component}.minimum", 0.0)


def _warn_of_speed(model: Model, values: Mapping[str, float], problems: Problems) -> None:
    """Warn of services that are given less time than their bytes take any core (W130)."""
    has_blobs = any("blobs" in stores for stores in model.stores.values())
    for name, _ in model.components:
        if has_blobs and name in model.wiring and model.wiring[name].takes_all:
            continue  # it may only hand out the URLs of the object store
        assumed, requests = f"{name}.like.cpu_time", values.get(f"{name}.requests.average")
        time = model.quantities.get(f"{name}.cpu_time")
        if assumed not in values or not requests or time is None or time.origin is Origin.GIVEN:
            continue
        bytes_ = values[f"{name}.ingress.average"]  # what it sends, it may hand on unread
        if bytes_ / requests > _BYTES_A_CORE * values[time.name] > 0:
            size = model.write(bytes_ / requests, DATA)
            spent = model.write(values[time.name], time.dimension)
            problems.add(
                "W130",
                f"`{name}` has {spent} of CPU for {size} of a request, which no core reads as fast",
                time.place,
                help="write `cpu_time: 5 min` for work on the bytes, such as transcoding, or"
                f" `cpu_time: {spent}` if it only hands out the URL of a store",
            )
