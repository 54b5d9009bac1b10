"""Kinds in use to the symbol table: every quantity of a scenario, with flows wired."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import NamedTuple

from estimator.diagnostics import InputError, Label, Place, Problems, Text, did_you_mean, short
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Node
from estimator.model.block import block_of, line_of
from estimator.model.call_graph import VISITS, branches, visit_count
from estimator.model.choices import declare_choices
from estimator.model.imports import Imports
from estimator.model.instance import AT_ONCE, PARALLEL, Instance
from estimator.model.kind_formula import added, filled, filled_text, is_along_path
from estimator.model.parameters import (
    declare,
    declare_alternatives,
    declare_batches,
    declare_parameter,
    declare_pinned,
)
from estimator.model.populations import choose_one_of_several
from estimator.model.quantity import Declaration
from estimator.model.symbols import Flow, Symbols, UnknownFields, UnresolvedQuantity
from estimator.model.template import (
    BlockFormula,
    FormulaSlot,
    Line,
    Lines,
    ParameterSlot,
    Part,
    SendSlot,
    is_repeated,
)
from estimator.model.wiring import mark_encoded

AGE = "storage.age"
"""How long a scenario's data has been gathering."""
MOST = 100_000
"""How many quantities a scenario may have."""


class _Waiting(NamedTuple):
    """What is declared where a condition holds, which asks for quantities that may come later.

    Attributes:
        instance: Whose condition it is.
        condition: The condition.
        declare: Declares it.
    """

    instance: Instance
    condition: Node
    declare: Callable[[], None]


def declared(
    instances: list[Instance], problems: Problems, broken: set[str], imports: Imports
) -> Symbols:
    """Return the symbol table of a scenario, with every quantity of every instance.

    Args:
        instances: Where the scenario uses kinds.
        problems: Where errors and warnings go.
        broken: The names of what went wrong before.
        imports: The quantities and flows of other scenarios.

    Raises:
        InputError: There are more quantities than a scenario may have.
    """
    mark_encoded(instances)
    symbols = Symbols(instances, problems, broken, imports)
    waiting: list[_Waiting] = []
    _find_forks(symbols)
    received = {f for i in instances for flows in i.flows.values() for f in flows}
    _declare_foreign(symbols, imports, received)
    received |= imports.uses.received
    for instance in instances:
        if len(symbols.quantities) > MOST:
            symbols.problems.add(
                "E004",
                f"this scenario has more than {MOST:,} quantities",
                instance.place,
                help="a kind of its own can stand for many that are alike",
            )
            raise InputError(symbols.problems.found)
        choose_one_of_several(symbols, instance)
        declare_alternatives(symbols, instance)
        declare_choices(symbols, instance)
        _declare_block(symbols, instance, waiting)
        for send in instance.kind.sends.values():
            _declare_send(symbols, instance, send, received)
    for instance in instances:
        if instance.kind.for_each_component or instance.kind.for_each_branch:
            _declare_path(symbols, instance, waiting)
    _declare_waiting(symbols, waiting)
    declare_batches(symbols)
    return symbols


# --- formulas -------------------------------------------------------------------------------------


def _declare_block(symbols: Symbols, instance: Instance, waiting: list[_Waiting]) -> None:
    """Declare what a kind has parameters and formulas for."""
    block = symbols.blocks[instance.path] = block_of(instance, symbols.choices)
    for part in block.parts:
        if isinstance(part, Lines):
            symbols.add_lines(instance, part.lines)
        elif isinstance(part, Line):
            declare(symbols, instance, part)
        elif isinstance(part, ParameterSlot):
            declare_parameter(symbols, instance, part)
        else:
            _declare_part(symbols, instance, part, waiting)


def _declare_part(
    symbols: Symbols, instance: Instance, part: Part, waiting: list[_Waiting]
) -> None:
    """Declare what is pinned, or asks for other quantities."""
    slot, line, when, condition = part
    if when is not None and not symbols.evaluate_condition(when, instance):
        return
    if line is None:
        declare_pinned(symbols, instance, slot.name, slot.pinned)
    elif condition is None:
        declare(symbols, instance, line)
    else:
        later = partial(declare, symbols, instance, line)
        waiting.append(_Waiting(instance, condition, later))


def _declare_waiting(symbols: Symbols, waiting: list[_Waiting]) -> None:
    """Declare what waits, as long as one of them is what another asks for."""
    before = -1
    while before != len(symbols.quantities):
        before = len(symbols.quantities)
        left: list[_Waiting] = []
        held: dict[tuple[str, int], bool] = {}
        for one in waiting:
            key = (one.instance.path, id(one.condition))
            if key not in held:
                held[key] = symbols.evaluate_condition(one.condition, one.instance)
            if held[key]:
                one.declare()
            else:
                left.append(one)
        waiting = left


# --- paths ----------------------------------------------------------------------------------------


