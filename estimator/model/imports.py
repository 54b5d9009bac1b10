"""Quantities of other scenarios, which a scenario uses as if they were its own.

Each scenario keeps its conventions. What it says is linked, and not copied as values: so ranges go
on into what follows from them, and `explain` goes on to where a value comes from. A scenario that
is reached by several ways is one: its quantities go by the first of these ways.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from estimator.diagnostics import Label, Place, Problems, did_you_mean, short
from estimator.formula.emit import literal_value
from estimator.formula.fault import FormulaError
from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Chain, Convert, Literal, Name, Node, Number, UnitRef, rebuilt
from estimator.model.base_rates import BASE
from estimator.model.conventions import Counting
from estimator.model.instances import check_name, taken_names
from estimator.model.quantity import Imported, Model, Origin, Quantity, rounds
from estimator.scenario.links import USED_BY, USES, links_of
from estimator.scenario.load import Loaded
from estimator.scenario.plain import place_of
from estimator.units import Calendar, unit_factor

OWN = "own"
"""What shares call the load that is no other scenario's."""


class Used(NamedTuple):
    """A scenario that another uses.

    Attributes:
        file: What the user calls its file.
        key: What its file is known by.
        model: Its model; None where it is wrong, which is reported, or where this scenario is built
            for its loads, which may not follow from that one.
        is_user: Whether it was built for its loads alone.
        is_mutual: Whether it names this scenario, too, directly or by what it names.
    """

    file: str
    key: str
    model: Model | None
    is_user: bool = False
    is_mutual: bool = False


class Uses(NamedTuple):
    """What a scenario is to others.

    Attributes:
        key: What its own file is known by.
        used: The scenarios that it uses, by what it calls them.
        received: What of its own flows others receive.
    """

    key: str = ""
    used: Mapping[str, Used] = {}
    received: frozenset[str] = frozenset()


NO_USES = Uses()
"""Of a scenario that uses no other."""


