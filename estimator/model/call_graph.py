"""How often a request of an action visits each component that it waits for, and by what path.

A request makes the calls that the components on its path make in turn, and not always as many:
a cache passes on what it misses, one request in a hundred, and then perhaps twenty reads at once.
So the path branches: what lies behind the misses is a branch of its own, with a chance, and so on
from there. Reads and writes are two such trees, of which each request goes through one.

What a component calls at once is no part of these trees: it takes the time of the slowest of the
calls, each of which is such a tree itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import NamedTuple

from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Chain, Compare, Name, Node, Number
from estimator.model.branch import NOWHERE, ONCE, ONE, ZERO, Branch, Count, Timed
from estimator.model.instance import Instance
from estimator.model.kind_formula import CALLS
from estimator.model.quantity import Origin
from estimator.model.symbols import Symbols
from estimator.model.template import KindTemplate

_MOST = 8  # branches of a side; what more there are is counted with those they belong to
SIDES = ("reads", "writes")
_PARTS = ("fixed", "mean", "sd", "scale")
_CALL_PARTS = ("fixed", "rest", "sd", "scale")
_ROW = 6  # values of a row


class _Flow(NamedTuple):
    """A flow by which requests come to a component.

    Attributes:
        name: Its name.
        sender: What sends it: a component, or the action itself.
        ratio: How often a request there is sent on; None for always.
        is_part: Whether that is at most once.
        calls: The calls for each that is sent on; None for one.
        fewer: Whether these may be less than one.
    """

    name: str
    sender: str
    ratio: Node | None
    is_part: bool
    calls: Node | None
    fewer: bool


def _flows(
    component: str, side: str, root: Instance, symbols: Symbols, *, strict: bool = True
) -> Iterator[_Flow]:
    """Yield the flows of one side that reach a component from an action, or from another component.

    Args:
        component: The component.
        side: `reads` or `writes`.
        root: The action or the other component, behind which all senders lie.
        symbols: The symbol table.
        strict: Leave out what an action itself sends where it has nothing of that side.
    """
    senders = (root.path, *symbols.path(root.path))
    flows = [(s, f, c) for s in senders for f, c in symbols.calls_of(s, component).items()]
    for sender, name, text in flows:
        flow = symbols.flows.get(name)
        sent = None if flow is None else flow.fields.get(f"{side}.average")
        of = f"{sender}.{side}.average"
        if sent is None or of not in symbols.quantities:
            continue
        if strict and sender == root.path and not _has(root, side, symbols):
            continue
        ratio = None if sent == of else _call("proportion", _name(sent), _name(of))
        receiver = symbols.by_path[component]
        in_batches = name in receiver.batches.get("receives", {})
        literal = _literal(text.value)
        calls = None
        if literal != 1.0:
            part = ".calls" if in_batches else ""  # every event waits for its batch
            calls = _name(receiver.whole(f"receives.{name}{part}"))
        yield _Flow(
            name,
            sender,
            ratio,
            _is_part(sent, sender, side, symbols),
            calls,
            literal is None or literal < 1.0,
        )


# --- branches -------------------------------------------------------------------------------------


def branches(action: Instance, visited: list[str], symbols: Symbols) -> list[Branch]:
    """Return the branches of an action's path, each after the one that it belongs to.

    Args:
        action: The action.
        visited: The components that it waits for, each after those that call it.
        symbols: The symbol table.
    """
    found: list[Branch] = []
    sides = [side for side in SIDES if _has(action, side, symbols)]
    for side in sides:
        tree = _Tree(action, side, symbols, {b.name for b in found})
        if len(sides) > 1:
            part, whole = action.whole(f"{side}.average"), action.whole("requests.average")
            tree.root.chance = _call("proportion", _name(part), _name(whole))
        for component in visited:
            tree.visit(component)
        found.extend(tree.found)
    return found if any(branch.counts for branch in found) else []


class _Tree:
    """The branches of one side, while they are found."""

    def __init__(self, start: Instance, side: str, symbols: Symbols, taken: set[str]) -> None:
        self.start, self.side, self.symbols, self.taken = start, side, symbols, taken
        self.root = Branch(side, side, None, None)
        self.found = [self.root]
        self.opened: dict[tuple[str, ...], tuple[Branch, Count]] = {}

    def visit(self, component: str) -> None:
        """Add how often a component is visited in each branch, whose senders are known."""
        pinned = self.start.whole(f"visits.{component}.{self.side}")
        if f"visits.{component}.{self.side}" in self.start.given:
            mean: Node = _name(pinned)
            if self.root.chance is not None:
                mean = _call("proportion", mean, self.root.chance)
            self.root.counts[component] = [Count(mean, ZERO, once=True)]
            return
        for flow in _flows(component, self.side, self.start, self.symbols, strict=self.is_strict):
            if self.symbols.forks(flow.sender):
                continue  # its calls are at once
            if flow.sender == self.start.path:
                self._follow(flow, self.root, ONCE, component)
                continue
            for branch in list(self.found):
                terms = branch.counts.get(flow.sender)
                if terms:
                    self._follow(flow, branch, self._count(branch, flow.sender), component)

    def _follow(self, flow: _Flow, branch: Branch, sent: Count, component: str) -> None:
        ratio, calls = flow.ratio, flow.calls
        if ratio is not None:
            opened = self._open(branch, sent, ratio, (flow.name,), is_part=flow.is_part)
            if opened is not None:
                branch, sent = opened
                ratio = None
        if calls is not None and ratio is None and flow.fewer:
            opened = self._open(branch, sent, calls, (flow.name, component), is_part=False)
            if opened is not None:
                branch, sent = opened
                calls = None
        branch.counts.setdefault(component, []).append(_times(sent, ratio, calls))

    def _open(
        self, branch: Branch, sent: Count, ratio: Node, key: tuple[str, ...], *, is_part: bool
    ) -> tuple[Branch, Count] | None:
        """Return the branch of what is sent on only sometimes, and how often it is sent in it."""
        place = (branch.name, *key)
        if place in self.opened:
            return self.opened[place]
        if not sent.once or len(self.found) >= _MOST:
            return None
        if is_part and sent.is_one:
            chance, count = ratio, ONCE
        else:
            chance = _call("min", ONE, ratio)
            if not sent.is_one:
                once = Compare("==", sent.mean, ONE, NOWHERE)
                chance = _call("if", once, chance, ONE)
            mean = _call("proportion", _product(sent.mean, ratio), chance)
            varies = _call("visits_variance", sent.mean, sent.variance, ratio, ONE)
            below = Compare("<", chance, ONE, NOWHERE)
            count = Count(mean, _call("if", below, ZERO, varies), once=True)
        child = Branch(self._named(branch, key), self.side, branch, chance)
        self.found.append(child)
        self.opened[place] = child, count
        return child, count

    def _named(self, parent: Branch, key: tuple[str, ...]) -> str:
        name = "_to_".join(k.replace(".", "_") for k in key)
        taken = self.taken | {b.name for b in self.found}
        for choice in (name, f"{parent.name}_{name}"):
            if choice not in taken and choice not in SIDES:
                return choice
        return next(n for i in range(2, 99) if (n := f"{parent.name}_{name}_{i}") not in taken)

    def _count(self, branch: Branch, component: str) -> Count:
        if self.is_strict:
            return count(self.start, branch, component)
        return _added_up(branch, component)

    @property
    def is_strict(self) -> bool:
        """Whether it is of an action, whose branches are quantities."""
        return self.start.kind.used_in == "actions"


def _added_up(branch: Branch, component: str) -> Count:
    """Return how often a component is visited in a branch that has no quantities."""
    terms = branch.counts[component]
    if len(terms) == 1:
        return terms[0]
    return Count(_sum([t.mean for t in terms]), _sum([t.variance for t in terms]), once=False)


def count(action: Instance, branch: Branch, component: str) -> Count:
    """Return how often a component is visited in a branch: once, or as its quantities say."""
    terms = branch.counts[component]
    if len(terms) == 1 and terms[0].is_one:
        return ONCE
    start = f"branch.{branch.name}"
    varies = any(t.variance != ZERO for t in terms)
    return Count(
        _name(action.whole(f"{start}.calls.{component}")),
        _name(action.whole(f"{start}.calls_variance.{component}")) if varies else ZERO,
        once=len(terms) == 1 and terms[0].once,
    )


def _times(sent: Count, ratio: Node | None, calls: Node | None) -> Count:
    if ratio is None and calls is None:
        return sent
    factors = [f for f in (sent.mean, ratio, calls) if f is not None and f != ONE]
    mean = factors[0] if len(factors) == 1 else _product(*factors)
    parts = (sent.mean, sent.variance, ratio or ONE, calls or ONE)
    return Count(mean, _call("visits_variance", *parts), once=False)


# --- what a kind may ask for ----------------------------------------------------------------------


def visit_count(
    node: Call, action: Instance, symbols: Symbols, *, strict: bool = False
) -> list[Node]:
    """Return what each flow adds to the mean count of a component's visits.

    Of what is called at once, `wait_count` counts only the share that the slowest takes of all.

    Args:
        node: The call.
        action: The action.
        symbols: The symbol table.
        strict: Return nothing where a request visits the component on no flow of that side.
    """
    component, side = _words(node)
    waits = node.function == "wait_count"
    counted = "waits" if waits else "visits"
    if waits and f"visits.{component}.{side}" in action.given:
        return [_name(action.whole(f"visits.{component}.{side}"))]
    terms: list[Node] = []
    is_visited = not strict
    for flow in _flows(component, side, action, symbols, strict=False):
        if flow.sender == action.path:
            sent = symbols.flows[flow.name].fields[f"{side}.average"]
            whole = _name(f"{action.path}.requests.average")
            factors = [flow.calls, _call("proportion", _name(sent), whole)]
        else:
            visits = action.whole(f"{counted}.{flow.sender}.{side}")
            if visits not in symbols.quantities:
                continue
            is_visited = True
            factors = [_name(visits), flow.calls, flow.ratio]
        if waits and symbols.forks(flow.sender):
            factors.append(_name(f"{flow.sender}.at_once.{side}.share"))
        known = [factor for factor in factors if factor is not None]
        terms.append(_product(*known) if known else ONE)
    return terms if is_visited or (terms and _has(action, side, symbols)) else []


def _branch(node: Call, action: Instance, symbols: Symbols) -> Branch:
    name = _words(node)[0]
    return next(b for b in symbols.branches[action.path] if b.name == name)


def _branch_chance(node: Call, action: Instance, symbols: Symbols) -> list[Node]:
    chance = _branch(node, action, symbols).chance
    return [] if chance is None else [chance]


def _branch_calls(node: Call, action: Instance, symbols: Symbols) -> list[Node]:
    """Return how often a component is visited in a branch, where that is not just once."""
    terms = _branch(node, action, symbols).counts.get(_words(node)[1], [])
    if len(terms) == 1 and terms[0].is_one:
        return []
    return [t.mean for t in terms]


def _branch_variance(node: Call, action: Instance, symbols: Symbols) -> list[Node]:
    terms = _branch(node, action, symbols).counts.get(_words(node)[1], [])
    return [t.variance for t in terms if t.variance != ZERO]


def _of_branch(result: str) -> Callable[[Call, Instance, Symbols], list[Node]]:
    """Return for each component of a branch a function of its calls, their variance and times."""

    def terms(node: Call, action: Instance, symbols: Symbols) -> list[Node]:
        branch = _branch(node, action, symbols)
        if branch.timed is None:
            counts = {c: count(action, branch, c) for c in branch.counts}
            branch.timed = list(_timed(branch.side, counts, symbols))
        return _part_of_branch(result, branch.timed)

    return terms


def _timed(
    side: str, counts: dict[str, Count], symbols: Symbols, apart: Collection[str] = ()
) -> Iterator[Timed]:
    """Yield how often each component is called in a branch, with the times of a call.

    Args:
        side: `reads` or `writes`.
        counts: How often each component is called.
        symbols: The symbol table.
        apart: The components of which the calls that they make at once are left out.
    """
    for component, calls in counts.items():
        forks = component not in apart and symbols.forks(component)
        for times in _times_of(component, side, symbols, forks=forks):
            yield Timed(calls, *times)


def _part_of_branch(result: str, calls: Iterable[Timed]) -> list[Node]:
    """Return the terms of a part of a branch's time.

    Args:
        result: The function of calls that gives it.
        calls: The calls of the branch.
    """
    found: list[Call] = []
    for (mean, variance, _), fixed, time, sd in calls:
        times: tuple[Node, ...] = (fixed, time, sd)
        if result == "calls_fixed":
            times = (_call("min", fixed, time),)
        elif result == "calls_rest":
            times = (fixed, time)
        elif result == "calls_sd":
            times = (time, sd)
        found.append(_call(result, mean, variance, *times))
    if result == "calls_sd" and found:
        return [_call("hypot", *found)]
    if result == "calls_scale" and found:
        return [_call(result, *(a for term in found for a in term.arguments))]
    return [*found] or [ZERO]


def _times_of(
    component: str, side: str, symbols: Symbols, *, forks: bool
) -> Iterator[tuple[Name, Name, Name]]:
    """Yield what a call of a component takes at least, on average, and by how much that varies.

    A kind of which reads vary otherwise than writes says both, as `latency.read_sd`. After its own
    times come those of what it calls at once.
    """
    own = f"{component}.latency"
    mean = f"{own}.{side.removesuffix('s')}"
    fixed, sd = (
        f"{mean}_{part}" if f"{mean}_{part}" in symbols.quantities else f"{own}.{part}"
        for part in ("fixed", "sd")
    )
    yield _name(fixed), _name(mean), _name(sd)
    if forks:
        fork = f"{component}.at_once.{side}"
        yield _name(f"{fork}.fixed"), _name(f"{fork}.mean"), _name(f"{fork}.sd")


def _of_path(function: str) -> Callable[[Call, Instance, Symbols], list[Node]]:
    """Return a function of all branches."""

    def term(node: Call, action: Instance, symbols: Symbols) -> list[Node]:
        arguments = list(node.arguments)
        known = symbols.branches[action.path]
        if function == "path_quantile" and any(symbols.forks(c) for b in known for c in b.counts):
            arguments += _rows_with_forks(known, action, symbols)
            return [Call(function, tuple(arguments), node.span, node.name_span)]
        for branch in known:
            branch.row = branch.row or _row(branch, known, action)
            arguments += branch.row
        return [Call(function, tuple(arguments), node.span, node.name_span)]

    return term


def _row(branch: Branch, known: list[Branch], action: Instance) -> tuple[Node, ...]:
    """Return a branch as functions of paths take it: its parent, its chance and its times."""
    parent = 0 if branch.parent is None else known.index(branch.parent) + 1
    start = action.whole(f"branch.{branch.name}")
    chance = ONE if branch.chance is None else _name(f"{start}.chance")
    times = [_name(f"{start}.{part}") for part in _PARTS]
    return Number(float(parent), NOWHERE), chance, *times


def _rows_with_forks(known: list[Branch], action: Instance, symbols: Symbols) -> list[Node]:
    """Return the rows of an action's path, with those of calls at once apart."""
    rows: list[Node] = []
    for root in [branch for branch in known if branch.parent is None]:
        own = _Rows(symbols, root.side)
        own.values = rows
        found = [branch for branch in known if branch.side == root.side]
        own.add_branches(found, 0, ONE, action)
    return rows


