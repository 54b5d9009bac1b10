"""The nouns of the graph: a quantity, an expectation, and the model that holds them."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import cached_property, lru_cache
from typing import NamedTuple

from estimator.diagnostics import Place, Text
from estimator.formula.numeric import Rounding
from estimator.formula.ranges import Distribution
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Node
from estimator.model.provenance import Provenance
from estimator.model.timeline import Timeline
from estimator.units import PLAIN, Calendar, Dimension, write

CONFIDENCE = 0.95
"""In what share of the draws an expectation should hold, unless it says otherwise."""


UNDER_WEIGHT = 4.0
"""How much worse a missing node is than one too many: an assumption, by which the nodes of the
cheapest machine are planned for 80% of cases."""


class Origin(Enum):
    """Where a quantity's formula comes from.

    Attributes:
        from_library: Whether the scenario does not say it: it is a formula of the library, a
            parameter's default, or another scenario's.
        replaces_library: Whether it is the scenario's, under a name that the library declares.
        is_own: Whether it is the scenario's, under a name of its own.
    """

    GIVEN = "given"  # the scenario, or `--set`, for a parameter
    PINNED = "pinned"  # the scenario, in place of a formula of the library
    DEFAULT = "default"  # the library, for a parameter that the scenario leaves out
    DERIVED = "derived"  # a formula of the library
    OWN = "own"  # the scenario's `derive`
    INPUT = "input"  # the scenario's `inputs`
    USED = "used"  # another scenario

    def __init__(self, word: str) -> None:
        self.from_library = word in ("default", "derived", "used")
        self.replaces_library = word in ("given", "pinned")
        self.is_own = word in ("own", "input")


class Bound(NamedTuple):
    """One thing that a value has to keep.

    Attributes:
        words: For people, such as `at least 0`.
        op: How the value compares with it: `>`, `>=` or `<=`.
        text: What it is compared with, a formula of constants.
    """

    words: str
    op: str
    text: str


_WORDS = {">": "above", ">=": "at least", "<=": "at most"}


@lru_cache(maxsize=1024)
def _bound(op: str, text: str) -> Bound:
    return Bound(f"{_WORDS[op]} {text}", op, text)


class Bounds(NamedTuple):
    """What a parameter's value may be; each bound is a formula of constants."""

    above: Text | None = None
    minimum: Text | None = None
    maximum: Text | None = None

    def given(self) -> list[Bound]:
        """Return the bounds that there are, in this order."""
        return [
            _bound(op, text.value)
            for op, text in zip(_WORDS, self, strict=True)
            if text is not None
        ]


class Band(NamedTuple):
    """How far a figure of the library may be off: its default, or that of a catalog's entry.

    Attributes:
        text: The range, from its 5th to its 95th percentile; it may name what its kind may.
        belief: What is believed, the same for all whose figure it is: `database.overhead`.
        local: The local name of the figure, such as `overhead` or `node.performance`.
        share_of: The whole name of what it is a share of; empty for most.
        ends: The values of its ends, for a plain calendar, where these are no formulas of others.
    """

    text: Text
    belief: str
    local: str
    share_of: str = ""
    ends: tuple[float, float] | None = None


class Declaration(NamedTuple):
    """What is said of a quantity where its formula is written, by the file or by a kind.

    Attributes:
        text: The formula as it was written, and where.
        origin: Who wrote it.
        expected_dimension: The dimension that it must have, or None for any.
        display_unit: How it is shown: `share`, `whole`, `nines`, or nothing.
        about: What it means.
        source: Where the formula or the number comes from; empty for the user's own.
        assumption: Why a default is assumed, where it has no source.
        bounds: What its value may be.
        bound: `at_least` or `at_most`, where it is no more than a bound of what is measured.
        provenance: Where the file says that the value is from.
        is_decision: Is it chosen, as how many copies there are, and not measured?
        band: How far it may be off, where it is the library's figure.
    """

    text: Text
    origin: Origin
    expected_dimension: Dimension | None = None
    display_unit: str = ""
    about: str = ""
    source: str = ""
    assumption: str = ""
    bounds: Bounds | None = None
    bound: str = ""
    provenance: Provenance | None = None
    is_decision: bool = False
    band: Band | None = None


