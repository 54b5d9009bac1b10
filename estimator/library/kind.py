"""What a kind says: parameters, formulas, what it sends on, and worked examples."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from estimator.diagnostics import Text
from estimator.library.dimension_words import read_dimension
from estimator.scenario.shape import Fields, Shape, Single, items, mapping
from estimator.units import Dimension

AVERAGE_AND_PEAK = ("average", "peak")
"""What each formula under `rates` is worked out for."""


_NOT_CARRIED = frozenset({"about", "when_received", "asynchronous"})


def is_stock(field: str) -> bool:
    """Return whether a flow's field is an amount that is kept, and no rate."""
    return "stored_" in field


def dotted(field: str) -> str:
    """Return a flow's field as it is in names: `stored.per_day` for `stored_per_day`."""
    return field.replace("stored_", "stored.")


BOUNDS = ("at_least", "at_most")
"""What a formula may be a bound of: what is measured is at least, or at most, its value."""


class Parameter(Shape):
    """What a kind can be told.

    Attributes:
        about: What it means.
        dimension: `count`, `share`, `data`, `time`, `money`, `rate`, or a quotient of them.
        default: A formula, used where the scenario says nothing.
        between: How far the default may be off: a range, from the 5th to the 95th percentile.
        choices: The words it takes instead of a formula, such as `push` and `pull`.
        catalog: The catalogue whose entries it names, such as `machines`.
        flows: `actions` or `all` where it maps flows to calls per event.
        words: Does it map topics to words for people, which are no formulas?
        one_of_several: The section of which it names one of several, such as a population of
            `users`; that is what the name of the section then stands for in the kind's formulas.
        only_if: A condition of `given(...)`; where it fails there is no default, and of flows none
            is received that the scenario does not name. One of several must be named where it
            holds.
        share_of: A name; a share written here is a share of that.
        count_of: A name; a plain number written here, where an amount is taken, is so many of
            that.
        excludes: A parameter that may not be given beside this one.
        above: The value must be larger than this number.
        minimum: The value must be at least this; 0 by default.
        maximum: The value must be at most this; 100% for a share by default.
        required: Must be given; without it and without a default, it may be left out.
        instead_of: A parameter that plays no part in the nodes where this one is given.
        priced: In a catalogue, if the price of an entry depends on it: how many times what is
            sold may be given without a warning.
        decision: Is it chosen, and not measured, as the number of copies?
        over_time: Does it play a part in forecasts only?
        source: Where the default comes from, with a date.
        assumption: Why the default is assumed, where there is no source.
    """

    about: Single
    dimension: Single | None = None
    default: Single | None = None
    between: Single | None = None
    choices: Annotated[list[Single] | None, BeforeValidator(items)] = None
    catalog: Single | None = None
    flows: Single | None = None
    words: Single | None = None
    one_of_several: Single | None = None
    only_if: Single | None = None
    share_of: Single | None = None
    count_of: Single | None = None
    excludes: Single | None = None
    above: Single | None = None
    minimum: Single | None = None
    maximum: Single | None = None
    required: Single | None = None
    instead_of: Single | None = None
    priced: Single | None = None
    decision: Single | None = None
    over_time: Single | None = None
    source: Single | None = None
    assumption: Single | None = None

    @cached_property
    def takes(self) -> tuple[Dimension | None, str]:
        """The dimension of its value, or None for any, and how that is shown."""
        assert self.dimension is not None
        return read_dimension(self.dimension.value)

    @property
    def takes_formula(self) -> bool:
        """Return whether it takes a formula, and not names, flows or words."""
        other = (self.choices, self.catalog, self.flows, self.words, self.one_of_several)
        return all(said is None for said in other)


class Formula(Shape):
    """A formula, or one of several by what is given or chosen.

    Attributes:
        formula: The formula.
        first_given: Parameter to formula: the first parameter that is given decides.
        by: The parameter whose choice decides among `cases`.
        cases: Choice to formula.
        only_if: A condition of `given(...)`; where it fails there is no such quantity.
        dimension: What it gives; checked, and needed where a sum may be empty.
        bound: `at_least` or `at_most`, where the formula gives no more than a bound of what is
            measured, as of a time without pauses.
        about: What it means.
        source: Where the formula comes from.
    """

    formula: Single | None = None
    first_given: Annotated[dict[str, Single] | None, BeforeValidator(mapping)] = None
    by: Single | None = None
    cases: Annotated[dict[str, Single] | None, BeforeValidator(mapping)] = None
    only_if: Single | None = None
    dimension: Single | None = None
    bound: Single | None = None
    about: Single | None = None
    source: Single | None = None

    @cached_property
    def gives(self) -> tuple[Dimension | None, str]:
        """The dimension of its value, or None for any, and how that is shown."""
        return (None, "") if self.dimension is None else read_dimension(self.dimension.value)


