"""A scenario while it is written: computed anew after each edit, as far as the edit asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from estimator.analyse.estimate import Estimate, estimated
from estimator.diagnostics import Diagnostic, InputError, Label, Place, Problems, Source, Text
from estimator.evaluate import Program, compile_program, evaluate, evaluate_in_part, patched
from estimator.formula.compile import computed
from estimator.formula.tree import names_in
from estimator.model import Builder, Expectation, Model, Quantity
from estimator.scenario.load import Loaded
from estimator.scenario.plain import first_line
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
    if report is None and not problems.errors:  # a formula that is gone failed below a patch
        program = compile_program(model)
        report = evaluate(model, problems, program=program)
    if report is None:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    estimate = Estimate(model, report)
    basis = Basis(loaded, builder, estimate, program, static)
    return Analysis(loaded, tuple(problems.found), estimate, basis)


# --- from one text to the next --------------------------------------------------------------------


def _revised(loaded: Loaded, basis: Basis) -> Analysis | None:
    """The same graph with other formulas in it, or None where more than formulas changed."""
    compared = None if loaded.found else _compared(basis.loaded, loaded)
    if compared is None:
        return None
    changes, moved = compared
    problems = Problems()
    basis.builder.begin_again(problems)
    edit = _edited(basis, loaded, changes)
    if edit is None or _SHARES & {d.rule for d in problems.errors}:
        return None
    model = moved.model(basis.estimate.model, edit)
    kept = tuple(moved.diagnostic(d) for d in basis.static)
    if edit.broken or None in edit.expectations:
        found = (*(d for d in kept if d.rule not in _JUDGED), *problems.found)
        return Analysis(loaded, found, _without(basis, model, edit), basis)
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
    gone: set[str] = set()  # what is broken, and what comes of it
    seen: set[Place] = set()
    right: dict[str, Quantity] = {}
    for name, quantity in model.quantities.items():
        new = changes.get(quantity.text.place)
        if new is None:
            if gone.isdisjoint(quantity.uses):
                right[name] = quantity
            else:
                gone.add(name)
            continue
        seen.add(quantity.text.place)
        made, keeps = builder.settled(name, new, right, gone)
        if not keeps or (made is not None and not _fits(made, quantity)):
            return None
        if made is None:
            broken.append(name)
            gone.add(name)
        else:
            right[name] = changed[name] = made
    known = len(right)
    expectations: list[Expectation | None] = []
    shapes = loaded.scenario.expect or []
    if len(shapes) != len(model.expectations):
        return None
    for expectation, shape in zip(model.expectations, shapes, strict=True):
        if expectation.text.place in changes:
            seen.add(expectation.text.place)
            expectations.append(builder.expectation(shape, right))
        else:
            expectations.append(expectation)
    if len(seen) < len(changes):
        return None  # what is left is neither: a convention, a word, a variant
    if len(right) > known:
        return None  # a condition brought a base rate with it
    return _Edit(changed, tuple(broken), expectations)


def _fits(made: Quantity, before: Quantity) -> bool:
    """Is a quantity of the same sort as before, so that what uses it stays as it is?"""
    return (made.dimension, made.hint) == (before.dimension, before.hint)


def _programmed(basis: Basis, model: Model, edit: _Edit) -> Program:
    """The program with other numbers, or compiled anew where a formula is another."""
    constants = list(basis.program.constants())
    formulas: list[str] = []
    for name, quantity in edit.quantities.items():
        formula = quantity.uses or basis.estimate.model.quantities[name].uses
        if formula or name in basis.program.patched or quantity.distribution is not None:
            formulas.append(name)
            continue
        try:
            value = float(computed(quantity.tree, str, model.calendar))
        except (ArithmeticError, ValueError):  # told of where all is computed
            return compile_program(model)
        constants[basis.program.inputs.index(name)] = value
    program = basis.program._replace(constants=lambda: tuple(constants))
    return patched(program, model, formulas) if formulas else program


def _without(basis: Basis, model: Model, edit: _Edit) -> Estimate:
    """What can be said of a model without some quantities."""
    gone = model.following(edit.broken)
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
    if edit.quantities:  # edits before this one, of which nothing is computed yet
        return _in_part(rest)
    program = basis.program
    known = zip(program.names, program.run(tuple(program.constants())), strict=True)
    return Estimate(rest, evaluate_in_part(rest, dict(known)))


def _compared(before: Loaded, after: Loaded) -> tuple[dict[Place, Text], _Moved] | None:
    """The scalars that differ, by their old places, and where all others are now.

    None where the shape is another.
    """
    if (before.folder, before.title, before.source.name) != (
        after.folder,
        after.title,
        after.source.name,
    ):
        return None
    changes: dict[Place, Text] = {}
    moved = _Moved(before.source)
    for old, new in _pairs(before.tree, after.tree):
        if old is None or new is None:
            return None
        moved.whole[first_line(old.place)] = first_line(new.place)
        moved.whole[old.place] = new.place
        match old, new:
            case (Scalar(text=old), Scalar(text=new)) if old.value != new.value:
                if not new.value:
                    return None  # a key with nothing behind it is wrong by its shape
                changes[old.place] = new
            case (Scalar(), Scalar()) | (Text(), Text()) if _length(old) != _length(new):
                return None  # quoted or folded otherwise, so what is in it is elsewhere
    return changes, moved


def _length(part: Tree | Text) -> int:
    return part.place.end - part.place.start


def _pairs(before: Tree, after: Tree) -> Iterator[tuple[Tree | Text | None, Tree | Text | None]]:
    """What two trees consist of, side by side; a pair with None where they differ in shape."""
    pending = [(before, after)]
    while pending:
        old, new = pending.pop()
        yield old, new
        match old, new:
            case Scalar(), Scalar():
                pass
            case Mapping(), Mapping() if list(old.entries) == list(new.entries):
                for (key, below), (other, beside) in zip(
                    old.entries.values(), new.entries.values(), strict=True
                ):
                    yield key, other
                    pending.append((below, beside))
            case Items(), Items() if len(old.items) == len(new.items):
                pending += zip(old.items, new.items, strict=True)
            case _:
                yield None, None
                return


class _Moved:
    """Where places of a text are after edits of it, which may be anywhere.

    Attributes:
        whole: The places of keys, values, mappings and lists, each with the one after the edits.
    """

    def __init__(self, before: Source) -> None:
        self.before = before
        self.whole: dict[Place, Place] = {}

    def place(self, place: Place) -> Place:
        if place.source is not self.before:
            return place
        return self.whole.get(place) or self._part(place)

    def _part(self, place: Place) -> Place:
        """Where a part of a key or a value is: the smallest that it is a part of."""
        around = (p for p in self.whole if p.start <= place.start and place.end <= p.end)
        old = min(around, key=lambda p: p.end - p.start, default=place)
        new = self.whole.get(old, place)
        by = new.start - old.start
        self.whole[place] = Place(new.source, place.start + by, place.end + by)
        return self.whole[place]

    def text(self, text: Text) -> Text:
        if text.place.source is not self.before:
            return text
        place = self.place(text.place)
        by = place.start - text.place.start
        return Text(text.value, place, None if text.offset is None else text.offset + by)

    def diagnostic(self, found: Diagnostic) -> Diagnostic:
        labels = tuple(Label(self.place(x.place), x.text) for x in found.labels)
        place = found.place and self.place(found.place)
        return found._replace(place=place, labels=labels)

    def quantity(self, quantity: Quantity) -> Quantity:
        place = quantity.place and self.place(quantity.place)
        return quantity.moved(self.text(quantity.text), place)

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
                e if e.text.place.source is not self.before else replace(e, text=self.text(e.text))
                for e in edit.expectations
                if e is not None
            ],
            concerns=[c._replace(place=c.place and self.place(c.place)) for c in model.concerns],
            machines=[m._replace(text=self.text(m.text)) for m in model.machines],
            correlations=[c._replace(place=self.place(c.place)) for c in model.correlations],
        )