class Quantity(NamedTuple):
    """A named formula whose names are known and whose dimension is right.

    Attributes:
        name: Its whole name, such as `tweet.writes.average`.
        declaration: What is said of it.
        formula: The formula with whole names.
        place: Where the user can act on it; for a formula of the library, the key in the file
            that brought it in.
        dimension: What it measures.
        display_unit: How it is shown: `share`, `whole`, `nines`, or nothing.
        distribution: What it may be, if it is a range.
        uses: The quantities in its formula, each once, in the order in which they stand there.
        rounding: Of another scenario's, how it is rounded; None where all digits are carried.
    """

    name: str
    declaration: Declaration
    formula: LinkedFormula
    place: Place | None
    dimension: Dimension = PLAIN
    display_unit: str = ""
    distribution: Distribution | None = None
    uses: tuple[str, ...] = ()
    rounding: Rounding | None = None

    @property
    def text(self) -> Text:
        """The formula as it was written, and where."""
        return self.declaration.text

    @property
    def origin(self) -> Origin:
        """Return who wrote its formula."""
        return self.declaration.origin

    @property
    def expected_dimension(self) -> Dimension | None:
        """The dimension that it must have, or None for any."""
        return self.declaration.expected_dimension

    @property
    def about(self) -> str:
        """Return what it means."""
        return self.declaration.about

    @property
    def source(self) -> str:
        """Return the source of the formula or of the number; nothing where nobody names one."""
        provenance = self.declaration.provenance
        return provenance.source if provenance is not None else self.declaration.source

    @property
    def provenance(self) -> Provenance | None:
        """Return where the file says that its value is from."""
        return self.declaration.provenance

    @property
    def assumption(self) -> str:
        """Return why a default is assumed, where it has no source."""
        return self.declaration.assumption

    @property
    def bound(self) -> str:
        """`at_least` or `at_most`, where it is no more than a bound of what is measured."""
        return self.declaration.bound

    @property
    def bounds(self) -> Bounds | None:
        """Return the bounds of its value."""
        return self.declaration.bounds

    @property
    def tree(self) -> Node:
        """Its formula, with whole names."""
        return self.formula.tree

    @staticmethod
    def of(name: str, text: Text, tree: Node) -> "Quantity":
        """Return a quantity of the user's own, with whole names in its formula.

        Args:
            name: Its name.
            text: What it is reported at.
            tree: Its formula.
        """
        formula = LinkedFormula.of(tree)
        return Quantity(name, Declaration(text, Origin.OWN), formula, None, uses=formula.names)

    def computed_by(self, tree: Node) -> "Quantity":
        """Return the quantity with another formula, which is no range."""
        formula = LinkedFormula.of(tree)
        return self._replace(formula=formula, distribution=None, uses=formula.names)

    def unbounded(self) -> "Quantity":
        """Return the quantity without bounds."""
        return self._replace(declaration=self.declaration._replace(bounds=None))


_WHOLE = frozenset({"ceil", "floor", "round", "step_up"})


def rounds(quantity: Quantity) -> bool:
    """Return whether conventions round it: shares and whole numbers would become wrong by it."""
    if quantity.origin.replaces_library or quantity.display_unit or not quantity.uses:
        return False
    if quantity.origin is Origin.USED or ".nodes." in quantity.name:
        return False  # what is rounded down would be too few
    tree: Node = quantity.tree
    return not (isinstance(tree, Call) and tree.function in _WHOLE)


class MachineParameter(NamedTuple):
    """A parameter that names an entry of a catalogue, or leaves it open: `node: cheapest of aws`.

    Attributes:
        name: Its whole name, such as `api.node`.
        component: The component that has it.
        catalog: The catalogue.
        text: What is said of it.
        is_open: Whether the entry is still to be chosen.
        scope: The cloud or the family to choose from; empty for all clouds.
    """

    name: str
    component: str
    catalog: str
    text: Text
    is_open: bool = False
    scope: str = ""


class Choice(NamedTuple):
    """A word that was chosen instead of a formula, such as `strategy: push`."""

    name: str
    value: str
    origin: Origin
    about: str
    source: str
    assumption: str


@dataclass(slots=True, eq=False)
class Expectation:
    """A condition that the estimate should meet.

    Attributes:
        text: As it was written, and where.
        tree: The condition.
        severity: `error` or `warn`.
        reason: Why it is expected.
        owner: Who decides about it.
        until: The last day on which a failure is only a warning.
        dimension: Of its two sides.
        confidence: The share of draws in which it should hold, where it depends on ranges.
        unknown: The inputs that nobody knows and that it depends on.
        lasts: Until when its left side lasts, for people, where that is asked.
    """

    text: Text
    tree: Node
    severity: str = "error"
    reason: str = ""
    owner: str = ""
    until: date | None = None
    dimension: Dimension = PLAIN
    confidence: float = CONFIDENCE
    unknown: tuple[str, ...] = ()
    lasts: str = ""


