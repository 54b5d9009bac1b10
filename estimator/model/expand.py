"""Kinds in use to named formulas, with flows wired and conditions of `given(...)` settled."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from estimator.catalog import Catalog, Entry, catalog
from estimator.diagnostics import Diagnostic, InputError, Place, Problems, Text, did_you_mean, short
from estimator.formula.dimensions import read_billions
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, EMPTY
from estimator.formula.parse import parse
from estimator.formula.ranges import is_range, ranges_in
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Convert,
    Literal,
    Logic,
    Name,
    Node,
    Not,
    Number,
    Range,
    Span,
    UnitRef,
    rebuilt,
    shifted,
    walk,
)
from estimator.library import AVERAGE_AND_PEAK, Check, Formula, Parameter, Send, shipped_kind
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import Resource
from estimator.library.loader import shipped_kinds
from estimator.model.answers import (
    Answer,
    Outcome,
    Question,
    Settled,
    alone,
    known_answers,
    numbered,
)
from estimator.model.base_rates import base_rate
from estimator.model.instances import Instance, taken_names
from estimator.model.patterns import Anew, Asked, Group, Pattern, Piece, Plan, Step, known_patterns
from estimator.model.quantity import Bounds, Choice, MachineParameter, Origin, Quantity
from estimator.model.visits import OF_BRANCHES, VISITS, Branch, branches, flows_of
from estimator.units import PLAIN, Dimension, unit_table

MOST = 100_000
_MOST_SHOWN = 8  # fields of an entry
_SHORT = 20  # characters of a field that is shown
_ZERO, _WHOLE = Text.of("bounds", "0"), Text.of("bounds", "100%")
"""How many quantities a scenario may have."""
_FIELD_DIMENSION = {
    "events": "rate",
    "reads": "rate",
    "writes": "rate",
    "ingress": "data/time",
    "egress": "data/time",
    "stored_per_day": "data",
    "stored_retained": "data",
}


@dataclass(slots=True)
class Draft:
    """A quantity whose formula is not settled yet: names are local, conditions are open.

    Attributes:
        quantity: The quantity, with the tree as it was written.
        instance: Whose formula it is; None for the user's own.
        which: `average` or `peak` for a formula under `rates`.
    """

    quantity: Quantity
    instance: Instance | None
    which: str = ""


@dataclass
class Flow:
    """What can be received: for each field the whole name of its quantity."""

    name: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Planning:
    """What the formulas of a pattern ask while a plan is made, each question once.

    Attributes:
        expansion: What answers.
        instance: Whose formulas they are.
        pattern: The pattern.
        names: The names of the pattern, and then those that were answered.
        owners: The components on a path, and whose path it is.
        answers: The answers to what is asked again for each scenario.
        fixed: The names in the answers that are the same for all uses of the pattern.
    """

    expansion: Expansion
    instance: Instance
    pattern: Pattern
    names: list[str]
    owners: tuple[str, ...]
    answers: dict[Asked, tuple[Answer, list[int]]] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)

    def answer(self, asked: Asked, before: int) -> tuple[Answer, list[int]]:
        """The answer to what is asked after so many names, and the numbers of those in it."""
        kind, node, which = asked
        if kind == "holds" and not _has_any(node):  # the same wherever the same is given
            return self.expansion.holds(node, self.instance), []
        if isinstance(node, Name) and kind == "name":
            own = f"{node.path}.{which}" if which else node.path
            if own in self.pattern.numbers:
                return "", [self.pattern.numbers[own]]
            asked = kind, node._replace(span=(0, 0)), which
        if self.pattern.on_path and kind in OF_BRANCHES:
            named = [""] * before
            found = self.expansion._key(kind, node, self.instance, which, named)
            return found, [self._number(name) for name in named[before:]]
        if asked not in self.answers:
            named = []
            found = self.expansion._key(kind, node, self.instance, which, named)
            start = len(self.names)
            self.answers[asked] = found, list(range(start, start + len(named)))
            self.names.extend(named)
        found, numbers = self.answers[asked]
        if before and type(found) is tuple:  # the names in it are counted on
            found = self.expansion._key(kind, node, self.instance, which, [""] * before)
        return found, numbers

    def _number(self, name: str) -> int:
        """The number of a name: one of the pattern, or a negative one."""
        own = name.removeprefix(f"{self.instance.path}.")
        if own != name and own in self.pattern.numbers:
            return self.pattern.numbers[own]
        return self.fixed.setdefault(name, -1 - len(self.fixed))

    def plan(self, outcomes: Sequence[tuple[Outcome, tuple[int, ...]]]) -> Plan | None:
        """The plan for outcomes, where negative numbers are those of fixed names."""
        first = len(self.names) - 1
        fixed: list[tuple[int, str]] = []
        for name in self.fixed:
            owner, _, local = name.partition(".")
            if owner not in self.owners:
                return None
            fixed.append((self.owners.index(owner), local))
        placed = [
            (o, tuple([n if n >= 0 else first - n for n in numbers])) for o, numbers in outcomes
        ]
        return Plan(placed, len(self.pattern.pieces), fixed)


def _lists() -> defaultdict[str, list[str]]:
    return defaultdict(list)


class _Waiting(NamedTuple):
    """A formula whose condition asks for what is drafted, with what `_derive_case` takes."""

    instance: Instance
    only_if: str
    formula: tuple[str, Formula, str, Text | None]


class _Asked(NamedTuple):
    """What a formula asked, with the answers but for their names; and these."""

    questions: list[tuple[Question, Answer]]
    names: list[str]


@dataclass
class Expansion:
    """All drafts of a scenario, by whole name, and what they need to be settled."""

    instances: list[Instance]
    problems: Problems
    drafts: dict[str, Draft] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    choices: dict[str, Choice] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    incomplete: bool = False
    is_complete: bool = False
    asynchronous: set[str] = field(default_factory=set)
    checks: list[tuple[Instance, Check]] = field(default_factory=list)
    settled_checks: dict[tuple[str, str], Settled] = field(default_factory=dict)
    by_path: dict[str, Instance] = field(default_factory=dict)
    machines: list[MachineParameter] = field(default_factory=list)
    branches: dict[str, list[Branch]] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _paths: dict[str, list[str]] = field(default_factory=dict)
    _calls_by_sender: dict[str, dict[str, dict[str, Text]]] = field(default_factory=dict)
    _by_first: defaultdict[str, list[str]] = field(default_factory=_lists)
    _by_parent: defaultdict[str, list[str]] = field(default_factory=_lists)
    _unsorted: list[str] = field(default_factory=list)
    _meant: dict[tuple[str | None, str], dict[str, str]] = field(default_factory=dict)
    _asked: _Asked | None = None
    _groups: dict[str, Group] = field(default_factory=dict)
    _path_groups: dict[str, Group] = field(default_factory=dict)

    # --- drafts -----------------------------------------------------------------------------------

    def run(self) -> None:
        """Draft every quantity of every instance."""
        self.actions = [i.path for i in self.instances if i.kind.used_in == "actions"]
        self.components = [i.path for i in self.instances if i.kind.used_in == "components"]
        self.by_path = {i.path: i for i in self.instances}
        received = {f for i in self.instances for flows in i.flows.values() for f in flows}
        for instance in self.instances:
            if len(self.drafts) > MOST:
                self.problems.add(
                    "E004",
                    f"this scenario has more than {MOST:,} quantities",
                    instance.place,
                    help="a kind of its own can stand for many that are alike",
                )
                raise InputError(self.problems.found)
            self._alternatives(instance)
            self._choices(instance)
            self._kind(instance)
            for name, send in instance.kind.sends.items():
                self._send(instance, name, send, received)
        for instance in self.instances:
            if instance.kind.for_each_component or instance.kind.for_each_branch:
                self._along_path(instance)
        self._draft_waiting()

    def _kind(self, instance: Instance) -> None:
        """Draft the parameters, the formulas and the resources of an instance."""
        pattern = self._pattern(instance)
        self._draft_pattern(instance, pattern, instance.path)
        self.checks += [(instance, check) for check in pattern.checks]

    def _draft_pattern(self, instance: Instance, pattern: Pattern, key: str) -> None:
        """Draft what a pattern says, to be settled at once."""
        quantities, names = self._drafted_of(instance, pattern.steps)
        if len(quantities) == len(pattern.pieces):
            names += [instance.whole(name) for name in pattern.others]
            self._groups[key] = Group(instance, pattern, quantities, names)

    def _drafted_of(
        self, instance: Instance, steps: Iterable[Step]
    ) -> tuple[list[Quantity], list[str]]:
        """Draft what steps say; the quantities of their pieces, and the names of these."""
        path, place, drafts, unsorted = instance.path, instance.place, self.drafts, self._unsorted
        start = f"{path}." if path else ""
        quantities: list[Quantity] = []
        names: list[str] = []
        for step in steps:
            if isinstance(step, Anew):
                getattr(self, step.method)(instance, *step.arguments)
                continue
            local, text, tree, origin, wanted, hint, about, source, assumption, bounds, which = step
            name = path if local == "self" else start + local
            if name in drafts:
                continue
            quantity = Quantity(
                name, text, tree, origin, place, wanted, hint, about, source, assumption, bounds
            )
            drafts[name] = Draft(quantity, instance, which)
            unsorted.append(name)
            quantities.append(quantity)
            names.append(name)
        return quantities, names

    def _do(self, instance: Instance, step: Step) -> None:
        """Do one step by itself."""
        if isinstance(step, Anew):
            getattr(self, step.method)(instance, *step.arguments)
            return
        name, text, _, _, wanted, hint, about, source, _, _, which = step
        self._derive(instance, name, text, which, wanted, hint, about, source)

    def _pattern(self, instance: Instance) -> Pattern:
        """What is drafted of an instance; it is kept for a kind that is shipped."""
        kind, given = instance.kind, instance.given
        name = kind.kind.value
        if name not in shipped_kinds() or kind is not shipped_kind(name):
            return Pattern(list(self._steps(instance)), self._checks(instance))
        chosen = [self.choices[instance.whole(n)].value for n in kind.chosen]
        key = (name, frozenset(given), frozenset(instance.flows), tuple(chosen))
        known = known_patterns()
        pattern = known.get(key)
        if pattern is None:
            pattern = Pattern(list(self._steps(instance)), self._checks(instance))
            known.keep(key, pattern)
        return pattern

    def _checks(self, instance: Instance) -> Iterator[Check]:
        """The checks of a kind, without those that are for what is not given."""
        for check in instance.kind.checks:
            asked = check.only_if
            if asked is None or _asks_any(asked.value):
                yield check
            elif self.holds(parse(asked.value), instance):
                yield check.model_copy(update={"only_if": None})

    def _steps(self, instance: Instance) -> Iterator[Step]:
        kind = instance.kind
        for name, parameter in kind.parameters.items():
            if parameter.choices is None and _says_something(instance, name, parameter):
                yield _parameter_step(instance, name, parameter)
        for name, formula in kind.rates.items():
            for which in AVERAGE_AND_PEAK:
                yield from self._formula_steps(instance, f"{name}.{which}", formula, which)
        for name, formula in kind.derive.items():
            yield from self._formula_steps(instance, name, formula)
        for name, resource in kind.resources.items():
            yield from self._resource_steps(instance, name, resource)

    def _formula_steps(
        self,
        instance: Instance,
        name: str,
        formula: Formula,
        which: str = "",
        text: Text | None = None,
        only_if: Text | None = None,
        *,
        on_path: bool = False,
    ) -> Iterator[Step]:
        """What drafts a formula, unless its condition fails.

        Args:
            instance: Whose it is.
            name: What it is called there.
            formula: The formula.
            which: `average` or `peak` for one under `rates`.
            text: What it says, if it says it of a component or a branch.
            only_if: Its condition then.
            on_path: Is it drafted for each path by itself, so that it may ask for that?
        """
        wanted, hint = formula.gives
        about = formula.about.value if formula.about else ""
        if name in instance.given:
            yield Anew("_pin", (name, wanted, hint, about), name)
            return
        only_if = only_if or formula.only_if
        if only_if is not None and _asks_any(only_if.value):
            yield Anew("_wait", (only_if, name, formula, which, text))
            return
        if only_if is not None and not self.holds(parse(only_if.value), instance):
            return
        call = Anew("_derive_case", (name, formula, which, text))
        by = instance.kind.parameters.get(formula.by.value) if formula.by else None
        if text is None and by is not None and by.choices is None:
            yield call  # a catalogue's entry, which is not known before it is drafted
            return
        text = text or self._case(instance, formula)
        if text is not None:
            source = formula.source or instance.kind.source
            said = source.value if source else ""
            yield _piece(name, text, which, wanted, hint, about, said, on_path=on_path) or call

    def _resource_steps(self, instance: Instance, name: str, resource: Resource) -> Iterator[Step]:
        kind, asked = instance.kind, resource.only_if
        if asked is not None and _asks_any(asked.value):
            yield Anew("_resource", (name, resource))
            return
        if asked is not None and not self.holds(parse(asked.value), instance):
            return
        source = resource.source or kind.source
        about = resource.about.value if resource.about else ""
        said = source.value if source else ""
        for part, text, hint in resource.parts:
            whole = f"{part}.{name}"
            if whole in instance.given:
                yield Anew("_pin", (whole, None, hint, about), whole)
            else:
                call = Anew("_derive", (whole, text, "", None, hint, about, said))
                yield _piece(whole, text, "", None, hint, about, said) or call
        words = {"<resource>": name}
        for template, formula in kind.for_each_resource.items():
            if formula.formula is not None and _asks_of_path(formula.formula.value):
                yield Anew("_repeated", (template, formula, words))
            else:
                yield from self._repeated_steps(instance, template, formula, words)

    def _repeated_steps(
        self,
        instance: Instance,
        template: str,
        formula: Formula,
        words: dict[str, str],
        *,
        on_path: bool = False,
    ) -> Iterator[Step]:
        """What drafts a formula with words in the place of `<component>` and the like."""
        name, here = _filled(template, words), _for(formula.formula, words)
        assert here is not None
        if self._visits_nothing(here, instance):
            return  # such as the reads of what only writes
        only_if = _for(formula.only_if, words)
        yield from self._formula_steps(instance, name, formula, "", here, only_if, on_path=on_path)

    def add(self, draft: Draft) -> None:
        """Add a draft; the first of a name stays."""
        name = draft.quantity.name
        if name not in self.drafts:
            if draft.quantity.origin is not Origin.DERIVED:
                self._hoist_ranges(draft)
            self.drafts[name] = draft
            self._unsorted.append(name)

    def _hoist_ranges(self, draft: Draft) -> None:
        """Give a range that is a part of a formula a name of its own: `NAME.range`."""
        quantity = draft.quantity
        if not may_have_range(quantity.text.value):
            return
        parts = {} if is_range(quantity.tree) else {n.span: n for n in ranges_in(quantity.tree)}
        names: dict[Span, str] = {}
        for index, (span, node) in enumerate(parts.items(), 1):
            name = f"{quantity.name}.range{index if len(parts) > 1 else ''}"
            names[span] = name
            written = quantity.text.value[slice(*span)]
            place = quantity.text.at(*span)
            text = Text(written, place, place.start if quantity.text.offset is not None else None)
            about = f"The range in `{quantity.name}`."
            tree = shifted(node, -span[0])
            part = Quantity(name, text, tree, quantity.origin, quantity.place, about=about)
            self.add(Draft(part, None))
        if names:
            quantity.tree = _with_names(quantity.tree, names)

    def parsed(self, text: Text, name: str) -> Node:
        """The tree of a quantity's formula; a wrong formula is reported, and the name broken."""
        try:
            return parse(text.value)
        except FormulaError as error:
            self.problems.found.append(error.located(text))
            self.broken.add(name)
            return Number(1.0, (0, 0))

    def written(self, draft: Draft, text: Text) -> Node:
        """The tree of a formula that is written for a quantity: `40%` may be of another."""
        name, instance = draft.quantity.name, draft.instance
        tree = self.parsed(text, name)
        if instance is None or draft.quantity.origin is not Origin.GIVEN:
            return tree
        for key, parameter in instance.kind.parameters.items():
            if parameter.share_of is not None and instance.whole(key) == name:
                return self._shared(instance, key, parameter.share_of.value, text, tree)
        return tree

    def is_call(self, draft: Draft) -> bool:
        """Is it how often a component receives something for each event?"""
        instance, name = draft.instance, draft.quantity.name
        return instance is not None and any(
            name == instance.whole(f"{parameter}.{flow}")
            for parameter, flows in instance.flows.items()
            for flow in flows
        )

    def is_broken(self, draft: Draft) -> bool:
        """Would an error in this formula only follow from one that is reported already?"""
        if draft.quantity.name in self.broken:
            return True
        own = draft.quantity.origin.replaces_library
        return draft.instance is not None and draft.instance.path in self.broken and not own

    def comes_from_broken(self, name: str) -> bool:
        """Does a name belong to what is wrong itself, or to what had to be left out?"""
        return self.incomplete or name in self.broken or name.split(".", 1)[0] in self.broken

    def _alternatives(self, instance: Instance) -> None:
        names = [p.value for p in instance.kind.one_of or []]
        given = [n for n in names if instance.is_given(n)]
        if names and not given:
            if instance.path in self.broken:
                return
            self.broken.add(instance.path)
            self.problems.add(
                "E019",
                f"`{instance.path}` does not say how often it happens",
                instance.place,
                help="give one of " + ", ".join(f"`{n}`" for n in names),
            )
        if len(given) > 1:
            places = [instance.keys[n] for n in given]
            self.problems.found.append(
                Diagnostic(
                    "E019",
                    f"`{instance.path}` takes one of " + ", ".join(f"`{n}`" for n in names)
                    + ", not " + " and ".join(f"`{g}`" for g in given),
                    places[-1],
                    help="keep one of them",
                )
            )  # fmt: skip

    def _choices(self, instance: Instance) -> None:
        for name, parameter in instance.kind.parameters.items():
            if parameter.choices is None:
                continue
            text, origin = instance.given.get(name), Origin.GIVEN
            if text is None and parameter.default is not None:
                text, origin = parameter.default, Origin.DEFAULT
                text = Text(self._default_choice(text, instance), text.place)
            if text is None:
                self._lacks(instance, name, parameter)
            if text is None or not self.is_choice(name, parameter.choices, text):
                text = parameter.choices[0]
            whole = instance.whole(name)
            self.choices[whole] = Choice(
                whole, text.value, origin, parameter.about.value, *_said(parameter)
            )

    def is_choice(self, name: str, choices: list[Text], text: Text) -> bool:
        """Is it one of a parameter's words? Otherwise a problem says so."""
        words = [c.value for c in choices]
        if text.value in words:
            return True
        self.problems.add(
            "E022",
            f"`{name}` is one of {', '.join(words)}, not `{text.value}`",
            text.place,
            help=did_you_mean(text.value, words),
        )
        return False

    def _default_choice(self, text: Text, instance: Instance) -> str:
        """A word, or one of two by `if(given(...), a, b)`."""
        node = parse(text.value)
        while isinstance(node, Call) and node.function == "if" and len(node.arguments) == 3:
            condition, then, otherwise = node.arguments
            node = then if self.holds(condition, instance) else otherwise
        return node.path if isinstance(node, Name) else ""

    def _parameter(self, instance: Instance, name: str, parameter: Parameter) -> None:
        if parameter.choices is not None:
            return
        if parameter.catalog is not None:
            self._entry(instance, name, parameter)
        elif parameter.flows is not None:
            self._calls(instance, name, parameter)
        elif name in instance.given:
            self._given_value(instance, name, parameter)
        elif parameter.default is not None:
            self._value(instance, name, parameter, parameter.default, Origin.DEFAULT)
        elif parameter.required is not None:
            self._lacks(instance, name, parameter)

    def _lacks(self, instance: Instance, name: str, parameter: Parameter) -> None:
        self.problems.add(
            "E019",
            f"`{instance.path}` needs `{name}`",
            instance.place,
            help=parameter.about.value,
        )
        self.broken.add(instance.path)

    def _given_value(self, instance: Instance, name: str, parameter: Parameter) -> None:
        self._value(instance, name, parameter, instance.given[name], Origin.GIVEN)

    def _value(
        self,
        instance: Instance,
        name: str,
        parameter: Parameter,
        text: Text,
        origin: Origin,
        source: str = "",
    ) -> None:
        tree = self.parsed(text, instance.whole(name))
        wanted, hint = parameter.takes
        literal = isinstance(tree, Number)
        if parameter.share_of is not None and (origin is Origin.GIVEN or literal):
            tree = self._shared(instance, name, parameter.share_of.value, text, tree)
        source, assumption = _said(parameter) if origin is Origin.DEFAULT else (source, "")
        self._draft(
            instance,
            name,
            text,
            origin,
            tree=tree,
            wanted=wanted,
            hint=hint,
            about=parameter.about.value,
            source=source,
            assumption=assumption,
            bounds=None if origin is Origin.DERIVED else _bounds(parameter, hint),
        )

    def _draft(
        self,
        instance: Instance,
        name: str,
        text: Text,
        origin: Origin,
        *,
        tree: Node | None = None,
        wanted: Dimension | None = None,
        hint: str = "",
        about: str = "",
        source: str = "",
        assumption: str = "",
        bounds: Bounds | None = None,
    ) -> None:
        whole = instance.whole(name)
        said = origin.replaces_library
        quantity = Quantity(
            whole,
            text,
            tree or self.parsed(text, whole),
            origin,
            text.place if said else instance.place,
            wanted,
            hint,
            about,
            source,
            assumption,
            bounds,
        )
        self.add(Draft(quantity, instance))

    def _shared(self, instance: Instance, name: str, of: str, text: Text, tree: Node) -> Node:
        """`40%` of a parameter that takes a count or a share means 40% of the line above.

        A formula that is no literal is a share if it comes out at 1 or less.
        """
        if instance.whole(name) in self.broken:
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
            self.problems.add("E024", f"a share of `{other.path}` above 100%", text.place)
        if alone and instance.is_given(name):
            self.problems.add(
                "E019",
                f"`{instance.whole(name)}` is a share of `{other.path}`, which is not given",
                text.place,
                help=f"give `{of}`, or a count instead of a share",
            )
            return tree
        return times

    def _entry(self, instance: Instance, name: str, parameter: Parameter) -> None:
        """The fields of a catalogue's entry, each of which may be given by itself."""
        assert parameter.catalog is not None
        entries = catalog(parameter.catalog.value)
        chosen, origin = instance.given.get(name), Origin.GIVEN
        if chosen is None:
            assert parameter.default is not None
            chosen, origin = parameter.default, Origin.DEFAULT
        entry = self.entry(parameter, chosen)
        if instance.path in self.components and name == "node":
            self.machines.append(
                MachineParameter(
                    instance.whole(name),
                    instance.path,
                    parameter.catalog.value,
                    chosen,
                    is_open(chosen),
                    scope_of(chosen),
                )
            )
        if entry is None:
            assert parameter.default is not None
            entry = entries.get(parameter.default.value)
            assert entry is not None
        whole = instance.whole(name)
        given = frozenset(
            [field for field in entries.fields if f"{name}.{field}" in instance.given]
        )
        self._draft_entry(instance, name, parameter.catalog.value, entry, given)
        taken = [
            f"{field} {text.value}"
            for field, text in entry.fields.items()
            if field not in given and len(text.value) < _SHORT
        ]
        shown = ", ".join(taken) if len(taken) <= _MOST_SHOWN else ""  # else its source says more
        self.choices[whole] = Choice(
            whole, entry.name, origin, parameter.about.value, entry.source, shown
        )

    def _draft_entry(
        self, instance: Instance, name: str, of: str, entry: Entry, given: frozenset[str]
    ) -> None:
        """Draft the fields of a catalogue's entry, but for those that are given instead."""
        key = (f"catalog {of}", given, frozenset[str](), (name, entry.name))
        known = known_patterns()
        pattern = known.get(key)
        if pattern is None:
            shapes = catalog(of).fields
            steps = [
                _field_step(f"{name}.{field}", shape, entry, field, is_given=field in given)
                for field, shape in shapes.items()
                if field in given or field in entry.fields or shape.default is not None
            ]
            pattern = Pattern(steps)
            known.keep(key, pattern)
        self._draft_pattern(instance, pattern, f"{instance.path} {name}")

    def entry(self, parameter: Parameter, chosen: Text) -> Entry | None:
        """The catalogue's entry of that name, or None with the error reported."""
        assert parameter.catalog is not None
        entries = catalog(parameter.catalog.value)
        if is_open(chosen):
            return self._first_candidate(entries, chosen)
        found = entries.get(chosen.value)
        if found is None:
            self.problems.add(
                "E022",
                f"the catalogue of {parameter.catalog.value} has no `{chosen.value}`",
                chosen.place,
                help="write `cheapest`, or `cheapest of` and a cloud or a family"
                if chosen.value.startswith("cheap")
                else did_you_mean(chosen.value, entries.names())
                or "give its parts instead: " + ", ".join(entries.fields),
            )
        return found

    def _first_candidate(self, entries: Catalog, chosen: Text) -> Entry | None:
        """An entry in the place of the one to be chosen, or None with the error reported."""
        scope = scope_of(chosen)
        candidates = entries.candidates(scope)
        if candidates:
            return candidates[0]
        known = entries.scopes()
        self.problems.add(
            "E022",
            f"the catalogue has no cloud or family `{short(scope)}` to choose from",
            chosen.place,
            help=did_you_mean(scope, known) or "there are " + ", ".join(known),
        )
        return None

    def _calls(self, instance: Instance, name: str, parameter: Parameter) -> None:
        """A number of calls for each flow that is received."""
        assert parameter.flows is not None
        if parameter.flows.value == "names":
            return
        for flow, text in instance.flows.get(name, {}).items():
            about = f"Calls for each event of {flow}."
            self._draft(
                instance,
                f"{name}.{flow}",
                text,
                Origin.GIVEN,
                wanted=PLAIN,
                about=about,
                bounds=Bounds(minimum=_ZERO),
            )

    def _wait(
        self,
        instance: Instance,
        only_if: Text,
        name: str,
        formula: Formula,
        which: str,
        text: Text | None,
    ) -> None:
        """Draft a formula later, where its condition holds once all else is drafted."""
        self._waiting.append(_Waiting(instance, only_if.value, (name, formula, which, text)))

    def _draft_waiting(self) -> None:
        """Draft what waits, as long as one of them is what another asks for."""
        before = -1
        while before != len(self.drafts):
            before = len(self.drafts)
            waiting, self._waiting = self._waiting, []
            held: dict[tuple[str, str], bool] = {}
            for one in waiting:
                asked = (one.instance.path, one.only_if)
                if asked not in held:
                    held[asked] = self.holds(parse(one.only_if), one.instance)
                if held[asked]:
                    self._derive_case(one.instance, *one.formula)
                else:
                    self._waiting.append(one)

    def _derive_case(
        self, instance: Instance, name: str, formula: Formula, which: str, text: Text | None
    ) -> None:
        """Draft a formula, or of several the one that is meant here."""
        text = text or self._case(instance, formula)
        if text is not None:
            wanted, hint = formula.gives
            about = formula.about.value if formula.about else ""
            source = formula.source or instance.kind.source
            said = source.value if source else ""
            self._derive(instance, name, text, which, wanted, hint, about, said)

    def _derive(
        self,
        instance: Instance,
        name: str,
        text: Text,
        which: str,
        wanted: Dimension | None,
        hint: str,
        about: str,
        source: str,
    ) -> None:
        """Draft a formula of the library."""
        whole, place = instance.whole(name), instance.place
        tree = self.parsed(text, whole)
        quantity = Quantity(whole, text, tree, Origin.DERIVED, place, wanted, hint, about, source)
        self.add(Draft(quantity, instance, which))

    def _pin(
        self, instance: Instance, name: str, wanted: Dimension | None, hint: str, about: str
    ) -> None:
        text = instance.given[name]
        bounds = Bounds(above=_ZERO) if hint == "whole" else Bounds(minimum=_ZERO)
        self._draft(
            instance,
            name,
            text,
            Origin.PINNED,
            wanted=wanted,
            hint=hint,
            about=about,
            bounds=bounds,
        )

    def _case(self, instance: Instance, formula: Formula) -> Text | None:
        if formula.formula is not None:
            return formula.formula
        if formula.cases is not None and formula.by is not None:
            choice = self.choices[instance.whole(formula.by.value)]
            return formula.cases.get(choice.value)
        for parameter, text in (formula.first_given or {}).items():
            if parameter == "else" or instance.is_given(parameter):
                return text
        return None

    def _resource(self, instance: Instance, name: str, resource: Resource) -> None:
        """Draft a resource whose condition asks which quantities there are."""
        assert resource.only_if is not None
        if self.holds(parse(resource.only_if.value), instance):
            shape = resource.model_copy(update={"only_if": None})
            for step in self._resource_steps(instance, name, shape):
                self._do(instance, step)

    def _along_path(self, action: Instance) -> None:
        """What an action does at each component that it waits for, those it reaches first first."""
        visited = list(self._visited(action.path))
        for component in visited:
            for template, formula in action.kind.for_each_component.items():
                self._repeated(action, template, formula, {"<component>": component})
        self.branches[action.path] = found = []
        if action.kind.for_each_branch:
            self.branches[action.path] = found = branches(action, visited, self)
            self._branches(action, visited, found)
        self._unknown_visits(action)

    def _branches(self, action: Instance, visited: list[str], found: list[Branch]) -> None:
        """Draft what an action does in each branch of its path."""
        above = self._groups.get(action.path)
        if above is None:
            self._drafted_of(action, self._branch_steps(action, found))
            return
        owners = (*visited, action.path)
        key, along = tuple(flows_of(action, visited, self)), above.pattern.along
        pattern = along.get(key)
        if pattern is None:
            steps = list(self._branch_steps(action, found))
            pattern = Pattern(steps, on_path=True)
            if not pattern.has_words(owners):
                known_patterns().count(pattern)
                along[key] = pattern
        quantities, names = self._drafted_of(action, pattern.steps)
        if quantities and len(quantities) == len(pattern.pieces):
            first = names[0]
            names = [*names, *(action.whole(name) for name in pattern.others)]
            self._path_groups[first] = Group(action, pattern, quantities, names, owners)

    def _branch_steps(self, action: Instance, found: list[Branch]) -> Iterator[Step]:
        for branch in found:
            for template, formula in action.kind.for_each_branch.items():
                for component in branch.counts if "<component>" in template else [""]:
                    words = {"<branch>": branch.name, "<component>": component}
                    yield from self._repeated_steps(action, template, formula, words, on_path=True)

    def _unknown_visits(self, action: Instance) -> None:
        """Report what is given of calls that are not waited for."""
        for name, text in action.given.items():
            if action.whole(name) not in self.drafts and action.kind.is_repeated(name):
                known = [n for n in self.below(f"{action.path}.") if ".visits." in n]
                self.problems.add(
                    "E007",
                    f"`{short(action.whole(name))}` does not exist: no such call is waited for",
                    action.keys.get(name, text.place),
                    help=did_you_mean(action.whole(name), known),
                )

    def _repeated(
        self, instance: Instance, template: str, formula: Formula, words: dict[str, str]
    ) -> None:
        for step in self._repeated_steps(instance, template, formula, words):
            self._do(instance, step)

    def _visits_nothing(self, text: Text, action: Instance) -> bool:
        try:
            node = parse(text.value)
        except FormulaError:
            return False  # reported where it is drafted
        if not isinstance(node, Call) or node.function not in VISITS:
            return False
        return not VISITS[node.function](node, action, self)

    def _visited(self, action: str) -> Iterator[str]:
        """The components on an action's path, each after those that call it; none in a circle."""
        path = self.path(action)
        graph = {name: [c for c in path if self.calls_of(c, name)] for name in path}
        if not any(graph.values()):
            yield from path
            return
        sorter = TopologicalSorter(graph)
        try:
            yield from sorter.static_order()
        except CycleError:
            return  # reported where the flows go round

    def calls_of(self, sender: str, component: str) -> dict[str, Text]:
        """The flows of a sender that waits for a component, with the calls for each event."""
        if component not in self._calls_by_sender:
            by_sender: dict[str, dict[str, Text]] = {}
            for flow, calls in self.waited_for(component).items():
                by_sender.setdefault(flow.split(".", 1)[0], {})[flow] = calls
            self._calls_by_sender[component] = by_sender
        return self._calls_by_sender[component].get(sender, {})

    def waited_for(self, component: str) -> dict[str, Text]:
        """The flows whose senders wait for a component, with the calls for each event."""
        received = self.by_path[component].flows.get("receives", {})
        return {f: calls for f, calls in received.items() if f not in self.asynchronous}

    def _send(self, instance: Instance, name: str, send: Send, received: set[str]) -> None:
        flow = Flow(instance.whole(name))
        if send.asynchronous is not None:
            self.asynchronous.add(flow.name)
        if send.when_received is not None and flow.name not in received:
            self.flows[flow.name] = flow
            return
        for part, text in send.carries.items():
            dotted = part.replace("stored_", "stored.")
            for which in ("",) if part.startswith("stored_") else AVERAGE_AND_PEAK:
                field_name = f"{dotted}.{which}" if which else dotted
                local = f"{name}.{field_name}" if name != "self" else f"sent.{field_name}"
                own_name = name != "self" and send.when_received is None
                alias = None if own_name else self._alias(instance, text, which)
                wanted, _ = read_dimension(_FIELD_DIMENSION[part])
                about = send.about.value if send.about else ""
                if local in instance.given:
                    self._pin(instance, local, wanted, "", about)
                    alias = instance.whole(local)
                elif alias is None:
                    source = instance.kind.source.value if instance.kind.source else ""
                    self._derive(instance, local, text, which, wanted, "", about, source)
                    alias = instance.whole(local)
                flow.fields[field_name] = alias
        self.flows[flow.name] = flow

    def _alias(self, instance: Instance, text: Text, which: str) -> str | None:
        """A field that only repeats a quantity of the instance needs no name of its own."""
        name = f"{text.value}.{which}" if which else text.value
        whole = instance.whole(name)
        return whole if whole in self.drafts else None

    # --- conditions -------------------------------------------------------------------------------

    def holds(self, node: Node, instance: Instance) -> bool:
        """The truth of a condition of `given(...)`, `any(...)`, `not`, `and` and `or`."""
        match node:
            case Call(function="given"):
                given, flows = instance.given, instance.flows
                return any(a.path in given or a.path in flows for a in _names(node))
            case Call(function="any"):
                return any(self.matches(a.path, instance) for a in _names(node))
            case Not():
                return not self.holds(node.operand, instance)
            case Logic(op="and"):
                return all(self.holds(o, instance) for o in node.operands)
            case Logic():
                return any(self.holds(o, instance) for o in node.operands)
        raise FormulaError("E031", "only `given` and `any` can be asked here", node.span)

    def matches(self, pattern: str, instance: Instance | None) -> list[str]:
        """The whole names that a pattern stands for, in the order of the file."""
        if "*" not in pattern:
            names = [pattern] if instance is None else [instance.whole(pattern), pattern]
            return [n for n in names if n in self.drafts][:1]
        before, after = pattern.split("*", 1)
        groups = {"actions.": self.actions, "components.": self.components}
        if before == "path." and instance is not None:
            groups[before] = self.path(instance.path)
        elif instance is not None and before[:-1] in instance.flows:
            groups[before] = list(instance.flows[before[:-1]])
        if before in groups:
            return [p + after for p in groups[before] if p + after in self.drafts]
        local = instance.whole(before) if instance is not None else before
        return self._right_below(local, after) or self._right_below(before, after)

    def path(self, action: str) -> list[str]:
        """The components that an action waits for: all that its flows reach without a queue."""
        if not self._paths:
            receivers: dict[str, list[str]] = {}
            for component in self.components:
                for flow in self.waited_for(component):
                    receivers.setdefault(flow.split(".", 1)[0], []).append(component)
            self._paths = {name: self._reached(name, receivers) for name in self.actions}
        return self._paths.get(action, [])

    def _reached(self, action: str, receivers: dict[str, list[str]]) -> list[str]:
        reached: set[str] = set()
        pending = [action]
        while pending:
            fresh = [c for c in receivers.get(pending.pop(), []) if c not in reached]
            reached.update(fresh)
            pending.extend(fresh)
        return [c for c in self.components if c in reached]

    def below(self, start: str) -> list[str]:
        """The names that begin so; kept by their first part, for speed."""
        self._sort()
        names = self._by_first.get(start.split(".", 1)[0], [])
        return [n for n in names if n.startswith(start)]

    def _right_below(self, start: str, after: str) -> list[str]:
        """The names with one part, or with a part of one, between what they begin and end with."""
        self._sort()
        if not after and start.endswith("."):
            return list(self._by_parent.get(start[:-1], ()))
        least = len(start) + len(after)
        found = [n for n in self.below(start) if n.endswith(after) and len(n) > least]
        return [n for n in found if "." not in n[len(start) : len(n) - len(after)]]

    def _sort(self) -> None:
        if self._unsorted:
            for name in self._unsorted:
                self._by_first[name.split(".", 1)[0]].append(name)
                self._by_parent[name.rpartition(".")[0]].append(name)
            self._unsorted.clear()

    # --- settling ---------------------------------------------------------------------------------

    def settle_groups(self) -> None:
        """Settle what patterns drafted, where all of it is right: a wrong one is left for later."""
        if self.broken or self.incomplete:
            return
        known_patterns().turn += 1
        for group in self._groups.values():
            self._settle_group(group)

    def settle_path(self, draft: Draft) -> None:
        """Settle what is drafted along a path that begins with a draft, likewise."""
        group = self._path_groups.get(draft.quantity.name)
        if group is not None and not self.broken and not self.incomplete:
            self._settle_group(group)

    def _settle_group(self, group: Group) -> None:
        instance, pattern, quantities, names, owners = group

        def answer(asked: Asked, names: list[str]) -> Answer:
            kind, node, which = asked
            named: list[str] = []
            found = self._key(kind, node, instance, which, named)
            names += named
            return found

        names = list(names)
        plan = pattern.plan(answer, names)
        if plan is None and pattern.is_known(known_patterns().turn):
            plan, names = self._plan(group)
        if plan is not None:
            names += [f"{owners[owner]}.{name}" for owner, name in plan.fixed]
            table = tuple(names)
            plan.settle(quantities, table)
            for condition, settled in zip(pattern.conditions, plan.conditions(table), strict=True):
                self.settled_checks[instance.path, condition] = settled

    def _plan(self, group: Group) -> tuple[Plan | None, list[str]]:
        """A new plan with its names, or None where a formula is wrong."""
        instance, pattern = group.instance, group.pattern
        planning = _Planning(self, instance, pattern, list(group.names), group.owners)
        asked = [(piece.text.value, piece.which, piece.tree) for piece in pattern.pieces]
        asked += [(condition, "", parse(condition)) for condition in pattern.conditions]
        outcomes: list[tuple[Outcome, tuple[int, ...]]] = []
        for text, which, tree in asked:
            if isinstance(tree, Number | Literal):
                outcomes.append((_constant(text).outcome, ()))
                continue
            try:
                self.settled_formula(text, instance, which)
            except FormulaError:
                return None, []
            found = known_answers().replayed(text, which, planning.answer)
            if found is None:
                return None, []
            outcomes.append(found)
        plan = planning.plan(outcomes)
        if plan is not None and not plan.has_words(group.owners):
            known_patterns().count(pattern)
            pattern.keep([(a, found) for a, (found, _) in planning.answers.items()], plan)
        return plan, planning.names

    def settled(self, draft: Draft) -> Settled:
        """A draft's formula with whole names, as `simplified` has it.

        Raises:
            FormulaError: As `simplified` does.
        """
        quantity, instance = draft.quantity, draft.instance
        if quantity.origin.replaces_library:
            instance = None  # the user's own formulas use whole names
        tree, text = quantity.tree, quantity.text.value
        if quantity.name in self.broken or tree is not parse(text):
            return alone(self.simplified(tree, instance, draft.which))
        if isinstance(tree, Number | Literal):
            return _constant(text)
        if instance is None:
            return alone(self.simplified(tree, instance, draft.which))
        return self.settled_formula(text, instance, draft.which)

    def settled_formula(self, formula: str, instance: Instance, which: str = "") -> Settled:
        """A formula of the library with whole names, as `simplified` has it."""
        known, meant = known_answers(), self._meant.setdefault((instance.path, which), {})
        found = known.find(formula, meant, self._key, instance, which)
        if found is not None:
            return found
        self._asked = asked = _Asked([], [])
        try:
            tree = self.simplified(parse(formula), instance, which)
        finally:
            self._asked = None
        if any(answer is None for _, answer in asked.questions):  # the formula is wrong
            return alone(self.simplified(parse(formula), instance, which))
        outcome = Outcome(tree, len(asked.names))
        known.keep(formula, asked.questions, outcome)
        return Settled.of(outcome, asked.names)

    def _answer(self, kind: str, node: Any, instance: Any, which: str) -> Any:
        """What a formula asks of the scenario while it is settled."""
        if kind == "name":
            return self._meaning(node.path, instance, which)
        if kind == "holds":
            return self.holds(node, instance)
        if kind == "matches":
            suffixed = f"{node.path}.{which}" if which else node.path
            return self.matches(suffixed, instance) or self.matches(node.path, instance)
        if kind == "visits":
            return self._visits(node, instance, which)
        return VISITS[kind](node, instance, self)

    def _key(
        self, kind: str, node: Node, instance: Instance, which: str, names: list[str]
    ) -> Answer:
        """An answer but for its names, which are added to others."""
        if kind == "holds":
            return self.holds(node, instance)
        answer = self._answer(kind, node, instance, which)
        if answer is None:
            return None
        if kind == "name":
            names.append(answer)
            return ""
        if kind == "matches":
            names += answer
            return len(answer)
        return tuple([numbered(term, names) for term in answer])

    def _ask(self, kind: str, node: Node, instance: Instance | None, which: str) -> Any:
        """An answer; while an outcome is to be kept, with numbers in the place of names."""
        if self._asked is None or instance is None:
            return self._answer(kind, node, instance, which)
        questions, names = self._asked
        start = len(names)
        key = self._key(kind, node, instance, which, names)
        questions.append(((kind, node), key))
        if kind == "name":
            return None if key is None else str(start)
        if kind == "matches":
            return [str(number) for number in range(start, len(names))]
        return key

    def simplified(self, node: Node, instance: Instance | None, which: str = "") -> Node:
        """The tree with whole names, and without `given`, `visits` and patterns."""

        def of(part: Node) -> Node:
            return self.simplified(part, instance, which)

        match node:
            case Name() if node.is_pattern:
                raise FormulaError(
                    "E026",
                    f"`{node.path}` stands for several names",
                    node.span,
                    help=f"put it into a function: `sum({node.path})`",
                )
            case Name():
                return self._name(node, instance, which)
            case Number() | Literal() | UnitRef():
                return node
            case Chain():
                first = of(node.first)
                rest = tuple([(op, self._term(op, of(term))) for op, term in node.rest])
                return _without_ones(Chain(first, rest, node.span), node)
            case Convert(unit=Chain() as unit):
                rest = tuple((op, self._noun(of(term))) for op, term in unit.rest)
                whole = unit._replace(first=self._noun(of(unit.first)), rest=rest)
                return node._replace(operand=of(node.operand), unit=whole)
            case Call():
                return self._call(node, instance, which, of)
            case _:
                return rebuilt(node, of)

    def _call(
        self, node: Call, instance: Instance | None, which: str, of: Callable[[Node], Node]
    ) -> Node:
        if instance is not None:
            if node.function == "visits":
                return _added(self._ask("visits", node, instance, which), node)
            if node.function in VISITS:
                return _added(self._ask(node.function, node, instance, which), node)
            if node.function == "if" and _is_static(node.arguments[0]):
                condition, then, otherwise = node.arguments
                return of(then if self._ask("holds", condition, instance, which) else otherwise)
        arguments: list[Node] = []
        for argument in node.arguments:
            if isinstance(argument, Name) and argument.is_pattern:
                names = self._ask("matches", argument, instance, which)
                if not names and instance is None:
                    raise FormulaError(
                        "E014", f"no quantity has a name like `{argument.path}`", argument.span
                    )
                arguments.extend(Name(n, argument.span, absolute=True) for n in names)
            else:
                arguments.append(of(argument))
        if not arguments and node.arguments:
            return Call(EMPTY, (), node.span, node.name_span)
        return node._replace(arguments=tuple(arguments))

    def _visits(self, node: Call, instance: Instance, which: str) -> tuple[Node, ...]:
        """For each received flow the calls for each event times a field of the flow."""
        parameter, wanted = node.arguments
        assert isinstance(parameter, Name)
        assert isinstance(wanted, Name)
        terms: list[Node] = []
        for flow_name, text in instance.flows.get(parameter.path, {}).items():
            flow = self.flows.get(flow_name)
            if flow is None:
                continue  # reported once, by `check_flows`
            name = flow.fields.get(f"{wanted.path}.{which}" if which else wanted.path)
            if name is None:
                continue
            term: Node = Name(name, node.span, absolute=True)
            if text.value.strip() != "1":
                calls = instance.whole(f"{parameter.path}.{flow_name}")
                term = Chain(Name(calls, node.span, absolute=True), (("*", term),), node.span)
            terms.append(term)
        return tuple(terms)

    def _name(self, node: Name, instance: Instance | None, which: str) -> Node:
        if node.absolute:
            return node
        path = self._ask("name", node, instance, which)
        return node if path is None else Name(path, node.span, absolute=True)

    def _meaning(self, name: str, instance: Instance | None, which: str) -> str | None:
        """The whole name that a name means, or None."""
        scope = None if instance is None else instance.path
        meant = self._meant.setdefault((scope, which), {})
        if name in meant:
            return meant[name]
        for path in _readings(name, instance, which):
            if path in self.drafts or self._base_rate(path):
                if self.is_complete:  # until then a nearer one may still come
                    meant[name] = path
                return path
        return None

    def _base_rate(self, path: str) -> bool:
        """Draft a figure of the catalogue of base rates, where a formula names one."""
        rate = base_rate(path)
        if rate is None:
            return False
        quantity = Quantity(
            path,
            rate.text,
            parse(rate.text.value),
            Origin.DERIVED,
            None,
            rate.dimension,
            about=rate.about,
            source=rate.source,
        )
        self.add(Draft(quantity, None))
        return True

    def _term(self, op: str, node: Node) -> Node:
        return self._noun(node) if op == "/" else node

    def _noun(self, node: Node) -> Node:
        """One for the noun in `$5/user`, unless a quantity of the scenario could be meant."""
        if not isinstance(node, Name) or node.absolute or node.path in taken_names():
            return node
        noun = unit_table().noun(node.path)
        self._sort()
        if noun is None or (self._by_first.keys() - taken_names()) & unit_table().forms(noun.name):
            return node
        return Number(1.0, node.span)

    def check_flows(self) -> None:
        """Report flows that are received and that nobody sends."""
        sent = {n: None for n, f in self.flows.items() if n}
        actions = dict.fromkeys(self.actions)
        for instance in self.instances:
            for name, flows in instance.flows.items():
                shape = instance.kind.parameters[name].flows
                only_actions = shape is not None and shape.value != "all"
                known = actions if only_actions else sent
                for flow, text in flows.items():
                    if flow not in known and not self.comes_from_broken(flow):
                        self._unknown_flow(instance, name, flow, list(known), text)

    def _unknown_flow(
        self, instance: Instance, name: str, flow: str, known: list[str], text: Text
    ) -> None:
        place = _word_near(instance.keys.get(name, text.place), text, flow)
        if name in ("per", "for"):
            message = f"there is no action `{flow}`"
            if flow in self.components:
                message = f"`{flow}` is a component and no action"
        elif flow in self.components:
            message = f"`{flow}` sends nothing on that could be received"
        else:
            message = f"nobody sends `{flow}`"
        help_ = did_you_mean(flow, known)
        if help_ is None and known:
            what = "the actions are " if name in ("per", "for") else "what is sent: "
            help_ = what + ", ".join(known[:12])
        self.problems.add("E021", message, place, help=help_)