def _formula(value: Any) -> Any:
    return {"formula": value} if isinstance(value, Text) else mapping(value)


class Resource(Shape):
    """Something that a node has so much of, and that the load uses up.

    Attributes:
        demand: What the whole load needs of it.
        capacity: What one node has of it, in the same unit.
        limit: The share of the capacity that is planned with; all of it by default.
        moves: The part of the demand that other nodes take over where some are lost, and that
            regions share; all of it by default. What is left, such as the data of a store, each
            node keeps and each region has.
        only_if: A condition of `given(...)`; where it fails the resource plays no part.
        about: What it is.
        source: Where the formula comes from.
    """

    demand: Single
    capacity: Single
    limit: Single | None = None
    moves: Single | None = None
    only_if: Single | None = None
    about: Single | None = None
    source: Single | None = None

    @cached_property
    def parts(self) -> tuple[tuple[str, Text, str], ...]:
        """Its quantities: the part, the formula, and how its value is shown."""
        limit = self.limit or Text("100%", self.demand.place)
        return (
            ("demand", self.demand, ""),
            ("capacity", self.capacity, ""),
            ("limit", limit, "share"),
        )


class Send(Shape):
    """A flow that leaves this kind, as formulas for what it carries.

    Attributes:
        reads: Reads a second; likewise `writes`, `ingress`, `egress`, `events`.
        coding: Cores kept busy by reading and writing what it carries, where an action says its
            encoding.
        record_ingress: The same bytes for who keeps a record of each item, where its bytes go to
            an object store; likewise the other bytes.
        when_received: Present if its quantities exist only where somebody receives the flow.
        asynchronous: Present if the sender does not wait for those who receive it.
        about: What it carries.
    """

    about: Single | None = None
    events: Single | None = None
    reads: Single | None = None
    writes: Single | None = None
    ingress: Single | None = None
    egress: Single | None = None
    stored_per_day: Single | None = None
    stored_retained: Single | None = None
    coding: Single | None = None
    record_ingress: Single | None = None
    record_egress: Single | None = None
    record_stored_per_day: Single | None = None
    record_stored_retained: Single | None = None
    when_received: Single | None = None
    asynchronous: Single | None = None

    @cached_property
    def carries(self) -> dict[str, Text]:
        """The formulas for what it carries, by field."""
        fields = [f for f in type(self).model_fields if f not in _NOT_CARRIED]
        return {f: text for f in fields if (text := getattr(self, f)) is not None}

    @property
    def fields(self) -> list[str]:
        """The names of its quantities: `reads.average`, `stored.per_day`."""
        names: list[str] = []
        for field in self.carries:
            if is_stock(field):
                names.append(dotted(field))
            else:
                names.extend(f"{field}.{which}" for which in AVERAGE_AND_PEAK)
        return names


class Check(Shape):
    """A condition that a sound scenario meets; where it does not hold, it is warned of.

    Attributes:
        check: The condition.
        message: What is wrong where it fails.
        help: What to do about it.
        only_if: A condition of `given(...)` or `any(...)`; where it fails, nothing is checked.
    """

    check: Single
    message: Single
    help: Single | None = None
    only_if: Single | None = None


class Example(Shape):
    """A worked example: what is given, and what must then hold."""

    about: Single | None = None
    given: Fields
    expect: Annotated[list[Single], BeforeValidator(items)]
    source: Single | None = None


_Formulas = Annotated[
    dict[str, Annotated[Formula, BeforeValidator(_formula)]], BeforeValidator(mapping)
]


