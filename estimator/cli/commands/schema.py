"""`estimator schema`: what editors need to help with scenarios, as JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from estimator.cli.options import Colored, option
from estimator.cli.terminal import Color

_MOST = 64 * 1024 * 1024  # bytes of a schema that is written over


def schema(
    library: Annotated[
        list[Path] | None, option("PATH", "Include a team's own kinds; may be repeated.")
    ] = None,
    output: Annotated[Path | None, option("FILE", "Write it to a file, atomically.")] = None,
    color: Colored = Color.auto,
) -> int:
    """Print the JSON Schema of scenarios, for editors.

    Contains every key and every kind with its parameters, their meaning, defaults and sources.
    """
    from estimator.catalog import catalogues
    from estimator.cli.terminal import complain, put
    from estimator.diagnostics import InputError, Problems, Text
    from estimator.editor.schema import scenario_schema, written
    from estimator.files.snapshot import Typed
    from estimator.files.write import write_whole
    from estimator.library.loader import Library

    problems = Problems()
    known = Library(catalogues())
    for path in library or []:
        known.add(path, Typed(path), Text.of("--library", str(path)).place, problems)
    if not problems.errors:
        text = written(scenario_schema(known))
        try:
            if output is None:
                put(text)
            else:
                _check_is_schema(output)
                write_whole(output, text, ())
        except InputError as error:
            problems.found.extend(error.diagnostics)
    if problems.found:
        complain(problems.found, color)
    return 2 if problems.errors else 0


def _check_is_schema(output: Path) -> None:
    """Refuse to write over what is no schema, such as a scenario.

    Raises:
        InputError: E032 where it is none.
    """
    from estimator.diagnostics import InputError, refusal
    from estimator.files.read import any_bytes

    try:
        is_other = output.is_file() and b'"$schema"' not in any_bytes(str(output), _MOST)[:200]
    except (OSError, ValueError, InputError):
        is_other = True
    if is_other:
        message = f"`{output}` is not a schema, so it is not overwritten"
        raise refusal("E032", message, help="name another file, or delete it first")