def _word_near(place: Place | None, text: Text, flow: str) -> Place:
    """The flow's name in the file: the item of a list, or the key before the calls."""
    source = text.place.source.text
    if source[text.place.start : text.place.end] == flow:
        return text.place
    start = source.rfind(flow, 0, text.place.start)
    if place is None or start < 0:
        return text.place
    return Place(text.place.source, start, start + len(flow))


def _for(text: Text | None, words: dict[str, str]) -> Text | None:
    """A template's text for one component, or one branch."""
    return None if text is None else Text(_filled(text.value, words), text.place)


def _filled(template: str, words: dict[str, str]) -> str:
    for stands, word in words.items():
        template = template.replace(stands, word)
    return template


def _without_ones(made: Chain, written: Chain) -> Node:
    """A product without the factors that a settled `if` made one."""
    if not any(isinstance(old, Call) for _, old in written.rest):
        return made
    pairs = zip(made.rest, written.rest, strict=True)
    rest = tuple(
        new
        for new, old in pairs
        if not (
            new[0] in "*/"
            and isinstance(new[1], Number)
            and new[1].value == 1.0
            and isinstance(old[1], Call)
        )
    )
    return made._replace(rest=rest) if rest else made.first


def _added(terms: Sequence[Node], node: Call) -> Node:
    """The sum of terms, each in the place of a call."""
    if not terms:
        return Call(EMPTY, (), node.span, node.name_span)
    if len(terms) == 1:
        return terms[0]
    return Chain(terms[0], tuple(("+", t) for t in terms[1:]), node.span)


