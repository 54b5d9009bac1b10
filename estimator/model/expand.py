"""Kinds in use to named formulas, with flows wired."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from estimator.diagnostics import InputError, Place, Text, did_you_mean, short
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Call
from estimator.library import AVERAGE_AND_PEAK, Check, Formula, Send, shipped_kind
from estimator.library.dimension_words import read_dimension
from estimator.library.kind import Resource, dotted, is_stock
from estimator.library.loader import shipped_kinds
from estimator.model.drafts import Flow
from estimator.model.instance import SPLITS, Instance
from estimator.model.parameters import Parameters
from estimator.model.patterns import Anew, Group, Pattern, Step, known_patterns
from estimator.model.steps import (
    asks_any,
    asks_of_path,
    filled,
    filled_text,
    parameter_step,
    piece_of,
    says_something,
)
from estimator.model.visits import VISITS, Branch, branches, flows_of
from estimator.units import Dimension

MOST = 100_000
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
_FIELD_DIMENSION |= {
    f"record_{part}": _FIELD_DIMENSION[part]
    for part in ("ingress", "egress", "stored_per_day", "stored_retained")
}


class _Waiting(NamedTuple):
    """A formula whose condition asks for what is drafted, with what `_derive_case` takes."""

    instance: Instance
    only_if: str
    formula: tuple[str, Formula, str, Text | None]


@dataclass
class Expansion(Parameters):
    """All drafts of a scenario, made of the kinds that it uses.

    Attributes:
        checks: What is checked of which instance.
    """

    checks: list[tuple[Instance, Check]] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)

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
        self._draft_batches()

    def _kind(self, instance: Instance) -> None:
        """Draft the parameters, the formulas and the resources of an instance."""
        pattern = self._pattern(instance)
        self._draft_pattern(instance, pattern, instance.path)
        self.checks += [(instance, check) for check in pattern.checks]

    def _pattern(self, instance: Instance) -> Pattern:
        """What is drafted of an instance; it is kept for a kind that is shipped."""
        kind, given = instance.kind, instance.given
        name = kind.kind.value
        if name not in shipped_kinds() or kind is not shipped_kind(name):
            return Pattern(list(self._steps(instance)), self._checks(instance))
        chosen = [c.value for n in kind.chosen if (c := self.choices.get(instance.whole(n)))]
        wired = frozenset([*instance.flows, *instance.stores])
        key = (name, frozenset(given), wired, tuple(chosen))
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
            if asked is None or asks_any(asked.value):
                yield check
            elif self.holds(parse(asked.value), instance):
                yield check.model_copy(update={"only_if": None})

    def _steps(self, instance: Instance) -> Iterator[Step]:
        kind = instance.kind
        for name, parameter in kind.parameters.items():
            if parameter.choices is None and says_something(instance, name, parameter):
                yield parameter_step(instance, name, parameter)
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
        wanted, hint, about, source = _told(formula, instance)
        if name in instance.given:
            yield Anew("_pin", (name, wanted, hint, about), name)
            return
        only_if = only_if or formula.only_if
        if only_if is not None and asks_any(only_if.value):
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
            yield piece_of(name, text, which, wanted, hint, about, source, on_path=on_path) or call

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
            self._derive(instance, name, text, which, *_told(formula, instance))

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
        name, here = filled(template, words), filled_text(formula.formula, words)
        assert here is not None
        if self._visits_nothing(here, instance):
            return  # such as the reads of what only writes
        only_if = filled_text(formula.only_if, words)
        yield from self._formula_steps(instance, name, formula, "", here, only_if, on_path=on_path)

    def _repeated(
        self, instance: Instance, template: str, formula: Formula, words: dict[str, str]
    ) -> None:
        self._drafted_of(instance, self._repeated_steps(instance, template, formula, words))

    # --- resources --------------------------------------------------------------------------------

    def _resource_steps(self, instance: Instance, name: str, resource: Resource) -> Iterator[Step]:
        kind, asked = instance.kind, resource.only_if
        if asked is not None and asks_any(asked.value):
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
                yield piece_of(whole, text, "", None, hint, about, said) or call
        words = {"<resource>": name}
        for template, formula in kind.for_each_resource.items():
            if formula.formula is not None and asks_of_path(formula.formula.value):
                yield Anew("_repeated", (template, formula, words))
            else:
                yield from self._repeated_steps(instance, template, formula, words)

    def _resource(self, instance: Instance, name: str, resource: Resource) -> None:
        """Draft a resource whose condition asks which quantities there are."""
        assert resource.only_if is not None
        if self.holds(parse(resource.only_if.value), instance):
            shape = resource.model_copy(update={"only_if": None})
            self._drafted_of(instance, self._resource_steps(instance, name, shape))

    # --- paths ------------------------------------------------------------------------------------

    def _along_path(self, action: Instance) -> None:
        """What an action does at each component that it waits for, those it reaches first first."""
        visited = list(self.visited(action.path))
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

    def _visits_nothing(self, text: Text, action: Instance) -> bool:
        try:
            node = parse(text.value)
        except FormulaError:
            return False  # reported where it is drafted
        if not isinstance(node, Call) or node.function not in VISITS:
            return False
        return not VISITS[node.function](node, action, self)

    # --- flows ------------------------------------------------------------------------------------

    def _send(self, instance: Instance, name: str, send: Send, received: set[str]) -> None:
        flow = Flow(instance.whole(name))
        if send.asynchronous is not None:
            self.asynchronous.add(flow.name)
        if send.when_received is not None and flow.name not in received:
            self.flows[flow.name] = flow
            return
        for part, text in send.carries.items():
            if part.startswith("record_") and SPLITS not in instance.stores:
                continue  # a record takes what the item does
            for which in ("",) if is_stock(part) else AVERAGE_AND_PEAK:
                field_name = f"{dotted(part)}.{which}" if which else dotted(part)
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
        help_ = _as_calls(name, flow, known) or did_you_mean(flow, known)
        if help_ is None and known:
            what = "the actions are " if name in ("per", "for") else "what is sent: "
            help_ = what + ", ".join(known[:12])
        self.problems.add("E021", message, place, help=help_)


def _told(formula: Formula, instance: Instance) -> tuple[Dimension | None, str, str, str]:
    """What a kind tells of a formula: its dimension, its hint, what it means, and its source."""
    wanted, hint = formula.gives
    source = formula.source or instance.kind.source
    about = formula.about.value if formula.about else ""
    return wanted, hint, about, source.value if source else ""


def _as_calls(parameter: str, flow: str, known: Collection[str]) -> str | None:
    """How `post * 2` and `2 post` are written: as a name with its calls."""
    found = re.fullmatch(
        r"([A-Za-z_][\w.]*) *[*x] *([\d.]+)|([\d.]+) *+[*x]? *+([A-Za-z_][\w.]*)", flow
    )
    if found is None:
        return None
    name, calls = found[1] or found[4], found[2] or found[3]
    return f"write `{parameter}: {{{name}: {calls}}}`" if name in known else None


def _word_near(place: Place | None, text: Text, flow: str) -> Place:
    """The flow's name in the file: the item of a list, or the key before the calls."""
    source = text.place.source.text
    if source[text.place.start : text.place.end] == flow:
        return text.place
    start = source.rfind(flow, 0, text.place.start)
    if place is None or start < 0:
        return text.place
    return Place(text.place.source, start, start + len(flow))
