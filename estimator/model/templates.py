"""The templates of the kinds that a scenario may use, and of the entries of catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from estimator.catalog import catalog, catalogues
from estimator.catalog.entry import NO_DOUBT, Entry, within
from estimator.library.compiled import stored
from estimator.library.names import shipped_kinds
from estimator.model.bands import constant_ends
from estimator.model.block import line_of
from estimator.model.kind_formula import TemplateFormula, template_formula
from estimator.model.quantity import Band, Declaration, Origin
from estimator.model.template import ZERO, KindTemplate, Line, ParameterSlot

if TYPE_CHECKING:  # a run of shipped kinds reads none, and importing what reads them takes long
    from estimator.library.kind import KindFile
    from estimator.library.loader import Library


def settable(kind: KindFile) -> list[str]:
    """Return the parameters of a kind, with the fields of their catalogues' entries."""
    from estimator.model import compile_kind

    return list(compile_kind.settable(kind, _fields_of))


def template(kind: KindFile) -> KindTemplate:
    """Return the template of a kind."""
    from estimator.model.compile_kind import compile_kind

    return compile_kind(kind, _fields_of)


def _fields_of(name: str) -> Iterable[str]:
    return catalog(name).fields


@cache
def shipped_template(name: str) -> KindTemplate:
    """Return the template of a shipped kind."""
    found = stored(kind_key(name))
    if isinstance(found, KindTemplate):
        return found
    from estimator.library.loader import shipped_kind

    return template(shipped_kind(name))


def kind_key(name: str) -> str:
    """Return the key under which the template of a shipped kind is stored."""
    return f"kind {name}"


class Templates:
    """The templates of one scenario: of its own kinds, and of the shipped ones."""

    def __init__(self) -> None:
        self._read: Library | None = None
        self._own: dict[str, KindTemplate] = {}

    @property
    def library(self) -> Library:
        """The kinds that the scenario may use."""
        if self._read is None:
            from estimator.library.loader import Library

            self._read = Library(catalogues())
        return self._read

    def get(self, name: str) -> KindTemplate | None:
        """Return the template of a kind, or None where there is no such kind."""
        own = None if self._read is None else self._read.own_kind(name)
        if own is None:
            return shipped_template(name) if name in shipped_kinds() else None
        if name not in self._own:
            self._own[name] = template(own)
        return self._own[name]

    def of(self, name: str) -> KindTemplate:
        """Return the template of a kind that is shipped, or of a team's own in its place."""
        return self.get(name) or shipped_template(name)

    def is_refused(self, name: str) -> bool:
        """Return whether a kind is wrong, which is reported in its file."""
        return self._read is not None and name in self._read.refused


def kind_meant(slot: ParameterSlot, word: str) -> str | None:
    """Return what to write for a product of another kind, as in `like: dynamodb`, or None."""
    if slot.name.rpartition(".")[2] != "like":
        return None
    from estimator.library.other_words import NO_KIND

    templates = Templates()
    likes = {n: templates.of(n).parameters.get("like") for n in templates.library.meant(word)}
    found = [n for n, like in likes.items() if like is None or like.catalog != slot.catalog]
    if found:
        return "write " + " or ".join(kind_and_product(name, word, templates) for name in found)
    return None if likes else NO_KIND.get(word.lower())


def kind_and_product(kind: str, word: str, templates: Templates) -> str:
    """Return what to write for a kind, with the product that a word names where there is one."""
    slot = templates.of(kind).parameters.get("like")
    product = _product_meant(word, catalog(slot.catalog).names()) if slot else None
    return f"`kind: {kind}`" + (f" and `like: {product}`" if product else "")


def _product_meant(word: str, products: Iterable[str]) -> str | None:
    """Return the product that a word names, such as `postgres` for `PostgreSQL`, or None."""
    whole = re.sub(r"\W+", "_", word.lower())
    for said in (whole, *whole.split("_")):
        for product in products:
            if said == product or (
                min(len(said), len(product)) >= _LEAST
                and (said.startswith(product) or product.startswith(said))
            ):
                return product
    return None