def _at_once(function: str) -> Callable[[Call, Instance, Symbols], list[Node]]:
    """Return a function of all that a component calls for a request, with all that follows."""

    def term(node: Call, caller: Instance, symbols: Symbols) -> list[Node]:
        [side] = _words(node)
        rows = _Rows(symbols, side)
        rows.add(0, ONE, [ZERO] * len(_PARTS))
        rows.add_calls(1, caller)
        return [Call(function, tuple(rows.values), node.span, node.name_span)]

    return term


class _Rows:
    """The rows of a path in which calls are made at once, as functions of paths take them.

    Args:
        symbols: The symbol table.
        side: `reads` or `writes`.
    """

    def __init__(self, symbols: Symbols, side: str) -> None:
        self.symbols, self.side = symbols, side
        self.values: list[Node] = []

    def add(self, parent: int, chance: Node, times: list[Node]) -> int:
        """Add a row, and return its number."""
        self.values += [Number(float(parent), NOWHERE), chance, *times]
        return len(self.values) // _ROW

    def add_branches(
        self,
        found: list[Branch],
        parent: int,
        chance: Node,
        action: Instance | None = None,
    ) -> None:
        """Add the branches of a tree, below a row or on their own.

        Args:
            found: The branches, each after the one that it belongs to.
            parent: The number of the row that the first belongs to.
            chance: What stands as its chance.
            action: The action that has quantities for the branches, if one has.
        """
        numbers: list[int] = []
        for branch in found:
            above = parent if branch.parent is None else numbers[found.index(branch.parent)]
            met = chance if branch.parent is None else branch.chance or ONE
            counts = {c: _added_up(branch, c) for c in branch.counts}
            if action is not None:
                counts = {c: count(action, branch, c) for c in branch.counts}
                if branch.chance is not None:
                    met = _name(action.whole(f"branch.{branch.name}.chance"))
            once = [c for c, calls in counts.items() if self.symbols.forks(c) and calls.is_one]
            calls = list(_timed(self.side, counts, self.symbols, apart=once))
            parts = (_part_of_branch(f"calls_{part}", calls) for part in _CALL_PARTS)
            number = self.add(above, met, list(map(_sum, parts)))
            numbers.append(number)
            for component in once:
                at_once = self.add(number, ONE, [ZERO] * len(_PARTS))
                self.add_calls(at_once, self.symbols.by_path[component])

    def add_calls(self, number: int, caller: Instance) -> None:
        """Add what a component calls at once in the branch of a row."""
        for component in self.symbols.visited(caller.path):
            for flow in _flows(component, self.side, caller, self.symbols, strict=False):
                if flow.sender != caller.path:
                    continue
                tree = _Tree(caller, self.side, self.symbols, set())
                tree.root.counts[component] = [ONCE]
                for other in self.symbols.visited(caller.path):
                    tree.visit(other)
                above, (calls, chance) = -number, _number_and_chance(flow)
                if ONE not in (calls, chance):
                    above = -self.add(above, chance, [ZERO] * len(_PARTS))
                    chance = ONE
                self.add_branches(tree.found, above, chance if calls == ONE else calls)


