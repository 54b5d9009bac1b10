"""A kind compiled once: a template of formulas with slots for the names of each use.

What a kind says is read from its file in many small parts, parsed, and looked at for what it asks
of a scenario. None of that depends on a scenario, so it is done once for each kind, and using a
kind is linking: putting whole names into the slots.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple, TypeAlias

from estimator.diagnostics import Place, Text
from estimator.formula.fault import FormulaError
from estimator.formula.functions import EMPTY
from estimator.formula.parse import parse
from estimator.formula.shared import SharedFormula
from estimator.formula.tree import (
    Call,
    Chain,
    Convert,
    Name,
    Node,
    Number,
    Span,
    children,
    rebuilt,
    walk,
)
from estimator.library import AVERAGE_AND_PEAK, Check, Formula, KindFile, Parameter, Send
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import Resource, dotted, is_stock
from estimator.model.quantity import Bounds, Declaration, Origin
from estimator.units import Dimension

ZERO = Text.of("bounds", "0")
_WHOLE = Text.of("bounds", "100%")
_FIELD_DIMENSION = {
    "events": "rate",
    "reads": "rate",
    "writes": "rate",
    "ingress": "data/time",
    "egress": "data/time",
    "stored_per_day": "data",
    "stored_retained": "data",
}
_FIELD_DIMENSION |= {
    f"record_{part}": _FIELD_DIMENSION[part]
    for part in ("ingress", "egress", "stored_per_day", "stored_retained")
}
CALLS = frozenset(
    (
        "visits",
        "visit_count",
        "branch_chance",
        "branch_calls",
        "branch_calls_variance",
        "branch_fixed",
        "branch_mean",
        "branch_sd",
        "branch_scale",
        "branches_quantile",
        "branches_sd",
    )
)
"""What a kind may call for the flows that reach it, and for the paths of actions."""


class Condition(NamedTuple):
    """A condition of `given(...)` and `any(...)`.

    Attributes:
        tree: The condition.
        is_static: Does it ask only what is given, and nothing of other quantities?
    """

    tree: Node
    is_static: bool


class Hole(NamedTuple):
    """A part of a formula in whose place each use of a kind has as many terms as it needs.

    Attributes:
        node: A call of `visits`, or the name of a pattern among the arguments of a function.
        parameter: For `visits`, the parameter that maps flows; for a pattern nothing.
        path: For `visits`, what is wanted of the flows; else the pattern.
    """

    node: Node
    parameter: str
    path: str


Shape: TypeAlias = tuple[tuple[bool, ...], ...]
"""For each hole a term for each name: is it multiplied by the calls for each event?"""


class Variant:
    """A formula of a kind with its conditions answered.

    Attributes:
        shared: The formula, whose names are local, and whose holes are open.
        holes: Its holes.
        names: The local names in it, beside its holes.
        is_linked: Can it be linked by putting names into its slots? Else its tree is resolved for
            each use: it asks for paths, or converts into a unit that may be a noun.
    """

    __slots__ = ("_expanded", "holes", "is_linked", "names", "shared")

    def __init__(self, tree: Node) -> None:
        self.shared = SharedFormula(tree)
        self.holes = tuple(_holes(tree))
        self.is_linked = not any(
            isinstance(n, Convert)
            or (isinstance(n, Call) and n.function in CALLS and n.function != "visits")
            for n in walk(tree)
        )
        inside = {a for hole in self.holes for a in (hole.parameter, hole.path)}
        self.names = tuple(name for name in self.shared.names if name not in inside)
        self._expanded: dict[Shape, SharedFormula] = {}

    def expanded(self, shape: Shape) -> SharedFormula:
        """Return the formula with so many terms in its holes, whose names are `#1`, `#2` ...

        A formula is expanded, checked and compiled once for all uses that are wired alike.
        """
        found = self._expanded.get(shape)
        if found is None:
            if len(self._expanded) >= _MOST_SHAPES:
                self._expanded.clear()
            terms: dict[int, list[Node]] = {}
            numbers = count(1)
            for hole, times in zip(self.holes, shape, strict=True):
                span = hole.node.span
                terms[id(hole.node)] = [_term(numbers, span, has_calls) for has_calls in times]
            tree = _expanded(self.shared.tree, terms)
            found = self._expanded[shape] = SharedFormula(tree)
        return found


_MOST_SHAPES = 1_000


def _holes(tree: Node) -> Iterator[Hole]:
    """Yield the holes of a tree, in order."""
    if isinstance(tree, Call) and tree.function == "visits":
        parameter, wanted = tree.arguments
        assert isinstance(parameter, Name)
        assert isinstance(wanted, Name)
        yield Hole(tree, parameter.path, wanted.path)
        return
    for part in children(tree):
        if isinstance(part, Name) and part.is_pattern and isinstance(tree, Call):
            yield Hole(part, "", part.path)
        else:
            yield from _holes(part)


def _expanded(node: Node, terms: Mapping[int, Sequence[Node]]) -> Node:
    """Return a tree with terms in the place of its holes, by the identities of these."""

    def of(part: Node) -> Node:
        return _expanded(part, terms)

    if not isinstance(node, Call):
        made = rebuilt(node, of)
        if isinstance(made, Chain) and isinstance(node, Chain):
            return without_ones(made, node)
        return made
    if id(node) in terms:
        return added(terms[id(node)], node)
    arguments: list[Node] = []
    for argument in node.arguments:
        arguments.extend(terms[id(argument)] if _is_pattern(argument) else [of(argument)])
    if not arguments and node.arguments:
        return Call(EMPTY, (), node.span, node.name_span)
    return node._replace(arguments=tuple(arguments))


def _is_pattern(node: Node) -> bool:
    return isinstance(node, Name) and node.is_pattern


def _term(numbers: Iterator[int], span: Span, has_calls: bool) -> Node:
    first = Name(f"#{next(numbers)}", span, absolute=True)
    if not has_calls:
        return first
    return Chain(first, (("*", Name(f"#{next(numbers)}", span, absolute=True)),), span)


def added(terms: Sequence[Node], node: Call) -> Node:
    """Return the sum of terms, each in the place of a call."""
    if not terms:
        return Call(EMPTY, (), node.span, node.name_span)
    if len(terms) == 1:
        return terms[0]
    return Chain(terms[0], tuple(("+", t) for t in terms[1:]), node.span)


class TemplateFormula:
    """A formula of a kind, and its variants by the answers to its conditions.

    Attributes:
        tree: The formula; None where it is wrong, which is reported where it is used.
        conditions: What decides which branches of it there are.
        fixed: The formula, if it is the same for all uses but for the names.
    """

    __slots__ = ("_variants", "conditions", "fixed", "tree")

    def __init__(self, tree: Node | None) -> None:
        self.tree = tree
        self.conditions = () if tree is None else tuple(_conditions(tree))
        self._variants: dict[tuple[bool, ...], Variant] = {}
        self.fixed: SharedFormula | None = None
        if tree is not None and not self.conditions:
            variant = self.variant(())
            self.fixed = variant.shared if variant.is_linked and not variant.holes else None

    @property
    def is_along_path(self) -> bool:
        """Whether it is a call for a component or a branch of an action's path."""
        tree = self.tree
        return isinstance(tree, Call) and tree.function in CALLS and tree.function != "visits"

    def __reduce__(self) -> tuple[type[TemplateFormula], tuple[Node | None]]:
        return TemplateFormula, (self.tree,)

    def variant(self, answers: tuple[bool, ...]) -> Variant:
        """Return the formula for the answers to its conditions, in their order."""
        found = self._variants.get(answers)
        if found is None:
            assert self.tree is not None
            known = {id(c): answer for c, answer in zip(self.conditions, answers, strict=True)}
            tree = without_conditions(self.tree, lambda condition: known[id(condition)])
            found = self._variants[answers] = Variant(tree)
        return found


