"""A kind compiled once: a template of formulas with slots for the names of each use.

What a kind says is read from its file in many small parts, parsed, and looked at for what it asks
of a scenario. None of that depends on a scenario, so it is done once for each kind, and using a
kind is linking: putting whole names into the slots.
"""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
import re
from functools import cache, cached_property
from typing import NamedTuple, TypeAlias

from estimator.diagnostics import Place, Text
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Node
from estimator.model.kind_formula import Condition, Pick, TemplateFormula, Variant
from estimator.model.quantity import Bounds, Declaration, Origin
from estimator.units import PLAIN, Dimension

ZERO = Text.of("bounds", "0")
SPLITS = "splits"
"""That an action's items are split between stores."""
ENCODES = "encodes"
"""That an action says how its items are encoded."""


class ParameterSlot(NamedTuple):
    """A parameter of a kind.

    Attributes:
        name: Its local name.
        about: What it means.
        default: What is taken where the scenario says nothing, and its formula.
        expected_dimension: The dimension of its value.
        display_unit: How its value is shown.
        bounds: What its value may be.
        choices: The words that it takes instead of a formula.
        catalog: The catalogue whose entries it names.
        flows: `actions` or `all` where it maps flows to calls; `names` for names alone.
        flows_place: Where the kind says so.
        is_words: Does it map topics to words for people?
        section: The section of which it names one of several.
        condition: Where it fails there is no default, and no flow that the scenario does not name.
            Where it holds, one of several has to be named.
        share_of: The parameter that a share is a share of.
        count_of: The parameter of which a plain number is so many.
        excludes: The parameter that may not be given beside it.
        is_required: Whether it must be given.
        instead_of: A parameter that plays no part in the nodes where this one is given.
        priced: In a catalogue, if the price of an entry depends on it: how many times what is
            sold may be given without a warning.
        is_decision: Is it chosen, and not measured?
        is_over_time: Does it play a part in forecasts only?
        source: Where the default comes from.
        assumption: Why the default is assumed, where there is no source.
    """

    name: str
    about: str
    default: Declaration | None = None
    formula: TemplateFormula | None = None
    expected_dimension: Dimension | None = None
    display_unit: str = ""
    bounds: Bounds = Bounds()
    choices: tuple[Text, ...] = ()
    catalog: str = ""
    flows: str = ""
    flows_place: Place | None = None
    is_words: bool = False
    section: str = ""
    condition: Condition | None = None
    share_of: str = ""
    count_of: str = ""
    excludes: str = ""
    is_required: bool = False
    instead_of: str = ""
    priced: float | None = None
    is_decision: bool = False
    is_over_time: bool = False
    source: str = ""
    assumption: str = ""

    @property
    def names_an_entry(self) -> bool:
        """Whether it takes a word or the name of an entry instead of a formula."""
        return bool(self.choices or self.catalog)

    @property
    def takes_any(self) -> bool:
        """Whether it takes a formula of any dimension."""
        words = self.choices or self.catalog or self.flows or self.is_words or self.section
        return not words and self.expected_dimension is None

    @property
    def is_amount(self) -> bool:
        """Whether its values have a dimension, so that a plain number is none of them."""
        return self.expected_dimension not in (None, PLAIN)

    @property
    def takes_parts(self) -> bool:
        """Whether a plain number is so many of another parameter, or such a share of it."""
        return bool(self.count_of or (self.share_of and self.is_amount))


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
        when: The condition of the resource that it belongs to.
    """

    name: str
    statistic: str
    cases: tuple[Case, ...]
    by: str
    condition: Condition | None
    when: Condition | None = None

    @property
    def pinned(self) -> Declaration:
        """Return the declaration of a value that the scenario gives instead, without its text."""
        said = self.cases[0].declaration
        bounds = Bounds(above=ZERO) if said.display_unit == "whole" else Bounds(minimum=ZERO)
        return Declaration(
            ZERO,
            Origin.PINNED,
            said.expected_dimension,
            said.display_unit,
            said.about,
            bounds=bounds,
        )


class SentField(NamedTuple):
    """A field that a flow carries.

    Attributes:
        field: Its name in formulas that receive it, such as `reads.average`.
        repeats: The local name of a quantity that it may only repeat; nothing if it is its own.
        slot: Its formula.
        needs: What must be there for it: that items are split, for what a store of records gets, or
            that an action says its encoding; nothing for most.
    """

    field: str
    repeats: str
    slot: FormulaSlot
    needs: str

    @property
    def is_record(self) -> bool:
        """Whether it is what a store of records gets, where items are split."""
        return self.needs == SPLITS


class SendSlot(NamedTuple):
    """A flow that a kind sends on.

    Attributes:
        name: Its local name.
        fields: What it carries.
        is_asynchronous: Whether the sender does not wait for those who receive it.
        when_received: Whether it has quantities only where somebody receives it.
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
        help: What to do about it, or None.
        condition: Where it fails, nothing is checked.
    """

    text: Text
    formula: TemplateFormula
    message: str
    help: str | None
    condition: Condition | None


Frame: TypeAlias = tuple[str, ...]
"""The whole names that a use has for the local names in its formulas; empty for nothing."""


class BlockFormula(NamedTuple):
    """A formula of a kind, as far as it is the same for all uses that are alike.

    Attributes:
        template: The formula.
        statistic: `average` or `peak` for a formula under `rates`.
        linked: It, where no names are in it.
        at: Its place among the formulas of its block; -1 where it is linked by itself.
    """

    template: TemplateFormula
    statistic: str = ""
    linked: LinkedFormula | None = None
    at: int = -1


class Line(NamedTuple):
    """A quantity that a kind declares by a formula of the library.

    Attributes:
        name: Its local name.
        declaration: What is said of it.
        formula: Its formula.
    """

    name: str
    declaration: Declaration
    formula: BlockFormula


class Lines(NamedTuple):
    """Quantities that a kind declares one after the other, whatever else there is."""

    lines: tuple[Line, ...]


class Part(NamedTuple):
    """A quantity that is declared where a condition of other quantities holds, or that is pinned.

    Attributes:
        slot: The formula or the formulas that a kind has for it.
        line: The one that is meant; None where the scenario gives a value in its place.
        when: What has to hold of the quantities that are declared before it.
        condition: What has to hold of all quantities.
    """

    slot: FormulaSlot
    line: Line | None
    when: Node | None
    condition: Node | None


class Links(NamedTuple):
    """The links of a block's formulas, for the same answers to its open conditions.

    Attributes:
        formulas: Each with its conditions answered, and with what picks the names in it out of a
            use's frame; without that the names are looked for one by one.
        frame: The local names of which a frame has the whole ones: that of a quantity of the use
            itself, or with a statistic what a name means in a formula of that statistic.
    """

    formulas: tuple[tuple[Variant, Pick | None], ...]
    frame: tuple[tuple[str, str | None], ...]


class Block(NamedTuple):
    """The declarations of a kind, for all uses of which the same is given.

    Attributes:
        parts: Its quantities in order; a parameter where it depends on more what is declared.
        checks: What is checked, each with its condition.
        formulas: The formulas in these that have names in them.
        conditions: The conditions in them that ask for other quantities.
        links: How the formulas are linked, by the answers to these conditions.
    """

    parts: tuple[Lines | Line | Part | ParameterSlot, ...]
    checks: tuple[tuple[CheckSlot, BlockFormula], ...]
    formulas: tuple[BlockFormula, ...]
    conditions: tuple[Node, ...]
    links: dict[tuple[bool, ...], Links]


class _Parts(NamedTuple):
    """The parts of a kind; see there."""

    name: str
    used_in: str
    scalar: str
    several: str
    keeps: str
    results: tuple[str, ...]
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


class KindTemplate(_Parts):
    """A kind, as its uses need it.

    Attributes:
        name: Its name.
        used_in: The section of scenarios that uses it.
        scalar: The parameter that a single value stands for.
        several: The kind of all together, where its section may hold several; empty if it may not.
        keeps: What it keeps of the items that reach it.
        results: The local names of its quantities that are shown of a component.
        is_abstract: Whether it is only there to be extended.
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

    @cached_property
    def blocks(self) -> dict[object, Block]:
        """Its declarations for uses of which the same is given, by what that is."""
        return {}

    @cached_property
    def sayable(self) -> frozenset[str]:
        """The names that a scenario may give a value, but for what is repeated."""
        return self.pinnable.union(self.settable)

    @cached_property
    def choosing(self) -> tuple[ParameterSlot, ...]:
        """The parameters that take a word."""
        return tuple(slot for slot in self.parameters.values() if slot.choices)

    @cached_property
    def naming_one(self) -> tuple[ParameterSlot, ...]:
        """The parameters that name one of several in a section."""
        return tuple(slot for slot in self.parameters.values() if slot.section)

    @cached_property
    def taking_parts(self) -> tuple[ParameterSlot, ...]:
        """The parameters of which a plain number is so much of another one."""
        return tuple(slot for slot in self.parameters.values() if slot.takes_parts)

    @cached_property
    def outweighing(self) -> tuple[ParameterSlot, ...]:
        """The parameters beside which another one plays no part."""
        return tuple(slot for slot in self.parameters.values() if slot.instead_of)

    @cached_property
    def receiving_all(self) -> tuple[ParameterSlot, ...]:
        """The parameters that map all flows where nothing is said."""
        return tuple(slot for slot in self.parameters.values() if slot.flows == "all")

    @cached_property
    def exclusive(self) -> tuple[tuple[str, ...], ...]:
        """The groups of parameters of which only one may be given."""
        slots = self.parameters.items()
        return self.one_of, *((name, slot.excludes) for name, slot in slots if slot.excludes)

    @cached_property
    def decided_by(self) -> tuple[str, ...]:
        """The parameters whose choices decide among formulas."""
        return tuple(dict.fromkeys(slot.by for slot in self.formulas if slot.by))

    def alternatives(self, name: str) -> tuple[str, ...]:
        """Return the parameters of which only one may be given, if this is one of them."""
        if name in self.one_of:
            return self.one_of
        slot = self.parameters.get(name)
        if slot is not None and slot.excludes:
            return name, slot.excludes
        excluding = (n for n, other in self.parameters.items() if other.excludes == name)
        return next(((n, name) for n in excluding), ())

    def derives(self, name: str) -> bool:
        """Return whether it has a formula of that local name."""
        return any(slot.name == name for slot in self.formulas)


def is_repeated(kind: KindTemplate, name: str) -> bool:
    """Return whether a name is that of a formula repeated for some component or branch."""
    return _compiled(kind.repeated).fullmatch(name) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