class Correlation(NamedTuple):
    """Ranges that are high together, or one high where the other is low.

    Attributes:
        names: The ranges.
        rank: Spearman's rank correlation between any two of them, from -1 to 1.
        place: Where it stands.
    """

    names: tuple[str, ...]
    rank: float
    place: Place


class Concern(NamedTuple):
    """A condition of a kind that a sound scenario meets; warned of where it fails.

    Attributes:
        formula: The condition.
        message: What is wrong where it fails.
        help: What to do about it, or None.
        place: Where the user said something that it follows from.
    """

    formula: LinkedFormula
    message: str
    help: str | None
    place: Place | None

    @property
    def tree(self) -> Node:
        """The condition, with whole names."""
        return self.formula.tree


class Wiring(NamedTuple):
    """How a component takes part in what actions send and keep.

    Attributes:
        keeps: What its kind keeps of the items that reach it; empty for nothing.
        receives: The flows that it receives.
        takes_all: Whether it receives every action, as the file does not say what it receives.
        is_apart: Whether it gets a record of each large item, whose bytes an object store keeps.
        results: The whole names of its quantities that are shown.
    """

    keeps: str
    receives: tuple[str, ...]
    takes_all: bool
    is_apart: bool
    results: tuple[str, ...]


class Imported(NamedTuple):
    """What a model has of other scenarios.

    Attributes:
        key: What its own file is known by.
        files: The scenarios that it names, with their files.
        origins: Of each quantity that is another scenario's, what that is known by, and the name
            that the quantity has there.
        prefixes: How the names of the quantities of each scenario begin; nothing for its own.
        models: The models of the scenarios that it names, as far as they are right.
    """

    key: str = ""
    files: Mapping[str, str] = {}
    origins: Mapping[str, tuple[str, str]] = {}
    prefixes: Mapping[str, str] = {}
    models: Mapping[str, "Model"] = {}

    def origin_of(self, name: str) -> tuple[str, str]:
        """Return whose quantity it is, and what it is called there."""
        return self.origins.get(name) or (self.key, name)


class _Parts(NamedTuple):
    """The parts of a model; see there."""

    name: str
    about: str
    file: str
    calendar: Calendar
    rounding: Rounding | None
    binary: bool
    quantities: dict[str, Quantity]
    order: tuple[str, ...]
    choices: list[Choice]
    actions: list[str]
    components: list[tuple[str, str]]
    expectations: list[Expectation]
    implied: dict[str, tuple[str, str]]
    concerns: list[Concern]
    machines: list[MachineParameter]
    correlations: list[Correlation]
    under_weight: float
    wiring: dict[str, Wiring]
    stores: dict[str, dict[str, list[str]]]
    internal: list[str]
    requires: dict[str, dict[str, str]]
    flows: dict[str, dict[str, str]]
    shares: dict[str, tuple[str, ...]]
    timeline: Timeline
    imported: Imported
    left_out: dict[str, Text]
    undecided: Sequence[Expectation] = ()
    unknown: Mapping[str, tuple[str, ...]] = {}


