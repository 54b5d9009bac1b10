"""Drafts to settled formulas: names made whole, and what they ask of the scenario answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from estimator.formula.fault import FormulaError
from estimator.formula.functions import EMPTY
from estimator.formula.parse import parse
from estimator.formula.remembered import remembered
from estimator.formula.tree import (
    Call,
    Chain,
    Convert,
    Literal,
    Name,
    Node,
    Number,
    UnitRef,
    rebuilt,
    walk,
)
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
from estimator.model.drafts import Draft, Drafts, Flow
from estimator.model.instance import APART, Instance
from estimator.model.instances import taken_names
from estimator.model.patterns import Asked, Group, Pattern, Plan, known_patterns
from estimator.model.quantity import Origin, Quantity
from estimator.model.steps import has_any
from estimator.model.visits import OF_BRANCHES, VISITS
from estimator.units import unit_table


class _Asked(NamedTuple):
    """What a formula asked, with the answers but for their names; and these."""

    questions: list[tuple[Question, Answer]]
    names: list[str]


@dataclass
class Settling(Drafts):
    """Drafts that can be settled.

    Attributes:
        is_complete: Is all drafted, so that what a name means stays so?
        settled_checks: Conditions of instances that were settled with their formulas.
    """

    is_complete: bool = False
    settled_checks: dict[tuple[str, str], Settled] = field(default_factory=dict)
    _meant: dict[tuple[str | None, str], dict[str, str]] = field(default_factory=dict)
    _asked: _Asked | None = None
    _groups: dict[str, Group] = field(default_factory=dict)
    _path_groups: dict[str, Group] = field(default_factory=dict)

    # --- together ---------------------------------------------------------------------------------

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

    # --- one by one -------------------------------------------------------------------------------

    def settled(self, draft: Draft) -> Settled:
        """A draft's formula with whole names, as `simplified` has it.

        Raises:
            FormulaError: As `simplified` does.
        """
        quantity, instance = draft.quantity, draft.instance
        if quantity.origin.replaces_library:
            instance = None  # the user's own formulas use whole names
        tree, text = quantity.tree, quantity.text.value
        is_kept = quantity.name not in self.broken and tree is parse(text)
        if is_kept and isinstance(tree, Number | Literal):
            return _constant(text)
        if is_kept and instance is not None:
            return self.settled_formula(text, instance, draft.which)
        return alone(self.simplified(tree, instance, draft.which))

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
        batches = instance.batches.get(parameter.path, {})
        for flow_name, text in instance.flows.get(parameter.path, {}).items():
            flow = self.flows.get(flow_name)
            if flow is None:
                continue  # reported once, by `check_flows`
            name = _carried(flow, wanted.path, which, is_apart=APART in instance.stores)
            if name is None:
                continue
            term: Node = Name(name, node.span, absolute=True)
            calls = instance.whole(f"{parameter.path}.{flow_name}")
            counts = wanted.path in _CALLS
            if flow_name in batches and not counts:
                calls += ".calls"
            if text.value.strip() != "1" or (flow_name in batches and counts):
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


@dataclass(slots=True)
class _Planning:
    """What the formulas of a pattern ask while a plan is made, each question once.

    Attributes:
        drafts: What answers.
        instance: Whose formulas they are.
        pattern: The pattern.
        names: The names of the pattern, and then those that were answered.
        owners: The components on a path, and whose path it is.
        answers: The answers to what is asked again for each scenario.
        fixed: The names in the answers that are the same for all uses of the pattern.
    """

    drafts: Settling
    instance: Instance
    pattern: Pattern
    names: list[str]
    owners: tuple[str, ...]
    answers: dict[Asked, tuple[Answer, list[int]]] = field(default_factory=dict)
    fixed: dict[str, int] = field(default_factory=dict)

    def answer(self, asked: Asked, before: int) -> tuple[Answer, list[int]]:
        """The answer to what is asked after so many names, and the numbers of those in it."""
        kind, node, which = asked
        if kind == "holds" and not has_any(node):  # the same wherever the same is given
            return self.drafts.holds(node, self.instance), []
        if isinstance(node, Name) and kind == "name":
            own = f"{node.path}.{which}" if which else node.path
            if own in self.pattern.numbers:
                return "", [self.pattern.numbers[own]]
            asked = kind, node._replace(span=(0, 0)), which
        if self.pattern.on_path and kind in OF_BRANCHES:
            named = [""] * before
            found = self.drafts._key(kind, node, self.instance, which, named)
            return found, [self._number(name) for name in named[before:]]
        if asked not in self.answers:
            named = []
            found = self.drafts._key(kind, node, self.instance, which, named)
            start = len(self.names)
            self.answers[asked] = found, list(range(start, start + len(named)))
            self.names.extend(named)
        found, numbers = self.answers[asked]
        if before and type(found) is tuple:  # the names in it are counted on
            found = self.drafts._key(kind, node, self.instance, which, [""] * before)
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


_CALLS = frozenset(("events", "reads", "writes"))  # of what a flow carries, not bytes


def _carried(flow: Flow, wanted: str, which: str, *, is_apart: bool) -> str | None:
    """Return the name of what a flow carries; an item's own bytes where it has no record.

    What is `kept` is a record where the receiver keeps them apart, and else the item.
    """
    part = wanted.removeprefix("kept_")
    if part != wanted and is_apart:
        part = f"record_{part}"
    for field_ in (part, part.removeprefix("record_")):
        name = flow.fields.get(f"{field_}.{which}" if which else field_)
        if name is not None:
            return name
    return None


def _readings(path: str, instance: Instance | None, which: str) -> list[str]:
    """What a name may mean, nearest first: the instance's own, then the scenario's."""
    names = [f"{path}.{which}", path] if which else [path]
    return names if instance is None else [instance.whole(n) for n in names] + names


def _is_static(node: Node) -> bool:
    """Is it a condition that the model settles before anything is computed?"""
    return any(isinstance(n, Call) and n.function in ("given", "any") for n in walk(node))


@remembered
def _constant(formula: str) -> Settled:
    """A number or a literal, which asks nothing of a scenario."""
    return Settled(Outcome(parse(formula), 0), ())