class Imports:
    """The quantities of other scenarios that a scenario may use, brought when one is named.

    Args:
        uses: The scenarios.
        counting: How this scenario counts.

    Attributes:
        ready: The quantities that are used, with all that they follow from, each after those.
        named: Those of them that are named here.
    """

    def __init__(self, uses: Uses, counting: Counting) -> None:
        self.uses = uses
        self.ready: dict[str, Quantity] = {}
        self.named: dict[str, None] = {}
        self._calendar = counting.calendar
        self._origins: dict[str, tuple[str, str]] = {}
        self._prefixes = {uses.key: ""}
        for name, used in uses.used.items():
            self._prefixes.setdefault(used.key, name)
        for name, used in uses.used.items():
            further = used.model.imported.prefixes if used.model is not None else {}
            for key, prefix in further.items():
                self._prefixes.setdefault(key, f"{name}.{prefix}" if prefix else name)

    def imported(self) -> Imported:
        """Return what the model keeps of it, for scenarios that use this one in turn."""
        files = {name: used.file for name, used in self.uses.used.items()}
        models = {n: used.model for n, used in self.uses.used.items() if used.model is not None}
        return Imported(self.uses.key, files, self._origins, self._prefixes, models)

    def used_by_name(self, path: str) -> Used | None:
        """Return the scenario whose quantity a name may be, by its first part."""
        return self.uses.used.get(path.partition(".")[0])

    def comes_from_wrong(self, path: str) -> bool:
        """Return whether a name is of a scenario that is wrong, or of what is left out of one."""
        used, (_, _, own) = self.used_by_name(path), path.partition(".")
        if used is None or used.model is None:
            return used is not None
        return own in used.model.left_out and not used.is_user

    def bring(self, path: str) -> tuple[str, list[Quantity]] | None:
        """Return what a quantity of another scenario is called here, and what is new of it.

        These are the quantities that it follows from, each after those that it uses itself, as far
        as they were not ready before; None where there is no such quantity.

        Args:
            path: Its name, after that of its scenario.
        """
        used, (_, _, own) = self.used_by_name(path), path.partition(".")
        if used is None or used.model is None or own not in used.model.quantities:
            return None
        before = len(self.ready)
        for name in _leading_to(used.model, own):
            self._add(name, used.model)
        found = self._called(own, used.model)
        if found in self.ready:
            self.named[found] = None
        return found, list(islice(self.ready.values(), before, None))

    def matching(self, pattern: str) -> list[str] | None:
        """Return the names in another scenario that a pattern stands for; None for one of its own.

        Args:
            pattern: After the scenario's name, it has a `*` for one part of the names, or
                `components.*` and `actions.*` for all of these.
        """
        used, (first, _, own) = self.used_by_name(pattern), pattern.partition(".")
        if used is None:
            return None
        if used.model is None:
            return []
        before, _, after = own.partition("*")
        components = [name for name, _ in used.model.components]
        groups = {"components.": components, "actions.": used.model.actions}
        if before in groups:
            found = [f"{name}{after}" for name in groups[before]]
        else:
            form = re.compile(rf"{re.escape(before)}[^.]+{re.escape(after)}")
            found = [name for name in used.model.order if form.fullmatch(name)]
        return [f"{first}.{name}" for name in found if name in used.model.quantities]

    def comes_back(self, flow: str, names: Iterable[str]) -> bool:
        """Return whether a flow follows from this scenario, by the quantities that it carries."""
        used = self.used_by_name(flow)
        if used is None or used.model is None or not used.is_user:
            return False
        left_out = used.model.left_out
        return any(name.partition(".")[2] in left_out for name in names)

    def flows(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield what other scenarios send, by name, with the quantity of each field."""
        for name, used in self.uses.used.items():
            for flow, fields in used.model.flows.items() if used.model is not None else ():
                yield f"{name}.{flow}", {f: f"{name}.{own}" for f, own in fields.items()}

    def _called(self, name: str, model: Model) -> str:
        """Return what a quantity of another model is called here."""
        key, own = model.imported.origin_of(name)
        prefix = self._prefixes[key]
        return f"{prefix}.{own}" if prefix else own

    def _add(self, name: str, model: Model) -> None:
        called = self._called(name, model)
        origin = model.imported.origin_of(name)
        if called in self.ready or origin[0] == self.uses.key:
            return  # it is there already, or one of this scenario's own
        quantity = model.quantities[name]
        self._origins[called] = origin
        names = tuple([self._called(use, model) for use in quantity.formula.names])
        formula = LinkedFormula(quantity.formula.shared, names)
        if model.calendar != self._calendar and quantity.distribution is None:
            formula = LinkedFormula.of(_recounted(formula.tree, model.calendar, self._calendar))
        rounding = model.rounding if rounds(quantity) else quantity.rounding
        said = quantity.declaration._replace(source=quantity.source, provenance=None)
        self.ready[called] = quantity._replace(
            name=called,
            declaration=said._replace(origin=Origin.USED),
            formula=formula,
            uses=formula.uses,
            rounding=rounding,
        )

    # --- what cannot be used ----------------------------------------------------------------------

    def unknown(self, node: Name) -> FormulaError | None:
        """Return what to say of a name that another scenario lacks; None for other names."""
        used, (first, _, own) = self.used_by_name(node.path), node.path.partition(".")
        if used is None:
            return None
        if not own:
            message = f"`{first}` is the scenario `{used.file}`, and no quantity"
            help_ = f"name one of its quantities, such as `{first}.{self._first(used)}`"
            return FormulaError("E015", message, node.span, help=help_)
        model = used.model
        assert model is not None  # of what is wrong itself nothing is said
        message = f"`{used.file}` has nothing named `{short(own)}`"
        if used.is_user and own in model.left_out:
            return FormulaError("E018", result_of_user(used, own), node.span)
        below = [f"`{first}.{n}`" for n in model.order if n.startswith(f"{own}.")]
        if below:
            message = f"`{node.path}` is half a name"
            few = [n for n in below if n.count(".") == node.path.count(".") + 1] or below
            shown = ", ".join(few[:4]) + (", ..." if len(few) > 4 else "")
            return FormulaError("E015", message, node.span, help=f"write it whole: {shown}")
        near = did_you_mean(node.path, [f"{first}.{n}" for n in (*model.order, *model.flows)])
        return FormulaError("E014", message, node.span, help=near)

    @staticmethod
    def _first(used: Used) -> str:
        order = used.model.order if used.model is not None else ()
        heads = ("cost.per_month", "servers", "requests.average")
        return next((n for n in heads if n in order), next(iter(order), "cost.per_month"))


def result_of_user(used: Used, own: str) -> str:
    """Return what to say of a result of a scenario of which only loads are known."""
    return (
        f"`{own}` of `{used.file}` follows from this scenario, or from a machine that is left open"
        " there: of what uses a scenario only the loads are known in it"
    )


def check_scenario_names(loaded: Loaded, taken: Collection[str], problems: Problems) -> None:
    """Report what cannot be the name of a scenario that is used (E009, E010).

    Args:
        loaded: The scenario.
        taken: The names of its actions and components, and the first parts of its own formulas'.
        problems: Where errors go.
    """
    seen: dict[str, Place] = {}
    for name, text, is_user, _ in links_of(loaded):
        section = USED_BY if is_user else USES
        place = place_of(loaded.tree, (section, name), key=True)
        if not check_name(name, place, problems):
            continue
        if name in taken or name in {*taken_names(), OWN, BASE.rstrip(".")}:
            message = f"`{name}` is a name of this scenario already"
            help_ = f"choose another name for `{text.value}`"
            problems.add("E010", message, place, help=help_)
        elif name in seen:
            labels = [Label(seen[name], "first here")]
            problems.add("E010", f"`{name}` stands for two scenarios", place, labels=labels)
        seen.setdefault(name, place)


def _leading_to(model: Model, name: str) -> list[str]:
    """Return a quantity and all that it follows from, each after those that it uses."""
    place = model.places
    return sorted(model.sources_of(name), key=place.__getitem__)


def _recounted(node: Node, before: Calendar, now: Calendar) -> Node:
    """Return a formula that means by one calendar what it meant by another."""
    match node:
        case Literal():
            return _times(node, literal_value(node, before), literal_value(node, now))
        case UnitRef():
            return _times(node, unit_factor(node.name, before), unit_factor(node.name, now))
        case Convert():  # the unit is only what the value is shown in
            return node._replace(operand=_recounted(node.operand, before, now))
    return rebuilt(node, lambda part: _recounted(part, before, now))


def _times(node: Node, was: float, is_now: float) -> Node:
    if was == is_now:
        return node
    return Chain(node, (("*", Number(was / is_now, node.span)),), node.span)