class Model(_Parts):
    """A checked scenario: its quantities in the order in which they can be computed.

    Attributes:
        name: The scenario's name.
        about: What it says of itself.
        file: Its file, as the user calls it.
        calendar: How long its days, months and years are.
        rounding: How every result is rounded, or None where all digits are carried.
        binary: Is data shown in KiB, MiB, GiB and so on?
        quantities: By name, each after those that it uses.
        order: The same names in the order in which people read them.
        choices: The words that were chosen.
        actions: The names of its actions.
        components: The name and the kind of each component.
        expectations: What it should meet.
        implied: What was added because the scenario leaves it out, and why, by name.
        concerns: What a sound scenario of these kinds meets.
        machines: The parameters that name a machine; where one is open, values stand for a first
            entry.
        correlations: Which ranges go together.
        under_weight: How much worse a node that is missing is than one too many, where a machine is
            chosen for a load that is a range.
        wiring: How each component is wired.
        internal: The actions that are work inside the system.
        requires: What actions require in words, by topic.
        stores: For each action the components that keep its items, by what they keep.
        undecided: The expectations that nobody can decide, as they depend on what is not known.
        unknown: For each quantity that is not known, or only in part, the inputs that are `?`.
        flows: What it sends, by name, with the quantity of each field.
        shares: For each component that carries the load of other scenarios, whose load it is.
        timeline: What it says of growth by dates, events, and orders.
        imported: What it has of other scenarios.
        left_out: What follows from what is not known where a scenario is built for its loads alone,
            each with its formula.
    """

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __hash__(self) -> int:
        return id(self)

    @cached_property
    def ranges(self) -> dict[str, Distribution]:
        """The ranges by name: whatever is uncertain in itself."""
        found = ((name, q.distribution) for name, q in self.quantities.items())
        return {name: d for name, d in found if d is not None}

    @cached_property
    def bounded(self) -> dict[str, Bounds]:
        """The bounds of the quantities that have any, by name."""
        found = ((name, q.declaration.bounds) for name, q in self.quantities.items())
        return {name: bounds for name, bounds in found if bounds is not None}

    @cached_property
    def said(self) -> list[Quantity]:
        """The quantities that scenario files state, and not the library, in file order."""
        known = map(self.quantities.__getitem__, self.order)
        library = (Origin.DERIVED, Origin.DEFAULT)
        return [quantity for quantity in known if quantity.declaration.origin not in library]

    @property
    def said_or_used(self) -> Iterable[Quantity]:
        """The quantities that scenario files state, and all that come from other scenarios."""
        names = [name for name in self.imported.origins if name in self.quantities]
        used = {name: self.quantities[name] for name in names}
        return {**{q.name: q for q in self.said}, **used}.values()

    @cached_property
    def slow(self) -> dict[str, Quantity]:
        """The quantities whose formulas call a slow function."""
        known = self.quantities.items()
        return {name: q for name, q in known if q.formula.shared.most_microseconds}

    @cached_property
    def dated(self) -> list[Quantity]:
        """The quantities whose files say until which day their values are current."""
        known = ((q, q.provenance) for q in self.said_or_used)
        return [quantity for quantity, said in known if said and said.until]

    @cached_property
    def resources(self) -> dict[str, tuple[str, ...]]:
        """The resources that decide about the nodes of each component."""
        found: dict[str, tuple[str, ...]] = {}
        for name in self.order:
            if ".nodes." in name:
                component, _, resource = name.partition(".nodes.")
                found[component] = (*found.get(component, ()), resource)
        return found

    @cached_property
    def places(self) -> dict[str, int]:
        """The place of each quantity in the order in which they can be computed."""
        return {name: at for at, name in enumerate(self.quantities)}

    def nodes_by_resource(self, component: str, values: Mapping[str, float]) -> dict[str, float]:
        """Return the nodes that each resource of a component asks for."""
        resources = self.resources.get(component, ())
        names = {resource: f"{component}.nodes.{resource}" for resource in resources}
        return {resource: values[n] for resource, n in names.items() if n in values}

    def following(self, names: Iterable[str]) -> set[str]:
        """Return some quantities, and all that follow from them."""
        found = set(names)
        for name, quantity in self.quantities.items():
            if not found.isdisjoint(quantity.uses):
                found.add(name)
        return found

    def leading_to(self, names: Iterable[str]) -> set[str]:
        """Return some quantities, and all that they follow from."""
        found = set(names)
        pending = list(found)
        for name in pending:
            for use in self.quantities[name].uses:
                if use not in found:
                    found.add(use)
                    pending.append(use)
        return found

    def sources_of(self, name: str) -> frozenset[str]:
        """Return all that a quantity follows from; kept, as each action needs it of each store."""
        if name not in self._leading:
            self._leading[name] = frozenset(self.leading_to([name]))
        return self._leading[name]

    @cached_property
    def _leading(self) -> dict[str, frozenset[str]]:
        return {}

    def write(
        self, value: float, dimension: Dimension, *, display_unit: str = "", significant: int = 3
    ) -> str:
        """Write a value for people, by the scenario's calendar and units."""
        return write(
            value,
            dimension,
            display_unit=display_unit,
            calendar=self.calendar,
            significant=significant,
            binary=self.binary,
        )

    @property
    def open_machines(self) -> list[MachineParameter]:
        """The machines that are still to be chosen."""
        return [m for m in self.machines if m.is_open]