def _readings(path: str, instance: Instance | None, which: str) -> list[str]:
    """What a name may mean, nearest first: the instance's own, then the scenario's."""
    names = [f"{path}.{which}", path] if which else [path]
    return names if instance is None else [instance.whole(n) for n in names] + names


def _names(node: Call) -> list[Name]:
    return [a for a in node.arguments if isinstance(a, Name)]


def _is_static(node: Node) -> bool:
    """Is it a condition that the model settles before anything is computed?"""
    return any(isinstance(n, Call) and n.function in ("given", "any") for n in walk(node))


@lru_cache(maxsize=8192)
def may_have_range(formula: str) -> bool:
    """Could there be a range or a distribution in a formula?"""
    return _PERHAPS_RANGE.search(formula) is not None


_PERHAPS_RANGE = re.compile(rf"\bto\b|±|\b(?:{'|'.join(DISTRIBUTIONS)})\b")


def _with_names(tree: Node, names: MappingType[Span, str]) -> Node:
    """The tree with each range replaced by its name."""
    if is_range(tree):
        return Name(names[tree.span], tree.span, absolute=True)
    return rebuilt(tree, lambda part: _with_names(part, names))


_CHEAPEST = re.compile(r"cheapest(?: of (.*))?")


def is_open(text: Text) -> bool:
    """Is an entry to be chosen, instead of named?"""
    return _CHEAPEST.fullmatch(" ".join(text.value.split())) is not None


