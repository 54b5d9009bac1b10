"""A scenario to a checked graph: names known, no cycles, every dimension right."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import defaultdict
from collections.abc import Collection, Iterable
from collections.abc import Mapping as MappingType
from dataclasses import replace
from datetime import date
from graphlib import CycleError, TopologicalSorter
from itertools import chain, combinations
from typing import Any

from estimator.catalog import catalogues
from estimator.diagnostics import (
    Diagnostic,
    InputError,
    Label,
    Place,
    Problems,
    Text,
    did_you_mean,
    short,
)
from estimator.formula.compile import computed, refuse_ranges
from estimator.formula.dimensions import Names, infer, mixes_bits_and_bytes, no_names, settle
from estimator.formula.fault import FormulaError
from estimator.formula.functions import DISTRIBUTIONS, FUNCTIONS, WEIGHTED
from estimator.formula.parse import parse
from estimator.formula.ranges import (
    CREDIBILITY,
    Distribution,
    can_be_correlated,
    distribution,
    has_range,
    is_range,
    is_spread,
    ranges_in,
)
from estimator.formula.sampling import MOST_CORRELATED, MOST_RANGES
from estimator.formula.tree import Call, Compare, Name, Node, Number, Range, names_in, walk
from estimator.library import Library
from estimator.model.answers import Settled, alone
from estimator.model.base_rates import BASE, base_rates
from estimator.model.bytes_meant import blame_counts
from estimator.model.drafts import Draft, may_have_range
from estimator.model.expand import Expansion
from estimator.model.instance import APART, Instance
from estimator.model.instances import check_name, instances, settable
from estimator.model.quantity import (
    CONFIDENCE,
    UNDER_WEIGHT,
    Concern,
    Correlation,
    Expectation,
    Model,
    Origin,
    Quantity,
    Wiring,
)
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of
from estimator.scenario.sections import NAMED, Conventions
from estimator.scenario.sections import Expectation as ExpectationShape
from estimator.units import ANY, CONDITION, PLAIN, TIME, Calendar, Dimension, term, unit_table

_MOST_SUGGESTIONS = 50  # each takes a look at every name
_MOST_CYCLES = 10  # more are not worth reading
_MOST_TURNS = 20  # of all drafts, before they are put in order first
_GIVEN_FOR_EFFECT = ("actions", "components", "traffic", "system")  # where W104 looks
_BIT = "b"  # in whatever has bits

_SECTIONS = {
    "users": "add a line such as `users: 500M`",
    "traffic": "add a line such as `traffic: {peak_to_average: 2}`",
}

NAPKIN = {"day": "100k s", "round": "1"}
"""The arithmetic of interviews: a day of 100,000 seconds, one digit carried."""


def build(
    loaded: Loaded,
    problems: Problems,
    *,
    overrides: MappingType[str, Text] | None = None,
    variant: Text | None = None,
    napkin: bool = False,
    partial: bool = False,
) -> Model | None:
    """The model of a scenario, or None with everything wrong added to `problems`.

    Args:
        loaded: The scenario.
        problems: Where errors and warnings go.
        overrides: Formulas that replace what the scenario says, by name (`--set`).
        variant: The name of a set of overrides in the file.
        napkin: Count with a day of 100,000 seconds and one digit.
        partial: Give what is right, even where something else is wrong.
    """
    given = overrides or {}

    def built(overrides: MappingType[str, Text], problems: Problems) -> Model | None:
        try:
            return Builder(loaded, problems, overrides, variant, napkin, partial).model()
        except InputError:  # what stops at once is among the problems already
            return None

    def errors_with(name: str, text: Text) -> list[Diagnostic]:
        other = Problems()
        built({name: text, **given}, other)
        return other.errors

    found = Problems()
    model = built(given, found)
    if found.errors:
        blame_counts(loaded, found, errors_with)
    problems.found += found.found
    return model


class _WrongElsewhereError(Exception):
    """A formula uses a quantity that is wrong itself, which is reported where it stands."""


class Builder:
    """Builds the model of a scenario, and remembers how, for what is written next.

    Attributes:
        problems: Where errors and warnings go.
        expansion: The quantities as they were drafted.
        found: Where the scenario uses kinds.
    """

    def __init__(
        self,
        loaded: Loaded,
        problems: Problems,
        overrides: MappingType[str, Text] | None = None,
        variant: Text | None = None,
        napkin: bool = False,
        partial: bool = False,
    ) -> None:
        self.loaded = loaded
        self.scenario = loaded.scenario
        self.tree = loaded.tree
        self.problems = problems
        self.overrides = overrides or {}
        self.variant = variant
        self.napkin = napkin
        self.partial = partial
        self.library = Library(catalogues())
        self.cycles: set[frozenset[Place]] = set()

    def model(self) -> Model | None:
        """The model, or None with everything wrong added to `problems`."""
        before = len(self.problems.errors)
        self.problems.found.extend(self.loaded.found)
        self.implied: dict[str, tuple[str, str]] = {}
        self.calendar, digits = self._conventions()
        for text in self.scenario.library or []:
            path = self.loaded.folder / text.value
            self.library.add(path, self.loaded.files, text.place, self.problems)
        found, implied, broken = instances(self.scenario, self.tree, self.library, self.problems)
        self.implied.update(implied)
        self.found = found
        own = self._own()
        self._override(found, own)
        self.expansion = Expansion(found, self.problems, broken=broken)
        self.expansion.incomplete = bool(self.loaded.found)
        self.expansion.run()
        self._add_own(own)
        self.expansion.check_flows()
        self._variants(found, own)
        if "growth" in (self.scenario.traffic or {}):
            self.problems.add(
                "W102",
                "`growth` is read, but no forecast is made of it yet",
                place_of(self.tree, ("traffic", "growth"), key=True),
                help="its value can be used in formulas, as `traffic.growth`",
            )
        quantities = self._settle_all()
        expectations = self._expectations(quantities)
        concerns = self._concerns(quantities)
        correlations = self._correlations(quantities)
        self._refuse_many_ranges(quantities)
        self._check_variants(found, quantities)
        wrong = len(self.problems.errors) > before
        if wrong and not self.partial:
            return None
        if not wrong:
            self.warn(quantities, expectations)
        name = self.scenario.name.value if self.scenario.name else self.loaded.title
        return Model(
            name,
            self.scenario.about.value.strip() if self.scenario.about else "",
            self.loaded.source.name,
            self.calendar,
            digits,
            quantities,
            tuple(n for n in self.expansion.drafts if n in quantities)
            if len(quantities) < len(self.expansion.drafts)
            else tuple(self.expansion.drafts),
            list(self.expansion.choices.values()),
            self.expansion.actions,
            [(i.path, i.kind.kind.value) for i in found if i.path in self.expansion.components],
            expectations,
            self.implied,
            concerns,
            self.expansion.machines,
            correlations,
            self.under_weight,
            {i.path: _wiring(i) for i in found if i.path in self.expansion.components},
            {i.path: i.kept_by for i in found if i.path in self.expansion.actions},
            [a for a in self.expansion.actions if self.expansion.is_internal(a)],
        )

    def begin_again(self, problems: Problems) -> None:
        """Let what is wrong be added to other problems from now on."""
        self.problems = self.expansion.problems = problems

    def warn(self, quantities: dict[str, Quantity], expectations: list[Expectation]) -> None:
        """Warn of what is right, but probably not meant (W104, W105)."""
        self._unused(self.found, quantities, expectations)
        self._mixed(quantities, expectations)

    def settled(
        self, name: str, text: Text, right: dict[str, Quantity], gone: set[str]
    ) -> tuple[Quantity | None, bool]:
        """A quantity with another formula in place of its own, in a graph that stays as it is.

        Args:
            name: The quantity.
            text: The new formula.
            right: Those before it.
            gone: Those before it that are wrong, or come of what is wrong.

        Returns:
            The quantity, or None with what is wrong with it added to `problems`; and whether the
            graph does stay as it is.
        """
        draft = self.expansion.drafts[name]
        before = draft.quantity
        if before.origin.from_library or self.expansion.is_call(draft):
            return None, False  # calls make the graph what it is
        tree = self.expansion.written(draft, text)
        drafts = self.expansion.drafts
        named = f"{name}.range" in drafts or f"{name}.range1" in drafts
        if named or (ranges_in(tree) and not is_range(tree)):
            self.expansion.broken.discard(name)
            return None, False  # a range in a formula has a name of its own
        hint = before.hint if before.origin is not Origin.OWN else _hint_of(tree, text)
        made = replace(before, text=text, tree=tree, hint=hint, place=text.place, distribution=None)
        drafted = Draft(made, draft.instance, draft.which)
        if name not in self.expansion.broken:
            self._resolve(drafted)
        if name in self.expansion.broken:
            self.expansion.broken.discard(name)
            return None, True
        if not self._names_known(drafted):
            return None, True
        if any(use not in right and use not in gone for use in made.uses):
            return None, False  # it would have to be computed later
        is_right = gone.isdisjoint(made.uses) and self._check(drafted, right)
        return (made if is_right else None), True

    def _unused(
        self,
        found: list[Instance],
        quantities: dict[str, Quantity],
        expectations: list[Expectation],
    ) -> None:
        """Warn of what is given to an action or a component and changes nothing."""
        used = set(self.used)
        changed = self.variant is not None or bool(self.overrides)
        for expectation in expectations:
            used.update(n.path for n in walk(expectation.tree) if isinstance(n, Name))
        for instance in found:
            if instance.kind.used_in not in _GIVEN_FOR_EFFECT:
                continue
            self._outweighed(instance)
            for name, text in instance.given.items():
                whole = instance.whole(name)
                if whole == "traffic.growth":
                    continue  # W102 says why
                quantity = quantities.get(whole)
                if quantity is None or quantity.origin is not Origin.GIVEN or whole in used:
                    continue
                if changed and whole not in self.overrides:
                    continue  # what the file gives is for the file as it is
                if "." in name and instance.path:
                    continue  # a part of a machine may go unused
                self.problems.add(
                    "W104",
                    f"`{whole}` is given, but changes nothing here",
                    instance.keys.get(name, text.place),
                )

    def _outweighed(self, instance: Instance) -> None:
        """Warn of a parameter whose part another one takes that is given, too."""
        for name, parameter in instance.kind.parameters.items():
            other = parameter.instead_of.value if parameter.instead_of else ""
            if name in instance.given and other in instance.given:
                whole = instance.whole(other)
                self.problems.add(
                    "W104",
                    f"`{whole}` changes no nodes here, since `{instance.whole(name)}` is given",
                    instance.keys.get(other, instance.given[other].place),
                    help="keep one of them",
                )

    def _mixed(self, quantities: dict[str, Quantity], expectations: list[Expectation]) -> None:
        """Warn of bits and bytes side by side in what the user wrote."""
        written = [q for q in quantities.values() if not q.origin.from_library]
        for tree, text in (
            *((q.tree, q.text) for q in written if _BIT in q.text.value),
            *((e.tree, e.text) for e in expectations if _BIT in e.text.value),
        ):
            span = mixes_bits_and_bytes(tree)
            if span is not None:
                self.problems.add(
                    "W105",
                    "bits and bytes stand side by side here",
                    text.at(*span),
                    help="`Gb` is gigabits, `GB` gigabytes; write both in one of them",
                )

    def _concerns(self, quantities: dict[str, Quantity]) -> list[Concern]:
        """The checks of the kinds in use, each placed at what the user said of it."""
        found: list[Concern] = []
        for instance, check in self.expansion.checks:
            settled = self.expansion.settled_checks.get((instance.path, check.check.value))
            asked = check.only_if if settled is None else None
            if asked is not None and not self.expansion.holds(parse(asked.value), instance):
                continue
            settled = self._concern(check.check, settled, instance, quantities)
            if settled is None:
                continue
            used = [quantities[n] for n in settled.names]
            said = [q.text.place for q in used if q.origin.replaces_library]
            place = said[0] if said else instance.place
            whose = f"`{instance.path}`: " if instance.kind.used_in == "components" else ""
            found.append(Concern(settled, whose + check.message.value, place))
        return found

    def _concern(
        self,
        text: Text,
        settled: Settled | None,
        instance: Instance,
        quantities: dict[str, Quantity],
    ) -> Settled | None:
        """The condition of a kind, which may have been right before; None where it is wrong."""
        try:
            settled = settled or self.expansion.settled_formula(text.value, instance)
            outcome, names = settled
            dimensions = [quantities[name].dimension for name in names if name in quantities]
            if len(dimensions) == len(names) and outcome.checked(dimensions, CONDITION):
                return settled
            tree = self._settled_condition(settled.tree, text, quantities)
            if tree is not settled.tree:
                return alone(tree)
            if len(dimensions) == len(names):
                outcome.keep(dimensions, CONDITION, CONDITION)
            return settled
        except _WrongElsewhereError:
            return None
        except FormulaError as error:
            self.problems.found.append(error.located(text))
            return None

    # --- conventions ------------------------------------------------------------------------------

    def _conventions(self) -> tuple[Calendar, int | None]:
        said = self.scenario.conventions or Conventions()
        texts = {key: getattr(said, key) for key in type(said).model_fields}
        if self.napkin:
            texts.update({key: Text.of("--napkin", value) for key, value in NAPKIN.items()})
        day = self._convention("day", texts, TIME, Calendar())
        days = Calendar.of(day, None, None)
        month = self._convention("month", texts, TIME, days)
        year = self._convention("year", texts, TIME, days)
        digits = self._convention("round", texts, PLAIN, days)
        if digits is not None and (digits != int(digits) or not 1 <= digits <= 15):
            self.problems.add(
                "E024", "`round` is a whole number of digits from 1 to 15", texts["round"].place
            )
            digits = None
        self.credibility = self._convention("credibility", texts, PLAIN, days) or CREDIBILITY
        if self.credibility >= 1.0 and texts["credibility"] is not None:
            message = "`credibility` is between 0% and 100%"
            self.problems.add("E024", message, texts["credibility"].place)
            self.credibility = CREDIBILITY
        self.under_weight = self._convention("under_weight", texts, PLAIN, days) or UNDER_WEIGHT
        calendar = Calendar.of(day, month, year)
        if month is not None and year is None:
            text = term(calendar.year / calendar.day, PLAIN, calendar) + " days"
            why = "twelve of `conventions.month`; add `year: 365 days` if a year is longer"
            self.implied["conventions.year"] = (text, why)
        return calendar, None if digits is None else int(digits)

    def _convention(
        self, key: str, texts: dict[str, Text | None], wanted: Dimension, calendar: Calendar
    ) -> float | None:
        text = texts[key]
        value = self._constant(f"conventions.{key}", text, wanted, calendar)
        if value is not None and value <= 0:
            place = text.place if text else None
            self.problems.add("E024", f"`conventions.{key}` must be above zero", place)
            return None
        return value

    def _constant(
        self, what: str, text: Text | None, wanted: Dimension, calendar: Calendar
    ) -> float | None:
        """The value of a formula without names, or None with the error reported."""
        if text is None:
            return None
        try:
            tree, _ = settle(parse(text.value), no_names, wanted)
            value = float(computed(tree, str, calendar))
        except FormulaError as error:
            found = error.located(text)
            message = found.message.replace("this should", f"`{what}` should")
            help_ = "it is a single value" if found.rule == "E025" else found.help
            self.problems.found.append(found._replace(message=message, help=help_))
            return None
        except (ArithmeticError, ValueError):
            self.problems.add("E023", f"`{what}` cannot be computed", text.place)
            return None
        return value

    # --- the user's own quantities ----------------------------------------------------------------

    def _own(self) -> dict[str, Text]:
        own: dict[str, Text] = {}
        for name, text in (self.scenario.derive or {}).items():
            place = place_of(self.tree, ("derive", name), key=True)
            if check_name(name, place, self.problems, dotted=True):
                own[name] = text
        return own

    def _add_own(self, own: dict[str, Text]) -> None:
        taken = {*self.expansion.actions, *self.expansion.components}
        for name, text in own.items():
            owner = name.split(".", 1)[0]
            if owner in taken and name not in self.expansion.drafts:
                place = place_of(self.tree, ("derive", name), key=True)
                self.problems.add("E010", f"`{owner}` is an action or a component already", place)
                continue
            before = self.expansion.drafts.get(name)
            if before is not None:
                place = place_of(self.tree, ("derive", name), key=True)
                where = before.quantity.place
                self.problems.add(
                    "E010",
                    f"`{name}` is a quantity already",
                    place,
                    labels=[Label(where, "it comes from here")] if where else [],
                    help="choose another name, or pin it where it comes from",
                )
                continue
            tree = self.expansion.parsed(text, name)
            hint = _hint_of(tree, text)
            quantity = Quantity(name, text, tree, Origin.OWN, text.place, hint=hint)
            self.expansion.add(Draft(quantity, None))

    # --- overrides --------------------------------------------------------------------------------

    def _override(self, found: list[Instance], own: dict[str, Text]) -> None:
        if self.variant is not None:
            known = self.scenario.variants or {}
            if self.variant.value not in known:
                help_ = did_you_mean(self.variant.value, known)
                if help_ is None and known:
                    help_ = "its variants are " + ", ".join(known)
                self.problems.add(
                    "E030",
                    f"`{self.loaded.source.name}` has no variant `{self.variant.value}`",
                    self.variant.place,
                    help=help_,
                )
            else:
                for name, text in _flat(known[self.variant.value]).items():
                    if isinstance(text, Text):  # what is not is reported with all variants
                        self._apply(name, text, found, own)
        for name, text in self.overrides.items():
            self._apply(name, text, found, own)

    def _apply(self, name: str, text: Text, found: list[Instance], own: dict[str, Text]) -> None:
        target = _target(name, found)
        if target is not None:
            instance, key = target
            parameter, _, flow = key.partition(".")
            batched = flow.removesuffix(".batch")
            if batched != flow and batched in instance.batches.get(parameter, {}):
                instance.batches[parameter][batched] = text
            elif parameter in instance.flows:
                instance.flows[parameter][flow] = text
            elif instance.is_whole() and instance.follows_from_whole(key):
                self.problems.add(
                    "E019",
                    f"`{name}` follows from `{instance.path}`, which is given as one value",
                    _before(text, name),
                    help=f"give `{instance.path}:` with keys below it in the file",
                )
            else:
                instance.say(key, text)
        elif name in own:
            own[name] = text
        else:
            self._unknown_target(name, text, found, own)

    def _unknown_target(
        self, name: str, text: Text, found: list[Instance], own: dict[str, Text]
    ) -> None:
        known = [*_targets(found), *own]
        bare = re.sub(rf"^({'|'.join(NAMED)})\.", "", name)
        inside = [k for k in known if k.startswith(f"{name}.")]
        if bare != name:
            help_: str | None = f"leave out the section: `{bare}`"
        elif inside:
            help_ = "write it whole: " + ", ".join(f"`{k}`" for k in inside[:4])
        elif name.rsplit(".", 1)[-1] in ("kind", "library"):
            help_ = "the structure of a scenario cannot be set; copy the file"
        else:
            help_ = did_you_mean(name, known)
        self.problems.add(
            "E014",
            f"there is nothing named `{short(name)}` to set",
            _before(text, name),
            help=help_,
        )

    def _variants(self, found: list[Instance], own: dict[str, Text]) -> None:
        """Variants that are not chosen are checked for names, too."""
        for variant, said in (self.scenario.variants or {}).items():
            for name, text in _flat(said).items():
                if not isinstance(text, Text):
                    place = place_of(self.tree, ("variants", variant, name), key=True)
                    self.problems.add("E008", f"`{name}` takes a single value", place)
                    continue
                if variant == (self.variant.value if self.variant else None):
                    continue
                target = _target(name, found)
                if target is None and name not in own:
                    self._unknown_target(name, text, found, own)
                elif target is not None:
                    self._check_variant(target, text)

    def _check_variants(self, found: list[Instance], quantities: dict[str, Quantity]) -> None:
        """The formulas of variants that are not chosen fit where they would go."""
        for variant, said in (self.scenario.variants or {}).items():
            if variant == (self.variant.value if self.variant else None):
                continue
            for name, text in _flat(said).items():
                target = _target(name, found)
                whole = name if target is None else target[0].whole(target[1])
                if whole.endswith(".batch"):
                    continue  # events, bytes or seconds: what it is decides what is drafted
                if isinstance(text, Text) and whole in quantities:
                    self._check_fit(text, quantities[whole], quantities)

    def _check_fit(self, text: Text, quantity: Quantity, quantities: dict[str, Quantity]) -> None:
        try:
            tree = self.expansion.simplified(parse(text.value), None)
            settle(tree, self._names(quantities), quantity.wanted)
        except _WrongElsewhereError:
            return
        except FormulaError as error:
            self._fault(quantity, error, text)

    def _check_variant(self, target: tuple[Instance, str], text: Text) -> None:
        instance, key = target
        parameter = instance.kind.parameters.get(key)
        if parameter is not None and parameter.choices is not None:
            self.expansion.is_choice(key, parameter.choices, text)
        elif parameter is not None and parameter.catalog is not None:
            self.expansion.entry(parameter, text)

    # --- settling ---------------------------------------------------------------------------------

    def _settle_all(self) -> dict[str, Quantity]:
        """Every quantity with its tree settled, each after those that it uses."""
        self.expansion.is_complete = True
        self.expansion.settle_groups()
        drafts = self.expansion.drafts
        for draft in list(drafts.values()):
            if draft.quantity.outcome is None:
                self.expansion.settle_path(draft)
            if draft.quantity.outcome is None:
                self._resolve(draft)
        self.used = set(chain.from_iterable([d.quantity.uses for d in drafts.values()]))
        before = len(self.problems.found)
        if self.used <= drafts.keys() and not self.expansion.broken:
            quantities = self._all_right()
            if quantities is not None:
                return quantities
            del self.problems.found[before:]  # is told below, with all else
        bad: set[str] = set()
        if not self.used <= drafts.keys():
            bad = {n for n, d in drafts.items() if not self._names_known(d)}
        if self.expansion.broken:
            bad.update(n for n, d in drafts.items() if self.expansion.is_broken(d))
        order = self._order(bad)
        if len(order) < len(drafts):
            bad |= drafts.keys() - set(order)
        settled: dict[str, Quantity] = {}
        dimensions: dict[str, Dimension] = {}
        for name in order:
            draft = drafts[name]
            kept = draft.quantity.checked(dimensions) if not bad else None
            if kept is not None:
                settled[name] = draft.quantity
                dimensions[name] = kept
                continue
            if bad and (name in bad or not bad.isdisjoint(draft.quantity.uses)):
                bad.add(name)
            elif self._check(draft, settled):
                settled[name] = draft.quantity
                dimensions[name] = draft.quantity.dimension
            else:
                bad.add(name)
        return settled

    def _all_right(self) -> dict[str, Quantity] | None:
        """Every quantity after those that it uses, as long as all is right; else nothing.

        The drafts are nearly in such an order, so that a few turns find one.
        """
        settled: dict[str, Quantity] = {}
        dimensions: dict[str, Dimension] = {}
        waiting = list(self.expansion.drafts.values())
        for _ in range(_MOST_TURNS):
            later: list[Draft] = []
            for draft in waiting:
                quantity = draft.quantity
                for use in quantity.uses:
                    if use not in dimensions:
                        later.append(draft)
                        break
                else:
                    name = quantity.name
                    found = quantity.checked(dimensions)
                    if found is None:
                        if not self._check(draft, settled):
                            return None
                        found = quantity.dimension
                    settled[name] = quantity
                    dimensions[name] = found
            if not later:
                return settled
            if len(later) == len(waiting):
                return None
            waiting = later
        return None

    def _resolve(self, draft: Draft) -> None:
        quantity = draft.quantity
        try:
            quantity.settle(self.expansion.settled(draft))
        except FormulaError as error:
            self.problems.found.append(error.located(quantity.text))
            self.expansion.broken.add(quantity.name)
            quantity.tree, quantity.uses = Number(1.0, (0, 0)), ()

    def _names_known(self, draft: Draft) -> bool:
        known = self.expansion.drafts
        unknown = [n for n in draft.quantity.uses if n not in known]
        if not unknown:
            return True
        for node in walk(draft.quantity.tree):
            if isinstance(node, Name) and node.path in unknown:
                follows = self.expansion.is_broken(draft)
                if not follows and not self.expansion.comes_from_broken(node.path):
                    self._unknown(draft.quantity, node)
        return False

    def _unknown(self, quantity: Quantity, node: Name) -> None:
        if quantity.origin.from_library:
            self._lacking(quantity, node)
        else:
            self.problems.found.append(self.unknown(node).located(quantity.text))

    def _lacking(self, quantity: Quantity, node: Name) -> None:
        """A formula of the library needs something that the scenario does not have."""
        section = node.path.split(".")[0]
        owner = quantity.name.split(".")[0]
        message = f"`{owner}` needs `{node.path}`, which this scenario does not have"
        if any(d.rule == "E014" and d.message == message for d in self.problems.found):
            return
        help_ = _SECTIONS.get(section)
        place = quantity.place
        if help_ is None:
            place = quantity.text.at(*node.span)
            local = [n.removeprefix(f"{owner}.") for n in self.expansion.drafts]
            help_ = did_you_mean(node.path, local)
        self.problems.add("E014", message, place, help=help_)

    def unknown(self, node: Name) -> FormulaError:
        """What to say of a name that is not known."""
        known = self.expansion.drafts
        below = self.expansion.below(node.path + ".")
        if below:
            few = [b for b in below if b.count(".") == node.path.count(".") + 1] or below
            shown = ", ".join(f"`{b}`" for b in few[:4]) + (", ..." if len(few) > 4 else "")
            return FormulaError(
                "E015", f"`{node.path}` is half a name", node.span, help=f"write it whole: {shown}"
            )
        if node.path in self.expansion.choices:
            return FormulaError(
                "E014", f"`{node.path}` is a choice, which formulas cannot use", node.span
            )
        hurry = len(self.problems.found) >= _MOST_SUGGESTIONS
        names = [*base_rates(), *known] if node.path.startswith(BASE) else known
        help_ = None if hurry else did_you_mean(node.path, names)
        if help_ is None and node.path in FUNCTIONS:
            help_ = f"it is a function: `{FUNCTIONS[node.path].signature}`"
        if node.path.split(".")[0] in _SECTIONS:
            help_ = _SECTIONS[node.path.split(".")[0]]
        if help_ is None and not hurry and len(node.path) > 2:
            help_ = did_you_mean(node.path, unit_table().units)
        return FormulaError(
            "E014", f"there is nothing named `{short(node.path)}`", node.span, help=help_
        )

    def _order(self, bad: set[str]) -> list[str]:
        """The names, each after those that it uses; every cycle of right ones is reported."""
        drafts = self.expansion.drafts
        graph: dict[str, Collection[str]] = {
            name: () if name in bad else draft.quantity.uses for name, draft in drafts.items()
        }
        order = _in_order(graph)
        if len(order) == len(graph):
            return order
        for _ in range(_MOST_CYCLES):
            try:
                TopologicalSorter(graph).prepare()
                break
            except CycleError as error:
                cycle = list(reversed(error.args[1]))
                self._cycle(cycle)
                gone = set(cycle)
                graph = {
                    name: [use for use in uses if use not in gone]
                    for name, uses in graph.items()
                    if name not in gone
                }
        return _in_order(graph)  # after a cycle, all that does not depend on it

    def _cycle(self, cycle: list[str]) -> None:
        names = cycle[:-1]
        drafts = self.expansion.drafts
        said = (i for i, n in enumerate(names) if not drafts[n].quantity.origin.from_library)
        first = next(said, 0)
        names = names[first:] + names[:first]
        places: dict[Place, str] = {}
        for name in names:
            place = drafts[name].quantity.place
            if place is not None:
                places.setdefault(place, name)
        if frozenset(places) in self.cycles:
            return  # another field of the same flows
        self.cycles.add(frozenset(places))
        instances = [drafts[n].instance for n in names]
        help_ = "one of them must be given as a value"
        components = all(i and i.path in self.expansion.components for i in instances)
        if components:
            names = list(dict.fromkeys(i.path for i in instances if i is not None))
            help_ = "a component cannot receive what comes from itself"
        shown = names if len(names) <= 8 else [*names[:4], "...", *names[-3:]]
        at = [
            Label(place, f"`{name.split('.')[0] if components else name}`")
            for place, name in places.items()
        ]
        self.problems.found.append(
            Diagnostic(
                "E018",
                "these depend on each other in a circle: " + " → ".join([*shown, names[0]]),
                at[0].place if at else None,
                at[0].text if at else "",
                tuple(at[1:6]),
                help_,
            )
        )

    def _check(self, draft: Draft, settled: dict[str, Quantity]) -> bool:
        quantity = draft.quantity
        outcome = quantity.outcome
        dimensions = [settled[name].dimension for name in quantity.names]
        kept = outcome and outcome.checked(dimensions, quantity.wanted)
        if kept:  # it was right in another place, or in another scenario
            quantity.dimension = kept
            return True
        try:
            tree, found = self._settled(quantity, settled)
        except FormulaError as error:
            self._fault(quantity, error)
            return False
        if quantity.origin is Origin.OWN and not quantity.hint:
            quantity.hint = _hint(tree, settled)
        quantity.dimension = (quantity.wanted or PLAIN) if found == ANY else found
        if tree is not quantity.tree:
            quantity.tree, quantity.outcome, quantity.names = tree, None, ()
        elif outcome is not None and quantity.distribution is None:
            outcome.keep(dimensions, quantity.wanted, quantity.dimension)
        return True

    def _settled(self, quantity: Quantity, settled: dict[str, Quantity]) -> tuple[Node, Dimension]:
        """A quantity's tree as it is to be computed, and its dimension."""
        tree, found = settle(
            quantity.tree, lambda name: settled[name.path].dimension, quantity.wanted
        )
        if found == CONDITION:
            raise FormulaError(
                "E012",
                "a quantity is a number, but this is a comparison",
                tree.span,
                help="put it under `expect:`, or use it in `if(..., 1, 0)`",
            )
        if is_range(tree):
            quantity.distribution = self._distribution(quantity, tree)
        elif quantity.origin is not Origin.DERIVED or may_have_range(quantity.text.value):
            refuse_ranges(tree)
        return tree, found

    def _distribution(self, quantity: Quantity, tree: Node) -> Distribution:
        """What a range says; a share where it is written in `%`, or stands where one belongs."""
        if quantity.uses:
            raise FormulaError(
                "E038",
                "the ends of a range are values, not quantities",
                tree.span,
                help="put the range in parentheses, and compute with it: `users * (1 to 2)`",
            )

        def value(node: Node) -> float:
            if has_range(node):
                message = "the ends of a range are values, not ranges"
                raise FormulaError("E038", message, node.span)
            try:
                return float(computed(node, str, self.calendar))
            except (ArithmeticError, ValueError):
                raise FormulaError("E023", "this end has no value", node.span) from None

        is_share = quantity.hint in ("share", "nines") or _in_percent(quantity.text.value, tree)
        if quantity.hint == "whole" and is_spread(tree):
            raise FormulaError(
                "E038",
                f"`{quantity.name}` is a whole number, and a range has all between its ends",
                tree.span,
                help="choose among whole numbers: `one_of(2, 3, 4)`",
            )
        if is_share and not quantity.hint:
            quantity.hint = "share"
        return distribution(tree, value, is_share=is_share, credibility=self.credibility)

    def _fault(self, quantity: Quantity, error: FormulaError, text: Text | None = None) -> None:
        located = error.located(text or quantity.text)
        if error.rule == "E012" and (text or quantity.origin is not Origin.OWN):
            message = located.message.replace("this should be", f"`{quantity.name}` should be")
            located = located._replace(message=message)
        self.problems.found.append(located)

    # --- expectations -----------------------------------------------------------------------------

    def _expectations(self, quantities: dict[str, Quantity]) -> list[Expectation]:
        found: list[Expectation] = []
        for shape in self.scenario.expect or []:
            expectation = self.expectation(shape, quantities)
            if expectation is not None:
                found.append(expectation)
        return found

    def expectation(
        self, shape: ExpectationShape, quantities: dict[str, Quantity]
    ) -> Expectation | None:
        """A condition that the estimate should meet, or None with what is wrong of it reported."""
        text = shape.check
        # These are read before the condition, so that one run tells what is wrong of either. What
        # rounding to a digit breaks is no failure.
        severity = "warn" if self.napkin else self._severity(shape.severity)
        until, confidence = self._date(shape.until), self._confidence(shape.confidence)
        until = None if self.napkin else until
        if not text.value:
            self.problems.add("E008", "an expectation is missing here", text.place)
            return None
        tree = self._condition(text, quantities)
        if tree is None:
            return None
        dimensions = self._names(quantities)
        sides = infer(tree.left, dimensions) if isinstance(tree, Compare) else PLAIN
        if isinstance(tree, Compare) and sides == ANY:
            sides = infer(tree.right, dimensions)
        return Expectation(
            text,
            tree,
            severity,
            shape.reason.value if shape.reason else "",
            shape.owner.value if shape.owner else "",
            until,
            PLAIN if sides == ANY else sides,
            confidence,
        )

    def _condition(self, text: Text, quantities: dict[str, Quantity]) -> Node | None:
        """The settled tree of a condition, or None with the error reported, here or elsewhere."""
        try:
            tree = self.expansion.simplified(parse(text.value), None)
            return self._settled_condition(tree, text, quantities)
        except _WrongElsewhereError:
            return None
        except FormulaError as error:
            self.problems.found.append(error.located(text))
            return None

    def _settled_condition(self, tree: Node, text: Text, quantities: dict[str, Quantity]) -> Node:
        self._settle_base_rates(names_in(tree), quantities)
        tree, found = settle(tree, self._names(quantities), None)
        if found != CONDITION:
            raise FormulaError(
                "E028",
                "an expectation compares something",
                tree.span,
                help=f"such as `{text.value.strip()[:40]} <= 100`",
            )
        refuse_ranges(tree)
        return tree

    def _settle_base_rates(self, names: Iterable[str], quantities: dict[str, Quantity]) -> None:
        """A base rate that only a condition names is a quantity, too."""
        for name in names:
            if name.startswith(BASE):
                draft = self.expansion.drafts.get(name)
                if draft is not None and name not in quantities:
                    self._check(draft, quantities)
                    quantities[name] = draft.quantity

    def _names(self, quantities: dict[str, Quantity]) -> Names:
        def dimension(name: Name) -> Dimension:
            if name.path in quantities:
                return quantities[name.path].dimension
            wrong = self.expansion.drafts.get(name.path)
            if wrong is not None or self.expansion.comes_from_broken(name.path):
                raise _WrongElsewhereError
            raise self.unknown(name)

        return dimension

    def _severity(self, text: Text | None) -> str:
        words = ("error", "warn")
        if text is not None and text.value not in words:
            self.problems.add(
                "E022",
                f"`severity` is `error` or `warn`, not `{text.value}`",
                text.place,
                help=did_you_mean(text.value, words),
            )
        return text.value if text is not None else "error"

    def _confidence(self, text: Text | None) -> float:
        found = self._constant("confidence", text, PLAIN, self.calendar)
        if found is not None and not 0.0 < found <= 1.0:
            message = "`confidence` is above 0% and at most 100%"
            self.problems.add("E024", message, text.place if text else None)
            found = None
        return CONFIDENCE if found is None else found

    def _correlations(self, quantities: MappingType[str, Quantity]) -> list[Correlation]:
        """Which ranges go together, by what the file says under `correlate`."""
        found: list[Correlation] = []
        many = 0
        for shape in self.scenario.correlate or []:
            many += len(shape.of)
            if many > MOST_CORRELATED:
                self.problems.add(
                    "E050",
                    f"at most {MOST_CORRELATED:,} ranges can be correlated",
                    shape.of[MOST_CORRELATED - many].place,
                    help="leave the weaker correlations out",
                )
                return []
            names = [self._range(text, quantities) for text in shape.of]
            rank = self._constant("rank", shape.rank, PLAIN, self.calendar)
            if rank is not None and not -1.0 < rank < 1.0:
                message = "a rank correlation is between -1 and 1"
                self.problems.add("E039", message, shape.rank.place)
            elif len(shape.of) < 2:
                place = shape.of[0].place if shape.of else shape.rank.place
                self.problems.add("E039", "two ranges or more go together", place)
            elif rank is not None and len(whole := tuple(n for n in names if n is not None)) > 1:
                found.append(Correlation(whole, rank, shape.rank.place))
        self._check_correlations(found)
        return found

    def _refuse_many_ranges(self, quantities: MappingType[str, Quantity]) -> None:
        """Report the first range that is one too many."""
        many = 0
        for quantity in quantities.values():
            if quantity.distribution is not None:
                many += len(quantity.distribution.leaves())
            if many > MOST_RANGES:
                self.problems.add(
                    "E050",
                    f"a scenario has at most {MOST_RANGES:,} ranges, and this is one more",
                    quantity.text.place,
                    help="write a plain number for what varies little, or one range for several",
                )
                return

    def _range(self, text: Text, quantities: MappingType[str, Quantity]) -> str | None:
        """The range of a name; the one in its formula, if the name is not a range itself."""
        for name in (text.value, f"{text.value}.range"):
            if name in quantities and quantities[name].distribution is not None:
                return name
        ranges = [n for n, q in quantities.items() if q.distribution is not None]
        known = text.value in self.expansion.drafts
        if text.value in self._overridden():
            return None  # a what-if, in which it is known
        if known and (text.value not in quantities or self.expansion.comes_from_broken(text.value)):
            return None  # what is wrong with it is told
        self.problems.add(
            "E039" if known else "E014",
            f"`{short(text.value)}` is no range"
            if known
            else f"there is no range `{short(text.value)}`",
            text.place,
            help=did_you_mean(text.value, ranges)
            or ("the ranges are " + ", ".join(f"`{r}`" for r in ranges[:6]) if ranges else None),
        )
        return None

    def _overridden(self) -> set[str]:
        """What `--set` or the variant that was chosen says."""
        variants = self.scenario.variants or {}
        chosen = variants.get(self.variant.value, {}) if self.variant is not None else {}
        return {*self.overrides, *_flat(chosen)}

    def _check_correlations(self, found: list[Correlation]) -> None:
        """Each pair once, and no three that cannot all be so."""
        pairs: dict[frozenset[str], Correlation] = {}
        for correlation in found:
            for pair in map(frozenset, combinations(correlation.names, 2)):
                if pair in pairs or len(pair) < 2:
                    message = (
                        "these two are correlated twice" if len(pair) > 1 else "a range with itself"
                    )
                    self.problems.add("E039", message, correlation.place)
                    return
                pairs[pair] = correlation
        names = sorted({n for c in found for n in c.names})
        ranks = {pair: c.rank for pair, c in pairs.items()}
        if names and not can_be_correlated(names, ranks):
            self.problems.add(
                "E039",
                "these correlations contradict each other",
                found[-1].place,
                help="where two go with a third, they go with each other, too",
            )

    def _date(self, text: Text | None) -> date | None:
        if text is None:
            return None
        try:
            return date.fromisoformat(text.value)
        except ValueError:
            message = f"`{text.value}` is no date"
            self.problems.add("E029", message, text.place, help=_as_date(text.value))
            return None


