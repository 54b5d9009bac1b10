"""A scenario while it is written: computed anew after each edit, as far as the edit asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from estimator.analyse.estimate import Estimate, estimated
from estimator.diagnostics import Diagnostic, Label, Place, Problems, Source, Text
from estimator.evaluate import Program, compile_program, evaluate, evaluate_in_part
from estimator.formula.compile import computed
from estimator.formula.dimensions import no_names, settle
from estimator.formula.fault import FormulaError
from estimator.formula.parse import parse
from estimator.formula.tree import Literal, Number
from estimator.model import Model, Quantity, build
from estimator.scenario.load import Loaded
from estimator.scenario.yaml_tree import Items, Mapping, Scalar, Tree


class Analysis(NamedTuple):
    """What is known of a scenario at one moment of writing it.

    Attributes:
        loaded: The scenario.
        found: All that is wrong with it.
        estimate: Its model and report, as far as they go; None where nothing can be said.
        static: What is wrong whatever the values are; None where there are errors.
        program: The model compiled; None where there are errors.
    """

    loaded: Loaded
    found: tuple[Diagnostic, ...]
    estimate: Estimate | None
    static: tuple[Diagnostic, ...] | None = None
    program: Program | None = None


def analysed(loaded: Loaded, before: Analysis | None = None) -> Analysis:
    """What is known of a scenario.

    Args:
        loaded: The scenario.
        before: What was known before the last edit. Where nothing but numbers changed, the graph
            is taken from it.
    """
    return (before and _revised(loaded, before)) or _anew(loaded)


def _anew(loaded: Loaded) -> Analysis:
    problems = Problems()
    model = build(loaded, problems, partial=True)
    if model is None:
        return Analysis(loaded, tuple(problems.found), None)
    if problems.errors:
        return Analysis(loaded, tuple(problems.found), _in_part(model))
    if model.open_machines:
        problems = Problems()
        estimate = estimated(loaded, problems)
        return Analysis(loaded, tuple(problems.found), estimate or _in_part(model))
    static = tuple(problems.found)
    program = compile_program(model)
    report = evaluate(model, problems, program=program)
    found = tuple(problems.found)
    if report is None:
        return Analysis(loaded, found, _in_part(model))
    return Analysis(loaded, found, Estimate(model, report), static, program)


def _in_part(model: Model) -> Estimate:
    return Estimate(model, evaluate_in_part(model))


def _revised(loaded: Loaded, before: Analysis) -> Analysis | None:
    """The same graph with other numbers in it, or None where more than numbers changed."""
    if before.static is None or before.estimate is None or before.program is None or loaded.found:
        return None
    numbers = _changes(before.loaded, loaded)
    if numbers is None:
        return None
    changed = _with_numbers(before.estimate.model, numbers)
    if changed is None:
        return None
    moved = _Moved(before.loaded.source, loaded.source)
    model = moved.model(before.estimate.model, changed)
    static = tuple(moved.diagnostic(d) for d in before.static)
    problems = Problems(list(static))
    program = _with_constants(before.program, model, changed)
    report = evaluate(model, problems, program=program)
    if report is None:
        return None
    return Analysis(loaded, tuple(problems.found), Estimate(model, report), static, program)


def _with_numbers(model: Model, numbers: dict[Place, Text]) -> dict[str, Quantity] | None:
    """The quantities that have other numbers now, or None where the graph could depend on them."""
    changed: dict[str, Quantity] = {}
    seen: set[Place] = set()
    for name, quantity in model.quantities.items() if numbers else ():
        new = numbers.get(quantity.text.place)
        if new is None:
            continue
        seen.add(quantity.text.place)
        settled = _settled(quantity, new)
        if settled is None:
            return None
        changed[name] = settled
    # what is left is no quantity: a convention, a word, an expectation, a variant
    return changed if len(seen) == len(numbers) else None


def _with_constants(program: Program, model: Model, changed: Iterable[str]) -> Program:
    constants = list(program.constants())
    for name in changed:
        tree = model.quantities[name].tree
        constants[program.inputs.index(name)] = float(computed(tree, str, model.calendar))
    return program._replace(constants=lambda: tuple(constants))


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


def _settled(quantity: Quantity, text: Text) -> Quantity | None:
    """The quantity with another number, or None where the graph could depend on it."""
    old = quantity.text.value.strip()
    new = text.value.strip()
    if quantity.uses or quantity.origin.from_library or "1" in (old, new):
        return None  # a call for each event is left out of the sum where it is 1
    if old.endswith("%") != new.endswith("%"):
        return None  # a share is of something
    try:
        tree = parse(text.value)
        if not isinstance(tree, Number | Literal):
            return None
        settled, dimension = settle(tree, no_names, quantity.wanted)
    except FormulaError:
        return None  # told by building it anew
    if dimension != quantity.dimension or not isinstance(quantity.tree, Number | Literal):
        return None
    return replace(quantity, text=text, tree=settled, place=text.place)


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

    def model(self, model: Model, changed: dict[str, Quantity]) -> Model:
        quantities = {
            name: self.quantity(quantity) if name not in changed else changed[name]
            for name, quantity in model.quantities.items()
        }
        return replace(
            model,
            quantities=quantities,
            expectations=[replace(e, text=self.text(e.text)) for e in model.expectations],
            concerns=[c._replace(place=c.place and self.place(c.place)) for c in model.concerns],
            machines=[m._replace(text=self.text(m.text)) for m in model.machines],
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
