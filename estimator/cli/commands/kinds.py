"""`estimator kinds`: which kinds of components there are, and what each takes and gives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from estimator.cli.call import Call
from estimator.cli.candidates import kinds as kind_names
from estimator.cli.candidates import paths
from estimator.cli.options import Colored, SchemaVersion, argument, format_option, option
from estimator.cli.terminal import Color

if TYPE_CHECKING:
    from estimator.evaluate.examples import Tested
    from estimator.library.kind import KindFile
    from estimator.library.loader import Library


def kinds(
    name: Annotated[
        str | None, argument("[KIND]", "A kind to show in full.", offers=kind_names)
    ] = None,
    library: Annotated[
        Path | None, option("PATH", "Include a team's own kinds.", offers=paths)
    ] = None,
    test: Annotated[
        bool,
        typer.Option(
            "--test", help="Run the worked examples of the kinds, and show what they give."
        ),
    ] = False,
    format_: Annotated[str, format_option("kinds", "the kinds")] = "text",
    schema_version: SchemaVersion = None,
    color: Colored = Color.auto,
) -> int:
    """List the kinds of components, or show one of them.

    With `--library`, also checks a team's own kinds and their worked examples.

    For one kind, shows the parameters with defaults and sources, the formulas, what it sends on,
    and an example to paste.

    With `--test`, runs the worked examples: of the kinds of `--library`, of one, or of all. The
    exit code is 1 if one fails.
    """
    from estimator.catalog import catalogues
    from estimator.diagnostics import Text
    from estimator.evaluate.examples import check_examples, check_uses
    from estimator.files.snapshot import Typed
    from estimator.library.loader import Library
    from estimator.render.kinds import Kinds

    call = Call("kinds", color, format_, schema_version=schema_version)
    known = Library(catalogues())
    tested: Sequence[Tested] = ()
    if library is not None:
        files = Typed(library)
        place = Text.of("--library", str(library)).place
        known.add(library, files, place, call.problems)
        tested = check_examples(known.own(), str(library), call.problems, files)
        check_uses(known.own(), str(library), call.problems, files)
    names = known.names() if name is None else [name]
    found = [kind for kind in map(known.get, names) if kind is not None]
    if not found and name is not None:
        call.problems.add("E020", f"there is no kind `{name}`", help=_meant(name, known))
    if not test:
        return call.end(Kinds(found, name is not None, call.problems.found))
    if library is None:
        tested = check_examples(found, "", call.problems)
    return _end_of_test(call, found, [one for one in tested if name in (None, one.kind)])


def _end_of_test(call: Call, kinds: Sequence[KindFile], tested: Sequence[Tested]) -> int:
    """Write what became of worked examples; the exit code is 1 if some do not hold and no more."""
    from estimator.render.kinds import Kinds

    code = call.end(Kinds(kinds, in_full=False, diagnostics=call.problems.found, tested=tested))
    is_computed = all(one.holds or one.estimate for one in tested)
    only_examples = {d.rule for d in call.problems.errors} == {"E035"}
    return 1 if code == 2 and only_examples and is_computed else code


def _meant(name: str, known: Library) -> str:
    from estimator.diagnostics import did_you_mean
    from estimator.library.names import shipped_kinds

    near = did_you_mean(name, [*known.names(), *shipped_kinds()])
    if not near and (meant := known.meant(name)):
        near = "write " + " or ".join(f"`estimator kinds {kind}`" for kind in meant)
    return near or "the kinds are " + ", ".join(known.names())