def _wiring(instance: Instance) -> Wiring:
    keeps = instance.kind.keeps.value if instance.kind.keeps else ""
    receives = tuple(instance.flows.get("receives", ()))
    return Wiring(keeps, receives, instance.takes_all, APART in instance.stores)


def _as_date(text: str) -> str:
    """How a date is written that was meant so."""
    numbers = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    if numbers is None:
        return "write it as `2027-03-31`"
    year, month, day = map(int, numbers.groups())
    if not (year and 1 <= month <= 12 and day):
        return "it is the year, the month and the day: `2027-03-31`"
    return f"write it as `{year:04}-{month:02}-{min(day, monthrange(year, month)[1]):02}`"


def _in_order(graph: MappingType[str, Collection[str]]) -> list[str]:
    """The names, each after those that it uses; none that is in a circle, or comes after one.

    It is graphlib's order, in a quarter of its time; graphlib finds the circles.
    """
    waits: dict[str, int] = {}
    users: defaultdict[str, list[str]] = defaultdict(list)
    for name, uses in graph.items():
        waits[name] = len(uses)
        for use in uses:
            users[use].append(name)
            if use not in waits:
                waits[use] = 0
    order = [name for name, count in waits.items() if not count]
    for name in order:
        for user in users.get(name, ()):
            waits[user] -= 1
            if not waits[user]:
                order.append(user)
    return order