def scope_of(text: Text) -> str:
    """What `cheapest of aws` chooses from; nothing for all."""
    found = _CHEAPEST.fullmatch(" ".join(text.value.split()))
    return (found.group(1) or "").strip() if found else ""


@lru_cache(maxsize=8192)
def _constant(formula: str) -> Settled:
    """A number or a literal, which asks nothing of a scenario."""
    return Settled(Outcome(parse(formula), 0), ())


@lru_cache(maxsize=1024)
def _asks_any(condition: str) -> bool:
    """Does a condition ask which quantities there are? Then they have to be drafted before."""
    return _has_any(parse(condition))


def _has_any(condition: Node) -> bool:
    return any(isinstance(n, Call) and n.function == "any" for n in walk(condition))


@lru_cache(maxsize=1024)
def _asks_of_path(formula: str) -> bool:
    """Does a formula ask by what path requests come? That is known where all is drafted."""
    return _PERHAPS_OF_PATH.search(formula) is not None


_PERHAPS_OF_PATH = re.compile(rf"\b(?:{'|'.join(VISITS)})\b")


def _says_something(instance: Instance, name: str, parameter: Parameter) -> bool:
    """Is a parameter given, or has it a default, or is it missed?"""
    said = (parameter.default, parameter.required, parameter.flows, parameter.catalog)
    return name in instance.given or any(one is not None for one in said)


