"""Whose load a component carries: the shares of the scenarios whose flows it receives.

A share is told by what decides how many nodes there are: the bottleneck's demand as if only one
scenario sent what it sends, over the sum of that for all. So it follows from the kind's formulas,
through whatever other components pass on, and all shares add up to one. Where nothing is sent at
all a formula need not have a value; so what others send is made vanishingly small instead.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from estimator.diagnostics import Text
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Chain, Compare, Logic, Name, Node, Number
from estimator.model.branch import NOWHERE, ONE, ZERO
from estimator.model.imports import OWN
from estimator.model.quantity import Bounds, Declaration, Origin
from estimator.model.symbols import Symbols, UnresolvedQuantity
from estimator.units import MONEY, PLAIN, Dimension

SHARE = "share"
"""How the names of shares begin, behind the component's; without one they are the totals."""
_NOBODY, _ALL, _ALONE = "nobody", "all", "alone"
_VANISHING = Number(1e-30, NOWHERE)
_NODES, _COST, _SERVERS, _REQUESTS = "nodes", "cost.per_month", "servers", "requests.peak"
_SOURCE = "By definition; shares of the bottleneck's demand add up to one."


def declare_shares(symbols: Symbols) -> None:
    """Declare the shares of other scenarios, and of the scenario's own load, by component."""
    symbols.shares = {name: users for name, users in _loads(symbols).items() if {*users} - {OWN}}
    if not symbols.shares:
        return
    if SHARE in symbols.by_path:
        place = symbols.by_path[SHARE].place
        help_ = "choose another name"
        symbols.problems.add("E010", f"`{SHARE}` is what shares are called", place, help=help_)
        return
    everyone = dict.fromkeys(u for users in symbols.shares.values() for u in users)
    for component, users in symbols.shares.items():
        for user in users:
            _declare_share(symbols, component, user)
    for user in (*(u for u in everyone if u != OWN), OWN):
        _declare_total(symbols, user, f"share.{user}.{_SERVERS}", _NODES, PLAIN)
        _declare_total(symbols, user, f"share.{user}.{_COST}", _COST, MONEY)


def _loads(symbols: Symbols) -> dict[str, tuple[str, ...]]:
    """Return whose load reaches each component, directly or by what others pass on."""
    order = [*symbols.senders, OWN]
    loads: dict[str, set[str]] = {component: set() for component in symbols.components}
    received = {c: symbols.by_path[c].flows.get("receives", {}) for c in symbols.components}
    is_changed = bool(symbols.senders)
    while is_changed:
        is_changed = False
        for component, flows in received.items():
            before = len(loads[component])
            for flow in flows:
                sender = flow.partition(".")[0]
                if flow in symbols.foreign:
                    loads[component].add(sender)
                elif sender in symbols.actions:
                    loads[component].add(OWN)
                else:
                    loads[component] |= loads.get(sender, set())
            is_changed = is_changed or len(loads[component]) > before
    return {c: tuple(u for u in order if u in users) for c, users in loads.items()}


def _declare_share(symbols: Symbols, component: str, user: str) -> None:
    """Declare a share, whose formula is linked later, with the nodes and the cost of it."""
    name = f"{component}.{SHARE}.{user}"
    whose = "this scenario's own load" if user == OWN else f"`{user}`"
    about = f"The part of `{component}` that is there for {whose}."
    _add(symbols, name, ONE, about, PLAIN, component=component, display_unit="share")
    for part, dimension in ((_NODES, PLAIN), (_COST, MONEY)):
        if f"{component}.{part}" in symbols.quantities:
            tree = _chain(_name(f"{component}.{part}"), "*", _name(name))
            _add(symbols, f"{name}.{part}", tree, about, dimension, component=component)


