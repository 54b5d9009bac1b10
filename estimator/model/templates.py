"""The templates of the kinds that a scenario may use."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from estimator.catalog import catalog
from estimator.library import KindFile, Library, shipped_kind, shipped_kinds
from estimator.library.compiled import stored
from estimator.model.kind_formula import TemplateFormula
from estimator.model.quantity import Declaration, Origin
from estimator.model.template import (
    ZERO,
    KindTemplate,
    ParameterSlot,
    compile_kind,
    parameter_slot,
)


def settable(kind: KindFile) -> list[str]:
    """Return the parameters of a kind, with the fields of their catalogues' entries."""
    return list(template(kind).settable)


def template(kind: KindFile) -> KindTemplate:
    """Return the template of a kind."""
    return compile_kind(kind, lambda name: catalog(name).fields)


@cache
def shipped_template(name: str) -> KindTemplate:
    """Return the template of a shipped kind."""
    found = stored(kind_key(name))
    return found if isinstance(found, KindTemplate) else template(shipped_kind(name))


def kind_key(name: str) -> str:
    """Return the key under which the template of a shipped kind is stored."""
    return f"kind {name}"


class Templates:
    """The templates of one scenario: of its own kinds, and of the shipped ones.

    Args:
        library: The kinds that it may use.
    """

    def __init__(self, library: Library) -> None:
        self._library = library
        self._own: dict[str, KindTemplate] = {}

    def get(self, name: str) -> KindTemplate | None:
        """Return the template of a kind, or None where there is no such kind."""
        own = self._library.own_kind(name)
        if own is None:
            return shipped_template(name) if name in shipped_kinds() else None
        if name not in self._own:
            self._own[name] = template(own)
        return self._own[name]

    def of(self, name: str) -> KindTemplate:
        """Return the template of a kind that is shipped, or of a team's own in its place."""
        return self.get(name) or shipped_template(name)


@cache
def field_slots(name: str) -> dict[str, ParameterSlot]:
    """Return the slots of the fields of a catalogue's entries."""
    return {field: parameter_slot(field, shape) for field, shape in catalog(name).fields.items()}


class EntryField(NamedTuple):
    """A field of a catalogue's entry, for the parameter that names the entry.

    Attributes:
        name: Its local name, such as `node.price`.
        declaration: What is said of it.
        formula: Its formula.
    """

    name: str
    declaration: Declaration
    formula: TemplateFormula


@cache
def entry_fields(catalog_name: str, entry_name: str, of: str) -> dict[str, EntryField]:
    """Return the fields of an entry that have a value, by their names in the catalogue.

    Args:
        catalog_name: The catalogue.
        entry_name: The entry.
        of: The parameter that names the entry.
    """
    entries = catalog(catalog_name)
    entry = entries.get(entry_name)
    assert entry is not None
    found: dict[str, EntryField] = {}
    for field, slot in field_slots(catalog_name).items():
        text = entry.within(field, of, entries.fields)
        said = slot.default
        if text is None and said is None:
            continue
        if text is not None or not (slot.source or slot.assumption):
            source = f"{entry.name}: {entry.source}"
            text = text or (said.text if said else ZERO)
            said = Declaration(text, Origin.DERIVED, slot.wanted, slot.hint, slot.about, source)
        assert said is not None
        found[field] = EntryField(f"{of}.{field}", said, TemplateFormula(said.text.value))
    return found
