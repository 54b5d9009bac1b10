"""A scenario while it is written: computed anew after each edit, as far as the edit asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from estimator.analyse.estimate import Estimate, estimated
from estimator.diagnostics import Diagnostic, InputError, Label, Place, Problems, Source, Text
from estimator.evaluate import Program, compile_program, evaluate, evaluate_in_part
from estimator.formula.compile import computed
from estimator.formula.tree import names_in
from estimator.model import Builder, Expectation, Model, Quantity
from estimator.scenario.load import Loaded
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree


class Analysis(NamedTuple):
    """What is known of a scenario at one moment of writing it.

    Attributes:
        loaded: The scenario.
        found: All that is wrong with it.
        estimate: Its model and report, as far as they go; None where nothing can be said.
        basis: What the next analysis can begin with, perhaps of an earlier moment.
    """

    loaded: Loaded
    found: tuple[Diagnostic, ...]
    estimate: Estimate | None
    basis: Basis | None = None


class Basis(NamedTuple):
    """A scenario that was right, and how its model came about.

    Attributes:
        loaded: The scenario.
        builder: What built the model.
        estimate: The model and its report.
        program: The model compiled.
        static: What was warned of, whatever the values are.
    """

    loaded: Loaded
    builder: Builder
    estimate: Estimate
    program: Program
    static: tuple[Diagnostic, ...]


def analysed(loaded: Loaded, before: Analysis | None = None) -> Analysis:
    """What is known of a scenario.

    Args:
        loaded: The scenario.
        before: What was known before the last edit. Where nothing but formulas changed, all of the
            graph that does not depend on them is taken from it.
    """
    return (before and before.basis and _revised(loaded, before.basis)) or _anew(loaded)


def _anew(loaded: Loaded) -> Analysis:
    problems = Problems()
    builder = Builder(loaded, problems, partial=True)
    try:
        model = builder.model()
    except InputError:  # what stops at once is among the problems already
        model = None
    if model is None:
        return Analysis(loaded, tuple(problems.found), None)
    if problems.errors:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    if model.open_machines:
        problems = Problems()
        estimate = estimated(loaded, problems)
        return Analysis(loaded, tuple(problems.found), estimate or _in_part(model))
    return _evaluated(loaded, builder, model, compile_program(model), tuple(problems.found))


def _in_part(model: Model) -> Estimate:
    return Estimate(model, evaluate_in_part(model))


def _evaluated(
    loaded: Loaded,
    builder: Builder,
    model: Model,
    program: Program,
    static: tuple[Diagnostic, ...],
) -> Analysis:
    problems = Problems(list(static))
    report = evaluate(model, problems, program=program)
    if report is None:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    estimate = Estimate(model, report)
    basis = Basis(loaded, builder, estimate, program, static)
    return Analysis(loaded, tuple(problems.found), estimate, basis)


# --- from one text to the next --------------------------------------------------------------------


def _revised(loaded: Loaded, basis: Basis) -> Analysis | None:
    """The same graph with other formulas in it, or None where more than formulas changed."""
    changes = None if loaded.found else _changes(basis.loaded, loaded)
    if changes is None:
        return None
    problems = Problems()
    basis.builder.begin_again(problems)
    edit = _edited(basis, loaded, changes)
    if edit is None or _SHARES & {d.rule for d in problems.errors}:
        return None
    moved = _Moved(basis.loaded.source, loaded.source)
    model = moved.model(basis.estimate.model, edit)
    kept = tuple(moved.diagnostic(d) for d in basis.static)
    if edit.broken or None in edit.expectations:
        found = (*(d for d in kept if d.rule not in _JUDGED), *problems.found)
        return Analysis(loaded, found, _without(basis, model, edit.broken), basis)
    if changes:  # what is given for nothing may be another value now
        kept = tuple(d for d in kept if d.rule not in _JUDGED)
        basis.builder.warn(model.quantities, model.expectations)
        kept += tuple(problems.found)
    program = _programmed(basis, model, edit)
    return _evaluated(loaded, basis.builder, model, program, kept)


_SHARES = frozenset({"E019", "E024"})  # of a share, which is wrong by what stands beside it
_JUDGED = frozenset({"W104", "W105"})  # warnings that are judged again after each edit


class _Edit(NamedTuple):
    """What an edit did.

    Attributes:
        quantities: Those with other formulas.
        broken: Those whose formulas are wrong now.
        expectations: All of them as they are now; None for one that is wrong.
    """

    quantities: dict[str, Quantity]
    broken: tuple[str, ...]
    expectations: list[Expectation | None]


def _edited(basis: Basis, loaded: Loaded, changes: dict[Place, Text]) -> _Edit | None:
    """What other formulas do to a graph, or None where they could do more than that."""
    model, builder = basis.estimate.model, basis.builder
    changed: dict[str, Quantity] = {}
    broken: list[str] = []
    seen: set[Place] = set()
    for name, quantity in model.quantities.items() if changes else ():
        new = changes.get(quantity.text.place)
        if new is None or quantity.text.place.source is not basis.loaded.source:
            continue
        seen.add(quantity.text.place)
        made, keeps = builder.settled(name, new, model.quantities)
        if not keeps or (made is not None and not _fits(made, model)):
            return None
        if made is None:
            broken.append(name)
        else:
            changed[name] = made
    expectations: list[Expectation | None] = []
    shapes = loaded.scenario.expect or []
    if len(shapes) != len(model.expectations):
        return None
    for expectation, shape in zip(model.expectations, shapes, strict=True):
        if expectation.text.place in changes:
            seen.add(expectation.text.place)
            expectations.append(builder.expectation(shape, model.quantities))
        else:
            expectations.append(expectation)
    # what is left is neither: a convention, a word, a variant
    return _Edit(changed, tuple(broken), expectations) if len(seen) == len(changes) else None


def _fits(made: Quantity, model: Model) -> bool:
    """Can a quantity be computed where it was, and does it measure what it did?"""
    if made.dimension != model.quantities[made.name].dimension:
        return False
    for name in model.quantities:
        if name == made.name:
            return not made.uses or all(use in _before(model, name) for use in made.uses)
    return False


def _before(model: Model, name: str) -> set[str]:
    names = list(model.quantities)
    return set(names[: names.index(name)])


def _programmed(basis: Basis, model: Model, edit: _Edit) -> Program:
    """The program with other numbers, or compiled anew where a formula is another."""
    constants = list(basis.program.constants())
    for name, quantity in edit.quantities.items():
        if quantity.uses or basis.estimate.model.quantities[name].uses:
            return compile_program(model)
        value = (
            quantity.distribution.quantile(0.5)
            if quantity.distribution is not None
            else float(computed(quantity.tree, str, model.calendar))
        )
        constants[basis.program.inputs.index(name)] = value
    return basis.program._replace(constants=lambda: tuple(constants))


def _without(basis: Basis, model: Model, broken: Iterable[str]) -> Estimate:
    """What can be said of a model without some quantities."""
    gone = set(broken)
    for name, quantity in model.quantities.items():
        if any(use in gone for use in quantity.uses):
            gone.add(name)
    if not gone:
        rest = model
    else:
        rest = replace(
            model,
            quantities={n: q for n, q in model.quantities.items() if n not in gone},
            order=tuple(n for n in model.order if n not in gone),
            expectations=[e for e in model.expectations if gone.isdisjoint(names_in(e.tree))],
            concerns=[c for c in model.concerns if gone.isdisjoint(names_in(c.tree))],
        )
    program = basis.program
    known = zip(program.names, program.run(tuple(program.constants())), strict=True)
    return Estimate(rest, evaluate_in_part(rest, dict(known)))


def _changes(before: Loaded, after: Loaded) -> dict[Place, Text] | None:
    """The scalars that differ, by their old places, or None where the shape is another."""
    if (before.folder, before.title, before.source.name) != (
        after.folder,
        after.title,
        after.source.name,
    ):
        return None
    changes: dict[Place, Text] = {}
    for old, new in _pairs(before.tree, after.tree):
        if old is None or new is None:
            return None
        if old.text.value != new.text.value:
            changes[old.text.place] = new.text
    return changes


def _pairs(before: Tree, after: Tree) -> Iterator[tuple[Scalar | None, Scalar | None]]:
    """The scalars of two trees side by side; a pair with None where the trees differ in shape."""
    pending = [(before, after)]
    while pending:
        old, new = pending.pop()
        match old, new:
            case Scalar(), Scalar():
                yield old, new
            case Mapping(), Mapping() if list(old.entries) == list(new.entries):
                pending += [
                    (a, b)
                    for (_, a), (_, b) in zip(
                        old.entries.values(), new.entries.values(), strict=True
                    )
                ]
            case Items(), Items() if len(old.items) == len(new.items):
                pending += zip(old.items, new.items, strict=True)
            case _:
                yield None, None
                return


class _Moved:
    """Where places of a text are after an edit of it."""

    def __init__(self, before: Source, after: Source) -> None:
        self.before, self.after = before, after
        old, new = before.text, after.text
        most = min(len(old), len(new))
        self.start = _common(old, new, most)
        tail = _common(old[::-1], new[::-1], most - self.start)
        self.end = len(old) - tail
        self.by = len(new) - len(old)
        self.places: dict[Place, Place] = {}

    def offset(self, offset: int) -> int:
        if offset <= self.start:
            return offset
        return offset + self.by if offset >= self.end else self.start

    def place(self, place: Place) -> Place:
        if place.source is not self.before:
            return place
        found = self.places.get(place)
        if found is None:
            found = Place(self.after, self.offset(place.start), self.offset(place.end))
            self.places[place] = found
        return found

    def text(self, text: Text) -> Text:
        if text.place.source is not self.before:
            return text
        offset = None if text.offset is None else self.offset(text.offset)
        return Text(text.value, self.place(text.place), offset)

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        labels = tuple(Label(self.place(x.place), x.text) for x in found.labels)
        place = found.place and self.place(found.place)
        return found._replace(place=place, labels=labels)

    def quantity(self, quantity: Quantity) -> Quantity:
        place = quantity.place and self.place(quantity.place)
        return replace(quantity, text=self.text(quantity.text), place=place)

    def model(self, model: Model, edit: _Edit) -> Model:
        """A model after an edit, with its places moved."""
        quantities = {
            name: self.quantity(quantity) if name not in edit.quantities else edit.quantities[name]
            for name, quantity in model.quantities.items()
        }
        return replace(
            model,
            quantities=quantities,
            expectations=[
                replace(e, text=self.text(e.text)) for e in edit.expectations if e is not None
            ],
            concerns=[c._replace(place=c.place and self.place(c.place)) for c in model.concerns],
            machines=[m._replace(text=self.text(m.text)) for m in model.machines],
            correlations=[c._replace(place=self.place(c.place)) for c in model.correlations],
        )


def _common(one: str, other: str, most: int) -> int:
    """How many characters two texts begin with in common, at most so many."""
    low, high = 0, most
    while low < high:  # by halves: comparing slices is done in C
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
