"""What came out: one frozen report, which renderers only read."""

# Without postponed annotations: typing compiles each of them that is a text, as a run begins.
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from estimator.formula.numeric import Rounding
from estimator.scenario.outcome import Outcome as Outcome
from estimator.units import Calendar, Dimension

if TYPE_CHECKING:
    import pint

    from estimator.evaluate.choice import MachineChoice
    from estimator.evaluate.program import Program
    from estimator.evaluate.sampled import Uncertainty


class Value(NamedTuple):
    """A quantity with its value; `str()` is its text, and `float()` its value in base units.

    Attributes:
        name: Its whole name.
        value: In base units: second, byte, USD.
        dimension: What it measures.
        text: For people, in the unit that suits it.
        display_unit: `share`, `whole` or nothing.
        origin: `given`, `input`, `pinned`, `default`, `derived`, `own` or `used`.
        formula: As it was written.
        about: What it means.
        source: Where the formula or the number comes from.
        bound: `at_least` or `at_most`, where it is no more than a bound of what is measured.
        status: `measured`, `vendor` or `judgement`, where the file says how its value is known.
        until: The last day on which its value is current, as `2027-03-31`; empty if not said.
        calendar: How long the days, months and years of its scenario are.
    """

    name: str
    value: float
    dimension: Dimension
    text: str
    display_unit: str
    origin: str
    formula: str
    about: str
    source: str
    bound: str = ""
    status: str = ""
    until: str = ""
    calendar: Calendar = Calendar()

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<{self.name} = {self.text}>"

    def __format__(self, spec: str) -> str:
        return format(self.text, spec)

    def __float__(self) -> float:
        return float(self.value)

    def to(self, unit: str) -> float:
        """Return the value in a unit, written as behind `in`: `1/day`, `TiB`, `$/month`, `%`.

        Days and months are as long as the scenario's conventions say.

        Raises:
            InputError: There is no such unit (E016), or it measures something else (E013).
        """
        from estimator.evaluate.named_units import in_unit

        return in_unit(self.value, self.dimension, unit, self.calendar)

    def pint(self) -> "pint.Quantity[Any]":
        """Return the value as a quantity of pint, in base units of the project's own registry."""
        from estimator.units.registry import pint_quantity

        return pint_quantity(self.value, self.dimension, self.calendar)

    @property
    def says_something(self) -> bool:
        """Whether it is worth a line: none of something is not, but a share of 0% is a finding."""
        return self.value != 0 or self.display_unit in ("share", "nines")


def _refuse(value: Value, _: object) -> NoReturn:
    """Refuse to compute with a quantity: of a tuple, Python would repeat or order the fields."""
    message = f"{value.name} is a quantity: compute with `float(...)`, `.to(unit)` or `.pint()`"
    raise TypeError(message)


for _operation in ("add", "mul", "rmul", "lt", "le", "gt", "ge"):
    setattr(Value, f"__{_operation}__", _refuse)


class Assumption(NamedTuple):
    """Something that the scenario does not say and the estimate leans on.

    Attributes:
        names: The parameters with this value.
        text: The value for people.
        about: What it means.
        source: Where the value comes from; empty for a mere assumption.
        why: Why it is assumed.
        between: How far it may be off, where the library says it.
    """

    names: tuple[str, ...]
    text: str
    about: str
    source: str
    why: str
    between: str = ""


class Bottleneck(NamedTuple):
    """The resource that decides how many nodes a component needs.

    Attributes:
        component: The component.
        resource: The resource, or `minimum` where the fewest nodes allowed are enough.
        nodes: The nodes it has.
        required: The nodes that the load needs.
        utilization: Of this resource at peak, as a share; of the busiest where it is none.
        by_resource: The nodes that each resource alone asks for.
    """

    component: str
    resource: str
    nodes: float
    required: float
    utilization: float
    by_resource: Mapping[str, float]


class Influence(NamedTuple):
    """What an estimate becomes at the two ends of an input's plausible range.

    Attributes:
        names: The input; several where defaults of the same meaning are moved together.
        source: `yours`, `range` or `default`, or the status that the file gives it.
        values: Its value and the two ends, in base units.
        texts: The same for people.
        outcomes: By quantity, what it is at the lower and at the upper end, nodes not rounded; None
            where it has no value there, or something would be beyond its bounds.
        outcome_texts: The same for people.
        swings: How far each of these moves, as a share of its value.
    """

    names: tuple[str, ...]
    source: str
    values: tuple[float, float, float]
    texts: tuple[str, str, str]
    outcomes: Mapping[str, tuple[float | None, float | None]]
    outcome_texts: Mapping[str, tuple[str, str]]
    swings: Mapping[str, float]

    @property
    def swing(self) -> float:
        """Return the swing of the outcome that moves most."""
        return max(self.swings.values())


class DefaultBand(NamedTuple):
    """Between what a result lies by the defaults that it rests on, in 90 of 100 cases.

    Attributes:
        name: The result: `servers`, `cost.per_month`, or an action's latency.
        low: The lower end, in base units.
        high: The upper end.
        texts: The same for people.
    """

    name: str
    low: float
    high: float
    texts: tuple[str, str]