def _hint_of(tree: Node, text: Text) -> str:
    """How a value of the user's own is shown: `99.95%` keeps its nines."""
    return "nines" if isinstance(tree, Number) and text.value.rstrip().endswith("%") else ""


def _in_percent(written: str, tree: Node) -> bool:
    """Are all the values of a range written in `%`?"""
    if isinstance(tree, Range):
        if tree.symmetric:  # `500M ± 10%` is no share, and `50% ± 10%` is one
            middle, _, off = written[slice(*tree.span)].partition("±")
            return middle.rstrip(" )").endswith("%") and "%" in off
        return _in_percent(written, tree.low) and _in_percent(written, tree.high)
    if isinstance(tree, Call) and tree.function == WEIGHTED:
        return _in_percent(written, tree.arguments[1])
    if isinstance(tree, Call) and tree.function in DISTRIBUTIONS:
        return all(_in_percent(written, argument) for argument in tree.arguments)
    return written[slice(*tree.span)].rstrip(" )").endswith("%")


def _hint(tree: Node, settled: MappingType[str, Quantity]) -> str:
    """How a formula is shown that only repeats a quantity, or takes a percentile of it."""
    if isinstance(tree, Call) and tree.function == "probability":
        return "share"
    if isinstance(tree, Call) and tree.function in ("p5", "p50", "p95", "mean"):
        tree = tree.arguments[0]
    return settled[tree.path].hint if isinstance(tree, Name) else ""