def _declare_total(symbols: Symbols, user: str, name: str, part: str, dimension: Dimension) -> None:
    """Declare the sum of a scenario's shares; all that nobody else has a share of is its own."""
    found = [f"{c}.{SHARE}.{user}.{part}" for c, users in symbols.shares.items() if user in users]
    if user == OWN:
        found += [f"{c}.{part}" for c in symbols.components if c not in symbols.shares]
        found += ["internet_egress.cost.per_month"] if part == _COST else []
    terms = [_name(n) for n in found if n in symbols.quantities]
    if terms:
        whose = "this scenario's own load" if user == OWN else f"`{user}`"
        about = f"What is there for {whose}, of all components."
        _add(symbols, name, Call("sum", tuple(terms), NOWHERE, NOWHERE), about, dimension)


def _add(
    symbols: Symbols,
    name: str,
    tree: Node,
    about: str,
    dimension: Dimension,
    *,
    component: str = "",
    display_unit: str = "",
) -> None:
    instance = symbols.by_path[component or symbols.components[0]]
    assert instance.place is not None
    said = Declaration(
        Text("", instance.place), Origin.DERIVED, dimension, display_unit, about, _SOURCE
    )
    formula = LinkedFormula.alike(tree)
    symbols.add(UnresolvedQuantity(name, said, None, instance.place, linked=formula))


# --- formulas -------------------------------------------------------------------------------------


def linked_shares(
    symbols: Symbols, linked: Mapping[str, LinkedFormula]
) -> Iterator[UnresolvedQuantity]:
    """Yield the shares with their formulas, and what these follow from.

    Args:
        symbols: The symbol table, with the shares declared.
        linked: The formulas of all quantities.
    """
    targets = {c: _targets(symbols, c) for c in symbols.shares}
    owners = dict(_owners(symbols))
    affected = _affected(symbols, linked, owners)
    made: dict[str, dict[str, None]] = defaultdict(dict)
    for component, users in symbols.shares.items():
        moved = [n for n in (*targets[component], f"{component}.{_REQUESTS}") if n in affected]
        leading = [n for n in _leading_to(moved, linked) if n in affected]
        for user in (*users, _NOBODY):
            made[user] |= dict.fromkeys(leading)
        yield from _parts(symbols, component, moved)
        fallback = f"{component}.{_REQUESTS}"
        yield from _shares(symbols, component, targets[component], moved, fallback)
    for user, names in made.items():
        yield from _as_if(user, names, symbols, linked, owners)
    for name in owners:
        scaled = LinkedFormula.alike(_chain(_name(name), "*", _VANISHING))
        yield _hidden(symbols.quantities[name], f"{name}[{_NOBODY}]", scaled)


def _targets(symbols: Symbols, component: str) -> list[str]:
    """Return what decides how many nodes a component has; its cost where it has no nodes."""
    if f"{component}.{_NODES}" not in symbols.quantities:
        return [f"{component}.{_COST}"] if f"{component}.{_COST}" in symbols.quantities else []
    return symbols.right_below(f"{component}.{_NODES}.", "")


def _owners(symbols: Symbols) -> Iterator[tuple[str, str]]:
    """Yield the quantities that flows from outside of all components carry, and whose they are."""
    for flow, sent in symbols.flows.items():
        sender = flow.partition(".")[0]
        if flow in symbols.foreign or sender in symbols.actions:
            user = sender if flow in symbols.foreign else OWN
            yield from ((name, user) for name in sent.fields.values() if name in symbols.quantities)


def _affected(
    symbols: Symbols, linked: Mapping[str, LinkedFormula], owners: Collection[str]
) -> set[str]:
    """Return what follows from these flows, where components receive them."""
    components = frozenset(symbols.components)
    users: defaultdict[str, list[str]] = defaultdict(list)
    pending: list[str] = []
    for name, formula in linked.items():
        for use in formula.names:
            users[use].append(name)
        is_component = name.partition(".")[0] in components
        if is_component and any(use in owners for use in formula.names):
            pending.append(name)
    found = set(pending)
    for name in pending:
        fresh = [user for user in users[name] if user not in found]
        found.update(fresh)
        pending.extend(fresh)
    return found


