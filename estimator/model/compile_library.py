"""Write the compiled library, as the build does: `python -m estimator.model.compile_library`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from estimator.catalog import catalogues
from estimator.catalog.entries import entries_key, entries_of
from estimator.catalog.names import files_of
from estimator.diagnostics import Problems, Source
from estimator.formula.emit import ARRAY_CODE
from estimator.formula.shared import CALENDAR
from estimator.library.compiled import FILE, PartPlace, is_current, write
from estimator.library.names import shipped_kinds
from estimator.model.build import build
from estimator.model.template import KindTemplate
from estimator.model.templates import (
    entries_met,
    field_slots,
    fields_key,
    kind_key,
    shipped_template,
)
from estimator.scenario.load import load_source


def compile_library(scenarios: Iterable[Path], file: Path = FILE) -> None:
    """Compile the shipped kinds, and what linking some scenarios makes of their formulas.

    Args:
        scenarios: Scenarios whose wiring is met often.
        file: Where the library is written.
    """
    codes: dict[str, str] = {}
    for path in scenarios:
        source = Source(path.name, path.read_text("utf-8"))
        model = build(load_source(source, path.parent, path.stem), Problems())
        formulas = [q.formula.shared for q in model.quantities.values()] if model else []
        for formula in formulas:
            if not formula.plain_function(CALENDAR):
                over_arrays = formula.code(CALENDAR, ARRAY_CODE)[0]
                codes[formula.code(CALENDAR)[0]] = over_arrays
    objects: dict[str, object] = {kind_key(n): shipped_template(n) for n in shipped_kinds()}
    for name in catalogues():
        objects[fields_key(name)] = field_slots(name)
        objects.update({entries_key(file): entries_of(file) for file in files_of(name)})
    objects.update(entries_met())
    parts, places = _shared_parts([shipped_template(name) for name in shipped_kinds()])
    write(objects, codes, parts, places, file)


def _shared_parts(
    kinds: Iterable[KindTemplate],
) -> tuple[dict[str, list[object]], dict[int, PartPlace]]:
    """Return the parts of the kinds that others extend, and where to find what is equal to them.

    A run reads them once: most of what a fleet needs is the same for a database and for a cache.
    """
    parts: dict[str, list[object]] = {}
    places: dict[int, PartPlace] = {}
    for kind in sorted(kinds, key=lambda kind: (not kind.is_abstract, len(kind.formulas))):
        own: list[object] = []
        for part in _parts_of(kind):
            found = next(
                ((of, known.index(part)) for of, known in parts.items() if part in known),
                None,
            )
            if found is None:
                own.append(part)
                found = kind.name, len(own) - 1
            if kind.is_abstract or found[0] != kind.name:
                places[id(part)] = found
        if kind.is_abstract:
            parts[kind.name] = own
    return parts, places


def _parts_of(kind: KindTemplate) -> Iterator[object]:
    """Yield what a kind may have from another one that it extends, whole and in formulas.

    A formula that is inherited may be said to come from another source.
    """
    yield from kind.parameters.values()
    yield from kind.formulas
    yield from kind.sends.values()
    yield from kind.checks
    yield from (case.formula for slot in kind.formulas for case in slot.cases)


if __name__ == "__main__":
    if "--if-stale" not in sys.argv or not is_current():
        compile_library(sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml")))