class Component(NamedTuple):
    """A component and its kind.

    Attributes:
        name: Its name.
        kind: Its kind.
        results: The names of its quantities that its kind has shown.
    """

    name: str
    kind: str
    results: tuple[str, ...] = ()


class Age(NamedTuple):
    """The estimate at a time at which not everything is kept yet that is to be kept.

    Attributes:
        age: How long data has been gathering, in seconds.
        text: The same for people, such as `30 days`.
        texts: What depends on it, by name, for people.
        values: The same in base units.
    """

    age: float
    text: str
    texts: Mapping[str, str]
    values: Mapping[str, float]


class Values(Mapping[str, Value]):
    """Values for people by name, in the order of the file."""

    @property
    @abstractmethod
    def numbers(self) -> Mapping[str, float]:
        """The values in base units, without words."""

    @abstractmethod
    def origin(self, name: str) -> str:
        """Return where a value is from, such as `default`, without writing it."""

    @abstractmethod
    def program(self) -> "Program":
        """Return a new program that recomputes these values for other inputs."""


class Report(NamedTuple):
    """The estimate of one scenario.

    Attributes:
        name: What it calls itself.
        about: What it says of itself.
        file: Its file, as the user calls it.
        variant: The variant that was chosen; empty for the file as it is.
        calendar: How long its days, months and years are.
        rounding: How every result is rounded, or None where all digits are carried.
        binary: Is data shown in KiB, MiB, GiB and so on?
        values: Every quantity by name, in the order of the file.
        actions: The names of its actions.
        components: Its components.
        assumptions: What it leans on without saying so.
        bottlenecks: What decides how many nodes each component needs.
        expectations: What it should meet, and whether it does.
        own: The names under `derive`.
        inputs: The names under `inputs`, and of parameters that say where their value is from.
        unknown: For each quantity that is not known, or only in part, the inputs that are `?`.
        machines: The machines that were chosen, with those that were not.
        uncertainty: The spreads of the ranges; None where there are none.
        internal: The actions that are work inside the system.
        ages: The estimate after a month and a year, where data is kept for longer.
        covered: For each service level that is stated, the actions whose estimate is shown beside
            it; none where that is of all components.
        objectives: For each objective of a service level, such as `slo.p99`, the actions that it is
            for; none where it is for all.
        untimed: The components that actions wait for and whose kinds give no service time, so that
            no latency has it.
        latency_until: For each component whose latency ends before its work does, what it ends
            with, such as `first token`.
        follows: The components with what the size of each follows, such as `peak load`.
        requires: What actions require in words, by topic.
        measure_first: The inputs and defaults that servers and cost depend on, most first.
        default_bands: Between what servers, cost and the latency shown lie by the defaults.
        shares: For each component that carries the load of other scenarios, whose load it is.
    """

    name: str
    about: str
    file: str
    variant: str
    calendar: Calendar
    rounding: Rounding | None
    binary: bool
    values: Values
    actions: tuple[str, ...]
    components: tuple[Component, ...]
    assumptions: Sequence[Assumption]
    bottlenecks: tuple[Bottleneck, ...]
    expectations: tuple[Outcome, ...]
    own: tuple[str, ...] = ()
    machines: "tuple[MachineChoice, ...]" = ()
    uncertainty: "Uncertainty | None" = None
    ages: Sequence[Age] = ()
    internal: tuple[str, ...] = ()
    covered: Mapping[str, tuple[str, ...]] = {}
    untimed: tuple[str, ...] = ()
    latency_until: Mapping[str, str] = {}
    follows: Sequence[tuple[str, str]] = ()
    requires: Mapping[str, Mapping[str, str]] = {}
    objectives: Mapping[str, tuple[str, ...]] = {}
    measure_first: Sequence[Influence] = ()
    default_bands: Sequence[DefaultBand] = ()
    inputs: tuple[str, ...] = ()
    unknown: Mapping[str, tuple[str, ...]] = {}
    shares: Mapping[str, tuple[str, ...]] = {}

    def __repr__(self) -> str:
        return f"<Report {self.name!r}: {len(self.values)} quantities>"

    @property
    def questions(self) -> list[str]:
        """The inputs that nobody knows yet."""
        return list(dict.fromkeys(root for roots in self.unknown.values() for root in roots))

    def is_partial(self, name: str) -> bool:
        """Return whether a value lacks parts that nobody knows, and is the least it can be."""
        return name in self.unknown and name in self.values

    def known(self, name: str) -> Value | None:
        """Return a value of which all parts are known; None where there is none."""
        return None if name in self.unknown else self.values.get(name)

    def ends_with(self, action: str) -> str:
        """Return what the latency of an action ends with, as `first token`; nothing if whole."""
        waited = {c: self.number(f"{action}.residence.{c}") for c in self.latency_until}
        ends = [words for c, words in self.latency_until.items() if waited[c]]
        return " and the ".join(dict.fromkeys(ends))

    @property
    def cheapest(self) -> dict[str, str]:
        """The machine of each component that leaves its own open, which is the cheapest."""
        return {m.component: m.candidates[0].name for m in self.machines if m.candidates}

    def number(self, name: str) -> float:
        """Return a quantity in base units; 0 where there is none."""
        return self.values.numbers.get(name, 0.0)