def _number_and_chance(flow: _Flow) -> tuple[Node, Node]:
    """Return how many calls of a flow are made at once, and the chance that they are."""
    numbers: list[Node] = []
    chances: list[Node] = []
    for times, at_most_once, at_least_once in (
        (flow.ratio, flow.is_part, False),
        (flow.calls, False, not flow.fewer),
    ):
        if times is not None and not at_least_once:
            chances.append(times if at_most_once else _call("min", ONE, times))
        if times is not None and not at_most_once:
            numbers.append(times if at_least_once else _call("max", ONE, times))
    return _product(*numbers or [ONE]), _product(*chances or [ONE])


VISITS: dict[str, Callable[[Call, Instance, Symbols], list[Node]]] = {
    "visit_count": visit_count,
    "wait_count": visit_count,
    "branch_chance": _branch_chance,
    "branch_calls": _branch_calls,
    "branch_calls_variance": _branch_variance,
    "branch_fixed": _of_branch("calls_fixed"),
    "branch_mean": _of_branch("calls_rest"),
    "branch_sd": _of_branch("calls_sd"),
    "branch_scale": _of_branch("calls_scale"),
    "branches_quantile": _of_path("path_quantile"),
    "branches_sd": _of_path("path_sd"),
    "at_once_fixed": _at_once("path_shift"),
    **{f"at_once_{part}": _at_once(f"path_{part}") for part in ("mean", "sd", "share")},
}
"""What a kind of action may call for components and branches, to the terms of their sum."""