def _find_forks(symbols: Symbols) -> None:
    """Let components know what they call at once, and actions who does so on their path."""
    for instance in symbols.instances:
        sends = (send for send in instance.kind.sends.values() if send.is_asynchronous)
        symbols.asynchronous.update(instance.whole(send.name) for send in sends)
    for path in symbols.components:
        caller = symbols.by_path[path]
        slot = caller.kind.parameters.get("calls")
        default = slot.default.text if slot is not None and slot.default is not None else None
        said = caller.given.get("calls", default)
        if slot is None or said is None or said.value != PARALLEL:
            continue
        called = [c for c in symbols.components if symbols.calls_of(path, c)]
        if called:
            caller.stores[AT_ONCE] = called
        elif "calls" in caller.given:
            message = f"`{caller.whole('calls')}` is given, but changes nothing here"
            help_ = f"nothing that `{path}` waits for receives what it sends"
            symbols.problems.add("W104", message, caller.keys.get("calls"), help=help_)
    for path in symbols.actions:
        forks = [c for c in symbols.path(path) if symbols.forks(c)]
        if forks:
            symbols.by_path[path].stores[AT_ONCE] = forks


def _declare_path(symbols: Symbols, action: Instance, waiting: list[_Waiting]) -> None:
    """Declare what an action does at each component that it waits for, in order, and by branch."""
    visited = list(symbols.visited(action.path))
    by_component = _slots(symbols, action, action.kind.for_each_component)
    by_branch = _slots(symbols, action, action.kind.for_each_branch)
    for component in visited:
        for slot in by_component:
            _declare_filled(symbols, action, slot, {"<component>": component}, waiting)
    symbols.branches[action.path] = []
    if action.kind.for_each_branch:
        found = symbols.branches[action.path] = branches(action, visited, symbols)
        for branch in found:
            for slot in by_branch:
                for component in branch.counts if "<component>" in slot.name else [""]:
                    words = {"<branch>": branch.name, "<component>": component}
                    _declare_filled(symbols, action, slot, words, waiting)
    _report_unknown_visits(symbols, action)


def _slots(symbols: Symbols, action: Instance, slots: Iterable[FormulaSlot]) -> list[FormulaSlot]:
    """Return the repeated formulas that an action has by what is given of it."""
    holds = symbols.evaluate_condition
    conditions = [(slot, slot.condition) for slot in slots]
    return [s for s, c in conditions if c is None or not c.is_static or holds(c.tree, action)]


def _declare_filled(
    symbols: Symbols,
    action: Instance,
    slot: FormulaSlot,
    words: dict[str, str],
    waiting: list[_Waiting],
) -> None:
    """Declare a repeated formula for a component or a branch."""
    case = slot.cases[0]
    tree, linked = case.formula.tree, None
    if isinstance(tree, Call) and is_along_path(tree):
        terms = _terms(symbols, action, tree, words)
        if not terms:
            return  # such as the reads of what only writes
        linked = LinkedFormula.alike(added(terms, tree))
    name = filled_text(slot.name, words)
    if name in action.given:
        declare_pinned(symbols, action, name, slot.pinned)
        return
    text = case.declaration.text
    text = Text(filled_text(text.value, words), text.place)
    said = tuple.__new__(Declaration, (text, *case.declaration[1:]))  # see `UnresolvedQuantity`
    condition = slot.condition
    found = UnresolvedQuantity(
        name=action.whole(name),
        declaration=said,
        written=None,
        place=action.place,
        instance=action,
        formula=BlockFormula(case.formula, slot.statistic),
        linked=linked,
        words=words,
    )
    if condition is None or condition.is_static:
        symbols.add(found)
    else:
        later = partial(symbols.add, found)
        waiting.append(_Waiting(action, filled(condition.tree, words), later))


def _terms(symbols: Symbols, action: Instance, call: Call, words: dict[str, str]) -> list[Node]:
    """Return what a kind calls for a component or a branch, as terms of a sum."""
    parts = tuple([filled(part, words) for part in call.arguments])
    call = Call(call.function, parts, call.span, call.name_span)
    if call.function in ("visit_count", "wait_count"):
        return visit_count(call, action, symbols, strict=True)
    return VISITS[call.function](call, action, symbols)


def _report_unknown_visits(symbols: Symbols, action: Instance) -> None:
    """Report what is given of calls that are not waited for."""
    for name, text in action.given.items():
        if action.whole(name) not in symbols.quantities and is_repeated(action.kind, name):
            known = [n for n in symbols.below(f"{action.path}.") if ".visits." in n]
            symbols.problems.add(
                "E007",
                f"`{short(action.whole(name))}` does not exist: no such call is waited for",
                action.keys.get(name, text.place),
                help=did_you_mean(action.whole(name), known),
            )


# --- flows ----------------------------------------------------------------------------------------


def _declare_send(symbols: Symbols, instance: Instance, send: SendSlot, received: set[str]) -> None:
    """Declare what a flow carries."""
    flow = Flow(instance.whole(send.name), {})
    if send.when_received and flow.name not in received:
        symbols.flows[flow.name] = flow
        return
    for field, repeats, slot, needs in send.fields:
        if needs and needs not in instance.stores:
            continue  # a record takes what the item does
        whole = instance.whole(repeats) if repeats else ""
        own = instance.whole(slot.name)
        if slot.name in instance.given:
            declare_pinned(symbols, instance, slot.name, slot.pinned)
        elif whole in symbols.quantities:
            own = whole  # it only repeats a quantity, and needs no name of its own
        else:
            (case,) = slot.cases
            line = line_of(slot.name, case.declaration, case.formula, slot.statistic)
            declare(symbols, instance, line)
        flow.fields[field] = own
    symbols.flows[flow.name] = flow