_LEAST = 4  # letters that a word needs to stand for a longer one
_MOST_NAMES, _MOST_PARTS = 30, 5


def entries_and_parts(slot: ParameterSlot) -> str:
    """Return which entries a catalogue has, and the figures to give for anything else."""
    names = catalog(slot.catalog).names()
    parts = [f"`{slot.name}.{field}`" for field in field_slots(slot.catalog)]
    listed = f"`estimator catalog {slot.catalog}` lists what there is"
    if len(names) <= _MOST_NAMES:
        listed = f"there are {', '.join(f'`{name}`' for name in names)}"
    more = " and so on" if len(parts) > _MOST_PARTS else ""
    return f"{listed}; for another one, give its figures: {', '.join(parts[:_MOST_PARTS])}{more}"


@cache
def field_slots(name: str) -> dict[str, ParameterSlot]:
    """Return the slots of the fields of a catalogue's entries."""
    found = stored(fields_key(name))
    if isinstance(found, dict):
        return found
    from estimator.model.compile_kind import parameter_slot

    return {field: parameter_slot(field, shape) for field, shape in catalog(name).fields.items()}


def fields_key(name: str) -> str:
    """Return the key under which the slots of a catalogue's fields are stored."""
    return f"fields {name}"


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


_entries: dict[str, dict[str, Line]] = {}


def entry_fields(catalog_name: str, entry_name: str, of: str) -> dict[str, Line]:
    """Return the fields of an entry that have a value, by their names in the catalogue.

    Args:
        catalog_name: The catalogue.
        entry_name: The entry.
        of: The parameter that names the entry.
    """
    key = f"entry {catalog_name} {entry_name} {of}"
    found = _entries.get(key)
    if found is None:
        fields = stored(key) or _entry_fields(catalog_name, entry_name, of)
        found = _entries[key] = {field: line_of(*said) for field, said in fields.items()}
    return found


def entries_met() -> Mapping[str, object]:
    """Return the fields of the entries that were used so far, by the keys to store them under.

    Those that shipped scenarios use are read, checked and compiled when the package is built.
    """
    return {
        key: {f: EntryField(n, said, formula.template) for f, (n, said, formula) in lines.items()}
        for key, lines in _entries.items()
    }


def _entry_fields(catalog_name: str, entry_name: str, of: str) -> dict[str, EntryField]:
    entries = catalog(catalog_name)
    entry = entries.get(entry_name)
    assert entry is not None
    found: dict[str, EntryField] = {}
    for field, slot in field_slots(catalog_name).items():
        text = entry.within(field, of, field_slots(catalog_name))
        said = slot.default
        if text is None and said is None:
            continue
        band = (
            _band_of(catalog_name, entry, field, of)
            if text is not None
            else said.band
            if said
            else None
        )
        if text is not None or not (slot.source or slot.assumption):
            doubt = entry.doubts.get(field, NO_DOUBT)
            source = "" if doubt.assumption else f"{entry.name}: {doubt.source or entry.source}"
            text = text or (said.text if said else ZERO)
            said = Declaration(
                text,
                Origin.DERIVED,
                slot.expected_dimension,
                slot.display_unit,
                slot.about,
                source,
                doubt.assumption,
            )
        assert said is not None
        name = f"{of}.{field}"
        said = said._replace(band=band._replace(local=name) if band is not None else None)
        found[field] = EntryField(
            name, said, template_formula(said.text.value, said.expected_dimension)
        )
    return found


def _band_of(catalog_name: str, entry: Entry, field: str, of: str) -> Band | None:
    """Return how far a figure of an entry may be off, where the entry says so."""
    between = entry.doubts.get(field, NO_DOUBT).between
    if between is None:
        return None
    belief = f"{catalog_name}.{entry.name}.{field}"
    said = within(between, of, entry.fields)
    return Band(said, belief, field, ends=constant_ends(said.value))