assert VISITS.keys() | {"visits"} == CALLS


# --- small things ---------------------------------------------------------------------------------


def _words(node: Call) -> list[str]:
    return [a.path for a in node.arguments if isinstance(a, Name)]


def _name(path: str) -> Name:
    return Name(path, NOWHERE, absolute=True)


def _call(function: str, *arguments: Node) -> Call:
    return Call(function, arguments, NOWHERE, NOWHERE)


def _product(*factors: Node) -> Node:
    rest = tuple(("*", f) for f in factors[1:])
    return Chain(factors[0], rest, NOWHERE) if rest else factors[0]


def _sum(terms: list[Node]) -> Node:
    terms = [term for term in terms if term != ZERO]
    rest = tuple(("+", term) for term in terms[1:])
    return Chain(terms[0], rest, NOWHERE) if rest else terms[0] if terms else ZERO


def _literal(calls: str) -> float | None:
    """Return the number of calls, where it is written as one."""
    try:
        return float(calls)
    except ValueError:
        pass
    try:
        tree = parse(calls)
    except FormulaError:  # reported where the calls are read
        return None
    return tree.value if isinstance(tree, Number) else None


def _is_part(sent: str, sender: str, side: str, symbols: Symbols) -> bool:
    """Return whether a flow is surely part of what its sender receives, as a cache's misses are."""
    found = symbols.quantities[sent]
    tree = found.tree
    if sender not in symbols.by_path or found.declaration.origin is not Origin.DERIVED:
        return False
    if not isinstance(tree, Chain) or tree.first[:1] != (side,):
        return False
    kind = symbols.by_path[sender].kind
    return all(op == "*" and _is_share(term, kind) for op, term in tree.rest)


def _is_share(node: Node, kind: KindTemplate) -> bool:
    if isinstance(node, Chain) and isinstance(node.first, Number) and len(node.rest) == 1:
        return (
            node.first.value == 1.0 and node.rest[0][0] == "-" and _is_share(node.rest[0][1], kind)
        )
    parameter = kind.parameters.get(node.path) if isinstance(node, Name) else None
    if parameter is None or parameter.display_unit != "share":
        return False
    return parameter.bounds.maximum is None or parameter.bounds.maximum.value == "100%"


def _has(action: Instance, side: str, symbols: Symbols) -> bool:
    """Return whether an action has reads, or writes, at all."""
    found = symbols.quantities.get(action.whole(f"{side}.average"))
    if found is None:
        return False
    tree = found.tree
    is_derived = found.declaration.origin is Origin.DERIVED
    if is_derived and isinstance(tree, Call) and tree.function == "if":
        return symbols.evaluate_condition(tree.arguments[0], action)  # none without a ratio
    return True