def _parameter_step(instance: Instance, name: str, parameter: Parameter) -> Step:
    """What `_parameter` does with the same arguments."""
    drafted = name in instance.given and parameter.catalog is None and parameter.flows is None
    call = Anew("_parameter", (name, parameter), name if drafted else "")
    if drafted or parameter.catalog is not None or parameter.flows is not None:
        return call
    if parameter.default is None:
        return call
    return _value_piece(name, parameter, parameter.default, Origin.DEFAULT) or call


def _field_step(name: str, shape: Parameter, entry: Entry, field: str, *, is_given: bool) -> Step:
    """What drafts a field of a catalogue's entry."""
    if is_given:
        return Anew("_given_value", (name, shape), name)
    text, origin, source = entry.fields.get(field), Origin.DERIVED, f"{entry.name}: {entry.source}"
    if text is None:
        text, origin, source = shape.default, Origin.DEFAULT, ""
    assert text is not None
    call = Anew("_value", (name, shape, text, origin, source), name)
    return _value_piece(name, shape, text, origin, source) or call


def _value_piece(
    name: str, parameter: Parameter, text: Text, origin: Origin, source: str = ""
) -> Piece | None:
    """What `_value` drafts with the same arguments; None where it depends on the scenario."""
    if parameter.share_of is not None or may_have_range(text.value):
        return None
    wanted, hint = parameter.takes
    piece = _piece(name, text, "", wanted, hint, parameter.about.value, source)
    if piece is None or origin is Origin.DERIVED:
        return piece
    said, assumption = _said(parameter)
    bounds = _bounds(parameter, hint)
    return piece._replace(origin=origin, source=said, assumption=assumption, bounds=bounds)


def _piece(
    name: str,
    text: Text,
    which: str,
    wanted: Dimension | None,
    hint: str,
    about: str,
    source: str,
    *,
    on_path: bool = False,
) -> Piece | None:
    """A formula of the library; None where it is wrong, or asks by what path requests come."""
    if not on_path and _asks_of_path(text.value):
        return None
    try:
        tree = parse(text.value)
    except FormulaError:
        return None
    return Piece(name, text, tree, Origin.DERIVED, wanted, hint, about, source, "", None, which)


def _said(parameter: Parameter) -> tuple[str, str]:
    source = parameter.source.value if parameter.source else ""
    assumption = parameter.assumption.value if parameter.assumption else ""
    return source, assumption


def _bounds(parameter: Parameter, hint: str) -> Bounds:
    highest = parameter.maximum
    if highest is None and hint in ("share", "nines"):
        highest = _WHOLE
    lowest = parameter.minimum or _ZERO
    return Bounds(parameter.above, lowest, highest)
