"""The parameters of a kind in use: given, or left to defaults, catalogues and choices."""

from __future__ import annotations

import re
from collections.abc import Mapping

from estimator.catalog import Catalog, Entry, catalog
from estimator.diagnostics import Text, did_you_mean, short
from estimator.formula.dimensions import infer, read_billions
from estimator.formula.emit import computed
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call, Chain, Compare, Literal, Name, Node, Number, Range, Unknown
from estimator.model.block import line_of
from estimator.model.choices import report_lacking
from estimator.model.instance import Instance
from estimator.model.quantity import Bounds, Choice, Declaration, MachineParameter, Origin
from estimator.model.symbols import Symbols, UnresolvedQuantity
from estimator.model.template import ZERO, Line, ParameterSlot
from estimator.model.templates import entries_and_parts, entry_fields, field_slots, kind_meant
from estimator.units import DATA, PLAIN, TIME, Calendar, Dimension

_ONE = Text.of("bounds", "1")
_MOST_SHOWN = 8  # fields of an entry
_DEEPEST = 20  # formulas of one's own that each use the next
_SHORT = 20  # characters of a field that is shown


def declare_alternatives(symbols: Symbols, instance: Instance) -> None:
    """Report where not one of a kind's alternatives is given, or several (E019)."""
    names = instance.kind.one_of
    shown = ", ".join(f"`{n}`" for n in names)
    if names and not any(instance.is_given(n) for n in names):
        if instance.path in symbols.broken:
            return
        symbols.broken.add(instance.path)
        symbols.problems.add(
            "E019",
            f"`{instance.path}` does not say how often it happens",
            instance.place,
            help=f"give one of {shown}",
        )
    pairs = [(n, slot.excludes) for n, slot in instance.kind.parameters.items() if slot.excludes]
    for group in (names, *pairs):
        given = [n for n in group if instance.is_given(n)]
        if len(given) > 1:
            shown = ", ".join(f"`{n}`" for n in group)
            message = f"`{instance.path}` takes one of {shown}, not " + " and ".join(
                f"`{name}`" for name in given
            )
            symbols.problems.add("E019", message, instance.keys[given[-1]], help="keep one of them")