class ParameterSlot(NamedTuple):
    """A parameter of a kind.

    Attributes:
        name: Its local name.
        about: What it means.
        default: What is taken where the scenario says nothing, and its formula.
        wanted: The dimension of its value.
        hint: How its value is shown.
        bounds: What its value may be.
        choices: The words that it takes instead of a formula.
        catalog: The catalogue whose entries it names.
        flows: `actions` or `all` where it maps flows to calls; `names` for names alone.
        flows_place: Where the kind says so.
        share_of: The parameter that a share is a share of.
        is_required: Must it be given?
        instead_of: A parameter that plays no part in the nodes where this one is given.
    """

    name: str
    about: str
    default: Declaration | None = None
    formula: TemplateFormula | None = None
    wanted: Dimension | None = None
    hint: str = ""
    bounds: Bounds = Bounds()
    choices: tuple[Text, ...] = ()
    catalog: str = ""
    flows: str = ""
    flows_place: Place | None = None
    share_of: str = ""
    is_required: bool = False
    instead_of: str = ""
    source: str = ""
    assumption: str = ""


class Case(NamedTuple):
    """One of the formulas of a slot.

    Attributes:
        when: The parameter that must be given, or the choice; `else` or nothing for any.
        declaration: What is said of the formula.
        formula: The formula.
    """

    when: str
    declaration: Declaration
    formula: TemplateFormula


