"""Choose what a kind declares, once for all uses of which the same is given, and link that whole.

Which of a kind's formulas a use has, and which of their branches are meant, depends on what is
given of it, but for a few conditions that ask for other quantities. So it is chosen once for all
uses that are alike in that. The names in these formulas are picked out of one row of whole names
for each use, its frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from estimator.formula.shared import LinkedFormula
from estimator.formula.tree import Call, Node
from estimator.model.base_rates import BASE
from estimator.model.instance import Instance
from estimator.model.kind_formula import Condition, Pick, TemplateFormula, Variant, picking
from estimator.model.quantity import Choice, Declaration
from estimator.model.template import (
    Block,
    BlockFormula,
    Case,
    CheckSlot,
    FormulaSlot,
    Line,
    Lines,
    Links,
    ParameterSlot,
    Part,
)

_MOST = 64  # blocks of a kind, and links of a block: each is some 50 KB


def block_of(instance: Instance, choices: Mapping[str, Choice]) -> Block:
    """Return what a kind declares for a use of it.

    Kept by what is given: in a check of many files, a third of the time of declaring and linking
    went into choosing the same again.

    Args:
        instance: The use.
        choices: The words that are chosen in the scenario, by whole name.
    """
    kind = instance.kind
    found = [choices.get(instance.whole(name)) for name in kind.decided_by]
    words = tuple([choice and choice.value for choice in found])
    wired = frozenset((*instance.flows, *instance.stores))
    key = kind.sayable.intersection(instance.given), wired, words
    block = kind.blocks.get(key)
    if block is None:
        if len(kind.blocks) >= _MOST:
            kind.blocks.clear()
        chosen = _Chosen(instance, dict(zip(kind.decided_by, words, strict=True)))
        block = kind.blocks[key] = chosen.block()
    return block


def links_of(block: Block, instance: Instance, answers: tuple[bool, ...]) -> Links:
    """Return how the formulas of a block are linked.

    Args:
        block: The block.
        instance: A use that has it.
        answers: The answers to the block's conditions.
    """
    found = block.links.get(answers)
    if found is None:
        if len(block.links) >= _MOST:
            block.links.clear()
        known = dict(zip(map(id, block.conditions), answers, strict=True))
        found = block.links[answers] = _links(block, _Answers(instance, known))
    return found


class _Answers(dict[int, bool]):
    """The answers to conditions, by their identities: many formulas have the same ones.

    Args:
        instance: The use by which conditions of what is given are answered.
        known: The answers to others.
    """

    def __init__(self, instance: Instance, known: Mapping[int, bool]) -> None:
        super().__init__(known)
        self._instance = instance

    def to(self, condition: Node) -> bool:
        """Return the answer to a condition."""
        key = id(condition)
        if key not in self:
            self[key] = self._instance.holds(condition, _never)
        return self[key]

    def fail(self, condition: Condition | None) -> bool:
        """Return whether a condition of what is given fails."""
        return condition is not None and condition.is_static and not self.to(condition.tree)


def _never(_: Call) -> bool:
    """Return that there is no quantity, as nothing that is answered here asks for one."""
    return False


# --- what is declared -----------------------------------------------------------------------------


class _Chosen:
    """Chooses the formulas of a kind by what is given of a use.

    Args:
        instance: The use.
        words: The words that its parameters have, by local name.
    """

    def __init__(self, instance: Instance, words: Mapping[str, str | None]) -> None:
        self.instance = instance
        self.words = words
        self.answers = _Answers(instance, {})
        self.formulas: list[BlockFormula] = []

    def block(self) -> Block:
        """Return all of it."""
        parts = tuple(_joined((*self._parameters(), *self._formulas())))
        checks = tuple(self._checks())
        asked = (c for f in self.formulas for c in f.template.conditions if not c.is_static)
        conditions = {id(condition.tree): condition.tree for condition in asked}
        return Block(parts, checks, tuple(self.formulas), tuple(conditions.values()), {})

    def _parameters(self) -> Iterator[Line | ParameterSlot]:
        for name, slot in self.instance.kind.parameters.items():
            if slot.choices or slot.is_words or slot.section:
                continue
            said, formula = slot.default, slot.formula
            if name in self.instance.given or slot.flows or _open(slot.condition) is not None:
                yield slot
            elif self.answers.fail(slot.condition) or (said is None and not slot.catalog):
                if slot.is_required:
                    yield slot
            elif said is not None and formula is not None and not slot.share_of:
                yield self._line(name, said, formula)
            else:
                yield slot

    def _formulas(self) -> Iterator[Line | Part]:
        for slot in self.instance.kind.formulas:
            if self.answers.fail(slot.when):
                continue
            when = _open(slot.when)
            if slot.name in self.instance.given:
                yield Part(slot, None, when, None)
                continue
            case = None if self.answers.fail(slot.condition) else self._case(slot)
            if case is None:
                continue
            line = self._line(slot.name, case.declaration, case.formula, slot.statistic)
            condition = _open(slot.condition)
            is_open = when is not None or condition is not None
            yield Part(slot, line, when, condition) if is_open else line

    def _checks(self) -> Iterator[tuple[CheckSlot, BlockFormula]]:
        for check in self.instance.kind.checks:
            if not self.answers.fail(check.condition):
                is_open = _open(check.condition) is not None
                kept = check if is_open else check._replace(condition=None)
                yield kept, self._placed(_formula(check.formula))

    def _case(self, slot: FormulaSlot) -> Case | None:
        """Return the formula of several that is meant."""
        if slot.by:
            word = self.words[slot.by]
            return next((case for case in slot.cases if case.when == word), None)
        for case in slot.cases:
            if case.when in ("", "else") or self.instance.is_given(case.when):
                return case
        return None

    def _line(
        self, name: str, said: Declaration, template: TemplateFormula, statistic: str = ""
    ) -> Line:
        return Line(name, said, self._placed(_formula(template, statistic)))

    def _placed(self, formula: BlockFormula) -> BlockFormula:
        """Return a formula with its place in the block, if it has to be linked."""
        if formula.linked is not None or formula.template.is_parsed:
            return formula
        placed = BlockFormula(formula.template, formula.statistic, None, len(self.formulas))
        self.formulas.append(placed)
        return placed


def _joined(
    parts: Iterable[Line | Part | ParameterSlot],
) -> Iterator[Lines | Line | Part | ParameterSlot]:
    """Yield what is declared, with quantities that nothing more is asked of together."""
    for is_plain, found in groupby(parts, _is_plain):
        if is_plain:
            yield Lines(tuple([part for part in found if isinstance(part, Line)]))
        else:
            yield from found


def _is_plain(part: Line | Part | ParameterSlot) -> bool:
    return isinstance(part, Line) and part.name != "self" and not part.formula.template.is_parsed


def line_of(name: str, said: Declaration, template: TemplateFormula, statistic: str = "") -> Line:
    """Return a quantity that is declared by a formula of the library.

    Args:
        name: Its local name.
        said: What is said of it.
        template: Its formula.
        statistic: `average` or `peak` for a formula under `rates`.
    """
    return Line(name, said, _formula(template, statistic))


def _formula(template: TemplateFormula, statistic: str = "") -> BlockFormula:
    if template.is_parsed or template.conditions:
        return BlockFormula(template, statistic)
    variant = template.variant(())
    is_whole = variant.is_linked and not variant.names and not variant.holes
    linked = LinkedFormula(variant.shared, ()) if is_whole else None
    return BlockFormula(template, statistic, linked)


def _open(condition: Condition | None) -> Node | None:
    """Return a condition that asks for quantities; None where it is answered, or there is none."""
    return None if condition is None or condition.is_static else condition.tree


# --- how it is linked -----------------------------------------------------------------------------


def _links(block: Block, answers: _Answers) -> Links:
    """Return the formulas of a block with their conditions answered, and what picks their names.

    Base rates are left to be looked for, as that declares them.
    """
    runs = (part.lines for part in block.parts if isinstance(part, Lines))
    own = {line.name for lines in runs for line in lines}
    frame: dict[tuple[str, str | None], int] = {}

    def place(name: str, statistic: str) -> int:
        nearest = f"{name}.{statistic}" if statistic else name
        key = (nearest, None) if nearest in own else (name, statistic)
        return frame.setdefault(key, len(frame))

    formulas: list[tuple[Variant, Pick | None]] = []
    for template, statistic, _, _ in block.formulas:
        variant = template.variant(tuple([answers.to(c.tree) for c in template.conditions]))
        pick = None
        if variant.is_linked and not any(name.startswith(BASE) for name in variant.names):
            pick = picking([place(name, statistic) for name in variant.names])
        formulas.append((variant, pick))
    return Links(tuple(formulas), tuple(frame))