def _flat(said: MappingType[str, Any], before: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in said.items():
        if isinstance(value, dict):
            flat.update(_flat(value, f"{before}{key}."))
        else:
            flat[before + key] = value
    return flat


def _target(name: str, found: list[Instance]) -> tuple[Instance, str] | None:
    """The instance and the parameter, pin or flow that a whole name belongs to."""
    best: tuple[Instance, str] | None = None
    for instance in found:
        key = _key(name, instance)
        if key is not None and (best is None or len(instance.path) > len(best[0].path)):
            best = (instance, key)
    return best


def _key(name: str, instance: Instance) -> str | None:
    if name == instance.path and instance.kind.scalar is not None:
        return "self"
    start = f"{instance.path}." if instance.path else ""
    if not name.startswith(start):
        return None
    key = name[len(start) :]
    if key in _keys(instance) or instance.kind.is_repeated(key):
        return key
    parameter, _, flow = key.partition(".")
    batched = flow.removesuffix(".batch")
    if batched != flow and batched in instance.batches.get(parameter, {}):
        return key
    return key if flow and flow in instance.flows.get(parameter, {}) else None


def _keys(instance: Instance) -> frozenset[str]:
    kind = instance.kind
    flows = {n for n, p in kind.parameters.items() if p.flows is not None}
    return (frozenset(settable(kind)) | kind.pinnable) - flows - {"self"}


def _targets(found: list[Instance]) -> list[str]:
    names: list[str] = []
    for instance in found:
        names.extend(instance.whole(key) for key in sorted(_keys(instance)))
        for parameter, flows in instance.flows.items():
            names.extend(instance.whole(f"{parameter}.{flow}") for flow in flows)
    return names


def _before(text: Text, name: str) -> Place:
    """The place of the name that stands before a value."""
    source = text.place.source
    for written in (name, name.rsplit(".", 1)[-1]):
        start = source.text.rfind(written, 0, max(text.place.start, 1))
        if start >= 0:
            return Place(source, start, start + len(written))
    return text.place
