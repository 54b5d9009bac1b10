"""What is given of the instances of a scenario, or left to defaults and catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field

from estimator.catalog import Catalog, Entry, catalog
from estimator.diagnostics import Diagnostic, Text, did_you_mean, short
from estimator.formula.compile import computed
from estimator.formula.dimensions import infer, read_billions
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import (
    Call,
    Chain,
    Compare,
    Name,
    Node,
    Number,
    Range,
)
from estimator.library import Parameter
from estimator.model.drafts import Draft
from estimator.model.instance import Instance
from estimator.model.patterns import Anew, Group, Pattern, Step, known_patterns
from estimator.model.quantity import Bounds, Choice, MachineParameter, Origin, Quantity
from estimator.model.settling import Settling
from estimator.model.steps import ZERO, bounds_of, field_step, said_of
from estimator.units import DATA, PLAIN, TIME, Calendar, Dimension

_ONE = Text.of("bounds", "1")
_MOST_SHOWN = 8  # fields of an entry
_SHORT = 20  # characters of a field that is shown


@dataclass
class Parameters(Settling):
    """Drafts to which parameters can be added.

    Attributes:
        machines: The parameters that name a machine.
    """

    machines: list[MachineParameter] = field(default_factory=list)

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
        bounds = Bounds(above=ZERO) if hint == "whole" else Bounds(minimum=ZERO)
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

    # --- parameters -------------------------------------------------------------------------------

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
            if text is not None and parameter.choices[0].value == "true":
                text = Text(_YES_OR_NO.get(text.value.lower(), text.value), text.place)
            if text is None and parameter.default is not None:
                text, origin = parameter.default, Origin.DEFAULT
                text = Text(self._default_choice(text, instance), text.place)
            if text is None:
                self._lacks(instance, name, parameter)
            if text is None or not self.is_choice(name, parameter.choices, text):
                text = parameter.choices[0]
            whole = instance.whole(name)
            self.choices[whole] = Choice(
                whole, text.value, origin, parameter.about.value, *said_of(parameter)
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
        source, assumption = said_of(parameter) if origin is Origin.DEFAULT else (source, "")
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
            bounds=None if origin is Origin.DERIVED else bounds_of(parameter, hint),
        )

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

    def _calls(self, instance: Instance, name: str, parameter: Parameter) -> None:
        """A number of calls for each flow that is received."""
        assert parameter.flows is not None
        if parameter.flows.value == "names":
            return
        batches = instance.batches.get(name, {})
        for flow, text in instance.flows.get(name, {}).items():
            about = f"Calls for each event of {flow}."
            if flow in batches:
                about = f"Calls for each event of {flow}, were there no batches."
            self._draft(
                instance,
                f"{name}.{flow}.calls" if flow in batches else f"{name}.{flow}",
                text,
                Origin.GIVEN,
                wanted=PLAIN,
                about=about,
                bounds=Bounds(minimum=ZERO),
            )

    def _draft_batches(self) -> None:
        """Draft the calls for each event of flows that are received in batches.

        A batch is of so many events, of so many bytes, or of what comes in so much time; a call
        carries no less than one event.
        """
        for instance in self.instances:
            for name, batches in instance.batches.items():
                for flow, text in batches.items():
                    self._batch(instance, f"{name}.{flow}", flow, text)

    def _dimension_of(self, text: Text) -> Dimension:
        """Return what a batch counts: events, unless its formula is of bytes or seconds."""

        def dimension(name: Name) -> Dimension:
            for other in self.instances:
                parameter = other.kind.parameters.get(name.path.removeprefix(f"{other.path}."))
                if name.path.startswith(f"{other.path}.") and parameter and parameter.dimension:
                    return parameter.takes[0]
            return PLAIN

        try:
            found = infer(parse(text.value), dimension)
        except FormulaError:
            return PLAIN
        return found if found in (DATA, TIME) else PLAIN

    def _batch(self, instance: Instance, name: str, flow: str, text: Text) -> None:
        wanted = self._dimension_of(text)
        about = f"The events of {flow} in a call, their bytes, or the time between two calls."
        bounds = Bounds(above=ZERO) if wanted != PLAIN else Bounds(minimum=_ONE)
        self._draft(
            instance, f"{name}.batch", text, Origin.GIVEN, wanted=wanted, about=about, bounds=bounds
        )
        batch, calls = instance.whole(f"{name}.batch"), instance.whole(f"{name}.calls")
        carried = self.flows[flow].fields if flow in self.flows else {}
        rate = _sum_of(carried, ("reads.average", "writes.average"))
        size = _sum_of(carried, ("ingress.average", "egress.average"))
        formula = f"{calls} * min(1, 1 / {batch})"
        if wanted == TIME:
            formula = f"{calls} * if({rate} > 0/s, min(1, 1 / (max({rate}, 1e-30/s) * {batch})), 1)"
        elif wanted == DATA:
            formula = (
                f"{calls} * if({rate} > 0/s, min(1, {size} / max({rate}, 1e-30/s) / {batch}), 1)"
            )
        written = Text(formula, text.place)
        whole, source = (
            instance.whole(name),
            "By definition; a batch divides calls and keeps bytes.",
        )
        quantity = Quantity(
            whole,
            written,
            self.parsed(written, whole),
            Origin.DERIVED,
            text.place,
            PLAIN,
            about=f"Calls for each event of {flow}, in batches.",
            source=source,
        )
        self.add(Draft(quantity, None))

    # --- catalogues -------------------------------------------------------------------------------

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
            default = entries.get(parameter.default.value) if parameter.default else None
            entry = default or entries.candidates("*")[0]
        whole = instance.whole(name)
        given = frozenset(
            [field for field in entries.fields if f"{name}.{field}" in instance.given]
        )
        self._draft_entry(instance, name, parameter.catalog.value, entry, given)
        if not is_open(chosen) and "price" not in given:
            self._warn_of_shape(instance, name, entries, entry, given)
        taken = [
            f"{field} {text.value}"
            for field, text in entry.fields.items()
            if field not in given and len(text.value) < _SHORT
        ]
        shown = ", ".join(taken) if len(taken) <= _MOST_SHOWN else ""  # else its source says more
        self.choices[whole] = Choice(
            whole, entry.name, origin, parameter.about.value, entry.source, shown
        )

    def _warn_of_shape(
        self, instance: Instance, name: str, entries: Catalog, entry: Entry, given: frozenset[str]
    ) -> None:
        """Warn where a machine is given a shape that it is not sold in, so that its price stays."""
        if entry.cloud == "generic":
            return  # nobody sells it, and the price follows
        other: dict[str, str] = {}
        for part, shape in entries.fields.items():
            if shape.priced is None or part not in given:
                continue
            sold, said = entry.fields.get(part) or shape.default, instance.given[f"{name}.{part}"]
            if sold is not None and not _is_same(said, sold, float(shape.priced.value)):
                other[part] = "none" if part not in entry.fields else sold.value
        if not other:
            return
        first = f"{name}.{next(iter(other))}"
        asked = ", ".join(f"`{name}.{p}: {instance.given[f'{name}.{p}'].value}`" for p in other)
        sold_with = ", ".join(f"{p} {figure}" for p, figure in other.items())
        self.problems.add(
            "W115",
            f"{entry.name} is not sold with {asked} (it has {sold_with}), and its price stays",
            instance.keys.get(first, instance.given[first].place),
            help="leave `disk` out, so that data is kept on volumes, or name a machine with disks"
            if list(other) == ["disk"]
            else f"name a machine that has this, or give its price, too: `{name}.price`",
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
                field_step(name, shapes, entry, field, is_given=field in given)
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


def _is_same(a: Text, b: Text, slack: float) -> bool:
    """Return whether a value is what is sold, or at most so many times as much."""
    try:
        first, second = (float(computed(parse(t.value), str, Calendar())) for t in (a, b))
    except (FormulaError, ArithmeticError, ValueError, NameError):
        return False
    least = second if slack == 1 else 0.0
    return least * 0.99 <= first <= second * slack * 1.01


def _sum_of(carried: MappingType[str, str], fields: tuple[str, ...]) -> str:
    """Return the formula for the sum of what a flow carries of some fields."""
    names = [carried[field] for field in fields if field in carried]
    return f"({' + '.join(names)})" if names else "0/s" if "reads.average" in fields else "0 B/s"


_YES_OR_NO = {"true": "yes", "on": "yes", "yes": "yes", "false": "no", "off": "no", "no": "no"}
"""What YAML has for a choice between two."""

_CHEAPEST = re.compile(r"cheapest(?: of (.*))?")


def is_open(text: Text) -> bool:
    """Is an entry to be chosen, instead of named?"""
    return _CHEAPEST.fullmatch(" ".join(text.value.split())) is not None


def scope_of(text: Text) -> str:
    """What `cheapest of aws` chooses from; nothing for all."""
    found = _CHEAPEST.fullmatch(" ".join(text.value.split()))
    return (found.group(1) or "").strip() if found else ""