def declare_parameter(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    """Declare the value of an instance's parameter."""
    name, condition = slot.name, slot.condition
    if slot.flows:
        _declare_calls(symbols, instance, slot)
        return
    if name in instance.given:
        if slot.catalog:
            _declare_entry(symbols, instance, slot)
        else:
            declare_given(symbols, instance, name, slot)
        return
    has_default = condition is None or symbols.evaluate_condition(condition.tree, instance)
    if slot.catalog:
        if has_default:
            _declare_entry(symbols, instance, slot)
    elif slot.default is not None and has_default:
        _declare_default(symbols, instance, slot)
    elif slot.is_required:
        report_lacking(symbols, instance, slot)


def _declare_default(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    said, formula = slot.default, slot.formula
    assert said is not None
    assert formula is not None
    if not slot.share_of or formula.is_wrong or not isinstance(formula.tree, Number):
        declare(symbols, instance, line_of(slot.name, said, formula))
        return
    tree = _share(symbols, instance, slot, said.text, formula.tree)
    if said.band is not None and tree is not formula.tree:
        of = instance.whole(slot.share_of)
        said = said._replace(band=said.band._replace(share_of=of))
    name = instance.whole(slot.name)
    symbols.add(UnresolvedQuantity(name, said, tree, instance.place, instance))


def declare_given(symbols: Symbols, instance: Instance, name: str, slot: ParameterSlot) -> None:
    """Declare what the scenario gives for a parameter, or for a field of an entry.

    Args:
        symbols: The symbol table.
        instance: Whose parameter it is.
        name: Its local name.
        slot: The parameter, or the field.
    """
    text = instance.given[name]
    tree = symbols.parsed(text, instance.whole(name))
    if slot.share_of and not slot.is_amount:
        tree = _share(symbols, instance, slot, text, tree)
    said = Declaration(
        text,
        Origin.GIVEN,
        slot.expected_dimension,
        slot.display_unit,
        slot.about,
        bounds=slot.bounds,
        provenance=instance.provenance.get(name),
        is_decision=slot.is_decision,
    )
    symbols.add(UnresolvedQuantity(instance.whole(name), said, tree, text.place, instance))


def _share(
    symbols: Symbols, instance: Instance, slot: ParameterSlot, text: Text, tree: Node
) -> Node:
    """Return `40%` of a parameter that takes a count or a share as 40% of the line above.

    A formula that is no literal is a share if it is 1 or less.
    """
    of = slot.share_of
    name = slot.name
    if instance.whole(name) in symbols.broken or isinstance(tree, Unknown):
        return tree
    tree = read_billions(tree)
    other = Name(instance.whole(of), tree.span, absolute=True)
    times = Chain(tree, (("*", other),), tree.span)
    alone = not instance.given.keys() - {name}  # then there is no line above
    ends = [tree.low, tree.high] if isinstance(tree, Range) else [tree]
    values = [end.value for end in ends if isinstance(end, Number)]
    if len(values) < len(ends):
        one = Number(1.0, tree.span)
        share = Compare("<=", tree, one, tree.span)
        return tree if alone else Call("if", (share, times, tree), tree.span, tree.span)
    if "%" not in text.value and max(values) > 1:
        return tree
    if max(values) > 1:
        symbols.problems.add("E024", f"a share of `{other.path}` above 100%", text.place)
    if alone and instance.is_given(name):
        symbols.problems.add(
            "E019",
            f"`{instance.whole(name)}` is a share of `{other.path}`, which is not given",
            text.place,
            help=f"give `{other.path if of == 'self' else of}`, or a count instead of a share",
        )
        return tree
    return times


def declare_parts(symbols: Symbols) -> None:
    """Declare plain numbers, where an amount is taken, as so many, or such a share, of another.

    Everything else has to be declared: whether `initial: backlog` is bytes or items depends on
    what the backlog is.
    """
    for instance in symbols.instances:
        for name, slot in instance.kind.parameters.items():
            if name in instance.given and instance.whole(name) not in symbols.broken:
                if slot.count_of:
                    _declare_count(symbols, instance, slot)
                elif slot.takes_parts:
                    _declare_share(symbols, instance, slot)


def _declare_count(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    text, whole = instance.given[slot.name], instance.whole(slot.name)
    tree = symbols.quantities[whole].tree
    if read_billions(tree) == tree:
        _declare_part(symbols, instance, slot, slot.count_of)
        return
    amount = text.value.strip()[:-1].strip()
    symbols.problems.add(
        "E017",
        f"`{short(text.value)}` could be an amount or a number of items",
        text.place,
        help=f"write `{amount} bytes` or `{amount} billion`",
    )
    symbols.broken.add(whole)


def _declare_share(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    """Declare `15%` or `1:8` of an amount; a number of one or more rather lacks its unit."""
    text = instance.given[slot.name]
    tree = symbols.quantities[instance.whole(slot.name)].tree
    ends = [tree.low, tree.high] if isinstance(tree, Range) else [tree]
    is_share = "%" in text.value or all(isinstance(e, Number) and e.value < 1 for e in ends)
    if not is_share and not isinstance(tree, Name):
        return
    of = slot.share_of
    if _dimension_of(symbols, tree) != PLAIN:
        return
    base = symbols.quantities[instance.whole(of)].tree
    if (
        not instance.is_given(of)
        and ends[0] != Number(0.0, ends[0].span)
        and _is_nothing(instance, base)
    ):
        whole = instance.whole(slot.name)
        symbols.problems.add(
            "E019",
            f"`{whole}` is a share of `{instance.whole(of)}`, which is not given",
            text.place,
            help=f"give `{of}`, or an amount instead of a share",
        )
        symbols.broken.add(whole)
        return
    _declare_part(symbols, instance, slot, of)


def _is_nothing(instance: Instance, tree: Node) -> bool:
    """Return whether a default comes to zero by what is given, so that no share of it is meant."""
    match tree:
        case Call(function="if", arguments=(condition, yes, no)):
            try:
                holds = instance.holds(condition, lambda _: False)
            except FormulaError:  # a condition of values, which are not known yet
                return False
            return _is_nothing(instance, yes if holds else no)
        case Literal():
            return tree.number.value == 0
    return False


def _declare_part(symbols: Symbols, instance: Instance, slot: ParameterSlot, of: str) -> None:
    """Multiply what is given by what it is a part of, if it is a plain number."""
    whole = instance.whole(slot.name)
    quantity = symbols.quantities[whole]
    if _dimension_of(symbols, quantity.tree) == PLAIN:
        tree = symbols.parsed(instance.given[slot.name], whole)
        name = Name(instance.whole(of), tree.span, absolute=True)
        symbols.replace(quantity._replace(written=Chain(tree, (("*", name),), tree.span)))


def _dimension_of(symbols: Symbols, tree: Node, depth: int = 0) -> Dimension | None:
    """Return the dimension of a formula before all is checked; None for one that has none."""

    def dimension(name: Name) -> Dimension:
        found = symbols.quantities.get(name.path)
        if found is None or depth > _DEEPEST:
            return PLAIN
        said = found.declaration.expected_dimension
        return said or _dimension_of(symbols, found.tree, depth + 1) or PLAIN

    try:
        return infer(tree, dimension)
    except FormulaError:  # reported where formulas are checked
        return None


# --- calls ----------------------------------------------------------------------------------------


def _declare_calls(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    """Declare the number of calls for each event of each flow that is received."""
    if slot.flows == "names":
        return
    batches = instance.batches.get(slot.name, {})
    for flow, text in instance.flows.get(slot.name, {}).items():
        about = f"Calls for each event of {flow}."
        name = f"{slot.name}.{flow}"
        if flow in batches:
            about = f"Calls for each event of {flow}, were there no batches."
            name = f"{name}.calls"
        said = Declaration(text, Origin.GIVEN, PLAIN, about=about, bounds=Bounds(minimum=ZERO))
        _declare_written(symbols, instance, name, said)


def _declare_written(symbols: Symbols, instance: Instance, name: str, said: Declaration) -> None:
    whole = instance.whole(name)
    tree = symbols.parsed(said.text, whole)
    symbols.add(UnresolvedQuantity(whole, said, tree, said.text.place, instance))


def declare_pinned(symbols: Symbols, instance: Instance, name: str, pinned: Declaration) -> None:
    """Declare a value that the scenario gives in the place of a formula of a kind.

    Args:
        symbols: The symbol table.
        instance: Whose value it is.
        name: Its local name.
        pinned: What the kind says of it.
    """
    text, provenance = instance.given[name], instance.provenance.get(name)
    _declare_written(symbols, instance, name, pinned._replace(text=text, provenance=provenance))


def declare_batches(symbols: Symbols) -> None:
    """Declare the calls for each event of flows that are received in batches.

    A batch is of so many events, of so many bytes, or of what comes in so much time; a call
    carries no less than one event.
    """
    for instance in symbols.instances:
        for name, batches in instance.batches.items():
            for flow, text in batches.items():
                _declare_batch(symbols, instance, f"{name}.{flow}", flow, text)


def _counted_by(symbols: Symbols, text: Text) -> Dimension:
    """Return what a batch counts: events, unless its formula is of bytes or seconds."""

    def dimension(name: Name) -> Dimension:
        for other in symbols.instances:
            slot = other.kind.parameters.get(name.path.removeprefix(f"{other.path}."))
            if (
                name.path.startswith(f"{other.path}.")
                and slot
                and slot.expected_dimension is not None
            ):
                return slot.expected_dimension
        return PLAIN

    try:
        found = infer(parse(text.value), dimension)
    except FormulaError:
        return PLAIN
    return found if found in (DATA, TIME) else PLAIN


def _declare_batch(symbols: Symbols, instance: Instance, name: str, flow: str, text: Text) -> None:
    expected_dimension = _counted_by(symbols, text)
    about = f"The events of {flow} in a call, their bytes, or the time between two calls."
    bounds = Bounds(above=ZERO) if expected_dimension != PLAIN else Bounds(minimum=_ONE)
    said = Declaration(text, Origin.GIVEN, expected_dimension, about=about, bounds=bounds)
    _declare_written(symbols, instance, f"{name}.batch", said)
    batch, calls = instance.whole(f"{name}.batch"), instance.whole(f"{name}.calls")
    carried = symbols.flows[flow].fields if flow in symbols.flows else {}
    rate = _sum_of(carried, ("reads.average", "writes.average"))
    size = _sum_of(carried, ("ingress.average", "egress.average"))
    formula = f"{calls} * min(1, 1 / {batch})"
    if expected_dimension == TIME:
        formula = f"{calls} * if({rate} > 0/s, min(1, 1 / (max({rate}, 1e-30/s) * {batch})), 1)"
    elif expected_dimension == DATA:
        formula = f"{calls} * if({rate} > 0/s, min(1, {size} / max({rate}, 1e-30/s) / {batch}), 1)"
    written, whole = Text(formula, text.place), instance.whole(name)
    declaration = Declaration(
        written,
        Origin.DERIVED,
        PLAIN,
        about=f"Calls for each event of {flow}, in batches.",
        source="By definition; a batch divides calls and keeps bytes.",
    )
    tree = symbols.parsed(written, whole)
    symbols.add(UnresolvedQuantity(whole, declaration, tree, text.place))


def _sum_of(carried: Mapping[str, str], fields: tuple[str, ...]) -> str:
    """Return the formula for the sum of what a flow carries of some fields."""
    names = [carried[field] for field in fields if field in carried]
    return f"({' + '.join(names)})" if names else "0/s" if "reads.average" in fields else "0 B/s"


# --- catalogues -----------------------------------------------------------------------------------


def _declare_entry(symbols: Symbols, instance: Instance, slot: ParameterSlot) -> None:
    """Declare the fields of a catalogue's entry, each of which may be given by itself."""
    name, entries = slot.name, catalog(slot.catalog)
    chosen, origin = instance.given.get(name), Origin.GIVEN
    if chosen is None:
        assert slot.default is not None
        chosen, origin = slot.default.text, Origin.DEFAULT
    entry = entry_of(symbols, slot, chosen)
    whole = instance.whole(name)
    if instance.path in symbols.components and name == "node":
        symbols.machines.append(
            MachineParameter(
                whole, instance.path, slot.catalog, chosen, is_open(chosen), scope_of(chosen)
            )
        )
    if entry is None:
        default = entries.get(slot.default.text.value) if slot.default else None
        entry = default or entries.candidates("*")[0]
    shapes = field_slots(slot.catalog)
    given = frozenset(f for f in shapes if f"{name}.{f}" in instance.given)
    _declare_fields(symbols, instance, slot, entry)
    if not is_open(chosen) and "price" not in given:
        _warn_of_shape(symbols, instance, name, shapes, entry, given)
    taken = [
        f"{field} {text.value}"
        for field, text in entry.fields.items()
        if field not in given and len(text.value) < _SHORT
    ]
    shown = ", ".join(taken) if len(taken) <= _MOST_SHOWN else ""  # else its source says more
    symbols.choices[whole] = Choice(whole, entry.name, origin, slot.about, entry.source, shown)


def _declare_fields(
    symbols: Symbols, instance: Instance, slot: ParameterSlot, entry: Entry
) -> None:
    """Declare the fields of an entry, but for those that are given instead."""
    known = entry_fields(slot.catalog, entry.name, slot.name)
    for field, shape in field_slots(slot.catalog).items():
        name = f"{slot.name}.{field}"
        if name in instance.given:
            declare_given(symbols, instance, name, shape)
        elif field in known:
            declare(symbols, instance, known[field])


def declare(symbols: Symbols, instance: Instance, line: Line) -> None:
    """Declare a quantity by a formula of the library; what is wrong with that is reported.

    Args:
        symbols: The symbol table.
        instance: Whose quantity it is.
        line: The quantity.
    """
    name, said, formula = line
    whole = instance.whole(name)
    tree = symbols.parsed(said.text, whole) if formula.template.is_parsed else None
    linked = formula.linked
    symbols.add(UnresolvedQuantity(whole, said, tree, instance.place, instance, formula, linked))


def _warn_of_shape(
    symbols: Symbols,
    instance: Instance,
    name: str,
    shapes: Mapping[str, ParameterSlot],
    entry: Entry,
    given: frozenset[str],
) -> None:
    """Warn where a machine is given a shape that it is not sold in, so that its price stays."""
    if entry.cloud == "generic":
        return  # nobody sells it, and the price follows
    other: dict[str, str] = {}
    for part, slot in shapes.items():
        if slot.priced is None or part not in given:
            continue
        default = slot.default.text if slot.default else None
        sold, said = entry.fields.get(part) or default, instance.given[f"{name}.{part}"]
        if sold is not None and not _is_same(said, sold, slot.priced):
            other[part] = "none" if part not in entry.fields else sold.value
    if not other:
        return
    first = f"{name}.{next(iter(other))}"
    named = ", ".join(f"`{name}.{p}: {instance.given[f'{name}.{p}'].value}`" for p in other)
    sold_with = ", ".join(f"{p} {figure}" for p, figure in other.items())
    symbols.problems.add(
        "W115",
        f"{entry.name} is not sold with {named} (it has {sold_with}), and its price stays",
        instance.keys.get(first, instance.given[first].place),
        help="leave `disk` out, so that data is kept on volumes, or name a machine with disks"
        if list(other) == ["disk"]
        else f"name a machine that has this, or give its price, too: `{name}.price`",
    )


def _is_same(a: Text, b: Text, slack: float) -> bool:
    """Return whether a value is what is sold, or at most so many times as much."""
    try:
        first, second = (float(computed(parse(t.value), Calendar())) for t in (a, b))
    except (FormulaError, ArithmeticError, ValueError, NameError):
        return False
    least = second if slack == 1 else 0.0
    return least * 0.99 <= first <= second * slack * 1.01


def entry_of(symbols: Symbols, slot: ParameterSlot, chosen: Text) -> Entry | None:
    """Return the catalogue's entry of a name, or None with the error reported (E022)."""
    entries = catalog(slot.catalog)
    if is_open(chosen) and entries.is_priced:
        return _first_candidate(symbols, entries, chosen)
    found = entries.get(chosen.value)
    if found is None:
        symbols.problems.add(
            "E022",
            f"the catalog of {slot.catalog} has no `{chosen.value}`",
            chosen.place,
            help="write `cheapest`, or `cheapest of` and a cloud or a family"
            if chosen.value.startswith("cheap") and entries.is_priced
            else _entry_meant(slot, chosen.value, entries) or entries_and_parts(slot),
        )
    return found


def _entry_meant(slot: ParameterSlot, word: str, entries: Catalog) -> str | None:
    """Return what to write for a word that no entry goes by: `8 cores`, or an older generation."""
    cores = re.fullmatch(r"(\d+) *(?:v?cpus?|cores?)?", word.lower())
    if cores is not None and "cores" in entries.fields:
        return f"write `{slot.name}.cores: {cores[1]}`"
    families = [f for f in entries.scopes() if word and f.startswith(word.lower())]
    if families and entries.is_priced:
        return f"write a size of a family, or `cheapest of {'`, `cheapest of '.join(families[:3])}`"
    names = entries.names()
    _, dot, size = word.partition(".")
    newer = [n for n in names if dot and n[0] == word[0] and n.partition(".")[2] == size]
    meant = did_you_mean(word, names) or kind_meant(slot, word)
    return meant or (f"did you mean `{newer[0]}`?" if newer else None)


def _first_candidate(symbols: Symbols, entries: Catalog, chosen: Text) -> Entry | None:
    """Return an entry in the place of the one to be chosen, or None with the error reported."""
    scope = scope_of(chosen)
    candidates = entries.candidates(scope)
    if candidates:
        return candidates[0]
    known = entries.scopes()
    symbols.problems.add(
        "E022",
        f"the catalog has no cloud or family `{short(scope)}` to choose from",
        chosen.place,
        help=did_you_mean(scope, known) or "there are " + ", ".join(known),
    )
    return None


_CHEAPEST = re.compile(r"cheapest(?: of (.*))?")


def is_open(text: Text) -> bool:
    """Return whether an entry is to be chosen, instead of named."""
    return _CHEAPEST.fullmatch(" ".join(text.value.split())) is not None


def scope_of(text: Text) -> str:
    """Return what `cheapest of aws` chooses from; nothing for all."""
    found = _CHEAPEST.fullmatch(" ".join(text.value.split()))
    return (found.group(1) or "").strip() if found else ""