class KindFile(Shape):
    """A kind, as its file has it.

    Attributes:
        kind: Its name.
        about: What it is, in a sentence or two.
        also_called: Products and everyday words that lead to it where they are written as a kind.
        section: Where scenarios use it: `components` by default.
        several: The kind of all together, where its section may hold several, each with a name.
        extends: The kind whose parameters and formulas it begins with.
        abstract: Present if it is only there to be extended.
        scalar: The parameter that a single value stands for, as in `users: 500M`.
        keeps: What it keeps of the items that reach it: `blobs`, their bytes; `records`, a row for
            each; `messages`, for a while; `copies`, of what is kept elsewhere; `edge`, copies near
            the users.
        source: Where its formulas come from, where they do not say so themselves.
        results: The quantities that are shown of a component; those that it adds to its base
            by default.
        parameters: What it can be told.
        one_of: Parameters of which exactly one must be given.
        rates: Formulas worked out twice, at average and at peak.
        derive: Formulas.
        resources: What nodes run out of.
        for_each_resource: Formulas repeated for each resource, written `<resource>`.
        for_each_component: Formulas of an action, repeated for each component that it waits for,
            written `<component>`.
        for_each_branch: Formulas of an action, repeated for each branch of its path, written
            `<branch>`.
        sends: The flows that leave it; `self` is the flow of its own name.
        checks: What a sound scenario meets.
        examples: Its tests.
    """

    kind: Single
    about: Single
    also_called: Annotated[list[Single] | None, BeforeValidator(items)] = None
    section: Single | None = None
    several: Single | None = None
    extends: Single | None = None
    abstract: Single | None = None
    scalar: Single | None = None
    keeps: Single | None = None
    source: Single | None = None
    results: Annotated[list[Single] | None, BeforeValidator(items)] = None
    parameters: Annotated[dict[str, Parameter], BeforeValidator(mapping)] = Field(
        default_factory=dict
    )
    one_of: Annotated[list[Single] | None, BeforeValidator(items)] = None
    rates: _Formulas = Field(default_factory=dict)
    derive: _Formulas = Field(default_factory=dict)
    resources: Annotated[dict[str, Resource], BeforeValidator(mapping)] = Field(
        default_factory=dict
    )
    for_each_resource: _Formulas = Field(default_factory=dict)
    for_each_component: _Formulas = Field(default_factory=dict)
    for_each_branch: _Formulas = Field(default_factory=dict)
    sends: Annotated[dict[str, Send], BeforeValidator(mapping)] = Field(default_factory=dict)
    checks: Annotated[list[Check], BeforeValidator(items)] = Field(default_factory=list)
    examples: Annotated[list[Example], BeforeValidator(items)] = Field(default_factory=list)

    @property
    def used_in(self) -> str:
        """The section of scenarios that uses it."""
        return self.section.value if self.section else "components"

    @cached_property
    def pinnable(self) -> frozenset[str]:
        """The names that it derives and that a scenario may pin: not what it has objectives for.

        An estimate that is pinned by its objective meets it, whatever the system is like.
        """
        levels = {name.removeprefix("slo.") for name in self.parameters if name[:4] == "slo."}
        return self.derived - levels - {f"latency.{level}" for level in levels}

    @cached_property
    def derived(self) -> frozenset[str]:
        """The names that it derives."""
        names = {f"{rate}.{which}" for rate in self.rates for which in AVERAGE_AND_PEAK}
        names.update(self.derive)
        for resource in self.resources:
            names.update(f"{part}.{resource}" for part in ("demand", "capacity", "limit"))
            names.update(n.replace("<resource>", resource) for n in self.for_each_resource)
        for name, send in self.sends.items():
            if name != "self":
                names.update(f"{name}.{field}" for field in send.fields)
        return frozenset(names)

    @cached_property
    def chosen(self) -> tuple[str, ...]:
        """The parameters that take a word instead of a formula."""
        return tuple(n for n, p in self.parameters.items() if p.choices is not None)

    def own_name(self, name: str) -> str:
        """Return the name of a parameter without that of the one of several that it belongs to."""
        first, dot, rest = name.partition(".")
        if (
            not name
            or self.several is None
            or any(p.split(".")[0] == first for p in self.parameters)
        ):
            return name
        return rest if dot else "self"

    def is_repeated(self, name: str) -> bool:
        """Return whether a name is that of a formula repeated for some component or branch."""
        return self._repeated.fullmatch(name) is not None

    @cached_property
    def _repeated(self) -> re.Pattern[str]:
        return re.compile(self.repeated_pattern)

    @cached_property
    def repeated_pattern(self) -> str:
        """A pattern of the names that are repeated for some component or branch."""
        templates = (*self.for_each_component, *self.for_each_branch)
        patterns = (re.sub("<component>|<branch>", r"\\w+", re.escape(t)) for t in templates)
        return "|".join(patterns) or "(?!)"

    @property
    def shown(self) -> list[Text]:
        """The names of its quantities that are shown of a component."""
        return self._added(None) if self.results is None else self.results

    def _added(self, base: KindFile | None) -> list[Text]:
        """Return the names that it derives, and its base does not; of a rate the peak."""
        names = [n for n in self.derive if base is None or n not in base.derive]
        rates = [n for n in self.rates if base is None or n not in base.rates]
        return [Text(n, self.kind.place) for n in (*(f"{rate}.peak" for rate in rates), *names)]

    def extended(self, base: KindFile) -> KindFile:
        """This kind on top of its base: what both have is this one's."""
        return self.model_copy(
            update={
                "one_of": self.one_of or base.one_of,
                "source": self.source or base.source,
                "keeps": self.keeps or base.keeps,
                "results": base.shown + self._added(base) if self.results is None else self.results,
                "checks": [*base.checks, *self.checks],
                **{
                    field: {**getattr(base, field), **getattr(self, field)}
                    for field in (
                        "parameters",
                        "rates",
                        "derive",
                        "resources",
                        "for_each_resource",
                        "for_each_component",
                        "for_each_branch",
                        "sends",
                    )
                },
            }
        )