def _declare_foreign(symbols: Symbols, imports: Imports, received: set[str]) -> None:
    """Declare what other scenarios send, with the quantities of what is received of it."""
    for name, fields in imports.flows():
        symbols.foreign.add(name)
        known = fields if name in received else {}
        brought = {field: symbols.bring(whole) or whole for field, whole in known.items()}
        symbols.flows[name] = Flow(name, brought)
        sender = name.partition(".")[0]
        if imports.comes_back(name, known.values()):
            _report_coming_back(symbols, imports, name)
            symbols.flows[name] = Flow(name, UnknownFields(name))
            symbols.broken.add(sender)
        if name in received and sender not in symbols.senders:
            symbols.senders.append(sender)
    for name in received - symbols.flows.keys():
        if imports.comes_from_wrong(name):
            symbols.flows[name] = Flow(name, UnknownFields(name))
            symbols.foreign.add(name)
            if (sender := name.partition(".")[0]) not in symbols.senders:
                symbols.senders.append(sender)


def _report_coming_back(symbols: Symbols, imports: Imports, flow: str) -> None:
    """Report a flow that follows from the scenario that carries it (E018)."""
    used = imports.used_by_name(flow)
    assert used is not None
    assert used.model is not None
    owner = flow.split(".")[1]
    left_out = used.model.left_out.items()
    said = [
        t for n, t in left_out if n.partition(".")[0] == owner and t.place.source.name == used.file
    ]
    for instance in symbols.instances:
        text = instance.flows.get("receives", {}).get(flow)
        if text is None:
            continue
        place = _word_near(instance.keys.get("receives", text.place), text, flow)
        own = place.source.name
        symbols.problems.add(
            "E018",
            f"`{flow}` follows from what carries it: {own} → {used.file} → {own}",
            place,
            labels=[Label(t.place, "this makes it follow from results") for t in said[:3]],
            help="a load may follow from no result of the scenario that carries it",
        )
        return


def check_flows(symbols: Symbols) -> None:
    """Report flows that are received and that nobody sends (E021)."""
    sent = {n: None for n in symbols.flows if n}
    actions = dict.fromkeys(symbols.actions)
    for instance in symbols.instances:
        for name, flows in instance.flows.items():
            only_actions = instance.kind.parameters[name].flows not in ("", "all")
            known = actions if only_actions else sent
            for flow, text in flows.items():
                if flow not in known and not symbols.comes_from_broken(flow):
                    _report_flow(symbols, instance, name, flow, list(known), text)


def _report_flow(
    symbols: Symbols, instance: Instance, name: str, flow: str, known: list[str], text: Text
) -> None:
    place = _word_near(instance.keys.get(name, text.place), text, flow)
    if name in ("per", "for"):
        message = f"there is no action `{flow}`"
        if flow in symbols.components:
            message = f"`{flow}` is a component, not an action"
    elif flow in symbols.components:
        message = f"`{flow}` sends nothing on that could be received"
    else:
        message = f"nobody sends `{flow}`"
    bare = re.sub(r"^(actions|components)\.", "", flow)
    help_ = _as_calls(name, flow, known) or did_you_mean(bare, known)
    if bare != flow and bare in known:
        help_ = f"write `{bare}`"
    elif flow.partition(".")[0] in symbols.removed:
        left = ", ".join(other for other in instance.flows[name] if other in known)
        written = f"{instance.path}: {{{name}: [{left}]}}"
        help_ = f"the variant removes it; add to it what is left: `{written}`"
    elif help_ is None and known:
        what = "the actions are " if name in ("per", "for") else "what is sent: "
        help_ = what + ", ".join(known[:12])
    symbols.problems.add("E021", message, place, help=help_)


def _as_calls(parameter: str, flow: str, known: Collection[str]) -> str | None:
    """Return how `post * 2` and `2 post` are written: as a name with its calls."""
    found = re.fullmatch(
        r"([A-Za-z_][\w.]*) *[*x] *([\d.]+)|([\d.]+) *+[*x]? *+([A-Za-z_][\w.]*)", flow
    )
    if found is None:
        return None
    name, calls = found[1] or found[4], found[2] or found[3]
    return f"write `{parameter}: {{{name}: {calls}}}`" if name in known else None


def _word_near(place: Place | None, text: Text, flow: str) -> Place:
    """Return the place of a flow's name: the item of a list, or the key before the calls."""
    source = text.place.source.text
    if source[text.place.start : text.place.end] == flow:
        return text.place
    start = source.rfind(flow, 0, text.place.start)
    if place is None or start < 0:
        return text.place
    return Place(text.place.source, start, start + len(flow))