class FormulaSlot(NamedTuple):
    """A named formula of a kind, or several of which one is meant.

    Attributes:
        name: Its local name; a repeated one has `<component>` or `<branch>` in it.
        statistic: `average` or `peak` for a formula under `rates`.
        cases: The formulas.
        by: The parameter whose choice decides among the cases; nothing for what is given.
        condition: Where it fails there is no such quantity.
        pinned: What is said of a value that the scenario gives instead; its text stands for none.
        when: The condition of the resource that it belongs to.
    """

    name: str
    statistic: str
    cases: tuple[Case, ...]
    by: str
    condition: Condition | None
    pinned: Declaration
    when: Condition | None = None


class SentField(NamedTuple):
    """A field that a flow carries.

    Attributes:
        field: Its name in formulas that receive it, such as `reads.average`.
        repeats: The local name of a quantity that it may only repeat; nothing if it is its own.
        slot: Its formula.
        is_record: Is it what a store of records gets, where items are split?
    """

    field: str
    repeats: str
    slot: FormulaSlot
    is_record: bool


class SendSlot(NamedTuple):
    """A flow that a kind sends on.

    Attributes:
        name: Its local name.
        fields: What it carries.
        is_asynchronous: Does the sender not wait for those who receive it?
        when_received: Are there quantities of it only where somebody receives it?
    """

    name: str
    fields: tuple[SentField, ...]
    is_asynchronous: bool
    when_received: bool


class CheckSlot(NamedTuple):
    """A condition that a sound scenario meets.

    Attributes:
        text: The condition as it is written.
        formula: It.
        message: What is wrong where it fails.
        condition: Where it fails, nothing is checked.
    """

    text: Text
    formula: TemplateFormula
    message: str
    condition: Condition | None


class KindTemplate(NamedTuple):
    """A kind, as its uses need it.

    Attributes:
        name: Its name.
        used_in: The section of scenarios that uses it.
        scalar: The parameter that a single value stands for.
        keeps: What it keeps of the items that reach it.
        is_abstract: Is it only there to be extended?
        parameters: By name.
        one_of: Parameters of which exactly one must be given.
        settable: The names of its parameters, with the fields of their catalogues' entries.
        pinnable: The names that it derives, and that a scenario may therefore pin.
        formulas: Its formulas, and then those of its resources, in order.
        for_each_component: Formulas repeated for each component that an action waits for.
        for_each_branch: Formulas repeated for each branch of its path.
        sends: The flows that leave it.
        checks: What a sound scenario meets.
        repeated: A pattern of the names that are repeated for some component or branch.
    """

    name: str
    used_in: str
    scalar: str
    keeps: str
    is_abstract: bool
    parameters: dict[str, ParameterSlot]
    one_of: tuple[str, ...]
    settable: tuple[str, ...]
    pinnable: frozenset[str]
    formulas: tuple[FormulaSlot, ...]
    for_each_component: tuple[FormulaSlot, ...]
    for_each_branch: tuple[FormulaSlot, ...]
    sends: dict[str, SendSlot]
    checks: tuple[CheckSlot, ...]
    repeated: str

    def derives(self, name: str) -> bool:
        """Return whether it has a formula of that local name."""
        return any(slot.name == name for slot in self.formulas)


def is_repeated(kind: KindTemplate, name: str) -> bool:
    """Return whether a name is that of a formula repeated for some component or branch."""
    return re.fullmatch(kind.repeated, name) is not None


# --- compiling a kind -----------------------------------------------------------------------------


def compile_kind(kind: KindFile, fields_of: Callable[[str], Iterable[str]]) -> KindTemplate:
    """Return the template of a kind.

    Args:
        kind: The kind, on top of what it extends.
        fields_of: The fields of the entries of a catalogue.
    """
    settable = list(kind.parameters)
    for name, parameter in kind.parameters.items():
        if parameter.catalog is not None:
            at = settable.index(name) + 1
            settable[at:at] = [f"{name}.{field}" for field in fields_of(parameter.catalog.value)]
    return KindTemplate(
        name=kind.kind.value,
        used_in=kind.used_in,
        scalar=kind.scalar.value if kind.scalar else "",
        keeps=kind.keeps.value if kind.keeps else "",
        is_abstract=kind.abstract is not None,
        parameters={n: parameter_slot(n, p) for n, p in kind.parameters.items()},
        one_of=tuple(text.value for text in kind.one_of or ()),
        settable=tuple(settable),
        pinnable=kind.pinnable,
        formulas=tuple(_formulas(kind)),
        for_each_component=tuple(_repeated(kind, kind.for_each_component)),
        for_each_branch=tuple(_repeated(kind, kind.for_each_branch)),
        sends={name: _send(kind, name, send) for name, send in kind.sends.items()},
        checks=tuple(map(_check, kind.checks)),
        repeated=kind.repeated_pattern,
    )


