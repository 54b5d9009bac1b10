"""Write the compiled library, as the build does: `python -m estimator.model.compile_library`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from estimator.catalog import catalogues
from estimator.catalog.entries import entries_key, entries_of
from estimator.catalog.names import files_of
from estimator.diagnostics import Problems, Source
from estimator.formula.shared import CALENDAR
from estimator.library.compiled import FILE, is_current, write
from estimator.library.names import shipped_kinds
from estimator.model.build import build
from estimator.model.templates import field_slots, fields_key, kind_key, shipped_template
from estimator.scenario.load import load_source


def compile_library(scenarios: Iterable[Path], file: Path = FILE) -> None:
    """Compile the shipped kinds, and what linking some scenarios makes of their formulas.

    Args:
        scenarios: Scenarios whose wiring is met often.
        file: Where the library is written.
    """
    codes: dict[str, None] = {}
    for path in scenarios:
        source = Source(path.name, path.read_text("utf-8"))
        model = build(load_source(source, path.parent, path.stem), Problems())
        formulas = [q.formula.shared for q in model.quantities.values()] if model else []
        codes.update(
            {f.code(CALENDAR)[0]: None for f in formulas if not f.plain_function(CALENDAR)}
        )
    objects: dict[str, object] = {kind_key(n): shipped_template(n) for n in shipped_kinds()}
    for name in catalogues():
        objects[fields_key(name)] = field_slots(name)
        objects.update({entries_key(file): entries_of(file) for file in files_of(name)})
    write(objects, codes, file)


if __name__ == "__main__":
    if "--if-stale" not in sys.argv or not is_current():
        compile_library(sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml")))