def _leading_to(names: Iterable[str], linked: Mapping[str, LinkedFormula]) -> list[str]:
    """Return some quantities, and all that they follow from."""
    found = dict.fromkeys(names)
    pending = list(found)
    for name in pending:
        for use in linked[name].names if name in linked else ():
            if use not in found:
                found[use] = None
                pending.append(use)
    return pending


def _as_if(
    user: str,
    names: Collection[str],
    symbols: Symbols,
    linked: Mapping[str, LinkedFormula],
    owners: Mapping[str, str],
) -> Iterator[UnresolvedQuantity]:
    """Yield quantities as they would be if one scenario alone sent what it sends."""
    components = frozenset(symbols.components)
    for name in names:
        is_component = name.partition(".")[0] in components
        uses = []
        for use in linked[name].names:
            if use in names:
                use = f"{use}[{user}]"
            elif is_component and owners.get(use, user) != user:
                use = f"{use}[{_NOBODY}]"
            uses.append(use)
        formula = LinkedFormula(linked[name].shared, tuple(uses))
        yield _hidden(symbols.quantities[name], f"{name}[{user}]", formula)


def _parts(symbols: Symbols, component: str, names: Sequence[str]) -> Iterator[UnresolvedQuantity]:
    """Yield what each user adds to a quantity beyond what is there without any load."""
    users = symbols.shares[component]
    for name in names:
        for user in users:
            more = _chain(_name(f"{name}[{user}]"), "-", _name(f"{name}[{_NOBODY}]"))
            part = LinkedFormula.alike(Call("max", (ZERO, more), NOWHERE, NOWHERE))
            yield _hidden(symbols.quantities[name], f"{name}[{user} {_ALONE}]", part)
        parts = tuple(_name(f"{name}[{user} {_ALONE}]") for user in users)
        whole = LinkedFormula.alike(Call("sum", parts, NOWHERE, NOWHERE))
        yield _hidden(symbols.quantities[name], f"{name}[{_ALL}]", whole)


def _shares(
    symbols: Symbols,
    component: str,
    targets: Sequence[str],
    moved: Collection[str],
    fallback: str,
) -> Iterator[UnresolvedQuantity]:
    """Yield the shares of a component: of its bottleneck, or else of its requests."""
    users = symbols.shares[component]
    most = Call("max", tuple(map(_name, targets)), NOWHERE, NOWHERE)
    for user in users:
        tree: Node = Number(1.0 / len(users), NOWHERE)
        if fallback in moved:
            tree = _if(_is_some(fallback), _part_of(fallback, user), tree)
        for target in reversed([t for t in targets if t in moved]):
            condition = _is_some(target)
            if len(targets) > 1:
                decides = Compare(">=", _name(target), most, NOWHERE)
                condition = Logic("and", (decides, condition), NOWHERE)
            tree = _if(condition, _part_of(target, user), tree)
        share = symbols.quantities[f"{component}.{SHARE}.{user}"]
        yield share._replace(linked=LinkedFormula.alike(tree))


def _is_some(name: str) -> Node:
    return Compare(">", _name(f"{name}[{_ALL}]"), ZERO, NOWHERE)


def _part_of(name: str, user: str) -> Node:
    return _chain(_name(f"{name}[{user} {_ALONE}]"), "/", _name(f"{name}[{_ALL}]"))


def _hidden(like: UnresolvedQuantity, name: str, formula: LinkedFormula) -> UnresolvedQuantity:
    """Return a quantity that shares follow from, and that has no name that can be written."""
    said = like.declaration._replace(bounds=Bounds(), origin=Origin.DERIVED)
    return UnresolvedQuantity(name, said, None, like.place, like.instance, linked=formula)


def _name(path: str) -> Name:
    return Name(path, NOWHERE, absolute=True)


def _chain(first: Node, op: str, second: Node) -> Node:
    return Chain(first, ((op, second),), NOWHERE)


def _if(condition: Node, then: Node, otherwise: Node) -> Node:
    return Call("if", (condition, then, otherwise), NOWHERE, NOWHERE)