def parameter_slot(name: str, parameter: Parameter) -> ParameterSlot:
    """Return the slot of a parameter, or of a field of a catalogue's entries."""
    plain = parameter.choices is None and parameter.catalog is None and parameter.flows is None
    wanted, hint = parameter.takes if plain and parameter.dimension is not None else (None, "")
    about, default = parameter.about.value, parameter.default
    source = parameter.source.value if parameter.source else ""
    assumption = parameter.assumption.value if parameter.assumption else ""
    highest = parameter.maximum
    if highest is None and hint in ("share", "nines"):
        highest = _WHOLE
    bounds = Bounds(parameter.above, parameter.minimum or ZERO, highest)
    said = None
    if default is not None:
        said = Declaration(default, Origin.DEFAULT, wanted, hint, about, source, assumption, bounds)
    return ParameterSlot(
        name=name,
        about=about,
        default=said,
        formula=formula_of(default.value) if default is not None and plain else None,
        wanted=wanted,
        hint=hint,
        bounds=bounds,
        choices=tuple(parameter.choices or ()),
        catalog=parameter.catalog.value if parameter.catalog else "",
        flows=parameter.flows.value if parameter.flows else "",
        flows_place=parameter.flows.place if parameter.flows else None,
        share_of=parameter.share_of.value if parameter.share_of else "",
        is_required=parameter.required is not None,
        instead_of=parameter.instead_of.value if parameter.instead_of else "",
        source=source,
        assumption=assumption,
    )


def formula_of(text: str) -> TemplateFormula:
    """Return a formula of a kind; what is wrong with it is reported where it is used."""
    try:
        return TemplateFormula(parse(text))
    except FormulaError:
        return TemplateFormula(None)


def _formulas(kind: KindFile) -> Iterator[FormulaSlot]:
    for name, formula in kind.rates.items():
        for statistic in AVERAGE_AND_PEAK:
            yield _slot(kind, f"{name}.{statistic}", formula, statistic)
    for name, formula in kind.derive.items():
        yield _slot(kind, name, formula)
    for name, resource in kind.resources.items():
        yield from _resource(kind, name, resource)


def _slot(
    kind: KindFile, name: str, formula: Formula, statistic: str = "", resource: str = ""
) -> FormulaSlot:
    wanted, hint = formula.gives
    about = formula.about.value if formula.about else ""
    source = formula.source or kind.source
    said = source.value if source else ""

    def case(when: str, text: Text) -> Case:
        if resource:
            text = Text(text.value.replace("<resource>", resource), text.place)
        tree = formula_of(_fillable(text.value))
        return Case(when, Declaration(text, Origin.DERIVED, wanted, hint, about, said), tree)

    if formula.formula is not None:
        cases: tuple[Case, ...] = (case("", formula.formula),)
    else:
        cases = tuple(case(w, t) for w, t in (formula.cases or formula.first_given or {}).items())
    asked = formula.only_if.value.replace("<resource>", resource) if formula.only_if else ""
    chosen = formula.by.value if formula.by and formula.formula is None else ""
    return FormulaSlot(
        name=name.replace("<resource>", resource) if resource else name,
        statistic=statistic,
        cases=cases,
        by=chosen,
        condition=_condition(asked),
        pinned=_pinned(wanted, hint, about),
    )


def _pinned(wanted: Dimension | None, hint: str, about: str) -> Declaration:
    bounds = Bounds(above=ZERO) if hint == "whole" else Bounds(minimum=ZERO)
    return Declaration(ZERO, Origin.PINNED, wanted, hint, about, bounds=bounds)


def _resource(kind: KindFile, name: str, resource: Resource) -> Iterator[FormulaSlot]:
    when = _condition(resource.only_if.value if resource.only_if else "")
    source = resource.source or kind.source
    about = resource.about.value if resource.about else ""
    said = source.value if source else ""
    for part, text, hint in resource.parts:
        declared = Declaration(text, Origin.DERIVED, None, hint, about, said)
        case = Case("", declared, formula_of(text.value))
        pinned = _pinned(None, hint, about)
        yield FormulaSlot(f"{part}.{name}", "", (case,), "", None, pinned, when)
    for template, formula in kind.for_each_resource.items():
        yield _slot(kind, template, formula, resource=name)._replace(when=when)


