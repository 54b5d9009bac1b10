"""Write the compiled library, as the build does: `python -m estimator.model.compile_library`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from estimator.diagnostics import Problems, Source
from estimator.formula.shared import CALENDAR
from estimator.library import shipped_kinds
from estimator.library.compiled import FILE, write
from estimator.model.build import build
from estimator.model.templates import kind_key, shipped_template
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
        codes.update({f.code(CALENDAR)[0]: None for f in formulas if not f.plain_scalar(CALENDAR)})
    objects = {kind_key(name): shipped_template(name) for name in shipped_kinds()}
    write(objects, codes, file)


if __name__ == "__main__":
    compile_library(sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml")))