def _repeated(kind: KindFile, formulas: Mapping[str, Formula]) -> Iterator[FormulaSlot]:
    for template, formula in formulas.items():
        yield _slot(kind, template, formula)


def _send(kind: KindFile, name: str, send: Send) -> SendSlot:
    fields: list[SentField] = []
    about = send.about.value if send.about else ""
    source = kind.source.value if kind.source else ""
    own_name = name != "self" and send.when_received is None
    for part, text in send.carries.items():
        wanted, _ = read_dimension(_FIELD_DIMENSION[part])
        tree = formula_of(text.value)
        for statistic in ("",) if is_stock(part) else AVERAGE_AND_PEAK:
            field = f"{dotted(part)}.{statistic}" if statistic else dotted(part)
            slot = FormulaSlot(
                name=f"{name if name != 'self' else 'sent'}.{field}",
                statistic=statistic,
                cases=(
                    Case("", Declaration(text, Origin.DERIVED, wanted, "", about, source), tree),
                ),
                by="",
                condition=None,
                pinned=_pinned(wanted, "", about),
            )
            repeats = f"{text.value}.{statistic}" if statistic else text.value
            fields.append(
                SentField(field, "" if own_name else repeats, slot, part.startswith("record_"))
            )
    return SendSlot(
        name, tuple(fields), send.asynchronous is not None, send.when_received is not None
    )


def _check(check: Check) -> CheckSlot:
    asked = check.only_if.value if check.only_if else ""
    return CheckSlot(
        check.check, formula_of(check.check.value), check.message.value, _condition(asked)
    )


def _condition(text: str) -> Condition | None:
    if not text:
        return None
    tree = parse(_fillable(text))
    return Condition(tree, not _asks_any(tree))


def _asks_any(condition: Node) -> bool:
    return any(isinstance(n, Call) and n.function == "any" for n in walk(condition))


# --- what stands for a component or a branch ------------------------------------------------------

_STAND_INS = {"<component>": "component__", "<branch>": "branch__"}


def _fillable(text: str) -> str:
    """Return a text whose `<component>` and `<branch>` are names, so that it can be parsed."""
    for written, name in _STAND_INS.items():
        text = text.replace(written, name)
    return text


def filled(tree: Node, words: Mapping[str, str]) -> Node:
    """Return a tree with words in the place of `<component>` and `<branch>`."""
    if isinstance(tree, Name):
        return Name(filled_name(tree.path, words), tree.span)
    return rebuilt(tree, lambda part: filled(part, words))


def filled_name(path: str, words: Mapping[str, str]) -> str:
    """Return a name with words in the place of what stands for them."""
    for written, word in words.items():
        path = path.replace(_STAND_INS[written], word)
    return path


def filled_text(text: str, words: Mapping[str, str]) -> str:
    """Return a text with words in the place of `<component>` and `<branch>`."""
    for written, word in words.items():
        text = text.replace(written, word)
    return text


# --- conditions in formulas -----------------------------------------------------------------------


def is_static(node: Node) -> bool:
    """Return whether a condition is answered before anything is computed."""
    return any(isinstance(n, Call) and n.function in ("given", "any") for n in walk(node))


def _conditions(tree: Node) -> Iterator[Node]:
    for node in walk(tree):
        is_if = isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3
        if isinstance(node, Call) and is_if and is_static(node.arguments[0]):
            yield node.arguments[0]


def without_conditions(node: Node, holds: Callable[[Node], bool]) -> Node:
    """Return a tree with the branches that are taken in the place of its conditions."""

    def of(part: Node) -> Node:
        return without_conditions(part, holds)

    if isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3:
        condition, then, otherwise = node.arguments
        if is_static(condition):
            return of(then if holds(condition) else otherwise)
    made = rebuilt(node, of)
    if isinstance(made, Chain) and isinstance(node, Chain):
        return without_ones(made, node)
    return made


def without_ones(made: Chain, written: Chain) -> Node:
    """Return a product without the factors that an answered condition made one."""
    if not any(isinstance(old, Call) for _, old in written.rest):
        return made
    rest = tuple(
        new
        for new, old in zip(made.rest, written.rest, strict=True)
        if not (
            new[0] in "*/"
            and isinstance(new[1], Number)
            and new[1].value == 1.0
            and isinstance(old[1], Call)
        )
    )
    if len(rest) == len(made.rest):
        return made
    return made._replace(rest=rest) if rest else made.first
